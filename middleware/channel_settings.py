"""What WhatsApp and the web chat need of assistant.yml and of the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from middleware.errors import Misconfigured
from middleware.settings_base import Base, Count, is_safe_address

WHATSAPP_API = "https://graph.facebook.com/v23.0"
ACCOUNT = ("WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN")
LONGEST_BUTTON, LONGEST_BODY = 20, 1024  # WhatsApp's
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class InboxRules(Base, frozen=True):
    """What comes in while nobody can answer. `late_minutes`: what is older isn't answered as if it were new."""

    late_minutes: Count


class Template(Base, frozen=True):
    """A message template that Meta has approved, without variables. `language`: Meta's code, such as en_US."""

    name: str
    language: str


class WhatsAppRules(Base, frozen=True):
    """How WhatsApp is written to.

    Attributes:
        window_hours: So long after a customer's last message one may write to them freely.
        largest_media: Bytes of a picture or document of theirs that is still fetched for the agents.
        list_button: Stands on the button that opens a list of choices.
        choose: Stands above choices that come without words of their own.
        choose_more: The same above what didn't fit into the choices before.
        template: What is sent when it has been longer, so that the customer may answer; None: nothing is.
    """

    window_hours: Count
    largest_media: Count
    list_button: str
    choose: str
    choose_more: str
    template: Template | None = None


class WebchatRules(Base, frozen=True):
    """The web chat.

    Attributes:
        origins: Sites that may show it, such as https://shop.example.com; our own page needs none.
        title: What stands above it.
        colour: Of its button and head, such as #1a5c48.
        position: The corner that its button is in.
        session_days: For how long a browser finds its conversation again.
    """

    title: str
    colour: str
    position: Literal["right", "left"]
    session_days: Count
    origins: tuple[str, ...] = ()


class WhatsAppAccount(Base, frozen=True):
    """Access to WhatsApp's Cloud API.

    Attributes:
        phone_number_id: Meta's id of the company's number.
        access_token: What is shown to Meta.
        app_secret: What Meta signs with.
        verify_token: What Meta shows when the webhook is set up.
        api: Address of the API, with its version.
    """

    phone_number_id: str
    access_token: str
    app_secret: str
    verify_token: str
    api: str


def read_channels(environment: Mapping[str, str]) -> dict[str, Any]:
    """Reads the channels' settings of the environment, but for the web chat's key.

    Raises:
        Misconfigured: WhatsApp's access is set in part only.
    """
    return {
        "whatsapp_account": _read_account(environment),
        "webchat_demo": environment.get("WEBCHAT_DEMO", "").strip() == "1",
        "redis_url": environment.get("REDIS_URL", "").strip(),
    }


def _read_account(environment: Mapping[str, str]) -> dict[str, str] | None:
    given = {name: environment.get(name, "").strip() for name in ACCOUNT}
    if not any(given.values()):
        return None
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise Misconfigured(f"{' and '.join(missing)} must be set as well, or none of {', '.join(ACCOUNT)}")
    api = environment.get("WHATSAPP_API", "").strip().rstrip("/") or WHATSAPP_API
    values = {name.removeprefix("WHATSAPP_").lower(): value for name, value in given.items()}
    return {**values, "api": api}


def check_channels(
    webchat: WebchatRules, whatsapp: WhatsAppRules, account: WhatsAppAccount | None, redis_url: str, file: Path
) -> None:
    """Refuses what can't work, or would send secrets in the open.

    Raises:
        Misconfigured: The message names the setting and the mend.
    """
    if not COLOUR.fullmatch(webchat.colour):
        raise Misconfigured(f"{file}: webchat.colour {webchat.colour!r} is no colour; write one such as '#1a5c48'")
    _check_origins(webchat.origins, file)
    _check_words(whatsapp, file)
    if account and not is_safe_address(account.api):
        raise Misconfigured(f"WHATSAPP_API {account.api!r} must be an https address, such as {WHATSAPP_API}")
    if account and not account.phone_number_id.isdecimal():
        raise Misconfigured("WHATSAPP_PHONE_NUMBER_ID is Meta's id of the number, all digits; it isn't the number")
    if redis_url and urlsplit(redis_url).scheme not in ("redis", "rediss", "unix"):
        raise Misconfigured("REDIS_URL is no address of a Redis; write redis://:password@host:6379/0")


def _check_origins(origins: Sequence[str], file: Path) -> None:
    for origin in origins:
        parts = urlsplit(origin)
        if not is_safe_address(origin) or f"{parts.scheme}://{parts.netloc}" != origin or "@" in origin:
            raise Misconfigured(
                f"{file}: webchat.origins {origin!r} is no origin; write https://shop.example.com, without a path"
            )


def _check_words(whatsapp: WhatsAppRules, file: Path) -> None:
    for name, longest in (("list_button", LONGEST_BUTTON), ("choose", LONGEST_BODY), ("choose_more", LONGEST_BODY)):
        words: str = getattr(whatsapp, name)
        units = len(words.encode("utf-16-le")) // 2  # as WhatsApp may count
        if not 1 <= units <= longest or words != words.strip():
            raise Misconfigured(
                f"{file}: whatsapp.{name} must have 1 to {longest} characters, and no spaces around them"
            )
