"""The web chat in a real browser: nothing lost or doubled, for everybody, on our own page and on others' sites."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

from middleware.agents import Agents
from scripts.serve import HOST, free_port
from tests.browser.conftest import PHONE, SCREEN, SECONDS, done
from tests.browser.test_pages import problems, sideways
from tests.fakes.building import build
from tests.fakes.chat_page import LONG, NASTY, ORDERS, PAPER_NAME, ChatServer, hosting, served_chat
from tests.fakes.desk import MARCO, PASSWORD, QUICK
from tests.fakes.webchat import webchat_token

# What the network refuses while a test has cut it off is that test's business.
NETWORK = re.compile(r"Failed to load|WebSocket connection to .* failed|ERR_INTERNET_DISCONNECTED")
# Lets a page believe that time has passed, as after a sleep.
LATER = "const now = Date.now; window.later = 0; Date.now = () => now() + window.later;"
Where = Page | FrameLocator


@dataclass(frozen=True)
class Place:
    """Where the chat is tried.

    Attributes:
        site: A company's site that may show it.
        stranger: One that may not.
    """

    server: ChatServer
    site: str
    stranger: str


@pytest.fixture(scope="module")
def place(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The channel, and sites around it."""
    bench = build(migrated, tmp_path_factory.mktemp("chat"), handoff=0.1)
    agents = Agents(bench.middleware.store, bench.middleware.settings.desk, bench.clock, QUICK)
    done(agents.save(MARCO.id, MARCO.name, PASSWORD))
    port = free_port()
    site = f"http://localhost:{port}"
    with served_chat(bench, site) as server, hosting(server.origin, port):
        yield Place(server, site, f"http://{HOST}:{port}")


@dataclass
class Visitor:
    """Somebody's browser."""

    context: BrowserContext
    place: Place
    complaints: list[str] = field(default_factory=list)

    def page(self, url: str = "") -> Page:
        """A further tab; at the chat's own page by default, and connected."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: (
                self.complaints.append(line.text)
                if line.type in ("error", "warning") and not NETWORK.search(line.text)
                else None
            ),
        )
        page.goto(url or self.place.server.page)
        if not url:
            ready(page)
        return page


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, place: Place) -> Iterator[Visit]:
    """Opens browsers; whatever a page complains about, its policy above all, fails the test."""
    visitors: list[Visitor] = []

    def open_one(size: dict[str, int] = SCREEN, scheme: str = "light", **options: Any) -> Visitor:
        still = {"reduced_motion": "reduce"}  # what fades in has too little contrast meanwhile
        context = browser.new_context(viewport=size, color_scheme=scheme, **still, **options)  # type: ignore[arg-type]
        context.set_default_timeout(SECONDS * 1000)
        visitors.append(Visitor(context, place))
        return visitors[-1]

    yield open_one
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


def ready(where: Where) -> None:
    """Waits until the chat is connected."""
    expect(where.locator("body[data-connection=ready]")).to_be_attached()


def field_of(where: Where) -> Locator:
    """Where one writes."""
    return where.get_by_label("Your message")


def write(where: Where, *texts: str) -> None:
    """Writes messages, one after the other."""
    for text in texts:
        field_of(where).fill(text)
        field_of(where).press("Enter")


def ask(where: Where, *texts: str) -> None:
    """Writes messages, and waits for the answer to each."""
    for text in texts:
        answers = where.locator(".message.bot:not(.dots)")
        before = answers.count()
        write(where, text)
        expect(answers.nth(before)).to_be_visible()
        expect(where.locator(".dots")).to_be_hidden()


def own(where: Where) -> Locator:
    """One's own messages."""
    return where.locator(".message.customer .text")


def said(where: Where, text: str) -> Locator:
    """What the other side said, in exactly these words."""
    return where.locator(".message.bot .text, .message.agent .text").get_by_text(text, exact=True)


def unique(word: str) -> str:
    """A text that no other test writes."""
    return f"{word} {time.monotonic_ns()}"


@contextmanager
def offline(visitor: Visitor) -> Iterator[None]:
    """Cuts a browser off."""
    visitor.context.set_offline(True)
    yield
    visitor.context.set_offline(False)


# Talking


