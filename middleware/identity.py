"""Who is speaking, and how sure we are: written only by a channel or a one-time code that proved it, read by all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.selectable import Select

from middleware.clock import Clock
from middleware.settings import IdentityRules, Level
from middleware.store import (
    Store,
    alone,
    codes,
    conversations,
    identities,
    insert_once,
    messages,
    released_numbers,
)

# What a one-time code proved, and what was chosen by it.
_BY_CODE = {"code_email": None, "code_at": None, "chosen_account": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """What was proven about the person at the other end of a channel.

    Attributes:
        phone: E.164; proven by the phone's own channel, or claimed in a signed token.
        email: Lower case; claimed in the host site's signed token.
        customer_id: The ERP's customer number; claimed in the host site's signed token.
        code_email: Lower case; proven by a one-time code that hasn't aged too much.
        code_level: How sure that code still makes us.
    """

    phone: str | None = None
    email: str | None = None
    customer_id: str | None = None
    code_email: str | None = None
    code_level: Level = Level.PUBLIC

    @property
    def level(self) -> Level:
        """How sure all of this makes us."""
        if self.email or self.customer_id:
            return Level.VERIFIED
        return max(Level.KNOWN if self.phone else Level.PUBLIC, self.code_level)

    @property
    def emails(self) -> tuple[str, ...]:
        """The proven addresses, which must all be the same person's."""
        return tuple(dict.fromkeys(one for one in (self.email, self.code_email) if one))

    @property
    def contact(self) -> str | None:
        """Where a code may be asked for to be surer: under an address proven by an earlier one, or the phone."""
        return self.code_email or self.phone


@dataclass(frozen=True, kw_only=True, slots=True)
class Who:
    """The person in one turn of one conversation.

    Attributes:
        correlation_id: Id of the turn, from the channel to the back end and into the audit log.
        chosen_account: The ERP's number of the account that they chose to speak for; no permission by itself.
    """

    conversation_id: str
    channel: str
    correlation_id: str
    proof: Proof = Proof()
    chosen_account: str | None = None

    @property
    def level(self) -> Level:
        """How sure we are of who it is."""
        return self.proof.level

    @property
    def in_turn(self) -> bool:
        """Whether a channel of ours has a turn open for them."""
        return bool(self.channel)


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawal:
    """What WhatsApp says of a person's account, after which no code proves anything that was typed there before.

    Attributes:
        at: When that was.
        conversation_id: Of that person, if the channel tells; their conversation may go by another id, too.
        phone: Their number, in E.164.
        is_given_up: Whether it isn't theirs any more.
    """

    at: datetime
    conversation_id: str
    phone: str | None
    is_given_up: bool


# Made once: they are asked in every turn.
_PROVEN = sa.select(identities.c.phone, identities.c.email, identities.c.customer_id).where(
    identities.c.conversation_id == sa.bindparam("mine")
)
_FIRST_PROVEN = identities.insert()
_RELEASED = sa.select(released_numbers.c.at).where(released_numbers.c.phone == sa.bindparam("given_up"))
_IN_TURN = (
    sa.select(conversations.c.channel, identities)
    .select_from(messages.join(conversations).outerjoin(identities))
    .where(
        messages.c.id == sa.bindparam("turn"),
        messages.c.state == "received",
        conversations.c.id == sa.bindparam("conversation"),
    )
)

_NOW = sa.select(identities).where(identities.c.conversation_id == sa.bindparam("conversation"))


