"""Starts Frontdesk for tests: action server, Rasa and, if asked, the desk, on ports and data of the tests' own."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jwt
import pytest
import requests
import sqlalchemy as sa
from ruamel.yaml import YAML
from sqlalchemy.engine import Connection, Engine, Row

from middleware import lines, reset, settings, store
from middleware.bootstrap import CRMS, ERPS
from middleware.crm.base import Crm
from middleware.crm.embedded import tables as crm
from middleware.database import open_engine
from middleware.erp.base import Erp
from middleware.opening import DAYS
from middleware.settings import Settings
from scripts.environment import ROOT, environment
from scripts.serve import HOST, Servers, free_port, running
from tests.agents import AgentsSide
from tests.data.shop import shop
from tests.model import DOMAIN
from tests.traces import untraced

SECRET = "only-for-tests-" + "x" * 32
TIMEOUT_SECONDS = 90
MOMENT = DOMAIN["responses"]["utter_moment"][0]["text"]
MESSAGES_A_MINUTE = 200  # of one conversation
MAIL_SECONDS = 20
ARRIVAL_SECONDS = 30


@dataclass(frozen=True)
class Frontdesk:
    """The running system, as tests speak with it.

    Attributes:
        now: The moment that the tests' data was laid around.
        crm: The system of record behind it, to assert end states by.
        environment: Of its servers, for others that are to run beside them.
        mailbox: The file that mail goes into.
    """

    servers: Servers
    settings: Settings
    engine: Engine
    now: datetime
    crm: Crm
    erp: Erp
    environment: dict[str, str]
    mailbox: Path

    @property
    def zone(self) -> ZoneInfo:
        """The company's zone."""
        return self.settings.zone

    def token(self, **claims: Any) -> str:
        """A good token with a conversation of its own; claims given here are added or replace others."""
        base = {"sub": uuid.uuid4().hex, "aud": self.settings.rest.audience, "exp": time.time() + 3600}
        return jwt.encode(base | claims, SECRET, algorithm="HS256")

    def post(self, token: str | None, body: Any, **options: Any) -> requests.Response:
        """Sends a request to the REST channel as it is."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.post(
            f"{self.servers.url}/webhooks/rest/webhook", json=body, headers=headers, timeout=TIMEOUT_SECONDS, **options
        )

    def messages(self, token: str | None, **parameters: Any) -> requests.Response:
        """Asks the REST channel for what was written to the customer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.get(
            f"{self.servers.url}/webhooks/rest/messages", params=parameters, headers=headers, timeout=TIMEOUT_SECONDS
        )

    def say(self, token: str, text: str, message_id: str | None = None) -> list[dict[str, Any]]:
        """Sends a message, and gives the replies; but not that it takes a moment, as on a busy machine it may."""
        body = {"message": text} | ({"message_id": message_id} if message_id else {})
        answer = self.post(token, body)
        assert answer.status_code == 200, answer.text
        return [reply for reply in answer.json() if reply.get("text") != MOMENT]

    @cached_property
    def agents(self) -> AgentsSide:
        """What agents do, beside it."""
        return AgentsSide(self.settings, self.engine)

    def arrived(self, token: str, after: int, count: int = 0) -> list[dict[str, Any]]:
        """What was written to the customer after a place; waits until it is so many.

        Args:
            count: How many are waited for.
        """
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while True:
            found += self.messages(
                token, after=found[-1]["sequence"] if found else after, wait=1 if count else 0
            ).json()
            if len(found) >= count or time.monotonic() > deadline:
                return found

    def last_sequence(self, token: str) -> int:
        """How far a conversation has come."""
        mine = store.conversations.c.id == f"rest:{subject(token)}"
        with self.engine.connect() as connection:
            return int(connection.execute(sa.select(store.conversations.c.last_sequence).where(mine)).scalar_one())

    def code(self, token: str, number: int = 0) -> str:
        """A code that a conversation asked for, as it stands in the mailbox; waits for the mail.

        Args:
            number: 1 is the first that was asked for; 0 the newest.
        """
        query = (
            sa.select(store.codes.c.id)
            .where(store.codes.c.conversation_id == f"rest:{subject(token)}")
            .order_by(store.codes.c.created_at)
        )
        with self.engine.connect() as connection:
            code_id = connection.execute(query).scalars().all()[number - 1]
        mail = re.compile(rf"Message-ID: <{code_id}@.*?\b(\d{{6}})\b", re.DOTALL)
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            found = mail.search(self.mailbox.read_text(encoding="utf-8")) if self.mailbox.exists() else None
            if found:
                return found[1]
            time.sleep(0.05)
        raise AssertionError(f"no mail with the code {code_id}")

    def jobs_done(self, token: str) -> None:
        """Waits until nothing that a conversation caused is still to be done."""
        mine = f"rest:{subject(token)}"
        query = sa.select(sa.func.count()).where(
            store.jobs.c.line.in_((mine, lines.to_the_crm(mine))), store.jobs.c.state.in_(("waiting", "running"))
        )
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            with self.engine.connect() as connection:
                if not connection.execute(query).scalar_one():
                    return
            time.sleep(0.05)
        raise AssertionError("a job wasn't done")

    def audit(self, conversation: str) -> list[str]:
        """What a conversation asked of the systems of record, as `operation outcome`, in order."""
        query = (
            sa.select(store.audit.c.operation, store.audit.c.outcome)
            .where(store.audit.c.conversation_id == f"rest:{conversation}")
            .order_by(store.audit.c.id)
        )
        with self.engine.connect() as connection:
            return [f"{row.operation} {row.outcome}" for row in connection.execute(query)]

    def documents(self, conversation: str) -> dict[str, str]:
        """The papers that a conversation got: their names, by the number of what they are of."""
        table = store.documents
        query = sa.select(table.c.object, table.c.name).where(table.c.conversation_id == f"rest:{conversation}")
        with self.engine.connect() as connection:
            return {row.object: row.name for row in connection.execute(query)}

    def holds(self, conversation: str) -> list[str]:
        """What was put aside in a conversation, and how that stands, in order."""
        query = (
            sa.select(store.holds)
            .where(store.holds.c.conversation_id == f"rest:{conversation}")
            .order_by(store.holds.c.number)
        )
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return [f"{sum(int(part['quantity']) for part in row.parts)} × {row.sku}: {row.state}" for row in rows]

    def leads(self, conversation: str) -> list[dict[str, Any]]:
        """The leads that a conversation left: what we keep of each, and what the CRM has of it, in order."""
        query = (
            sa.select(store.leads)
            .where(store.leads.c.conversation_id == f"rest:{conversation}")
            .order_by(store.leads.c.number)
        )
        with self.engine.connect() as connection:
            return [lead_told(connection, row) for row in connection.execute(query).all()]

    def comments(self, conversation: str) -> dict[str, list[str]]:
        """What a customer had written on tickets in a conversation, as author and words, by the ticket's number."""
        table, operations = crm.ticket_comments, store.operations
        query = (
            sa.select(table)
            .join(operations, operations.c.key == table.c.key)
            .where(operations.c.conversation_id == f"rest:{conversation}", table.c.is_public)
            .order_by(table.c.written_at)
        )
        found: dict[str, list[str]] = {}
        with self.engine.connect() as connection:
            for row in connection.execute(query):
                found.setdefault(row.ticket_number, []).append(f"{row.author}: {row.body}")
        return found

    def begun_changes(self, conversation: str) -> list[str]:
        """The changes that a conversation has begun, done or not."""
        operations = store.operations
        query = sa.select(operations.c.operation).where(
            operations.c.conversation_id == f"rest:{conversation}", operations.c.state != "proposed"
        )
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def transcript(self, conversation: str) -> list[tuple[str, str]]:
        """A conversation's stored messages as author and text, in order."""
        query = (
            sa.select(store.messages.c.author, store.messages.c.payload)
            .where(store.messages.c.conversation_id == f"rest:{conversation}")
            .order_by(store.messages.c.sequence)
        )
        with self.engine.connect() as connection:
            return [(row.author, row.payload["text"]) for row in connection.execute(query)]


