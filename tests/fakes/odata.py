"""OData V4 as the stand-ins read it: a small, strict parser and evaluator of a request's query options.

    orders = Entity(name="salesOrders", keys=("id",), fields={"number": Field("Edm.String")}, navigations={...})
    query = parsed(request.query, orders, Dialect(functions=frozenset({"contains"})), schema.get)
    found = query.found(rows)                      # $filter, $orderby, $skip, $top
    shown = [query.shown(row, related) for row in found]      # $select, $expand

What a vendor's dialect doesn't know is refused as `BadQuery`, whose words the stand-in puts into the vendor's form.
Rows are what JSON holds: texts for dates and moments, and numbers (or `Decimal`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import unquote

Row = dict[str, Any]
Related = Callable[[str, Row], "list[Row] | Row | None"]
Describe = Callable[[str], "Entity | None"]

_NUMBERS = ("Edm.Decimal", "Edm.Double", "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Byte")
_COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
_OPTIONS = ("$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$count")
_DEEPEST = 100


class BadQuery(Exception):
    """A query that the vendor refuses; its words say why."""


@dataclass(frozen=True)
class Field:
    """A field: `kind` is an Edm type, or the name of an enum."""

    kind: str
    nullable: bool = True


@dataclass(frozen=True, kw_only=True)
class Entity:
    """What an entity set holds. `navigations`: the entity sets that can be expanded, by the navigation's name."""

    name: str
    keys: tuple[str, ...]
    fields: Mapping[str, Field]
    navigations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """What a vendor knows of OData.

    Attributes:
        options: The query options.
        custom: Other parameters of its own, such as `cross-company`; the stand-in itself sees to them.
        operators: What compares and joins; `in` may be one.
        functions: Those of contains, startswith, endswith, toupper and tolower that it knows.
        enums: The members of its enums by their names; their literals are `namespace.Name'Member'`, and they know
            only eq and ne. An enum that isn't here is compared as text.
        namespace: Of the enums' literals.
        wildcards: Whether `*` in a text that eq or ne compares with stands for anything.
        ignores_case: Whether texts are compared without regard to case.
        or_of_one_field: Whether `or` may join only conditions on the same field.
        depth: How many levels can be expanded.
        nested: The options that an expansion may have, in parentheses.
    """

    options: frozenset[str] = frozenset(_OPTIONS)
    custom: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset({*_COMPARISONS, "and", "or", "not"})
    functions: frozenset[str] = frozenset()
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    namespace: str = ""
    wildcards: bool = False
    ignores_case: bool = False
    or_of_one_field: bool = False
    depth: int = 1
    nested: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query that was understood."""

    entity: Entity
    where: Callable[[Row], bool] = lambda _: True
    order: tuple[tuple[str, bool], ...] = ()
    select: tuple[str, ...] = ()
    expand: Mapping[str, Query] = field(default_factory=dict)
    top: int | None = None
    skip: int = 0
    count: bool = False

    def matching(self, rows: Iterable[Row]) -> list[Row]:
        """The rows of `$filter`, in order: what `$count` counts."""
        found = [row for row in rows if self.where(row)]
        for name, descending in reversed(self.order):
            kind = self.entity.fields[name].kind
            found.sort(key=lambda row: _sortable(_value(row.get(name), kind)), reverse=descending)
        return found

    def found(self, rows: Iterable[Row]) -> list[Row]:
        """The rows of `$filter` in order, without those before `$skip` and after `$top`."""
        matching = self.matching(rows)[self.skip :]
        return matching if self.top is None else matching[: self.top]

    def shown(self, row: Row, related: Related) -> Row:
        """A row with what is selected and expanded; what starts with `@` always stays.

        Args:
            row: The row.
            related: Tells the rows behind a navigation of a row (a list, or one or none where it leads to one).
        """
        names = self.select or self.entity.fields
        shown = {name: value for name, value in row.items() if name in names or name.startswith("@")}
        for name, inner in self.expand.items():
            there = related(name, row)
            if isinstance(there, list):
                shown[name] = [inner.shown(one, related) for one in inner.found(there)]
            else:
                shown[name] = there and inner.shown(there, related)
        return shown


def split(raw: str) -> dict[str, str]:
    """The parameters of a query string as they came: `+` is a plus, never a space.

    Raises:
        BadQuery: One is there twice.
    """
    pairs = [part.partition("=") for part in raw.split("&") if part]
    names = [unquote(name) for name, _, _ in pairs]
    if len(set(names)) < len(names):
        raise BadQuery("Query option is specified more than once.")
    return {name: unquote(value) for name, (_, _, value) in zip(names, pairs, strict=True)}


def parsed(query: Mapping[str, str], entity: Entity, dialect: Dialect, describe: Describe, depth: int = 0) -> Query:
    """Understands the options of a query.

    Args:
        query: The parameters, decoded.
        entity: What is asked for.
        dialect: What the vendor knows.
        describe: Tells the entity behind a navigation, by the set's name.
        depth: How deep in expansions it stands.

    Raises:
        BadQuery: The vendor wouldn't understand it, or knows no such field.
    """
    allowed = dialect.options | dialect.custom if depth == 0 else dialect.nested
    for name in query:
        if name not in allowed:
            raise BadQuery(f"The query parameter '{name}' is not supported.")
    select = _names(query["$select"], entity) if query.get("$select", "*") != "*" else ()
    return Query(
        entity=entity,
        where=_Filter(query["$filter"], entity, dialect).where() if "$filter" in query else lambda _: True,
        order=_order(query["$orderby"], entity) if "$orderby" in query else (),
        select=select,
        expand=_expand(query["$expand"], entity, dialect, describe, depth) if "$expand" in query else {},
        top=_number("$top", query["$top"]) if "$top" in query else None,
        skip=_number("$skip", query["$skip"]) if "$skip" in query else 0,
        count=_truth(query["$count"]) if "$count" in query else False,
    )


def key(text: str, entity: Entity, dialect: Dialect) -> Row:
    """Understands what stands in the parentheses of a key: `dataAreaId='usmf',Number='1'`, or one value alone.

    Raises:
        BadQuery: It isn't exactly the entity's key, or of another type.
    """
    parts = _outer(text, ",")
    if len(parts) == 1 and len(entity.keys) == 1 and not re.match(r"\w+=", parts[0]):
        parts = [f"{entity.keys[0]}={parts[0]}"]
    named = [part.partition("=") for part in parts]
    if sorted(name.strip() for name, _, _ in named) != sorted(entity.keys):
        raise BadQuery("The number of keys specified in the URI does not match number of key properties.")
    found: Row = {}
    for name, _, literal in named:
        scanner = _Filter(literal, entity, dialect)
        operand = scanner.operand()
        scanner.end()
        if operand.field or not _fit(entity.fields[name.strip()].kind, operand.kind):
            raise BadQuery("The key value is not of the type of its key property.")
        found[name.strip()] = operand.value({})
    return found


def same_key(row: Row, wanted: Row, entity: Entity, ignores_case: bool = False) -> bool:
    """Whether a row has a key that `key` understood."""
    return all(
        _folded(_value(row[name], entity.fields[name].kind), ignores_case) == _folded(value, ignores_case)
        for name, value in wanted.items()
    )


# What filters are made of

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<guid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))
    |(?P<date>\d{4}-\d\d-\d\d)
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<text>'(?:[^']|'')*')
    |(?P<enum>[A-Za-z_][\w.]*'(?:[^']|'')*')
    |(?P<name>[A-Za-z_@$][\w.]*)
    |(?P<sign>[(),])
    )""",
    re.VERBOSE,
)
_LITERALS = {"guid": "Edm.Guid", "moment": "Edm.DateTimeOffset", "date": "Edm.Date", "number": "Edm.Decimal"}
_BOOLEAN_FUNCTIONS, _TEXT_FUNCTIONS = ("contains", "startswith", "endswith"), ("toupper", "tolower")


