"""The conversations that have to do with the CRM, with each vendor's, for which its stand-in stands; over REST.

A run plays a part of them with each CRM, always the same; the long one plays all with all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from tests.conversations.playing import play, scripts
from tests.counts import FULL, SEED
from tests.crms import with_crm
from tests.fakes.stand_ins import STAND_INS
from tests.servers import Frontdesk
from tests.sides import RestSide

# How many of each topic a run plays with each CRM.
TOPICS: Mapping[str, int] = {"greeting": 1, "leads": 2, "tickets": 2, "handoff": 2}

Place = Callable[[bool], Frontdesk]  # of whether the company's people are out


def played() -> Iterator[Any]:
    """Each CRM with the conversations that it plays."""
    for crm in STAND_INS:
        for script in scripts_with(crm):
            yield pytest.param(crm, *script.values, id=f"{crm}: {script.id}")


def scripts_with(crm: str) -> Iterator[Any]:
    """The conversations that are played with a CRM; those out of hours, which need another system, in the long run."""
    chance = random.Random(f"{SEED} {crm}")
    for topic, count in TOPICS.items():
        found = [one for one in scripts() if one.id.startswith(f"{topic}: ")]
        yield from found if FULL else chance.sample([one for one in found if is_typical(one.values[0])], count)


def is_typical(script: dict[str, Any]) -> bool:
    """Whether a conversation is in hours, and one that leaves something in the CRM or is greeted from it."""
    end = script.get("end", {})
    return not is_closed(script) and any(end.get(name) for name in ("leads", "tickets", "handoff", "audit"))


def is_closed(script: dict[str, Any]) -> bool:
    """Whether a conversation is out of hours."""
    return script.get("hours") == "closed"


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Gives the running system with a CRM, in hours or out of them, as it is needed."""
    with ExitStack() as running:

        @cache
        def of(closed: bool) -> Frontdesk:
            frontdesk = request.getfixturevalue("closed_frontdesk" if closed else "frontdesk")
            return running.enter_context(with_crm(frontdesk, request.param))

        yield of


@pytest.mark.parametrize(("place", "script"), played(), indirect=["place"], scope="module")
def test_conversation_with_a_vendors_crm(place: Place, script: dict[str, Any]) -> None:
    """Plays a conversation and asserts every reply and the end state."""
    frontdesk = place(is_closed(script))

    play(script, frontdesk, lambda claims: RestSide(frontdesk, claims))
