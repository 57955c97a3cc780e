"""The stand-in of Dynamics 365 F&O refuses what F&O refuses: else the connector's tests prove nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
import requests
from requests import Response

from tests.data.backoffice import backoffice
from tests.fakes import entra
from tests.fakes.dynamics import Dynamics
from tests.fakes.dynamics_inventory import ENVIRONMENT, SCOPE, TOKEN_SCOPE
from tests.fakes.dynamics_schema import ENUMS, NAMESPACE, NO_DATE, SETS

NOW = datetime(2026, 3, 11, 17, 30, 15, tzinfo=timezone.utc)
ORDERS, LINES = "SalesOrderHeadersV2", "SalesOrderLines"
OF_COMPANY = "dataAreaId eq 'usmf'"
OPEN_ORDER, OPEN_LINE = "5001", "LOT-5001-1"
CANCELLED = next(row["number"] for row in backoffice(NOW).orders if row["status"] == "cancelled")
STATUS = f"{NAMESPACE}.SalesStatus"

Ask = Callable[..., Response]


@pytest.fixture
def dynamics() -> Iterator[Dynamics]:
    """A company of the test's own."""
    with Dynamics() as one:
        one.lay(backoffice(NOW))
        yield one


@pytest.fixture
def ask(dynamics: Dynamics) -> Ask:
    """Asks the OData service with a good token."""
    token = entra_token(dynamics, f"{dynamics.url}/.default")

    def asked(path: str, method: str = "GET", **more: Any) -> Response:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        address = f"{dynamics.url}/data/{path.replace(' ', '%20')}"
        return requests.request(method, address, headers=headers, timeout=10, **more)

    return asked


@pytest.fixture
def inventory(dynamics: Dynamics) -> Ask:
    """Asks Inventory Visibility with a good token, which takes two steps."""
    assertion = {"client_assertion_type": "aad_app", "client_assertion": entra_token(dynamics, SCOPE)}
    body = {"grant_type": "client_credentials", "scope": TOKEN_SCOPE, "context": ENVIRONMENT, **assertion}
    told = requests.post(
        f"{dynamics.url}/security/token",
        json={**body, "context_type": "finops-env"},
        headers={"Api-Version": "1.0"},
        timeout=10,
    )
    assert [one.status_code for one in told.history] == [307]
    headers = {"Authorization": f"Bearer {told.json()['access_token']}", "Api-Version": "1.0"}

    def asked(path: str, body: Any, **more: str) -> Response:
        address = f"{dynamics.url}/iv/api/environment/{ENVIRONMENT}/onhand/{path}"
        return requests.post(address, json=body, headers=headers | more, timeout=10)

    return asked


