"""WhatsApp at the desk, in a real browser: pictures, what became of messages, until when one can write."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from middleware import store
from middleware.handoff_account import as_json
from middleware.handoff_records import Plea, Reason
from middleware.identity import Proof, Who
from middleware.messages import Received
from tests.browser.conftest import PHONE, SCREEN, Scene, done
from tests.browser.test_pages import problems, sideways
from tests.data.desk_scene import MARCO, NOW, account
from tests.fakes.building import Bench

INES = "whatsapp:US.1491208655"
NOT_THERE = "This number isn't on WhatsApp, or can't get messages there."


def lamp() -> bytes:
    """A picture of a broken lamp, as well as it can be drawn in a test."""
    drawn = Image.new("RGB", (640, 480), "#d8cfc0")
    pen = ImageDraw.Draw(drawn)
    pen.polygon([(240, 90), (400, 90), (460, 240), (180, 240)], fill="#f2b84b", outline="#6b4a10")
    pen.rectangle((310, 240, 330, 400), fill="#555555")
    pen.line([(240, 120), (300, 170), (280, 200), (370, 235)], fill="#222222", width=6)
    content = io.BytesIO()
    drawn.save(content, "JPEG")
    return content.getvalue()


async def says(bench: Bench, external_id: str, **reply: Any) -> None:
    message = Received(
        conversation_id=INES,
        channel="whatsapp",
        external_id=external_id,
        reply={"text": ""} | reply,
        proof=Proof(),
        written_at=bench.clock.now,
    )
    await bench.middleware.inbox.take([message])


async def fetched(bench: Bench, external_id: str, name: str, content: bytes, media_type: str) -> None:
    """What came with a message is there now."""
    who = Who(conversation_id=INES, channel="", correlation_id="job")
    document = await bench.middleware.documents.keep(who, "attachment", "job", name, content, media_type)
    await bench.middleware.messages.amend(INES, external_id, {"attachment": {"id": document.id, "name": document.name}})


async def became(bench: Bench, states: Mapping[int, str], error: str | None = None) -> None:
    """What became of messages, by their sequence."""

    def work(connection: Any) -> None:
        for row in connection.execute(store.messages.select().where(store.messages.c.sequence.in_(states))).all():
            if row.conversation_id != INES:
                continue
            state = states[row.sequence]
            part = {"id": f"part-{row.id}", "conversation_id": INES, "message_id": row.id, "part": 0, "payload": {}}
            connection.execute(store.deliveries.delete().where(store.deliveries.c.id == part["id"]))
            part |= {"state": state, "error": error, "created_at": NOW, "changed_at": bench.clock.now}
            connection.execute(store.deliveries.insert().values(part))
            stands = "failed" if state == "failed" else "sent"
            connection.execute(store.messages.update().where(store.messages.c.id == row.id).values(state=stands))

    await bench.middleware.store.write(work)


async def lay(bench: Bench) -> str:
    """Inês wrote on WhatsApp, and Marco has her conversation; gives the hand-over's id."""
    middleware, clock = bench.middleware, bench.clock
    clock.now = NOW - timedelta(minutes=20)
    await says(bench, "1", text="the lamp came like this")
    clock.now = NOW - timedelta(minutes=19)
    await says(bench, "2", kind="image", words="(a picture)")
    await says(bench, "3", kind="document", words="(a document: receipt.pdf)")
    await fetched(bench, "3", "receipt.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
    who = Who(conversation_id=INES, channel="whatsapp", correlation_id="scene")
    standing = await middleware.handoffs.request(who, Plea(reason=Reason.COMPLAINT))
    known = store.handoffs.update().where(store.handoffs.c.id == standing.handoff.id)
    read = known.values(account=as_json(account("Inês", "Duarte")), ticket_number="T-1085")
    await middleware.store.write(lambda connection: connection.execute(read))
    clock.now = NOW - timedelta(minutes=12)
    await middleware.desk_line.claim(standing.handoff.id, MARCO)
    for place, text in enumerate(
        ("Hello Inês, I'm sorry about that.", "A new one is on its way.", "Is that all right?")
    ):
        clock.now = NOW - timedelta(minutes=10 - place)
        await middleware.desk_line.write(standing.handoff.id, MARCO, text, f"write-of-marco-{place:04}")
    await became(bench, {4: "read", 5: "read", 6: "delivered"})
    await became(bench, {7: "failed"}, NOT_THERE)
    clock.now = NOW
    return standing.handoff.id


@contextmanager
def at_ines(scene: Scene, **options: Any) -> Iterator[Page]:
    handoff = done(lay(scene.bench))
    scene.ids["ines"] = handoff
    page = scene.open(**options).log_in()
    page.goto(scene.path("ines"))
    yield page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
def test_everybody_can_use_it(scene: Scene, scheme: str, size: dict[str, int]) -> None:
    with at_ines(scene, size=size, scheme=scheme) as page:
        done(fetched(scene.bench, "2", "image.jpg", lamp(), "image/jpeg"))
        expect(page.get_by_role("img", name="Picture from Inês Duarte: image.jpg")).to_be_visible()
        expect(page.locator(".fate.failed")).to_contain_text(NOT_THERE)
        found = [*problems(page), *(["too wide"] if sideways(page) > 0 else [])]
        page.goto(scene.url)
        expect(page.get_by_text("Not delivered")).to_be_visible()
        found += problems(page)

    assert found == []


def test_a_picture_takes_its_place_as_soon_as_it_is_there(scene: Scene) -> None:
    with at_ines(scene) as page:
        expect(page.locator("#m2 .text")).to_have_text("(a picture)")

        done(fetched(scene.bench, "2", "image.jpg", lamp(), "image/jpeg"))

        shown = page.get_by_role("img", name="Picture from Inês Duarte: image.jpg")
        expect(shown).to_be_visible()
        expect(page.locator("#m2 .text")).to_have_count(0)
        assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
        with page.expect_download() as download:
            shown.click()
        assert Path(download.value.path()).read_bytes() == lamp()


def test_what_becomes_of_a_message_is_shown_where_it_stands(scene: Scene) -> None:
    with at_ines(scene) as page:
        log = page.locator("#log")
        order = log.locator("article").evaluate_all("all => all.map(one => one.id)")
        page.get_by_label("Write to Inês Duarte").fill("half a sent")

        done(became(scene.bench, {6: "read"}))
        expect(page.locator("#m6 .fate")).to_have_text("Read")
        done(became(scene.bench, {7: "delivered"}))
        expect(page.locator("#m7 .fate")).to_have_text("Delivered")
        expect(page.locator("#side")).not_to_contain_text("Not delivered")
        done(became(scene.bench, {7: "failed"}, NOT_THERE))

        expect(page.locator("#m7 .fate")).to_contain_text("Not delivered")
        expect(page.locator("#side")).to_contain_text("Not delivered")
        assert log.locator("article").evaluate_all("all => all.map(one => one.id)") == order
        assert page.get_by_label("Write to Inês Duarte").input_value() == "half a sent"


def test_when_the_time_is_over_the_page_says_so_in_place_of_the_field(scene: Scene) -> None:
    with at_ines(scene) as page:
        expect(page.locator("#window")).to_have_text("Inês Duarte can be written to until Sat 14 Mar, 14:13.")
        field = page.get_by_label("Write to Inês Duarte")
        field.fill("half a sent")

        scene.bench.edit(store.messages, written_at=NOW - timedelta(hours=25))
        done(scene.bench.middleware.desk_line.add_note(scene.ids["ines"], MARCO, "a word"))

        expect(page.locator("#window")).to_contain_text("Nothing can be sent now. Inês Duarte wrote last on")
        expect(field).to_be_hidden()
        done(says(scene.bench, "4", text="any news?"))
        expect(field).to_be_visible()
        assert field.input_value() == "half a sent"
