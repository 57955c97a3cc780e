"""What the company's people write on tickets: told once, in order, to whom it is for, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from middleware import store, ticket_answers
from middleware.backend import Circuit
from middleware.database import open_engine
from middleware.errors import Malformed, Rejected, Unavailable
from middleware.identity import Proof, prove_by_code
from middleware.messages import Received
from middleware.records import AgentComment, TicketComment
from middleware.settings import Operation
from middleware.ticket_answers import WORN, Outcome
from middleware.ticket_changes import ProposedComment
from middleware.watched_tickets import watch, watched
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADAS_ACCOUNT, KNOWN, NOW, Bench, ticket
from tests.fakes.handing_over import MARCO, ask, hire, say, working
from tests.fakes.webhooks import again

MakeBench = Callable[..., Bench]

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVERY = 30 * SECOND
ELSEWHERE = ("resume", "send")  # kinds of jobs that are the channels'
BEN = replace(ADA, id="102", first_name="Ben", phone="+12015550111", email="ben@example.com")
BENS = Proof(phone=BEN.phone)


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    made = bench(FakeCrm([ADA, BEN], [ticket()]), FakeErp([ADAS_ACCOUNT]))
    hire(made.url, MARCO)
    made.middleware.gateway.crm._back_end.circuit = Circuit("crm", failures=100_000, seconds=1)
    return made


def writes(desk: Bench, number: str, body: str, author: str = "Kim", **fields: Any) -> AgentComment:
    """One of the company's people answers on a ticket, now."""
    written_at = fields.pop("written_at", desk.clock())
    comment = TicketComment(body=body, written_at=written_at, author=author)
    made = AgentComment(id=fields.pop("id", f"C-{len(desk.crm.agent_comments)}"), ticket_number=number, comment=comment)
    desk.crm.agent_comments.append(made)
    return made


async def goes_by(desk: Bench, time: timedelta = EVERY) -> None:
    """Lets time go by, with somebody who does the jobs that become due."""
    end = desk.clock() + time
    while desk.clock() < end:
        waiting = [row for row in desk.rows(store.jobs) if row["state"] == "waiting" and row["kind"] not in ELSEWHERE]
        following = min((row["run_at"] for row in waiting if row["run_at"] > desk.clock()), default=end)
        desk.clock.now = min(max(following, desk.clock() + SECOND), end)
        await desk.middleware.jobs.run_due()


async def rests(desk: Bench, time: timedelta) -> None:
    """Lets time go by in which nobody does anything, and then what is due."""
    desk.clock.advance(time)
    await desk.middleware.jobs.run_due()


async def told(desk: Bench, conversation: str = "rest:one") -> list[str]:
    """What agents said in a conversation."""
    said = await desk.middleware.history.transcript(conversation)
    return [f"{one.reply['agent']}: {one.reply['text']}" for one in said if one.author == "agent"]


async def last(desk: Bench, conversation: str = "rest:one") -> str:
    """What was said last in a conversation."""
    said = await desk.middleware.history.transcript(conversation)
    return str(said[-1].reply["text"])


async def left(desk: Bench, proof: Proof = KNOWN, conversation: str = "rest:one") -> str:
    """A customer asks for a person; gives the ticket's number."""
    async with working(desk):
        number = (await ask(desk, proof=proof, conversation=conversation)).handoff.ticket
    assert number is not None
    return number


async def commented(desk: Bench, number: str = "T-7", conversation: str = "rest:one") -> None:
    """Ada has something written on her ticket."""
    changes, who = desk.middleware.ticket_changes, await desk.who(KNOWN, conversation)
    proposed = await changes.propose_comment(who, number, "it tears again")
    assert isinstance(proposed, ProposedComment)
    await changes.comment(who, proposed.key, proposed.comment)


def outcomes(desk: Bench) -> list[str]:
    return [row["outcome"] for row in desk.rows(store.ticket_answers)]


def polls(desk: Bench) -> int:
    """How often the CRM was asked for answers."""
    return sum("ticket_answers" in one for one in desk.audit())


# What is told


async def test_an_answer_on_a_hand_overs_ticket_is_told_once_as_its_authors_words(desk: Bench) -> None:
    number = await left(desk)
    writes(desk, number, "We've sent you a new zip.")

    await goes_by(desk, 5 * MINUTE)

    assert await told(desk) == [f"Kim: About your ticket {number}: We've sent you a new zip."]
    assert outcomes(desk) == ["told"]


