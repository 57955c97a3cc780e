"""A worker process that writes into a CRM as jobs do: each thing with a key of its own, again until it is done."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec

from middleware import connectors, settings
from middleware.crm.base import Crm
from middleware.database import open_engine
from middleware.deadline import within
from middleware.errors import Malformed, Unavailable, Unknown
from middleware.records import CommentDraft, Consent, LeadDraft, LeadKind
from middleware.settings import CrmBackEnd
from tests.data.backoffice import MAX
from tests.fakes.building import ASSISTANT_FILE, lead_draft, ticket_draft

THREADS = 4  # of one process, each with a write of its own under way
DEADLINE_SECONDS = 8.0
PAUSE_SECONDS = 0.02
TRIES = 1000  # jobs go on for days

CONSENT = Consent(words="May we keep your details?", at=datetime(2026, 3, 11, 17, 30, tzinfo=timezone.utc))


def key_of(number: int) -> str:
    """As the middleware mints them: 32 hexadecimal digits."""
    return f"{number:032x}"


def email_of(number: int) -> str:
    """Each lead is somebody else's."""
    return f"lead-{number}@soak.example"


def lead_of(number: int, kind: LeadKind, contact_id: str) -> LeadDraft:
    """A lead that nobody else asks for."""
    contact = contact_id if kind is LeadKind.OPPORTUNITY else None
    who = {"email": email_of(number), "first_name": "Ada", "last_name": f"Nr {number}", "phone": None}
    return lead_draft(
        kind=kind, wish=f"wish {number}", owner=MAX.email, contact_id=contact, consent=CONSENT, company="", **who
    )


def write(crm: Crm, number: int, contact_id: str, ticket: str) -> None:
    """Writes one thing: a ticket, a comment, or one of the three kinds of leads, by turns."""
    kinds = (LeadKind.LEAD, LeadKind.CONTACT, LeadKind.OPPORTUNITY)
    turn = number % 5
    if turn == 0:
        crm.open_ticket(ticket_draft(subject=f"Nr {number}", contact_id=contact_id), key_of(number))
    elif turn == 1:
        crm.comment_ticket(ticket, CommentDraft(body=f"Nr {number}", author="Ada", is_public=True), key_of(number))
    else:
        crm.keep_lead(lead_of(number, kinds[turn - 2], contact_id), key_of(number))


def write_at_last(crm: Crm, number: int, contact_id: str, ticket: str) -> None:
    """The same, again and again with the same key; what makes no sense may have been done, too."""
    for attempt in range(TRIES):
        try:
            with within(DEADLINE_SECONDS):
                return write(crm, number, contact_id, ticket)
        except (Unavailable, Unknown, Malformed):
            if attempt == TRIES - 1:
                raise
            time.sleep(PAUSE_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Task:
    """What all workers share.

    Attributes:
        environment: What reaches the CRM and the store; `rules` is what assistant.yml must say of the CRM.
        contacts: Ids of the people whom tickets and opportunities are for.
        tickets: The numbers of those that comments are written on.
    """

    environment: Mapping[str, str]
    rules: Mapping[str, Any]
    writes: int
    contacts: Sequence[str]
    tickets: Sequence[str]


def run(task: Task, file: Path, first: int, step: int) -> None:
    """Does the numbers from `first` in steps that `file` doesn't name yet, and adds each to it once it is done.

    Whoever is killed between the two does it again, with the same key.
    """
    known = settings.load(ASSISTANT_FILE, task.environment)
    crm_rules = msgspec.convert({**msgspec.to_builtins(known.crm), **task.rules}, CrmBackEnd)
    crm = connectors.crm(msgspec.structs.replace(known, crm=crm_rules), open_engine(known.database_url))
    done = {int(line) for line in file.read_text().split()} if file.exists() else set()

    def work(number: int) -> None:
        write_at_last(crm, number, task.contacts[number % len(task.contacts)], task.tickets[number % len(task.tickets)])
        with file.open("a") as lines:
            lines.write(f"{number}\n")

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(work, [number for number in range(first, task.writes, step) if number not in done]))
