"""The middleware's own tables, on every database that they may lie in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from middleware import store
from middleware.clock import system_clock
from middleware.codes import Codes, Outcome
from middleware.database import metadata, open_engine
from middleware.errors import Unavailable
from middleware.history import History
from middleware.identity import Identity, Proof
from middleware.messages import Messages
from middleware.settings import IdentityRules, Level
from middleware.store import Store, open_store
from tests import postgres
from tests.fakes.building import project_settings

# SQLite's own, where a table counts its rows.
OF_SQLITE = "sqlite_sequence"

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
NORA = Proof(phone="+12015550150")
RULES = IdentityRules(verified_minutes=30, known_hours=12)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return postgres.fresh_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def opened(url: str) -> Iterator[Store]:
    """A store on a migrated database."""
    store.migrate(url)
    opened = open_store(url)
    yield opened
    opened.close()


def test_migrations_make_the_tables_that_the_code_speaks_of_and_can_be_taken_back(url: str) -> None:
    store.migrate(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        ours = {"compare_type": False, "include_name": lambda name, *_: name != OF_SQLITE}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, metadata) == []

    command.downgrade(store._alembic(url), "base")

    assert set(sa.inspect(engine).get_table_names()) <= {"alembic_version", OF_SQLITE}
    engine.dispose()


async def test_turns_of_one_conversation_at_once_get_sequences_without_holes(opened: Store) -> None:
    messages = Messages(opened, system_clock)

    async def turn(number: int) -> None:
        taken = await messages.open_turn("rest:a", "rest", f"message {number}", f"m-{number}", NORA)
        await messages.close_turn(taken, [{"text": f"answer {number}"}, {"text": "more"}])

    await asyncio.gather(*(turn(number) for number in range(40)))

    query = sa.select(store.messages.c.sequence).order_by(store.messages.c.sequence)
    assert await opened.read(lambda c: c.execute(query).scalars().all()) == list(range(1, 121))


async def test_the_same_message_is_stored_once_and_gets_the_same_replies(opened: Store) -> None:
    messages = Messages(opened, system_clock)
    first = await messages.open_turn("rest:a", "rest", "hi 🧥 \x00", "m-1", NORA)
    await messages.close_turn(first, [{"text": "hello"}])

    again = await messages.open_turn("rest:a", "rest", "hi", "m-1", NORA)

    assert again.replies == ({"text": "hello"},)
    count = sa.select(sa.func.count()).select_from(store.messages)
    assert await opened.read(lambda c: c.execute(count).scalar_one()) == 2


async def test_what_is_written_to_a_customer_is_read_in_order_from_any_place_on(opened: Store) -> None:
    messages = Messages(opened, system_clock)
    for text in ("one", "two"):
        turn = await messages.open_turn("rest:a", "rest", text, None, NORA)
        await messages.say_meanwhile(turn, [{"text": f"{text} takes a moment"}])
        await messages.close_turn(turn, [{"text": f"{text} done"}])
    await messages.open_turn("rest:b", "rest", "hi", None, NORA)

    history = History(opened)
    found = await history.to_customer("rest:a", 2, 2)

    assert [(one.sequence, one.author, one.reply["text"]) for one in found] == [
        (3, "bot", "one done"),
        (5, "bot", "two takes a moment"),
    ]
    assert all(one.at.tzinfo for one in found)
    assert list(await history.to_customer("rest:a", 2**31 - 1, 10)) == []
    assert await history.last_sequences(["rest:a", "rest:b", "rest:c"]) == {"rest:a": 6, "rest:b": 1}


async def test_who_is_speaking_is_known_for_as_long_as_the_turn_is_open(opened: Store) -> None:
    messages, identity = Messages(opened, system_clock), Identity(opened, RULES, system_clock)
    turn = await messages.open_turn("rest:a", "rest", "hi", None, NORA)

    during = await identity.who("rest:a", turn.id)
    await messages.close_turn(turn, [{"text": "hello"}])
    after = await identity.who("rest:a", turn.id)

    assert (during.level, during.proof) == (Level.KNOWN, NORA)
    assert after.level is Level.PUBLIC


async def test_tries_and_requests_at_once_keep_to_their_limits(opened: Store) -> None:
    # given
    messages, identity = Messages(opened, system_clock), Identity(opened, RULES, system_clock)
    codes = Codes(opened, project_settings(), system_clock, lambda: None)
    turn = await messages.open_turn("rest:a", "rest", "hi", None, Proof())
    who = await identity.who("rest:a", turn.id)

    # when
    asked = await asyncio.gather(*(codes.request(who, "nora@example.com") for _ in range(12)))
    outcomes = await asyncio.gather(*(codes.check(who, "000000") for _ in range(20)))

    # then
    rows = await opened.read(lambda c: c.execute(sa.select(store.codes)).all())
    assert (asked.count(True), outcomes.count(Outcome.SPENT)) == (3, 1)
    assert sorted((row.ended, row.tries) for row in rows) == [("replaced", 0), ("replaced", 0), ("spent", 5)]


async def test_a_contact_asked_for_in_many_conversations_at_once_keeps_to_its_limit(opened: Store) -> None:
    messages, identity = Messages(opened, system_clock), Identity(opened, RULES, system_clock)
    codes = Codes(opened, project_settings(), system_clock, lambda: None)
    people = []
    for number in range(12):
        turn = await messages.open_turn(f"rest:{number}", "rest", "hi", None, Proof())
        people.append(await identity.who(f"rest:{number}", turn.id))

    asked = await asyncio.gather(*(codes.request(who, "nora@example.com") for who in people))

    assert asked.count(True) == 5


async def test_a_database_that_was_restored_from_a_copy_is_the_one_that_is_asked(tmp_path: Path) -> None:
    # given a store that is open, and a copy of its database from before its last message
    file = tmp_path / "store.db"
    url = f"sqlite:///{file}"
    store.migrate(url)
    copy = tmp_path / "copy.db"
    copy.write_bytes(file.read_bytes())
    opened = open_store(url)
    await Messages(opened, system_clock).open_turn("rest:a", "rest", "hi", "m-1", NORA)

    # when the copy takes its place
    for rest in tmp_path.glob("store.db-*"):
        rest.unlink()
    copy.replace(file)

    # then the message is gone, and what is written now is in the file
    count = sa.select(sa.func.count()).select_from(store.messages)
    assert await opened.read(lambda connection: connection.execute(count).scalar_one()) == 0
    await Messages(opened, system_clock).open_turn("rest:b", "rest", "hi", "m-2", NORA)
    opened.close()
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.execute(count).scalar_one() == 1
    engine.dispose()


async def test_writers_of_one_process_wait_for_each_other_and_none_for_ever(
    opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_TIMEOUT_SECONDS", 0.1)
    is_sqlite = opened._engine.dialect.name == "sqlite"
    begun, go_on = threading.Event(), threading.Event()

    def take_long(_connection: Any) -> bool:
        begun.set()
        return go_on.wait(60)

    under_way = asyncio.ensure_future(opened.write(take_long))
    while not begun.is_set():
        await asyncio.sleep(0.001)

    if is_sqlite:
        with pytest.raises(Unavailable):
            await opened.write(lambda _connection: None)
        monkeypatch.setattr(store, "BUSY_TIMEOUT_SECONDS", 60)
        waiting = asyncio.ensure_future(opened.write(lambda _connection: "done"))
        go_on.set()
        assert await waiting == "done"
    else:
        await opened.write(lambda _connection: None)
        go_on.set()
    assert await under_way
