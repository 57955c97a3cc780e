"""What every ERP connector must do about invoices."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from middleware.erp.base import Erp
from middleware.errors import NotFound
from middleware.records import Address, Invoice, InvoiceLine, TaxTotal
from tests.connectors.erp_told import is_ours
from tests.data.backoffice import BENS_ORDER, PARTLY_SHIPPED_ORDER

ADA, BEN = "1001", "1002"
ALWAYS = (date(2000, 1, 1), date(2100, 1, 1))


def _numbers(invoices: object) -> list[str]:
    return [one.number for one in invoices]  # type: ignore[attr-defined]


def test_an_invoice_has_everything_that_must_stand_on_it(any_erp: Erp, now: datetime) -> None:
    issued_on = (now - timedelta(days=4)).date()
    if not is_ours(any_erp):
        _assert_gist(any_erp.invoice("8001"), issued_on)
        return

    assert any_erp.invoice("8001") == Invoice(
        number="8001",
        customer_number=ADA,
        order_number=PARTLY_SHIPPED_ORDER,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=30),
        paid_on=None,
        currency="USD",
        buyer_name="Ada Lovett",
        buyer_address=Address(
            address1="48 Mercer Street", city="Jersey City", state="NJ", country="US", postcode="07302"
        ),
        lines=(
            InvoiceLine(
                id="1",
                sku="BLU-JKT-M",
                description="alpine jacket, blue, M",
                quantity=Decimal(2),
                price=Decimal("189.99"),
                tax_rate=Decimal("6.625"),
                net=Decimal("379.98"),
            ),
        ),
        net=Decimal("379.98"),
        taxes=(TaxTotal(rate=Decimal("6.625"), net=Decimal("379.98"), tax=Decimal("25.17")),),
        gross=Decimal("405.15"),
        due=Decimal("405.15"),
    )


def _assert_gist(invoice: Invoice, issued_on: date) -> None:
    """Asserts what every ERP tells of an invoice; the paper itself, a vendor's ERP draws."""
    assert (invoice.number, invoice.customer_number, invoice.order_number) == ("8001", ADA, PARTLY_SHIPPED_ORDER)
    assert (invoice.issued_on, invoice.paid_on, invoice.currency) == (issued_on, None, "USD")
    assert invoice.due_on in (None, issued_on + timedelta(days=30))
    assert invoice.buyer_name == "Ada Lovett"
    assert [(one.sku, one.quantity, one.price, one.net) for one in invoice.lines] == [
        ("BLU-JKT-M", 2, Decimal("189.99"), Decimal("379.98"))
    ]
    assert (invoice.net, invoice.gross, invoice.due) == tuple(map(Decimal, ("379.98", "405.15", "405.15")))
    assert sum(total.tax for total in invoice.taxes) == Decimal("25.17")


def test_tax_is_taken_of_each_rates_sum_and_half_a_cent_is_a_cent(any_erp: Erp) -> None:
    invoice = any_erp.invoice("8003")

    assert [line.net for line in invoice.lines] == [Decimal("1.01"), Decimal("0.45"), Decimal("0.05")]
    if is_ours(any_erp):
        assert [line.id for line in invoice.lines] == ["1", "2", "10"]
        assert invoice.lines[0].sku is None
        assert invoice.taxes == (
            TaxTotal(rate=Decimal("6.625"), net=Decimal("0.50"), tax=Decimal("0.03")),
            TaxTotal(rate=Decimal("10"), net=Decimal("1.01"), tax=Decimal("0.10")),
        )
    assert (invoice.net, invoice.gross, invoice.due) == (Decimal("1.51"), Decimal("1.64"), Decimal("1.64"))


def test_of_a_paid_invoice_nothing_is_due(any_erp: Erp, now: datetime) -> None:
    invoice = any_erp.invoice("8002")

    paid_on = (now - timedelta(days=38)).date()
    assert invoice.paid_on == (paid_on if any_erp.capabilities.payment_days else None)
    assert (invoice.gross, invoice.due) == (Decimal("1234.50"), 0)
    assert invoice.order_number is None


def test_invoices_come_newest_first_between_two_days_both_counted(any_erp: Erp, now: datetime) -> None:
    def days_ago(days: int) -> date:
        return (now - timedelta(days=days)).date()

    assert _numbers(any_erp.invoices_between(ADA, *ALWAYS)) == ["8001", "8002", "8003", "8004"]
    assert _numbers(any_erp.invoices_between(ADA, days_ago(70), days_ago(40))) == ["8002", "8003"]
    assert _numbers(any_erp.invoices_between(ADA, days_ago(69), days_ago(41))) == []
    assert _numbers(any_erp.invoices_between(ADA, days_ago(4), days_ago(4))) == ["8001"]
    assert _numbers(any_erp.invoices_between(ADA, days_ago(4), days_ago(70))) == []


def test_the_list_holds_the_same_invoices_as_reading_each_one(any_erp: Erp) -> None:
    invoices = any_erp.invoices_between(ADA, *ALWAYS)

    assert list(invoices) == [any_erp.invoice(number) for number in _numbers(invoices)]


def test_what_is_still_to_be_paid_comes_the_oldest_first(any_erp: Erp) -> None:
    assert _numbers(any_erp.unpaid_invoices(ADA)) == ["8003", "8001"]
    assert list(any_erp.unpaid_invoices("1006")) == []


def test_an_invoice_is_read_whoever_owns_it(any_erp: Erp) -> None:
    invoice = any_erp.invoice("8005")

    assert (invoice.owner, invoice.currency, invoice.order_number) == (BEN, "EUR", BENS_ORDER)


def test_an_invoice_that_doesnt_exist_is_not_found(any_erp: Erp) -> None:
    with pytest.raises(NotFound) as caught:
        any_erp.invoice("4711")

    assert caught.value.system == "erp"
    assert "4711" not in str(caught.value)


def test_an_erp_draws_its_invoices_itself_or_says_that_it_doesnt(any_erp: Erp) -> None:
    drawn = any_erp.invoice_pdf("8001")

    assert (drawn or b"").startswith(b"" if is_ours(any_erp) else b"%PDF-")
    assert drawn is None or not is_ours(any_erp)


def test_hostile_input_finds_no_invoice(any_erp: Erp, hostile: str) -> None:
    assert list(any_erp.invoices_between(hostile, *ALWAYS)) == []
    assert list(any_erp.unpaid_invoices(hostile)) == []
    with nullcontext() if is_ours(any_erp) else suppress(NotFound):
        assert any_erp.invoice_pdf(hostile) is None
    with pytest.raises(NotFound):
        any_erp.invoice(hostile)
