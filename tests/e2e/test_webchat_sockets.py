"""The web chat over real sockets, with a fake Rasa: nothing is lost or doubled, and nobody speaks for another."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio
from msgspec.structs import replace
from rasa.core.channels.channel import UserMessage

from channels import arrivals, webchat_events, webchat_following, webchat_sockets
from middleware import store
from middleware.handoff_records import Agent, Plea, Reason
from middleware.history import BOT
from middleware.identity import Proof
from middleware.sentences import rendered
from tests.fakes.building import ADA_PHONE, NOW, Bench, build
from tests.fakes.webchat import ADDRESS, OWN, SECONDS, Browser, Webchat, serving_webchat, webchat_token

Serve = Callable[..., AbstractAsyncContextManager[Webchat]]
MARCO = Agent(id="marco", name="Marco")
MINUTE = timedelta(minutes=1)
STOP_SECONDS = 12.0  # Sanic itself lets clients have fifteen
TOO_FAST = "<utter_too_fast on webchat for Fernhill Outfitters>"


@pytest.fixture
def desk(migrated: Path, tmp_path: Path) -> Bench:
    return build(migrated, tmp_path, handoff=0.1)


@pytest.fixture
def serve(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> Serve:
    monkeypatch.setattr(arrivals, "LOOK_SECONDS", 0.05)

    def serve(say: Any = None, **changed: Any) -> AbstractAsyncContextManager[Webchat]:
        return serving_webchat(desk, say, **changed)

    return serve


@pytest.fixture
async def webchat(serve: Serve) -> AsyncIterator[Webchat]:
    async with serve() as webchat:
        yield webchat


def customers(webchat: Webchat) -> list[str]:
    """What customers have written, in order."""
    rows = sorted(webchat.desk.rows(store.messages), key=lambda row: (row["conversation_id"], row["sequence"]))
    return [row["payload"]["text"] for row in rows if row["author"] == "customer"]


def conversations(webchat: Webchat) -> set[str]:
    return {row["conversation_id"] for row in webchat.desk.rows(store.messages)}


async def write(webchat: Webchat, conversation: str, *texts: str) -> None:
    """Writes to a customer as another process does, so that nothing rings."""
    messages = webchat.desk.middleware.messages
    for text in texts:
        await messages.say(conversation, text, [{"text": text}])


# A conversation


async def test_a_message_is_acknowledged_once_it_is_stored_and_answered_after(webchat: Webchat) -> None:
    browser = await webchat.opened()

    assert await browser.say("hello", "m1") == {"ok": True}

    await browser.until(lambda: "you said hello" in browser.texts)
    assert [message["sequence"] for message in browser.messages] == [1, 2, 3]
    assert browser.told("customer_uttered")[0]["message_id"] == "m1"
    assert browser.texts[-1] == "you said hello"
    assert [one["author"] for one in browser.told("bot_uttered")] == ["bot", "bot"]


async def test_the_bot_is_seen_to_write_until_its_words_are_there(serve: Serve) -> None:
    # given a bot that needs a while
    goes_on = asyncio.Event()

    async def slow(message: UserMessage) -> list[dict[str, Any]]:
        await goes_on.wait()
        return [{"text": "here"}]

    async with serve(slow) as webchat:
        browser = await webchat.opened()
        await browser.say("hello")
        await browser.until(lambda: browser.told("bot_typing") == [{"on": True}])

        # when it has answered
        goes_on.set()
        await browser.until(lambda: len(browser.told("bot_typing")) == 2)

    # then
    names = [name for name, _ in browser.events]
    first, last = names.index("bot_typing"), len(names) - 1 - names[::-1].index("bot_typing")
    assert browser.told("bot_typing") == [{"on": True}, {"on": False}]
    assert names[first + 1 : last] == ["bot_uttered", "bot_uttered"]


async def test_messages_sent_at_once_are_taken_in_their_order(webchat: Webchat) -> None:
    browser = await webchat.opened()
    said = [str(one) for one in range(20)]

    taken = await asyncio.gather(*(browser.say(one) for one in said))

    assert taken == [{"ok": True}] * 20
    await browser.until(lambda: "you said 19" in browser.texts)
    assert customers(webchat) == said
    assert webchat.rasa.texts == said


async def test_the_history_comes_first_then_its_end_then_whose_it_is(webchat: Webchat) -> None:
    browser = await webchat.opened()
    await browser.say("hello")
    await browser.until(lambda: "you said hello" in browser.texts)
    session_id = browser.told("session_confirm")[0]

    again = await webchat.opened(session_id)

    assert [name for name, _ in again.events] == [
        "session_confirm",
        "customer_uttered",
        "bot_uttered",
        "bot_uttered",
        "history_end",
        "standing",
    ]
    assert again.told("history_end") == [{"sequence": 3}]
    assert again.told("standing") == [{"owner": "bot"}]
    assert again.told("session_confirm") == [session_id]


async def test_who_comes_back_is_given_what_they_missed_and_nothing_twice(webchat: Webchat) -> None:
    # given a browser that is cut off
    browser = await webchat.opened()
    session_id = browser.told("session_confirm")[0]
    await browser.say("hello")
    await browser.until(lambda: "you said hello" in browser.texts)
    await browser.close()
    [conversation] = conversations(webchat)
    await write(webchat, conversation, "one", "two")

    # when it comes back
    again = await webchat.opened(session_id, after=3)
    await write(webchat, conversation, "three")

    # then
    await again.until(lambda: "three" in again.texts)
    assert again.texts == ["one", "two", "three"]


async def test_a_message_sent_again_is_the_same_message(webchat: Webchat) -> None:
    browser = await webchat.opened()
    session_id = browser.told("session_confirm")[0]

    for _ in range(3):
        assert await browser.say("hello", "m1") == {"ok": True}
    again = await webchat.opened(session_id, after=0)
    assert await again.say("hello", "m1") == {"ok": True}

    await again.until(lambda: "you said hello" in again.texts)
    assert customers(webchat) == ["hello"]
    assert webchat.rasa.texts == ["hello"]


async def test_all_tabs_see_all_of_it(webchat: Webchat) -> None:
    one = await webchat.opened()
    two = await webchat.opened(one.told("session_confirm")[0])
    three = await webchat.opened(one.told("session_confirm")[0])

    await one.say("from one")
    await two.say("from two")

    for tab in (one, two, three):
        await tab.until(lambda tab=tab: "you said from two" in tab.texts)
    assert one.messages == two.messages == three.messages


async def test_of_a_long_history_the_end_is_given(webchat: Webchat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webchat_following, "LONGEST_HISTORY", 150)
    browser = await webchat.opened()
    await browser.say("hello")
    await browser.until(lambda: "you said hello" in browser.texts)
    [conversation] = conversations(webchat)
    await write(webchat, conversation, *(str(one) for one in range(200)))

    again = await webchat.opened(browser.told("session_confirm")[0])

    assert again.texts == [str(one) for one in range(50, 200)]
    assert again.told("history_end") == [{"sequence": 203}]


async def test_a_place_that_was_never_reached_is_no_place(webchat: Webchat) -> None:
    browser = await webchat.opened()
    await browser.say("hello")
    await browser.until(lambda: "you said hello" in browser.texts)

    for nonsense in (10_000, -5, 2**70):
        again = await webchat.opened(browser.told("session_confirm")[0], after=nonsense)
        assert [one["sequence"] for one in again.messages] == [1, 2, 3]


async def test_a_button_is_what_stands_on_it(serve: Serve) -> None:
    async def offer(message: UserMessage) -> list[dict[str, Any]]:
        return [{"text": "Shall I?", "buttons": [{"title": "Yes, please", "payload": "/Affirm"}]}]

    async with serve(offer) as webchat:
        browser = await webchat.opened()
        await browser.say("hold it")
        await browser.until(lambda: "Shall I?" in browser.texts)
        offered = browser.messages[-1]
        assert offered["buttons"] == [{"title": "Yes, please", "payload": "/Affirm"}]
        assert offered["quick_replies"] == [{"content_type": "text", "title": "Yes, please", "payload": "/Affirm"}]

        # when it is pressed, and when somebody types what none was offered with
        await browser.say("/Affirm")
        await browser.say('/Deny{"who": "ada"}')
        await browser.until(lambda: len(webchat.rasa.heard) == 3)

        # then the bot hears the payload that was offered, and people read what stood on the button
        assert webchat.rasa.texts == ["hold it", "/Affirm", 'Deny{"who": "ada"}']
        await browser.until(lambda: len(browser.told("customer_uttered")) == 3)
        told = [one["text"] for one in browser.told("customer_uttered")]
        assert told == ["hold it", "Yes, please", 'Deny{"who": "ada"}']


async def test_a_document_is_a_link_that_is_made_anew_each_time(webchat: Webchat) -> None:
    # given an agent's document in a conversation
    browser = await webchat.opened()
    await browser.say("hello")
    await browser.until(lambda: "you said hello" in browser.texts)
    [conversation] = conversations(webchat)
    desk = webchat.desk.middleware
    who = await desk.identity.standing(conversation, "test")
    document = await desk.documents.keep(who, "invoice", "INV-1", "INV 1.pdf", b"%PDF-1.4")
    attachment = {"id": document.id, "name": document.name}
    await desk.messages.say(conversation, "w", [{"text": "Here.", "attachment": attachment}])

    # when it is told now, and a quarter of an hour later
    await browser.until(lambda: "Here." in browser.texts)
    webchat.desk.clock.advance(16 * MINUTE)
    await browser.begin(browser.told("session_confirm")[0], after=3)
    await browser.until(lambda: browser.texts.count("Here.") == 2)

    # then
    first, second = [one for one in browser.told("bot_uttered") if "attachment" in one]
    assert first["attachment"].startswith(f"{OWN}{ADDRESS}/documents/")
    assert first["attachment_name"] == second["attachment_name"] == "INV 1.pdf"
    assert first["attachment"] != second["attachment"]

    # and a tab shows it
    async with webchat.http.get(second["attachment"].removeprefix(OWN)) as answer:
        assert (answer.status, answer.content_type) == (200, "application/pdf")
        assert answer.headers["Content-Disposition"].startswith("inline; ")


async def test_a_turn_that_was_lost_is_answered_all_the_same(serve: Serve) -> None:
    fails = [RuntimeError("Rasa fell over")]

    async def once(message: UserMessage) -> list[dict[str, Any]]:
        if fails:
            raise fails.pop()
        return [{"text": "here"}]

    async with serve(once) as webchat:
        browser = await webchat.opened()
        await browser.say("hello")
        await browser.until(lambda: len(browser.messages) == 3)
        assert browser.texts[-1] == "<utter_unavailable on webchat for Fernhill Outfitters>"


# With an agent


async def claimed(webchat: Webchat, conversation: str) -> str:
    """Has Marco claim a conversation; gives the hand-over's id."""
    desk = webchat.desk.middleware
    await desk.messages.open_turn(conversation, "webchat", "a person, please", None, Proof())
    row = max(webchat.desk.rows(store.messages), key=lambda one: one["sequence"])
    who = await desk.identity.who(conversation, row["id"])
    standing = await desk.handoffs.request(who, Plea(reason=Reason.ASKED))
    agent = {"id": MARCO.id, "name": MARCO.name, "is_active": True, "created_at": NOW}
    await desk.store.write(lambda connection: store.insert_once(connection, store.agents, agent))
    webchat.desk.edit(store.messages, state="answered")
    told = {"text": "I've asked somebody to join us."}  # as every change of owner is told of in a message
    await desk.store.write(lambda connection: desk.messages.write(connection, conversation, BOT, told))
    return standing.handoff.id


