"""A worker is killed or suspended in the middle of a job, and another one takes over."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware import jobs, store
from middleware.clock import system_clock
from middleware.database import open_engine
from tests import postgres
from tests.faults.copies import killed, started
from tests.faults.job_worker import Course, work

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
LEASE_SECONDS = 4.0
SECONDS_TO_WAIT = 60


@dataclass
class Works:
    """A database with jobs, a mailbox, and worker processes."""

    url: str
    folder: Path
    engine: Engine
    processes: dict[str, BaseProcess] = field(default_factory=dict)

    def add(self, *names: str) -> None:
        """Adds jobs that send a mail, all of one line."""
        with self.engine.begin() as connection:
            for name in names:
                mail = {"to": "ada@example.com", "subject": "A mail", "text": f"This is {name}."}
                jobs.add(connection, "mail", mail, line="ada", now=system_clock(), job_id=name)

    def start(self, name: str, point: str = "") -> None:
        """Starts a worker."""
        course, log = Course(name, self.folder, point), self.folder / f"{name}.log"
        self.processes[name] = started(work, course, self.url, LEASE_SECONDS, environment=os.environ, log=log)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Sends a signal to a worker."""
        pid = self.processes[name].pid
        assert pid is not None
        os.kill(pid, number)

    def wait_for(self, name: str, what: str) -> None:
        """Waits until a worker says something."""
        self.until(lambda: (self.folder / f"{name}.{what}").exists())

    def until(self, condition: Callable[[], Any]) -> None:
        """Waits for something."""
        end = time.monotonic() + SECONDS_TO_WAIT
        while not condition():
            logs = "\n".join(file.read_text() for file in self.folder.glob("*.log"))
            assert time.monotonic() < end, f"it never happened; the logs:\n{logs}"
            time.sleep(0.02)

    def rows(self) -> list[tuple[str, str, int, str | None]]:
        """All jobs: id, state, attempts and last error."""
        columns = (store.jobs.c.id, store.jobs.c.state, store.jobs.c.attempts, store.jobs.c.last_error)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.select(columns).order_by(store.jobs.c.created_at))]

    def all_ended(self) -> bool:
        """Whether nothing is left to do."""
        return all(state in ("done", "dead") for _, state, _, _ in self.rows())

    def mails(self) -> list[str]:
        """The mails that were sent, in order."""
        file = self.folder / "mailbox.txt"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line.strip() for line in lines if line.startswith("    ")]


@pytest.fixture(params=DATABASES)
def works(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Works]:
    """On each database in turn."""
    sqlite = f"sqlite:///{tmp_path / 'store.db'}"
    url = sqlite if request.param == "sqlite" else postgres.fresh_database(request.getfixturevalue("postgres_url"))
    store.migrate(url)
    made = Works(url, tmp_path, open_engine(url))
    yield made
    for process in made.processes.values():
        killed(process)
    made.engine.dispose()


@pytest.mark.parametrize(
    ("point", "attempts"),
    [
        ("while it claims", 1),
        ("before the effect", 2),
        ("before it renews", 2),
        ("after it has renewed", 2),
        ("after the effect", 2),
        ("before it notes the end", 2),
        ("after it has noted the end", 1),
    ],
)
def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(works: Works, point: str, attempts: int) -> None:
    # given a worker at some point of a job, and another one beside it
    works.add("the first", "the second")
    works.start("one", point)
    works.wait_for("one", "stopped")
    works.start("two")

    # when the first is killed
    killed(works.processes["one"])
    works.until(works.all_ended)

    # then the other has ended its job, and done the next one
    assert works.rows() == [("the first", "done", attempts, None), ("the second", "done", 1, None)]
    assert works.mails() == ["This is the first.", "This is the second."]


@pytest.mark.parametrize("ending", ["succeeds", "fails"])
def test_a_worker_that_was_suspended_beyond_its_lease_changes_nothing(works: Works, ending: str) -> None:
    # given a worker that is suspended in the middle of a job until another has taken it
    works.add("the first")
    works.start("one", f"waits, then {ending}")
    works.wait_for("one", "stopped")
    works.signal("one", signal.SIGSTOP)
    works.start("two", "waits, then succeeds")
    works.wait_for("two", "stopped")
    assert works.rows() == [("the first", "running", 2, None)]

    # when it comes to itself and ends the job
    (works.folder / "one.go").touch()
    works.signal("one", signal.SIGCONT)
    works.wait_for("one", "attempted")

    # then the job is still the other's, who ends it
    assert works.rows() == [("the first", "running", 2, None)]
    (works.folder / "two.go").touch()
    works.until(works.all_ended)
    assert works.rows() == [("the first", "done", 2, None)]
    assert works.mails() == ["This is the first."]
