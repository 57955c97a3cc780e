"""Tasks: what an assistant does over several turns, asking for what it lacks, then for a yes, and taking corrections.

A task keeps what it knows in the slot `task`, its *frame*: `action` (who goes on with it), `question` (`detail` or
`confirm`), `asks` (which detail), `asked` (the question itself, to be asked again after something else), `failed` (how
often in a row the answer wasn't understood), `proposal` (what waits for a yes), `suspended` (the task that this one
interrupted), and details of the task's own.
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from actions.base import CONFIRM, DETAIL, OF_TASKS, TASKS, Action
from actions.replies import Button, Reply, Utterance
from actions.turn import Turn
from actions.words import Fills

Frame = Mapping[str, Any]

HOUSEKEEPING = frozenset({"action", "question", "asks", "asked", "failed", "proposal", "suspended"})
YES_OR_UNCLEAR = ("Affirm", "nlu_fallback", "Out_Of_Scope")
THUMBS = "👍👎"
PATIENCE = 2  # answers in a row that weren't understood, until the ways out are named


class Task(Action):
    """Base of all tasks.

    Attributes:
        suspends: Whether a task that it interrupts goes on afterwards. One that changes what the other is about
            takes its place instead, and so does one of the same topic.
    """

    suspends: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        """Lets the base of all actions find the task."""
        super().__init_subclass__(**options)
        if not inspect.isabstract(cls):
            TASKS[cls().name()] = cls

    @abstractmethod
    async def is_answer(self, turn: Turn) -> bool:
        """Whether the customer's words answer or correct what this task has asked, and say nothing else.

        It is asked before anything else, whatever intent the words were taken for: "L", "no, the medium one", "two".
        A mere yes or no is none.
        """

    async def is_begun(self, turn: Turn) -> bool:
        """Whether the customer's words begin this task, whatever intent they were taken for; asked in every state."""
        return False

    @abstractmethod
    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Takes what the message says into the frame, and asks for the next detail, or for a yes.

        Args:
            frame: What is known so far; empty at the beginning.
        """

    @abstractmethod
    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Does what the customer has said yes to."""

    async def answer(self, turn: Turn) -> Reply:
        """Goes on with the task, or begins it."""
        frame = turn.task if self.owns(turn.task) else {}
        unclear = turn.intent in YES_OR_UNCLEAR or is_wordless(turn.text)
        if frame.get("question") == CONFIRM and unclear and not await self.is_answer(turn):
            return await self.confirmed(turn, frame) if turn.intent == "Affirm" else self._repeated(turn, frame)
        reply = await self.go_on(turn, frame)
        if turn.task and not frame and reply.slots.get("task", frame) is None:
            del reply.slots["task"]  # it had nothing to ask, so what it interrupted was never left
        return reply

    def owns(self, frame: Frame) -> bool:
        """Whether a frame is this task's own, to go on with."""
        return bool(frame.get("action") == self.name())

    def ask(
        self,
        turn: Turn,
        frame: Frame,
        detail: str,
        response: str,
        fills: Fills | None = None,
        buttons: Sequence[Button] = (),
        *,
        because: tuple[str, Fills] | None = None,
    ) -> Reply:
        """Asks for a detail.

        Args:
            frame: What is known now.
            because: What is wrong with the answer that was given, as a response and its fills.
        """
        failed = self._failed(turn, frame, detail)
        reply = Reply(DETAIL)
        if because:
            reply.say(*because)
        not_understood(reply, turn, failed, said=bool(because))
        reply.say(response, fills, buttons)
        return self._keep(turn, reply, {**frame, "asks": detail, "failed": failed})

    def propose(self, turn: Turn, frame: Frame, proposal: Mapping[str, Any], question: Utterance) -> Reply:
        """Says back what would be done, and asks for a yes.

        Args:
            proposal: What `confirmed` needs of it: the key and the parameters.
        """
        reply = Reply(CONFIRM)
        reply.utterances.append(question)
        return self._keep(turn, reply, {**frame, "asks": "", "failed": 0, "proposal": dict(proposal)})

    def _repeated(self, turn: Turn, frame: Frame) -> Reply:
        """Asks for the same yes once more."""
        failed = int(frame["failed"]) + 1
        reply = Reply(CONFIRM, task={**frame, "failed": failed})
        not_understood(reply, turn, failed)
        reply.utterances.append(Utterance.again(frame["asked"]))
        return reply

    def _keep(self, turn: Turn, reply: Reply, frame: dict[str, Any]) -> Reply:
        frame |= {"action": self.name(), "question": reply.question, "asked": reply.utterances[-1].kept()}
        if self.suspends and turn.task and not self.owns(turn.task):
            frame["suspended"] = self._interrupted(turn.task)
        reply.slots["task"] = frame
        return reply

    def _interrupted(self, task: Frame) -> Frame | None:
        """What goes on after this task: the one that it interrupts, or what that one had interrupted."""
        other = TASKS.get(task["action"])
        if other and other().topic == self.topic:
            return task.get("suspended")
        return {name: value for name, value in task.items() if name != "suspended"}

    def _failed(self, turn: Turn, frame: Frame, detail: str) -> int:
        """How often in a row the same was asked, and nothing came of the answer; what wasn't open wasn't answered."""
        before = turn.task
        same = self.owns(before) and before.get("asks") == detail and turn.slot("question") in OF_TASKS
        return int(before.get("failed", 0)) + 1 if same and details(before) == details(frame) else 0


def not_understood(reply: Reply, turn: Turn, failed: int, said: bool = False) -> None:
    """Says that an answer wasn't understood; when that happened too often, also the ways out.

    Args:
        said: Whether it was said already what is wrong with the answer.
    """
    if failed >= PATIENCE:
        person = Button(turn.phrase("utter_suggest_Human_Handoff"), "Human_Handoff")
        drop = Button(turn.phrase("utter_button_drop_it"), "Stop")
        reply.say("utter_task_ways_out" if said else "utter_task_way_out", buttons=[person, drop])
    elif failed and not said:
        reply.say("utter_task_again")


def is_wordless(text: str) -> bool:
    """Whether a text is nothing but signs: no yes, no no, whatever it was taken for; but a thumb says which."""
    return bool(text) and not any(map(str.isalnum, text)) and not set(THUMBS) & set(text)


def details(frame: Frame) -> dict[str, Any]:
    """What a task knows, without how it stands."""
    return {name: value for name, value in frame.items() if name not in HOUSEKEEPING and value is not None}


class Continue(Action):
    """Hands an answer to the task that waits for it."""

    async def answer(self, turn: Turn) -> Reply:
        """Lets the task's own action go on."""
        if not turn.task:
            return Reply().say("utter_what_else")
        return Reply(turn.slot("question"), then=turn.task["action"])


class Keep(Action):
    """Leaves everything as it is, on the customer's no."""

    async def answer(self, turn: Turn) -> Reply:
        """Says so; a yes that comes later answers something else."""
        if turn.task and is_wordless(turn.text):
            return Reply(turn.slot("question"), then=turn.task["action"])
        return Reply(task=None).say("utter_kept")
