"""Changes an order: which line, what it shall be, a yes to old and new, and then what the ERP says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from actions.base import CONFIRM, offer_person
from actions.cancelling import CancelOrder
from actions.changing_draft import ADDRESS, LINE, QUANTITY, VARIANT, WHAT, Draft, Heard, corrects, heard, search
from actions.changing_words import (
    Planned,
    all_named,
    changed,
    in_order,
    line_buttons,
    money,
    old_and_new,
    too_late,
    units,
    what_there_is,
)
from actions.holds import CHANGE_HOLD
from actions.orders import number, order_buttons
from actions.replies import Button, Reply, Utterance
from actions.tasks import Frame, Task
from actions.turn import Turn
from actions.words import Fill, Fills
from middleware import addresses, options, wishes
from middleware.changing import GONE, ChangeOfOrder, Found, Item, Product, Refused, TooLate
from middleware.hold_words import names_a_hold, orders_a_hold
from middleware.options import COLOUR, SIZE
from middleware.orders import NothingOpen
from middleware.quantities import Trouble
from middleware.records import Address, Money, OrderChange, Variant
from middleware.wishes import Part

Because = tuple[str, Fills]
TROUBLES = {
    Trouble.NEGATIVE: "utter_change_negative",
    Trouble.FRACTION: "utter_change_fraction",
    Trouble.VAGUE: "utter_change_vague",
}


class ChangeOrder(Task):
    """Says back what an order would become, asks for a yes, and has it changed."""

    topic = "orders"

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the words pick what was listed, or name or correct a detail; and want nothing else."""
        draft = Draft.of(turn.task)
        if not turn.text:
            return turn.entity("sku") is not None or turn.entity("change") is not None
        names_order = turn.entity("order_number") == draft.order or "order" in turn.text.casefold()
        if Part.ADDRESS in draft.parts and not names_order:
            asked = draft.asks == ADDRESS or addresses.before(turn.text) != turn.text
            if asked and addresses.read(turn.text, draft.address) is not None:
                return True
        if corrects(draft, turn):
            return True
        names_another = turn.slot("question") == CONFIRM and wishes.says_more(turn.text, ())  # "no, the socks"
        return (draft.asks == LINE or names_another) and await turn.middleware.changing.is_choice(
            turn.who, turn.text, draft.offered
        )

    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Takes what the message says, and asks for what is missing, or for the yes."""
        if orders_a_hold(turn.text) and (names_a_hold(turn.text) or turn.slot("topic") == "inventory"):
            return Reply(turn.slot("question"), then=CHANGE_HOLD)
        if wishes.is_beyond(turn.text):
            return offer_person(turn, "utter_person_for_Order_Modification", turn.words.team())
        draft = wanting(Draft.of(frame), turn)
        found = await turn.middleware.changing.find(turn.who, search(draft, turn))
        if isinstance(found, NothingOpen):
            return nothing_to_change(found, turn)
        if not found.items:
            return Reply(task=None).say("utter_no_such_order", turn.words.team())
        can_change = found.orders[0].is_before_packing
        if wishes.adds(turn.text) and Part.ADDRESS not in draft.parts:
            if not ((found.by_words and can_change) or Part.QUANTITY in draft.parts):
                return offer_person(turn, "utter_person_for_Order_Modification", turn.words.team())
            draft = draft.wanting(frozenset({Part.QUANTITY}))
        if len(found.orders) == 1 and not can_change:
            return too_late(found.orders[0], turn)
        return await self._at_one(turn, draft, found)

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Has it changed, once, and says what came of it."""
        proposal = frame["proposal"]
        change = ChangeOfOrder.of(proposal["change"])
        done = await turn.middleware.changing.confirm(turn.who, proposal["key"], change)
        if isinstance(done, TooLate):
            return too_late(done.order, turn)
        if isinstance(done, Refused):
            return await self._go_on_with(turn, Draft.of(frame), done)
        return changed(change.change.line, change.change.address is not None, done, turn)

    async def _at_one(self, turn: Turn, draft: Draft, found: Found) -> Reply:
        """Asks which line or order it is, or what is to be different; goes on if there is only one."""
        named = draft.asks != ADDRESS and options.mentions(addresses.before(turn.text), {})
        only_address = set(draft.parts) == {Part.ADDRESS} and not named
        draft = replace(draft, said=draft.said or (turn.text if draft.asks != LINE else ""))
        if Part.REMOVAL in draft.parts and turn.entity("product") and not found.by_words:
            return self._which_line(turn, replace(draft, said=""), found, ("utter_change_not_in_it", {}))
        if len(found.orders) > 1 and (only_address or (not draft.parts and not found.by_words)):
            return self._which_order(turn, draft, found)
        if len(found.items) == 1 or only_address:
            return await self._at(turn, draft, found.items[0], keeps_line=len(found.items) == 1)
        if not draft.parts and not named and len(found.orders) == 1:
            return self._what(turn, replace(draft, order=found.orders[0].number, said=""), found.items)
        return self._which_line(turn, draft, found)

    async def _at(self, turn: Turn, draft: Draft, item: Item, *, keeps_line: bool) -> Reply:
        """Goes on with one line.

        Args:
            keeps_line: Whether it is the one that is meant, and not just any of an order whose address is changed.
        """
        product = await turn.middleware.changing.product(turn.who, item.line)
        said = heard(draft, turn, item, product)
        if not keeps_line:
            said = replace(said, draft=replace(said.draft, line=None))
        wants_it_so = said.same and not said.draft.options and Part.REMOVAL not in said.draft.parts
        if wants_it_so and turn.slot("question") == CONFIRM and draft.line == item.line.id:
            return Reply(task=None).say("utter_kept")
        return await self._settle(turn, said, item, product)

    async def _go_on_with(self, turn: Turn, draft: Draft, refused: Refused) -> Reply:
        """Says that the ERP refused it, and goes on with what there is."""
        items = [Item(order=refused.order, line=line) for line in refused.order.lines if line.status not in GONE]
        item = next((one for one in items if one.line.id == draft.line), None)
        fresh = replace(draft, options={}, quantity=None, address=addresses.UNKNOWN)
        response = "utter_change_just_gone" if refused.is_out_of_stock else "utter_change_refused"
        because = (response, {"order": number(refused.order)})
        if item is None or Part.ADDRESS in draft.parts:
            return self._what(turn, replace(fresh, line=None, parts=()), items, because)
        product = await turn.middleware.changing.product(turn.who, item.line)
        if Part.VARIANT in draft.parts:
            return await self._which_variant(turn, replace(fresh, parts=(Part.VARIANT,)), item, product, because)
        return self._how_many(turn, replace(fresh, parts=(Part.QUANTITY,)), item, because)

    async def _settle(self, turn: Turn, said: Heard, item: Item, product: Product) -> Reply:
        """Asks for the first detail that is missing or can't be had; proposes the change if there is none."""
        draft = said.draft
        zero = said.stated is not None and said.stated.trouble is Trouble.ZERO
        if Part.REMOVAL in draft.parts or zero:
            return await self._remove(turn, replace(draft, parts=(Part.REMOVAL,)), item)
        variant = await self._variant(turn, said, item, product)
        if isinstance(variant, Reply):
            return variant
        quantity = await self._quantity(turn, said, item, variant)
        if isinstance(quantity, Reply):
            return quantity
        address = self._address(turn, said, item)
        if isinstance(address, Reply):
            return address
        planned = Planned(variant=variant, quantity=quantity, address=address)
        if planned == Planned():
            return self._what(turn, draft, [item])
        return await self._propose(turn, draft, item, planned)

    # What a line becomes

    async def _variant(self, turn: Turn, said: Heard, item: Item, product: Product) -> Variant | Reply | None:
        draft = said.draft
        if said.asks_what_there_is is not None:
            asked = replace(draft, about=said.asks_what_there_is or draft.about)
            return await self._which_variant(turn, asked, item, product)
        if said.lacking:
            return await self._which_variant(turn, draft, item, product, no_such(said.lacking))
        if not draft.options:
            if Part.VARIANT not in draft.parts:
                return None
            because = ("utter_change_same", {"item": turn.words.named(item.line)}) if said.same else None
            return await self._which_variant(turn, draft, item, product, because)
        exact = product.like({**item.line.options, **draft.options})
        other = replace(draft, options={name: one for name, one in draft.options.items() if name != draft.about})
        if not exact:
            return await self._which_variant(turn, other, item, product, no_such(draft.about or ""))
        wanted = draft.quantity or item.line.quantity
        free = (await turn.middleware.changing.free(turn.who, [exact[0].sku]))[exact[0].sku]
        if free >= wanted:
            return exact[0]
        fills = {"item": turn.words.named(exact[0]), "free": turn.words.number(free, "StockLevel.free")}
        because = ("utter_change_too_few" if free else "utter_change_none_left", fills)
        return await self._which_variant(turn, other, item, product, because)

    async def _which_variant(
        self, turn: Turn, draft: Draft, item: Item, product: Product, because: Because | None = None
    ) -> Reply:
        """Asks which size or colour it shall be, among those that there are."""
        named = list(product.choices)
        several = [name for name in named if len(product.choices[name]) > 1]
        about = draft.about if draft.about in named else (several[0] if len(several) == 1 and not draft.about else None)
        if about is None or about not in several:
            if about is None and len(several) > 1 and not draft.about:
                return self._which_option(turn, draft, several)
            no_other = ("utter_change_no_other", {"item": turn.words.named(item.line)})
            return self._what(turn, replace(draft, parts=(), about=None, options={}), [item], no_other)
        target = {**item.line.options, **draft.options}
        near = product.like(target, but=about)
        quantity = draft.quantity or item.line.quantity
        free = await turn.middleware.changing.free(turn.who, [one.sku for one in near])
        possible = [one for one in in_order(near, about) if free[one.sku] >= quantity and one.sku != item.line.sku]
        if not possible:
            fills = what_there_is(about, near, free, quantity, turn)
            return self._what(
                turn, replace(draft, parts=(), about=None, options={}), [item], ("utter_change_nothing_else", fills)
            )
        buttons = [Button(Fill(one.options[about], "Variant.options"), "Choose", sku=one.sku) for one in possible]
        draft = replace(draft, about=about, offered=tuple(one.sku for one in possible)).wanting(
            frozenset({Part.VARIANT})
        )
        fills = what_there_is(about, near, free, quantity, turn)
        return self.ask(turn, draft.frame, VARIANT, "utter_ask_variant", fills, buttons, because=because)

    def _which_option(self, turn: Turn, draft: Draft, several: Sequence[str]) -> Reply:
        """Asks which of its options shall be another."""
        return self.ask(turn, draft.frame, WHAT, "utter_ask_option", {}, option_buttons(several, turn))

    async def _quantity(self, turn: Turn, said: Heard, item: Item, variant: Variant | None) -> Decimal | Reply | None:
        draft, line = said.draft, item.line
        if said.stated is not None and said.stated.trouble:
            return self._how_many(turn, replace(draft, quantity=None), item, (TROUBLES[said.stated.trouble], {}))
        if draft.quantity is None:
            return self._how_many(turn, draft, item) if Part.QUANTITY in draft.parts else None
        if draft.quantity == line.quantity:
            if variant is not None or Part.ADDRESS in draft.parts:
                return None
            fills = {"units": units(line.quantity, line, turn)}
            return self._how_many(turn, replace(draft, quantity=None), item, ("utter_change_so_many", fills))
        if variant is None and draft.quantity > line.quantity:
            free = (await turn.middleware.changing.free(turn.who, [line.sku]))[line.sku]
            if free < draft.quantity - line.quantity:
                return self._how_many(turn, replace(draft, quantity=None), item, too_many(free, item, turn))
        return draft.quantity

    def _how_many(self, turn: Turn, draft: Draft, item: Item, because: Because | None = None) -> Reply:
        """Asks how many there shall be."""
        fills = {
            "item": turn.words.named(item.line),
            "quantity": turn.words.number(item.line.quantity, "OrderLine.quantity"),
        }
        return self.ask(turn, draft.frame, QUANTITY, "utter_ask_quantity", fills, because=because)

    def _address(self, turn: Turn, said: Heard, item: Item) -> Address | Reply | None:
        draft = said.draft
        if Part.ADDRESS not in draft.parts:
            return None
        reading = said.reading or (addresses.Reading(address=draft.address) if is_whole(draft.address) else None)
        if reading is None:
            known = {"order": number(item.order), "address": turn.words.address(item.order.address, "Order.address")}
            return self.ask(turn, draft.frame, ADDRESS, "utter_ask_address", known)
        if reading.trouble is addresses.Trouble.ABROAD:
            countries = Fill(turn.middleware.settings.faq["shipping_countries"], "settings.faq.shipping_countries")
            return Reply(task=None).say("utter_address_abroad", {"countries": countries, **turn.words.team()})
        if reading.trouble is not None:
            fills = about_address(reading, turn)
            return self.ask(turn, draft.frame, ADDRESS, f"utter_address_{reading.trouble.value}", fills)
        if reading.address == item.order.address:
            fills = {"order": number(item.order), "address": turn.words.address(item.order.address, "Order.address")}
            draft = replace(draft, address=addresses.UNKNOWN)
            return self.ask(turn, draft.frame, ADDRESS, "utter_ask_address_other", fills)
        return reading.address

    # Which one, and what

    def _which_order(self, turn: Turn, draft: Draft, found: Found) -> Reply:
        offered = tuple(order.number for order in found.orders)
        buttons = order_buttons(found.orders, turn)
        return self.ask(turn, replace(draft, offered=offered).frame, LINE, "utter_which_order", {}, buttons)

    def _which_line(self, turn: Turn, draft: Draft, found: Found, because: Because | None = None) -> Reply:
        order = found.orders[0].number if len(found.orders) == 1 else None
        draft = replace(draft, order=order, line=None, offered=tuple(item.key for item in found.items))
        buttons = line_buttons(found.items, turn)
        return self.ask(turn, draft.frame, LINE, "utter_which_line", {}, buttons, because=because)

    def _what(self, turn: Turn, draft: Draft, items: Sequence[Item], because: Because | None = None) -> Reply:
        """Asks what is to be different."""
        named = {name: None for item in items for name in item.line.options}
        buttons = option_buttons(list(named), turn)
        for part in (Part.QUANTITY, Part.ADDRESS, Part.REMOVAL):
            buttons.append(Button(turn.phrase(f"utter_button_change_{part.value}"), "Choose", change=part.value))
        fills = {"order": number(items[0].order)}
        return self.ask(turn, draft.frame, WHAT, "utter_ask_change", fills, buttons, because=because)

    # The yes

    async def _remove(self, turn: Turn, draft: Draft, item: Item) -> Reply:
        """Proposes to take a line off; where that leaves nothing, to cancel the order."""
        order, line = item.order, item.line
        left = [one for one in order.lines if one.status not in GONE and one.id != line.id]
        if not left:
            return await CancelOrder(self._middleware).propose_it(turn, order.number, ("utter_change_all_there_is", {}))
        fills = {
            "order": number(order),
            "quantity": turn.words.number(line.quantity, "OrderLine.quantity"),
            "item": turn.words.named(line),
            "items": all_named(left, turn),
            "price": less(line.price, line.quantity, turn),
        }
        change = OrderChange(line=line.id, quantity=Decimal(0))
        return await self._ask_for_yes(turn, draft, item, change, "utter_confirm_removal", fills)

    async def _propose(self, turn: Turn, draft: Draft, item: Item, planned: Planned) -> Reply:
        fills = {"order": number(item.order), "change": old_and_new(planned, item.order, item.line, turn)}
        change = planned.change(item.line.id)
        return await self._ask_for_yes(turn, draft, item, change, "utter_confirm_change", fills)

    async def _ask_for_yes(
        self, turn: Turn, draft: Draft, item: Item, change: OrderChange, response: str, fills: Mapping[str, Fill]
    ) -> Reply:
        proposed = await turn.middleware.changing.propose(turn.who, item.order, change)
        if isinstance(proposed, TooLate):
            return too_late(proposed.order, turn)
        yes = "utter_button_change_it" if change.quantity != 0 else "utter_button_take_it_off"
        buttons = [Button(turn.phrase(yes), "Affirm"), Button(turn.phrase("utter_button_leave_it"), "Deny")]
        proposal = {"key": proposed.key, "change": proposed.change.parameters}
        reply = self.propose(turn, draft.frame, proposal, Utterance(response, fills, buttons))
        reply.slots["order_number"] = item.order.number
        return reply


