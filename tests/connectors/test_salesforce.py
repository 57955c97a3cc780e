"""What goes wrong with Salesforce, and with the library that speaks to it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_mockforce import mock_salesforce
from simple_mockforce.virtual import virtual_salesforce
from simple_salesforce.api import Salesforce as Library
from simple_salesforce.format import format_soql

from middleware import connectors, settings
from middleware.crm.salesforce import comments, texts
from middleware.crm.salesforce.calls import Page
from middleware.crm.salesforce.client import SalesforceCrm, calls
from middleware.crm.salesforce.credentials import _TokenAnswer
from middleware.crm.salesforce.errors import SalesforceDialect, _first_error
from middleware.crm.salesforce.people import forms
from middleware.crm.salesforce.rows import IdRow
from middleware.database import metadata, open_engine
from middleware.deadline import within
from middleware.errors import Malformed, Misconfigured, NotFound, Rejected, ShutOut, Unavailable, Unknown
from middleware.http import Answer
from middleware.in_turn import InTurn
from middleware.records import CommentDraft, LeadDraft, LeadKind
from middleware.settings import Settings
from middleware.store import tokens
from tests.connectors.conftest import HOSTILE
from tests.data.backoffice import ADA, KIM, MAX, backoffice
from tests.fakes.building import ASSISTANT_FILE, environment, lead_draft, ticket_draft
from tests.fakes.salesforce import PAGE, Salesforce
from tests.fakes.salesforce_schema import KEY_FIELD
from tests.fakes.stand_ins import settings_for
from tests.recorded import FOLDER, recorded

NOW = datetime(2026, 3, 11, 17, 30, 15, tzinfo=timezone.utc)
NASTY = ("O'Brien", '"', "\\", "%", "*", "?", "{}", "a\\", "'); --", "🧥", "a:b", "x OR y", "@{query0}", "~^-+&|!()[]")


@pytest.fixture
def salesforce() -> Iterator[Salesforce]:
    """A Salesforce of the test's own."""
    with Salesforce() as one:
        one.lay(backoffice(NOW))
        yield one


Connect = Callable[..., SalesforceCrm]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A store for the tokens of all tests."""
    one = open_engine(f"sqlite:///{tmp_path_factory.mktemp('salesforce') / 'test.db'}")
    metadata.create_all(one)
    yield one
    one.dispose()


@pytest.fixture
def engine(store: Any) -> Any:
    """The same, without tokens."""
    with store.begin() as connection:
        connection.execute(tokens.delete())
    return store


@pytest.fixture
def connect(salesforce: Salesforce, engine: Any) -> Connect:
    """Connects with the rules of `crm.salesforce` changed."""

    def connected(**rules: Any) -> SalesforceCrm:
        crm: SalesforceCrm = connectors.crm(with_rules(settings_for(salesforce), **rules), engine)  # type: ignore[assignment]
        return crm

    return connected


@pytest.fixture
def crm(connect: Connect) -> SalesforceCrm:
    """The connector with the default rules."""
    return connect()


def with_rules(known: Settings, **rules: Any) -> Settings:
    replaced = msgspec.structs.replace(known.crm.salesforce, **rules)
    return msgspec.structs.replace(known, crm=msgspec.structs.replace(known.crm, salesforce=replaced))


def draft(kind: LeadKind = LeadKind.LEAD, **fields: Any) -> LeadDraft:
    return lead_draft(**({"kind": kind, "owner": MAX.email, "phone": None} | fields))


def sent(salesforce: Salesforce, method: str, part: str) -> list[Any]:
    return [one for one in salesforce.requests if one.method == method and part in one.path]


# The library's faults


@pytest.mark.parametrize("kind", ["locked"])
def test_a_401_that_lasts_ends_after_one_renewal(salesforce: Salesforce, crm: SalesforceCrm, kind: str) -> None:
    """The library alone sent the same 969 times."""
    crm.contacts_by_email("ada@example.com")
    before, asked = len(salesforce.requests), salesforce.asks
    salesforce.faults.always(kind, path="/sobjects")

    with pytest.raises(ShutOut):
        crm.open_ticket(ticket_draft(contact_id=None), "locked")

    assert salesforce.asks == asked + 1
    assert len(sent(salesforce, "PATCH", "/Case/")) == 2
    assert len(salesforce.requests) <= before + 5


def test_the_second_attempt_has_all_headers_of_the_first(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    """The library alone lost `Sforce-Auto-Assign`, and the lead went to somebody else."""
    crm.contacts_by_email("ada@example.com")
    salesforce.faults.next("expired", method="PATCH")

    crm.keep_lead(draft(), "headers")

    first, second = sent(salesforce, "PATCH", "/Lead/")
    assert first.headers["sforce-auto-assign"] == second.headers["sforce-auto-assign"] == "FALSE"
    assert first.headers["sforce-duplicate-rule-header"] == second.headers["sforce-duplicate-rule-header"]
    assert first.headers["authorization"] != second.headers["authorization"]


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_no_call_outlasts_its_deadline(salesforce: Salesforce, crm: SalesforceCrm, fault: str) -> None:
    """Most of the library's calls take no timeout."""
    crm.contacts_by_email("ada@example.com")
    salesforce.faults.always(fault, seconds=30)
    begun = datetime.now(timezone.utc)

    with pytest.raises(Unavailable), within(0.5):
        crm.contacts_by_phone(ADA)
    with pytest.raises((Unavailable, Unknown)), within(0.5):
        crm.keep_lead(draft(), "slow")

    assert datetime.now(timezone.utc) - begun < timedelta(seconds=20)


