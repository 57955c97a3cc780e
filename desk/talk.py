"""A conversation's messages on an open page: each told once, and again whenever it is shown differently."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from sse_starlette import ServerSentEvent

from desk.desk import Desk
from desk.showing import Said, fates, shown
from middleware.handoff_records import Handoff
from middleware.outbox import is_pushed

MAY_DIFFER = 30  # of the last messages that a page has when it begins to follow: so many may have changed meanwhile


class Talk:
    """What a page has of a conversation.

    Args:
        reached: The sequence of the last message that it has.
    """

    def __init__(self, desk: Desk, reached: int) -> None:
        self._desk = desk
        self._reached = reached
        self._had: dict[int, Said] = {}

    async def news(self, handoff: Handoff) -> AsyncIterator[ServerSentEvent]:
        """What the page doesn't have, or has otherwise.

        Raises:
            Unavailable: The store can't be reached.
        """
        told = await said_in(self._desk, handoff)
        if not self._had:
            self._had = {one.sequence: one for one in told if one.sequence <= self._reached}
            if is_pushed(handoff.conversation_id):
                self._had = dict(list(self._had.items())[:-MAY_DIFFER])
        for said in told:
            if self._had.get(said.sequence) == said:
                continue
            self._had[said.sequence] = said
            self._reached = max(self._reached, said.sequence)
            message = self._desk.pages.message(said, handoff.id)
            yield ServerSentEvent(event="message", id=str(self._reached), data=str(message))


async def said_in(desk: Desk, handoff: Handoff) -> Sequence[Said]:
    """A conversation's messages with what became of them.

    Raises:
        Unavailable: The store can't be reached.
    """
    conversation_id, middleware = handoff.conversation_id, desk.middleware
    transcript = await middleware.history.transcript(conversation_id)
    if not is_pushed(conversation_id):
        return list(shown(transcript, handoff))
    troubles = await middleware.outbox.trouble(conversation_id)
    receipts = await middleware.outbox.receipts(conversation_id)
    return list(shown(transcript, handoff, fates(troubles, receipts)))
