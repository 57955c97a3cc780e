"""Every intent in every state of the conversation: something is said, nothing goes in circles or is written.

The states with their ways in stand in `grid/states.yml`, what is said to mean an intent in `grid/sentences.yml`. A new
intent, question or topic of domain.yml fails here until it has its line there; everything else follows. What answers
a question stands in `grid/answers.yml`.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from middleware import store
from middleware.erp.embedded import tables as erp
from tests.conversations.playing import dated
from tests.counts import FULL
from tests.data.shop import shop
from tests.model import DOMAIN
from tests.servers import Frontdesk, conversation_of
from tests.unit.test_domain import SAID_BY_NOBODY, plain, training_examples

GRID = Path(__file__).with_name("grid")
SENTENCES: dict[str, list[str]] = yaml.safe_load((GRID / "sentences.yml").read_text(encoding="utf-8"))
STATES: list[dict[str, Any]] = yaml.safe_load((GRID / "states.yml").read_text(encoding="utf-8"))
ANSWERS: dict[str, dict[str, str]] = yaml.safe_load((GRID / "answers.yml").read_text(encoding="utf-8"))

REFUSED = ("nlu_fallback", "Out_Of_Scope")  # either will do for letters that mean nothing
LEAVES_THE_QUESTION = {"utter_bot", "utter_known_already", "utter_back_to_it"}  # what answers something in between
TIMES = 3
AT_ONCE = 8
BACK_SECONDS = 60
FAULTS = {"utter_unavailable", "utter_cannot_now", "utter_broken_off", "utter_in_doubt"}
NOBODY = "{nobody}"


@dataclass
class Cell:
    """One intent in one state: a conversation of its own.

    Attributes:
        again: Whether the sentence is said again and again, to see whether it goes in circles.
        asks_for_a_yes: Whether the assistant asked for a yes when it spoke last.
        heard: How many replies there were on the way in.
        replies: To each time that the sentence was said, in order.
    """

    intent: str
    sentence: str
    state: dict[str, Any]
    token: str
    again: bool = False
    heard: int = 0
    replies: list[list[dict[str, Any]]] = field(default_factory=list)

    asks_for_a_yes: bool = False

    @property
    def is_yes_to_a_change(self) -> bool:
        """Whether it is the one that may write."""
        return self.intent == "Affirm" and "a_yes_writes" in self.state


# The tables are whole


def test_every_intent_has_sentences() -> None:
    lacking = {*DOMAIN["intents"], "nlu_fallback"} - SAID_BY_NOBODY - set(SENTENCES)

    assert not lacking, f"say in grid/sentences.yml what customers say for {', '.join(sorted(lacking))}"


@pytest.mark.parametrize("slot", ["question", "topic"])
def test_every_question_and_topic_has_a_way_in(slot: str) -> None:
    lacking = set(DOMAIN["slots"][slot]["values"]) - {state["is"].get(slot) for state in STATES}

    assert not lacking, f"add a state to grid/states.yml that gets to the {slot} {', '.join(sorted(lacking))}"


def test_every_answer_belongs_to_a_state() -> None:
    assert set(ANSWERS) <= {state["state"] for state in STATES}


def test_no_sentence_is_in_the_training_data() -> None:
    trained = {plain(text) for _, text in training_examples()}

    assert not [one for sentences in SENTENCES.values() for one in sentences if plain(one) in trained]


def test_every_sentence_is_understood(frontdesk: Frontdesk) -> None:
    def understood(said: tuple[str, str]) -> str:
        token = frontdesk.token()
        frontdesk.say(token, said[1])
        [message] = events(frontdesk, token, "user")
        return str(message["parse_data"]["intent"]["name"])

    pairs = [(intent, one) for intent, sentences in SENTENCES.items() for one in sentences]
    found = zip(pairs, at_once(understood, pairs), strict=True)

    wrong = [(pair, name) for pair, name in found if name != pair[0] and not {name, pair[0]} <= set(REFUSED)]
    assert not wrong


# The grid


@pytest.mark.parametrize("state", STATES, ids=[state["state"] for state in STATES])
def test_every_intent_is_answered_and_nothing_is_written(frontdesk: Frontdesk, state: dict[str, Any]) -> None:
    frontdesk.lay_anew()
    cells = cells_of(state, frontdesk)
    come_in(cells, state, frontdesk)
    before = orders(frontdesk)
    quiet = [cell for cell in cells if not cell.is_yes_to_a_change and "an_answer_writes" not in state]

    at_once(lambda cell: say(cell, frontdesk), quiet)

    assert orders(frontdesk) == before
    if "an_answer_writes" in state:
        for cell in cells:
            say(cell, frontdesk)
            frontdesk.lay_anew()
    if "a_yes_writes" in state:
        for cell in cells:
            end_with_a_yes(cell, frontdesk)
            frontdesk.lay_anew()
    assert [complaint for cell in cells for complaint in complaints(cell, frontdesk)] == []


def cells_of(state: dict[str, Any], frontdesk: Frontdesk) -> list[Cell]:
    """A state with every intent, one sentence each, every third again and again; in the full grid all sentences.

    Where nothing is asked, every third intent is enough but in the full grid.
    """
    place, asks = STATES.index(state), "question" in state["is"]
    return [
        Cell(intent, sentence, state, frontdesk.token(**state["as"]), again=FULL or (place + index) % 3 == 0)
        for index, (intent, sentences) in enumerate(SENTENCES.items())
        for sentence in (sentences if FULL else [sentences[place % len(sentences)]])
        if FULL or asks or (place + index) % 3 == 0
    ]


def come_in(cells: Sequence[Cell], state: dict[str, Any], frontdesk: Frontdesk) -> None:
    """Brings every cell's conversation into the state, and shows that it is there."""
    up = len(state["says"]) - state.get("down", 0)

    def lead(says: Sequence[str]) -> Callable[[Cell], None]:
        def go(cell: Cell) -> None:
            for text in says:
                frontdesk.say(cell.token, text.replace(NOBODY, f"{uuid.uuid4().hex}@example.com"))

        return go

    at_once(lead(state["says"][:up]), cells)
    if "down" in state:
        with erp_down(frontdesk):
            at_once(lead(state["says"][up:]), cells)
        wait_for_erp(frontdesk)
    wanted = {name: state["is"].get(name) for name in ("question", "topic")}
    for cell in cells:
        found = slots(frontdesk, cell.token)
        assert {name: found.get(name) for name in wanted} == wanted
        cell.heard = len(responses(frontdesk, cell.token))


