"""Reads the company's rules from assistant.yml and the secrets from the environment, and refuses wrong ones.

Everything is checked once, at start: a process with a wrong setting doesn't come up, and says which and the mend.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from enum import Enum, IntEnum
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import babel
import jwt
import msgspec
import phonenumbers
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from middleware.channel_settings import (
    InboxRules,
    WebchatRules,
    WhatsAppAccount,
    WhatsAppRules,
    check_channels,
    read_channels,
)
from middleware.crm import access as crm_access
from middleware.crm.access import HubspotAccess, SalesforceAccess, ZohoAccess
from middleware.crm.hubspot.settings import HubspotRules
from middleware.crm.salesforce.settings import SalesforceRules
from middleware.crm.zoho.settings import ZohoRules
from middleware.decoding import converted
from middleware.desk_settings import Oidc, check_desk, read_desk
from middleware.erp import access as erp_access
from middleware.erp.access import BusinessCentralAccess, DynamicsAccess, OracleAccess, SapAccess
from middleware.erp.business_central.settings import BusinessCentralRules
from middleware.erp.dynamics.settings import DynamicsRules
from middleware.erp.oracle.settings import OracleRules
from middleware.erp.sap.settings import SapRules
from middleware.errors import Misconfigured
from middleware.handoff_rules import DeskRules, HandoffRules, check_handoff
from middleware.lead_rules import LeadRules, check_leads
from middleware.opening import OpeningRules, check_opening
from middleware.opening_words import opening_words
from middleware.settings_base import Base, Count, Seconds
from middleware.smtp import SmtpServer

SETTINGS_FILE = Path("assistant.yml")
SHORTEST_SECRET = 32  # bytes: RFC 7518 3.2 asks for as many as HS256's hash has


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


CrmSystem = Literal["embedded", "salesforce", "hubspot", "zoho"]
ErpSystem = Literal["embedded", "sap", "oracle", "dynamics", "business_central"]


class Level(IntEnum):
    """How sure we are of who is speaking."""

    PUBLIC = 0
    KNOWN = 1
    VERIFIED = 2


class Operation(str, Enum):
    """Everything that the assistant can ask of a system of record."""

    IDENTIFICATION = "identification"
    GREETING = "greeting"
    ACCOUNT_CHOICE = "account_choice"
    ORDER_STATUS = "order_status"
    TICKET_STATUS = "ticket_status"
    ORDER_CANCEL = "order_cancel"
    ORDER_CHANGE = "order_change"
    RETURN_STATUS = "return_status"
    RETURN_CREATE = "return_create"
    STOCK = "stock"
    STOCK_HOLD = "stock_hold"
    HOLD_RELEASE = "hold_release"
    INVOICE = "invoice"
    INVOICE_DOCUMENT = "invoice_document"
    TICKET_COMMENT = "ticket_comment"
    TICKET_CLOSE = "ticket_close"
    TICKET_ANSWERS = "ticket_answers"
    LEAD = "lead"
    HANDOFF = "handoff"
    HANDOFF_ACCOUNT = "handoff_account"


class PostalAddress(Base, frozen=True):
    """An address of the company's. `country`: ISO 3166-1 alpha-2; what there is none of may be left out."""

    name: str
    address1: str
    city: str
    country: str
    address2: str = ""
    state: str = ""
    postcode: str = ""


class Company(Base, frozen=True):
    """Who the assistant speaks for.

    Attributes:
        timezone: IANA name; days and months are the company's.
        locale: Babel locale, for names of days and months, and for money.
        country: ISO 3166-1 alpha-2; numbers without a country code are read as numbers of this country.
        phone: Where people answer, as it is to be told.
        address: Of the seller, with its legal name, as invoices must name it.
        tax_id: The seller's tax number, as invoices must name it; empty if it has none.
        payment: How invoices are paid, as they are to say it.
    """

    name: str
    timezone: str
    locale: str
    country: str
    phone: str
    email: str
    address: PostalAddress
    tax_id: str = ""
    payment: str = ""


