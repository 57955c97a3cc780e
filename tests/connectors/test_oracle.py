"""What goes wrong with Oracle Fusion Cloud, over REST and SOAP, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from middleware import connectors
from middleware.database import metadata, open_engine
from middleware.deadline import within
from middleware.demo import Data
from middleware.erp.oracle import report as reports
from middleware.erp.oracle.client import OracleErp
from middleware.erp.oracle.dialect import OracleDialect
from middleware.erp.oracle.holds import hold_name
from middleware.erp.oracle.rest import decoded, one_of
from middleware.erp.oracle.rows import LineRow, OrderRow
from middleware.erp.oracle.settings import OracleAccess, OracleRules, read
from middleware.erp.oracle.standing import day, moment, together
from middleware.errors import Conflict, Malformed, Misconfigured, NotFound, Rejected, ShutOut, Unavailable, Unknown
from middleware.records import OrderChange, OrderStatus, ReturnReason
from middleware.reset import lay
from middleware.settings import Settings
from middleware.store import erp_ledger, tokens
from tests.connectors.conftest import HOSTILE
from tests.data.backoffice import ADA, DORA, LONG_ORDER, PARTLY_SHIPPED_ORDER, TO_BE_CHANGED, TO_BE_RETURNED, backoffice
from tests.fakes.oracle import USERNAME, Oracle
from tests.fakes.stand_in import Reply, Request
from tests.fakes.stand_ins import settings_for

NOW = datetime(2026, 3, 11, 17, 30, 15, tzinfo=timezone.utc)
BOTTLE = "TRV-BTL-750"
ORDER, RETURNABLE = TO_BE_CHANGED[0], TO_BE_RETURNED[0]
PATH_OF_ORDERS = "/salesOrdersForOrderHub"
WRITES = "/11.13.18.05/"  # a batch that only reads has no slash at its end

Connect = Callable[..., OracleErp]


@pytest.fixture
def oracle() -> Iterator[Oracle]:
    """A pod of the test's own."""
    with Oracle() as one:
        one.lay(backoffice(NOW))
        yield one


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A store with the catalogue, for all tests."""
    one = open_engine(f"sqlite:///{tmp_path_factory.mktemp('oracle') / 'test.db'}")
    metadata.create_all(one)
    data = backoffice(NOW)
    lay(one, Data(products=data.products, warehouses=data.warehouses))
    yield one
    one.dispose()


@pytest.fixture
def engine(store: Any) -> Any:
    """The same, without tokens and entries."""
    with store.begin() as connection:
        connection.execute(tokens.delete())
        connection.execute(erp_ledger.delete())
    return store


@pytest.fixture(scope="module")
def some_settings() -> Settings:
    """The settings of any pod: reading them takes long."""
    return settings_for(Oracle())


@pytest.fixture
def known(some_settings: Settings, oracle: Oracle) -> Settings:
    """The settings of the test's pod."""
    access = msgspec.structs.replace(some_settings.erp_access, url=oracle.url, token_url=oracle.url)
    return msgspec.structs.replace(some_settings, erp_access=access)


@pytest.fixture
def connect(known: Settings, engine: Any) -> Connect:
    """Connects with the rules of `erp.oracle` changed."""

    def connected(**rules: Any) -> OracleErp:
        erp: OracleErp = connectors.erp(with_rules(known, **rules), engine)  # type: ignore[assignment]
        return erp

    return connected


@pytest.fixture
def erp(connect: Connect) -> OracleErp:
    """The connector with the stand-in's rules."""
    return connect()


def with_rules(known: Settings, **rules: Any) -> Settings:
    replaced = msgspec.structs.replace(known.erp.oracle, **rules)
    return msgspec.structs.replace(known, erp=msgspec.structs.replace(known.erp, oracle=replaced))


def opened_by(known: Settings, environment: Mapping[str, str]) -> Settings:
    return msgspec.structs.replace(known, erp_access=OracleAccess(**read(environment)))


def sent(oracle: Oracle, method: str, part: str) -> list[Request]:
    return [one for one in oracle.requests if one.method == method and part in one.path]


def trips(oracle: Oracle, call: Callable[[], object]) -> int:
    before = len(oracle.requests)
    call()
    return len(oracle.requests) - before


def answering(oracle: Oracle, monkeypatch: pytest.MonkeyPatch, part: str, reply: Reply) -> None:
    """Lets what is asked of a path be answered like this."""
    answer = oracle.answer
    monkeypatch.setattr(oracle, "answer", lambda request: reply if part in request.path else answer(request))


def returned(erp: OracleErp, order: str = RETURNABLE, key: str = "r", units: str = "1") -> Any:
    day = date(2026, 4, 1)
    reason = ReturnReason.TOO_SMALL
    return erp.create_return(order, {"1": Decimal(units)}, reason=reason, words="", return_by=day, key=key)


