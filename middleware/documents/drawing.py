"""What all papers share: fonts that go with the file, text that fits, and the company's way of writing.

Text is set as it is: nothing in a name is taken for markup. The fonts hold Latin, Greek, Cyrillic and more, but no
Chinese, Japanese or Korean. Scripts that run from right to left would need their letters joined and put in order, which
isn't done here. A character that can't be set is a □; what else stands on the paper can still be read.
"""

from __future__ import annotations

import io
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent
from reportlab.lib.colors import Color, black
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from middleware.records import Address
from middleware.settings import PostalAddress

FONTS = Path(__file__).with_name("fonts")
REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
SUBSTITUTE, ELLIPSIS = "□", "…"
RIGHT_TO_LEFT = ("R", "AL")
LONGEST_TEXT = 2000  # characters that are looked at

GREY = Color(0.38, 0.38, 0.38)
PALE = Color(0.75, 0.75, 0.75)

# Where the postcode stands behind the town.
POSTCODE_LAST = ("AU", "CA", "GB", "IE", "IN", "NZ", "PR", "US")


def _register(name: str) -> frozenset[int]:
    """Makes a font known to reportlab; gives the characters that it holds."""
    font = TTFont(name, str(FONTS / f"{name}.ttf"))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


_KNOWN = _register(REGULAR) & _register(BOLD)


@dataclass(frozen=True, slots=True)
class Face:
    """A font at a size, in points."""

    size: float
    font: str = REGULAR

    @property
    def leading(self) -> float:
        """From one line to the next."""
        return self.size * 1.25

    def width(self, text: str) -> float:
        """How wide a text is."""
        return pdfmetrics.stringWidth(text, self.font, self.size)

    def fitting(self, text: str, width: float) -> int:
        """How many of a text's characters fit."""
        return bisect_right(list(accumulate(self.width(one) for one in text)), width + 0.001)


def printable(text: str) -> str:
    """A text as it can be set: on one line, without control characters, □ for what the fonts don't hold."""
    composed = unicodedata.normalize("NFC", text[:LONGEST_TEXT])
    return " ".join("".join(map(_printable, composed)).split())


