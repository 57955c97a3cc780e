"""Guessing codes: beyond the limits nothing counts, not even the right one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from middleware import store
from middleware.codes import Outcome
from tests.counts import seeded, times
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADAS_ACCOUNT, Bench

MakeBench = Callable[..., Bench]

GUESSES = 100_000
EACH = 20  # guesses in one conversation
CONVERSATIONS_AN_HOUR = 500


@pytest.mark.timeout(3600)
async def test_of_many_guesses_none_counts_beyond_the_limits(bench: MakeBench) -> None:
    # given somebody who has codes sent to Ada, from one conversation after the other, and sees her mail too late
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT]))
    codes, rules = desk.middleware.codes, desk.middleware.settings.codes
    chance = seeded()
    outcomes: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
    for place in range(times(GUESSES) // EACH):
        if place % CONVERSATIONS_AN_HOUR == 0:
            desk.clock.advance(timedelta(minutes=rules.window_minutes + 1))
        who = await desk.who(conversation=f"rest:{place}")
        if await codes.request(who, ADA_EMAIL):
            await desk.middleware.jobs.run_due()
        right = desk.post.code()
        wrong = [guess for guess in (f"{chance.randrange(10**6):06}" for _ in range(EACH)) if guess != right]

        # when they guess, and type the right one when their tries are over
        for guess in [*wrong[: rules.tries], *(right for _ in range(EACH - rules.tries))]:
            outcomes[await codes.check(who, guess)] += 1

    # then no guess was accepted, and of each code no more were looked at than may be
    tried = [row["tries"] for row in desk.rows(store.codes)]
    hours = -(-times(GUESSES) // EACH // CONVERSATIONS_AN_HOUR)
    print(f"{sum(outcomes.values())} guesses, {sum(tried)} looked at, {outcomes[Outcome.ACCEPTED]} accepted")
    assert outcomes[Outcome.ACCEPTED] == 0
    assert max(tried) == rules.tries
    assert len(tried) <= hours * rules.per_contact
    assert sum(tried) <= hours * rules.per_contact * rules.tries


async def test_the_right_code_is_accepted_within_the_limits(bench: MakeBench) -> None:
    """Guards the test above: a guess can be right."""
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT]))
    who = await desk.who()
    await desk.middleware.codes.request(who, ADA_EMAIL)
    await desk.middleware.jobs.run_due()

    assert await desk.middleware.codes.check(who, desk.post.code()) is Outcome.ACCEPTED
