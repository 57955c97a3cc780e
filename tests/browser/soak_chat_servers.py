"""Two real Rasa servers on one store, with Redis, and tabs of one browser at each: `make soak` runs it, for its length.

`make test` has the same with the channel alone, in tests/e2e/test_webchat_servers.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect

from scripts.serve import free_port, running
from tests.browser.chat import Chat, Chats, chatting
from tests.browser.chat_side import until
from tests.redis_server import RedisServer
from tests.servers import Frontdesk, serve

NORA = {"phone": "+12015550150"}
AT_ONCE = 0.8  # second: without Redis a server looks into the store once in one


@contextmanager
def another(frontdesk: Frontdesk, folder: Path) -> Iterator[int]:
    """A second Rasa server beside the first, with the same action server; gives its port."""
    port, servers = free_port(), frontdesk.servers
    ports = (port, servers.port("actions"), servers.port("desk"))
    with running(*ports, env=frontdesk.environment, logs=folder, only=("rasa",)):
        yield port


def says(chats: Chats, chat: Chat, text: str) -> None:
    """Writes, and waits until it is answered."""
    before = len(chat.shown())
    chat.write(text)
    until(lambda: len(chat.shown()) > before + 1, "no answer")
    chats.frontdesk.answered(chat.conversation)


def test_a_conversation_at_two_servers_is_one_and_outlives_either(
    browser: Browser, redis_server: RedisServer, tmp_path: Path
) -> None:
    folder = tmp_path / "second"
    with (
        serve(tmp_path, REDIS_URL=redis_server.url) as frontdesk,
        another(frontdesk, folder) as second,
        chatting(browser, frontdesk) as chats,
    ):
        # given a customer with a tab at each server
        first = frontdesk.relay.target
        one = chats.open(frontdesk.token(**NORA))
        frontdesk.relay.target = second
        other = chats.again(one)

        # when they write in one, then in the other
        says(chats, one, "hello")
        says(chats, other, "where is my order?")
        says(chats, one, "and my ticket?")

        # then both show all of it, and at once what is written in the other
        for tab in (one, other):
            tab.has_all()
        one.write("thank you")
        begun = time.monotonic()
        expect(other.log.get_by_text("thank you", exact=True)).to_be_visible()
        assert time.monotonic() - begun < AT_ONCE
        frontdesk.answered(one.conversation)

        # and when the first server dies, the tab that was there goes on at the second
        one.write("what can you do?")
        frontdesk.servers.stop("rasa", at_once=True)
        says(chats, other, "are you a robot?")
        for tab in (one, other):
            tab.ready().has_all()
        assert sum(shown.author == "customer" for shown in one.shown()) == 6
        frontdesk.relay.target = first
