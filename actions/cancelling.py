"""Cancels a whole order: which one, a yes, and then what the ERP says."""

from __future__ import annotations

from actions.orders import how_far, items, number, order_buttons
from actions.replies import Button, Reply, Utterance
from actions.tasks import Frame, Task
from actions.turn import Turn
from actions.words import Fill, Fills
from middleware.cancelling import Cancellation, TooLate
from middleware.changing import is_about_a_part
from middleware.orders import NothingOpen
from middleware.records import Order, OrderStatus


class CancelOrder(Task):
    """Says back which order would be cancelled, asks for a yes, and has it cancelled."""

    topic = "orders"

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the words pick one of the orders that were listed."""
        offered = turn.slot("offered_orders") or ()
        return turn.task["asks"] == "order" and await turn.middleware.orders.is_choice(turn.who, turn.text, offered)

    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Finds the order that is meant, lists the several, or says that it's too late."""
        found = await turn.middleware.orders.meant(
            turn.who, turn.text, turn.entity("order_number"), turn.slot("offered_orders") or ()
        )
        if isinstance(found, NothingOpen):
            return Reply(task=None).say("utter_nothing_to_cancel", turn.words.team())
        if not found.orders:
            return Reply(task=None).say("utter_no_such_order", turn.words.team())
        if len(found.orders) > 1:
            reply = self.ask(turn, frame, "order", "utter_which_order", buttons=order_buttons(found.orders, turn))
            reply.slots["offered_orders"] = [order.number for order in found.orders]
            return reply
        if is_about_a_part(turn.text, found.orders[0], turn.middleware.settings.company.locale):
            return Reply(turn.slot("question"), then="action_change_order")
        return await self.propose_it(turn, found.orders[0].number)

    async def propose_it(self, turn: Turn, order_number: str, because: tuple[str, Fills] | None = None) -> Reply:
        """Says back that a whole order would be cancelled.

        Args:
            because: What is said first, as a response and its fills.
        """
        proposed = await turn.middleware.cancelling.propose(turn.who, order_number)
        if isinstance(proposed, TooLate):
            return too_late(proposed.order, turn)
        cancellation = {"key": proposed.key, "number": proposed.order.number, "version": proposed.order.version}
        buttons = [
            Button(turn.phrase("utter_button_cancel_it"), "Affirm"),
            Button(turn.phrase("utter_button_keep_it"), "Deny"),
        ]
        question = Utterance("utter_confirm_cancel", about(proposed.order, turn), buttons)
        reply = self.propose(turn, {"number": proposed.order.number}, cancellation, question)
        if because:
            reply.utterances.insert(0, Utterance(*because))
        reply.slots["order_number"] = proposed.order.number
        return reply

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Has it cancelled, once, and says what came of it."""
        proposal = frame["proposal"]
        cancellation = Cancellation(number=proposal["number"], version=proposal["version"])
        done = await turn.middleware.cancelling.confirm(turn.who, proposal["key"], cancellation)
        if isinstance(done, TooLate):
            return too_late(done.order, turn)
        return Reply(task=None, order_number=done.number).say("utter_order_cancelled_now", about(done, turn))


def too_late(order: Order, turn: Turn) -> Reply:
    """Says how the order stands instead, and offers a return of one that has arrived."""
    if order.status is OrderStatus.CANCELLED:
        return Reply(task=None, order_number=order.number).say("utter_order_cancelled", about(order, turn))
    if order.status is OrderStatus.DELIVERED:
        return Reply("return_offer", task=None, order_number=order.number).say(
            "utter_cancel_too_late_delivered", about(order, turn)
        )
    fills = {**about(order, turn), "status": turn.phrase(f"utter_status_{how_far(order).value}"), **turn.words.team()}
    return Reply(task=None, order_number=order.number).say("utter_cancel_too_late", fills)


def about(order: Order, turn: Turn) -> dict[str, Fill]:
    """What tells an order apart."""
    return {
        "order": number(order),
        "with_items": items("utter_with_items", order, turn),
        "placed_day": turn.words.day(order.placed_at, "Order.placed_at"),
    }
