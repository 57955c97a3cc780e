"""How people are called where they say so, how to reach them, and how many of them work somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.forms.numerals import FIGURES, WORDS
from nlu.forms.spans import Span, compiled

MANY = rf"""(?: (?: about | around | roughly | over | approx\.? | some | nearly | almost
    | more[ ]than )[ ] )? (?: {FIGURES} (?: [ ]?[-–+][ ]? (?: {FIGURES} )? )? | {WORDS} )"""
# These are people of a company, wherever they stand; mere people are only beside a word for a company.
STAFF = r"""(?: employees | staff (?:[ ]members)? | workers | colleagues | team[ ]members | co-?workers
    | headcount | fte s? | heads )"""
FOLK = r"(?: people | persons | guys | folks | men | members | of[ ]us | desks )"
FIRM = r"""(?: compan(?:y|ies) | firms? | business | startup | start-up | agency | team | crew | office
    | organi[sz]ation | shop | studio | practice | we'?re | we[ ]are | we[ ]have | workforce )"""
SIZE = compiled(
    rf"""(?<! [\w.,$€£-] ) (?: (?P<staff> {MANY}[ ] {STAFF} )
    | \b {FIRM} (?: [ ](?: of | with | has | is | have | are ) | , | [ ]consists[ ]of )* [ ] (?P<folk> {MANY}[ ]{FOLK} )
    | (?P<strong> {FIGURES} [ -] (?: person | people | man )[ ] ) (?= (?: company | firm | team | business
    | startup | office ) ) ) \b"""
)
# A name in any case behind words that leave no doubt, with capitals behind others.
ANY = r"[^\W\d_]+ (?: ['’-][^\W\d_]+ )*"
CAPITAL = r"(?-i: (?: [A-Z] \. | [A-Z] [^\W\d_]+ (?: ['’-][^\W\d_]+ )* | O['’] [A-Z] [^\W\d_]+ ) )"
LINK = r"(?: (?: van | von | de | der | den | del | da | di | bin | al | el | la | ten | ter )[ ] )"
TITLE = r"(?: mrs? | ms | miss | mister | dr | prof (?:essor)? | sir | madam )"
NO_NAME = r"""(?! (?: the | a | an | my | your | on | in | under | with | not | spelled | different | wrong | is
    | as | and | for | from | misspelled | it | this
    | that | i | to | still | already | just | very | so | now | here | there | company | correct | incorrect
    | missing | also )\b )"""
NAME = compiled(
    rf"""
    \b (?: (?: my | the | our | his | her )[ ] (?: full[ ] | last[ ] | first[ ] | sur | family[ ]
    | maiden[ ] )? name (?:[ ]is | '?s | ,)
        | name'?s | (?: last | first | family | full | maiden | customer | recipient ) [ ] name (?:[ ]is | \s?:)?
        | surname (?:[ ]is | \s?:)? | name (?: \s?: | [ ]is )
        | i[ ]am[ ]called | i'?m[ ]called | i[ ]go[ ]by | (?: account | card )[ ]holder (?:[ ]is | :) ) [ ] {NO_NAME}
        (?P<said> (?: {CAPITAL} (?: [ ] {LINK}? {CAPITAL} ){{0,3}} | {ANY} ) )
    | \b (?: this[ ]is | i[ ]am | i'?m | im | contact (?:[ ]person)? ) [ ] {NO_NAME}
        (?P<capital> {CAPITAL} (?: [ ] {LINK}? {CAPITAL} ){{1,3}} )
    | \b {TITLE} \.? [ ] (?P<titled> {CAPITAL} (?: [ ] {LINK}? {CAPITAL} ){{0,2}} )
    """
)
LEGAL = r"""(?: llc | inc | ltd | limited | gmbh | corp | plc | b\.?v | pty | s\.?a\.?r\.?l | & [ ] (?: co | sons
    | partners ) ) \b"""
COMPANY = compiled(
    rf"""
    \b (?: registered[ ](?: as | under ) | company [ ] (?: name | is | called | named ) (?: [ ](?: is
        | called ) | \s?: )? ) [ ]
    (?P<said> {CAPITAL} (?: [ ] (?: &[ ] )? {CAPITAL} ){{0,3}} )
    | (?P<legal> {CAPITAL} (?: [ ] (?: &[ ] )? {CAPITAL} ){{0,3}} ,? [ ] {LEGAL} )
    """
)
PHONE = compiled(
    r"""(?<! [\w.,#+-] ) (?: \+ \d [\d ().-]{6,18} \d | 0\d{2,4} [ /-]? \d{3,4} [ -]? \d{3,4} | 0\d{3} [ ] \d{6}
        | \d{3} - \d{4} ) (?! [\w-] | [ ]?\d )
    | \b (?: phone | mobile | cell | tel | call[ ](?: me | us ) | text | whatsapp | my[ ]number | ring[ ](?: me
    | us ) ) [^\d\n+(]{0,24} (?P<value> [+(]? \d [\d ()./-]{6,18} \d ) (?! [\w-] )"""
)


def find(text: str) -> Iterator[Span]:
    """Yields names, sizes of companies, and telephone numbers that have no usual form."""
    for match in SIZE.finditer(text):
        name = match.lastgroup or 0
        end = match.start(name) + len(match.group(name).rstrip())
        yield Span(entity="company_size", start=match.start(name), end=end)
    for entity, pattern in (("company", COMPANY), ("person", NAME)):
        for match in pattern.finditer(text):
            name = match.lastgroup or 0
            yield Span(entity=entity, start=match.start(name), end=match.end(name))
    for match in PHONE.finditer(text):
        name = "value" if match["value"] else 0
        yield Span(entity="phone", start=match.start(name), end=match.end(name))
