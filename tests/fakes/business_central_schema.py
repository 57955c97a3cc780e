"""What Business Central's stand-in knows of API v2.0: the resources that the connector may need, with all fields.

Names and types are those of Microsoft's reference (CC-BY-4.0). Nothing else is known there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.odata import Dialect, Entity, Field, Row

NOTHING = "00000000-0000-0000-0000-000000000000"
NO_DAY = "0001-01-01"

_KINDS = {
    "guids": "Edm.Guid",
    "texts": "Edm.String",
    "decimals": "Edm.Decimal",
    "days": "Edm.Date",
    "moments": "Edm.DateTimeOffset",
    "truths": "Edm.Boolean",
    "integers": "Edm.Int32",
    "enums": "NAV",
}
_NONE: Mapping[str, Any] = {
    "Edm.Guid": NOTHING,
    "Edm.String": "",
    "Edm.Decimal": 0,
    "Edm.Date": NO_DAY,
    "Edm.DateTimeOffset": "0001-01-01T00:00:00Z",
    "Edm.Boolean": False,
    "Edm.Int32": 0,
    "NAV": " ",
}
_NAVIGATIONS = {
    "items": {"itemVariants": "itemVariants"},
    "itemVariants": {"item": "items"},
    "salesOrders": {"salesOrderLines": "salesOrderLines", "customer": "customers"},
    "salesOrderLines": {"item": "items", "itemVariant": "itemVariants", "location": "locations"},
    "salesShipments": {"salesShipmentLines": "salesShipmentLines", "customer": "customers"},
    "salesInvoices": {"salesInvoiceLines": "salesInvoiceLines", "customer": "customers"},
    "salesInvoiceLines": {"item": "items", "itemVariant": "itemVariants", "location": "locations"},
    "salesCreditMemos": {"salesCreditMemoLines": "salesCreditMemoLines", "customer": "customers"},
    "salesCreditMemoLines": {"item": "items", "itemVariant": "itemVariants", "location": "locations"},
}

# How long texts may be; the others take a hundred letters.
LENGTHS = {
    "number": 20,
    "externalDocumentNumber": 35,
    "shipToAddressLine1": 100,
    "shipToAddressLine2": 50,
    "shipToCity": 30,
    "shipToState": 30,
    "shipToCountry": 10,
    "shipToPostCode": 20,
}
LONGEST = 100

_ON_A_LINE = (
    "description description2 quantity unitPrice discountAmount discountPercent taxCode shipmentDate itemVariantId "
    "locationId unitOfMeasureId unitOfMeasureCode lineObjectNumber itemId "
)
_ON_A_NEW_LINE = _ON_A_LINE + "sequence accountId lineType"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What may be written, by method and resource.
WRITABLE = {
    ("PATCH", "salesOrders"): _names(
        "externalDocumentNumber orderDate postingDate shipToName shipToContact shipToAddressLine1 shipToAddressLine2 "
        "shipToCity shipToState shipToCountry shipToPostCode requestedDeliveryDate salesperson phoneNumber email"
    ),
    ("PATCH", "salesOrderLines"): _names(_ON_A_LINE + "shipQuantity invoiceQuantity"),
    ("POST", "salesOrderLines"): _names(_ON_A_NEW_LINE),
    ("POST", "salesCreditMemos"): _names(
        "externalDocumentNumber creditMemoDate postingDate dueDate customerId customerNumber currencyId currencyCode "
        "paymentTermsId shipmentMethodId salesperson discountAmount invoiceId invoiceNumber phoneNumber email "
        "customerReturnReasonId salesCreditMemoLines"
    ),
    ("POST", "salesCreditMemoLines"): _names(_ON_A_NEW_LINE),
}

DIALECT = Dialect(
    custom=frozenset({"$skiptoken"}),
    operators=frozenset({"eq", "ne", "gt", "ge", "lt", "le", "and", "or", "not", "in"}),
    functions=frozenset({"contains", "startswith", "endswith", "tolower", "toupper"}),
    depth=3,
    nested=frozenset({"$select", "$filter", "$expand", "$orderby", "$top", "$skip"}),
)


def _entity(name: str, **fields: str) -> Entity:
    kinds = {field: Field(_KINDS[kind]) for kind, names in fields.items() for field in names.split()}
    return Entity(name=name, keys=("id",), fields=kinds, navigations=_NAVIGATIONS.get(name, {}))


ENTITIES: dict[str, Entity] = {
    "customers": _entity(
        "customers",
        guids="id taxAreaId currencyId paymentTermsId shipmentMethodId paymentMethodId",
        texts=(
            "number displayName addressLine1 addressLine2 city state country postalCode phoneNumber email "
            "website salespersonCode taxAreaDisplayName taxRegistrationNumber currencyCode"
        ),
        decimals="balanceDue creditLimit",
        truths="taxLiable",
        enums="blocked",
        moments="lastModifiedDateTime",
    ),
    "items": _entity(
        "items",
        guids=("id itemCategoryId taxGroupId baseUnitOfMeasureId generalProductPostingGroupId inventoryPostingGroupId"),
        texts=(
            "number displayName displayName2 itemCategoryCode gtin taxGroupCode baseUnitOfMeasureCode "
            "generalProductPostingGroupCode inventoryPostingGroupCode"
        ),
        truths="blocked priceIncludesTax",
        decimals="inventory unitPrice unitCost",
        moments="lastModifiedDateTime",
    ),
    "itemVariants": _entity(
        "itemVariants",
        guids="id itemId",
        texts="itemNumber code description",
        moments="lastModifiedDateTime",
    ),
    "locations": _entity(
        "locations",
        guids="id",
        texts=(
            "code displayName contact addressLine1 addressLine2 city state country postalCode phoneNumber email website"
        ),
        moments="lastModifiedDateTime",
    ),
    "salesOrders": _entity(
        "salesOrders",
        guids="id customerId billToCustomerId currencyId paymentTermsId shipmentMethodId",
        texts=(
            "number externalDocumentNumber customerNumber customerName billToName billToCustomerNumber "
            "shipToName shipToContact sellToAddressLine1 sellToAddressLine2 sellToCity sellToCountry "
            "sellToState sellToPostCode billToAddressLine1 billToAddressLine2 billToCity billToCountry "
            "billToState billToPostCode shipToAddressLine1 shipToAddressLine2 shipToCity shipToCountry "
            "shipToState shipToPostCode shortcutDimension1Code shortcutDimension2Code currencyCode "
            "salesperson phoneNumber email"
        ),
        days="orderDate postingDate requestedDeliveryDate",
        truths="pricesIncludeTax partialShipping discountAppliedBeforeTax fullyShipped",
        decimals="discountAmount totalAmountExcludingTax totalTaxAmount totalAmountIncludingTax",
        enums="status",
        moments="lastModifiedDateTime",
    ),
    "salesOrderLines": _entity(
        "salesOrderLines",
        guids="id documentId itemId accountId unitOfMeasureId itemVariantId locationId",
        integers="sequence",
        enums="lineType",
        texts="lineObjectNumber description description2 unitOfMeasureCode taxCode",
        decimals=(
            "quantity unitPrice discountAmount discountPercent amountExcludingTax taxPercent totalTaxAmount "
            "amountIncludingTax invoiceDiscountAllocation netAmount netTaxAmount netAmountIncludingTax "
            "shippedQuantity invoicedQuantity invoiceQuantity shipQuantity"
        ),
        truths="discountAppliedBeforeTax",
        days="shipmentDate",
    ),
    "salesShipments": _entity(
        "salesShipments",
        guids="id customerId billToCustomerId",
        texts=(
            "number externalDocumentNumber customerPurchaseOrderReference customerNumber customerName "
            "billToName billToCustomerNumber shipToName shipToContact sellToAddressLine1 sellToAddressLine2 "
            "sellToCity sellToCountry sellToState sellToPostCode billToAddressLine1 billToAddressLine2 "
            "billToCity billToCountry billToState billToPostCode shipToAddressLine1 shipToAddressLine2 "
            "shipToCity shipToCountry shipToState shipToPostCode currencyCode orderNumber paymentTermsCode "
            "shipmentMethodCode salesperson phoneNumber email"
        ),
        days="invoiceDate postingDate dueDate",
        truths="pricesIncludeTax",
        moments="lastModifiedDateTime",
    ),
    "salesShipmentLines": _entity(
        "salesShipmentLines",
        guids="id documentId",
        texts="documentNo lineObjectNumber description description2 unitOfMeasureCode",
        integers="sequence",
        enums="lineType",
        decimals="unitPrice quantity discountPercent taxPercent",
        days="shipmentDate",
    ),
    "salesInvoices": _entity(
        "salesInvoices",
        guids=("id customerId billToCustomerId currencyId orderId paymentTermsId shipmentMethodId disputeStatusId"),
        texts=(
            "number externalDocumentNumber customerPurchaseOrderReference customerNumber customerName "
            "billToName billToCustomerNumber shipToName shipToContact sellToAddressLine1 sellToAddressLine2 "
            "sellToCity sellToCountry sellToState sellToPostCode billToAddressLine1 billToAddressLine2 "
            "billToCity billToCountry billToState billToPostCode shipToAddressLine1 shipToAddressLine2 "
            "shipToCity shipToCountry shipToState shipToPostCode shortcutDimension1Code "
            "shortcutDimension2Code currencyCode orderNumber salesperson disputeStatus phoneNumber email"
        ),
        days="invoiceDate postingDate dueDate promisedPayDate",
        truths="pricesIncludeTax discountAppliedBeforeTax",
        decimals="remainingAmount discountAmount totalAmountExcludingTax totalTaxAmount totalAmountIncludingTax",
        enums="status",
        moments="lastModifiedDateTime",
    ),
    "salesInvoiceLines": _entity(
        "salesInvoiceLines",
        guids="id documentId itemId accountId unitOfMeasureId itemVariantId locationId",
        integers="sequence",
        enums="lineType",
        texts="lineObjectNumber description description2 unitOfMeasureCode taxCode",
        decimals=(
            "quantity unitPrice discountAmount discountPercent amountExcludingTax taxPercent totalTaxAmount "
            "amountIncludingTax invoiceDiscountAllocation netAmount netTaxAmount netAmountIncludingTax"
        ),
        truths="discountAppliedBeforeTax",
        days="shipmentDate",
    ),
    "salesCreditMemos": _entity(
        "salesCreditMemos",
        guids=(
            "id customerId billToCustomerId currencyId paymentTermsId shipmentMethodId invoiceId customerReturnReasonId"
        ),
        texts=(
            "number externalDocumentNumber customerNumber customerName billToName billToCustomerNumber "
            "sellToAddressLine1 sellToAddressLine2 sellToCity sellToCountry sellToState sellToPostCode "
            "billToAddressLine1 billToAddressLine2 billToCity billToCountry billToState billToPostCode "
            "shortcutDimension1Code shortcutDimension2Code currencyCode salesperson invoiceNumber "
            "phoneNumber email"
        ),
        days="creditMemoDate postingDate dueDate",
        truths="pricesIncludeTax discountAppliedBeforeTax",
        decimals="discountAmount totalAmountExcludingTax totalTaxAmount totalAmountIncludingTax",
        enums="status",
        moments="lastModifiedDateTime",
    ),
    "salesCreditMemoLines": _entity(
        "salesCreditMemoLines",
        guids="id documentId itemId accountId unitOfMeasureId itemVariantId locationId",
        integers="sequence",
        enums="lineType",
        texts="lineObjectNumber description description2 unitOfMeasureCode taxCode",
        decimals=(
            "unitPrice quantity discountAmount discountPercent amountExcludingTax taxPercent totalTaxAmount "
            "amountIncludingTax invoiceDiscountAllocation netAmount netTaxAmount netAmountIncludingTax"
        ),
        truths="discountAppliedBeforeTax",
        days="shipmentDate",
    ),
}


def blank(name: str, **values: Any) -> Row:
    """A row with nothing in it but what is given.

    Raises:
        KeyError: There is no such field.
    """
    fields = ENTITIES[name].fields
    return {field: _NONE[kind.kind] for field, kind in fields.items()} | {
        field: values[field] for field in values if fields[field]
    }
