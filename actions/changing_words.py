"""What is said of changing an order: old and new, what it costs, what there is, and that it's too late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from actions.orders import how_far, items, number
from actions.replies import Button, Reply
from actions.turn import Turn
from actions.words import ITEM, Fill
from middleware.changing import Item
from middleware.choice import size_of
from middleware.records import Address, Money, Order, OrderChange, OrderLine, OrderStatus, Variant

OPTION = "Variant.options"


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """What an order's line, or its address, would become.

    Attributes:
        variant: The article that the line becomes; None if it stays the same one.
        quantity: How many it becomes; None if they stay.
        address: Where the order goes instead; None if it goes where it went.
    """

    variant: Variant | None = None
    quantity: Decimal | None = None
    address: Address | None = None

    def change(self, line: str | None) -> OrderChange:
        """The change that is to be made."""
        touches_line = self.variant is not None or self.quantity is not None
        return OrderChange(
            line=line if touches_line else None,
            sku=self.variant.sku if self.variant else None,
            quantity=self.quantity,
            address=self.address,
        )


def old_and_new(planned: Planned, order: Order, line: OrderLine | None, turn: Turn) -> Fill:
    """What becomes what, in half a sentence."""
    parts: list[Fill] = []
    if line is not None and planned.variant is not None:
        new = units(planned.quantity or line.quantity, planned.variant, turn)
        fills = {"old": units(line.quantity, line, turn), "new": new, "price": difference(planned, line, turn)}
        parts.append(turn.phrase("utter_change_becomes" if line.quantity == 1 else "utter_change_become", fills))
    elif line is not None and planned.quantity is not None:
        fills = {
            "new": turn.words.number(planned.quantity, "OrderChange.quantity"),
            "old": turn.words.number(line.quantity, "OrderLine.quantity"),
            "item": turn.words.named(line),
            "price": difference(planned, line, turn),
        }
        parts.append(turn.phrase("utter_change_instead", fills))
    if planned.address is not None:
        fills = {
            "new": turn.words.address(planned.address, "OrderChange.address"),
            "old": turn.words.address(order.address, "Order.address"),
        }
        parts.append(turn.phrase("utter_change_goes_to", fills))
    if len(parts) == 1:
        return parts[0]
    return turn.phrase("utter_change_both", {"one": parts[0], "other": parts[1]})


def units(quantity: Decimal, one: OrderLine | Variant, turn: Turn) -> Fill:
    """An article, with how many of it unless it is a single one."""
    if quantity == 1:
        return turn.words.named(one)
    return turn.phrase(
        "utter_change_units",
        {"quantity": turn.words.number(quantity, "OrderLine.quantity"), "item": turn.words.named(one)},
    )


def difference(planned: Planned, line: OrderLine, turn: Turn) -> Fill:
    """How much dearer or cheaper a line becomes."""
    price = planned.variant.price if planned.variant else line.price
    if price is None or line.price is None or price.currency != line.price.currency:
        return turn.phrase("utter_change_price_unknown")
    new = price.amount * (line.quantity if planned.quantity is None else planned.quantity)
    more = new - line.price.amount * line.quantity
    if not more:
        return turn.phrase("utter_change_same_price")
    amount = money(Money(amount=abs(more), currency=price.currency), turn)
    return turn.phrase("utter_change_dearer" if more > 0 else "utter_change_cheaper", {"difference": amount})


def money(amount: Money, turn: Turn) -> Fill:
    """An amount that comes of prices."""
    return turn.words.money(amount.amount, amount.currency, "Variant.price,OrderLine.price")


def what_there_is(
    about: str, near: Sequence[Variant], free: Mapping[str, Decimal], quantity: Decimal, turn: Turn
) -> dict[str, Fill]:
    """The values that there are of an option, and which of them can't be had now."""
    near = in_order(near, about)
    values = [one.options[about] for one in near]
    sold_out = [one.options[about] for one in near if not free[one.sku]]
    short = [one.options[about] for one in near if 0 < free[one.sku] < quantity]
    others = [value for option, value in near[0].options.items() if option != about]
    name = near[0].name or near[0].sku
    gone = Fill("", OPTION)
    if sold_out:
        gone = turn.phrase("utter_change_sold_out", {"values": turn.words.listed(sold_out, OPTION)})
    if short:
        fills = {
            "values": turn.words.listed(short, OPTION),
            "quantity": turn.words.number(quantity, "OrderLine.quantity"),
        }
        gone = Fill(gone + turn.phrase("utter_change_short", fills), OPTION)
    thing = f"{name} ({', '.join(others)})" if others else name
    return {"thing": Fill(thing, "Variant.name,Variant.options"), "values": listed(values, turn), "sold_out": gone}


def in_order(near: Sequence[Variant], about: str) -> list[Variant]:
    """Variants by size, where that is what tells them apart; otherwise as the ERP has them."""
    sizes = {one.sku: size_of(one.options[about]) for one in near}
    if None in sizes.values():
        return list(near)
    return sorted(near, key=lambda one: sizes[one.sku] or ("", Decimal(0)))


def all_named(lines: Sequence[OrderLine], turn: Turn) -> Fill:
    """Lines of an order."""
    return Fill(turn.words.listed([turn.words.named(line) for line in lines], ITEM), ITEM)


def listed(values: Sequence[str], turn: Turn) -> Fill:
    """Values of an option."""
    return turn.words.listed(values, OPTION)


def line_buttons(found: Sequence[Item], turn: Turn) -> list[Button]:
    """A button for each line, with what tells it apart."""
    return [
        Button(
            turn.phrase(
                "utter_button_line",
                {"order": number(item.order), "units": units(item.line.quantity, item.line, turn)},
            ),
            "Choose",
            order_number=item.order.number,
            sku=item.line.sku,
        )
        for item in found
    ]


def too_late(order: Order, turn: Turn) -> Reply:
    """Says how an order stands that can't be changed any more, and offers a return of one that has arrived."""
    told = {"order": number(order), "with_items": items("utter_with_items", order, turn)}
    reply = Reply(task=None, order_number=order.number)
    if order.status is OrderStatus.CANCELLED:
        return reply.say("utter_order_cancelled", told)
    if order.status is OrderStatus.RETURNED:
        return reply.say("utter_order_returned", told)
    if order.status is OrderStatus.DELIVERED:
        reply.question = "return_offer"
        return reply.say("utter_change_too_late_delivered", told)
    return reply.say("utter_change_too_late", {**told, "status": turn.phrase(f"utter_status_{how_far(order).value}")})


def changed(planned_line: str | None, is_elsewhere: bool, order: Order, turn: Turn) -> Reply:
    """Says how an order is after a change, by what the ERP gave."""
    reply = Reply(task=None, order_number=order.number)
    if order.status is OrderStatus.CANCELLED:  # which somebody did after the change, before its answer was found
        return too_late(order, turn)
    line = next((one for one in order.lines if one.id == planned_line), None)
    if line is not None and line.status is OrderStatus.CANCELLED:
        left = [one for one in order.lines if one.status is not OrderStatus.CANCELLED]
        fills = {"order": number(order), "item": turn.words.named(line), "items": all_named(left, turn)}
        return reply.say("utter_order_line_removed", fills)
    if line is not None:
        fills = {"order": number(order), "units": units(line.quantity, line, turn)}
        reply.say("utter_order_changed", fills)
    if is_elsewhere:
        fills = {"order": number(order), "address": turn.words.address(order.address, "Order.address")}
        reply.say("utter_order_readdressed", fills)
    return reply
