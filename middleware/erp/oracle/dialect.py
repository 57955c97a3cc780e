"""How Oracle speaks HTTP, and what its noes mean; their messages quote values, so only their codes go on."""

from __future__ import annotations

import re
from typing import NoReturn

import msgspec

from middleware.decoding import decoded
from middleware.errors import (
    Conflict,
    FrontdeskError,
    Malformed,
    Misconfigured,
    NotFound,
    Rejected,
    Unavailable,
    Unknown,
)
from middleware.http import Answer, Dialect

_BATCH = re.compile(r"/resources/[0-9.]+$")  # a batch of reads; one that writes goes to this with a slash
_READING = ("/availableQuantityDetails", "/oauth2/v1/token", "/xmlpserver/services/ExternalReportWSSService")
_CODE = re.compile(r"[\w.:-]{1,60}")


class _Detail(msgspec.Struct, frozen=True):
    code: str = msgspec.field(default="", name="o:errorCode")


class _Error(msgspec.Struct, frozen=True):
    details: list[_Detail] = msgspec.field(default_factory=list, name="o:errorDetails")


class OracleDialect(Dialect):
    """How Oracle speaks HTTP: some of what is asked is asked by POST."""

    request_id = "x-oracle-dms-ecid"

    def reads(self, method: str, path: str) -> bool:
        """Whether a call changes nothing."""
        return super().reads(method, path) or path.endswith(_READING) or _BATCH.search(path) is not None


def demand_success(answer: Answer, what: str, reads: bool) -> None:
    """Raises what an answer means if it is no success.

    Args:
        what: The resource that was called, for the log.
        reads: Whether what was called changes nothing.
    """
    if answer.status < 300:
        return
    code = _code(answer)
    if answer.status >= 500:
        lost = Unavailable if reads or answer.status == 503 else Unknown
        answer.fails(lost, "it failed by itself, or a gateway before it waited for too long", code)
    kind, text = _meant(answer.status, what, reads)
    answer.fails(kind, text, code)


def lost(answer: Answer) -> NoReturn:
    """Raises that nobody knows what became of a write."""
    answer.fails(Unknown, "a write was answered by something else than what was written")


def _meant(status: int, what: str, reads: bool) -> tuple[type[FrontdeskError], str]:
    if status == 403:
        return Misconfigured, (
            f"Oracle doesn't let the integration user use {what}: give it the roles of docs/connectors/oracle.md"
        )
    if status in (409, 412):
        return Conflict, "somebody else changed it meanwhile"
    if status == 404 and reads:
        return Misconfigured, (
            f"Oracle shows no {what}: the integration user lacks its privileges or access to the business unit's data,"
            " or ORACLE_URL is another pod's"
        )
    if status == 404:
        return NotFound, "there is none, or the integration user has no access to the business unit's data"
    if status == 400 and reads:
        return Misconfigured, (
            f"Oracle doesn't understand what is asked of {what}: an attribute is called otherwise there;"
            " `make check-erp` says which, and section erp.oracle of assistant.yml names it"
        )
    if status in (405, 406, 414, 415):
        return Malformed, "it doesn't take calls such as ours"
    return Rejected, f"it refuses this of {what}"


def _code(answer: Answer) -> str:
    """Oracle's own code, where it gives one: before version 4 an error is a plain sentence."""
    try:
        details = decoded(answer.body, _Error).details
    except (msgspec.MsgspecError, UnicodeError):
        return ""
    code = details[0].code if details else ""
    return code if _CODE.fullmatch(code) else ""
