"""The services of the stand-in's SAP: their entities, how those hang together, and what each property may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from tests.fakes import sap_fields as fields

_PROPERTY = re.compile(r"(\w+):(\w+)(?:\((\d+)(?:,(\d+))?\))?\[(c?)(u?)(f?)(E?)\]")

# Documents, partners and addresses: numeric ones are padded with zeros to their whole length.
_PADDED = re.compile(
    r"SalesOrder|SalesDocument|SDDocument|BillingDocument|CancelledBillingDocument|DeliveryDocument|CustomerReturn"
    r"|SubsequentDocument|SubsqntDocItmPrecdgDocument|ReferenceSDDocument|OriginSDDocument|BusinessPartner|Customer"
    r"|SoldToParty|ShipToParty|PayerParty|AddressID|Person|PersonNumber|ContactPerson|Reservation"
    r"|HandlingUnitInternalId|IndependentAddressID"
)
# Positions of documents: digits only (NUMC), however many zeros they are given with.
_POSITION = re.compile(r"\w+Item|SubsqntDocItmPrecdgDocItem|ScheduleLine|OrdinalNumber")


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property of an entity.

    Attributes:
        kind: Of the entity data model, without `Edm.`.
        length: Of text, in characters; of a decimal, all its digits, of which `scale` stand after the point.
        is_padded: Whether it is an id that has zeros in front; `is_position`: whether it is a position's number.
    """

    name: str
    kind: str
    length: int = 0
    scale: int = 0
    creatable: bool = False
    updatable: bool = False
    filterable: bool = False
    is_etag: bool = False

    @cached_property
    def is_padded(self) -> bool:
        """Whether it is an id that has zeros in front."""
        return self.kind == "String" and self.length == 10 and bool(_PADDED.fullmatch(self.name))

    @cached_property
    def is_position(self) -> bool:
        """Whether it is a position's number."""
        return self.kind == "String" and 3 <= self.length <= 6 and bool(_POSITION.fullmatch(self.name))

    def filled(self, value: str) -> str:
        """A number with all its zeros; what isn't numeric stays as it is."""
        return value.zfill(self.length) if value.isascii() and value.isdigit() else value


