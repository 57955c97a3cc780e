"""The WhatsApp channel over HTTP: what Meta signed is stored, acknowledged and answered; nothing else is."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.whatsapp import LARGEST
from middleware import metrics, settings, store
from middleware.channel_settings import ACCOUNT as VARIABLES
from middleware.identity import prove_by_code
from middleware.outbox import Outbox, Status
from tests.fakes.building import NOW, Bench
from tests.fakes.webhooks import (
    ADA_ID,
    ADA_NUMBER,
    ADAS,
    ADDRESS,
    VERIFY_TOKEN,
    Channel,
    Unready,
    all_recorded,
    message,
    serving,
    signature,
    text,
    unique,
    webhook,
)
from tests.unit.test_handed_back import MARCO
from tests.unit.test_whatsapp_webhook import RECORDED

HANDSHAKE = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
NOT_METAS: list[dict[str, str | None]] = [
    {"hub.verify_token": "another"},
    {"hub.verify_token": VERIFY_TOKEN.upper()},
    {"hub.verify_token": ""},
    {"hub.verify_token": "ö"},
    {"hub.verify_token": None},
    {"hub.mode": "unsubscribe"},
    {"hub.mode": None},
    {"hub.challenge": None},
    {"hub.challenge": "x" * 5000},
]
QUESTIONS = [{"title": "Yes", "payload": "/Affirm"}, {"title": "No", "payload": "/Deny"}]


@pytest.fixture
async def channel(migrated: Path, tmp_path: Path) -> AsyncIterator[Channel]:
    async with serving(migrated, tmp_path) as opened:
        yield opened


@pytest.fixture
async def unready(migrated: Path, tmp_path: Path) -> AsyncIterator[Channel]:
    """The channel before Rasa has a model: nothing that came in is answered yet."""
    async with serving(migrated, tmp_path, agent=Unready()) as opened:
        yield opened


# The handshake


async def handshake(channel: Channel, **changes: str | None) -> tuple[int, str]:
    asked = {name: value for name, value in (HANDSHAKE | changes).items() if value is not None}
    async with channel.client.get(ADDRESS, params=asked) as answer:
        return answer.status, await answer.text()


async def test_meta_gets_its_challenge_back_as_it_is(channel: Channel) -> None:
    async with channel.client.get(ADDRESS, params=HANDSHAKE) as answer:
        assert (answer.status, await answer.text()) == (200, "1158201444")
        assert answer.content_type == "text/plain"


async def test_nobody_else_gets_anything_back(channel: Channel) -> None:
    for changes in NOT_METAS:
        assert (await handshake(channel, **changes))[0] == 403, changes


# The signature


async def test_what_meta_signed_is_stored_and_acknowledged_with_nothing(channel: Channel) -> None:
    body = json.dumps(webhook(text("hello"))).encode()
    async with channel.client.post(ADDRESS, data=body, headers={"X-Hub-Signature-256": signature(body)}) as answer:
        assert (answer.status, await answer.read()) == (200, b"")

    assert channel.texts() == ["hello"]


BODY = json.dumps(webhook(text("hello"))).encode()


UNSIGNED: list[dict[str, str]] = [
    {},
    {"X-Hub-Signature-256": ""},
    {"X-Hub-Signature-256": "sha256="},
    {"X-Hub-Signature-256": "sha256=" + "0" * 64},
    {"X-Hub-Signature-256": signature(BODY).removeprefix("sha256=")},
    {"X-Hub-Signature-256": signature(BODY).upper()},
    {"X-Hub-Signature-256": "sha256=" + signature(BODY)[7:].upper()},
    {"X-Hub-Signature-256": signature(BODY).replace("sha256", "sha1")},
    {"X-Hub-Signature-256": signature(BODY) + "0"},
    {"X-Hub-Signature-256": signature(BODY, "another secret")},
    {"X-Hub-Signature-256": signature(BODY + b" ")},
    {"X-Hub-Signature": signature(BODY)},
]


async def test_nothing_is_stored_that_meta_didnt_sign(unready: Channel) -> None:
    for headers in UNSIGNED:
        assert await unready.post(BODY, **headers) == 401, headers

    assert unready.stored() == []


async def test_a_body_altered_by_one_byte_is_not_what_was_signed(unready: Channel) -> None:
    for place in range(0, len(BODY), 7):
        altered = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert await unready.post(altered, **{"X-Hub-Signature-256": signature(BODY)}) == 401

    assert unready.stored() == []


async def test_a_body_may_be_three_megabytes_large_and_no_larger(unready: Channel) -> None:
    def sized(size: int) -> bytes:
        bare = json.dumps(webhook(text("x"), padding="")).encode()
        return bare.replace(b'"padding": ""', b'"padding": "' + b"p" * (size - len(bare)) + b'"')

    assert await unready.send(sized(LARGEST)) == 200
    assert await unready.send(sized(LARGEST + 1)) == 413
    assert len(unready.stored()) == 1


async def test_meta_may_send_without_bound_and_whoever_guesses_may_not(migrated: Path, tmp_path: Path) -> None:
    limits = settings.Limits(sender="1000/minute", address="3/minute", largest_body=65536)
    async with serving(migrated, tmp_path, limits=limits) as channel:
        assert [await channel.messages(text(str(one))) for one in range(8)] == [200] * 8
        assert [await channel.post(BODY) for _ in range(5)] == [401] * 3 + [429] * 2
        assert (await handshake(channel))[0] == 429
        assert await channel.messages(text("9")) == 200


async def test_without_an_account_every_route_says_what_to_set(migrated: Path, tmp_path: Path) -> None:
    async with serving(migrated, tmp_path, account=None) as channel:
        async with channel.client.get(ADDRESS, params=HANDSHAKE) as asked:
            assert asked.status == 404
            sentence = (await asked.json())["error"]
        assert all(name in sentence for name in VARIABLES)
        assert await channel.send(webhook(text("hello"))) == 404
        assert channel.stored() == []


# What is acknowledged


SIGNED: list[bytes] = [
    b"",
    b"{",
    b"null",
    b"[1, 2]",
    b'"text"',
    b"{}",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"9" * 5000,
    b'{"entry": [{"changes": [{"field": "messages", "value": {"messages": [[], 1, null]}}]}]}',
    json.dumps(webhook(text("half an emoji \ud83d"))).encode(),
]


async def test_whatever_is_signed_is_acknowledged(unready: Channel) -> None:
    for body in SIGNED:
        assert await unready.send(body) == 200, body[:80]


async def test_it_is_repeated_only_if_it_couldnt_be_stored(channel: Channel) -> None:
    channel.desk.lose(store.messages)

    assert await channel.messages(text("hello")) == 503


async def test_everything_that_others_recorded_is_acknowledged_and_stored_once(unready: Channel) -> None:
    cases = unique(all_recorded()) | {"ours": webhook(text("ours"))}
    replayed = list(cases.values()) * 2
    random.Random(7).shuffle(replayed)

    statuses = await asyncio.gather(*(unready.send(case) for case in replayed))

    assert set(statuses) == {200}
    messages = [name for name, expected in RECORDED.items() if isinstance(expected, tuple) and name in cases]
    assert len(unready.stored()) == len(messages) + 1


# Once, in order, across restarts


async def test_a_message_is_answered_once_however_often_it_is_brought(channel: Channel) -> None:
    same = text("hello")

    assert await asyncio.gather(*(channel.messages(same) for _ in range(20))) == [200] * 20
    await channel.answered()
    assert await channel.messages(same, same) == 200
    await channel.answered()

    assert channel.rasa.texts == ["hello"]
    assert [said for said in channel.texts("bot") if "introduction" not in said] == ["you said hello"]


async def test_messages_are_answered_in_the_order_in_which_they_were_written(unready: Channel) -> None:
    at = int(NOW.timestamp())
    written = [text(str(one), timestamp=str(at - 30 + one)) for one in range(20)]
    shuffled = random.Random(7).sample(written, len(written))
    for one in shuffled:
        assert await unready.messages(one) == 200
    assert unready.rasa.heard == []

    unready.server.app.ctx.agent.is_ready = lambda: True
    await unready.answered()

    assert unready.rasa.texts == [str(one) for one in range(20)]


async def test_what_was_stored_before_a_restart_is_answered_after_it(migrated: Path, tmp_path: Path) -> None:
    async with serving(migrated, tmp_path, agent=Unready()) as before:
        assert await before.messages(text("one"), text("two")) == 200

    async with serving(migrated, tmp_path, desk=before.desk) as after:
        await after.answered()
        assert after.rasa.texts == ["one", "two"]


async def test_old_ones_are_told_so(channel: Channel) -> None:
    await channel.messages(text("hello", timestamp=str(int(NOW.timestamp()) - 7200)))
    await channel.answered()

    assert channel.rasa.heard == []
    assert "utter_late" in channel.texts("bot")[0]


# Who it is


async def test_the_number_is_proven_by_the_message(channel: Channel) -> None:
    await channel.messages(text("hello"))
    await channel.answered()

    assert [(row["conversation_id"], row["phone"]) for row in channel.desk.rows(store.identities)] == [
        (ADAS, f"+{ADA_NUMBER}")
    ]
    [heard] = channel.rasa.heard
    assert (heard.sender_id, heard.input_channel) == (ADAS, "whatsapp")


async def test_a_given_up_number_proves_nothing_in_the_conversation_of_whoever_had_it(channel: Channel) -> None:
    await channel.messages(text("hello"))
    changed = message("system", {"type": "user_changed_number", "wa_id": "12195555358"}, from_user_id=None)

    await channel.messages(changed, contacts=None)

    assert [row["phone"] for row in channel.desk.rows(store.identities)] == [None]


async def test_whoever_has_the_number_next_is_known_by_it_also_if_the_news_come_again(channel: Channel) -> None:
    changed = message("system", {"type": "user_changed_number"}, from_user_id=None)
    later = {"from": ADA_NUMBER, "from_user_id": "US.2", "timestamp": str(int(NOW.timestamp()) + 5)}
    channel.desk.clock.advance(timedelta(seconds=10))

    for _ in range(2):
        assert await channel.messages(text("I am new here", **later), changed) == 200

    assert [row["phone"] for row in channel.desk.rows(store.identities)] == [f"+{ADA_NUMBER}"]


@pytest.mark.parametrize("told", [{"from_user_id": ADA_ID}, {"from_user_id": None, "contacts": None}])
async def test_another_device_has_to_be_proven_by_a_code_again(channel: Channel, told: dict[str, Any]) -> None:
    await channel.messages(text("hello"))
    await prove(channel.desk, NOW)
    changed = message("system", {"type": "customer_identity_changed"}, from_user_id=told["from_user_id"])

    await channel.messages(changed, **{name: value for name, value in told.items() if name == "contacts"})

    [row] = channel.desk.rows(store.identities)
    assert (row["phone"], row["code_email"]) == (f"+{ADA_NUMBER}", None)


async def test_a_code_typed_on_the_new_device_stands_though_the_news_come_again(channel: Channel) -> None:
    await channel.messages(text("hello"))
    changed = message("system", {"type": "customer_identity_changed"})
    await channel.messages(changed)
    await prove(channel.desk, NOW + timedelta(minutes=1))

    await channel.messages(changed)

    assert channel.desk.rows(store.identities)[0]["code_email"] == "ada@example.com"


async def prove(desk: Bench, at: Any) -> None:
    await desk.middleware.store.write(lambda connection: prove_by_code(connection, ADAS, "ada@example.com", at))


# What was pressed


async def offers(_: Any) -> list[dict[str, Any]]:
    return [{"text": "Shall I?", "buttons": QUESTIONS}]


def pressed(button_id: str, title: str = "Yes") -> dict[str, Any]:
    return message("interactive", {"type": "button_reply", "button_reply": {"id": button_id, "title": title}})


@pytest.mark.parametrize(
    ("place", "title", "heard"),
    [
        (0, "Yes", "/Affirm"),
        (1, "No", "/Deny"),
        (0, "cut o", "/Affirm"),
        (2, "Yes", "/Affirm"),  # nothing stood there, but its title did
        (2, "Perhaps", "Perhaps"),
        (2, "/Deny", "/Deny"),  # it stands on a button, so it may be typed
        (2, "/Send_Money", "Send_Money"),
    ],
)
async def test_a_button_means_what_we_offered_by_it(
    migrated: Path, tmp_path: Path, place: int, title: str, heard: str
) -> None:
    async with serving(migrated, tmp_path, say=offers) as channel:
        await channel.messages(text("hello"))
        await channel.answered()
        question = channel.stored("bot")[-1]["sequence"]

        await channel.messages(pressed(f"{question}.{place}", title))
        await channel.answered()

        assert channel.rasa.texts == ["hello", heard]


async def test_a_button_of_another_conversation_is_its_title_typed(migrated: Path, tmp_path: Path) -> None:
    async with serving(migrated, tmp_path, say=offers) as channel:
        await channel.messages(text("hello"))
        await channel.answered()
        question = channel.stored("bot")[-1]["sequence"]

        strange = pressed(f"{question}.0") | {"from": "12015550120", "from_user_id": "US.2"}
        await channel.messages(strange)
        await channel.answered()

        assert channel.rasa.texts == ["hello", "Yes"]


# What was edited or deleted


async def test_an_edit_before_the_answer_is_all_that_is_heard(unready: Channel) -> None:
    first = text("two jackets", timestamp=str(int(NOW.timestamp()) - 9))
    edit = edited(first["id"], "three jackets")
    await unready.messages(first)
    await unready.messages(edit)
    assert unready.texts() == ["three jackets"]

    unready.server.app.ctx.agent.is_ready = lambda: True
    await unready.answered()
    await unready.messages(edit)
    await unready.answered()

    assert unready.rasa.texts == ["three jackets"]


async def test_an_edit_after_the_answer_is_a_message_of_its_own(channel: Channel) -> None:
    first = text("two jackets", timestamp=str(int(NOW.timestamp()) - 9))
    edit = edited(first["id"], "three jackets")
    for body in (first, edit, edit):
        await channel.messages(body)
        await channel.answered()

    assert channel.rasa.texts == ["two jackets", "three jackets"]


async def test_an_edit_that_comes_before_what_it_edits_stands_for_it(channel: Channel) -> None:
    first = text("two jackets")
    await channel.messages(edited(first["id"], "three jackets"))
    await channel.messages(first)
    await channel.answered()

    assert channel.rasa.texts == ["three jackets"]


async def test_the_newest_of_several_edits_counts_in_whatever_order_they_come(unready: Channel) -> None:
    first, at = text("one", timestamp=str(int(NOW.timestamp()) - 9)), int(NOW.timestamp())
    await unready.messages(first)
    for body, written in (("two", at - 8), ("four", at - 6), ("three", at - 7)):
        await unready.messages(edited(first["id"], body, timestamp=str(written)))

    assert unready.texts() == ["four"]


async def test_what_is_deleted_before_the_answer_is_neither_answered_nor_kept(unready: Channel) -> None:
    first = text("my secret")
    await unready.messages(first, text("hello"))
    await unready.messages(deleted(first["id"]))
    assert unready.texts() == ["(deleted by the customer)", "hello"]

    unready.server.app.ctx.agent.is_ready = lambda: True
    await unready.answered()

    assert unready.rasa.texts == ["hello"]
    assert "secret" not in str(unready.stored())


async def test_what_is_deleted_after_the_answer_is_not_kept_nor_are_its_edits(channel: Channel) -> None:
    first = text("my secret", timestamp=str(int(NOW.timestamp()) - 9))
    for body in (first, edited(first["id"], "another secret"), deleted(first["id"]), edited(first["id"], "secret")):
        await channel.messages(body)
        await channel.answered()

    assert channel.texts() == ["(deleted by the customer)"] * 2
    assert "secret" not in str(channel.stored())


async def test_what_is_deleted_before_it_comes_in_is_never_read(channel: Channel) -> None:
    first = text("my secret")
    await channel.messages(deleted(first["id"]))
    await channel.messages(first)
    await channel.answered()

    assert channel.rasa.heard == []
    assert channel.texts() == ["(deleted by the customer)"]


def edited(original: str, body: str, **more: Any) -> dict[str, Any]:
    said = {"type": "text", "text": {"body": body}}
    return message("edit", {"original_message_id": original, "message": said}, **more)


def deleted(original: str) -> dict[str, Any]:
    return message("revoke", {"original_message_id": original})


# Floods


FEW = settings.Limits(sender="2/minute", address="1000/minute", largest_body=65536)


async def test_a_flood_is_told_so_once_and_then_dropped(
    migrated: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = dropped()
    async with serving(migrated, tmp_path, limits=FEW) as channel:
        for one in range(5):
            assert await channel.messages(text(str(one))) == 200
        await channel.answered()

        assert channel.rasa.texts == ["0", "1"]
        assert channel.texts() == ["0", "1", "2"]
        assert "utter_too_fast on whatsapp" in channel.texts("bot")[-1]
        assert caplog.text.count("of a flood") == 2
        assert dropped() - before == 2

        channel.desk.clock.advance(timedelta(minutes=1))
        await channel.messages(text("slower"))
        await channel.answered()
        assert channel.rasa.texts == ["0", "1", "slower"]


def dropped() -> float:
    """How many messages were dropped so far, as Prometheus reads it."""
    return metrics.registry.get_sample_value("frontdesk_messages_dropped_total", {"channel": "whatsapp"}) or 0.0


async def test_a_message_that_is_brought_again_is_no_flood(migrated: Path, tmp_path: Path) -> None:
    async with serving(migrated, tmp_path, limits=FEW) as channel:
        same = text("hello")
        for _ in range(10):
            await channel.messages(same)
        await channel.messages(text("and"))
        await channel.answered()

        assert channel.rasa.texts == ["hello", "and"]


async def test_an_agent_reads_the_whole_flood(migrated: Path, tmp_path: Path) -> None:
    async with serving(migrated, tmp_path, limits=FEW) as channel:
        await channel.messages(text("a person, please"))
        await channel.answered()
        await hand_over(channel.desk)

        for one in range(5):
            await channel.messages(text(str(one)))
        await channel.answered()

        assert channel.texts() == ["a person, please", "0", "1", "2", "3", "4"]
        assert "too_fast" not in str(channel.texts("bot"))


async def hand_over(desk: Bench) -> None:
    """Has Marco claim Ada's conversation."""
    agent = {"id": MARCO.id, "name": MARCO.name, "is_active": True, "created_at": NOW}
    taken = {"id": "h1", "conversation_id": ADAS, "state": "agent", "reason": "asked", "is_urgent": False}
    about = {"requested_at": NOW, "agent_id": MARCO.id, "claimed_at": NOW, "summary": {}, "understood": []}

    def work(connection: Any) -> None:
        store.insert_once(connection, store.agents, agent)
        store.insert_once(connection, store.handoffs, taken | about)

    await desk.middleware.store.write(work)


# How ours fared


async def test_what_meta_says_of_our_messages_is_noted(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[Status] = []

    async def note(_: Outbox, statuses: list[Status]) -> None:
        noted.extend(statuses)

    monkeypatch.setattr(Outbox, "note", note)
    said = {"id": "wamid.ours", "status": "delivered", "timestamp": str(int(NOW.timestamp()))}

    assert await channel.messages(statuses=[said]) == 200

    assert noted == [Status(external_id="wamid.ours", delivery_id=None, state="delivered", at=NOW)]
