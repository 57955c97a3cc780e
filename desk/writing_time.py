"""Whether a customer can be written to now, in the words of the people who write to them."""

from __future__ import annotations

from dataclasses import dataclass

from desk.desk import Desk
from desk.showing import UNKNOWN, customer_of
from middleware.handoff_records import Handoff
from middleware.writing_window import Window


@dataclass(frozen=True, kw_only=True, slots=True)
class WritingTime:
    """Whether a customer can be written to.

    Attributes:
        words: The same in a sentence; empty where there is nothing to say about it.
    """

    is_closed: bool = False
    words: str = ""


async def writing_time(desk: Desk, handoff: Handoff) -> WritingTime:
    """Tells whether the customer of a hand-over can be written to now.

    Raises:
        Unavailable: The store can't be reached.
    """
    window = await desk.middleware.outbox.window(handoff.conversation_id)
    if window is None:
        return WritingTime()
    is_closed = not window.is_open and not window.asks_first
    return WritingTime(is_closed=is_closed, words=_words(desk, window, _name(handoff)))


def _words(desk: Desk, window: Window, name: str) -> str:
    hours = desk.middleware.settings.whatsapp.window_hours
    if window.is_open and window.until:
        return f"{name} can be written to until {desk.pages.moment(window.until)}."
    if window.last is None:
        since = f"{name} hasn't written yet, and WhatsApp lets nobody write to a customer first."
    else:
        since = f"{name} wrote last on {desk.pages.day_and_time(window.last)}, and WhatsApp lets nobody write to a "
        since += f"customer more than {hours} hours after that."
    if window.asks_first:
        return f"{since} They are asked to write first, and what you write goes out as soon as they do."
    return f"Nothing can be sent now. {since} As soon as they write, you can answer."


def _name(handoff: Handoff) -> str:
    name = customer_of(handoff)
    return "The customer" if name == UNKNOWN else name
