"""What customers send on WhatsApp reaches the company's people: as what it is, not as what it is called."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from PIL import Image

from channels.whatsapp_media import Media
from middleware import store
from middleware.documents.kinds import Kind, name_for
from middleware.errors import Malformed, Unavailable
from middleware.history import Message
from middleware.inbox import FETCH
from middleware.messages import Received
from tests.fakes.building import KNOWN, Bench
from tests.fakes.fixtures import MakeBench
from tests.fakes.webhooks import ADAS, FakeMeta

PDF = b"%PDF-1.7\n...\n%%EOF\n"
OGG = b"OggS\0\2 the voice of a customer"
MP4 = b"\0\0\0\x18ftypmp42 a film"
PAGE = b"<html><script>alert(1)</script></html>"
PROGRAM = b"MZ\x90\0 a program"


def picture(form: str = "PNG") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (3, 2)).save(drawn, form)
    return drawn.getvalue()


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench()


@pytest.fixture
def meta(desk: Bench) -> FakeMeta:
    """Meta's side, with the job that fetches from it."""
    known = FakeMeta()
    fetches(desk, known)
    return known


def fetches(desk: Bench, meta: FakeMeta) -> None:
    desk.middleware.jobs.does_only({FETCH: Media(desk.middleware, meta).fetch}, patient={FETCH})


async def sent(desk: Bench, kind: str = "image", text: str = "", name: str = "", media_id: str = "m1") -> None:
    """A customer sends a file; what can be fetched is fetched."""
    words: dict[str, Any] = {} if text else {"words": f"({kind})"}
    about = {"id": media_id, "media_type": "application/pdf", "name": name}
    reply = {"text": text, "kind": kind, "media": about} | words
    received = Received(conversation_id=ADAS, channel="whatsapp", external_id=media_id, reply=reply, proof=KNOWN)
    await desk.middleware.inbox.take([received])
    await desk.middleware.jobs.run_due()


async def shown(desk: Bench) -> Message:
    """The message as people read it."""
    [message] = await desk.middleware.history.transcript(ADAS)
    return message


def fetching(desk: Bench) -> list[str]:
    """How the jobs that fetch stand."""
    return [row["state"] for row in desk.rows(store.jobs) if row["kind"] == FETCH]


@pytest.mark.parametrize(
    ("kind", "content", "name", "kept", "media_type"),
    [
        ("image", picture("PNG"), "", "image.png", "image/png"),
        ("image", picture("JPEG"), "", "image.jpg", "image/jpeg"),
        ("document", PDF, "../../My bill.pdf", "My bill.pdf", "application/pdf"),
        ("document", PDF, "bill.exe", "bill.exe.pdf", "application/pdf"),
        ("document", picture(), "scan.pdf", "scan.pdf.png", "image/png"),
        ("voice", OGG, "", "voice.ogg", "audio/ogg"),
        ("audio", b"ID3 a song", "", "audio.mp3", "audio/mpeg"),
        ("video", MP4, "", "video.mp4", "video/mp4"),
    ],
)
async def test_agents_can_open_what_was_sent(
    desk: Bench, meta: FakeMeta, kind: str, content: bytes, name: str, kept: str, media_type: str
) -> None:
    meta.files["m1"] = content

    await sent(desk, kind, name=name)

    attachment = (await shown(desk)).reply["attachment"]
    assert attachment["name"] == kept
    document, found = await desk.middleware.documents.of_conversation(attachment["id"], ADAS)
    assert (document.kind, document.media_type, found) == ("attachment", media_type, content)
    assert fetching(desk) == ["done"]


@pytest.mark.parametrize(
    ("kind", "content"),
    [("document", PAGE), ("document", PROGRAM), ("image", PAGE), ("image", OGG), ("voice", PAGE), ("video", PDF)],
)
async def test_what_is_nothing_of_that_is_not_kept(desk: Bench, meta: FakeMeta, kind: str, content: bytes) -> None:
    meta.files["m1"] = content

    await sent(desk, kind, name="bill.pdf")

    assert desk.rows(store.documents) == []
    assert (await shown(desk)).reply["text"] == f"({kind}: no PDF, picture or recording)"
    assert fetching(desk) == ["done"]


