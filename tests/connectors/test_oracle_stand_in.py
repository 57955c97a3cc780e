"""The stand-in of Oracle is as strict as Oracle: a connector that forgets something fails against it."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as xml
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
import requests

from tests.data.backoffice import backoffice
from tests.fakes.oracle import CLIENT_ID, CLIENT_SECRET, PASSWORD, SCOPE, USERNAME, Oracle
from tests.fakes.oracle_view import EXPANDED_PAGE

NOW = datetime(2026, 3, 11, 17, 30, 15, tzinfo=timezone.utc)
FSCM, CRM = "/fscmRestApi/resources/11.13.18.05", "/crmRestApi/resources/11.13.18.05"
ORDERS, SHIPMENT_LINES = f"{FSCM}/salesOrdersForOrderHub", f"{FSCM}/shipmentLines"
RESERVATIONS, AVAILABILITY = f"{FSCM}/inventoryReservations", f"{FSCM}/availableQuantityDetails"
ITEM, BATCH = "application/vnd.oracle.adf.resourceitem+json", "application/vnd.oracle.adf.batch+json"
REPORTS = "/xmlpserver/services/ExternalReportWSSService"
PUB = "http://xmlns.oracle.com/oxp/service/PublicReportService"
RESERVATION = {
    "OrganizationCode": "EWR",
    "ItemNumber": "BLU-JKT-M",
    "ReservationQuantity": 2,
    "RequirementDate": "2026-03-12",
    "DemandSourceType": "User defined",
    "DemandSourceName": "H-1",
    "SupplySourceType": "On hand",
}


class Client:
    """Somebody who speaks to the stand-in, as well as a test lets them."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.session = requests.Session()
        self.session.auth = (USERNAME, PASSWORD)
        self.session.headers.update({"REST-Framework-Version": "4", "Accept": "application/json"})

    def get(self, path: str, **query: str) -> requests.Response:
        """Asks."""
        return self.session.get(self.oracle.url + path, params=query)

    def send(self, method: str, path: str, body: Any, media: str = ITEM, **headers: str) -> requests.Response:
        """Writes."""
        sent = {"Content-Type": media, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.session.request(method, self.oracle.url + path, data=json.dumps(body), headers=sent)

    def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        """What is found."""
        found: list[dict[str, Any]] = self.get(path, **query).json()["items"]
        return found

    def order(self, number: str) -> dict[str, Any]:
        """One order with its lines."""
        (found,) = self.items(ORDERS, q=f"OrderNumber = '{number}'", expand="lines.documentReferences,shipToCustomer")
        return found


@pytest.fixture
def client() -> Iterator[Client]:
    """Somebody who is let in to a pod that holds the tests' back office."""
    with Oracle() as oracle:
        oracle.lay(backoffice(NOW))
        yield Client(oracle)


def _detail(answer: requests.Response) -> str:
    assert answer.headers["Content-Type"] == "application/vnd.oracle.adf.error+json"
    (error,) = answer.json()["o:errorDetails"]
    return str(error["detail"])


# Who is let in


def test_nobody_is_let_in_without_a_password_or_a_token(client: Client) -> None:
    client.session.auth = (USERNAME, "wrong")
    assert client.get(ORDERS).status_code == 401

    client.session.auth = None
    asked = {"grant_type": "client_credentials", "scope": SCOPE}
    refused = requests.post(f"{client.oracle.url}/oauth2/v1/token", data=asked, auth=(CLIENT_ID, "wrong"), timeout=10)
    given = requests.post(
        f"{client.oracle.url}/oauth2/v1/token", data=asked, auth=(CLIENT_ID, CLIENT_SECRET), timeout=10
    )
    client.session.headers["Authorization"] = f"Bearer {given.json()['access_token']}"

    assert refused.status_code == 401
    assert client.get(ORDERS).status_code == 200
    client.oracle.faults.next("expired")
    assert client.get(ORDERS).status_code == 401


# The framework


def test_whoever_names_no_version_is_answered_in_the_oldest_one(client: Client) -> None:
    del client.session.headers["REST-Framework-Version"]

    by_condition = client.get(ORDERS, q="OrderNumber = '5005' and OpenFlag = 'true'")
    by_example = client.get(ORDERS, q="OrderNumber=5005;OpenFlag=true", expand="lines")

    assert by_condition.json()["items"] == []
    assert by_example.headers["rest-framework-version"] == "1"
    assert type(by_example.json()["items"][0]["lines"]) is list


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("Order = '5005'", 5),
        ("Order='5005' AND ShippedQuantity > 0", 3),
        ("Order = '5005' and (ShippedQuantity = 10 or ShippedQuantity = 20)", 2),
        ("Order in ('5003', '5004')", 2),
        ("Item LIKE 'BLU%' and Order = '5005'", 1),
        ("Order <> '5005' and Order = '5005'", 0),
        ("Order = 'it''s none'", 0),
        ("Order = '5005' and ActualShipDate >= '2026-03-09T17:30:15+00:00'", 1),
        ("Order = '5005' and ActualShipDate is null", 2),
        ("upper(Item) = 'BLU-JKT-M' and Order = '5004'", 1),
    ],
)
def test_conditions_find_what_they_describe(client: Client, condition: str, count: int) -> None:
    assert len(client.items(SHIPMENT_LINES, q=condition)) == count


