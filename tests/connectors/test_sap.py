"""What goes wrong with SAP, and what becomes of it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy.engine import Engine

from middleware import connectors, settings
from middleware.database import metadata, open_engine
from middleware.deadline import within
from middleware.demo import Data
from middleware.erp import multipart
from middleware.erp.sap import values
from middleware.erp.sap.api import SapDialect, _judge
from middleware.erp.sap.client import SapErp
from middleware.erp.sap.settings import read
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
from middleware.records import Address, Order, OrderChange, OrderStatus, ReturnReason
from middleware.reset import lay
from middleware.settings import Settings
from middleware.store import erp_ledger, tokens
from tests.connectors.conftest import HOSTILE
from tests.data.backoffice import ADA, LONG_ORDER, TO_BE_CHANGED, TO_BE_RETURNED, backoffice
from tests.fakes.building import ASSISTANT_FILE, environment
from tests.fakes.sap import CLIENT_SECRET, PASSWORD, Sap
from tests.fakes.stand_ins import settings_for

NOW = datetime(2026, 3, 11, 17, 30, 15, tzinfo=timezone.utc)
ORDER, OTHER = TO_BE_CHANGED[0], TO_BE_CHANGED[1]
BOTTLE = "TRV-BTL-750"
ELSEWHERE = Address(address1="1 Dock Road", city="Boston", state="MA", country="US", postcode="02110")
AGES = timedelta(days=500)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Sap, Any, Settings]]:
    """A SAP for all tests, with what lies in it at first, and the settings that lead there."""
    with Sap() as one:
        one.lay(backoffice(NOW))
        yield one, one.records.snapshot(), settings_for(one)


@pytest.fixture
def sap(running: tuple[Sap, Any, Settings]) -> Iterator[Sap]:
    """The same as at first."""
    one, laid, _ = running
    with one.lock:
        one.records.restore({name: [dict(row) for row in rows] for name, rows in laid.items()})
    page, functions = one.odata.page, dict(one.odata.functions)
    one.asks = dict.fromkeys(one.asks, 0)
    one.requests.clear()
    yield one
    one.faults.none()
    one.password, one.secret = PASSWORD, CLIENT_SECRET
    one.odata.page, one.odata.functions, one.business.is_strict = page, functions, False


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The store, with the catalogue in it."""
    opened = open_engine(f"sqlite:///{tmp_path_factory.mktemp('sap') / 'store.db'}")
    metadata.create_all(opened)
    data = backoffice(NOW)
    lay(opened, Data(products=data.products, warehouses=data.warehouses))
    yield opened
    opened.dispose()


@pytest.fixture
def engine(store: Engine) -> Engine:
    """The same, without a ledger and without tokens."""
    with store.begin() as connection:
        connection.execute(erp_ledger.delete())
        connection.execute(tokens.delete())
    return store


Connect = Callable[..., SapErp]


@pytest.fixture
def known(running: tuple[Sap, Any, Settings]) -> Settings:
    """The settings that lead to the stand-in."""
    return running[2]


@pytest.fixture
def connect(sap: Sap, known: Settings, engine: Engine) -> Connect:
    """Connects with the rules of `erp.sap` changed."""

    def connected(**rules: Any) -> SapErp:
        erp: SapErp = connectors.erp(with_rules(known, **rules), engine)  # type: ignore[assignment]
        return erp

    return connected


@pytest.fixture
def erp(connect: Connect) -> SapErp:
    """The connector with the stand-in's rules."""
    return connect()


def with_rules(known: Settings, **rules: Any) -> Settings:
    replaced = msgspec.structs.replace(known.erp.sap, **rules)
    return msgspec.structs.replace(known, erp=msgspec.structs.replace(known.erp, sap=replaced))


def sent(sap: Sap, method: str, part: str = "") -> list[Any]:
    return [one for one in sap.requests if one.method == method and part in one.path]


def change(erp: SapErp, order: Order, key: str = "k", **changed: Any) -> Order:
    wish = OrderChange(**(changed or {"line": order.lines[0].id, "sku": "BLU-JKT-L"}))
    return erp.change_order(order.number, wish, version=order.version, key=key)


