"""Properties of the entities of the stand-in's SAP, by service: those that are read or written by anybody like us.

Each is `name:type(length)[flags]`: `c` may be given when one is created, `u` when one is updated, `f` may be filtered
by, `E` is the concurrency token.
"""

from __future__ import annotations

ADDRESS_EMAIL_ADDRESS = """
AddressID:String(10)[cuf] Person:String(10)[cuf] OrdinalNumber:String(3)[cuf] IsDefaultEmailAddress:Boolean[cuf]
EmailAddress:String(241)[cuf] SearchEmailAddress:String(20)[cuf] AddressCommunicationRemarkText:String(50)[cuf]
"""

ADDRESS_PHONE_NUMBER = """
AddressID:String(10)[cuf] Person:String(10)[cuf] OrdinalNumber:String(3)[cuf]
DestinationLocationCountry:String(3)[cuf] IsDefaultPhoneNumber:Boolean[cuf] PhoneNumber:String(30)[cuf]
PhoneNumberExtension:String(10)[cuf] InternationalPhoneNumber:String(30)[cuf] PhoneNumberType:String(1)[cuf]
AddressCommunicationRemarkText:String(50)[cuf]
"""

BUSINESS_PARTNER = """
BusinessPartner:String(10)[cuf] Customer:String(10)[f] BusinessPartnerCategory:String(1)[cuf]
BusinessPartnerFullName:String(81)[f] BusinessPartnerGrouping:String(4)[cuf] BusinessPartnerName:String(81)[f]
BusinessPartnerUUID:Guid[f] CorrespondenceLanguage:String(2)[cuf] CreationDate:DateTime[f] CreationTime:Time[f]
FirstName:String(40)[cuf] Language:String(2)[cuf] LastName:String(40)[cuf] OrganizationBPName1:String(40)[cuf]
OrganizationBPName2:String(40)[cuf] SearchTerm1:String(20)[cuf] BusinessPartnerIsBlocked:Boolean[cuf]
ETag:String(26)[f] IndependentAddressID:String(10)[f] PersonFullName:String(80)[cuf] PersonNumber:String(10)[f]
IsMarkedForArchiving:Boolean[cuf]
"""

BUSINESS_PARTNER_ADDRESS = """
BusinessPartner:String(10)[cuf] AddressID:String(10)[cuf] ValidityStartDate:DateTimeOffset[cuf]
ValidityEndDate:DateTimeOffset[cuf] AddressUUID:Guid[f] AdditionalStreetPrefixName:String(40)[cuf]
AdditionalStreetSuffixName:String(40)[cuf] AddressTimeZone:String(6)[cuf] CareOfName:String(40)[cuf]
CityName:String(40)[cuf] Country:String(3)[cuf] County:String(40)[cuf] District:String(40)[cuf]
FullName:String(80)[f] HouseNumber:String(10)[cuf] HouseNumberSupplementText:String(10)[cuf]
Language:String(2)[cuf] Person:String(10)[f] PostalCode:String(10)[cuf] Region:String(3)[cuf]
StreetName:String(60)[cuf] StreetPrefixName:String(40)[cuf] StreetSuffixName:String(40)[cuf]
"""

CUSTOMER = """
Customer:String(10)[cuf] BillingIsBlockedForCustomer:String(2)[cuf] CreatedByUser:String(12)[f]
CreationDate:DateTime[f] CustomerAccountGroup:String(4)[cuf] CustomerFullName:String(220)[f]
CustomerName:String(80)[f] DeliveryIsBlocked:String(2)[cuf] OrderIsBlockedForCustomer:String(2)[cuf]
PostingIsBlocked:Boolean[cuf] DeletionIndicator:Boolean[cuf]
"""

