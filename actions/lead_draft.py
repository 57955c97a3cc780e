"""What is known of somebody who wants to buy while it is talked about, and what a message adds to that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from middleware import names
from middleware.decoding import converted
from middleware.lead_places import Region
from middleware.lead_words import Detail, Said
from middleware.leads import Enquiry
from middleware.records import Budget, Headcount

NOTHING = Enquiry()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is known of a lead so far; what isn't is empty or None.

    Attributes:
        asks: What was asked for last.
        wish: What they want, in their own words.
        name: As they typed it.
        left_out: The details that they would rather not say, or that don't matter for what they want.
        known: What was known of them already, when they were as sure as `level`.
    """

    asks: str = ""
    wish: str = ""
    name: str = ""
    company: str = ""
    size: Headcount | None = None
    email: str = ""
    phone: str = ""
    budget: Budget | None = None
    region: Region | None = None
    left_out: tuple[Detail, ...] = ()
    known: Enquiry = NOTHING
    level: int | None = None

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> Draft:
        """What a task's frame holds."""
        return converted(dict(frame), cls)

    @property
    def frame(self) -> dict[str, Any]:
        """As a task's frame keeps it."""
        kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(replace(self, asks="")))
        return kept

    @property
    def detail(self) -> Detail | None:
        """The detail that was asked for last."""
        return next((one for one in Detail if one.value == self.asks), None)

    @property
    def full_name(self) -> str:
        """The name, as they typed it or as it was known."""
        return self.name or " ".join(filter(None, (self.known.first_name, self.known.last_name)))

    @property
    def salutation(self) -> str:
        """What they are called by when they are spoken to."""
        first, _ = names.parted(self.name) if self.name else (self.known.first_name, "")
        return first or self.full_name

    @property
    def can_be_reached(self) -> bool:
        """Whether there is an e-mail or a phone number."""
        return bool(self.email or self.phone or self.known.email or self.known.phone)

    @property
    def lacks(self) -> Detail | None:
        """What is to be asked for next; None if nothing is."""
        given: Mapping[Detail, object] = {
            Detail.WISH: self.wish,
            Detail.NAME: self.full_name,
            Detail.COMPANY: self.company or self.known.company,
            Detail.SIZE: self.size or self.known.size,
            Detail.EMAIL: self.email or self.known.email,
            Detail.PHONE: self.can_be_reached,
            Detail.BUDGET: self.budget,
        }
        return next((one for one in Detail if not given[one] and one not in self.left_out), None)

    @property
    def enquiry(self) -> Enquiry:
        """All of it, as it is kept."""
        first, last = names.parted(self.name) if self.name else (self.known.first_name, self.known.last_name)
        region, known = self.region, self.known
        return Enquiry(
            first_name=first,
            last_name=last,
            company=self.company or known.company,
            email=self.email or known.email,
            phone=self.phone or known.phone,
            size=self.size or known.size,
            budget=self.budget,
            wish=self.wish,
            country=region.country if region else known.country,
            state=region.state if region else known.state,
            postcode=region.postcode if region else known.postcode,
        )

    def without(self, *details: Detail) -> Draft:
        """With some details that aren't asked for."""
        return replace(self, left_out=tuple(dict.fromkeys((*self.left_out, *details))))

    def forgetting(self, detail: Detail) -> Draft:
        """Without what was said for a detail, so that it is asked for again."""
        empty: dict[str, Any] = {detail.value: None if detail in (Detail.SIZE, Detail.BUDGET) else ""}
        of_known: dict[Detail, dict[str, Any]] = {
            Detail.NAME: {"first_name": "", "last_name": ""},
            Detail.COMPANY: {"company": ""},
            Detail.EMAIL: {"email": ""},
            Detail.PHONE: {"phone": None},
            Detail.SIZE: {"size": None},
        }
        known = replace(self.known, **of_known.get(detail, {}))
        left_out = tuple(one for one in self.left_out if one is not detail)
        return replace(self, known=known, left_out=left_out, **empty)

    def hearing(self, said: Said) -> Draft:
        """With what a message says; what can't be meant as it was said is left out of it."""
        heard = self
        for name in ("name", "company", "size", "email", "phone", "budget", "region"):
            value = getattr(said, name)
            if value and not said.trouble.startswith(name):
                heard = replace(heard, **{name: value})
        asked = self.detail
        if said.refuses_all:
            return heard.without(*Detail)
        if asked is Detail.EMAIL and said.phone and not (said.email or said.trouble):
            return heard.without(Detail.EMAIL)  # either will do
        if said.is_private:
            return heard.without(Detail.COMPANY, Detail.SIZE)
        return heard.without(asked) if said.skips and asked else heard
