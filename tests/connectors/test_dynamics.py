"""What goes wrong with Finance & Operations and Inventory Visibility, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy.engine import Engine

from middleware import connectors
from middleware.database import metadata, open_engine
from middleware.deadline import within
from middleware.demo import Data
from middleware.erp import multipart
from middleware.erp.dynamics import odata
from middleware.erp.dynamics.client import DynamicsErp
from middleware.erp.dynamics.refusals import demand_success, reason, sentences
from middleware.erp.dynamics.visibility_token import SecurityDialect
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
from middleware.http import Answer
from middleware.records import Address, OrderChange, OrderStatus, ReturnReason
from middleware.reset import lay
from middleware.settings import Settings
from middleware.store import erp_ledger, tokens
from tests.data.backoffice import ADA, TO_BE_CHANGED, TO_BE_RETURNED, backoffice
from tests.fakes.dynamics import Dynamics
from tests.fakes.dynamics_inventory import HELD
from tests.fakes.dynamics_tables import change
from tests.fakes.stand_ins import settings_for
from tests.recorded import recorded

NOW = datetime.now(timezone.utc).replace(microsecond=0)
ORDER = TO_BE_CHANGED[0]
BOTTLE = "TRV-BTL-750"
ELSEWHERE = Address(address1="1 Dock Road", city="Boston", state="MA", country="US", postcode="02110")
OTHERS = ("iv", "softreservphysical")  # where other systems' reservations are counted


@pytest.fixture(scope="module")
def running() -> Iterator[Dynamics]:
    """An F&O, with Inventory Visibility."""
    with Dynamics() as one:
        yield one


@pytest.fixture
def dynamics(running: Dynamics) -> Dynamics:
    """The same with the tests' back office, and nothing that goes wrong."""
    running.faults.none()
    running.lay(backoffice(NOW))
    running.data.page = 10_000
    running.requests.clear()
    return running


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store, with the catalogue."""
    one = open_engine(f"sqlite:///{tmp_path_factory.mktemp('dynamics') / 'test.db'}")
    metadata.create_all(one)
    data = backoffice(NOW)
    lay(one, Data(products=data.products, warehouses=data.warehouses))
    yield one
    one.dispose()


@pytest.fixture
def engine(store: Engine) -> Engine:
    """The same, without tokens, and without anything that we had changed."""
    with store.begin() as connection:
        connection.execute(tokens.delete())
        connection.execute(erp_ledger.delete())
    return store


@pytest.fixture(scope="module")
def known(running: Dynamics) -> Settings:
    """The settings that fit the stand-in."""
    return settings_for(running)


Connect = Callable[..., DynamicsErp]


@pytest.fixture
def connect(dynamics: Dynamics, known: Settings, engine: Engine) -> Connect:
    """Connects with the rules of `erp.dynamics` changed."""

    def connected(**rules: Any) -> DynamicsErp:
        erp: DynamicsErp = connectors.erp(with_rules(known, **rules), engine)  # type: ignore[assignment]
        return erp

    return connected


@pytest.fixture
def erp(connect: Connect) -> DynamicsErp:
    """The connector with the stand-in's rules."""
    return connect()


def with_rules(settings: Settings, **rules: Any) -> Settings:
    """The settings with other rules of `erp.dynamics`."""
    changed = msgspec.structs.replace(settings.erp.dynamics, **rules)
    return msgspec.structs.replace(settings, erp=msgspec.structs.replace(settings.erp, dynamics=changed))


def calls(dynamics: Dynamics) -> list[str]:
    """What was asked of F&O and of Inventory Visibility, without tokens."""
    return [one.path for one in dynamics.requests if one.path.startswith(("/data/", "/iv/"))]


def held(dynamics: Dynamics, measure: tuple[str, str] = HELD) -> float:
    """All units that are counted in a measure."""
    return sum(units for (_, one), units in dynamics.inventory.held.items() if one == measure)


