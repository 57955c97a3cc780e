"""The ticket of a hand-over in the CRM, with the conversation's transcript."""

from __future__ import annotations

# Kinds of jobs: the ticket, and its transcript.
TICKET, TRANSCRIPT = "ticket", "transcript"