async def test_an_agent_takes_over_and_gives_back(webchat: Webchat) -> None:
    # given a conversation that waits for a person
    browser = await webchat.opened()
    await browser.say("hello")
    await browser.until(lambda: "you said hello" in browser.texts)
    [conversation] = conversations(webchat)
    handoff = await claimed(webchat, conversation)
    line = webchat.desk.middleware.desk_line
    await browser.until(lambda: {"owner": "waiting"} in browser.told("standing"))

    # when an agent claims it, writes, and hears the customer
    await line.claim(handoff, MARCO)
    await browser.until(lambda: {"owner": "agent", "agent": "Marco"} in browser.told("standing"))
    await line.write(handoff, MARCO, "Marco here.", "w1")
    await browser.until(lambda: "Marco here." in browser.texts)
    assert await browser.say("are you a person?") == {"ok": True}
    await browser.until(lambda: "are you a person?" in browser.texts)

    # then both see the same, and the bot is silent
    written = next(one for one in browser.messages if one["text"] == "Marco here.")
    assert (written["author"], written["agent"]) == ("agent", "Marco")
    assert webchat.rasa.texts == ["hello"]
    transcript = await webchat.desk.middleware.history.transcript(conversation)
    assert [one.sequence for one in transcript] == [one["sequence"] for one in browser.messages]

    # when the agent closes it
    await line.close(handoff, MARCO, "done")
    await browser.until(lambda: browser.told("standing")[-1] == {"owner": "bot"})
    tab = await webchat.opened(browser.told("session_confirm")[0])
    assert tab.told("standing") == [{"owner": "bot"}]


