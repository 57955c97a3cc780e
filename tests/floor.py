"""The floor of understanding: what `make bench-nlu` measured, less a little, under which `make test-nlu` fails."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import yaml

from tests.figures import Figures
from tests.model import DEVELOPMENT

FILE = DEVELOPMENT.with_name("floor.yml")
HEAD = "# Written by `make bench-nlu`: what it measured on development.yml, less a little. `make test-nlu` holds it.\n"
ROOM = 0.01
ROOM_OF = {"worst_task_recall": 0.035}  # two of an intent's sixty sentences
BETTER_LOW = frozenset({"false_out_of_scope"})

Floor = Mapping[str, Mapping[str, float]]


def set_by(measured: Mapping[str, Figures]) -> Floor:
    """The floor after these figures.

    Args:
        measured: By how the sentences were written: clean, noisy.
    """
    return {
        written: {name: round(_worse(name, value), 3) for name, value in shares(figures)}
        for written, figures in measured.items()
    }


def shares(figures: Figures) -> Iterator[tuple[str, float]]:
    """The figures that are numbers, by name."""
    for name, value in dataclasses.asdict(figures).items():
        if isinstance(value, float):
            yield name, value


def _worse(name: str, value: float) -> float:
    room = ROOM_OF.get(name, ROOM)
    return value + room if name in BETTER_LOW else value - room


def objections(measured: Mapping[str, Figures], floor: Floor) -> list[str]:
    """Says what is worse than the floor, a sentence each; nothing, if all is well."""
    return [
        f"{name} on the {written} development set is {value:.3f}, but the floor is {floor[written][name]:.3f}. "
        "Mend it, or set the floor anew with `make bench-nlu` and say why."
        for written, figures in measured.items()
        for name, value in shares(figures)
        if (value > floor[written][name] if name in BETTER_LOW else value < floor[written][name])
    ]


def read() -> Floor:
    """The floor that stands."""
    floor: Floor = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return floor


def write(floor: Floor) -> None:
    """Sets the floor."""
    FILE.write_text(HEAD + yaml.safe_dump(dict(floor), sort_keys=False), encoding="utf-8")
