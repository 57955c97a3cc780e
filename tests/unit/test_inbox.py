"""What channels store first and jobs answer: each message once, in the order in which it was written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from channels.arrivals import Arrivals
from channels.turns import Turns
from middleware import store
from middleware.identity import Proof, release_number
from middleware.inbox import ANSWER
from middleware.jobs import Job
from middleware.messages import Received
from middleware.outbox import SEND
from tests.fakes.building import ADA_PHONE, KNOWN, NOW, Bench
from tests.fakes.rasa import FakeAgent, FakeRasa
from tests.unit.test_handed_back import talk

MakeBench = Callable[..., Bench]

AGENT: Any = FakeAgent()
ADA = "whatsapp:US.1"


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench(handoff=0.1)


@pytest.fixture
def turns(desk: Bench) -> Turns:
    return Turns(desk.middleware, Arrivals(desk.middleware.history))


def received(
    text: str, external_id: str = "", conversation: str = ADA, written_at: datetime | None = None, **more: Any
) -> Received:
    about = {"proof": KNOWN} | more
    return Received(
        conversation_id=conversation,
        channel=conversation.partition(":")[0],
        external_id=external_id or text,
        reply={"text": text},
        written_at=written_at,
        **about,
    )


async def answer_all(desk: Bench, turns: Turns, rasa: FakeRasa) -> None:
    """Does the jobs that answer, as the channels' process does."""
    desk.middleware.jobs.does_only({ANSWER: lambda job: turns.answer(job, AGENT, rasa)})
    await desk.middleware.jobs.run_due()


def jobs(desk: Bench, kind: str) -> list[dict[str, Any]]:
    return [row for row in desk.rows(store.jobs) if row["kind"] == kind]


def states(desk: Bench, author: str = "customer") -> list[tuple[str, str]]:
    rows = sorted(desk.rows(store.messages), key=lambda row: row["sequence"])
    return [(row["payload"]["text"], row["state"]) for row in rows if row["author"] == author]


async def test_a_message_brought_ten_times_is_stored_and_answered_once(desk: Bench, turns: Turns) -> None:
    rasa = FakeRasa()

    for _ in range(10):
        await desk.middleware.inbox.take([received("hello")])
        await answer_all(desk, turns, rasa)

    assert rasa.texts == ["hello"]
    assert states(desk) == [("hello", "answered")]


async def test_messages_are_answered_in_the_order_in_which_they_were_written(desk: Bench, turns: Turns) -> None:
    rasa = FakeRasa()
    late = [received(str(one), written_at=NOW - timedelta(seconds=one)) for one in range(5)]

    await desk.middleware.inbox.take(late)
    await answer_all(desk, turns, rasa)

    assert rasa.texts == ["4", "3", "2", "1", "0"]


async def test_all_of_one_request_is_stored_or_nothing(desk: Bench) -> None:
    nonsense = received("two", proof=None)

    with pytest.raises(Exception, match="phone"):
        await desk.middleware.inbox.take([received("one"), nonsense])

    assert desk.rows(store.messages) == []
    assert desk.rows(store.jobs) == []


async def test_what_nobody_is_to_answer_is_stored_alone(desk: Bench, turns: Turns) -> None:
    rasa = FakeRasa()

    await desk.middleware.inbox.take([received("👍", needs_answer=False)])
    await answer_all(desk, turns, rasa)

    assert rasa.heard == []
    assert states(desk) == [("👍", "answered")]


async def test_an_agent_reads_what_the_bot_doesnt_answer(desk: Bench, turns: Turns) -> None:
    await talk(desk, turns)
    desk.edit(store.messages, state="answered")
    rasa = FakeRasa()

    await desk.middleware.inbox.take([received("are you there?", conversation="rest:one")])
    await answer_all(desk, turns, rasa)

    assert rasa.heard == []
    assert states(desk)[-1] == ("are you there?", "passed")


