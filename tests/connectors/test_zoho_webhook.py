"""Which webhooks are taken for Zoho Desk's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from middleware.crm.zoho.settings import ZohoAccess
from middleware.crm.zoho.webhook import HEADER, DeskWebhooks
from tests.connectors.inside import Inside
from tests.fakes.stand_in import Fault, Reply, Request, StandIn

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECRET = "s" * 32
OURS = {"token": SECRET}


class Keys(StandIn):
    """Where Desk publishes its keys."""

    def answer(self, request: Request) -> Reply:
        """One key."""
        assert request.path == "/.well-known/jwks.json"
        one = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        return Reply(json={"keys": [{**one, "kid": "k1", "alg": "RS256", "use": "sig"}]})

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """It has none."""
        raise NotImplementedError

    @property
    def inside(self) -> Inside:
        """It has nothing inside."""
        raise NotImplementedError


@pytest.fixture
def desk() -> Iterator[Keys]:
    """Where Desk publishes its keys."""
    with Keys() as keys:
        yield keys


def _webhooks(desk: Keys, **fields: str) -> DeskWebhooks:
    given = {"desk_org_id": "700", "webhook_token": SECRET} | fields
    access = ZohoAccess(
        accounts_url=desk.url, client_id="c", client_secret="s", refresh_token="r", desk_url=desk.url, **given
    )
    return DeskWebhooks(access)


def _shown(key: Any = KEY, kid: str = "k1", algorithm: str = "RS256", **claims: Any) -> dict[str, str]:
    now = int(time.time())
    given = {"iss": "orgId:700", "aud": "webhookId:1", "iat": now, "exp": now + 300} | claims
    left = {name: value for name, value in given.items() if value is not None}
    return {HEADER: jwt.encode(left, key, algorithm=algorithm, headers={"kid": kid})}


def test_a_webhook_of_our_desk_is_one(desk: Keys) -> None:
    webhooks = _webhooks(desk)

    assert webhooks.is_signed(OURS, _shown())
    assert webhooks.is_signed(OURS, {name.lower(): value for name, value in _shown().items()})
    assert len(desk.requests) == 1, "its keys are kept"


def test_its_time_may_be_told_in_milliseconds(desk: Keys) -> None:
    webhooks, now = _webhooks(desk), int(time.time())

    assert webhooks.is_signed(OURS, _shown(exp=(now + 300) * 1000))
    assert not webhooks.is_signed(OURS, _shown(exp=(now - 300) * 1000))


@pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": SECRET[1:]}, {"token": "🧥"}, {"token": "\ud800"}])
def test_what_doesnt_know_our_address_isnt_one(desk: Keys, query: dict[str, str]) -> None:
    assert not _webhooks(desk).is_signed(query, _shown())


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {HEADER: ""},
        {HEADER: "a.b.c"},
        _shown(key=OTHER),
        _shown(kid="k2"),
        _shown(iss="orgId:701"),
        _shown(aud="somebody"),
        _shown(exp=int(time.time()) - 300),
        _shown(exp=None),
        _shown(exp="never"),
        {HEADER: jwt.encode({"iss": "orgId:700", "aud": "webhookId:1", "exp": 1e10}, "", algorithm="none")},
        _shown(key="x" * 32, algorithm="HS256"),
    ],
    ids=range(12),
)
def test_what_desk_didnt_sign_for_us_isnt_one(desk: Keys, shown: dict[str, str]) -> None:
    assert not _webhooks(desk).is_signed(OURS, shown)


@pytest.mark.parametrize("lacking", ["desk_org_id", "webhook_token"])
def test_where_nothing_is_set_up_there_are_none(desk: Keys, lacking: str) -> None:
    assert not _webhooks(desk, **{lacking: ""}).is_signed({"token": ""}, _shown(iss="orgId:"))
    assert not _webhooks(desk, **{lacking: ""}).is_signed(OURS, _shown(iss="orgId:"))


@pytest.mark.parametrize("fault", ["refused", "html", "no_json", "error", "redirect"])
def test_while_its_keys_cant_be_read_there_are_none(desk: Keys, fault: str) -> None:
    desk.faults.next(fault)
    webhooks = _webhooks(desk)

    assert not webhooks.is_signed(OURS, _shown())


def test_unknown_keys_dont_make_it_ask_again_and_again(desk: Keys) -> None:
    webhooks = _webhooks(desk)

    for place in range(20):
        assert not webhooks.is_signed(OURS, _shown(kid=f"unknown {place}"))

    assert len(desk.requests) == 1
