"""A customer's invoices: what their words ask, which ones are meant, what is open, and the papers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from middleware.errors import Malformed, NotAllowed, NotFound, Reason, Unavailable
from middleware.identity import Proof
from middleware.invoice_words import Asked, Mention
from middleware.invoices import MOST_SENT, Meant, NotBilled
from middleware.records import Invoice, OrderStatus
from tests import paper
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import (
    ADA,
    ADA_EMAIL,
    ADA_PHONE,
    ADAS_ACCOUNT,
    KNOWN,
    TODAY,
    Bench,
    invoice,
    invoice_line,
    order,
)

MakeBench = Callable[..., Bench]

VERIFIED = Proof(phone=ADA_PHONE, email=ADA_EMAIL)

TENT = (invoice_line(description="two-person tent", sku="TNT-2P", price="349.50"),)
OCTOBER = invoice("INV-1", date(2025, 10, 14), date(2025, 11, 2), lines=TENT)
JANUARY = invoice("INV-2", date(2026, 1, 9), date(2026, 1, 20), order_number="5001")
FEBRUARY = invoice("INV-3", date(2026, 2, 14), date(2026, 2, 20))
BENS = replace(invoice("INV-7", date(2026, 2, 14)), customer_number="1002")
MINE = (OCTOBER, JANUARY, FEBRUARY)


def desk_with(bench: MakeBench, *invoices: Invoice, **more: object) -> Bench:
    """Ada, who has these invoices and two orders, one of them billed; and an invoice of Ben's."""
    orders = [order("5001", OrderStatus.DELIVERED, placed=65), order("5002", placed=2)]
    return bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], orders, invoices=[*invoices, BENS]), **more)


def asked(desk: Bench, text: str, **more: str) -> Asked:
    return desk.middleware.invoices.asked(text, **more)


async def meant(desk: Bench, text: str, offered: Sequence[str] = ()) -> Meant | NotBilled:
    return await desk.middleware.invoices.meant(await desk.who(VERIFIED), asked(desk, text), offered)


async def numbers(desk: Bench, text: str, offered: Sequence[str] = ()) -> list[str]:
    found = await meant(desk, text, offered)
    assert isinstance(found, Meant)
    return [one.number for one in found.invoices]


# What the words ask


@pytest.mark.parametrize(
    "text",
    [
        "do I owe you anything?",
        "what's open on our account?",
        "outstanding balance",
        "is INV-3 paid?",
        "are there any unpaid bills of ours",
        "how much do we have to pay you",
        "am I all paid up",
        "when is my invoice due",
        "did our transfer clear, is INV-3 settled",
        "statement of account",
        "anything overdue?",
    ],
)
def test_a_question_for_what_is_owed_is_told_from_a_wish_for_copies(bench: MakeBench, text: str) -> None:
    assert asked(desk_with(bench), text).wants_balance


@pytest.mark.parametrize(
    "text",
    [
        "can I get a copy of last month's invoice?",
        "the slip that says what I paid, please",
        "expenses are due tomorrow, I need my receipt",
        "account statement for Q3",
        "proof of what she paid in 2025",
        "open the October invoice for me, the pdf won't load",
        "invoice",
    ],
)
def test_a_wish_for_copies_is_no_question_for_what_is_owed(bench: MakeBench, text: str) -> None:
    assert not asked(desk_with(bench), text).wants_balance


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("INV-88213", [("INV-88213", "invoice")]),
        ("inv 88213", [("inv 88213", "invoice")]),
        ("invoice no. 88213", [("88213", "invoice")]),
        ("bill #88213", [("88213", "invoice")]),
        ("88213", [("88213", "")]),
        ("for order 10023", [("10023", "order")]),
        ("ORD-10023", [("ORD-10023", "order")]),
        ("order no. 10023 and 10024", [("10023", "order"), ("10024", "order")]),
        ("INV-1 and INV-2", [("INV-1", "invoice"), ("INV-2", "invoice")]),
        ("INV-88", [("INV-88", "invoice")]),
        ("INV-88213X", [("INV-88213X", "invoice")]),
        ("invoice 2025", []),
        ("invoices for 2025", []),
        ("order 2025", [("2025", "order")]),
        ("invoice number 2025", [("2025", "invoice")]),
        ("the bill over $1284.50", []),
        ("my number is +1 201 555 0110", []),
        ("(201) 555-0110 is my number", []),
        ("books2024@example.com please", []),
        ("in the last 365 days", []),
        ("TRV-BTL-750", []),
    ],
)
def test_numbers_are_found_with_what_they_are_of(bench: MakeBench, text: str, found: list[tuple[str, str]]) -> None:
    assert [(one.number, one.of) for one in asked(desk_with(bench), text).numbers] == found


