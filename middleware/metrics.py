"""Figures for whoever runs Frontdesk, in Prometheus's form; their labels hold no customer's data.

They are this process's own: a server with several workers shows those of the worker that answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from sqlalchemy.engine import Connection

from middleware import delivery_figures
from middleware.errors import FrontdeskError
from middleware.health import at_once
from middleware.ownership import OPEN
from middleware.store import Store, handoffs, jobs

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
# As fine as look-ups need, as far as documents may take.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 30)

CIRCUIT_STATES = ("closed", "half-opened", "opened")

# Beside each counter there would be a series that says when it was begun.
disable_created_metrics()  # type: ignore[no-untyped-call] # the library's own

registry = CollectorRegistry()
ProcessCollector(registry=registry)

_operations = Counter(
    "frontdesk_operations",
    "What was asked of the systems of record, and what came of it: ok, or the error's name.",
    ["operation", "system", "outcome"],
    registry=registry,
)
_operation_seconds = Histogram(
    "frontdesk_operation_seconds",
    "How long it took, retries included.",
    ["operation", "system", "outcome"],
    buckets=SECONDS,
    registry=registry,
)
_calls = Counter(
    "frontdesk_calls",
    "Single calls of a system of record, and what came of them.",
    ["system", "outcome"],
    registry=registry,
)
_retries = Counter("frontdesk_retries", "Calls that were made once more.", ["system"], registry=registry)
_circuit = Gauge(
    "frontdesk_circuit_state",
    "0: the system is called. 1: one call tries whether it is back. 2: it is left alone.",
    ["system"],
    registry=registry,
)
_jobs_ended = Counter(
    "frontdesk_jobs_ended", "Runs of jobs, and what came of them.", ["kind", "outcome"], registry=registry
)


_dropped = Counter(
    "frontdesk_messages_dropped",
    "Messages of customers who wrote faster than is allowed, and had been told so.",
    ["channel"],
    registry=registry,
)


def operation(operation: str, system: str, outcome: str, seconds: float) -> None:
    """Counts what the gateway did.

    Args:
        outcome: `ok`, or the name of the error.
    """
    _operations.labels(operation, system, outcome).inc()
    _operation_seconds.labels(operation, system, outcome).observe(seconds)


@contextmanager
def call(system: str) -> Iterator[None]:
    """Counts the call of a system that is made in the block."""
    outcome = "ok"
    try:
        yield
    except FrontdeskError as error:
        outcome = error.kind
        raise
    except BaseException:
        outcome = "fault"
        raise
    finally:
        _calls.labels(system, outcome).inc()


def retried(system: str) -> None:
    """Counts a call that is made once more."""
    _retries.labels(system).inc()


def circuit(system: str, state: str) -> None:
    """Notes whether a system is called at all."""
    _circuit.labels(system).set(CIRCUIT_STATES.index(state))


def job_ended(kind: str, outcome: str) -> None:
    """Counts a run of a job.

    Args:
        outcome: `done`, or the name of the error after which it waits for another try or is given up.
    """
    _jobs_ended.labels(kind, outcome).inc()


def dropped(channel: str) -> None:
    """Counts a customer's message that isn't taken."""
    _dropped.labels(channel).inc()


async def exposition(store: Store) -> bytes:
    """All figures, with the jobs and hand-overs that are in the store at this moment; without if it doesn't answer."""
    in_store = await at_once(store, _read_all)
    store_up = GaugeMetricFamily("frontdesk_store_up", "Whether the store answers.", value=in_store is not None)
    unfinished = GaugeMetricFamily("frontdesk_jobs", "Jobs that wait, run, or were given up.", labels=["kind", "state"])
    handed_over = GaugeMetricFamily(
        "frontdesk_handoffs",
        "Conversations that wait for a person, are left for the next opening, or are with an agent.",
        labels=["state"],
    )
    jobs_there, handoffs_there, figures = in_store or ((), (), None)
    for kind, state, count in jobs_there:
        unfinished.add_metric([kind, state], count)
    for state, count in handoffs_there:
        handed_over.add_metric([state], count)
    families = [store_up, unfinished, handed_over, *delivery_figures.families(figures)]
    return generate_latest(registry) + generate_latest(_Read(families))


def _read_all(
    connection: Connection,
) -> tuple[Sequence[tuple[str, str, int]], Sequence[tuple[str, int]], delivery_figures.Figures]:
    return _unfinished_jobs(connection), _open_handoffs(connection), delivery_figures.read(connection)


def _unfinished_jobs(connection: Connection) -> Sequence[tuple[str, str, int]]:
    query = (
        sa.select(jobs.c.kind, jobs.c.state, sa.func.count())
        .where(jobs.c.state.in_(("waiting", "running", "dead")))
        .group_by(jobs.c.kind, jobs.c.state)
    )
    return [(*row,) for row in connection.execute(query)]


def _open_handoffs(connection: Connection) -> Sequence[tuple[str, int]]:
    """How many there are in each state, also of those that there are none of."""
    query = sa.select(handoffs.c.state, sa.func.count()).where(handoffs.c.state.in_(OPEN)).group_by(handoffs.c.state)
    counted = {state: count for state, count in connection.execute(query)}
    return [(state, counted.get(state, 0)) for state in OPEN]


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read for one request, in the form that Prometheus's library writes."""

    families: Sequence[Metric]

    def collect(self) -> Sequence[Metric]:
        return self.families