def reserved(erp: OracleErp, key: str = "h", **parts: int) -> Any:
    units = {place: Decimal(quantity) for place, quantity in (parts or {"EWR": 2, "RNO": 3}).items()}
    return erp.reserve(BOTTLE, units, customer_number="1001", key=key)


# Round trips


def test_where_is_my_order_costs_three_round_trips_however_many_orders_there_are(
    oracle: Oracle, erp: OracleErp
) -> None:
    erp.customers_by_phone(ADA)

    def asked() -> None:
        (customer,) = erp.customers_by_phone(ADA)
        assert len(erp.orders_since(customer.number, NOW - timedelta(days=500))) == 10

    def ida() -> None:
        (customer,) = erp.customers_by_email("ida@example.com")
        assert len(erp.orders_since(customer.number, NOW - timedelta(days=500))) == 40

    assert (trips(oracle, asked), trips(oracle, ida)) == (3, 3)


def test_a_contact_persons_companies_are_read_together(oracle: Oracle, erp: OracleErp) -> None:
    erp.customers_by_phone(ADA)

    assert trips(oracle, lambda: erp.customers_by_phone(DORA)) == 2


def test_all_warehouses_are_asked_in_one_round_trip(oracle: Oracle, erp: OracleErp) -> None:
    erp.customers_by_phone(ADA)

    assert trips(oracle, lambda: erp.stock(BOTTLE)) == 1


def test_every_call_names_the_frameworks_version_and_no_space_is_a_plus(oracle: Oracle, connect: Connect) -> None:
    erp = connect(framework_version=6)
    erp.orders_since("1001", NOW - timedelta(days=30))
    erp.cancel_order(ORDER, version=erp.order(ORDER).version, key="k")
    reserved(erp)
    returned(erp)
    erp.invoice("8001")

    calls = [one for one in oracle.requests if "RestApi" in one.path]
    assert {one.headers["rest-framework-version"] for one in calls} == {"6"}
    assert not any("+" in one.raw.split("&onlyData")[0] for one in calls)


def test_pages_are_followed_to_the_last(oracle: Oracle, connect: Connect) -> None:
    erp = connect(page_size=2)

    orders = erp.orders_since("1001", NOW - timedelta(days=500))

    assert orders == connect().orders_since("1001", NOW - timedelta(days=500))
    assert len(orders) == 10


