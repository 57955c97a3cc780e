"""Names of people and companies as somebody types them: "I'm Priya Raman", "Dr. Anne-Marie D'Arcy", "we're ACME".

Whatever can be a name is kept as it stands, in any script: nothing in it is ever interpreted.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200  # characters
# Signs that turn the direction of whatever stands behind them, on a colleague's screen too.
TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "madam", "dame", "lady", "lord", "rev"}
    | {"herr", "frau", "monsieur", "madame", "mme", "señor", "señora", "sig", "ing", "capt", "hon"}
)
BEFORE_A_NAME = re.compile(
    r"^\W*(?:(?:hi|hello|hey|ok|okay|sure|yes|well|sorry|no|oh|actually|and|gladly|of course)\b[\s,.!-]*)*"
    r"(?:(?:you can |please |just )?call me|(?:my|the|our|full|first|last) (?:full |first |last |own |real )?names?"
    r"(?: here)?(?:'?s| is| are|:)?(?: (?:spelled|spelt|called|actually))?|name(?:'?s| is|:)|i'?m(?: called)?"
    r"|i am(?: called)?|this is|it'?s|it is|that'?s|that would be|here'?s|here is|speaking is"
    r"|me llamo|je m'appelle|ich bin)\s+",
    re.IGNORECASE,
)
BEFORE_A_COMPANY = re.compile(
    r"^\W*(?:(?:hi|hello|hey|ok|okay|sure|yes|well|sorry|no|oh|actually|and)\b[\s,.!-]*)*"
    r"(?:(?:my|the|our) (?:company|firm|business|employer|organi[sz]ation|shop|company'?s name|company name)"
    r"(?: here)?(?:'?s| is|:)?(?: (?:called|named|spelled|spelt|actually))?|company(?: name)?(?:'?s| is|:)"
    r"|i (?:work|buy|write|am writing|speak|order)(?: for| at| on behalf of)|i represent|i'?m (?:from|with|at)|i run"
    r"|i own|we'?re(?: called| from)?|we are(?: called| from)?|it'?s(?: called)?|it is(?: called)?|that'?s"
    r"|that would be|this is|from|for|at|on behalf of|called|named)\s+",
    re.IGNORECASE,
)
AFTER_A_NAME = re.compile(r"\s+(?:here|speaking|by the way|btw|please|thanks|thank you)\b.*$", re.IGNORECASE)
ABBREVIATED = ("inc.", "ltd.", "co.", "corp.", "bros.", "jr.")
TRAILING = " \t.,;:!?–-"
LEADING = " \t,;:–-"
# In a sentence of its own these stand, in a name they don't.
SENTENCE = re.compile(
    r"\?|^\W*(?:what|which|where|when|who|whom|whose|why|how|is|are|was|do|does|did|can|could|would|will|may|should|has"
    r"|have|please|let|give|tell|show|send|cancel|need|want|i (?!am\b)|i'(?!m\b)|we (?!are\b)|you|there"
    r"|it(?!'s\b| is\b)|don't|dont|any)\b",
    re.IGNORECASE,
)
COMMON = re.compile(
    r"\b(?:i|my|your|you|is|are|was|were|have|has|do|does|don't|not|please|that|this|what|when|where|how|why|want|need"
    r"|would|could|can|about|because|but|if|then|just|really|from|with|me|it)\b",
    re.IGNORECASE,
)
NOT_NAMES = frozenset(
    {"yes", "no", "yeah", "yep", "yup", "nope", "nah", "ok", "okay", "sure", "fine", "hello", "hi", "hey", "thanks"}
    | {"thank", "bye", "goodbye", "cheers", "please", "right", "correct", "help", "stop", "cancel", "quit", "exit"}
    | {"what", "huh", "hm", "hmm", "um", "uh", "test", "and", "so", "well", "good", "great", "cool", "nice", "done"}
    | {"you", "there", "very", "much", "a", "lot", "of", "course", "to", "meet", "morning", "afternoon", "evening"}
    | {"for", "now", "see", "later", "perfect", "wait", "me", "it", "that", "alright", "all"}
)


def cleaned(text: str) -> str:
    """A text without what can't be printed, and with single spaces: what a record may hold."""
    kept = (" " if unicodedata.category(one) in ("Cc", "Zl", "Zp", "Cs") else one for one in text if one not in TURNING)
    return " ".join("".join(kept).split())


def person_in(text: str) -> str:
    """The name in an answer to "what's your name?"; empty if it is none, longer than `LONGEST` if it is too long."""
    plain = cleaned(text)
    rest = BEFORE_A_NAME.sub("", plain)
    name = AFTER_A_NAME.sub("", rest).strip(TRAILING).strip(LEADING) if rest.strip(TRAILING) else ""
    return name if _can_be_name(name, introduced=rest != plain) else ""


def company_in(text: str) -> str:
    """The company in an answer to "what's your company?"; as for `person_in`."""
    plain = cleaned(text)
    rest = BEFORE_A_COMPANY.sub("", plain)
    name = rest.strip(" \t,;:!?").strip()
    name = (
        name.removesuffix(".")
        if name.count(".") == 1 and not name.casefold().endswith(("inc.", "ltd.", "co."))
        else name
    )
    return name if _can_be_name(name, introduced=rest != plain) else ""


def parted(name: str) -> tuple[str, str]:
    """First and last name, without titles; a single word is the first name, unless a title stands before it."""
    words = name.split()
    untitled = [word for word in words if word.casefold().rstrip(".") not in TITLES] or words
    if len(untitled) == 1:
        return ("", untitled[0]) if len(words) > 1 else (untitled[0], "")
    return untitled[0], " ".join(untitled[1:])


def _can_be_name(name: str, *, introduced: bool) -> bool:
    """Whether words can be a name: there are letters in them, and they say nothing else.

    Args:
        introduced: Whether it was said that they are one.
    """
    letters = sum(map(str.isalpha, name))
    if not letters or letters * 4 < len(name.replace(" ", "")):
        return False
    words = [word.casefold().strip(".,!'’") for word in name.split()]
    if all(word in NOT_NAMES for word in words):
        return False
    if introduced:
        return len(COMMON.findall(name)) < 2
    return not SENTENCE.search(name) and len(COMMON.findall(name)) < 2