def lead_told(connection: Connection, row: Row) -> dict[str, Any]:
    """A lead in few words, as the embedded CRM has it; without what nobody said."""
    key = crm.lead_keys
    found = connection.execute(sa.select(key).where(key.c.key == row.key)).one()
    is_lead = found.kind == "lead"
    table = crm.leads if is_lead else crm.opportunities if found.kind == "opportunity" else crm.contacts
    record = connection.execute(sa.select(table).where(table.c.id == found.record_id)).one()
    person = record
    if found.kind == "opportunity":
        person = connection.execute(sa.select(crm.contacts).where(crm.contacts.c.id == record.contact_id)).one()
    told = {
        "kind": found.kind,
        "name": f"{person.first_name} {person.last_name}".strip(),
        "email": person.email or "",
        "phone": person.phone or "",
        "owner": found.owner,
        "team": row.team,
        "state": row.state,
        "company": record.company,
        "size": bounds(record.size_low, record.size_high),
        "budget": f"{bounds(record.budget_low, record.budget_high)} {record.budget_currency or ''}".strip(),
        "wish": record.wish,
        "place": f"{record.state} {record.country}".strip() if is_lead else "",
        "consent": record.consent,
    }
    return {name: value for name, value in told.items() if value}


def bounds(low: Any, high: Any) -> str:
    """From where to where something lies: "250", "50-100", "500+"."""
    if low is None:
        return ""
    if high is None:
        return f"{low:.0f}+"
    return f"{low:.0f}" if low == high else f"{low:.0f}-{high:.0f}"


