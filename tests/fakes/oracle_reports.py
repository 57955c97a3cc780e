"""BI Publisher's ExternalReportWSSService in the stand-in's Oracle: SOAP 1.2, one report that draws an invoice."""

from __future__ import annotations

import base64
import uuid
import xml.etree.ElementTree as xml
from collections.abc import Callable
from xml.sax.saxutils import escape

from tests.fakes.oracle_records import Records
from tests.fakes.oracle_schema import Row
from tests.fakes.stand_in import Reply, Request

REPORT, TEMPLATE, PARAMETER = "/Custom/Integration/Invoice.xdo", "Default", "P_TRX_ID"
PATH = "/xmlpserver/services/ExternalReportWSSService"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_PUB = "http://xmlns.oracle.com/oxp/service/PublicReportService"
# In the order of the schema; of those in `_BOOLEANS` there must be one each.
_REQUEST = (
    *("XDOPropertyList", "attributeCalendar", "attributeFormat", "attributeLocale", "attributeTemplate"),
    *("attributeTimezone", "attributeUILocale", "byPassCache", "dynamicDataSource", "flattenXML"),
    *("parameterNameValues", "reportAbsolutePath", "reportData", "reportOutputPath", "reportRawData"),
    "sizeOfDataChunkDownload",
)
_BOOLEANS = ("byPassCache", "flattenXML")
_BOMB = """<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY a0 "ha">{entities}]><env:Envelope xmlns:env="{soap}"><env:Body>
&a30;</env:Body></env:Envelope>"""
_ENTITY = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY secret SYSTEM "{address}">]><env:Envelope xmlns:env="{soap}">
<env:Body><ns2:runReportResponse xmlns:ns2="{pub}"><ns2:runReportReturn><ns2:reportBytes>&secret;</ns2:reportBytes>
</ns2:runReportReturn></ns2:runReportResponse></env:Body></env:Envelope>"""


class _Fault(Exception):
    """The report server says no."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind, self.text = kind, text


