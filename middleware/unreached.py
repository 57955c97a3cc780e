"""Conversations in which the last words haven't reached the customer, for the line of those who wrote them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.delivery_states import FAILED, HELD, TEMPLATE_PARTS
from middleware.store import deliveries, messages


def unreached(connection: Connection, conversation_ids: Collection[str]) -> Mapping[str, str]:
    """Tells where something failed for good, or waits until the customer writes, since they wrote last.

    Returns:
        `failed` or `held`, by the conversation's id; of both, `failed`.
    """
    if not conversation_ids:
        return {}
    theirs = (
        sa.select(messages.c.conversation_id, sa.func.max(messages.c.sequence).label("sequence"))
        .where(messages.c.conversation_id.in_(conversation_ids), messages.c.author == "customer")
        .group_by(messages.c.conversation_id)
        .subquery()
    )
    query = (
        sa.select(deliveries.c.conversation_id, deliveries.c.state)
        .select_from(
            deliveries.join(messages).outerjoin(theirs, theirs.c.conversation_id == deliveries.c.conversation_id)
        )
        .where(
            deliveries.c.conversation_id.in_(conversation_ids),
            deliveries.c.state.in_((FAILED, HELD)),
            ~TEMPLATE_PARTS,
            messages.c.sequence > sa.func.coalesce(theirs.c.sequence, 0),
        )
        .distinct()
        .order_by(deliveries.c.state.desc())  # so that `failed` stays
    )
    return {row.conversation_id: row.state for row in connection.execute(query)}
