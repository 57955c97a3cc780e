"""Sends things back: which one, how many, a yes, why, and then the label; and tells where the money is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from actions.base import CONFIRM, Action, Button, Reply, Turn, Utterance
from actions.orders import items as order_items
from actions.orders import number as order_number
from actions.tasks import Frame, Task
from actions.words import Fill, Fills
from middleware.choice import words
from middleware.quantities import stated
from middleware.records import Return, ReturnReason, ReturnStatus
from middleware.return_reasons import reason_in
from middleware.returns import LONGEST_WORDS, Announcement, Item, Meant, Verdict

ITEM, QUANTITY, REASON = "item", "quantity", "reason"
MOST_OFFERED = 8
MOST_LISTED = 3
TOO_MANY = "too_many"  # pieces; beside the troubles of quantities

# What a press brings that answers a question.
PRESSED = {ITEM: "sku", QUANTITY: "quantity", REASON: "reason"}

# A yes that says more than that, and no more than the reason or what is to be made.
YES = re.compile(r"\W*(?:yes|yeah|yep|yup|ya|sure|ok|okay|please|of course|absolutely|go ahead|do it)\b", re.IGNORECASE)
DOUBT = re.compile(r"\?|\b(?:but|wait|no|nope|however|although|only|instead)\b", re.IGNORECASE)
TO_BE_MADE = re.compile(
    r"\W*(?:(?:yes|yeah|yep|yup|sure|ok|okay|please)\b\W*)*(?:(?:can|could|would) you )?(?:please )?"
    r"(?:make|send|create|print|give|get|email|mail)? ?(?:me )?(?:the|a|that|my) (?:return )?label\b\W*"
    r"(?:please|pls|now|then|thanks|thank you|\W)*",
    re.IGNORECASE,
)

# How many, in words that aren't a number.
BOTH = re.compile(r"\b(?:both|the pair)\b", re.IGNORECASE)
ALL = re.compile(r"\b(?:all|every one|everything|each|the (?:whole )?lot)\b", re.IGNORECASE)
ALL_OF_THEM = re.compile(r"\ball (?:of )?(?:the|my|them|these|those|it|\w+s)\b", re.IGNORECASE)
HOW_MANY = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)
LONGEST_QUANTITY = 8  # words
AROUND_QUANTITY = frozenset(
    "a actually all and at back both but couple dozen each every few half hundred i i'd i'll it just keep least like lot "
    "made make many mean meant minus more most no not of oh ok okay one only ones pair pieces pcs please point rather "
    "return send some sorry that that's the them then these they this those thousand to uh um units wait want whole yes "
    "yeah".split()
) | frozenset(
    "zero two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty million billion".split()
)

# What is asked about returns in general, and what we don't do.
HOW = re.compile(
    r"\bhow (?:do|does|can|would|is|are)\b.*\b(?:work|process|returns|refunds|give back)\b|\b(?:steps|process|procedure)\b"
    r"|\bis it free\b|\bdo (?:i|you) (?:need|pay|charge|do)\b|\bwho pays\b|\bin a store\b|\bdrop (?:it )?off\b|\bpick (?:it )?up\b",
    re.IGNORECASE,
)
EXCHANGE = re.compile(r"\b(?:exchang\w*|swap\w*|replac\w*|store credit)\b", re.IGNORECASE)
LABEL_AGAIN = re.compile(
    r"\b(?:lost|again|re-?send|another copy|new copy|can['’]?t find|didn['’]?t (?:get|receive)|where(?:['’]?s| is))\b"
    r".*\blabel\b|\blabel\b.*\b(?:again|once more|lost|gone|missing|re-?send)\b",
    re.IGNORECASE,
)
CANCELLED = re.compile(r"\bcancel", re.IGNORECASE)

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
        return await turn.middleware.returns.is_choice(turn.who, turn.text, offered(turn, turn.task))

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
        if not found.items:
            return Reply(task=None).say("utter_no_order", turn.words.team())
        if all(item.verdict is Verdict.NOT_ARRIVED for item in found.items):
            return Reply(task=None).say("utter_return_nothing_arrived")
        listed = found.items[:MOST_OFFERED]
        buttons = [item_button(item, turn) for item in listed]
        kept = with_reason(turn.text, {**frame, "item": None, "offered": [item.key for item in listed], "named": ""})
        return self.ask(turn, kept, ITEM, "utter_return_which", buttons=buttons, because=because)

    async def _with_item(self, turn: Turn, frame: Frame, item: Item) -> Reply:
        """Says why an item can't go back, asks how many of it, or offers the label."""
        if item.verdict is not Verdict.RETURNABLE:
            return await refusal(turn, item)
        known = with_reason(turn.text, about(frame, item, turn))
        quantity = quantity_in(turn, item)
        if isinstance(quantity, str):
            trouble = (f"utter_return_quantity_{quantity}", {"left": number_left(item, turn)})
            if item.left > 1:
                return self._ask_quantity(turn, known, item, because=trouble)
            return await self._offer(turn, known, item, Decimal(1), because=trouble)
        if quantity is None and item.left > 1:
            before = known.get("quantity")
            if before is None:
                return self._ask_quantity(turn, known, item)
            quantity = Decimal(before)
        return await self._offer(turn, known, item, quantity or Decimal(1))

    def _ask_quantity(
        self, turn: Turn, frame: Frame, item: Item, because: tuple[str, Fills] | None = None
    ) -> Reply:
        left = number_left(item, turn)
        buttons = [
            Button(turn.phrase("utter_button_return_all", {"left": left}), "Choose", quantity=str(item.left)),
            Button(turn.phrase("utter_button_return_one"), "Choose", quantity="1"),
        ]
        fills = {**facts(item, turn), "left": left, "lead": lead(turn)}
        return self.ask(turn, frame, QUANTITY, "utter_return_how_many", fills, buttons, because=because)

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
            "quantity": turn.words.number(quantity, "Return.quantity"),
        }
        response = "utter_return_offer" if item.left == 1 else "utter_return_offer_several"
        known = {**frame, "quantity": str(quantity)}
        reply = self.propose(
            turn, known, proposed.kept, Utterance(response, fills, buttons)
        )
        reply.slots["order_number"] = item.order.number
        extra = [Utterance(*because)] if because else []
        if EXCHANGE.search(turn.text):
            extra.append(Utterance("utter_return_no_exchange", turn.words.team()))
        if item.left < item.arrived and item.returns:
            extra.append(Utterance("utter_return_rest", {"return": return_number(item.returns[0]), **facts(item, turn)}))
        reply.utterances[:0] = extra
        return reply

    async def _announce(self, turn: Turn, frame: Frame) -> Reply:
        """Announces the return, once, and sends the label."""
        announcement = replace(
            Announcement.again(frame["proposal"]), reason=ReturnReason(frame["reason"] or "other"), words=frame["words"] or ""
        )
        made = await turn.middleware.returns.confirm(turn.who, frame["proposal"]["key"], announcement)
        if isinstance(made, Item):
            return await refusal(turn, made)
        reply = Reply(task=None, order_number=made.order_number)
        return await with_label(reply, made, turn, "utter_return_done", {"return": return_number(made)})

    async def _is_correction(self, turn: Turn, frame: Frame) -> bool:
        """Whether words that came for a reason name another item instead."""
        if reason_in(turn.text):
            return False
        is_choice = await turn.middleware.returns.is_choice(turn.who, turn.text, offered(turn, frame))
        return is_choice and await self._changes(turn, frame)

    async def _changes(self, turn: Turn, frame: Frame) -> bool:
        """Whether words name another item than the one in hand, or another number of it."""
        found = await self._found(turn, frame)
        if not isinstance(found, Item):
            return found.named
        quantity = quantity_in(turn, found)
        return found.key != frame["item"] or (quantity is not None and str(quantity) != frame["quantity"])


