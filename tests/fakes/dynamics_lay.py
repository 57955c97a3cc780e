"""Puts laid data into the stand-in of F&O, as a company would have it there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import phonenumbers

from middleware.demo import Data
from middleware.records import InvoiceLine
from middleware.totals import line_net, totals
from tests.fakes.dynamics_schema import NO_DATE
from tests.fakes.dynamics_tables import (
    COMPANY,
    COUNTRIES,
    DEFAULT_COMPANY,
    OTHER_COMPANY,
    Tables,
    lot,
    moment,
    on,
)
from tests.fakes.odata import Row

Laid = Mapping[str, Any]

_DIMENSION = {"size": "ProductSizeId", "colour": "ProductColorId", "color": "ProductColorId", "style": "ProductStyleId"}
# How people type a number, in turn.
_TYPED: tuple[Callable[[phonenumbers.PhoneNumber], str], ...] = (
    lambda number: phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL),
    lambda number: phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL) + " ext. 4",
    lambda number: phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
    lambda number: str(number.national_number),
)
# What an order's, and a line's, state is in F&O: status, processing status and what the floor says of the line.
_STATES = {
    "placed": ("Backorder", "Confirmed", "Accepted"),
    "delayed": ("Backorder", "Confirmed", "Accepted"),
    "picking": ("Backorder", "Confirmed", "Picking"),
    "packed": ("Backorder", "Picked", "Packed"),
    "shipped": ("Delivered", "Delivered", "Packed"),
    "due": ("Delivered", "Delivered", "Packed"),
    "partly_shipped": ("Backorder", "PartiallyDelivered", "PartiallyPacked"),
    "delivered": ("Invoiced", "Invoiced", "Invoiced"),
    "returned": ("Invoiced", "Invoiced", "Invoiced"),
    "cancelled": ("Canceled", "Canceled", "Rejected"),
}
_WORK = {"picking": ("InProcess", "Started"), "packed": ("Closed", "Picked")}
_RETURNS = {
    "announced": ("Open", "Awaiting"),
    "received": ("Open", "Received"),
    "refunded": ("Closed", "Invoiced"),
    "rejected": ("Canceled", "Canceled"),
}


class Laying:
    """Lays one company's data.

    Args:
        tables: Empty ones.
        reasons: The codes of why something comes back, by the laid words.
    """

    def __init__(self, tables: Tables, data: Data, reasons: Mapping[str, str]) -> None:
        self._tables, self._data, self._reasons = tables, data, reasons
        self._products = {row["sku"]: row for row in data.products}
        self._sites = {row["id"]: str(place % 3 + 1) for place, row in enumerate(data.warehouses)}
        self._names: dict[str, Row] = {}

    def lay(self) -> None:
        """Lays everything."""
        self._lay_customers()
        self._lay_articles()
        self._lay_orders()
        self._lay_shipments()
        self._lay_returns()
        self._lay_invoices()
        self._tables.put("dispositions", {"DispositionCode": "CR", "DispositionAction": "Credit"})
        self._tables.put("reports", {"ReportMenuItemName": "SalesInvoice", "ReportName": "SalesInvoice"})

    # Customers

    def _lay_customers(self) -> None:
        for place, row in enumerate(self._data.customers):
            party = f"P{row['number']}"
            self._contacts_of(party, row, place)
            laid = self._customer(row, party, _typed(row["phone"], place))
            self._names[row["number"]] = laid
            # Other companies know the same party under the same number, which is none of ours.
            elsewhere = {**_shown(laid), "OrganizationName": "Another company's customer"}
            self._tables.put("customers", elsewhere, company=OTHER_COMPANY)
        for place, row in enumerate(self._data.customer_contacts):
            first, _, last = row["name"].rpartition(" ")
            party = f"C{row['id']}"
            self._contacts_of(party, row, place)
            self._tables.put(
                "people",
                {
                    "ContactPersonId": f"{row['id']:>09}",
                    "ContactPersonName": row["name"],
                    "FirstName": first,
                    "LastName": last,
                    "ContactPersonPartyNumber": party,
                    "AssociatedPartyNumber": f"P{row['customer_number']}",
                    "PrimaryPhoneNumber": _typed(row["phone"], place),
                    "PrimaryEmailAddress": row["email"] or "",
                },
            )

    def _customer(self, row: Laid, party: str, phone: str) -> Row:
        is_company = any(one["customer_number"] == row["number"] for one in self._data.customer_contacts)
        first, _, last = row["name"].rpartition(" ")
        name = (
            {"PartyType": "Organization", "OrganizationName": row["name"]}
            if is_company or not first
            else {"PartyType": "Person", "PersonFirstName": first, "PersonLastName": last}
        )
        address = {
            "AddressStreet": _street(row),
            "AddressCity": row["city"],
            "AddressState": row["state"],
            "AddressZipCode": row["postcode"],
            "AddressCountryRegionId": COUNTRIES.get(row["country"], ""),
            "AddressCountryRegionISOCode": row["country"],
        }
        return self._tables.put(
            "customers",
            {
                **name,
                **address,
                "CustomerAccount": row["number"],
                "NameAlias": row["name"][:20],
                "PartyNumber": party,
                "PrimaryContactPhone": phone,
                "PrimaryContactEmail": (row["email"] or "").capitalize(),
                "SalesCurrencyCode": "USD",
                "CustomerGroupId": "10",
                "LanguageId": "en-us",
            },
        )

    def _contacts_of(self, party: str, row: Laid, place: int) -> None:
        known = [("Phone", _typed(row["phone"], place)), ("Email", row["email"] or ""), ("Fax", "(201) 555-0177")]
        for kind, locator in known:
            if locator:
                values = {"PartyNumber": party, "ElectronicAddressId": f"{party}-{kind}", "Type": kind}
                self._tables.put("contacts", {**values, "Locator": locator, "IsPrimary": "Yes"})

    # Articles

    def _lay_articles(self) -> None:
        for product in self._data.products:
            article = self.article(product["sku"])
            told = {
                "_sku": product["sku"],
                "_name": product["name"],
                "_price": float(product["price"] or 0),
                "_is_master": bool(product["options"]),
            }
            item = article["ItemNumber"]
            if not self._tables.of("products", ItemNumber=item):
                self._tables.put(
                    "products", {"ItemNumber": item, "ProductNumber": item, "SalesPrice": told["_price"], **told}
                )
            if product["options"]:
                names = {"ProductMasterNumber": item, "ProductVariantNumber": product["sku"]}
                self._tables.put("variants", {**article, **names, "ProductName": product["name"], **told})
        for row in self._data.warehouses:
            self._warehouse(row)
        for row in self._data.stock:
            site = self._sites[row["warehouse"]]
            units = {"AvailableOnHandQuantity": row["available"], "OnHandQuantity": row["available"]}
            where = {"InventorySiteId": site, "InventoryWarehouseId": row["warehouse"]}
            self._tables.put("on_hand", {**self.article(row["sku"]), **where, **units})

    def article(self, sku: str) -> Row:
        """Item and dimensions of a SKU: a product with options is a master with variants."""
        product = self._products[sku]
        if not product["options"]:
            return {"ItemNumber": sku}
        dimensions = {
            _DIMENSION.get(name, "ProductConfigurationId"): value for name, value in product["options"].items()
        }
        return {"ItemNumber": product["product_id"], **dimensions}

    def _warehouse(self, row: Laid) -> None:
        self._tables.put(
            "warehouses",
            {
                "WarehouseId": row["id"],
                "WarehouseName": row["name"],
                "OperationalSiteId": self._sites[row["id"]],
                "PrimaryAddressLatitude": row["latitude"] or 0,
                "PrimaryAddressLongitude": row["longitude"] or 0,
                "PrimaryAddressZipCode": row["postcode"],
                "PrimaryAddressCountryRegionId": COUNTRIES.get(row["country"], ""),
                "WarehouseType": "Standard",
            },
        )

    # Orders

    def _lay_orders(self) -> None:
        lines: dict[str, list[Laid]] = defaultdict(list)
        for row in self._data.order_lines:
            lines[row["order_number"]].append(row)
        for row in self._data.orders:
            self._order(row, lines[row["number"]])
        some = self._data.orders[:1]
        for row in some:  # another company's order of the same number
            self._tables.put(
                "orders", _shown(self._tables.one("orders", SalesOrderNumber=row["number"])), OTHER_COMPANY
            )

    def _order(self, row: Laid, lines: list[Laid]) -> None:
        number, customer = row["number"], self._names[row["customer_number"]]
        status, processing, _ = _STATES[row["status"]]
        currencies = [self._products[line["sku"]]["currency"] for line in lines]
        days = _days(row["promised_on"], row["expected_on"])
        self._tables.put(
            "orders",
            {
                "SalesOrderNumber": number,
                "SalesOrderStatus": status,
                "SalesOrderProcessingStatus": processing,
                "SalesOrderName": customer["NameAlias"],
                "OrderingCustomerAccountNumber": row["customer_number"],
                "InvoiceCustomerAccountNumber": row["customer_number"],
                "OrderCreationDateTime": moment(row["placed_at"]),
                "CurrencyCode": currencies[0] if currencies else "USD",
                "Email": customer["PrimaryContactEmail"],
                "DeliveryAddressName": customer["NameAlias"],
                "DeliveryAddressStreet": _street(row),
                "DeliveryAddressCity": row["city"],
                "DeliveryAddressStateId": row["state"],
                "DeliveryAddressZipCode": row["postcode"],
                "DeliveryAddressCountryRegionId": COUNTRIES.get(row["country"], ""),
                "DeliveryAddressCountryRegionISOCode": row["country"],
                "DefaultShippingWarehouseId": self._fullest(""),
                "DefaultShippingSiteId": self._sites.get(self._fullest(""), ""),
                **days,
            },
        )
        self._sale(number, row["customer_number"], row["placed_at"])
        for line in lines:
            self._line(number, line, row, days)
        if row["status"] in _WORK:
            work, route = _WORK[row["status"]]
            names = {"WarehouseWorkId": f"W{number}", "SourceOrderNumber": number, "WarehouseWorkOrderType": "Sales"}
            self._tables.put("work", {**names, "WarehouseWorkStatus": work})
            self._tables.put(
                "routes", {"pickingRouteID": f"R{number}", "transRefId": number, "expeditionStatus": route}
            )

    def _sale(self, number: str, customer: str, at: datetime, **more: Any) -> None:
        """The raw table's row, which has the customer's telephone and e-mail of that day."""
        known = self._names[customer]
        values = {"SalesId": number, "CustAccount": customer, "InvoiceAccount": customer, "CreatedOn": moment(at)}
        contact = {"Phone": known["PrimaryContactPhone"], "Email": known["PrimaryContactEmail"]}
        self._tables.put("sales", {**values, **contact, "SalesType": "Sales", **more})

    def _line(self, number: str, line: Laid, order: Laid, days: Row) -> None:
        status, processing, floor = _STATES[line["status"]]
        product = self._products[line["sku"]]
        warehouse = self._fullest(line["sku"])
        price, quantity = float(line["price"] or 0), line["quantity"]
        is_cancelled = line["status"] == "cancelled"
        self._tables.put(
            "lines",
            {
                **self.article(line["sku"]),
                **days,
                "SalesOrderNumber": number,
                "InventoryLotId": lot(number, line["line"]),
                "LineNumber": int(line["line"]),
                "LineCreationSequenceNumber": int(line["line"]),
                "ProductNumber": line["sku"],
                "ProductName": product["name"],
                "LineDescription": product["name"],
                "OrderedSalesQuantity": 0 if is_cancelled else quantity,
                "PickedQuantity": quantity if line["status"] == "packed" else 0,
                "SalesUnitSymbol": "ea",
                "SalesPrice": price,
                "SalesPriceQuantity": 1,
                "LineAmount": round(price * quantity, 2),
                "CurrencyCode": product["currency"],
                "SalesOrderLineStatus": status,
                "SalesOrderProcessingStatus": processing,
                "FulfillmentStatus": floor,
                "InventoryReservationMethod": "Automatic",
                "ShippingWarehouseId": warehouse,
                "ShippingSiteId": self._sites.get(warehouse, ""),
            },
        )

    def _fullest(self, sku: str) -> str:
        """The warehouse that most of an article lies in."""
        kept = [(row["available"], row["warehouse"]) for row in self._data.stock if row["sku"] == sku]
        return max(kept)[1] if kept else next(iter(self._sites), "")

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
            slip(
                self._tables, row["order_number"], row["id"], row["shipped_at"], units, row["carrier"], row["tracking"]
            )

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
                    **{
                        name: sold[name] for name in ("ItemNumber", *set(_DIMENSION.values()), "ProductConfigurationId")
                    },
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
        buyer = self._names[row["customer_number"]]
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


def _days(promised: date | None, expected: date | None) -> Row:
    return {
        "RequestedReceiptDate": on(promised),
        "ConfirmedReceiptDate": on(expected),
        "RequestedShippingDate": on(promised, -1) if promised else NO_DATE,
        "ConfirmedShippingDate": on(expected, -1) if expected else NO_DATE,
    }


def _street(row: Laid) -> str:
    return "\n".join(filter(None, (row["address1"], row["address2"])))


def _typed(phone: str | None, place: int) -> str:
    return _TYPED[place % len(_TYPED)](phonenumbers.parse(phone)) if phone else ""


def _carrier(name: str) -> str:
    return "".join(filter(str.isalnum, name.upper()))[:10]


def _name(customer: Row) -> str:
    name = customer["OrganizationName"] or f"{customer['PersonFirstName']} {customer['PersonLastName']}"
    return str(name)


def _shown(row: Row) -> Row:
    """What a row's own values are, without its company and what only the stand-in knows."""
    return {name: value for name, value in row.items() if name[0] not in "_@" and name != "dataAreaId"}


__all__ = ["COMPANY", "DEFAULT_COMPANY", "Laying", "slip"]
