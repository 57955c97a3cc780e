"""The stand-in of SAP refuses what SAP refuses: a stand-in that takes anything proves nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.data.backoffice import backoffice
from tests.fakes.sap import PASSWORD, USER, Sap
from tests.fakes.sap_odata import BASE

NOW = datetime(2026, 3, 11, 17, 30, 15, tzinfo=timezone.utc)
ORDER = "A_SalesOrder('0000005040')"
ITEM = "A_SalesOrderItem(SalesOrder='0000005040',SalesOrderItem='10')"


class Asker:
    """Somebody who asks as a client of SAP does."""

    def __init__(self, sap: Sap) -> None:
        self.sap = sap
        self.session = requests.Session()
        self.session.auth = (USER.encode(), PASSWORD.encode())
        self.session.headers["Accept"] = "application/json"

    def get(self, service: str, path: str, headers: dict[str, str] | None = None, **query: str) -> requests.Response:
        """Reads something, its query encoded as SAP wants it."""
        text = "&".join(f"${name}={quote(value, safe='')}" for name, value in query.items())
        return self.session.get(f"{self.sap.url}{BASE}{service}/{path}{'?' * bool(text)}{text}", headers=headers)

    def found(self, service: str, path: str, **query: str) -> list[dict[str, Any]]:
        """What a query finds."""
        answer = self.get(service, path, **query)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["d"]["results"]
        return results

    def token(self, service: str = "API_SALES_ORDER_SRV") -> dict[str, str]:
        """Fetches a CSRF token; the cookies stay in the session."""
        return {"x-csrf-token": self.get(service, "", {"x-csrf-token": "Fetch"}).headers["x-csrf-token"]}

    def send(self, method: str, service: str, path: str, body: Any, **headers: str) -> requests.Response:
        """Writes something."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(
            method,
            f"{self.sap.url}{BASE}{service}/{path}",
            data=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **named},
        )


@pytest.fixture(scope="module")
def sap() -> Iterator[Sap]:
    """A SAP with the tests' back office."""
    with Sap() as one:
        one.lay(backoffice(NOW))
        yield one


@pytest.fixture
def asker(sap: Sap) -> Asker:
    """Somebody who may ask."""
    return Asker(sap)


# Who asks


