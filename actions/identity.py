"""Lets customers prove who they are: by a one-time code, sent to the e-mail on file for what they give."""

from __future__ import annotations

from actions.base import Action, open_list, which_account
from actions.replies import Button, Reply
from actions.smalltalk import NotUnderstood
from actions.turn import Turn
from actions.words import Fill
from middleware.accounts import Unclear
from middleware.codes import Outcome
from middleware.contacts import code_in, contact_in
from middleware.settings import Level

# What nobody asked for is taken for a name only if it looks very much like one.
SURE = 0.5


class AskForProof(Action):
    """Answers whatever needs more proof than there is; what was asked for waits in the slot `wanted`."""

    topic = "identity"

    async def answer(self, turn: Turn) -> Reply:
        """Sends a code to whoever is known; asks a stranger for a contact, unless it is said already."""
        if turn.who.proof.contact:
            return await send_code(turn, turn.who.proof.contact, "utter_code_to_be_sure")
        contact = typed_contact(turn)
        if contact:
            return await send_code(turn, contact, "utter_code_sent")
        if turn.slot("question") == "contact":
            return Reply("contact").say("utter_ask_contact_again", turn.words.team())
        return Reply("contact", asked_again=False).say("utter_ask_contact")


class Identify(Action):
    """Takes what a customer gives to be known by: a code, a contact, or a word that the code didn't come."""

    topic = "identity"

    async def answer(self, turn: Turn) -> Reply:
        """Tries a code, sends one, or says once more what is needed."""
        typed = code_in(turn.text)
        if typed:
            return await try_code(turn, typed)
        contact = typed_contact(turn)
        if turn.who.level is Level.VERIFIED or (contact == turn.who.proof.phone and contact and not is_asked(turn)):
            return Reply(open_list(turn)).say("utter_known_already")
        if contact:
            return await send_code(turn, contact, "utter_code_sent")
        earlier = turn.slot("contact")
        if earlier and (turn.entity("resend") or (turn.intent == "Affirm" and not is_asked(turn))):
            return await send_code(turn, earlier, "utter_code_sent")
        return ask_again(turn)


class ChooseAccount(Action):
    """Takes the account that the customer picked from those that they may speak for."""

    topic = "identity"

    async def answer(self, turn: Turn) -> Reply:
        """Keeps the choice, and goes on with what was asked for, unless that was the choice itself."""
        chosen = await turn.middleware.accounts.choose(
            turn.who, turn.text, turn.entity("account"), turn.slot("offered_accounts") or ()
        )
        if isinstance(chosen, Unclear):
            return which_account(chosen.accounts, turn)
        wanted = turn.slot("wanted")
        if wanted and wanted["action"] != self.name():
            return Reply(then=wanted["action"])
        return Reply().say("utter_account_chosen", {"account": Fill(chosen.name, "Customer.name")})


def is_asked(turn: Turn) -> bool:
    """Whether a contact or a code is what the customer was asked for."""
    return turn.slot("question") in ("contact", "code")


def typed_contact(turn: Turn) -> str | None:
    """The e-mail or phone number in the customer's words."""
    return contact_in(turn.text, turn.middleware.settings.company.country)


async def send_code(turn: Turn, contact: str, response: str) -> Reply:
    """Has a code sent, and says so in words that don't tell whether the contact is on file."""
    if not await turn.middleware.codes.request(turn.who, contact):
        return Reply("code", asked_again=False).say("utter_too_many_codes", turn.words.team())
    return Reply("code", contact=contact, asked_again=False).say(response, buttons=[another(turn)])


async def try_code(turn: Turn, typed: str) -> Reply:
    """Checks a code; once it is accepted, goes on with what was asked for."""
    outcome = await turn.middleware.codes.check(turn.who, typed)
    if outcome is Outcome.WRONG:
        return Reply("code", asked_again=False).say("utter_code_wrong", buttons=[another(turn)])
    if outcome is Outcome.SPENT:
        return Reply("another_code", asked_again=False).say("utter_code_spent", buttons=[another(turn)])
    wanted = turn.slot("wanted")
    if wanted:
        return Reply(then=wanted["action"], contact=None)
    return Reply(contact=None).say("utter_identified")


def ask_again(turn: Turn) -> Reply:
    """Says once more what is needed, and why; the second time, who can help without it."""
    question = turn.slot("question")
    if not is_asked(turn):
        if turn.confidence < SURE:
            return Reply(question, then=NotUnderstood().name())
        if turn.who.level:
            return Reply(open_list(turn)).say("utter_known_already")
        return Reply("contact", asked_again=False).say("utter_ask_contact_again", turn.words.team())
    if turn.slot("asked_again"):
        person = Button(turn.phrase("utter_suggest_Human_Handoff"), "Human_Handoff")
        return Reply(question, asked_again=False).say("utter_proof_way_out", buttons=[person])
    buttons = [another(turn)] if question == "code" else []
    return Reply(question, asked_again=True).say(f"utter_ask_{question}_again", turn.words.team(), buttons)


def another(turn: Turn) -> Button:
    """The button that asks for another code."""
    return Button(turn.phrase("utter_button_another_code"), "Identify", resend="yes")
