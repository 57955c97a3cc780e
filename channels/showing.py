"""What customers see of messages, in the form of Rasa's REST channel, and the documents behind the links in them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from channels.answers import judged, refusal
from channels.serving import Serving
from middleware.errors import NotFound
from middleware.history import Message, Reply


class Showing:
    """A channel's way of showing.

    Args:
        channel: Its name.
        disposition: Whether a browser is to save documents (`attachment`) or to show them (`inline`); all of them are
            PDFs and pictures, as their content was looked at.
    """

    def __init__(self, serving: Serving, channel: str, disposition: str = "attachment") -> None:
        self._limits = serving.limits
        self._documents = serving.middleware.documents
        self._channel = channel
        self._disposition = disposition

    def shown(self, reply: Reply, conversation_id: str) -> Reply:
        """A reply with an agent's name, and a link to its document; what it was made from stays inside."""
        shown: Reply = {name: reply[name] for name in ("text", "agent", "custom") if name in reply}
        if "buttons" in reply:
            shown["buttons"] = [{"title": one["title"], "payload": one["payload"]} for one in reply["buttons"]]
        if "attachment" in reply:
            document = reply["attachment"]
            shown["attachment"] = self._documents.link(document["id"], document["name"], conversation_id, self._channel)
        return shown

    def listed(self, message: Message, conversation_id: str) -> dict[str, Any]:
        """A message with its place, its author and its time."""
        told = {"sequence": message.sequence, "author": message.author, "at": message.at.isoformat()}
        return told | self.shown(message.reply, conversation_id)

    def add_documents(self, routes: Blueprint) -> None:
        """Adds the address that links lead to."""

        @routes.get("/documents/<token>/<name>")
        async def document(request: Request, token: str, name: str) -> HTTPResponse:
            return await judged(self._document(request, token, name))

    async def _document(self, request: Request, token: str, name: str) -> HTTPResponse:
        self._limits.take_request(request.ip, request.headers.getall("X-Forwarded-For", []))
        try:
            found, content = await self._documents.fetch(token, unquote(name))
        except NotFound:
            return refusal(404, "there is no such document, or the link has ended: ask the assistant for it again")
        headers = {
            "Content-Disposition": f"{self._disposition}; filename*=UTF-8''{quote(found.name, safe='')}",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        return raw(content, content_type=found.media_type, headers=headers)