@dataclass(frozen=True)
class _Token:
    kind: Literal["guid", "moment", "date", "number", "text", "enum", "name", "sign"]
    text: str


@dataclass(frozen=True)
class _Operand:
    kind: str  # an Edm type, an enum's name, or "null"
    value: Callable[[Row], Any]
    field: str = ""


@dataclass(frozen=True)
class _Condition:
    holds: Callable[[Row], bool]
    fields: frozenset[str]


class _Filter:
    """Reads a filter from left to right."""

    def __init__(self, text: str, entity: Entity, dialect: Dialect) -> None:
        self._tokens = _tokens(text)
        self._place = 0
        self._depth = 0
        self._entity = entity
        self._dialect = dialect

    def where(self) -> Callable[[Row], bool]:
        condition = self._any()
        self.end()
        return condition.holds

    def end(self) -> None:
        """Demands that nothing is left."""
        if self._place < len(self._tokens):
            raise BadQuery(f"Syntax error at '{self._tokens[self._place].text}'.")

    def _peek(self) -> str:
        return self._tokens[self._place].text if self._place < len(self._tokens) else ""

    def _take(self) -> _Token:
        if self._place >= len(self._tokens):
            raise BadQuery("Expression expected at the end of the filter.")
        self._place += 1
        return self._tokens[self._place - 1]

    def _demand(self, sign: str) -> None:
        if self._take().text != sign:
            raise BadQuery(f"'{sign}' expected in the filter.")

    def _operator(self, *names: str) -> str:
        """The next word, taken, if it is one of these operators."""
        word = self._peek()
        if word not in names:
            return ""
        if word not in self._dialect.operators:
            raise BadQuery(f"The operator '{word}' is not supported.")
        self._place += 1
        return word

    def _any(self) -> _Condition:
        found = [self._all()]
        while self._operator("or"):
            found.append(self._all())
        fields = frozenset[str]().union(*(one.fields for one in found))
        if len(found) > 1 and self._dialect.or_of_one_field and len(fields) > 1:
            raise BadQuery("The OR operator is not supported on distinct fields.")
        return _Condition(lambda row: any(one.holds(row) for one in found), fields) if len(found) > 1 else found[0]

    def _all(self) -> _Condition:
        found = [self._not()]
        while self._operator("and"):
            found.append(self._not())
        fields = frozenset[str]().union(*(one.fields for one in found))
        return _Condition(lambda row: all(one.holds(row) for one in found), fields) if len(found) > 1 else found[0]

    def _not(self) -> _Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadQuery("Recursion depth exceeded allowed limit.")
        try:
            if self._operator("not"):
                inner = self._not()
                return _Condition(lambda row: not inner.holds(row), inner.fields)
            if self._peek() == "(":
                self._take()
                inner = self._any()
                self._demand(")")
                return inner
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> _Condition:
        left = self.operand()
        if operator := self._operator(*_COMPARISONS):
            return self._compared(operator, left, self.operand())
        if self._operator("in"):
            self._demand("(")
            choices = [self.operand()]
            while self._peek() == ",":
                self._take()
                choices.append(self.operand())
            self._demand(")")
            each = [self._compared("eq", left, one) for one in choices]
            return _Condition(lambda row: any(one.holds(row) for one in each), each[0].fields)
        if self._peek() == "has":
            raise BadQuery("The operator 'has' is not supported.")
        if left.kind != "Edm.Boolean":
            raise BadQuery("The $filter expression must evaluate to a single boolean value.")
        return _Condition(lambda row: left.value(row) is True, frozenset({left.field} - {""}))

    def operand(self) -> _Operand:
        """A field, a literal or what a function gives."""
        token = self._take()
        if token.kind == "text":
            return self._constant("Edm.String", token.text[1:-1].replace("''", "'"))
        if token.kind == "enum":
            return self._enum(token.text)
        if token.kind == "name":
            return self._named(token.text)
        if token.kind == "sign":
            raise BadQuery(f"Syntax error at '{token.text}'.")
        kind = _LITERALS[token.kind]
        return self._constant(kind, _value(token.text, kind))

    def _named(self, name: str) -> _Operand:
        if self._peek() == "(":
            return self._function(name)
        if name in ("true", "false"):
            return self._constant("Edm.Boolean", name == "true")
        if name == "null":
            return self._constant("null", None)
        kind = _field(name, self._entity).kind
        return _Operand(kind, lambda row: _value(row.get(name), kind), name)

    def _function(self, name: str) -> _Operand:
        if name not in self._dialect.functions:
            raise BadQuery(f"An unknown function with name '{name}' was found.")
        self._demand("(")
        arguments = [self.operand()]
        if name in _BOOLEAN_FUNCTIONS:
            self._demand(",")
            arguments.append(self.operand())
        self._demand(")")
        if any(not self._is_text(one.kind) for one in arguments):
            raise BadQuery(f"No function signature for the function with name '{name}' matches the arguments.")
        first = arguments[0]
        if name in _TEXT_FUNCTIONS:
            change = str.upper if name == "toupper" else str.lower
            return _Operand("Edm.String", lambda row: change(first.value(row) or ""), first.field)
        return _Operand("Edm.Boolean", lambda row: self._holds_in(name, first, arguments[1], row), first.field)

    def _holds_in(self, name: str, whole: _Operand, part: _Operand, row: Row) -> bool:
        text = _folded(whole.value(row) or "", self._dialect.ignores_case)
        sought = _folded(part.value(row) or "", self._dialect.ignores_case)
        found: bool = sought in text if name == "contains" else getattr(text, name)(sought)
        return found

    def _enum(self, text: str) -> _Operand:
        full, _, member = text[:-1].partition("'")
        namespace, _, name = full.rpartition(".")
        if namespace != self._dialect.namespace or member not in self._dialect.enums.get(name, ()):
            raise BadQuery(f"The string '{text}' is not a valid enumeration type constant.")
        return self._constant(name, member)

    @staticmethod
    def _constant(kind: str, value: Any) -> _Operand:
        return _Operand(kind, lambda _: value)

    def _is_text(self, kind: str) -> bool:
        return kind == "Edm.String" or not (kind.startswith("Edm.") or kind == "null" or kind in self._dialect.enums)

    def _compared(self, operator: str, left: _Operand, right: _Operand) -> _Condition:
        kinds = ["Edm.String" if self._is_text(one.kind) else one.kind for one in (left, right)]
        if not _fit(*kinds):
            raise BadQuery(
                "A binary operator with incompatible types was detected. Found operand types "
                f"'{left.kind}' and '{right.kind}' for operator kind '{operator}'."
            )
        if left.kind in self._dialect.enums and operator not in ("eq", "ne"):
            raise BadQuery("Only eq and ne are supported on enumerations.")
        fields = frozenset({left.field, right.field} - {""})
        fold = self._dialect.ignores_case
        if operator in ("eq", "ne"):
            is_equal = self._equality(left, right, fold and kinds[0] == "Edm.String")
            return _Condition(lambda row: is_equal(row) == (operator == "eq"), fields)
        return _Condition(
            lambda row: _ordered(operator, _folded(left.value(row), fold), _folded(right.value(row), fold)), fields
        )

    def _equality(self, left: _Operand, right: _Operand, fold: bool) -> Callable[[Row], bool]:
        pattern = None if right.field else right.value({})
        if self._dialect.wildcards and isinstance(pattern, str) and right.kind == "Edm.String" and "*" in pattern:
            like = re.compile(
                ".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL | (re.IGNORECASE if fold else 0)
            )
            return lambda row: like.fullmatch(left.value(row) or "") is not None
        return lambda row: bool(_folded(left.value(row), fold) == _folded(right.value(row), fold))


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise BadQuery(f"Syntax error at position {place} in the filter.")
        word = found and found[-1].kind not in ("sign",) and match.group(match.lastgroup) not in ("(", ")", ",")
        if word and not text[place].isspace():
            raise BadQuery(f"Syntax error at position {place} in the filter.")
        found.append(_Token(match.lastgroup, match.group(match.lastgroup)))  # type: ignore[arg-type]
        place = match.end()
    return found


