"""What every CRM connector must do with tickets, whatever system is behind it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from middleware.crm.base import Crm
from middleware.errors import FrontdeskError, NotFound, Rejected
from middleware.records import CommentDraft, Priority, Ticket, TicketDraft
from tests.connectors.inside import Inside
from tests.fakes.building import ticket_draft

ODD_TEXTS = (
    "=cmd()",
    '=HYPERLINK("https://example.com","you")',
    "<script>alert('you')</script>",
    "'; DROP TABLE crm_tickets; --",
    "Zoë Ó Súilleabháin-Nguyễn",
    "山田太郎",
    "مريم الأنصاري",
    "🧥🧢",
    "{{ 7 * 7 }} ${7 * 7} %s %(x)s \\n",
    "one line\nand another\n\nand a third",
)


def _draft(**fields: object) -> TicketDraft:
    return ticket_draft(**({"contact_id": None} | fields))


def comment_draft(body: str = "Any news?", author: str = "Ada Lovett", is_public: bool = True) -> CommentDraft:
    """A comment that is to be written."""
    return CommentDraft(body=body, author=author, is_public=is_public)


def _opened(crm: Crm, key: str) -> Ticket:
    return crm.open_ticket(_draft(), key)


@pytest.fixture(scope="module")
def cora(crm: Crm) -> str:
    """The id of a person who has no tickets at first."""
    (contact,) = crm.contacts_by_email("cora@example.com")
    return contact.id


# Reading


def test_a_ticket_is_read_by_its_number_whoever_it_belongs_to(crm: Crm, now: datetime) -> None:
    ticket = crm.ticket("905")

    assert (ticket.number, ticket.subject, ticket.is_open) == ("905", "Late parcel", True)
    assert ticket.opened_at == now - timedelta(days=1)
    assert ticket.last_comment is not None and ticket.last_comment.body == "Where is it?"


def test_a_ticket_that_isnt_there_isnt_found(crm: Crm) -> None:
    with pytest.raises(NotFound):
        crm.ticket("999")


def test_earlier_tickets_come_newest_first_with_the_closed_ones(crm: Crm, now: datetime) -> None:
    (ada,) = crm.contacts_by_email("ada@example.com")

    tickets = crm.tickets_since(ada.id, now - timedelta(days=8))

    assert [(one.number, one.is_open) for one in tickets] == [("903", True), ("904", True), ("902", False)]
    assert {one.owner for one in tickets} == {ada.id}
    assert "Secret" not in str(tickets)


def test_nothing_is_earlier_than_it_was_asked_for(crm: Crm, now: datetime) -> None:
    (ben,) = crm.contacts_by_email("ben@example.com")

    assert [one.number for one in crm.tickets_since(ben.id, now - timedelta(days=1))] == ["905"]
    assert list(crm.tickets_since(ben.id, now - timedelta(hours=23))) == []


# Opening


def test_an_opened_ticket_is_there_with_everything_that_was_given(crm: Crm, inside: Inside, cora: str) -> None:
    draft = _draft(contact_id=cora, priority=Priority.HIGH, channel="whatsapp")

    made = crm.open_ticket(draft, "opened")

    assert made.number and made.is_open and made.last_comment is None
    assert (made.subject, made.owner) == (draft.subject, cora)
    assert made.opened_at.utcoffset() is not None
    assert crm.ticket(made.number) == made
    assert crm.open_tickets(cora)[0] == crm.tickets_since(cora, made.opened_at)[0] == made
    assert inside.ticket(made.number) == draft


def test_a_stranger_has_a_ticket_of_nobodys(crm: Crm, inside: Inside) -> None:
    made = crm.open_ticket(_draft(contact_id=None), "stranger")

    assert made.contact_id is None and made.owner == ""
    assert crm.ticket(made.number) == made
    assert inside.ticket(made.number).priority is Priority.NORMAL


def test_the_same_key_opens_one_ticket(crm: Crm, cora: str) -> None:
    before = len(crm.open_tickets(cora))

    made = [crm.open_ticket(_draft(contact_id=cora), "same") for _ in range(3)]

    assert made[0] == made[1] == made[2]
    assert len(crm.open_tickets(cora)) == before + 1


def test_a_key_that_comes_again_after_the_ticket_went_on_answers_it_as_it_is_now(crm: Crm) -> None:
    made = _opened(crm, "went on")
    crm.comment_ticket(made.number, comment_draft("Here I am."), "went on: comment")
    crm.close_ticket(made.number)

    again = crm.open_ticket(_draft(subject="something else"), "went on")

    assert again == crm.ticket(made.number)
    assert (again.number, again.subject, again.is_open) == (made.number, made.subject, False)


def test_other_keys_open_other_tickets(crm: Crm) -> None:
    numbers = {_opened(crm, f"other {place}").number for place in range(5)}

    assert len(numbers) == 5


def test_a_ticket_of_a_person_who_isnt_there_isnt_opened(crm: Crm) -> None:
    with pytest.raises(NotFound):
        crm.open_ticket(_draft(contact_id="999"), "whose")

    assert crm.open_ticket(_draft(), "whose").number, "the key is good for another one"


def test_a_description_as_long_as_may_be_is_kept_whole(crm: Crm, inside: Inside) -> None:
    description = "\n".join(f"{place:05} é & <b> 🧥" for place in range(1900))[:32_000]

    made = crm.open_ticket(_draft(description=description), "long")

    assert inside.ticket(made.number).description == description


# Commenting


def test_a_public_comment_is_the_newest_that_the_customer_sees(crm: Crm, inside: Inside) -> None:
    number = _opened(crm, "commented").number

    first = crm.comment_ticket(number, comment_draft("Any news?"), "commented: 1")
    second = crm.comment_ticket(number, comment_draft("Hello?", "Ada"), "commented: 2")

    assert (first.body, first.author) == ("Any news?", "Ada Lovett")
    assert second.written_at.utcoffset() is not None and second.written_at >= first.written_at
    assert crm.ticket(number).last_comment == second
    assert [one.body for one in inside.comments(number)] == ["Any news?", "Hello?"]


def test_an_internal_comment_stays_inside(crm: Crm, inside: Inside, cora: str) -> None:
    number = crm.open_ticket(_draft(contact_id=cora), "internal").number
    crm.comment_ticket(number, comment_draft("Hello?"), "internal: 1")

    crm.comment_ticket(number, comment_draft("Secret: she is right.", "Marco", is_public=False), "internal: 2")

    assert [one.is_public for one in inside.comments(number)] == [True, False]
    assert "Secret" not in str((crm.ticket(number), crm.open_tickets(cora), crm.tickets_since(cora, _long_ago())))


def test_the_same_key_writes_one_comment(crm: Crm, inside: Inside) -> None:
    number = _opened(crm, "once").number

    written = [crm.comment_ticket(number, comment_draft(), "once: comment") for _ in range(3)]

    assert written[0] == written[1] == written[2]
    assert inside.comments(number) == [comment_draft()]


def test_the_same_words_under_another_key_are_another_comment(crm: Crm, inside: Inside) -> None:
    number = _opened(crm, "twice").number

    for place in range(2):
        crm.comment_ticket(number, comment_draft(), f"twice: {place}")

    assert len(inside.comments(number)) == 2


def test_a_closed_ticket_can_be_commented_on_and_stays_closed(crm: Crm) -> None:
    number = _opened(crm, "closed").number
    crm.close_ticket(number)

    written = crm.comment_ticket(number, comment_draft("One more thing."), "closed: comment")

    ticket = crm.ticket(number)
    assert (ticket.is_open, ticket.last_comment) == (False, written)


def test_a_long_comment_loses_no_word(crm: Crm, inside: Inside) -> None:
    number = _opened(crm, "long comment").number
    words = [f"wörd&{place}" for place in range(2000)]

    crm.comment_ticket(number, comment_draft(" ".join(words)), "long comment: it")

    assert "".join(one.body for one in inside.comments(number)).split() == words


def test_a_ticket_that_isnt_there_cant_be_commented_on(crm: Crm) -> None:
    with pytest.raises(NotFound):
        crm.comment_ticket("999", comment_draft(), "nowhere")


# Closing


def test_a_closed_ticket_is_closed(crm: Crm, cora: str) -> None:
    made = crm.open_ticket(_draft(contact_id=cora), "to be closed")

    closed = crm.close_ticket(made.number)

    assert (closed.number, closed.is_open) == (made.number, False)
    assert crm.ticket(made.number) == closed
    assert made.number not in [one.number for one in crm.open_tickets(cora)]
    assert closed in crm.tickets_since(cora, made.opened_at)


def test_a_ticket_can_be_closed_twice(crm: Crm) -> None:
    number = _opened(crm, "closed twice").number

    assert crm.close_ticket(number) == crm.close_ticket(number)


def test_a_ticket_that_isnt_there_cant_be_closed(crm: Crm) -> None:
    with pytest.raises(NotFound):
        crm.close_ticket("999")


# Transcripts


def test_a_transcript_is_there_for_the_people_and_for_nobody_else(crm: Crm, inside: Inside) -> None:
    number = _opened(crm, "transcript").number

    crm.keep_transcript(number, "10:31 Customer: Secret\n10:32 Bot: Hello")

    assert inside.transcript(number) == "10:31 Customer: Secret\n10:32 Bot: Hello"
    assert "Secret" not in str(crm.ticket(number))


def test_a_later_transcript_takes_the_place_of_the_one_before(crm: Crm, inside: Inside) -> None:
    number = _opened(crm, "transcripts").number

    for lines in ("one", "one\ntwo", "one\ntwo", "one\ntwo\nthree"):
        crm.keep_transcript(number, lines)

    assert inside.transcript(number) == "one\ntwo\nthree"


def test_a_transcript_of_two_hundred_thousand_characters_is_complete(crm: Crm, inside: Inside) -> None:
    number = _opened(crm, "long transcript").number
    transcript = "".join(f"{place:06} Kunde: ¿Où est ma veste? 🧥\n" for place in range(6000))

    crm.keep_transcript(number, transcript)

    assert len(transcript) > 200_000
    assert inside.transcript(number) == transcript


def test_a_transcript_of_a_ticket_that_isnt_there_isnt_kept(crm: Crm) -> None:
    with pytest.raises(NotFound):
        crm.keep_transcript("999", "hello")


# Whatever is written


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_text_is_kept_as_it_is_in_every_field(crm: Crm, inside: Inside, cora: str, text: str) -> None:
    line = text.replace("\n", " ")  # a subject and a name are on one

    made = crm.open_ticket(_draft(contact_id=cora, subject=line, description=text), f"odd {text}")
    written = crm.comment_ticket(made.number, comment_draft(text, line), f"odd comment {text}")
    crm.keep_transcript(made.number, text)

    assert (made.subject, written.body, written.author) == (line, text, line)
    assert crm.ticket(made.number).last_comment == written
    kept = inside.ticket(made.number)
    assert (kept.subject, kept.description, inside.transcript(made.number)) == (line, text, text)


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\x00"], ids=ascii)
def test_what_no_system_can_store_is_left_out_or_refused(crm: Crm, text: str) -> None:
    try:
        made = crm.open_ticket(_draft(subject=text, description=text), f"unstorable {text!a}")
        crm.comment_ticket(made.number, comment_draft(text, text), f"unstorable comment {text!a}")
        crm.keep_transcript(made.number, text)
    except Rejected:
        pass

    assert _opened(crm, f"after {text!a}").number, "it still answers"


def test_hostile_numbers_are_no_tickets(crm: Crm, now: datetime, hostile: str) -> None:
    with pytest.raises(NotFound):
        crm.ticket(hostile)
    with pytest.raises(NotFound):
        crm.comment_ticket(hostile, comment_draft(), "hostile")
    with pytest.raises(NotFound):
        crm.close_ticket(hostile)
    with pytest.raises(NotFound):
        crm.keep_transcript(hostile, "hello")
    assert list(crm.tickets_since(hostile, now - timedelta(days=500))) == []
    assert crm.ticket("905"), "it still answers"


def test_hostile_people_have_no_tickets(crm: Crm, hostile: str) -> None:
    with pytest.raises(NotFound):
        crm.open_ticket(_draft(contact_id=hostile), "hostile person")


def test_a_hostile_key_opens_one_ticket_or_none(crm: Crm, hostile: str) -> None:
    try:
        made = crm.open_ticket(_draft(), hostile)
    except FrontdeskError:
        made = None

    if made is not None:
        assert crm.open_ticket(_draft(), hostile) == made
    assert crm.ticket("905"), "it still answers"


def _long_ago() -> datetime:
    return datetime.fromisoformat("2000-01-01T00:00:00+00:00")
