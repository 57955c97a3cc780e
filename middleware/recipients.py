"""To whom a pushed message goes: to the phone number that was proven, else to the conversation's own address."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.store import identities, released_numbers


def recipient_of(connection: Connection, conversation_id: str, last: datetime | None) -> str | None:
    """Tells to whom what is written in a conversation goes: a phone number in E.164, or the service's id of them.

    Args:
        last: When the customer wrote last.

    Returns:
        None if the number that they wrote from isn't theirs any more, and may be a stranger's.
    """
    proven = sa.select(identities.c.phone).where(identities.c.conversation_id == conversation_id)
    phone: str | None = connection.execute(proven).scalar()
    if phone:
        return phone
    address = conversation_id.partition(":")[2]
    if not is_number(address):
        return address
    phone = f"+{address}"
    given_up = sa.select(released_numbers.c.at).where(released_numbers.c.phone == phone)
    at: datetime | None = connection.execute(given_up).scalar()
    return phone if at is None or (last is not None and last > at) else None


def is_number(address: str) -> bool:
    """Whether a conversation's address is a phone number, and not the service's id of a person."""
    return address.isascii() and address.isdecimal()
