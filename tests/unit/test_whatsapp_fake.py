"""The stand-in of Meta's side takes what Meta takes, refuses what Meta refuses, and speaks as Meta does."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from channels.whatsapp_client import Recipient, WhatsAppClient
from channels.whatsapp_errors import Failure, NotNow, Refused
from middleware.errors import FrontdeskError
from tests.fakes.whatsapp import Person, WhatsApp, check
from tests.recorded import recorded

# Meta's published examples that Meta itself would refuse, and why.
IMPOSSIBLE = {
    "Send Multi-Product Message": "a placeholder stands for the type of the header, which is one of a few words",
    "Send Reply to List Message": "it has no type, so that it would be a text, without a text",
    "Send Sample Issue Resolution Template": "its quick replies have true and false in the place of payloads",
}


def test_metas_own_examples_pass_the_check() -> None:
    examples = recorded("whatsapp/meta/examples_send_messages.json")

    refused = {name: check(example) for name, example in examples.items() if check(example)}

    assert set(refused) == set(IMPOSSIBLE if examples else ())


BUTTONS: dict[str, Any] = {
    "messaging_product": "whatsapp",
    "to": "15551230001",
    "type": "interactive",
    "interactive": {
        "type": "button",
        "body": {"text": "Well?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": f"1.{n}", "title": f"No {n}"}} for n in range(3)]},
    },
}
LIST: dict[str, Any] = BUTTONS | {
    "interactive": {
        "type": "list",
        "body": {"text": "Well?"},
        "action": {"button": "Choose", "sections": [{"rows": [{"id": f"{n}", "title": f"No {n}"} for n in range(10)]}]},
    }
}
TEXT: dict[str, Any] = BUTTONS | {"type": "text", "text": {"body": "Hi"}}
del TEXT["interactive"]
DOCUMENT: dict[str, Any] = {
    **{name: value for name, value in TEXT.items() if name != "text"},
    "type": "document",
    "document": {"id": "77", "filename": "a.pdf", "caption": "Here"},
}

FOURTH = {"type": "reply", "reply": {"id": "4", "title": "4"}}

Spoil = Callable[[dict[str, Any]], Any]


def row(payload: dict[str, Any], number: int = 0) -> dict[str, Any]:
    rows: list[dict[str, Any]] = payload["interactive"]["action"]["sections"][0]["rows"]
    return rows[number]


def button(payload: dict[str, Any], number: int = 0) -> dict[str, Any]:
    reply: dict[str, Any] = payload["interactive"]["action"]["buttons"][number]["reply"]
    return reply


@pytest.mark.parametrize("good", [TEXT, BUTTONS, LIST, DOCUMENT])
def test_good_messages_pass_the_check(good: dict[str, Any]) -> None:
    assert check(good) == []


@pytest.mark.parametrize(
    ("good", "spoil"),
    [
        (TEXT, lambda p: p.pop("messaging_product")),
        (TEXT, lambda p: p.pop("to")),
        (TEXT, lambda p: p.update(to="nobody")),
        (TEXT, lambda p: p.update(recipient="15551230001")),
        (TEXT, lambda p: p.update(recipient_type="group")),
        (TEXT, lambda p: p.update(type="poll")),
        (TEXT, lambda p: p.update(upload={"id": "1"})),
        (TEXT, lambda p: p.update(biz_opaque_callback_data="x" * 513)),
        (TEXT, lambda p: p["text"].update(body="")),
        (TEXT, lambda p: p["text"].update(body=" \n")),
        (TEXT, lambda p: p["text"].update(body="x" * 4097)),
        (TEXT, lambda p: p["text"].update(body="👍" * 2049)),
        (TEXT, lambda p: p["text"].update(body="\ud83d")),
        (TEXT, lambda p: p["text"].update(preview="yes")),
        (TEXT, lambda p: p.pop("text")),
        (BUTTONS, lambda p: p["interactive"]["action"]["buttons"].append(FOURTH)),
        (BUTTONS, lambda p: p["interactive"]["action"]["buttons"].clear()),
        (BUTTONS, lambda p: p["interactive"]["body"].update(text="x" * 1025)),
        (BUTTONS, lambda p: p["interactive"].pop("body")),
        (BUTTONS, lambda p: p["interactive"].update(header={"type": "text", "text": "x" * 61})),
        (BUTTONS, lambda p: p["interactive"].update(footer={"text": "x" * 61})),
        (BUTTONS, lambda p: button(p).update(title="x" * 21)),
        (BUTTONS, lambda p: button(p).update(title="No 1")),
        (BUTTONS, lambda p: button(p).update(title="")),
        (BUTTONS, lambda p: button(p).update(title="two\nlines")),
        (BUTTONS, lambda p: button(p).update(id="x" * 257)),
        (BUTTONS, lambda p: button(p).update(id="1.1")),
        (LIST, lambda p: p["interactive"]["action"]["sections"][0]["rows"].append({"id": "10", "title": "10"})),
        (LIST, lambda p: p["interactive"]["action"]["sections"].append({"rows": [{"id": "x", "title": "x"}]})),
        (LIST, lambda p: p["interactive"]["action"].update(button="x" * 21)),
        (LIST, lambda p: p["interactive"]["action"].pop("button")),
        (LIST, lambda p: p["interactive"]["action"]["sections"].append({"title": "x", "rows": []})),
        (LIST, lambda p: row(p).update(title="x" * 25)),
        (LIST, lambda p: row(p).update(title="No 1")),
        (LIST, lambda p: row(p).update(id="x" * 201)),
        (LIST, lambda p: row(p).update(description="x" * 73)),
        (LIST, lambda p: row(p).update(payload="/Affirm")),
        (DOCUMENT, lambda p: p["document"].update(caption="x" * 1025)),
        (DOCUMENT, lambda p: p["document"].update(link="https://shop.example/a.pdf")),
        (DOCUMENT, lambda p: p["document"].pop("id")),
        (DOCUMENT, lambda p: p["document"].update(name="a.pdf")),
    ],
)  # fmt: skip
def test_what_breaks_a_limit_is_found(good: dict[str, Any], spoil: Spoil) -> None:
    spoilt = copy.deepcopy(good)
    spoil(spoilt)

    assert check(spoilt) != []


@pytest.mark.parametrize("payload", [None, [], "text", {}, {"status": "read"}, {"status": "seen", "message_id": "w"}])
def test_what_is_no_message_is_found(payload: Any) -> None:
    assert check(payload) != []


class Ours:
    """A server of ours that takes webhooks, as far as these tests need one."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        self.statuses: list[int] = []
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ours.got.append((body, self.headers["X-Hub-Signature-256"]))
                self.send_response(ours.statuses.pop(0) if ours.statuses else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/webhook"

    @property
    def values(self) -> list[dict[str, Any]]:
        return [json.loads(body)["entry"][0]["changes"][0]["value"] for body, _ in self.got]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [value["messages"][0] for value in self.values]


@pytest.fixture
def ours() -> Iterator[Ours]:
    ours = Ours()
    yield ours
    ours.server.shutdown()
    ours.server.server_close()


@pytest.fixture
def meta(ours: Ours) -> Iterator[WhatsApp]:
    with WhatsApp() as meta:
        meta.webhook = ours.address
        yield meta


@pytest.fixture
def sarah(meta: WhatsApp) -> Person:
    return meta.person("Sarah", phone="15551230001")


async def refusal(meta: WhatsApp, recipient: Recipient, **payload: Any) -> Failure:
    """Why a message isn't taken."""
    client = WhatsAppClient(meta.account)
    try:
        with pytest.raises(FrontdeskError) as raised:
            await client.send(recipient, payload, "d")
    finally:
        await client.close()
    assert isinstance(raised.value, Refused | NotNow)
    return raised.value.failure


async def send(meta: WhatsApp, recipient: Recipient, *, delivery: str = "d", **payload: Any) -> str:
    client = WhatsAppClient(meta.account)
    try:
        return await client.send(recipient, payload or {"type": "text", "text": {"body": "Hi"}}, delivery)
    finally:
        await client.close()


HI = {"type": "text", "text": {"body": "Hi"}}
TEMPLATE = {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}


async def test_free_words_are_taken_within_24_hours_of_the_customers_last(ours: Ours) -> None:
    now = [1_700_000_000.0]
    with WhatsApp(clock=lambda: now[0]) as meta:
        meta.webhook, sarah = ours.address, meta.person("Sarah")
        to = Recipient(phone=sarah.phone)
        assert await refusal(meta, to, **HI) is Failure.WINDOW
        meta.write(sarah, "Hello?")
        await send(meta, to)
        now[0] += 24 * 3600 + 1
        assert await refusal(meta, to, **HI) is Failure.WINDOW
        await send(meta, to, **TEMPLATE)

        assert [one.payload["type"] for one in meta.sent_to(sarah)] == ["text", "template"]
        assert [one.code for one in meta.refused] == [131047, 131047]


async def test_templates_tokens_and_people_that_meta_doesnt_know_are_refused(meta: WhatsApp, sarah: Person) -> None:
    meta.opens_window(sarah)
    unknown = {"type": "template", "template": {"name": "reply_waiting", "language": {"code": "en_US"}}}
    assert await refusal(meta, Recipient(phone=sarah.phone), **unknown) is Failure.WRONG
    assert await refusal(meta, Recipient(phone="15559999999"), **HI) is Failure.UNDELIVERABLE
    meta.only_by_phone.add("hello_world")
    assert await refusal(meta, Recipient(user_id=sarah.user_id), **TEMPLATE) is Failure.UNDELIVERABLE
    document = {"type": "document", "document": {"id": "77"}}
    assert await refusal(meta, Recipient(phone=sarah.phone), **document) is Failure.MEDIA
    meta.token = "another"
    account = meta.account
    meta.token = "withdrawn"
    client = WhatsAppClient(account)
    with pytest.raises(NotNow) as raised:
        await client.send(Recipient(phone=sarah.phone), HI, "d")
    await client.close()

    assert raised.value.failure is Failure.ACCESS
    assert [one.code for one in meta.refused] == [132001, 131026, 131062, 131053, 190]
    assert meta.sent == []


async def test_too_many_messages_are_refused_to_one_customer_and_to_all() -> None:
    now = [1_700_000_000.0]
    with WhatsApp(clock=lambda: now[0], per_second=47) as meta:
        sarah, ben = meta.person("Sarah"), meta.person("Ben")
        meta.opens_window(sarah)
        meta.opens_window(ben)
        for _ in range(45):
            await send(meta, Recipient(phone=sarah.phone))
        assert await refusal(meta, Recipient(phone=sarah.phone), **HI) is Failure.PAIR_RATE
        for _ in range(2):
            await send(meta, Recipient(phone=ben.phone))
        assert await refusal(meta, Recipient(phone=ben.phone), **HI) is Failure.THROTTLED
        now[0] += 6
        await send(meta, Recipient(phone=sarah.phone))
        assert await refusal(meta, Recipient(phone=sarah.phone), **HI) is Failure.PAIR_RATE

        assert [one.code for one in meta.refused] == [131056, 130429, 131056]


async def test_a_message_that_fails_later_is_told_by_a_status(meta: WhatsApp, sarah: Person, ours: Ours) -> None:
    meta.opens_window(sarah)
    meta.fail_later(131026)
    meta.tells = ("sent", "delivered")
    first = await send(meta, Recipient(phone=sarah.phone), delivery="d-1")
    meta.wait(lambda: ours.got)
    second = await send(meta, Recipient(phone=sarah.phone), delivery="d-2")
    meta.wait(lambda: len(ours.got) == 3)

    told = [value["statuses"][0] for value in ours.values]
    assert [(one["id"], one["status"], one["biz_opaque_callback_data"]) for one in told] == [
        (first, "failed", "d-1"),
        (second, "sent", "d-2"),
        (second, "delivered", "d-2"),
    ]
    assert told[0]["errors"][0]["code"] == 131026


def test_webhooks_are_signed_and_repeated_until_they_are_acknowledged(
    meta: WhatsApp, sarah: Person, ours: Ours
) -> None:
    ours.statuses = [503, 500]

    written = meta.write(sarah, "Where is my order?", patience=5.0)

    assert len(ours.got) == 3 and len(meta.delivered) == 1
    body, signature = ours.got[-1]
    assert signature == "sha256=" + hmac.new(meta.app_secret.encode(), body, hashlib.sha256).hexdigest()
    [contact], [message] = ours.values[-1]["contacts"], ours.values[-1]["messages"]
    assert contact == {"profile": {"name": "Sarah"}, "user_id": sarah.user_id, "wa_id": sarah.phone}
    assert (message["id"], message["text"], message["from"]) == (written, {"body": "Where is my order?"}, sarah.phone)


def test_who_hides_their_number_is_known_by_their_scoped_id_alone(meta: WhatsApp, ours: Ours) -> None:
    nora = meta.person("Nora", hides_phone=True)

    meta.write(nora, "Hi")

    assert nora.phone not in ours.got[0][0].decode()
    assert ours.messages[0]["from_user_id"] == nora.user_id


async def test_what_was_sent_last_is_pressed_by_its_title(meta: WhatsApp, sarah: Person, ours: Ours) -> None:
    meta.opens_window(sarah)
    for good in (BUTTONS, LIST):
        payload = {name: good[name] for name in ("type", "interactive")}
        last = await send(meta, Recipient(phone=sarah.phone), **payload)
    meta.press(sarah, "No 2")
    meta.press(sarah, "No 9")

    assert [message["interactive"] for message in ours.messages] == [
        {"type": "list_reply", "list_reply": {"id": "2", "title": "No 2"}},
        {"type": "list_reply", "list_reply": {"id": "9", "title": "No 9"}},
    ]
    assert ours.messages[0]["context"]["id"] == last
    with pytest.raises(AssertionError, match="No 2"):
        meta.press(sarah, "Maybe")


async def test_pictures_of_customers_can_be_fetched(meta: WhatsApp, sarah: Person, ours: Ours) -> None:
    meta.send_media(sarah, "image", b"\xff\xd8\xff", "image/jpeg", caption="This one")
    meta.send_media(sarah, "voice", b"OggS", "audio/ogg; codecs=opus")
    image, audio = (message[message["type"]] for message in ours.messages)

    client = WhatsAppClient(meta.account)
    assert await client.media(image["id"], 100) == (b"\xff\xd8\xff", "image/jpeg")
    await client.close()
    assert base64.b64decode(image["sha256"]) == hashlib.sha256(b"\xff\xd8\xff").digest()
    assert (image["caption"], audio["voice"]) == ("This one", True)


def test_contacts_are_shared_and_numbers_change(meta: WhatsApp, sarah: Person, ours: Ours) -> None:
    meta.share_contact(sarah)
    moved = meta.change_number(sarah, "12195555358")

    shared, system = ours.messages
    assert shared["contacts"][0]["origin"] == "contact_request"
    assert shared["contacts"][0]["phones"][0]["wa_id"] == sarah.phone
    assert (system["from"], system["system"]["wa_id"]) == (sarah.phone, "12195555358")
    assert "contacts" not in ours.values[-1]
    assert moved.phone == "12195555358"
