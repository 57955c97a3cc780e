"""The company's rules and the environment: a wrong one is named, with the mend, before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from ruamel.yaml import YAML

from middleware import settings
from middleware.errors import Misconfigured
from middleware.settings import Level, Operation, Settings
from tests.fakes.building import ASSISTANT_FILE, environment

Change = Callable[[dict[str, Any]], None]


def load_changed(folder: Path, change: Change, **environ: str | None) -> Settings:
    """Loads the project's own settings with something changed."""
    content = YAML(typ="safe").load(ASSISTANT_FILE.read_text(encoding="utf-8"))
    change(content)
    file = folder / "assistant.yml"
    with file.open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(content, stream)
    given = environment() | environ
    return settings.load(file, {name: value for name, value in given.items() if value is not None})


def as_it_is(content: dict[str, Any]) -> None:
    """Changes nothing."""


def setting(path: str, value: Any) -> Change:
    """Sets one setting, by its path with dots."""

    def change(content: dict[str, Any]) -> None:
        *outer, name = path.split(".")
        for part in outer:
            content = content[part]
        content[name] = value

    return change


def without(path: str) -> Change:
    """Removes one setting."""

    def change(content: dict[str, Any]) -> None:
        *outer, name = path.split(".")
        for part in outer:
            content = content[part]
        del content[name]

    return change


def test_the_projects_own_settings_are_good() -> None:
    known = settings.load(ASSISTANT_FILE, environment())

    assert set(known.operations) == set(Operation)
    assert known.zone.key == known.company.timezone
    assert known.database_url == "sqlite://"


def test_a_level_can_be_compared() -> None:
    known = settings.load(ASSISTANT_FILE, environment())

    assert known.operations[Operation.ORDER_STATUS].needs is Level.KNOWN
    assert Level.PUBLIC < Level.KNOWN < Level.VERIFIED


@pytest.mark.parametrize("system", ["crm", "erp"])
def test_the_environment_chooses_the_system(tmp_path: Path, system: str) -> None:
    known = load_changed(tmp_path, setting(f"{system}.system", "nonsense"), **{system.upper(): "embedded"})

    assert getattr(known, system).system == "embedded"


def test_an_empty_choice_in_the_environment_chooses_nothing(tmp_path: Path) -> None:
    assert load_changed(tmp_path, as_it_is, CRM="", ERP="").crm.system == "embedded"


def test_the_environment_may_name_another_file(tmp_path: Path) -> None:
    file = tmp_path / "of-the-company.yml"
    file.write_text(ASSISTANT_FILE.read_text(encoding="utf-8").replace("Fernhill", "Ashdown"), encoding="utf-8")

    known = settings.load(environment=environment() | {"ASSISTANT_FILE": str(file)})

    assert known.company.name == "Ashdown Outfitters"


