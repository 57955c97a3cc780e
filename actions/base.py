"""The base of all actions: it knows who speaks, never raises, and never stays silent."""

from __future__ import annotations

import json
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, EventType, FollowupAction, SlotSet, UserUttered
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.words import Fill, Fills, Words
from middleware import bootstrap, settings
from middleware.bootstrap import Middleware
from middleware.correlation import correlation
from middleware.documents.store import Document
from middleware.errors import Conflict, FrontdeskError, NotAllowed, NotFound, Reason, Unknown
from middleware.identity import Who

log = logging.getLogger(__name__)

PLACEHOLDER = re.compile(r"\{(\w+)\}")
LISTEN = "action_listen"
ASK_FOR_PROOF = "action_ask_for_proof"
CONTINUE = "action_continue"

# What a task asks: for something that it lacks, or for the yes after which it changes something. See actions/tasks.py.
DETAIL, CONFIRM = "detail", "confirm"
OF_TASKS = (DETAIL, CONFIRM)

# Why an action is refused that can be done once the customer has said more of who they are.
ANSWERED_LATER = {Reason.LEVEL, Reason.WHICH_ACCOUNT}

# What a question waits for that lists things to choose from: the action, by question.
CHOSEN_BY = {
    "which_order": "action_track_order",
    "which_account": "action_choose_account",
}

# Where nothing is asked: the task that a topic's things are for, once it was spoken of: "and September?"
NAMED_NEXT = {"invoices": "action_send_invoice"}

# Slots that say how the conversation goes, not what was asked for; the last two are Rasa's own.
PASSING = {
    "question",
    "topic",
    "wanted",
    "later",
    "contact",
    "asked_again",
    "offered_accounts",
    "requested_slot",
    "session_started_metadata",
}


class Answering(Protocol):
    """An action that asks something, and can tell whether that is being answered."""

    def __init__(self, middleware: Middleware | None = None) -> None: ...

    def name(self) -> str:
        """The action's name in domain.yml."""
        ...

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the customer's words answer what was asked."""
        ...


# The actions that are tasks, by name; actions/tasks.py fills it.
TASKS: dict[str, type[Answering]] = {}


@lru_cache(maxsize=1)
def running_middleware() -> Middleware:
    """The middleware of this process, built when it is first asked for: after the server has forked its workers."""
    return bootstrap.build(settings.load())


class Button:
    """A button under a reply.

    Args:
        title: What it says, from domain.yml or a record.
        intent: What a press means.
        entities: Values that a press brings, by entity.
    """

    def __init__(self, title: Fill, intent: str, **entities: str) -> None:
        self.title = title
        self.intent = intent
        self.entities = entities

    @property
    def source(self) -> str:
        """Where the title came from."""
        return self.title.source


