"""Processes that are there at once: copies of one that has everything loaded, each with an environment of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

# With all that they need: it is loaded once instead of for every process that is killed.
LOADED = [
    "tests.faults.dying_actions",
    "tests.faults.actions_without_crm",
    "tests.faults.lead_worker",
    "tests.faults.job_worker",
]


def started(work: Callable[..., None], *told: Any, environment: Mapping[str, str], log: Path) -> BaseProcess:
    """Starts a process, which can be killed as any other.

    Args:
        work: What it does, a function of a module.
        told: What that is told.
        log: What it says is written there, after what is there.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    process = context.Process(target=_run, args=(work, told, dict(environment), log), daemon=True)
    process.start()
    return process


def killed(process: BaseProcess) -> None:
    """Ends it as a crash would, in the middle of whatever it does."""
    process.kill()
    process.join()


def _run(work: Callable[..., None], told: tuple[Any, ...], environment: Mapping[str, str], log: Path) -> None:
    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.environ.clear()
    os.environ.update(environment)
    work(*told)
