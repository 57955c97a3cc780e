"""A stand-in of Dynamics 365 Finance & Operations, with Inventory Visibility and Entra, all on one port."""

from __future__ import annotations

from typing import Any

from middleware.demo import Data
from middleware.records import ReturnReason
from tests.connectors.erp_inside import ErpInside
from tests.fakes.dynamics_data import DataService
from tests.fakes.dynamics_inside import InsideDynamics
from tests.fakes.dynamics_inventory import ENVIRONMENT, HELD, Inventory
from tests.fakes.dynamics_inventory import SCOPE as INVENTORY_SCOPE
from tests.fakes.dynamics_lay import Laying
from tests.fakes.dynamics_rules import REASONS, Rules
from tests.fakes.dynamics_tables import Tables
from tests.fakes.entra import Entra
from tests.fakes.odata import Row
from tests.fakes.stand_in import Fault, Refused, Reply, Request, StandIn, refuse

_BUSY = "This request could not be processed at this time due to system experiencing high resource utilization."


class Dynamics(StandIn):
    """One environment, with the company `usmf`; the app's user belongs to another one.

    Beside the faults that every stand-in has, `conflict`: the request's write meets another user's change.

    Attributes:
        tables: All that is in it.
        data: Its OData service.
        inventory: Inventory Visibility.
        entra: Where tokens for F&O are had; `inventory_entra` is for Inventory Visibility's.
    """

    system = "erp"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.entra = Entra(self, f"{self.url}/.default")
        self.inventory_entra = Entra(self, INVENTORY_SCOPE)
        self._asked = 0
        self._empty()

    def _empty(self) -> None:
        self.tables = Tables()
        self.business = Rules(self.tables)
        self.data = DataService(self.tables, self.business)
        self.inventory = Inventory(self.tables, self._is_app)
        self._laying: Laying | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What reaches all three."""
        return {
            "ERP": "dynamics",
            **self.entra.environment,
            "DYNAMICS_URL": self.url,
            "DYNAMICS_INVENTORY_URL": f"{self.url}/iv",
            "DYNAMICS_ENVIRONMENT_ID": ENVIRONMENT,
            "DYNAMICS_SECURITY_URL": f"{self.url}/security",
        }

    @property
    def rules(self) -> dict[str, Any]:
        """The rates of the company's invoices, of which F&O tells only amounts."""
        return {"dynamics": {"tax_rates": ["6.625", "10", "19", "0"]}}

    @property
    def inside(self) -> ErpInside:
        """The tables themselves."""
        return InsideDynamics(self)

    def lay(self, data: Data) -> None:
        """Puts data in the place of all that is there; tokens stay good."""
        with self.lock:
            tokens = self.inventory.tokens
            self._empty()
            self.inventory.tokens = tokens
            self._laying = Laying(self.tables, data, dict(zip(ReturnReason, REASONS, strict=True)))
            self._laying.lay()
            self._hold(data)

    def _hold(self, data: Data) -> None:
        """Units that are reserved already lie on the shelf, and are held."""
        released = {row["id"] for row in data.reservations if row.get("released_at")}
        skus = {row["id"]: row["sku"] for row in data.reservations}
        for part in data.reservation_parts:
            if part["reservation_id"] in released:
                continue
            article = self.article(skus[part["reservation_id"]])
            [shelf] = self.tables.of("on_hand", InventoryWarehouseId=part["warehouse"], **article)
            shelf["AvailableOnHandQuantity"] += part["quantity"]
            self.inventory.held[self.inventory.place_of(shelf), HELD] += part["quantity"]

    def article(self, sku: str) -> Row:
        """Item and dimensions of a laid SKU."""
        assert self._laying is not None, "nothing was laid"
        return self._laying.article(sku)

    # What is asked

    def answer(self, request: Request) -> Reply:
        """What the three of them do and answer."""
        self._asked += 1
        reply = self._answered(request)
        headers = {"ms-dyn-aid": f"fo-{self._asked}", "Set-Cookie": "ARRAffinity=secret; path=/", **reply.headers}
        return Reply(status=reply.status, json=reply.json, body=reply.body, headers=headers)

    def _answered(self, request: Request) -> Reply:
        if self.entra.is_asked(request):
            wants_inventory = INVENTORY_SCOPE in request.form.get("scope", "").split()
            return (self.inventory_entra if wants_inventory else self.entra).answer(request)
        if request.path.startswith("/security/"):
            return self.inventory.token(request)
        if request.path.startswith("/iv/"):
            return self.inventory.answer(request)
        if not request.path.startswith("/data/"):
            refuse(404)
        if not self.entra.has_let_in(request):
            refuse(401, None, WWW_Authenticate="Bearer")
        url = f"{request.path}?{request.raw}" if request.raw else request.path
        return self.data.answer(request.method, url, request.headers, request.body, self.url)

    def served(self, request: Request) -> Reply:
        """What comes of a request; errors have its id, too."""
        reply = super().served(request)
        headers = {"ms-dyn-aid": f"fo-{self._asked}", **reply.headers}
        return Reply(status=reply.status, json=reply.json, body=reply.body, headers=headers)

    def _is_app(self, token: str) -> bool:
        shown = {"authorization": f"Bearer {token}"}
        return self.inventory_entra.has_let_in(Request(method="POST", path="", query={}, headers=shown, body=b""))

    # What goes wrong

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """Microsoft's own ways of refusing."""
        with self.lock:
            if fault.kind == "conflict":
                self.business.conflicts += 1
                return None
            if fault.kind in ("expired", "locked"):
                self.entra.expire()
                self.inventory.tokens.clear()
                return self._locked(request) if fault.kind == "locked" else None
            seconds = {"throttled": "1", "daily": "3600"}[fault.kind]
            return Reply(status=429, json={"message": _BUSY}, headers={"Retry-After": seconds})

    def _locked(self, request: Request) -> Reply | None:
        if not self.entra.is_asked(request):
            return None
        self.entra.is_locked = True
        try:
            return self.entra.answer(request)
        except Refused as refused:
            return refused.reply
        finally:
            self.entra.is_locked = False
