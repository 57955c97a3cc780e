"""What all connectors' soaks share: systems in which anything goes wrong, and workers that are killed and go on."""

from __future__ import annotations

import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.fakes.stand_in import Fault, Faults, Request

WORKERS = 2
SECONDS_TO_WAIT = 900

Run = Callable[[Any, Path, int, int], None]  # of the task, where it is noted what was done, the first and the step


class Moody(Faults):
    """A system in which anything goes wrong now and then.

    Args:
        moods: What goes wrong with a request, and how often in a hundred.

    Attributes:
        happened: How often, by its kind.
        is_well: Nothing goes wrong any more.
    """

    def __init__(self, chance: random.Random, moods: Mapping[str, int]) -> None:
        super().__init__()
        self._chance = chance
        self._moods = moods
        self.happened: Counter[str] = Counter()
        self.is_well = False

    def of(self, request: Request) -> Fault | None:
        """What goes wrong with a request, by chance."""
        dice = self._chance.randrange(100)
        for kind, share in self._moods.items():
            dice -= share
            if dice < 0 and not self.is_well:
                self.happened[kind] += 1
                return Fault(kind=kind)
        return None


class Workers:
    """Processes that share the writes, and are started anew whenever they are killed.

    Args:
        run: What each does.
        task: What all share.
        folder: Where they note what they have done, a line each.
    """

    def __init__(self, run: Run, task: Any, folder: Path) -> None:
        self._run = run
        self._task = task
        self._folder = folder
        # All begin as copies of one that has everything loaded: starting costs nothing.
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload([run.__module__])
        self._running = {place: self._start(place) for place in range(WORKERS)}

    @property
    def done(self) -> int:
        """How many writes were told to be done."""
        return sum(len(file.read_text().splitlines()) for file in self._folder.glob("done-*"))

    def kill(self, place: int) -> None:
        """Kills one, whatever it is at, and lets another take its place."""
        self._running[place].kill()
        self._running[place].join()
        self._running[place] = self._start(place)

    def given_up(self) -> str:
        """Why one has given up; empty while none has."""
        ended = {place: one.exitcode for place, one in self._running.items() if one.exitcode}
        if not ended:
            return ""
        why = "".join(file.read_text() for file in self._folder.glob("why-*"))
        return f"{why or 'it said nothing'}\nexit codes by place: {ended}"

    def stop(self) -> None:
        """Ends all."""
        for one in self._running.values():
            one.kill()
            one.join()

    def _start(self, place: int) -> BaseProcess:
        file = self._folder / f"done-{place}"
        process = self._context.Process(target=_work, args=(self._run, self._task, file, place))
        process.start()
        return process


def _work(run: Run, task: Any, file: Path, place: int) -> None:
    """What a worker does; why it gives up is noted beside what it has done."""
    try:
        run(task, file, place, WORKERS)
    except BaseException:
        file.with_name(f"why-{place}").write_text(traceback.format_exc())
        raise


def until_all_are_done(
    workers: Workers, writes: int, most: int, chance: random.Random, meanwhile: Callable[[int], None] | None = None
) -> int:
    """Kills a worker now and then, after so many writes and a moment more.

    Args:
        writes: How many there are to be done.
        most: How often one is killed at most.
        meanwhile: Is called again and again, with how many are done.

    Returns:
        How often one was killed.
    """
    kills = 0
    end = time.monotonic() + SECONDS_TO_WAIT
    next_kill = writes // (most + 1)
    while (done := workers.done) < writes:
        assert time.monotonic() < end, f"{done} of {writes}"
        assert not workers.given_up(), workers.given_up()
        if kills < most and done >= next_kill:
            time.sleep(chance.random() * 0.02)
            workers.kill(chance.randrange(WORKERS))
            kills += 1
            next_kill = max(done + 1, writes * (kills + 1) // (most + 1))
        if meanwhile is not None:
            meanwhile(done)
        time.sleep(0.002)
    return kills
