"""Who somebody is in the CRM and in the ERP: each is searched by what was proven, and what they say is joined."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from middleware.backend import BackEnd
from middleware.contacts import is_email
from middleware.crm.base import Crm
from middleware.deadline import Deadline
from middleware.erp.base import Erp
from middleware.errors import FrontdeskError, NotAllowed, NotFound, Reason
from middleware.identity import Proof, Who
from middleware.records import Contact, Customer
from middleware.settings import IdentityRules

# Seconds that a clear answer of the ERP waits for the CRM's objection: one slow system must not stall the other.
PATIENCE = 0.3

Account = TypeVar("Account", Contact, Customer)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found(Generic[Account]):
    """What one system knows by what was proven.

    Attributes:
        accounts: Those that have all of it, in the order of their ids.
        contradicted: Each part of it leads to somebody, but not to the same one.
    """

    accounts: tuple[Account, ...] = ()
    contradicted: bool = False


class Parties:
    """Finds the one person in the CRM and the one account in the ERP that belong to what was proven.

    Never by name: a name proves nobody.
    """

    def __init__(self, crm: BackEnd[Crm], erp: BackEnd[Erp], rules: IdentityRules) -> None:
        self._crm = crm
        self._erp = erp
        self._crm_holds_numbers = bool(rules.erp_number_field)

    async def contact(self, who: Who, deadline: Deadline) -> Contact:
        """Tells which person of the CRM somebody is.

        The ERP isn't asked. If the two disagree, the CRM's word on the ERP is in doubt, not whose tickets these are.

        Raises:
            NotAllowed: The CRM knows nobody, or several, by what was proven.
            Unavailable: The CRM didn't answer in time.
        """
        found = await self._crm.read(lambda crm: contacts(crm, who.proof), deadline)
        if len(found.accounts) == 1:
            return found.accounts[0]
        raise _refusal(Reason.AMBIGUOUS if found.accounts else Reason.NO_PARTY, self._crm.system)

    async def customer(self, who: Who, deadline: Deadline) -> Customer:
        """Tells which account of the ERP somebody speaks for. A choice made earlier holds only while it is offered.

        Raises:
            NotAllowed: The ERP knows nobody, or several, by what was proven; the CRM says otherwise; or there are
                several accounts to choose from, which come with it.
            Unavailable: A system that is needed to tell didn't answer in time.
        """
        accounts = await self._accounts(who.proof, deadline)
        if len(accounts) == 1:
            return accounts[0]
        for account in accounts:
            if account.number == who.chosen_account:
                return account
        raise NotAllowed(
            "they may speak for several accounts",
            reason=Reason.WHICH_ACCOUNT,
            system=self._erp.system,
            accounts=tuple((account.number, account.name) for account in accounts),
        )

    async def _accounts(self, proof: Proof, deadline: Deadline) -> Sequence[Customer]:
        """All accounts that somebody may speak for, at least one; both systems are asked at the same time."""
        asked = asyncio.create_task(self._people(proof, deadline))
        try:
            found = await self._erp.read(lambda erp: customers(erp, proof), deadline)
            if found.contradicted:
                raise _refusal(Reason.NO_PARTY, self._erp.system)
            people = await _answer(asked, self._patience if len(found.accounts) == 1 else None)
        finally:
            asked.cancel()
        if found.accounts:
            return theirs(found.accounts, people, self._erp.system)
        return await self._by_number(people, deadline)

    @property
    def _patience(self) -> float:
        """Who needn't wait for the CRM doesn't, while it is too slow anyway."""
        return 0.0 if self._crm.is_slow(PATIENCE) else PATIENCE

    async def _people(self, proof: Proof, deadline: Deadline) -> Sequence[Contact] | FrontdeskError:
        """Whom the CRM knows, if it can tell anything of the ERP. An error is for the caller to weigh."""
        if not self._crm_holds_numbers:
            return ()
        try:
            return (await self._crm.read(lambda crm: contacts(crm, proof), deadline)).accounts
        except FrontdeskError as error:
            return error

    async def _by_number(self, people: Sequence[Contact], deadline: Deadline) -> Sequence[Customer]:
        """The account whose number the CRM holds, where the ERP knows nobody by what was proven."""
        number = _number(people)
        if not number:
            raise _refusal(Reason.NO_PARTY, self._erp.system)
        found = await self._erp.read(lambda erp: _agreeing(_customer_number, _by_id(erp, number)), deadline)
        if not found.accounts:
            raise _refusal(Reason.NO_PARTY, self._erp.system)
        return found.accounts


def contacts(crm: Crm, proof: Proof) -> Found[Contact]:
    """The CRM's people who have everything that was proven."""
    by_phone = crm.contacts_by_phone(proof.phone) if proof.phone else ()
    by_emails = [crm.contacts_by_email(email) for email in proof.emails]
    return _agreeing(lambda contact: contact.id, by_phone, *by_emails)


