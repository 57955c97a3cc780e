"""What the terminal shows: everything that was written, once, in order; and where it saves documents."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from channels import terminal

PAPER = b"%PDF-1.4 a label"
NAME = "return-label-R-2081.pdf"


@dataclass
class Site:
    """A server that a link leads to.

    Attributes:
        asked: The paths asked for, each with its headers.
    """

    url: str = ""
    status: int = 200
    content: bytes = PAPER
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def link(self, name: str = NAME) -> str:
        """A link to a document of this name."""
        return f"{self.url}/documents/token/{quote(name, safe='')}"


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, dict(self.headers)))
            self.send_response(site.status)
            self.send_header("Content-Length", str(len(site.content)))
            self.end_headers()
            self.wfile.write(site.content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that files go into; the project's in a chat."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var" / "downloads"


def shown(capsys: pytest.CaptureFixture[str], link: str) -> str:
    """The line that a reply with a link makes, but for its mark."""
    terminal._show([{"text": "Here is your label.", "attachment": link}])
    [line] = re.findall(r"(?m)^  \[file\] (.+)$", capsys.readouterr().out)
    return line


def test_a_document_is_saved_under_its_name_and_its_path_is_told(
    site: Site, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal._show(
        [{"text": "Here it is.", "attachment": site.link(), "buttons": [{"title": "Thanks", "payload": "/x"}]}]
    )

    assert capsys.readouterr().out == (
        "Assistant: Here it is.\n  [file] var/downloads/return-label-R-2081.pdf\n  [1] Thanks\n\n"
    )
    assert (folder / NAME).read_bytes() == PAPER
    assert folder.stat().st_mode & 0o077 == 0


def test_no_token_goes_with_the_request(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    shown(capsys, site.link())

    [(_, headers)] = site.asked
    assert "Authorization" not in headers and "Cookie" not in headers


def test_the_same_document_is_one_file_and_another_of_its_name_is_another(
    site: Site, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, again = shown(capsys, site.link()), shown(capsys, site.link())
    site.content = b"another"
    other, third = shown(capsys, site.link()), shown(capsys, site.link())

    assert first == again == f"var/downloads/{NAME}"
    assert other == third == "var/downloads/return-label-R-2081-2.pdf"
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        NAME: PAPER,
        "return-label-R-2081-2.pdf": b"another",
    }


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../.bashrc", "bashrc"),
        ("..", "document"),
        ("", "document"),
        ("/etc/passwd", "etc_passwd"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("a\x00b\n\x1b[31mc.pdf", "a_b_31mc.pdf"),
        ("INV/2026/1.pdf", "INV_2026_1.pdf"),
        ("Rechnung Żółć.pdf", "Rechnung_Żółć.pdf"),
        ("年" * 300 + ".pdf", "年" * 50 + ".pdf"),
        ("x" * 300, "x" * 50),
        ("~root", "root"),
    ],
)
def test_a_file_is_in_the_folder_whatever_its_name_says(
    site: Site, folder: Path, capsys: pytest.CaptureFixture[str], name: str, file: str
) -> None:
    assert shown(capsys, site.link(name)) == f"var/downloads/{file}"
    assert [one.name for one in folder.iterdir()] == [file]
    assert [one.name for one in folder.parents[1].iterdir()] == ["var"]


def test_a_link_in_the_folder_is_not_followed(
    site: Site, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.mkdir(parents=True)
    (folder / NAME).symlink_to(tmp_path / "elsewhere")

    assert shown(capsys, site.link()) == "var/downloads/return-label-R-2081-2.pdf"
    assert not (tmp_path / "elsewhere").exists()


def test_a_document_that_cannot_be_had_is_told_and_the_chat_goes_on(
    site: Site, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.status = 404
    assert shown(capsys, site.link()) == "can't be fetched: HTTP 404"

    for link in ("http://127.0.0.1:9/x.pdf", "no link", "file:///etc/passwd", "http://[", ""):
        assert shown(capsys, link).startswith("can't be fetched: ")
    assert not folder.exists()


# What arrives


@dataclass
class Desk:
    """A REST channel that is told what to answer.

    Attributes:
        written: What was written to the customer, by its place.
        answers: What a line is answered with, by the line.
        unheard: Lines whose answer isn't written anywhere.
        heard: The lines that came.
    """

    url: str = ""
    written: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    unheard: set[str] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)
    bell: threading.Condition = field(default_factory=threading.Condition)

    def write(self, author: str, text: str, **more: Any) -> None:
        """Writes something to the customer."""
        with self.bell:
            self.written.append({"sequence": len(self.written) + 1, "author": author, "text": text, **more})
            self.bell.notify_all()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            after, wait = int(asked["after"][0]), int(asked["wait"][0])
            with desk.bell:
                desk.bell.wait_for(lambda: len(desk.written) > after, timeout=min(wait, 5))
                self._give(desk.written[after:])

        def do_POST(self) -> None:
            line = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["message"]
            desk.heard.append(line)
            replies = desk.answers.get(line, [])
            for reply in replies if line not in desk.unheard else ():
                desk.write("bot", **reply)
            self._give(replies)

        def _give(self, content: Any) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    desk.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield desk
    server.shutdown()
    server.server_close()


def typing(monkeypatch: pytest.MonkeyPatch, *lines: str | Callable[[], None]) -> None:
    """Types lines from a pipe; what isn't a line happens before the next one."""
    left = list(lines)

    def typed(_prompt: str) -> str:
        while left:
            one = left.pop(0)
            if isinstance(one, str):
                return one
            one()
        raise EOFError

    monkeypatch.setattr("builtins.input", typed)


