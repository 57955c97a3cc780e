"""Zoho Desk as the place of tickets: whose they are, what goes wrong there, and what it is told of."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy.engine import Engine

from middleware.crm.zoho.api import Api
from middleware.crm.zoho.desk import Desk
from middleware.crm.zoho.desk_check import check_desk
from middleware.crm.zoho.desk_contacts import Person
from middleware.crm.zoho.records import not_found
from middleware.crm.zoho.settings import ZohoAccess
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
from middleware.records import CommentDraft, Contact, Priority
from middleware.settings import CrmBackEnd, Settings
from tests.connectors.conftest import HOSTILE, NOW
from tests.data.backoffice import backoffice
from tests.fakes.building import ticket_draft
from tests.fakes.stand_ins import settings_for
from tests.fakes.zoho_desk import ZohoWithDesk
from tests.fakes.zoho_desk_records import CONTACT, DEPARTMENT, KEY

LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)
PEOPLE = backoffice(NOW).contacts


class DeskAlone(Desk):
    """Desk's part, with the laid people instead of the CRM's."""

    crm_id: Callable[[str], str]
    extra: Sequence[Contact] = ()

    def _person(self, contact_id: str, operation: str) -> Person:
        for row in PEOPLE:
            if self.crm_id(row["id"]) == contact_id:
                return Person(contact_id, row["first_name"], row["last_name"], row["email"], row["phone"])
        raise not_found(operation)

    def contacts_by_email(self, email: str) -> Sequence[Contact]:
        found = [
            Contact(id=self.crm_id(row["id"]), first_name="", last_name="") for row in PEOPLE if row["email"] == email
        ]
        return [*found, *(one for one in self.extra if one.email == email)]


@dataclass
class Set:
    """A stand-in with the laid tickets, and connectors to it, each with a memory of its own."""

    zoho: ZohoWithDesk
    engine: Engine

    def connector(self, **rules: str) -> DeskAlone:
        """One as another process has it."""
        return self.with_settings(changed(settings_for(self.zoho), **rules))

    def with_settings(self, settings: Settings) -> DeskAlone:
        """One with settings of its own."""
        desk = DeskAlone(Api(settings, self.engine))
        desk.crm_id = self.zoho.crm_id
        return desk

    def person(self, laid: str) -> str:
        """The CRM's id of a laid person."""
        return self.zoho.crm_id(laid)

    def made_tickets(self) -> list[dict[str, Any]]:
        """Those that hold a key of ours."""
        return [one for one in self.zoho.desk.tickets.values() if one["cf"][KEY]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Set]:
    """One server for all tests."""
    folder: Path = tmp_path_factory.mktemp("desk")
    engine = open_engine(f"sqlite:///{folder / 'test.db'}")
    metadata.create_all(engine)
    with ZohoWithDesk() as zoho:
        yield Set(zoho, engine)
    engine.dispose()


@pytest.fixture
def there(running: Set) -> Iterator[Set]:
    """The same, laid anew, and well."""
    zoho = running.zoho
    zoho.lay(backoffice(NOW))
    zoho.requests.clear()
    zoho.forbidden, zoho.keeps_open, zoho.desk_credits = "", False, 50_000
    yield running
    zoho.faults.none()


@pytest.fixture
def desk(there: Set) -> DeskAlone:
    """The connector."""
    return there.connector()


def changed(settings: Settings, **rules: str) -> Settings:
    """Settings with other rules of Desk's."""
    zoho = msgspec.to_builtins(settings.crm.zoho)
    crm = {**msgspec.to_builtins(settings.crm), "zoho": {**zoho, "desk": {**zoho["desk"], **rules}}}
    return msgspec.structs.replace(settings, crm=msgspec.convert(crm, CrmBackEnd))


def _draft(**fields: object) -> Any:
    return ticket_draft(**({"contact_id": None} | fields))


def _comment(body: str = "Any news?", is_public: bool = True) -> CommentDraft:
    return CommentDraft(body=body, author="Ada Lovett", is_public=is_public)


# Whose a ticket is


def test_a_ticket_is_whom_desk_says_it_is_or_whose_address_it_is(there: Set, desk: DeskAlone) -> None:
    assert desk.ticket("901").owner == there.person("101"), "Desk is joined with the CRM there"
    assert desk.ticket("905").owner == there.person("102"), "there it isn't, but has their address"
    assert [one.number for one in desk.open_tickets(there.person("102"))] == ["905"]