def test_a_number_that_was_read_out_counts_as_it_is_meant(bench: MakeBench) -> None:
    read = asked(
        desk_with(bench), "for one zero oh two three", spoken=Mention(number="one zero oh two three", of="order")
    )

    assert read.numbers == (Mention(number="10023", of="order"),)


def test_that_order_is_the_one_last_spoken_of(bench: MakeBench) -> None:
    desk = desk_with(bench)

    assert asked(desk, "the invoice for that order", last_order="5001").numbers == (Mention(number="5001", of="order"),)
    assert asked(desk, "the invoice for that order").numbers == ()


def test_everything_in_a_sentence_about_something_else_is_not_all_invoices(bench: MakeBench) -> None:
    desk = desk_with(bench)

    assert not asked(desk, "the box had everything in it but the bill").is_all
    assert asked(desk, "send me all my invoices please").is_all
    assert asked(desk, "everything from 2025").is_all
    assert asked(desk, "all of them").is_all


def test_no_more_numbers_are_looked_up_than_are_sent_at_once(bench: MakeBench) -> None:
    many = " ".join(f"INV-{number}" for number in range(9000, 9500))

    assert len(asked(desk_with(bench), many).numbers) == MOST_SENT


def test_four_thousand_characters_take_no_long_time(bench: MakeBench) -> None:
    desk, begun = desk_with(bench), time.process_time()

    for text in (
        "is my bill paid of when due open " * 121,
        "INV-1 and " * 400,
        "first last 3 of october " * 166,
        "9" * 4000,
    ):
        asked(desk, text[:4000])

    assert time.process_time() - begun < 3


# Which ones


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("last month's invoice", ["INV-3"]),
        ("October", ["INV-1"]),
        ("the one from 14 October", ["INV-1"]),
        ("from October to January", ["INV-2", "INV-1"]),
        ("Q4", ["INV-1"]),
        ("this year", ["INV-3", "INV-2"]),
        ("2025", ["INV-1"]),
        ("INV-2", ["INV-2"]),
        ("inv 2", ["INV-2"]),
        ("inv-3 and INV-1", ["INV-3", "INV-1"]),
        ("for order 5001", ["INV-2"]),
        ("5001", ["INV-2"]),
        ("the last two", ["INV-3", "INV-2"]),
        ("my newest invoice", ["INV-3"]),
        ("the oldest bill", ["INV-1"]),
        ("receipt for the tent", ["INV-1"]),
        ("the one over $349.50", ["INV-1"]),
        ("the most expensive one", ["INV-1"]),
        ("all my invoices", ["INV-3", "INV-2", "INV-1"]),
        ("october and february", ["INV-3", "INV-1"]),
        ("the jacket invoice from january", ["INV-2"]),
    ],
)
async def test_invoices_are_meant_by_many_words(bench: MakeBench, text: str, found: list[str]) -> None:
    assert await numbers(desk_with(bench, *MINE), text) == found


@pytest.mark.parametrize(
    ("text", "are_all"),
    [
        ("all of this year", True),
        ("the invoices of this year", True),
        ("the invoice of this year", False),
        ("INV-1 and INV-2", True),
        ("the last two", True),
    ],
)
async def test_where_several_are_asked_for_there_is_nothing_to_choose(
    bench: MakeBench, text: str, are_all: bool
) -> None:
    found = await meant(desk_with(bench, *MINE), text)

    assert isinstance(found, Meant)
    assert found.are_all_wanted is are_all


