"""The stand-in of SAP refuses what SAP refuses: a stand-in that takes anything proves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.data.backoffice import backoffice
from tests.fakes.sap import PASSWORD, USER, Sap
from tests.fakes.sap_odata import BASE

NOW = datetime(2026, 3, 11, 17, 30, 15, tzinfo=timezone.utc)
ORDER = "A_SalesOrder('0000005040')"
ITEM = "A_SalesOrderItem(SalesOrder='0000005040',SalesOrderItem='10')"


class Asker:
    """Somebody who asks as a client of SAP does."""

    def __init__(self, sap: Sap) -> None:
        self.sap = sap
        self.session = requests.Session()
        self.session.auth = (USER.encode(), PASSWORD.encode())
        self.session.headers["Accept"] = "application/json"

    def get(self, service: str, path: str, headers: dict[str, str] | None = None, **query: str) -> requests.Response:
        """Reads something, its query encoded as SAP wants it."""
        text = "&".join(f"${name}={quote(value, safe='')}" for name, value in query.items())
        return self.session.get(f"{self.sap.url}{BASE}{service}/{path}{'?' * bool(text)}{text}", headers=headers)

    def found(self, service: str, path: str, **query: str) -> list[dict[str, Any]]:
        """What a query finds."""
        answer = self.get(service, path, **query)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["d"]["results"]
        return results

    def token(self, service: str = "API_SALES_ORDER_SRV") -> dict[str, str]:
        """Fetches a CSRF token; the cookies stay in the session."""
        return {"x-csrf-token": self.get(service, "", {"x-csrf-token": "Fetch"}).headers["x-csrf-token"]}

    def send(self, method: str, service: str, path: str, body: Any, **headers: str) -> requests.Response:
        """Writes something."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(
            method,
            f"{self.sap.url}{BASE}{service}/{path}",
            data=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **named},
        )


@pytest.fixture(scope="module")
def sap() -> Iterator[Sap]:
    """A SAP with the tests' back office."""
    with Sap() as one:
        one.lay(backoffice(NOW))
        yield one


@pytest.fixture
def asker(sap: Sap) -> Asker:
    """Somebody who may ask."""
    return Asker(sap)


@pytest.mark.parametrize("path", ["A_SalesOrder", ORDER, "A_SalesOrderItem", ORDER + "/to_Item"])
def test_smoke(asker: Asker, path: str) -> None:
    answer = asker.get("API_SALES_ORDER_SRV", path)
    assert answer.status_code == 200, answer.text
    print(answer.text[:1500])
