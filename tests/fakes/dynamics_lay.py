"""Puts laid data into the stand-in of F&O, as a company would have it there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import phonenumbers

from middleware.demo import Data
from tests.fakes.dynamics_papers import LayingPapers
from tests.fakes.dynamics_schema import NO_DATE
from tests.fakes.dynamics_tables import (
    COUNTRIES,
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
    "placed": ("Backorder", "Confirmed", "Unknown"),
    "delayed": ("Backorder", "Confirmed", "Unknown"),
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
        LayingPapers(self._tables, self._data, self._reasons, self.sale).lay()
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
        self.sale(number, row["customer_number"], row["placed_at"])
        for line in lines:
            self._line(number, line, row, days)
        if row["status"] in _WORK:
            work, route = _WORK[row["status"]]
            names = {"WarehouseWorkId": f"W{number}", "SourceOrderNumber": number, "WarehouseWorkOrderType": "Sales"}
            self._tables.put("work", {**names, "WarehouseWorkStatus": work})
            self._tables.put(
                "routes", {"pickingRouteID": f"R{number}", "transRefId": number, "expeditionStatus": route}
            )

    def sale(self, number: str, customer: str, at: datetime, **more: Any) -> None:
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


def _shown(row: Row) -> Row:
    """What a row's own values are, without its company and what only the stand-in knows."""
    return {name: value for name, value in row.items() if name[0] not in "_@" and name != "dataAreaId"}
