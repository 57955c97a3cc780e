"""The one door to the systems of record: who may ask, whose it is, how long it may take, and a note of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from middleware.audit import Audit, Entry
from middleware.backend import BackEnd, Deadline, Port
from middleware.clock import Clock
from middleware.contacts import is_email
from middleware.crm.base import Crm
from middleware.erp.base import Erp
from middleware.errors import FrontdeskError, Malformed, NotAllowed, NotFound, Reason
from middleware.identity import Proof, Who
from middleware.records import Contact, Customer
from middleware.settings import Operation, OperationRule


class Owned(Protocol):
    """A record that belongs to somebody."""

    @property
    def owner(self) -> str:
        """The owner's reference in the system that the record came from."""
        ...


Account = TypeVar("Account", Contact, Customer)
One = TypeVar("One", bound=Owned)
T = TypeVar("T")


class Door(Generic[Port, Account]):
    """The gateway to one system.

    Args:
        back_end: The system.
        find: Searches the system by what was proven; see `contacts` and `customers`.
        reference: The account's id in the system, which the owner of a record is compared with.
    """

    def __init__(
        self,
        back_end: BackEnd[Port],
        find: Callable[[Port, Proof], Sequence[Account]],
        reference: Callable[[Account], str],
        rules: dict[Operation, OperationRule],
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._back_end: BackEnd[Port] = back_end
        self._find: Callable[[Port, Proof], Sequence[Account]] = find
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
            NotAllowed: They aren't proven enough, or the system knows nobody or several by what was proven.
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

    async def search(
        self, who: Who, operation: Operation, call: Callable[[Port], T], deadline: Deadline | None = None
    ) -> T:
        """Asks the system something that is not about the asker's account. What comes of it is not for the asker.

        Raises:
            Unavailable: The system didn't answer in time.
        """
        return await self._noted(who, operation, "", self._back_end.call(call, deadline or self.deadline(operation)))

    async def _account(self, who: Who, operation: Operation, deadline: Deadline | None) -> Account:
        system, rule = self._back_end.system, self._rules[operation]
        if who.level < rule.needs or not who.level:
            raise NotAllowed(f"needs the level {rule.level}", reason=Reason.LEVEL, system=system, needs=rule.level)
        found = await self._back_end.call(
            lambda port: self._find(port, who.proof), deadline or self.deadline(operation)
        )
        if len(found) == 1:
            return found[0]
        reason = Reason.AMBIGUOUS if found else Reason.NO_PARTY
        raise NotAllowed(f"{len(found)} accounts by what was proven", reason=reason, system=system)

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


def contacts(crm: Crm, proof: Proof) -> Sequence[Contact]:
    """The CRM's people who have everything that was proven."""
    by_phone = crm.contacts_by_phone(proof.phone) if proof.phone else ()
    by_emails = [crm.contacts_by_email(email) for email in proof.emails]
    return _agreeing(lambda contact: contact.id, by_phone, *by_emails)


def customers(erp: Erp, proof: Proof) -> Sequence[Customer]:
    """The ERP's accounts that have everything that was proven."""
    by_number: Sequence[Customer] = ()
    if proof.customer_id:
        try:
            by_number = (erp.customer(proof.customer_id),)
        except NotFound:  # the host site speaks of an account that the ERP doesn't know: trust nothing else of it
            return ()
    by_phone = erp.customers_by_phone(proof.phone) if proof.phone else ()
    by_emails = [erp.customers_by_email(email) for email in proof.emails]
    return _agreeing(lambda customer: customer.number, by_number, by_phone, *by_emails)


def peoples_emails(crm: Crm, contact: str) -> set[str]:
    """The addresses of the CRM's people who have a contact; of an address, itself."""
    if is_email(contact):
        return {contact} if crm.contacts_by_email(contact) else set()
    return {one.email.lower() for one in crm.contacts_by_phone(contact) if one.email}


def accounts_emails(erp: Erp, contact: str) -> set[str]:
    """The addresses of the ERP's accounts that have a contact; of an address, itself.

    A company's address is not that of the person through whose telephone it was found.
    """
    if is_email(contact):
        return {contact} if erp.customers_by_email(contact) else set()
    found = erp.customers_by_phone(contact)
    return {one.email.lower() for one in found if one.email and one.contact_name is None}


def _agreeing(key: Callable[[Account], str], *searches: Sequence[Account]) -> Sequence[Account]:
    """What all searches that found anything have in common: nothing, if they contradict each other."""
    hits = [{key(account): account for account in search} for search in searches if search]
    if not hits:
        return ()
    common = set(hits[0]).intersection(*hits[1:])
    return [hits[0][one] for one in sorted(common)]


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
        rules: dict[Operation, OperationRule],
        audit: Audit,
        clock: Clock,
    ) -> None:
        self.crm = Door(crm, contacts, lambda contact: contact.id, rules, audit, clock)
        self.erp = Door(erp, customers, lambda customer: customer.number, rules, audit, clock)
        self._back_ends = (crm, erp)

    async def on_file(self, who: Who, contact: str) -> str | None:
        """Finds the one e-mail address on file for what somebody gave, for a mail to it; nobody else may learn it.

        An address counts if either system knows it. A phone number counts if the people who have it, and the accounts
        that have it as their own, have exactly one address between them.

        Args:
            contact: E-mail in lower case, or phone in E.164.

        Raises:
            Unavailable: A system didn't answer in time.
        """
        deadline = self.crm.deadline(Operation.IDENTIFICATION)
        known = {
            *await self.crm.search(who, Operation.IDENTIFICATION, lambda crm: peoples_emails(crm, contact), deadline),
            *await self.erp.search(who, Operation.IDENTIFICATION, lambda erp: accounts_emails(erp, contact), deadline),
        }
        return known.pop() if len(known) == 1 else None

    def close(self) -> None:
        """Ends the back ends' threads."""
        for back_end in self._back_ends:
            back_end.close()
