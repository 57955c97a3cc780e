"""Takes messages that are stored first and answered later; a flood is told so once, and the rest of it dropped."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from channels.limits import Limits, TooFast, TooMany
from middleware import metrics
from middleware.bootstrap import Middleware
from middleware.history import SPOKEN
from middleware.identity import Withdrawal
from middleware.messages import Received

log = logging.getLogger(__name__)

TOO_FAST = "utter_too_fast"


class Intake:
    """The way in for channels that acknowledge a message before it is answered.

    Args:
        limits: How much one sender may write.
    """

    def __init__(self, middleware: Middleware, limits: Limits) -> None:
        self._messages = middleware.messages
        self._history = middleware.history
        self._inbox = middleware.inbox
        self._limits = limits

    async def take(self, received: Sequence[Received], withdrawn: Sequence[Withdrawal] = ()) -> None:
        """Stores messages, and what the same request says isn't proven any more; then they may be acknowledged.

        Raises:
            Unavailable: Nothing was stored.
        """
        new = await self._messages.unknown(received) if received else ()
        admitted = [one for message in new if (one := await self._admitted(message))]
        if len(admitted) < len(new):
            log.warning("of a flood, %d of %d messages were dropped", len(new) - len(admitted), len(new))
        await self._inbox.take(admitted, withdrawn)

    async def _admitted(self, received: Received) -> Received | None:
        """A message as it is to be stored; None if it is dropped, as nothing is that an agent reads, and no edit."""
        if received.replaces:
            return received
        try:
            self._limits.take_message(received.conversation_id)
            return received
        except TooMany as refusal:
            if await self._history.is_with_agent(received.conversation_id):
                return received
            if isinstance(refusal, TooFast):
                return replace(received, reply={**received.reply, SPOKEN: TOO_FAST}, needs_answer=True)
        metrics.dropped(received.channel)
        return None
