"""Mail: handed in to a server on this machine, or laid into a file, once."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from middleware.errors import FrontdeskError, Misconfigured, Rejected, Unavailable
from middleware.mail import Mail, MailboxPost, SmtpPost, open_post
from middleware.smtp import SmtpServer
from tests.fakes.building import SetClock, project_settings

SENDER = "help@fernhill.example"
ADA = "ada@example.com"
HOST = "127.0.0.1"


def mail(**fields: str) -> Mail:
    given = {"message_id": "code-1", "to": ADA, "subject": "Your code", "text": "Your code is 123456.\n"}
    return Mail(**(given | fields))


class Server:
    """An SMTP server that answers as it is told.

    Attributes:
        taken: The mails that it took.
        logged_in: Who logged in, and whether the connection was encrypted then.
        answers: What it answers, by the command.
    """

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.logged_in: list[tuple[str, str, bool]] = []
        self.answers: dict[str, str] = {}

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer

    def log_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        encrypted = session.ssl is not None or isinstance(server.transport.get_extra_info("ssl_object"), ssl.SSLObject)
        self.logged_in.append((data.login.decode(), data.password.decode(), encrypted))
        return AuthResult(success=data.password == b"p@ss", handled=False)


@pytest.fixture
def server() -> Server:
    return Server()


Listen = Callable[..., str]


@pytest.fixture
def listen(server: Server) -> Iterator[Listen]:
    """Lets the server listen, with options of aiosmtpd's, and gives `host:port`."""
    controllers: list[Controller] = []

    def start(**options: Any) -> str:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        options = {"authenticator": server.log_in, "auth_require_tls": False} | options
        controllers.append(Controller(server, hostname=HOST, port=port, server_hostname="localhost", **options))
        controllers[-1].start()
        return f"{HOST}:{port}"

    yield start
    for controller in controllers:
        controller.stop()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's certificate for this machine, which everyone here trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def on_localhost(address: str) -> str:
    return address.replace(HOST, "localhost")


# To a server


async def test_a_mail_reaches_the_server_with_everything_in_it(server: Server, listen: Listen) -> None:
    clock = SetClock()
    post = SmtpPost(f"smtp://{listen()}", SENDER, clock=clock)

    await post.send(mail(subject="Ihr Code für Zoë", text="Schöne Grüße\n.\nBcc: x@example.com\n"))

    (taken,) = server.taken
    assert (taken.mail_from, taken.rcpt_tos) == (SENDER, [ADA])
    message = email.message_from_bytes(taken.content, policy=email.policy.default)
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, ADA, "Ihr Code für Zoë")
    assert message["Message-ID"] == "<code-1@fernhill.example>"
    assert message["Date"].datetime == clock().replace(microsecond=0)
    assert message["Bcc"] is None
    assert message.get_content().replace("\r\n", "\n") == "Schöne Grüße\n.\nBcc: x@example.com\n"
    assert server.logged_in == []


@pytest.mark.parametrize(
    ("command", "answer", "error", "status"),
    [
        ("MAIL", "550 go away", Rejected, "550"),
        ("RCPT", "550 no such user ada@example.com", Rejected, "550"),
        ("DATA", "554 looks like spam", Rejected, "554"),
        ("MAIL", "451 later", Unavailable, "451"),
        ("RCPT", "450 greylisted ada@example.com", Unavailable, "450"),
        ("DATA", "452 disk full", Unavailable, "452"),
    ],
)
async def test_a_refusal_for_good_is_told_from_one_for_now(
    server: Server, listen: Listen, command: str, answer: str, error: type[FrontdeskError], status: str
) -> None:
    server.answers[command] = answer

    with pytest.raises(error) as caught:
        await SmtpPost(f"smtp://{listen()}", SENDER).send(mail())

    assert type(caught.value) is error
    assert caught.value.status == status
    assert ADA not in str(caught.value)
    assert server.taken == []


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await SmtpPost("smtp://127.0.0.1:1", SENDER).send(mail())


