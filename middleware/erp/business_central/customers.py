"""The customers' part of the port. Nothing in the API says who acts for whom, so contact persons aren't known."""

from __future__ import annotations

from collections.abc import Sequence

from middleware.erp.business_central import mapping, odata, rows
from middleware.erp.business_central.base import Base, is_number, not_found
from middleware.erp.business_central.rows import CustomerRow
from middleware.phones import last_digits
from middleware.records import Customer

_LONGEST_EMAIL = 80


class Customers(Base):
    """The part of the port that speaks of accounts."""

    def customers_by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number, however it is written there."""
        ends = last_digits(phone)
        if not ends:
            return []
        where = odata.one_of(f"contains(phoneNumber,{odata.text(end)})" for end in ends)
        found = self._customers(where, "customers_by_phone")
        return [one for one in found if one.phone == phone]

    def customers_by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address, in whatever case it is written there."""
        wanted = email.lower()
        if not 0 < len(wanted) <= _LONGEST_EMAIL or not wanted.isprintable():
            return []
        found = self._customers(odata.equal("tolower(email)", wanted), "customers_by_email")
        return [one for one in found if one.email == wanted]

    def customer(self, number: str) -> Customer:
        """Reads one account.

        Raises:
            NotFound: There is no such account.
        """
        if not is_number(number):
            raise not_found("customer")
        for one in self._customers(odata.equal("number", number), "customer"):
            if one.number == number:
                return one
        raise not_found("customer")

    def _customers(self, where: str, operation: str) -> list[Customer]:
        path, _ = rows.customers(where)
        country = self._settings.company.country
        return [mapping.customer(row, country) for row in self.api.rows(path, CustomerRow, operation)]