def entra_token(dynamics: Dynamics, scope: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": entra.CLIENT_ID, "client_secret": entra.CLIENT_SECRET}
    address = f"{dynamics.url}/{entra.TENANT}/oauth2/v2.0/token"
    token: str = requests.post(address, data={**form, "scope": scope}, timeout=10).json()["access_token"]
    return token


def order(number: str = OPEN_ORDER, name: str = ORDERS) -> str:
    return f"{name}(dataAreaId='usmf',SalesOrderNumber='{number}')?cross-company=true"


def line(lot: str = OPEN_LINE) -> str:
    return f"{LINES}(dataAreaId='usmf',InventoryLotId='{lot}')?cross-company=true"


def batch(*parts: str) -> dict[str, Any]:
    body = "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--\r\n"
    return {"method": "POST", "data": body.encode(), "headers": {"Content-Type": "multipart/mixed; boundary=b"}}


def operation(method: str, path: str, body: Any = None, content_id: str = "", **headers: str) -> str:
    head = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
    head += f"Content-ID: {content_id}\r\n" if content_id else ""
    lines = [f"{method} {path.replace(' ', '%20')} HTTP/1.1", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return f"{head}\r\n" + "\r\n".join([*lines, "", json.dumps(body) if body is not None else ""])


def changeset(*operations: str) -> str:
    inner = "".join(f"--c\r\n{one}\r\n" for one in operations)
    return f"Content-Type: multipart/mixed; boundary=c\r\n\r\n{inner}--c--\r\n"


# What may be asked


@pytest.mark.parametrize(
    "query",
    [
        "$filter=SalesOrderNo eq '5001'",
        "$filter=SalesOrderNumber in ('5001')",
        "$filter=contains(SalesOrderNumber,'5001')",
        "$filter=SalesOrderStatus eq 'Backorder'",
        f"$filter=SalesOrderStatus eq {STATUS}'Open'",
        f"$filter=SalesOrderStatus gt {STATUS}'None'",
        "$filter=SalesOrderNumber eq 5001",
        "$filter=OrderCreationDateTime ge '2026-03-01'",
        "$filter=OrderCreationDateTime ge 2026-03-01",
        "$filter=SalesOrderNumber eq '5001",
        "$filter=SalesOrderNumber+eq+'5001'",
        "$filter=",
        "$select=SalesOrderNumber,Phone",
        "$expand=SalesOrderLines($expand=SalesOrderHeaderV2)",
        "$expand=Customer",
        "$orderby=Phone",
        "$top=many",
        "$apply=groupby((SalesOrderNumber))",
        "$search=5001",
        "cross-company=yes",
    ],
)
def test_what_fo_doesnt_understand_is_refused(ask: Ask, query: str) -> None:
    answer = ask(f"{ORDERS}?{query}")

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("name", ["SalesOrderLinesV2", "SalesInvoiceLinesV2", "CustTransOpens", "salesorderheadersv2"])
def test_a_set_that_isnt_in_the_metadata_isnt_there(ask: Ask, name: str) -> None:
    assert ask(f"{name}?cross-company=true").status_code == 404


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (f"{OF_COMPANY} and SalesOrderNumber eq '50*9'", ["5009", "5049", "5059", "5069", "5079"]),
        (f"{OF_COMPANY} and (SalesOrderNumber eq '5001' or SalesOrderNumber eq '5002')", ["5001", "5002"]),
        (f"{OF_COMPANY} and SalesOrderStatus eq {STATUS}'Canceled'", [CANCELLED]),
        ("DATAAREAID eq 'usmf' and SalesOrderNumber eq '5001'", None),
        ("dataAreaId eq 'USMF' and not (SalesOrderNumber ge '5001')", ["5000"]),
    ],
)
def test_what_fo_understands_is_answered(ask: Ask, query: str, numbers: list[str] | None) -> None:
    answer = ask(f"{ORDERS}?cross-company=true&$select=SalesOrderNumber&$orderby=SalesOrderNumber&$filter={query}")

    if numbers is None:
        assert answer.status_code == 400
    else:
        assert [row["SalesOrderNumber"] for row in answer.json()["value"]] == numbers


def test_other_companies_are_crossed_only_if_asked_for(ask: Ask) -> None:
    assert ask(f"{ORDERS}?$filter={OF_COMPANY}").json()["value"] == []
    assert ask(order().partition("?")[0]).status_code == 404
    both = ask(f"{ORDERS}?cross-company=true&$filter=SalesOrderNumber eq '5001'").json()["value"]
    assert {row["dataAreaId"] for row in both} == {"usmf", "demf"}


def test_every_part_of_a_key_is_demanded(ask: Ask) -> None:
    assert ask(f"{ORDERS}(SalesOrderNumber='5001')?cross-company=true").status_code == 400
    assert ask(f"{ORDERS}('5001')?cross-company=true").status_code == 400
    assert ask(order()).json()["SalesOrderNumber"] == "5001"


def test_many_rows_come_in_pages(dynamics: Dynamics, ask: Ask) -> None:
    dynamics.data.page = 2
    first = ask(f"{ORDERS}?cross-company=true&$count=true&$select=SalesOrderNumber&$filter={OF_COMPANY}&$top=3").json()
    rest = ask(first["@odata.nextLink"].partition("/data/")[2]).json()

    assert (len(first["value"]), len(rest["value"])) == (2, 1)
    assert "@odata.nextLink" not in rest
    assert first["@odata.count"] > 3


