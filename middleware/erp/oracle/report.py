"""An invoice's paper from BI Publisher, over SOAP by zeep: its only use of SOAP, and its only way to a PDF.

The service's description lies beside this file, so that nothing is fetched to understand an answer; zeep speaks over
the connector's own HTTP, so that deadlines, hosts and limits hold here, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import requests
import zeep
from lxml import etree
from zeep.exceptions import Error, Fault
from zeep.transports import Transport

from middleware.erp.oracle.settings import OracleRules
from middleware.errors import FrontdeskError, Malformed, Misconfigured, Unavailable
from middleware.http import Http

SERVICE = "/xmlpserver/services/ExternalReportWSSService"
LARGEST_PDF = 25 * 1024**2
LAST = -1  # offset of what comes after the last chunk
_DESCRIPTION = Path(__file__).with_name("report.wsdl")
_BINDING = "{http://xmlns.oracle.com/oxp/service/PublicReportService}ExternalReportWSSServicePortBinding"
_XML = ("application/soap+xml", "text/xml", "application/xml")
_SAFE = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True, xml_huge_tree=False)


class InvoiceReport:
    """The report that the company prints its invoices by.

    Args:
        url: Of the pod.
    """

    def __init__(self, http: Http, url: str, rules: OracleRules) -> None:
        client = zeep.Client(  # type: ignore[no-untyped-call]
            str(_DESCRIPTION), transport=_OwnTransport(http), settings=_SAFE
        )
        self._service = client.create_service(_BINDING, f"{url}{SERVICE}")  # type: ignore[no-untyped-call]
        self._rules = rules

    def printed(self, id_: str, number: str) -> bytes:
        """The PDF of an invoice.

        Args:
            id_: The transaction's; `number` is the invoice's.

        Raises:
            Misconfigured: The report isn't there for us, or wants other parameters.
            Unavailable: It couldn't be printed now.
            Malformed: What came is no PDF, or too large, or not even an answer.
        """
        with _understood():
            answer = self._service.runReport(reportRequest=self._request(id_, number), appParams="")
            whole = self._whole(answer)
        if not whole.startswith(b"%PDF-"):
            raise Malformed("the report of erp.oracle.report_path gives no PDF", system="erp")
        return whole

    def _request(self, id_: str, number: str) -> dict[str, Any]:
        rules = self._rules
        values = [
            {"name": name, "values": {"item": [value.replace("{id}", id_).replace("{number}", number)]}}
            for name, value in rules.report_parameters.items()
        ]
        return {
            "attributeFormat": "pdf",
            "attributeLocale": rules.report_locale,
            "attributeTemplate": rules.report_template,
            "byPassCache": True,
            "flattenXML": False,
            "parameterNameValues": {"item": values},
            "reportAbsolutePath": rules.report_path,
            "sizeOfDataChunkDownload": rules.report_chunk,
        }

    def _whole(self, answer: Any) -> bytes:
        if self._rules.report_chunk == LAST or not answer.reportFileID:
            return _within_limit(answer.reportBytes or b"")
        return self._downloaded(answer.reportFileID)

    def _downloaded(self, file: str) -> bytes:
        """The file, chunk by chunk; where the next begins is told, or follows from the size that was asked for."""
        whole, begin, size = b"", 0, self._rules.report_chunk
        while True:
            answer = self._service.downloadReportDataChunk(fileID=file, beginIdx=begin, size=size)
            chunk, after = answer.reportDataChunk or b"", answer.reportDataOffset
            whole = _within_limit(whole + chunk)
            if after == LAST:
                return whole
            if not chunk:
                raise Malformed("a report's file has no end", system="erp")
            begin = after if after is not None and after > begin else begin + size


class _OwnTransport(Transport):
    """Under zeep: the connector's own HTTP. Pages for people, of gateways and log-ins, aren't for zeep."""

    def __init__(self, http: Http) -> None:
        super().__init__(session=http.session())  # type: ignore[no-untyped-call]

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        """Sends a message, and logs nothing of it."""
        response = self.session.post(address, data=message, headers=headers)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind in _XML:
            return response
        status = str(response.status_code)
        if response.status_code >= 500:
            raise Unavailable("BI Publisher failed by itself", system="erp", status=status)
        if response.status_code == 404:
            raise Misconfigured(
                "there is no BI Publisher at ORACLE_URL, or it isn't open to the integration user",
                system="erp",
                status=status,
            )
        raise Malformed(f"BI Publisher answered {kind or 'something'} in the place of XML", system="erp", status=status)


@contextmanager
def _understood() -> Iterator[None]:
    """Tells what BI Publisher's noes mean, and that what can't be understood can't."""
    try:
        yield
    except FrontdeskError:
        raise
    except Fault as fault:
        _refuse(fault)
    except (Error, etree.LxmlError, ValueError, TypeError, AttributeError, LookupError, msgspec.MsgspecError) as error:
        raise Malformed(f"BI Publisher's answer makes no sense: {type(error).__name__}", system="erp") from error


def _refuse(fault: Fault) -> NoReturn:
    """Tells the kinds apart by the element in the fault's detail; its text may name customers."""
    names = {etree.QName(one).localname for one in _elements(fault.detail)}
    if "AccessDeniedException" in names:
        raise Misconfigured(
            "BI Publisher doesn't let the integration user run erp.oracle.report_path: give it permissions"
            " of the report",
            system="erp",
            status="AccessDeniedException",
        ) from fault
    if "InvalidParametersException" in names:
        raise Misconfigured(
            "BI Publisher's report wants other parameters: look at erp.oracle.report_parameters, report_path and"
            " report_template of assistant.yml",
            system="erp",
            status="InvalidParametersException",
        ) from fault
    status = "OperationFailedException" if "OperationFailedException" in names else "Fault"
    raise Unavailable(
        "BI Publisher couldn't print the invoice; if it never can, look at erp.oracle.report_path and"
        " report_template of assistant.yml",
        system="erp",
        status=status,
    ) from fault


def _elements(detail: Any) -> Iterator[Any]:
    """Elements of a fault's detail; comments and the like have no names."""
    if isinstance(detail, etree._Element):
        yield from (one for one in detail.iter() if isinstance(one.tag, str))


def _within_limit(content: bytes) -> bytes:
    if len(content) > LARGEST_PDF:
        raise Malformed("the report's PDF is too large", system="erp")
    return content