async def test_an_answer_on_a_ticket_that_was_written_on_through_the_assistant_is_told(desk: Bench) -> None:
    await commented(desk)
    desk.clock.advance(SECOND)
    writes(desk, "T-7", "Thanks, we'll look at it.")

    await goes_by(desk)

    assert await told(desk) == ["Kim: About your ticket T-7: Thanks, we'll look at it."]


async def test_what_was_written_before_is_not_told(desk: Bench) -> None:
    writes(desk, "T-7", "Which jacket is it?", written_at=NOW - 3 * MINUTE)
    await commented(desk)

    await goes_by(desk, 5 * MINUTE)

    assert await told(desk) == []


async def test_several_answers_are_told_in_the_order_in_which_they_were_written(desk: Bench) -> None:
    number = await left(desk)
    writes(desk, number, "second", written_at=desk.clock() + SECOND)
    writes(desk, number, "first", "Lou")

    await goes_by(desk)

    assert [one.rpartition(": ")[2] for one in await told(desk)] == ["first", "second"]


async def test_an_answer_that_the_crm_shows_late_is_told(desk: Bench) -> None:
    number = await left(desk)
    await goes_by(desk, 6 * MINUTE)
    writes(desk, number, "written minutes ago", written_at=desk.clock() - 5 * MINUTE)

    await goes_by(desk)

    assert len(await told(desk)) == 1


async def test_a_crm_whose_clock_is_behind_loses_nothing(desk: Bench) -> None:
    await commented(desk)
    writes(desk, "T-7", "at once", written_at=desk.clock() - MINUTE)

    await goes_by(desk)

    assert len(await told(desk)) == 1


async def test_what_was_written_while_nobody_knew_the_number_is_told(desk: Bench) -> None:
    desk.crm.fail(Unavailable("away"), late=True, only="open_ticket")
    async with working(desk):
        await ask(desk)
    [number] = desk.crm.drafts
    writes(desk, number, "Hello Ada")
    await rests(desk, 2 * HOUR)
    desk.crm.recover()

    await goes_by(desk, HOUR)

    assert len(await told(desk)) == 1


async def test_an_answer_on_a_closed_ticket_is_told(desk: Bench) -> None:
    await commented(desk)
    desk.crm.tickets = [replace(one, is_open=False) for one in desk.crm.tickets]
    writes(desk, "T-7", "Done, so I've closed it.")

    await goes_by(desk)

    assert len(await told(desk)) == 1


@pytest.mark.parametrize("body", ["", "  \n "])
async def test_an_answer_without_words_is_nothing_to_tell(desk: Bench, body: str) -> None:
    number = await left(desk)
    writes(desk, number, body)

    await goes_by(desk)

    assert (await told(desk), outcomes(desk)) == ([], ["kept_back"])


async def test_an_author_without_a_name_is_the_company_and_no_sign_harms(desk: Bench) -> None:
    number = await left(desk)
    writes(desk, number, "a {b} \0 100% 🙂\nnew line", author=" ")

    await goes_by(desk)

    assert await told(desk) == [f"Fernhill Outfitters: About your ticket {number}: a {{b}}  100% 🙂\nnew line"]


async def test_of_two_conversations_with_a_ticket_the_one_spoken_in_last_hears_it(desk: Bench) -> None:
    await commented(desk)
    desk.clock.advance(SECOND)
    await commented(desk, conversation="rest:two")
    writes(desk, "T-7", "Hello")

    await goes_by(desk)

    assert (await told(desk), len(await told(desk, "rest:two"))) == ([], 1)


async def test_while_the_customer_waits_in_the_line_it_is_told_and_they_keep_their_place(desk: Bench) -> None:
    number = await left(desk)
    writes(desk, number, "Somebody comes soon.")

    await goes_by(desk)

    assert len(await told(desk)) == 1
    [handoff] = await desk.middleware.desk_line.line()
    assert handoff.state == "waiting"


async def test_while_an_agent_has_the_conversation_it_is_shown_there(desk: Bench) -> None:
    number = await left(desk)
    [handoff] = await desk.middleware.desk_line.line()
    await desk.middleware.desk_line.claim(handoff.id, MARCO)
    writes(desk, number, "From the workshop: it's done.")

    await goes_by(desk)

    assert await told(desk) == [f"Kim: About your ticket {number}: From the workshop: it's done."]
    assert not await say(desk, "thanks")


async def test_the_bot_goes_on_once_after_several_answers(desk: Bench) -> None:
    number = await left(desk)
    writes(desk, number, "one")
    writes(desk, number, "two")

    await goes_by(desk)

    [job] = [row for row in desk.rows(store.jobs) if row["kind"] == "resume"]
    assert job["payload"] == {"conversation": "rest:one", "channel": "rest", "answered": number}


