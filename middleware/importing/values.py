"""Reads the values of CSV files, one function per kind; each takes the text and raises `Wrong`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from babel.numbers import is_currency
from email_validator import EmailNotValidError, validate_email

from middleware.decoding import converted
from middleware.importing.errors import Wrong
from middleware.phones import e164
from middleware.records import OrderStatus

LONGEST_ID = 255  # characters: PostgreSQL's indexes hold no longer ones
MOST_UNITS = 2**31 - 1
MOST_MONEY = Decimal(10) ** 13  # with SMALLEST_MONEY what middleware.database.Amount holds
SMALLEST_MONEY = Decimal("0.00001")
NOON = time(12)

_DIGITS = re.compile(r"[0-9]{1,20}")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_WITHOUT_SECONDS = re.compile(r"^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d)(?=$|[Zz+-])")
# Codes in Babel's list that are groups of countries, or none.
_NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
_COUNTRIES = {code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()} - _NO_COUNTRIES


def identifier(text: str) -> str:
    """An id, kept exactly as it is written."""
    if not text or len(text) > LONGEST_ID:
        raise Wrong(f"is not an id; write any text of 1 to {LONGEST_ID} characters")
    return text


def words(text: str) -> str:
    """Any text, without spaces around it."""
    return text.strip()


def required_words(text: str) -> str:
    """Any text but none."""
    if not text.strip():
        raise Wrong("is empty; write some text")
    return text.strip()


def phone(country: str) -> Callable[[str], str]:
    """A phone number as people write it, in the given country; becomes E.164."""

    def read(text: str) -> str:
        number = e164(text, country)
        if number is None:
            raise Wrong(f"is not a phone number; write +12015550123, or a number as it is dialled in {country}")
        return number

    return read


def email(text: str) -> str:
    """An e-mail address, by its form alone; becomes lower case."""
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise Wrong("is not an e-mail address; write name@example.com") from None


def moment(zone: ZoneInfo) -> Callable[[str], datetime]:
    """A moment; the given zone's if it has none, and noon there if it is only a day."""

    def read(text: str) -> datetime:
        written = text.strip()
        try:
            if len(written) == len("2026-11-20"):
                found = datetime.combine(date.fromisoformat(written), NOON)
            else:
                found = converted(_WITHOUT_SECONDS.sub(r"\1:00", written), datetime)
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(timezone.utc)
        except (ValueError, OverflowError, msgspec.ValidationError):
            raise Wrong("is not a moment; write 2026-11-20T14:30:00-05:00 or 2026-11-20") from None

    return read


def day(text: str) -> date:
    """A day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Wrong("is not a day; write 2026-11-20") from None


def day_or_moment(zone: ZoneInfo) -> Callable[[str], date]:
    """A day, or a moment on that day in the given zone."""
    read_moment = moment(zone)
    return lambda text: read_moment(text).astimezone(zone).date()


@lru_cache
def status(text: str) -> OrderStatus:
    """A status of an order or of one of its lines, whatever the letters' case."""
    known = [one for one in OrderStatus if one is not OrderStatus.DUE]  # our own back office knows when parcels arrive
    found = next((one for one in known if one.value == text.strip().lower()), None)
    if found is None:
        raise Wrong(f"is not a status; write one of {', '.join(one.value for one in known)}")
    return found


@lru_cache
def country(text: str) -> str:
    """A country's two-letter code; becomes upper case."""
    code = text.strip().upper()
    if code not in _COUNTRIES:
        raise Wrong("is not a country; write its two letters of ISO 3166, such as US")
    return code


@lru_cache
def currency(text: str) -> str:
    """A currency's code; becomes upper case."""
    code = text.strip().upper()
    if not is_currency(code):
        raise Wrong("is not a currency; write its three letters of ISO 4217, such as USD")
    return code


@lru_cache(maxsize=10_000)
def units(text: str) -> int:
    """How many, as a whole number."""
    bare = text.strip()
    if not _DIGITS.fullmatch(bare) or int(bare) > MOST_UNITS:
        raise Wrong(f"is not a whole number; write one from 0 to {MOST_UNITS}")
    return int(bare)


@lru_cache(maxsize=10_000)
def amount(text: str) -> Decimal:
    """An exact amount, below zero too."""
    if not _DECIMAL.fullmatch(text.strip()) or not _fits(Decimal(text.strip())):
        raise Wrong("is not an amount; write 1234.50, with at most 13 digits before the point and 5 after it")
    return Decimal(text.strip())


def _fits(found: Decimal) -> bool:
    return abs(found) < MOST_MONEY and found == found.quantize(SMALLEST_MONEY)


def price(text: str) -> Decimal:
    """An amount that isn't below zero."""
    if text.strip().startswith("-"):
        raise Wrong("is not a price; write 0 or more")
    return amount(text)


def degrees(most: int) -> Callable[[str], float]:
    """A place's latitude (up to 90) or longitude (up to 180), in degrees."""

    def read(text: str) -> float:
        bare = text.strip()
        if not _DECIMAL.fullmatch(bare) or not abs(float(bare)) <= most:
            raise Wrong(f"is not a number of degrees; write one from -{most} to {most}, such as 40.7357")
        return float(bare)

    return read


def options(text: str) -> dict[str, str]:
    """What tells a variant apart: `colour=blue;size=M`."""
    found: dict[str, str] = {}
    for pair in filter(str.strip, text.split(";")):
        name, _, value = (part.strip() for part in pair.partition("="))
        if not name or not value or name in found:
            raise Wrong("is not a list of options; write colour=blue;size=M")
        found[name] = value
    return found
