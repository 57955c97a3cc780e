"""What comes from outside as typed records, in whichever thread it comes.

msgspec works out a type when it meets it for the first time. A second thread that meets the type before that is done
finds it half known, and the whole process dies, without an exception: a server that has just started and is asked
several things at once does, now and then. So each type is worked out by one thread, before anything is read with it.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple, TypeVar

import msgspec

T = TypeVar("T")


class _Known(NamedTuple):
    kind: Any  # of several that are equal, such as Page[Row] twice, the one that was worked out
    decoder: msgspec.json.Decoder[Any]


_known: dict[Any, _Known] = {}
_working_out = threading.Lock()


def decoded(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """JSON as a typed record.

    Raises:
        msgspec.MsgspecError: It is no JSON, or not of this form.
        UnicodeError: It is no text.
    """
    found: T = _worked_out(kind).decoder.decode(body)
    return found


def converted(value: Any, kind: type[T], *, strict: bool = True) -> T:
    """What JSON, YAML or a column of ours holds, as a typed record.

    Args:
        strict: Whether a text isn't taken for a number.

    Raises:
        msgspec.ValidationError: It isn't of this form.
    """
    found: T = msgspec.convert(value, _worked_out(kind).kind, strict=strict)
    return found


def _worked_out(kind: Any) -> _Known:
    found = _known.get(kind)
    if found is None:
        with _working_out:
            found = _known.setdefault(kind, _Known(kind, msgspec.json.Decoder(kind)))
    return found
