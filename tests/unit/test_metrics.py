"""The figures for Prometheus."""

from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from middleware import metrics
from middleware.backend import ATTEMPTS
from middleware.errors import FrontdeskError, NotAllowed, Unavailable
from middleware.store import Store, audit, jobs
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, KNOWN, NOW, order, ticket
from tests.fakes.fixtures import MakeBench
from tests.fakes.handing_over import ask, working

GREETED = {"operation": "greeting", "system": "crm"}
ASKED = {"operation": "order_status", "system": "erp"}


def value(name: str, **labels: str) -> float:
    """A figure of this process, which other tests have counted in as well."""
    return metrics.registry.get_sample_value(name, labels) or 0.0


async def shown(store: Store) -> dict[tuple[str, frozenset[str]], float]:
    """What Prometheus reads, by name and values of the labels."""
    text = (await metrics.exposition(store)).decode()
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def job(id: str, kind: str, state: str) -> dict[str, object]:
    """A row of the table of jobs."""
    return {
        "id": id,
        "kind": kind,
        "line": "one",
        "payload": {},
        "state": state,
        "run_at": NOW + timedelta(hours=1),
        "created_at": NOW,
    }


async def test_an_operation_is_counted_and_timed_with_what_came_of_it(bench: MakeBench) -> None:
    it = bench(FakeCrm(), FakeErp([ADAS_ACCOUNT], [order("7")]))
    counted = value("frontdesk_operations_total", outcome="ok", **ASKED)
    timed = value("frontdesk_operation_seconds_count", outcome="ok", **ASKED)

    await it.middleware.orders.meant(await it.who(KNOWN), "where is my order?")

    assert value("frontdesk_operations_total", outcome="ok", **ASKED) == counted + 1
    assert value("frontdesk_operation_seconds_count", outcome="ok", **ASKED) == timed + 1


async def test_an_operation_that_is_refused_is_counted_by_the_name_of_the_error(bench: MakeBench) -> None:
    it = bench()
    before = value("frontdesk_operations_total", outcome="NotAllowed", **ASKED)

    with pytest.raises(NotAllowed):
        await it.middleware.orders.meant(await it.who(), "where is my order?")

    assert value("frontdesk_operations_total", outcome="NotAllowed", **ASKED) == before + 1


async def test_what_could_not_be_noted_was_not_answered_and_is_not_counted(bench: MakeBench) -> None:
    it = bench(FakeCrm(), FakeErp([ADAS_ACCOUNT], [order("7")]))
    who = await it.who(KNOWN)
    before = value("frontdesk_operations_total", outcome="ok", **ASKED)
    it.lose(audit)

    with pytest.raises(FrontdeskError):
        await it.middleware.orders.meant(who, "where is my order?")

    assert value("frontdesk_operations_total", outcome="ok", **ASKED) == before


async def test_each_call_of_a_system_is_counted_with_what_came_of_it(bench: MakeBench) -> None:
    # given a CRM, and what was counted before
    it = bench(FakeCrm([ADA], [ticket()]), FakeErp())
    who = await it.who(KNOWN)
    ok = value("frontdesk_calls_total", system="crm", outcome="ok")
    failed = value("frontdesk_calls_total", system="crm", outcome="Unavailable")

    # when it is asked for a greeting, and once more when it can't be reached
    await it.middleware.greeting.welcome(who)
    it.crm.fail(Unavailable("gone", system="crm"))
    await it.middleware.greeting.welcome(who)

    # then both are counted
    assert value("frontdesk_calls_total", system="crm", outcome="ok") > ok
    assert value("frontdesk_calls_total", system="crm", outcome="Unavailable") == failed + ATTEMPTS


async def test_a_fault_of_a_call_is_counted_and_goes_on() -> None:
    before = value("frontdesk_calls_total", system="crm", outcome="fault")

    with pytest.raises(KeyError), metrics.call("crm"):
        raise KeyError("x")

    assert value("frontdesk_calls_total", system="crm", outcome="fault") == before + 1


def test_retries_circuits_and_jobs_are_noted() -> None:
    retries, ended = value("frontdesk_retries_total", system="erp"), {"kind": "seal", "outcome": "done"}
    jobs_before = value("frontdesk_jobs_ended_total", **ended)

    metrics.retried("erp")
    metrics.job_ended("seal", "done")
    states = []
    for state in metrics.CIRCUIT_STATES:
        metrics.circuit("erp", state)
        states.append(value("frontdesk_circuit_state", system="erp"))

    assert value("frontdesk_retries_total", system="erp") == retries + 1
    assert value("frontdesk_jobs_ended_total", **ended) == jobs_before + 1
    assert states == [0, 1, 2]


async def test_the_jobs_in_the_store_are_counted_when_they_are_asked_for(bench: MakeBench) -> None:
    store = bench().middleware.store
    rows = [job("1", "lead", "waiting"), job("2", "lead", "waiting"), job("3", "ticket", "dead")]
    rows += [job("4", "lead", "done"), job("5", "lead", "running")]
    await store.write(lambda connection: connection.execute(jobs.insert(), rows))

    read = await shown(store)

    assert {key[1]: count for key, count in read.items() if key[0] == "frontdesk_jobs"} == {
        frozenset({"lead", "waiting"}): 2,
        frozenset({"lead", "running"}): 1,
        frozenset({"ticket", "dead"}): 1,
    }
    assert read["frontdesk_store_up", frozenset()] == 1


async def test_whoever_waits_for_a_person_is_counted(bench: MakeBench) -> None:
    it = bench()
    for conversation in ("rest:one", "rest:two"):
        async with working(it):
            await ask(it, conversation=conversation)

    read = await shown(it.middleware.store)

    assert {key[1]: count for key, count in read.items() if key[0] == "frontdesk_handoffs"} == {
        frozenset({"waiting"}): 2,
        frozenset({"left"}): 0,
        frozenset({"agent"}): 0,
    }


async def test_without_the_store_the_rest_is_shown_all_the_same(bench: MakeBench) -> None:
    it = bench()
    it.lose(jobs)

    read = await shown(it.middleware.store)

    assert read["frontdesk_store_up", frozenset()] == 0
    assert ("process_start_time_seconds", frozenset()) in read
    assert not any(name == "frontdesk_jobs" for name, _ in read)


async def test_the_labels_hold_nothing_of_a_customer(bench: MakeBench) -> None:
    it = bench(FakeCrm([ADA], [ticket()]), FakeErp([ADAS_ACCOUNT], [order("778899")]))
    who = await it.who(KNOWN)
    await it.middleware.greeting.welcome(who)
    await it.middleware.orders.meant(who, "where is order 778899?", "778899")

    text = (await metrics.exposition(it.middleware.store)).decode()

    for datum in ("778899", ADA.phone, ADA.id, ADA.first_name, who.conversation_id, who.correlation_id):
        assert f'"{datum}"' not in text
