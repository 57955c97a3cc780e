"""Plays the conversations of `e2e/*.yml` with the running system, on any channel.

    - conversation: What it shows, as a sentence
      channels: [rest, whatsapp, webchat]  # that it is played on; REST alone, if left out
      as: {phone: "+12015550101"}      # what the channel proves, a token's claims say; {} is a stranger
      others: {second: {}}             # further conversations, with what is proven there
      hours: closed                    # out of hours: on a system of its own, where nobody is there
      turns:
        - customer: where is my order?
          assistant: Your order 20001 (…) was shipped …        # every reply, whole; … stands for anything
          buttons: ["Yes, that one"]                           # all buttons' titles; none if left out
          suggests: 2                                          # instead: only how many, or `any`
          attachments: [INV-26001.pdf]                         # the names of all papers that came; none if left out
          mailed: true                                         # the customer waits for the mail with the code
        - press: Yes, that one                                 # the button or row last offered whose title begins so
          assistant: [First reply, Second reply]
        - sends: {picture: my lamp}                            # what isn't typed words, where the channel can: also
          assistant: …                                         # voice, card, moves to, twice (see the channel's side)
        - customer: it's {code}                                # the newest code that was sent for this conversation
          in: second                                           # in another conversation
          assistant: …
        - agent: claims                                        # what an agent does with its newest hand-over: also
          by: Priya                                            # hands back, puts back, {writes: …}, {closes: why},
                                                               # {sees: name}: a paper or picture of the customer's,
                                                               # the newest; Marco, if nobody is named;
          ticket: T-624                                        # {comments: …} is written on a ticket in the CRM; on
                                                               # that of the hand-over, if none is named
        - crm: throttled                                       # what goes wrong in a vendor's CRM from now on (a fault
                                                               # of its stand-in); `back`: it answers again, only of
                                                               # its first answer to a POST nobody hears
        - arrives: ["Priya: Hello", I'm the assistant again…]  # all that was written to the customer unasked since
          buttons: ["Yes"]
      end:
        orders: {"20001": {status: shipped}}                   # asked of the ERP through its port; also the `lines`
                                                               # left, ["2 × TNT-2P"], and parts of the address
        returns: {"20001": [{reason: damaged, units: {"1": 2}}]} # all that are of an order, the newest first
        stock: {TRV-BTL-750: {Newark: 320}}                    # what is free of an article, by warehouse
        holds: ["500 × TRV-BTL-750: held"]                     # all that were made in the conversation, in order
        leads: [{name: Priya Raman, owner: …}]                 # all that were kept in the conversation, in order, as
                                                               # the CRM has them: kind, name, company, email, phone,
                                                               # size, budget, owner, team, place, wish; [] if none
        tickets: {T-600: {is_open: true,                       # those that it changed, as the CRM has them: author
                  comments: ["Anna Bell: …"]}}                 # and words of what was written in the conversation
        crm: {"+13475550145": {tickets: 1, opportunities: 1}}  # how many records there are of somebody since the test
                                                               # began, by telephone; {leads: 1} by address
        documents: {INV-26001: INV-26001.pdf}                  # the names of its papers, by what they are of
        audit: [order_status ok]                               # every request to a system of record, in order
        handoff:                                               # the newest hand-over; without it none may be open
          {state: waiting, reason: asked, ticket: {is_open: true, contact: "2701", priority: high}, times: 1,
           transcript: complete}                               # to the last message, on the ticket

`{300 letters}` are so many. `{day -3}` is the day three days ago as one says it, `{date +2}` the weekday and date in
two days, `{plain -9}` the date alone; `{month -1}` is last month's name, and `{14 month -1}` its 14th. `{code 1}` is
the first code that was sent for the conversation, `{code of main}` the newest of another one, and `{wrong code}` none.
Tickets, returns and people are called as in the data that was laid; another CRM or ERP than the embedded one has its
own numbers. Of one that has numbers alone, customers say that they mean a ticket; of another ERP's, that they mean a
return.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from middleware.ownership import OPEN
from middleware.records import Order, OrderStatus
from tests.connectors.erp_told import left, statuses
from tests.servers import Frontdesk
from tests.sides import Said, Side
from tests.traces import untraced

SideOf = Callable[[dict[str, Any]], Side]  # of what the channel proves about somebody

ANYTHING = "…"
MAIN = "main"
BACK = "back"
RECOVERY_SECONDS = 150  # credentials that were refused rest for ninety
CHANGED = {"orders", "returns", "holds", "stock", "leads"}  # an end without any of these says that nothing was changed
TICKETS_CHANGED = {"ticket_comment", "ticket_close"}  # an end without tickets says that none of these was done
CODE = re.compile(r"\{code(?: (\d))?(?: of (\w+))?\}")
WRONG_CODE = "{wrong code}"
DAY = re.compile(r"\{(day|date|plain) ([+-]\d+)\}")
LETTERS = re.compile(r"\{(\d+) letters\}")
MONTH = re.compile(r"\{(?:(\d+) )?month ([+-]\d+)\}")
HELD = re.compile(r"^\d+ × |: \w+$")  # how many, and how that stands
BARE_TICKET = re.compile(r"(?<!ticket )\bT-\d+")
BARE_RETURN = re.compile(r"(?<!return )(?<![\w-])R-\d+")
RETURN = re.compile(rf"(?<!\w)R-(?:\d+|{ANYTHING})")
TICKET = re.compile(rf"\bT-(?:\d+|{ANYTHING})")  # one of the data's, or one that was opened since
REST = "rest"
KEYS = {"conversation", "channels", "as", "others", "hours", "turns", "end"}
TURN_KEYS = {
    "customer",
    "press",
    "sends",
    "in",
    "assistant",
    "buttons",
    "suggests",
    "attachments",
    "mailed",
    "agent",
    "by",
    "ticket",
    "crm",
    "arrives",
}


def scripts(channel: str = REST) -> Iterator[Any]:
    """The conversations for a channel, each named by its file and its sentence; a misspelt key is an error."""
    for file in sorted(Path(__file__).with_name("e2e").glob("*.yml")):
        for script in yaml.safe_load(file.read_text(encoding="utf-8")):
            unknown = set(script) - KEYS | {key for turn in script["turns"] for key in set(turn) - TURN_KEYS}
            if unknown:
                raise ValueError(f"{file}: {script['conversation']}: unknown {', '.join(sorted(unknown))}")
            if channel in script.get("channels", [REST]):
                yield pytest.param(script, id=f"{file.stem}: {script['conversation']}")


def play(script: dict[str, Any], frontdesk: Frontdesk, side_of: SideOf) -> None:
    """Plays a conversation, and asserts every reply and the end state."""
    frontdesk.keep_up()
    people = {MAIN: script["as"], **script.get("others", {})}
    sides = {name: side_of(proven) for name, proven in people.items()}
    for turn in script["turns"]:
        name = turn.get("in", MAIN)
        if "agent" in turn:
            _agent_does(turn, sides[name].conversation, frontdesk)
            continue
        if "crm" in turn:
            _crm_is(turn["crm"], [side.conversation for side in sides.values()], frontdesk)
            continue
        wanted = turn["arrives"] if "arrives" in turn else turn["assistant"]
        said = _heard(turn, name, sides, frontdesk)
        _assert_said(turn, wanted if isinstance(wanted, list) else [wanted], said, frontdesk)
        if turn.get("mailed"):
            frontdesk.code(sides[name].conversation)
    end = script.get("end", {})
    _assert_end(end, sides[MAIN].conversation, frontdesk)
    for side in sides.values():
        begun = set(frontdesk.begun_changes(side.conversation))
        assert CHANGED & set(end) or not begun - TICKETS_CHANGED, "it changed something, unasserted"
        assert "tickets" in end or not begun & TICKETS_CHANGED, "it changed a ticket, unasserted"
        assert untraced(frontdesk.engine, frontdesk.settings, side.conversation) == []
        side.close()
        frontdesk.agents.end(side.conversation)


def _agent_does(turn: dict[str, Any], conversation: str, frontdesk: Frontdesk) -> None:
    """What one of the company's people does at the desk, or on a ticket in the CRM."""
    what, who = turn["agent"], turn.get("by", "Marco")
    if "comments" in what:
        own = "ticket" not in turn
        number = frontdesk.agents.ticket(conversation)["number"] if own else _ticket(turn["ticket"], frontdesk)
        frontdesk.inside.agent_writes(number, who, what["comments"])
        frontdesk.agents.ring()
    else:
        frontdesk.agents.does(conversation, what, who)


