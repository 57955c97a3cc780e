"""Talks with the assistant in a terminal, as a client of the REST channel: lines typed, or lines from a pipe.

What arrives unasked, from an agent or from the assistant, is shown as it arrives.
"""

from __future__ import annotations

import re
import sys
import threading
import uuid
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

FAREWELL = "/stop"
OPENING = "hi"
PROMPT = "> "
TIMEOUT_SECONDS = (5, 60)
DOWNLOADS = Path("var/downloads")
LONGEST_NAME, LONGEST_ENDING = 50, 10  # characters; a file's name may have 255 bytes
WAIT_SECONDS, PAUSE_SECONDS = 25, 2
TRIES = 2  # the second with the same message id, so that nothing is done twice


def main(url: str, token: str) -> int:
    """Runs the conversation until `/stop` or the end of the input.

    Args:
        url: Where Frontdesk is, such as http://127.0.0.1:5005.
        token: Proves who is typing.

    Returns:
        0, or 1 if the assistant couldn't be reached.
    """
    chat = Chat(url, token)
    threading.Thread(target=chat.listen, daemon=True).start()
    try:
        for line in _lines():
            try:
                chat.say(line)
            except requests.RequestException as error:
                print(
                    f"The assistant can't be reached ({type(error).__name__}). Is it running?",
                    file=sys.stderr,
                )
                return 1
    except KeyboardInterrupt:
        print()
    finally:
        chat.end()
    return 0


class Chat:
    """One conversation, in which also others than the customer may begin to speak: the assistant, or an agent.

    Whatever was written to the customer is shown in its order, once: what is listed after the last that was shown.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._last = 0
        self._is_at_prompt = False
        self._buttons: list[dict[str, str]] = []
        self._one_at_a_time = threading.Lock()
        self._ended = threading.Event()

    def say(self, line: str) -> None:
        """Sends a line, and shows what is answered."""
        shown, self._is_at_prompt = self._last, False
        replies = _send(self._url, self._headers, _meant(line, self._buttons))
        self._show_new(self._fetch(0))
        self._is_at_prompt = sys.stdin.isatty()
        if replies and self._last == shown:  # what the channel says of itself is written nowhere
            self._buttons = _show(replies)

    def listen(self) -> None:
        """Shows what arrives unasked, until the chat ends."""
        while not self._ended.is_set():
            try:
                arrived = self._fetch(WAIT_SECONDS)
            except requests.RequestException:
                arrived = None
            if arrived is None:
                self._ended.wait(PAUSE_SECONDS)
            elif not self._ended.is_set():
                self._show_new(arrived)

    def end(self) -> None:
        """Shows nothing any more."""
        self._ended.set()

    def _fetch(self, wait: int) -> list[dict[str, Any]] | None:
        """What was written to the customer after the last that was shown; None if it can't be told now."""
        answer = requests.get(
            f"{self._url}/webhooks/rest/messages",
            params={"after": self._last, "wait": wait},
            headers=self._headers,
            timeout=TIMEOUT_SECONDS,
        )
        return answer.json() if answer.status_code == requests.codes.ok else None

    def _show_new(self, messages: list[dict[str, Any]] | None) -> None:
        """Shows those that weren't shown yet."""
        with self._one_at_a_time:
            new = [one for one in messages or () if one["sequence"] > self._last]
            if not new:
                return
            if self._is_at_prompt:
                print("\r", end="")
            self._buttons = _show(new)
            if self._is_at_prompt:
                print(PROMPT, end="", flush=True)
            self._last = new[-1]["sequence"]


def _lines() -> Iterator[str]:
    """The customer's lines. Typed in a terminal, the first is a hello, so that one sees at once who is greeted."""
    typed = sys.stdin.isatty()
    if typed:
        print(f"Write to the assistant; numbers press buttons, {FAREWELL} ends.\n\n{PROMPT}{OPENING}")
        yield OPENING
    while True:
        try:
            line = input(PROMPT if typed else "").strip()
        except EOFError:
            return
        if line == FAREWELL:
            return
        if not line:
            continue
        if not typed:
            print(f"{PROMPT}{line}")
        yield line


def _meant(line: str, buttons: list[dict[str, str]]) -> str:
    """A number that stands before a button is a press of it."""
    if line.isdigit() and 0 < int(line) <= len(buttons):
        return buttons[int(line) - 1]["payload"]
    return line


def _send(url: str, headers: dict[str, str], text: str) -> list[dict[str, Any]]:
    body = {"message": text, "message_id": uuid.uuid4().hex}
    for attempt in range(TRIES):
        try:
            answer = requests.post(f"{url}/webhooks/rest/webhook", json=body, headers=headers, timeout=TIMEOUT_SECONDS)
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
        print(f"{reply.get('agent', 'Assistant')}: {reply.get('text', '')}")
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
