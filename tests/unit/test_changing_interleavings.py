"""What a customer hears agrees with the order, whatever another process does to it between and inside the steps."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from actions.changing import ChangeOrder
from middleware.database import for_writing, open_engine
from middleware.erp.embedded.client import EmbeddedErp
from middleware.erp.embedded.tables import changes, order_lines, orders, stock
from middleware.errors import Unavailable, Unknown
from middleware.identity import Proof
from middleware.records import Order, OrderChange, OrderStatus, StockLevel
from middleware.reset import lay
from tests.data.shop_changes import more, phone
from tests.fakes.building import NOW, Bench
from tests.unit.test_actions import MakeBench, Said, ask

CUSTOMER, ORDER = 2300, "23000"
SOMEBODY = Proof(phone=phone(CUSTOMER), email=f"customer{CUSTOMER}@example.com")

WISHES = (
    "change order 23000 to medium",
    "make it 3 in order 23000",
    "ship order 23000 to 12 Main Street, Boston MA 02110",
    "order 23000: black, M please",
)
DONE = {"utter_order_changed", "utter_order_readdressed"}
NOT_DONE = {"utter_change_too_late", "utter_changed_meanwhile", "utter_cannot_now"}
NOT_DONE |= {"utter_change_just_gone", "utter_change_refused"}
IN_DOUBT = {"utter_in_doubt", "utter_broken_off"}


def pack(connection: Connection) -> None:
    """The warehouse packs the order."""
    packed = {"status": "packed"}
    connection.execute(sa.update(orders).where(orders.c.number == ORDER).values(**packed, version=orders.c.version + 1))
    connection.execute(sa.update(order_lines).where(order_lines.c.order_number == ORDER).values(packed))


def pack_without_a_note(connection: Connection) -> None:
    """The warehouse packs a line, and nobody writes it into the order itself."""
    connection.execute(sa.update(order_lines).where(order_lines.c.order_number == ORDER).values(status="packed"))


def pick(connection: Connection) -> None:
    """The warehouse begins to pick; that alone stops nothing, but the customer was told another state."""
    picking = orders.update().where(orders.c.number == ORDER)
    connection.execute(picking.values(status="picking", version=orders.c.version + 1))


def change(connection: Connection) -> None:
    """One of the company's people changes the quantity."""
    connection.execute(sa.update(order_lines).where(order_lines.c.order_number == ORDER).values(quantity=2))
    connection.execute(sa.update(orders).where(orders.c.number == ORDER).values(version=orders.c.version + 1))


def cancel(connection: Connection) -> None:
    """Somebody cancels the order."""
    gone = {"status": "cancelled"}
    connection.execute(sa.update(orders).where(orders.c.number == ORDER).values(**gone, version=orders.c.version + 1))
    connection.execute(sa.update(order_lines).where(order_lines.c.order_number == ORDER).values(gone))


def sell_out(connection: Connection) -> None:
    """Others buy all there is."""
    connection.execute(sa.update(stock).values(available=0))


DEEDS = (pack, pack_without_a_note, pick, change, cancel, sell_out)
MOMENTS = ("before the wish", "before the proposal", "before the yes", "before the write", "in the write", "after it")
ANSWERS = ("heard", "heard", "lost", "not sent")
FORBIDS = {pack, pack_without_a_note, pick, change, cancel}  # before the write, nothing of the proposal may be done


@dataclass
class Plan:
    """What happens in one run, and whether it did."""

    deed: Callable[[Connection], None]
    moment: str
    answer: str
    happened: bool = False
    threads: list[threading.Thread] = field(default_factory=list)


