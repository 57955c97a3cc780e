"""Tells how the customer's tickets stand, writes on them, and closes them on the customer's word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.base import Action, offer_person
from actions.replies import Button, Reply, Utterance
from actions.tasks import Frame, Task, is_wordless
from actions.turn import Turn
from actions.words import Fill, Fills
from middleware.choice import words
from middleware.records import Ticket
from middleware.ticket_changes import Closing, Comment
from middleware.ticket_words import Asked, Sure, Wish, asked, cleaned, goes_on
from middleware.tickets import Meant

TICKET, COMMENT = "ticket", "comment"  # what is asked for
MOST_TOLD = 3  # tickets, one after the other; more are listed
LONGEST_SAID_BACK, LONGEST_TOLD = 300, 1000  # signs of a comment

# Where nothing else is spoken of that "it works again" could be about.
QUIET_TOPICS = (None, "greeting", "smalltalk", "identity", "tickets")
# What words are taken for that go on telling of a trouble: "it still crashes".
GOING_ON = frozenset({"nlu_fallback", "Out_Of_Scope", "Return_Request", "Order_Tracking", "Affirm", "Deny", "Choose"})
# What is no comment where one is asked for; the others only as long as they say nothing more.
NEVER_A_COMMENT = frozenset({"Stop", "Human_Handoff"})
NO_COMMENT_ALONE = frozenset({"Affirm", "Deny", "Goodbye", "Help", "Bot_Challenge"})
ALONE = 6  # words


class TicketStatus(Action):
    """Tells the state of the ticket that is meant, or of every open one: there are rarely more than two."""

    topic = "tickets"

    async def answer(self, turn: Turn) -> Reply:
        """Looks the tickets up and tells each; many are listed."""
        is_yes = turn.intent == "Affirm"
        found = await which(turn, turn.text, offered=offered(turn), spoken_of=spoken_of(turn) if is_yes else None)
        if not found.tickets:
            return none_open(turn, turn.task, ticket_number=None, offered_tickets=None)
        if len(found.tickets) > MOST_TOLD:
            return listed(found.tickets, turn)
        reply = Reply(**remembered(found.tickets))
        for ticket in found.tickets:
            tell(reply, ticket, turn)
        return reply


class OnTicket(Task):
    """Base of what changes a ticket: which one, and then a yes."""

    topic = "tickets"
    suspends = True

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the words pick one of the customer's tickets."""
        if turn.intent == "Affirm" or turn.task["asks"] not in (TICKET, ""):
            return False
        if not turn.text:
            return turn.entity("ticket_number") is not None
        return await turn.middleware.tickets.is_choice(turn.who, turn.text, offered(turn))

    def interrupted(self, turn: Turn) -> Frame:
        """Another task that waits for the customer meanwhile."""
        return {} if self.owns(turn.task) else turn.task

    def which_one(self, turn: Turn, frame: Frame, tickets: Sequence[Ticket]) -> Reply:
        """Lists several to choose from."""
        reply = self.ask(turn, frame, TICKET, "utter_which_ticket", buttons=buttons(tickets, turn))
        reply.slots["offered_tickets"] = [ticket.number for ticket in tickets]
        return reply


