"""Reads what arrived on a customer's WhatsApp back into the messages that it was made from.

A message may have been divided, or its last line have moved to the buttons; titles may have been cut. What is read is
what stands on the customer's screen; only where all of it is there, is it given in the form in which it was stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from middleware.channel_settings import WhatsAppRules
from middleware.history import Reply
from tests.sides import Said

LOOKS_LIKE = str.maketrans("∗ˍ∼ˋ", "*_~`")  # what isn't formatting, and reads the same
LONGEST_DESCRIPTION = 72
SHARE = "(share the number)"  # WhatsApp's own button, whose words are WhatsApp's

Payload = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Offered:
    """Something to press. `shown`: all that stands there; `whole`: what was meant by it."""

    shown: str
    whole: str


def said(reply: Reply, arrived: Sequence[Payload], rules: WhatsAppRules) -> Said:
    """A message as the customer sees it."""
    stored = str(reply.get("text") or "")
    pieces = [text for payload in arrived for text in _texts(payload)]
    offers = offers_of(reply, arrived)
    bullets = [one.whole for one in offers if len(one.whole) > LONGEST_DESCRIPTION]
    ours = {rules.choose, rules.choose_more, "\n".join(f"• {one}" for one in bullets)}
    shown = "\n".join(one for one in pieces if one not in ours or one == stored)
    text = stored if _letters(shown) == _letters(stored) else shown
    shares = [SHARE for payload in arrived if _asks_for_the_number(payload)]
    names = [name for payload in arrived for name in _papers(payload)]
    assert len(names) <= 1, f"one message brought {names}"
    return Said(
        text=f"{reply['agent']}: {text}" if "agent" in reply else text,
        buttons=(*(one.whole for one in offers), *shares),
        paper=names[0] if names else None,
    )


def offers_of(reply: Reply, arrived: Sequence[Payload]) -> list[Offered]:
    """What can be pressed below a message; each must show what was meant by it."""
    found = []
    for offer_id, shown in (one for payload in arrived for one in _choices(payload)):
        whole = str(reply["buttons"][int(offer_id.partition(".")[2])]["title"])
        assert shown == whole or (shown.endswith("…") and whole.startswith(shown[:-1].rstrip())), (shown, whole)
        found.append(Offered(shown=shown, whole=whole))
    return found


def _texts(payload: Payload) -> Iterator[str]:
    kind = payload["type"]
    content = payload[kind]
    text = {"text": content.get("body"), "interactive": content.get("body")}.get(kind, content.get("caption"))
    if isinstance(text, Mapping):
        text = text["text"]
    if text:
        yield text


def _choices(payload: Payload) -> Iterator[tuple[str, str]]:
    """The id of each choice, and all that is shown of it."""
    if payload["type"] != "interactive":
        return
    action = payload["interactive"]["action"]
    for button in action.get("buttons", ()):
        yield button["reply"]["id"], button["reply"]["title"]
    for section in action.get("sections", ()):
        for row in section["rows"]:
            yield row["id"], row.get("description", row["title"])


def _asks_for_the_number(payload: Payload) -> bool:
    return payload["type"] == "interactive" and payload["interactive"]["type"] == "request_contact_info"


def _papers(payload: Payload) -> Iterator[str]:
    if payload["type"] == "document":
        yield payload["document"]["filename"]


def _letters(text: str) -> str:
    """A text without white space."""
    return "".join(text.translate(LOOKS_LIKE).split())
