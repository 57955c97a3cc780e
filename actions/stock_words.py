"""How stock and holds are spoken of: where how many are free, which variants there are, what is held until when."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from actions.turn import Turn
from actions.words import VARIANT, Fill
from middleware.inventory import Availability, Way
from middleware.records import Hold, HoldPart, StockLevel, Variant

FREE = "StockLevel.free"
WAREHOUSE = "Warehouse.name"
MINUTES = "settings.holds.minutes"
SAID = "Stated.amount"  # the customer's own

# What promises that nobody else gets the units, and what is said instead where only our own ledger knows of them.
SOFTLY = {
    "utter_stock_told": "utter_stock_told_softly",
    "utter_offer_hold": "utter_offer_hold_softly",
    "utter_how_many": "utter_how_many_softly",
    "utter_confirm_hold": "utter_confirm_hold_softly",
    "utter_button_hold": "utter_button_hold_softly",
    "utter_held": "utter_held_softly",
    "utter_too_many_units": "utter_too_many_units_softly",
    "utter_your_holds": "utter_your_holds_softly",
    "utter_confirm_release": "utter_confirm_release_softly",
    "utter_hold_released": "utter_hold_released_softly",
    "utter_hold_ended_by_itself": "utter_hold_ended_by_itself_softly",
}


def statement(found: Availability, quantity: Decimal | None, turn: Turn, *, named: bool) -> Fill:
    """Where how many are free: as a sentence that stands alone, or before a question.

    Args:
        quantity: How many the customer asked for; None if they gave no number.
        named: Whether the article is named in it, because the customer didn't do so by its SKU.
    """
    of_article = turn.phrase("utter_of_article", {"article": article(found.variant)}) if named else Fill("", VARIANT)
    if not found.total:
        return turn.phrase("utter_stock_none", {"of_article": of_article, "coming": coming(found, turn)})
    wanted = quantity or Decimal(1)
    way = found.way(wanted)
    if way is Way.SHORT:
        fills = {"free": free(found.total, of_article, turn), "mostly": mostly(found, turn)}
        return turn.phrase("utter_stock_short", {**fills, "coming": coming(found, turn)})
    if found.is_total:
        return turn.phrase("utter_stock_total", {"free": free(found.total, of_article, turn)})
    if way is Way.SPLIT:
        return turn.phrase(
            "utter_stock_split", {"parts": listed(found.parts(wanted), turn), "in_all": in_all(found, turn)}
        )
    if found.near is None and len(found.with_stock) > 1:
        return turn.phrase(
            "utter_stock_anywhere",
            {"free": free(found.total, of_article, turn), "mostly": mostly(found, turn)},
        )
    level = found.levels[0] if way is Way.HERE else _level_of(found, found.parts(wanted)[0])
    fills = {
        "free": free(level.free, of_article, turn),
        "warehouse": Fill(level.warehouse.name, WAREHOUSE),
        "in_all": in_all(found, turn),
    }
    if way is Way.HERE:
        return turn.phrase("utter_stock_here", {**fills, "nearest": nearest(found, turn)})
    near = found.levels[0]
    near_free = turn.words.number(near.free, FREE) if near.free else turn.phrase("utter_none")
    fills |= {"near": Fill(near.warehouse.name, WAREHOUSE), "near_free": near_free}
    return turn.phrase("utter_stock_elsewhere", {**fills, "nearest": nearest(found, turn)})


def free(number: Decimal, of_article: Fill, turn: Turn) -> Fill:
    """How many are free: "820 are free"."""
    fills = {"number": turn.words.number(number, FREE), "of_article": of_article}
    return turn.phrase("utter_is_free" if number == 1 else "utter_are_free", fills)


def nearest(found: Availability, turn: Turn) -> Fill:
    """That the first warehouse is the nearest one to a place; nothing if it was asked for by its name."""
    if found.near is None or found.asked_for:
        return Fill("", WAREHOUSE)
    if found.near_is_theirs:
        return turn.phrase("utter_nearest_to_you")
    return turn.phrase("utter_nearest_to_place", {"place": Fill(found.near.name, "Place.name")})


def in_all(found: Availability, turn: Turn) -> Fill:
    """How many are free in all warehouses; nothing if only one has any."""
    if len(found.with_stock) < 2:
        return Fill("", FREE)
    return turn.phrase("utter_in_all", {"total": turn.words.number(found.total, FREE)})


def mostly(found: Availability, turn: Turn) -> Fill:
    """Where most of them are, or all."""
    if found.is_total:
        return turn.phrase("utter_in_total")
    fullest = max(found.levels, key=lambda level: level.free)
    fills = {"warehouse": Fill(fullest.warehouse.name, WAREHOUSE)}
    if len(found.with_stock) == 1:
        return turn.phrase("utter_all_in", fills)
    return turn.phrase("utter_most_in", {**fills, "number": turn.words.number(fullest.free, FREE)})


def coming(found: Availability, turn: Turn) -> Fill:
    """What comes in next; or that nobody knows, and who may know more."""
    if found.next_receipt is None:
        return turn.phrase("utter_coming_unknown", turn.words.team())
    receipt, warehouse = found.next_receipt
    fills = {
        "number": turn.words.number(receipt.quantity, "Receipt.quantity"),
        "warehouse": Fill(warehouse.name, WAREHOUSE),
        "day": turn.words.day(receipt.expected_on, "Receipt.expected_on"),
    }
    return turn.phrase("utter_one_coming" if receipt.quantity == 1 else "utter_coming", fills)


def article(variant: Variant) -> Fill:
    """An article with what tells it apart: "alpine jacket (blue, M)"."""
    options = ", ".join(variant.options.values())
    name = variant.name or variant.sku
    return Fill(f"{name} ({options})" if options else name, VARIANT)


def where(parts: Sequence[HoldPart], turn: Turn, found: Availability | None = None) -> Fill:
    """Which warehouse, or which several with how many in each."""
    if len(parts) > 1:
        return turn.phrase("utter_in_several", {"parts": listed(parts, turn)})
    if not parts[0].name:
        return turn.phrase("utter_in_our_warehouses")
    is_first = found is not None and found.levels[0].warehouse.id == parts[0].warehouse
    by = nearest(found, turn) if found and is_first else Fill("", WAREHOUSE)
    return turn.phrase("utter_in_warehouse", {"warehouse": Fill(parts[0].name, WAREHOUSE), "nearest": by})


def listed(parts: Sequence[HoldPart], turn: Turn) -> Fill:
    """How many in each of several warehouses: "310 in Columbus and 190 in Reno"."""
    each = [
        turn.phrase(
            "utter_number_in",
            {
                "number": turn.words.number(part.quantity, "HoldPart.quantity"),
                "warehouse": Fill(part.name, WAREHOUSE),
            },
        )
        for part in parts
    ]
    return turn.words.listed(each, f"HoldPart.quantity,{WAREHOUSE}")


def variants(found: Sequence[tuple[Variant, Decimal]], turn: Turn) -> Fill:
    """A product's variants, those in stock and those sold out, a line for each value of the first of two options."""
    lines = []
    for value, of_value in groupby(found, key=lambda one: _group(one[0])):
        some = list(of_value)
        here, gone = [one for one, units in some if units > 0], [one for one, units in some if units <= 0]
        states = [_state("utter_in_stock", here, turn)] if here else []
        states += [_state("utter_out_of_stock", gone, turn)] if gone else []
        fills = {"value": Fill(value, VARIANT), "states": Fill("; ".join(states), f"{VARIANT},{FREE}")}
        lines.append(turn.phrase("utter_variants_of_value" if value else "utter_variants_alone", fills))
    return Fill("\n".join(lines), f"{VARIANT},{FREE}")