class CommentTicket(OnTicket):
    """Says back what would be written on which ticket, asks for a yes, and has it written."""

    async def is_begun(self, turn: Turn) -> bool:
        """Whether the words want something written, or go on telling what the ticket that is spoken of is about."""
        wish = asked(turn.text)
        if wish is not None:
            is_here = wish.sure is Sure.EVERYWHERE or is_spoken_of(turn)
            return wish.wish is Wish.COMMENT and is_here
        return is_spoken_of(turn) and turn.intent in GOING_ON and goes_on(turn.text)

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the words are to be written, say instead what is, or on which ticket."""
        if turn.task["asks"] == COMMENT:
            return is_comment(turn)
        wish = asked(turn.text)
        if wish is not None and wish.wish is Wish.COMMENT and wish.comment:
            return True
        return await super().is_answer(turn)

    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Takes the words and the ticket, and asks for what is lacking of them, or for the yes."""
        about, said = parted(turn, frame)
        known = {TICKET: None, COMMENT: "", **frame} | ({COMMENT: said} if said else {})
        found = await which(turn, about, offered=offered(turn), spoken_of=known[TICKET] or spoken_of(turn))
        if not found.tickets:
            return none_open(turn, self.interrupted(turn), task=None)
        if len(found.tickets) > 1:
            return self.which_one(turn, known, found.tickets)
        [ticket] = found.tickets
        if not ticket.is_open:
            return closed_for_comments(ticket, turn, self.interrupted(turn))
        known[TICKET] = ticket.number
        if not known[COMMENT]:
            return self.ask(turn, known, COMMENT, "utter_ask_comment", facts(ticket, turn))
        reply = await self._propose_it(turn, known)
        if frame.get("asks") == COMMENT:
            reply.slots["later"] = None  # it was written down whole, whatever a part of it looked like
        return reply

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Has it written, once, and says so."""
        proposal = dict(frame["proposal"])
        key = proposal.pop("key")
        written = await turn.middleware.ticket_changes.comment(turn.who, key, Comment(**proposal))
        number = Fill(written.number, "Commented.number")
        return Reply(task=None, ticket_number=written.number).say("utter_ticket_commented", {"ticket": number})

    async def _propose_it(self, turn: Turn, frame: Frame) -> Reply:
        """Says back what would be written, and on which ticket."""
        proposed = await turn.middleware.ticket_changes.propose_comment(turn.who, frame[TICKET], frame[COMMENT])
        if isinstance(proposed, Ticket):
            return closed_for_comments(proposed, turn, self.interrupted(turn))
        fills = {
            **facts(proposed.ticket, turn),
            "comment": shown(proposed.comment.body, LONGEST_SAID_BACK, "Comment.body"),
        }
        yes, no = turn.phrase("utter_button_write_it"), turn.phrase("utter_button_no_thanks")
        question = Utterance("utter_confirm_comment", fills, [Button(yes, "Affirm"), Button(no, "Deny")])
        reply = self.propose(turn, frame, {"key": proposed.key, **proposed.comment.parameters}, question)
        reply.slots["ticket_number"] = proposed.ticket.number
        return reply


class CloseTicket(OnTicket):
    """Offers to close a ticket, and has it closed on the customer's yes."""

    async def is_begun(self, turn: Turn) -> bool:
        """Whether the words want a ticket closed, or say that what it was about is over."""
        wish = asked(turn.text)
        if wish is None or wish.wish is not Wish.CLOSE:
            return False
        if wish.sure is Sure.EVERYWHERE:
            return True
        if is_spoken_of(turn):
            return not wish.is_solved or bool(await turn.middleware.tickets.open(turn.who))
        is_quiet = turn.slot("question") is None and turn.slot("topic") in QUIET_TOPICS
        if not is_quiet or wish.sure is not Sure.WHERE_THERE_IS_JUST_ONE:
            return False
        return len((await which(turn, turn.text, by_days=False)).tickets) == 1

    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Finds the ticket that is meant, and asks for the yes, or says that it is closed already."""
        wish = asked(turn.text)
        is_solved = wish.is_solved if wish else bool(frame.get("is_solved"))
        found = await which(turn, turn.text, offered=offered(turn), spoken_of=spoken_of(turn), by_days=False)
        if not found.tickets:
            return none_open(turn, self.interrupted(turn), task=None)
        if len(found.tickets) > 1:
            return self.which_one(turn, {**frame, "is_solved": is_solved}, found.tickets)
        proposed = await turn.middleware.ticket_changes.propose_closing(turn.who, found.tickets[0].number)
        if isinstance(proposed, Ticket):
            return closed_already(proposed, turn)
        ticket = proposed.ticket
        response = "utter_offer_close_ticket" if is_solved else "utter_confirm_close_ticket"
        yes, no = turn.phrase("utter_button_close_ticket"), turn.phrase("utter_button_leave_open")
        question = Utterance(response, facts(ticket, turn), [Button(yes, "Affirm"), Button(no, "Deny")])
        known = {**frame, TICKET: ticket.number}
        reply = self.propose(turn, known, {"key": proposed.key, "number": ticket.number}, question)
        reply.slots["ticket_number"] = ticket.number
        return reply

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Has it closed, and says so."""
        proposal = frame["proposal"]
        closing = Closing(number=proposal["number"])
        ticket = await turn.middleware.ticket_changes.close(turn.who, proposal["key"], closing)
        return Reply(task=None, ticket_number=ticket.number).say("utter_ticket_closed_now", facts(ticket, turn))


# Which ticket


def is_spoken_of(turn: Turn) -> bool:
    """Whether the customer and the assistant speak of tickets."""
    return bool(turn.slot("topic") == "tickets" or turn.slot("question") == "about_ticket")


def spoken_of(turn: Turn) -> str | None:
    """The number of the one ticket that is spoken of."""
    number: str | None = turn.slot("ticket_number") if is_spoken_of(turn) else None
    return number


def offered(turn: Turn) -> Sequence[str]:
    """The numbers of the tickets that were last told or listed, in that order."""
    return (turn.slot("offered_tickets") or ()) if is_spoken_of(turn) else ()