@dataclass(frozen=True, kw_only=True)
class Navigation:
    """A way to other entities.

    Attributes:
        to: The entity that it leads to; empty where the stand-in doesn't go.
        on: Which of ours is which property of theirs.
    """

    to: str = ""
    on: Mapping[str, str] = field(default_factory=dict)
    is_many: bool = True


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One entity, and the set of the same name.

    Attributes:
        zeros: Whether positions are shown with their zeros.
    """

    name: str
    service: str
    keys: tuple[str, ...]
    properties: Mapping[str, Property]
    navigations: Mapping[str, Navigation]
    zeros: bool = True

    @cached_property
    def etag(self) -> str:
        """The property that is the concurrency token; empty if there is none."""
        return next((one.name for one in self.properties.values() if one.is_etag), "")


ENTITIES: dict[str, Entity] = {}
SERVICES: dict[str, set[str]] = {}


def _read(text: str) -> Iterable[Property]:
    for word in text.split():
        match = _PROPERTY.fullmatch(word)
        assert match, word
        name, kind, length, scale, creatable, updatable, filterable, etag = match.groups()
        yield Property(
            name=name,
            kind=kind,
            length=int(length or 0),
            scale=int(scale or 0),
            creatable=bool(creatable),
            updatable=bool(updatable),
            filterable=bool(filterable),
            is_etag=bool(etag),
        )


def _entity(
    service: str,
    name: str,
    text: str,
    keys: str,
    *,
    zeros: bool = True,
    unserved: str = "",
    **navigations: Navigation,
) -> None:
    ways = {one: Navigation() for one in unserved.split()} | navigations
    properties = {one.name: one for one in _read(text)}
    entity = Entity(
        name=name,
        service=service,
        keys=tuple(keys.split()),
        properties=MappingProxyType(properties),
        navigations=MappingProxyType(ways),
        zeros=zeros,
    )
    assert set(entity.keys) <= set(properties), name
    ENTITIES[name] = entity
    SERVICES.setdefault(service, set()).add(name)


def _many(to: str, *own: str, **others: str) -> Navigation:
    """To several: by keys that are called the same there, or `theirs="ours"`."""
    return Navigation(to=to, on={**{one: one for one in own}, **{ours: theirs for theirs, ours in others.items()}})


def _one(to: str, *own: str, **others: str) -> Navigation:
    return Navigation(to=to, on=_many(to, *own, **others).on, is_many=False)


PARTNERS = "API_BUSINESS_PARTNER"
_entity(PARTNERS, "A_AddressEmailAddress", fields.ADDRESS_EMAIL_ADDRESS, "AddressID Person OrdinalNumber")
_entity(PARTNERS, "A_AddressPhoneNumber", fields.ADDRESS_PHONE_NUMBER, "AddressID Person OrdinalNumber")
_entity(
    PARTNERS,
    "A_BusinessPartner",
    fields.BUSINESS_PARTNER,
    "BusinessPartner",
    unserved="to_BuPaIdentification to_BuPaIndustry to_BusinessPartnerBank to_BusinessPartnerContact"
    " to_BusinessPartnerRole to_BusinessPartnerTax to_Supplier",
    to_BusinessPartnerAddress=_many("A_BusinessPartnerAddress", "BusinessPartner"),
    to_Customer=_one("A_Customer", "Customer"),
)
_entity(
    PARTNERS,
    "A_BusinessPartnerAddress",
    fields.BUSINESS_PARTNER_ADDRESS,
    "BusinessPartner AddressID",
    unserved="to_AddressUsage to_FaxNumber to_URLAddress",
    to_EmailAddress=_many("A_AddressEmailAddress", "AddressID", "Person"),
    to_MobilePhoneNumber=_many("A_AddressPhoneNumber", "AddressID", "Person"),
    to_PhoneNumber=_many("A_AddressPhoneNumber", "AddressID", "Person"),
)
_entity(
    PARTNERS,
    "A_Customer",
    fields.CUSTOMER,
    "Customer",
    unserved="to_CustomerCompany to_CustomerSalesArea to_CustomerTaxGrouping to_CustomerText to_CustomerUnloadingPoint",
)

ORDERS = "API_SALES_ORDER_SRV"
_entity(
    ORDERS,
    "A_SalesOrder",
    fields.SALES_ORDER,
    "SalesOrder",
    zeros=False,
    unserved="to_BillingPlan to_PaymentPlanItemDetails to_PrecedingProcFlowDoc to_PricingElement to_RelatedObject"
    " to_Text",
    to_Item=_many("A_SalesOrderItem", "SalesOrder"),
    to_Partner=_many("A_SalesOrderHeaderPartner", "SalesOrder"),
    to_SubsequentProcFlowDoc=_many("A_SalesOrderSubsqntProcFlow", "SalesOrder"),
)
_entity(
    ORDERS,
    "A_SalesOrderItem",
    fields.SALES_ORDER_ITEM,
    "SalesOrder SalesOrderItem",
    zeros=False,
    unserved="to_BillingPlan to_Partner to_PrecedingProcFlowDocItem to_PricingElement to_RelatedObject to_Text",
    to_SalesOrder=_one("A_SalesOrder", "SalesOrder"),
    to_ScheduleLine=_many("A_SalesOrderScheduleLine", "SalesOrder", "SalesOrderItem"),
    to_SubsequentProcFlowDocItem=_many("A_SalesOrderItmSubsqntProcFlow", "SalesOrder", "SalesOrderItem"),
)
_entity(
    ORDERS,
    "A_SalesOrderItmSubsqntProcFlow",
    fields.SALES_ORDER_ITM_SUBSQNT_PROC_FLOW,
    "SalesOrder SalesOrderItem DocRelationshipUUID",
    zeros=False,
    to_SalesOrder=_one("A_SalesOrder", "SalesOrder"),
    to_SalesOrderItem=_one("A_SalesOrderItem", "SalesOrder", "SalesOrderItem"),
)
_entity(
    ORDERS,
    "A_SalesOrderScheduleLine",
    fields.SALES_ORDER_SCHEDULE_LINE,
    "SalesOrder SalesOrderItem ScheduleLine",
    zeros=False,
)
_entity(
    ORDERS,
    "A_SalesOrderSubsqntProcFlow",
    fields.SALES_ORDER_SUBSQNT_PROC_FLOW,
    "SalesOrder DocRelationshipUUID",
    zeros=False,
    to_SalesOrder=_one("A_SalesOrder", "SalesOrder"),
)
_entity(
    ORDERS,
    "A_SalesOrderHeaderPartner",
    fields.SALES_ORDER_HEADER_PARTNER,
    "SalesOrder PartnerFunction",
    zeros=False,
    to_Address=_many("A_SalesOrderPartnerAddress", "SalesOrder", "PartnerFunction"),
    to_SalesOrder=_one("A_SalesOrder", "SalesOrder"),
)
_entity(
    ORDERS,
    "A_SalesOrderPartnerAddress",
    fields.SALES_ORDER_PARTNER_ADDRESS,
    "SalesOrder PartnerFunction AddressRepresentationCode",
    zeros=False,
    to_SalesOrder=_one("A_SalesOrder", "SalesOrder"),
)

DELIVERIES = "API_OUTBOUND_DELIVERY_SRV"
_entity(
    DELIVERIES,
    "A_HandlingUnitHeaderDelivery",
    fields.HANDLING_UNIT_HEADER_DELIVERY,
    "HandlingUnitInternalId",
    unserved="to_HandlingUnitItemDelivery",
)
_entity(
    DELIVERIES,
    "A_OutbDeliveryItem",
    fields.OUTB_DELIVERY_ITEM,
    "DeliveryDocument DeliveryDocumentItem",
    unserved="to_SerialDeliveryItem to_DocumentFlow to_HandlingUnitItemDelivery to_DeliveryDocumentItemText",
)
_entity(
    DELIVERIES,
    "A_OutbDeliveryHeader",
    fields.OUTB_DELIVERY_HEADER,
    "DeliveryDocument",
    unserved="to_DeliveryDocumentText",
    to_HandlingUnitHeaderDelivery=_many("A_HandlingUnitHeaderDelivery", "DeliveryDocument"),
    to_DeliveryDocumentPartner=_many("A_OutbDeliveryPartner", SDDocument="DeliveryDocument"),
    to_DeliveryDocumentItem=_many("A_OutbDeliveryItem", "DeliveryDocument"),
)
_entity(
    DELIVERIES,
    "A_OutbDeliveryPartner",
    fields.OUTB_DELIVERY_PARTNER,
    "PartnerFunction SDDocument",
    unserved="to_Address2 to_Address",
)

STOCK = "API_MATERIAL_STOCK_SRV"
_entity(
    STOCK,
    "A_MaterialStock",
    fields.MATERIAL_STOCK,
    "Material",
    to_MatlStkInAcctMod=_many("A_MatlStkInAcctMod", "Material"),
)
_entity(
    STOCK,
    "A_MatlStkInAcctMod",
    fields.MATL_STK_IN_ACCT_MOD,
    "Material Plant StorageLocation Batch Supplier Customer WBSElementInternalID SDDocument SDDocumentItem"
    " InventorySpecialStockType InventoryStockType",
    unserved="to_MaterialSerialNumber",
    to_MaterialStock=_one("A_MaterialStock", "Material"),
)

RESERVATIONS = "API_RESERVATION_DOCUMENT_SRV"
_entity(
    RESERVATIONS,
    "A_ReservationDocumentHeader",
    fields.RESERVATION_DOCUMENT_HEADER,
    "Reservation",
    to_ReservationDocumentItem=_many("A_ReservationDocumentItem", "Reservation"),
)
_entity(
    RESERVATIONS,
    "A_ReservationDocumentItem",
    fields.RESERVATION_DOCUMENT_ITEM,
    "Reservation ReservationItem RecordType",
    to_ReservationDocument=_one("A_ReservationDocumentHeader", "Reservation"),
)

BILLING = "API_BILLING_DOCUMENT_SRV"
_entity(
    BILLING,
    "A_BillingDocument",
    fields.BILLING_DOCUMENT,
    "BillingDocument",
    unserved="to_Partner to_PricingElement to_Text",
    to_Item=_many("A_BillingDocumentItem", "BillingDocument"),
)
_entity(
    BILLING,
    "A_BillingDocumentItem",
    fields.BILLING_DOCUMENT_ITEM,
    "BillingDocument BillingDocumentItem",
    unserved="to_ItemText to_Partner to_PricingElement",
    to_BillingDocument=_one("A_BillingDocument", "BillingDocument"),
)

RETURNS = "API_CUSTOMER_RETURN_SRV"
_entity(
    RETURNS,
    "A_CustomerReturn",
    fields.CUSTOMER_RETURN,
    "CustomerReturn",
    zeros=False,
    unserved="to_CustomerReturnOverviewStatus to_Partner to_PricingElement to_RelatedObject to_Text",
    to_Item=_many("A_CustomerReturnItem", "CustomerReturn"),
)
_entity(
    RETURNS,
    "A_CustomerReturnItem",
    fields.CUSTOMER_RETURN_ITEM,
    "CustomerReturn CustomerReturnItem",
    zeros=False,
    unserved="to_Partner to_PricingElement to_ProcessStep to_RelatedObject to_ScheduleLine to_SerialNumber to_Text",
    to_CustomerReturn=_one("A_CustomerReturn", "CustomerReturn"),
)
