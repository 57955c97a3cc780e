"""Meta's side of WhatsApp loses answers, refuses for a while, and fails: what reaches the customers, and how often."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

from channels.whatsapp_client import WhatsAppClient
from channels.whatsapp_sending import Sender
from middleware.jobs import Jobs
from middleware.outbox import SEND
from tests.counts import seeded
from tests.fakes.fixtures import MakeBench
from tests.fakes.sending import Sending
from tests.fakes.whatsapp import Person, WhatsApp

CONVERSATIONS, EACH, ROUNDS = 20, 10, 60
A_WHILE = timedelta(seconds=20)
FOR_A_WHILE = (130429, 131056, 131000)  # too much at all, too much for one, a disturbance
FOR_GOOD = (131026, 100)


class Unsteady(WhatsApp):
    """Meta's side on a bad day."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(per_second=10_000, pair_burst=10_000)
        self._chance = chance

    def authorise(self, path: str, shown: str) -> None:
        """Lets a request in, or something goes wrong."""
        with self._lock:
            fate = self._chance.random()
            if fate < 0.08:
                self.trouble.drop += 1  # it is sent, but nobody hears
            elif fate < 0.12:
                self.trouble.raw.append((502, {}, b"<html>Bad Gateway</html>"))  # it isn't, but nobody knows
            elif fate < 0.22:
                self.trouble.fail.append(self._chance.choice(FOR_A_WHILE))
            elif fate < 0.25:
                self.trouble.fail.append(self._chance.choice(FOR_GOOD))
        super().authorise(path, shown)


def conversation(person: Person) -> str:
    return f"whatsapp:{person.user_id}"


def as_expected(person: Person) -> list[str]:
    return [f"{person.name}: {number}" for number in range(EACH)]


async def tell_some(sending: Sending, meta: WhatsApp, told: set[str], chance: random.Random) -> None:
    """Tells of some of what was sent since, so that some doubts are settled."""
    for sent in list(meta.sent):
        if sent.id not in told:
            told.add(sent.id)
            if chance.random() < 0.5:
                await sending.tell("delivered", sent.id, sent.delivery)


async def test_all_of_it_arrives_in_order_and_only_doubted_ones_twice(bench: MakeBench) -> None:
    chance, told = seeded(), set[str]()
    sending = Sending(bench(now=datetime.now(timezone.utc)))
    with Unsteady(chance) as meta:
        client = WhatsAppClient(meta.account)
        people = [meta.person(f"person {number}", hides_phone=True) for number in range(CONVERSATIONS)]
        for person in people:
            meta.opens_window(person)
            await sending.hear(conversation=conversation(person))
            await sending.say(*as_expected(person), conversation=conversation(person))

        # when two processes send, until nothing is left
        workers = [worker(sending, client) for _ in range(2)]
        for _ in range(ROUNDS):
            await asyncio.gather(*(one.run_due() for one in workers))
            await tell_some(sending, meta, told, chance)
            sending.bench.clock.now += A_WHILE
            if "queued" not in sending.messages().values():
                break
        await client.close()

        # then
        rows = sending.parts()
        stand = {row["id"]: row["state"] for row in rows}
        assert set(sending.messages().values()) <= {"sent", "failed"}
        assert set(stand.values()) <= {"sent", "delivered", "failed", "doubtful"}
        accepted = Counter(one.delivery for one in meta.sent)
        assert max(accepted.values()) == 2  # else nothing was tried out
        for person in people:
            first = list(dict.fromkeys(one.payload["text"]["body"] for one in meta.sent_to(person)))
            assert first == [text for text in as_expected(person) if text in set(first)]
        for row in rows:
            if row["state"] in ("sent", "delivered"):
                assert accepted[row["id"]] >= 1
            assert accepted[row["id"]] <= 1 + row["repeats"]
            assert row["doubts"] <= 2
        assert len(meta.duplicates) <= sum(row["repeats"] for row in rows)
        assert 0 < sum(row["repeats"] for row in rows) < sum(row["doubts"] for row in rows)


def worker(sending: Sending, client: Any) -> Jobs:
    """Another process."""
    jobs = Jobs(sending.middleware.store, sending.bench.clock, {})
    jobs.does_only({SEND: Sender(sending.middleware, client).send}, patient={SEND})
    return jobs
