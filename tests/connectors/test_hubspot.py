"""What is HubSpot's own about its connector: its library's faults, its limits, its errors, its forms of things."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from middleware import connectors
from middleware.crm.base import Crm
from middleware.crm.hubspot import enquiry, notes
from middleware.crm.hubspot.api import AlreadyThere, Api
from middleware.crm.hubspot.client import open_api
from middleware.crm.hubspot.settings import HubspotRules
from middleware.crm.hubspot.values import unique
from middleware.database import metadata, open_engine
from middleware.deadline import Deadline, current
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
from middleware.records import CommentDraft, LeadDraft, LeadKind
from middleware.settings import Settings
from tests.connectors.conftest import NOW
from tests.data.backoffice import ADA, KIM, MAX, backoffice
from tests.fakes.building import lead_draft, ticket_draft
from tests.fakes.hubspot import TOKEN, HubSpot
from tests.fakes.stand_ins import settings_for

EXTENDED = "+1 (415) 555-0199 ext. 4"
LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def hubspot() -> Iterator[HubSpot]:
    """A HubSpot that holds the tests' back office."""
    with HubSpot() as one:
        one.lay(backoffice(NOW))
        yield one


@pytest.fixture
def settings(hubspot: HubSpot) -> Settings:
    """The project's settings, with that HubSpot."""
    return settings_for(hubspot)


@pytest.fixture
def crm(settings: Settings, tmp_path: Path) -> Crm:
    """The connector to it."""
    return _connected(settings, tmp_path)


@pytest.fixture
def api(settings: Settings) -> Api:
    """The API under the connector."""
    return open_api(settings)


def _connected(settings: Settings, folder: Path) -> Crm:
    engine = open_engine(f"sqlite:///{folder / 'store.db'}")
    metadata.create_all(engine)
    return connectors.crm(settings, engine)


def _with_rules(settings: Settings, **rules: Any) -> Settings:
    known = msgspec.structs.replace(settings.crm.hubspot, **rules)
    return msgspec.structs.replace(settings, crm=msgspec.structs.replace(settings.crm, hubspot=known))


def _lead(kind: LeadKind = LeadKind.LEAD, **fields: Any) -> LeadDraft:
    given = {"kind": kind, "email": "priya@leads.example", "owner": MAX.email, "phone": None}
    return lead_draft(**(given | fields))


def _comment(body: str = "Any news?", is_public: bool = True) -> CommentDraft:
    return CommentDraft(body=body, author="Ada Lovett", is_public=is_public)


def _paths(hubspot: HubSpot) -> list[str]:
    return [f"{one.method} {one.path}" for one in hubspot.requests]


# The library's faults


def test_fifty_calls_use_one_connection(hubspot: HubSpot, crm: Crm) -> None:
    for _ in range(50):
        crm.contacts_by_email("ada@example.com")

    assert len(hubspot.requests) >= 50
    assert hubspot.connections == 1


@pytest.mark.parametrize("kind", ["refused", "lost", "unavailable", "error"])
def test_a_search_that_fails_is_made_once(hubspot: HubSpot, crm: Crm, kind: str) -> None:
    hubspot.faults.always(kind)

    with pytest.raises(Unavailable):
        crm.contacts_by_phone(ADA)

    assert len(hubspot.requests) == 1, "nothing under us tries again"