@pytest.mark.parametrize(
    "condition",
    [
        "Nope = '1'",
        "Order = 'open",
        "Order",
        "Order = '5005' and",
        "Order = 5005 extra",
        "Order == '5005'",
        "ShippedQuantity = 'many'",
        "ActualShipDate > 'yesterday'",
        "Order = it",
        "lower(ShippedQuantity) = '1'",
        "Order = '5005'; DROP TABLE x",
    ],
)
def test_what_is_no_condition_is_refused(client: Client, condition: str) -> None:
    answer = client.get(SHIPMENT_LINES, q=condition)

    assert answer.status_code == 400
    assert _detail(answer).startswith("URL request parameter q with value")


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (f"{FSCM}/purchaseNothing", {}, 404),
        ("/fscmRestApi/resources/12.0/shipmentLines", {}, 404),
        (SHIPMENT_LINES, {"$filter": "x"}, 400),
        (SHIPMENT_LINES, {"limit": "many"}, 400),
        (SHIPMENT_LINES, {"fields": "Order,Nope"}, 400),
        (SHIPMENT_LINES, {"orderBy": "Nope"}, 400),
        (SHIPMENT_LINES, {"finder": "Nope;X=1"}, 400),
        (ORDERS, {"expand": "nope", "q": "OrderNumber = 'none'"}, 400),
        (ORDERS, {"expand": "lines", "fields": "OrderNumber"}, 400),
        (ORDERS, {"q": "OrderNumber = '" + "9" * 9_000 + "'"}, 414),
        (f"{ORDERS}/OPS:1", {}, 404),
        (f"{ORDERS}/OPS:1/child/nope", {}, 404),
        (AVAILABILITY, {}, 405),
    ],
)
def test_what_isnt_there_cant_be_asked_for(client: Client, path: str, query: dict[str, str], status: int) -> None:
    assert client.get(path, **query).status_code == status


def test_errors_are_sentences_before_version_four(client: Client) -> None:
    client.session.headers["REST-Framework-Version"] = "3"

    answer = client.get(SHIPMENT_LINES, q="Nope = 1")

    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "Nope" in answer.text


def test_pages_are_small_and_say_that_there_is_more(client: Client) -> None:
    first = client.get(SHIPMENT_LINES, totalResults="true").json()
    rest = client.get(SHIPMENT_LINES, offset="5", limit="500").json()

    assert (first["count"], first["hasMore"], first["limit"]) == (5, True, 5)
    assert rest["count"] == first["totalResults"] - 5 and not rest["hasMore"]


