"""An invoice's whole way: asked for over REST, fetched by its link, and true to the cent against the ledger."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

import pytest
import requests

from middleware.records import Invoice
from tests import paper
from tests.data.shop_invoices import PEOPLE
from tests.servers import TIMEOUT_SECONDS, Frontdesk, conversation_of

AMOUNT = re.compile(r"\d[\d,]*\.\d\d\b(?!%)")


def token_of(frontdesk: Frontdesk, name: str) -> str:
    """A token of a customer who is proven by phone and e-mail."""
    _, _, first, last, phone = PEOPLE[name]
    return frontdesk.token(phone=phone, email=f"{first}.{last}@example.com".lower())


def fetched(link: str) -> bytes:
    """What a link leads to, without any header of ours."""
    answer = requests.get(link, timeout=TIMEOUT_SECONDS)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    return answer.content


def amounts(invoice: Invoice) -> Counter[Decimal]:
    """Every amount that the ledger has of an invoice, as often as the paper must have it."""
    found = Counter([invoice.net, invoice.gross])
    for line in invoice.lines:
        found.update([line.price, line.net])
    for one in invoice.taxes:
        found.update([one.net, one.tax])
    return found


@pytest.mark.parametrize(
    ("name", "text", "numbers"),
    [
        ("ivy", "Can I get a copy of last month's invoice?", ["INV-26001"]),
        ("ivy", "please send me INV-26003", ["INV-26003"]),
        ("olaf", "INV-26010, INV-26011 and INV-26012 please", ["INV-26012", "INV-26010", "INV-26011"]),
        ("una", "resend INV-26021 pls", ["INV-26021"]),
    ],
)
def test_the_paper_that_is_sent_is_true_to_the_cent(
    frontdesk: Frontdesk, name: str, text: str, numbers: list[str]
) -> None:
    replies = [one for one in frontdesk.say(token_of(frontdesk, name), text) if "attachment" in one]

    assert len(replies) == len(numbers)
    for reply, number in zip(replies, numbers, strict=True):
        invoice = frontdesk.erp.invoice(number)
        written = paper.text(fetched(reply["attachment"]))
        found = Counter(Decimal(one.replace(",", "")) for one in AMOUNT.findall(written))
        assert number in written
        assert not amounts(invoice) - found
        assert f"{invoice.gross:,.2f}" in reply["text"]


def test_another_conversation_gets_a_paper_of_its_own(frontdesk: Frontdesk) -> None:
    first, second = token_of(frontdesk, "ivy"), token_of(frontdesk, "ivy")
    [one] = [reply for reply in frontdesk.say(first, "INV-26001 please") if "attachment" in reply]
    [other] = [reply for reply in frontdesk.say(second, "INV-26001 please") if "attachment" in reply]

    assert one["attachment"] != other["attachment"]
    assert fetched(one["attachment"]) == fetched(other["attachment"])  # the same invoice gives the same bytes


def test_nothing_is_said_to_be_here_without_its_paper(frontdesk: Frontdesk) -> None:
    token = token_of(frontdesk, "max")
    wishes = (
        "send me all my invoices",
        "INV-26105",
        "the last 12 bills",
        "do I owe you anything?",
        "last year's",
        "yes",
    )

    replies = [reply for wish in wishes for reply in frontdesk.say(token, wish)]

    assert any("attachment" in reply for reply in replies)
    for reply in replies:
        claims = reply["text"].startswith(("Here is invoice", "And invoice"))
        assert claims is ("attachment" in reply), reply["text"]
    sent = [reply["text"].split()[3] for reply in replies if reply["text"].startswith("Here is invoice")]
    assert set(sent) <= set(frontdesk.documents(conversation_of(token)))
