"""The id of the turn under way, for log lines and back ends, without every function handing it on."""

from __future__ import annotations

from contextvars import ContextVar

correlation: ContextVar[str] = ContextVar("correlation", default="")
