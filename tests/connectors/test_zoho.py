"""What is Zoho's own about the connector to its CRM: tokens, limits, queries, errors, and what it leaves there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy.engine import Engine

from middleware import connectors
from middleware.crm.zoho import coql
from middleware.crm.zoho.auth import ZohoCredentials, is_of_zoho
from middleware.crm.zoho.client import ZohoCrm
from middleware.crm.zoho.enquiries import budget, consent, size
from middleware.crm.zoho.records import reference
from middleware.crm.zoho.settings import ZohoAccess
from middleware.database import metadata, open_engine
from middleware.deadline import within
from middleware.errors import (
    FrontdeskError,
    Malformed,
    Misconfigured,
    NotFound,
    Rejected,
    ShutOut,
    Unavailable,
    Unknown,
)
from middleware.phones import e164, national, typed_forms
from middleware.records import Budget, CommentDraft, Headcount, LeadDraft, LeadKind, TicketDraft
from middleware.settings import CrmBackEnd, Settings
from tests.data.backoffice import ADA, KIM, MAX, backoffice
from tests.fakes.building import NOW, SetClock, lead_draft, ticket_draft
from tests.fakes.stand_ins import settings_for
from tests.fakes.zoho import MOST_TOKENS, REFRESH_TOKEN, Zoho

COMMENT = CommentDraft(body="Any news?", author="Ada Lovett", is_public=True)
EVIL = "(),\\%*'\" 🧥+:&=?#' or id is not null"


@pytest.fixture
def zoho() -> Iterator[Zoho]:
    """Zoho CRM, holding the tests' back office."""
    with Zoho() as one:
        one.lay(backoffice(NOW))
        yield one


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """The store's database."""
    opened = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    metadata.create_all(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def crm(zoho: Zoho, engine: Engine) -> ZohoCrm:
    """The connector."""
    return connected(zoho, engine)


def connected(zoho: Zoho, engine: Engine, **rules: Any) -> ZohoCrm:
    """The connector, with other rules in the section `crm.zoho`."""
    crm = connectors.crm(with_rules(settings_for(zoho), **rules), engine)
    assert isinstance(crm, ZohoCrm)
    return crm


def with_rules(settings: Settings, **rules: Any) -> Settings:
    section = {**msgspec.to_builtins(settings.crm), "zoho": {**msgspec.to_builtins(settings.crm.zoho), **rules}}
    return msgspec.structs.replace(settings, crm=msgspec.convert(section, CrmBackEnd))


def draft(kind: LeadKind = LeadKind.LEAD, **fields: Any) -> LeadDraft:
    return lead_draft(**({"kind": kind, "owner": MAX.email, "phone": None} | fields))


def ticket(**fields: Any) -> TicketDraft:
    return ticket_draft(**({"contact_id": None} | fields))


def of_path(zoho: Zoho, path: str) -> list[str]:
    return [f"{one.method} {one.path}" for one in zoho.requests if path in one.path]


# Tokens


def test_all_workers_share_one_token(zoho: Zoho, engine: Engine, tmp_path: Path) -> None:
    another = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    workers = [connected(zoho, one) for one in (engine, another, engine, another)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda crm: crm.employee(KIM.email), workers * 2))

    assert found == [KIM] * 8
    assert len(zoho.token_requests) == 1
    another.dispose()


def test_a_token_that_ended_is_renewed_once_and_the_call_made_again(zoho: Zoho, crm: ZohoCrm) -> None:
    crm.employee(KIM.email)
    zoho.tokens.clear()

    assert crm.ticket("905").subject == "Late parcel"

    assert len(zoho.token_requests) == 2


def test_a_token_isnt_begun_with_when_it_is_about_to_end(zoho: Zoho, engine: Engine) -> None:
    clock = SetClock()
    access = settings_for(zoho).crm_access
    assert isinstance(access, ZohoAccess)
    credentials = ZohoCredentials(access, engine, clock)
    first = credentials.headers()

    clock.advance(timedelta(minutes=58))
    assert credentials.headers() == first
    clock.advance(timedelta(minutes=1, seconds=1))
    assert credentials.headers() != first


