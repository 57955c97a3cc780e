"""What goes wrong with Business Central, what it tells otherwise than others, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
import requests
from sqlalchemy.engine import Engine

from middleware import connectors
from middleware.database import metadata, open_engine
from middleware.deadline import within
from middleware.demo import Data
from middleware.erp.business_central.api import Api
from middleware.erp.business_central.client import BusinessCentral as Connector
from middleware.erp.business_central.returns import reference
from middleware.errors import (
    Conflict,
    FrontdeskError,
    Malformed,
    Misconfigured,
    NotFound,
    Rejected,
    ShutOut,
    Unavailable,
    Unknown,
)
from middleware.records import Address, Order, OrderChange, OrderStatus, ReturnReason, ReturnStatus
from middleware.reset import lay
from middleware.settings import Settings
from tests.connectors.conftest import HOSTILE
from tests.data.backoffice import ADA, BENS_ORDER, GIL, SHARED, TO_BE_CHANGED, TO_BE_RETURNED, backoffice
from tests.fakes.business_central import COMPANY, ROOT, BusinessCentral
from tests.fakes.business_central_records import Tables, add_shipment
from tests.fakes.business_central_schema import NO_DAY, NOTHING, blank
from tests.fakes.stand_in import Faults
from tests.fakes.stand_ins import settings_for

NOW = datetime(2026, 3, 11, 17, 30, 15, tzinfo=timezone.utc)
LONG_AGO = NOW - timedelta(days=500)
DATA = backoffice(NOW)
ELSEWHERE = Address(address1="1 Dock Road", city="Boston", state="MA", country="US", postcode="02110")
NUMBER = TO_BE_CHANGED[0]


@pytest.fixture(scope="module")
def running() -> Iterator[BusinessCentral]:
    """A Business Central of these tests' own."""
    with BusinessCentral() as one:
        one.lay(DATA)
        yield one


@pytest.fixture(scope="module")
def laid(running: BusinessCentral) -> Tables:
    """What was laid into it: nobody changes a row."""
    return running.tables


@pytest.fixture
def there(running: BusinessCentral, laid: Tables, monkeypatch: pytest.MonkeyPatch) -> BusinessCentral:
    """The same as it was at first."""
    running.tables = {name: dict(rows) for name, rows in laid.items()}
    running.page, running.lines_page, running.link = 100, 1000, ""
    running.faults = Faults()
    for each in (running.requests, running.papers, running.entra.codes):
        each.clear()
    running.entra.is_locked = False
    monkeypatch.setattr(running, "answer", running.answer)  # whatever a test puts in its place
    return running


@pytest.fixture(scope="module")
def known(running: BusinessCentral) -> Settings:
    """The settings, read once."""
    return settings_for(running)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store with the catalogue."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('bc') / 'test.db'}")
    metadata.create_all(engine)
    lay(engine, Data(products=DATA.products, warehouses=DATA.warehouses))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(store: Engine) -> Engine:
    """The same, with nothing remembered."""
    with store.begin() as connection:
        for name in ("tokens", "erp_ledger"):
            connection.execute(metadata.tables[name].delete())
    return store


@pytest.fixture(scope="module")
def connector(known: Settings, store: Engine) -> Connector:
    """The connector, with a token."""
    return Connector(known, store, lambda: NOW)


@pytest.fixture
def erp(connector: Connector, there: BusinessCentral, engine: Engine) -> Connector:
    """The same; nothing has been asked of it."""
    return connector


def calls(there: BusinessCentral) -> int:
    """How many requests the system itself has had."""
    return sum(one.path.startswith("/v2.0/") for one in there.requests)


def change(erp: Connector, order: Order, key: str = "k", **changed: Any) -> Order:
    return erp.change_order(order.number, OrderChange(**changed), version=order.version, key=key)


def asked(there: BusinessCentral, method: str, path: str, json: Any = None, **headers: str) -> requests.Response:
    """Asks the stand-in as anybody may who has a token."""
    there.entra._good.add("good")
    url = path if path.startswith("http") else f"{there.url}{ROOT}/companies({COMPANY})/{path}"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, url, json=json, headers={"Authorization": "Bearer good", **named}, timeout=5)


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# As strict as the vendor


