"""The web chat in a real browser: on its own page or on a shop's, in one tab or several, as a customer sees it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    FrameLocator,
    Locator,
    Page,
    expect,
)

from channels.webchat_sessions import Sessions
from middleware import store
from middleware.clock import system_clock
from middleware.history import CUSTOMER
from tests.fakes.site import Site
from tests.servers import Frontdesk, subject

SECONDS = 30.0  # on a busy machine
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PDF = b"%PDF-"

# What the network does isn't the page's fault, and there is nothing that a page could do to keep the browser quiet.
NETWORK = re.compile(r"^(Failed to load resource|WebSocket connection to)")

# Where a browser lets a frame of another site keep nothing, the site above keeps it.
KEPT = """() => {
  try {
    return localStorage.getItem("frontdesk.session") ?? localStorage.getItem("frontdesk.kept.session");
  } catch {
    return null;
  }
}"""
READ = """log => [...log.querySelectorAll(".message:not(.dots)")].map(one => ({
  sequence: Number(one.dataset.sequence) || 0,
  author: ["customer", "bot", "agent"].find(name => one.classList.contains(name)),
  name: one.querySelector(".who bdi").textContent,
  text: one.querySelector(".text")?.textContent ?? "",
  buttons: [...one.querySelectorAll(".choices button")].map(button => button.textContent),
  paper: one.querySelector(".file .name")?.textContent ?? null,
}))"""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A message as it stands in the page.

    Attributes:
        sequence: Its place in the conversation; 0 while it isn't stored.
        agent: Their name, if one wrote it.
    """

    sequence: int
    author: str
    text: str
    agent: str = ""
    buttons: tuple[str, ...] = ()
    paper: str | None = None


@dataclass
class Chat:
    """A tab in which the chat is open.

    Attributes:
        address: Of the page in it.
        token: Of whom the shop has logged in.
    """

    page: Page
    address: str
    token: str | None
    is_embedded: bool
    _frontdesk: Frontdesk

    @property
    def root(self) -> Page | FrameLocator:
        """Where the chat's own page is."""
        return self.page.frame_locator("iframe") if self.is_embedded else self.page

    @property
    def frame(self) -> Frame:
        """The frame that it is in; that of the whole page, if it is on its own."""
        return next(one for one in self.page.frames if "/webhooks/webchat/page" in one.url)

    @property
    def log(self) -> Locator:
        """The conversation."""
        return self.root.locator("#log")

    @property
    def field(self) -> Locator:
        """Where one writes."""
        return self.root.get_by_label("Your message")

    @property
    def standing(self) -> Locator:
        """The bar that says whom one talks with."""
        return self.root.locator("#standing")

    @cached_property
    def conversation(self) -> str:
        """Its id in the store, as it was at first; it must stay the same."""
        if self.token:
            return f"webchat:u:{subject(self.token)}"
        kept = [self.root.locator("body").evaluate(KEPT), self.page.evaluate(KEPT)]
        session_id = next(found for found in kept if found)
        return Sessions(self._frontdesk.settings, system_clock).conversation(session_id)

    def visit(self) -> Chat:
        """Opens the page, and the chat in it."""
        self.page.goto(self.address)
        self.enter()
        assert self.conversation
        return self

    def enter(self) -> Chat:
        """Opens the chat on the page that is there, and waits until it shows the conversation."""
        if self.is_embedded:
            launcher = self.page.locator("button[aria-expanded]")
            expect(launcher).to_be_attached()
            if launcher.get_attribute("aria-expanded") == "false":
                launcher.click()
        return self.ready()

    def ready(self) -> Chat:
        """Waits until there is a connection, and everything has come."""
        expect(self.root.locator("body")).to_have_attribute("data-connection", "ready")
        expect(self.log).to_have_attribute("aria-busy", "false")
        return self

    def reload(self) -> Chat:
        """Loads the page anew."""
        self.page.reload()
        return self.enter()

    def write(self, text: str) -> None:
        """Writes, and sends it by the keyboard."""
        self.field.fill(text)
        self.field.press("Enter")

    def press(self, title: str) -> None:
        """Presses a button of the last ones that were offered."""
        self.offered(title).click()

    def offered(self, title: str) -> Locator:
        """A button that can be pressed."""
        exactly = re.compile(f"^{re.escape(title)}$")
        return self.log.locator(".choices button:enabled").filter(has_text=exactly).last

    def shown(self) -> list[Shown]:
        """All messages that stand in the page, from top to bottom."""
        return [
            Shown(
                sequence=one["sequence"],
                author=one["author"],
                text=one["text"],
                agent=one["name"] if one["author"] == "agent" else "",
                buttons=tuple(one["buttons"]),
                paper=one["paper"],
            )
            for one in self.log.evaluate(READ)
        ]

    def shows(self, sequence: int) -> None:
        """Waits until the page shows a message."""
        expect(self.log.locator(f'.message[data-sequence="{sequence}"]')).to_be_attached()

    def has_all(self) -> None:
        """Asserts that all that is stored of the conversation stands in the page, once, in order, and nothing else."""
        wanted = stored(self._frontdesk, self.conversation)
        if wanted:
            self.shows(wanted[-1].sequence)
        assert self.shown() == wanted

    def paper(self, sequence: int) -> bytes:
        """Downloads the document of a message by its card."""
        with self.page.expect_download() as coming:
            self._card(sequence).get_by_role("link", name="Download").click()
        return coming.value.path().read_bytes()

    def linked_paper(self, sequence: int) -> bytes:
        """Gets what its link for a new tab leads to; what the tab does with that is the browser's business."""
        link = self._card(sequence).get_by_role("link", name="Open")
        expect(link).to_have_attribute("target", "_blank")
        return self.page.request.get(link.get_attribute("href") or "").body()

    def _card(self, sequence: int) -> Locator:
        return self.log.locator(f'.message[data-sequence="{sequence}"] .file')