@pytest.mark.parametrize("speaks", [b"", b"220", b"2"])
async def test_a_server_that_hangs_or_drips_is_given_up_in_time_and_its_thread_ends(speaks: bytes) -> None:
    # given a server that says next to nothing, a byte at a time
    with socket.create_server((HOST, 0)) as listening:
        ended = threading.Event()

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"220 hello\r\n" if speaks else b"")
                try:
                    while not ended.wait(0.05):
                        connection.sendall(speaks)
                except OSError:
                    ended.set()

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        begun = time.monotonic()

        # when
        with pytest.raises(Unavailable):
            post = SmtpPost(f"smtp://{HOST}:{listening.getsockname()[1]}", SENDER, seconds=0.5)
            await post.send(mail())

        # then
        assert time.monotonic() - begun < 10
        if speaks:
            await asyncio.to_thread(ended.wait, 20)
            assert ended.is_set(), "the connection was never closed"
        ended.set()
        dripping.join(20)


async def test_a_log_in_goes_over_starttls(server: Server, listen: Listen, certificate: ssl.SSLContext) -> None:
    address = on_localhost(listen(tls_context=certificate, require_starttls=True))

    await SmtpPost(f"smtp://frontdesk:p%40ss@{address}", SENDER).send(mail())

    assert server.logged_in == [("frontdesk", "p@ss", True)]
    assert len(server.taken) == 1


async def test_smtps_is_encrypted_from_the_beginning(
    server: Server, listen: Listen, certificate: ssl.SSLContext
) -> None:
    address = on_localhost(listen(ssl_context=certificate))

    await SmtpPost(f"smtps://frontdesk:p%40ss@{address}", SENDER).send(mail())

    assert server.logged_in == [("frontdesk", "p@ss", True)]
    assert len(server.taken) == 1


async def test_a_server_with_a_strangers_certificate_gets_no_password(
    server: Server, listen: Listen, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = on_localhost(listen(tls_context=certificate))
    (tmp_path / "empty.pem").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty.pem"))

    with pytest.raises(Unavailable):
        await SmtpPost(f"smtp://frontdesk:p%40ss@{address}", SENDER).send(mail())

    assert server.logged_in == []


async def test_a_password_goes_in_the_clear_to_this_machine_alone(
    server: Server, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = listen()
    url = f"smtp://frontdesk:p%40ss@{address}"
    await SmtpPost(url, SENDER).send(mail())
    assert server.logged_in == [("frontdesk", "p@ss", False)]

    # when the server is somewhere else
    monkeypatch.setattr("middleware.smtp._is_loopback", lambda session: False)
    with pytest.raises(Unavailable, match="isn't shown the password"):
        await SmtpPost(url, SENDER).send(mail())

    assert len(server.logged_in) == len(server.taken) == 1


async def test_a_wrong_password_is_no_verdict_on_the_mail(server: Server, listen: Listen) -> None:
    with pytest.raises(Unavailable) as caught:
        await SmtpPost(f"smtp://frontdesk:wrong@{listen()}", SENDER).send(mail())

    assert caught.value.status == "535"


# The address of a server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 25, False, "", "")),
        ("smtps://mail.example.com", ("mail.example.com", 465, True, "", "")),
        ("smtp://u:p%3A%2F@mail.example.com:587/", ("mail.example.com", 587, False, "u", "p:/")),
        ("SMTP://u%40x:p@[::1]:25", ("::1", 25, False, "u@x", "p")),
    ],
)
def test_an_address_is_read(url: str, server: tuple[Any, ...]) -> None:
    read = SmtpServer.parse(url)

    assert (read.host, read.port, read.tls, read.user, read.password) == server
    assert "password" not in repr(read)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com:port",
        "smtp://mail.example.com:99999",
        "smtp://user@mail.example.com",
        "smtp://:hunter2@mail.example.com",
        "smtp://u:hunter2@mail.example.com/path",
        "smtp://u:hunter2@mail..example.com",
        "smtp://u:hunter2ü@mail.example.com",
        "smtp://u:hunter2@mail.example.com?tls=no",
    ],
)
def test_what_is_no_address_is_said_without_the_password(url: str) -> None:
    with pytest.raises(Misconfigured, match="SMTP_URL is not an SMTP server's address") as caught:
        SmtpPost(url, SENDER)

    assert "hunter2" not in str(caught.value)


# What can't be a mail