def test_whom_desk_doesnt_have_is_made_there_once(there: Set, desk: DeskAlone) -> None:
    cora = there.person("103")
    assert list(desk.open_tickets(cora)) == []
    before = len(there.zoho.desk.contacts)

    first = desk.open_ticket(_draft(contact_id=cora), "one")
    second = there.connector().open_ticket(_draft(contact_id=cora), "two")  # the search doesn't find her yet

    assert len(there.zoho.desk.contacts) == before + 1
    assert (first.owner, second.owner) == (cora, cora)
    (made,) = [one for one in there.zoho.desk.contacts.values() if one["cf"][CONTACT] == cora]
    assert (made["firstName"], made["lastName"], made["email"]) == ("Cora", "Lindqvist", "cora@example.com")
    assert there.connector().ticket(first.number).owner == cora


def test_whoever_has_no_address_is_found_again_by_what_we_wrote(there: Set, desk: DeskAlone) -> None:
    hugo = there.person("106")

    made = desk.open_ticket(_draft(contact_id=hugo), "one")
    time.sleep(there.zoho.desk.lag + 0.05)

    assert [one.number for one in there.connector().open_tickets(hugo)] == [made.number]


def test_where_another_contact_has_their_address_whom_it_is_cant_be_told(there: Set, desk: DeskAlone) -> None:
    there.zoho.desk.found_contacts.lag = 0
    there.zoho.desk.make_contact({"lastName": "Somebody", "email": "BEN@example.com"})

    assert desk.ticket("905").contact_id is None
    assert list(desk.open_tickets(there.person("102"))) == []

    made = desk.open_ticket(_draft(contact_id=there.person("102")), "his own")
    assert made.owner == there.person("102")
    assert [one.number for one in there.connector().open_tickets(made.owner)] == [made.number]


def test_where_two_people_of_the_crm_have_the_address_whom_it_is_cant_be_told(there: Set, desk: DeskAlone) -> None:
    desk.extra = [Contact(id="77", first_name="Ben", last_name="Other", email="ben@example.com")]

    assert desk.ticket("905").contact_id is None
    assert list(desk.open_tickets(there.person("102"))) == []


def test_a_contact_that_is_joined_with_somebody_else_isnt_whose_address_it_has(there: Set, desk: DeskAlone) -> None:
    ben = next(one for one in there.zoho.desk.contacts.values() if one["email"] == "ben@example.com")
    ben["zohoCRMContact"] = {"id": there.person("101"), "type": "contacts"}
    there.zoho.desk.found_contacts.settle(there.zoho.desk.contacts.values())

    assert desk.ticket("905").owner == there.person("101")
    assert list(desk.open_tickets(there.person("102"))) == []


def test_a_lead_of_the_crm_owns_no_ticket(there: Set, desk: DeskAlone) -> None:
    ben = next(one for one in there.zoho.desk.contacts.values() if one["email"] == "ben@example.com")
    ben["zohoCRMContact"] = {"id": there.person("102"), "type": "leads"}
    there.zoho.desk.found_contacts.settle(there.zoho.desk.contacts.values())

    assert desk.ticket("905").contact_id is None
    assert list(desk.open_tickets(there.person("102"))) == []


def test_strangers_have_one_contact_and_own_nothing(there: Set, desk: DeskAlone) -> None:
    first = desk.open_ticket(_draft(), "one")
    second = there.connector().open_ticket(_draft(), "two")

    contacts = {one["contactId"] for one in there.made_tickets()}
    assert len(contacts) == 1
    assert (first.contact_id, second.contact_id) == (None, None)
    assert there.connector().ticket(first.number).contact_id is None


def test_strangers_contact_may_be_one_that_a_company_has(there: Set) -> None:
    own = there.zoho.desk.make_contact({"lastName": "Walk-in", "email": "ada@example.com"})
    desk = there.connector(strangers=own["id"])

    made = desk.open_ticket(_draft(), "one")

    assert there.made_tickets()[0]["contactId"] == own["id"]
    assert made.contact_id is None and desk.ticket(made.number).contact_id is None


def test_what_is_in_the_bin_isnt_there(there: Set, desk: DeskAlone) -> None:
    there.zoho.desk.ticket("905")["isTrashed"] = True

    with pytest.raises(NotFound):
        desk.ticket("905")
    assert list(desk.open_tickets(there.person("102"))) == []


# Once