def test_whoever_changes_something_shows_how_it_was_read(there: BusinessCentral):
    line = there.lines("salesOrderLines", there.of("salesOrders", NUMBER))[0]
    path = f"salesOrderLines({line['id']})"
    assert code(asked(there, "PATCH", path, {"quantity": 2})) == (400, "BadRequest_InvalidToken")
    assert code(asked(there, "PATCH", path, {"quantity": 2}, If_Match='W/"old"')) == (409, "Request_EntityChanged")
    assert asked(there, "PATCH", path, {"quantity": 2}, If_Match=line["@odata.etag"]).json()["quantity"] == 2
    assert code(asked(there, "PATCH", path, {"quantity": 3}, If_Match=line["@odata.etag"]))[0] == 409


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"colour": "red"}, "BadRequest"),
        ({"quantity": "2"}, "BadRequest"),
        ({"lineObjectNumber": "RED-JKT-M"}, "Application_DialogException"),
        ({"itemVariantId": "11111111-1111-4111-8111-111111111111"}, "Internal_InvalidTableRelation"),
        ({"description": "x" * 101}, "Application_StringExceededLength"),
    ],
    ids=str,
)
def test_what_cant_be_written_is_refused(there: BusinessCentral, values: dict[str, Any], expected: str):
    line = there.lines("salesOrderLines", there.of("salesOrders", NUMBER))[0]
    answer = asked(there, "PATCH", f"salesOrderLines({line['id']})", values, If_Match=line["@odata.etag"])
    assert code(answer) == (400, expected)


@pytest.mark.parametrize(
    "path",
    [
        "salesReturnOrders",
        "salesOrders?$filter=nosuch eq '1'",
        "salesOrders?$expand=nosuch",
        "salesOrders?$select=trackingNumber",
        "salesOrders?$search=x",
        "salesOrders?$filter=number+eq+'5001'",
        "salesOrderLines",
        "salesOrders(5001)",
        "items?$filter=length(number) eq 3",
    ],
)
def test_what_it_doesnt_know_is_refused(there: BusinessCentral, path: str):
    assert asked(there, "GET", path).status_code in (400, 404)


# Where is my order?


def test_the_account_and_all_its_orders_cost_two_calls_however_many_they_are(there: BusinessCentral, erp: Connector):
    for phone, least in ((ADA, 8), (SHARED, 1), (GIL, 0)):
        before = calls(there)
        account = erp.customers_by_phone(phone)[0]
        orders = erp.orders_since(account.number, LONG_AGO)
        assert len(orders) >= least
        assert calls(there) - before == 2
    before = calls(there)
    assert len(erp.orders_since("1008", LONG_AGO)) == len(TO_BE_CHANGED)
    assert calls(there) - before == 1


def test_many_pages_are_one_list(there: BusinessCentral, erp: Connector):
    whole = erp.orders_since("1008", LONG_AGO)
    there.page, there.lines_page = 3, 1
    assert erp.orders_since("1008", LONG_AGO) == whole


def test_a_list_without_an_end_is_given_up(there: BusinessCentral, erp: Connector, monkeypatch):
    there.page = 1
    monkeypatch.setattr(
        there, "_next", lambda path, query, start: f"{there.url}{ROOT}/companies({COMPANY})/salesOrders"
    )
    with pytest.raises(Malformed, match="no end"):
        erp.orders_since("1008", LONG_AGO)


def test_a_page_that_is_elsewhere_isnt_read(there: BusinessCentral, erp: Connector, monkeypatch):
    there.page = 1
    monkeypatch.setattr(there, "_next", lambda *_: "https://elsewhere.example/more")
    with pytest.raises(Malformed, match="isn't the system's"):
        erp.orders_since("1008", LONG_AGO)


def test_an_order_of_999_lines_is_read_whole(there: BusinessCentral, erp: Connector):
    order, item = there.of("salesOrders", NUMBER), there.of("items", "TNT-PEG")
    _more_lines(there, order, item, 997)
    found = erp.order(NUMBER)
    assert len(found.lines) == 999
    assert [int(line.id) for line in found.lines] == sorted(int(line.id) for line in found.lines)


def test_an_order_of_999_lines_is_cancelled_and_a_lost_part_is_made_up_for(there: BusinessCentral, erp: Connector):
    order, item = there.of("salesOrders", NUMBER), there.of("items", "TNT-PEG")
    _more_lines(there, order, item, 997)
    seen = erp.order(NUMBER)
    batches = [one for one in there.requests if one.path.endswith("$batch")]
    _fail_after(there, len(batches) + 4)
    with pytest.raises(Unknown):
        erp.cancel_order(NUMBER, version=seen.version, key="k")
    left = [line for line in erp.order(NUMBER).lines if line.quantity]
    assert 0 < len(left) < 999
    assert erp.order_changed_by(NUMBER, "k") is None
    done = erp.cancel_order(NUMBER, version=seen.version, key="k")
    assert done.status is OrderStatus.CANCELLED
    assert erp.order_changed_by(NUMBER, "k") == done


