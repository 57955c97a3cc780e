"""Tells where orders are, and lets the customer choose among several."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from actions.base import Action
from actions.replies import Button, Reply
from actions.turn import Turn
from actions.words import Fill
from middleware.orders import Meant, NothingOpen
from middleware.records import BEFORE_PACKING, Order, OrderLine, OrderStatus, Shipment

# Statuses whose sentence tells more than the status itself, where the ERP says more.
WITH_DETAILS = (
    OrderStatus.SHIPPED,
    OrderStatus.PARTLY_SHIPPED,
    OrderStatus.DELAYED,
    OrderStatus.DUE,
    OrderStatus.DELIVERED,
)
# Of a line that is no longer under way, an order that comes in parts tells nothing.
GONE = (OrderStatus.CANCELLED, OrderStatus.RETURNED)


class TrackOrder(Action):
    """Answers "where is my order?", and "the blue one" after it."""

    topic = "orders"

    async def answer(self, turn: Turn) -> Reply:
        """Finds the orders that are meant, and tells the one or lists the several."""
        found = await turn.middleware.orders.meant(
            turn.who, turn.text, turn.entity("order_number"), turn.slot("offered_orders") or ()
        )
        return nothing_open(found, turn) if isinstance(found, NothingOpen) else answer_meant(found, turn)


class TrackThatOrder(Action):
    """Tells the order that was just offered, on the customer's yes."""

    topic = "orders"

    async def answer(self, turn: Turn) -> Reply:
        """Tells the order of the slot `order_number`; whose it is, the middleware judges."""
        found = await turn.middleware.orders.meant(turn.who, "", turn.slot("order_number"))
        return nothing_open(found, turn) if isinstance(found, NothingOpen) else answer_meant(found, turn)


def answer_meant(found: Meant, turn: Turn) -> Reply:
    """One order: where it is. Several: a list to choose from. None: that there is no such one."""
    if not found.orders:
        return Reply().say("utter_no_such_order", turn.words.team())
    if len(found.orders) > 1:
        return choose_one(found.orders, turn)
    order = found.orders[0]
    question = "return_offer" if order.status.is_there else None
    return tell(Reply(question, order_number=order.number), order, turn)


def nothing_open(found: NothingOpen, turn: Turn) -> Reply:
    """Says that nothing is on its way, and offers the last order that arrived."""
    last = found.last
    if last is None:
        return Reply().say("utter_no_order", turn.words.team())
    fills = {"order": number(last), "with_items": items("utter_with_items", last, turn)}
    if last.due_on:
        response = "utter_no_open_order_due"
        fills["due_day"] = turn.words.day(last.due_on, "Shipment.presumed_on")
    else:
        response = "utter_no_open_order"
        fills["on_delivered_day"] = on_day("utter_on_delivered_day", last.delivered_at, "Order.delivered_at", turn)
    return Reply("last_order", order_number=last.number).say(
        response,
        fills,
        [
            Button(turn.phrase("utter_button_that_one"), "Order_Tracking", order_number=last.number),
            Button(turn.phrase("utter_button_something_else"), "Deny"),
        ],
    )


def choose_one(orders: Sequence[Order], turn: Turn) -> Reply:
    """Lists orders with what tells them apart."""
    offered = [order.number for order in orders]
    return Reply("which_order", offered_orders=offered).say("utter_which_order", buttons=order_buttons(orders, turn))


def order_buttons(orders: Sequence[Order], turn: Turn) -> list[Button]:
    """A button for each order, with what tells it apart."""
    return [
        Button(
            turn.phrase(
                "utter_button_order",
                {
                    "order": number(order),
                    "listed_items": items("utter_listed_items", order, turn),
                    "status": turn.phrase(f"utter_status_{order.status.value}"),
                    "placed_day": turn.words.day(order.placed_at, "Order.placed_at"),
                },
            ),
            "Choose",
            order_number=order.number,
        )
        for order in orders
    ]


def tell(reply: Reply, order: Order, turn: Turn) -> Reply:
    """Says where one order is."""
    words = turn.words
    fills: dict[str, Fill] = {
        "order": number(order),
        "with_items": items("utter_with_items", order, turn),
        "placed_day": words.day(order.placed_at, "Order.placed_at"),
        "expected": expected(order, turn),
    }
    status = order.status
    if status is OrderStatus.PARTLY_SHIPPED and parts_are_known(order):
        return reply.say("utter_order_partly_shipped", {**fills, "parts": parts(order, turn)})
    if status is OrderStatus.SHIPPED and order.shipments:
        return reply.say("utter_order_shipped", {**fills, **parcel(order.shipments[-1], turn)})
    if status is OrderStatus.DUE and order.due_on:
        due = words.day(order.due_on, "Shipment.presumed_on")
        return reply.say("utter_order_due", {**fills, **parcel(order.shipments[-1], turn), "due_day": due})
    if status is OrderStatus.DELAYED and order.promised_on:
        promised = words.day(order.promised_on, "Order.promised_on")
        return reply.say("utter_order_delayed", {**fills, "promised_day": promised})
    if status is OrderStatus.DELIVERED and order.delivered_at:
        delivered = words.day(order.delivered_at, "Order.delivered_at")
        return reply.say("utter_order_delivered", {**fills, "delivered_day": delivered})
    if status in WITH_DETAILS:  # and the ERP says none
        return reply.say(f"utter_order_{status.value}_no_details", fills)
    return reply.say(f"utter_order_{status.value}", fills)


