"""A change happens once: whatever is lost, repeated or replayed, and whatever the customer hears is true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from middleware import store
from middleware.cancelling import Cancellation, Proposed, TooLate
from middleware.errors import Conflict, FrontdeskError, Malformed, NotAllowed, NotFound, Rejected, Unavailable, Unknown
from middleware.identity import Proof
from middleware.records import Order, OrderStatus
from middleware.settings import Operation
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADAS_ACCOUNT, KNOWN, Bench, order

MakeBench = Callable[..., Bench]
VERIFIED = Proof(email=ADA_EMAIL)
MINE = order("5001", version="1")
BENS = replace(order("6001"), customer_number="1002")


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    """Ada with an order that waits for the warehouse."""
    return bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [MINE, BENS]), order_cancel=0.5)


async def propose(desk: Bench, number: str = MINE.number, proof: Proof = VERIFIED) -> Proposed:
    proposed = await desk.middleware.cancelling.propose(await desk.who(proof), number)
    assert isinstance(proposed, Proposed)
    return proposed


async def say_yes(desk: Bench, proposed: Proposed, conversation: str = "rest:one", **changed: str) -> Order | TooLate:
    known = {"number": proposed.order.number, "version": proposed.order.version} | changed
    who = await desk.who(VERIFIED, conversation)
    return await desk.middleware.cancelling.confirm(who, proposed.key, Cancellation(**known))


def state(desk: Bench) -> tuple[str, int]:
    [row] = desk.rows(store.operations)
    return row["state"], row["attempts"]


async def test_a_yes_cancels_the_order(desk: Bench) -> None:
    proposed = await propose(desk)
    assert desk.erp.order(MINE.number).status is OrderStatus.PLACED

    done = await say_yes(desk, proposed)

    assert isinstance(done, Order) and done.status is OrderStatus.CANCELLED
    assert desk.erp.changes == [(MINE.number, proposed.key)]
    assert state(desk) == ("done", 1)
    assert desk.audit() == ["erp order_cancel ok", "erp order_cancel ok"]


async def test_a_repeated_yes_gets_the_stored_result_and_asks_nobody(desk: Bench) -> None:
    proposed = await propose(desk)
    first = await say_yes(desk, proposed)
    calls = desk.erp.calls["cancel_order"]

    assert await say_yes(desk, proposed) == first
    assert desk.erp.calls["cancel_order"] == calls == 1


async def test_many_yeses_at_once_are_one_change(desk: Bench) -> None:
    proposed = await propose(desk)

    answers = await asyncio.gather(*(say_yes(desk, proposed) for _ in range(20)), return_exceptions=True)

    assert desk.erp.calls["cancel_order"] == 1
    assert any(isinstance(one, Order) for one in answers)
    assert all(isinstance(one, (Order, Unknown)) for one in answers)


@pytest.mark.parametrize("changed", [{"number": "6001"}, {"version": "2"}])
async def test_the_same_key_with_other_parameters_is_refused(desk: Bench, changed: dict[str, str]) -> None:
    proposed = await propose(desk)

    with pytest.raises(Conflict):
        await say_yes(desk, proposed, **changed)

    assert not desk.erp.changes


async def test_a_key_of_another_conversation_is_refused(desk: Bench) -> None:
    proposed = await propose(desk)

    with pytest.raises(Conflict):
        await say_yes(desk, proposed, conversation="rest:two")

    assert not desk.erp.changes


async def test_a_key_that_nobody_minted_is_refused(desk: Bench) -> None:
    proposed = await propose(desk)

    with pytest.raises(NotFound):
        await say_yes(desk, replace(proposed, key="invented"))


async def test_whoever_is_known_alone_can_neither_propose_nor_confirm(desk: Bench) -> None:
    with pytest.raises(NotAllowed):
        await propose(desk, proof=KNOWN)

    proposed = await propose(desk)
    with pytest.raises(NotAllowed):
        await desk.middleware.cancelling.confirm(
            await desk.who(KNOWN), proposed.key, Cancellation(number=MINE.number, version=MINE.version)
        )
    assert not desk.erp.changes


async def test_anothers_order_can_not_be_proposed(desk: Bench) -> None:
    with pytest.raises(NotFound):
        await propose(desk, BENS.number)

    assert not desk.rows(store.operations)


async def test_an_order_on_the_packing_floor_is_too_late(desk: Bench) -> None:
    packed = order("5002", OrderStatus.PACKED)
    desk.erp.orders.append(packed)

    proposed = await desk.middleware.cancelling.propose(await desk.who(VERIFIED), "5002")

    assert proposed == TooLate(order=packed)


async def test_an_order_that_was_packed_before_the_yes_is_not_cancelled(desk: Bench) -> None:
    proposed = await propose(desk)
    desk.erp.orders[0] = packed = replace(MINE, status=OrderStatus.PACKED)

    assert await say_yes(desk, proposed) == TooLate(order=packed)
    assert state(desk) == ("refused", 1)

    # and a second yes hears the same, without asking for it again
    assert await say_yes(desk, proposed) == TooLate(order=packed)
    assert desk.erp.calls["cancel_order"] == 1


async def test_an_order_that_changed_before_the_yes_is_not_cancelled(desk: Bench) -> None:
    proposed = await propose(desk)
    desk.erp.orders[0] = replace(MINE, version="2")

    with pytest.raises(Conflict):
        await say_yes(desk, proposed)

    assert not desk.erp.changes


async def test_a_system_that_cannot_be_reached_leaves_it_proposed(desk: Bench) -> None:
    proposed = await propose(desk)
    desk.erp.fail(Unavailable("gone"), only="cancel_order")
    with pytest.raises(Unavailable):
        await say_yes(desk, proposed)
    assert state(desk) == ("proposed", 0)

    desk.erp.recover()
    done = await say_yes(desk, proposed)

    assert isinstance(done, Order) and done.status is OrderStatus.CANCELLED
    assert not desk.erp.calls["order_changed_by"]


@pytest.mark.parametrize("error", [Unknown("lost"), Malformed("nonsense"), ValueError("a fault")])
async def test_a_lost_answer_is_looked_up_before_anything_is_tried_again(desk: Bench, error: Exception) -> None:
    # given a change that was made, and whose answer was lost
    proposed = await propose(desk)
    desk.erp.fail(error, late=True, only="cancel_order")
    with pytest.raises(Unknown):
        await say_yes(desk, proposed)
    assert state(desk) == ("unknown", 1)
    desk.erp.recover()

    # when they say yes again
    done = await say_yes(desk, proposed)

    # then it was found, not made anew
    assert isinstance(done, Order) and done.status is OrderStatus.CANCELLED
    assert (desk.erp.calls["order_changed_by"], desk.erp.calls["cancel_order"]) == (1, 1)
    assert state(desk) == ("done", 2)


async def test_a_lost_change_that_was_not_made_is_made_after_the_look_up(desk: Bench) -> None:
    proposed = await propose(desk)
    desk.erp.fail(Unknown("lost"), only="cancel_order")
    with pytest.raises(Unknown):
        await say_yes(desk, proposed)
    desk.erp.recover()

    await say_yes(desk, proposed)

    assert desk.erp.changes == [(MINE.number, proposed.key)]


async def test_what_became_of_a_lost_change_stays_open_while_it_cannot_be_looked_up(desk: Bench) -> None:
    proposed = await propose(desk)
    desk.erp.fail(Unknown("lost"), late=True, only="cancel_order")
    with pytest.raises(Unknown):
        await say_yes(desk, proposed)
    desk.erp.recover()
    desk.erp.fail(Unavailable("gone"), only="order_changed_by")

    with pytest.raises(Unknown):
        await say_yes(desk, proposed)

    assert state(desk) == ("unknown", 2)


@pytest.mark.parametrize(
    ("method", "error"),
    [
        ("customers_by_email", Unavailable("gone")),
        ("order_changed_by", Malformed("x")),
        ("customers_by_email", KeyError()),
    ],
)
async def test_while_a_lost_change_is_open_no_trouble_is_taken_for_nothing_happened(
    desk: Bench, method: str, error: Exception
) -> None:
    proposed = await propose(desk)
    desk.erp.fail(Unknown("lost"), late=True, only="cancel_order")
    with pytest.raises(Unknown):
        await say_yes(desk, proposed)
    desk.erp.recover()
    desk.erp.fail(error, only=method)

    with pytest.raises(Unknown):
        await say_yes(desk, proposed)


async def test_a_change_that_hangs_is_unknown_and_refused_to_others_until_it_must_have_ended(desk: Bench) -> None:
    # given a change that another process has in hand
    proposed = await propose(desk)
    desk.erp.hang(60, only="cancel_order")
    with pytest.raises(Unknown):
        await say_yes(desk, proposed)

    # when that process is gone without a word
    desk.edit(store.operations, state="started", until=desk.clock() + timedelta(seconds=5))
    desk.erp.recover()

    # then it is refused at first, and looked up later
    with pytest.raises(Unknown):
        await say_yes(desk, proposed)
    desk.clock.advance(timedelta(seconds=6))
    assert isinstance(await say_yes(desk, proposed), Order)
    assert desk.erp.changes == [(MINE.number, proposed.key)]


@pytest.mark.parametrize("table", [store.audit, store.operations])
async def test_a_change_that_cannot_be_written_down_is_not_called_undone(desk: Bench, table: Any) -> None:
    proposed = await propose(desk)
    making = desk.erp.cancel_order

    def lose_then_make(*args: Any, **named: Any) -> Order:
        desk.lose(table)
        return making(*args, **named)

    desk.erp.cancel_order = lose_then_make  # type: ignore[method-assign]

    with pytest.raises(Unknown):
        await say_yes(desk, proposed)


async def test_a_change_in_a_store_that_is_gone_is_not_begun(desk: Bench) -> None:
    proposed = await propose(desk)
    desk.lose(store.operations)

    with pytest.raises(Unavailable):
        await say_yes(desk, proposed)

    assert not desk.erp.changes


@pytest.mark.parametrize("error", [Rejected("no"), NotFound("gone")])
async def test_a_refusal_is_final_under_this_key(desk: Bench, error: FrontdeskError) -> None:
    proposed = await propose(desk)
    desk.erp.fail(error, only="cancel_order")
    for _ in range(2):
        try:
            assert isinstance(await say_yes(desk, proposed), TooLate)
        except NotFound:
            assert isinstance(error, NotFound)
        desk.erp.recover()

    assert not desk.erp.changes
    assert state(desk) == ("refused", 1)


async def test_a_refusal_is_told_again_with_its_reason(desk: Bench) -> None:
    proposed = await propose(desk)
    cancellation = Cancellation(number=proposed.order.number, version=proposed.order.version)
    desk.erp.fail(Rejected("no", status="stock"), only="cancel_order")

    for _ in range(2):
        who = await desk.who(VERIFIED)
        with pytest.raises(Rejected) as caught:
            await desk.middleware.gateway.erp.change(who, Operation.ORDER_CANCEL, proposed.key, cancellation)
        assert caught.value.status == "stock"

    assert desk.erp.calls["cancel_order"] == 1


async def test_whether_a_turn_began_a_change_is_known(desk: Bench) -> None:
    effects = desk.middleware.effects
    proposed = await propose(desk)
    desk.clock.advance(timedelta(seconds=1))
    before = await desk.open_turn(VERIFIED, "yes")
    assert not await effects.touched(before.id)

    await say_yes(desk, proposed)
    assert await effects.touched(before.id)

    desk.clock.advance(timedelta(seconds=1))
    after = await desk.open_turn(VERIFIED, "thanks")
    assert not await effects.touched(after.id)
