"""Cancels a whole order: which one, a yes, and then what the ERP says."""

from __future__ import annotations

from actions.base import Action, Button, Reply, Turn
from actions.orders import choose_one, items, number
from actions.words import Fill
from middleware.cancelling import Cancellation, TooLate
from middleware.orders import NothingOpen
from middleware.records import Order, OrderStatus


class CancelOrder(Action):
    """Says back which order would be cancelled, and asks for a yes."""

    topic = "orders"

    async def answer(self, turn: Turn) -> Reply:
        """Finds the order that is meant, lists the several, or says that it's too late."""
        found = await turn.middleware.orders.meant(
            turn.who, turn.text, turn.entity("order_number"), turn.slot("offered_orders") or ()
        )
        if isinstance(found, NothingOpen):
            return Reply().say("utter_nothing_to_cancel", turn.words.team())
        if not found.orders:
            return Reply().say("utter_no_such_order", turn.words.team())
        if len(found.orders) > 1:
            return choose_one(found.orders, turn, question="which_to_cancel")
        proposed = await turn.middleware.cancelling.propose(turn.who, found.orders[0].number)
        if isinstance(proposed, TooLate):
            return too_late(proposed.order, turn)
        cancellation = {"key": proposed.key, "number": proposed.order.number, "version": proposed.order.version}
        return Reply("cancel_order", order_number=proposed.order.number, proposal=cancellation).say(
            "utter_confirm_cancel",
            about(proposed.order, turn),
            [
                Button(turn.phrase("utter_button_cancel_it"), "Affirm"),
                Button(turn.phrase("utter_button_keep_it"), "Deny"),
            ],
        )


class ConfirmCancel(Action):
    """Cancels the order that the customer has said yes to."""

    topic = "orders"

    async def answer(self, turn: Turn) -> Reply:
        """Has it cancelled, once, and says what came of it."""
        proposal = turn.slot("proposal")
        cancellation = Cancellation(number=proposal["number"], version=proposal["version"])
        done = await turn.middleware.cancelling.confirm(turn.who, proposal["key"], cancellation)
        if isinstance(done, TooLate):
            return too_late(done.order, turn)
        return Reply(order_number=done.number).say("utter_order_cancelled_now", about(done, turn))


class KeepOrder(Action):
    """Leaves the order as it is, on the customer's no."""

    topic = "orders"

    async def answer(self, turn: Turn) -> Reply:
        """Says so; a yes that comes later answers something else."""
        return Reply(proposal=None).say("utter_kept")


def too_late(order: Order, turn: Turn) -> Reply:
    """Says how the order stands instead, and offers a return of one that has arrived."""
    if order.status is OrderStatus.CANCELLED:
        return Reply(order_number=order.number).say("utter_order_cancelled", about(order, turn))
    if order.status is OrderStatus.DELIVERED:
        return Reply("return_offer", order_number=order.number).say(
            "utter_cancel_too_late_delivered", about(order, turn)
        )
    fills = {**about(order, turn), "status": turn.phrase(f"utter_status_{order.status.value}"), **turn.words.team()}
    return Reply(order_number=order.number).say("utter_cancel_too_late", fills)


def about(order: Order, turn: Turn) -> dict[str, Fill]:
    """What tells an order apart."""
    return {
        "order": number(order),
        "with_items": items("utter_with_items", order, turn),
        "placed_day": turn.words.day(order.placed_at, "Order.placed_at"),
    }
