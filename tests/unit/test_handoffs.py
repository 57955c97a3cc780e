"""Hand-overs: asked for, waited for, claimed, talked, handed back, and whose the customer's words are meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from middleware import store
from middleware.errors import Conflict, NotFound, Unavailable
from middleware.handoff_records import Agent, Plea, Reason
from middleware.identity import Who
from middleware.jobs import Job
from middleware.ownership import CLOSED, LEFT, RETURNED, WAITING, WITH_AGENT
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, KNOWN, Bench
from tests.fakes.handing_over import ASKED, MARCO, NINA, ask, hire, say, transcript, working

MakeBench = Callable[..., Bench]

MINUTE = timedelta(minutes=1)
SATURDAY = datetime(2026, 3, 14, 17, 30, tzinfo=timezone.utc)
MONDAY_NINE = datetime(2026, 3, 16, 13, 0, tzinfo=timezone.utc)  # 9 am in New York, in summer time


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    """A desk with two agents, while people are there, and a customer whom the systems know."""
    made = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT]))
    hire(made.url, MARCO, NINA)
    return made


@pytest.fixture
def at_night(bench: MakeBench) -> Bench:
    """The same on a Saturday."""
    made = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT]), now=SATURDAY)
    hire(made.url, MARCO, NINA)
    return made


async def waiting(desk: Bench, conversation: str = "rest:one", plea: Plea = ASKED) -> str:
    """Has a customer ask for a person; gives the hand-over's id."""
    async with working(desk):
        return (await ask(desk, plea, conversation=conversation)).handoff.id


def row(desk: Bench, handoff_id: str) -> dict[str, object]:
    return next(one for one in desk.rows(store.handoffs) if one["id"] == handoff_id)


# Asked for


async def test_whoever_asks_for_a_person_gets_a_ticket_and_a_place_in_the_line(desk: Bench) -> None:
    async with working(desk):
        standing = await ask(desk)

    assert (standing.handoff.state, standing.place, standing.is_new) == (WAITING, 1, True)
    assert standing.handoff.ticket == "T-1077"
    assert standing.opens_at is None


async def test_whoever_asks_again_keeps_their_place_and_their_ticket(desk: Bench) -> None:
    first = await waiting(desk)
    desk.clock.advance(MINUTE)
    await waiting(desk, "rest:two")

    async with working(desk):
        again = await ask(desk)

    assert (again.handoff.id, again.place, again.is_new) == (first, 1, False)
    assert len(desk.crm.drafts) == 2


async def test_whoever_asks_twice_at_once_is_in_the_line_once(desk: Bench) -> None:
    who = await desk.who()

    async with working(desk):
        both = await asyncio.gather(*(desk.middleware.handoffs.request(who, ASKED) for _ in range(5)))

    assert len({one.handoff.id for one in both}) == 1
    assert sum(one.is_new for one in both) == 1
    assert len(desk.crm.drafts) == 1


async def test_what_becomes_urgent_goes_before_the_others(desk: Bench) -> None:
    await waiting(desk)
    late = await waiting(desk, "rest:two")

    async with working(desk):
        standing = await ask(desk, Plea(reason=Reason.RULE, is_urgent=True), conversation="rest:two")

    assert (standing.handoff.id, standing.handoff.is_urgent, standing.place) == (late, True, 1)


async def test_out_of_hours_the_conversation_is_left_and_the_opening_is_told(at_night: Bench) -> None:
    async with working(at_night):
        standing = await ask(at_night)

    assert (standing.handoff.state, standing.place, standing.wait_minutes) == (LEFT, None, None)
    assert standing.opens_at == MONDAY_NINE
    assert standing.handoff.ticket == "T-1077"
    assert await say(at_night, "where is my order?")  # the bot has it still


async def test_whoever_left_word_and_asks_again_when_people_are_there_comes_into_the_line(at_night: Bench) -> None:
    left = await waiting(at_night)
    at_night.clock.now = MONDAY_NINE

    async with working(at_night):
        standing = await ask(at_night)

    assert (standing.handoff.id, standing.handoff.state, standing.place) == (left, WAITING, 1)
    assert row(at_night, left)["waiting_since"] == MONDAY_NINE


async def test_whoever_left_word_is_told_of_the_line_when_people_are_there(at_night: Bench) -> None:
    await waiting(at_night)
    at_night.clock.now = MONDAY_NINE

    standing = await at_night.middleware.handoffs.standing("rest:one")

    assert standing is not None
    assert (standing.handoff.state, standing.place, standing.opens_at) == (WAITING, 1, None)


