"""F&O's customers: found by what is written with the account, with its party, or with a person who acts for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, timezone

from middleware.erp.dynamics import mapping, odata
from middleware.erp.dynamics.api import Api, not_found
from middleware.erp.dynamics.known_orders import KnownOrders
from middleware.erp.dynamics.rows import ContactPersonRow, CustomerRow, PartyContactRow, R, SalesTableRow, fields
from middleware.phones import e164
from middleware.records import Customer

_DIGITS = 7  # the last ones of a phone, which everybody writes, whatever stands before and between
_TYPE = "LogisticsElectronicAddressMethodType"

IsTheirs = Callable[[str | None], bool]


class Customers:
    """The part of the port that speaks of accounts."""

    def __init__(self, api: Api, known_orders: KnownOrders) -> None:
        self._api = api
        self._known_orders = known_orders
        self._country = api.settings.company.country

    def by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number (E.164), or whose contact person has it; each account once."""
        if e164(phone, "") != phone:
            return []

        def is_theirs(written: str | None) -> bool:
            return bool(written) and e164(str(written), self._country) == phone

        return self._found("Phone", odata.scattered(phone[-_DIGITS:].lstrip("+")), is_theirs, "customers_by_phone")

    def by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address, or whose contact person has it; each account once."""
        wanted = email.lower()
        if not odata.is_askable(wanted) or "@" not in wanted:
            return []

        def is_theirs(written: str | None) -> bool:
            return (written or "").strip().lower() == wanted

        return self._found("Email", odata.text(wanted), is_theirs, "customers_by_email")

    def customer(self, number: str) -> Customer:
        """Reads one account.

        Raises:
            NotFound: There is no such account.
        """
        if odata.is_askable(number):
            condition = f"CustomerAccount eq {odata.text(number)}"
            query = self._api.set_of("CustomersV3", condition, fields(CustomerRow))
            for row in self._api.rows(query, CustomerRow, "customer"):
                if row.customer_account == number:
                    return mapping.customer(row, self._country)
        raise not_found("customer")

    def _found(self, kind: str, literal: str, is_theirs: IsTheirs, operation: str) -> Sequence[Customer]:
        """An account's own phone or e-mail comes before its contact persons': then nobody is named."""
        pages = self._api.batch(self._queries(kind, literal), operation)
        own = _theirs(pages.of(0, CustomerRow), f"primary_contact_{kind.lower()}", is_theirs)
        parties = {row.party_number for row in _theirs(pages.of(1, PartyContactRow), "locator", is_theirs)}
        field = "primary_phone_number" if kind == "Phone" else "primary_email_address"
        persons = [row for row in _theirs(pages.of(2, ContactPersonRow), field, is_theirs) if row.is_inactive != "Yes"]
        self._known_orders.note((row.cust_account or "", row.sales_id) for row in pages.of(3, SalesTableRow))
        acting = {row.associated_party_number or "": row.contact_person_name for row in reversed(persons)}
        themselves = {row.contact_person_party_number for row in persons}
        known = {row.party_number for row in own}
        others = self._of_parties((parties | set(acting)) - known - themselves - {"", None}, operation)
        found = {row.customer_account: mapping.customer(row, self._country) for row in own}
        for row in others:
            name = None if row.party_number in parties else acting.get(row.party_number or "")
            found.setdefault(row.customer_account, mapping.customer(row, self._country, name))
        return list(found.values())

    def _queries(self, kind: str, literal: str) -> list[str]:
        """What is asked at once: accounts, all phones or e-mails, contact persons, and orders on which it stands.

        The orders serve whoever asks for them next: their numbers are known then.
        """
        ours = self._api.set_of
        is_kind = f"Type eq {odata.enum(_TYPE, kind)}"
        person = "PrimaryPhoneNumber" if kind == "Phone" else "PrimaryEmailAddress"
        since = datetime.now(timezone.utc) - timedelta(days=self._api.settings.orders.look_back_days)
        lately = f"CreatedOn ge {odata.moment(since)}"
        located = odata.both(is_kind, f"Locator eq {literal}")
        return [
            ours("CustomersV3", f"PrimaryContact{kind} eq {literal}", fields(CustomerRow), order="CustomerAccount"),
            odata.query("PartyContactsV3", located, fields(PartyContactRow), company=False),
            ours("ContactPersons", f"{person} eq {literal}", fields(ContactPersonRow), order="ContactPersonId"),
            ours("SalesTableBiEntities", odata.both(f"{kind} eq {literal}", lately), fields(SalesTableRow)),
        ]

    def _of_parties(self, parties: Iterable[str | None], operation: str) -> list[CustomerRow]:
        numbers = sorted(number for number in parties if number and odata.is_askable(number))
        found: list[CustomerRow] = []
        for first in range(0, len(numbers), odata.ONCE):
            condition = odata.either("PartyNumber", numbers[first : first + odata.ONCE])
            query = self._api.set_of("CustomersV3", condition, fields(CustomerRow), order="CustomerAccount")
            found += self._api.rows(query, CustomerRow, operation)
        return found


def _theirs(rows: list[R], field: str, is_theirs: IsTheirs) -> list[R]:
    return [row for row in rows if is_theirs(getattr(row, field))]
