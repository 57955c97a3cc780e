"""Sends things back: which one, how many, a yes, why, and then the label; and tells where the money is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from actions.base import CONFIRM, Action
from actions.orders import items as order_items
from actions.orders import number as order_number
from actions.replies import Button, Reply, Utterance
from actions.return_replies import (
    MOST_LISTED,
    facts,
    how_it_works,
    item_button,
    lead,
    listed,
    nothing_to_refund,
    number_left,
    reason_buttons,
    refusal,
    return_number,
    tell,
    with_label,
    with_labels,
)
from actions.tasks import Frame, Task, is_wordless
from actions.turn import Turn
from actions.words import Fill, Fills
from middleware.quantities import Trouble
from middleware.records import ReturnReason, ReturnStatus
from middleware.return_answers import EXCHANGE, HOW, LABEL_AGAIN, is_mere_yes, is_quantity, is_yes_and_more, quantity_in
from middleware.return_items import LONGEST_WORDS, Announcement, Item, Meant, Verdict
from middleware.return_reasons import reason_in

ITEM, QUANTITY, REASON = "item", "quantity", "reason"
MOST_OFFERED = 8

# What a press brings that answers a question.
PRESSED = {ITEM: "sku", QUANTITY: "quantity", REASON: "reason"}

RETURN_NUMBER = re.compile(r"\bR-?\d{2,}\b", re.IGNORECASE)
OTHER_ONE = re.compile(r"\bthe other (?:one|item|thing)\b", re.IGNORECASE)
CANCELLED = re.compile(r"\bcancel", re.IGNORECASE)

# Who begins anew with these may name another item, by one of those.
WISHES = frozenset({"Return_Request", "Return_Window"})
NAMING = ("product", "colour", "sku", "order_number")

# What isn't a reason, if it is clear that it was meant.
OTHER_WISHES = frozenset(
    {"Order_Tracking", "Order_Modification", "Order_Cancel", "Refund_Status", "Inventory_Check", "Inventory_Hold"}
    | {"Invoice_Request", "Lead_Capture", "Ticket_Status", "Help", "Greet", "Goodbye", "Thanks", "faq", "Identify"}
)
ALWAYS_CLEAR = frozenset({"Human_Handoff", "Stop", "Bot_Challenge", "Affirm", "Deny"})
CLEAR = 0.6


class ReturnItem(Task):
    """Tells until when something can go back, offers the label, and announces the return on the customer's yes."""

    topic = "returns"

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the words say which item, how many, or why; or are a yes in more words than that."""
        asks = turn.task["asks"]
        if not turn.text:
            return turn.entity(PRESSED.get(asks, "")) is not None
        if asks == REASON:
            return is_reason(turn)
        if not asks and is_yes_and_more(turn.text):
            return True
        if asks != ITEM and is_quantity(turn.text, turn.task["named"]):
            return True
        if turn.intent == "Affirm" and is_mere_yes(turn.text):
            return False
        return await turn.middleware.returns.is_choice(turn.who, turn.text, offered(turn, turn.task))

    async def answer(self, turn: Turn) -> Reply:
        """Begins anew on a yes to sending something back; it is none to a label that was offered before."""
        if turn.intent == "Affirm" and turn.slot("question") == "return_offer":
            return await self.go_on(turn, {})
        return await super().answer(turn)

    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Finds the item; then asks how many, or says until when, and offers the label."""
        if frame.get("asks") == REASON and not await self._is_correction(turn, frame):
            return await self._announce(turn, reasoned(turn, frame))
        if frame.get("question") == CONFIRM and is_yes_and_more(turn.text) and not await self._changes(turn, frame):
            return await self.confirmed(turn, frame)
        if not frame and HOW.search(turn.text) and not turn.entity("product"):
            return how_it_works(turn)
        if not frame and LABEL_AGAIN.search(turn.text):
            return await labels_again(turn)
        if frame.get("asks") != QUANTITY and RETURN_NUMBER.search(turn.text):
            named = await turn.middleware.returns.announced(turn.who, turn.text)
            if len(named) == 1:
                return tell(Reply(order_number=named[0].order_number), named[0], turn)
        found = await self._found(turn, frame)
        if isinstance(found, Item):
            return await self._with_item(turn, frame, found)
        return await self._choose(turn, frame, found)

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Asks why, unless that was said; then announces the return."""
        known = with_reason(turn.text, frame)
        if known.get("reason") or await turn.middleware.returns.was_begun(frame["proposal"]["key"]):
            return await self._announce(turn, known)
        return self.ask(turn, known, REASON, "utter_return_reason", buttons=reason_buttons(turn))

    async def _found(self, turn: Turn, frame: Frame) -> Item | Meant:
        """The one item that is meant, or what there is to choose from."""
        found = await turn.middleware.returns.meant(
            turn.who,
            turn.text,
            number=turn.entity("order_number"),
            sku=turn.entity("sku"),
            offered=offered(turn, frame),
            spoken_of=turn.slot("order_number"),
        )
        other = the_other_one(turn.text, frame)
        if other:
            return await turn.middleware.returns.item(turn.who, other)
        if not found.named and frame.get("item"):
            return await turn.middleware.returns.item(turn.who, frame["item"])
        return found.items[0] if len(found.items) == 1 and not is_something_else(turn, found) else found

    async def _choose(self, turn: Turn, frame: Frame, found: Meant) -> Reply:
        """Lists what there is to choose from, or says that there is nothing."""
        if found.cancelled:
            fills = {
                "order": order_number(found.cancelled),
                "with_items": order_items("utter_with_items", found.cancelled, turn),
            }
            return Reply(task=None, order_number=found.cancelled.number).say("utter_order_cancelled", fills)
        because: tuple[str, Fills] | None = None
        if is_something_else(turn, found) or not found.items:
            because = ("utter_return_not_among", {}) if turn.text else None
            found = await turn.middleware.returns.meant(turn.who, "")
        if not found.named and not any(item.verdict is Verdict.RETURNABLE for item in found.items):
            because = because or ("utter_return_none", {})
        if not found.items:
            return Reply(task=None).say("utter_no_order", turn.words.team())
        if all(item.verdict is Verdict.NOT_ARRIVED for item in found.items):
            return Reply(task=None).say("utter_return_nothing_arrived")
        shown = found.items[:MOST_OFFERED]
        buttons = [item_button(item, turn) for item in shown]
        known = {**frame, "item": None, "named": "", "offered": [item.key for item in shown]}
        number = quantity_in(turn.text, turn.entity("quantity") or "", "", Decimal(0))
        if frame.get("item") or isinstance(number, Decimal):
            known["quantity"] = str(number) if isinstance(number, Decimal) and number else None
        return self.ask(
            turn, with_reason(turn.text, known), ITEM, "utter_return_which", buttons=buttons, because=because
        )

    async def _with_item(self, turn: Turn, frame: Frame, item: Item) -> Reply:
        """Says why an item can't go back, asks how many of it, or offers the label."""
        if item.verdict is not Verdict.RETURNABLE:
            return await refusal(turn, item)
        known = with_reason(turn.text, about(frame, item, turn))
        number = said_quantity(turn, item)
        if number is None and known["quantity"]:
            number = Decimal(known["quantity"])
        trouble = number.value if isinstance(number, Trouble) else "too_many" if (number or 0) > item.left else ""
        because = (f"utter_return_quantity_{trouble}", {"left": number_left(item, turn)}) if trouble else None
        if item.left == 1:
            return await self._offer(turn, known, item, Decimal(1), because)
        if because or not isinstance(number, Decimal):
            return self._ask_quantity(turn, {**known, "quantity": None}, item, because)
        return await self._offer(turn, known, item, number)

    def _ask_quantity(self, turn: Turn, frame: Frame, item: Item, because: tuple[str, Fills] | None = None) -> Reply:
        left = number_left(item, turn)
        buttons = [
            Button(turn.phrase("utter_button_return_all", {"left": left}), "Choose", quantity=str(item.left)),
            Button(turn.phrase("utter_button_return_one"), "Choose", quantity="1"),
        ]
        if turn.task.get("asks") == QUANTITY:
            again = "utter_return_how_many_again"
            return self.ask(turn, frame, QUANTITY, again, {"left": left}, buttons, because=because)
        fills = {**facts(item, turn), "left": left, "lead": lead(turn)}
        reply = self.ask(turn, frame, QUANTITY, "utter_return_how_many", fills, buttons, because=because)
        reply.utterances[:0] = of_the_rest(turn, item)
        return reply

    async def _offer(
        self, turn: Turn, frame: Frame, item: Item, quantity: Decimal, because: tuple[str, Fills] | None = None
    ) -> Reply:
        """Says until when it can go back, and asks for the yes to the label."""
        proposed = await turn.middleware.returns.propose(turn.who, item, quantity)
        buttons = [
            Button(turn.phrase("utter_button_make_label"), "Affirm"),
            Button(turn.phrase("utter_button_no_label"), "Deny"),
        ]
        fills = {
            **facts(item, turn),
            "lead": lead(turn),
            "left": number_left(item, turn),
            "quantity": turn.words.number(quantity, "ReturnLine.quantity"),
        }
        response = "utter_return_offer" if item.left == 1 else "utter_return_offer_several"
        known = {**frame, "quantity": str(quantity)}
        reply = self.propose(turn, known, proposed.kept, Utterance(response, fills, buttons))
        reply.slots["order_number"] = item.order.number
        notes = [Utterance(*because)] if because else []
        if EXCHANGE.search(turn.text):
            notes.append(Utterance("utter_return_no_exchange", turn.words.team()))
        reply.utterances[:0] = [*notes, *of_the_rest(turn, item)]
        return reply

    async def _announce(self, turn: Turn, frame: Frame) -> Reply:
        """Announces the return, once, and sends the label."""
        announcement = replace(
            Announcement.again(frame["proposal"]),
            reason=ReturnReason(frame["reason"] or "other"),
            words=frame["words"] or "",
        )
        made = await turn.middleware.returns.confirm(turn.who, frame["proposal"]["key"], announcement)
        if isinstance(made, Item):
            return await refusal(turn, made)
        reply = Reply(task=None, order_number=made.order_number)
        return await with_label(reply, made, turn, "utter_return_done", {"return": return_number(made)})

    async def _is_correction(self, turn: Turn, frame: Frame) -> bool:
        """Whether words that came for a reason name another item instead."""
        if turn.intent not in WISHES:
            is_choice = await turn.middleware.returns.is_choice(turn.who, turn.text, offered(turn, frame))
            return not reason_in(turn.text) and is_choice and await self._changes(turn, frame)
        if reason_in(turn.text) and not any(turn.entity(one) for one in NAMING):
            return False
        found = await self._found(turn, frame)
        keys = [found.key] if isinstance(found, Item) else [item.key for item in found.items]
        return frame["item"] not in keys

    async def _changes(self, turn: Turn, frame: Frame) -> bool:
        """Whether words name another item than the one in hand, or another number of it."""
        found = await self._found(turn, frame)
        if not isinstance(found, Item):
            return found.named
        quantity = said_quantity(turn, found)
        return found.key != frame["item"] or (quantity is not None and str(quantity) != frame["quantity"])