def refused(call: Callable[[], object], kind: type[FrontdeskError]) -> FrontdeskError:
    """The error that a call ends with."""
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.system == "erp"
    return caught.value


# Round trips


@pytest.mark.parametrize("many", [False, True])
def test_where_is_my_order_takes_two_round_trips_however_many_there_are(
    dynamics: Dynamics, connect: Connect, many: bool
) -> None:
    data = backoffice(NOW)
    if many:
        dynamics.lay(_with_more_orders(data, 120))
        dynamics.data.page = 10_000
    erp = connect()
    dynamics.requests.clear()

    (customer,) = erp.customers_by_phone(ADA)
    orders = erp.orders_since(customer.number, NOW - timedelta(days=60))

    assert calls(dynamics) == ["/data/$batch"] * 2
    assert len(orders) == (129 if many else 9)
    assert [parcel.tracking for order in orders for parcel in order.shipments if order.number == "5005"] == [
        "1Z 999",
        "7712 3456 0098",
    ]


def test_parcels_of_orders_that_arent_known_beforehand_cost_one_more(dynamics: Dynamics, erp: DynamicsErp) -> None:
    orders = erp.orders_since("1001", NOW - timedelta(days=60))

    assert calls(dynamics) == ["/data/$batch"] * 2
    assert any(order.shipments for order in orders)
    assert list(erp.orders_since("1001", NOW - timedelta(days=60))) == list(orders)
    assert calls(dynamics) == ["/data/$batch"] * 3


def test_one_order_takes_one_round_trip(dynamics: Dynamics, erp: DynamicsErp) -> None:
    erp.order("5005")

    assert calls(dynamics) == ["/data/$batch"]


def _with_more_orders(data: Data, more: int) -> Data:
    template = next(row for row in data.orders if row["number"] == "5004")
    line = next(row for row in data.order_lines if row["order_number"] == "5004")
    parcel = next(row for row in data.shipments if row["order_number"] == "5004")
    numbers = [str(6000 + place) for place in range(more)]
    return replace(
        data,
        orders=[*data.orders, *({**template, "number": number} for number in numbers)],
        order_lines=[*data.order_lines, *({**line, "order_number": number} for number in numbers)],
        shipments=[
            *data.shipments,
            *({**parcel, "id": f"S{number}", "order_number": number, "tracking": f"1Z {number}"} for number in numbers),
        ],
        shipment_lines=[
            *data.shipment_lines,
            *({"shipment_id": f"S{number}", "line": "1", "quantity": 1} for number in numbers),
        ],
    )


def test_everything_is_found_on_however_many_pages_it_stands(dynamics: Dynamics, connect: Connect) -> None:
    whole = connect().orders_since("1001", NOW - timedelta(days=500))

    dynamics.data.page = 1

    assert list(connect().orders_since("1001", NOW - timedelta(days=500))) == list(whole)
    assert len(connect().invoices_between("1001", date(2000, 1, 1), date(2100, 1, 1))) == 4


# What is asked for


@pytest.mark.parametrize(
    "value", ["*", "50*", "5001*", "*5001", "' or '1' eq '1", "5001'", "a/b", "$5001", "50 01", "05001"]
)
def test_an_odd_number_finds_nothing_and_nobody_elses(dynamics: Dynamics, erp: DynamicsErp, value: str) -> None:
    refused(lambda: erp.order(value), NotFound)
    refused(lambda: erp.customer(value), NotFound)
    assert list(erp.customers_by_email(f"{value}@example.com")) == []
    assert list(erp.unpaid_invoices(value)) == []
    assert erp.invoice_pdf(value) in (None, erp.invoice_pdf(value))
    if "*" in value:
        assert not [path for path in calls(dynamics) if "RunCopilotReport" not in path], "it would find everything"


