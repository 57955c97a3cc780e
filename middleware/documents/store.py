"""Keeps documents for customers, and gives them out to whoever shows a link that was made for them.

A link needs no log-in: its signature covers the document, the conversation and the time at which it ends. Any other
link, however it is wrong, gets the same answer; each fetch is written down.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import fsspec
import jwt
import sqlalchemy as sa
from fsspec.implementations.local import LocalFileSystem

from middleware.audit import Audit, Entry
from middleware.clock import Clock
from middleware.errors import FrontdeskError, NotFound, Unavailable
from middleware.identity import Who
from middleware.settings import Settings
from middleware.store import Store
from middleware.store import documents as table

ALGORITHM = "HS256"
PDF = "application/pdf"
SYSTEM = "documents"


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document that is kept.

    Attributes:
        id: Unguessable.
        kind: `invoice`, `label`, or `attachment` for what an agent or a customer sends.
        object: The number of what it is about; of an attachment the id of the hand-over, or of the job that fetched it.
        name: As a customer saves it.
    """

    id: str
    conversation_id: str
    kind: str
    object: str
    name: str
    media_type: str = PDF


class Documents:
    """The documents of all conversations, in a folder or an object store."""

    def __init__(self, store: Store, settings: Settings, audit: Audit, clock: Clock) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._key = settings.documents_key
        self._public_url = settings.public_url
        self._good_for = timedelta(minutes=settings.documents.link_minutes)
        self._files, self._folder = fsspec.core.url_to_fs(settings.documents_url)

    async def keep(
        self, who: Who, kind: str, object_id: str, name: str, content: bytes, media_type: str = PDF
    ) -> Document:
        """Keeps a document for the conversation that it is for.

        Args:
            object_id: The number of what it is about.
            name: As a customer saves it, such as `INV-88213.pdf`.
            media_type: What the content is; whoever keeps it has looked.

        Raises:
            Unavailable: It couldn't be kept.
        """
        document = Document(
            id=uuid.uuid4().hex,
            conversation_id=who.conversation_id,
            kind=kind,
            object=object_id,
            name=name,
            media_type=media_type,
        )
        row = {
            "id": document.id,
            "conversation_id": document.conversation_id,
            "kind": kind,
            "object": object_id,
            "name": name,
            "media_type": document.media_type,
            "digest": hashlib.sha256(content).hexdigest(),
            "created_at": self._clock(),
        }
        await asyncio.to_thread(self._write, document.id, content)
        await self._store.write(lambda connection: connection.execute(table.insert().values(row)))
        return document

    def link(self, document_id: str, name: str, conversation_id: str, channel: str) -> str:
        """An address under which the document can be fetched for a while."""
        ends = self._clock() + self._good_for
        claims = {"document": document_id, "conversation": conversation_id, "exp": int(ends.timestamp())}
        token = jwt.encode(claims, self._key, algorithm=ALGORITHM)
        return f"{self._public_url}/webhooks/{channel}/documents/{token}/{quote(name, safe='')}"

    async def fetch(self, token: str, name: str) -> tuple[Document, bytes]:
        """Gives a document to whoever shows a good link.

        Args:
            token: The part of the link before the name.

        Raises:
            NotFound: The link is guessed, altered, too old, or for something that isn't there.
            Unavailable: The store can't be reached.
        """
        begun, outcome, claims = time.monotonic(), "ok", self._claims(token)
        document: Document | None = None
        try:
            found, digest = await self._row(claims.get("document", ""), claims.get("conversation", ""))
            if found.name != name:
                raise NotFound("no such document", system=SYSTEM)
            document = found
            return document, await self._content(document, digest)
        except FrontdeskError as error:
            outcome = error.kind
            raise
        except BaseException:
            outcome = "fault"
            raise
        finally:
            await self._audit.record(
                Entry(
                    at=self._clock(),
                    correlation_id=uuid.uuid4().hex,
                    conversation_id=document.conversation_id if document else "",
                    operation="document_fetch",
                    system=SYSTEM,
                    object=document.object if document else "",
                    level="link",
                    outcome=outcome,
                    milliseconds=round((time.monotonic() - begun) * 1000),
                )
            )

    def _claims(self, token: str) -> dict[str, Any]:
        """What a link is good for; nothing if it isn't good."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], options={"require": ["exp"], "verify_exp": False}
            )
        except (jwt.PyJWTError, ValueError):
            return {}
        ends = claims["exp"]
        return claims if isinstance(ends, int) and ends > self._clock().timestamp() else {}

    async def of_conversation(self, document_id: str, conversation_id: str) -> tuple[Document, bytes]:
        """Gives one of a conversation's documents to the company's people; who asks, and that they may, is theirs.

        Raises:
            NotFound: The conversation has no such document, or it is gone.
            Unavailable: The store can't be reached.
        """
        document, digest = await self._row(document_id, conversation_id)
        return document, await self._content(document, digest)

    async def _row(self, document_id: str, conversation_id: str) -> tuple[Document, str]:
        """A conversation's document, and its digest; what a stranger wrote goes into no query."""
        query = sa.select(table).where(table.c.id == document_id, table.c.conversation_id == conversation_id)
        row = (
            await self._store.read(lambda connection: connection.execute(query).one_or_none()) if document_id else None
        )
        if row is None:
            raise NotFound("no such document", system=SYSTEM)
        found = Document(
            id=row.id,
            conversation_id=row.conversation_id,
            kind=row.kind,
            object=row.object,
            name=row.name,
            media_type=row.media_type,
        )
        return found, row.digest

    async def _content(self, document: Document, digest: str) -> bytes:
        content = await asyncio.to_thread(self._read, document.id)
        if hashlib.sha256(content).hexdigest() != digest:
            raise NotFound("the document was altered", system=SYSTEM)
        return content

    def _write(self, document_id: str, content: bytes) -> None:
        try:
            file = f"{self._folder}/{document_id}"
            if isinstance(self._files, LocalFileSystem):  # customers' papers are for nobody else on this machine
                os.makedirs(self._folder, mode=0o700, exist_ok=True)
                with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                    stream.write(content)
            else:
                self._files.makedirs(self._folder, exist_ok=True)
                self._files.pipe_file(file, content)
        except OSError as error:
            raise Unavailable(f"a document can't be kept: {type(error).__name__}", system=SYSTEM) from error

    def _read(self, document_id: str) -> bytes:
        try:
            content: bytes = self._files.cat_file(f"{self._folder}/{document_id}")
        except FileNotFoundError as error:
            raise NotFound("the document is gone", system=SYSTEM) from error
        except OSError as error:
            raise Unavailable(f"a document can't be read: {type(error).__name__}", system=SYSTEM) from error
        return content
