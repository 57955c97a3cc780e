"""How the tests' invoices and returns lie in the stand-in's SAP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Decimal

from middleware.demo.data import Row as Laid
from middleware.records import OrderStatus, ReturnReason
from tests.fakes.sap_business import SALES_AREA, UNIT
from tests.fakes.sap_laid import CENT, Lays

_REASONS = {reason.value: f"{place:03}" for place, reason in enumerate(ReturnReason, start=1)}


class LaysPapers(Lays):
    """Lays billing documents and customer returns."""

    def _invoice(self, row: Laid, lines: list[Laid]) -> None:
        nets = [(line["price"] * line["quantity"]).quantize(CENT, ROUND_HALF_UP) for line in lines]
        taxes = _taxes([(line["tax_rate"], net) for line, net in zip(lines, nets, strict=True)])
        common = {"BillingDocument": row["number"], "TransactionCurrency": row["currency"]}
        net, tax = sum(nets, Decimal(0)), sum(taxes, Decimal(0))
        self._records.put(
            "A_BillingDocument",
            **common,
            SDDocumentCategory="M",
            BillingDocumentType="F2",
            BillingDocumentDate=row["issued_on"],
            CreationDate=row["issued_on"],
            LastChangeDateTime=datetime.combine(row["issued_on"], datetime.min.time(), timezone.utc),
            SalesOrganization=SALES_AREA["SalesOrganization"],
            SoldToParty=row["customer_number"],
            PayerParty=row["customer_number"],
            CustomerPaymentTerms=terms((row["due_on"] - row["issued_on"]).days),
            TotalNetAmount=net,
            TaxAmount=tax,
            TotalGrossAmount=net + tax,
            InvoiceClearingStatus="C" if row.get("paid_on") else "A",
            OverallSDProcessStatus="C",
            AccountingPostingStatus="C",
        )
        for line, amount, part in zip(lines, nets, taxes, strict=True):
            order = (
                {"SalesDocument": row["order_number"], "SalesSDDocumentCategory": "C"} if row["order_number"] else {}
            )
            self._records.put(
                "A_BillingDocumentItem",
                **common,
                BillingDocumentItem=line["line"],
                Material=line["sku"] or "",
                BillingDocumentItemText=line["description"][:40],
                BillingQuantity=Decimal(line["quantity"]),
                BillingQuantityUnit=UNIT,
                NetAmount=amount,
                TaxAmount=part,
                GrossAmount=amount + part,
                **order,
            )

    # Returns

    def _return(self, row: Laid, lines: list[Laid]) -> None:
        is_rejected, is_paid = row["status"] == "rejected", row["status"] == "refunded"
        order = self._records.get("A_SalesOrder", row["order_number"])
        assert order
        announced = row["created_at"].astimezone(self._business.zone).date()
        document = self._records.put(
            "A_CustomerReturn",
            CustomerReturn=self._document(row["number"]),
            CustomerReturnType="CBAR",
            **SALES_AREA,
            SoldToParty=order["SoldToParty"],
            CreationDate=announced,
            CustomerReturnDate=announced,
            LastChangeDateTime=row["created_at"].astimezone(timezone.utc),
            TransactionCurrency=row.get("currency") or order["TransactionCurrency"],
            OverallSDDocumentRejectionSts="C" if is_rejected else "A",
            OverallSDProcessStatus="C" if is_paid or is_rejected else "A",
            RetsMgmtProcessingStatus="C" if is_paid or is_rejected else "A",
        )
        received = "X" if row["status"] in ("received", "refunded") else ""
        for place, line in enumerate(lines, start=1):
            key = row["order_number"], line["line"]
            sold = self._records.get("A_SalesOrderItem", key[0], self._positions[key])
            assert sold
            self._records.put(
                "A_CustomerReturnItem",
                CustomerReturn=document["CustomerReturn"],
                CustomerReturnItem=str(place * 10),
                Material=sold["Material"],
                RequestedQuantity=Decimal(line["quantity"]),
                RequestedQuantityUnit=UNIT,
                TransactionCurrency=document["TransactionCurrency"],
                NetAmount=(sold["NetAmount"] / sold["RequestedQuantity"] * line["quantity"]).quantize(CENT),
                ReturnReason=_REASONS[row["reason"]],
                ReturnsMaterialHasBeenReceived=received,
                SalesDocumentRjcnReason="50" if is_rejected else "",
                SDDocumentRejectionStatus="C" if is_rejected else "A",
                ReferenceSDDocument=sold["SalesOrder"],
                ReferenceSDDocumentItem=sold["SalesOrderItem"],
                ReferenceSDDocumentCategory="C",
            )
        items = self._records.of("A_CustomerReturnItem", CustomerReturn=document["CustomerReturn"])
        document["TotalNetAmount"] = row.get("refund") or sum((item["NetAmount"] for item in items), Decimal(0))

    def _whole_returns(self, lines: Mapping[str, list[Laid]]) -> None:
        """Of an order that is said to have gone back, where no return tells of it."""
        told = {row["order_number"] for row in self._data.returns}
        for row in self._data.orders:
            if row["status"] == OrderStatus.RETURNED.value and row["number"] not in told:
                at = row.get("delivered_at") or row["placed_at"]
                number = f"{60_000_000 + next(self._numbers)}"
                known = {"number": number, "order_number": row["number"], "created_at": at, "status": "refunded"}
                self._return({**known, "reason": ReturnReason.CHANGED_MIND.value}, lines[row["number"]])


def terms(days: int) -> str:
    """The key of the terms of payment that give somebody so many days."""
    return f"NT{days:02}" if days < 100 else f"N{days:03}"


def _taxes(lines: list[tuple[Decimal, Decimal]]) -> list[Decimal]:
    """The tax of each line, to the cent, so that those of one rate add up to the tax of their sum."""
    taxes = [(net * rate / 100).quantize(CENT, ROUND_HALF_UP) for rate, net in lines]
    for rate in {rate for rate, _ in lines}:
        places = [place for place, (one, _) in enumerate(lines) if one == rate]
        whole = (sum((lines[place][1] for place in places), Decimal(0)) * rate / 100).quantize(CENT, ROUND_HALF_UP)
        taxes[max(places, key=lambda place: lines[place][1])] += whole - sum(
            (taxes[place] for place in places), Decimal(0)
        )
    return taxes
