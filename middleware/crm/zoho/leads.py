"""Zoho CRM's leads."""

from __future__ import annotations

from middleware.crm.zoho.records import Records


class Leads(Records):
    """The leads' part of the port."""
