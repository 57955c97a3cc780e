"""SAP's records as its services give them, with the properties that are used here, which may all be empty."""

from __future__ import annotations

from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
NONE = Decimal(0)


class Many(msgspec.Struct, Generic[T], frozen=True):
    """What belongs to a record; nothing, where it wasn't asked for."""

    results: list[T] = []


class Metadata(msgspec.Struct, frozen=True):
    """`etag`: the record's, where it has one."""

    etag: str = ""


# Business partners


class PhoneRow(msgspec.Struct, frozen=True):
    """A_AddressPhoneNumber."""

    AddressID: str = ""
    Person: str = ""
    IsDefaultPhoneNumber: bool = False
    DestinationLocationCountry: str = ""
    PhoneNumber: str = ""
    InternationalPhoneNumber: str = ""


class EmailRow(msgspec.Struct, frozen=True):
    """A_AddressEmailAddress."""

    AddressID: str = ""
    Person: str = ""
    IsDefaultEmailAddress: bool = False
    EmailAddress: str = ""


class AddressRow(msgspec.Struct, frozen=True):
    """A_BusinessPartnerAddress."""

    BusinessPartner: str
    AddressID: str = ""
    Person: str = ""
    FullName: str = ""
    StreetName: str = ""
    HouseNumber: str = ""
    StreetSuffixName: str = ""
    CityName: str = ""
    Region: str = ""
    Country: str = ""
    PostalCode: str = ""
    to_EmailAddress: Many[EmailRow] = Many()
    to_PhoneNumber: Many[PhoneRow] = Many()
    to_MobilePhoneNumber: Many[PhoneRow] = Many()


class PartnerRow(msgspec.Struct, frozen=True):
    """A_BusinessPartner."""

    BusinessPartner: str
    Customer: str = ""
    BusinessPartnerFullName: str = ""
    PersonNumber: str = ""
    to_BusinessPartnerAddress: Many[AddressRow] = Many()


# Orders and deliveries


class FlowRow(msgspec.Struct, frozen=True):
    """A_SalesOrderItmSubsqntProcFlow."""

    SubsequentDocument: str = ""
    SubsequentDocumentCategory: str = ""


class ScheduleRow(msgspec.Struct, frozen=True):
    """A_SalesOrderScheduleLine."""

    RequestedDeliveryDate: str = ""
    ConfirmedDeliveryDate: str = ""
    OpenConfdDelivQtyInOrdQtyUnit: Decimal = NONE


class ItemRow(msgspec.Struct, frozen=True):
    """A_SalesOrderItem."""

    SalesOrderItem: str
    Material: str = ""
    SalesOrderItemText: str = ""
    RequestedQuantity: Decimal = NONE
    RequestedQuantityUnit: str = ""
    NetAmount: Decimal = NONE
    ProductionPlant: str = ""
    SalesDocumentRjcnReason: str = ""
    DeliveryStatus: str = ""
    to_ScheduleLine: Many[ScheduleRow] = Many()
    to_SubsequentProcFlowDocItem: Many[FlowRow] = Many()


class OrderAddressRow(msgspec.Struct, frozen=True):
    """A_SalesOrderPartnerAddress."""

    AddressRepresentationCode: str = ""
    StreetName: str = ""
    HouseNumber: str = ""
    StreetSuffixName1: str = ""
    CityName: str = ""
    Region: str = ""
    Country: str = ""
    PostalCode: str = ""


class OrderPartnerRow(msgspec.Struct, frozen=True):
    """A_SalesOrderHeaderPartner."""

    PartnerFunction: str = ""
    to_Address: Many[OrderAddressRow] = Many()


class OrderRow(msgspec.Struct, frozen=True):
    """A_SalesOrder."""

    SalesOrder: str
    SoldToParty: str = ""
    SalesOrderDate: str = ""
    RequestedDeliveryDate: str = ""
    TransactionCurrency: str = ""
    SalesOrganization: str = ""
    DistributionChannel: str = ""
    OrganizationDivision: str = ""
    PurchaseOrderByCustomer: str = ""
    to_Item: Many[ItemRow] = Many()
    to_Partner: Many[OrderPartnerRow] = Many()
    metadata: Metadata = msgspec.field(name="__metadata", default=Metadata())


