"""One turn of a conversation as actions see it: who speaks, what was understood, and the words to answer in."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker

from actions.words import Fill, Fills, Words
from middleware.bootstrap import Middleware
from middleware.identity import Who
from middleware.sentences import PLACEHOLDER

LISTEN = "action_listen"

# Slots that say how the conversation goes, not what was asked for; the last two are Rasa's own.
PASSING = {
    "question",
    "topic",
    "wanted",
    "later",
    "contact",
    "asked_again",
    "interrupted",
    "offered_accounts",
    "requested_slot",
    "session_started_metadata",
}


class Turn:
    """What an action needs of one turn of the conversation.

    Attributes:
        who: The person, as proven.
        text: Their own words; empty if they pressed a button. Of two wants in them, the first.
        whole_text: The same with the second want.
        intent: The intent of the customer's message.
        middleware: The use cases.
        words: The company's ways of writing days, lists and things.

    Args:
        wanted: What was asked for earlier and is answered only now; its text, intent, entities and slots then stand in
            for this message's. See `remembered`.
    """

    def __init__(
        self,
        who: Who,
        tracker: Tracker,
        domain: Mapping[str, Any],
        middleware: Middleware,
        wanted: Mapping[str, Any] | None = None,
    ) -> None:
        self.who = who
        self.middleware = middleware
        self.words = Words(middleware.settings, middleware.clock())
        self._tracker = tracker
        self._domain = domain
        message = wanted or said(tracker)
        self.text: str = message["text"]
        parts = () if wanted else tracker.latest_message.get("wants") or ()
        self.whole_text: str = "".join(part["text"] for part in parts) or self.text
        self.intent: str = message["intent"]
        self._entities: Mapping[str, str] = message["entities"]
        self._slots: Mapping[str, Any] = {**tracker.slots, **message["slots"]}

    def remembered(self, action: str) -> dict[str, Any]:
        """What is asked for in this turn, as the slot `wanted` keeps it until it can be answered.

        Args:
            action: What will answer it.
        """
        slots = {name: value for name, value in self._slots.items() if value is not None and name not in PASSING}
        return {
            "action": action,
            "text": self.text,
            "intent": self.intent,
            "entities": dict(self._entities),
            "slots": slots,
        }

    @property
    def confidence(self) -> float:
        """How sure the intent of the customer's message is, from 0 to 1."""
        return float(understood(self._tracker).get("intent", {}).get("confidence") or 0.0)

    @property
    def likely_intents(self) -> Mapping[str, float]:
        """The intents and how likely they are, the likeliest first."""
        return {one["name"]: one["confidence"] for one in understood(self._tracker).get("intent_ranking", ())}

    @property
    def kind(self) -> str:
        """What the customer has sent, if it isn't just a text: an image, a voice message, a place; else empty."""
        return str((self._tracker.latest_message.get("metadata") or {}).get("kind") or "")

    @property
    def answered_ticket(self) -> str | None:
        """The ticket that a person has just answered on, in whose place this turn is; empty if it is nobody's."""
        number: str | None = (self._tracker.latest_message.get("metadata") or {}).get("answered")
        return number

    @property
    def faq(self) -> str:
        """The response that answers the customer's common question; empty if there is none."""
        selected = understood(self._tracker).get("response_selector", {}).get("faq", {}).get("response", {})
        return selected.get("utter_action") or ""

    def entity(self, name: str) -> str | None:
        """The value of an entity in this very message."""
        return self._entities.get(name)

    def slot(self, name: str) -> Any:
        """The value of a slot."""
        return self._slots.get(name)

    @property
    def task(self) -> Mapping[str, Any]:
        """What the customer and the assistant are in the middle of, as its action keeps it; empty if nothing."""
        return self.slot("task") or {}

    @property
    def second_want(self) -> str:
        """What else is asked for in the same message, in the customer's words; empty if nothing is."""
        second = later(self._tracker)
        return str(second["text"]) if second else ""

    @property
    def is_under_way(self) -> bool:
        """Whether another action ran for this very message before."""
        return self._tracker.latest_action_name not in (None, LISTEN)

    def silent(self) -> Turn:
        """The same turn, as if the customer hadn't said anything in it."""
        other = copy(self)
        other.text, other.intent, other._entities = "", "", {}
        return other

    def actions_before(self) -> set[str]:
        """The actions that answered the customer's message before this one."""
        ran: set[str] = set()
        messages_back = 0
        for event in reversed(self._tracker.events):
            if event["event"] == "user":
                messages_back += 1
            elif event["event"] == "action" and messages_back == 1:
                ran.add(event["name"])
            if messages_back == 2:
                break
        return ran

    def said_before(self) -> list[Mapping[str, Any]]:
        """What the assistant said in answer to the message before this one, as Rasa keeps it, in order."""
        said: list[Mapping[str, Any]] = []
        messages_back = 0
        for event in reversed(self._tracker.events):
            if event["event"] == "user":
                messages_back += 1
            elif event["event"] == "bot" and messages_back == 1:
                said.insert(0, event)
            if messages_back == 2:
                break
        return said

    def responses_before(self) -> set[str]:
        """The names of the responses that answered the message before this one."""
        return {(event.get("metadata") or {}).get("utter_action", "") for event in self.said_before()}

    def was_left_without_an_answer(self) -> bool:
        """Whether nothing answered the message before this one, so that the channel had to apologise."""
        return sum(event["event"] == "user" for event in self._tracker.events) > 1 and not self.said_before()

    def messages(self, most: int) -> list[tuple[Mapping[str, Any], str]]:
        """The customer's last messages, oldest first, each as Rasa understood it, and the action that answered it.

        Args:
            most: How many at most.
        """
        found: list[tuple[Mapping[str, Any], str]] = []
        action = ""
        for event in reversed(self._tracker.events):
            if event["event"] == "action" and event["name"] != LISTEN:
                action = event["name"]
            elif event["event"] == "user":
                found.insert(0, (event, action))
                action = ""
            if len(found) == most:
                break
        return found

    def as_read(self, text: str) -> str:
        """A message of the customer's as they remember it: of a pressed button, what stood on it."""
        if not text.startswith("/"):
            return text
        said = (event for event in reversed(self._tracker.events) if event["event"] == "bot")
        buttons = (button for event in said for button in (event.get("data") or {}).get("buttons") or ())
        return next((str(button["title"]) for button in buttons if button["payload"] == text), text)

    def at_time(self, when: datetime, source: str) -> Fill:
        """A time of day in the company's zone, with its day: "16:42 today"."""
        time = self.words.time(when, source)
        if self.words.is_today(when):
            return self.phrase("utter_time_today", {"time": time})
        return self.phrase("utter_time_on_day", {"time": time, "day": self.words.day(when, source)})

    def has(self, response: str) -> bool:
        """Whether domain.yml has a response of this name."""
        return response in self._domain["responses"]

    def phrase(self, response: str, fills: Fills | None = None) -> Fill:
        """A response of domain.yml, filled, to stand inside another one or on a button."""
        text: str = self._domain["responses"][response][0]["text"]
        fills = fills or {}
        filled = PLACEHOLDER.sub(lambda match: fills[match.group(1)], text)
        return Fill(filled, ",".join(fill.source for fill in fills.values()) or response)