def stored(frontdesk: Frontdesk, conversation: str) -> list[Shown]:
    """A conversation as it is stored, in the form in which the page must show it."""
    table = store.messages
    query = sa.select(table).where(table.c.conversation_id == conversation).order_by(table.c.sequence)
    with frontdesk.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        Shown(
            sequence=row.sequence,
            author=row.author,
            text=row.payload.get("words", row.payload["text"]) if row.author == CUSTOMER else row.payload["text"],
            agent=row.payload.get("agent", ""),
            buttons=tuple(button["title"] for button in row.payload.get("buttons", ())),
            paper=row.payload["attachment"]["name"] if "attachment" in row.payload else None,
        )
        for row in rows
    ]


@dataclass
class Chats:
    """Opens chats, and hears what the browser complains about in them.

    Attributes:
        site: The shop whose pages show the chat.
    """

    browser: Browser
    frontdesk: Frontdesk
    site: Site
    errors: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def context(self, size: dict[str, int] = DESKTOP, **options: Any) -> BrowserContext:
        """A browser of somebody else's."""
        is_phone = size["width"] < 500
        more = {"is_mobile": True, "has_touch": True} if is_phone else {}
        context = self.browser.new_context(viewport=size, **more, **options)  # type: ignore[arg-type]
        context.set_default_timeout(SECONDS * 1000)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self._contexts.append(context)
        return context

    def open(self, token: str | None = None, size: dict[str, int] = DESKTOP, address: str = "", **options: Any) -> Chat:
        """Opens the chat in a browser of its own: on the shop's page where somebody is logged in, else on its own.

        Args:
            address: Of a page of the shop's, where it isn't the usual one.
            options: Of the browser.
        """
        is_embedded = bool(token or address)
        own = f"{self.site.chat}/webhooks/webchat/page"
        there = address or (self.site.page(token) if token else own)
        page = self.context(size, **options).new_page()
        return Chat(page, there, token, is_embedded, self.frontdesk).visit()

    def again(self, chat: Chat) -> Chat:
        """Opens the same page in another tab."""
        page = chat.page.context.new_page()
        return Chat(page, chat.address, chat.token, chat.is_embedded, self.frontdesk).visit()

    def close(self) -> None:
        """Closes all browsers; asserts that none complained about anything."""
        for context in self._contexts:
            context.close()
        assert self.errors == []

    def _heard(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning") and not NETWORK.match(line.text):
            self.errors.append(line.text)


@contextlib.contextmanager
def chatting(browser: Browser, frontdesk: Frontdesk) -> Iterator[Chats]:
    """Lets tests open chats, on the chat's own page and on a shop's."""
    with Site(frontdesk.site_port, frontdesk.settings.public_url).open() as site:
        chats = Chats(browser, frontdesk, site)
        yield chats
        chats.close()