def wanting(draft: Draft, turn: Turn) -> Draft:
    """With what a message, or a button, says is to be different."""
    chosen = turn.entity("change") if not turn.text else None
    if chosen is not None:
        parts = [part for part in Part if part.value == chosen]
        return replace(draft, about=None if parts else chosen).wanting(frozenset(parts or {Part.VARIANT}))
    if draft.asks == ADDRESS and addresses.read(turn.text, draft.address) is not None:
        return draft
    named = [one.option for one in options.mentions(turn.text, {}) if one.is_new]
    told = [name for name in (SIZE, COLOUR) if options.ABOUT[name].search(turn.text)]
    about = next(iter((*told, *named)), draft.about)
    return replace(draft, about=about).wanting(wishes.parts_of(turn.text))


def nothing_to_change(found: NothingOpen, turn: Turn) -> Reply:
    """Says that nothing is under way that could be changed."""
    if found.last is not None:
        return too_late(found.last, turn)
    return Reply(task=None).say("utter_nothing_to_change", turn.words.team())


def option_buttons(names: Sequence[str], turn: Turn) -> list[Button]:
    """A button for each option that can be another."""
    return [
        Button(
            turn.phrase("utter_button_change_option", {"option": Fill(name, "Variant.options")}), "Choose", change=name
        )
        for name in names
    ]


