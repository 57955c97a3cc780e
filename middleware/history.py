"""What was said in conversations, as it is read again: by the customer, by agents, by what answers the next message."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.selectable import Select

from middleware.choice import words
from middleware.errors import NotFound
from middleware.ownership import Owner, agent_of, owner_of
from middleware.revisions import EDIT_OF, EDITED_AT, HEARD
from middleware.store import Store, conversations, messages

OFFERS_REMEMBERED = 200  # replies back: a button older than that is text like any other

Reply = dict[str, Any]

CUSTOMER, BOT, AGENT = "customer", "bot", "agent"

# What stands in a customer's message for us alone: how people read it, where that isn't its text; the response that
# answers it without Rasa.
WORDS, SPOKEN = "words", "spoken"
INSIDE = (WORDS, SPOKEN, HEARD, EDITED_AT, EDIT_OF)


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message of a conversation, as it is stored.

    Attributes:
        sequence: Its place in the conversation.
        author: Who wrote it: `customer`, `bot` or `agent`.
        at: When it was stored.
        reply: Its text, and what goes with it; an agent's has their name as `agent`.
        external_id: The channel's id of a customer's message, the desk's of an agent's.
        is_wordless: Whether its text isn't the customer's, but says what they sent that isn't words.
    """

    sequence: int
    author: str
    at: datetime
    reply: Reply
    external_id: str | None = None
    is_wordless: bool = False


