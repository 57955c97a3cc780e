"""Says what no turn asks for: a job of the middleware names the occasion, and these are the words for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from rasa_sdk import Tracker

from actions.invoices import about as about_invoice
from actions.replies import Reply, Utterance
from actions.stock_words import about_hold, promised
from actions.turn import Turn
from actions.words import Fill
from middleware.bootstrap import Middleware
from middleware.documents.store import Document
from middleware.errors import Malformed
from middleware.holds import ENDED_BY_ITSELF
from middleware.identity import Who
from middleware.jobs import Job
from middleware.papers import CAME, NEVER_CAME
from middleware.records import Invoice
from middleware.sentences import domain, rendered

Telling = Callable[[Turn, Mapping[str, Any]], Awaitable[Reply]]


class Proactive:
    """Does the jobs of the kind `words`.

    Args:
        middleware: For messages, and for what the words speak of.
    """

    def __init__(self, middleware: Middleware) -> None:
        self._middleware = middleware

    async def say(self, job: Job) -> None:
        """Puts what is to be said into words, and stores it as a message of the assistant; once for each job.

        Raises:
            Malformed: Nobody knows words for the occasion.
            NotFound: What it is about isn't there.
            Unavailable: It is to be tried again.
        """
        occasion, conversation_id = job.payload["occasion"], job.payload["conversation"]
        tell = OCCASIONS.get(occasion)
        if tell is None:
            raise Malformed(f"no words for {occasion}", system="store")
        channel = await self._middleware.history.channel_of(conversation_id)
        who = Who(conversation_id=conversation_id, channel="", correlation_id=job.id)
        nobody_spoke = Tracker(conversation_id, {}, {}, [], False, None, {}, None)
        turn = Turn(who, nobody_spoke, domain(), self._middleware)
        reply = await tell(turn, job.payload["about"])
        said = [_said(one, channel) for one in reply.utterances]
        await self._middleware.messages.say(conversation_id, job.id, said)


async def hold_ended(turn: Turn, about: Mapping[str, Any]) -> Reply:
    """A hold has ended by itself."""
    hold = await turn.middleware.holds.one(about["key"])
    return Reply().say(promised("utter_hold_ended_by_itself", turn), about_hold(hold, turn))


async def invoice_came(turn: Turn, about: Mapping[str, Any]) -> Reply:
    """The paper of an invoice is there that took long."""
    invoice, document = msgspec.convert(about["invoice"], Invoice), msgspec.convert(about["document"], Document)
    return Reply().say("utter_invoice_came", about_invoice(invoice, turn), document=document)


async def invoice_never_came(turn: Turn, about: Mapping[str, Any]) -> Reply:
    """The paper of an invoice can't be had, though the customer was told that it comes."""
    return Reply().say("utter_invoice_never_came", {"invoice": Fill(about["number"], "Invoice.number")})


def _said(one: Utterance, channel: str) -> dict[str, Any]:
    """What is said as a message is stored."""
    fills = {name: (str(fill), fill.source) for name, fill in one.fills.items()}
    attachment = {"attachment": {"id": one.document.id, "name": one.document.name}} if one.document else {}
    return rendered(one.response, channel, fills) | attachment


OCCASIONS: Mapping[str, Telling] = {
    ENDED_BY_ITSELF: hold_ended,
    CAME: invoice_came,
    NEVER_CAME: invoice_never_came,
}
