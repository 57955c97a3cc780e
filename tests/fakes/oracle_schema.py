"""What is in the stand-in's Oracle: resources with their attributes and children; nothing else can be asked for."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HOLD_NAME_LETTERS = 30  # of a reservation's DemandSourceName


class Problem(Exception):
    """Oracle says no.

    Attributes:
        code: The framework's own, where it has one.
        path: What of the request it is about.
    """

    def __init__(self, status: int, detail: str, code: str = "", path: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail, self.code, self.path = status, detail, code, path
        self.headers: dict[str, str] = {}

    @property
    def title(self) -> str:
        """The status in words."""
        return {400: "Bad Request", 404: "Not Found", 412: "Precondition Failed"}.get(self.status, "Error")


@dataclass(frozen=True)
class Attribute:
    """One attribute.

    Attributes:
        form: `string`, `integer`, `number`, `boolean`, `date` or `moment`.
        longest: How many letters it takes.
    """

    form: str
    longest: int = 240


@dataclass(frozen=True)
class Kind:
    """What a resource, or a child of one, consists of.

    Attributes:
        created: The attributes that may be given when a row is made.
        updated: Those that may be given when it is changed.
        readable: Whether it can be asked for; what can't is only posted to.
    """

    attributes: Mapping[str, Attribute]
    children: Mapping[str, Kind] = field(default_factory=dict)
    created: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    readable: bool = True


@dataclass
class Row:
    """One row: its attributes, what hangs below it, and what its address ends with."""

    values: dict[str, Any]
    children: dict[str, list[Row]] = field(default_factory=dict)
    id: str = field(default_factory=lambda: hashed(uuid.uuid4().hex))
    revision: int = 1

    @property
    def tag(self) -> str:
        """The change indicator: of the row itself, not of what hangs below."""
        return hashlib.md5(repr((self.revision, sorted(self.values.items(), key=str))).encode()).hexdigest().upper()


def hashed(text: str) -> str:
    """An id as the server makes those of children: nobody could tell it from the attributes."""
    return "00020000000EACED0005770800" + hashlib.sha256(text.encode()).hexdigest().upper()


def _of(**forms: str) -> dict[str, Attribute]:
    """Attributes by their form; a colon and a number behind a name say how long it may be."""
    found = {}
    for form, names in forms.items():
        for one in names.split():
            name, _, longest = one.partition(":")
            found[name] = Attribute(form, int(longest or 240))
    return found


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


DOCUMENT_REFERENCE = Kind(
    _of(
        string="DocumentReferenceType DocumentNumber DocumentIdentifier DocumentAdditionalIdentifier"
        " DocumentLineNumber DocumentLineIdentifier DocumentSubLineNumber DocumentSubLineIdentifier",
        integer="DocumentReferenceId",
    ),
    created=_names(
        "DocumentReferenceType DocumentNumber DocumentIdentifier DocumentAdditionalIdentifier"
        " DocumentLineNumber DocumentLineIdentifier DocumentSubLineNumber DocumentSubLineIdentifier"
    ),
)

LINE_DETAIL = Kind(
    _of(
        string="BillOfLadingNumber BillingTransactionNumber CustomerTrxLineIdentifier DeliveryName ExceptionFlag"
        " TrackingNumber WaybillNumber StatusCode Status Category",
        integer="FulfillLineDetailId FulfillLineId",
        number="Quantity BillingTransactionAmount",
        moment="ActualDeliveryDate AvailabilityShipDate ActualShipDate",
        date="BillingTransactionDate",
    )
)

LINE = Kind(
    _of(
        string="SourceTransactionLineId:50 SourceTransactionLineNumber:100 SourceTransactionScheduleId:50"
        " SourceScheduleNumber:50 SourceTransactionId:50 SourceTransactionNumber:50 SourceTransactionSystem:30"
        " ProductNumber:300 ProductDescription OrderedUOM OrderedUOMCode:3 StatusCode Status"
        " TransactionCategoryCode:30 TransactionLineType TransactionLineTypeCode:30"
        " RequestedFulfillmentOrganizationCode:18 SubinventoryCode ReturnReasonCode:30 ReturnReason"
        " TaxClassificationCode CancelReason CancelReasonCode:30 Comments:2000 DisplayLineNumber ShippingCarrier",
        integer="FulfillLineId LineId HeaderId ProductId RequestedFulfillmentOrganizationId",
        number="OrderedQuantity ShippedQuantity CanceledQuantity FulfilledQuantity RMADeliveredQuantity"
        " UnitListPrice UnitSellingPrice",
        moment="RequestedShipDate RequestedArrivalDate ScheduleShipDate ScheduleArrivalDate PromiseShipDate"
        " ActualShipDate CreationDate LastUpdateDate",
        boolean="OpenFlag CanceledFlag OnHold",
    ),
    {"lineDetails": LINE_DETAIL, "documentReferences": DOCUMENT_REFERENCE},
    created=_names(
        "SourceTransactionLineId SourceTransactionLineNumber SourceTransactionScheduleId SourceScheduleNumber"
        " ProductNumber OrderedQuantity OrderedUOM OrderedUOMCode TransactionCategoryCode TransactionLineType"
        " TransactionLineTypeCode RequestedFulfillmentOrganizationCode RequestedFulfillmentOrganizationId"
        " ReturnReasonCode ReturnReason UnitListPrice UnitSellingPrice Comments RequestedShipDate"
    ),
    updated=_names(
        "FulfillLineId ProductNumber OrderedQuantity CancelReason CancelReasonCode Comments"
        " RequestedFulfillmentOrganizationCode RequestedFulfillmentOrganizationId RequestedShipDate"
    ),
)

SHIP_TO = Kind(
    _of(
        string="PartyNumber:30 PartyName ContactPartyName Address1 Address2 Address3 City State PostalCode Country:2",
        integer="PartyId SiteId AddressId",
    ),
    created=_names("PartyId SiteId PartyNumber"),
    updated=_names("PartyId SiteId PartyNumber"),
)

BILL_TO = Kind(
    _of(
        string="PartyName AccountNumber Address1 Address2 City State PostalCode Country:2",
        integer="CustomerAccountId SiteUseId",
    ),
    created=_names("CustomerAccountId SiteUseId"),
    updated=_names("CustomerAccountId SiteUseId"),
)

TOTAL = Kind(_of(string="TotalCode TotalName CurrencyCode", number="TotalAmount", boolean="PrimaryFlag"))

ORDER = Kind(
    _of(
        string="OrderNumber:50 SourceTransactionNumber:50 SourceTransactionSystem:30 SourceTransactionId:50 OrderKey"
        " BusinessUnitName RequestingBusinessUnitName BuyingPartyName BuyingPartyNumber:30 BuyingPartyContactNumber"
        " CustomerPONumber:50 TransactionType TransactionTypeCode:30 TransactionalCurrencyCode:15 PaymentTerms"
        " PaymentTermsCode StatusCode Status Salesperson Comments:2000 MessageText CancelReason CancelReasonCode:30",
        integer="HeaderId SourceTransactionRevisionNumber BusinessUnitId RequestingBusinessUnitId BuyingPartyId",
        moment="TransactionOn RequestedShipDate RequestedArrivalDate CreationDate LastUpdateDate",
        boolean="SubmittedFlag OpenFlag FreezePriceFlag FreezeShippingChargeFlag FreezeTaxFlag CanceledFlag",
    ),
    {"lines": LINE, "shipToCustomer": SHIP_TO, "billToCustomer": BILL_TO, "totals": TOTAL},
    created=_names(
        "SourceTransactionNumber SourceTransactionSystem SourceTransactionId OrderKey BusinessUnitName BusinessUnitId"
        " RequestingBusinessUnitName RequestingBusinessUnitId BuyingPartyNumber BuyingPartyId CustomerPONumber"
        " SourceTransactionRevisionNumber BuyingPartyContactNumber TransactionType TransactionTypeCode TransactionOn"
        " TransactionalCurrencyCode RequestedShipDate RequestedArrivalDate PaymentTerms PaymentTermsCode Comments"
        " SubmittedFlag FreezePriceFlag FreezeShippingChargeFlag FreezeTaxFlag"
    ),
    updated=_names(
        "CustomerPONumber RequestedShipDate RequestedArrivalDate SubmittedFlag Comments CancelReason CancelReasonCode"
        " SourceTransactionRevisionNumber"
    ),
)

SHIPMENT_LINE = Kind(
    _of(
        string="Order OrderLine OrderType OrderTypeCode OrderSchedule SourceOrder SourceOrderLine Item ItemDescription"
        " RequestedQuantityUOM RequestedQuantityUOMCode CurrencyCode Shipment ShipmentStatusCode ShipmentStatus"
        " LineStatusCode LineStatus PickWave OrganizationCode OrganizationName Subinventory LotNumber ShipToCustomer"
        " ShipToCustomerNumber ShipToAddress1 ShipToAddress2 ShipToCity ShipToPostalCode ShipToCountry"
        " IntegrationStatus IntegrationStatusCode BusinessUnit",
        integer="ShipmentLine SourceOrderId SourceOrderLineId SourceOrderFulfillmentLineId InventoryItemId ShipmentId"
        " PickWaveId OrganizationId ShipToPartyId ShipToLocationId",
        number="RequestedQuantity ShippedQuantity StagedQuantity PickedQuantity CancelledQuantity BackorderedQuantity"
        " PendingQuantity UnitPrice SellingPrice",
        moment="RequestedDate ScheduledShipDate ActualShipDate CreationDate LastUpdateDate",
    )
)

AVAILABILITY = Kind(
    _of(
        string="OrganizationCode:18 OrganizationName ItemNumber:300 SubinventoryCode LocatorName LotNumber"
        " PrimaryUnitOfMeasure PrimaryUOMCode ReturnStatus ReturnMessageName ReturnMessageText",
        integer="OrganizationId InventoryItemId",
        number="QuantityOnhand AvailableToTransact AvailableToReserve",
    ),
    created=_names(
        "OrganizationCode OrganizationId OrganizationName ItemNumber SubinventoryCode LocatorName LotNumber"
    ),
    readable=False,
)

RESERVATION = Kind(
    _of(
        string=f"OrganizationCode:18 OrganizationName ItemNumber:300 SubinventoryCode:10 LotNumber ReservationUOMCode:3"
        f" DemandSourceType DemandSourceName:{HOLD_NAME_LETTERS} DemandSourceHeaderNumber:150"
        " DemandSourceLineNumber:150 SupplySourceType",
        integer="ReservationId OrganizationId InventoryItemId DemandSourceTypeId SupplySourceTypeId",
        number="ReservationQuantity",
        date="RequirementDate",
        moment="CreationDate",
    ),
    created=_names(
        "OrganizationCode OrganizationId ItemNumber SubinventoryCode ReservationQuantity ReservationUOMCode"
        " RequirementDate DemandSourceType DemandSourceTypeId DemandSourceName DemandSourceHeaderNumber"
        " DemandSourceLineNumber SupplySourceType SupplySourceTypeId"
    ),
    updated=_names("ReservationQuantity RequirementDate"),
)

INVOICE_LINE_DFF = Kind(_of(string="_Delivery__Name __FLEX_Context", integer="CustomerTrxLineId"))

INVOICE_TAX_LINE = Kind(
    _of(
        string="TaxRegimeCode TaxRateCode",
        integer="CustomerTransactionLineId TaxLineNumber",
        number="TaxRate TaxAmount",
    )
)

INVOICE_LINE = Kind(
    _of(
        string="Description ItemNumber SalesOrder TaxClassificationCode Warehouse UnitOfMeasure",
        integer="CustomerTransactionLineId LineNumber",
        number="Quantity UnitSellingPrice LineAmount",
    ),
    {
        "receivablesInvoiceLineTransactionDFF": INVOICE_LINE_DFF,
        "receivablesInvoiceLineTaxLines": INVOICE_TAX_LINE,
    },
)

INVOICE = Kind(
    _of(
        string="TransactionNumber TransactionType TransactionSource InvoiceStatus InvoiceCurrencyCode"
        " BillToCustomerName BillToCustomerNumber BillToSite ShipToCustomerName ShipToCustomerNumber ShipToSite"
        " PayingCustomerName PaymentTerms PurchaseOrder BusinessUnit LegalEntityIdentifier Carrier Comments"
        " InternalNotes CrossReference",
        integer="CustomerTransactionId DocumentNumber",
        number="EnteredAmount InvoiceBalanceAmount FreightAmount ConversionRate",
        date="TransactionDate DueDate BillingDate AccountingDate ShipDate",
        moment="CreationDate LastUpdateDate",
    ),
    {"receivablesInvoiceLines": INVOICE_LINE},
)

ADDRESS = Kind(
    _of(
        string="AddressNumber:30 AddressLine1 AddressLine2 City:60 State:60 PostalCode:60 Country:2",
        integer="AddressId PartyId",
        boolean="PrimaryFlag",
    ),
    created=_names("AddressLine1 AddressLine2 City State PostalCode Country"),
)

_PARTY = (
    "PartyNumber:30 EmailAddress:320 FormattedAddress AddressLine1 AddressLine2 City State PostalCode Country:2 Type"
)

ACCOUNT = Kind(
    _of(string=f"{_PARTY} OrganizationName:360 FormattedPhoneNumber", integer="PartyId"),
    {"Address": ADDRESS},
)

CONTACT = Kind(
    _of(
        string=f"{_PARTY} ContactName:360 FirstName LastName FormattedWorkPhoneNumber FormattedMobileNumber"
        " AccountPartyNumber AccountName",
        integer="PartyId AccountPartyId",
    ),
    {"Address": ADDRESS},
)
