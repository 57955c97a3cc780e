"""What HubSpot answers, as typed records with its own names; what we don't read isn't in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from middleware.decoding import converted


class Next(msgspec.Struct):
    """Where the next page begins."""

    after: str


class Paging(msgspec.Struct):
    """Whether there is a next page."""

    next: Next | None = None


class Paged(msgspec.Struct, kw_only=True):
    """Base of what comes in pages."""

    paging: Paging | None = None

    @property
    def after(self) -> str:
        """What to ask the next page by; empty if there is none."""
        return self.paging.next.after if self.paging and self.paging.next else ""


PagedT = TypeVar("PagedT", bound=Paged)


class Link(msgspec.Struct):
    """A record that another one is associated with."""

    id: str


class Links(Paged):
    """The records of a type that another one is associated with."""

    results: list[Link] = []


class Thing(msgspec.Struct):
    """A contact, company, deal, ticket or note."""

    id: str
    properties: dict[str, str | None]
    associations: dict[str, Links] = {}

    def value(self, name: str) -> str:
        """A property's value; empty if it has none."""
        return self.properties.get(name) or ""

    def moment(self, name: str) -> datetime:
        """A property that is a moment.

        Raises:
            ValueError: It is none.
        """
        return converted(self.value(name), datetime)


class Part(msgspec.Struct):
    """One of the things that are wrong with a request. `context`: such as the property's name."""

    code: str = ""
    context: dict[str, Any] = {}


class Problem(msgspec.Struct):
    """What HubSpot says where it doesn't do what was asked."""

    category: str = ""
    message: str = ""
    errors: list[Part] = []
    policyName: str = ""

    @property
    def codes(self) -> set[str]:
        """What is wrong, in HubSpot's words for programs."""
        return {part.code for part in self.errors}


class Things(Paged):
    """Records, of a batch or a search; what a batch couldn't do is in `errors`."""

    results: list[Thing] = []
    errors: list[Problem] = []


class LinkedTo(msgspec.Struct):
    """A record at the other end of an association."""

    toObjectId: int | str


class Linked(Paged, kw_only=True):
    """All that one record is associated with."""

    to: list[LinkedTo]
    source: Link = msgspec.field(name="from")


class LinkedBatch(msgspec.Struct):
    """The same of several; those without any are in `errors`."""

    results: list[Linked] = []
    errors: list[Problem] = []


class LinkedPage(Paged):
    """The same of one, in pages."""

    results: list[LinkedTo] = []


class Owner(msgspec.Struct, frozen=True):
    """One of the company's people."""

    id: str
    email: str | None = None
    firstName: str | None = None
    lastName: str | None = None
    archived: bool = False


class Owners(Paged):
    """The company's people."""

    results: list[Owner] = []


class Metadata(msgspec.Struct):
    """What a stage says of what is in it: tickets the one, deals the other."""

    ticketState: str = ""
    isClosed: bool | str = ""

    @property
    def is_closed(self) -> bool:
        """Whether what is in it is done with."""
        return self.ticketState == "CLOSED" or str(self.isClosed).lower() == "true"


class Stage(msgspec.Struct):
    """A stage of a pipeline."""

    id: str
    metadata: Metadata = msgspec.field(default_factory=Metadata)


class Pipeline(msgspec.Struct):
    """A pipeline of tickets or deals."""

    id: str
    stages: list[Stage] = []


class Pipelines(msgspec.Struct):
    """All pipelines of tickets or deals."""

    results: list[Pipeline] = []


class Thread(msgspec.Struct):
    """A conversation."""

    id: str
    latestMessageTimestamp: datetime | None = None


class Threads(Paged):
    """Conversations."""

    results: list[Thread] = []


class Sender(msgspec.Struct):
    """Who wrote a message, as it is shown."""

    name: str | None = None


class Message(msgspec.Struct):
    """What is in a conversation: messages, comments among the company's people, and HubSpot's own notes."""

    id: str
    type: str
    createdAt: datetime
    createdBy: str = ""
    direction: str = ""
    senders: list[Sender] = []
    text: str | None = None

    @property
    def is_agents(self) -> bool:
        """Whether one of the company's people wrote it to the customer."""
        return self.type == "MESSAGE" and self.direction == "OUTGOING" and self.createdBy.startswith("A-")

    @property
    def is_public(self) -> bool:
        """Whether a customer or one of the company's people wrote it to the other."""
        return self.is_agents or (self.type == "MESSAGE" and self.direction == "INCOMING")


class Messages(Paged):
    """What was written in a conversation."""

    results: list[Message] = []


class Actor(msgspec.Struct):
    """Somebody who writes in conversations."""

    id: str
    name: str | None = None


class Actors(msgspec.Struct):
    """Those who write in conversations."""

    results: list[Actor] = []


class File(msgspec.Struct):
    """A file that was put into the file manager."""

    id: str
