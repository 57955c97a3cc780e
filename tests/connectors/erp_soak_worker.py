"""A worker process that has an ERP do things as the assistant does: each with a key of its own, until it is told."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from middleware import connectors, settings
from middleware.database import open_engine
from middleware.deadline import within
from middleware.erp.base import Erp
from middleware.errors import Conflict, Malformed, Misconfigured, Rejected, Unavailable, Unknown
from middleware.records import OrderChange, ReturnReason
from middleware.settings import ErpBackEnd
from tests.connectors.erp_told import units
from tests.fakes.building import ASSISTANT_FILE

THREADS = 3  # of one process, each with a write of its own under way
DEADLINE_SECONDS = 1.5  # whoever is killed keeps others from the same for no longer
PAUSE_SECONDS = 0.02
TRIES = 1000
# Several, so that who is killed while it holds one doesn't stop all the others, as in a shop.
HELD_ARTICLES = ("TRV-BTL-750", "TRV-BTL-500", "TNT-2P", "RED-JKT-M")
KINDS = ("change", "cancel", "reserve", "release", "return")
DONE, REFUSED = "done", "refused"


def key_of(number: int) -> str:
    """As the middleware mints them: 32 hexadecimal digits."""
    return f"{number:032x}"


def kind_of(number: int) -> str:
    """What is done under a number: five things by turns."""
    return KINDS[number % len(KINDS)]


def article_of(number: int) -> str:
    """What is held under a number."""
    return HELD_ARTICLES[number // len(KINDS) % len(HELD_ARTICLES)]


def order_of(number: int) -> str:
    """The order that a number is about: each has its own."""
    return str(60000 + number)


@dataclass(frozen=True, kw_only=True)
class Task:
    """What all workers share.

    Attributes:
        environment: What reaches the ERP and the store; `rules` is what assistant.yml must say of the ERP.
        versions: How each order was seen, by its number.
    """

    environment: Mapping[str, str]
    rules: Mapping[str, Any]
    writes: int
    versions: Mapping[str, str]


def write(erp: Erp, number: int, version: str) -> None:
    """Has one thing done."""
    key, order, kind = key_of(number), order_of(number), kind_of(number)
    if kind == "cancel":
        erp.cancel_order(order, version=version, key=key)
    elif kind == "change":
        first = erp.order(order).lines[0].id
        change = OrderChange(line=first, sku="BLU-JKT-L", quantity=Decimal(2))
        erp.change_order(order, change, version=version, key=key)
    elif kind == "return":
        last = date.today() + timedelta(days=20)
        parts = {erp.order(order).lines[0].id: Decimal(2)}
        erp.create_return(order, parts, reason=ReturnReason.DAMAGED, words="", return_by=last, key=key)
    else:
        sku = article_of(number)
        made = erp.reserve(sku, units(erp, sku, EWR=2, RNO=1), customer_number="1001", key=key)
        if kind == "release":
            erp.release(made.id)


def write_at_last(erp: Erp, number: int, version: str) -> str:
    """The same, again and again with the same key, until it is done or refused."""
    for attempt in range(TRIES):
        try:
            with within(DEADLINE_SECONDS):
                write(erp, number, version)
                return DONE
        except (Rejected, Conflict):
            return REFUSED
        except (Unavailable, Unknown, Malformed, Misconfigured):  # a page in the place of an answer looks like that
            if attempt == TRIES - 1:
                raise
            time.sleep(PAUSE_SECONDS)
    raise AssertionError


def run(task: Task, file: Path, first: int, step: int) -> None:
    """Does the numbers from `first` in steps that `file` doesn't name yet, and adds each with what came of it.

    Whoever is killed between the two does it again, with the same key.
    """
    known = settings.load(ASSISTANT_FILE, task.environment)
    rules = msgspec.convert({**msgspec.to_builtins(known.erp), **task.rules}, ErpBackEnd)
    erp = connectors.erp(msgspec.structs.replace(known, erp=rules), open_engine(known.database_url))
    done = outcomes(file)

    def work(number: int) -> None:
        outcome = write_at_last(erp, number, task.versions.get(order_of(number), ""))
        with file.open("a") as lines:
            lines.write(f"{number} {outcome}\n")

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(work, [number for number in range(first, task.writes, step) if number not in done]))


def outcomes(*files: Path) -> dict[int, str]:
    """What came of each number that these files name."""
    lines = (line.split() for file in files if file.exists() for line in file.read_text().splitlines())
    return {int(number): outcome for number, outcome in lines}