SALES_ORDER = """
SalesOrder:String(10)[cuf] SalesOrderType:String(4)[cuf] SalesOrganization:String(4)[cuf]
DistributionChannel:String(2)[cuf] OrganizationDivision:String(2)[cuf] SoldToParty:String(10)[cuf]
CreationDate:DateTime[f] CreatedByUser:String(12)[f] LastChangeDate:DateTime[f] ExternalDocumentID:String(40)[f]
LastChangeDateTime:DateTimeOffset[fE] PurchaseOrderByCustomer:String(35)[cuf]
PurchaseOrderByShipToParty:String(35)[cuf] CustomerPurchaseOrderDate:DateTime[cuf] SalesOrderDate:DateTime[cuf]
TotalNetAmount:Decimal(16,3)[f] OverallDeliveryStatus:String(1)[f] TotalBlockStatus:String(1)[f]
OverallOrdReltdBillgStatus:String(1)[f] TransactionCurrency:String(5)[cuf] SDDocumentReason:String(3)[cuf]
PricingDate:DateTime[cuf] RequestedDeliveryDate:DateTime[cuf] ShippingCondition:String(2)[cuf]
CompleteDeliveryIsDefined:Boolean[cuf] HeaderBillingBlockReason:String(2)[cuf]
DeliveryBlockReason:String(2)[cuf] CustomerPaymentTerms:String(4)[cuf] AssignmentReference:String(18)[cuf]
ReferenceSDDocument:String(10)[cuf] ReferenceSDDocumentCategory:String(4)[f]
AccountingDocExternalReference:String(16)[cuf] OverallSDProcessStatus:String(1)[f]
OverallTotalDeliveryStatus:String(1)[f] OverallSDDocumentRejectionSts:String(1)[f]
"""

SALES_ORDER_ITEM = """
SalesOrder:String(10)[f] SalesOrderItem:String(6)[cuf] HigherLevelItem:String(6)[cuf]
SalesOrderItemCategory:String(4)[cuf] SalesOrderItemText:String(40)[cuf] PurchaseOrderByCustomer:String(35)[cuf]
ExternalItemID:String(40)[f] Material:String(40)[cuf] MaterialByCustomer:String(35)[cuf]
PricingDate:DateTime[cuf] RequestedQuantity:Decimal(15,3)[cuf] RequestedQuantityUnit:String(3)[cuf]
RequestedQuantitySAPUnit:String(3)[cuf] RequestedQuantityISOUnit:String(3)[cuf] OrderQuantityUnit:String(3)[f]
ConfdDelivQtyInOrderQtyUnit:Decimal(15,3)[f] ItemGrossWeight:Decimal(15,3)[f] ItemNetWeight:Decimal(15,3)[f]
ItemWeightUnit:String(3)[f] TransactionCurrency:String(5)[f] NetAmount:Decimal(16,3)[f]
MaterialGroup:String(9)[cuf] ProductionPlant:String(4)[cuf] OriginalPlant:String(4)[f]
StorageLocation:String(4)[cuf] ShippingPoint:String(4)[cuf] DeliveryPriority:String(2)[cuf]
TaxAmount:Decimal(14,3)[cuf] CustomerPaymentTerms:String(4)[cuf] SalesDocumentRjcnReason:String(2)[cuf]
ItemBillingBlockReason:String(2)[cuf] ReferenceSDDocument:String(10)[cuf] ReferenceSDDocumentItem:String(6)[cuf]
SDProcessStatus:String(1)[f] DeliveryStatus:String(1)[f] OrderRelatedBillingStatus:String(1)[f]
Subtotal1Amount:Decimal(14,3)[f]
"""

SALES_ORDER_ITM_SUBSQNT_PROC_FLOW = """
SalesOrder:String(10)[cuf] SalesOrderItem:String(6)[cuf] DocRelationshipUUID:Guid[cuf]
SubsequentDocument:String(10)[cuf] SubsequentDocumentItem:String(6)[cuf]
SubsequentDocumentCategory:String(4)[cuf] ProcessFlowLevel:String(2)[cuf]
RelatedProcFlowDocStsFieldName:String(30)[cu] SDProcessStatus:String(1)[cu]
AccountingTransferStatus:String(1)[cu] PrelimBillingDocumentStatus:String(1)[cu]
SubsqntDocItmPrecdgDocument:String(10)[cuf] SubsqntDocItmPrecdgDocItem:String(6)[cuf]
SubsqntDocItmPrecdgDocCategory:String(4)[cuf] CreationDate:DateTime[cuf] CreationTime:Time[cuf]
LastChangeDate:DateTime[cuf]
"""

