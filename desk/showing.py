"""What the desk's pages show of hand-overs and messages, in the words of the people who work there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from desk.live import Entry
from middleware.delivery_standing import Trouble
from middleware.handoff_account import Account, from_json
from middleware.handoff_records import Agent, Handoff, Reason
from middleware.history import AGENT, BOT, CUSTOMER, Message
from middleware.ownership import CLOSED, LEFT, RETURNED, WAITING, WITH_AGENT

REASONS = {
    Reason.ASKED: "Asked for a person",
    Reason.NOT_UNDERSTOOD: "Wasn't understood",
    Reason.COMPLAINT: "Complaint",
    Reason.FAILED: "Something failed",
    Reason.RULE: "By a rule",
}
STATES = {LEFT: "Left out of hours", WAITING: "Waiting", RETURNED: "Back with the assistant", CLOSED: "Closed"}
CHANNELS = {"rest": "Website", "webchat": "Web chat", "whatsapp": "WhatsApp"}
# What became of what was written to a customer who isn't connected.
TROUBLES = {"failed": "Not delivered", "held": "Not sent", "doubtful": "Maybe delivered", "late": "Not sent yet"}
RECEIPTS = {"delivered": "Delivered", "read": "Read"}
PICTURES = (".png", ".jpg", ".jpeg")  # whoever kept a document has looked at it before it was called so
UNKNOWN = "Customer"
SNIPPET = 140  # characters


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A hand-over as the line shows it.

    Attributes:
        place: In the line, from 1; None if it doesn't wait.
        since: Since when it is where it is.
        awaits_answer: Whether it is with an agent, and the customer wrote last.
        unreached: What became of the last words, if they haven't reached the customer.
    """

    handoff: Handoff
    customer: str
    reason: str
    channel: str
    place: int | None
    since: datetime
    last_by: str
    last_text: str
    awaits_answer: bool
    unreached: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The line as one agent sees it."""

    waiting: Sequence[Card]
    mine: Sequence[Card]
    others: Sequence[Card]
    left: Sequence[Card]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """What became of a message to a customer.

    Attributes:
        state: As the outbox calls it.
        label: In a word or two.
        words: What else there is to say; empty if nothing.
    """

    state: str
    label: str
    words: str = ""

    @property
    def is_trouble(self) -> bool:
        """Whether somebody should hear of it."""
        return self.state in TROUBLES


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A message as it is shown.

    Attributes:
        author: `customer`, `bot` or `agent`.
        by: Who that is.
        role: What they are, where their name doesn't tell.
        write: What an agent's page called it when it sent it; empty for all others.
        offered: The titles of the buttons below it.
        document: Id and name of a document that came with it; None if none did.
        is_picture: Whether that is one to be looked at.
        fate: What became of it, where that is known.
    """

    sequence: int
    author: str
    by: str
    role: str
    at: datetime
    text: str
    write: str = ""
    offered: Sequence[str] = ()
    document: tuple[str, str] | None = None
    is_picture: bool = False
    fate: Fate | None = None


def fates(troubles: Mapping[int, Trouble], receipts: Mapping[int, str]) -> Mapping[int, Fate]:
    """What became of messages, by their sequence."""
    arrived = {sequence: Fate(state=state, label=RECEIPTS[state]) for sequence, state in receipts.items()}
    stuck = {
        sequence: Fate(state=trouble.state, label=TROUBLES[trouble.state], words=trouble.words)
        for sequence, trouble in troubles.items()
    }
    return arrived | stuck


def account_of(handoff: Handoff) -> Account | None:
    """What was read of the customer's account; None if nobody knows who they are."""
    return from_json(handoff.account) if handoff.account else None


def customer_of(handoff: Handoff) -> str:
    """What the customer is called."""
    account = account_of(handoff)
    return (account.name if account else "") or UNKNOWN


def channel_of(handoff: Handoff) -> str:
    """Where the customer writes, in words."""
    return CHANNELS.get(handoff.channel, handoff.channel.title())


def state_of(handoff: Handoff, me: Agent) -> str:
    """How a hand-over stands, for somebody who looks at it."""
    if handoff.state != WITH_AGENT or handoff.agent is None:
        return STATES[handoff.state]
    return "With you" if handoff.agent.id == me.id else f"With {handoff.agent.name}"


def is_mine(handoff: Handoff, me: Agent) -> bool:
    """Whether somebody has this conversation."""
    return handoff.state == WITH_AGENT and handoff.agent is not None and handoff.agent.id == me.id


def line_for(entries: Sequence[Entry], me: Agent) -> Line:
    """The line as one agent sees it."""
    waiting = [entry for entry in entries if entry.handoff.state == WAITING]
    with_agents = [entry for entry in entries if entry.handoff.state == WITH_AGENT]
    return Line(
        waiting=[_card(entry, place) for place, entry in enumerate(waiting, 1)],
        mine=[_card(entry) for entry in with_agents if is_mine(entry.handoff, me)],
        others=[_card(entry) for entry in with_agents if not is_mine(entry.handoff, me)],
        left=[_card(entry) for entry in entries if entry.handoff.state == LEFT],
    )


def _card(entry: Entry, place: int | None = None) -> Card:
    handoff, last = entry.handoff, entry.last
    said = next(shown([last], handoff), None) if last else None
    text = " ".join(str(last.reply.get("text") or "").split()) if last else ""
    since = handoff.claimed_at if handoff.state == WITH_AGENT else handoff.waiting_since
    return Card(
        handoff=handoff,
        customer=customer_of(handoff),
        reason=REASONS[handoff.reason],
        channel=channel_of(handoff),
        place=place,
        since=since or handoff.requested_at,
        last_by=said.by if said else "",
        last_text=text if len(text) <= SNIPPET else text[:SNIPPET].rstrip() + "…",
        awaits_answer=bool(said and said.author == CUSTOMER and handoff.state == WITH_AGENT),
        unreached=TROUBLES.get(entry.unreached, ""),
    )


def shown(
    messages: Sequence[Message], handoff: Handoff, fates: Mapping[int, Fate] = MappingProxyType({})
) -> Iterator[Said]:
    """Messages as they are shown. What isn't words is shown itself as soon as it is there; until then it is named."""
    for message in messages:
        attachment = message.reply.get("attachment")
        by, role = _author(message, handoff)
        yield Said(
            sequence=message.sequence,
            author=message.author,
            by=by,
            role=role,
            at=message.at,
            text="" if attachment and message.is_wordless else str(message.reply.get("text") or ""),
            write=(message.external_id or "").removeprefix("desk:") if message.author == AGENT else "",
            offered=[button["title"] for button in message.reply.get("buttons", ())],
            document=(attachment["id"], attachment["name"]) if attachment else None,
            is_picture=attachment is not None and attachment["name"].lower().endswith(PICTURES),
            fate=fates.get(message.sequence),
        )


def _author(message: Message, handoff: Handoff) -> tuple[str, str]:
    if message.author == CUSTOMER:
        name = customer_of(handoff)
        return name, "" if name == UNKNOWN else UNKNOWN
    if message.author == BOT:
        return "Assistant", "Bot"
    return str(message.reply.get("agent") or "Agent"), "Agent"
