"""Why a person is wanted, told apart by the customer's words and by what the assistant said before."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from actions.base import OF_TASKS, PERSON
from actions.turn import Turn
from actions.words import Fill
from middleware.contacts import contact_in
from middleware.handoff_records import Plea, Reason, Understood
from middleware.handoff_rules import HandoffRule

MOST_MESSAGES = 8  # of the customer's, that the people see with what was understood of them

COMPLAINT = re.compile(
    r"\b(?:complain\w*|complaints?|unacceptable|outrag\w+|disgust\w+|disgrace\w*|disappoint\w+|dissap+oint\w+|unhappy"
    r"|angry|furious|fed up|annoy\w+|frustrat\w+|sick (?:and tired )?of|had enough|terrible|horrible|awful|worst"
    r"|rubbish|crap\w*|pathetic|useless|ridiculous|nonsense|stupid|dumb|idiots?|jokes?|joking|shame|rude\w*|lie[ds]?|liars?"
    r"|lying|cheat\w*|scam\w*|fraud\w*|rip+ed|rip[- ]?off|stole\w*|waste of|apolog\w+|wtf|f+u+c+k\w*|sh[i1]t\w*|damn"
    r"|bloody|suck\w*|hate|shut up|report you|never again|not helpful|0 stars|zero stars"
    r"|wrong(?:ly)? (?:charge\w*|amount|billed)"
    r"|(?:charged?|billed|debited) (?:me |us )?(?:twice|two times|double|wrong\w*)"
    r"|overcharged?|double[- ]charged)\b|[😠😡🤬👿]",
    re.IGNORECASE,
)

ASKS_WHERE = re.compile(
    r"\b(?:(?:phone|telephone|service|support|whatsapp|care|help ?desk) numbers?"
    r"|number (?:to (?:call|ring)|for|of|where)|what(?:'?s| is) (?:the|your) number|hot ?line|phone line|e-?mail"
    r"|by phone|(?:can|could|may) i (?:call|ring|phone)|i can (?:call|ring|phone)|contact details)\b",
    re.IGNORECASE,
)
WANTS_ONE = re.compile(
    r"\b(?:talk|speak|chat|human|agent|real|manager|supervisor|(?:call|ring|phone) me)\b", re.IGNORECASE
)

# What the assistant said before, when somebody takes up its offer of a person.
FAILURES = frozenset({"utter_in_doubt", "utter_cannot_now", "utter_broken_off", "utter_unavailable"})
MISUNDERSTANDINGS = frozenset(
    {"utter_not_understood", "utter_which_of_two", "utter_not_understood_twice", "utter_out_of_scope_twice"}
    | {"utter_task_way_out", "utter_task_ways_out", "utter_proof_way_out", "utter_sent_again"}
)
WITHOUT_A_TOPIC = ("greeting", "smalltalk", "identity")


def plea(turn: Turn, rule: HandoffRule | None) -> Plea:
    """Why this customer wants a person now.

    Args:
        rule: The rule of assistant.yml that demands one; None if none does.
    """
    return Plea(
        reason=Reason.RULE if rule else reason(turn),
        note=rule.name if rule else "",
        is_urgent=bool(rule and rule.urgent),
        wanted=wanted(turn),
        reach=turn.text if reached_at(turn) else "",
        understood=[understood(turn, *message) for message in turn.messages(MOST_MESSAGES)],
    )


def reached_at(turn: Turn) -> str | None:
    """The phone number or e-mail address in the customer's words."""
    return contact_in(turn.text, turn.middleware.settings.company.country)


def asks_where(text: str) -> bool:
    """Whether somebody just asks for the number or the address, and neither complains nor wants a person here."""
    return bool(ASKS_WHERE.search(text)) and not COMPLAINT.search(text) and not WANTS_ONE.search(text)


def reason(turn: Turn) -> Reason:
    """A complaint by its words; otherwise what went wrong before, or that it was asked for."""
    if COMPLAINT.search(turn.text):
        return Reason.COMPLAINT
    before = turn.responses_before()
    if before & FAILURES or turn.was_left_without_an_answer():
        return Reason.FAILED
    return Reason.NOT_UNDERSTOOD if before & MISUNDERSTANDINGS else Reason.ASKED


def wanted(turn: Turn) -> str:
    """What the customer and the assistant were in the middle of, for the people; empty if nothing."""
    topic = turn.slot("topic")
    about = "" if topic in WITHOUT_A_TOPIC else f"About {topic}" if topic else ""
    waits = turn.slot("wanted")
    if waits and waits["text"]:
        return f"“{waits['text']}”, which waits until it is clear who asks"
    asked = question_asked(turn)
    return ", ".join(part for part in (about, f"the assistant had asked “{asked}”" if asked else "") if part)


def question_asked(turn: Turn) -> str:
    """The open question as the customer read it; empty if none is open."""
    if turn.task:
        asked = turn.task["asked"]
        fills = {name: Fill(text, source) for name, (text, source) in asked["fills"].items()}
        return str(turn.phrase(asked["response"], fills))
    said = turn.said_before()
    return str(said[-1].get("text") or "") if said and turn.slot("question") not in (None, PERSON) else ""


def question_before(turn: Turn) -> dict[str, Any] | None:
    """The open question, to be asked again after the people; None if none is open, or a task asks it by itself."""
    question, said = turn.slot("question"), turn.said_before()
    if not said or question in (None, PERSON, *OF_TASKS):
        return None
    return {"question": question, "asked": kept(said[-1])}


def kept(said: Mapping[str, Any]) -> dict[str, Any]:
    """What the assistant has said, as `Utterance.again` takes it; a response's own buttons come by themselves."""
    metadata = said["metadata"]
    buttons = [one for one in (said.get("data") or {}).get("buttons") or () if "source" in one]
    return {
        "response": metadata["utter_action"],
        "fills": {name: [metadata[name], source] for name, source in (metadata.get("sources") or {}).items()},
        "buttons": [[one["title"], one["source"], *meant(one["payload"])] for one in buttons],
    }


def meant(payload: str) -> tuple[str, dict[str, str]]:
    """The intent and the entities of a button's payload."""
    intent, brace, entities = payload.removeprefix("/").partition("{")
    return intent, json.loads(brace + entities) if entities else {}


def wordless(message: Mapping[str, Any]) -> str:
    """What people read in the place of a message that isn't words; empty if it is."""
    kind = (message.get("metadata") or {}).get("kind")
    return f"({kind})" if kind and (message.get("text") or "").startswith("/") else ""


def understood(turn: Turn, message: Mapping[str, Any], action: str) -> Understood:
    """What was made of one message."""
    parsed = message.get("parse_data") or {}
    intent = parsed.get("intent") or {}
    entities = {one["entity"]: str(one["value"]) for one in reversed(parsed.get("entities") or ())}
    return Understood(
        text=wordless(message) or turn.as_read(message.get("text") or ""),
        intent=intent.get("name") or "",
        confidence=float(intent.get("confidence") or 0.0),
        entities=entities,
        action=action,
    )