def test_a_message_is_shown_at_once_then_sent_then_answered(visit: Visit) -> None:
    page = visit().page()
    expect(field_of(page)).to_be_focused()
    expect(page.get_by_role("heading", name="Hello! How can we help?")).to_be_visible()

    write(page, "slow")

    expect(page.locator(".message.customer")).to_contain_text("slow")
    expect(page.locator(".message.customer .state")).to_have_text("Sent")
    expect(page.locator(".dots")).to_be_visible()
    expect(said(page, "You said slow.")).to_be_visible()
    expect(page.locator(".dots")).to_be_hidden()
    expect(field_of(page)).to_have_value("")
    expect(field_of(page)).to_be_focused()
    expect(page.get_by_role("heading", name="Hello! How can we help?")).to_be_hidden()
    expect(page.get_by_role("log", name="Conversation")).to_have_attribute("aria-live", "polite")
    expect(page.locator(".day")).to_have_count(1)


def test_what_was_offered_last_can_be_chosen_once(visit: Visit) -> None:
    page = visit().page()
    ask(page, "cancel", "orders")

    # what an offer was before the last one stays, and does nothing
    expect(page.get_by_role("button", name="Yes")).to_be_disabled()
    expect(page.locator(".choices.rows li")).to_have_count(len(ORDERS))
    page.get_by_role("button", name=ORDERS[2]).click()

    expect(own(page).last).to_have_text(ORDERS[2])
    expect(said(page, "You said /Choose2.")).to_be_visible()
    chosen = page.get_by_role("button", name=ORDERS[2])
    expect(chosen).to_be_disabled()
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name=ORDERS[3])).to_be_disabled()
    expect(field_of(page)).to_be_focused()

    # and so it is after a reload
    page.reload()
    expect(page.get_by_role("button", name=ORDERS[2])).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#log button:enabled")).to_have_count(0)


def test_a_document_is_a_card_and_addresses_are_links_and_all_else_is_text(visit: Visit) -> None:
    page = visit().page()
    ask(page, "invoice", "long", "nasty")

    card = page.get_by_role("link", name=f"Open {PAPER_NAME} in a new tab")
    expect(card).to_contain_text("PDF document")
    expect(card).to_have_attribute("target", "_blank")
    expect(card).to_have_attribute("rel", re.compile("noopener"))
    expect(page.get_by_role("link", name=f"Download {PAPER_NAME}")).to_have_attribute("download", PAPER_NAME)
    assert said(page, LONG).locator("a").evaluate_all("links => links.map((one) => one.href)") == [
        "https://carrier.example/track/1Z999AA1?lang=en",
        "mailto:help@fernhill.example",
    ]
    assert said(page, NASTY).locator("a").evaluate_all("links => links.map((one) => one.href)") == [
        "https://ok.example/"
    ]
    assert page.locator("#log img, #log script").count() == 0
    assert "ridden" not in page.title()
    assert sideways(page) <= 0


def test_a_document_can_be_opened_long_after_its_link_has_ended(visit: Visit, place: Place) -> None:
    visitor = visit()
    visitor.context.add_init_script(LATER)
    visitor.context.route("https://chat.fernhill.example/**", lambda route: route.fulfill(body="the invoice"))
    page = visitor.page()
    ask(page, "invoice")
    link = page.get_by_role("link", name=f"Open {PAPER_NAME} in a new tab")
    first = link.get_attribute("href")
    place.server.bench.clock.advance(timedelta(minutes=14.5))
    page.evaluate("window.later = 14.5 * 60 * 1000")

    with page.expect_popup() as opened:
        link.click()

    assert opened.value.url != first
    assert link.get_attribute("href") == opened.value.url
    expect(page.locator(".file")).to_have_count(1)


def test_an_agent_takes_over_and_everybody_sees_with_whom_one_talks(visit: Visit, place: Place) -> None:
    page = visit().page()
    text = unique("a person, please")
    ask(page, text)
    expect(page.locator("#standing")).to_have_text("Assistant")

    handoff = place.server.hand_over(place.server.conversation(text))
    expect(page.locator("#standing")).to_have_text("Waiting for a person. The assistant still answers.")
    place.server.claim(handoff, MARCO, "Hello, this is Marco.")

    expect(page.locator("#standing")).to_have_text(f"You’re talking with {MARCO.name}")
    expect(page.locator(".message.agent .who").last).to_contain_text(MARCO.name)
    expect(said(page, "Hello, this is Marco.")).to_be_visible()
    page.reload()
    expect(page.locator("#standing")).to_have_text(f"You’re talking with {MARCO.name}")
    expect(said(page, "Hello, this is Marco.")).to_be_visible()


# Nothing lost, nothing doubled


