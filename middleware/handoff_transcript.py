"""The transcript of a conversation on its hand-over's ticket: complete to the last message, and kept up to date.

Whatever is stored in a conversation whose hand-over is open, or has just ended, is followed by a job that writes the
whole transcript anew, a few seconds later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from textwrap import indent
from typing import Any

import sqlalchemy as sa
from babel.dates import format_date, format_time
from sqlalchemy.engine import Connection

from middleware import jobs
from middleware.clock import Clock
from middleware.gateway import Gateway
from middleware.handoff_account import from_json
from middleware.handoff_records import Handoff
from middleware.handoff_rows import record, row_of
from middleware.history import AGENT, BOT, CUSTOMER, History, Message
from middleware.identity import Who
from middleware.jobs import Job
from middleware.messages import Stored
from middleware.opening_words import zone_name
from middleware.ownership import OPEN
from middleware.settings import Operation, Settings
from middleware.store import Store, handoffs

TRANSCRIPT = "transcript"
PAUSE = timedelta(seconds=3)  # for more to come
AFTERWARDS = timedelta(minutes=10)  # that long what is said after a hand-over belongs to it
INDENT = " " * 7  # as wide as a time with what follows it


def transcript_later(connection: Connection, handoff_id: str, clock: Clock) -> None:
    """Has a transcript written anew after whatever this transaction stores."""
    now = clock()
    jobs.add_unless_waiting(
        connection,
        TRANSCRIPT,
        {"handoff": handoff_id},
        line=f"{TRANSCRIPT}:{handoff_id}",
        now=now,
        run_at=now + PAUSE,
    )


# Made once: it is asked whenever something is stored.
_NEWEST = (
    sa.select(handoffs.c.id, handoffs.c.state, handoffs.c.ended_at)
    .where(handoffs.c.conversation_id == sa.bindparam("mine"))
    .order_by(handoffs.c.requested_at.desc(), handoffs.c.id)
    .limit(1)
)


def follows(clock: Clock) -> Stored:
    """Hears of messages, and has the transcript of their conversation's newest hand-over written anew."""

    def stored(connection: Connection, conversation_id: str) -> None:
        row = connection.execute(_NEWEST, {"mine": conversation_id}).first()
        if row is not None and (row.state in OPEN or row.ended_at > clock() - AFTERWARDS):
            transcript_later(connection, row.id, clock)

    return stored


class Transcripts:
    """Keeps transcripts on tickets."""

    def __init__(self, gateway: Gateway, store: Store, history: History, settings: Settings) -> None:
        self._crm = gateway.crm
        self._store = store
        self._history = history
        self._settings = settings

    async def keep(self, job: Job) -> None:
        """Puts the whole transcript on the ticket; without a ticket nothing is done, for the ticket asks for it.

        Raises:
            NotFound: The ticket is gone.
            Unavailable, Unknown: It is to be tried again.
        """
        handoff_id = job.payload["handoff"]
        handoff = await self._store.read(lambda connection: record(row_of(connection, handoff_id)))
        number = handoff.ticket
        if number is None:
            return
        transcript = written(handoff, await self._history.transcript(handoff.conversation_id), self._settings)
        who = Who(conversation_id=handoff.conversation_id, channel="", correlation_id=job.id)
        await self._crm.settle(who, Operation.HANDOFF, number, lambda crm: crm.keep_transcript(number, transcript))


def written(handoff: Handoff, messages: Sequence[Message], settings: Settings) -> str:
    """A conversation as plain text: who said what, and when, in the company's time."""
    name = (from_json(handoff.account).name if handoff.account else "") or "Customer"
    zone, locale = settings.zone, settings.company.locale
    lines = [f"{settings.company.name}, {handoff.channel}. All times: {zone_name(zone, locale)}."]
    if handoff.reach:  # it may have been said after the ticket was opened
        lines.append(f"Where they want to be reached: {' '.join(handoff.reach.split())}")
    day = None
    titles: dict[str, str] = {}
    for one in messages:
        at = one.at.astimezone(zone)
        if at.date() != day:
            day = at.date()
            lines += ["", format_date(day, "full", locale=locale), ""]
        speaker = {CUSTOMER: name, BOT: "Assistant", AGENT: f"{one.reply.get('agent', '')} (agent)"}[one.author]
        said = _said(one.reply, titles if one.author == CUSTOMER else {})
        lines.append(f"{format_time(at, 'HH:mm', locale=locale)}  {indent(f'{speaker}: {said}', INDENT).lstrip()}")
        titles |= {button["payload"]: button["title"] for button in one.reply.get("buttons") or ()}
    return "\n".join(lines) + "\n"


def _said(reply: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """The text of a message, with what goes with it.

    Args:
        titles: Of the buttons that were there to press, by what pressing them sends.
    """
    text = reply.get("text") or ""
    parts = [f"[pressed: {titles[text]}]" if text in titles else "\n".join(text.splitlines())]
    if reply.get("buttons"):
        parts.append(f"[buttons: {' | '.join(button['title'] for button in reply['buttons'])}]")
    if reply.get("attachment"):
        parts.append(f"[document: {reply['attachment'].get('name', '')}]")
    return "\n".join(part for part in parts if part)
