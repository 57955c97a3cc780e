"""The conversations that have to do with the CRM, with each vendor's, for which its stand-in stands; over REST.

A run plays a part of them with each CRM, always the same; the long one plays all with all. And it is played what
happens while the CRM is away, in one way or another.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conversations.playing import play, scripts
from tests.counts import FULL, SEED
from tests.crms import with_crm
from tests.data.shop_handoff import phone
from tests.fakes.stand_ins import STAND_INS
from tests.servers import Frontdesk
from tests.sides import RestSide

# How many of each topic a run plays with each CRM.
TOPICS: Mapping[str, int] = {"greeting": 1, "leads": 2, "tickets": 2, "handoff": 2}

# How a CRM is away: it can't be reached, is asked too often, or lets nobody in.
AWAY = ("refused", "throttled", "daily", "locked")
CUSTOMER = 2740  # the first who comes then

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


def away() -> Iterator[Any]:
    """Each CRM with the ways in which it is away; in a short run, each in another way."""
    for place, crm in enumerate(STAND_INS):
        for fault in AWAY if FULL else (AWAY[place % len(AWAY)],):
            yield pytest.param(crm, fault, id=f"{crm}: {fault}")


@pytest.mark.parametrize(("place", "fault"), away(), indirect=["place"], scope="module")
def test_what_is_left_while_a_vendors_crm_is_away_arrives_once(place: Place, fault: str) -> None:
    frontdesk, customer = place(False), CUSTOMER + AWAY.index(fault)
    text = Path(__file__).with_name("away.yml").read_text(encoding="utf-8")
    for name, value in {"customer": str(customer), "phone": phone(customer), "fault": fault}.items():
        text = text.replace(f"{{{name}}}", value)
    [script] = yaml.safe_load(text)

    play(script, frontdesk, lambda claims: RestSide(frontdesk, claims))

    [contact] = frontdesk.crm.contacts_by_phone(phone(customer))
    assert len(frontdesk.crm.tickets_since(contact.id, frontdesk.now)) == 1
    assert len(frontdesk.inside.opportunities(contact.id)) == 1
    [lead] = frontdesk.inside.leads(f"sam{customer}@pine.example")
    assert (lead.first_name, lead.company) == ("Sam", "Pine Tents")
