"""Zoho's query language, as strict as Zoho is with it: what it can't read is a syntax error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from tests.fakes.stand_in import refuse
from tests.fakes.zoho_schema import Field

MOST_CRITERIA, MOST_VALUES, MOST_FIELDS, MOST_RECORDS = 25, 100, 500, 2000

_TOKEN = re.compile(
    r"\s*(?:'((?:[^'\\]|'')*)'|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|([0-9]+)|(<=|>=|!=|[(),=<>]))",
    re.ASCII,
)

Record = Mapping[str, Any]
Test = Callable[[Record], bool]
Look = Callable[[Record, str], Any]


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query that was understood."""

    module: str
    fields: list[str]
    test: Test
    order: list[tuple[str, bool]]
    limit: int
    offset: int


def parse(text: str, look: Look, modules: Mapping[str, Mapping[str, Field]]) -> Query:
    """Reads a query.

    Args:
        look: What a record holds in a field, also in one of the record that it links to.
        modules: The fields of each module.
    """
    return _Parser(text, look, modules).query()


class _Parser:
    def __init__(self, text: str, look: Look, modules: Mapping[str, Mapping[str, Field]]) -> None:
        self._tokens = _tokens(text)
        self._look = look
        self._modules = modules
        self._module: Mapping[str, Field] = {}
        self._criteria = 0

    def query(self) -> Query:
        self._word("select")
        fields = [self._name()]
        while self._is("op", ","):
            fields.append(self._name())
        self._word("from")
        module = self._name()
        if module not in self._modules or module == "Notes":
            refuse(400, {"code": "INVALID_QUERY", "details": {"module": module}, "message": "…", "status": "error"})
        self._module = self._modules[module]
        for name in fields:
            self._field(name, "SELECT")
        self._word("where")
        test = self._criterion()
        order = self._order()
        limit, offset = self._limit()
        if self._tokens:
            _syntax(self._tokens[0][1])
        if len(fields) > MOST_FIELDS or self._criteria > MOST_CRITERIA or limit > MOST_RECORDS:
            refuse(400, {"code": "LIMIT_EXCEEDED_IN_QUERY", "details": {}, "message": "…", "status": "error"})
        return Query(module=module, fields=fields, test=test, order=order, limit=limit, offset=offset)

    def _criterion(self) -> Test:
        """One comparison, or two criteria in brackets: more than two must be put together in pairs."""
        if self._is("op", "("):
            first = self._criterion()
            joint = self._joint()
            if joint is None:
                self._expect("op", ")")
                return first
            second = self._criterion()
            self._expect("op", ")")
            return _joined(joint, first, second)
        first = self._comparison()
        joint = self._joint() if self._depth_allows() else None
        return first if joint is None else _joined(joint, first, self._comparison())

    def _depth_allows(self) -> bool:
        """Two criteria need no brackets, if they are all that there is."""
        return self._criteria == 1 and not any(token == ("op", ")") for token in self._tokens)

    def _joint(self) -> str | None:
        return next((word for word in ("and", "or") if self._is_word(word)), None)

    def _comparison(self) -> Test:
        self._criteria += 1
        name = self._name()
        field = self._field(name, "WHERE")
        if not field.can_be_asked_for:
            _invalid(name, "WHERE")
        if self._is_word("in"):
            self._expect("op", "(")
            values = [self._value(field)]
            while self._is("op", ","):
                values.append(self._value(field))
            self._expect("op", ")")
            if len(values) > MOST_VALUES:
                _invalid(name, "WHERE")
            return lambda record: self._comparable(record, name) in values
        operator = self._operator()
        value = self._value(field)
        return lambda record: _compared(operator, self._comparable(record, name), value)

    def _comparable(self, record: Record, name: str) -> Any:
        found = self._look(record, name)
        return found.get("id") if isinstance(found, dict) else found

    def _value(self, field: Field) -> Any:
        kind, text = self._next()
        if kind not in ("text", "number"):
            _syntax(text)
        if field.kind == "datetime":
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                _invalid(field.name, "WHERE")
        return text

    def _operator(self) -> str:
        kind, text = self._next()
        if kind != "op" or text not in ("=", "!=", "<", ">", "<=", ">="):
            _syntax(text)
        return text

    def _order(self) -> list[tuple[str, bool]]:
        order: list[tuple[str, bool]] = []
        if not self._is_word("order"):
            return order
        self._word("by")
        while True:
            name = self._name()
            self._field(name, "ORDER BY")
            descending = self._is_word("desc")
            if not descending:
                self._is_word("asc")
            order.append((name, descending))
            if not self._is("op", ","):
                return order

    def _limit(self) -> tuple[int, int]:
        limit, offset = 200, 0
        if self._is_word("limit"):
            limit = int(self._expect("number"))
            if self._is_word("offset"):
                offset = int(self._expect("number"))
        return limit, offset

    def _field(self, name: str, clause: str) -> Field:
        own, _, joined = name.partition(".")
        field = self._module.get(own)
        if field is not None and joined:
            field = self._modules.get(field.to, {}).get(joined)
        if field is None:
            _invalid(name, clause)
        return field

    def _name(self) -> str:
        return self._expect("name")

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            _syntax("the end")
        return self._tokens.pop(0)

    def _expect(self, kind: str, text: str = "") -> str:
        found, value = self._next()
        if found != kind or (text and value != text):
            _syntax(value)
        return value

    def _is(self, kind: str, text: str) -> bool:
        if self._tokens and self._tokens[0] == (kind, text):
            self._tokens.pop(0)
            return True
        return False

    def _is_word(self, word: str) -> bool:
        if self._tokens and self._tokens[0][0] == "name" and self._tokens[0][1].lower() == word:
            self._tokens.pop(0)
            return True
        return False

    def _word(self, word: str) -> None:
        if not self._is_word(word):
            _syntax(self._tokens[0][1] if self._tokens else "the end")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if not match:
            _syntax(text[place : place + 10])
        quoted, name, number, operator = match.groups()
        if quoted is not None:
            tokens.append(("text", quoted.replace("''", "'")))
        else:
            kind = "name" if name else "number" if number else "op"
            tokens.append((kind, name or number or operator))
        place = match.end()
    return tokens


def _joined(joint: str, first: Test, second: Test) -> Test:
    if joint == "and":
        return lambda record: first(record) and second(record)
    return lambda record: first(record) or second(record)


def _compared(operator: str, found: Any, value: Any) -> bool:
    if found is None:
        return False
    tests: dict[str, Callable[[], bool]] = {
        "=": lambda: found == value,
        "!=": lambda: found != value,
        "<": lambda: found < value,
        ">": lambda: found > value,
        "<=": lambda: found <= value,
        ">=": lambda: found >= value,
    }
    return tests[operator]()


def _syntax(near: str) -> NoReturn:
    refuse(400, {"code": "SYNTAX_ERROR", "details": {"near": near}, "message": "syntax error", "status": "error"})


def _invalid(name: str, clause: str) -> NoReturn:
    details = {"column_name": name, "reason": "column given seems to be invalid", "clause": clause}
    refuse(400, {"code": "INVALID_QUERY", "details": details, "message": "invalid query formed", "status": "error"})