class BackEnd(Base, frozen=True):
    """One system of record.

    Attributes:
        threads: How many calls may be under way at once; more wait within their deadline.
        failures_to_open: After so many failures in a row the system is left alone.
        open_seconds: For so long; then one call tries whether it is back.
    """

    threads: Count = 8
    failures_to_open: Count = 5
    open_seconds: Seconds = 15


class AnswerRules(Base, frozen=True):
    """What the company's people write on tickets, and reaches the customer.

    Attributes:
        every_seconds: How often it is asked for, of conversations that are fresh; of others more seldom.
        days: For so long after the last word of a conversation.
    """

    every_seconds: Count = 30
    days: Count = 30


class CrmBackEnd(BackEnd, frozen=True, kw_only=True):
    """The CRM.

    Attributes:
        system: Which connector speaks with it.
        tickets: Where Zoho keeps them: in its CRM, as cases, or in Zoho Desk.
        answers: What is written on them there.
        salesforce: What is called how there; `hubspot` and `zoho` are the same for those.
    """

    system: CrmSystem
    tickets: Literal["crm", "desk"] = "crm"
    answers: AnswerRules = AnswerRules()
    salesforce: SalesforceRules = SalesforceRules()
    hubspot: HubspotRules = HubspotRules()
    zoho: ZohoRules = ZohoRules()


class ErpBackEnd(BackEnd, frozen=True, kw_only=True):
    """The ERP.

    Attributes:
        system: Which connector speaks with it; `dynamics` is Dynamics 365 Finance & Operations.
        sap: What is called how there; `oracle`, `dynamics` and `business_central` are the same for those.
    """

    system: ErpSystem
    sap: SapRules = SapRules()
    oracle: OracleRules = OracleRules()
    dynamics: DynamicsRules = DynamicsRules()
    business_central: BusinessCentralRules = BusinessCentralRules()


class OperationRule(Base, frozen=True):
    """Who may have an operation done, and how long it may take.

    Attributes:
        level: `public`, `known` or `verified`.
        deadline: Seconds, all calls of the operation together.
    """

    level: Literal["public", "known", "verified"]
    deadline: Seconds

    @property
    def needs(self) -> Level:
        """The level as something that can be compared."""
        return Level[self.level.upper()]


class OrderRules(Base, frozen=True):
    """Rules about orders.

    Attributes:
        look_back_days: How far back "my order" reaches.
        transit_days: How long a parcel is under way at most, for ERPs that can't tell when one arrives.
    """

    look_back_days: Count
    transit_days: Count = 7


class ReturnRules(Base, frozen=True):
    """Until when what may be sent back, and where to.

    Attributes:
        days: Counted from delivery, for every category that `days_by_category` doesn't name.
        days_by_category: The same for single categories of goods.
        final_sale: Categories that are sold for good.
        refund_days: Within how many days of a parcel's arrival the money is paid back.
        address: Where parcels go.
        carrier_account: The company's account with a carrier; without one a label is no postage, and says so.
        instructions: What to do with the label; one line each, on the label itself.
    """

    days: Count
    refund_days: Count
    address: PostalAddress
    instructions: tuple[str, ...]
    days_by_category: dict[str, Count] = msgspec.field(default_factory=dict)
    final_sale: tuple[str, ...] = ()
    carrier_account: str = ""


class HoldRules(Base, frozen=True):
    """How much stock may be kept for a customer, and for how long.

    Attributes:
        minutes: How long a hold lasts, and how much longer one that is extended.
        extensions: How often one may be extended.
        per_customer: How many a customer may have at a time.
        most_units: The most units of one hold.
    """

    minutes: Count
    extensions: Annotated[int, msgspec.Meta(ge=0)]
    per_customer: Count
    most_units: Count


class DocumentRules(Base, frozen=True):
    """Documents for customers.

    Attributes:
        link_minutes: How long a link to one is good.
        patience_seconds: An invoice's PDF that the ERP takes longer for is sent later by itself.
    """

    link_minutes: Count
    patience_seconds: Seconds = 4