def test_texts_are_quoted_and_what_stands_for_anything_is_never_asked_for() -> None:
    assert odata.text("O'Brien") == "'O''Brien'"
    assert odata.scattered("0110") == "'*0*1*1*0*'"
    assert "%20" in odata.query("Set", "a eq 'b c'") and "+" not in odata.query("Set", "a eq 'b+c'")
    assert odata.key("Set", Number="a/b'c") == "Set(Number='a%2Fb''c')?cross-company=true"
    for value in ("", "*", "a*", " a", "a\n", "a\x00", "\ud800", "x" * 201):
        assert not odata.is_askable(value)
        with pytest.raises(ValueError):
            odata.text(value)


@pytest.mark.parametrize(
    "written", ["+1 201 555 0110 ext. 4", "(201) 555-0110", "201.555.01.10", "2015550110", "1-201-555-0110"]
)
def test_a_phone_is_found_as_people_typed_it(dynamics: Dynamics, erp: DynamicsErp, written: str) -> None:
    [ada] = dynamics.tables.of("customers", CustomerAccount="1001")
    change(ada, PrimaryContactPhone=written)

    (found,) = erp.customers_by_phone(ADA)

    assert (found.number, found.phone) == ("1001", ADA)


def test_another_companys_rows_are_never_seen(dynamics: Dynamics, erp: DynamicsErp, connect: Connect) -> None:
    assert {one.number for one in erp.customers_by_phone(ADA)} == {"1001"}
    refused(lambda: connect(company="gbsi").order("5001"), NotFound)


# What F&O tells oddly


def test_a_date_before_1970_is_none(dynamics: Dynamics, erp: DynamicsErp) -> None:
    none = "1900-01-01T12:00:00Z"
    for row in (*dynamics.tables.of("orders", SalesOrderNumber=ORDER), *_lines(dynamics, ORDER)):
        change(row, RequestedReceiptDate=none, ConfirmedReceiptDate=none)

    order = erp.order(ORDER)

    assert (order.promised_on, order.expected_on, order.status) == (None, None, OrderStatus.PLACED)


def test_prices_are_exact_to_the_fifth_decimal(dynamics: Dynamics, erp: DynamicsErp) -> None:
    change(_lines(dynamics, ORDER)[0], SalesPrice=1234567.12345)

    price = erp.order(ORDER).lines[0].price

    assert price is not None and price.amount == Decimal("1234567.12345")


def test_an_order_of_999_lines_is_read_whole_and_changed(dynamics: Dynamics, erp: DynamicsErp) -> None:
    data = backoffice(NOW)
    line = next(row for row in data.order_lines if row["order_number"] == ORDER)
    lines = [{**line, "line": str(number), "sku": "BLU-JKT-L"} for number in range(3, 1000)]
    dynamics.lay(replace(data, order_lines=[*data.order_lines, *lines]))
    dynamics.data.page = 10_000
    order = erp.order(ORDER)

    done = erp.change_order(ORDER, OrderChange(line="999", quantity=Decimal(2)), version=order.version, key="long")

    assert [one.id for one in order.lines] == [str(number) for number in range(1, 1000)]
    assert [one.quantity for one in done.lines] == [1] * 998 + [2]


def test_an_article_that_the_catalogue_doesnt_have_is_named_as_fo_names_it(
    dynamics: Dynamics, erp: DynamicsErp
) -> None:
    change(_lines(dynamics, ORDER)[0], ProductNumber="NEW-1", ProductSizeId="XL", ProductColorId="green")

    line = erp.order(ORDER).lines[0]

    assert (line.sku, line.options, line.category) == ("NEW-1", {"colour": "green", "size": "XL"}, "")
    assert line.name


def test_parcels_are_told_without_the_sets_of_packing_slips(connect: Connect) -> None:
    erp = connect(packing_slips="", packing_slip_lines="")

    parcels = erp.order("5005").shipments

    assert [(one.tracking, one.quantities) for one in parcels] == [("1Z 999", {}), ("7712 3456 0098", {})]
    assert erp.order("5004").status in (OrderStatus.SHIPPED, OrderStatus.DUE)
    assert len(erp.orders_since("1001", NOW - timedelta(days=60))) == 9


