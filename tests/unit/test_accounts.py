"""Choosing among several accounts: what is meant, and that only one's own can be chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from middleware.accounts import Unclear
from middleware.errors import NotAllowed, Reason, Unavailable
from middleware.identity import Proof
from middleware.records import Customer
from middleware.settings import Operation
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_PHONE, KNOWN, Bench, ago, order

MakeBench = Callable[..., Bench]

ACME = Customer(number="1004", name="Acme Rentals", phone=ADA_PHONE, contact_name="Ada Lovett")
BOREALIS = replace(ACME, number="1005", name="Borealis Tools")
FOREIGN = Customer(number="1006", name="Corvid Rentals", phone="+12015550120")
OFFERED = [(one.number, one.name) for one in (ACME, BOREALIS)]
UNCLEAR = Unclear(accounts=tuple(OFFERED))


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    """Ada acts for Acme and Borealis, which have an order each."""
    orders = [replace(order(f"{one.number}9"), customer_number=one.number) for one in (ACME, BOREALIS)]
    return bench(FakeCrm([ADA]), FakeErp([ACME, BOREALIS, FOREIGN], orders))


async def choose(desk: Bench, text: str = "", number: str | None = None, proof: Proof = KNOWN) -> object:
    return await desk.middleware.accounts.choose(await desk.who(proof), text, number, OFFERED)


@pytest.mark.parametrize(
    ("text", "is_choice"),
    [
        ("Borealis", True),
        ("the second one", True),
        ("1004", True),
        ("where is the order of Borealis", False),
        ("Acme or Borealis", False),
        ("yes", False),
    ],
)
def test_a_choice_names_one_account_and_nothing_else(desk: Bench, text: str, is_choice: bool) -> None:
    assert desk.middleware.accounts.is_choice(text, OFFERED) is is_choice


async def my_orders(desk: Bench) -> list[str]:
    orders = await desk.middleware.gateway.erp.mine(
        await desk.who(KNOWN), Operation.ORDER_STATUS, lambda erp, account: erp.orders_since(account.number, ago(365))
    )
    return [one.number for one in orders]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("the second one", BOREALIS),
        ("1", ACME),
        ("Borealis Tools", BOREALIS),
        ("for acme please", ACME),
        ("1005", BOREALIS),
    ],
)
async def test_an_account_is_chosen_in_the_customers_words(desk: Bench, text: str, chosen: Customer) -> None:
    assert await choose(desk, text) == chosen
    assert (await desk.who(KNOWN)).chosen_account == chosen.number


async def test_what_is_asked_after_the_choice_is_the_chosen_accounts(desk: Bench) -> None:
    with pytest.raises(NotAllowed):
        await my_orders(desk)

    await choose(desk, number=BOREALIS.number)

    assert await my_orders(desk) == ["10059"]


async def test_another_choice_takes_the_place_of_the_first(desk: Bench) -> None:
    await choose(desk, number=BOREALIS.number)
    await choose(desk, number=ACME.number)

    assert await my_orders(desk) == ["10049"]


@pytest.mark.parametrize("text", ["yes", "the tenth one", "both", "Corvid", "1006"])
async def test_words_that_name_none_of_them_choose_nothing(desk: Bench, text: str) -> None:
    assert await choose(desk, text) == UNCLEAR
    assert (await desk.who(KNOWN)).chosen_account is None


async def test_an_account_of_somebody_else_cant_be_chosen(desk: Bench) -> None:
    assert await choose(desk, number=FOREIGN.number) == UNCLEAR
    assert (await desk.who(KNOWN)).chosen_account is None


async def test_words_that_choose_nothing_leave_the_earlier_choice(desk: Bench) -> None:
    await choose(desk, number=ACME.number)

    assert await choose(desk, "hm") == UNCLEAR

    assert (await desk.who(KNOWN)).chosen_account == ACME.number


async def test_a_stranger_chooses_nothing(desk: Bench) -> None:
    with pytest.raises(NotAllowed) as caught:
        await choose(desk, number=ACME.number, proof=Proof())

    assert caught.value.reason is Reason.LEVEL
    assert not desk.erp.calls


async def test_if_only_one_account_is_left_it_is_that_one(desk: Bench) -> None:
    desk.erp.customers.remove(BOREALIS)

    assert await choose(desk, number=BOREALIS.number) == ACME


async def test_nothing_is_chosen_while_the_erp_is_down(desk: Bench) -> None:
    desk.erp.fail(Unavailable("down", system="erp"))

    with pytest.raises(Unavailable):
        await choose(desk, number=ACME.number)

    assert (await desk.who(KNOWN)).chosen_account is None


async def test_a_choice_is_noted(desk: Bench) -> None:
    await choose(desk, number=ACME.number)

    assert desk.audit() == ["erp account_choice ok"]
