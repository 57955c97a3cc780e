"""F&O's orders, changed as long as nothing of them is packed.

An order is read anew right before, judged, and written by what was read: header and lines in one set of changes, each
with its tag. The header is always among them, because whoever picks or posts something changes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from decimal import Decimal
from hashlib import sha256
from typing import Any

from middleware.erp.dynamics import odata
from middleware.erp.dynamics.api import Api, in_doubt, not_found
from middleware.erp.dynamics.articles import DIMENSIONS, Article, Articles
from middleware.erp.dynamics.batch import Change
from middleware.erp.dynamics.countries import region
from middleware.erp.dynamics.mapping import OrderRows
from middleware.erp.dynamics.orders import Orders
from middleware.erp.dynamics.rows import LineRow
from middleware.erp.dynamics.stock import Stock, is_whole
from middleware.erp.ledger import Entry, Kind, Ledger
from middleware.erp.wishes import demand_changeable
from middleware.errors import Conflict, NotFound, Rejected, Unavailable
from middleware.in_turn import InTurn
from middleware.records import Address, Order, OrderChange, OrderStatus

_CANCEL = OrderChange()  # of no line and no address: of all


class Changes:
    """The part of the port that changes orders."""

    def __init__(
        self, api: Api, orders: Orders, articles: Articles, stock: Stock, ledger: Ledger, turns: InTurn
    ) -> None:
        self._api = api
        self._orders = orders
        self._articles = articles
        self._stock = stock
        self._ledger = ledger
        self._turns = turns

    def cancel(self, number: str, *, version: str, key: str) -> Order:
        """Cancels a whole order, once per key; see the port."""
        return self._make("cancel", number, _CANCEL, version, key)

    def change(self, number: str, change: OrderChange, *, version: str, key: str) -> Order:
        """Changes one line of an order, or its address, once per key; see the port."""
        return self._make("change", number, change, version, key)

    def changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it."""
        entry = self._entry(number, key)
        if entry is None or entry.state == "refused":
            return None
        if entry.state == "done":
            return self._orders.order(number)
        with self._turns.of(f"order {number}"):
            order = self._orders.order(number)
            if not _shows(order, entry.wanted):
                self._ledger.note(key, "refused")
                return None
            self._ledger.note(key, "done")
            return order

    def _entry(self, number: str, key: str) -> Entry | None:
        entry = self._ledger.find(key) if odata.is_askable(key) else None
        return entry if entry and entry.subject == number and entry.kind in ("cancel", "change") else None

    def _make(self, kind: Kind, number: str, change: OrderChange, version: str, key: str) -> Order:
        operation = f"{kind}_order"
        if not odata.is_askable(number):
            raise not_found(operation)
        with self._turns.of(f"order {number}"):
            entry = self._entry(number, key)
            is_begun = entry is not None and entry.state == "begun"
            with in_doubt(entry is not None and entry.state != "refused", operation):
                rows, order = self._orders.read(number, operation)
            if entry and entry.state == "done":
                return order
            wanted = _wanted(rows, order, change)
            if is_begun and _shows(order, wanted):
                self._ledger.note(key, "done")
                return order
            demand_changeable(order, version, operation)
            with self._built(rows, order, change) as changes:
                self._ledger.begin(key, kind, number, wanted)
                self._write(changes, number, wanted, key, operation)
            return self._read_again(number, operation)

    def _write(
        self, changes: Sequence[Change], number: str, wanted: Mapping[str, Any], key: str, operation: str
    ) -> None:
        try:
            self._api.change(changes, operation)
        except (Conflict, NotFound) as error:
            order = self._read_again(number, operation)
            if not _shows(order, wanted):
                self._ledger.note(key, "refused")
                demand_changeable(order, order.version, operation)
                raise Conflict("it changed meanwhile", system="erp", operation=operation) from error
        except (Rejected, Unavailable):
            self._ledger.note(key, "refused")
            raise
        self._ledger.note(key, "done")

    def _read_again(self, number: str, operation: str) -> Order:
        """What became of it; if that can't be read, nobody may say that nothing was changed."""
        with in_doubt(True, operation):
            return self._orders.order(number)

    @contextmanager
    def _built(self, rows: OrderRows, order: Order, change: OrderChange) -> Iterator[Sequence[Change]]:
        """What is to be written; while that is so, nobody of ours takes the units that it takes."""
        header: dict[str, Any] = {}
        if change.address is not None:
            header = self._address(change.address)
        if change is _CANCEL:
            yield [self._header(rows, header), *(self._taken_off(line) for line in _left(rows, order))]
        elif change.line is None:
            yield [self._header(rows, header)]
        else:
            line = _line(rows, order, change.line)
            with self._line_changes(rows, line, change) as changes:
                yield [self._header(rows, header), *changes]

    def _header(self, rows: OrderRows, changed: Mapping[str, Any]) -> Change:
        """Something of the header is always written, be it as it is: so its tag is looked at."""
        row = rows.header
        as_it_is = {"CustomersOrderReference": row.customers_order_reference or ""}
        path = odata.key(
            "SalesOrderHeadersV2", dataAreaId=self._api.rules.company, SalesOrderNumber=row.sales_order_number
        )
        return Change("PATCH", path, changed or as_it_is, row.etag)

    def _address(self, address: Address) -> dict[str, Any]:
        parts = astuple(address)
        if not all(part.isprintable() for part in parts):
            raise _rejected("address", "no address has such characters")
        return {
            "IsDeliveryAddressOrderSpecific": "Yes",
            "DeliveryAddressStreet": "\n".join(filter(None, (address.address1, address.address2))),
            "DeliveryAddressCity": address.city,
            "DeliveryAddressStateId": address.state,
            "DeliveryAddressZipCode": address.postcode,
            "DeliveryAddressCountryRegionId": region(address.country, self._api.rules.countries),
        }

    @contextmanager
    def _line_changes(self, rows: OrderRows, line: LineRow, change: OrderChange) -> Iterator[Sequence[Change]]:
        old = rows.sku(line)
        sku = old if change.sku is None else change.sku
        quantity = line.ordered_sales_quantity if change.quantity is None else change.quantity
        if not is_whole(quantity):
            raise _rejected("quantity", "nobody can have so many")
        article = None if sku == old else self._variant(line, sku)
        if not quantity:
            yield [self._taken_off(line)]
            return
        with self._turns.of(f"stock {sku}"):
            body: dict[str, Any] = self._from_where(line, sku, quantity, is_other=article is not None)
            if quantity != line.ordered_sales_quantity:
                body["OrderedSalesQuantity"] = int(quantity)
            if article is not None:
                body |= {field: article.fields.get(field, "") for field in DIMENSIONS if _differs(line, article, field)}
            yield [Change("PATCH", self._path(line), body, line.etag)] if body else []

    def _variant(self, line: LineRow, sku: str) -> Article:
        article = self._articles.find(sku, "change_order")
        if article is None or article.item != line.item_number:
            raise _rejected("variant", "it is another product")
        return article

    def _from_where(self, line: LineRow, sku: str, quantity: Decimal, is_other: bool) -> dict[str, Any]:
        """Sees that there are enough; where the line's warehouse has too few, the fullest takes it over."""
        more = quantity if is_other else quantity - line.ordered_sales_quantity
        if more <= 0:
            return {}
        free = {level.warehouse.id: level.free for level in self._stock.levels(sku, "change_order")}
        if free.get(line.shipping_warehouse_id or "", Decimal(0)) >= more:
            return {}
        fullest = max(free, key=lambda warehouse: free[warehouse], default=None)
        if fullest is None or free[fullest] < quantity:
            raise _rejected("stock", "too few are free")
        return {"ShippingSiteId": self._stock.site_of(fullest), "ShippingWarehouseId": fullest}

    def _taken_off(self, line: LineRow) -> Change:
        if self._api.rules.cancel == "delete":
            return Change("DELETE", self._path(line), etag=line.etag)
        return Change("PATCH", self._path(line), {"OrderedSalesQuantity": 0}, line.etag)

    def _path(self, line: LineRow) -> str:
        return odata.key("SalesOrderLines", dataAreaId=self._api.rules.company, InventoryLotId=line.inventory_lot_id)


