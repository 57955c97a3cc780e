"""A customer's side of a conversation in the web chat, in a real browser where things go wrong."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from playwright.sync_api import expect

from tests.browser.chat import DESKTOP, PDF, Chat, Chats, Shown, stored
from tests.fakes.site import OTHER
from tests.servers import ARRIVAL_SECONDS, MOMENT
from tests.sides import Said, Side

AWAY_SECONDS = 1.0

Does = Callable[[], None]
Mishap = Callable[["ChatSide", Does], None]  # does what the customer does, and something goes wrong with it


class ChatSide(Side):
    """Somebody in the web chat.

    Args:
        proven: Claims of the shop's token; without any they are a visitor, on the chat's own page.
        site: Name of the shop's machine.
        mishaps: What happens while they write, message by message, again and again.

    Attributes:
        seen: How far the customer has read.
    """

    def __init__(
        self,
        chats: Chats,
        proven: dict[str, Any],
        size: dict[str, int] = DESKTOP,
        site: str = OTHER,
        mishaps: Iterable[Mishap] = (),
    ) -> None:
        super().__init__()
        self.chats = chats
        token = chats.frontdesk.token(**proven) if proven else None
        self.chat: Chat = chats.open(token, size, chats.site.page(token, name=site) if token else "")
        self.seen = 0
        self._written = 0
        self._mishaps = itertools.cycle([*mishaps] or [smoothly])

    @property
    def conversation(self) -> str:
        """Its id in the store."""
        return self.chat.conversation

    def close(self) -> None:
        """Asserts that the page, as it is and loaded anew, shows the whole conversation; and leaves."""
        self.chat.has_all()
        self.chat.reload().has_all()
        assert len(self._customers()) == self._written, "something was taken twice"
        self.chat.page.context.close()

    def is_stored(self) -> None:
        """Waits until what the customer wrote last is stored."""
        until(lambda: len(self._customers()) >= self._written, "what was written isn't stored")

    def is_answered(self) -> None:
        """Waits until it is answered, whether the page shows it or not."""
        self.is_stored()
        self.chats.frontdesk.answered(self.conversation)

    def _say(self, text: str) -> Sequence[Said]:
        return self._heard(lambda: self.chat.write(text))

    def _press(self, title: str) -> Sequence[Said]:
        return self._heard(lambda: self.chat.press(title))

    def _heard(self, does: Does) -> Sequence[Said]:
        self._written += 1
        next(self._mishaps)(self, does)
        self.is_answered()
        return self._read()

    def _arrived(self, count: int) -> Sequence[Said]:
        def is_there() -> bool:
            return sum(one.author != "customer" for one in self._stored() if one.sequence > self.seen) >= count

        until(is_there, f"{count} messages didn't arrive")
        return self._read()

    def _read(self) -> Sequence[Said]:
        """What others wrote since the last look, as it stands in the page, which must have everything."""
        self.chat.ready().has_all()
        new = [one for one in self.chat.shown() if one.sequence > self.seen]
        self.seen = max([self.seen, *(one.sequence for one in new)])
        for one in new:
            assert one.paper is None or self.chat.paper(one.sequence).startswith(PDF)
        return [_said(one) for one in new if one.author != "customer" and one.text != MOMENT]

    def _stored(self) -> list[Shown]:
        return stored(self.chats.frontdesk, self.conversation)

    def _customers(self) -> list[Shown]:
        return [one for one in self._stored() if one.author == "customer"]


def _said(shown: Shown) -> Said:
    text = f"{shown.agent}: {shown.text}" if shown.agent else shown.text
    return Said(text=text, buttons=shown.buttons, paper=shown.paper)


def until(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.02)


# What can go wrong


def smoothly(_side: ChatSide, does: Does) -> None:
    """Nothing happens."""
    does()


def reloaded_at_once(side: ChatSide, does: Does) -> None:
    """The page is loaded anew before anything of it can be known to have arrived."""
    does()
    side.chat.reload()


def reloaded_after(side: ChatSide, does: Does) -> None:
    """The page is loaded anew when the answer is there."""
    does()
    side.is_answered()
    side.chat.reload()


def offline(side: ChatSide, does: Does) -> None:
    """The device is offline when it is written, and for a while after."""
    context = side.chat.page.context
    context.set_offline(True)
    does()
    expect(side.chat.log.locator(".message.waiting")).to_have_count(1)
    time.sleep(AWAY_SECONDS)
    context.set_offline(False)


def cut_before(side: ChatSide, does: Does) -> None:
    """The connection breaks before it is written."""
    side.chats.frontdesk.relay.cut()
    expect(side.chat.root.locator("body")).to_have_attribute("data-connection", "unreachable")
    does()
    expect(side.chat.log.locator(".message.waiting")).to_have_count(1)
    time.sleep(AWAY_SECONDS)
    side.chats.frontdesk.relay.mend()


def cut_after(side: ChatSide, does: Does) -> None:
    """The connection breaks when it is stored; the answer comes meanwhile."""
    does()
    side.is_stored()
    side.chats.frontdesk.relay.cut()
    side.is_answered()
    time.sleep(AWAY_SECONDS)
    side.chats.frontdesk.relay.mend()


def left_unsent(side: ChatSide, does: Does) -> None:
    """The page is left before what is written on it could be sent, and visited again."""
    side.chats.frontdesk.relay.cut()
    does()
    expect(side.chat.log.locator(".message:is(.waiting, .sending)")).to_have_count(1)
    side.chat.page.goto("about:blank")
    side.chats.frontdesk.relay.mend()
    side.chat.visit()