def _printable(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category == "Cf":  # these say how neighbours are to be joined or in which direction; alone they are no letters
        return ""
    if ord(character) not in _KNOWN:
        return "" if category.startswith("M") else SUBSTITUTE
    return SUBSTITUTE if unicodedata.bidirectional(character) in RIGHT_TO_LEFT else character


def shortened(text: str, face: Face, width: float) -> str:
    """A text on one line, with an ellipsis where it had to be cut."""
    text = printable(text)
    if face.width(text) <= width:
        return text
    return text[: face.fitting(text, width - face.width(ELLIPSIS))].rstrip() + ELLIPSIS


def wrapped(text: str, face: Face, width: float, most: int) -> list[str]:
    """A text on as many lines as it needs, but no more than `most`: the last one ends with an ellipsis then.

    A word that is wider than a line is cut.
    """
    lines: list[str] = []
    for word in printable(text).split():
        if lines and face.width(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
            continue
        while face.width(word) > width:
            fitting = face.fitting(word, width) or 1
            lines.append(word[:fitting])
            word = word[fitting:]
        lines.append(word)
    if len(lines) > most:
        return [*lines[: most - 1], shortened(" ".join(lines[most - 1 :]), face, width)]
    return lines


def wrapped_all(texts: Sequence[str], face: Face, width: float, most: int) -> list[str]:
    """Several texts, each on lines of its own, `most` for each."""
    return [line for text in texts for line in wrapped(text, face, width, most)]


def fitted(text: str, face: Face, width: float, smallest: float) -> Face:
    """The face in a size in which a text fits on one line, if the smallest allowed does."""
    size = face.size * min(1, width / max(face.width(printable(text)), 1))
    return replace(face, size=max(size, smallest))


def address_lines(address: Address | PostalAddress, locale: str) -> list[str]:
    """An address below the name, as its country writes it, with the country; without what is absent."""
    if address.country in POSTCODE_LAST:
        region = " ".join(filter(None, (address.state, address.postcode)))
        town = ", ".join(filter(None, (address.city, region)))
    else:
        town = ", ".join(filter(None, (f"{address.postcode} {address.city}".strip(), address.state)))
    country = Locale.parse(locale).territories.get(address.country, address.country)
    return [line for line in (address.address1, address.address2, town, country) if line.strip()]


class Writing:
    """The company's way of writing days and numbers on paper; amounts are never rounded."""

    def __init__(self, locale: str) -> None:
        self._locale = locale

    def day(self, day: date) -> str:
        """A day: "4 December 2026"."""
        return format_date(day, "d MMMM y", locale=self._locale)

    def weekday(self, day: date) -> str:
        """A day with its weekday: "Friday, 4 December 2026"."""
        return format_date(day, "EEEE, d MMMM y", locale=self._locale)

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount with its currency: "$1,284.50"."""
        return format_currency(amount, currency, locale=self._locale, decimal_quantization=False)

    def number(self, value: Decimal) -> str:
        """A quantity, without zeros behind the point."""
        return format_decimal(value, locale=self._locale, decimal_quantization=False)

    def percent(self, value: Decimal) -> str:
        """A rate that is given in percent: "8.875%"."""
        return format_percent(value.scaleb(-2), locale=self._locale, decimal_quantization=False)


class Paper:
    """A PDF under way. What is drawn is placed from the page's top left corner, in points.

    The same drawing gives the same bytes: no time and no random number goes into the file.

    Args:
        size: Of each page.
    """

    def __init__(self, size: tuple[float, float], title: str, author: str, language: str) -> None:
        self.width, self.height = size
        self.pages = 1
        self._file = io.BytesIO()
        # Without `initialFontName` every page would name a font that isn't in the file.
        self._canvas = Canvas(
            self._file,
            pagesize=size,
            invariant=1,
            initialFontName=REGULAR,  # type: ignore[arg-type] # its stub says that a name is a number
            lang=language.replace("_", "-"),
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)

    def write(self, x: float, y: float, text: str, face: Face, colour: Color = black) -> None:
        """Writes a line that begins at x; y is the line's upper edge."""
        self._canvas.setFont(face.font, face.size)
        self._canvas.setFillColor(colour)
        self._canvas.drawString(x, self.height - y - face.size, text)

    def write_to(self, x: float, y: float, text: str, face: Face, colour: Color = black) -> None:
        """Writes a line that ends at x."""
        self.write(x - face.width(text), y, text, face, colour)

    def write_around(self, x: float, y: float, text: str, face: Face, colour: Color = black) -> None:
        """Writes a line with its middle at x."""
        self.write(x - face.width(text) / 2, y, text, face, colour)

    def write_lines(self, x: float, y: float, lines: Sequence[str], face: Face, colour: Color = black) -> float:
        """Writes lines from y downwards; gives where they end."""
        for line in lines:
            self.write(x, y, line, face, colour)
            y += face.leading
        return y

    def rule(self, left: float, right: float, y: float, thickness: float = 0.5, colour: Color = black) -> None:
        """Draws a line across."""
        self._canvas.setLineWidth(thickness)
        self._canvas.setStrokeColor(colour)
        self._canvas.line(left, self.height - y, right, self.height - y)

    def frame(self, x: float, y: float, width: float, height: float, thickness: float = 1) -> None:
        """Draws the outline of a rectangle whose top left corner is given."""
        self._canvas.setLineWidth(thickness)
        self._canvas.setStrokeColor(black)
        self._canvas.rect(x, self.height - y - height, width, height)

    def fill(self, x: float, y: float, width: float, height: float) -> None:
        """Draws a black rectangle whose top left corner is given."""
        self._canvas.setFillColor(black)
        self._canvas.rect(x, self.height - y - height, width, height, stroke=0, fill=1)

    def turn_page(self) -> None:
        """Goes on on another page."""
        self._canvas.showPage()
        self.pages += 1

    def content(self) -> bytes:
        """Ends the drawing, and gives the file."""
        self._canvas.save()
        return self._file.getvalue()