def test_nobody_reads_without_the_right_password(sap: Sap) -> None:
    answer = requests.get(f"{sap.url}{BASE}API_SALES_ORDER_SRV/A_SalesOrder", auth=("FRONTDESK", "wrong"), timeout=10)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_bearer_token_of_the_token_endpoint_opens_it_too(sap: Sap) -> None:
    environment = sap.oauth_environment
    who = (environment["SAP_OAUTH_CLIENT_ID"], environment["SAP_OAUTH_CLIENT_SECRET"])
    form = {"grant_type": "client_credentials"}
    token = requests.post(environment["SAP_TOKEN_URL"], form, auth=who, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    answer = requests.get(f"{sap.url}{BASE}API_SALES_ORDER_SRV/{ORDER}", headers=headers, timeout=10)

    assert answer.status_code == 200
    assert requests.post(environment["SAP_TOKEN_URL"], form, auth=("x", "y"), timeout=10).status_code == 401


# What is read


def test_values_come_as_sap_writes_them(asker: Asker) -> None:
    order = asker.get("API_SALES_ORDER_SRV", ORDER, expand="to_Item/to_ScheduleLine").json()["d"]
    item = order["to_Item"]["results"][0]

    assert (order["SalesOrder"], order["SoldToParty"]) == ("0000005040", "0000001008")
    assert order["SalesOrderDate"] == "/Date(1773014400000)/"
    assert order["LastChangeDateTime"] == "/Date(1773077415000+0000)/"
    assert (item["SalesOrderItem"], item["RequestedQuantity"], item["NetAmount"]) == ("10", "1.000", "189.990")
    assert item["to_ScheduleLine"]["results"][0]["ConfdOrderQtyByMatlAvailCheck"] == "1.000"
    assert "uri" in item["to_SalesOrder"]["__deferred"]
    delivery = asker.get("API_OUTBOUND_DELIVERY_SRV", "A_OutbDeliveryHeader('0000007001')").json()["d"]
    assert delivery["ActualGoodsMovementTime"] == "PT12H30M15S"


def test_sets_come_in_pages(asker: Asker) -> None:
    first = asker.get("API_SALES_ORDER_SRV", "A_SalesOrder", inlinecount="allpages", select="SalesOrder").json()["d"]
    second = asker.session.get(first["__next"]).json()["d"]

    assert len(first["results"]) == asker.sap.odata.page
    assert int(first["__count"]) > asker.sap.odata.page
    assert first["results"][-1]["SalesOrder"] != second["results"][0]["SalesOrder"]
    numbers = {row["SalesOrder"] for page in (first, second) for row in page["results"]}
    assert len(numbers) == 2 * asker.sap.odata.page


def test_top_and_skip_and_order_are_obeyed(asker: Asker) -> None:
    rows = asker.found("API_SALES_ORDER_SRV", "A_SalesOrder", orderby="SalesOrder desc", top="2", skip="1")

    assert [row["SalesOrder"] for row in rows] == ["0000005194", "0000005193"]


@pytest.mark.parametrize(
    ("entity", "text", "count"),
    [
        ("A_SalesOrder", "SoldToParty eq '0000001001' and SalesOrderDate ge datetime'2026-03-08T00:00:00'", 3),
        ("A_SalesOrder", "SoldToParty eq '1001'", 0),
        ("A_SalesOrder", "SoldToParty eq '0000001001' and not (SalesOrder ne '0000005001')", 1),
        (
            "A_SalesOrder",
            "LastChangeDateTime ge datetimeoffset'2026-03-10T00:00:00Z' and SalesOrder le '0000005009'",
            1,
        ),
        ("A_SalesOrderItem", "NetAmount gt 1000.5M and RequestedQuantity eq 1M", 2),
        ("A_SalesOrderItem", "Material eq 'MUG-EU' and SalesOrder eq '0000005030'", 1),
        ("A_SalesOrderItem", "SalesOrderItem eq '000010' and SalesOrder eq '0000005040'", 1),
        ("A_SalesOrderItem", "substringof('PEG',Material) and SalesOrder eq '0000005005'", 1),
        ("A_SalesOrderItem", "startswith(Material,'BLU') eq true and SalesOrder eq '0000005005'", 1),
        ("A_SalesOrderItem", "endswith(Material,'O''Brien')", 0),
    ],
)
def test_a_filter_finds(asker: Asker, entity: str, text: str, count: int) -> None:
    assert len(asker.found("API_SALES_ORDER_SRV", entity, filter=text)) == count


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("A_SalesOrder", {"filter": "Colour eq 'blue'"}),
        ("A_SalesOrder", {"filter": "to_Item/Material eq 'BLU-JKT-M'"}),
        ("A_SalesOrder", {"filter": "to_Item/any(i: i/Material eq 'X')"}),
        ("A_SalesOrder", {"filter": "contains(SalesOrder,'5')"}),
        ("A_SalesOrder", {"filter": "tolower(SalesOrder) eq '5'"}),
        ("A_SalesOrder", {"filter": "SalesOrder eq 5040"}),
        ("A_SalesOrder", {"filter": "SalesOrder eq '5' or"}),
        ("A_SalesOrder", {"filter": "SalesOrder eq '5'5'"}),
        ("A_SalesOrder", {"filter": "SalesOrder = '5'"}),
        ("A_SalesOrder", {"filter": "SalesOrder in ('5')"}),
        ("A_SalesOrder", {"filter": "SalesOrderDate ge '2026-03-08'"}),
        ("A_SalesOrder", {"filter": "SalesOrderDate ge 2026-03-08"}),
        ("A_SalesOrder", {"filter": "SalesOrderDate ge datetime'2026-03-08'"}),
        ("A_SalesOrder", {"filter": "SalesOrderDate ge datetimeoffset'2026-03-08T00:00:00Z'"}),
        ("A_SalesOrder", {"filter": "TotalNetAmount gt 10"}),
        ("A_SalesOrder", {"filter": "TotalNetAmount gt '10'"}),
        ("A_SalesOrder", {"select": "SalesOrder,Colour"}),
        ("A_SalesOrder", {"select": "to_Item/Material"}),
        ("A_SalesOrder", {"expand": "to_Items"}),
        ("A_SalesOrder", {"orderby": "Colour"}),
        ("A_SalesOrder", {"top": "-1"}),
        ("A_SalesOrder", {"search": "jacket"}),
        ("A_SalesOrder", {"count": "true"}),
        ("A_SalesOrder", {"format": "yaml"}),
        ("A_SalesOrderItmSubsqntProcFlow", {"filter": "SDProcessStatus eq 'C'"}),
        (ORDER, {"filter": "SalesOrder eq '5'"}),
        ("A_SalesOrderItem('0000005040')", {}),
        ("A_SalesOrderItem(SalesOrder='0000005040')", {}),
        ("A_SalesOrder(5040)", {}),
        ("A_SalesOrder('00000'05040')", {}),
    ],
    ids=str,
)
def test_what_sap_doesnt_know_is_refused(asker: Asker, path: str, query: dict[str, str]) -> None:
    answer = asker.get("API_SALES_ORDER_SRV", path, **query)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] and error["message"]["value"] and error["innererror"]["errordetails"]


