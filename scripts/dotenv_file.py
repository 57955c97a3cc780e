"""Writes `.env` with everything that the configuration names, and adds what an older one lacks."""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

HEADER = "# Frontdesk's settings for this machine. Load them with: set -a; . ./.env\n"

# Values must mean the same to a shell and to python-dotenv: no spaces, no quotes, no dollar signs.
SETTINGS: dict[str, Callable[[], str]] = {
    "DATABASE_URL": lambda: "sqlite:///var/frontdesk.db",
    "TRACKER_DB": lambda: "var/tracker.db",
    "ACTION_TOKEN": lambda: secrets.token_urlsafe(32),
    "JWT_SECRET": lambda: secrets.token_urlsafe(48),
    "CODES_KEY": lambda: secrets.token_urlsafe(48),
    "DOCUMENTS_KEY": lambda: secrets.token_urlsafe(48),
    "DESK_KEY": lambda: secrets.token_urlsafe(48),
    "WEBCHAT_KEY": lambda: secrets.token_urlsafe(48),
    "DOCUMENTS_URL": lambda: "var/documents",
    "MAILBOX": lambda: "var/mailbox.txt",
    "AUDIT_HEAD": lambda: "var/audit-head.txt",
    "ACTION_ENDPOINT": lambda: "http://127.0.0.1:5055/webhook",
    "PUBLIC_URL": lambda: "http://127.0.0.1:5005",
    "DESK_URL": lambda: "http://127.0.0.1:5056",
    "UVICORN_PORT": lambda: "5056",
    "UVICORN_WS": lambda: "none",  # the websockets that Sanic needs is none that uvicorn takes, and the desk needs none
    "RASA_TELEMETRY_ENABLED": lambda: "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": lambda: "1",
    "TF_CPP_MIN_LOG_LEVEL": lambda: "3",
    "PYTHONWARNINGS": lambda: "ignore",
}


def completed(text: str) -> str:
    """Adds the settings that a file's text lacks; what is there stays as it is."""
    present = set(re.findall(r"^\s*(?:export\s+)?(\w+)\s*=", text, flags=re.MULTILINE))
    missing = [f"{name}={value()}\n" for name, value in SETTINGS.items() if name not in present]
    if text and not text.endswith("\n"):
        text += "\n"
    return (text or HEADER) + "".join(missing)


def write_private(path: Path, text: str) -> None:
    """Puts the text in place at once, readable by the owner alone."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def main() -> int:
    """Brings `.env` up to date, and makes the folder that its database lies in."""
    (ROOT / "var" / "log").mkdir(parents=True, exist_ok=True)
    path = ROOT / ".env"
    before = path.read_text() if path.exists() else ""
    after = completed(before)
    if after != before:
        write_private(path, after)
    elif path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return 0


if __name__ == "__main__":
    sys.exit(main())
