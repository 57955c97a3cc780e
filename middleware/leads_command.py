"""Prints all leads as CSV, in UTF-8: `python -m middleware.leads_command`."""

from __future__ import annotations

import asyncio
import csv
import io
import sys
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware import settings
from middleware.decoding import converted
from middleware.errors import FrontdeskError
from middleware.lead_delivery import Delivered
from middleware.leads import reference
from middleware.records import LeadDraft
from middleware.store import leads as table
from middleware.store import open_store

TITLES = (
    "reference",
    "kept at",
    "state",
    "first name",
    "last name",
    "company",
    "e-mail",
    "phone",
    "people from",
    "people to",
    "budget from",
    "budget to",
    "currency",
    "wish",
    "industry",
    "country",
    "state or province",
    "postcode",
    "team",
    "picked",
    "CRM's record",
    "CRM's id",
    "owner",
    "agreed to",
    "agreed at",
)

# What a spreadsheet takes for the beginning of a formula: also in the wide forms that East Asian keyboards give.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def as_csv(rows: Sequence[Row]) -> str:
    """Rows of the table as CSV, which no spreadsheet runs anything of."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(TITLES)
    writer.writerows([harmless(cell) for cell in _cells(row)] for row in rows)
    return text.getvalue()


def harmless(cell: str) -> str:
    """A cell that a spreadsheet takes for text: where it might take it for a formula, an apostrophe leads it."""
    return f"'{cell}" if cell.startswith(FORMULA) or cell.lstrip().startswith(FORMULA) else cell


def read(connection: Connection) -> Sequence[Row]:
    """All leads, in the order in which they came."""
    return connection.execute(sa.select(table).order_by(table.c.number)).all()


def _cells(row: Row) -> Sequence[str]:
    draft = converted(row.draft, LeadDraft)
    delivered = converted(row.record, Delivered) if row.record else None
    size, budget = draft.size, draft.budget
    return (
        reference(row.number),
        row.created_at.isoformat(timespec="seconds"),
        row.state,
        draft.first_name,
        draft.last_name,
        draft.company,
        draft.email,
        draft.phone or "",
        _number(size.low if size else None),
        _number(size.high if size else None),
        _number(budget.low if budget else None),
        _number(budget.high if budget else None),
        budget.currency if budget else "",
        draft.wish,
        draft.industry,
        draft.country,
        draft.state,
        draft.postcode,
        row.team,
        row.pick,
        delivered.lead.kind.value if delivered else "",
        delivered.lead.id if delivered else "",
        delivered.lead.owner.email if delivered else "",
        draft.consent.words,
        draft.consent.at.isoformat(timespec="seconds"),
    )


def _number(number: int | Decimal | None) -> str:
    return "" if number is None else f"{number:f}" if isinstance(number, Decimal) else str(number)


async def _run() -> str:
    store = open_store(settings.load().database_url)
    try:
        return as_csv(await store.read(read))
    finally:
        store.close()


def main() -> None:
    """The command."""
    try:
        text = asyncio.run(_run())
    except FrontdeskError as error:
        sys.exit(str(error))
    sys.stdout.buffer.write(text.encode(errors="replace"))


if __name__ == "__main__":
    main()
