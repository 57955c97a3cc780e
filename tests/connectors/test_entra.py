"""Tokens of Microsoft Entra: had by msal on our own connections, and its refusals in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy.engine import Engine

from middleware.database import metadata, open_engine
from middleware.erp import entra_access
from middleware.erp.entra import EntraCredentials
from middleware.erp.entra_access import EntraAccess
from middleware.errors import FrontdeskError, Misconfigured, ShutOut, Unavailable
from tests.fakes.entra import CLIENT_SECRET, Entra
from tests.fakes.stand_in import Fault, Reply, Request, StandIn

SCOPE = "https://api.example.com/.default"


class Alone(StandIn):
    """Entra with nothing beside it."""

    system = "erp"

    def __init__(self) -> None:
        super().__init__()
        self.entra = Entra(self, SCOPE)

    def answer(self, request: Request) -> Reply:
        """All is Entra's."""
        return self.entra.answer(request)

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """A limit, as Entra says it."""
        return Reply(status=429, json={"error": "throttled"}, headers={"Retry-After": "60"})


@pytest.fixture
def entra() -> Iterator[Alone]:
    with Alone() as alone:
        yield alone


@pytest.fixture
def engine(tmp_path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    metadata.create_all(engine)
    return engine


def credentials(alone: Alone, engine: Engine, **other: str) -> EntraCredentials:
    access = msgspec.convert(entra_access.read({**alone.entra.environment, **other}), EntraAccess)
    return EntraCredentials(access, SCOPE, engine)


def test_a_token_is_asked_for_once_and_shared(entra: Alone, engine: Engine):
    one, other = credentials(entra, engine), credentials(entra, engine)
    shown = one.headers()
    assert shown["Authorization"].startswith("Bearer ey")
    assert other.headers() == shown
    assert one.token() == shown["Authorization"].removeprefix("Bearer ")
    assert entra.entra.given == 1


def test_a_token_that_was_refused_is_renewed_once_for_all(entra: Alone, engine: Engine):
    one, other = credentials(entra, engine), credentials(entra, engine)
    shown = one.headers()
    other.headers()
    newer = one.renew(shown)
    assert newer != shown
    assert other.renew(shown) == newer
    assert entra.entra.given == 2


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"ENTRA_CLIENT_SECRET": "wrong"}, "ENTRA_CLIENT_SECRET"),
        ({"ENTRA_CLIENT_ID": "wrong"}, "ENTRA_CLIENT_ID"),
        ({"ENTRA_TENANT": "wrong.example.com"}, "ENTRA_TENANT"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_asked_again_at_once(entra, engine, wrong, word):
    mine = credentials(entra, engine, **wrong)
    for _ in range(2):
        with pytest.raises(ShutOut, match=word) as told:
            mine.headers()
        assert told.value.status.startswith("AADSTS")
        assert told.value.request_id == "entra-request"
        assert CLIENT_SECRET not in repr(told.value)
    assert len(entra.requests) <= 2


@pytest.mark.parametrize(("code", "word"), [(7000222, "expired"), (500011, "address"), (99, "check ENTRA_TENANT")])
def test_refusals_are_told_with_the_mend(entra, engine, code, word):
    entra.entra.codes = [code]
    with pytest.raises(ShutOut, match=word):
        credentials(entra, engine).headers()


@pytest.mark.parametrize("fault", ["throttled", "error", "unavailable", "html", "no_json", "truncated", "lost"])
@pytest.mark.parametrize("path", ["openid-configuration", "token"])
def test_whatever_else_goes_wrong_is_no_refusal_and_logs_no_token(entra, engine, caplog, fault, path):
    entra.faults.next(fault, path=path)
    mine = credentials(entra, engine)
    with pytest.raises(Unavailable) as told:
        mine.headers()
    assert not isinstance(told.value, ShutOut)
    assert "entra-1" not in caplog.text and CLIENT_SECRET not in caplog.text
    assert mine.headers()


def test_a_service_that_is_busy_is_asked_again(entra: Alone, engine: Engine):
    entra.entra.codes = [90033]
    mine = credentials(entra, engine)
    with pytest.raises(Unavailable):
        mine.headers()
    assert mine.headers()


def test_the_secret_goes_to_no_other_host(entra: Alone, engine: Engine, monkeypatch):
    elsewhere = {
        "token_endpoint": "https://elsewhere.example/t/oauth2/v2.0/token",
        "authorization_endpoint": "https://x/",
    }
    monkeypatch.setattr(entra.entra, "_configuration", lambda: elsewhere)
    with pytest.raises(FrontdeskError, match="isn't the system's"):
        credentials(entra, engine).headers()


@pytest.mark.parametrize("tenant", ["", "../x", "a/b", "a?b", "a b", "https://example.com"])
def test_what_can_be_no_tenant_is_refused_at_the_start(entra: Alone, engine: Engine, tenant: str):
    with pytest.raises(Misconfigured, match="ENTRA_TENANT"):
        credentials(entra, engine, ENTRA_TENANT=tenant)
