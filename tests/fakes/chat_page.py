"""The web chat as browsers meet it: served from a thread, with a fake Rasa behind it, and sites that show it."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from msgspec.structs import replace
from rasa.core.channels.channel import UserMessage

from middleware import store
from middleware.handoff_records import Agent, Plea, Reason
from middleware.identity import Who
from scripts.serve import HOST, free_port
from tests.fakes.building import Bench
from tests.fakes.webchat import ADDRESS, Webchat, serving_webchat

SECONDS = 20.0
PAPER = b"%PDF-1.4\n%%EOF\n"
PAPER_NAME = "INV-88213.pdf"
ORDERS = tuple(f"Order 1002{number}: alpine jacket in forest green" for number in range(6))
LONG = (
    "Your order has two parcels.\n\nFollow them at https://carrier.example/track/1Z999AA1?lang=en (it may take a day), "
    "or write to help@fernhill.example. " + "W" * 200
)
NASTY = "<img src=x onerror=\"document.title='ridden'\"> javascript:alert(1) https://ok.example/<b>"
RIGHT_TO_LEFT = "مرحبًا! طلبك رقم 10023 في الطريق."

T = TypeVar("T")


@dataclass
class ChatServer:
    """The channel, and what tests do behind browsers' backs.

    Attributes:
        origin: Of the page.
    """

    bench: Bench
    origin: str
    loop: asyncio.AbstractEventLoop
    webchat: Webchat

    @property
    def page(self) -> str:
        """The page's address."""
        return f"{self.origin}{ADDRESS}/page"

    @property
    def demo(self) -> str:
        """The demo shop's."""
        return f"{self.origin}{ADDRESS}/demo"

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Does something in the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(SECONDS)

    def conversation(self, text: str) -> str:
        """The conversation in which a customer wrote this."""
        return next(row["conversation_id"] for row in self.rows() if row["payload"]["text"] == text)

    def written(self, conversation_id: str) -> list[str]:
        """What the customer wrote there, in order."""
        theirs = [
            row for row in self.rows() if row["conversation_id"] == conversation_id and row["author"] == "customer"
        ]
        return [row["payload"]["text"] for row in sorted(theirs, key=lambda row: int(row["sequence"]))]

    def rows(self) -> list[dict[str, Any]]:
        """All messages."""
        return self.bench.rows(store.messages)

    def say(self, conversation_id: str, *texts: str) -> None:
        """Says something to a customer who didn't ask."""
        for text in texts:
            self.do(self.bench.middleware.messages.say(conversation_id, uuid.uuid4().hex, [{"text": text}]))

    def hand_over(self, conversation_id: str) -> str:
        """Puts a conversation into the line of those who wait for a person; gives the hand-over's id."""
        handoff = self.do(self._handed_over(conversation_id))
        self.say(conversation_id, "Of course. I've opened a ticket.")
        return handoff

    def claim(self, handoff: str, agent: Agent, *texts: str) -> None:
        """Has an agent take somebody from the line, and write to them."""
        line = self.bench.middleware.desk_line
        self.do(line.claim(handoff, agent))
        for text in texts:
            self.do(line.write(handoff, agent, text, uuid.uuid4().hex))

    async def _handed_over(self, conversation_id: str) -> str:
        middleware = self.bench.middleware
        last = [row["id"] for row in self.rows() if row["conversation_id"] == conversation_id][-1]
        standing = await middleware.handoffs.request(
            await middleware.identity.who(conversation_id, last), Plea(reason=Reason.ASKED)
        )
        assert standing.handoff is not None
        return standing.handoff.id


@contextmanager
def served_chat(bench: Bench, *origins: str) -> Iterator[ChatServer]:
    """Serves the channel for as long as the block lasts.

    Args:
        origins: Sites that may show it.
    """
    port = free_port()
    origin = f"http://{HOST}:{port}"
    loop = asyncio.new_event_loop()
    started: Future[Webchat] = Future()
    end = asyncio.Event()
    known = bench.middleware.settings
    changed = {
        "public_url": origin,
        "webchat_demo": True,
        "webchat": replace(known.webchat, title="Fernhill Outfitters", origins=origins),
    }

    async def serve() -> None:
        async with serving_webchat(bench, Shopkeeper(bench).answer, port=port, **changed) as webchat:
            started.set_result(webchat)
            await end.wait()

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield ChatServer(bench, origin, loop, started.result(SECONDS))
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(SECONDS)


@dataclass
class Shopkeeper:
    """Rasa, as far as a page needs it: some words get an answer of another form, all others are repeated."""

    bench: Bench
    asked: list[str] = field(default_factory=list)

    async def answer(self, message: UserMessage) -> list[dict[str, Any]]:
        """What is said to a message."""
        text = message.text or ""
        self.asked.append(text)
        if text == "slow":
            await asyncio.sleep(0.8)
        replies: dict[str, list[dict[str, Any]]] = {
            "cancel": [_offer("Shall I cancel order 10023?", ("Yes", "/Affirm"), ("No", "/Deny"))],
            "orders": [_offer("Which one?", *((title, f"/Choose{at}") for at, title in enumerate(ORDERS)))],
            "long": [{"text": LONG}],
            "nasty": [{"text": NASTY}],
            "arabic": [{"text": RIGHT_TO_LEFT}],
        }
        if text == "invoice":
            return [{"text": "Here is your invoice.", "attachment": await self._paper(str(message.sender_id))}]
        return replies.get(text, [{"text": f"You said {text}."}])

    async def _paper(self, conversation_id: str) -> dict[str, str]:
        who = Who(conversation_id=conversation_id, channel="webchat", correlation_id=uuid.uuid4().hex)
        kept = await self.bench.middleware.documents.keep(who, "invoice", "INV-88213", PAPER_NAME, PAPER)
        return {"id": kept.id, "name": kept.name}


def _offer(text: str, *choices: tuple[str, str]) -> dict[str, Any]:
    return {"text": text, "buttons": [{"title": title, "payload": payload} for title, payload in choices]}


@contextmanager
def hosting(chat: str, port: int) -> Iterator[None]:
    """A company's site at a port, with as strict a policy as the chat's documentation says, and no own script.

    Its pages: `/` with the chat, `/inside` with a frame of a stranger's, whatever the query's `frame` names.

    Args:
        chat: The chat's origin.
    """
    policy = f"default-src 'none'; script-src {chat}; frame-src {chat} http:; connect-src {chat}"
    page = (
        "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>A shop</title>"
        "<main><h1>A shop</h1><p>Goods</p><button>Buy</button>%s</main>"
        f'<script src="{chat}{ADDRESS}/embed.js" data-title="Ask us" data-colour="#f2c53d" data-position="left">'
        "</script>"
    )

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?frame=")
            content = page % (f'<iframe title="Advertisement" src="{query}"></iframe>' if query else "")
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(("<!doctype html><title>x</title>" if path == "/empty" else content).encode())

        def log_message(self, *_arguments: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer((HOST, port), Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(SECONDS)
