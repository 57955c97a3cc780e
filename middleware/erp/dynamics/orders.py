"""F&O's orders, read whole: header, lines, what was picked, packing slips and tracking numbers in one round trip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from middleware.clock import Clock, system_clock
from middleware.erp.catalogue import Catalogue
from middleware.erp.dynamics import mapping, odata
from middleware.erp.dynamics.api import Api, Pages, not_found
from middleware.erp.dynamics.known_orders import KnownOrders
from middleware.erp.dynamics.mapping import OrderRows
from middleware.erp.dynamics.return_mapping import Sold
from middleware.erp.dynamics.rows import (
    CarrierRow,
    HeaderRow,
    LineRow,
    PickedOrderRow,
    PickedRow,
    SlipLineRow,
    SlipRow,
    TrackingRow,
    fields,
)
from middleware.erp.presuming import presumed
from middleware.records import Order

_TRACKING = "PackingSlipTrackingInformation"


class Orders:
    """The part of the port that reads orders."""

    def __init__(self, api: Api, catalogue: Catalogue, known_orders: KnownOrders, clock: Clock = system_clock) -> None:
        self._api = api
        self._catalogue = catalogue
        self._known_orders = known_orders
        self._clock = clock

    def since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed at or after a moment, newest first, with lines and shipments.

        Parcels are found by the number of an order. Those of orders whose number wasn't known before cost one more
        round trip, all together.
        """
        if not odata.is_askable(customer_number):
            return []
        known = self._known_orders.of(customer_number)
        queries = self._of_account(customer_number, since)
        parcels = list(self._parcels_of(known))
        pages = self._api.batch([*queries, *(query for _, query in parcels)], "orders_since")
        headers = [row for row in pages.of(0, HeaderRow) if row.ordering_customer_account_number == customer_number]
        numbers = {row.sales_order_number for row in headers}
        slips = [row for row in pages.of(3, SlipRow) if row.sales_id in numbers] if self._asks_slips else []
        found = _Parcels()
        found.read(pages, len(queries), parcels)
        self._known_orders.note((customer_number, number) for number in numbers)
        self._read_rest(found, _sent(headers, slips) - set(known))
        picked = {row.sales_order_number: row.lines for row in pages.of(1, PickedOrderRow)}
        rows = [
            _together(header, picked.get(header.sales_order_number, ()), slips, found.lines, found.tracking)
            for header in headers
        ]
        return self._records(rows, pages.of(2, CarrierRow))

    def order(self, number: str) -> Order:
        """Reads one order with lines and shipments, whoever owns it.

        Raises:
            NotFound: There is no such order.
        """
        return self.read(number, "order")[1]

    def read(self, number: str, operation: str) -> tuple[OrderRows, Order]:
        """Reads one order, as F&O has it and as we do.

        Raises:
            NotFound: There is no such order.
        """
        if not odata.is_askable(number):
            raise not_found(operation)
        parcels = list(self._parcels_of([number]))
        pages = self._api.batch([*self._of_number(number), *(query for _, query in parcels)], operation)
        header = next((row for row in pages.of(0, HeaderRow) if row.sales_order_number == number), None)
        if header is None:
            raise not_found(operation)
        found = _Parcels()
        found.read(pages, 4 if self._asks_slips else 3, parcels)
        slips = pages.of(3, SlipRow) if self._asks_slips else []
        rows = _together(header, pages.of(1, PickedRow), slips, found.lines, found.tracking)
        return rows, self._records([rows], pages.of(2, CarrierRow))[0]

    def sold(self, lines: Sequence[LineRow], picked: Sequence[PickedRow]) -> Mapping[str, Sold]:
        """Lines of orders by their lots, with their articles."""
        numbers = {row.inventory_lot_id: row.product_number for row in picked}
        skus = {row.inventory_lot_id: numbers.get(row.inventory_lot_id) or row.item_number or "" for row in lines}
        articles = self._catalogue.variants(set(skus.values()))
        names = {row.inventory_lot_id or "": row.product_name or "" for row in picked}
        return {
            row.inventory_lot_id: Sold(
                line=row,
                sku=skus[row.inventory_lot_id],
                article=articles.get(skus[row.inventory_lot_id]),
                name=names.get(row.inventory_lot_id) or row.line_description or "",
            )
            for row in lines
        }

    @property
    def _asks_slips(self) -> bool:
        return bool(self._api.rules.packing_slips)

    def _of_account(self, customer: str, since: datetime) -> list[str]:
        at = odata.moment(since.replace(microsecond=0))
        theirs = odata.both(
            f"OrderingCustomerAccountNumber eq {odata.text(customer)}", f"OrderCreationDateTime ge {at}"
        )
        sent = odata.both(
            f"OrderAccount eq {odata.text(customer)}", f"DeliveryDate ge {odata.moment(since - timedelta(days=1))}"
        )
        return self._queries(theirs, sent, lines_of="CDSSalesOrderHeaders")

    def _of_number(self, number: str) -> list[str]:
        literal = odata.text(number)
        return self._queries(f"SalesOrderNumber eq {literal}", f"SalesId eq {literal}", lines_of="CDSSalesOrderLinesV2")

    def _queries(self, orders: str, slips: str, lines_of: str) -> list[str]:
        ours, rules = self._api.set_of, self._api.rules
        picked = (
            ours(lines_of, orders, fields(PickedRow))
            if lines_of == "CDSSalesOrderLinesV2"
            else ours(lines_of, orders, fields(PickedOrderRow), expand="CDSSalesOrderLinesV2")
        )
        newest_first = "OrderCreationDateTime desc"
        headers = ours("SalesOrderHeadersV2", orders, fields(HeaderRow), expand="SalesOrderLines", order=newest_first)
        asked = [headers, picked, ours("ShippingCarriers", "", fields(CarrierRow))]
        return [*asked, ours(rules.packing_slips, slips, fields(SlipRow))] if self._asks_slips else asked

    def _parcels_of(self, numbers: Iterable[str]) -> Iterable[tuple[str, str]]:
        """The queries of tracking numbers and of what is in parcels, with the name of the set that each is of."""
        askable = sorted(filter(odata.is_askable, numbers))
        for first in range(0, len(askable), odata.ONCE):
            some = askable[first : first + odata.ONCE]
            condition = odata.either("SalesOrderNumber", some)
            yield _TRACKING, self._api.set_of(_TRACKING, condition, fields(TrackingRow))
            name = self._api.rules.packing_slip_lines
            if name:
                yield name, self._api.set_of(name, odata.either("SalesId", some), fields(SlipLineRow))

    def _read_rest(self, found: _Parcels, numbers: Iterable[str]) -> None:
        parcels = list(self._parcels_of(numbers))
        if parcels:
            pages = self._api.batch([query for _, query in parcels], "orders_since")
            found.read(pages, 0, parcels)

    def _records(self, rows: Sequence[OrderRows], carriers: Sequence[CarrierRow]) -> list[Order]:
        settings = self._api.settings
        articles = self._catalogue.variants({one.sku(line) for one in rows for line in one.lines})
        names = {row.carrier_id: row.carrier_name or row.carrier_id for row in carriers}
        today = self._clock().astimezone(settings.zone).date()
        orders = [mapping.order(one, names, articles, settings.zone) for one in rows]
        orders.sort(key=lambda order: (order.placed_at, len(order.number), order.number), reverse=True)
        return [presumed(order, today, settings.zone, settings.orders.transit_days) for order in orders]


