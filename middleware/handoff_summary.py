"""What was wanted, what was tried, and what failed: plain sentences for the company's people.

Nothing is told that wasn't written down as it happened. A change of which nobody knows what became comes first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel.dates import format_datetime
from sqlalchemy.engine import Connection, Row

from middleware import handoff_words
from middleware.effects import DONE, PROPOSED, REFUSED, STARTED, UNKNOWN
from middleware.handoff_records import Plea, Understood
from middleware.settings import Operation
from middleware.store import audit, operations

LOOK_BACK = timedelta(days=1)
IN_DOUBT_LOOK_BACK = timedelta(days=30)  # what nobody knows about stays a worry for longer
MOST = 20  # sentences of a kind
LONGEST_QUOTE = 200  # characters

# Never asked for by the customer.
BESIDE = {
    one.value
    for one in (
        Operation.IDENTIFICATION,
        Operation.GREETING,
        Operation.ACCOUNT_CHOICE,
        Operation.HANDOFF,
        Operation.HANDOFF_ACCOUNT,
        Operation.TICKET_ANSWERS,
    )
}
# What is read first, by what it is about: where nothing was offered then, it was too late for it, say.
LOOKED_INTO = (Operation.ORDER_CANCEL, Operation.ORDER_CHANGE, Operation.RETURN_CREATE)
NOT_BEGUN = ("Unavailable", "Malformed", "fault", "NotAllowed")  # of a change, what no change tells of itself
BROKEN = (
    "Unavailable",
    "Unknown",
    "Malformed",
    "fault",
)  # of what was asked of a system, the outcomes that are failures

Summary = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One thing that happened, as a sentence."""

    at: datetime
    sentence: str


class Summaries:
    """Puts together what the people should read first.

    Args:
        zone: The company's; `locale` as well.
    """

    def __init__(self, zone: ZoneInfo, locale: str) -> None:
        self._zone = zone
        self._locale = locale

    def of(self, connection: Connection, conversation_id: str, plea: Plea, now: datetime) -> Summary:
        """The summary of a conversation as it stands: `wanted`, `tried` and `failed`, each a list of sentences."""
        changes = _changes(connection, conversation_id, now)
        asked = _asked(connection, conversation_id, now - LOOK_BACK)
        doubtful = [row for row in changes if row.state in (STARTED, UNKNOWN)]
        in_doubt = [self._in_doubt(row, now) for row in doubtful]
        recent = [row for row in changes if row.proposed_at >= now - LOOK_BACK]
        done = [self._done(row, now) for row in recent if row.state == DONE]
        refused = [self._refused(row, now) for row in recent if row.state == REFUSED]
        worked, broken, denied = self._looked_up(asked, {_of_row(row) for row in changes}, now)
        tried = [*in_doubt, *done, *refused, *worked, *broken, *denied, *self._left_open(recent, now)]
        failed = _in_order([*refused, *broken])
        return {
            "wanted": _wanted(plea),
            "tried": [one.sentence for one in _in_order(tried)][-MOST:],
            "failed": [
                *(f"{self._in_doubt(row, now).sentence} {_to_check(row)}" for row in doubtful),
                *(one.sentence for one in failed[-MOST:]),
                *_not_understood(plea.understood),
            ],
        }

    def _when(self, at: datetime, now: datetime) -> str:
        """A time, with its day where that isn't the present one."""
        there, here = at.astimezone(self._zone), now.astimezone(self._zone)
        pattern = "HH:mm" if there.date() == here.date() else "d MMMM, HH:mm"
        return str(format_datetime(there, pattern, locale=self._locale))

    def _tell(self, at: datetime, now: datetime, what: str, outcome: str) -> Told:
        return Told(at=at, sentence=f"{self._when(at, now)}: {what}: {outcome}.")

    def _in_doubt(self, row: Row, now: datetime) -> Told:
        what = handoff_words.change_named(row.operation, row.parameters)
        outcome = f"in doubt, the answer of the {row.system.upper()} was lost, and nobody knows whether it was done"
        return self._tell(row.started_at or row.proposed_at, now, what, outcome)

    def _done(self, row: Row, now: datetime) -> Told:
        what = handoff_words.change_named(row.operation, row.parameters)
        reference = _reference(row)
        return self._tell(row.ended_at or row.proposed_at, now, what, f"done, {reference}" if reference else "done")

    def _refused(self, row: Row, now: datetime) -> Told:
        what = handoff_words.change_named(row.operation, row.parameters)
        return self._tell(row.ended_at or row.proposed_at, now, what, f"refused, {handoff_words.refusal(row.result)}")

    def _left_open(self, recent: Sequence[Row], now: datetime) -> list[Told]:
        """What was said back to the customer last, if there was no yes to it."""
        last = recent[-1] if recent else None
        if last is None or last.state != PROPOSED:
            return []
        what = handoff_words.change_named(last.operation, last.parameters)
        return [self._tell(last.proposed_at, now, what, "offered, nothing was done yet")]

    def _looked_up(
        self, asked: Sequence[Row], known: Collection[tuple[str, str]], now: datetime
    ) -> tuple[list[Told], list[Told], list[Told]]:
        """What was asked of the systems, beside the changes that are known by themselves: answered, broken, denied.

        What was answered in the end isn't told to be broken.

        Args:
            known: Those changes, by operation and what they change.
        """
        last = {(row.operation, row.object): row for row in asked if _tells_more(row, known)}
        answered: list[Told] = []
        broken: list[Told] = []
        denied: list[Told] = []
        for row in last.values():
            operation = Operation(row.operation)
            done = "looked into, nothing was done" if operation in LOOKED_INTO else "done"
            outcome = handoff_words.OUTCOMES.get(row.outcome, done).format(system=row.system.upper())
            told = self._tell(row.at, now, handoff_words.named(operation, row.object), outcome)
            (answered if row.outcome == "ok" else broken if row.outcome in BROKEN else denied).append(told)
        return answered, broken, denied


