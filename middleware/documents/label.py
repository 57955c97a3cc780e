"""Draws the label that a customer sticks on a parcel that comes back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from middleware.documents.barcodes import draw_code_128, draw_qr
from middleware.documents.drawing import (
    BOLD,
    ELLIPSIS,
    GREY,
    Face,
    Paper,
    Writing,
    address_lines,
    fitted,
    printable,
    shortened,
    wrapped,
)
from middleware.records import Order, Return, ReturnLine
from middleware.settings import Settings

INCH = 72
SIZE = (4.0 * INCH, 6.0 * INCH)
MARGIN = 14.0
LEFT, RIGHT = MARGIN, SIZE[0] - MARGIN
WIDTH = RIGHT - LEFT

CAPTION = Face(6)
SENDER, SENDER_NAME = Face(7.5), Face(8, BOLD)
RECIPIENT, RECIPIENT_NAME = Face(10.5), Face(12, BOLD)
NUMBER = Face(12, BOLD)
FACT = Face(10, BOLD)
ITEM = Face(8.5)
INSTRUCTION = Face(7)
POSTAGE, POSTAGE_TEXT = Face(10, BOLD), Face(6.5)
SMALLEST = 5.0

POSTAGE_BOX = (88.0, 60.0)
BARS = 42.0
QR_SIDE = 76.0
MOST_FOR_INSTRUCTIONS = 56.0
INDENT = 11.0
QR_BLANK = 8.0  # the code's own margin reaches so far into the label's
LONGEST_ITEM = 3  # lines
LONGEST_INSTRUCTION = 4


def draw_label(found: Return, order: Order, sender: str, settings: Settings) -> bytes:
    """Draws a return's label, 4 by 6 inches; the same return gives the same bytes.

    Args:
        order: The order that the goods come from; whoever sends them is where it was delivered.
        sender: The customer's name.

    Raises:
        Malformed: The return's number can't be a bar code.
    """
    company = settings.company
    label = _Label(found, Paper(SIZE, f"Return {found.number}", company.name, company.locale), settings)
    return label.draw(order, sender)


class _Label:
    """A label under way; each part is told where it begins, and tells where it ends."""

    def __init__(self, found: Return, paper: Paper, settings: Settings) -> None:
        self._found = found
        self._paper = paper
        self._rules = settings.returns
        self._locale = settings.company.locale
        self._writing = Writing(self._locale)

    def draw(self, order: Order, sender: str) -> bytes:
        y = max(self._draw_sender(order, sender), self._draw_postage())
        y = self._draw_recipient(self._rule(y + 5))
        y = self._draw_number(self._rule(y + 4) + 2)
        y = self._draw_facts(y)
        instructions = self._instructions()
        end = SIZE[1] - MARGIN - instructions.height
        self._draw_items(self._rule(y), end - 9)
        self._draw_instructions(self._rule(end - 5), instructions)
        return self._paper.content()

    def _draw_sender(self, order: Order, sender: str) -> float:
        room = WIDTH - POSTAGE_BOX[0] - 10
        y = self._caption(LEFT, MARGIN, "From")
        y = self._paper.write_lines(LEFT, y, wrapped(sender, SENDER_NAME, room, 2), SENDER_NAME)
        lines = [shortened(line, SENDER, room) for line in address_lines(order.address, self._locale)]
        return self._paper.write_lines(LEFT, y, lines, SENDER)

    def _draw_postage(self) -> float:
        """What stands where a stamp would be."""
        width, height = POSTAGE_BOX
        left, middle = RIGHT - width, RIGHT - width / 2
        self._paper.frame(left, MARGIN, width, height)
        account = self._rules.carrier_account
        head = "Carrier account" if account else "Not postage"
        text = account or "The carrier must still be paid to take this parcel."
        lines = wrapped(text, POSTAGE_TEXT, width - 10, 4)
        y = MARGIN + (height - POSTAGE.leading - 2 - len(lines) * POSTAGE_TEXT.leading) / 2
        self._paper.write_around(middle, y, head, fitted(head, POSTAGE, width - 10, SMALLEST))
        y += POSTAGE.leading + 2
        for line in lines:
            self._paper.write_around(middle, y, line, POSTAGE_TEXT)
            y += POSTAGE_TEXT.leading
        return MARGIN + height

    def _draw_recipient(self, y: float) -> float:
        address = self._rules.address
        y = self._caption(LEFT, y, "To")
        name = fitted(address.name, RECIPIENT_NAME, WIDTH, RECIPIENT_NAME.size * 0.7)
        y = self._paper.write_lines(LEFT, y, [shortened(address.name, name, WIDTH)], name)
        lines = [shortened(line, RECIPIENT, WIDTH) for line in address_lines(address, self._locale)]
        return self._paper.write_lines(LEFT, y, lines, RECIPIENT)

    def _draw_number(self, y: float) -> float:
        """The return's number as bars, with what they say beneath."""
        number = self._found.number
        draw_code_128(self._paper, number, SIZE[0] / 2, y, SIZE[0], BARS)
        face = fitted(number, NUMBER, WIDTH, SMALLEST)
        self._paper.write_around(SIZE[0] / 2, y + BARS + 2, printable(number), face)
        return y + BARS + 2 + NUMBER.leading

    def _draw_facts(self, y: float) -> float:
        """The return's number as a QR code, and the facts beside it."""
        found = self._found
        draw_qr(self._paper, found.number, LEFT - QR_BLANK, y, QR_SIDE)
        left = LEFT + QR_SIDE
        facts = [("Return", found.number), ("Order", found.order_number)]
        if found.return_by:
            facts.append(("Return by", self._writing.weekday(found.return_by)))
        top = y + 4
        for name, value in facts:
            top = self._caption(left, top, name)
            face = fitted(value, FACT, RIGHT - left, SMALLEST)
            self._paper.write(left, top, shortened(value, face, RIGHT - left), face)
            top += FACT.leading + 2
        return y + QR_SIDE

    def _draw_items(self, y: float, end: float) -> None:
        """As many items as there is room for, and how many more there are."""
        y = self._caption(LEFT, y, "Items")
        room = int((end - y) / ITEM.leading)
        lines = self._found.lines
        each = max(1, min(LONGEST_ITEM, room // max(len(lines), 1)))
        shown = lines if len(lines) <= room else lines[: max(room - 1, 0)]
        for line in shown:
            quantity = f"{self._writing.number(line.quantity)} ×"
            indent = ITEM.width(quantity) + 4
            self._paper.write(LEFT, y, quantity, ITEM)
            text = wrapped(_item(line), ITEM, WIDTH - indent, each)
            y = self._paper.write_lines(LEFT + indent, y, text, ITEM)
        if len(shown) < len(lines):
            more = self._writing.number(Decimal(len(lines) - len(shown)))
            self._paper.write(LEFT, y, f"and {more} more", ITEM)

    def _instructions(self) -> _Instructions:
        """The instructions in the largest type in which they fit."""
        size = INSTRUCTION.size
        while True:
            made = _Instructions(self._rules.instructions, Face(size))
            if made.height <= MOST_FOR_INSTRUCTIONS:
                return made
            if size <= SMALLEST:
                return made.cut()
            size -= 0.5

    def _draw_instructions(self, y: float, instructions: _Instructions) -> None:
        for number, line in instructions.lines:
            self._paper.write(LEFT, y, number, instructions.face)
            self._paper.write(LEFT + INDENT, y, line, instructions.face)
            y += instructions.face.leading

    def _rule(self, y: float) -> float:
        self._paper.rule(LEFT, RIGHT, y)
        return y + 5

    def _caption(self, x: float, y: float, text: str) -> float:
        self._paper.write(x, y, text.upper(), CAPTION, GREY)
        return y + CAPTION.leading


class _Instructions:
    """What to do with the label, on lines that fit: each with its number, if it begins an instruction."""

    def __init__(self, texts: Sequence[str], face: Face) -> None:
        self.face = face
        self.lines = [
            (f"{number}." if place == 0 else "", line)
            for number, text in enumerate(texts, 1)
            for place, line in enumerate(wrapped(text, face, WIDTH - INDENT, LONGEST_INSTRUCTION))
        ]
        self.height = len(self.lines) * face.leading

    def cut(self) -> _Instructions:
        """As much of them as there is room for."""
        most = int(MOST_FOR_INSTRUCTIONS / self.face.leading)
        number, last = self.lines[most - 1]
        last = shortened(last.rstrip(".") + ELLIPSIS, self.face, WIDTH - INDENT)
        self.lines = [*self.lines[: most - 1], (number, last)]
        self.height = len(self.lines) * self.face.leading
        return self


def _item(line: ReturnLine) -> str:
    """An item with what tells its variant apart, and its number in the warehouse."""
    name = ", ".join((line.name or line.sku, *line.options.values()))
    return f"{name} ({line.sku})" if line.name else name