async def test_a_picture_is_no_text(desk: Bench, turns: Turns) -> None:
    rasa = FakeRasa()
    picture = Received(
        conversation_id=ADA,
        channel="whatsapp",
        external_id="p",
        reply={"text": "", "words": "(a picture)", "kind": "image"},
        proof=KNOWN,
    )

    await desk.middleware.inbox.take([picture])
    await answer_all(desk, turns, rasa)

    [heard] = rasa.heard
    assert heard.text == "/Sent_Something"
    assert heard.metadata is not None and heard.metadata["kind"] == "image"
    transcript = await desk.middleware.history.transcript(ADA)
    assert transcript[0].reply == {"text": "(a picture)", "kind": "image"}


def picture(external_id: str, seconds: float = 0, text: str = "", kind: str = "image") -> Received:
    reply = {"text": text, "kind": kind} | ({} if text else {"words": "(a picture)"})
    at = NOW - timedelta(minutes=1) + timedelta(seconds=seconds)
    return Received(
        conversation_id=ADA, channel="whatsapp", external_id=external_id, reply=reply, proof=KNOWN, written_at=at
    )


@pytest.mark.parametrize("text", ["", "it arrived like this"])
async def test_pictures_that_are_sent_together_get_one_answer(desk: Bench, turns: Turns, text: str) -> None:
    rasa = FakeRasa()

    for one in (picture("a", text=text), picture("b", 1), picture("c", 2, kind="video"), picture("d", 10)):
        await desk.middleware.inbox.take([one])
        await answer_all(desk, turns, rasa)

    assert rasa.texts == [text or "/Sent_Something"]
    assert [state for _, state in states(desk)] == ["answered"] * 4


@pytest.mark.parametrize(
    "second", [picture("b", 11), picture("b", 1, kind="voice"), picture("b", 1, text="and this")], ids=str
)
async def test_what_else_comes_behind_a_picture_gets_its_own_answer(
    desk: Bench, turns: Turns, second: Received
) -> None:
    rasa = FakeRasa()

    await desk.middleware.inbox.take([picture("a"), second])
    await answer_all(desk, turns, rasa)

    assert len(rasa.texts) == 2


async def test_a_picture_behind_words_gets_its_own_answer(desk: Bench, turns: Turns) -> None:
    rasa = FakeRasa()

    await desk.middleware.inbox.take([received("look", written_at=NOW - timedelta(minutes=1)), picture("a", 1)])
    await answer_all(desk, turns, rasa)

    assert rasa.texts == ["look", "/Sent_Something"]


async def test_what_came_in_too_late_is_answered_by_one_sentence(desk: Bench, turns: Turns) -> None:
    rasa = FakeRasa()
    long_ago = NOW - timedelta(minutes=61)
    old = [received(str(one), written_at=long_ago + timedelta(seconds=one)) for one in range(3)]

    await desk.middleware.inbox.take(old)
    await answer_all(desk, turns, rasa)

    assert rasa.heard == []
    assert [text for text, _ in states(desk, "bot")] == ["<utter_late on whatsapp for Fernhill Outfitters>"]
    assert {state for _, state in states(desk)} == {"answered"}


async def test_what_isnt_too_late_is_answered_after_the_sentence(desk: Bench, turns: Turns) -> None:
    rasa = FakeRasa()

    await desk.middleware.inbox.take(
        [received("old", written_at=NOW - timedelta(hours=2)), received("older", written_at=NOW - timedelta(hours=3))]
    )
    await desk.middleware.inbox.take([received("new")])
    await answer_all(desk, turns, rasa)

    assert rasa.texts == ["new"]
    late, answer = (text for text, _ in states(desk, "bot"))
    assert (late, answer) == ("<utter_late on whatsapp for Fernhill Outfitters>", "you said new")


async def test_what_comes_in_too_late_one_after_the_other_is_answered_by_one_sentence(
    desk: Bench, turns: Turns
) -> None:
    for text in ("one", "two", "three"):
        await desk.middleware.inbox.take([received(text, written_at=NOW - timedelta(hours=2))])
        await answer_all(desk, turns, FakeRasa())

    assert len(states(desk, "bot")) == 1
    assert {state for _, state in states(desk)} == {"answered"}


# Servers that die


class Killed(BaseException):
    """The process is gone."""