class History:
    """Reads the messages of all conversations, and whose these are."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def to_customer(self, conversation_id: str, after: int, most: int) -> Sequence[Message]:
        """Reads what was written to the customer, by the bot or anyone else, in order.

        Args:
            after: Sequence of the last one that is known already.
            most: How many at most.

        Raises:
            Unavailable: The store can't be reached.
        """
        query = _read(conversation_id, after).where(messages.c.author != CUSTOMER).limit(most)
        return await self._store.read(lambda connection: _told(connection, query))

    async def transcript(self, conversation_id: str, after: int = 0, most: int | None = None) -> Sequence[Message]:
        """Reads everything that anybody wrote, in order, from a place on.

        Args:
            most: How many at most; None: all.

        Raises:
            Unavailable: The store can't be reached.
        """
        query = _read(conversation_id, after).limit(most)
        return await self._store.read(lambda connection: _told(connection, query))

    async def last_sequences(self, conversation_ids: Collection[str]) -> Mapping[str, int]:
        """Tells how far conversations have come, by their id; those that nobody has written in yet are left out.

        Raises:
            Unavailable: The store can't be reached.
        """
        query = sa.select(conversations.c.id, conversations.c.last_sequence).where(
            conversations.c.id.in_(conversation_ids)
        )
        return await self._store.read(
            lambda connection: {row.id: row.last_sequence for row in connection.execute(query)}
        )

    async def newest(self, conversation_ids: Collection[str]) -> Mapping[str, Message]:
        """Reads the newest message of each conversation, by whoever wrote it.

        Raises:
            Unavailable: The store can't be reached.
        """
        is_newest = sa.and_(
            messages.c.conversation_id == conversations.c.id, messages.c.sequence == conversations.c.last_sequence
        )
        query = (
            sa.select(messages)
            .select_from(conversations.join(messages, is_newest))
            .where(conversations.c.id.in_(conversation_ids))
        )
        return await self._store.read(
            lambda connection: {row.conversation_id: _message(row) for row in connection.execute(query)}
        )

    async def last_said(self, conversation_id: str) -> Reply | None:
        """Reads what the bot said last in a conversation; None if it never said anything.

        Raises:
            Unavailable: The store can't be reached.
        """
        mine = sa.and_(messages.c.conversation_id == conversation_id, messages.c.author == BOT)
        query = sa.select(messages.c.payload).where(mine).order_by(messages.c.sequence.desc()).limit(1)
        said: Reply | None = await self._store.read(lambda connection: connection.execute(query).scalar())
        return said

    async def title_of(self, conversation_id: str, payload: str) -> str | None:
        """What stood on the button with exactly this payload; None if none was offered in this conversation."""
        query = (
            sa.select(messages.c.payload)
            .where(messages.c.conversation_id == conversation_id, messages.c.author == BOT)
            .order_by(messages.c.sequence.desc())
            .limit(OFFERS_REMEMBERED)
        )

        def work(connection: Connection) -> str | None:
            replies = connection.execute(query).scalars()
            buttons = (button for reply in replies for button in reply.get("buttons", ()))
            return next((str(one["title"]) for one in buttons if one["payload"] == payload), None)

        return await self._store.read(work)

    async def payload_of(self, conversation_id: str, title: str) -> str | None:
        """The payload of the button with this title, if the assistant offered it when it last spoke.

        Args:
            title: As the customer typed it; neither case nor punctuation matter.
        """
        mine = sa.and_(messages.c.conversation_id == conversation_id, messages.c.author == BOT)
        newest = sa.select(messages.c.turn_id).where(mine).order_by(messages.c.sequence.desc()).limit(1)
        query = sa.select(messages.c.payload).where(mine, messages.c.turn_id == newest.scalar_subquery())

        def work(connection: Connection) -> str | None:
            buttons = [one for reply in connection.execute(query).scalars() for one in reply.get("buttons", ())]
            typed = words(title)
            return next((str(one["payload"]) for one in buttons if typed and words(one["title"]) == typed), None)

        return await self._store.read(work)

    async def channel_of(self, conversation_id: str) -> str:
        """The name of the channel that a conversation goes on in.

        Raises:
            NotFound: There is no such conversation.
            Unavailable: The store can't be reached.
        """
        query = sa.select(conversations.c.channel).where(conversations.c.id == conversation_id)
        channel: str | None = await self._store.read(lambda connection: connection.execute(query).scalar())
        if channel is None:
            raise NotFound("no such conversation", system="store")
        return channel

    async def is_with_agent(self, conversation_id: str) -> bool:
        """Whether an agent has the conversation, so that the bot says nothing.

        Raises:
            Unavailable: The store can't be reached.
        """
        return await self._store.read(lambda connection: agent_of(connection, conversation_id) is not None)

    async def owner(self, conversation_id: str) -> Owner:
        """Whose a conversation is; it changes only in, or before, the transaction of a message that tells of it.

        Raises:
            Unavailable: The store can't be reached.
        """
        return await self._store.read(lambda connection: owner_of(connection, conversation_id))


def offered(connection: Connection, conversation_id: str, sequence: int, index: int) -> tuple[str, str] | None:
    """Payload and title of a button, by the message that it stood below and its place there.

    Returns:
        None if nothing was offered there, or it was too long ago.
    """
    mine = sa.and_(messages.c.conversation_id == conversation_id, messages.c.author == BOT)
    payload = connection.execute(sa.select(messages.c.payload).where(mine, messages.c.sequence == sequence)).scalar()
    buttons = payload.get("buttons", ()) if payload else ()
    if index >= len(buttons):
        return None
    since = connection.execute(sa.select(sa.func.count()).where(mine, messages.c.sequence > sequence)).scalar_one()
    return None if since >= OFFERS_REMEMBERED else (str(buttons[index]["payload"]), str(buttons[index]["title"]))


def _read(conversation_id: str, after: int) -> Select:
    """A conversation's messages after a place in it, in order."""
    return (
        sa.select(
            messages.c.sequence, messages.c.author, messages.c.created_at, messages.c.payload, messages.c.external_id
        )
        .where(messages.c.conversation_id == conversation_id, messages.c.sequence > after)
        .order_by(messages.c.sequence)
    )


def _told(connection: Connection, query: Select) -> list[Message]:
    return [_message(row) for row in connection.execute(query)]


def _message(row: Row) -> Message:
    return Message(
        sequence=row.sequence,
        author=row.author,
        at=row.created_at,
        reply=_read_by_people(row.payload),
        external_id=row.external_id,
        is_wordless=WORDS in row.payload and not row.payload["text"],
    )


def _read_by_people(payload: Reply) -> Reply:
    shown = {name: value for name, value in payload.items() if name not in INSIDE}
    return shown | {"text": payload[WORDS]} if WORDS in payload else shown