def test_a_set_that_fo_doesnt_have_is_named_with_the_mend(connect: Connect) -> None:
    error = refused(lambda: connect(packing_slips="NoSuchSet").order("5005"), Misconfigured)

    assert "NoSuchSet" in str(error) and "erp.dynamics" in str(error)


def _lines(dynamics: Dynamics, order: str) -> list[Any]:
    return dynamics.tables.of("lines", SalesOrderNumber=order)


# Changes


def test_what_meets_another_users_change_changes_nothing_and_may_come_again(
    dynamics: Dynamics, erp: DynamicsErp
) -> None:
    order = erp.order(ORDER)
    elsewhere = OrderChange(address=ELSEWHERE)
    dynamics.faults.next("conflict", path="$batch", method="POST", times=2)

    error = refused(lambda: erp.change_order(ORDER, elsewhere, version=order.version, key="c"), Conflict)

    assert error.operation == "change_order"
    assert erp.order(ORDER) == order
    assert erp.order_changed_by(ORDER, "c") is None
    dynamics.faults.none()
    dynamics.business.conflicts = 0
    assert erp.change_order(ORDER, elsewhere, version=order.version, key="c").address == ELSEWHERE


def test_header_and_lines_change_together_or_not_at_all(dynamics: Dynamics, erp: DynamicsErp) -> None:
    order = erp.order(ORDER)
    both = OrderChange(address=replace(ELSEWHERE, postcode="9" * 11), line="1", quantity=Decimal(2))

    error = refused(lambda: erp.change_order(ORDER, both, version=order.version, key="b"), Rejected)

    assert error.status == "address"
    assert erp.order(ORDER) == order


@pytest.mark.parametrize("rule", ["quantity", "delete"])
def test_an_order_is_cancelled_as_the_company_does_it(connect: Connect, dynamics: Dynamics, rule: str) -> None:
    erp = connect(cancel=rule)
    order = erp.order(ORDER)

    done = erp.cancel_order(ORDER, version=order.version, key="k")

    assert done.status is OrderStatus.CANCELLED
    assert done == erp.order(ORDER) == erp.order_changed_by(ORDER, "k")
    assert len(_lines(dynamics, ORDER)) == (2 if rule == "quantity" else 0)
    refused(lambda: erp.cancel_order(ORDER, version=done.version, key="again"), Rejected)


def test_one_line_is_deleted_where_the_company_does_so(connect: Connect) -> None:
    erp = connect(cancel="delete")
    order = erp.order(ORDER)

    done = erp.change_order(ORDER, OrderChange(line="1", quantity=Decimal(0)), version=order.version, key="k")

    assert [line.id for line in done.lines] == ["2"]
    assert erp.order_changed_by(ORDER, "k") == done


@pytest.mark.parametrize("fault", ["lost", "gateway", "html", "error", "truncated"])
def test_a_change_whose_answer_is_lost_is_looked_for(dynamics: Dynamics, erp: DynamicsErp, fault: str) -> None:
    order = erp.order(ORDER)
    two = OrderChange(line="1", quantity=Decimal(2))
    _at_the_change(dynamics, fault)

    refused(lambda: erp.change_order(ORDER, two, version=order.version, key="lost"), Unknown)

    was_made = fault not in ("html", "error")
    found = erp.order_changed_by(ORDER, "lost")
    assert (found is not None) == was_made
    done = erp.change_order(ORDER, two, version=order.version, key="lost")
    assert done.lines[0].quantity == 2
    assert done.version != order.version


def _at_the_change(dynamics: Dynamics, fault: str) -> None:
    """Lets the next request that changes something go wrong."""
    answer = dynamics.faults.of

    def of(request: Any) -> Any:
        if b"PATCH " in request.body or b"POST http" in request.body:
            dynamics.faults.of = answer  # type: ignore[method-assign]
            dynamics.faults.next(fault)
        return answer(request)

    dynamics.faults.of = of  # type: ignore[method-assign]


