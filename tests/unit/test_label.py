"""Return labels, read back from the PDF and from pictures of it."""

from __future__ import annotations

import string
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from middleware.documents.label import draw_label
from middleware.errors import Malformed
from middleware.records import Address, Order, Return, ReturnLine, ReturnReason, ReturnStatus
from middleware.settings import Settings
from tests import paper
from tests.fakes.building import NOW, order, project_settings

SETTINGS = project_settings()
HOME = Address(
    address1="18 Beech Street", address2="Apt 4", city="Maplewood", state="NJ", country="US", postcode="07040"
)
ORDER = order("20001", address=HOME)
HOSTILE = "<b>Юрий</b> & Ωmega “Żółć” O’Neil \x00\n\t\u202e{name} %s (\\"
MARGIN = 14


def _line(name: str = "alpine jacket", number: str = "1", **fields: Any) -> ReturnLine:
    blue: dict[str, Any] = {"sku": "JKT-BLU-M", "options": {"colour": "blue", "size": "M"}, "quantity": Decimal(1)}
    return ReturnLine(id=number, name=name, **(blue | fields))


def _return(number: str = "R-2081", **fields: Any) -> Return:
    given: dict[str, Any] = {"lines": (_line(),), "return_by": date(2026, 12, 4)}
    return Return(
        number=number,
        customer_number="1001",
        order_number="20001",
        reason=ReturnReason.TOO_SMALL,
        status=ReturnStatus.ANNOUNCED,
        created_at=NOW,
        **(given | fields),
    )


def _with(**rules: Any) -> Settings:
    return replace(SETTINGS, returns=replace(SETTINGS.returns, **rules))


def _draw(found: Return, order: Order = ORDER, sender: str = "Nora Lindqvist", known: Settings = SETTINGS) -> bytes:
    return draw_label(found, order, sender, known)


def test_a_label_is_four_by_six_inches_on_one_page() -> None:
    assert paper.sizes(_draw(_return())) == [(4 * 72, 6 * 72)]


def test_a_label_says_who_sends_what_where_and_until_when() -> None:
    written = paper.text(_draw(_return(lines=(_line(), _line("travel mug", "2", quantity=Decimal(2), sku="MUG-1")))))

    for part in (
        "FROM Nora Lindqvist 18 Beech Street Apt 4 Maplewood, NJ 07040 United States",
        "TO Fernhill Outfitters Returns 22 Doremus Avenue Newark, NJ 07114 United States",
        "RETURN R-2081",
        "ORDER 20001",
        "RETURN BY Friday, 4 December 2026",
        "1 × alpine jacket, blue, M (JKT-BLU-M)",
        "2 × travel mug, blue, M (MUG-1)",
        "1. Put the goods, unused, with everything that came with them into a firm box.",
        "2. Print this label and stick it flat on the largest side of the box.",
        "3. Hand the box in at a carrier of your choice and keep the receipt.",
    ):
        assert part in written


@pytest.mark.parametrize("pixels_per_inch", [203, 300, 600])
def test_both_bar_codes_hold_exactly_the_returns_number_as_printers_print_them(pixels_per_inch: int) -> None:
    read = paper.barcodes(_draw(_return("R-2081")), pixels_per_inch / 72)

    assert read == {"Code128": "R-2081", "QRCode": "R-2081"}


@settings(max_examples=40, deadline=None)
@given(st.text(string.ascii_letters + string.digits + string.punctuation + " ", min_size=1, max_size=20))
def test_whatever_number_an_erp_gives_can_be_read_from_both(number: str) -> None:
    number = f"A{number}1"  # the reader may take blanks at an end away

    assert paper.barcodes(_draw(_return(number))) == {"Code128": number, "QRCode": number}


@pytest.mark.parametrize("number", ["", "Ü-1", "R\n1", "R" * 60])
def test_a_number_that_no_bar_code_can_hold_is_refused(number: str) -> None:
    with pytest.raises(Malformed):
        _draw(_return(number))


