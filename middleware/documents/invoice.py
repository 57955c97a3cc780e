"""Draws an invoice as it stands in the ledger, with what EN 16931 calls mandatory; nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reportlab.lib.pagesizes import A4, LETTER

from middleware.documents.drawing import (
    BOLD,
    GREY,
    PALE,
    Face,
    Paper,
    Writing,
    address_lines,
    fitted,
    printable,
    shortened,
    wrapped,
    wrapped_all,
)
from middleware.records import Invoice, InvoiceLine
from middleware.settings import Settings

# Whose paper is Letter, after Unicode's CLDR; everybody else's is A4.
LETTER_COUNTRIES = ("BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE")

MARGIN = 48.0
GAP = 14.0  # between columns
PADDING = 4.0  # of a row, above and below

COMPANY, TITLE = Face(15, BOLD), Face(20, BOLD)
RUNNING = Face(9, BOLD)
CAPTION, PLAIN, STRONG, SMALL = Face(7), Face(8.5), Face(8.5, BOLD), Face(7)
TOTAL = Face(11, BOLD)
SMALLEST = 5.5

MOST_NAME_LINES = 8
MOST_ADDRESS_LINES = 3
MOST_DESCRIPTION_LINES = 10
MOST_PAYMENT_LINES = 12
WIDEST_SKU = 92.0
NARROWEST_DESCRIPTION = 110.0
FACTS, FACT_NAME = 192.0, 88.0  # how wide they are, and where their values begin

HEADS = ("No.", "Description", "SKU", "Quantity", "Unit price", "Tax", "Net")
DESCRIPTION, SKU = 1, 2


def draw_invoice(invoice: Invoice, settings: Settings) -> bytes:
    """Draws an invoice on the paper of the company's country; the same invoice gives the same bytes."""
    pages = _Drawing(invoice, settings, pages=1).draw().pages  # to learn how many there are
    return _Drawing(invoice, settings, pages).draw().content()


