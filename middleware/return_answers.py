"""What a customer's words say of a return: a yes, how many, or a question about returns in general."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

from middleware.choice import words
from middleware.quantities import Trouble, stated
from middleware.return_reasons import reason_in

MERE_YES = frozenset(
    words(
        """
        absolutely ahead alright certainly cool correct course definitely do fine go good great it nice of ok okay
        perfect please pls right sure thank thanks that would be y ya yeah yep yes you yup
        """
    )
)
# A yes that says more than that: the reason, or what is to be made.
YES = re.compile(r"\W*(?:yes|yeah|yep|yup|ya|sure|ok|okay|please|of course|absolutely|go ahead|do it)\b", re.IGNORECASE)
DOUBT = re.compile(r"\?|\b(?:but|wait|no|nope|however|although|only|instead)\b", re.IGNORECASE)
TO_BE_MADE = re.compile(
    r"\W*(?:(?:yes|yeah|yep|yup|sure|ok|okay|please)\b\W*)*(?:(?:can|could|would) you )?(?:please )?"
    r"(?:make|send|create|print|give|get|email|mail)? ?(?:me )?(?:the|a|that|my) (?:return )?label\b\W*"
    r"(?:please|pls|now|then|thanks|thank you|\W)*",
    re.IGNORECASE,
)

# How many, in words that aren't a number.
BOTH = re.compile(r"\b(?:both|the pair)\b", re.IGNORECASE)
ALL = re.compile(r"\b(?:all|every one|everything|each|the (?:whole )?lot)\b", re.IGNORECASE)
ALL_OF_THEM = re.compile(r"\ball (?:of )?(?:the|my|them|these|those|it|\w+s)\b", re.IGNORECASE)
OF_SO_MANY = re.compile(r"\bof (?:the|my|these|those|your) \w+", re.IGNORECASE)  # "two of the four" are two
HOW_MANY = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)
LONGEST_QUANTITY = 8  # words
AROUND_QUANTITY = frozenset(
    words(
        """
        a actually all and at back both but couple dozen each every few half hundred i i'd i'll it just keep least
        like lot made make many mean meant minus more most no not of oh ok okay one only ones pair pieces pcs please
        point rather return send some sorry sure that that's the them then these they this those thousand to uh um units
        wait want whole yes yeah zero two three four five six seven eight nine ten eleven twelve twenty thirty forty
        fifty million billion
        """
    )
)

# What is asked about returns in general, what we don't do, and what we do once more.
HOW = re.compile(
    r"\bhow (?:do|does|can|would|is|are)\b.*\b(?:work|process|returns|refunds|give back)\b"
    r"|\bhow (?:do|can|would|should) (?:i|we) (?:return|send back) (?:something|things|stuff|an? (?:item|order))\b"
    r"|\b(?:steps|process|procedure|is it free|who pays|in a store|drop (?:it )?off|pick (?:it )?up)\b"
    r"|\bdo (?:i|you) (?:need|pay|charge|do)\b",
    re.IGNORECASE,
)
EXCHANGE = re.compile(r"\b(?:exchang\w*|swap\w*|replac\w*|store credit)\b", re.IGNORECASE)
LABEL_AGAIN = re.compile(
    r"\b(?:lost|again|re-?send|another copy|new copy|can['’]?t find|didn['’]?t (?:get|receive)|where(?:['’]?s| is))\b"
    r".*\blabel\b|\blabel\b.*\b(?:again|once more|lost|gone|missing|re-?send)\b",
    re.IGNORECASE,
)


def is_mere_yes(text: str) -> bool:
    """Whether words are a yes that says nothing else."""
    return all(word in MERE_YES for word in words(text))


def is_yes_and_more(text: str) -> bool:
    """Whether words are a yes with the reason, or with what is to be made: "yes please, it's too small"."""
    if TO_BE_MADE.fullmatch(text):
        return True
    return bool(YES.match(text)) and not DOUBT.search(text) and (reason_in(text) is not None or is_quantity(text, ""))


def is_quantity(text: str, named: str) -> bool:
    """Whether words say how many, and nothing else: "only one of them", "make it 2", "a few".

    Args:
        named: The item that it may be said of.
    """
    said = words(text)
    if not said or len(said) > LONGEST_QUANTITY:
        return False
    goods = {word.rstrip("s") for word in words(named)}
    beside = [word for word in said if word not in AROUND_QUANTITY and not any(map(str.isdigit, word))]
    says_some = stated(text) is not None or bool(BOTH.search(text) or ALL.search(text))
    return says_some and all(word.rstrip("s") in goods for word in beside)


def quantity_in(
    text: str, entity: str, named: str, left: Decimal, ignoring: Collection[str] = ()
) -> Decimal | Trouble | None:
    """How many of an item words mean, or what is wrong with it; None if they say nothing of it.

    Args:
        entity: A number of pieces that was recognised in them; may be empty.
        named: The item in words.
        left: How many "all" are.
        ignoring: As for `stated`.
    """
    alone = is_quantity(text, named)
    said = text if alone else entity or before_goods(text, named)
    found = stated(OF_SO_MANY.sub(" ", said), ignoring)
    if BOTH.search(text):
        return Decimal(2)
    if found and found.trouble:
        return found.trouble
    if found is None and (ALL if alone else ALL_OF_THEM).search(text):
        return left
    return found.amount if found else None


def before_goods(text: str, named: str) -> str:
    """The few words before an item's name, where its number stands: "-5", "a few of the"."""
    goods = "|".join(re.escape(word.rstrip("s")) for word in words(named))
    found = re.search(rf"(\S+(?: \w+){{0,3}}) (?:{goods})s?\b", text, re.IGNORECASE)
    return found[1] if found and not HOW_MANY.search(found[1]) else ""
