"""The CRM is away while customers leave their details and ask for a person, and the action server is killed meanwhile.

Everything arrives in the end, once each, and a customer's lead before their ticket.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from middleware import bootstrap, reset, settings, store
from middleware.bootstrap import Middleware
from middleware.clock import system_clock
from middleware.crm.embedded import tables as crm
from middleware.demo import demo_data
from middleware.identity import Proof
from scripts.environment import environment
from scripts.serve import HOST, answers, free_port
from tests.counts import seeded
from tests.fakes.caller import Caller
from tests.faults import actions_without_crm
from tests.faults.copies import killed, started
from tests.servers import SECRET

CUSTOMERS = 50
KILLS = 5
AT_ONCE = 4
SECONDS = 120
FIRST, LAST = 40, 300  # calls, between which the server is killed

ANSWERS = {
    "name": "Sam Person{number}",
    "company": "Firm{number} LLC",
    "size": "40",
    "email": "sam{number}@firm.example.com",
    "budget": "$5,000",
    "phone": "skip",
}


@dataclass
class Office:
    """An action server whose CRM has moods, and what tests look into it with."""

    middleware: Middleware
    environment: dict[str, str]
    folder: Path
    port: int = field(default_factory=free_port)
    calls: int = 0
    running: BaseProcess | None = None
    up: threading.Event = field(default_factory=threading.Event)

    @property
    def mood(self) -> Path:
        """The file that says what the CRM does."""
        return Path(self.environment["CRM_FILE"])

    def start(self) -> None:
        """Starts the action server."""
        log = self.folder / "actions.log"
        self.running = started(actions_without_crm.serve, self.port, environment=self.environment, log=log)
        until(lambda: answers(self.port, "/health"))
        self.up.set()

    def kill(self) -> None:
        """Ends it as a crash would, in the middle of whatever it does."""
        self.up.clear()
        assert self.running is not None
        killed(self.running)

    def call(self, caller: Caller, action: str, turn_id: str, text: str, intent: str) -> list[dict[str, Any]]:
        """Has an action answer, as often as it takes."""
        while True:
            self.up.wait()
            self.calls += 1
            try:
                return caller.run(f"http://{HOST}:{self.port}", action, turn_id, text, intent)
            except requests.ConnectionError:
                time.sleep(0.1)

    def hurry(self) -> None:
        """Lets no job wait longer."""
        waiting = store.jobs.c.state == "waiting"
        with self.middleware.back_office.begin() as connection:
            connection.execute(store.jobs.update().where(waiting).values(run_at=system_clock()))

    def count(self, query: sa.sql.Select) -> int:
        """How many rows a query finds."""
        with self.middleware.back_office.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())


@dataclass
class Customer:
    """Somebody who leaves their details, and then wants a person."""

    number: int
    office: Office
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begins a conversation."""
        self.conversation = f"rest:customer-{self.number}"
        self.caller = Caller(self.conversation, self.office.environment["ACTION_TOKEN"])

    def comes(self) -> None:
        """The whole visit."""
        self.says("we would like a quote for sixty jackets", "action_capture_lead", "Lead_Capture")
        while (task := self.caller.slot("task")) and task["question"] == "detail":
            self.says(ANSWERS[task["asks"]].format(number=self.number), "action_capture_lead", "Identify")
        self.says("yes", "action_capture_lead", "Affirm")
        self.says("I want to talk to a person", "action_hand_over", "Human_Handoff")

    def says(self, text: str, action: str, intent: str) -> None:
        """One turn, as the channel has it."""
        messages, message_id = self.office.middleware.messages, f"{self.number}-{len(self.said)}"
        turn = asyncio.run(messages.open_turn(self.conversation, "rest", text, message_id, Proof()))
        responses = self.office.call(self.caller, action, turn.id, text, intent)
        names = [response["response"] for response in responses]
        self.said.append(" ".join(names))
        asyncio.run(messages.close_turn(turn, [{"text": name, "response": name} for name in names]))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The action server on the demo's data, open around the clock."""
    overrides = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'frontdesk.db'}",
        "JWT_SECRET": SECRET,
        "ACTION_TOKEN": "a" * 40,
        "CODES_KEY": "c" * 40,
        "DOCUMENTS_KEY": "d" * 40,
        "DOCUMENTS_URL": str(tmp_path / "documents"),
        "MAILBOX": str(tmp_path / "mailbox.txt"),
        "AUDIT_HEAD": str(tmp_path / "heads.txt"),
        "CRM_FILE": str(tmp_path / "mood"),
    }
    env = environment() | overrides
    known = settings.load(environment=env)
    store.migrate(known.database_url)
    middleware = bootstrap.build(known)
    reset.lay(middleware.back_office, demo_data(system_clock(), known.zone))
    office = Office(middleware, env, tmp_path)
    office.start()
    yield office
    office.kill()
    middleware.close()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@contextmanager
