"""What is said of returns: an item with its days, why it can't go back, the label, and where the money is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from actions.orders import number as order_number
from actions.replies import Button, Reply
from actions.turn import Turn
from actions.words import Fill, Fills
from middleware.records import Return, ReturnReason, ReturnStatus
from middleware.return_items import Item, Verdict

MOST_LISTED = 3


def facts(item: Item, turn: Turn) -> dict[str, Fill]:
    """An item, its order, and its days."""
    fills = {"item": turn.words.described(item.line), "order": order_number(item.order)}
    if item.arrived_on:
        fills["arrived"] = arrival(item.arrived_on, turn, is_presumed=item.is_presumed)
    if item.last_day:
        fills["last_day"] = turn.words.full_day(item.last_day, "Order.delivered_at,settings.returns.days")
    return fills


def arrival(day: date, turn: Turn, *, is_presumed: bool) -> Fill:
    """When an item arrived; or should have, or should, where the ERP can't tell whether it did."""
    if not is_presumed:
        fill = turn.words.day(day, "Shipment.delivered_at,Order.delivered_at")
        return turn.phrase("utter_item_arrived", {"arrived_day": fill})
    response = "utter_item_presumed" if day < today(turn) else "utter_item_expected"
    return turn.phrase(response, {"arrived_day": turn.words.day(day, "Shipment.presumed_on")})


def number_left(item: Item, turn: Turn) -> Fill:
    """How many of an item can go back."""
    return turn.words.number(item.left, "OrderLine.quantity,Return.lines")


def lead(turn: Turn) -> Fill:
    """How an offer begins: as the answer to a question, to a wish, or to an answer."""
    if turn.intent == "Return_Window":
        return turn.phrase("utter_return_lead_question")
    is_wish = turn.intent == "Return_Request" or (turn.intent == "nlu_fallback" and not turn.task)
    return turn.phrase("utter_return_lead_wish" if is_wish else "utter_return_lead_answer")


def item_button(item: Item, turn: Turn) -> Button:
    """An item to choose, with what tells it apart."""
    response = "utter_button_return_item" if item.arrived_on else "utter_button_return_item_no_day"
    return Button(turn.phrase(response, facts(item, turn)), "Choose", order_number=item.order.number, sku=item.line.sku)


def reason_buttons(turn: Turn) -> list[Button]:
    """The reasons to choose from."""
    return [Button(turn.phrase(f"utter_reason_{one.value}"), "Choose", reason=one.value) for one in ReturnReason]


def return_number(one: Return) -> Fill:
    """A return's number."""
    return Fill(one.number, "Return.number")


def how_it_works(turn: Turn) -> Reply:
    """Says how returns go, whoever asks, and offers one."""
    rules = turn.middleware.settings.returns
    fills = {
        "return_days": turn.words.number(Decimal(rules.days), "settings.returns.days"),
        "refund_days": turn.words.number(Decimal(rules.refund_days), "settings.returns.refund_days"),
    }
    return Reply("return_offer", task=None).say("utter_return_how", fills)


async def refusal(turn: Turn, item: Item) -> Reply:
    """Says why an item can't be sent back, or which return it is on."""
    reply = Reply(task=None, order_number=item.order.number)
    fills = {**facts(item, turn), **turn.words.team()}
    if item.verdict is Verdict.USED_UP and item.accepted:
        return await used_up(reply, item.accepted[0], turn, fills)
    if item.verdict is Verdict.NOT_ARRIVED:
        days = turn.middleware.returns.days(item.line.category) or 0
        return reply.say(
            "utter_return_not_arrived", {**fills, "days": turn.words.number(Decimal(days), "settings.returns.days")}
        )
    person = Button(turn.phrase("utter_suggest_Human_Handoff"), "Human_Handoff")
    return reply.say(f"utter_return_not_{item.verdict.value}", fills, [person])