@pytest.mark.parametrize(
    "id_", ["https://evil.example/x", "../User/005000000000001", "0030000000000011?", "x" * 18 + "/"]
)
def test_what_is_no_id_reaches_no_path_and_no_query(salesforce: Salesforce, crm: SalesforceCrm, id_: str) -> None:
    """The library alone sent the token to the host in an "id"."""
    crm.contacts_by_email("ada@example.com")
    before = len(salesforce.requests)

    assert list(crm.open_tickets(id_)) == []
    with pytest.raises(NotFound):
        crm._calls.update("Contact", id_, {})
    with pytest.raises(NotFound):
        crm._calls.delete("Contact", id_)
    with pytest.raises(NotFound):
        crm.keep_lead(draft(LeadKind.OPPORTUNITY, contact_id=id_), "evil")

    assert len(salesforce.requests) == before


def test_what_is_asked_for_stands_for_itself_alone_in_both_languages(crm: SalesforceCrm) -> None:
    for text in dict.fromkeys((*NASTY, *(one for one in HOSTILE if one and len(one) < 1000))):
        stored = texts.line(text, 80)
        if len(stored) > 1:
            found = f"FIND {{{texts.in_search(stored)}}} IN PHONE FIELDS RETURNING Contact(Id)"
            assert crm._calls.search(found, IdRow) == [], text
        asked = format_soql("SELECT Id FROM Contact WHERE LastName = {}", stored)
        assert crm._calls.query(asked, IdRow) == [], text

        kept = crm.keep_lead(draft(LeadKind.CONTACT, last_name=text, first_name=text, email=""), f"nasty {text!a}")

        found_now = [one.Id for one in crm._calls.query(asked, IdRow)]
        assert found_now == ([kept.id] if stored else []), text


def test_searching_for_what_isnt_escaped_is_refused(crm: SalesforceCrm) -> None:
    """So the stand-in would tell."""
    for text in ("a'b", "a{b}", "a(b", "a-b"):
        with pytest.raises((Rejected, Malformed)):
            crm._calls.search(f"FIND {{{text}}} IN PHONE FIELDS RETURNING Contact(Id)", IdRow)


# Who we are


def test_the_jwt_bearer_flow_opens_it_too(salesforce: Salesforce, engine: Any) -> None:
    known = known_with(salesforce, salesforce.jwt_environment)

    assert connectors.crm(known, engine).contacts_by_email("ada@example.com")