def shown_before_long(capsys: pytest.CaptureFixture[str], text: str, shown: list[str]) -> Callable[[], None]:
    """Waits until a text was shown."""

    def wait() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            shown.append(capsys.readouterr().out)
            if text in "".join(shown):
                return
            time.sleep(0.01)
        raise AssertionError(f"{text!r} wasn't shown: {shown}")

    return wait


def test_an_answer_is_shown_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.answers = {"hi": [{"text": "Hello."}], "bye": [{"text": "Goodbye."}]}
    typing(monkeypatch, "hi", "bye", "/stop", "never reached")

    assert terminal.main(desk.url, "token") == 0

    assert capsys.readouterr().out == "> hi\nAssistant: Hello.\n\n> bye\nAssistant: Goodbye.\n\n"
    assert desk.heard == ["hi", "bye"]


def test_what_arrives_unasked_is_shown_with_the_name_of_who_wrote_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    typing(
        monkeypatch,
        "hi",
        lambda: desk.write("agent", "Hello, this is Marco.", agent="Marco"),
        shown_before_long(capsys, "Marco: Hello, this is Marco.\n", shown),
        lambda: desk.write("bot", "I'm the assistant again."),
        shown_before_long(capsys, "Assistant: I'm the assistant again.\n", shown),
    )

    terminal.main(desk.url, "token")

    assert "".join(shown).count("Hello, this is Marco.") == 1


def test_a_button_that_arrived_unasked_can_be_pressed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    typing(
        monkeypatch,
        lambda: desk.write("bot", "Shall I?", buttons=[{"title": "Yes", "payload": "/Affirm"}]),
        shown_before_long(capsys, "[1] Yes", shown),
        "1",
    )

    terminal.main(desk.url, "token")

    assert desk.heard == ["/Affirm"]


def test_what_the_channel_says_of_itself_is_shown_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.answers = {"hi": [{"text": "You're writing too fast."}]}
    desk.unheard = {"hi"}
    typing(monkeypatch, "hi")

    terminal.main(desk.url, "token")

    assert capsys.readouterr().out.count("You're writing too fast.") == 1


def test_an_assistant_that_is_not_there_ends_the_chat(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typing(monkeypatch, "hi")

    assert terminal.main("http://127.0.0.1:9", "token") == 1

    assert "can't be reached" in capsys.readouterr().err
