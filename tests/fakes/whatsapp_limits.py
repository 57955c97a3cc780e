"""What Meta documents of messages that are sent by WhatsApp's Cloud API, as a check of one message.

It knows more than we send, so that Meta's own examples can be put through it. A placeholder of theirs (`<TITLE>`,
`{{Phone-Number}}`) is a value like any other; only where a number or an address must have a form does one stand for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

PLACEHOLDER = re.compile(r"<[^<>]+>|\{\{[^{}]+\}\}")
PHONE = re.compile(r"\+?[0-9][0-9 ()-]{5,20}")
USER_ID = re.compile(r"[A-Z]{2}(\.ENT)?\.[A-Za-z0-9]{1,128}")
LINK = re.compile(r"<?https?(\(s\))?://\S+|<http\(s\)://[^<>]+>|http\(s\)://\S+")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?|language-and-locale-code")

TEXT, BODY, CAPTION, HEADER, FOOTER = 4096, 1024, 1024, 60, 60
BUTTONS, BUTTON, BUTTON_ID = 3, 20, 256
SECTIONS, ROWS, SECTION, ROW, DESCRIPTION, ROW_ID, LIST_BUTTON = 10, 10, 24, 24, 72, 200, 20
CALLBACK, NAME = 512, 240

COMMON = {
    *("messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data"),
    "recipient_identity_key_hash",
}

Found = Iterator[str]


def check(payload: Any) -> list[str]:
    """What Meta would find wrong with a message, in sentences; nothing if it would take it."""
    if not isinstance(payload, Mapping):
        return ["the body must be a JSON object"]
    if "status" in payload:
        return list(_receipt(payload))
    return list(_message(payload))


def units(text: str) -> int:
    """How long a text is by the strictest count of characters that is usual."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _message(payload: Mapping[str, Any]) -> Found:
    kind = payload.get("type", "text")
    yield from _only(payload, COMMON | {str(kind)}, "the message")
    if payload.get("messaging_product") != "whatsapp":
        yield "messaging_product must be whatsapp"
    if payload.get("recipient_type", "individual") != "individual":
        yield "recipient_type must be individual"
    yield from _recipient(payload)
    if "context" in payload:
        yield from _text(payload["context"], "message_id", 1, 512, "context")
    if "biz_opaque_callback_data" in payload:
        yield from _text(payload, "biz_opaque_callback_data", 1, CALLBACK, "the message")
    checked = _KINDS.get(kind)
    if checked is None:
        yield f"type {kind!r} isn't one of the Cloud API's"
    elif kind == "contacts":
        yield from _contacts(payload.get("contacts"))
    elif not isinstance(payload.get(kind), Mapping):
        yield f"parameter {kind} is required"
    else:
        yield from checked(payload[kind])


def _recipient(payload: Mapping[str, Any]) -> Found:
    if "to" not in payload and "recipient" not in payload:
        yield "parameter to, or recipient, is required"
    for name, form in (("to", PHONE), ("recipient", USER_ID)):
        value = payload.get(name, "<absent>")
        if not isinstance(value, str) or not (form.fullmatch(value) or PLACEHOLDER.fullmatch(value)):
            yield f"{name} isn't well-formed"


def _receipt(payload: Mapping[str, Any]) -> Found:
    yield from _only(payload, {"messaging_product", "status", "message_id", "typing_indicator"}, "the receipt")
    if payload.get("messaging_product") != "whatsapp":
        yield "messaging_product must be whatsapp"
    if payload.get("status") != "read":
        yield "status must be read"
    yield from _text(payload, "message_id", 1, 512, "the receipt")
    if payload.get("typing_indicator", {"type": "text"}) != {"type": "text"}:
        yield "typing_indicator must be of the type text"


def _text_message(text: Mapping[str, Any]) -> Found:
    yield from _only(text, {"body", "preview_url"}, "text")
    yield from _text(text, "body", 1, TEXT, "text")
    if not isinstance(text.get("preview_url", False), bool):
        yield "text.preview_url must be true or false"


