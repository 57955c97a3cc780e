"""The records of a stand-in's HubSpot: kept, checked, associated and found as HubSpot does it."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import phonenumbers

from tests.fakes.hubspot_schema import ASSOCIATIONS, OBJECT_TYPES, PIPELINES, PROPERTIES, READ_ONLY
from tests.fakes.stand_in import refuse

LONGEST_VALUE = 65_536
STAGES = {"tickets": ("hs_pipeline", "hs_pipeline_stage"), "deals": ("pipeline", "dealstage")}

_EMAIL = re.compile(r"[^\s@<>(),;:\\\"]+@[^\s@.]+(\.[^\s@.]+)+")
_TAGS_LEFT_OUT = re.compile(r"</?(?!(?:p|br|b|strong|em|i|ul|ol|li|div|span|a)\b)[a-zA-Z][^>]*>")


@dataclass
class Record:
    """One contact, company, deal, ticket or note. `found_from`: when search knows how it is now."""

    id: str
    properties: dict[str, str]
    found_from: float
    indexed: dict[str, str] = field(default_factory=dict)


def now_text() -> str:
    """This moment, as HubSpot writes it."""
    return moment(datetime.now(timezone.utc))


def moment(at: datetime) -> str:
    """A moment as HubSpot writes it; what was laid finer than that stays so."""
    spec = "milliseconds" if at.microsecond % 1000 == 0 else "microseconds"
    return at.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec=spec) + "Z"


class Records:
    """All records, by their type and id.

    Attributes:
        lag: For how many seconds search doesn't know of what was written.
    """

    def __init__(self) -> None:
        self.lag = 1.0
        self.ids = itertools.count(30_000_000_001)
        self.properties = {kind: dict(names) for kind, names in PROPERTIES.items()}
        self.owners: list[dict[str, Any]] = []
        self.clear()

    def clear(self) -> None:
        """Takes all of them away."""
        self.all: dict[str, dict[str, Record]] = {kind: {} for kind in OBJECT_TYPES}
        self.associated: dict[tuple[str, str], dict[str, dict[str, set[int]]]] = {}
        self._holders: dict[tuple[str, str, str], str] = {}

    # Writing

    def put(self, kind: str, properties: Mapping[str, str], id_: str | None = None) -> Record:
        """Puts a record there as it is, unchecked and known to search at once."""
        record = Record(id_ or str(next(self.ids)), dict(properties), 0.0)
        self._keep(kind, record)
        record.indexed = dict(record.properties)
        return record

    def create(self, kind: str, properties: Any) -> Record:
        """Makes a record of what was sent."""
        given = self._checked(kind, properties, None)
        if kind == "notes" and not given.get("hs_timestamp"):
            invalid("hs_timestamp", "REQUIRED_FIELD")
        if kind == "notes" and (given.get("hs_note_body") is None and not given.get("hs_attachment_ids")):
            invalid("hs_note_body", "REQUIRED_FIELD")
        self._demand_stage(kind, given, {})
        made = {"createdate": now_text()} if kind != "notes" else {"hs_createdate": now_text()}
        record = Record(str(next(self.ids)), {**made, **given}, time.monotonic() + self.lag)
        self._keep(kind, record)
        return record

    def update(self, kind: str, record: Record, properties: Any) -> Record:
        """Changes a record."""
        given = self._checked(kind, properties, record.id)
        self._demand_stage(kind, given, record.properties)
        if record.found_from <= time.monotonic():
            record.indexed = dict(record.properties)
        for name in given:
            self._holders.pop((kind, name, record.properties.get(name, "").lower()), None)
        record.properties |= given
        record.found_from = time.monotonic() + self.lag
        self._keep(kind, record)
        return record

    def associate(self, kind: str, id_: str, other: str, other_id: str, type_ids: Iterable[int]) -> None:
        """Joins two records, in both directions."""
        known = ASSOCIATIONS.get((kind, other), set())
        wrong = [type_id for type_id in type_ids if type_id not in known]
        if wrong or not type_ids:
            refuse(
                400, problem(f"{wrong} is not a valid association type between {kind} and {other}", "VALIDATION_ERROR")
            )
        if other_id not in self.all[other]:
            refuse(400, problem(f"{OBJECT_TYPES[other]}={other_id} is not valid", "VALIDATION_ERROR"))
        self._associate(kind, id_, other, other_id, set(type_ids))
        self._associate(other, other_id, kind, id_, {min(ASSOCIATIONS[other, kind])})
        if (kind, other) == ("contacts", "companies"):
            self.all[kind][id_].properties.setdefault("associatedcompanyid", other_id)

    def _associate(self, kind: str, id_: str, other: str, other_id: str, type_ids: set[int]) -> None:
        self.associated.setdefault((kind, other), {}).setdefault(id_, {})[other_id] = type_ids

    def _keep(self, kind: str, record: Record) -> None:
        self.all[kind][record.id] = record
        for name, is_unique in self.properties[kind].items():
            if is_unique and record.properties.get(name):
                self._holders[kind, name, record.properties[name].lower()] = record.id
        if kind == "deals":
            record.properties["hs_is_closed"] = str(self.is_closed(kind, record)).lower()
        if kind == "contacts":
            for written, calculated in (("phone", "phone"), ("mobilephone", "mobile")):
                digits = _national(record.properties.get(written, ""))
                record.properties[f"hs_searchable_calculated_{calculated}_number"] = digits

    def _checked(self, kind: str, properties: Any, id_: str | None) -> dict[str, str]:
        """What was sent, as text; what HubSpot doesn't take is refused."""
        if not isinstance(properties, dict):
            refuse(400, problem("Invalid input JSON: properties", "VALIDATION_ERROR"))
        given: dict[str, str] = {}
        for name, value in properties.items():
            if name not in self.properties[kind]:
                invalid(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
            if name in READ_ONLY:
                invalid(name, "READ_ONLY_VALUE")
            if value is None or isinstance(value, list | dict):
                invalid(name, "INVALID_STRING")
            text = str(value)
            if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
                invalid(name, "INVALID_STRING")
            if len(text) > LONGEST_VALUE:
                invalid(name, "PROPERTY_VALUE_TOO_LONG")
            given[name] = _TAGS_LEFT_OUT.sub("", text) if name == "hs_note_body" else text
        self._demand_sense(kind, given, id_)
        return given

    def _demand_sense(self, kind: str, given: Mapping[str, str], id_: str | None) -> None:
        email = given.get("email", "") if kind == "contacts" else ""
        if email and not _EMAIL.fullmatch(email):
            invalid("email", "INVALID_EMAIL", f"Email address {email} is invalid")
        owner = given.get("hubspot_owner_id")
        if owner and owner not in [one["id"] for one in self.owners]:
            invalid("hubspot_owner_id", "INVALID_OWNER_ID")
        if given.get("hs_ticket_priority", "LOW") not in ("LOW", "MEDIUM", "HIGH", "URGENT"):
            invalid("hs_ticket_priority", "INVALID_OPTION")
        if given.get("lifecyclestage", "lead") not in ("subscriber", "lead", "opportunity", "customer", "other"):
            invalid("lifecyclestage", "INVALID_OPTION")
        for name, value in given.items():
            holder = self._holders.get((kind, name, value.lower())) if value else None
            if not self.properties[kind][name] or holder in (None, id_):
                continue
            if (kind, name) == ("contacts", "email"):
                refuse(409, problem(f"Contact already exists. Existing ID: {holder}", "CONFLICT"))
            invalid(name, "CONFLICTING_UNIQUE_VALUE", f"{kind} {holder} already has that value.")

    def _demand_stage(self, kind: str, given: Mapping[str, str], before: Mapping[str, str]) -> None:
        if kind not in STAGES:
            return
        names = STAGES[kind]
        pipeline, stage = (given.get(name, before.get(name)) for name in names)
        if stage is None:
            invalid(names[1], "REQUIRED_FIELD")
        stages = {one["id"]: [part["id"] for part in one["stages"]] for one in PIPELINES[kind]}
        if pipeline is not None and pipeline not in stages:
            invalid(names[0], "INVALID_OPTION")
        if stage not in stages.get(pipeline or PIPELINES[kind][0]["id"], ()):
            invalid(names[1], "INVALID_OPTION")

    # Reading

    def is_closed(self, kind: str, record: Record) -> bool:
        """Whether a ticket or deal stands in a stage that is closed."""
        stage = record.properties.get(STAGES[kind][1])
        closed = [
            one["id"]
            for pipeline in PIPELINES[kind]
            for one in pipeline["stages"]
            if one["metadata"].get("ticketState") == "CLOSED" or one["metadata"].get("isClosed") == "true"
        ]
        return stage in closed

    def by(self, kind: str, value: str, id_property: str | None) -> Record | None:
        """A record by its id, or by a property that no two have alike."""
        if id_property in (None, "", "hs_object_id"):
            return self.all[kind].get(value)
        if id_property not in self.properties[kind]:
            invalid(str(id_property), "PROPERTY_DOESNT_EXIST", f'Property "{id_property}" does not exist')
        if not self.properties[kind][str(id_property)]:
            refuse(400, problem(f"{id_property} is not a unique property", "VALIDATION_ERROR"))
        return self.all[kind].get(self._holders.get((kind, str(id_property), value.lower()), ""))

    def search(self, kind: str, groups: list[Any]) -> list[Record]:
        """Records that fit any group of filters, as search knows them."""
        for record in self.all[kind].values():
            if record.found_from <= time.monotonic():
                record.indexed = dict(record.properties)
        fits = [[self._filter(kind, one) for one in group["filters"]] for group in groups]
        return [
            record
            for record in self.all[kind].values()
            if record.indexed and any(all(fit(record.indexed) for fit in group) for group in fits)
        ]

    def _filter(self, kind: str, given: Any) -> Any:
        name, operator = given.get("propertyName"), given.get("operator")
        if name not in self.properties[kind]:
            invalid(str(name), "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
        if operator in ("EQ", "CONTAINS_TOKEN") and isinstance(given.get("value"), str) and given["value"]:
            wanted = given["value"].lower()
            if operator == "EQ":
                return lambda values: values.get(name, "").lower() == wanted
            tokens = re.compile("".join(".*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", wanted)))
            return lambda values: any(tokens.fullmatch(one) for one in re.findall(r"\w+", values.get(name, "").lower()))
        if operator == "IN" and isinstance(given.get("values"), list) and given["values"]:
            if any(not isinstance(one, str) or one != one.lower() for one in given["values"]):
                refuse(400, problem("values of IN must be in lower case", "VALIDATION_ERROR"))
            return lambda values: values.get(name, "").lower() in given["values"]
        refuse(400, problem(f"Invalid filter on {name}", "VALIDATION_ERROR"))


def problem(message: str, category: str, **more: Any) -> dict[str, Any]:
    """An error as HubSpot writes it."""
    return {"status": "error", "message": message, "correlationId": CORRELATION, "category": category, **more}


def invalid(name: str, code: str, message: str = "") -> Any:
    """Refuses a property's value."""
    said = message or f"{name} is not valid"
    errors = [{"message": said, "code": code, "context": {"propertyName": [name]}}]
    refuse(400, problem(f"Property values were not valid: {said}", "VALIDATION_ERROR", errors=errors))


CORRELATION = "aeb5f871-7f07-4993-9211-075dc63e7cbf"


def _national(phone: str) -> str:
    """A number as search has it: without the country's code, and without an extension."""
    try:
        return str(phonenumbers.parse(phone, "US").national_number)
    except phonenumbers.NumberParseException:
        return ""
