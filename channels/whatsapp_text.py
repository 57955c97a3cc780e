"""Texts as WhatsApp counts, shows and formats them."""

from __future__ import annotations

import unicodedata

import regex

# Where a text is divided, best first: between paragraphs, lines, sentences, words. Never where what follows is part of
# the white space (an accent on a space, say), nor at a space that is there to hold words together.
SPACE = r"[^\S\u00a0\u202f]"
APART = r"(?![\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}])"
PLACES = (
    regex.compile(rf"\n{SPACE}*\n{SPACE}*+{APART}"),
    regex.compile(rf"\n{SPACE}*+{APART}"),
    regex.compile(rf"(?<=[.!?…。！？]['\"”’)\]]*){SPACE}++{APART}"),
)
WORDS = regex.compile(rf"(?<!\p{{GCB=Prepend}}){SPACE}++{APART}")
GRAPHEME = regex.compile(r"\X")

# In pairs around words these are formatting to WhatsApp. What looks the same isn't; between letters nothing is.
MARKS = {"*": "∗", "_": "ˍ", "~": "∼"}
LETTER = r"[^\W_]"
AT_AN_EDGE = {mark: regex.compile(rf"(?<!{LETTER})\{mark}(?=\S)|(?<=\S)\{mark}(?!{LETTER})") for mark in MARKS}
TICK, LOOKS_LIKE_A_TICK = "`", "ˋ"
LINK = regex.compile(r"https?://\S+")


def length(text: str) -> int:
    """How long a text is, in UTF-16 units.

    Meta doesn't say what its characters are; nothing that is usual counts more of them than this.
    """
    return len(text) + sum(letter > "\uffff" for letter in text)


def is_seen(text: str) -> bool:
    """Whether there is anything to see in a text."""
    return any(unicodedata.category(letter)[0] not in "CZ" for letter in text)


def cleaned(text: str) -> str:
    """A text without what can't be sent: control characters and halves of characters; empty if nothing is to see."""
    letters = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(one for one in letters if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs"))
    return kept.strip() if is_seen(kept) else ""


def on_one_line(text: str) -> str:
    """A text without line breaks and double spaces, such as stands on a button."""
    return " ".join(cleaned(text).split())


def plain(text: str) -> str:
    """A text in which WhatsApp finds nothing to format, though it reads the same; links stay as they are."""
    if text.count(TICK) > 1:
        text = text.replace(TICK, LOOKS_LIKE_A_TICK)
    return "".join(_plain_line(line) for line in text.splitlines(keepends=True))


def _plain_line(line: str) -> str:
    links = [match.span() for match in LINK.finditer(line)]
    letters = list(line)
    for mark, looks_like_it in MARKS.items():
        found = [match.start() for match in AT_AN_EDGE[mark].finditer(line)]
        outside = [at for at in found if not any(begin <= at < end for begin, end in links)]
        if len(outside) > 1:
            for at in outside:
                letters[at] = looks_like_it
    return "".join(letters)


def cut(text: str, longest: int) -> str:
    """A text that isn't longer, cut between words where that is possible, with … in the place of the rest."""
    if length(text) <= longest:
        return text
    return f"{split(text, longest - 1)[0].rstrip(' ,;:.–—-(')}…"


def split(text: str, longest: int) -> list[str]:
    """Divides a text into pieces that aren't longer; only white space is lost, and nothing is divided that is one sign.

    Args:
        longest: UTF-16 units, at least 2.
    """
    pieces, rest = [], text.strip()
    while length(rest) > longest:
        end, begin = _place(rest, longest)
        pieces.append(rest[:end])
        rest = rest[begin:]
    return [*pieces, rest] if rest else pieces


def _place(text: str, longest: int) -> tuple[int, int]:
    """Where the piece ends that a text is begun with, and where the next one begins."""
    reach = _reach(text, longest)
    for places, earliest in (*((one, reach // 2) for one in PLACES), (WORDS, 1)):
        best = None
        for match in places.finditer(text):
            if match.start() > reach:
                break
            best = match
        if best and best.start() >= max(earliest, 1):
            return best.start(), best.end()
    return reach, reach


def _reach(text: str, longest: int) -> int:
    """How many characters from the beginning of a text aren't too long."""
    used = reach = 0
    for sign in GRAPHEME.finditer(text):
        used += length(sign.group())
        if used > longest:
            break
        reach = sign.end()
    if reach:
        return reach
    return next(count for count in range(longest, 0, -1) if length(text[:count]) <= longest)  # one endless sign
