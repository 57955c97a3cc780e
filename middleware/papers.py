"""Invoices on paper: the ERP's own, else drawn here. One that takes long is had by a job, and sent when it is there.

The customer is told at once that it comes. Before it is sent, the job asks anew whether the conversation still speaks
for the invoice's owner: meanwhile somebody else may have its telephone.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.engine import Connection

from middleware import jobs
from middleware.clock import Clock
from middleware.deadline import Deadline
from middleware.decoding import converted
from middleware.documents.invoice import draw_invoice
from middleware.documents.store import Document, Documents
from middleware.erp.base import Erp
from middleware.errors import Conflict, FrontdeskError, Malformed, NotAllowed, NotFound, Unavailable
from middleware.gateway import Gateway
from middleware.handoff_rows import hold
from middleware.identity import Identity, Who, proven_in
from middleware.jobs import Job, Jobs
from middleware.proactive import words_later
from middleware.records import Invoice
from middleware.settings import Operation, Settings
from middleware.store import Store
from middleware.waiting import within

log = logging.getLogger(__name__)

PAPER = "invoice_paper"
CAME = "invoice_came"  # the occasions on which the customer is told what became of it
NEVER_CAME = "invoice_never_came"

PDF_BEGINS = b"%PDF-"
GIVEN_UP_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """An invoice with its PDF.

    Attributes:
        document: None if it can't be got now.
        is_coming: Whether it is sent by itself when it is there.
    """

    invoice: Invoice
    document: Document | None = None
    is_coming: bool = False


class Papers:
    """Hands out invoices on paper."""

    def __init__(
        self,
        gateway: Gateway,
        documents: Documents,
        identity: Identity,
        store: Store,
        awaited: Jobs,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._erp = gateway.erp
        self._documents = documents
        self._identity = identity
        self._store = store
        self._jobs = awaited
        self._settings = settings
        self._patience = settings.documents.patience_seconds
        self._clock = clock
        self._was_slow = False

    async def of(self, who: Who, invoices: Sequence[Invoice]) -> list[Paper]:
        """Gets the PDFs of invoices that were just read for the same person, and keeps them for the conversation.

        Raises:
            NotAllowed: They aren't proven enough.
            Unavailable: Not one of them can be got now, or is coming.
        """
        limit = self._erp.deadline(Operation.INVOICE_DOCUMENT)
        made = await asyncio.gather(*(self._paper(who, one, limit) for one in invoices), return_exceptions=True)
        troubles = [one for one in made if isinstance(one, BaseException)]
        fault = next((one for one in troubles if not isinstance(one, FrontdeskError)), None)
        if fault or len(troubles) == len(made):
            raise fault or troubles[0]
        return [
            one if isinstance(one, Paper) else Paper(invoice=invoice)
            for invoice, one in zip(invoices, made, strict=True)
        ]

    async def fetch(self, job: Job) -> None:
        """Gets a paper that took long, and has it sent; the job that was stored when the customer was told so.

        Raises:
            Unavailable, Conflict: It is to be tried again.
        """
        invoice = converted(job.payload["invoice"], Invoice)
        asked_at = datetime.fromisoformat(job.payload["asked_at"])
        conversation_id = job.payload["conversation"]
        proven = await self._store.read(lambda connection: proven_in(connection, conversation_id))
        who = await self._identity.standing(conversation_id, job.id, since=asked_at)
        try:
            content = await self._content(who, invoice, self._erp.deadline(Operation.INVOICE_DOCUMENT))
        except FrontdeskError as error:
            is_final = isinstance(error, NotAllowed | NotFound) or self._clock() >= asked_at + GIVEN_UP_AFTER
            if not is_final:
                raise Unavailable(f"no paper yet: {error.kind}", system="erp") from error
            about = {"number": invoice.number}
            await self._store.write(lambda connection: self._words(connection, job, NEVER_CAME, about))
            return
        document = await self._kept(who, invoice, content)

        def send(connection: Connection) -> None:
            hold(connection, conversation_id)
            if proven_in(connection, conversation_id) != proven:
                raise Conflict("somebody else was proven meanwhile", system="store")
            self._words(
                connection, job, CAME, {"invoice": job.payload["invoice"], "document": msgspec.to_builtins(document)}
            )

        await self._store.write(send)

    async def _paper(self, who: Who, invoice: Invoice, limit: Deadline) -> Paper:
        """One paper, or the word that it comes: where the last one took long, that is said without waiting."""
        if self._was_slow:
            await self._erp.account(who, Operation.INVOICE_DOCUMENT, limit)  # whoever may not have it hears so now
            return await self._announced(who, invoice)
        try:
            content = await within(self._content(who, invoice, limit), self._patience)
        except asyncio.TimeoutError:
            self._was_slow = True
            return await self._announced(who, invoice)
        return Paper(invoice=invoice, document=await self._kept(who, invoice, content))

    async def _announced(self, who: Who, invoice: Invoice) -> Paper:
        await self._store.write(lambda connection: self._later(connection, who, invoice))
        self._jobs.wake()
        return Paper(invoice=invoice, is_coming=True)

    def _later(self, connection: Connection, who: Who, invoice: Invoice) -> None:
        """Stores the job that gets a paper; asked for twice in one turn, it comes once."""
        now = self._clock()
        payload = {
            "conversation": who.conversation_id,
            "invoice": msgspec.to_builtins(invoice),
            "asked_at": now.isoformat(),
        }
        job_id = f"{PAPER}:{who.correlation_id}:{invoice.number}"
        jobs.add(connection, PAPER, payload, line=job_id, now=now, job_id=job_id)

    def _words(self, connection: Connection, job: Job, occasion: str, about: dict[str, Any]) -> None:
        conversation_id = job.payload["conversation"]
        words_later(connection, conversation_id, occasion, about, now=self._clock(), job_id=f"{job.id}:{occasion}")

    async def _content(self, who: Who, invoice: Invoice, limit: Deadline) -> bytes | None:
        """The ERP's own PDF; None if it draws none, or one that is broken."""
        begun = time.monotonic()
        try:
            printed = await self._erp.one(
                who, Operation.INVOICE_DOCUMENT, invoice.number, lambda erp: _Printed.by(erp, invoice), limit
            )
        except Malformed as error:
            log.warning("the ERP's PDF of an invoice is broken, so ours is drawn: %r", error)
            return None
        self._was_slow = time.monotonic() - begun > self._patience
        return printed.content

    async def _kept(self, who: Who, invoice: Invoice, content: bytes | None) -> Document:
        if content is None:
            content = await asyncio.to_thread(draw_invoice, invoice, self._settings)
        name = re.sub(r"[^\w.-]", "-", invoice.number) + ".pdf"
        return await self._documents.keep(who, "invoice", invoice.number, name, content)


@dataclass(frozen=True, slots=True)
class _Printed:
    """The ERP's PDF of an invoice that was read before: it is whose the invoice is."""

    owner: str
    content: bytes | None

    @classmethod
    def by(cls, erp: Erp, invoice: Invoice) -> _Printed:
        content = erp.invoice_pdf(invoice.number)
        if content is not None and not (isinstance(content, bytes) and content.startswith(PDF_BEGINS)):
            raise Malformed("the document is no PDF", system="erp")
        return cls(invoice.owner, content)
