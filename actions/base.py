"""The base of all actions: it knows who speaks, never raises, and never stays silent."""

from __future__ import annotations

import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, EventType, FollowupAction, SlotSet, UserUttered
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.replies import Button, Reply, Utterance, utter
from actions.turn import LISTEN, Turn, later, resumed
from actions.words import Fill, Fills
from middleware import bootstrap, settings
from middleware.bootstrap import Middleware
from middleware.correlation import correlation
from middleware.errors import Conflict, FrontdeskError, NotAllowed, NotFound, Reason, Unknown
from middleware.handoff_demands import Heard
from middleware.tickets import number_in

log = logging.getLogger(__name__)

ASK_FOR_PROOF = "action_ask_for_proof"
HAND_OVER = "action_hand_over"

# The question whether to bring in a person.
PERSON = "person"

# What a task asks: for something that it lacks, or for the yes after which it changes something. See actions/tasks.py.
DETAIL, CONFIRM = "detail", "confirm"
OF_TASKS = (DETAIL, CONFIRM)

# Why an action is refused that can be done once the customer has said more of who they are.
ANSWERED_LATER = {Reason.LEVEL, Reason.WHICH_ACCOUNT}

# What a question waits for that lists things to choose from: the action, by question.
CHOSEN_BY = {
    "which_order": "action_track_order",
    "which_account": "action_choose_account",
    "which_ticket": "action_ticket_status",
}

# What comes with words beside it, which are answered; it may show that something is wrong.
SHOWS = ("image", "document", "video")

# What is wanted of the order last spoken of, if none is named.
ABOUT_ORDERS = frozenset(
    {"Order_Tracking", "Order_Modification", "Order_Cancel", "Return_Request", "Return_Window", "Refund_Status"}
)

# Where nothing is asked: the task that a topic's things are for, once it was spoken of: "and September?"
NAMED_NEXT = {"invoices": "action_send_invoice"}


class Answering(Protocol):
    """An action that asks something, and can tell whether that is being answered. `topic`: as for `Action`."""

    topic: ClassVar[str | None]

    def __init__(self, middleware: Middleware | None = None) -> None: ...

    def name(self) -> str:
        """The action's name in domain.yml."""
        ...

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the customer's words answer what was asked."""
        ...

    async def is_begun(self, turn: Turn) -> bool:
        """Whether the customer's words begin it, whatever they were taken for."""
        ...


# The actions that are tasks, by name; actions/tasks.py fills it.
TASKS: dict[str, type[Answering]] = {}


@lru_cache(maxsize=1)
def running_middleware() -> Middleware:
    """The middleware of this process, built when it is first asked for: after the server has forked its workers."""
    return bootstrap.build(settings.load())


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
        for one in [*beside(reply, self.name(), tracker), *reply.utterances]:
            utter(dispatcher, one)
        topic = {"topic": self.topic} if self.topic else {}
        kept = {"later": second} if second else {}
        passed = {"interrupted": None} if tracker.get_slot("interrupted") else {}
        slots = {"question": reply.question, **topic, **kept, **passed, **reply.slots}
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
            if self.name() != HAND_OVER and not turn.is_under_way and await is_for_people(turn):
                return Reply(turn.slot("question"), then=HAND_OVER)
            chooser = None if turn.is_under_way else await chosen_by(turn)
            if chooser and chooser != self.name():
                return Reply(turn.slot("question"), then=chooser, topic=turn.slot("topic"))
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
    if task and reply.question in (None, PERSON) and reply.then == LISTEN and not reply.keep:
        reply.say("utter_back_to_it")
        reply.utterances.append(Utterance.again(task["asked"]))
        reply.question = task["question"]


def beside(reply: Reply, action: str, tracker: Tracker) -> list[Utterance]:
    """Says first that the bot goes by the words beside a picture alone; to a person it goes with the conversation."""
    kind = (tracker.latest_message.get("metadata") or {}).get("kind")
    is_first = tracker.latest_action_name in (None, LISTEN)
    has_words = not (tracker.latest_message.get("text") or "").startswith("/")
    if kind not in SHOWS or not is_first or not has_words or HAND_OVER in (action, reply.then):
        return []
    return [Utterance(f"utter_beside_{kind}", {})]


