"""Reads papers back: what is written on them and where, their fonts, and the bar codes in a picture of them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium
import zxingcpp

PIXELS_PER_POINT = 300 / 72
Box = tuple[float, float, float, float]  # left, bottom, right, top


def text(pdf: bytes) -> str:
    """All that is written, page after page, with one blank between words."""
    return " ".join(" ".join(pages(pdf)).split())


def pages(pdf: bytes) -> list[str]:
    """What is written on each page."""
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]


def sizes(pdf: bytes) -> list[tuple[float, float]]:
    """How large each page is, in points."""
    return [page.get_size() for page in pypdfium2.PdfDocument(pdf)]


def barcodes(pdf: bytes, pixels_per_point: float = PIXELS_PER_POINT) -> dict[str, str]:
    """What the bar codes say in a picture of the first page, by symbology."""
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=pixels_per_point).to_pil()
    return {code.format.name: code.text for code in zxingcpp.read_barcodes(picture)}


def fonts(pdf: bytes) -> dict[str, bool]:
    """The fonts that letters are set in, and whether each is in the file."""
    found: dict[str, bool] = {}
    for page in pypdfium2.PdfDocument(pdf):
        for letters in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
            font = pdfium.FPDFTextObj_GetFont(letters)
            name = ctypes.create_string_buffer(200)
            pdfium.FPDFFont_GetBaseFontName(font, name, 200)
            found[name.value.decode()] = bool(pdfium.FPDFFont_GetIsEmbedded(font))
    return found


def outside(pdf: bytes, margin: float) -> list[str]:
    """What is written beyond the margins."""
    return [
        written
        for (width, height), boxes in zip(sizes(pdf), _written(pdf), strict=True)
        for (left, bottom, right, top), written in boxes
        if left < margin - 1 or bottom < margin - 1 or right > width - margin + 1 or top > height - margin + 1
    ]


def overlapping(pdf: bytes) -> list[tuple[str, str]]:
    """What is written over something else."""
    return [
        (one, other)
        for boxes in _written(pdf)
        for place, (box, one) in enumerate(boxes)
        for other_box, other in boxes[:place]
        if _overlap(box, other_box)
    ]


def _written(pdf: bytes) -> Iterator[list[tuple[Box, str]]]:
    """The pieces of text of each page, and where they are."""
    for page in pypdfium2.PdfDocument(pdf):
        letters = page.get_textpage()
        boxes: list[Box] = [letters.get_rect(place) for place in range(letters.count_rects())]
        yield [(box, letters.get_text_bounded(*box)) for box in boxes]


def _overlap(one: Box, other: Box) -> bool:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide > 0.3 and high > 0.3
