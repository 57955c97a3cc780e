"""A customer's side of a conversation, on whichever channel: what tests write and press there, and what they read.

A channel is one class. What the customer sees is told in the same form everywhere, so that one script of a
conversation can be played over all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.servers import Frontdesk, conversation_of


@dataclass(frozen=True, kw_only=True)
class Said:
    """One message as the customer sees it.

    Attributes:
        buttons: What stands on them; a list's rows are buttons, too.
        paper: The name of the document that came with it.
    """

    text: str = ""
    buttons: tuple[str, ...] = ()
    paper: str | None = None


class Side(ABC):
    """A customer's side of one conversation.

    Attributes:
        offered: What stands on the buttons that the customer was offered last.
    """

    def __init__(self) -> None:
        self.offered: tuple[str, ...] = ()

    @property
    @abstractmethod
    def conversation(self) -> str:
        """Its id in the store."""

    def say(self, text: str) -> list[Said]:
        """Writes, and reads all that is answered."""
        return self._offer(self._say(text))

    def press(self, title: str) -> list[Said]:
        """Presses the button last offered whose title begins so, and reads all that is answered."""
        for offered in self.offered:
            if offered.startswith(title):
                return self._offer(self._press(offered))
        raise AssertionError(f"no button {title!r} among {self.offered}")

    def send(self, what: str, value: Any) -> list[Said]:
        """Sends what isn't words, where the channel can; and reads all that is answered."""
        return self._offer(self._send(what, value))

    def arrived(self, count: int) -> list[Said]:
        """Reads what came unasked; so many messages are waited for. An agent's name stands before their words."""
        return self._offer(self._arrived(count))

    @abstractmethod
    def close(self) -> None:
        """Asserts, at the end, what must always hold on this channel, and leaves."""

    @abstractmethod
    def _say(self, text: str) -> Sequence[Said]: ...

    @abstractmethod
    def _press(self, title: str) -> Sequence[Said]: ...

    @abstractmethod
    def _arrived(self, count: int) -> Sequence[Said]: ...

    def _send(self, what: str, value: Any) -> Sequence[Said]:
        raise AssertionError(f"nobody can send {what} here")

    def _offer(self, said: Sequence[Said]) -> list[Said]:
        self.offered = tuple(title for one in said for title in one.buttons)
        return list(said)


class RestSide(Side):
    """Somebody who writes over REST.

    Args:
        claims: Of their token.

    Attributes:
        seen: How far the customer has read.
    """

    def __init__(self, frontdesk: Frontdesk, claims: dict[str, Any]) -> None:
        super().__init__()
        self.token = frontdesk.token(**claims)
        self.seen = 0
        self._payloads: dict[str, str] = {}
        self._frontdesk = frontdesk

    @property
    def conversation(self) -> str:
        """Its id in the store."""
        return conversation_of(self.token)

    def close(self) -> None:
        """Leaves; a channel of single requests keeps nothing open."""

    def _say(self, text: str) -> Sequence[Said]:
        replies = self._frontdesk.say(self.token, text)
        self.seen = self._frontdesk.last_sequence(self.conversation)
        return self._read(replies)

    def _press(self, title: str) -> Sequence[Said]:
        return self._say(self._payloads[title])

    def _arrived(self, count: int) -> Sequence[Said]:
        messages = self._frontdesk.arrived(self.token, self.seen, count)
        self.seen = max([self.seen, *(one["sequence"] for one in messages)])
        return self._read(messages)

    def _read(self, replies: Sequence[dict[str, Any]]) -> Sequence[Said]:
        buttons = [button for reply in replies for button in reply.get("buttons", ())]
        self._payloads = {button["title"]: button["payload"] for button in reversed(buttons)}
        return [_said(reply) for reply in replies]


def _said(reply: dict[str, Any]) -> Said:
    text = reply.get("text", "")
    return Said(
        text=f"{reply['agent']}: {text}" if "agent" in reply else text,
        buttons=tuple(button["title"] for button in reply.get("buttons", ())),
        paper=name_of(reply["attachment"]) if "attachment" in reply else None,
    )


def name_of(link: str) -> str:
    """The name of the document that a link leads to."""
    return unquote(link.rsplit("/", 1)[-1])
