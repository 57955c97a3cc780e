"""Numbers of orders, invoices and tickets: the word before them decides, then their form, then the word after them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.forms.numerals import IN_ROW
from nlu.forms.spans import Span, compiled

ORDER, INVOICE, TICKET, PHONE, CODE = "order_number", "invoice_number", "ticket_number", "phone", "code"

# Something that may be a number of any kind: it holds a digit, or is read out in words.
CANDIDATE = compiled(
    rf"""
    {IN_ROW}
    | (?: (?<![\w@.,/$€£+#-]) (?: \#[ ]? )? | (?<=[a-z]) \#[ ]? ) (?= [a-z]{{0,12}} [-_/]? \d | [a-z0-9-]{{0,12}} \d)
    [a-z0-9]+ (?: [-_/] [a-z0-9]+ )* (?! \w | [-/@%€£] | [.,:]\d | \.[a-z] )
    """
)

ROW = compiled(IN_ROW)

NUMBER_WORD = r"(?: [ ]? (?: numbers? | num | no | nr | nbr | n° | id | ids | code | ref | reference ) \b \.? )"
CUES: dict[str | None, str] = {
    ORDER: rf"""
        (?: orders? | purchases? | purchase[ ]orders? | p\.?o | ord | order(?:no|nr|id) | confirmations? | bookings? )
        (?: [ ]? (?: confirmation | reference | ref ) )? {NUMBER_WORD}* | ref | reference {NUMBER_WORD}?
        """,
    INVOICE: rf"(?: invoices? | inv | bills? | receipts? | rechnung | facture ) {NUMBER_WORD}*",
    TICKET: rf"""
        (?: tickets? | cases? | complaints? | claims? | incidents? | issues? | disputes? | enquiry | inquiry
        | (?: support | service ) [ ] (?: requests? | cases? ) | requests? | reclamation ) {NUMBER_WORD}*
        """,
    PHONE: rf"""
        (?: (?: tele)? phones? | mobile | cell (?:phone)? | tel | call | ring | text | whats ?app | landline | fax
        | reach | dial ) {NUMBER_WORD}? (?: [ ](?: me | us ) )? (?: [ ](?: on | at | under ) )?
        """,
    CODE: r"(?: verification | security | login | one-time | sms )? [ ]? (?: codes? | pin | otp | passcode | digits )",
    None: rf"""
        (?: zip | post (?:al)? [ ]? code | postcode | account | acct | customer | client | member (?:ship)? | tracking
        | awb | hold | reservation | returns? | rma | authori[sz]ation | serial | model
        | version | size | room | suite | apt | apartment | unit | flat | floor | street | str | street[ ]number
        | house | door | box | card | ending | ends | last[ ](?:four|4|three|3) | gift[ ]card | voucher | coupon
        | promo | discount | vat | tax | iban | bank | error | item | items | article | product | sku | part | line
        | page | step | level | store | flight | lot | bus | windows | iphone | galaxy | about | over | nearly | almost
        | approx | roughly | only | top | route | highway | channel | chapter | section | paragraph | extension | ext
        | delivery[ ]note | quote | quotation | offer | lane | qty | quantity | x ) {NUMBER_WORD}?
        """,
}
NAMES: dict[str, str | None] = {"order": ORDER, "invoice": INVOICE, "ticket": TICKET, "phone": PHONE, "code": CODE}
CUE = compiled(
    "(?<![a-z]) (?:"
    + "|".join(f"(?P<{name}> {CUES[kind]} )" for name, kind in NAMES.items())
    + f"| (?P<other> {CUES[None]} ) ) (?![a-z])"
)
# What may stand between a cue and its number.
BETWEEN = compiled(
    r"""(?: [\s:#=,.()"'–—-] | \b(?: is | was | '?s | it'?s | its | are | the | my | our | number | no | nr
        | reads | called | says
    | being | that's | id | should | be | would ) \b )*"""
)
CLOSE = re.compile(r"[\s:#=.()\"'–—-]*(?:is|was|=)?[\s:#=.()\"'–—-]*", re.IGNORECASE)
AND = compiled(r"[\s,;&/+]* (?: \b(?: and | or | plus | as[ ]well[ ]as ) \b )? [\s]*")

# A prefix says it all.
FORMS: tuple[tuple[str | None, re.Pattern[str]], ...] = (
    (ORDER, compiled(r"\#?[ ]? (?: ord | order | po | so ) [-_/]? \d{3,}")),
    (INVOICE, compiled(r"\#?[ ]? (?: inv | invoice | re | bill ) [-_/]? [\d-]{3,}")),
    (TICKET, compiled(r"\#?[ ]? (?: t | tkt | tck | tick | ticket | case | cs | sr | cmp ) [-_/]? \d{3,}")),
    (None, compiled(r"\#?[ ]? (?: h | r | rma | ret | hold | res | v | x | q | a | no ) [-_/]? \d+")),
)
# "10023 is my order number"
AFTER = compiled(
    r"""[\s,)"']* (?: is | was | = | being | - )? \s* (?: my | the | our | an? )? \s*
    (?P<cue> order | invoice | bill | ticket | case ) (?: [ ] (?: number | no | nr | id | ref | reference )
    | (?! \w | [ ]\w ))"""
)
AFTER_KINDS = {"order": ORDER, "invoice": INVOICE, "bill": INVOICE, "ticket": TICKET, "case": TICKET}

# Form alone, where no word says what it is.
FIVE_DIGITS = re.compile(r"(?:#\s?)?\d{5}")
MARKED = re.compile(r"#\s?(?=[\w-]*\d)[\w-]{3,}")
LONG = re.compile(r"[1-9]\d{6,8}")
GROUPS = re.compile(r"(?!\d{3}-\d{3}-\d{4}$)(?!(?:19|20)\d\d-)\d{3}-\d{4,7}-\d{2,7}")
LETTERS_AND_NUMBER = re.compile(r"(?i:[a-z]{2})-\d{4,8}")

GROUP_AFTER = re.compile(r"[ ./(-]{1,2}\d")  # a telephone number's, more likely
STREET = compiled(
    r"""(?: [ ] (?: [nsew]\.? | [a-z]+ ) ){1,2} [ ] (?: street | st | avenue | ave | road | rd | lane | ln
        | drive | dr | blvd | court | ct | way )\b"""
)
GROUP_BEFORE = re.compile(r"\d[ ./)-]{1,2}$")

YEAR = re.compile(r"(?:19|20)\d\d")
DAY = re.compile(r"(?:19|20)\d\d[-/]\d\d?[-/]\d\d?|\d\d?[-/]\d\d?[-/](?:\d\d|\d{4})|\d\d?/\d\d?|\d+(?:st|nd|rd|th)")
MEASURE = re.compile(
    r"\d+(?:ml|l|cm|mm|m|km|in|inch|ft|kg|g|lbs?|oz|gb|tb|mb|mah|wh?|v|k|hz|p|d|h|x|am|pm|mins?|hrs?|days?|s|person)"
    r"|\d+-[a-z]{2,}|\d{1,2}",
    re.IGNORECASE,
)
NOT_ONLY_NOUNS = frozenset({"order", "orders", "bill", "claim", "issue", "request", "receipt", "invoice"})
# Behind a mere "order" ("I want to order 4471 mugs") one of these must follow a short number, or nothing.
GOES_ON = compiled(
    r"""\s*(?: $ | [^\w\s] | (?: and | or | is | was | has | hasn'?t | have | had | from | to | for | in | on | at | by
    | not | still | please | pls | plz | status | where | when | why | what | which | who | how | that | with | it | its
    | should | didn'?t | did | does | doesn'?t | never | arrived | came | but | because | before | after | placed | i
    | my | again | today | yesterday | now | yet | can | could | will | won'?t | under | thanks | thx | shipped | says
    | said | shows | needs | must | be | a | an | the | asap | as | since | tracking | update | any | are | contains
    | containing | isn'?t | wasn'?t | hasnt | isnt ) \b )"""
)
WANTS_TO_BUY = compiled(
    r"\b (?: to | can | could | may | we | i | will | would | wanna | i'?d | we'?d | i'?ll ) \s+ order \s* $"
)
COUNTED = compiled(
    r"""\s* (?: [€£$%] | (?: eur | euros? | usd | dollars? | bucks | pounds? | gbp | pcs | pieces | units? | x | × | of
    | employees | people | staff | workers | days? | weeks? | months? | years? | hours? | minutes? | times
    | percent | miles
    | km | kg | ml | litres? | liters? | mah | watts? | lumens? | more | pairs? | or[ ]so | steps? | digits? ) \b )"""
)


def find(text: str) -> Iterator[Span]:
    """Yields the numbers of records in a text, and telephone numbers and codes that are said in words."""
    cues: list[re.Match[str]] | None = None
    last: tuple[int, str | None, int] | None = None  # where the one before ended, its kind, its length
    for match in CANDIDATE.finditer(text):
        if cues is None:
            cues = list(CUE.finditer(text))
        kind = _kind(text, match, cues)
        length = len(match.group())
        if kind is None and last and last[1] and _continues(text, match, last):
            kind = last[1]
        last = (match.end(), kind, length)
        if kind is not None:
            yield Span(entity=kind, start=match.start(), end=match.end())


def _kind(text: str, match: re.Match[str], cues: list[re.Match[str]]) -> str | None:
    value = match.group()
    if ROW.fullmatch(value):
        return _read_out(text, match, cues)
    if DAY.fullmatch(value) or (MEASURE.fullmatch(value) and not value.startswith("#")):
        return None
    for kind, form in FORMS:
        if form.fullmatch(value):
            return kind
    cue = _cue(text, match.start(), cues)
    if cue is not None:
        return _by_cue(text, match, cue)
    after = AFTER.match(text, match.end())
    if after and not YEAR.fullmatch(value):
        return AFTER_KINDS[after["cue"].casefold()]
    return _by_form(text, match)


def _cue(text: str, start: int, cues: list[re.Match[str]]) -> re.Match[str] | None:
    """The word before a number that says what it is, if nothing but fillers stand between."""
    before = [cue for cue in cues if cue.end() <= start]
    if before and BETWEEN.fullmatch(text, before[-1].end(), start):
        return before[-1]
    return None


def _by_cue(text: str, match: re.Match[str], cue: re.Match[str]) -> str | None:
    kind = NAMES.get(cue.lastgroup or "")
    value = match.group()
    if kind in (None, PHONE, CODE):
        return None  # those with digits are found by patterns of their own
    if COUNTED.match(text, match.end()) or len(value) < 3:
        return None
    bare = cue.group().casefold() in NOT_ONLY_NOUNS
    if bare and value.isdecimal() and len(value) < 5:
        if YEAR.fullmatch(value) or not GOES_ON.match(text, match.end()):
            return None
        if WANTS_TO_BUY.search(text, 0, cue.end()):
            return None
    return kind


def _by_form(text: str, match: re.Match[str]) -> str | None:
    value = match.group()
    if any(other.match(text, match.end()) for other in (COUNTED, GROUP_AFTER, STREET)):
        return None
    if GROUP_BEFORE.search(text, 0, match.start()):
        return None
    forms = (FIVE_DIGITS, MARKED, LONG, GROUPS, LETTERS_AND_NUMBER)
    return ORDER if any(form.fullmatch(value) for form in forms) else None


def _read_out(text: str, match: re.Match[str], cues: list[re.Match[str]]) -> str | None:
    """What a row of number words is: by the word before it, else by how many there are."""
    cue = _cue(text, match.start(), cues)
    if cue is not None:
        return NAMES.get(cue.lastgroup or "")
    said = len(re.findall(r"\w+", match.group()))
    if said < 4:
        return None
    return PHONE if said >= 7 else CODE if said == 6 else ORDER


def _continues(text: str, match: re.Match[str], last: tuple[int, str | None, int]) -> bool:
    """Whether a number goes on with a list: "orders 4471, 4472 and 4480"."""
    end, _, length = last
    return len(match.group()) == length and AND.fullmatch(text, end, match.start()) is not None
