"""What the stand-in of Dynamics 365 Finance & Operations knows of its entity sets: names and types of a whole metadata.

Several sets show one table: the versions of an order's header are views of the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.fakes.odata import Dialect, Entity, Field

NAMESPACE = "Microsoft.Dynamics.DataEntities"
NO_DATE = "1900-01-01T12:00:00Z"

ENUMS = {
    name: tuple(members.split())
    for name, members in {
        "SalesStatus": "None Backorder Delivered Invoiced Canceled",
        "SalesOrderProcessingStatus": """
            Active Confirmed Picked PartiallyDelivered Delivered Invoiced PartiallyInvoiced Canceled
            DeliveredPartiallyInvoiced
        """,
        "ItemReservation": "None Automatic Explosion",
        "ReturnStatusHeader": "None Created Open Canceled Closed",
        "ReturnStatusLine": "None Awaiting Registered Quarantine Received Invoiced Canceled",
        "SalesType": "Journal DEL_Quotation Subscription Sales ReturnItem DEL_Blanket ItemReq Prepayment",
        "WhsWorkStatus": "Open InProcess PendingReview Skipped Closed Cancelled Combined",
        "WhsWorkTransType": """
            None Purch Sales ProdPick ProdPut ProdProcessPut TransferIssue TransferReceipt Invent WorkCancel
            CycleCount Replenishment ReturnOrder KanbanPut KanbanPick CycleCountAccepted PackedContainerPicking
            SortedInventoryPicking CrossDocking QualityInQualityCheck QualityItemSampling QualityOrder Packing
            ITMGoodsInTransit OutboundShipmentOrder InboundShipmentOrder
        """,
        "StatusIssue": "None Sold Deducted Picked ReservPhysical ReservOrdered OnOrder QuotationIssue",
        "WmsExpeditionStatus": """
            None Registered DEL_Reserved Activated Started Picked Staged Loaded Complete Cancelled
        """,
        "RetailFulfillmentLineStatus": """
            Unknown Pending Accepted Picking PartiallyPicked Picked PartiallyPacked Packed PartiallyInvoiced
            Invoiced Rejected
        """,
        "NoYes": "No Yes",
        "DocuRestriction": "Internal External",
        "DispositionAction": "Credit CreditOnly Scrap ReplaceCredit ReplaceScrap ReturnToCust",
        "CustVendorBlocked": "No Invoice All Payment Requisition Never PurchOrder",
        "LogisticsElectronicAddressMethodType": "None Phone Email URL Telex Fax Facebook Twitter LinkedIn",
        "InventLocationType": "Standard Quarantine Transit GoodsInRoute_RU ITMGIT ITMUnder",
    }.items()
}

DIALECT = Dialect(
    options=frozenset({"$filter", "$count", "$orderby", "$skip", "$top", "$select", "$expand"}),
    custom=frozenset({"cross-company", "$skiptoken"}),
    enums=ENUMS,
    namespace=NAMESPACE,
    wildcards=True,
    ignores_case=True,
    nested=frozenset({"$select", "$filter", "$orderby", "$top"}),
)

_KINDS = {
    "texts": Field("Edm.String"),
    "decimals": Field("Edm.Decimal", nullable=False),
    "moments": Field("Edm.DateTimeOffset", nullable=False),
    "integers": Field("Edm.Int64", nullable=False),
    "guids": Field("Edm.Guid", nullable=False),
}
_DEFAULTS = {
    "Edm.String": "",
    "Edm.Decimal": 0,
    "Edm.DateTimeOffset": NO_DATE,
    "Edm.Int64": 0,
    "Edm.Guid": "00000000-0000-0000-0000-000000000000",
}

_DIMENSIONS = "ProductColorId ProductConfigurationId ProductSizeId ProductStyleId ProductVersionId"

Fields = dict[str, Field]


@dataclass(frozen=True, kw_only=True)
class Set(Entity):
    """An entity set: a view of a table of the stand-in's."""

    table: str = ""
    defaults: Mapping[str, object] = field(default_factory=dict)


