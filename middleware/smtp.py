"""An SMTP server by its address, and how a mail is handed in to it within a time."""

from __future__ import annotations

import ipaddress
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from middleware.errors import Misconfigured, Rejected, Unavailable

PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, kw_only=True, slots=True)
class SmtpServer:
    """Where mail is handed in.

    Attributes:
        tls: Whether the connection is encrypted from its beginning; otherwise STARTTLS keeps the password secret.
        user: Empty if the server takes mail from us as we are.
    """

    host: str
    port: int
    tls: bool
    user: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """Reads an address such as `smtp://user:password@mail.example.com:587` or `smtps://…`.

        Raises:
            Misconfigured: It is none; the message doesn't repeat it, for it may hold a password.
        """
        try:
            parts = urlsplit(url)
            server = cls(
                host=(parts.hostname or "").encode("idna").decode(),
                port=parts.port or PORTS.get(parts.scheme, 0),
                tls=parts.scheme == "smtps",
                user=unquote(parts.username or "").encode("ascii").decode(),
                password=unquote(parts.password or "").encode("ascii").decode(),
            )
        except ValueError:
            raise _malformed() from None
        beyond = parts.path.strip("/") or parts.query or parts.fragment
        known = parts.scheme in PORTS and server.host
        if not known or beyond or bool(server.user) != bool(server.password):
            raise _malformed()
        return server

    def hand_in(self, message: EmailMessage, sender: str, to: str, seconds: float) -> None:
        """Hands in a mail; waits for the server.

        Args:
            seconds: How long everything together may take.

        Raises:
            Rejected: The server doesn't want this mail, for good (5xx).
            Unavailable: It can't be reached, wants it later, or doesn't want us.
        """
        try:
            with self._session(seconds) as session:
                session.send_message(message, sender, [to])
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(max(code for code, _ in error.recipients.values()), error) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _refused(error.smtp_code, error) from None
        except smtplib.SMTPNotSupportedError as error:
            raise Rejected("the server can't take such a mail", system="smtp") from error
        except smtplib.SMTPResponseException as error:
            raise Unavailable(type(error).__name__, system="smtp", status=str(error.smtp_code)) from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(type(error).__name__, system="smtp") from error

    @contextmanager
    def _session(self, seconds: float) -> Iterator[smtplib.SMTP]:
        """Connects and logs in. A server that only drips would outlast any single wait, so all of it has an end."""
        context = ssl.create_default_context()
        if self.tls:
            session: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=seconds, context=context)
        else:
            session = smtplib.SMTP(self.host, self.port, timeout=seconds)
        end = threading.Timer(seconds, _cut, [session])
        end.daemon = True
        end.start()
        try:
            if self.user:
                self._log_in(session, context)
            yield session
            with suppress(smtplib.SMTPException, OSError):  # the mail is taken, however this ends
                session.quit()
        finally:
            end.cancel()
            session.close()

    def _log_in(self, session: smtplib.SMTP, context: ssl.SSLContext) -> None:
        session.ehlo_or_helo_if_needed()
        if not self.tls and session.has_extn("starttls"):
            session.starttls(context=context)
        elif not self.tls and not _is_loopback(session):
            raise Unavailable("the server offers no encryption, so it isn't shown the password", system="smtp")
        try:
            session.login(self.user, self.password)
        except smtplib.SMTPNotSupportedError as error:
            raise Unavailable("the server offers no log-in", system="smtp") from error


def _malformed() -> Misconfigured:
    return Misconfigured("SMTP_URL is not an SMTP server's address; write smtp://user:password@host:port or smtps://…")


def _refused(code: int, error: Exception) -> Rejected | Unavailable:
    """The error for a mail that the server refused, without its words, which repeat addresses."""
    kind = Rejected if code >= 500 else Unavailable
    return kind(type(error).__name__, system="smtp", status=str(code))


def _is_loopback(session: smtplib.SMTP) -> bool:
    assert session.sock is not None
    return ipaddress.ip_address(session.sock.getpeername()[0].partition("%")[0]).is_loopback


def _cut(session: smtplib.SMTP) -> None:
    """Ends a connection under the one who waits for it."""
    with suppress(OSError, AttributeError):  # not connected yet, or any more
        session.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
