"""Conversations on WhatsApp at the desk: what came, what arrived there, and until when one can write."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from html import unescape
from typing import Any

import msgspec
import pytest

from middleware import store
from middleware.channel_settings import Template
from middleware.documents.store import Document
from middleware.handoff_account import as_json
from middleware.identity import Proof, Who
from middleware.messages import Received
from tests.data.desk_scene import account
from tests.fakes.building import NOW, Bench
from tests.fakes.desk import MARCO, AtDesk, Browser, opened
from tests.unit.test_desk_live import Running, next_with
from tests.unit.test_desk_live import running as running
from tests.unit.test_desk_pages import picture, send

MakeBench = Callable[..., Bench]

SARAH = "whatsapp:US.1"
CLOSED = (
    "Nothing can be sent now. Sarah Okonkwo wrote last on Wed 11 Mar, 13:30, and WhatsApp lets nobody write to a "
    "customer more than 24 hours after that. As soon as they write, you can answer."
)


@pytest.fixture
async def desk(bench: MakeBench) -> AsyncIterator[AtDesk]:
    async with opened(bench(handoff=0.1)) as desk:
        yield desk


async def asked(desk: AtDesk, **more: Any) -> str:
    """Sarah asks for a person on WhatsApp."""
    known = {"account": as_json(account("Sarah", "Okonkwo"))} | more
    return await desk.asked(SARAH, **known)


@pytest.fixture
async def mine(desk: AtDesk) -> tuple[AtDesk, Browser, str]:
    """A conversation on WhatsApp that Marco has."""
    handoff = await asked(desk)
    marco = await desk.agent()
    await marco.post(f"/handoffs/{handoff}/claim")
    await marco.get(f"/handoffs/{handoff}")
    return desk, marco, handoff


async def sends(bench: Bench, external_id: str = "media", **reply: Any) -> None:
    """The customer sends something."""
    message = Received(
        conversation_id=SARAH, channel="whatsapp", external_id=external_id, reply={"text": ""} | reply, proof=Proof()
    )
    await bench.middleware.inbox.take([message])


async def kept(bench: Bench, name: str = "image.png", media_type: str = "image/png") -> Document:
    """What the customer sent was fetched."""
    who = Who(conversation_id=SARAH, channel="", correlation_id="job")
    document = await bench.middleware.documents.keep(who, "attachment", "job", name, picture(), media_type)
    await bench.middleware.messages.amend(SARAH, "media", {"attachment": {"id": document.id, "name": document.name}})
    return document


async def became(bench: Bench, state: str, author: str = "agent", error: str | None = None, part: int = 0) -> None:
    """What became of the last message of an author."""
    rows = [row for row in bench.rows(store.messages) if row["author"] == author]
    last = max(rows, key=lambda row: row["sequence"])
    row = {
        "id": f"{last['id']}:{part}",
        "conversation_id": last["conversation_id"],
        "message_id": last["id"],
        "part": part,
        "payload": {},
        "state": state,
        "error": error,
        "created_at": NOW,
        "changed_at": NOW,
    }
    state = {"failed": "failed", "held": "queued"}.get(state, "sent")

    def work(connection: Any) -> None:
        connection.execute(store.deliveries.delete().where(store.deliveries.c.id == row["id"]))
        connection.execute(store.deliveries.insert().values(row))
        connection.execute(store.messages.update().where(store.messages.c.id == last["id"]).values(state=state))

    await bench.middleware.store.write(work)


def with_template(bench: Bench) -> None:
    """Lets the company have a template that Meta has approved."""
    outbox = bench.middleware.outbox
    outbox._rules = msgspec.structs.replace(outbox._rules, template=Template(name="waiting", language="en_US"))


async def page_of(browser: Browser, handoff: str) -> str:
    return unescape((await browser.get(f"/handoffs/{handoff}")).text)


# What customers send


async def test_a_picture_is_named_until_it_is_fetched_and_then_shown(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, marco, handoff = mine
    await sends(desk.bench, kind="image", words="(a picture)")

    before = await page_of(marco, handoff)
    document = await kept(desk.bench)
    after = await page_of(marco, handoff)

    address = f"/handoffs/{handoff}/documents/{document.id}"
    assert '<p class="text" dir="auto">(a picture)</p>' in before and "<img" not in before
    assert f'<img src="{address}" alt="Picture from Sarah Okonkwo: image.png">' in after
    assert '<p class="text" dir="auto">(a picture)</p>' not in after
    assert (await marco.get(address)).headers["Content-Type"] == "image/png"


async def test_words_below_a_picture_stay(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, marco, handoff = mine
    await sends(desk.bench, kind="image", text="it came like this")

    await kept(desk.bench)

    page = await page_of(marco, handoff)
    assert "it came like this" in page and "<img" in page


@pytest.mark.parametrize(
    ("kind", "name", "media_type"),
    [
        ("document", "receipt.pdf", "application/pdf"),
        ("voice", "voice.ogg", "audio/ogg"),
        ("video", "v.mp4", "video/mp4"),
    ],
)
async def test_what_is_no_picture_is_a_file(
    mine: tuple[AtDesk, Browser, str], kind: str, name: str, media_type: str
) -> None:
    desk, marco, handoff = mine
    await sends(desk.bench, kind=kind, words=f"(a {kind})")

    await kept(desk.bench, name, media_type)

    page = await page_of(marco, handoff)
    assert f"download>{name}</a>" in page and "<img" not in page


async def test_the_line_names_what_was_sent(desk: AtDesk) -> None:
    await asked(desk)
    await sends(desk.bench, kind="image", words="(a picture)")
    await kept(desk.bench)

    assert "(a picture)" in (await (await desk.agent()).get("/")).text


async def test_a_picture_of_an_agents_is_shown_as_well(mine: tuple[AtDesk, Browser, str]) -> None:
    _, marco, handoff = mine
    await marco.post(
        f"/handoffs/{handoff}/write",
        {"text": "like this?", "write_id": "w" * 16},
        files={"document": ("photo.PNG", picture(), "image/png")},
    )

    assert 'alt="Picture from Marco Bianchi: photo.PNG"' in await page_of(marco, handoff)


# What became of what was sent


@pytest.mark.parametrize(
    ("state", "label", "words"),
    [
        ("failed", "Not delivered", "This number isn't on WhatsApp."),
        ("held", "Not sent", "this goes out as soon as they do."),
        ("doubtful", "Maybe delivered", "this may have reached the customer, or not."),
    ],
)
async def test_what_didnt_arrive_says_why(
    mine: tuple[AtDesk, Browser, str], state: str, label: str, words: str
) -> None:
    desk, marco, handoff = mine
    await send(marco, handoff, "I'm looking.")

    await became(desk.bench, state, error="This number isn't on WhatsApp.")

    page = await page_of(marco, handoff)
    assert re.search(
        rf'<p class="fate {state}"><b>{label}</b> <span class="why">[^<]*{re.escape(words)}[^<]*</span></p>', page
    )


async def test_what_isnt_sent_for_a_while_says_so(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, marco, handoff = mine
    await send(marco, handoff, "I'm looking.")
    assert 'class="fate' not in (await page_of(marco, handoff)).rsplit("<article", 1)[1]

    desk.bench.clock.advance(timedelta(seconds=61))

    assert '<p class="fate late"><b>Not sent yet</b>' in await page_of(marco, handoff)


@pytest.mark.parametrize(("state", "label"), [("delivered", "Delivered"), ("read", "Read")])
async def test_what_arrived_is_told_and_not_read_out(mine: tuple[AtDesk, Browser, str], state: str, label: str) -> None:
    desk, marco, handoff = mine
    await send(marco, handoff, "I'm looking.")

    await became(desk.bench, state)

    assert f'<p class="fate {state}" aria-live="off"><b>{label}</b></p>' in await page_of(marco, handoff)


async def test_where_nothing_is_pushed_nothing_is_said_of_it(desk: AtDesk) -> None:
    handoff = await desk.asked()
    page = await page_of(await desk.agent(), handoff)

    assert 'class="fate' not in page and "WhatsApp" not in page
    assert 'data-closed="no"></p>' in page


@pytest.mark.parametrize(("state", "label"), [("failed", "Not delivered"), ("held", "Not sent")])
async def test_the_line_and_the_list_beside_show_what_didnt_arrive(
    mine: tuple[AtDesk, Browser, str], state: str, label: str
) -> None:
    desk, marco, handoff = mine
    await send(marco, handoff, "I'm looking.")
    await became(desk.bench, state)
    badge = f'<span class="badge unreached">{label}</span>'

    assert badge in (await marco.get("/")).text
    assert badge in await page_of(marco, handoff)

    await sends(desk.bench, "again", text="hello?")
    assert badge not in (await marco.get("/")).text


async def test_of_both_the_worse_is_shown(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, marco, handoff = mine
    await send(marco, handoff, "I'm looking.")
    await became(desk.bench, "held")
    await became(desk.bench, "failed", part=1)

    assert "Not delivered" in (await marco.get("/")).text and "Not sent<" not in (await marco.get("/")).text


async def test_a_template_is_none_of_the_messages_words(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, marco, handoff = mine
    await send(marco, handoff, "I'm looking.")
    await became(desk.bench, "failed", part=-1)

    assert "badge unreached" not in (await marco.get("/")).text


# Until when one can write


async def test_it_is_told_until_when_a_customer_can_be_written_to(mine: tuple[AtDesk, Browser, str]) -> None:
    _, marco, handoff = mine

    page = await page_of(marco, handoff)

    assert 'data-closed="no">Sarah Okonkwo can be written to until Thu 12 Mar, 13:30.</p>' in page
    assert 'id="writing" class="writing">' in page


async def test_after_that_nobody_can_write_and_the_page_says_why(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, _, handoff = mine
    desk.bench.clock.advance(timedelta(hours=24))

    page = await page_of(await desk.agent(), handoff)

    assert f'<p class="writable closed" data-closed="yes">{CLOSED}</p>' in page
    assert 'id="writing" class="writing" hidden>' in page


async def test_what_is_written_all_the_same_is_refused_in_the_same_words(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, _, handoff = mine
    desk.bench.clock.advance(timedelta(hours=24))
    marco = await desk.agent()
    await marco.get(f"/handoffs/{handoff}")

    answer = await marco.post(
        f"/handoffs/{handoff}/write",
        {"text": "hello", "write_id": "w" * 16},
        headers={"Accept": "application/json"},
        files={"document": ("photo.png", picture(), "image/png")},
    )

    assert (answer.status_code, answer.json()) == (422, {"error": CLOSED})
    assert not [one for one in desk.said(SARAH) if one[0] == "agent"]
    assert desk.bench.rows(store.documents) == []


async def test_with_a_template_they_are_asked_first_and_it_can_be_written(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, _, handoff = mine
    with_template(desk.bench)
    desk.bench.clock.advance(timedelta(hours=24))
    marco = await desk.agent()

    page = await page_of(marco, handoff)

    assert "They are asked to write first, and what you write goes out as soon as they do." in page
    assert 'data-closed="no"' in page and 'id="writing" class="writing">' in page
    assert await send(marco, handoff, "hello") == 303


async def test_somebody_who_hasnt_got_it_hears_that_first(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, _, handoff = mine
    desk.bench.clock.advance(timedelta(hours=24))
    lena = await desk.agent("lena")
    await lena.get(f"/handoffs/{handoff}")

    assert await send(lena, handoff, "me too") == 409


async def test_who_never_wrote_cant_be_written_to(desk: AtDesk) -> None:
    handoff = await asked(desk, account=None)
    desk.bench.edit(store.messages, author="bot")

    page = await page_of(await desk.agent(), handoff)

    assert "Nothing can be sent now. The customer hasn't written yet" in page


# Channels


@pytest.mark.parametrize(
    ("conversation", "name"), [("rest:one", "Website"), ("webchat:a:1", "Web chat"), (SARAH, "WhatsApp")]
)
async def test_the_line_says_where_customers_write(desk: AtDesk, conversation: str, name: str) -> None:
    handoff = await desk.asked(conversation)
    marco = await desk.agent()
    kind = conversation.partition(":")[0]

    assert f'<span class="channel {kind}">{name}</span>' in (await marco.get("/")).text
    assert f'<span class="unseen">{name}:</span>' in (await marco.get(f"/handoffs/{handoff}")).text


# Pages that are open


async def test_an_open_page_draws_anew_what_is_fetched_and_what_becomes_of_messages(running: Running) -> None:
    desk, bench = running.desk, running.bench
    handoff = await asked(desk)
    await bench.middleware.desk_line.claim(handoff, MARCO)
    await bench.middleware.desk_line.write(handoff, MARCO, "Can you send a picture?", "w" * 16)
    await became(bench, "sent")
    async with running.follows(f"/handoffs/{handoff}/live?after=3", await running.cookie()) as events:
        await next_with(events, "can be written to until", "fragment")
        await became(bench, "delivered")
        delivered = await next_with(events, "Delivered", "message")
        await sends(bench, kind="image", words="(a picture)")
        named = await next_with(events, "(a picture)", "message")
        await kept(bench)
        shown = await next_with(events, "<img", "message")
        await became(bench, "failed", error="This number isn't on WhatsApp.")
        await next_with(events, "This number isn't on WhatsApp.", "message")

    assert 'id="m3"' in delivered.data and delivered.id == "3"
    assert 'id="m4"' in named.data and 'id="m4"' in shown.data
    assert version(named.data) != version(shown.data)


def version(html: str) -> str:
    found = re.search(r'data-version="(\w+)"', html)
    assert found
    return found[1]


async def test_a_page_that_comes_back_gets_what_has_changed_meanwhile(running: Running) -> None:
    desk, bench = running.desk, running.bench
    handoff = await asked(desk)
    await sends(bench, kind="image", words="(a picture)")
    drawn_before = version((await _page(running, handoff)).split('id="m2"')[1])
    await kept(bench)

    async with running.follows(f"/handoffs/{handoff}/live?after=2", await running.cookie()) as events:
        first = await next_with(events, 'id="m1"', "message")
        event = await next_with(events, "<img", "message")

    assert version(event.data) != drawn_before
    assert version(first.data) == version((await _page(running, handoff)).split('id="m1"')[1])


async def _page(running: Running, handoff: str) -> str:
    browser = running.desk.browser()
    browser.client.cookies.set("__Host-desk", await running.cookie())
    return await page_of(browser, handoff)


async def test_the_line_follows_what_becomes_of_messages(running: Running) -> None:
    handoff = await asked(running.desk)
    await running.bench.middleware.desk_line.claim(handoff, MARCO)
    await running.bench.middleware.desk_line.write(handoff, MARCO, "hello", "w" * 16)
    async with running.follows("/live", await running.cookie()) as events:
        await next_with(events, "Sarah Okonkwo")
        await became(running.bench, "failed")
        await next_with(events, "Not delivered")


async def test_an_open_page_closes_when_the_time_is_over(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.streams.HERE_SECONDS", 0.2)
    handoff = await asked(running.desk)
    outbox = running.bench.middleware.outbox
    outbox._rules = msgspec.structs.replace(outbox._rules, window_hours=1)
    async with running.follows(f"/handoffs/{handoff}/live?after=1", await running.cookie()) as events:
        await next_with(events, "can be written to until", "fragment")
        running.bench.clock.advance(timedelta(minutes=61))
        await next_with(events, "Nothing can be sent now.", "fragment")