def test_a_collection_without_end_isnt_read_for_ever(
    oracle: Oracle, erp: OracleErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Reply(json={"items": [{"TransactionNumber": "1"}] * 3, "hasMore": True})
    monkeypatch.setattr("middleware.erp.oracle.rest.MOST_PAGES", 5)
    answering(oracle, monkeypatch, "/shipmentLines", Reply(json={"items": [{"ShipmentLine": 1}], "hasMore": True}))

    with pytest.raises(Malformed):
        erp.order(ORDER)

    assert page.json["hasMore"] and len(sent(oracle, "GET", "/shipmentLines")) == 5


# Orders


def long_order(lines: int) -> Data:
    data = backoffice(NOW)
    row = next(one for one in data.order_lines if one["order_number"] == LONG_ORDER)
    many = [{**row, "line": str(place), "quantity": place} for place in range(1, lines + 1)]
    others = [one for one in data.order_lines if one["order_number"] != LONG_ORDER]
    return replace(data, order_lines=[*others, *many])


def test_an_order_of_999_lines_is_read_whole_and_in_order(oracle: Oracle, erp: OracleErp) -> None:
    oracle.lay(long_order(999))

    order = erp.order(LONG_ORDER)

    assert [line.quantity for line in order.lines] == list(range(1, 1000))
    assert erp.orders_since(order.customer_number, NOW - timedelta(days=30))[-1].lines == order.lines
    assert order.version == erp.order(LONG_ORDER).version


def test_prices_with_five_decimals_stay_exact(oracle: Oracle, erp: OracleErp) -> None:
    data = backoffice(NOW)
    oracle.lay(replace(data, order_lines=[{**one, "price": Decimal("0.12345")} for one in data.order_lines]))

    (line,) = erp.order("5001").lines

    assert line.price is not None and line.price.amount == Decimal("0.12345")


def test_what_isnt_called_so_is_found_nowhere_and_breaks_no_condition(erp: OracleErp) -> None:
    for hostile in (*HOSTILE, "5001' or OrderNumber like '%", "a/b", "$filter", "00005001", "50 01"):
        with pytest.raises(NotFound):
            erp.order(hostile)
        with pytest.raises(NotFound):
            erp.invoice(hostile)
        assert erp.orders_since(hostile, NOW - timedelta(days=500)) == []
        assert list(erp.customers_by_email(f"{hostile}@example.com")) == []


@pytest.mark.parametrize("id_", ["O'Hara's #1", "a/b?c", "x y", "ü$&=+%", "A:B"])
def test_an_order_of_any_source_system_is_changed_by_its_own_key(oracle: Oracle, erp: OracleErp, id_: str) -> None:
    orders = oracle.records.orders
    key = next(key for key, one in orders.items() if one.values["OrderNumber"] == ORDER)
    orders[f"OPS:{id_}"] = orders.pop(key)
    orders[f"OPS:{id_}"].values["SourceTransactionId"] = id_

    done = erp.cancel_order(ORDER, version=erp.order(ORDER).version, key="k")

    assert done.status is OrderStatus.CANCELLED


def test_what_the_settings_name_otherwise_is_read_and_what_bears_our_name_there_is_not() -> None:
    rules = OracleRules(
        expected_field="Eta", tracking_field="", ship_to_fields={"city": "Town"}, references_child="documentReferences"
    )
    body = b"""{"HeaderId": 1, "OrderNumber": "1", "TransactionOn": "2026-01-19T00:00:00+00:00",
        "shipToCustomer": {"items": [{"Town": "Reno", "City": "other"}]},
        "lines": {"items": [{"FulfillLineId": 2, "ProductNumber": "X", "Eta": "2026-01-20",
            "ScheduleArrivalDate": "2026-12-31", "UnitSellingPrice": 1.10005,
            "lineDetails": {"items": [{"TrackingNumber": "1Z"}]}}]}}"""

    row = decoded(body, OrderRow, rules.order_names)

    (line,) = row.lines.items
    assert (line.ScheduleArrivalDate, line.UnitSellingPrice) == ("2026-01-20", Decimal("1.10005"))
    assert line.lineDetails.items[0].TrackingNumber is None
    assert row.shipToCustomer.items[0].City == "Reno"


def test_status_words_are_the_companys_own(connect: Connect, oracle: Oracle) -> None:
    for row in oracle.records.orders.values():
        for line in row.children["lines"]:
            line.values["StatusCode"] = "X_IN_THE_OVEN"

    assert connect().order("5001").status is OrderStatus.PLACED
    assert connect(statuses={"X_IN_THE_OVEN": OrderStatus.PICKING}).order("5001").status is OrderStatus.PICKING
    assert connect(statuses={"X_IN_THE_OVEN": OrderStatus.PICKING}).order("5007").status is OrderStatus.DELIVERED


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([OrderStatus.DELIVERED, OrderStatus.SHIPPED, OrderStatus.CANCELLED], OrderStatus.SHIPPED),
        ([OrderStatus.DELIVERED, OrderStatus.RETURNED], OrderStatus.DELIVERED),
        ([OrderStatus.DELIVERED, OrderStatus.PLACED], OrderStatus.PARTLY_SHIPPED),
        ([OrderStatus.PACKED, OrderStatus.DELAYED], OrderStatus.PACKED),
        ([OrderStatus.PLACED, OrderStatus.PICKING], OrderStatus.PICKING),
        ([OrderStatus.CANCELLED], OrderStatus.CANCELLED),
        ([], OrderStatus.CANCELLED),
    ],
)
def test_an_order_stands_where_its_parts_do(parts: list[OrderStatus], whole: OrderStatus) -> None:
    assert together(parts) is whole


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (None, None),
        ("", None),
        ("2026-01-19", date(2026, 1, 19)),
        ("2026-01-19T00:00:00+00:00", date(2026, 1, 19)),
        ("2026-01-19T05:00:00+00:00", date(2026, 1, 19)),
        ("2026-01-19T04:59:59.123Z", date(2026, 1, 18)),
        ("1900-01-01", None),
        ("1969-12-31T00:00:00+00:00", None),
        ("0001-01-01T00:00:00+00:00", None),
    ],
)
def test_days_are_the_companys_and_those_before_1970_are_none(written: str | None, read: date | None) -> None:
    assert day(written, ZoneInfo("America/New_York")) == read


def test_a_moment_before_1970_is_none() -> None:
    assert moment("1900-01-01T00:00:00+00:00") is None


def test_transfer_orders_with_the_same_number_put_nothing_into_a_customers_order(
    oracle: Oracle, erp: OracleErp
) -> None:
    before = erp.order(PARTLY_SHIPPED_ORDER)
    other = next(one for one in oracle.records.shipment_lines if one.values["Order"] == PARTLY_SHIPPED_ORDER)
    copied = type(other)(**{**{name: getattr(other, name) for name in ("id", "values", "children")}})
    copied.values = {**other.values, "SourceOrderFulfillmentLineId": 4711, "ShipmentLine": 999999}
    oracle.records.shipment_lines.append(copied)

    assert erp.order(PARTLY_SHIPPED_ORDER) == before


