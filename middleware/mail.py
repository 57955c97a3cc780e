"""E-mail to customers: into a file that one can read, where there is no server for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from middleware.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A mail.

    Attributes:
        message_id: Without brackets; the same one again is the same mail.
    """

    message_id: str
    to: str
    subject: str
    text: str


class Post(Protocol):
    """What carries mails."""

    async def send(self, mail: Mail) -> None:
        """Hands a mail in.

        Raises:
            Unavailable: It couldn't be handed in.
        """
        ...


class MailboxPost:
    """Writes mails into a file, one after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, mail: Mail) -> None:
        """Adds a mail to the file."""
        await asyncio.to_thread(self._append, mail)

    def _append(self, mail: Mail) -> None:
        head = f"Message-ID: <{mail.message_id}@localhost>\nTo: {mail.to}\nSubject: {mail.subject}\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{head}\n{mail.text}\n\n")


def open_post(settings: Settings) -> Post:
    """Opens what the settings name."""
    return MailboxPost(Path(settings.mailbox))