def test_another_key_than_the_apps_opens_nothing(salesforce: Salesforce, engine: Any) -> None:
    known = known_with(salesforce, salesforce.jwt_environment)
    salesforce.private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    with pytest.raises(ShutOut, match="SALESFORCE_PRIVATE_KEY"):
        connectors.crm(known, engine).contacts_by_email("ada@example.com")


@pytest.mark.parametrize("name", ["SALESFORCE_PRIVATE_KEY", "SALESFORCE_USERNAME", "SALESFORCE_CLIENT_SECRET"])
def test_half_of_what_opens_it_stops_the_start(salesforce: Salesforce, engine: Any, name: str) -> None:
    known = salesforce.environment if "SECRET" in name else salesforce.jwt_environment

    with pytest.raises(Misconfigured, match="SALESFORCE_CLIENT_SECRET"):
        connectors.crm(known_with(salesforce, {**known, name: ""}), engine)


def test_an_expired_secret_says_which_setting_and_what_to_do(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    salesforce.secret = "another"

    with pytest.raises(ShutOut, match="SALESFORCE_CLIENT_SECRET is good no more") as caught:
        crm.contacts_by_email("ada@example.com")

    assert (caught.value.system, caught.value.status) == ("crm", "invalid_client")
    assert "0123456789ABCDEF" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        "https://evil.example",
        "https://salesforce.com.evil.example",
        "http://acme.my.salesforce.com",
        "https://a@b.salesforce.com",
    ],
)
def test_the_token_goes_to_no_host_but_salesforces(salesforce: Salesforce, crm: SalesforceCrm, host: str) -> None:
    salesforce.instance_url = host

    with pytest.raises(Unavailable, match="host"):
        crm.contacts_by_email("ada@example.com")


