"""How messages stand that are pushed to a channel's service, and how the parts do that they are sent in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from middleware.store import deliveries as table
from middleware.store import messages

# A message to a customer.
QUEUED, SENT, FAILED = "queued", "sent", "failed"

# A part of one. It isn't sent yet, or has to wait until the customer writes; its request is under way, or was when the
# process died; it is sent and may have reached them; it never will; nobody can know.
WAITING, HELD, SENDING = "waiting", "held", "sending"
DELIVERED, READ = "delivered", "read"
DOUBTFUL = "doubtful"
OPEN = (WAITING, HELD, SENDING)

TEMPLATE_PARTS = table.c.part < 0  # they ask the customer to write, and belong to no message's words


def change(connection: Connection, which: ColumnElement[Any], now: datetime, **values: Any) -> bool:
    """Changes parts, and tells whether there were any."""
    changed = connection.execute(table.update().where(which).values(changed_at=now, **values))
    return bool(changed.rowcount)


def settle(connection: Connection, message_id: str) -> str:
    """Lets a message stand as its parts do: sent or failed when all of them are decided; tells how it stands."""
    mine = messages.c.id == message_id
    # Whoever decides about another part at the same time waits here, and then sees this one.
    connection.execute(sa.select(messages.c.id).where(mine).with_for_update())
    of_parts = sa.select(table.c.state).where(table.c.message_id == message_id, ~TEMPLATE_PARTS)
    states = set(connection.execute(of_parts).scalars())
    state = QUEUED if states.intersection(OPEN) else FAILED if FAILED in states else SENT
    connection.execute(messages.update().where(mine, messages.c.state != state).values(state=state))
    return state