def test_without_a_carriers_account_a_label_says_that_it_is_no_postage() -> None:
    assert "Not postage" in paper.text(_draw(_return(), known=_with(carrier_account="")))

    written = paper.text(_draw(_return(), known=_with(carrier_account="7421-99")))

    assert "Not postage" not in written
    assert "Carrier account 7421-99" in written


def test_the_same_return_gives_the_same_label_also_when_many_are_drawn_at_once() -> None:
    returns = [_return(f"R-{number}", lines=(_line(HOSTILE + str(number)),)) for number in range(8)]
    alone = [_draw(one) for one in returns]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(_draw, returns))

    assert alone == together
    assert len(set(alone)) == len(returns)


def test_fonts_go_with_the_file() -> None:
    pdf = _draw(_return(lines=(_line(HOSTILE),)))

    found = paper.fonts(pdf)
    assert found and all(found.values())
    assert pdf.count(b"/BaseFont") == pdf.count(b"/FontFile2") > 0


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Юлия Ωνάσης Żółć", "Юлия Ωνάσης Żółć"),
        ("Zoe\u0301 O’Neil", "Zoé O’Neil"),
        ("<b>Tom</b> & <font size=99>Co</font>", "<b>Tom</b> & <font size=99>Co</font>"),
        ("Ann\u202eeoD", "AnneoD"),
        ("a\nb\x00c\td", "a b c d"),
        ("田中 Taro", "□□ Taro"),
        ("דוד Levi", "□□□ Levi"),
        ("\ud800 Kim", "□ Kim"),
    ],
)
def test_a_name_is_written_as_it_is_or_with_a_substitute_for_what_the_fonts_lack(name: str, written: str) -> None:
    assert f"FROM {written} 18 Beech" in paper.text(_draw(_return(), sender=name))


def test_what_isnt_known_is_left_out() -> None:
    written = paper.text(
        _draw(_return(return_by=None, lines=(_line("", options={}),)), order("20001", address=Address()))
    )

    assert "RETURN BY" not in written
    assert "1 × JKT-BLU-M" in written
    assert "FROM Nora Lindqvist TO" in written.replace(
        " Not postage The carrier must still be paid to take this parcel.", ""
    )


@pytest.mark.parametrize("lines", [1, 2, 60])
@pytest.mark.parametrize("word", [HOSTILE, "x", "W" * 9 + " "], ids=["hostile", "no blank", "wide"])
def test_nothing_overlaps_or_leaves_the_label_however_long_it_is(lines: int, word: str) -> None:
    # given everything as long as can be
    long = (word * 200)[:200]
    far = Address(address1=long, address2=long, city=long, state=long, country="GB", postcode=long)
    many = tuple(_line(long, str(number), quantity=Decimal(10**9)) for number in range(lines))
    back = replace(SETTINGS.returns.address, name=long, address1=long, address2=long, city=long)

    # when
    known = _with(address=back, instructions=(long,) * 9)
    pdf = _draw(_return("RMA-2026-0123456789ABCDEF", lines=many), order("20001", address=far), long, known)

    # then
    assert paper.overlapping(pdf) == []
    assert paper.outside(pdf, MARGIN) == []
    assert len(paper.pages(pdf)) == 1
    assert paper.barcodes(pdf).keys() == {"Code128", "QRCode"}
    assert "1,000,000,000 ×" in paper.text(pdf)


def test_items_that_find_no_room_are_counted() -> None:
    written = paper.text(_draw(_return(lines=tuple(_line(f"thing {number}", str(number)) for number in range(60)))))

    shown = written.count("× thing")
    assert 3 < shown < 12
    assert f"and {60 - shown} more" in written


def test_a_label_is_written_in_the_companys_language() -> None:
    german = replace(SETTINGS, company=replace(SETTINGS.company, locale="de_DE"))

    written = paper.text(_draw(_return(), known=german))

    assert "Freitag, 4 Dezember 2026" in written
    assert "Vereinigte Staaten" in written
