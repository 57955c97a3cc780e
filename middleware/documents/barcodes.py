"""Bar codes whose bars are whole dots of a label printer, with the blank margins that readers need."""

from __future__ import annotations

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

from middleware.documents.drawing import Paper
from middleware.errors import Malformed

DOT = 72 / 203  # points; label printers commonly have 203 dots to the inch
FEWEST_DOTS = 2  # of the thinnest bar: 0.25 mm
MOST_DOTS = 4
CODE_128_MARGIN = 10  # thinnest bars, on either side
QR_MARGIN = 4  # squares, all around


def draw_code_128(paper: Paper, value: str, middle: float, y: float, width: float, height: float) -> None:
    """Draws a Code 128 between its margins.

    Args:
        middle: Of the bars.
        width: The most that bars and margins may take.

    Raises:
        Malformed: It can't be drawn as Code 128, or would be too fine to be read.
    """
    if not value or not value.isascii() or not value.isprintable():
        raise Malformed("a number holds characters that a bar code can't")
    bars = _bars(value)
    dots = min(MOST_DOTS, int(width / DOT / (sum(bars) + 2 * CODE_128_MARGIN)))
    if dots < FEWEST_DOTS:
        raise Malformed("a number is too long for a bar code")
    x = middle - sum(bars) * dots * DOT / 2
    for place, modules in enumerate(bars):
        if place % 2 == 0:
            paper.fill(x, y, modules * dots * DOT, height)
        x += modules * dots * DOT


def draw_qr(paper: Paper, value: str, x: float, y: float, side: float) -> None:
    """Draws a QR code in the middle of a square whose top left corner is given; margins included."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(value)
    code.make()
    modules = len(code.modules) + 2 * QR_MARGIN
    square = int(side / DOT / modules) * DOT
    inset = (side - modules * square) / 2 + QR_MARGIN * square
    for row, squares in enumerate(code.modules):
        for begin, length in _runs(squares):
            paper.fill(x + inset + begin * square, y + inset + row * square, length * square, square)


def _bars(value: str) -> list[int]:
    """The widths of bars and gaps, by turns, beginning and ending with a bar."""
    code = Code128(value)
    for step in (code.validate, code.encode, code.decompose):
        step()  # type: ignore[no-untyped-call] # reportlab's own
    return [ord(letter.lower()) - ord("a") + 1 for letter in code.decomposed]


def _runs(squares: list[bool]) -> list[tuple[int, int]]:
    """Where dark squares begin, and how many stand together: drawn as one, so that no hairline shows between."""
    runs: list[tuple[int, int]] = []
    for place, dark in enumerate(squares):
        if not dark:
            continue
        if runs and sum(runs[-1]) == place:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((place, 1))
    return runs
