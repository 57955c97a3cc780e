"""What customers make of messages that they sent already: they edit them, or delete them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.elements import BindParameter, ColumnElement

from middleware.store import messages
from middleware.watching import message_changed

if TYPE_CHECKING:
    from middleware.messages import Received

DELETED = "deleted"  # kind of what its customer took back

# What stands in a message for us alone: that the bot has heard it, when it was edited, which other message it is an
# edit of.
HEARD, EDITED_AT, EDIT_OF = "heard", "edited_at", "edit_of"


def replacing(connection: Connection, received: Received, now: datetime) -> Received | None:
    """Puts what a customer edited or deleted in the place of what they wrote, if nobody has heard that yet.

    Returns:
        What is to be stored as a message of its own; None if nothing is.
    """
    at = (received.written_at or now).isoformat()
    versions = _versions(connection, received.conversation_id, received.replaces)
    if not versions:  # it may come in later than what replaces it: then it is known already
        return replace(received, external_id=received.replaces, reply={**received.reply, EDITED_AT: at})
    newest = versions[-1]
    is_open = newest.state == "received" and not newest.payload.get(HEARD)
    if received.reply.get("kind") == DELETED:
        for row in versions:
            rewrite(connection, row, received.reply, "answered" if row is newest and is_open else row.state)
        return None
    if newest.payload.get("kind") == DELETED or newest.payload.get(EDITED_AT, "") >= at:
        return None  # it was deleted, or edited again, since
    if not is_open:
        return replace(received, reply={**received.reply, EDITED_AT: at, EDIT_OF: received.replaces})
    kept = {name: newest.payload[name] for name in (EDIT_OF, "attachment") if name in newest.payload}
    rewrite(connection, newest, {**received.reply, **kept, EDITED_AT: at}, newest.state)
    return None


def _versions(connection: Connection, conversation_id: str, external_id: str) -> list[Row]:
    """A customer's message, and what they made of it since, where that is a message of its own."""
    first = connection.execute(sa.select(messages).where(named(conversation_id, external_id))).one_or_none()
    if first is None:
        return []
    theirs = sa.and_(messages.c.conversation_id == conversation_id, messages.c.author == first.author)
    later = sa.select(messages).where(theirs, messages.c.sequence > first.sequence).order_by(messages.c.sequence)
    edits = (row for row in connection.execute(later) if row.payload.get(EDIT_OF) == external_id)
    return [first, *edits]


def rewrite(connection: Connection, row: Row, payload: dict[str, Any], state: str) -> None:
    """Puts another payload and state into a stored message."""
    connection.execute(messages.update().where(messages.c.id == row.id).values(payload=payload, state=state))
    message_changed(connection, row.conversation_id)


def named(conversation_id: str | BindParameter[Any], external_id: str | BindParameter[Any]) -> ColumnElement[Any]:
    """Which message a channel's id means."""
    return sa.and_(messages.c.conversation_id == conversation_id, messages.c.external_id == external_id)