# To whom


async def test_a_strangers_ticket_is_answered_in_their_conversation(desk: Bench) -> None:
    number = await left(desk, Proof())
    writes(desk, number, "Hello")

    await goes_by(desk)

    assert len(await told(desk)) == 1
    assert [row["payload"]["answered"] for row in desk.rows(store.jobs) if row["kind"] == "resume"] == [""]


@pytest.mark.parametrize("then", [BENS, Proof(), Proof(phone="+12015550199")])
async def test_whoever_else_is_proven_by_now_hears_nothing(desk: Bench, then: Proof) -> None:
    number = await left(desk)
    desk.clock.advance(SECOND)
    await say(desk, "hi", proof=then)
    writes(desk, number, "Ada, your refund")

    await goes_by(desk, 5 * MINUTE)

    assert (await told(desk), outcomes(desk)) == ([], ["kept_back"])
    assert "answer" not in await last(desk)


async def test_a_strangers_ticket_is_not_answered_to_somebody_who_came_after_them(desk: Bench) -> None:
    number = await left(desk, Proof())
    desk.clock.advance(SECOND)
    await say(desk, "hi", proof=BENS)
    writes(desk, number, "Hello")

    await goes_by(desk)

    assert (await told(desk), outcomes(desk)) == ([], ["kept_back"])


async def test_who_is_proven_better_by_now_hears_it_still(desk: Bench) -> None:
    number = await left(desk)
    desk.clock.advance(SECOND)
    await say(desk, "hi", proof=Proof(phone=ADA.phone, email=ADA_EMAIL))
    writes(desk, number, "Hello")

    await goes_by(desk)

    assert len(await told(desk)) == 1


async def test_a_ticket_that_was_given_to_another_contact_is_that_ones(desk: Bench) -> None:
    await commented(desk)
    desk.crm.tickets = [replace(one, contact_id=BEN.id) for one in desk.crm.tickets]
    writes(desk, "T-7", "Ben, your refund")

    await goes_by(desk)

    assert (await told(desk), outcomes(desk)) == ([], ["kept_back"])


def by_code(desk: Bench, email: str | None) -> None:
    """A one-time code proves an address in the conversation; None takes back what one proved."""
    engine = open_engine(desk.url)
    with engine.begin() as connection:
        if email:
            prove_by_code(connection, "rest:one", email, desk.clock())
        else:
            connection.execute(store.identities.update().values(code_email=None, code_at=None))
    engine.dispose()


async def left_by_code(desk: Bench) -> str:
    """Somebody whom a code has proven asks for a person."""
    await say(desk, "hi", proof=Proof())
    by_code(desk, ADA_EMAIL)
    return await left(desk, Proof())


async def test_whoever_a_code_has_proven_hears_it_while_that_counts(desk: Bench) -> None:
    number = await left_by_code(desk)
    writes(desk, number, "Hello")

    await goes_by(desk)

    assert len(await told(desk)) == 1


async def test_after_that_they_hear_that_there_is_one_and_its_words_when_they_ask(desk: Bench) -> None:
    number = await left_by_code(desk)
    await rests(desk, DAY)
    writes(desk, number, "Ada, your refund")
    writes(desk, number, "It was $20.")

    await goes_by(desk, HOUR)

    assert (await told(desk), outcomes(desk)) == ([], ["announced", "announced"])
    said = [text for text in await transcript_of(desk) if "There's an answer on your ticket" in text]
    assert len(said) == 1


async def transcript_of(desk: Bench) -> list[str]:
    return [str(one.reply["text"]) for one in await desk.middleware.history.transcript("rest:one")]


@pytest.mark.parametrize("then", [None, BEN.email])
async def test_not_even_that_once_the_code_was_taken_back_or_another_proved_somebody_else(
    desk: Bench, then: str | None
) -> None:
    number = await left_by_code(desk)
    desk.clock.advance(SECOND)
    by_code(desk, then)
    await rests(desk, DAY)
    writes(desk, number, "Ada, your refund")

    await goes_by(desk, HOUR)

    assert outcomes(desk) == ["kept_back"]


async def test_where_the_company_wants_more_proof_for_tickets_it_is_only_announced(bench: MakeBench) -> None:
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT]), levels={Operation.TICKET_STATUS: "verified"})
    number = await left(desk)
    writes(desk, number, "Hello")

    await goes_by(desk)

    assert (await told(desk), outcomes(desk)) == ([], ["announced"])


