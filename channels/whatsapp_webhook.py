"""Reads WhatsApp's webhooks: every entry, change, message and status of them, whatever form they have.

Only the signature was checked before. What isn't understood is left out and named in the log, without anything of the
customer's; all else of the same webhook is taken.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from channels import whatsapp_errors
from channels.whatsapp_content import Item, content_of, identifier, items, string
from channels.whatsapp_errors import NO_CODE
from middleware.clock import Clock
from middleware.delivery_states import FAILED
from middleware.history import WORDS, Reply
from middleware.identity import Proof, Withdrawal
from middleware.messages import Received
from middleware.outbox import Status
from middleware.phones import e164
from middleware.revisions import DELETED

log = logging.getLogger(__name__)

CHANNEL = "whatsapp"
FIELD = "messages"
STATES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
WELCOME = "request_welcome"  # somebody has opened the chat, and not written yet
REVISIONS = ("edit", "revoke")
# What the system says of a person's account, and whether they gave their number up.
GIVES_UP = {"user_changed_number": True, "customer_identity_changed": False}
TAKEN_BACK: Reply = {"text": "", WORDS: "(deleted by the customer)", "kind": DELETED}
NO_COUNTRY = "ZZ"
MOST_NAMED = 20

CODE = re.compile(r"[0-9]{1,6}")
NAME = re.compile(r"[a-z_]{1,40}")
OFFERED = re.compile(r"([0-9]{1,9})\.([0-9]{1,3})")
NUMBER = re.compile(r"[1-9][0-9]{4,19}")
SCOPED_ID = re.compile(r"(?=.*[^0-9])[!-~]{1,128}")
TIMESTAMP = re.compile(r"[1-9][0-9]{0,14}")


@dataclass(kw_only=True, slots=True)
class Webhook:
    """What a webhook holds for us.

    Attributes:
        received: Messages of customers.
        withdrawn: What proves nothing any more.
        statuses: How messages to customers fared.
        left_out: Names of what is acknowledged and nothing more, and how many there were of each.
    """

    received: list[Received] = field(default_factory=list)
    withdrawn: list[Withdrawal] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def tell_left_out(self) -> None:
        """Logs the names of what was left out."""
        if self.left_out:
            named = ", ".join(f"{name} ({count})" for name, count in self.left_out.most_common(MOST_NAMED))
            log.info("acknowledged and left out: %s", named)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sender:
    """Who wrote, as Meta tells: by the id that a person has with this company, by the number, or by both."""

    user_id: str = ""
    number: str = ""

    @property
    def conversation_id(self) -> str:
        """A person's conversation goes by the id that they keep; whoever came without it before begins a new one.

        (The number may be somebody else's by now, so it leads nobody into an old conversation.)
        """
        return f"{CHANNEL}:{self.user_id or self.number}"

    @property
    def phone(self) -> str | None:
        """Their number in E.164."""
        return e164(f"+{self.number}", NO_COUNTRY) if self.number else None


class Reader:
    """Reads webhooks.

    Args:
        phone_number_id: Meta's id of our number: what is said to another one isn't ours.
        longest: Characters of a text that the bot hears; people read all of it.
        clock: What time it is.
    """

    def __init__(self, phone_number_id: str, longest: int, clock: Clock) -> None:
        self._phone_number_id = phone_number_id
        self._longest = longest
        self._clock = clock

    def read(self, body: Any) -> Webhook:
        """Reads a webhook, from JSON of any form."""
        found = Webhook()
        for entry in items(body, "entry"):
            for change in items(entry, "changes"):
                self._change(change, found)
        if not found.left_out and not (found.received or found.withdrawn or found.statuses):
            found.left_out["nothing known"] += 1
        return found

    def _change(self, change: Item, found: Webhook) -> None:
        value = change.get("value")
        if string(change, "field") != FIELD:
            found.left_out[f"field {_name(change, 'field')}"] += 1
            return
        if string(value, "metadata", "phone_number_id") != self._phone_number_id:
            found.left_out["another number's"] += 1
            return
        contacts = [_contact(one) for one in items(value, "contacts")]
        for message in items(value, "messages"):
            _each("message", message, found, lambda one: self._message(one, contacts, found))
        for status in items(value, "statuses"):
            _each("status", status, found, lambda one: self._status(one, found))
        for error in items(value, "errors"):
            found.left_out[f"error {_code(error)}"] += 1

    def _message(self, item: Item, contacts: Sequence[_Sender], found: Webhook) -> None:
        type_ = string(item, "type")
        sender = _sender(item, contacts)
        if string(item, "group_id"):
            found.left_out["group message"] += 1
        elif type_ == "system":
            self._system(item, sender, found)
        elif sender is None or not identifier(item, "id"):
            found.left_out["message without sender or id"] += 1
        elif type_ in REVISIONS and not identifier(item, type_, "original_message_id"):
            found.left_out[f"{type_} of nothing"] += 1
        elif type_ == WELCOME or (type_ == "reaction" and not string(item, "reaction", "emoji")):
            found.left_out[f"{type_} without content"] += 1
        else:
            found.received.append(self._received(item, sender))

    def _received(self, item: Item, sender: _Sender) -> Received:
        type_ = string(item, "type")
        edited = item["edit"].get("message") if type_ == "edit" else None
        said = content_of(edited if isinstance(edited, Mapping) else item)
        return Received(
            conversation_id=sender.conversation_id,
            channel=CHANNEL,
            external_id=identifier(item, "id"),
            reply=TAKEN_BACK if type_ == "revoke" else self._heard(said),
            proof=Proof(phone=sender.phone),
            written_at=self._moment(item),
            needs_answer=type_ not in ("reaction", "revoke"),
            pressed=_pressed(item),
            replaces=identifier(item, type_, "original_message_id") if type_ in REVISIONS else "",
        )

    def _heard(self, reply: Reply) -> Reply:
        """Lets the bot hear no more than it can bear."""
        text = reply["text"]
        return reply if len(text) <= self._longest else {**reply, "text": text[: self._longest], WORDS: text}

    def _system(self, item: Item, sender: _Sender | None, found: Webhook) -> None:
        is_given_up = GIVES_UP.get(string(item, "system", "type"))
        if is_given_up is None or sender is None:
            found.left_out[f"system {_name(item, 'system', 'type')}"] += 1
            return
        found.withdrawn.append(
            Withdrawal(
                at=self._moment(item) or self._clock(),
                conversation_id=sender.conversation_id,
                phone=sender.phone,
                is_given_up=is_given_up,
            )
        )

    def _status(self, item: Item, found: Webhook) -> None:
        state, external_id = STATES.get(string(item, "status")), identifier(item, "id")
        if state is None or not external_id or string(item, "recipient_type") == "group":
            found.left_out[f"status {_name(item, 'status')}"] += 1
            return
        code = whatsapp_errors.code_of(next(items(item, "errors"), {}))
        found.statuses.append(
            Status(
                external_id=external_id,
                delivery_id=identifier(item, "biz_opaque_callback_data") or None,
                state=state,
                at=self._moment(item) or self._clock(),
                error_code=None if code == NO_CODE else str(code),
                error=whatsapp_errors.reason(code)
                if state == FAILED
                else None,  # Meta's words may repeat the customer's
            )
        )

    def _moment(self, item: Item) -> datetime | None:
        """When something happened; what is still to come counts as now, and nonsense as unknown."""
        seconds, now = string(item, "timestamp"), self._clock()
        if not TIMESTAMP.fullmatch(seconds):
            return None
        return datetime.fromtimestamp(int(seconds), timezone.utc) if int(seconds) < now.timestamp() else now


def _each(name: str, item: Item, found: Webhook, read: Callable[[Item], None]) -> None:
    """Reads one of several; one that nobody has thought of doesn't keep the others from being read."""
    try:
        read(item)
    except Exception as error:  # its text may quote the customer
        found.left_out[f"malformed {name}"] += 1
        log.error("a %s can't be read: %s", name, type(error).__name__)


def _contact(item: Item) -> _Sender:
    return _Sender(user_id=_scoped_id(item, "user_id"), number=_number(item, "wa_id"))


def _sender(item: Item, contacts: Sequence[_Sender]) -> _Sender | None:
    """Who wrote a message, by what stands in it and on the contact that is theirs; None if that doesn't tell."""
    told = _Sender(user_id=_scoped_id(item, "from_user_id"), number=_number(item, "from"))
    contact = next((one for one in contacts if _is_same(one, told)), _Sender())
    if told == _Sender() and len(contacts) == 1:
        contact = contacts[0]
    sender = _Sender(user_id=told.user_id or contact.user_id, number=told.number or contact.number)
    return sender if sender != _Sender() else None


def _is_same(contact: _Sender, told: _Sender) -> bool:
    if contact.user_id and told.user_id:
        return contact.user_id == told.user_id
    return bool(told.number) and contact.number == told.number


def _scoped_id(item: Item, name: str) -> str:
    found = string(item, name)
    return found if SCOPED_ID.fullmatch(found) else ""


def _number(item: Item, name: str) -> str:
    found = string(item, name)
    return found if NUMBER.fullmatch(found) else ""


def _pressed(item: Item) -> tuple[int, int] | None:
    """Which button was pressed, of which message of ours."""
    ids = (string(item, "interactive", kind, "id") for kind in ("button_reply", "list_reply"))
    match = next(filter(None, map(OFFERED.fullmatch, ids)), None)
    return (int(match[1]), int(match[2])) if match else None


def _name(item: Item, *path: str) -> str:
    """A name of Meta's, for the log."""
    found = string(item, *path)
    return found if NAME.fullmatch(found) else "unknown"


def _code(error: Item) -> str:
    found = string(error, "code")
    return found if CODE.fullmatch(found) else "unknown"
