"""Fetches what customers send on WhatsApp, for the company's people: a file that is what its content says it is."""

from __future__ import annotations

import logging
from typing import Any, Protocol

from channels.whatsapp_client import TooLarge
from middleware.bootstrap import Middleware
from middleware.documents.kinds import Kind, name_for, paper_or_picture, recording
from middleware.documents.store import Document
from middleware.errors import Rejected
from middleware.history import WORDS, Reply
from middleware.identity import Who
from middleware.jobs import FINAL, Job

log = logging.getLogger(__name__)

ATTACHMENT = "attachment"
PAPERS, RECORDINGS = ("image", "document"), ("audio", "voice", "video")
MEGABYTE = 1024 * 1024


class Source(Protocol):
    """Where media are."""

    async def media(self, media_id: str, largest: int) -> tuple[bytes, str]:
        """Gives a file, and what Meta takes it for."""


class Strange(Rejected):
    """A file is nothing that is kept for people to open."""


class Media:
    """Puts files to the messages that they came with."""

    def __init__(self, middleware: Middleware, source: Source) -> None:
        self._messages = middleware.messages
        self._documents = middleware.documents
        self._largest = middleware.settings.whatsapp.largest_media
        self._source = source

    async def fetch(self, job: Job) -> None:
        """Fetches what came with a message, unless it is there or its customer has deleted it; or says why it can't be.

        Raises:
            Unavailable: It is to be tried again.
        """
        conversation_id, external_id = job.payload["conversation"], job.payload["message"]
        reply = await self._messages.stored(conversation_id, external_id)
        if reply is None or "media" not in reply or ATTACHMENT in reply:
            return
        try:
            document = await self._kept(reply, conversation_id, job.id)
            more: Reply = {ATTACHMENT: {"id": document.id, "name": document.name}}
        except FINAL as error:
            log.warning("what came with a message can't be kept: %s", type(error).__name__)
            more = {WORDS: _without(reply, self._why(error))}
        await self._messages.amend(conversation_id, external_id, more)

    async def _kept(self, reply: Reply, conversation_id: str, job_id: str) -> Document:
        media: dict[str, Any] = reply["media"]
        content, _claimed = await self._source.media(media["id"], self._largest)
        kind = _kind(reply["kind"], content)
        if kind is None:
            raise Strange("nothing that is kept")
        who = Who(conversation_id=conversation_id, channel="", correlation_id=job_id)
        name = name_for(media["name"] or reply["kind"], kind)
        return await self._documents.keep(who, ATTACHMENT, job_id, name, content, kind.media_type)

    def _why(self, error: Exception) -> str:
        if isinstance(error, TooLarge):
            return f"larger than {self._largest / MEGABYTE:.3g} MB"
        return "no PDF, picture or recording" if isinstance(error, Strange) else "it couldn't be fetched"


def _kind(kind: str, content: bytes) -> Kind | None:
    return recording(content) if kind in RECORDINGS else paper_or_picture(content)


def _without(reply: Reply, why: str) -> str:
    """What people read in the place of a file that isn't there."""
    words = reply.get(WORDS) or reply["text"]
    return f"{words.removesuffix(')')}: {why})" if WORDS in reply else f"{words} ({why})"
