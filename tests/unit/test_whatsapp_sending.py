"""The way out of WhatsApp: every message in order, each part once, and what is done about every kind of refusal."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from channels import whatsapp_form, whatsapp_sending
from channels.serving import Serving
from channels.whatsapp_client import Recipient
from channels.whatsapp_errors import Failure
from channels.whatsapp_pace import PAIR_BURST, Bucket
from channels.whatsapp_sending import MOST_TRIES, Sender
from middleware import store
from middleware.errors import Unavailable
from middleware.history import AGENT
from middleware.identity import Proof, Who, release_number
from middleware.outbox import SEND
from tests.fakes.building import ADA_PHONE, KNOWN, NOW, SetClock
from tests.fakes.fixtures import MakeBench
from tests.fakes.sending import ADA, TEMPLATE, Killed, Sending, by_conversation, lost, no

DAY = 24 * 3600.0


@pytest.fixture
async def ada(bench: MakeBench) -> Sending:
    """Somebody who has just written, without her number."""
    sending = Sending(bench())
    await sending.hear()
    return sending


@pytest.fixture
async def asked(bench: MakeBench) -> Sending:
    """The same, where a template asks customers to write."""
    sending = Sending(bench(), TEMPLATE)
    await sending.hear()
    return sending


# All goes well


async def test_messages_go_out_in_order_and_once(ada: Sending) -> None:
    await ada.say("one", "two")
    await ada.say("three")

    await ada.run()
    await ada.run(after=3600)

    assert ada.client.texts == ["one", "two", "three"]
    assert ada.messages() == {"one": "sent", "two": "sent", "three": "sent"}
    assert [(row["state"], row["attempts"], row["external_id"]) for row in ada.parts()] == [
        ("sent", 1, "wamid.1"),
        ("sent", 1, "wamid.2"),
        ("sent", 1, "wamid.3"),
    ]


async def test_an_agents_words_go_the_same_way(ada: Sending) -> None:
    messages, reply = ada.middleware.messages, {"text": "Marco here", "agent": "Marco"}

    await ada.middleware.store.write(lambda connection: messages.write(connection, ADA, AGENT, reply, "d1"))
    await ada.run()

    assert ada.messages() == {"Marco here": "sent"}


async def test_a_long_message_goes_out_in_parts_and_is_sent_when_all_are(ada: Sending) -> None:
    await ada.say("word " * 2000)

    await ada.run()

    assert len(ada.client.requests) == 3
    assert ada.states() == ["sent"] * 3
    assert set(ada.messages().values()) == {"sent"}


async def test_what_shows_nothing_is_sent_already(ada: Sending) -> None:
    await ada.say("", "after it")

    await ada.run()

    assert ada.client.texts == ["after it"]
    assert set(ada.messages().values()) == {"sent"}


async def test_other_channels_push_nothing(ada: Sending) -> None:
    await ada.middleware.messages.open_turn("rest:one", "rest", "hello", None, Proof())
    await ada.say("hi", conversation="rest:one")

    await ada.run()

    assert ada.client.requests == []
    assert await ada.middleware.outbox.window("rest:one") is None


# To whom


async def test_a_proven_number_is_written_to_and_else_the_id_that_meta_gave(ada: Sending) -> None:
    await ada.say("to the id")
    await ada.run()
    await ada.hear(proof=KNOWN)
    await ada.say("to the number")
    await ada.run()

    assert [one.recipient for one in ada.client.requests] == [Recipient(user_id="US.1"), Recipient(phone=ADA_PHONE)]


async def test_a_conversation_that_is_known_by_its_number_is_written_to_by_that(ada: Sending) -> None:
    by_number = f"whatsapp:{ADA_PHONE.removeprefix('+')}"
    await ada.hear(conversation=by_number)
    await ada.say("hi", conversation=by_number)

    await ada.run()

    assert [one.recipient for one in ada.client.requests] == [Recipient(phone=ADA_PHONE)]


async def test_nothing_goes_to_a_number_that_was_given_up(ada: Sending) -> None:
    by_number = f"whatsapp:{ADA_PHONE.removeprefix('+')}"
    await ada.hear(conversation=by_number)
    later = NOW + timedelta(seconds=1)
    await ada.middleware.store.write(lambda connection: release_number(connection, ADA_PHONE, later))

    await ada.say("for the one before", conversation=by_number)
    await ada.run()

    assert ada.client.requests == []
    assert ada.messages() == {"for the one before": "failed"}
    assert "stranger" in (await ada.middleware.outbox.trouble(by_number))[2].words


# Documents


async def paper(sending: Sending) -> dict[str, Any]:
    who = Who(conversation_id=ADA, channel="whatsapp", correlation_id="")
    document = await sending.middleware.documents.keep(who, "label", "R-1", "R-1.pdf", b"%PDF")
    return {"id": document.id, "name": document.name}


async def test_a_document_is_handed_over_once_however_often_its_message_is_tried(ada: Sending) -> None:
    await ada.say("your label", attachment=await paper(ada))
    ada.client.outcomes.append(no(Failure.TEMPORARY))

    await ada.run()
    await ada.run(after=10)

    assert ada.client.uploaded == ["R-1.pdf"]
    assert [one.payload for one in ada.client.requests] == [
        {"type": "document", "document": {"filename": "R-1.pdf", "caption": "your label", "id": "media.1"}}
    ] * 2
    assert ada.messages() == {"your label": "sent"}


async def test_a_document_that_meta_cant_use_is_handed_over_once_more(ada: Sending) -> None:
    await ada.say("your label", attachment=await paper(ada))
    ada.client.outcomes.append(no(Failure.MEDIA, 131053))

    await ada.run()

    assert [one.text for one in ada.client.requests] == ["media.1", "media.2"]
    assert ada.messages() == {"your label": "sent"}


async def test_and_not_a_third_time(ada: Sending) -> None:
    await ada.say("your label", "after it", attachment=await paper(ada))
    ada.client.outcomes.extend([no(Failure.MEDIA, 131053)] * 2)

    await ada.run()

    assert ada.messages() == {"your label": "failed", "after it": "sent"}


async def test_the_same_if_meta_says_so_later(ada: Sending) -> None:
    await ada.say("your label", attachment=await paper(ada))
    await ada.run()

    for attempt in (1, 1, 2, 2):
        await ada.tell("failed", f"wamid.{attempt}", code="131053")
        await ada.run()

    assert [one.text for one in ada.client.requests] == ["media.1", "media.2"]
    assert ada.messages() == {"your label": "failed"}


async def test_a_document_that_is_gone_fails_with_words(ada: Sending) -> None:
    await ada.say("your label", attachment={"id": "0" * 32, "name": "R-1.pdf"})

    await ada.run()

    assert ada.client.requests == []
    assert "isn't there" in (await ada.middleware.outbox.trouble(ADA))[2].words


async def test_a_document_waits_while_it_cant_be_handed_over(ada: Sending) -> None:
    await ada.say("your label", attachment=await paper(ada))
    ada.client.uploads.append(no(Failure.TEMPORARY))

    await ada.run()
    assert ada.states() == ["waiting"]
    await ada.run(after=10)

    assert ada.messages() == {"your label": "sent"}


@pytest.mark.parametrize("error", [no(Failure.MEDIA, 131053), RuntimeError("broken")])
async def test_a_document_that_meta_doesnt_want_fails(ada: Sending, error: Exception) -> None:
    await ada.say("your label", attachment=await paper(ada))
    await ada.say("after it")
    ada.client.uploads.append(error)

    await ada.run()

    assert ada.messages() == {"your label": "failed", "after it": "sent"}
    assert (await ada.middleware.outbox.trouble(ADA))[2].state == "failed"


# Doubts


async def test_a_lost_answer_is_followed_by_one_repeat_after_a_moment(ada: Sending) -> None:
    await ada.say("one", "two")
    ada.client.outcomes.append(lost())

    await ada.run()
    assert ada.client.texts == ["one"]
    assert ada.waits() == 5.0
    await ada.run(after=5)

    assert ada.client.texts == ["one", "one", "two"]
    assert len({one.delivery_id for one in ada.client.requests[:2]}) == 1
    assert [(row["state"], row["doubts"], row["repeats"]) for row in ada.parts()] == [("sent", 1, 1), ("sent", 0, 0)]


async def test_after_two_lost_answers_it_is_left_alone_and_the_next_goes_out(ada: Sending) -> None:
    await ada.say("one", "two")
    ada.client.outcomes.extend([lost(), lost()])

    await ada.run()
    await ada.run(after=5)
    await ada.run(after=DAY / 2)

    assert ada.client.texts == ["one", "one", "two"]
    assert ada.states() == ["doubtful", "sent"]
    assert (await ada.middleware.outbox.trouble(ADA))[2].state == "doubtful"


@pytest.mark.parametrize("state", ["sent", "delivered", "read"])
async def test_a_status_that_names_it_settles_the_doubt_without_a_repeat(ada: Sending, state: str) -> None:
    await ada.say("one", "two")
    ada.client.outcomes.append(lost())
    await ada.run()

    await ada.tell(state, "wamid.X", ada.client.requests[0].delivery_id)
    await ada.run(after=5)

    assert ada.client.texts == ["one", "two"]
    first = ada.parts()[0]
    assert (first["state"], first["doubts"], first["repeats"]) == (state, 1, 0)


async def test_a_status_settles_it_also_when_it_was_given_up(ada: Sending) -> None:
    await ada.say("one")
    ada.client.outcomes.extend([lost(), lost()])
    await ada.run()
    await ada.run(after=5)

    await ada.tell("delivered", "wamid.X", ada.client.requests[0].delivery_id)

    assert ada.states() == ["delivered"]
    assert await ada.middleware.outbox.trouble(ADA) == {}
    assert await ada.middleware.outbox.receipts(ADA) == {2: "delivered"}


async def test_a_repeat_that_is_put_off_is_none(ada: Sending) -> None:
    await ada.say("one")
    ada.client.outcomes.extend([lost(), no(Failure.TEMPORARY, 131000)])

    await ada.run()
    await ada.run(after=5)
    await ada.run(after=5)

    assert [(row["state"], row["doubts"], row["repeats"]) for row in ada.parts()] == [("sent", 1, 1)]


async def test_what_breaks_between_is_a_doubt_as_well(ada: Sending) -> None:
    await ada.say("poison", "two")
    ada.client.outcomes.extend([ValueError("poison"), ValueError("poison")])

    await ada.run()
    await ada.run(after=5)

    assert ada.client.texts == ["poison", "poison", "two"]
    assert ada.states() == ["doubtful", "sent"]


async def die(sending: Sending) -> None:
    """Does the oldest job by half, and leaves it as a dead process does."""
    worker = Sender(sending.middleware, sending.client)
    job = await sending.middleware.store.write(sending.middleware.jobs._claim)
    assert job is not None
    with pytest.raises(Killed):
        await worker.send(job)
    sending.restart()


async def test_a_process_that_dies_after_its_request_leaves_a_doubt(ada: Sending) -> None:
    await ada.say("one", "two")
    ada.client.outcomes.append(Killed())
    await die(ada)
    assert ada.states() == ["sending"]

    await ada.run(after=31)

    assert ada.client.texts == ["one", "one", "two"]
    assert [(row["doubts"], row["repeats"]) for row in ada.parts()] == [(1, 1), (0, 0)]


async def test_one_that_dies_every_time_stops_after_the_second(ada: Sending) -> None:
    await ada.say("one", "two")
    for _ in range(2):
        ada.client.outcomes.append(Killed())
        await die(ada)
        ada.bench.clock.now += timedelta(seconds=31)

    await ada.run()

    assert ada.client.texts == ["one", "one", "two"]
    assert ada.states() == ["doubtful", "sent"]


async def test_what_another_process_may_still_be_sending_isnt_doubted_yet(ada: Sending) -> None:
    await ada.say("one")
    ada.client.outcomes.append(Killed())
    await die(ada)
    ada.bench.edit(store.jobs, leased_until=NOW)  # as if it had ended and given its job back

    await ada.run()
    assert ada.client.texts == ["one"]
    await ada.run(after=15)

    assert ada.client.texts == ["one", "one"]


async def test_one_that_dies_between_two_parts_is_gone_on_with(ada: Sending) -> None:
    await ada.say("word " * 2000)
    ada.client.outcomes.extend([None, Killed()])
    await die(ada)
    before = [(row["id"], row["payload"]) for row in ada.parts()]

    await ada.run(after=31)

    assert [(row["id"], row["payload"]) for row in ada.parts()] == before
    assert [row["attempts"] for row in ada.parts()] == [1, 2, 1]
    assert set(ada.messages().values()) == {"sent"}


async def test_one_that_dies_before_its_request_repeats_nothing(ada: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    async def die_first(*_: Any) -> None:
        raise Killed

    await ada.say("one")
    with monkeypatch.context() as patch:
        patch.setattr(type(ada.middleware.deliveries), "begin", die_first)
        await die(ada)

    await ada.run(after=31)

    assert ada.client.texts == ["one"]
    assert ada.parts()[0]["doubts"] == 0


async def test_what_was_sent_is_written_down_when_the_store_comes_back(
    ada: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = type(ada.middleware.deliveries).sent, []

    async def shaky(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 1:
            raise Unavailable("down", system="store")
        await real(*given)

    monkeypatch.setattr(type(ada.middleware.deliveries), "sent", shaky)
    await ada.say("one")

    await ada.run()

    assert ada.client.texts == ["one"]
    assert ada.states() == ["sent"]


async def test_two_workers_at_one_conversation_send_nothing_twice(ada: Sending) -> None:
    await ada.say(*(str(number) for number in range(10)))
    job = await ada.middleware.store.write(ada.middleware.jobs._claim)
    assert job is not None
    workers = [Sender(ada.middleware, ada.client) for _ in range(2)]  # the lease of one of them was lost

    await asyncio.gather(*(worker.send(job) for worker in workers), return_exceptions=True)
    await ada.run(after=31)

    assert Counter(ada.client.texts) == Counter(str(number) for number in range(10))


# Refusals


async def test_too_much_for_one_customer_waits_longer_each_time(ada: Sending) -> None:
    await ada.say("one", "two")
    ada.client.outcomes.extend([no(Failure.PAIR_RATE, 131056)] * 4)

    waits = []
    for _ in range(4):
        await ada.run()
        waits.append(ada.waits())
        ada.bench.clock.now += timedelta(seconds=waits[-1] or 0)
    await ada.run()

    assert waits == [4, 16, 64, 256]
    assert ada.client.texts == ["one"] * 5 + ["two"]
    assert ada.parts()[0]["doubts"] == 0


async def test_too_much_at_all_lets_everybody_wait(ada: Sending) -> None:
    await ada.hear(conversation="whatsapp:US.2")
    await ada.say("one")
    ada.client.outcomes.append(no(Failure.THROTTLED, 130429))
    await ada.run()
    await ada.say("two", conversation="whatsapp:US.2")

    await ada.run()
    assert ada.client.texts == ["one"]
    await ada.run(after=20)

    assert sorted(ada.client.texts) == ["one", "one", "two"]


async def test_without_access_everything_waits_and_somebody_is_told_once(
    ada: Sending, caplog: pytest.LogCaptureFixture
) -> None:
    await ada.say("one")
    ada.client.outcomes.extend([no(Failure.ACCESS, 190)] * 6)

    with caplog.at_level(logging.ERROR):
        for _ in range(6):
            await ada.run(after=601)

    assert [row["state"] for row in ada.parts()] == ["waiting"]
    assert ada.parts()[0]["error_code"] == "190"
    complaints = [record for record in caplog.records if "access token" in record.getMessage()]
    assert len(complaints) == 2  # in an hour
    late = (await ada.middleware.outbox.trouble(ADA))[2]
    assert late.state == "late"
    assert "access token" in late.words
    await ada.run(after=601)
    assert ada.messages() == {"one": "sent"}


@pytest.mark.parametrize(("failure", "code"), [(Failure.UNDELIVERABLE, 131026), (Failure.WRONG, 100)])
async def test_what_never_gets_through_fails_with_words_and_the_next_goes_out(
    ada: Sending, failure: Failure, code: int
) -> None:
    await ada.say("one", "two")
    ada.client.outcomes.append(no(failure, code))

    await ada.run()

    assert ada.messages() == {"one": "failed", "two": "sent"}
    assert ada.parts()[0]["error_code"] == str(code)
    [(sequence, trouble)] = (await ada.middleware.outbox.trouble(ADA)).items()
    assert (sequence, trouble.state) == (2, "failed")
    assert "WhatsApp" in trouble.words


async def test_a_disturbance_of_one_message_doesnt_hold_up_the_others_for_ever(ada: Sending) -> None:
    await ada.say("poison", "two")
    ada.client.outcomes.extend([no(Failure.TEMPORARY, 131000)] * MOST_TRIES)

    for _ in range(MOST_TRIES):
        await ada.run(after=601)

    assert ada.messages() == {"poison": "failed", "two": "sent"}


async def test_while_meta_cant_be_reached_nothing_is_given_up(ada: Sending) -> None:
    await ada.say("one")
    ada.client.outcomes.extend([no(Failure.TEMPORARY)] * 40)

    for _ in range(41):
        await ada.run(after=601)

    assert ada.messages() == {"one": "sent"}


async def test_a_message_without_a_form_fails_alone(ada: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    real = whatsapp_form.parts

    def shaky(reply: Any, *others: Any) -> Any:
        if reply["text"] == "poison":
            raise KeyError("poison")
        return real(reply, *others)

    monkeypatch.setattr(whatsapp_form, "parts", shaky)
    await ada.say("poison", "two")

    await ada.run()

    assert ada.messages() == {"poison": "failed", "two": "sent"}
    assert "other words" in (await ada.middleware.outbox.trouble(ADA))[2].words


# The window


async def test_whoever_hasnt_written_for_a_day_isnt_written_to(ada: Sending) -> None:
    await ada.say("late")

    await ada.run(after=DAY)

    assert ada.client.requests == []
    assert ada.messages() == {"late": "failed"}
    assert "until they" in (await ada.middleware.outbox.trouble(ADA))[2].words


async def test_it_counts_when_they_wrote_and_not_when_it_came_in(ada: Sending) -> None:
    await ada.hear(at=NOW - timedelta(hours=2), conversation="whatsapp:US.2")

    window = await ada.middleware.outbox.window("whatsapp:US.2")

    assert window is not None
    assert window.until == NOW + timedelta(hours=22)
    assert window.is_open


async def test_a_customer_who_never_wrote_isnt_written_to(ada: Sending) -> None:
    window = await ada.middleware.outbox.window("whatsapp:US.9")

    assert window is not None
    assert (window.until, window.is_open, window.asks_first) == (None, False, False)


async def test_a_template_asks_them_once_and_all_of_it_follows_when_they_write(asked: Sending) -> None:
    await asked.say("one")
    await asked.run(after=DAY)
    await asked.say("two")
    await asked.run(after=60)
    assert asked.client.texts == ["reply_waiting"]
    assert asked.client.requests[0].payload["template"]["language"] == {"code": "en_US"}
    held = await asked.middleware.outbox.trouble(ADA)
    assert [(sequence, one.state) for sequence, one in held.items()] == [(2, "held"), (3, "held")]

    await asked.hear("yes?")
    await asked.run()

    assert asked.client.texts == ["reply_waiting", "one", "two"]
    assert asked.messages() == {"one": "sent", "two": "sent"}
    assert await asked.middleware.outbox.trouble(ADA) == {}


async def test_in_the_next_closed_window_they_are_asked_again(asked: Sending) -> None:
    await asked.say("one")
    await asked.run(after=DAY)
    await asked.hear("yes?")
    await asked.run()
    await asked.say("two")

    await asked.run(after=DAY)

    assert asked.client.texts == ["reply_waiting", "one", "reply_waiting"]


async def test_if_they_cant_be_asked_either_it_fails(asked: Sending) -> None:
    await asked.say("one", "two")
    asked.client.outcomes.append(no(Failure.WRONG, 132001))

    await asked.run(after=DAY)

    assert asked.client.texts == ["reply_waiting"]
    assert asked.messages() == {"one": "failed", "two": "failed"}
    assert "template" in (await asked.middleware.outbox.trouble(ADA))[2].words


async def test_the_same_if_meta_says_so_later_of_the_template(asked: Sending) -> None:
    await asked.say("one")
    await asked.run(after=DAY)

    await asked.tell("failed", "wamid.1", code="131026")
    await asked.run()

    assert asked.messages() == {"one": "failed"}


async def test_a_template_whose_answer_was_lost_is_repeated_once_like_anything_else(asked: Sending) -> None:
    await asked.say("one")
    asked.client.outcomes.extend([lost(), lost()])

    await asked.run(after=DAY)
    await asked.run(after=5)
    await asked.run(after=3600)

    assert asked.client.texts == ["reply_waiting"] * 2
    assert asked.messages() == {"one": "queued"}


@pytest.mark.parametrize("is_told_later", [False, True])
async def test_meta_decides_whether_the_window_is_closed(asked: Sending, is_told_later: bool) -> None:
    await asked.say("one")
    asked.bench.clock.now += timedelta(seconds=1)
    if not is_told_later:
        asked.client.outcomes.append(no(Failure.WINDOW, 131047))
    await asked.run()
    if is_told_later:
        for _ in range(2):
            await asked.tell("failed", "wamid.1", code="131047")
            await asked.run()
    assert asked.client.texts == ["one", "reply_waiting"]
    window = await asked.middleware.outbox.window(ADA)
    assert window is not None and not window.is_open and window.asks_first
    asked.bench.clock.now += timedelta(seconds=1)

    await asked.hear("yes?")
    await asked.tell("failed", "wamid.1", code="131047")  # Meta tells it again and again
    await asked.run()

    assert asked.client.texts == ["one", "reply_waiting", "one"]
    assert asked.messages() == {"one": "sent"}


async def test_without_a_template_it_fails_when_meta_says_that_the_window_is_closed(ada: Sending) -> None:
    await ada.say("one", "two")
    ada.bench.clock.now += timedelta(seconds=1)
    ada.client.outcomes.append(no(Failure.WINDOW, 131047))

    await ada.run()

    assert ada.client.texts == ["one"]
    assert ada.messages() == {"one": "failed", "two": "failed"}


# Pace


async def test_no_more_goes_to_one_customer_than_meta_takes(ada: Sending) -> None:
    await ada.say(*(str(number) for number in range(PAIR_BURST + 2)))

    await ada.run()
    assert len(ada.client.requests) == PAIR_BURST
    assert ada.waits() == 6.0
    await ada.run(after=6)

    assert len(ada.client.requests) == PAIR_BURST + 1


def test_a_bucket_lets_so_many_happen_at_once_and_then_one_in_each_interval() -> None:
    clock = SetClock()
    bucket = Bucket(3, 2.0, clock)
    for _ in range(3):
        assert not bucket.wait("a")
        bucket.take("a")

    assert bucket.wait("a") == timedelta(seconds=2)
    assert not bucket.wait("b")
    clock.now += timedelta(seconds=2)
    assert not bucket.wait("a")


def test_a_bucket_forgets_what_may_have_all_again() -> None:
    clock = SetClock()
    bucket = Bucket(3, 2.0, clock)
    for number in range(100):
        bucket.take(str(number))
    clock.now += timedelta(seconds=2)

    bucket.take("new")

    assert len(bucket) == 1


async def test_a_long_conversation_gives_the_others_a_turn(ada: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatsapp_sending, "LONGEST_RUN_SECONDS", 0.0)
    await ada.say("one", "two")

    await ada.run()

    assert ada.client.texts == ["one", "two"]
    assert (
        ada.bench.rows(store.jobs)[0]["attempts"] == 5
    )  # each did one step: a plan, a send, or to see that all is done


# What is around it


async def test_a_customer_sees_that_an_answer_is_being_written(ada: Sending) -> None:
    serving = Serving(ada.middleware)
    ada.sender.attach(serving)

    ada.sender.typing(ADA, "wamid.in")
    await asyncio.sleep(0)

    assert ada.client.seen == ["wamid.in"]
    assert serving._handlers[SEND] == ada.sender.send


async def test_where_that_fails_nothing_else_does(ada: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_message_id: str) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(ada.client, "seen_and_typing", broken)

    ada.sender.typing(ADA, "wamid.in")
    await asyncio.gather(*ada.sender._typing)


async def test_conversations_dont_wait_for_each_other(ada: Sending) -> None:
    await ada.hear(conversation="whatsapp:US.2")
    await ada.say("one")
    ada.client.outcomes.append(no(Failure.PAIR_RATE, 131056))
    await ada.run()
    await ada.say("two", conversation="whatsapp:US.2")

    await ada.run()

    assert by_conversation(ada.client) == {"US.1": ["one"], "US.2": ["two"]}
