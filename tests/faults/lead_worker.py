"""A worker process that delivers leads, to a CRM in the mood that a file says: see `actions_without_crm`.

DATABASE_URL and CRM_FILE say where. What is left by a worker that was killed, or has failed, is taken up at once rather
than after half a minute.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from middleware import bootstrap, connectors, jobs, settings
from middleware.backend import Circuit
from tests.fakes.building import ASSISTANT_FILE
from tests.faults.actions_without_crm import Moody


def work() -> None:
    """Works until it is killed."""
    asyncio.run(_work())


async def _work() -> None:
    jobs.pause = lambda attempts: timedelta(seconds=0.2)
    connectors.crm = lambda _, engine: Moody(engine)
    middleware = bootstrap.build(settings.load(ASSISTANT_FILE))
    middleware.gateway.crm._back_end.circuit = Circuit("crm", failures=10**9, seconds=1)
    middleware.jobs._lease_seconds, middleware.jobs._look_seconds = 1.0, 0.1
    await middleware.jobs.run()