class Identity:
    """Reads what was proven about a conversation, keeps which account was chosen in it, takes back what codes proved.

    Args:
        rules: For how long a code proves something.
    """

    def __init__(self, store: Store, rules: IdentityRules, clock: Clock) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock

    async def who(self, conversation_id: str, turn_id: str | None) -> Who:
        """Tells who is speaking.

        A conversation's id alone proves nothing: Rasa's own channels take it from the sender. So what was proven
        holds only in a turn that one of our channels has open, named by an id that nobody else can know.

        Args:
            turn_id: What the channel put beside the message; None if nothing.
        """
        stranger = Who(conversation_id=conversation_id, channel="", correlation_id=turn_id or "")
        if not turn_id:
            return stranger
        asked = {"turn": turn_id, "conversation": conversation_id}
        row = await self._store.read(lambda connection: connection.execute(_IN_TURN, asked).one_or_none())
        if row is None:
            return stranger
        return Who(
            conversation_id=conversation_id,
            channel=row.channel,
            correlation_id=turn_id,
            proof=self._proof(row),
            chosen_account=row.chosen_account,
        )

    async def standing(self, conversation_id: str, correlation_id: str, since: datetime | None = None) -> Who:
        """Tells who was proven in a conversation as it stands now, for the company's own people and their papers.

        Nothing of it may be said in the conversation: there it must be asked in a turn, see `who`.

        Args:
            correlation_id: Who wants to know, for the audit log.
            since: What the channel has proven later than that doesn't count: somebody else may write from there now.

        Raises:
            Unavailable: The store can't be reached.
        """
        row = await self._store.read(lambda connection: proven_in(connection, conversation_id))
        stranger = Who(conversation_id=conversation_id, channel="", correlation_id=correlation_id)
        if row is None or row.proven_at is None or (since is not None and row.proven_at > since):
            return stranger
        return replace(stranger, proof=self._proof(row), chosen_account=row.chosen_account)

    async def choose_account(self, who: Who, number: str) -> None:
        """Keeps which account somebody speaks for, until the channel proves something else.

        Raises:
            Unavailable: The store can't be reached.
        """
        update = (
            identities.update().where(identities.c.conversation_id == who.conversation_id).values(chosen_account=number)
        )
        await self._store.write(lambda connection: connection.execute(update))

    def _proof(self, row: Any) -> Proof:
        proof = Proof(phone=row.phone, email=row.email, customer_id=row.customer_id)
        level = self._code_level(row.code_at) if row.code_at else Level.PUBLIC
        return replace(proof, code_email=row.code_email, code_level=level) if level else proof

    def _code_level(self, proven_at: datetime) -> Level:
        age = self._clock() - proven_at
        if age <= timedelta(minutes=self._rules.verified_minutes):
            return Level.VERIFIED
        return Level.KNOWN if age <= timedelta(hours=self._rules.known_hours) else Level.PUBLIC

    async def revoke(self, conversation_id: str) -> int:
        """Takes back what codes proved in a conversation, and ends those that are under way.

        Returns:
            How many conversations lost something that was proven: one or none.

        Raises:
            Unavailable: Nothing was taken back.
        """
        return await self._store.write(lambda connection: _revoke(connection, [conversation_id]))

    async def revoke_email(self, email: str) -> int:
        """The same for every conversation in which codes to an address proved something, or are under way.

        Args:
            email: In lower case.

        Raises:
            Unavailable: Nothing was taken back.
        """
        proven = sa.select(identities.c.conversation_id).where(identities.c.code_email == email)
        under_way = sa.select(codes.c.conversation_id).where(codes.c.email == email, codes.c.ended.is_(None))

        def work(connection: Connection) -> int:
            return _revoke(connection, connection.execute(proven.union(under_way)).scalars().all())

        return await self._store.write(work)


def _revoke(connection: Connection, conversation_ids: Sequence[str]) -> int:
    for one in sorted(conversation_ids):  # no code is tried meanwhile; in one order, so that nobody waits for ever
        alone(connection, one)
    mine = identities.c.conversation_id.in_(conversation_ids)
    proven = connection.execute(identities.update().where(mine, identities.c.code_at.is_not(None)).values(_BY_CODE))
    under_way = codes.c.conversation_id.in_(conversation_ids)
    connection.execute(codes.update().where(under_way, codes.c.ended.is_(None)).values(ended="revoked"))
    count: int = proven.rowcount
    return count


