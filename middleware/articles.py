"""Which article a customer's words mean: by its SKU, or by the words that describe it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from middleware.choice import COMMON, words
from middleware.erp.base import Erp
from middleware.quantities import VALUES
from middleware.records import Variant

SHORTEST_CODE = 5  # letters and digits; shorter ones are sizes, hours, and the like
MOST_CODES = 4
CODE = re.compile(r"[^\W_]+(?:[-–_/.][^\W_]+)*")
OF_RECORDS = re.compile(r"(?:h|inv|t|r|ord|order|po|so|rma|ret)[-_]?\d+", re.IGNORECASE)
ALIKE_CODES = 75  # of 100
MOST_ALIKE = 4
SHORTEST_WORD = 4  # letters; what is shorter must be written right
BEGINNING = 3  # letters that nobody gets wrong
UNITS = {"ml", "cl", "l", "cm", "mm", "m", "kg", "g", "oz", "lb", "inch", "gb", "tb", "mah", "w", "ft", "person"}
OTHER_UNITS = {
    "litre": "l",
    "liter": "l",
    "ltr": "l",
    "millilitre": "ml",
    "milliliter": "ml",
    "man": "person",
    "people": "person",
    "berth": "person",
    "in": "inch",
}
SIZES = {"small": "s", "medium": "m", "large": "l", "xlarge": "xl", "extralarge": "xl", "extrasmall": "xs"}
# What stands around articles in a question or a wish; the ERP needn't look for it.
AROUND = COMMON | {
    *(
        "anything",
        "are",
        "aside",
        "available",
        "back",
        "can",
        "could",
        "do",
        "does",
        "free",
        "get",
        "got",
        "had",
        "has",
    ),
    *("have", "here", "hey", "hi", "hold", "how", "i'd", "i'm", "item", "items", "keep", "left", "like", "many", "me"),
    *(
        "much",
        "need",
        "now",
        "one",
        "ones",
        "our",
        "out",
        "pcs",
        "piece",
        "pieces",
        "please",
        "put",
        "reserve",
        "right",
    ),
    *("set", "ship", "size", "sizes", "sku", "some", "something", "sold", "still", "stock", "than", "that", "them"),
    *("there", "they", "thing", "things", "this", "unit", "units", "want", "warehouse", "we", "what", "when", "where"),
    *("which", "will", "with", "would", "you", "your", "colour", "color", "colours", "colors", "any", "other", "else"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a message says of an article.

    Attributes:
        text: The customer's own words.
        sku: A SKU that was found in them, or that a button brought.
        product: Words that were taken for a product's.
        options: Words that were taken for a colour or a size.
        known: The SKU of the article that is spoken of already.
    """

    text: str
    sku: str | None = None
    product: str | None = None
    options: tuple[str, ...] = ()
    known: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Articles:
    """The articles that the words mean.

    Attributes:
        variants: In the ERP's order; one if it is clear, several to choose from, none if nothing fits.
        named: Whether the words named an article; if not, it is the one that was spoken of already.
        narrowed: Whether a colour or size was named that picks among its variants.
        unknown_sku: There is no such SKU; `variants` have one like it.
        lacks_option: A colour or size was named that none of them has.
    """

    variants: tuple[Variant, ...] = ()
    named: bool = True
    narrowed: bool = False
    unknown_sku: bool = False
    lacks_option: bool = False

    @property
    def products(self) -> tuple[tuple[Variant, ...], ...]:
        """The variants by their product."""
        by_product = sorted(self.variants, key=lambda one: one.product_id)
        return tuple(tuple(group) for _, group in groupby(by_product, key=lambda one: one.product_id))


