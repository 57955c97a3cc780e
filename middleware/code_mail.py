"""Sends one-time codes, as a job: to the e-mail address on file for what was given, and to nobody if there is none."""

from __future__ import annotations

from middleware.clock import Clock
from middleware.codes import digits
from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.jobs import Job
from middleware.mail import Mail, Post
from middleware.settings import Settings
from middleware.store import Store, codes


class CodeMail:
    """Writes and sends the mails with the codes."""

    def __init__(self, store: Store, gateway: Gateway, post: Post, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._gateway = gateway
        self._post = post
        self._settings = settings
        self._clock = clock

    async def send(self, job: Job) -> None:
        """Sends a code, the same one each time that the job is run.

        Where it goes is stored first, and only with that it is good: once a mail has arrived, its code works.

        Raises:
            Unavailable: A system of record, the store or the post can't be reached; to be tried again.
        """
        who = Who(conversation_id=job.line, channel="", correlation_id=job.payload["correlation_id"])
        email = await self._gateway.on_file(who, job.payload["contact"])
        code_id: str = job.payload["code_id"]
        if email is not None and await self._goes_to(code_id, email):
            await self._post.send(self._mail(code_id, email))

    async def _goes_to(self, code_id: str, email: str) -> bool:
        """Stores where a code goes, and tells whether it is any good still."""
        good = (codes.c.id == code_id, codes.c.ended.is_(None), codes.c.expires_at > self._clock())
        update = codes.update().where(*good).values(email=email)
        return await self._store.write(lambda connection: connection.execute(update).rowcount == 1)

    def _mail(self, code_id: str, email: str) -> Mail:
        words = self._settings.mails.code
        fills = {
            "code": digits(self._settings.codes_key, code_id),
            "minutes": self._settings.codes.minutes,
            "company": self._settings.company.name,
        }
        return Mail(
            message_id=code_id,
            to=email,
            subject=words.subject.format(**fills),
            text=words.text.format(**fills),
        )