def _left(rows: OrderRows, order: Order) -> list[LineRow]:
    """The lines that aren't cancelled yet."""
    gone = {line.id for line in order.lines if line.status is OrderStatus.CANCELLED}
    return [line for line in rows.lines if str(line.line_creation_sequence_number) not in gone]


def _line(rows: OrderRows, order: Order, id_: str) -> LineRow:
    for line in _left(rows, order):
        if str(line.line_creation_sequence_number) == id_:
            return line
    raise _rejected("line", "there is no such line")


def _differs(line: LineRow, article: Article, field: str) -> bool:
    values = {
        "ProductConfigurationId": line.product_configuration_id,
        "ProductSizeId": line.product_size_id,
        "ProductColorId": line.product_color_id,
        "ProductStyleId": line.product_style_id,
        "ProductVersionId": line.product_version_id,
    }
    return (values[field] or "").casefold() != article.fields.get(field, "").casefold()


def _wanted(rows: OrderRows, order: Order, change: OrderChange) -> dict[str, Any]:
    """What the order is to show, for the ledger: an address only as its digest."""
    if change is _CANCEL:
        return {"cancelled": True}
    wanted: dict[str, Any] = {}
    if change.address is not None:
        wanted["address"] = _digest(change.address)
    line = next((one for one in order.lines if one.id == change.line), None)
    if line is not None:
        quantity = line.quantity if change.quantity is None else change.quantity
        wanted |= {"line": line.id, "sku": change.sku or line.sku, "quantity": str(quantity)}
    return wanted


def _shows(order: Order, wanted: Mapping[str, Any]) -> bool:
    """Whether an order is as it was to be."""
    if wanted.get("cancelled"):
        return order.status is OrderStatus.CANCELLED
    if "address" in wanted and _digest(order.address) != wanted["address"]:
        return False
    if "line" not in wanted:
        return True
    line = next((one for one in order.lines if one.id == wanted["line"]), None)
    quantity = Decimal(wanted["quantity"])
    if line is None or line.status is OrderStatus.CANCELLED:
        return not quantity
    return (line.sku, line.quantity) == (wanted["sku"], quantity)


def _digest(address: Address) -> str:
    return sha256("\x1f".join(astuple(address)).casefold().encode()).hexdigest()


def _rejected(status: str, why: str) -> Rejected:
    return Rejected(why, system="erp", operation="change_order", status=status)
