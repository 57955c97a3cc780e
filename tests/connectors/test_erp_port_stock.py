"""What every ERP connector must do about articles, stock and reservations; all tests share one stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from middleware.erp.base import Erp
from middleware.errors import NotFound, Rejected
from middleware.records import Money, Receipt, Reservation, Variant, Warehouse
from tests.connectors.erp_inside import ErpInside
from tests.connectors.erp_told import free, is_ours, units

BOTTLE = "TRV-BTL-750"


def _free(erp: Erp) -> dict[str, int]:
    return free(erp, BOTTLE)


def _less(erp: Erp, before: Mapping[str, int], **parts: int) -> dict[str, int]:
    """What is free once these units are taken."""
    taken = units(erp, BOTTLE, **parts)
    return {warehouse: quantity - int(taken.get(warehouse, 0)) for warehouse, quantity in before.items()}


def _skus(found: object) -> list[str]:
    return [one.sku for one in found]  # type: ignore[attr-defined]


def _reserve(erp: Erp, key: str, **parts: int) -> Reservation:
    return erp.reserve(BOTTLE, units(erp, BOTTLE, **parts), customer_number="1001", key=key)


# Articles


@pytest.mark.parametrize("sku", [BOTTLE, "trv-btl-750", "trv btl 750", "TRVBTL750", "  Trv_Btl/750. "])
def test_an_article_is_found_by_its_sku_however_it_is_written(any_erp: Erp, sku: str) -> None:
    (variant,) = any_erp.variants_by_sku(sku)

    assert variant == Variant(
        sku=BOTTLE,
        product_id=variant.product_id,
        name="travel bottle",
        options={"volume": "750 ml"},
        category="drinkware",
        price=Money(amount=Decimal("24.00"), currency="USD"),
    )


@pytest.mark.parametrize(
    "sku", ["TRV-BTL", "TRV-BTL-75", "TRV-BTL-7500", "XTRV-BTL-750", "TRV%750", "TRV-BTL-75_", "-"]
)
def test_a_sku_is_whole_or_none(any_erp: Erp, sku: str) -> None:
    assert list(any_erp.variants_by_sku(sku)) == []


@pytest.mark.parametrize("sku", ["TÉL-1", "tél 1", "Tél1"])
def test_a_sku_with_other_letters_is_found_in_any_case(any_erp: Erp, sku: str) -> None:
    (variant,) = any_erp.variants_by_sku(sku)

    assert variant.sku == "TÉL-1"
    assert variant.price is None


def test_articles_are_found_by_words_those_with_most_of_them_first(any_erp: Erp) -> None:
    found = _skus(any_erp.variants_by_words({"blue", "jacket", "m"}))

    assert found[0] == "BLU-JKT-M"
    assert set(found) >= {"BLU-JKT-L", "RED-JKT-M", "RED-JKT-L", "MUG-EU"}
    assert "TNT-2P" not in found[:4]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ({"750"}, [BOTTLE]),
        ({"travel", "bottle", "500"}, ["TRV-BTL-500", BOTTLE]),
        ({"peg", "drill"}, ["TNT-PEG"]),
        ({"trv-btl-750"}, [BOTTLE]),
        ({"télescope"}, ["TÉL-1"]),
        ({"foncé"}, ["TÉL-1"]),
    ],
)
def test_a_word_stands_in_the_name_in_an_option_or_in_the_sku(any_erp: Erp, words: set[str], first: list[str]) -> None:
    assert _skus(any_erp.variants_by_words(words)) == first


@pytest.mark.parametrize("words", [set(), {""}, {"sofa"}, {"volume"}, {"clothing"}, {"{"}])
def test_words_that_describe_no_article_find_none(any_erp: Erp, words: set[str]) -> None:
    assert list(any_erp.variants_by_words(words)) == []


def test_a_product_has_its_variants(any_erp: Erp) -> None:
    (jacket,) = any_erp.variants_by_sku("BLU-JKT-M")

    variants = any_erp.variants_of(jacket.product_id)

    assert sorted(_skus(variants)) == ["BLU-JKT-L", "BLU-JKT-M", "RED-JKT-L", "RED-JKT-M"]
    assert jacket in variants


# Stock


def test_stock_says_what_is_free_in_which_warehouse(any_erp: Erp) -> None:
    levels = {level.warehouse.id: level for level in any_erp.stock("BLU-JKT-L")}
    if not any_erp.capabilities.warehouse_stock:
        assert [level.free for level in levels.values()] == [90], "one total"
        return

    assert set(levels) == {"EWR", "RNO"}
    assert {level.sku for level in levels.values()} == {"BLU-JKT-L"}
    assert (levels["EWR"].free, levels["RNO"].free) == (30, 60)
    assert type(levels["EWR"].free) is Decimal
    assert levels["EWR"].warehouse == Warehouse(
        id="EWR", name="Newark", latitude=40.7, longitude=-74.2, country="US", postcode="07114"
    )


def test_where_a_warehouse_lies_may_be_unknown(any_erp: Erp) -> None:
    if not any_erp.capabilities.warehouse_stock:
        assert len(any_erp.stock(BOTTLE)) == 1
        return
    (columbus,) = (level.warehouse for level in any_erp.stock(BOTTLE) if level.warehouse.id == "CMH")

    assert (columbus.latitude, columbus.longitude) == (None, None)


def test_what_is_to_come_in_is_told_the_soonest_first(any_erp: Erp, now: datetime) -> None:
    levels = {level.warehouse.id: level for level in any_erp.stock("TRV-BTL-500")}
    today = now.date()
    if not (any_erp.capabilities.warehouse_stock and any_erp.capabilities.receipts):
        _assert_coming(any_erp, [one for level in levels.values() for one in level.receipts], today)
        return

    assert levels["EWR"].free == 0
    assert levels["EWR"].receipts == (
        Receipt(quantity=Decimal(100), expected_on=today + timedelta(days=3)),
        Receipt(quantity=Decimal(200), expected_on=today + timedelta(days=9)),
    )
    assert levels["CMH"].free == 0, "nothing lies there yet, but something comes"
    assert levels["CMH"].receipts == (Receipt(quantity=Decimal(50), expected_on=today + timedelta(days=5)),)


def _assert_coming(erp: Erp, receipts: Sequence[Receipt], today: date) -> None:
    """Asserts what is to come in, wherever that is, or that nothing is said of it."""
    expected = [(3, 100), (5, 50), (9, 200)] if erp.capabilities.receipts else []
    assert receipts == [
        Receipt(quantity=Decimal(quantity), expected_on=today + timedelta(days=days)) for days, quantity in expected
    ]


def test_what_no_warehouse_keeps_has_no_stock(any_erp: Erp) -> None:
    assert not any(free(any_erp, "MUG-EU").values())
    assert list(any_erp.stock("MUG-EU")) == [] or not is_ours(any_erp)
    assert list(any_erp.stock("trv-btl-750")) == [], "a SKU is taken as it stands"


# Reservations


def test_a_reservation_takes_from_what_others_can_have_at_once(any_erp: Erp) -> None:
    before = _free(any_erp)

    made = _reserve(any_erp, "r-take", EWR=20, CMH=5)

    parts = units(any_erp, BOTTLE, EWR=20, CMH=5)
    assert made == Reservation(id=made.id, customer_number="1001", sku=BOTTLE, parts=parts)
    assert _free(any_erp) == _less(any_erp, before, EWR=20, CMH=5)
    assert any_erp.reservation_made_by("r-take") == made


def test_what_is_reserved_is_kept_by_the_erp_itself_where_it_can(erp: Erp, erp_inside: ErpInside) -> None:
    before = erp_inside.reserved(BOTTLE)

    made = _reserve(erp, "r-inside", EWR=20, CMH=5)
    kept = erp_inside.reserved(BOTTLE) - before
    erp.release(made.id)

    assert kept == (25 if erp.capabilities.holds == "native" else 0)
    assert erp_inside.reserved(BOTTLE) == before


def test_a_reservation_is_made_once_per_key(any_erp: Erp) -> None:
    first = _reserve(any_erp, "r-once", EWR=1)
    left = _free(any_erp)

    assert _reserve(any_erp, "r-once", EWR=1) == first
    assert _free(any_erp) == left
    assert _reserve(any_erp, "r-another", EWR=1).id != first.id


def test_of_parts_that_cant_all_be_had_none_is_taken(any_erp: Erp) -> None:
    before = _free(any_erp)

    with pytest.raises(Rejected) as caught:
        _reserve(any_erp, "r-half", CMH=1, EWR=1, RNO=max(before.values()) + 1)

    assert caught.value.status == "stock"
    assert _free(any_erp) == before
    assert any_erp.reservation_made_by("r-half") is None


def test_a_key_that_was_refused_may_be_used_again(any_erp: Erp) -> None:
    with pytest.raises(Rejected):
        _reserve(any_erp, "r-retry", EWR=5000)

    assert _reserve(any_erp, "r-retry", EWR=1).parts == units(any_erp, BOTTLE, EWR=1)


@pytest.mark.parametrize(
    ("sku", "parts", "status"),
    [
        (BOTTLE, {}, "quantity"),
        (BOTTLE, {"EWR": "0"}, "quantity"),
        (BOTTLE, {"EWR": "-5"}, "quantity"),
        (BOTTLE, {"EWR": "1.5"}, "quantity"),
        (BOTTLE, {"EWR": "1", "CMH": "0"}, "quantity"),
        (BOTTLE, {"EWR": "1e9"}, "stock"),
        (BOTTLE, {"EWR": "1e30"}, "stock"),
        (BOTTLE, {"LHR": "1"}, "stock"),
        (BOTTLE, {"EWR' OR '1'='1": "1"}, "stock"),
        ("MUG-EU", {"EWR": "1"}, "stock"),
        ("NO-SUCH", {"EWR": "1"}, "stock"),
        ("trv-btl-750", {"EWR": "1"}, "stock"),
    ],
    ids=str,
)
def test_what_isnt_there_cant_be_reserved(any_erp: Erp, sku: str, parts: dict[str, str], status: str) -> None:
    before = _free(any_erp)

    with pytest.raises(Rejected) as caught:
        any_erp.reserve(sku, units(any_erp, sku, **parts), customer_number="1001", key="r-never")

    assert caught.value.status == status
    assert _free(any_erp) == before
    assert any_erp.reservation_made_by("r-never") is None


def test_the_last_unit_can_be_had_and_then_no_more(any_erp: Erp) -> None:
    place, left = list(_free(any_erp).items())[-1]
    last = _reserve(any_erp, "r-last", **{place: left})

    assert _free(any_erp)[place] == 0
    with pytest.raises(Rejected):
        _reserve(any_erp, "r-too-late", **{place: 1})
    any_erp.release(last.id)


def test_what_is_released_is_given_back_once(any_erp: Erp) -> None:
    before = _free(any_erp)
    made = _reserve(any_erp, "r-back", EWR=7, RNO=2)

    released = any_erp.release(made.id)

    assert released.is_released and (released.id, released.parts) == (made.id, made.parts)
    assert any_erp.release(made.id) == released == any_erp.reservation_made_by("r-back")
    assert _free(any_erp) == before


def test_a_reservation_that_was_released_isnt_made_anew_under_its_key(any_erp: Erp) -> None:
    made = _reserve(any_erp, "r-gone", EWR=3)
    any_erp.release(made.id)
    before = _free(any_erp)

    assert _reserve(any_erp, "r-gone", EWR=3).is_released
    assert _free(any_erp) == before


def test_what_was_never_reserved_cant_be_released(any_erp: Erp) -> None:
    with pytest.raises(NotFound) as caught:
        any_erp.release("4711")

    assert caught.value.system == "erp"


def test_hostile_input_finds_no_article_and_reserves_nothing(any_erp: Erp, hostile: str) -> None:
    before = _free(any_erp)

    assert list(any_erp.variants_by_sku(hostile)) == []
    assert list(any_erp.variants_by_words({hostile})) == []
    assert list(any_erp.variants_of(hostile)) == []
    assert list(any_erp.stock(hostile)) == []
    assert any_erp.reservation_made_by(hostile) is None
    with pytest.raises(NotFound):
        any_erp.release(hostile)
    with pytest.raises(Rejected):
        any_erp.reserve(hostile, {"EWR": Decimal(1)}, customer_number="1001", key="h")
    with pytest.raises(Rejected):
        any_erp.reserve(BOTTLE, {hostile: Decimal(1)}, customer_number="1001", key="h")
    with pytest.raises(Rejected):
        any_erp.reserve(BOTTLE, units(any_erp, BOTTLE, EWR=1), customer_number=hostile, key="h")

    assert _free(any_erp) == before, "it still answers"


def test_a_flood_of_words_finds_what_some_of_them_name(any_erp: Erp) -> None:
    words = [f"w{number}" for number in range(5000)] + ["x" * 100_000]

    assert list(any_erp.variants_by_words(words)) == []
    assert BOTTLE in _skus(any_erp.variants_by_words(["bottle", *words]))