class RefundStatus(Action):
    """Answers "where is my money?"."""

    topic = "returns"

    async def answer(self, turn: Turn) -> Reply:
        """Tells the return that is meant, or the newest ones."""
        returns = await turn.middleware.returns.announced(turn.who, turn.text)
        if CANCELLED.search(turn.text):
            return Reply().say("utter_refund_of_cancelled", turn.words.team())
        if not returns:
            return nothing_to_refund(turn)
        if len(returns) == 1:
            return tell(Reply(order_number=returns[0].order_number), returns[0], turn)
        lines = [listed(one, turn) for one in returns[:MOST_LISTED]]
        together = Fill("\n".join(lines), ",".join(dict.fromkeys(line.source for line in lines)))
        return Reply().say("utter_returns_listed", {"returns": together})


# What was said


def offered(turn: Turn, frame: Frame) -> Sequence[str]:
    """The items last listed; but a bare number, where none is asked for, says how many and not which."""
    is_place = frame.get("asks") == ITEM or not any(char.isdigit() for char in turn.text)
    return frame.get("offered") or () if is_place else ()


def the_other_one(text: str, frame: Frame) -> str | None:
    """The other one of two items, if that is what was said."""
    others = [key for key in frame.get("offered") or () if key != frame.get("item")]
    return others[0] if len(others) == 1 and frame.get("item") and OTHER_ONE.search(text) else None