def reserve(erp: SapErp, key: str, **parts: int) -> Any:
    units = {warehouse: Decimal(quantity) for warehouse, quantity in parts.items()}
    return erp.reserve(BOTTLE, units, customer_number="1001", key=key)


def give_back(erp: SapErp, order: str, key: str) -> Any:
    (line, *_) = erp.order(order).lines
    day = date.today() + timedelta(days=20)
    return erp.create_return(
        order, {line.id: Decimal(1)}, reason=ReturnReason.DAMAGED, words="", return_by=day, key=key
    )


# Round trips


def test_where_my_order_is_takes_three_requests_once_the_account_is_known_however_many_there_are(
    sap: Sap, erp: SapErp
) -> None:
    sap.odata.page = 10_000
    (ada,) = erp.customers_by_phone(ADA)
    for since, count in ((timedelta(days=2), 2), (AGES, 10)):
        sap.requests.clear()

        (ada,) = erp.customers_by_phone(ADA)
        orders = erp.orders_since(ada.number, NOW - since)

        assert len(orders) >= count
        assert len(sap.requests) == 3


def test_an_account_that_nobody_asked_for_yet_takes_one_more(sap: Sap, erp: SapErp) -> None:
    sap.odata.page = 10_000
    erp.customers_by_phone(ADA)
    sap.requests.clear()

    (ben,) = erp.customers_by_email("ben@example.com")
    erp.orders_since(ben.number, NOW - AGES)

    assert len(sap.requests) == 4


def test_a_number_that_became_somebody_elses_finds_them_at_once(sap: Sap, erp: SapErp) -> None:
    assert [one.name for one in erp.customers_by_email("ada@example.com")] == ["Ada Lovett"]
    for row in sap.records.of("A_AddressEmailAddress"):
        name = row["EmailAddress"].lower()
        row["EmailAddress"] = {"ada@example.com": "ben@example.com", "ben@example.com": "ada@example.com"}.get(
            name, name
        )
        row["SearchEmailAddress"] = row["EmailAddress"].upper()[:20]

    assert [one.name for one in erp.customers_by_email("ada@example.com")] == ["Ben Ortiz"]


# How it is asked


def test_a_space_is_never_sent_as_a_plus(sap: Sap, erp: SapErp) -> None:
    erp.customers_by_phone(ADA)
    erp.orders_since("1001", NOW - AGES)
    erp.invoices_between("1001", date(2026, 1, 1), date(2026, 12, 31))

    asked = [one.raw for one in sap.requests if one.raw]
    assert asked
    assert not any("+" in one for one in asked)


def test_a_quote_in_what_is_sought_stands_for_itself(sap: Sap, erp: SapErp) -> None:
    email = "o'hara@example.com"
    row = next(
        one for one in sap.records.of("A_AddressEmailAddress") if one["EmailAddress"].lower() == "ada@example.com"
    )
    row["EmailAddress"], row["SearchEmailAddress"] = email, email.upper()[:20]

    assert [one.number for one in erp.customers_by_email(email)] == ["1001"]


def test_of_two_long_addresses_that_begin_alike_only_the_right_one_is_meant(sap: Sap, erp: SapErp) -> None:
    rows = sap.records.of("A_AddressEmailAddress")
    long = ["a.very.long.name.indeed@example.com", "a.very.long.name.indeed@example.org"]
    for row, email in zip(rows, long, strict=False):
        row["EmailAddress"], row["SearchEmailAddress"] = email, email.upper()[:20]

    assert [one.email for one in erp.customers_by_email(long[0])] == [long[0]]


@pytest.mark.parametrize("number", [one for one in HOSTILE if not values.is_id(one)], ids=lambda text: ascii(text)[:40])
def test_what_is_no_number_of_a_document_is_never_asked_for(sap: Sap, erp: SapErp, number: str) -> None:
    for ask in (erp.order, erp.customer, erp.invoice):
        with pytest.raises(NotFound):
            ask(number)
    assert erp.invoice_pdf(number) is None
    assert sap.requests == []


