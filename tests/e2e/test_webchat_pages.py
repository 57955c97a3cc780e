"""The web chat's pages over HTTP: what browsers may do there, who may show them, and the demo shop's tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from msgspec.structs import replace

from channels.webchat_pages import FOLDER
from middleware.settings import Rest
from tests.fakes.building import SECRET, build
from tests.fakes.webchat import ADDRESS, OWN, Webchat, serving_webchat

Serve = Callable[..., AbstractAsyncContextManager[Webchat]]
SHOP = "https://shop.example.com"


@pytest.fixture
def serve(migrated: Path, tmp_path: Path) -> Serve:
    """Serves the channel as the company of a shop has it."""
    desk = build(migrated, tmp_path)
    rules = replace(desk.middleware.settings.webchat, origins=(SHOP,))
    return lambda **changed: serving_webchat(desk, None, **({"webchat": rules} | changed))


@pytest.fixture
async def webchat(serve: Serve) -> AsyncIterator[Webchat]:
    async with serve(webchat_demo=True) as webchat:
        yield webchat


def policy(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """What a page allows, by directive."""
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


async def test_the_page_allows_what_it_needs_and_nothing_else(webchat: Webchat) -> None:
    async with webchat.http.get(f"{ADDRESS}/page") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        assert await answer.read() == (FOLDER / "index.html").read_bytes()
        allowed = policy(answer)
        headers = answer.headers

    assert allowed == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self' wss://chat.fernhill.example",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": f"'self' {OWN} {SHOP}",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


async def test_the_top_leads_to_the_page(webchat: Webchat) -> None:
    async with webchat.http.get(f"{ADDRESS}/", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, f"{OWN}{ADDRESS}/page")


async def test_files_are_sent_with_their_types_and_only_if_they_have_changed(webchat: Webchat) -> None:
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    files = [path for path in FOLDER.iterdir() if path.suffix in types]
    assert files

    for path in files:
        address = f"{ADDRESS}/static/{path.name}"
        async with webchat.http.get(address) as answer:
            assert (answer.status, answer.content_type) == (200, types[path.suffix])
            assert await answer.read() == path.read_bytes()
            tag = answer.headers["ETag"]
        async with webchat.http.get(address, headers={"If-None-Match": tag}) as answer:
            assert (answer.status, answer.headers["ETag"]) == (304, tag)
        async with webchat.http.get(address, headers={"If-None-Match": '"another"'}) as answer:
            assert answer.status == 200


async def test_no_other_files_are_sent(webchat: Webchat) -> None:
    for name in ("index.html", "demo.html", "..%2Fwebchat.py", "socket.io.LICENSE", "x.js", ".env"):
        async with webchat.http.get(f"{ADDRESS}/static/{name}") as answer:
            assert answer.status == 404, name


async def test_sites_get_the_script_and_how_the_chat_looks(webchat: Webchat) -> None:
    async with webchat.http.get(f"{ADDRESS}/embed.js") as answer:
        assert (answer.status, answer.content_type) == (200, "text/javascript")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"

    for origin, allowed in ((SHOP, SHOP), (OWN, OWN), ("https://evil.example", None), (None, None)):
        headers = {"Origin": origin} if origin else {}
        async with webchat.http.get(f"{ADDRESS}/settings", headers=headers) as answer:
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed
            assert answer.headers["Vary"] == "Origin"
            told = await answer.json()
    assert told == {
        "title": "Fernhill Outfitters",
        "colour": "#1a5c48",
        "position": "right",
        "origins": [OWN, SHOP],
        "longest_message": 4000,
    }


async def test_the_health_is_told(webchat: Webchat) -> None:
    async with webchat.http.get(f"{ADDRESS}/health") as answer:
        assert answer.status == 200


# The demo shop


async def ask(webchat: Webchat, body: Any, origin: str | None = OWN) -> tuple[int, Any]:
    headers = {"Origin": origin} if origin else {}
    async with webchat.http.post(f"{ADDRESS}/demo/token", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_the_demo_shop_gives_tokens_of_the_demos_customers(webchat: Webchat) -> None:
    async with webchat.http.get(f"{ADDRESS}/demo") as answer:
        assert answer.status == 200
        assert policy(answer)["frame-src"] == "'self'"
        assert policy(answer)["frame-ancestors"] == "'none'"
    async with webchat.http.get(f"{ADDRESS}/demo/people") as answer:
        assert {"name": "Sarah Mitchell", "as": "sarah"} in await answer.json()

    status, given = await ask(webchat, {"as": "sarah"})

    assert status == 200
    claims = jwt.decode(given["token"], SECRET, algorithms=["HS256"], audience="frontdesk")
    assert claims["phone"] == "+14155550101"
    assert "email" not in claims
    browser = await webchat.opened(token=given["token"])
    assert await browser.say("hello") == {"ok": True}


async def test_a_log_in_of_the_demo_shop_may_claim_the_email_too(webchat: Webchat) -> None:
    _, given = await ask(webchat, {"as": "sarah", "verified": True})

    claims = jwt.decode(given["token"], SECRET, algorithms=["HS256"], audience="frontdesk")
    assert claims["email"] == "sarah.mitchell@example.com"


@pytest.mark.parametrize("who", ["+14155550199", "nobody", "", None, 7, ["sarah"], "SARAH"])
async def test_it_gives_tokens_of_nobody_else(webchat: Webchat, who: Any) -> None:
    status, _ = await ask(webchat, {"as": who})

    assert status == 400


@pytest.mark.parametrize("origin", [SHOP, "https://evil.example", "null", None])
async def test_other_sites_get_no_tokens(webchat: Webchat, origin: str | None) -> None:
    assert (await ask(webchat, {"as": "sarah"}, origin))[0] == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"webchat_demo": False},
        {"webchat_demo": True, "rest": Rest(algorithm="EdDSA", audience="frontdesk", longest_message=4000)},
    ],
)
async def test_without_the_demo_there_is_no_such_page(serve: Serve, changed: dict[str, Any]) -> None:
    async with serve(**changed) as webchat:
        for name in ("demo", "demo/people"):
            async with webchat.http.get(f"{ADDRESS}/{name}") as answer:
                assert answer.status == 404
        assert (await ask(webchat, {"as": "sarah"}))[0] == 404