class Shared(EmbeddedErp):
    """An ERP that another process works with as well."""

    def __init__(self, url: str, plan: Plan) -> None:
        super().__init__(open_engine(url))
        self.others = for_writing(open_engine(url))
        self._plan = plan

    def at(self, moment: str) -> None:
        """Lets the other process do its deed, if this is its moment."""
        if self._plan.moment == moment and not self._plan.happened:
            self._plan.happened = True
            with self.others.begin() as connection:
                self._plan.deed(connection)

    def stock(self, sku: str) -> list[StockLevel]:
        """Tells what lies where."""
        self.at("before the proposal")
        return list(super().stock(sku))

    def change_order(self, number: str, change: OrderChange, *, version: str, key: str) -> Order:
        """Changes an order, with what happens around that."""
        if self._plan.answer == "not sent":
            self._plan.answer = "heard"
            raise Unavailable("not reached", system="erp")
        self.at("before the write")
        beside = threading.Thread(target=self.at, args=("in the write",))
        beside.start()
        try:
            made = super().change_order(number, change, version=version, key=key)
        finally:
            beside.join()
        self.at("after it")
        if self._plan.answer == "lost":
            self._plan.answer = "heard"
            raise Unknown("the answer was lost", system="erp")
        return made

    def recover(self) -> None:
        """Nothing hangs."""


@dataclass
class Run:
    """A conversation about the order."""

    desk: Bench
    erp: Shared
    slots: dict[str, Any] = field(default_factory=dict)

    async def say(self, text: str, intent: str) -> Said:
        """Says something to the action."""
        said = await ask(self.desk, ChangeOrder, text, intent=intent, proof=SOMEBODY, slots=self.slots)
        self.slots |= said.slots
        return said

    def was_made(self) -> bool:
        """Whether the customer's change was made, as the ERP itself noted."""
        with self.erp.others.connect() as connection:
            return connection.execute(sa.select(changes.c.key)).first() is not None


@pytest.fixture
def laid(migrated: Path, tmp_path: Path) -> str:
    """The address of a database with the shop in it."""
    file = tmp_path / "shop.db"
    file.write_bytes(migrated.read_bytes())
    engine = open_engine(f"sqlite:///{file}")
    lay(engine, more(NOW))
    engine.dispose()
    return f"sqlite:///{file}"


def plans() -> list[Any]:
    """A hundred plans: every deed at every moment, each with other wishes and answers."""
    chance = random.Random(2300)
    pairs = list(product(DEEDS, MOMENTS)) * 3
    chosen = [(*pair, chance.choice(ANSWERS), chance.choice(WISHES)) for pair in pairs[:100]]
    return [pytest.param(*one, id=f"{number}-{one[0].__name__}-{one[1]}") for number, one in enumerate(chosen)]


@pytest.mark.parametrize(("deed", "moment", "answer", "wish"), plans())
async def test_what_is_said_agrees_with_the_order(
    bench: MakeBench, laid: str, deed: Callable[[Connection], None], moment: str, answer: str, wish: str
) -> None:
    # given a customer, and another process with a plan
    plan = Plan(deed, moment, answer)
    erp = Shared(laid, plan)
    run = Run(bench(None, erp), erp)

    # when
    erp.at("before the wish")
    said = await run.say(wish, "Order_Modification")
    erp.at("before the yes")
    for _ in range(3):  # what is in doubt, or couldn't be reached, is asked for again
        if run.slots.get("question") != "confirm":
            break
        said = await run.say("yes", "Affirm")
        heard = set(said.responses)
        assert not (heard & DONE and not run.was_made()), f"{heard} was said, and nothing was done"
        assert not (heard & NOT_DONE and run.was_made()), f"{heard} was said, and it was done"

    # then what was said last is true, and no deed of the other's was passed over
    heard = set(said.responses)
    assert not heard & IN_DOUBT
    if erp.order(ORDER).status is not OrderStatus.CANCELLED:
        assert bool(heard & DONE) == run.was_made()
    if plan.happened and deed in FORBIDS and moment in ("before the yes", "before the write"):
        assert not run.was_made()
    if heard & {"utter_change_too_late"}:
        assert "packed already" in said.text
