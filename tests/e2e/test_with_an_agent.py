"""The REST channel around agents: what they write is fetched, and after them the server itself lets the bot speak."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from rasa.core.channels.channel import UserMessage

from channels.serving import READY_LOOK_SECONDS
from middleware import store
from middleware.handoff_records import Agent, Plea, Reason
from middleware.identity import Who
from tests.fakes.building import NOW
from tests.fakes.channel import Answer, Channel
from tests.fakes.rasa import FakeAgent

Serve = Callable[..., AbstractAsyncContextManager[Channel]]

MARCO = Agent(id="marco", name="Marco")
SECONDS = 30.0  # on a busy machine


async def claimed(channel: Channel, subject: str = "one") -> str:
    """A hand-over that Marco has; its id."""
    middleware, conversation = channel.desk.middleware, f"rest:{subject}"
    await channel.post(subject, "a person please")
    turn = await channel.desk.open_turn(conversation=conversation)
    who = await middleware.identity.who(conversation, turn.id)
    middleware.handoffs._patience = 0.0
    standing = await middleware.handoffs.request(who, Plea(reason=Reason.ASKED))
    row = {"id": MARCO.id, "name": MARCO.name, "is_active": True, "created_at": NOW}
    await middleware.store.write(lambda connection: store.insert_once(connection, store.agents, row))
    await middleware.desk_line.claim(standing.handoff.id, MARCO)
    return standing.handoff.id


async def fetched(channel: Channel, text: str, subject: str = "one") -> list[dict[str, Any]]:
    """What was written to the customer, once a text is among it."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        answer: Answer = await channel.messages(subject)
        if text in answer.texts:
            return list(answer.body)
        await asyncio.sleep(0.05)
    raise AssertionError(f"{text!r} didn't come")


async def resumed(channel: Channel) -> dict[str, str]:
    """How the other jobs stand, once that which lets the bot speak is done."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        states = {row["kind"]: row["state"] for row in channel.desk.rows(store.jobs)}
        if states.pop("resume") == "done":
            return states
        await asyncio.sleep(0.05)
    raise AssertionError("it isn't done")


async def back(message: UserMessage) -> list[dict[str, Any]]:
    """Says what Rasa would."""
    return [{"text": f"I heard {message.text}"}]


async def test_with_an_agent_a_message_is_taken_and_answered_with_nothing(serve: Serve) -> None:
    async with serve() as channel:
        await claimed(channel)

        answer = await channel.post("one", "are you there?")

        assert (answer.status, answer.body) == (200, [])
        assert channel.rasa.texts == ["a person please"]


async def test_what_an_agent_writes_is_fetched_with_their_name_and_the_documents_link(serve: Serve) -> None:
    async with serve() as channel:
        handoff = await claimed(channel)
        who = Who(conversation_id="rest:one", channel="rest", correlation_id="t1")
        document = await channel.desk.middleware.documents.keep(who, "handoff", handoff, "plan.pdf", b"%PDF-1.4")

        await channel.desk.middleware.desk_line.write(handoff, MARCO, "Here is the plan.", "w1", document)

        [message] = [one for one in await fetched(channel, "Here is the plan.") if one["author"] == "agent"]
        assert message["agent"] == "Marco"
        assert message["attachment"].endswith("/plan.pdf")
        assert set(message) == {"sequence", "author", "at", "text", "agent", "attachment"}


async def test_handed_back_the_server_lets_the_bot_speak(serve: Serve) -> None:
    async with serve(say=back) as channel:
        handoff = await claimed(channel)

        await channel.desk.middleware.desk_line.hand_back(handoff, MARCO)

        said = await fetched(channel, "I heard /Handed_Back")
        assert [one["author"] for one in said].count("agent") == 0
        assert channel.rasa.texts == ["a person please", "/Handed_Back"]


async def test_the_server_does_no_other_jobs(serve: Serve) -> None:
    async with serve(say=back) as channel:
        handoff = await claimed(channel)
        await channel.desk.middleware.desk_line.hand_back(handoff, MARCO)
        await fetched(channel, "I heard /Handed_Back")

        states = await resumed(channel)

        assert set(states.values()) == {"waiting"}


async def test_without_a_model_it_waits(serve: Serve, monkeypatch: Any) -> None:
    ready = False
    monkeypatch.setattr(FakeAgent, "is_ready", lambda _self: ready)
    async with serve(say=back) as channel:
        row = {"id": "rest:one", "channel": "rest", "created_at": NOW}
        write = channel.desk.middleware.store.write
        await write(lambda connection: store.insert_once(connection, store.conversations, row))
        payload = {"conversation": "rest:one", "channel": "rest"}
        job = {"id": "resume:1", "kind": "resume", "line": "x", "payload": payload, "state": "waiting"}
        await write(
            lambda connection: store.insert_once(connection, store.jobs, job | {"run_at": NOW, "created_at": NOW})
        )
        await asyncio.sleep(3 * READY_LOOK_SECONDS)
        assert channel.rasa.texts == []

        ready = True

        await fetched(channel, "I heard /Handed_Back")