def test_an_expired_refresh_token_is_said_with_the_setting_and_the_mend(zoho: Zoho, crm: ZohoCrm) -> None:
    zoho.is_revoked = True

    with pytest.raises(ShutOut, match="ZOHO_REFRESH_TOKEN is good no more") as caught:
        crm.contacts_by_phone(ADA)

    assert caught.value.status == "invalid_code"
    assert REFRESH_TOKEN not in str(caught.value)


def test_an_expired_refresh_token_never_uses_up_the_tokens_limit(zoho: Zoho, engine: Engine) -> None:
    zoho.is_revoked = True
    access = settings_for(zoho).crm_access
    assert isinstance(access, ZohoAccess)
    clock = SetClock()
    workers = [ZohoCredentials(access, engine, clock) for _ in range(4)]

    for place in range(60):
        with within(0.01), pytest.raises(Unavailable):
            workers[place % 4].headers()
        clock.advance(timedelta(seconds=10))

    assert len(zoho.token_requests) < MOST_TOKENS


def test_a_token_that_is_refused_again_and_again_never_uses_up_the_tokens_limit(zoho: Zoho, crm: ZohoCrm) -> None:
    """A user who was switched off gets tokens that open nothing."""
    crm.employee(KIM.email)
    zoho.faults.always("expired", path="/crm/")

    for _ in range(40):
        with pytest.raises(ShutOut):
            crm.ticket("905")

    assert len(zoho.token_requests) < MOST_TOKENS


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("client_id", "1000.NOBODY", "ZOHO_CLIENT_ID"),
        ("client_secret", "wrong", "ZOHO_CLIENT_SECRET"),
        ("refresh_token", "1000.wrong", "ZOHO_REFRESH_TOKEN"),
    ],
)
def test_a_wrong_secret_is_said_by_its_name(zoho: Zoho, engine: Engine, setting: str, value: str, named: str) -> None:
    settings = settings_for(zoho)
    access = msgspec.structs.replace(settings.crm_access, **{setting: value})  # type: ignore[type-var]
    crm = connectors.crm(msgspec.structs.replace(settings, crm_access=access), engine)

    with pytest.raises(ShutOut, match=named):
        crm.employee(KIM.email)


@pytest.mark.parametrize(
    ("address", "accounts", "is_good"),
    [
        ("https://www.zohoapis.com", "https://accounts.zoho.com", True),
        ("https://sandbox.zohoapis.eu", "https://accounts.zoho.eu", True),
        ("https://www.zohoapis.com.au", "https://accounts.zoho.com.au", True),
        ("https://www.zohoapis.ca", "https://accounts.zohocloud.ca", True),
        ("https://www.zohoapis.eu", "https://accounts.zoho.com", False),
        ("http://www.zohoapis.com", "https://accounts.zoho.com", False),
        ("https://www.zohoapis.com.evil.example", "https://accounts.zoho.com", False),
        ("https://evilzohoapis.com", "https://accounts.zoho.com", False),
        ("https://www.zohoapis.com@evil.example", "https://accounts.zoho.com", False),
        ("https://evil.example/www.zohoapis.com", "https://accounts.zoho.com", False),
        ("", "https://accounts.zoho.com", False),
        ("http://127.0.0.1:9", "http://127.0.0.1:8", False),
    ],
)
def test_a_token_is_shown_to_zohos_own_hosts_alone(address: str, accounts: str, is_good: bool) -> None:
    assert is_of_zoho(address, accounts) is is_good


def test_a_token_for_another_host_isnt_used(zoho: Zoho, crm: ZohoCrm) -> None:
    zoho.api_domain = "https://crm.evil.example"

    with pytest.raises((Unavailable, Malformed)):
        crm.employee(KIM.email)


def test_after_a_move_to_another_data_centre_the_old_token_is_forgotten(engine: Engine) -> None:
    for _ in range(2):
        with Zoho() as one:
            one.lay(backoffice(NOW))
            assert connected(one, engine).employee(KIM.email) == KIM