async def test_why_it_isnt_there_stands_behind_the_words_that_came_with_it(desk: Bench, meta: FakeMeta) -> None:
    await sent(desk, text="my broken tent")

    message = await shown(desk)
    assert message.reply["text"] == "my broken tent (it couldn't be fetched)"
    [stored] = desk.rows(store.messages)
    assert stored["payload"]["text"] == "my broken tent"  # that is what the bot hears


async def test_what_is_too_large_is_left_where_it_is(bench: MakeBench) -> None:
    desk, meta = bench(), FakeMeta()
    rules = msgspec.structs.replace(desk.middleware.settings.whatsapp, largest_media=10)
    object.__setattr__(desk.middleware, "settings", msgspec.structs.replace(desk.middleware.settings, whatsapp=rules))
    fetches(desk, meta)
    meta.files["m1"] = PDF

    await sent(desk, "document")

    assert desk.rows(store.documents) == []
    assert "larger than" in (await shown(desk)).reply["text"]


async def test_what_meta_says_nonsense_of_is_given_up(desk: Bench, meta: FakeMeta) -> None:
    meta.files["m1"] = Malformed("elsewhere", system="whatsapp")

    await sent(desk)

    assert (await shown(desk)).reply["text"] == "(image: it couldn't be fetched)"


async def test_it_is_fetched_later_if_meta_is_away(desk: Bench, meta: FakeMeta) -> None:
    meta.files["m1"] = Unavailable("away", system="whatsapp")
    await sent(desk)
    assert (await shown(desk)).reply["text"] == "(image)"
    assert fetching(desk) == ["waiting"]

    meta.files["m1"] = picture()
    desk.clock.advance(timedelta(hours=1))
    await desk.middleware.jobs.run_due()

    assert (await shown(desk)).reply["attachment"]["name"] == "image.png"


async def test_it_is_fetched_once_though_the_job_is_run_again(desk: Bench, meta: FakeMeta) -> None:
    meta.files["m1"] = picture()
    await sent(desk)

    desk.edit(store.jobs, state="waiting")
    await desk.middleware.jobs.run_due()

    assert meta.fetched == ["m1"]


async def test_one_that_cant_be_had_keeps_no_other_from_being_fetched(desk: Bench, meta: FakeMeta) -> None:
    meta.files |= {"m1": Unavailable("away", system="whatsapp"), "m2": picture()}

    await sent(desk, media_id="m1")
    await sent(desk, media_id="m2")

    first, second = await desk.middleware.history.transcript(ADAS)
    assert "attachment" not in first.reply
    assert "attachment" in second.reply


async def test_what_was_deleted_is_not_fetched(desk: Bench, meta: FakeMeta) -> None:
    meta.files["m1"] = Unavailable("away", system="whatsapp")
    await sent(desk)
    revoked = Received(
        conversation_id=ADAS,
        channel="whatsapp",
        external_id="r1",
        reply={"text": "", "words": "(deleted by the customer)", "kind": "deleted"},
        proof=KNOWN,
        needs_answer=False,
        replaces="m1",
    )
    await desk.middleware.inbox.take([revoked])

    meta.files["m1"] = picture()
    desk.clock.advance(timedelta(hours=1))
    await desk.middleware.jobs.run_due()

    assert desk.rows(store.documents) == []
    assert (await shown(desk)).reply["text"] == "(deleted by the customer)"


async def test_what_is_deleted_while_it_is_fetched_stays_deleted(desk: Bench, meta: FakeMeta) -> None:
    await sent(desk)
    desk.edit(store.messages, payload={"text": "", "words": "(deleted by the customer)", "kind": "deleted"})

    await desk.middleware.messages.amend(ADAS, "m1", {"attachment": {"id": "d", "name": "image.png"}})

    assert "attachment" not in (await shown(desk)).reply


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("", "document.pdf"),
        ("..", "document.pdf"),
        ("C:\\bills\\March.PDF", "March.PDF"),
        ("a\0b\n.pdf", "a b.pdf"),
        ("ü" * 300, "ü" * 116 + ".pdf"),
    ],
)
def test_a_file_keeps_its_name_but_no_place_and_no_other_ending(given: str, name: str) -> None:
    assert name_for(given, Kind(media_type="application/pdf", ending=".pdf")) == name
