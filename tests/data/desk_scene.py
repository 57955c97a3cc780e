"""An afternoon at the desk, for looking at its pages: who waits, who is with whom, and one long conversation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from middleware import store
from middleware.agents import Agents
from middleware.bootstrap import Middleware
from middleware.handoff_account import Account, as_json
from middleware.handoff_records import Agent, Plea, Reason, Understood
from middleware.identity import Proof, Who
from middleware.records import Address, Contact, Customer, Money, Order, OrderStatus, Ticket
from tests.fakes.building import SetClock, invoice, invoice_line, line, shipment

# A Friday afternoon in Newark.
NOW = datetime(2026, 3, 13, 18, 32, tzinfo=timezone.utc)

MARCO = Agent(id="marco", name="Marco Bianchi")
LENA = Agent(id="lena", name="Lena Fischer")
PASSWORD = "correct horse battery"

Words = tuple[str, str]


def account(first: str, last: str, **more: Any) -> Account:
    """Somebody whom both systems know."""
    email = f"{first}.{last}@example.com".lower()
    contact = Contact(id="c1", first_name=first, last_name=last, email=email, phone="+12015550144")
    customer = Customer(
        number="10448",
        name=f"{first} {last}",
        email=email,
        address=Address(city="Hoboken", state="NJ", country="US"),
    )
    return Account(read_at=NOW - timedelta(minutes=9), contact=contact, customer=customer, **more)


def sarahs() -> Account:
    """What the systems know of Sarah: a late order, a bill to pay, two tickets."""
    late = Order(
        number="10231",
        customer_number="10448",
        placed_at=NOW - timedelta(days=11),
        status=OrderStatus.DELAYED,
        lines=(
            line("Ridge two-person tent", options={"colour": "moss"}, price=Money(amount=Decimal(289), currency="USD")),
        ),
        expected_on=(NOW + timedelta(days=6)).date(),
    )
    sent = Order(
        number="10198",
        customer_number="10448",
        placed_at=NOW - timedelta(days=16),
        status=OrderStatus.SHIPPED,
        lines=(
            line("Alpine jacket", options={"colour": "blue", "size": "M"}),
            line("Merino socks", "2", quantity=Decimal(3)),
        ),
        shipments=(shipment({"1": 1, "2": 3}),),
        expected_on=(NOW + timedelta(days=1)).date(),
    )
    bills = (
        invoice("INV-88231", (NOW - timedelta(days=11)).date(), lines=(invoice_line(price="289.00", rate="6.625"),)),
        invoice(
            "INV-88102",
            (NOW - timedelta(days=40)).date(),
            (NOW - timedelta(days=22)).date(),
            lines=(invoice_line(price="74.50", quantity=2, rate="6.625"),),
        ),
    )
    tickets = (
        Ticket(
            number="T-1042",
            contact_id="c1",
            subject="Tent poles arrived bent",
            is_open=True,
            opened_at=NOW - timedelta(days=4),
        ),
        Ticket(
            number="T-0988",
            contact_id="c1",
            subject="Wrong size sent",
            is_open=False,
            opened_at=NOW - timedelta(days=61),
        ),
    )
    return account("Sarah", "Okonkwo", orders=(late, sent), invoices=bills, tickets=tickets)


SARAH: Sequence[Words] = (
    ("customer", "hi, where's my tent? it was supposed to be here last week"),
    ("bot", "Your order 10231 (Ridge two-person tent, moss) is delayed. It is now expected on Thursday, 19 March."),
    ("customer", "thats too late, we leave on the 18th. can you send another one?"),
    ("bot", "I can change an order that hasn't reached the packing floor, and this one has. Shall I put you through?"),
    ("customer", "yes please, a human"),
    ("bot", "Of course. I've opened ticket T-1077 with our whole conversation, so you won't have to repeat anything."),
)

TALK: Sequence[Words] = (
    ("customer", "hello Marco"),
    ("agent", "Hello Sarah, I've read everything above. One moment, I'm looking for a moss tent nearer to you."),
    (
        "agent",
        "There is one in our Hoboken store. I can keep it for you until tomorrow evening, and cancel the late one.",
    ),
    ("customer", "that would be perfect!! thank you :)"),
)


async def lay(middleware: Middleware, clock: SetClock) -> dict[str, str]:
    """Lays the scene; gives the ids of hand-overs by the customers' first names."""
    agents = Agents(middleware.store, middleware.settings.desk, clock)
    for agent in (MARCO, LENA):
        await agents.save(agent.id, agent.name, PASSWORD)
    ids: dict[str, str] = {}
    ids["sarah"] = await _asked(
        middleware,
        clock,
        "sarah",
        14,
        SARAH,
        Plea(
            reason=Reason.FAILED,
            understood=(
                _understood(SARAH[0][1], "Order_Tracking", 0.94, {"item": "tent"}, "action_track_order"),
                _understood(SARAH[2][1], "Order_Modification", 0.71, {"date": "the 18th"}, "action_change_order"),
                _understood(SARAH[4][1], "Human_Handoff", 0.98, {}, "action_handoff"),
            ),
        ),
        sarahs(),
        {
            "wanted": ["The tent of order 10231 before 18 March."],
            "tried": ["Order 10231 was looked up: delayed, expected on 19 March."],
            "failed": ["The order can't be changed any more: it has reached the packing floor."],
        },
    )
    ids["tom"] = await _asked(
        middleware,
        clock,
        "tom",
        11,
        (("customer", "the heater burned my carpet, I want to speak to somebody NOW"),),
        Plea(reason=Reason.RULE, is_urgent=True, note="Somebody was hurt, or the law is spoken of"),
        account("Tom", "Lindqvist"),
        {},
    )
    ids["priya"] = await _asked(
        middleware,
        clock,
        "priya",
        7,
        (("customer", "do you also have it in forest green"), ("bot", "I'm sorry, I didn't understand that.")),
        Plea(reason=Reason.NOT_UNDERSTOOD),
        account("Priya", "Raman"),
        {},
    )
    ids["web"] = await _asked(
        middleware,
        clock,
        "web",
        3,
        (("customer", "hi, can I talk to somebody about a delivery to Toronto?"),),
        Plea(reason=Reason.ASKED),
        None,
        {},
    )
    ids["noor"] = await _asked(
        middleware,
        clock,
        "noor",
        22,
        (("customer", "I was charged twice"),),
        Plea(reason=Reason.COMPLAINT),
        account("Noor", "Haddad"),
        {},
    )
    clock.now = NOW - timedelta(minutes=8)
    await middleware.desk_line.claim(ids["noor"], LENA)
    await middleware.desk_line.write(ids["noor"], LENA, "I see it: the second charge goes back today.", "l" * 16)
    clock.now = NOW - timedelta(minutes=5)
    await middleware.desk_line.claim(ids["sarah"], MARCO)
    for step, (author, text) in enumerate(TALK):
        clock.now = NOW - timedelta(minutes=4, seconds=-50 * step)
        if author == "agent":
            await middleware.desk_line.write(ids["sarah"], MARCO, text, f"write-of-marco-{step:04}")
        else:
            await _open(middleware, "sarah", text)
    await middleware.desk_line.add_note(ids["sarah"], MARCO, "Hoboken keeps it under her name until Saturday, 19:00.")
    clock.now = NOW
    return ids


