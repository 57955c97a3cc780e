"""Fifty leads come while the CRM is away, then deaf, and workers are killed: fifty arrive, once each, in order."""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware import bootstrap, reset, store
from middleware.clock import system_clock
from middleware.crm.embedded import tables as crm
from middleware.database import open_engine
from middleware.demo import Data
from middleware.demo.employees import employee_rows
from middleware.identity import Proof
from middleware.leads import Enquiry
from middleware.records import Consent
from tests import postgres
from tests.fakes.building import environment, project_settings
from tests.faults import lead_worker
from tests.faults.copies import killed, started

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
LEADS, CONVERSATIONS, KILLS = 50, 10, 5
SECONDS_TO_WAIT = 120


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the demo company's people in the CRM."""
    sqlite = f"sqlite:///{tmp_path / 'store.db'}"
    url = sqlite if request.param == "sqlite" else postgres.fresh_database(request.getfixturevalue("postgres_url"))
    store.migrate(url)
    engine = open_engine(url)
    reset.lay(engine, Data(employees=employee_rows()))
    engine.dispose()
    return url


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """To look into it."""
    engine = open_engine(url)
    yield engine
    engine.dispose()


def start(url: str, mood: Path) -> BaseProcess:
    """Starts a worker."""
    known = os.environ | environment(url) | {"CRM_FILE": str(mood)}
    return started(lead_worker.work, environment=known, log=mood.with_name("worker.log"))


async def keep_all(url: str) -> list[str]:
    """Keeps the leads, in several conversations by turns; gives their references."""
    known = bootstrap.build(project_settings(url))
    known.leads._patience = 0
    references = []
    for number in range(LEADS):
        conversation = f"rest:{number % CONVERSATIONS}"
        turn = await known.messages.open_turn(conversation, "rest", "hello", None, Proof())
        who = await known.identity.who(conversation, turn.id)
        enquiry = Enquiry(last_name=f"Nr {number}", email=f"lead-{number}@example.com", country="US", state="NJ")
        kept = await known.leads.keep(who, enquiry, Consent(words="May I?", at=system_clock()), f"key-{number}")
        assert not kept.is_delivered
        references.append(kept.reference)
    known.close()
    return references


def until(condition: Callable[[], Any]) -> None:
    """Waits for something."""
    end = time.monotonic() + SECONDS_TO_WAIT
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


async def test_leads_arrive_once_each_whatever_the_crm_and_the_workers_do(
    url: str, engine: Engine, tmp_path: Path
) -> None:
    # given a CRM that is away
    mood = tmp_path / "mood"
    mood.write_text("away")
    references = await keep_all(url)

    def count(table: sa.Table, *where: Any) -> int:
        with engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())

    def attempts() -> int:
        with engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.sum(store.jobs.c.attempts))).scalar_one())

    # when a worker is killed again and again: while the CRM is away, while its answers are lost, and while it is well
    for kill in range(KILLS):
        before = attempts()
        worker = start(url, mood)
        until(lambda before=before: attempts() >= before + 3)
        killed(worker)
        if kill == 1:
            mood.write_text("deaf")
        elif kill == 3:
            mood.unlink()
    worker = start(url, mood)
    until(lambda: count(store.leads, store.leads.c.state == "delivered") == LEADS)
    killed(worker)

    # then all are there, once, each with the owner who was picked for it
    with engine.connect() as connection:
        rows = connection.execute(
            sa.select(crm.leads).order_by(sa.cast(sa.func.substr(crm.leads.c.id, 4), sa.Integer))
        ).all()
        ours = connection.execute(sa.select(store.leads).order_by(store.leads.c.number)).all()
    assert Counter(row.email for row in rows) == {f"lead-{number}@example.com": 1 for number in range(LEADS)}
    assert {row.email: row.owner for row in rows} == {row.draft["email"]: row.pick for row in ours}
    assert len(set(references)) == LEADS
    shares = Counter(row.owner for row in rows)
    assert len(shares) == 2
    assert set(shares.values()) == {LEADS // 2}

    # and those of one conversation came in their order
    order: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows:
        number = int(row.last_name.removeprefix("Nr "))
        order[number % CONVERSATIONS].append(number)
    assert all(numbers == sorted(numbers) for numbers in order.values())
