"""People who write on WhatsApp: the webhooks that Meta sends of what they do, signed as Meta does."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from middleware.channel_settings import WhatsAppAccount

OUR_NUMBER = "15550783881"
TIMEOUT_SECONDS = 30

Item = dict[str, Any]


@dataclass(frozen=True)
class Webhooks:
    """Brings webhooks to the system.

    Attributes:
        url: Of the server.
    """

    url: str
    account: WhatsAppAccount

    def bring(self, body: Mapping[str, Any] | bytes, session: requests.Session | None = None) -> requests.Response:
        """Sends one, signed."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(raw, self.account.app_secret)}
        poster = session or requests
        return poster.post(
            f"{self.url}/webhooks/whatsapp/webhook", data=raw, headers=headers, timeout=TIMEOUT_SECONDS
        )


def signature(raw: bytes, secret: str) -> str:
    """How Meta signs a body."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Person:
    """Somebody on WhatsApp.

    Attributes:
        phone: Their number, in E.164; None if Meta doesn't tell it.
        user_id: The id that Meta gave them for this company.
    """

    phone: str | None = None
    user_id: str = field(default_factory=lambda: f"US.{uuid.uuid4().int % 10**20:020}")
    name: str = "Somebody"

    @property
    def conversation(self) -> str:
        """Their conversation's id in the store."""
        return f"whatsapp:{self.user_id}"

    def writes(self, text: str, **more: Any) -> Item:
        """A text."""
        return self.does("text", {"body": text}, **more)

    def presses(self, offer_id: str, title: str, is_row: bool, **more: Any) -> Item:
        """A press of a button, or of a list's row."""
        kind = "list_reply" if is_row else "button_reply"
        return self.does("interactive", {"type": kind, kind: {"id": offer_id, "title": title}}, **more)

    def does(self, kind: str, content: Any, at: float | None = None) -> Item:
        """A message of any type.

        Args:
            at: When it was written; now by default.
        """
        told = {"from": self.phone.removeprefix("+")} if self.phone else {}
        return {
            **told,
            "from_user_id": self.user_id,
            "id": f"wamid.{uuid.uuid4().hex}",
            "timestamp": str(int(time.time() if at is None else at)),
            "type": kind,
            kind: content,
        }

    def moves(self, to: str, **more: Any) -> Item:
        """Meta's word that they have another number now."""
        body = f"User A changed from {self.phone} to {to}"
        about = {"body": body, "wa_id": to.removeprefix("+"), "type": "user_changed_number"}
        return self.does("system", about, **more)

    def contact(self) -> Item:
        """How Meta tells who wrote."""
        number = {"wa_id": self.phone.removeprefix("+")} if self.phone else {}
        return {"profile": {"name": self.name}, **number, "user_id": self.user_id}


def webhook(account: WhatsAppAccount, person: Person, *items: Item) -> dict[str, Any]:
    """A webhook with what somebody did; Meta doesn't say who it was of what the system says."""
    contacts = {} if all(one["type"] == "system" for one in items) else {"contacts": [person.contact()]}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": OUR_NUMBER, "phone_number_id": account.phone_number_id},
        **contacts,
        "messages": list(items),
    }
    entry = {"id": "419561257915477", "changes": [{"value": value, "field": "messages"}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}