class RefundStatus(Action):
    """Answers "where is my money?"."""

    topic = "returns"

    async def answer(self, turn: Turn) -> Reply:
        """Tells the return that is meant, or the newest ones."""
        returns = await turn.middleware.returns.announced(turn.who, turn.text)
        if not returns or CANCELLED.search(turn.text):
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


def is_something_else(turn: Turn, found: Meant) -> bool:
    """Whether a thing was named, and none of those that were found: "the toaster"."""
    return not found.named and bool(turn.text) and bool(turn.entity("product") or turn.entity("sku"))


def is_yes_and_more(text: str) -> bool:
    """Whether words are a yes with the reason, or with what is to be made: "yes please, it's too small"."""
    if TO_BE_MADE.fullmatch(text):
        return True
    return bool(YES.match(text)) and not DOUBT.search(text) and (reason_in(text) is not None or is_quantity(text, ""))


def is_reason(turn: Turn) -> bool:
    """Whether the answer to why is one: anything is, but for another wish."""
    if reason_in(turn.text):
        return True
    if turn.intent in ALWAYS_CLEAR:
        return False
    return turn.intent not in OTHER_WISHES or turn.confidence < CLEAR


def is_quantity(text: str, named: str) -> bool:
    """Whether words say how many, and nothing else: "only one of them", "make it 2", "a few"."""
    said = words(text)
    if not said or len(said) > LONGEST_QUANTITY:
        return False
    goods = {word.rstrip("s") for word in words(named)}
    beside = [word for word in said if word not in AROUND_QUANTITY and not any(map(str.isdigit, word))]
    says_some = stated(text) is not None or bool(BOTH.search(text) or ALL.search(text))
    return says_some and all(word.rstrip("s") in goods for word in beside)