def test_prices_have_up_to_five_decimals(there: BusinessCentral, erp: Connector):
    line = there.lines("salesOrderLines", there.of("salesOrders", NUMBER))[0]
    there.put("salesOrderLines", {**line, "unitPrice": Decimal("0.12345")})
    price = erp.order(NUMBER).lines[0].price
    assert price is not None and str(price.amount) == "0.12345"


def test_the_first_of_all_days_is_none(there: BusinessCentral, erp: Connector):
    order = there.of("salesOrders", NUMBER)
    there.put("salesOrders", {**order, "requestedDeliveryDate": NO_DAY})
    for line in there.lines("salesOrderLines", order):
        there.put("salesOrderLines", {**line, "shipmentDate": NO_DAY})
    found = erp.order(NUMBER)
    assert (found.promised_on, found.expected_on) == (None, None)


def test_comments_and_charges_of_an_order_are_no_articles(there: BusinessCentral, erp: Connector):
    order = there.of("salesOrders", NUMBER)
    for place, kind in enumerate(("Comment", "Account", "Charge"), start=8):
        row = blank("salesOrderLines", id=_id(place), documentId=order["id"], sequence=place * 10, lineType=kind)
        there.put("salesOrderLines", {**row, "quantity": 1})
    assert [line.sku for line in erp.order(NUMBER).lines] == ["BLU-JKT-M", "MUG-EU"]


def test_an_order_that_is_posted_whole_is_told_by_its_parcels_and_invoices(there: BusinessCentral, erp: Connector):
    variant = there.inside.add_variant("MUG-EU", "RED")
    _post(there, NUMBER, variant["id"])
    order = erp.order(NUMBER)
    assert [(line.sku, line.quantity) for line in order.lines] == [("BLU-JKT-M", 1), ("MUG-EU-RED", 1)]
    assert order.status in (OrderStatus.SHIPPED, OrderStatus.DUE)
    assert order.shipments[0].quantities == {"10000": 1, "20000": 1}
    assert order.customer_number == "1008" and not order.is_before_packing
    assert order in erp.orders_since("1008", LONG_AGO)
    with pytest.raises(Rejected) as caught:
        change(erp, order, line="10000", quantity=Decimal(2))
    assert caught.value.status == "packed"


def test_of_an_order_that_is_posted_something_comes_back(there: BusinessCentral, erp: Connector):
    _post(there, NUMBER, NOTHING)
    made = _announce(erp, NUMBER, {"10000": Decimal(1)})
    (memo,) = [one for one in there.tables["salesCreditMemos"].values() if one["number"] == made.number]
    assert memo["invoiceNumber"] == f"PS-{NUMBER}"
    assert made.order_number == NUMBER
    with pytest.raises(Rejected):
        _announce(erp, NUMBER, {"10000": Decimal(1)}, "again")


# Customers


@pytest.mark.parametrize(
    "written",
    ["(201) 555-0110", "201.555.0110", "201 555 01 10", "+1 201-555-0110 ext. 4", "0012015550110"[2:], "+12015550110"],
)
def test_a_phone_is_found_however_it_is_written(there: BusinessCentral, erp: Connector, written: str):
    row = there.of("customers", "1001")
    there.put("customers", {**row, "phoneNumber": written})
    assert [one.number for one in erp.customers_by_phone(ADA)] == ["1001"]


@pytest.mark.parametrize("written", ["(202) 555-0110", "+44 20 1555 0110", "0110", "call 0110", "+1 201 555 0110 1"])
def test_another_phone_that_ends_alike_is_another(there: BusinessCentral, erp: Connector, written: str):
    there.put("customers", {**there.of("customers", "1001"), "phoneNumber": written})
    assert erp.customers_by_phone(ADA) == []


def test_an_email_is_found_in_whatever_case_it_is_written(there: BusinessCentral, erp: Connector):
    there.put("customers", {**there.of("customers", "1001"), "email": "Ada.O'Neil@Example.COM"})
    assert [one.email for one in erp.customers_by_email("ada.o'neil@example.com")] == ["ada.o'neil@example.com"]


