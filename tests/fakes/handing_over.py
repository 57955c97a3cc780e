"""What tests of hand-overs share: agents, and customers who ask for a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from middleware.database import open_engine
from middleware.handoff_records import Agent, Plea, Reason, Standing, Understood
from middleware.identity import Proof
from middleware.store import agents
from tests.fakes.building import KNOWN, NOW, Bench

MARCO = Agent(id="marco", name="Marco")
NINA = Agent(id="nina", name="Nina")

ASKED = Plea(reason=Reason.ASKED)


def hire(url: str, *people: Agent) -> None:
    """Gives agents an account at the desk."""
    engine = open_engine(url)
    rows = [{"id": one.id, "name": one.name, "is_active": True, "created_at": NOW} for one in people]
    with engine.begin() as connection:
        connection.execute(agents.insert(), rows)
    engine.dispose()


@asynccontextmanager
async def working(bench: Bench) -> AsyncIterator[None]:
    """Somebody does the jobs that are due in the block, and what they cause."""
    loop = asyncio.create_task(bench.middleware.jobs.run())
    try:
        yield
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def ask(
    bench: Bench,
    plea: Plea = ASKED,
    proof: Proof = KNOWN,
    conversation: str = "rest:one",
    text: str = "I want to talk to a person",
) -> Standing:
    """A customer asks for a person in a turn of their own, and the bot answers."""
    turn = await bench.open_turn(proof, text, conversation)
    who = await bench.middleware.identity.who(conversation, turn.id)
    standing = await bench.middleware.handoffs.request(who, plea)
    await bench.middleware.messages.close_turn(turn, [{"text": f"Of course. {standing.handoff.ticket or 'Soon'}."}])
    return standing


async def say(bench: Bench, text: str, conversation: str = "rest:one", proof: Proof = KNOWN) -> bool:
    """A customer writes something, which the bot answers if it has the conversation; says whether it has."""
    turn = await bench.open_turn(proof, text, conversation)
    if turn.is_for_agent:
        return False
    await bench.middleware.messages.close_turn(turn, [{"text": "I'm here."}])
    return True


async def transcript(bench: Bench, conversation: str = "rest:one") -> list[str]:
    """Everything that was said, as `author: text`, in order."""
    said = await bench.middleware.history.transcript(conversation)
    assert [one.sequence for one in said] == list(range(1, len(said) + 1))
    return [f"{one.author}: {one.reply['text']}" for one in said]


def understood(text: str, intent: str, **entities: str) -> Understood:
    """A message that was understood as something."""
    return Understood(text=text, intent=intent, confidence=0.9, entities=entities, action="action_something")


def plea(*messages: Understood, **fields: Any) -> Plea:
    """A wish for a person after some messages."""
    return Plea(**({"reason": Reason.ASKED, "understood": messages} | fields))
