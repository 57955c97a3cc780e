"""The action server's guard, tried on the action server itself."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.fakes.building import ROOT, environment, migrated_database

TOKEN = environment()["ACTION_TOKEN"]
SHOWN = {"Authorization": f"Bearer {TOKEN}"}
SECONDS_TO_START = 60

CALL = {
    "next_action": "action_greet",
    "tracker": {"sender_id": "rest:one", "slots": {}, "latest_message": {}, "events": []},
    "domain": {},
    "version": "3.6.21",
}


@dataclass
class Server:
    """A running action server."""

    url: str
    log: Path

    def ask(self, method: str, path: str, token: str | None = None, **options: Any) -> requests.Response:
        """Sends a request."""
        headers = {"Authorization": token} if token is not None else {}
        return requests.request(method, self.url + path, headers=headers, timeout=10, **options)


def command(port: int) -> list[str]:
    return [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def clean_environment(database: Path, **changes: str | None) -> dict[str, str]:
    """The environment of this process, with settings of the tests' own."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("SANIC_HOST", "CRM", "ERP")}
    files = {"AUDIT_HEAD": str(database.with_suffix(".heads")), "MAILBOX": str(database.with_suffix(".mailbox"))}
    given: dict[str, str | None] = {**inherited, **environment(f"sqlite:///{database}"), **files, **changes}
    return {name: value for name, value in given.items() if value is not None}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An action server on a port and a database of its own."""
    folder = tmp_path_factory.mktemp("guard")
    port = free_port()
    running = Server(f"http://127.0.0.1:{port}", folder / "log")
    with running.log.open("wb") as log:
        process = subprocess.Popen(
            command(port),
            cwd=ROOT,
            env=clean_environment(migrated_database(folder)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                running.ask("GET", "/health")
                break
            except requests.ConnectionError:
                if process.poll() is not None or time.monotonic() > end:
                    pytest.fail(f"the action server doesn't start:\n{running.log.read_text()}")
                time.sleep(0.05)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# The token


@pytest.mark.parametrize("path", ["/webhook", "/actions", "/", "/nothing", "/health/", "/webhook?x=/health", "/HEALTH"])
@pytest.mark.parametrize(
    "token", [None, "", "Bearer", "Bearer ", "Bearer wrong", TOKEN, f"bearer {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü"]
)
def test_whoever_does_not_show_the_token_gets_nothing(server: Server, path: str, token: str | None) -> None:
    shown = token.encode().decode("latin-1") if token is not None else None

    answer = server.ask("POST" if path == "/webhook" else "GET", path, shown, json=CALL)

    assert answer.status_code == 401
    assert answer.json() == {"error": "show the token: `Authorization: Bearer <ACTION_TOKEN>`"}
    assert TOKEN not in answer.text


def test_whoever_shows_the_token_gets_the_actions(server: Server) -> None:
    answer = server.ask("GET", "/actions", SHOWN["Authorization"])

    assert answer.status_code == 200
    assert {"name": "action_greet"} in answer.json()


def test_an_action_runs_and_takes_a_call_without_a_turn_for_a_stranger(server: Server) -> None:
    answer = server.ask("POST", "/webhook", SHOWN["Authorization"], json=CALL)

    assert answer.status_code == 200
    assert [one["response"] for one in answer.json()["responses"]] == ["utter_greet"]


def test_health_is_open_to_everyone(server: Server) -> None:
    answer = server.ask("GET", "/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


# Faults


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"tracker": "my secret is 4711"', 400),
        (b'["my secret is 4711"]', 500),
        (b'{"next_action": "action_greet", "tracker": {"my secret": 4711}}', 500),
        (b"\xff my secret is 4711", 400),
    ],
)
def test_a_fault_echoes_neither_its_text_nor_the_request(server: Server, body: bytes, status: int) -> None:
    answer = server.ask("POST", "/webhook", SHOWN["Authorization"], data=body)

    assert answer.status_code == status
    assert answer.json() == {"error": "the action server failed"}


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/webhook", 405)])
def test_an_address_that_does_not_exist_is_told_without_words(
    server: Server, method: str, path: str, status: int
) -> None:
    answer = server.ask(method, path, SHOWN["Authorization"])

    assert answer.status_code == status
    assert answer.json() == {"error": "the action server failed"}


def test_the_server_listens_on_loopback_alone(server: Server) -> None:
    assert re.search(r"up and running on http://127\.0\.0\.1:\d+", server.log.read_text())


# A start that must not be


def start(folder: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Starts an action server from a folder, with the project's code behind it; gives it up after a while."""
    return subprocess.run(
        command(free_port()),
        cwd=folder,
        env=clean_environment(folder / "none.db", PYTHONPATH=str(ROOT), **changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_START,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the project's settings and its guard, to be broken."""
    for name in ("assistant.yml", "rasa_sdk_plugins.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("import pluggy", "import a_module_that_is_not_there"),
        ("from middleware import settings", "from middleware import a_name_that_is_not_there"),
        ('OPEN_PATHS = frozenset({"/health"})', "OPEN_PATHS = 1 / 0"),
        ('OPEN_PATHS = frozenset({"/health"})', "raise SystemExit(0)"),
    ],
)
def test_an_error_in_the_guard_ends_the_server(folder: Path, line: str, named: str) -> None:
    guard = folder / "rasa_sdk_plugins.py"
    text = guard.read_text(encoding="utf-8")
    assert text.count(f"    {line}\n") == 1
    guard.write_text(text.replace(f"    {line}\n", f"    {named}\n"), encoding="utf-8")

    ended = start(folder)

    assert ended.returncode == 1
    assert named in ended.stderr
    assert "up and running" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ACTION_TOKEN": None}, "ACTION_TOKEN is not set; run `make setup`"),
        ({"ACTION_TOKEN": " "}, "ACTION_TOKEN is not set"),
        ({"JWT_SECRET": "short"}, "JWT_SECRET is shorter than 32 bytes"),
        ({"DATABASE_URL": None}, "DATABASE_URL is not set"),
        ({"CRM": "abacus"}, "assistant.yml: Invalid enum value 'abacus'"),
    ],
)
def test_a_wrong_setting_ends_the_server_with_a_sentence(
    folder: Path, changes: dict[str, str | None], named: str
) -> None:
    ended = start(folder, **changes)

    assert ended.returncode == 1
    assert f"The action server does not start: {named}" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "up and running" not in ended.stdout + ended.stderr


def test_missing_settings_end_the_server_with_a_sentence(folder: Path) -> None:
    (folder / "assistant.yml").unlink()

    ended = start(folder)

    assert ended.returncode == 1
    assert "The action server does not start: assistant.yml is missing" in ended.stderr


def test_a_database_without_tables_ends_the_server_with_the_mend(folder: Path) -> None:
    ended = start(folder)

    assert ended.returncode != 0
    assert "run `make setup`" in ended.stderr + ended.stdout
