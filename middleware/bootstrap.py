"""Puts the running system together; the only place that knows which real parts are used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Connection, Engine

from middleware import connectors, handoff_transcript
from middleware import settings as rules
from middleware.accounts import Accounts
from middleware.audit import Audit
from middleware.backend import BackEnd, Circuit, Port
from middleware.cancelling import Cancelling
from middleware.changing import Changing
from middleware.clock import Clock, system_clock
from middleware.code_mail import CodeMail
from middleware.codes import CODE_MAIL, Codes
from middleware.crm.base import Crm
from middleware.database import open_engine
from middleware.deliveries import Deliveries
from middleware.desk_line import AWAY, RESUME, DeskLine
from middleware.documents.store import Documents
from middleware.effects import Effects
from middleware.erp.base import Capabilities, Erp
from middleware.gateway import Gateway
from middleware.greeting import Greeting
from middleware.handoff_account import HandoffAccounts
from middleware.handoff_demands import Demands
from middleware.handoff_ticket import TICKET, HandoffTickets
from middleware.handoff_transcript import TRANSCRIPT, Transcripts
from middleware.handoffs import Handoffs
from middleware.health import Health
from middleware.history import History
from middleware.holds import END, Holds
from middleware.identity import Identity
from middleware.inbox import ANSWER, FETCH, Inbox
from middleware.inventory import Inventory
from middleware.invoices import Invoices
from middleware.jobs import Handler, Jobs
from middleware.leads import LEAD, Leads
from middleware.mail import Post, open_post
from middleware.messages import Messages, Stored
from middleware.orders import Orders
from middleware.outbox import SEND, Outbox
from middleware.papers import PAPER, Papers
from middleware.parties import Parties
from middleware.proactive import WORDS
from middleware.returns import Returns
from middleware.seals import Heads, Sealer
from middleware.settings import Settings
from middleware.store import Store, open_store
from middleware.territory_samples import warn_of_unreachable
from middleware.ticket_answers import TicketAnswers
from middleware.ticket_changes import TicketChanges
from middleware.tickets import Tickets
from middleware.watched_tickets import ANSWERS


@dataclass(frozen=True)
class Middleware:
    """The use cases, and what channels need beside them.

    Attributes:
        erp_can: What the company's ERP can do that others can't.
    """

    settings: Settings
    erp_can: Capabilities
    clock: Clock
    identity: Identity
    codes: Codes
    messages: Messages
    history: History
    inbox: Inbox
    outbox: Outbox
    deliveries: Deliveries
    effects: Effects
    accounts: Accounts
    greeting: Greeting
    orders: Orders
    cancelling: Cancelling
    changing: Changing
    returns: Returns
    inventory: Inventory
    holds: Holds
    tickets: Tickets
    ticket_changes: TicketChanges
    ticket_answers: TicketAnswers
    handoffs: Handoffs
    demands: Demands
    desk_line: DeskLine
    leads: Leads
    invoices: Invoices
    papers: Papers
    documents: Documents
    audit: Audit
    gateway: Gateway
    health: Health
    jobs: Jobs
    sealer: Sealer
    store: Store
    back_office: Engine

    def close(self) -> None:
        """Ends all threads and connections."""
        self.gateway.close()
        self.store.close()
        self.back_office.dispose()


def build(
    settings: Settings,
    *,
    crm: Crm | None = None,
    erp: Erp | None = None,
    post: Post | None = None,
    clock: Clock = system_clock,
) -> Middleware:
    """Builds the middleware on a migrated database.

    Args:
        crm: A connector to use instead of the settings' one; for tests.
        erp: The same for the ERP.
        post: The same for what sends mail.
        clock: What time it is.

    Raises:
        Misconfigured: The database isn't at this program's version.
        Unavailable: The database can't be reached.
    """
    store = open_store(settings.database_url)
    back_office = open_engine(settings.database_url)
    effects = Effects(store, clock)
    crm_back_end = _back_end("crm", settings.crm, crm or connectors.crm(settings, back_office))
    erp = erp or connectors.erp(settings, back_office)
    erp_back_end = _back_end("erp", settings.erp, erp)
    parties = Parties(crm_back_end, erp_back_end, settings.identity)
    audit = Audit(store)
    gateway = Gateway(crm_back_end, erp_back_end, parties, settings.operations, audit, effects, clock)
    identity = Identity(store, settings.identity, clock)
    documents = Documents(store, settings, audit, clock)
    code_mail = CodeMail(store, gateway, post or open_post(settings), settings, clock)
    holds = Holds(gateway, store, settings, clock)
    # What does the jobs of each kind. The words are the action server's; answering and sending are the channels'.
    handlers: dict[str, Handler] = {CODE_MAIL: code_mail.send, END: holds.end}
    jobs = Jobs(store, clock, handlers, elsewhere={WORDS, RESUME, ANSWER, SEND, FETCH})
    outbox = Outbox(store, settings.whatsapp, clock)
    messages = Messages(store, clock, _both(handoff_transcript.follows(clock), outbox.follows))
    history = History(store)
    seen_by_people = HandoffAccounts(gateway, holds, settings, clock)
    desk_line = DeskLine(store, messages, seen_by_people, identity, jobs, settings, clock)
    tickets = HandoffTickets(gateway, store, messages, seen_by_people, identity, settings, clock)
    jobs.does(AWAY, desk_line.look_after)
    leads = Leads(gateway, store, jobs, settings, clock)
    jobs.does(LEAD, leads.deliver, patient=True)
    warn_of_unreachable(settings.leads)

    papers = Papers(gateway, documents, identity, store, jobs, settings, clock)
    jobs.does(PAPER, papers.fetch)
    ticket_answers = TicketAnswers(gateway, store, messages, identity, settings, clock)
    jobs.does(ANSWERS, ticket_answers.look, patient=True)
    jobs.does(TICKET, tickets.open, patient=True)
    jobs.does(TRANSCRIPT, Transcripts(gateway, store, history, settings).keep, patient=True)
    return Middleware(
        settings=settings,
        erp_can=erp.capabilities,
        clock=clock,
        identity=identity,
        codes=Codes(store, settings, clock, jobs.wake),
        messages=messages,
        history=history,
        inbox=Inbox(store, messages, jobs, clock),
        outbox=outbox,
        deliveries=Deliveries(store, settings.whatsapp, clock),
        effects=effects,
        accounts=Accounts(gateway, identity, settings, clock),
        greeting=Greeting(gateway),
        orders=Orders(gateway, settings, clock),
        cancelling=Cancelling(gateway),
        changing=Changing(gateway, settings, clock),
        returns=Returns(gateway, documents, effects, settings, clock),
        inventory=Inventory(gateway),
        holds=holds,
        tickets=Tickets(gateway, settings, clock),
        ticket_changes=TicketChanges(gateway, store, settings, clock),
        ticket_answers=ticket_answers,
        handoffs=Handoffs(store, seen_by_people, jobs, settings, clock),
        demands=Demands(gateway, settings),
        desk_line=desk_line,
        leads=leads,
        invoices=Invoices(gateway, settings, clock),
        papers=papers,
        documents=documents,
        audit=audit,
        gateway=gateway,
        health=Health(store),
        jobs=jobs,
        sealer=Sealer(store, clock, Heads(Path(settings.audit_head))),
        store=store,
        back_office=back_office,
    )


def _both(one: Stored, other: Stored) -> Stored:
    def stored(connection: Connection, conversation_id: str) -> None:
        one(connection, conversation_id)
        other(connection, conversation_id)

    return stored


def _back_end(name: str, rule: rules.BackEnd, port: Port) -> BackEnd[Port]:
    return BackEnd(name, port, rule.threads, Circuit(name, rule.failures_to_open, rule.open_seconds))
