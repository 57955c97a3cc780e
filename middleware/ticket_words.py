"""What customers' words want of a ticket beside its state: something written on it, or that it be closed.

People seldom name the ticket ("tell them it crashes at night too", "it works now, thanks"), and such words may mean a
dozen other things. So it is told here how sure they are; what is spoken of decides the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from middleware.choice import words

LONGEST_REQUEST = 400  # signs; what is wanted stands within them, or isn't said
LONGEST_SOLVED = 20  # words; whoever says more tells a story


class Wish(str, Enum):
    """What is to happen with a ticket."""

    COMMENT = "comment"
    CLOSE = "close"


class Sure(int, Enum):
    """Where words are to be taken for such a wish."""

    WHERE_TICKETS_ARE_SPOKEN_OF = 0
    WHERE_THERE_IS_JUST_ONE = 1
    EVERYWHERE = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is wanted.

    Attributes:
        about: The words that may say of which ticket.
        comment: What is to be written; empty if that wasn't said.
        is_solved: Whether it was said that all is well, and not just to close it.
    """

    wish: Wish
    sure: Sure
    about: str
    comment: str = ""
    is_solved: bool = False


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE | re.DOTALL)


# Pieces of what follows

TICKET = r"""
    (?: (?: (?:the|my|our|this|that) \s+ )? (?: [\w'’-]+ \s+ ){0,4}?
        (?: tickets? | cases? | complaints? | claims? | issues? | inquir(?:y|ies)
        | (?:support|service) \s requests? ) \b
        (?: \s+ (?: number | no | nr ) \b \.? )? (?: \s* \#? \s* (?:t[- ]?)? \d{2,} \b )?
    | \#? \b t [- ]? \d{2,} \b )
"""
OF_WHAT = r"""
    (?: \s+ (?: about | for | with | regarding ) \s+ (?:the|my) \s+ [\w-]+ (?: \s [\w-]+ )??
        (?= \s+ (?: that | saying ) \b | \s* (?: [:,.!] | $ ) ) )
"""
# Before a verb that says what is to be done, and not what was done or by whom.
ASKING = r"""
    (?: ^ | [.,;:!?–—]\s*
    | \b (?: please | pls | plz | kindly | and | also | just | then | you | i | we | to | can | may | could ) \s+ )
"""
WRITING = (
    r"(?: add | write | put | note | leave | post | attach | append | mention | include | record | comment | make )"
)
SAYING = r"(?: reply | respond | answer | write | get \s back )"
THEM = r"(?: them | him | her | (?:the|your) \s+ (?:[\w'’-]+ \s+)?? [\w'’]+ )"
NOBODY = r"(?: me | us | you | it | if | what | how | when | where | why | that | this | my | \w+(?:one|body) ) \b"
NOTE = r"(?: an? \s+ (?:comment|note|message|line|remark|reply) | something (?:\s else)? | one \s more \s thing )"
DOWN = rf"(?: {NOTE} | there | down | (?:on|to|in|for) \s+ it | the \s following | this | that | also | too | please )"
CLOSING = r"(?: close | cancel | withdraw | drop | delete | shut | archive )"
CLOSED = r"(?: closed | cancelled | canceled | solved | resolved | done | fixed | settled | completed? | withdrawn )"
SOLVED = r"(?: solved | resolved | fixed | sorted | settled | repaired )"
IS = r"(?: ['’]?s | ['’]re | \s+ is | \s+ are | \s+ has \s been | \s+ was | \s+ got )"
NOTHING_NEW = (
    r"(?: no \s+ (?: change | difference | luck | improvement ) | nothing (?:\s has)? \s+ (?: changed | helped ) )"
)

# Something is to be written: what, stands behind these words, or between two of them

ON_A_TICKET = _compiled(
    rf"""
    {ASKING} {WRITING} \b (?P<before> [^?!]*? ) \b
    (?: to | on | onto | in | into | under | for | at ) \s+ {TICKET} {OF_WHAT}?
    """
)
ON_IT_FIRST = _compiled(rf"^ \W* (?: on | to | for | in ) \s+ {TICKET} \W+ (?:please \s+)? {WRITING} \b")
ANSWERING_A_TICKET = _compiled(
    rf"(?<! you \s to \s) \b (?: i | we | me | to ) \s+ {SAYING} \s+ (?: to | on ) \s+ {TICKET}"
)
WITH_NEWS = _compiled(
    rf"""
    \b (?:i|we) (?: ['’]ve | \s have ) (?: \s got )? \s+
    (?: some \s+ )? (?: more | new | further | additional | another ) \s+ [\w ]+? \s
    (?: for | on | to | about | regarding ) \s+ {TICKET}
    """
)
UPDATING = _compiled(rf"{ASKING} update \s+ {TICKET} (?= \s* (?: [:,–—-] | \b (?: with | that | saying ) \b ) )")
TELLING_THEM = _compiled(
    rf"""
    {ASKING} (?: (?: tell | inform | remind ) \s+ (?: {THEM} | (?! {NOBODY} ) \w+ ) | ask \s+ {THEM}
    | let \s+ (?: {THEM} | (?! {NOBODY} ) \w+ ) \s+ know ) \b
    """
)
WRITING_DOWN = _compiled(
    rf"""
    {ASKING} (?: add | write | note | leave | post | mention | comment | make (?= \s+ a \s note) ) (?= \s | : )
    (?= (?: \s+ {DOWN} )* (?: \s+ (?: {NOTE} | there | down | (?:on|to) \s+ it | that | this ) \b | \s* : ) )
    (?! (?: \s+ {DOWN} )* \s+ (?: to | on | in | from | off | for ) \s (?! it\b ) )
    (?: \s+ {DOWN} \b )*
    """
)
WRITING_BACK = _compiled(
    rf"""
    {ASKING} {SAYING} (?: \s+ back | \s+ (?:to \s+)? (?:them|him|her) )*
    (?= \s* (?: : | that \b ) )
    """
)

