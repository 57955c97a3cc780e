"""A company's own files in the embedded back office, on every database: all of them or none, and told as they stand."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware.crm.embedded.client import EmbeddedCrm
from middleware.demo import Data
from middleware.erp.embedded.client import EmbeddedErp
from middleware.errors import NotFound
from middleware.importing import load as loading
from middleware.importing.errors import NotImportable
from middleware.importing.files import File, files
from middleware.importing.load import load
from middleware.records import (
    Address,
    Contact,
    Customer,
    Employee,
    Money,
    OrderLine,
    OrderStatus,
    Receipt,
    ReturnReason,
    Shipment,
    TicketComment,
)
from middleware.reset import embedded_tables, lay
from tests.data.backoffice import ADA, backoffice
from tests.data.own_files import CUSTOMERS, EMPLOYEES, EVERYTHING, with_columns, write
from tests.fakes.building import lead_draft, project_settings

FILES = files(project_settings())
MARY, MARYS_PHONE = "#A-0077 1", "+12015550150"
MARYS_ADDRESS = Address(address1="1 Elm Street", city="Newark", state="NJ", country="US", postcode="07102")
JACKET = OrderLine(
    id="1",
    sku="JKT-B-M",
    name="alpine jacket",
    options={"colour": "blue", "size": "M"},
    category="clothing",
    quantity=Decimal(2),
    price=Money(amount=Decimal("179.50"), currency="USD"),
    status=OrderStatus.SHIPPED,
)
LAMP = OrderLine(
    id="2",
    sku="LMP",
    name="",
    options={},
    category="",
    quantity=Decimal(1),
    price=None,
    status=OrderStatus.PLACED,
)


@pytest.fixture
def imported(database: Engine, tmp_path: Path) -> Engine:
    """A back office with everything of a company's own in the place of the tests' data."""
    load(database, write(tmp_path / "own", EVERYTHING), FILES)
    return database


def everything_in(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the back office."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for table in embedded_tables()
        }


# What is there afterwards


def test_a_customer_is_one_in_both_systems(imported: Engine) -> None:
    [customer] = EmbeddedErp(imported).customers_by_phone(MARYS_PHONE)
    [contact] = EmbeddedCrm(imported).contacts_by_email("mary@example.com")

    reached = {"email": "mary@example.com", "phone": MARYS_PHONE}
    assert customer == Customer(number=MARY, name="Mary Ann Okafor", address=MARYS_ADDRESS, **reached)
    assert contact == Contact(id=MARY, first_name="Mary Ann", last_name="Okafor", erp_number=MARY, **reached)


def test_an_employee_can_be_given_leads_and_looks_after_customers(database: Engine, tmp_path: Path) -> None:
    own = {
        "employees.csv": EMPLOYEES,
        "customers.csv": "id,email,executive,segment\n1,ada@own.example,KIM@acme.example,key account\n",
    }

    load(database, write(tmp_path / "own", own), FILES)

    crm = EmbeddedCrm(database)
    [contact] = crm.contacts_by_email("ada@own.example")
    kim = Employee(email="kim@acme.example", name="Kim Larsen")
    assert (contact.executive, contact.segment) == (kim, "key account")
    assert crm.keep_lead(lead_draft(owner=kim.email), "k").owner == kim


def test_a_name_of_one_word_is_a_last_name(imported: Engine) -> None:
    [contact] = EmbeddedCrm(imported).contacts_by_phone("+442079460018")

    assert (contact.first_name, contact.last_name) == ("", "Acme")


def test_an_order_without_lines_has_a_parcel_without_the_day_it_was_shipped(imported: Engine) -> None:
    order = EmbeddedErp(imported).order("P_1")

    assert (order.lines, order.status) == ((), OrderStatus.SHIPPED)
    assert order.placed_at == datetime(2026, 3, 2, 14, 30, tzinfo=timezone.utc)
    assert order.expected_on == date(2026, 3, 13)
    assert order.address == MARYS_ADDRESS
    parcel = Shipment(id="P_1", quantities={}, carrier="FedEx", tracking="7712 34", expected_on=date(2026, 3, 13))
    assert order.shipments == (parcel,)


def test_an_order_in_parts_has_in_its_parcel_what_was_sent(imported: Engine) -> None:
    order = EmbeddedErp(imported).order("P_2")

    assert order.lines == (JACKET, LAMP)
    assert order.shipments == (Shipment(id="P_2", quantities={"1": Decimal(2)}, carrier="UPS", tracking="1Z 9"),)
    assert order.expected_on == date(2026, 3, 14)
    assert order.address == Address(address1="2 Oak Street", city="Boston", country="US")


def test_a_line_without_price_and_status_has_the_products_and_the_orders(imported: Engine) -> None:
    order = EmbeddedErp(imported).order("P_3")

    [line] = order.lines
    assert line.price == Money(amount=Decimal("189.99"), currency="USD")
    assert line.status is OrderStatus.DELIVERED
    assert order.shipments[0].quantities == {"1": Decimal(1)}
    assert order.shipments[0].delivered_at == order.delivered_at == datetime(2026, 2, 5, 15, tzinfo=timezone.utc)


def test_what_is_to_come_in_is_told_with_the_stock(imported: Engine) -> None:
    [level] = EmbeddedErp(imported).stock("JKT-B-M")

    assert (level.warehouse.name, level.free) == ("Newark", 12)
    assert level.receipts == (Receipt(quantity=Decimal(40), expected_on=date(2026, 3, 20)),)


def test_what_was_imported_can_be_returned_and_reserved_and_its_invoices_add_up(imported: Engine) -> None:
    erp = EmbeddedErp(imported)
    announced = {"reason": ReturnReason.OTHER, "words": "", "return_by": date(2026, 4, 1), "key": "k"}

    made = erp.create_return("P_3", {"1": Decimal(1)}, **announced)
    invoice = erp.invoice("INV/1")

    assert (made.number, made.refund) == ("R-2081", Money(amount=Decimal("189.99"), currency="USD"))
    assert (invoice.net, invoice.gross) == (Decimal("179.99"), Decimal("192.58"))
    assert erp.reserve("JKT-B-M", {"EWR": Decimal(12)}, customer_number=MARY, key="k").parts == {"EWR": 12}


def test_stock_and_invoices_are_there(imported: Engine) -> None:
    rows = everything_in(imported)

    assert rows["erp_stock"] == [("JKT-B-M", "EWR", 12)]
    assert rows["erp_warehouses"] == [("EWR", "Newark", 40.7357, -74.1724, "US", "07114")]
    [invoice] = rows["erp_invoices"]
    assert invoice == ("INV/1", "old_co", "P_3", date(2026, 2, 1), date(2026, 3, 3), None, "EUR")
    assert rows["erp_invoice_lines"] == [
        ("INV/1", "1", "JKT-B-M", "alpine jacket", 1, Decimal("189.99"), Decimal("6.625")),
        ("INV/1", "2", None, "discount", 1, Decimal("-10.00"), Decimal("0.00")),
    ]


def test_an_open_ticket_is_told_with_its_comment(imported: Engine) -> None:
    [ticket] = EmbeddedCrm(imported).open_tickets(MARY)

    assert (ticket.number, ticket.subject) == ("T 1", "torn zip")
    written_at = datetime(2026, 3, 6, 8, tzinfo=timezone.utc)
    assert ticket.last_comment == TicketComment(body="We are looking at it.", written_at=written_at, author="Kim")


def test_customers_alone_are_enough(database: Engine, tmp_path: Path) -> None:
    counts = load(database, write(tmp_path / "own", {"customers.csv": CUSTOMERS}), FILES)

    assert counts == {"customer": 2}
    filled = {name for name, rows in everything_in(database).items() if rows}
    assert filled == {"erp_customers", "crm_contacts"}
    assert EmbeddedErp(database).orders_since(MARY, datetime(2000, 1, 1, tzinfo=timezone.utc)) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_required_columns_of_a_file_are_enough(database: Engine, tmp_path: Path, file: File) -> None:
    # given everything, and one file with nothing but what it must have
    required = [column.name for column in file.columns if column.required]
    given = EVERYTHING | {file.name: with_columns(file.name, required)}

    # when
    counts = load(database, write(tmp_path / "own", given), FILES)

    # then
    assert counts[file.noun] == len(EVERYTHING[file.name].splitlines()) - 1


# All or nothing


def test_what_was_there_before_is_gone(imported: Engine) -> None:
    assert EmbeddedErp(imported).customers_by_phone(ADA) == []
    with pytest.raises(NotFound):
        EmbeddedErp(imported).order("5001")


def test_the_same_files_again_change_nothing(imported: Engine, tmp_path: Path) -> None:
    before = everything_in(imported)

    load(imported, tmp_path / "own", FILES)

    assert everything_in(imported) == before


def test_a_last_line_that_is_wrong_leaves_everything_as_it_was(database: Engine, tmp_path: Path) -> None:
    before = everything_in(database)
    given = EVERYTHING | {"tickets.csv": EVERYTHING["tickets.csv"] + "T 3,nobody,lost,2026-03-01,,,,\n"}

    with pytest.raises(NotImportable, match=r'^tickets\.csv, line 4, column customer_id: "nobody" stands in no line'):
        load(database, write(tmp_path / "own", given), FILES)

    assert everything_in(database) == before


def test_until_the_last_line_everyone_sees_what_was_there_before(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given someone who asks before each batch of lines
    seen: list[int] = []
    batches = loading._batches

    def asked_before_each(lines: object) -> object:
        for batch in batches(lines):  # type: ignore[arg-type]
            seen.append(len(EmbeddedErp(database).customers_by_phone(ADA)))
            yield batch

    monkeypatch.setattr(loading, "_batches", asked_before_each)

    # when
    load(database, write(tmp_path / "own", EVERYTHING), FILES)

    # then
    assert seen == [1] * len(EVERYTHING)
    assert EmbeddedErp(database).customers_by_phone(ADA) == []


def test_setting_up_leaves_imported_data_alone_and_a_reset_replaces_it(imported: Engine, now: datetime) -> None:
    before = everything_in(imported)

    assert not lay(imported, Data(), only_if_empty=True)
    assert everything_in(imported) == before

    assert lay(imported, backoffice(now))
    assert len(EmbeddedErp(imported).customers_by_phone(ADA)) == 1


# Many rows


def test_every_reference_has_an_index_that_begins_with_it() -> None:
    """PostgreSQL would read the whole child table for each parent that an import deletes."""
    for table in embedded_tables():
        indexes = [list(index.columns) for index in table.indexes] + [list(table.primary_key)]
        for key in table.foreign_keys:
            assert any(columns[0] is key.parent for columns in indexes), f"{table.name}.{key.parent.name}"