@pytest.mark.parametrize(
    "hostile", [*HOSTILE, "1' or number ne '", "a%27 or 1 eq 1", "x&$top=1", "x$expand", "a b", "a/b"]
)
def test_whatever_is_asked_for_only_what_is_called_so_is_found(erp: Connector, hostile: str):
    for ask in (erp.order, erp.customer, erp.invoice):
        with pytest.raises(NotFound):
            ask(hostile)
    assert erp.stock(hostile) == []
    assert erp.orders_since(hostile, LONG_AGO) == []


# Stock


def test_stock_is_one_total_and_told_as_such(erp: Connector):
    (level,) = erp.stock("BLU-JKT-L")
    assert level.free == 90
    assert (level.warehouse.id, level.warehouse.name) == ("ALL", "")
    assert not erp.capabilities.warehouse_stock


def test_of_one_of_several_variants_nothing_is_told(there: BusinessCentral, erp: Connector):
    there.inside.add_variant("BLU-JKT-L", "TALL")
    assert erp.stock("BLU-JKT-L-TALL")[0].free == 90, "the only one"
    there.inside.add_variant("BLU-JKT-L", "WIDE")
    for ask in (erp.stock, lambda sku: _hold(erp, sku, 1)):
        with pytest.raises(Rejected) as caught:
            ask("BLU-JKT-L-TALL")
        assert caught.value.status == "stock"
    assert erp.stock("BLU-JKT-L")[0].free == 90, "all of them together"
    there.put("items", {**there.of("items", "BLU-JKT-L"), "inventory": 0})
    assert erp.stock("BLU-JKT-L-TALL")[0].free == 0, "of nothing, nothing is left of any"


def test_holds_are_soft(there: BusinessCentral, erp: Connector):
    before = len(there.requests)
    held = _hold(erp, "BLU-JKT-L", 80)
    assert erp.capabilities.holds == "ledger"
    assert all(one.method == "GET" or one.path.endswith(("$batch", "token")) for one in there.requests[before:])
    assert erp.stock("BLU-JKT-L")[0].free == 10
    assert there.of("items", "BLU-JKT-L")["inventory"] == 90
    there.put("items", {**there.of("items", "BLU-JKT-L"), "inventory": 5})  # somebody was quicker
    assert erp.stock("BLU-JKT-L")[0].free == 0
    assert erp.release(held.id).is_released
    assert erp.stock("BLU-JKT-L")[0].free == 5


def test_an_item_that_is_blocked_isnt_sold(there: BusinessCentral, erp: Connector):
    there.put("items", {**there.of("items", "BLU-JKT-L"), "blocked": True})
    assert erp.stock("BLU-JKT-L") == []
    with pytest.raises(Rejected):
        change(erp, erp.order(NUMBER), line="10000", sku="BLU-JKT-L")


# Changes


def test_another_variant_of_the_item_is_written_into_the_line(there: BusinessCentral, erp: Connector):
    small, large = (there.inside.add_variant("MUG-EU", one) for one in ("S", "L"))
    there.put("items", {**there.of("items", "MUG-EU"), "inventory": 10})
    mug = there.lines("salesOrderLines", there.of("salesOrders", NUMBER))[1]
    there.put("salesOrderLines", {**mug, "itemVariantId": small["id"]})
    order = erp.order(NUMBER)
    assert order.lines[1].sku == "MUG-EU-S"

    done = change(erp, order, line="20000", sku="MUG-EU-L", quantity=Decimal(3))

    assert (done.lines[1].sku, done.lines[1].quantity, done.lines[1].id) == ("MUG-EU-L", 3, "20000")
    after = there.tables["salesOrderLines"][mug["id"]]
    assert (after["itemVariantId"], after["lineObjectNumber"]) == (large["id"], "MUG-EU")
    (patch,) = [one for one in there.requests if one.method == "PATCH"]
    assert patch.json == {"itemVariantId": large["id"], "quantity": 3}
    assert patch.headers["if-match"]
    with pytest.raises(Rejected) as caught:
        change(erp, done, "k2", line="20000", sku="MUG-EU-S", quantity=Decimal(11))
    assert caught.value.status == "stock"


def test_another_item_takes_the_place_of_the_line_all_or_nothing(there: BusinessCentral, erp: Connector):
    order = erp.order(NUMBER)
    done = change(erp, order, line="10000", sku="RED-JKT-M", address=ELSEWHERE)
    assert [(line.id, line.sku) for line in done.lines] == [("10000", "RED-JKT-M"), ("20000", "MUG-EU")]
    assert done.address == ELSEWHERE
    (batch,) = [one for one in there.requests if one.path.endswith("$batch") and "isolation" in one.headers]
    assert batch.headers["isolation"] == "snapshot"
    methods = [one["method"] for one in batch.json["requests"]]
    assert methods == ["PATCH", "DELETE", "POST"]
    assert (done.expected_on, done.promised_on) == (order.expected_on, order.promised_on)


