"""What customers want to be different about an order, by their words: which part of it, and how many."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from enum import Enum

from middleware import addresses
from middleware.options import ABOUT
from middleware.quantities import Stated, Trouble, stated


class Part(str, Enum):
    """A part of an order that can be changed."""

    VARIANT = "variant"
    QUANTITY = "quantity"
    ADDRESS = "address"
    REMOVAL = "removal"


NUMBER = (
    r"(?:\d+(?:[.,]\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)(?:-\w+)?"
)
# What people change about orders that only people can change for them.
BEYOND = re.compile(
    r"\b(?:express|overnight|expedit\w*|faster|quicker|sooner|next[- ]day|same[- ]day|two[- ]day|rush|priority"
    r"|(?:upgrade|downgrade|speed)\b.*\b(?:shipping|delivery|post|courier|up)|standard (?:shipping|delivery)"
    r"|(?:re)?schedul\w*|postpone|delay(?: the| my| it)|hold (?:the|my) parcel|(?:un)?til (?:i'm|im|we're) back"
    r"|(?:deliver\w*|ship\w*|send|come|came|arrive) .*\b(?:on|by|before|for) (?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|recipient\w*|consignee|receiver|(?:first|last|sur)name|name (?:on|of)|attention of"
    r"|gift|gate code|signature|pick[- ]?up|click (?:and|&) collect|locker|(?:phone|telephone) number"
    r"|split (?:it|the|my)|combine|merge|promo|coupon|discount code|payment)\b",
    re.IGNORECASE,
)
ADDRESS = re.compile(
    r"\b(?:add?ress\w*|adress\w*|street|house number|zip(?: ?code)?|post ?code|postal code|apt|apartment|unit number"
    r"|door ?number|redirect|reroute|moved|moving|somewhere else|elsewhere|where (?:it|my order) (?:goes|is going)"
    r"|(?:ship|send|deliver|go|goes|going)\w*(?: \w+){0,3} to (?:my|a|an|our|the|his|her|their|another)\b)",
    re.IGNORECASE,
)
TAKE_OFF = r"(?:take|remove|delete|drop|leave|cut|strike|scrap|lose|chuck|ditch|bin|throw|knock|kick|cancel|get rid of)"
REMOVAL = re.compile(
    rf"\b(?:{TAKE_OFF}\b.*\b(?:off|out|from)\b|(?:remove|delete|drop|ditch|lose|cancel|scrap|get rid of) "
    r"(?:the|my|that|this|those|these|one|an?|it|them|something|item)\b|leave (?:the|my|that) .*\bout\b|leave out"
    r"|without the|(?:don't|dont|do not|no longer) (?:want|need) (?:the|my|that|this|those|these|it|them)"
    r"|keep (?:the rest|everything else)|(?:should|can|has to) come off)\b",
    re.IGNORECASE,
)
QUANTITY = re.compile(
    r"\b(?:quantit(?:y|ies)|qty|how many|amount|too many|(?:not|isn't) enough"
    rf"|make (?:it|that|them|this) {NUMBER}\b|{NUMBER} (?:instead|rather than|more|fewer|less|extra|additional)"
    rf"|only (?:need|want|{NUMBER})|(?:a few|few|some|several) (?:more|fewer|less|extra)"
    r"|another (?:one|pair)|double|twice|half(?! a? ?size))\b",
    re.IGNORECASE,
)
ADDING = re.compile(
    r"\b(?:add|adding|include|(?:also|additionally) (?:want|need|like|get|order)"
    r"|for(?:got|gotten)(?: to| a| an| the| some)|throw in|tack on|chuck in|put .* in with)\b",
    re.IGNORECASE,
)
PUT_IN = re.compile(r"\b(?:add|include|throw in)\b", re.IGNORECASE)
# Numbers that tell how many there are, not how many there shall be: "two instead of one", "from six to four".
OLD_NUMBER = re.compile(
    r"\b(?:instead of|rather than|not|from|ordered|bought|typed|pressed|was|were|says?|got|have|had|has|chose|picked"
    rf"|put) (?:only |just |in )*{NUMBER}\b(?! (?:more|less|fewer|extra))",
    re.IGNORECASE,
)
MORE = re.compile(
    rf"\b(?P<by>{NUMBER}|an?|another)\b(?: (?!few|bit|little)\w+)? ?(?:more|extra|additional)\b", re.IGNORECASE
)
EXTRA = re.compile(rf"\b(?:another|(?:an )?(?:extra|additional)) (?P<by>{NUMBER}|pair)\b", re.IGNORECASE)
FEWER = re.compile(
    rf"\b(?P<by>{NUMBER}) (?:\w+ )?(?:fewer|less|too many)\b|\b(?:take|drop|shave|minus|lose|knock|remove|cut) "
    rf"(?P<off>{NUMBER})\b(?! (?:item|article|thing|product|line)s?\b)",
    re.IGNORECASE,
)
FACTORS = {
    Decimal(2): re.compile(r"\b(?:double|twice)\b", re.IGNORECASE),
    Decimal("0.5"): re.compile(r"\bhalf\b(?! a? ?size)", re.IGNORECASE),
}
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# What may stand around a size, a colour or a number that corrects something, without a wish of its own.
AROUND = frozenset(
    WORD.findall(
        """
        a an the few some several couple dozen thousand million billion i i'd id i'll ill i'm im we we'd you me my it
        it's its that that's thats this those these them they one ones no nope yes yeah yep ok okay oh ah hm hmm um uh
        so well but and or then now just only rather actually sorry wait hang on hold please pls plz thanks thank make
        makes made take takes go goes with want wanted need needs would like prefer better mean meant should be is are
        was can could may might will do does don't dont not isn't isnt instead of than from to into in for at by let's
        lets let change changed switch swap get give have has had got order ordered size sized sizes colour colours
        color colors colored version kind quantity qty amount units unit pieces pcs pairs pair x total all altogether
        really also still maybe perhaps think guess second first third last what which about how many more fewer less
        extra another come comes available stock there else options option other others different try correction typo
        up down bigger smaller larger next
        """
    )
)


def parts_of(text: str) -> frozenset[Part]:
    """The parts of an order that a text wants to be different, as far as it says so without naming values."""
    parts = {Part.ADDRESS} if addresses.is_in(text) or ADDRESS.search(text) else set()
    text = addresses.before(text)
    if REMOVAL.search(text) and not FEWER.search(text):
        return frozenset(parts | {Part.REMOVAL})
    if any(pattern.search(text) for pattern in ABOUT.values()):
        parts.add(Part.VARIANT)
    if any(pattern.search(text) for pattern in (QUANTITY, FEWER, MORE, EXTRA)):
        parts.add(Part.QUANTITY)
    return frozenset(parts)


def is_beyond(text: str) -> bool:
    """Tells whether a text wants something that only people can change."""
    return bool(BEYOND.search(text)) and not addresses.is_in(text)


def adds(text: str) -> bool:
    """Tells whether a text wants something put into the order."""
    return bool(ADDING.search(text))


def quantity(text: str, current: Decimal, ignoring: Collection[str] = ()) -> Stated | None:
    """How many of a line there shall be.

    Args:
        text: The customer's words.
        current: How many there are: "one more", "half".
        ignoring: What else stands in them that holds digits.
    """
    for other in sorted(ignoring, key=len, reverse=True):
        text = re.sub(re.escape(other), " ", text, flags=re.IGNORECASE) if other else text
    more = MORE.search(text) or EXTRA.search(text)
    told = more or FEWER.search(text)
    if told:
        units = _units(told)
        return units if units.amount is None or units.trouble else _from(current + units.amount * (1 if more else -1))
    if PUT_IN.search(text):
        by = stated(text) or Stated(amount=Decimal(1))
        return by if by.amount is None or by.trouble else _from(current + by.amount)
    for factor, pattern in FACTORS.items():
        if pattern.search(text):
            return _from(current * factor)
    return stated(OLD_NUMBER.sub(" ", text))


def _units(match: re.Match[str]) -> Stated:
    """By how many more or fewer; "another" is one."""
    [said] = [value for value in match.groupdict().values() if value]
    return (stated(said) if said != "pair" else None) or Stated(amount=Decimal(1))


def _from(amount: Decimal) -> Stated:
    """An amount that was worked out; less than one means none."""
    if amount <= 0:
        return Stated(amount=Decimal(0), trouble=Trouble.ZERO)
    whole = amount == amount.to_integral_value()
    return Stated(amount=amount, trouble=None if whole else Trouble.FRACTION)


def says_more(text: str, named: Collection[str]) -> bool:
    """Tells whether a text holds more than a correction of what is spoken of.

    Args:
        named: Words that belong to that: its name, its sizes and colours.
    """
    known = {word.casefold().rstrip("s") for word in named}
    words = [word.casefold().replace("’", "'") for word in WORD.findall(text)]
    return any(
        word not in AROUND and word.rstrip("s") not in known and not re.fullmatch(NUMBER, word) for word in words
    )
