"""Tells how the customer's tickets stand."""

from __future__ import annotations

from actions.base import Action
from actions.replies import Reply
from actions.turn import Turn
from actions.words import Fill
from middleware.records import Ticket


class TicketStatus(Action):
    """Tells the state of every open ticket: there are rarely more than two."""

    topic = "tickets"

    async def answer(self, turn: Turn) -> Reply:
        """Looks the open tickets up and tells each."""
        tickets = await turn.middleware.tickets.open(turn.who)
        reply = Reply()
        for ticket in tickets:
            tell(reply, ticket, turn)
        return reply if tickets else reply.say("utter_no_open_ticket", turn.words.team())


def tell(reply: Reply, ticket: Ticket, turn: Turn) -> None:
    """Says how one ticket stands, with its newest public comment."""
    fills = {
        "ticket": Fill(ticket.number, "Ticket.number"),
        "subject": Fill(ticket.subject, "Ticket.subject"),
        "opened_day": turn.words.day(ticket.opened_at, "Ticket.opened_at"),
    }
    comment = ticket.last_comment
    if comment is None:
        reply.say("utter_ticket_open", fills)
        return
    reply.say(
        "utter_ticket_open_with_comment",
        {
            **fills,
            "comment": Fill(comment.body, "Ticket.last_comment.body"),
            "comment_day": turn.words.day(comment.written_at, "Ticket.last_comment.written_at"),
        },
    )