SALES_ORDER_SCHEDULE_LINE = """
SalesOrder:String(10)[f] SalesOrderItem:String(6)[f] ScheduleLine:String(4)[cuf]
RequestedDeliveryDate:DateTime[cuf] ConfirmedDeliveryDate:DateTime[cuf] OrderQuantityUnit:String(3)[cuf]
OrderQuantitySAPUnit:String(3)[cuf] OrderQuantityISOUnit:String(3)[cuf]
ScheduleLineOrderQuantity:Decimal(13,3)[cuf] ConfdOrderQtyByMatlAvailCheck:Decimal(13,3)[cuf]
DeliveredQtyInOrderQtyUnit:Decimal(13,3)[cuf] OpenConfdDelivQtyInOrdQtyUnit:Decimal(13,3)[cuf]
CorrectedQtyInOrderQtyUnit:Decimal(13,3)[cuf] DelivBlockReasonForSchedLine:String(2)[cuf]
"""

SALES_ORDER_SUBSQNT_PROC_FLOW = """
SalesOrder:String(10)[cuf] DocRelationshipUUID:Guid[cuf] SubsequentDocument:String(10)[cuf]
SubsequentDocumentCategory:String(4)[cuf] ProcessFlowLevel:String(2)[cuf] OverallSDProcessStatus:String(1)[cu]
CreationDate:DateTime[cuf] CreationTime:Time[cuf] LastChangeDate:DateTime[cuf]
"""

HANDLING_UNIT_HEADER_DELIVERY = """
CreationDate:DateTime[] DeliveryDocument:String(10)[cu] GrossWeight:Decimal(15,3)[cu]
HandlingUnitExternalId:String(20)[cu] HandlingUnitInternalId:String(10)[c]
HandlingUnitSecondExternalId:String(20)[cu] PackagingMaterial:String(40)[cu] WeightUnit:String(3)[cu]
"""

OUTB_DELIVERY_ITEM = """
ActualDeliveredQtyInBaseUnit:Decimal(13,3)[uf] ActualDeliveryQuantity:Decimal(13,3)[cuf] BaseUnit:String(3)[f]
Batch:String(10)[uf] CreationDate:DateTime[f] DeliveryDocument:String(10)[cf] DeliveryDocumentItem:String(6)[f]
DeliveryDocumentItemCategory:String(4)[f] DeliveryDocumentItemText:String(40)[uf]
DeliveryQuantityUnit:String(3)[cf] DeliveryVersion:String(4)[fE] GoodsMovementStatus:String(1)[f]
IsCompletelyDelivered:Boolean[f] Material:String(40)[f] OriginalDeliveryQuantity:Decimal(13,3)[f]
PackingStatus:String(1)[f] PickingConfirmationStatus:String(1)[f] PickingStatus:String(1)[f] Plant:String(4)[f]
ProofOfDeliveryStatus:String(1)[f] ReferenceSDDocument:String(10)[cf] ReferenceSDDocumentCategory:String(4)[f]
ReferenceSDDocumentItem:String(6)[cf] SDProcessStatus:String(1)[f] StorageLocation:String(4)[uf]
"""

OUTB_DELIVERY_HEADER = """
ActualDeliveryRoute:String(6)[f] Shippinglocationtimezone:String(6)[f] ActualGoodsMovementDate:DateTime[uf]
Receivinglocationtimezone:String(6)[f] ActualGoodsMovementTime:Time[f] BillOfLading:String(35)[uf]
ConfirmationTime:Time[f] CreatedByUser:String(12)[f] CreationDate:DateTime[f] CreationTime:Time[f]
DeliveryBlockReason:String(2)[uf] DeliveryDate:DateTime[uf] DeliveryDocument:String(10)[f]
DeliveryDocumentBySupplier:String(35)[uf] DeliveryDocumentType:String(4)[f] DeliveryTime:Time[uf]
DeliveryVersion:String(4)[fE] DocumentDate:DateTime[f] ExternalTransportSystem:String(5)[f]
GoodsIssueTime:Time[uf] HeaderGrossWeight:Decimal(15,3)[uf] HeaderWeightUnit:String(3)[uf]
IncotermsTransferLocation:String(28)[uf] LastChangeDate:DateTime[f] LoadingDate:DateTime[uf]
MeansOfTransport:String(20)[uf] MeansOfTransportType:String(4)[uf] OverallDelivConfStatus:String(1)[f]
OverallDelivReltdBillgStatus:String(1)[f] OverallGoodsMovementStatus:String(1)[f]
OverallPackingStatus:String(1)[f] OverallPickingConfStatus:String(1)[f] OverallPickingStatus:String(1)[f]
OverallProofOfDeliveryStatus:String(1)[f] OverallSDProcessStatus:String(1)[f] PickedItemsLocation:String(20)[f]
PickingDate:DateTime[uf] PlannedGoodsIssueDate:DateTime[uf] ProofOfDeliveryDate:DateTime[f]
RouteSchedule:String(10)[f] SalesOrganization:String(4)[f] SDDocumentCategory:String(4)[f]
ShippingCondition:String(2)[f] ShippingPoint:String(4)[cf] ShippingType:String(2)[f] ShipToParty:String(10)[f]
SoldToParty:String(10)[f] SpecialProcessingCode:String(4)[f] TransactionCurrency:String(5)[f]
TransportationGroup:String(4)[f]
"""

