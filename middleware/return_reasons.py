"""Why something comes back, by the customer's words."""

from __future__ import annotations

import re

from middleware.records import ReturnReason

# "It isn't broken" is no reason, and hides none that comes after it.
DENIED = re.compile(
    r"\b(?:not|never|isn['’]?t|aren['’]?t|wasn['’]?t|nothing(?: is|['’]?s)?) (?:really |even |at all )?"
    r"(?:broken?|damaged?|defect\w*|faulty|torn|cracked|dead|wrong|too \w+)\b"
)

# In this order: the first that fits is meant. "Wrong" by one's own mistake is none of ours.
BY_WORDS: tuple[tuple[ReturnReason, str], ...] = (
    (ReturnReason.OTHER, r"\bi (?:have |had )?(?:ordered|bought|picked|chose|took|clicked)(?: on)? the wrong\b"),
    (
        ReturnReason.TOO_SMALL,
        r"\btoo (?:\w+ )?(?:small|tight|short|narrow|little|snug)\b|\bruns? (?:\w+ )?small\b"
        r"|\bneed(?:s|ed)? (?:a |the |one )?(?:bigger|larger)\b|\b(?:smaller|tighter) than\b",
    ),
    (
        ReturnReason.TOO_LARGE,
        r"\btoo (?:\w+ )?(?:big|large|loose|wide|baggy|huge)\b|\bruns? (?:\w+ )?(?:big|large)\b|\boversized\b"
        r"|\b(?:it['’]?s|they['’]?re|(?:it|sleeves?|legs?|they) (?:is|are)) (?:\w+ ){0,2}too long\b(?! (?:to|ago)\b)"
        r"|\bneed(?:s|ed)? (?:a |the |one )?smaller\b|\b(?:bigger|larger) than\b",
    ),
    (
        ReturnReason.WRONG_ITEM,
        r"\bwrong (?:\w+ )?(?:item|items|article|product|thing|things|colou?r|size|one|ones|model|order|parcel|stuff)\b"
        r"|\b(?:not|never) (?:what|the \w+(?: \w+)?) (?:i|we)(?:['’]d| had)? ordered\b|\b(?:some|any)(?:body|one) else"
        r"|\binstead of (?:the|a|my)\b|\bgot (?:a|the) different\b|\bmix(?:ed)?[ -]?up\b",
    ),
    (
        ReturnReason.DAMAGED,
        r"\bbroken?\b|\bbreaks?\b|\bdamaged?\b|\bdefect\w*\b|\bfaulty\b|\bcrack\w*\b|\btorn\b|\btears?\b|\bripped\b"
        r"|\brips?\b|\bholes?\b|\bleak\w*\b|\bsmashed\b|\bshattered\b|\bsnapped\b|\bscratch\w*\b|\bstain\w*\b"
        r"|\bdead\b|\bdoa\b|\bfell apart\b|\bcame (?:off|apart|loose)\b|\bin pieces\b|\bdent\w*\b|\bbent\b"
        r"|\bstopped working\b|(?:\bnot|n['’]?t|\bnever) (?:even )?(?:work\w*|turn on|switch on|charge|start)\b",
    ),
    (
        ReturnReason.NOT_AS_DESCRIBED,
        r"\bnot (?:as|what|like) (?:was |i |we )?(?:described|pictured|shown|advertised|promised|expected|it said)\b"
        r"|(?:\bnot|n['’]?t) (?:\w+ )?(?:like|match) (?:in )?(?:the|your) (?:pic\w*|photos?|desc\w*|site)\b"
        r"|\bnothing like\b"
        r"|\blooks? (?:\w+ )?different\b|\bmisleading\b|\bdifferent (?:from|than|to) (?:the|what|your)\b",
    ),
    (
        ReturnReason.CHANGED_MIND,
        r"\bchang\w+ (?:my|our|her|his|their) minds?\b|\bno longer (?:want|need)\w*\b|\bnot (?:needed|wanted)\b"
        r"|\b(?:don|doesn|didn)['’]?t (?:\w+ )?(?:want|need|like|love)\b|\bunwanted\b|\bcheaper (?:else|some)where\b"
        r"|\b(?:by|a) (?:mistake|accident)\b|\bhates? (?:it|the|them)\b|\bregret\b|\btwice\b|\bduplicate\b",
    ),
    (
        ReturnReason.OTHER,
        r"\b(?:don|doesn|didn|won)['’]?t (?:\w+ )?(?:fit|suit|match)\b|\bnot (?:a )?(?:fit|fitting)\b"
        r"|\b(?:rather|prefer) not\b|\bno (?:particular |special )?reason\b|\bnone of your business\b"
        r"|(?:\bnot|n['’]?t) (?:want to |wanna )?(?:say|tell)\b|\bjust because\b|\bdoesn['’]?t matter\b",
    ),
)
PATTERNS = tuple((reason, re.compile(pattern)) for reason, pattern in BY_WORDS)


def reason_in(text: str) -> ReturnReason | None:
    """Finds the reason that a text gives for sending something back; None if it gives none.

    `OTHER` is one that fits no kind, or that the customer keeps to themselves.
    """
    said = DENIED.sub(" ", " ".join(text.casefold().split()))
    return next((reason for reason, pattern in PATTERNS if pattern.search(said)), None)
