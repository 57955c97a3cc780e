"""A customer in the web chat and an agent at the desk, each in a browser: both see the same conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import DESKTOP, PHONE, Chat, Chats
from tests.browser.conftest import Open
from tests.counts import FULL
from tests.fakes.desk import MARCO
from tests.servers import Frontdesk

SEVERAL_ORDERS = {"phone": "+12015550151"}
PAPER = b"%PDF-1.4\n%%EOF\n"


def test_both_sides_see_the_same_from_the_question_to_the_farewell(
    frontdesk: Frontdesk, chats: Chats, at_desk: Open, tmp_path: Path
) -> None:
    for size in (DESKTOP, PHONE) if FULL else (DESKTOP,):
        talk(frontdesk, chats, at_desk().log_in(MARCO), size, tmp_path)


@pytest.mark.parametrize("size", [PHONE], ids=["phone"])
def test_a_visitor_who_is_with_an_agent_can_load_the_page_anew(
    frontdesk: Frontdesk, chats: Chats, at_desk: Open, size: dict[str, int]
) -> None:
    # given a visitor whom Marco has
    chat = chats.open(size=size)
    marco = at_desk().log_in(MARCO)
    chat.write("can I talk to a human being")
    take(marco)
    expect(chat.standing).to_have_text("You’re talking with Marco Bianchi")

    # when something is written on both sides while the page is away
    chat.write("my tent leaks")
    chat.page.goto("about:blank")
    write(marco, "Since when?")
    expect(marco.locator(".message.pending")).to_have_count(0)
    chat.visit()

    # then all of it is there, and the bar says with whom they talk
    expect(chat.standing).to_have_text("You’re talking with Marco Bianchi")
    same(marco, chat)
    close(marco)
    expect(chat.standing).to_have_text("Assistant")
    chat.page.context.close()


def talk(frontdesk: Frontdesk, chats: Chats, marco: Page, size: dict[str, int], folder: Path) -> None:
    """A whole conversation: a question, a person, a document, and the assistant again."""
    # given a customer who is asked something, and wants a person
    chat = chats.open(frontdesk.token(**SEVERAL_ORDERS), size)
    chat.write("where is my order?")
    question = chat.log.get_by_text("You have several orders").first
    expect(question).to_be_visible()
    chat.write("wait, get me a human")
    expect(chat.standing).to_have_text("Waiting for a person. The assistant still answers.")

    # when Marco takes it
    take(marco)

    # then the customer sees with whom they talk
    expect(chat.log.get_by_text("You're now talking with Marco Bianchi.")).to_be_visible()
    expect(chat.standing).to_have_text("You’re talking with Marco Bianchi")

    # and they talk, and a document goes over
    write(marco, "Hello, what is it about?")
    expect(chat.log.locator(".message.agent .who").last).to_contain_text("Marco Bianchi")
    chat.write("the red jacket <b>is late</b> 🧥")
    expect(marco.locator(".message.customer").last).to_contain_text("the red jacket <b>is late</b> 🧥")
    paper = folder / "Our offer.pdf"
    paper.write_bytes(PAPER)
    marco.get_by_label(re.compile("Document to send")).set_input_files(paper)
    marco.locator("#text").fill("Here is our offer:\nhalf of it back.")
    marco.get_by_role("button", name="Send", exact=True).click()
    expect(chat.log.locator(".file .name")).to_have_text("Our offer.pdf")
    assert chat.paper(chat.shown()[-1].sequence) == PAPER
    chat.reload()
    same(marco, chat)

    # and when Marco hands back, the assistant comes back to its question, and understands the answer
    marco.locator("#hand-back").click()
    expect(chat.standing).to_have_text("Assistant")
    expect(chat.log.get_by_text("I'm the assistant again.")).to_be_visible()
    chat.log.locator(".choices button:enabled", has_text=re.compile("^20005")).last.click()
    expect(chat.log.get_by_text("Your order 20005")).to_be_visible()
    chat.has_all()

    # and a second time it is closed, and the assistant goes on
    chat.write("I want a person again, please")
    take(marco)
    same(marco, chat)
    close(marco)
    expect(chat.log.get_by_text("Marco Bianchi has closed the conversation.")).to_be_visible()
    expect(chat.standing).to_have_text("Assistant")
    chat.write("thanks, bye")
    frontdesk.answered(chat.conversation)
    chat.reload().has_all()
    assert frontdesk.agents.newest(chat.conversation)["state"] == "closed"
    chat.page.context.close()


def take(marco: Page) -> None:
    """Takes the only conversation that waits."""
    marco.goto(marco.url.split("/handoffs")[0])
    expect(marco.locator(".group.waiting .card")).to_have_count(1)
    marco.get_by_role("button", name=re.compile("^Take")).first.click()
    expect(marco.locator("#standing")).to_contain_text("With you")


def write(marco: Page, text: str) -> None:
    """Writes to the customer."""
    marco.locator("#text").fill(text)
    marco.keyboard.press("Enter")


def close(marco: Page) -> None:
    """Closes the conversation."""
    marco.locator("#closing").click()
    marco.get_by_label("Why is it closed?").fill("Solved")
    marco.locator("#close").click()
    expect(marco.get_by_role("heading", name="Waiting")).to_be_visible()


def same(marco: Page, chat: Chat) -> None:
    """Asserts that both sides show the whole conversation, word for word and in order."""
    chat.ready().has_all()
    wanted = [f"{one.author}: {one.text}{one.paper or ''}" for one in chat.shown()]
    expect(marco.locator("#log .message:not(.pending)")).to_have_count(len(wanted))
    assert _told(marco) == wanted


def _told(marco: Page) -> Sequence[str]:
    told: list[str] = marco.locator("#log").evaluate(
        """log => [...log.querySelectorAll(".message")].map(one =>
          ["customer", "bot", "agent"].find(name => one.classList.contains(name)) + ": "
          + (one.querySelector(".text")?.textContent ?? "") + (one.querySelector(".paper")?.textContent ?? ""))"""
    )
    return told