def test_an_expired_token_is_renewed_once(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    crm.contacts_by_email("ada@example.com")
    asked = salesforce.asks
    salesforce.faults.next("expired")

    assert crm.contacts_by_email("ada@example.com")
    assert salesforce.asks == asked + 1


def test_cookies_arent_kept(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    for _ in range(2):
        crm.contacts_by_email("ada@example.com")

    assert not [one for one in salesforce.requests if "cookie" in one.headers]


# Limits


def test_the_days_limit_shuts_us_out_at_once(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    crm.contacts_by_email("ada@example.com")
    salesforce.limit = salesforce.used

    with pytest.raises(ShutOut, match="day"):
        crm.contacts_by_email("ada@example.com")


def test_too_many_at_once_wait_and_a_record_that_is_busy_is_tried_again(
    salesforce: Salesforce, crm: SalesforceCrm
) -> None:
    salesforce.faults.next("throttled", path="/query")
    salesforce.faults.next("busy_row", path="/Case/")

    assert crm.open_ticket(ticket_draft(contact_id=None), "busy").number


# Lost answers, and those that make no sense


@pytest.mark.parametrize(("place", "fault"), [(0, "lost"), (1, "lost"), (2, "lost"), (3, "lost"), (3, "gateway")])
@pytest.mark.parametrize("kind", list(LeadKind))
def test_of_a_lead_whose_answer_was_lost_there_is_one(
    salesforce: Salesforce, crm: SalesforceCrm, kind: LeadKind, place: int, fault: str
) -> None:
    ada = crm.contacts_by_email("ada@example.com")[0].id
    given = draft(kind, contact_id=ada if kind is LeadKind.OPPORTUNITY else None, phone="+12015550188")
    paths = ("/composite", "/search", "/sobjects/Contact", "/sobjects/")
    salesforce.faults.next(fault, path=paths[place])

    lead = until_told(lambda: crm.keep_lead(given, "lost"))

    assert lead == crm.keep_lead(given, "lost") and lead.is_new
    made = {name: salesforce.records.of(name) for name in ("Lead", "Contact", "Opportunity")}
    assert len(made["Lead"]) == (kind is not LeadKind.OPPORTUNITY)
    assert len([one for one in made["Contact"] if one.get(KEY_FIELD)]) == (kind is LeadKind.CONTACT)
    assert len(made["Opportunity"]) == (kind is LeadKind.OPPORTUNITY)


@pytest.mark.parametrize("fault", ["lost", "gateway", "html", "truncated", "unavailable", "no_json"])
def test_of_a_ticket_its_comment_and_its_transcript_there_is_one(
    salesforce: Salesforce, crm: SalesforceCrm, fault: str
) -> None:
    said = CommentDraft(body="Any news?" * 1000, author="Ada", is_public=True)
    salesforce.faults.next(fault, path="/sobjects/Case/")
    number = until_told(lambda: crm.open_ticket(ticket_draft(contact_id=None), "once")).number
    salesforce.faults.next(fault, path="/composite/sobjects")
    written = until_told(lambda: crm.comment_ticket(number, said, "once"))
    salesforce.faults.next(fault, path="/ContentVersion")
    until_told(lambda: crm.keep_transcript(number, "Hello"))
    salesforce.faults.next(fault, method="PATCH")
    closed = until_told(lambda: crm.close_ticket(number))

    assert not closed.is_open and closed.last_comment == written
    assert salesforce.inside.comments(number) == [said] and salesforce.inside.transcript(number) == "Hello"
    assert len([one for one in salesforce.records.of("Case") if one.get(KEY_FIELD)]) == 1
    assert len(salesforce.records.of("ContentVersion")) == 1


def until_told(call: Callable[[], Any]) -> Any:
    """Calls again with the same key, as jobs do, where it can't be told what became of it."""
    for _ in range(3):
        try:
            return call()
        except (Unavailable, Unknown, Malformed):
            continue
    raise AssertionError("it is never told")


@pytest.mark.parametrize("fault", ["html", "no_json"])
def test_an_answer_that_makes_no_sense_is_malformed(salesforce: Salesforce, crm: SalesforceCrm, fault: str) -> None:
    crm.contacts_by_email("ada@example.com")
    for ask in (lambda: crm.contacts_by_email("ada@example.com"), lambda: crm.contacts_by_phone(ADA)):
        salesforce.faults.next(fault)
        with pytest.raises(Malformed):
            ask()


def test_every_error_tells_operation_code_and_the_vendors_request(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    salesforce.faults.always("error", path="/query")

    with pytest.raises(Unavailable) as caught:
        crm.ticket("901")

    assert (caught.value.system, caught.value.operation) == ("crm", "ticket")
    salesforce.faults.none()
    salesforce.records.hidden = {KEY_FIELD}
    with pytest.raises(Misconfigured) as missing:
        crm.contacts_by_email("ada@example.com")
    assert missing.value.status == "INVALID_FIELD" and missing.value.request_id.startswith("sf-")


# What isn't as it must be there


@pytest.mark.parametrize("field", ["Budget_From__c", "Consent__c", KEY_FIELD, "Frontdesk_Contact__c"])
def test_a_field_that_isnt_there_is_named_with_its_setting(
    salesforce: Salesforce, crm: SalesforceCrm, field: str
) -> None:
    salesforce.records.hidden = {field}

    with pytest.raises(
        Misconfigured, match=rf"no field {field}: create it.*crm\.salesforce\.\w+ in assistant.yml"
    ) as told:
        crm.keep_lead(draft(), "no field")

    assert "priya" not in str(told.value).lower()
    salesforce.records.hidden = set()
    assert crm.keep_lead(draft(), "no field").is_new, "once it is there, the job is done"


def test_a_key_that_several_records_have_says_that_the_field_must_be_unique(
    salesforce: Salesforce, crm: SalesforceCrm
) -> None:
    salesforce.records.not_unique = {"Case"}
    for _ in range(2):
        salesforce.records.put("Case", {"Subject": "two", KEY_FIELD: "twice"})

    with pytest.raises(Misconfigured, match="unique"):
        crm.open_ticket(ticket_draft(contact_id=None), "twice")
    with pytest.raises(Misconfigured, match="unique"):
        crm._calls.upsert("Case", KEY_FIELD, "twice", {"Subject": "three"})


def test_an_owner_whom_nobody_knows_isnt_found_and_one_whom_two_are_is_told(
    salesforce: Salesforce, crm: SalesforceCrm
) -> None:
    with pytest.raises(NotFound):
        crm.keep_lead(draft(owner="nobody@desk.example"), "nobody")
    salesforce.records.put("User", {"Name": "Max Two", "Email": MAX.email, "IsActive": True})
    with pytest.raises(Misconfigured, match="several active users"):
        crm.keep_lead(draft(), "two")


def test_duplicate_rules_dont_stop_a_lead_unless_they_block(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    salesforce.records.duplicates = {draft().email}
    salesforce.records.blocks_duplicates = True
    with pytest.raises(Misconfigured, match="duplicate rule"):
        crm.keep_lead(draft(), "duplicate")
    salesforce.records.blocks_duplicates = False

    assert crm.keep_lead(draft(), "duplicate").is_new


def test_a_queue_gets_new_cases_and_one_that_isnt_there_is_named(salesforce: Salesforce, connect: Connect) -> None:
    queue = salesforce.records.put("Group", {"Name": "Support", "DeveloperName": "Support", "Type": "Queue"})
    salesforce.records.rules = {"Case": salesforce.me}

    number = connect(case_queue="Support").open_ticket(ticket_draft(contact_id=None), "queue").number

    (case,) = [one for one in salesforce.records.of("Case") if one["CaseNumber"] == number]
    assert case["OwnerId"] == queue
    with pytest.raises(Misconfigured, match="no queue Nowhere"):
        connect(case_queue="Nowhere").open_ticket(ticket_draft(contact_id=None), "no queue")


def test_a_status_that_doesnt_close_is_named(connect: Connect) -> None:
    crm = connect(closed_status="Working")

    with pytest.raises(Misconfigured, match="closed_status"):
        crm.close_ticket("901")


# Who gets it


def test_territories_decide_though_the_org_has_rules(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    salesforce.records.rules = {"Lead": salesforce.user_called("Rule")}

    assert crm.keep_lead(draft(), "territories").owner == MAX


@pytest.mark.parametrize("owner", ["Rule", "queue"])
def test_or_the_orgs_own_rules_decide(salesforce: Salesforce, connect: Connect, owner: str) -> None:
    chosen = salesforce.user_called("Rule")
    if owner == "queue":
        chosen = salesforce.records.put("Group", {"Name": "Sales", "DeveloperName": "Sales", "Type": "Queue"})
    salesforce.records.rules = {"Lead": chosen}

    lead = connect(owner="assignment_rules").keep_lead(draft(), "rules")

    assert lead.owner.name == ("Sales" if owner == "queue" else "Rule")
    assert lead == connect(owner="assignment_rules").keep_lead(draft(), "rules")


def test_whoever_owns_what_nobody_looks_after_is_no_executive(salesforce: Salesforce, connect: Connect) -> None:
    (dora,) = connect(no_owners=(KIM.email,)).contacts_by_email("dora@example.com")

    assert dora.executive is None


# Telephones


@pytest.mark.parametrize(
    "stored",
    [
        "+1 (415) 555-0199 ext. 4",
        "(415) 555-0199",
        "415.555.0199",
        "1-415-555-0199",
        "+14155550199",
        "001 415 555 0199",
    ],
)
def test_a_phone_is_found_however_it_was_typed(salesforce: Salesforce, crm: SalesforceCrm, stored: str) -> None:
    id_ = salesforce.records.put("Contact", {"LastName": "Typed", "OtherPhone": stored})
    found = [one.id for one in crm.contacts_by_phone("+14155550199")]

    assert found == ([] if stored.startswith("001") else [id_]), "of 001 nobody can tell whose country it is"
    assert crm.contacts_by_phone("+14155550198") == []


def test_a_number_of_another_country_has_its_own_forms() -> None:
    assert forms("+4930901820") == ["4930901820", "30901820", "030901820", "49030901820", "004930901820"]


def test_a_fax_isnt_a_telephone(crm: SalesforceCrm) -> None:
    assert crm.contacts_by_phone("+12015550199") == []


def test_a_phone_that_the_index_doesnt_know_yet_isnt_given_to_a_second_person(
    salesforce: Salesforce, crm: SalesforceCrm
) -> None:
    salesforce.lag = True
    one, two = (draft(LeadKind.CONTACT, email=f"{name}@leads.example", phone="+12015550166") for name in "ab")
    for place, given in enumerate((one, two)):
        crm.keep_lead(given, f"lag {place}")

    phones = [crm.contacts_by_email(given.email)[0].phone for given in (one, two)]
    assert phones == ["+12015550166", None]


# Pages, and what is long


def test_all_pages_are_read(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    ada = crm.contacts_by_email("ada@example.com")[0].id
    for place in range(PAGE * 2 + 1):
        salesforce.records.put("Case", {"Subject": f"{place}", "ContactId": ada, "Status": "New"})

    assert len(crm.open_tickets(ada)) == PAGE * 2 + 1 + 3


def test_comments_of_hundreds_of_tickets_are_one_query(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    crm.contacts_by_email("ada@example.com")
    salesforce.inside.agent_writes("901", "Marco", "Hello?")
    before = len(salesforce.requests)

    found = crm.comments_since([f"{number:08}" for number in range(199)] + ["901"], NOW)

    assert [one.comment.body for one in found] == ["Hello?"]
    assert len(salesforce.requests) == before + 1


def test_what_a_customer_writes_in_a_portal_isnt_told_back_to_them(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    portal = salesforce.records.put("User", {"Name": "Ada", "Email": "ada@example.com", "UserType": "CspLitePortal"})
    case = next(one for one in salesforce.records.of("Case") if one["CaseNumber"] == "901")
    values = {"ParentId": case["Id"], "CommentBody": "It is me.", "IsPublished": True}
    salesforce.records.put("CaseComment", values, by=portal)

    assert [one for one in crm.comments_since(["901"], NOW) if one.comment.body == "It is me."] == []


def test_emails_of_a_case_are_told_only_where_that_is_wished(salesforce: Salesforce, connect: Connect) -> None:
    case = next(one for one in salesforce.records.of("Case") if one["CaseNumber"] == "901")
    at = "2026-03-12T08:00:00.000+0000"
    for incoming, status, text in ((False, "3", "By mail."), (True, "0", "Their own."), (False, "5", "A draft.")):
        mail = {"TextBody": text, "FromName": "Marco", "Incoming": incoming, "Status": status, "MessageDate": at}
        salesforce.records.put("EmailMessage", {"ParentId": case["Id"], **mail})

    assert [one.comment.body for one in connect().comments_since(["901"], NOW)] == []
    told = connect(email_replies=True).comments_since(["901"], NOW)
    assert [(one.ticket_number, one.comment.author, one.comment.body) for one in told] == [("901", "Marco", "By mail.")]


@pytest.mark.parametrize("letter", ["🧥", "&", "'", "é", "a", "\n.", "<b>"])
def test_a_comment_of_any_letters_is_split_by_bytes_and_read_back_as_one(crm: SalesforceCrm, letter: str) -> None:
    for more in range(4):
        said = CommentDraft(body="x" * more + letter * 45_000, author="Zoë", is_public=True)

        written = crm.comment_ticket("901", said, f"split {letter} {more}")

        assert (written.author, written.body) == (said.author, said.body.strip())
        assert crm.ticket("901").last_comment == written


def test_a_part_never_costs_more_than_a_comment_holds() -> None:
    for letter in ("🧥", "&", '"', "\n."):
        parts = comments.split(CommentDraft(body=letter * 9000, author="A" * 300, is_public=False), "key")
        assert max(comments._cost(part) for part in parts) <= comments.MOST_BYTES
        read = [comments.part(part) for part in parts]
        assert comments.is_whole(one for one in read if one)


def test_a_transcript_with_an_emoji_at_every_place_is_kept_whole(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    transcript = "".join(f"{place % 10}🧥" for place in range(100_000))
    crm.keep_transcript("901", transcript)
    crm.keep_transcript("901", transcript)
    crm.keep_transcript("901", transcript + "!")

    assert salesforce.inside.transcript("901") == transcript + "!"
    assert (len(transcript), len(salesforce.records.of("ContentVersion"))) == (200_000, 2)
    assert len(salesforce.records.of("ContentDocument")) == 1


def test_texts_of_customers_never_become_references(crm: SalesforceCrm, salesforce: Salesforce) -> None:
    """A composite request would read @{query0.records} as one."""
    text = "@{query0.records}"
    ada = crm.contacts_by_email("ada@example.com")[0].id
    crm.comment_ticket("901", CommentDraft(body=text, author=text, is_public=True), text)
    for kind in LeadKind:
        given = draft(kind, wish=text, last_name=text, email=f"{text}@x.example", contact_id=ada)
        assert crm.keep_lead(given, f"{kind} {text}").is_new

    assert salesforce.inside.comments("901")[-1].body == text


def test_an_address_that_salesforce_takes_for_none_stands_in_the_description(
    salesforce: Salesforce, crm: SalesforceCrm
) -> None:
    crm.keep_lead(draft(email="two@at@example.com"), "no address")

    (lead,) = salesforce.records.of("Lead")
    assert lead["Email"] is None or "Email" not in lead
    assert "E-mail: two@at@example.com" in lead["Description"]


def test_an_older_wish_that_comes_late_changes_no_newer_budget(salesforce: Salesforce, crm: SalesforceCrm) -> None:
    newer = draft(wish="tents", consent=replace(draft().consent, at=NOW + timedelta(days=300)))
    crm.keep_lead(draft(), "first")
    crm.keep_lead(replace(newer, size=replace(newer.size, low=7, high=7)), "newest")  # type: ignore[type-var]

    crm.keep_lead(draft(wish="boots"), "late")

    (lead,) = salesforce.inside.leads(newer.email)
    assert (lead.size, lead.wish.split("\n")[-1]) == (replace(lead.size, low=7, high=7), "boots")  # type: ignore[type-var]


# Others' words


@pytest.mark.parametrize("name", ["auth_success_response", "reauth_success_response", "refresh_success_response"])
def test_recorded_tokens_are_read(name: str) -> None:
    for given in of_file(f"{name}.json"):
        token = _answer(given).decoded(_TokenAnswer)
        assert token.access_token and token.instance_url == "https://na1.salesforce.com"


def test_recorded_answers_are_read() -> None:
    for given in of_file("sobject/query_success_response.json"):
        assert _answer(given).decoded(Page[Any]).done
    for given in of_file("sobject/query_paginated_first_page_response.json"):
        page = _answer(given).decoded(Page[Any])
        assert not page.done and page.nextRecordsUrl == "/services/data/v26.0/query/01gD"
    for given in of_file("sobject/query_empty_response.json"):
        assert _answer(given).decoded(Page[Any]).records == []


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("upsert_multiple_error_response", 300, Misconfigured),
        ("upsert_error_response", 404, Misconfigured),
        ("write_error_response", 400, Misconfigured),
        ("query_error_response", 400, Misconfigured),
        ("sobject_describe_error_response", 404, Misconfigured),
        ("search_error_response", 400, Rejected),
    ],
)
def test_recorded_errors_are_told_apart(crm: SalesforceCrm, name: str, status: int, kind: type[Exception]) -> None:
    for given in of_file(f"sobject/{name}.json"):
        answer = _answer(given, status)
        with pytest.raises(kind):
            crm._calls._judge.demand_success(answer, reads=True)
        assert status == 300 or _first_error(answer).errorCode


def of_file(name: str) -> list[Any]:
    """A recorded answer, if there is one here."""
    found = recorded(f"restforce/spec/fixtures/{name}")
    return [found] if FOLDER else []


def _answer(given: Any, status: int = 200) -> Answer:
    return Answer(status=status, headers={}, body=msgspec.json.encode(given), system="crm")


def test_only_reads_may_be_made_again() -> None:
    dialect = SalesforceDialect()

    assert dialect.reads("GET", "/services/data/v66.0/query/") and dialect.reads("POST", "/x/composite")
    assert not dialect.reads("POST", "/x/composite/sobjects") and not dialect.reads("PATCH", "/x/sobjects/Lead/a/b")


@mock_salesforce
def test_what_simple_mockforce_understands_it_understands_of_us(tmp_path: Path) -> None:
    """An org that others have built: no subqueries, no search, and an upsert whose answer breaks requests."""
    virtual_salesforce.create("User", {"Name": KIM.name, "Email": KIM.email, "IsActive": True, "UserType": "Standard"})
    virtual_salesforce.create("Contact", {"LastName": "Lovett", "Email": "ada@example.com"})
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    metadata.create_all(engine)
    known = settings.load(ASSISTANT_FILE, {**environment(), **MOCKED})
    salesforce = calls(known, engine)
    library = Library(session_id="mocked", instance_url="https://mock.salesforce.com", version="66.0")
    mocked: Any = salesforce
    mocked._library = lambda: _kinds(library)
    library.session.hooks["response"] = [salesforce._hear]
    crm = SalesforceCrm(salesforce, known, InTurn(engine), lambda: NOW)

    assert crm.employee(KIM.email) == KIM
    (found,) = salesforce.query(format_soql("SELECT Id FROM Contact WHERE Email = {}", "ada@example.com"), IdRow)
    made = salesforce.create("Lead", {"LastName": "O'Brien \\ 🧥", "Company": "Acme"})

    assert found.Id and virtual_salesforce.get("Lead", made)["LastName"] == "O'Brien \\ 🧥"
    salesforce.update("Lead", made, {"Company": "Another"})
    assert virtual_salesforce.get("Lead", made)["Company"] == "Another"
    engine.dispose()


MOCKED = {
    "CRM": "salesforce",
    "SALESFORCE_URL": "https://mock.salesforce.com",
    "SALESFORCE_CLIENT_ID": "id",
    "SALESFORCE_CLIENT_SECRET": "secret",
}


def _kinds(library: Any) -> Any:
    """The library as our own client extends it."""
    library.__dict__["kind"] = lambda name: getattr(library, name)
    return library


def known_with(salesforce: Salesforce, changed: dict[str, str]) -> Settings:
    known = settings.load(ASSISTANT_FILE, {**environment(), **changed})
    return with_rules(known, **salesforce.rules["salesforce"])


# make check-crm


def findings(salesforce: Salesforce, engine: Any, **rules: Any) -> dict[bool, list[str]]:
    found = list(connectors.check_crm(with_rules(settings_for(salesforce), **rules), engine))
    return {is_good: [one.text for one in found if one.is_good is is_good] for is_good in (True, False)}


def test_check_finds_nothing_missing_and_only_reads(salesforce: Salesforce, engine: Any) -> None:
    found = findings(salesforce, engine)

    assert found[False] == []
    assert f"Lead.{KEY_FIELD} is there: unique, case-sensitive, external id." in found[True]
    assert {one.method for one in salesforce.requests if "oauth2" not in one.path} == {"GET"}


def test_check_names_each_field_that_isnt_there(salesforce: Salesforce, engine: Any) -> None:
    salesforce.records.hidden = {"Lead.Consent__c", "Account.Segment__c"}
    salesforce.records.not_unique = {"Case"}

    missing = findings(salesforce, engine)[False]

    assert len(missing) == 3
    assert any("Lead has no field Consent__c" in one and "crm.salesforce.consent_field" in one for one in missing)
    assert any(f"Case.{KEY_FIELD} isn't unique" in one for one in missing)


def test_check_names_values_queues_and_limits(salesforce: Salesforce, engine: Any) -> None:
    salesforce.used = salesforce.limit - 100

    missing = findings(salesforce, engine, closed_status="Done", case_queue="Nowhere")[False]

    assert [one.split(":")[0].split(" of ")[0] for one in missing] == [
        "Only 99",
        "Case.Status has no value Done",
        "There is no queue Nowhere",
    ]


def test_check_says_why_nobody_is_let_in(salesforce: Salesforce, engine: Any) -> None:
    salesforce.secret = "another"

    found = findings(salesforce, engine)

    assert found[True] == [] and "SALESFORCE_CLIENT_SECRET" in found[False][0]