# Holds


def test_a_hold_whose_answer_is_lost_is_found_by_what_is_held_now(dynamics: Dynamics, erp: DynamicsErp) -> None:
    parts = {"EWR": Decimal(3)}
    dynamics.faults.next("lost", path="/onhand/reserve")

    refused(lambda: erp.reserve(BOTTLE, parts, customer_number="1001", key="h"), Unknown)

    made = erp.reservation_made_by("h")
    assert made is not None and made.parts == parts
    assert erp.reserve(BOTTLE, parts, customer_number="1001", key="h") == made
    assert held(dynamics) == 3
    assert erp.release(made.id).is_released
    assert held(dynamics) == 0, "though nobody told what it is called there"


@pytest.mark.parametrize("fault", ["error", "html", "no_json"])
def test_a_hold_that_was_never_made_is_found_out_and_made_again(
    dynamics: Dynamics, erp: DynamicsErp, fault: str
) -> None:
    dynamics.faults.next(fault, path="/onhand/reserve")
    refused(lambda: erp.reserve(BOTTLE, {"EWR": Decimal(3)}, customer_number="1001", key="h"), Unknown)

    assert erp.reservation_made_by("h") is None
    assert erp.reserve(BOTTLE, {"EWR": Decimal(3)}, customer_number="1001", key="h").parts == {"EWR": 3}
    assert held(dynamics) == 3


def test_units_that_others_hold_there_arent_taken_for_a_lost_hold(dynamics: Dynamics, erp: DynamicsErp) -> None:
    place = next(_place(dynamics, "EWR"))
    dynamics.inventory.held[place, HELD] += 40  # nobody knows whose
    dynamics.faults.next("error", path="/onhand/reserve")
    refused(lambda: erp.reserve(BOTTLE, {"EWR": Decimal(3)}, customer_number="1001", key="h"), Unknown)

    assert erp.reservation_made_by("h") is None
    assert held(dynamics) == 40


def test_what_can_be_had_only_in_part_is_given_back(dynamics: Dynamics, erp: DynamicsErp) -> None:
    dynamics.faults.next("unavailable", path="/onhand/reserve")  # of the first part
    parts = {"EWR": Decimal(3), "RNO": Decimal(2)}

    refused(lambda: erp.reserve(BOTTLE, parts, customer_number="1001", key="h"), Unavailable)

    assert held(dynamics) == 0
    assert erp.reservation_made_by("h") is None
    assert erp.reserve(BOTTLE, parts, customer_number="1001", key="h").parts == parts


@pytest.mark.parametrize("arrives", [True, False])
def test_a_crash_at_the_call_leaves_no_half(dynamics: Dynamics, erp: DynamicsErp, arrives: bool) -> None:
    class Killed(BaseException):
        """The process dies."""

    visibility, reserve = erp._stock._visibility, erp._stock._visibility.reserve

    def die(*given: Any) -> Any:
        visibility.reserve = reserve  # type: ignore[method-assign]
        if arrives:
            reserve(*given)
        raise Killed

    visibility.reserve = die  # type: ignore[method-assign]
    parts = {"EWR": Decimal(3), "RNO": Decimal(2)}
    with pytest.raises(Killed):
        erp.reserve(BOTTLE, parts, customer_number="1001", key="h")

    made = erp.reservation_made_by("h")

    assert (made is not None) == arrives
    assert held(dynamics) == (5 if arrives else 0)
    assert erp.reserve(BOTTLE, parts, customer_number="1001", key="h").parts == parts
    assert held(dynamics) == 5


