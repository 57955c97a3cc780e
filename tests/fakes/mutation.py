"""Changes JSON by chance, as nobody would think of: values of other types, lost and doubled parts, damaged bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

LARGEST = 500_000  # bytes

ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**30,
    1e308,
    "",
    " ",
    "\0",
    "\ud83d",
    "0",
    "99999999999999999999",
    "x" * 5000,
    "'; DROP TABLE messages; --",
    "\u202e‮ \u2028",
    [],
    {},
    [[]],
    [None, 1, "x", {}, []],
    {"": {"": {"": None}}},
    "sha256",
    "desk:1",
)


def mutated(chance: random.Random, cases: list[Any]) -> bytes:
    """A damaged form of one of several JSON values."""
    value = copy.deepcopy(chance.choice(cases))
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        value = _changed(chance, value, cases)
    raw = json.dumps(value, ensure_ascii=chance.random() < 0.8).encode("utf-8", "surrogatepass")
    if len(raw) > LARGEST:  # what was doubled again and again
        return mutated(chance, cases)
    return raw if chance.random() < 0.8 else _damaged(chance, raw)


def _changed(chance: random.Random, value: Any, cases: list[Any]) -> Any:
    """The value with one part of it lost, doubled, or replaced by something odd or from elsewhere."""
    places = list(_places(value))
    if not places:
        return chance.choice(ODD)
    parent, key = chance.choice(places)
    what = chance.random()
    if what < 0.2:
        del parent[key]
    elif what < 0.3 and isinstance(parent, list):
        parent.extend([copy.deepcopy(parent[key])] * chance.choice((1, 5)))
    elif what < 0.5:
        other, place = chance.choice(list(_places(chance.choice(cases))) or [(parent, key)])
        parent[key] = copy.deepcopy(other[place])
    elif what < 0.6 and isinstance(parent, dict):
        parent[chance.choice(("from", "type", "id", "text", "edit", "system", "", "x"))] = copy.deepcopy(parent[key])
    else:
        parent[key] = copy.deepcopy(chance.choice(ODD))
    return value


def _places(value: Any) -> Any:
    """Every part of a value, as what it is in and where."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield value, key
        yield from _places(part)


def _damaged(chance: random.Random, raw: bytes) -> bytes:
    at = chance.randrange(len(raw) + 1)
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: raw[:at],
        lambda: raw[:at] + chance.randbytes(8) + raw[at:],
        lambda: raw[:at] + raw[at + 3 :],
        lambda: raw + raw,
        lambda: chance.randbytes(200),
        lambda: b"[" * 5000 + raw + b"]" * 5000,
    )
    return chance.choice(ways)()