@pytest.mark.parametrize("lost", ["lost", "gateway", "truncated"])
def test_a_ticket_whose_answer_was_lost_is_opened_once(there: Set, desk: DeskAlone, lost: str) -> None:
    there.zoho.faults.next(lost, method="POST", path="/api/v1/tickets")

    with pytest.raises(Unknown):
        desk.open_ticket(_draft(), "once")
    made = there.connector().open_ticket(_draft(), "once")

    assert [one["ticketNumber"] for one in there.made_tickets()] == [made.number]
    time.sleep(there.zoho.desk.lag + 0.05)
    assert there.connector().open_ticket(_draft(), "once") == made, "the search finds it now"


@pytest.mark.parametrize("nonsense", ["html", "no_json"])
def test_a_write_that_is_answered_with_nonsense_may_have_been_done(there: Set, desk: DeskAlone, nonsense: str) -> None:
    there.zoho.faults.next(nonsense, method="POST", path="/api/v1/tickets")

    with pytest.raises(Unknown):
        desk.open_ticket(_draft(), "nonsense")


def test_a_contact_whose_answer_was_lost_is_made_once(there: Set, desk: DeskAlone) -> None:
    there.zoho.faults.next("lost", method="POST", path="/api/v1/contacts")
    cora = there.person("103")

    with pytest.raises(Unknown):
        desk.open_ticket(_draft(contact_id=cora), "once")
    made = there.connector().open_ticket(_draft(contact_id=cora), "once")

    assert made.owner == cora
    assert len([one for one in there.zoho.desk.contacts.values() if one["email"] == "cora@example.com"]) == 1


def test_a_comment_whose_answer_was_lost_is_written_once(there: Set, desk: DeskAlone) -> None:
    there.zoho.faults.next("lost", method="POST", path="/comments")

    with pytest.raises(Unknown):
        desk.comment_ticket("905", _comment(), "once")
    there.connector().comment_ticket("905", _comment(), "once")

    assert there.zoho.inside.comment("once") == ("905", _comment())


def test_a_comment_in_parts_is_finished_where_it_was_broken_off(there: Set, desk: DeskAlone) -> None:
    body = "🧥" * 40_000
    there.zoho.faults.next("refused", method="POST", path="/nowhere")
    there.zoho.faults.next("lost", method="POST", path="/comments")

    with pytest.raises(Unknown):
        desk.comment_ticket("905", _comment(body), "parts")
    written = there.connector().comment_ticket("905", _comment(body), "parts")

    own = [one.body for one in there.zoho.inside.comments("905") if one.author == "Ada Lovett"]
    assert len(own) == 3 and "".join(own) == body == written.body
    assert there.connector().ticket("905").last_comment == written


def test_a_ticket_whose_closing_was_lost_is_closed(there: Set, desk: DeskAlone) -> None:
    there.zoho.faults.next("lost", method="POST", path="/closeTickets")

    with pytest.raises(Unknown):
        desk.close_ticket("905")

    assert not there.connector().close_ticket("905").is_open


def test_of_a_transcript_whose_answer_was_lost_one_stays(there: Set, desk: DeskAlone) -> None:
    desk.keep_transcript("905", "one")
    for method, lost in (("POST", "two"), ("DELETE", "three")):
        there.zoho.faults.next("lost", method=method, path="/attachments")
        with pytest.raises(Unknown):
            desk.keep_transcript("905", lost)

    there.connector().keep_transcript("905", "four")

    assert there.zoho.inside.transcript("905") == "four"


def test_what_others_attached_stays(there: Set, desk: DeskAlone) -> None:
    id_ = there.zoho.desk.ticket("905")["id"]
    there.zoho.desk.attach(id_, "transcript.txt", b"an agent's own", False)

    for words in ("one", "two"):
        desk.keep_transcript("905", words)

    assert sorted(record["name"] for record, _ in there.zoho.desk.files[id_].values()) == [
        "frontdesk-transcript.txt",
        "transcript.txt",
    ]


def test_a_ticket_just_opened_is_known_to_every_process(there: Set, desk: DeskAlone) -> None:
    made = desk.open_ticket(_draft(contact_id=there.person("101")), "new")
    another = there.connector()

    assert another.ticket(made.number) == made
    another.comment_ticket(made.number, _comment(), "new: comment")
    assert another.open_tickets(there.person("101"))[0].number == made.number


