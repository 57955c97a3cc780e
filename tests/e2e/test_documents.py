"""Documents over HTTP: a link is all that its document needs, and every other link gets the same 404."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
import sqlalchemy as sa
from rasa.core.channels.channel import UserMessage
from yarl import URL

from middleware import bootstrap, store
from middleware.identity import Who
from tests.data.shop import PEOPLE
from tests.fakes.building import KNOWN
from tests.fakes.channel import ADDRESS, Channel
from tests.servers import TIMEOUT_SECONDS, Frontdesk, conversation_of

Serve = Callable[..., AbstractAsyncContextManager[Channel]]
Answer = tuple[int, bytes, dict[str, str]]
PAPER = b"%PDF-1.4 an invoice"
NAME = "INV-88213.pdf"
MINUTE = timedelta(minutes=1)


async def _keep(channel: Channel, name: str = NAME, conversation: str = "rest:nora") -> str:
    """Keeps a document, and gives the path of a link to it."""
    documents = channel.desk.middleware.documents
    document = await documents.keep(await channel.desk.who(KNOWN, conversation), "invoice", "INV-88213", name, PAPER)
    return urlsplit(documents.link(document.id, name, conversation, "rest")).path


async def _fetch(channel: Channel, path: str) -> Answer:
    """Fetches a path as it stands in the link, without any header of ours."""
    async with channel.client.get(URL(path, encoded=True)) as answer:
        return answer.status, await answer.read(), dict(answer.headers)


@pytest.mark.parametrize("name", [NAME, "INV/2026/1.pdf", "100%.pdf", "Rechnung Żółć.pdf", '"x"\r\nX-Evil: 1.pdf'])
async def test_a_link_gives_the_document_as_an_attachment_without_any_header(serve: Serve, name: str) -> None:
    async with serve() as channel:
        status, content, headers = await _fetch(channel, await _keep(channel, name))

    assert (status, content) == (200, PAPER)
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "X-Evil" not in headers


async def test_a_link_can_be_used_again_while_it_is_good(serve: Serve) -> None:
    async with serve() as channel:
        path = await _keep(channel)
        answers = await asyncio.gather(*(_fetch(channel, path) for _ in range(5)))

    assert {answer[:2] for answer in answers} == {(200, PAPER)}


async def test_every_bad_link_gets_the_same_answer_and_is_written_down(serve: Serve) -> None:
    async with serve() as channel:
        # given a document, another's, one whose link has ended, and one whose file is gone
        ended = await _keep(channel)
        channel.desk.clock.advance(16 * MINUTE)
        good, others, gone = await _keep(channel), await _keep(channel, conversation="rest:omar"), await _keep(channel)
        newest = channel.desk.rows(store.documents)
        files = {row["id"] for row in newest if row["conversation_id"] == "rest:nora"}
        documents = channel.desk.middleware.documents
        theirs = next(row["id"] for row in newest if row["conversation_id"] == "rest:omar")
        foreign = urlsplit(documents.link(theirs, NAME, "rest:nora", "rest")).path
        folder = Path(channel.desk.middleware.settings.documents_url)
        lost = await documents.fetch(gone.split("/")[-2], NAME)
        (folder / lost[0].id).unlink()

        # when they are fetched, and what somebody made up
        token = good.split("/")[-2]
        stem = f"{ADDRESS}/documents"
        bad = [
            ended,
            foreign,
            gone,
            f"{stem}/{uuid.uuid4().hex}/{NAME}",
            f"{stem}/{next(iter(files))}/{NAME}",
            f"{stem}/{token[:-5]}/{NAME}",
            f"{stem}/{token[:40]}x{token[41:]}/{NAME}",
            f"{stem}/{token}/INV-88214.pdf",
            f"{stem}/{token}/{NAME}%00",
            f"{stem}/{token}/..%2F{NAME}",
            f"{stem}/%00/{NAME}",
            f"{stem}/%FF%FE/{NAME}",
            others.replace(others.split("/")[-2].split(".")[2], token.split(".")[2]),
        ]
        answers = [await _fetch(channel, path) for path in bad]

        # then nobody can tell one from another
        assert {(status, content) for status, content, _ in answers} == {(404, answers[0][1])}
        assert answers[0][1].startswith(b'{"error":"there is no such document, or the link has ended')
        assert len({frozenset(headers.items()) for _, _, headers in answers}) == 1
        outcomes = [row["outcome"] for row in channel.desk.rows(store.audit) if row["operation"] == "document_fetch"]
        assert outcomes == ["ok"] + ["NotFound"] * len(bad)

        # and the good one is still good
        assert (await _fetch(channel, good))[:2] == (200, PAPER)


async def test_links_cannot_be_tried_out_without_bound(serve: Serve) -> None:
    async with serve(address="5/minute") as channel:
        good = await _keep(channel)
        statuses = [(await _fetch(channel, f"{ADDRESS}/documents/{number}/{NAME}"))[0] for number in range(7)]
        refused = await _fetch(channel, good)

        assert statuses == [404] * 5 + [429] * 2
        assert (refused[0], refused[2]["Retry-After"]) == (429, "60")
        channel.desk.clock.advance(MINUTE)
        assert (await _fetch(channel, good))[0] == 200


async def test_a_store_that_fails_is_no_missing_document(serve: Serve) -> None:
    async with serve() as channel:
        path = await _keep(channel)
        channel.desk.lose(store.documents)

        status, content, _ = await _fetch(channel, path)

    assert status == 503
    assert content.startswith(b'{"error":"the assistant can\'t answer now')


async def test_a_reply_with_a_document_brings_a_link_that_is_made_anew_each_time(serve: Serve) -> None:
    # given a reply with a document
    document: dict[str, str] = {}

    async def say(_: UserMessage) -> list[dict[str, Any]]:
        return [{"text": "Here it is.", "attachment": document}] if document else []

    async with serve(say=say) as channel:
        await channel.post("nora", message_id="m0")
        documents = channel.desk.middleware.documents
        kept = await documents.keep(await channel.desk.who(KNOWN, "rest:nora"), "invoice", "INV-88213", NAME, PAPER)
        document |= {"id": kept.id, "name": kept.name}

        # when it is sent, asked for again later, and polled
        first = (await channel.post("nora", message_id="m1")).body[-1]["attachment"]
        channel.desk.clock.advance(20 * MINUTE)
        again = (await channel.post("nora", message_id="m1")).body[-1]["attachment"]
        polled = (await channel.messages("nora", after=0)).body[-1]["attachment"]

        # then the link of before has ended, and the others are good
        assert first.startswith(f"https://chat.fernhill.example{ADDRESS}/documents/")
        assert [(await _fetch(channel, urlsplit(one).path))[0] for one in (first, again, polled)] == [404, 200, 200]


# The whole system


async def _kept_beside(frontdesk: Frontdesk, conversation: str) -> str:
    """Keeps a document as the action server does; gives the link that the channel would make."""
    middleware = bootstrap.build(frontdesk.settings)
    try:
        who = Who(conversation_id=conversation, channel="rest", correlation_id=uuid.uuid4().hex)
        document = await middleware.documents.keep(who, "invoice", "INV-88213", NAME, PAPER)
        return middleware.documents.link(document.id, NAME, conversation, "rest")
    finally:
        middleware.close()


async def test_the_running_system_gives_out_what_its_action_server_kept(frontdesk: Frontdesk) -> None:
    # given a conversation with a document
    token = frontdesk.token(phone=PEOPLE["nora"][4])
    frontdesk.say(token, "hi")
    link = await _kept_beside(frontdesk, conversation_of(token))

    # when
    good = requests.get(link, timeout=TIMEOUT_SECONDS)
    bad = requests.get(link.replace(NAME, "INV-1.pdf"), timeout=TIMEOUT_SECONDS)

    # then
    assert link.startswith(f"{frontdesk.settings.public_url}{ADDRESS}/documents/")
    assert (good.status_code, good.content) == (200, PAPER)
    assert (bad.status_code, bad.json().keys()) == (404, {"error"})
    assert frontdesk.audit(conversation_of(token))[-1] == "document_fetch ok"
    query = sa.select(store.audit.c.outcome).where(store.audit.c.operation == "document_fetch")
    with frontdesk.engine.connect() as connection:
        assert "NotFound" in connection.execute(query).scalars().all()


async def test_no_log_of_the_running_system_holds_a_link(frontdesk: Frontdesk) -> None:
    token = frontdesk.token(phone=PEOPLE["nora"][4])
    frontdesk.say(token, "hi")
    link = await _kept_beside(frontdesk, conversation_of(token))
    requests.get(link, timeout=TIMEOUT_SECONDS)
    requests.get(link + "x", timeout=TIMEOUT_SECONDS)

    secret = link.split("/")[-2].split(".")[2]
    logs = [file.read_text(encoding="utf-8") for file in frontdesk.mailbox.parent.glob("*.log")]
    assert logs and not any(secret in log for log in logs)
