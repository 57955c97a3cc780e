"""Sends what waits for WhatsApp's customers: a conversation's messages one after the other, each part of them once.

It is the job of a conversation, done step by step: every step reads how things stand and leaves them changed, so that
whoever takes the job over goes on from there. Nothing waits in here: a job that must wait says until when.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from channels import whatsapp_errors, whatsapp_form
from channels.serving import Serving
from channels.whatsapp_client import SEND_SECONDS, Recipient
from channels.whatsapp_errors import NO_CODE, Failure, NotNow, Refused
from channels.whatsapp_pace import Pace
from middleware.bootstrap import Middleware
from middleware.deliveries import Outgoing, Part
from middleware.delivery_states import FAILED, OPEN, SENDING
from middleware.delivery_statuses import MOST_UPLOADS
from middleware.errors import NotFound, Unavailable, Unknown
from middleware.jobs import Job, Later
from middleware.outbox import SEND
from middleware.recipients import is_number
from middleware.writing_window import CLOSED_CODE

log = logging.getLogger(__name__)

DOUBT_SECONDS = 5.0  # for a status to tell that a part has arrived whose answer was lost
UNDER_WAY_SECONDS = SEND_SECONDS + 5  # nobody else may still be sending it then
LONGEST_WAIT_SECONDS = 600.0  # who has mended what stood in the way doesn't wait for hours
LONGEST_RUN_SECONDS = 60.0  # then the others have a turn; a job that ran into its own limit would leave a doubt
MOST_TRIES = 12  # of what WhatsApp has a disturbance with: two hours
COMPLAIN_EVERY = timedelta(minutes=30)
STORE_PAUSES = (0.2, 1.0, 3.0)  # seconds; what was sent and isn't written down would be sent once more

NOT_THEIRS = "The customer has given up the number that this conversation was held with: it may be a stranger's now."
DOCUMENT_GONE = "The document isn't there any more. Send it again."
NO_FORM = (
    "This can't be put into a form that WhatsApp takes. Say it in other words, and tell whoever runs the assistant."
)
TEMPLATE_FAILED = "The customer can't be asked to write first, either: "


class Client(Protocol):
    """What is needed of WhatsApp's client."""

    async def send(self, recipient: Recipient, payload: Mapping[str, Any], delivery_id: str) -> str:
        """Sends a message, and gives Meta's id of it."""

    async def upload(self, content: bytes, name: str, media_type: str) -> str:
        """Hands over a document, and gives Meta's id of it."""

    async def seen_and_typing(self, message_id: str) -> None:
        """Tells a customer that their message was seen, and that an answer is being written."""


