"""How things are called for the company's people: what a customer wanted, what was done, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from middleware.handoff_records import Reason
from middleware.settings import Operation

# What a message's intent means. Those that aren't here say nothing by themselves: a greeting, a yes, a choice.
WANTED: Mapping[str, str] = {
    "Order_Tracking": "Asked where an order is",
    "Order_Modification": "Wanted an order changed",
    "Order_Cancel": "Wanted an order cancelled",
    "Return_Request": "Wanted to send something back",
    "Return_Window": "Asked until when something can go back",
    "Refund_Status": "Asked where their money is",
    "Inventory_Check": "Asked whether something is in stock",
    "Inventory_Hold": "Wanted stock kept",
    "Invoice_Request": "Asked for an invoice, or what they owe",
    "Lead_Capture": "Wanted to buy, or to be advised",
    "Ticket_Status": "Asked how a ticket stands",
    "Human_Handoff": "Asked for a person, or complained",
    "Out_Of_Scope": "Asked for something that the assistant doesn't do",
    "nlu_fallback": "Wasn't understood",
}
FAQ = "faq/"

# What a ticket is about, so that it can be said to the customer too: "about your return".
SUBJECTS: Mapping[str, str] = {
    "Order_Tracking": "delivery",
    "Order_Modification": "order change",
    "Order_Cancel": "cancellation",
    "Return_Request": "return",
    "Return_Window": "return",
    "Refund_Status": "refund",
    "Inventory_Check": "question about stock",
    "Inventory_Hold": "question about stock",
    "Invoice_Request": "invoice",
    "Lead_Capture": "enquiry",
    "Ticket_Status": "earlier ticket",
}
COMPLAINT, CONVERSATION = "complaint", "conversation with us"

REASONS: Mapping[Reason, str] = {
    Reason.ASKED: "The customer asked for a person",
    Reason.NOT_UNDERSTOOD: "The assistant didn't understand the customer",
    Reason.COMPLAINT: "The customer complained",
    Reason.FAILED: "Something that the customer needs couldn't be done",
    Reason.RULE: "It is for a person at once",
}

# What was looked up; what it was, where one thing was asked for, is put behind it.
LOOKUPS: Mapping[Operation, tuple[str, str]] = {
    Operation.ORDER_STATUS: ("look up the orders", "look up order"),
    Operation.TICKET_STATUS: ("look up the tickets", "look up ticket"),
    Operation.RETURN_STATUS: ("look up the returns", "look up what of an order can go back: order"),
    Operation.STOCK: ("look up what is in stock", "look up what is in stock of"),
    Operation.INVOICE: ("look up the invoices", "look up invoice"),
    Operation.INVOICE_DOCUMENT: ("get the paper of an invoice", "get the paper of invoice"),
}
# What was to be changed, where nothing more is known than of what.
CHANGES: Mapping[Operation, tuple[str, str]] = {
    Operation.ORDER_CANCEL: ("cancel an order", "cancel order"),
    Operation.ORDER_CHANGE: ("change an order", "change order"),
    Operation.RETURN_CREATE: ("announce a return", "announce a return of order"),
    Operation.STOCK_HOLD: ("hold stock", "hold"),
    Operation.HOLD_RELEASE: ("release a hold", "release the hold with reservation"),
    Operation.TICKET_COMMENT: ("write on a ticket", "write on ticket"),
    Operation.TICKET_CLOSE: ("close a ticket", "close ticket"),
    Operation.LEAD: ("keep an enquiry", "keep enquiry"),
}

# Why a system refused a change, by what the port says.
REFUSALS: Mapping[str, str] = {
    "packed": "it was packed already",
    "line": "the order has no such item",
    "variant": "that is another product",
    "stock": "too few were free",
    "quantity": "there can't be so many",
    "address": "the address wasn't taken",
    "customer": "there is no such account",
}
BY_KIND: Mapping[str, str] = {
    "Conflict": "somebody else had changed it meanwhile",
    "NotFound": "there is no such thing, or it isn't the customer's",
    "Rejected": "the system said no without a reason that is known here",
}
OUTCOMES: Mapping[str, str] = {
    "Unavailable": "not done, the {system} didn't answer",
    "Unknown": "the answer of the {system} was lost",
    "Malformed": "not done, the {system} answered what makes no sense",
    "fault": "not done, something broke on the way",
    "NotFound": "there is no such thing, or it isn't the customer's",
    "NotAllowed": "not done, who the customer is wasn't proven enough, or not clear",
    "Rejected": "refused by the {system}",
    "Conflict": "not done, somebody else had changed it meanwhile",
}


def named(operation: Operation, object_id: str) -> str:
    """What was looked up, or to be changed, in words."""
    plain = operation.value.replace("_", " ")
    several, one = LOOKUPS.get(operation) or CHANGES.get(operation) or (plain, plain)
    return f"{one} {object_id}" if object_id else several


def change_named(operation: str, parameters: Mapping[str, Any]) -> str:
    """What a customer was asked a yes for, in words."""
    try:
        kind = Operation(operation)
    except ValueError:  # of an earlier version of this program
        return operation.replace("_", " ")
    detailed = DETAILED.get(kind)
    return detailed(parameters) if detailed else named(kind, object_of(parameters))


def object_of(parameters: Mapping[str, Any]) -> str:
    """The id of what a change is about, wherever it stands."""
    names = ("number", "order", "ticket", "sku", "reservation_id")
    return next((str(parameters[name]) for name in names if parameters.get(name)), "")


def _order_changed(parameters: Mapping[str, Any]) -> str:
    order, change = parameters.get("number", ""), parameters.get("change") or {}
    if change.get("address"):
        parts = [change["address"].get(part, "") for part in ("address1", "address2", "city", "state", "postcode")]
        return f"send order {order} to {', '.join(part for part in parts if part)}"
    item = f"item {change.get('line', '')} of order {order}"
    if change.get("sku"):
        return f"change {item} to {change['sku']}"
    if str(change.get("quantity")) in ("0", "None"):
        return f"take {item} off"
    return f"change the quantity of {item} to {change['quantity']}"


def _returned(parameters: Mapping[str, Any]) -> str:
    return (
        f"announce a return: {parameters.get('quantity', '')} of item {parameters.get('line', '')} "
        f"from order {parameters.get('order', '')}"
    )


def _held(parameters: Mapping[str, Any]) -> str:
    parts: Mapping[str, str] = parameters.get("parts") or {}
    where = " and ".join(f"{quantity} in {warehouse}" for warehouse, quantity in parts.items())
    return f"hold {parameters.get('sku', '')}: {where}" if where else f"hold {parameters.get('sku', '')}"


def _released(parameters: Mapping[str, Any]) -> str:
    return named(Operation.HOLD_RELEASE, parameters.get("reservation_id", ""))


DETAILED: Mapping[Operation, Callable[[Mapping[str, Any]], str]] = {
    Operation.ORDER_CHANGE: _order_changed,
    Operation.RETURN_CREATE: _returned,
    Operation.STOCK_HOLD: _held,
    Operation.HOLD_RELEASE: _released,
}


def where_to_look(operation: str, parameters: Mapping[str, Any]) -> str:
    """Where one can see whether a change was made."""
    of = object_of(parameters)
    if operation in (Operation.ORDER_CANCEL.value, Operation.ORDER_CHANGE.value):
        return f"order {of}"
    if operation == Operation.RETURN_CREATE.value:
        return f"the returns of order {of}"
    if operation in (Operation.STOCK_HOLD.value, Operation.HOLD_RELEASE.value):
        return "the customer's reservations"
    if operation in (Operation.TICKET_COMMENT.value, Operation.TICKET_CLOSE.value):
        return f"ticket {of}"
    return "what it is about"


def refusal(result: Mapping[str, Any] | None) -> str:
    """Why a change was refused, in words."""
    given = result or {}
    return REFUSALS.get(given.get("status", "")) or BY_KIND.get(given.get("refusal", ""), BY_KIND["Rejected"])