def _media(kind: str) -> Callable[[Mapping[str, Any]], Found]:
    captioned = {"caption"} if kind in ("document", "image", "video") else set()
    named = {"filename"} if kind == "document" else set()

    def checked(media: Mapping[str, Any]) -> Found:
        yield from _only(media, {"id", "link"} | captioned | named, kind)
        if ("id" in media) == ("link" in media):
            yield f"{kind} needs either id or link"
        if "id" in media:
            yield from _text(media, "id", 1, 128, kind)
        if "link" in media and not (isinstance(media["link"], str) and LINK.fullmatch(media["link"])):
            yield f"{kind}.link isn't an address"
        if "caption" in media:
            yield from _text(media, "caption", 1, CAPTION, kind)
        if "filename" in media:
            yield from _text(media, "filename", 1, NAME, kind)

    return checked


def _location(location: Mapping[str, Any]) -> Found:
    yield from _only(location, {"latitude", "longitude", "name", "address"}, "location")
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = location.get(name)
        if not isinstance(value, int | float) or not -most <= value <= most:
            yield f"location.{name} isn't one"


def _contacts(contacts: Any) -> Found:
    if not isinstance(contacts, list) or not contacts:
        yield "parameter contacts is required"
        return
    for contact in contacts:
        name = contact.get("name") or {}
        yield from _text(name, "formatted_name", 1, 512, "contacts.name")
        if len(name) < 2:
            yield "contacts.name needs one more part of the name"


def _reaction(reaction: Mapping[str, Any]) -> Found:
    yield from _only(reaction, {"message_id", "emoji"}, "reaction")
    yield from _text(reaction, "message_id", 1, 512, "reaction")
    if not isinstance(reaction.get("emoji"), str):
        yield "reaction.emoji is required"


def _template(template: Mapping[str, Any]) -> Found:
    yield from _only(template, {"name", "language", "components"}, "template")
    yield from _text(template, "name", 1, 512, "template")
    code = (template.get("language") or {}).get("code")
    if not isinstance(code, str) or not LANGUAGE.fullmatch(code):
        yield "template.language.code isn't one"
    for component in template.get("components", ()):
        yield from _component(component)


def _component(component: Mapping[str, Any]) -> Found:
    kind = component.get("type")
    if kind not in ("header", "body", "button"):
        yield f"a template has no component {kind!r}"
    if kind == "button":
        if str(component.get("index")) not in map(str, range(10)):
            yield "a button of a template needs an index"
        if str(component.get("sub_type", "")).lower() not in ("quick_reply", "url", "catalog", "flow", "copy_code"):
            yield "a button of a template needs a sub_type"
    for parameter in component.get("parameters", ()):
        value = parameter.get(parameter.get("type"))
        if not isinstance(value, Mapping if parameter.get("type") not in ("text", "payload") else str):
            yield f"a parameter of the type {parameter.get('type')} has no such value"
        if component.get("sub_type") == "quick_reply" and parameter.get("type") != "payload":
            yield "a quick reply takes a payload"


def _interactive(interactive: Mapping[str, Any]) -> Found:
    kind, action = interactive.get("type"), interactive.get("action")
    yield from _only(interactive, {"type", "action", "body", "header", "footer"}, "interactive")
    if kind not in _ACTIONS:
        yield f"interactive.type {kind!r} isn't one of the Cloud API's"
        return
    if "body" in interactive or kind != "product":
        yield from _text(interactive.get("body") or {}, "text", 1, BODY, "interactive.body")
    if "footer" in interactive:
        yield from _text(interactive["footer"], "text", 1, FOOTER, "interactive.footer")
    if "header" in interactive:
        yield from _header(interactive["header"], str(kind))
    if not isinstance(action, Mapping):
        yield "interactive.action is required"
    else:
        yield from _ACTIONS[kind](action)


def _header(header: Mapping[str, Any], kind: str) -> Found:
    allowed = ("text", "image", "video", "document") if kind in ("button", "flow", "order_details") else ("text",)
    if header.get("type") not in allowed:
        yield f"interactive.header of {kind} can't have the type {header.get('type')!r}"
    elif header["type"] == "text":
        yield from _text(header, "text", 1, HEADER, "interactive.header")
    else:
        yield from _media(header["type"])(header.get(header["type"]) or {})


def _buttons(action: Mapping[str, Any]) -> Found:
    yield from _only(action, {"buttons"}, "interactive.action")
    buttons = action.get("buttons") or []
    if not 1 <= len(buttons) <= BUTTONS:
        yield f"there must be 1 to {BUTTONS} buttons"
    for button in buttons:
        if button.get("type") != "reply":
            yield "a button must have the type reply"
        reply = button.get("reply") or {}
        yield from _only(reply, {"id", "title"}, "a button")
        yield from _text(reply, "id", 1, BUTTON_ID, "a button")
        yield from _label(reply, "title", BUTTON, "a button")
    yield from _distinct([button.get("reply") or {} for button in buttons], "buttons")


