"""Access tokens of systems of record: one for all processes, renewed by one thread of one process at a time.

Vendors count how often a token is asked for, and some let the one before end. So the newest lies in the store, sealed
with a key that only whoever has the system's own secret can derive.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeGuard

import msgspec
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.engine import Engine

from middleware.clock import Clock, system_clock
from middleware.database import for_writing
from middleware.deadline import within
from middleware.decoding import decoded
from middleware.errors import FrontdeskError, Malformed, ShutOut, Unavailable, Unknown
from middleware.http_sockets import left
from middleware.store import insert_once
from middleware.store import tokens as table

MARGIN = timedelta(seconds=60)  # a token that ends sooner isn't begun with
LEASE = timedelta(seconds=15)  # for asking for one; who takes longer has died
FETCH_SECONDS = 12.0
AFTER_A_REFUSAL = timedelta(seconds=90)  # of a vendor that allows ten requests in ten minutes, at most seven are used
POLL_SECONDS = 0.05


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a system lets us in by.

    Attributes:
        address: Where it is good, if the system says so together with it.
        subject: For whom it is, if the system says that, too.
    """

    value: str
    expires_at: datetime
    address: str = ""
    subject: str = ""


class SharedToken:
    """The token of one system.

    Args:
        engine: Of the store's database.
        name: The system's, and whose token it is.
        secret: The system's own secret, which the stored token is sealed with.
        fetch: Asks the system for a new one. It raises `ShutOut` if the secret is good no more.
    """

    def __init__(
        self, engine: Engine, name: str, secret: str, fetch: Callable[[], Token], clock: Clock = system_clock
    ) -> None:
        self._reading, self._writing = engine, for_writing(engine)
        self._name = name
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"frontdesk: token").derive(secret.encode())
        self._seal = Fernet(base64.urlsafe_b64encode(key))
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: Token | None = None
        self._refused: tuple[datetime, ShutOut] | None = None

    def get(self) -> Token:
        """The token that is good now.

        Raises:
            ShutOut: The system gives none.
            Unavailable: None could be had in time.
        """
        newest = self._newest
        return newest if self._is_good(newest, "") else self.renew("")

    def renew(self, refused: str) -> Token:
        """Another token than one that was refused; if somebody has got one meanwhile, that.

        Raises:
            ShutOut: The system gives none.
            Unavailable: None could be had in time.
        """
        if not self._lock.acquire(timeout=left()):
            raise Unavailable("another thread waits for a token")
        try:
            while not self._is_good(self._newest, refused):
                self._newest = self._stored() or self._newest
                if self._is_good(self._newest, refused):
                    break
                self._demand_hope()
                if self._may_fetch():
                    self._newest = self._given_meanwhile(refused) or self._fetched()
                    break
                time.sleep(POLL_SECONDS)
            assert self._newest is not None
            return self._newest
        finally:
            self._lock.release()

    def _is_good(self, token: Token | None, refused: str) -> TypeGuard[Token]:
        return token is not None and token.value != refused and token.expires_at > self._clock() + MARGIN

    def _demand_hope(self) -> None:
        """Doesn't ask again and again for what was refused, to whichever process."""
        if self._refused and self._clock() < self._refused[0]:
            raise self._refused[1]
        if self._was_refused_elsewhere():
            raise ShutOut("another process was refused a token just now; its log says why")
        if not left():
            raise Unavailable("another process waits for a token")

    def _given_meanwhile(self, refused: str) -> Token | None:
        """What whoever had the lease before has written, since it was looked for."""
        stored = self._stored()
        if not self._is_good(stored, refused):
            return None
        self._put(leased_until=None)
        return stored

    def _fetched(self) -> Token:
        try:
            with within(FETCH_SECONDS):
                token = self._fetch()
        except ShutOut as error:
            until = self._clock() + AFTER_A_REFUSAL
            self._refused = (until, error)
            self._put(leased_until=until)
            raise
        except (Unknown, Malformed) as error:  # of what the token is for nothing has happened
            self._put(leased_until=None)
            raise _put_off(error) from error
        except BaseException:
            self._put(leased_until=None)
            raise
        sealed = self._seal.encrypt(msgspec.json.encode(token)).decode()
        self._put(leased_until=None, sealed=sealed)
        return token

    def _stored(self) -> Token | None:
        with self._database(), self._reading.connect() as connection:
            sealed = connection.execute(sa.select(table.c.sealed).where(table.c.name == self._name)).scalar()
        try:
            return decoded(self._seal.decrypt(sealed), Token) if sealed else None
        except (InvalidToken, msgspec.MsgspecError):  # sealed with the secret of before
            return None

    def _was_refused_elsewhere(self) -> bool:
        """Only who was refused holds a lease for so long."""
        with self._database(), self._reading.connect() as connection:
            until = connection.execute(sa.select(table.c.leased_until).where(table.c.name == self._name)).scalar()
        return until is not None and until > self._clock() + LEASE

    def _may_fetch(self) -> bool:
        now = self._clock()
        free = sa.or_(table.c.leased_until.is_(None), table.c.leased_until <= now)
        lease = table.update().where(table.c.name == self._name, free).values(leased_until=now + LEASE)
        with self._database(), self._writing.begin() as connection:
            insert_once(connection, table, {"name": self._name})
            return bool(connection.execute(lease).rowcount)

    def _put(self, **values: object) -> None:
        with self._database(), self._writing.begin() as connection:
            connection.execute(table.update().where(table.c.name == self._name).values(values))

    @contextmanager
    def _database(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise Unavailable(f"the store of tokens can't be reached: {type(error).__name__}") from error


def _put_off(error: FrontdeskError) -> Unavailable:
    return Unavailable(f"no token came: {error}", system=error.system, status=error.status, request_id=error.request_id)
