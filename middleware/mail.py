"""Mail to customers: handed in to an SMTP server, or laid into a file for those who try things out."""

from __future__ import annotations

import asyncio
import fcntl
import os
import textwrap
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from middleware.clock import Clock, system_clock
from middleware.errors import Rejected, Unavailable
from middleware.settings import Settings
from middleware.smtp import SmtpServer

SMTP_SECONDS = 20.0
NOBODY = "nobody@localhost"  # whom mail in the file comes from
SEPARATOR = "=" * 78


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A mail.

    Attributes:
        message_id: The same for the same mail, however often it is sent; a post adds the brackets, and the sender's
            domain if it has none.
        to: One address.
        text: Plain text.
    """

    message_id: str
    to: str
    subject: str
    text: str


class Post(Protocol):
    """What mail is given to."""

    async def send(self, mail: Mail) -> None:
        """Sends a mail.

        Raises:
            Rejected: It can't be delivered, however often one tries.
            Unavailable: It wasn't sent, or nobody knows; sending it again is right.
        """
        ...


class SmtpPost:
    """Hands mail in to an SMTP server.

    Args:
        url: See `SmtpServer.parse`.
        sender: The address that the mail comes from.
        seconds: How long handing in one mail may take.

    Raises:
        Misconfigured: The URL can't be understood.
    """

    def __init__(self, url: str, sender: str, *, clock: Clock = system_clock, seconds: float = SMTP_SECONDS) -> None:
        self._server = SmtpServer.parse(url)
        self._sender = sender
        self._clock = clock
        self._seconds = seconds

    async def send(self, mail: Mail) -> None:
        """Hands a mail in, and returns when the server has it.

        Raises:
            Rejected: The mail makes no sense, or the server refused it for good.
            Unavailable: The server can't be reached, is too slow, or wants the mail later.
        """
        message = _message(mail, self._sender, self._clock)
        handing_in = asyncio.to_thread(self._server.hand_in, message, self._sender, mail.to, self._seconds)
        try:
            await asyncio.wait_for(handing_in, self._seconds)
        except asyncio.TimeoutError as error:
            raise Unavailable("the SMTP server is too slow", system="smtp") from error


class MailboxPost:
    """Appends mail to a file that a person can read, each mail once.

    Args:
        path: The file; it and its folder are made when they are needed, the file for the owner alone.
    """

    def __init__(self, path: Path, *, clock: Clock = system_clock) -> None:
        self._path = path
        self._clock = clock

    async def send(self, mail: Mail) -> None:
        """Appends a mail, unless one with its id is there.

        Raises:
            Rejected: The mail makes no sense.
            Unavailable: The file can't be written.
        """
        message = _message(mail, NOBODY, self._clock)
        try:
            await asyncio.to_thread(self._append, message)
        except OSError as error:
            raise Unavailable(f"the mailbox can't be written: {type(error).__name__}", system="mailbox") from error

    def _append(self, message: EmailMessage) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.fchmod(file.fileno(), 0o600)
            there = file.read()
            if f"\nMessage-ID: {message['Message-ID']}\n".encode() in there:
                return
            whole = _page(message)
            if file.write(whole) != len(whole):  # the disk is full
                file.truncate(len(there))
                raise OSError("only a part of the mail could be written")


def open_post(settings: Settings) -> Post:
    """The post that the settings choose: the SMTP server, or the mailbox file where there is none."""
    if settings.smtp_url:
        return SmtpPost(settings.smtp_url, settings.mail_from or settings.company.email)
    return MailboxPost(Path(settings.mailbox))


def _message(mail: Mail, sender: str, clock: Clock) -> EmailMessage:
    """The mail in its internet form, in which no header can be smuggled into another.

    Raises:
        Rejected: The address isn't one, or something isn't text.
    """
    message_id = quote(mail.message_id, safe="@+")  # a space would end it
    if "@" not in message_id:
        message_id += "@" + sender.rpartition("@")[2]
    message = EmailMessage()
    try:
        message["From"] = Address(addr_spec=sender)
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(clock())
        message["Message-ID"] = f"<{message_id}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
    except (ValueError, IndexError, MessageError) as error:
        raise Rejected(f"this can't be a mail: {type(error).__name__}", system="mail") from None
    return message


def _page(message: EmailMessage) -> bytes:
    """A mail as the file shows it. The text is indented, so that nothing in it looks like a header."""
    headers = "".join(f"{name}: {message[name]}\n" for name in ("Date", "To", "Subject", "Message-ID"))
    text = textwrap.indent(message.get_content(), "    ")
    return f"{SEPARATOR}\n{headers}\n{text}\n".encode()