def test_what_is_released_between_looking_and_writing_isnt_changed(there: BusinessCentral, erp: Connector, monkeypatch):
    order = erp.order(NUMBER)
    write = Api.write

    def late(self: Api, *given: Any) -> None:
        there.inside.pack(NUMBER)
        write(self, *given)

    monkeypatch.setattr(Api, "write", late)
    for changed in ({"line": "10000", "quantity": Decimal(2)}, {"address": ELSEWHERE}):
        with pytest.raises((Rejected, Conflict)):
            change(erp, order, **changed)
    assert there.inside.lines(NUMBER)["10000"][1] == 1
    assert erp.order_changed_by(NUMBER, "k") is None


def test_what_somebody_else_changed_meanwhile_isnt_overwritten(there: BusinessCentral, erp: Connector, monkeypatch):
    order = erp.order(NUMBER)
    write = Api.write

    def late(self: Api, *given: Any) -> None:
        line = there.lines("salesOrderLines", there.of("salesOrders", NUMBER))[0]
        there.put("salesOrderLines", {**line, "quantity": 7})
        write(self, *given)

    monkeypatch.setattr(Api, "write", late)
    with pytest.raises(Conflict):
        change(erp, order, line="10000", quantity=Decimal(2))
    assert there.inside.lines(NUMBER)["10000"][1] == 7


@pytest.mark.parametrize("fault", ["lost", "gateway", "truncated", "drip"])
@pytest.mark.parametrize("what", ["quantity", "article", "cancel"])
def test_a_change_whose_answer_is_lost_is_made_once(there: BusinessCentral, erp: Connector, fault: str, what: str):
    order = erp.order(NUMBER)

    def ask() -> Order:
        if what == "cancel":
            return erp.cancel_order(NUMBER, version=order.version, key="k")
        more = {"quantity": Decimal(2)} if what == "quantity" else {"sku": "RED-JKT-M"}
        return change(erp, order, line="10000", **more)

    _fault_at_write(there, fault)
    with within(2.0 if fault == "drip" else 60.0), pytest.raises(Unknown):
        ask()
    there.faults.none()
    found = erp.order_changed_by(NUMBER, "k")
    assert found is not None and found == ask()
    writes = [one for one in there.requests if one.method in ("PATCH", "DELETE") or "isolation" in one.headers]
    assert len(writes) == 1


def test_a_change_that_never_arrived_is_made_by_the_next_try(there: BusinessCentral, erp: Connector):
    order = erp.order(NUMBER)
    there.faults.next("refused", method="PATCH")
    with pytest.raises(Unknown):
        change(erp, order, line="10000", quantity=Decimal(2))
    assert erp.order_changed_by(NUMBER, "k") is None
    assert change(erp, order, line="10000", quantity=Decimal(2)).lines[0].quantity == 2


def test_an_answer_to_a_change_that_is_a_log_in_page_is_no_answer(there: BusinessCentral, erp: Connector):
    order = erp.order(NUMBER)
    there.faults.next("html", method="PATCH")
    with pytest.raises(Unknown):
        change(erp, order, line="10000", quantity=Decimal(2))


@pytest.mark.parametrize(
    "address",
    [
        Address(address1="x" * 101),
        Address(city="x" * 31),
        Address(postcode="9" * 21),
        Address(address1="1 Dock\x00Road"),
        Address(city="\ud800"),
    ],
    ids=repr,
)
def test_an_address_that_has_no_room_is_refused_before_anything_is_sent(there, erp, address: Address):
    order, before = erp.order(NUMBER), len(there.requests)
    with pytest.raises(Rejected) as caught:
        change(erp, order, address=address)
    assert caught.value.status == "address"
    assert all(one.method != "PATCH" for one in there.requests[before:])


# Invoices


def test_the_paper_is_behind_the_link_that_is_named(there: BusinessCentral, erp: Connector):
    paper = erp.invoice_pdf("8001")
    assert paper is not None and paper.startswith(b"%PDF-") and b"8001" in paper


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/x", "//elsewhere.example/x", "http://127.0.0.1:9/x", "x:y"]
)
def test_a_link_to_somebody_else_isnt_followed(there: BusinessCentral, erp: Connector, link: str):
    there.link = link
    with pytest.raises(FrontdeskError) as caught:
        erp.invoice_pdf("8001")
    assert isinstance(caught.value, (Malformed, NotFound, Misconfigured))