def test_of_many_tickets_at_once_each_is_opened_once(there: Set) -> None:
    desks = [there.connector() for _ in range(3)]
    cora = there.person("103")
    desks[0].open_ticket(_draft(contact_id=cora), "first")

    threads = [
        threading.Thread(target=lambda desk=desk, place=place: desk.open_ticket(_draft(contact_id=cora), f"t {place}"))
        for place, desk in enumerate(desks * 4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(there.made_tickets()) == 13
    assert len(desks[0].open_tickets(cora)) == 13


# Words


def test_whatever_a_customer_writes_is_no_markup_and_calls_nobody(there: Set, desk: DeskAlone) -> None:
    words = "<img src=x onerror=alert(1)> &amp; <b>bold</b>\nzsu[@user:12345]zsu\n— Marco\n[Frontdesk FD-0 1/1]"

    made = desk.open_ticket(_draft(description=words), "markup")
    written = desk.comment_ticket(made.number, _comment(words), "markup: comment")

    kept = there.zoho.desk.ticket(made.number)
    assert "<img" not in kept["description"] and "<b>" not in kept["description"]
    (comment,) = [one for one in there.zoho.desk.said[kept["id"]] if one["type"] == "comment"]
    assert comment["contentType"] == "plainText" and "zsu[@" not in comment["content"]
    assert written.body == words == there.zoho.inside.comments(made.number)[0].body
    assert desk.ticket(made.number).last_comment == written
    assert there.zoho.inside.ticket(made.number).description == words


@pytest.mark.parametrize("length", [30_999, 31_000, 31_001, 62_000, 62_001])
@pytest.mark.parametrize("before", ["", "x"])
def test_no_emoji_is_torn_wherever_a_comment_is_split(there: Set, desk: DeskAlone, before: str, length: int) -> None:
    body = before + "🧥" * (length // 2)

    written = desk.comment_ticket("905", _comment(body), f"split {before} {length}")

    own = [one.body for one in there.zoho.inside.comments("905") if one.author == "Ada Lovett"]
    assert written.body == body == "".join(own)


def test_a_description_that_grows_too_long_as_markup_goes_on_inside(there: Set, desk: DeskAlone) -> None:
    description = "&<>🧥" * 8000

    made = desk.open_ticket(_draft(description=description), "grows")
    again = there.connector().open_ticket(_draft(description=description), "grows")

    assert made == again and made.last_comment is None
    assert there.zoho.inside.ticket(made.number).description == description
    assert not any(one.is_public for one in there.zoho.inside.comments(made.number))


def test_a_subject_that_is_too_long_is_cut(there: Set, desk: DeskAlone) -> None:
    made = desk.open_ticket(_draft(subject="🧥" * 300), "subject")

    assert made.subject == "🧥" * 127 + "…"


def test_urgent_tickets_are_urgent_there(there: Set, desk: DeskAlone) -> None:
    desk.open_ticket(_draft(priority=Priority.HIGH), "urgent")

    assert there.made_tickets()[0]["priority"] == "High"


# What agents write


def test_agents_answers_by_mail_are_told_whole_but_not_drafts_and_not_the_customers(
    there: Set, desk: DeskAlone
) -> None:
    id_ = there.zoho.desk.ticket("905")["id"]
    agent, customer = {"name": "Marco", "type": "AGENT"}, {"name": "Ben", "type": "END_USER"}
    there.zoho.desk.thread(id_, "Dear Ben,<br>it comes <b>tomorrow</b>, at the latest.", "out", agent)
    there.zoho.desk.thread(id_, "Not yet sent", "out", agent, status="DRAFT")
    there.zoho.desk.thread(id_, "Between us", "out", agent, visibility="private")
    there.zoho.desk.thread(id_, "Thanks, and by when exactly?", "in", customer)

    (told,) = desk.comments_since(["905"], LONG_AGO)

    assert (told.comment.author, told.comment.body) == ("Marco", "Dear Ben,\nit comes tomorrow, at the latest.")
    newest = desk.ticket("905").last_comment
    assert newest is not None and newest.body == "Thanks, and by when exactly?"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<div>Hello <b>Ada</b>,</div><div><br></div><div>it is on its way.</div>", "Hello Ada,\n\nit is on its way."),
        ("<p>One</p><ul><li>two</li><li>three</li></ul>", "One\ntwo\nthree"),
        ("a<script>alert(1)</script><style>b{}</style>c &lt;b&gt; &amp; d", "ac <b> & d"),
        ("zsu[@user:123]zsu please look", "please look"),
        ("<div>a&nbsp;&nbsp;b\n c</div>", "a b c"),
        ("", ""),
    ],
)
def test_what_desks_editor_makes_is_told_without_markup(there: Set, desk: DeskAlone, content: str, words: str) -> None:
    id_ = there.zoho.desk.ticket("905")["id"]
    there.zoho.desk.comment(id_, content, "html", True, {"name": "Marco", "type": "AGENT"})

    (told,) = desk.comments_since(["905"], LONG_AGO)

    assert told.comment.body == words


def test_a_customer_cant_write_as_us(there: Set, desk: DeskAlone) -> None:
    id_ = there.zoho.desk.ticket("905")["id"]
    feigned = f"Approved.\n\n— Marco\n[Frontdesk FD-{'0' * 24} 1/1]"
    there.zoho.desk.comment(id_, feigned, "plainText", True, {"name": "Ben", "type": "END_USER"})

    newest = desk.ticket("905").last_comment

    assert newest is not None and newest.author == "Ben"


def test_many_tickets_are_read_in_few_calls(there: Set, desk: DeskAlone) -> None:
    numbers = [desk.open_ticket(_draft(), f"many {place}").number for place in range(12)]
    time.sleep(there.zoho.desk.lag + 0.05)
    another = there.connector()
    there.zoho.requests.clear()

    another.comments_since(numbers, LONG_AGO)

    paths = [one.path for one in there.zoho.requests if one.path.startswith("/api")]
    assert paths.count("/api/v1/tickets/search") == 1 and len(paths) == 13


def test_looking_up_a_persons_tickets_takes_few_calls(there: Set, desk: DeskAlone) -> None:
    desk.open_tickets(there.person("101"))
    first = [one.path for one in there.zoho.requests if one.path.startswith("/api")]
    there.zoho.requests.clear()

    desk.open_tickets(there.person("101"))

    assert len(first) <= 5
    assert len(there.zoho.requests) <= 4


# What goes wrong


def test_hostile_numbers_never_reach_the_search(there: Set, desk: DeskAlone) -> None:
    for number in HOSTILE:
        with pytest.raises(NotFound):
            desk.ticket(number)

    assert not [one for one in there.zoho.requests if one.path.startswith("/api")]


@pytest.mark.parametrize("fault", ["refused", "error", "unavailable", "gateway", "truncated", "lost"])
def test_a_read_that_fails_changed_nothing(there: Set, desk: DeskAlone, fault: str) -> None:
    desk.ticket("901")
    there.zoho.faults.always(fault, path="/api/v1")

    with pytest.raises(Unavailable):
        desk.ticket("905")


@pytest.mark.parametrize("fault", ["html", "no_json", "redirect"])
def test_a_read_that_is_answered_with_nonsense_is_called_so(there: Set, desk: DeskAlone, fault: str) -> None:
    there.zoho.faults.always(fault, path="/api/v1")

    with pytest.raises(Malformed):
        desk.ticket("905")


def test_an_answer_that_drips_ends_with_the_deadline(there: Set, desk: DeskAlone) -> None:
    desk.ticket("901")
    there.zoho.faults.always("drip", path="/api/v1")
    before, begun = current.set(Deadline(0.5)), time.monotonic()

    try:
        with pytest.raises(Unavailable):
            desk.open_tickets(there.person("101"))
    finally:
        current.reset(before)
    assert time.monotonic() - begun < 15


def test_too_many_calls_at_once_are_waited_for(there: Set, desk: DeskAlone) -> None:
    there.zoho.faults.next("throttled", path="/api/v1/tickets")

    assert desk.ticket("905").number == "905"


def test_a_day_that_is_used_up_shuts_it_at_once(there: Set, desk: DeskAlone) -> None:
    there.zoho.desk_credits = 0

    with pytest.raises(ShutOut, match="day"):
        desk.ticket("905")
    assert len([one for one in there.zoho.requests if one.path.startswith("/api")]) == 1


def test_a_token_that_ended_is_renewed_and_the_organisation_still_named(there: Set, desk: DeskAlone) -> None:
    desk.ticket("905")
    there.zoho.faults.next("expired", path="/api/v1")

    assert desk.ticket("905").number == "905"


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("SCOPE_MISMATCH", "ZOHO_REFRESH_TOKEN"),
        ("OAUTH_ORG_MISMATCH", "ZOHO_DESK_ORG_ID"),
        ("FORBIDDEN", "profile"),
        ("LICENSE_ACCESS_LIMITED", "profile"),
    ],
)
def test_what_we_may_not_is_said_with_the_setting(there: Set, desk: DeskAlone, code: str, named: str) -> None:
    there.zoho.forbidden = code

    with pytest.raises(Misconfigured, match=named) as caught:
        desk.ticket("905")
    assert (caught.value.system, caught.value.operation, caught.value.status) == ("crm", "ticket", code)


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"department": "7000000000099"}, r"crm\.zoho\.desk\.department"),
        ({"key_field": "cf_nothing"}, r"crm\.zoho\.desk\.key_field"),
        ({"channel_field": "cf_nothing"}, r"crm\.zoho\.desk\.channel_field"),
        ({"contact_field": "cf_nothing"}, r"crm\.zoho\.desk\.contact_field"),
        ({"high_priority": "Critical"}, r"crm\.zoho\.desk\.high_priority"),
    ],
)
def test_a_setting_that_names_what_isnt_there_is_named(there: Set, rules: dict[str, str], named: str) -> None:
    desk = there.connector(**rules)

    with pytest.raises(Misconfigured, match=named):
        desk.open_ticket(_draft(priority=Priority.HIGH), "wrong setting")
    assert there.made_tickets() == []

    assert there.connector().open_ticket(_draft(), "wrong setting").number, "mended, it is opened"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("desk_org_id", "", "ZOHO_DESK_ORG_ID"),
        ("department", "", r"crm\.zoho\.desk\.department"),
        ("department", "Support", r"crm\.zoho\.desk\.department"),
        ("strangers", "nobody", r"crm\.zoho\.desk\.strangers"),
    ],
)
def test_it_doesnt_start_without_what_every_call_needs(there: Set, field: str, value: str, named: str) -> None:
    settings = settings_for(there.zoho)
    if field == "desk_org_id":
        assert isinstance(settings.crm_access, ZohoAccess)
        access = msgspec.structs.replace(settings.crm_access, desk_org_id=value)
        settings = msgspec.structs.replace(settings, crm_access=access)
    else:
        settings = changed(settings, **{field: value})

    with pytest.raises(Misconfigured, match=named):
        there.with_settings(settings)


