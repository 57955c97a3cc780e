"""Agents' accounts: passwords that can't be tried out, sessions that end."""

from __future__ import annotations

import asyncio
import hashlib
import time
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from middleware import store
from middleware.agents import Agents, Refused
from middleware.errors import NotFound, Rejected
from tests.fakes.building import Bench
from tests.fakes.desk import QUICK
from tests.fakes.fixtures import MakeBench

PASSWORD = "correct horse battery"
MINUTE = timedelta(minutes=1)


def agents_of(desk: Bench, hasher: PasswordHasher = QUICK) -> Agents:
    return Agents(desk.middleware.store, desk.middleware.settings.desk, desk.clock, hasher)


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench()


@pytest.fixture
async def agents(desk: Bench) -> Agents:
    agents = agents_of(desk)
    await agents.save("marco", "Marco Bianchi", PASSWORD)
    return agents


async def refused(agents: Agents, name: str = "marco", password: str = "wrong") -> str:
    """Whose account it was for."""
    with pytest.raises(Refused) as error:
        await agents.log_in(name, password)
    return error.value.agent_id


# Accounts


async def test_whoever_knows_the_password_gets_a_session(agents: Agents, desk: Bench) -> None:
    cookie, opened = await agents.log_in(" Marco ", PASSWORD)

    session = await agents.session(cookie)
    assert session == opened
    assert (session.agent.id, session.agent.name) == ("marco", "Marco Bianchi")
    assert session.expires_at == desk.clock.now + timedelta(hours=10)


async def test_neither_passwords_nor_cookies_are_stored_as_they_are(agents: Agents, desk: Bench) -> None:
    cookie, _ = await agents.log_in("marco", PASSWORD)

    stored = str(desk.rows(store.agents) + desk.rows(store.agent_sessions))
    assert PASSWORD not in stored and cookie not in stored
    assert desk.rows(store.agents)[0]["password"].startswith("$argon2id$")
    assert desk.rows(store.agent_sessions)[0]["id"] == hashlib.sha256(cookie.encode()).hexdigest()


async def test_saving_an_agent_again_changes_the_password_and_ends_the_sessions(agents: Agents) -> None:
    cookie, _ = await agents.log_in("marco", PASSWORD)

    assert await agents.save("marco", "", "another password of mine") is False

    assert await agents.session(cookie) is None
    await refused(agents, password=PASSWORD)
    _, session = await agents.log_in("marco", "another password of mine")
    assert session.agent.name == "Marco Bianchi"


async def test_an_agent_without_a_display_name_is_called_by_the_id(agents: Agents) -> None:
    assert await agents.save("lena", "", PASSWORD) is True
    _, session = await agents.log_in("lena", PASSWORD)
    assert session.agent.name == "Lena"


async def test_an_agent_who_is_switched_off_is_out_at_once_and_stays_out(agents: Agents) -> None:
    cookie, _ = await agents.log_in("marco", PASSWORD)

    await agents.switch_off("marco")

    assert await agents.session(cookie) is None
    await refused(agents, password=PASSWORD)
    with pytest.raises(Refused):
        await agents.log_in_elsewhere("marco")


async def test_an_unknown_agent_cannot_be_switched_off(agents: Agents) -> None:
    with pytest.raises(NotFound, match="there is no agent 'nobody'"):
        await agents.switch_off("nobody")


@pytest.mark.parametrize(
    ("agent_id", "name", "password", "why"),
    [
        ("Marco B", "", PASSWORD, "small letters"),
        ("", "", PASSWORD, "small letters"),
        ("marco", "two\nlines", PASSWORD, "one line"),
        ("marco", "m" * 81, PASSWORD, "one line"),
        ("marco", "", "short", "at least 12 characters"),
        ("marco", "", "x" * 1001, "at most 1,000"),
        ("marco", "", "marco-marco-1", "little beside it"),
    ],
)
async def test_what_will_not_do_is_refused_with_the_reason(
    agents: Agents, agent_id: str, name: str, password: str, why: str
) -> None:
    with pytest.raises(Rejected, match=why):
        await agents.save(agent_id, name, password)


async def test_an_accent_may_be_typed_on_any_keyboard(agents: Agents) -> None:
    await agents.save("lena", "", "déjà vu in the café")

    await agents.log_in("lena", "de\u0301ja\u0300 vu in the cafe\u0301")


# Guessing


async def test_wrong_passwords_in_a_row_lock_the_account_for_a_while(agents: Agents, desk: Bench) -> None:
    for _ in range(5):
        assert await refused(agents) == "marco"

    await refused(agents, password=PASSWORD)
    desk.clock.advance(14 * MINUTE)
    await refused(agents, password=PASSWORD)
    desk.clock.advance(MINUTE)
    await agents.log_in("marco", PASSWORD)


