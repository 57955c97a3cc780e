"""The one door to the systems of record: who may ask, whose it is, how long it may take, and a note of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from middleware.audit import Audit, Entry
from middleware.backend import BackEnd, Deadline, Port
from middleware.clock import Clock
from middleware.crm.base import Crm
from middleware.erp.base import Erp
from middleware.errors import FrontdeskError, Malformed, NotAllowed, NotFound, Reason
from middleware.identity import Who
from middleware.parties import Account, Parties
from middleware.settings import Operation, OperationRule


class Owned(Protocol):
    """A record that belongs to somebody."""

    @property
    def owner(self) -> str:
        """The owner's reference in the system that the record came from."""
        ...


One = TypeVar("One", bound=Owned)
T = TypeVar("T")


class Door(Generic[Port, Account]):
    """The gateway to one system.

    Args:
        back_end: The system.
        find: Tells which account of the system somebody is; of `Parties`.
        reference: The account's id in the system, which the owner of a record is compared with.
    """

    def __init__(
        self,
        back_end: BackEnd[Port],
        find: Callable[[Who, Deadline], Awaitable[Account]],
        reference: Callable[[Account], str],
        rules: dict[Operation, OperationRule],
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._back_end: BackEnd[Port] = back_end
        self._find: Callable[[Who, Deadline], Awaitable[Account]] = find
        self._reference: Callable[[Account], str] = reference
        self._rules = rules
        self._audit = audit
        self._clock = clock

    def deadline(self, operation: Operation) -> Deadline:
        """A deadline as long as the operation may take, for calls that belong together."""
        return Deadline(self._rules[operation].deadline)

    async def account(self, who: Who, operation: Operation, deadline: Deadline | None = None) -> Account:
        """Tells which single account of this system the asker is.

        Raises:
            NotAllowed: They aren't proven enough, or what was proven doesn't lead to one account; see `Parties`.
            Unavailable: The system didn't answer in time.
        """
        return await self._noted(who, operation, "", self._account(who, operation, deadline))

    async def mine(
        self,
        who: Who,
        operation: Operation,
        call: Callable[[Port, Account], Sequence[One]],
        deadline: Deadline | None = None,
    ) -> Sequence[One]:
        """Reads a list of the asker's own things.

        Raises:
            NotAllowed, Unavailable: As for `account`.
            Malformed: The system listed something that isn't theirs.
        """

        async def read() -> Sequence[One]:
            limit = deadline or self.deadline(operation)
            account = await self._account(who, operation, limit)
            return await self._back_end.call(lambda port: theirs(port, account), limit)

        def theirs(port: Port, account: Account) -> Sequence[One]:
            found = call(port, account)
            if any(one.owner != self._reference(account) for one in found):
                raise Malformed("a list holds another's record", system=self._back_end.system)
            return found

        return await self._noted(who, operation, "", read())

    async def one(
        self,
        who: Who,
        operation: Operation,
        object_id: str,
        call: Callable[[Port], One],
        deadline: Deadline | None = None,
    ) -> One:
        """Reads one thing by an id that the customer gave; whose it is, is asked of the answer.

        Raises:
            NotAllowed, Unavailable: As for `account`.
            NotFound: It doesn't exist, or isn't theirs.
        """

        async def read() -> One:
            limit = deadline or self.deadline(operation)
            account = await self._account(who, operation, limit)
            return await self._back_end.call(lambda port: theirs(port, account), limit)

        def theirs(port: Port, account: Account) -> One:
            found = call(port)
            if found.owner != self._reference(account):
                raise NotFound("not the asker's", system=self._back_end.system)
            return found

        return await self._noted(who, operation, object_id, read())

    async def _account(self, who: Who, operation: Operation, deadline: Deadline | None) -> Account:
        system, rule = self._back_end.system, self._rules[operation]
        if who.level < rule.needs or not who.level:
            raise NotAllowed(f"needs the level {rule.level}", reason=Reason.LEVEL, system=system, needs=rule.level)
        return await self._find(who, deadline or self.deadline(operation))

    async def _noted(self, who: Who, operation: Operation, object_id: str, work: Awaitable[T]) -> T:
        """Does the work, and writes down what came of it before anyone hears."""
        begun, outcome = time.monotonic(), "ok"
        try:
            return await work
        except FrontdeskError as error:
            outcome = type(error).__name__
            error.operation = operation.value
            raise
        except BaseException:
            outcome = "fault"
            raise
        finally:
            await self._audit.record(
                Entry(
                    at=self._clock(),
                    correlation_id=who.correlation_id,
                    conversation_id=who.conversation_id,
                    operation=operation.value,
                    system=self._back_end.system,
                    object=object_id,
                    level=who.level.name.lower(),
                    outcome=outcome,
                    milliseconds=round((time.monotonic() - begun) * 1000),
                )
            )


class Gateway:
    """Both doors.

    Attributes:
        crm: To the system that knows people and tickets.
        erp: To the system that knows orders.
    """

    def __init__(
        self,
        crm: BackEnd[Crm],
        erp: BackEnd[Erp],
        parties: Parties,
        rules: dict[Operation, OperationRule],
        audit: Audit,
        clock: Clock,
    ) -> None:
        self.crm = Door(crm, parties.contact, lambda contact: contact.id, rules, audit, clock)
        self.erp = Door(erp, parties.customer, lambda customer: customer.number, rules, audit, clock)
        self._back_ends = (crm, erp)

    def close(self) -> None:
        """Ends the back ends' threads."""
        for back_end in self._back_ends:
            back_end.close()