async def test_who_can_no_longer_be_told_apart_hears_nothing(desk: Bench) -> None:
    number = await left(desk)
    desk.crm.contacts.append(replace(BEN, phone=ADA.phone))
    writes(desk, number, "Hello")

    await goes_by(desk)

    assert outcomes(desk) == ["kept_back"]


async def test_who_changes_in_the_very_moment_hears_nothing(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await left(desk)
    writes(desk, number, "Ada, your refund")
    answers = desk.middleware.ticket_answers
    honestly = answers._outcome

    async def slowly(*given: Any) -> Any:
        outcome = await honestly(*given)
        await say(desk, "hi", proof=BENS)
        return outcome

    monkeypatch.setattr(answers, "_outcome", slowly)
    await goes_by(desk)
    monkeypatch.undo()
    await goes_by(desk, 2 * MINUTE)

    assert (await told(desk), outcomes(desk)) == ([], ["kept_back"])


# Trouble


@pytest.mark.parametrize("error", [Unavailable("away"), Rejected("no"), Malformed("what"), RuntimeError("bug")])
async def test_whatever_the_crm_has_it_goes_on_when_that_is_over(desk: Bench, error: Exception) -> None:
    number = await left(desk)
    desk.crm.fail(error, only="comments_since")
    writes(desk, number, "Hello")
    await goes_by(desk, 3 * MINUTE)
    assert await told(desk) == []

    desk.crm.recover()
    await goes_by(desk, 15 * MINUTE)  # of a fault of our own, the pauses grow

    assert len(await told(desk)) == 1


@pytest.mark.parametrize("nonsense", [None, "text", [None]])
async def test_nonsense_is_no_answer(desk: Bench, nonsense: object) -> None:
    number = await left(desk)
    desk.crm.talk_nonsense(nonsense, only="comments_since")
    writes(desk, number, "Hello")
    await goes_by(desk, 5 * MINUTE)
    desk.crm.recover()

    await goes_by(desk, 5 * MINUTE)

    assert len(await told(desk)) == 1


async def test_who_may_hear_it_is_found_out_later_and_the_order_is_kept(desk: Bench) -> None:
    number = await left(desk)
    other = await left(desk, Proof(), "rest:two")
    writes(desk, number, "one")
    writes(desk, number, "two")
    writes(desk, other, "Hello")
    desk.crm.fail(Unavailable("away"), only="ticket")

    await goes_by(desk, 5 * MINUTE)
    assert (await told(desk), len(await told(desk, "rest:two"))) == ([], 1)
    desk.crm.recover()
    await goes_by(desk, 5 * MINUTE)

    assert [one.rpartition(": ")[2] for one in await told(desk)] == ["one", "two"]
    assert len(await told(desk, "rest:two")) == 1


async def test_it_goes_on_where_it_was_in_another_process(desk: Bench) -> None:
    number = await left(desk)
    writes(desk, number, "one")
    await goes_by(desk)
    writes(desk, number, "two")
    desk.middleware.close()
    restarted = again(desk)

    await goes_by(restarted, 5 * MINUTE)

    assert [one.rpartition(": ")[2] for one in await told(restarted)] == ["one", "two"]
    restarted.middleware.close()


async def test_killed_after_the_words_were_stored_it_says_nothing_twice(desk: Bench) -> None:
    number = await left(desk)
    writes(desk, number, "Hello")
    await goes_by(desk)
    desk.edit(store.watched_tickets, read_until=NOW, due_at=NOW)  # as if nobody had noted that it was read

    await goes_by(desk, 5 * MINUTE)

    assert len(await told(desk)) == 1


async def test_two_at_once_tell_it_once(desk: Bench) -> None:
    number = await left(desk)
    comment = writes(desk, number, "Hello")
    answers = desk.middleware.ticket_answers
    [link] = await desk.middleware.store.read(lambda connection: watched(connection, [number]))
    proven = await answers._proven(link)
    for _ in range(2):
        await answers._end(comment, link, proven, Outcome.TOLD)

    assert len(await told(desk)) == 1


# How often


async def test_nothing_is_asked_while_no_ticket_is_watched(desk: Bench) -> None:
    await say(desk, "hello")
    await desk.middleware.ticket_answers.ring()

    await goes_by(desk, HOUR)

    assert (polls(desk), desk.rows(store.jobs)) == (0, [])


async def test_the_longer_nobody_speaks_the_more_seldom_it_is_asked_for(desk: Bench) -> None:
    await left(desk)
    await goes_by(desk, 10 * MINUTE)
    fresh = polls(desk)
    await rests(desk, 10 * DAY)
    before = polls(desk)
    await goes_by(desk, DAY)

    assert (fresh, polls(desk) - before) == (20, 24)
    assert len([row for row in desk.rows(store.jobs) if row["kind"] == "answers"]) <= 1 + polls(desk) / WORN + 1


async def test_when_the_customer_writes_again_it_is_fresh(desk: Bench) -> None:
    number = await left(desk)
    await rests(desk, 10 * DAY)
    await say(desk, "any news?")
    await goes_by(desk, HOUR)
    before = polls(desk)
    writes(desk, number, "Yes")

    await goes_by(desk, 2 * MINUTE)

    assert polls(desk) > before
    assert len(await told(desk)) == 1


async def test_after_the_days_that_the_settings_give_it_nobody_is_asked_any_more(desk: Bench) -> None:
    number = await left(desk)
    await rests(desk, 31 * DAY)
    before = polls(desk)
    writes(desk, number, "Hello?")

    await rests(desk, 2 * DAY)

    assert (polls(desk), await told(desk)) == (before, [])
    assert desk.rows(store.watched_tickets) == []
    assert all(row["state"] == "done" for row in desk.rows(store.jobs) if row["kind"] == "answers")


async def test_a_ring_has_it_read_at_once(desk: Bench) -> None:
    number = await left(desk)
    await rests(desk, 10 * DAY)
    desk.clock.advance(MINUTE)
    writes(desk, number, "Hello")

    await desk.middleware.ticket_answers.ring()
    await goes_by(desk, SECOND)

    assert len(await told(desk)) == 1


async def test_many_rings_ask_no_oftener_than_it_is_asked_anyway(desk: Bench) -> None:
    await left(desk)
    await goes_by(desk, EVERY)
    before = polls(desk)

    for _ in range(60):
        await desk.middleware.ticket_answers.ring()
        await goes_by(desk, SECOND)

    assert polls(desk) - before <= 3


async def test_a_ring_while_it_is_being_read_has_it_read_once_more(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await left(desk)
    await rests(desk, 10 * DAY)
    answers = desk.middleware.ticket_answers
    honestly = answers._read

    async def slowly(*given: Any) -> Any:
        found = await honestly(*given)
        monkeypatch.undo()
        desk.clock.advance(SECOND)
        writes(desk, number, "written while it was read")
        await answers.ring()
        return found

    monkeypatch.setattr(answers, "_read", slowly)
    await goes_by(desk, HOUR)
    monkeypatch.undo()
    await goes_by(desk, MINUTE)

    assert len(await told(desk)) == 1


async def test_a_ticket_that_comes_while_older_ones_rest_is_read_soon(desk: Bench) -> None:
    await left(desk)
    await rests(desk, 10 * DAY)
    number = await left(desk, BENS, "rest:two")
    writes(desk, number, "Hello Ben")

    await goes_by(desk, MINUTE)

    assert len(await told(desk, "rest:two")) == 1


async def test_many_tickets_are_asked_for_together(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_answers, "BATCH", 10)

    def link_all(connection: Any) -> None:
        for number in range(25):
            link(connection, desk, f"T-{1000 + number}")

    await desk.middleware.store.write(link_all)
    writes(desk, "T-1020", "Hello")

    await goes_by(desk)

    assert (polls(desk), len(await told(desk))) == (3, 1)


def link(connection: Any, desk: Bench, number: str) -> None:
    row = {"id": "rest:one", "channel": "rest", "created_at": desk.clock()}
    store.insert_once(connection, store.conversations, row)
    proven = {"conversation_id": "rest:one", "proven_at": desk.clock()}
    store.insert_once(connection, store.identities, proven)
    watch(connection, number, "rest:one", "", since=desk.clock(), now=desk.clock(), every=EVERY)


# WhatsApp


async def test_on_whatsapp_it_is_left_to_be_sent(desk: Bench) -> None:
    received = Received(
        conversation_id="whatsapp:1", channel="whatsapp", external_id="1", reply={"text": "hi"}, proof=KNOWN
    )
    await desk.middleware.store.write(lambda connection: desk.middleware.messages.receive(connection, received))
    async with working(desk):
        number = (await ask(desk, conversation="whatsapp:1")).handoff.ticket
    writes(desk, str(number), "Hello")

    await goes_by(desk)

    [message] = [row for row in desk.rows(store.messages) if row["author"] == "agent"]
    assert message["state"] == "queued"
    assert "send:whatsapp:1" in {row["line"] for row in desk.rows(store.jobs)}
