"""Who asks for a person is in the line whatever the systems do; the ticket comes when they are back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.handoff import HandOver
from middleware import store
from middleware.backend import Circuit
from middleware.settings import Operation
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, Bench, invoice, order, ticket
from tests.fakes.handing_over import working
from tests.faults.test_every_operation import (
    DEADLINE_SECONDS,
    DOMAIN,
    FAULTS,
    LONG_SECONDS,
    SLACK_SECONDS,
    TROUBLES,
    VERIFIED,
    run,
)

MakeBench = Callable[..., Bench]

WORDS = "I want to talk to a person"


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    """Ada with an order, an invoice and a ticket, while people are there; the CRM is called however often it failed."""
    erp = FakeErp([ADAS_ACCOUNT], [order("5001")], invoices=[invoice()])
    made = bench(FakeCrm([ADA], [ticket()]), erp, handoff=DEADLINE_SECONDS)
    made.middleware.gateway.crm._back_end.circuit = Circuit("crm", failures=100_000, seconds=1)
    return made


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("system", ["crm", "erp"])
async def test_a_system_in_trouble_keeps_nobody_from_the_line(desk: Bench, fault: str, system: str) -> None:
    # given
    FAULTS[fault](desk.crm if system == "crm" else desk.erp, "")
    patience = DEADLINE_SECONDS if system == "crm" else LONG_SECONDS  # for a ticket, which comes unless the CRM is away
    desk.middleware.handoffs._patience = patience
    longest = desk.middleware.settings.handoff.account_seconds + DEADLINE_SECONDS + SLACK_SECONDS

    # when
    begun = time.monotonic()
    async with working(desk):
        response, text = await run(desk, HandOver, {}, "Human_Handoff", WORDS)
        taken = time.monotonic() - begun

    # then
    assert taken < longest
    assert response == ("utter_in_line_now_no_ticket" if system == "crm" else "utter_in_line_now")
    assert not re.search(r"4711|SELECT|Traceback|Error|erp|crm", text)
    [handoff] = desk.rows(store.handoffs)
    assert handoff["state"] == "waiting"
    assert handoff["account"]["unread"]
    assert f"{system} {Operation.HANDOFF_ACCOUNT.value} ok" not in desk.audit()

    # and when the trouble is over, there is one ticket, which is the customer's
    desk.crm.recover()
    desk.erp.recover()
    for _ in range(3):
        desk.clock.advance(timedelta(minutes=10))
        await desk.middleware.jobs.run_due()
    [draft] = desk.crm.drafts.values()
    assert draft.contact_id == ADA.id
    assert f"crm {Operation.HANDOFF.value} ok" in desk.audit()


@pytest.mark.parametrize("fault", ["loses its answer", "cannot be decoded", "faults"])
async def test_a_ticket_that_was_opened_without_an_answer_is_opened_once(desk: Bench, fault: str) -> None:
    FAULTS[fault](desk.crm, "open_ticket")
    desk.crm._error_is_late = True

    async with working(desk):
        response, _ = await run(desk, HandOver, {}, "Human_Handoff", WORDS)

    assert response == "utter_in_line_now_no_ticket"
    desk.crm.recover()
    desk.clock.advance(timedelta(minutes=10))
    await desk.middleware.jobs.run_due()
    assert list(desk.crm.drafts) == ["T-1077"]


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_store_in_trouble_names_the_people_instead(desk: Bench, trouble: str) -> None:
    # given a turn under way, when the store stops taking anything
    turn = await desk.open_turn(VERIFIED, WORDS)
    latest = {"text": WORDS, "intent": {"name": "Human_Handoff"}, "entities": [], "metadata": {"turn": turn.id}}
    tracker = Tracker("rest:one", {name: None for name in DOMAIN["slots"]}, latest, [], False, None, {}, None)
    dispatcher = CollectingDispatcher()

    # when
    with TROUBLES[trouble](desk):
        await HandOver(desk.middleware).run(dispatcher, tracker, DOMAIN)

    # then nobody believes that they wait
    [message] = dispatcher.messages
    assert message["response"] == "utter_person"
    assert desk.rows(store.handoffs) == []

    # and it goes on when the store is back
    desk.middleware.handoffs._patience = LONG_SECONDS
    async with working(desk):
        assert (await run(desk, HandOver, {}, "Human_Handoff", WORDS))[0] == "utter_in_line_now"
