"""What the error codes of WhatsApp's Cloud API mean for a message, and what the company's people read about it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from middleware.errors import FrontdeskError, Rejected, Unavailable

SYSTEM = "whatsapp"
NO_CODE = -1  # 0 is a code of Meta's
LONGEST_WAIT_SECONDS = 3600.0


class Failure(str, Enum):
    """Why a message didn't get through.

    `WINDOW`: nobody may write freely to this customer until they write again. `UNDELIVERABLE`: this customer can't be
    reached, or doesn't want to be. `PAIR_RATE`: too much went to this customer in a short time. `THROTTLED`: too much
    went out from the company. `ACCESS`: nobody's messages get through until somebody mends it. `MEDIA`: the document
    must be uploaded again. `WRONG`: what was sent is wrong, which is our fault. `TEMPORARY`: Meta has a disturbance.
    """

    WINDOW = "window"
    UNDELIVERABLE = "undeliverable"
    PAIR_RATE = "pair_rate"
    THROTTLED = "throttled"
    ACCESS = "access"
    MEDIA = "media"
    WRONG = "wrong"
    TEMPORARY = "temporary"

    @property
    def passes(self) -> bool:
        """Whether the same message can get through later, without anybody changing it."""
        return self in (Failure.PAIR_RATE, Failure.THROTTLED, Failure.ACCESS, Failure.TEMPORARY)


class Refused(Rejected):
    """Meta refused this message for good.

    Args:
        failure: Why.
        code: Meta's code, or NO_CODE.
        request_id: Meta's `fbtrace_id`.
    """

    def __init__(self, failure: Failure, code: int, *, operation: str, request_id: str = "") -> None:
        super().__init__(*_told(failure, code), **_where(operation, code, request_id))
        self.failure = failure
        self.code = code


class NotNow(Unavailable):
    """Meta didn't take this message, but may take it later; it was certainly not sent.

    Args:
        failure: Why.
        code: Meta's code, or NO_CODE.
        request_id: Meta's `fbtrace_id`.
    """

    def __init__(self, failure: Failure, code: int, *, operation: str, request_id: str = "") -> None:
        super().__init__(*_told(failure, code), **_where(operation, code, request_id))
        self.failure = failure
        self.code = code


def _told(failure: Failure, code: int) -> tuple[str]:
    return (failure.value if code == NO_CODE else f"{failure.value} ({code})",)


def _where(operation: str, code: int, request_id: str) -> dict[str, str]:
    return {
        "system": SYSTEM,
        "operation": operation,
        "status": "" if code == NO_CODE else str(code),
        "request_id": request_id,
    }


def error(failure: Failure, code: int, *, operation: str, request_id: str = "") -> FrontdeskError:
    """The error of our tree for a failure: whether it is worth trying again."""
    kind = NotNow if failure.passes else Refused
    return kind(failure, code, operation=operation, request_id=request_id)


def error_of(status: int, answer: Mapping[str, Any], *, operation: str) -> FrontdeskError:
    """The error for an answer of Meta's that says what is wrong.

    Args:
        status: Of HTTP.
        answer: What stands under `error` in it. Its sentences stay there: they may repeat what the customer is told.
    """
    code = code_of(answer)
    request_id = str(answer.get("fbtrace_id") or "")
    return error(failure_of(code, status), code, operation=operation, request_id=request_id)


def code_of(answer: Mapping[str, Any]) -> int:
    """Meta's code in an error, of an answer or of a status; NO_CODE if there is none that can be read."""
    code = answer.get("code")
    if isinstance(code, str) and code.isdecimal():
        return int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) else NO_CODE


def failure_of(code: int, status: int = 400) -> Failure:
    """What a code means for the message; of a code that we don't know, what the status of HTTP says."""
    known = _FAILURES.get(code)
    if known is not None:
        return known
    if code in PERMISSIONS:
        return Failure.ACCESS
    if status in (401, 403):
        return Failure.ACCESS
    if status == 429:
        return Failure.THROTTLED
    return Failure.TEMPORARY if status >= 500 else Failure.WRONG


def is_known(code: int) -> bool:
    """Whether the table says what the code means."""
    return code in _FAILURES or code in PERMISSIONS


def seconds_to_wait(failure: Failure, attempts: int) -> float:
    """How long to wait before the message is tried again.

    Args:
        attempts: How often it failed like this, 1 or more. Meta asks for 4^n seconds between two to one customer.
    """
    base, first = _WAITS.get(failure, (2.0, 2.0))
    return float(min(LONGEST_WAIT_SECONDS, first * base ** min(attempts - 1, 16)))


def reason(code: int, failure: Failure | None = None) -> str:
    """Why it didn't arrive and what mends it, for the company's people."""
    return _REASONS.get(code) or _WORDS[failure or failure_of(code)]


