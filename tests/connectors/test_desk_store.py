"""The desk's log-ins, and what its pages follow, on every database that they may lie in."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware import store
from middleware.agents import Agents, Refused
from middleware.handoff_records import Agent
from middleware.handoff_rules import DeskRules
from middleware.store import Store, conversations, handoffs, messages, notes, open_store
from middleware.watching import Watching
from tests import postgres
from tests.fakes.building import NOW, SetClock
from tests.fakes.desk import PASSWORD, QUICK

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
RULES = DeskRules(session_hours=10, tries=5, lock_minutes=15, address_tries=100)


@pytest.fixture(params=DATABASES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store on a migrated database."""
    sqlite = f"sqlite:///{tmp_path / 'store.db'}"
    url = sqlite if request.param == "sqlite" else postgres.fresh_database(request.getfixturevalue("postgres_url"))
    store.migrate(url)
    opened = open_store(url)
    yield opened
    opened.close()


async def test_of_many_guesses_at_once_few_are_looked_at_and_the_account_is_locked(opened: Store) -> None:
    agents = Agents(opened, RULES, SetClock(), QUICK)
    await agents.save("marco", "Marco Bianchi", PASSWORD)
    looked: list[str] = []
    verify = agents._verify
    agents._verify = lambda hashed, password: bool(looked.append(hashed)) or verify(hashed, password)  # type: ignore[method-assign]

    answers = await asyncio.gather(*(agents.log_in("marco", f"guess {n}") for n in range(30)), return_exceptions=True)

    assert all(isinstance(answer, Refused) for answer in answers)
    assert len(looked) - looked.count(agents._nobodys) == 5
    with pytest.raises(Refused):
        await agents.log_in("marco", PASSWORD)


async def test_a_log_in_opens_a_session_and_a_new_password_ends_it(opened: Store) -> None:
    agents = Agents(opened, RULES, SetClock(), QUICK)
    await agents.save("marco", "Marco Bianchi", PASSWORD)
    cookie, session = await agents.log_in("marco", PASSWORD)
    assert await agents.session(cookie) == session
    assert session.agent == Agent(id="marco", name="Marco Bianchi")
    await agents.save("marco", "", PASSWORD)
    assert await agents.session(cookie) is None


async def test_whatever_moves_is_seen(opened: Store) -> None:
    # given a conversation in the line
    agents, watching = Agents(opened, RULES, SetClock(), QUICK), Watching(opened, SetClock())
    await agents.save("marco", "", PASSWORD)
    conversation = {"id": "rest:one", "channel": "rest", "created_at": NOW}
    handoff = {
        "id": "h1",
        "conversation_id": "rest:one",
        "state": "waiting",
        "reason": "asked",
        "is_urgent": False,
        "requested_at": NOW,
        "summary": {},
        "understood": [],
    }
    note = {"id": "n1", "handoff_id": "h1", "agent_id": "marco", "body": "a word", "written_at": NOW}
    message = {
        "id": "m1",
        "conversation_id": "rest:one",
        "sequence": 1,
        "turn_id": "m1",
        "author": "customer",
        "payload": {"text": "hi"},
        "state": "received",
        "created_at": NOW,
    }
    moves = (
        conversations.insert().values(conversation),
        handoffs.insert().values(handoff),
        messages.insert().values(message),
        conversations.update().values(last_sequence=1),
        notes.insert().values(note),
        handoffs.update().values(ticket_number="T-1"),
        handoffs.update().values(state="agent", agent_id="marco", claims=1),
        handoffs.update().values(state="closed"),
    )

    # when
    pulses = [await watching.pulse({"rest:one"})]
    for move in moves:
        await opened.write(lambda connection, move=move: connection.execute(move))
        pulses.append(await watching.pulse({"rest:one"}))

    # then each is seen in the conversation, but for a message without its place; and in the line what it shows
    changed = [one.conversations != other.conversations for one, other in itertools.pairwise(pulses)]
    assert changed == [True, True, False, True, True, True, True, True]
    in_line = [one.line != other.line for one, other in itertools.pairwise(pulses)]
    assert in_line == [False, True, False, True, False, True, True, True]
    assert (await watching.pulse(())).conversations == {}
