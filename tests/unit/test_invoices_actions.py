"""Sending invoices and telling what is owed: what the customer hears, and that no paper is spoken of that isn't there.

Every reply is also looked at by `ask`: each placeholder is filled, and its source is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actions.base import ASK_FOR_PROOF
from actions.handoff import HandOver
from actions.invoices import SendInvoice
from actions.orders import TrackOrder
from actions.tasks import Continue, Keep
from middleware import store
from middleware.errors import Unavailable
from middleware.identity import Proof
from middleware.records import Invoice, OrderStatus
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
from tests.unit.test_actions import Said, ask

MakeBench = Callable[..., Bench]

VERIFIED = Proof(phone=ADA_PHONE, email=ADA_EMAIL)

BOTTLES = (
    invoice_line("1", "39.00", 22, description="polo shirt, navy, M"),
    invoice_line("2", "20.00", 20, "6.625", description="travel bottle, 750 ml"),
)
FEBRUARY = invoice("INV-3", date(2026, 2, 14), date(2026, 3, 2), lines=BOTTLES)
JANUARY = invoice("INV-2", date(2026, 1, 14), date(2026, 1, 20))
OVERDUE = invoice("INV-4", TODAY - timedelta(days=40))
DUE = invoice("INV-5", TODAY - timedelta(days=5))


def desk_with(bench: MakeBench, *invoices: Invoice, **more: float) -> Bench:
    """Ada with these invoices, and an order that isn't billed."""
    orders = [order("5002", placed=2), order("5003", OrderStatus.CANCELLED), order("5004", OrderStatus.DELIVERED)]
    return bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], orders, invoices=invoices), **more)


async def say(desk: Bench, text: str, slots: Mapping[str, Any] | None = None, **more: Any) -> Said:
    """Says something to the task, as a verified customer."""
    return await ask(
        desk, SendInvoice, text, **{"intent": "Invoice_Request", "proof": VERIFIED, "slots": slots, **more}
    )


def kept(desk: Bench) -> list[str]:
    """The numbers of the invoices whose papers the customer got."""
    return [one["object"] for one in desk.rows(store.documents)]


# One


async def test_last_months_invoice_is_sent_with_its_paper(bench: MakeBench) -> None:
    desk = desk_with(bench, FEBRUARY, JANUARY)

    said = await say(desk, "Can I get a copy of last month's invoice?")

    assert said.text == "Here is invoice INV-3 of 14 February over $1,284.50, paid on 2 March."
    [row] = desk.rows(store.documents)
    assert (row["object"], row["name"], row["kind"]) == ("INV-3", "INV-3.pdf", "invoice")
    assert said.slots["task"] is None
    assert said.slots["topic"] == "invoices"


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (DUE, "over $10.00, due on 5 April."),
        (invoice("INV-5", TODAY, due=Decimal(4)), "over $10.00; $4.00 of it is still open, due on 10 April."),
        (OVERDUE, ". It was due on 1 March, and I don't see it paid yet; if you've just done so, all is well."),
        (
            invoice("INV-5", TODAY - timedelta(days=40), due=Decimal(4)),
            ". It was due on 1 March, and $4.00 of it is still open; if you've just paid that, all is well.",
        ),
        (invoice("INV-6", TODAY, due=Decimal(0)), "over $10.00; nothing of it is left to pay."),
        (invoice("INV-6", date(2025, 3, 1), date(2025, 3, 9)), "of 1 March 2025 over $10.00, paid on 9 March 2025."),
        (invoice("INV-6", TODAY, due_on=TODAY), "over $10.00, due on 11 March."),
        (invoice("INV-6", TODAY, currency="EUR"), "over €10.00, due on"),
    ],
)
async def test_an_invoice_is_told_as_it_stands(bench: MakeBench, one: Invoice, told: str) -> None:
    assert told in (await say(desk_with(bench, one), "my invoice")).text


async def test_several_that_were_asked_for_come_one_by_one_the_oldest_first(bench: MakeBench) -> None:
    said = await say(desk_with(bench, FEBRUARY, JANUARY), "INV-3 and INV-2")

    assert said.responses == ["utter_invoice", "utter_invoice_next"]
    assert said.texts[0].startswith("Here is invoice INV-2 of 14 January")
    assert said.texts[1].startswith("And invoice INV-3 of 14 February")


async def test_a_second_wish_is_not_held_up_by_a_paper(bench: MakeBench) -> None:
    assert (await say(desk_with(bench, FEBRUARY), "last month's invoice")).slots["question"] is None


# A list


async def listed(desk: Bench) -> dict[str, Any]:
    """The slots after several were listed."""
    said = await say(desk, "I need an invoice")
    assert said.responses == ["utter_which_invoice"]
    return said.slots


