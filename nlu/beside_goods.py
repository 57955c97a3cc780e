"""Takes out how many pieces are meant, and sizes that are sizes only before a thing ("a large tent")."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.forms.numerals import FIGURES, WORDS
from nlu.forms.spans import compiled

THINGS = frozenset({"product", "sku", "colour", "size"})
NUMBER = compiled(rf"(?<! [\w.,$€£#/:+-] ) (?: {FIGURES} | {WORDS} ) (?! [\w%/:$€£-] | [.,]\d )")

# Between the number and the thing.
OF = compiled(
    r"""[ ]? (?: (?: x\b | sku\b | × | \* | more | extra | additional | pairs?[ ]of | sets?[ ]of | boxes[ ]of
        | packs?[ ]of
        | units?[ ]of | pieces?[ ]of
    | pcs[ ]of | pcs\.? | units? | pieces | of | the | your | those | these | new | spare | branded
    | of[ ]your | other | identical )[ ]? )*"""
)
COUNTS = compiled(
    r"""[ ]? (?: x\b (?! [ ]?\d ) | × | pcs\b | pieces?\b | units?\b | pairs?\b | sets\b | items\b | copies\b
        | of[ ](?: them | those | these | each | the )\b
    | more\b (?! [ ](?: days? | weeks? | months? | hours? | minutes? | times? | questions? | thing ) ) | each\b )"""
)
CALLED = compiled(
    r"""(?: \b(?: qty | quantity | amount[ ]of | number[ ]of[ ](?: pieces | units ) ) \s? (?: : | is | of | =
        | to | from )? [ ]? | [a-z] [ ]? [x×] [ ]?
    | \b(?: make[ ](?: it | that ) | change[ ](?: it | that )[ ]to | up[ ]to[ ]be )[ ] | [→>] [ ]? | \b (?: units
    | pcs ): [ ] ) $"""
)
ASKED = compiled(
    r"""\b (?: quantity | qty | reduce | raise | increase | lower | bump | order[ ]update | instead[ ]of
        | rather[ ]than | only (?:[ ]want | [ ]need ) ) \b"""
)
CHANGED = compiled(
    r"""\b (?: from | to | by | of | only | just | of[ ]only | want | need | instead[ ]of | rather[ ]than | than
        | : ) [ ] $ | update: [ ] $"""
)
NOT_COUNTED = compiled(
    r"""[ ]? (?: days? | weeks? | months? | years? | hours? | hrs? | minutes? | mins? | times? | people | percent
        | employees | dollars? | euros? | bucks | pounds? | am | pm | o'clock )\b"""
)
# Who says these with a bare number means pieces.
TAKES = compiled(
    r"""\b (?: hold | keep | reserve | set[ ]aside | put[ ](?: aside | away ) | save | stash | need (?:[ ]only)?
        | needed | take | want | buy | order
    | ordered | book | make[ ](?: it | that ) | all | remaining | only | got | left | have | than | taking
    | buying | ordering | getting | send (?:[ ]me)? | release | ship | lay[ ]away ) [ ] $"""
)
HOLDS = compiled(
    r"""\b (?: hold | keep | reserve | set | put | save | stash | need | book | give[ ]me | just
        | only ) [ ] (?: just[ ] | only[ ] )? $"""
)
STANDS = compiled(
    r"""\s* (?: $ | [.,!?;:)] | \b (?: please | pls | plz | for | until | til | till | instead | not | and | or
        | are | left | available | of[ ](?: them | those | these )
    | in | to | aside | away | is[ ]enough | altogether | total | then | at | from | so | if | but | by | up )\b )"""
)
UP = compiled(
    r"""[ ]? (?: \+ | up\b | upwards\b | or[ ]more\b | plus\b | available\b | (?: are | is )[ ](?: needed
        | enough | available | left )\b )"""
)
AMONG = compiled(r"[ ] of[ ] (?: the | my | our )[ ] (?: two | three | four | five | six | \d+ ) \b")
SIZE_WORD = compiled(r"\b (?: small | large ) (?= [ ] )")
ONE = re.compile(r"one|a couple", re.IGNORECASE)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class BesideGoods(GraphComponent, EntityExtractorMixin):
    """Needs the extractors of goods before it."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> BesideGoods:
        """Makes one; Rasa calls it."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds quantities and sizes to the message's entities."""
        for message in messages:
            text, entities = message.get(TEXT) or "", message.get(ENTITIES, [])
            found = [
                {"entity": name, "start": start, "end": end, "value": text[start:end]}
                for name, places in (("size", _sizes(text, entities)), ("quantity", _quantities(text, entities)))
                for start, end in places
            ]
            both = [*entities, *self.add_extractor_name(found)]
            message.set(ENTITIES, sorted(both, key=lambda one: int(one["start"])), add_to_output=True)
        return messages


def _sizes(text: str, entities: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    things = {one["start"] for one in entities if one["entity"] in THINGS}
    for match in SIZE_WORD.finditer(text):
        if match.end() + 1 in things:
            yield match.start(), match.end()


def _quantities(text: str, entities: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    things = {one["start"] for one in entities if one["entity"] in THINGS}
    things |= {start for start, _ in _sizes(text, entities)}
    for match in NUMBER.finditer(text):
        if any(one["start"] < match.end() and match.start() < one["end"] for one in entities):
            continue
        if NOT_COUNTED.match(text, match.end()):
            continue
        counts = _one_is_counted if ONE.fullmatch(match.group()) else _is_counted
        if counts(text, match, things):
            yield match.start(), match.end()


def _is_counted(text: str, match: re.Match[str], things: Collection[int]) -> bool:
    return bool(
        _of_a_thing(text, match, things)
        or COUNTS.match(text, match.end())
        or UP.match(text, match.end())
        or CALLED.search(text, 0, match.start())
        or (TAKES.search(text, 0, match.start()) and STANDS.match(text, match.end()))
        or (ASKED.search(text) and CHANGED.search(text, 0, match.start()))
    )


def _one_is_counted(text: str, match: re.Match[str], things: Collection[int]) -> bool:
    """ "one" is a number in "one lamp" and "keep one for me", and none in "the blue one"."""
    if AMONG.match(text, match.end()):
        return True
    if HOLDS.search(text, 0, match.start()):
        return _of_a_thing(text, match, things) or STANDS.match(text, match.end()) is not None
    before = text[: match.start()].casefold()
    return (
        _of_a_thing(text, match, things)
        and not before.endswith(("the ", "this ", "that ", "is ", "saw "))
        and bool(before)
    )


def _of_a_thing(text: str, match: re.Match[str], things: Collection[int]) -> bool:
    between = OF.match(text, match.end())
    return between is not None and between.end() > match.end() and between.end() in things