def test_proxies_are_addresses_or_networks(tmp_path: Path) -> None:
    known = load_changed(tmp_path, as_it_is, TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.7 2001:db8::/32")

    assert [str(one) for one in known.proxies] == ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]
    assert load_changed(tmp_path, as_it_is, TRUSTED_PROXIES="").proxies == ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (setting("orders.look_back", 3), ["look_back", "$.orders"]),
        (setting("colour", "blue"), ["colour"]),
        (setting("operations.fly", {"level": "known", "deadline": 1}), ["fly", "operations"]),
        (without("operations.order_status"), ["operations", "order_status", "a level and a deadline"]),
        (without("company.phone"), ["phone", "$.company"]),
        (without("faq"), ["faq"]),
        (setting("operations.greeting.level", "sure"), ["sure", "operations"]),
        (setting("operations.greeting.deadline", "soon"), ["deadline"]),
        (setting("operations.greeting.deadline", 0), ["deadline", "operations"]),
        (setting("operations.greeting.deadline", -1), ["deadline", "operations"]),
        (setting("orders.look_back_days", "180"), ["look_back_days"]),
        (setting("orders.look_back_days", 0), ["look_back_days"]),
        (setting("crm.threads", 0), ["threads", "crm"]),
        (setting("erp.threads", -3), ["threads", "erp"]),
        (setting("rest.longest_message", 0), ["longest_message"]),
        (setting("company.timezone", "New York"), ["company.timezone", "New York", "IANA"]),
        (setting("company.timezone", ""), ["company.timezone", "IANA"]),
        (setting("company.timezone", "../../etc/passwd"), ["company.timezone", "IANA"]),
        (setting("company.locale", "xx_YY"), ["company.locale", "xx_YY"]),
        (setting("company.locale", "English, please"), ["company.locale"]),
        (setting("company.locale", ""), ["company.locale"]),
        (setting("company.country", "USA"), ["company.country", "USA", "two-letter"]),
        (setting("company.country", "us"), ["company.country", "two-letter"]),
        (setting("rest.algorithm", "none"), ["none", "$.rest.algorithm"]),
        (setting("rest.algorithm", "hs256"), ["hs256", "$.rest.algorithm"]),
        (setting("crm.system", "abacus"), ["abacus", "$.crm.system"]),
        (setting("crm", "embedded"), ["$.crm"]),
        (without("mails.code"), ["code", "$.mails"]),
        (setting("company.email", "help at fernhill"), ["company.email", "help at fernhill", "e-mail address"]),
        (setting("mails.code.subject", "Hello {name}"), ["mails.code.subject", "{name}", "{code}", "{minutes}"]),
        (setting("mails.code.subject", "Your\ncode"), ["mails.code.subject", "one line"]),
        (setting("mails.code.subject", ""), ["mails.code.subject", "one line"]),
        (setting("mails.code.text", "{code} {0}"), ["mails.code.text", "{0}"]),
        (setting("mails.code.text", "{code} {}"), ["mails.code.text", "{}"]),
        (setting("mails.code.text", "{code} {code.__class__}"), ["mails.code.text", "{code.__class__}"]),
        (setting("mails.code.text", "{code} {minutes:999999999}"), ["mails.code.text", "{minutes:999999999}"]),
        (setting("mails.code.text", "{code} {company!r}"), ["mails.code.text", "{company!r}"]),
        (setting("mails.code.text", "{code"), ["mails.code.text", "{code"]),
        (setting("mails.code.text", "Hello {company}"), ["mails.code.text lacks {code}"]),
        (setting("whatsapp.list_button", "x" * 21), ["whatsapp.list_button", "1 to 20 characters"]),
        (setting("whatsapp.list_button", "👍" * 11), ["whatsapp.list_button", "1 to 20 characters"]),
        (setting("whatsapp.choose", ""), ["whatsapp.choose", "1 to 1024 characters"]),
        (setting("whatsapp.choose_more", "Or: "), ["whatsapp.choose_more", "no spaces around"]),
        (without("whatsapp.list_button"), ["list_button", "$.whatsapp"]),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, change: Change, named: list[str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_changed(tmp_path, change)

    message = str(caught.value)
    assert "assistant.yml" in message
    assert [part for part in named if part not in message] == [], message


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"DATABASE_URL": None}, ["DATABASE_URL is not set", "make setup"]),
        ({"JWT_SECRET": None}, ["JWT_SECRET is not set", "make setup"]),
        ({"ACTION_TOKEN": None}, ["ACTION_TOKEN is not set", "make setup"]),
        ({"ACTION_TOKEN": "  "}, ["ACTION_TOKEN is not set", "make setup"]),
        ({"JWT_SECRET": "s" * 31}, ["JWT_SECRET", "32 bytes", "openssl rand -hex 32"]),
        ({"TRUSTED_PROXIES": "10.0.0.0/8 nginx"}, ["TRUSTED_PROXIES", "'nginx'", "10.0.0.0/8"]),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, ["TRUSTED_PROXIES", "10.0.0.1/8"]),
        ({"SMTP_URL": "mail.example.com"}, ["SMTP_URL is not an SMTP server's address", "smtp://user:password@host"]),
        ({"MAIL_FROM": "Fernhill"}, ["MAIL_FROM 'Fernhill' is not an e-mail address"]),
        ({"CRM": "abacus"}, ["abacus", "$.crm.system"]),
        ({"ERP": "Embedded"}, ["Embedded", "$.erp.system"]),
    ],
)
def test_a_wrong_environment_is_named(tmp_path: Path, environ: dict[str, str | None], named: list[str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_changed(tmp_path, as_it_is, **environ)

    message = str(caught.value)
    assert [part for part in named if part not in message] == [], message


def test_mail_texts_are_filled_in() -> None:
    known = settings.load(ASSISTANT_FILE, environment())

    filled = known.mails.code.text.format(code="123456", company=known.company.name, minutes=known.codes.minutes)

    assert "your code is 123456" in filled
    assert "10 minutes" in filled
    assert "{" not in filled


def test_a_secret_counts_in_bytes(tmp_path: Path) -> None:
    assert load_changed(tmp_path, as_it_is, JWT_SECRET="ü" * 16).jwt_key == "ü" * 16


def public_key() -> str:
    """A public key in PEM."""
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def test_tokens_may_be_checked_with_a_public_key(tmp_path: Path) -> None:
    key = public_key()

    assert load_changed(tmp_path, setting("rest.algorithm", "EdDSA"), JWT_SECRET=key).jwt_key == key.strip()


@pytest.mark.parametrize(
    ("algorithm", "key", "named"),
    [
        ("EdDSA", "s" * 64, "JWT_SECRET is not a public key in PEM, as rest.algorithm EdDSA needs"),
        ("RS256", public_key(), "JWT_SECRET is not a public key in PEM, as rest.algorithm RS256 needs"),
        ("HS256", public_key(), "JWT_SECRET is not a secret, as rest.algorithm HS256 needs"),
    ],
    ids=["a secret for EdDSA", "another key for RS256", "a public key for HS256"],
)
def test_a_key_of_the_wrong_kind_is_named(tmp_path: Path, algorithm: str, key: str, named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        load_changed(tmp_path, setting("rest.algorithm", algorithm), JWT_SECRET=key)


def test_a_secret_never_stands_in_a_message(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_changed(tmp_path, as_it_is, JWT_SECRET="hunter2")

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("text", "named"), [("", "is empty"), ("a: [", "is not YAML"), ("- a", "is empty")])
def test_a_file_without_settings_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "assistant.yml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(Misconfigured, match=named):
        settings.load(file, environment())


def test_a_missing_file_is_named_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"missing.yml is missing; start from the project's top folder"):
        settings.load(tmp_path / "missing.yml", environment())