def _fit(left: str, right: str) -> bool:
    """Whether two types can be compared."""
    return left == right or "null" in (left, right) or (left in _NUMBERS and right in _NUMBERS)


def _value(value: Any, kind: str) -> Any:
    """What JSON or a literal says, so that it compares."""
    if value is None or kind in ("Edm.String", "Edm.Boolean"):
        return value
    if kind in _NUMBERS:
        return Decimal(str(value))
    try:
        if kind == "Edm.DateTimeOffset":
            return datetime.fromisoformat(re.sub(r"\.\d+", "", str(value)).replace("Z", "+00:00")).astimezone(
                timezone.utc
            )
        return date.fromisoformat(value) if kind == "Edm.Date" else str(value).lower() if kind == "Edm.Guid" else value
    except (ValueError, OverflowError):
        raise BadQuery(f"The value is not a valid {kind}.") from None


def _folded(value: Any, fold: bool) -> Any:
    return value.casefold() if fold and isinstance(value, str) else value


def _ordered(operator: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    compared: bool = {"gt": left > right, "ge": left >= right, "lt": left < right, "le": left <= right}[operator]
    return compared


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


# What else is in a query


def _field(name: str, entity: Entity) -> Field:
    if name not in entity.fields:
        raise BadQuery(f"Could not find a property named '{name}' on type '{entity.name}'.")
    return entity.fields[name]


def _names(text: str, entity: Entity) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        _field(name, entity)
    return names


def _order(text: str, entity: Entity) -> tuple[tuple[str, bool], ...]:
    found = []
    for part in text.split(","):
        name, _, direction = part.strip().partition(" ")
        if direction.strip() not in ("", "asc", "desc"):
            raise BadQuery(f"Syntax error at '{direction}' in $orderby.")
        _field(name, entity)
        found.append((name, direction.strip() == "desc"))
    return tuple(found)


def _expand(text: str, entity: Entity, dialect: Dialect, describe: Describe, depth: int) -> dict[str, Query]:
    if depth >= dialect.depth:
        raise BadQuery("The request includes a $expand path which is too deep.")
    found: dict[str, Query] = {}
    for part in _outer(text, ","):
        name, bracket, rest = part.strip().partition("(")
        behind = describe(entity.navigations.get(name, ""))
        if behind is None:
            raise BadQuery(f"Could not find a property named '{name}' on type '{entity.name}'.")
        if bracket and not rest.endswith(")"):
            raise BadQuery("Syntax error in $expand.")
        options = [option.strip().partition("=") for option in _outer(rest[:-1], ";")] if rest[:-1] else []
        inner = {option: value for option, _, value in options}
        found[name] = parsed(inner, behind, dialect, describe, depth + 1)
    return found


def _outer(text: str, separator: str) -> list[str]:
    """Splits a text where a separator stands outside of quotes and parentheses."""
    parts, depth, is_quoted = [""], 0, False
    for sign in text:
        is_quoted ^= sign == "'"
        depth += 0 if is_quoted else {"(": 1, ")": -1}.get(sign, 0)
        if sign == separator and depth == 0 and not is_quoted:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _number(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise BadQuery(f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise BadQuery(f"Invalid value '{text}' for $count query option found.")
    return text == "true"