async def test_the_right_password_forgets_the_wrong_ones(agents: Agents) -> None:
    for _ in range(3):
        for _ in range(4):
            await refused(agents)
        await agents.log_in("marco", PASSWORD)


async def test_after_a_lock_there_are_as_many_tries_again(agents: Agents, desk: Bench) -> None:
    for _ in range(5):
        await refused(agents)
    desk.clock.advance(15 * MINUTE)
    for _ in range(4):
        await refused(agents)
    await agents.log_in("marco", PASSWORD)


async def test_guesses_at_once_in_several_processes_are_no_more_than_one_after_the_other(
    agents: Agents, desk: Bench
) -> None:
    # given two processes, and a hundred guesses of which the last is right
    other = agents_of(desk)
    looked: list[str] = []
    for one in (agents, other):
        verify = one._verify
        one._verify = lambda hashed, password, verify=verify: looked.append(hashed) or verify(hashed, password)

    # when
    guesses = [(agents, other)[number % 2].log_in("marco", f"guess {number}") for number in range(40)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)

    # then only five of them were compared with the password
    assert all(isinstance(answer, Refused) for answer in answers)
    own = desk.rows(store.agents)[0]["password"]
    assert looked.count(own) == 5
    assert len(looked) == 40


async def test_unknown_wrong_and_locked_cost_the_same_work(agents: Agents) -> None:
    for _ in range(5):
        await refused(agents)
    slow = PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1)
    agents._hasher, agents._nobodys = slow, slow.hash("nobody's")

    async def seconds(name: str) -> float:
        begun = time.process_time()
        await refused(agents, name)
        return time.process_time() - begun

    locked = min([await seconds("marco") for _ in range(5)])
    unknown = min([await seconds("nobody") for _ in range(5)])
    assert 0.4 < locked / unknown < 2.5


async def test_whose_account_it_was_is_known_only_if_there_is_one(agents: Agents) -> None:
    assert await refused(agents, "my-password-by-mistake") == ""
    assert await refused(agents, "MARCO") == "marco"
    assert await refused(agents, "marco\0") == ""


async def test_a_hash_of_older_parameters_is_made_anew(desk: Bench) -> None:
    await agents_of(desk).save("marco", "", PASSWORD)
    stronger = agents_of(desk, PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))

    await stronger.log_in("marco", PASSWORD)

    assert "m=16,t=2" in desk.rows(store.agents)[0]["password"]
    await stronger.log_in("marco", PASSWORD)


async def test_the_parameters_are_the_librarys_own(desk: Bench) -> None:
    agents = Agents(desk.middleware.store, desk.middleware.settings.desk, desk.clock)
    await agents.save("marco", "", PASSWORD)
    assert not PasswordHasher().check_needs_rehash(desk.rows(store.agents)[0]["password"])


# Sessions


async def test_a_session_ends_after_its_hours(agents: Agents, desk: Bench) -> None:
    cookie, _ = await agents.log_in("marco", PASSWORD)
    desk.clock.advance(timedelta(hours=10) - MINUTE)
    assert await agents.session(cookie) is not None
    desk.clock.advance(MINUTE)
    assert await agents.session(cookie) is None


async def test_logging_out_ends_that_session_alone(agents: Agents) -> None:
    first, _ = await agents.log_in("marco", PASSWORD)
    second, _ = await agents.log_in("marco", PASSWORD)

    await agents.log_out(first)

    assert await agents.session(first) is None
    assert await agents.session(second) is not None


async def test_ended_sessions_are_swept_away(agents: Agents, desk: Bench) -> None:
    await agents.log_in("marco", PASSWORD)
    desk.clock.advance(timedelta(hours=11))
    await agents.log_in("marco", PASSWORD)
    assert len(desk.rows(store.agent_sessions)) == 1


async def test_a_made_up_cookie_opens_nothing(agents: Agents) -> None:
    assert await agents.session("made-up") is None


# Logged in elsewhere


async def test_the_companys_log_in_opens_a_session_for_agents_alone(agents: Agents, desk: Bench) -> None:
    await agents.save("lena@fernhill.example", "Lena Fischer", None)

    _, session = await agents.log_in_elsewhere("Lena@Fernhill.example")

    assert session.agent.name == "Lena Fischer"
    with pytest.raises(Refused):
        await agents.log_in_elsewhere("somebody@fernhill.example")


async def test_without_a_password_none_is_right(agents: Agents) -> None:
    await agents.save("lena", "", None)
    assert await refused(agents, "lena", "") == "lena"
