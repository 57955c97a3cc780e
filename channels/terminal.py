"""Talks with the assistant in a terminal, as a client of the REST channel: lines typed, or lines from a pipe."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from typing import Any

import requests

FAREWELL = "/stop"
OPENING = "hi"
TIMEOUT_SECONDS = (5, 60)
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
    """Prints the replies; the buttons are numbered through, and given back."""
    buttons: list[dict[str, str]] = []
    for reply in replies:
        print(f"Assistant: {reply.get('text', '')}")
        for button in reply.get("buttons", ()):
            buttons.append(button)
            print(f"  [{len(buttons)}] {button['title']}")
    print(flush=True)
    return buttons