def test_children_that_come_along_are_a_first_page_too(client: Client) -> None:
    order = client.oracle.records.order_called("5020")
    lines = order.children["lines"]
    lines += [lines[0]] * EXPANDED_PAGE

    shown = client.order("5020")["lines"]
    rest = client.items(f"{ORDERS}/{order.id}/child/lines", offset=str(EXPANDED_PAGE), limit="500")

    assert (shown["count"], shown["hasMore"]) == (EXPANDED_PAGE, True)
    assert len(rest) == len(lines) - EXPANDED_PAGE


def test_only_data_has_no_links_and_everything_else_has_change_indicators(client: Client) -> None:
    (bare,) = client.items(ORDERS, q="OrderNumber = '5001'", onlyData="true")
    (shown,) = client.items(ORDERS, q="OrderNumber = '5001'")

    assert "links" not in bare
    link = shown["links"][0]
    assert link["properties"]["changeIndicator"] == requests.get(
        link["href"], auth=(USERNAME, PASSWORD), timeout=10
    ).headers["ETag"].strip('"')


def test_a_batch_is_done_as_a_whole_or_not_at_all(client: Client) -> None:
    good = {"id": "1", "path": "/inventoryReservations", "operation": "create", "payload": RESERVATION}
    bad = {**good, "id": "2", "payload": {**RESERVATION, "ReservationQuantity": 9_999}}
    reading = {"id": "3", "path": "/shipmentLines?q=Order%20%3D%20'5004'&onlyData=true", "operation": "get"}

    refused = client.send("POST", FSCM, {"parts": [good, bad]}, BATCH)
    assert refused.status_code == 400
    assert client.oracle.inside.reserved("BLU-JKT-M") == 0
    assert client.send("POST", FSCM, {"parts": [good]}, ITEM).status_code == 415

    done = client.send("POST", FSCM, {"parts": [good, reading]}, BATCH).json()["parts"]
    assert [part["id"] for part in done] == ["1", "3"]
    assert done[1]["payload"]["items"][0]["Order"] == "5004"


# Orders


def _change(client: Client, number: str, line: dict[str, Any], **headers: str) -> requests.Response:
    order = client.order(number)
    changed = {"FulfillLineId": order["lines"]["items"][0]["FulfillLineId"], **line}
    return client.send("PATCH", f"{ORDERS}/{order['OrderKey']}", {"lines": [changed]}, **headers)


def test_a_line_is_changed_by_its_fulfillment_line_and_the_order_has_another_tag(client: Client) -> None:
    before = client.order("5040")

    done = _change(client, "5040", {"ProductNumber": "RED-JKT-M", "OrderedQuantity": 2})

    line = client.order("5040")["lines"]["items"][0]
    assert done.status_code == 200
    assert (line["ProductNumber"], line["OrderedQuantity"], line["UnitSellingPrice"]) == ("RED-JKT-M", 2, 199)
    assert done.headers["ETag"].strip('"') != before["links"][0]["properties"]["changeIndicator"]


def test_a_stale_tag_is_refused_with_the_one_that_holds(client: Client) -> None:
    answer = _change(client, "5041", {"OrderedQuantity": 2}, If_Match='"stale"')

    assert answer.status_code == 412
    assert _change(client, "5041", {"OrderedQuantity": 2}, If_Match=answer.headers["ETag"]).status_code == 200


def test_what_is_staged_cant_be_changed_though_the_order_looks_the_same(client: Client) -> None:
    before = client.order("5042")
    client.oracle.inside.pack("5042")
    packed = client.order("5042")

    answer = _change(client, "5042", {"OrderedQuantity": 2})

    assert answer.status_code == 400
    assert _detail(answer) == "You can't change fulfillment line 1 because it is already picked or shipped."
    assert packed["links"] == before["links"]


