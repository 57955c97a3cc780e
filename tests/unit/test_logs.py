"""What a log line holds, and what it never holds."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware import logs
from middleware.correlation import correlation
from middleware.errors import Misconfigured, Unavailable
from tests.fakes.building import ADA_EMAIL, ADA_PHONE

TURN = "0f3d5c1a2b3c4d5e6f708192a3b4c5d6"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLWhlcmU"


class Log:
    """A logger whose lines are kept.

    Attributes:
        logger: Configured as the servers' are.
    """

    def __init__(self, logger: logging.Logger, stderr: io.StringIO) -> None:
        self.logger = logger
        self._stderr = stderr

    @property
    def text(self) -> str:
        """Whatever was written to stderr."""
        return self._stderr.getvalue()

    @property
    def line(self) -> dict[str, Any]:
        """The only line that was written."""
        written: dict[str, Any] = json.loads(self.text)
        return written


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """A logger that writes JSON."""
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.delenv("LOG_FORMAT", raising=False)
    logger = logging.getLogger("tests.logged")
    logger.setLevel(logging.INFO)
    logs.configure(logger.name)
    yield Log(logger, stderr)
    logger.handlers.clear()
    logger.propagate = True


# What is masked


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"write to {ADA_EMAIL}", ADA_EMAIL),
        (f"Contact(email='{ADA_EMAIL}')", "ada@"),
        ("write to o'brien+shop@mail.example.co.uk.", "brien"),
        ("GET /contacts?email=ada%40example.com&limit=2", "example.com"),
        (f"call {ADA_PHONE}", "5550110"),
        ("call (201) 555-0110 now", "555-0110"),
        ("call 201.555.0110", "555.0110"),
        ("call +44 20 7946 0958", "7946"),
        ("GET /contacts?phone=%2B12015550110", "5550110"),
        ("phone12015550110x", "5550110"),
        ("the code 123456", "123456"),
        ("the code 123 456.", "123 456"),
        ("code=654321", "654321"),
        (f"Authorization: Bearer {JWT}", "eyJ"),
        ("{'Authorization': 'Basic dXNlcjpwYXNz'}", "dXNlcjpwYXNz"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("(b'authorization', b'Bearer opaque')", "opaque"),
        ("sent with bearer opaque-token", "opaque"),
        (f"the token {JWT} is old", "c2lnbmF0dXJl"),
        ("ACTION_TOKEN=opaque", "opaque"),
        ('{"password": "opaque"}', "opaque"),
        ("postgresql://desk:p@ss,word@db.internal/frontdesk", "word"),
        ("smtp://desk%40shop.example:opaque@mail:587", "opaque"),
    ],
)
def test_a_secret_does_not_survive(text: str, secret: str) -> None:
    assert secret in text

    assert secret not in logs.mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "action_track_order refused: erp no answer within the deadline",
        f"action_greet failed (turn {TURN})",
        "request 1f0a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8 was refused",
        "Action endpoint is up and running on http://127.0.0.1:5055",
        "POST /webhook 503 after 4000 ms",
        "",
    ],
)
def test_what_operators_look_for_stays(text: str) -> None:
    assert logs.mask(text) == text


@given(before=st.text(st.characters(exclude_characters="@%")), email=st.emails(), after=st.text())
def test_no_email_address_survives(before: str, email: str, after: str) -> None:
    assert email not in logs.mask(f"{before} {email} {after}")


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
FORMATS = (
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.RFC3966,
)


@given(
    region=st.sampled_from(REGIONS),
    kind=st.sampled_from([phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE]),
    form=st.sampled_from(FORMATS),
    around=st.sampled_from(["{}", "call {} now", "phone='{}'", "({})", "tel:{}", "a{}b"]),
)
def test_no_phone_number_of_seven_digits_survives(region: str, kind: int, form: int, around: str) -> None:
    number = phonenumbers.example_number_for_type(region, kind)
    written = phonenumbers.format_number(number, form) if number else "201 555 0110"
    digits = [one for one in written if one.isdigit()]

    masked = logs.mask(around.format(written))

    assert len(digits) < 7 or not any(one.isdigit() for one in masked)


@given(st.text())
def test_masking_takes_any_text(text: str) -> None:
    logs.mask(text)


# What a line holds


def test_a_line_tells_when_how_bad_where_and_what(log: Log) -> None:
    log.logger.warning("%s refused", "action_greet")

    line = log.line
    assert list(line) == ["time", "level", "logger", "message"]
    assert line["time"].endswith("Z")
    assert (line["level"], line["logger"], line["message"]) == ("WARNING", "tests.logged", "action_greet refused")


def test_a_line_carries_the_turn_that_is_under_way(log: Log) -> None:
    token = correlation.set(TURN)
    try:
        log.logger.info("asked")
    finally:
        correlation.reset(token)

    assert log.line["correlation_id"] == TURN


@pytest.mark.parametrize(
    ("template", "arguments"),
    [
        ("wrote to %s", (ADA_EMAIL,)),
        ("wrote to %(email)s", ({"email": ADA_EMAIL},)),
        ("wrote to %r", ({"email": [ADA_EMAIL]},)),
        (f"wrote to {ADA_EMAIL}", ()),
        ({"email": ADA_EMAIL}, ()),
        ("it failed: %s", (ValueError(ADA_EMAIL),)),
        ("it failed: %r", (ValueError("the words of an error"),)),
        (ValueError("the words of an error"), ()),
        ("wrote to %s and %s", (ADA_EMAIL,)),
        ("wrote to %d", (ADA_EMAIL,)),
        ("wrote", (ADA_EMAIL,)),
    ],
)
def test_arguments_are_masked_however_they_are_given(log: Log, template: Any, arguments: tuple[Any, ...]) -> None:
    log.logger.error(template, *arguments)

    written = log.text
    assert json.loads(written)["level"] == "ERROR"
    assert ADA_EMAIL not in written
    assert "the words of an error" not in written


def test_what_others_put_beside_a_record_is_left_out(log: Log) -> None:
    log.logger.info("asked", extra={"customer": "Ada"})

    assert "Ada" not in log.text


class Unwritable:
    """Something that can't be shown."""

    def __str__(self) -> str:
        raise RuntimeError("the words of an error")


