"""Meta's side of WhatsApp, as an HTTP server in a thread: its API, its customers, its webhooks, and what can go wrong.

    with WhatsApp() as meta:
        sarah = meta.person("Sarah", phone="15551230001")
        meta.webhook = "http://127.0.0.1:5005/webhooks/whatsapp/webhook"
        meta.write(sarah, "Where is my order?")
        meta.wait(lambda: meta.texts(sarah))
        meta.press(sarah, "Send something back")

What posts to our server waits for its answer; a test in whose own loop that server runs calls it by
`asyncio.to_thread`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP as HTTP_POLICY
from typing import Any, NoReturn
from urllib.parse import urlencode

from middleware.channel_settings import WhatsAppAccount
from tests.fakes.whatsapp_answers import TITLES, Refusal, Server
from tests.fakes.whatsapp_limits import check

__all__ = ["Media", "Person", "Refusal", "Sent", "WhatsApp", "check"]

WINDOW_SECONDS = 24 * 3600.0
PICTURES = ("image/jpeg", "image/png")
LARGEST = {"image": 5 * 1024**2, "audio": 16 * 1024**2, "video": 16 * 1024**2, "document": 100 * 1024**2}


@dataclass(frozen=True, kw_only=True)
class Person:
    """A customer on WhatsApp. `hides_phone`: they took a user name, so no webhook says their number."""

    name: str
    user_id: str
    phone: str
    hides_phone: bool = False


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message that was accepted. `at`: by the server's clock."""

    id: str
    to: Person
    payload: dict[str, Any]
    at: float

    @property
    def delivery(self) -> str:
        """Our id of it."""
        return str(self.payload.get("biz_opaque_callback_data", ""))

    @property
    def text(self) -> str:
        """What is to read in it."""
        kind = self.payload.get("type", "text")
        about = self.payload[kind]
        if kind == "text":
            return str(about["body"])
        return str(about["body"]["text"] if kind == "interactive" else about.get("caption") or about.get("name") or "")

    @property
    def choices(self) -> dict[str, dict[str, str]]:
        """What can be pressed, by what stands on it: of a row that was cut, also by its description."""
        action = self.payload.get("interactive", {}).get("action", {})
        buttons = [one["reply"] for one in action.get("buttons", ())]
        rows = [row for section in action.get("sections", ()) for row in section["rows"]]
        return {one["description"]: one for one in rows if "description" in one} | {
            one["title"]: one for one in (*buttons, *rows)
        }


@dataclass(frozen=True, kw_only=True)
class Media:
    """A file that Meta has."""

    content: bytes
    media_type: str
    name: str = ""


@dataclass
class Trouble:
    """What goes wrong next, whatever is asked."""

    refuse: int | None = None
    fail: deque[int] = field(default_factory=deque)
    fail_later: deque[int] = field(default_factory=deque)
    drop: int = 0
    hang: deque[float] = field(default_factory=deque)
    raw: deque[tuple[int, dict[str, str], bytes]] = field(default_factory=deque)