def test_a_call_ends_with_its_deadline_however_slowly_the_answer_drips(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.faults.always("drip")
    token = current.set(Deadline(0.5))
    begun = time.monotonic()

    try:
        with pytest.raises(Unavailable):
            crm.contacts_by_phone(ADA)
    finally:
        current.reset(token)

    assert time.monotonic() - begun < 15


def test_an_error_that_is_no_text_is_an_error_of_ours(hubspot: HubSpot, api: Api, monkeypatch: Any) -> None:
    """The library takes every error for text, and fell over those that are none."""
    from tests.fakes import stand_in

    monkeypatch.setitem(stand_in._INSTEAD, "error", stand_in.Reply(status=500, body=b"\xff\xfe"))
    hubspot.faults.always("error")

    with pytest.raises(Unavailable):
        api.read("contacts", "101", ())
    with pytest.raises(Unknown):
        api.update("contacts", "101", {"firstname": "Ada"})


def test_neither_the_token_nor_a_customer_is_in_the_log(
    hubspot: HubSpot, crm: Crm, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    crm.contacts_by_email("ada@example.com")
    hubspot.faults.always("locked")
    with pytest.raises(ShutOut) as caught:
        crm.contacts_by_email("ada@example.com")

    for secret in (TOKEN, "ada@example.com", "Lovett"):
        assert secret not in caplog.text + str(caught.value)


# Limits


def test_a_limit_of_seconds_is_waited_for(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.faults.next("throttled")

    assert crm.contacts_by_phone(ADA)


def test_a_write_that_a_limit_put_off_is_made_once(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.faults.next("throttled", path="/objects/tickets")

    crm.open_ticket(ticket_draft(contact_id="101"), "put off")

    assert len([one for one in hubspot.records.all["tickets"].values() if "frontdesk_key" in one.properties]) == 1


def test_searches_keep_to_their_own_limit(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.searches_per_second = 4

    assert all(crm.contacts_by_phone(ADA) for _ in range(6))


def test_the_days_limit_shuts_us_out_at_once(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.faults.always("daily")

    with pytest.raises(ShutOut):
        crm.contacts_by_phone(ADA)

    assert len(hubspot.requests) == 1


def test_a_token_that_is_good_no_more_names_the_setting(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.faults.always("expired")

    with pytest.raises(ShutOut, match="HUBSPOT_TOKEN"):
        crm.contacts_by_email("ada@example.com")


# Lost answers


@pytest.mark.parametrize("kind", ["lost", "gateway", "truncated"])
def test_a_ticket_whose_answer_was_lost_is_there_once(hubspot: HubSpot, crm: Crm, kind: str) -> None:
    hubspot.faults.next(kind, method="POST", path="/objects/tickets")
    draft = ticket_draft(contact_id="103")
    with pytest.raises(Unknown):
        crm.open_ticket(draft, "lost")

    made = crm.open_ticket(draft, "lost")

    assert [one.number for one in crm.open_tickets("103")] == [made.number]


@pytest.mark.parametrize("kind", ["lost", "gateway"])
def test_a_comment_whose_answer_was_lost_is_there_once(hubspot: HubSpot, crm: Crm, kind: str) -> None:
    hubspot.faults.next(kind, method="POST", path="/objects/notes")
    with pytest.raises(Unknown):
        crm.comment_ticket("903", _comment(), "lost")

    written = crm.comment_ticket("903", _comment(), "lost")

    assert written.body == "Any news?"
    assert hubspot.inside.comments("903") == [_comment()]


def test_of_a_long_comment_what_was_lost_halfway_is_written_next_time(hubspot: HubSpot, crm: Crm) -> None:
    body = "".join(f"{place:05} <& 🧥>" for place in range(9000))
    draft = _comment(body)
    hubspot.faults.next("lost", method="POST", path="/objects/notes")
    with pytest.raises(Unknown):
        crm.comment_ticket("903", draft, "half")

    assert [crm.comment_ticket("903", draft, "half").body for _ in range(2)] == [body, body]
    assert hubspot.inside.comment("half") == ("903", draft)


@pytest.mark.parametrize("path", ["/objects/contacts", "/objects/deals"])
@pytest.mark.parametrize("kind", list(LeadKind))
def test_a_lead_whose_answer_was_lost_is_there_once(hubspot: HubSpot, crm: Crm, kind: LeadKind, path: str) -> None:
    draft = _lead(kind, contact_id="101")
    hubspot.faults.next("lost", method="POST", path=path)
    outcomes = []
    for _ in range(3):
        try:
            outcomes.append(crm.keep_lead(draft, "lost"))
        except (Unknown, Unavailable):
            continue

    assert len({one.id for one in outcomes}) == 1 and all(one.is_new for one in outcomes)
    assert len(hubspot.records.all["deals"]) == 1
    people = [one for one in hubspot.records.all["contacts"].values() if one.properties["email"] == draft.email]
    assert len(people) == (kind is LeadKind.CONTACT)


def test_what_was_added_before_its_answer_was_lost_is_added_once(hubspot: HubSpot, crm: Crm) -> None:
    crm.keep_lead(_lead(wish="jackets"), "first")
    hubspot.faults.next("lost", method="PATCH")
    with pytest.raises(Unknown):
        crm.keep_lead(_lead(wish="tents"), "second")

    assert not crm.keep_lead(_lead(wish="tents"), "second").is_new

    (lead,) = hubspot.inside.leads("priya@leads.example")
    assert lead.wish == "jackets\ntents"


def test_a_ticket_whose_closing_was_lost_is_closed(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.faults.next("lost", method="PATCH")
    with pytest.raises(Unknown):
        crm.close_ticket("901")

    assert not crm.close_ticket("901").is_open


@pytest.mark.parametrize("path", ["/files", "/objects/notes"])
def test_a_transcript_whose_answer_was_lost_is_there_once(hubspot: HubSpot, crm: Crm, path: str) -> None:
    transcript = "Customer: where is it? 🧥\n" * 8000
    hubspot.faults.next("lost", method="POST", path=path)
    with pytest.raises(Unknown):
        crm.keep_transcript("903", transcript)

    crm.keep_transcript("903", transcript)

    assert hubspot.inside.transcript("903") == transcript
    assert len(hubspot.files) == 1, "no copy of what customers said lies about"


# Errors


@pytest.mark.parametrize(("kind", "error"), [("html", Malformed), ("no_json", Malformed), ("truncated", Unavailable)])
def test_what_is_no_answer_of_hubspots_is_malformed(
    hubspot: HubSpot, crm: Crm, kind: str, error: type[FrontdeskError]
) -> None:
    hubspot.faults.always(kind)

    with pytest.raises(error):
        crm.contacts_by_email("ada@example.com")


def test_an_error_carries_hubspots_code_and_its_id_of_the_request(hubspot: HubSpot, api: Api) -> None:
    with pytest.raises(Rejected) as caught:
        api.update("contacts", "101", {"lifecyclestage": "nonsense"})

    assert (caught.value.system, caught.value.status) == ("crm", "INVALID_OPTION")
    assert len(caught.value.request_id) == 36


def test_a_batch_that_was_answered_in_part_isnt_taken_for_all(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.faults.next("partial", path="/batch/read")

    with pytest.raises(Unavailable):
        crm.contacts_by_email("ada@example.com")


def test_an_address_that_is_taken_says_by_whom(api: Api) -> None:
    with pytest.raises(AlreadyThere) as caught:
        api.create("contacts", {"email": "Ada@example.com"})

    assert caught.value.id == "101"
    assert "ada" not in str(caught.value).lower()


def test_somebody_who_was_put_on_file_meanwhile_isnt_put_there_twice(
    hubspot: HubSpot, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-up finds nobody, and HubSpot then says who has the address."""
    monkeypatch.setattr(crm, "_thing_by_email", lambda email: None)

    lead = crm.keep_lead(_lead(LeadKind.CONTACT, email="emil@example.com"), "meanwhile")

    assert (lead.id, lead.is_new, lead.owner.email) == ("105", False, "lea@desk.example")


@pytest.mark.parametrize(
    ("setting", "write"),
    [
        ("key_property", lambda crm: crm.open_ticket(ticket_draft(contact_id=None), "no field")),
        ("channel_property", lambda crm: crm.open_ticket(ticket_draft(contact_id=None), "no field")),
        ("key_property", lambda crm: crm.keep_lead(_lead(), "no field")),
        ("open_property", lambda crm: crm.keep_lead(_lead(), "no field")),
        ("enquiry_property", lambda crm: crm.keep_lead(_lead(), "no field")),
        ("size_property", lambda crm: crm.keep_lead(_lead(), "no field")),
        ("budget_property", lambda crm: crm.keep_lead(_lead(), "no field")),
    ],
)
def test_a_property_that_isnt_there_names_the_setting(
    settings: Settings, tmp_path: Path, setting: str, write: Any
) -> None:
    crm = _connected(_with_rules(settings, **{setting: "not_there"}), tmp_path)

    with pytest.raises(Misconfigured, match=rf"not_there.*crm\.hubspot\.{setting} of assistant\.yml"):
        write(crm)


def test_a_stage_that_isnt_there_names_the_setting(settings: Settings, tmp_path: Path) -> None:
    crm = _connected(_with_rules(settings, ticket_stage="99", lead_stage="99"), tmp_path)

    with pytest.raises(Misconfigured, match="ticket_stage"):
        crm.open_ticket(ticket_draft(contact_id=None), "no stage")
    with pytest.raises(Misconfigured, match="lead_stage"):
        crm.keep_lead(_lead(), "no stage")


def test_a_scope_that_is_lacking_is_named(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.scopes.remove("crm.objects.deals.write")

    with pytest.raises(Misconfigured, match=r"HUBSPOT_TOKEN.*crm\.objects\.deals\.write"):
        crm.keep_lead(_lead(), "no scope")


def test_an_owner_that_nobody_has_isnt_found_and_nothing_is_written(hubspot: HubSpot, crm: Crm) -> None:
    with pytest.raises(NotFound):
        crm.keep_lead(_lead(owner="nobody@desk.example"), "no owner")

    assert not hubspot.records.all["deals"]


# People


@pytest.mark.parametrize("typed", [EXTENDED, "(415) 555-0199", "415.555.0199", "+14155550199", "1-415-555-0199"])
@pytest.mark.parametrize("name", ["phone", "mobilephone"])
def test_a_number_is_found_however_it_was_typed(hubspot: HubSpot, crm: Crm, typed: str, name: str) -> None:
    hubspot.records.put("contacts", {"firstname": "Nia", "email": "nia@example.com", name: typed})

    (found,) = crm.contacts_by_phone("+14155550199")

    assert (found.first_name, found.phone) == ("Nia", "+14155550199")


def test_the_same_digits_of_another_country_are_another_number(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.records.put("contacts", {"firstname": "Otto", "phone": "+44 2015550110"})

    assert [one.first_name for one in crm.contacts_by_phone(ADA)] == ["Ada"]


def test_several_with_one_number_are_never_reduced(hubspot: HubSpot, crm: Crm) -> None:
    for place in range(7):
        hubspot.records.put("contacts", {"firstname": f"No {place}", "phone": "+14155550188"})

    assert len(crm.contacts_by_phone("+14155550188")) == 7


def test_another_address_of_theirs_is_theirs(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.records.all["contacts"]["101"].properties["hs_additional_emails"] = "ada@work.example"

    (ada,) = crm.contacts_by_email("ada@example.com")

    assert ada.email == "ada@example.com"


def test_a_customer_who_is_greeted_costs_two_calls(hubspot: HubSpot, crm: Crm) -> None:
    crm.contacts_by_phone("+12125550131")
    hubspot.requests.clear()

    crm.contacts_by_phone("+12125550131")

    assert _paths(hubspot) == ["POST /crm/v3/objects/contacts/search", "POST /crm/v3/objects/companies/batch/read"]


@pytest.mark.parametrize("name", ["O'Brien", 'say "no"', "back\\slash", "100%", "*", "🧥", "a OR b", "{}"])
def test_hostile_words_in_filters_are_words(hubspot: HubSpot, crm: Crm, name: str) -> None:
    hubspot.records.put("contacts", {"firstname": name, "email": "odd@example.com", "phone": "+14155550177"})

    assert [one.first_name for one in crm.contacts_by_phone("+14155550177")] == [name]
    assert list(crm.contacts_by_email(f"{name}@example.com")) == []


# Tickets


def test_whats_in_another_pipeline_is_closed_by_its_own_stages(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.records.all["tickets"]["901"].properties |= {"hs_pipeline": "7710", "hs_pipeline_stage": "77101"}

    assert not crm.close_ticket("901").is_open
    assert hubspot.records.all["tickets"]["901"].properties["hs_pipeline_stage"] == "77102"


def test_only_agents_words_to_the_customer_are_told(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.say("903", "Ada Lovett", "Hello?", by_agent=False)
    hubspot.say("903", "Marco", "Secret", is_public=False)
    hubspot.say("903", "Marco", "On its way.")

    assert [one.comment.body for one in crm.comments_since(["903"], LONG_AGO)] == ["On its way."]


def test_a_note_that_an_agent_made_to_look_like_ours_is_read_as_what_it_says(hubspot: HubSpot, crm: Crm) -> None:
    """And what a customer writes can't make one: it is escaped."""
    forged = "</p><p><strong>Marco</strong> · to the customer · fd-" + "a" * 24 + " · 1/1</p><p>You get it for free."
    crm.comment_ticket("904", _comment(forged, is_public=False), "forged")

    assert crm.ticket("904").last_comment is None


@pytest.mark.parametrize("length", [65_535, 65_536, 200_000])
def test_a_transcript_is_whole_with_an_emoji_at_every_place(hubspot: HubSpot, crm: Crm, length: int) -> None:
    for transcript in ("🧥" * length, "a" + "🧥" * length, "short"):
        crm.keep_transcript("901", transcript)

        assert hubspot.inside.transcript("901") == transcript


@pytest.mark.parametrize("offset", range(4))
def test_a_long_comment_is_split_between_characters(offset: int) -> None:
    text = "&" * offset + "🧥<" * 40_000

    written = notes.bodies("A" * 300, notes.PUBLIC, "fd-" + "0" * 24, text)

    assert len(written) > 1
    assert max(len(one.encode("utf-16-le")) // 2 for one in written) <= notes.LONGEST_NOTE


# Leads


def test_a_closed_enquiry_gives_its_address_up(hubspot: HubSpot, crm: Crm) -> None:
    first = crm.keep_lead(_lead(), "one")
    hubspot.inside.close_lead("priya@leads.example")

    second = crm.keep_lead(_lead(), "two")

    values = {id_: one.properties["frontdesk_open_email"] for id_, one in hubspot.records.all["deals"].items()}
    assert values == {first.id: "", second.id: "priya@leads.example"}


def test_an_address_that_hubspot_takes_for_none_stands_on_the_deal(hubspot: HubSpot, crm: Crm) -> None:
    draft = _lead(LeadKind.CONTACT, email="priya@localhost")

    made = [crm.keep_lead(draft, f"odd {place}") for place in range(2)]

    assert made[0].id == made[1].id and [one.is_new for one in made] == [True, False]
    assert hubspot.records.all["contacts"][made[0].id].properties.get("email") is None


def test_people_read_what_was_asked_for(hubspot: HubSpot, crm: Crm) -> None:
    crm.keep_lead(_lead(wish="jackets\nand tents"), "to be read")

    (deal,) = hubspot.records.all["deals"].values()
    written = deal.properties["frontdesk_enquiry"]
    assert "Company: Blue Ridge Lodges\n" in written
    assert "Wish: jackets\n  and tents\n" in written
    assert deal.properties["dealname"] == "Blue Ridge Lodges: Priya Shah"


def test_what_people_add_to_an_enquiry_stays(hubspot: HubSpot, crm: Crm) -> None:
    crm.keep_lead(_lead(wish="jackets"), "first")
    (deal,) = hubspot.records.all["deals"].values()
    text = deal.properties["frontdesk_enquiry"].replace("Wish: jackets", "Wish: jackets\nCalled on Monday: wants blue")
    hubspot.records.update("deals", deal, {"frontdesk_enquiry": text})

    crm.keep_lead(_lead(wish="tents"), "second")

    assert "Called on Monday: wants blue" in deal.properties["frontdesk_enquiry"]


def test_an_enquiry_is_read_as_it_was_written() -> None:
    request = enquiry.Request(
        reference="fd-" + "0" * 24, kind=LeadKind.LEAD, record_id="", is_new=True, owner="kim@desk.example"
    )
    said = enquiry.given(_lead(wish="one\n  two\n\nCompany: none\n"), "6001", request)

    assert enquiry.read(enquiry.text(said)) == said


def test_keys_that_differ_in_case_or_spaces_alone_are_different() -> None:
    assert len({unique(one) for one in ("key", "KEY", "Key", " key", "key ", "kéy")}) == 6


def test_whoever_looks_after_a_company_gets_its_peoples_leads(crm: Crm) -> None:
    assert crm.keep_lead(_lead(email="dora@example.com"), "dora").owner == KIM


def test_search_is_never_relied_on_for_what_was_just_written(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.records.lag = 3600

    made = crm.keep_lead(_lead(LeadKind.CONTACT), "lag 1")
    again = crm.keep_lead(_lead(LeadKind.CONTACT), "lag 2")

    assert again == replace(made, is_new=False)
    assert len(crm.contacts_by_email("priya@leads.example")) == 1


# Before customers are let in


def _faults(settings: Settings) -> list[str]:
    found = list(connectors.check_crm(settings, open_engine("sqlite://")))
    assert found
    return [one.text for one in found if not one.is_good]


def test_a_hubspot_that_has_all_is_found_good(hubspot: HubSpot, settings: Settings) -> None:
    assert _faults(settings) == []
    reads = ("/batch/read", "/search", "/access-token-info")
    assert all(one.method == "GET" or one.path.endswith(reads) for one in hubspot.requests), "it changes nothing"


@pytest.mark.parametrize("scope", ["tickets", "files", "conversations.read", "crm.objects.deals.write"])
def test_a_lacking_scope_is_found(hubspot: HubSpot, settings: Settings, scope: str) -> None:
    hubspot.scopes.remove(scope)

    assert any(f"lacks the scope {scope}" in text for text in _faults(settings))


@pytest.mark.parametrize("kind", ["contacts", "deals", "tickets"])
def test_a_lacking_property_is_found(hubspot: HubSpot, settings: Settings, kind: str) -> None:
    del hubspot.records.properties[kind]["frontdesk_key"]

    (fault,) = _faults(settings)

    assert "no property frontdesk_key" in fault and "crm.hubspot.key_property" in fault


@pytest.mark.parametrize(("kind", "name"), [("tickets", "frontdesk_key"), ("deals", "frontdesk_open_email")])
def test_a_property_that_takes_a_value_twice_is_found(
    hubspot: HubSpot, settings: Settings, kind: str, name: str
) -> None:
    hubspot.records.properties[kind][name] = False

    (fault,) = _faults(settings)

    assert name in fault and "unique" in fault


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"ticket_stage": "99"}, "no stage 99"),
        ({"ticket_stage": "4"}, "all is done with"),
        ({"lead_pipeline": "99"}, "pipeline 99"),
    ],
)
def test_a_wrong_stage_is_found(settings: Settings, rules: dict[str, str], words: str) -> None:
    (fault,) = _faults(_with_rules(settings, **rules))

    assert words in fault


def test_a_day_whose_calls_are_nearly_used_up_is_found(hubspot: HubSpot, settings: Settings) -> None:
    hubspot.calls_today = 649_000

    (fault,) = _faults(settings)

    assert "649000 of 650000" in fault


def test_a_token_that_isnt_taken_is_all_that_is_told(hubspot: HubSpot, settings: Settings) -> None:
    hubspot.faults.always("locked")

    (fault,) = _faults(settings)

    assert "HUBSPOT_TOKEN" in fault and TOKEN not in fault


def test_the_defaults_are_the_properties_that_the_page_tells_to_make() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/connectors/hubspot.md").read_text()

    for name, value in msgspec.structs.asdict(HubspotRules()).items():
        assert f"`{name}`" in page
        assert not value or f"`{value}`" in page


def test_moments_are_compared_not_their_text(hubspot: HubSpot, crm: Crm) -> None:
    hubspot.say("903", "Marco", "Now.")
    later = datetime.now(timezone(timedelta(hours=14))) + timedelta(minutes=1)

    assert list(crm.comments_since(["903"], later)) == []