# A ticket is to be closed, or what it was about is over

CLOSE_A_TICKET = _compiled(
    rf"""
    {ASKING} {CLOSING} (?: \s+ (?:out|down|off) )? \s+ {TICKET}
    | {ASKING} (?: mark | set | flag ) \s+ {TICKET} \W+ (?:as \s|to \s)? {CLOSED} \b
    | {TICKET} \s+ (?: can | may | could | should ) \s+ (?: now \s+ )? be \s+ {CLOSED} \b
    | \b (?: don['’]?t | do \s not | no \s longer ) \s+ need \s+ {TICKET}
    | {TICKET} \s+ is (?: n['’]t | \s not | \s no \s longer ) \s+ needed
    """
)
CLOSE_IT = _compiled(rf"{ASKING} close \s+ (?:it|that|this) \b | \b it \s+ can \s+ (?: now \s+ )? be \s+ closed \b")
TICKET_SOLVED = _compiled(rf"{TICKET} {IS} \s+ (?: (?:all|now|already|finally) \s+ )* {SOLVED} \b")
WORKS = _compiled(
    rf"""
    \b (?: works? | working | runs? | running | functions? ) \s+ (?: [\w'’]+ \s+ ){{0,3}}?
       (?: now | again | fine | well | perfectly | properly | smoothly | like \s a \s charm | as \s it \s should ) \b
    | \b now \s+ (?: it \s+ )? works \b
    | \b problem {IS}? \s+ (?: now \s+ )? (?: {SOLVED} | gone ) \b
    """
)
WELL = _compiled(
    rf"""
    \b \w+ {IS}? \s+ (?: (?:all|now|finally) \s+ )* {SOLVED} \b
    | ^ \W* (?: (?:all|now|ok|great|good|super|perfect) \W+ )* (?: {SOLVED} | works ) \b
    | \b (?: it | that | everything | all ) {IS}? \s+ (?: (?:all|back) \s+ )*
       (?: ok | okay | good | fine | well | normal ) \s+ (?: now | again ) \b
    | \b fixed \s+ (?: it | itself ) \b
    | \b (?: the | your | this | that ) \s+ (?! all\b ) [\w'’-]+ \s+ (?: helped | worked ) \b
    | \b (?: [\w'’-]+ ) \s+ did \s+ (?: it | the \s trick ) \b
    | \b it \s+ works \b
    """
)

# What stands against it

# What was done, is asked after, or is not to be done.
TELLS_OR_ASKS = _compiled(
    r"""
    ^ \W* (?: (?:hi|hello|hey|so|and|but|ok|well|sorry) \b \W* )*
    (?: did | have | has | had | was | were | is | are | am | why | who | whose | when | what | where | which | does
      | any (?:thing|one|body)? | still | nobody | no (?: \s one | \s (?:word|reply|answer|response) )
      | do (?! \s+ i\b ) | how (?! \s+ (?:do|can|could|may|would) \s+ i\b ) ) \b
    | \b (?: don['’]?t | do \s not | never | not \s to ) \s+ (?: [a-z]+ \s+ )? (?: close | cancel | add | write | tell )
    """
)
UNSOLVED = _compiled(
    r"""
    \? | n['’]t \b | \b (?: is | are | has ) \s (?: it | they | that | this ) \b
    | \b (?: not | no (?! \s+ (?:longer|more)\b ) | never | still | yet | or | until | unless | if | when | whether
      | hope | but | except | only | almost | partly | half | sometimes | wish | would | should | could | cannot | cant
      | dont | doesnt | didnt | isnt | how | need | get | please | wrong ) \b
    """
)

# What goes on with what was told: the same trouble again, or one more.
GOES_ON = _compiled(
    rf"""
    ^ \W* (?: (?: no | nope | well | but | and | hm+ | ok | yes | sorry | unfortunately | actually | sadly ) \b \W* )*
    (?: (?: it | this | that | they | there | still | also | now ) \b | (?:the|my) \s+ [\w-]+ \b | {NOTHING_NEW} \b )
    """
)
ON_AND_ON = _compiled(
    rf"""
    \b (?: still | also | again | keeps? | worse | {NOTHING_NEW} | as \s before | not \s fixed
    | (?: did | do | does ) (?: n['’]?t | \s not ) \s+ (?: help | work | change ) ) \b
    """
)
# What else may not have come yet: a parcel, money, an answer.
AWAITED = _compiled(
    r"""
    \b (?: orders? | parcels? | packages? | deliver\w* | arriv\w* | come | came | here | refund\w* | money | paid
    | repl(?:y|ies|ied) | answer\w* | response | wait\w* | heard | call\w* ) \b
    """
)