def remembered(tickets: Sequence[Ticket]) -> dict[str, Any]:
    """The slots after some tickets were told."""
    numbers = [ticket.number for ticket in tickets]
    return {"ticket_number": numbers[0] if len(numbers) == 1 else None, "offered_tickets": numbers}


async def which(
    turn: Turn, about: str, *, offered: Sequence[str] = (), spoken_of: str | None = None, by_days: bool = True
) -> Meant:
    """The tickets that are meant by some words of the message, or by a press."""
    number = turn.entity("ticket_number")
    if number and turn.text and number.casefold() not in about.casefold():
        number = None  # it stands in what is to be written
    return await turn.middleware.tickets.meant(
        turn.who,
        about,
        number=number,
        thing=turn.entity("product"),
        offered=offered,
        spoken_of=spoken_of,
        by_days=by_days,
    )


# What is to be written


def is_comment(turn: Turn) -> bool:
    """Whether words that come for a comment are one: any are, but a wish to stop, for a person, or a mere yes or no."""
    if turn.intent in NEVER_A_COMMENT or not turn.text or is_wordless(turn.text):
        return False
    return turn.intent not in NO_COMMENT_ALONE or len(words(turn.text)) > ALONE


def parted(turn: Turn, frame: Frame) -> tuple[str, str]:
    """The words of the message that may say on which ticket, and those that are to be written there."""
    wish: Asked | None = asked(turn.text)
    if wish is not None and wish.wish is Wish.COMMENT:
        return wish.about, wish.comment
    if frame.get("asks") == COMMENT:
        return "", cleaned(turn.whole_text) if is_comment(turn) else ""
    if not frame and goes_on(turn.text):
        return turn.text, cleaned(turn.text)
    return turn.text, ""


def shown(comment: str, longest: int, source: str) -> Fill:
    """A comment as it is said back or told: of a long one, the beginning."""
    return Fill(comment if len(comment) <= longest else comment[:longest].rstrip() + " …", source)


# What is said


def listed(tickets: Sequence[Ticket], turn: Turn) -> Reply:
    """Lists tickets with what tells them apart."""
    reply = Reply("which_ticket", **remembered(tickets))
    return reply.say("utter_which_ticket", buttons=buttons(tickets, turn))


def buttons(tickets: Sequence[Ticket], turn: Turn) -> list[Button]:
    """A button for each ticket."""
    return [
        Button(turn.phrase("utter_button_ticket", facts(ticket, turn)), "Choose", ticket_number=ticket.number)
        for ticket in tickets
    ]


def facts(ticket: Ticket, turn: Turn) -> dict[str, Fill]:
    """What tells a ticket apart."""
    return {
        "ticket": Fill(ticket.number, "Ticket.number"),
        "subject": Fill(ticket.subject, "Ticket.subject"),
        "opened_day": turn.words.day(ticket.opened_at, "Ticket.opened_at"),
    }


def tell(reply: Reply, ticket: Ticket, turn: Turn) -> None:
    """Says how one ticket stands, with its newest public comment."""
    state = "open" if ticket.is_open else "closed"
    comment = ticket.last_comment
    if comment is None:
        reply.say(f"utter_ticket_{state}", facts(ticket, turn))
        return
    said: Fills = {
        "comment": shown(comment.body, LONGEST_TOLD, "Ticket.last_comment.body"),
        "comment_day": turn.words.day(comment.written_at, "Ticket.last_comment.written_at"),
    }
    reply.say(f"utter_ticket_{state}_with_comment", {**facts(ticket, turn), **said})


def closed_already(ticket: Ticket, turn: Turn) -> Reply:
    """Says that a ticket is closed."""
    return Reply(task=None, ticket_number=ticket.number).say("utter_ticket_closed_already", facts(ticket, turn))


def none_open(turn: Turn, interrupted: Frame, **slots: Any) -> Reply:
    """Says that no ticket is open, and offers a person where nothing else waits for an answer."""
    if interrupted:
        return Reply(**slots).say("utter_no_open_ticket")
    return offer_person(turn, "utter_no_open_ticket_person", **slots)


def closed_for_comments(ticket: Ticket, turn: Turn, interrupted: Frame) -> Reply:
    """Says that nobody may see a comment on a closed ticket, and offers a person as `none_open` does."""
    slots: dict[str, Any] = {"task": None, "ticket_number": ticket.number}
    if interrupted:
        return Reply(**slots).say("utter_ticket_closed_for_comments", facts(ticket, turn))
    return offer_person(turn, "utter_ticket_closed_for_comments_person", facts(ticket, turn), **slots)
