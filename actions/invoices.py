"""Sends invoices, and tells what is open on the customer's account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from actions.orders import items, number
from actions.replies import Button, Reply, Utterance
from actions.tasks import Frame, Task
from actions.turn import Turn
from actions.words import Fill
from middleware.invoice_words import Asked, Mention
from middleware.invoices import MOST_SENT, NEWEST_LISTED, Meant, NotBilled, Standing
from middleware.periods import EARLIEST, Period
from middleware.records import Invoice, Order, OrderStatus

MOST_LISTED = 10  # as many as a list of WhatsApp's can have
ALL = "all"
UNBILLED = {OrderStatus.PLACED, OrderStatus.PICKING, OrderStatus.PACKED, OrderStatus.DELAYED}


class SendInvoice(Task):
    """Sends the invoices that are meant, lists several to choose from, or tells what is owed and offers the papers."""

    topic = "invoices"
    suspends = True

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the words name invoices, by place, time, number or item, and say nothing else.

        Where none were listed, a time or a number does: "no, September".
        """
        offered = (turn.slot("offered_invoices") or ()) if turn.task.get("action") == self.name() else ()
        return await turn.middleware.invoices.is_choice(turn.who, what_is_asked(turn), turn.text, offered)

    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Finds what is meant, and sends it, or lists it, or says that there is nothing of the kind."""
        asked = what_is_asked(turn)
        if asked.wants_balance and not (asked.numbers or asked.amounts or asked.names_one):
            return await self._balance(turn, frame)
        is_choice = bool(frame) or turn.intent == "Choose"
        offered = (turn.slot("offered_invoices") or ()) if is_choice else ()
        found = await turn.middleware.invoices.meant(turn.who, asked, offered)
        if isinstance(found, NotBilled):
            return not_billed(found.order, turn)
        if not found.is_named and frame.get("listed"):
            found = Meant(invoices=await turn.middleware.invoices.numbered(turn.who, frame["listed"]))
        if not found.invoices:
            return self._nothing(turn, frame, found)
        if asked.wants_balance:
            return self._state(turn, frame, found.invoices[:MOST_SENT])
        if len(found.invoices) == 1 or (found.are_all_wanted and len(found.invoices) <= MOST_SENT):
            return await send(turn, found.invoices, some_unknown=found.some_unknown)
        if found.are_all_wanted:
            count = turn.words.number(Decimal(len(found.invoices)), "Invoice.number")
            fills = {"count": count, "in_time": in_times(found.periods, turn)}
            return self.ask(turn, {**frame, "listed": []}, "narrower", "utter_too_many_invoices", fills)
        are_all = len(found.invoices) <= (MOST_LISTED if found.is_named else NEWEST_LISTED - 1)
        return self._which(turn, frame, found.invoices[:MOST_LISTED], are_all=are_all)

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Sends what was offered."""
        return await send(turn, await turn.middleware.invoices.numbered(turn.who, frame["proposal"]["numbers"]))

    def _which(self, turn: Turn, frame: Frame, invoices: Sequence[Invoice], *, are_all: bool) -> Reply:
        """Lists several to choose from."""
        buttons = [button(invoice, turn) for invoice in invoices]
        if are_all:
            buttons.append(Button(turn.phrase("utter_button_all_of_them"), "Choose", quantity=ALL))
        numbers = [invoice.number for invoice in invoices]
        reply = self.ask(turn, {**frame, "listed": numbers}, "invoice", "utter_which_invoice", buttons=buttons)
        reply.slots["offered_invoices"] = numbers
        return reply

    def _offer(
        self, turn: Turn, frame: Frame, invoices: Sequence[Invoice], response: str, fills: dict[str, Fill]
    ) -> Reply:
        """Says something, and offers to send invoices."""
        yes = "utter_button_send_it" if len(invoices) == 1 else "utter_button_send_them"
        buttons = [Button(turn.phrase(yes), "Affirm"), Button(turn.phrase("utter_button_no_thanks"), "Deny")]
        numbers = [invoice.number for invoice in invoices]
        question = Utterance(response, fills, buttons)
        reply = self.propose(turn, {**frame, "listed": numbers}, {"numbers": numbers}, question)
        reply.slots["offered_invoices"] = numbers
        return reply

    async def _balance(self, turn: Turn, frame: Frame) -> Reply:
        """Tells what is open, by currency and invoice, and offers the invoices."""
        unpaid = await turn.middleware.invoices.unpaid(turn.who)
        if not unpaid:
            return Reply(task=None).say("utter_nothing_open")
        fills = {"total": total(unpaid, turn), "open_invoices": open_lines(unpaid[:MOST_SENT], turn)}
        is_late = standing(unpaid[0], turn).is_overdue
        fills["just_paid"] = turn.phrase("utter_if_just_paid") if is_late else Fill("", "Invoice.due_on")
        if len(unpaid) > MOST_SENT:
            more = turn.words.number(Decimal(len(unpaid) - MOST_SENT), "Invoice.number")
            return Reply(task=None).say("utter_balance_of_many", {**fills, "more": more})
        return self._offer(turn, frame, unpaid, "utter_balance_of_one" if len(unpaid) == 1 else "utter_balance", fills)

    def _state(self, turn: Turn, frame: Frame, invoices: Sequence[Invoice]) -> Reply:
        """Tells whether certain invoices are paid, and offers them."""
        states = Fill("\n".join(state(one, turn) for one in invoices), "Invoice.paid_on,Invoice.due_on,Invoice.due")
        response = "utter_invoice_state" if len(invoices) == 1 else "utter_invoice_states"
        return self._offer(turn, frame, invoices, response, {"states": states})

    def _nothing(self, turn: Turn, frame: Frame, found: Meant) -> Reply:
        """Says that there is none, for which time was looked, and what there is instead."""
        if found.ever is None:
            return Reply(task=None).say("utter_no_invoice_ever", turn.words.team())
        first, newest = found.ever
        fills = {"in_time": in_times(found.periods, turn)}
        if all(period.first > turn.middleware.invoices.today for period in found.periods):
            return self._offer(turn, frame, [newest], "utter_invoice_still_to_come", {**fills, **about(newest, turn)})
        if all(period.last < first.issued_on for period in found.periods):
            return self._offer(turn, frame, [first], "utter_no_invoice_yet_then", {**fills, **about(first, turn)})
        return self._offer(turn, frame, [newest], "utter_no_invoice_then", {**fills, **about(newest, turn)})