def test_where_one_of_two_parts_is_gone_meanwhile_none_is_kept(dynamics: Dynamics, erp: DynamicsErp) -> None:
    visibility, reserve = erp._stock._visibility, erp._stock._visibility.reserve

    def meanwhile(*given: Any) -> Any:
        dynamics.inventory.held[next(_place(dynamics, "RNO")), OTHERS] += 210
        return reserve(*given)

    visibility.reserve = meanwhile  # type: ignore[method-assign]
    parts = {"EWR": Decimal(3), "RNO": Decimal(2)}

    error = refused(lambda: erp.reserve(BOTTLE, parts, customer_number="1001", key="h"), Rejected)

    assert (error.status, held(dynamics), held(dynamics, OTHERS)) == ("stock", 0, 210)
    assert erp.reservation_made_by("h") is None


@pytest.mark.parametrize("fault", ["lost", "error", "refused"])
def test_what_is_given_back_is_exactly_ones_own(dynamics: Dynamics, erp: DynamicsErp, fault: str) -> None:
    mine = erp.reserve(BOTTLE, {"EWR": Decimal(3)}, customer_number="1001", key="mine")
    other = erp.reserve(BOTTLE, {"EWR": Decimal(5)}, customer_number="1002", key="other")
    place = next(_place(dynamics, "EWR"))
    dynamics.inventory.held[place, OTHERS] += 7
    dynamics.faults.next(fault, path="/onhand/unreserve")

    refused(lambda: erp.release(mine.id), FrontdeskError)
    for _ in range(3):
        assert erp.release(mine.id).is_released

    assert (held(dynamics), held(dynamics, OTHERS)) == (5, 7)
    assert erp.reservation_made_by("other") == other


def test_the_measure_that_the_settings_name_must_be_there(connect: Connect) -> None:
    inventory = msgspec.structs.replace(connect()._stock._visibility._rules, available="iv.nosuch")

    error = refused(lambda: connect(inventory=inventory).stock(BOTTLE), Misconfigured)

    assert "erp.dynamics.inventory.available" in str(error)


def _place(dynamics: Dynamics, warehouse: str) -> Iterator[tuple[str, ...]]:
    for shelf in dynamics.tables.of("on_hand", InventoryWarehouseId=warehouse, **dynamics.article(BOTTLE)):
        yield dynamics.inventory.place_of(shelf)


# Returns


@pytest.mark.parametrize("fault", ["lost", "gateway"])
def test_a_return_whose_answer_is_lost_is_found_by_our_reference(
    dynamics: Dynamics, erp: DynamicsErp, fault: str
) -> None:
    def announce() -> Any:
        day = NOW.date() + timedelta(days=20)
        wish = {"reason": ReturnReason.DAMAGED, "words": "'; *", "return_by": day, "key": "r"}
        return erp.create_return(TO_BE_RETURNED[0], {"1": Decimal(2), "2": Decimal(1)}, **wish)

    _at_the_change(dynamics, fault)

    refused(announce, Unknown)

    made = erp.return_made_by("r")
    assert made is not None and [line.quantity for line in made.lines] == [2, 1]
    assert announce() == made
    assert dynamics.inside.returns(TO_BE_RETURNED[0]) == 1


def test_a_return_of_which_a_line_is_refused_isnt_announced_by_half(dynamics: Dynamics, connect: Connect) -> None:
    erp = connect(return_disposition="NOSUCHCODE")
    day = NOW.date() + timedelta(days=20)

    with pytest.raises(FrontdeskError):
        erp.create_return(
            TO_BE_RETURNED[0], {"1": Decimal(1)}, reason=ReturnReason.OTHER, words="", return_by=day, key="r"
        )

    assert dynamics.inside.returns(TO_BE_RETURNED[0]) == 0
    assert erp.return_made_by("r") is None


# Papers


def test_fos_own_paper_is_given(dynamics: Dynamics, erp: DynamicsErp) -> None:
    paper = erp.invoice_pdf("8001")

    assert paper is not None and paper.startswith(b"%PDF-")
    assert erp.invoice_pdf("4711") is None


@pytest.mark.parametrize("paper", [b"<html>Log in</html>", b"%PDF-1.7 cut off", b"GIF89a%%EOF"])
def test_what_is_no_pdf_reaches_nobody(dynamics: Dynamics, erp: DynamicsErp, paper: bytes) -> None:
    dynamics.data.papers["8001"] = paper

    refused(lambda: erp.invoice_pdf("8001"), Malformed)