_WAITS = {  # seconds: what each wait is multiplied by, and the first one
    Failure.PAIR_RATE: (4.0, 4.0),
    Failure.THROTTLED: (2.0, 5.0),
    Failure.ACCESS: (2.0, 30.0),
    Failure.TEMPORARY: (2.0, 2.0),
}

PERMISSIONS = range(200, 300)

_FAILURES: dict[int, Failure] = {
    code: failure
    for failure, codes in {
        Failure.WINDOW: (131047,),
        Failure.UNDELIVERABLE: (
            130472,  # part of an experiment of Meta's
            130497,  # the company may not write to people of that country
            131026,
            131030,  # a test number may write to a list only
            131049,  # kept back "to maintain healthy ecosystem engagement"
            131050,  # the customer stopped marketing messages
            131062,  # not to somebody whose phone number we don't know
            137000,  # the customer's key has changed
        ),
        Failure.PAIR_RATE: (131056,),
        Failure.THROTTLED: (
            *(4, 613, 80007, 130429, 131048, 131064, 131208, 132069, 133016),
            *(138002, 138005, 138009, 138012, 138013),  # calls
        ),
        Failure.ACCESS: (
            *(0, 3, 10, 33, 190, 368),
            131005,
            131031,
            131037,  # the number's display name isn't approved
            131042,  # payment
            131044,
            131045,  # the number's registration
            133010,
            133015,
        ),
        Failure.MEDIA: (131052, 131053),
        Failure.TEMPORARY: (1, 2, 131000, 131016, 131057, 133004, 2494100),
        Failure.WRONG: (
            *(100, 131008, 131009, 131021, 131051, 131063, 135000),
            *(132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068),  # templates
            *(131020, 131041, 131059, 131201, 131202, 131204, 131207, *range(131209, 131216)),  # groups
            *(138000, 138001, 138003, 138004, 138006, 138007, 138018),  # calls
            *range(139000, 139005),  # flows
            *range(139100, 139104),  # blocking
            *range(147001, 147006),  # user names
            *(2388012, 2388019, 2388040, 2388047, 2388073, 2388091, 2388093, 2388103, 2388293, 2388299),
            *(2494164, 2494165, 2494166, 2494167, 2494168, 2494176, 2494177, 2494179),  # sign-up
        ),
    }.items()
    for code in codes
}

_WORDS = {
    Failure.WINDOW: "The customer last wrote more than 24 hours ago, and WhatsApp lets nobody write to them until they "
    "write again. Reach them by phone or e-mail, or set an approved template that asks them to write.",
    Failure.UNDELIVERABLE: "WhatsApp can't deliver to this customer: they have left it, use an old version, or don't "
    "want messages from us. Reach them by phone or e-mail.",
    Failure.PAIR_RATE: "Too many messages went to this customer in a short time. It goes out by itself in a while.",
    Failure.THROTTLED: "WhatsApp takes no more messages from the company's number for now. They go out by themselves "
    "when it does; if that lasts, look at the number's limits and quality in WhatsApp Manager.",
    Failure.ACCESS: "WhatsApp doesn't let the company in, so nobody's messages get through. Look at the access token, "
    "its permissions and the account's standing in Meta Business Suite; then everything goes out by itself.",
    Failure.MEDIA: "WhatsApp couldn't take the document. Send it again, or by e-mail.",
    Failure.WRONG: "WhatsApp refused the message as it was made, which isn't the customer's fault. Say it in other "
    "words, and tell whoever runs the assistant the code.",
    Failure.TEMPORARY: "WhatsApp has a disturbance. It goes out by itself when that is over.",
}

_REASONS = {
    190: "WhatsApp's access token has ended or was withdrawn, so nobody's messages get through. Make a new one in Meta "
    "Business Suite and set WHATSAPP_ACCESS_TOKEN; then everything goes out by itself.",
    130497: "The company's account may not write to people of this customer's country. Reach them by phone or e-mail.",
    131030: "The company's number is a test number, and this customer isn't on its list. Add them in Meta's developer "
    "pages, or use the real number.",
    131037: "Meta hasn't approved the number's display name, so nobody's messages get through. Have it approved in "
    "WhatsApp Manager.",
    131042: "Meta can't take payment from the company, so nobody's messages get through. Mend it in Meta's billing "
    "pages; then everything goes out by itself.",
    131049: "WhatsApp kept this message back, because the customer gets many such messages. Reach them another way, or "
    "wait until they write.",
    131050: "The customer has stopped messages of this kind on WhatsApp. Reach them another way, or wait until they "
    "write.",
    131062: "WhatsApp sends messages of this kind only to customers whose phone number we know. Ask for the number "
    "first.",
    132001: "The message template that the settings name isn't there, or isn't approved. Look at it in WhatsApp "
    "Manager and at whatsapp.template in assistant.yml.",
}
_REASONS[131044] = _REASONS[131042]
