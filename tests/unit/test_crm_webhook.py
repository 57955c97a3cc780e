"""The CRM's bell: who is proven to be the vendor has what is new asked for, and nobody else anything."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from sanic import Sanic

from channels import crm_webhook
from channels.crm_webhook import LARGEST, CrmWebhook
from channels.serving import Serving
from middleware import settings, store
from middleware.crm.access import HubspotAccess, ZohoAccess
from middleware.crm.hubspot.webhook import SIGNATURE, TIMESTAMP, signature
from middleware.crm.webhooks import Called, Vendor, vendor
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, KNOWN, Bench, build, project_settings
from tests.fakes.handing_over import ask, working
from tests.fakes.rasa import FakeAgent, FakeRasa

Sanic.test_mode = True

SECRET = "only-for-tests-client-secret"
HUBSPOT = HubspotAccess(url="https://api.hubapi.com", token="t", webhook_secret=SECRET)
ZOHO = ZohoAccess(
    accounts_url="https://accounts.zoho.com",
    client_id="i",
    client_secret="s",
    refresh_token="r",
    desk_url="https://desk.zoho.com",
    desk_org_id="7",
    webhook_token="only-for-tests-token",
)
PUBLIC_URL = "https://chat.fernhill.example"
BODY = b'[{"subscriptionType": "conversation.newMessage", "objectId": 7}]'
ROOM = settings.Limits(sender="1000/minute", address="20/minute", largest_body=65536)

Serve = Callable[..., Any]


@dataclasses.dataclass
class Bell:
    """The channel, as a vendor calls it."""

    client: aiohttp.ClientSession
    desk: Bench

    async def call(self, body: bytes = BODY, path: str = "/webhooks/crm/hubspot", **headers: str) -> int:
        """Calls it; gives the status of the answer."""
        async with self.client.post(path, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def signed(self, body: bytes = BODY, path: str = "/webhooks/crm/hubspot", age: float = 0) -> int:
        """Calls it as HubSpot signs, some seconds ago."""
        return await self.call(body, path, **self.proof(body, path, age))

    def proof(self, body: bytes = BODY, path: str = "/webhooks/crm/hubspot", age: float = 0) -> dict[str, str]:
        """HubSpot's headers."""
        stamp = str(int((self.desk.clock() - timedelta(seconds=age)).timestamp() * 1000))
        return {SIGNATURE: signature("POST", PUBLIC_URL + path, body, stamp, SECRET), TIMESTAMP: stamp}

    @property
    def rang(self) -> bool:
        """Whether what is watched is due."""
        return any(row["due_at"] <= self.desk.clock() for row in self.desk.rows(store.watched_tickets))


@contextlib.asynccontextmanager
async def serving(
    migrated: Path, folder: Path, access: Any = HUBSPOT, caller: Vendor | None = None
) -> AsyncIterator[Bell]:
    """Serves the channel on a free port of loopback, with a ticket that is watched and at rest."""
    desk = build(migrated, folder, FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT]))
    async with working(desk):
        await ask(desk, proof=KNOWN)
    desk.clock.advance(timedelta(minutes=1))
    desk.edit(store.watched_tickets, due_at=desk.clock() + timedelta(hours=1))
    rules = msgspec.structs.replace(desk.middleware.settings, limits=ROOM, crm_access=access)
    if isinstance(access, ZohoAccess):
        rules = msgspec.structs.replace(rules, crm=msgspec.structs.replace(rules.crm, system="zoho", tickets="desk"))
    app = Sanic(f"bell-{uuid.uuid4().hex}", configure_logging=False)
    app.ctx.agent = FakeAgent()
    channel = CrmWebhook(Serving(dataclasses.replace(desk.middleware, settings=rules)), caller)
    app.blueprint(channel.blueprint(FakeRasa()), url_prefix="/webhooks/crm")
    listening = socket.create_server(("127.0.0.1", 0))
    server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    await server.after_start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
        try:
            yield Bell(client, desk)
        finally:
            await server.before_stop()
            await server.close()
            await server.after_stop()
            desk.close()


@pytest.fixture
async def bell(migrated: Path, tmp_path: Path) -> AsyncIterator[Bell]:
    async with serving(migrated, tmp_path) as opened:
        yield opened


async def test_what_hubspot_signed_has_what_is_new_asked_for(bell: Bell) -> None:
    assert not bell.rang

    assert await bell.signed() == 200

    assert bell.rang


async def test_it_signs_the_address_with_its_parameters(bell: Bell) -> None:
    assert await bell.signed(path="/webhooks/crm/hubspot?portal=7&x=a%20b") == 200
    assert bell.rang


async def test_what_it_says_is_not_looked_at(bell: Bell) -> None:
    for body in (b"", b"\xff\x00", b"[" * 5000, b'{"objectId": "\' OR 1=1"}'):
        assert await bell.signed(body) == 200