def test_numbers_are_asked_for_with_their_zeros_and_told_without(sap: Sap, erp: SapErp) -> None:
    assert erp.order(ORDER) == erp.order(f"000000{ORDER}")
    assert erp.invoice("8001").number == "8001"
    assert all(ORDER in one.path and f"000000{ORDER}" in one.path for one in sent(sap, "GET", "A_SalesOrder("))


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("(201) 555-0110", "US"),
        ("201-555-0110", "US"),
        ("2015550110", ""),
        ("+1 201-555-0110", ""),
        ("0012015550110", "DE"),
        ("201.555.0110", "US"),
    ],
)
def test_a_number_is_found_however_it_was_typed(sap: Sap, erp: SapErp, typed: str, country: str) -> None:
    for row in sap.records.of("A_AddressPhoneNumber"):
        if row["PhoneNumber"] and erp._country and row["AddressID"] == _address_of(sap, "1001"):
            row["PhoneNumber"], row["DestinationLocationCountry"], row["InternationalPhoneNumber"] = typed, country, ""

    assert [one.number for one in erp.customers_by_phone(ADA)] == ["1001"]


def _address_of(sap: Sap, partner: str) -> str:
    rows = sap.records.of("A_BusinessPartnerAddress")
    return str(next(one["AddressID"] for one in rows if values.plain(one["BusinessPartner"]) == partner))


# Tokens, cookies, ETags


def test_a_token_is_fetched_once_and_anew_when_it_ends(sap: Sap, erp: SapErp) -> None:
    change(erp, erp.order(ORDER))
    assert sap.asks["csrf"] == 1
    sap.faults.next("csrf", method="POST")

    done = change(erp, erp.order(OTHER), key="k2")

    assert done.lines[0].sku == "BLU-JKT-L"
    assert sap.asks["csrf"] == 2
    assert all(one.headers["cookie"] for one in sent(sap, "POST", "$batch"))


def test_a_token_that_is_never_good_ends_after_two_attempts(sap: Sap, erp: SapErp) -> None:
    order = erp.order(ORDER)
    sap.faults.always("csrf", method="POST")

    with pytest.raises(Misconfigured):
        change(erp, order)

    assert len(sent(sap, "POST")) == 2
    sap.faults.none()
    assert erp.order(ORDER) == order