OUTB_DELIVERY_PARTNER = """
AddressID:String(10)[] BusinessPartnerAddressUUID:Guid[] RefBusinessPartnerAddressUUID:Guid[]
ContactPerson:String(10)[] Customer:String(10)[] PartnerFunction:String(2)[] Personnel:String(8)[]
SDDocument:String(10)[] SDDocumentItem:String(6)[] Supplier:String(10)[]
"""

MATERIAL_STOCK = """
Material:String(40)[cuf] MaterialBaseUnit:String(3)[cuf]
"""

MATL_STK_IN_ACCT_MOD = """
Material:String(40)[cuf] Plant:String(4)[cuf] StorageLocation:String(4)[cuf] Batch:String(10)[cuf]
Supplier:String(10)[cuf] Customer:String(10)[cuf] WBSElementInternalID:String(8)[cuf] SDDocument:String(10)[cuf]
SDDocumentItem:String(6)[cuf] InventorySpecialStockType:String(1)[cuf] InventoryStockType:String(2)[cuf]
WBSElementExternalID:String(24)[cuf] MaterialBaseUnit:String(3)[cuf]
MatlWrhsStkQtyInMatlBaseUnit:Decimal(31,14)[cuf]
"""

BILLING_DOCUMENT = """
BillingDocument:String(10)[cuf] SDDocumentCategory:String(4)[cuf] BillingDocumentCategory:String(1)[cuf]
BillingDocumentType:String(4)[cuf] CreationDate:DateTime[cuf] CreationTime:Time[cuf]
LastChangeDate:DateTime[cuf] LastChangeDateTime:DateTimeOffset[cufE] SalesOrganization:String(4)[cuf]
DistributionChannel:String(2)[cuf] Division:String(2)[cuf] BillingDocumentDate:DateTime[cuf]
BillingDocumentIsCancelled:Boolean[cuf] CancelledBillingDocument:String(10)[cuf]
TotalNetAmount:Decimal(16,3)[cuf] TransactionCurrency:String(5)[cuf] TaxAmount:Decimal(14,3)[cuf]
TotalGrossAmount:Decimal(17,3)[cuf] PayerParty:String(10)[cuf] CustomerPaymentTerms:String(4)[cuf]
PaymentReference:String(30)[cuf] FixedValueDate:DateTime[cuf] AdditionalValueDays:String(2)[cuf]
CompanyCode:String(4)[cuf] FiscalYear:String(4)[cuf] AccountingDocument:String(10)[cuf]
ExchangeRateDate:DateTime[cuf] DocumentReferenceID:String(16)[cuf] AssignmentReference:String(18)[cuf]
SoldToParty:String(10)[cuf] PurchaseOrderByCustomer:String(35)[cuf] Country:String(3)[cuf] Region:String(3)[cuf]
OverallSDProcessStatus:String(1)[cuf] OverallBillingStatus:String(1)[cuf] AccountingPostingStatus:String(1)[cuf]
AccountingTransferStatus:String(1)[cuf] InvoiceClearingStatus:String(1)[cuf]
BillingDocumentListDate:DateTime[cuf]
"""

