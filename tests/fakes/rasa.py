"""Rasa as a channel knows it: an agent that says responses by their names, and a handler of messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.shared.core.trackers import DialogueStateTracker

Say = Callable[[UserMessage], Awaitable[list[dict[str, Any]]]]


def spoken(response: str, channel: str, fills: dict[str, str]) -> str:
    """The words of a response."""
    return f"<{response} on {channel} for {fills['company']}>"


def by_the_channel(response: str) -> dict[str, Any]:
    """What the channel itself says."""
    text = spoken(response, "rest", {"company": "Fernhill Outfitters"})
    return {"text": text, "response": response, "sources": {"company": "settings.company.name"}}


class FakeAgent:
    """Rasa's agent, as far as a channel knows it: its words are the responses' names, and what fills them.

    Attributes:
        remembered: What Rasa has written down of conversations.
    """

    def __init__(self) -> None:
        self.processor = self
        self.nlg = self
        self.tracker_store = self
        self.remembered: dict[str, DialogueStateTracker] = {}

    async def retrieve(self, conversation_id: str) -> DialogueStateTracker | None:
        """Reads a conversation."""
        return self.remembered.get(conversation_id)

    async def generate(self, response: str, tracker: Any, channel: str, **fills: str) -> dict[str, Any]:
        """Says a response."""
        return {"text": spoken(response, channel, fills)}

    def is_ready(self) -> bool:
        """Whether it can answer."""
        return True


class FakeRasa:
    """Rasa's handler of messages.

    Args:
        say: Makes the replies to a message.

    Attributes:
        heard: The messages, in the order in which they were handled.
        most_at_once: How many messages were under way at once, at most.
    """

    def __init__(self, say: Say | None = None) -> None:
        self._say = say or echo
        self.heard: list[UserMessage] = []
        self.under_way: set[str] = set()
        self.most_at_once = 0

    async def __call__(self, message: UserMessage) -> None:
        """Handles a message."""
        self.heard.append(message)
        assert message.sender_id not in self.under_way, "two messages of one conversation at once"
        self.under_way.add(message.sender_id)
        self.most_at_once = max(self.most_at_once, len(self.under_way))
        try:
            for reply in await self._say(message):
                assert message.output_channel is not None
                await message.output_channel.send_response(message.sender_id, reply)
        finally:
            self.under_way.discard(message.sender_id)

    @property
    def texts(self) -> list[str | None]:
        """What was heard."""
        return [message.text for message in self.heard]


async def echo(message: UserMessage) -> list[dict[str, Any]]:
    """Takes a moment, and says what was said."""
    for _ in range(3):
        await asyncio.sleep(0)
    return [{"text": f"you said {message.text}"}]


async def fail(message: UserMessage) -> list[dict[str, Any]]:
    """Fails as Rasa may."""
    raise RuntimeError("the lock is gone")


async def silent(message: UserMessage) -> list[dict[str, Any]]:
    """Says nothing."""
    return []