def duration(turn: Turn) -> Fill:
    """How long a hold lasts: "two hours"."""
    minutes = turn.middleware.settings.holds.minutes
    hours, left = divmod(minutes, 60)
    if left:
        return turn.phrase("utter_minutes", {"number": turn.words.spelt(minutes, MINUTES)})
    return turn.phrase("utter_hours" if hours > 1 else "utter_hour", {"number": turn.words.spelt(hours, MINUTES)})


def promised(response: str, turn: Turn) -> str:
    """A response that promises to hold something, or the one that promises as much as the company's ERP can keep."""
    return SOFTLY[response] if turn.middleware.erp_can.holds == "ledger" else response


def about_hold(hold: Hold, turn: Turn) -> dict[str, Fill]:
    """What tells a hold apart."""
    return {
        "reference": Fill(hold.reference, "Hold.reference"),
        "quantity": turn.words.number(hold.quantity, "Hold.parts"),
        "sku": Fill(hold.sku, "Hold.sku"),
        "article": Fill(hold.name, "Hold.name"),
        "where": where(hold.parts, turn),
        "until": turn.at_time(hold.until, "Hold.until"),
    }


def _level_of(found: Availability, part: HoldPart) -> StockLevel:
    return next(level for level in found.levels if level.warehouse.id == part.warehouse)


def _group(variant: Variant) -> str:
    """The first of two options; nothing where there is only one."""
    values = list(variant.options.values())
    return values[0] if len(values) > 1 else ""


def _state(response: str, some: Sequence[Variant], turn: Turn) -> Fill:
    rest = [", ".join(list(one.options.values())[1 if _group(one) else 0 :]) or one.sku for one in some]
    return turn.phrase(response, {"variants": turn.words.listed(rest, VARIANT)})