def what_is_asked(turn: Turn) -> Asked:
    """What the customer's words ask of invoices, or the button that they pressed."""
    invoice, order = turn.entity("invoice_number"), turn.entity("order_number")
    if not turn.text:
        numbers = (Mention(number=invoice, of="invoice"),) if invoice else ()
        return Asked(numbers=numbers, is_all=turn.entity("quantity") == ALL)
    spoken = Mention(number=invoice, of="invoice") if invoice else Mention(number=order, of="order") if order else None
    return turn.middleware.invoices.asked(turn.text, spoken, turn.slot("order_number") or "")


async def send(turn: Turn, invoices: Sequence[Invoice], *, some_unknown: bool = False) -> Reply:
    """Sends invoices, the oldest first, each with its paper; one that isn't there yet isn't called sent."""
    in_order = sorted(invoices, key=lambda invoice: (invoice.issued_on, invoice.number))
    papers = await turn.middleware.papers.of(turn.who, in_order)
    reply = Reply(task=None)
    coming = [paper.invoice.number for paper in papers if paper.is_coming]
    missing = [paper.invoice.number for paper in papers if paper.document is None and not paper.is_coming]
    sent = [paper for paper in papers if paper.document is not None]
    for place, paper in enumerate(sent):
        response = "utter_invoice_next" if place else "utter_invoice"
        reply.say(response, about(paper.invoice, turn), document=paper.document)
    if coming:
        response = "utter_invoice_coming" if len(coming) == 1 else "utter_invoices_coming"
        reply.say(response, {"invoices": turn.words.listed(coming, "Invoice.number")})
    if missing:
        reply.say("utter_invoices_missing", {"invoices": turn.words.listed(missing, "Invoice.number")})
    if some_unknown:
        reply.say("utter_some_invoice_unknown")
    return reply


