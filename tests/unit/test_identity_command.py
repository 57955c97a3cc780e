"""The operators' command that takes back what codes proved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from middleware import identity_command
from middleware.settings import Level
from tests.fakes.back_office import FakeCrm
from tests.fakes.building import ADA, ADA_EMAIL, ASSISTANT_FILE, Bench, environment

MakeBench = Callable[..., Bench]


async def proven(desk: Bench, conversation: str) -> None:
    who = await desk.who(conversation=conversation)
    await desk.middleware.codes.request(who, ADA_EMAIL)
    await desk.middleware.jobs.run_due()
    await desk.middleware.codes.check(who, desk.post.code())


@pytest.mark.parametrize(
    ("conversation", "email", "count", "levels"),
    [
        ("rest:one", "", 1, [Level.PUBLIC, Level.VERIFIED]),
        ("", "ADA@example.com ", 2, [Level.PUBLIC, Level.PUBLIC]),
        ("", "ben@example.com", 0, [Level.VERIFIED, Level.VERIFIED]),
        ("rest:none", "", 0, [Level.VERIFIED, Level.VERIFIED]),
    ],
)
async def test_what_codes_proved_is_taken_back_where_it_was_said(
    bench: MakeBench,
    monkeypatch: pytest.MonkeyPatch,
    conversation: str,
    email: str,
    count: int,
    levels: list[Level],
) -> None:
    # given
    desk = bench(FakeCrm([ADA]))
    for one in ("rest:one", "rest:two"):
        await proven(desk, one)
    monkeypatch.chdir(ASSISTANT_FILE.parent)
    for name, value in environment(desk.url).items():
        monkeypatch.setenv(name, value)

    # when
    taken = await identity_command.revoke(conversation, email)

    # then
    assert taken == count
    assert [(await desk.who(conversation=one)).level for one in ("rest:one", "rest:two")] == levels


@pytest.mark.parametrize("arguments", [[], ["--email", "a@example.com", "--conversation", "rest:one"]])
def test_it_wants_either_a_conversation_or_an_address(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["identity_command", *arguments])

    assert identity_command.main() == 2
    assert "make revoke" in capsys.readouterr().err
