"""`make chat` from a pipe, on servers that already run."""

from __future__ import annotations

import subprocess
import sys

from scripts.environment import ROOT, environment
from tests.data.shop import PEOPLE
from tests.servers import SECRET, Frontdesk


def _chat(frontdesk: Frontdesk, lines: str, who: str = PEOPLE["nora"][4]) -> subprocess.CompletedProcess[str]:
    port = frontdesk.servers.url.rsplit(":", 1)[1]
    return subprocess.run(
        [sys.executable, "-m", "scripts.chat", "--as", who],
        cwd=ROOT,
        env=environment() | {"PORT": port, "JWT_SECRET": SECRET, "MAILBOX": str(frontdesk.mailbox)},
        input=lines,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_lines_from_a_pipe_are_answered_and_the_chat_ends_by_itself(frontdesk: Frontdesk) -> None:
    done = _chat(frontdesk, "hi\nwhere is my jacket?\n/stop\nnever reached\n")

    assert done.returncode == 0
    assert "Assistant: Welcome back, Nora." in done.stdout
    assert "Assistant: Your order 20001 (alpine jacket, blue, M) arrived on" in done.stdout
    assert "never reached" not in done.stdout
    assert done.stderr == f"Mail goes to {frontdesk.mailbox}\n"


def test_a_number_presses_a_button_and_the_end_of_the_input_ends_the_chat(frontdesk: Frontdesk) -> None:
    done = _chat(frontdesk, "hi\n1\n")

    assert done.returncode == 0
    assert "Assistant: Your ticket T-501 (Wi-Fi router) is open since" in done.stdout


def test_somebody_whom_nobody_knows_gets_a_sentence(frontdesk: Frontdesk) -> None:
    done = _chat(frontdesk, "", who="nobody-at-all")

    assert done.returncode == 2
    assert "AS=nobody-at-all is nobody" in done.stderr
