"""A CRM and an ERP in memory, behind the two ports: for tests, ours and yours, without database and network."""

from __future__ import annotations

from tests.fakes.crm import FakeCrm
from tests.fakes.erp import FakeErp

__all__ = ["FakeCrm", "FakeErp"]
