"""The calls of WhatsApp's Cloud API that we make: send, upload, fetch media, say that a message was seen.

Each has a deadline for all of it, and follows no redirects. The access token is shown to Meta's hosts alone; neither it
nor anything of a customer's stands in a log or an error.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from channels import whatsapp_errors
from channels.whatsapp_errors import NO_CODE, SYSTEM, Failure, NotNow
from middleware.channel_settings import WhatsAppAccount
from middleware.errors import FrontdeskError, Malformed, NotFound, Rejected, Unknown

log = logging.getLogger(__name__)

SEND_SECONDS = 10.0
MEDIA_SECONDS = 60.0
SEEN_SECONDS = 3.0
CONNECTIONS = 32
IDLE_SECONDS = 15.0  # shorter than servers wait, so that no message meets a connection that is just being closed
LARGEST_ANSWER = 1024 * 1024
PIECE = 64 * 1024

MEDIA_HOSTS = (".fbsbx.com", ".whatsapp.net", ".facebook.com")
ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
GONE = (100, 131052)  # what Meta says of media that it doesn't have, or not any more

# Answers that don't come from Meta's API but from what stands before it, and say that it hasn't got the request.
NOT_PASSED_ON = (503,)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message goes to: by the phone number if it is known, else by the id that Meta gave them for us."""

    phone: str | None = None
    user_id: str | None = None

    @property
    def fields(self) -> dict[str, str]:
        """As Meta wants it."""
        if self.phone:
            return {"to": self.phone}
        if self.user_id:
            return {"recipient": self.user_id}
        raise ValueError("a recipient has a phone number or a user id")


class TooLarge(Rejected):
    """The media is larger than is fetched."""


class WhatsAppClient:
    """The Cloud API, for one number of the company's.

    Args:
        account: Where the API is, and what opens it.
    """

    def __init__(self, account: WhatsAppAccount) -> None:
        self._api = URL(account.api)
        self._token = account.access_token
        self._number = account.phone_number_id
        self._session: aiohttp.ClientSession | None = None

    async def send(self, recipient: Recipient, payload: Mapping[str, Any], delivery_id: str) -> str:
        """Sends a message.

        Args:
            payload: What is sent, without to whom.
            delivery_id: Ours; Meta's statuses of the message bring it back.

        Returns:
            Meta's id of the message.

        Raises:
            Refused: It wasn't sent, and never will be like this.
            NotNow: It wasn't sent; it may be later.
            Unknown: It was handed over, but the answer was lost: it may have been sent.
        """
        told = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "biz_opaque_callback_data": delivery_id,
        }
        body = {**payload, **told, **recipient.fields}
        answer = await self._call("send", "POST", self._of_number("messages"), SEND_SECONDS, json=body)
        try:
            return str(answer["messages"][0]["id"])
        except (KeyError, IndexError, TypeError) as error:
            raise Unknown("the message was taken, but no id came back", system=SYSTEM, operation="send") from error

    async def upload(self, content: bytes, name: str, media_type: str) -> str:
        """Hands over a document that is to be sent; once more does no harm.

        Returns:
            Meta's id of it, good for 30 days.

        Raises:
            Refused: Meta doesn't want it.
            NotNow: It couldn't be handed over now.
        """
        form = aiohttp.FormData()
        form.add_field("messaging_product", "whatsapp")
        form.add_field("type", media_type)
        form.add_field("file", content, filename=name, content_type=media_type)
        try:
            answer = await self._call("upload", "POST", self._of_number("media"), MEDIA_SECONDS, data=form)
        except Unknown as error:
            raise NotNow(Failure.TEMPORARY, NO_CODE, operation="upload") from error
        try:
            return _checked(answer["id"])
        except (KeyError, TypeError) as error:
            raise Malformed("the document was taken, but no id came back", system=SYSTEM, operation="upload") from error

    async def media(self, media_id: str, largest: int) -> tuple[bytes, str]:
        """Fetches what a customer sent.

        Args:
            largest: Bytes that are fetched at most.

        Returns:
            The content, and the media type that Meta gives for it.

        Raises:
            NotFound: Meta doesn't have it, or not any more.
            TooLarge: It is larger.
            NotNow: Meta can't be reached, or doesn't let us in now.
            Malformed: What Meta says of it makes no sense, or leads elsewhere.
        """
        address = self._api / _checked(media_id)
        try:
            about = await self._call("media", "GET", address, SEND_SECONDS, params={"phone_number_id": self._number})
        except whatsapp_errors.Refused as error:
            if error.code in GONE:
                raise NotFound("Meta doesn't have the media", system=SYSTEM, operation="media") from error
            raise
        except Unknown as error:
            raise NotNow(Failure.TEMPORARY, NO_CODE, operation="media") from error
        size, kind = about.get("file_size"), str(about.get("mime_type") or "application/octet-stream")
        if isinstance(size, int | float) and size > largest:
            raise TooLarge("the media is too large", system=SYSTEM, operation="media")
        return await self._download(self._trusted(about.get("url")), largest), kind.partition(";")[0].strip()

    async def seen_and_typing(self, message_id: str) -> None:
        """Tells a customer that their message was seen, and that an answer is being written.

        It is a courtesy: where it fails, nothing else does.
        """
        typing = {"type": "text"}
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id, "typing_indicator": typing}
        try:
            await self._call("seen", "POST", self._of_number("messages"), SEEN_SECONDS, json=body)
        except FrontdeskError as error:
            log.debug("that a message was seen couldn't be told: %r %s", error, error.status)

    async def close(self) -> None:
        """Ends the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    def _of_number(self, what: str) -> URL:
        return self._api / self._number / what

    def _trusted(self, address: Any) -> URL:
        """An address of media to which the token may go.

        Raises:
            Malformed: It is none.
        """
        try:
            url = URL(str(address or ""), encoded=True)
            is_metas = url.scheme == "https" and url.port == 443 and (url.host or "").endswith(MEDIA_HOSTS)
            if (is_metas or url.origin() == self._api.origin()) and url.user is None and url.password is None:
                return url
        except ValueError as error:
            raise Malformed("the media's address is none", system=SYSTEM, operation="media") from error
        raise Malformed("the media's address isn't one of Meta's", system=SYSTEM, operation="media")

    async def _download(self, address: URL, largest: int) -> bytes:
        content = bytearray()
        try:
            async with self._request("GET", address, MEDIA_SECONDS, _Progress()) as answer:
                _judge_download(answer.status)
                async for piece in answer.content.iter_chunked(PIECE):
                    content += piece
                    if len(content) > largest:
                        raise TooLarge("the media is too large", system=SYSTEM, operation="media")
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise NotNow(Failure.TEMPORARY, NO_CODE, operation="media") from error
        return bytes(content)

    async def _call(self, operation: str, method: str, address: URL, seconds: float, **sent: Any) -> dict[str, Any]:
        """Calls the API and judges the answer.

        Raises:
            Refused, NotNow: Meta says no, or was never reached.
            Unknown: The request was handed over, and the answer lost.
        """
        progress = _Progress()
        try:
            async with self._request(method, address, seconds, progress, **sent) as answer:
                status, body = answer.status, await _read(answer)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            if progress.is_written:
                raise Unknown(f"no answer: {type(error).__name__}", system=SYSTEM, operation=operation) from error
            raise NotNow(Failure.TEMPORARY, NO_CODE, operation=operation) from error
        return _judged(operation, status, body)

    @asynccontextmanager
    async def _request(
        self, method: str, address: URL, seconds: float, progress: _Progress, **sent: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        async with self._open().request(
            method,
            address,
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=aiohttp.ClientTimeout(total=seconds),
            allow_redirects=False,
            trace_request_ctx=progress,
            **sent,
        ) as answer:
            yield answer

    def _open(self) -> aiohttp.ClientSession:
        """The session, made when the loop runs in which it is used."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=IDLE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "Frontdesk"},  # Meta's media hosts refuse who gives none
                trace_configs=[_watching()],
            )
        return self._session