@pytest.mark.parametrize(
    "path", ["A_SalesOrders", "A_SalesOrder('5040')", "A_SalesOrder('0000009999')", ORDER + "/to_It"]
)
def test_what_isnt_there_isnt_found(asker: Asker, path: str) -> None:
    assert asker.get("API_SALES_ORDER_SRV", path).status_code == 404


def test_a_plus_for_a_space_is_refused(asker: Asker) -> None:
    url = f"{asker.sap.url}{BASE}API_SALES_ORDER_SRV/A_SalesOrder?$filter=SalesOrder+eq+'5'"

    assert asker.session.get(url).status_code == 400
    assert asker.session.get(url.replace("+", "%20")).status_code == 200


def test_whoever_doesnt_ask_for_json_gets_xml(asker: Asker) -> None:
    asker.session.headers["Accept"] = "*/*"

    found = asker.get("API_SALES_ORDER_SRV", "A_SalesOrder")
    error = asker.get("API_SALES_ORDER_SRV", "A_SalesOrder", filter="Colour eq 'blue'")

    assert found.headers["Content-Type"].startswith("application/atom+xml")
    assert error.status_code == 400 and error.text.startswith("<?xml") and "Colour" in error.text
    assert asker.get("API_SALES_ORDER_SRV", "A_SalesOrder", format="json").json()["d"]["results"]


def test_an_invoice_has_a_pdf(asker: Asker) -> None:
    path = "GetPDF?BillingDocument='0000008001'"

    answer = asker.get("API_BILLING_DOCUMENT_SRV", path).json()["d"]["GetPDF"]

    assert base64.b64decode(answer["BillingDocumentBinary"]).startswith(b"%PDF")
    assert asker.get("API_BILLING_DOCUMENT_SRV", "GetPDF?BillingDocument='0000009999'").status_code == 404
    assert asker.get("API_BILLING_DOCUMENT_SRV", "GetPDF").status_code == 400
    assert asker.get("API_BILLING_DOCUMENT_SRV", "GetPDF?BillingDocument='0000008001'&Colour='x'").status_code == 400


# What is written


def test_nothing_is_written_without_token_and_cookies(asker: Asker, sap: Sap) -> None:
    etag = asker.get("API_SALES_ORDER_SRV", ORDER).headers["ETag"]
    body = {"PurchaseOrderByCustomer": "X"}
    without = asker.send("PATCH", "API_SALES_ORDER_SRV", ORDER, body, If_Match=etag)
    token = asker.token()
    asker.session.cookies.clear()
    without_cookies = asker.send("PATCH", "API_SALES_ORDER_SRV", ORDER, body, If_Match=etag, **token)

    for answer in (without, without_cookies):
        assert (answer.status_code, answer.headers["x-csrf-token"]) == (403, "Required")
        assert answer.text == "CSRF token validation failed"
    assert asker.send("PATCH", "API_SALES_ORDER_SRV", ORDER, body, If_Match=etag, **asker.token()).status_code == 204
    sap.faults.next("csrf")
    assert asker.send("PATCH", "API_SALES_ORDER_SRV", ORDER, body, If_Match=etag, **asker.token()).status_code != 403


@pytest.mark.parametrize("path", ["", "/A_SalesOrder", "/?sap-client=100", "/$metadata"])
def test_a_token_is_only_given_out_at_the_services_root(asker: Asker, path: str) -> None:
    url = f"{asker.sap.url}{BASE}API_SALES_ORDER_SRV{path}"

    assert "x-csrf-token" not in asker.session.get(url, headers={"x-csrf-token": "Fetch"}).headers