def _fields(**by_kind: str) -> Fields:
    found = {name: _KINDS[kind] for kind, names in by_kind.items() if kind != "enums" for name in names.split()}
    pairs = (pair.split(":") for pair in by_kind.get("enums", "").split())
    return {**found, **{name: Field(enum) for name, enum in pairs}}


def _default(one: Field) -> object:
    return _DEFAULTS[one.kind] if one.kind in _DEFAULTS else ENUMS[one.kind][0]


def _set(
    table: str, keys: str, more: Fields | None = None, navigations: Mapping[str, str] | None = None, **by_kind: str
) -> Set:
    fields = {**_fields(**by_kind), **(more or {})}
    fields |= {key: Field(fields[key].kind, nullable=False) for key in keys.split()}
    return Set(
        name=table,
        keys=tuple(keys.split()),
        fields=fields,
        navigations=navigations or {},
        table=table,
        defaults={name: _default(one) for name, one in fields.items()},
    )


_ORDER = _fields(
    texts="""
        ContactPersonId CurrencyCode CustomerRequisitionNumber CustomersOrderReference DefaultShippingSiteId
        DefaultShippingWarehouseId DeliveryAddressCity DeliveryAddressCountryRegionISOCode
        DeliveryAddressCountryRegionId DeliveryAddressCountyId DeliveryAddressDescription
        DeliveryAddressDistrictName DeliveryAddressDunsNumber DeliveryAddressLocationId DeliveryAddressName
        DeliveryAddressPostBox DeliveryAddressStateId DeliveryAddressStreet DeliveryAddressStreetNumber
        DeliveryAddressZipCode DeliveryBuildingCompliment DeliveryModeCode DeliveryTermsCode Email
        FormattedDelveryAddress InvoiceCustomerAccountNumber LanguageId OrderingCustomerAccountNumber
        PaymentTermsName SalesOrderName SalesOrderNumber SalesOrderOriginCode dataAreaId
    """,
    decimals="""
        DeliveryAddressLatitude DeliveryAddressLongitude OrderTotalAmount OrderTotalChargesAmount
        OrderTotalDiscountAmount OrderTotalTaxAmount
    """,
    moments="""
        ConfirmedReceiptDate ConfirmedShippingDate OrderCreationDateTime RequestedReceiptDate
        RequestedShippingDate
    """,
    enums="""
        IsDeliveryAddressOrderSpecific:NoYes IsDeliveryAddressPrivate:NoYes IsSalesProcessingStopped:NoYes
        SalesOrderProcessingStatus:SalesOrderProcessingStatus SalesOrderStatus:SalesStatus
    """,
)
_LINE = _fields(
    texts="""
        CurrencyCode DeliveryAddressCity DeliveryAddressCountryRegionId DeliveryAddressName DeliveryAddressStateId
        DeliveryAddressStreet DeliveryAddressZipCode DeliveryModeCode ExternalItemNumber InventoryLotId
        InventoryServiceReservationId LineDescription SalesOrderNumber SalesProductCategoryName SalesUnitSymbol
        ShippingSiteId ShippingWarehouseId dataAreaId
    """,
    decimals="""
        LineAmount LineDiscountAmount LineDiscountPercentage OrderedSalesQuantity SalesDeliverNow SalesPrice
        SalesPriceQuantity
    """,
    moments="ConfirmedReceiptDate ConfirmedShippingDate RequestedReceiptDate RequestedShippingDate",
    integers="LineCreationSequenceNumber",
    enums="IsLineStopped:NoYes SalesOrderLineStatus:SalesStatus",
)
_INVOICE = _fields(
    texts="""
        ContactPersonId CurrencyCode CustomersOrderReference DeliveryModeCode DeliveryTermsCode InvoiceAddressCity
        InvoiceAddressCountryRegionISOCode InvoiceAddressCountryRegionId InvoiceAddressState InvoiceAddressStreet
        InvoiceAddressStreetNumber InvoiceAddressZipCode InvoiceCustomerAccountNumber InvoiceNumber LedgerVoucher
        PaymentTermsName SalesOrderNumber SalesOrderOriginCode SalesOrderResponsiblePersonnelNumber dataAreaId
    """,
    decimals="""
        InvoiceHeaderTaxAmount TotalChargeAmount TotalDiscountCustomerGroupCode TotalInvoiceAmount TotalTaxAmount
    """,
    moments="InvoiceDate",
)
_INVOICE_LINE = _fields(
    texts="""
        CurrencyCode DimensionNumber InventorySiteId InventoryWarehouseId InvoiceNumber ItemBatchNumber
        LedgerVoucher OrderedInventoryStatusId ProductColorId ProductConfigurationId ProductDescription
        ProductName ProductNumber ProductSizeId ProductStyleId ProductVersionId SalesProductCategoryHierarchyName
        SalesProductCategoryName SalesUnitSymbol dataAreaId
    """,
    decimals="""
        InvoicedQuantity LineAmount LineTotalChargeAmount LineTotalDiscountAmount LineTotalTaxAmount SalesPrice
    """,
    moments="ConfirmedShippingDate InvoiceDate",
    integers="LineCreationSequenceNumber",
)

