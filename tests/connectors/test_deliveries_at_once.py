"""What is pushed, with many senders and many statuses at once, on every database that it may lie in."""

from __future__ import annotations

import asyncio
import itertools
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from channels.whatsapp_client import Recipient
from channels.whatsapp_sending import Sender
from middleware import bootstrap, jobs, store
from middleware.bootstrap import Middleware
from middleware.clock import system_clock
from middleware.delivery_statuses import Status
from middleware.identity import Proof
from middleware.messages import Received
from middleware.outbox import SEND
from tests import postgres
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import project_settings
from tests.fakes.post import FakePost

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
CONVERSATIONS, EACH, WORKERS = 8, 6, 3


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database."""
    sqlite = f"sqlite:///{tmp_path / 'store.db'}"
    url = sqlite if request.param == "sqlite" else postgres.fresh_database(request.getfixturevalue("postgres_url"))
    store.migrate(url)
    return url


@pytest.fixture
def process(url: str, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Opens the middleware as a process of its own does."""
    files = {name: str(tmp_path / name) for name in ("mailbox", "audit_head", "documents_url")}
    known = msgspec.structs.replace(project_settings(url), **files)

    @contextmanager
    def opened() -> Iterator[Middleware]:
        built = bootstrap.build(known, crm=FakeCrm(), erp=FakeErp(), post=FakePost())
        try:
            yield built
        finally:
            built.close()

    yield opened


class Client:
    """WhatsApp's, for senders in several threads; `sent`: texts by recipient."""

    def __init__(self, told: Callable[[str, str], Any] | None = None) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._told = told
        self.sent: defaultdict[str | None, list[str]] = defaultdict(list)

    async def send(self, recipient: Recipient, payload: Mapping[str, Any], delivery_id: str) -> str:
        """Sends a message."""
        with self._lock:
            external_id = f"wamid.{next(self._numbers)}"
            self.sent[recipient.user_id].append(payload["text"]["body"])
        await asyncio.sleep(0.001)
        if self._told:
            await self._told(external_id, delivery_id)
        return external_id

    async def upload(self, content: bytes, name: str, media_type: str) -> str:
        """Hands over a document."""
        raise NotImplementedError

    async def seen_and_typing(self, message_id: str) -> None:
        """Tells that a message was seen."""


def conversation(number: int) -> str:
    return f"whatsapp:US.{number}"


async def fill(middleware: Middleware, conversations: int = CONVERSATIONS, each: int = EACH) -> None:
    """Has customers write, and stores answers in any mixture."""
    for number in range(conversations):
        heard = Received(
            conversation_id=conversation(number),
            channel="whatsapp",
            external_id=uuid.uuid4().hex,
            reply={"text": "hello"},
            proof=Proof(),
            needs_answer=False,
        )
        await middleware.inbox.take([heard])
    for text, number in itertools.product(range(each), range(conversations)):
        await middleware.messages.say(conversation(number), uuid.uuid4().hex, [{"text": str(text)}])


def of(middleware: Middleware, *columns: Any) -> Any:
    """What stands in the table of deliveries, without doubles."""
    return middleware.store.read(lambda c: [tuple(row) for row in c.execute(sa.select(*columns).distinct())])


def of_bot(middleware: Middleware) -> Any:
    """How the messages to customers stand, without doubles."""
    query = sa.select(store.messages.c.state).where(store.messages.c.author == "bot").distinct()
    return middleware.store.read(lambda c: c.execute(query).scalars().all())


async def test_many_senders_send_everything_once_and_in_order(process: Callable[[], Any]) -> None:
    client = Client()

    def work() -> None:
        async def run() -> None:
            unfinished = sa.select(sa.func.count()).where(store.messages.c.state == "queued")
            with process() as middleware:
                middleware.jobs.does_only({SEND: Sender(middleware, client).send}, patient={SEND})
                while await middleware.store.read(lambda c: c.execute(unfinished).scalar_one()):
                    await middleware.jobs.run_due()

        asyncio.run(run())

    with process() as middleware:
        await fill(middleware)
        with ThreadPoolExecutor(WORKERS) as pool:
            await asyncio.gather(*(asyncio.wrap_future(pool.submit(work)) for _ in range(WORKERS)))

        assert client.sent == {f"US.{one}": [str(text) for text in range(EACH)] for one in range(CONVERSATIONS)}
        table = store.deliveries.c
        assert await of(middleware, table.state, table.attempts, table.doubts) == [("sent", 1, 0)]


async def test_senders_that_both_have_a_conversation_send_nothing_twice(process: Callable[[], Any]) -> None:
    client = Client()
    with process() as one, process() as other:
        await fill(one, conversations=1, each=20)
        job = jobs.Job(id="", kind=SEND, line="", payload={"conversation": conversation(0)}, attempts=1)
        senders = [Sender(middleware, client) for middleware in (one, other, one)]

        for _ in range(20):  # whoever meets the other says that it goes on later
            await asyncio.gather(*(sender.send(job) for sender in senders), return_exceptions=True)

        assert client.sent["US.0"] == [str(text) for text in range(20)]
        assert await of(one, store.deliveries.c.state, store.deliveries.c.repeats) == [("sent", 0)]


async def test_statuses_that_come_before_the_answer_are_kept(process: Callable[[], Any]) -> None:
    with process() as middleware, process() as other:

        async def told(external_id: str, delivery_id: str) -> None:
            """Tells all of it at once, in several webhooks, the last one first."""
            statuses = [status(external_id, delivery_id, state) for state in ("read", "delivered", "sent")]
            await asyncio.gather(*(other.outbox.note([one]) for one in statuses))

        await fill(middleware)
        middleware.jobs.does_only({SEND: Sender(middleware, Client(told)).send}, patient={SEND})
        await middleware.jobs.run_due()

        assert await of(middleware, store.deliveries.c.state) == [("read",)]
        assert await of_bot(middleware) == ["sent"]


def status(external_id: str, delivery_id: str | None, state: str, code: str | None = None) -> Status:
    return Status(
        external_id=external_id, delivery_id=delivery_id, state=state, at=system_clock(), error_code=code, error=code
    )


async def test_webhooks_that_tell_of_the_same_parts_in_any_order_dont_wait_for_each_other(
    process: Callable[[], Any],
) -> None:
    with process() as middleware:
        await fill(middleware, conversations=1, each=1)
        await middleware.messages.say(conversation(0), "long", [{"text": "word " * 3000}])
        middleware.jobs.does_only({SEND: Sender(middleware, Client()).send}, patient={SEND})
        await middleware.jobs.run_due()
        ids = await of(middleware, store.deliveries.c.external_id)
        told = [status(one, None, "failed", "131026") for (one,) in ids]

        batches = [told, told[::-1], *([one] for one in told)] * 3
        await asyncio.gather(*(middleware.outbox.note(batch) for batch in batches))

        assert await of(middleware, store.deliveries.c.state) == [("failed",)]
        assert await of_bot(middleware) == ["failed"]