async def test_without_a_word_for_which_it_is_the_only_open_or_recent_one(bench: MakeBench) -> None:
    found = await meant(desk_with(bench, *MINE), "I need an invoice")

    assert isinstance(found, Meant)
    assert [one.number for one in found.invoices] == ["INV-3"]
    assert not found.is_named


async def test_without_a_word_for_which_several_are_listed_newest_first(bench: MakeBench) -> None:
    open_one = invoice("INV-4", date(2026, 1, 2))

    assert await numbers(desk_with(bench, *MINE, open_one), "an invoice please") == ["INV-3", "INV-2", "INV-4", "INV-1"]


async def test_a_list_is_chosen_from_by_place(bench: MakeBench) -> None:
    desk, offered = desk_with(bench, *MINE), ["INV-3", "INV-2", "INV-1"]

    assert await numbers(desk, "the second one", offered) == ["INV-2"]
    assert await numbers(desk, "2", offered) == ["INV-2"]
    assert await numbers(desk, "the first and the third", offered) == ["INV-3", "INV-1"]
    assert await numbers(desk, "the first two", offered) == ["INV-3", "INV-2"]
    assert await numbers(desk, "both", offered[1:]) == ["INV-2", "INV-1"]
    assert await numbers(desk, "the one from october", offered) == ["INV-1"]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("the second one", True),
        ("all of them please", True),
        ("both", True),
        ("no, October", True),
        ("INV-2", True),
        ("the tent one", True),
        ("just order 5001", True),
        ("yes", False),
        ("no", False),
        ("where is my order 5001", False),
        ("is INV-2 paid?", False),
        ("cancel the tent", False),
        ("not today", False),
        ("the one that I asked you for a very long time ago, in October", False),
    ],
)
async def test_an_answer_picks_and_says_nothing_else(bench: MakeBench, text: str, is_one: bool) -> None:
    desk = desk_with(bench, *MINE)
    who = await desk.who(VERIFIED)

    found = await desk.middleware.invoices.is_choice(who, asked(desk, text), text, ["INV-3", "INV-2", "INV-1"])

    assert found is is_one


@pytest.mark.parametrize(("text", "is_one"), [("and October?", True), ("the second one", False), ("the tent", False)])
async def test_where_none_are_listed_a_time_or_number_is_an_answer_and_nothing_is_read(
    bench: MakeBench, text: str, is_one: bool
) -> None:
    desk = desk_with(bench, *MINE)

    assert await desk.middleware.invoices.is_choice(await desk.who(VERIFIED), asked(desk, text), text, ()) is is_one
    assert not desk.erp.calls


# None


async def test_a_time_without_an_invoice_tells_what_there_is(bench: MakeBench) -> None:
    found = await meant(desk_with(bench, *MINE), "december")

    assert isinstance(found, Meant)
    assert found.invoices == ()
    assert found.ever == (OCTOBER, FEBRUARY)
    assert [one.first for one in found.periods] == [date(2025, 12, 1)]


async def test_an_order_that_is_not_billed_is_told_apart_from_one_that_is_not_theirs(bench: MakeBench) -> None:
    desk = desk_with(bench, *MINE)

    found = await meant(desk, "the invoice for order 5002")

    assert isinstance(found, NotBilled)
    assert found.order.number == "5002"
    with pytest.raises(NotFound):
        await meant(desk, "the invoice for order 6001")


@pytest.mark.parametrize("text", ["INV-7", "inv 7", "INV-999", "order 999", "88213", "INV-1X"])
async def test_anothers_invoice_and_none_at_all_are_not_found(bench: MakeBench, text: str) -> None:
    with pytest.raises(NotFound):
        await meant(desk_with(bench, *MINE), text)


async def test_anothers_number_without_its_letters_is_read_and_refused(bench: MakeBench) -> None:
    desk = desk_with(bench, *MINE)

    with pytest.raises(NotFound):
        await meant(desk, "invoice no. 0007")
    assert desk.erp.calls["invoice"] == 1
    assert desk.audit()[-1] == "erp invoice NotFound"


