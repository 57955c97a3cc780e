"""What the company's people see of a customer: all of it in parallel, in time, and nothing that was guessed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from middleware import store
from middleware.errors import Malformed, Unavailable
from middleware.handoff_account import Account, HandoffAccounts, as_json, from_json
from middleware.identity import Proof, prove_by_code
from middleware.records import HoldPart, OrderStatus
from middleware.settings import Operation
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import (
    ADA,
    ADA_EMAIL,
    ADA_PHONE,
    ADAS_ACCOUNT,
    KNOWN,
    NOW,
    TODAY,
    Bench,
    invoice,
    level,
    order,
    returned,
    ticket,
    variant,
)
from tests.fakes.handing_over import MARCO, ask, hire, working

MakeBench = Callable[..., Bench]

ALL = ("contact", "customer", "invoices", "orders", "returns", "tickets")


def erp(**fields: object) -> FakeErp:
    """Ada's orders, invoices and returns, with more of each than the people need."""
    orders = [order("10001", OrderStatus.DELIVERED), order("10002"), order("10003", OrderStatus.SHIPPED, placed=5)]
    invoices = [invoice(f"INV-{days}", TODAY - timedelta(days=days)) for days in (1, 10, 20, 30, 400)]
    stock = {"variants": [variant()], "levels": [level()]}
    return FakeErp([ADAS_ACCOUNT], orders, invoices=invoices, returns=[returned()], **(stock | fields))  # type: ignore[arg-type]


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    tickets = [ticket("T-7"), ticket("T-6", 30, is_open=False), ticket("T-1", 500), ticket("T-2", contact_id="102")]
    made = bench(FakeCrm([ADA], tickets), erp())
    hire(made.url, MARCO)
    return made


async def read(desk: Bench, proof: Proof = KNOWN) -> Account | None:
    middleware = desk.middleware
    accounts = HandoffAccounts(middleware.gateway, middleware.holds, middleware.settings, middleware.clock)
    return await accounts.read(await desk.who(proof))


async def test_everything_that_is_known_is_there_newest_first(desk: Bench) -> None:
    account = await read(desk)

    assert account is not None
    assert (account.read_at, account.contact, account.customer, account.name) == (NOW, ADA, ADAS_ACCOUNT, "Ada Lovett")
    assert [one.number for one in account.orders] == ["10002", "10003"]
    assert [one.number for one in account.invoices] == ["INV-1", "INV-10", "INV-20"]
    assert [one.number for one in account.tickets] == ["T-7", "T-6"]
    assert [one.number for one in account.returns] == ["R-2000"]
    assert (account.unread, account.unclear) == ((), ())


