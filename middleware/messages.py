"""The one table of messages: inbox, transcript and history of every conversation on every channel; `history` reads it.

A turn is opened by storing the customer's message and closed by storing the replies; only then are they sent. What is
said in between, because the answer takes its time, is stored at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware.clock import Clock
from middleware.database import Moment
from middleware.errors import Unavailable
from middleware.history import BOT, CUSTOMER, WORDS, Reply, offered
from middleware.identity import Proof, prove, still_proven
from middleware.outbox import first_state
from middleware.ownership import agent_of
from middleware.revisions import DELETED, HEARD, named, replacing, rewrite
from middleware.store import Store, conversations, insert_once, messages

# Pictures that are sent together are messages of their own, a moment apart.
PICTURES = ("image", "video", "document")
TOGETHER = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A customer's message under way.

    Attributes:
        id: Unguessable; the turn's correlation id as well.
        replies: What was answered already, if the channel brought the same message again; None otherwise.
        said: What was said already in a turn that was begun and never closed, and is run again.
        is_again: Whether it was begun before, and never closed.
        is_first: Whether the assistant hasn't said anything in this conversation yet.
        is_for_agent: Whether an agent has the conversation, so that the bot says nothing.
    """

    id: str
    conversation_id: str
    replies: tuple[Reply, ...] | None = None
    said: tuple[Reply, ...] = ()
    is_again: bool = False
    is_first: bool = False
    is_for_agent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A customer's message as a channel took it, to be stored at once and answered later.

    Attributes:
        conversation_id: Unique over all channels, `channel:address`.
        external_id: The channel's id of it; the same one again is the same message.
        reply: What is stored: its `text`, empty if there are no words; its `kind`, where it isn't a text, with the
            `words` that people read in the place of a text; what else goes with it.
        proof: What the channel proved about the sender.
        written_at: When the customer wrote it, by the channel's clock; None if that doesn't tell.
        needs_answer: Whether anybody is to answer it.
        pressed: Of a button, the sequence of the message that it stood below, and its place there.
        replaces: The channel's id of an earlier message of theirs that they have edited, or deleted: then the kind is
            `deleted`.
    """

    conversation_id: str
    channel: str
    external_id: str
    reply: Reply
    proof: Proof
    written_at: datetime | None = None
    needs_answer: bool = True
    pressed: tuple[int, int] | None = None
    replaces: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A stored message that nobody has answered yet.

    Attributes:
        reply: As it was stored.
        written_at: When the customer wrote it.
        next_written_at: When the one was written that is to be answered after it; None if none is.
        is_answered: Whether it is one more picture of several, without words, the first of which was answered.
    """

    id: str
    external_id: str
    reply: Reply
    written_at: datetime
    next_written_at: datetime | None
    is_answered: bool = False


# Made once: they are asked several times in every turn.
_MINE = conversations.c.id == sa.bindparam("mine")
_TAKE = conversations.update().where(_MINE).values(last_sequence=conversations.c.last_sequence + sa.bindparam("count"))
_LAST = sa.select(conversations.c.last_sequence).where(_MINE)
_NAMED = sa.select(messages.c.id).where(named(sa.bindparam("mine"), sa.bindparam("external_id")))

Stored = Callable[[Connection, str], None]