@pytest.mark.parametrize(
    "fields",
    [
        {"to": ""},
        {"to": "ada"},
        {"to": "ada@example.com, eve@example.com"},
        {"to": "ada@example.com\nBcc: eve@example.com"},
        {"to": "Ada <ada@example.com>"},
        {"subject": "code\nBcc: eve@example.com"},
        {"subject": "code\r\n\r\nhello"},
        {"subject": "\ud800"},
        {"text": "\ud800"},
    ],
)
async def test_nothing_can_be_smuggled_into_a_mail(
    server: Server, listen: Listen, tmp_path: Path, fields: dict[str, str]
) -> None:
    posts = [SmtpPost(f"smtp://{listen()}", SENDER), MailboxPost(tmp_path / "mailbox.txt")]

    for post in posts:
        with pytest.raises(Rejected, match="can't be a mail") as caught:
            await post.send(mail(**fields))
        assert ADA not in str(caught.value)

    assert server.taken == []
    assert not (tmp_path / "mailbox.txt").exists()


# Into a file


async def test_a_person_can_read_the_mailbox_and_nobody_else(tmp_path: Path) -> None:
    file = tmp_path / "var" / "mailbox.txt"
    post = MailboxPost(file, clock=SetClock())

    await post.send(mail(subject="Ihr Code für Zoë"))
    await post.send(mail(message_id="code-2@elsewhere", text="Hello,\n\nyour code is 654321.\n"))

    rule = "=" * 78
    assert file.read_text(encoding="utf-8") == (
        f"{rule}\nDate: Wed, 11 Mar 2026 17:30:00 +0000\nTo: {ADA}\nSubject: Ihr Code für Zoë\n"
        "Message-ID: <code-1@localhost>\n\n    Your code is 123456.\n\n"
        f"{rule}\nDate: Wed, 11 Mar 2026 17:30:00 +0000\nTo: {ADA}\nSubject: Your code\n"
        "Message-ID: <code-2@elsewhere>\n\n    Hello,\n\n    your code is 654321.\n\n"
    )
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_mailbox_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    file = tmp_path / "mailbox.txt"
    file.touch(0o644)

    await MailboxPost(file).send(mail())

    assert file.stat().st_mode & 0o777 == 0o600


async def test_the_same_mail_is_in_the_mailbox_once(tmp_path: Path) -> None:
    file = tmp_path / "mailbox.txt"
    for message_id in ("one", "one two", "one", "one three", "on", "one two"):
        await MailboxPost(file).send(mail(message_id=message_id))

    assert file.read_text().count("Message-ID: ") == 4


async def test_a_mail_that_quotes_another_does_not_keep_it_out(tmp_path: Path) -> None:
    file = tmp_path / "mailbox.txt"
    await MailboxPost(file).send(mail(message_id="one", text="\nMessage-ID: <two@localhost>\n"))

    await MailboxPost(file).send(mail(message_id="two", text="the second"))

    assert "the second" in file.read_text()


def test_many_at_once_write_whole_mails(tmp_path: Path) -> None:
    file = tmp_path / "mailbox.txt"

    def send(number: int) -> None:
        asyncio.run(MailboxPost(file).send(mail(message_id=str(number % 20), text=f"{number % 20} " * 500)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(40)))

    pages = file.read_text().split("=" * 78 + "\n")[1:]
    assert sorted(len(set(page.partition("\n\n")[2].split())) for page in pages) == [1] * 20


async def test_a_mailbox_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "mailbox.txt").mkdir()

    with pytest.raises(Unavailable, match="the mailbox can't be written"):
        await MailboxPost(tmp_path / "mailbox.txt").send(mail())


# Which post


def test_the_settings_choose_the_post() -> None:
    known = project_settings()

    assert isinstance(open_post(known), MailboxPost)
    assert isinstance(open_post(msgspec.structs.replace(known, smtp_url="smtp://mail.example.com")), SmtpPost)


@pytest.mark.parametrize(("mail_from", "sender"), [("", SENDER), ("bot@fernhill.example", "bot@fernhill.example")])
async def test_mail_comes_from_the_company_unless_told_otherwise(
    server: Server, listen: Listen, mail_from: str, sender: str
) -> None:
    known = msgspec.structs.replace(project_settings(), smtp_url=f"smtp://{listen()}", mail_from=mail_from)

    await open_post(known).send(mail())

    assert server.taken[0].mail_from == sender
