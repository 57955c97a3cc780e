"""Which account a customer speaks for, where they may speak for several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from middleware.choice import Candidate, choose, says_more, words
from middleware.clock import Clock
from middleware.errors import NotAllowed, Reason
from middleware.gateway import Gateway
from middleware.identity import Identity, Who
from middleware.records import Customer
from middleware.settings import Operation, Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Unclear:
    """It isn't clear which account is meant; `accounts` are number and name of those to choose from."""

    accounts: tuple[tuple[str, str], ...]


class Accounts:
    """Lets a customer choose among the accounts that they may speak for."""

    def __init__(self, gateway: Gateway, identity: Identity, settings: Settings, clock: Clock) -> None:
        self._gateway = gateway
        self._identity = identity
        self._settings = settings
        self._clock = clock

    async def choose(
        self, who: Who, text: str, number: str | None = None, offered: Sequence[tuple[str, str]] = ()
    ) -> Customer | Unclear:
        """Keeps the account that the customer means. Whether they may speak for it, the back ends are asked anew.

        Args:
            text: The customer's own words.
            number: Of the account whose button they pressed.
            offered: Number and name of the accounts, in the order in which they were listed to the customer.

        Returns:
            The account; or what there is to choose from, if they named none of theirs, or several.

        Raises:
            NotAllowed: They aren't known, or can't be told apart.
            Unavailable: The ERP can't be asked now, or the choice can't be kept.
        """
        wanted = replace(who, chosen_account=number or self._meant(text, offered))
        try:
            account = await self._gateway.erp.account(wanted, Operation.ACCOUNT_CHOICE)
        except NotAllowed as refusal:
            if refusal.reason is not Reason.WHICH_ACCOUNT:
                raise
            return Unclear(accounts=refusal.accounts)
        await self._identity.choose_account(who, account.number)
        return account

    def is_choice(self, text: str, offered: Sequence[tuple[str, str]]) -> bool:
        """Tells whether the words name one of the offered accounts, and nothing else."""
        says_more_than_that = says_more(text, _candidates(offered), self._settings.company.locale)
        return self._meant(text, offered) is not None and not says_more_than_that

    def _meant(self, text: str, offered: Sequence[tuple[str, str]]) -> str | None:
        """The number of the one account that the words name: by its name, its number, or its place in the list."""
        choice = choose(
            text,
            _candidates(offered),
            today=self._clock().astimezone(self._settings.zone).date(),
            locale=self._settings.company.locale,
            offered=[number for number, _ in offered],
        )
        return choice.keys[0] if choice.named and len(choice.keys) == 1 else None


def _candidates(offered: Sequence[tuple[str, str]]) -> list[Candidate]:
    return [Candidate(key=number, items=(frozenset(words(name)),), days=()) for number, name in offered]