def test_an_order_is_only_changed_with_its_newest_etag(asker: Asker) -> None:
    token, body = asker.token(), {"PurchaseOrderByCustomer": "X"}
    old = asker.get("API_SALES_ORDER_SRV", ORDER).headers["ETag"]

    assert asker.send("PATCH", "API_SALES_ORDER_SRV", ORDER, body, **token).status_code == 428
    assert asker.send("PATCH", "API_SALES_ORDER_SRV", ORDER, body, If_Match="*", **token).status_code == 400
    assert asker.send("PATCH", "API_SALES_ORDER_SRV", ORDER, body, If_Match=old, **token).status_code == 204
    assert asker.send("PATCH", "API_SALES_ORDER_SRV", ORDER, body, If_Match=old, **token).status_code == 412
    newer = asker.get("API_SALES_ORDER_SRV", ORDER).headers["ETag"]
    assert asker.send("PATCH", "API_SALES_ORDER_SRV", ITEM, {"RequestedQuantity": "2"}, **token).status_code == 204
    assert asker.get("API_SALES_ORDER_SRV", ORDER).headers["ETag"] not in (old, newer)


@pytest.mark.parametrize(
    "body",
    [
        {"Colour": "blue"},
        {"DeliveryStatus": "C"},
        {"SalesOrder": "0000005041"},
        {"RequestedQuantity": 2},
        {"RequestedQuantity": "2M"},
        {"RequestedQuantity": "2,0"},
        {"RequestedQuantity": "1.5"},
        {"RequestedQuantity": "0.0001"},
        {"RequestedQuantity": "1" * 13},
        {"RequestedQuantity": "0"},
        {"RequestedQuantityUnit": "KG"},
        {"Material": "X" * 41},
        {"Material": "NO-SUCH"},
        {"Material": 5},
        {"SalesDocumentRjcnReason": "99"},
        {"PricingDate": "2026-03-08"},
        {"to_ScheduleLine": []},
        [],
    ],
    ids=str,
)
def test_a_payload_that_makes_no_sense_changes_nothing(asker: Asker, body: Any) -> None:
    before = asker.get("API_SALES_ORDER_SRV", ITEM).json()

    assert asker.send("PATCH", "API_SALES_ORDER_SRV", ITEM, body, **asker.token()).status_code == 400
    assert asker.get("API_SALES_ORDER_SRV", ITEM).json() == before


def test_another_material_has_its_own_price_and_what_isnt_free_isnt_confirmed(asker: Asker) -> None:
    item = "A_SalesOrderItem(SalesOrder='0000005041',SalesOrderItem='10')"
    body = {"Material": "RED-JKT-M", "ProductionPlant": "EWR", "RequestedQuantity": "5"}

    assert asker.send("PATCH", "API_SALES_ORDER_SRV", item, body, **asker.token()).status_code == 204

    shown = asker.get("API_SALES_ORDER_SRV", item).json()["d"]
    assert (shown["NetAmount"], shown["ConfdDelivQtyInOrderQtyUnit"]) == ("995.000", "4.000")


def test_from_packing_on_an_order_cant_be_changed(asker: Asker, sap: Sap) -> None:
    item = "A_SalesOrderItem(SalesOrder='0000005042',SalesOrderItem='10')"
    address = "A_SalesOrderPartnerAddress(SalesOrder='0000005042',PartnerFunction='SH',AddressRepresentationCode='')"
    sap.inside.pack("5042")

    for path, body in (
        (item, {"Material": "BLU-JKT-L"}),
        (item, {"RequestedQuantity": "2"}),
        (item, {"SalesDocumentRjcnReason": "10"}),
        (address, {"CityName": "Boston"}),
    ):
        answer = asker.send("PATCH", "API_SALES_ORDER_SRV", path, body, **asker.token())
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "V1/384")
    assert sap.inside.lines("5042") == {"10": ("BLU-JKT-M", 1), "20": ("MUG-EU", 1)}


def test_what_is_being_picked_can_still_be_changed_unless_sap_is_strict(asker: Asker, sap: Sap) -> None:
    item = "A_SalesOrderItem(SalesOrder='0000005002',SalesOrderItem='10')"

    sap.business.is_strict = True
    refused = asker.send("PATCH", "API_SALES_ORDER_SRV", item, {"Material": "BLU-JKT-L"}, **asker.token())
    sap.business.is_strict = False
    done = asker.send("PATCH", "API_SALES_ORDER_SRV", item, {"Material": "BLU-JKT-L"}, **asker.token())

    assert (refused.status_code, done.status_code) == (400, 204)
    (delivered,) = asker.found(
        "API_OUTBOUND_DELIVERY_SRV", "A_OutbDeliveryItem", filter="ReferenceSDDocument eq '0000005002'"
    )
    assert delivered["Material"] == "BLU-JKT-L"


