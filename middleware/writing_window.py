"""Whether a customer may be written to: on WhatsApp only for a while after they wrote themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.channel_settings import WhatsAppRules
from middleware.database import Moment
from middleware.delivery_states import FAILED, HELD
from middleware.store import deliveries, messages

CLOSED_CODE = "131047"  # how WhatsApp says that the customer's last message was too long ago
NEWEST = 20  # of the customer's messages: one that was brought late may have been written before those


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """When a customer may be written to.

    Attributes:
        last: When they wrote last; None if they never did.
        until: When it closes, or closed; None if it was never open.
        is_open: Whether they may be written to now.
        asks_first: If not: whether they are asked to write, so that what is written goes out when they do. Otherwise
            it can't be sent at all.
    """

    last: datetime | None
    until: datetime | None
    is_open: bool
    asks_first: bool


def window_of(connection: Connection, conversation_id: str, rules: WhatsAppRules, now: datetime) -> Window:
    """Tells when the customer of a conversation may be written to."""
    last = _last_written(connection, conversation_id)
    until = last + timedelta(hours=rules.window_hours) if last else None
    refused_at = _refused_at(connection, conversation_id)
    if until and last and refused_at and last < refused_at < until:  # the service counts otherwise, and it decides
        until = refused_at
    is_open = until is not None and now < until
    return Window(last=last, until=until, is_open=is_open, asks_first=rules.template is not None)


def _last_written(connection: Connection, conversation_id: str) -> datetime | None:
    written_at = sa.func.coalesce(messages.c.written_at, messages.c.created_at, type_=Moment)
    newest = (
        sa.select(written_at)
        .where(messages.c.conversation_id == conversation_id, messages.c.author == "customer")
        .order_by(messages.c.sequence.desc())
        .limit(NEWEST)
    )
    return max(connection.execute(newest).scalars(), default=None)


def _refused_at(connection: Connection, conversation_id: str) -> datetime | None:
    """When the service last said that the window is closed, of what hasn't been sent since."""
    refused = sa.select(sa.func.max(deliveries.c.changed_at)).where(
        deliveries.c.conversation_id == conversation_id,
        deliveries.c.error_code == CLOSED_CODE,
        deliveries.c.state.in_((HELD, FAILED)),
    )
    at: datetime | None = connection.execute(refused).scalar()
    return at
