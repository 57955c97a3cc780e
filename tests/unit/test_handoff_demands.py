"""Which messages are for a person at once, by the company's rules; and what asking that costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from middleware.errors import Misconfigured, Unavailable
from middleware.handoff_demands import Demands, Heard, amounts
from middleware.handoff_rules import HandoffRule, HandoffRules, Over, check_handoff
from middleware.identity import Proof
from middleware.records import Money
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, KNOWN, Bench, line, order

MakeBench = Callable[..., Bench]

LAW = HandoffRule(name="The law", words=("lawyer", "legal action"))
VIP = HandoffRule(name="Large customers", segments=("Key account",), intents=("Order_Cancel",))
MUCH = HandoffRule(name="Much money", over=Over(amount=Decimal(500), currency="USD"), intents=("Return_Request",))
FILE = Path("assistant.yml")


def dear(price: str = "600", currency: str = "USD", **fields: Any) -> Any:
    """An order over an amount."""
    return order("5001", lines=(line(price=Money(amount=Decimal(price), currency=currency)),), **fields)


def demands(desk: Bench, *rules: HandoffRule) -> Demands:
    known = desk.middleware.settings
    settings = msgspec.structs.replace(known, handoff=msgspec.structs.replace(known.handoff, rules=rules))
    return Demands(desk.middleware.gateway, settings)


async def met(
    desk: Bench, rule: HandoffRule, text: str, intent: str = "Thanks", number: str | None = None, proof: Proof = KNOWN
) -> bool:
    who = await desk.who(proof)
    return await demands(desk, rule).met(who, Heard(text=text, intent=intent, order_number=number)) is not None


@pytest.mark.parametrize(
    ("text", "is_met"),
    [
        ("my LAWYER will write to you", True),
        ("I'll take legal  action!", True),
        ("legal, no action", False),
        ("lawyers cost money", False),
        ("", False),
    ],
)
async def test_whole_words_in_a_row_count_whatever_their_case(bench: MakeBench, text: str, is_met: bool) -> None:
    desk = bench(FakeCrm([ADA]))

    assert await met(desk, LAW, text) is is_met
    assert not desk.crm.calls and not desk.erp.calls


async def test_everything_that_a_rule_names_must_hold(bench: MakeBench) -> None:
    desk = bench(FakeCrm([replace(ADA, segment="key account")]))

    assert await met(desk, VIP, "cancel it", "Order_Cancel")
    assert not await met(desk, VIP, "where is it", "Order_Tracking")


async def test_the_crm_is_asked_only_where_all_that_costs_nothing_holds(bench: MakeBench) -> None:
    desk = bench(FakeCrm([replace(ADA, segment="Key account")]))

    await met(desk, VIP, "where is it", "Order_Tracking")
    await met(desk, VIP, "cancel it", "Order_Cancel", proof=Proof())

    assert not desk.crm.calls
    assert desk.audit() == []


@pytest.mark.parametrize("segment", ["", "other"])
async def test_a_customer_of_another_class_meets_no_rule_for_this_one(bench: MakeBench, segment: str) -> None:
    assert not await met(bench(FakeCrm([replace(ADA, segment=segment)])), VIP, "cancel it", "Order_Cancel")


async def test_a_crm_that_is_down_holds_nothing_up(bench: MakeBench) -> None:
    desk = bench(FakeCrm([ADA]))
    desk.crm.fail(Unavailable("down", system="crm"))

    assert not await met(desk, VIP, "cancel it", "Order_Cancel")


@pytest.mark.parametrize(
    ("text", "is_met"),
    [
        ("I want my $700 back", True),
        ("my 500 dollars", False),
        ("two of the 700 pieces", False),
        ("1,200.50 USD for this?", True),
        ("2k bucks!!", True),
        ("600 euros", False),
    ],
)
async def test_money_that_is_named_in_the_rules_currency_counts(bench: MakeBench, text: str, is_met: bool) -> None:
    desk = bench(FakeCrm([ADA]))

    assert await met(desk, MUCH, text, "Return_Request", proof=Proof()) is is_met
    assert not desk.erp.calls


async def test_the_order_that_is_spoken_of_counts(bench: MakeBench) -> None:
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [dear()]))

    assert await met(desk, MUCH, "send it back", "Return_Request", "#5001")
    assert not await met(desk, MUCH, "send it back", "Return_Request", "#5001", proof=Proof())
    assert not await met(desk, MUCH, "send it back", "Return_Request")


@pytest.mark.parametrize(
    "mine", [dear("500"), dear(currency="EUR"), dear(customer_number="1002"), order("5001", lines=(line(price=None),))]
)
async def test_an_order_that_is_not_over_it_or_not_theirs_does_not_count(bench: MakeBench, mine: Any) -> None:
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [mine]))

    assert not await met(desk, MUCH, "send it back", "Return_Request", "5001")


async def test_the_first_rule_that_is_met_counts(bench: MakeBench) -> None:
    desk = bench()
    other = HandoffRule(name="Also", words=("lawyer",), urgent=True)

    found = await demands(desk, LAW, other).met(await desk.who(), Heard(text="lawyer", intent="Thanks"))

    assert found is LAW


@pytest.mark.parametrize(
    ("text", "currency", "found"),
    [
        ("$58.20 and $34", "USD", ["58.20", "34"]),
        ("1.500,50 EUR", "EUR", ["1500.50"]),
        ("€ 20", "EUR", ["20"]),
        ("US$ 900 or USD 901", "USD", ["900", "901"]),
        ("£84", "GBP", ["84"]),
        ("a 5-dollar fee", "USD", ["5"]),
        ("1.2 million dollars", "USD", ["1200000.0"]),
        ("order 10023, 500 of BLU-JKT-M", "USD", []),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, currency: str, found: list[str]) -> None:
    assert list(amounts(text, currency, "en_US")) == [Decimal(one) for one in found]


# Settings


def rules(*rules: HandoffRule) -> HandoffRules:
    return HandoffRules(away_minutes=5, minutes_each=4, account_seconds=3, rules=rules)


def test_good_rules_are_taken() -> None:
    check_handoff(rules(LAW, VIP, MUCH, HandoffRule(name="faq", intents=("faq",))), FILE)


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        (HandoffRule(name="x"), "'x' says of no message that it is for a person; give it words"),
        (HandoffRule(name="x", words=("lawyer", " ")), "'x' has an empty text among its words or segments"),
        (HandoffRule(name="x", segments=("",)), "'x' has an empty text"),
        (HandoffRule(name="x", intents=("Order_Tracked",)), "'x': domain.yml has no intent 'Order_Tracked'"),
        (HandoffRule(name="x", over=Over(amount=Decimal(1), currency="Dollar")), "'x': 'Dollar' is no currency"),
        (LAW, "'The law' is the name of two rules"),
    ],
)
def test_a_wrong_rule_is_refused_with_a_sentence(rule: HandoffRule, complaint: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        check_handoff(rules(LAW, rule), FILE)

    assert str(refused.value).startswith("assistant.yml: handoff.rules: ")
    assert complaint in str(refused.value)
