"""Reads the demo's YAML files into typed entries, and names what is wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
from ruamel.yaml import YAML

from middleware.decoding import converted

T = TypeVar("T")


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what stands in the files: an unknown name is an error."""


def read(name: str, kind: type[T]) -> T:
    """Reads one of the files beside this module.

    Raises:
        msgspec.ValidationError: What is in it doesn't fit; the message says where.
    """
    # The base loader leaves every scalar as it is written, so that a price goes from digits to Decimal and a
    # phone number stays text.
    content = YAML(typ="base").load(Path(__file__).with_name(name))
    return converted(content, kind, strict=False)