class _Parcels:
    """What is known of parcels, of several orders."""

    def __init__(self) -> None:
        self.tracking: list[TrackingRow] = []
        self.lines: list[SlipLineRow] = []

    def read(self, pages: Pages, first: int, queries: Sequence[tuple[str, str]]) -> None:
        """Reads the answers to queries, the first of which has this place."""
        for place, (name, _) in enumerate(queries, start=first):
            if name == _TRACKING:
                self.tracking += pages.of(place, TrackingRow)
            else:
                self.lines += pages.of(place, SlipLineRow)


def _sent(headers: Sequence[HeaderRow], slips: Sequence[SlipRow]) -> set[str]:
    """Numbers of orders that have parcels, as far as it shows."""
    gone = ("Delivered", "Invoiced", "PartiallyDelivered", "PartiallyInvoiced", "DeliveredPartiallyInvoiced")
    by_state = {
        row.sales_order_number
        for row in headers
        if row.sales_order_processing_status in gone or row.sales_order_status in gone
    }
    return by_state | {row.sales_id for row in slips if row.sales_id}


def _together(
    header: HeaderRow,
    picked: Iterable[PickedRow],
    slips: Iterable[SlipRow],
    slip_lines: Iterable[SlipLineRow],
    tracking: Iterable[TrackingRow],
) -> OrderRows:
    number = header.sales_order_number
    return OrderRows(
        header=header,
        picked={row.inventory_lot_id or "": row for row in picked},
        slips=[row for row in slips if row.sales_id == number],
        slip_lines=[row for row in slip_lines if row.sales_id == number],
        tracking=[row for row in tracking if row.sales_order_number == number],
    )
