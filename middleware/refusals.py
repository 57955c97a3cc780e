"""How people say that they would rather not say something: "skip", "none of your business", "not decided yet"."""

from __future__ import annotations

import re

from middleware.choice import words

LONGEST = 14  # words; whoever says more says something else as well

_ALONE = (
    r"no|nope|nah|none|nil|nothing|nada|n/?a|no thanks?(?: you)?|not really|later|not yet|unknown|private|confidential"
    r"|secret|personal|next|move on|tbd|open|flexible|not|[-–—x]"
)
_POLITELY = r"(?:(?:please|can|could|we|i|i'll|let'?s|just|no|sorry|you)\W+)*"
_NOT = r"(?:don'?t|do not|won'?t|will not|wouldn'?t|refuse|can'?t|cannot|no need|not)"
_SAY = r"(?:say|tell|share|give|giving|disclose|answer|reveal|provide)"
_THAT_IS = r"(?:that'?s|it'?s|this is)"
SKIPS = re.compile(
    "|".join(
        (
            rf"^\W*(?:{_ALONE})\W*$",
            rf"^\W*{_POLITELY}(?:skip|pass)(?: (?:it|that|this|on|one|the|question|for|now|please|thanks))*\W*$",
            r"\bnext (?:question|one)\b",
            r"\bleave (?:it|that|this) (?:out|empty|blank|open)\b",
            r"\b(?:rather|prefer|better) not\b",
            r"\bnone of (?:your|ur)\b.*\b(?:business|biz)\b|\bnot (?:your|ur) business\b|\bnunya\b",
            rf"\b{_NOT}\b.{{0,22}}\b{_SAY}\b",
            r"\b(?:don'?t|do not|haven'?t|have not) (?:have|got|own)\b|\bi have (?:none|no)\b",
            r"\bno (?:idea|clue|comment|budget|limit|e-?mail|phone|company|name)\b",
            r"\b(?:don'?t|do not) (?:know|remember)\b|\b(?:not |un)(?:sure|certain|decided)\b|\bdunno\b|\bidk\b",
            r"\bdepends\b|\b(?:haven'?t|have not) (?:decided|thought)\b|\bto be decided\b",
            r"\b(?:hard|difficult|too early) to (?:say|tell)\b",
            rf"\b{_THAT_IS} (?:private|confidential|a secret|personal|secret)\b",
            r"\b(?:doesn'?t|does not) matter\b|\bwhy should i\b",
        )
    ),
    re.IGNORECASE,
)
ALL_OF_IT = re.compile(
    r"\b(?:anything|nothing|at all|any of (?:that|this|it|these)"
    r"|(?:any|my|no) (?:personal )?(?:details|data|information|info))\b",
    re.IGNORECASE,
)
PRIVATE = re.compile(
    r"\b(?:private(?:ly)?(?: person| customer| individual)?|just (?:for )?(?:me|myself|us)|no company|not a company"
    r"|(?:it'?s|only) (?:for )?(?:just )?(?:me|myself)|for (?:me|myself|my (?:family|son|daughter|wife|husband|home))"
    r"|(?:don'?t|do not) (?:have|work for|run) (?:a|any) company|self[- ]?employed|freelancer?|consumer|individual"
    r"|retired|student|unemployed)\b",
    re.IGNORECASE,
)
WHY = re.compile(
    r"\bwhy\b.*\b(?:need|ask|asking|want|know|have to|necessary|matter|relevant|important)\b|^\W*why\W*$"
    r"|\bwhat (?:do you need|is|'s)\b.{0,20}\bfor\b|\bwhat will you do with\b",
    re.IGNORECASE,
)


def skips(text: str) -> bool:
    """Whether somebody would rather not say what was asked."""
    return _is_short(text) and bool(SKIPS.search(text))


def refuses_all(text: str) -> bool:
    """Whether somebody would rather say nothing at all: "I won't tell you anything"."""
    return skips(text) and len(words(text)) > 1 and bool(ALL_OF_IT.search(text))


def is_private(text: str) -> bool:
    """Whether somebody who was asked for their company speaks for none: "it's just me"."""
    return _is_short(text) and bool(PRIVATE.search(text))


def asks_why(text: str) -> bool:
    """Whether somebody asks what a question is for."""
    return _is_short(text) and not SKIPS.search(text) and bool(WHY.search(text))


def _is_short(text: str) -> bool:
    return len(words(text)) <= LONGEST
