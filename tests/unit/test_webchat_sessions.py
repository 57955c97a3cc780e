"""Session ids of the web chat: nobody can guess or make one, they end, and are renewed while they are used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from channels.origins import Origins
from channels.webchat_sessions import Sessions
from tests.fakes.building import SetClock, project_settings

DAY = timedelta(days=1)
SETTINGS = project_settings()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def sessions(clock: SetClock) -> Sessions:
    return Sessions(SETTINGS, clock)


def test_a_good_id_stays_as_it_is(sessions: Sessions) -> None:
    issued = sessions.confirm(None)

    assert sessions.confirm(issued) == issued


def test_no_two_are_alike(sessions: Sessions) -> None:
    assert len({sessions.conversation(sessions.confirm(None)) for _ in range(100)}) == 100


def test_the_conversation_does_not_tell_the_id(sessions: Sessions) -> None:
    issued = sessions.confirm(None)

    conversation = sessions.conversation(issued)

    assert conversation.startswith("webchat:a:")
    assert issued.partition(".")[0] not in conversation


def forged(issued: str) -> list[Any]:
    name, moment, signature = issued.split(".")
    return [
        None,
        "",
        7,
        ["a"],
        {"id": issued},
        "my-own-session-id",
        "../../etc/passwd",
        name,
        f"{name}.{moment}",
        f"{name}.{moment}.",
        f"{name}.{int(moment) + 1}.{signature}",
        f"{name}.0{moment}.{signature}",
        f"{name[::-1]}.{moment}.{signature}",
        f"{name}.{moment}.{signature[::-1]}",
        f"{issued} ",
        f"{issued}\n",
        issued * 2,
        "x" * 100_000,
    ]


def test_what_was_not_issued_here_is_answered_with_a_new_one(sessions: Sessions) -> None:
    issued = sessions.confirm(None)

    for one in forged(issued):
        confirmed = sessions.confirm(one)
        assert confirmed != one
        assert sessions.conversation(confirmed) != sessions.conversation(issued)


def test_another_companys_id_is_foreign(sessions: Sessions, clock: SetClock) -> None:
    foreign = Sessions(replace(SETTINGS, webchat_key="v" * 32), clock).confirm(None)

    assert sessions.conversation(sessions.confirm(foreign)) != sessions.conversation(foreign)


def test_an_unused_id_ends(sessions: Sessions, clock: SetClock) -> None:
    issued = sessions.confirm(None)

    clock.advance(SETTINGS.webchat.session_days * DAY)

    assert sessions.conversation(sessions.confirm(issued)) != sessions.conversation(issued)


def test_a_used_id_is_renewed_for_the_same_conversation(sessions: Sessions, clock: SetClock) -> None:
    issued = shown = sessions.confirm(None)

    for _ in range(10):
        clock.advance(SETTINGS.webchat.session_days * DAY / 2)
        shown, before = sessions.confirm(shown), shown
        assert shown != before

    assert sessions.conversation(shown) == sessions.conversation(issued)


# Where pages may come from


@pytest.mark.parametrize(
    ("public_url", "own"),
    [
        ("https://chat.example.com", ("https://chat.example.com",)),
        ("https://CHAT.example.com:443/some/path", ("https://chat.example.com",)),
        ("https://chat.example.com:8443", ("https://chat.example.com:8443",)),
        ("http://[2001:db8::1]:80", ("http://[2001:db8::1]",)),
        ("http://127.0.0.1:5005", ("http://127.0.0.1:5005", "http://localhost:5005")),
    ],
)
def test_our_own_pages_come_from_the_public_address(public_url: str, own: tuple[str, ...]) -> None:
    origins = Origins(replace(SETTINGS, public_url=public_url))

    assert origins.own == own
    assert all(origins.allow(one) for one in own)


def test_sites_are_allowed_that_are_listed_and_no_others() -> None:
    rules = replace(SETTINGS.webchat, origins=("https://shop.example.com",))
    origins = Origins(replace(SETTINGS, webchat=rules))

    assert origins.allow("https://shop.example.com")
    for other in (None, "", "null", "https://shop.example.com.evil.example", "http://shop.example.com", "https://evil"):
        assert not origins.allow(other)