async def test_several_are_listed_with_number_day_and_amount(bench: MakeBench) -> None:
    said = await say(desk_with(bench, DUE, OVERDUE), "I need an invoice")

    assert said.buttons == [
        ("INV-5: 6 March, $10.00", '/Choose{"invoice_number": "INV-5"}'),
        ("INV-4: 30 January, $10.00", '/Choose{"invoice_number": "INV-4"}'),
        ("All of them", '/Choose{"quantity": "all"}'),
    ]
    assert said.slots["question"] == "detail"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("the second one", ["INV-4"]),
        ("INV-5", ["INV-5"]),
        ("both", ["INV-4", "INV-5"]),
        ("all of them please", ["INV-4", "INV-5"]),
        ("the one from january", ["INV-4"]),
        ("no, December", []),
    ],
)
async def test_one_is_chosen_by_words_whatever_they_are_taken_for(bench: MakeBench, text: str, sent: list[str]) -> None:
    desk = desk_with(bench, DUE, OVERDUE)
    slots = await listed(desk)

    heard = await ask(desk, HandOver, text, intent="Human_Handoff", proof=VERIFIED, slots=slots)
    assert heard.then == "action_send_invoice"
    said = await say(desk, text, slots, intent="Choose")

    assert sorted(kept(desk)) == sent
    assert (said.slots["task"] is None) is bool(sent)


async def test_a_press_sends_that_one_or_all(bench: MakeBench) -> None:
    desk = desk_with(bench, DUE, OVERDUE)
    slots = await listed(desk)

    one = await say(desk, "/Choose", slots, intent="Choose", entities={"invoice_number": "INV-4"})
    every = await say(desk, "/Choose", slots, intent="Choose", entities={"quantity": "all"})

    assert one.texts[0].startswith("Here is invoice INV-4")
    assert len(every.responses) == 2


async def test_what_is_no_answer_gets_the_same_list_once_more_and_then_the_ways_out(bench: MakeBench) -> None:
    desk = desk_with(bench, DUE, OVERDUE)
    slots = await listed(desk)

    first = await say(desk, "gnarf", slots, intent="nlu_fallback")
    second = await say(desk, "gnarf", {**slots, **first.slots}, intent="nlu_fallback")

    assert first.responses == ["utter_task_again", "utter_which_invoice"]
    assert second.responses == ["utter_task_way_out", "utter_which_invoice"]


async def test_too_many_are_to_be_narrowed_down(bench: MakeBench) -> None:
    many = [invoice(f"INV-{100 + back}", TODAY - timedelta(days=back), TODAY) for back in range(40)]
    desk = desk_with(bench, *many)

    said = await say(desk, "all invoices of this year please")

    assert said.text.startswith("That makes 40 invoices in 2026, more than I can send at once.")
    assert not kept(desk)
    one = await say(desk, "INV-139", said.slots, intent="Choose")
    assert one.responses == ["utter_invoice"]


async def test_of_many_in_a_time_the_newest_are_listed(bench: MakeBench) -> None:
    many = [invoice(f"INV-{100 + back}", TODAY - timedelta(days=back), TODAY) for back in range(40)]

    said = await say(desk_with(bench, *many), "the invoice from this year")

    assert len(said.buttons) == 10
    assert said.buttons[0][0].startswith("INV-100")


# None


async def test_a_time_without_one_is_named_with_a_way_on(bench: MakeBench) -> None:
    desk = desk_with(bench, FEBRUARY, invoice("INV-1", date(2025, 6, 14), date(2025, 6, 20)))

    said = await say(desk, "the december invoice")

    assert said.text.startswith(
        "I see no invoice of yours in December 2025. The newest one is INV-3 of 14 February over"
    )
    assert said.slots["question"] == "confirm"
    yes = await say(desk, "yes", said.slots, intent="Affirm")
    assert yes.text.startswith("Here is invoice INV-3")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "the invoice of March 2020",
            "no invoice of yours in March 2020: the first one that you ever got from us is INV-3",
        ),
        ("my bill from 2019", "no invoice of yours in 2019: the first one"),
        ("invoices until 2019", "no invoice of yours until 31 December 2019: the first one"),
        ("next month's invoice", "There can't be an invoice in April: that is still to come."),
        ("the one of 24 December", "no invoice of yours of 24 December 2025: the first one"),
        ("bill from 1 to 3 march", "no invoice of yours"),
        ("from march 3 to march 9", "no invoice of yours from 3 March to 9 March. The newest one is INV-3"),
    ],
)
async def test_what_was_looked_at_is_said(bench: MakeBench, text: str, told: str) -> None:
    assert told in (await say(desk_with(bench, FEBRUARY), text)).text