def test_a_shipped_line_is_skipped_when_it_is_cancelled(client: Client) -> None:
    client.oracle.inside.ship("5043")

    answer = _change(client, "5043", {"OrderedQuantity": 0, "CancelReason": "Customer"})

    assert answer.status_code == 200
    assert client.order("5043")["lines"]["items"][0]["OrderedQuantity"] == 1


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ({"OrderedQuantity": 0}, "You must provide a cancel reason."),
        ({"OrderedQuantity": "2"}, "The value of the attribute OrderedQuantity isn't valid."),
        ({"OrderedQuantity": -1}, "The ordered quantity must be zero or more."),
        ({"Nope": 1}, "The attribute Nope is not defined in this resource."),
        ({"StatusCode": "PICKED"}, "The attribute StatusCode is read-only."),
        ({"ProductNumber": "NOPE"}, "The product isn't valid in the item validation organization."),
        ({"FulfillLineId": 1}, "The application can't find the fulfillment line that you want to update."),
    ],
)
def test_what_makes_no_sense_changes_nothing(client: Client, line: dict[str, Any], detail: str) -> None:
    before = client.order("5044")

    answer = _change(client, "5044", line)

    assert (answer.status_code, _detail(answer)) == (400, detail)
    assert client.order("5044") == before


def test_a_cancelled_line_cant_be_changed_any_more(client: Client) -> None:
    assert _change(client, "5045", {"OrderedQuantity": 0, "CancelReason": "Customer"}).status_code == 200

    assert _change(client, "5045", {"OrderedQuantity": 2}).status_code == 400


def test_orders_are_changed_by_their_key_alone(client: Client) -> None:
    header = client.order("5046")["HeaderId"]

    assert client.get(f"{ORDERS}/{header}").status_code == 200
    assert client.send("PATCH", f"{ORDERS}/{header}", {"Comments": "x"}).status_code == 400


def test_an_order_goes_only_to_an_address_of_the_party(client: Client) -> None:
    order = client.order("5047")
    party = order["shipToCustomer"]["items"][0]["PartyId"]
    made = client.send("POST", f"{CRM}/contacts/1008/child/Address", {"AddressLine1": "1 Dock Road", "Country": "US"})
    path = f"{ORDERS}/{order['OrderKey']}"

    assert client.send("PATCH", path, {"shipToCustomer": [{"PartyId": party, "SiteId": 1}]}).status_code == 400
    site = made.json()["AddressId"]
    assert client.send("PATCH", path, {"shipToCustomer": [{"PartyId": party, "SiteId": site}]}).status_code == 200
    assert client.order("5047")["shipToCustomer"]["items"][0]["Address1"] == "1 Dock Road"


def _return(client: Client, number: str, units: int, **other: Any) -> requests.Response:
    order = client.order(number)
    sold = order["lines"]["items"][0]
    reference = {
        "DocumentReferenceType": "ORIGINAL_ORCHESTRATION_ORDER",
        "DocumentNumber": number,
        "DocumentIdentifier": str(order["HeaderId"]),
        "DocumentLineIdentifier": str(sold["LineId"]),
        "DocumentSubLineIdentifier": str(sold["FulfillLineId"]),
    }
    line = {
        "SourceTransactionLineId": "1",
        "SourceTransactionLineNumber": "1",
        "SourceTransactionScheduleId": "1",
        "SourceScheduleNumber": "1",
        "TransactionCategoryCode": "RETURN",
        "TransactionLineType": "Return",
        "ReturnReasonCode": "TOO_SMALL",
        "ProductNumber": sold["ProductNumber"],
        "OrderedQuantity": units,
        "OrderedUOM": "Each",
        "documentReferences": [reference],
    }
    body = {
        "SourceTransactionSystem": "FRONTDESK",
        "SourceTransactionId": f"FD-{units}",
        "SourceTransactionNumber": f"FD-{units}",
        "BusinessUnitName": "Main BU",
        "BuyingPartyNumber": order["BuyingPartyNumber"],
        "TransactionalCurrencyCode": "USD",
        "lines": [{**line, **other}],
    }
    return client.send("POST", ORDERS, body)