def prove(connection: Connection, conversation_id: str, proof: Proof, clock: Clock) -> None:
    """Writes what a channel proved, inside the channel's own transaction; what was proven before is replaced.

    A number that changed hands, or a token without the claim, thereby loses everything at once, and what codes
    proved with it.
    """
    proven = {"phone": proof.phone, "email": proof.email, "customer_id": proof.customer_id}
    current = connection.execute(_PROVEN, {"mine": conversation_id}).one_or_none()
    if current is not None and dict(current._mapping) == proven:
        return
    proven_at = clock()
    if current is None:
        connection.execute(_FIRST_PROVEN, {"conversation_id": conversation_id, "proven_at": proven_at, **proven})
    else:
        _revoke(connection, [conversation_id])
        connection.execute(
            identities.update()
            .where(identities.c.conversation_id == conversation_id)
            .values(proven_at=proven_at, chosen_account=None, **proven)
        )


def withdraw(connection: Connection, withdrawal: Withdrawal) -> None:
    """Takes back what isn't proven any more, in the channel's own transaction; the same again changes nothing."""
    if withdrawal.phone and withdrawal.is_given_up:
        release_number(connection, withdrawal.phone, withdrawal.at)
    theirs = sa.select(identities.c.conversation_id).where(
        sa.or_(
            identities.c.conversation_id == withdrawal.conversation_id,
            identities.c.conversation_id.in_(_holders(withdrawal.phone)),
        ),
        sa.or_(identities.c.code_at.is_(None), identities.c.code_at <= withdrawal.at),
    )
    _revoke(connection, connection.execute(theirs).scalars().all())


def _holders(phone: str | None) -> Select:
    """The conversations that a phone number is proven in by its own messages."""
    holders = sa.select(identities.c.conversation_id).join(conversations)
    return holders.where(identities.c.phone == phone, conversations.c.channel == "whatsapp")


def release_number(connection: Connection, phone: str, at: datetime) -> int:
    """Takes back what a phone number proved, and codes with it: whoever wrote from it until now has another one.

    Args:
        phone: E.164.
        at: When they changed it; what was written before then proves nothing any more, however late it comes in.

    Returns:
        How many conversations lost something that was proven.
    """
    known = connection.execute(sa.select(released_numbers.c.at).where(released_numbers.c.phone == phone)).scalar()
    if known is None:
        insert_once(connection, released_numbers, {"phone": phone, "at": at})
    elif known >= at:  # whoever has the number by now keeps what they proved
        return 0
    else:
        connection.execute(released_numbers.update().where(released_numbers.c.phone == phone).values(at=at))
    conversation_ids = connection.execute(_holders(phone)).scalars().all()
    _revoke(connection, conversation_ids)
    connection.execute(
        identities.update()
        .where(identities.c.conversation_id.in_(conversation_ids))
        .values(phone=None, chosen_account=None, proven_at=at)
    )
    return len(conversation_ids)


def still_proven(connection: Connection, proof: Proof, written_at: datetime) -> Proof:
    """What a message proves that was written at some time: a number that was given up since then proves nothing."""
    at = connection.execute(_RELEASED, {"given_up": proof.phone}).scalar() if proof.phone else None
    return replace(proof, phone=None) if at is not None and written_at <= at else proof


def proven_in(connection: Connection, conversation_id: str) -> Row | None:
    """All that stands proven in a conversation, to see whether it is the same later; None if nothing ever was."""
    return connection.execute(_NOW, {"conversation": conversation_id}).one_or_none()


def prove_by_code(connection: Connection, conversation_id: str, email: str, at: datetime) -> None:
    """Writes what a one-time code proved, inside the transaction that accepted it.

    Args:
        email: Lower case; where the code went.
    """
    connection.execute(
        identities.update().where(identities.c.conversation_id == conversation_id).values(code_email=email, code_at=at)
    )