def test_a_page_that_is_loaded_anew_in_the_middle_has_everything_once(visit: Visit, place: Place) -> None:
    page = visit().page()
    first = unique("one")
    ask(page, first)
    write(page, "slow")
    field_of(page).fill("half a sent")
    page.reload()

    expect(said(page, "You said slow.")).to_be_visible()
    expect(own(page)).to_have_text([first, "slow"])
    expect(field_of(page)).to_have_value("half a sent")
    assert place.server.written(place.server.conversation(first)) == [first, "slow"]


def test_a_lost_connection_loses_nothing_and_keeps_the_order(visit: Visit, place: Place) -> None:
    visitor = visit()
    page = visitor.page()
    first = unique("before")
    ask(page, first)
    conversation = place.server.conversation(first)

    with offline(visitor):
        expect(page.locator("#connection")).to_contain_text("You’re offline.")
        write(page, "one", "two", "three")
        expect(page.locator(".message.waiting")).to_have_count(3)
        expect(page.locator(".message.waiting .state").last).to_have_text("Not sent yet")
        place.server.say(conversation, "Your parcel has arrived.")

    expect(said(page, "You said three.")).to_be_visible()
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator(".message.waiting")).to_have_count(0)
    expect(own(page)).to_have_text([first, "one", "two", "three"])
    expect(said(page, "Your parcel has arrived.")).to_have_count(1)
    assert place.server.written(conversation) == [first, "one", "two", "three"]


def test_what_a_page_couldnt_send_is_sent_once_by_those_that_are_opened_after_it(visit: Visit, place: Place) -> None:
    visitor = visit()
    page = visitor.page()
    first = unique("before")
    ask(page, first)
    conversation = place.server.conversation(first)
    with offline(visitor):
        expect(page.locator("#connection")).to_contain_text("You’re offline.")
        write(page, "one", "two")
        expect(page.locator(".message.waiting")).to_have_count(2)
    tabs = [page, visitor.page(), visitor.page()]

    for tab in tabs:
        expect(said(tab, "You said two.")).to_be_visible()
        expect(own(tab)).to_have_text([first, "one", "two"])
    assert place.server.written(conversation) == [first, "one", "two"]


def test_what_is_written_after_the_computer_slept_goes_into_the_same_conversation(visit: Visit, place: Place) -> None:
    visitor = visit()
    visitor.context.add_init_script(LATER)
    page = visitor.page()
    first = unique("before")
    ask(page, first)
    page.evaluate("window.later = 3600 * 1000")

    ask(page, "after")

    expect(own(page)).to_have_text([first, "after"])
    assert place.server.written(place.server.conversation(first)) == [first, "after"]


def test_two_tabs_are_one_conversation(visit: Visit, place: Place) -> None:
    visitor = visit()
    one = visitor.page()
    first = unique("one")
    ask(one, first)
    other = visitor.page()
    expect(own(other)).to_have_text([first])

    for number in range(5):
        write(one, f"one's {number}")
        write(other, f"other's {number}")
    expect(own(one)).to_have_count(11)
    expect(own(other)).to_have_count(11)

    stored = place.server.written(place.server.conversation(first))
    assert len(stored) == 11
    for tab in (one, other):
        expect(own(tab)).to_have_text(stored)
        expect(tab.locator(".message.customer .state").last).to_have_text("Sent")
    for name in ("one", "other"):
        assert [text for text in stored if text.startswith(f"{name}'s")] == [f"{name}'s {at}" for at in range(5)]


def test_what_wasnt_sent_for_long_waits_for_the_visitors_word(visit: Visit, place: Place) -> None:
    page = visit().page()
    first = unique("first")
    ask(page, first)
    for name in ("forgotten", "wanted"):
        kept = {"id": unique(name), "text": name, "payload": name, "at": 1}
        page.evaluate(
            "([key, value]) => localStorage.setItem(key, value)",
            [f"frontdesk.pending/visitor/1/{kept['id']}", json.dumps(kept)],
        )
    page.reload()

    expect(page.locator(".message.failed .state")).to_have_text(["Not sent", "Not sent"])
    page.locator(".message.failed", has_text="forgotten").get_by_role("button", name="Remove").click()
    page.locator(".message.failed", has_text="wanted").get_by_role("button", name="Try again").click()

    expect(said(page, "You said wanted.")).to_be_visible()
    expect(field_of(page)).to_be_focused()
    page.reload()
    expect(own(page)).to_have_text([first, "wanted"])