# Who is who


async def test_a_session_id_of_ones_own_making_is_not_taken_over(webchat: Webchat) -> None:
    ada = await webchat.opened()
    await ada.say("my secret")
    await ada.until(lambda: "my secret" in ada.texts)
    name, moment, signature = ada.told("session_confirm")[0].split(".")

    for forged in ("eve", name, f"{name}.{moment}", f"{name}.{moment}.{signature[::-1]}", conversations(webchat).pop()):
        eve = await webchat.opened(forged)
        assert eve.told("session_confirm") != [forged]
        assert eve.messages == []


async def test_a_session_that_has_ended_begins_anew(webchat: Webchat) -> None:
    browser = await webchat.opened()
    session_id = browser.told("session_confirm")[0]
    await browser.say("hello")
    await browser.until(lambda: "you said hello" in browser.texts)

    webchat.desk.clock.advance(timedelta(days=31))
    again = await webchat.opened(session_id)

    assert again.told("session_confirm") != [session_id]
    assert again.messages == []


async def test_a_token_is_whose_it_says(webchat: Webchat) -> None:
    ada = await webchat.opened(token=webchat_token("ada", phone=ADA_PHONE))
    await ada.say("hello")
    await ada.until(lambda: "you said hello" in ada.texts)

    assert conversations(webchat) == {"webchat:u:ada"}
    assert [row["phone"] for row in webchat.desk.rows(store.identities)] == [ADA_PHONE]
    again = await webchat.opened(token=webchat_token("ada", phone=ADA_PHONE))
    assert again.messages == ada.messages