def _list(action: Mapping[str, Any]) -> Found:
    yield from _only(action, {"button", "sections"}, "interactive.action")
    yield from _label(action, "button", LIST_BUTTON, "interactive.action")
    sections = action.get("sections") or []
    rows = [row for section in sections for row in section.get("rows") or ()]
    if not 1 <= len(sections) <= SECTIONS:
        yield f"there must be 1 to {SECTIONS} sections"
    if len(rows) > ROWS:
        yield f"there must be at most {ROWS} rows in all sections"
    for section in sections:
        yield from _only(section, {"title", "rows"}, "a section")
        if not section.get("rows"):
            yield "a section must have rows"
        if "title" in section or len(sections) > 1:
            yield from _label(section, "title", SECTION, "a section")
    for row in rows:
        yield from _only(row, {"id", "title", "description"}, "a row")
        yield from _text(row, "id", 1, ROW_ID, "a row")
        yield from _label(row, "title", ROW, "a row")
        if "description" in row:
            yield from _label(row, "description", DESCRIPTION, "a row")
    yield from _distinct(rows, "rows")


def _distinct(choices: list[Mapping[str, Any]], what: str) -> Found:
    for name in ("id", "title"):
        values = [str(choice.get(name)).strip() for choice in choices]
        if len(set(values)) < len(values):
            yield f"{what} have the same {name}"


def _named(name: str) -> Callable[[Mapping[str, Any]], Found]:
    def checked(action: Mapping[str, Any]) -> Found:
        if action.get("name") != name:
            yield f"interactive.action.name must be {name}"
        if not isinstance(action.get("parameters", {}), Mapping):
            yield "interactive.action.parameters must be an object"

    return checked


def _contact_request(action: Mapping[str, Any]) -> Found:
    yield from _only(action, {"name"}, "interactive.action")
    yield from _named("request_contact_info")(action)


def _flow(action: Mapping[str, Any]) -> Found:
    yield from _named("flow")(action)
    parameters = action.get("parameters") or {}
    if ("flow_id" in parameters) == ("flow_name" in parameters):
        yield "a flow needs either flow_id or flow_name"
    yield from _text(parameters, "flow_cta", 1, 30, "a flow")


def _product(action: Mapping[str, Any]) -> Found:
    yield from _text(action, "catalog_id", 1, 128, "interactive.action")
    yield from _text(action, "product_retailer_id", 1, 128, "interactive.action")


def _products(action: Mapping[str, Any]) -> Found:
    yield from _text(action, "catalog_id", 1, 128, "interactive.action")
    if not action.get("sections"):
        yield "interactive.action.sections is required"


def _text(holder: Any, name: str, least: int, most: int, where: str) -> Found:
    value = holder.get(name) if isinstance(holder, Mapping) else None
    if not isinstance(value, str) or not value.strip():
        yield f"{where}.{name} is required, and must not be empty"
    elif not least <= units(value) <= most:
        yield f"{where}.{name} must have {least} to {most} characters"
    elif any(0xD800 <= ord(letter) <= 0xDFFF or letter == "\0" for letter in value):
        yield f"{where}.{name} has characters that are none"


def _label(holder: Any, name: str, most: int, where: str) -> Found:
    yield from _text(holder, name, 1, most, where)
    value = holder.get(name) if isinstance(holder, Mapping) else None
    if isinstance(value, str) and ("\n" in value or value != value.strip()):
        yield f"{where}.{name} must be one line, without white space around it"


def _only(holder: Mapping[str, Any], known: set[str], where: str) -> Found:
    for name in sorted(set(holder) - known):
        yield f"{where} has no field {name!r}"


_KINDS: dict[Any, Callable[[Any], Found]] = {
    "text": _text_message,
    "interactive": _interactive,
    "template": _template,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    **{kind: _media(kind) for kind in ("document", "image", "audio", "video", "sticker")},
}

_ACTIONS: dict[Any, Callable[[Mapping[str, Any]], Found]] = {
    "button": _buttons,
    "list": _list,
    "request_contact_info": _contact_request,
    "catalog_message": _named("catalog_message"),
    "order_details": _named("review_and_pay"),
    "order_status": _named("review_order"),
    "flow": _flow,
    "product": _product,
    "product_list": _products,
}
