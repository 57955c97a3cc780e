"""The filter language of OData V2, as much of it as SAP's gateway knows, and as strict."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from tests.fakes.sap_errors import malformed
from tests.fakes.sap_schema import Entity, Property
from tests.fakes.sap_values import literal, meant

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

_WORD = re.compile(r"[A-Za-z_][\w/]*")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
# Whether a property's text fits what stands in quotes; the latter comes first in `substringof`.
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "substringof": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}
_DEEPEST = 60  # brackets within each other


class Filter:
    """A filter that was understood: `matches` tells whether a row passes.

    Args:
        padded: Whether documents must be asked for with all their zeros.
    """

    def __init__(self, text: str, entity: Entity, padded: bool) -> None:
        self._text, self._place, self._depth = text, 0, 0
        self._entity, self._padded = entity, padded
        self.matches = self._either()
        self._skip()
        if self._place < len(text):
            self._bad()

    def _either(self) -> Test:
        tests = [self._both()]
        while self._takes_word("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._single()]
        while self._takes_word("and"):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _single(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._bad()
        try:
            if self._takes_word("not"):
                test = self._single()
                return lambda row: not test(row)
            if self._takes("("):
                test = self._either()
                self._demand(")")
                return test
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Test:
        word = self._word()
        if self._takes("("):
            test = self._function(word)
            if self._takes_word("eq"):  # `substringof(…) eq true`
                return test if self._takes_word("true") else self._bad()
            return test
        one = self._property(word)
        sign = self._word()
        if sign not in _COMPARISONS:
            malformed(f"Invalid operator '{sign}' in $filter")
        compare, wanted = _COMPARISONS[sign], self._literal(one)
        name = one.name
        if sign in ("eq", "ne"):
            return lambda row: compare(row[name], wanted)
        return lambda row: row[name] is not None and compare(row[name], wanted)

    def _function(self, name: str) -> Test:
        if name not in _FUNCTIONS:
            malformed(f"Function '{name}' is not supported in $filter")
        fits = _FUNCTIONS[name]
        if name == "substringof":
            part = self._text_literal()
            self._demand(",")
            one = self._text_property()
        else:
            one = self._text_property()
            self._demand(",")
            part = self._text_literal()
        self._demand(")")
        return lambda row: fits(row[one.name], part)

    def _text_property(self) -> Property:
        one = self._property(self._word())
        if one.kind != "String":
            malformed(f"Property '{one.name}' is no text")
        return one

    def _text_literal(self) -> str:
        kind, said = self._any_literal()
        if kind != "String":
            self._bad()
        return said

    def _property(self, name: str) -> Property:
        one = self._entity.properties.get(name)
        if one is None:
            malformed(f"Property {name} not found in type {self._entity.name}Type")
        if not one.filterable:
            malformed(f"Property '{name}' is not filterable")
        return one

    def _literal(self, one: Property) -> Any:
        kind, said = self._any_literal()
        return meant(one, kind, said, self._padded)

    def _any_literal(self) -> tuple[str, str]:
        self._skip()
        found = literal(self._text, self._place)
        if found is None:
            self._bad()
        kind, said, self._place = found
        return kind, said

    # The words

    def _skip(self) -> None:
        while self._text.startswith(" ", self._place):
            self._place += 1

    def _word(self) -> str:
        self._skip()
        match = _WORD.match(self._text, self._place)
        if match is None:
            self._bad()
        self._place = match.end()
        return match[0]

    def _takes_word(self, word: str) -> bool:
        self._skip()
        match = _WORD.match(self._text, self._place)
        if match is None or match[0] != word:
            return False
        self._place = match.end()
        return True

    def _takes(self, sign: str) -> bool:
        self._skip()
        if not self._text.startswith(sign, self._place):
            return False
        self._place += 1
        return True

    def _demand(self, sign: str) -> None:
        if not self._takes(sign):
            self._bad()

    def _bad(self) -> NoReturn:
        malformed(f"Invalid system query options value: $filter, position {self._place + 1}")