class IdentityRules(Base, frozen=True):
    """How long a one-time code proves who somebody is, and where the CRM holds the ERP's number.

    Attributes:
        verified_minutes: So long it opens what needs `verified`.
        known_hours: So long it opens what needs `known`.
        erp_number_field: The CRM's field with the ERP's customer number; empty if it has none.
    """

    verified_minutes: Count
    known_hours: Count
    erp_number_field: str = ""


class CodeRules(Base, frozen=True):
    """One-time codes.

    Attributes:
        minutes: How long a code is good.
        tries: How often a conversation may type a wrong one, before another must be sent.
        per_conversation: How many codes a conversation may ask for within `window_minutes`.
        per_contact: The same for one phone number or e-mail, over all conversations.
    """

    minutes: Count
    tries: Count
    per_conversation: Count
    per_contact: Count
    window_minutes: Count


class MailText(Base, frozen=True):
    """A mail's words, with {placeholders}."""

    subject: str
    text: str


class Mails(Base, frozen=True):
    """The mails that go to customers. `code`: a one-time code; {code}, {company}, {minutes} (how long it is good)."""

    code: MailText


class Limits(Base, frozen=True):
    """How much may come in, before anything is understood: such as `20/minute`, after github.com/alisaifee/limits.

    Attributes:
        sender: Messages of one conversation.
        address: Requests from one network address, whether they have a good token or not.
        largest_body: Bytes of one request.
    """

    sender: str
    address: str
    largest_body: Count


class Rest(Base, frozen=True):
    """Which tokens the REST channel and the web chat take, and how long a message there may be (characters)."""

    algorithm: Literal["HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"]
    audience: str
    longest_message: Count


class AssistantFile(Base, frozen=True, kw_only=True):
    """assistant.yml as it stands in the file."""

    company: Company
    crm: CrmBackEnd
    erp: ErpBackEnd
    operations: dict[Operation, OperationRule]
    orders: OrderRules
    returns: ReturnRules
    holds: HoldRules
    documents: DocumentRules
    opening: OpeningRules
    leads: LeadRules
    handoff: HandoffRules
    desk: DeskRules
    identity: IdentityRules
    codes: CodeRules
    mails: Mails
    limits: Limits
    inbox: InboxRules
    rest: Rest
    webchat: WebchatRules
    whatsapp: WhatsAppRules
    faq: dict[str, str]


