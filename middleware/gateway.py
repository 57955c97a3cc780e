"""The one door to the systems of record: who may ask, whose it is, how long it may take, and a note of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from middleware.audit import Audit, Entry
from middleware.backend import BackEnd, Port
from middleware.clock import Clock
from middleware.crm.base import Crm
from middleware.deadline import Deadline
from middleware.decoding import converted
from middleware.effects import REFUSALS, Begun, Effects
from middleware.erp.base import Erp
from middleware.errors import FrontdeskError, Malformed, NotAllowed, NotFound, Reason, Unavailable, Unknown
from middleware.identity import Who
from middleware.parties import Account, Parties, accounts_emails, peoples_emails
from middleware.settings import Level, Operation, OperationRule

NOT_FOUND_SECONDS = 0.25  # "not yours" and "doesn't exist" are answered after the same time, in steps of this
GRACE_SECONDS = 6.0  # a call that overran its deadline has ended by then: no connector waits longer for anything


class Owned(Protocol):
    """A record that belongs to somebody."""

    @property
    def owner(self) -> str:
        """The owner's reference in the system that the record came from."""
        ...


One = TypeVar("One", bound=Owned)
Asked = TypeVar("Asked", contravariant=True)
Made = TypeVar("Made", bound=Owned, covariant=True)
T = TypeVar("T")


