"""The door to the systems of record: who may ask, whose it is, how long it may take, and the note of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from middleware import store
from middleware.deadline import current
from middleware.errors import FrontdeskError, Malformed, NotAllowed, NotFound, Reason, Rejected, Unavailable
from middleware.identity import Proof
from middleware.records import Contact, Customer
from middleware.settings import Operation
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADA_PHONE, ADAS_ACCOUNT, KNOWN, NOW, Bench, ago, order, ticket
from tests.fakes.times import Once, Times

MakeBench = Callable[..., Bench]

BEN = Contact(id="102", first_name="Ben", last_name="Ortiz", phone="+12015550120", email="ben@example.com")
BENS_ACCOUNT = Customer(number="1002", name="Ben Ortiz", phone=BEN.phone, email=BEN.email)
MINE, BENS = order("5001"), replace(order("6001"), customer_number=BENS_ACCOUNT.number)


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    """Ada and Ben in both systems, with one order each."""
    return bench(FakeCrm([ADA, BEN], [ticket()]), FakeErp([ADAS_ACCOUNT, BENS_ACCOUNT], [MINE, BENS]))


async def my_orders(desk: Bench, proof: Proof = KNOWN) -> object:
    return await desk.middleware.gateway.erp.mine(
        await desk.who(proof), Operation.ORDER_STATUS, lambda erp, account: erp.orders_since(account.number, ago(365))
    )


async def one_order(desk: Bench, number: str, proof: Proof = KNOWN) -> object:
    return await desk.middleware.gateway.erp.one(
        await desk.who(proof), Operation.ORDER_STATUS, number, lambda erp: erp.order(number)
    )


async def my_tickets(desk: Bench, proof: Proof = KNOWN) -> object:
    return await desk.middleware.gateway.crm.mine(
        await desk.who(proof), Operation.TICKET_STATUS, lambda crm, contact: crm.open_tickets(contact.id)
    )


async def until(true: Callable[[], bool]) -> None:
    """Waits for what happens in another thread."""
    while not true():
        await asyncio.sleep(0.005)


# Who may ask


async def test_whoever_is_not_known_is_refused_before_any_system_is_asked(desk: Bench) -> None:
    with pytest.raises(NotAllowed) as caught:
        await my_orders(desk, Proof())

    assert caught.value.reason is Reason.LEVEL
    assert not desk.erp.calls
    assert desk.audit() == ["erp order_status NotAllowed"]


@pytest.mark.parametrize(
    "proof", [Proof(phone=ADA_PHONE), Proof(email=ADA_EMAIL), Proof(customer_id="1001")], ids=lambda proof: proof.level
)
async def test_whoever_is_known_gets_their_own(desk: Bench, proof: Proof) -> None:
    assert await my_orders(desk, proof) == [MINE]
    assert await one_order(desk, MINE.number, proof) == MINE


async def test_an_account_that_nobody_has_is_not_found(desk: Bench) -> None:
    with pytest.raises(NotAllowed) as caught:
        await my_orders(desk, Proof(phone="+12015550199"))

    assert caught.value.reason is Reason.NO_PARTY


async def test_several_accounts_under_one_number_are_told_apart_by_nothing(desk: Bench) -> None:
    desk.erp.customers.append(replace(BENS_ACCOUNT, number="1003", phone=ADA_PHONE))

    with pytest.raises(NotAllowed) as caught:
        await my_orders(desk)

    assert caught.value.reason is Reason.AMBIGUOUS
    assert "orders_since" not in desk.erp.calls


# Whose it is


async def test_anothers_order_is_not_found_by_its_number(desk: Bench) -> None:
    with pytest.raises(NotFound) as foreign:
        await one_order(desk, BENS.number)
    with pytest.raises(NotFound) as missing:
        await one_order(desk, "9999")

    assert foreign.value.operation == missing.value.operation == "order_status"
    assert [row["object"] for row in desk.rows(store.audit)] == [BENS.number, "9999"]


async def test_a_list_with_anothers_order_makes_no_sense(desk: Bench) -> None:
    gateway, who = desk.middleware.gateway, await desk.who(KNOWN)

    with pytest.raises(Malformed):
        await gateway.erp.mine(who, Operation.ORDER_STATUS, lambda _erp, _account: [MINE, BENS])

    assert desk.audit() == ["erp order_status Malformed"]


async def test_tickets_belong_to_the_person_in_the_crm(desk: Bench) -> None:
    desk.crm.tickets.append(ticket("T-8", contact_id=BEN.id))

    assert await my_tickets(desk) == [ticket()]


# How long it may take


async def test_an_answer_after_the_deadline_is_not_waited_for(bench: MakeBench) -> None:
    # given
    desk = bench(erp=FakeErp([ADAS_ACCOUNT], [MINE]), order_status=0.2)
    who = await desk.who(KNOWN)
    desk.erp.hang(60)

    # when
    begun = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        await desk.middleware.gateway.erp.account(who, Operation.ORDER_STATUS)

    # then
    assert 0.2 <= time.monotonic() - begun < 30
    assert (caught.value.system, caught.value.operation) == ("erp", "order_status")
    assert desk.audit() == ["erp order_status Unavailable"]


async def test_a_call_that_overran_its_deadline_runs_on_to_its_end(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    desk = bench(erp=FakeErp([ADAS_ACCOUNT]))
    who = await desk.who(KNOWN)
    desk.erp.hang(60)
    monkeypatch.setattr("middleware.gateway.Deadline", lambda _: Once(lambda: desk.erp.calls["customers_by_phone"]))
    with pytest.raises(Unavailable):
        await desk.middleware.gateway.erp.account(who, Operation.ORDER_STATUS)
    assert desk.erp.ended == 0

    # when
    desk.erp.recover()

    # then
    await asyncio.wait_for(until(lambda: desk.erp.ended == 1), 60)


async def test_all_calls_of_one_operation_share_its_deadline(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a system whose every call takes half of the deadline
    times = Times()
    monkeypatch.setattr("middleware.deadline.time", times)
    left: dict[str, float] = {}

    class Slow(FakeErp):
        def _answer(self, method: str, honestly: Callable[[], Any]) -> Any:
            deadline = current.get()
            assert deadline is not None
            left[method] = deadline.left
            times.now += 60
            return super()._answer(method, honestly)

    desk = bench(erp=Slow([ADAS_ACCOUNT], [MINE]), order_status=120)

    # when
    assert await my_orders(desk) == [MINE]

    # then the second had what was left of it
    assert left == {"customers_by_phone": 120, "orders_since": 60}


async def test_a_stuck_system_does_not_stall_the_other(bench: MakeBench) -> None:
    # given every thread of the CRM hanging, and more calls waiting
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [MINE]), ticket_status=30)
    desk.crm.hang(60)
    stuck = [asyncio.ensure_future(my_tickets(desk)) for _ in range(desk.middleware.settings.crm.threads + 2)]
    await asyncio.wait_for(
        until(lambda: desk.crm.calls["contacts_by_phone"] == desk.middleware.settings.crm.threads), 60
    )

    # when
    found = await asyncio.wait_for(my_orders(desk), 20)

    # then
    assert found == [MINE]
    for one in stuck:
        one.cancel()
    await asyncio.gather(*stuck, return_exceptions=True)


# What goes wrong inside a connector


async def test_a_fault_of_the_connector_makes_no_sense(desk: Bench) -> None:
    desk.erp.fail(ValueError("secret customer data"))

    with pytest.raises(Malformed) as caught:
        await my_orders(desk)

    assert caught.value.system == "erp"
    assert "secret" not in str(caught.value)
    assert desk.audit() == ["erp order_status Malformed"]


@pytest.mark.parametrize("nonsense", [[None], ["text"], 42, object()])
async def test_an_answer_of_the_wrong_kind_makes_no_sense(desk: Bench, nonsense: Any) -> None:
    gateway, who = desk.middleware.gateway, await desk.who(KNOWN)

    with pytest.raises(Malformed):
        await gateway.erp.mine(who, Operation.ORDER_STATUS, lambda _erp, _account: nonsense)
    with pytest.raises(Malformed):
        await gateway.erp.one(who, Operation.ORDER_STATUS, "1", lambda _erp: nonsense)


@pytest.mark.parametrize("error", [Unavailable("down", system="erp"), Rejected("no", system="erp")])
async def test_an_error_of_ours_passes_as_it_is(desk: Bench, error: FrontdeskError) -> None:
    desk.erp.fail(error)

    with pytest.raises(type(error)) as caught:
        await my_orders(desk)

    assert caught.value is error
    assert desk.audit() == [f"erp order_status {type(error).__name__}"]


# The note of it


async def test_each_request_is_noted_with_who_what_and_its_outcome(desk: Bench) -> None:
    # given
    who = await desk.who(KNOWN)

    # when
    await desk.middleware.gateway.erp.one(who, Operation.ORDER_STATUS, MINE.number, lambda erp: erp.order(MINE.number))

    # then
    [row] = desk.rows(store.audit)
    milliseconds = row.pop("milliseconds")
    assert 0 <= milliseconds < 4000
    assert row == {
        "id": 1,
        "seal": None,
        "at": NOW,
        "correlation_id": who.correlation_id,
        "conversation_id": "rest:one",
        "operation": "order_status",
        "system": "erp",
        "object": MINE.number,
        "level": "known",
        "outcome": "ok",
    }


async def test_an_account_alone_is_noted_as_well(desk: Bench) -> None:
    who = await desk.who(KNOWN)

    assert await desk.middleware.gateway.crm.account(who, Operation.GREETING) == ADA

    assert desk.audit() == ["crm greeting ok"]


async def test_what_cannot_be_noted_is_not_answered(desk: Bench) -> None:
    desk.lose(store.audit)

    with pytest.raises(Unavailable) as caught:
        await my_orders(desk)

    assert caught.value.system == "store"


async def test_a_refusal_that_cannot_be_noted_is_no_answer_either(desk: Bench) -> None:
    desk.lose(store.audit)

    with pytest.raises(Unavailable):
        await one_order(desk, BENS.number)