# Answers that make no sense, and limits


@pytest.mark.parametrize("call", ["order", "customer", "stock", "invoice", "pdf"])
@pytest.mark.parametrize("fault", ["html", "no_json"])
def test_a_log_in_page_is_no_answer(dynamics: Dynamics, erp: DynamicsErp, call: str, fault: str) -> None:
    asked: dict[str, Callable[[], object]] = {
        "order": lambda: erp.order("5001"),
        "customer": lambda: erp.customer("1001"),
        "stock": lambda: erp.stock(BOTTLE),
        "invoice": lambda: erp.invoice("8001"),
        "pdf": lambda: erp.invoice_pdf("8001"),
    }
    erp.stock(BOTTLE)
    for path in ("/data/", "/iv/"):
        dynamics.faults.always(fault, path=path)

    error = refused(asked[call], Malformed)

    assert "Please log in" not in str(error)


def test_it_waits_as_long_as_fo_asks_if_there_is_time(dynamics: Dynamics, erp: DynamicsErp) -> None:
    erp.order("5001")
    dynamics.faults.next("throttled", path="/data/")
    with within(0.5):
        refused(lambda: erp.order("5001"), Unavailable)

    assert erp.order("5001").number == "5001"


def test_tokens_that_end_are_renewed_and_credentials_that_end_are_told(dynamics: Dynamics, erp: DynamicsErp) -> None:
    erp.stock(BOTTLE)
    dynamics.faults.next("expired", path="/iv/")
    assert erp.stock(BOTTLE)
    dynamics.faults.next("expired", path="/data/")
    assert erp.order("5001")

    dynamics.faults.always("locked")
    assert "ENTRA_CLIENT" in str(refused(lambda: erp.order("5001"), ShutOut))


def test_the_token_of_inventory_visibility_is_had_where_its_service_sends_us(
    dynamics: Dynamics, erp: DynamicsErp
) -> None:
    erp.stock(BOTTLE)

    asked = [one for one in dynamics.requests if one.path.startswith("/security/")]
    assert len(asked) == 2 and asked[0].body == asked[1].body
    assert "authorization" not in asked[0].headers


@pytest.mark.parametrize(
    ("there", "follows"),
    [
        ("https://securityservice.us.operations365.dynamics.com/token", True),
        ("https://securityservice.operations365.dynamics.com/other", True),
        ("http://securityservice.operations365.dynamics.com/token", False),
        ("https://operations365.dynamics.com.evil.example/token", False),
        ("https://eviloperations365.dynamics.com/token", False),
        ("https://evil.example/token", False),
        ("https://securityservice.operations365.dynamics.com:8443/token", False),
    ],
)
def test_what_shows_who_we_are_goes_to_the_security_services_own_hosts_alone(there: str, follows: bool) -> None:
    dialect = SecurityDialect("https://securityservice.operations365.dynamics.com")
    answer = Answer(status=307, headers={"Location": there}, body=b"", system="erp")

    assert dialect.follows("POST", answer, there) is follows
    assert not dialect.follows("POST", replace(answer, status=302), there)


# What F&O's words mean


@pytest.mark.parametrize(
    ("infolog", "status"),
    [
        ("Error: Item TRV cannot be reserved because only 3.00 are available in the inventory.", "stock"),
        ("Warning: The line has been picked.; Warning: validateWrite failed on data source 'SalesLine'.", "packed"),
        ("Warning: Size XXL isn't a variant.", "variant"),
        ("Warning: ZIP/postal code 1 can't be found.", "address"),
        ("Warning: Quantity must be positive.", "quantity"),
        ("Warning: Something else.", ""),
    ],
)
def test_an_infolog_is_told_by_its_words(infolog: str, status: str) -> None:
    words = f"Write failed for table row of type 'SalesOrderLineV2Entity'. Infolog: {infolog}"
    body = {"error": {"code": "", "message": "An error has occurred.", "innererror": {"message": words}}}
    answer = Answer(status=400, headers={}, body=msgspec.json.encode(body), system="erp", request_id="fo-1")

    error = refused(lambda: demand_success(answer, reads=False), Rejected)

    assert (error.status or "", reason(words)) in ((status, status), ("400", ""))
    assert (error.request_id, infolog in str(error)) == ("fo-1", False)
    assert not any("validateWrite" in sentence for sentence in sentences(words))


