"""Common questions, what wasn't understood, and dropping what was going on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.base import Action, offer_person, still_open, without_an_answer
from actions.replies import Button, Reply
from actions.stock_answers import CHECK
from actions.turn import Turn
from actions.words import Fill

SUGGESTIONS = 2
# Two intents are close if the second is at least this likely beside the first: then the customer meant one of them.
CLOSE = 0.6
# Where it doesn't matter which of two was meant: one action answers both.
SAME_ANSWER = {frozenset({"Return_Request", "Return_Window"}): "action_return_item"}
SENTENCES = {
    "Thanks": "utter_thanks",
    "Goodbye": "utter_goodbye",
    "Help": "utter_help",
    "Affirm": "utter_yes_to_what",
    "Deny": "utter_what_else",
    "Choose": "utter_choose_what",
    "Out_Of_Scope": "utter_out_of_scope",
}


class Faq(Action):
    """Answers a question of the company's FAQ, with the facts of assistant.yml."""

    topic = "smalltalk"

    async def answer(self, turn: Turn) -> Reply:
        """Says the response that the question was recognised for."""
        if is_about_stock(turn):
            return Reply(then=CHECK)
        if not turn.has(turn.faq):
            return not_understood(turn)
        facts = turn.middleware.settings.faq
        fills = {name: Fill(text, f"settings.faq.{name}") for name, text in facts.items()}
        days = Fill(str(turn.middleware.settings.returns.days), "settings.returns.days")
        return Reply().say(turn.faq, {**fills, "return_days": days, **turn.words.team()})


class SmallTalk(Action):
    """Says the one sentence that there is for an intent; what is out of scope twice in a row is for a person.

    It takes the place of what was asked before: a yes to "anything else?" must not cancel an order.
    """

    async def answer(self, turn: Turn) -> Reply:
        """Says it; nothing is asked any more but what it asks itself."""
        if turn.intent == "Out_Of_Scope" and is_about_stock(turn):
            return Reply(then=CHECK)
        if turn.intent == "Out_Of_Scope" and was_not_understood(turn):
            return offer_person(turn, "utter_out_of_scope_twice")
        return Reply(drop=turn.intent == "Goodbye").say(SENTENCES[turn.intent])


class Stop(Action):
    """Drops what was going on."""

    topic = "smalltalk"

    async def answer(self, turn: Turn) -> Reply:
        """Forgets the open question, the list, and what was to be answered later."""
        forgotten: dict[str, Any] = dict.fromkeys(("offered_orders", "order_number", "wanted", "later", "contact"))
        return Reply(drop=True, **forgotten).say("utter_stopped")


class BotChallenge(Action):
    """Says that it is a bot."""

    async def answer(self, turn: Turn) -> Reply:
        """Says so, for whom, and keeps the open question open unless its yes would change something."""
        return Reply(still_open(turn)).say("utter_bot", {"company": turn.words.company()})


class NotUnderstood(Action):
    """Answers what wasn't understood: suggestions the first time, a person the second."""

    async def answer(self, turn: Turn) -> Reply:
        """Offers the two likeliest things, or the people."""
        return Reply(then=CHECK) if is_about_stock(turn) else not_understood(turn)


class DefaultFallback(Action):
    """Takes the place of Rasa's own fallback, which takes the turn back and grows slower with every one it took."""

    async def answer(self, turn: Turn) -> Reply:
        """Answers as for anything else that wasn't understood.

        After an action, it takes the place of one that the action server didn't end: no rule goes on from there.
        """
        return await without_an_answer(turn) if turn.is_under_way else not_understood(turn)


def is_about_stock(turn: Turn) -> bool:
    """Whether a message names an article, or so many of a thing, and no wish: "500 of BLU-JKT-M, ship to Boston"."""
    names_article = turn.entity("sku") or (turn.entity("quantity") and turn.entity("product"))
    return bool(names_article) and not turn.is_under_way


def not_understood(turn: Turn) -> Reply:
    """The two likeliest things as buttons; a person if the message before wasn't understood either."""
    if was_not_understood(turn):
        return offer_person(turn, "utter_not_understood_twice")
    question = still_open(turn)
    likely = [intent for intent in turn.likely_intents if turn.has(f"utter_suggest_{intent}")][:SUGGESTIONS]
    same = SAME_ANSWER.get(frozenset(likely))
    if same and are_close(turn, likely):
        return Reply(turn.slot("question"), then=same)
    buttons = [Button(turn.phrase(f"utter_suggest_{intent}"), intent) for intent in likely]
    response = "utter_which_of_two" if are_close(turn, likely) else "utter_not_understood"
    return Reply(question).say(response, buttons=buttons)


def was_not_understood(turn: Turn) -> bool:
    """Whether the message before wasn't understood, or was none of our business."""
    misses = {NotUnderstood().name(), DefaultFallback().name()}
    beyond = {"utter_out_of_scope", "utter_out_of_scope_twice"}
    return bool(turn.actions_before() & misses or turn.responses_before() & beyond)


def are_close(turn: Turn, likely: Sequence[str]) -> bool:
    """Whether the message meant one of two things, and it isn't sure which."""
    ranked = [intent for intent in turn.likely_intents if intent != "nlu_fallback"][:SUGGESTIONS]
    if len(ranked) < SUGGESTIONS or ranked != likely:
        return False
    first, second = (turn.likely_intents[intent] for intent in ranked)
    return second >= CLOSE * first
