"""The desk's door: who gets in, who can't be made to, and what is written down about it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from desk.application import create
from middleware import settings, store
from middleware.errors import Misconfigured
from tests.fakes.building import ASSISTANT_FILE, environment
from tests.fakes.desk import PASSWORD, URL, AtDesk, opened
from tests.fakes.fixtures import MakeBench

PAGES = ("/", "/live", "/handoffs/x", "/handoffs/x/live", "/handoffs/x/documents/y")
FORMS = ("claim", "write", "note", "hand-back", "put-back", "close")


@pytest.fixture
async def desk(bench: MakeBench) -> AsyncIterator[AtDesk]:
    async with opened(bench(handoff=0.1)) as desk:
        yield desk


# Who gets in


async def test_an_agent_logs_in_and_sees_the_line(desk: AtDesk) -> None:
    browser = desk.browser()

    answer = await browser.log_in()

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    page = await browser.get("/")
    assert page.status_code == 200 and "Marco Bianchi" in page.text
    assert re.search(r"^marco desk_log_in  ok$", "\n".join(desk.audit()), re.MULTILINE)


async def test_the_sessions_cookie_is_for_this_host_and_for_no_script(desk: AtDesk) -> None:
    answer = await desk.browser().log_in()

    cookie = next(one for one in answer.headers.get_list("Set-Cookie") if one.startswith("__Host-desk="))
    value, *flags = (part.strip().lower() for part in cookie.split(";"))
    assert len(value.removeprefix("__host-desk=")) == 43  # 256 bits
    assert sorted(flags) == ["httponly", "path=/", "samesite=lax", "secure"]


async def test_each_log_in_opens_a_new_session(desk: AtDesk) -> None:
    browser = desk.browser()
    cookies = set()
    for _ in range(2):
        await browser.get("/log-in")
        await browser.post("/log-in", {"name": "marco", "password": PASSWORD})
        cookies.add(browser.client.cookies["__Host-desk"])
        await browser.get("/")
        await browser.post("/log-out")
    assert len(cookies) == 2


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_is_seen_without_a_log_in(desk: AtDesk, path: str) -> None:
    answer = await desk.browser().get(path)

    if path.endswith("live"):
        assert answer.status_code == 401
    else:
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/log-in?next=%2F")
    assert "Marco" not in answer.text


@pytest.mark.parametrize("form", FORMS)
async def test_nothing_is_done_without_a_log_in(desk: AtDesk, form: str) -> None:
    handoff = await desk.asked()
    answer = await desk.browser().post(f"/handoffs/{handoff}/{form}", {"text": "x", "body": "x", "reason": "x"})
    assert answer.status_code == 401
    assert desk.state(handoff) == "waiting"


async def test_after_the_log_in_one_is_where_one_wanted_to_be(desk: AtDesk) -> None:
    handoff = await desk.asked()
    browser = desk.browser()
    to_log_in = await browser.get(f"/handoffs/{handoff}")
    await browser.get(to_log_in.headers["Location"])

    answer = await browser.post("/log-in", {"name": "marco", "password": PASSWORD})

    assert answer.headers["Location"] == f"/handoffs/{handoff}"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/x\r\nSet-Cookie: a"]
)
async def test_the_log_in_leads_to_no_other_site(desk: AtDesk, elsewhere: str) -> None:
    browser = desk.browser()
    await browser.get("/log-in", params={"next": elsewhere})
    answer = await browser.post("/log-in", {"name": "marco", "password": PASSWORD})
    assert answer.headers["Location"] == "/"


async def test_who_is_in_needs_no_log_in_page(desk: AtDesk) -> None:
    answer = await (await desk.agent()).get("/log-in")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


# Who doesn't


async def test_unknown_wrong_and_locked_get_the_same_answer(desk: AtDesk) -> None:
    browser = desk.browser()
    await browser.get("/log-in")
    answers = []
    for name, password in [("nobody", "x")] + [("marco", "wrong")] * 5 + [("marco", PASSWORD)]:
        answer = await browser.post("/log-in", {"name": name, "password": password})
        answers.append((answer.status_code, answer.text.replace(f'value="{name}"', "")))

    assert len(set(answers)) == 1 and answers[0][0] == 401
    assert "That didn't work" in answers[0][1].replace("&#39;", "'")
    assert desk.audit() == [" desk_log_in  Rejected"] + ["marco desk_log_in  Rejected"] * 6


async def test_the_name_is_kept_and_shown_as_text_and_the_password_is_not(desk: AtDesk) -> None:
    browser = desk.browser()
    await browser.get("/log-in")
    answer = await browser.post("/log-in", {"name": '"><script>x</script>', "password": "secret-typed"})
    assert "<script>x" not in answer.text and "&#34;&gt;&lt;script&gt;x" in answer.text
    assert "secret-typed" not in answer.text
    assert "secret-typed" not in str(desk.bench.rows(store.audit))


async def test_log_ins_from_one_address_are_bounded(bench: MakeBench) -> None:
    one = bench(handoff=0.1)
    rules = msgspec.structs.replace(one.middleware.settings.desk, address_tries=3)
    object.__setattr__(one.middleware, "settings", msgspec.structs.replace(one.middleware.settings, desk=rules))
    async with opened(one) as desk:
        browser = desk.browser()
        await browser.get("/log-in")
        statuses = [
            (await browser.post("/log-in", {"name": f"n{number}", "password": "x"})).status_code for number in range(4)
        ]
        refused = await browser.post("/log-in", {"name": "marco", "password": PASSWORD})

        assert statuses == [401, 401, 401, 429]
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
        one.clock.advance(timedelta(minutes=15))
        assert (await browser.post("/log-in", {"name": "marco", "password": PASSWORD})).status_code == 303


# Who is ridden


async def test_a_log_in_needs_the_token_of_its_page(desk: AtDesk) -> None:
    browser = desk.browser()
    for token in ("", "made-up"):
        browser.token = token
        answer = await browser.post("/log-in", {"name": "marco", "password": PASSWORD})
        assert answer.status_code == 403
        assert "__Host-desk" not in browser.client.cookies

    stranger = desk.browser()
    await stranger.get("/log-in")
    browser.token = stranger.token
    assert (await browser.post("/log-in", {"name": "marco", "password": PASSWORD})).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null"},
        {"Origin": URL, "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.desk.fernhill.example", "Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["claim", "log-out", "log-in"])
async def test_forms_of_other_sites_are_refused(desk: AtDesk, headers: dict[str, str], path: str) -> None:
    handoff = await desk.asked()
    marco = await desk.agent()
    before = desk.audit()

    answer = await marco.post(f"/handoffs/{handoff}/claim" if path == "claim" else f"/{path}", headers=headers)

    assert answer.status_code == 403
    assert desk.state(handoff) == "waiting" and desk.audit() == before
    assert (await marco.get("/")).status_code == 200


async def test_a_form_that_tells_nothing_of_where_it_stood_is_refused(desk: AtDesk) -> None:
    marco = await desk.agent()
    answer = await marco.client.post("/log-out", data={"csrf": marco.token})
    assert answer.status_code == 403


@pytest.mark.parametrize("form", FORMS)
async def test_every_form_must_show_the_sessions_token(desk: AtDesk, form: str) -> None:
    handoff = await desk.asked()
    marco, lena = await desk.agent(), await desk.agent("lena")
    for token in ("", "made-up", lena.token):
        fields = {"csrf": token, "text": "x", "body": "x", "reason": "x"}
        answer = await marco.post(f"/handoffs/{handoff}/{form}", fields)
        assert answer.status_code == 403
    assert desk.state(handoff) == "waiting"


@pytest.mark.parametrize("form", FORMS)
async def test_no_link_can_do_what_forms_do(desk: AtDesk, form: str) -> None:
    handoff = await desk.asked()
    marco = await desk.agent()
    assert (await marco.get(f"/handoffs/{handoff}/{form}", params={"csrf": marco.token})).status_code == 405
    assert (await marco.get("/log-out")).status_code == 405


# How it ends


async def test_after_logging_out_the_cookie_opens_nothing(desk: AtDesk) -> None:
    marco = await desk.agent()
    cookie = marco.client.cookies["__Host-desk"]

    answer = await marco.post("/log-out")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/log-in")
    assert "__Host-desk" not in marco.client.cookies
    marco.client.cookies.set("__Host-desk", cookie)
    assert (await marco.get("/")).status_code == 303
    assert desk.audit()[-1] == "marco desk_log_out  ok"


async def test_a_log_in_ends_after_its_hours_and_when_the_account_is_switched_off(desk: AtDesk) -> None:
    marco, lena = await desk.agent(), await desk.agent("lena")

    await desk.agents.switch_off("lena")
    assert (await lena.get("/")).status_code == 303
    assert (await marco.get("/")).status_code == 200

    desk.bench.clock.advance(timedelta(hours=10))
    assert (await marco.get("/")).status_code == 303


# What browsers are told


async def test_every_answer_tells_browsers_what_they_may_do(desk: AtDesk) -> None:
    marco = await desk.agent()
    for path in ("/", "/log-in", "/handoffs/none", "/nowhere", "/health"):
        headers = (await marco.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"


async def test_no_page_holds_a_script_or_a_style_of_its_own(desk: AtDesk) -> None:
    handoff = await desk.asked()
    marco = await desk.agent()
    for path in ("/", f"/handoffs/{handoff}"):
        text = (await marco.get(path)).text
        assert re.findall(r"<script(?! src=)", text) == [] and "<style" not in text
        assert not re.search(r"\s(?:on\w+|style)=", text)


async def test_style_and_script_may_be_kept_if_they_are_asked_for_again(desk: AtDesk) -> None:
    answer = await desk.browser().get("/static/desk.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


async def test_the_health_is_open_to_everybody_and_tells_little(desk: AtDesk) -> None:
    assert (await desk.browser().get("/health")).json() == {"status": "ok"}
    desk.bench.lose(store.messages)
    desk.bench.lose(store.conversations)
    assert (await desk.browser().get("/health")).status_code == 503


# What must be set


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"DESK_KEY": ""}, "DESK_KEY is not set"),
        ({"DESK_KEY": "short"}, "DESK_KEY is shorter than 32 bytes"),
        ({"DESK_URL": "http://desk.example.com"}, "DESK_URL 'http://desk.example.com' must be an https address"),
        ({"OIDC_ISSUER": "https://login.example.com"}, "OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be set as well"),
        (
            {"OIDC_ISSUER": "http://login.example.com", "OIDC_CLIENT_ID": "desk", "OIDC_CLIENT_SECRET": "s"},
            "OIDC_ISSUER 'http://login.example.com' must be an https address",
        ),
    ],
)
def test_what_is_wrong_with_the_settings_is_said_at_the_start(more: dict[str, str], sentence: str) -> None:
    with pytest.raises(Misconfigured, match=sentence):
        settings.load(ASSISTANT_FILE, environment() | more)


def test_the_companys_log_in_is_there_if_it_is_set() -> None:
    oidc = {"OIDC_ISSUER": "https://login.example.com", "OIDC_CLIENT_ID": "desk", "OIDC_CLIENT_SECRET": "s"}
    known = settings.load(ASSISTANT_FILE, environment() | oidc)
    assert known.oidc is not None and known.oidc.claim == "email"
    create(known)
