"""What is said of hand-overs to a person: why one is wanted, how it stands, who has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any


class Reason(str, Enum):
    """Why a conversation goes to a person."""

    ASKED = "asked"
    NOT_UNDERSTOOD = "not_understood"
    COMPLAINT = "complaint"
    FAILED = "failed"
    RULE = "rule"


@dataclass(frozen=True, kw_only=True, slots=True)
class Agent:
    """One of the company's people at the desk. `id` is what they log in with, `name` what customers read."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Understood:
    """What the bot made of one of the customer's messages.

    Attributes:
        confidence: From 0 to 1.
        entities: Values by name.
        action: What the bot did about it.
    """

    text: str
    intent: str
    confidence: float
    entities: Mapping[str, str]
    action: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plea:
    """Why a person is wanted, as the dialogue knows it.

    Attributes:
        note: What the people should know first, such as the name of the rule; may be empty.
        wanted: What the customer and the bot were in the middle of, in words; may be empty.
        understood: The customer's last messages, oldest first.
        reach: Where the customer wants to be reached, in their own words; may be empty.
    """

    reason: Reason
    note: str = ""
    wanted: str = ""
    is_urgent: bool = False
    understood: Sequence[Understood] = ()
    reach: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handoff:
    """A hand-over.

    Attributes:
        state: `left`, `waiting`, `agent`, `returned` or `closed`; see `middleware.ownership`.
        note: What the people should know first, such as the name of a rule; may be empty.
        waiting_since: The place in the line goes by it.
        agent: Who has it, or had it last.
        ticket: The number in the CRM; None until it has confirmed.
        summary: `wanted`, `tried` and `failed`, each a list of sentences.
        account: Customer, orders, invoices and tickets as they were when it was asked for, as
            `middleware.handoff_account.as_json` writes them; None of a stranger.
    """

    id: str
    conversation_id: str
    channel: str
    state: str
    reason: Reason
    note: str
    is_urgent: bool
    requested_at: datetime
    waiting_since: datetime | None
    agent: Agent | None
    claimed_at: datetime | None
    seen_at: datetime | None
    ended_at: datetime | None
    close_reason: str | None
    ticket: str | None
    contact_id: str | None
    reach: str
    summary: Mapping[str, Sequence[str]]
    understood: Sequence[Mapping[str, Any]]
    account: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a hand-over stands for the customer.

    Attributes:
        handoff: Its state is `waiting` while people are there and nobody has it, `left` while nobody is there.
        place: In the line, from 1; None if nobody is there, or an agent has it.
        wait_minutes: How long that will take, about; None where `place` is.
        opens_at: Out of hours, when people come next; None if that isn't in sight.
        is_new: Whether it wasn't asked for before.
    """

    handoff: Handoff
    place: int | None = None
    wait_minutes: int | None = None
    opens_at: datetime | None = None
    is_new: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What an agent wrote for colleagues."""

    author: Agent
    body: str
    written_at: datetime
