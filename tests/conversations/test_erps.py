"""The conversations that have to do with the ERP, with each vendor's, for which its stand-in stands; over REST.

They go as they do with the embedded one, save for what an ERP says that it can't (`erps.yml`). The long run plays all
with all, and a conversation of every topic with each pair of a vendor's CRM and a vendor's ERP. The short one plays a
few, always the same, with each ERP beside another CRM.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.conversations.lacking import as_told
from tests.conversations.playing import play, scripts
from tests.counts import FULL, SEED, times
from tests.fakes.stand_ins import ERP_STAND_INS, STAND_INS
from tests.sides import RestSide
from tests.systems import Pair, Systems

TOPICS = ("accounts", "cancelling", "changing", "inventory", "invoices", "orders", "returns", "two_wants")
OTHERS = 1  # conversations that have nothing to do with the ERP, in a short run


def played() -> Iterator[Any]:
    """Each pair of systems with the conversations that are played with them."""
    for pair, conversations in plan():
        for script in conversations:
            yield pytest.param(pair, *script.values, id=f"{pair.name}: {script.id}")


def plan() -> Iterator[tuple[Pair, Sequence[Any]]]:
    """What is played with which pair."""
    if FULL:
        yield from ((Pair(erp=erp), about_erp()) for erp in ERP_STAND_INS)
        for pair in (Pair(crm, erp) for erp in ERP_STAND_INS for crm in STAND_INS):
            yield pair, one_of_each_topic(pair)
        return
    crms = list(STAND_INS)
    for place, erp in enumerate(ERP_STAND_INS):
        pair = Pair(crms[place % len(crms)], erp)
        yield pair, [*sampled(pair, about_erp(), times(len(about_erp()))), *sampled(pair, not_about_erp(), OTHERS)]


def about_erp() -> Sequence[Any]:
    """All conversations that have to do with the ERP."""
    return [one for one in scripts() if topic(one) in TOPICS]


def not_about_erp() -> Sequence[Any]:
    """Those others that are in hours; out of hours is another running system."""
    return [one for one in scripts() if topic(one) not in TOPICS and one.values[0].get("hours") != "closed"]


def one_of_each_topic(pair: Pair) -> Sequence[Any]:
    """A conversation of every topic, another for each pair."""
    all_of_them = [*about_erp(), *not_about_erp()]
    by_topic = {topic(one): [other for other in all_of_them if topic(other) == topic(one)] for one in all_of_them}
    return [one for found in by_topic.values() for one in sampled(pair, found, 1)]


def sampled(pair: Pair, found: Sequence[Any], count: int) -> Sequence[Any]:
    """Some of the conversations, in their order; always the same with a pair."""
    places = random.Random(f"{SEED} {pair.name}").sample(range(len(found)), count)
    return [found[place] for place in sorted(places)]


def topic(script: Any) -> str:
    """What a conversation is about: the name of its file."""
    return str(script.id).partition(":")[0]


@pytest.mark.parametrize(("pair", "script"), played())
def test_conversation_with_a_vendors_erp(systems: Systems, pair: Pair, script: dict[str, Any]) -> None:
    """Plays a conversation and asserts every reply and the end state, asked of the port and seen from inside."""
    frontdesk = systems.running("closed_frontdesk" if script.get("hours") == "closed" else "frontdesk", pair)

    told = as_told(script["conversation"], script, frontdesk.erp.capabilities)

    play(told, frontdesk, lambda claims: RestSide(frontdesk, claims))
