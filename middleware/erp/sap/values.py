"""How SAP writes days, times, numbers and ids in OData V2, and how they are compared here."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote

LONGEST_ID = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DATE = re.compile(r"/Date\((-?[0-9]{1,15})(?:[+-][0-9]{1,4})?\)/", re.ASCII)
_TIME = re.compile(r"PT(?:([0-9]{1,2})H)?(?:([0-9]{1,2})M)?(?:([0-9]{1,2})(?:\.[0-9]+)?S)?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{1,10}", re.ASCII)


def is_id(text: str) -> bool:
    """Whether a document or a customer can be called so; nobody is asked for anything else."""
    return bool(_ID.fullmatch(text))


def padded(text: str, length: int = LONGEST_ID) -> str:
    """An id as SAP stores it: with zeros in front, if it is a number."""
    return text.zfill(length) if text.isascii() and text.isdigit() else text


def plain(text: str) -> str:
    """An id as people write it: without those zeros."""
    return text.lstrip("0") if text.isascii() and text.isdigit() else text


def position(text: str) -> tuple[int, str]:
    """A number's place among others: 10 comes after 9."""
    return len(plain(text)), plain(text)


def quoted(text: str) -> str:
    """A text in a filter or a key."""
    return "'" + text.replace("'", "''") + "'"


def either(field: str, values: Iterable[str]) -> str:
    """A filter for whatever has one of these texts."""
    return "(" + " or ".join(f"{field} eq {quoted(value)}" for value in values) + ")"


@lru_cache(maxsize=512)  # most are the same each time: what is selected and expanded
def _encoded(value: str) -> str:
    return quote(value, safe="/,()")


def query(**options: str) -> str:
    """Options as a URL has them: `query(filter="A eq 'b'")`; a space is never a plus."""
    return "&".join(f"${name}={_encoded(value)}" for name, value in options.items() if value)


def day(text: str) -> date | None:
    """The day of an Edm.DateTime; None if there is none."""
    match = _DATE.fullmatch(text)
    milliseconds = int(match[1]) if match else 0
    if milliseconds <= 0:
        return None
    try:
        return (_EPOCH + timedelta(milliseconds=milliseconds)).date()
    except OverflowError:
        return None


def moment(day_text: str, time_text: str, zone: tzinfo) -> datetime | None:
    """A day with the time (Edm.Time) of it; its beginning, if there is none."""
    on = day(day_text)
    if on is None:
        return None
    match = _TIME.fullmatch(time_text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return datetime.combine(on, time(), zone)
    return datetime.combine(on, time(hours, minutes, seconds), zone)


def written(on: date) -> str:
    """A day as a payload has it."""
    return f"/Date({int(datetime.combine(on, time(), timezone.utc).timestamp()) * 1000})/"


def literal(on: date) -> str:
    """A day as a filter has it."""
    return f"datetime'{on.isoformat()}T00:00:00'"


def amount(number: Decimal) -> str:
    """A decimal as a payload has it: a text, without a suffix or an exponent."""
    return f"{number.normalize():f}"


def units(number: Decimal) -> Decimal:
    """A quantity without the three places that SAP shows of each."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def price(total: Decimal, quantity: Decimal) -> Decimal:
    """What one unit costs; to the cent, if that is exact."""
    one = total / quantity
    cents = one.quantize(Decimal("0.01"))
    return cents if cents * quantity == total else one.quantize(Decimal("0.0001")).normalize()


def reference(key: str, length: int) -> str:
    """What stands for an asker's key in a short field of SAP: capitals and digits."""
    return base64.b32encode(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()).decode()[:length]