async def used_up(reply: Reply, one: Return, turn: Turn, fills: Mapping[str, Fill]) -> Reply:
    """Tells the return that an item is on already, with its label while the parcel isn't here."""
    if one.status is ReturnStatus.ANNOUNCED:
        return await with_label(reply, one, turn, "utter_return_already", {**fills, "return": return_number(one)})
    reply.say("utter_return_used_up", fills)
    return tell(reply, one, turn)


async def with_label(reply: Reply, one: Return, turn: Turn, response: str, fills: Fills) -> Reply:
    """Adds a sentence with the label of a return; if there is none now, that it can be asked for again."""
    document = await turn.middleware.returns.label(turn.who, one)
    if document:
        return reply.say(response, fills, document=document)
    return reply.say("utter_return_done_without_label", {"return": return_number(one), **turn.words.team()})


async def with_labels(reply: Reply, returns: Sequence[Return], turn: Turn) -> Reply:
    """Adds the labels of several returns, each with its sentence."""
    for one in returns:
        await with_label(reply, one, turn, "utter_return_label_again", about_return(one, turn))
    return reply


def nothing_to_refund(turn: Turn) -> Reply:
    """Says that there is no return, and offers one, and a person."""
    buttons = [
        Button(turn.phrase("utter_suggest_Return_Request"), "Return_Request"),
        Button(turn.phrase("utter_suggest_Human_Handoff"), "Human_Handoff"),
    ]
    return Reply("return_offer").say("utter_no_return", turn.words.team(), buttons)


def tell(reply: Reply, one: Return, turn: Turn) -> Reply:
    """Says where a return and its money are."""
    response, fills = state(one, turn)
    return reply.say(f"utter_refund_{response}", fills)


def listed(one: Return, turn: Turn) -> Fill:
    """The same in a list."""
    response, fills = state(one, turn)
    return turn.phrase(f"utter_part_refund_{response}", fills)


def about_return(one: Return, turn: Turn) -> dict[str, Fill]:
    """A return's number, and what comes back."""
    return {"return": return_number(one), "items": turn.words.counted(one.lines)}


def state(one: Return, turn: Turn) -> tuple[str, dict[str, Fill]]:
    """How a return stands: the end of the responses' names that say so, and what fills them.

    Where the ERP doesn't say a day or an amount, the sentence does without.
    """
    fills = {**about_return(one, turn), **turn.words.team(), "amount": refund(one, turn)}
    days = turn.middleware.settings.returns.refund_days
    fills["refund_days"] = turn.words.number(Decimal(days), "settings.returns.refund_days")
    if one.status is ReturnStatus.ANNOUNCED and one.return_by:
        fills["return_by"] = turn.words.full_day(one.return_by, "Return.return_by")
        return "announced" if today(turn) <= one.return_by else "overdue", fills
    if one.status is ReturnStatus.RECEIVED and one.received_on:
        due = one.received_on + timedelta(days=days)
        fills["received_day"] = turn.words.day(one.received_on, "Return.received_on")
        fills["due_day"] = turn.words.full_day(due, "Return.received_on,settings.returns.refund_days")
        return "received" if today(turn) <= due else "late", fills
    if one.status is ReturnStatus.REFUNDED and one.refunded_on:
        fills["refunded_day"] = turn.words.day(one.refunded_on, "Return.refunded_on")
        return "refunded", fills
    if one.status is ReturnStatus.REJECTED:
        return "rejected", fills
    return f"{one.status.value}_no_details", fills


def refund(one: Return, turn: Turn) -> Fill:
    """What is paid back, as money; "the money" where the ERP doesn't say how much."""
    if one.refund is None:
        return turn.phrase("utter_the_money")
    return turn.words.money(one.refund.amount, one.refund.currency, "Return.refund")


def today(turn: Turn) -> date:
    """The company's day."""
    return turn.middleware.clock().astimezone(turn.middleware.settings.zone).date()
