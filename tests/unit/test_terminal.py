"""What the terminal does with documents: it fetches them without a token, and saves them where nothing is lost."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

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
