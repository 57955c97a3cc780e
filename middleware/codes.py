"""One-time codes: asked for by whoever must be known better, and typed back into the same conversation.

Whether a contact is on file is not looked up in the turn that asks for a code, but by the job that sends it: so the
turn is the same for known and unknown, in its words, its work and its time. A code is never stored. It is derived
from the random id of its row and a key, so that a job that is run again sends the same one.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware import jobs
from middleware.clock import Clock
from middleware.contacts import CODE_LENGTH
from middleware.errors import NotAllowed, Reason
from middleware.identity import Who, prove_by_code
from middleware.settings import Settings
from middleware.store import Store, alone, codes

CODE_MAIL = "code_mail"
ID_BYTES = 16


class Purpose(str, Enum):
    """What a code is good for: to make a stranger known, or to be surer of somebody who is."""

    IDENTIFY = "identify"
    VERIFY = "verify"


class Outcome(Enum):
    """What came of a code that was typed.

    `WRONG` is the same for one that is wrong, expired, used, replaced, of another conversation, or was never sent.
    `SPENT` is the last wrong one that there may be.
    """

    ACCEPTED = "accepted"
    WRONG = "wrong"
    SPENT = "spent"


def digits(key: str, code_id: str) -> str:
    """The code of a row: HMAC-SHA256, cut down to six digits as RFC 4226 5.3 does."""
    digest = hmac.digest(key.encode(), f"code:{code_id}".encode(), "sha256")
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return str(number % 10**CODE_LENGTH).zfill(CODE_LENGTH)


class Codes:
    """Asks for codes, and checks what was typed.

    Args:
        wake: Lets the jobs' loop look at once.
    """

    def __init__(self, store: Store, settings: Settings, clock: Clock, wake: Callable[[], None]) -> None:
        self._store = store
        self._rules = settings.codes
        self._key = settings.codes_key
        self._clock = clock
        self._wake = wake

    async def request(self, who: Who, contact: str) -> bool:
        """Asks for a code to the e-mail address on file for a contact; earlier ones of the conversation end.

        Args:
            contact: E-mail in lower case or phone in E.164, as it was typed or proven.

        Returns:
            False if too many were asked for lately: nothing is sent, and an earlier code stays good.

        Raises:
            NotAllowed: No turn of a channel of ours is open.
            Unavailable: Nothing was stored, and nothing will be sent.
        """
        _demand_open_turn(who)
        asked = await self._store.write(lambda connection: self._ask(connection, who, contact))
        if asked:
            self._wake()
        return asked

    async def check(self, who: Who, typed: str) -> Outcome:
        """Tries a code: in this conversation, for this purpose, in its time, so often and only once.

        Raises:
            NotAllowed: No turn of a channel of ours is open.
            Unavailable: Nothing was tried.
        """
        _demand_open_turn(who)
        return await self._store.write(lambda connection: self._try(connection, who, typed))

    def _ask(self, connection: Connection, who: Who, contact: str) -> bool:
        now = self._clock()
        hashed = hmac.digest(self._key.encode(), f"contact:{contact}".encode(), "sha256").hex()
        alone(connection, who.conversation_id)
        alone(connection, hashed)
        if self._too_many(connection, who.conversation_id, hashed, now):
            return False
        connection.execute(codes.update().where(_open_in(who.conversation_id)).values(ended="replaced"))
        code_id, expires_at = secrets.token_hex(ID_BYTES), now + timedelta(minutes=self._rules.minutes)
        connection.execute(
            codes.insert().values(
                id=code_id,
                conversation_id=who.conversation_id,
                purpose=_purpose(who).value,
                contact=hashed,
                created_at=now,
                expires_at=expires_at,
            )
        )
        payload = {"code_id": code_id, "contact": contact, "correlation_id": who.correlation_id}
        jobs.add(connection, CODE_MAIL, payload, line=who.conversation_id, now=now, expires_at=expires_at)
        return True

    def _too_many(self, connection: Connection, conversation_id: str, hashed: str, now: datetime) -> bool:
        since = now - timedelta(minutes=self._rules.window_minutes)

        def asked(column: sa.Column[Any], value: str) -> int:
            query = sa.select(sa.func.count()).where(column == value, codes.c.created_at > since)
            return int(connection.execute(query).scalar_one())

        return (
            asked(codes.c.conversation_id, conversation_id) >= self._rules.per_conversation
            or asked(codes.c.contact, hashed) >= self._rules.per_contact
        )

    def _try(self, connection: Connection, who: Who, typed: str) -> Outcome:
        now = self._clock()
        alone(connection, who.conversation_id)
        row = connection.execute(
            sa.select(codes.c.id, codes.c.email, codes.c.tries)
            .where(_open_in(who.conversation_id), codes.c.purpose == _purpose(who).value, codes.c.expires_at > now)
            .order_by(codes.c.created_at.desc())
            .limit(1)
        ).one_or_none()
        if row is None:
            return Outcome.WRONG
        mine, tries = codes.c.id == row.id, row.tries + 1
        connection.execute(codes.update().where(mine).values(tries=tries))
        is_right = hmac.compare_digest(digits(self._key, row.id).encode(), typed.encode())
        if is_right and row.email is not None:
            connection.execute(codes.update().where(mine).values(ended="used"))
            prove_by_code(connection, who.conversation_id, row.email, now)
            return Outcome.ACCEPTED
        if tries < self._rules.tries:
            return Outcome.WRONG
        connection.execute(codes.update().where(mine).values(ended="spent"))
        return Outcome.SPENT


def _open_in(conversation_id: str) -> Any:
    return sa.and_(codes.c.conversation_id == conversation_id, codes.c.ended.is_(None))


def _purpose(who: Who) -> Purpose:
    return Purpose.VERIFY if who.level else Purpose.IDENTIFY


def _demand_open_turn(who: Who) -> None:
    """Elsewhere a conversation's id is anybody's claim, and a code would prove the wrong person."""
    if not who.in_turn:
        raise NotAllowed("no turn is open", reason=Reason.LEVEL)
