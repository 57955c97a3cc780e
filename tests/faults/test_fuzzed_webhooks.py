"""Whatever WhatsApp's address is sent: what is signed is acknowledged, what isn't leaves no trace, nothing piles up."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.whatsapp_webhook import Reader
from middleware import settings, store
from tests.counts import seeded, times
from tests.fakes.building import NOW, SetClock
from tests.fakes.mutation import mutated
from tests.fakes.webhooks import (
    NUMBER_ID,
    Channel,
    Unready,
    all_recorded,
    message,
    serving,
    signature,
    text,
    webhook,
)

BODIES = times(100_000)
OVER_HTTP = BODIES // 5  # the others go to the parser alone
AT_ONCE = 5
MOST_GROWTH = 24 * 1024 * 1024  # bytes
UNLIMITED = settings.Limits(sender="1000000/minute", address="1000000/minute", largest_body=65536)
PAGE = 4096


def cases() -> list[Any]:
    """Webhooks of every kind."""
    edit = {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "edited"}}}
    button = {"type": "button_reply", "button_reply": {"id": "1.0", "title": "Yes"}}
    ours = [
        webhook(text("hello", id="wamid.1"), text("hello again", id="wamid.2")),
        webhook(message("edit", edit), message("revoke", {"original_message_id": "wamid.2"})),
        webhook(message("interactive", button), message("button", {"text": "Yes"})),
        webhook(
            message("image", {"id": "1", "caption": "this"}), message("document", {"id": "2", "filename": "a.pdf"})
        ),
        webhook(message("location", {"latitude": 1.5, "longitude": 2}), message("audio", {"id": "3", "voice": True})),
        webhook(
            message("contacts", [{"phones": [{"phone": "+1 201 555 0110"}], "emails": [{"email": "a@b.example"}]}])
        ),
        webhook(message("order", {"product_items": [{"product_retailer_id": "A", "quantity": 2}]})),
        webhook(message("reaction", {"emoji": "👍", "message_id": "wamid.1"}), message("system", {"type": "x"})),
        webhook(message("system", {"type": "user_changed_number"}), message("unsupported")),
        webhook(message("system", {"type": "customer_identity_changed"})),
        webhook(statuses=[{"id": "wamid.o", "status": "failed", "timestamp": "1", "errors": [{"code": 131047}]}]),
    ]
    return ours + list(all_recorded().values())


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keeps what is logged from being kept: it would look like memory that grows."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def resident() -> int:
    """How much memory this process has, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


@pytest.mark.timeout(3600)
def test_whatever_is_signed_is_read_into_what_can_be_stored() -> None:
    chance, known = seeded(), cases()
    reader = Reader(NUMBER_ID, 4000, SetClock())
    read = warm = 0
    for place in range(BODIES):
        if place == BODIES // 5:
            warm = resident()
        try:
            body = json.loads(mutated(chance, known))
        except (ValueError, RecursionError):
            continue
        webhook_ = reader.read(body)
        for one in webhook_.received:
            read += 1
            stored = (one.conversation_id, one.external_id, one.replaces, json.dumps(one.reply, ensure_ascii=False))
            assert all(part.encode() and "\0" not in part for part in stored if part), stored
            assert one.conversation_id.startswith("whatsapp:") and len(one.conversation_id) < 150
            assert one.external_id and len(one.external_id) <= 256 and len(one.reply["text"]) <= 4000
            assert one.written_at is None or one.written_at <= NOW
        assert all(status.external_id and status.at <= NOW for status in webhook_.statuses)

    assert read > BODIES // 5
    assert resident() - warm < MOST_GROWTH


@pytest.mark.timeout(3600)
async def test_nothing_fails_and_nothing_is_taken_that_isnt_signed(migrated: Path, tmp_path: Path) -> None:
    chance, known = seeded(), cases()
    async with serving(migrated, tmp_path, limits=UNLIMITED, agent=Unready()) as channel:
        warm = 0
        for sent in range(0, OVER_HTTP, AT_ONCE):
            if sent >= OVER_HTTP // 5 and not warm:
                warm = resident()
            channel.desk.clock.advance(timedelta(minutes=1))  # else every sender of an hour would be counted
            await asyncio.gather(*(one(channel, chance, known) for _ in range(AT_ONCE)))
        assert resident() - warm < MOST_GROWTH

        rows = channel.desk.rows(store.messages)
        assert len(rows) > OVER_HTTP // 10
        assert not [row for row in rows if "unsigned" in str(row)]
        assert channel.texts("bot") == []


async def one(channel: Channel, chance: random.Random, known: list[Any]) -> None:
    """Sends something, and looks at the answer."""
    if chance.random() < 0.7:
        body = mutated(chance, known).replace(b"wamid.", f"wamid.{chance.getrandbits(32)}.".encode())
        assert await channel.send(body) == 200
        return
    raw = json.dumps(webhook(text("unsigned", id=f"wamid.unsigned.{chance.random()}"))).encode()
    damaged = list(signature(raw))
    damaged[chance.randrange(7, len(damaged))] = chance.choice("ghijk -")
    forged = chance.choice(("".join(damaged), signature(raw, "guessed"), signature(raw[1:]), "", "sha256="))
    assert await channel.post(raw, **({"X-Hub-Signature-256": forged} if forged else {})) == 401
