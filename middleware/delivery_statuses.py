"""What a service tells later of what it took: that it was sent, delivered, read, or that it failed after all.

It tells at least once, and in no order. It may tell before our own request has come back, and may tell of a request
whose answer was lost: then nothing is sent once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware.delivery_states import (
    DELIVERED,
    DOUBTFUL,
    FAILED,
    HELD,
    READ,
    SENDING,
    SENT,
    WAITING,
    change,
    settle,
)
from middleware.store import deliveries as table
from middleware.writing_window import CLOSED_CODE

MEDIA_CODE = "131053"  # how WhatsApp says that it couldn't read the document that was uploaded
MOST_UPLOADS = 2

# What is known of a part only grows. One of two copies may fail and the other arrive; then it arrived.
ARRIVED = {DELIVERED: 1, READ: 2}
UNDECIDED = (WAITING, HELD, SENDING, DOUBTFUL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What the service tells of one request.

    Attributes:
        external_id: The service's id of it.
        delivery_id: Ours, if it is told back.
        state: `sent`, `delivered`, `read` or `failed`.
        at: When it was so, by the service's clock.
        error_code: The service's, if it failed.
        error: Why, for the company's people.
    """

    external_id: str
    delivery_id: str | None
    state: str
    at: datetime
    error_code: str | None = None
    error: str | None = None


def note(connection: Connection, statuses: Sequence[Status], now: datetime) -> Iterable[str]:
    """Writes down what the service tells; of what isn't ours it may tell what it likes.

    Returns:
        The conversations in which something changed.
    """
    _lock(connection, statuses)
    changed: dict[str, str] = {}
    for status in statuses:
        row = _row(connection, status)
        values = _judged(row, status) if row is not None else None
        if row is not None and values:
            # When the service says that it was, so that it can be told from what the customer wrote meanwhile.
            change(connection, table.c.id == row.id, min(status.at, now), **values)
            changed[row.message_id] = row.conversation_id
    for message_id in sorted(changed):
        settle(connection, message_id)
    return set(changed.values())


def _lock(connection: Connection, statuses: Sequence[Status]) -> None:
    """Takes all parts that are spoken of, in one order, so that nobody waits for ever."""
    wamids = {one.external_id for one in statuses}
    ours = {one.delivery_id for one in statuses if one.delivery_id}
    meant = table.c.external_id.in_(wamids) | table.c.id.in_(ours)
    connection.execute(sa.select(table.c.id).where(meant).order_by(table.c.id).with_for_update()).all()


def _row(connection: Connection, status: Status) -> Row | None:
    if status.delivery_id:
        named = connection.execute(sa.select(table).where(table.c.id == status.delivery_id)).one_or_none()
        if named is not None:
            return named
    return connection.execute(sa.select(table).where(table.c.external_id == status.external_id)).one_or_none()


def _judged(row: Row, status: Status) -> Mapping[str, Any] | None:
    """What a status changes about a part; nothing if it is old news."""
    if status.state in ARRIVED:
        if ARRIVED[status.state] <= ARRIVED.get(row.state, 0):
            return None
        return {"state": status.state, "external_id": status.external_id, "error_code": None, "error": None}
    # A part that isn't sent has the id of a request of which it is known already that it failed.
    may_be_sent = row.state in UNDECIDED or (row.state == FAILED and row.doubts > 0)
    is_news = may_be_sent and row.external_id != status.external_id
    if status.state == SENT:
        taken = {"state": SENT, "external_id": status.external_id, "error_code": None, "error": None}
        return taken if is_news else None
    if is_news or (row.state == SENT and row.external_id == status.external_id):
        return {"external_id": status.external_id, **_failed(row, status)}
    return None


def _failed(row: Row, status: Status) -> Mapping[str, Any]:
    """How a part stands that the service took and couldn't deliver."""
    why = {"error_code": status.error_code, "error": status.error}
    is_words = row.part >= 0
    if status.error_code == CLOSED_CODE and is_words:
        return {"state": HELD, **why}
    if status.error_code == MEDIA_CODE and row.media_id and row.uploads < MOST_UPLOADS:
        return {"state": WAITING, "media_id": None, **why}
    return {"state": FAILED, **why}