BILLING_DOCUMENT_ITEM = """
BillingDocument:String(10)[cuf] BillingDocumentItem:String(6)[cuf] SalesDocumentItemCategory:String(4)[cuf]
SalesDocumentItemType:String(1)[cuf] CreationDate:DateTime[cuf] Material:String(40)[cuf] Plant:String(4)[cuf]
BillingDocumentItemText:String(40)[cuf] ServicesRenderedDate:DateTime[cuf] BillingQuantity:Decimal(13,3)[cuf]
BillingQuantityUnit:String(3)[cuf] BillingQuantityInBaseUnit:Decimal(13,3)[cuf] BaseUnit:String(3)[cuf]
NetAmount:Decimal(16,3)[cuf] TransactionCurrency:String(5)[cuf] GrossAmount:Decimal(16,3)[cuf]
PricingDate:DateTime[cuf] TaxAmount:Decimal(14,3)[cuf] CostAmount:Decimal(14,3)[cuf]
Subtotal1Amount:Decimal(14,3)[cuf] TaxJurisdiction:String(15)[cuf] ProductTaxClassification1:String(1)[cuf]
OriginSDDocument:String(10)[cuf] OriginSDDocumentItem:String(6)[cuf] ReferenceSDDocument:String(10)[cuf]
ReferenceSDDocumentItem:String(6)[cuf] ReferenceSDDocumentCategory:String(4)[cuf] SalesDocument:String(10)[cuf]
SalesDocumentItem:String(6)[cuf] SalesSDDocumentCategory:String(4)[cuf]
"""

CUSTOMER_RETURN = """
CustomerReturn:String(10)[cuf] CustomerReturnType:String(4)[cuf] SalesOrganization:String(4)[cuf]
DistributionChannel:String(2)[cuf] OrganizationDivision:String(2)[cuf] SoldToParty:String(10)[cuf]
CreationDate:DateTime[f] CreatedByUser:String(12)[f] LastChangeDate:DateTime[f]
LastChangeDateTime:DateTimeOffset[fE] PurchaseOrderByCustomer:String(35)[cuf]
CustomerPurchaseOrderType:String(4)[cuf] CustomerPurchaseOrderDate:DateTime[cuf]
CustomerReturnDate:DateTime[cuf] TotalNetAmount:Decimal(16,3)[f] TransactionCurrency:String(5)[cuf]
SDDocumentReason:String(3)[cuf] PricingDate:DateTime[cuf] RequestedDeliveryDate:DateTime[cuf]
HeaderBillingBlockReason:String(2)[cuf] DeliveryBlockReason:String(2)[cuf] CustomerPaymentTerms:String(4)[cuf]
RetsMgmtProcess:String(10)[f] ReferenceSDDocument:String(10)[cuf] ReferenceSDDocumentCategory:String(4)[f]
AccountingDocExternalReference:String(16)[cuf] AssignmentReference:String(18)[cuf]
CustomerReturnApprovalReason:String(4)[cuf] SalesDocApprovalStatus:String(1)[cuf]
RetsMgmtLogProcgStatus:String(1)[f] RetsMgmtCompnProcgStatus:String(1)[f] RetsMgmtProcessingStatus:String(1)[f]
OverallSDProcessStatus:String(1)[f] OverallSDDocumentRejectionSts:String(1)[f]
"""

CUSTOMER_RETURN_ITEM = """
CustomerReturn:String(10)[f] CustomerReturnItem:String(6)[cuf] HigherLevelItem:String(6)[cuf]
CustomerReturnItemCategory:String(4)[cuf] CustomerReturnItemText:String(40)[cuf]
PurchaseOrderByCustomer:String(35)[cuf] Material:String(40)[cuf] RequestedQuantity:Decimal(15,3)[cuf]
RequestedQuantityUnit:String(3)[cuf] TransactionCurrency:String(5)[f] NetAmount:Decimal(16,3)[f]
Subtotal1Amount:Decimal(14,3)[f] ProductionPlant:String(4)[cuf] StorageLocation:String(4)[cuf]
ShippingPoint:String(4)[cuf] SalesDocumentRjcnReason:String(2)[cuf] RetsMgmtProcess:String(10)[f]
RetsMgmtProcessItem:String(6)[f] ReturnReason:String(3)[cuf] RetsMgmtProcessingBlock:String(1)[cuf]
CustRetItmFollowUpActivity:String(4)[cuf] ReturnsMaterialHasBeenReceived:String(1)[cuf]
ReturnsRefundType:String(1)[cuf] ReturnsRefundProcgMode:String(1)[cuf] ReturnsRefundExtent:String(3)[cuf]
PrelimRefundIsDetermined:String(1)[cuf] ReturnsRefundRjcnReason:String(2)[f] ReplacementMaterial:String(40)[cuf]
CustRetMatlAuthzn:String(20)[f] RetsMgmtItmLogProcgStatus:String(1)[f] RetsMgmtItmCompnProcgStatus:String(1)[f]
RetsMgmtItmProcgStatus:String(1)[f] ReturnsDocumentStatus:String(1)[f]
ReturnsDocumentApprovalStatus:String(1)[f] SDProcessStatus:String(1)[f] ReferenceSDDocument:String(10)[cuf]
ReferenceSDDocumentItem:String(6)[cuf] ReferenceSDDocumentCategory:String(4)[f]
SDDocumentRejectionStatus:String(1)[f]
"""

