"""The bearer tokens that prove who is at the other end."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from msgspec.structs import replace

from channels.tokens import Bearer, Refused, check
from middleware.identity import Proof
from middleware.settings import Settings
from tests.fakes.building import SECRET, project_settings

SETTINGS = project_settings()
CLAIMS: dict[str, Any] = {"sub": "conversation-1", "aud": "frontdesk", "exp": time.time() + 3600}


def header(claims: dict[str, Any], key: Any = SECRET, algorithm: str = "HS256") -> str:
    return "Bearer " + jwt.encode(claims, key, algorithm=algorithm)


def refusal(header: str | None, known: Settings = SETTINGS) -> str:
    """Why a header is refused."""
    with pytest.raises(Refused) as caught:
        check(header, known)
    return str(caught.value)


def test_a_good_token_speaks_for_its_subject() -> None:
    until = int(CLAIMS["exp"])
    assert check(header(CLAIMS), SETTINGS) == Bearer(subject="conversation-1", proof=Proof(), expires_at=until)


def test_the_scheme_may_be_written_in_any_case() -> None:
    assert check(header(CLAIMS).replace("Bearer", "bearer"), SETTINGS).subject == "conversation-1"


@pytest.mark.parametrize(
    ("claims", "proof"),
    [
        ({"phone": "+12015550110"}, Proof(phone="+12015550110")),
        ({"phone": " (201) 555-0110 "}, Proof(phone="+12015550110")),
        ({"phone": "+44 20 7946 0958"}, Proof(phone="+442079460958")),
        ({"email": " Ada@Example.COM "}, Proof(email="ada@example.com")),
        ({"customer_id": " 0001001 "}, Proof(customer_id="0001001")),
        ({"phone": None, "email": None}, Proof()),
        ({"name": "Ada", "level": "verified"}, Proof()),
    ],
)
def test_what_the_host_site_claims_is_brought_into_one_form(claims: dict[str, Any], proof: Proof) -> None:
    assert check(header(CLAIMS | claims), SETTINGS).proof == proof


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer  ", "Basic YTpi", "token", "Bearer\tx"])
def test_without_a_token_it_is_said_how_to_send_one(given: str | None) -> None:
    assert "Authorization: Bearer <JWT>" in refusal(given)


@pytest.mark.parametrize("given", ["Bearer nonsense", "Bearer a.b.c", "Bearer ..", "Bearer ü.ü.ü", "Bearer a.b.c d"])
def test_what_is_no_token_is_not_valid(given: str) -> None:
    assert refusal(given) == "the token is not valid"


def test_an_expired_token_is_refused() -> None:
    assert refusal(header(CLAIMS | {"exp": time.time() - 1})) == "the token has expired"


def test_a_token_that_does_not_hold_yet_is_refused() -> None:
    assert refusal(header(CLAIMS | {"nbf": time.time() + 600})) == "the token is not valid"


@pytest.mark.parametrize("name", ["exp", "aud", "sub"])
def test_a_token_without_what_it_needs_is_refused_by_name(name: str) -> None:
    claims = {other: value for other, value in CLAIMS.items() if other != name}

    assert refusal(header(claims)) == f"the token lacks the claim `{name}`"


@pytest.mark.parametrize("audience", ["another", ["another", "third"]])
def test_a_token_for_another_audience_is_refused(audience: Any) -> None:
    assert refusal(header(CLAIMS | {"aud": audience})) == "the token is for another audience"


def test_a_token_for_several_audiences_is_taken_if_ours_is_one() -> None:
    assert check(header(CLAIMS | {"aud": ["another", "frontdesk"]}), SETTINGS).subject == "conversation-1"


def test_another_key_is_refused() -> None:
    assert refusal(header(CLAIMS, key="another" * 8)) == "the token is not valid"


def test_a_token_without_a_signature_is_refused() -> None:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    unsigned = f"Bearer {part({'alg': 'none', 'typ': 'JWT'})}.{part(CLAIMS)}."

    assert refusal(unsigned) == "the token is not valid"


def test_a_changed_token_is_refused() -> None:
    begin, _, signature = header(CLAIMS).rpartition(".")
    other = header(CLAIMS | {"phone": "+12015550110"}).rpartition(".")[0]

    assert begin != other
    assert refusal(f"{other}.{signature}") == "the token is not valid"


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_the_algorithm_is_the_settings_and_not_the_tokens(algorithm: str) -> None:
    assert refusal(header(CLAIMS, algorithm=algorithm)) == "the token is not valid"


def test_a_public_key_is_never_taken_for_a_secret() -> None:
    # given a site that signs with a private key
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    known = replace(SETTINGS, jwt_key=public.decode(), rest=replace(SETTINGS.rest, algorithm="RS256"))

    # when the public key is used as a secret
    content = jwt.encode(CLAIMS, SECRET, algorithm="HS256").rpartition(".")[0]
    forged = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(content.encode(), public)
    signature = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()

    # then
    assert check(header(CLAIMS, private, "RS256"), known).subject == "conversation-1"
    assert refusal(f"Bearer {content}.{signature}", known) == "the token is not valid"


def test_another_kind_of_private_key_works_too() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    known = replace(SETTINGS, jwt_key=public.decode(), rest=replace(SETTINGS.rest, algorithm="EdDSA"))

    assert check(header(CLAIMS, private, "EdDSA"), known).subject == "conversation-1"


UNFIT = "the claim `sub` must be a printable text of 1 to 128 characters"


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("", UNFIT),
        ("x" * 129, UNFIT),
        ("a\x00b", UNFIT),
        ("a\nb", UNFIT),
        ("a\u202eb", UNFIT),
        ("\ud800", UNFIT),
        (7, "the token is not valid"),
        (["a"], "the token is not valid"),
        (None, "the token lacks the claim `sub`"),
    ],
    ids=lambda one: ascii(one)[:20],
)
def test_a_subject_that_cannot_name_a_conversation_is_refused(subject: Any, why: str) -> None:
    signed = jwt.PyJWS().encode(json.dumps(CLAIMS | {"sub": subject}).encode(), SECRET, algorithm="HS256")

    assert refusal(f"Bearer {signed}") == why


def test_the_longest_subject_is_taken() -> None:
    assert check(header(CLAIMS | {"sub": "x" * 128}), SETTINGS).subject == "x" * 128


@pytest.mark.parametrize("name", ["phone", "email", "customer_id"])
@pytest.mark.parametrize("value", [12015550110, "", "  ", ["+12015550110"], True])
def test_a_claim_that_is_no_text_is_refused_by_name(name: str, value: Any) -> None:
    assert refusal(header(CLAIMS | {name: value})) == f"the claim `{name}` must be a text"


@pytest.mark.parametrize("phone", ["12", "ada", "+1 201 555 01100000"])
def test_a_phone_that_cannot_exist_is_refused_without_being_repeated(phone: str) -> None:
    message = refusal(header(CLAIMS | {"phone": phone}))

    assert message == "the claim `phone` is not a phone number; write it as +14155550123"
