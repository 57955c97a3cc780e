"""A thousand writes to each vendor's CRM, while answers are lost and writers are killed: each is there once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from middleware import connectors, store
from middleware.crm.base import Crm
from middleware.database import open_engine
from tests.connectors.crm_soak_worker import Task, email_of, run
from tests.connectors.soaking import Moody, Workers, until_all_are_done
from tests.counts import seeded, times
from tests.data.backoffice import backoffice
from tests.fakes.building import environment
from tests.fakes.stand_in import StandIn
from tests.fakes.stand_ins import STAND_INS, settings_for

WRITES = times(1000)
KILLS = times(100)
PEOPLE = ("ada@example.com", "ben@example.com", "dora@example.com", "emil@example.com")
TICKETS = ("901", "903", "904", "905")
SEARCH_LAG_SECONDS = 5

# What goes wrong with a request, and how often in a hundred.
MOODS = {"lost": 8, "gateway": 4, "refused": 4, "throttled": 1}


@pytest.fixture(params=list(STAND_INS))
def stand_in(request: pytest.FixtureRequest, now: datetime) -> Iterator[StandIn]:
    """Each vendor's in turn, holding the tests' back office."""
    with STAND_INS[request.param]() as one:
        one.lay(backoffice(now))
        yield one


def there(
    crm: Crm, stand_in: StandIn, contacts: Sequence[str], tickets: Sequence[str], since: datetime
) -> Counter[int]:
    """How often each write is found, by its number."""
    inside = stand_in.inside
    subjects = [one.subject for contact in contacts for one in crm.tickets_since(contact, since)]
    bodies = [one.body for ticket in tickets for one in inside.comments(ticket)]
    wishes = [one.wish for contact in contacts for one in inside.opportunities(contact)]
    leads = [one.wish for number in range(WRITES) if number % 5 in (2, 3) for one in inside.leads(email_of(number))]
    texts = [text for text in (*subjects, *bodies, *wishes, *leads) if text.startswith(("Nr ", "wish "))]
    return Counter(int(text.split()[1]) for text in texts)


def there_at_last(look: Callable[[], Counter[int]]) -> Counter[int]:
    """The same; a search of some finds what was written only after a while."""
    end = time.monotonic() + SEARCH_LAG_SECONDS
    while len(found := look()) < WRITES and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_each_write_is_there_once_whatever_is_lost_and_whoever_is_killed(
    stand_in: StandIn, now: datetime, tmp_path: Path
) -> None:
    # given a CRM in which anything goes wrong now and then
    chance = seeded()
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store.migrate(url)
    engine = open_engine(url)
    crm = connectors.crm(settings_for(stand_in), engine)
    tickets = [stand_in.inside.number(laid) for laid in TICKETS]
    contacts = [crm.contacts_by_email(email)[0].id for email in PEOPLE]
    moods = stand_in.faults = Moody(chance, MOODS)

    # when workers write, and are killed
    begun = time.monotonic()
    task = Task(
        environment={**environment(url), **stand_in.environment},
        rules=stand_in.rules,
        writes=WRITES,
        contacts=contacts,
        tickets=tickets,
    )
    workers = Workers(run, task, tmp_path)
    try:
        kills = until_all_are_done(workers, WRITES, KILLS, chance)
    finally:
        workers.stop()
    took = time.monotonic() - begun

    # then
    moods.is_well = True
    found = there_at_last(lambda: there(crm, stand_in, contacts, tickets, now - timedelta(days=1)))
    print(
        f"\n{type(stand_in).__name__}: {WRITES} writes, {len(found)} there, {kills} kills, {dict(moods.happened)}, "
        f"{len(stand_in.requests)} requests, {took:.0f} s"
    )
    assert {number: count for number, count in found.items() if count > 1} == {}
    assert sorted(found) == list(range(WRITES))
    people = Counter(len(crm.contacts_by_email(email_of(number))) for number in range(3, WRITES, 5))
    assert people == {1: len(range(3, WRITES, 5))}
    engine.dispose()
