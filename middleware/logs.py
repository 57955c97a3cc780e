"""Log lines for machines: one JSON object each, with whatever could tell of a customer or a secret masked."""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator
from datetime import datetime, timezone

from pythonjsonlogger.json import JsonFormatter

from middleware.correlation import correlation
from middleware.errors import FrontdeskError, Misconfigured

# What is needed for anything to be masked, so that most lines cost one search.
SUSPICIOUS = re.compile(r"\d{3}|\d\D{1,3}\d|[@=%]|bearer|authorization|eyj|['\"]\s*[:,]", re.IGNORECASE)

# In this order: a password may look like an e-mail, and an e-mail may hold a number.
MASKS = (
    (re.compile(r"(://)[^\s/]*@"), r"\1[login]@"),
    (
        re.compile(
            r"(authorization['\"]?\s*[:=,]\s*(?:b?['\"])?|"
            r"(?:password|passwd|secret|token|api[_-]?key)(?:=|['\"]\s*[:,]\s*b?['\"]))"
            r"(?:(?:bearer|basic)\s+)?[^\s'\"&,;}\]]+",
            re.IGNORECASE,
        ),
        r"\1[secret]",
    ),
    (re.compile(r"\bbearer\s+[^\s'\",;]+", re.IGNORECASE), "Bearer [token]"),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]*)*"), "[token]"),
    (re.compile(r"[^\s@<>,;:\"()\[\]]{1,64}(?:@|%40)[^\s@<>,;:\"()\[\]]+", re.IGNORECASE), "[e-mail]"),
)

# Ids of turns and of vendors' requests stay; they are random. Numbers of seven digits and more are taken for phone
# numbers, however they are written; the dashes are those that phones and people write.
NUMBER = re.compile(
    r"(?P<id>\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b)"
    r"|\+?\(?\d(?:[\s().\-/‐-―]{0,3}\d){6,}"
    r"|(?<!\d)\d{3}[\s-]?\d{3}(?!\d)"
)


def mask(text: str) -> str:
    """Masks e-mail addresses, phone numbers, one-time codes, tokens and passwords.

    What is masked too often (a long id, a date with its time) costs somebody a look elsewhere; what is masked too
    seldom can't be taken back.
    """
    if not SUSPICIOUS.search(text):
        return text
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return NUMBER.sub(lambda match: match.group("id") or "[number]", text)


# They log addresses, with what is asked for in them, and whole answers.
TALKATIVE = ("urllib3", "requests", "hubspot", "simple_salesforce")


def configure(*names: str) -> None:
    """Lets these loggers, and those below them, write masked lines to stderr, and nothing else.

    Libraries that speak of what they carry are silenced, whatever level is asked for.

    Args:
        names: Loggers; the root's is the empty name.

    Raises:
        Misconfigured: `LOG_FORMAT` is neither `json` nor `text`.
    """
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    lines = handler()
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers[:] = [lines]
        logger.propagate = False


class Lines(logging.StreamHandler):  # type: ignore[type-arg] # takes one only since Python 3.11
    """Writes lines to stderr, and says nothing where it can't."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Stays silent; the standard handler would show the record with its arguments, unmasked."""


def handler() -> logging.Handler:
    """A handler that writes masked lines to stderr: JSON, or text for whoever reads along in a terminal.

    Raises:
        Misconfigured: `LOG_FORMAT` is neither `json` nor `text`.
    """
    chosen = os.environ.get("LOG_FORMAT", "").strip() or ("text" if sys.stderr.isatty() else "json")
    if chosen not in ("json", "text"):
        raise Misconfigured(f"LOG_FORMAT is {chosen}; it can be json or text")
    lines = Lines(sys.stderr)
    lines.setFormatter(JsonLines() if chosen == "json" else TextLines())
    return lines


class JsonLines(JsonFormatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's fields, and nothing that others may have put beside them."""
        return self.serialize_log_record(dict(_fields(record)))


class TextLines(logging.Formatter):
    """Writes a record as a line to be read, with the stack below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's fields in their order."""
        fields = dict(_fields(record))
        stack = fields.pop("stack", "")
        return " ".join(fields.values()) + (stack and f"\n{stack}")


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    moment = datetime.fromtimestamp(record.created, timezone.utc)
    yield "time", moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    yield "level", record.levelname
    yield "logger", record.name
    yield "message", mask(_message(record))
    turn = correlation.get()
    if turn:
        yield "correlation_id", mask(str(turn))
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        yield "error", mask(_described(error))
        yield "stack", "".join(_stack(traceback.TracebackException.from_exception(error)))


def _message(record: logging.LogRecord) -> str:
    try:
        template, given = record.msg, record.args
        if isinstance(template, BaseException):
            return _described(template)
        if isinstance(given, tuple):
            given = tuple(_described(one) if isinstance(one, BaseException) else one for one in given)
        return str(template) % given if given else str(template)
    except Exception as error:  # a template that its arguments don't fit, or an argument that can't be written
        return f"a line that can't be written ({type(error).__name__})"


def _described(error: BaseException) -> str:
    """An error's type; its words only if it is ours, since others quote what they were given."""
    name = type(error).__name__
    if not isinstance(error, FrontdeskError):
        return name
    return f"{name}: {error.system} {error}" if error.system else f"{name}: {error}"


def _stack(error: traceback.TracebackException) -> Iterator[str]:
    """Where an error came from, as Python shows it, but without the words of the errors that it came from."""
    origin = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if origin is not None:
        yield from _stack(origin)
        yield "which led to\n"
    yield from error.stack.format()
    yield f"{getattr(error.exc_type, '__name__', 'error')}\n"
