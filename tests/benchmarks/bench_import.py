"""Measures an import of many orders: `python -m tests.benchmarks.bench_import --orders 1000000`."""

from __future__ import annotations

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tests import postgres
from tests.fakes.building import ROOT, environment

ORDERS_PER_CUSTOMER = 10
PRODUCTS = 1000
BEGAN = datetime(2024, 1, 1, 8, tzinfo=timezone.utc)
STATUSES = ("delivered",) * 7 + ("shipped", "placed", "cancelled")


def write(folder: Path, orders: int) -> None:
    """Writes customers, products, orders and their lines, the orders of each customer far apart."""
    customers = max(1, orders // ORDERS_PER_CUSTOMER)
    _write(
        folder / "customers.csv",
        ("id", "name", "email", "phone", "address1", "city", "state", "country", "postcode"),
        (_customer(n) for n in range(customers)),
    )
    _write(
        folder / "products.csv",
        ("sku", "name", "category", "options", "price"),
        ((f"SKU-{n}", f"thing {n}", "things", "colour=blue;size=M", "19.90") for n in range(PRODUCTS)),
    )
    _write(
        folder / "orders.csv",
        ("order_id", "customer_id", "placed_at", "status", "carrier", "tracking", "expected_at", "delivered_at"),
        (_order(n, customers) for n in range(orders)),
    )
    _write(
        folder / "order_lines.csv",
        ("order_id", "line", "sku", "quantity", "price", "status"),
        ((f"A-{n}", "1", f"SKU-{n % PRODUCTS}", n % 3 + 1, f"{n % 200}.90", "") for n in range(orders)),
    )


def _customer(n: int) -> tuple[str, ...]:
    reached = (f"pat{n}@example.com", f"+1201{2_000_000 + n}")
    return (f"C-{n}", f"Pat Moss{n}", *reached, f"{n} Elm Street", "Newark", "NJ", "US", "07102")


def _order(n: int, customers: int) -> tuple[str, ...]:
    placed_at = BEGAN + timedelta(minutes=n)
    status = STATUSES[n % len(STATUSES)]
    delivered_at = (placed_at + timedelta(days=3)).isoformat() if status == "delivered" else ""
    return (
        f"A-{n}",
        f"C-{n * 7919 % customers}",
        placed_at.isoformat(),
        status,
        "FedEx",
        f"7712 {n}",
        (placed_at + timedelta(days=4)).date().isoformat(),
        delivered_at,
    )


def _write(file: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows)


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    with postgres.server() as url:
        yield postgres.fresh_database(url)


def _import(folder: Path, url: str) -> str:
    """Runs the import, and tells how long it took, and how long it had a processor (without the database's server)."""
    begun, worked = time.monotonic(), _processor_seconds()
    command = [sys.executable, "-m", "middleware.importing", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | environment(url))
    return f"{time.monotonic() - begun:.0f} s, {_processor_seconds() - worked:.0f} s of them at work"


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """The command: imports into an empty back office, and again over what is there then."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as name:
        data, folder = Path(name, "data"), Path(name)
        data.mkdir()
        write(data, options.orders)
        with _database(options.database, folder) as url:
            print(f"{options.orders} orders on {options.database}: {_import(data, url)}", flush=True)
            print(f"the same over these: {_import(data, url)}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"peak memory of the import: {peak} MiB")


if __name__ == "__main__":
    main()