def _batch(*parts: tuple[str, str, str, Any]) -> bytes:
    """A changeset of requests: method, path, ETag, body."""
    lines = ["--b", "Content-Type: multipart/mixed; boundary=c", ""]
    for method, path, etag, body in parts:
        match = [f"If-Match: {etag}"] if etag else []
        head = ["--c", "Content-Type: application/http", "Content-Transfer-Encoding: binary", ""]
        named = ["Content-Type: application/json", "Accept: application/json"]
        lines += [*head, f"{method} {path} HTTP/1.1", *named, *match, "", json.dumps(body)]
    return "\r\n".join([*lines, "--c--", "", "--b--", ""]).encode()


def test_a_changeset_is_made_whole_or_not_at_all(asker: Asker) -> None:
    order, item = ORDER.replace("5040", "5043"), ITEM.replace("5040", "5043")
    header = {"Content_Type": "multipart/mixed; boundary=b", **asker.token()}
    etag = asker.get("API_SALES_ORDER_SRV", order).headers["ETag"]
    guard = ("PATCH", order, etag, {"PurchaseOrderByCustomer": "WEB"})
    good, bad = (("PATCH", item, "", {"RequestedQuantity": text}) for text in ("3", "0"))
    before = asker.get("API_SALES_ORDER_SRV", order, expand="to_Item").json()

    refused = asker.send("POST", "API_SALES_ORDER_SRV", "$batch", _batch(guard, bad), **header)
    assert "HTTP/1.1 400" in refused.text and "HTTP/1.1 204" not in refused.text
    assert asker.get("API_SALES_ORDER_SRV", order, expand="to_Item").json() == before
    done = asker.send("POST", "API_SALES_ORDER_SRV", "$batch", _batch(guard, good), **header)
    assert (done.status_code, done.text.count("HTTP/1.1 204")) == (202, 2)
    stale = asker.send("POST", "API_SALES_ORDER_SRV", "$batch", _batch(guard, good), **header)
    assert "HTTP/1.1 412" in stale.text


def test_a_batch_reads_several_at_once_and_minds_its_lines(asker: Asker) -> None:
    head = ["--b", "Content-Type: application/http", "Content-Transfer-Encoding: binary", ""]
    paths = ["A_SalesOrder('0000005001')", "A_SalesOrder?$filter=SalesOrder%20eq%20'0000005002'", "A_Nothing"]
    lines = [line for path in paths for line in [*head, f"GET {path} HTTP/1.1", "Accept: application/json", "", ""]]
    body = "\r\n".join([*lines, "--b--", ""])
    header = {"Content_Type": "multipart/mixed; boundary=b", **asker.token()}

    answer = asker.send("POST", "API_SALES_ORDER_SRV", "$batch", body.encode(), **header)

    assert (answer.text.count("HTTP/1.1 200"), answer.text.count("HTTP/1.1 404")) == (2, 1)
    loose = body.replace("\r\n", "\n").encode()
    assert asker.send("POST", "API_SALES_ORDER_SRV", "$batch", loose, **header).status_code == 400


def _reservation(**changed: Any) -> dict[str, Any]:
    item = {
        "Product": "TRV-BTL-750",
        "Plant": "EWR",
        "ResvnItmRequiredQtyInEntryUnit": "20",
        "EntryUnit": "PC",
        "MatlCompRequirementDate": "/Date(1773187200000)/",
    }
    header = {"GoodsMovementType": "201", "CostCenter": "17101101", "ReservationDate": "/Date(1773187200000)/"}
    inner = {name: value for name, value in changed.items() if name in item}
    outer = {name: value for name, value in changed.items() if name not in item}
    return {**header, **outer, "to_ReservationDocumentItem": {"results": [{**item, **inner}]}}