class Turn:
    """What an action needs of one turn of the conversation.

    Attributes:
        who: The person, as proven.
        text: Their own words; empty if they pressed a button.
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


@dataclass(frozen=True)
class Utterance:
    """One response of domain.yml, with what fills it and what goes with it."""

    response: str
    fills: Fills
    buttons: Sequence[Button] = ()
    document: Document | None = None

    def kept(self) -> dict[str, Any]:
        """As a slot keeps it, to be said again."""
        return {
            "response": self.response,
            "fills": {name: [str(fill), fill.source] for name, fill in self.fills.items()},
            "buttons": [[str(one.title), one.source, one.intent, one.entities] for one in self.buttons],
        }

    @classmethod
    def again(cls, kept: Mapping[str, Any]) -> Utterance:
        """What a slot kept."""
        fills = {name: Fill(text, source) for name, (text, source) in kept["fills"].items()}
        buttons = [
            Button(Fill(title, source), intent, **entities) for title, source, intent, entities in kept["buttons"]
        ]
        return cls(kept["response"], fills, buttons)


class Reply:
    """What an action answers: responses of domain.yml, filled from records, and what the assistant will remember.

    Args:
        question: What the customer is asked by it, so that a yes or no is understood; a value of the slot `question`.
        then: The action that answers next; by default the turn ends, and so something must be said.
        drop: Whether what the customer was in the middle of is dropped, instead of being asked again.
        slots: Other slots to set.
    """

    def __init__(self, question: str | None = None, *, then: str = LISTEN, drop: bool = False, **slots: Any) -> None:
        self.utterances: list[Utterance] = []
        self.question = question
        self.then = then
        self.drop = drop
        self.slots = slots

    def say(
        self,
        response: str,
        fills: Fills | None = None,
        buttons: Sequence[Button] = (),
        document: Document | None = None,
    ) -> Reply:
        """Adds a response of domain.yml, its placeholders filled by name, and a document that goes with it."""
        self.utterances.append(Utterance(response, fills or {}, buttons, document))
        return self


class Action(RasaAction, ABC):
    """Base of all actions. A class `TrackOrder` is the action `action_track_order` in domain.yml and the rules.

    Attributes:
        topic: The topic that is spoken of when the action has answered; None leaves it as it was.

    Args:
        middleware: The use cases; by default the process's own.
    """

    topic: ClassVar[str | None] = None

    def __init__(self, middleware: Middleware | None = None) -> None:
        self._middleware = middleware

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action" + re.sub(r"([A-Z])", lambda match: "_" + match.group(1).lower(), type(self).__name__)

    @abstractmethod
    async def answer(self, turn: Turn) -> Reply:
        """Makes one call and chooses the reply."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Answers a turn. Whatever goes wrong becomes a sentence; the fault itself is for the log."""
        reply = await self._reply(tracker, domain)
        second = later(tracker)
        if not second:
            come_back(reply, tracker.get_slot("task"))
        for one in reply.utterances:
            utter(dispatcher, one)
        topic = {"topic": self.topic} if self.topic else {}
        kept = {"later": second} if second else {}
        slots = {"question": reply.question, **topic, **kept, **reply.slots}
        follows = what_follows(reply, slots.get("later"), tracker)
        return [*(SlotSet(name, value) for name, value in slots.items()), *follows]

    async def _reply(self, tracker: Tracker, domain: DomainDict) -> Reply:
        turn_id = (tracker.latest_message.get("metadata") or {}).get("turn")
        correlation.set(turn_id or "")
        turn: Turn | None = None
        try:
            middleware = self._middleware or running_middleware()
            who = await middleware.identity.who(tracker.sender_id, turn_id)
            wanted = resumed(tracker, self.name())
            turn = Turn(who, tracker, domain, middleware, wanted)
            chooser = None if turn.is_under_way else await chosen_by(turn)
            if chooser and chooser != self.name():
                return Reply(turn.slot("question"), then=chooser)
            reply = await self.answer(turn)
            if wanted:
                reply.slots.setdefault("wanted", None)
            if reply.utterances or reply.then != LISTEN:
                return reply
            log.error("%s said nothing (turn %s)", self.name(), turn_id)
        except FrontdeskError as error:
            log.warning("%s refused (turn %s): %s %r", self.name(), turn_id, error.system, error)
            reply = apology(error, self.topic, turn, self._question(turn) if turn else None)
            if turn and turn.who.in_turn and isinstance(error, NotAllowed) and error.reason in ANSWERED_LATER:
                reply.slots["wanted"] = turn.remembered(self.name())
            return reply
        except Exception:
            log.exception("%s failed (turn %s)", self.name(), turn_id)
            if turn and await begun_a_change(turn):
                return await without_an_answer(turn)
        return Reply().say("utter_unavailable")

    def _question(self, turn: Turn) -> str | None:
        """The open question, to be kept where this action failed: a task's only by the task itself."""
        question: str | None = turn.slot("question")
        return None if question in OF_TASKS and turn.task.get("action") != self.name() else question


def utter(dispatcher: CollectingDispatcher, one: Utterance) -> None:
    """Gives an utterance to Rasa."""
    # Rasa takes "0[" in a value for a placeholder that it couldn't fill, and then fills none.
    filled: dict[str, Any] = {name: fill.replace("0[", "0 [") for name, fill in one.fills.items()}
    # What the channel makes a file or a link of; Rasa hands it on as it is.
    attachment: Any = {"id": one.document.id, "name": one.document.name} if one.document else None
    dispatcher.utter_message(
        response=one.response,
        buttons=[
            {"title": button.title, "payload": payload(button), "source": button.source} for button in one.buttons
        ],
        attachment=attachment,
        sources={name: fill.source for name, fill in one.fills.items()},
        **filled,
    )


def come_back(reply: Reply, task: Mapping[str, Any] | None) -> None:
    """Asks once more what a task had asked, where something else was answered in between.

    A yes that comes after it is then a yes to that, and to nothing else.

    Args:
        task: What the customer was in the middle of before this turn.
    """
    if reply.drop:
        reply.slots["task"] = None
        return
    if "task" in reply.slots:
        if reply.slots["task"] is not None or not task or not task.get("suspended"):
            return
        task = reply.slots["task"] = task["suspended"]
    if task and reply.question is None and reply.then == LISTEN:
        reply.say("utter_back_to_it")
        reply.utterances.append(Utterance.again(task["asked"]))
        reply.question = task["question"]


def still_open(turn: Turn) -> str | None:
    """The open question, to be kept beside another sentence; not a task's, which asks again by itself.

    A yes that comes next may be meant for that sentence.
    """
    question: str | None = turn.slot("question")
    return None if question in OF_TASKS else question


def open_list(turn: Turn) -> str | None:
    """The open question if it lists things. One for a yes isn't told: a yes that comes later may answer another."""
    question: str | None = turn.slot("question")
    return question if question in CHOSEN_BY else None


