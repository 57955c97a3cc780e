"""Takes the pictures of the desk that the README shows: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from scripts.environment import ROOT
from tests.browser.conftest import chromium, laid
from tests.fakes.building import migrated_database

IMAGES = ROOT / "docs" / "images"
COLOURS = 160  # enough for flat pages, and a fraction of the bytes


def _kept(picture: Path) -> None:
    with Image.open(picture) as drawn:
        drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)
    print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} kB")


def main() -> None:
    """Draws both pages on the scene of `tests/data/desk_scene.py`."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        migrated = migrated_database(Path(folder))
        with laid(migrated, Path(folder), browser) as scene:
            page = scene.open(size={"width": 1280, "height": 640}).log_in()
            page.mouse.move(0, 639)
            page.screenshot(path=IMAGES / "desk-line.png")
            page.set_viewport_size({"width": 1280, "height": 800})
            page.goto(scene.path("sarah"))
            expect(page.locator(".message")).to_have_count(11)
            page.screenshot(path=IMAGES / "desk-conversation.png")
    for picture in sorted(IMAGES.glob("desk-*.png")):
        _kept(picture)


if __name__ == "__main__":
    main()
