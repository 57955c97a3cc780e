"""Makes tokens for the REST channel, as the company's own site would: `python -m channels.token sarah`."""

from __future__ import annotations

import argparse
import sys
import uuid
from datetime import timedelta

import jwt

from middleware import settings
from middleware.clock import system_clock
from middleware.demo import demo_people
from middleware.errors import Misconfigured
from middleware.phones import e164
from middleware.settings import Settings

LIFETIME = timedelta(hours=12)
STRANGER = "stranger"


def token(who: str, verified: bool) -> str:
    """Makes a token with a conversation of its own.

    Args:
        who: First name of a demo customer, a phone number, or `stranger`.
        verified: Whether a demo customer's e-mail is claimed too.

    Raises:
        Misconfigured: Nobody can be meant by `who`, or a setting is wrong.
    """
    return signed(settings.load(), who, verified)


def signed(known: Settings, who: str, verified: bool) -> str:
    """The same by settings that are at hand."""
    if not known.rest.algorithm.startswith("HS"):
        raise Misconfigured(f"tokens with {known.rest.algorithm} are signed where the private key is, not here")
    claims = {
        "sub": uuid.uuid4().hex,
        "aud": known.rest.audience,
        "exp": system_clock() + LIFETIME,
        **_claims(who.strip(), verified, known.company.country),
    }
    return jwt.encode(claims, known.jwt_key, algorithm=known.rest.algorithm)


def _claims(who: str, verified: bool, country: str) -> dict[str, str]:
    if who.lower() == STRANGER:
        return {}
    people = demo_people()
    person = people.get(who.lower())
    if person is not None:
        claims = {"phone": person.phone} if person.phone else {}
        return claims | ({"email": person.email} if verified and person.email else {})
    number = e164(who, country)
    if number is None:
        names = ", ".join(sorted(people))
        raise Misconfigured(f"AS={who} is nobody: use a phone number, {STRANGER}, or one of {names}")
    return {"phone": number}


def main() -> int:
    """Prints one token and nothing else."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", help="a demo customer's first name, a phone number, or stranger")
    parser.add_argument("--verified", action="store_true", help="claim the demo customer's e-mail too")
    arguments = parser.parse_args()
    try:
        print(token(arguments.who, arguments.verified))
    except Misconfigured as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
