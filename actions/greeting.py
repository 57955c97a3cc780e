"""Greets whoever comes in, by name and with their open ticket where we know them."""

from __future__ import annotations

from actions.base import HAND_OVER, Action
from actions.replies import Button, Reply
from actions.turn import Turn
from actions.words import Fill
from middleware.errors import FrontdeskError


class Greet(Action):
    """Answers a hello."""

    topic = "greeting"

    async def answer(self, turn: Turn) -> Reply:
        """Greets by what the CRM knows; whoever waits for a person hears how that stands."""
        if await is_waiting(turn):
            return Reply(turn.slot("question"), then=HAND_OVER)
        welcome = await turn.middleware.greeting.welcome(turn.who)
        company = turn.words.company()
        if welcome.contact is None or not welcome.contact.first_name:
            return Reply().say("utter_greet", {"company": company})
        name = Fill(welcome.contact.first_name, "Contact.first_name")
        ticket = welcome.ticket
        if ticket is None:
            return Reply().say("utter_greet_by_name", {"name": name, "company": company})
        return Reply("about_ticket", ticket_number=ticket.number).say(
            "utter_greet_with_ticket",
            {
                "name": name,
                "company": company,
                "subject": Fill(ticket.subject, "Ticket.subject"),
                "ticket": Fill(ticket.number, "Ticket.number"),
                "opened_day": turn.words.day(ticket.opened_at, "Ticket.opened_at"),
            },
            [
                Button(turn.phrase("utter_button_about_that"), "Ticket_Status", ticket_number=ticket.number),
                Button(turn.phrase("utter_button_something_else"), "Deny"),
            ],
        )


async def is_waiting(turn: Turn) -> bool:
    """Whether the customer waits for a person already: "hello??"."""
    try:
        return await turn.middleware.handoffs.standing(turn.who.conversation_id) is not None
    except FrontdeskError:
        return False
