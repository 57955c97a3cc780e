"""Holds: within limits, for two hours to the second, made once, given back once, and never kept for longer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from middleware import store
from middleware.errors import Malformed, NotAllowed, NotFound, Rejected, Unavailable, Unknown
from middleware.holding import Gone, Holding, NoLonger, Over, Proposed, ProposedRelease, TooManyHolds, TooManyUnits
from middleware.identity import Proof, Who
from middleware.records import Contact, Customer, Hold, HoldPart
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, KNOWN, NEWARK, RENO, Bench, level, variant

MakeBench = Callable[..., Bench]

SECOND = timedelta(seconds=1)
TWO_HOURS = timedelta(hours=2)
BOTTLE = variant("BTL", name="travel bottle")
BEN_PHONE = "+12015550199"
BEN = Proof(phone=BEN_PHONE)


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    """Ada and Ben, and a thousand bottles in two places."""
    people = [ADA, Contact(id="102", first_name="Ben", last_name="Ray", phone=BEN_PHONE)]
    accounts = [ADAS_ACCOUNT, Customer(number="1002", name="Ben Ray", phone=BEN_PHONE)]
    levels = [level("BTL", 700, NEWARK), level("BTL", 300, RENO)]
    return bench(FakeCrm(people), FakeErp(accounts, variants=[BOTTLE], levels=levels))


def parts(newark: int = 0, reno: int = 0) -> tuple[HoldPart, ...]:
    taken = {NEWARK: newark, RENO: reno}
    return tuple(
        HoldPart(warehouse=one.id, name=one.name, quantity=Decimal(units)) for one, units in taken.items() if units
    )


async def proposed(desk: Bench, who: Who, units: Sequence[HoldPart]) -> Proposed:
    found = await desk.middleware.holds.propose(who, BOTTLE, units)
    assert isinstance(found, Proposed)
    return found


async def made(desk: Bench, who: Who, units: Sequence[HoldPart]) -> Hold:
    proposal = await proposed(desk, who, units)
    hold = await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)
    assert isinstance(hold, Hold)
    return hold


def free(desk: Bench) -> int:
    return int(sum(one.free for one in desk.erp.levels))


def states(desk: Bench) -> list[str]:
    return [row["state"] for row in desk.rows(store.holds)]


def words(desk: Bench) -> list[str]:
    """For which conversations something is to be said."""
    return [row["payload"]["conversation"] for row in desk.rows(store.jobs) if row["kind"] == "words"]


async def later(desk: Bench, time: timedelta) -> None:
    desk.clock.advance(time)
    await desk.middleware.jobs.run_due()


# Making one


async def test_a_hold_takes_the_units_from_what_others_can_have(desk: Bench) -> None:
    who = await desk.who(KNOWN)

    hold = await made(desk, who, parts(newark=500))

    assert (hold.reference, hold.quantity, hold.until) == ("H-5531", 500, desk.clock() + TWO_HOURS)
    assert free(desk) == 500
    assert states(desk) == ["held"]


async def test_a_hold_may_be_split_over_warehouses(desk: Bench) -> None:
    who = await desk.who(KNOWN)

    await made(desk, who, parts(newark=700, reno=100))

    assert [int(one.free) for one in desk.erp.levels] == [0, 200]


async def test_before_the_yes_nothing_is_written(desk: Bench) -> None:
    await proposed(desk, await desk.who(KNOWN), parts(newark=500))

    assert free(desk) == 1000
    assert states(desk) == []


async def test_the_same_yes_again_gives_the_same_hold(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    proposal = await proposed(desk, who, parts(newark=10))

    first = await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)
    desk.clock.advance(timedelta(minutes=5))
    again = await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)

    assert first == again
    assert free(desk) == 990


async def test_what_was_taken_meanwhile_is_not_held(desk: Bench) -> None:
    ada, ben = await desk.who(KNOWN), await desk.who(BEN, "rest:two")
    proposal = await proposed(desk, ada, parts(newark=500))
    await made(desk, ben, parts(newark=300))

    assert isinstance(await desk.middleware.holds.confirm(ada, proposal.key, proposal.holding), Gone)
    assert isinstance(await desk.middleware.holds.confirm(ada, proposal.key, proposal.holding), Gone)
    assert free(desk) == 700
    assert states(desk) == ["refused", "held"] or states(desk) == ["held", "refused"]


async def test_a_stranger_can_hold_nothing(desk: Bench) -> None:
    with pytest.raises(NotAllowed):
        await desk.middleware.holds.propose(await desk.who(), BOTTLE, parts(newark=1))


async def test_a_key_that_was_proposed_to_another_holds_nothing(desk: Bench) -> None:
    proposal = await proposed(desk, await desk.who(KNOWN), parts(newark=1))
    ben = await desk.who(BEN, "rest:two")

    with pytest.raises(NotFound):
        await desk.middleware.holds.confirm(ben, proposal.key, proposal.holding)
    with pytest.raises(NotFound):
        await desk.middleware.holds.confirm(ben, proposal.key, replace(proposal.holding, account="1002"))
    assert states(desk) == []


async def test_more_than_was_proposed_is_not_held(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    proposal = await proposed(desk, who, parts(newark=1))
    more = Holding(account="1001", sku="BTL", name="travel bottle", parts=parts(newark=700))

    with pytest.raises(Exception, match="something else"):
        await desk.middleware.holds.confirm(who, proposal.key, more)
    assert free(desk) == 1000


# Limits


async def test_a_hold_may_not_have_more_units_than_the_limit(desk: Bench) -> None:
    found = await desk.middleware.holds.propose(await desk.who(KNOWN), BOTTLE, parts(newark=700, reno=301))

    assert found == TooManyUnits(most=1000)


async def test_a_customer_may_not_have_more_holds_than_the_limit(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    waiting = await proposed(desk, who, parts(newark=1))
    for _ in range(3):
        await made(desk, who, parts(newark=1))

    assert await desk.middleware.holds.propose(who, BOTTLE, parts(newark=1)) == TooManyHolds(most=3)
    assert await desk.middleware.holds.confirm(who, waiting.key, waiting.holding) == TooManyHolds(most=3)
    assert free(desk) == 997
    await made(desk, await desk.who(BEN, "rest:two"), parts(newark=1))


async def test_a_hold_that_has_ended_makes_room_for_another(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    for _ in range(3):
        await made(desk, who, parts(newark=1))
    await later(desk, TWO_HOURS + SECOND)

    await made(desk, await desk.who(KNOWN), parts(newark=1))


# Its end


async def test_a_hold_ends_by_itself_after_its_time(desk: Bench) -> None:
    await made(desk, await desk.who(KNOWN), parts(newark=500))

    await later(desk, TWO_HOURS - SECOND)
    assert (states(desk), free(desk), words(desk)) == (["held"], 500, [])

    await later(desk, 2 * SECOND)
    assert (states(desk), free(desk), words(desk)) == (["ended"], 1000, ["rest:one"])


async def test_its_end_is_tried_again_until_the_erp_answers(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("middleware.backend.Circuit.passing", lambda _: nullcontext())
    await made(desk, await desk.who(KNOWN), parts(newark=500))
    desk.erp.fail(Unavailable("down"), only="reservation_made_by")

    for _ in range(60):  # longer than a job is tried
        await later(desk, timedelta(minutes=10))
    assert (free(desk), words(desk)) == (500, [])

    desk.erp.recover()
    for _ in range(12):
        await later(desk, timedelta(minutes=10))
    assert (states(desk), free(desk), words(desk)) == (["ended"], 1000, ["rest:one"])


@pytest.mark.parametrize("error", [Malformed("?"), Rejected("no"), NotFound("none"), Unknown("lost")])
async def test_its_end_is_tried_again_whatever_the_erp_says(desk: Bench, error: Exception) -> None:
    await made(desk, await desk.who(KNOWN), parts(newark=500))
    desk.erp.fail(error, only="release")
    await later(desk, TWO_HOURS + SECOND)
    assert free(desk) == 500

    desk.erp.recover()
    await later(desk, timedelta(minutes=10))

    assert (states(desk), free(desk)) == (["ended"], 1000)


async def test_an_end_whose_answer_was_lost_gives_back_once(desk: Bench) -> None:
    await made(desk, await desk.who(KNOWN), parts(newark=500))
    desk.erp.fail(Unknown("lost"), late=True, only="release")
    await later(desk, TWO_HOURS + SECOND)

    desk.erp.recover()
    await later(desk, timedelta(minutes=10))

    assert (states(desk), free(desk), words(desk)) == (["ended"], 1000, ["rest:one"])


# Answers that are lost, and processes that die


async def test_a_hold_whose_answer_was_lost_is_found_by_the_next_yes(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    proposal = await proposed(desk, who, parts(newark=500))
    desk.erp.fail(Unknown("lost"), late=True, only="reserve")
    with pytest.raises(Unknown):
        await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)

    desk.erp.recover()
    desk.clock.advance(timedelta(minutes=1))
    hold = await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)

    assert isinstance(hold, Hold)
    assert hold.until == desk.clock() - timedelta(minutes=1) + TWO_HOURS
    assert free(desk) == 500


async def test_a_hold_whose_answer_was_lost_is_found_when_the_customer_asks_for_it(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    proposal = await proposed(desk, who, parts(newark=500))
    desk.erp.fail(Unknown("lost"), late=True, only="reserve")
    with pytest.raises(Unknown):
        await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)
    desk.erp.recover()

    [hold] = await desk.middleware.holds.mine(who)

    assert hold.quantity == 500


async def test_only_what_the_erp_has_confirmed_is_listed(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    proposal = await proposed(desk, who, parts(newark=500))
    desk.erp.fail(Unknown("lost"), only="reserve")
    with pytest.raises(Unknown):
        await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)
    desk.erp.recover()

    assert await desk.middleware.holds.mine(who) == []
    assert await desk.middleware.holds.by_reference(who, "H-5531") is None


async def test_a_hold_whose_answer_was_lost_for_ever_ends_in_time_and_nobody_is_told(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    proposal = await proposed(desk, who, parts(newark=500))
    desk.erp.fail(Unknown("lost"), late=True, only="reserve")
    with pytest.raises(Unknown):
        await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)
    desk.erp.recover()

    await later(desk, TWO_HOURS + SECOND)

    assert (states(desk), free(desk), words(desk)) == (["ended"], 1000, [])
    assert isinstance(await desk.middleware.holds.confirm(who, proposal.key, proposal.holding), Over)


async def test_where_nothing_was_reserved_a_later_yes_may_still_hold_it(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    proposal = await proposed(desk, who, parts(newark=500))
    desk.erp.fail(Unavailable("down"), only="reserve")
    with pytest.raises(Unavailable):
        await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)
    assert states(desk) == ["refused"]

    desk.erp.recover()
    desk.clock.advance(timedelta(minutes=30))
    hold = await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)

    assert isinstance(hold, Hold)
    assert hold.until == desk.clock() + TWO_HOURS
    await later(desk, TWO_HOURS - SECOND)
    assert states(desk) == ["held"]
    await later(desk, 2 * SECOND)
    assert (states(desk), free(desk)) == (["ended"], 1000)


async def test_a_yes_that_comes_as_the_time_ends_holds_nothing(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    proposal = await proposed(desk, who, parts(newark=500))
    desk.erp.fail(Unknown("lost"), only="reserve")
    with pytest.raises(Unknown):
        await desk.middleware.holds.confirm(who, proposal.key, proposal.holding)
    desk.erp.recover()
    desk.clock.advance(TWO_HOURS - 30 * SECOND)

    assert isinstance(await desk.middleware.holds.confirm(who, proposal.key, proposal.holding), Over)
    assert free(desk) == 1000


# Giving back


async def test_a_hold_is_given_back_once(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    hold = await made(desk, who, parts(newark=500))
    proposal = await desk.middleware.holds.propose_release(who, hold)

    first = await desk.middleware.holds.release(who, proposal.key, proposal.release)
    again = await desk.middleware.holds.release(who, proposal.key, proposal.release)

    assert isinstance(first, Hold)
    assert isinstance(again, Hold)
    assert (states(desk), free(desk)) == (["released"], 1000)
    assert await desk.middleware.holds.mine(who) == []
    await later(desk, TWO_HOURS + SECOND)
    assert (states(desk), free(desk), words(desk)) == (["released"], 1000, [])


async def test_a_release_whose_answer_was_lost_is_found_by_the_next_yes(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    hold = await made(desk, who, parts(newark=500))
    proposal: ProposedRelease = await desk.middleware.holds.propose_release(who, hold)
    desk.erp.fail(Unknown("lost"), late=True, only="release")
    with pytest.raises(Unknown):
        await desk.middleware.holds.release(who, proposal.key, proposal.release)
    desk.erp.recover()

    assert isinstance(await desk.middleware.holds.release(who, proposal.key, proposal.release), Hold)
    assert (states(desk), free(desk)) == (["released"], 1000)


async def test_a_hold_that_has_ended_is_not_given_back_again(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    hold = await made(desk, who, parts(newark=500))
    proposal = await desk.middleware.holds.propose_release(who, hold)
    await later(desk, TWO_HOURS + SECOND)

    found = await desk.middleware.holds.release(await desk.who(KNOWN), proposal.key, proposal.release)

    assert found == Over(until=hold.until)


# Making it longer


async def test_a_hold_is_made_longer_once(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    hold = await made(desk, who, parts(newark=500))
    desk.clock.advance(timedelta(minutes=119))

    longer = await desk.middleware.holds.extend(who, hold.key, 0)
    again = await desk.middleware.holds.extend(who, hold.key, 0)
    another = await desk.middleware.holds.extend(who, hold.key, 1)

    assert isinstance(longer, Hold)
    assert longer.until == hold.until + TWO_HOURS
    assert again == longer  # the same yes, repeated
    assert another == NoLonger(hold=longer)


async def test_a_hold_that_was_made_longer_ends_at_its_new_time(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    hold = await made(desk, who, parts(newark=500))
    await desk.middleware.holds.extend(who, hold.key, 0)

    await later(desk, TWO_HOURS + SECOND)
    assert (states(desk), free(desk)) == (["held"], 500)
    await later(desk, TWO_HOURS - 2 * SECOND)
    assert (states(desk), free(desk)) == (["held"], 500)
    await later(desk, 2 * SECOND)
    assert (states(desk), free(desk), words(desk)) == (["ended"], 1000, ["rest:one"])


async def test_a_hold_that_has_ended_is_not_made_longer(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    hold = await made(desk, who, parts(newark=500))
    desk.clock.advance(TWO_HOURS)

    assert await desk.middleware.holds.extend(await desk.who(KNOWN), hold.key, 0) == Over(until=hold.until)


# Whose they are


async def test_another_customers_hold_is_not_found(desk: Bench) -> None:
    hold = await made(desk, await desk.who(KNOWN), parts(newark=500))
    ben = await desk.who(BEN, "rest:two")

    assert await desk.middleware.holds.mine(ben) == []
    assert await desk.middleware.holds.last(ben) is None
    assert await desk.middleware.holds.by_reference(ben, hold.reference) is None
    with pytest.raises(NotFound):
        await desk.middleware.holds.extend(ben, hold.key, 0)


@pytest.mark.parametrize("reference", ["H-5531", "h5531", "h 5531", "5531"])
async def test_a_hold_is_found_by_its_reference(desk: Bench, reference: str) -> None:
    who = await desk.who(KNOWN)
    hold = await made(desk, who, parts(newark=500))

    assert await desk.middleware.holds.by_reference(who, reference) == hold


@pytest.mark.parametrize("reference", ["", "H-", "H-1", "H-99999999999999999999", "H-5532", "🧥"])
async def test_a_reference_that_there_is_not_finds_nothing(desk: Bench, reference: str) -> None:
    who = await desk.who(KNOWN)
    await made(desk, who, parts(newark=500))

    assert await desk.middleware.holds.by_reference(who, reference) is None


async def test_a_hold_survives_as_the_database_keeps_it(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    hold = await made(desk, who, parts(newark=700, reno=12))

    assert await desk.middleware.holds.one(hold.key) == hold
    assert msgspec.to_builtins(hold)["sku"] == "BTL"