def test_a_row_has_no_more_than_was_selected_and_no_date_is_in_1900(ask: Ask) -> None:
    fields = "SalesOrderNumber,ConfirmedReceiptDate"
    row = ask(f"{order(CANCELLED)}&$select={fields}").json()

    assert {name for name in row if not name.startswith("@")} == set(fields.split(","))
    assert row["ConfirmedReceiptDate"] == NO_DATE


def test_nobody_is_let_in_without_a_token(dynamics: Dynamics) -> None:
    assert requests.get(f"{dynamics.url}/data/{order()}", timeout=10).status_code == 401


def test_the_names_of_all_fields_are_of_a_known_type() -> None:
    kinds = {one.kind for kind in SETS.values() for one in kind.fields.values()}

    assert kinds <= {"Edm.String", "Edm.Decimal", "Edm.DateTimeOffset", "Edm.Int64", "Edm.Guid", *ENUMS}
    assert all(behind in SETS for kind in SETS.values() for behind in kind.navigations.values())


# What may be written


@pytest.mark.parametrize(
    "body",
    [
        {"OrderedQuantity": 2},
        {"OrderedSalesQuantity": "2"},
        {"OrderedSalesQuantity": None},
        {"OrderedSalesQuantity": True},
        {"OrderedSalesQuantity": -1},
        {"OrderedSalesQuantity": 1.5},
        {"OrderedSalesQuantity": 4000},
        {"ProductSizeId": "XXL"},
        {"ProductSizeId": 5},
        {"ItemNumber": "MUG-EU"},
        {"SalesOrderLineStatus": "Canceled"},
        {"SalesOrderLineStatus": "Gone"},
        {"RequestedReceiptDate": "2026-03-20"},
        {"InventoryLotId": "LOT-5002-1"},
        [],
    ],
    ids=str,
)
def test_a_line_becomes_nothing_that_makes_no_sense(ask: Ask, body: Any) -> None:
    before = ask(line()).json()

    assert ask(line(), "PATCH", json=body).status_code == 400
    assert ask(line()).json() == before


def test_business_logic_says_no_in_the_infolog(ask: Ask) -> None:
    error = ask(line("LOT-5003-1"), "PATCH", json={"OrderedSalesQuantity": 2}).json()["error"]

    assert error["message"] == "An error has occurred."
    assert error["innererror"]["message"].startswith(
        "Write failed for table row of type 'SalesOrderLineEntity'. Infolog:"
    )


@pytest.mark.parametrize("happens", ["pack", "ship"])
def test_a_line_that_is_picked_or_delivered_cant_change(dynamics: Dynamics, ask: Ask, happens: str) -> None:
    tags = [ask(path).json()["@odata.etag"] for path in (order(), line())]
    getattr(dynamics.inside, happens)(OPEN_ORDER)

    assert ask(line(), "PATCH", json={"OrderedSalesQuantity": 2}).status_code == 400
    assert ask(line(), "DELETE").status_code == 400
    for path, tag in zip((order(), line()), tags, strict=True):
        assert ask(path, "PATCH", json={}, headers={"If-Match": tag}).status_code == 412


def test_a_changed_line_has_another_tag_price_and_place_on_the_shelf(dynamics: Dynamics, ask: Ask) -> None:
    tag = ask(line()).json()["@odata.etag"]

    done = ask(line(), "PATCH", json={"ProductColorId": "red"}, headers={"If-Match": tag})
    after = ask(line()).json()

    assert (done.status_code, done.headers["ETag"]) == (204, after["@odata.etag"])
    assert (after["SalesPrice"], after["LineAmount"]) == (199.0, 199.0)
    assert ask(line(), "PATCH", json={"ProductColorId": "blue"}, headers={"If-Match": tag}).status_code == 412
    assert dynamics.inside.lines(OPEN_ORDER)["1"][0] == "RED-JKT-M"


def test_a_changeset_is_made_whole_or_not_at_all(ask: Ask) -> None:
    header = operation("PATCH", f"/data/{order()}", {"DeliveryAddressCity": "Boston"}, "1")
    too_many = operation("PATCH", f"/data/{line()}", {"OrderedSalesQuantity": 4000}, "2")
    fine = operation("PATCH", f"/data/{line()}", {"OrderedSalesQuantity": 2}, "2")

    refused = ask("$batch", **batch(changeset(header, too_many)))
    assert refused.status_code == 200 and "HTTP/1.1 400" in refused.text
    assert ask(order()).json()["DeliveryAddressCity"] == "Jersey City"

    made = ask("$batch", **batch(changeset(header, fine)))
    assert made.text.count("HTTP/1.1 204") == 2
    assert ask(order()).json()["DeliveryAddressCity"] == "Boston"


