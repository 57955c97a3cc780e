"""What a customer's words add to a question about stock: how many, where, which of what was offered."""

from __future__ import annotations

import re
from typing import Any

from actions.tasks import Frame
from actions.turn import Turn
from middleware import articles
from middleware.choice import AROUND, Candidate, choose, says_more, words
from middleware.places import POSTCODE, Place, named, postcode
from middleware.quantities import SCALES, VALUES, Stated, stated
from middleware.records import Variant

CHECK = "action_check_stock"
LONGEST_CORRECTION = 10  # words
LONGEST_PLACE = 4
# What stands around a correction without a wish of its own.
FILLERS = AROUND | {
    *(
        "about",
        "a",
        "actually",
        "all",
        "an",
        "and",
        "at",
        "be",
        "better",
        "but",
        "can",
        "change",
        "could",
        "do",
        "down",
    ),
    *("enough", "for", "from", "give", "hm", "hmm", "hold", "how", "i'd", "i'll", "instead", "keep", "let's", "lets"),
    *("like", "make", "me", "near", "need", "not", "okay", "only", "pcs", "pieces", "place", "pls", "put", "rather"),
    *("reserve", "same", "say", "ship", "sorry", "take", "than", "them", "then", "there", "those", "to", "units", "up"),
    *("us", "wait", "want", "warehouse", "we", "we'll", "what", "will", "with", "would", "yes", "you", "closest"),
    *("nearest", "nope", "oh", "ones", "piece", "unit", "sku", "colour", "color", "correction", "sure"),
}
# Whoever says one of these speaks of what was spoken of before; whoever asks like that asks for a thing.
POINTS_BACK = {"it", "they", "them", "these", "those", "this", "that", "one", "ones", "its", "same"}
ASKS_FOR_A_THING = re.compile(
    r"\b(?:do|have|got|sell|carry|stock|any|there|hold|reserve|keep|need|want)\b", re.IGNORECASE
)
ASKS_FOR_VARIANTS = re.compile(
    r"\b(?:what|which|any other|other|how many|all the|list the) (?:\w+ )?"
    r"(?:colou?rs?|sizes?|versions?|variants?|options?|shades?)\b"
    r"|\b(?:colou?rs|sizes|versions|variants)\b.{0,30}\b(?:left|have|available|there|in stock|come|does)\b",
    re.IGNORECASE,
)
NUMBER_WORDS = VALUES.keys() | SCALES.keys() | {"couple", "pair", "few", "half", "minus"}


def asks_for_variants(text: str) -> bool:
    """Whether a text asks which colours or sizes there are."""
    return bool(ASKS_FOR_VARIANTS.search(text))


def amount_said(turn: Turn, variant: Variant | None = None) -> Stated | None:
    """How many pieces the message speaks of, whatever other digits stand in it.

    Args:
        variant: The article that it speaks of.
    """
    others = [*articles.codes(turn.text), turn.entity("sku"), turn.entity("size"), turn.entity("order_number")]
    others += [match["code"] for match in POSTCODE.finditer(turn.text) if postcode(match["code"])]
    if variant is not None:
        others += [variant.sku, variant.sku.replace("-", " ")]
    return stated(turn.text, [other for other in others if other])


def place_said(turn: Turn) -> Place | None:
    """The place that the message names; also one that seemed to be a want of its own: "…, ship to Boston"."""
    colours = [turn.entity("colour"), turn.entity("product")]
    ignoring = {*FILLERS, *(word for one in colours if one for word in (one, *words(one)))}
    text = f"{turn.text} {turn.second_want}" if names_only_a_place(turn.second_want, turn) else turn.text
    return named(text, turn.middleware.settings.company.country, ignoring)


def names_only_a_place(text: str, turn: Turn) -> bool:
    """Whether a text says where to, and nothing else."""
    rest = [word for word in words(text) if word not in FILLERS]
    return 0 < len(rest) <= LONGEST_PLACE and _is_place(" ".join(rest), turn)


def adds_to_it(turn: Turn) -> bool:
    """Whether a message says how many or where, and nothing else: more of the article last spoken of."""
    if names_only_a_place(turn.text, turn):
        return True
    rest = [word for word in words(turn.text) if word not in FILLERS and not _is_number(word)]
    return amount_said(turn) is not None and not rest


def names_something_else(turn: Turn) -> bool:
    """Whether words are left that say nothing of how many, where, in which colour, or of what was spoken of before."""
    said = words(turn.text)
    if POINTS_BACK & set(said) or not ASKS_FOR_A_THING.search(turn.text):
        return False
    beside = [turn.entity(one) for one in ("date", "quantity", "amount", "size", "colour", "order_number")]
    place = place_said(turn)
    known = {word for one in (*beside, place.name if place else "") if one for word in words(one)}
    rest = [word for word in said if word not in FILLERS | articles.AROUND | known and not _is_number(word)]
    return bool(rest) and not _is_place(" ".join(rest), turn)


def place_kept(place: Place) -> dict[str, Any]:
    """A place as a frame keeps it."""
    return {"name": place.name, "latitude": place.latitude, "longitude": place.longitude}


def place_in(frame: Frame) -> Place | None:
    """The place that a frame keeps."""
    return Place(**frame["place"]) if frame.get("place") else None


def picked(turn: Turn, frame: Frame) -> str | None:
    """The SKU of the one article, of those that were offered, that the words pick."""
    offered = frame.get("offered") or ()
    if not turn.text or not offered:
        return None
    choice = choose(
        turn.text,
        _candidates(offered),
        today=turn.middleware.clock().date(),
        locale=turn.middleware.settings.company.locale,
        offered=[sku for sku, _ in offered],
    )
    return choice.keys[0] if choice.named and len(choice.keys) == 1 else None


def is_correction(turn: Turn) -> bool:
    """Whether the words answer or correct what a task about stock has asked, and say nothing else."""
    frame = turn.task
    said = words(turn.text)
    if not said or len(said) > LONGEST_CORRECTION or _begins_a_question(turn.text):
        return False
    offered = frame.get("offered") or ()
    if offered and picked(turn, frame):
        return not says_more(turn.text, _candidates(offered), turn.middleware.settings.company.locale)
    accepted = {word for option in ("colour", "size", "sku") for word in words(turn.entity(option) or "")}
    rest = [word for word in said if word not in FILLERS | accepted and not _is_number(word)]
    if any(turn.entity(option) for option in ("colour", "size", "sku")) and not rest:
        return True
    amount = amount_said(turn)
    if amount is not None and not rest:
        is_just_a_yes = turn.intent == "Affirm" and f"{amount.amount:f}" == frame.get("quantity")
        return frame.get("asks") in ("quantity", "") and not is_just_a_yes
    return names_only_a_place(turn.text, turn) or (
        place_said(turn) is not None and all(word.isdecimal() or word in FILLERS for word in said)
    )


def _begins_a_question(text: str) -> bool:
    """Whether a text begins as a question of its own does."""
    return bool(words(text)) and words(text)[0] in {"where", "when", "who", "why", "is", "are", "does", "did"}


def _is_place(name: str, turn: Turn) -> bool:
    return named(f"to {name}", turn.middleware.settings.company.country) is not None


def _is_number(word: str) -> bool:
    return word.isdecimal() or word in NUMBER_WORDS or word.rstrip("k").isdecimal()


def _candidates(offered: Any) -> list[Candidate]:
    return [Candidate(key=sku, items=(frozenset(described),), days=()) for sku, described in offered]