def killing(office: Office) -> Iterator[None]:
    """Kills the action server now and then, and starts it again, for as long as the block lasts."""
    moments = sorted(seeded().sample(range(FIRST, LAST), KILLS))

    def work() -> None:
        for moment in moments:
            until(lambda moment=moment: office.calls >= moment)  # type: ignore[misc]
            office.kill()
            office.start()

    killer = threading.Thread(target=work)
    killer.start()
    yield
    killer.join()


@pytest.mark.timeout(600)
def test_what_customers_leave_while_the_crm_is_away_arrives_once_and_in_order(office: Office) -> None:
    # given the CRM is away, and customers come
    office.mood.write_text("away")
    customers = [Customer(number, office) for number in range(CUSTOMERS)]
    with killing(office), ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(Customer.comes, customers))

    # then each hears what is true
    assert {customer.said[-2] for customer in customers} == {"utter_lead_kept_here"}
    assert {one for customer in customers for one in customer.said[-1].split()} <= {
        "utter_in_line_now_no_ticket",
        "utter_left_now_no_ticket",
        *("utter_in_line_no_ticket", "utter_left_no_ticket"),  # when it is said again because the first server died
        "utter_ask_reach",
    }
    assert office.count(sa.select(crm.leads)) == 0
    before = office.count(sa.select(crm.tickets))

    # when it hears again, and its own answers are lost
    office.mood.write_text("deaf")
    office.hurry()
    until(lambda: office.count(sa.select(store.jobs).where(store.jobs.c.last_error == "Unknown")) > 0)
    office.mood.unlink()

    # then everything arrives, once each
    unfinished = sa.select(store.jobs).where(
        store.jobs.c.kind.in_(("lead", "ticket", "transcript")), store.jobs.c.state.in_(("waiting", "running"))
    )
    until(lambda: (office.hurry(), office.count(unfinished) == 0)[1])
    assert office.count(sa.select(store.jobs).where(store.jobs.c.state == "dead")) == 0
    assert office.count(sa.select(crm.leads)) == office.count(sa.select(crm.lead_keys)) == CUSTOMERS
    assert office.count(sa.select(crm.tickets)) == before + CUSTOMERS

    # and in order, with everything that was said
    with office.middleware.back_office.connect() as connection:
        for customer in customers:
            mine = store.handoffs.c.conversation_id == customer.conversation
            handoff = connection.execute(sa.select(store.handoffs).where(mine)).one()
            ticket = connection.execute(sa.select(crm.tickets).where(crm.tickets.c.key == handoff.id)).one()
            lead = connection.execute(
                sa.select(crm.leads).where(crm.leads.c.email == f"sam{customer.number}@firm.example.com")
            ).one()
            assert lead.created_at < ticket.opened_at
            payloads = sa.select(store.messages.c.payload).where(
                store.messages.c.conversation_id == customer.conversation
            )
            for payload in connection.execute(payloads).scalars():
                assert payload["text"] in ticket.transcript