class Sender:
    """Does the jobs that send.

    Args:
        client: Of the company's number.
        pace: How fast; for tests.
    """

    def __init__(self, middleware: Middleware, client: Client, pace: Pace | None = None) -> None:
        self._deliveries = middleware.deliveries
        self._documents = middleware.documents
        self._rules = middleware.settings.whatsapp
        self._clock = middleware.clock
        self._client = client
        self._pace = pace or Pace(middleware.clock)
        self._resting_until: datetime | None = None  # nobody's messages get through before
        self._complained_at: datetime | None = None
        self._typing: set[asyncio.Task[None]] = set()

    def attach(self, serving: Serving) -> None:
        """Has a server's jobs that send done here, and lets customers see that an answer is being written."""
        serving.does(SEND, self.send, patient=True)
        serving.turns.on_begin("whatsapp", self.typing)

    def typing(self, _conversation_id: str, external_id: str) -> None:
        """Lets a customer see that their message was read and is being answered; returns at once."""
        telling = asyncio.ensure_future(self._tell_typing(external_id))
        self._typing.add(telling)
        telling.add_done_callback(self._typing.discard)

    async def _tell_typing(self, external_id: str) -> None:
        try:
            await self._client.seen_and_typing(external_id)
        except Exception as error:  # a courtesy: nothing hangs on it
            log.warning("typing could not be shown: %s", type(error).__name__)

    async def send(self, job: Job) -> None:
        """Sends the messages of a conversation that wait, in order, as far as they may be sent now.

        Raises:
            Later: It goes on then.
            Unavailable: The store, or the documents, can't be reached.
        """
        conversation_id = job.payload["conversation"]
        end = time.monotonic() + LONGEST_RUN_SECONDS
        while (message := await self._deliveries.next(conversation_id)) is not None:
            if not await self._step(message):
                return
            if time.monotonic() >= end:
                raise Later(self._clock())

    async def _step(self, message: Outgoing) -> bool:
        """Does what is next for a message; tells whether anything is next after that, before the customer writes."""
        part = message.next_part
        if part is None:
            await self._plan(message)
        elif part.state == SENDING:
            await self._look_for(part)
        elif message.recipient is None:
            await self._deliveries.fail(message, NOT_THEIRS)
        elif message.window.is_open:
            await self._send(message, part)
        elif self._rules.template is None:
            await self._deliveries.fail(message, whatsapp_errors.reason(int(CLOSED_CODE)))
        else:
            return await self._ask_first(message)
        return True

    async def _plan(self, message: Outgoing) -> None:
        """Writes down in what parts a message goes out; one that has no form must not stop those after it."""
        try:
            parts = whatsapp_form.parts(message.reply, message.sequence, self._rules)
        except Exception as error:
            log.exception("message %s has no form: %s", message.message_id, type(error).__name__, exc_info=False)
            await self._deliveries.fail(message, NO_FORM)
        else:
            await self._deliveries.plan(message, parts)

    async def _ask_first(self, message: Outgoing) -> bool:
        """Asks the customer to write, once; the message waits until they do."""
        asked = message.template
        if asked is None:
            await self._deliveries.plan_template(message, self._template())
        elif asked.state == SENDING:
            await self._look_for(asked)
        elif asked.state == FAILED:
            await self._deliveries.fail(message, TEMPLATE_FAILED + (asked.error or "").strip())
        elif asked.state in OPEN:
            await self._send(message, asked)
        else:
            await self._deliveries.hold(message)
            return False
        return True

    def _template(self) -> dict[str, Any]:
        template = self._rules.template
        assert template is not None  # else nobody is asked
        about = {"name": template.name, "language": {"code": template.language}}
        return {"type": "template", "template": about}

    async def _look_for(self, part: Part) -> None:
        """Decides about a part whose request was begun by somebody who didn't write down what came of it."""
        surely_ended = part.changed_at + timedelta(seconds=UNDER_WAY_SECONDS)
        if self._clock() < surely_ended:
            raise Later(surely_ended)
        await self._deliveries.doubted(part)

    async def _send(self, message: Outgoing, part: Part) -> None:
        """Sends a part, and writes down what came of it."""
        if self._resting_until and self._clock() < self._resting_until:
            raise Later(self._resting_until + timedelta(seconds=random.uniform(0, 2)))
        upload = whatsapp_form.upload_of(part.payload)
        if upload and not part.media_id:
            await self._upload(message, part, *upload)
        else:
            await self._request(message, part)

    async def _upload(self, message: Outgoing, part: Part, document_id: str, name: str) -> None:
        """Hands over a part's document; to do it twice does no harm."""
        try:
            document, content = await self._documents.of_conversation(document_id, message.conversation_id)
            media_id = await self._client.upload(content, name, document.media_type)
        except NotFound:
            await self._deliveries.refused(part, "", DOCUMENT_GONE)
        except (NotNow, Refused) as error:
            await self._judge(part, error)
        except Unavailable:
            raise
        except Exception as error:  # the message must not stop those after it
            log.error("delivery %s: uploading broke: %s", part.id, type(error).__name__)
            await self._refuse(part, Failure.MEDIA, NO_CODE)
        else:
            await self._deliveries.uploaded(part, media_id)

    async def _request(self, message: Outgoing, part: Part) -> None:
        assert message.recipient is not None  # else the message has failed
        wait = self._pace.take(message.recipient)
        if wait:
            raise Later(self._clock() + wait)
        begun = await self._deliveries.begin(part)
        if begun is None:  # somebody else is at it; the lease of this job must have been lost
            raise Later(self._clock() + timedelta(seconds=UNDER_WAY_SECONDS))
        payload = whatsapp_form.with_media(part.payload, part.media_id) if part.media_id else part.payload
        try:
            external_id = await self._client.send(_recipient(message.recipient), payload, begun.id)
        except (NotNow, Refused) as error:
            await self._judge(begun, error)
        except Exception as error:
            await self._doubt(begun, error)
        else:
            await self._write_down(begun, external_id)

    async def _doubt(self, part: Part, error: Exception) -> None:
        """The answer was lost, or something broke between the request and the answer."""
        if not isinstance(error, Unknown):
            log.error("delivery %s: sending broke: %s", part.id, type(error).__name__)
        if await self._deliveries.doubted(part):
            raise Later(self._clock() + timedelta(seconds=DOUBT_SECONDS))

    async def _write_down(self, part: Part, external_id: str) -> None:
        """Writes down that a part was sent, also if the store needs a moment to come back."""
        for pause in STORE_PAUSES:
            try:
                await self._deliveries.sent(part, external_id)
                return
            except Unavailable:
                await asyncio.sleep(pause)
        await self._deliveries.sent(part, external_id)

    async def _judge(self, part: Part, error: NotNow | Refused) -> None:
        """Decides about a part that WhatsApp didn't take: later, differently, or never.

        Raises:
            Later: The same again, then.
        """
        failure, code = error.failure, error.code
        was_sent = part.state == SENDING
        if failure is Failure.WINDOW and was_sent and part.payload.get("type") != "template":
            await self._deliveries.kept(part, CLOSED_CODE)
        elif failure is Failure.MEDIA and part.media_id and part.uploads < MOST_UPLOADS:
            await self._deliveries.upload_lost(part, str(code), whatsapp_errors.reason(code, failure))
        elif failure.passes and not _is_hopeless(part, failure, code):
            await self._put_off(part, failure, code)
        else:
            await self._refuse(part, failure, code)

    async def _put_off(self, part: Part, failure: Failure, code: int) -> None:
        times = await self._deliveries.put_off(part, _named(failure, code), whatsapp_errors.reason(code, failure))
        wait = min(LONGEST_WAIT_SECONDS, whatsapp_errors.seconds_to_wait(failure, times))
        if failure is not Failure.PAIR_RATE:  # there the least is prescribed
            wait *= random.uniform(0.75, 1)
        until = self._clock() + timedelta(seconds=wait)
        if failure in (Failure.ACCESS, Failure.THROTTLED):
            self._rest(until, failure, code)
        raise Later(until)

    async def _refuse(self, part: Part, failure: Failure, code: int) -> None:
        log.warning("delivery %s failed: %s (%s)", part.id, failure.value, code)
        await self._deliveries.refused(part, _named(failure, code), whatsapp_errors.reason(code, failure))

    def _rest(self, until: datetime, failure: Failure, code: int) -> None:
        """Lets nobody's messages be tried meanwhile, where it is the same for all of them."""
        self._resting_until = max(until, self._resting_until or until)
        now = self._clock()
        if failure is Failure.ACCESS and (self._complained_at is None or now - self._complained_at >= COMPLAIN_EVERY):
            self._complained_at = now
            log.error("WhatsApp doesn't let us in, so nothing is sent: %s", whatsapp_errors.reason(code, failure))


def _is_hopeless(part: Part, failure: Failure, code: int) -> bool:
    """Whether Meta has said so often that something ails it that the messages after this one must wait no longer."""
    is_same = part.error_code == _named(failure, code)
    return failure is Failure.TEMPORARY and code != NO_CODE and is_same and part.deferrals + 1 >= MOST_TRIES


def _named(failure: Failure, code: int) -> str:
    return failure.value if code == NO_CODE else str(code)


def _recipient(address: str) -> Recipient:
    return Recipient(phone=address) if is_number(address.removeprefix("+")) else Recipient(user_id=address)
