"""What customers write, edit and delete, on every database that it may lie in, with everything at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from middleware import bootstrap, store
from middleware.bootstrap import Middleware
from middleware.errors import Unavailable
from middleware.identity import Withdrawal, prove_by_code
from middleware.messages import Received
from tests import postgres
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA_PHONE, KNOWN, NOW, SetClock, project_settings

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
ADA = "whatsapp:US.1"


@pytest.fixture(params=DATABASES)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Middleware]]:
    """Two middlewares on one database."""
    sqlite = f"sqlite:///{tmp_path / 'store.db'}"
    url = sqlite if request.param == "sqlite" else postgres.fresh_database(request.getfixturevalue("postgres_url"))
    store.migrate(url)
    known = msgspec.structs.replace(project_settings(url), mailbox=str(tmp_path / "mailbox.txt"))
    made = [bootstrap.build(known, crm=FakeCrm(), erp=FakeErp(), clock=SetClock()) for _ in range(2)]
    yield made
    for one in made:
        one.close()


def received(external_id: str, text: str, **more: Any) -> Received:
    about = {"reply": {"text": text}, "proof": KNOWN, "written_at": NOW - timedelta(minutes=1)} | more
    return Received(conversation_id=ADA, channel="whatsapp", external_id=external_id, **about)


def edit(number: int) -> Received:
    return received(f"e{number}", f"edit {number}", replaces="one", written_at=NOW - timedelta(seconds=50 - number))


async def rows(middleware: Middleware, table: sa.Table) -> list[Any]:
    query = sa.select(table)
    found: list[Any] = await middleware.store.read(lambda connection: connection.execute(query).all())
    return found


async def test_of_one_message_brought_to_two_servers_at_once_there_is_one(both: list[Middleware]) -> None:
    same = [received(str(number), "hello") for number in range(5)]

    await asyncio.gather(*(both[place % 2].inbox.take(same) for place in range(10)))

    assert sorted(row.external_id for row in await rows(both[0], store.messages)) == ["0", "1", "2", "3", "4"]
    assert len(await rows(both[0], store.jobs)) == 5


async def test_of_edits_at_once_the_newest_is_what_is_heard(both: list[Middleware]) -> None:
    await both[0].inbox.take([received("one", "as it was")])

    await asyncio.gather(*(both[number % 2].inbox.take([edit(number)]) for number in range(10)))

    [message] = await rows(both[0], store.messages)
    assert message.payload["text"] == "edit 9"


async def test_an_edit_while_the_message_is_taken_up_is_heard_or_is_one_of_its_own(both: list[Middleware]) -> None:
    await both[0].inbox.take([received("one", "as it was")])
    waiting = await both[0].messages.waiting(ADA)
    assert waiting is not None

    taken, _ = await asyncio.gather(
        both[0].messages.take_up(waiting, "as it was", "as it was"),
        both[1].inbox.take([edit(1)]),
        return_exceptions=True,
    )

    texts = sorted(row.payload["text"] for row in await rows(both[0], store.messages))
    assert texts == (["edit 1"] if isinstance(taken, Unavailable) else ["as it was", "edit 1"])


async def test_what_is_deleted_is_gone_for_good(both: list[Middleware]) -> None:
    gone = {"text": "", "words": "(deleted by the customer)", "kind": "deleted"}
    await both[0].inbox.take([received("one", "secret")])

    await both[1].inbox.take([received("r", "", reply=gone, replaces="one", needs_answer=False)])
    await both[0].inbox.take([edit(1), received("one", "secret")])

    [message] = await rows(both[0], store.messages)
    assert (message.payload, message.state) == (gone, "answered")


async def test_another_device_loses_what_a_code_proved_and_a_given_up_number_itself(both: list[Middleware]) -> None:
    await both[0].inbox.take([received("one", "hello")])
    await both[0].store.write(lambda connection: prove_by_code(connection, ADA, "ada@example.com", NOW))
    doubted = Withdrawal(at=NOW, conversation_id="whatsapp:12015550110", phone=ADA_PHONE, is_given_up=False)

    await both[1].inbox.take([], [doubted])
    [identity] = await rows(both[0], store.identities)
    assert (identity.phone, identity.code_email) == (ADA_PHONE, None)

    await both[1].inbox.take([], [given_up()])
    [identity] = await rows(both[0], store.identities)
    assert identity.phone is None


def given_up() -> Withdrawal:
    return Withdrawal(at=NOW, conversation_id=ADA, phone=ADA_PHONE, is_given_up=True)
