"""Which rule of assistant.yml a lead fits, and whose it is by that; the members of a team take turns."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

import holidays
import phonenumbers
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.addresses import CANADA, US, state_of
from middleware.lead_rules import BudgetRange, LeadRules, SizeRange, Territory, Where
from middleware.records import Budget, Headcount
from middleware.store import insert_once, rotations

CAPITAL = {"Washington D.C.": "DC"}  # as phonenumbers calls the district

Number = TypeVar("Number", int, Decimal)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where somebody is; what isn't known of it is empty.

    Attributes:
        country: ISO 3166-1 alpha-2.
        state: ISO 3166-2 without the country.
    """

    country: str = ""
    state: str = ""
    postcode: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Traits:
    """What of a lead the rules look at.

    Attributes:
        industries: All that its words speak of.
    """

    place: Place = Place()
    size: Headcount | None = None
    budget: Budget | None = None
    industries: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Pick:
    """Whose a lead is.

    Attributes:
        owner: The employee's e-mail, lower case.
        team: Whose turn it was; empty if one person has the territory.
        region: As it is told; may be empty.
    """

    owner: str
    team: str = ""
    region: str = ""


class Territories:
    """Tells whose a lead is."""

    def __init__(self, rules: LeadRules) -> None:
        self._rules = rules
        self._industries = {name: _pattern(words) for name, words in rules.industries.items()}

    def industries_in(self, *texts: str) -> tuple[str, ...]:
        """The industries that texts speak of, in the order of assistant.yml."""
        plain = [_plain(text) for text in texts]
        return tuple(name for name, words in self._industries.items() if any(words.search(text) for text in plain))

    def rule_for(self, traits: Traits) -> Territory | None:
        """The first rule that a lead fits; None if it fits none."""
        known = replace(traits, place=_completed(traits.place))
        return next((rule for rule in self._rules.territories if fits(rule.where, known)), None)

    def pick(self, connection: Connection, traits: Traits) -> Pick:
        """Picks who gets a lead, in the transaction that stores it; a team's next member is picked by it."""
        rule = self.rule_for(traits)
        if rule is None:
            return Pick(owner=self._rules.fallback.lower())
        if rule.owner:
            return Pick(owner=rule.owner.lower(), region=rule.region)
        members = self._rules.teams[rule.team]
        member = members[_turn(connection, rule.team) % len(members)]
        return Pick(owner=member.lower(), team=rule.team, region=rule.region)


def fits(where: Where, traits: Traits) -> bool:
    """Whether a lead is one of those that a rule is for."""
    return (
        fits_place(where, traits.place)
        and fits_size(where.size, traits.size)
        and fits_budget(where.budget, traits.budget)
        and fits_industries(where.industries, traits.industries)
    )


def fits_place(where: Where, place: Place) -> bool:
    """Whether a place is one of those that a rule names, or it names none."""
    return (
        (not where.countries or place.country in where.countries)
        and (not where.states or place.state in where.states)
        and (not where.postcodes or _begins(place.postcode, where.postcodes))
    )


def fits_size(wanted: SizeRange | None, size: Headcount | None) -> bool:
    """Whether a company has as many people as a rule names, or it names nothing."""
    if wanted is None or size is None:
        return wanted is None
    return _is_in(size.high if size.high and size.low <= 1 else size.low, wanted.least, wanted.most)


def fits_budget(wanted: BudgetRange | None, budget: Budget | None) -> bool:
    """Whether a budget is one that a rule names, in its currency, or it names nothing."""
    if wanted is None or budget is None:
        return wanted is None
    amount = budget.high if budget.high and not budget.low else budget.low
    return budget.currency == wanted.currency and _is_in(amount, wanted.least, wanted.most)


def fits_industries(wanted: Collection[str], industries: Collection[str]) -> bool:
    """Whether an industry is one of those that a rule names, or it names none."""
    return not wanted or not set(wanted).isdisjoint(industries)


def plain_postcode(postcode: str) -> str:
    """A postcode without what people write between its parts."""
    return re.sub(r"[\s-]", "", postcode).upper()


async def place_of_phone(phone: str) -> Place:
    """Where a phone number is from, as far as it tells.

    Args:
        phone: E.164.
    """
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return Place()
    country = phonenumbers.region_code_for_number(number) or ""
    if country not in (US, CANADA):
        return Place(country=country)
    return Place(country=country, state=await asyncio.to_thread(_state_of_phone, number, country))


def _state_of_phone(number: phonenumbers.PhoneNumber, country: str) -> str:
    """The state that an area code is of, as "New Jersey" or "New York, NY"; empty if it is of none."""
    from phonenumbers import geocoder  # it takes seconds, and few need it

    told = geocoder.description_for_number(number, "en").rpartition(", ")[2]
    known = holidays.country_holidays(country)
    return told if told in known.subdivisions else {**known.subdivisions_aliases, **CAPITAL}.get(told, "")


def _completed(place: Place) -> Place:
    """A place with the state that its postcode is of."""
    return place if place.state else replace(place, state=state_of(place.country, place.postcode))


def _begins(postcode: str, beginnings: Collection[str]) -> bool:
    return plain_postcode(postcode).startswith(tuple(map(plain_postcode, beginnings)))


def _is_in(number: Number, least: Number | None, most: Number | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _pattern(words: Collection[str]) -> re.Pattern[str]:
    """Finds any of the words, whole, or with the "s" of a plural."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(_plain(word.strip())) for word in words)})s?(?!\w)")


def _turn(connection: Connection, team: str) -> int:
    """How many leads a team had before this one; whoever asks next waits until this transaction has ended."""
    insert_once(connection, rotations, {"team": team, "turns": 0})
    mine = rotations.c.team == team
    connection.execute(rotations.update().where(mine).values(turns=rotations.c.turns + 1))
    return int(connection.execute(sa.select(rotations.c.turns).where(mine)).scalar_one()) - 1
