"""The rules of assistant.yml about hand-overs to a person, and about the agents' desk."""

from __future__ import annotations

from decimal import Decimal

from middleware.settings_base import Base, Count, Seconds


class Over(Base, frozen=True):
    """More money than this. `currency`: ISO 4217."""

    amount: Decimal
    currency: str


class HandoffRule(Base, frozen=True):
    """What is for a person at once: everything that is named must hold.

    Attributes:
        name: What the people read as the reason.
        words: Any of these stands in the message: whole words, whatever the letters' case.
        segments: The customer is of one of these classes.
        over: The message, or the order that it is about, is about more money.
        intents: What is wanted is one of these; any, if none is named.
        urgent: Whether it goes before the others in the line.
    """

    name: str
    words: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    over: Over | None = None
    intents: tuple[str, ...] = ()
    urgent: bool = False


class HandoffRules(Base, frozen=True):
    """Hand-overs to a person.

    Attributes:
        away_minutes: An agent who wasn't seen for so long gives the conversation back to the line.
        minutes_each: How long one takes, for the expected wait, until enough have been measured.
        account_seconds: How long the customer's account may take to be read.
        rules: What is for a person at once, whatever the bot could do.
    """

    away_minutes: Count
    minutes_each: Count
    account_seconds: Seconds
    rules: tuple[HandoffRule, ...] = ()


class DeskRules(Base, frozen=True):
    """The agents' desk.

    Attributes:
        session_hours: For how long a log-in is good.
        tries: So many wrong passwords in a row lock an account.
        lock_minutes: For so long.
        address_tries: So many log-ins may be tried from one network address within that time.
    """

    session_hours: Count
    tries: Count
    lock_minutes: Count
    address_tries: Count
