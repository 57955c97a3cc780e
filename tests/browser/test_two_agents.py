"""Two agents in two browsers and a customer over REST, on the running system: hand over, take, talk, hand back."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from middleware import store
from tests.browser.conftest import SECONDS, Open
from tests.fakes.desk import LENA, MARCO
from tests.servers import Frontdesk, conversation_of

SEVERAL_ORDERS = "+12015550151"  # whose they are; nothing of them is changed here
WITHIN = 1.0  # second


@dataclass
class Customer:
    """Somebody who writes over REST."""

    frontdesk: Frontdesk
    token: str
    seen: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list)

    @property
    def conversation(self) -> str:
        return conversation_of(self.token)

    def says(self, text: str) -> list[str]:
        """Writes, and gives the answers."""
        answers = self.frontdesk.say(self.token, text)
        self.seen = self.frontdesk.last_sequence(self.conversation)
        return [answer["text"] for answer in answers]

    def hears(self, text: str) -> dict[str, Any]:
        """Waits for words that arrive without having been asked for."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for message in self.frontdesk.messages(self.token, after=self.seen, wait=1).json():
                self.seen = message["sequence"]
                self.heard.append(message)
                if text in message["text"]:
                    return message
        raise AssertionError(f"{text!r} didn't arrive, but {[one['text'] for one in self.heard]}")


def customer(frontdesk: Frontdesk, **claims: Any) -> Customer:
    """A customer in a conversation of their own, who asks for a person by words that nobody else says."""
    return Customer(frontdesk, frontdesk.token(**claims))


def card(page: Page, text: str) -> Any:
    """The line's entry with these last words, or this name."""
    return page.locator(".card", has_text=text)


def audited(frontdesk: Frontdesk, conversation: str) -> list[str]:
    """What agents did in a conversation, by the log: who and what."""
    query = (
        sa.select(store.audit.c.correlation_id, store.audit.c.operation, store.audit.c.outcome)
        .where(store.audit.c.system == "desk", store.audit.c.conversation_id == conversation)
        .order_by(store.audit.c.id)
    )
    with frontdesk.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [f"{row.correlation_id.split('/')[0]} {row.operation} {row.outcome}" for row in rows]


def test_a_customer_and_two_agents(frontdesk: Frontdesk, at_desk: Open, tmp_path: Path) -> None:
    # given two agents at the desk, and a customer who is asked something and wants a person
    marco, lena = at_desk().log_in(MARCO), at_desk().log_in(LENA)
    sarah = customer(frontdesk, phone=SEVERAL_ORDERS)
    question = sarah.says("where is my order?")[-1]
    assert "ticket" in " ".join(sarah.says("wait, get me a human"))

    # when both see it in the line, and both take it
    for page in (marco, lena):
        expect(page.locator(".group.waiting .card")).to_have_count(1)
        page.locator(".group.waiting a.entry").click()
        expect(page.locator("#take")).to_be_visible()
    marco.locator("#take").click()
    lena.evaluate("document.querySelector('#take')?.click()")

    # then one has it, the other sees who, and the customer hears it
    expect(marco.locator("#standing")).to_contain_text("With you")
    expect(lena.locator("main")).to_contain_text("Marco Bianchi")
    expect(lena.locator("#composer")).to_be_hidden()
    sarah.hears("You're now talking with Marco Bianchi.")

    # and they talk, and the assistant is silent
    marco.locator("#text").fill("Hello, what is it about?")
    marco.keyboard.press("Enter")
    assert sarah.hears("Hello, what is it about?")["author"] == "agent"
    begun = time.monotonic()
    assert sarah.says("the red jacket <b>is late</b>") == []
    expect(marco.locator(".message.customer").last).to_contain_text("the red jacket <b>is late</b>")
    marco_saw = time.monotonic() - begun
    expect(lena.locator(".message.customer").last).to_contain_text("the red jacket <b>is late</b>")
    assert marco_saw < WITHIN + 2  # with the way through Rasa's server, on a busy machine

    # and a document goes over, by a link of the customer's own channel
    paper = tmp_path / "Offer.pdf"
    paper.write_bytes(b"%PDF-1.4\n%%EOF\n")
    marco.get_by_label(re.compile("Document to send")).set_input_files(paper)
    marco.locator("#text").fill("Here is our offer.")
    marco.get_by_role("button", name="Send", exact=True).click()
    link = sarah.hears("Here is our offer.")["attachment"]
    assert requests.get(link, timeout=SECONDS).content == paper.read_bytes()

    # and Marco hands back: the assistant resumes with its question, and understands the answer to it
    marco.locator("#hand-back").click()
    expect(marco.get_by_role("heading", name="Waiting")).to_be_visible()
    sarah.hears("I'm the assistant again.")
    sarah.hears(question)
    assert "20005" in sarah.says("the first one")[0]

    # and a second time, with Lena, who closes it
    sarah.says("I want a person again, please")
    lena.goto(lena.url.split("/handoffs")[0])
    lena.get_by_role("button", name=re.compile("^Take")).first.click()
    expect(lena.locator("#standing")).to_contain_text("With you")
    sarah.hears("You're now talking with Lena Fischer.")
    expect(lena.locator("#log")).to_contain_text("Hello, what is it about?")
    lena.locator("#closing").click()
    lena.get_by_label("Why is it closed?").fill("Solved")
    lena.locator("#close").click()
    expect(lena.get_by_role("heading", name="Waiting")).to_be_visible()
    sarah.hears("Lena Fischer has closed the conversation.")
    assert sarah.says("thanks, bye")

    # and everything stands in the log
    log = audited(frontdesk, sarah.conversation)
    for entry in (
        *("marco desk_view ok", "lena desk_view ok", "marco desk_claim ok", "marco desk_write ok"),
        *("marco desk_document_send ok", "marco desk_hand_back ok", "lena desk_claim ok", "lena desk_close ok"),
    ):
        assert entry in log