class Messages:
    """The messages of all conversations.

    Args:
        stored: Hears, inside the transaction, in which conversation something is stored.
    """

    def __init__(self, store: Store, clock: Clock, stored: Stored = lambda _connection, _conversation_id: None) -> None:
        self._store = store
        self._clock = clock
        self._stored = stored

    async def open_turn(
        self, conversation_id: str, channel: str, text: str, external_id: str | None, proof: Proof, words: str = ""
    ) -> Turn:
        """Stores a customer's message, and what the channel proved about the sender, in one transaction.

        Args:
            text: As the bot is to hear it: of a button, its payload.
            external_id: The channel's id of the message; the same one again is the same message.
            words: As people are to read it, where that isn't the text: of a button, what stands on it.

        Raises:
            Unavailable: Nothing was stored.
        """

        def work(connection: Connection) -> Turn:
            insert_once(
                connection,
                conversations,
                {"id": conversation_id, "channel": channel, "created_at": self._clock()},
            )
            prove(connection, conversation_id, proof, self._clock)
            earlier = _earlier(connection, conversation_id, external_id) if external_id else None
            if earlier is not None:
                return earlier
            turn_id = uuid.uuid4().hex
            sequence = _next_sequences(connection, conversation_id, 1)  # from here on, nobody claims it meanwhile
            is_for_agent = agent_of(connection, conversation_id) is not None
            connection.execute(
                messages.insert().values(
                    id=turn_id,
                    conversation_id=conversation_id,
                    sequence=sequence,
                    turn_id=turn_id,
                    author=CUSTOMER,
                    payload=_heard(text, words, is_for_agent),
                    state="passed" if is_for_agent else "received",
                    external_id=external_id,
                    created_at=self._clock(),
                )
            )
            self._stored(connection, conversation_id)
            return Turn(
                id=turn_id,
                conversation_id=conversation_id,
                is_first=not _has_spoken(connection, conversation_id),
                is_for_agent=is_for_agent,
            )

        return await self._store.write(work)

    def receive(self, connection: Connection, received: Received) -> bool:
        """Stores a customer's message that is answered later, and what the channel proved, in the caller's transaction.

        Returns:
            Whether it is new: the same one again changes nothing.
        """
        conversation_id, now = received.conversation_id, self._clock()
        row = {"id": conversation_id, "channel": received.channel, "created_at": now}
        insert_once(connection, conversations, row)
        _next_sequences(connection, conversation_id, 0)  # nobody stores the same message meanwhile
        if _stored_already(connection, conversation_id, received.external_id):
            return False
        proof = still_proven(connection, received.proof, received.written_at or now)
        prove(connection, conversation_id, proof, self._clock)
        if received.replaces:
            own = replacing(connection, received, now)
            if own is None:
                self._stored(connection, conversation_id)
                return False
            received = own
        message_id = uuid.uuid4().hex
        connection.execute(
            messages.insert().values(
                id=message_id,
                conversation_id=conversation_id,
                sequence=_next_sequences(connection, conversation_id, 1),
                turn_id=message_id,
                author=CUSTOMER,
                payload=_pressed(connection, received),
                state="received" if received.needs_answer else "answered",
                external_id=received.external_id,
                created_at=now,
                written_at=received.written_at,
            )
        )
        self._stored(connection, conversation_id)
        return True

    async def unknown(self, received: Sequence[Received]) -> Sequence[Received]:
        """Those that aren't stored yet.

        Raises:
            Unavailable: The store can't be reached.
        """
        query = sa.select(messages.c.conversation_id, messages.c.external_id).where(
            messages.c.conversation_id.in_({one.conversation_id for one in received}),
            messages.c.external_id.in_({one.external_id for one in received}),
        )
        known = await self._store.read(lambda connection: {(*row,) for row in connection.execute(query)})
        return [one for one in received if (one.conversation_id, one.external_id) not in known]

    async def stored(self, conversation_id: str, external_id: str) -> Reply | None:
        """A message as it is stored, by the channel's id of it; None if there is none.

        Raises:
            Unavailable: The store can't be reached.
        """
        query = sa.select(messages.c.payload).where(named(conversation_id, external_id))
        payload: Reply | None = await self._store.read(lambda connection: connection.execute(query).scalar())
        return payload

    async def amend(self, conversation_id: str, external_id: str, more: Reply) -> None:
        """Adds to a message what was found out after it was stored; nothing to one whose customer took it back.

        Raises:
            Unavailable: Nothing was stored.
        """

        def work(connection: Connection) -> None:
            _next_sequences(connection, conversation_id, 0)
            row = connection.execute(sa.select(messages).where(named(conversation_id, external_id))).one()
            if row.payload.get("kind") != DELETED:
                rewrite(connection, row, {**row.payload, **more}, row.state)
                self._stored(connection, conversation_id)

        await self._store.write(work)

    async def waiting(self, conversation_id: str) -> Waiting | None:
        """Reads the message of a conversation that is to be answered next: the one that was written first.

        Raises:
            Unavailable: The store can't be reached.
        """
        written_at = sa.func.coalesce(messages.c.written_at, messages.c.created_at, type_=Moment)
        query = (
            sa.select(messages.c.id, messages.c.external_id, messages.c.payload, written_at.label("at"))
            .where(messages.c.conversation_id == conversation_id, messages.c.state == "received")
            .order_by(written_at, messages.c.sequence)
            .limit(2)
        )
        before = (
            sa.select(messages.c.payload, written_at.label("at"))
            .where(
                messages.c.conversation_id == conversation_id,
                messages.c.author == CUSTOMER,
                messages.c.state == "answered",
            )
            .order_by(written_at.desc(), messages.c.sequence.desc())
            .limit(1)
        )

        def work(connection: Connection) -> Waiting | None:
            found = connection.execute(query).all()
            if not found:
                return None
            first = found[0]
            return Waiting(
                id=first.id,
                external_id=first.external_id or "",
                reply=first.payload,
                written_at=first.at,
                next_written_at=found[1].at if len(found) > 1 else None,
                is_answered=_is_bare_picture(first) and _are_together(connection.execute(before).first(), first),
            )

        return await self._store.read(work)

    async def take_up(self, waiting: Waiting, text: str, words: str) -> Turn:
        """Opens the turn of a message that is stored already.

        Args:
            text: As the bot is to hear it: of a button, its payload.
            words: As people are to read it.

        Raises:
            Unavailable: The store can't be reached, or the customer has just edited the message.
        """
        mine = messages.c.id == waiting.id

        def work(connection: Connection) -> Turn:
            conversation_id = connection.execute(sa.select(messages.c.conversation_id).where(mine)).scalar_one()
            _next_sequences(connection, conversation_id, 0)  # nobody edits it meanwhile
            row = connection.execute(sa.select(messages).where(mine)).one()
            turn = _taken_up(connection, conversation_id, row, begun=HEARD in row.payload)
            if turn.replies is None:
                if row.payload["text"] != waiting.reply["text"]:
                    raise Unavailable("the message was edited", system="store")
                payload = {**row.payload, **_heard(text, words, turn.is_for_agent), HEARD: True}
                connection.execute(messages.update().where(mine).values(payload=payload))
            return turn

        return await self._store.write(work)

    async def say_meanwhile(self, turn: Turn, replies: Sequence[Reply]) -> None:
        """Stores what is said while the turn goes on.

        Raises:
            Unavailable: Nothing was stored.
        """
        await self._store.write(lambda connection: self._keep(connection, turn, replies))

    async def close_turn(self, turn: Turn, replies: Sequence[Reply]) -> Sequence[Reply]:
        """Stores the replies, and with them that the customer's message is answered.

        Returns:
            What is stored: of two who answer a message, since one took the other for dead, the first one's replies.

        Raises:
            Unavailable: Nothing was stored.
        """
        mine = messages.c.id == turn.id

        def work(connection: Connection) -> Sequence[Reply]:
            _next_sequences(connection, turn.conversation_id, 0)  # in the order in which everybody takes their locks
            closing = messages.update().where(mine, messages.c.state == "received").values(state="answered")
            if not connection.execute(closing).rowcount:
                return _said(connection, turn.id)[len(turn.said) :]
            self._keep(connection, turn, replies)
            return replies

        return await self._store.write(work)

    async def say(self, conversation_id: str, words_id: str, replies: Sequence[Reply]) -> None:
        """Stores what is said to a customer without a message of theirs.

        Args:
            words_id: The same one again is said once.

        Raises:
            Unavailable: Nothing was stored.
        """
        by_itself = Turn(id=words_id, conversation_id=conversation_id)
        said_already = sa.select(messages.c.id).where(messages.c.turn_id == words_id).limit(1)

        def work(connection: Connection) -> None:
            if connection.execute(said_already).first() is None:
                self._keep(connection, by_itself, replies)

        await self._store.write(work)

    def write(
        self,
        connection: Connection,
        conversation_id: str,
        author: str,
        reply: Reply,
        external_id: str | None = None,
    ) -> None:
        """Stores one message to the customer that no turn asks for, in the transaction of what causes it.

        Args:
            external_id: The same one again is the same message, and isn't stored again.
        """
        mine = sa.and_(messages.c.conversation_id == conversation_id, messages.c.external_id == external_id)
        if external_id and connection.execute(sa.select(messages.c.id).where(mine)).first():
            return
        self._insert(connection, conversation_id, uuid.uuid4().hex, author, [reply], external_id)

    def _keep(self, connection: Connection, turn: Turn, replies: Sequence[Reply]) -> None:
        if replies:
            self._insert(connection, turn.conversation_id, turn.id, BOT, replies)

    def _insert(
        self,
        connection: Connection,
        conversation_id: str,
        turn_id: str,
        author: str,
        replies: Sequence[Reply],
        external_id: str | None = None,
    ) -> None:
        first = _next_sequences(connection, conversation_id, len(replies))
        rows = [
            {
                "id": uuid.uuid4().hex,
                "conversation_id": conversation_id,
                "sequence": first + place,
                "turn_id": turn_id,
                "author": author,
                "payload": reply,
                "state": first_state(conversation_id),
                "external_id": external_id,
                "created_at": self._clock(),
            }
            for place, reply in enumerate(replies)
        ]
        connection.execute(messages.insert(), rows)
        self._stored(connection, conversation_id)


