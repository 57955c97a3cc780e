"""How the company writes days, lists and things; every value remembers the field that it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal

from middleware.quantities import ONES
from middleware.records import Address, OrderLine, ReturnLine, Variant
from middleware.settings import Settings

VARIANT = "Variant.name,Variant.sku,Variant.options"
COLOURS = ("colour", "color")  # what is said before a thing's name
ITEM = "OrderLine.name,OrderLine.sku,OrderLine.options"
SPELT_UP_TO = 12


class Fill(str):
    """A piece of text that fills a placeholder, with the field of the record or setting that it came from."""

    source: str

    def __new__(cls, text: str, source: str) -> Fill:
        """Makes one."""
        fill = super().__new__(cls, text)
        fill.source = source
        return fill


Fills = Mapping[str, Fill]


class Words:
    """The company's way of writing.

    Args:
        settings: For zone, locale and what is told of the company.
        now: The present moment.
    """

    def __init__(self, settings: Settings, now: datetime) -> None:
        self._settings = settings
        self._locale = settings.company.locale
        self._today = now.astimezone(settings.zone).date()

    def day(self, when: date | datetime, source: str) -> Fill:
        """A day as one says it: the weekday alone for the six days just past, with the date beside it otherwise."""
        day = when.astimezone(self._settings.zone).date() if isinstance(when, datetime) else when
        if timedelta(days=1) <= self._today - day <= timedelta(days=6):
            pattern = "EEEE"
        elif day.year == self._today.year or abs(day - self._today) < timedelta(days=60):
            pattern = "EEEE, d MMMM"
        else:
            pattern = "d MMMM y"
        return Fill(format_date(day, pattern, locale=self._locale), source)

    def full_day(self, day: date, source: str) -> Fill:
        """A day that is yet to come or a limit, always with its date: "Friday, 4 December"."""
        pattern = "EEEE, d MMMM" if abs(day - self._today) < timedelta(days=300) else "EEEE, d MMMM y"
        return Fill(format_date(day, pattern, locale=self._locale), source)

    def plain_day(self, when: date, source: str) -> Fill:
        """A day as it stands on a paper, without its weekday: "14 October", with the year where it isn't this one."""
        is_near = when.year == self._today.year or abs(when - self._today) < timedelta(days=60)
        return Fill(format_date(when, "d MMMM" if is_near else "d MMMM y", locale=self._locale), source)

    def month(self, when: date, source: str) -> Fill:
        """The month of a day, with the year where it isn't this one."""
        pattern = "LLLL" if when.year == self._today.year else "LLLL y"
        return Fill(format_date(when, pattern, locale=self._locale), source)

    def year(self, when: date, source: str) -> Fill:
        """The year of a day."""
        return Fill(format_date(when, "y", locale=self._locale), source)

    def time(self, when: datetime, source: str) -> Fill:
        """A time of day in the company's zone: "16:42"."""
        return Fill(format_time(when.astimezone(self._settings.zone), "HH:mm", locale=self._locale), source)

    def is_today(self, when: datetime) -> bool:
        """Whether a moment lies in the company's present day."""
        return when.astimezone(self._settings.zone).date() == self._today

    def money(self, amount: Decimal, currency: str, source: str) -> Fill:
        """An amount with its currency: "$1,284.50"."""
        return Fill(format_currency(amount, currency, locale=self._locale), source)

    def whole_money(self, amount: Decimal, currency: str, source: str) -> Fill:
        """A round amount, without cents where there are none: "$20,000"."""
        if amount != amount.to_integral_value():
            return self.money(amount, currency, source)
        text = format_currency(amount, currency, format="¤#,##0", locale=self._locale, currency_digits=False)
        return Fill(text, source)

    def sums(self, amounts: Mapping[str, Decimal], source: str) -> Fill:
        """An amount for each currency: "$1,284.50 and €20.00"."""
        return self.listed([self.money(amount, currency, source) for currency, amount in amounts.items()], source)

    def listed(self, texts: Sequence[str], source: str) -> Fill:
        """Several things in a row: "INV-1, INV-2, and INV-3"."""
        return Fill(format_list(texts, locale=self._locale), source)

    def number(self, value: Decimal, source: str) -> Fill:
        """A quantity, without zeros behind the point."""
        return Fill(format_decimal(value, locale=self._locale), source)

    def spelt(self, value: int, source: str) -> Fill:
        """A small number in words, as one says it: "two"; a larger one in figures."""
        return Fill(ONES[value], source) if 0 <= value <= SPELT_UP_TO else self.number(Decimal(value), source)

    def lines(self, fills: Sequence[Fill]) -> Fill:
        """Several things one below the other."""
        return Fill("\n".join(fills), ",".join(dict.fromkeys(fill.source for fill in fills)))

    def variant(self, variant: Variant) -> Fill:
        """An article with what tells it apart, as `item` writes one."""
        return Fill(", ".join((variant.name or variant.sku, *variant.options.values())), VARIANT)

    def item(self, line: OrderLine | ReturnLine) -> Fill:
        """An item with what tells its variant apart: "canvas duffel bag, olive". Without a name, it is its SKU."""
        return Fill(", ".join((line.name or line.sku, *line.options.values())), ITEM)

    def named(self, one: OrderLine | ReturnLine | Variant) -> Fill:
        """An article in the middle of a sentence: "alpine jacket (blue, M)"."""
        options = ", ".join(one.options.values())
        name = one.name or one.sku
        return Fill(f"{name} ({options})" if options else name, VARIANT if isinstance(one, Variant) else ITEM)

    def address(self, address: Address, source: str) -> Fill:
        """An address in one line: "12 Main Street, Apt 3, Boston, MA 02110"."""
        region = " ".join(part for part in (address.state, address.postcode) if part)
        parts = (address.address1, address.address2, address.city, region)
        return Fill(", ".join(part for part in parts if part), source)

    def described(self, line: OrderLine | ReturnLine) -> Fill:
        """An item within a sentence: "blue alpine jacket (M)"."""
        before = " ".join((*(line.options[one] for one in COLOURS if one in line.options), line.name or line.sku))
        after = ", ".join(option for name, option in line.options.items() if name not in COLOURS)
        return Fill(f"{before} ({after})" if after else before, ITEM)

    def counted(self, lines: Sequence[ReturnLine]) -> Fill:
        """Items with how many, where there are several of one: "3 × head lamp and travel mug (red)"."""
        named = [self.item(lines[0])] if len(lines) == 1 else [self.named(line) for line in lines]
        units = [self.number(line.quantity, "ReturnLine.quantity") for line in lines]
        counted = [name if unit == "1" else f"{unit} × {name}" for name, unit in zip(named, units, strict=True)]
        return Fill(format_list(counted, locale=self._locale), f"{ITEM},ReturnLine.quantity")

    def items(self, lines: Sequence[OrderLine]) -> Fill:
        """All items of an order: "alpine jacket (blue, M), head lamp, and travel mug (red)"."""
        if len(lines) == 1:
            return self.item(lines[0])
        return Fill(format_list([self.named(line) for line in lines], locale=self._locale), ITEM)

    def team(self) -> dict[str, Fill]:
        """How to reach the company's people: fills for {team_phone}, {team_email} and {opening_hours}."""
        company = self._settings.company
        return {
            "team_phone": Fill(company.phone, "settings.company.phone"),
            "team_email": Fill(company.email, "settings.company.email"),
            "opening_hours": Fill(self._settings.opening_hours, "settings.opening_hours"),
        }

    def company(self) -> Fill:
        """The company's name."""
        return Fill(self._settings.company.name, "settings.company.name")
