"""The demo company's goods and where they lie, from products.yml and warehouses.yml."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from itertools import product as combinations
from random import Random

from middleware.demo.calendar import Calendar
from middleware.demo.data import Row
from middleware.demo.files import Entry, read
from middleware.records import Money, OrderLine, OrderStatus

CURRENCY = "USD"

_SEED = 750  # any number; another one gives other stock
_EMPTY_SHARE = 0.12  # of all SKUs in a warehouse: enough to meet "sold out" without looking for it


class Product(Entry, frozen=True, kw_only=True):
    """A product with its colours and sizes; see products.yml."""

    id: str
    name: str
    category: str
    price: Decimal
    sku: str
    colours: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()


class ProductsFile(Entry, frozen=True, kw_only=True):
    """products.yml."""

    colour_codes: dict[str, str]
    products: tuple[Product, ...]


class Warehouse(Entry, frozen=True, kw_only=True):
    """A place where goods lie."""

    id: str
    name: str
    latitude: float
    longitude: float
    country: str
    postcode: str


class Receipt(Entry, frozen=True, kw_only=True):
    """Goods that are to come in; `expected` is a phrase of calendar.py."""

    sku: str
    warehouse: str
    quantity: int
    expected: str


class WarehousesFile(Entry, frozen=True, kw_only=True):
    """warehouses.yml."""

    warehouses: tuple[Warehouse, ...]
    stock: dict[str, dict[str, int]]
    receipts: tuple[Receipt, ...]


class Variant(Entry, frozen=True, kw_only=True):
    """What has a SKU."""

    sku: str
    product: Product
    options: dict[str, str]


@lru_cache(maxsize=1)
def variants() -> dict[str, Variant]:
    """All variants by SKU, in the order of the file."""
    file = read("products.yml", ProductsFile)
    found = {}
    for product in file.products:
        for colour, size in combinations(product.colours or ("",), product.sizes or ("",)):
            sku = product.sku.format(colour=file.colour_codes.get(colour, ""), size=size.replace(" ", "").upper())
            chosen = {"colour": colour, "size": size}
            options = {name: value for name, value in chosen.items() if value}
            found[sku] = Variant(sku=sku, product=product, options=options)
    return found


@lru_cache(maxsize=1)
def _warehouses() -> WarehousesFile:
    return read("warehouses.yml", WarehousesFile)


def order_line(line: str, sku: str, quantity: int, status: OrderStatus) -> OrderLine:
    """A line of an order for one SKU, at its price in the catalogue."""
    variant = variants()[sku]
    return OrderLine(
        id=line,
        sku=sku,
        name=variant.product.name,
        options=variant.options,
        category=variant.product.category,
        quantity=Decimal(quantity),
        price=Money(amount=variant.product.price, currency=CURRENCY),
        status=status,
    )


def described(sku: str) -> str:
    """A variant in the words of an invoice, such as "alpine jacket, blue, M"."""
    variant = variants()[sku]
    return ", ".join([variant.product.name, *variant.options.values()])


def product_rows() -> list[Row]:
    """Rows of `erp_products`."""
    return [
        {
            "sku": variant.sku,
            "product_id": variant.product.id,
            "name": variant.product.name,
            "category": variant.product.category,
            "options": variant.options,
            "price": variant.product.price,
            "currency": CURRENCY,
        }
        for variant in variants().values()
    ]


def warehouse_rows() -> list[Row]:
    """Rows of `erp_warehouses`."""
    return [
        {
            "id": warehouse.id,
            "name": warehouse.name,
            "latitude": warehouse.latitude,
            "longitude": warehouse.longitude,
            "country": warehouse.country,
            "postcode": warehouse.postcode,
        }
        for warehouse in _warehouses().warehouses
    ]


def stock_rows() -> list[Row]:
    """Rows of `erp_stock`: every SKU in every warehouse, some of them with nothing."""
    random = Random(_SEED)
    rows: list[Row] = []
    for sku, warehouse in combinations(variants(), _warehouses().warehouses):
        generated = 0 if random.random() < _EMPTY_SHARE else random.randint(1, 240)
        told = _warehouses().stock.get(sku)
        available = told[warehouse.id] if told else generated
        rows.append({"sku": sku, "warehouse": warehouse.id, "available": available})
    return rows


def receipt_rows(calendar: Calendar) -> list[Row]:
    """Rows of `erp_receipts`."""
    return [
        {
            "id": f"PO-{position}",
            "sku": receipt.sku,
            "warehouse": receipt.warehouse,
            "quantity": receipt.quantity,
            "expected_on": calendar.day(receipt.expected),
        }
        for position, receipt in enumerate(_warehouses().receipts, start=1)
    ]
