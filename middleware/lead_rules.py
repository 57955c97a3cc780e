"""The rules of assistant.yml about leads: who gets which, and what they become in the CRM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar

import holidays
import msgspec
import phonenumbers
from babel.numbers import is_currency
from email_validator import EmailNotValidError, validate_email

from middleware.errors import Misconfigured
from middleware.settings_base import Base, Count

T = TypeVar("T")


class SizeRange(Base, frozen=True):
    """Companies with so many people, both ends included; an end that isn't named is open.

    Of a company that is told as a range ("50-100"), the low end counts: so many it has for sure, and ranges that follow
    upon each other leave no gap. Of "up to 100", which is 1 to 100, the high end counts.
    """

    least: Count | None = None
    most: Count | None = None


class BudgetRange(Base, frozen=True):
    """Budgets in a currency (ISO 4217), both ends included; an end that isn't named is open.

    A budget in another currency never fits. Of one that is told as a range, the same end counts as of a company's size.
    """

    currency: str
    least: Decimal | None = None
    most: Decimal | None = None


class Where(Base, frozen=True):
    """Which leads a rule is for: everything that is named must hold, and what isn't known holds never.

    Attributes:
        countries: ISO 3166-1 alpha-2.
        states: ISO 3166-2 without the country, such as NJ; of the countries that are named.
        postcodes: Beginnings of postcodes, of the countries that are named.
        industries: Names under `leads.industries`.
    """

    countries: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    size: SizeRange | None = None
    budget: BudgetRange | None = None
    industries: tuple[str, ...] = ()


class Territory(Base, frozen=True):
    """A rule: these leads are somebody's, or a team's, whose members take turns.

    Attributes:
        name: What `make territories` calls it.
        region: How it is told to the customer, such as "the North-East"; may be empty.
        owner: An employee's e-mail; or
        team: a name under `leads.teams`.
    """

    name: str
    where: Where
    region: str = ""
    owner: str = ""
    team: str = ""


class LeadRules(Base, frozen=True):
    """Who gets which lead.

    Attributes:
        record: As what a new lead is kept in the CRM.
        reply_within: By when somebody writes, as it is told.
        teams: E-mails of employees by the team's name.
        industries: Words by which an industry is known, by its name: in what somebody wants, or in what their company
            is called, as whole words; a plural's "s" may follow.
        territories: The first rule that fits decides.
        fallback: E-mail of the employee who gets what no rule fits, or whose owner the CRM doesn't know.
    """

    record: Literal["lead", "contact"]
    reply_within: str
    fallback: str
    teams: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    industries: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    territories: tuple[Territory, ...] = ()

    @property
    def owners(self) -> tuple[str, ...]:
        """Everybody who may get a lead, by e-mail."""
        teams = {email for people in self.teams.values() for email in people}
        named = {territory.owner for territory in self.territories if territory.owner}
        return tuple(sorted({self.fallback, *teams, *named}))


def check_leads(rules: LeadRules, file: Path) -> None:
    """Refuses rules that name what isn't there, or that can't decide.

    Raises:
        Misconfigured: The message names the rule and the mend.
    """
    try:
        _check_email("leads.fallback", rules.fallback)
        _check_teams(rules.teams)
        _check_industries(rules.industries)
        _check_names(rules.territories)
        for territory in rules.territories:
            _check_territory(territory, rules)
    except Misconfigured as error:
        raise Misconfigured(f"{file}: {error}") from error


def _check_teams(teams: Mapping[str, Sequence[str]]) -> None:
    for name, members in teams.items():
        if not members:
            raise Misconfigured(f"leads.teams.{name} is empty; name the e-mails of its members, or take it away")
        for member in members:
            _check_email(f"leads.teams.{name}", member)


def _check_industries(industries: Mapping[str, Sequence[str]]) -> None:
    for name, words in industries.items():
        if not words or not all(word.strip() for word in words):
            raise Misconfigured(f"leads.industries.{name} lacks a word by which it is known; name some")
    twice = _twice(word.casefold() for words in industries.values() for word in {one.casefold() for one in words})
    if twice is not None:
        raise Misconfigured(f"leads.industries has {twice!r} under two names; leave it under one")


def _check_names(territories: Iterable[Territory]) -> None:
    names = [territory.name.strip().casefold() for territory in territories]
    if "" in names:
        raise Misconfigured("leads.territories has a rule with an empty name; give it one")
    twice = _twice(names)
    if twice is not None:
        raise Misconfigured(f"leads.territories has two rules with the name {twice!r}; call one of them something else")


def _check_territory(territory: Territory, rules: LeadRules) -> None:
    rule, where = f"leads.territories {territory.name!r}", territory.where
    if bool(territory.owner) == bool(territory.team):
        both = "both an owner and a team; keep one" if territory.owner else "neither an owner nor a team; name one"
        raise Misconfigured(f"{rule} has {both}")
    if territory.owner:
        _check_email(rule, territory.owner)
    if territory.team:
        _check_among(rule, "team", territory.team, "leads.teams", rules.teams)
    if where == Where():
        raise Misconfigured(f"{rule} has an empty `where`; say which leads it is for, or make it the fallback")
    for industry in where.industries:
        _check_among(rule, "industry", industry, "leads.industries", rules.industries)
    _check_places(rule, where)
    if where.size:
        _check_range(f"{rule}: size", where.size.least, where.size.most)
    if where.budget:
        _check_budget(rule, where.budget)


def _check_places(rule: str, where: Where) -> None:
    for country in where.countries:
        if country not in phonenumbers.SUPPORTED_REGIONS:
            raise Misconfigured(f"{rule}: {country!r} is not a country; write its two-letter code, such as US")
    if (where.states or where.postcodes) and not where.countries:
        what = "states" if where.states else "postcodes"
        raise Misconfigured(f"{rule} names {what} and no country; name under `countries` whose they are")
    if where.states:
        _check_states(rule, where)
    if not all(_is_postcode(postcode) for postcode in where.postcodes):
        raise Misconfigured(f'{rule}: a postcode\'s beginning is letters and digits, such as "070"')


def _check_states(rule: str, where: Where) -> None:
    known = {country: states_of(country) for country in where.countries}
    for country, states in known.items():
        if not states:
            raise Misconfigured(f"{rule}: the states of {country} aren't known here; name postcodes instead")
        if not states.intersection(where.states):
            raise Misconfigured(f"{rule} names {country} and none of its states; give it a rule of its own")
    for state in where.states:
        if not any(state in states for states in known.values()):
            countries = " or ".join(where.countries)
            raise Misconfigured(f"{rule}: {state!r} is not a state of {countries}; write its code, such as NJ")


def states_of(country: str) -> frozenset[str]:
    """The codes of a country's states, after ISO 3166-2 without the country; none where they aren't known."""
    try:
        return frozenset(holidays.country_holidays(country).subdivisions)
    except NotImplementedError:
        return frozenset()


def _is_postcode(text: str) -> bool:
    return bool(text.strip()) and text.replace(" ", "").replace("-", "").isalnum()


def _check_budget(rule: str, budget: BudgetRange) -> None:
    if not is_currency(budget.currency, "en"):
        raise Misconfigured(f"{rule}: {budget.currency!r} is not a currency; write its three-letter code, such as USD")
    if not all(end.is_finite() and end >= 0 for end in (budget.least, budget.most) if end is not None):
        raise Misconfigured(f"{rule}: a budget is a number from 0 up")
    _check_range(f"{rule}: budget", budget.least, budget.most)


def _check_range(what: str, least: int | Decimal | None, most: int | Decimal | None) -> None:
    if least is None and most is None:
        raise Misconfigured(f"{what} has neither `least` nor `most`; name one, or both")
    if least is not None and most is not None and least > most:
        raise Misconfigured(f"{what} begins at {least} and ends before it, at {most}; change `least` and `most` round")


def _check_among(rule: str, what: str, name: str, where: str, known: Iterable[str]) -> None:
    if name not in known:
        there = ", ".join(known) or "nothing"
        raise Misconfigured(f"{rule}: there is no {what} {name!r}; {where} names {there}")


def _check_email(where: str, email: str) -> None:
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError as error:
        raise Misconfigured(f"{where}: {email!r} is not an e-mail address; write one as the CRM has it") from error


def _twice(values: Iterable[T]) -> T | None:
    """The first of what is there twice."""
    return next((value for value, count in Counter(values).items() if count > 1), None)