async def refused(browser: Browser, token: Any) -> str:
    await browser.client.emit("session_request", {"token": token, "after": 0})
    before = len(browser.told("session_refused"))
    await browser.until(lambda: len(browser.told("session_refused")) > before)
    return str(browser.told("session_refused")[-1]["error"])


def _said(response: str) -> str:
    return str(rendered(response, "webchat", {})["text"])


async def test_a_bad_token_opens_nothing_and_neither_does_what_is_said_after(webchat: Webchat) -> None:
    browser = webchat.browser()
    await browser.connect()
    eve = webchat_token("ada", aud="elsewhere")

    assert await refused(browser, webchat_token("ada", exp=int(time.time()) - 1)) == "the token has expired"
    assert await refused(browser, eve) == "the token is for another audience"
    for nonsense in ("", "e30.e30.e30", 7, {}, "x" * 10_000, "é"):
        assert await refused(browser, nonsense) == "the token is not valid"

    said = await browser.say("hello")
    assert (said["ok"], said["retry"], said["error"]) == (False, False, _said(webchat_events.ENDED))
    assert webchat.desk.rows(store.messages) == []
    assert browser.told("session_confirm") == []


async def test_a_token_that_ends_ends_the_session_until_there_is_a_fresh_one(webchat: Webchat) -> None:
    # given a session whose token ends
    ends = int(time.time()) + 3600
    token = webchat_token("ada", exp=ends)
    webchat.desk.clock.advance(timedelta(seconds=ends - 1800 - webchat.desk.clock().timestamp()))
    browser = await webchat.opened(token=token)
    assert await browser.say("hello") == {"ok": True}
    await browser.until(lambda: "you said hello" in browser.texts)

    # when it has ended, a moment after it was shown again
    webchat.desk.clock.advance(timedelta(seconds=1800 - 0.3))
    await browser.begin(token=token, after=browser.messages[-1]["sequence"])
    await browser.until(lambda: browser.told("session_refused"))
    webchat.desk.clock.advance(timedelta(seconds=1))

    # then nothing is taken or told any more
    said = await browser.say("and now?", "m2")
    assert (said["ok"], said["retry"]) == (False, False)
    await write(webchat, "webchat:u:ada", "not for you any more")
    assert customers(webchat) == ["hello"]

    # when there is a fresh token, on the same socket
    await browser.begin(token=webchat_token("ada", exp=ends + 3600), after=browser.messages[-1]["sequence"])
    assert await browser.say("and now?", "m2") == {"ok": True}
    await browser.until(lambda: "you said and now?" in browser.texts)
    assert browser.texts[-3:] == ["not for you any more", "and now?", "you said and now?"]


