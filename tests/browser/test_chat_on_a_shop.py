"""The web chat of the running system on a shop's pages, on another origin and under a strict policy; for everybody."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from scripts.serve import free_port
from tests.browser.chat import DESKTOP, PHONE, Chat, Chats
from tests.browser.test_pages import problems, sideways
from tests.fakes.site import Site
from tests.servers import Frontdesk

NORA = {"phone": "+12015550150"}
SEVERAL_ORDERS = {"phone": "+12015550151"}
RETURNS = {"phone": "+13055550100"}
SOCKET = "/webhooks/webchat/socket.io/?EIO=4&transport=websocket"


def ask(chat: Chat, frontdesk: Frontdesk, text: str, count: int) -> None:
    """Writes the message that is the customer's so manieth, and waits for the answer."""
    chat.write(text)
    expect(chat.log.locator(".message.customer[data-sequence]")).to_have_count(count)
    frontdesk.answered(chat.conversation)
    chat.has_all()


# Everybody


def test_everybody_can_use_it_at_every_moment(chats: Chats, frontdesk: Frontdesk) -> None:
    frontdesk.lay_anew()
    chat = chats.open(frontdesk.token(**RETURNS), reduced_motion="reduce")
    found = look("welcome", chat)

    ask(chat, frontdesk, "Can I still return the blue parka?", 1)
    found |= look("an offer", chat)
    chat.press("Yes, make the label")
    expect(chat.log.locator(".choices.rows")).to_be_visible()
    found |= look("a list", chat)
    chat.press("Damaged")
    expect(chat.log.locator(".file")).to_be_visible()
    found |= look("a document", chat)
    label = chat.shown()[-1].sequence
    assert chat.linked_paper(label) == chat.paper(label)

    frontdesk.relay.cut()
    chat.write("are you there?")
    expect(chat.root.get_by_text("The connection is lost.")).to_be_visible()
    expect(chat.log.locator(".message.waiting")).to_be_visible()
    found |= look("no connection", chat)
    frontdesk.relay.mend()
    chat.ready()

    ask(chat, frontdesk, "I want to talk to a person", 5)
    frontdesk.agents.does(chat.conversation, "claims", "Marco")
    frontdesk.agents.does(chat.conversation, {"writes": "Hello, see https://example.com/returns"}, "Marco")
    expect(chat.log.locator(".message.agent")).to_be_visible()
    found |= look("an agent", chat)
    found["the page around it"] = problems(chat.page)

    assert {where: what for where, what in found.items() if what} == {}
    frontdesk.agents.end(chat.conversation)
    chat.page.context.close()


def look(moment: str, chat: Chat) -> dict[str, list[str]]:
    """What axe finds wrong with the chat, in all the ways in which one may see it."""
    found: dict[str, list[str]] = {}
    for scheme in ("light", "dark"):
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            chat.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            chat.page.set_viewport_size(size)  # type: ignore[arg-type]
            wide = [f"{sideways(chat.frame)} px too wide"] if sideways(chat.frame) > 0 else []
            found[f"{moment}, {name}, {scheme}"] = problems(chat.frame) + wide
    chat.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    return found


# On a shop's pages


def test_one_script_tag_is_all_and_it_looks_as_the_tag_says(chats: Chats, frontdesk: Frontdesk) -> None:
    look = 'data-title="Ask Fernhill" data-colour="#7a1f5c" data-position="left"'
    chat = chats.open(address=chats.site.page(tag=look))
    panel = chat.page.get_by_role("dialog", name="Ask Fernhill").bounding_box()
    assert panel and panel["x"] < 100 and panel["width"] < 500
    expect(chat.root.get_by_role("heading", name="Ask Fernhill")).to_be_visible()
    expect(chat.root.locator(".head")).to_have_css("background-color", "rgb(122, 31, 92)")

    # a visitor writes, closes it, goes on, and is told of what came meanwhile
    ask(chat, frontdesk, "can I talk to a human being", 1)
    chat.field.press("Escape")
    expect(chat.page.get_by_role("button", name="Open the chat")).to_be_focused()
    chat.page.reload()
    expect(chat.page.get_by_role("button", name="Open the chat")).to_be_visible()
    frontdesk.agents.does(chat.conversation, "claims", "Marco")
    expect(chat.page.locator(".badge")).to_have_text("1")
    chat.enter().has_all()
    expect(chat.page.locator(".badge")).to_be_hidden()
    expect(chat.standing).to_have_text("You’re talking with Marco")
    frontdesk.agents.end(chat.conversation)
    chat.page.context.close()


def test_whom_the_shop_has_logged_in_is_known_and_nobody_after_them(chats: Chats, frontdesk: Frontdesk) -> None:
    # given somebody whom the shop's token makes known
    chat = chats.open(frontdesk.token(**NORA))
    ask(chat, frontdesk, "where is my order?", 1)
    expect(chat.log.get_by_text("Your order 20002")).to_be_visible()

    # when they log out
    chat.page.evaluate("Frontdesk.identify(null)")

    # then nothing of theirs is there, and whoever comes is asked who they are
    expect(chat.log.locator(".message")).to_have_count(1)  # of the dots
    visitor = Chat(chat.page, chat.address, None, True, frontdesk).ready()
    ask(visitor, frontdesk, "where is my order?", 1)
    expect(chat.log.get_by_text("What's the phone number or e-mail on the order?")).to_be_visible()

    # and when they log in again it is all there
    chat.page.evaluate("token => Frontdesk.identify(token)", chat.token)
    expect(chat.log.get_by_text("Your order 20002")).to_be_visible()
    chat.ready().has_all()
    chat.page.context.close()


@pytest.mark.parametrize("policy", ["", "default-src *; script-src * 'unsafe-inline'"], ids=["no", "a wide"])
def test_a_site_that_isnt_listed_gets_neither_frame_nor_socket(chats: Chats, policy: str) -> None:
    with Site(free_port(), chats.site.chat, policy).open() as site:
        page = chats.browser.new_page()
        page.goto(site.page())
        page.get_by_role("button", name="Open the chat").click()
        expect(page.locator("iframe")).to_be_visible()
        expect(page.frame_locator("iframe").locator("body.neterror")).to_be_attached()
        assert not [one for one in page.frames if one.url.startswith(chats.site.chat)]
        assert socket_from(page, chats.site.chat) == "refused"
        assert polled_from(page, chats.site.chat) == "refused"
        page.close()


def socket_from(page: Page, chat: str) -> str:
    """What becomes of a socket that a page opens itself."""
    told: str = page.evaluate(
        """url => new Promise(tell => {
          const socket = new WebSocket(url);
          socket.onopen = () => tell("open");
          socket.onerror = () => tell("refused");
        })""",
        chat.replace("http", "ws", 1) + SOCKET,
    )
    return told


def polled_from(page: Page, chat: str) -> str:
    """What becomes of the sockets' other way, by requests."""
    told: str = page.evaluate(
        """url => fetch(url).then((answer) => (answer.ok ? "open" : "refused"), () => "refused")""",
        f"{chat}/webhooks/webchat/socket.io/?EIO=4&transport=polling",
    )
    return told