@pytest.mark.parametrize("paper", [b"", b"<html>Log in</html>", b"\x89PNG", b"pdf"])
def test_a_paper_that_is_no_pdf_isnt_sent(there: BusinessCentral, erp: Connector, paper: bytes):
    there.papers["8001"] = paper
    with pytest.raises(Malformed, match="no PDF"):
        erp.invoice_pdf("8001")


def test_drafts_of_invoices_and_cancelled_ones_are_nobodys_business(there: BusinessCentral, erp: Connector):
    row = there.of("salesInvoices", "8001")
    for status in ("Draft", "In Review", "Canceled", "Corrective", " "):
        there.put("salesInvoices", {**row, "status": status})
        with pytest.raises(NotFound):
            erp.invoice("8001")
    assert "8001" not in [one.number for one in erp.unpaid_invoices("1001")]


def test_what_is_left_to_pay_is_told(there: BusinessCentral, erp: Connector):
    there.put("salesInvoices", {**there.of("salesInvoices", "8001"), "remainingAmount": Decimal("100.15")})
    assert erp.invoice("8001").due == Decimal("100.15")


# Returns


def test_a_return_is_a_draft_that_people_can_read(there: BusinessCentral, erp: Connector):
    number = TO_BE_RETURNED[0]
    made = _announce(erp, number, {"10000": Decimal(2), "20000": Decimal(1)})
    memo = there.of("salesCreditMemos", made.number)
    assert memo["status"] == "Draft"
    assert memo["externalDocumentNumber"] == reference("t")
    assert len(reference("t")) <= 35 and reference("t") == reference("t").upper()
    jackets, mugs, told = there.lines("salesCreditMemoLines", memo)
    assert (jackets["quantity"], mugs["quantity"]) == (2, 1)
    assert told["description"].startswith(f"Order {number}: too_small, by 2026-03-31. it's tight")
    assert made.status is ReturnStatus.ANNOUNCED


@pytest.mark.parametrize("fault", ["lost", "gateway", "truncated"])
def test_a_return_whose_answer_is_lost_is_announced_once(there: BusinessCentral, erp: Connector, fault: str):
    number = TO_BE_RETURNED[0]
    there.faults.next(fault, method="POST", path="salesCreditMemos")
    with pytest.raises(Unknown):
        _announce(erp, number, {"10000": Decimal(1)})
    found = erp.return_made_by("t")
    assert found is not None and found == _announce(erp, number, {"10000": Decimal(1)})
    assert there.inside.returns(number) == 1


def test_what_others_took_back_doesnt_come_back_again(there: BusinessCentral, erp: Connector):
    _post(there, NUMBER, NOTHING)
    bill = there.of("salesInvoices", f"PS-{NUMBER}")
    _credited(there, bill, "Open")
    with pytest.raises(Rejected) as caught:
        _announce(erp, NUMBER, {"10000": Decimal(1)})
    assert caught.value.status == "quantity"
    (found,) = [one for one in erp.returns_since("1008", LONG_AGO) if one.order_number == NUMBER]
    assert (found.number, found.status) == ("C-1", ReturnStatus.RECEIVED)
    assert [(line.id, line.sku) for line in found.lines] == [("10000", "BLU-JKT-M")]
    there.put("salesCreditMemos", {**there.of("salesCreditMemos", "C-1"), "status": "Canceled"})
    assert _announce(erp, NUMBER, {"10000": Decimal(1)}).lines[0].quantity == 1


def test_a_credit_that_belongs_to_no_order_is_no_return(there: BusinessCentral, erp: Connector):
    row = blank("salesCreditMemos", id=_id(1), number="C-9", customerNumber="1001", status="Open")
    there.put("salesCreditMemos", {**row, "creditMemoDate": "2026-03-01", "externalDocumentNumber": "FD-UNKNOWN"})
    assert "C-9" not in [one.number for one in erp.returns_since("1001", LONG_AGO)]


