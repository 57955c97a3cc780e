"""Zoho CRM's people."""

from __future__ import annotations

from middleware.crm.zoho.records import Records


class People(Records):
    """The people' part of the port."""
