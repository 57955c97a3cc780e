"""Checks the bearer tokens that prove who is at the other end of a channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jwt

from middleware.errors import FrontdeskError
from middleware.identity import Proof
from middleware.phones import e164
from middleware.settings import Settings

LONGEST_SUBJECT = 128


class Refused(FrontdeskError):
    """The token isn't good; the message says why, to whoever integrates the channel."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """Who a good token speaks for.

    Attributes:
        subject: The conversation.
        proof: What the host site claims of the person.
        expires_at: Until when it is good, in seconds of Unix's time.
    """

    subject: str
    proof: Proof
    expires_at: int = field(compare=False)


def check(header: str | None, settings: Settings) -> Bearer:
    """Checks an `Authorization` header.

    Raises:
        Refused: There is no good token in it.
    """
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused("send a token: `Authorization: Bearer <JWT>`")
    return check_token(token.strip(), settings)


def check_token(token: str, settings: Settings) -> Bearer:
    """Checks a token by itself.

    The algorithm is the settings', never the token's; RFC 8725 says why.

    Raises:
        Refused: It isn't good.
    """
    try:
        claims = jwt.decode(
            token,
            settings.jwt_key,
            algorithms=[settings.rest.algorithm],
            audience=settings.rest.audience,
            options={"require": ["exp", "aud", "sub"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise Refused("the token has expired") from error
    except jwt.MissingRequiredClaimError as error:
        raise Refused(f"the token lacks the claim `{error.claim}`") from error
    except jwt.InvalidAudienceError as error:
        raise Refused("the token is for another audience") from error
    except (jwt.PyJWTError, ValueError) as error:
        raise Refused("the token is not valid") from error
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise Refused(f"the claim `sub` must be a printable text of 1 to {LONGEST_SUBJECT} characters")
    proof = _proof(claims, settings.company.country)
    return Bearer(subject=subject, proof=proof, expires_at=int(claims["exp"]))


def _proof(claims: dict[str, Any], country: str) -> Proof:
    values: dict[str, str] = {}
    for name in ("phone", "email", "customer_id"):
        value = claims.get(name)
        if value is None:
            continue
        if not isinstance(value, str) or not value.strip():
            raise Refused(f"the claim `{name}` must be a text")
        values[name] = value.strip()
    if "phone" in values:
        number = e164(values["phone"], country)
        if number is None:
            raise Refused("the claim `phone` is not a phone number; write it as +14155550123")
        values["phone"] = number
    if "email" in values:
        values["email"] = values["email"].lower()
    return Proof(phone=values.get("phone"), email=values.get("email"), customer_id=values.get("customer_id"))