async def test_whoever_becomes_another_hears_nothing_of_the_first_any_more(webchat: Webchat) -> None:
    browser = await webchat.opened(token=webchat_token("ada"))
    await browser.begin(token=webchat_token("bob"))

    await write_first(webchat, "webchat:u:ada")
    await write(webchat, "webchat:u:ada", "for ada")
    await browser.say("I am Bob")
    await browser.until(lambda: "you said I am Bob" in browser.texts)

    assert "for ada" not in browser.texts
    assert "webchat:u:bob" in conversations(webchat)


async def write_first(webchat: Webchat, conversation: str) -> None:
    await webchat.desk.middleware.messages.open_turn(conversation, "webchat", "x", None, Proof())


# Where it comes from, and how much


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://chat.fernhill.example", None])
@pytest.mark.parametrize("way", ["websocket", "polling"])
async def test_other_sites_reach_nothing(webchat: Webchat, origin: str | None, way: str) -> None:
    browser = webchat.browser(origin=origin, transports=(way,))

    with pytest.raises(socketio.exceptions.ConnectionError):
        await browser.connect()


@pytest.mark.parametrize("way", ["websocket", "polling"])
async def test_a_listed_site_reaches_it(serve: Serve, desk: Bench, way: str) -> None:
    rules = replace(desk.middleware.settings.webchat, origins=("https://shop.example.com",))
    async with serve(webchat=rules) as webchat:
        browser = webchat.browser(origin="https://shop.example.com", transports=(way,))
        await browser.begin()
        assert await browser.say("hello") == {"ok": True}
        await browser.until(lambda: "you said hello" in browser.texts)


async def test_reading_from_our_own_site_needs_no_origin(webchat: Webchat) -> None:
    address, told = f"{ADDRESS}/socket.io/?EIO=4&transport=polling", {"Sec-Fetch-Site": "same-origin"}

    async with webchat.http.get(address, headers=told) as answer:
        assert answer.status == 200
    for other in ("cross-site", "same-site", "none"):
        async with webchat.http.get(address, headers={"Sec-Fetch-Site": other}) as answer:
            assert answer.status == 403
    async with webchat.http.post(address, headers=told) as answer:
        assert answer.status == 403


async def test_sites_read_no_answers_that_arent_listed(webchat: Webchat) -> None:
    address = f"{ADDRESS}/socket.io/?EIO=4&transport=polling"

    async with webchat.http.get(address, headers={"Origin": OWN}) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == OWN
        assert "Access-Control-Allow-Credentials" not in answer.headers
    async with webchat.http.get(f"{address}&j=0", headers={"Origin": OWN}) as answer:
        assert answer.status == 400