def test_a_token_without_a_scope_is_said_and_not_renewed(zoho: Zoho, crm: ZohoCrm) -> None:
    zoho.scopes = False

    with pytest.raises(Misconfigured, match="ZOHO_REFRESH_TOKEN was made without a scope"):
        crm.ticket("905")

    assert len(zoho.token_requests) == 1


# Limits


def test_a_short_limit_is_waited_for(zoho: Zoho, crm: ZohoCrm) -> None:
    crm.employee(KIM.email)
    zoho.faults.next("throttled")

    assert crm.ticket("905").number == "905"


def test_the_days_limit_shuts_us_out_at_once(zoho: Zoho, crm: ZohoCrm) -> None:
    crm.employee(KIM.email)
    zoho.credits = 0
    before = len(zoho.requests)

    with pytest.raises(ShutOut, match="used up"):
        crm.ticket("905")

    assert len(zoho.requests) == before + 1


# Answers that make no sense, or never come


@pytest.mark.parametrize("fault", ["html", "no_json"])
def test_what_makes_no_sense_is_malformed(zoho: Zoho, crm: ZohoCrm, fault: str) -> None:
    crm.employee(KIM.email)
    zoho.faults.next(fault, path="/crm/")

    with pytest.raises(Malformed) as caught:
        crm.ticket("905")

    assert (caught.value.system, caught.value.operation) == ("crm", "ticket")


@pytest.mark.parametrize("fault", ["refused", "truncated", "error", "unavailable", "gateway"])
def test_what_cant_be_read_is_unavailable(zoho: Zoho, crm: ZohoCrm, fault: str) -> None:
    crm.employee(KIM.email)
    zoho.faults.next(fault, path="/crm/")

    with pytest.raises(Unavailable) as caught:
        crm.contacts_by_phone(ADA)

    assert caught.value.operation == "contacts_by_phone"


WRITES = {
    "open_ticket": lambda crm: crm.open_ticket(ticket(), "lost: ticket").number,
    "comment_ticket": lambda crm: crm.comment_ticket("904", COMMENT, "lost: comment").body,
    "keep_transcript": lambda crm: crm.keep_transcript("904", "Hello"),
    "keep_lead": lambda crm: crm.keep_lead(draft(email="new@lost.example"), "lost: lead").id,
    "keep_contact": lambda crm: crm.keep_lead(draft(LeadKind.CONTACT, email="c@lost.example"), "lost: contact").id,
    "keep_opportunity": lambda crm: (
        crm.keep_lead(
            draft(LeadKind.OPPORTUNITY, contact_id=crm.contacts_by_email("ada@example.com")[0].id), "lost: deal"
        ).id
    ),
    "add_to_lead": lambda crm: crm.keep_lead(draft(email="there@lost.example", wish="tents"), "lost: more").id,
}
PATHS = {
    "open_ticket": ["/Cases"],
    "comment_ticket": ["/Notes"],
    "keep_transcript": ["/Attachments"],
    "keep_lead": ["/Leads/upsert"],
    "keep_contact": ["/Contacts/upsert", "/Leads/upsert"],
    "keep_opportunity": ["/Deals/upsert"],
    "add_to_lead": ["/Notes", "/Leads/"],
}


@pytest.mark.parametrize("fault", ["lost", "gateway", "truncated"])
@pytest.mark.parametrize(("write", "path"), [(name, path) for name, paths in PATHS.items() for path in paths])
def test_a_write_whose_answer_was_lost_is_there_once_when_it_is_made_again(
    zoho: Zoho, crm: ZohoCrm, write: str, path: str, fault: str
) -> None:
    # given
    crm.keep_lead(draft(email="there@lost.example", wish="jackets"), "lost: first")
    before = counted(zoho)
    for method in ("POST", "PUT"):
        zoho.faults.next(fault, method=method, path=path)

    # when
    with pytest.raises(Unknown) as caught:
        WRITES[write](crm)
    zoho.faults.none()
    again = [WRITES[write](crm) for _ in range(2)]

    # then
    assert again[0] == again[1]
    assert caught.value.operation in (write, "keep_lead")
    made = {name: count - before[name] for name, count in counted(zoho).items() if count != before[name]}
    assert (
        made
        == {
            "open_ticket": {"Cases": 1},
            "comment_ticket": {"Notes": 1},
            "keep_transcript": {"files": 1},
            "keep_lead": {"Leads": 1},
            "keep_contact": {"Contacts": 1, "Leads": 1},
            "keep_opportunity": {"Deals": 1},
            "add_to_lead": {"Notes": 1},
        }[write]
    )
    assert [one.wish for one in zoho.inside.leads("there@lost.example")] == [
        "jackets\ntents" if write == "add_to_lead" else "jackets"
    ]