async def test_whoever_waits_when_people_go_home_is_told_when_they_come_back(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    desk.clock.advance(timedelta(hours=8))  # half past nine in the evening

    standing = await desk.middleware.handoffs.standing("rest:one")

    assert standing is not None
    assert (standing.handoff.state, standing.place) == (LEFT, None)
    assert standing.opens_at == datetime(2026, 3, 12, 13, 0, tzinfo=timezone.utc)
    assert row(desk, handoff_id)["state"] == WAITING  # the place isn't lost


async def test_nobody_waits_who_did_not_ask(desk: Bench) -> None:
    await say(desk, "hello")

    assert await desk.middleware.handoffs.standing("rest:one") is None


async def test_a_conversation_on_no_channel_of_ours_is_not_handed_over(desk: Bench) -> None:
    nobody = Who(conversation_id="shell", channel="", correlation_id="")

    with pytest.raises(NotFound):
        await desk.middleware.handoffs.request(nobody, ASKED)

    assert desk.rows(store.handoffs) == []


async def test_without_a_store_nobody_is_told_that_they_are_in_the_line(desk: Bench) -> None:
    who = await desk.who()
    desk.lose(store.notes)
    desk.lose(store.handoffs)

    with pytest.raises(Unavailable):
        await desk.middleware.handoffs.request(who, ASKED)


# Claimed


async def test_while_a_customer_waits_the_bot_answers_and_with_an_agent_it_is_silent(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    assert await say(desk, "are you there?")

    claimed = await desk.middleware.desk_line.claim(handoff_id, MARCO)

    assert (claimed.state, claimed.agent) == (WITH_AGENT, MARCO)
    assert not await say(desk, "hello Marco")
    assert (await transcript(desk))[-2:] == ["bot: You're now talking with Marco.", "customer: hello Marco"]


async def test_of_two_agents_one_gets_it_and_the_other_hears_so(desk: Bench) -> None:
    handoff_id = await waiting(desk)

    got = await asyncio.gather(
        *(desk.middleware.desk_line.claim(handoff_id, agent) for agent in (MARCO, NINA)), return_exceptions=True
    )

    [refused] = [one for one in got if isinstance(one, BaseException)]
    assert isinstance(refused, Conflict)
    assert [one for one in await transcript(desk) if "now talking" in one] == [
        f"bot: You're now talking with {(await desk.middleware.desk_line.one(handoff_id)).agent.name}."  # type: ignore[union-attr]
    ]


async def test_what_was_left_out_of_hours_can_be_claimed(at_night: Bench) -> None:
    handoff_id = await waiting(at_night)

    assert (await at_night.middleware.desk_line.claim(handoff_id, MARCO)).state == WITH_AGENT


async def test_the_same_agent_can_not_claim_twice(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)

    with pytest.raises(Conflict):
        await desk.middleware.desk_line.claim(handoff_id, MARCO)


async def test_a_customer_with_an_agent_who_asks_for_a_person_hears_how_it_stands(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)

    standing = await desk.middleware.handoffs.standing("rest:one")

    assert standing is not None
    assert (standing.handoff.state, standing.place, standing.wait_minutes) == (WITH_AGENT, None, None)


async def test_a_turn_that_a_killed_server_left_is_for_the_agent_who_came_meanwhile(desk: Bench) -> None:
    # given a message that was stored and never answered
    handoff_id = await waiting(desk)
    await desk.middleware.messages.open_turn("rest:one", "rest", "hello?", "message-1", KNOWN)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)

    # when the channel brings it again
    turn = await desk.middleware.messages.open_turn("rest:one", "rest", "hello?", "message-1", KNOWN)

    # then the bot doesn't speak into the talk, now or ever
    assert turn.is_for_agent
    again = await desk.middleware.messages.open_turn("rest:one", "rest", "hello?", "message-1", KNOWN)
    assert again.is_for_agent or again.replies == ()
    assert (await transcript(desk)).count("customer: hello?") == 1


# Talking


async def test_what_an_agent_writes_is_a_message_of_theirs_once(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)

    for _ in range(2):
        await desk.middleware.desk_line.write(handoff_id, MARCO, "How can I help?", "write-1")

    said = await desk.middleware.history.to_customer("rest:one", 0, 100)
    assert [(one.author, one.reply) for one in said][-1] == (
        "agent",
        {"text": "How can I help?", "agent": "Marco"},
    )
    assert (await transcript(desk)).count("agent: How can I help?") == 1


@pytest.mark.parametrize("agent", [NINA, Agent(id="nobody", name="Nobody")], ids=lambda one: one.id)
async def test_only_the_agent_who_has_a_conversation_can_do_anything_in_it(desk: Bench, agent: Agent) -> None:
    handoff_id = await waiting(desk)
    line = desk.middleware.desk_line
    await line.claim(handoff_id, MARCO)
    before = await transcript(desk)

    for attempt in (
        line.write(handoff_id, agent, "hi", "write-1"),
        line.hand_back(handoff_id, agent),
        line.put_back(handoff_id, agent),
        line.close(handoff_id, agent, "done"),
    ):
        with pytest.raises(Conflict):
            await attempt

    assert await transcript(desk) == before


async def test_what_nobody_knows_is_not_found(desk: Bench) -> None:
    line = desk.middleware.desk_line

    for attempt in (line.one("x"), line.claim("x", MARCO), line.write("x", MARCO, "hi", "w"), line.account("x", MARCO)):
        with pytest.raises(NotFound):
            await attempt


async def test_notes_are_for_colleagues_over_all_hand_overs_and_never_for_the_customer(desk: Bench) -> None:
    first = await waiting(desk)
    line = desk.middleware.desk_line
    await line.claim(first, MARCO)
    await line.add_note(first, MARCO, "wants a refund")
    await line.close(first, MARCO, "done")
    desk.clock.advance(MINUTE)
    second = await waiting(desk)
    await line.add_note(second, NINA, "again")

    assert [(one.author, one.body) for one in await line.notes("rest:one")] == [
        (MARCO, "wants a refund"),
        (NINA, "again"),
    ]
    assert not any("refund" in one for one in await transcript(desk))


# Given away


async def test_handed_back_it_is_the_bots_and_it_is_told_to_go_on(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)

    returned = await desk.middleware.desk_line.hand_back(handoff_id, MARCO)

    assert returned.state == RETURNED
    assert await say(desk, "and my order?")
    [resume] = [job for job in desk.rows(store.jobs) if job["kind"] == "resume"]
    assert resume["payload"] == {"conversation": "rest:one", "channel": "rest"}


async def test_put_back_it_keeps_its_place(desk: Bench) -> None:
    first = await waiting(desk)
    await desk.middleware.desk_line.claim(first, MARCO)
    desk.clock.advance(MINUTE)
    await waiting(desk, "rest:two")

    await desk.middleware.desk_line.put_back(first, MARCO)

    assert (await desk.middleware.desk_line.line())[0].id == first
    standing = await desk.middleware.handoffs.standing("rest:one")
    assert standing is not None and standing.place == 1
    assert await say(desk, "hello?")


async def test_closed_it_is_the_bots_again_and_the_reason_is_for_the_people(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)

    closed = await desk.middleware.desk_line.close(handoff_id, MARCO, "refunded by hand")

    assert (closed.state, closed.close_reason) == (CLOSED, "refunded by hand")
    assert (await transcript(desk))[-1].startswith("bot: Marco has closed the conversation.")
    assert await say(desk, "thanks")
    assert await desk.middleware.handoffs.standing("rest:one") is None


async def test_a_second_and_a_third_time_work_like_the_first(desk: Bench) -> None:
    tickets = []
    for agent in (MARCO, NINA, MARCO):
        handoff_id = await waiting(desk)
        await desk.middleware.desk_line.claim(handoff_id, agent)
        assert not await say(desk, f"hello {agent.name}")
        ended = await desk.middleware.desk_line.hand_back(handoff_id, agent)
        tickets.append(ended.ticket)
        desk.clock.advance(MINUTE)

    assert tickets == ["T-1077", "T-1078", "T-1079"]
    assert len([job for job in desk.rows(store.jobs) if job["kind"] == "resume"]) == 3


async def test_what_has_ended_can_not_be_claimed_or_written_in(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    line = desk.middleware.desk_line
    await line.claim(handoff_id, MARCO)
    await line.close(handoff_id, MARCO, "done")

    for attempt in (line.claim(handoff_id, NINA), line.write(handoff_id, MARCO, "hi", "w")):
        with pytest.raises(Conflict):
            await attempt


# Gone


async def test_an_agent_who_is_gone_gives_it_back_to_the_line(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)
    await say(desk, "are you there?")
    desk.clock.advance(4 * MINUTE)
    await desk.middleware.jobs.run_due()
    assert row(desk, handoff_id)["state"] == WITH_AGENT

    desk.clock.advance(MINUTE)
    await desk.middleware.jobs.run_due()

    assert row(desk, handoff_id)["state"] == WAITING
    assert (await transcript(desk))[-1].startswith("bot: Marco had to leave, and you're in line again")
    assert await say(desk, "oh")


async def test_an_agent_who_was_seen_meanwhile_keeps_it(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)

    for _ in range(30):
        desk.clock.advance(MINUTE)
        await desk.middleware.desk_line.seen(handoff_id, MARCO)
        await desk.middleware.jobs.run_due()
    assert row(desk, handoff_id)["state"] == WITH_AGENT

    desk.clock.advance(5 * MINUTE)
    await desk.middleware.jobs.run_due()
    assert row(desk, handoff_id)["state"] == WAITING


async def test_an_agent_who_writes_is_there(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)
    desk.clock.advance(4 * MINUTE)
    await desk.middleware.desk_line.write(handoff_id, MARCO, "one moment", "write-1")

    desk.clock.advance(4 * MINUTE)
    await desk.middleware.jobs.run_due()

    assert row(desk, handoff_id)["state"] == WITH_AGENT


async def test_being_seen_in_anothers_conversation_keeps_nobody_elses(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)
    desk.clock.advance(5 * MINUTE)

    await desk.middleware.desk_line.seen(handoff_id, NINA)
    await desk.middleware.jobs.run_due()

    assert row(desk, handoff_id)["state"] == WAITING


async def test_an_earlier_claim_is_not_looked_after_in_a_later_one(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    line = desk.middleware.desk_line
    await line.claim(handoff_id, MARCO)
    desk.clock.advance(4 * MINUTE)
    await line.put_back(handoff_id, MARCO)
    await line.claim(handoff_id, NINA)

    desk.clock.advance(4 * MINUTE)  # eight after the first claim, four after the second
    await desk.middleware.jobs.run_due()
    assert row(desk, handoff_id)["agent_id"] == NINA.id
    assert row(desk, handoff_id)["state"] == WITH_AGENT

    desk.clock.advance(MINUTE)
    await desk.middleware.jobs.run_due()
    assert row(desk, handoff_id)["state"] == WAITING


async def test_whoever_is_gone_can_not_write_any_more_and_may_claim_it_again(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    line = desk.middleware.desk_line
    await line.claim(handoff_id, MARCO)
    desk.clock.advance(5 * MINUTE)
    await desk.middleware.jobs.run_due()

    with pytest.raises(Conflict):
        await line.write(handoff_id, MARCO, "sorry", "write-1")
    assert (await line.claim(handoff_id, MARCO)).state == WITH_AGENT


async def test_a_look_that_is_run_again_is_no_second_one(desk: Bench) -> None:
    handoff_id = await waiting(desk)
    await desk.middleware.desk_line.claim(handoff_id, MARCO)
    desk.clock.advance(3 * MINUTE)
    await desk.middleware.desk_line.seen(handoff_id, MARCO)
    [look] = [job for job in desk.rows(store.jobs) if job["kind"] == "agent_away"]
    job = Job(id=look["id"], kind=look["kind"], line=look["line"], payload=look["payload"], attempts=1)

    for _ in range(3):  # its worker is killed before it can say that it is done
        await desk.middleware.desk_line.look_after(job)

    assert len([job for job in desk.rows(store.jobs) if job["kind"] == "agent_away"]) == 2


# The line


async def test_the_line_is_urgent_first_then_by_time_then_what_was_left_then_what_agents_have(desk: Bench) -> None:
    ids = {}
    for name, plea in (
        ("taken", ASKED),
        ("first", ASKED),
        ("second", ASKED),
        ("urgent", Plea(reason=Reason.RULE, is_urgent=True)),
    ):
        ids[await waiting(desk, f"rest:{name}", plea)] = name
        desk.clock.advance(MINUTE)
    desk.clock.now = SATURDAY
    ids[await waiting(desk, "rest:left")] = "left"
    await desk.middleware.desk_line.claim(next(iter(ids)), MARCO)

    line = await desk.middleware.desk_line.line()

    assert [ids[one.id] for one in line] == ["urgent", "first", "second", "left", "taken"]
