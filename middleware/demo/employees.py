"""The demo company's own people, from employees.yml."""

from __future__ import annotations

from middleware.demo.data import Row
from middleware.demo.files import Entry, read


class DemoEmployee(Entry, frozen=True, kw_only=True):
    """One of them as the file has it."""

    name: str
    email: str


def employee_rows() -> list[Row]:
    """Rows of `crm_employees`."""
    people = read("employees.yml", list[DemoEmployee])
    return [{"email": person.email, "name": person.name, "is_active": True} for person in people]