def counted(zoho: Zoho) -> dict[str, int]:
    return {**{module: len(there) for module, there in zoho.crm.records.items()}, "files": len(zoho.crm.files)}


def test_a_record_that_failed_inside_a_good_answer_is_no_success(zoho: Zoho, crm: ZohoCrm) -> None:
    name = zoho.crm.fields["Leads"]["First_Name"]
    zoho.crm.fields["Leads"]["First_Name"] = replace(name, length=2)

    with pytest.raises(Rejected, match="First_Name") as caught:
        crm.keep_lead(draft(), "fails inside")

    assert caught.value.status == "INVALID_DATA"
    assert not zoho.crm.records["Leads"]
    assert "Priya" not in str(caught.value)


def test_a_search_that_finds_nobody_is_answered_without_a_body(zoho: Zoho, crm: ZohoCrm) -> None:
    assert list(crm.contacts_by_email("nobody@example.com")) == []


def test_calls_end_with_the_operations_deadline(zoho: Zoho, crm: ZohoCrm) -> None:
    crm.employee(KIM.email)
    zoho.faults.always("slow", seconds=30)
    with within(0.3), pytest.raises(Unavailable):
        crm.contacts_by_phone(ADA)


# What is set up there, and what isn't


@pytest.mark.parametrize(
    ("module", "field", "setting", "ask"),
    [
        ("Cases", "Frontdesk_Key", "crm.zoho.key_field", WRITES["open_ticket"]),
        ("Leads", "Frontdesk_Key", "crm.zoho.key_field", WRITES["keep_lead"]),
        ("Leads", "Budget", "crm.zoho.budget_field", WRITES["keep_lead"]),
        ("Leads", "Company_Size", "crm.zoho.size_field", WRITES["keep_lead"]),
        ("Leads", "Consent", "crm.zoho.consent_field", WRITES["keep_lead"]),
        ("Contacts", "Segment", "crm.zoho.segment_field", lambda crm: crm.contacts_by_phone(ADA)),
        ("Contacts", "erp_number", "identity.erp_number_field", lambda crm: crm.contacts_by_phone(ADA)),
        ("Contacts", "Mobile", "crm.zoho.phone_fields", lambda crm: crm.contacts_by_phone(ADA)),
        ("Cases", "Related_To", "crm.zoho.case_contact_field", lambda crm: crm.ticket("905")),
    ],
)
def test_a_field_that_isnt_there_is_said_by_its_setting(
    zoho: Zoho, crm: ZohoCrm, module: str, field: str, setting: str, ask: Any
) -> None:
    del zoho.crm.fields[module][field]

    with pytest.raises(Misconfigured, match=re.escape(setting)) as caught:
        ask(crm)

    assert field in str(caught.value) and "docs/connectors/zoho.md" in str(caught.value)


def test_a_choice_that_isnt_there_is_said_by_its_setting(zoho: Zoho, crm: ZohoCrm) -> None:
    with pytest.raises(Misconfigured, match=r"crm\.zoho\.case_origins"):
        crm.open_ticket(ticket(channel="fax"), "by fax")


def test_channels_and_industries_have_the_names_that_the_company_gave_them(zoho: Zoho, engine: Engine) -> None:
    crm = connected(zoho, engine, case_origins={"whatsapp": "Phone"}, industries={"hospitality": "Technology"})

    number = crm.open_ticket(ticket(channel="whatsapp"), "renamed").number
    crm.keep_lead(draft(email="renamed@leads.example"), "renamed")

    assert zoho.inside.ticket(number).channel == "Phone"
    assert [one.industry for one in zoho.inside.leads("renamed@leads.example")] == ["Technology"]