class Reports:
    """The report server of a stand-in.

    Args:
        records: Whose invoices it draws.

    Attributes:
        padding: Bytes by which each PDF is longer than it must be.
        is_spoiled: Whether the next report is no PDF, whatever it says.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._files: dict[str, bytes] = {}
        self.padding = 0
        self.is_spoiled = False

    def answer(self, request: Request) -> Reply:
        """What it answers to whom it knows."""
        try:
            return _written(self._answered(request))
        except _Fault as fault:
            return _faulty(fault)

    def _answered(self, request: Request) -> str:
        if request.method != "POST" or request.headers.get("content-type", "").partition(";")[0] != (
            "application/soap+xml"
        ):
            raise _Fault("", "The content type isn't that of SOAP 1.2.")
        operation = _operation(request.body)
        operations: dict[str, Callable[[xml.Element], str]] = {
            "runReport": self._run,
            "downloadReportDataChunk": self._download,
        }
        if operation.tag.partition("}")[2] not in operations or not operation.tag.startswith(f"{{{_PUB}}}"):
            raise _Fault("", "The operation isn't known.")
        return operations[operation.tag.partition("}")[2]](operation)

    def _run(self, operation: xml.Element) -> str:
        wanted = _children(operation, ("reportRequest", "appParams"), required=("reportRequest", "appParams"))
        asked = _children(wanted["reportRequest"], _REQUEST, required=(*_BOOLEANS, "sizeOfDataChunkDownload"))
        if any(_text(asked[name]) not in ("true", "false", "0", "1") for name in _BOOLEANS):
            raise _Fault("", "A boolean is neither true nor false.")
        if _text(asked.get("reportAbsolutePath")) != REPORT:
            raise _Fault("OperationFailedException", "oracle.xdo.webservice.exception: the report can't be found.")
        if _text(asked.get("attributeTemplate")) not in ("", TEMPLATE):
            raise _Fault("OperationFailedException", "oracle.xdo.webservice.exception: there is no such template.")
        if _text(asked.get("attributeFormat")).lower() not in ("", "pdf"):
            raise _Fault("InvalidParametersException", "The output format isn't supported by the template.")
        content = self._drawn(_parameters(asked.get("parameterNameValues")))
        size = _whole(_text(asked["sizeOfDataChunkDownload"]))
        if size == 0 or size < -1:
            raise _Fault("InvalidParametersException", "The size of a chunk isn't valid.")
        name = None
        if size > 0:
            name = f"xmlp{uuid.uuid4().hex}.tmp"
            self._files[name] = content
        first = content if size == -1 else content[:size]
        return (
            "<ns2:runReportResponse><ns2:runReportReturn>"
            f"<ns2:reportBytes>{base64.b64encode(first).decode()}</ns2:reportBytes>"
            "<ns2:reportContentType>application/pdf</ns2:reportContentType>"
            f"{_maybe('reportFileID', name)}{_maybe('reportLocale', None)}{_maybe('metaDataList', None)}"
            "</ns2:runReportReturn></ns2:runReportResponse>"
        )

    def _download(self, operation: xml.Element) -> str:
        names = ("fileID", "beginIdx", "size")
        asked = _children(operation, names, required=names)
        content = self._files.get(_text(asked["fileID"]))
        begin, size = _whole(_text(asked["beginIdx"])), _whole(_text(asked["size"]))
        if content is None or begin < 0 or size < 1 or begin > len(content):
            raise _Fault("OperationFailedException", "The report file can't be read.")
        end = begin + size
        chunk = base64.b64encode(content[begin:end]).decode()
        return (
            "<ns2:downloadReportDataChunkResponse><ns2:downloadReportDataChunkReturn>"
            f"<ns2:reportDataChunk>{chunk}</ns2:reportDataChunk>"
            f"<ns2:reportDataFileID>{escape(_text(asked['fileID']))}</ns2:reportDataFileID>"
            f"<ns2:reportDataOffset>{end if end < len(content) else -1}</ns2:reportDataOffset>"
            "</ns2:downloadReportDataChunkReturn></ns2:downloadReportDataChunkResponse>"
        )

    def _drawn(self, parameters: dict[str, list[str]]) -> bytes:
        if set(parameters) - {PARAMETER}:
            raise _Fault("InvalidParametersException", "A parameter isn't known to the report.")
        (wanted, *_) = parameters.get(PARAMETER, []) or [""]
        if self.is_spoiled:
            self.is_spoiled = False
            return b"<!DOCTYPE html><html><body>The report failed.</body></html>"
        found: Row | None = next(
            (one for one in self._records.invoices.values() if str(one.values["CustomerTransactionId"]) == wanted), None
        )
        title = f"Invoice {found.values['TransactionNumber']}" if found else ""  # no data: an empty page
        return pdf(title, self.padding)


def bomb() -> Reply:
    """An answer that would fill the memory of whoever unfolds it."""
    entities = "".join(f'<!ENTITY a{one} "&a{one - 1};&a{one - 1};">' for one in range(1, 31))
    return _envelope(_BOMB.format(entities=entities, soap=_SOAP))


def outer_entity(address: str) -> Reply:
    """An answer that would have its reader fetch something from elsewhere."""
    return _envelope(_ENTITY.format(address=address, soap=_SOAP, pub=_PUB))


def pdf(title: str, padding: int = 0) -> bytes:
    """A PDF of one page with a line of text."""
    text = f"BT /F1 18 Tf 72 720 Td ({title}) Tj ET".encode("latin-1", "replace") + b" " * padding
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 4 0 R>>>>/Contents 5 0 R>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
    ]
    content, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj%s endobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(content)
    return content + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def _operation(body: bytes) -> xml.Element:
    if b"<!DOCTYPE" in body:
        raise _Fault("", "There must be no document type.")
    try:
        root = xml.fromstring(body)
    except xml.ParseError:
        raise _Fault("", "The message isn't well-formed.") from None
    if root.tag != f"{{{_SOAP}}}Envelope":
        raise _Fault("", "The envelope isn't that of SOAP 1.2.")
    bodies = root.findall(f"{{{_SOAP}}}Body")
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise _Fault("", "There must be one body with one operation.")
    return bodies[0][0]


def _children(element: xml.Element, known: tuple[str, ...], required: tuple[str, ...]) -> dict[str, xml.Element]:
    """An element's children, which must stand in the schema's order, each once at most."""
    names = []
    for child in element:
        space, _, name = child.tag.rpartition("}")
        if space != f"{{{_PUB}" or name not in known:
            raise _Fault("", f"The element {name} isn't expected here.")
        names.append(name)
    if names != [name for name in known if name in names] or set(required) - set(names):
        raise _Fault("", "An element is missing, stands twice or in the wrong place.")
    return dict(zip(names, element, strict=True))


def _parameters(element: xml.Element | None) -> dict[str, list[str]]:
    found = {}
    for item in element if element is not None else []:
        parts = _children(item, ("UIType", "dataType", "name", "values", "multiValuesAllowed"), required=("name",))
        values = parts.get("values")
        found[_text(parts["name"])] = [_text(value) for value in (values if values is not None else [])]
    return found


def _text(element: xml.Element | None) -> str:
    return "" if element is None else (element.text or "").strip()


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _Fault("", "A number isn't one.") from None


def _maybe(name: str, value: str | None) -> str:
    if value is None:
        return f'<ns2:{name} xsi:nil="true"/>'
    return f"<ns2:{name}>{escape(value)}</ns2:{name}>"


def _written(inner: str) -> Reply:
    outer = inner.replace(">", f' xmlns:ns2="{_PUB}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">', 1)
    return _envelope(
        f'<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="{_SOAP}"><env:Header/>'
        f"<env:Body>{outer}</env:Body></env:Envelope>"
    )


def _faulty(fault: _Fault) -> Reply:
    message = f"<ns2:message>{escape(fault.text)}</ns2:message>"
    detail = f'<env:Detail><ns2:{fault.kind} xmlns:ns2="{_PUB}">{message}</ns2:{fault.kind}></env:Detail>'
    return _envelope(
        f'<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="{_SOAP}"><env:Body><env:Fault>'
        f"<env:Code><env:Value>env:{'Receiver' if fault.kind else 'Sender'}</env:Value></env:Code>"
        f'<env:Reason><env:Text xml:lang="en">{escape(fault.text)}</env:Text></env:Reason>'
        f"{detail if fault.kind else ''}</env:Fault></env:Body></env:Envelope>",
        500,
    )


def _envelope(text: str, status: int = 200) -> Reply:
    return Reply(status=status, headers={"Content-Type": "application/soap+xml;charset=UTF-8"}, body=text.encode())


def denied() -> Reply:
    """What somebody gets whose user may not run the report."""
    return _faulty(_Fault("AccessDeniedException", "The user has no access to the report."))
