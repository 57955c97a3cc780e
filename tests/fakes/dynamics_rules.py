"""What the business logic of the stand-in of F&O does at a write, and what it refuses."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timezone
from typing import Any

from tests.fakes.dynamics_schema import NO_DATE
from tests.fakes.dynamics_tables import COMPANY, COUNTRIES, DIMENSIONS, Tables, WriteFailed, change, moment
from tests.fakes.odata import Row

_COMPUTED = re.compile(
    r"SalesOrderStatus|SalesOrderProcessingStatus|SalesOrderLineStatus|OrderTotal\w+|OrderCreationDateTime|Formatted\w+"
    r"|PickedQuantity|ReturnStatus|ReturnOrderStatus|ReturnedSalesQuantity|ActualReturnArrivalDate|ReturnClosedDate"
    r"|RMANumber|InventoryLotId|LineCreationSequenceNumber|FulfillmentStatus|OrderTotalAmount|ReturnInventoryLotId"
)
_LONGEST = {
    "CustomersOrderReference": 60,
    "CustomerRequisitionNumber": 20,
    "DeliveryAddressName": 100,
    "DeliveryAddressStreet": 250,
    "DeliveryAddressCity": 60,
    "DeliveryAddressZipCode": 10,
    "DeliveryAddressStateId": 10,
    "ReturnOrderNumber": 20,
    "CustomerReturnReasonCode": 10,
    "ReturnDispositionCode": 10,
    "ExternalItemNumber": 20,
    "LineDescription": 1000,
    "Notes": 100_000,
}
REASONS = ("TOOSMALL", "TOOLARGE", "DAMAGED", "WRONGITEM", "NOTASDESC", "CHANGEDMD", "OTHER")


class Rules:
    """The business logic over tables.

    Attributes:
        conflicts: How many of the next writes meet another's change of the same record.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.conflicts = 0
        self.returns_made = 0

    def create(self, table: str, values: Row) -> Row:
        """Makes a row."""
        self._meet_another()
        _demand_writable(values)
        makes = {
            "returns": self._return,
            "return_lines": self._return_line,
            "lines": self._line,
            "notes": self._note,
        }
        if table not in makes:
            raise WriteFailed("Not allowed to create a record.")
        return makes[table](values)

    def update(self, table: str, row: Row, values: Row) -> None:
        """Changes a row."""
        self._meet_another()
        changed = {name: value for name, value in values.items() if row[name] != value}
        _demand_writable(changed)
        if table == "orders":
            self._demand_open(row)
            changed |= _country(changed)
        elif table == "lines":
            changed = self._line_changed(row, changed)
        elif table == "returns":
            if row["ReturnStatus"] not in ("Created", "Open"):
                raise WriteFailed("The return order is closed.")
        else:
            raise WriteFailed("Not allowed to edit a record.")
        change(row, **changed)
        self._settle(row)

    def delete(self, table: str, row: Row) -> None:
        """Takes a row away."""
        self._meet_another()
        if table == "lines":
            self._demand_untouched(row)
            self._tables.rows["lines"].remove(row)
        elif table == "orders":
            self._demand_open(row)
            for line in self._tables.of("lines", SalesOrderNumber=row["SalesOrderNumber"]):
                self._demand_untouched(line)
                self._tables.rows["lines"].remove(line)
            self._tables.rows["orders"].remove(row)
        else:
            raise WriteFailed("Not allowed to delete a record.")
        self._settle(row)

    def _meet_another(self) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise WriteFailed(
                "An update conflict occurred due to another user process deleting the record or changing one or more "
                "fields in the record."
            )

    # Orders

    def _demand_open(self, order: Row) -> None:
        if order["SalesOrderStatus"] != "Backorder":
            raise WriteFailed(f"Sales order {order['SalesOrderNumber']} has status {order['SalesOrderStatus']}")

    def _demand_untouched(self, line: Row) -> None:
        if line["SalesOrderLineStatus"] != "Backorder":
            raise WriteFailed(f"The sales order line has status {line['SalesOrderLineStatus']}.")
        if line["PickedQuantity"]:
            raise WriteFailed("Sales order line cannot be changed. Quantity has already been picked")
        if self._tables.of("slip_lines", InventTransId=line["InventoryLotId"]):
            raise WriteFailed("Sales order line cannot be changed. A packing slip has been posted")

    def _line(self, values: Row) -> Row:
        [order] = self._tables.of("orders", SalesOrderNumber=values.get("SalesOrderNumber")) or [None]
        if order is None:
            raise WriteFailed("Sales order does not exist")
        self._demand_open(order)
        if not (values.get("ShippingWarehouseId") or order["DefaultShippingWarehouseId"]):
            raise WriteFailed("Inventory dimension Site is mandatory and must consequently be specified.")
        numbers = [
            row["LineCreationSequenceNumber"]
            for row in self._tables.of("lines", SalesOrderNumber=order["SalesOrderNumber"])
        ]
        number = max(numbers, default=0) + 1
        line = self._tables.put(
            "lines",
            {
                "SalesOrderLineStatus": "Backorder",
                "CurrencyCode": order["CurrencyCode"],
                "SalesUnitSymbol": "ea",
                "ShippingWarehouseId": order["DefaultShippingWarehouseId"],
                **values,
                "LineNumber": number,
                "LineCreationSequenceNumber": number,
                "InventoryLotId": f"LOT-{order['SalesOrderNumber']}-{number}",
            },
        )
        line.update(self._priced(line, values))
        self._settle(line)
        return line

    def _line_changed(self, row: Row, changed: Row) -> Row:
        self._demand_untouched(row)
        self._demand_open(self._tables.one("orders", SalesOrderNumber=row["SalesOrderNumber"]))
        if "ItemNumber" in changed or "SalesOrderNumber" in changed:
            raise WriteFailed("Item number cannot be edited.")
        quantity = changed.get("OrderedSalesQuantity", 1)
        if quantity < 0 or quantity != int(quantity):
            raise WriteFailed("Quantity must be a positive number without decimals in unit ea.")
        priced = changed | self._priced({**row, **changed}, changed)
        self._reserve(row, {**row, **priced})
        return priced

    def _reserve(self, before: Row, after: Row) -> None:
        """Units are reserved as the line is written: automatically, and only what is there."""
        self._take(before, -before["OrderedSalesQuantity"])
        if not self._take(after, after["OrderedSalesQuantity"]):
            self._take(before, before["OrderedSalesQuantity"])
            raise WriteFailed(
                f"{after['OrderedSalesQuantity']:.2f} cannot be reserved because only {self._available(after):.2f} are "
                "available in the inventory"
            )

    def _take(self, line: Row, units: float) -> bool:
        """Takes units from the shelf, if they are there; nothing is kept of what has no shelf."""
        shelf = shelf_of(self._tables, line)
        if units > 0 and (shelf is None or shelf["AvailableOnHandQuantity"] < units):
            return False
        if shelf is not None:
            shelf["AvailableOnHandQuantity"] -= units
            shelf["ReservedOnHandQuantity"] += units
        return True

    def _available(self, line: Row) -> float:
        shelf = shelf_of(self._tables, line)
        return 0.0 if shelf is None else float(shelf["AvailableOnHandQuantity"])

    def _priced(self, line: Row, given: Row) -> Row:
        """The article, which must be there, and what it costs; a change of the quantity alone keeps the price."""
        article = article_of(self._tables, line)
        if article is None:
            raise WriteFailed("The product variant does not exist or is not released")
        price = line["SalesPrice"]
        if "SalesPrice" not in given and set(given) & {*DIMENSIONS, "ItemNumber"}:
            price = article["_price"]
        return {
            "ProductNumber": article["_sku"],
            "ProductName": article["_name"],
            "LineDescription": article["_name"],
            "SalesPrice": price,
            "LineAmount": round(price * line["OrderedSalesQuantity"], 2),
        }

    def _settle(self, row: Row) -> None:
        """What F&O computes anew after a write: cancelled lines, the order's state and its total."""
        for order in self._tables.of("orders", SalesOrderNumber=row.get("SalesOrderNumber", "")):
            lines = self._tables.of("lines", SalesOrderNumber=order["SalesOrderNumber"])
            for line in lines:
                if line["SalesOrderLineStatus"] == "Backorder" and not line["OrderedSalesQuantity"]:
                    change(line, SalesOrderLineStatus="Canceled", SalesOrderProcessingStatus="Canceled")
            if lines and all(line["SalesOrderLineStatus"] == "Canceled" for line in lines):
                change(order, SalesOrderStatus="Canceled", SalesOrderProcessingStatus="Canceled")
            order["OrderTotalAmount"] = round(sum(line["LineAmount"] for line in lines), 2)

    # Returns

    def _return(self, values: Row) -> Row:
        customer = self._tables.of("customers", CustomerAccount=values.get("CustomerAccountNumber"))
        if not customer:
            raise WriteFailed("Customer account must be filled in.")
        if values.get("CustomerReturnReasonCode", REASONS[0]) not in REASONS:
            raise WriteFailed("The value in field 'Return reason code' is not found in the relating table")
        number = values.get("ReturnOrderNumber")
        if number and self._tables.of("returns", ReturnOrderNumber=number):
            raise WriteFailed("Cannot create a record in Sales orders. The record already exists.")
        self.returns_made += 1
        number = number or f"R-{3000 + self.returns_made}"
        self._tables.put(
            "sales",
            {
                "SalesId": f"SR-{self.returns_made}",
                "CustAccount": values["CustomerAccountNumber"],
                "SalesType": "ReturnItem",
                "ReturnItemNum": number,
                "CustomerRef": values.get("CustomersOrderReference", ""),
                "ReturnReasonCodeId": values.get("CustomerReturnReasonCode", ""),
                "CreatedOn": moment(datetime.now(timezone.utc)),
            },
        )
        return self._tables.put(
            "returns",
            {
                "InvoiceCustomerAccountNumber": values["CustomerAccountNumber"],
                "CurrencyCode": customer[0]["SalesCurrencyCode"],
                **values,
                "ReturnOrderNumber": number,
                "RMANumber": f"RMA-{number}",
                "ReturnStatus": "Created",
                "ReturnOrderStatus": "Backorder",
            },
        )

    def _return_line(self, values: Row) -> Row:
        found = self._tables.of("returns", ReturnOrderNumber=values.get("ReturnOrderNumber"))
        if not found:
            raise WriteFailed("Return order does not exist")
        header = found[0]
        if not (values.get("ReturnWarehouseId") or header["DefaultReturnWarehouseId"]):
            raise WriteFailed("Inventory dimension Site is mandatory and must consequently be specified.")
        if not values.get("ReturnSalesQuantity", 0) < 0:
            raise WriteFailed("Quantity of a return order must be negative")
        line = self._returned(values, header)
        disposition = values.get("ReturnDispositionCode")
        if disposition and not self._tables.of("dispositions", DispositionCode=disposition):
            raise WriteFailed("The value in field 'Disposition code' is not found in the relating table")
        number = 1 + len(self._tables.of("return_lines", ReturnOrderNumber=header["ReturnOrderNumber"]))
        copied = {name: line[name] for name in ("ItemNumber", *DIMENSIONS, "SalesUnitSymbol", "SalesPrice")}
        made = self._tables.put(
            "return_lines",
            {
                **copied,
                "ReferenceType": "",
                "CustomerAccountNumber": header["CustomerAccountNumber"],
                "RMANumber": header["RMANumber"],
                **values,
                "ReturnInventoryLotId": f"LOT-{header['ReturnOrderNumber']}-{number}",
                "LineCreationSequenceNumber": number,
                "ReturnStatus": "Awaiting",
                "ReturnClosedDate": NO_DATE,
            },
        )
        made["LineAmount"] = round(made["SalesPrice"] * made["ReturnSalesQuantity"], 2)
        header["OrderTotalAmount"] = round(header["OrderTotalAmount"] + made["LineAmount"], 2)
        if header["ReturnStatus"] == "Created":
            change(header, ReturnStatus="Open")
        return made

    def _note(self, values: Row) -> Row:
        """A note about a return order."""
        if not self._tables.of("returns", ReturnOrderNumber=values.get("ReturnOrderNumber")):
            raise WriteFailed("Return order does not exist")
        if values.get("DocumentAttachmentTypeCode") not in ("Note", "File"):
            raise WriteFailed("The value in field 'Type' is not found in the relating table 'Document types'")
        return self._tables.put("notes", {"DocumentId": str(uuid.uuid4()), **values})

    def _returned(self, values: Row, header: Row) -> Row:
        """The order's line that comes back, if so much of it was delivered and didn't come back yet."""
        lot = values.get("ReturningInventoryLotId")
        lines = self._tables.of("lines", InventoryLotId=lot)
        if not lines:
            raise WriteFailed("Lot ID does not exist")
        [order] = self._tables.of("orders", SalesOrderNumber=lines[0]["SalesOrderNumber"])
        if order["OrderingCustomerAccountNumber"] != header["CustomerAccountNumber"]:
            raise WriteFailed("The line was sold to another customer account")
        if values.get("ItemNumber", lines[0]["ItemNumber"]) != lines[0]["ItemNumber"]:
            raise WriteFailed("The item number is not the one of the lot")
        if delivered(self._tables, lines[0]) + returned(self._tables, lot) + values["ReturnSalesQuantity"] < 0:
            raise WriteFailed("The quantity exceeds what was delivered and is not returned yet")
        return lines[0]


