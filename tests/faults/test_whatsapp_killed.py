"""Rasa is killed in the middle of many conversations: each message has its effect once, and an answer that arrives."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from middleware import store
from middleware.erp.embedded import tables as erp
from scripts.environment import ROOT
from scripts.serve import CannotServe
from tests.counts import seeded, times
from tests.fakes.whatsapp import Person
from tests.faults.dying_rasa import BOUNDARIES
from tests.servers import Frontdesk, serve

KILLS = 60
PATIENCE_SECONDS = 120.0  # of Meta's, which brings again what isn't acknowledged
SECONDS = 120.0
TOWELS, TOWEL = 20, "PCK-TWL-90"
YES = "yes"
IN_DOUBT = ("Something broke while", "answer got lost")


@dataclass(frozen=True)
class Plan:
    """What somebody writes, and what must come of it.

    Attributes:
        says: Until they are asked for a yes.
        done: How they are told in the end.
        order: What they send something of back; None if they hold something.
    """

    phone: str
    says: str
    done: str
    order: str | None = None


@dataclass
class Customer:
    """Somebody in the middle of a conversation."""

    plan: Plan
    person: Person
    wrote: list[str] = field(default_factory=list)

    @property
    def conversation(self) -> str:
        """Its id in the store."""
        return f"whatsapp:{self.person.user_id}"


HOLDS = [
    Plan(phone=f"1404555010{number}", says=f"please hold {TOWELS} of {TOWEL}", done=f"Held: {TOWELS} × {TOWEL}")
    for number in range(5)
]
RETURNS = [
    Plan(
        phone=f"130555501{place:02}",
        says=f"I want to send back the parka from order {order}, it's too small",
        done="Done: your return number is",
        order=order,
    )
    for place, order in ((0, "24000"), (12, "24016"), (17, "24020"), (20, "24023"), (23, "24026"))
]
ASKS = [
    Plan(phone="12015550150", says="hello", done="Your order 20002"),
    Plan(phone="12015550155", says="hello", done="Your order 20010"),
]


@pytest.fixture(scope="module")
def die_at(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that tells the server where to die."""
    return tmp_path_factory.mktemp("die") / "at"


@pytest.fixture(scope="module")
def mortal(die_at: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frontdesk]:
    """Frontdesk, whose Rasa dies when it is told to; Meta tells nothing of what became of messages."""
    program = [sys.executable, str(ROOT / "tests" / "faults" / "dying_rasa.py")]
    folder = tmp_path_factory.mktemp("mortal")
    with serve(folder, programs={"rasa": program}, DIE_AT=str(die_at), PYTHONPATH=str(ROOT)) as frontdesk:
        frontdesk.meta.tells = ()
        yield frontdesk


