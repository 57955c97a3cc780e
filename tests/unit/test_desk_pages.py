"""The desk's pages and what agents do on them: each action, who may do it, what stands in the log, and all as text."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape

import pytest
from PIL import Image

from desk.uploads import LARGEST
from middleware import store
from middleware.handoff_account import as_json
from middleware.handoff_records import Reason, Understood
from tests.data.desk_scene import account, sarahs
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, KNOWN
from tests.fakes.desk import AtDesk, Browser, opened
from tests.fakes.fixtures import MakeBench

WRITE_ID = "write-of-marco-01"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
NASTY = "<script>alert(1)</script> =cmd|' /C calc'!A0 \"quotes\" & more"


@pytest.fixture
async def desk(bench: MakeBench) -> AsyncIterator[AtDesk]:
    known = FakeCrm([ADA]), FakeErp(customers=[ADAS_ACCOUNT])
    async with opened(bench(*known, handoff=0.1)) as desk:
        yield desk


def picture(kind: str = "PNG") -> bytes:
    """A picture of one dot."""
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, kind)
    return file.getvalue()


async def send(browser: Browser, handoff: str, text: str = "", write_id: str = WRITE_ID, **options: object) -> int:
    """Writes to the customer; gives the status of the answer."""
    fields = {"text": text, "write_id": write_id}
    return (await browser.post(f"/handoffs/{handoff}/write", fields, **options)).status_code


# The line


async def test_the_line_shows_who_waits_in_order_and_who_is_with_whom(desk: AtDesk) -> None:
    # given three who wait, the last of them urgent, and two who are with agents
    clock = desk.bench.clock
    ids = []
    for number, person in enumerate(("Ann", "Bob", "Cleo", "Dan", "Eve")):
        clock.advance(timedelta(minutes=1))
        known = as_json(account(person, "Example"))
        ids.append(await desk.asked(f"rest:{number}", "hello", is_urgent=person == "Cleo", account=known))
    marco, lena = await desk.agent(), await desk.agent("lena")
    await marco.post(f"/handoffs/{ids[3]}/claim")
    await lena.post(f"/handoffs/{ids[4]}/claim")
    clock.advance(timedelta(minutes=61))

    page = (await marco.get("/")).text

    parts = ["Waiting", "Cleo", "Urgent", "Ann", "Bob", "With you", "Dan", "With colleagues", "Eve", "Lena Fischer"]
    places = [page.index(f">{part}") for part in parts]
    assert places == sorted(places)
    assert "1 h 05 min" in page


async def test_an_empty_line_says_so(desk: AtDesk) -> None:
    assert "Nobody is waiting." in (await (await desk.agent()).get("/")).text


async def test_whoever_left_word_out_of_hours_is_listed_apart(desk: AtDesk) -> None:
    desk.bench.clock.advance(timedelta(hours=9))
    handoff = await desk.asked()
    marco = await desk.agent()

    page = (await marco.get("/")).text
    assert "Left out of hours" in page
    assert (await marco.post(f"/handoffs/{handoff}/claim")).status_code == 303
    assert desk.state(handoff) == "agent"


async def test_it_is_an_agents_turn_when_the_customer_wrote_last(desk: AtDesk) -> None:
    handoff = await desk.asked()
    marco = await desk.agent()
    await marco.post(f"/handoffs/{handoff}/claim")
    assert "Your turn" not in (await marco.get("/")).text
    await desk.writes("are you there?")
    assert "Your turn" in (await marco.get("/")).text
    await marco.get(f"/handoffs/{handoff}")
    await send(marco, handoff, "I am.")
    assert "Your turn" not in (await marco.get("/")).text


# A conversation


async def test_a_conversation_shows_everything_that_is_known(desk: AtDesk) -> None:
    understood = Understood(
        text="where's my tent", intent="Order_Tracking", confidence=0.94, entities={"item": "tent"}, action="action_x"
    )
    handoff = await desk.asked(
        reason=Reason.FAILED,
        note="A rule of the company",
        reach="after six, on my mobile",
        understood=(understood,),
        account=as_json(sarahs()),
        summary={"wanted": ["The tent."], "tried": ["It was looked up."], "failed": ["It can't be changed."]},
        ticket_number="T-1077",
    )

    page = unescape((await (await desk.agent()).get(f"/handoffs/{handoff}")).text)

    for part in (
        *("a person, please", "T-1077", "A rule of the company", "after six, on my mobile"),
        *("The tent.", "It was looked up.", "It can't be changed."),
        *("Sarah Okonkwo", "10448", "sarah.okonkwo@example.com", "Hoboken, NJ"),
        *("10231", "delayed", "1 × Ridge two-person tent (moss)", "3 × Merino socks"),
        *("INV-88231", "$308.15 to be paid by", "INV-88102", "Paid on"),
        *("T-1042", "Tent poles arrived bent", "T-0988", "closed"),
        *("where's my tent", "Order_Tracking", "94 %", "item", "action_x"),
    ):
        assert part in page, part
    assert 'role="log"' in page and 'aria-live="polite"' in page


async def test_what_could_not_be_read_is_told_and_a_stranger_is_one(desk: AtDesk) -> None:
    known = as_json(account("Ann", "Example")) | {"unread": ["orders"], "unclear": ["contact"]}
    handoff = await desk.asked(account=known)
    stranger = await desk.asked("rest:two")
    marco = await desk.agent()

    page = unescape((await marco.get(f"/handoffs/{handoff}")).text)
    assert page.count("Couldn't be read.") == 1 and "know several people" in page
    assert "Nobody knows who this is" in (await marco.get(f"/handoffs/{stranger}")).text


async def test_whatever_anybody_wrote_is_shown_as_text(desk: AtDesk) -> None:
    known = as_json(account("Ann", "Example"))
    known["contact"] |= {"first_name": NASTY, "company": NASTY}
    understood = Understood(text=NASTY, intent=NASTY, confidence=1, entities={NASTY: NASTY}, action=NASTY)
    handoff = await desk.asked(
        text=NASTY,
        note=NASTY,
        reach=NASTY,
        understood=(understood,),
        account=known,
        summary={"wanted": [NASTY], "tried": [NASTY], "failed": [NASTY]},
        ticket_number=NASTY,
    )
    marco = await desk.agent()
    await marco.post(f"/handoffs/{handoff}/claim")
    await marco.get(f"/handoffs/{handoff}")
    assert await send(marco, handoff, NASTY) == 303
    await marco.post(f"/handoffs/{handoff}/note", {"body": NASTY})

    conversation, line = (await marco.get(f"/handoffs/{handoff}")).text, (await marco.get("/")).text
    await marco.post(f"/handoffs/{handoff}/close", {"reason": NASTY})
    closed = (await marco.get(f"/handoffs/{handoff}")).text

    for page in (conversation, line, closed):
        assert "<script>" not in page.replace('<script src="/static', "") and "&lt;script&gt;" in page
        assert NASTY in unescape(page)
    assert unescape(conversation).count(NASTY) >= 14


async def test_the_three_authors_differ_by_more_than_their_colour(desk: AtDesk) -> None:
    handoff = await desk.asked()
    marco = await desk.agent()
    await marco.post(f"/handoffs/{handoff}/claim")
    await marco.get(f"/handoffs/{handoff}")
    await send(marco, handoff, "hello")

    page = (await marco.get(f"/handoffs/{handoff}")).text

    assert '<span class="role">Bot</span>' in page and '<span class="role">Agent</span>' in page
    assert 'class="message customer"' in page


async def test_there_is_no_page_of_what_does_not_exist(desk: AtDesk) -> None:
    marco = await desk.agent()
    for path in (
        "/handoffs/none",
        f"/handoffs/{'a' * 32}",
        "/handoffs/%00",
        "/handoffs/none/documents/none",
        "/nowhere",
    ):
        answer = await marco.get(path)
        assert answer.status_code == 404 and "There is no such page." in answer.text


async def test_looking_at_a_conversation_is_written_down(desk: AtDesk) -> None:
    handoff = await desk.asked()
    await (await desk.agent()).get(f"/handoffs/{handoff}")
    assert desk.audit()[-1] == f"marco desk_view {handoff} ok"
    entry = desk.bench.rows(store.audit)[-1]
    assert (entry["conversation_id"], entry["level"]) == ("rest:one", "agent")
    assert len(entry["correlation_id"].split("/")[1]) == 12


# Taking


async def test_of_two_who_take_one_conversation_one_gets_it_and_the_other_sees_who(desk: AtDesk) -> None:
    handoff = await desk.asked()
    marco, lena = await desk.agent(), await desk.agent("lena")

    answers = await asyncio.gather(*(one.post(f"/handoffs/{handoff}/claim") for one in (marco, lena)))

    assert sorted(answer.status_code for answer in answers) == [303, 409]
    won, lost = ("Marco Bianchi", answers[1]) if answers[0].status_code == 303 else ("Lena Fischer", answers[0])
    assert f"{won} has this conversation." in lost.text
    assert [text for author, text in desk.said() if author == "bot"] == [f"You're now talking with {won}."]
    assert sorted(line.split(" ", 1)[1] for line in desk.audit() if "claim" in line) == [
        f"desk_claim {handoff} Conflict",
        f"desk_claim {handoff} ok",
    ]


# Writing


@pytest.fixture
async def mine(desk: AtDesk) -> tuple[AtDesk, Browser, str]:
    """A conversation that Marco has, with its page open."""
    handoff = await desk.asked()
    marco = await desk.agent()
    await marco.post(f"/handoffs/{handoff}/claim")
    await marco.get(f"/handoffs/{handoff}")
    return desk, marco, handoff


async def test_what_an_agent_writes_goes_to_the_customer(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, marco, handoff = mine
    assert await send(marco, handoff, "  Hello,\r\nhow can I help?\0  ") == 303
    assert desk.said()[-1] == ("agent", "Hello,\nhow can I help?")
    assert desk.audit()[-1] == f"marco desk_write {handoff} ok"


async def test_a_form_that_is_sent_twice_is_one_message(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, marco, handoff = mine
    assert [await send(marco, handoff, "Hello") for _ in range(2)] == [303, 303]
    assert await send(marco, handoff, "Hello", "write-of-marco-02") == 303
    assert desk.said().count(("agent", "Hello")) == 2


async def test_a_page_with_a_script_gets_no_new_page(mine: tuple[AtDesk, Browser, str]) -> None:
    _desk, marco, handoff = mine
    assert await send(marco, handoff, "Hello", headers={"Accept": "application/json"}) == 204
    answer = await marco.post(f"/handoffs/{handoff}/write", headers={"Accept": "application/json"})
    assert answer.json().keys() == {"error"}


async def test_nobody_else_writes_in_it(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, _, handoff = mine
    lena = await desk.agent("lena")
    await lena.get(f"/handoffs/{handoff}")
    answer = await lena.post(f"/handoffs/{handoff}/write", {"text": "me too", "write_id": "w" * 16})
    assert answer.status_code == 409 and "Marco Bianchi has this conversation." in answer.text
    for action in ("hand-back", "put-back", "close"):
        assert (await lena.post(f"/handoffs/{handoff}/{action}", {"reason": "x"})).status_code == 409
    assert desk.state(handoff) == "agent"


@pytest.mark.parametrize(
    ("text", "write_id", "status"),
    [(" ", WRITE_ID, 422), ("x" * 4001, WRITE_ID, 422), ("hello", "", 400), ("hello", "../../x", 400)],
)
async def test_what_cannot_be_sent_is_refused(
    mine: tuple[AtDesk, Browser, str], text: str, write_id: str, status: int
) -> None:
    desk, marco, handoff = mine
    assert await send(marco, handoff, text, write_id) == status
    assert not [one for one in desk.said() if one[0] == "agent"]


async def test_a_store_that_fails_is_told_as_that(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, marco, handoff = mine
    desk.bench.lose(store.messages)
    assert await send(marco, handoff, "Hello", headers={"Accept": "application/json"}) == 503


# Documents


async def sends_document(browser: Browser, handoff: str, name: str, content: bytes, text: str = "") -> tuple[int, str]:
    """Sends a document; gives the status, and the page's text."""
    answer = await browser.post(
        f"/handoffs/{handoff}/write",
        {"text": text, "write_id": WRITE_ID},
        files={"document": (name, content, "application/x-whatever")},
    )
    return answer.status_code, unescape(answer.text)


