"""How to reach people, and how many of them work somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.forms.numerals import FIGURES, WORDS
from nlu.forms.spans import Span, compiled

MANY = rf"(?: (?: about | around | roughly | over | approx\.? | some | nearly | almost | more[ ]than )[ ] )? (?: {FIGURES} (?: [ ]?[-–+][ ]? (?: {FIGURES} )? )? | {WORDS} )"
# These are people of a company, wherever they stand; mere people are only beside a word for a company.
STAFF = r"(?: employees | staff (?:[ ]members)? | workers | colleagues | team[ ]members | co-?workers | headcount | fte s? | heads )"
FOLK = r"(?: people | persons | guys | folks | men | members | of[ ]us | desks )"
FIRM = r"(?: compan(?:y|ies) | firms? | business | startup | start-up | agency | team | crew | office | organi[sz]ation | shop | studio | practice | we'?re | we[ ]are | we[ ]have | workforce )"
SIZE = compiled(
    rf"""(?<! [\w.,$€£-] ) (?: (?P<staff> {MANY}[ ] {STAFF} )
    | \b {FIRM} (?: [ ](?: of | with | has | is | have | are ) | , | [ ]consists[ ]of )* [ ] (?P<folk> {MANY}[ ]{FOLK} )
    | (?P<strong> {MANY}[ ](?: - )? (?: person | people | man )[ ] ) (?= (?: company | firm | team | business | startup | office ) ) ) \b"""
)
PHONE = compiled(
    r"""(?<! [\w.,#+-] ) (?: \+ \d [\d ().-]{6,18} \d | 0\d{2,4} [ /-]? \d{3,4} [ -]? \d{3,4} | 0\d{3} [ ] \d{6} | \d{3} - \d{4} ) (?! [\w-] | [ ]?\d )
    | \b (?: phone | mobile | cell | tel | call[ ](?: me | us ) | text | whatsapp | number | ring[ ](?: me | us ) ) [^\d\n+(]{0,24} (?P<value> [+(]? \d [\d ()./-]{5,18} \d ) (?! [\w-] )"""
)


def find(text: str) -> Iterator[Span]:
    """Yields sizes of companies and telephone numbers that have no usual form."""
    for match in SIZE.finditer(text):
        name = match.lastgroup or 0
        end = match.start(name) + len(match.group(name).rstrip())
        yield Span(entity="company_size", start=match.start(name), end=end)
    for match in PHONE.finditer(text):
        name = "value" if match["value"] else 0
        yield Span(entity="phone", start=match.start(name), end=match.end(name))
