"""Documents: kept for one conversation, given to whoever shows a good link, and never to anybody else."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jwt
import pytest
from msgspec.structs import replace

from middleware import store
from middleware.audit import Audit
from middleware.documents.store import Document, Documents
from middleware.errors import NotFound, Unavailable
from tests.fakes.building import KNOWN, NOW, Bench

MakeBench = Callable[..., Bench]

KEY = "d" * 32
PAPER = b"%PDF-1.4 a label"
NAME = "return-label-R-2081.pdf"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench()


async def keep(desk: Bench, name: str = NAME, conversation: str = "rest:one") -> Document:
    who = await desk.who(KNOWN, conversation)
    return await desk.middleware.documents.keep(who, "label", "R-2081", name, PAPER)


def link(desk: Bench, document: Document, **other: str) -> str:
    """A link as the channel makes it, or as somebody makes it who says something else."""
    claims = {"document_id": document.id, "name": document.name, "conversation_id": document.conversation_id}
    return desk.middleware.documents.link(**(claims | other), channel="rest")


def parts(address: str) -> tuple[str, str]:
    """The token of a link, and the name."""
    token, name = urlsplit(address).path.split("/")[-2:]
    return token, unquote(name)


async def fetch(desk: Bench, address: str) -> bytes:
    _, content = await desk.middleware.documents.fetch(*parts(address))
    return content


def fetches(desk: Bench) -> list[str]:
    return [line for line in desk.audit() if "document_fetch" in line]


def folder(desk: Bench) -> Path:
    return Path(desk.middleware.settings.documents_url)


async def test_what_is_kept_is_given_to_whoever_shows_the_link(desk: Bench) -> None:
    # given
    kept = await keep(desk)

    # when
    address = link(desk, kept)
    found, content = await desk.middleware.documents.fetch(*parts(address))

    # then
    assert address.startswith("https://chat.fernhill.example/webhooks/rest/documents/")
    assert (found, content) == (kept, PAPER)
    assert (found.object, found.media_type) == ("R-2081", "application/pdf")
    [entry] = [row for row in desk.rows(store.audit) if row["operation"] == "document_fetch"]
    assert (entry["conversation_id"], entry["object"], entry["outcome"]) == ("rest:one", "R-2081", "ok")


@pytest.mark.parametrize("name", ["INV/2026/1.pdf", "100%.pdf", "%2e%2e%2f.pdf", "Żółć 年.pdf", "a?b#c.pdf"])
async def test_a_link_carries_whatever_name_a_document_has(desk: Bench, name: str) -> None:
    address = link(desk, await keep(desk, name))

    assert parts(address)[1] == name
    assert await fetch(desk, address) == PAPER


async def test_a_link_is_good_for_as_long_as_the_settings_say(desk: Bench) -> None:
    address = link(desk, await keep(desk))

    desk.clock.advance(14 * MINUTE + timedelta(seconds=59))
    assert await fetch(desk, address) == PAPER

    desk.clock.advance(timedelta(seconds=2))
    with pytest.raises(NotFound):
        await fetch(desk, address)


def _signed(kept: Document, /, key: str = KEY, algorithm: str = "HS256", **claims: Any) -> str:
    base = {
        "document": kept.id,
        "conversation": kept.conversation_id,
        "exp": int((NOW + MINUTE).timestamp()),
    }
    return jwt.encode({k: v for k, v in (base | claims).items() if v is not None}, key, algorithm=algorithm)


def _altered(document: Document) -> str:
    """A good token of the document's, with a letter of what it claims changed."""
    header, claims, signature = _signed(document).split(".")
    return ".".join((header, ("a" if claims[9] != "a" else "b").join((claims[:9], claims[10:])), signature))


BAD_TOKENS: dict[str, Callable[[Document], str]] = {
    "none at all": lambda _: "",
    "guessed": lambda _: uuid.uuid4().hex,
    "the document's id": lambda document: document.id,
    "no text at all": lambda _: "\x00\ud800",
    "altered": _altered,
    "another's signature": lambda document: ".".join(
        (*_signed(document).split(".")[:2], _signed(document, exp=1).split(".")[2])
    ),
    "alg none": lambda document: _signed(document, "", "none"),
    "another algorithm": lambda document: _signed(document, algorithm="HS512"),
    "another key": lambda document: _signed(document, "e" * 32),
    "ended": lambda document: _signed(document, exp=int(NOW.timestamp())),
    "without an end": lambda document: _signed(document, exp=None),
    "an end that is no time": lambda document: _signed(document, exp="never"),
    "another conversation": lambda document: _signed(document, conversation="rest:two"),
    "without a conversation": lambda document: _signed(document, conversation=None),
    "another document": lambda document: _signed(document, document=uuid.uuid4().hex),
    "without a document": lambda document: _signed(document, document=None),
}