class _Drawing:
    """An invoice under way, from its top to where the next thing goes."""

    def __init__(self, invoice: Invoice, settings: Settings, pages: int) -> None:
        self._invoice = invoice
        self._company = company = settings.company
        self._pages = pages
        self._writing = Writing(company.locale)
        size = LETTER if company.country in LETTER_COUNTRIES else A4
        self._paper = Paper(size, f"Invoice {invoice.number}", company.address.name, company.locale)
        self._left, self._right = MARGIN, self._paper.width - MARGIN
        self._bottom = self._paper.height - MARGIN - SMALL.leading - GAP
        self._table = _Table(invoice, self._writing, self._right - self._left)
        self._totals = self._make_totals()
        self._y = MARGIN

    def draw(self) -> Paper:
        self._draw_title()
        self._draw_parties()
        self._draw_lines()
        self._draw_totals()
        if self._invoice.due > 0:
            self._draw_payment()
        self._draw_foot()
        return self._paper

    def _draw_title(self) -> None:
        title = "Invoice"
        room = self._right - self._left - TITLE.width(title) - GAP
        self._paper.write(self._left, self._y + 4, shortened(self._company.name, COMPANY, room), COMPANY)
        self._paper.write_to(self._right, self._y, title, TITLE)
        self._y += TITLE.leading + GAP

    def _draw_parties(self) -> None:
        """Who sells, who buys, and what the invoice is known by, in three columns."""
        width = (self._right - self._left - FACTS) / 2 - GAP
        company, invoice = self._company, self._invoice
        seller = address_lines(company.address, company.locale)
        if company.tax_id:
            seller.append(f"Tax number {company.tax_id}")
        seller += [company.phone, company.email]
        buyer = address_lines(invoice.buyer_address, company.locale)
        ends = (
            self._draw_party(self._left, width, "From", company.address.name, seller),
            self._draw_party(self._left + width + GAP, width, "Bill to", invoice.buyer_name, buyer),
            self._draw_facts(self._right - FACTS),
        )
        self._y = max(ends) + GAP

    def _draw_party(self, x: float, width: float, caption: str, name: str, lines: Sequence[str]) -> float:
        self._paper.write(x, self._y, caption.upper(), CAPTION, GREY)
        y = self._y + CAPTION.leading + 2
        y = self._paper.write_lines(x, y, wrapped(name, STRONG, width, MOST_NAME_LINES), STRONG)
        return self._paper.write_lines(x, y, wrapped_all(lines, PLAIN, width, MOST_ADDRESS_LINES), PLAIN)

    def _draw_facts(self, x: float) -> float:
        invoice, y = self._invoice, self._y
        facts = {
            "Invoice number": invoice.number,
            "Issue date": self._writing.day(invoice.issued_on),
            "Due date": self._writing.day(invoice.due_on),
            "Order number": invoice.order_number or "",
            "Customer number": invoice.customer_number,
            "Currency": invoice.currency,
        }
        for name, value in facts.items():
            if not value:
                continue
            self._paper.write(x, y, name, PLAIN, GREY)
            lines = wrapped(value, PLAIN, FACTS - FACT_NAME, MOST_NAME_LINES)
            y = self._paper.write_lines(x + FACT_NAME, y, lines, PLAIN) + 2
        return y

    def _draw_lines(self) -> None:
        """The table; its last row stays with the totals."""
        self._draw_heads()
        for row in self._table.rows:
            below = self._totals_height if row is self._table.rows[-1] else 0
            if self._y + row.height + below > self._bottom:
                self._turn_page()
                self._draw_heads()
            self._table.draw(self._paper, self._left, self._y + PADDING, row.cells, self._table.face)
            self._y += row.height
            self._paper.rule(self._left, self._right, self._y, 0.4, PALE)

    def _draw_heads(self) -> None:
        cells = [[head.upper()] for head in HEADS]
        self._table.draw(self._paper, self._left, self._y + PADDING, cells, self._table.caption)
        self._y += self._table.caption.leading + 2 * PADDING
        self._paper.rule(self._left, self._right, self._y, 0.8)

    def _make_totals(self) -> list[_Total]:
        invoice, writing = self._invoice, self._writing

        def money(amount: Decimal) -> str:
            return printable(writing.money(amount, invoice.currency))

        totals = [_Total("Net total", money(invoice.net), PLAIN)]
        for tax in invoice.taxes:
            name = f"Tax {writing.percent(tax.rate)} on {money(tax.net)}"
            totals.append(_Total(printable(name), money(tax.tax), PLAIN))
        totals.append(_Total("Total including tax", money(invoice.gross), STRONG, ruled=True))
        if invoice.paid_on:
            totals.append(_Total("Paid on", writing.day(invoice.paid_on), PLAIN))
        totals.append(_Total("Amount due", money(invoice.due), TOTAL, ruled=True))
        return totals

    @property
    def _totals_height(self) -> float:
        return PADDING + sum(total.height for total in self._totals)

    def _draw_totals(self) -> None:
        names = max(total.face.width(total.name) for total in self._totals)
        values = max(total.face.width(total.value) for total in self._totals)
        left = self._right - names - 2 * GAP - values
        self._y += PADDING
        for total in self._totals:
            self._make_room(total.height)
            if total.ruled:
                self._paper.rule(left, self._right, self._y)
            self._paper.write(left, self._y + PADDING, total.name, total.face)
            self._paper.write_to(self._right, self._y + PADDING, total.value, total.face)
            self._y += total.height

    def _draw_payment(self) -> None:
        """How the invoice is paid; a paid one says nothing of it."""
        lines = wrapped(self._company.payment, PLAIN, self._right - self._left, MOST_PAYMENT_LINES)
        if not lines:
            return
        self._make_room(2 * GAP + CAPTION.leading + len(lines) * PLAIN.leading)
        self._y += 2 * GAP
        self._paper.write(self._left, self._y, "PAYMENT", CAPTION, GREY)
        self._y = self._paper.write_lines(self._left, self._y + CAPTION.leading + 2, lines, PLAIN)

    def _make_room(self, height: float) -> None:
        if self._y + height > self._bottom:
            self._turn_page()

    def _turn_page(self) -> None:
        self._draw_foot()
        self._paper.turn_page()
        number = f"Invoice {printable(self._invoice.number)}"
        room = self._right - self._left
        face = fitted(number, RUNNING, room / 2, SMALLEST)
        number = shortened(number, face, room / 2)
        self._paper.write_to(self._right, MARGIN, number, face)
        name = shortened(self._company.name, RUNNING, room - face.width(number) - GAP)
        self._paper.write(self._left, MARGIN, name, RUNNING)
        self._y = MARGIN + RUNNING.leading + GAP

    def _draw_foot(self) -> None:
        company = self._company
        y = self._paper.height - MARGIN - SMALL.leading
        self._paper.rule(self._left, self._right, y - 5, 0.4, PALE)
        page = f"Page {self._paper.pages} of {self._pages}"
        self._paper.write_to(self._right, y, page, SMALL, GREY)
        seller = [company.address.name, *address_lines(company.address, company.locale)]
        room = self._right - self._left - SMALL.width(page) - GAP
        self._paper.write(self._left, y, shortened(" · ".join(seller), SMALL, room), SMALL, GREY)


