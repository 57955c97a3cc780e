"""What the embedded back office promises beyond its ports: errors of ours, few queries, and a reset while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware.crm.embedded.client import EmbeddedCrm
from middleware.database import for_writing, metadata
from middleware.demo import Data
from middleware.erp.embedded.client import EmbeddedErp
from middleware.errors import Malformed, NotFound, Unavailable, Unknown
from middleware.records import CommentDraft, LeadKind, OrderChange, Reservation, Return, ReturnReason
from middleware.reset import lay
from tests.connectors.inside import InsideEmbedded
from tests.data.backoffice import ADA, KIM, TO_BE_RETURNED, backoffice
from tests.fakes.building import lead_draft, ticket_draft

Call = Callable[[Engine, datetime], Any]
LARGE = OrderChange(line="1", sku="BLU-JKT-L")
COMMENT = CommentDraft(body="Any news?", author="Ada Lovett", is_public=True)

CALLS: dict[str, Call] = {
    "contacts_by_phone": lambda engine, now: EmbeddedCrm(engine).contacts_by_phone(ADA),
    "contacts_by_email": lambda engine, now: EmbeddedCrm(engine).contacts_by_email("ada@example.com"),
    "open_tickets": lambda engine, now: EmbeddedCrm(engine).open_tickets("101"),
    "tickets_since": lambda engine, now: EmbeddedCrm(engine).tickets_since("101", now - timedelta(days=30)),
    "ticket": lambda engine, now: EmbeddedCrm(engine).ticket("901"),
    "open_ticket": lambda engine, now: EmbeddedCrm(engine).open_ticket(ticket_draft(contact_id="101"), "k"),
    "comment_ticket": lambda engine, now: EmbeddedCrm(engine).comment_ticket("901", COMMENT, "k"),
    "close_ticket": lambda engine, now: EmbeddedCrm(engine).close_ticket("901"),
    "keep_transcript": lambda engine, now: EmbeddedCrm(engine).keep_transcript("901", "hello"),
    "employee": lambda engine, now: EmbeddedCrm(engine).employee(KIM.email),
    "keep_lead": lambda engine, now: EmbeddedCrm(engine).keep_lead(lead_draft(owner=KIM.email), "k"),
    "customers_by_phone": lambda engine, now: EmbeddedErp(engine).customers_by_phone(ADA),
    "customers_by_email": lambda engine, now: EmbeddedErp(engine).customers_by_email("ada@example.com"),
    "customer": lambda engine, now: EmbeddedErp(engine).customer("1001"),
    "orders_since": lambda engine, now: EmbeddedErp(engine).orders_since("1001", now - timedelta(days=30)),
    "order": lambda engine, now: EmbeddedErp(engine).order("5001"),
    "cancel_order": lambda engine, now: EmbeddedErp(engine).cancel_order("5040", version="1", key="k"),
    "order_changed_by": lambda engine, now: EmbeddedErp(engine).order_changed_by("5040", "k"),
    "change_order": lambda engine, now: EmbeddedErp(engine).change_order("5040", LARGE, version="1", key="k"),
    "variants_by_sku": lambda engine, now: EmbeddedErp(engine).variants_by_sku("BLU-JKT-M"),
    "variants_by_words": lambda engine, now: EmbeddedErp(engine).variants_by_words({"jacket"}),
    "variants_of": lambda engine, now: EmbeddedErp(engine).variants_of("JKT"),
    "stock": lambda engine, now: EmbeddedErp(engine).stock("BLU-JKT-M"),
    "reserve": lambda engine, now: _reserve(engine, {"EWR": Decimal(1)}),
    "release": lambda engine, now: EmbeddedErp(engine).release("RES-1"),
    "reservation_made_by": lambda engine, now: EmbeddedErp(engine).reservation_made_by("k"),
    "returns_since": lambda engine, now: EmbeddedErp(engine).returns_since("1009", now - timedelta(days=30)),
    "create_return": lambda engine, now: _announce(engine, now),
    "return_made_by": lambda engine, now: EmbeddedErp(engine).return_made_by("k"),
    "invoices_between": lambda engine, now: EmbeddedErp(engine).invoices_between("1001", now.date(), now.date()),
    "unpaid_invoices": lambda engine, now: EmbeddedErp(engine).unpaid_invoices("1001"),
    "invoice": lambda engine, now: EmbeddedErp(engine).invoice("8001"),
}
CRM_WRITES = ("open_ticket", "comment_ticket", "close_ticket", "keep_transcript", "keep_lead")
WRITES = ("cancel_order", "change_order", "reserve", "create_return", *CRM_WRITES)


def _reserve(engine: Engine, parts: dict[str, Decimal], key: str = "k") -> Reservation:
    return EmbeddedErp(engine).reserve("BLU-JKT-M", parts, customer_number="1001", key=key)


def _announce(engine: Engine, now: datetime, order: str = TO_BE_RETURNED[0], key: str = "k") -> Return:
    given: dict[str, Any] = {"reason": ReturnReason.OTHER, "words": "", "return_by": now.date(), "key": key}
    return EmbeddedErp(engine).create_return(order, {"1": Decimal(1)}, **given)


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

    assert caught.value.system == _system(operation)
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
        ("""UPDATE erp_products SET options = '{"size": 5}'""", "variants_by_sku"),
        ("""UPDATE erp_products SET options = '{"size": 5}'""", "change_order"),
        ("UPDATE erp_returns SET status = 'banana'", "returns_since"),
        ("UPDATE erp_returns SET reason = ''", "returns_since"),
    ],
)
def test_a_row_that_makes_no_sense_is_malformed(database: Engine, now: datetime, mischief: str, operation: str) -> None:
    _write(database, mischief)

    with pytest.raises(Malformed) as caught:
        CALLS[operation](database, now)

    assert (caught.value.system, caught.value.operation) == ("erp", operation)


@pytest.mark.parametrize("operation", WRITES)
def test_a_write_whose_commit_fails_may_have_happened(database: Engine, now: datetime, operation: str) -> None:
    def lose_the_answer(_: Any) -> None:
        raise sa.exc.OperationalError("COMMIT", None, Exception("gone"))

    sa.event.listen(Engine, "commit", lose_the_answer)
    try:
        with pytest.raises(Unknown) as caught:
            CALLS[operation](database, now)
    finally:
        sa.event.remove(Engine, "commit", lose_the_answer)

    assert (caught.value.system, caught.value.operation) == (_system(operation), operation)


def _system(operation: str) -> str:
    return "crm" if hasattr(EmbeddedCrm, operation) else "erp"


# Queries


def test_a_list_of_orders_takes_as_many_queries_as_a_single_one(database: Engine, now: datetime) -> None:
    erp = EmbeddedErp(database)

    with _statements() as for_one:
        erp.order("5001")
    with _statements() as for_many:
        assert len(erp.orders_since("1001", now - timedelta(days=500))) == 10

    assert len(for_one) == len(for_many) == 3


def test_lists_of_returns_and_invoices_take_two_queries_each(database: Engine, now: datetime) -> None:
    erp = EmbeddedErp(database)

    with _statements() as of_returns:
        assert len(erp.returns_since("1009", now - timedelta(days=500))) == 2
    with _statements() as of_invoices:
        assert len(erp.invoices_between("1001", date(2000, 1, 1), now.date())) == 4

    assert len(of_returns) == len(of_invoices) == 2


def test_tickets_and_their_comments_come_in_one_query(database: Engine) -> None:
    with _statements() as seen:
        assert len(EmbeddedCrm(database).open_tickets("101")) == 3

    assert len(seen) == 1


# Numbers


@pytest.mark.parametrize(
    ("there", "number"),
    [("R-2079", "R-2080"), ("R-99999", "R-100000"), ("RMA-9000", "R-2081"), ("R-12A", "R-2081"), ("R-", "R-2081")],
)
def test_a_return_has_the_number_after_the_highest(database: Engine, now: datetime, there: str, number: str) -> None:
    lay(database, replace(backoffice(now), returns=[], return_lines=[]))
    _announce(database, now, key="first")
    _write(database, "DELETE FROM erp_return_lines")
    _write(database, f"UPDATE erp_returns SET number = '{there}'")

    assert _announce(database, now, TO_BE_RETURNED[1]).number == number


def test_the_first_return_has_a_number_that_looks_like_others(database: Engine, now: datetime) -> None:
    lay(database, replace(backoffice(now), returns=[], return_lines=[]))

    assert _announce(database, now).number == "R-2081"


@pytest.mark.parametrize(
    ("there", "number"),
    [("T-1080", "T-1081"), ("T-99999", "T-100000"), ("C-9000", "T-1077"), ("T-12A", "T-1077"), ("T-", "T-1077")],
)
def test_a_ticket_has_the_number_after_the_highest(database: Engine, there: str, number: str) -> None:
    lay(database, Data())
    crm = EmbeddedCrm(database)
    crm.open_ticket(ticket_draft(contact_id=None), "first")
    _write(database, f"UPDATE crm_tickets SET number = '{there}'")

    assert crm.open_ticket(ticket_draft(contact_id=None), "second").number == number


def test_a_new_contact_has_the_number_after_the_highest(database: Engine) -> None:
    _write(database, "UPDATE crm_contacts SET id = 'CT-1017' WHERE id = '106'")

    lead = EmbeddedCrm(database).keep_lead(lead_draft(kind=LeadKind.CONTACT, owner=KIM.email), "k")

    assert lead.id == "CT-1018"


# Articles


def test_of_very_many_articles_the_best_two_hundred_are_found(database: Engine, now: datetime) -> None:
    given = {"product_id": "X", "category": "", "options": {}, "price": None, "currency": "USD"}
    names = ["sofa"] * 300 + ["red sofa"] * 150
    products = [{**given, "sku": f"X-{place:03}", "name": name} for place, name in enumerate(names)]
    lay(database, Data(products=products))

    found = EmbeddedErp(database).variants_by_words({"sofa", "red"})

    assert [one.name for one in found] == ["red sofa"] * 150 + ["sofa"] * 50


# Reset


def test_laying_data_replaces_everything(database: Engine, now: datetime) -> None:
    _write(database, "UPDATE erp_customers SET name = 'Somebody Else'")

    assert lay(database, backoffice(now))

    assert EmbeddedErp(database).customer("1001").name == "Ada Lovett"
    assert _orders_in(database) == len(backoffice(now).orders)


def test_a_reset_ends_reservations_and_returns_too(database: Engine, now: datetime) -> None:
    made = _reserve(database, {"EWR": Decimal(2), "RNO": Decimal(1)})
    _announce(database, now)

    assert lay(database, backoffice(now))

    erp = EmbeddedErp(database)
    assert [int(level.free) for level in erp.stock("BLU-JKT-M")] == [5, 40]
    assert erp.reservation_made_by("k") is None and erp.return_made_by("k") is None
    assert len(erp.returns_since("1009", now - timedelta(days=500))) == 2
    with pytest.raises(NotFound):
        erp.release(made.id)


def test_a_reset_ends_what_was_written_in_the_crm(database: Engine, now: datetime) -> None:
    crm, inside = EmbeddedCrm(database), InsideEmbedded(database)
    for kind in LeadKind:
        crm.keep_lead(lead_draft(kind=kind, owner=KIM.email, contact_id="101"), f"k-{kind}")
    made = crm.open_ticket(ticket_draft(contact_id="101"), "k")
    crm.comment_ticket("901", COMMENT, "k")

    assert lay(database, backoffice(now))

    assert list(inside.leads(lead_draft().email)) == [] == list(inside.opportunities("101"))
    assert list(crm.contacts_by_email(lead_draft().email)) == []
    assert COMMENT.body not in str(crm.ticket("901"))
    with pytest.raises(NotFound):
        crm.ticket(made.number)
    assert crm.keep_lead(lead_draft(owner=KIM.email), f"k-{LeadKind.LEAD}").is_new, "its key is forgotten, too"


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