def say(cell: Cell, frontdesk: Frontdesk) -> None:
    """Says the cell's sentence."""
    for _ in range(TIMES if cell.again else 1):
        cell.replies.append(frontdesk.say(cell.token, cell.sentence))


def end_with_a_yes(cell: Cell, frontdesk: Frontdesk) -> None:
    """Says yes at last: it may change something only where just that was asked once more in the same breath."""
    if cell.is_yes_to_a_change:
        say(cell, frontdesk)
        return
    found = slots(frontdesk, cell.token)
    last = responses(frontdesk, cell.token)[-1]
    cell.asks_for_a_yes = found.get("question") == "confirm" and last == found["task"]["asked"]["response"]
    frontdesk.say(cell.token, "yes")


def complaints(cell: Cell, frontdesk: Frontdesk) -> Iterator[str]:
    """What is wrong with a cell, in sentences."""
    name = f"{cell.intent} ({cell.sentence})"
    if not all(any(reply.get("text") for reply in replies) for replies in cell.replies):
        yield f"{name} wasn't answered"
    faults = FAULTS.intersection(responses(frontdesk, cell.token)[cell.heard :])
    if faults:
        yield f"{name} was answered with {faults}"
    if is_loop(cell, frontdesk):
        yield f"{name} got the same question again and again: {cell.replies[-1]}"
    made = changes(frontdesk, cell.token)
    may_write = cell.asks_for_a_yes or "an_answer_writes" in cell.state
    allowed = [["done"]] if cell.is_yes_to_a_change else [["done"], []] if may_write else [[]]
    if made not in allowed:
        yield f"{name} led to the changes {made}"


def is_loop(cell: Cell, frontdesk: Frontdesk) -> bool:
    """Whether a question waits that was asked every time in the same words, and nothing else was offered."""
    last = cell.replies[-1]
    if len(cell.replies) < TIMES or any(replies != last for replies in cell.replies):
        return False
    said_last = set(responses(frontdesk, cell.token)[-len(last) :])
    if not slots(frontdesk, cell.token).get("question") or said_last & LEAVES_THE_QUESTION:
        return False
    company = frontdesk.settings.company
    said = " ".join(reply.get("text", "") for reply in last)
    return not any(reply.get("buttons") for reply in last) and company.phone not in said and company.email not in said


# What makes no sense

SENSELESS = {
    "emoji": "🦊🎈🦊",
    "another script": "здравствуйте что это такое",
    "a third script": "مرحبا كيف الحال اليوم",
    "a very long word": "a" * 4000,
    "a very long text": ("wrong size blue 5 from october please not that one " * 100)[:4000],
    "signs": "?!?!... --- ;;; '' \" {} [] <script>",
}


