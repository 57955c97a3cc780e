"""The line that jobs of several kinds wait in together."""

from __future__ import annotations


def to_the_crm(conversation_id: str) -> str:
    """What a conversation leaves for the CRM arrives there in order; a code's mail, say, doesn't wait for it."""
    return f"crm:{conversation_id}"
