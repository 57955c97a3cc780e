"""What a WhatsApp message says, in the form in which messages are stored; one function for each type of Meta's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from middleware.history import WORDS, Reply

LONGEST_ID = 256
LONGEST_NAME = 120
MOST_ORDERED = 30  # articles that are listed
MEDIA = {
    "image": "a picture",
    "document": "a document",
    "audio": "an audio file",
    "voice": "a voice message",
    "video": "a video",
    "sticker": "a sticker",
}
FETCHED = ("image", "document", "audio", "voice", "video")
NOTHING: Reply = {"text": "", WORDS: "(something that can't be shown here)", "kind": "unsupported"}

Item = Mapping[str, Any]


def string(item: Any, *path: str) -> str:
    """The text at a place, or a number as one, without what a database can't keep; empty if there is none."""
    for name in path:
        item = item.get(name) if isinstance(item, Mapping) else None
    if isinstance(item, int) and not isinstance(item, bool):
        item = str(item)
    if not isinstance(item, str):
        return ""
    return item.replace("\0", "").encode("utf-8", "replace").decode().strip()


def identifier(item: Any, *path: str) -> str:
    """An id of Meta's; empty if what stands there is none."""
    found = string(item, *path)
    return found if len(found) <= LONGEST_ID and found.isprintable() else ""


def items(item: Any, name: str) -> Iterator[Item]:
    """The objects of a list; whatever else is in it is left out."""
    found = item.get(name) if isinstance(item, Mapping) else None
    return (one for one in (found if isinstance(found, list) else ()) if isinstance(one, Mapping))


def content_of(item: Item) -> Reply:
    """What a message says; what can't be told is stored all the same, so that its sender gets an answer."""
    read = CONTENTS.get(string(item, "type"))
    return (read(item) if read else None) or NOTHING


def _text(item: Item) -> Reply | None:
    return _said(string(item, "text", "body"))


def _button(item: Item) -> Reply | None:
    return _said(string(item, "button", "text"))


def _interactive(item: Item) -> Reply | None:
    titles = (string(item, "interactive", kind, "title") for kind in ("button_reply", "list_reply"))
    return _said(next(filter(None, titles), ""))


def _said(text: str) -> Reply | None:
    return {"text": text} if text else None


def _media(item: Item) -> Reply:
    type_ = string(item, "type")
    part = item.get(type_)
    kind = "voice" if isinstance(part, Mapping) and part.get("voice") is True else type_
    name = string(part, "filename")[:LONGEST_NAME]
    reply = _shown(string(part, "caption"), f"{MEDIA[kind]}: {name}" if name else MEDIA[kind], kind)
    media_id = identifier(part, "id")
    if media_id and kind in FETCHED:
        reply["media"] = {"id": media_id, "media_type": string(part, "mime_type")[:LONGEST_NAME], "name": name}
    return reply


def _location(item: Item) -> Reply:
    place = item.get("location")
    address = string(place, "address") or string(place, "name")
    at = [place.get(name) for name in ("latitude", "longitude")] if isinstance(place, Mapping) else []
    known = all(isinstance(one, (int, float)) and abs(one) <= 180 for one in at) and at
    return _shown(address, f"a location: {at[0]}, {at[1]}" if known else "a location", "location")


def _contacts(item: Item) -> Reply:
    """A card's number or address is what its sender says, as if they had typed it: it proves nothing."""
    cards = list(items(item, "contacts"))
    phones = (string(one, "phone") for card in cards for one in items(card, "phones"))
    emails = (string(one, "email") for card in cards for one in items(card, "emails"))
    claim = next(filter(None, phones), "") or next(filter(None, emails), "")
    return _shown(claim, "a contact card", "contacts")


def _order(item: Item) -> Reply:
    ordered = [
        f"{string(one, 'quantity') or '?'} × {string(one, 'product_retailer_id')[:LONGEST_NAME] or '?'}"
        for one in items(item.get("order"), "product_items")
    ]
    listed = ", ".join(ordered[:MOST_ORDERED]) + (", …" if len(ordered) > MOST_ORDERED else "")
    return _shown("", f"an order: {listed}" if ordered else "an order", "order")


def _reaction(item: Item) -> Reply | None:
    emoji = string(item, "reaction", "emoji")[:LONGEST_NAME]
    return _shown("", f"reacted with {emoji}", "reaction") if emoji else None


def _shown(text: str, words: str, kind: str) -> Reply:
    """What isn't a text by itself. `words`: what people read if it has none."""
    return {"text": text, "kind": kind} if text else {"text": "", WORDS: f"({words})", "kind": kind}


CONTENTS: dict[str, Callable[[Item], Reply | None]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    **dict.fromkeys(("image", "document", "audio", "video", "sticker"), _media),
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "reaction": _reaction,
}