def article_of(tables: Tables, line: Row) -> Row | None:
    """The released product, or the variant of it, that a line names by item and dimensions."""
    dimensions = {name: line.get(name) or "" for name in DIMENSIONS}
    variants = tables.of("variants", ItemNumber=line.get("ItemNumber"), **dimensions)
    if variants:
        return variants[0]
    products = tables.of("products", ItemNumber=line.get("ItemNumber"), _is_master=False)
    return products[0] if products and not any(dimensions.values()) else None


def shelf_of(tables: Tables, line: Row) -> Row | None:
    """Where a line's units lie; None if its warehouse keeps no such thing."""
    dimensions = {name: line[name] for name in DIMENSIONS}
    found = tables.of(
        "on_hand", ItemNumber=line["ItemNumber"], InventoryWarehouseId=line["ShippingWarehouseId"], **dimensions
    )
    return found[0] if found else None


def delivered(tables: Tables, line: Row) -> float:
    """Units of a line that packing slips have."""
    units: float = sum(one["Qty"] for one in tables.of("slip_lines", InventTransId=line["InventoryLotId"]))
    if not units and line["SalesOrderLineStatus"] in ("Delivered", "Invoiced"):
        units = line["OrderedSalesQuantity"]
    return units


def returned(tables: Tables, lot: Any) -> float:
    """Units of a lot that come back, below zero; those that were refused stay with the customer."""
    units: float = sum(
        one["ReturnSalesQuantity"]
        for one in tables.of("return_lines", ReturningInventoryLotId=lot)
        if one["ReturnStatus"] != "Canceled"
    )
    return units


def _demand_writable(values: Row) -> None:
    for name, value in values.items():
        if _COMPUTED.fullmatch(name):
            raise WriteFailed(f"Field '{name}' does not allow editing.")
        if isinstance(value, str) and len(value) > _LONGEST.get(name, 1000):
            raise WriteFailed(f"The value of field '{name}' is too long")
    if values.get("dataAreaId", COMPANY) != COMPANY:
        raise WriteFailed("The user has no access to the company.")


def _country(changed: Row) -> Row:
    """The country's two forms go together."""
    if "DeliveryAddressCountryRegionId" in changed:
        long = changed["DeliveryAddressCountryRegionId"]
        if long not in COUNTRIES.values():
            raise WriteFailed("The value in field 'Country/region' is not found in the relating table 'Countries'")
        return {"DeliveryAddressCountryRegionISOCode": next(iso for iso, one in COUNTRIES.items() if one == long)}
    if "DeliveryAddressCountryRegionISOCode" in changed:
        raise WriteFailed("Field 'DeliveryAddressCountryRegionISOCode' does not allow editing.")
    return {}