def heard(turn: Turn) -> Heard:
    """The customer's message as the rules look at it that say what is for a person at once."""
    spoken_of = turn.slot("order_number") if turn.intent in ABOUT_ORDERS else None
    return Heard(text=turn.text, intent=turn.intent, order_number=turn.entity("order_number") or spoken_of)


async def is_for_people(turn: Turn) -> bool:
    """Whether a rule of assistant.yml wants a person for this, and none was asked for yet, or not as urgently."""
    try:
        rule = await turn.middleware.demands.met(turn.who, heard(turn))
        if rule is None:
            return False
        standing = await turn.middleware.handoffs.standing(turn.who.conversation_id)
    except FrontdeskError:
        return False
    return standing is None or (rule.urgent and not standing.handoff.is_urgent)


def offer_person(turn: Turn, response: str, fills: Fills | None = None, **slots: Any) -> Reply:
    """Says something that asks whether to bring in a person."""
    person = Button(turn.phrase("utter_suggest_Human_Handoff"), "Human_Handoff")
    return Reply(PERSON, **slots).say(response, fills, [person])


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


def told_list(turn: Turn) -> str | None:
    """The question that a list would have asked which was told and not asked about: "the router one"."""
    is_told = turn.slot("question") is None and turn.slot("topic") == "tickets" and turn.slot("offered_tickets")
    return "which_ticket" if is_told else None


def names_ticket(turn: Turn) -> bool:
    """Whether a ticket's number stands in the customer's words, and no order's."""
    return number_in(turn.text) is not None and turn.entity("order_number") is None


async def chosen_by(turn: Turn) -> str | None:
    """The action that an open question waits for, if the customer's words answer it and say nothing else.

    The words alone may have been taken for something else: "the cheapest" for a wish to buy.
    """
    if turn.task and turn.slot("question") in OF_TASKS:
        return await answered_task(turn, turn.task["action"]) or await begun_task(turn)
    begun = await begun_task(turn)
    if begun:
        return begun
    if turn.slot("question") is None and turn.slot("topic") in NAMED_NEXT:
        return await answered_task(turn, NAMED_NEXT[turn.slot("topic")])
    question = open_list(turn) or told_list(turn)
    if question is None:
        return None
    try:
        if question == "which_account":
            names_one = turn.middleware.accounts.is_choice(turn.text, turn.slot("offered_accounts") or ())
        elif question == "which_ticket":
            offered = turn.slot("offered_tickets") or ()
            names_one = names_ticket(turn) or await turn.middleware.tickets.is_choice(turn.who, turn.text, offered)
        else:
            offered = turn.slot("offered_orders") or ()
            names_one = await turn.middleware.orders.is_choice(turn.who, turn.text, offered)
    except FrontdeskError:
        return None
    return CHOSEN_BY[question] if names_one else None


async def answered_task(turn: Turn, name: str) -> str | None:
    """A task's action, if the customer's words are for it and say nothing else."""
    task = TASKS.get(name)
    if task is None:  # begun before a change of this program
        return None
    try:
        return name if await task(turn.middleware).is_answer(turn) else None
    except FrontdeskError:
        return None


async def begun_task(turn: Turn) -> str | None:
    """The task's action that the customer's words begin, whatever they were taken for."""
    for name, task in TASKS.items():
        try:
            if await task(turn.middleware).is_begun(turn):
                return name
        except FrontdeskError:
            continue
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


def what_follows(reply: Reply, second: Mapping[str, Any] | None, tracker: Tracker) -> list[EventType]:
    """How the turn goes on after a reply: with another action, with the customer's second want, or not at all.

    The second want is put to the rules as if it were a message of its own, once the first leaves no question open.
    """
    if second is None or reply.question is not None or reply.then != LISTEN:
        # An answer ends the turn. Rules can't say so: a condition on a slot that the answer changed no longer holds.
        return [FollowupAction(reply.then)]
    metadata = {**(tracker.latest_message.get("metadata") or {}), "kind": ""}
    message = UserUttered(second["text"], {**second, "metadata": metadata})
    return [SlotSet("later", None), ActionExecuted(LISTEN), {**message, "metadata": metadata}]


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
        return Reply(question).say("utter_in_doubt")
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
        return unanswered.say("utter_cannot_now", {"thing": turn.phrase(thing)})
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
