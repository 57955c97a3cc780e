"""What the agents' desk needs of the environment: its key, its address, and the company's own log-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from middleware.errors import Misconfigured
from middleware.settings_base import Base, is_safe_address

URL = "http://127.0.0.1:5056"
OIDC = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")


class Oidc(Base, frozen=True):
    """The company's own log-in, by OpenID Connect.

    Attributes:
        issuer: Its address, as its tokens name it.
        claim: Which claim of its tokens holds what agents log in with.
    """

    issuer: str
    client_id: str
    client_secret: str
    claim: str


def read_desk(environment: Mapping[str, str]) -> dict[str, Any]:
    """Reads the desk's settings of the environment, but for its key.

    Raises:
        Misconfigured: The company's log-in is set in part only.
    """
    url = environment.get("DESK_URL", "").strip().rstrip("/") or URL
    return {"desk_url": url, "oidc": _read_oidc(environment)}


def _read_oidc(environment: Mapping[str, str]) -> dict[str, str] | None:
    given = {name: environment.get(name, "").strip() for name in OIDC}
    if not any(given.values()):
        return None
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise Misconfigured(f"{' and '.join(missing)} must be set as well, or none of {', '.join(OIDC)}")
    issuer, client_id, client_secret = given.values()
    claim = environment.get("OIDC_CLAIM", "").strip() or "email"
    return {"issuer": issuer.rstrip("/"), "client_id": client_id, "client_secret": client_secret, "claim": claim}


def check_desk(desk_url: str, oidc: Oidc | None) -> None:
    """Refuses addresses that browsers would refuse, or send secrets to in the open.

    Raises:
        Misconfigured: The message names the setting and the mend.
    """
    _check_address("DESK_URL", desk_url, "https://desk.example.com")
    if oidc:
        _check_address("OIDC_ISSUER", oidc.issuer, "https://login.example.com")


def _check_address(name: str, address: str, example: str) -> None:
    if not is_safe_address(address):
        raise Misconfigured(f"{name} {address!r} must be an https address, such as {example}")
