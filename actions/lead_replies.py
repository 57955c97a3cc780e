"""How a lead is said back to the customer, and what is said when it is kept."""

from __future__ import annotations

from decimal import Decimal

from actions.lead_draft import Draft
from actions.replies import Button, Reply
from actions.turn import Turn
from actions.words import Fill
from middleware.leads import Kept
from middleware.records import Budget, Headcount

LONGEST_QUOTE = 300  # characters of the customer's own words that are said back


def consent_words(draft: Draft, turn: Turn) -> Fill:
    """The very words by which the customer is asked whether it may be stored: all that would be, in lines."""
    return turn.phrase("utter_lead_confirm", said_back(draft, turn))


def said_back(draft: Draft, turn: Turn) -> dict[str, Fill]:
    """The fills of the proposal."""
    lines = [turn.phrase(f"utter_lead_line_{name}", {name: fill}) for name, fill in _facts(draft, turn).items()]
    typed = draft.email or draft.phone
    if (draft.known.email and not draft.email) or (draft.known.phone and not draft.phone):
        lines.append(turn.phrase("utter_lead_line_contact_too" if typed else "utter_lead_line_contact"))
    return {"details": turn.words.lines(lines)}


def _facts(draft: Draft, turn: Turn) -> dict[str, Fill]:
    """What was said or is known, by the name of its line, in their order."""
    company = draft.company or draft.known.company
    size = draft.size or draft.known.size
    facts = {
        "wish": Fill(_quoted(draft.wish), "Enquiry.wish"),
        "name": Fill(draft.full_name, "Enquiry.first_name,Enquiry.last_name"),
        "company": Fill(company, "Enquiry.company"),
        "size": people(size, turn) if size else Fill("", ""),
        "place": Fill(draft.region.name if draft.region else "", "Region.name"),
        "email": Fill(draft.email, "Enquiry.email"),
        "phone": Fill(draft.phone, "Enquiry.phone"),
        "budget": money(draft.budget, turn) if draft.budget else Fill("", ""),
    }
    return {name: fill for name, fill in facts.items() if fill}


def _quoted(wish: str) -> str:
    return wish if len(wish) <= LONGEST_QUOTE else f"{wish[:LONGEST_QUOTE].rstrip()}…"


def people(size: Headcount, turn: Turn) -> Fill:
    """How many people: "about", "from … to", "up to", "or more"."""
    low = turn.words.number(Decimal(size.low), "Headcount.low")
    if size.high is None:
        return turn.phrase("utter_lead_or_more", {"low": low})
    high = turn.words.number(Decimal(size.high), "Headcount.high")
    if size.low == size.high:
        return high
    return _between(low if size.low > 1 else None, high, turn)


def money(budget: Budget, turn: Turn) -> Fill:
    """A budget: "$20,000", "$10,000 to $20,000", "up to $5,000", "$5,000 or more"."""
    low = turn.words.whole_money(budget.low, budget.currency, "Budget.low,Budget.currency")
    if budget.high is None:
        return turn.phrase("utter_lead_or_more", {"low": low})
    high = turn.words.whole_money(budget.high, budget.currency, "Budget.high,Budget.currency")
    if budget.low == budget.high:
        return high
    return _between(low if budget.low else None, high, turn)


def _between(low: Fill | None, high: Fill, turn: Turn) -> Fill:
    if low is None:
        return turn.phrase("utter_lead_up_to", {"high": high})
    return turn.phrase("utter_lead_from_to", {"low": low, "high": high})


def kept(found: Kept, draft: Draft, turn: Turn) -> Reply:
    """Says that a lead is kept, who looks after it, and when they write; or that it is delivered later."""
    within = Fill(turn.middleware.settings.leads.reply_within, "settings.leads.reply_within")
    fills: dict[str, Fill] = {
        "thanks": _thanks(draft, turn),
        "reference": Fill(found.reference, "Kept.reference"),
        "reply_within": within,
    }
    done = Reply(task=None)
    if not found.is_delivered:
        return done.say("utter_lead_kept_here", fills)
    if not found.contact or found.contact[0].islower():  # a team, such as "the sales team"
        return done.say("utter_lead_kept", fills)
    fills["contact"] = Fill(found.contact, "Kept.contact")
    if found.is_own:
        return done.say("utter_lead_kept_by_executive", fills)
    fills["in_region"] = Fill("", "Kept.region")
    if found.region:
        fills["in_region"] = turn.phrase("utter_with_region", {"region": Fill(found.region, "Kept.region")})
    is_company = draft.company or draft.known.company or draft.size
    return done.say("utter_lead_kept_for_company" if is_company else "utter_lead_kept_for_person", fills)


def _thanks(draft: Draft, turn: Turn) -> Fill:
    if not draft.salutation:
        return turn.phrase("utter_lead_thanks")
    name = Fill(draft.salutation, "Enquiry.first_name,Enquiry.last_name")
    return turn.phrase("utter_lead_thanks_by_name", {"name": name})


def consent_buttons(turn: Turn) -> list[Button]:
    """Yes and no to storing it."""
    return [
        Button(turn.phrase("utter_button_lead_yes"), "Affirm"),
        Button(turn.phrase("utter_button_lead_no"), "Deny"),
    ]