def no_such(option: str) -> Because:
    """That there is nothing of the kind that is wanted."""
    return "utter_change_no_such", {"option": Fill(option, "Variant.options")}


def too_many(free: Decimal, item: Item, turn: Turn) -> Because:
    """That fewer are free than are wanted."""
    fills = {
        "free": turn.words.number(free, "StockLevel.free"),
        "most": turn.words.number(free + item.line.quantity, "StockLevel.free,OrderLine.quantity"),
        "item": turn.words.named(item.line),
    }
    return ("utter_change_too_many" if free else "utter_change_no_more", fills)


def less(price: Money | None, quantity: Decimal, turn: Turn) -> Fill:
    """How much an order costs less without a line."""
    if price is None:
        return turn.phrase("utter_change_price_unknown")
    amount = Money(amount=price.amount * quantity, currency=price.currency)
    return turn.phrase("utter_change_cheaper", {"difference": money(amount, turn)})


def about_address(reading: addresses.Reading, turn: Turn) -> dict[str, Fill]:
    """What is told of an address that can't be one yet."""
    said = reading.address
    named = ", ".join(part for part in (said.city, said.state) if part)
    return {
        "address": turn.words.address(said, "OrderChange.address"),
        "postcode": Fill(said.postcode, "OrderChange.address"),
        "named": Fill(named, "OrderChange.address"),
        "place": Fill(reading.belongs_to, "Place.name"),
    }


def is_whole(address: Address) -> bool:
    """Whether an address that was said before is one."""
    return bool(address.address1 and address.postcode and address.city)
