"""Whether a system that answers in two seconds slows down conversations that don't need it; part of `bench_connectors`.

Fifty conversations at once with the middleware in one event loop, as the action server has it: half of them ask the
vendor's system all the time (a CRM for their tickets, an ERP for their orders), half the other, which is embedded. The
time of each turn of the latter is taken while nobody asks the vendor's, while it answers at once, and while it answers
in two seconds; in turns, so that a noisy machine is noisy for all three.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from middleware.bootstrap import Middleware
from middleware.errors import FrontdeskError
from middleware.identity import Proof
from middleware.settings import Operation
from tests.data.shop import PEOPLE
from tests.fakes.elsewhere import Elsewhere

CONVERSATIONS = 25  # of each half
TURNS = 6
ROUNDS = 3
THINKING_SECONDS = 0.7  # on average, between what somebody hears and what they say
MOST_TIMES = 1.2
NORA = PEOPLE["nora"][4]
SKU = "BLU-JKT-M"

Ask = Callable[[str, str], Awaitable[object]]


async def measure(name: str, stand_in: Elsewhere, middleware: Middleware) -> None:
    """Measures, and prints the ratios of p95."""
    moods = ("nobody asks", "at once", "in 2 s")
    system = stand_in.system.upper()
    tickets, orders = ("tickets", _tickets(middleware)), ("orders", _orders(middleware))
    if system == "CRM":
        busy, others = tickets[1], (("what is in stock", _stock(middleware)), orders)
    else:
        busy, others = orders[1], (tickets,)
    for what, ask in others:
        taken: dict[str, list[float]] = {mood: [] for mood in moods}
        for round_ in range(ROUNDS):
            for mood in moods:
                if mood == "in 2 s":
                    stand_in.slow_down()
                marks = f"{name}-{what[:2]}-{round_}-{moods.index(mood)}"
                taken[mood] += await _talk(middleware, ask, busy if mood != "nobody asks" else None, marks)
                stand_in.recover()
        p95 = {mood: statistics.quantiles(figures, n=20)[-1] for mood, figures in taken.items()}
        print(
            f"{name:11} {what:17} p95: {p95['nobody asks'] * 1000:6.1f} ms while nobody asks the {system}, "
            f"{p95['at once'] * 1000:6.1f} ms while it answers at once, {p95['in 2 s'] * 1000:6.1f} ms while in 2 s   "
            f"ratio {p95['in 2 s'] / p95['nobody asks']:.2f} and {p95['in 2 s'] / p95['at once']:.2f} "
            f"(at most {MOST_TIMES})"
        )


async def _talk(middleware: Middleware, ask: Ask, busy: Ask | None, marks: str) -> list[float]:
    """Lets both halves talk; gives the seconds of each turn of those that don't need the vendor's system.

    Args:
        busy: What the other half asks all the time; None if it is silent.
    """
    marked = [f"rest:{marks}-t{n}" for n in range(CONVERSATIONS)] if busy else []
    others = [asyncio.create_task(_ask_on_and_on(middleware, busy, one)) for one in marked if busy]
    await asyncio.sleep(0.5 if busy else 0)  # until all of them wait
    taken = await asyncio.gather(*(_converse(middleware, ask, f"rest:{marks}-{n}") for n in range(CONVERSATIONS)))
    for one in others:
        one.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    return [seconds for turns in taken for seconds in turns]


async def _converse(middleware: Middleware, ask: Ask, conversation: str) -> list[float]:
    taken, chance = [], random.Random(conversation)
    for _ in range(TURNS):
        await asyncio.sleep(THINKING_SECONDS * 2 * chance.random())
        begun = time.perf_counter()
        turn = await middleware.messages.open_turn(conversation, "rest", "hi", None, Proof(phone=NORA))
        await ask(conversation, turn.id)
        taken.append(time.perf_counter() - begun)
    return taken


async def _ask_on_and_on(middleware: Middleware, ask: Ask, conversation: str) -> None:
    chance = random.Random(conversation)
    while True:
        turn = await middleware.messages.open_turn(conversation, "rest", "hi", None, Proof(phone=NORA))
        with suppress(FrontdeskError):
            await ask(conversation, turn.id)
        await asyncio.sleep(THINKING_SECONDS * 2 * chance.random())


def _tickets(middleware: Middleware) -> Ask:
    async def ask(conversation: str, turn: str) -> object:
        return await middleware.tickets.open(await middleware.identity.who(conversation, turn))

    return ask


def _stock(middleware: Middleware) -> Ask:
    async def ask(conversation: str, turn: str) -> object:
        who = await middleware.identity.who(conversation, turn)
        return await middleware.gateway.erp.search(who, Operation.STOCK, lambda erp: erp.stock(SKU))

    return ask


def _orders(middleware: Middleware) -> Ask:
    async def ask(conversation: str, turn: str) -> object:
        who = await middleware.identity.who(conversation, turn)
        return await middleware.orders.meant(who, "where are my orders?")

    return ask
