"""A post that keeps the mail, for tests, ours and yours."""

from __future__ import annotations

import re

from middleware.errors import Unavailable
from middleware.mail import Mail


class FakePost:
    """Keeps what is sent.

    Attributes:
        mails: In the order in which they were sent.
        is_down: Whether nothing can be sent now.
    """

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.is_down = False

    async def send(self, mail: Mail) -> None:
        """Keeps a mail."""
        if self.is_down:
            raise Unavailable("down", system="smtp")
        self.mails.append(mail)

    def code(self) -> str:
        """The code in the newest mail."""
        found = re.search(r"\b\d{6}\b", self.mails[-1].text)
        assert found
        return found[0]
