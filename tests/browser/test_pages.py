"""The desk in a real browser, on an afternoon's scene: for everybody, on a phone, by the keyboard, in the dark."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame, Page, Route, expect

from middleware import store
from middleware.identity import Proof
from tests.browser.conftest import PHONE, SCREEN, Scene, done
from tests.data.desk_scene import MARCO
from tests.fakes.desk import LENA


def problems(page: Page | Frame) -> list[str]:
    """What axe finds wrong with a page."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found for node in one["nodes"]]


def sideways(page: Page | Frame) -> int:
    """By how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


# Everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
def test_everybody_can_use_every_page(scene: Scene, scheme: str, size: dict[str, int]) -> None:
    visit = scene.open(size=size, scheme=scheme)
    page = visit.page
    page.goto(scene.url)
    found = {"log-in": problems(page)}
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found["refused"] = problems(page)

    visit.log_in()
    found["line"] = problems(page)
    for name in ("sarah", "web", "noor"):
        page.goto(scene.path(name))
        found[name] = problems(page)
        found[f"{name} is too wide"] = [str(sideways(page))] if sideways(page) > 0 else []
    page.goto(scene.path("sarah"))
    page.get_by_text("Close …").click()
    found["closing"] = problems(page)
    page.goto(f"{scene.url}/nowhere")
    found["nowhere"] = problems(page)

    assert {name: what for name, what in found.items() if what} == {}


def test_on_a_phone_nothing_is_beside_the_screen(scene: Scene) -> None:
    visit = scene.open(size=PHONE)
    visit.page.goto(scene.url)
    assert sideways(visit.page) <= 0
    page = visit.log_in()
    assert sideways(page) <= 0
    page.get_by_role("link", name="Sarah Okonkwo").click()
    expect(page.locator("#composer")).to_be_in_viewport()
    assert sideways(page) <= 0
    page.get_by_label("Write to Sarah Okonkwo").fill("w" * 300 + " https://example.com/" + "x" * 200)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.agent").last).to_contain_text("wwww")
    assert sideways(page) <= 0


def test_what_was_written_is_text_in_the_browser_too(scene: Scene) -> None:
    nasty = "<script>document.title = 'ridden'</script><img src=x onerror=\"document.title = 'ridden'\"> =cmd()"
    page = scene.open().log_in()
    page.goto(scene.path("web"))
    messages = scene.bench.middleware.messages
    done(messages.open_turn("rest:web", "rest", nasty, None, Proof()))
    for _ in range(2):  # as it comes in, and as it stands there
        expect(page.locator(".message.customer").last).to_contain_text(nasty)
        expect(page.locator("#side")).to_contain_text("<script>document.title")
        assert page.locator("main script, main img").count() == 0
        assert "ridden" not in page.title()
        page.reload()


# The keyboard


def test_the_keyboard_is_enough_to_take_a_conversation_and_to_answer(scene: Scene) -> None:
    # given somebody who has no mouse
    visit = scene.open()
    page, keys = visit.page, visit.page.keyboard
    page.goto(scene.url)
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()  # which the browser does a moment after loading
    keys.type("marco")
    keys.press("Tab")
    keys.type("correct horse battery")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Waiting")).to_be_visible()
    page.wait_for_load_state()

    # when they look for Priya in the line, take her, and answer
    keys.press("j")
    keys.press("j")
    expect(page.get_by_role("link", name="Priya Raman")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Priya Raman")).to_be_visible()
    page.wait_for_load_state()
    keys.press("t")
    expect(page.get_by_text("With you", exact=True).first).to_be_visible()
    expect(page.get_by_label("Write to Priya Raman")).to_be_focused()
    keys.type("Hello Priya,")
    keys.press("Shift+Enter")
    keys.type("forest green comes in spring.")
    keys.press("Enter")

    # then it was sent, and they go on writing
    expect(page.locator(".message.agent:not(.pending)").last).to_contain_text("forest green comes in spring.")
    expect(page.get_by_label("Write to Priya Raman")).to_have_value("")
    expect(page.get_by_label("Write to Priya Raman")).to_be_focused()

    # and they note something, and close it
    keys.press("Escape")
    keys.press("n")
    keys.type("Wants forest green.")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".notes")).to_contain_text("Wants forest green.")
    page.locator("#closing").focus()
    keys.press("Enter")
    keys.press("Tab")
    keys.type("Solved")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Waiting")).to_be_visible()
    closed = next(row for row in scene.bench.rows(store.handoffs) if row["id"] == scene.ids["priya"])
    assert (closed["state"], closed["close_reason"]) == ("closed", "Solved")


def test_every_stop_of_the_keyboard_is_seen_and_the_first_skips_to_the_content(scene: Scene) -> None:
    page = scene.open().log_in()
    page.goto(scene.path("tom"))
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    stops = []
    for _ in range(30):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                "(() => { const e = document.activeElement, s = getComputedStyle(e);"
                " return [e.tagName, s.outlineStyle, parseFloat(s.outlineWidth)]; })()"
            )
        )
    unseen = [stop for stop in stops if stop[0] != "BODY" and (stop[1] == "none" or stop[2] < 1)]
    assert unseen == []


def test_the_shortcuts_are_listed_and_can_be_switched_off(scene: Scene) -> None:
    page = scene.open().log_in()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
    page.get_by_label("Single letters are shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("a.entry:focus")).to_have_count(0)
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_hidden()
    page.get_by_role("button", name=re.compile("Shortcuts")).click()
    expect(page.get_by_label("Single letters are shortcuts")).not_to_be_checked()


# Writing


def test_what_is_written_is_there_at_once_however_slow_the_server_is(scene: Scene) -> None:
    page = scene.open().log_in()
    page.goto(scene.path("sarah"))
    held: list[Route] = []
    page.route("**/write", lambda route: held.append(route))
    begun = page.evaluate("performance.now()")

    for word in ("one", "two"):
        page.get_by_label("Write to Sarah Okonkwo").fill(word)
        page.keyboard.press("Enter")
    expect(page.locator(".message.pending")).to_have_count(2)
    shown = page.evaluate("performance.now()") - begun

    for number in range(2):
        while len(held) <= number:
            page.wait_for_timeout(50)
        held[number].continue_()
    expect(page.locator(".message.pending")).to_have_count(0)
    assert page.locator(".message.agent .text").all_inner_texts()[-2:] == ["one", "two"]
    assert shown < 2000


def test_what_could_not_be_sent_is_kept_and_sent_once(scene: Scene) -> None:
    page = scene.open().log_in()
    page.goto(scene.path("sarah"))

    # given an answer that is lost after the message was taken
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/write", lose)
    page.get_by_label("Write to Sarah Okonkwo").fill("only once")
    page.keyboard.press("Enter")
    expect(page.locator(".message.agent").last).to_contain_text("only once")

    # when it is tried again, if it still stands there
    while not lost:
        page.wait_for_timeout(50)
    page.unroute("**/write")
    again = page.get_by_role("button", name="Try again")
    while page.locator(".message.pending").count():
        with suppress(PlaywrightError):  # it may go while it is pressed
            if again.is_visible():
                again.click(timeout=1000)
        page.wait_for_timeout(50)

    # then it is one message
    page.reload()
    assert page.locator("#log .text").all_inner_texts().count("only once") == 1


def test_a_server_that_is_not_there_is_told_and_nothing_is_lost(scene: Scene) -> None:
    page = scene.open().log_in()
    page.goto(scene.path("sarah"))
    page.route("**/write", lambda route: route.abort())
    page.get_by_label("Write to Sarah Okonkwo").fill("can you hear me?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This wasn't sent.")
    page.unroute("**/write")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".message.pending")).to_have_count(0)
    expect(page.locator(".message.agent").last).to_contain_text("can you hear me?")


def test_a_document_is_sent_and_can_be_opened(scene: Scene, tmp_path: Path) -> None:
    page = scene.open().log_in()
    page.goto(scene.path("sarah"))
    paper = tmp_path / "Offer for Sarah.pdf"
    paper.write_bytes(b"%PDF-1.4\n%%EOF\n")
    page.get_by_label(re.compile("Document to send")).set_input_files(paper)
    page.get_by_role("button", name="Send", exact=True).click()
    link = page.locator(".paper a")
    expect(link).to_have_text("Offer for Sarah.pdf")
    with page.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes() == paper.read_bytes()

    wrong = tmp_path / "program.pdf"
    wrong.write_bytes(b"MZ")
    page.get_by_label(re.compile("Document to send")).set_input_files(wrong)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Only PDF files")


def test_without_a_script_everything_works_as_well(scene: Scene) -> None:
    page = scene.open(java_script_enabled=False).log_in()
    page.goto(scene.path("priya"))
    page.get_by_role("button", name="Take", exact=True).click()
    page.get_by_label("Write to Priya Raman").fill("Hello Priya")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.agent").last).to_contain_text("Hello Priya")
    page.get_by_label("Note for colleagues").fill("No script here")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator(".notes")).to_contain_text("No script here")
    page.get_by_role("button", name="Back to the assistant").click()
    expect(page.get_by_role("heading", name="Waiting")).to_be_visible()


# While one looks


def test_nothing_that_is_being_written_is_lost_when_the_page_moves(scene: Scene) -> None:
    page = scene.open().log_in()
    page.goto(scene.path("sarah"))
    page.get_by_label("Write to Sarah Okonkwo").fill("half a sent")
    page.locator("#closing").click()
    page.get_by_label("Why is it closed?").fill("half a reas")

    done(scene.bench.middleware.desk_line.add_note(scene.ids["sarah"], LENA, "a word from Lena"))
    expect(page.locator(".notes")).to_contain_text("a word from Lena")

    assert page.get_by_label("Write to Sarah Okonkwo").input_value() == "half a sent"
    assert page.get_by_label("Why is it closed?").input_value() == "half a reas"


def test_whoever_loses_a_conversation_sees_it_and_can_write_no_more(scene: Scene) -> None:
    page = scene.open().log_in()
    page.goto(scene.path("sarah"))
    expect(page.locator("#composer")).to_be_visible()

    done(scene.bench.middleware.desk_line.put_back(scene.ids["sarah"], MARCO))
    expect(page.locator("#composer")).to_be_hidden()
    done(scene.bench.middleware.desk_line.claim(scene.ids["sarah"], LENA))
    expect(page.locator("#standing")).to_contain_text("With Lena Fischer")


def test_a_page_whose_log_in_has_ended_leads_to_the_log_in_and_back(scene: Scene) -> None:
    page = scene.open().log_in()
    page.goto(scene.path("sarah"))
    scene.bench.edit(store.agent_sessions, expires_at=scene.bench.clock.now)
    done(scene.bench.middleware.desk_line.add_note(scene.ids["sarah"], LENA, "a word from Lena"))

    page.wait_for_url("**/log-in?next=*")
    page.get_by_label("Name").fill("marco")
    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url(scene.path("sarah"))
    expect(page.locator(".notes")).to_contain_text("a word from Lena")


def test_the_account_is_read_anew_on_the_page(scene: Scene) -> None:
    page = scene.open().log_in()
    page.goto(scene.path("sarah"))
    page.get_by_label("Write to Sarah Okonkwo").fill("half a sent")
    page.get_by_role("button", name="Read anew").click()
    expect(page.locator("#account")).to_contain_text("Nobody knows who this is")
    assert page.get_by_label("Write to Sarah Okonkwo").input_value() == "half a sent"