# Of the partners of an order, of their addresses, and of reservations: as SAP's own SDKs have them.

SALES_ORDER_HEADER_PARTNER = """
SalesOrder:String(10)[f] PartnerFunction:String(2)[cuf] PartnerFunctionInternalCode:String(2)[f]
Customer:String(10)[cuf] Supplier:String(10)[cuf] Personnel:String(8)[cuf] ContactPerson:String(10)[cuf]
ReferenceBusinessPartner:String(10)[f] AddressID:String(10)[f] VATRegistration:String(20)[f]
"""

SALES_ORDER_PARTNER_ADDRESS = """
SalesOrder:String(10)[f] PartnerFunction:String(2)[f] AddressRepresentationCode:String(1)[f]
CorrespondenceLanguage:String(2)[cuf] AddresseeFullName:String(80)[f] OrganizationName1:String(40)[cuf]
OrganizationName2:String(40)[cuf] CityName:String(40)[cuf] DistrictName:String(40)[cuf] PostalCode:String(10)[cuf]
StreetPrefixName1:String(40)[cuf] StreetPrefixName2:String(40)[cuf] StreetName:String(60)[cuf]
StreetSuffixName1:String(40)[cuf] StreetSuffixName2:String(40)[cuf] HouseNumber:String(10)[cuf] Country:String(3)[cuf]
Region:String(3)[cuf] POBox:String(10)[cuf] POBoxPostalCode:String(10)[cuf] EmailAddress:String(241)[cuf]
"""

RESERVATION_DOCUMENT_HEADER = """
Reservation:String(10)[f] OrderID:String(12)[cuf] GoodsMovementType:String(3)[cuf] CostCenter:String(10)[cuf]
GoodsRecipientName:String(12)[cuf] ReservationDate:DateTime[cuf] Customer:String(10)[cuf] WBSElement:String(24)[cuf]
ControllingArea:String(4)[cuf] SalesOrder:String(10)[cuf] SalesOrderItem:String(6)[cuf]
SalesOrderScheduleLine:String(4)[cuf] AssetNumber:String(12)[cuf] AssetSubNumber:String(4)[cuf]
NetworkNumberForAcctAssgmt:String(12)[cuf] IssuingOrReceivingPlant:String(4)[cuf]
IssuingOrReceivingStorageLoc:String(4)[cuf] IsCheckedAgainstFactoryCal:Boolean[cuf]
"""

RESERVATION_DOCUMENT_ITEM = """
Reservation:String(10)[f] ReservationItem:String(4)[f] RecordType:String(1)[f] Product:String(40)[cf]
RequirementType:String(2)[f] MatlCompRequirementDate:DateTime[cuf] Plant:String(4)[cf]
ManufacturingOrderOperation:String(4)[f] GoodsMovementIsAllowed:Boolean[cuf] StorageLocation:String(4)[cuf]
Batch:String(10)[cuf] DebitCreditCode:String(1)[f] BaseUnit:String(3)[f] GLAccount:String(10)[cuf]
GoodsMovementType:String(3)[f] EntryUnit:String(3)[cuf] QuantityIsFixed:Boolean[f] CompanyCodeCurrency:String(5)[f]
IssuingOrReceivingPlant:String(4)[f] IssuingOrReceivingStorageLoc:String(4)[f] PurchasingDocument:String(10)[f]
PurchasingDocumentItem:String(5)[f] Supplier:String(10)[f] ResvnItmRequiredQtyInBaseUnit:Decimal(13,3)[f]
ReservationItemIsFinallyIssued:Boolean[cuf] ReservationItmIsMarkedForDeltn:Boolean[uf]
ResvnItmRequiredQtyInEntryUnit:Decimal(13,3)[cuf] ResvnItmWithdrawnQtyInBaseUnit:Decimal(13,3)[f]
GoodsRecipientName:String(12)[cuf] UnloadingPointName:String(25)[cuf] ReservationItemText:String(50)[cuf]
"""