class Change(Protocol[Asked, Made]):
    """A change of one thing, as a use case describes it: its parameters, and the calls that make it and find it."""

    @property
    def object_id(self) -> str:
        """The id of what is changed."""
        ...

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything that the customer said yes to, as JSON."""
        ...

    @property
    def kind(self) -> type[Made]:
        """The record that the change gives."""
        ...

    def make(self, port: Asked, key: str) -> Made:
        """Makes the change; the key goes to the back end with it."""
        ...

    def look_up(self, port: Asked, key: str) -> Made | None:
        """Finds what a change with this key gave; None if the back end doesn't know the key."""
        ...


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
        effects: Effects,
        clock: Clock,
    ) -> None:
        self._back_end: BackEnd[Port] = back_end
        self._find: Callable[[Who, Deadline], Awaitable[Account]] = find
        self._reference: Callable[[Account], str] = reference
        self._rules = rules
        self._audit = audit
        self._effects = effects
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
        return await self._noted(who, operation, "", lambda _: self._account(who, operation, deadline))

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

        async def read(note: _Note) -> Sequence[One]:
            limit = deadline or self.deadline(operation)
            account = await self._account(who, operation, limit)
            return await self._back_end.read(note.after(lambda port: theirs(port, account)), limit)

        def theirs(port: Port, account: Account) -> Sequence[One]:
            found = call(port, account)
            if any(one.owner != self._reference(account) for one in found):
                raise Malformed("a list holds another's record", system=self._back_end.system)
            return found

        return await self._noted(who, operation, "", read)

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

        async def read(note: _Note) -> One:
            limit = deadline or self.deadline(operation)
            account = await self._account(who, operation, limit)
            return await self._back_end.read(note.after(lambda port: theirs(port, account)), limit)

        def theirs(port: Port, account: Account) -> One:
            found = call(port)
            if found.owner != self._reference(account):
                raise NotFound("not the asker's", system=self._back_end.system)
            return found

        begun = time.monotonic()
        try:
            return await self._noted(who, operation, object_id, read)
        except NotFound:
            # Another's thing is read and refused, one that doesn't exist isn't read: nobody shall hear the difference.
            await asyncio.sleep(-(time.monotonic() - begun) % NOT_FOUND_SECONDS)
            raise

    async def propose(self, who: Who, operation: Operation, change: Change[Port, One], account: str) -> str:
        """Keeps a change under a key of its own, until the customer has said yes to it.

        Args:
            account: Whose thing it is, as a call of `one` for the same operation has shown.
        """
        return await self._effects.propose(who, operation, self._back_end.system, account, change.parameters)

    async def change(self, who: Who, operation: Operation, key: str, change: Change[Port, One]) -> One:
        """Makes a change that was proposed, once, however often it is asked for.

        Args:
            key: From `propose`.
            change: The same as proposed.

        Raises:
            NotAllowed: As for `account`.
            Rejected, Conflict, NotFound: The change wasn't made, and won't be under this key.
            Unavailable: It wasn't made; the same key may be tried again.
            Unknown: It may have been made; the same key asks the back end first.
        """
        in_hand = False

        async def make_once() -> One:
            nonlocal in_hand
            limit = self.deadline(operation)
            account = self._reference(await self._account(who, operation, limit))
            begun = await self._effects.begin(
                who, key, operation, account, change.parameters, limit.left + GRACE_SECONDS
            )
            in_hand = True
            if begun.result is not None:
                return converted(begun.result, change.kind)
            return await self._attempt(begun, change, limit)

        try:
            return await self._noted(who, operation, change.object_id, lambda _: make_once())
        except (Unavailable, Malformed) as error:
            # Nothing came of this yes; but an earlier one may have been heard.
            if (in_hand and error.system == "store") or await self._effects.is_open(key):
                raise Unknown("what became of it can't be told now", system=self._back_end.system) from error
            raise

    async def _attempt(self, begun: Begun, change: Change[Port, One], limit: Deadline) -> One:
        """Makes a change that is in hand, and writes down how that ended."""
        key = begun.key
        try:
            made = await self._back_end.read(lambda port: change.look_up(port, key), limit) if begun.is_repeat else None
            if made is None:
                made = await self._back_end.write(lambda port: change.make(port, key), limit)
        except REFUSALS as error:
            await self._effects.refused(begun, error)
            raise
        except Unavailable as error:
            await self._effects.not_sent(begun)
            if begun.is_repeat:
                raise Unknown("what became of it can't be looked up", system=self._back_end.system) from error
            raise
        except FrontdeskError:
            await self._effects.lost(begun)
            raise
        await self._effects.done(begun, msgspec.to_builtins(made))
        return made

    async def search(
        self, who: Who, operation: Operation, call: Callable[[Port], T], deadline: Deadline | None = None
    ) -> T:
        """Asks the system something that is nobody's account: what is in stock, or who has a contact.

        Raises:
            NotAllowed: They aren't proven enough for the operation.
            Unavailable: The system didn't answer in time.
        """

        async def read(note: _Note) -> T:
            self._admit(who, operation)
            return await self._back_end.read(note.after(call), deadline or self.deadline(operation))

        return await self._noted(who, operation, "", read)

    async def settle(self, who: Who, operation: Operation, object_id: str, call: Callable[[Port], T]) -> T:
        """Ends in the system what has come to its end by itself; for jobs, which ask for nobody.

        Args:
            call: Changes nothing if it was made before.

        Raises:
            Unavailable, Unknown: It is to be tried again.
        """
        deadline = self.deadline(operation)
        return await self._noted(who, operation, object_id, lambda _: self._back_end.write(call, deadline))

    async def _account(self, who: Who, operation: Operation, deadline: Deadline | None) -> Account:
        self._admit(who, operation)
        if not who.level:
            raise self._needs(Level.KNOWN.name.lower())
        return await self._find(who, deadline or self.deadline(operation))

    def _admit(self, who: Who, operation: Operation) -> None:
        rule = self._rules[operation]
        if who.level < rule.needs:
            raise self._needs(rule.level)

    def _needs(self, level: str) -> NotAllowed:
        return NotAllowed(f"needs the level {level}", reason=Reason.LEVEL, system=self._back_end.system, needs=level)

    async def _noted(self, who: Who, operation: Operation, object_id: str, work: Callable[[_Note], Awaitable[T]]) -> T:
        """Does the work, and writes down what came of it before anyone hears."""
        note, outcome = _Note(self._audit, self._entries(who, operation, object_id)), "ok"
        try:
            return await work(note)
        except FrontdeskError as error:
            outcome = error.kind
            error.operation = operation.value
            raise
        except asyncio.CancelledError:
            outcome = "abandoned"
            raise
        except BaseException:
            outcome = "fault"
            raise
        finally:
            await note.end(outcome)

    def _entries(self, who: Who, operation: Operation, object_id: str) -> Callable[[str], Entry]:
        """What makes the entry about an operation that begins now, of what came of it."""
        begun = time.monotonic()

        def entry(outcome: str) -> Entry:
            return Entry(
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

        return entry


class _Note:
    """What the audit log will say of an operation.

    A look-up that went well writes it down in its own thread, which costs half of what it costs to hand it to another.

    Args:
        entry: Makes the entry.
    """

    def __init__(self, audit: Audit, entry: Callable[[str], Entry]) -> None:
        self._audit = audit
        self._entry = entry
        self._has_ended = False
        self._says_ok = False

    def after(self, call: Callable[[Port], T]) -> Callable[[Port], T]:
        """The same call, which writes down that it went well."""

        def noted(port: Port) -> T:
            found = call(port)
            if not self._has_ended:  # nobody waits any more for what is late
                self._write()
            return found

        return noted

    async def end(self, outcome: str) -> None:
        """Writes down what came of it, unless that is written.

        Raises:
            Unavailable: It couldn't be written.
        """
        self._has_ended = True
        if outcome != "ok" or not self._says_ok:
            await self._audit.record(self._entry(outcome))

    def _write(self) -> None:
        try:
            self._audit.record_here(self._entry("ok"))
            self._says_ok = True
        except Unavailable:
            return  # others write just now: whoever waits for it hands it to the store's own thread


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
        effects: Effects,
        clock: Clock,
    ) -> None:
        self.crm = Door(crm, parties.contact, lambda contact: contact.id, rules, audit, effects, clock)
        self.erp = Door(erp, parties.customer, lambda customer: customer.number, rules, audit, effects, clock)
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
