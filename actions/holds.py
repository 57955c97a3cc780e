"""What a customer does with stock that is held for them: sees it, has it kept longer, gives it back, orders it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from actions.leads import CaptureLead
from actions.replies import Button, Reply, Utterance
from actions.stock_words import about_hold, promised
from actions.tasks import Frame, Task
from actions.turn import Turn
from middleware.choice import Candidate, Choice, choose, says_more, words
from middleware.hold_words import orders_a_hold
from middleware.holding import NoLonger, Over, Release
from middleware.records import Hold

CHANGE_HOLD, CANCEL_ORDER = "action_change_hold", "action_cancel_order"
CANCELLING = "Order_Cancel"
LONGEST_CHOICE = 8  # words

REFERENCE = re.compile(r"\bh[-‐–]? ?\d{4,9}\b", re.IGNORECASE)
AN_ORDER = re.compile(r"\b(?:orders?|purchase|bought)\b", re.IGNORECASE)
LONGER = re.compile(
    r"\b(?:extend|extension|prolong|renew)\b|\bmore time\b|\b(?:push|move)\b.{0,25}\bback\b|\bstay reserved\b"
    r"|\b(?:hold|holds|keep|held|reserv\w+|need|have|it|them|those|these|that)\b.{0,30}\blonger\b|^\W*longer\b"
    r"|\b(?:another|more) (?:\w+ )?(?:hours?|minutes?|while)\b|\blonger (?:please|pls)\b",
    re.IGNORECASE,
)
BACK = re.compile(
    r"\b(?:release|unreserve|cancel|undo|drop|remove|scrap|let go|free up|free them|call off)\b"
    r"|\bgive\b.{0,20}\b(?:back|up|free)\b|\b(?:don'?t|do not|no longer|not)\b.{0,12}\b(?:need|want)\b"
    r"|\btake my name off\b|\b(?:someone|somebody|others?)\b.{0,10}\bcan have\b",
    re.IGNORECASE,
)
SEE = re.compile(
    r"\b(?:what|which|anything|show|list|see|do i have|have i|any of my|how many|my)\b.{0,40}"
    r"\b(?:on hold|my holds?|holds|reservations|put aside|set aside|held|reserved)\b"
    r"|\b(?:when|how long)\b.{0,40}\b(?:my hold|my reservation|hold end|holds? (?:runs?|last)|held)\b",
    re.IGNORECASE,
)


class Wish(str, Enum):
    """What is wanted with a hold."""

    SEE = "see"
    LONGER = "longer"
    BACK = "back"
    ORDER = "order"


def is_about_a_hold(text: str, *, of_one: bool) -> bool:
    """Whether a text speaks of stock that is held already.

    Args:
        of_one: Whether it is sure that holding is spoken of, so that "drop it" is about a hold.
    """
    return bool(REFERENCE.search(text) or SEE.search(text) or orders_a_hold(text)) or (
        of_one and wish_in(text) is not None
    )


def wish_in(text: str) -> Wish | None:
    """What a text wants with a hold; None if that isn't clear."""
    if orders_a_hold(text):
        return Wish.ORDER
    for wish, pattern in ((Wish.LONGER, LONGER), (Wish.SEE, SEE), (Wish.BACK, BACK)):
        if pattern.search(text):
            return wish
    return None


