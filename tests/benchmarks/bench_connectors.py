"""What connector and gateway cost over the vendor's bare library: `make bench-connectors`.

Both make the same calls of the same stand-in, which has a process of its own, and are run in turns. The one is the
library by itself; the other goes the way of an action: the gateway asks through the connector, in the event loop that
the action server has, in its threads, within a deadline, and writes its audit entry. Who asks is known.

Then whether a CRM or ERP that answers in two seconds slows down conversations that don't need it; see `isolation`.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from middleware import bootstrap, reset, settings, store
from middleware.bootstrap import Middleware
from middleware.clock import system_clock
from middleware.database import open_engine
from middleware.identity import Proof, Who
from middleware.settings import CrmBackEnd, ErpBackEnd, Operation, Settings
from tests.benchmarks import isolation
from tests.benchmarks.bare import Replay, replay
from tests.data.shop import PEOPLE, shop
from tests.fakes.building import ASSISTANT_FILE, environment
from tests.fakes.elsewhere import Elsewhere, elsewhere
from tests.fakes.stand_in import Request
from tests.fakes.stand_ins import ERP_STAND_INS, STAND_INS

ROUNDS = 400
WARM_UP = 30
AT_ONCE = 8
NORA = PEOPLE["nora"][4]
MOST_TIMES = 1.25
SKU = "TRV-BTL-750"

Call = Callable[[Any], Any]  # of the port


def settings_of(stand_in: Elsewhere, url: str) -> Settings:
    """The project's, with this CRM or ERP."""
    known = settings.load(ASSISTANT_FILE, {**environment(url), **stand_in.environment})
    kind = CrmBackEnd if stand_in.system == "crm" else ErpBackEnd
    section = {**msgspec.to_builtins(getattr(known, stand_in.system)), **stand_in.rules, "failures_to_open": 10**6}
    return msgspec.structs.replace(known, **{stand_in.system: msgspec.convert(section, kind)})


class Compared:
    """One vendor's library, and our way to the same."""

    def __init__(self, name: str, stand_in: Elsewhere, middleware: Middleware, who: Who) -> None:
        self._name = name
        self._stand_in = stand_in
        self._middleware = middleware
        self._who = who

    async def ours(self, call: Call) -> Any:
        """The gateway's way."""
        gateway = self._middleware.gateway
        door: Any = gateway.crm if self._stand_in.system == "crm" else gateway.erp
        return await door.search(self._who, Operation.IDENTIFICATION, call)

    async def seen(self, call: Call) -> list[Request]:
        """The calls that it makes of the vendor, when nothing has to be learnt any more."""
        await self.ours(call)
        self._stand_in.requests()
        assert await self.ours(call)
        return self._stand_in.requests()

    def bare(self, seen: list[Request]) -> Replay:
        """The library."""
        return replay(self._name, f"http://{seen[0].headers['host']}", seen[0].headers["authorization"])

    async def times(self, what: str, call: Call) -> None:
        """Measures both in turns, and prints the ratio of their medians."""
        seen = await self.seen(call)
        bare = self.bare(seen)
        alone: list[float] = []
        whole: list[float] = []
        for place in range(ROUNDS + WARM_UP):
            for is_ours in (place % 2, 1 - place % 2):  # neither is always the one that comes after a pause
                begun = time.perf_counter()
                if is_ours:
                    await self.ours(call)
                else:
                    bare(seen)
                (whole if is_ours else alone).append(time.perf_counter() - begun)
        one, other = statistics.median(alone[WARM_UP:]), statistics.median(whole[WARM_UP:])
        print(
            f"{self._name:11} {what:20} {len(seen)} calls   library p50 {one * 1000:6.2f} ms   "
            f"ours {other * 1000:6.2f} ms   ratio {other / one:.2f} (at most {MOST_TIMES})"
        )

    async def connections(self, call: Call) -> None:
        """Prints how many connections both open for calls one after the other, then many at once."""
        seen = await self.seen(call)
        before = self._stand_in.connections
        bare = self.bare(seen)
        for _ in range(AT_ONCE):
            bare(seen)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(lambda _: bare(seen), range(AT_ONCE * 8)))
        between = self._stand_in.connections
        for _ in range(AT_ONCE):
            await self.ours(call)
        await asyncio.gather(*(self.ours(call) for _ in range(AT_ONCE * 8)))
        print(
            f"{self._name:11} connections, {AT_ONCE} at once:   library {between - before}   "
            f"ours {1 + self._stand_in.connections - between}"
        )


async def of_crm(middleware: Middleware, who: Who) -> dict[str, Call]:
    """What is asked of a CRM."""
    contact = await middleware.gateway.crm.account(who, Operation.TICKET_STATUS)
    return {
        "a person by phone": lambda crm: crm.contacts_by_phone(NORA),
        "open tickets": lambda crm: crm.open_tickets(contact.id),
    }


async def of_erp(middleware: Middleware, who: Who) -> dict[str, Call]:
    """What is asked of an ERP."""
    customer = await middleware.gateway.erp.account(who, Operation.ORDER_STATUS)
    since = middleware.clock() - timedelta(days=middleware.settings.orders.look_back_days)
    return {
        "an account by phone": lambda erp: erp.customers_by_phone(NORA),
        "orders": lambda erp: erp.orders_since(customer.number, since),
        "what is in stock": lambda erp: erp.stock(SKU),
    }


async def measure(name: str) -> None:
    """Measures one vendor's."""
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-bench-"))
    url = f"sqlite:///{folder / 'bench.db'}"
    store.migrate(url)
    data = shop(system_clock())
    engine = open_engine(url)
    reset.lay(engine, data)
    engine.dispose()
    with elsewhere(name, data) as stand_in:
        middleware = bootstrap.build(settings_of(stand_in, url))
        turn = await middleware.messages.open_turn("rest:nora", "rest", "hi", None, Proof(phone=NORA))
        who = await middleware.identity.who("rest:nora", turn.id)
        compared = Compared(name, stand_in, middleware, who)
        calls = await (of_crm if stand_in.system == "crm" else of_erp)(middleware, who)
        for what, call in calls.items():
            await compared.times(what, call)
        await compared.connections(list(calls.values())[-1])
        await isolation.measure(name, stand_in, middleware)
        middleware.close()
    shutil.rmtree(folder)


def main() -> None:
    """Measures each vendor's, or those that are named."""
    uvloop.install()
    for name in sys.argv[1:] or STAND_INS | ERP_STAND_INS:
        asyncio.run(measure(name))


if __name__ == "__main__":
    main()