def customers(erp: Erp, proof: Proof) -> Found[Customer]:
    """The ERP's accounts that have everything that was proven."""
    by_id = _by_id(erp, proof.customer_id) if proof.customer_id else ()
    if proof.customer_id and not by_id:  # the host site speaks of an account that isn't there: trust nothing else of it
        return Found(contradicted=True)
    by_phone = erp.customers_by_phone(proof.phone) if proof.phone else ()
    by_emails = [erp.customers_by_email(email) for email in proof.emails]
    return _agreeing(_customer_number, by_id, by_phone, *by_emails)


def peoples_emails(crm: Crm, contact: str) -> set[str]:
    """The addresses of the CRM's people who have a contact; of an address, itself."""
    if is_email(contact):
        return {contact for person in crm.contacts_by_email(contact) if person.id}
    return {one.email.lower() for one in crm.contacts_by_phone(contact) if one.email}


def accounts_emails(erp: Erp, contact: str) -> set[str]:
    """The addresses of the ERP's accounts that have a contact; of an address, itself.

    A company's address is not that of the person through whose telephone it was found.
    """
    if is_email(contact):
        return {contact for account in erp.customers_by_email(contact) if account.number}
    found = erp.customers_by_phone(contact)
    return {one.email.lower() for one in found if one.email and one.contact_name is None}


def theirs(found: Sequence[Customer], people: Sequence[Contact], system: str) -> Sequence[Customer]:
    """Those of the ERP's accounts that the proven person may speak for: one, or several to choose from.

    Args:
        found: By what was proven; at least one.
        people: Whom the CRM knows by the same; nobody if it wasn't asked, or couldn't answer in time.

    Raises:
        NotAllowed: The CRM names an account that isn't among them, or some may be somebody else's.
    """
    number = _number(people)
    if number and all(account.number != number for account in found):
        raise _refusal(Reason.NO_PARTY, system)
    # One account is one, though the CRM knows several people by this number, or doesn't answer: the proof stands.
    if len(found) == 1 or _of_one_person(found, people, number):
        return found
    named = [account for account in found if number and account.number == number]
    if not named:
        raise _refusal(Reason.AMBIGUOUS, system)
    return named


def _of_one_person(found: Sequence[Customer], people: Sequence[Contact], number: str | None) -> bool:
    """Whether several accounts belong to one person: each through a contact relation, or by the CRM's number."""
    if not all(account.contact_name or account.number == number for account in found):
        return False
    # A name proves nothing, but two under one telephone are two people, unless the CRM knows that it is one.
    return len(people) == 1 or (not people and len({account.contact_name for account in found}) == 1)


def _number(people: Sequence[Contact]) -> str | None:
    """The ERP's number that the CRM holds of the single person whom it knows."""
    return people[0].erp_number if len(people) == 1 else None


async def _answer(asked: asyncio.Task[Sequence[Contact] | FrontdeskError], patience: float | None) -> Sequence[Contact]:
    """The CRM's answer.

    Args:
        patience: Seconds after which, and after an error too, it counts as knowing nobody; None if it is needed.

    Raises:
        FrontdeskError: It is needed, and the CRM gave none.
    """
    await asyncio.wait({asked}, timeout=patience)
    people = asked.result() if asked.done() else ()
    if not isinstance(people, FrontdeskError):
        return people
    if patience is None:
        raise people
    return ()


def _by_id(erp: Erp, number: str) -> Sequence[Customer]:
    try:
        return (erp.customer(number),)
    except NotFound:
        return ()


def _customer_number(customer: Customer) -> str:
    return customer.number


def _agreeing(key: Callable[[Account], str], *searches: Sequence[Account]) -> Found[Account]:
    """What all searches that found anything have in common."""
    hits = [{key(account): account for account in search} for search in searches if len(search)]
    if not hits:
        return Found()
    common = set(hits[0]).intersection(*hits[1:])
    return Found(accounts=tuple(hits[0][one] for one in sorted(common)), contradicted=not common)


def _refusal(reason: Reason, system: str) -> NotAllowed:
    return NotAllowed("what was proven doesn't lead to one account", reason=reason, system=system)