def test_a_ticket_that_something_keeps_open_isnt_called_closed(there: Set, desk: DeskAlone) -> None:
    there.zoho.keeps_open = True

    with pytest.raises(Rejected, match="open"):
        desk.close_ticket("905")


def test_errors_hold_nothing_of_customers(there: Set, desk: DeskAlone) -> None:
    there.zoho.desk.custom["tickets"].discard(KEY)

    with pytest.raises(FrontdeskError) as caught:
        desk.open_ticket(_draft(subject="My secret", contact_id=there.person("101")), "secret key")
    there.zoho.desk.custom["tickets"].add(KEY)

    assert not any(word in str(caught.value) for word in ("secret", "ada@", "oauthtoken"))


# The check


def _checked(there: Set, **rules: str) -> tuple[list[str], list[str]]:
    """What is good, and what isn't."""
    found = list(check_desk(Api(changed(settings_for(there.zoho), **rules), there.engine)))
    return [one.text for one in found if one.is_good], [one.text for one in found if not one.is_good]


def test_the_check_finds_all_good_and_changes_nothing(there: Set) -> None:
    good, bad = _checked(there)

    assert bad == []
    assert any("Support" in text for text in good) and any("Done" in text for text in good)
    assert {one.method for one in there.zoho.requests if one.path.startswith("/api")} == {"GET"}


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"department": "7000000000099"}, f"{DEPARTMENT} (Support)"),
        ({"key_field": "cf_nothing"}, "crm.zoho.desk.key_field"),
        ({"channel_field": "cf_nothing"}, "crm.zoho.desk.channel_field"),
        ({"contact_field": "cf_nothing"}, "crm.zoho.desk.contact_field"),
        ({"high_priority": "Critical"}, "crm.zoho.desk.high_priority"),
        ({"strangers": "7000000009999"}, "crm.zoho.desk.strangers"),
        ({"department": ""}, "crm.zoho.desk.department"),
    ],
)
def test_the_check_says_what_is_missing_and_the_mend(there: Set, rules: dict[str, str], said: str) -> None:
    assert said in " ".join(_checked(there, **rules)[1])


def test_the_check_says_when_few_calls_are_left_or_none_allowed(there: Set) -> None:
    there.zoho.desk_credits = 500
    assert "credits" in " ".join(_checked(there)[1])

    there.zoho.forbidden = "SCOPE_MISMATCH"
    assert "ZOHO_REFRESH_TOKEN" in " ".join(_checked(there)[1])


def test_what_was_opened_before_is_left_out_of_what_came_since(there: Set, desk: DeskAlone) -> None:
    ada = there.person("101")

    assert [one.number for one in desk.tickets_since(ada, NOW - timedelta(days=4))] == ["903"]
