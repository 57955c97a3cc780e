"""What Salesforce's noes mean. Their messages quote values, so only their codes and our own field names go on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

import msgspec

from middleware.decoding import decoded
from middleware.errors import (
    FrontdeskError,
    Malformed,
    Misconfigured,
    NotFound,
    Rejected,
    ShutOut,
    Unavailable,
    Unknown,
)
from middleware.http import Answer, Dialect, Pause

RECORDS_AT_ONCE = "composite/sobjects"
_WRITTEN_NOTHING = ("UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT")
_NOBODY = (
    "INVALID_CROSS_REFERENCE_KEY",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "MALFORMED_ID",
    "ENTITY_IS_DELETED",
)
_NO_FIELD = ("INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE")
_MENDS = {
    "API_DISABLED_FOR_ORG": "its edition or the user's profile has no API: enable API access for the app's user",
    "API_CURRENTLY_DISABLED": "its API is disabled for the app's user: give them the permission API Enabled",
    "INSUFFICIENT_ACCESS": "the app's user may not do that: give them the permissions of docs/connectors/salesforce.md",
    "INSUFFICIENT_ACCESS_OR_READONLY": "the app's user may not do that: give them the permissions of"
    " docs/connectors/salesforce.md",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "the app's user may not do that, or an Apex trigger or flow of the org"
    " fails: look into its debug logs",
    "INVALID_TYPE": "the app's user doesn't see an object: give them the permissions of docs/connectors/salesforce.md",
    "DUPLICATES_DETECTED": "a duplicate rule of the org blocks leads or contacts: let it allow and alert, or bypass it"
    " for the app's user",
    "INACTIVE_OWNER_OR_USER": "an owner is no active user",
    "STORAGE_LIMIT_EXCEEDED": "its storage is used up: free some",
    "DUPLICATE_EXTERNAL_ID": "the field crm.salesforce.key_field of assistant.yml isn't unique there: make it so",
}


class _Error(msgspec.Struct, frozen=True):
    message: str = ""
    errorCode: str = ""
    fields: list[str] = []


class SalesforceDialect(Dialect):
    """How Salesforce speaks HTTP. Composite requests are made of queries alone here, so they change nothing."""

    def reads(self, method: str, path: str) -> bool:
        """Whether a call changes nothing."""
        return super().reads(method, path) or path.endswith(("/composite", "/composite/", "/oauth2/token"))

    def pause(self, answer: Answer) -> Pause | None:
        """Of 403 only the code tells that it is a limit, and of that only the message which one."""
        if answer.status == 403 and b"REQUEST_LIMIT_EXCEEDED" in answer.body:
            return Pause(1.0) if b"Concurrent" in answer.body else Pause(is_daily=True)
        if answer.status == 400 and b"UNABLE_TO_LOCK_ROW" in answer.body:
            return Pause(0.2)
        return super().pause(answer)


class Judge:
    """Tells what an answer means.

    Args:
        fields: Names of settings, by the name of the field in Salesforce.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._settings = fields

    def demand_success(self, answer: Answer, reads: bool) -> None:
        """Raises what it means if it is no success.

        Args:
            reads: Whether what was called changes nothing.
        """
        if answer.status < 300:
            return
        if answer.status == 300:
            answer.fails(Misconfigured, f"Salesforce: {_MENDS['DUPLICATE_EXTERNAL_ID']}")
        error = _first_error(answer)
        if answer.status >= 500 and error.errorCode not in _WRITTEN_NOTHING:
            lost = Unavailable if reads or answer.status == 503 else Unknown
            answer.fails(lost, "it failed by itself", error.errorCode)
        self.refuse(answer, error.errorCode, error.message, error.fields)

    def refuse(self, answer: Answer, code: str, message: str, fields: list[str]) -> NoReturn:
        """Raises what a code means.

        Args:
            message: The vendor's, which never goes on.
            fields: Names of the fields that it is about.
        """
        kind, text = self._meant(code, message, fields)
        answer.fails(kind, text, code)

    def _meant(self, code: str, message: str, fields: list[str]) -> tuple[type[FrontdeskError], str]:
        if code in _WRITTEN_NOTHING:
            return Unavailable, "it is busy with the same record, or altogether"
        if code == "DUPLICATE_VALUE":
            return Unavailable, "somebody else writes with the same key at this moment"
        if code in _NO_FIELD or (code == "NOT_FOUND" and "external ID field" in message):
            return Misconfigured, self._no_field(message, fields)
        if code == "NOT_FOUND" and "resource" in message:
            text = "Salesforce has no such version of its API, or the app's user doesn't see an object: look at"
            return Misconfigured, f"{text} crm.salesforce.version of assistant.yml and the user's permissions"
        if code in _NOBODY or code == "NOT_FOUND":
            return NotFound, "no such record"
        if code == "MALFORMED_QUERY":
            return Malformed, "it doesn't understand a query of ours"
        if code == "STORAGE_LIMIT_EXCEEDED":
            return ShutOut, f"Salesforce: {_MENDS[code]}"
        if code in _MENDS:
            return Misconfigured, f"Salesforce: {_MENDS[code]}"
        about = ", ".join(name for name in fields if re.fullmatch(r"\w+", name))
        return Rejected, f"it refuses {about or 'this'}"

    def _no_field(self, message: str, fields: list[str]) -> str:
        said = {*fields, *re.findall(r"\w+", message)}
        for name, setting in self._settings.items():
            if name in said:
                mend = "create it, and let the app's user read and edit it; or name another one as"
                return f"Salesforce has no field {name}: {mend} {setting} in assistant.yml"
        return (
            "Salesforce lacks a field that the connector needs, or the app's user may not use it: run `make check-crm`"
        )


def _first_error(answer: Answer) -> _Error:
    try:
        errors = decoded(answer.body, list[_Error])
    except (msgspec.MsgspecError, UnicodeError):
        return _Error()
    return errors[0] if errors else _Error()