@dataclass(frozen=True, slots=True)
class _Total:
    """One of the sums beneath the lines."""

    name: str
    value: str
    face: Face
    ruled: bool = False

    @property
    def height(self) -> float:
        return self.face.leading + 1.5 * PADDING


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the invoice: each cell's lines, and how much room they take."""

    cells: list[list[str]]
    height: float


class _Table:
    """The invoice's lines in columns: each as wide as its widest number, the description with what is left over."""

    def __init__(self, invoice: Invoice, writing: Writing, width: float) -> None:
        texts = [_cells(number, line, invoice.currency, writing) for number, line in enumerate(invoice.lines, 1)]
        self.face = PLAIN
        self._widths = self._measured(texts, width)
        while self._widths[DESCRIPTION] < NARROWEST_DESCRIPTION and self.face.size > SMALLEST:
            self.face = Face(self.face.size - 0.5)
            self._widths = self._measured(texts, width)
        self.rows = [self._row(cells) for cells in texts]

    @property
    def caption(self) -> Face:
        """What the columns' heads are written in."""
        return Face(min(CAPTION.size, self.face.size))

    def draw(self, paper: Paper, x: float, y: float, cells: Sequence[Sequence[str]], face: Face) -> None:
        """Draws a row: words from the left, numbers to the right."""
        for place, (lines, width) in enumerate(zip(cells, self._widths, strict=True)):
            if place in (DESCRIPTION, SKU):
                paper.write_lines(x, y, lines, face)
            else:
                paper.write_to(x + width, y, lines[0], face)
            x += width + GAP

    def _measured(self, texts: Sequence[Sequence[str]], width: float) -> list[float]:
        widths = [self.caption.width(head.upper()) for head in HEADS]
        for cells in texts:
            widths = [max(one, self.face.width(cell)) for one, cell in zip(widths, cells, strict=True)]
        widths[SKU] = min(widths[SKU], WIDEST_SKU)
        widths[DESCRIPTION] = 0
        widths[DESCRIPTION] = width - sum(widths) - GAP * (len(widths) - 1)
        return widths

    def _row(self, texts: Sequence[str]) -> _Row:
        cells = [[text] for text in texts]
        for place in (DESCRIPTION, SKU):
            cells[place] = wrapped(texts[place], self.face, self._widths[place], MOST_DESCRIPTION_LINES)
        return _Row(cells, max(map(len, cells)) * self.face.leading + 2 * PADDING)


def _cells(number: int, line: InvoiceLine, currency: str, writing: Writing) -> list[str]:
    """What the columns say of a line."""
    texts = (
        writing.number(Decimal(number)),
        line.description,
        line.sku or "",
        writing.number(line.quantity),
        writing.money(line.price, currency),
        writing.percent(line.tax_rate),
        writing.money(line.net, currency),
    )
    return [printable(text) for text in texts]