async def test_a_flood_hears_one_sentence_and_what_is_left_is_sent_later(serve: Serve) -> None:
    async with serve(limits={"sender": "3/minute"}) as webchat:
        browser = await webchat.opened()
        for one in range(3):
            assert await browser.say(str(one)) == {"ok": True}

        first, *further = [await browser.say("more", f"m{one}") for one in range(3)]

        assert first == {"ok": False, "error": TOO_FAST, "retry": False}
        assert further == [{"ok": False, "error": _said(webchat_events.LATER), "retry": True}] * 2
        assert customers(webchat) == ["0", "1", "2"]
        webchat.desk.clock.advance(MINUTE)
        assert await browser.say("more", "m1") == {"ok": True}


async def test_messages_that_cannot_be_taken(webchat: Webchat) -> None:
    browser = await webchat.opened()
    longest = webchat.desk.middleware.settings.rest.longest_message

    for text in ("", "  ", "\0", None, 7, ["a"], {"a": 1}, "x" * (longest + 1)):
        said = await browser.say(text)
        assert (said["ok"], said["retry"]) == (False, False), text
    for message_id in ("x" * 129, "a\nb", 7.5, ["a"]):
        said = await browser.say("hello", message_id)
        assert (said["ok"], said["retry"]) == (False, False), message_id
    for nonsense in (None, "hello", 7, [], {}):
        assert (await browser.call(nonsense))["ok"] is False

    assert webchat.desk.rows(store.messages) == []
    assert await browser.say("ä\0\ud800" + "x" * (longest - 3)) == {"ok": True}
    assert customers(webchat) == ["ä?" + "x" * (longest - 3)]


async def test_while_the_store_is_away_nothing_is_acknowledged(webchat: Webchat) -> None:
    browser = await webchat.opened()
    webchat.desk.lose(store.messages)

    said = await browser.say("hello")

    assert (said["ok"], said["retry"]) == (False, True)


async def test_without_a_model_messages_wait_at_their_sender(webchat: Webchat) -> None:
    browser = await webchat.opened()
    app = webchat.channel._app
    assert app is not None
    app.ctx.agent = None

    said = await browser.say("hello")

    assert (said["ok"], said["retry"]) == (False, True)
    assert webchat.desk.rows(store.messages) == []


async def raw_socket(webchat: Webchat) -> aiohttp.ClientWebSocketResponse:
    """A websocket that has introduced itself, for what no client library sends."""
    address = f"{ADDRESS}/socket.io/?EIO=4&transport=websocket"
    socket = await webchat.http.ws_connect(address, headers={"Origin": OWN})
    await socket.receive()
    await socket.send_str("40")
    await socket.receive()
    return socket


async def is_closed(socket: aiohttp.ClientWebSocketResponse) -> bool:
    """Reads what there is until it is closed by the other side."""

    async def read() -> bool:
        while True:
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT or message.data == "1":
                return True

    return await asyncio.wait_for(read(), SECONDS)


@pytest.mark.parametrize(
    "packet",
    [
        '451000000000-["user_uttered",{"_placeholder":true,"num":0}]',
        "42" + "[" * 50_000,
        "42{",
        '42["connect"',
        "49",
        "44",
        "4",
        "4" + "2" * 5000,
        '42["user_uttered",' + json.dumps({"message": "x" * 100_000}) + "]",
    ],
)
async def test_who_sends_nonsense_is_put_out(webchat: Webchat, packet: str) -> None:
    socket = await raw_socket(webchat)

    await socket.send_str(packet)

    assert await is_closed(socket)
    browser = await webchat.opened()
    assert await browser.say("hello") == {"ok": True}


async def test_who_sends_without_end_is_put_out(webchat: Webchat) -> None:
    socket = await raw_socket(webchat)

    for _ in range(webchat_sockets.MOST_PACKETS + 1):
        await socket.send_str('42["unheard_of"]')

    assert await is_closed(socket)


async def test_large_requests_are_not_read(webchat: Webchat) -> None:
    address = f"{ADDRESS}/socket.io/?EIO=4&transport=polling"
    async with webchat.http.get(address, headers={"Origin": OWN}) as answer:
        sid = json.loads((await answer.text())[1:])["sid"]

    async with webchat.http.post(f"{address}&sid={sid}", data=b"x" * 100_000, headers={"Origin": OWN}) as answer:
        assert answer.status == 413


