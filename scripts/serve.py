"""Starts the servers of Frontdesk together, and ends them together."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from scripts.environment import ROOT, environment
from scripts.quiet import tail

HOST = "127.0.0.1"
HERE = (f"http://{HOST}", "http://localhost")
DEMO = "/webhooks/webchat/demo"
MODEL = ROOT / "models" / "frontdesk.tar.gz"
START_SECONDS = 240.0
STOP_SECONDS = 10.0


class CannotServe(Exception):
    """Says in a sentence, meant for the person at the terminal, why the servers are not there."""


@dataclass(frozen=True)
class Process:
    """One server: how it is started, and how one knows that it is ready.

    Attributes:
        health: The path that answers with 200 once the server listens.
        useless: What its log says if it listens but can do nothing.
    """

    name: str
    title: str
    command: list[str]
    port: int
    port_setting: str
    health: str
    useless: str = ""


def processes(port: int, action_port: int, desk_port: int) -> list[Process]:
    """Lists what runs; the order is the order of starting. Each command begins with `python -m …`."""
    python = sys.executable
    actions = [python, "-m", "rasa_sdk", "--actions", "actions", "--port", str(action_port)]
    actions += ["--logging-config_file", "logging.yml"]
    rasa = [python, "-m", "rasa", "run", "-i", HOST, "--port", str(port), "--model", str(MODEL)]
    rasa += ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    desk = [python, "-m", "uvicorn", "desk.app:app", "--host", HOST, "--port", str(desk_port), "--ws", "none"]
    # The desk believes only the proxies of TRUSTED_PROXIES, and reads their headers itself.
    desk += ["--no-proxy-headers", "--no-server-header", "--timeout-graceful-shutdown", "5"]
    return [
        Process("actions", "The action server", actions, action_port, "ACTION_PORT", "/health"),
        Process("rasa", "The Rasa server", rasa, port, "PORT", "/", useless="Could not load model"),
        Process("desk", "The agents' desk", desk, desk_port, "DESK_PORT", "/health"),
    ]


def answers(port: int, path: str, body: str = "") -> bool:
    """Tells whether the server at a port of this machine answers well."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status == 200 and body in response.read(10_000).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_rasa(port: int) -> bool:
    """Tells whether it is Rasa that answers at a port."""
    return answers(port, "/", "Hello from Rasa")


