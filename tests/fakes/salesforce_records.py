"""The records of the stand-in's Salesforce: made and changed as strictly as the vendor does it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, NoReturn

from tests.fakes.salesforce_schema import DEFAULTED, KINDS, Field, Kind
from tests.fakes.stand_in import refuse

Record = dict[str, Any]

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_EMAIL = re.compile(r"[^\s@,;<>()\"\\]+@[^\s@,;<>()\"\\]+")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)")
_COSTS = {"&": 5, "<": 4, ">": 4, '"': 6, "'": 5}  # as entities


def no(status: int, code: str, message: str, *fields: str) -> NoReturn:
    """Refuses as the vendor's REST API does."""
    refuse(status, [{"message": message, "errorCode": code, "fields": list(fields)}])


def whole_id(short: str) -> str:
    """The id of 18 letters for one of 15: three more say which of them are capitals."""
    groups = (short[place : place + 5] for place in (0, 5, 10))
    bits = (sum(1 << place for place, letter in enumerate(group) if letter.isupper()) for group in groups)
    return short + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bit] for bit in bits)


def is_id(text: object) -> bool:
    """Whether something may be an id."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def moment(at: datetime) -> str:
    """A moment as it is answered; what is laid has parts of a second, unlike there, so that it comes back exactly."""
    utc = at.astimezone(timezone.utc)
    part = f"{utc.microsecond:06}" if utc.microsecond else "000"
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{part}+0000"


def read_moment(text: str) -> datetime:
    """The moment that a text says."""
    return datetime.fromisoformat(
        re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text.replace("Z", "+00:00")).replace(".000+", "+")
    )


class Records:
    """All records, by object and id.

    Args:
        me: Gives the id of the user whom the calls are made for.
    """

    def __init__(self, me: Callable[[], str]) -> None:
        self._me = me
        self._all: dict[str, dict[str, Record]] = {kind: {} for kind in KINDS}
        self._count = 0
        self._case_number = 1000
        self._undo: list[Callable[[], None]] | None = None
        self.hidden: set[str] = set()  # fields that aren't there, or that the user may not see
        self.not_unique: set[str] = set()  # objects whose external id isn't unique
        self.rules: dict[str, str] = {}  # who gets the new ones of an object by its assignment rules
        self.duplicates: set[str] = set()  # e-mails that the duplicate rules know
        self.blocks_duplicates = False

    # Reading

    def of(self, kind: str) -> list[Record]:
        """All records of an object."""
        return list(self._all[kind].values())

    def get(self, kind: str, id_: str | None) -> Record | None:
        """The record with an id of 15 or 18 letters."""
        return self._all[kind].get(id_[:15]) if id_ else None

    def fields(self, kind: str) -> dict[str, Field]:
        """The fields of an object, as far as they are there."""
        there = KINDS[kind].fields.items()
        return {name: one for name, one in there if name not in self.hidden and f"{kind}.{name}" not in self.hidden}

    def kind(self, name: str) -> Kind:
        """An object, by its name in a path."""
        if name not in KINDS:
            no(404, "NOT_FOUND", "The requested resource does not exist")
        return KINDS[name]

    def with_key(self, kind: str, field: str, key: str) -> list[Record]:
        """The records with an external id."""
        one = self.fields(kind).get(field)
        if one is None or not one.external:
            no(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {field}")
        return [record for record in self.of(kind) if record.get(field) == key]

    # Writing

    def transaction(self) -> Iterator[None]:
        """What is done meanwhile is undone where it fails; to be used by `contextmanager`."""
        self._undo = []
        try:
            yield
        except BaseException:
            for undo in reversed(self._undo):
                undo()
            raise
        finally:
            self._undo = None

    def create(self, kind: str, given: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> str:
        """Makes a record.

        Returns:
            Its id.
        """
        headers = headers or {}
        fields = self.fields(kind)
        values = self._checked(kind, given, is_new=True)
        for name, one in fields.items():
            if one.required and values.get(name) in (None, ""):
                no(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{name}]", name)
        self._demand_unique(kind, values, None)
        self._demand_no_duplicate(kind, values, headers)
        return self.put(kind, values | self._owner(kind, values, headers))

    def update(self, kind: str, id_: str, given: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        """Changes a record."""
        there = self.get(kind, id_)
        if there is None or not is_id(id_):
            no(404, "NOT_FOUND", "The requested resource does not exist")
        values = self._checked(kind, given, is_new=False)
        for name, one in self.fields(kind).items():
            if one.required and name in values and values[name] in (None, ""):
                no(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{name}]", name)
        self._demand_unique(kind, values, there["Id"])
        rule = self.rules.get(kind)
        if rule and (headers or {}).get("sforce-auto-assign", "TRUE").upper() != "FALSE":
            values = values | {"OwnerId": rule}
        before = dict(there)
        self._undoes(lambda: there.clear() or there.update(before))  # type: ignore[func-returns-value]
        there.update(values, LastModifiedDate=self._now(), SystemModstamp=self._now())
        self._follow(kind, there)

    def delete(self, kind: str, id_: str) -> None:
        """Takes a record away."""
        if self.get(kind, id_) is None:
            no(404, "ENTITY_IS_DELETED", "entity is deleted")
        del self._all[kind][id_[:15]]

    def put(self, kind: str, values: Mapping[str, Any], by: str = "", at: datetime | None = None) -> str:
        """Puts a record there without looking at it; for what is laid, and for what the system itself makes.

        Args:
            by: The user who makes it; by default the one whom the calls are made for.
            at: When.
        """
        self._count += 1
        id_ = whole_id(KINDS[kind].prefix + self._digits(self._count))
        written = moment(at) if at else self._now()
        defaults = {name: one.default for name, one in KINDS[kind].fields.items() if one.default is not DEFAULTED}
        record: Record = {**defaults, **values}
        record |= {"Id": id_, "CreatedDate": written, "LastModifiedDate": written, "SystemModstamp": written}
        record["CreatedById"] = by or self._me()
        if "OwnerId" in KINDS[kind].fields and not record.get("OwnerId"):
            record["OwnerId"] = self._me()
        if kind == "Case" and not record.get("CaseNumber"):
            self._case_number += 1
            record["CaseNumber"] = f"{self._case_number:08}"
        self._all[kind][id_[:15]] = record
        self._undoes(lambda: self._all[kind].pop(id_[:15]))
        if kind == "ContentVersion":
            self._publish(record)
        self._follow(kind, record)
        return id_

    def _undoes(self, undo: Callable[[], object]) -> None:
        if self._undo is not None:
            self._undo.append(lambda: undo() and None)

    def _publish(self, version: Record) -> None:
        """A version without a document gets one, linked with where it is published first."""
        version["Checksum"] = hashlib.md5(base64.b64decode(version["VersionData"])).hexdigest()
        document = self.get("ContentDocument", version.get("ContentDocumentId"))
        if document is None:
            self.put("ContentDocument", {"Title": version["Title"] or version["PathOnClient"]})
            document = list(self._all["ContentDocument"].values())[-1]
            version["ContentDocumentId"] = document["Id"]
            for place in {self._me(), version.get("FirstPublishLocationId") or self._me()}:
                self.put("ContentDocumentLink", {"ContentDocumentId": document["Id"], "LinkedEntityId": place})
        document["LatestPublishedVersionId"] = version["Id"]
        document["Title"] = version["Title"] or version["PathOnClient"]

    def _follow(self, kind: str, record: Record) -> None:
        """What follows from a record's values."""
        if kind == "Case":
            record["IsClosed"] = record["Status"] == "Closed"
        if kind in ("Contact", "Lead"):
            record["Name"] = " ".join(filter(None, (record.get("FirstName"), record.get("LastName"))))
        if kind == "Case" and not record.get("AccountId"):
            contact = self.get("Contact", record.get("ContactId"))
            record["AccountId"] = contact["AccountId"] if contact else None

    def _owner(self, kind: str, values: Mapping[str, Any], headers: Mapping[str, str]) -> Record:
        """Who gets it by the assignment rules, which count unless they are told not to."""
        rule = self.rules.get(kind)
        if rule is None or headers.get("sforce-auto-assign", "TRUE").upper() == "FALSE":
            return {}
        return {"OwnerId": rule}

    def _demand_no_duplicate(self, kind: str, values: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        rule = headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()
        known = kind in ("Lead", "Contact") and values.get("Email") in self.duplicates
        if known and (self.blocks_duplicates or "allowsave=true" not in rule):
            no(400, "DUPLICATES_DETECTED", "Use one of these records?")

    def _demand_unique(self, kind: str, values: Mapping[str, Any], but: str | None) -> None:
        for name, one in self.fields(kind).items():
            taken = one.external and kind not in self.not_unique and values.get(name)
            for other in self.of(kind) if taken else ():
                if other.get(name) == taken and other["Id"] != but:
                    message = f"duplicate value found: {name} duplicates value on record with id: {other['Id']}"
                    no(400, "DUPLICATE_VALUE", message, name)

    def _checked(self, kind: str, given: Mapping[str, Any], is_new: bool) -> Record:
        fields = self.fields(kind)
        values: Record = {}
        for name, value in given.items():
            one = fields.get(name)
            if one is None:
                no(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}")
            if not (one.create if is_new else one.update):
                message = f"Unable to create/update fields: {name}. Please check the security settings of this field."
                no(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, name)
            values[name] = None if value in (None, "") else self._value(kind, name, one, value)
        return values

    def _value(self, kind: str, name: str, one: Field, value: Any) -> Any:
        if one.kind == "boolean":
            return value if isinstance(value, bool) else self._wrong_type(name, value)
        if one.kind in ("double", "int"):
            return self._number(name, one, value)
        if not isinstance(value, str):
            self._wrong_type(name, value)
        if one.kind == "reference":
            return self._reference(one, name, value)
        if one.kind == "base64":
            return self._bytes(name, value)
        if one.kind == "datetime":
            return moment(read_moment(value)) if _DATETIME.fullmatch(value) else self._wrong_type(name, value)
        if one.kind == "date":
            return value if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else self._wrong_type(name, value)
        return self._text(kind, name, one, value)

    def _text(self, kind: str, name: str, one: Field, value: str) -> str | None:
        if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", value):
            no(400, "JSON_PARSER_ERROR", "Illegal character")
        if one.kind != "textarea" and re.search(r"[\r\n]", value):
            value = re.sub(r"[\r\n]+", " ", value)
        value = value.strip()
        length = len(value)
        if (kind, name) == ("CaseComment", "CommentBody"):
            length = sum(_COSTS.get(letter, len(letter.encode())) for letter in value)
        if length > one.length:
            no(400, "STRING_TOO_LONG", f"{name}: data value too large: {value[:30]} (max length={one.length})", name)
        if one.kind == "email" and not _EMAIL.fullmatch(value):
            no(400, "INVALID_EMAIL_ADDRESS", f"{name}: invalid email address: {value}", name)
        return value or None

    def _number(self, name: str, one: Field, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong_type(name, value)
        if abs(value) >= 10**one.length:
            no(400, "NUMBER_OUTSIDE_VALID_RANGE", f"{name}: value outside of valid range", name)
        return int(value) if one.kind == "int" else float(round(value, one.scale))

    def _reference(self, one: Field, name: str, value: str) -> str:
        if not is_id(value):
            no(400, "MALFORMED_ID", f"{name}: id value of incorrect type: {value}", name)
        for kind in one.to:
            there = self.get(kind, value)
            if there is not None:
                if kind == "User" and not there["IsActive"]:
                    no(400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user", name)
                return str(there["Id"])
        no(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", name)

    def _bytes(self, name: str, value: str) -> str:
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error:
            self._wrong_type(name, value)
        return value

    def _wrong_type(self, name: str, value: Any) -> NoReturn:
        no(400, "JSON_PARSER_ERROR", f"Cannot deserialize instance of {name} from {type(value).__name__} value")

    def _now(self) -> str:
        return moment(datetime.now(timezone.utc).replace(microsecond=0))

    def _digits(self, number: int) -> str:
        digits = ""
        while number:
            number, digit = divmod(number, 62)
            digits = _LETTERS[digit] + digits
        return digits.rjust(12, "0")
