"""Takes the pictures that the README shows, of the desk and of the web chat: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Browser, expect

from middleware.demo import Data, demo_data
from scripts.environment import ROOT
from tests.browser.chat import PHONE, Chat
from tests.browser.conftest import chromium, laid
from tests.fakes.building import migrated_database
from tests.servers import Frontdesk, serve

IMAGES = ROOT / "docs" / "images"
COLOURS = 200  # enough for flat pages, and a fraction of the bytes


def _kept(picture: Path) -> None:
    with Image.open(picture) as drawn:
        drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)
    print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} kB")


def draw_desk(browser: Browser, folder: Path) -> None:
    """Draws both pages on the scene of `tests/data/desk_scene.py`."""
    migrated = migrated_database(folder)
    with laid(migrated, folder, browser) as scene:
        page = scene.open(size={"width": 1280, "height": 640}).log_in()
        page.mouse.move(0, 639)
        page.screenshot(path=IMAGES / "desk-line.png")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(scene.path("sarah"))
        expect(page.locator(".message")).to_have_count(11)
        page.screenshot(path=IMAGES / "desk-conversation.png")


def demonstrated(now: datetime) -> Data:
    """The demo company's data."""
    zone = now.tzinfo
    assert isinstance(zone, ZoneInfo)
    return demo_data(now, zone)


def draw_chat(browser: Browser, folder: Path) -> None:
    """Draws the demo shop, where Sarah sends her jacket back, and a telephone, on which Marco helps her."""
    with serve(folder, data=demonstrated, WEBCHAT_DEMO="1") as frontdesk:
        with shopping(browser, frontdesk, {"width": 1280, "height": 800}, 1) as chat:
            say(
                chat, frontdesk, "Can I still return the blue jacket I bought on Tuesday?", "yes please, it's too small"
            )
            chat.page.screenshot(path=IMAGES / "webchat-desktop.png")
        with shopping(browser, frontdesk, PHONE, 2) as chat:
            say(chat, frontdesk, "Where is my order?", "Can I talk to a person?")
            agent = frontdesk.agents
            agent.does(chat.conversation, "claims", "Marco")
            agent.does(chat.conversation, {"writes": "Hi Sarah, I have your order here. What can I do?"}, "Marco")
            say(chat, frontdesk, "Can my neighbour take it?")
            agent.does(chat.conversation, {"writes": "Of course, I've told FedEx."}, "Marco")
            expect(chat.log.locator(".message.agent")).to_have_count(2)
            chat.page.screenshot(path=IMAGES / "webchat-phone.png")


@contextmanager
def shopping(browser: Browser, frontdesk: Frontdesk, size: dict[str, int], scale: int) -> Iterator[Chat]:
    """Logs Sarah in at the demo shop, and opens the chat there."""
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        device_scale_factor=scale,
        reduced_motion="reduce",
        timezone_id=str(frontdesk.zone),
    )
    page = context.new_page()
    page.goto(f"{frontdesk.settings.public_url}/webhooks/webchat/demo")
    with page.expect_response("**/demo/token") as answered:
        page.get_by_label("You are").select_option("sarah")
    token = answered.value.json()["token"]
    expect(page.get_by_text("You’re logged in as Sarah")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    yield Chat(page, page.url, token, True, frontdesk).enter()
    context.close()


def say(chat: Chat, frontdesk: Frontdesk, *texts: str) -> None:
    """Writes, and waits for the answer to each."""
    for text in texts:
        chat.write(text)
        expect(chat.log.locator(".message.customer[data-sequence]").last).to_contain_text(text)
        frontdesk.answered(chat.conversation)
        chat.has_all()


def main(which: Iterable[str]) -> None:
    """Draws all pictures, or only those of `desk` or `chat`."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        if "desk" in which:
            draw_desk(browser, Path(folder))
        if "chat" in which:
            draw_chat(browser, Path(folder))
    patterns = {"desk": "desk-*.png", "chat": "webchat-*.png"}
    for picture in sorted(picture for one in which for picture in IMAGES.glob(patterns[one])):
        _kept(picture)


if __name__ == "__main__":
    main(sys.argv[1:] or ("desk", "chat"))
