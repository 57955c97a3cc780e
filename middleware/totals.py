"""What an invoice adds up to: the net of each line, the tax of each rate, and the sum of all, true to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from middleware.records import InvoiceLine, TaxTotal

CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """What is written under an invoice's lines.

    Attributes:
        net: Sum of the lines' nets.
        taxes: One for each rate, by rate.
        gross: `net` with all taxes.
    """

    net: Decimal
    taxes: tuple[TaxTotal, ...]
    gross: Decimal


def to_the_cent(amount: Decimal) -> Decimal:
    """Rounds as merchants do: half a cent is a cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def line_net(quantity: Decimal, price: Decimal) -> Decimal:
    """What a line costs without tax."""
    return to_the_cent(quantity * price)


def totals(lines: Iterable[InvoiceLine]) -> Totals:
    """Adds lines up; the tax is taken of each rate's whole net, so that a cent isn't lost line by line."""
    nets: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        nets[line.tax_rate] += line.net
    taxes = tuple(
        TaxTotal(rate=rate, net=to_the_cent(net), tax=to_the_cent(net * rate / 100))
        for rate, net in sorted(nets.items())
    )
    net = to_the_cent(sum((one.net for one in taxes), Decimal(0)))
    return Totals(net=net, taxes=taxes, gross=net + sum((one.tax for one in taxes), Decimal(0)))
