"""Leads: keeps who wants to buy or to be advised, gives them to whoever has their territory, and tells the CRM.

A lead is stored with the job that delivers it, so that none is lost while the CRM is away, and none comes twice.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware import jobs, lines
from middleware.clock import Clock
from middleware.deadline import Deadline
from middleware.decoding import converted
from middleware.errors import FrontdeskError, NotFound, Rejected
from middleware.gateway import Gateway
from middleware.identity import Proof, Who
from middleware.jobs import Job, Jobs
from middleware.lead_delivery import Delivered, deliver
from middleware.records import Address, Budget, Consent, Contact, Customer, Headcount, LeadDraft, LeadKind
from middleware.settings import Operation, Settings
from middleware.store import Store, alone
from middleware.store import leads as table
from middleware.territories import Pick, Place, Territories, Traits, place_of_phone

LEAD = "lead"

# References look as if there had been some before: how many a company had so far is nobody's business.
BEFORE_THE_FIRST = 3000
REFERENCE = "L-"

KEPT, DELIVERED, REFUSED = "kept", "delivered", "refused"

# An answer takes a multiple of this, so that its time doesn't tell whether an e-mail is on file.
STEP_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Enquiry:
    """What somebody gave who wants to buy; what they didn't is an empty string or None.

    Attributes:
        email: Lower case.
        phone: E.164.
        wish: What they want, in their own words.
        country, state, postcode: Of the place that they named.
    """

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""
    phone: str | None = None
    size: Headcount | None = None
    budget: Budget | None = None
    wish: str = ""
    country: str = ""
    state: str = ""
    postcode: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A lead that is kept.

    Attributes:
        reference: What the customer is told, such as L-3007.
        contact: The name of whom the territory rules picked; for a proven customer with an account executive, theirs.
            Empty as long as the CRM hasn't said what they are called: while it is down.
        is_own: Whether that is the proven customer's own account executive.
        region: Of the territory, as it is told; may be empty.
        is_delivered: Whether the CRM has it; else it is delivered later.
    """

    reference: str
    contact: str
    is_own: bool
    region: str
    is_delivered: bool


