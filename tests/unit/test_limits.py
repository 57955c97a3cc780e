"""How much may come in: windows that move, addresses that can't be made up, and one polite word a flood."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from channels.limits import Limits, TooFast, TooMany
from middleware import settings
from middleware.errors import Misconfigured
from middleware.windows import Window, counted
from tests.fakes.building import SetClock, project_settings

SECOND = timedelta(seconds=1)


def limits(clock: SetClock, sender: str = "2/minute", address: str = "3/minute", proxies: Sequence[str] = ()) -> Limits:
    rules = settings.Limits(sender=sender, address=address, largest_body=1000)
    known = msgspec.structs.replace(project_settings(), limits=rules, trusted_proxies=tuple(proxies))
    return Limits(known, clock)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


# Windows


def test_so_many_fit_into_a_window_and_no_more(clock: SetClock) -> None:
    window = Window(3, 60, clock)

    assert [window.take("a") for _ in range(4)] == [0, 0, 0, 60]


def test_a_window_moves_with_the_time(clock: SetClock) -> None:
    # given a place taken half a minute after another
    window = Window(2, 60, clock)
    window.take("a")
    clock.advance(30 * SECOND)
    window.take("a")

    # when each has been taken for a minute, the next is free
    assert window.take("a") == 30
    clock.advance(30 * SECOND)
    assert window.take("a") == 0
    assert window.take("a") == 30
    clock.advance(30 * SECOND)
    assert window.take("a") == 0


def test_what_is_refused_takes_no_place(clock: SetClock) -> None:
    window = Window(1, 60, clock)
    window.take("a")
    for _ in range(59):
        clock.advance(SECOND)
        assert window.take("a") > 0
    clock.advance(SECOND)

    assert window.take("a") == 0


def test_each_key_has_a_window_of_its_own(clock: SetClock) -> None:
    window = Window(1, 60, clock)

    assert [window.take(key) for key in "abab"] == [0, 0, 60, 60]


def test_the_wait_is_told_in_whole_seconds_and_never_as_none(clock: SetClock) -> None:
    window = Window(1, 60, clock)
    window.take("a")
    clock.advance(timedelta(seconds=59.9))

    assert window.take("a") == 1


def test_keys_whose_window_has_passed_are_forgotten(clock: SetClock) -> None:
    # given many senders, one of whom goes on
    window = Window(5, 60, clock)
    for sender in range(1000):
        window.take(str(sender))
    clock.advance(40 * SECOND)
    window.take("0")
    assert len(window) == 1000

    # when the others have been away for the length of the window
    clock.advance(20 * SECOND)
    window.take("new")

    # then only those remain who may still be refused
    assert len(window) == 2


# Senders and addresses


def test_a_flood_is_told_so_once_a_window(clock: SetClock) -> None:
    known = limits(clock, sender="2/minute")

    def outcome() -> type | None:
        try:
            known.take_message("rest:one")
        except TooMany as refusal:
            assert refusal.seconds == 60
            return type(refusal)
        return None

    for _ in range(2):
        assert [outcome() for _ in range(5)] == [None, None, TooFast, TooMany, TooMany]
        clock.advance(60 * SECOND)


def test_a_flood_in_one_conversation_leaves_the_others_alone(clock: SetClock) -> None:
    known = limits(clock, sender="1/minute")
    known.take_message("rest:one")
    with pytest.raises(TooFast):
        known.take_message("rest:one")

    known.take_message("rest:two")


def test_an_address_is_refused_without_polite_words(clock: SetClock) -> None:
    known = limits(clock, address="1/hour")
    known.take_request("192.0.2.1", [])

    with pytest.raises(TooMany) as refusal:
        known.take_request("192.0.2.1", [])

    assert not isinstance(refusal.value, TooFast)
    assert refusal.value.seconds == 3600
    known.take_request("192.0.2.2", [])


def test_who_isnt_behind_a_trusted_proxy_cannot_choose_the_address(clock: SetClock) -> None:
    known = limits(clock, address="1/minute")
    known.take_request("192.0.2.1", ["198.51.100.1"])

    with pytest.raises(TooMany):
        known.take_request("192.0.2.1", ["198.51.100.2"])


def test_customers_behind_a_trusted_proxy_count_each_for_themselves(clock: SetClock) -> None:
    known = limits(clock, address="1/minute", proxies=["10.0.0.0/8"])
    known.take_request("10.0.0.1", ["198.51.100.1"])

    known.take_request("10.0.0.1", ["198.51.100.2"])


PROXIES = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "2001:db8:ffff::/48")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.7,10.0.0.8"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.7"], "10.0.0.7"),
        ("10.0.0.1", ["<script>, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, <script>"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, , 10.0.0.2"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["," * 1000], "10.0.0.1"),
        ("2001:db8::1", [], "2001:db8::/64"),
        ("2001:db8::ffff:1:2:3", [], "2001:db8::/64"),
        ("2001:db8:0:1::1", [], "2001:db8:0:1::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("2001:db8:ffff::1", ["2001:db8:5:6:7::1"], "2001:db8:5:6::/64"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_address_that_counts_is_the_nearest_one_that_cannot_be_made_up(
    peer: str, forwarded: list[str], address: str
) -> None:
    assert counted(peer, forwarded, PROXIES) == address


# Settings


@pytest.mark.parametrize(
    "text", ["", "twenty a minute", "20", "20/fortnight", "-1/minute", "0/minute", "1/second;9/hour"]
)
@pytest.mark.parametrize("name", ["sender", "address"])
def test_a_limit_that_cannot_be_understood_is_named_with_the_mend(clock: SetClock, name: str, text: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        limits(clock, **{name: text})

    assert str(caught.value) == f"assistant.yml: limits.{name} {text!r} is not a limit; write one such as 20/minute"


@pytest.mark.parametrize("text", ["2/10 minutes", "2 per 10 minute", "2/10minutes"])
def test_a_limit_may_be_for_any_time(clock: SetClock, text: str) -> None:
    known = limits(clock, address=text)
    known.take_request("192.0.2.1", [])
    known.take_request("192.0.2.1", [])

    with pytest.raises(TooMany) as refusal:
        known.take_request("192.0.2.1", [])

    assert refusal.value.seconds == 600
