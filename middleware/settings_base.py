"""What all settings of assistant.yml have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from middleware.errors import Misconfigured

LOCAL = ("localhost", "127.0.0.1", "::1")

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class Base(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all settings: an unknown name in the file is an error."""


def is_safe_address(address: str) -> bool:
    """Whether secrets may go to a web address: over https, or to this machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL))


def given(environment: Mapping[str, str], name: str) -> str:
    """A value of the environment; empty if there is none."""
    return environment.get(name, "").strip()


def required(environment: Mapping[str, str], name: str) -> str:
    """A value that there must be.

    Raises:
        Misconfigured: There is none.
    """
    value = given(environment, name)
    if not value:
        raise Misconfigured(f"{name} is not set; the connector's page in docs/connectors says where to find it")
    return value


def address(environment: Mapping[str, str], name: str, example: str, *, is_default: bool = False) -> str:
    """The web address of a system that secrets are sent to, without a slash at its end.

    Args:
        example: Of what it may look like.
        is_default: Whether that counts where there is none.

    Raises:
        Misconfigured: There is none, or secrets aren't safe on the way there.
    """
    value = (given(environment, name) or (example if is_default else "")).rstrip("/")
    if not is_safe_address(value):
        raise Misconfigured(f"{name} must be an https address, such as {example}")
    return value