async def test_a_number_that_is_known_comes_without_the_unknown_one(bench: MakeBench) -> None:
    found = await meant(desk_with(bench, *MINE), "INV-1 and INV-7")

    assert isinstance(found, Meant)
    assert found.invoices == (OCTOBER,)
    assert found.some_unknown


async def test_an_invoice_older_than_what_is_looked_back_to_is_found_by_its_number(bench: MakeBench) -> None:
    old = invoice("INV-0090", TODAY - timedelta(days=1500))

    assert await numbers(desk_with(bench, old, *MINE), "INV-0090") == ["INV-0090"]


async def test_what_was_bought_on_a_day_is_found_though_it_was_billed_later(bench: MakeBench) -> None:
    billed = invoice("INV-9", TODAY - timedelta(days=3), order_number="5003")
    desk = desk_with(bench, *MINE, billed)
    desk.erp.orders.append(order("5003", OrderStatus.DELIVERED, placed=5))

    assert await numbers(desk, "receipt pls, bought it on friday") == ["INV-9"]


async def test_what_was_bought_on_a_day_and_is_not_billed_is_told(bench: MakeBench) -> None:
    found = await meant(desk_with(bench, *MINE), "the bill from monday")

    assert isinstance(found, NotBilled)
    assert found.order.number == "5002"


# The company's calendar


@pytest.mark.parametrize(
    ("now", "month"),
    [
        (datetime(2026, 3, 1, 0, 30, tzinfo=timezone.utc), "INV-2"),  # in New York it is still February
        (datetime(2026, 3, 1, 5, 30, tzinfo=timezone.utc), "INV-3"),
    ],
)
async def test_last_month_is_reckoned_in_the_companys_zone(bench: MakeBench, now: datetime, month: str) -> None:
    assert await numbers(desk_with(bench, *MINE, now=now), "last month's invoice") == [month]


# What is open


async def test_what_is_overdue_comes_before_what_is_due(bench: MakeBench) -> None:
    due, overdue = (
        invoice("INV-5", TODAY - timedelta(days=90), due_on=TODAY),
        invoice("INV-6", TODAY - timedelta(days=40)),
    )
    desk = desk_with(bench, *MINE, due, overdue)

    assert [one.number for one in await desk.middleware.invoices.unpaid(await desk.who(VERIFIED))] == ["INV-6", "INV-5"]


async def test_a_phone_alone_is_too_little(bench: MakeBench) -> None:
    desk = desk_with(bench, *MINE)
    who = await desk.who(KNOWN)

    for call in (
        desk.middleware.invoices.unpaid(who),
        desk.middleware.invoices.meant(who, Asked()),
        desk.middleware.invoices.numbered(who, ["INV-1"]),
    ):
        with pytest.raises(NotAllowed) as refused:
            await call
        assert refused.value.reason is Reason.LEVEL
    assert not desk.erp.calls


# Papers


async def content(desk: Bench, number: str = "INV-1") -> bytes:
    """What the customer gets for an invoice."""
    invoices, who = desk.middleware.invoices, await desk.who(VERIFIED)
    [made] = await desk.middleware.papers.of(who, await invoices.numbered(who, [number]))
    assert made.document is not None
    assert (made.document.kind, made.document.object, made.document.name) == ("invoice", number, f"{number}.pdf")
    link = desk.middleware.documents.link(made.document.id, made.document.name, "rest:one", "rest")
    return (await desk.middleware.documents.fetch(link.split("/")[-2], made.document.name))[1]


async def test_the_erps_own_paper_is_handed_on_as_it_is(bench: MakeBench) -> None:
    desk = desk_with(bench, *MINE)
    desk.erp.pdfs["INV-1"] = b"%PDF-1.7 the ERP's own"

    assert await content(desk) == b"%PDF-1.7 the ERP's own"
    assert desk.audit() == ["erp invoice ok", "erp invoice_document ok", "documents document_fetch ok"]


