"""A hold that ends by itself: the units are free again, and the customer who waits hears of it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from middleware import store
from middleware.clock import system_clock
from tests.servers import Frontdesk, conversation_of

SKU = "TRK-UMB-9"
SECONDS = 30


def test_the_customer_hears_that_a_hold_has_ended_and_others_can_have_the_units(frontdesk: Frontdesk) -> None:
    # given
    token = frontdesk.token(phone="+14045550149")
    frontdesk.say(token, f"please hold 40 of {SKU}")
    [held] = frontdesk.say(token, "yes")
    assert held["text"].startswith(f"Held: 40 × {SKU} in Newark until")
    last = frontdesk.messages(token, after=0, wait=0).json()[-1]["sequence"]

    # when its time is over
    over_time(frontdesk, conversation_of(token))

    # then
    [message] = told(frontdesk, token, last)
    assert message["author"] == "bot"
    assert message["text"].startswith("Your hold H-")
    assert "40 × trekking umbrella in Newark, has ended, and the units are free for others again." in message["text"]
    assert frontdesk.holds(conversation_of(token)) == [f"40 × {SKU}: ended"]
    assert [int(level.free) for level in frontdesk.erp.stock(SKU) if level.warehouse.name == "Newark"] == [400]


def over_time(frontdesk: Frontdesk, conversation: str) -> None:
    """Lets the conversation's hold and its job be as if they had been made two hours earlier."""
    now = system_clock() - timedelta(seconds=1)
    mine = store.holds.c.conversation_id == conversation
    with frontdesk.engine.begin() as connection:
        key = connection.execute(store.holds.select().where(mine)).one().key
        connection.execute(store.holds.update().where(mine).values(until=now))
        connection.execute(store.jobs.update().where(store.jobs.c.line == f"hold:{key}").values(run_at=now))


def told(frontdesk: Frontdesk, token: str, last: int) -> list[dict[str, Any]]:
    """What is written to the customer after a message, waited for."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found: list[dict[str, Any]] = frontdesk.messages(token, after=last, wait=1).json()
        if found:
            return found
    raise AssertionError("nothing was said")