class DeliveryItemRow(msgspec.Struct, frozen=True):
    """A_OutbDeliveryItem."""

    ReferenceSDDocument: str = ""
    ReferenceSDDocumentItem: str = ""
    ActualDeliveryQuantity: Decimal = NONE
    Plant: str = ""
    PickingStatus: str = ""
    PackingStatus: str = ""
    GoodsMovementStatus: str = ""


class DeliveryPartnerRow(msgspec.Struct, frozen=True):
    """A_OutbDeliveryPartner."""

    PartnerFunction: str = ""
    Supplier: str = ""
    Customer: str = ""


class HandlingUnitRow(msgspec.Struct, frozen=True):
    """A_HandlingUnitHeaderDelivery."""

    HandlingUnitExternalId: str = ""


class DeliveryRow(msgspec.Struct, frozen=True):
    """A_OutbDeliveryHeader."""

    DeliveryDocument: str
    DeliveryDate: str = ""
    ActualGoodsMovementDate: str = ""
    ActualGoodsMovementTime: str = ""
    ProofOfDeliveryDate: str = ""
    ConfirmationTime: str = ""
    OverallProofOfDeliveryStatus: str = ""
    ShippingType: str = ""
    BillOfLading: str = ""
    DeliveryDocumentBySupplier: str = ""
    MeansOfTransport: str = ""
    to_DeliveryDocumentItem: Many[DeliveryItemRow] = Many()
    to_DeliveryDocumentPartner: Many[DeliveryPartnerRow] = Many()
    to_HandlingUnitHeaderDelivery: Many[HandlingUnitRow] = Many()


# Stock and reservations


class StockRow(msgspec.Struct, frozen=True):
    """A_MatlStkInAcctMod."""

    Plant: str = ""
    MatlWrhsStkQtyInMatlBaseUnit: Decimal = NONE


class ReservedRow(msgspec.Struct, frozen=True):
    """A_ReservationDocumentItem."""

    Reservation: str
    ReservationItem: str
    RecordType: str = ""
    Plant: str = ""
    DebitCreditCode: str = ""
    ResvnItmRequiredQtyInBaseUnit: Decimal = NONE
    ResvnItmWithdrawnQtyInBaseUnit: Decimal = NONE
    ReservationItmIsMarkedForDeltn: bool = False


class ReservationRow(msgspec.Struct, frozen=True):
    """A_ReservationDocumentHeader."""

    Reservation: str
    to_ReservationDocumentItem: Many[ReservedRow] = Many()


# Invoices


class InvoiceItemRow(msgspec.Struct, frozen=True):
    """A_BillingDocumentItem."""

    BillingDocumentItem: str
    Material: str = ""
    BillingDocumentItemText: str = ""
    BillingQuantity: Decimal = NONE
    NetAmount: Decimal = NONE
    TaxAmount: Decimal = NONE
    SalesDocument: str = ""


class InvoiceRow(msgspec.Struct, frozen=True):
    """A_BillingDocument."""

    BillingDocument: str
    SoldToParty: str = ""
    SDDocumentCategory: str = ""
    BillingDocumentIsCancelled: bool = False
    BillingDocumentDate: str = ""
    CustomerPaymentTerms: str = ""
    InvoiceClearingStatus: str = ""
    TransactionCurrency: str = ""
    TotalNetAmount: Decimal = NONE
    TaxAmount: Decimal = NONE
    to_Item: Many[InvoiceItemRow] = Many()


class PdfRow(msgspec.Struct, frozen=True):
    """What GetPDF gives."""

    BillingDocumentBinary: str = ""


# Returns


class ReturnItemRow(msgspec.Struct, frozen=True):
    """A_CustomerReturnItem."""

    CustomerReturnItem: str = ""
    Material: str = ""
    CustomerReturnItemText: str = ""
    RequestedQuantity: Decimal = NONE
    ReturnReason: str = ""
    ReturnsMaterialHasBeenReceived: str = ""
    SalesDocumentRjcnReason: str = ""
    SDDocumentRejectionStatus: str = ""
    ReferenceSDDocument: str = ""
    ReferenceSDDocumentItem: str = ""


class ReturnRow(msgspec.Struct, frozen=True):
    """A_CustomerReturn."""

    CustomerReturn: str
    SoldToParty: str = ""
    CreationDate: str = ""
    TransactionCurrency: str = ""
    TotalNetAmount: Decimal = NONE
    OverallSDProcessStatus: str = ""
    OverallSDDocumentRejectionSts: str = ""
    to_Item: Many[ReturnItemRow] = Many()