class Leads:
    """Keeps and delivers leads."""

    def __init__(self, gateway: Gateway, store: Store, jobs: Jobs, settings: Settings, clock: Clock) -> None:
        self._gateway = gateway
        self._store = store
        self._jobs = jobs
        self._rules = settings.leads
        self._territories = Territories(settings.leads)
        self._patience = settings.operations[Operation.LEAD].deadline / 2
        self._clock = clock

    async def known(self, who: Who) -> Enquiry:
        """What is known already of a proven person: what was proven, and what the CRM and the ERP say, if they can."""
        if not who.level:
            return Enquiry()
        contact, customer = await asyncio.gather(self._contact(who), self._customer(who))
        address = customer.address if customer else Address()
        company = contact.company if contact else None
        if not company and customer and customer.contact_name:  # whoever acts for it; else it is a person's own
            company = customer.name
        return Enquiry(
            first_name=contact.first_name if contact else "",
            last_name=contact.last_name if contact else "",
            company=company or "",
            email=next(iter(who.proof.emails), (contact.email if contact else None) or ""),
            phone=who.proof.phone,
            country=address.country,
            state=address.state,
            postcode=address.postcode,
        )

    async def contact_given_in(self, conversation_id: str) -> str:
        """Where somebody said in a conversation that they can be reached: of their newest lead; empty if nowhere.

        Raises:
            Unavailable: The store can't be reached.
        """
        mine = table.c.conversation_id == conversation_id
        query = sa.select(table.c.draft).where(mine).order_by(table.c.number.desc()).limit(1)
        draft = await self._store.read(lambda connection: connection.execute(query).scalar())
        return str(draft["email"] or draft["phone"] or "") if draft else ""

    async def keep(self, who: Who, enquiry: Enquiry, consent: Consent, key: str) -> Kept:
        """Keeps a lead, once for each key, and waits a little for the CRM.

        Raises:
            NotFound: The key is another conversation's.
            Unavailable: The store can't be reached; nothing is kept.
        """
        begun = time.monotonic()
        named = await self._place(who, enquiry)
        draft = self._draft(who, enquiry, consent, named)
        place = named if named.country or not draft.phone else await place_of_phone(draft.phone)
        await self._store.write(lambda connection: self._enter(connection, who, draft, place, key))
        await self._jobs.ended(_job_id(key), self._patience)
        row = await self._store.read(lambda connection: _row(connection, key))
        await asyncio.sleep(-(time.monotonic() - begun) % STEP_SECONDS)
        return _kept(row)

    async def deliver(self, job: Job) -> None:
        """Brings a lead to the CRM; the job that was stored with it.

        Raises:
            Rejected: The CRM won't keep it; people must look at it.
            FrontdeskError: It is to be tried again.
        """
        key = job.payload["lead"]
        row = await self._store.read(lambda connection: _row(connection, key))
        if row.state == DELIVERED:
            return
        draft = converted(row.draft, LeadDraft)
        proof = Proof(**job.payload["proof"])
        who = Who(conversation_id=row.conversation_id, channel="", correlation_id=job.id)
        try:
            delivered = await self._gateway.crm.settle(
                who,
                Operation.LEAD,
                _reference(row),
                lambda crm: deliver(crm, draft, key, proof, self._rules.fallback.lower()),
            )
        except Rejected:
            await self._mark(key, REFUSED)
            raise
        await self._mark(key, DELIVERED, record=msgspec.to_builtins(delivered))

    async def _contact(self, who: Who) -> Contact | None:
        try:
            return await self._gateway.crm.account(who, Operation.LEAD, Deadline(self._patience))
        except FrontdeskError:
            return None

    async def _customer(self, who: Who) -> Customer | None:
        try:
            return await self._gateway.erp.account(who, Operation.LEAD, Deadline(self._patience))
        except FrontdeskError:
            return None

    async def _place(self, who: Who, enquiry: Enquiry) -> Place:
        """Where they are, as they said, or as the ERP has it of a proven customer."""
        if enquiry.country or enquiry.state or enquiry.postcode:
            return Place(country=enquiry.country, state=enquiry.state, postcode=enquiry.postcode)
        customer = await self._customer(who) if who.level else None
        address = customer.address if customer else Address()
        return Place(country=address.country, state=address.state, postcode=address.postcode)

    def _draft(self, who: Who, enquiry: Enquiry, consent: Consent, place: Place) -> LeadDraft:
        """What the CRM is to keep, but for the owner."""
        return LeadDraft(
            kind=LeadKind(self._rules.record),
            first_name=enquiry.first_name,
            last_name=enquiry.last_name,
            company=enquiry.company,
            email=enquiry.email,
            consent=consent,
            owner="",
            phone=enquiry.phone or who.proof.phone,
            size=enquiry.size,
            budget=enquiry.budget,
            wish=enquiry.wish,
            industry=next(iter(self._territories.industries_in(enquiry.wish, enquiry.company)), ""),
            country=place.country,
            state=place.state,
            postcode=place.postcode,
        )

    def _enter(self, connection: Connection, who: Who, draft: LeadDraft, place: Place, key: str) -> None:
        """Stores a lead with whose it is and the job that delivers it, or finds what was stored before."""
        alone(connection, f"lead {key}")
        there = connection.execute(sa.select(table.c.conversation_id).where(table.c.key == key)).scalar()
        if there is not None:
            if there != who.conversation_id:
                raise NotFound("the key is another conversation's", system="store")
            return
        now = self._clock()
        pick = _earlier_pick(connection, who, draft.email) or self._pick(connection, draft, place)
        connection.execute(
            table.insert().values(
                key=key,
                conversation_id=who.conversation_id,
                draft=msgspec.to_builtins(draft) | {"owner": pick.owner},
                team=pick.team,
                region=pick.region,
                pick=pick.owner,
                state=KEPT,
                created_at=now,
            )
        )
        proof = {"phone": who.proof.phone, "email": who.proof.email, "code_email": who.proof.code_email}
        payload = {"lead": key, "proof": proof}
        line = lines.to_the_crm(who.conversation_id)
        jobs.add(connection, LEAD, payload, line=line, now=now, job_id=_job_id(key))

    def _pick(self, connection: Connection, draft: LeadDraft, place: Place) -> Pick:
        industries = self._territories.industries_in(draft.wish, draft.company)
        traits = Traits(place=place, size=draft.size, budget=draft.budget, industries=industries)
        return self._territories.pick(connection, traits)

    async def _mark(self, key: str, state: str, **values: object) -> None:
        change = table.update().where(table.c.key == key).values(state=state, ended_at=self._clock(), **values)
        await self._store.write(lambda connection: connection.execute(change))


def _earlier_pick(connection: Connection, who: Who, email: str) -> Pick | None:
    """Whose the lead is that was kept before in this conversation under the same address: the CRM makes one of both."""
    mine = sa.select(table).where(table.c.conversation_id == who.conversation_id).order_by(table.c.number)
    same = (row for row in connection.execute(mine).all() if email and row.draft["email"] == email)
    return next((Pick(owner=row.pick, team=row.team, region=row.region) for row in same), None)


def reference(number: int) -> str:
    """What a lead is called, by its number in the table."""
    return f"{REFERENCE}{number + BEFORE_THE_FIRST}"


def _reference(row: Row) -> str:
    return reference(row.number)


def _job_id(key: str) -> str:
    return f"{LEAD}:{key}"


def _row(connection: Connection, key: str) -> Row:
    return connection.execute(sa.select(table).where(table.c.key == key)).one()


def _kept(row: Row) -> Kept:
    delivered = converted(row.record, Delivered) if row.record else None
    return Kept(
        reference=_reference(row),
        contact=delivered.contact if delivered else "",
        is_own=delivered.is_own if delivered else False,
        region=row.region,
        is_delivered=row.state == DELIVERED,
    )
