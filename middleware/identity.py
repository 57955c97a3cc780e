"""Who is speaking, and how sure we are: written only by a channel that proved it, read by everyone else."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
import sqlalchemy as sa

from middleware.clock import Clock
from middleware.settings import Level
from middleware.store import Store, conversations, identities, messages


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """What a channel proved about the person at its other end.

    Attributes:
        phone: E.164; proven by the phone's own channel, or claimed in a signed token.
        email: Lower case; claimed in the host site's signed token.
        customer_id: The ERP's customer number; claimed in the host site's signed token.
    """

    phone: str | None = None
    email: str | None = None
    customer_id: str | None = None

    @property
    def level(self) -> Level:
        """How sure this makes us."""
        if self.email or self.customer_id:
            return Level.VERIFIED
        return Level.KNOWN if self.phone else Level.PUBLIC


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


class Identity:
    """Reads what was proven about a conversation, and keeps which account was chosen in it."""

    def __init__(self, store: Store) -> None:
        self._store = store

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
        query = (
            sa.select(
                conversations.c.channel,
                identities.c.phone,
                identities.c.email,
                identities.c.customer_id,
                identities.c.chosen_account,
            )
            .select_from(messages.join(conversations).outerjoin(identities))
            .where(
                messages.c.id == turn_id,
                messages.c.state == "received",
                conversations.c.id == conversation_id,
            )
        )
        row = await self._store.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            return stranger
        return Who(
            conversation_id=conversation_id,
            channel=row.channel,
            correlation_id=turn_id,
            proof=Proof(phone=row.phone, email=row.email, customer_id=row.customer_id),
            chosen_account=row.chosen_account,
        )

    async def choose_account(self, who: Who, number: str) -> None:
        """Keeps which account somebody speaks for, until the channel proves something else.

        Raises:
            Unavailable: The store can't be reached.
        """
        update = (
            identities.update().where(identities.c.conversation_id == who.conversation_id).values(chosen_account=number)
        )
        await self._store.write(lambda connection: connection.execute(update))


def prove(connection: sa.engine.Connection, conversation_id: str, proof: Proof, clock: Clock) -> None:
    """Writes what a channel proved, inside the channel's own transaction; what was proven before is replaced.

    A number that changed hands, or a token without the claim, thereby loses everything at once, the account that was
    chosen included.
    """
    proven = {"phone": proof.phone, "email": proof.email, "customer_id": proof.customer_id}
    current = connection.execute(
        sa.select(identities.c.phone, identities.c.email, identities.c.customer_id).where(
            identities.c.conversation_id == conversation_id
        )
    ).one_or_none()
    if current is not None and dict(current._mapping) == proven:
        return
    proven_at = clock()
    if current is None:
        connection.execute(identities.insert().values(conversation_id=conversation_id, proven_at=proven_at, **proven))
    else:
        connection.execute(
            identities.update()
            .where(identities.c.conversation_id == conversation_id)
            .values(proven_at=proven_at, chosen_account=None, **proven)
        )


def phone_number(text: str, country: str) -> str | None:
    """Reads a phone number as people write it.

    Args:
        country: ISO code of the country whose numbers are written without a country code.

    Returns:
        E.164, or None if it is no number that can exist.
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