class ChangeHold(Task):
    """Lists what is held; makes a hold longer, gives it back, or has it ordered, after a yes."""

    topic = "inventory"
    suspends = True

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the words pick one of the holds that were listed, and say nothing else."""
        offered = [_candidate(*one) for one in turn.task.get("offered", ())]
        if not turn.text or not offered or len(words(turn.text)) > LONGEST_CHOICE:
            return False
        choice = _choice(turn, offered)
        locale = turn.middleware.settings.company.locale
        return choice.named and bool(choice.keys) and not says_more(turn.text, offered, locale)

    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Finds the hold that is meant, and tells or proposes what is wanted with it."""
        if turn.intent == CANCELLING and await self._is_about_an_order(turn):
            return Reply(turn.slot("question"), then=CANCEL_ORDER)
        wish = wish_in(turn.text) or Wish(frame.get("wish", Wish.SEE))
        reference = turn.entity("hold_reference") or _reference_in(turn.text)
        if reference:
            found = await turn.middleware.holds.by_reference(turn.who, reference)
            if found is None:
                return Reply(task=None).say("utter_no_such_hold", turn.words.team())
            return over(found, turn) if isinstance(found, Over) else await self._about(turn, frame, wish, [found])
        holds = await turn.middleware.holds.mine(turn.who)
        if not holds:
            return await self._none(turn)
        choice = _choice(turn, [_candidate(hold.reference, _described(hold)) for hold in holds])
        meant = [hold for hold in holds if hold.reference in choice.keys] or list(holds)
        return await self._about(turn, frame, wish, meant)

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Makes the hold longer, or gives it back, and says what came of it."""
        proposal = frame["proposal"]
        if frame["wish"] == Wish.LONGER:
            longer = await turn.middleware.holds.extend(turn.who, proposal["hold"], proposal["extensions"])
            if isinstance(longer, Over):
                return over(longer, turn)
            if isinstance(longer, NoLonger):
                return Reply(task=None).say(
                    "utter_hold_no_longer", {**about_hold(longer.hold, turn), **turn.words.team()}
                )
            return Reply(task=None).say("utter_hold_extended", about_hold(longer, turn))
        release = Release(hold=proposal["hold"], reservation_id=proposal["reservation_id"])
        released = await turn.middleware.holds.release(turn.who, proposal["key"], release)
        if isinstance(released, Over):
            return over(released, turn)
        return Reply(task=None).say(promised("utter_hold_released", turn), about_hold(released, turn))

    async def _is_about_an_order(self, turn: Turn) -> bool:
        """Whether "cancel it" can't be meant for a hold."""
        if turn.entity("order_number") or AN_ORDER.search(turn.text):
            return True
        return not await turn.middleware.holds.mine(turn.who)

    async def _about(self, turn: Turn, frame: Frame, wish: Wish, holds: Sequence[Hold]) -> Reply:
        if wish is Wish.SEE:
            lines = [turn.phrase("utter_hold_line", about_hold(hold, turn)) for hold in holds]
            listed = turn.words.lines(lines)
            return self._done(turn).say(promised("utter_your_holds", turn), {"holds": listed})
        if len(holds) > 1:
            return self._which(turn, {**frame, "wish": wish.value}, holds)
        hold = holds[0]
        frame = {**frame, "wish": wish.value, "hold": hold.key}
        if wish is Wish.ORDER:
            return await self._order(turn, hold)
        return await (self._longer if wish is Wish.LONGER else self._back)(turn, frame, hold)

    async def _order(self, turn: Turn, hold: Hold) -> Reply:
        """Passes it on to the sales team, once the customer has agreed to that."""
        wish = turn.phrase("utter_lead_wish_of_hold", about_hold(hold, turn))
        reply = await CaptureLead(turn.middleware).begin(turn, wish)
        if self.owns(turn.task) and reply.slots["task"]:
            reply.slots["task"].pop("suspended", None)  # which hold is meant needn't be asked again
        return reply

    async def _longer(self, turn: Turn, frame: Frame, hold: Hold) -> Reply:
        holds = turn.middleware.holds
        if not holds.may_be_longer(hold):
            return Reply(task=None).say("utter_hold_no_longer", {**about_hold(hold, turn), **turn.words.team()})
        later = turn.at_time(holds.longer(hold), "Hold.until,settings.holds.minutes")
        buttons = [
            Button(turn.phrase("utter_button_keep_longer"), "Affirm"),
            Button(turn.phrase("utter_button_as_it_is"), "Deny"),
        ]
        question = Utterance("utter_confirm_longer", {**about_hold(hold, turn), "later": later}, buttons)
        return self.propose(turn, frame, {"hold": hold.key, "extensions": hold.extensions}, question)

    async def _back(self, turn: Turn, frame: Frame, hold: Hold) -> Reply:
        proposed = await turn.middleware.holds.propose_release(turn.who, hold)
        buttons = [
            Button(turn.phrase("utter_button_release"), "Affirm"),
            Button(turn.phrase("utter_button_as_it_is"), "Deny"),
        ]
        question = Utterance(promised("utter_confirm_release", turn), about_hold(hold, turn), buttons)
        proposal = {"key": proposed.key, "hold": hold.key, "reservation_id": proposed.release.reservation_id}
        return self.propose(turn, frame, proposal, question)

    def _which(self, turn: Turn, frame: Frame, holds: Sequence[Hold]) -> Reply:
        buttons = [
            Button(
                turn.phrase("utter_button_hold_line", about_hold(hold, turn)), "Choose", hold_reference=hold.reference
            )
            for hold in holds
        ]
        known = {**frame, "offered": [[hold.reference, _described(hold)] for hold in holds]}
        return self.ask(turn, known, "hold", "utter_which_hold", buttons=buttons)

    async def _none(self, turn: Turn) -> Reply:
        last = await turn.middleware.holds.last(turn.who)
        return over(last, turn) if last else self._done(turn).say("utter_no_holds")

    def _done(self, turn: Turn) -> Reply:
        """A reply with which what this task asked is done; what another one asks stays open."""
        return Reply(task=None) if self.owns(turn.task) else Reply()


def over(found: Over, turn: Turn) -> Reply:
    """Says that a hold has ended, and when."""
    return Reply(task=None).say("utter_hold_over", {"until": turn.at_time(found.until, "Hold.until")})


def _choice(turn: Turn, candidates: Sequence[Candidate]) -> Choice:
    """Which holds the words mean, counted in the order in which they were listed."""
    offered = turn.task.get("offered", ()) if turn.task.get("action") == CHANGE_HOLD else ()
    return choose(
        turn.text,
        candidates,
        today=turn.middleware.clock().date(),
        locale=turn.middleware.settings.company.locale,
        offered=[reference for reference, _ in offered],
    )


def _described(hold: Hold) -> list[str]:
    return sorted(set(words(f"{hold.name} {hold.sku}")))


def _candidate(reference: str, described: Sequence[str]) -> Candidate:
    return Candidate(key=reference, items=(frozenset(described),), days=())


def _reference_in(text: str) -> str | None:
    found = REFERENCE.search(text)
    return found[0] if found else None
