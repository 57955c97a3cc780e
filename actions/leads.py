"""Takes down who wants to buy or to be advised, a piece at a time or all at once, and passes it on after a yes."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

from actions import lead_replies
from actions.base import CONFIRM, offer_person
from actions.lead_draft import Draft
from actions.replies import Reply, Utterance
from actions.stock_answers import CHECK, asks_for_variants
from actions.tasks import PATIENCE, Frame, Task, is_wordless
from actions.turn import Turn
from middleware import names
from middleware.choice import words
from middleware.errors import FrontdeskError, Unavailable
from middleware.hold_words import orders_a_hold
from middleware.lead_words import Asked, Detail, Said, read
from middleware.leads import Enquiry
from middleware.records import Consent

WISH = "Lead_Capture"
CHANGE_HOLD = "action_change_hold"
CORRECTION = "correction"  # what is asked for when something is wrong, and it wasn't said what

# What customers come with instead, and what people say in between; each only if it is likely enough.
OTHER_WISHES = frozenset(
    {"Order_Tracking", "Order_Modification", "Order_Cancel", "Return_Request", "Return_Window", "Refund_Status"}
    | {"Inventory_Check", "Inventory_Hold", "Invoice_Request", "Ticket_Status", "Human_Handoff", "faq"}
)
IN_BETWEEN = {
    "Greet": re.compile(r"\b(?:hi|hello|hey|good|morning|greetings|howdy|nice to meet)\b", re.IGNORECASE),
    "Goodbye": re.compile(r"\b(?:bye|goodbye|see you|later|farewell|night|take care|cu)\b", re.IGNORECASE),
    "Thanks": re.compile(r"\b(?:thanks?|thx|ty|cheers|appreciate|grateful|ta)\b", re.IGNORECASE),
    "Help": re.compile(r"\b(?:help|can you|what|how)\b", re.IGNORECASE),
    "Bot_Challenge": re.compile(r"\b(?:bot|robot|human|real|machine|ai|are you|who|your|person)\b", re.IGNORECASE),
    "Stop": re.compile(r"\b(?:stop|never ?mind|forget|cancel|quit|leave|drop|exit|enough|abort|nvm)\b", re.IGNORECASE),
    "Affirm": re.compile(
        r"^\W*(?:y\b|yes|yeah|yep|yup|ok|okay|sure|of course|please|go|right|correct|do)\b", re.IGNORECASE
    ),
    "Deny": re.compile(r"^\W*(?:no|nope|nah|don'?t|not)\b", re.IGNORECASE),
}
ENTITIES = (
    *("person", "company", "company_size", "budget", "product", "sku", "colour"),
    *("order_number", "invoice_number", "ticket_number", "hold_reference"),
)
LIKELY, SURE = 0.5, 0.8
FEW = 3  # words; a wish that is put in fewer must be sure
SIGNS = re.compile(r"[=<>|{}\[\]()@]")
# Whoever says one of these buys for others, or wants more than an answer.
BUSINESS = re.compile(
    r"\b(?:quot\w+|offers?|proposals?|estimate|sales|corporate|wholesale|bulk|volume|business|compan\w+|firm|suppl\w+"
    r"|resell\w*|deal(?:er|ership)\w*|distribut\w+|partner\w*|account|contract|order|buy|purchase|programme?|staff|team"
    r"|employees|we|we're|we'd|our|us|talk to|speak (?:to|with)|call me|contact)\b",
    re.IGNORECASE,
)
BUYS_IT = re.compile(r"\b(?:order|buy|purchase|take) (?:it|them|that|this|those|these)\b", re.IGNORECASE)
WRONG = re.compile(
    r"\b(?:wrong|incorrect|not (?:right|correct|quite)|isn'?t (?:right|correct)|mistake|typo|change"
    r"|different|edit|fix)\b",
    re.IGNORECASE,
)
NAMED = {
    Detail.EMAIL: re.compile(r"\be-?mail\b", re.IGNORECASE),
    Detail.PHONE: re.compile(r"\b(?:phone|number to call)\b", re.IGNORECASE),
    Detail.COMPANY: re.compile(r"\b(?:company|firm|employer)\b(?! size)", re.IGNORECASE),
    Detail.SIZE: re.compile(r"\b(?:size|people|employees|headcount|staff)\b", re.IGNORECASE),
    Detail.BUDGET: re.compile(r"\bbudget\b", re.IGNORECASE),
    Detail.NAME: re.compile(r"\bname\b", re.IGNORECASE),
}


class CaptureLead(Task):
    """Asks who wants to buy what, says back what would be stored, and has it kept after a yes."""

    topic = "leads"
    suspends = True

    async def is_answer(self, turn: Turn) -> bool:
        """Whether the words say something of themselves, correct it or keep it to themselves; and want nothing else."""
        draft = Draft.of(turn.task)
        asks_for_yes = turn.slot("question") == CONFIRM
        if draft.detail is None and turn.intent == "Deny" and not is_wordless(turn.text):
            return True
        if not turn.text:
            return False
        said = heard(turn, draft)
        if asks_for_yes:
            named = said.details and (draft.hearing(said) != draft or turn.intent != "Affirm")
            return not elsewhere(turn, said) and bool(named or said.trouble or is_wrong(turn))
        if draft.detail is Detail.WISH:
            return not wants_else(turn)
        return said.is_answer and not elsewhere(turn, said)

    async def go_on(self, turn: Turn, frame: Frame) -> Reply:
        """Takes what the message says, and asks for what is missing, or for the yes."""
        if not frame:
            return await self._begun(turn)
        draft = await with_known(turn, Draft.of(frame))
        said = heard(turn, draft)
        if draft.detail is None and not (said.details or said.trouble) and (turn.intent == "Deny" or is_wrong(turn)):
            return self._objected(turn, draft)
        if draft.detail is Detail.WISH and turn.text and turn.intent not in ("Affirm", "Deny"):
            return self._next(turn, replace(draft.hearing(said), wish=names.cleaned(turn.text)), said)
        if turn.intent == WISH and not said.is_answer:
            draft = adding(draft, turn.text)
        return self._next(turn, draft.hearing(said), said)

    async def begin(self, turn: Turn, wish: str) -> Reply:
        """Begins with what is wanted of a customer who is known, of whom nothing else is needed.

        Args:
            wish: What they want, in words for our people.
        """
        draft = await with_known(turn, Draft(wish=str(wish)))
        return self._next(turn, draft.without(Detail.COMPANY, Detail.SIZE, Detail.BUDGET), Said())

    async def confirmed(self, turn: Turn, frame: Frame) -> Reply:
        """Has the lead kept, once, and says what becomes of it."""
        draft, proposal = Draft.of(frame), frame["proposal"]
        consent = Consent(words=proposal["words"], at=turn.middleware.clock())
        try:
            found = await turn.middleware.leads.keep(turn.who, draft.enquiry, consent, proposal["key"])
        except Unavailable:
            return Reply(CONFIRM, task=dict(frame)).say("utter_lead_not_kept", turn.words.team())
        return lead_replies.kept(found, draft, turn)

    async def _begun(self, turn: Turn) -> Reply:
        if asks_for_variants(turn.text):  # who asks so may want to buy, or just to know
            return Reply(turn.slot("question"), then=CHECK)
        if orders_a_hold(turn.text) or await buys_what_is_held(turn):
            return Reply(turn.slot("question"), then=CHANGE_HOLD)
        draft = await with_known(turn, Draft(wish=names.cleaned(turn.text)))
        said = read(turn.text, asked(turn, draft, opening=True))
        is_advice = bool(draft.wish) and not BUSINESS.search(draft.wish) and not said.details
        opening = "utter_lead_begin_advice" if is_advice else "utter_lead_begin"
        return self._next(turn, draft.hearing(replace(said, trouble="")), Said(), opening)

    def _next(self, turn: Turn, draft: Draft, said: Said, opening: str = "") -> Reply:
        """Asks for what is missing, or for the yes.

        Args:
            said: What the message said, of which something may be wrong.
            opening: What is said before the question, as a response.
        """
        if said.trouble:
            about = Detail(said.trouble.partition("_")[0])
            if about is Detail.PHONE and draft.detail is Detail.EMAIL:
                about = Detail.EMAIL  # either will do
            return self._asking(turn, draft, about, because=f"utter_lead_trouble_{said.trouble}")
        if said.asks_why:
            return self._asking(turn, draft, draft.detail or Detail.NAME, opening="utter_lead_why")
        lacking = draft.lacks
        is_out_of_reach = Detail.PHONE in draft.left_out and not draft.can_be_reached
        if is_out_of_reach:
            return offer_person(turn, "utter_lead_none", turn.words.team(), task=None)
        if lacking is None:
            return self._proposed(turn, draft)
        left_out = "utter_lead_left_out" if said.skips or said.is_private else ""
        return self._asking(turn, draft, lacking, opening=opening or left_out)

    def _asking(self, turn: Turn, draft: Draft, detail: Detail, *, opening: str = "", because: str = "") -> Reply:
        """Asks for a detail."""
        wants_phone = detail is Detail.EMAIL and not (draft.phone or draft.known.phone)
        question = "utter_lead_ask_email_or_phone" if wants_phone else f"utter_lead_ask_{detail.value}"
        reason = (because, turn.words.team()) if because else None
        reply = self.ask(turn, draft.frame, detail.value, question, because=reason)
        if opening and reply.slots["task"]["failed"] < PATIENCE:
            # In one breath with the question, which alone is asked again.
            fills = {"question": turn.phrase(question), **turn.words.team()}
            reply.utterances = [Utterance(opening, fills)]
        return reply

    def _proposed(self, turn: Turn, draft: Draft) -> Reply:
        """Says back what would be stored, and asks for consent."""
        proposal = {"key": uuid.uuid4().hex, "words": str(lead_replies.consent_words(draft, turn))}
        buttons = lead_replies.consent_buttons(turn)
        question = Utterance("utter_lead_confirm", lead_replies.said_back(draft, turn), buttons)
        return self.propose(turn, draft.frame, proposal, question)

    def _objected(self, turn: Turn, draft: Draft) -> Reply:
        """Asks for what is wrong with what was said back; a plain no stores nothing."""
        if not is_wrong(turn):
            return Reply(task=None).say("utter_lead_not_stored", turn.words.team())
        about = next((detail for detail, name in NAMED.items() if name.search(turn.text)), None)
        if about is not None:
            return self._asking(turn, draft.forgetting(about), about)
        return self.ask(turn, draft.frame, CORRECTION, "utter_lead_ask_correction")


def heard(turn: Turn, draft: Draft) -> Said:
    """What the message says."""
    return read(turn.text, asked(turn, draft))


def asked(turn: Turn, draft: Draft, *, opening: bool = False) -> Asked:
    """Under which circumstances the message is read."""
    company = turn.middleware.settings.company
    entities = {kind: value for kind in ENTITIES if (value := turn.entity(kind))}
    return Asked(
        detail=draft.detail,
        country=company.country,
        entities=entities,
        ours=company.name,
        opening=opening,
        free=not wants_else(turn),
    )


def elsewhere(turn: Turn, said: Said) -> bool:
    """Whether a message that also says something of themselves wants something else."""
    if said.skips or said.refuses_all or len(said.details) > 1:
        return False
    bare = not (said.name or said.company)
    return bool(said.rest) and turn.confidence >= LIKELY and turn.intent in OTHER_WISHES and bare


def wants_else(turn: Turn) -> bool:
    """Whether the words want something else, so that they are no name, whatever they look like."""
    known = (turn.entity("person") or "", turn.entity("company") or "")
    if SIGNS.search(turn.text) or any(one and 2 * len(one) > len(turn.text) for one in known):
        return False
    said = turn.text.split()
    if turn.intent in OTHER_WISHES | {WISH}:
        in_capitals = len(said) > 1 and all(word[:1].isupper() for word in said)
        is_long = len(words(turn.text)) >= FEW
        return not in_capitals and turn.confidence >= (LIKELY if is_long else SURE)
    pattern = IN_BETWEEN.get(turn.intent)
    return pattern is not None and turn.confidence >= LIKELY and bool(pattern.search(turn.text))


def is_wrong(turn: Turn) -> bool:
    """Whether the words say that something of what was said back isn't right."""
    return bool(turn.text and WRONG.search(turn.text))


async def buys_what_is_held(turn: Turn) -> bool:
    """Whether "I'll take them" is about something that is held for the customer, which was spoken of just now."""
    if turn.slot("topic") != "inventory" or not turn.who.level or not BUYS_IT.search(turn.text):
        return False
    try:
        return bool(await turn.middleware.holds.mine(turn.who))
    except FrontdeskError:
        return False


def adding(draft: Draft, text: str) -> Draft:
    """With another wish, said later."""
    more = names.cleaned(text)
    return draft if more in draft.wish else replace(draft, wish=f"{draft.wish} / {more}")


async def with_known(turn: Turn, draft: Draft) -> Draft:
    """With what is known of who is speaking, as soon as that is proven."""
    level = int(turn.who.level)
    if draft.level == level:
        return draft
    known: Enquiry = await turn.middleware.leads.known(turn.who)
    proven = turn.who.proof
    email = known.email or next(iter(proven.emails), "")
    return replace(draft, level=level, known=replace(known, email=email, phone=known.phone or proven.phone))
