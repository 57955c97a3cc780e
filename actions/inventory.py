"""Tells what is in stock, and puts some of it aside: which article, how many, from where, and then a yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from actions import stock_words
from actions.base import DETAIL, OF_TASKS
from actions.holds import CHANGE_HOLD, is_about_a_hold
from actions.replies import Button, Reply, Utterance
from actions.stock_answers import (
    CHECK,
    adds_to_it,
    amount_said,
    asks_for_variants,
    is_correction,
    names_only_a_place,
    names_something_else,
    picked,
    place_in,
    place_kept,
    place_said,
)
from actions.tasks import Frame, Task, not_understood
from actions.turn import Turn
from actions.words import Fill, Fills
from middleware.articles import Articles, Wish, described
from middleware.errors import FrontdeskError, NotAllowed
from middleware.holding import Gone, Holding, Over, Proposed, TooManyHolds, TooManyUnits
from middleware.inventory import Availability, Way
from middleware.orders import Meant
from middleware.quantities import Trouble
from middleware.records import Hold, HoldPart, Variant

HOLD = "action_hold_stock"
CHOICE = "Choose"
# What may be about the article that is spoken of, and what answers it if it isn't.
UNCLEAR = {"nlu_fallback": "action_not_understood", "Out_Of_Scope": "action_small_talk"}
MOST_OFFERED = 8


class CheckStock(Task):
    """Answers "do you have …?", and offers to hold what was asked for with a number."""

    topic = "inventory"
    suspends = True

    def owns(self, frame: Frame) -> bool:
        """Both tasks of this module speak of one article, one number and one place."""
        return frame.get("action") in (CHECK, HOLD)

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the words pick an article that was offered, or correct what is known, and say nothing else."""
        return is_correction(turn)

    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Finds the article that is meant, and tells what there is of it."""
        elsewhere = self._elsewhere(turn)
        if elsewhere:
            return Reply(turn.slot("question"), then=elsewhere)
        reply = await self._answered(turn, frame)
        if names_only_a_place(turn.second_want, turn):  # it was taken up with the rest
            reply.slots["later"] = None
        return reply

    async def _answered(self, turn: Turn, frame: Frame) -> Reply:
        said = amount_said(turn)
        wish = await self._wish(turn, frame)
        found = await turn.middleware.inventory.find(turn.who, wish, said.amount if said else None)
        if len(found.variants) == 1:
            said = amount_said(turn, found.variants[0])
        frame = self._known(turn, self._frame_for(found, frame, turn, named_amount=bool(said and not said.trouble)))
        if said and not said.trouble and said.amount is not None:
            frame = {**frame, "quantity": f"{said.amount:f}"}
        if not found.named and not found.lacks_option and (wish.product or names_something_else(turn)):
            return self._not_found(turn, frame, Articles(), wish)
        if not found.variants or found.unknown_sku:
            return self._not_found(turn, frame, found, wish)
        wants_all = asks_for_variants(turn.text)
        is_no_pick = not (found.named or found.narrowed or found.lacks_option or wants_all)
        if frame.get("offered") and is_no_pick:
            return self._again(turn)
        if len(found.products) > 1:
            return self._which(turn, frame, [one[0] for one in found.products], "utter_which_article")
        if len(found.variants) > 1 or wants_all or found.lacks_option:
            return await self._variants(turn, frame, found, tells_all=wants_all or found.lacks_option)
        variant = found.variants[0]
        if said and said.trouble and (said.trouble is not Trouble.VAGUE or self.name() == HOLD):
            return self._how_many(turn, {**frame, "sku": variant.sku}, f"utter_stock_quantity_{said.trouble.value}")
        return await self._settled(turn, frame, variant)

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Never asked: what needs a yes is a hold."""
        return await self.go_on(turn, frame)

    async def tell(self, turn: Turn, frame: Frame, found: Availability, *, named: bool) -> Reply:
        """Says how many are free; offers to hold them where a number was asked for."""
        quantity = Decimal(frame["quantity"]) if "quantity" in frame else None
        answer = {"answer": stock_words.statement(found, quantity, turn, named=named)}
        done = self._done(turn, frame, article=found.variant.sku)
        if quantity is None:
            told = stock_words.promised("utter_stock_told", turn)
            return done.say(told if found.total else "utter_stock_answer", answer)
        if found.way(quantity) in (Way.SHORT, Way.NONE) or self._is_in_between(turn):
            return done.say("utter_stock_answer", answer)
        offered = await proposed(turn, found, quantity)
        if isinstance(offered, (TooManyUnits, TooManyHolds)):
            return done.say("utter_stock_answer", answer).say(*limit(offered, turn))
        fills = {**answer, "quantity": number_said(quantity, turn), "duration": stock_words.duration(turn)}
        question = Utterance(stock_words.promised("utter_offer_hold", turn), fills, hold_buttons(turn))
        reply = HoldStock(turn.middleware).propose(turn, frame, kept(offered), question)
        reply.slots["article"] = found.variant.sku
        return reply

    async def _wish(self, turn: Turn, frame: Frame) -> Wish:
        sku = picked(turn, frame) or turn.entity("sku")
        options = tuple(option for option in (turn.entity("colour"), turn.entity("size")) if option)
        wish = Wish(text=turn.text, sku=sku, product=turn.entity("product"), options=options)
        if sku or (frame.get("offered") and not frame.get("sku")):
            return wish
        return replace(wish, known=frame.get("sku") or await spoken_of(turn))

    def _frame_for(self, found: Articles, frame: Frame, turn: Turn, *, named_amount: bool) -> Frame:
        """The frame to go on with: a new one where another article is spoken of than before."""
        same = not found.named or not frame.get("sku") or frame.get("sku") in {one.sku for one in found.variants}
        same = same or frame.get("product") in {one.product_id for one in found.variants}
        if same:
            return frame
        suspended = {"suspended": frame["suspended"]} if "suspended" in frame else {}
        return suspended if named_amount else {**suspended, "in_between": True}

    def _known(self, turn: Turn, frame: Frame) -> Frame:
        """The frame with the place that this message names."""
        place = place_said(turn)
        return {**frame, "place": place_kept(place), "warehouse": None} if place else frame

    async def _settled(self, turn: Turn, frame: Frame, variant: Variant) -> Reply:
        availability = await turn.middleware.inventory.availability(
            turn.who, variant, place_in(frame), frame.get("warehouse"), turn.text
        )
        known = {"sku": variant.sku, "product": variant.product_id, "warehouse": availability.asked_for}
        frame = {**without(frame, "offered"), **{name: value for name, value in known.items() if value}}
        return await self.tell(turn, frame, availability, named=not _is_written(variant, turn))

    def _not_found(self, turn: Turn, frame: Frame, found: Articles, wish: Wish) -> Reply:
        """Says that there is no such article, and asks which one it is."""
        if found.variants:
            return self._which(turn, frame, found.variants, "utter_which_alike")
        if self.owns(turn.task) and turn.task.get("offered") and not wish.product and not found.unknown_sku:
            return self._again(turn)
        names_something = wish.product or names_something_else(turn) or self._was_asked_for_one(turn)
        because = "utter_no_such_sku" if found.unknown_sku else "utter_no_such_article" if names_something else ""
        if because and self.name() == CHECK and "quantity" not in frame and not self.owns(turn.task):
            return Reply().say("utter_no_such_sku_hint" if found.unknown_sku else "utter_no_such_article_hint")
        frame = without(frame, "offered", "sku", "product")
        return self.ask(turn, frame, "article", "utter_ask_article", because=(because, {}) if because else None)

    def _again(self, turn: Turn) -> Reply:
        """Asks once more which of those it is that were offered."""
        failed = int(turn.task.get("failed", 0)) + 1
        reply = Reply(DETAIL, task={**turn.task, "failed": failed})
        not_understood(reply, turn, failed)
        reply.utterances.append(Utterance.again(turn.task["asked"]))
        return reply

    def _was_asked_for_one(self, turn: Turn) -> bool:
        """Whether the message answers the question for an article, and not only by a yes."""
        asked = self.owns(turn.task) and turn.task.get("asks") == "article"
        return asked and bool(turn.text) and turn.intent != "Affirm"

    def _elsewhere(self, turn: Turn) -> str | None:
        """The action that what was said is for, where the rules couldn't know."""
        unclear = turn.intent in UNCLEAR
        if turn.intent in (*UNCLEAR, CHOICE) and turn.slot("question") in OF_TASKS and not self.owns(turn.task):
            return str(turn.task["action"])  # it asked, and this only has the topic
        if is_about_a_hold(turn.text, of_one=unclear or self.name() == HOLD):
            return CHANGE_HOLD
        handed_over = turn.is_under_way  # by an action that saw that an article is named
        if not unclear or handed_over or self.owns(turn.task) or (turn.slot("article") and adds_to_it(turn)):
            return None
        return UNCLEAR[turn.intent]

    def _which(self, turn: Turn, frame: Frame, some: Sequence[Variant], response: str) -> Reply:
        """Asks which of several articles is meant."""
        some = some[:MOST_OFFERED]
        names = [one.name for one in some]
        tell_apart = response == "utter_which_article" and len(set(names)) == len(names)
        titles = [Fill(one.name, "Variant.name") if tell_apart else article_with_sku(one, turn) for one in some]
        buttons = [Button(title, "Choose", sku=one.sku) for title, one in zip(titles, some, strict=True)]
        known = {**frame, "offered": [[one.sku, sorted(described(one))] for one in some]}
        return self.ask(turn, known, "article", response, buttons=buttons)

    async def _variants(self, turn: Turn, frame: Frame, found: Articles, *, tells_all: bool) -> Reply:
        """Tells which variants there are; asks which one is meant where that decides on what is next."""
        inventory = turn.middleware.inventory
        one = found.variants[0]
        all_of_it = tells_all or len(found.variants) == 1
        some = await (inventory.siblings(turn.who, one) if all_of_it else inventory.free(turn.who, found.variants))
        fills = {"article": Fill(one.name or one.sku, "Variant.name"), "variants": stock_words.variants(some, turn)}
        only_told = self.name() == CHECK and "quantity" not in frame
        if only_told or self._is_in_between(turn):
            response = "utter_variants_other" if found.lacks_option else "utter_variants"
            return self._done(turn, frame, article=one.sku).say(response, fills)
        because: tuple[str, Fills] | None = ("utter_not_like_that", {}) if found.lacks_option else None
        here = [variant for variant, units in some if units > 0]
        few = here if len(here) <= MOST_OFFERED else []
        buttons = [
            Button(
                Fill(", ".join(variant.options.values()) or variant.sku, "Variant.options"), "Choose", sku=variant.sku
            )
            for variant in few
        ]
        offered = [[variant.sku, sorted(described(variant))] for variant, _ in some]
        known = {**frame, "sku": one.sku, "product": one.product_id, "offered": offered}
        return self.ask(turn, known, "variant", "utter_which_variant", fills, buttons, because=because)

    def _how_many(self, turn: Turn, frame: Frame, because: str) -> Reply:
        """Asks how many, after a number that can't be meant."""
        return self.ask(turn, without(frame, "quantity"), "quantity", "utter_ask_units", because=(because, {}))

    def _is_in_between(self, turn: Turn) -> bool:
        """Whether something else is going on, that goes on after this answer."""
        return bool(turn.task) and not self.owns(turn.task) and self.name() == CHECK

    def _done(self, turn: Turn, frame: Frame, *, article: str) -> Reply:
        """A reply with which a task of this kind is done; one that was only interrupted by it stays open."""
        is_done = turn.task and self.owns(turn.task) and not frame.get("in_between")
        return Reply(article=article, task=None) if is_done else Reply(article=article)


