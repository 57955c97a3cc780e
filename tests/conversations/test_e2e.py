"""Plays the conversations of `e2e/*.yml` with the running system: every conversation is a test.

    - conversation: What it shows, as a sentence
      as: {phone: "+12015550101"}      # the token's claims; {} is a stranger
      others: {second: {}}             # further conversations, with their tokens' claims
      turns:
        - customer: where is my order?
          assistant: Your order 20001 (…) was shipped …        # every reply, whole; … stands for anything
          buttons: ["Yes, that one"]                           # all buttons' titles; none if left out
          suggests: 2                                          # instead: only how many, or `any`
          attachments: [INV-26001.pdf]                         # the names of all papers that came; none if left out
        - press: Yes, that one                                 # the button last offered with this title
          assistant: [First reply, Second reply]
        - customer: it's {code}                                # the newest code that was sent for this conversation
          in: second                                           # in another conversation
          assistant: …
      end:
        orders: {"20001": {status: shipped}}                   # asked of the ERP through its port; also the `lines`
                                                               # left, ["2 × TNT-2P"], and parts of the address
        returns: {"20001": [{reason: damaged, units: {"1": 2}}]} # all that are of an order, the newest first
        stock: {TRV-BTL-750: {Newark: 320}}                    # what is free of an article, by warehouse
        holds: ["500 × TRV-BTL-750: held"]                     # all that were made in the conversation, in order
        leads: [{name: Priya Raman, owner: …}]                 # all that were kept in the conversation, in order, as
                                                               # the CRM has them: kind, name, company, email, phone,
                                                               # size, budget, owner, team, place, wish; [] if none
        documents: {INV-26001: INV-26001.pdf}                  # the names of its papers, by what they are of
        audit: [order_status ok]                               # every request to a system of record, in order

`{day -3}` is the day three days ago as one says it, `{date +2}` the weekday and date in two days, `{plain -9}` the date
alone; `{month -1}` is last month's name, and `{14 month -1}` its 14th. `{code 1}` is the
first code that was sent for the conversation, `{code of main}` the newest of another one, and `{wrong code}` none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from middleware.records import Order, OrderStatus
from tests.servers import Frontdesk, subject
from tests.traces import untraced

ANYTHING = "…"
MAIN = "main"
CHANGED = {"orders", "returns", "holds", "stock", "leads"}  # an end without any of these says that nothing was changed
CODE = re.compile(r"\{code(?: (\d))?(?: of (\w+))?\}")
WRONG_CODE = "{wrong code}"
DAY = re.compile(r"\{(day|date|plain) ([+-]\d+)\}")
MONTH = re.compile(r"\{(?:(\d+) )?month ([+-]\d+)\}")
KEYS = {"conversation", "as", "others", "turns", "end"}
TURN_KEYS = {"customer", "press", "in", "assistant", "buttons", "suggests", "attachments"}


def scripts() -> Iterator[Any]:
    """All conversations, each named by its file and its sentence; a misspelt key is an error."""
    for file in sorted(Path(__file__).with_name("e2e").glob("*.yml")):
        for script in yaml.safe_load(file.read_text(encoding="utf-8")):
            unknown = set(script) - KEYS | {key for turn in script["turns"] for key in set(turn) - TURN_KEYS}
            if unknown:
                raise ValueError(f"{file}: {script['conversation']}: unknown {', '.join(sorted(unknown))}")
            yield pytest.param(script, id=f"{file.stem}: {script['conversation']}")


@pytest.mark.parametrize("script", scripts())
def test_conversation(script: dict[str, Any], frontdesk: Frontdesk) -> None:
    """Plays a conversation and asserts every reply and the end state."""
    play(script, frontdesk)


def play(script: dict[str, Any], frontdesk: Frontdesk) -> None:
    """Plays a conversation."""
    people = {MAIN: script["as"], **script.get("others", {})}
    tokens = {name: frontdesk.token(**claims) for name, claims in people.items()}
    offered: dict[str, list[dict[str, str]]] = {name: [] for name in tokens}
    for turn in script["turns"]:
        name = turn.get("in", MAIN)
        text = _typed(turn["customer"], name, tokens, frontdesk) if "customer" in turn else ""
        replies = frontdesk.say(tokens[name], text or _payload(turn["press"], offered[name]))
        said = [reply.get("text", "") for reply in replies]
        wanted = turn["assistant"] if isinstance(turn["assistant"], list) else [turn["assistant"]]
        pattern = [_pattern(dated(line.strip(), frontdesk)) for line in wanted]
        assert len(said) == len(pattern) and all(map(re.fullmatch, pattern, said)), f"{text!r} was answered {said}"
        offered[name] = [button for reply in replies for button in reply.get("buttons", ())]
        papers = [name_of(reply["attachment"]) for reply in replies if "attachment" in reply]
        names = [_pattern(one) for one in turn.get("attachments", ())]
        assert len(papers) == len(names) and all(map(re.fullmatch, names, papers)), f"{text!r} brought {papers}"
        _assert_buttons(turn, [button["title"] for button in offered[name]], frontdesk)
    end = script.get("end", {})
    _assert_end(end, tokens[MAIN], frontdesk)
    for token in tokens.values():
        assert CHANGED & set(end) or not frontdesk.begun_changes(subject(token)), "it changed something, unasserted"
        assert untraced(frontdesk.engine, frontdesk.settings, f"rest:{subject(token)}") == []


def _typed(text: str, name: str, tokens: dict[str, str], frontdesk: Frontdesk) -> str:
    """What a customer types, with days and codes filled in."""

    def code(match: re.Match[str]) -> str:
        return frontdesk.code(tokens[match[2] or name], int(match[1] or 0))

    if WRONG_CODE in text:
        right = int(frontdesk.code(tokens[name]))
        text = text.replace(WRONG_CODE, f"{(right + 1) % 1_000_000:06}")
    return CODE.sub(code, dated(text, frontdesk))


def _assert_buttons(turn: dict[str, Any], titles: list[str], frontdesk: Frontdesk) -> None:
    suggests = turn.get("suggests")
    if suggests is None:
        assert titles == [dated(title, frontdesk) for title in turn.get("buttons", ())]
    elif suggests != "any":
        assert len(titles) == suggests


def _payload(title: str, buttons: list[dict[str, str]]) -> str:
    for button in buttons:
        if button["title"].startswith(title):
            return button["payload"]
    raise AssertionError(f"no button {title!r} among {[button['title'] for button in buttons]}")


def dated(text: str, frontdesk: Frontdesk) -> str:
    """A text of the scripts with its days filled in."""
    today = frontdesk.now.astimezone(frontdesk.zone).date()

    def name(match: re.Match[str]) -> str:
        offset = int(match.group(2))
        day = today + timedelta(days=offset)
        if match.group(1) == "plain":
            return written(day, today)
        if match.group(1) == "day" and -6 <= offset <= -1:
            return f"{day:%A}"
        return f"{day:%A}, {day.day} {day:%B}"

    def month(match: re.Match[str]) -> str:
        months = today.year * 12 + today.month - 1 + int(match.group(2))
        first = date(months // 12, months % 12 + 1, 1)
        if match.group(1):
            return written(first.replace(day=int(match.group(1))), today)
        return f"{first:%B}" if first.year == today.year else f"{first:%B %Y}"

    return MONTH.sub(month, DAY.sub(name, text))


def written(day: date, today: date) -> str:
    """A day as it stands on a paper."""
    is_near = day.year == today.year or abs(day - today) < timedelta(days=60)
    return f"{day.day} {day:%B}" if is_near else f"{day.day} {day:%B %Y}"


def name_of(link: str) -> str:
    """The name of the document that a link leads to."""
    return unquote(link.rsplit("/", 1)[-1])


def _pattern(text: str) -> str:
    return "(?s:.*)".join(map(re.escape, text.split(ANYTHING))).replace(r"\n", "\n")


def _assert_end(end: dict[str, Any], token: str, frontdesk: Frontdesk) -> None:
    for number, fields in end.get("orders", {}).items():
        order = frontdesk.erp.order(number)
        assert {name: _told(order, name) for name in fields} == fields
    for number, wanted in end.get("returns", {}).items():
        assert _returns_of(number, frontdesk) == wanted
    for sku, free in end.get("stock", {}).items():
        levels = {level.warehouse.name: int(level.free) for level in frontdesk.erp.stock(sku)}
        assert {name: levels[name] for name in free} == free
    if "holds" in end:
        assert frontdesk.holds(subject(token)) == end["holds"]
    _assert_leads(end.get("leads", []), token, frontdesk)
    if "documents" in end:
        assert frontdesk.documents(subject(token)) == end["documents"]
    if "audit" in end:
        frontdesk.jobs_done(token)
        assert frontdesk.audit(subject(token)) == end["audit"]


def _assert_leads(wanted: list[dict[str, str]], token: str, frontdesk: Frontdesk) -> None:
    """Asserts which leads were kept, and that each was agreed to in the very words that were said."""
    if wanted:
        frontdesk.jobs_done(token)
    found = frontdesk.leads(subject(token))
    asked = [{name: lead.get(name, "") for name in fields} for lead, fields in zip(found, wanted, strict=True)]
    assert asked == wanted
    said = [text for author, text in frontdesk.transcript(subject(token)) if author == "bot"]
    assert all(lead["consent"] in said for lead in found)


def _told(order: Order, name: str) -> str | list[str]:
    """What an order is: its status, its lines that aren't cancelled, or a part of its address."""
    if name == "lines":
        return [f"{line.quantity} × {line.sku}" for line in order.lines if line.status is not OrderStatus.CANCELLED]
    return str(order.status.value if name == "status" else getattr(order.address, name))


def _returns_of(order_number: str, frontdesk: Frontdesk) -> list[dict[str, Any]]:
    """The returns of an order, in few words."""
    order = frontdesk.erp.order(order_number)
    returns = frontdesk.erp.returns_since(order.customer_number, order.placed_at)
    return [
        {"reason": one.reason.value, "units": {line.id: int(line.quantity) for line in one.lines}}
        for one in returns
        if one.order_number == order_number
    ]