def is_taken(port: int) -> bool:
    """Tells whether another program listens at a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def free_port() -> int:
    """Finds a port that nobody listens at, for tests; never the same twice.

    It isn't one of those that a system gives to whoever asks for any, so that nobody takes it before it is used.
    """
    return next(port for port in _TEST_PORTS if not is_taken(port))


# Below those that systems give away by themselves, and none that browsers refuse. In an order of chance, as other runs
# of the tests may be under way.
_TEST_PORTS = iter(random.sample(range(11_000, 16_000), 5_000))


class Servers:
    """The servers that run together.

    Each leads a process group of its own, so that Ctrl-C does not reach it past us, and what it started ends
    with it.
    """

    def __init__(self, what: list[Process], env: Mapping[str, str], logs: Path) -> None:
        self._what = {process.name: process for process in what}
        self._env = dict(env)
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Where customers' messages go."""
        return f"http://{HOST}:{self._what['rasa'].port}"

    @property
    def public_url(self) -> str:
        """Where customers' browsers go: the same, unless something stands in front."""
        return self._env["PUBLIC_URL"].rstrip("/")

    @property
    def action_url(self) -> str:
        """Where Rasa finds the action server."""
        return f"http://{HOST}:{self._what['actions'].port}"

    @property
    def desk_url(self) -> str:
        """Where agents find the desk."""
        return f"http://{HOST}:{self._what['desk'].port}"

    def port(self, name: str) -> int:
        """Gives the port of a server."""
        return self._what[name].port

    def log(self, name: str) -> Path:
        """Gives the log file of a server."""
        return self._logs / f"{name}.log"

    def check_ports(self, *names: str) -> None:
        """Raises if a port of the named servers, or of any of them, is taken already."""
        for process in (self._what[name] for name in names or self._what):
            if is_taken(process.port):
                raise CannotServe(
                    f"{process.title} can't start, because port {process.port} is taken: end the program "
                    f"that listens there (`lsof -i :{process.port}` names it), or choose another port "
                    f"with {process.port_setting}={process.port + 100}."
                )

    def start(self, *names: str, more: Mapping[str, str] | None = None) -> None:
        """Starts the named servers, or all of them, and returns when they are ready.

        Args:
            names: `actions`, `rasa`, `desk`; none of them means all.
            more: Settings that overrule the others' this time.

        Raises:
            CannotServe: A server ended or took too long.
        """
        self._logs.mkdir(parents=True, exist_ok=True)
        wanted = [self._what[name] for name in names or self._what]
        for process in wanted:
            with self.log(process.name).open("ab") as log:
                self._running[process.name] = subprocess.Popen(
                    process.command,
                    cwd=ROOT,
                    env={**self._env, **(more or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        self._wait_until_ready(wanted)

    def _wait_until_ready(self, wanted: list[Process]) -> None:
        deadline = time.monotonic() + START_SECONDS
        waiting = list(wanted)
        while waiting:
            self.check()
            waiting = [process for process in waiting if not answers(process.port, process.health)]
            if waiting and time.monotonic() > deadline:
                late = waiting[0]
                raise CannotServe(
                    f"{late.title} was not ready after {START_SECONDS:.0f} s. {self._last_words(late.name)}"
                )
            time.sleep(0.2)
        for process in wanted:
            if process.useless and process.useless in self.log(process.name).read_text(errors="replace"):
                raise CannotServe(f"{process.title} is of no use. {self._last_words(process.name)}")

    def check(self) -> None:
        """Raises if a server has ended by itself."""
        for name, process in self._running.items():
            code = process.poll()
            if code is not None:
                raise CannotServe(f"{self._what[name].title} ended (exit code {code}). {self._last_words(name)}")

    def _last_words(self, name: str) -> str:
        log = self.log(name)
        return f"Its log is {log}, which ends with:\n{tail(log, lines=15)}"

    def stop(self, *names: str, at_once: bool = False) -> None:
        """Ends the named servers, or all of them: asks first, then forces.

        Args:
            names: `actions`, `rasa`, `desk`; none of them means all.
            at_once: Kill without asking, as a crash would.
        """
        ending = {name: self._running[name] for name in names or self._running if name in self._running}
        for process in ending.values():
            _signal(process, signal.SIGKILL if at_once else signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for name, process in ending.items():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            # Even if the leader has ended: a child that outlived it would hold the port.
            _signal(process, signal.SIGKILL)
            process.wait()
            del self._running[name]


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Sends a signal to all of a server's process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def settings(port: int, action_port: int, desk_port: int, overrides: Mapping[str, str]) -> dict[str, str]:
    """Gives the servers' environment: they find each other at the ports that they were given."""
    env = environment()
    env["ACTION_ENDPOINT"] = f"http://{HOST}:{action_port}/webhook"
    for name, own_port in (("PUBLIC_URL", port), ("DESK_URL", desk_port)):
        # A public address of one's own (a proxy, a tunnel) stays.
        if env.get(name, "").startswith(HERE):
            env[name] = f"http://{HOST}:{own_port}"
    if env.get("PUBLIC_URL", "").startswith(HERE):
        env.setdefault("WEBCHAT_DEMO", "1")
    env.setdefault("SANIC_HOST", HOST)
    env["PYTHONUNBUFFERED"] = "1"
    env.update(overrides)
    return env


@contextlib.contextmanager
def running(
    port: int = 5005,
    action_port: int = 5055,
    desk_port: int = 5056,
    env: Mapping[str, str] | None = None,
    logs: Path = ROOT / "var" / "log",
    only: Sequence[str] = (),
    programs: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Servers]:
    """Keeps the servers running for as long as the block lasts.

    Args:
        port: Rasa's port, where the channels listen.
        action_port: The action server's port.
        desk_port: The port of the agents' desk.
        env: Settings that overrule those of `.env` and of the environment, such as a test's own
            `DATABASE_URL`.
        logs: The folder for a log file per server.
        only: The servers to run, where it isn't all of them.
        programs: What stands for `python -m …` in a server's command, by its name; for tests.

    Yields:
        The servers, ready; a test may stop and start one of them.

    Raises:
        CannotServe: They could not be started; the message says why.
    """
    if not MODEL.exists():
        raise CannotServe("There is no model yet: run `make train` first.")
    what = [_with(programs or {}, process) for process in processes(port, action_port, desk_port)]
    servers = Servers(what, settings(port, action_port, desk_port, env or {}), logs)
    servers.check_ports(*only)
    for process in what:
        servers.log(process.name).unlink(missing_ok=True)
    try:
        servers.start(*only)
        yield servers
    finally:
        try:
            servers.stop()
        except KeyboardInterrupt:
            # The second Ctrl-C is from somebody who does not want to wait.
            servers.stop(at_once=True)


def _with(programs: Mapping[str, Sequence[str]], process: Process) -> Process:
    program = programs.get(process.name)
    return dataclasses.replace(process, command=[*program, *process.command[3:]]) if program else process


def ports(env: Mapping[str, str]) -> tuple[int, int, int]:
    """Reads the ports from the settings: Rasa's, the action server's, the desk's."""
    return int(env.get("PORT", "5005")), int(env.get("ACTION_PORT", "5055")), int(env.get("DESK_PORT", "5056"))


def tell_where_mail_goes(env: Mapping[str, str]) -> None:
    """Says on stderr where to look for one-time codes, if no SMTP server takes them."""
    if not env.get("SMTP_URL", "").strip():
        print(f"Mail goes to {env.get('MAILBOX', '').strip() or 'var/mailbox.txt'}", file=sys.stderr)


def end_on_sigterm() -> None:
    """Makes SIGTERM, and a closed terminal, end this process as Ctrl-C does: with all that it started."""

    def end(number: int, frame: FrameType | None) -> None:
        # make passes SIGTERM on, so it may come twice; once is enough.
        for again in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(again, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        # nohup has it ignored, and means it.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)


def main() -> int:
    """Serves until Ctrl-C, SIGTERM, or the end of any of the servers."""
    end_on_sigterm()
    tell_where_mail_goes(environment())
    print("Starting (about half a minute) ...", file=sys.stderr)
    try:
        with running(*ports(environment())) as servers:
            print(f"Frontdesk is ready on {servers.url}\nThe agents' desk is on {servers.desk_url}", flush=True)
            if answers(servers.port("rasa"), DEMO):
                print(f"A shop with the web chat is on {servers.public_url}{DEMO}", flush=True)
            while True:
                servers.check()
                time.sleep(0.5)
    except CannotServe as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Frontdesk has ended.", file=sys.stderr)
        return 0


if __name__ == "__main__":
    sys.exit(main())