class HoldStock(CheckStock):
    """Puts units aside for a customer: says back what and where, asks for a yes, and has them held."""

    async def tell(self, turn: Turn, frame: Frame, found: Availability, *, named: bool) -> Reply:
        """Proposes to hold as many as were said; asks how many where that is lacking, or can't be had."""
        quantity = Decimal(frame["quantity"]) if "quantity" in frame else None
        answer = {"answer": stock_words.statement(found, quantity, turn, named=named)}
        if not found.total:
            return Reply(task=None, article=found.variant.sku).say("utter_stock_answer", answer)
        frame = without(frame, "in_between")
        if quantity is None:
            return self.ask(turn, frame, "quantity", stock_words.promised("utter_how_many", turn), answer)
        if found.way(quantity) is Way.SHORT:
            frame = without(frame, "quantity")
            return self.ask(turn, frame, "quantity", "utter_ask_units", because=("utter_stock_answer", answer))
        offered = await self._allowed(turn, found, quantity)
        if isinstance(offered, TooManyHolds):
            return Reply(task=None, article=found.variant.sku).say(*limit(offered, turn))
        if isinstance(offered, TooManyUnits):
            frame = without(frame, "quantity")
            return self.ask(turn, frame, "quantity", "utter_ask_units", because=limit(offered, turn))
        fills = {
            "quantity": number_said(quantity, turn),
            "article": turn.words.variant(found.variant),
            "sku": Fill(found.variant.sku, "Variant.sku"),
            "where": stock_words.where(found.parts(quantity), turn, found),
            "duration": stock_words.duration(turn),
        }
        question = Utterance(stock_words.promised("utter_confirm_hold", turn), fills, hold_buttons(turn))
        reply = self.propose(turn, frame, kept(offered), question)
        if found.is_total and place_said(turn):
            reply.utterances.insert(0, Utterance("utter_no_choice_of_warehouse", {}))
        reply.slots["article"] = found.variant.sku
        return reply

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Has the units held, once, and says what came of it."""
        proposal = frame["proposal"]
        if not proposal:  # it wasn't known yet who asks: now they are asked for a yes to what they can have
            return await self.go_on(turn.silent(), frame)
        held = await turn.middleware.holds.confirm(turn.who, proposal["key"], holding(proposal))
        if isinstance(held, Hold):
            fills = stock_words.about_hold(held, turn)
            return Reply(task=None, article=held.sku).say(stock_words.promised("utter_held", turn), fills)
        if isinstance(held, TooManyHolds):
            return Reply(task=None).say(*limit(held, turn))
        if isinstance(held, Over):
            return Reply(task=None).say("utter_hold_too_late")
        return await self._gone(held, turn, frame)

    async def _allowed(
        self, turn: Turn, found: Availability, quantity: Decimal
    ) -> Proposed | TooManyUnits | TooManyHolds:
        return await turn.middleware.holds.propose(turn.who, found.variant, found.parts(quantity))

    async def _gone(self, gone: Gone, turn: Turn, frame: Frame) -> Reply:
        """Says that somebody was faster, and what there is now."""
        reply = await self.go_on(turn.silent(), frame)
        reply.utterances.insert(0, Utterance("utter_hold_gone", {}))
        return reply


async def proposed(turn: Turn, found: Availability, quantity: Decimal) -> Proposed | TooManyUnits | TooManyHolds | None:
    """What a yes to an offer would hold; None if it must be clear first who asks."""
    most = turn.middleware.settings.holds.most_units
    if quantity > most:
        return TooManyUnits(most=most)
    try:
        return await turn.middleware.holds.propose(turn.who, found.variant, found.parts(quantity))
    except NotAllowed:
        return None


def kept(offered: Proposed | None) -> dict[str, Any]:
    """A proposal as the slot `task` keeps it; empty if it must be clear first who asks."""
    if offered is None:
        return {}
    what = offered.holding
    parts = [[part.warehouse, part.name, f"{part.quantity:f}"] for part in what.parts]
    return {"key": offered.key, "account": what.account, "sku": what.sku, "name": what.name, "parts": parts}


def holding(proposal: Mapping[str, Any]) -> Holding:
    """What the slot kept."""
    parts = tuple(
        HoldPart(warehouse=warehouse, name=name, quantity=Decimal(quantity))
        for warehouse, name, quantity in proposal["parts"]
    )
    return Holding(account=proposal["account"], sku=proposal["sku"], name=proposal["name"], parts=parts)


def limit(reached: TooManyUnits | TooManyHolds, turn: Turn) -> tuple[str, Fills]:
    """Which limit was reached, as a response and its fills."""
    if isinstance(reached, TooManyUnits):
        most = turn.words.number(Decimal(reached.most), "settings.holds.most_units")
        return stock_words.promised("utter_too_many_units", turn), {"most": most, **turn.words.team()}
    most = turn.words.spelt(reached.most, "settings.holds.per_customer")
    return "utter_too_many_holds", {"most": most, **turn.words.team()}


def article_with_sku(variant: Variant, turn: Turn) -> Fill:
    """An article with its SKU beside it."""
    fills = {"article": stock_words.article(variant), "sku": Fill(variant.sku, "Variant.sku")}
    return turn.phrase("utter_button_article", fills)


def hold_buttons(turn: Turn) -> list[Button]:
    """Yes and no to a hold."""
    yes = turn.phrase(stock_words.promised("utter_button_hold", turn))
    return [Button(yes, "Affirm"), Button(turn.phrase("utter_button_no_hold"), "Deny")]


def number_said(quantity: Decimal, turn: Turn) -> Fill:
    """How many the customer asked for."""
    return turn.words.number(quantity, stock_words.SAID)


async def spoken_of(turn: Turn) -> str | None:
    """The SKU of the article that is spoken of: the task's, the only one of the order, or the one asked for last."""
    of_task: str | None = turn.task.get("sku")
    if of_task:
        return of_task
    number = turn.slot("order_number")
    if number and turn.slot("topic") in ("orders", "returns"):
        try:
            found = await turn.middleware.orders.meant(turn.who, "", number)
        except FrontdeskError:
            found = None
        lines = found.orders[0].lines if isinstance(found, Meant) and found.orders else ()
        if len(lines) == 1:
            return lines[0].sku
    last: str | None = turn.slot("article")
    return last


def without(frame: Frame, *names: str) -> Frame:
    """A frame without some of its details."""
    return {name: value for name, value in frame.items() if name not in names}


def _is_written(variant: Variant, turn: Turn) -> bool:
    """Whether the customer wrote the article's SKU."""
    bare = "".join(filter(str.isalnum, variant.sku.casefold()))
    return bare in "".join(filter(str.isalnum, turn.text.casefold()))