def test_the_length_is_counted_near_its_limit_and_nothing_longer_is_sent(visit: Visit) -> None:
    page = visit().page()
    field_of(page).fill("x" * 4001)
    expect(page.locator("#count")).to_have_text("1 character too many")
    field_of(page).press("Enter")
    expect(own(page)).to_have_count(0)
    field_of(page).fill("x" * 3999)
    expect(page.locator("#count")).to_have_text("1 character left")
    field_of(page).press("Shift+Enter")
    expect(own(page)).to_have_count(0)


# Everybody


@pytest.mark.parametrize(
    ("size", "scheme", "colour"),
    [(SCREEN, "light", ""), (PHONE, "dark", ""), (PHONE, "light", "#ffe97a"), (SCREEN, "dark", "#c0392b")],
    ids=["screen, light", "phone, dark", "phone, light, yellow", "screen, dark, red"],
)
def test_everybody_can_use_it_in_any_colour(visit: Visit, size: dict[str, int], scheme: str, colour: str) -> None:
    visitor = visit(size=size, scheme=scheme)
    if colour:
        look = {"title": "Fernhill Outfitters", "colour": colour, "origins": []}
        visitor.context.route("**/settings", lambda route: route.fulfill(json=look))
    page = visitor.page()
    found = {"empty": problems(page)}
    ask(page, "invoice", "long", "cancel")
    page.get_by_role("button", name="Yes").click()
    ask(page, "orders")
    found["talk"] = problems(page)
    found["too wide"] = [str(sideways(page))] if sideways(page) > 0 else []
    with offline(visitor):
        write(page, "one")
        expect(page.locator("#connection")).to_contain_text("You’re offline.")
        found["offline"] = problems(page)
    assert {name: what for name, what in found.items() if what} == {}


def test_from_right_to_left(visit: Visit, place: Place) -> None:
    page = visit(size=PHONE).page(f"{place.server.page}?lang=ar")
    ready(page)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    ask(page, "arabic", "cancel", "invoice")
    mine, theirs = page.locator(".message.customer .bubble").last, page.locator(".message.bot:not(.dots) .bubble").last
    one, other = mine.bounding_box(), theirs.bounding_box()
    assert one and other and one["x"] < other["x"]
    assert problems(page) == []
    assert sideways(page) <= 0


def test_a_window_may_be_so_small_as_at_400_per_cent(visit: Visit) -> None:
    page = visit(size={"width": 320, "height": 256}).page()
    ask(page, "long", "invoice", "orders")
    assert sideways(page) <= 0
    expect(field_of(page)).to_be_in_viewport()
    page.get_by_role("button", name=ORDERS[-1]).click()
    expect(said(page, "You said /Choose5.")).to_be_in_viewport()


def test_the_keyboard_is_enough_and_every_stop_of_it_is_seen(visit: Visit) -> None:
    page = visit().page()
    expect(field_of(page)).to_be_focused()
    keys = page.keyboard
    keys.type("cancel")
    keys.press("Shift+Enter")
    keys.type("please")
    expect(own(page)).to_have_count(0)
    field_of(page).fill("cancel")
    keys.press("Enter")
    expect(page.get_by_role("button", name="Yes")).to_be_enabled()

    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    expect(page.get_by_role("button", name="Yes")).to_be_focused()
    outline = "getComputedStyle(document.activeElement).outline"
    assert re.search(r"solid [2-9]", page.evaluate(outline))
    keys.press("Shift+Tab")
    expect(page.get_by_role("log")).to_be_focused()
    assert re.search(r"solid [2-9]", page.evaluate(outline))
    keys.press("Tab")
    keys.press("Enter")

    expect(said(page, "You said /Affirm.")).to_be_visible()
    expect(field_of(page)).to_be_focused()


# On other sites


def frame(page: Page) -> FrameLocator:
    """The chat on somebody's site."""
    return page.frame_locator("iframe[title='Ask us']")


def test_a_site_shows_it_by_one_script_tag(visit: Visit, place: Place) -> None:
    page = visit().page(place.site)
    launcher = page.get_by_role("button", name="Open the chat")
    box = launcher.bounding_box()
    assert box and box["x"] < 100  # data-position
    launcher.click()
    chat = frame(page)
    ready(chat)
    expect(chat.get_by_role("heading", level=1)).to_have_text("Ask us")
    expect(field_of(chat)).to_be_focused()
    assert problems(page) == []
    text = unique("hello")
    ask(chat, text)

    # Escape closes it, and the focus is back where it came from
    page.keyboard.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()
    expect(launcher).to_be_focused()

    # what comes meanwhile is counted, on the next page, too
    place.server.say(place.server.conversation(text), "Your parcel has arrived.")
    expect(page.locator(".badge")).to_have_text("1")
    page.reload()
    expect(page.locator(".badge")).to_have_text("1")
    launcher.click()
    expect(said(chat, "Your parcel has arrived.")).to_be_in_viewport()
    expect(page.locator(".badge")).to_be_hidden()