async def test_whoever_was_never_billed_is_told_so(bench: MakeBench) -> None:
    for text in ("my invoice", "last month's invoice", "all invoices"):
        assert (await say(desk_with(bench), text)).responses == ["utter_no_invoice_ever"]


@pytest.mark.parametrize(
    ("number", "response"),
    [("5002", "utter_not_billed_yet"), ("5003", "utter_not_billed_cancelled"), ("5004", "utter_not_billed_alone")],
)
async def test_an_order_without_an_invoice_is_told_as_it_stands(bench: MakeBench, number: str, response: str) -> None:
    said = await say(desk_with(bench, FEBRUARY), f"invoice for order {number}")

    assert said.responses == [response]
    assert f"order {number} (alpine jacket)" in said.text


async def test_anothers_and_none_get_the_same_bytes_without_the_number(bench: MakeBench) -> None:
    others = invoice("INV-7", TODAY, customer_number="1002")
    desk = desk_with(bench, FEBRUARY, others)

    replies = {(await say(desk, text)).text for text in ("INV-7", "INV-8", "order 9999", "is INV-7 paid?", "inv 7x")}

    assert len(replies) == 1
    [reply] = replies
    assert reply.startswith("I can't find an invoice with that number, or for that order, under your account.")


async def test_beside_one_that_is_known_the_unknown_is_said_without_its_number(bench: MakeBench) -> None:
    said = await say(desk_with(bench, FEBRUARY), "INV-3 and INV-8")

    assert said.responses == ["utter_invoice", "utter_some_invoice_unknown"]
    assert "INV-8" not in said.text


# What is owed


async def test_what_is_open_is_told_and_offered(bench: MakeBench) -> None:
    desk = desk_with(bench, FEBRUARY, DUE, OVERDUE)

    said = await say(desk, "do I owe you anything?")

    assert said.text == (
        "Open on your account is $20.00 in all:\n"
        "• INV-4 of 30 January: $10.00, was due on 1 March\n"
        "• INV-5 of 6 March: $10.00, due on 5 April\n"
        "If you've just paid, all is well: it may not have reached our books yet. Shall I send you these invoices?"
    )
    yes = await say(desk, "yes please", said.slots, intent="Affirm")
    assert yes.responses == ["utter_invoice", "utter_invoice_next"]
    assert yes.slots["task"] is None


async def test_a_no_leaves_it_at_that(bench: MakeBench) -> None:
    desk = desk_with(bench, DUE)
    slots = (await say(desk, "what do I owe")).slots

    said = await ask(desk, Keep, "no", intent="Deny", proof=VERIFIED, slots=slots)

    assert said.slots["task"] is None
    assert not kept(desk)


async def test_a_yes_that_says_which_sends_only_that(bench: MakeBench) -> None:
    desk = desk_with(bench, DUE, OVERDUE)
    slots = (await say(desk, "what do I owe")).slots

    said = await say(desk, "yes, the first one", slots, intent="Affirm")

    assert said.text.startswith("Here is invoice INV-4")
    assert len(said.responses) == 1


async def test_two_currencies_are_not_added_up(bench: MakeBench) -> None:
    said = await say(desk_with(bench, DUE, invoice("INV-6", TODAY, currency="EUR")), "my balance please")

    assert "Open on your account is $10.00 and €10.00 in all:" in said.text


async def test_a_single_open_one_is_told_as_one(bench: MakeBench) -> None:
    said = await say(desk_with(bench, DUE), "balance?")

    assert said.text == "One invoice is open:\n• INV-5 of 6 March: $10.00, due on 5 April\nShall I send it?"


async def test_nothing_open_is_good_news(bench: MakeBench) -> None:
    said = await say(desk_with(bench, FEBRUARY), "do I owe you anything?")

    assert said.responses == ["utter_nothing_open"]
    assert said.slots["task"] is None


async def test_of_very_many_open_ones_the_first_due_are_told(bench: MakeBench) -> None:
    many = [invoice(f"INV-{100 + back}", TODAY - timedelta(days=back)) for back in range(20)]

    said = await say(desk_with(bench, *many), "what do I owe")

    assert said.responses == ["utter_balance_of_many"]
    assert "$200.00 in all" in said.text
    assert "8 more after them" in said.text
    assert said.text.count("•") == 12


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("is INV-3 paid?", "Invoice INV-3 of 14 February over $1,284.50 was paid on 2 March. Shall I send it?"),
        (
            "was the february bill paid",
            "Invoice INV-3 of 14 February over $1,284.50 was paid on 2 March. Shall I send it?",
        ),
        (
            "when do I have to pay INV-5",
            "Invoice INV-5 of 6 March over $10.00 isn't paid yet; it is due on 5 April.",
        ),
        ("is my last invoice paid", "Invoice INV-5 of 6 March"),
        (
            "is INV-4 settled",
            "was due on 1 March, and I don't see it paid yet. If you've just done so, all is well.",
        ),
    ],
)
async def test_whether_a_certain_one_is_paid_is_told(bench: MakeBench, text: str, told: str) -> None:
    assert told in (await say(desk_with(bench, FEBRUARY, DUE, OVERDUE), text)).text


