"""What the embedded back office promises beyond its ports: errors of ours, few queries, and a reset while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware.crm.embedded.client import EmbeddedCrm
from middleware.database import for_writing, metadata
from middleware.demo import Data
from middleware.erp.embedded.client import EmbeddedErp
from middleware.errors import Malformed, NotFound, Unavailable
from middleware.reset import lay
from tests.data.backoffice import ADA, backoffice

Call = Callable[[Engine, datetime], Any]

CALLS: dict[str, Call] = {
    "contacts_by_phone": lambda engine, now: EmbeddedCrm(engine).contacts_by_phone(ADA),
    "contacts_by_email": lambda engine, now: EmbeddedCrm(engine).contacts_by_email("ada@example.com"),
    "open_tickets": lambda engine, now: EmbeddedCrm(engine).open_tickets("101"),
    "customers_by_phone": lambda engine, now: EmbeddedErp(engine).customers_by_phone(ADA),
    "customers_by_email": lambda engine, now: EmbeddedErp(engine).customers_by_email("ada@example.com"),
    "customer": lambda engine, now: EmbeddedErp(engine).customer("1001"),
    "orders_since": lambda engine, now: EmbeddedErp(engine).orders_since("1001", now - timedelta(days=30)),
    "order": lambda engine, now: EmbeddedErp(engine).order("5001"),
    "cancel_order": lambda engine, now: EmbeddedErp(engine).cancel_order("5040", version="1", key="k"),
    "order_changed_by": lambda engine, now: EmbeddedErp(engine).order_changed_by("5040", "k"),
}


@contextmanager
def _statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    # On the class: an engine with options of its own is another engine.
    sa.event.listen(Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def _before_the_second_query(happens: Callable[[], Any]) -> Iterator[None]:
    queries = 0

    def meanwhile(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal queries
        queries += statement.lstrip().upper().startswith("SELECT")
        if queries == 2:
            queries += 1
            happens()

    sa.event.listen(Engine, "before_cursor_execute", meanwhile)
    yield
    sa.event.remove(Engine, "before_cursor_execute", meanwhile)


def _write(engine: Engine, statement: str) -> None:
    with for_writing(engine).begin() as connection:
        connection.execute(sa.text(statement))


def _orders_in(engine: Engine) -> int:
    with engine.begin() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM erp_orders")).scalar_one())


# Errors


@pytest.mark.parametrize("operation", CALLS)
def test_a_database_that_fails_is_unavailable(database: Engine, now: datetime, operation: str) -> None:
    metadata.drop_all(database)

    with pytest.raises(Unavailable) as caught:
        CALLS[operation](database, now)

    assert caught.value.system == ("crm" if "contacts" in operation or "tickets" in operation else "erp")
    assert caught.value.operation == operation
    assert "ada" not in str(caught.value).lower() and ADA not in str(caught.value)


@pytest.mark.parametrize(
    ("mischief", "operation"),
    [
        ("UPDATE erp_orders SET status = 'banana'", "order"),
        ("UPDATE erp_orders SET status = 'banana'", "orders_since"),
        ("UPDATE erp_order_lines SET status = ''", "order"),
        ("UPDATE erp_products SET options = '[1, 2]'", "order"),
        ("""UPDATE erp_products SET options = '{"size": 5}'""", "orders_since"),
    ],
)
def test_a_row_that_makes_no_sense_is_malformed(database: Engine, now: datetime, mischief: str, operation: str) -> None:
    _write(database, mischief)

    with pytest.raises(Malformed) as caught:
        CALLS[operation](database, now)

    assert (caught.value.system, caught.value.operation) == ("erp", operation)


# Queries


def test_a_list_of_orders_takes_as_many_queries_as_a_single_one(database: Engine, now: datetime) -> None:
    erp = EmbeddedErp(database)

    with _statements() as for_one:
        erp.order("5001")
    with _statements() as for_many:
        assert len(erp.orders_since("1001", now - timedelta(days=500))) == 10

    assert len(for_one) == len(for_many) == 3


def test_tickets_and_their_comments_come_in_one_query(database: Engine) -> None:
    with _statements() as seen:
        assert len(EmbeddedCrm(database).open_tickets("101")) == 3

    assert len(seen) == 1


# Reset


def test_laying_data_replaces_everything(database: Engine, now: datetime) -> None:
    _write(database, "UPDATE erp_customers SET name = 'Somebody Else'")

    assert lay(database, backoffice(now))

    assert EmbeddedErp(database).customer("1001").name == "Ada Lovett"
    assert _orders_in(database) == len(backoffice(now).orders)


def test_empty_data_can_be_laid(database: Engine) -> None:
    assert lay(database, Data())

    assert _orders_in(database) == 0


def test_a_back_office_with_customers_is_left_alone_if_asked(database: Engine, now: datetime) -> None:
    assert not lay(database, Data(), only_if_empty=True)
    assert _orders_in(database) == len(backoffice(now).orders)

    lay(database, Data())
    assert lay(database, backoffice(now), only_if_empty=True)


def test_data_that_cant_be_laid_leaves_the_old_data(database: Engine, now: datetime) -> None:
    broken = Data(customers=[{"number": "1", "name": None}])

    with pytest.raises(sa.exc.IntegrityError):
        lay(database, broken)

    assert _orders_in(database) == len(backoffice(now).orders)


def test_two_resets_at_once_both_succeed(database: Engine, now: datetime) -> None:
    data = backoffice(now)

    with ThreadPoolExecutor(4) as pool:
        laid = list(pool.map(lambda _: lay(database, data), range(8)))

    assert laid == [True] * 8
    assert _orders_in(database) == len(data.orders)


def test_an_order_is_read_whole_though_the_data_is_laid_anew_meanwhile(database: Engine) -> None:
    erp, whole = EmbeddedErp(database), EmbeddedErp(database).order("5001")

    with _before_the_second_query(lambda: lay(database, Data())):
        read = erp.order("5001")

    assert read == whole
    with pytest.raises(NotFound):
        erp.order("5001")