def test_a_field_that_the_company_made_mandatory_is_said(zoho: Zoho, crm: ZohoCrm) -> None:
    zoho.crm.fields["Leads"]["Mobile"] = replace(zoho.crm.fields["Leads"]["Mobile"], is_mandatory=True)

    with pytest.raises(Misconfigured, match="Mobile"):
        crm.keep_lead(draft(), "mandatory")


def test_an_assignment_rule_says_whose_a_lead_is(zoho: Zoho, engine: Engine) -> None:
    (kim,) = [id_ for id_, user in zoho.crm.users.items() if user["email"] == KIM.email]
    zoho.crm.assignment_rules["5437000000000777"] = kim
    crm = connected(zoho, engine, lead_assignment_rule="5437000000000777")

    kept = [crm.keep_lead(draft(), "by rule") for _ in range(2)]

    assert [one.owner for one in kept] == [KIM, KIM]


def test_a_user_who_stands_for_nobody_looks_after_nobody(zoho: Zoho, engine: Engine) -> None:
    crm = connected(zoho, engine, nobody=[KIM.email.upper()])

    (dora,) = crm.contacts_by_email("dora@example.com")

    assert dora.executive is None


def test_an_owner_whom_nobody_knows_isnt_found(crm: ZohoCrm) -> None:
    with pytest.raises(NotFound):
        crm.keep_lead(draft(owner="who@desk.example"), "nobody's")


def test_users_are_read_to_the_last_page(zoho: Zoho, crm: ZohoCrm) -> None:
    for place in range(450):
        zoho.crm.new_user(f"user{place}@desk.example", f"User {place}")

    assert crm.employee("user449@desk.example").name == "User 449"