def _crm_is(how: str, conversations: Sequence[str], frontdesk: Frontdesk) -> None:
    """Lets something go wrong in a vendor's CRM, or nothing any more; what waited for that needn't wait longer."""
    assert frontdesk.crm_stand_in is not None
    faults = frontdesk.crm_stand_in.faults
    if how != BACK:
        faults.always(how)
        return
    faults.none()
    faults.next("lost", method="POST")
    for conversation in conversations:
        frontdesk.jobs_done(conversation, hurried=RECOVERY_SECONDS)


def _heard(turn: dict[str, Any], name: str, sides: Mapping[str, Side], frontdesk: Frontdesk) -> Sequence[Said]:
    """Does a customer's part of a turn, and gives what they hear then."""
    side = sides[name]
    if "arrives" in turn:
        return side.arrived(len(turn["arrives"]))
    if "press" in turn:
        return side.press(dated(turn["press"], frontdesk))
    if "sends" in turn:
        [(what, value)] = turn["sends"].items()
        return side.send(what, value)
    return side.say(_typed(turn["customer"], name, sides, frontdesk))


def _assert_said(turn: dict[str, Any], wanted: list[str], said: Sequence[Said], frontdesk: Frontdesk) -> None:
    """Asserts every reply, whole, with its buttons and papers."""
    texts = [one.text for one in said]
    pattern = [_pattern(dated(line.strip(), frontdesk)) for line in wanted]
    assert len(texts) == len(pattern) and all(map(re.fullmatch, pattern, texts)), f"{turn} was answered {texts}"
    papers = [one.paper for one in said if one.paper is not None]
    names = [_pattern(dated(one, frontdesk)) for one in turn.get("attachments", ())]
    assert len(papers) == len(names) and all(map(re.fullmatch, names, papers)), f"{turn} brought {papers}"
    _assert_buttons(turn, [title for one in said for title in one.buttons], frontdesk)


