"""The figures of what is pushed to customers, in Prometheus's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from middleware.delivery_states import DOUBTFUL, FAILED, HELD, SENDING, WAITING
from middleware.store import deliveries as table

TROUBLED = (WAITING, SENDING, HELD, FAILED, DOUBTFUL)  # what has gone well is too much to be counted each time


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What is in the store.

    Attributes:
        states: How many parts of messages are in each state, but for those that have gone well.
        put_off: How many the service doesn't take now, by its code.
        doubts: Requests whose answer was lost.
        repeats: Those that were repeated because of it.
    """

    states: Mapping[str, int]
    put_off: Mapping[str, int]
    doubts: int
    repeats: int


def read(connection: Connection) -> Figures:
    """Counts."""
    waiting = (table.c.state == WAITING) & table.c.error_code.is_not(None)
    doubts, repeats = doubted(connection)
    return Figures(
        states={state: 0 for state in TROUBLED} | _counted(connection, table.c.state, table.c.state.in_(TROUBLED)),
        put_off=_counted(connection, table.c.error_code, waiting),
        doubts=doubts,
        repeats=repeats,
    )


def doubted(connection: Connection) -> tuple[int, int]:
    """How many requests' answers were lost, and how many were repeated because of it."""
    query = sa.select(sa.func.sum(table.c.doubts), sa.func.sum(table.c.repeats)).where(table.c.doubts > 0)
    doubts, repeats = connection.execute(query).one()
    return doubts or 0, repeats or 0


def families(figures: Figures | None) -> Sequence[Metric]:
    """The figures as Prometheus's library writes them; nothing in them if the store doesn't answer."""
    states = GaugeMetricFamily(
        "frontdesk_deliveries", "Parts of messages that haven't reached their customers.", labels=["state"]
    )
    put_off = GaugeMetricFamily(
        "frontdesk_deliveries_put_off", "Those that the channel's service doesn't take now.", labels=["code"]
    )
    doubts = GaugeMetricFamily("frontdesk_delivery_doubts", "Requests to the channel's service whose answer was lost.")
    repeats = GaugeMetricFamily("frontdesk_delivery_repeats", "Those that were repeated because of it.")
    if figures:
        for state, count in figures.states.items():
            states.add_metric([state], count)
        for code, count in figures.put_off.items():
            put_off.add_metric([code], count)
        doubts.add_metric([], figures.doubts)
        repeats.add_metric([], figures.repeats)
    return [states, put_off, doubts, repeats]


def _counted(connection: Connection, by: sa.Column[Any], which: ColumnElement[Any]) -> dict[str, int]:
    query = sa.select(by, sa.func.count()).where(which).group_by(by).order_by(by)
    return {name: count for name, count in connection.execute(query)}
