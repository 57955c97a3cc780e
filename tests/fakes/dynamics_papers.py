"""Puts packing slips, returns and invoices into the stand-in of F&O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from middleware.demo import Data
from middleware.records import InvoiceLine
from middleware.totals import line_net, totals
from tests.fakes.dynamics_tables import DIMENSIONS, Tables, lot, on
from tests.fakes.odata import Row

Laid = Mapping[str, Any]

_RETURNS = {
    "announced": ("Open", "Awaiting"),
    "received": ("Open", "Received"),
    "refunded": ("Closed", "Invoiced"),
    "rejected": ("Canceled", "Canceled"),
}

_GONE = ("shipped", "due", "delivered", "returned")
TRANSIT_DAYS = 7  # as assistant.yml has it


class LayingPapers:
    """Lays what belongs to orders, which are there already.

    Args:
        reasons: The codes of why something comes back, by the laid words.
        sale: Puts a row into the raw table of all that is sold.
    """

    def __init__(self, tables: Tables, data: Data, reasons: Mapping[str, str], sale: Callable[..., None]) -> None:
        self._tables, self._data, self._reasons, self._sale = tables, data, reasons, sale

    def lay(self) -> None:
        """Lays everything."""
        self._lay_shipments()
        self._lay_returns()
        self._lay_invoices()

    # Parcels

    def _lay_shipments(self) -> None:
        carriers = {row["carrier"] for row in self._data.shipments if row["carrier"]}
        for name in sorted(carriers):
            self._tables.put("carriers", {"CarrierId": _carrier(name), "CarrierName": name})
        inside: dict[str, list[Laid]] = defaultdict(list)
        for line in self._data.shipment_lines:
            inside[line["shipment_id"]].append(line)
        for row in self._data.shipments:
            units = {line["line"]: line["quantity"] for line in inside[row["id"]]}
            at = _sent_at(row) or row["shipped_at"]
            slip(self._tables, row["order_number"], row["id"], at, units, row["carrier"], row["tracking"])
        for row in self._data.orders:
            if row["status"] in _GONE and not self._tables.of("slips", SalesId=row["number"]):
                self._untold(row)

    def _untold(self, row: Laid) -> None:
        """Nothing of an order is delivered without a packing slip."""
        lines = [line for line in self._data.order_lines if line["order_number"] == row["number"]]
        units = {line["line"]: line["quantity"] for line in lines if line["status"] in _GONE}
        slip(self._tables, row["number"], f"PS-{row['number']}", _sent_at(row) or row["placed_at"], units, None, None)

    # Returns

    def _lay_returns(self) -> None:
        lines: dict[str, list[Laid]] = defaultdict(list)
        for line in self._data.return_lines:
            lines[line["return_number"]].append(line)
        for row in self._data.returns:
            order = self._tables.one("orders", SalesOrderNumber=row["order_number"])
            self._return(row, order["OrderingCustomerAccountNumber"], lines[row["number"]])
        for row in self._data.orders:
            if row["status"] == "returned":
                self._went_back(row)

    def _return(self, row: Laid, customer: str, lines: list[Laid]) -> None:
        header, state = _RETURNS[row["status"]]
        self._sale(
            f"SR{row['number']}", customer, row["created_at"], SalesType="ReturnItem", ReturnItemNum=row["number"]
        )
        self._tables.put(
            "returns",
            {
                "ReturnOrderNumber": row["number"],
                "RMANumber": f"RMA-{row['number']}",
                "CustomerAccountNumber": customer,
                "InvoiceCustomerAccountNumber": customer,
                "CustomerReturnReasonCode": self._reasons[row["reason"]],
                "CurrencyCode": row["currency"] or "USD",
                "ReturnDeadline": on(row["return_by"]),
                "ReturnStatus": header,
                "ReturnOrderStatus": "Invoiced" if header == "Closed" else "Backorder",
            },
        )
        for place, line in enumerate(lines, start=1):
            sold = self._tables.one("lines", InventoryLotId=lot(row["order_number"], line["line"]))
            self._tables.put(
                "return_lines",
                {
                    **{name: sold[name] for name in ("ItemNumber", *DIMENSIONS)},
                    "ReturnOrderNumber": row["number"],
                    "ReturnInventoryLotId": lot(row["number"], str(place)),
                    "LineCreationSequenceNumber": place,
                    "RMANumber": f"RMA-{row['number']}",
                    "CustomerAccountNumber": customer,
                    "ReturningInventoryLotId": sold["InventoryLotId"],
                    "ReferenceNumber": row["order_number"],
                    "ReturnSalesQuantity": -line["quantity"],
                    "ReturnedSalesQuantity": -line["quantity"] if row["received_on"] else 0,
                    "SalesPrice": sold["SalesPrice"],
                    "LineAmount": round(-line["quantity"] * sold["SalesPrice"], 2),
                    "ReturnStatus": state,
                    "ActualReturnArrivalDate": on(row["received_on"]),
                    "ReturnClosedDate": on(row["refunded_on"]),
                },
            )

    def _went_back(self, row: Laid) -> None:
        """An order of which the data says only that all of it went back."""
        known = {one["order_number"] for one in self._data.returns}
        lines = [one for one in self._data.order_lines if one["order_number"] == row["number"]]
        if row["number"] in known or not lines:
            return
        back = {
            "number": f"R-{row['number']}",
            "order_number": row["number"],
            "reason": "other",
            "status": "refunded",
            "created_at": row["placed_at"],
            "return_by": None,
            "received_on": None,
            "currency": None,
            "refunded_on": None,
        }
        self._return(back, row["customer_number"], lines)

    # Invoices

    def _lay_invoices(self) -> None:
        lines: dict[str, list[Laid]] = defaultdict(list)
        for line in self._data.invoice_lines:
            lines[line["invoice_number"]].append(line)
        for row in self._data.invoices:
            self._invoice(row, lines[row["number"]])

    def _invoice(self, row: Laid, laid: list[Laid]) -> None:
        lines = [_invoice_line(one) for one in laid]
        sums = totals(lines)
        names = {
            "InvoiceNumber": row["number"],
            "InvoiceDate": on(row["issued_on"]),
            "LedgerVoucher": f"V{row['number']}",
        }
        buyer = self._tables.one("customers", CustomerAccount=row["customer_number"])
        tax = sums.gross - sums.net
        self._tables.put(
            "invoices",
            {
                **names,
                "SalesOrderNumber": row["order_number"] or "",
                "InvoiceCustomerAccountNumber": row["customer_number"],
                "CurrencyCode": row["currency"],
                "TotalInvoiceAmount": float(sums.gross),
                "TotalTaxAmount": float(tax),
                "InvoiceAddressStreet": buyer["AddressStreet"],
                "InvoiceAddressCity": buyer["AddressCity"],
                "InvoiceAddressState": buyer["AddressState"],
                "InvoiceAddressZipCode": buyer["AddressZipCode"],
                "InvoiceAddressCountryRegionId": buyer["AddressCountryRegionId"],
                "InvoiceAddressCountryRegionISOCode": buyer["AddressCountryRegionISOCode"],
            },
        )
        self._tables.put(
            "journal",
            {
                "SourceKey": 5_637_000_000 + len(self._tables.rows["journal"]),
                "InvoiceId": row["number"],
                "SalesId": row["order_number"] or "",
                "InvoiceAccount": row["customer_number"],
                "OrderAccount": row["customer_number"],
                "InvoiceAmount": float(sums.gross),
                "SumTax": float(tax),
                "SalesBalance": float(sums.net),
                "CurrencyCode": row["currency"],
                "InvoiceDate": on(row["issued_on"]),
                "DueDate": on(row["due_on"]),
                "LedgerVoucher": names["LedgerVoucher"],
                "InvoicingName": _name(buyer),
                "MCRDueAmount": 0.0 if row["paid_on"] else float(sums.gross),
                "SalesType": "Sales",
            },
        )
        left = tax
        for place, line in enumerate(lines):
            own = left if place == len(lines) - 1 else round(line.net * line.tax_rate / 100, 2)
            left -= own
            self._tables.put(
                "invoice_lines",
                {
                    **names,
                    "LineCreationSequenceNumber": int(line.id),
                    "ProductNumber": line.sku or "",
                    "ProductName": line.description,
                    "ProductDescription": line.description,
                    "InvoicedQuantity": float(line.quantity),
                    "SalesPrice": float(line.price),
                    "LineAmount": float(line.net),
                    "LineTotalTaxAmount": float(own),
                    "CurrencyCode": row["currency"],
                    "SalesUnitSymbol": "ea",
                },
            )


def _sent_at(row: Laid) -> datetime | None:
    """When something was sent that arrived: F&O doesn't know the day, and parcels take as long as they may."""
    arrived: datetime | None = row["delivered_at"]
    return arrived and arrived - timedelta(days=TRANSIT_DAYS)