def test_on_a_phone_it_has_the_whole_window(visit: Visit, place: Place) -> None:
    page = visit(size=PHONE, has_touch=True, is_mobile=True).page(place.site)
    page.get_by_role("button", name="Open the chat").tap()
    chat = frame(page)
    ready(chat)
    assert page.locator(".panel").bounding_box() == {"x": 0, "y": 0, **PHONE}
    expect(chat.get_by_role("heading", level=1)).to_be_focused()
    chat.get_by_role("button", name="Close the chat").tap()
    expect(page.locator("iframe")).to_be_hidden()
    expect(page.get_by_role("button", name="Open the chat")).to_be_visible()


def test_a_site_says_who_is_logged_in(visit: Visit, place: Place) -> None:
    page = visit().page(place.site)
    page.get_by_role("button", name="Open the chat").click()
    chat = frame(page)
    ready(chat)
    ask(chat, "as a visitor")

    subject = unique("ada").replace(" ", "-")
    page.evaluate("token => Frontdesk.identify(token)", webchat_token(subject))
    expect(own(chat)).to_have_count(0)
    ready(chat)
    ask(chat, subject)
    assert place.server.conversation(subject) == f"webchat:u:{subject}"

    page.evaluate("Frontdesk.identify(null)")
    expect(own(chat)).to_have_text(["as a visitor"])
    assert subject not in page.evaluate("JSON.stringify(localStorage)")


def test_a_bad_token_is_said_in_words_and_to_the_site(visit: Visit, place: Place) -> None:
    page = visit().page(place.site)
    page.evaluate("addEventListener('frontdesk:refused', (event) => { window.refused = event.detail.error; })")
    page.evaluate("Frontdesk.identify('none')")
    page.get_by_role("button", name="Open the chat").click()
    expect(frame(page).locator("#connection")).to_contain_text("The chat can’t go on: the token is not valid.")
    page.wait_for_function("window.refused === 'the token is not valid'")


def test_only_the_site_above_is_listened_to(visit: Visit, place: Place) -> None:
    # given a site that shows the chat, and an advertisement of a stranger's
    page = visit().page(f"{place.site}/inside?frame={place.stranger}/empty")
    page.get_by_role("button", name="Open the chat").click()
    chat = frame(page)
    ready(chat)
    text = unique("mine")
    ask(chat, text)

    # when the advertisement speaks to the chat as the site does
    stranger = next(one for one in page.frames if one.url.startswith(place.stranger))
    forged = {"frontdesk": "identify", "token": webchat_token("mallory")}
    stranger.evaluate(
        "word => { for (let at = 0; at < parent.frames.length; at += 1) parent.frames[at].postMessage(word, '*'); }",
        forged,
    )

    # then nothing has changed
    ask(chat, "still me")
    assert place.server.written(place.server.conversation(text)) == [text, "still me"]


def test_a_site_that_isnt_listed_shows_no_chat(visit: Visit, place: Place) -> None:
    visitor = visit()
    page = visitor.page(place.stranger)
    page.get_by_role("button", name="Open the chat").click()
    expect(page.locator("iframe")).to_be_visible()
    while not [one for one in visitor.complaints if "frame-ancestors" in one or "CORS" in one]:
        page.wait_for_timeout(50)
    assert frame(page).locator("#text").count() == 0
    visitor.complaints.clear()


def test_the_demo_shop_logs_its_people_in(visit: Visit, place: Place) -> None:
    page = visit().page(place.server.demo)
    assert problems(page) == []
    page.get_by_label("You are").select_option(label="Sarah Mitchell")
    expect(page.locator("#logged")).to_have_text("You’re logged in as Sarah Mitchell.")
    page.get_by_role("button", name="Ask the assistant").click()
    chat = page.frame_locator("iframe")
    ready(chat)
    text = unique("hello")
    ask(chat, text)
    assert place.server.conversation(text).startswith("webchat:u:")
    assert problems(page) == []
    expect(page.locator("#tag")).to_contain_text(f'<script src="{place.server.origin}/webhooks/webchat/embed.js"')
    page.reload()
    expect(own(chat)).to_have_text([text])