def kills() -> list[tuple[str, int]]:
    """Where it dies, and at which passing."""
    chance = seeded()
    every = [(boundary, passing) for passing in range(1, 1 + KILLS // len(BOUNDARIES)) for boundary in BOUNDARIES]
    return chance.sample(every, times(KILLS))


@pytest.mark.parametrize(("boundary", "passing"), kills())
def test_rasa_is_killed_in_the_middle(mortal: Frontdesk, die_at: Path, boundary: str, passing: int) -> None:
    # given customers who were asked for a yes
    mortal.lay_anew()
    customers = [begun(mortal, plan) for plan in (*HOLDS, *RETURNS, *ASKS)]
    write(mortal, [(one, one.plan.says) for one in customers])
    settled(mortal, customers)

    duplicates = len(mortal.meta.duplicates)

    # when all of them say it, and more, and Rasa dies of it
    die_at.write_text(f"{boundary}\n{passing}")
    with ThreadPoolExecutor(len(customers)) as pool:
        writing = [pool.submit(say_yes, mortal, one) for one in customers]
        until_dead(mortal)
        mortal.servers.stop("rasa", at_once=True)
        mortal.servers.start("rasa")
        for one in writing:
            one.result()

    # then after its restart every message is answered, in order, and nothing is left to be sent
    settled(mortal, customers)
    for one in customers:
        if any(part in text for text in mortal.meta.texts(one.person) for part in IN_DOUBT):
            write(mortal, [(one, YES)])
            settled(mortal, [one])
    assert [complaint for one in customers for complaint in complaints(mortal, one)] == []
    assert free(mortal) == 200 - TOWELS * len(HOLDS)

    # and what was in doubt was sent once more at most, which is counted
    sent, repeats = Counter(one.delivery for one in mortal.meta.sent), repeats_of(mortal)
    assert set(sent) == set(repeats)
    assert [delivery for delivery, times in sent.items() if times > 1 + repeats[delivery]] == []
    assert max(repeats.values()) <= 1
    assert shown_repeats(mortal) == sum(repeats.values())
    if boundary == BOUNDARIES[5]:
        assert len(mortal.meta.duplicates) > duplicates


def begun(mortal: Frontdesk, plan: Plan) -> Customer:
    """A customer in a conversation of their own."""
    return Customer(plan, mortal.meta.person("Somebody", plan.phone, f"US.{uuid.uuid4().int % 10**20}"))


def write(mortal: Frontdesk, what: Sequence[tuple[Customer, str]]) -> None:
    """Lets customers write; Meta brings it until it is acknowledged."""
    for customer, text in what:
        customer.wrote.append(text)
        mortal.meta.write(customer.person, text, patience=PATIENCE_SECONDS)


def say_yes(mortal: Frontdesk, customer: Customer) -> None:
    """Says yes, and something after it."""
    says = ("where is my order?", "thanks") if customer.plan in ASKS else (YES, "thanks")
    write(mortal, [(customer, text) for text in says])


def until_dead(mortal: Frontdesk) -> None:
    """Waits until a server has ended."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            mortal.servers.check()
        except CannotServe:
            return
        time.sleep(0.02)
    raise AssertionError("it never died")


def settled(mortal: Frontdesk, customers: Sequence[Customer]) -> None:
    """Waits until all is answered and sent."""
    for one in customers:
        mortal.answered(one.conversation, SECONDS)


def complaints(mortal: Frontdesk, customer: Customer) -> Iterator[str]:
    """What is wrong with a conversation."""
    plan, heard = customer.plan, mortal.meta.texts(customer.person)
    written = [text for author, text in mortal.transcript(customer.conversation) if author == "customer"]
    if written != customer.wrote:
        yield f"{customer.wrote} was stored as {written}"
    if unanswered(mortal, customer):
        yield f"not answered: {unanswered(mortal, customer)}"
    if not any(text.startswith(plan.done) for text in heard):
        yield f"{plan.done!r} isn't in {heard}"
    if plan in HOLDS and mortal.holds(customer.conversation) != [f"{TOWELS} × {TOWEL}: held"]:
        yield f"holds: {mortal.holds(customer.conversation)}"
    if plan.order and count(mortal, erp.returns, erp.returns.c.order_number == plan.order) != 1:
        yield f"returns of {plan.order}: {count(mortal, erp.returns, erp.returns.c.order_number == plan.order)}"


def unanswered(mortal: Frontdesk, customer: Customer) -> list[str]:
    """The messages of a customer's that nothing was said to, or that arrived nowhere."""
    table = store.messages
    mine = sa.select(table).where(table.c.conversation_id == customer.conversation).order_by(table.c.sequence)
    with mortal.engine.connect() as connection:
        rows = connection.execute(mine).all()
    arrived = [row for row in rows if row.author == "bot" and row.state == "sent"]
    answered = {row.turn_id for row in arrived}
    return [row.payload["text"] for row in rows if row.author == "customer" and row.id not in answered]


def count(mortal: Frontdesk, table: sa.Table, which: sa.sql.ColumnElement[bool]) -> int:
    """How many rows there are."""
    with mortal.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(which)).scalar_one())


def free(mortal: Frontdesk) -> int:
    """How many towels are free in Newark."""
    return next(int(level.free) for level in mortal.erp.stock(TOWEL) if level.warehouse.name == "Newark")


def repeats_of(mortal: Frontdesk) -> dict[str, int]:
    """How often each part of a message was sent once more, by its id."""
    table = store.deliveries
    with mortal.engine.connect() as connection:
        return {row.id: row.repeats for row in connection.execute(sa.select(table.c.id, table.c.repeats))}


def shown_repeats(mortal: Frontdesk) -> int:
    """How often something was sent once more, by `make deliveries`."""
    command = [sys.executable, "-m", "middleware.deliveries_command"]
    shown = subprocess.run(command, cwd=ROOT, env=mortal.environment, capture_output=True, text=True, check=True)
    return int(shown.stdout.partition("Sent once more because of it: ")[2].partition(".")[0])