async def test_what_is_on_hold_is_there_too(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    parts = [HoldPart(warehouse="EWR", name="Newark", quantity=Decimal(2))]
    proposed = await desk.middleware.holds.propose(who, variant(), parts)
    held = await desk.middleware.holds.confirm(who, proposed.key, proposed.holding)  # type: ignore[union-attr]

    account = await read(desk)

    assert account is not None and account.holds == (held,)


async def test_of_a_stranger_nothing_is_read(desk: Bench) -> None:
    assert await read(desk, Proof()) is None
    assert desk.audit() == []


async def test_whoever_must_be_surer_is_a_stranger_until_they_are(bench: MakeBench) -> None:
    desk = bench(FakeCrm([ADA]), erp(), levels={Operation.HANDOFF_ACCOUNT: "verified"})

    assert await read(desk, KNOWN) is None
    assert await read(desk, Proof(phone=ADA_PHONE, email=ADA_EMAIL)) is not None


async def test_whom_nobody_knows_is_nobody_and_not_unread(bench: MakeBench) -> None:
    account = await read(bench(FakeCrm(), FakeErp()))

    assert account == Account(read_at=NOW)


@pytest.mark.parametrize("error", [Unavailable("down"), Malformed("nonsense"), RuntimeError("a fault")])
@pytest.mark.parametrize(
    ("method", "parts"),
    [
        ("tickets_since", ("tickets",)),
        ("contacts_by_phone", ("contact", "tickets")),
        ("orders_since", ("orders",)),
        ("invoices_between", ("invoices",)),
        ("returns_since", ("returns",)),
        ("customers_by_phone", ("customer", "invoices", "orders", "returns")),
    ],
)
async def test_a_part_that_can_not_be_read_is_named_and_the_rest_is_there(
    desk: Bench, method: str, parts: tuple[str, ...], error: Exception
) -> None:
    (desk.crm if hasattr(desk.crm, method) else desk.erp).fail(error, only=method)

    account = await read(desk)

    assert account is not None
    assert account.unread == parts
    there = {part for part in ALL if getattr(account, part)}
    assert there == set(ALL) - set(parts)


async def test_when_nothing_can_be_read_all_of_it_is_named(desk: Bench) -> None:
    desk.crm.fail(Unavailable("down"))
    desk.erp.fail(Unavailable("down"))

    account = await read(desk)

    assert account is not None and account.unread == ALL


async def test_a_system_that_hangs_costs_no_more_than_the_time_that_is_set(desk: Bench) -> None:
    desk.erp.hang(60)
    rules = desk.middleware.settings
    middleware = desk.middleware
    short = msgspec.structs.replace(rules, handoff=msgspec.structs.replace(rules.handoff, account_seconds=1))
    who = await desk.who(KNOWN)
    begun = time.monotonic()

    account = await HandoffAccounts(middleware.gateway, middleware.holds, short, middleware.clock).read(who)

    assert time.monotonic() - begun < 30
    assert account is not None
    assert (account.contact, account.unread) == (ADA, ("customer", "invoices", "orders", "returns"))


async def test_where_several_fit_none_is_picked(bench: MakeBench) -> None:
    other = replace(ADA, id="102", first_name="Bo")
    desk = bench(FakeCrm([ADA, other]), FakeErp([ADAS_ACCOUNT, replace(ADAS_ACCOUNT, number="1002", name="Bo")]))

    account = await read(desk)

    assert account is not None
    assert (account.contact, account.customer, account.unclear) == (None, None, ("contact", "customer"))
    assert account.unread == ()


async def test_it_is_stored_as_json_and_comes_back_as_it_was(desk: Bench) -> None:
    account = await read(desk)
    assert account is not None

    stored = json.loads(json.dumps(as_json(account)))

    assert from_json(stored) == account
    assert stored["orders"][0]["number"] == "10002"
    assert stored["invoices"][0]["gross"] == "10.00"


# The desk


async def test_the_hand_over_has_the_account_as_it_was_when_it_was_asked_for(desk: Bench) -> None:
    async with working(desk):
        standing = await ask(desk)

    account = standing.handoff.account
    assert account is not None
    assert from_json(account).contact == ADA
    assert standing.handoff.contact_id == ADA.id


async def test_the_desk_reads_it_anew_and_the_audit_says_that_it_was_the_desk(desk: Bench) -> None:
    async with working(desk):
        handoff_id = (await ask(desk)).handoff.id
    desk.erp.orders.append(order("10009", placed=0))

    account = await desk.middleware.desk_line.account(handoff_id, MARCO)

    assert account is not None
    assert [one["number"] for one in account["orders"]] == ["10009", "10002", "10003"]
    desks = desk.rows(store.audit)
    assert {(one["operation"], one["level"]) for one in desks if one["correlation_id"] == "desk:marco"} == {
        ("handoff_account", "known")
    }


async def test_the_desk_sees_what_stands_proven_now(desk: Bench) -> None:
    # given somebody of whom nothing was known
    async with working(desk):
        handoff_id = (await ask(desk, proof=Proof())).handoff.id
    assert (await desk.middleware.desk_line.one(handoff_id)).account is None
    assert await desk.middleware.desk_line.account(handoff_id, MARCO) is None

    # when they typed a code
    await desk.middleware.store.write(lambda connection: prove_by_code(connection, "rest:one", ADA_EMAIL, NOW))
    account = await desk.middleware.desk_line.account(handoff_id, MARCO)
    assert account is not None and account["contact"]["id"] == ADA.id

    # and when that was long ago
    desk.clock.advance(timedelta(hours=13))
    assert await desk.middleware.desk_line.account(handoff_id, MARCO) is None


async def test_a_number_that_changed_hands_shows_nobody_else_to_the_desk(desk: Bench) -> None:
    async with working(desk):
        handoff_id = (await ask(desk)).handoff.id

    await desk.open_turn(Proof(), "hello")

    assert await desk.middleware.desk_line.account(handoff_id, MARCO) is None
