"""Which account a customer speaks for, where they may speak for several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from middleware.choice import Candidate, choose, words
from middleware.clock import Clock
from middleware.gateway import Gateway
from middleware.identity import Identity, Who
from middleware.records import Customer
from middleware.settings import Operation, Settings


class Accounts:
    """Lets a customer choose among the accounts that they may speak for."""

    def __init__(self, gateway: Gateway, identity: Identity, settings: Settings, clock: Clock) -> None:
        self._gateway = gateway
        self._identity = identity
        self._settings = settings
        self._clock = clock

    async def choose(
        self, who: Who, text: str, number: str | None = None, offered: Sequence[tuple[str, str]] = ()
    ) -> Customer:
        """Keeps the account that the customer means. Whether they may speak for it, the back ends are asked anew.

        Args:
            text: The customer's own words.
            number: Of the account whose button they pressed.
            offered: Number and name of the accounts, in the order in which they were listed to the customer.

        Raises:
            NotAllowed: With `WHICH_ACCOUNT`, if it isn't clear which one, or it isn't one of theirs; otherwise as for
                `Door.account`.
            Unavailable: The ERP can't be asked now, or the choice can't be kept.
        """
        wanted = replace(who, chosen_account=number or self._meant(text, offered))
        account = await self._gateway.erp.account(wanted, Operation.ACCOUNT_CHOICE)
        await self._identity.choose_account(who, account.number)
        return account

    def _meant(self, text: str, offered: Sequence[tuple[str, str]]) -> str | None:
        """The number of the one account that the words name: by its name, its number, or its place in the list."""
        choice = choose(
            text,
            [Candidate(key=number, items=(frozenset(words(name)),), days=()) for number, name in offered],
            today=self._clock().astimezone(self._settings.zone).date(),
            locale=self._settings.company.locale,
            offered=[number for number, _ in offered],
        )
        return choice.keys[0] if choice.named and len(choice.keys) == 1 else None
