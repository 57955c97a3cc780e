"""What is said of goods in figures and letters: article codes and sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.forms.spans import Span, compiled, spans

OF_RECORDS = r"""(?: ord | order | po | so | inv | invoice | t | tkt | tck | ticket | case | h | r | rma | re
    | ret | ref | no | x )"""
SKU = compiled(
    rf"""
    (?<! [\w@./#-] ) (?! {OF_RECORDS} [-_]? \d+ (?! [\w-] ) ) (?! [a-z]+ - (?: of | to | the | in | and | on | up
    | it | by | a ) - )
    (?: (?-i: [A-Z]{{2,5}} (?: - [A-Z0-9]{{1,6}} ){{2,3}} )
    | (?= [a-z0-9-]* \d ) [a-z]{{2,4}} (?: - [a-z0-9]{{1,6}} ){{2,3}}
    | (?-i: [A-Z]{{3,5}} - (?= [A-Z0-9]* \d ) [A-Z0-9]{{2,6}} )
    | [a-z]{{3}} - [a-z]{{0,3}} \d{{3,4}} )
    (?! [\w@-] | \.[a-z] )
    """
)
CALLED_SKU = compiled(
    r"""\b (?: sku | article | art\. | item | part | product ) (?: [ ](?: code | number | no\.? | nr\.?
        | \# ) )? (?: \s? : | [ ]is )? [ ]
    (?P<value> \#? (?= [a-z0-9-]* \d ) [a-z0-9]+ (?: - [a-z0-9]+ )* ) (?! [\w-] | [ ](?: of | from | in | on
    | is[ ]missing )\b )"""
)

UNIT = r"""(?: ml | cl | millilit(?:er|re)s? | lit(?:er|re)s? | ltrs? | l | cm | mm | met(?:er|re)s? | m
    | inch (?:es)? | in (?= \s* (?: $ | [.,?!] ) ) | " | ” | ft | feet
    | foot | kg | kilos? | g | grams? | lbs? | oz | ounces? | gb | tb | mah | watts? | w | gal (?:lons?)?
    | quarts? | qt | cups? )"""
PEOPLE = r"(?: persons? | people | man | men | berth | seater )"
LETTER = r"(?: (?-i: [SML] ) | x{1,3}s | x{1,4}l | [2-6]xl | x-(?: small | large ) )"
WORD = r"(?: extra[ -](?: small | large | long ) | small | medium | large )"
NUMBER = r"(?: \d{1,2} (?: [.,]5 | ½ | [ ]1/2 )? )"
FIGURE = r"\d+ (?: [.,]\d+ )?"
SIZE = compiled(
    rf"""
    (?<! [\w$€£.,#-] ) (?: {FIGURE} [ -]? {UNIT} (?: [ ]? x [ ]? {FIGURE} [ ]? {UNIT} )?
    | \d{{1,2}} [ -] person s? | \d{{1,2}} - {PEOPLE} | (?: one | two | three | four | five | six
    | eight ) - (?: person | man ) )
        (?! [\w/-] | [ ](?: people | employees | staff )\b )
    | \b sizes? (?: [ ]is | \s? : | [ ]to | [ ]from )? [ ] (?P<after> (?: us | eu | uk )?[ ]? {NUMBER} | {LETTER}
    | [sml] | {WORD} ) (?! [\w%-] | [.,]\d )
        (?: [ ] (?: or | and | to ) [ ] (?: an?[ ] | size[ ] )? (?P<next> {NUMBER} ) (?! [\w%-] | [.,]\d
        | [ ]\w+s\b ) )?
    | (?<! [\w'’-] ) (?P<letter> {LETTER} ) (?! [\w'’&-] | \.\w )
    | (?<! very[ ] ) (?<! too[ ] ) (?<! so[ ] ) (?<! bit[ ] ) (?<! how[ ] ) (?<! [\w-] ) (?P<word> medium
    | extra[ -](?: small | large | long ) )
        (?! [\w-] | [ ](?: sized? | heat )\b )
    | \b (?: an? | in | into | the | from | for | i'm[ ]a | wear | size | to | not | get
    | need ) [ ] (?P<said> small | large | long | kids[ ]size | [sml] (?! ['’] ) )
        (?= \s* (?: $ | [.,!?;)] | \b (?: one | version | please | pls | instead | and[ ]not | not | for | to
        | rather | is | but | or | size | left | now | in | ones | available )\b ) )
    """
)
# A bare number is a size only where clothes or shoes are spoken of.
WORN = compiled(
    r"""\b (?: sizes? | fits? | tight | loose | small | big | wear | wearing | boots? | shoes? | trainers
        | sneakers | sandals | pants | trousers | jeans"""
    r"""| order[ ]down | gloves? | slippers | wellies | child | kid'?s? | feet | waist | exchange | swap
        | the[ ]other )\b"""
)
BARE = compiled(
    rf"""\b (?: in | into | for | as | is | wear | take | need | be | want | get | say | says | kid'?s
        | child (?:[ ]number)? | other | to ) [ ] (?: size[ ] )? (?: an?[ ] )
    (?P<value> {NUMBER} ) (?! [\w%/:-] | [.,]\d | [ ]? {UNIT}\b | [ ](?: days? | weeks? | months? | years?
    | hours? | minutes? | of | x | percent | people | person | man | pairs? | more | pieces )\b )
    | \b size \b [^.?!]* \b be [ ] (?P<right> {NUMBER} ) (?! [\w%/:-] | [.,]\d )
    | \b (?: kid'?s | child (?:[ ]number)? | exchange[ ]for | say | says
    | an? ) [ ] (?P<more> \d{{2}} (?: [.,]5 )? ) (?! [\w%/:-] | [.,]\d | [ ]\w+ )
    """
)
NUMBER_BEFORE = compiled(r"(?: \d[\d.,]* | x ) \s? $")


def find(text: str) -> Iterator[Span]:
    """Yields article codes and sizes."""
    yield from spans("sku", SKU, text)
    yield from spans("sku", CALLED_SKU, text)
    yield from _groups("size", SIZE, text)
    if any(map(str.isdigit, text)) and WORN.search(text):
        yield from _groups("size", BARE, text)


def _groups(entity: str, pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """Places where a pattern matches: its groups that did, or the whole match if it has none there."""
    for match in pattern.finditer(text):
        for group in [name for name, value in match.groupdict().items() if value] or [0]:
            yield Span(entity=entity, start=match.start(group), end=match.end(group))