class Settings(AssistantFile, frozen=True, kw_only=True):
    """All settings: the file's, and the environment's.

    Attributes:
        database_url: The store's and the embedded back office's database.
        jwt_key: Secret (HS…) or public key in PEM (RS256, ES256, EdDSA) that customers' tokens are checked with.
        action_token: What Rasa shows the action server.
        codes_key: Secret that one-time codes are derived from.
        smtp_url: Where mail is handed in, `smtp://user:password@host:port`; empty: into the mailbox file.
        mail_from: The sender's address; empty: the company's.
        mailbox: File that mail goes into where there is no SMTP server.
        documents_url: Folder, or address of an object store after fsspec, that documents are kept in.
        documents_key: Secret that links to documents are signed with.
        public_url: Where customers reach the channels, for links.
        audit_head: File that the head of the audit log's chain is written to as well.
        trusted_proxies: Addresses or networks whose `X-Forwarded-For` is believed.
        desk_key: Secret that the agents' desk signs log-ins under way with.
        desk_url: Where agents reach the desk.
        webchat_key: Secret that the web chat's session ids are signed with.
        webchat_demo: Whether the page of a demo shop is shown, which gives out tokens of the demo's customers.
        redis_url: Where several Rasa servers tell each other what was stored; empty if there is one alone.
        whatsapp_account: Access to WhatsApp's Cloud API; None if the company isn't there.
        crm_access: What opens the CRM, if it isn't the embedded one.
        erp_access: The same of the ERP.
        oidc: The company's own log-in for agents; None if it has none.
    """

    database_url: str
    jwt_key: str
    action_token: str
    codes_key: str
    smtp_url: str
    mail_from: str
    mailbox: str
    documents_url: str
    documents_key: str
    public_url: str
    audit_head: str
    trusted_proxies: tuple[str, ...]
    desk_key: str
    desk_url: str
    webchat_key: str
    webchat_demo: bool
    redis_url: str
    whatsapp_account: WhatsAppAccount | None = None
    crm_access: SalesforceAccess | HubspotAccess | ZohoAccess | None = None
    erp_access: SapAccess | OracleAccess | DynamicsAccess | BusinessCentralAccess | None = None
    oidc: Oidc | None = None

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The trusted proxies as networks."""
        return tuple(ipaddress.ip_network(text) for text in self.trusted_proxies)

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.company.timezone)

    @property
    def opening_hours(self) -> str:
        """When people answer, as it is told."""
        return opening_words(self.opening, self.zone, self.company.locale)


def load(file: Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Reads and checks all settings.

    Args:
        file: The company's rules, YAML; without it the one that `ASSISTANT_FILE` names, or assistant.yml.
        environment: Secrets and addresses; `CRM` and `ERP` override the file's systems.

    Raises:
        Misconfigured: Something is missing or wrong; the message names it and the mend.
    """
    file = file or Path(environment.get("ASSISTANT_FILE", "").strip() or SETTINGS_FILE)
    content = _read(file)
    for system in ("crm", "erp"):
        chosen = environment.get(system.upper())
        if chosen and isinstance(content.get(system), dict):
            content[system]["system"] = chosen
    content["database_url"] = _required(environment, "DATABASE_URL")
    content["jwt_key"] = _required(environment, "JWT_SECRET")
    content["action_token"] = _required(environment, "ACTION_TOKEN")
    content["codes_key"] = _required(environment, "CODES_KEY")
    content["documents_key"] = _required(environment, "DOCUMENTS_KEY")
    content["desk_key"] = _required(environment, "DESK_KEY")
    content["webchat_key"] = _required(environment, "WEBCHAT_KEY")
    content |= read_desk(environment) | read_channels(environment)
    for system, access in (("crm", crm_access), ("erp", erp_access)):
        if isinstance(content.get(system), dict):
            content[f"{system}_access"] = access.read_access(content[system], environment)
    content["documents_url"] = environment.get("DOCUMENTS_URL", "").strip() or "var/documents"
    content["public_url"] = _required(environment, "PUBLIC_URL").rstrip("/")
    content["smtp_url"] = environment.get("SMTP_URL", "").strip()
    content["mail_from"] = environment.get("MAIL_FROM", "").strip()
    content["mailbox"] = environment.get("MAILBOX", "").strip() or "var/mailbox.txt"
    content["audit_head"] = environment.get("AUDIT_HEAD", "").strip() or "var/audit-head.txt"
    content["trusted_proxies"] = environment.get("TRUSTED_PROXIES", "").replace(",", " ").split()
    try:
        settings = converted(content, Settings)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"{file}: {error}") from error
    _check(settings, file)
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Misconfigured(f"{file} is missing; start from the project's top folder") from error
    except YAMLError as error:
        raise Misconfigured(f"{file} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise Misconfigured(f"{file} is empty")
    return content


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise Misconfigured(f"{name} is not set; run `make setup`, then `set -a; . ./.env`")
    return value


def _check(settings: Settings, file: Path) -> None:
    _check_mail(settings, file)
    check_opening(settings.opening, file)
    check_leads(settings.leads, file)
    check_handoff(settings.handoff, file)
    missing = [operation.value for operation in Operation if operation not in settings.operations]
    if missing:
        raise Misconfigured(f"{file}: `operations` lacks {', '.join(missing)}; give each a level and a deadline")
    if settings.operations[Operation.IDENTIFICATION].needs:
        raise Misconfigured(f"{file}: operations.identification must be public; by it strangers become known")
    try:
        settings.zone  # noqa: B018 - reading it is the check
    except Exception as error:
        raise Misconfigured(f"{file}: company.timezone {settings.company.timezone!r} is not an IANA name") from error
    try:
        babel.Locale.parse(settings.company.locale)
    except (ValueError, babel.UnknownLocaleError) as error:
        raise Misconfigured(f"{file}: company.locale {settings.company.locale!r} is not known") from error
    if settings.company.country not in phonenumbers.SUPPORTED_REGIONS:
        raise Misconfigured(f"{file}: company.country {settings.company.country!r} is not a two-letter country code")
    try:
        settings.proxies  # noqa: B018 - reading it is the check
    except ValueError as error:
        raise Misconfigured(f"TRUSTED_PROXIES: {error}; write addresses or networks, such as 10.0.0.0/8") from error
    check_desk(settings.desk_url, settings.oidc)
    check_channels(settings.webchat, settings.whatsapp, settings.whatsapp_account, settings.redis_url, file)
    keys = {
        "CODES_KEY": settings.codes_key,
        "DOCUMENTS_KEY": settings.documents_key,
        "DESK_KEY": settings.desk_key,
        "WEBCHAT_KEY": settings.webchat_key,
    }
    for name, key in keys.items():
        if len(key.encode()) < SHORTEST_SECRET:
            raise Misconfigured(f"{name} is shorter than {SHORTEST_SECRET} bytes; `openssl rand -hex 32` makes one")
    if urlsplit(settings.public_url).scheme not in ("http", "https") or not urlsplit(settings.public_url).hostname:
        raise Misconfigured(f"PUBLIC_URL {settings.public_url!r} is no web address; write https://chat.example.com")
    both = set(settings.returns.final_sale).intersection(settings.returns.days_by_category)
    if both:
        raise Misconfigured(f"{file}: returns.final_sale and returns.days_by_category both name {min(both)!r}")
    for where, address in (("company", settings.company.address), ("returns", settings.returns.address)):
        if address.country not in phonenumbers.SUPPORTED_REGIONS:
            raise Misconfigured(f"{file}: {where}.address.country {address.country!r} is not a two-letter country code")
    if settings.rest.algorithm.startswith("HS") and len(settings.jwt_key.encode()) < SHORTEST_SECRET:
        raise Misconfigured(f"JWT_SECRET is shorter than {SHORTEST_SECRET} bytes; `openssl rand -hex 32` makes one")
    try:
        jwt.get_algorithm_by_name(settings.rest.algorithm).prepare_key(settings.jwt_key)
    except (jwt.InvalidKeyError, ValueError, TypeError) as error:
        kind = "a secret" if settings.rest.algorithm.startswith("HS") else "a public key in PEM"
        raise Misconfigured(f"JWT_SECRET is not {kind}, as rest.algorithm {settings.rest.algorithm} needs") from error


def _check_mail(settings: Settings, file: Path) -> None:
    if settings.smtp_url:
        SmtpServer.parse(settings.smtp_url)
    sender = settings.mail_from or settings.company.email
    try:
        Address(addr_spec=sender)
    except (ValueError, IndexError, MessageError) as error:
        name = "MAIL_FROM" if settings.mail_from else f"{file}: company.email"
        raise Misconfigured(f"{name} {sender!r} is not an e-mail address") from error
    for part in ("subject", "text"):
        words = getattr(settings.mails.code, part)
        unknown = _placeholders(words) - {"code", "company", "minutes"}
        if unknown:
            raise Misconfigured(
                f"{file}: mails.code.{part} holds {{{min(unknown)}}}; there are {{code}}, {{company}} and {{minutes}}"
            )
    if "code" not in _placeholders(settings.mails.code.text):
        raise Misconfigured(f"{file}: mails.code.text lacks {{code}}")
    if len(settings.mails.code.subject.splitlines()) != 1:
        raise Misconfigured(f"{file}: mails.code.subject must be one line")


def _placeholders(words: str) -> set[str]:
    """What stands in {braces}; whatever `str.format` would do more than fill it in counts as another name."""
    try:
        parts = list(Formatter().parse(words))
    except ValueError:
        return {words}
    return {
        name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        for _, name, form, conversion in parts
        if name is not None
    }
