"""What goes on in the action server beside its answers: jobs are run, the audit log is sealed."""

from __future__ import annotations

import asyncio

from middleware.jobs import Jobs
from middleware.seals import Sealer


class Background:
    """The loops, in the event loop of whoever starts them."""

    def __init__(self, jobs: Jobs, sealer: Sealer) -> None:
        self._jobs = jobs
        self._sealer = sealer
        self._loops: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins; returns at once."""
        self._loops = [asyncio.create_task(self._jobs.run()), asyncio.create_task(self._sealer.run())]

    async def stop(self) -> None:
        """Begins nothing more, and returns when what was under way has ended or had its time to."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
