"""The agents' desk as a server runs it: `uvicorn desk.app:app`."""

from __future__ import annotations

import logging
import os
import sys

from desk.application import create
from middleware import bootstrap, logs, settings
from middleware.bootstrap import Middleware
from middleware.errors import FrontdeskError
from middleware.settings import Settings


def _end(reason: str) -> None:
    """Ends the process with a sentence, where the server would show a stack trace."""
    print(f"The desk does not start: {reason}", file=sys.stderr, flush=True)
    os._exit(1)


def _build(known: Settings) -> Middleware:
    try:
        return bootstrap.build(known)
    except FrontdeskError as error:
        _end(str(error))
        raise


try:
    logs.configure("", "uvicorn", "uvicorn.error")
    # Whoever comes back from the company's log-in has its answer in the address.
    logging.getLogger("uvicorn.access").handlers.clear()
    logging.getLogger("uvicorn.access").propagate = False
    app = create(settings.load(), _build)
except FrontdeskError as error:
    _end(str(error))
