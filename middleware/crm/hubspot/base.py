"""What all parts of the connector have: the API, the settings, and what seldom changes there, kept for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Generic, TypeVar

from middleware.crm.hubspot import answers, mapping
from middleware.crm.hubspot.answers import Owner
from middleware.crm.hubspot.api import Api
from middleware.crm.hubspot.settings import HubspotRules
from middleware.crm.hubspot.values import is_email, unique
from middleware.in_turn import InTurn
from middleware.records import Employee

T = TypeVar("T")

KEPT_SECONDS = 300.0
# What isn't known may have come since; so soon it hasn't.
SURE_SECONDS = 30.0


class Kept(Generic[T]):
    """Something that is read anew after a while.

    Args:
        read: Reads it.
    """

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._value: T | None = None
        self._read_at = 0.0

    def get(self, no_older: float = KEPT_SECONDS) -> T:
        """It, read within so many seconds."""
        value, age = self._value, time.monotonic() - self._read_at
        if value is None or age > no_older:
            value = self._read()
            self._value, self._read_at = value, time.monotonic()
        return value


class Connected:
    """Base of the connector's parts.

    Args:
        erp_field: The property with the ERP's customer number; empty if there is none.
        country: Where telephone numbers without a country's code are.
        in_turn: For writes that nothing unique in HubSpot keeps apart.
    """

    def __init__(self, api: Api, rules: HubspotRules, erp_field: str, country: str, in_turn: InTurn) -> None:
        self._api = api
        self._rules = rules
        self._fields = mapping.ContactFields(
            erp_number=erp_field, segment=rules.segment_property, key=rules.key_property, country=country
        )
        self._in_turn = in_turn
        self._owners = Kept(self._read_owners)
        self._pipelines = {kind: Kept(partial(self._read_stages, kind)) for kind in ("tickets", "deals")}

    def _alone(self, subject: str) -> AbstractContextManager[None]:
        """Lets one at a time read and then change something, such as a ticket: HubSpot has no means for that."""
        return self._in_turn.of(f"hubspot: {unique(subject)}")

    def _owner(self, id_: str) -> Owner | None:
        """One of the company's people by HubSpot's id, active ones only."""
        if not id_:
            return None
        known = self._owners.get()
        return known.get(id_) or self._owners.get(SURE_SECONDS).get(id_)

    def _owner_with(self, email: str) -> Owner | None:
        """The same by their address."""
        if not is_email(email):
            return None
        query = {"email": email, "limit": 100}
        for page in self._api.pages("/crm/v3/owners", query, answers.Owners):
            for one in page.results:
                if not one.archived and (one.email or "").lower() == email.lower():
                    return one
        return None

    def _employee_with(self, email: str) -> Employee:
        """Somebody of whom an earlier answer spoke; they may have left since."""
        owner = self._owner_with(email)
        return mapping.employee(owner) if owner else Employee(email=email, name=email)

    def _is_closed(self, kind: str, stage: str) -> bool:
        """Whether what stands in a stage is done with; stages that nobody knows are open."""
        stages = self._pipelines[kind].get()
        if stage not in stages:
            stages = self._pipelines[kind].get(SURE_SECONDS)
        return stage in stages and stages[stage].is_closed

    def _closed_stage(self, pipeline: str) -> str:
        """Where a ticket of a pipeline goes when it is closed; empty if there is nothing such."""
        stages = self._pipelines["tickets"].get().items()
        closed = [id_ for id_, stage in stages if stage.pipeline == pipeline and stage.is_closed]
        return self._rules.closed_stage if self._rules.closed_stage in closed else next(iter(closed), "")

    def _read_owners(self) -> dict[str, Owner]:
        pages = self._api.pages("/crm/v3/owners", {"limit": 500}, answers.Owners)
        return {one.id: one for page in pages for one in page.results if not one.archived}

    def _read_stages(self, kind: str) -> dict[str, mapping.KnownStage]:
        found = self._api.call("GET", f"/crm/v3/pipelines/{kind}").decoded(answers.Pipelines)
        return {
            stage.id: mapping.KnownStage(pipeline=one.id, is_closed=stage.metadata.is_closed)
            for one in found.results
            for stage in one.stages
        }
