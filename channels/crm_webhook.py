"""The bell of the company's CRM: what its people write on tickets is told soon after they wrote it.

`POST /webhooks/crm/<vendor>` is called by the vendor. Nothing that a call says is believed: it only has the CRM asked
at once what is new, so that one that is sent again, or made up in the vendor's name, changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, text

from channels.answers import body_of, bound, judged, refusal
from channels.serving import Serving, shared
from channels.turns import Run
from middleware.crm.webhooks import Called, Vendor, vendor
from middleware.errors import Unavailable
from middleware.waiting import within

log = logging.getLogger(__name__)

LARGEST = 1024 * 1024  # bytes of a call
PROOF_SECONDS = 3.0  # vendors want to be answered within five
SHARED_SECONDS = 0.2  # calls within so long ring once
NOT_SET_UP = "no CRM is set up that calls here: docs/connectors/answers.md says how"


class CrmWebhook(InputChannel):
    """What the company's CRM calls.

    Args:
        caller: Who may call; by default whom the settings name.
    """

    def __init__(self, serving: Serving, caller: Vendor | None = None) -> None:
        self._serving = serving
        self._vendor = caller or vendor(serving.settings, serving.middleware.clock)
        self._ringing: asyncio.Future[None] | None = None

    @classmethod
    def name(cls) -> str:
        """Its name, in its address."""
        return "crm"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> CrmWebhook:
        """Opens it; its rules stand in assistant.yml and the environment, none in credentials.yml."""
        return cls(shared())

    def blueprint(self, on_new_message: Run) -> Blueprint:
        """The routes under `/webhooks/crm`."""
        routes = Blueprint("frontdesk_crm", __name__)

        @routes.get("/<name>")  # a vendor looks whether the address is there, with nothing to show
        async def look(request: Request, name: str) -> HTTPResponse:
            return await judged(self._look(request, name))

        @routes.post("/<name>", stream=True)
        async def ring(request: Request, name: str) -> HTTPResponse:
            bound(request, LARGEST)
            return await judged(self._called(request, name))

        self._serving.attach(routes, on_new_message)
        return routes

    async def _look(self, request: Request, name: str) -> HTTPResponse:
        self._count(request)
        return text("") if self._vendor and name == self._vendor.name else refusal(404, NOT_SET_UP)

    async def _called(self, request: Request, name: str) -> HTTPResponse:
        caller = self._vendor
        if caller is None or name != caller.name:
            self._count(request)
            return refusal(404, NOT_SET_UP)
        called = Called(
            method=request.method,
            uri=self._serving.settings.public_url + request.raw_url.decode("latin-1"),
            query={key: values[0] for key, values in request.args.items()},
            headers={key.lower(): value for key, value in request.headers.items()},
            body=await body_of(request, LARGEST),
        )
        if not await self._is_signed(caller, called):
            self._count(request)
            log.warning("a call of the CRM's webhook was refused: it isn't proven to be %s's", caller.name)
            return refusal(401, "the call is not signed as the vendor signs")
        await self._ring()
        return text("")

    async def _is_signed(self, caller: Vendor, called: Called) -> bool:
        """Whether a call is the vendor's; what can't be told counts as no.

        Raises:
            Unavailable: It couldn't be told in time.
        """
        looking = asyncio.get_running_loop().run_in_executor(None, caller.is_signed, called)
        try:
            return await within(_awaited(looking), PROOF_SECONDS)
        except asyncio.TimeoutError as error:
            raise Unavailable("whether a call is the CRM's couldn't be told in time", system="crm") from error
        except Exception as error:  # its text may quote the call
            log.error("whether a call is the CRM's couldn't be told: %s", type(error).__name__)
            return False

    async def _ring(self) -> None:
        """Rings, together with the calls that come in within the same moment."""
        if self._ringing is None:
            self._ringing = asyncio.ensure_future(self._ring_soon())
        await asyncio.shield(self._ringing)

    async def _ring_soon(self) -> None:
        await asyncio.sleep(SHARED_SECONDS)
        self._ringing = None  # what comes from now on may have been written after we ask
        await self._serving.middleware.ticket_answers.ring()

    def _count(self, request: Request) -> None:
        """Counts what isn't the vendor's for its network address: the vendor may call without bound."""
        self._serving.limits.take_request(request.ip, request.headers.getall("X-Forwarded-For", []))


async def _awaited(looking: asyncio.Future[bool]) -> bool:
    return await looking
