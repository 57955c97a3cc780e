"""Turns a message to a customer into what WhatsApp takes: one or several parts that keep all of its limits.

A part is what is sent, without to whom. One with a document says under `upload` which stored one must be handed over to
Meta first; `with_media` puts Meta's id of it in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from channels.whatsapp_text import cleaned, cut, is_seen, length, on_one_line, plain, split
from middleware.channel_settings import WhatsAppRules
from middleware.history import Reply

LONGEST_TEXT = 4096
LONGEST_BODY = 1024  # of what has buttons, or a list
LONGEST_CAPTION = 1024
MOST_BUTTONS, LONGEST_BUTTON = 3, 20
MOST_ROWS, LONGEST_ROW, LONGEST_DESCRIPTION = 10, 24, 72

PICTURES = (".png", ".jpg", ".jpeg")

Part = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A button. `id`: brings back which one it is; `title`: as the author wrote it."""

    id: str
    title: str


def parts(reply: Reply, sequence: int, rules: WhatsAppRules) -> list[Part]:
    """What is sent for a message, in order.

    Args:
        reply: As it is stored.
        sequence: The message's place in the conversation; with a button's own place it is the button's id.
        rules: With the words that stand with choices.
    """
    text = cleaned(str(reply.get("text") or ""))
    if not reply.get("agent"):  # what an agent writes with * or _ is meant like that
        text = plain(text)
    offers = _offers(reply.get("buttons") or (), sequence)
    custom = reply.get("custom")
    asks = bool(text) and isinstance(custom, Mapping) and custom.get("ask") == "contact"
    made: list[Part] = []
    if attachment := reply.get("attachment"):
        with_text, text = ("", text) if offers or asks else (text, "")
        made += _document(attachment, with_text)
    if asks:
        made += _contact_request(text)
    if offers:
        made += _choices("" if asks else text, offers, rules, rules.choose_more if asks else rules.choose)
    return made if offers or asks else [*made, *_texts(text)]


def upload_of(part: Mapping[str, Any]) -> tuple[str, str] | None:
    """Id and name of the stored document that must be handed over before a part can be sent; None if there is none."""
    document = part.get("upload")
    return (document["id"], document["name"]) if document else None


def with_media(part: Mapping[str, Any], media_id: str) -> Part:
    """What is sent for a part with a document, once Meta has the document."""
    kind = part["type"]
    return {name: value for name, value in part.items() if name != "upload"} | {kind: {**part[kind], "id": media_id}}


def _texts(text: str) -> list[Part]:
    return [
        {"type": "text", "text": {"body": piece, "preview_url": False}}
        for piece in split(text, LONGEST_TEXT)
        if is_seen(piece)
    ]


def _document(attachment: Mapping[str, str], text: str) -> list[Part]:
    """A document, with its text as caption where that isn't too long."""
    name = on_one_line(attachment["name"]) or "document"
    before, caption = ([], text) if length(text) <= LONGEST_CAPTION else (_texts(text), "")
    kind, about = ("image", {}) if name.lower().endswith(PICTURES) else ("document", {"filename": name})
    about |= {"caption": caption} if caption else {}
    return [*before, {"type": kind, kind: about, "upload": {"id": attachment["id"], "name": name}}]


def _contact_request(text: str) -> list[Part]:
    before, body = _last_of(text)
    asks = {"type": "request_contact_info", "action": {"name": "request_contact_info"}}
    return [*before, _interactive(asks, body)]


def _choices(text: str, offers: Sequence[Offer], rules: WhatsAppRules, without_text: str) -> list[Part]:
    before, body = _last_of(text) if text else ([], without_text)
    if len(offers) <= MOST_BUTTONS and all(length(one.title) <= LONGEST_BUTTON for one in offers):
        return [*before, _interactive(_buttons(offers), body)]
    before += _texts("\n".join(f"• {one.title}" for one in offers if length(one.title) > LONGEST_DESCRIPTION))
    rows = list(_rows(offers))
    pages = [rows[begin : begin + MOST_ROWS] for begin in range(0, len(rows), MOST_ROWS)]
    bodies = [body, *[rules.choose_more] * (len(pages) - 1)]
    return [*before, *(_interactive(_list(page, rules), one) for page, one in zip(pages, bodies, strict=True))]


def _last_of(text: str) -> tuple[list[Part], str]:
    """What goes before as texts, and the last line, or the last piece of it, which stands with what is asked."""
    if length(text) <= LONGEST_BODY:
        return [], text
    line = text.rpartition("\n")[2].strip()
    body = line if is_seen(line) and length(line) <= LONGEST_BODY else split(text, LONGEST_BODY)[-1]
    return (_texts(text[: text.rindex(body)]), body) if is_seen(body) else (_texts(text), "…")


def _offers(buttons: Sequence[Mapping[str, Any]], sequence: int) -> list[Offer]:
    """The buttons, each once, with something written on every one."""
    seen: dict[tuple[str, Any], Offer] = {}
    for index, button in enumerate(buttons):
        title = on_one_line(str(button.get("title") or "")) or str(index + 1)
        seen.setdefault((title, button.get("payload")), Offer(id=f"{sequence}.{index}", title=title))
    return list(seen.values())


def _buttons(offers: Sequence[Offer]) -> Part:
    titles = _distinct([one.title for one in offers], LONGEST_BUTTON)
    buttons = [
        {"type": "reply", "reply": {"id": one.id, "title": title}} for one, title in zip(offers, titles, strict=True)
    ]
    return {"type": "button", "action": {"buttons": buttons}}


def _list(rows: Sequence[Part], rules: WhatsAppRules) -> Part:
    return {"type": "list", "action": {"button": rules.list_button, "sections": [{"rows": list(rows)}]}}


def _rows(offers: Sequence[Offer]) -> Iterator[Part]:
    titles = _distinct([one.title for one in offers], LONGEST_ROW)
    for one, title in zip(offers, titles, strict=True):
        whole = {"description": cut(one.title, LONGEST_DESCRIPTION)} if length(one.title) > LONGEST_ROW else {}
        yield {"id": one.id, "title": title, **whole}


def _distinct(titles: Iterable[str], longest: int) -> Iterator[str]:
    """The titles, none too long and no two alike, which Meta would refuse."""
    taken: set[str] = set()
    for title in titles:
        numbers = (f" ({number})" for number in count(2))
        free = cut(title, longest)
        while free.casefold() in taken:
            number = next(numbers)
            free = cut(title, longest - len(number)) + number
        taken.add(free.casefold())
        yield free


def _interactive(asks: Part, body: str) -> Part:
    return {"type": "interactive", "interactive": {**asks, "body": {"text": body}}}