def _pressed(connection: Connection, received: Received) -> Reply:
    """What a message is stored as: of a button, its payload, and what stands on it."""
    found = offered(connection, received.conversation_id, *received.pressed) if received.pressed else None
    return received.reply if found is None else {**received.reply, "text": found[0], WORDS: found[1]}


def _heard(text: str, words: str, is_for_agent: bool) -> Reply:
    """A customer's message as it is stored; an agent reads the words alone."""
    if not words or words == text:
        return {"text": text}
    return {"text": words} if is_for_agent else {"text": text, WORDS: words}


def _is_bare_picture(row: Row) -> bool:
    return row.payload.get("kind") in PICTURES and not row.payload["text"]


def _are_together(before: Row | None, row: Row) -> bool:
    return before is not None and before.payload.get("kind") in PICTURES and row.at - before.at <= TOGETHER


def _next_sequences(connection: Connection, conversation_id: str, count: int) -> int:
    """Takes the next `count` sequence numbers; the update, of none too, holds the conversation until the commit."""
    mine = {"mine": conversation_id}
    connection.execute(_TAKE, mine | {"count": count})
    last: int = connection.execute(_LAST, mine).scalar_one()
    return last - count + 1


def _earlier(connection: Connection, conversation_id: str, external_id: str) -> Turn | None:
    mine = sa.and_(messages.c.conversation_id == conversation_id, messages.c.external_id == external_id)
    row = connection.execute(sa.select(messages).where(mine)).one_or_none()
    return _taken_up(connection, conversation_id, row, begun=True) if row is not None else None