async def test_what_it_did_not_sign_is_refused_and_asks_nothing(bell: Bell) -> None:
    good = bell.proof()
    wrong: list[tuple[bytes, dict[str, str]]] = [
        (BODY, {}),
        (BODY, {SIGNATURE: good[SIGNATURE]}),
        (BODY, {TIMESTAMP: good[TIMESTAMP]}),
        (BODY, {**good, SIGNATURE: ""}),
        (BODY, {**good, SIGNATURE: good[SIGNATURE].swapcase()}),
        (BODY, {**good, TIMESTAMP: str(int(good[TIMESTAMP]) + 1)}),
        (BODY, {**good, TIMESTAMP: "now"}),
        (BODY + b" ", good),
        (BODY, bell.proof(path="/webhooks/crm/other")),
    ]
    for body, headers in wrong:
        assert await bell.call(body, **headers) == 401, headers
    assert not bell.rang


@pytest.mark.parametrize("age", [301, 3600, -301])
async def test_an_old_signature_is_none(bell: Bell, age: float) -> None:
    assert await bell.signed(age=age) == 401
    assert not bell.rang


async def test_the_same_call_again_only_rings_again(bell: Bell) -> None:
    assert [await bell.signed(), await bell.signed(age=200)] == [200, 200]
    assert sum(row["kind"] == "answers" for row in bell.desk.rows(store.jobs)) == 1


async def test_only_post_rings(bell: Bell) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        async with bell.client.request(method, "/webhooks/crm/hubspot", data=BODY, headers=bell.proof()) as answer:
            assert answer.status in (404, 405)
    async with bell.client.get("/webhooks/crm/hubspot") as answer:
        assert answer.status == 200
    assert not bell.rang


async def test_a_huge_body_is_not_read(bell: Bell) -> None:
    assert await bell.signed(b"x" * (LARGEST + 1)) == 413
    assert not bell.rang


async def test_another_vendors_address_is_not_there(bell: Bell) -> None:
    for path in ("/webhooks/crm/zoho", "/webhooks/crm/salesforce", "/webhooks/crm/x"):
        assert await bell.signed(path=path) == 404
        async with bell.client.get(path) as answer:
            assert answer.status == 404


async def test_who_is_refused_again_and_again_is_heard_no_more_but_hubspot_is(bell: Bell) -> None:
    answers = [await bell.call() for _ in range(25)]

    assert answers[-1] == 429
    assert await bell.signed() == 200


async def test_many_calls_at_once_ring_together(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    rings = 0
    answers = bell.desk.middleware.ticket_answers
    honestly = answers.ring

    async def counted() -> None:
        nonlocal rings
        rings += 1
        await honestly()

    monkeypatch.setattr(answers, "ring", counted)
    assert set(await asyncio.gather(*(bell.signed() for _ in range(50)))) == {200}
    assert rings <= 10


async def test_when_the_store_is_away_the_vendor_is_to_call_again(bell: Bell) -> None:
    bell.desk.lose(store.watched_tickets)

    assert await bell.signed() >= 500


@pytest.mark.parametrize("access", [None, msgspec.structs.replace(HUBSPOT, webhook_secret="")])
async def test_without_a_secret_there_is_no_such_address(migrated: Path, tmp_path: Path, access: Any) -> None:
    async with serving(migrated, tmp_path, access) as bell:
        assert await bell.signed() == 404
        assert not bell.rang


async def test_a_proof_that_takes_too_long_is_no_proof(
    migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crm_webhook, "PROOF_SECONDS", 0.05)
    told = threading.Event()

    def slowly(_: Called) -> bool:
        return told.wait(60)

    async with serving(migrated, tmp_path, caller=Vendor(name="hubspot", is_signed=slowly)) as bell:
        assert await bell.call() == 503
        told.set()
        assert not bell.rang


async def test_a_proof_that_fails_is_no_proof(migrated: Path, tmp_path: Path) -> None:
    def broken(_: Called) -> bool:
        raise ValueError("customer's words")

    async with serving(migrated, tmp_path, caller=Vendor(name="hubspot", is_signed=broken)) as bell:
        assert await bell.call() == 401


async def test_zoho_desk_calls_its_own_address(migrated: Path, tmp_path: Path) -> None:
    seen: list[Called] = []

    def noted(called: Called) -> bool:
        seen.append(called)
        return True

    async with serving(migrated, tmp_path, ZOHO, Vendor(name="zoho", is_signed=noted)) as bell:
        assert await bell.call(path="/webhooks/crm/zoho?token=x%2By", **{"X-ZDesk-JWT": "j"}) == 200
        assert bell.rang
    [called] = seen
    assert (called.method, called.query, called.headers["x-zdesk-jwt"]) == ("POST", {"token": "x+y"}, "j")


def test_which_vendor_calls_is_a_matter_of_settings() -> None:
    rules, clock = project_settings(), build_clock
    desk = msgspec.structs.replace(rules.crm, tickets="desk")

    def named(**changes: Any) -> str | None:
        found = vendor(msgspec.structs.replace(rules, **changes), clock)
        return found.name if found else None

    assert named(crm_access=HUBSPOT) == "hubspot"
    assert named(crm_access=ZOHO, crm=desk) == "zoho"
    assert named(crm_access=ZOHO) is None
    assert named(crm_access=msgspec.structs.replace(ZOHO, webhook_token=""), crm=desk) is None


def build_clock() -> Any:
    """What time it is; nobody asks."""
    raise AssertionError