def _wanted(plea: Plea) -> list[str]:
    """What they were in the middle of, and what their last messages were about, in their own words."""
    said = []
    for one in plea.understood:
        if one.intent.startswith(handoff_words.FAQ):
            meaning = f"Asked about {one.intent.removeprefix(handoff_words.FAQ).replace('_', ' ')}"
        else:
            meaning = handoff_words.WANTED.get(one.intent, "")
        if meaning and one.intent != "nlu_fallback":
            said.append(f"{meaning}: “{_quoted(one.text)}”")
    return [*([plea.wanted] if plea.wanted else []), *dict.fromkeys(said[-MOST:])]


def _not_understood(understood: Sequence[Understood]) -> list[str]:
    return [f"Not understood: “{_quoted(one.text)}”" for one in understood if one.intent == "nlu_fallback"][-MOST:]


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1] + "…"


def _tells_more(row: Row, known: Collection[tuple[str, str]]) -> bool:
    """Whether an entry of the audit log tells what isn't told by a change."""
    operation = Operation(row.operation)
    if operation not in handoff_words.CHANGES or operation is Operation.LEAD:
        return True
    if row.outcome == "ok":
        return operation in LOOKED_INTO and bool(row.object) and (row.operation, row.object) not in known
    return row.outcome in NOT_BEGUN


def _of_row(row: Row) -> tuple[str, str]:
    """A change's operation, and what it changes, as the audit log calls it."""
    return row.operation, handoff_words.object_of(row.parameters)


def _in_order(told: Sequence[Told]) -> list[Told]:
    return sorted(told, key=lambda one: one.at)


def _changes(connection: Connection, conversation_id: str, now: datetime) -> Sequence[Row]:
    """The conversation's changes, oldest first."""
    of_late = operations.c.proposed_at >= now - LOOK_BACK
    in_doubt = sa.and_(operations.c.state.in_((STARTED, UNKNOWN)), operations.c.proposed_at >= now - IN_DOUBT_LOOK_BACK)
    query = (
        sa.select(operations)
        .where(operations.c.conversation_id == conversation_id, of_late | in_doubt)
        .order_by(operations.c.proposed_at)
    )
    return connection.execute(query).all()


def _asked(connection: Connection, conversation_id: str, since: datetime) -> Sequence[Row]:
    """What was asked of the systems for the conversation, oldest first."""
    known = [one.value for one in Operation if one.value not in BESIDE]
    query = (
        sa.select(audit)
        .where(audit.c.conversation_id == conversation_id, audit.c.at >= since, audit.c.operation.in_(known))
        .order_by(audit.c.id)
    )
    return connection.execute(query).all()


def _to_check(row: Row) -> str:
    """What the people have to do about a change in doubt."""
    where = handoff_words.where_to_look(row.operation, row.parameters)
    return f"Look at {where} in the {row.system.upper()} before anybody does it again."


def _reference(row: Row) -> str:
    """The number that the system gave what was made, where it isn't that of what was changed."""
    number = str((row.result or {}).get("number") or "")
    return number if number and number not in map(str, row.parameters.values()) else ""