def test_forty_messages_are_in_one_order_for_both(frontdesk: Frontdesk, at_desk: Open) -> None:
    # given a customer who is with an agent
    marco = at_desk().log_in(MARCO)
    omar = customer(frontdesk)
    omar.says("can I talk to a human being")
    expect(marco.locator(".group.waiting .card")).to_have_count(1)
    marco.get_by_role("button", name=re.compile("^Take")).first.click()
    expect(marco.locator("#standing")).to_contain_text("With you")

    # when both write twenty messages at the same time
    def write() -> None:
        for number in range(20):
            assert frontdesk.say(omar.token, f"customer's {number}", f"m{number}-{uuid.uuid4().hex[:8]}") == []

    writing = threading.Thread(target=write)
    writing.start()
    for number in range(20):
        marco.locator("#text").fill(f"agent's {number}")
        marco.keyboard.press("Enter")
    writing.join()

    # then the agent's page has all forty, in the order in which they are stored
    expect(marco.locator("#log .message:not(.pending)", has_text=re.compile(r"'s \d+"))).to_have_count(40)
    expect(marco.locator(".message.pending")).to_have_count(0)
    stored = _numbered(text for _, text in frontdesk.transcript(omar.conversation))
    assert _numbered(marco.locator("#log .text").all_inner_texts()) == stored
    assert [text for text in stored if text.startswith("agent")] == [f"agent's {number}" for number in range(20)]
    assert [text for text in stored if text.startswith("customer")] == [f"customer's {number}" for number in range(20)]

    # and the customer gets the agent's twenty with their places among the customer's own
    got = frontdesk.messages(omar.token, after=0).json()
    theirs = {message["sequence"]: message["text"] for message in got if message["author"] == "agent"}
    order = _stored_order(frontdesk, omar.conversation)
    assert [order[sequence] for sequence in sorted(theirs)] == [f"agent's {number}" for number in range(20)]
    assert all(order[sequence] == text for sequence, text in theirs.items())

    # and a page that is loaded anew shows the same
    marco.reload()
    assert _numbered(marco.locator("#log .text").all_inner_texts()) == stored
    marco.locator("#closing").click()
    marco.get_by_label("Why is it closed?").fill("Solved")
    marco.locator("#close").click()
    expect(marco.get_by_role("heading", name="Waiting")).to_be_visible()


def _numbered(texts: Any) -> Sequence[str]:
    return [text for text in texts if re.fullmatch(r"(agent|customer)'s \d+", text)]


def _stored_order(frontdesk: Frontdesk, conversation: str) -> dict[int, str]:
    query = sa.select(store.messages.c.sequence, store.messages.c.payload).where(
        store.messages.c.conversation_id == conversation
    )
    with frontdesk.engine.connect() as connection:
        return {row.sequence: row.payload["text"] for row in connection.execute(query)}


@pytest.mark.parametrize("path", ["/", "/handoffs/any", "/live"])
def test_the_running_desk_shows_nothing_without_a_log_in(desk: str, path: str) -> None:
    answer = requests.get(desk + path, timeout=SECONDS, allow_redirects=False)
    assert answer.status_code in (303, 401)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "server" not in {name.lower() for name in answer.headers}


def test_the_desks_own_log_names_nobody(frontdesk: Frontdesk, desk: str) -> None:
    requests.get(f"{desk}/log-in/back?code=secret-code&state=secret-state", timeout=SECONDS)
    log = frontdesk.servers.log("desk").read_text(encoding="utf-8")
    assert "secret-code" not in log and "secret-state" not in log