# Around what is written down

ANSWER = _compiled(
    r"^ \W* (?: (?: no | nope | well | ok | yes | sorry | actually | hm+ ) \s* [,;:.!–—-]+ \s* | (?:and|but) \s+ )+"
)
SEPARATOR = _compiled(
    r"""
    ^ [\s,;:.!–—-]* (?: (?: saying | stating | with | which \s says | to \s say ) \b [\s:,]* )?
    (?: that \b (?! \s (?:is|was)\b ) | the \s following \b \W* | this \s* : )? [\s,:–—-]*
    """
)
COURTESY = _compiled(
    r"(?: [\s,.;!]* \b (?: please | pls | plz | thanks | thank \s you | thx | for \s me ) \b )* [\s,;]* $"
)
QUOTED = _compiled(r"^ [\"“”„«'‘] (?P<words> [^\"“”„«»]+ ) [\"“”»'’] [.!]? $")
# What announces words, and is none of them.
ANNOUNCING = frozenset(
    words(
        """
        a additional an and another any bit comment comments couple detail details else entry extra few following
        further here i important info information it line message messages more my new news note notes now of on one
        or photo photos picture pictures piece please pls point quick remark reply short small some something that the
        there these thing things this to update want
        """
    )
)

# In the order in which they are looked for.
COMMENTS = (
    (ON_A_TICKET, Sure.EVERYWHERE),
    (ON_IT_FIRST, Sure.EVERYWHERE),
    (ANSWERING_A_TICKET, Sure.EVERYWHERE),
    (WITH_NEWS, Sure.EVERYWHERE),
    (UPDATING, Sure.EVERYWHERE),
    (TELLING_THEM, Sure.WHERE_TICKETS_ARE_SPOKEN_OF),
    (WRITING_DOWN, Sure.WHERE_TICKETS_ARE_SPOKEN_OF),
    (WRITING_BACK, Sure.WHERE_TICKETS_ARE_SPOKEN_OF),
)
CLOSINGS = (
    (CLOSE_A_TICKET, Sure.EVERYWHERE, False),
    (TICKET_SOLVED, Sure.EVERYWHERE, True),
    (WORKS, Sure.WHERE_THERE_IS_JUST_ONE, True),
    (CLOSE_IT, Sure.WHERE_THERE_IS_JUST_ONE, False),
    (WELL, Sure.WHERE_TICKETS_ARE_SPOKEN_OF, True),
)


def asked(text: str) -> Asked | None:
    """What a customer's words want of a ticket; None if nothing of the kind."""
    said = ANSWER.sub("", text)
    head = said[:LONGEST_REQUEST]
    if TELLS_OR_ASKS.search(head):
        return None
    readings = sorted(_readings(said, head), key=lambda reading: reading[0])
    return readings[0][1] if readings else None


def goes_on(text: str) -> bool:
    """Whether words go on telling of a trouble: "it still crashes", "no change", "it also does it at night"."""
    is_trouble = GOES_ON.search(text) and ON_AND_ON.search(text)
    return bool(is_trouble) and "?" not in text and not AWAITED.search(text)


def cleaned(comment: str) -> str:
    """Words as they are written down: without courtesies behind, quotation marks around, and signs that can't be seen.

    What only answers before them goes as well: "no, it still crashes" is "it still crashes".
    """
    seen = "".join(sign for sign in comment if sign.isprintable() or sign == "\n").strip()
    kept = COURTESY.sub("", ANSWER.sub("", seen)).strip() or seen
    quoted = QUOTED.match(kept)
    return quoted["words"].strip() if quoted else kept


def _readings(text: str, head: str) -> Iterator[tuple[int, Asked]]:
    """What the words may want, each with the place where it begins."""
    for pattern, sure in COMMENTS:
        if match := pattern.search(head):
            comment, about = _parted(text, match)
            yield match.start(), Asked(wish=Wish.COMMENT, sure=sure, about=about, comment=comment)
            break
    is_unsolved = len(words(text)) > LONGEST_SOLVED or bool(UNSOLVED.search(head))
    for pattern, sure, is_solved in CLOSINGS:
        if (match := pattern.search(head)) and not (is_solved and is_unsolved):
            yield match.start(), Asked(wish=Wish.CLOSE, sure=sure, about=text, is_solved=is_solved)
            break


def _parted(text: str, match: re.Match[str]) -> tuple[str, str]:
    """What is to be written, and the words around it."""
    spans = [(match.end(), len(text))]
    if "before" in match.re.groupindex:
        spans.append(match.span("before"))
    for start, end in spans:
        said = SEPARATOR.sub("", text[start:end])
        if set(words(said)) - ANNOUNCING:
            return cleaned(said), text[:start] + " " + text[end:]
    return "", text
