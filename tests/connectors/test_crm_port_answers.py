"""What every CRM connector must tell of what the company's people write on tickets, whatever system is behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from middleware.crm.base import Crm
from middleware.records import AgentComment
from tests.connectors.conftest import HOSTILE
from tests.connectors.inside import Inside
from tests.connectors.test_crm_port_tickets import ODD_TEXTS, comment_draft
from tests.fakes.building import ticket_draft

LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)

Opened = Callable[[], str]


@pytest.fixture
def opened(crm: Crm, request: pytest.FixtureRequest) -> Opened:
    """Opens tickets that are the test's own, and gives their numbers."""
    made: list[str] = []

    def open_one() -> str:
        made.append(crm.open_ticket(ticket_draft(contact_id=None), f"{request.node.name} {len(made)}").number)
        return made[-1]

    return open_one


def _told(comments: list[AgentComment]) -> list[tuple[str, str, str]]:
    return [(one.ticket_number, one.comment.author, one.comment.body) for one in comments]


def _since_long_ago(crm: Crm, *numbers: str) -> list[AgentComment]:
    return list(crm.comments_since(numbers, LONG_AGO))


def test_what_an_agent_writes_is_told_with_who_wrote_it_and_when(crm: Crm, inside: Inside, opened: Opened) -> None:
    number = opened()
    before = datetime.now(timezone.utc).replace(microsecond=0)

    inside.agent_writes(number, "Marco Bianchi", "It is on its way.")

    (written,) = _since_long_ago(crm, number)
    assert _told([written]) == [(number, "Marco Bianchi", "It is on its way.")]
    assert written.id
    assert before <= written.comment.written_at <= datetime.now(timezone.utc)
    assert written.comment == crm.ticket(number).last_comment


def test_what_agents_write_comes_oldest_first_each_once(crm: Crm, inside: Inside, opened: Opened) -> None:
    number = opened()
    said = [f"Line {place}" for place in range(12)]
    for place, words in enumerate(said):
        inside.agent_writes(number, ("Marco Bianchi", "Priya Nair")[place % 2], words)

    written = _since_long_ago(crm, number)

    assert [one.comment.body for one in written] == said
    assert [one.comment.author for one in written[:2]] == ["Marco Bianchi", "Priya Nair"]
    assert len({one.id for one in written}) == len(said)
    assert _since_long_ago(crm, number) == written, "they keep their ids"


def test_the_same_words_written_twice_are_two_comments(crm: Crm, inside: Inside, opened: Opened) -> None:
    number = opened()

    for _ in range(2):
        inside.agent_writes(number, "Marco Bianchi", "Hello?")

    assert len({one.id for one in _since_long_ago(crm, number)}) == 2


def test_several_tickets_are_asked_for_at_once(crm: Crm, inside: Inside, opened: Opened) -> None:
    first, second, another = opened(), opened(), opened()
    inside.agent_writes(second, "Marco Bianchi", "one")
    inside.agent_writes(first, "Marco Bianchi", "two")
    inside.agent_writes(another, "Marco Bianchi", "of nobody who is asked for")
    inside.agent_writes(second, "Priya Nair", "three")

    written = _since_long_ago(crm, first, second)

    assert _told(written) == [
        (second, "Marco Bianchi", "one"),
        (first, "Marco Bianchi", "two"),
        (second, "Priya Nair", "three"),
    ]
    assert _since_long_ago(crm, second, first, second) == written


def test_what_was_written_before_is_left_out(crm: Crm, inside: Inside, opened: Opened) -> None:
    number = opened()
    inside.agent_writes(number, "Marco Bianchi", "Hello?")
    (written,) = _since_long_ago(crm, number)
    at = written.comment.written_at

    assert list(crm.comments_since([number], at)) == [written]
    assert list(crm.comments_since([number], at + timedelta(seconds=1))) == []


def test_a_moment_is_the_same_in_any_zone(crm: Crm, inside: Inside, opened: Opened) -> None:
    number = opened()
    inside.agent_writes(number, "Marco Bianchi", "Hello?")
    (written,) = _since_long_ago(crm, number)
    for hours in (-11, 14):
        zone = timezone(timedelta(hours=hours))

        at = written.comment.written_at.astimezone(zone)

        assert list(crm.comments_since([number], at)) == [written]
        assert list(crm.comments_since([number], at + timedelta(seconds=1))) == []


def test_what_stays_inside_is_told_to_nobody(crm: Crm, inside: Inside, opened: Opened) -> None:
    number = opened()

    inside.agent_writes(number, "Marco Bianchi", "Secret: the whole batch is bad.", is_public=False)
    crm.keep_transcript(number, "Secret")

    assert _since_long_ago(crm, number) == []
    assert crm.ticket(number).last_comment is None


def test_what_the_assistant_wrote_isnt_among_it(crm: Crm, inside: Inside, opened: Opened) -> None:
    number = opened()
    crm.comment_ticket(number, comment_draft("Any news?"), f"answers: customer's {number}")
    inside.agent_writes(number, "Marco Bianchi", "Any news?")
    crm.comment_ticket(number, comment_draft("Secret", "Marco", is_public=False), f"answers: desk's {number}")

    assert _told(_since_long_ago(crm, number)) == [(number, "Marco Bianchi", "Any news?")]


def test_what_is_written_on_a_closed_ticket_is_told_too(crm: Crm, inside: Inside, opened: Opened) -> None:
    number = opened()
    inside.agent_writes(number, "Marco Bianchi", "I close it now.")
    crm.close_ticket(number)
    inside.agent_writes(number, "Marco Bianchi", "One more thing.")

    assert [one.comment.body for one in _since_long_ago(crm, number)] == ["I close it now.", "One more thing."]


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_words_are_told_as_they_were_written(crm: Crm, inside: Inside, opened: Opened, text: str) -> None:
    number = opened()

    inside.agent_writes(number, "Zoë Ó Súilleabháin", text)

    assert _told(_since_long_ago(crm, number)) == [(number, "Zoë Ó Súilleabháin", text)]


def test_of_no_tickets_nothing_is_told(crm: Crm) -> None:
    assert _since_long_ago(crm) == []


def test_tickets_that_arent_there_hide_nothing_of_others(crm: Crm, inside: Inside, opened: Opened) -> None:
    number = opened()
    inside.agent_writes(number, "Marco Bianchi", "Hello?")
    nobodys = [str(place) for place in range(880_000, 880_150)]

    assert _since_long_ago(crm, *nobodys) == []
    assert _told(_since_long_ago(crm, *nobodys[:75], number, *nobodys[75:])) == [(number, "Marco Bianchi", "Hello?")]


def test_hostile_numbers_have_nothing_written_on_them(crm: Crm, hostile: str) -> None:
    assert _since_long_ago(crm, hostile) == []


def test_hostile_numbers_hide_nothing_of_others(crm: Crm, inside: Inside, opened: Opened) -> None:
    number = opened()
    inside.agent_writes(number, "Marco Bianchi", "Hello?")

    assert _told(_since_long_ago(crm, *HOSTILE, number)) == [(number, "Marco Bianchi", "Hello?")]