def not_billed(order: Order, turn: Turn) -> Reply:
    """Says why an order has no invoice by itself."""
    fills = {"order": number(order), "with_items": items("utter_with_items", order, turn)}
    if order.status is OrderStatus.CANCELLED:
        response = "utter_not_billed_cancelled"
    else:
        response = "utter_not_billed_yet" if order.status in UNBILLED else "utter_not_billed_alone"
    return Reply(task=None, order_number=order.number).say(response, {**fills, **turn.words.team()})


def about(invoice: Invoice, turn: Turn) -> dict[str, Fill]:
    """What tells an invoice apart, and how it stands."""
    words = turn.words
    return {
        "invoice": Fill(invoice.number, "Invoice.number"),
        "issued_day": words.plain_day(invoice.issued_on, "Invoice.issued_on"),
        "amount": words.money(invoice.gross, invoice.currency, "Invoice.gross"),
        "standing": turn.phrase(f"utter_stands_{standing(invoice, turn).value}", payment(invoice, turn)),
    }


def payment(invoice: Invoice, turn: Turn) -> dict[str, Fill]:
    """What is paid of an invoice, or still to be paid, and when."""
    words = turn.words
    if invoice.paid_on is not None:
        return {"paid_day": words.plain_day(invoice.paid_on, "Invoice.paid_on")}
    return {
        "due_day": words.plain_day(invoice.due_on, "Invoice.due_on"),
        "due": words.money(invoice.due, invoice.currency, "Invoice.due"),
    }


def standing(invoice: Invoice, turn: Turn) -> Standing:
    """How an invoice stands today."""
    return Standing.of(invoice, turn.middleware.invoices.today)


def state(invoice: Invoice, turn: Turn) -> Fill:
    """Whether an invoice is paid, as a sentence."""
    told = turn.phrase(f"utter_told_{standing(invoice, turn).value}", payment(invoice, turn))
    return turn.phrase("utter_invoice_told", {**about(invoice, turn), "told": told})


def total(invoices: Sequence[Invoice], turn: Turn) -> Fill:
    """What is open of several invoices, in each currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        sums[invoice.currency] += invoice.due
    return turn.words.sums(sums, "Invoice.due")


def open_lines(invoices: Sequence[Invoice], turn: Turn) -> Fill:
    """A line for each open invoice, with the day by which it is to be paid."""
    lines = []
    for invoice in invoices:
        response = "utter_open_line_overdue" if standing(invoice, turn).is_overdue else "utter_open_line"
        lines.append(turn.phrase(response, {**about(invoice, turn), **payment(invoice, turn)}))
    return Fill("\n".join(lines), "Invoice.number,Invoice.issued_on,Invoice.due,Invoice.due_on")


def button(invoice: Invoice, turn: Turn) -> Button:
    """A button for an invoice."""
    return Button(turn.phrase("utter_button_invoice", about(invoice, turn)), "Choose", invoice_number=invoice.number)


def in_times(periods: Sequence[Period], turn: Turn) -> Fill:
    """The times that were looked at, within a sentence: "in October", "from 3 March to 9 April"; or nothing."""
    return (
        turn.words.listed([in_time(one, turn) for one in periods], "Period.first,Period.last")
        if periods
        else Fill("", "Period.first,Period.last")
    )


def in_time(period: Period, turn: Turn) -> Fill:
    """One time within a sentence."""
    words = turn.words

    def day(when: date) -> Fill:
        return words.plain_day(when, "Period.first,Period.last")

    if period.is_day:
        return turn.phrase("utter_time_of_day", {"day": day(period.first)})
    if period.is_month:
        return turn.phrase("utter_time_in", {"time": words.month(period.first, "Period.first,Period.last")})
    if period.is_year:
        return turn.phrase("utter_time_in", {"time": words.year(period.first, "Period.first,Period.last")})
    if period.first == EARLIEST:
        return turn.phrase("utter_time_until", {"last_day": day(period.last)})
    return turn.phrase("utter_time_from_to", {"first_day": day(period.first), "last_day": day(period.last)})
