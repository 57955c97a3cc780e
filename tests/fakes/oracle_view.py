"""How the REST framework shows a row: with the attributes and children that were asked for, and its links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.oracle_schema import Kind, Problem, Row

EXPANDED_PAGE = 25  # rows of a child that came with its parent


class View:
    """What is wanted of each row.

    Args:
        kind: Of the rows.
        query: Of the request: `expand`, `fields` and `onlyData`.
        version: The framework's.

    Raises:
        Problem: There are no such attributes or children.
    """

    def __init__(self, kind: Kind, query: Mapping[str, str], version: int) -> None:
        self._kind, self._version = kind, version
        self._is_bare = query.get("onlyData", "").lower() == "true"
        expand, fields = query.get("expand", ""), query.get("fields", "")
        if expand and fields:
            raise Problem(400, "URL request parameters fields and expand cannot be used together.", "27521")
        self._expanded = list(kind.children) if expand == "all" else [one.strip() for one in expand.split(",") if one]
        self._selected = _selected(fields)
        for path in self._expanded:
            _below(kind, path, "expand", expand)
        for path, names in self._selected.items():
            if set(names) - set(_below(kind, path, "fields", fields).attributes):
                raise _invalid("fields", fields)

    def item(self, row: Row, where: str) -> dict[str, Any]:
        """A row that has an address."""
        return self._shown(self._kind, row, where, "")

    def _shown(self, kind: Kind, row: Row, where: str, path: str) -> dict[str, Any]:
        names = self._selected.get(path, []) if self._selected else kind.attributes
        shown: dict[str, Any] = {name: row.values.get(name) for name in names}
        for name, child in kind.children.items():
            below = f"{path}.{name}".lstrip(".")
            if self._wants(below):
                shown[name] = self._children(child, row.children.get(name, []), f"{where}/child/{name}", below)
        if not self._is_bare:
            shown["links"] = _links(kind, row, where)
        return shown

    def _wants(self, path: str) -> bool:
        return any(one == path or one.startswith(f"{path}.") for one in (*self._expanded, *self._selected))

    def _children(self, kind: Kind, rows: list[Row], where: str, path: str) -> Any:
        """Those of a row: a plain array in the old versions, where nobody sees that there are more."""
        items = [self._shown(kind, row, f"{where}/{row.id}", path) for row in rows[:EXPANDED_PAGE]]
        if self._version < 3:
            return items
        return {
            "items": items,
            "count": len(items),
            "hasMore": len(items) < len(rows),
            "limit": EXPANDED_PAGE,
            "offset": 0,
            "links": [{"rel": "self", "href": where, "name": where.rsplit("/", 1)[1], "kind": "collection"}],
        }


def _selected(fields: str) -> dict[str, list[str]]:
    """The attributes that are wanted, by the path of the child that they are of (empty: the row's own)."""
    found: dict[str, list[str]] = {}
    for part in filter(None, fields.split(";")):
        child, _, names = part.rpartition(":")
        found[child] = [name.strip() for name in names.split(",")]
    return found


def _below(kind: Kind, path: str, parameter: str, value: str) -> Kind:
    for name in filter(None, path.split(".")):
        if name not in kind.children:
            raise _invalid(parameter, value)
        kind = kind.children[name]
    return kind


def _invalid(parameter: str, value: str) -> Problem:
    return Problem(400, f"URL request parameter {parameter} with value {value[:80]} is not valid.", "27522")


def _links(kind: Kind, row: Row, where: str) -> list[dict[str, Any]]:
    own = {"href": where, "name": where.rsplit("/", 2)[1], "kind": "item"}
    return [
        {"rel": "self", **own, "properties": {"changeIndicator": row.tag}},
        {"rel": "canonical", **own},
        *(
            {"rel": "child", "href": f"{where}/child/{name}", "name": name, "kind": "collection"}
            for name in kind.children
        ),
    ]
