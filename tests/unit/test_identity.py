"""Who is speaking: only what a channel proved, and only in a turn that it has open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from middleware import store
from middleware.identity import Proof
from middleware.phones import e164
from middleware.settings import Level
from tests.fakes.building import ADA_EMAIL, ADA_PHONE, KNOWN, NOW, Bench

MakeBench = Callable[..., Bench]


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench()


async def test_in_an_open_turn_the_person_is_who_was_proven(desk: Bench) -> None:
    turn = await desk.open_turn(Proof(phone=ADA_PHONE, email=ADA_EMAIL, customer_id="1001"))

    who = await desk.middleware.identity.who("rest:one", turn.id)

    assert who.proof == Proof(phone=ADA_PHONE, email=ADA_EMAIL, customer_id="1001")
    assert (who.conversation_id, who.channel, who.correlation_id) == ("rest:one", "rest", turn.id)


@pytest.mark.parametrize("turn_id", [None, "", "0" * 32, "' OR '1'='1"])
async def test_without_the_turns_id_the_person_is_a_stranger(desk: Bench, turn_id: str | None) -> None:
    await desk.open_turn(KNOWN)

    who = await desk.middleware.identity.who("rest:one", turn_id)

    assert who.proof == Proof()
    assert who.level is Level.PUBLIC


async def test_in_a_closed_turn_the_person_is_a_stranger(desk: Bench) -> None:
    turn = await desk.open_turn(KNOWN)
    await desk.middleware.messages.close_turn(turn, [{"text": "hi"}])

    assert (await desk.middleware.identity.who("rest:one", turn.id)).proof == Proof()


async def test_another_conversations_turn_proves_nothing(desk: Bench) -> None:
    turn = await desk.open_turn(KNOWN)
    await desk.open_turn(conversation="rest:two")

    assert (await desk.middleware.identity.who("rest:two", turn.id)).proof == Proof()
    assert (await desk.middleware.identity.who("rest:three", turn.id)).proof == Proof()


async def test_the_id_of_a_reply_proves_nothing(desk: Bench) -> None:
    turn = await desk.open_turn(KNOWN)
    await desk.middleware.messages.close_turn(turn, [{"text": "hi"}])
    await desk.open_turn(KNOWN)
    [reply] = [row for row in desk.rows(store.messages) if row["author"] == "bot"]

    assert (await desk.middleware.identity.who("rest:one", reply["id"])).proof == Proof()


async def test_what_was_proven_before_is_replaced_at_once(desk: Bench) -> None:
    # given
    await desk.open_turn(Proof(phone=ADA_PHONE, email=ADA_EMAIL))
    desk.clock.advance(timedelta(minutes=5))

    # when
    who = await desk.who(Proof(phone="+12015550120"))

    # then
    assert who.proof == Proof(phone="+12015550120")
    [row] = desk.rows(store.identities)
    assert row["proven_at"] == NOW + timedelta(minutes=5)


async def test_the_account_that_was_chosen_is_remembered(desk: Bench) -> None:
    await desk.middleware.identity.choose_account(await desk.who(KNOWN), "1004")

    assert (await desk.who(KNOWN)).chosen_account == "1004"


async def test_another_conversations_choice_is_none_of_this_one(desk: Bench) -> None:
    await desk.who(KNOWN)
    await desk.middleware.identity.choose_account(await desk.who(KNOWN, "rest:two"), "1004")

    assert (await desk.who(KNOWN)).chosen_account is None


@pytest.mark.parametrize("proof", [Proof(), Proof(phone="+12015550120"), Proof(phone=ADA_PHONE, email=ADA_EMAIL)])
async def test_the_account_that_was_chosen_is_forgotten_with_the_proof(desk: Bench, proof: Proof) -> None:
    await desk.middleware.identity.choose_account(await desk.who(KNOWN), "1004")

    await desk.who(proof)

    assert (await desk.who(KNOWN)).chosen_account is None


async def test_a_turn_without_proof_takes_away_what_was_proven(desk: Bench) -> None:
    first = await desk.open_turn(KNOWN)
    await desk.open_turn(Proof())

    assert (await desk.middleware.identity.who("rest:one", first.id)).proof == Proof()


async def test_the_same_proof_again_keeps_the_moment_of_the_first(desk: Bench) -> None:
    await desk.open_turn(KNOWN)
    desk.clock.advance(timedelta(days=1))
    await desk.open_turn(KNOWN)

    [row] = desk.rows(store.identities)
    assert row["proven_at"] == NOW


@pytest.mark.parametrize(
    ("proof", "level"),
    [
        (Proof(), Level.PUBLIC),
        (Proof(phone=ADA_PHONE), Level.KNOWN),
        (Proof(email=ADA_EMAIL), Level.VERIFIED),
        (Proof(customer_id="1001"), Level.VERIFIED),
        (Proof(phone=ADA_PHONE, email=ADA_EMAIL), Level.VERIFIED),
    ],
)
def test_the_host_sites_claims_prove_more_than_a_phone(proof: Proof, level: Level) -> None:
    assert proof.level is level


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+12015550110", "US", "+12015550110"),
        ("(201) 555-0110", "US", "+12015550110"),
        ("201.555.0110", "US", "+12015550110"),
        ("tel:+1-201-555-0110", "US", "+12015550110"),
        ("+44 20 7946 0958", "US", "+442079460958"),
        ("030 901820", "DE", "+4930901820"),
        ("12", "US", None),
        ("+1 201 555 01100000", "US", None),
        ("ada", "US", None),
        ("", "US", None),
        ("1 OR 1=1", "US", None),
    ],
)
def test_a_phone_number_is_read_as_people_write_it(text: str, country: str, number: str | None) -> None:
    assert e164(text, country) == number