def find(erp: Erp, wish: Wish, quantity: str = "") -> Articles:
    """Finds the articles that a customer means.

    Args:
        quantity: The digits of the number of units that was said: no part of an article's name.
    """
    for code in [wish.sku] if wish.sku else codes(wish.text):
        found = {one.sku: one for one in erp.variants_by_sku(code)}
        if found:
            return Articles(variants=tuple(found.values()))
    if wish.sku:
        return Articles(variants=_alike_in_code(erp, wish.sku), unknown_sku=True)
    said = _Said(wish, quantity)
    by_words = _by_words(erp, said)
    if by_words and said.names(by_words[0]):
        return _with_options(by_words, said)
    known = next(iter(erp.variants_by_sku(wish.known)), None) if wish.known else None
    if known is not None:
        siblings = erp.variants_of(known.product_id)
        chosen = _best(siblings, said) if said.options_of(siblings) else []
        lacks = bool(said.options) and not chosen
        variants = tuple(siblings if lacks else chosen or [known])
        return Articles(variants=variants, named=False, narrowed=bool(chosen), lacks_option=lacks)
    return _with_options(by_words, said) if by_words else Articles()


def codes(text: str) -> list[str]:
    """What may be a SKU in a text: letters with digits or hyphens, and no record's number."""
    found = [code for code in CODE.findall(text) if _is_code(code) and not OF_RECORDS.fullmatch(code)]
    return found[:MOST_CODES]


def described(variant: Variant) -> frozenset[str]:
    """The words that describe an article, as choices are made by them."""
    return frozenset(words(" ".join((variant.name, *variant.options.values(), variant.sku))))


def _is_code(code: str) -> bool:
    has_digit, has_letter = any(map(str.isdigit, code)), any(map(str.isalpha, code))
    is_made_of_parts = not code.isalnum()
    return len(code) >= SHORTEST_CODE and has_letter and (has_digit or is_made_of_parts)


def _alike_in_code(erp: Erp, sku: str) -> tuple[Variant, ...]:
    """Articles whose SKU is written nearly like one that there isn't."""
    parts = [part for part in words(sku) if len(part) > 1]
    wanted = _bare(sku)
    scored = [(fuzz.ratio(_bare(one.sku), wanted), one) for one in erp.variants_by_words(parts)]
    alike = [(score, one) for score, one in scored if score >= ALIKE_CODES]
    return tuple(one for _, one in sorted(alike, key=lambda pair: (-pair[0], pair[1].sku))[:MOST_ALIKE])


def _bare(sku: str) -> str:
    return "".join(filter(str.isalnum, sku.casefold()))


class _Said:
    """A customer's words, weighed against articles."""

    def __init__(self, wish: Wish, quantity: str) -> None:
        in_order = list(_terms(wish.text))
        self.terms = {*in_order, *(one + other for one, other in pairwise(in_order))} - AROUND
        self.terms -= {term for term in self.terms if term.isdecimal()}
        self.numbers = {term for term in in_order if term.isdecimal()} - {quantity}
        self.product = set(_terms(wish.product or "")) - AROUND
        self.options = [set(_terms(option)) | {SIZES.get(option.casefold(), "")} - {""} for option in wish.options]
        self.terms |= {SIZES[term] for term in self.terms & SIZES.keys()}
        self.terms |= {term for option in self.options for term in option if term != "size"}

    def names(self, variant: Variant) -> bool:
        """Whether the words name the thing itself, and not only a colour or what it is for."""
        name = list(_terms(variant.name))
        head = name[-1] if name else ""
        heads = {head, "".join(name[-2:])}
        code = [part for part in _terms(variant.sku) if part.isalpha() and len(part) > 1]
        if len(code) > 1 and self.terms.issuperset(code):
            return True
        return any(_is_said(one, self.terms) for one in heads) or any(_is_said(one, self.product) for one in name)

    def hits(self, variant: Variant) -> tuple[int, bool, int, int]:
        """How well an article fits, to be compared with how others do."""
        name = list(_terms(variant.name))
        of_name = {*name, *(one + other for one, other in pairwise(name))}
        of_options = set(_terms(" ".join(variant.options.values())))
        parts = list(_terms(variant.sku))
        of_code = {*parts, *(one + other for one, other in pairwise(parts))}
        all_words = of_name | of_options | {one for one in of_code if not one.isdecimal()}
        of_sku = {one for one in words(variant.sku) if one.isdecimal()}
        return (
            sum(_is_said(one, self.product) for one in of_name),
            self.names(variant),
            sum(_says(term, all_words) for term in self.terms),
            len(self.numbers & (all_words | of_sku)),
        )

    def options_of(self, variants: Sequence[Variant]) -> bool:
        """Whether the words name a colour or size that one of the articles has."""
        values = {term for one in variants for value in one.options.values() for term in _terms(value)}
        return any(_is_said(value, self.terms) for value in values)

    def lacks(self, variants: Sequence[Variant]) -> bool:
        """Whether a colour or size was named that none of the articles has."""
        has = {term for one in variants for term in _terms(" ".join((*one.options.values(), one.name, one.sku)))}
        return any(option and not any(_says(term, has) for term in option) for option in self.options)


