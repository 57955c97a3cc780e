"""A real browser, and desks to look at: one with an afternoon's scene, and that of the running system."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from desk.application import create
from middleware.agents import Agents
from middleware.clock import system_clock
from middleware.handoff_records import Agent
from middleware.store import open_store
from tests.browser.chat import Chats, chatting
from tests.data import desk_scene
from tests.fakes.building import Bench, build
from tests.fakes.desk import LENA, MARCO, PASSWORD, QUICK, served
from tests.servers import Frontdesk

SECONDS = 20.0  # on a busy machine
PHONE, SCREEN = {"width": 360, "height": 740}, {"width": 1280, "height": 800}

T = TypeVar("T")

expect.set_options(timeout=SECONDS * 1000)


def done(work: Coroutine[Any, Any, T]) -> T:
    """Does something asynchronous beside the browser, whose own loop runs in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    program = shutil.which("chromium")
    assert program, "chromium is missing: sudo apt-get install chromium"
    with sync_playwright() as playwright:
        # Chromium's own cage doesn't work for root, as which CI runs.
        cage = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=cage)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for a module's tests; left out where there is none, unless nothing may be.

    For no longer: as long as it is there, no other test of the process can have an event loop.
    """
    if shutil.which("chromium") is None and os.environ.get("REQUIRE_ALL") != "1":
        pytest.skip("Chromium isn't installed")
    with chromium() as browser:
        yield browser


@dataclass
class Visit:
    """An agent's browser at a desk."""

    context: BrowserContext
    page: Page
    url: str
    errors: list[str]

    def log_in(self, agent: Agent = MARCO) -> Page:
        """Logs in by the form."""
        self.page.goto(self.url)
        self.page.get_by_label("Name").fill(agent.id)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_text(agent.name, exact=True).first).to_be_visible()
        self.page.wait_for_load_state()  # so that its script runs
        return self.page


Open = Callable[..., Visit]


@contextmanager
def visiting(browser: Browser, url: str, now: datetime | None = None) -> Iterator[Open]:
    """Opens browsers at a desk; whatever a page complains about fails the test.

    Args:
        now: What the browsers' clocks show; the machine's time by default.
    """
    visits: list[Visit] = []

    def open_one(size: dict[str, int] = SCREEN, scheme: str = "light", **options: Any) -> Visit:
        context = browser.new_context(viewport=size, color_scheme=scheme, **options)  # type: ignore[arg-type]
        context.set_default_timeout(SECONDS * 1000)
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda line: (
                errors.append(line.text) if line.type == "error" and "Failed to load" not in line.text else None
            ),
        )
        if now is not None:
            page.clock.set_fixed_time(now)
        visits.append(Visit(context, page, url, errors))
        return visits[-1]

    yield open_one
    for visit in visits:
        visit.context.close()
    assert [error for visit in visits for error in visit.errors] == []


def _is_complaint(line: ConsoleMessage) -> bool:
    """Whether a page complains about itself; what the network refuses is a test's business."""
    return line.type == "error" and "Failed to load" not in line.text


@dataclass
class Scene:
    """An afternoon at the desk.

    Attributes:
        ids: Of hand-overs, by the customer's first name.
        open: Opens a browser there.
    """

    url: str
    bench: Bench
    ids: dict[str, str]
    open: Open

    def path(self, name: str) -> str:
        """The address of somebody's conversation."""
        return f"{self.url}/handoffs/{self.ids[name]}"


@contextmanager
def laid(migrated: Path, folder: Path, browser: Browser) -> Iterator[Scene]:
    """Lays the scene, and serves the desk on it."""
    bench = build(migrated, folder, now=desk_scene.NOW, handoff=0.1)
    ids = done(desk_scene.lay(bench.middleware, bench.clock))
    app = create(bench.middleware.settings, lambda _: bench.middleware, hasher=QUICK)
    with served(app) as url, visiting(browser, url, desk_scene.NOW) as open_one:
        yield Scene(url, bench, ids, open_one)
    bench.close()


@pytest.fixture
def scene(migrated: Path, tmp_path: Path, browser: Browser) -> Iterator[Scene]:
    """An afternoon at the desk, laid anew for each test."""
    with laid(migrated, tmp_path, browser) as scene:
        yield scene


@pytest.fixture(scope="session")
def desk(frontdesk: Frontdesk) -> Iterator[str]:
    """The desk of the running system, where Marco and Lena may come; its address."""
    store = open_store(frontdesk.settings.database_url)
    agents = Agents(store, frontdesk.settings.desk, system_clock, QUICK)
    for agent in (MARCO, LENA):
        done(agents.save(agent.id, agent.name, PASSWORD))
    store.close()
    frontdesk.servers.start("desk")
    yield frontdesk.servers.desk_url
    frontdesk.servers.stop("desk")


@pytest.fixture
def at_desk(desk: str, browser: Browser) -> Iterator[Open]:
    """Opens browsers at the desk of the running system."""
    with visiting(browser, desk) as open_one:
        yield open_one


@pytest.fixture(scope="module")
def chats(frontdesk: Frontdesk, browser: Browser) -> Iterator[Chats]:
    """Opens the web chat of the running system in browsers."""
    with chatting(browser, frontdesk) as chats:
        yield chats
