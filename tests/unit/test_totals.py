"""An invoice adds up to the cent, whatever stands on it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.records import InvoiceLine, TaxTotal
from middleware.totals import CENT, line_net, to_the_cent, totals
from tests.fakes.building import invoice_line

RATES = ("0", "6.625", "8.875", "7.0", "7", "19")

amounts = st.decimals(min_value=-99_999, max_value=9_999_999, places=5)
lines = st.builds(
    lambda price, quantity, rate: invoice_line("1", str(price), quantity, rate),
    amounts,
    st.integers(min_value=0, max_value=10_000),
    st.sampled_from(RATES),
)


def rounded(exact: Fraction) -> Decimal:
    """Half a cent is a cent, away from zero, by whole numbers alone."""
    cents = (abs(exact) * 200 + 1) // 2
    return Decimal(cents if exact >= 0 else -cents) / 100


def exactly(amount: Decimal) -> Fraction:
    return Fraction(str(amount))


@given(amounts)
def test_half_a_cent_is_a_cent(amount: Decimal) -> None:
    assert to_the_cent(amount) == rounded(exactly(amount))


@pytest.mark.parametrize(
    ("quantity", "price", "net"),
    [
        (3, "0.335", "1.01"),
        (1, "0.005", "0.01"),
        (1, "0.00499", "0.00"),
        (1, "-0.005", "-0.01"),
        (20, "20", "400.00"),
        (0, "9.99", "0.00"),
    ],
)
def test_a_line_costs_its_quantity_times_its_price(quantity: int, price: str, net: str) -> None:
    assert str(line_net(Decimal(quantity), Decimal(price))) == net


@given(st.lists(lines))
def test_all_sums_add_up_to_the_cent(given_lines: list[InvoiceLine]) -> None:
    sums = totals(given_lines)

    assert sums.net == sum((line.net for line in given_lines), Decimal(0))
    assert sums.net == sum((one.net for one in sums.taxes), Decimal(0))
    assert sums.gross == sums.net + sum((one.tax for one in sums.taxes), Decimal(0))
    amounts = [sums.net, sums.gross, *(amount for one in sums.taxes for amount in (one.net, one.tax))]
    assert all(amount == amount.quantize(CENT) and amount.as_tuple().exponent == -2 for amount in amounts)


@given(st.lists(lines))
def test_the_tax_of_a_rate_is_taken_of_its_whole_net(given_lines: list[InvoiceLine]) -> None:
    nets: Counter[Decimal] = Counter()
    for line in given_lines:
        nets[line.tax_rate] += line.net  # type: ignore[assignment]

    taxes = totals(given_lines).taxes

    assert [one.rate for one in taxes] == sorted(nets)
    for one in taxes:
        assert one.net == nets[one.rate]
        assert one.tax == rounded(exactly(one.net) * exactly(one.rate) / 100)


@given(st.permutations([invoice_line(str(place), f"{place}.005", place, RATES[place % 6]) for place in range(8)]))
def test_the_order_of_the_lines_doesnt_matter(given_lines: list[InvoiceLine]) -> None:
    assert totals(given_lines) == totals(sorted(given_lines, key=lambda line: line.id))


def test_rates_that_are_written_differently_are_one() -> None:
    [tax] = totals([invoice_line("1", "10", 1, "7"), invoice_line("2", "10", 1, "7.0")]).taxes

    assert tax == TaxTotal(rate=Decimal(7), net=Decimal(20), tax=Decimal("1.40"))


def test_cents_arent_lost_line_by_line() -> None:
    pegs = [invoice_line(str(place), "0.05", 1, "6.625") for place in range(100)]

    assert totals(pegs).gross == Decimal("5.33"), "a third of a cent of tax on each"


def test_an_invoice_without_lines_is_nothing() -> None:
    sums = totals([])

    assert (str(sums.net), sums.taxes, str(sums.gross)) == ("0.00", (), "0.00")
