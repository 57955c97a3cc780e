"""Starts Frontdesk for tests: action server, Rasa and, if asked, the desk, on ports and data of the tests' own."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jwt
import pytest
import requests
from ruamel.yaml import YAML
from sqlalchemy.engine import Engine

from middleware import connectors, reset, settings, store
from middleware.database import open_engine
from middleware.demo import Data
from middleware.opening import DAYS
from middleware.settings import Settings
from scripts.environment import ROOT, environment
from scripts.serve import HOST, Servers, free_port, running
from tests.agents import AgentsSide
from tests.connectors.erp_inside import InsideEmbeddedErp
from tests.connectors.inside import InsideEmbedded
from tests.data.shop import shop
from tests.fakes.relay import Relay
from tests.fakes.stand_in import StandIn
from tests.fakes.whatsapp import WhatsApp
from tests.model import DOMAIN
from tests.stored import Stored
from tests.traces import untraced

SECRET = "only-for-tests-" + "x" * 32
TIMEOUT_SECONDS = 90
MOMENT = DOMAIN["responses"]["utter_moment"][0]["text"]
MESSAGES_A_MINUTE = 200  # of one conversation
ARRIVAL_SECONDS = 30
DEADLINE_SECONDS = 20  # of any operation, on a busy machine; what is told when one has passed is tested without servers
MINUTE = timedelta(minutes=1)
ANSWER_SECONDS = 2  # between two looks for what agents wrote in the CRM
EMBEDDED = "embedded"
_OF_THE_CRM = ("employees", "accounts", "contacts", "tickets", "ticket_comments")


@dataclass
class Laid:
    """The moment that the tests' data was laid around."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class Frontdesk(Stored):
    """The running system, as tests speak with it.

    Attributes:
        laid: When the tests' data was laid.
        environment: Of its servers, for others that are to run beside them.
        meta: What it takes for WhatsApp.
        relay: The way to it that its own public address takes, which can be lost.
        site_port: Where tests may serve a site that shows the web chat; assistant.yml lists its origins.
        crm_stand_in: Stands for the vendor's CRM; None if the CRM is the embedded one.
        erp_stand_in: The same of the ERP.
    """

    servers: Servers
    settings: Settings
    laid: Laid
    environment: dict[str, str]
    meta: WhatsApp
    relay: Relay
    site_port: int
    crm_stand_in: StandIn | None
    erp_stand_in: StandIn | None

    @property
    def zone(self) -> ZoneInfo:
        """The company's zone."""
        return self.settings.zone

    @property
    def now(self) -> datetime:
        """The moment that the tests' data was laid around."""
        return self.laid.at

    def token(self, **claims: Any) -> str:
        """A good token with a conversation of its own; claims given here are added or replace others."""
        base = {"sub": uuid.uuid4().hex, "aud": self.settings.rest.audience, "exp": time.time() + 3600}
        return jwt.encode(base | claims, SECRET, algorithm="HS256")

    def lay_anew(self) -> None:
        """Lays the systems of record's data as they were at first; nobody holds anything, or has asked for a code.

        Nor did we have a vendor's ERP change anything.

        Tickets get the numbers again that they had, so nothing of earlier ones may still be written on them.
        """
        self.laid.at = not_at_midnight(self.zone)
        reset.drop_jobs(self.engine)
        _lay(shop(self.now), self.engine, self.crm_stand_in, self.erp_stand_in)
        with self.engine.begin() as connection:
            connection.execute(store.holds.delete())
            connection.execute(store.codes.delete())
            connection.execute(store.erp_ledger.delete())

    def keep_up(self) -> None:
        """Lays the data anew if it is of another day, as customers are told of days."""
        if not_at_midnight(self.zone).date() != self.now.date():
            self.lay_anew()

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
        return AgentsSide(self.settings, self.engine, self.crm, self.inside)

    def close(self) -> None:
        """Ends what tests did beside the servers."""
        if "agents" in vars(self):
            self.agents.close()

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


def not_at_midnight(zone: ZoneInfo) -> datetime:
    """The time; of a day that is about to end, its end is waited for."""
    now = datetime.now(zone)
    if (now + MINUTE).date() == now.date():
        return now
    time.sleep(MINUTE.total_seconds())
    return datetime.now(zone)


