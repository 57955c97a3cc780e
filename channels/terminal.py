"""Talks with the assistant in a terminal, as a client of the REST channel: lines typed, or lines from a pipe."""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

FAREWELL = "/stop"
OPENING = "hi"
TIMEOUT_SECONDS = (5, 60)
DOWNLOADS = Path("var/downloads")
LONGEST_NAME, LONGEST_ENDING = 50, 10  # characters; a file's name may have 255 bytes
TRIES = 2  # the second with the same message id, so that nothing is done twice


def main(url: str, token: str) -> int:
    """Runs the conversation until `/stop` or the end of the input.

    Args:
        url: Where Frontdesk is, such as http://127.0.0.1:5005.
        token: Proves who is typing.

    Returns:
        0, or 1 if the assistant couldn't be reached.
    """
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    buttons: list[dict[str, str]] = []
    try:
        for line in _lines():
            try:
                replies = _send(session, url, _meant(line, buttons))
            except requests.RequestException as error:
                print(
                    f"The assistant can't be reached ({type(error).__name__}). Is it running?",
                    file=sys.stderr,
                )
                return 1
            buttons = _show(replies)
    except KeyboardInterrupt:
        print()
    return 0


def _lines() -> Iterator[str]:
    """The customer's lines. Typed in a terminal, the first is a hello, so that one sees at once who is greeted."""
    typed = sys.stdin.isatty()
    if typed:
        print(f"Write to the assistant; numbers press buttons, {FAREWELL} ends.\n\n> {OPENING}")
        yield OPENING
    while True:
        try:
            line = input("> " if typed else "").strip()
        except EOFError:
            return
        if line == FAREWELL:
            return
        if not line:
            continue
        if not typed:
            print(f"> {line}")
        yield line


def _meant(line: str, buttons: list[dict[str, str]]) -> str:
    """A number that stands before a button is a press of it."""
    if line.isdigit() and 0 < int(line) <= len(buttons):
        return buttons[int(line) - 1]["payload"]
    return line


def _send(session: requests.Session, url: str, text: str) -> list[dict[str, Any]]:
    body = {"message": text, "message_id": uuid.uuid4().hex}
    for attempt in range(TRIES):
        try:
            answer = session.post(f"{url}/webhooks/rest/webhook", json=body, timeout=TIMEOUT_SECONDS)
            break
        except requests.RequestException:
            if attempt == TRIES - 1:
                raise
    if answer.status_code in (400, 401, 413, 429, 503):
        return [{"text": f"({answer.json()['error']})"}]
    answer.raise_for_status()
    replies: list[dict[str, Any]] = answer.json()
    return replies


def _show(replies: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Prints the replies, and fetches their documents; the buttons are numbered through, and given back."""
    buttons: list[dict[str, str]] = []
    for reply in replies:
        print(f"Assistant: {reply.get('text', '')}")
        if "attachment" in reply:
            print(f"  [file] {_saved(reply['attachment'])}")
        for button in reply.get("buttons", ()):
            buttons.append(button)
            print(f"  [{len(buttons)}] {button['title']}")
    print(flush=True)
    return buttons


def _saved(link: str) -> str:
    """Fetches a document, and says where it is now, or why it is nowhere.

    A link opens by itself: the token stays with the server that is talked to, wherever the link leads.
    """
    try:
        answer = requests.get(link, timeout=TIMEOUT_SECONDS)
        if answer.status_code != requests.codes.ok:
            return f"can't be fetched: HTTP {answer.status_code}"
        return str(_kept(_file_name(link), answer.content))
    except (OSError, ValueError) as error:  # requests' own errors are among them
        return f"can't be fetched: {type(error).__name__}"


def _file_name(link: str) -> str:
    """The document's name as a file can have it: it leads into no other folder, and hides nothing."""
    name = unquote(urlsplit(link).path.rsplit("/", 1)[-1])
    file = Path(re.sub(r"[^\w.()+-]+", "_", name).strip("._"))
    return file.stem[:LONGEST_NAME] + file.suffix[:LONGEST_ENDING] or "document"


def _kept(name: str, content: bytes) -> Path:
    """Writes a file beside those that are there; the same once more stays as it is."""
    DOWNLOADS.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = first = DOWNLOADS / name
    for number in count(2):
        try:
            with file.open("xb") as stream:
                stream.write(content)
            break
        except FileExistsError:
            if file.is_file() and file.read_bytes() == content:
                break
            file = first.with_name(f"{first.stem}-{number}{first.suffix}")
    return file
