"""Zoho Desk's part of the port: tickets, comments and transcripts there."""

from __future__ import annotations

from middleware.crm.zoho.records import Records


class Desk(Records):
    """The tickets' part of the port, in Zoho Desk."""
