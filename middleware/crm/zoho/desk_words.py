"""How our words become Zoho Desk's, and how they are told apart from its people's."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from middleware.records import CommentDraft

LONGEST_COMMENT = 31_000  # Desk takes 32,000; an author's name and our reference are added
LONGEST_DESCRIPTION = 65_000  # of 65,535, as HTML
LONGEST_SUBJECT = 255
LONGEST_AUTHOR = 200
BLOCKS = frozenset(("br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "pre"))
UNSEEN = frozenset(("script", "style", "head", "title"))

# The last two lines of what we write: who said it, and by what we find it again.
_FOOT = re.compile(
    r"\A(?P<body>.*)\n\n— (?P<author>[^\n]*)\n"
    r"\[Frontdesk (?P<reference>FD-[0-9a-f]{24}) (?P<part>\d+)/(?P<parts>\d+)\]\s*\Z",
    re.DOTALL,
)
# Desk calls one of its people where this stands; what a customer writes calls nobody.
_MENTION, _NO_MENTION = "zsu[@", "zsu\u2060[@"
_MENTIONED = re.compile(r"zsu\[@[^\]]*\]zsu")


@dataclass(frozen=True, kw_only=True)
class Ours:
    """A comment that we wrote, or a part of one."""

    body: str
    author: str
    reference: str
    part: int
    parts: int


def storable(text: str) -> str:
    """Text without what no system can keep."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def one_line(text: str, longest: int) -> str:
    """Text on one line, cut where it is too long."""
    line = " ".join(storable(text).splitlines())
    return line if _length(line) <= longest else next(_pieces(line, longest - 1)) + "…"


def description(text: str) -> tuple[str, str]:
    """A description as HTML that shows it as it is, and the rest that Desk doesn't take there."""
    text = storable(text)
    for longest in (len(text), LONGEST_DESCRIPTION // 2, LONGEST_DESCRIPTION // 6):
        shown = html.escape(text[:longest], quote=False).replace("\n", "<br>")
        if _length(shown) <= LONGEST_DESCRIPTION:
            return shown, text[longest:]
    raise AssertionError("a character takes six at most")


def comment_parts(draft: CommentDraft, reference: str) -> list[str]:
    """What is written for a comment, as plain text: one part, or several if it is too long for one."""
    body = storable(draft.body).replace(_MENTION, _NO_MENTION)
    author = one_line(draft.author, LONGEST_AUTHOR).replace(_MENTION, _NO_MENTION)
    pieces = list(_pieces(body, LONGEST_COMMENT)) or [""]
    return [
        f"{piece}\n\n— {author}\n[Frontdesk {reference} {part}/{len(pieces)}]"
        for part, piece in enumerate(pieces, start=1)
    ]


def ours(content: str) -> Ours | None:
    """A comment that we wrote, as it was meant; None if somebody else wrote it."""
    found = _FOOT.match(content)
    if found is None:
        return None
    return Ours(
        body=found["body"].replace(_NO_MENTION, _MENTION),
        author=found["author"].replace(_NO_MENTION, _MENTION),
        reference=found["reference"],
        part=int(found["part"]),
        parts=int(found["parts"]),
    )


def plain(content: str, is_html: bool) -> str:
    """What somebody wrote, as text without markup."""
    if not is_html:
        return _MENTIONED.sub("", content).strip()
    reader = _Text()
    reader.feed(_MENTIONED.sub("", content))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in UNSEEN
        if tag in BLOCKS and self.parts and (tag == "br" or not self.parts[-1].endswith("\n")):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in UNSEEN))
        if tag in BLOCKS - {"br"} and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data.replace("\n", " "))


def _length(text: str) -> int:
    """As Desk counts: an emoji is two."""
    return len(text) + sum(character > "\uffff" for character in text)


def _pieces(text: str, longest: int) -> Iterator[str]:
    """A text in pieces, none of them too long, and no character torn."""
    begin = taken = 0
    for place, character in enumerate(text):
        width = 2 if character > "\uffff" else 1
        if taken + width > longest:
            yield text[begin:place]
            begin, taken = place, 0
        taken += width
    if text:
        yield text[begin:]
