"""The summary: what was wanted, tried and failed, in plain sentences, from what was written down as it happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from ruamel.yaml import YAML

from middleware import handoff_words, store
from middleware.cancelling import Cancellation
from middleware.changing import ChangeOfOrder
from middleware.errors import Conflict, FrontdeskError, NotFound, Rejected, Unavailable, Unknown
from middleware.handoff_records import Plea
from middleware.handoff_summary import BESIDE, MOST, Summaries
from middleware.records import Address, HoldPart, OrderChange, OrderStatus
from middleware.settings import Operation
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADA_PHONE, ADAS_ACCOUNT, ROOT, Bench, level, order, variant
from tests.fakes.building import Proof as Proven
from tests.fakes.handing_over import ASKED, plea, understood
from tests.unit.test_domain import SAID_BY_NOBODY

MakeBench = Callable[..., Bench]

VERIFIED = Proven(phone=ADA_PHONE, email=ADA_EMAIL)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    stock = {"variants": [variant("SKU-1")], "levels": [level("SKU-1", 9)]}
    return bench(
        FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [order("20031", version="1"), order("20032", version="1")], **stock)
    )


async def told(desk: Bench, wanted: Plea = ASKED) -> Mapping[str, Sequence[str]]:
    """The summary as it would be written now."""
    summaries = Summaries(desk.middleware.settings.zone, "en_US")
    return await desk.middleware.store.read(
        lambda connection: summaries.of(connection, "rest:one", wanted, desk.clock())
    )


async def cancel(desk: Bench, number: str = "20031") -> None:
    """The customer has an order cancelled, or tries to."""
    who = await desk.who(VERIFIED)
    change = Cancellation(number=number, version="1")
    key = await desk.middleware.gateway.erp.propose(who, Operation.ORDER_CANCEL, change, ADAS_ACCOUNT.number)
    with suppress(FrontdeskError):
        await desk.middleware.gateway.erp.change(who, Operation.ORDER_CANCEL, key, change)


async def look_up(desk: Bench) -> None:
    """The customer asks for their orders."""
    with suppress(FrontdeskError):
        await desk.middleware.orders.meant(await desk.who(VERIFIED), "where is my order?")


async def test_a_conversation_without_anything_has_nothing_to_tell(desk: Bench) -> None:
    assert await told(desk) == {"wanted": [], "tried": [], "failed": []}


async def test_what_was_wanted_is_in_plain_words_with_the_customers_own(desk: Bench) -> None:
    wanted = plea(
        understood("hi", "Greet"),
        understood("where is my jacket?", "Order_Tracking"),
        understood("what does shipping cost", "faq/shipping_cost"),
        understood("asdf", "nlu_fallback"),
        understood("let me talk to a human", "Human_Handoff"),
        wanted="Cancelling order 20031",
    )

    summary = await told(desk, wanted)

    assert summary["wanted"] == [
        "Cancelling order 20031",
        "Asked where an order is: “where is my jacket?”",
        "Asked about shipping cost: “what does shipping cost”",
        "Asked for a person, or complained: “let me talk to a human”",
    ]
    assert summary["failed"] == ["Not understood: “asdf”"]


async def test_long_words_are_cut_and_lines_are_joined(desk: Bench) -> None:
    wanted = plea(understood("where\nis " + "x" * 500, "Order_Tracking"))

    [one] = (await told(desk, wanted))["wanted"]

    assert one.startswith("Asked where an order is: “where is xxx")
    assert one.endswith("…”")
    assert len(one) < 250


async def test_an_order_that_was_packed_already(desk: Bench) -> None:
    # given a customer who looked for an order, had another one cancelled, and came too late with this
    await look_up(desk)
    desk.clock.advance(MINUTE)
    await cancel(desk, "20032")
    desk.clock.advance(MINUTE)
    desk.erp.orders[0] = replace(desk.erp.orders[0], status=OrderStatus.PACKED)
    desk.erp.fail(Rejected("no", status="packed"), only="cancel_order")
    await cancel(desk)

    # when
    summary = await told(desk)

    # then
    assert summary["tried"] == [
        "13:30: look up the orders: done.",
        "13:31: cancel order 20032: done.",
        "13:32: cancel order 20031: refused, it was packed already.",
    ]
    assert summary["failed"] == ["13:32: cancel order 20031: refused, it was packed already."]


async def test_a_change_in_doubt_comes_first_with_what_to_check(desk: Bench) -> None:
    desk.erp.fail(Rejected("no", status="packed"), only="cancel_order")
    await cancel(desk, "20032")
    desk.erp.fail(Unknown("lost"), late=True, only="cancel_order")
    desk.clock.advance(MINUTE)
    await cancel(desk)

    summary = await told(desk)

    assert summary["failed"] == [
        "13:31: cancel order 20031: in doubt, the answer of the ERP was lost, and nobody knows whether it was done. "
        "Look at order 20031 in the ERP before anybody does it again.",
        "13:30: cancel order 20032: refused, it was packed already.",
    ]


async def test_a_change_whose_server_was_killed_is_in_doubt(desk: Bench) -> None:
    await cancel(desk)
    desk.edit(store.operations, state="started", result=None, ended_at=None)

    assert "nobody knows whether it was done" in (await told(desk))["failed"][0]


async def test_a_doubt_is_told_the_day_after_too_with_its_day(desk: Bench) -> None:
    desk.erp.fail(Unknown("lost"), only="cancel_order")
    await cancel(desk)
    desk.erp.recover()
    await look_up(desk)
    desk.clock.advance(timedelta(days=2))

    summary = await told(desk)

    assert [one.split(":")[0] for one in summary["failed"]] == ["11 March, 13"]
    assert len(summary["tried"]) == 1  # what was looked up then helps nobody now


async def test_a_system_that_is_down_is_told_once(desk: Bench) -> None:
    desk.erp.fail(Unavailable("down"))
    for _ in range(3):
        await look_up(desk)
        desk.clock.advance(MINUTE)
    await cancel(desk)

    summary = await told(desk)

    assert summary["failed"] == [
        "13:32: look up the orders: not done, the ERP didn't answer.",
        "13:33: cancel order 20031: not done, the ERP didn't answer.",
    ]


async def test_what_worked_in_the_end_did_not_fail(desk: Bench) -> None:
    desk.erp.fail(Unavailable("down"))
    await look_up(desk)
    desk.erp.recover()
    desk.clock.advance(MINUTE)
    await look_up(desk)

    summary = await told(desk)

    assert summary == {"wanted": [], "tried": ["13:31: look up the orders: done."], "failed": []}


async def test_what_was_offered_and_never_answered_is_told(desk: Bench) -> None:
    who = await desk.who(VERIFIED)
    change = Cancellation(number="20031", version="1")
    await desk.middleware.gateway.erp.propose(who, Operation.ORDER_CANCEL, change, ADAS_ACCOUNT.number)

    assert (await told(desk))["tried"] == ["13:30: cancel order 20031: offered, nothing was done yet."]


async def test_what_was_too_late_to_be_offered_is_told(desk: Bench) -> None:
    desk.erp.orders[0] = replace(desk.erp.orders[0], status=OrderStatus.SHIPPED)
    await desk.middleware.cancelling.propose(await desk.who(VERIFIED), "20031")

    assert (await told(desk))["tried"] == ["13:30: cancel order 20031: looked into, nothing was done."]


async def test_who_was_not_proven_enough_and_what_is_not_theirs(desk: Bench) -> None:
    who = await desk.who(Proven(phone=ADA_PHONE))
    for attempt in (
        desk.middleware.invoices.unpaid(who),
        desk.middleware.orders.meant(who, "10999", "10999"),
    ):
        with pytest.raises(FrontdeskError):
            await attempt

    summary = await told(desk)

    assert (
        "13:30: look up the invoices: not done, who the customer is wasn't proven enough, or not clear."
        in (summary["tried"])
    )
    assert "13:30: look up order 10999: there is no such thing, or it isn't the customer's." in summary["tried"]
    assert summary["failed"] == []


async def test_another_conversation_is_not_told(desk: Bench) -> None:
    await look_up(desk)
    summaries = Summaries(desk.middleware.settings.zone, "en_US")

    other = await desk.middleware.store.read(
        lambda connection: summaries.of(connection, "rest:two", ASKED, desk.clock())
    )

    assert other["tried"] == []


async def test_of_very_much_the_last_is_told(desk: Bench) -> None:
    for number in range(MOST + 10):
        with pytest.raises(NotFound):
            await desk.middleware.orders.meant(await desk.who(VERIFIED), "x", f"3{number:04}")
        desk.clock.advance(MINUTE)

    tried = (await told(desk))["tried"]

    assert len(tried) == MOST
    assert f"look up order 3{MOST + 9:04}" in tried[-1]


async def test_holds_are_told_with_what_and_where(desk: Bench) -> None:
    who = await desk.who(VERIFIED)
    parts = [HoldPart(warehouse="EWR", name="Newark", quantity=Decimal(2))]
    proposed = await desk.middleware.holds.propose(who, variant(), parts)
    await desk.middleware.holds.confirm(who, proposed.key, proposed.holding)  # type: ignore[union-attr]

    assert (await told(desk))["tried"] == ["13:30: hold SKU-1: 2 in EWR: done."]


async def test_what_jobs_did_by_themselves_is_not_told_as_the_customers(desk: Bench) -> None:
    who = await desk.who(VERIFIED)
    parts = [HoldPart(warehouse="EWR", name="Newark", quantity=Decimal(2))]
    proposed = await desk.middleware.holds.propose(who, variant(), parts)
    await desk.middleware.holds.confirm(who, proposed.key, proposed.holding)  # type: ignore[union-attr]
    desk.clock.advance(timedelta(hours=3))
    await desk.middleware.jobs.run_due()

    assert (await told(desk))["tried"] == ["13:30: hold SKU-1: 2 in EWR: done."]


MOVE = Address(address1="12 Main Street", city="Boston", state="MA", postcode="02110", country="US")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (OrderChange(address=MOVE), "send order 5 to 12 Main Street, Boston, MA, 02110"),
        (OrderChange(line="1", sku="BLU-JKT-L"), "change item 1 of order 5 to BLU-JKT-L"),
        (OrderChange(line="1", quantity=Decimal(3)), "change the quantity of item 1 of order 5 to 3"),
        (OrderChange(line="1", quantity=Decimal(0)), "take item 1 of order 5 off"),
    ],
)
def test_changes_of_orders_are_told_with_what_they_change(change: OrderChange, words: str) -> None:
    parameters = ChangeOfOrder(number="5", version="1", change=change).parameters

    assert handoff_words.change_named("order_change", parameters) == words


@pytest.mark.parametrize(
    ("operation", "parameters", "words"),
    [
        (
            "return_create",
            {"order": "5", "line": "1", "quantity": "2"},
            "announce a return: 2 of item 1 from order 5",
        ),
        ("hold_release", {"hold": "k", "reservation_id": "RS-1"}, "release the hold with reservation RS-1"),
        ("ticket_close", {"number": "T-1"}, "close ticket T-1"),
        ("ticket_comment", {}, "write on a ticket"),
        ("dance_with_customer", {"number": "1"}, "dance with customer"),
    ],
)
def test_other_changes_are_told_in_words(operation: str, parameters: dict[str, Any], words: str) -> None:
    assert handoff_words.change_named(operation, parameters) == words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Rejected("no", status="stock"), "too few were free"),
        (Rejected("no", status="UNABLE_TO_LOCK_ROW"), "the system said no without a reason that is known here"),
        (Conflict("changed"), "somebody else had changed it meanwhile"),
        (NotFound("gone"), "there is no such thing, or it isn't the customer's"),
    ],
)
def test_refusals_are_told_without_codes(error: FrontdeskError, words: str) -> None:
    assert handoff_words.refusal({"refusal": error.kind, "status": error.status}) == words


def test_every_operation_and_every_intent_has_words_or_says_nothing() -> None:
    domain = YAML(typ="safe").load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    silent = {
        "Greet",
        "Goodbye",
        "Affirm",
        "Deny",
        "Thanks",
        "Bot_Challenge",
        "Help",
        "Stop",
        "Choose",
        "Identify",
        "faq",
    }

    named = {*handoff_words.LOOKUPS, *handoff_words.CHANGES}
    assert {one.value for one in Operation} == {one.value for one in named} | BESIDE
    assert set(domain["intents"]) - silent - SAID_BY_NOBODY == set(handoff_words.WANTED) - {"nlu_fallback"}
    assert set(handoff_words.SUBJECTS) <= set(handoff_words.WANTED)