def _by_words(erp: Erp, said: _Said) -> list[Variant]:
    """The articles that fit the words best; those with a slip of the finger in them too."""
    sought = {term for term in said.terms | said.product if len(term) >= BEGINNING}
    found = _best(erp.variants_by_words([_singular(term) for term in sorted(sought)]), said) if sought else []
    if (found and said.names(found[0])) or not sought:
        return found
    return _best(erp.variants_by_words(sorted(_slips(sought))), said) or found


def _best(variants: Iterable[Variant], said: _Said) -> list[Variant]:
    hits = [(said.hits(one), one) for one in variants]
    best = max((hit for hit, _ in hits), default=(0, False, 0, 0))
    return [one for hit, one in hits if hit == best] if best[0] or best[2] else []


def _with_options(variants: Sequence[Variant], said: _Said) -> Articles:
    return Articles(variants=tuple(variants), lacks_option=said.lacks(variants))


def _slips(terms: Collection[str]) -> set[str]:
    """How a word may begin that was written wrong: its first letters, or two of them swapped."""
    long = [_singular(term) for term in terms if len(term) >= SHORTEST_WORD]
    swapped = {term[:at] + term[at + 1] + term[at] + term[at + 2 :] for term in long for at in range(1, len(term) - 1)}
    return {term[:BEGINNING] for term in long} | swapped


def _terms(text: str) -> Iterator[str]:
    """The words of a text, with a measure as one word: "750 ml", "750ml", "two-person" and "2 person" alike."""
    plain = [str(VALUES[word]) if word in VALUES else word for word in words(text)]
    at = 0
    while at < len(plain):
        unit = _unit(plain[at + 1]) if at + 1 < len(plain) and plain[at].isdecimal() else None
        yield plain[at] + unit if unit else plain[at]
        at += 2 if unit else 1


def _unit(word: str) -> str | None:
    bare = OTHER_UNITS.get(_singular(word), _singular(word))
    return bare if bare in UNITS else None


def _singular(word: str) -> str:
    return word[:-1] if len(word) > SHORTEST_WORD - 1 and word.endswith("s") and not word.endswith("ss") else word


def _is_said(word: str, terms: Collection[str]) -> bool:
    return any(_alike(term, word) for term in terms)


def _says(term: str, all_words: Collection[str]) -> bool:
    return any(_alike(term, word) for word in all_words)


def _alike(term: str, word: str) -> bool:
    """Whether somebody who wrote the one meant the other: its plural, or a slip of the finger away."""
    one, other = _singular(term), _singular(word)
    if one == other:
        return True
    shortest = min(len(one), len(other))
    if shortest < SHORTEST_WORD or one[0] != other[0] or not (one.isalpha() and other.isalpha()):
        return False
    distance = OSA.distance(one, other)
    if distance == 1:
        return sorted(one) == sorted(other) or shortest > SHORTEST_WORD
    return distance == 2 and shortest >= 2 * SHORTEST_WORD
