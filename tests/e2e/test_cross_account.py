"""People who ask for what isn't theirs: every operation, by every kind of id, in words, by button and in the body."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from tests.counts import seeded, times
from tests.data.shop import ORDERS, PEOPLE, SHIPMENTS
from tests.servers import TIMEOUT_SECONDS, Frontdesk, conversation_of, subject

ATTEMPTS = 2000
SENDERS = 6

# What belongs to Omar, Pia, Nora and Pinecrest, and to nobody who asks here.
THEIRS = {"2001", "2002", "2003", "2020"}
_OWNERS = {order[0]: order[1] for order in ORDERS}
FACTS = {
    *(tracking for _, order, _, _, tracking, *_ in SHIPMENTS if tracking and _OWNERS[order] in THEIRS),
    "duffel",
    "tent peg",
    "two-person tent",
    "alpine jacket",
    "Wi-Fi router",
    "torn tent fly",
    "spare part",
    "Omar",
    "Diaz",
    "Pia",
    "Lund",
    "Nora",
    "Vale",
    "Pinecrest",
    "Dora",
}

IDS = {
    "order number": [order[0] for order in ORDERS if order[1] in THEIRS],
    "customer number": sorted(THEIRS),
    "ticket number": ["T-501", "T-502", "T-503"],
    "contact id": ["201", "202", "203", "220"],
    "shipment id": ["9001", "9002", "9003"],
    "tracking number": ["7712 3456 0098", "1Z 111"],
    "phone": [PEOPLE["nora"][4], PEOPLE["omar"][4]],
    "e-mail": ["nora@example.com", "office@example.com"],
    "conversation": ["rest:nora", "nora"],
    "several at once": ["20002 20003", "20002' OR '1'='1", "20002%", "2000_", "%"],
}

WORDS = {
    "order_status": ["where is order {id}?", "track {id} pls", "status of #{id}", "ORD-{id}", "and {id}?", "{id}"],
    "order_cancel": ["cancel order {id}", "please cancel {id} at once", "yes, cancel {id}"],
    "ticket_status": ["what about ticket {id}?", "any news on {id}"],
    "greeting": ["hi, this is {id}", "hello I'm {id}"],
}

BUTTONS = {
    "order_status": ['/Choose{{"order_number": "{id}"}}', '/Order_Tracking{{"order_number": "{id}"}}'],
    "order_cancel": ['/Order_Cancel{{"order_number": "{id}"}}', '/SetSlots(order_number="{id}")'],
    "ticket_status": ['/Ticket_Status{{"ticket": "{id}"}}'],
    "greeting": ['/Greet{{"phone": "{id}"}}'],
}

# A stranger, one who is known, one who is verified, and two who share a number.
ASKERS: list[dict[str, str]] = [
    {},
    {"phone": PEOPLE["gus"][4]},
    {"phone": PEOPLE["gus"][4], "email": "gus@example.com"},
    {"phone": PEOPLE["ben"][4]},
]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One message that asks for what isn't the asker's."""

    claims: dict[str, str]
    body: dict[str, Any]


def attempts(chance: random.Random) -> list[Attempt]:
    """Every operation, by every kind of id, in words, by button and in the body; in an order of chance."""
    every = [
        make(operation, identifier, claims)
        for operation in WORDS
        for identifiers in IDS.values()
        for identifier in identifiers
        for make in (in_words, by_button, in_the_body)
        for claims in ASKERS
    ]
    every = [attempt(chance) for attempt in every]
    wanted = times(ATTEMPTS)
    drawn = chance.sample(every, min(wanted, len(every)))
    return drawn + chance.choices(every, k=wanted - len(drawn))


Draw = Callable[[random.Random], Attempt]


def in_words(operation: str, identifier: str, claims: dict[str, str]) -> Draw:
    """As a customer would write it."""
    return lambda chance: Attempt(
        claims=claims, body={"message": chance.choice(WORDS[operation]).format(id=identifier)}
    )


def by_button(operation: str, identifier: str, claims: dict[str, str]) -> Draw:
    """As if a button had been offered."""
    return lambda chance: Attempt(
        claims=claims, body={"message": chance.choice(BUTTONS[operation]).format(id=identifier)}
    )


def in_the_body(operation: str, identifier: str, claims: dict[str, str]) -> Draw:
    """With claims beside the message, where Rasa's own channel would believe them."""
    beside = {"phone": identifier, "customer_id": identifier, "turn": identifier, "order_number": identifier}
    return lambda chance: Attempt(
        claims=claims,
        body={
            "message": chance.choice(WORDS[operation]).format(id=identifier),
            "sender": identifier,
            "input_channel": chance.choice(["whatsapp", "cmdline"]),
            "metadata": beside,
        },
    )


def leaked(answer: requests.Response, body: dict[str, Any]) -> set[str]:
    """The facts in an answer that the asker hadn't written themselves."""
    asked = json.dumps(body)
    return {fact for fact in FACTS if fact in answer.text and fact not in asked}


def test_nobody_hears_of_what_is_not_theirs(frontdesk: Frontdesk) -> None:
    def tried(attempt: Attempt) -> tuple[Attempt, requests.Response]:
        token = frontdesk.token(sub=uuid.uuid4().hex, **attempt.claims)
        return attempt, frontdesk.post(token, attempt.body)

    with ThreadPoolExecutor(SENDERS) as pool:
        answers = list(pool.map(tried, attempts(seeded())))

    assert {answer.status_code for _, answer in answers} == {200}
    leaks = [(attempt, leaked(answer, attempt.body)) for attempt, answer in answers if leaked(answer, attempt.body)]
    print(f"{len(answers)} attempts, {len(leaks)} leaks")
    assert not leaks
    assert frontdesk.erp.order("20005").status.value == "placed", "and nothing was cancelled"


def test_the_facts_that_are_looked_for_are_those_that_their_owner_hears(frontdesk: Frontdesk) -> None:
    """Guards the test above: it would find a leak."""
    token = frontdesk.token(phone=PEOPLE["nora"][4])

    answer = frontdesk.post(token, {"message": "where is my order?"})

    assert {"duffel", "7712 3456 0098"} <= leaked(answer, {})


def test_anothers_messages_cannot_be_fetched(frontdesk: Frontdesk) -> None:
    nora, gus = frontdesk.token(phone=PEOPLE["nora"][4]), frontdesk.token(phone=PEOPLE["gus"][4])
    frontdesk.say(nora, "where is my order?")

    for query in ({"sender": subject(nora)}, {"conversation": conversation_of(nora)}, {}):
        answer = requests.get(
            f"{frontdesk.servers.url}/webhooks/rest/messages",
            params={"after": 0, **query},
            headers={"Authorization": f"Bearer {gus}"},
            timeout=TIMEOUT_SECONDS,
        )
        assert "duffel" not in answer.text
