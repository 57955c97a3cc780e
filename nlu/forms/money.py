"""Money: what was paid or is owed (`amount`), and what one means to spend (`budget`)."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.forms.numerals import WORDS
from nlu.forms.spans import Span, compiled

SYMBOL = r"(?: [$€£¥₹] | \b(?: usd | eur | gbp | cad | aud | chf | nok | sek | dkk ) [ ]? | \b (?: us | c | a )\$ )"
UNIT = r"""(?: dollars? | euros? | eur | bucks? | pounds? | quid | usd | gbp | cad | aud | chf | cents? | pence
    | rupees? | nok | sek | dkk | kroner? )\b"""
# Of bounded length: a message may be thousands of digits.
FIGURE = r"\d{1,3} (?: [,.]\d{3} ){1,3} (?: [.,]\d\d )? (?! \d ) | \d{1,9} (?: [.,]\d{1,2} )? (?! [.,]?\d )"
SHORT = r"(?: [ ]? (?: k | m | grand | thousand | million | mio )\b )?"
SUM = rf"""
    (?: {SYMBOL} [ ]? (?: {FIGURE} ) {SHORT} (?: [ ]? {UNIT} )?
    | (?<! [\w.,-] ) (?: {FIGURE} ) {SHORT} [ ]? (?: {UNIT} | [€£$] (?! \d ) )
    | \b (?: {WORDS} ) [ ] (?: grand[ ] )? {UNIT} )
"""
FROM_TO = rf"""(?: (?: {SYMBOL} | (?<! [\w.,-] ) ) \d[\d.,]{{0,11}} {SHORT} [ ]?
    (?: - | – | to ) [ ]? )"""
RANGE = rf"{FROM_TO}? {SUM}"
BARE = r"""(?<! [\w.,#-] ) (?: \d{1,3} (?:,\d{3}){1,3} | \d{1,9} ) (?: k\b | [ ]grand\b | [ ]thousand\b )?
    (?! [\w%-] | [.,]\d )"""

ABOUT = r"(?: about | around | roughly | approx\.? | approximately | circa | ca\. | some )"
LIMIT = (
    r"(?: under | below | less[ ]than | no[ ]more[ ]than | not[ ]more[ ]than | at[ ]most | max\.? | maximum | within )"
)
EACH = r"(?: [ ](?: a | per | each )[ ](?: year | month | quarter | person | head | piece | employee ) )?"
AFTER = r"""(?: [ ]? (?: max | maximum | tops | budget | to[ ]spend | at[ ]most | or[ ](?: less | under | below
    | so[ ]to[ ]spend )
    | limit | (?: each[ ] )? budget | is[ ](?: my | our | the )[ ](?: limit | budget | max ) ) )\b"""

MONEY = compiled(
    rf"""
    (?P<limited> \b {LIMIT} [ ] (?: {ABOUT}[ ] )? {RANGE} {EACH} )
    | \b budget s? (?: [ ](?: is | of | would[ ]be | was | for[ ]\w+[ ]is )
    | : )? [ ] (?P<budget> (?: {ABOUT}[ ] )? (?: {RANGE} | {BARE} ) {EACH} )
    | \b (?: spend (?:ing)? | afford | up[ ]to | limit (?:[ ](?: is | of ))? | price[ ]range ) [ ] (?: up[ ]to[ ]
    | max[ ] | only[ ] | of[ ] )? (?P<spent> (?: {ABOUT}[ ] )? {RANGE} {EACH} )
    | (?P<before> (?: \b{ABOUT}[ ] )? {RANGE} {EACH} ) (?= {AFTER} )
    | (?P<range> {FROM_TO} {SUM} {EACH} )
    | (?P<about> \b {ABOUT}[ ] {RANGE} {EACH} )
    | (?P<amount> {RANGE} )
    """
)
# Money without its unit, where the verb says that it is money.
CHARGED = compiled(
    r"""\b (?: (?: over )? (?: charged | billed ) (?:[ ](?: me | us | by ))? (?:[ ]by)?
        | refund (?:ed)?[ ](?: me[ ] | us[ ] )? (?: only )? | owes?[ ](?: me | us )
    | paid (?:[ ](?: only | you ))? | remaining | the[ ]missing | costs? ) [ ]
    (?P<value> \d+ (?: [.,]\d\d )? ) (?! [\w%-] | [.,]\d | [ ](?: times? | for[ ]\d | weeks? | days? | of | x
    | orders? | pcs | pieces | items? | months? | hours? | more | \w+s )\b )
    | (?<! [\w.,/-] ) (?P<cents> \d{1,5} [.]\d\d ) (?! [\w.,%/] | [ ]? (?: am | pm | o'clock | inch | cm | kg
    | ml | l | m | ft )\b )"""
)


def find(text: str) -> Iterator[Span]:
    """Yields the money in a text."""
    for match in MONEY.finditer(text):
        name = match.lastgroup or ""
        yield Span(entity="amount" if name == "amount" else "budget", start=match.start(name), end=match.end(name))
    for match in CHARGED.finditer(text):
        name = match.lastgroup or ""
        yield Span(entity="amount", start=match.start(name), end=match.end(name))