async def test_who_says_nothing_is_put_out(webchat: Webchat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webchat_sockets, "IDLE_SECONDS", 1.0)
    browser = await webchat.opened()
    socket = await raw_socket(webchat)  # which is put out after the browser would have been

    assert await is_closed(socket)
    assert await browser.say("hello") == {"ok": True}


async def test_so_many_sockets_and_no_more_come_from_an_address(
    webchat: Webchat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webchat_sockets, "MOST_OF_ADDRESS", 3)
    browsers = [await webchat.opened() for _ in range(3)]

    with pytest.raises(socketio.exceptions.ConnectionError):
        await webchat.opened()

    await browsers[0].close()
    while len(webchat.channel._sockets._open) > 2:
        await asyncio.sleep(0.01)
    await webchat.opened()


async def test_of_too_many_tabs_the_oldest_is_closed(webchat: Webchat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webchat_events, "MOST_OF_CONVERSATION", 3)
    first = await webchat.opened()
    session_id = first.told("session_confirm")[0]
    others = [await webchat.opened(session_id) for _ in range(2)]

    newest = await webchat.opened(session_id)

    await first.until(lambda: ("disconnect", None) in first.events)
    assert all(one.client.connected for one in (*others, newest))


async def test_connections_cannot_be_tried_without_bound(serve: Serve) -> None:
    async with serve(limits={"address": "4/minute"}) as webchat:
        await webchat.opened()  # which counts twice: the socket and the session
        await webchat.opened()

        with pytest.raises(socketio.exceptions.ConnectionError):
            await webchat.opened()


# Others' clients


async def test_rasas_own_clients_are_served(webchat: Webchat) -> None:
    # given one that asks for a session as Rasa's own do
    browser = webchat.browser()
    await browser.connect()
    await browser.client.emit("session_request", {"session_id": None})
    await browser.until(lambda: browser.told("session_confirm"))
    session_id = browser.told("session_confirm")[0]

    # when it speaks, without an id, and does not wait for an acknowledgement
    await browser.client.emit("user_uttered", {"message": "hello", "session_id": session_id, "customData": {}})

    # then it is answered; and one that comes back is told no history that it doesn't ask for
    await browser.until(lambda: "you said hello" in browser.texts)
    again = webchat.browser()
    await again.connect()
    await again.client.emit("session_request", {"session_id": session_id})
    await again.until(lambda: "history_end" in [name for name, _ in again.events])
    assert again.messages == []


async def test_who_speaks_without_a_session_is_given_one(webchat: Webchat) -> None:
    browser = webchat.browser()
    await browser.connect()

    await browser.client.emit("user_uttered", {"message": "hello", "session_id": "made-up"})

    await browser.until(lambda: "you said hello" in browser.texts)
    assert browser.told("session_confirm") != ["made-up"]


async def test_who_takes_no_acknowledgement_hears_of_a_flood_in_words(serve: Serve) -> None:
    async with serve(limits={"sender": "1/minute"}) as webchat:
        browser = await webchat.opened()

        for _ in range(4):
            await browser.client.emit("user_uttered", {"message": "hello"})

        await browser.until(lambda: TOO_FAST in browser.texts)
        await asyncio.sleep(0.05)
        assert browser.texts.count(TOO_FAST) == 1


# The end


async def test_the_server_stops_and_lets_its_clients_go(serve: Serve) -> None:
    async with serve() as webchat:
        browser = await webchat.opened()
        poll = webchat.browser(transports=("polling",))
        await poll.connect(**{"Sec-Fetch-Site": "same-origin"})
        await poll.begin()
        webchat._browsers.clear()
        begun = time.monotonic()

    await browser.until(lambda: ("disconnect", None) in browser.events)
    assert time.monotonic() - begun < STOP_SECONDS
    await poll.close()


async def test_the_server_stops_though_a_client_does_not_hear_it(serve: Serve) -> None:
    async with serve() as webchat:
        socket = await raw_socket(webchat)  # which nobody reads from here on
        begun = time.monotonic()

    assert time.monotonic() - begun < STOP_SECONDS
    assert await is_closed(socket)