@pytest.mark.parametrize("status", [400, 409, 412, 500])
def test_a_conflict_is_told_by_its_text_too(status: int) -> None:
    words = (
        "An update conflict occurred due to another user process deleting the record"
        " or changing one or more fields in the record."
    )
    body = {"error": {"message": words if status in (400, 500) else ""}}
    answer = Answer(status=status, headers={}, body=msgspec.json.encode(body), system="erp")

    refused(lambda: demand_success(answer, reads=False), Conflict)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b"<html>"),
        ("multipart/mixed", b"--x--"),
        ("multipart/mixed; boundary=x", b""),
        ("multipart/mixed; boundary=x", b"--x\r\nContent-Type: application/http\r\n\r\nnonsense\r\n--x--"),
        ("multipart/mixed; boundary=x", b"--x\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{"),
    ],
)
def test_an_answer_to_a_batch_that_isnt_whole_is_none(kind: str, body: bytes) -> None:
    answer = Answer(status=200, headers={"Content-Type": kind}, body=body, system="erp")

    refused(lambda: multipart.answers(answer), Malformed)


# What Microsoft published


def test_what_is_sent_has_the_form_that_microsoft_published(dynamics: Dynamics, erp: DynamicsErp) -> None:
    published = recorded("dynamics/inventory_visibility_examples.json")
    if not published:
        return
    made = erp.reserve("BLU-JKT-L", {"EWR": Decimal(1)}, customer_number="1001", key="p")
    erp.release(made.id)

    for name, more in (("reserve", set()), ("unreserve", {"productId"}), ("indexquery", set())):
        sent = next(one for one in dynamics.requests if one.path.endswith(f"/onhand/{name}"))
        example = published[name]
        assert set(sent.json) <= set(example["body"]) | more, name
        assert sent.method == example["method"]
        assert sent.headers["api-version"] == published["headers"]["Api-Version"]
        dimensions = sent.json.get("dimensions") or sent.json["filters"]
        known = {
            key.lower() for key in (*published["reserve"]["body"]["dimensions"], *example["body"].get("filters", {}))
        }
        assert {key.lower() for key in dimensions} <= known, name
    step = published["token"]["step2"]
    asked = next(one for one in dynamics.requests if one.path.startswith("/security/"))
    fixed = ("grant_type", "client_assertion_type", "scope", "context_type")
    assert {key: asked.json[key] for key in fixed} == {key: step["body"][key] for key in fixed}
    assert set(asked.json) == set(step["body"])


# Looking before customers are let in


def test_the_check_names_what_is_missing_and_changes_nothing(
    dynamics: Dynamics, known: Settings, engine: Engine
) -> None:
    before = dynamics.inside.lines(ORDER)
    good = list(connectors.check_erp(known, engine))
    wrong = with_rules(known, packing_slips="NoSuchSet", return_warehouse="LHR", company="zzzz")

    found = list(connectors.check_erp(wrong, engine))

    assert all(finding.is_good for finding in good), [one.text for one in good if not one.is_good]
    missing = " ".join(finding.text for finding in found if not finding.is_good)
    assert "NoSuchSet" in missing and "erp.dynamics.company" in missing and "LHR" in missing
    assert dynamics.inside.lines(ORDER) == before
    assert not any(b"PATCH" in one.body or one.path.endswith("reserve") for one in dynamics.requests)
