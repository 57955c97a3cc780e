"""Starts a private PostgreSQL for the tests and throws it away afterwards; a plugin (`pytest_plugins`)."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.url import make_url

SECONDS_TO_START = 30

# The data is thrown away, so nothing waits for a disk.
_SETTINGS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off")


def programs() -> Path | None:
    """The folder of the newest PostgreSQL on this machine."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: float(path.parent.name), default=None)


def wanted() -> bool:
    """Whether tests on PostgreSQL are to run: where it is installed, and where nothing may be left out."""
    return programs() is not None or os.environ.get("REQUIRE_ALL") == "1"


def pytest_report_header() -> list[str]:
    """Says it when PostgreSQL is left out."""
    return [] if wanted() else ["PostgreSQL isn't installed: its tests are left out (REQUIRE_ALL=1 demands them)"]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a server's database `postgres`; `fresh_database` makes more of them."""
    with server() as url:
        yield url


@contextmanager
def server() -> Iterator[str]:
    """Runs a server for as long as it is needed, and gives the address of its database `postgres`."""
    folder = programs()
    if folder is None:
        pytest.fail("REQUIRE_ALL=1, and there is no PostgreSQL: apt-get install postgresql")
    # A socket's path may have 107 characters, so it doesn't go into pytest's deep folders.
    home = Path(tempfile.mkdtemp(prefix="frontdesk-postgres-", dir="/tmp"))
    try:
        yield from _serve(folder, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def fresh_database(server_url: str) -> str:
    """Makes an empty database on a server, for one who wants it alone.

    Args:
        server_url: From the fixture `postgres_url`.

    Returns:
        Its URL.
    """
    name = f"test_{uuid4().hex}"
    engine = sa.create_engine(server_url, future=True, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _serve(folder: Path, home: Path) -> Iterator[str]:
    user = _unprivileged(home)
    initdb = [str(folder / "initdb"), "-D", str(home / "data"), "-U", "frontdesk", "--auth=trust", "--no-sync"]
    _run([*initdb, "--encoding=UTF8", "--locale=C"], home, user)
    options = [part for setting in _SETTINGS for part in ("-c", setting)]
    url = f"postgresql://frontdesk@/postgres?host={home}"
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [folder / "postgres", "-D", home / "data", "-k", home, *options],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            **user,
        )
    try:
        _wait_for(url, server, home / "log")
        yield url
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing needs to be kept
        server.wait()


def _unprivileged(home: Path) -> dict[str, Any]:
    """Whom to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(home, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _run(command: Sequence[str], home: Path, user: dict[str, Any]) -> None:
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False, **user)
    if done.returncode:
        pytest.fail(f"{command[0]} failed: {done.stderr}")


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    engine = sa.create_engine(url, future=True)
    end = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            engine.connect().close()
            engine.dispose()
            return
        except sa.exc.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                pytest.fail(f"PostgreSQL doesn't start: {log.read_text()}")
            time.sleep(0.05)