def quantity_in(turn: Turn, item: Item) -> Decimal | str | None:
    """How many were said: so many, or what is wrong with it; None if nothing was said of it."""
    named = turn.words.described(item.line)
    alone = is_quantity(turn.text, named)
    said = turn.text if alone else turn.entity("quantity") or before_goods(turn.text, named)
    found = stated(said, [item.line.name, item.line.sku, item.order.number])
    if found and found.trouble:
        return found.trouble.value
    amount = found.amount if found else None
    if BOTH.search(turn.text):
        amount = Decimal(2)
    elif amount is None and (ALL if alone else ALL_OF_THEM).search(turn.text):
        amount = item.left
    return TOO_MANY if amount is not None and amount > item.left else amount


def before_goods(text: str, named: str) -> str:
    """The few words before an item's name, where its number stands: "-5", "a few of the"."""
    goods = "|".join(re.escape(word.rstrip("s")) for word in words(named))
    found = re.search(rf"(\S+(?: \w+){{0,3}}) (?:{goods})s?\b", text, re.IGNORECASE)
    return found[1] if found and not HOW_MANY.search(found[1]) else ""


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
        if turn.intent in ("Return_Request", "Return_Window"):
            known |= {"reason": None, "words": None}
    return {**known, "item": item.key, "named": turn.words.described(item.line)}


# What is said


def facts(item: Item, turn: Turn) -> dict[str, Fill]:
    """An item, its order, and its days."""
    fills = {"item": turn.words.described(item.line), "order": order_number(item.order)}
    if item.arrived_on:
        fills["arrived_day"] = turn.words.day(item.arrived_on, "Shipment.delivered_at,Order.delivered_at")
    if item.last_day:
        fills["last_day"] = turn.words.day(item.last_day, "Order.delivered_at,settings.returns.days")
    return fills


def number_left(item: Item, turn: Turn) -> Fill:
    """How many of an item can go back."""
    return turn.words.number(item.left, "OrderLine.quantity,Return.lines")


def lead(turn: Turn) -> Fill:
    """How an offer begins: as the answer to a question, or to a wish."""
    begins = {"Return_Window": "utter_return_lead_question", "Return_Request": "utter_return_lead_wish"}
    return turn.phrase(begins.get(turn.intent, "utter_return_lead_answer"))


def item_button(item: Item, turn: Turn) -> Button:
    """An item to choose, with what tells it apart."""
    response = "utter_button_return_item" if item.arrived_on else "utter_button_return_item_no_day"
    return Button(
        turn.phrase(response, facts(item, turn)), "Choose", order_number=item.order.number, sku=item.line.sku
    )


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


async def labels_again(turn: Turn) -> Reply:
    """Sends the labels of returns whose parcels aren't here yet once more."""
    returns = await turn.middleware.returns.announced(turn.who, turn.text)
    waiting = [one for one in returns if one.status is ReturnStatus.ANNOUNCED][:MOST_LISTED]
    if not waiting:
        return nothing_to_refund(turn)
    reply = Reply(task=None)
    for one in waiting:
        await with_label(reply, one, turn, "utter_return_label_again", about_return(one, turn))
    return reply


async def refusal(turn: Turn, item: Item) -> Reply:
    """Says why an item can't be sent back, or which return it is on."""
    reply = Reply(task=None, order_number=item.order.number)
    fills = {**facts(item, turn), **turn.words.team()}
    accepted = [one for one in item.returns if one.status is not ReturnStatus.REJECTED]
    if item.verdict is Verdict.USED_UP and accepted:
        return await used_up(reply, accepted[0], turn, fills)
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
    return {"return": return_number(one), "items": turn.words.several_described(one.lines)}


def state(one: Return, turn: Turn) -> tuple[str, dict[str, Fill]]:
    """How a return stands: the end of the responses' names that say so, and what fills them.

    Where the ERP doesn't say a day or an amount, the sentence does without.
    """
    fills = {**about_return(one, turn), **turn.words.team(), "amount": refund(one, turn)}
    days = turn.middleware.settings.returns.refund_days
    fills["refund_days"] = turn.words.number(Decimal(days), "settings.returns.refund_days")
    if one.status is ReturnStatus.ANNOUNCED and one.return_by:
        fills["return_by"] = turn.words.day(one.return_by, "Return.return_by")
        return "announced" if today(turn) <= one.return_by else "overdue", fills
    if one.status is ReturnStatus.RECEIVED and one.received_on:
        due = one.received_on + timedelta(days=days)
        fills["received_day"] = turn.words.day(one.received_on, "Return.received_on")
        fills["due_day"] = turn.words.day(due, "Return.received_on,settings.returns.refund_days")
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