def understood(tracker: Tracker) -> Mapping[str, Any]:
    """What is understood of the customer's message: of two wants in it, the first. See nlu/wants.py."""
    first: Mapping[str, Any]
    first, *_ = tracker.latest_message.get("wants") or [tracker.latest_message]
    return first


def later(tracker: Tracker) -> Mapping[str, Any] | None:
    """The second of two wants that came in one message: this one, or one whose first want isn't done with."""
    wants = tracker.latest_message.get("wants")
    second: Mapping[str, Any] | None = wants[1] if wants else tracker.get_slot("later")
    return second


def said(tracker: Tracker) -> dict[str, Any]:
    """What the customer says in this turn: text (empty if they pressed a button), intent and entities; no slots."""
    message = understood(tracker)
    typed: str = message.get("text") or ""
    entities: dict[str, str] = {}
    for one in message.get("entities") or ():
        entities.setdefault(one["entity"], one["value"])
    return {
        "text": "" if typed.startswith("/") else typed,
        "intent": message.get("intent", {}).get("name") or "",
        "entities": entities,
        "slots": {},
    }


def resumed(tracker: Tracker, action: str) -> Mapping[str, Any] | None:
    """What was asked of an action before, if it is now its turn to answer that: another one went before it."""
    wanted: Mapping[str, Any] | None = tracker.get_slot("wanted")
    if wanted and wanted["action"] == action and tracker.latest_action_name not in (None, LISTEN):
        return wanted
    return None
