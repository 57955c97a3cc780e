"""Everything that can go wrong on the way to a system of record, as one tree.

FrontdeskError
├── Unavailable   the system can't be reached or is too slow: try later
│   └── ShutOut   it lets nobody in for a while, or not us: asking again at once is no use
├── Unknown       a write was sent and its answer lost: it may have happened
├── Rejected      the system understood and said no, with its reason
├── NotFound      it doesn't exist, or isn't the asker's: the two are never told apart
├── Conflict      someone else changed it meanwhile
├── NotAllowed    the asker isn't proven enough for this, or can't be told apart from others
├── Malformed     the system answered something that makes no sense
└── Misconfigured a setting is wrong: the message names it and the mend
"""

from __future__ import annotations

from enum import Enum


class FrontdeskError(Exception):
    """Base of the tree; says where it happened, for the people who run the system.

    Args:
        message: A sentence for the log. It never reaches a customer and holds no customer data.
        system: The back end (`crm`, `erp`, `store`), if one was involved.
        operation: The operation that was under way.
        status: The vendor's status or error code.
        request_id: The vendor's id of the request, for a support case there.
    """

    def __init__(
        self,
        message: str,
        *,
        system: str = "",
        operation: str = "",
        status: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.system = system
        self.operation = operation
        self.status = status
        self.request_id = request_id

    @property
    def kind(self) -> str:
        """Its name in the tree, whatever finer kind it is."""
        return next(one.__name__ for one in type(self).__mro__ if FrontdeskError in one.__bases__)


class Unavailable(FrontdeskError):
    """The system can't be reached, or didn't answer within the deadline."""


class ShutOut(Unavailable):
    """The system refuses whatever is asked: a daily limit is used up, say, or it no longer takes our credentials."""


class Unknown(FrontdeskError):
    """A write was sent and its answer lost: it may have happened."""


class Rejected(FrontdeskError):
    """The system understood the request and refused it."""


class NotFound(FrontdeskError):
    """The thing doesn't exist, or isn't the asker's."""


class Conflict(FrontdeskError):
    """Someone else changed the thing since it was read."""


class Reason(str, Enum):
    """Why somebody isn't allowed something."""

    LEVEL = "level"
    NO_PARTY = "no_party"
    AMBIGUOUS = "ambiguous"
    WHICH_ACCOUNT = "which_account"


class NotAllowed(FrontdeskError):
    """The asker isn't sure enough for the operation.

    Args:
        reason: `LEVEL` if more proof is needed, `NO_PARTY` if the system knows nobody by what was proven,
            `AMBIGUOUS` if it knows several, `WHICH_ACCOUNT` if they may speak for several and must choose.
        needs: The level that was needed, where it is that.
        accounts: Number and name of each account to choose from, where it is that.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: Reason,
        system: str = "",
        operation: str = "",
        needs: str = "",
        accounts: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message, system=system, operation=operation)
        self.reason = reason
        self.needs = needs
        self.accounts = accounts


class Malformed(FrontdeskError):
    """The system answered something that can't be understood."""


class Misconfigured(FrontdeskError):
    """A setting is missing or wrong."""