def parts_are_known(order: Order) -> bool:
    """Whether the ERP says what was sent: of some line at all, and of each that was sent in part."""
    sent = {line for shipment in order.shipments for line, quantity in shipment.quantities.items() if quantity}
    awaited = {line.id for line in order.lines if line.status not in GONE}
    partly = {line.id for line in order.lines if line.status is OrderStatus.PARTLY_SHIPPED}
    return bool(sent & awaited) and partly <= sent


def parts(order: Order, turn: Turn) -> Fill:
    """A partial shipment, a line for each parcel's items and for what is still to come."""
    lines: list[str] = []
    for line in order.lines:
        if line.status in GONE:
            continue
        left = line.quantity
        for shipment in order.shipments:
            sent = shipment.quantities.get(line.id, Decimal(0))
            if sent:
                lines.append(shipped_part(line, sent, shipment, turn))
                left -= sent
        if left > 0:
            lines.append(waiting_part(line, left, order, turn))
    return Fill("\n".join(lines), "OrderLine.quantity,Shipment.quantities")


def shipped_part(line: OrderLine, sent: Decimal, shipment: Shipment, turn: Turn) -> Fill:
    """What of a line is in one parcel, and where that is."""
    fills = {"quantity": turn.words.number(sent, "Shipment.quantities"), "item": turn.words.item(line)}
    if shipment.delivered_at:
        day = turn.words.day(shipment.delivered_at, "Shipment.delivered_at")
        return turn.phrase("utter_part_delivered", {**fills, "delivered_day": day})
    if line.status is OrderStatus.DELIVERED:
        return turn.phrase("utter_part_delivered_no_details", fills)
    return turn.phrase("utter_part_shipped", {**fills, **parcel(shipment, turn)})


def waiting_part(line: OrderLine, left: Decimal, order: Order, turn: Turn) -> Fill:
    """What of a line is still to be sent."""
    quantity = turn.words.number(left, "OrderLine.quantity,Shipment.quantities")
    return turn.phrase(
        "utter_part_waiting",
        {"quantity": quantity, "item": turn.words.item(line), "expected": expected(order, turn)},
    )


def parcel(shipment: Shipment, turn: Turn) -> dict[str, Fill]:
    """A parcel's own facts; what the ERP doesn't say is left out of the sentence."""
    by = {
        "carrier": Fill(shipment.carrier or "", "Shipment.carrier"),
        "tracking": Fill(shipment.tracking or "", "Shipment.tracking"),
    }
    return {
        "on_shipped_day": on_day("utter_on_shipped_day", shipment.shipped_at, "Shipment.shipped_at", turn),
        "with_carrier": turn.phrase("utter_with_carrier", by) if shipment.carrier else Fill("", "Shipment.carrier"),
        "with_tracking": turn.phrase("utter_with_tracking", by) if shipment.tracking else Fill("", "Shipment.tracking"),
        "arrival": arrival(shipment, turn),
    }


def arrival(shipment: Shipment, turn: Turn) -> Fill:
    """When a parcel should arrive, or should have, where nobody knows whether it did; as a sentence."""
    due = shipment.presumed_on
    if due and due < turn.middleware.clock().astimezone(turn.middleware.settings.zone).date():
        return turn.phrase("utter_expected_over", {"due_day": turn.words.day(due, "Shipment.presumed_on")})
    if shipment.expected_on is None:
        return turn.phrase("utter_expected_unknown")
    return turn.phrase("utter_expected", {"expected_day": turn.words.day(shipment.expected_on, "Shipment.expected_on")})


def expected(order: Order, turn: Turn) -> Fill:
    """When the order should arrive, as a sentence; that we don't know, if the ERP doesn't say."""
    if order.expected_on is None:
        return turn.phrase("utter_expected_unknown")
    return turn.phrase("utter_expected", {"expected_day": turn.words.day(order.expected_on, "Order.expected_on")})


def on_day(response: str, when: datetime | None, source: str, turn: Turn) -> Fill:
    """A day within a phrase; nothing at all where the ERP doesn't say it."""
    return turn.phrase(response, {"day": turn.words.day(when, source)}) if when else Fill("", source)


def items(response: str, order: Order, turn: Turn) -> Fill:
    """An order's items within a phrase; nothing at all where the ERP holds no lines."""
    left = [line for line in order.lines if line.status is not OrderStatus.CANCELLED]
    named = turn.words.items(left or order.lines)
    return turn.phrase(response, {"items": named}) if named else named


def how_far(order: Order) -> OrderStatus:
    """How far an order has come that is past changing: its own status, or that of a line that is further."""
    if order.status not in BEFORE_PACKING:
        return order.status
    further = (line.status for line in order.lines if line.status not in (*BEFORE_PACKING, *GONE))
    return next(further, OrderStatus.PARTLY_SHIPPED if order.shipments else order.status)


def number(order: Order) -> Fill:
    """The order's number."""
    return Fill(order.number, "Order.number")