def is_something_else(turn: Turn, found: Meant) -> bool:
    """Whether a thing was named, and none of those that were found: "the toaster"."""
    return not found.named and bool(turn.text) and bool(turn.entity("product") or turn.entity("sku"))


def is_reason(turn: Turn) -> bool:
    """Whether the answer to why is one: anything is, but for another wish."""
    if reason_in(turn.text) or is_wordless(turn.text):
        return True
    if turn.intent in ALWAYS_CLEAR:
        return False
    return turn.intent not in OTHER_WISHES or turn.confidence < CLEAR


def of_the_rest(turn: Turn, item: Item) -> list[Utterance]:
    """That a part of an item is on a return already, unless that was said before."""
    if not item.accepted or turn.task.get("item") == item.key:
        return []
    fills = {"return": return_number(item.accepted[0]), "item": turn.words.described(item.line)}
    return [Utterance("utter_return_rest", fills)]


def said_quantity(turn: Turn, item: Item) -> Decimal | Trouble | None:
    """How many of an item the message says."""
    line = item.line
    ignoring = (line.name, line.sku, item.order.number)
    return quantity_in(turn.text, turn.entity("quantity") or "", turn.words.described(line), item.left, ignoring)


async def labels_again(turn: Turn) -> Reply:
    """Sends the labels of returns whose parcels aren't here yet once more."""
    returns = await turn.middleware.returns.announced(turn.who, turn.text)
    waiting = [one for one in returns if one.status is ReturnStatus.ANNOUNCED][:MOST_LISTED]
    return await with_labels(Reply(task=None), waiting, turn) if waiting else nothing_to_refund(turn)


def with_reason(text: str, frame: Frame) -> Frame:
    """What is known, with the reason that words give."""
    reason = reason_in(text)
    return {**frame, "reason": reason.value, "words": text[:LONGEST_WORDS]} if reason else frame


def reasoned(turn: Turn, frame: Frame) -> Frame:
    """What is known, with whatever was answered to why."""
    if turn.intent == "Affirm" or not turn.text:
        return {**frame, "reason": turn.entity("reason") or ReturnReason.OTHER.value, "words": ""}
    reason = reason_in(turn.text) or ReturnReason.OTHER
    return {**frame, "reason": reason.value, "words": turn.text[:LONGEST_WORDS]}


def about(frame: Frame, item: Item, turn: Turn) -> Frame:
    """What is known when an item is chosen; what was said of another one isn't true of it."""
    known = {"reason": None, "words": None, "quantity": None, **frame}
    if frame.get("item") not in (None, item.key):
        known["quantity"] = None
        if turn.intent in WISHES:
            known |= {"reason": None, "words": None}
    return {**known, "item": item.key, "named": turn.words.described(item.line)}
