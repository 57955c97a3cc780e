"""An action server whose CRM does what a file says, which CRM_FILE names: `away` or `deaf`; without it, all is well.

A CRM that is away can't be reached; a deaf one does what it is asked to write, and its answers are lost.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rasa_sdk.__main__ import main
from sqlalchemy.engine import Engine

import actions
from middleware import connectors
from middleware.crm.embedded.client import EmbeddedCrm
from middleware.errors import Unavailable, Unknown

WRITES = {"open_ticket", "comment_ticket", "close_ticket", "keep_transcript", "keep_lead"}


class Moody:
    """The embedded CRM, in the mood that the file says."""

    def __init__(self, engine: Engine) -> None:
        self._crm = EmbeddedCrm(engine)
        self._file = Path(os.environ["CRM_FILE"])

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """One of the port's methods."""
        method: Callable[..., Any] = getattr(self._crm, name)

        def call(*args: Any, **named: Any) -> Any:
            mood = self._file.read_text() if self._file.exists() else ""
            if mood == "away":
                raise Unavailable("it is away", system="crm")
            answer = method(*args, **named)
            if mood == "deaf" and name in WRITES:
                raise Unknown("the answer was lost", system="crm")
            return answer

        return call


def serve(port: int) -> None:
    """Serves until it is killed."""
    connectors.crm = lambda _, engine: Moody(engine)
    sys.argv = ["rasa_sdk", "--actions", actions.__name__, "--port", str(port)]
    main()