def test_an_argument_that_cannot_be_written_costs_its_line_alone(log: Log) -> None:
    log.logger.info("it is %s", Unwritable())

    assert log.line["message"] == "a line that can't be written (RuntimeError)"


class Closed:
    """A stream that takes nothing."""

    def write(self, text: str) -> int:
        raise OSError("no space left on device")


def test_a_line_that_cannot_be_written_is_not_shown_elsewhere(log: Log) -> None:
    [handler] = log.logger.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.stream = Closed()

    log.logger.info("wrote to %s", ADA_EMAIL)

    assert log.text == ""


# Errors


def fail(email: str) -> None:
    """Fails as a library does, with what it was given."""
    try:
        raise KeyError(email)
    except KeyError as error:
        raise ValueError(f"no words {email}") from error


def test_an_error_is_told_by_its_type_and_where_it_came_from_without_its_words(log: Log) -> None:
    try:
        fail(ADA_EMAIL)
    except ValueError:
        log.logger.exception("it failed")

    line = log.line
    assert line["error"] == "ValueError"
    assert "KeyError" in line["stack"]
    assert "in fail" in line["stack"]
    assert ADA_EMAIL not in str(line)
    assert "no words ada" not in str(line)


def test_an_error_of_ours_is_told_in_its_own_words(log: Log) -> None:
    try:
        raise Unavailable("no answer within the deadline", system="erp")
    except Unavailable as error:
        log.logger.error("refused: %s", error, exc_info=True)

    line = log.line
    assert line["error"] == "Unavailable: erp no answer within the deadline"
    assert line["message"] == "refused: Unavailable: erp no answer within the deadline"


# Where lines go


def test_a_configured_logger_takes_the_lines_of_those_below_it_and_hands_none_on(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("tests.logged.below").info("asked")

    assert log.line["logger"] == "tests.logged.below"
    assert not caplog.records


def test_text_is_for_people(log: Log) -> None:
    log.logger.handlers[0].setFormatter(logs.TextLines())

    try:
        fail(ADA_EMAIL)
    except ValueError:
        log.logger.exception("it failed for %s", ADA_EMAIL)

    written = log.text
    assert "ERROR tests.logged it failed for [e-mail] ValueError\n  File" in written
    assert ADA_EMAIL not in written


@pytest.mark.parametrize(
    ("terminal", "wanted", "formatter"),
    [
        (True, "", logs.TextLines),
        (False, "", logs.JsonLines),
        (True, "json", logs.JsonLines),
        (False, "text", logs.TextLines),
    ],
)
def test_in_a_terminal_lines_are_text_and_elsewhere_json_unless_another_form_is_wanted(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, wanted: str, formatter: type[logging.Formatter]
) -> None:
    stderr = io.StringIO()
    stderr.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("LOG_FORMAT", wanted)

    assert isinstance(logs.handler().formatter, formatter)


def test_another_form_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", "xml")

    with pytest.raises(Misconfigured, match="LOG_FORMAT is xml"):
        logs.configure("tests.logged")
