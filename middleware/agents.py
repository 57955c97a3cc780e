"""Who may sit at the agents' desk: accounts whose passwords can't be tried out, and the sessions of log-ins."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.engine import Connection, Row

from middleware.clock import Clock
from middleware.errors import NotFound, Rejected
from middleware.handoff_records import Agent
from middleware.handoff_rules import DeskRules
from middleware.store import Store, agent_sessions, agents

AGENT_ID = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
LONGEST_NAME = 80
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000
AT_ONCE = 2  # each takes a processor and 64 MB for a moment
LOG_IN_DIGITS = 12

FREE: dict[str, Any] = {"failures": 0, "locked_until": None}


class Refused(Rejected):
    """The log-in isn't good; why, nobody is told.

    Args:
        agent_id: Whose account it was for; empty if there is no such account.
    """

    def __init__(self, agent_id: str = "") -> None:
        super().__init__("the log-in was refused", system="desk")
        self.agent_id = agent_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What a log-in opened.

    Attributes:
        log_in: Names the log-in, for the audit log; it opens nothing.
        csrf: What every form must show.
    """

    agent: Agent
    log_in: str
    csrf: str
    expires_at: datetime


class Agents:
    """The accounts and sessions of all agents.

    Args:
        rules: For how long a log-in is good, and when an account is locked.
        hasher: Hashes passwords; by default with the library's own parameters.
    """

    def __init__(self, store: Store, rules: DeskRules, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._nobodys = self._hasher.hash(secrets.token_hex(16))  # verified where there is no other
        self._room = asyncio.Semaphore(AT_ONCE)

    # What the company says

    async def save(self, agent_id: str, name: str, password: str | None) -> bool:
        """Makes an account, or changes one: its sessions end, it is unlocked, and active again.

        Args:
            agent_id: What they log in with; in lower case.
            name: As customers and colleagues read it; empty: as it was, or the id.
            password: None for those who log in elsewhere alone.

        Returns:
            Whether it is new.

        Raises:
            Rejected: The id, the name or the password won't do; the message says why.
            Unavailable: Nothing was changed.
        """
        _check(agent_id, name, password)
        hashed = await self._hash(password) if password is not None else None
        values = {"password": hashed, "is_active": True, **FREE} | ({"name": name} if name else {})

        def work(connection: Connection) -> bool:
            _end_sessions(connection, agent_id)
            mine = agents.c.id == agent_id
            if connection.execute(agents.update().where(mine).values(values)).rowcount:
                return False
            new = {"id": agent_id, "name": agent_id.title(), "created_at": self._clock()} | values
            connection.execute(agents.insert().values(new))
            return True

        return await self._store.write(work)

    async def switch_off(self, agent_id: str) -> None:
        """Lets nobody in by this account any more, and ends its sessions.

        Raises:
            NotFound: There is no such account.
            Unavailable: Nothing was changed.
        """

        def work(connection: Connection) -> None:
            _end_sessions(connection, agent_id)
            mine = agents.c.id == agent_id
            if not connection.execute(agents.update().where(mine).values(is_active=False)).rowcount:
                raise NotFound(f"there is no agent {agent_id!r}", system="store")

        await self._store.write(work)

    # What agents do

    async def log_in(self, agent_id: str, password: str) -> tuple[str, Session]:
        """Opens a session for whoever knows the password.

        A try is counted before the password is looked at, so that many at once are no more than one after the other.

        Returns:
            What the cookie is to hold, and the session.

        Raises:
            Refused: The name or the password is wrong, or the account is locked or switched off.
            Unavailable: The store can't be reached.
        """
        agent_id = agent_id.strip().lower()
        row, may_try = await self._store.write(lambda connection: self._take_try(connection, agent_id))
        hashed = row.password if row is not None and row.password and may_try else self._nobodys
        is_right = await self._verified(hashed, password)
        if row is None:
            raise Refused
        if hashed is self._nobodys or not is_right:
            raise Refused(agent_id)
        changes = dict(FREE)
        if self._hasher.check_needs_rehash(hashed):
            changes["password"] = await self._hash(password)
        unchanged = sa.and_(agents.c.id == agent_id, agents.c.password == hashed, agents.c.is_active)

        def work(connection: Connection) -> tuple[str, Session]:
            if not connection.execute(agents.update().where(unchanged).values(changes)).rowcount:
                raise Refused(agent_id)
            return self._open(connection, Agent(id=row.id, name=row.name))

        return await self._store.write(work)

    async def log_in_elsewhere(self, agent_id: str) -> tuple[str, Session]:
        """Opens a session for somebody whom the company's own log-in has proven.

        Returns:
            What the cookie is to hold, and the session.

        Raises:
            Refused: They are no agent, or not any more.
            Unavailable: The store can't be reached.
        """
        agent_id = agent_id.strip().lower()
        if not AGENT_ID.fullmatch(agent_id):
            raise Refused

        def work(connection: Connection) -> tuple[str, Session]:
            row = connection.execute(sa.select(agents).where(agents.c.id == agent_id)).one_or_none()
            if row is None or not row.is_active:
                raise Refused(row.id if row else "")
            return self._open(connection, Agent(id=row.id, name=row.name))

        return await self._store.write(work)

    async def session(self, cookie: str) -> Session | None:
        """The session that a cookie opens; None if it has ended.

        Raises:
            Unavailable: The store can't be reached.
        """
        query = (
            sa.select(agent_sessions, agents.c.name)
            .select_from(agent_sessions.join(agents))
            .where(agent_sessions.c.id == _digest(cookie), agents.c.is_active)
        )
        row = await self._store.read(lambda connection: connection.execute(query).one_or_none())
        if row is None or row.expires_at <= self._clock():
            return None
        agent = Agent(id=row.agent_id, name=row.name)
        return Session(agent=agent, log_in=row.id[:LOG_IN_DIGITS], csrf=row.csrf, expires_at=row.expires_at)

    async def log_out(self, cookie: str) -> None:
        """Ends the session of a cookie.

        Raises:
            Unavailable: It goes on.
        """
        end = agent_sessions.delete().where(agent_sessions.c.id == _digest(cookie))
        await self._store.write(lambda connection: connection.execute(end))

    # Inside

    def _take_try(self, connection: Connection, agent_id: str) -> tuple[Row | None, bool]:
        """The account, and whether a password may be tried on it now; if so, it counts as wrong until it was right."""
        if not AGENT_ID.fullmatch(agent_id):
            return None, False
        mine = agents.c.id == agent_id
        row = connection.execute(sa.select(agents).where(mine).with_for_update()).one_or_none()
        if row is None or not row.is_active:
            return row, False
        now = self._clock()
        if row.locked_until is not None and row.locked_until > now:
            return row, False
        failures = 1 if row.locked_until is not None else row.failures + 1
        locked_until = now + timedelta(minutes=self._rules.lock_minutes) if failures >= self._rules.tries else None
        connection.execute(agents.update().where(mine).values(failures=failures, locked_until=locked_until))
        return row, True

    def _open(self, connection: Connection, agent: Agent) -> tuple[str, Session]:
        now = self._clock()
        connection.execute(agent_sessions.delete().where(agent_sessions.c.expires_at <= now))
        cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        session_id, expires_at = _digest(cookie), now + timedelta(hours=self._rules.session_hours)
        connection.execute(
            agent_sessions.insert().values(
                id=session_id, agent_id=agent.id, csrf=csrf, created_at=now, expires_at=expires_at
            )
        )
        return cookie, Session(agent=agent, log_in=session_id[:LOG_IN_DIGITS], csrf=csrf, expires_at=expires_at)

    async def _hash(self, password: str) -> str:
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, _composed(password))

    async def _verified(self, hashed: str, password: str) -> bool:
        async with self._room:
            return await asyncio.to_thread(self._verify, hashed, password)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, _composed(password[:LONGEST_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False


def _check(agent_id: str, name: str, password: str | None) -> None:
    if not AGENT_ID.fullmatch(agent_id):
        raise Rejected(
            "An agent's id is made of small letters, digits and . _ @ + -, such as marco or marco@fernhill.example"
        )
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Rejected(f"An agent's name is one line of at most {LONGEST_NAME} characters")
    if password is not None and not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Rejected(f"A password has at least {SHORTEST_PASSWORD} characters, and at most {LONGEST_PASSWORD:,}")
    if password is not None and agent_id in password.lower() and len(password) < len(agent_id) + SHORTEST_PASSWORD:
        raise Rejected("This password is the agent's name with little beside it; choose another")


def _end_sessions(connection: Connection, agent_id: str) -> None:
    connection.execute(agent_sessions.delete().where(agent_sessions.c.agent_id == agent_id))


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def _composed(password: str) -> str:
    """One form of what keyboards write in several: an é is a letter, or a letter and an accent."""
    return unicodedata.normalize("NFC", password)