@pytest.mark.parametrize(
    ("name", "content", "kept", "media_type"),
    [
        ("offer.pdf", PDF, "offer.pdf", "application/pdf"),
        ("photo.png", picture(), "photo.png", "image/png"),
        ("photo.JPEG", picture("JPEG"), "photo.JPEG", "image/jpeg"),
        ("C:\\Users\\marco\\offer.pdf", PDF, "offer.pdf", "application/pdf"),
        ("../../etc/passwd", PDF, "passwd.pdf", "application/pdf"),
        ("offer.exe", PDF, "offer.exe.pdf", "application/pdf"),
        ("x" * 300 + ".pdf", PDF, "x" * 116 + ".pdf", "application/pdf"),
        ("Angebot Żółć.pdf", PDF, "Angebot Żółć.pdf", "application/pdf"),
    ],
)
async def test_a_document_goes_to_the_customer_under_its_own_name(
    mine: tuple[AtDesk, Browser, str], name: str, content: bytes, kept: str, media_type: str
) -> None:
    desk, marco, handoff = mine

    assert (await sends_document(marco, handoff, name, content))[0] == 303

    [document] = desk.bench.rows(store.documents)
    assert (document["kind"], document["object"], document["name"]) == ("attachment", handoff, kept)
    message = desk.bench.rows(store.messages)
    sent = next(row["payload"] for row in message if row["author"] == "agent")
    assert sent["attachment"] == {"id": document["id"], "name": kept} and sent["text"] == kept
    assert desk.audit()[-1] == f"marco desk_document_send {handoff} ok"

    opened = await marco.get(f"/handoffs/{handoff}/documents/{document['id']}")
    assert (opened.status_code, opened.content, opened.headers["Content-Type"]) == (200, content, media_type)
    assert opened.headers["Content-Disposition"].startswith("attachment;")
    assert desk.audit()[-1] == f"marco desk_document_open {handoff}/{document['id']} ok"


