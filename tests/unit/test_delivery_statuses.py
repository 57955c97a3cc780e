"""What WhatsApp tells later of what was sent, in whatever order and however often it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from middleware.delivery_statuses import Status
from middleware.watching import Watching
from tests.fakes.building import NOW
from tests.fakes.fixtures import MakeBench
from tests.fakes.sending import ADA, Sending, lost


@pytest.fixture
async def ada(bench: MakeBench) -> Sending:
    """Somebody who was sent one message, which has the id `wamid.1`."""
    sending = Sending(bench())
    await sending.hear()
    await sending.say("one")
    await sending.run()
    return sending


@pytest.mark.parametrize("order", permutations(["sent", "delivered", "read"]))
async def test_in_any_order_the_furthest_stays(ada: Sending, order: tuple[str, ...]) -> None:
    for state in order:
        await ada.tell(state, "wamid.1")

    assert ada.states() == ["read"]
    assert await ada.middleware.outbox.receipts(ADA) == {2: "read"}
    assert ada.messages() == {"one": "sent"}


async def test_several_at_once_are_taken_in_one_transaction(ada: Sending) -> None:
    told = [Status(external_id="wamid.1", delivery_id=None, state=one, at=NOW) for one in ("read", "delivered", "sent")]

    await ada.middleware.outbox.note(told)

    assert ada.states() == ["read"]


async def test_what_isnt_ours_changes_nothing(ada: Sending) -> None:
    before = ada.parts()

    await ada.tell("read", "wamid.of.somebody", "nobody")
    await ada.middleware.outbox.note([])

    assert ada.parts() == before


async def test_what_fails_after_it_was_sent_fails_its_message_with_words(ada: Sending) -> None:
    await ada.tell("failed", "wamid.1", code="131026")

    assert ada.messages() == {"one": "failed"}
    trouble = (await ada.middleware.outbox.trouble(ADA))[2]
    assert (trouble.state, trouble.words) == ("failed", "because of 131026")


async def test_what_has_arrived_cant_fail_any_more(ada: Sending) -> None:
    await ada.tell("delivered", "wamid.1")
    await ada.tell("failed", "wamid.1", code="131026")

    assert ada.states() == ["delivered"]
    assert ada.messages() == {"one": "sent"}


async def test_what_has_arrived_after_all_hasnt_failed(ada: Sending) -> None:
    await ada.tell("failed", "wamid.1", code="131026")
    await ada.tell("delivered", "wamid.1")

    assert ada.messages() == {"one": "sent"}
    assert await ada.middleware.outbox.trouble(ADA) == {}


async def test_that_it_was_sent_doesnt_mend_what_failed(ada: Sending) -> None:
    await ada.tell("failed", "wamid.1", code="131026")
    await ada.tell("sent", "wamid.1")

    assert ada.states() == ["failed"]


@pytest.mark.parametrize(
    ("state", "message", "stands"),
    [("sent", "sent", "sent"), ("read", "sent", "read"), ("failed", "failed", "failed")],
)
async def test_a_status_may_come_before_the_answer(
    ada: Sending, monkeypatch: pytest.MonkeyPatch, state: str, message: str, stands: str
) -> None:
    real: Callable[..., Any] = ada.client.send

    async def slow(recipient: Any, payload: Any, delivery_id: str) -> str:
        await ada.tell(state, "wamid.2", delivery_id, code="131026" if state == "failed" else None)
        return str(await real(recipient, payload, delivery_id))

    monkeypatch.setattr(ada.client, "send", slow)
    await ada.say("two")

    await ada.run()

    assert ada.states()[1] == stands
    assert ada.messages()["two"] == message
    assert ada.parts()[1]["external_id"] == "wamid.2"


async def test_of_two_copies_the_one_that_arrived_counts(ada: Sending) -> None:
    ada.client.outcomes.append(lost())
    await ada.say("two")
    await ada.run()
    await ada.run(after=5)
    ours = ada.client.requests[-1].delivery_id

    await ada.tell("failed", "wamid.lost", ours, code="131026")
    assert ada.states()[1] == "sent"
    await ada.tell("delivered", "wamid.lost", ours)

    assert ada.states()[1] == "delivered"


async def test_a_message_is_read_when_all_its_parts_are(ada: Sending) -> None:
    await ada.say("word " * 1000)
    await ada.run()

    await ada.tell("read", "wamid.2")
    assert await ada.middleware.outbox.receipts(ADA) == {}
    await ada.tell("delivered", "wamid.3")
    assert await ada.middleware.outbox.receipts(ADA) == {3: "delivered"}
    await ada.tell("read", "wamid.3")

    assert await ada.middleware.outbox.receipts(ADA) == {3: "read"}


async def test_what_still_waits_isnt_late_at_once(ada: Sending) -> None:
    await ada.say("two")
    assert await ada.middleware.outbox.trouble(ADA) == {}

    ada.bench.clock.now += timedelta(seconds=61)

    assert (await ada.middleware.outbox.trouble(ADA))[3].state == "late"


async def test_open_pages_see_that_anything_has_changed(ada: Sending) -> None:
    watching = Watching(ada.middleware.store, ada.bench.clock)

    async def mark() -> object:
        return (await watching.pulse([ADA])).conversations[ADA]

    await ada.say("two")
    marks = [await mark()]
    ada.bench.clock.now += timedelta(seconds=61)  # it is late now
    marks.append(await mark())
    await ada.run()
    marks.append(await mark())
    for state in ("delivered", "read"):
        await ada.tell(state, "wamid.1")
        marks.append(await mark())
    await ada.tell("failed", "wamid.2", code="131026")
    marks.append(await mark())

    assert len(set(map(str, marks))) == len(marks)
    assert await mark() == await mark()
