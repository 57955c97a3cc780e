"""What the demo promises holds whenever it is laid: on each weekday, around New Year, when the clocks change."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from middleware.demo import Data, demo_data
from middleware.demo.data import Row
from middleware.records import OrderStatus

ZONE = ZoneInfo("America/New_York")
SARAH, MARCUS, HANNAH, ROBERT, COMPANY, AISHA = "20001", "20002", "20003", "20004", "20007", "20008"


def local(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


def whenever(test: Any) -> Any:
    """Runs a property at any moment of twenty years, at the awkward ones always."""
    awkward = [
        *(local(2026, 11, day, hour) for day in range(16, 23) for hour in (0, 23)),  # each weekday
        local(2026, 12, 31, 23, 59),
        local(2027, 1, 1, 0, 0),
        local(2028, 2, 29, 12, 0),
        local(2028, 3, 1, 0, 1),
        local(2026, 3, 8, 1, 59),  # the hour that is missing, and the one that comes twice
        local(2026, 3, 8, 3, 0),
        local(2026, 11, 1, 1, 30),
        local(2026, 11, 1, 1, 30).replace(fold=1),
        datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc),  # Monday in London, Sunday in Newark
    ]
    moments = st.datetimes(
        min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(timezone.utc)
    )
    test = settings(deadline=None)(given(now=moments)(test))
    for now in awkward:
        test = example(now=now)(test)
    return test


@lru_cache(maxsize=2000)
def laid(now: datetime) -> Data:
    return demo_data(now, ZONE)


def day_of(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def orders_of(data: Data, customer: str) -> list[Row]:
    return [order for order in data.orders if order["customer_number"] == customer]


def lines_of(data: Data, order: str) -> list[Row]:
    return [line for line in data.order_lines if line["order_number"] == order]


def shipments_of(data: Data, order: str) -> list[Row]:
    return [shipment for shipment in data.shipments if shipment["order_number"] == order]


def is_open(order: Row) -> bool:
    return OrderStatus(order["status"]).is_open


def by_key(rows: Sequence[Row], key: str) -> dict[str, Row]:
    found = {row[key]: row for row in rows}
    assert len(found) == len(rows), f"{key} is unique"
    return found


# Sarah's story


@whenever
def test_sarahs_ticket_was_opened_on_the_last_monday(now: datetime) -> None:
    (ticket,) = (row for row in laid(now).tickets if row["contact_id"] == "CT-1001" and row["closed_at"] is None)
    opened_on = day_of(ticket["opened_at"])

    assert (ticket["number"], ticket["subject"]) == ("T-1042", "Wi-Fi router")
    assert opened_on.strftime("%A") == "Monday"
    assert 1 <= (day_of(now) - opened_on).days <= 7


@whenever
def test_sarahs_jacket_was_placed_on_tuesday_of_last_week_and_arrived_a_day_or_two_later(
    now: datetime,
) -> None:
    data = laid(now)
    order = by_key(data.orders, "number")["10023"]
    (line,) = lines_of(data, "10023")
    this_monday = day_of(now) - timedelta(days=day_of(now).weekday())
    placed_on = day_of(order["placed_at"])

    assert placed_on == this_monday - timedelta(days=6)
    assert day_of(order["delivered_at"]) - placed_on in (timedelta(days=1), timedelta(days=2))
    assert order["delivered_at"] < now
    assert (order["status"], line["sku"], line["quantity"]) == ("delivered", "BLU-JKT-M", 1)
    product = by_key(data.products, "sku")["BLU-JKT-M"]
    assert product["name"] == "alpine jacket"
    assert product["options"] == {"colour": "blue", "size": "M"}


@whenever
def test_sarahs_bag_left_on_the_last_thursday_and_comes_in_two_days(now: datetime) -> None:
    data = laid(now)
    order = by_key(data.orders, "number")["10031"]
    (line,) = lines_of(data, "10031")
    (shipment,) = shipments_of(data, "10031")
    product = by_key(data.products, "sku")[line["sku"]]

    assert (product["name"], product["options"]) == ("canvas duffel bag", {"colour": "olive"})
    assert (shipment["carrier"], shipment["tracking"]) == ("FedEx", "7712 3456 0098")
    assert day_of(shipment["shipped_at"]).strftime("%A") == "Thursday"
    assert order["placed_at"] < shipment["shipped_at"] < now
    assert order["status"] == "shipped"
    assert order["expected_on"] == shipment["expected_on"] == day_of(now) + timedelta(days=2)


@whenever
def test_sarah_has_exactly_one_open_order_and_only_older_ones_besides(now: datetime) -> None:
    orders = by_key(orders_of(laid(now), SARAH), "number")

    assert [number for number, order in orders.items() if is_open(order)] == ["10031"]
    others = set(orders) - {"10023", "10031"}
    assert all(orders[number]["status"] == "delivered" for number in others)
    assert all(orders[number]["placed_at"] < orders["10023"]["placed_at"] for number in others)


# The others


@whenever
def test_marcus_has_three_open_orders_one_in_two_parcels_and_one_late(now: datetime) -> None:
    data = laid(now)
    open_orders = {order["status"]: order for order in orders_of(data, MARCUS) if is_open(order)}

    assert set(open_orders) == {"partly_shipped", "delayed", "picking"}
    assert len(shipments_of(data, open_orders["partly_shipped"]["number"])) == 2
    assert open_orders["delayed"]["expected_on"] > day_of(now)


@whenever
def test_hannah_has_no_orders_and_robert_only_delivered_ones(now: datetime) -> None:
    data = laid(now)

    assert orders_of(data, HANNAH) == []
    assert len(orders_of(data, ROBERT)) > 1
    assert {order["status"] for order in orders_of(data, ROBERT)} == {"delivered"}


@whenever
def test_the_companys_invoice_of_last_month_is_its_only_one_of_that_month(now: datetime) -> None:
    data = laid(now)
    last_month = day_of(now).replace(day=1) - timedelta(days=1)
    (invoice,) = (
        row
        for row in data.invoices
        if row["customer_number"] == COMPANY
        and (row["issued_on"].year, row["issued_on"].month) == (last_month.year, last_month.month)
    )

    assert invoice["number"] == "INV-88213"
    assert invoice["issued_on"] == last_month.replace(day=14)
    assert totals(data)["INV-88213"] == Decimal("1284.50")
    paid = day_of(now).day >= 2
    assert invoice["paid_on"] == (day_of(now).replace(day=2) if paid else None)


# All orders


@whenever
def test_there_are_sixty_orders_in_every_state_numbered_in_the_order_of_time(now: datetime) -> None:
    orders = laid(now).orders
    placed = [order["placed_at"] for order in orders]

    assert [order["number"] for order in orders] == [str(number) for number in range(10001, 10061)]
    assert placed == sorted(placed) and len(set(placed)) == 60
    assert now - timedelta(days=360) < placed[0] and placed[-1] < now
    assert {order["status"] for order in orders} == {one.value for one in OrderStatus if one is not OrderStatus.DUE}


@whenever
def test_nothing_has_happened_that_lies_ahead(now: datetime) -> None:
    data = laid(now)
    tables = (data.orders, data.shipments, data.tickets, data.ticket_comments, data.returns)
    moments = [value for rows in tables for row in rows for value in row.values() if type(value) is datetime]
    days = [day for row in data.invoices for day in (row["issued_on"], row["paid_on"]) if day]

    assert len(moments) > 150
    assert all(moment.utcoffset() is not None and moment < now for moment in moments)
    assert max(days) <= day_of(now)


@whenever
def test_each_order_goes_from_placing_over_shipping_to_arriving(now: datetime) -> None:
    data = laid(now)
    for order in data.orders:
        shipments = shipments_of(data, order["number"])
        for shipment in shipments:
            assert order["placed_at"] < shipment["shipped_at"]
            assert shipment["delivered_at"] is None or shipment["shipped_at"] < shipment["delivered_at"] <= now
        if order["status"] in ("delivered", "returned"):
            assert order["delivered_at"] == max(shipment["delivered_at"] for shipment in shipments)
        else:
            assert order["delivered_at"] is None


@whenever
def test_what_is_open_is_expected_and_what_is_late_is_later_than_promised(now: datetime) -> None:
    for order in filter(is_open, laid(now).orders):
        assert order["promised_on"] >= day_of(order["placed_at"])
        if order["status"] == "delayed":
            assert order["expected_on"] > order["promised_on"]
            assert order["expected_on"] > day_of(now)
        else:
            assert order["expected_on"] == order["promised_on"]
            assert order["expected_on"] > day_of(now)


@whenever
def test_parcels_hold_what_was_ordered_and_only_whole_orders_are_wholly_shipped(now: datetime) -> None:
    data = laid(now)
    for order in data.orders:
        ordered = Counter({line["line"]: line["quantity"] for line in lines_of(data, order["number"])})
        shipped = Counter[str]()
        for shipment in shipments_of(data, order["number"]):
            parcel = [row for row in data.shipment_lines if row["shipment_id"] == shipment["id"]]
            assert parcel
            shipped.update({row["line"]: row["quantity"] for row in parcel})
        if order["status"] == "partly_shipped":
            assert len(shipments_of(data, order["number"])) == 2
            assert Counter() < shipped < ordered
        elif order["status"] in ("shipped", "delivered", "returned"):
            assert shipped == ordered
        else:
            assert not shipped


@whenever
def test_there_are_late_orders_partial_ones_and_such_with_several_lines(now: datetime) -> None:
    data = laid(now)
    statuses = Counter(order["status"] for order in data.orders)

    assert statuses["delayed"] >= 2
    assert statuses["partly_shipped"] >= 2
    assert sum(len(lines_of(data, order["number"])) > 1 for order in data.orders) >= 20


# Returns, and what is to come in


@whenever
def test_aishas_rain_shell_has_come_in_and_the_money_is_still_to_be_paid(now: datetime) -> None:
    data = laid(now)
    (order,) = (row for row in orders_of(data, AISHA) if row["status"] == "returned")
    sent_back = by_key(data.returns, "order_number")[order["number"]]
    (ticket,) = (row for row in data.tickets if row["subject"] == f"Refund for order {order['number']}")

    assert (sent_back["number"], sent_back["status"], sent_back["refunded_on"]) == ("R-2080", "received", None)
    assert (sent_back["refund"], sent_back["currency"]) == (Decimal("129.00"), "USD")
    assert day_of(order["delivered_at"]) < day_of(sent_back["created_at"]) < sent_back["received_on"]
    assert (day_of(ticket["opened_at"]) - sent_back["received_on"]).days == 14, "two weeks, as she says"
    assert sent_back["return_by"] == day_of(order["delivered_at"]) + timedelta(days=30)


@whenever
def test_each_order_that_went_back_has_one_return_of_all_its_lines(now: datetime) -> None:
    data = laid(now)
    returns = by_key(data.returns, "order_number")

    assert set(returns) == {order["number"] for order in data.orders if order["status"] == "returned"}
    for number, sent_back in returns.items():
        ordered = lines_of(data, number)
        lines = {
            row["line"]: row["quantity"] for row in data.return_lines if row["return_number"] == sent_back["number"]
        }
        assert lines == {line["line"]: line["quantity"] for line in ordered}
        assert sent_back["refund"] == sum(line["price"] * line["quantity"] for line in ordered)


@whenever
def test_returns_are_numbered_in_the_order_of_time_and_what_happened_to_them_lies_behind(now: datetime) -> None:
    data = laid(now)
    orders = by_key(data.orders, "number")
    numbers = [int(row["number"].removeprefix("R-")) for row in data.returns]

    assert numbers == list(range(2081 - len(numbers), 2081)), "the next one is R-2081"
    assert [row["created_at"] for row in data.returns] == sorted(row["created_at"] for row in data.returns)
    for row in data.returns:
        assert orders[row["order_number"]]["delivered_at"] < row["created_at"] < now
        assert day_of(row["created_at"]) <= row["received_on"] <= day_of(now)
        assert row["return_by"] >= row["received_on"]
        assert row["status"] == ("received" if row["refunded_on"] is None else "refunded")
        assert row["refunded_on"] is None or row["received_on"] <= row["refunded_on"] <= day_of(now)


@whenever
def test_what_is_sold_out_everywhere_and_asked_for_comes_in_within_days(now: datetime) -> None:
    data = laid(now)
    coming = {row["sku"]: row["expected_on"] for row in reversed(data.receipts)}

    assert all(row["expected_on"] > day_of(now) and row["quantity"] > 0 for row in data.receipts)
    for sku in ("BLU-JKT-S", "TNT-4P", "BLK-GPS"):
        assert sum(row["available"] for row in data.stock if row["sku"] == sku) == 0
        assert coming[sku] <= day_of(now) + timedelta(days=6)


@whenever
def test_what_customers_wait_for_comes_in_before_their_orders_are_expected(now: datetime) -> None:
    data = laid(now)
    coming = {row["sku"]: row["expected_on"] for row in data.receipts}
    for number in ("10028", "10025"):
        order = by_key(data.orders, "number")[number]
        assert all(coming[line["sku"]] < order["expected_on"] for line in lines_of(data, number))


# Invoices


def totals(data: Data) -> dict[str, Decimal]:
    """What is to pay by invoice number, tax rounded to the cent once per rate."""
    net: dict[str, Counter[Decimal]] = defaultdict(Counter)
    for line in data.invoice_lines:
        net[line["invoice_number"]][line["tax_rate"]] += line["price"] * line["quantity"]
    cent = Decimal("0.01")
    return {
        number: sum((amount + (amount * rate / 100).quantize(cent) for rate, amount in rates.items()), Decimal(0))
        for number, rates in net.items()
    }


@whenever
def test_each_of_the_twelve_months_before_this_one_has_invoices_with_something_to_pay(now: datetime) -> None:
    data = laid(now)
    months = {row["issued_on"].strftime("%Y-%m") for row in data.invoices}
    month = day_of(now).replace(day=1)
    for _ in range(12):
        month = (month - timedelta(days=1)).replace(day=1)
        assert month.strftime("%Y-%m") in months

    assert set(totals(data)) == set(by_key(data.invoices, "number"))
    assert min(totals(data).values()) > 0


@whenever
def test_each_shipped_order_has_one_invoice_for_what_left(now: datetime) -> None:
    data = laid(now)
    invoiced = [row["order_number"] for row in data.invoices if row["order_number"]]
    shipped = sorted({row["order_number"] for row in data.shipments})

    assert sorted(invoiced) == shipped


@whenever
def test_invoices_are_numbered_in_the_order_of_their_days_and_some_are_unpaid(now: datetime) -> None:
    invoices = laid(now).invoices
    numbers = [int(invoice["number"].removeprefix("INV-")) for invoice in invoices]

    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert numbers[0] >= 88000 and numbers[-1] <= 88999
    assert [row["issued_on"] for row in invoices] == sorted(row["issued_on"] for row in invoices)
    unpaid = [row for row in invoices if row["paid_on"] is None]
    assert any(row["due_on"] < day_of(now) for row in unpaid), "one is overdue"
    assert any(row["due_on"] >= day_of(now) for row in unpaid), "one isn't due yet"
    assert len({row["tax_rate"] for row in laid(now).invoice_lines}) > 2


# The whole


@whenever
def test_ids_are_unique_and_every_reference_is_kept(now: datetime) -> None:
    data = {table.name: (table, rows) for table, rows in laid(now).by_table()}
    for table, rows in data.values():
        primary_key = [column.name for column in table.primary_key]
        keys = [tuple(row[name] for name in primary_key) for row in rows]
        assert len(set(keys)) == len(keys), table.name
        for column in table.columns:
            for key in column.foreign_keys:
                referred = {row[key.column.name] for row in data[key.column.table.name][1]}
                assert {row.get(column.name) for row in rows} - {None} <= referred, column
        columns = {column.name for column in table.columns}
        assert all(set(row) <= columns for row in rows), table.name


@whenever
def test_a_line_of_a_parcel_is_a_line_of_its_order(now: datetime) -> None:
    data = laid(now)
    order_of = {row["id"]: row["order_number"] for row in data.shipments}
    lines = {(row["order_number"], row["line"]) for row in data.order_lines}

    assert {(order_of[row["shipment_id"]], row["line"]) for row in data.shipment_lines} <= lines


@whenever
def test_the_same_moment_gives_the_same_data(now: datetime) -> None:
    assert demo_data(now, ZONE) == demo_data(now.astimezone(ZoneInfo("Asia/Tokyo")), ZONE)


@whenever
def test_tickets_are_open_and_closed_numbered_in_the_order_of_time(now: datetime) -> None:
    data = laid(now)
    opened = [row["opened_at"] for row in sorted(data.tickets, key=lambda row: int(row["number"][2:]))]

    assert opened == sorted(opened)
    assert {row["closed_at"] is None for row in data.tickets} == {True, False}
    assert {row["is_public"] for row in data.ticket_comments} == {True, False}
    tickets = by_key(data.tickets, "number")
    for comment in data.ticket_comments:
        ticket = tickets[comment["ticket_number"]]
        assert ticket["opened_at"] <= comment["written_at"] <= (ticket["closed_at"] or now)
