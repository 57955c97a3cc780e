"""An invoice whose paper the ERP takes long for: announced at once, and sent when it is there."""

from __future__ import annotations

import re
import time

import pytest

from tests.counts import FULL
from tests.sides import RestSide
from tests.systems import Pair, Systems

# Where each vendor's ERP prints.
PRINTS = {
    "sap": "GetPDF",
    "oracle": "ExternalReportWSSService",
    "dynamics": "RunCopilotReport",
    "business_central": "pdfDocument",
}
IVY = {"phone": "+16025550100", "email": "ivy.lake@example.com"}
SLOW_SECONDS = 15.0


@pytest.mark.parametrize("erp", PRINTS if FULL else ["sap"])
def test_a_paper_that_takes_long_is_announced_and_then_sent(systems: Systems, erp: str) -> None:
    frontdesk = systems.running("frontdesk", Pair(erp=erp))
    assert frontdesk.erp_stand_in
    frontdesk.erp_stand_in.faults.always("slow", path=PRINTS[erp], seconds=SLOW_SECONDS)
    ivy = RestSide(frontdesk, IVY)

    begun = time.monotonic()
    said = ivy.say("Can I get a copy of last month's invoice?")
    took = time.monotonic() - begun
    frontdesk.erp_stand_in.faults.none()
    came = ivy.arrived(1)

    assert took < SLOW_SECONDS, "nobody waits for the printer"
    assert said[-1].text.startswith("Invoice INV-26001 is still being printed.")
    assert all(one.paper is None for one in said)
    assert [one.paper for one in came] == ["INV-26001.pdf"]
    assert re.match(r"Here is the invoice that you asked for: INV-26001 of .+ over \$1,284\.50", came[0].text)