async def test_what_rasa_has_heard_is_not_heard_again_but_said(
    desk: Bench, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a server that died between Rasa's own notes and ours
    agent, rasa = FakeAgent(), FakeRasa()
    await desk.middleware.inbox.take([received("yes")])

    async def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(desk.middleware.messages, "close_turn", die)
        await turns.answer(job(), agent, rasa)  # type: ignore[arg-type]
    [heard] = rasa.heard
    said = BotUttered("Held.", {"buttons": [{"title": "Thanks", "payload": "/Thanks"}]}, {"utter_action": "utter_held"})
    before = [UserUttered("hi", metadata={"turn": "another"}), BotUttered("Hello.")]
    events = [*before, UserUttered("yes", metadata=heard.metadata), said]
    agent.remembered[ADA] = DialogueStateTracker.from_events(ADA, events)

    # when another one takes the message up
    await turns.answer(job(), agent, rasa)  # type: ignore[arg-type]

    # then
    assert rasa.texts == ["yes"]
    rows = sorted(desk.rows(store.messages), key=lambda row: row["sequence"])
    introduction, held = (row["payload"] for row in rows if row["author"] == "bot")
    assert (introduction["response"], held["response"]) == ("utter_introduction", "utter_held")
    assert held["buttons"] == [{"title": "Thanks", "payload": "/Thanks"}]


async def test_what_rasa_hasnt_heard_it_hears(desk: Bench, turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    rasa = FakeRasa()
    await desk.middleware.inbox.take([received("yes")])

    async def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(desk.middleware.messages, "close_turn", die)
        await turns.answer(job(), AGENT, rasa)

    await turns.answer(job(), AGENT, rasa)

    assert rasa.texts == ["yes", "yes"]
    assert states(desk) == [("yes", "answered")]


async def test_a_typed_payload_is_text(desk: Bench, turns: Turns) -> None:
    rasa = FakeRasa()

    await desk.middleware.inbox.take([received("/Affirm")])
    await answer_all(desk, turns, rasa)

    assert rasa.texts == ["Affirm"]


async def test_replies_wait_to_be_sent_where_they_are_pushed(desk: Bench, turns: Turns) -> None:
    await desk.middleware.inbox.take([received("hello"), received("hello", conversation="webchat:a:1")])
    await answer_all(desk, turns, FakeRasa())

    by_conversation = {
        row["conversation_id"]: row["state"] for row in desk.rows(store.messages) if row["author"] == "bot"
    }
    assert by_conversation == {ADA: "queued", "webchat:a:1": "sent"}
    assert [job["payload"] for job in jobs(desk, SEND)] == [{"conversation": ADA}]


# Numbers that were given up


async def give_up(desk: Bench, phone: str, at: datetime = NOW) -> None:
    await desk.middleware.store.write(lambda connection: release_number(connection, phone, at))


def phones(desk: Bench) -> list[str | None]:
    return [row["phone"] for row in desk.rows(store.identities)]


async def test_a_number_that_was_given_up_proves_nothing_any_more(desk: Bench) -> None:
    await desk.middleware.inbox.take([received("hello")])
    assert phones(desk) == [ADA_PHONE]

    await give_up(desk, ADA_PHONE)

    assert phones(desk) == [None]


async def test_what_was_written_before_comes_too_late_to_prove_it(desk: Bench) -> None:
    await give_up(desk, ADA_PHONE)

    await desk.middleware.inbox.take([received("hello", written_at=NOW - timedelta(seconds=1))])

    assert phones(desk) == [None]


async def test_who_has_the_number_next_is_known_by_it(desk: Bench) -> None:
    await give_up(desk, ADA_PHONE)

    await desk.middleware.inbox.take([received("hello", written_at=NOW + timedelta(seconds=1))])

    assert phones(desk) == [ADA_PHONE]


async def test_a_number_given_up_on_whatsapp_says_nothing_of_a_token(desk: Bench) -> None:
    await desk.middleware.inbox.take([received("hello", conversation="webchat:u:ada", proof=Proof(phone=ADA_PHONE))])

    await give_up(desk, ADA_PHONE)

    assert phones(desk) == [ADA_PHONE]


def job() -> Job:
    return Job(id="1", kind=ANSWER, line="", payload={"conversation": ADA}, attempts=1)


async def test_nothing_to_answer_is_no_fault(turns: Turns) -> None:
    await turns.answer(job(), AGENT, FakeRasa())
