"""The desk in the test's own process, by itself or served to a browser, with the test's own middleware and clock."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from argon2 import PasswordHasher
from starlette.applications import Starlette

from desk.application import create
from desk.company import Company
from middleware import store
from middleware.agents import Agents
from middleware.handoff_records import Agent, Plea, Reason
from middleware.identity import Proof, Who
from scripts.serve import HOST, free_port
from tests.fakes.building import Bench

START_SECONDS = 20.0
# As quick as the library allows: what is tested here isn't how long it takes.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
URL = "https://desk.fernhill.example"
PASSWORD = "correct horse battery"
MARCO = Agent(id="marco", name="Marco Bianchi")
LENA = Agent(id="lena", name="Lena Fischer")
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@contextlib.contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serves an application from a thread for as long as the block lasts; gives its address."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=1, ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + START_SECONDS
    while not server.started:
        assert time.monotonic() < end and thread.is_alive(), "the desk did not start"
        time.sleep(0.02)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Browser:
    """A browser without a screen: keeps cookies, and shows in a form what stood on the page before."""

    client: httpx.AsyncClient
    token: str = ""

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """Opens a page."""
        return self._kept(await self.client.get(path, **options))

    async def post(
        self, path: str, fields: dict[str, str] | None = None, *, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """Sends a form."""
        own = {"Origin": URL, "Sec-Fetch-Site": "same-origin"}
        shown = {"csrf": self.token} | (fields or {})
        answer = await self.client.post(path, data=shown, headers=own | (headers or {}), **options)
        return self._kept(answer)

    async def log_in(self, name: str = "marco", password: str = PASSWORD) -> httpx.Response:
        """Logs in, and opens the line, so that its forms can be sent."""
        await self.get("/log-in")
        answer = await self.post("/log-in", {"name": name, "password": password})
        if answer.status_code == 303:
            await self.get("/")
        return answer

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        found = TOKEN.search(answer.text) if answer.headers.get("Content-Type", "").startswith("text/html") else None
        self.token = found[1] if found else self.token
        return answer


@dataclass
class AtDesk:
    """The desk, and what is around it."""

    bench: Bench
    app: Starlette
    agents: Agents
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def browser(self, **options: Any) -> Browser:
        """A browser that hasn't been here yet."""
        client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=URL, **options)
        self._clients.append(client)
        return Browser(client)

    async def agent(self, name: str = "marco") -> Browser:
        """The browser of somebody who has logged in."""
        browser = self.browser()
        assert (await browser.log_in(name)).status_code == 303
        return browser

    async def asked(self, conversation: str = "rest:one", text: str = "a person, please", **plea: Any) -> str:
        """A conversation that asked for a person; gives the hand-over's id.

        Args:
            plea: Why, and what was read of the customer's account: `account`, `summary`, `ticket_number`.
        """
        await self.writes(text, conversation)
        who = Who(conversation_id=conversation, channel="rest", correlation_id="turn")
        read = {name: plea.pop(name) for name in ("account", "summary", "ticket_number") if name in plea}
        standing = await self.bench.middleware.handoffs.request(who, Plea(**({"reason": Reason.ASKED} | plea)))
        laid = store.handoffs.update().where(store.handoffs.c.id == standing.handoff.id)
        if read:
            await self.bench.middleware.store.write(lambda connection: connection.execute(laid.values(read)))
        return standing.handoff.id

    async def writes(self, text: str, conversation: str = "rest:one", message_id: str | None = None) -> None:
        """The customer writes."""
        channel = conversation.partition(":")[0]
        await self.bench.middleware.messages.open_turn(conversation, channel, text, message_id, Proof())

    def audit(self) -> list[str]:
        """What is in the log of what agents did: who, what, of which hand-over, and what came of it."""
        return [
            " ".join((row["correlation_id"].split("/")[0], row["operation"], row["object"], row["outcome"]))
            for row in self.bench.rows(store.audit)
            if row["system"] == "desk"
        ]

    def said(self, conversation: str = "rest:one") -> list[tuple[str, str]]:
        """A conversation's messages as author and text, in order."""
        rows = [row for row in self.bench.rows(store.messages) if row["conversation_id"] == conversation]
        return [(row["author"], row["payload"]["text"]) for row in sorted(rows, key=lambda row: row["sequence"])]

    def state(self, handoff_id: str) -> str:
        """How a hand-over stands."""
        return next(str(row["state"]) for row in self.bench.rows(store.handoffs) if row["id"] == handoff_id)


@contextlib.asynccontextmanager
async def opened(bench: Bench, company: Company | None = None) -> AsyncIterator[AtDesk]:
    """Opens the desk, with two agents who may come."""
    app = create(bench.middleware.settings, lambda _: bench.middleware, company, QUICK)
    async with app.router.lifespan_context(app):
        agents = app.state.desk.agents
        for agent in (MARCO, LENA):
            await agents.save(agent.id, agent.name, PASSWORD)
        desk = AtDesk(bench, app, agents)
        try:
            yield desk
        finally:
            for client in desk._clients:
                await client.aclose()
