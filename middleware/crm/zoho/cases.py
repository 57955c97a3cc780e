"""Zoho CRM's cases."""

from __future__ import annotations

from middleware.crm.zoho.records import Records


class Cases(Records):
    """The cases' part of the port."""
