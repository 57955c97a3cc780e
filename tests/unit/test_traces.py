"""What traces replies notices a number, a day or a name that came from nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.building import project_settings
from tests.traces import complaints

GOOD: dict[str, Any] = {
    "response": "utter_order_delivered",
    "text": "Your order 20001 (alpine jacket) arrived on Monday. Would you like to send something back?",
    "sources": {"order": "Order.number", "with_items": "OrderLine.name", "delivered_day": "Order.delivered_at"},
    "buttons": [{"title": "No, thanks", "payload": "/Deny"}],
}


def test_what_came_from_records_is_believed() -> None:
    assert list(complaints(GOOD, project_settings())) == []


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Hello! Your order 20001 arrived on Monday. Would you like to send something back?"},
        {"text": "Your order 20001 arrived on Monday. Would you like to send something back? It's 3 pm."},
        {"response": "utter_nothing_of_the_kind"},
        {"sources": {**GOOD["sources"], "order": "Order.nonsense"}},
        {"sources": {**GOOD["sources"], "order": "Nonsense.number"}},
        {"sources": {**GOOD["sources"], "order": "settings.company.nonsense"}},
        {"sources": {**GOOD["sources"], "order": "utter_bot"}},
        {"sources": {}},
        {"buttons": [{"title": "Order 20001", "payload": "/Choose"}]},
        {"buttons": [{"title": "Order 20001", "payload": "/Choose", "source": "utter_button_order"}]},
    ],
)
def test_what_came_from_elsewhere_is_noticed(change: dict[str, Any]) -> None:
    assert list(complaints({**GOOD, **change}, project_settings()))
