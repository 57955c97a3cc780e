"""Which messages are for a person at once, by the rules of assistant.yml: their words, amounts, customers and orders.

What costs nothing is looked at first: a system of record is asked only where everything else of a rule holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import get_currency_name, get_currency_symbol
from price_parser import Price

from middleware.choice import words
from middleware.errors import FrontdeskError
from middleware.gateway import Gateway
from middleware.handoff_rules import HandoffRule, Over
from middleware.identity import Who
from middleware.orders import bare_number, worth
from middleware.settings import Level, Operation, Settings

NUMBER = r"\d+(?:[.,'\u00a0 ]\d{3})*(?:[.,]\d{1,2})?(?!\d)"
SCALES = {"k": 1000, "grand": 1000, "thousand": 1000, "m": 10**6, "million": 10**6}
SCALE = rf"(?:[ -]?(?P<scale>{'|'.join(SCALES)})\b)?"
SLANG = {"USD": ("buck", "bucks")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A message, as far as the rules look at it.

    Attributes:
        intent: What is wanted, as the dialogue names it.
        order_number: The order that it is about; None if it is about none.
    """

    text: str
    intent: str
    order_number: str | None = None


class Demands:
    """Tells which messages are for a person at once."""

    def __init__(self, gateway: Gateway, settings: Settings) -> None:
        self._gateway = gateway
        self._rules = settings.handoff.rules
        self._locale = settings.company.locale

    async def met(self, who: Who, heard: Heard) -> HandoffRule | None:
        """The first rule that a message meets; None if it meets none. What can't be looked up now, isn't met."""
        for rule in self._rules:
            if self._message_meets(rule, heard) and await self._records_meet(rule, who, heard):
                return rule
        return None

    def _message_meets(self, rule: HandoffRule, heard: Heard) -> bool:
        if rule.intents and heard.intent not in rule.intents:
            return False
        return not rule.words or says_any(heard.text, rule.words)

    async def _records_meet(self, rule: HandoffRule, who: Who, heard: Heard) -> bool:
        names_more = rule.over is not None and any(
            amount > rule.over.amount for amount in amounts(heard.text, rule.over.currency, self._locale)
        )
        if rule.over and not names_more and not heard.order_number:
            return False
        if not rule.segments and (rule.over is None or names_more):
            return True
        if who.level < Level.KNOWN:
            return False
        try:
            if rule.segments and not await self._is_of(who, rule.segments):
                return False
            return rule.over is None or names_more or await self._is_over(who, heard.order_number or "", rule.over)
        except FrontdeskError:
            return False

    async def _is_of(self, who: Who, segments: tuple[str, ...]) -> bool:
        contact = await self._gateway.crm.account(who, Operation.HANDOFF_ACCOUNT)
        return contact.segment.casefold() in {one.casefold() for one in segments}

    async def _is_over(self, who: Who, order_number: str, over: Over) -> bool:
        bare = bare_number(order_number)
        order = await self._gateway.erp.one(who, Operation.HANDOFF_ACCOUNT, bare, lambda erp: erp.order(bare))
        amount = worth(order)
        currencies = {line.price.currency for line in order.lines if line.price}
        return amount is not None and currencies == {over.currency} and amount > over.amount


def says_any(text: str, looked_for: tuple[str, ...]) -> bool:
    """Whether any of these words, or words in a row, stand in a text: whole ones, whatever the letters' case."""
    said = f" {' '.join(words(text))} "
    return any(f" {' '.join(words(one))} " in said for one in looked_for)


def amounts(text: str, currency: str, locale: str) -> Iterator[Decimal]:
    """The amounts of money in a currency that a text names: "$1,500", "2k dollars", "1.500 EUR"."""
    mark = "|".join(re.escape(one) for one in sorted(_marks(currency, locale), key=len, reverse=True))
    before = rf"(?<!\w)(?:{mark})\s?(?P<number>{NUMBER}){SCALE}"
    behind = rf"(?<![\w.,])(?P<number>{NUMBER}){SCALE}[ -]?(?:{mark})(?!\w)"
    for pattern in (before, behind):
        for match in re.finditer(pattern, text, re.IGNORECASE):
            amount = Price.fromstring(match["number"]).amount
            if amount is not None:
                yield amount * SCALES.get((match["scale"] or "").casefold(), 1)


def _marks(currency: str, locale: str) -> set[str]:
    """How a currency is written: its code, its sign, its name, and what people call it."""
    names = (get_currency_name(currency, count, locale) for count in (1, 2))
    called = {name.split()[-1] for name in names}
    sign = get_currency_symbol(currency, locale)
    return {currency, sign, currency[:2] + sign, *called, *SLANG.get(currency, ())}