_SETS: dict[str, Set] = {
    "SalesOrderHeadersV2": _set(
        "orders",
        "dataAreaId SalesOrderNumber",
        _ORDER,
        texts="""
            DeliveryAddressCityInKana DeliveryAddressStreetInKana DeliveryReasonCode ShippingCarrierId
            ShippingCarrierServiceId
        """,
        enums="AreTotalsCalculated:NoYes InventoryReservationMethod:ItemReservation",
        navigations={"SalesOrderLines": "SalesOrderLines"},
    ),
    "SalesOrderHeadersV3": _set(
        "orders",
        "dataAreaId SalesOrderNumber",
        _ORDER,
        texts="""
            DeliveryAddressCityInKana DeliveryAddressStreetInKana DeliveryReasonCode ShippingCarrierId
            ShippingCarrierServiceId
        """,
        enums="AreTotalsCalculated:NoYes ExcludeFromMasterPlanning:NoYes InventoryReservationMethod:ItemReservation",
        navigations={"SalesOrderLines": "SalesOrderLines"},
    ),
    "SalesOrderHeadersV4": _set(
        "orders",
        "dataAreaId SalesOrderNumber",
        _ORDER,
        texts="""
            DeliveryAddressCityInKana DeliveryAddressStreetInKana DeliveryReasonCode ShipmentProcessingPolicyName
            ShippingCarrierId ShippingCarrierServiceId
        """,
        enums="AreTotalsCalculated:NoYes ExcludeFromMasterPlanning:NoYes InventoryReservationMethod:ItemReservation",
    ),
    "CDSSalesOrderHeaders": _set(
        "orders",
        "dataAreaId SalesOrderNumber",
        _ORDER,
        navigations={"SalesInvoiceHeaderV2": "SalesInvoiceHeadersV2", "CDSSalesOrderLinesV2": "CDSSalesOrderLinesV2"},
    ),
    "SalesOrderLines": _set(
        "lines",
        "dataAreaId InventoryLotId",
        _LINE,
        texts="""
            CustomerRequisitionNumber FormattedDelveryAddress ItemNumber PackingUnitSymbol ProductColorId
            ProductConfigurationId ProductSizeId ProductStyleId ProductVersionId ShippingWarehouseLocationId
        """,
        decimals="LineNumber",
        integers="CustomersLineNumber",
        enums="""
            CalculateLineAmount:NoYes FulfillmentStatus:RetailFulfillmentLineStatus
            InventoryReservationMethod:ItemReservation IsDeliveryAddressOrderSpecific:NoYes IsPriceLocked:NoYes
            IsSoftReservedExternally:NoYes
        """,
        navigations={"SalesOrderHeaderV2": "SalesOrderHeadersV2", "SalesOrderHeaderV3": "SalesOrderHeadersV3"},
    ),
    "SalesOrderLinesV3": _set(
        "lines",
        "dataAreaId InventoryLotId",
        _LINE,
        texts="""
            CustomerRequisitionNumber FormattedDelveryAddress ItemNumber PackingUnitSymbol ProductColorId
            ProductConfigurationId ProductSizeId ProductStyleId ProductVersionId ShippingWarehouseLocationId
        """,
        decimals="LineNumber",
        integers="CustomersLineNumber",
        enums="""
            CalculateLineAmount:NoYes FulfillmentStatus:RetailFulfillmentLineStatus
            InventoryReservationMethod:ItemReservation IsDeliveryAddressOrderSpecific:NoYes IsPriceLocked:NoYes
            IsSoftReservedExternally:NoYes
        """,
    ),
    "CDSSalesOrderLinesV2": _set(
        "lines",
        "dataAreaId SalesOrderNumber LineCreationSequenceNumber",
        _LINE,
        texts="DeliveryAddressCountryRegionISOCode ProductName ProductNumber",
        decimals="PickedQuantity TotalTaxAmount",
        enums="SalesOrderProcessingStatus:SalesOrderProcessingStatus",
        navigations={"CDSSalesOrderHeader": "CDSSalesOrderHeaders"},
    ),
    "SalesTableBiEntities": _set(
        "sales",
        "dataAreaId SalesId",
        texts="""
            CurrencyCode CustAccount CustomerRef Email InvoiceAccount Phone PurchOrderFormNum ReturnItemNum
            ReturnReasonCodeId SalesId SalesName dataAreaId
        """,
        moments="CreatedOn DeliveryDate ReceiptDateRequested ReturnDeadline ShippingDateRequested SysModifiedDateTime",
        integers="SourceKey SysRecVersion",
        enums="ReturnStatus:ReturnStatusHeader SalesStatus:SalesStatus SalesType:SalesType",
    ),
    "PackingSlipTrackingInformation": _set(
        "tracking",
        "dataAreaId SalesOrderNumber PackingSlipNumber DeliveryDate TrackingNumber",
        texts="PackingSlipNumber SalesOrderNumber TrackingNumber TrackingURL dataAreaId",
        moments="DeliveryDate",
    ),
    "CustPackingSlipJourBiEntities": _set(
        "slips",
        "dataAreaId SourceDocumentHeader",
        texts="""
            BOLCarrierName BillOfLadingId CustomerRef DeliveryName DlvMode InternalPackingSlipId InvoiceAccount
            OrderAccount PackingSlipId SalesId ShipCarrierId dataAreaId inventLocationId
        """,
        decimals="Qty Weight",
        moments="CreatedOn DeliveryDate DocumentDate",
        integers="SourceDocumentHeader SourceKey",
        enums="SalesType:SalesType",
    ),
    "CustPackingSlipTransBiEntities": _set(
        "slip_lines",
        "dataAreaId SourceDocumentLine",
        texts="""
            CurrencyCode ExternalItemId InventDimId InventTransId ItemId Name OrigSalesId PackingSlipId SalesId
            SalesUnit dataAreaId
        """,
        decimals="AmountCur LineNum Ordered Qty Remain RemainInvent inventQty",
        moments="CreatedOn DeliveryDate SalesLineShippingDateConfirmed SalesLineShippingDateRequested",
        integers="SourceDocumentLine SourceKey",
        enums="FullyMatched:NoYes",
    ),
    "ShippingCarriers": _set(
        "carriers",
        "dataAreaId CarrierId",
        texts="""
            CarrierId CarrierName ProNumberSequenceId ShippingCarrierTrackingURL
            ShippingCarrierVendorAccountNumber ShippingCarrierWebsiteURL StandardCarrierAlphaCode
            TransportationModeId dataAreaId
        """,
        decimals="AverageContainerWeight",
        enums="IsBroker:NoYes IsShippingCarrierActive:NoYes IsShippingCarrierRatingActive:NoYes",
    ),
    "WarehouseWorkHeaders": _set(
        "work",
        "dataAreaId WarehouseWorkId",
        texts="""
            ContainerId InventorySiteId LoadId ShipmentId SourceOrderNumber WarehouseId WarehouseWorkId WaveId
            dataAreaId
        """,
        moments="WarehouseWorkCancelledDateTime WarehouseWorkClosedDateTime WarehouseWorkProcessingStartDateTime",
        enums="""
            IsWarehouseWorkBlocked:NoYes WarehouseWorkOrderType:WhsWorkTransType WarehouseWorkStatus:WhsWorkStatus
        """,
    ),
    "WMSPickingRouteBiEntities": _set(
        "routes",
        "dataAreaId pickingRouteID shipmentId",
        texts="customer dataAreaId inventLocationId pickingRouteID shipmentId transRefId",
        moments="ActivationDateTime DlvDate endDateTime startDateTime",
        integers="SourceKey",
        enums="expeditionStatus:WmsExpeditionStatus",
    ),
    "SalesInvoiceHeadersV2": _set(
        "invoices",
        "dataAreaId InvoiceNumber InvoiceDate LedgerVoucher",
        _INVOICE,
        decimals="TotalDiscountAmount",
        navigations={"SalesInvoiceLinesV2": "SalesInvoiceV2Lines", "SalesInvoiceLinesV3": "SalesInvoiceV3Lines"},
    ),
    "SalesInvoiceHeadersV4": _set(
        "invoices",
        "dataAreaId InvoiceNumber InvoiceDate LedgerVoucher",
        _INVOICE,
        decimals="CashDiscount EndDiscount TotalLineDiscount",
        navigations={"SalesInvoiceLinesV4": "SalesInvoiceV4Lines"},
    ),
    "SalesInvoiceV2Lines": _set(
        "invoice_lines",
        "dataAreaId InvoiceNumber LineCreationSequenceNumber InvoiceDate LedgerVoucher",
        _INVOICE_LINE,
        navigations={"SalesInvoiceHeaderV2": "SalesInvoiceHeadersV2"},
    ),
    "SalesInvoiceV3Lines": _set(
        "invoice_lines",
        "dataAreaId InvoiceNumber LineCreationSequenceNumber InvoiceDate LedgerVoucher",
        _INVOICE_LINE,
        navigations={"SalesInvoiceHeaderV2": "SalesInvoiceHeadersV2"},
    ),
    "SalesInvoiceV4Lines": _set(
        "invoice_lines",
        "dataAreaId InvoiceNumber LineCreationSequenceNumber InvoiceDate LedgerVoucher",
        _INVOICE_LINE,
        texts="ProductVariantName",
        navigations={"SalesInvoiceHeaderV4": "SalesInvoiceHeadersV4"},
    ),
    "CustInvoiceJourBiEntities": _set(
        "journal",
        "dataAreaId SourceKey",
        texts="""
            CurrencyCode CustGroup CustomerRef DeliveryName InvoiceAccount InvoiceId InvoicingName LanguageId
            LedgerVoucher OrderAccount Payment PurchaseOrder SalesId dataAreaId
        """,
        decimals="""
            EndDisc InvoiceAmount InvoiceRoundOff MCRDueAmount MCRPaymAmount OnAccountAmount Qty SalesBalance
            SumLineDisc SumMarkup SumTax
        """,
        moments="CashDiscDate DocumentDate DueDate InvoiceDate",
        integers="SourceKey",
        enums="Prepayment:NoYes Proforma:NoYes SalesType:SalesType",
    ),
    "ReturnOrderHeadersV2": _set(
        "returns",
        "dataAreaId ReturnOrderNumber",
        texts="""
            ContactPersonId CurrencyCode CustomerAccountNumber CustomerRequisitionNumber CustomerReturnReasonCode
            CustomersOrderReference DefaultReturnSiteId DefaultReturnWarehouseId Email FormattedReturnAddress
            InvoiceCustomerAccountNumber LanguageId RMANumber ReplacementSalesOrderNumber
            ReturnAddressBuildingCompliment ReturnAddressCity ReturnAddressCountryRegionISOCode
            ReturnAddressCountryRegionId ReturnAddressCountyId ReturnAddressDistrictName ReturnAddressLocationId
            ReturnAddressName ReturnAddressPostBox ReturnAddressStateId ReturnAddressStreet
            ReturnAddressStreetNumber ReturnAddressZipCode ReturnOrderNumber dataAreaId
        """,
        decimals="""
            OrderTotalAmount OrderTotalChargesAmount OrderTotalTaxAmount ReturnAddressLatitude
            ReturnAddressLongitude TotalDiscountAmount
        """,
        moments="ReturnDeadline",
        enums="""
            IsReplacementSalesOrderCreated:NoYes IsReturnAddressOrderSpecific:NoYes IsReturnAddressPrivate:NoYes
            IsReturnProcessingStopped:NoYes ReturnOrderStatus:SalesStatus ReturnStatus:ReturnStatusHeader
        """,
        navigations={"ReturnOrderLines": "ReturnOrderLinesV2"},
    ),
    "ReturnOrderLinesV2": _set(
        "return_lines",
        "dataAreaId ReturnOrderNumber ReturnInventoryLotId",
        texts="""
            CustomerAccountNumber ExternalItemNumber InvoiceCustomerAccountNumber ItemBatchNumber ItemNumber
            ItemSerialNumber LineDescription OrderedInventoryStatusId ProductColorId ProductConfigurationId
            ProductSizeId ProductStyleId ProductVersionId RMANumber ReferenceInventoryLotId ReferenceNumber
            ReturnDispositionCode ReturnInventoryLotId ReturnOrderNumber ReturnSiteId ReturnWarehouseId
            ReturnWarehouseLocationId ReturningInventoryLotId SalesUnitSymbol dataAreaId
        """,
        decimals="""
            LineAmount ReturnSalesQuantity ReturnedSalesQuantity SalesPrice TotalChargesAmount TotalDiscountAmount
            TotalTaxAmount
        """,
        moments="ActualReturnArrivalDate ExpectedReturnArrivalDate ReturnClosedDate",
        integers="LineCreationSequenceNumber",
        enums="IsReturnedQuantityAvailableForReservation:NoYes ReturnStatus:ReturnStatusLine",
        navigations={"ReturnOrderHeader": "ReturnOrderHeadersV2"},
    ),
    "ReturnOrderHeaderDocumentAttachments": _set(
        "notes",
        "dataAreaId DocumentId",
        texts="""
            AttachmentDescription DocumentAttachmentTypeCode FileName FileType Notes ReturnOrderNumber dataAreaId
        """,
        guids="DocumentId",
        enums="AccessRestriction:DocuRestriction IsDefaultAttachment:NoYes",
    ),
    "ReturnDispositionCodes": _set(
        "dispositions",
        "dataAreaId DispositionCode",
        texts="DispositionCode DispositionDescription KittingDispositionCodeId dataAreaId",
        enums="DispositionAction:DispositionAction",
    ),
    "CustomersV3": _set(
        "customers",
        "dataAreaId CustomerAccount",
        texts="""
            AddressBuildingComplement AddressCity AddressCountryRegionISOCode AddressCountryRegionId AddressCounty
            AddressDescription AddressDistrictName AddressLocationId AddressState AddressStreet
            AddressStreetNumber AddressZipCode ContactPersonId CustomerAccount CustomerGroupId
            DeliveryAddressBuildingComplement DeliveryAddressCity DeliveryAddressCountryRegionISOCode
            DeliveryAddressCountryRegionId DeliveryAddressState DeliveryAddressStreet DeliveryAddressStreetNumber
            DeliveryAddressZipCode FullPrimaryAddress InvoiceAccount InvoiceAddressBuildingComplement
            InvoiceAddressCity InvoiceAddressCountryRegionISOCode InvoiceAddressCountryRegionId
            InvoiceAddressState InvoiceAddressStreet InvoiceAddressStreetNumber InvoiceAddressZipCode KnownAs
            LanguageId NameAlias OrganizationName PartyCountry PartyNumber PartyState PartyType PaymentTerms
            PersonFirstName PersonLastName PersonMiddleName PrimaryContactEmail PrimaryContactEmailDescription
            PrimaryContactEmailPurpose PrimaryContactFax PrimaryContactPhone PrimaryContactPhoneDescription
            PrimaryContactPhoneExtension PrimaryContactPhonePurpose ReceiptEmail SalesCurrencyCode SiteId
            WarehouseId dataAreaId
        """,
        decimals="AddressLatitude AddressLongitude CreditLimit",
        integers="PrimaryContactEmailRecordId PrimaryContactPhoneRecordId",
        enums="""
            IsOneTimeCustomer:NoYes OnHoldStatus:CustVendorBlocked PrimaryContactEmailIsIM:NoYes
            PrimaryContactPhoneIsMobile:NoYes
        """,
    ),
    "PartyContactsV3": _set(
        "contacts",
        "PartyNumber ElectronicAddressId",
        texts="""
            CountryRegionCode Description ElectronicAddressId LocationId Locator LocatorExtension PartyNumber
            Purpose
        """,
        enums="""
            IsInstantMessage:NoYes IsMobilePhone:NoYes IsPrimary:NoYes IsPrivate:NoYes
            Type:LogisticsElectronicAddressMethodType
        """,
    ),
    "ContactPersons": _set(
        "people",
        "dataAreaId ContactPersonId",
        texts="""
            AssociatedPartyNumber ContactPersonId ContactPersonName ContactPersonPartyNumber
            ContactPersonPartyType FirstName LastName MiddleName Notes PrimaryEmailAddress
            PrimaryEmailAddressDescription PrimaryEmailAddressPurpose PrimaryPhoneNumber
            PrimaryPhoneNumberDescription PrimaryPhoneNumberExtension PrimaryPhoneNumberPurpose dataAreaId
        """,
        enums="IsDefaultContactPerson:NoYes IsInactive:NoYes IsPrimaryPhoneNumberMobile:NoYes",
    ),
    "Warehouses": _set(
        "warehouses",
        "dataAreaId WarehouseId",
        texts="""
            FormattedPrimaryAddress OperationalSiteId PrimaryAddressCity PrimaryAddressCountryRegionId
            PrimaryAddressDescription PrimaryAddressStateId PrimaryAddressStreet PrimaryAddressStreetNumber
            PrimaryAddressZipCode WarehouseId WarehouseName dataAreaId
        """,
        decimals="PrimaryAddressLatitude PrimaryAddressLongitude",
        enums="""
            AreAdvancedWarehouseManagementProcessesEnabled:NoYes IsPrimaryAddressAssigned:NoYes
            IsRetailStoreWarehouse:NoYes WarehouseType:InventLocationType
        """,
    ),
    "WarehousesOnHandV2": _set(
        "on_hand",
        f"dataAreaId ItemNumber {_DIMENSIONS} InventorySiteId InventoryWarehouseId",
        texts="""
            InventorySiteId InventoryWarehouseId ItemNumber ProductColorId ProductConfigurationId ProductName
            ProductSizeId ProductStyleId ProductVersionId dataAreaId
        """,
        decimals="""
            AvailableOnHandQuantity AvailableOrderedQuantity OnHandQuantity OnOrderQuantity OrderedQuantity
            ReservedOnHandQuantity ReservedOrderedQuantity TotalAvailableQuantity
        """,
        enums="AreWarehouseManagementProcessesUsed:NoYes",
    ),
    "ReleasedProductsV2": _set(
        "products",
        "dataAreaId ItemNumber",
        texts="""
            DefaultProductColorId DefaultProductSizeId InventoryUnitSymbol ItemNumber ProductDimensionGroupName
            ProductGroupId ProductLifecycleStateId ProductNumber ProductSearchName SalesUnitSymbol SearchName
            dataAreaId
        """,
        decimals="SalesPrice SalesPriceQuantity",
    ),
    "ReleasedProductVariantsV2": _set(
        "variants",
        f"dataAreaId ProductMasterNumber {_DIMENSIONS}",
        texts="""
            ItemNumber ProductColorId ProductConfigurationId ProductDescription ProductLifecycleStateId
            ProductMasterNumber ProductName ProductSearchName ProductSizeId ProductStyleId ProductVariantNumber
            ProductVersionId PurchaseSalesTaxItemGroupCode SalesSalesTaxItemGroupCode dataAreaId
        """,
    ),
    "SrsFinanceCopilots": _set(
        "reports",
        "dataAreaId ReportMenuItemName",
        texts="ReportDesignName ReportMenuItemName ReportName dataAreaId",
    ),
}
SETS: dict[str, Set] = {name: replace(one, name=name) for name, one in _SETS.items()}


def filled(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table with all that its sets show of it."""
    return {**_ALL[table], **row}


_ALL: dict[str, dict[str, Any]] = {}
for _one in SETS.values():
    _ALL.setdefault(_one.table, {}).update(_one.defaults)