# What goes wrong with reads


@pytest.mark.parametrize("kind", ["refused", "error", "unavailable", "gateway", "truncated"])
def test_a_read_that_fails_changed_nothing(oracle: Oracle, erp: OracleErp, kind: str) -> None:
    erp.order("5001")
    oracle.faults.next(kind, times=3)

    with pytest.raises(Unavailable):
        erp.order("5001")


@pytest.mark.parametrize("kind", ["html", "no_json", "redirect"])
def test_what_makes_no_sense_is_no_order(oracle: Oracle, erp: OracleErp, kind: str) -> None:
    erp.order("5001")
    oracle.faults.next(kind)

    with pytest.raises(Malformed):
        erp.order("5001")


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_no_call_outlasts_its_deadline(oracle: Oracle, erp: OracleErp, fault: str) -> None:
    erp.order("5001")
    oracle.faults.always(fault, seconds=30)

    with within(0.3), pytest.raises(Unavailable):
        erp.invoice_pdf("8001")


def test_a_throttled_call_waits_as_it_is_asked(oracle: Oracle, erp: OracleErp) -> None:
    erp.order("5001")
    oracle.faults.next("throttled")

    assert erp.order("5001").number == "5001"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b"URL request parameter q with value OrderNumber is not valid.", Misconfigured),
        (400, b'{"title":"Bad Request","status":"400","o:errorDetails":[{"detail":"x","o:errorCode":"27522"}]}', None),
        (403, b"", Misconfigured),
        (404, b"Not Found", Misconfigured),
        (500, b"<html/>", Unavailable),
        (504, b"", Unavailable),
        (415, b"", Malformed),
    ],
)
def test_both_forms_of_errors_are_understood_and_quote_nobody(
    oracle: Oracle,
    erp: OracleErp,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: bytes,
    kind: type[Exception] | None,
) -> None:
    answering(oracle, monkeypatch, PATH_OF_ORDERS, Reply(status=status, body=body))

    with pytest.raises(kind or Misconfigured) as caught:
        erp.order("5001")

    assert caught.value.status == ("27522" if kind is None else str(status))
    assert caught.value.operation == "order" and "5001" not in str(caught.value)