def test_whoever_changed_the_order_meanwhile_isnt_overwritten(
    sap: Sap, erp: SapErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = erp.order(ORDER)
    post = erp._api._posted

    def quicker(*given: Any) -> Any:
        with sap.lock:
            sap.business.touch(next(iter(sap.records.of("A_SalesOrder", SalesOrder=ORDER))))
        return post(*given)

    monkeypatch.setattr(erp._api, "_posted", quicker)

    with pytest.raises(Conflict):
        change(erp, order)

    assert erp.order(ORDER).lines == order.lines
    assert erp.order_changed_by(ORDER, "k") is None


def test_no_change_is_sent_without_the_etag_that_was_read(sap: Sap, erp: SapErp) -> None:
    change(erp, erp.order(ORDER), address=ELSEWHERE)

    (body,) = [one.body.decode() for one in sent(sap, "POST", "$batch")]
    tags = [line for line in body.splitlines() if line.startswith("If-Match:")]
    assert len(tags) == 2
    assert all("datetimeoffset" in tag for tag in tags)
    assert "If-Match: *" not in body


def test_packing_that_is_quicker_is_told_as_such(sap: Sap, erp: SapErp, monkeypatch: pytest.MonkeyPatch) -> None:
    order = erp.order(ORDER)
    post = erp._api._posted

    def quicker(*given: Any) -> Any:
        sap.inside.pack(ORDER)
        return post(*given)

    monkeypatch.setattr(erp._api, "_posted", quicker)

    with pytest.raises(Rejected) as caught:
        change(erp, order)

    assert caught.value.status == "packed"
    assert sap.inside.lines(ORDER)[order.lines[0].id] == ("BLU-JKT-M", Decimal(1))


def test_a_sap_that_changes_nothing_once_there_is_a_delivery_says_no_plainly(sap: Sap, erp: SapErp) -> None:
    sap.business.is_strict = True
    picking = next(
        order
        for order in erp.orders_since("1001", NOW - AGES)
        if order.is_before_packing and OrderStatus.PICKING in {line.status for line in order.lines}
    )

    with pytest.raises(Rejected) as caught:
        change(erp, picking)

    assert caught.value.status == "packed"


def test_a_document_that_somebody_has_open_is_tried_again_later(sap: Sap, erp: SapErp) -> None:
    order = erp.order(ORDER)
    sap.faults.next("in_use", method="POST")

    with pytest.raises(Unavailable):
        change(erp, order)

    assert change(erp, order).lines[0].sku == "BLU-JKT-L", "the same key may be tried again"


@pytest.mark.parametrize(
    "address",
    [
        replace(ELSEWHERE, address1="x" * 61),
        replace(ELSEWHERE, state="Massachusetts"),
        replace(ELSEWHERE, city="Bos\x00ton"),
        replace(ELSEWHERE, city="\ud800"),
    ],
)
def test_an_address_that_sap_cant_keep_is_refused(sap: Sap, erp: SapErp, address: Address) -> None:
    order = erp.order(ORDER)

    with pytest.raises(Rejected) as caught:
        change(erp, order, address=address)

    assert caught.value.status == "address"
    assert sent(sap, "POST") == []


def test_an_address_has_all_its_letters(erp: SapErp) -> None:
    address = Address(
        address1="Rue de l'Église 5", address2="Büro 3", city="Orléans", state="45", country="FR", postcode="45000"
    )

    assert change(erp, erp.order(ORDER), address=address).address == address


def test_an_order_without_an_address_of_its_own_keeps_it(sap: Sap, connect: Connect) -> None:
    erp = connect(ship_to_function="WE")

    order = erp.order(ORDER)
    with pytest.raises(Rejected) as caught:
        change(erp, order, address=ELSEWHERE)

    assert (order.address, caught.value.status) == (Address(), "address")


# Lost answers: one effect or none


@pytest.mark.parametrize("fault", ["lost", "gateway", "truncated", "html"])
def test_a_change_whose_answer_was_lost_is_made_once(sap: Sap, erp: SapErp, fault: str) -> None:
    order = erp.order(ORDER)
    change(erp, erp.order(OTHER), key="warm")
    sap.faults.next(fault, method="POST")

    with pytest.raises(Unknown):
        change(erp, order)
    writes = len(sent(sap, "POST"))
    was_made = erp.order_changed_by(ORDER, "k") is not None
    done = change(erp, order)

    assert done.lines[0].sku == "BLU-JKT-L"
    assert erp.order_changed_by(ORDER, "k") == done
    assert len(sent(sap, "POST")) == writes + (not was_made)
    assert was_made == (fault != "html")


@pytest.mark.parametrize("fault", ["lost", "gateway", "truncated"])
def test_a_reservation_whose_answer_was_lost_is_made_once(sap: Sap, erp: SapErp, fault: str) -> None:
    sap.faults.next(fault, method="POST")

    with pytest.raises(Unknown):
        reserve(erp, "lost", EWR=3, RNO=2)
    made = erp.reservation_made_by("lost")

    assert made is not None
    assert made == reserve(erp, "lost", EWR=3, RNO=2)
    assert sap.inside.reserved(BOTTLE) == 5


def test_a_reservation_that_never_arrived_is_made_when_it_is_asked_for_again(sap: Sap, erp: SapErp) -> None:
    sap.faults.next("error", method="POST")
    with pytest.raises(Unknown):
        reserve(erp, "failed", EWR=3)
    assert erp.reservation_made_by("failed") is None

    reserve(erp, "failed", EWR=3)

    assert sap.inside.reserved(BOTTLE) == 3


def test_a_release_whose_answer_was_lost_is_made_once(sap: Sap, erp: SapErp) -> None:
    made = reserve(erp, "back", EWR=3, RNO=2)
    sap.faults.next("lost", method="POST")
    with pytest.raises(Unknown):
        erp.release(made.id)
    writes = len(sent(sap, "POST"))

    assert erp.release(made.id).is_released
    assert len(sent(sap, "POST")) == writes, "SAP shows that its items are marked already"
    assert sap.inside.reserved(BOTTLE) == 0


@pytest.mark.parametrize("fault", ["lost", "gateway"])
def test_a_return_whose_answer_was_lost_is_announced_once(sap: Sap, erp: SapErp, fault: str) -> None:
    order = TO_BE_RETURNED[0]
    sap.faults.next(fault, method="POST")

    with pytest.raises(Unknown):
        give_back(erp, order, "lost")
    found = erp.return_made_by("lost")

    assert found is not None
    assert found == give_back(erp, order, "lost")
    assert sap.inside.returns(order) == 1


def test_what_was_done_but_cant_be_read_is_in_doubt(sap: Sap, erp: SapErp) -> None:
    order = erp.order(ORDER)
    change(erp, erp.order(OTHER), key="warm")
    sap.requests.clear()
    fetched = erp._api.one
    erp._api.one = lambda *given: _fails(sap, fetched, given)  # type: ignore[method-assign]

    with pytest.raises(Unknown):
        change(erp, order)

    erp._api.one = fetched  # type: ignore[method-assign]
    assert change(erp, order).lines[0].sku == "BLU-JKT-L"
    assert len(sent(sap, "POST")) == 1


def _fails(sap: Sap, fetched: Callable[..., Any], given: Any) -> Any:
    """Reads as long as nothing was written."""
    if sent(sap, "POST"):
        raise Unavailable("it went away", system="erp")
    return fetched(*given)


def test_a_write_that_was_never_sent_changed_nothing(sap: Sap, erp: SapErp) -> None:
    order = erp.order(ORDER)
    sap.faults.next("refused", path="API_SALES_ORDER_SRV/")

    with pytest.raises(Unavailable):
        change(erp, order)

    assert erp.order_changed_by(ORDER, "k") is None
    assert erp.order(ORDER) == order


# What SAP answers


def test_whoever_is_refused_isnt_tried_again_and_again(sap: Sap, erp: SapErp) -> None:
    sap.password = "another"

    with pytest.raises(ShutOut) as caught:
        erp.order(ORDER)

    assert "SAP_USER" in str(caught.value)
    assert len(sap.requests) == 1


def test_a_log_in_page_with_status_200_is_no_answer(sap: Sap, erp: SapErp) -> None:
    sap.faults.next("html")

    with pytest.raises(Malformed):
        erp.order(ORDER)


def test_an_account_without_a_number_is_no_answer(sap: Sap, erp: SapErp, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(*given: Any) -> Any:
        return [
            [{name: one for name, one in row.items() if name != "BusinessPartner"} for row in rows]
            for rows in each(*given)
        ]

    each = erp._api.each
    monkeypatch.setattr(erp._api, "each", without)

    with pytest.raises(Malformed):
        erp.customers_by_email("office@example.com")


def test_a_limit_is_waited_for_or_told(sap: Sap, erp: SapErp) -> None:
    sap.faults.next("throttled")
    with pytest.raises(Unavailable), within(1.0):
        erp.order(ORDER)

    sap.faults.next("daily")
    with pytest.raises(ShutOut):
        erp.order(ORDER)


@pytest.mark.parametrize(
    ("headers", "seconds", "is_daily"),
    [({"Retry-After": "7"}, 7, False), ({}, 60, False), ({"Retry-After": "43200"}, 43200, True)],
)
def test_how_long_a_limit_lasts(headers: dict[str, str], seconds: float, is_daily: bool) -> None:
    pause = SapDialect().pause(Answer(status=429, headers=headers, body=b"", system="erp"))

    assert pause is not None
    assert (pause.seconds, pause.is_daily) == (seconds, is_daily)


def test_errors_are_understood_in_json_and_in_xml_and_hold_no_customers_data(sap: Sap, erp: SapErp) -> None:
    given = [
        b'{"error":{"code":"V1/319","message":{"lang":"en","value":"Ada Lovett"},"innererror":{}}}',
        b'<?xml version="1.0"?><error xmlns="x"><code>V1/319</code><message xml:lang="en">Ada Lovett</message></error>',
    ]
    for body in given:
        with pytest.raises(Rejected) as caught:
            _judge(Answer(status=400, headers={}, body=body, system="erp"), is_write=True)
        assert caught.value.status == "V1/319"
        assert "Ada" not in str(caught.value)


def test_a_service_that_isnt_active_is_named_with_the_mend(sap: Sap, erp: SapErp) -> None:
    body = b'{"error":{"code":"/IWFND/MED/170","message":{"value":"No service found"}}}'
    with pytest.raises(Misconfigured):
        _judge(Answer(status=403, headers={}, body=body, system="erp"), is_write=False)
    with pytest.raises(Misconfigured):
        _judge(Answer(status=404, headers={}, body=body, system="erp"), is_write=False)


def test_all_pages_are_read(sap: Sap, erp: SapErp) -> None:
    sap.odata.page = 3

    assert len(erp.orders_since("1001", NOW - AGES)) >= 10
    assert len(erp.order(LONG_ORDER).lines) == 11


def test_an_order_of_999_items_is_read_whole_in_one_request(sap: Sap, erp: SapErp) -> None:
    (first,) = sap.records.of("A_SalesOrderItem", SalesOrder="5001")
    for place in range(2, 1000):
        sap.records.put("A_SalesOrderItem", **{**first, "SalesOrderItem": str(place * 10)})

    lines = erp.order("5001").lines

    assert [line.id for line in lines] == [str(place * 10) for place in range(1, 1000)]
    assert len(sap.requests) == 1


# Papers


def test_an_invoice_comes_as_sap_drew_it(erp: SapErp) -> None:
    paper = erp.invoice_pdf("8001")

    assert paper is not None
    assert paper.startswith(b"%PDF-")
    assert erp.invoice_pdf("4711") is None


@pytest.mark.parametrize("binary", [base64.b64encode(b"<html>").decode(), "no base64!", ""])
def test_a_pdf_that_is_none_isnt_given_to_anybody(sap: Sap, erp: SapErp, binary: str) -> None:
    sap.odata.functions["API_BILLING_DOCUMENT_SRV", "GetPDF"] = (
        ("BillingDocument",),
        lambda *_: {"BillingDocument": "8001", "BillingDocumentBinary": binary},
    )

    with pytest.raises(Malformed):
        erp.invoice_pdf("8001")


# Settings


def test_where_nobody_enters_proofs_of_delivery_arrivals_are_presumed(engine: Engine) -> None:
    with Sap() as sap:
        sap.has_proofs = False
        sap.lay(backoffice(NOW))
        erp = connectors.erp(settings_for(sap), engine)

        orders = erp.orders_since("1001", NOW - AGES)

        assert not erp.capabilities.deliveries
        assert OrderStatus.DUE in {one.status for one in orders}
        assert all(one.delivered_at is None for one in orders)
        assert give_back(erp, TO_BE_RETURNED[0], "due").lines[0].quantity == 1  # type: ignore[arg-type]


def test_customers_may_have_other_numbers_than_their_business_partners(sap: Sap, connect: Connect) -> None:
    for row in sap.records.of("A_BusinessPartner"):
        if values.plain(row["Customer"]) == "1001":
            row["Customer"] = "0000077001"

    erp = connect(partners_are_customers=False)

    assert [one.number for one in erp.customers_by_phone(ADA)] == ["77001"]
    assert erp.customer("77001").name == "Ada Lovett"


def test_a_token_of_an_oauth_server_opens_it_too(sap: Sap, engine: Engine) -> None:
    erp = connectors.erp(settings.load(ASSISTANT_FILE, {**environment(), **sap.oauth_environment}), engine)
    assert erp.order(ORDER)
    sap.faults.next("expired")

    assert erp.order(ORDER)
    assert sap.asks["oauth"] == 2

    sap.secret = "another"
    sap.faults.next("expired")
    with pytest.raises(ShutOut):
        erp.order(ORDER)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"SAP_URL": "http://sap.example", "SAP_USER": "a", "SAP_PASSWORD": "b"},
        {"SAP_URL": "https://sap.example", "SAP_USER": "a"},
        {"SAP_URL": "https://sap.example", "SAP_TOKEN_URL": "https://sap.example/token"},
        {"SAP_URL": "https://sap.example", "SAP_TOKEN_URL": "http://sap.example/token", "SAP_OAUTH_CLIENT_ID": "a"},
    ],
)
def test_what_opens_it_must_be_there_and_safe(given: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        read(given)


def test_of_a_sap_that_has_everything_check_erp_says_so_and_changes_nothing(
    sap: Sap, known: Settings, engine: Engine
) -> None:
    findings = list(connectors.check_erp(known, engine))

    assert [one.text for one in findings if not one.is_good] == []
    assert len(findings) >= 8
    assert {one.method for one in sap.requests} == {"GET"}


def test_what_doesnt_fit_is_told_with_the_mend(sap: Sap, known: Settings, engine: Engine) -> None:
    changed = with_rules(known, ship_to_function="WE", carriers={}, payment_terms={}, tracking_field="MeansOfTransport")

    told = [one.text for one in connectors.check_erp(changed, engine) if not one.is_good]

    for setting in ("ship_to_function", "carriers", "payment_terms", "tracking_field"):
        assert any(f"erp.sap.{setting}" in text for text in told), setting


def test_a_sap_that_lets_nobody_in_says_why(sap: Sap, known: Settings, engine: Engine) -> None:
    sap.password = "another"

    (finding,) = connectors.check_erp(known, engine)

    assert not finding.is_good
    assert "SAP_PASSWORD" in finding.text
    assert len(sap.requests) == 1


def test_a_setting_that_sap_refuses_is_named(sap: Sap, connect: Connect) -> None:
    erp = connect(cost_center="", return_type="ZZZZ")

    with pytest.raises(Misconfigured) as caught:
        reserve(erp, "unset", EWR=1)
    assert "cost_center" in str(caught.value)
    with pytest.raises(Misconfigured) as caught:
        give_back(erp, TO_BE_RETURNED[0], "unset")
    assert "return_type" in str(caught.value)

    assert erp.reservation_made_by("unset") is None
    assert sap.inside.returns(TO_BE_RETURNED[0]) == 0


# How values are written


def test_days_and_times_are_read() -> None:
    zone = timezone.utc
    assert values.day("/Date(1773187200000)/") == values.day("/Date(1773187200000+0000)/") == date(2026, 3, 11)
    assert [values.day(text) for text in ("", "/Date(-62135596800000)/", "/Date(0)/", "2026-03-11", "/Date(9e9)/")] == [
        None
    ] * 5
    assert values.day("/Date(999999999999999)/") is None
    assert values.moment("/Date(1773187200000)/", "PT13H45M07S", zone) == datetime(2026, 3, 11, 13, 45, 7, tzinfo=zone)
    assert values.moment("/Date(1773187200000)/", "PT99H", zone) == datetime(2026, 3, 11, tzinfo=zone)
    assert values.written(date(2026, 3, 11)) == "/Date(1773187200000)/"


def test_numbers_are_written_as_texts_without_exponents() -> None:
    assert [values.amount(Decimal(text)) for text in ("1E+3", "4.000", "0.5", "0")] == ["1000", "4", "0.5", "0"]
    assert values.price(Decimal("379.98"), Decimal(2)) == Decimal("189.99")
    assert values.price(Decimal("1.00"), Decimal(3)) == Decimal("0.3333")


def test_ids_are_padded_only_where_they_are_numbers() -> None:
    assert [values.padded(text) for text in ("5001", "R-2079", "")] == ["0000005001", "R-2079", ""]
    assert [values.plain(text) for text in ("0000005001", "0R-1", "000000")] == ["5001", "0R-1", ""]


def test_a_batch_that_makes_no_sense_is_told_as_such() -> None:
    for kind, body in (
        ("text/html", b"<html>"),
        ("multipart/mixed; boundary=x", b""),
        ("multipart/mixed; boundary=x", b"--x\r\nContent-Type: application/http\r\n\r\nnonsense\r\n--x--"),
        ("multipart/mixed; boundary=x", b"--x\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 no\r\n\r\n--x--"),
    ):
        with pytest.raises(FrontdeskError):
            multipart.answers(Answer(status=202, headers={"Content-Type": kind}, body=body, system="erp"))