def subject(token: str) -> str:
    """Whom a token speaks for."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return str(claims["sub"])


def conversation_of(token: str) -> str:
    """The conversation of a token on the REST channel, by its id in the store."""
    return f"rest:{subject(token)}"


def _lay(data: Data, engine: Engine, crm: StandIn | None, erp: StandIn | None) -> None:
    """Puts data into the systems of record; a vendor's isn't in the embedded one, but for articles and warehouses."""
    for stand_in in filter(None, (crm, erp)):
        stand_in.lay(data)
    if crm is not None:
        data = replace(data, **dict.fromkeys(_OF_THE_CRM, ()))
    if erp is not None:
        kept = {name: getattr(data, name) for name in (*_OF_THE_CRM, "products", "warehouses")}
        data = Data(**kept)
    reset.lay(engine, data)


def _rules(folder: Path, is_open: bool, site_port: int) -> Path:
    """Writes the project's own rules, with room for all the messages that the tests send from one address, and time.

    Args:
        is_open: Whether people answer, on all days; otherwise they are back the day after tomorrow.
        site_port: Of the site that may show the web chat.
    """
    yaml = YAML(typ="safe", pure=True)
    rules = yaml.load((ROOT / settings.SETTINGS_FILE).read_text(encoding="utf-8"))
    rules["limits"] |= {"sender": f"{MESSAGES_A_MINUTE}/minute", "address": "100000/minute"}
    back = datetime.now(ZoneInfo(rules["company"]["timezone"])) + timedelta(days=2)
    hours = dict.fromkeys(DAYS, "00:00-24:00") if is_open else {DAYS[back.weekday()]: "09:00-18:00"}
    rules["opening"] = {"hours": hours}
    rules["crm"]["answers"]["every_seconds"] = ANSWER_SECONDS
    for operation in rules["operations"].values():
        operation["deadline"] = max(operation["deadline"], DEADLINE_SECONDS)
    rules["webchat"] |= {"origins": [f"http://{name}:{site_port}" for name in (HOST, "localhost")]}
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
def serve(
    folder: Path,
    is_open: bool = True,
    programs: Mapping[str, Sequence[str]] | None = None,
    data: Callable[[datetime], Data] = shop,
    **more: str,
) -> Iterator[Frontdesk]:
    """The whole system on the tests' own data, with settings of the environment that overrule the usual ones.

    Args:
        is_open: Whether the company's people answer.
        programs: What stands for `python -m …` in a server's command, by the server's name.
        data: What is in the systems of record, around a moment.
    """
    port = free_port()
    relay = Relay(free_port(), port)
    site_port = free_port()
    with WhatsApp() as meta, relay.open():
        meta.webhook = f"http://{HOST}:{port}/webhooks/whatsapp/webhook"
        meta.tells = ("sent", "delivered")
        overrides = {
            "PUBLIC_URL": f"http://{HOST}:{relay.port}",
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
            "ASSISTANT_FILE": str(_rules(folder, is_open, site_port)),
            **meta.environment,
            **more,
        }
        known = settings.load(environment=environment() | overrides)
        now = not_at_midnight(known.zone)
        store.migrate(known.database_url)
        engine = open_engine(known.database_url)
        _lay(data(now), engine, None, None)
        ports = (port, free_port(), free_port())
        with running(*ports, env=overrides, logs=folder, only=("actions", "rasa"), programs=programs) as servers:
            frontdesk = Frontdesk(
                servers=servers,
                settings=known,
                engine=engine,
                laid=Laid(now),
                crm=connectors.crm(known, engine),
                inside=InsideEmbedded(engine),
                erp=connectors.erp(known, engine),
                erp_inside=InsideEmbeddedErp(engine),
                environment=environment() | overrides,
                mailbox=Path(known.mailbox),
                meta=meta,
                relay=relay,
                site_port=site_port,
                crm_stand_in=None,
                erp_stand_in=None,
            )
            yield frontdesk
            frontdesk.close()
        engine.dispose()