def test_a_batch_of_which_a_part_is_missing_is_no_answer(
    oracle: Oracle, erp: OracleErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(oracle, monkeypatch, "/resources/11.13.18.05", Reply(json={"parts": [{"id": "part1", "payload": {}}]}))

    with pytest.raises(Malformed):
        erp.customer("1001")


def test_only_what_reads_may_be_asked_again() -> None:
    reads = OracleDialect().reads

    assert reads("POST", "/fscmRestApi/resources/11.13.18.05")
    assert reads("POST", "/fscmRestApi/resources/11.13.18.05/availableQuantityDetails")
    assert reads("POST", reports.SERVICE)
    assert not reads("POST", "/fscmRestApi/resources/11.13.18.05/inventoryReservations")
    assert not reads("POST", "/fscmRestApi/resources/11.13.18.05/")
    assert not reads("PATCH", "/fscmRestApi/resources/11.13.18.05/salesOrdersForOrderHub/OPS:1.1")


# Who we are


def test_a_password_opens_it_too_and_is_not_tried_again_when_it_is_refused(
    oracle: Oracle, known: Settings, engine: Any
) -> None:
    erp = connectors.erp(opened_by(known, oracle.basic_environment), engine)
    assert erp.order("5001").number == "5001"
    oracle.password = "another"

    with pytest.raises(ShutOut, match="ORACLE_PASSWORD"):
        erp.order("5001")


def test_a_token_that_ended_is_renewed_once_and_shared(oracle: Oracle, erp: OracleErp, connect: Connect) -> None:
    erp.order("5001")
    oracle.faults.next("expired")

    erp.order("5001")
    connect().order("5001")

    assert oracle.asks == 2


def test_a_secret_that_is_good_no_more_shuts_us_out(oracle: Oracle, erp: OracleErp) -> None:
    oracle.secret = "another"

    with pytest.raises(ShutOut, match="ORACLE_CLIENT_SECRET"):
        erp.order("5001")


def test_a_signed_assertion_gets_a_token_for_its_user(oracle: Oracle, known: Settings, engine: Any) -> None:
    key = oracle.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    more = {"ORACLE_PRIVATE_KEY": key.replace("\n", "\\n"), "ORACLE_USERNAME": USERNAME, "ORACLE_KEY_ID": "k1"}

    assert connectors.erp(opened_by(known, {**oracle.environment, **more}), engine).order("5001").number == "5001"

    (asked,) = sent(oracle, "POST", "/oauth2/v1/token")
    assert jwt.get_unverified_header(asked.form["assertion"])["kid"] == "k1"


@pytest.mark.parametrize("lacking", ["ORACLE_TOKEN_URL", "ORACLE_CLIENT_SECRET"])
def test_what_is_missing_is_told_by_name(oracle: Oracle, known: Settings, engine: Any, lacking: str) -> None:
    with pytest.raises(Misconfigured, match=lacking):
        connectors.erp(opened_by(known, {**oracle.environment, lacking: ""}), engine)


# Writes whose answer is lost: one effect, found out by the key


@pytest.mark.parametrize("kind", ["gateway", "lost"])
def test_a_cancellation_whose_answer_is_lost_is_found_by_its_key(oracle: Oracle, erp: OracleErp, kind: str) -> None:
    order = erp.order(ORDER)
    oracle.faults.next(kind, method="PATCH")

    with pytest.raises(Unknown):
        erp.cancel_order(ORDER, version=order.version, key="k")

    found = erp.order_changed_by(ORDER, "k")
    assert found is not None and found.status is OrderStatus.CANCELLED
    assert erp.cancel_order(ORDER, version=order.version, key="k") == found
    assert len(sent(oracle, "PATCH", PATH_OF_ORDERS)) == 1


def test_a_change_whose_answer_is_lost_is_made_once(oracle: Oracle, erp: OracleErp) -> None:
    order = erp.order(ORDER)
    change = OrderChange(line="1", sku="BLU-JKT-L", quantity=Decimal(2))
    oracle.faults.next("gateway", method="PATCH")
    with pytest.raises(Unknown):
        erp.change_order(ORDER, change, version=order.version, key="k")

    done = erp.change_order(ORDER, change, version=order.version, key="k")

    assert (done.lines[0].sku, done.lines[0].quantity) == ("BLU-JKT-L", 2)
    assert len(sent(oracle, "PATCH", PATH_OF_ORDERS)) == 1


def test_a_504_after_which_nothing_was_done_is_not_taken_for_done(
    oracle: Oracle, erp: OracleErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = erp.order(ORDER)
    answer = oracle.answer

    def cut(request: Request) -> Reply:
        return Reply(status=504, body=b"<html/>") if request.method == "PATCH" else answer(request)

    monkeypatch.setattr(oracle, "answer", cut)
    with pytest.raises(Unknown):
        erp.cancel_order(ORDER, version=order.version, key="k")
    assert erp.order_changed_by(ORDER, "k") is None

    monkeypatch.undo()
    assert erp.cancel_order(ORDER, version=order.version, key="k").status is OrderStatus.CANCELLED


def test_a_504_whose_change_comes_to_pass_only_later_is_found_out(
    oracle: Oracle, erp: OracleErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = erp.order(ORDER)
    answer = oracle.answer
    late: list[Request] = []

    def slowly(request: Request) -> Reply:
        if request.method != "PATCH":
            return answer(request)
        for one in late:
            answer(one)  # it has come to pass, and the tag is another
        late.append(request)
        return answer(request) if len(late) > 1 else Reply(status=504)

    monkeypatch.setattr(oracle, "answer", slowly)
    with pytest.raises(Unknown):
        erp.cancel_order(ORDER, version=order.version, key="k")

    done = erp.cancel_order(ORDER, version=order.version, key="k")

    assert done.status is OrderStatus.CANCELLED
    assert erp.order_changed_by(ORDER, "k") == done


def test_an_address_that_may_not_have_been_added_changed_no_order(oracle: Oracle, erp: OracleErp) -> None:
    order = erp.order(ORDER)
    there = OrderChange(address=replace(order.address, address1="1 Dock Road"))
    oracle.faults.next("lost", method="POST", path="/child/Address")

    with pytest.raises(Unavailable):
        erp.change_order(ORDER, there, version=order.version, key="k")

    assert erp.order(ORDER) == order
    assert erp.change_order(ORDER, there, version=order.version, key="k").address == there.address
    assert len(sent(oracle, "POST", "/child/Address")) == 1


@pytest.mark.parametrize("kind", ["html", "no_json", "truncated"])
def test_what_a_write_isnt_answered_by_leaves_it_unknown(oracle: Oracle, erp: OracleErp, kind: str) -> None:
    order = erp.order(ORDER)
    oracle.faults.next(kind, method="PATCH")
    oracle.faults.next(kind, method="POST", path="/inventoryReservations")

    with pytest.raises(Unknown):
        erp.cancel_order(ORDER, version=order.version, key="k")
    with pytest.raises(Unknown):
        reserved(erp, EWR=3)

    assert (erp.order_changed_by(ORDER, "k") is None) is (erp.order(ORDER).status is not OrderStatus.CANCELLED)
    assert erp.reservation_made_by("h") in (None, reserved(erp, EWR=3))


@pytest.mark.parametrize("kind", ["gateway", "lost"])
def test_a_return_whose_answer_is_lost_is_announced_once(oracle: Oracle, erp: OracleErp, kind: str) -> None:
    oracle.faults.next(kind, method="POST", path=PATH_OF_ORDERS)
    with pytest.raises(Unknown):
        returned(erp)

    made = erp.return_made_by("r")

    assert made is not None and returned(erp) == made
    assert oracle.inside.returns(RETURNABLE) == 1


@pytest.mark.parametrize("parts", [{"EWR": 5}, {"EWR": 2, "RNO": 3}])
@pytest.mark.parametrize("kind", ["gateway", "lost"])
def test_a_hold_whose_answer_is_lost_is_made_once(
    oracle: Oracle, erp: OracleErp, kind: str, parts: dict[str, int]
) -> None:
    before = oracle.inside.reserved(BOTTLE)
    oracle.faults.next(kind, method="POST", path=WRITES)
    with pytest.raises(Unknown):
        reserved(erp, **parts)

    made = erp.reservation_made_by("h")

    assert made is not None and reserved(erp, **parts) == made
    assert oracle.inside.reserved(BOTTLE) - before == 5


@pytest.mark.parametrize("kind", ["refused", "unavailable"])
def test_a_hold_that_never_arrived_kept_nothing(oracle: Oracle, erp: OracleErp, kind: str) -> None:
    before = oracle.inside.reserved(BOTTLE)
    oracle.faults.next(kind, method="POST", path=WRITES)

    with pytest.raises(Unknown if kind == "refused" else Unavailable):
        reserved(erp)

    assert erp.reservation_made_by("h") is None
    assert oracle.inside.reserved(BOTTLE) == before


def by_halves(oracle: Oracle, request: Request, answer: Callable[[Request], Reply]) -> Reply:
    """A batch of which one part is done and another refused: Oracle promises that there is none such."""
    if request.method != "POST" or not request.path.endswith(WRITES):
        return answer(request)
    part = request.json["parts"][0]
    path = f"{request.path.rstrip('/')}{part['path']}"
    answer(
        replace(
            request,
            path=path,
            headers={**request.headers, "content-type": "application/json"},
            body=json.dumps(part["payload"]).encode(),
        )
    )
    return Reply(status=400, body=b"The quantity available to reserve is less.")


def test_a_hold_of_which_a_half_was_made_leaves_nothing(
    oracle: Oracle, erp: OracleErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = oracle.inside.reserved(BOTTLE)
    answer = oracle.answer
    monkeypatch.setattr(oracle, "answer", lambda request: by_halves(oracle, request, answer))

    with pytest.raises(Misconfigured, match="demand_source_type"):
        reserved(erp)

    assert len(sent(oracle, "DELETE", "/inventoryReservations/")) == 1
    assert oracle.inside.reserved(BOTTLE) == before
    assert erp.reservation_made_by("h") is None


def test_a_half_that_cant_be_taken_back_is_told_as_unknown(
    oracle: Oracle, erp: OracleErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = oracle.inside.reserved(BOTTLE)
    answer = oracle.answer
    monkeypatch.setattr(oracle, "answer", lambda request: by_halves(oracle, request, answer))
    oracle.faults.next("unavailable", method="DELETE")
    with pytest.raises(Unknown):
        reserved(erp)
    assert oracle.inside.reserved(BOTTLE) > before

    monkeypatch.undo()
    assert erp.reservation_made_by("h") is None
    assert oracle.inside.reserved(BOTTLE) == before


@pytest.mark.parametrize("kind", ["gateway", "lost"])
def test_a_release_whose_answer_is_lost_is_done_once(oracle: Oracle, erp: OracleErp, kind: str) -> None:
    before = oracle.inside.reserved(BOTTLE)
    made = reserved(erp)
    oracle.faults.next(kind, method="POST", path=WRITES)
    with pytest.raises(Unknown):
        erp.release(made.id)

    assert erp.release(made.id).is_released
    assert oracle.inside.reserved(BOTTLE) == before


@pytest.mark.parametrize("parts", [{"EWR": 5}, {"EWR": 2, "RNO": 3}])
def test_a_reservation_is_given_up_by_no_units_where_it_cant_be_deleted(
    oracle: Oracle, connect: Connect, parts: dict[str, int]
) -> None:
    erp = connect(release_by="zero")
    before = oracle.inside.reserved(BOTTLE)

    erp.release(reserved(erp, **parts).id)

    assert oracle.inside.reserved(BOTTLE) == before
    assert not any(b"delete" in one.body or one.method == "DELETE" for one in oracle.requests)


def test_the_name_of_a_hold_is_as_long_as_oracle_takes() -> None:
    assert len(hold_name("k" * 100)) <= 30
    assert hold_name("a") != hold_name("b")


def test_what_makes_no_sense_before_a_write_changed_nothing(oracle: Oracle, erp: OracleErp) -> None:
    order = erp.order(ORDER)
    for write in (
        lambda: erp.cancel_order(ORDER, version=order.version, key="k"),
        lambda: reserved(erp),
        lambda: returned(erp),
    ):
        oracle.faults.next("html")
        with pytest.raises(Unavailable):
            write()

    assert not sent(oracle, "PATCH", "") and erp.order(ORDER) == order


# Races on the packing floor


def test_what_is_packed_between_reading_and_writing_isnt_changed(
    oracle: Oracle, erp: OracleErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = erp.order(ORDER)
    answer = oracle.answer

    def packing(request: Request) -> Reply:
        if request.method == "PATCH":
            oracle.inside.pack(ORDER)
        return answer(request)

    monkeypatch.setattr(oracle, "answer", packing)
    with pytest.raises(Rejected) as caught:
        erp.cancel_order(ORDER, version=order.version, key="k")

    assert caught.value.status == "packed"
    assert erp.order(ORDER).status is OrderStatus.PACKED
    assert erp.order_changed_by(ORDER, "k") is None


def test_what_oracle_skips_because_it_was_shipped_isnt_told_as_done(
    oracle: Oracle, erp: OracleErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = erp.order(ORDER)
    answer = oracle.answer

    def shipping(request: Request) -> Reply:
        if request.method == "PATCH":
            oracle.inside.ship(ORDER)
        return answer(request)

    monkeypatch.setattr(oracle, "answer", shipping)
    with pytest.raises(Rejected) as caught:
        erp.cancel_order(ORDER, version=order.version, key="k")

    assert caught.value.status == "packed"


def test_a_change_by_somebody_else_in_between_is_a_conflict(
    oracle: Oracle, erp: OracleErp, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = erp.order(ORDER)
    answer = oracle.answer
    (row,) = (one for one in oracle.records.orders.values() if one.values["OrderNumber"] == ORDER)

    def meddling(request: Request) -> Reply:
        if request.method == "PATCH":
            row.revision += 1
        return answer(request)

    monkeypatch.setattr(oracle, "answer", meddling)
    with pytest.raises(Conflict):
        erp.cancel_order(ORDER, version=order.version, key="k")

    assert erp.order_changed_by(ORDER, "k") is None


def test_a_setting_that_oracle_refuses_is_told_as_such(
    oracle: Oracle, erp: OracleErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = erp.order(ORDER)
    answer = oracle.answer

    def refusing(request: Request) -> Reply:
        return Reply(status=400, body=b"no") if request.method == "PATCH" else answer(request)

    monkeypatch.setattr(oracle, "answer", refusing)
    with pytest.raises(Misconfigured, match="cancel_reason"):
        erp.cancel_order(ORDER, version=order.version, key="k")


# Stock


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"ReturnStatus": "ERROR", "ReturnMessageName": "INV_SOMETHING_ELSE"}, Malformed),
        ({"ReturnStatus": "ERROR"}, Malformed),
        ({"ReturnStatus": "SUCCESS"}, Malformed),
        ({}, Malformed),
    ],
)
def test_a_no_inside_a_success_is_a_no(
    oracle: Oracle, erp: OracleErp, monkeypatch: pytest.MonkeyPatch, row: Mapping[str, str], kind: type[Exception]
) -> None:
    parts = [{"id": f"part{place}", "payload": row} for place in range(1, 4)]
    answering(oracle, monkeypatch, "/resources/11.13.18.05", Reply(json={"parts": parts}))

    with pytest.raises(kind):
        erp.stock(BOTTLE)


def test_an_organization_may_be_called_otherwise_than_our_warehouse(oracle: Oracle, connect: Connect) -> None:
    erp = connect(organizations={"EWR": "RNO", "RNO": "EWR"})

    free = {level.warehouse.id: level.free for level in erp.stock(BOTTLE)}
    made = reserved(erp)

    assert (free["EWR"], free["RNO"]) == (210, 820)
    with erp._in_turn.of("anything"):
        assert erp._kept(hold_name("h")) == made.parts


# Invoices and their paper


def test_an_invoices_paper_is_printed_by_the_companys_report(oracle: Oracle, erp: OracleErp) -> None:
    pdf = erp.invoice_pdf("8001")

    assert pdf is not None and pdf.startswith(b"%PDF-")
    assert erp.invoice_pdf("4711") is None


@pytest.mark.parametrize("chunk", [-1, 1000, 4096, 10_000_000])
def test_a_paper_comes_whole_in_chunks_of_any_size(oracle: Oracle, connect: Connect, chunk: int) -> None:
    oracle.reports.padding = 10_000
    whole = connect(report_chunk=-1).invoice_pdf("8001")

    assert connect(report_chunk=chunk).invoice_pdf("8001") == whole
    assert whole is not None and len(whole) > 10_000


def test_a_paper_without_end_is_not_read_for_ever(
    oracle: Oracle, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "LARGEST_PDF", 5000)
    oracle.reports.padding = 10_000

    with pytest.raises(Malformed, match="too large"):
        connect(report_chunk=1000).invoice_pdf("8001")


def test_where_no_report_is_named_the_erp_draws_none(oracle: Oracle, connect: Connect) -> None:
    assert connect(report_path="").invoice_pdf("8001") is None


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("denied", Misconfigured),
        ("bomb", Malformed),
        ("entity", Malformed),
        ("no_pdf", Malformed),
        ("html", Malformed),
        ("error", Unavailable),
        ("unavailable", Unavailable),
        ("gateway", Unavailable),
        ("refused", Unavailable),
    ],
)
def test_what_goes_wrong_with_a_paper_is_a_clear_error(
    oracle: Oracle, erp: OracleErp, kind: str, error: type[Exception]
) -> None:
    erp.invoice("8001")
    oracle.faults.always(kind, path="/xmlpserver")

    with pytest.raises(error):
        erp.invoice_pdf("8001")


def test_nothing_is_read_from_elsewhere_for_a_paper(oracle: Oracle, erp: OracleErp, tmp_path: Path) -> None:
    with Oracle() as elsewhere:
        for outside in (f"{elsewhere.url}/secret.dtd", "file:///etc/passwd"):
            oracle.outside = outside
            oracle.faults.next("entity", path="/xmlpserver")
            with pytest.raises(Malformed) as caught:
                erp.invoice_pdf("8001")
            assert "root:" not in str(caught.value)

        assert not elsewhere.requests and not elsewhere.connections


@pytest.mark.parametrize("setting", ["report_path", "report_parameters"])
def test_a_fault_names_the_setting_that_may_be_wrong(oracle: Oracle, connect: Connect, setting: str) -> None:
    wrong: dict[str, Any] = {"report_path": "/Custom/Nowhere.xdo", "report_parameters": {"P_WRONG": "{id}"}}
    erp = connect(**{setting: wrong[setting]})

    with pytest.raises((Misconfigured, Unavailable), match=setting):
        erp.invoice_pdf("8001")


def test_an_invoice_without_a_balance_names_the_setting(
    oracle: Oracle, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {
        "CustomerTransactionId": 1,
        "TransactionNumber": "8001",
        "TransactionDate": "2026-01-19",
        "InvoiceCurrencyCode": "USD",
    }
    answering(oracle, monkeypatch, "/receivablesInvoices", Reply(json={"items": [row]}))

    with pytest.raises(Misconfigured, match="balance_field"):
        connect().invoice("8001")


# What is looked at before customers are let in


def test_all_that_is_needed_is_found(oracle: Oracle, known: Settings, engine: Any) -> None:
    found = list(connectors.check_erp(known, engine))

    assert [one.text for one in found if not one.is_good] == []
    assert not [one for one in oracle.requests if one.method in ("PATCH", "DELETE")]


def test_an_attribute_that_is_called_otherwise_is_named_with_its_setting(known: Settings, engine: Any) -> None:
    other = with_rules(known, balance_field="OpenAmount", references_child="docs", report_path="")

    missing = [one.text for one in connectors.check_erp(other, engine) if not one.is_good]

    assert any("OpenAmount" in text and "erp.oracle.balance_field" in text for text in missing)
    assert any("docs" in text and "erp.oracle.references_child" in text for text in missing)


def test_who_isnt_let_in_is_told_so_once(oracle: Oracle, known: Settings, engine: Any) -> None:
    oracle.secret = "another"

    (found,) = connectors.check_erp(known, engine)

    assert not found.is_good and "ORACLE_CLIENT_SECRET" in found.text


def test_a_condition_quotes_what_is_in_it() -> None:
    assert one_of("Order", ["O'Hara"]) == "Order = 'O''Hara'"
    assert one_of("Order", ["a", "b'"]) == "Order in ('a', 'b''')"


def test_a_line_without_a_number_goes_by_its_own_id() -> None:
    row = msgspec.convert({"FulfillLineId": 7, "ProductNumber": "X"}, LineRow)

    assert row.SourceTransactionLineNumber is None and row.FulfillLineId == 7
