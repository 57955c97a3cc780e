"""What people, tickets and leads in Salesforce have in common: what they call, and who we are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from simple_salesforce.format import format_soql

from middleware.clock import Clock
from middleware.crm.salesforce.calls import Calls
from middleware.crm.salesforce.rows import USER_FIELDS, Rows, UserRow
from middleware.crm.salesforce.settings import SalesforceRules
from middleware.errors import FrontdeskError, Malformed, Misconfigured, NotFound, Rejected
from middleware.in_turn import InTurn
from middleware.settings import Settings

__all__ = ["Part", "demand_key", "erp_number_field", "format_soql", "is_email"]

# More than Salesforce holds isn't there, and what is no address at all isn't worth a call.
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\]\\{}]{1,64}@[\w.-]{1,255}")
_LONGEST_EMAIL = 80

T = TypeVar("T")


class Part:
    """Base of the port's parts.

    Args:
        settings: The whole project's: the company's country counts, too.
        in_turn: For writes that nothing unique in Salesforce keeps apart.
    """

    system = "crm"

    def __init__(self, calls: Calls, settings: Settings, in_turn: InTurn, clock: Clock) -> None:
        self._calls = calls
        self._in_turn = in_turn
        self._settings = settings
        self._rules: SalesforceRules = settings.crm.salesforce
        self._rows = Rows(self._rules, erp_number_field(settings))
        self._clock = clock

    def _named(self, operation: str, work: Callable[[], T]) -> T:
        """Runs what an operation does; its errors say which one it was."""
        try:
            return work()
        except FrontdeskError as error:
            error.operation = error.operation or operation
            error.system = error.system or self.system
            raise
        except (ValueError, TypeError) as error:  # a date that is none, say
            raise Malformed("an answer makes no sense", system=self.system, operation=operation) from error

    def _user_query(self, email: str) -> str:
        return format_soql(
            f"SELECT {USER_FIELDS} FROM User WHERE Email = {{}} AND IsActive = true AND UserType = 'Standard'", email
        )

    def _only_user(self, rows: Sequence[UserRow], email: str) -> UserRow:
        """The user with an address.

        Raises:
            NotFound: There is none.
            Misconfigured: There are several.
        """
        found = [row for row in rows if row.Email.lower() == email.lower()]
        if not found:
            raise NotFound("no such user", system=self.system)
        if len(found) > 1:
            raise Misconfigured(
                "Salesforce has several active users with the e-mail of an account executive: deactivate all but one,"
                " or give them addresses of their own",
                system=self.system,
            )
        return found[0]


def erp_number_field(settings: Settings) -> str:
    """Where the ERP's customer number stands; empty if the CRM isn't asked for it."""
    named = settings.identity.erp_number_field
    return settings.crm.salesforce.erp_number_field or named if named else ""


def is_email(text: str) -> bool:
    """Whether Salesforce may know somebody by this address."""
    return len(text) <= _LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None


def demand_key(key: str) -> None:
    """Refuses a key that says nothing.

    Raises:
        Rejected: It is empty.
    """
    if not key:
        raise Rejected("no key", system="crm", status="key")
