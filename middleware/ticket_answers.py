"""What the company's people write on tickets in the CRM, told to the customers in their conversations, each once.

It is read with an overlap, so that clocks that differ and what the CRM shows late lose nothing; what was dealt with is
kept by the CRM's id, in the transaction that tells it. Whether a conversation still speaks for the ticket's owner is
asked before anything is said in it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware import jobs
from middleware.clock import Clock
from middleware.desk_line import RESUME
from middleware.errors import Conflict, FrontdeskError, Malformed, NotAllowed, NotFound, Reason
from middleware.gateway import Gateway
from middleware.handoff_rows import hold
from middleware.history import AGENT, BOT, Reply
from middleware.identity import Identity, Who, proven_in
from middleware.jobs import Job, Later
from middleware.messages import Messages
from middleware.records import AgentComment
from middleware.sentences import rendered
from middleware.settings import Operation, Settings
from middleware.store import Store, alone
from middleware.store import ticket_answers as table
from middleware.watched_tickets import Watched, due, forget, goes_on, ring, was_read, watched

log = logging.getLogger(__name__)

BATCH = 100  # tickets asked for at once
MOST = 1000  # tickets of a round
OVERLAP = timedelta(minutes=10)
CLOCKS = timedelta(minutes=2)  # so far those of the CRM and ours may be apart
WORN = 100  # attempts after which another job goes on
AFTER = timedelta(seconds=2)  # for more answers to come, before the bot says how to write back
ANNOUNCED_AGAIN = timedelta(days=1)
LONGEST = 20_000  # signs


class Outcome(str, Enum):
    """What became of an answer: told; announced, without its words; kept back, since nobody may hear of it."""

    TOLD = "told"
    ANNOUNCED = "announced"
    KEPT_BACK = "kept_back"


class TicketAnswers:
    """Reads what is written on the tickets that are watched, and tells it."""

    def __init__(
        self,
        gateway: Gateway,
        store: Store,
        messages: Messages,
        identity: Identity,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._crm = gateway.crm
        self._store = store
        self._messages = messages
        self._identity = identity
        self._company = settings.company.name
        self._every = timedelta(seconds=settings.crm.answers.every_seconds)
        self._days = timedelta(days=settings.crm.answers.days)
        self._clock = clock

    async def ring(self) -> None:
        """Has it read at once, since something may have been written; not oftener than it is read anyway.

        Raises:
            Unavailable: The store can't be reached.
        """
        await self._store.write(lambda connection: ring(connection, self._clock(), self._every))

    async def look(self, job: Job) -> None:
        """Reads what is due, tells it, and goes on when something is due again.

        Raises:
            Later: It goes on then, also while the CRM is away.
            Unavailable: The store can't be reached.
        """
        try:
            await self._round(job)
        except FrontdeskError as error:  # the next round reads it
            log.warning("what was written on tickets couldn't be read: %s: %s", error.kind, error)
        at = await self._store.write(lambda connection: self._next(connection, job))
        if at is not None:
            raise Later(at)

    async def _round(self, job: Job) -> None:
        numbers = await self._store.read(lambda connection: due(connection, self._clock() + self._every / 2, MOST))
        for first in range(0, len(numbers), BATCH):
            await self._batch(numbers[first : first + BATCH], job)

    async def _batch(self, numbers: Sequence[str], job: Job) -> None:
        begun = self._clock()
        links = await self._store.read(lambda connection: watched(connection, numbers))
        comments = await self._read(numbers, links, job)
        by_number: Mapping[str, list[Watched]] = defaultdict(list)
        for link in links:
            by_number[link.number].append(link)
        failed: set[str] = set()
        for comment in comments:
            if comment.ticket_number in failed:
                continue  # what was written later on it must not be told before
            try:
                await self._deal(comment, by_number[comment.ticket_number], job)
            except FrontdeskError as error:
                log.warning("an answer on a ticket couldn't be told: %s: %s", error.kind, error)
                failed.add(comment.ticket_number)

        def note(connection: Connection) -> None:
            for link in links:
                until = link.read_until if link.number in failed else begun
                was_read(connection, link, until, self._every)

        await self._store.write(note)

    async def _read(self, numbers: Sequence[str], links: Sequence[Watched], job: Job) -> Sequence[AgentComment]:
        """What is new on some tickets, the oldest first.

        Raises:
            Unavailable, Malformed: It can't be read.
        """
        since = min(link.read_until for link in links) - OVERLAP
        who = Who(conversation_id="", channel="", correlation_id=job.id)
        found = await self._crm.search(who, Operation.TICKET_ANSWERS, lambda crm: crm.comments_since(numbers, since))
        if not isinstance(found, Sequence) or not all(isinstance(one, AgentComment) for one in found):
            raise Malformed("no comments", system="crm")
        known = sa.select(table.c.id).where(table.c.number.in_(numbers))
        told = await self._store.read(lambda connection: set(connection.execute(known).scalars()))
        fresh = (one for one in found if one.id not in told)
        return sorted(fresh, key=lambda one: one.comment.written_at)

    async def _deal(self, comment: AgentComment, links: Sequence[Watched], job: Job) -> None:
        """Tells an answer in the one conversation that was spoken in last, of those that may hear it.

        Raises:
            Conflict: Somebody else was proven meanwhile.
            Unavailable: Who may hear it can't be told now.
        """
        announced: tuple[Watched, Row] | None = None
        for link in links:
            if comment.comment.written_at < link.since - CLOCKS or not comment.comment.body.strip():
                continue
            proven = await self._proven(link)
            outcome = await self._outcome(link, proven, job) if proven else Outcome.KEPT_BACK
            if outcome is Outcome.TOLD:
                await self._end(comment, link, proven, Outcome.TOLD)
                return
            if outcome is Outcome.ANNOUNCED and proven and announced is None:
                announced = link, proven
        if announced:
            await self._end(comment, *announced, Outcome.ANNOUNCED)
        else:
            await self._end(comment, None, None, Outcome.KEPT_BACK)

    async def _proven(self, link: Watched) -> Row | None:
        return await self._store.read(lambda connection: proven_in(connection, link.conversation_id))

    async def _outcome(self, link: Watched, proven: Row, job: Job) -> Outcome:
        """Whether a conversation may hear an answer: its person owns the ticket, or the ticket is nobody's but theirs.

        Raises:
            Unavailable: The CRM can't be asked now.
        """
        is_unchanged = proven.proven_at <= link.linked_at and link.code_email in (None, proven.code_email)
        if not link.owner:
            return Outcome.TOLD if is_unchanged else Outcome.KEPT_BACK
        who = await self._identity.standing(link.conversation_id, job.id)
        try:
            await self._crm.one(who, Operation.TICKET_STATUS, link.number, lambda crm: crm.ticket(link.number))
        except NotFound:
            return Outcome.KEPT_BACK
        except NotAllowed as error:  # a code that has aged proves nothing of what is said, but nobody else came either
            return Outcome.ANNOUNCED if is_unchanged and error.reason is Reason.LEVEL else Outcome.KEPT_BACK
        return Outcome.TOLD

    async def _end(self, comment: AgentComment, link: Watched | None, proven: Row | None, outcome: Outcome) -> None:
        """Says what is to be said, and that it was, in one transaction.

        Raises:
            Conflict: Somebody else was proven meanwhile; nothing was said.
        """
        row = {
            "id": comment.id,
            "number": comment.ticket_number,
            "conversation_id": link.conversation_id if link else None,
            "outcome": outcome.value,
            "at": self._clock(),
        }

        def work(connection: Connection) -> None:
            alone(connection, f"answer {comment.id}")
            if connection.execute(sa.select(table.c.id).where(table.c.id == comment.id)).first() is not None:
                return
            if link:
                hold(connection, link.conversation_id)
                if proven_in(connection, link.conversation_id) != proven:
                    raise Conflict("somebody else was proven meanwhile", system="store")
                say = self._tell if outcome is Outcome.TOLD else self._announce
                say(connection, comment, link)
            connection.execute(table.insert().values(row))

        await self._store.write(work)

    def _tell(self, connection: Connection, comment: AgentComment, link: Watched) -> None:
        """The answer, as a message of its author's; then the bot says how to write back, if it has the conversation."""
        fills = {
            "ticket": (comment.ticket_number, "AgentComment.ticket_number"),
            "comment": (_body(comment), "TicketComment.body"),
        }
        author = comment.comment.author.strip() or self._company
        said: Reply = rendered("utter_ticket_answer", link.channel, fills) | {"agent": author}
        self._messages.write(connection, link.conversation_id, AGENT, said)
        now = self._clock()
        jobs.add_unless_waiting(
            connection,
            RESUME,
            {
                "conversation": link.conversation_id,
                "channel": link.channel,
                "answered": comment.ticket_number if link.owner else "",
            },
            line=f"{RESUME}:{link.conversation_id}",
            now=now,
            run_at=now + AFTER,
        )

    def _announce(self, connection: Connection, comment: AgentComment, link: Watched) -> None:
        """That there is an answer, to whoever must prove first who they are; once for several."""
        lately = sa.and_(
            table.c.number == comment.ticket_number,
            table.c.conversation_id == link.conversation_id,
            table.c.outcome == Outcome.ANNOUNCED.value,
            table.c.at > self._clock() - ANNOUNCED_AGAIN,
        )
        if connection.execute(sa.select(table.c.id).where(lately).limit(1)).first() is None:
            said = rendered("utter_ticket_answer_waits", link.channel, {})
            self._messages.write(connection, link.conversation_id, BOT, said)

    def _next(self, connection: Connection, job: Job) -> datetime | None:
        now = self._clock()
        forget(connection, now - self._days)
        return goes_on(connection, now, self._every, is_worn=job.attempts >= WORN)


def _body(comment: AgentComment) -> str:
    """The words of an answer as any channel and database can take them."""
    body = comment.comment.body.replace("\0", "").strip()
    return body if len(body) <= LONGEST else f"{body[:LONGEST]}…"