@pytest.mark.parametrize(
    "state",
    [state for state in STATES if "question" in state["is"] and not {"an_answer_writes", "down"} & set(state)],
    ids=lambda one: one["state"],
)
def test_what_makes_no_sense_is_answered_and_writes_nothing(frontdesk: Frontdesk, state: dict[str, Any]) -> None:
    frontdesk.lay_anew()
    cells = [Cell("", text, state, frontdesk.token(**state["as"])) for text in SENSELESS.values()]
    come_in(cells, state, frontdesk)
    before = orders(frontdesk)

    at_once(lambda cell: say(cell, frontdesk), cells)

    assert orders(frontdesk) == before
    assert [complaint for cell in cells for complaint in complaints(cell, frontdesk)] == []


# Answers


@pytest.mark.parametrize(
    "state", [state for state in STATES if state["state"] in ANSWERS], ids=lambda one: one["state"]
)
def test_an_answer_wins_right_after_its_question(frontdesk: Frontdesk, state: dict[str, Any]) -> None:
    frontdesk.lay_anew()
    answers = {dated(text, frontdesk): dated(reply, frontdesk) for text, reply in ANSWERS[state["state"]].items()}
    cells = [Cell("", text, state, frontdesk.token(**state["as"])) for text in answers]
    come_in(cells, state, frontdesk)

    replies = at_once(lambda cell: [one["text"] for one in frontdesk.say(cell.token, cell.sentence)], cells)

    found = dict(zip(answers, replies, strict=True))
    assert {text: said for text, said in found.items() if not any(one.startswith(answers[text]) for one in said)} == {}


# What is asked of the system


def at_once(work: Callable[[Any], Any], things: Sequence[Any]) -> list[Any]:
    """Does it with all of them, several at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, things))


def events(frontdesk: Frontdesk, token: str, kind: str) -> list[dict[str, Any]]:
    """A conversation's events of a kind, as Rasa keeps them."""
    engine = sa.create_engine(f"sqlite:///{frontdesk.environment['TRACKER_DB']}")
    query = sa.text("SELECT data FROM events WHERE sender_id = :who AND type_name = :kind ORDER BY id")
    with engine.connect() as connection:
        found = connection.execute(query, {"who": conversation_of(token), "kind": kind}).scalars()
        return [json.loads(data) for data in found]


def slots(frontdesk: Frontdesk, token: str) -> dict[str, Any]:
    """A conversation's slots as they are now."""
    return {event["name"]: event["value"] for event in events(frontdesk, token, "slot")}


def responses(frontdesk: Frontdesk, token: str) -> list[str]:
    """The responses that the assistant has said in a conversation, in order."""
    query = (
        sa.select(store.messages.c.payload)
        .where(store.messages.c.conversation_id == conversation_of(token), store.messages.c.author == "bot")
        .order_by(store.messages.c.sequence)
    )
    with frontdesk.engine.connect() as connection:
        return [payload.get("response", "") for payload in connection.execute(query).scalars()]


def changes(frontdesk: Frontdesk, token: str) -> list[str]:
    """How the changes stand that a conversation has begun; a lead that is kept is one that is done."""
    operations = store.operations
    query = sa.select(operations.c.state).where(
        operations.c.conversation_id == conversation_of(token), operations.c.state != "proposed"
    )
    leads = sa.select(store.leads.c.number).where(store.leads.c.conversation_id == conversation_of(token))
    with frontdesk.engine.connect() as connection:
        begun = list(connection.execute(query).scalars())
        return [*begun, *("done" for _ in connection.execute(leads))]


def orders(frontdesk: Frontdesk) -> list[Any]:
    """All that a change could touch in the ERP, and of tickets in the CRM."""
    tables = (erp.orders, erp.order_lines, erp.changes, erp.stock, erp.reservations, erp.returns)
    numbers = [frontdesk.inside.number(row["number"]) for row in shop(frontdesk.now).tickets]
    with frontdesk.engine.connect() as connection:
        rows = [connection.execute(sa.select(table).order_by(*table.primary_key)).all() for table in tables]
    return [*rows, *((frontdesk.crm.ticket(one).is_open, frontdesk.inside.comments(one)) for one in numbers)]


@contextmanager
def erp_down(frontdesk: Frontdesk) -> Iterator[None]:
    """The ERP finds none of its orders' table."""
    rename = "ALTER TABLE {} RENAME TO {}".format
    with frontdesk.engine.begin() as connection:
        connection.exec_driver_sql(rename("erp_orders", "gone"))
    try:
        yield
    finally:
        with frontdesk.engine.begin() as connection:
            connection.exec_driver_sql(rename("gone", "erp_orders"))


def wait_for_erp(frontdesk: Frontdesk) -> None:
    """Waits until the assistant asks the ERP again, which it lets alone for a while after failures."""
    deadline = time.monotonic() + BACK_SECONDS
    while time.monotonic() < deadline:
        token = frontdesk.token(phone="+12015550155")
        frontdesk.say(token, "where is my order?")
        if not FAULTS.intersection(responses(frontdesk, token)):
            return
        time.sleep(1)
    raise AssertionError("the ERP isn't asked again")