@pytest.mark.parametrize("kind", BAD_TOKENS)
async def test_a_bad_link_finds_nothing_and_is_written_down(desk: Bench, kind: str) -> None:
    kept = await keep(desk)
    assert (await desk.middleware.documents.fetch(_signed(kept), NAME))[1] == PAPER

    with pytest.raises(NotFound):
        await desk.middleware.documents.fetch(BAD_TOKENS[kind](kept), NAME)

    assert fetches(desk) == ["documents document_fetch ok", "documents document_fetch NotFound"]


@pytest.mark.parametrize("name", ["", "INV-1.pdf", NAME.upper(), NAME + "\x00", f"../{NAME}", "\ud800"])
async def test_a_link_with_another_name_finds_nothing(desk: Bench, name: str) -> None:
    kept = await keep(desk)

    with pytest.raises(NotFound):
        await desk.middleware.documents.fetch(_signed(kept), name)

    assert fetches(desk) == ["documents document_fetch NotFound"]


async def test_two_conversations_cannot_swap_links(desk: Bench) -> None:
    # given a document in each
    hers, his = await keep(desk, conversation="rest:one"), await keep(desk, conversation="rest:two")

    # when each is claimed for the other
    for document, other in ((hers, his), (his, hers)):
        address = link(desk, document, conversation_id=other.conversation_id)
        with pytest.raises(NotFound):
            await fetch(desk, address)

    # then no row says that it was given away
    assert fetches(desk) == ["documents document_fetch NotFound"] * 2


async def test_a_file_that_is_gone_or_was_altered_is_not_given_out(desk: Bench) -> None:
    gone, altered = await keep(desk), await keep(desk)
    (folder(desk) / gone.id).unlink()
    (folder(desk) / altered.id).write_bytes(PAPER + b" for somebody else")

    for document in (gone, altered):
        with pytest.raises(NotFound):
            await fetch(desk, link(desk, document))

    assert fetches(desk) == ["documents document_fetch NotFound"] * 2


async def test_a_file_that_cannot_be_read_is_said_to_be_there_later(desk: Bench) -> None:
    kept = await keep(desk)
    file = folder(desk) / kept.id
    file.unlink()
    file.mkdir()

    with pytest.raises(Unavailable):
        await fetch(desk, link(desk, kept))

    assert fetches(desk) == ["documents document_fetch Unavailable"]


async def test_nothing_is_given_out_that_cannot_be_written_down(desk: Bench) -> None:
    kept = await keep(desk)
    desk.lose(store.audit)

    with pytest.raises(Unavailable):
        await fetch(desk, link(desk, kept))


async def test_customers_papers_are_for_nobody_else_on_the_machine(desk: Bench) -> None:
    before = os.umask(0)
    try:
        kept = await keep(desk)
    finally:
        os.umask(before)

    assert folder(desk).stat().st_mode & 0o777 == 0o700
    assert (folder(desk) / kept.id).stat().st_mode & 0o777 == 0o600


async def test_a_folder_that_is_there_already_stays_as_it_is(desk: Bench) -> None:
    folder(desk).mkdir(mode=0o750)

    await keep(desk)

    assert folder(desk).stat().st_mode & 0o777 == 0o750


async def test_a_document_that_cannot_be_kept_has_no_row(desk: Bench) -> None:
    folder(desk).write_text("no folder")

    with pytest.raises(Unavailable):
        await keep(desk)

    assert desk.rows(store.documents) == []


async def test_documents_are_kept_in_an_object_store_as_well(desk: Bench) -> None:
    # given a store that is no folder
    known = replace(desk.middleware.settings, documents_url=f"memory://{uuid.uuid4().hex}")
    documents = Documents(desk.middleware.store, known, Audit(desk.middleware.store), desk.clock)

    # when
    kept = await documents.keep(await desk.who(KNOWN), "invoice", "INV-1", "INV-1.pdf", PAPER)

    # then
    assert await documents.fetch(*parts(documents.link(kept.id, kept.name, kept.conversation_id, "rest"))) == (
        kept,
        PAPER,
    )
    assert not folder(desk).exists()
    documents._files.rm(f"{documents._folder}/{kept.id}")
    with pytest.raises(NotFound):
        await documents.fetch(_signed(kept), kept.name)
