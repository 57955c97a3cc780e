"""Agents log in with their company account: who is vouched for gets in if they are agents, and nobody else."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from desk.company import Company
from middleware.desk_settings import Oidc
from tests.fakes.desk import PASSWORD, AtDesk, Browser, opened
from tests.fakes.fixtures import MakeBench
from tests.fakes.provider import CLIENT, ISSUER, SECRET, Provider

EMAIL = "marco@fernhill.example"


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def desk(bench: MakeBench, provider: Provider) -> AsyncIterator[AtDesk]:
    async with opened(bench(), company(provider)) as desk:
        await desk.agents.save(EMAIL, "Marco Bianchi", None)
        yield desk


def company(provider: Provider, claim: str = "email", issuer: str = ISSUER) -> Company:
    oidc = Oidc(issuer=issuer, client_id=CLIENT, client_secret=SECRET, claim=claim)
    return Company(oidc, provider.transport)


async def back(browser: Browser, provider: Provider, **other: str) -> Any:
    """Logs in at the company, and comes back."""
    sent = await browser.get("/log-in/company")
    assert sent.status_code == 302
    return await browser.get("/log-in/back", params=provider.authorise(sent.headers["Location"]) | other)


async def test_an_agent_whom_the_company_vouches_for_gets_in(desk: AtDesk, provider: Provider) -> None:
    browser = desk.browser()
    assert "Log in with your company account" in (await browser.get("/log-in")).text

    answer = await back(browser, provider)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Marco Bianchi" in (await browser.get("/")).text
    assert provider.asked[0]["redirect_uri"] == "https://desk.fernhill.example/log-in/back"
    assert desk.audit() == [f"{EMAIL} desk_log_in  ok"]


async def test_they_are_where_they_wanted_to_be(desk: AtDesk, provider: Provider) -> None:
    browser = desk.browser()
    await browser.get("/log-in", params={"next": "/handoffs/x"})
    assert (await back(browser, provider)).headers["Location"] == "/handoffs/x"


async def test_a_password_is_still_good_beside_it(desk: AtDesk) -> None:
    assert (await desk.browser().log_in("lena", PASSWORD)).status_code == 303


@pytest.mark.parametrize("claims", [{"email": "somebody@fernhill.example"}, {"email": None}, {"email": " "}])
async def test_who_is_no_agent_stays_out(desk: AtDesk, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims = claims
    answer = await back(desk.browser(), provider)
    assert answer.status_code == 401 and "but not as an agent here" in unescape(answer.text)
    assert desk.audit() == [" desk_log_in  Rejected"]


async def test_an_agent_who_was_switched_off_stays_out(desk: AtDesk, provider: Provider) -> None:
    await desk.agents.switch_off(EMAIL)
    assert (await back(desk.browser(), provider)).status_code == 401
    assert desk.audit() == [f"{EMAIL} desk_log_in  Rejected"]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://login.evil.example"},
        {"aud": "another-application"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": int(time.time()) - 3600},
        {"email_verified": False},
    ],
)
async def test_what_the_company_did_not_say_to_this_desk_now_opens_nothing(
    desk: AtDesk, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    browser = desk.browser()
    assert (await back(browser, provider)).status_code == 401
    assert (await browser.get("/")).status_code == 303


async def test_what_somebody_else_signed_opens_nothing(desk: AtDesk, provider: Provider) -> None:
    provider.published = RSAKey.generate_key(2048, {"kid": "k1"})
    assert (await back(desk.browser(), provider)).status_code == 401


async def test_nobody_can_be_logged_in_with_an_answer_that_was_for_another_browser(
    desk: AtDesk, provider: Provider
) -> None:
    own, other = desk.browser(), desk.browser()
    sent = await own.get("/log-in/company")
    answer = provider.authorise(sent.headers["Location"])

    assert (await other.get("/log-in/back", params=answer)).status_code == 401
    await other.get("/log-in/company")
    assert (await other.get("/log-in/back", params=answer)).status_code == 401
    assert (await own.get("/log-in/back", params=answer | {"state": "another"})).status_code == 401


async def test_an_answer_is_good_once(desk: AtDesk, provider: Provider) -> None:
    browser = desk.browser()
    sent = await browser.get("/log-in/company")
    answer = provider.authorise(sent.headers["Location"])
    assert (await browser.get("/log-in/back", params=answer)).status_code == 303
    assert (await desk.browser().get("/log-in/back", params=answer)).status_code == 401


async def test_whoever_changed_their_mind_there_is_told_kindly(desk: AtDesk) -> None:
    answer = await desk.browser().get("/log-in/back", params={"error": "access_denied", "state": "x"})
    assert answer.status_code == 401 and "<h1>Log in</h1>" in answer.text


async def test_another_claim_can_be_what_agents_are_known_by(bench: MakeBench, provider: Provider) -> None:
    async with opened(bench(), company(provider, "preferred_username", f"{ISSUER}/")) as desk:
        provider.claims = {"preferred_username": "lena", "email": None}
        assert (await back(desk.browser(), provider)).status_code == 303


async def test_a_companys_log_in_that_is_down_is_told_as_that(desk: AtDesk, provider: Provider) -> None:
    provider.is_down = True
    answer = await desk.browser().get("/log-in/company")
    assert answer.status_code == 503 and "can't be reached at the moment" in unescape(answer.text)

    provider.is_down = False
    browser = desk.browser()
    sent = await browser.get("/log-in/company")
    provider.is_down = True
    answer = await browser.get("/log-in/back", params=provider.authorise(sent.headers["Location"]))
    assert answer.status_code == 503


async def test_without_it_there_is_none_of_its_pages(bench: MakeBench) -> None:
    async with opened(bench()) as desk:
        browser = desk.browser()
        assert "company account" not in (await browser.get("/log-in")).text
        assert (await browser.get("/log-in/company")).status_code == 404
        assert (await browser.get("/log-in/back")).status_code == 404
