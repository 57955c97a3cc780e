"""Takes out how many pieces are meant: a number beside a thing, or beside a word that counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    r"""[ ]? (?: (?: x | × | \* | more | extra | additional | pairs?[ ]of | sets?[ ]of | boxes[ ]of | packs?[ ]of | units?[ ]of | pieces?[ ]of
    | pcs[ ]of | pcs\.? | units? | pieces | of | the | your | those | these | those | new | spare | branded | of[ ]your | other | identical )[ ]? )*"""
)
COUNTS = compiled(
    r"""[ ]? (?: x\b (?! [ ]?\d ) | × | pcs\b | pieces?\b | units?\b | pairs?\b | sets\b | items\b | copies\b | of[ ](?: them | those | these | each | the )\b
    | more\b (?! [ ](?: days? | weeks? | months? | hours? | minutes? | times? | questions? | thing ) ) | each\b )"""
)
CALLED = compiled(
    r"""(?: \b(?: qty | quantity | amount[ ]of | number[ ]of[ ](?: pieces | units ) ) \s? (?: : | is | of | = | to | from )? [ ]? | [a-z] [ ]? [x×] [ ]?
    | \b(?: make[ ](?: it | that ) | change[ ](?: it | that )[ ]to | up[ ]to[ ]be )[ ] | [→>] [ ]? | \b (?: units | pcs ): [ ] ) $"""
)
ASKED = compiled(r"\b (?: quantity | qty | reduce | raise | increase | lower | bump | order[ ]update | instead[ ]of | rather[ ]than | only (?:[ ]want | [ ]need ) ) \b")
CHANGED = compiled(r"\b (?: from | to | by | of | only | just | of[ ]only | want | need | instead[ ]of | rather[ ]than | than | : ) [ ] $ | update: [ ] $")
NOT_COUNTED = compiled(r"[ ]? (?: days? | weeks? | months? | years? | hours? | hrs? | minutes? | mins? | times? | people | percent | employees | dollars? | euros? | bucks | pounds? | am | pm | o'clock )\b")
ONE = re.compile(r"one|a couple", re.IGNORECASE)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Quantities(GraphComponent, EntityExtractorMixin):
    """Needs the extractors of goods before it."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Quantities:
        """Makes one; Rasa calls it."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds quantities to the message's entities."""
        for message in messages:
            text, entities = message.get(TEXT) or "", message.get(ENTITIES, [])
            found = [
                {"entity": "quantity", "start": start, "end": end, "value": text[start:end]}
                for start, end in _quantities(text, entities)
            ]
            message.set(ENTITIES, [*entities, *self.add_extractor_name(found)], add_to_output=True)
        return messages


def _quantities(text: str, entities: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    things = {one["start"] for one in entities if one["entity"] in THINGS}
    for match in NUMBER.finditer(text):
        if any(one["start"] < match.end() and match.start() < one["end"] for one in entities):
            continue
        if NOT_COUNTED.match(text, match.end()):
            continue
        beside = OF.match(text, match.end())
        of_thing = beside is not None and beside.end() > match.end() and beside.end() in things
        if ONE.fullmatch(match.group()):
            counted = of_thing and not text[: match.start()].casefold().endswith(("the ", "this ", "that "))
        else:
            counted = of_thing or _is_counted(text, match)
        if counted:
            yield match.start(), match.end()


def _is_counted(text: str, match: re.Match[str]) -> bool:
    if COUNTS.match(text, match.end()) or CALLED.search(text, 0, match.start()):
        return True
    return bool(ASKED.search(text) and CHANGED.search(text, 0, match.start()))
