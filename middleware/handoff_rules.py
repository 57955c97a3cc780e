"""The rules of assistant.yml about hand-overs to a person, and about the agents' desk."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from babel.core import get_global

from middleware.errors import Misconfigured
from middleware.sentences import domain
from middleware.settings_base import Base, Count, Seconds


class Over(Base, frozen=True):
    """More money than this. `currency`: ISO 4217."""

    amount: Decimal
    currency: str


class HandoffRule(Base, frozen=True):
    """What is for a person at once: everything that is named must hold.

    Attributes:
        name: What the people read as the reason.
        words: Any of these, or of these words in a row, stands in the message: whole words, whatever the letters' case.
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


def check_handoff(rules: HandoffRules, file: Path) -> None:
    """Refuses rules that everything, or nothing, would meet.

    Raises:
        Misconfigured: The message names the rule and the mend.
    """
    names = [rule.name for rule in rules.rules]
    for rule in rules.rules:
        where = f"{file}: handoff.rules: {rule.name!r}"
        if names.count(rule.name) > 1:
            raise Misconfigured(f"{where} is the name of two rules")
        if not (rule.words or rule.segments or rule.over or rule.intents):
            raise Misconfigured(f"{where} says of no message that it is for a person; give it words, segments, ...")
        if not all(any(map(str.isalnum, one)) for one in (*rule.words, *rule.segments)):
            raise Misconfigured(f"{where} has an empty text among its words or segments")
        if rule.over and rule.over.currency not in get_global("all_currencies"):
            raise Misconfigured(f"{where}: {rule.over.currency!r} is no currency; write USD, EUR, ...")
        unknown = sorted(set(rule.intents) - set(domain()["intents"])) if rule.intents else []
        if unknown:
            raise Misconfigured(f"{where}: domain.yml has no intent {unknown[0]!r}")
