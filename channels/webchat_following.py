"""Gives one browser everything of one conversation, in order and without gaps, and tells whose it is meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from channels.arrivals import MOST_MESSAGES, Arrivals, Followed, rings
from channels.showing import Showing
from middleware.errors import FrontdeskError
from middleware.history import CUSTOMER, History, Message
from middleware.identity import Proof
from middleware.ownership import Owner

log = logging.getLogger(__name__)

LONGEST_HISTORY = 200  # messages
PAUSE_SECONDS = 1.0
LONGEST_SLEEP_SECONDS = 3600.0

Emit = Callable[[str, Any], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """Who is at the other end of a socket, for as long as it is open.

    Attributes:
        proof: What the host site's token claims.
        expires_at: Until when that token is good, in seconds of Unix's time; None if there is none.
    """

    conversation_id: str
    proof: Proof
    expires_at: int | None = None


class Following:
    """What one socket is given.

    Args:
        emit: Sends an event to it.
        after: The sequence of the last message that it has; None for clients that know of no history.
        good_for: Seconds after which the session ends; None: never.
    """

    def __init__(
        self,
        history: History,
        arrivals: Arrivals,
        showing: Showing,
        emit: Emit,
        session: Session,
        after: int | None,
        good_for: float | None,
    ) -> None:
        self._history = history
        self._arrivals = arrivals
        self._showing = showing
        self._emit = emit
        self._conversation_id = session.conversation_id
        self._after = after
        self._good_for = good_for
        self._place: int | None = None
        self._owner: Owner | None = None
        self._thinks = False
        self._is_up_to_date = False

    async def run(self) -> bool:
        """Gives what there is, and what comes, until the session or the server ends.

        Returns:
            Whether the session has ended.
        """
        clock = asyncio.get_running_loop().time
        end = clock() + self._good_for if self._good_for is not None else float("inf")
        with self._arrivals.follow(self._conversation_id) as (followed, bell):
            while not self._arrivals.has_ended:
                if clock() >= end:
                    return True
                bell.clear()  # before the look, so that what comes during it isn't missed
                try:
                    await self._give(followed)
                except FrontdeskError as error:
                    log.warning("a conversation could not be read: %s %r", error.system, error)
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                await rings(bell, min(end - clock(), followed.thinks_for or LONGEST_SLEEP_SECONDS))
        return False

    async def _give(self, followed: Followed) -> None:
        """Gives what is new; then whose the conversation is, and whether the bot thinks, if that is new."""
        if self._place is None:
            self._place = await self._beginning()
        self._place = await self._give_messages(self._place)
        owner = await self._history.owner(self._conversation_id)
        if not self._is_up_to_date:
            self._is_up_to_date = True
            await self._emit("history_end", {"sequence": self._place})
        if owner != self._owner:
            self._owner = owner
            await self._emit("standing", {"owner": owner.name} | ({"agent": owner.agent} if owner.agent else {}))
        thinks = followed.thinks_for > 0
        if thinks != self._thinks:
            self._thinks = thinks
            await self._emit("bot_typing", {"on": thinks})

    async def _beginning(self) -> int:
        """The place from which the client lacks messages; of a long history it is given the end."""
        reached = await self._history.last_sequences([self._conversation_id])
        last = reached.get(self._conversation_id, 0)
        if self._after is None:
            return last
        known = self._after if self._after <= last else 0  # else it has another conversation in mind
        return max(known, last - LONGEST_HISTORY)

    async def _give_messages(self, place: int) -> int:
        while True:
            found = await self._history.transcript(self._conversation_id, place, MOST_MESSAGES)
            for message in found:
                await self._emit(*self._told(message))
                place = self._place = message.sequence
            if len(found) < MOST_MESSAGES:
                return place

    def _told(self, message: Message) -> tuple[str, dict[str, Any]]:
        """A message as an event."""
        told = self._showing.listed(message, self._conversation_id)
        if message.author == CUSTOMER:
            del told["author"]
            return "customer_uttered", told | {"message_id": message.external_id}
        if "attachment" in told:
            told["attachment_name"] = message.reply["attachment"]["name"]
        if "buttons" in told:
            told["quick_replies"] = [{"content_type": "text", **button} for button in told["buttons"]]
        return "bot_uttered", told
