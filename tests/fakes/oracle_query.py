"""What may be asked of a collection of Oracle's: `q` in both of its languages, and `orderBy`.

The framework's version 1 takes an example (`Order=123;OrderType=Sales order`), all later ones a condition
(`Order = '123' and (ShippedQuantity > 0 or Item like 'TNT%')`).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from tests.fakes.oracle_schema import Kind, Problem, Row

Test = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*'|\"[^\"]*\")|(?P<sign><>|!=|<=|>=|=|<|>)|(?P<mark>[(),])"
    r"|(?P<name>[A-Za-z_][\w.]*)|(?P<bare>-?\d[\w:.+-]*))"
)
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EXAMPLE = re.compile(r"\s*([A-Za-z_]\w*)\s*(>=|<=|<>|!=|=|>|<)\s*(.*)", re.DOTALL)


def condition(kind: Kind, text: str, version: int) -> Test:
    """Reads `q`."""
    return _example(kind, text) if version == 1 else _Condition(kind, text).test


def ordered(kind: Kind, text: str, rows: Iterable[Row]) -> list[Row]:
    """Sorts rows by `orderBy`."""
    found = list(rows)
    for part in reversed(text.split(",")):
        name, _, direction = part.strip().partition(":")
        if name not in kind.attributes or direction.lower() not in ("", "asc", "desc"):
            _invalid("orderBy", text)
        found.sort(key=lambda row: _sortable(row.values.get(name)), reverse=direction.lower() == "desc")
    return found


def typed(form: str, literal: str) -> Any:
    """A literal as a value of an attribute's form.

    Raises:
        ValueError: It is none.
    """
    if form == "string":
        return literal
    if form in ("integer", "number"):
        try:
            return Decimal(literal)
        except InvalidOperation:
            raise ValueError(literal) from None
    if form == "boolean":
        return {"true": True, "false": False}[literal.lower()]
    return read_moment(literal) if form == "moment" else date.fromisoformat(literal[:10])


def read_moment(literal: str) -> datetime:
    """A moment as Oracle reads it; without a zone it is UTC's."""
    moment = datetime.fromisoformat(literal.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _invalid(parameter: str, value: str) -> NoReturn:
    raise Problem(400, f"URL request parameter {parameter} with value {value[:80]} is not valid.", "27522")


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is None, "" if value is None else value)


def _example(kind: Kind, text: str) -> Test:
    tests = [_of_example(kind, part, text) for part in text.split(";") if part.strip()]
    return lambda row: all(test(row) for test in tests)


def _of_example(kind: Kind, part: str, text: str) -> Test:
    match = _EXAMPLE.fullmatch(part)
    if match is None or match[1] not in kind.attributes:
        _invalid("q", text)
    form = kind.attributes[match[1]].form
    if form == "string" and match[2] == "=" and "*" in match[3]:
        return _liking(match[1], match[3])
    return _comparing(kind, match[1], match[2], match[3].strip(), text)


def _liking(name: str, pattern: str) -> Test:
    wanted = re.compile("".join(".*" if one in "%*" else re.escape(one) for one in pattern), re.DOTALL)
    return lambda row: wanted.fullmatch(str(row.values.get(name) or "")) is not None


def _comparing(kind: Kind, name: str, sign: str, literal: str, text: str) -> Test:
    try:
        wanted = typed(kind.attributes[name].form, literal)
    except (ValueError, KeyError):
        _invalid("q", text)
    compares = _SIGNS[sign]

    def test(row: Row) -> bool:
        value = row.values.get(name)
        return value is not None and compares(value, wanted)

    return test


class _Condition:
    """One condition, read from the left."""

    def __init__(self, kind: Kind, text: str) -> None:
        self._kind, self._text = kind, text
        self._tokens: list[tuple[str, str]] = []
        place, end = 0, len(text.rstrip())
        while place < end:
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                self._fail()
            self._tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()
        self._tokens.reverse()
        self.test = self._any()
        if self._tokens:
            self._fail()

    def _fail(self) -> NoReturn:
        _invalid("q", self._text)

    def _next(self, *groups: str) -> str:
        if not self._tokens or self._tokens[-1][0] not in groups:
            self._fail()
        return self._tokens.pop()[1]

    def _takes(self, word: str) -> bool:
        comes = bool(self._tokens) and self._tokens[-1][0] in ("name", "mark") and self._tokens[-1][1].lower() == word
        if comes:
            self._tokens.pop()
        return comes

    def _any(self) -> Test:
        tests = [self._all()]
        while self._takes("or"):
            tests.append(self._all())
        return lambda row: any(test(row) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._takes("and"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._takes("("):
            inner = self._any()
            if not self._takes(")"):
                self._fail()
            return inner
        if self._takes("not"):
            negated = self._one()
            return lambda row: not negated(row)
        word = self._next("name")
        if word.lower() in ("upper", "lower") and self._takes("("):
            return self._in_one_case(word.lower())
        *path, name = word.split(".")
        kind = self._kind
        for child in path:
            kind = kind.children.get(child) or self._fail()
        if name not in kind.attributes:
            self._fail()
        return _below(path, self._comparison(kind, name))

    def _in_one_case(self, function: str) -> Test:
        """A comparison of `upper(Name)`."""
        name = self._next("name")
        if name not in self._kind.attributes or self._kind.attributes[name].form != "string" or not self._takes(")"):
            self._fail()
        test = self._comparison(self._kind, name)
        convert = str.upper if function == "upper" else str.lower
        return lambda row: test(Row({name: convert(str(row.values.get(name) or ""))}, id=""))

    def _comparison(self, kind: Kind, name: str) -> Test:
        if self._takes("is"):
            is_negated = self._takes("not")
            if not self._takes("null"):
                self._fail()
            return lambda row: (row.values.get(name) is None) is not is_negated
        if self._takes("like"):
            if kind.attributes[name].form != "string":
                self._fail()
            return _liking(name, self._literal())
        if self._takes("in"):
            tests = [_comparing(kind, name, "=", one, self._text) for one in self._list()]
            return lambda row: any(test(row) for test in tests)
        if self._takes("between"):
            low = _comparing(kind, name, ">=", self._literal(), self._text)
            if not self._takes("and"):
                self._fail()
            high = _comparing(kind, name, "<=", self._literal(), self._text)
            return lambda row: low(row) and high(row)
        return _comparing(kind, name, self._next("sign"), self._literal(), self._text)

    def _list(self) -> list[str]:
        if not self._takes("("):
            self._fail()
        found = [self._literal()]
        while self._takes(","):
            found.append(self._literal())
        if not self._takes(")"):
            self._fail()
        return found

    def _literal(self) -> str:
        word = self._next("text", "bare", "name")
        if word[0] == "'":
            return word[1:-1].replace("''", "'")
        if word[0] == '"':
            return word[1:-1]
        if word[0].isalpha() and word.lower() not in ("true", "false"):
            self._fail()
        return word


def _below(path: list[str], test: Test) -> Test:
    """The test of some row further down."""
    if not path:
        return test
    inner = _below(path[1:], test)
    return lambda row: any(inner(child) for child in row.children.get(path[0], ()))
