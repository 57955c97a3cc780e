"""The action server's guard, tried on the action server itself."""

from __future__ import annotations

import json
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
    """A running action server.

    Attributes:
        database: The file of its store.
    """

    url: str
    log: Path
    database: Path

    @property
    def lines(self) -> list[str]:
        """What it logged since it listens."""
        lines = self.log.read_text().splitlines()
        begun = next(number for number, line in enumerate(lines) if "up and running" in line)
        return lines[begun:]

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
    database = migrated_database(folder)
    running = Server(f"http://127.0.0.1:{port}", folder / "log", database)
    with running.log.open("wb") as log:
        process = subprocess.Popen(
            command(port),
            cwd=ROOT,
            env=clean_environment(database),
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


@pytest.mark.parametrize(
    "path",
    ["/webhook", "/actions", "/metrics", "/", "/nothing", "/health/", "/health/x", "/webhook?x=/health", "/HEALTH"],
)
@pytest.mark.parametrize(
    "token", [None, "", "Bearer", "Bearer ", "Bearer wrong", TOKEN, f"bearer {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü"]
)
def test_whoever_does_not_show_the_token_gets_nothing(server: Server, path: str, token: str | None) -> None:
    shown = token.encode().decode("latin-1") if token is not None else None

    answer = server.ask("POST" if path == "/webhook" else "GET", path, shown, json=CALL)

    assert answer.status_code == 401
    assert answer.json() == {"error": "show the token: `Authorization: Bearer <ACTION_TOKEN>`"}
    assert TOKEN not in answer.text


def test_whoever_does_not_show_the_token_is_refused_before_their_body_is_read(server: Server) -> None:
    # given a request that says it has a body, and sends none
    address = server.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=10) as caller:
        caller.sendall(b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")

        # then the answer doesn't wait for it
        assert caller.recv(1000).startswith(b"HTTP/1.1 401")


def test_a_header_that_is_no_text_is_refused_as_well(server: Server) -> None:
    assert server.ask("GET", "/actions", b"Bearer \xff\xfe").status_code == 401  # type: ignore[arg-type]


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


def test_health_tells_when_the_store_is_gone_and_opens_nothing_else(server: Server) -> None:
    # given a server whose database is moved away
    away = server.database.with_suffix(".away")
    server.database.rename(away)
    try:
        gone, guarded = server.ask("GET", "/health"), server.ask("GET", "/actions")
        figures = server.ask("GET", "/metrics", SHOWN["Authorization"])
    finally:
        away.replace(server.database)

    # then health says so until it is back, the guard stands, and what figures there are can be read
    assert (gone.status_code, gone.json()) == (503, {"status": "unavailable", "store": "no answer"})
    assert guarded.status_code == 401
    assert (figures.status_code, "frontdesk_store_up 0.0" in figures.text) == (200, True)
    assert server.ask("GET", "/health").status_code == 200


# Figures and logs


def test_whoever_shows_the_token_gets_the_figures(server: Server) -> None:
    answer = server.ask("GET", "/metrics", SHOWN["Authorization"])

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "frontdesk_store_up 1.0" in answer.text


def test_each_line_of_the_log_is_json_and_carries_its_own_turn(server: Server) -> None:
    # given a call that is refused within a turn, and one on the same connection that fails before any
    tracker = {"sender_id": "rest:one", "slots": {}, "latest_message": {"metadata": {"turn": "a-turn"}}, "events": []}
    call = {"next_action": "action_track_order", "tracker": tracker, "domain": {}, "version": "3.6.21"}
    with requests.Session() as session:
        session.headers.update(SHOWN)
        session.post(f"{server.url}/webhook", json=call, timeout=10)
        session.post(f"{server.url}/webhook", json=["ada@example.com"], timeout=10)

    # then the log tells of both in JSON, of the turn where it belongs, and of nothing that was sent
    lines = [json.loads(line) for line in server.lines]
    assert "actions.base" in [line["logger"] for line in lines if line.get("correlation_id") == "a-turn"]
    failed = [line for line in lines if line["message"] == "/webhook failed: AttributeError"]
    assert failed
    assert not any("correlation_id" in line for line in failed)
    assert "ada@example.com" not in server.log.read_text()


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
    assert re.search(r"up and running on http://127\.0\.0\.1:\d+", server.lines[0])


# A start that must not be


@dataclass
class Ended:
    """How an attempt to start ended.

    Attributes:
        said: All of its output.
        listened: Whether anyone could connect before the end.
    """

    code: int
    said: str
    listened: bool


def start(folder: Path, **changes: str | None) -> Ended:
    """Starts an action server from a folder, with the project's code behind it, and waits for its end."""
    port = free_port()
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command(port),
            cwd=folder,
            env=clean_environment(folder / "none.db", **{"PYTHONPATH": str(ROOT), **changes}),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    listened, end = False, time.monotonic() + SECONDS_TO_START
    try:
        while process.poll() is None and not listened and time.monotonic() < end:
            listened = is_open(port)
            time.sleep(0.02)
    finally:
        process.kill()
    return Ended(process.wait(), (folder / "said").read_text(), listened)


def is_open(port: int) -> bool:
    """Tells whether somebody listens at a port."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the project's settings and its guard, to be broken."""
    for name in ("assistant.yml", "rasa_sdk_plugins.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


def test_without_the_guard_the_server_does_not_start(folder: Path) -> None:
    # given all of the project but the guard, which lies nowhere on the path
    (folder / "rasa_sdk_plugins.py").unlink()
    for name in ("actions", "middleware"):
        (folder / name).symlink_to(ROOT / name)

    ended = start(folder, PYTHONPATH=None)

    assert ended.code == 1
    assert "No module named 'rasa_sdk_plugins'" in ended.said
    assert not ended.listened


@pytest.mark.parametrize(
    ("guard", "named"),
    [
        ("", "init_hooks"),
        ("def init_hooks(manager):\n    raise RuntimeError('broken')\n", "RuntimeError"),
        ("import a_module_that_is_not_there\n", "a_module_that_is_not_there"),
    ],
)
def test_with_another_guard_that_is_broken_the_server_does_not_start(folder: Path, guard: str, named: str) -> None:
    (folder / "rasa_sdk_plugins.py").write_text(guard, encoding="utf-8")

    ended = start(folder)

    assert ended.code != 0
    assert named in ended.said
    assert not ended.listened


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("import pluggy", "import a_module_that_is_not_there"),
        ("from middleware import logs, metrics, settings", "from middleware import a_name_that_is_not_there"),
        ('HEALTH = "/health"', "HEALTH = 1 / 0"),
        ('HEALTH = "/health"', "raise SystemExit(0)"),
    ],
)
def test_an_error_in_the_guard_ends_the_server(folder: Path, line: str, named: str) -> None:
    guard = folder / "rasa_sdk_plugins.py"
    text = guard.read_text(encoding="utf-8")
    assert text.count(f"    {line}\n") == 1
    guard.write_text(text.replace(f"    {line}\n", f"    {named}\n"), encoding="utf-8")

    ended = start(folder)

    assert ended.code == 1
    assert named in ended.said
    assert not ended.listened


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ACTION_TOKEN": None}, "ACTION_TOKEN is not set; run `make setup`"),
        ({"ACTION_TOKEN": " "}, "ACTION_TOKEN is not set"),
        ({"JWT_SECRET": "short"}, "JWT_SECRET is shorter than 32 bytes"),
        ({"DATABASE_URL": None}, "DATABASE_URL is not set"),
        ({"CRM": "abacus"}, "assistant.yml: Invalid enum value 'abacus'"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is xml; it can be json or text"),
    ],
)
def test_a_wrong_setting_ends_the_server_with_a_sentence(
    folder: Path, changes: dict[str, str | None], named: str
) -> None:
    ended = start(folder, **changes)

    assert ended.code == 1
    assert f"The action server does not start: {named}" in ended.said
    assert "Traceback" not in ended.said
    assert not ended.listened


def test_missing_settings_end_the_server_with_a_sentence(folder: Path) -> None:
    (folder / "assistant.yml").unlink()

    ended = start(folder)

    assert ended.code == 1
    assert "The action server does not start: assistant.yml is missing" in ended.said
    assert not ended.listened


def test_a_database_without_tables_ends_the_server_with_the_mend(folder: Path) -> None:
    ended = start(folder)

    assert ended.code == 1
    assert "The action server does not start: The database is at version None" in ended.said
    assert "run `make setup`" in ended.said
    assert "Traceback" not in ended.said
    assert not ended.listened