def _understood(text: str, intent: str, confidence: float, entities: dict[str, str], action: str) -> Understood:
    return Understood(text=text, intent=intent, confidence=confidence, entities=entities, action=action)


async def _asked(
    middleware: Middleware,
    clock: SetClock,
    who: str,
    minutes: int,
    words: Sequence[Words],
    plea: Plea,
    known: Account | None,
    summary: dict[str, list[str]],
) -> str:
    """A conversation that asked for a person some minutes ago."""
    clock.now = NOW - timedelta(minutes=minutes + len(words))
    for author, text in words:
        clock.advance(timedelta(minutes=1))
        if author == "customer":
            turn = await _open(middleware, who, text)
        else:
            await middleware.messages.close_turn(turn, [{"text": text}])
    asker = Who(conversation_id=f"rest:{who}", channel="rest", correlation_id="scene")
    standing = await middleware.handoffs.request(asker, plea)
    read = {"summary": summary, "account": as_json(known) if known else None, "ticket_number": f"T-{1063 + minutes}"}
    laid = store.handoffs.update().where(store.handoffs.c.id == standing.handoff.id).values(read)
    await middleware.store.write(lambda connection: connection.execute(laid))
    return standing.handoff.id


async def _open(middleware: Middleware, who: str, text: str) -> Any:
    return await middleware.messages.open_turn(f"rest:{who}", "rest", text, None, Proof())