@pytest.mark.parametrize(
    "parts",
    [
        [operation("PATCH", f"/data/{order()}", {})],
        [changeset(operation("PATCH", f"/data/{order()}", {}))],
        [changeset(operation("GET", f"/data/{order()}", None, "1"))],
        [changeset(operation("POST", "$9/ReturnOrderLines", {}, "1"))],
        ["Content-Type: text/plain\r\n\r\nGET / HTTP/1.1"],
        [],
    ],
    ids=["write outside", "no id", "read inside", "unknown reference", "no http", "empty"],
)
def test_a_batch_has_its_form(ask: Ask, parts: list[str]) -> None:
    answer = ask("$batch", **batch(*parts))

    assert answer.status_code == 400 or "HTTP/1.1 400" in answer.text


def test_what_meets_another_users_change_fails_as_a_write(dynamics: Dynamics, ask: Ask) -> None:
    dynamics.faults.next("conflict", method="PATCH")

    failed = ask(line(), "PATCH", json={"OrderedSalesQuantity": 2})

    assert failed.status_code == 400
    assert "update conflict occurred" in failed.json()["error"]["innererror"]["message"]
    assert ask(line(), "PATCH", json={"OrderedSalesQuantity": 2}).status_code == 204


# Returns


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 201),
        ({"ReturnSalesQuantity": 2}, 400),
        ({"ReturnSalesQuantity": -4}, 400),
        ({"ReturningInventoryLotId": "LOT-5001-1"}, 400),
        ({"ReturningInventoryLotId": "LOT-5040-1"}, 400),
        ({"ItemNumber": "MUG-EU"}, 400),
        ({"ReturnStatus": "Received"}, 400),
    ],
    ids=str,
)
def test_only_what_was_delivered_comes_back_and_below_zero(ask: Ask, changed: dict[str, Any], status: int) -> None:
    header = {"dataAreaId": "usmf", "CustomerAccountNumber": "1009", "DefaultReturnWarehouseId": "EWR"}
    number = ask("ReturnOrderHeadersV2", "POST", json=header).json()["ReturnOrderNumber"]
    wanted = {"dataAreaId": "usmf", "ReturnOrderNumber": number, "ReturningInventoryLotId": "LOT-5100-1"}

    answer = ask("ReturnOrderLinesV2", "POST", json={**wanted, "ReturnSalesQuantity": -3, **changed})

    assert answer.status_code == status
    if status == 201:
        assert answer.json()["LineAmount"] == -569.97
        again = ask("ReturnOrderLinesV2", "POST", json={**wanted, "ReturnSalesQuantity": -1})
        assert again.status_code == 400, "all of it comes back already"


def test_a_return_without_a_warehouse_has_no_site(ask: Ask) -> None:
    header = {"dataAreaId": "usmf", "CustomerAccountNumber": "1009"}
    head = operation("POST", "/data/ReturnOrderHeadersV2", header, "1")
    lines = operation("POST", "$1/ReturnOrderLines", {"ReturnSalesQuantity": -1}, "2")

    refused = ask("$batch", **batch(changeset(head, lines)))

    assert "Inventory dimension Site is mandatory" in refused.text


def test_a_note_is_about_a_return_that_is_there(dynamics: Dynamics, ask: Ask) -> None:
    number = dynamics.tables.rows["returns"][0]["ReturnOrderNumber"]
    note = {
        "dataAreaId": "usmf",
        "ReturnOrderNumber": number,
        "DocumentAttachmentTypeCode": "Note",
        "Notes": "Too small",
    }

    made = ask("ReturnOrderHeaderDocumentAttachments", "POST", json=note)

    assert made.status_code == 201
    for changed in ({"ReturnOrderNumber": "R-0"}, {"DocumentAttachmentTypeCode": "Words"}, {"DocumentId": "1"}):
        assert ask("ReturnOrderHeaderDocumentAttachments", "POST", json=note | changed).status_code == 400


