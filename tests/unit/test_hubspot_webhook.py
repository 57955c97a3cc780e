"""Whether a call comes from HubSpot."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta, timezone

import pytest

from middleware.crm.hubspot.webhook import is_signed, signature

NOW = datetime(2026, 3, 11, 17, 30, tzinfo=timezone.utc)
SECRET = "0b1c2d3e-client-secret"
URI = "https://chat.fernhill.example/webhooks/hubspot?account=1"
BODY = '[{"eventId":1,"subscriptionType":"conversation.newMessage","objectId":77,"note":"Zoë 🧥"}]'.encode()


def _timestamp(at: datetime = NOW) -> str:
    return str(round(at.timestamp() * 1000))


def _headers(at: datetime = NOW, uri: str = URI, body: bytes = BODY, secret: str = SECRET) -> dict[str, str]:
    """As HubSpot sends them, computed here anew."""
    text = b"POST" + uri.encode() + body + _timestamp(at).encode()
    digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return {
        "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
        "X-HubSpot-Request-Timestamp": _timestamp(at),
    }


def test_what_hubspot_signed_is_hubspots() -> None:
    assert is_signed("POST", URI, BODY, _headers(), SECRET, NOW)


def test_headers_count_in_any_case() -> None:
    headers = {name.lower(): value for name, value in _headers().items()}

    assert is_signed("post", URI, BODY, headers, SECRET, NOW)


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_five_minutes_may_lie_between(minutes: int) -> None:
    assert is_signed("POST", URI, BODY, _headers(NOW - timedelta(minutes=minutes)), SECRET, NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_what_is_old_or_of_the_future_isnt_taken(seconds: int) -> None:
    assert not is_signed("POST", URI, BODY, _headers(NOW - timedelta(seconds=seconds)), SECRET, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"uri": URI + "&more=1"},
        {"uri": URI.replace("chat.", "evil.")},
        {"body": BODY + b" "},
        {"body": b""},
        {"secret": "another"},
        {"secret": ""},
    ],
    ids=str,
)
def test_what_was_changed_isnt_hubspots(change: dict[str, object]) -> None:
    given = {"method": "POST", "uri": URI, "body": BODY, "headers": _headers(), "secret": SECRET, "now": NOW}

    assert not is_signed(**{**given, **change})  # type: ignore[arg-type]


def test_an_empty_secret_opens_nothing_even_if_signed_with_it() -> None:
    assert not is_signed("POST", URI, BODY, _headers(secret=""), "", NOW)


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e3", "9" * 40, "１７７３２５０２０００００"])
def test_a_moment_that_is_none_isnt_taken(timestamp: str) -> None:
    headers = {**_headers(), "X-HubSpot-Request-Timestamp": timestamp}
    headers["X-HubSpot-Signature-v3"] = signature("POST", URI, BODY, timestamp, SECRET)

    assert not is_signed("POST", URI, BODY, headers, SECRET, NOW)


@pytest.mark.parametrize("name", ["X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"])
def test_without_its_headers_nothing_is_hubspots(name: str) -> None:
    headers = {other: value for other, value in _headers().items() if other != name}

    assert not is_signed("POST", URI, BODY, headers, SECRET, NOW)


@pytest.mark.parametrize("odd", ["ä", "🧥", "", "AAAA"])
def test_a_signature_that_is_none_is_refused_without_a_fault(odd: str) -> None:
    assert not is_signed("POST", URI, BODY, {**_headers(), "X-HubSpot-Signature-v3": odd}, SECRET, NOW)


def test_of_the_address_some_signs_are_signed_in_plain_form() -> None:
    """So HubSpot's documentation says: those of this list, in either case, and no others."""
    plain = "https://chat.fernhill.example/hubspot/a:b/c?who=x@y!$'()*,;&space=%20&hash=%23&plus=%2B"
    sent = "https://chat.fernhill.example/hubspot/a%3Ab%2fc%3Fwho=x%40y%21%24%27%28%29%2A%2C%3b&space=%20&hash=%23&plus=%2B"

    assert is_signed("POST", sent, BODY, _headers(uri=plain), SECRET, NOW)
