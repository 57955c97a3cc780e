"""What is said over the web chat's sockets, as docs/channels/webchat-protocol.md has it: sessions, and messages."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from rasa.core.agent import Agent

from channels import tokens
from channels.answers import BadRequest, is_message_id
from channels.limits import TooFast, TooMany
from channels.serving import Serving
from channels.showing import Showing
from channels.webchat_following import Following, Session
from channels.webchat_sessions import Sessions
from channels.webchat_sockets import MOST_OF_CONVERSATION, Connection, Sockets
from middleware.errors import FrontdeskError
from middleware.history import Reply
from middleware.identity import Proof
from middleware.messages import Received
from middleware.sentences import rendered

log = logging.getLogger(__name__)

CHANNEL = "webchat"
LAST_SEQUENCE = 2**31 - 1
LONGEST_TOKEN = 8192

# What customers read beside a message that wasn't taken: responses of domain.yml.
ENDED, LATER = "utter_session_ended", "utter_not_sent"
EMPTY, TOO_LONG = "utter_empty_message", "utter_message_too_long"


class _NotTaken(Exception):
    """A message that isn't taken. `response`: what the customer reads."""

    def __init__(self, response: str) -> None:
        super().__init__(response)
        self.response = response


class Events:
    """The events that clients send.

    Args:
        agent: Gives Rasa's agent, or raises `NotReady`.
    """

    def __init__(self, serving: Serving, showing: Showing, sockets: Sockets, agent: Callable[[], Agent]) -> None:
        self._middleware = serving.middleware
        self._settings = serving.settings
        self._limits = serving.limits
        self._arrivals = serving.arrivals
        self._turns = serving.turns
        self._clock = serving.middleware.clock
        self._sessions = Sessions(serving.settings, self._clock)
        self._showing = showing
        self._sockets = sockets
        self._agent = agent
        sockets.on("session_request", self._session_requested)
        sockets.on("user_uttered", self._uttered)

    # Sessions

    async def _session_requested(self, connection: Connection, data: Any) -> None:
        try:
            self._limits.take_from(connection.address)
        except TooMany:
            await self._sockets.drop(connection)
            return
        asked = data if isinstance(data, dict) else {}
        await self._begin(connection, asked, _sequence(asked.get("after")))

    async def _begin(self, connection: Connection, asked: dict[str, Any], after: int | None) -> None:
        """Begins a session, or says why not; one that there was ends."""
        connection.leave()
        connection.was_asked = True
        session_id = self._sessions.confirm(asked.get("session_id"))
        try:
            session = self._session(session_id, asked.get("token"))
        except tokens.Refused as error:
            await self._refuse(connection, str(error))
            return
        await self._sockets.emit(connection, "session_confirm", session_id)
        connection.session = session
        connection.following = asyncio.ensure_future(self._follow(connection, session, after))
        for one in self._sockets.others(connection)[: 1 - MOST_OF_CONVERSATION]:
            await self._sockets.dismiss(one)

    def _session(self, session_id: str, token: Any) -> Session:
        if token is None:
            return Session(conversation_id=self._sessions.conversation(session_id), proof=Proof())
        if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
            raise tokens.Refused("the token is not valid")
        bearer = tokens.check_token(token, self._settings)
        return Session(
            conversation_id=f"{CHANNEL}:u:{bearer.subject}", proof=bearer.proof, expires_at=bearer.expires_at
        )

    async def _follow(self, connection: Connection, session: Session, after: int | None) -> None:
        following = Following(
            self._middleware.history,
            self._arrivals,
            self._showing,
            partial(self._sockets.emit, connection),
            session,
            after,
            self._good_for(session),
        )
        try:
            if await following.run():
                connection.session = None
                await self._refuse(connection, "the token has expired")
        except Exception:
            log.exception("a socket of the web chat is given nothing any more")
            await self._sockets.drop(connection)

    def _good_for(self, session: Session) -> float | None:
        return None if session.expires_at is None else session.expires_at - self._clock().timestamp()

    async def _refuse(self, connection: Connection, sentence: str) -> None:
        await self._sockets.emit(connection, "session_refused", {"error": sentence})

    # Messages

    async def _uttered(self, connection: Connection, data: Any) -> dict[str, Any]:
        said = data if isinstance(data, dict) else {}
        try:
            return await self._take(connection, said)
        except BadRequest as error:
            return _not_taken(str(error))
        except _NotTaken as error:
            return _not_taken(_words(error.response))
        except TooFast:
            return await self._too_fast(connection, said)
        except FrontdeskError as error:
            if not isinstance(error, TooMany):
                log.warning("a message of the web chat could not be taken: %s %r", error.system, error)
            return _not_taken(_words(LATER), retry=True)

    async def _take(self, connection: Connection, said: dict[str, Any]) -> dict[str, Any]:
        """Stores a message; only then it is acknowledged."""
        self._limits.take_from(connection.address)
        if not connection.was_asked:  # Rasa's own clients may speak without asking for a session
            await self._begin(connection, said, None)
        session = connection.session
        if session is None or self._has_expired(session):
            raise _NotTaken(ENDED)
        text, message_id = self._text(said.get("message")), _message_id(said.get("message_id"))
        self._agent()
        self._limits.take_message(session.conversation_id)
        received = Received(
            conversation_id=session.conversation_id,
            channel=CHANNEL,
            external_id=message_id,
            reply=await self._reply(session.conversation_id, text),
            proof=session.proof,
        )
        await self._middleware.inbox.take([received])
        self._arrivals.stored(session.conversation_id)
        return {"ok": True}

    def _text(self, given: Any) -> str:
        if not isinstance(given, str) or not given.replace("\0", "").strip():
            raise _NotTaken(EMPTY)
        if len(given) > self._settings.rest.longest_message:
            raise _NotTaken(TOO_LONG)
        # PostgreSQL takes every character but this one, and no halves of characters.
        return given.replace("\0", "").encode("utf-8", "replace").decode()

    async def _reply(self, conversation_id: str, text: str) -> Reply:
        """What is stored; of a button that was offered, with what stood on it."""
        heard, words = await self._turns.offered(conversation_id, text)
        return {"text": heard} | ({"words": words} if words != heard else {})

    def _has_expired(self, session: Session) -> bool:
        good_for = self._good_for(session)
        return good_for is not None and good_for <= 0

    async def _too_fast(self, connection: Connection, said: dict[str, Any]) -> dict[str, Any]:
        """Says once in a flood that its messages aren't read; clients that show no errors of a message are told so."""
        told = await self._turns.spoken("utter_too_fast", CHANNEL, self._agent())
        if "message_id" not in said:
            await self._sockets.emit(connection, "bot_uttered", {"author": "bot", "text": told["text"]})
        return _not_taken(told["text"])


def _words(response: str) -> str:
    """A response of domain.yml, also while no model is loaded."""
    return str(rendered(response, CHANNEL, {})["text"])


def _not_taken(sentence: str, retry: bool = False) -> dict[str, Any]:
    return {"ok": False, "error": sentence, "retry": retry}


def _sequence(given: Any) -> int | None:
    """The last message that a client has; None if it isn't one that knows of any."""
    is_number = isinstance(given, int) and not isinstance(given, bool)
    return max(0, min(given, LAST_SEQUENCE)) if is_number else None


def _message_id(given: Any) -> str:
    if given is None:
        return uuid.uuid4().hex
    if not is_message_id(given):
        raise BadRequest("This message has an id that can't be taken.")
    return str(given)