def subject(token: str) -> str:
    """The conversation of a token."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return str(claims["sub"])


def _rules(folder: Path, is_open: bool) -> Path:
    """Writes the project's own rules, with room for all the messages that the tests send from one address.

    Args:
        is_open: Whether people answer, on all days; otherwise they are back the day after tomorrow.
    """
    yaml = YAML(typ="safe", pure=True)
    rules = yaml.load((ROOT / settings.SETTINGS_FILE).read_text(encoding="utf-8"))
    rules["limits"] |= {"sender": f"{MESSAGES_A_MINUTE}/minute", "address": "100000/minute"}
    back = datetime.now(ZoneInfo(rules["company"]["timezone"])) + timedelta(days=2)
    hours = dict.fromkeys(DAYS, "00:00-24:00") if is_open else {DAYS[back.weekday()]: "09:00-18:00"}
    rules["opening"] = {"hours": hours}
    file = folder / settings.SETTINGS_FILE.name
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(rules, stream)
    return file


@pytest.fixture(scope="session")
def frontdesk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frontdesk]:
    """The whole system on the tests' own data, for all tests of the run; all that it said must be traced at the end."""
    with serve(tmp_path_factory.mktemp("frontdesk")) as frontdesk:
        yield frontdesk
        assert untraced(frontdesk.engine, frontdesk.settings) == []


@pytest.fixture(scope="session")
def closed_frontdesk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frontdesk]:
    """The same out of hours: nobody is there, and they are back the day after tomorrow at nine."""
    with serve(tmp_path_factory.mktemp("closed"), is_open=False) as frontdesk:
        yield frontdesk
        assert untraced(frontdesk.engine, frontdesk.settings) == []


@contextmanager
def serve(folder: Path, is_open: bool = True, **more: str) -> Iterator[Frontdesk]:
    """The whole system on the tests' own data, with settings of the environment that overrule the usual ones.

    Args:
        is_open: Whether the company's people answer.
    """
    port = free_port()
    overrides = {
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "DATABASE_URL": f"sqlite:///{folder / 'frontdesk.db'}",
        "TRACKER_DB": str(folder / "tracker.db"),
        "JWT_SECRET": SECRET,
        "ACTION_TOKEN": uuid.uuid4().hex,
        "CODES_KEY": uuid.uuid4().hex,
        "DOCUMENTS_KEY": uuid.uuid4().hex,
        "DESK_KEY": uuid.uuid4().hex,
        "WEBCHAT_KEY": uuid.uuid4().hex,
        "DOCUMENTS_URL": str(folder / "documents"),
        "MAILBOX": str(folder / "mailbox.txt"),
        "AUDIT_HEAD": str(folder / "audit-head.txt"),
        "ASSISTANT_FILE": str(_rules(folder, is_open)),
        **more,
    }
    known = settings.load(environment=environment() | overrides)
    now = datetime.now(known.zone)
    store.migrate(known.database_url)
    engine = open_engine(known.database_url)
    reset.lay(engine, shop(now))
    with running(port, free_port(), free_port(), env=overrides, logs=folder, only=("actions", "rasa")) as servers:
        crm_port, erp = CRMS[known.crm.system](engine), ERPS[known.erp.system](engine)
        served = environment() | overrides
        frontdesk = Frontdesk(servers, known, engine, now, crm_port, erp, served, Path(known.mailbox))
        yield frontdesk
        if "agents" in vars(frontdesk):
            frontdesk.agents.close()
    engine.dispose()
