"""Invoices whose papers take long: announced at once, had by a job, and sent to nobody who may not see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from actions.invoices import SendInvoice
from actions.proactive import Proactive
from middleware import store
from middleware.errors import Unavailable
from middleware.identity import Proof
from middleware.papers import PAPER
from middleware.proactive import WORDS
from middleware.records import Invoice
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADA_PHONE, ADAS_ACCOUNT, Bench, invoice
from tests.unit.test_actions import ask

MakeBench = Callable[..., Bench]

VERIFIED = Proof(phone=ADA_PHONE, email=ADA_EMAIL)
JANUARY = invoice("INV-2", date(2026, 1, 9), date(2026, 1, 20))
FEBRUARY = invoice("INV-3", date(2026, 2, 14), date(2026, 2, 20))
OWN = b"%PDF-1.7 the ERP's own"
PATIENCE_SECONDS = 0.2


@pytest.fixture
def desk(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Ada's two invoices, in an ERP that takes very long to print."""
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], invoices=[JANUARY, FEBRUARY]))
    desk.erp.pdfs |= {"INV-2": OWN, "INV-3": OWN}
    desk.erp.hang(60, only="invoice_pdf")
    monkeypatch.setattr(desk.middleware.papers, "_patience", PATIENCE_SECONDS)
    return desk


async def asked_for(desk: Bench, *numbers: str) -> Sequence[Invoice]:
    """Has Ada ask for papers; gives the invoices whose papers are coming."""
    who = await desk.who(VERIFIED)
    papers = await desk.middleware.papers.of(who, await desk.middleware.invoices.numbered(who, numbers))
    return [one.invoice for one in papers if one.is_coming]


def waiting(desk: Bench, kind: str) -> list[dict[str, object]]:
    return [row for row in desk.rows(store.jobs) if row["kind"] == kind and row["state"] == "waiting"]


async def told(desk: Bench) -> list[dict[str, object]]:
    """What Ada was told without asking, once all jobs have run."""
    middleware = desk.middleware
    middleware.jobs.does(WORDS, Proactive(middleware).say)
    await middleware.jobs.run_due()
    return [dict(one.reply) for one in await middleware.history.to_customer("rest:one", 0, 10)]


async def test_a_paper_that_takes_long_is_sent_when_it_is_there(desk: Bench) -> None:
    assert await asked_for(desk, "INV-2") == [JANUARY]
    desk.erp.recover()

    [said] = await told(desk)

    assert str(said["text"]).startswith("Here is the invoice that you asked for: INV-2 of 9 January over ")
    attachment = said["attachment"]
    assert isinstance(attachment, dict) and attachment["name"] == "INV-2.pdf"
    _, content = await desk.middleware.documents.of_conversation(attachment["id"], "rest:one")
    assert content == OWN


async def test_the_customer_hears_at_once_that_it_comes(desk: Bench) -> None:
    heard = await ask(desk, SendInvoice, "invoice INV-2 please", intent="Invoice_Request", proof=VERIFIED)

    assert heard.responses == ["utter_invoice_coming"]
    assert [row["kind"] for row in waiting(desk, PAPER)] == [PAPER]


async def test_it_is_sent_once_however_often_the_job_is_run(desk: Bench) -> None:
    await asked_for(desk, "INV-2")
    desk.erp.recover()
    await told(desk)

    desk.edit(store.jobs, state="waiting")

    assert len(await told(desk)) == 1


async def test_after_a_slow_one_the_next_is_announced_without_waiting(desk: Bench) -> None:
    await asked_for(desk, "INV-2")
    begun = desk.erp.calls["invoice_pdf"]

    assert await asked_for(desk, "INV-2", "INV-3") == [JANUARY, FEBRUARY]
    assert desk.erp.calls["invoice_pdf"] == begun, "nobody is kept waiting by what will be slow again"


async def test_after_a_quick_one_they_are_waited_for_again(desk: Bench) -> None:
    await asked_for(desk, "INV-2")
    desk.erp.recover()
    await told(desk)

    assert await asked_for(desk, "INV-3") == []


async def test_where_somebody_else_has_the_conversation_by_then_it_isnt_sent(desk: Bench) -> None:
    await asked_for(desk, "INV-2")
    desk.erp.recover()
    desk.clock.advance(timedelta(seconds=5))
    await desk.open_turn(Proof(phone="+12015550111", email="ben@example.com"))

    [said] = await told(desk)

    assert said["text"] == "I'm sorry: I couldn't get invoice INV-2 as I had hoped. Please ask me for it again."
    assert "attachment" not in said


async def test_what_fails_is_tried_again_and_in_the_end_said_not_to_come(desk: Bench) -> None:
    await asked_for(desk, "INV-2")
    desk.erp.recover()
    desk.erp.fail(Unavailable("down", system="erp"), only="invoice_pdf")
    assert await told(desk) == []
    assert waiting(desk, PAPER), "it isn't given up at the first failure"

    desk.clock.advance(timedelta(minutes=11))

    [said] = await told(desk)
    assert "I couldn't get invoice INV-2" in str(said["text"])


async def test_a_paper_that_is_anothers_by_then_isnt_sent(desk: Bench) -> None:
    await asked_for(desk, "INV-2")
    desk.erp.recover()
    desk.erp.talk_nonsense([replace(ADAS_ACCOUNT, number="1002")], only="customers_by_phone")

    [said] = await told(desk)

    assert "attachment" not in said