async def test_a_document_may_come_with_words(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, marco, handoff = mine
    await sends_document(marco, handoff, "offer.pdf", PDF, "Here is our offer.")
    assert desk.said()[-1] == ("agent", "Here is our offer.")
    assert "offer.pdf" in (await marco.get(f"/handoffs/{handoff}")).text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("offer.pdf", b"MZ\x90 a program"),
        ("photo.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("photo.png", picture()[:20]),
        ("photo.gif", picture("GIF")),
        ("page.pdf", b"<html><script>alert(1)</script></html>"),
        ("empty.pdf", b""),
    ],
)
async def test_what_only_seems_to_be_a_document_is_refused(
    mine: tuple[AtDesk, Browser, str], name: str, content: bytes
) -> None:
    desk, marco, handoff = mine
    status, page = await sends_document(marco, handoff, name, content)
    assert status == 422 and "Only PDF files, and PNG and JPEG pictures, can be sent." in page
    assert desk.bench.rows(store.documents) == []


@pytest.mark.parametrize(("more", "status"), [(1, 422), (200_000, 413)])
async def test_a_document_that_is_too_large_is_not_taken(
    mine: tuple[AtDesk, Browser, str], more: int, status: int
) -> None:
    desk, marco, handoff = mine
    assert (await sends_document(marco, handoff, "offer.pdf", PDF + b"x" * (LARGEST + more)))[0] == status
    assert desk.bench.rows(store.documents) == []