async def chosen_by(turn: Turn) -> str | None:
    """The action that an open question waits for, if the customer's words answer it and say nothing else.

    The words alone may have been taken for something else: "the cheapest" for a wish to buy.
    """
    if turn.task and turn.slot("question") in OF_TASKS:
        return await answered_task(turn, turn.task["action"])
    if turn.slot("question") is None and turn.slot("topic") in NAMED_NEXT:
        return await answered_task(turn, NAMED_NEXT[turn.slot("topic")])
    question = open_list(turn)
    if question is None:
        return None
    try:
        if question == "which_account":
            names_one = turn.middleware.accounts.is_choice(turn.text, turn.slot("offered_accounts") or ())
        else:
            offered = turn.slot("offered_orders") or ()
            names_one = await turn.middleware.orders.is_choice(turn.who, turn.text, offered)
    except FrontdeskError:
        return None
    return CHOSEN_BY[question] if names_one else None


async def answered_task(turn: Turn, name: str) -> str | None:
    """A task's action, if the customer's words are for it and say nothing else."""
    owner = TASKS[name](turn.middleware)
    try:
        return owner.name() if await owner.is_answer(turn) else None
    except FrontdeskError:
        return None


async def without_an_answer(turn: Turn) -> Reply:
    """What is true when an action gave no answer: nothing was changed, or nobody can know yet."""
    response = "utter_broken_off" if await begun_a_change(turn) else "utter_unavailable"
    return Reply(turn.slot("question")).say(response)


async def begun_a_change(turn: Turn) -> bool:
    """Whether a fault came after a change was begun, so that nobody may say that nothing was changed."""
    try:
        return await turn.middleware.effects.touched(turn.who.correlation_id)
    except FrontdeskError:
        return False


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


def what_follows(reply: Reply, second: Mapping[str, Any] | None, tracker: Tracker) -> list[EventType]:
    """How the turn goes on after a reply: with another action, with the customer's second want, or not at all.

    The second want is put to the rules as if it were a message of its own, once the first leaves no question open.
    """
    if second is None or reply.question is not None or reply.then != LISTEN:
        # An answer ends the turn. Rules can't say so: a condition on a slot that the answer changed no longer holds.
        return [FollowupAction(reply.then)]
    metadata = tracker.latest_message.get("metadata")
    message = UserUttered(second["text"], {**second, "metadata": metadata})
    return [SlotSet("later", None), ActionExecuted(LISTEN), {**message, "metadata": metadata}]


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


def payload(button: Button) -> str:
    """A button's payload, in Rasa's form `/intent{"entity": "value"}`."""
    return f"/{button.intent}" + (json.dumps(button.entities) if button.entities else "")


def apology(error: FrontdeskError, topic: str | None, turn: Turn | None, question: str | None) -> Reply:
    """The one table from errors to replies.

    Args:
        question: The open one, which is kept where the same yes or choice can be tried again.
    """
    if turn is None:
        return Reply().say("utter_unavailable")
    team = turn.words.team()
    if isinstance(error, NotAllowed) and error.reason is Reason.LEVEL and turn.who.in_turn:
        return Reply(turn.slot("question"), then=ASK_FOR_PROOF)
    ended: dict[str, Any] = {"task": None} if question in OF_TASKS else {}
    if isinstance(error, NotFound):
        own = f"utter_not_found_{topic}"
        return Reply(**ended).say(own if turn.has(own) else "utter_not_found", team)
    if isinstance(error, Conflict):
        return Reply(**ended).say("utter_changed_meanwhile")
    if isinstance(error, Unknown):  # another yes looks up what became of it
        return Reply(question).say("utter_in_doubt", team)
    if isinstance(error, NotAllowed) and error.reason is Reason.WHICH_ACCOUNT:
        return which_account(error.accounts, turn)
    if isinstance(error, NotAllowed):
        response = {
            Reason.LEVEL: "utter_who_are_you",
            Reason.NO_PARTY: "utter_not_on_file",
            Reason.AMBIGUOUS: "utter_several_on_file",
        }[error.reason]
        return Reply().say(response, team)
    unanswered = Reply(question)  # so that the same yes or choice can be tried again
    thing = f"utter_thing_{topic}"
    if turn.has(thing):
        return unanswered.say("utter_cannot_now", {"thing": turn.phrase(thing), **team})
    return unanswered.say("utter_unavailable")


def which_account(accounts: Sequence[tuple[str, str]], turn: Turn) -> Reply:
    """Asks for which of several accounts the customer speaks. Until they have chosen, that is what is spoken of."""
    buttons = []
    for number, name in accounts:
        fills = {"account": Fill(name, "Customer.name"), "number": Fill(number, "Customer.number")}
        buttons.append(Button(turn.phrase("utter_button_account", fills), "Choose", account=number))
    offered = [list(account) for account in accounts]
    return Reply("which_account", topic="identity", offered_accounts=offered).say(
        "utter_which_account", buttons=buttons
    )
