"""What the people do and see in an ERP, and its port doesn't tell; each connector looks for it in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware.erp.embedded import tables
from middleware.records import OrderStatus

Lines = Mapping[str, tuple[str, Decimal]]


class ErpInside(Protocol):
    """An ERP as its people see it. Orders are called as in the data that was laid."""

    def pack(self, order_number: str) -> None:
        """An order reaches the packing floor, as it does in this ERP: from now on it can't be changed."""
        ...

    def ship(self, order_number: str) -> None:
        """A whole order leaves in one parcel."""
        ...

    def lines(self, order_number: str) -> Lines:
        """Article and units of an order's lines, by the port's ids of them; without those that are cancelled."""
        ...

    def reserved(self, sku: str) -> Decimal:
        """Units of an article that reservations of the ERP itself keep from others; none where it has no such."""
        ...

    def returns(self, order_number: str) -> int:
        """How many returns of an order there are, drafts included; refused ones, too."""
        ...

    def return_number(self, laid: str) -> str:
        """What the ERP calls the return that the laid data calls so."""
        ...


class InsideEmbeddedErp:
    """The embedded ERP's tables.

    Args:
        engine: Of its database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pack(self, order_number: str) -> None:
        """The packing floor notes it with the order; the lines follow when the parcel is closed."""
        packed = tables.orders.update().where(tables.orders.c.number == order_number)
        with self._engine.begin() as connection:
            connection.execute(packed.values(status=OrderStatus.PACKED.value, version=tables.orders.c.version + 1))

    def ship(self, order_number: str) -> None:
        """Rows of `erp_shipments` and `erp_shipment_lines`."""
        shipped = {"status": OrderStatus.SHIPPED.value}
        parcel = {"id": f"P{order_number}", "order_number": order_number, "carrier": "UPS", "tracking": "1Z 777"}
        lines = [
            {"shipment_id": parcel["id"], "line": line, "quantity": int(units)}
            for line, (_, units) in self.lines(order_number).items()
        ]
        orders, order_lines = tables.orders, tables.order_lines
        is_left = sa.and_(
            order_lines.c.order_number == order_number, order_lines.c.status != OrderStatus.CANCELLED.value
        )
        with self._engine.begin() as connection:
            connection.execute(tables.shipments.insert().values(parcel | {"shipped_at": datetime.now(timezone.utc)}))
            connection.execute(tables.shipment_lines.insert(), lines)
            connection.execute(order_lines.update().where(is_left).values(shipped))
            this = orders.update().where(orders.c.number == order_number)
            connection.execute(this.values(shipped | {"version": orders.c.version + 1}))

    def lines(self, order_number: str) -> Lines:
        """Rows of `erp_order_lines`."""
        lines = tables.order_lines
        of_order = sa.and_(lines.c.order_number == order_number, lines.c.status != OrderStatus.CANCELLED.value)
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(lines).where(of_order)).all()
        return {row.line: (row.sku, Decimal(row.quantity)) for row in rows}

    def reserved(self, sku: str) -> Decimal:
        """Rows of `erp_reservation_parts`."""
        parts, reservations = tables.reservation_parts, tables.reservations
        kept = sa.and_(reservations.c.sku == sku, reservations.c.released_at.is_(None))
        units = sa.select(sa.func.coalesce(sa.func.sum(parts.c.quantity), 0)).select_from(parts.join(reservations))
        with self._engine.connect() as connection:
            return Decimal(connection.execute(units.where(kept)).scalar_one())

    def returns(self, order_number: str) -> int:
        """Rows of `erp_returns`."""
        of_order = sa.select(sa.func.count()).where(tables.returns.c.order_number == order_number)
        with self._engine.connect() as connection:
            return int(connection.execute(of_order).scalar_one())

    def return_number(self, laid: str) -> str:
        """The same."""
        return laid
