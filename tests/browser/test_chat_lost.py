"""The web chat of the running system when connections are lost, and in several tabs: all is there, once, everywhere."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.chat import DESKTOP, PHONE, Chat, Chats, stored
from tests.browser.chat_side import until
from tests.counts import FULL
from tests.servers import Frontdesk

AWAY_SECONDS = 30.0 if FULL else 2.0
NORA = {"phone": "+12015550150"}  # she has one open order
HOLDER = {"phone": "+14045550100"}  # to whom Newark is the nearest warehouse

# What loses the connection; it gives what brings it back.
Lose = Callable[[Chat, Frontdesk], Callable[[], None]]


def offline(chat: Chat, _frontdesk: Frontdesk) -> Callable[[], None]:
    """The device has no network."""
    chat.page.context.set_offline(True)
    return lambda: chat.page.context.set_offline(False)


def cut(_chat: Chat, frontdesk: Frontdesk) -> Callable[[], None]:
    """The server ends all connections, and takes no new ones."""
    frontdesk.relay.cut()
    return frontdesk.relay.mend


def killed(_chat: Chat, frontdesk: Frontdesk) -> Callable[[], None]:
    """The server dies with an answer under way, and is started again."""
    frontdesk.servers.stop("rasa", at_once=True)
    return lambda: frontdesk.servers.start("rasa")


def clogged(_chat: Chat, frontdesk: Frontdesk) -> Callable[[], None]:
    """Nothing comes through, and nobody can know."""
    frontdesk.relay.clog()
    return frontdesk.relay.mend


def answered(frontdesk: Frontdesk, chat: Chat, count: int) -> None:
    """Waits until so many of a customer's messages are stored, and answered."""

    def are_stored() -> bool:
        return sum(one.author == "customer" for one in stored(frontdesk, chat.conversation)) == count

    until(are_stored, f"there aren't {count} messages")
    frontdesk.answered(chat.conversation)


# Lost connections


@pytest.mark.parametrize("lose", [offline, cut, clogged, *([killed] if FULL else [])])
@pytest.mark.parametrize("size", [DESKTOP, PHONE] if FULL else [PHONE], ids=lambda size: f"{size['width']} px")
def test_what_is_written_meanwhile_goes_out_and_what_was_answered_meanwhile_comes_in(
    chats: Chats, frontdesk: Frontdesk, lose: Lose, size: dict[str, int]
) -> None:
    # given a customer whose connection is lost before the answer is there
    chat = chats.open(frontdesk.token(**NORA), size)
    chat.write("hello")
    answered(frontdesk, chat, 1)
    chat.has_all()
    chat.write("where is my order?")
    until(lambda: len(stored(frontdesk, chat.conversation)) > 2, "it isn't stored")
    come_back = lose(chat, frontdesk)
    if lose is not killed:
        answered(frontdesk, chat, 2)

    # when they write without it, twice
    chat.write("and my ticket?")
    chat.write("thank you")
    for text in ("and my ticket?", "thank you"):
        expect(chat.log.locator(".message:is(.waiting, .sending)", has_text=text)).to_be_visible()
    time.sleep(AWAY_SECONDS)
    assert len([one for one in stored(frontdesk, chat.conversation) if one.author == "customer"]) == 2
    come_back()

    # then everything is there, once, in order, and answered
    answered(frontdesk, chat, 4)
    chat.ready().has_all()
    assert [one.text for one in chat.shown() if one.author == "customer"] == [
        "hello",
        "where is my order?",
        "and my ticket?",
        "thank you",
    ]
    said = " ".join(one.text for one in chat.shown() if one.author == "bot")
    assert said.count("Your order 20002") == said.count("Your ticket T-501") == 1
    chat.reload().has_all()
    chat.page.context.close()


# Several tabs


def test_two_tabs_show_the_same_and_what_is_said_in_one_is_in_the_other(chats: Chats, frontdesk: Frontdesk) -> None:
    # given a visitor with two tabs, who writes in both at the same time
    one = chats.open()
    other = chats.again(one)
    one.write("hello")
    other.write("what can you do?")
    answered(frontdesk, one, 2)

    # then both have everything, and a third that is opened later has it, too
    for tab in (one, other, chats.again(other)):
        tab.ready().has_all()
        assert tab.conversation == one.conversation

    # and what only one of them can send goes out once, when it can
    one.page.context.set_offline(True)
    one.write("a reload in one tab")
    other.write("is none in the other")
    one.page.context.set_offline(False)
    answered(frontdesk, one, 4)
    one.ready().has_all()
    other.reload().has_all()
    one.page.context.close()


def test_tabs_that_are_opened_at_the_same_time_are_one_conversation(chats: Chats, frontdesk: Frontdesk) -> None:
    context = chats.context()
    tabs = [Chat(context.new_page(), f"{chats.site.chat}/webhooks/webchat/page", None, False, frontdesk) for _ in "12"]
    for tab in tabs:
        tab.page.goto(tab.address, wait_until="commit")
    for tab in tabs:
        tab.ready()

    for number, tab in enumerate(tabs, 1):
        tab.ready().write(f"hello {number}")
        answered(frontdesk, tab, number)

    for tab in tabs:
        tab.ready().has_all()
    context.close()


def test_a_button_pressed_in_two_tabs_at_once_has_one_effect(chats: Chats, frontdesk: Frontdesk) -> None:
    # given an offer in two tabs
    frontdesk.lay_anew()
    one = chats.open(frontdesk.token(**HOLDER))
    other = chats.again(one)
    one.write("Do you have 500 units of SKU TRV-BTL-750?")
    answered(frontdesk, one, 1)
    buttons = [tab.offered("Yes, hold them") for tab in (one, other)]
    for button in buttons:
        expect(button).to_be_visible()

    # when it is taken in both before either can know of the other
    frontdesk.relay.cut()
    for button in buttons:
        button.click()
    frontdesk.relay.mend()

    # then both are heard, it is held once, and both tabs tell the same
    answered(frontdesk, one, 3)
    for tab in (one, other):
        tab.ready().has_all()
    assert frontdesk.holds(one.conversation) == ["500 × TRV-BTL-750: held"]
    assert {level.warehouse.name: int(level.free) for level in frontdesk.erp.stock("TRV-BTL-750")}["Newark"] == 320
    assert sum(shown.text.startswith("Held: 500") for shown in one.shown()) == 1
    one.page.context.close()
