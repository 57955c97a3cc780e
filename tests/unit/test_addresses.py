"""Addresses in customers' words: what is read of them, and what is found wrong with them."""

from __future__ import annotations

import pytest

from middleware import addresses
from middleware.addresses import Reading, Trouble
from middleware.records import Address

BOSTON = Address(address1="12 Main Street", address2="Apt 3", city="Boston", state="MA", country="US", postcode="02110")
HOME = Address(address1="27 Grove Street", city="Stamford", state="CT", country="US", postcode="06901")


def read(text: str, known: Address = addresses.UNKNOWN) -> Reading:
    """What is read, where something is."""
    reading = addresses.read(text, known, HOME, ignoring=["23001"])
    assert reading
    return reading


@pytest.mark.parametrize(
    "text",
    [
        "12 Main Street Apt 3, Boston MA 02110",
        "ship it to 12 Main Street Apt 3, Boston, MA 02110 please",
        "order 23001 should go to 12 Main Street Apt 3, Boston MA 02110 instead",
        "12 main street\napt 3\nboston ma 02110",
        "12 Main Street, Apt 3, Boston, Massachusetts 02110, USA",
        "I typed my old one by mistake, the new one is 12 Main Street Apt 3, 02110",
    ],
)
def test_a_whole_address_is_read_however_it_is_written(text: str) -> None:
    assert read(text) == Reading(address=BOSTON)


@pytest.mark.parametrize(
    ("text", "street", "city"),
    [
        ("350 Fifth Avenue, New York, NY 10118", "350 Fifth Avenue", "New York"),
        ("350 Broadway New York 10013", "350 Broadway", "New York"),
        ("PO Box 123, Stamford CT 06901", "PO Box 123", "Stamford"),
        ("1600 Pennsylvania Ave NW Washington DC 20500", "1600 Pennsylvania Ave NW", "Washington"),
        ("12 Peachtree Street, Atlanta, Georgia 30303", "12 Peachtree Street", "Atlanta"),
        ("5 Newark Avenue, Jersey City, NJ 07302", "5 Newark Avenue", "Jersey City"),
    ],
)
def test_streets_of_all_kinds_are_read(text: str, street: str, city: str) -> None:
    reading = read(text)

    assert reading.trouble is None
    assert (reading.address.address1, reading.address.city) == (street, city)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("Main Street, Boston MA 02110", Trouble.STREET),
        ("Boston MA 02110", Trouble.STREET),
        ("02110", Trouble.STREET),
        ("12 Main Street", Trouble.POSTCODE),
        ("12 Main Street, Boston MA", Trouble.POSTCODE),
        ("12 Main Street, Boston MA 99999", Trouble.NO_SUCH_POSTCODE),
        ("12 Main Street, Boston MA 10001", Trouble.MISMATCH),
        ("12 Main Street, New York, NY 11201", Trouble.MISMATCH),
        ("ship it to Germany", Trouble.ABROAD),
        ("Calle Robles 14, Madrid, Spain", Trouble.ABROAD),
        ("221b Baker Street, London NW1 6XE", Trouble.ABROAD),
    ],
)
def test_what_cannot_be_an_address_yet_is_told_why(text: str, trouble: Trouble) -> None:
    assert read(text).trouble is trouble


def test_a_code_of_another_place_is_told_with_the_place_that_it_is_of() -> None:
    assert read("12 Main Street, Boston MA 10001").belongs_to == "New York, NY"


@pytest.mark.parametrize("piece", ["02110", "it's 02110", "Boston MA 02110", "in Boston, MA 02110"])
def test_the_missing_piece_completes_it(piece: str) -> None:
    known = read("12 Main Street Apt 3").address

    assert read(piece, known) == Reading(address=BOSTON)


def test_a_wrong_piece_is_replaced_and_a_whole_address_replaces_all() -> None:
    wrong = read("12 Main Street Apt 3, Boston MA 10001").address

    assert read("02110", wrong) == Reading(address=BOSTON)
    assert read("9 Elm Road, Newark, NJ 07102", wrong).address.city == "Newark"
    assert read("14 Main Street", BOSTON).address == Address(
        address1="14 Main Street", address2="Apt 3", city="Boston", state="MA", country="US", postcode="02110"
    )


@pytest.mark.parametrize("text", ["apt 4B", "put my apartment number on it please, 4B", "it's unit 4b", "#4B"])
def test_an_apartment_alone_is_put_to_the_address_that_there_is(text: str) -> None:
    reading = read(text)

    assert reading.trouble is None
    assert reading.address.address1 == HOME.address1
    assert reading.address.address2.upper().endswith("4B")


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("111 Wellington St, Ottawa ON K1A 0A4", None),
        ("77 King Street West, Toronto, Ontario M5K 1A1", None),
        ("77 Rue Sainte-Catherine, Montreal, QC H2X 1Z4", None),
        ("77 King Street West, Toronto, Ontario", Trouble.POSTCODE),
        ("77 King Street West, Toronto, ON H2X 1Z4", Trouble.MISMATCH),
        ("K1A 0A4", Trouble.STREET),
    ],
)
def test_canadian_addresses_are_read_in_their_simple_form(text: str, trouble: Trouble | None) -> None:
    reading = read(text)

    assert (reading.address.country, reading.trouble) == ("CA", trouble)


@pytest.mark.parametrize(
    "text",
    ["", "👍", "make it 3", "the second one", "to my office please", "where is order 23001", "in 2 days"],
)
def test_other_words_hold_no_address(text: str) -> None:
    assert addresses.read(text, current=HOME, ignoring=["23001"]) is None
    assert not addresses.is_in(text)


def test_what_stands_before_an_address_is_not_of_it() -> None:
    assert addresses.before("make it M and ship it to 12 Main Street, Boston").endswith("ship it to ")
    assert addresses.before("make it M") == "make it M"