def slip(
    tables: Tables,
    order_number: str,
    number: str,
    at: datetime | None,
    units: Mapping[str, int],
    carrier: str | None,
    tracking: str | None,
) -> None:
    """Posts a packing slip of an order: units by its lines."""
    order = tables.one("orders", SalesOrderNumber=order_number)
    names = {"SalesId": order_number, "PackingSlipId": number}
    day = on(at.date() if at else None)
    place = len(tables.rows["slips"])
    tables.put(
        "slips",
        {
            **names,
            "SourceDocumentHeader": 5_637_100_000 + place,
            "DeliveryDate": day,
            "OrderAccount": order["OrderingCustomerAccountNumber"],
            "InvoiceAccount": order["InvoiceCustomerAccountNumber"],
            "ShipCarrierId": _carrier(carrier) if carrier else "",
            "Qty": sum(units.values()),
            "SalesType": "Sales",
        },
    )
    for line, quantity in units.items():
        sold = tables.one("lines", InventoryLotId=lot(order_number, line))
        tables.put(
            "slip_lines",
            {
                **names,
                "SourceDocumentLine": 5_637_200_000 + len(tables.rows["slip_lines"]),
                "InventTransId": sold["InventoryLotId"],
                "ItemId": sold["ItemNumber"],
                "Qty": quantity,
                "Ordered": sold["OrderedSalesQuantity"],
                "DeliveryDate": day,
            },
        )
    if tracking:
        values = {"SalesOrderNumber": order_number, "PackingSlipNumber": number, "DeliveryDate": day}
        tables.put("tracking", {**values, "TrackingNumber": tracking})


def _invoice_line(row: Laid) -> InvoiceLine:
    return InvoiceLine(
        id=row["line"],
        sku=row["sku"],
        description=row["description"],
        quantity=row["quantity"],
        price=row["price"],
        tax_rate=row["tax_rate"],
        net=line_net(row["quantity"], row["price"]),
    )


def _carrier(name: str) -> str:
    return "".join(filter(str.isalnum, name.upper()))[:10]


def _name(customer: Row) -> str:
    name = customer["OrganizationName"] or f"{customer['PersonFirstName']} {customer['PersonLastName']}"
    return str(name)
