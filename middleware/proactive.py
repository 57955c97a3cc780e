"""Words that no turn asks for: stored as a job with what causes them, said by the process that knows the words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from middleware import jobs

WORDS = "words"


def words_later(
    connection: Connection,
    conversation_id: str,
    occasion: str,
    about: dict[str, Any],
    *,
    now: datetime,
    job_id: str,
) -> None:
    """Has a customer told something, in the transaction of what causes it.

    Args:
        occasion: What happened; it decides on the words.
        about: What is needed to say them, as JSON.
        job_id: The same one again is said once.
    """
    payload = {"conversation": conversation_id, "occasion": occasion, "about": about}
    jobs.add(connection, WORDS, payload, line=f"{WORDS}:{conversation_id}", now=now, job_id=job_id)