def _stored_already(connection: Connection, conversation_id: str, external_id: str) -> bool:
    return connection.execute(_NAMED, {"mine": conversation_id, "external_id": external_id}).first() is not None


def _taken_up(connection: Connection, conversation_id: str, row: Row, begun: bool) -> Turn:
    """The turn of a stored message: as it was answered, or to be answered now.

    Args:
        begun: Whether somebody has begun to answer it.
    """
    said = _said(connection, row.id)
    if row.state != "received":
        return Turn(id=row.id, conversation_id=conversation_id, replies=said)
    # The process that had it under way is gone: it is run now, unless an agent has the conversation by now.
    _next_sequences(connection, conversation_id, 0)
    if agent_of(connection, conversation_id) is not None:
        connection.execute(messages.update().where(messages.c.id == row.id).values(state="passed"))
        return Turn(id=row.id, conversation_id=conversation_id, is_for_agent=True)
    return Turn(
        id=row.id,
        conversation_id=conversation_id,
        said=said,
        is_again=begun,
        is_first=not _has_spoken(connection, conversation_id),
    )


def _said(connection: Connection, turn_id: str) -> tuple[Reply, ...]:
    """What the bot has said in a turn."""
    mine = sa.and_(messages.c.turn_id == turn_id, messages.c.author == BOT)
    return tuple(connection.execute(sa.select(messages.c.payload).where(mine).order_by(messages.c.sequence)).scalars())


def _has_spoken(connection: Connection, conversation_id: str) -> bool:
    bots = sa.select(messages.c.id).where(messages.c.conversation_id == conversation_id, messages.c.author == BOT)
    return connection.execute(bots.limit(1)).first() is not None