def test_somebody_who_has_just_begun_is_found_though_the_users_are_remembered(
    zoho: Zoho, crm: ZohoCrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("middleware.crm.zoho.people.USERS_AT_LEAST_SECONDS", 0.0)
    crm.employee(KIM.email)
    zoho.crm.new_user("new@desk.example", "New One")

    assert crm.employee("new@desk.example").name == "New One"


# Strings that queries are attacked with


@pytest.mark.parametrize("text", [EVIL, "o'brien'--", "a' or 'b' = 'b", "\\", "\\'", "%", "*", "(", ")", ",", "🧥"])
def test_hostile_names_and_addresses_find_nobody_and_break_no_query(zoho: Zoho, crm: ZohoCrm, text: str) -> None:
    assert list(crm.contacts_by_email(text)) == []
    assert list(crm.contacts_by_email(f"{text}@example.com")) == []
    assert list(crm.contacts_by_phone(text)) == []
    assert list(crm.open_tickets(text)) == []
    with pytest.raises(NotFound):
        crm.ticket(text)
    for kind in (LeadKind.LEAD, LeadKind.CONTACT):
        crm.keep_lead(draft(kind, first_name=text, last_name=text, company=text, email=""), f"{kind} {text}")
    assert {one.first_name for one in zoho.inside.leads("")} == {text}


def test_quotes_are_doubled_and_backslashes_never_sent() -> None:
    assert coql.equals("Email", "o'brien@example.com") == "Email = 'o''brien@example.com'"
    for text in ("a\\", "a\nb", "", "a\ud800", "x" * 256):
        with pytest.raises(ValueError):
            coql.quoted(text)
    with pytest.raises(ValueError):
        coql.equals("Email = '' or id", "1")


def test_criteria_are_put_together_in_pairs() -> None:
    assert coql.both("a", "b", "c") == "((a and b) and c)"
    assert coql.either("a", "") == "a"


def test_plus_and_colon_reach_zoho_as_they_are(zoho: Zoho, crm: ZohoCrm) -> None:
    crm.contacts_by_email("a+b@example.com")

    (asked,) = [one.query["email"] for one in zoho.requests if one.path.endswith("/search")]
    assert asked == "a+b@example.com"


# Telephones


@pytest.mark.parametrize(
    "typed",
    [
        "+1 (415) 555-0199 ext. 4",
        "(415) 555-0199",
        "415.555.0199",
        "4155550199",
        "1-415-555-0199",
        "+14155550199",
        "001 415 555 0199",
    ],
)
def test_a_number_is_found_however_it_was_typed_in(zoho: Zoho, crm: ZohoCrm, typed: str) -> None:
    zoho.crm.put("Contacts", {"First_Name": "Uma", "Last_Name": "Roy", "Mobile": typed})

    found = crm.contacts_by_phone("+14155550199")

    # "00" is no way out of the United States, so what begins with it is no number of theirs
    assert [one.first_name for one in found] == ([] if typed.startswith("00") else ["Uma"])


def test_a_number_of_another_country_isnt_the_same(zoho: Zoho, crm: ZohoCrm) -> None:
    zoho.crm.put("Contacts", {"Last_Name": "Roy", "Phone": "+44 4155 550199"})
    zoho.crm.put("Contacts", {"Last_Name": "Ray", "Phone": "(415) 555-01990"})

    assert list(crm.contacts_by_phone("+14155550199")) == []


def test_who_was_just_put_on_file_is_found_before_the_search_knows_them(zoho: Zoho, crm: ZohoCrm) -> None:
    crm.keep_lead(draft(LeadKind.CONTACT, email="just@leads.example", phone="+12015550188"), "just")

    assert [one.email for one in crm.contacts_by_phone("+12015550188")] == ["just@leads.example"]


def test_numbers_have_forms() -> None:
    assert national("+12015550188") == "2015550188"
    assert national("2015550188") is None and national("+1") is None and national("+999999999999") is None
    assert {"(201) 555-0188", "201-555-0188", "+1 201-555-0188", "+12015550188"} <= set(typed_forms("+12015550188"))
    assert typed_forms("nonsense") == ()
    assert len(typed_forms("+493012345678")) < 40
    assert e164("+1 (415) 555-0199 ext. 4", "DE") == "+14155550199"
    assert e164("call me", "US") is None and e164("12", "US") is None


# Leads


def test_a_converted_lead_is_won_and_the_next_is_a_new_one(zoho: Zoho, crm: ZohoCrm) -> None:
    first = crm.keep_lead(draft(), "converted 1")
    zoho.crm.records["Leads"][first.id]["Converted__s"] = True

    second = crm.keep_lead(draft(wish="tents"), "converted 2")

    assert second.id != first.id and second.is_new
    assert crm.keep_lead(draft(), "converted 1") == first


def test_a_key_that_added_to_a_lead_adds_nothing_when_that_is_closed(zoho: Zoho, crm: ZohoCrm) -> None:
    first = crm.keep_lead(draft(), "closed 1")
    added = crm.keep_lead(draft(wish="tents"), "closed 2")
    zoho.inside.close_lead(draft().email)

    assert crm.keep_lead(draft(wish="tents"), "closed 2") == added
    assert added.id == first.id
    assert len(zoho.crm.records["Leads"]) == 1


def test_a_key_that_made_a_lead_makes_no_deal_when_the_person_is_known_later(zoho: Zoho, crm: ZohoCrm) -> None:
    made = crm.keep_lead(draft(), "known later")
    person = zoho.crm.put("Contacts", {"Last_Name": "Shah", "Email": draft().email})

    again = crm.keep_lead(draft(LeadKind.OPPORTUNITY, contact_id=person["id"]), "known later")

    assert again.id == made.id
    assert not zoho.crm.records["Deals"]


def test_what_was_asked_again_is_a_note_for_the_sales_people(zoho: Zoho, crm: ZohoCrm) -> None:
    crm.keep_lead(draft(), "asked 1")
    crm.keep_lead(draft(wish="two tents"), "asked 2")

    (note,) = [one for one in zoho.crm.records["Notes"].values() if one["Parent_Id"]["module"]["api_name"] == "Leads"]
    assert note["Note_Title"].startswith("Asked again")
    assert "Wish: two tents" in note["Note_Content"]


def test_a_lead_that_people_typed_in_with_capitals_is_the_same(zoho: Zoho, crm: ZohoCrm) -> None:
    there = zoho.crm.put("Leads", {"Last_Name": "Shah", "Company": "Blue", "Email": draft().email.title()})

    assert crm.keep_lead(draft(), "typed in").id == there["id"]


def test_older_words_of_somebody_dont_take_the_place_of_newer_ones(zoho: Zoho, crm: ZohoCrm) -> None:
    now = draft().consent
    newer = draft(budget=Budget(low=Decimal(9), high=None, currency="USD"))
    crm.keep_lead(newer, "newer")

    late = replace(draft(), consent=replace(now, at=now.at - timedelta(days=1)))
    crm.keep_lead(late, "came late")

    (lead,) = zoho.inside.leads(draft().email)
    assert (lead.budget, lead.consent) == (newer.budget, now)


def test_a_lead_of_somebody_who_has_left_keeps_them(zoho: Zoho, crm: ZohoCrm) -> None:
    made = crm.keep_lead(draft(), "left")
    (max_,) = [user for user in zoho.crm.users.values() if user["email"] == MAX.email]
    max_["status"] = "disabled"
    crm._users._read_at = float("-inf")

    again = crm.keep_lead(draft(owner=KIM.email, wish="tents"), "left 2")

    assert (again.id, again.owner) == (made.id, MAX)


@pytest.mark.parametrize("text", ["about 50", "", "50-", "-5", "5 0"])
def test_sizes_budgets_and_consent_that_people_typed_in_are_none_of_ours(text: str) -> None:
    assert size(text) is None and budget(text) is None and consent(text) is None


def test_sizes_and_budgets_are_read_as_they_were_written() -> None:
    assert size("50-100") == Headcount(low=50, high=100)
    assert budget("EUR 20000.50+") == Budget(low=Decimal("20000.50"), high=None, currency="EUR")


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_cant_be_kept_is_refused_before_anything_is_asked(zoho: Zoho, crm: ZohoCrm, key: str) -> None:
    with pytest.raises(Rejected):
        crm.open_ticket(ticket(), key)
    assert zoho.requests == []


def test_a_reference_is_short_and_one_for_each_key() -> None:
    assert re.fullmatch(r"FD-[0-9a-f]{24}", reference("test", "🧥\ud800"))
    assert reference("test", "a") != reference("test", "b")


# Cases


def test_a_note_is_for_the_customer_only_if_it_says_so(zoho: Zoho, crm: ZohoCrm) -> None:
    case = next(one["id"] for one in zoho.crm.records["Cases"].values() if one["Case_Number"] == "903")
    titles = ["Public", " public ", "PUBLIC: on its way", "Publicly", "", None, "Internal", "Re: Public", "Not public"]
    for title in titles:
        zoho.crm.write_note(case, "Marco", str(title), title)  # type: ignore[arg-type]

    written = crm.comments_since(["903"], datetime(2000, 1, 1, tzinfo=timezone.utc))

    assert [one.comment.body for one in written] == ["Public", " public ", "PUBLIC: on its way"]


def test_whoever_calls_their_note_as_ours_are_called_isnt_taken_for_us(zoho: Zoho, crm: ZohoCrm) -> None:
    case = next(one["id"] for one in zoho.crm.records["Cases"].values() if one["Case_Number"] == "903")
    zoho.crm.write_note(case, "Marco", "Secret", "Marco · Public [FD-nothing]")

    assert crm.ticket("903").last_comment is None


def test_another_title_can_mark_what_is_public(zoho: Zoho, engine: Engine) -> None:
    crm = connected(zoho, engine, public_title="Für Kunden")
    written = crm.comment_ticket("903", COMMENT, "another title")
    zoho.inside.agent_writes("903", "Marco", "Hello?")

    assert crm.ticket("903").last_comment == written
    assert list(crm.comments_since(["903"], NOW)) == []


def test_a_comment_longer_than_a_note_is_one_comment_again(zoho: Zoho, crm: ZohoCrm) -> None:
    body = "".join(f"{place:05} 🧥 " for place in range(9000))

    written = [crm.comment_ticket("903", replace(COMMENT, body=body), "long") for _ in range(2)]

    assert len(zoho.inside.comments("903")) == 3
    assert written[0] == written[1] == crm.ticket("903").last_comment
    assert written[0].body == body


def test_a_long_comment_that_was_broken_off_is_completed(zoho: Zoho, crm: ZohoCrm) -> None:
    body = "word " * 15_000
    zoho.faults.next("lost", method="POST", path="/Notes")
    with pytest.raises(Unknown):
        crm.comment_ticket("903", replace(COMMENT, body=body), "broken off")

    crm.comment_ticket("903", replace(COMMENT, body=body), "broken off")

    assert "".join(one.body for one in zoho.inside.comments("903")) == body


def test_an_earlier_transcript_is_taken_away_after_the_next_is_there(zoho: Zoho, crm: ZohoCrm) -> None:
    crm.keep_transcript("903", "one")
    zoho.faults.next("lost", method="DELETE")
    with pytest.raises(Unknown):
        crm.keep_transcript("903", "one\ntwo")

    crm.keep_transcript("903", "one\ntwo")

    assert zoho.inside.transcript("903") == "one\ntwo"
    assert of_path(zoho, "/Attachments").count(f"POST {_files(zoho)}") == 2


def test_files_that_people_put_on_a_case_stay(zoho: Zoho, crm: ZohoCrm) -> None:
    crm.keep_transcript("903", "one")
    (file,) = zoho.crm.files.values()
    zoho.crm.files["1"] = replace(file, id="1", name="invoice.pdf")

    crm.keep_transcript("903", "two")

    assert {one.name for one in zoho.crm.files.values()} >= {"invoice.pdf"}
    assert len(zoho.crm.files) == 2


def _files(zoho: Zoho) -> str:
    case = next(one["id"] for one in zoho.crm.records["Cases"].values() if one["Case_Number"] == "903")
    return f"/crm/v8/Cases/{case}/Attachments"


def test_more_tickets_than_a_page_holds_are_all_listed(zoho: Zoho, crm: ZohoCrm) -> None:
    (cora,) = crm.contacts_by_email("cora@example.com")
    record = {"Subject": "many", "Status": "New", "Case_Origin": "Web", "Related_To": {"id": cora.id}}
    for _ in range(205):
        zoho.crm.put("Cases", record)

    assert len(crm.open_tickets(cora.id)) == 205


# How many calls people wait for


@pytest.mark.parametrize(
    ("ask", "most"),
    [
        (lambda crm: crm.contacts_by_phone(ADA), 2),
        (lambda crm: crm.contacts_by_email("ada@example.com"), 2),
        (lambda crm: crm.ticket("905"), 2),
        (lambda crm: crm.employee(KIM.email), 0),
        (lambda crm: crm.comments_since(["901", "902", "903", "904", "905"], NOW), 2),
        (lambda crm: crm.open_ticket(ticket(), "calls"), 4),
        (lambda crm: crm.comment_ticket("903", COMMENT, "calls"), 4),
        (lambda crm: crm.close_ticket("903"), 3),
        (lambda crm: crm.keep_transcript("903", "hello"), 3),
    ],
    ids=["phone", "email", "ticket", "employee", "comments", "open", "comment", "close", "transcript"],
)
def test_few_calls_are_made(zoho: Zoho, crm: ZohoCrm, ask: Any, most: int) -> None:
    crm.contacts_by_phone(ADA)
    before = len(zoho.requests)

    ask(crm)

    assert len(zoho.requests) - before <= most


def test_errors_tell_where_they_come_from_and_no_ones_data(zoho: Zoho, crm: ZohoCrm) -> None:
    zoho.faults.always("error", path="/crm/")

    with pytest.raises(FrontdeskError) as caught:
        crm.contacts_by_email("ada@example.com")

    error = caught.value
    assert (error.system, error.operation, error.status) == ("crm", "contacts_by_email", "500")
    assert "ada" not in str(error)