# Papers


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 200),
        ({"_reportParameterJson": {}}, 400),
        ({"_controllerName": "FreeTextInvoiceController"}, 400),
        ({"_controllerArgsJson": "8001"}, 400),
        ({"_more": ""}, 400),
    ],
    ids=str,
)
def test_an_invoice_is_drawn_for_five_texts(ask: Ask, changed: dict[str, Any], status: int) -> None:
    wanted = {"DataTableName": "CustInvoiceJour", "DataTableFieldName": "InvoiceId", "DataTableFieldValue": "8001"}
    body = {
        "_legalEntityName": "USMF",
        "_controllerName": "SalesInvoiceController",
        "_contractName": "SrsCopilotArgsContract",
        "_controllerArgsJson": json.dumps(wanted),
        "_reportParameterJson": "{}",
    }

    assert ask(f"SrsFinanceCopilots/{NAMESPACE}.RunCopilotReport", "POST", json=body | changed).status_code == status


# Inventory Visibility

BOTTLE = {"siteId": "1", "locationId": "EWR", "configId": "750 ml"}
RESERVE = {
    "id": "a",
    "organizationId": "usmf",
    "productId": "BTL",
    "dimensions": BOTTLE,
    "quantityDataSource": "frontdesk",
    "modifier": "hold",
    "quantity": 5,
    "ifCheckAvailForReserv": True,
}


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": 821},
        {"quantity": "5"},
        {"quantity": 0},
        {"modifier": "softhold"},
        {"quantityDataSource": "pos"},
        {"organizationId": "demf"},
        {"productId": "NO-SUCH"},
        {"dimensions": {"siteId": "1"}},
        {"dimensions": {**BOTTLE, "material": "steel"}},
        {"until": "2026-03-12"},
    ],
    ids=str,
)
def test_what_isnt_configured_or_there_isnt_reserved(dynamics: Dynamics, inventory: Ask, changed: Any) -> None:
    assert inventory("reserve", RESERVE | changed).status_code == 400
    assert dynamics.inside.reserved("TRV-BTL-750") == 0


def test_two_reservations_of_one_article_share_an_id_and_one_can_eat_the_other(inventory: Ask) -> None:
    first, second = (inventory("reserve", RESERVE).json() for _ in range(2))
    assert first["reservationId"] == second["reservationId"]

    dimensions = {"siteid": "1", "locationid": "EWR", "ConfigId": "750 ml"}
    back = {"id": "b", "organizationId": "usmf", "productId": "BTL", "dimensions": dimensions}
    over = inventory("unreserve", {**back, "reservationId": first["reservationId"], "OffsetQty": 12}).json()

    assert (over["processingStatus"], over["totalInvalidOffsetQtyByReservId"]) == ("partialSuccess", 2)


def test_of_many_reservations_each_has_its_own_answer(inventory: Ask) -> None:
    answer = inventory("reserve/bulk", [RESERVE, RESERVE | {"quantity": 900}])

    assert [one["processingStatus"] for one in answer.json()] == ["success", "failed"]


def test_what_is_free_is_told_by_warehouse(inventory: Ask) -> None:
    inventory("reserve", RESERVE)
    places = {"siteId": ["1", "2", "3"], "locationId": ["EWR", "RNO", "CMH"]}
    filters = {"organizationId": ["usmf"], "productId": ["BTL"], **places, "configId": ["750 ml"]}

    query = {"filters": filters, "groupByValues": ["configId"], "returnNegative": True}
    found = inventory("indexquery", query).json()

    free = {one["dimensions"]["locationId"]: one["quantities"]["iv"]["availabletoreserve"] for one in found}
    assert free == {"EWR": 815, "RNO": 210, "CMH": 310}
    without = {name: values for name, values in filters.items() if name != "siteId"}
    assert inventory("indexquery", {**query, "filters": without}).status_code == 400
    assert inventory("indexquery", query, **{"Api-Version": "3.0"}).status_code == 400