# Whatever goes wrong


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("html", Malformed),
        ("no_json", Malformed),
        ("redirect", Malformed),
        ("error", Unavailable),
        ("unavailable", Unavailable),
        ("gateway", Unavailable),
        ("refused", Unavailable),
        ("lost", Unavailable),
        ("truncated", Unavailable),
        ("daily", Unavailable),
    ],
)
@pytest.mark.parametrize(
    "ask", [lambda erp: erp.order(BENS_ORDER), lambda erp: erp.customer("1001")], ids=["batch", "get"]
)
def test_a_read_that_fails_changed_nothing(there: BusinessCentral, erp: Connector, fault: str, error: type, ask: Any):
    there.faults.always(fault, path="/v2.0/Sandbox/api")
    with within(60.0), pytest.raises(error) as caught:
        ask(erp)
    assert caught.value.system in ("erp", "")
    assert "1001" not in str(caught.value)


def test_a_short_limit_is_waited_for(there: BusinessCentral, erp: Connector):
    there.faults.next("throttled", path="$batch")
    assert erp.order(BENS_ORDER).number == BENS_ORDER


def test_a_token_that_has_ended_is_renewed(there: BusinessCentral, erp: Connector):
    erp.order(BENS_ORDER)
    given = there.entra.given
    there.entra.expire()
    assert erp.order(BENS_ORDER).number == BENS_ORDER
    assert there.entra.given == given + 1


def test_who_is_let_in_no_more_is_shut_out(there: BusinessCentral, known: Settings, engine: Engine):
    erp = Connector(known, engine)
    there.faults.next("locked", path="/v2.0/")
    with pytest.raises(ShutOut, match="ENTRA_CLIENT_SECRET"):
        erp.order(BENS_ORDER)


def test_a_row_that_makes_no_sense_is_said_so(there: BusinessCentral, erp: Connector):
    there.put("customers", {**there.of("customers", "1001"), "displayName": 7})
    with pytest.raises(Malformed):
        erp.customer("1001")


@pytest.mark.parametrize(
    ("variable", "value", "kind", "word"),
    [
        ("BUSINESS_CENTRAL_COMPANY", "11111111-1111-4111-8111-111111111111", Misconfigured, "BUSINESS_CENTRAL_COMPANY"),
        ("BUSINESS_CENTRAL_ENVIRONMENT", "Elsewhere", Misconfigured, "BUSINESS_CENTRAL_ENVIRONMENT"),
        ("ENTRA_CLIENT_SECRET", "wrong", ShutOut, "ENTRA_CLIENT_SECRET"),
    ],
)
def test_a_wrong_setting_is_named(there, engine, monkeypatch, variable: str, value: str, kind: type, word: str):
    right = there.environment
    monkeypatch.setattr(type(there), "environment", property(lambda _: {**right, variable: value}))
    erp = connectors.erp(settings_for(there), engine)
    with pytest.raises(kind, match=word):
        erp.customer("1001")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BUSINESS_CENTRAL_COMPANY", ""),
        ("BUSINESS_CENTRAL_COMPANY", "CRONUS"),
        ("BUSINESS_CENTRAL_ENVIRONMENT", "../x"),
        ("BUSINESS_CENTRAL_URL", "http://example.com"),
    ],
)
def test_what_can_be_no_setting_is_refused_at_the_start(there, monkeypatch, variable: str, value: str):
    right = there.environment
    monkeypatch.setattr(type(there), "environment", property(lambda _: {**right, variable: value}))
    with pytest.raises(Misconfigured, match=variable):
        settings_for(there)


def test_urls_are_written_without_a_plus(there: BusinessCentral, erp: Connector):
    erp.customers_by_email("a+b c@example.com")
    (request,) = [one for one in there.requests if "customers" in one.path]
    assert quote("a+b c@example.com", safe="") in request.raw and "+" not in request.raw


# make check-erp


def test_the_check_finds_all_that_is_needed_and_changes_nothing(there, known: Settings, engine: Engine):
    findings = list(connectors.check_erp(known, engine))
    assert all(one.is_good for one in findings), [one.text for one in findings if not one.is_good]
    assert any("doesn't tell carriers" in one.text for one in findings)
    assert {one.method for one in there.requests if one.path.startswith("/v2.0/")} == {"GET"}


def test_the_check_says_what_is_missing(there: BusinessCentral, known: Settings, engine: Engine):
    there.put("items", {**there.of("items", "TNT-PEG"), "number": "UNKNOWN"})
    there.inside.add_variant("BLU-JKT-L", "A")
    there.inside.add_variant("BLU-JKT-L", "B")
    texts = {one.text: one.is_good for one in connectors.check_erp(known, engine)}
    (missing,) = [text for text, is_good in texts.items() if not is_good]
    assert "aren't in the catalogue" in missing
    assert any("1 have several variants" in text for text in texts)


