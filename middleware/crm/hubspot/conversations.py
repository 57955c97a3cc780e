"""HubSpot's conversations: what customers and agents write to each other on tickets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from middleware.crm.hubspot import answers
from middleware.crm.hubspot.answers import Message
from middleware.crm.hubspot.api import CONVERSATIONS, Api

PAGE = 100


class Conversations:
    """What is written in the conversations that belong to tickets."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._names: dict[str, str] = {}

    def newest(self, ticket: str) -> Message | None:
        """The newest message of a ticket that the customer wrote or may see."""
        found = [next((one for one in self._messages(id_) if _is_words(one)), None) for id_ in self._threads(ticket)]
        return max(filter(None, found), key=lambda one: one.createdAt, default=None)

    def of_agents(self, ticket: str, since: datetime) -> list[Message]:
        """What agents wrote to the customer on a ticket since a moment, the oldest first in each conversation."""
        found: list[Message] = []
        for thread in self._threads(ticket, since):
            theirs: list[Message] = []
            for one in self._messages(thread):
                if one.createdAt < since:
                    break
                if one.is_agents and one.text:
                    theirs.append(one)
            found += reversed(theirs)
        return found

    def authors(self, messages: Sequence[Message]) -> dict[str, str]:
        """The names of those who wrote messages, by the messages' ids."""
        unknown = {one.createdBy for one in messages if not _name(one)} - set(self._names)
        if unknown:
            path = f"{CONVERSATIONS}/actors/batch/read"
            found = self._api.call("POST", path, body={"inputs": sorted(unknown)}).decoded(answers.Actors)
            self._names |= {one.id: one.name or "" for one in found.results}
        return {one.id: _name(one) or self._names.get(one.createdBy, "") for one in messages}

    def _threads(self, ticket: str, since: datetime | None = None) -> Iterator[str]:
        """A ticket's conversations; only those in which something was written since a moment."""
        query = {"associatedTicketId": ticket, "limit": PAGE}
        for page in self._api.pages(f"{CONVERSATIONS}/threads", query, answers.Threads):
            for one in page.results:
                latest = one.latestMessageTimestamp
                if since is None or latest is None or latest >= since:
                    yield one.id

    def _messages(self, thread: str) -> Iterator[Message]:
        """All that is in a conversation, the newest first."""
        path = f"{CONVERSATIONS}/threads/{thread}/messages"
        for page in self._api.pages(path, {"sort": "-createdAt", "limit": PAGE}, answers.Messages):
            yield from page.results


def _is_words(message: Message) -> bool:
    return message.is_public and bool(message.text)


def _name(message: Message) -> str:
    return next((one.name for one in message.senders if one.name), "")
