"""The conversations that have to do with the CRM, with each vendor's, for which its stand-in stands; over REST.

A run plays a part of them with each CRM, always the same; the long one plays all with all. And it is played what
happens while the CRM is away, in one way or another.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conversations.playing import play, scripts
from tests.counts import FULL, SEED
from tests.data.shop_handoff import phone
from tests.fakes.stand_ins import STAND_INS
from tests.sides import RestSide
from tests.systems import Pair, Systems

# How many of each topic a run plays with each CRM.
TOPICS: Mapping[str, int] = {"greeting": 1, "leads": 2, "tickets": 2, "handoff": 2}

# How a CRM is away: it can't be reached, was asked too often, just now or today, or lets nobody in. After the last, the
# credentials rest for a while.
AWAY = ("refused", "throttled", "daily", "locked")
BRIEF = AWAY[:3]
CUSTOMER = 2745  # the first who comes then


def played() -> Iterator[Any]:
    """Each CRM with the conversations that it plays, and with being away; in a short run, each in another way."""
    for place, crm in enumerate(STAND_INS):
        faults = AWAY if FULL else (BRIEF[place % len(BRIEF)],)
        for script in (*scripts_with(crm), *map(away, faults)):
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


def away(fault: str) -> Any:
    """A conversation while the CRM is away in some way, with a customer of its own."""
    customer = CUSTOMER + AWAY.index(fault)
    text = Path(__file__).with_name("away.yml").read_text(encoding="utf-8")
    for name, value in {"customer": str(customer), "phone": phone(customer), "fault": fault}.items():
        text = text.replace(f"{{{name}}}", value)
    [script] = yaml.safe_load(text)
    return pytest.param(script, id=f"away, {fault}")


@pytest.mark.parametrize(("crm", "script"), played())
def test_conversation_with_a_vendors_crm(systems: Systems, crm: str, script: dict[str, Any]) -> None:
    """Plays a conversation and asserts every reply and the end state."""
    frontdesk = systems.running("closed_frontdesk" if is_closed(script) else "frontdesk", Pair(crm=crm))

    play(script, frontdesk, lambda claims: RestSide(frontdesk, claims))
