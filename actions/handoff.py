"""Hands over to the company's people, and takes the conversation back from them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from actions.base import Action, heard, offer_person, open_list
from actions.handoff_plea import asks_where, plea, question_before, reached_at
from actions.replies import Button, Reply, Utterance
from actions.tasks import Frame, Task
from actions.turn import Turn
from actions.words import Fill
from middleware.choice import ORDINALS
from middleware.errors import NotFound, Unavailable
from middleware.handoff_records import Reason, Standing
from middleware.ownership import LEFT, WITH_AGENT
from middleware.settings import Level

# By whether nobody is there now, whether it wasn't asked for before, and whether the ticket has its number.
SENTENCES = {
    (False, True, True): "utter_in_line_now",
    (False, True, False): "utter_in_line_now_no_ticket",
    (False, False, True): "utter_in_line",
    (False, False, False): "utter_in_line_no_ticket",
    (True, True, True): "utter_left_now",
    (True, True, False): "utter_left_now_no_ticket",
    (True, False, True): "utter_left",
    (True, False, False): "utter_left_no_ticket",
}
PATIENCE = 2  # how often it is asked where somebody can be reached


class HandOver(Action):
    """Puts the customer into the line for a person, and says what came of it."""

    async def answer(self, turn: Turn) -> Reply:
        """Asks for a person; what the customer was in the middle of waits, and isn't asked again in this reply."""
        rule = await turn.middleware.demands.met(turn.who, heard(turn))
        if rule is None and turn.intent == "Human_Handoff" and asks_where(turn.text):
            return offer_person(turn, "utter_where_people_are", turn.words.team())
        wanted = plea(turn, rule)
        try:
            standing = await turn.middleware.handoffs.request(turn.who, wanted)
        except (NotFound, Unavailable):  # on none of our channels nobody could answer
            return Reply(open_list(turn), keep=True).say("utter_person", turn.words.team())
        reply = Reply(open_list(turn), keep=True, interrupted=question_before(turn) or turn.slot("interrupted"))
        tell(reply, standing, wanted.reason, turn)
        if standing.handoff.state == LEFT and turn.who.level is Level.PUBLIC and not standing.handoff.reach:
            reply.then = LeaveContact().name()
        return reply


class LeaveContact(Task):
    """Asks whom nobody could reach out of hours where they want to be reached; who doesn't want to say it, needn't."""

    suspends = True

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the words hold a phone number or an e-mail address, or are a no."""
        return turn.intent == "Deny" or reached_at(turn) is not None

    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Asks, unless they said it before; keeps the answer, or leaves it at that."""
        conversation_id = turn.who.conversation_id
        given = "" if frame else await turn.middleware.leads.contact_given_in(conversation_id)
        if given:
            await turn.middleware.handoffs.reach(conversation_id, given)
            return Reply(task=None).say("utter_reach_known", {"contact": Fill(given, "Handoff.reach")})
        contact = reached_at(turn) if frame else None
        if contact:
            await turn.middleware.handoffs.reach(conversation_id, turn.text)
            return Reply(task=None).say("utter_reach_noted", {"contact": Fill(contact, "Handoff.reach")})
        if frame and (turn.intent == "Deny" or frame["failed"] + 1 >= PATIENCE):
            return Reply(task=None).say("utter_reach_left_out")
        return self.ask(
            turn, frame, "contact", "utter_ask_reach", buttons=[Button(turn.phrase("utter_button_no_thanks"), "Deny")]
        )

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Asks for no yes."""
        return await self.go_on(turn, frame)


class HandedBack(Action):
    """Says that the assistant is back after a person, and asks again what was open before."""

    async def answer(self, turn: Turn) -> Reply:
        """Asks so that a yes is a yes to that; a task asks by itself."""
        if turn.answered_ticket is not None:
            return after_answer(turn, turn.answered_ticket)
        interrupted: Mapping[str, Any] | None = turn.slot("interrupted")
        if turn.task or not interrupted:
            return Reply().say("utter_handed_back" if turn.task else "utter_handed_back_free")
        reply = Reply(interrupted["question"]).say("utter_handed_back").say("utter_back_to_it")
        reply.utterances.append(Utterance.again(interrupted["asked"]))
        return reply


def after_answer(turn: Turn, number: str) -> Reply:
    """Says how to write back, after a person has answered on a ticket; a yes isn't one to what was asked before that.

    A task asks again by itself, and of a list one may still choose.

    Args:
        number: The ticket's; empty if it is nobody's, so that the customer can't have anything written on it.
    """
    kept = {"interrupted": turn.slot("interrupted")} if turn.slot("interrupted") else {}
    reply = Reply(open_list(turn), **kept).say("utter_ticket_answered" if number else "utter_ticket_answered_person")
    if number:
        reply.slots |= {"topic": "tickets", "ticket_number": number}
        reply.slots |= {} if reply.question else {"offered_tickets": [number]}
    return reply


def tell(reply: Reply, standing: Standing, reason: Reason, turn: Turn) -> None:
    """Says how a hand-over stands: who has it, or the place in the line, or when people come."""
    handoff = standing.handoff
    if handoff.state == WITH_AGENT and handoff.agent:
        reply.say("utter_agent_there", {"agent": Fill(handoff.agent.name, "Agent.name")})
        return
    is_left = handoff.state == LEFT
    fills = {"when": when(standing, turn), **turn.words.team()} if is_left else in_line(standing, turn)
    fills["opening"] = turn.phrase(f"utter_opening_{reason.value}")
    if handoff.ticket:
        fills["ticket"] = Fill(handoff.ticket, "Handoff.ticket")
    reply.say(SENTENCES[is_left, standing.is_new, bool(handoff.ticket)], fills)


def in_line(standing: Standing, turn: Turn) -> dict[str, Fill]:
    """Place and wait as one says them: "second", "four minutes"."""
    number, minutes = standing.place or 1, standing.wait_minutes or 1
    count = turn.words.number(Decimal(number), "Standing.place")
    spelt = number <= len(ORDINALS)
    place = Fill(ORDINALS[number - 1], count.source) if spelt else turn.phrase("utter_place_number", {"number": count})
    wait = turn.phrase(
        "utter_minute" if minutes == 1 else "utter_minutes",
        {"number": turn.words.number(Decimal(minutes), "Standing.wait_minutes")},
    )
    return {"place": place, "wait": wait}


def when(standing: Standing, turn: Turn) -> Fill:
    """From when on people answer again."""
    if standing.opens_at is None:
        return turn.phrase("utter_when_back")
    return turn.phrase("utter_when_open", {"opens": turn.at_time(standing.opens_at, "Standing.opens_at")})
