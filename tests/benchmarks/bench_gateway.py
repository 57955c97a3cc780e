"""What the gateway, identity, audit and store cost over the bare embedded connector: `make bench-gateway`.

Both do the same work on the same database: find the asker in the ERP and in the CRM by what is proven, and read their
orders. The one calls the connectors; the other goes the way of an action: who speaks is looked up, the gateway asks,
the audit entry is written, in the event loop that the action server has. They are run in turns, so that a noisy
machine is noisy for both.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import uvloop

from middleware import bootstrap, reset, store
from middleware.bootstrap import Middleware
from middleware.clock import system_clock
from middleware.crm.embedded.client import EmbeddedCrm
from middleware.database import open_engine
from middleware.erp.embedded.client import EmbeddedErp
from middleware.identity import Proof
from middleware.settings import Operation
from tests.data.shop import PEOPLE, shop
from tests.fakes.building import project_settings

ROUNDS = 600
WARM_UP = 50
NORA = PEOPLE["nora"][4]


def bare(crm: EmbeddedCrm, erp: EmbeddedErp) -> None:
    """The work itself."""
    [customer] = erp.customers_by_phone(NORA)
    assert crm.contacts_by_phone(NORA)
    assert erp.orders_since(customer.number, system_clock() - timedelta(days=180))


async def through_the_gateway(middleware: Middleware, conversation: str) -> None:
    """The same, as the middleware does it in a turn."""
    who = await middleware.identity.who(conversation, TURNS[conversation])
    since = system_clock() - timedelta(days=180)
    assert await middleware.gateway.erp.mine(
        who, Operation.ORDER_STATUS, lambda erp, customer: erp.orders_since(customer.number, since)
    )


TURNS: dict[str, str] = {}


async def main() -> None:
    """Measures, and prints the medians and what lies between them."""
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-bench-"))
    url = f"sqlite:///{folder / 'bench.db'}"
    store.migrate(url)
    engine = open_engine(url)
    reset.lay(engine, shop(system_clock()))
    middleware = bootstrap.build(project_settings(url))
    crm, erp = EmbeddedCrm(engine), EmbeddedErp(engine)
    alone: list[float] = []
    whole: list[float] = []
    for place in range(ROUNDS + WARM_UP):
        begun = time.perf_counter()
        bare(crm, erp)
        alone.append(time.perf_counter() - begun)
        conversation = f"rest:{place}"
        turn = await middleware.messages.open_turn(conversation, "rest", "hi", None, Proof(phone=NORA))
        TURNS[conversation] = turn.id
        begun = time.perf_counter()
        await through_the_gateway(middleware, conversation)
        whole.append(time.perf_counter() - begun)
    middleware.close()
    engine.dispose()
    shutil.rmtree(folder)
    report(alone[WARM_UP:], whole[WARM_UP:])


def report(alone: list[float], whole: list[float]) -> None:
    """Prints milliseconds at p50 and p95."""
    for name, figures in (("bare connector", alone), ("through the middleware", whole)):
        p50, p95 = statistics.median(figures), statistics.quantiles(figures, n=20)[-1]
        print(f"{name:24} p50 {p50 * 1000:6.2f} ms   p95 {p95 * 1000:6.2f} ms")
    added = (statistics.median(whole) - statistics.median(alone)) * 1000
    print(
        f"{'added at p50':24}     {added:6.2f} ms   (ratio {statistics.median(whole) / statistics.median(alone):.2f})"
    )


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main())