def test_a_reservation_keeps_units_until_its_items_are_marked(asker: Asker, sap: Sap) -> None:
    service = "API_RESERVATION_DOCUMENT_SRV"
    token = asker.token(service)

    made = asker.send("POST", service, "A_ReservationDocumentHeader", _reservation(), **token)

    assert made.status_code == 201
    (item,) = made.json()["d"]["to_ReservationDocumentItem"]["results"]
    assert (item["ReservationItem"], item["ResvnItmRequiredQtyInBaseUnit"]) == ("0001", "20.000")
    assert sap.inside.reserved("TRV-BTL-750") == 20
    key = f"Reservation='{item['Reservation']}',ReservationItem='1',RecordType=''"
    body = {"ReservationItmIsMarkedForDeltn": True}
    assert asker.send("PATCH", service, f"A_ReservationDocumentItem({key})", body, **token).status_code == 204
    assert sap.inside.reserved("TRV-BTL-750") == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"GoodsMovementType": "999"},
        {"CostCenter": ""},
        {"CostCenter": "4711"},
        {"GoodsRecipientName": "thirteen char"},
        {"Reservation": "1"},
        {"ReservationDate": None},
        {"Plant": "LHR"},
        {"Product": "MUG-EU"},
        {"EntryUnit": "KG"},
        {"ResvnItmRequiredQtyInEntryUnit": "0"},
    ],
    ids=str,
)
def test_a_reservation_that_makes_no_sense_isnt_made(asker: Asker, sap: Sap, changed: dict[str, Any]) -> None:
    service = "API_RESERVATION_DOCUMENT_SRV"

    answer = asker.send("POST", service, "A_ReservationDocumentHeader", _reservation(**changed), **asker.token(service))

    assert answer.status_code == 400
    assert sap.inside.reserved("TRV-BTL-750") == 0


def _return(**changed: Any) -> dict[str, Any]:
    item = {
        "ReferenceSDDocument": "5110",
        "ReferenceSDDocumentItem": "10",
        "Material": "BLU-JKT-M",
        "RequestedQuantity": "2",
        "RequestedQuantityUnit": "PC",
        "ReturnReason": "001",
    }
    area = {"SalesOrganization": "1710", "DistributionChannel": "10", "OrganizationDivision": "00"}
    header = {"CustomerReturnType": "CBAR", **area, "SoldToParty": "1009"}
    inner = {name: value for name, value in changed.items() if name in item}
    outer = {name: value for name, value in changed.items() if name not in item}
    return {**header, **outer, "to_Item": {"results": [{**item, **inner}]}}


def test_what_was_delivered_comes_back_once(asker: Asker, sap: Sap) -> None:
    service = "API_CUSTOMER_RETURN_SRV"
    token = asker.token(service)

    made = asker.send("POST", service, "A_CustomerReturn", _return(), **token)
    again = asker.send("POST", service, "A_CustomerReturn", _return(), **token)

    assert (made.status_code, made.json()["d"]["TotalNetAmount"]) == (201, "379.980")
    assert (again.status_code, again.json()["error"]["code"]) == (400, "V1/270")
    assert sap.inside.returns("5110") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"CustomerReturnType": "OR"},
        {"SalesOrganization": "1010"},
        {"SoldToParty": "1001"},
        {"SoldToParty": "4711"},
        {"TransactionCurrency": "EUR"},
        {"ReferenceSDDocument": "9999"},
        {"ReferenceSDDocumentItem": "30"},
        {"Material": "MUG-EU"},
        {"RequestedQuantity": "4"},
        {"ReturnReason": "999"},
        {"PurchaseOrderByCustomer": "x" * 36},
        {"TotalNetAmount": "5"},
        {"Colour": "blue"},
    ],
    ids=str,
)
def test_a_return_that_makes_no_sense_isnt_taken(asker: Asker, sap: Sap, changed: dict[str, Any]) -> None:
    service = "API_CUSTOMER_RETURN_SRV"
    body = _return(**{"ReferenceSDDocument": "5111", **changed})

    assert asker.send("POST", service, "A_CustomerReturn", body, **asker.token(service)).status_code == 400
    assert sap.inside.returns("5111") == 0


# Faults


@pytest.mark.parametrize(
    ("kind", "status", "after"), [("throttled", 429, "60"), ("daily", 429, "43200"), ("locked", 401, "")]
)
def test_faults_are_answered_as_sap_does(asker: Asker, sap: Sap, kind: str, status: int, after: str) -> None:
    sap.faults.next(kind)

    answer = asker.get("API_SALES_ORDER_SRV", ORDER)

    assert (answer.status_code, answer.headers.get("Retry-After", "")) == (status, after)
    assert asker.get("API_SALES_ORDER_SRV", ORDER).status_code == 200