# Trouble


async def test_a_phone_alone_is_asked_for_a_code_and_nothing_is_read(bench: MakeBench) -> None:
    desk = desk_with(bench, FEBRUARY)

    said = await say(desk, "last month's invoice", proof=KNOWN)

    assert said.then == ASK_FOR_PROOF
    assert said.slots["wanted"]["text"] == "last month's invoice"
    assert not desk.erp.calls


async def test_an_erp_that_is_down_is_told_plainly(bench: MakeBench) -> None:
    desk = desk_with(bench, FEBRUARY)
    desk.erp.fail(Unavailable("down", system="erp"))

    for text in ("last month's invoice", "do I owe you anything"):
        said = await say(desk, text)
        assert said.text.startswith("I can't look up your invoices right now: the system doesn't answer.")


@pytest.mark.parametrize("text", ["INV-3", "INV-3 and INV-2"])
async def test_an_erp_that_is_too_slow_for_the_paper_sends_none_and_says_so(bench: MakeBench, text: str) -> None:
    desk = desk_with(bench, FEBRUARY, JANUARY, invoice_document=0.3)
    desk.erp.hang(60, only="invoice_pdf")

    said = await say(desk, text)

    assert said.responses == ["utter_cannot_now"]
    assert "Here is" not in said.text
    assert not kept(desk)


async def test_a_paper_that_is_missing_is_not_called_sent(bench: MakeBench) -> None:
    class WithoutOne(FakeErp):
        def invoice_pdf(self, number: str) -> bytes | None:
            if number == "INV-3":
                raise Unavailable("down", system="erp")
            return super().invoice_pdf(number)

    desk = bench(FakeCrm([ADA]), WithoutOne([ADAS_ACCOUNT], invoices=[FEBRUARY, JANUARY]), invoice_document=1)

    said = await say(desk, "INV-3 and INV-2")

    assert said.responses == ["utter_invoice", "utter_invoices_missing"]
    assert said.texts[0].startswith("Here is invoice INV-2")
    assert said.texts[1].startswith("I couldn't get INV-3 just now, so it isn't here.")
    assert kept(desk) == ["INV-2"]


@pytest.mark.parametrize(
    "text", ["😀😀😀", "开具发票", "x" * 4000, "invoice " * 500, "INV-", "0", "-5", "(((", "of the 99th"]
)
async def test_whatever_is_said_gets_a_list_or_a_clear_sentence(bench: MakeBench, text: str) -> None:
    said = await say(desk_with(bench, DUE, OVERDUE), text)

    assert said.responses[-1] in ("utter_which_invoice", "utter_not_found_invoices")


# In between


async def test_a_digression_comes_back_to_the_list(bench: MakeBench) -> None:
    desk = desk_with(bench, DUE, OVERDUE)
    slots = await listed(desk)

    said = await ask(desk, TrackOrder, "where is my order 5002", intent="Order_Tracking", proof=VERIFIED, slots=slots)

    assert said.responses[-2:] == ["utter_back_to_it", "utter_which_invoice"]


async def test_a_task_that_it_interrupts_goes_on_afterwards(bench: MakeBench) -> None:
    asked = {"response": "utter_confirm_cancel", "fills": {}, "buttons": []}
    fills = {name: ["x", "Order.number"] for name in ("order", "with_items", "placed_day")}
    cancelling = {
        "action": "action_cancel_order",
        "question": "confirm",
        "asks": "",
        "asked": {**asked, "fills": fills},
    }
    desk = desk_with(bench, FEBRUARY)

    said = await say(desk, "wait, send me INV-3 first", {"task": cancelling, "question": "confirm"})

    assert said.responses == ["utter_invoice", "utter_back_to_it", "utter_confirm_cancel"]
    assert "task" not in said.slots
    assert said.slots["question"] == "confirm"


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [("no, January", True), ("and january?", True), ("inv 2", True), ("no", False), ("where is my order", False)],
)
async def test_after_a_paper_another_time_or_number_is_the_next_wish(
    bench: MakeBench, text: str, goes_on: bool
) -> None:
    slots = {"topic": "invoices", "question": None}

    heard = await ask(desk_with(bench, FEBRUARY, JANUARY), Continue, text, intent="Deny", proof=VERIFIED, slots=slots)

    assert (heard.then == "action_send_invoice") is goes_on
