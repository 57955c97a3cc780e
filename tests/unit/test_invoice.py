"""Invoices on paper, read back: everything that one must name, and every amount as the ledger has it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from middleware.documents.invoice import draw_invoice
from middleware.records import Address, Invoice, InvoiceLine, TaxTotal
from middleware.settings import Settings
from tests import paper
from tests.fakes.building import project_settings

SETTINGS = project_settings()
HOME = Address(address1="18 Beech Street", city="Maplewood", state="NJ", country="US", postcode="07040")
HOSTILE = "<b>Юрий</b> & Ωmega “Żółć” O’Neil \x00\n\t\u202e{name} %s (\\"
MARGIN = 48
LETTER, A4 = (612, 792), (595, 842)

amounts = st.decimals(min_value=-(10**6), max_value=10**9, places=2)
quantities = st.decimals(min_value=0, max_value=10**9, places=3)
prices = st.decimals(min_value=0, max_value=10**6, places=4)
rates = st.decimals(min_value=0, max_value=30, places=3)


def _line(number: int = 1, description: str = "alpine jacket, blue, M", **fields: Any) -> InvoiceLine:
    given: dict[str, Any] = {
        "sku": "JKT-BLU-M",
        "quantity": Decimal(2),
        "price": Decimal("129.00"),
        "tax_rate": Decimal("6.625"),
        "net": Decimal("258.00"),
    }
    return InvoiceLine(id=str(number), description=description, **(given | fields))


def _invoice(*lines: InvoiceLine, **fields: Any) -> Invoice:
    given: dict[str, Any] = {
        "number": "INV-88213",
        "customer_number": "1001",
        "order_number": "20001",
        "issued_on": date(2026, 10, 3),
        "due_on": date(2026, 11, 2),
        "paid_on": None,
        "currency": "USD",
        "buyer_name": "Nora Lindqvist",
        "buyer_address": HOME,
        "lines": lines or (_line(),),
        "net": Decimal("1204.60"),
        "taxes": (TaxTotal(rate=Decimal("6.625"), net=Decimal("1204.60"), tax=Decimal("79.80")),),
        "gross": Decimal("1284.40"),
        "due": Decimal("1284.40"),
    }
    return Invoice(**(given | fields))


def _company(**fields: Any) -> Settings:
    return replace(SETTINGS, company=replace(SETTINGS.company, **fields))


def _draw(invoice: Invoice, known: Settings = SETTINGS) -> bytes:
    return draw_invoice(invoice, known)


def test_an_invoice_names_all_that_en_16931_calls_mandatory() -> None:
    mug = _line(2, "travel mug, red", sku="MUG-1", quantity=Decimal(1), price=Decimal("14.5"), net=Decimal("14.50"))

    written = paper.text(_draw(_invoice(_line(), mug)))

    for part in (
        "Fernhill Outfitters Invoice",
        "FROM Fernhill Outfitters Inc. 410 Raymond Boulevard Newark, NJ 07105 United States Tax number US 88-0142973",
        "BILL TO Nora Lindqvist 18 Beech Street Maplewood, NJ 07040 United States",
        "Invoice number INV-88213",
        "Issue date 3 October 2026",
        "Due date 2 November 2026",
        "Order number 20001",
        "Customer number 1001",
        "Currency USD",
        "1 alpine jacket, blue, M JKT-BLU-M 2 $129.00 6.625% $258.00",
        "2 travel mug, red MUG-1 1 $14.50 6.625% $14.50",
        "Net total $1,204.60",
        "Tax 6.625% on $1,204.60 $79.80",
        "Total including tax $1,284.40",
        "Amount due $1,284.40",
        "PAYMENT Please pay by bank transfer to Garden State Bank",
        "Page 1 of 1",
    ):
        assert part in written


def test_a_paid_invoice_says_when_it_was_paid_and_doesnt_ask_for_payment() -> None:
    written = paper.text(_draw(_invoice(paid_on=date(2026, 10, 20), due=Decimal("0.00"))))

    assert "Paid on 20 October 2026 Amount due $0.00" in written
    assert "PAYMENT" not in written


def test_what_there_is_none_of_is_left_out() -> None:
    written = paper.text(_draw(_invoice(_line(sku=None), order_number=None), _company(tax_id="", payment="")))

    assert "Order number" not in written
    assert "Tax number" not in written
    assert "PAYMENT" not in written
    assert "1 alpine jacket, blue, M 2 $129.00" in written


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(quantities, prices, rates, amounts), min_size=1, max_size=12),
    st.lists(st.tuples(rates, amounts, amounts), max_size=4),
    amounts,
    amounts,
    amounts,
)
def test_every_amount_is_the_ledgers_to_the_last_digit(
    lines: list[tuple[Decimal, ...]],
    taxes: list[tuple[Decimal, ...]],
    net: Decimal,
    gross: Decimal,
    due: Decimal,
) -> None:
    # given an invoice whose amounts don't even add up
    drawn = [
        _line(number, "thing", quantity=quantity, price=price, tax_rate=rate, net=amount)
        for number, (quantity, price, rate, amount) in enumerate(lines, 1)
    ]
    totals = tuple(TaxTotal(rate=rate, net=base, tax=tax) for rate, base, tax in taxes)

    # when
    written = paper.text(_draw(_invoice(*drawn, taxes=totals, net=net, gross=gross, due=due)))

    # then
    money, number = r"(-?\$[\d,.]+)", r"([\d,.]+)"
    rows = re.findall(rf"(\d+) thing JKT-BLU-M {number} {money} {number}% {money}", written)
    assert [tuple(map(_value, row)) for row in rows] == [(place, *line) for place, line in enumerate(lines, 1)]
    assert [tuple(map(_value, tax)) for tax in re.findall(rf"Tax {number}% on {money} {money}", written)] == taxes
    [ends] = re.findall(rf"Net total {money} .*?Total including tax {money} Amount due {money}", written)
    assert tuple(map(_value, ends)) == (net, gross, due)


def _value(text: str) -> Decimal:
    return Decimal(text.replace("$", "").replace(",", ""))


@pytest.mark.parametrize(
    ("locale", "currency", "amount", "written"),
    [
        ("en_US", "USD", "1284.5", "$1,284.50"),
        ("en_US", "EUR", "1284.40", "€1,284.40"),
        ("en_US", "JPY", "1284", "¥1,284"),
        ("en_US", "BHD", "1.2", "BHD1.200"),
        ("de_DE", "EUR", "1284.40", "1.284,40 €"),
        ("fr_FR", "EUR", "1284.40", "1 284,40 €"),
        ("en_IN", "INR", "1234567.80", "₹12,34,567.80"),
        ("pl_PL", "PLN", "-12.00", "-12,00 zł"),
    ],
)
def test_money_is_written_as_the_company_writes_it(locale: str, currency: str, amount: str, written: str) -> None:
    invoice = _invoice(currency=currency, due=Decimal(amount))

    assert f"Amount due {written}" in paper.text(_draw(invoice, _company(locale=locale)))


@pytest.mark.parametrize(("country", "size"), [("US", LETTER), ("CA", LETTER), ("DE", A4), ("GB", A4), ("JP", A4)])
def test_the_paper_is_that_of_the_companys_country(country: str, size: tuple[int, int]) -> None:
    [(width, height)] = paper.sizes(_draw(_invoice(), _company(country=country)))

    assert (round(width), round(height)) == size


@pytest.mark.parametrize("count", [1, 20, 24, 25, 26, 27, 28, 60, 400])
def test_lines_go_on_over_as_many_pages_as_they_need(count: int) -> None:
    pages = paper.pages(_draw(_invoice(*(_line(number, f"thing {number}") for number in range(1, count + 1)))))

    # then each line stands once, in order
    written = " ".join(pages)
    assert re.findall(r"thing (\d+)", written) == [str(number) for number in range(1, count + 1)]

    # and each page says what it is, and has the columns' heads; the totals stand beneath a line
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert "Fernhill Outfitters" in page
        assert "INV-88213" in page
        assert re.search(r"NO\. DESCRIPTION SKU QUANTITY UNIT PRICE TAX NET\s+\d", page)
    assert written.count("Amount due") == pages[-1].count("Amount due") == 1


@pytest.mark.parametrize("lines", [1, 60])
@pytest.mark.parametrize("word", [HOSTILE, "x", "W" * 9 + " "], ids=["hostile", "no blank", "wide"])
def test_nothing_overlaps_or_leaves_the_page_however_long_it_is(lines: int, word: str) -> None:
    # given everything as long as can be
    long = (word * 200)[:200]
    far = Address(address1=long, address2=long, city=long, state=long, country="JP", postcode=long)
    great = {"quantity": Decimal(10**9), "price": Decimal("1234567890.125"), "net": Decimal("999999999999999.99")}
    many = [_line(number, long, sku=long[:40], **great) for number in range(lines)]
    taxes = tuple(TaxTotal(rate=Decimal(rate), net=great["net"], tax=great["net"]) for rate in range(6))
    invoice = _invoice(*many, number=long[:60], buyer_name=long, buyer_address=far, taxes=taxes, due=great["net"])
    seller = replace(SETTINGS.company.address, name=long, address1=long, address2=long, city=long)

    # when
    pdf = _draw(invoice, _company(name=long, address=seller, tax_id=long, payment=long * 4, email=long))

    # then
    assert paper.overlapping(pdf) == []
    assert paper.outside(pdf, MARGIN) == []
    assert paper.text(pdf).count("$999,999,999,999,999.99") == lines + 2 * len(taxes) + 1


def test_a_hostile_name_is_written_as_it_is() -> None:
    written = paper.text(_draw(_invoice(_line(description=HOSTILE), buyer_name=HOSTILE)))

    assert written.count("<b>Юрий</b> & Ωmega") == 2
    assert "田" not in written
    assert "BILL TO □□ Taro 18" in paper.text(_draw(_invoice(buyer_name="田中 Taro")))


def test_the_same_invoice_gives_the_same_bytes() -> None:
    many = _invoice(*(_line(number, HOSTILE) for number in range(60)))

    assert _draw(many) == _draw(many)
    assert _draw(_invoice()) != _draw(_invoice(number="INV-88214"))


def test_fonts_go_with_the_file() -> None:
    pdf = _draw(_invoice(*(_line(number, HOSTILE) for number in range(60))))

    found = paper.fonts(pdf)
    assert found and all(found.values())
    assert pdf.count(b"/BaseFont") == pdf.count(b"/FontFile2") > 0
