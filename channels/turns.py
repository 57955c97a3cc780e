"""One turn of a conversation, the same for every channel: store, run Rasa, collect, commit; then the channel sends.

Messages of one conversation are taken in the order in which they arrived, one at a time, and each once: the same
message brought again gets the same replies. If the answer takes its time, the customer hears so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.trackers import DialogueStateTracker

from channels.arrivals import Arrivals
from channels.remembered import say_again
from middleware.bootstrap import Middleware
from middleware.correlation import correlation
from middleware.errors import FrontdeskError, Unavailable
from middleware.history import SPOKEN, Reply
from middleware.identity import Proof
from middleware.jobs import Job
from middleware.messages import Turn, Waiting

log = logging.getLogger(__name__)

LONGEST_TITLE = 200  # characters
PAYLOAD_MARK = "/"
# Intents that nobody can type: no button has them. What isn't words has a kind: image, voice, location ...
HANDED_BACK = "/Handed_Back"
SENT_SOMETHING = "/Sent_Something"
LATE = "utter_late"
MOMENT_SECONDS = 3.0

Run = Callable[[UserMessage], Awaitable[Any]]
Begin = Callable[[str, str], None]  # a conversation's id, and the channel's id of the message
End = Callable[[str], None]  # a conversation's id


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """A customer's message as a channel took it.

    Attributes:
        conversation_id: Unique over all channels.
        message_id: The channel's id of the message, if it has one; the same one again is the same message.
        proof: What the channel proved about the sender.
    """

    conversation_id: str
    channel: str
    text: str
    message_id: str | None
    proof: Proof


class Collector(OutputChannel):
    """Takes what Rasa says during a turn, to be stored before it is sent.

    Args:
        channel: Name of the channel, for the responses' channel variants.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.replies: list[Reply] = []

    def name(self) -> str:  # type: ignore[override] # Rasa declares a classmethod and calls it on instances
        """The channel's name, by which Rasa picks among a response's variants."""
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keeps one message, with the response that it was made from and where its fills came from."""
        kept = {
            "text": message.get("text"),
            "buttons": message.get("buttons"),
            "attachment": message.get("attachment"),
            "custom": message.get("custom"),
            "response": message.get("utter_action"),
            "sources": message.get("sources"),
            "introduces": bool((message.get("metadata") or {}).get("introduces")),
        }
        self.replies.append({name: value for name, value in kept.items() if value})


class Turns:
    """Takes messages, whatever channel they came by.

    Args:
        middleware: For messages and identity.
        arrivals: Hears of what is stored.
        moment: Seconds after which the customer hears that the answer takes a moment.
    """

    def __init__(self, middleware: Middleware, arrivals: Arrivals, moment: float = MOMENT_SECONDS) -> None:
        self._messages = middleware.messages
        self._history = middleware.history
        self._effects = middleware.effects
        self._company = middleware.settings.company.name
        self._arrivals = arrivals
        self._moment = moment
        self._late = timedelta(minutes=middleware.settings.inbox.late_minutes)
        self._clock = middleware.clock
        self._begins: dict[str, Begin] = {}
        self._ends: dict[str, End] = {}
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._under_way: set[asyncio.Task[Any]] = set()
        self._ending = False

    async def take(self, incoming: Incoming, agent: Agent, run: Run) -> Sequence[Reply]:
        """Answers a message, after all earlier ones of its conversation.

        Args:
            agent: Rasa's agent, for the words that the channel itself must say.
            run: Rasa's handler of messages.

        Returns:
            The replies, stored; none only while an agent has the conversation.

        Raises:
            Unavailable: The store can't be reached, or the server is stopping; nothing was done, and the message may
                be brought again.
        """
        turn = asyncio.ensure_future(self._take(incoming, agent, run))
        self._under_way.add(turn)
        turn.add_done_callback(self._under_way.discard)
        return await asyncio.shield(turn)  # a sender who hangs up must not stop the turn half-way

    def on_begin(self, channel: str, begin: Begin) -> None:
        """Says what a channel does when the bot begins to think of an answer; it must return at once."""
        self._begins[channel] = begin

    def on_end(self, channel: str, end: End) -> None:
        """Says what a channel does when the bot has stored its answer, or given up; it must return at once."""
        self._ends[channel] = end

    async def answer(self, job: Job, agent: Agent, run: Run) -> None:
        """Answers the stored message of a conversation that was written first, if there still is one.

        Raises:
            Unavailable: The store can't be reached, or the server is stopping; it is to be tried again.
        """
        turn = asyncio.ensure_future(self._answer(job.payload["conversation"], agent, run))
        self._under_way.add(turn)
        turn.add_done_callback(self._under_way.discard)
        await asyncio.shield(turn)

    async def _answer(self, conversation_id: str, agent: Agent, run: Run) -> None:
        async with self._line(conversation_id):
            if self._ending:
                raise Unavailable("the server is stopping")
            waiting = await self._messages.waiting(conversation_id)
            if waiting is None:
                return
            said = waiting.reply["text"]
            text, words = await self._plain(conversation_id, said) if said else ("", "")
            turn = await self._messages.take_up(waiting, text, words)
            correlation.set(turn.id)
            if turn.is_for_agent or turn.replies is not None:
                return
            channel = conversation_id.partition(":")[0]
            if self._is_late(waiting.written_at):
                await self._say_late(turn, waiting, channel, agent)
                return
            if waiting.is_answered:
                await self._messages.close_turn(turn, [])
                return
            if SPOKEN in waiting.reply:
                await self._close(turn, [await self.spoken(waiting.reply[SPOKEN], channel, agent)])
                return
            if channel in self._begins:
                self._begins[channel](conversation_id, waiting.external_id)
            kind = waiting.reply.get("kind", "")
            try:
                await self._answered(turn, text or SENT_SOMETHING, channel, agent, run, kind)
            finally:
                if channel in self._ends:
                    self._ends[channel](conversation_id)

    def _is_late(self, written_at: datetime) -> bool:
        """Whether a message is too old to be answered as if it were new."""
        return self._clock() - written_at > self._late

    async def _say_late(self, turn: Turn, waiting: Waiting, channel: str, agent: Agent) -> None:
        """Says once, of all that came in too late, that it isn't answered any more."""
        is_said = waiting.next_written_at is not None and self._is_late(waiting.next_written_at)
        if not is_said:
            said = await self._history.last_said(turn.conversation_id)
            is_said = said is not None and said.get("response") == LATE
        await self._close(turn, [] if is_said else [await self.spoken(LATE, channel, agent)])

    async def _close(self, turn: Turn, replies: Sequence[Reply]) -> Sequence[Reply]:
        stored = await self._messages.close_turn(turn, replies)
        self._arrivals.stored(turn.conversation_id)
        return stored

    async def resume(self, job: Job, agent: Agent, run: Run) -> None:
        """Lets the bot go on after an agent's words: one has handed a conversation back, or answered on a ticket.

        It is said once for each job.

        Raises:
            Unavailable: It couldn't be said; it is to be tried again.
        """
        conversation_id, channel = job.payload["conversation"], job.payload["channel"]
        async with self._line(conversation_id):
            if self._ending:
                raise Unavailable("the server is stopping")
            if await self._history.is_with_agent(conversation_id):
                return
            correlation.set(job.id)
            collector = Collector(channel)
            about = {"turn": job.id} | {name: job.payload[name] for name in ("answered",) if name in job.payload}
            back = UserMessage(HANDED_BACK, collector, conversation_id, input_channel=channel, metadata=about)
            await run(back)
            if not collector.replies:
                raise Unavailable("the bot said nothing")
            await self._messages.say(conversation_id, job.id, collector.replies)
        self._arrivals.stored(conversation_id)

    async def finish(self, seconds: float) -> None:
        """Takes no further messages, and gives the turns under way some time to be answered and stored."""
        self._ending = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)

    async def spoken(self, response: str, channel: str, agent: Agent) -> Reply:
        """A response of domain.yml that the channel says by itself."""
        nobody = DialogueStateTracker.from_events("", [])
        said = (
            await agent.processor.nlg.generate(response, nobody, channel, company=self._company)
            if agent.processor
            else None
        )
        sources = {"company": "settings.company.name"}
        beside = {name: said[name] for name in ("buttons", "custom") if said.get(name)} if said else {}
        return {"text": (said or {}).get("text", response), **beside, "response": response, "sources": sources}

    async def _take(self, incoming: Incoming, agent: Agent, run: Run) -> Sequence[Reply]:
        async with self._line(incoming.conversation_id):
            if self._ending:
                raise Unavailable("the server is stopping")
            text, words = await self._plain(incoming.conversation_id, incoming.text)
            turn = await self._messages.open_turn(
                incoming.conversation_id, incoming.channel, text, incoming.message_id, incoming.proof, words
            )
            correlation.set(turn.id)
            if turn.is_for_agent:
                return ()
            if turn.replies is not None:
                return turn.replies
            return await self._answered(turn, text, incoming.channel, agent, run)

    def _line(self, conversation_id: str) -> asyncio.Lock:
        """What lets one thing at a time happen in a conversation."""
        return self._lines.setdefault(conversation_id, asyncio.Lock())

    async def _plain(self, conversation_id: str, text: str) -> tuple[str, str]:
        """The text, made harmless, and as people read it.

        What looks like a button's payload counts as one only if it was offered. Whoever types a button's title means
        the button.
        """
        text = text.strip()
        if text.startswith(PAYLOAD_MARK):
            return await self.offered(conversation_id, text)
        is_short = len(text) <= LONGEST_TITLE
        return (is_short and await self._history.payload_of(conversation_id, text)) or text, text

    async def offered(self, conversation_id: str, text: str) -> tuple[str, str]:
        """The text as the bot may hear it: a payload only if it was offered; and as people read it: what stood on it.

        Raises:
            Unavailable: The store can't be reached.
        """
        text = text.strip()
        if not text.startswith(PAYLOAD_MARK):
            return text, text
        title = await self._history.title_of(conversation_id, text)
        if title is not None:
            return text, title
        while text.startswith(PAYLOAD_MARK):  # behind any kind of space there may be another one
            text = text.removeprefix(PAYLOAD_MARK).strip()
        return text or "?", text or "?"

    async def _answered(
        self, turn: Turn, text: str, channel: str, agent: Agent, run: Run, kind: str = ""
    ) -> Sequence[Reply]:
        collector = Collector(channel)
        about = {"turn": turn.id} | ({"kind": kind} if kind else {})
        message = UserMessage(text, collector, turn.conversation_id, input_channel=channel, metadata=about)
        running = asyncio.ensure_future(_hear(run, message, turn, agent))
        await asyncio.wait({running}, timeout=self._moment)
        meanwhile: Sequence[Reply] = turn.said
        if not running.done() and not meanwhile:
            meanwhile = await self._say_moment(turn, channel, agent)
        await running
        replies = collector.replies or [await self.spoken(await self._apology(turn), channel, agent)]
        if turn.is_first and not meanwhile and not any(reply.get("introduces") for reply in replies):
            replies.insert(0, await self.spoken("utter_introduction", channel, agent))
        return [*meanwhile, *await self._close(turn, replies)]

    async def _apology(self, turn: Turn) -> str:
        """What is true when nobody answered: nothing was changed, or nobody can know yet."""
        return "utter_broken_off" if await self._effects.touched(turn.id) else "utter_unavailable"

    async def _say_moment(self, turn: Turn, channel: str, agent: Agent) -> Sequence[Reply]:
        responses = ["utter_introduction"] if turn.is_first else []
        replies = [await self.spoken(one, channel, agent) for one in (*responses, "utter_moment")]
        try:
            await self._messages.say_meanwhile(turn, replies)
        except FrontdeskError as error:  # the answer is what matters
            log.warning("a moment could not be asked for (turn %s): %r", turn.id, error)
            return []
        self._arrivals.stored(turn.conversation_id)
        return replies


async def _hear(run: Run, message: UserMessage, turn: Turn, agent: Agent) -> None:
    """Lets Rasa hear a message, unless it has already."""
    collector = message.output_channel
    if turn.is_again and collector and await say_again(agent, turn.conversation_id, turn.id, collector):
        return
    await _run(run, message, turn)


async def _run(run: Run, message: UserMessage, turn: Turn) -> None:
    try:
        await run(message)
    except FrontdeskError:
        raise
    except Exception:  # Rasa's own faults: the customer must hear something all the same
        log.exception("Rasa failed (turn %s)", turn.id)
