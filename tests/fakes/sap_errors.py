"""How SAP says no: in JSON to whoever asks for JSON, else in XML."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn
from xml.sax.saxutils import escape

from tests.fakes.stand_in import Reply

_NAMESPACE = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"


class No(Exception):
    """Raised anywhere in the stand-in: the answer is this error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def reply(self, is_json: bool, service: str) -> Reply:
        """The error as it is answered."""
        if is_json:
            return Reply(status=self.status, json=self._json(service))
        return Reply(status=self.status, body=self._xml().encode(), headers={"Content-Type": "application/xml"})

    def _json(self, service: str) -> dict[str, Any]:
        detail = {"code": self.code, "message": self.message, "propertyref": "", "severity": "error", "target": ""}
        inner = {
            "application": {"component_id": "", "service_namespace": "/SAP/", "service_id": service},
            "transactionid": uuid.uuid4().hex.upper(),
            "timestamp": "",
            "Error_Resolution": {"SAP_Transaction": "", "SAP_Note": "See SAP Note 1797736 for error analysis"},
            "errordetails": [detail],
        }
        message = {"lang": "en", "value": self.message}
        return {"error": {"code": self.code, "message": message, "innererror": inner}}

    def _xml(self) -> str:
        return (
            f'<?xml version="1.0" encoding="utf-8"?><error xmlns="{_NAMESPACE}"><code>{escape(self.code)}</code>'
            f'<message xml:lang="en">{escape(self.message)}</message><innererror></innererror></error>'
        )


def malformed(message: str) -> NoReturn:
    """What was asked breaks the rules of the protocol."""
    raise No(400, "005056A509B11EE1B9A8FEC11C21578E", message)


def not_found(what: str) -> NoReturn:
    """There is no such resource."""
    raise No(404, "/IWBEP/CM_MGW_RT/020", f"Resource not found for segment '{what}'")


def forbidden_by_business(code: str, message: str) -> NoReturn:
    """The business says no."""
    raise No(400, code, message)
