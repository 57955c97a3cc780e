"""Answers what customers send that isn't words: pictures, voice messages, places, contact cards, orders."""

from __future__ import annotations

from actions.base import PERSON, SHOWS, Action, offer_person
from actions.handoff_plea import question_before
from actions.identity import another
from actions.replies import Button, Reply, Utterance
from actions.turn import Turn

# What the assistant can't take in, by the kind of a message.
UNREAD = {
    "image": "utter_unread_picture",
    "document": "utter_unread_document",
    "video": "utter_unread_video",
    "voice": "utter_unread_voice",
    "audio": "utter_unread_voice",
}
UNKNOWN = "utter_unread_other"
# Where what is shown isn't likely to be a complaint, at which a person had better look.
WITHOUT_TROUBLE = ("inventory", "leads", "identity")
SENTENCES = {
    "sticker": "utter_sent_sticker",
    "location": "utter_sent_location",
    "contacts": "utter_sent_contacts",
    "order": "utter_sent_order",
}


class SentSomething(Action):
    """Says what it can't do with something that isn't words, and what helps instead."""

    async def answer(self, turn: Turn) -> Reply:
        """Comes back to what was asked; the second time, a person is offered."""
        if turn.kind in SENTENCES:
            return asked_again(Reply().say(SENTENCES[turn.kind], buttons=ways(turn)), turn)
        cannot = {"cannot": turn.phrase(UNREAD.get(turn.kind, UNKNOWN))}
        standing = await turn.middleware.handoffs.standing(turn.who.conversation_id)
        if standing and turn.kind in UNREAD:
            return asked_again(Reply().say("utter_sent_waiting", cannot), turn)
        if not standing and (turn.slot("question") == PERSON or self.name() in turn.actions_before()):
            return offer_person(turn, "utter_sent_again", cannot)
        is_open = bool(turn.task or question_before(turn))
        if not standing and turn.kind in SHOWS and turn.slot("topic") not in WITHOUT_TROUBLE:
            if not is_open:
                return offer_person(turn, "utter_sent_for_person", cannot)
            person = Button(turn.phrase("utter_suggest_Human_Handoff"), "Human_Handoff")
            return asked_again(Reply().say("utter_sent_aside_for_person", cannot, [person]), turn)
        return asked_again(Reply().say("utter_sent_aside" if is_open else "utter_sent", cannot), turn)


def ways(turn: Turn) -> list[Button]:
    """What can be done for somebody who has put together an order in a catalogue."""
    intents = ("Inventory_Check", "Lead_Capture") if turn.kind == "order" else ()
    return [Button(turn.phrase(f"utter_suggest_{intent}"), intent) for intent in intents]


def asked_again(reply: Reply, turn: Turn) -> Reply:
    """Asks what was open before once more; what a task asks, the base of all actions asks."""
    before = question_before(turn)
    if before is None:
        return reply
    reply.question = before["question"]
    reply.say("utter_back_to_it")
    if reply.question == "code":  # as it was asked, it would sound as if another one were on its way
        return reply.say("utter_ask_code_again", turn.words.team(), [another(turn)])
    reply.utterances.append(Utterance.again(before["asked"]))
    return reply
