"""The rules of assistant.yml about leads: who gets which, and what they become in the CRM."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec

from middleware.settings_base import Base, Count


class SizeRange(Base, frozen=True):
    """Companies with so many people; an end that isn't named is open."""

    least: Count | None = None
    most: Count | None = None


class BudgetRange(Base, frozen=True):
    """Budgets in a currency (ISO 4217); an end that isn't named is open."""

    currency: str
    least: Decimal | None = None
    most: Decimal | None = None


class Where(Base, frozen=True):
    """Which leads a rule is for: everything that is named must hold, and what isn't known holds never.

    Attributes:
        countries: ISO 3166-1 alpha-2.
        states: ISO 3166-2 without the country, such as NJ.
        postcodes: Beginnings of postcodes.
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
        industries: Words by which an industry is known, by its name.
        territories: The first rule that fits decides.
        fallback: E-mail of the employee who gets what no rule fits.
    """

    record: Literal["lead", "contact"]
    reply_within: str
    fallback: str
    teams: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    industries: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    territories: tuple[Territory, ...] = ()


def check_leads(rules: LeadRules, file: Path) -> None:
    """Refuses rules that name what isn't there, or that can't decide.

    Raises:
        Misconfigured: The message names the rule and the mend.
    """