def _typed(text: str, name: str, sides: Mapping[str, Side], frontdesk: Frontdesk) -> str:
    """What a customer types, with days and codes filled in."""

    def code(match: re.Match[str]) -> str:
        return frontdesk.code(sides[match[2] or name].conversation, int(match[1] or 0))

    if WRONG_CODE in text:
        right = int(frontdesk.code(sides[name].conversation))
        text = text.replace(WRONG_CODE, f"{(right + 1) % 1_000_000:06}")
    if frontdesk.inside.number("T-600").isdecimal():
        text = BARE_TICKET.sub(lambda match: f"ticket {match[0]}", text)
    if frontdesk.erp_stand_in is not None:
        text = BARE_RETURN.sub(lambda match: f"return {match[0]}", text)
    return CODE.sub(code, dated(text, frontdesk))


def _assert_buttons(turn: dict[str, Any], titles: list[str], frontdesk: Frontdesk) -> None:
    suggests = turn.get("suggests")
    if suggests is None:
        assert titles == [dated(title, frontdesk) for title in turn.get("buttons", ())]
    elif suggests != "any":
        assert len(titles) == suggests


def dated(text: str, frontdesk: Frontdesk) -> str:
    """A text of the scripts with its days filled in, and tickets as the CRM calls them."""
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

    text = TICKET.sub(lambda match: _ticket(match[0], frontdesk), text)
    text = RETURN.sub(lambda match: _return(match[0], frontdesk), text)
    return LETTERS.sub(lambda match: "it drops " * (int(match[1]) // 9), MONTH.sub(month, DAY.sub(name, text)))


def _ticket(number: str, frontdesk: Frontdesk) -> str:
    if frontdesk.crm_stand_in is None:
        return number
    return ANYTHING if ANYTHING in number else frontdesk.inside.number(number)


def _return(number: str, frontdesk: Frontdesk) -> str:
    if frontdesk.erp_stand_in is None:
        return number
    return ANYTHING if ANYTHING in number else frontdesk.erp_inside.return_number(number)


def written(day: date, today: date) -> str:
    """A day as it stands on a paper."""
    is_near = day.year == today.year or abs(day - today) < timedelta(days=60)
    return f"{day.day} {day:%B}" if is_near else f"{day.day} {day:%B %Y}"


def _pattern(text: str) -> str:
    return "(?s:.*)".join(map(re.escape, text.split(ANYTHING))).replace(r"\n", "\n")


def _assert_end(end: dict[str, Any], conversation: str, frontdesk: Frontdesk) -> None:
    for number, fields in end.get("orders", {}).items():
        order = frontdesk.erp.order(number)
        _assert_order(order, fields, frontdesk)
    for number, wanted in end.get("returns", {}).items():
        assert _returns_of(number, frontdesk) == wanted
        assert frontdesk.erp_inside.returns(number) == len(wanted)
    for sku, free in end.get("stock", {}).items():
        _assert_stock(sku, free, frontdesk)
    if "holds" in end:
        assert frontdesk.holds(conversation) == end["holds"]
        for sku in {HELD.sub("", line) for line in end["holds"]}:
            kept = frontdesk.held(sku) if frontdesk.erp.capabilities.holds == "native" else 0
            assert frontdesk.erp_inside.reserved(sku) == kept
    _assert_leads(end.get("leads", []), conversation, frontdesk)
    _assert_tickets(end.get("tickets", {}), conversation, frontdesk)
    for reached_by, counts in end.get("crm", {}).items():
        found = {what: _count(what, reached_by, frontdesk) for what in counts}
        assert found == counts, f"of {reached_by} there are {found}"
    if "documents" in end:
        assert frontdesk.documents(conversation) == end["documents"]
    _assert_handoff(end.get("handoff"), conversation, frontdesk)
    if "audit" in end:
        frontdesk.jobs_done(conversation)
        assert frontdesk.audit(conversation) == end["audit"]


def _assert_order(order: Order, fields: Mapping[str, Any], frontdesk: Frontdesk) -> None:
    """Asserts what an order is, and that its people see the same lines as the port tells."""
    told = {name: _told(order, name) for name in fields}
    stands = told.get("status")
    if stands is not None:
        told["status"] = (
            fields["status"]
            if OrderStatus(stands) in statuses(frontdesk.erp, OrderStatus(fields["status"]))
            else stands
        )
    assert told == fields
    lines = {line.id: (line.sku, line.quantity) for line in left(order)}
    assert dict(frontdesk.erp_inside.lines(order.number)) == lines


def _assert_stock(sku: str, wanted: Mapping[str, int], frontdesk: Frontdesk) -> None:
    """Asserts what is free of an article in warehouses, where the ERP tells them apart."""
    levels = {level.warehouse.name: int(level.free) for level in frontdesk.erp.stock(sku)}
    if frontdesk.erp.capabilities.warehouse_stock:
        assert {name: levels[name] for name in wanted} == wanted


def _assert_handoff(wanted: dict[str, Any] | None, conversation: str, frontdesk: Frontdesk) -> None:
    """Asserts how the newest hand-over stands, its ticket, and what is on that; or that none is open."""
    agents, rest = frontdesk.agents, dict(wanted or {})
    found = agents.newest(conversation)
    if wanted is None:
        assert found.get("state") not in OPEN, "a hand-over is open, unasserted"
        return
    ticket, is_complete, times = rest.pop("ticket", {}), rest.pop("transcript", None), rest.pop("times", 1)
    assert {name: found[name] for name in rest} == rest
    assert agents.count(conversation) == times
    in_crm = agents.ticket(conversation)
    assert {name: in_crm[name] for name in ticket} == ticket
    if is_complete == "complete":
        assert agents.lacking(conversation) == []


def _assert_tickets(wanted: dict[str, dict[str, Any]], conversation: str, frontdesk: Frontdesk) -> None:
    """Asserts how tickets stand, and all that was written on any of them in the conversation."""
    wanted = {_ticket(number, frontdesk): fields for number, fields in wanted.items()}
    for number, fields in wanted.items():
        assert frontdesk.crm.ticket(number).is_open == fields["is_open"]
    comments = {number: fields["comments"] for number, fields in wanted.items() if "comments" in fields}
    found = frontdesk.comments(conversation)
    assert set(found) == set(comments)
    for number, lines in comments.items():
        pattern = [_pattern(dated(line, frontdesk)) for line in lines]
        assert len(found[number]) == len(pattern) and all(map(re.fullmatch, pattern, found[number])), found[number]


def _count(what: str, reached_by: str, frontdesk: Frontdesk) -> int:
    """How many records of a kind the CRM has of somebody."""
    if what == "leads":
        return len(frontdesk.inside.leads(reached_by))
    [contact] = frontdesk.crm.contacts_by_phone(reached_by)
    if what == "opportunities":
        return len(frontdesk.inside.opportunities(contact.id))
    return len(frontdesk.crm.tickets_since(contact.id, frontdesk.now))


def _assert_leads(wanted: list[dict[str, str]], conversation: str, frontdesk: Frontdesk) -> None:
    """Asserts which leads were kept, and that each was agreed to in the very words that were said."""
    if wanted:
        frontdesk.jobs_done(conversation)
    found = frontdesk.leads(conversation)
    asked = [{name: lead.get(name, "") for name in fields} for lead, fields in zip(found, wanted, strict=True)]
    assert asked == wanted
    said = [text for author, text in frontdesk.transcript(conversation) if author == "bot"]
    assert all(lead["consent"] in said for lead in found)


def _told(order: Order, name: str) -> str | list[str]:
    """What an order is: its status, its lines that aren't cancelled, or a part of its address."""
    if name == "lines":
        return [f"{int(line.quantity)} × {line.sku}" for line in left(order)]
    return str(order.status.value if name == "status" else getattr(order.address, name))


def _returns_of(order_number: str, frontdesk: Frontdesk) -> list[dict[str, Any]]:
    """The returns of an order, in few words."""
    order = frontdesk.erp.order(order_number)
    places = {line.id: str(place) for place, line in enumerate(order.lines, start=1)}
    returns = frontdesk.erp.returns_since(order.customer_number, order.placed_at)
    return [
        {"reason": one.reason.value, "units": {places[line.id]: int(line.quantity) for line in one.lines}}
        for one in returns
        if one.order_number == order_number
    ]
