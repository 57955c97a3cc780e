"""What the channel does around agents: it is silent while one has the conversation, and lets the bot speak after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from channels.arrivals import Arrivals
from channels.turns import Turns
from middleware import store
from middleware.desk_line import RESUME
from middleware.errors import Unavailable
from middleware.handoff_records import Agent, Plea, Reason
from middleware.jobs import Job
from tests.fakes.building import NOW, Bench
from tests.fakes.rasa import FakeAgent, FakeRasa, silent
from tests.unit.test_turns import incoming, introduced, take

MakeBench = Callable[..., Bench]

MARCO = Agent(id="marco", name="Marco")


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench(handoff=0.1)


@pytest.fixture
def turns(desk: Bench) -> Turns:
    return Turns(desk.middleware, Arrivals(desk.middleware.history))


async def talk(desk: Bench, turns: Turns) -> str:
    """Has Marco claim a conversation in which the bot has spoken, and gives the hand-over's id."""
    if not texts(desk, "bot"):
        await introduced(turns)
    turn = await desk.open_turn()
    who = await desk.middleware.identity.who("rest:one", turn.id)
    standing = await desk.middleware.handoffs.request(who, Plea(reason=Reason.ASKED))
    row = {"id": MARCO.id, "name": MARCO.name, "is_active": True, "created_at": NOW}
    await desk.middleware.store.write(lambda connection: store.insert_once(connection, store.agents, row))
    await desk.middleware.desk_line.claim(standing.handoff.id, MARCO)
    return standing.handoff.id


def resume(desk: Bench) -> Job:
    """The job that the hand-back has stored."""
    [row] = [one for one in desk.rows(store.jobs) if one["kind"] == RESUME]
    return Job(id=row["id"], kind=RESUME, line=row["line"], payload=row["payload"], attempts=1)


def texts(desk: Bench, author: str) -> list[str]:
    rows = sorted(desk.rows(store.messages), key=lambda row: row["sequence"])
    return [row["payload"]["text"] for row in rows if row["author"] == author]


async def back(message: UserMessage) -> list[dict[str, Any]]:
    """Says what Rasa would."""
    return [{"text": f"I heard {message.text}"}]


AGENT: Any = FakeAgent()


async def test_with_an_agent_rasa_hears_nothing_and_nothing_is_answered(desk: Bench, turns: Turns) -> None:
    await talk(desk, turns)
    rasa = FakeRasa()

    assert await take(turns, rasa, incoming("are you there?")) == []

    assert rasa.heard == []
    assert texts(desk, "customer")[-1] == "are you there?"


async def test_handed_back_the_bot_speaks_once(desk: Bench, turns: Turns) -> None:
    handoff = await talk(desk, turns)
    await desk.middleware.desk_line.hand_back(handoff, MARCO)
    job, rasa = resume(desk), FakeRasa(back)

    await turns.resume(job, AGENT, rasa)
    await turns.resume(job, AGENT, rasa)

    assert [message.text for message in rasa.heard] == ["/Handed_Back"] * 2
    assert rasa.heard[0].metadata == {"turn": job.id}
    assert texts(desk, "bot").count("I heard /Handed_Back") == 1


async def test_after_an_answer_on_a_ticket_the_bot_hears_on_which(desk: Bench, turns: Turns) -> None:
    handoff = await talk(desk, turns)
    await desk.middleware.desk_line.hand_back(handoff, MARCO)
    job, rasa = resume(desk), FakeRasa(back)
    job.payload["answered"] = "T-7"

    await turns.resume(job, AGENT, rasa)

    assert rasa.heard[0].metadata == {"turn": job.id, "answered": "T-7"}


async def test_it_waits_for_the_message_that_is_under_way(desk: Bench, turns: Turns) -> None:
    handoff = await talk(desk, turns)
    await desk.middleware.desk_line.hand_back(handoff, MARCO)
    rasa = FakeRasa(back)

    async with turns._line("rest:one"):
        waiting = asyncio.ensure_future(turns.resume(resume(desk), AGENT, rasa))
        await asyncio.sleep(0.1)
        assert rasa.heard == []
    await waiting

    assert [message.text for message in rasa.heard] == ["/Handed_Back"]


async def test_a_bot_that_says_nothing_is_tried_again(desk: Bench, turns: Turns) -> None:
    handoff = await talk(desk, turns)
    await desk.middleware.desk_line.hand_back(handoff, MARCO)

    with pytest.raises(Unavailable):
        await turns.resume(resume(desk), AGENT, FakeRasa(silent))


async def test_whoever_is_with_an_agent_again_hears_no_bot(desk: Bench, turns: Turns) -> None:
    handoff = await talk(desk, turns)
    await desk.middleware.desk_line.hand_back(handoff, MARCO)
    job = resume(desk)
    await talk(desk, turns)
    rasa = FakeRasa(back)

    await turns.resume(job, AGENT, rasa)

    assert rasa.heard == []


async def test_a_server_that_stops_leaves_it_to_the_next(desk: Bench, turns: Turns) -> None:
    handoff = await talk(desk, turns)
    await desk.middleware.desk_line.hand_back(handoff, MARCO)
    await turns.finish(0.1)

    with pytest.raises(Unavailable):
        await turns.resume(resume(desk), AGENT, FakeRasa(back))


@pytest.mark.parametrize("typed", ["/Handed_Back", "//Handed_Back", " / /Handed_Back", '/Handed_Back{"a": 1}'])
async def test_nobody_can_type_it(desk: Bench, turns: Turns, typed: str) -> None:
    rasa = FakeRasa()

    await take(turns, rasa, incoming(typed))

    assert not (rasa.texts[-1] or "/").startswith("/")


# What stands on a button

MENU = {"text": "This?", "buttons": [{"title": "Yes, cancel it", "payload": "/Affirm"}]}


async def menu(message: UserMessage) -> list[dict[str, Any]]:
    """Offers a button."""
    return [MENU]


@pytest.mark.parametrize("sent", ["/Affirm", "yes, cancel it"])
async def test_people_read_what_stood_on_the_button(desk: Bench, turns: Turns, sent: str) -> None:
    rasa = FakeRasa(menu)
    await take(turns, rasa, incoming("cancel it"))

    await take(turns, rasa, incoming(sent))

    assert rasa.texts[-1] == "/Affirm"
    transcript = await desk.middleware.history.transcript("rest:one")
    said = [one.reply["text"] for one in transcript if one.author == "customer"]
    assert said[-1].casefold() == "yes, cancel it"


async def test_an_agent_reads_the_customers_own_words(desk: Bench, turns: Turns) -> None:
    await take(turns, FakeRasa(menu), incoming("cancel it"))
    await talk(desk, turns)

    await take(turns, FakeRasa(), incoming("Yes, CANCEL it"))

    assert texts(desk, "customer")[-1] == "Yes, CANCEL it"


async def test_what_the_channel_says_itself_has_its_buttons(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    async def generate(*_: Any, **__: Any) -> dict[str, Any]:
        return MENU

    monkeypatch.setattr(FakeAgent, "generate", generate)

    said = await turns.spoken("utter_broken_off", "rest", AGENT)

    assert said["buttons"] == MENU["buttons"]