def test_a_return_is_made_once_by_its_source(client: Client) -> None:
    made = _return(client, "5100", 2)

    assert made.status_code == 201
    assert client.order(made.json()["OrderNumber"])["lines"]["items"][0]["StatusCode"] == "AWAIT_RECEIVING"
    assert client.oracle.inside.returns("5100") == 1
    assert "already exists" in _detail(_return(client, "5101", 2))
    assert _detail(_return(client, "5100", 3)) == "The return quantity exceeds the quantity that can be returned."


@pytest.mark.parametrize(
    "other",
    [
        {"ReturnReasonCode": "WHY"},
        {"ProductNumber": "MUG-EU"},
        {"OrderedQuantity": 0},
        {"TransactionCategoryCode": "SWAP"},
        {"documentReferences": [{"DocumentReferenceType": "ORIGINAL_ORCHESTRATION_ORDER", "DocumentIdentifier": "1"}]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_makes_no_sense_isnt_returned(client: Client, other: dict[str, Any]) -> None:
    assert _return(client, "5102", 1, **other).status_code == 400
    assert client.oracle.inside.returns("5102") == 0


def test_what_wasnt_shipped_cant_be_returned(client: Client) -> None:
    assert _detail(_return(client, "5001", 1)) == "You can't return a line that isn't shipped."


# Stock


def test_what_an_organization_doesnt_keep_is_said_in_a_good_answer(client: Client) -> None:
    kept = client.send("POST", AVAILABILITY, {"OrganizationCode": "EWR", "ItemNumber": "BLU-JKT-M"})
    other = client.send("POST", AVAILABILITY, {"OrganizationCode": "CMH", "ItemNumber": "BLU-JKT-M"})

    assert (kept.json()["ReturnStatus"], kept.json()["AvailableToReserve"]) == ("SUCCESS", 5)
    assert (other.status_code, other.json()["ReturnStatus"]) == (201, "ERROR")
    assert other.json()["AvailableToReserve"] is None


def test_what_is_reserved_cant_be_had_by_others_until_it_is_released(client: Client) -> None:
    def free() -> tuple[int, int]:
        body = {"OrganizationCode": "EWR", "ItemNumber": "BLU-JKT-M"}
        answer = client.send("POST", AVAILABILITY, body).json()
        return answer["AvailableToReserve"], answer["QuantityOnhand"]

    made = client.send("POST", RESERVATIONS, RESERVATION).json()
    assert free() == (3, 5)
    (found,) = client.items(RESERVATIONS, q="DemandSourceName = 'H-1'")
    path = f"{RESERVATIONS}/{found['ReservationId']}"
    assert client.send("PATCH", path, {"ReservationQuantity": 5}).status_code == 200
    assert free() == (0, 5)
    assert client.send("PATCH", path, {"ReservationQuantity": 6}).status_code == 400
    assert client.session.delete(client.oracle.url + path).status_code == 204
    assert free() == (5, 5)
    assert client.session.delete(client.oracle.url + path).status_code == 404
    assert made["ReservationId"] == found["ReservationId"]


@pytest.mark.parametrize(
    "other",
    [
        {"DemandSourceName": "H" * 31},
        {"ReservationQuantity": 6},
        {"ReservationQuantity": 0},
        {"DemandSourceType": "Sales order"},
        {"SupplySourceType": "Thin air"},
        {"OrganizationCode": "CMH"},
        {"RequirementDate": "tomorrow"},
        {"ExpiresOn": "2026-03-12"},
    ],
    ids=str,
)
def test_what_makes_no_sense_isnt_reserved(client: Client, other: dict[str, Any]) -> None:
    assert client.send("POST", RESERVATIONS, RESERVATION | other).status_code == 400
    assert client.oracle.inside.reserved("BLU-JKT-M") == 0


def test_a_payload_needs_its_media_type_and_to_be_an_object(client: Client) -> None:
    assert client.send("POST", RESERVATIONS, RESERVATION, "text/plain").status_code == 415
    assert client.send("POST", RESERVATIONS, [RESERVATION]).status_code == 400


# Reports


def _envelope(client: Client, **other: str) -> str:
    id_ = client.oracle.records.invoices["8001"].values["CustomerTransactionId"]
    given = {"format": "pdf", "name": "P_TRX_ID", "path": "/Custom/Integration/Invoice.xdo", "size": "-1"} | other
    return (
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:p="{PUB}"><s:Body><p:runReport>'
        f"<p:reportRequest><p:attributeFormat>{given['format']}</p:attributeFormat><p:byPassCache>true</p:byPassCache>"
        f"<p:flattenXML>false</p:flattenXML><p:parameterNameValues><p:item><p:name>{given['name']}</p:name><p:values>"
        f"<p:item>{id_}</p:item></p:values></p:item></p:parameterNameValues><p:reportAbsolutePath>{given['path']}"
        f"</p:reportAbsolutePath><p:sizeOfDataChunkDownload>{given['size']}</p:sizeOfDataChunkDownload>"
        "</p:reportRequest><p:appParams/></p:runReport></s:Body></s:Envelope>"
    )


def _post(client: Client, text: str, media: str = "application/soap+xml;charset=UTF-8") -> requests.Response:
    return client.session.post(client.oracle.url + REPORTS, data=text, headers={"Content-Type": media})


def _of(answer: requests.Response, name: str) -> str:
    return xml.fromstring(answer.content).findtext(f".//{{{PUB}}}{name}") or ""


def test_a_report_comes_as_a_whole_or_in_pieces(client: Client) -> None:
    whole = base64.b64decode(_of(_post(client, _envelope(client)), "reportBytes"))
    name = _of(_post(client, _envelope(client, size="300")), "reportFileID")

    pieces, place = b"", 0
    while place >= 0:
        asked = (
            f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:p="{PUB}"><s:Body>'
            f"<p:downloadReportDataChunk><p:fileID>{name}</p:fileID><p:beginIdx>{place}</p:beginIdx><p:size>300</p:size>"
            "</p:downloadReportDataChunk></s:Body></s:Envelope>"
        )
        piece = _post(client, asked)
        pieces += base64.b64decode(_of(piece, "reportDataChunk"))
        place = int(_of(piece, "reportDataOffset"))

    assert whole.startswith(b"%PDF-") and b"Invoice 8001" in whole
    assert pieces == whole


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Invoice.xdo", "Nope.xdo", "OperationFailedException"),
        ("P_TRX_ID", "P_NOPE", "InvalidParametersException"),
        (">pdf<", ">doc<", "InvalidParametersException"),
        ("<p:byPassCache>true</p:byPassCache>", "", ""),
        ("<p:appParams/>", "", ""),
        ("<p:appParams/>", "<p:appParam/>", ""),
        ("p:flattenXML", "p:flatXML", ""),
        ("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/", ""),
        ("PublicReportService", "v2/ReportService", ""),
    ],
)
def test_what_isnt_as_the_service_says_is_a_fault(client: Client, old: str, new: str, fault: str) -> None:
    answer = _post(client, _envelope(client).replace(old, new))

    assert answer.status_code == 500
    details = [one.tag.partition("}")[2] for one in xml.fromstring(answer.content).iter() if "Exception" in one.tag]
    assert details == ([fault] if fault else [])


def test_the_faults_of_reports(client: Client) -> None:
    faults = client.oracle.faults
    faults.next("bomb")
    assert b"<!ENTITY a30" in _post(client, _envelope(client)).content
    faults.next("entity")
    assert b"SYSTEM" in _post(client, _envelope(client)).content
    faults.next("denied")
    assert _post(client, _envelope(client)).status_code == 500
    faults.next("no_pdf")
    assert base64.b64decode(_of(_post(client, _envelope(client)), "reportBytes")).startswith(b"<!DOCTYPE html>")
    assert _post(client, _envelope(client), "text/xml").status_code == 500