class WhatsApp:
    """Meta's side.

    Args:
        token: The access token that opens the API.
        clock: Seconds since 1970; the window of 24 hours and the rates go by it.
        pair_burst, pair_seconds: So many messages to one customer at once; then one in so many seconds.
        per_second: So many messages to all of them.
        port: Where it listens on loopback; 0: anywhere.

    Attributes:
        sent: Everything that was accepted, in order.
        refused: Everything that was refused.
        seen: Ids of the customers' messages that were shown as read, with typing.
        media: What was uploaded by us or sent by customers, by id.
        webhook: Our server's address for webhooks.
        delivered: The bodies of the webhooks that our server acknowledged, in order.
        templates: Names and languages of the templates that Meta has approved.
        only_by_phone: Names of templates, or types, that can't be sent to a scoped id.
        tells: Statuses that are told by themselves of what was accepted, such as ("sent", "delivered").
        media_address: What is given as the address of media, in the place of this server's.
        authorisations: Which tokens were shown, by path.
    """

    def __init__(
        self,
        *,
        token: str = "the-access-token",
        phone_number_id: str = "106540352242922",
        app_secret: str = "the-app-secret",
        verify_token: str = "the-verify-token",
        version: str = "v23.0",
        clock: Callable[[], float] = time.time,
        pair_burst: int = 45,
        pair_seconds: float = 6.0,
        per_second: int = 80,
        port: int = 0,
    ) -> None:
        self.token, self.phone_number_id, self.app_secret = token, phone_number_id, app_secret
        self.verify_token, self.version, self.clock = verify_token, version, clock
        self.pair_burst, self.pair_seconds, self.per_second = pair_burst, pair_seconds, per_second
        self.webhook = ""
        self.sent: list[Sent] = []
        self.refused: list[Refusal] = []
        self.seen: list[str] = []
        self.media: dict[str, Media] = {}
        self.delivered: list[bytes] = []
        self.templates: set[tuple[str, str]] = {("hello_world", "en_US")}
        self.only_by_phone: set[str] = set()
        self.tells: tuple[str, ...] = ()
        self.media_address: str | None = None
        self.authorisations: list[tuple[str, str]] = []
        self.trouble = Trouble()
        self._people: list[Person] = []
        self._last_wrote: dict[str, float] = {}
        self._pairs: dict[str, tuple[float, float]] = {}
        self._lately: deque[float] = deque()
        self._written: set[str] = set()
        self._telling: list[threading.Thread] = []
        self._lock = threading.RLock()
        self._server = Server(port, self)

    def __enter__(self) -> WhatsApp:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._telling:
            thread.join(5)
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where it is, without the version."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def account(self) -> WhatsAppAccount:
        """What opens it, as our settings have it."""
        return WhatsAppAccount(
            phone_number_id=self.phone_number_id,
            access_token=self.token,
            app_secret=self.app_secret,
            verify_token=self.verify_token,
            api=f"{self.address}/{self.version}",
        )

    @property
    def environment(self) -> dict[str, str]:
        """The same for the environment of a server of ours."""
        account = self.account
        return {
            "WHATSAPP_PHONE_NUMBER_ID": account.phone_number_id,
            "WHATSAPP_ACCESS_TOKEN": account.access_token,
            "WHATSAPP_APP_SECRET": account.app_secret,
            "WHATSAPP_VERIFY_TOKEN": account.verify_token,
            "WHATSAPP_API": account.api,
        }

    # What it got.

    def sent_to(self, person: Person) -> list[Sent]:
        """What a customer got, in order."""
        with self._lock:
            return [one for one in self.sent if one.to.user_id == person.user_id]

    def texts(self, person: Person) -> list[str]:
        """What a customer reads, in order."""
        return [one.text for one in self.sent_to(person)]

    @property
    def duplicates(self) -> list[Sent]:
        """What was accepted though the same delivery of ours was before."""
        with self._lock:
            sent = [one for one in self.sent if one.delivery]
        first = {one.delivery: one.id for one in reversed(sent)}
        return [one for one in sent if first[one.delivery] != one.id]

    def wait(self, until: Callable[[], Any], seconds: float = 20.0) -> Any:
        """Waits until something is so, and gives it; the test fails if it never is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := until():
                return found
            time.sleep(0.02)
        raise AssertionError(f"it never came; sent: {self.sent[-5:]}, refused: {self.refused[-5:]}")

    # What goes wrong.

    def fail_next(self, code: int, times: int = 1) -> None:
        """Refuses the next requests with a code of Meta's."""
        self.trouble.fail.extend([code] * times)

    def fail_later(self, code: int, times: int = 1) -> None:
        """Accepts the next messages, and tells by a status that they failed."""
        self.trouble.fail_later.extend([code] * times)

    def drop_answers(self, times: int = 1) -> None:
        """Does what is asked, but cuts the connection before the answer."""
        self.trouble.drop += times

    def hang(self, seconds: float, times: int = 1) -> None:
        """Does what is asked, but answers so much later."""
        self.trouble.hang.extend([seconds] * times)

    def refuse_all(self, code: int | None) -> None:
        """Refuses everything with a code, until it is told None."""
        self.trouble.refuse = code

    def answer_next(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        """Answers the next request in somebody else's words, as a proxy would, and does nothing."""
        self.trouble.raw.append((status, dict(headers or {}), body))

    # The customers.

    def person(
        self, name: str, phone: str | None = None, user_id: str | None = None, *, hides_phone: bool = False
    ) -> Person:
        """A customer, new on WhatsApp, who hasn't written yet."""
        with self._lock:
            number = len(self._people) + 1
            person = Person(
                name=name,
                phone=phone or f"1555123{number:04}",
                user_id=user_id or f"US.{13491208655302740000 + number}",
                hides_phone=hides_phone,
            )
            self._people.append(person)
        return person

    def opens_window(self, person: Person, ago: float = 0.0) -> None:
        """Lets a customer have written to us, so many seconds ago, without telling our server."""
        with self._lock:
            self._last_wrote[person.user_id] = self.clock() - ago

    def write(self, person: Person, text: str, **more: Any) -> str:
        """A customer writes; gives Meta's id of the message."""
        return self.send_in(person, "text", {"body": text}, **more)

    def press(self, person: Person, title: str, **more: Any) -> str:
        """A customer presses what stands on a button or in a list that they got, the newest first."""
        for sent in reversed(self.sent_to(person)):
            if title in sent.choices:
                choice = sent.choices[title]
                is_row = sent.payload["interactive"]["type"] == "list"
                kind = "list_reply" if is_row else "button_reply"
                pressed = {"type": kind, kind: choice}
                context = {"from": "15550783881", "id": sent.id}
                return self.send_in(person, "interactive", pressed, context=context, **more)
        raise AssertionError(f"nothing that {person.name} got says {title!r}: {[*self.offered(person)]}")

    def offered(self, person: Person) -> Iterator[str]:
        """All that a customer could press."""
        for sent in self.sent_to(person):
            yield from sent.choices

    def send_media(
        self,
        person: Person,
        kind: str,
        content: bytes,
        media_type: str,
        *,
        caption: str = "",
        name: str = "",
        **more: Any,
    ) -> str:
        """A customer sends a picture, a document or a voice message (kind `voice`), that can then be fetched."""
        media_id = str(secrets.randbelow(10**15) + 10**15)
        self.media[media_id] = Media(content=content, media_type=media_type, name=name)
        about: dict[str, Any] = {
            "mime_type": media_type,
            "sha256": base64.b64encode(hashlib.sha256(content).digest()).decode(),
            "id": media_id,
        }
        about |= {"caption": caption} if caption else {}
        about |= {"filename": name} if name else {}
        about |= {"voice": True} if kind == "voice" else {}
        return self.send_in(person, "audio" if kind == "voice" else kind, about, **more)

    def share_contact(self, person: Person, phone: str | None = None, *, asked: bool = True, **more: Any) -> str:
        """A customer shares a contact card, by default their own, by the button that asked for it."""
        number = phone or person.phone
        card = {
            "name": {"first_name": person.name, "formatted_name": person.name},
            "phones": [{"phone": f"+{number}", "wa_id": number, "type": "CELL"}],
            "origin": "contact_request" if asked else "other",
        }
        return self.send_in(person, "contacts", [card], **more)

    def change_number(self, person: Person, phone: str, **more: Any) -> Person:
        """A customer moves to another number, and Meta tells so; gives them as they are now."""
        moved = Person(name=person.name, user_id=person.user_id, phone=phone, hides_phone=person.hides_phone)
        system = {
            "body": f"User {person.name} changed from {person.phone} to {phone}",
            "wa_id": phone,
            "type": "user_changed_number",
        }
        message = self.message(person, "system", system) | {"from": person.phone}
        with self._lock:
            self._people = [moved if one.user_id == person.user_id else one for one in self._people]
        self.deliver(self.body(None, {"messages": [message]}), **more)
        return moved

    def send_in(self, person: Person, kind: str, content: Any, *, context: Any = None, **more: Any) -> str:
        """A customer sends a message of any type.

        Args:
            content: What stands under the type's name.
            more: For `deliver`.
        """
        message = self.message(person, kind, content) | ({"context": context} if context else {})
        self.opens_window(person)
        self.deliver(self.body(person, {"messages": [message]}), **more)
        return str(message["id"])

    # The webhooks.

    def message(self, person: Person, kind: str, content: Any) -> dict[str, Any]:
        """A customer's message as it stands in a webhook, sent now."""
        message: dict[str, Any] = {"id": wamid(), "timestamp": str(int(self.clock())), "type": kind, kind: content}
        message |= {"from_user_id": person.user_id}
        self._written.add(message["id"])
        return message if person.hides_phone else message | {"from": person.phone}

    def body(self, person: Person | None, value: Mapping[str, Any]) -> bytes:
        """The body of a webhook with one change; `person`: who stands under `contacts`."""
        contacts: dict[str, Any] = {}
        if person:
            contact = {"profile": {"name": person.name}, "user_id": person.user_id}
            contacts = {"contacts": [contact if person.hides_phone else contact | {"wa_id": person.phone}]}
        metadata = {"display_phone_number": "15550783881", "phone_number_id": self.phone_number_id}
        change = {"messaging_product": "whatsapp", "metadata": metadata, **contacts, **value}
        entry = {"id": "102290129340398", "changes": [{"value": change, "field": "messages"}]}
        return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()

    def signature(self, body: bytes) -> str:
        """What Meta writes into X-Hub-Signature-256."""
        return "sha256=" + hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()

    def deliver(self, body: bytes, *, patience: float = 0.0, **headers: str) -> int:
        """Posts a signed webhook to our server.

        Args:
            patience: For so many seconds it is repeated until it is acknowledged, as Meta does for days.

        Returns:
            The status that came back; 0 if nothing did.
        """
        end = time.monotonic() + patience
        signed = {"Content-Type": "application/json", "X-Hub-Signature-256": self.signature(body), **headers}
        while True:
            status = _post(self.webhook, body, signed)
            if status == 200:
                self.delivered.append(body)
            if status == 200 or time.monotonic() >= end:
                return status
            time.sleep(0.2)

    def tell(self, sent: Sent, status: str, code: int | None = None, **more: Any) -> int:
        """Tells how a message stands: sent, delivered, read, or failed with a code."""
        about: dict[str, Any] = {
            "id": sent.id,
            "status": status,
            "timestamp": str(int(self.clock())),
            "recipient_user_id": sent.to.user_id,
        }
        about |= {} if sent.to.hides_phone else {"recipient_id": sent.to.phone}
        about |= {"biz_opaque_callback_data": sent.delivery} if sent.delivery else {}
        if code is not None:
            title = TITLES.get(code, "Error")
            about["errors"] = [{"code": code, "title": title, "message": title, "error_data": {"details": title}}]
        return self.deliver(self.body(sent.to, {"statuses": [about]}), **more)

    def verify(self, token: str | None = None, challenge: str = "1158201444") -> tuple[int, str]:
        """Sets the webhook up, as Meta does; gives the status and what came back."""
        shown = self.verify_token if token is None else token
        asked = urlencode({"hub.mode": "subscribe", "hub.verify_token": shown, "hub.challenge": challenge})
        try:
            with urllib.request.urlopen(f"{self.webhook}?{asked}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    # The API. Called by the server's threads.

    def authorise(self, path: str, shown: str) -> None:
        """Lets nobody in without the token, or while everybody is refused."""
        with self._lock:
            self.authorisations.append((path, shown))
            code = self.trouble.refuse
            if code is None and self.trouble.fail:
                code = self.trouble.fail.popleft()
        if code is not None:
            self._refuse(code, "as the test wants it")
        if shown != f"Bearer {self.token}":
            self._refuse(190, "the access token isn't the one")

    def take(self, payload: Any) -> dict[str, Any]:
        """Takes a message, or a receipt, or refuses it."""
        if wrong := check(payload):
            self._refuse(131009, "; ".join(wrong), payload)
        if "status" in payload:
            return self._take_receipt(payload)
        with self._lock:
            person = self._judged(payload)
            sent = Sent(id=wamid(), to=person, payload=payload, at=self.clock())
            self.sent.append(sent)
            statuses: list[tuple[str, int | None]] = [(status, None) for status in self.tells]
            if self.trouble.fail_later:
                statuses = [("failed", self.trouble.fail_later.popleft())]
        if statuses:
            self._tell_by_and_by(sent, statuses)
        contact = {"input": payload.get("to") or payload["recipient"], "user_id": person.user_id}
        contact |= {"wa_id": person.phone} if "to" in payload else {}
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": sent.id}]}

    def take_media(self, kind: str, body: bytes) -> dict[str, Any]:
        """Takes an upload, or refuses it."""
        form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=HTTP_POLICY)
        fields = {str(part.get_param("name", header="content-disposition")): part for part in form.iter_parts()}
        missing = {"messaging_product", "type", "file"} - set(fields)
        if missing:
            self._refuse(100, f"{missing} must be given")
        media_type = fields["type"].get_content().strip()
        content = bytes(fields["file"].get_payload(decode=True))
        if fields["file"].get_content_type() != media_type:
            self._refuse(100, "the file's type isn't the one that was said")
        if len(content) > LARGEST.get(media_type.partition("/")[0], LARGEST["document"]):
            self._refuse(131053, "the file is too large")
        if (media_type == "application/pdf") != content.startswith(b"%PDF"):
            self._refuse(131053, "the file isn't what it says")
        with self._lock:
            media_id = str(secrets.randbelow(10**15) + 10**15)
            self.media[media_id] = Media(
                content=content, media_type=media_type, name=fields["file"].get_filename() or ""
            )
        return {"id": media_id}

    def about_media(self, media_id: str) -> dict[str, Any]:
        """Says where media is."""
        media = self.media.get(media_id)
        if media is None:
            self._refuse(100, "Object with that ID does not exist")
        return {
            "messaging_product": "whatsapp",
            "url": self.media_address or f"{self.address}/whatsapp_business/attachments/?mid={media_id}&hash=AR",
            "mime_type": media.media_type,
            "sha256": hashlib.sha256(media.content).hexdigest(),
            "file_size": len(media.content),
            "id": media_id,
        }

    def _take_receipt(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        if payload["message_id"] not in self._written:
            self._refuse(100, "there is no such message", payload)
        with self._lock:
            self.seen.append(payload["message_id"])
        return {"success": True}

    def _judged(self, payload: dict[str, Any]) -> Person:
        """Whom a well-formed message goes to, if it may go."""
        person = self._recipient(payload)
        kind = payload.get("type", "text")
        template = payload.get("template", {})
        if "to" not in payload and self.only_by_phone & {kind, template.get("name"), self._finer(payload)}:
            self._refuse(131062, "a scoped id isn't supported for this message", payload)
        if kind == "template" and (template["name"], template["language"]["code"]) not in self.templates:
            self._refuse(132001, "there is no such template", payload)
        last = self._last_wrote.get(person.user_id)
        if kind != "template" and (last is None or self.clock() - last > WINDOW_SECONDS):
            self._refuse(131047, "more than 24 hours have passed since the customer last wrote", payload)
        self._judge_media(payload, kind)
        self._judge_rate(payload, person)
        return person

    def _recipient(self, payload: dict[str, Any]) -> Person:
        digits = "".join(letter for letter in payload.get("to", "") if letter.isdigit())
        for person in reversed(self._people):  # who came last has a number that was another's before
            if digits == person.phone or (not digits and payload.get("recipient") == person.user_id):
                return person
        self._refuse(131026, "nobody is there", payload)

    def _finer(self, payload: Mapping[str, Any]) -> str:
        return str(payload.get("interactive", {}).get("type", ""))

    def _judge_media(self, payload: dict[str, Any], kind: str) -> None:
        media_id = payload[kind].get("id") if kind in LARGEST else None
        if media_id is None:
            return
        media = self.media.get(media_id)
        if media is None:
            self._refuse(131053, "there is no such media", payload)
        if kind == "image" and media.media_type not in PICTURES:
            self._refuse(131053, "the media is no picture", payload)

    def _judge_rate(self, payload: dict[str, Any], person: Person) -> None:
        now = self.clock()
        while self._lately and now - self._lately[0] >= 1.0:
            self._lately.popleft()
        if len(self._lately) >= self.per_second:
            self._refuse(130429, "too many messages", payload)
        left, at = self._pairs.get(person.user_id, (float(self.pair_burst), now))
        left = min(float(self.pair_burst), left + (now - at) / self.pair_seconds)
        if left < 1.0:
            self._refuse(131056, "too many messages to this customer", payload)
        self._pairs[person.user_id] = (left - 1.0, now)
        self._lately.append(now)

    def _refuse(self, code: int, details: str, payload: Any = None) -> NoReturn:
        refusal = Refusal(code, details, payload)
        self.refused.append(refusal)
        raise refusal

    def _tell_by_and_by(self, sent: Sent, statuses: list[tuple[str, int | None]]) -> None:
        def telling() -> None:
            for status, code in statuses:
                self.tell(sent, status, code, patience=10.0)

        thread = threading.Thread(target=telling, daemon=True)
        self._telling.append(thread)
        thread.start()


def wamid() -> str:
    """An id of a message, as Meta makes them."""
    return "wamid." + base64.b64encode(secrets.token_bytes(33)).decode()


def _post(address: str, body: bytes, headers: Mapping[str, str]) -> int:
    request = urllib.request.Request(address, body, dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