def test_the_check_says_that_nobody_is_let_in(there: BusinessCentral, known: Settings, engine: Engine):
    there.entra.codes = [7000222]
    (finding,) = connectors.check_erp(known, engine)
    assert not finding.is_good and "ENTRA_CLIENT_SECRET has expired" in finding.text


# What the tests do themselves


def _id(place: int) -> str:
    return f"00000000-0000-4000-8000-{place:012}"


def _hold(erp: Connector, sku: str, units: int) -> Any:
    return erp.reserve(sku, {"ALL": Decimal(units)}, customer_number="1001", key=f"h-{sku}")


def _announce(erp: Connector, number: str, quantities: dict[str, Decimal], key: str = "t") -> Any:
    return erp.create_return(
        number,
        quantities,
        reason=ReturnReason.TOO_SMALL,
        words="it's tight",
        return_by=date(2026, 3, 31),
        key=key,
    )


def _more_lines(there: BusinessCentral, order: Any, item: Any, number: int) -> None:
    for place in range(number):
        row = blank(
            "salesOrderLines",
            id=_id(place),
            documentId=order["id"],
            sequence=30_000 + place,
            lineType="Item",
            itemId=item["id"],
            lineObjectNumber=item["number"],
            quantity=1,
        )
        there.put("salesOrderLines", row)


def _fail_after(there: BusinessCentral, batches: int) -> None:
    """Lets one batch fail, after so many."""
    answer = there.answer

    def answered(request: Any) -> Any:
        seen = sum(one.path.endswith("$batch") for one in there.requests)
        if request.path.endswith("$batch") and seen == batches:
            there.answer = answer  # type: ignore[method-assign]
            raise ConnectionResetError
        return answer(request)

    there.answer = answered  # type: ignore[method-assign]


def _fault_at_write(there: BusinessCentral, fault: str) -> None:
    """Lets the next write go wrong, and no read: both are posted to one address."""
    faults = there.faults
    find = faults.of

    def of(request: Any) -> Any:
        is_write = request.method in ("PATCH", "DELETE") or "isolation" in request.headers
        if is_write:
            faults.of = find  # type: ignore[method-assign]
            faults.next(fault)
            return find(request)
        return None

    faults.of = of  # type: ignore[method-assign]


def _post(there: BusinessCentral, number: str, mug_variant: str) -> None:
    """Ships and invoices an order: Business Central then deletes it."""
    order = there.of("salesOrders", number)
    lines = there.lines("salesOrderLines", order)
    add_shipment(
        there.tables, order, f"SS-{number}", "2026-03-10", {line["sequence"]: line["quantity"] for line in lines}
    )
    bill = blank("salesInvoices", id=_id(900), number=f"PS-{number}", orderNumber=number, invoiceDate="2026-03-10")
    same = {name: order[name] for name in ("customerId", "customerNumber", "currencyCode")}
    there.put("salesInvoices", {**bill, **same, "status": "Open", "postingDate": "2026-03-10"})
    copied = ("sequence", "lineType", "itemId", "lineObjectNumber", "description", "quantity", "unitPrice")
    for place, line in enumerate(lines, start=901):
        row = blank("salesInvoiceLines", id=_id(place), documentId=bill["id"], **{name: line[name] for name in copied})
        variant = mug_variant if line["lineObjectNumber"] == "MUG-EU" else NOTHING
        there.put("salesInvoiceLines", {**row, "itemVariantId": variant})
        del there.tables["salesOrderLines"][line["id"]]
    del there.tables["salesOrders"][order["id"]]


def _credited(there: BusinessCentral, bill: Any, status: str) -> None:
    """Somebody of the company took the jacket back."""
    same = {name: bill[name] for name in ("customerId", "customerNumber", "currencyCode")}
    memo = blank("salesCreditMemos", id=_id(950), number="C-1", creditMemoDate="2026-03-11", status=status, **same)
    bills = {"invoiceId": bill["id"], "invoiceNumber": bill["number"]}
    there.put("salesCreditMemos", {**memo, **bills, "postingDate": "2026-03-11"})
    jacket = there.lines("salesInvoiceLines", bill)[0]
    copied = ("sequence", "lineType", "itemId", "lineObjectNumber", "quantity", "unitPrice")
    values = {name: jacket[name] for name in copied}
    there.put("salesCreditMemoLines", blank("salesCreditMemoLines", id=_id(951), documentId=memo["id"], **values))
