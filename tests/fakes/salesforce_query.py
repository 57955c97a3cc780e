"""The query languages of the stand-in's Salesforce: as much of SOQL and SOSL as is asked, as strict as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cmp_to_key
from typing import Any

from tests.fakes.salesforce_records import Record, Records, is_id, no, read_moment
from tests.fakes.salesforce_schema import KINDS, Field

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^'\\\n\r]|\\.)*')
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d))
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<sign><=|>=|!=|=|<|>|\(|\)|,)
    |(?P<word>[A-Za-z_][A-Za-z0-9_.]*)
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_LONGEST = 100_000  # characters of a query

Test = Callable[[Record], bool]


def _malformed(what: str) -> Any:
    no(400, "MALFORMED_QUERY", f"unexpected token: {what}")


@dataclass
class Query:
    """A query that was understood."""

    kind: str
    fields: list[str]
    subqueries: dict[str, Query] = field(default_factory=dict)
    test: Test = lambda record: True
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None


class _Words:
    """The words of a query, one after the other."""

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            no(400, "MALFORMED_QUERY", "SOQL statements cannot be longer than 100000 characters.")
        self._all: list[tuple[str, str]] = []
        place = 0
        text = text.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                _malformed(text[place : place + 10])
            assert match and match.lastgroup
            self._all.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()
        self._all.reverse()

    @property
    def is_over(self) -> bool:
        return not self._all

    def peek(self, ahead: int = 0) -> str:
        return self._all[-1 - ahead][1] if len(self._all) > ahead else ""

    def next(self) -> tuple[str, str]:
        if not self._all:
            _malformed("<EOF>")
        return self._all.pop()

    def takes(self, *words: str) -> bool:
        """Takes the words if they come next."""
        if [self.peek(place).upper() for place in range(len(words))] != list(words):
            return False
        for _ in words:
            self._all.pop()
        return True

    def demand(self, word: str) -> None:
        if not self.takes(word):
            _malformed(self.peek() or "<EOF>")

    def name(self) -> str:
        kind, word = self.next()
        return word if kind == "word" else str(_malformed(word))


class Soql:
    """Reads queries and answers them.

    Args:
        records: What is asked.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    def records(self, text: str) -> list[Record]:
        """Answers a query."""
        words = _Words(text)
        query = self._query(words, None)
        if not words.is_over:
            _malformed(words.peek())
        return self._rows(query, self._records.of(query.kind))

    def shown(self, kind: str, fields: list[str], record: Record) -> Record:
        """A record as it is answered."""
        shown: Record = {"attributes": self._attributes(kind, record)}
        for path in fields:
            self._show(shown, kind, record, path)
        return shown

    def demand_fields(self, kind: str, fields: list[str]) -> None:
        """Refuses fields that an object hasn't."""
        for path in fields:
            self._field(kind, path)

    def _attributes(self, kind: str, record: Record) -> dict[str, str]:
        return {"type": kind, "url": f"/services/data/v66.0/sobjects/{kind}/{record['Id']}"}

    # Reading

    def _query(self, words: _Words, parent: str | None) -> Query:
        words.demand("SELECT")
        names, subqueries = self._selected(words)
        words.demand("FROM")
        kind = self._from(words.name(), parent)
        query = Query(kind=kind, fields=names)
        for text in subqueries:
            child = self._query(text, kind)
            query.subqueries[child.fields.pop()] = child
        self.demand_fields(kind, names)
        if words.takes("WHERE"):
            query.test = self._any(words, kind)
        if words.takes("ORDER", "BY"):
            query.order = self._order(words, kind)
        if words.takes("LIMIT"):
            kind_of, number = words.next()
            query.limit = int(number) if kind_of == "number" and number.isdigit() else _malformed(number)
        if parent is not None:
            query.fields.append(self._relation)
        return query

    def _selected(self, words: _Words) -> tuple[list[str], list[_Words]]:
        names: list[str] = []
        subqueries: list[_Words] = []
        while True:
            if words.takes("("):
                subqueries.append(self._inner(words))
            else:
                name = words.name()
                if name in names:
                    no(400, "INVALID_FIELD", f"duplicate field selected: {name}")
                names.append(name)
            if not words.takes(","):
                return names, subqueries

    def _inner(self, words: _Words) -> _Words:
        inner = _Words("")
        depth = 1
        while depth:
            one = words.next()
            depth += (one[1] == "(") - (one[1] == ")")
            inner._all.append(one)
        inner._all.pop()
        inner._all.reverse()
        return inner

    def _from(self, name: str, parent: str | None) -> str:
        if parent is not None:
            if name not in KINDS[parent].children:
                no(400, "INVALID_TYPE", f"Didn't understand relationship '{name}' in FROM part of query call.")
            self._relation = name
            return KINDS[parent].children[name][0]
        if name not in KINDS:
            no(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return name

    def _order(self, words: _Words, kind: str) -> list[tuple[str, bool]]:
        order = []
        while True:
            path = words.name()
            if not self._field(kind, path).filters:
                no(400, "INVALID_FIELD", f"field '{path}' can not be sorted in a query call")
            falls = words.takes("DESC")
            if not falls:
                words.takes("ASC")
            order.append((path, falls))
            if not words.takes(","):
                return order

    def _any(self, words: _Words, kind: str) -> Test:
        tests = [self._all(words, kind)]
        while words.takes("OR"):
            tests.append(self._all(words, kind))
        return lambda record: any(test(record) for test in tests)

    def _all(self, words: _Words, kind: str) -> Test:
        tests = [self._one(words, kind)]
        while words.takes("AND"):
            tests.append(self._one(words, kind))
        return lambda record: all(test(record) for test in tests)

    def _one(self, words: _Words, kind: str) -> Test:
        if words.takes("("):
            inner = self._any(words, kind)
            words.demand(")")
            return inner
        if words.takes("NOT"):
            negated = self._one(words, kind)
            return lambda record: not negated(record)
        path = words.name()
        one = self._field(kind, path)
        if not one.filters:
            no(400, "INVALID_FIELD", f"field '{path}' can not be filtered in a query call")
        is_in, is_not_in = words.takes("IN"), words.takes("NOT", "IN")
        if is_in or is_not_in:
            wanted = self._values(words, one, path)
            return lambda record: (_same(one, self.value(kind, record, path)) in wanted) is is_in
        sign = words.next()[1]
        if sign.upper() not in ("=", "!=", "<", "<=", ">", ">="):
            _malformed(sign)
        value = self._value(words, one, path)
        return lambda record: _compares(_same(one, self.value(kind, record, path)), sign, value)

    def _values(self, words: _Words, one: Field, path: str) -> list[Any]:
        words.demand("(")
        values = [self._value(words, one, path)]
        while words.takes(","):
            values.append(self._value(words, one, path))
        words.demand(")")
        return values

    def _value(self, words: _Words, one: Field, path: str) -> Any:
        kind, word = words.next()
        if kind == "word" and word.lower() == "null":
            return None
        is_text = one.kind not in ("boolean", "double", "int", "datetime", "date")
        fits = {
            "text": is_text,
            "moment": one.kind == "datetime",
            "number": one.kind in ("double", "int"),
            "word": one.kind == "boolean" and word.lower() in ("true", "false"),
        }
        if not fits.get(kind):
            no(400, "INVALID_FIELD", f"value of filter criterion for field '{path}' must be of type {one.kind}")
        if kind == "moment":
            return read_moment(word)
        if kind == "number":
            return float(word)
        if kind == "word":
            return word.lower() == "true"
        text = re.sub(r"\\(.)", lambda match: _unescaped(match[1]), word[1:-1])
        if one.kind in ("id", "reference"):
            if not is_id(text):
                no(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
            return text[:15]
        return _same(one, text)

    # Answering

    def _rows(self, query: Query, among: list[Record]) -> list[Record]:
        found = [record for record in among if query.test(record)]
        for path, falls in reversed(query.order):
            one = self._field(query.kind, path)
            kind = query.kind

            def compare(left: Record, right: Record, path: str = path, one: Field = one, kind: str = kind) -> int:
                mine, others = (_same(one, self.value(kind, record, path)) for record in (left, right))
                return (
                    (mine is not None) - (others is not None)
                    if None in (mine, others)
                    else (mine > others) - (mine < others)
                )

            found.sort(key=cmp_to_key(compare), reverse=falls)
        found = found if query.limit is None else found[: query.limit]
        return [self._row(query, record) for record in found]

    def _row(self, query: Query, record: Record) -> Record:
        shown = self.shown(query.kind, query.fields, record)
        for name, inner in query.subqueries.items():
            of, by = KINDS[query.kind].children[name]
            rows = self._rows(inner, [one for one in self._records.of(of) if one.get(by) == record["Id"]])
            shown[name] = {"totalSize": len(rows), "done": True, "records": rows} if rows else None
        return shown

    def _show(self, shown: Record, kind: str, record: Record, path: str) -> None:
        first, _, rest = path.partition(".")
        if not rest:
            shown[first] = record.get(first)
            return
        parent, there = self._parent(kind, record, first)
        if there is None:
            shown[first] = None
            return
        if shown.get(first) is None:
            shown[first] = {"attributes": self._attributes(parent, there)}
        self._show(shown[first], parent, there, rest)

    def value(self, kind: str, record: Record, path: str) -> Any:
        """A record's value, or its parents'."""
        first, _, rest = path.partition(".")
        if not rest:
            return record.get(first)
        parent, there = self._parent(kind, record, first)
        return None if there is None else self.value(parent, there, rest)

    def _parent(self, kind: str, record: Record, relation: str) -> tuple[str, Record | None]:
        name, one = next(pair for pair in KINDS[kind].fields.items() if pair[1].relation == relation)
        for to in one.to:
            there = self._records.get(to, record.get(name))
            if there is not None:
                return to, there
        return one.to[0], None

    def _field(self, kind: str, path: str) -> Field:
        first, _, rest = path.partition(".")
        fields = self._records.fields(kind)
        if not rest:
            if first not in fields:
                message = (
                    f"\nSELECT {first} FROM\n^\nERROR at Row:1:Column:8\nNo such column '{first}' on entity '{kind}'."
                )
                no(400, "INVALID_FIELD", message)
            return fields[first]
        way = next((one for one in fields.values() if one.relation == first), None)
        if way is None:
            no(400, "INVALID_FIELD", f"Didn't understand relationship '{first}' in field path.")
        assert way
        return self._field(way.to[0], rest)


def _unescaped(letter: str) -> str:
    if letter not in _ESCAPES:
        no(400, "MALFORMED_QUERY", f"Invalid string escape: \\{letter}")
    return _ESCAPES[letter]


def _same(one: Field, value: Any) -> Any:
    """A value as it is compared: text in any case, but for keys."""
    if value is None:
        return False if one.kind == "boolean" else None
    if one.kind == "datetime" and isinstance(value, str):
        return read_moment(value)
    if one.kind in ("id", "reference"):
        return value[:15]
    if isinstance(value, str) and not one.external:
        return value.casefold()
    return value


def _compares(mine: Any, sign: str, value: Any) -> bool:
    if sign in ("=", "!="):
        return (mine == value) is (sign == "=")
    if mine is None or value is None:
        return False
    if isinstance(mine, datetime):  # moments are kept by the second there
        mine = mine.replace(microsecond=0) if sign in (">=", "<") else mine
    return bool({"<": mine < value, "<=": mine <= value, ">": mine > value, ">=": mine >= value}[sign])


# SOSL

_SEARCH = re.compile(
    r"FIND \{(?P<terms>(?:[^{}\\]|\\.)*)\} IN (?P<group>PHONE|ALL|EMAIL|NAME) FIELDS"
    r" RETURNING (?P<kind>\w+)\((?P<fields>[\w., ]+?)(?: LIMIT (?P<limit>\d+))?\)"
)
_RESERVED = "&|!(){}[]^\"~:'+-"


class Sosl:
    """Reads searches and answers them.

    Args:
        soql: Shows what is found.
    """

    def __init__(self, records: Records, soql: Soql) -> None:
        self._records, self._soql = records, soql
        self.unindexed: set[str] = set()  # ids that the search doesn't know yet

    def records(self, text: str) -> list[Record]:
        """Answers a search."""
        match = _SEARCH.fullmatch(text)
        if match is None:
            no(400, "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces.")
        assert match
        kind = match["kind"]
        if kind not in KINDS:
            no(400, "INVALID_TYPE", f"sObject type '{kind}' is not supported.")
        fields = [name.strip() for name in match["fields"].split(",")]
        self._soql.demand_fields(kind, fields)
        terms = [_term(one) for one in re.split(r" OR ", match["terms"])]
        found = [
            one for one in self._records.of(kind) if one["Id"] not in self.unindexed and self._has(one, kind, terms)
        ]
        return [self._soql.shown(kind, fields, record) for record in found[: int(match["limit"] or 2000)]]

    def _has(self, record: Record, kind: str, terms: list[re.Pattern[str]]) -> bool:
        phones = [name for name, one in KINDS[kind].fields.items() if one.kind == "phone"]
        stored = (re.sub(r"\D", "", record.get(name) or "") for name in phones)
        return any(term.fullmatch(digits) for digits in stored if digits for term in terms)


def _term(text: str) -> re.Pattern[str]:
    """A search word: an asterisk or a question mark stands for others, but not at its beginning."""
    if len(text.strip()) < 2 or text[0] in "*?":
        no(400, "MALFORMED_SEARCH", "The search term must have at least two characters.")
    text = re.sub(r'"(AND|OR|NOT)"', r"\1", text, flags=re.IGNORECASE)
    pattern, place = "", 0
    while place < len(text):
        letter = text[place]
        if letter == "\\":
            place += 1
            letter = text[place : place + 1]
            if letter not in _RESERVED + "*?\\":
                no(400, "MALFORMED_SEARCH", f"unexpected token: \\{letter}")
            pattern += re.escape(letter)
        elif letter in _RESERVED:
            no(400, "MALFORMED_SEARCH", f"unexpected token: {letter}")
        else:
            pattern += {"*": ".*", "?": "."}.get(letter) or re.escape(letter)
        place += 1
    return re.compile(pattern)