async def test_other_forms_take_no_large_body(mine: tuple[AtDesk, Browser, str]) -> None:
    _, marco, handoff = mine
    assert (await marco.post(f"/handoffs/{handoff}/note", {"body": "x" * 100_000})).status_code == 413


async def test_a_colleague_who_has_not_the_conversation_sends_no_document(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, _, handoff = mine
    lena = await desk.agent("lena")
    await lena.get(f"/handoffs/{handoff}")
    assert (await sends_document(lena, handoff, "offer.pdf", PDF))[0] == 409
    assert desk.bench.rows(store.documents) == []


async def test_a_document_of_another_conversation_is_not_shown_with_this_one(
    mine: tuple[AtDesk, Browser, str],
) -> None:
    desk, marco, handoff = mine
    await sends_document(marco, handoff, "offer.pdf", PDF)
    [document] = desk.bench.rows(store.documents)
    other = await desk.asked("rest:two")

    assert (await marco.get(f"/handoffs/{other}/documents/{document['id']}")).status_code == 404
    assert (await desk.browser().get(f"/handoffs/{handoff}/documents/{document['id']}")).status_code == 303


# The rest


async def test_notes_are_for_colleagues_and_not_for_the_customer(mine: tuple[AtDesk, Browser, str]) -> None:
    desk, marco, handoff = mine
    assert (await marco.post(f"/handoffs/{handoff}/note", {"body": "She is very patient."})).status_code == 303

    assert "She is very patient." in (await (await desk.agent("lena")).get(f"/handoffs/{handoff}")).text
    assert "She is very patient." not in str(desk.said())
    assert f"marco desk_note {handoff} ok" in desk.audit()
    assert (await marco.post(f"/handoffs/{handoff}/note", {"body": " "})).status_code == 422


@pytest.mark.parametrize(("action", "state"), [("hand-back", "returned"), ("put-back", "waiting"), ("close", "closed")])
async def test_a_conversation_is_given_away(mine: tuple[AtDesk, Browser, str], action: str, state: str) -> None:
    desk, marco, handoff = mine

    answer = await marco.post(f"/handoffs/{handoff}/{action}", {"reason": "Solved"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert desk.state(handoff) == state
    assert desk.audit()[-2] == f"marco desk_{action.replace('-', '_')} {handoff} ok" or desk.audit()[-1] == (
        f"marco desk_{action.replace('-', '_')} {handoff} ok"
    )
    again = await marco.post(f"/handoffs/{handoff}/{action}", {"reason": "Solved"})
    assert again.status_code == 409
    assert "You don't have this conversation any more." in unescape(again.text)


async def test_closing_needs_a_reason_which_colleagues_read(mine: tuple[AtDesk, Browser, str]) -> None:
    _desk, marco, handoff = mine
    assert (await marco.post(f"/handoffs/{handoff}/close", {"reason": " "})).status_code == 422
    await marco.post(f"/handoffs/{handoff}/close", {"reason": "Solved\n by  phone"})
    page = (await marco.get(f"/handoffs/{handoff}")).text
    assert "Closed" in page and "Solved by phone" in page


async def test_the_account_can_be_read_anew(desk: AtDesk) -> None:
    await desk.bench.open_turn(KNOWN)
    handoff = await desk.asked()
    marco = await desk.agent()
    await desk.bench.open_turn(KNOWN)
    assert "Nobody knows who this is" in (await marco.get(f"/handoffs/{handoff}")).text

    page = (await marco.post(f"/handoffs/{handoff}/account")).text
    part = await marco.post(f"/handoffs/{handoff}/account", headers={"Accept": "application/json"})

    for shown in (page, part.json()["part"]):
        assert "Ada Lovett" in shown and "As of 13:30" in shown
    assert desk.audit()[-1] == f"marco desk_account {handoff} ok"