async def test_where_the_erp_draws_none_it_is_drawn_from_the_ledger(bench: MakeBench) -> None:
    drawn = await content(desk_with(bench, *MINE))

    assert drawn.startswith(b"%PDF-")
    assert {"INV-1", "$349.50", "two-person"} <= set(paper.text(drawn).split())


@pytest.mark.parametrize("broken", [b"", b"<html>log in</html>", "%PDF-", 7, [None]], ids=repr)
async def test_a_broken_paper_is_drawn_anew_and_written_down(
    bench: MakeBench, broken: object, caplog: pytest.LogCaptureFixture
) -> None:
    desk = desk_with(bench, *MINE)
    desk.erp.pdfs["INV-1"] = broken  # type: ignore[assignment]

    assert "INV-1" in paper.text(await content(desk))
    assert "is broken, so ours is drawn" in caplog.text
    assert "erp invoice_document Malformed" in desk.audit()


async def test_a_connector_that_faults_at_the_paper_leaves_ours(bench: MakeBench) -> None:
    desk = desk_with(bench, *MINE)
    desk.erp.fail(KeyError("no such field"), only="invoice_pdf")

    assert "INV-1" in paper.text(await content(desk))


async def test_an_erp_that_is_down_for_all_papers_is_told(bench: MakeBench) -> None:
    desk = desk_with(bench, *MINE, invoice_document=0.5)
    desk.erp.hang(60, only="invoice_pdf")
    invoices, who = desk.middleware.invoices, await desk.who(VERIFIED)

    with pytest.raises(Unavailable):
        await desk.middleware.papers.of(who, await invoices.numbered(who, ["INV-1", "INV-2"]))


async def test_one_paper_that_cannot_be_got_leaves_the_others(bench: MakeBench) -> None:
    class WithoutOne(FakeErp):
        def invoice_pdf(self, number: str) -> bytes | None:
            if number == "INV-2":
                raise Unavailable("down", system="erp")
            return super().invoice_pdf(number)

    desk = bench(FakeCrm([ADA]), WithoutOne([ADAS_ACCOUNT], invoices=MINE), invoice_document=1)
    invoices, who = desk.middleware.invoices, await desk.who(VERIFIED)

    made = await desk.middleware.papers.of(who, await invoices.numbered(who, ["INV-1", "INV-2"]))

    assert [(one.invoice.number, one.document is None) for one in made] == [("INV-1", False), ("INV-2", True)]


async def test_drawing_leaves_the_event_loop_free(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn_in: list[threading.Thread] = []

    def draw(*_: object) -> bytes:
        drawn_in.append(threading.current_thread())
        time.sleep(0.3)
        return b"%PDF-"

    monkeypatch.setattr("middleware.papers.draw_invoice", draw)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while not drawn_in or (drawn_in and ticks < 5):
            ticks += 1
            await asyncio.sleep(0.01)

    await asyncio.gather(content(desk_with(bench, *MINE)), tick())

    assert drawn_in[0] is not threading.main_thread()
    assert ticks >= 5


async def test_a_paper_of_another_is_refused_even_if_it_was_read(bench: MakeBench) -> None:
    """The gateway judges the owner once more where the ERP's paper is fetched."""
    desk = desk_with(bench, *MINE)
    desk.erp.pdfs["INV-7"] = b"%PDF-1.7 Ben's"

    with pytest.raises(NotFound):
        await desk.middleware.papers.of(await desk.who(VERIFIED), [BENS])


async def test_a_list_with_anothers_invoice_in_it_is_malformed(bench: MakeBench) -> None:
    desk = desk_with(bench, *MINE)
    desk.erp.talk_nonsense([ADAS_ACCOUNT])

    with pytest.raises(Malformed):
        await desk.middleware.invoices.unpaid(await desk.who(VERIFIED))


def test_amounts_are_exact(bench: MakeBench) -> None:
    assert asked(desk_with(bench), "$1,284.50 or €20.05").amounts == (Decimal("1284.50"), Decimal("20.05"))