class _Progress:
    """How far a request got."""

    is_written = False


def _watching() -> aiohttp.TraceConfig:
    """Notes when the first byte of a request is on its way: from then on it may have been read."""

    async def written(_session: Any, context: Any, _what: Any) -> None:
        context.trace_request_ctx.is_written = True

    watch = aiohttp.TraceConfig()
    watch.on_request_headers_sent.append(written)  # type: ignore[arg-type] # aiohttp's own
    watch.on_request_chunk_sent.append(written)  # type: ignore[arg-type] # aiohttp's own
    return watch


def _judged(operation: str, status: int, body: bytes) -> dict[str, Any]:
    """The one place that judges an answer of the API."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        content = None
    said = content.get("error") if isinstance(content, dict) else None
    if isinstance(said, dict):
        raise whatsapp_errors.error_of(status, said, operation=operation)
    if 200 <= status < 300 and isinstance(content, dict):
        return content
    if 200 <= status < 300 or (status >= 500 and status not in NOT_PASSED_ON):  # the answer was lost behind a gateway
        raise Unknown("no answer of Meta's", system=SYSTEM, operation=operation, status=str(status))
    # Somebody else answers in Meta's place, a proxy say: that is no message's fault, and somebody must mend it.
    failure = whatsapp_errors.failure_of(NO_CODE, status)
    raise NotNow(failure if failure.passes else Failure.ACCESS, NO_CODE, operation=operation)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """Reads an answer of the API, which is never large."""
    content = bytearray()
    async for piece in answer.content.iter_chunked(PIECE):
        content += piece
        if len(content) > LARGEST_ANSWER:
            break  # it isn't Meta's, and won't be read as JSON
    return bytes(content)


def _judge_download(status: int) -> None:
    if status in (404, 410):
        raise NotFound("Meta doesn't have the media any more", system=SYSTEM, operation="media", status=str(status))
    if 300 <= status < 400:
        raise Malformed("the media's address leads elsewhere", system=SYSTEM, operation="media", status=str(status))
    if status != 200:
        failure = whatsapp_errors.failure_of(-1, status)
        raise NotNow(failure if failure.passes else Failure.TEMPORARY, NO_CODE, operation="media")


def _checked(media_id: Any) -> str:
    """An id that may go into a path.

    Raises:
        Malformed: It is none.
    """
    if not isinstance(media_id, str) or not ID.fullmatch(media_id):
        raise Malformed("no id of media", system=SYSTEM, operation="media")
    return media_id
