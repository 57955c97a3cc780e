"""Splits a message into words, punctuation and emoji, and leaves numbers, codes and addresses whole.

Rasa's WhitespaceTokenizer splits "don't" into "don" and "t", and drops question marks and emoji.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

# An e-mail address; a word, number or code with what stands inside it ("don't", "TRV-BTL-750", "1,284.50"), a sign
# before it kept ("#10023", "$89"); or a single other character.
TOKEN = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[#@$€£]?\w+(?:['’.,/-]\w+)*|[^\w\s]")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class WordTokenizer(Tokenizer):
    """Makes `tokens` with their places in the text."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What Rasa's base class asks for: intents aren't split."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Splits one text of a message."""
        return [Token(match.group(), match.start()) for match in TOKEN.finditer(message.get(attribute))]
