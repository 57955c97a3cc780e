"""A customer on WhatsApp: writes and presses as Meta's webhooks tell it, reads what the stand-in of Meta was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

import sqlalchemy as sa

from middleware import store
from middleware.delivery_states import QUEUED
from middleware.messages import CUSTOMER, Reply
from tests.servers import MOMENT, Frontdesk
from tests.sides import Said, Side
from tests.whatsapp_people import Item, Person, Webhooks, webhook
from tests.whatsapp_reading import Offered, offers_of, said

PDF = b"%PDF-"


class WhatsAppSide(Side):
    """Somebody who writes on WhatsApp.

    Args:
        proven: Their `phone`; without it Meta tells only the id that it gave them.

    Attributes:
        seen: How far the customer has read.
    """

    def __init__(self, frontdesk: Frontdesk, proven: Mapping[str, str]) -> None:
        super().__init__()
        assert set(proven) <= {"phone"}, "WhatsApp proves nothing but a number"
        self.person = Person(phone=proven.get("phone"))
        self.seen = 0
        self._frontdesk = frontdesk
        self._account = frontdesk.whatsapp_account
        self._webhooks = Webhooks(frontdesk.servers.url, self._account)
        self._choices: list[Offered] = []

    @property
    def conversation(self) -> str:
        """Its id in the store."""
        return self.person.conversation

    def close(self) -> None:
        """Asserts that all that was said was sent, once, and refused by nobody."""
        table = store.deliveries
        query = sa.select(table.c.state, table.c.attempts, table.c.doubts, table.c.error).where(
            table.c.conversation_id == self.conversation
        )
        with self._frontdesk.engine.connect() as connection:
            rows = connection.execute(query).all()
        assert [row for row in rows if row.state not in ("sent", "delivered", "read") or row.doubts] == []
        assert all(row.attempts == 1 for row in rows)

    def does(self, *items: Item, times: int = 1) -> list[Said]:
        """Lets Meta tell of some messages, in one webhook, and reads all that is answered.

        Args:
            times: How often Meta tells it.
        """
        for _ in range(times):
            answer = self._webhooks.bring(webhook(self._account, self.person, *items))
            assert answer.status_code == 200, answer.text
        self._frontdesk.answered(self.conversation)
        return self._offer([one for one in self._read() if one.text != MOMENT])

    def _say(self, text: str) -> Sequence[Said]:
        return self.does(self.person.writes(text))

    def _press(self, title: str) -> Sequence[Said]:
        pressed = next(one for one in self._choices if one.whole == title)
        return self.does(self.person.presses(pressed.id, pressed.title, pressed.is_row))

    def _send(self, what: str, value: Any) -> Sequence[Said]:
        return self.does(self.person.does(what, value))

    def _arrived(self, count: int) -> Sequence[Said]:
        found: list[Said] = []
        for _ in self._frontdesk.tries(count):
            found += self._read()
            if len(found) >= count:
                break
        return found

    def _read(self) -> Sequence[Said]:
        """What Meta was sent for the customer since the last look, message by message, in the order of sending."""
        sent = self._sent()
        self._choices = [offer for reply, payloads in sent for offer in offers_of(reply, payloads)]
        return [said(reply, payloads, self._frontdesk.settings.whatsapp) for reply, payloads in sent]

    def _sent(self) -> list[tuple[Reply, list[dict[str, Any]]]]:
        messages, deliveries = store.messages, store.deliveries
        query = (
            sa.select(messages.c.sequence, messages.c.payload, messages.c.state, deliveries.c.id)
            .outerjoin(deliveries, deliveries.c.message_id == messages.c.id)
            .where(messages.c.conversation_id == self.conversation, messages.c.author != CUSTOMER)
            .where(messages.c.sequence > self.seen)
            .order_by(messages.c.sequence, deliveries.c.part)
        )
        with self._frontdesk.engine.connect() as connection:
            rows = list(takewhile(lambda row: row.state != QUEUED, connection.execute(query).all()))
        arrived = {payload["biz_opaque_callback_data"]: payload for payload in self._frontdesk.meta.messages}
        found: dict[int, tuple[Reply, list[dict[str, Any]]]] = {}
        for row in rows:
            _, parts = found.setdefault(row.sequence, (row.payload, []))
            assert row.id in arrived, f"never sent: {row.payload}"
            parts.append(arrived[row.id])
        self.seen = max([self.seen, *found])
        return list(found.values())
