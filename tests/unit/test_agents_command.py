"""The command that lets agents in, and out."""

from __future__ import annotations

import io
from typing import Any

import pytest

from middleware import agents_command, store
from tests.fakes.building import ASSISTANT_FILE, Bench, environment
from tests.fakes.desk import PASSWORD
from tests.fakes.fixtures import MakeBench


class Terminal(io.StringIO):
    """A stdin that somebody sits at."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.fixture
def desk(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    desk = bench()
    monkeypatch.chdir(ASSISTANT_FILE.parent)
    for name, value in environment(desk.url).items():
        monkeypatch.setenv(name, value)
    return desk


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command, with a line in the pipe or passwords that are typed."""

    def run(*arguments: str, piped: str | None = None, typed: tuple[str, ...] = ()) -> int:
        monkeypatch.setattr("sys.argv", ["agents_command", *arguments])
        monkeypatch.setattr("sys.stdin", Terminal() if piped is None else io.StringIO(piped))
        answers = iter(typed)
        monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
        return agents_command.main()

    return run


def test_a_password_from_a_pipe_makes_an_account(desk: Bench, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("Marco", "--display", "Marco Bianchi", piped=f"{PASSWORD}\n") == 0
    assert capsys.readouterr().out == "marco can log in now.\n"
    [row] = desk.rows(store.agents)
    assert (row["id"], row["name"], row["is_active"]) == ("marco", "Marco Bianchi", True)


def test_a_typed_password_is_typed_twice(desk: Bench, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("marco", typed=(PASSWORD, "another one of mine")) == 1
    assert "two different passwords" in capsys.readouterr().err
    assert desk.rows(store.agents) == []
    assert run("marco", typed=(PASSWORD, PASSWORD)) == 0
    assert run("marco", typed=(PASSWORD, PASSWORD)) == 0
    assert "marco was changed" in capsys.readouterr().out


@pytest.mark.parametrize("password", ["", "short"])
def test_a_short_password_makes_none(desk: Bench, run: Any, capsys: pytest.CaptureFixture[str], password: str) -> None:
    assert run("marco", piped=password) == 1
    assert "at least 12 characters" in capsys.readouterr().err
    assert desk.rows(store.agents) == []


def test_an_account_is_switched_off_and_on_again(desk: Bench, run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("marco", "--off") == 1
    assert "there is no agent 'marco'" in capsys.readouterr().err
    run("marco", "--display", "Marco Bianchi", piped=PASSWORD)
    assert run("marco", "--off") == 0
    assert desk.rows(store.agents)[0]["is_active"] is False
    run("marco", piped=PASSWORD)
    [row] = desk.rows(store.agents)
    assert (row["is_active"], row["name"]) == (True, "Marco Bianchi")


def test_an_account_may_have_no_password(desk: Bench, run: Any) -> None:
    assert run("marco@fernhill.example", "--no-password") == 0
    assert desk.rows(store.agents)[0]["password"] is None


def test_nobody_is_nobody(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("") == 2
    assert "make agent NAME=marco" in capsys.readouterr().err
