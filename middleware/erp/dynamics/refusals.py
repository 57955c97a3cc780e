"""What F&O means when it refuses something: its Infolog is text for people, so its reasons are told by their words."""

from __future__ import annotations

import re
from typing import NoReturn

import msgspec

from middleware.decoding import decoded
from middleware.errors import Conflict, Malformed, Misconfigured, NotFound, Rejected, Unavailable, Unknown
from middleware.http import Answer

_CONFLICT = re.compile(r"update conflict|changing one or more fields in the record|RecVersion", re.IGNORECASE)
_FRAME = re.compile(r"^(validate\w+ failed|Write failed|Delete failed|Insert failed)", re.IGNORECASE)
_SEVERITY = re.compile(r"^(Info|Warning|Error):\s*", re.IGNORECASE)
_NO_SUCH_NAME = re.compile(
    r"(?:property named|segment|navigation property|type) '(\w+)'|resource was found that matches .*/(\w+)"
)
_REASONS = (
    ("stock", r"cannot be reserved|only [\d.,]+ (?:is|are) available|not enough|insufficient"),
    ("packed", r"picked|picking|packing slip|delivered|invoiced|shipped|load|wave|released to warehouse|canceled"),
    ("variant", r"variant|dimension|size|colou?r|style|configuration|item number"),
    ("address", r"address|zip|postal|county|state|city|country"),
    ("customer", r"customer"),
    ("quantity", r"quantity"),
)


class _Inner(msgspec.Struct):
    message: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    innererror: _Inner | None = None


class _Failure(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


def demand_success(answer: Answer, reads: bool) -> None:
    """Raises what an answer means if it is no success.

    Args:
        reads: Whether what was called changes nothing.
    """
    if 200 <= answer.status < 300:
        return
    words = _words(answer)
    if answer.status in (409, 412) or _CONFLICT.search(words):
        answer.fails(Conflict, "somebody else changed it meanwhile")
    if answer.status >= 500:
        lost = Unavailable if reads or answer.status == 503 else Unknown
        answer.fails(lost, "it failed by itself")
    if answer.status == 429:
        answer.fails(Unavailable, "it takes no more calls for now")
    if answer.status in (401, 403):
        mend = (
            "give the user that our app is mapped to in F&O the security roles that docs/connectors/dynamics.md names"
        )
        answer.fails(Misconfigured, f"F&O doesn't let our app do this: {mend}")
    _refuse(answer, words)


def sentences(text: str) -> list[str]:
    """What an Infolog says, without its frame: `Infolog: Warning: …; Warning: validateWrite failed …`."""
    found = (_SEVERITY.sub("", part.strip()) for part in text.partition("Infolog:")[2].split(";"))
    return [sentence for sentence in found if sentence and not _FRAME.match(sentence)]


def reason(text: str) -> str:
    """The port's word for the reason that an Infolog gives; empty for one that it has no word for."""
    said = " ".join(sentences(text))
    return next((word for word, pattern in _REASONS if re.search(pattern, said, re.IGNORECASE)), "")


def _refuse(answer: Answer, words: str) -> NoReturn:
    if "Infolog:" in words:
        answer.fails(Rejected, "F&O refuses it", reason(words))
    unknown = _NO_SUCH_NAME.search(words)
    if unknown:
        name = unknown.group(1) or unknown.group(2)
        mend = "look at erp.dynamics of assistant.yml, and whether this version of F&O has it"
        answer.fails(Misconfigured, f"F&O knows no {name}: {mend}")
    if answer.status == 404:
        answer.fails(NotFound, "there is none")
    answer.fails(Malformed, "F&O doesn't understand what it is asked")


def _words(answer: Answer) -> str:
    """All that an error says; it never goes on, since it may name customers."""
    try:
        error = decoded(answer.body, _Failure).error
    except (msgspec.MsgspecError, UnicodeError):
        return ""
    return " ".join((error.message, error.innererror.message if error.innererror else ""))
