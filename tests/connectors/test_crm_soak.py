"""A thousand writes to each vendor's CRM, while answers are lost and writers are killed: each is there once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from middleware import connectors, store
from middleware.crm.base import Crm
from middleware.database import open_engine
from tests.connectors.crm_soak_worker import Task, email_of, run
from tests.counts import seeded, times
from tests.data.backoffice import backoffice
from tests.fakes.building import environment
from tests.fakes.stand_in import Fault, Faults, Request, StandIn
from tests.fakes.stand_ins import STAND_INS, settings_for

WRITES = times(1000)
KILLS = times(100)
WORKERS = 2
PEOPLE = ("ada@example.com", "ben@example.com", "dora@example.com", "emil@example.com")
TICKETS = ("901", "903", "904", "905")
SECONDS_TO_WAIT = 900
SEARCH_LAG_SECONDS = 5

# What goes wrong with a request, and how often in a hundred.
MOODS = {"lost": 8, "gateway": 4, "refused": 4, "throttled": 1}


class Moody(Faults):
    """A system in which anything goes wrong now and then.

    Attributes:
        happened: How often, by its kind.
    """

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self.happened: Counter[str] = Counter()
        self.is_well = False

    def of(self, request: Request) -> Fault | None:
        """What goes wrong with a request, by chance."""
        dice = self._chance.randrange(100)
        for kind, share in MOODS.items():
            dice -= share
            if dice < 0 and not self.is_well:
                self.happened[kind] += 1
                return Fault(kind=kind)
        return None


class Workers:
    """Processes that share the writes, and are started anew whenever they are killed.

    Args:
        folder: Where they note what they have done.
    """

    def __init__(self, task: Task, folder: Path) -> None:
        self._task = task
        self._folder = folder
        # All begin as copies of one that has everything loaded: starting costs nothing.
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload([run.__module__])
        self._running = {place: self._start(place) for place in range(WORKERS)}

    @property
    def done(self) -> int:
        """How many writes were told to be done."""
        return sum(len(file.read_text().split()) for file in self._folder.glob("done-*"))

    def kill(self, place: int) -> None:
        """Kills one, whatever it is at, and lets another take its place."""
        self._running[place].kill()
        self._running[place].join()
        self._running[place] = self._start(place)

    def failed(self) -> bool:
        """Whether one has given up."""
        return any(one.exitcode for one in self._running.values())

    def stop(self) -> None:
        """Ends all."""
        for one in self._running.values():
            one.kill()
            one.join()

    def _start(self, place: int) -> BaseProcess:
        process = self._context.Process(target=run, args=(self._task, self._folder / f"done-{place}", place, WORKERS))
        process.start()
        return process


@pytest.fixture(params=list(STAND_INS))
def stand_in(request: pytest.FixtureRequest, now: datetime) -> Iterator[StandIn]:
    """Each vendor's in turn, holding the tests' back office."""
    with STAND_INS[request.param]() as one:
        one.lay(backoffice(now))
        yield one


def until_all_are_done(workers: Workers, chance: random.Random) -> int:
    """Kills one now and then, after so many writes and a moment more; gives how many."""
    kills = 0
    end = time.monotonic() + SECONDS_TO_WAIT
    next_kill = WRITES // (KILLS + 1)
    while (done := workers.done) < WRITES:
        assert time.monotonic() < end, f"{done} of {WRITES}"
        assert not workers.failed(), "a worker gave up"
        if kills < KILLS and done >= next_kill:
            time.sleep(chance.random() * 0.02)
            workers.kill(chance.randrange(WORKERS))
            kills += 1
            next_kill = max(done + 1, WRITES * (kills + 1) // (KILLS + 1))
        time.sleep(0.002)
    return kills


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
    moods = stand_in.faults = Moody(chance)

    # when workers write, and are killed
    begun = time.monotonic()
    task = Task(
        environment={**environment(url), **stand_in.environment},
        rules=stand_in.rules,
        writes=WRITES,
        contacts=contacts,
        tickets=tickets,
    )
    workers = Workers(task, tmp_path)
    try:
        kills = until_all_are_done(workers, chance)
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
