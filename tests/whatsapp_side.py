"""A customer on WhatsApp: writes and presses by webhooks, as Meta would bring them, and reads what Meta was sent."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any

import sqlalchemy as sa

from middleware import store
from middleware.delivery_states import DELIVERED, QUEUED, READ, SENT
from middleware.history import CUSTOMER, Reply
from tests.servers import ARRIVAL_SECONDS, MOMENT, Frontdesk
from tests.sides import Said, Side
from tests.whatsapp_reading import SHARE, Offered, offers_of, said

# A picture of one dot, and what is no more than the beginning of a recording.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
VOICE = b"OggS" + bytes(100)


class WhatsAppSide(Side):
    """Somebody who writes on WhatsApp.

    Args:
        proven: Their `phone`. Of whoever has none here Meta tells only the id that it gave them; they may have a
            number all the same, which they share when they are asked: `shares`.

    Attributes:
        seen: How far the customer has read.
    """

    def __init__(self, frontdesk: Frontdesk, proven: Mapping[str, str]) -> None:
        super().__init__()
        assert set(proven) <= {"phone", "shares"}, "WhatsApp proves nothing but a number"
        number = proven.get("phone", proven.get("shares", "")).removeprefix("+")
        self._frontdesk = frontdesk
        self._meta = frontdesk.meta
        self.person = self._meta.person(
            "Somebody", number or None, f"US.{uuid.uuid4().int % 10**20:020}", hides_phone="phone" not in proven
        )
        self.seen = 0
        self._choices: list[Offered] = []

    @property
    def conversation(self) -> str:
        """Its id in the store."""
        return f"whatsapp:{self.person.user_id}"

    def close(self) -> None:
        """Asserts that all that was said was sent, at the first attempt."""
        table = store.deliveries
        query = sa.select(table.c.state, table.c.attempts, table.c.error).where(
            table.c.conversation_id == self.conversation
        )
        with self._frontdesk.engine.connect() as connection:
            rows = connection.execute(query).all()
        assert [row for row in rows if row.state not in (SENT, DELIVERED, READ) or row.attempts != 1] == []

    def answers_to(self, does: Callable[[], Any]) -> list[Said]:
        """Reads what is answered to anything that the customer does."""
        does()
        self._frontdesk.answered(self.conversation)
        return self._offer([one for one in self._read() if one.text != MOMENT])

    def _say(self, text: str) -> Sequence[Said]:
        return self.answers_to(lambda: self._meta.write(self.person, text))

    def _press(self, title: str) -> Sequence[Said]:
        if title == SHARE:
            return self.answers_to(lambda: self._meta.share_contact(self.person))
        pressed = next(one for one in self._choices if one.whole == title)
        return self.answers_to(lambda: self._meta.press(self.person, pressed.shown))

    def _send(self, what: str, value: Any) -> Sequence[Said]:
        return self.answers_to(lambda: self._sending()[what](value))

    def _sending(self) -> dict[str, Callable[[Any], Any]]:
        """What a script can have sent, by its name there."""
        meta, person = self._meta, self.person

        def twice(text: str) -> None:
            body = meta.body(person, {"messages": [meta.message(person, "text", {"body": text})]})
            meta.opens_window(person)
            for _ in range(2):
                meta.deliver(body)

        def moves(number: str) -> None:
            self.person = meta.change_number(person, number.removeprefix("+"))

        return {
            "picture": lambda caption: meta.send_media(person, "image", PNG, "image/png", caption=caption or ""),
            "voice": lambda _: meta.send_media(person, "voice", VOICE, "audio/ogg; codecs=opus"),
            "card": lambda number: meta.share_contact(person, number.removeprefix("+")),
            "twice": twice,
            "moves to": moves,
        }

    def _arrived(self, count: int) -> Sequence[Said]:
        found: list[Said] = []
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while True:
            found += self._read()
            if len(found) >= count or time.monotonic() > deadline:
                return found
            time.sleep(0.02)

    def _read(self) -> Sequence[Said]:
        """What Meta was sent for the customer since the last look, message by message, in the order of sending."""
        sent = self._sent()
        self._choices = [offer for reply, payloads in sent for offer in offers_of(reply, payloads)]
        return [said(reply, payloads, self._frontdesk.settings.whatsapp) for reply, payloads in sent]

    def _sent(self) -> list[tuple[Reply, list[dict[str, Any]]]]:
        """The messages since the last look, each with the payloads that it came in."""
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
        arrived = {one.delivery: (place, one.payload) for place, one in enumerate(self._meta.sent)}
        missing = [row.payload for row in rows if row.id not in arrived]
        assert not missing, f"never sent: {missing}"
        places = [arrived[row.id][0] for row in rows]
        assert places == sorted(places), "sent in another order than said"
        found: dict[int, tuple[Reply, list[dict[str, Any]]]] = {}
        for row in rows:
            found.setdefault(row.sequence, (row.payload, []))[1].append(arrived[row.id][1])
        self.seen = max([self.seen, *found])
        self._assert_papers([payload for _, payloads in found.values() for payload in payloads])
        return list(found.values())

    def _assert_papers(self, payloads: Sequence[Mapping[str, Any]]) -> None:
        for payload in payloads:
            if payload["type"] == "document":
                media = self._meta.media[payload["document"]["id"]]
                assert (media.media_type, media.content[:5]) == ("application/pdf", b"%PDF-")
