"""Leads that come at the same moment through several middlewares on one database: each once, and fairly shared."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from middleware import bootstrap, store
from middleware.bootstrap import Middleware
from middleware.identity import Proof
from middleware.lead_rules import LeadRules, Territory, Where
from middleware.leads import Enquiry, Kept
from middleware.records import Consent, Employee
from middleware.store import open_store
from middleware.territories import Place, Territories, Traits
from tests import postgres
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import NOW, project_settings

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
LEADS, MEMBERS, WORKERS = 50, 3, 4
TEAM = tuple(f"member-{number}@fernhill.example" for number in range(MEMBERS))
CONSENT = Consent(words="May I?", at=NOW)
RULES = LeadRules(
    record="lead",
    reply_within="a day",
    fallback="sales@fernhill.example",
    teams={"east": TEAM},
    territories=(Territory(name="US", where=Where(countries=("US",)), team="east"),),
)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database."""
    sqlite = f"sqlite:///{tmp_path / 'store.db'}"
    url = sqlite if request.param == "sqlite" else postgres.fresh_database(request.getfixturevalue("postgres_url"))
    store.migrate(url)
    return url


# The turns of a team


def worker(url: str, number: int, together: threading.Barrier) -> list[str]:
    """Picks who gets some leads, through a store of its own; every fifth time, what caused it fails."""

    class ItFailed(Exception):
        pass

    territories, traits = Territories(RULES), Traits(place=Place(country="US"))

    async def run() -> list[str]:
        own, picked = open_store(url), list[str]()
        for count in range(LEADS):
            fails = (count + number) % 5 == 0

            def work(connection: sa.engine.Connection, fails: bool = fails) -> str:
                pick = territories.pick(connection, traits)
                if fails:
                    raise ItFailed
                return pick.owner

            with contextlib.suppress(ItFailed):
                picked.append(await own.write(work))
        own.close()
        return picked

    together.wait()
    return asyncio.run(run())


def test_however_many_pick_at_once_the_members_take_turns(url: str) -> None:
    together = threading.Barrier(WORKERS)

    with ThreadPoolExecutor(WORKERS) as pool:
        picked = list(pool.map(lambda number: worker(url, number, together), range(WORKERS)))

    shares = Counter(owner for some in picked for owner in some)
    assert sum(shares.values()) == WORKERS * LEADS * 4 // 5
    assert set(shares) == set(TEAM)
    assert max(shares.values()) - min(shares.values()) <= 1


# Whole leads


@pytest.fixture
def crm() -> FakeCrm:
    """A CRM that knows the team."""
    return FakeCrm(employees=[Employee(email=email, name=email) for email in (*TEAM, RULES.fallback)])


@pytest.fixture
def both(url: str, crm: FakeCrm) -> Iterator[tuple[Middleware, Middleware]]:
    """Two middlewares on one database, with one CRM; what is slow only because the machine is busy is waited for."""
    known = msgspec.structs.replace(project_settings(url, lead=60), leads=RULES)
    one, other = (bootstrap.build(known, crm=crm, erp=FakeErp()) for _ in range(2))
    yield one, other
    one.close()
    other.close()


async def keep(middleware: Middleware, number: int, key: str) -> Kept:
    """Keeps a lead in a conversation of its own."""
    conversation = f"rest:{number}"
    turn = await middleware.messages.open_turn(conversation, "rest", "hello", None, Proof())
    who = await middleware.identity.who(conversation, turn.id)
    enquiry = Enquiry(last_name=str(number), email=f"lead-{number}@example.com", country="US")
    return await middleware.leads.keep(who, enquiry, CONSENT, key)


async def test_leads_that_come_at_once_are_each_kept_and_delivered_once_and_shared_fairly(
    both: tuple[Middleware, Middleware], crm: FakeCrm
) -> None:
    # given a worker in each
    working = [asyncio.create_task(one.jobs.run()) for one in both]

    # when each lead comes twice, under one key, a time through each
    kept = await asyncio.gather(*(keep(one, number, f"key-{number}") for number in range(20) for one in both))
    for one in working:
        one.cancel()
    await asyncio.gather(*working, return_exceptions=True)

    # then
    assert kept[::2] == kept[1::2]
    assert len({one.reference for one in kept}) == len(crm.leads) == 20
    assert all(one.is_delivered for one in kept)
    shares = Counter(draft.owner for draft in crm.leads.values())
    assert sorted(shares.values()) == [6, 7, 7]
    picks = await both[0].store.read(lambda connection: connection.execute(sa.select(store.leads.c.pick)).all())
    assert Counter(pick for (pick,) in picks) == shares


async def test_strange_letters_come_through(both: tuple[Middleware, Middleware], crm: FakeCrm) -> None:
    names = ["Zoë O’Brien-Łukasz", "山田 太郎", "=cmd()", "<script>", "a\x00b", "half \ud800 a letter", "x" * 200]
    who = await both[0].identity.who("rest:1", None)
    await both[0].messages.open_turn("rest:1", "rest", "hello", None, Proof())
    working = asyncio.create_task(both[0].jobs.run())

    for place, name in enumerate(names):
        enquiry = Enquiry(last_name=name, company=name, wish=name, email=f"lead-{place}@example.com")
        assert (await both[0].leads.keep(who, enquiry, CONSENT, f"key-{place}")).is_delivered
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)

    assert [draft.last_name for draft in crm.leads.values()] == names
