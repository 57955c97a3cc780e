"""Whoever wrote a message, and however: what is sent on WhatsApp keeps its limits, and says all of it."""

from __future__ import annotations

from typing import Any

import pytest
import regex
from hypothesis import HealthCheck, example, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from channels.whatsapp_form import parts, upload_of, with_media
from channels.whatsapp_text import cleaned, cut, is_seen, length, on_one_line, plain, split
from tests.counts import times
from tests.fakes.building import project_settings
from tests.fakes.whatsapp_limits import check, units

RULES = project_settings().whatsapp
FAMILY = "👨‍👩‍👧"

signs = st.sampled_from(
    ["a", "Ä", "é", "e\u0301", "한", "ا", "🇩🇪", "👍🏽", FAMILY, " ", "\n", "\n\n", ". ", "*", "_", "\u200b"]
)
short = st.one_of(st.text(max_size=60), st.lists(signs, max_size=40).map("".join))
texts = st.builds(lambda text, often: text * often, short, st.sampled_from([1, 1, 1, 40, 250]))
titles = st.builds(lambda text, often: text * often, short, st.sampled_from([1, 1, 1, 4]))
buttons = st.builds(lambda title, payload: {"title": title, "payload": payload}, titles, short)
documents = st.builds(
    lambda name: {"id": "d1", "name": name}, st.one_of(short, st.sampled_from(["label.PDF", "a.png"]))
)
replies = st.fixed_dictionaries(
    {},
    optional={
        "text": texts,
        "buttons": st.lists(buttons, max_size=25),
        "attachment": documents,
        "agent": st.just("Marco"),
        "custom": st.sampled_from([{"ask": "contact"}, {"ask": "else"}, {}]),
    },
)


def complaints(part: dict[str, Any]) -> list[str]:
    """What Meta would say to a part, once its document was handed over."""
    sent = with_media(part, "1003383421387256") if upload_of(part) else part
    return check({**sent, "messaging_product": "whatsapp", "to": "15551230001"})


def read(part: dict[str, Any]) -> str:
    """What a customer reads in a part, but for what can be pressed."""
    if part["type"] == "interactive":
        return str(part["interactive"]["body"]["text"])
    return str(part[part["type"]].get("body") or part[part["type"]].get("caption") or "")


def choices(part: dict[str, Any]) -> list[dict[str, str]]:
    """What can be pressed."""
    action = part.get("interactive", {}).get("action", {})
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    return [*rows, *(button["reply"] for button in action.get("buttons", ()))]


def said(made: list[dict[str, Any]]) -> str:
    return "\n".join(read(part) for part in made)


def seen(text: str) -> list[str]:
    """What is to see in a text, sign for sign."""
    return [letter for letter in text if is_seen(letter)]


def is_within(inner: list[str], outer: list[str]) -> bool:
    """Whether all of it stands in the other, in this order."""
    rest = iter(outer)
    return all(letter in rest for letter in inner)


@trying(
    max_examples=times(2000), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(reply=replies)
@example(reply={"text": "\u200b", "buttons": [{"title": "", "payload": ""}]})
@example(reply={"text": "\ud83d x", "buttons": [{"title": " \n", "payload": "a"}, {"title": "1", "payload": "b"}]})
@example(reply={"text": "a" * 5000 + "\n" + "b" * 5000, "attachment": {"id": "1", "name": "\n"}})
def test_any_message_keeps_the_limits_and_says_all_of_it(reply: dict[str, Any]) -> None:
    made = parts(reply, 17, RULES)

    assert [complaint for part in made for complaint in complaints(part)] == []
    text = cleaned(reply.get("text", ""))
    assert is_within(seen(text if reply.get("agent") else plain(text)), seen(said(made)))
    offered = {
        (on_one_line(one["title"]) or str(index + 1), one["payload"])
        for index, one in enumerate(reply.get("buttons", ()))
    }
    pressed = [choice["id"] for part in made for choice in choices(part)]
    assert len(pressed) == len(set(pressed)) == len(offered)
    for title, payload in offered:
        assert any(_is(reply, choice, title, payload) for choice in pressed)
    everything = said(made) + "".join(str(choice) for part in made for choice in choices(part))
    assert all(is_within(seen(title), seen(everything)) for title, _ in offered)
    assert [upload_of(part) is not None for part in made].count(True) == ("attachment" in reply)


def _is(reply: dict[str, Any], choice: str, title: str, payload: str) -> bool:
    sequence, _, index = choice.partition(".")
    button = reply["buttons"][int(index)]
    return sequence == "17" and (on_one_line(button["title"]) or str(int(index) + 1), button["payload"]) == (
        title,
        payload,
    )


@trying(max_examples=times(2000), deadline=None)
@given(text=texts, longest=st.integers(min_value=30, max_value=300))
def test_a_text_is_never_divided_within_a_sign(text: str, longest: int) -> None:
    pieces = split(text, longest)

    assert all(1 <= units(piece) <= longest for piece in pieces)
    whole = [sign for sign in regex.findall(r"\X", text) if not sign.isspace()]
    assert [sign for piece in pieces for sign in regex.findall(r"\X", piece) if not sign.isspace()] == whole


def test_a_text_is_divided_where_one_would_pause() -> None:
    assert split("One two.\n\nThree four. Five six seven", 24) == ["One two.\n\nThree four.", "Five six seven"]
    assert split("One two three four.\n\nFive. Six seven", 30) == ["One two three four.", "Five. Six seven"]
    assert split("One two (three.) Four five", 20) == ["One two (three.)", "Four five"]
    assert split("One two three four", 9) == ["One two", "three", "four"]
    assert split("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert split(FAMILY * 3, 8) == [FAMILY] * 3
    assert split("500\u00a0pieces", 8) == ["500\u00a0piec", "es"]  # held together as long as that is possible


def test_one_sign_without_an_end_is_divided_all_the_same() -> None:
    assert split("a" + "\u0301" * 20, 8) == ["a" + "\u0301" * 7, "\u0301" * 8, "\u0301" * 5]


def test_length_is_counted_in_the_strictest_way_that_is_usual() -> None:
    assert length("aé한") == 3
    assert length("👍🏽") == 4
    assert length(FAMILY) == units(FAMILY) == 8


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It is *blue*.", "It is ∗blue∗."),
        ("s***@example.com", "s∗∗∗@example.com"),
        ("~5 days, ~6 boxes", "∼5 days, ∼6 boxes"),
        ("_anna_ and file_name_1", "ˍannaˍ and file_name_1"),
        ("```TRV-BTL-750```", "ˋˋˋTRV-BTL-750ˋˋˋ"),
        ("`a` and\n`b`", "ˋaˋ and\nˋbˋ"),
    ],
)
def test_what_would_be_formatting_only_looks_the_same(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert length(plain(text)) == length(text)


@pytest.mark.parametrize(
    "text",
    [
        "5 * 3 * 2",
        "a*b*c",
        "one* only",
        "* a\n* b",
        "https://shop.example/_a_/*b*",
        "john_doe_x@mail.example",
        "it's 5`",
    ],
)
def test_what_is_no_formatting_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_an_agents_own_formatting_is_meant() -> None:
    [mine] = parts({"text": "It is *blue*."}, 1, RULES)
    [marcos] = parts({"text": "It is *blue*.", "agent": "Marco"}, 1, RULES)

    assert (read(mine), read(marcos)) == ("It is ∗blue∗.", "It is *blue*.")


def test_up_to_three_short_titles_are_buttons() -> None:
    titles = ["Send something back", "No, thanks", "Talk to a person"]
    [part] = parts({"text": "It arrived.", "buttons": [{"title": one, "payload": one} for one in titles]}, 5, RULES)

    assert part["interactive"]["type"] == "button"
    assert part["interactive"]["body"] == {"text": "It arrived."}
    assert choices(part) == [{"id": f"5.{index}", "title": one} for index, one in enumerate(titles)]


def test_longer_titles_are_a_list_with_the_whole_of_them() -> None:
    title = "Blue alpine jacket, size M, order 10023"
    [part] = parts({"text": "Which one?", "buttons": [{"title": title, "payload": "/Choose"}]}, 5, RULES)

    assert part["interactive"]["action"]["button"] == RULES.list_button
    assert choices(part) == [{"id": "5.0", "title": "Blue alpine jacket…", "description": title}]


def test_more_than_ten_choices_are_several_lists_in_their_order() -> None:
    made = parts(
        {"text": "Which one?", "buttons": [{"title": f"No {n}", "payload": str(n)} for n in range(23)]}, 5, RULES
    )

    assert [len(choices(part)) for part in made] == [10, 10, 3]
    assert [read(part) for part in made] == ["Which one?", RULES.choose_more, RULES.choose_more]
    assert [choice["title"] for part in made for choice in choices(part)] == [f"No {n}" for n in range(23)]


def test_titles_that_would_be_alike_are_numbered_and_the_same_button_comes_once() -> None:
    given = [("Yes", "/a"), ("Yes", "/b"), ("yes", "/c"), ("Yes", "/a")]
    [part] = parts({"text": "Well?", "buttons": [{"title": one, "payload": two} for one, two in given]}, 5, RULES)

    assert choices(part) == [
        {"id": "5.0", "title": "Yes"},
        {"id": "5.1", "title": "Yes (2)"},
        {"id": "5.2", "title": "yes (3)"},
    ]


def test_what_stands_too_long_on_a_row_is_written_out_before() -> None:
    title = "A very long name of a thing " * 4
    before, part = parts({"text": "Which one?", "buttons": [{"title": title, "payload": "x"}]}, 5, RULES)

    assert read(before) == f"• {title.strip()}"
    assert read(part) == "Which one?"


def test_of_a_long_text_the_last_line_stands_with_the_buttons() -> None:
    lines = "\n".join(f"• Order {n}: on its way" for n in range(80))
    before, part = parts({"text": f"{lines}\nShall I look?", "buttons": [{"title": "Yes", "payload": "/y"}]}, 5, RULES)

    assert (read(before), read(part)) == (lines, "Shall I look?")


def test_choices_without_words_get_the_companys() -> None:
    [part] = parts({"buttons": [{"title": "Yes", "payload": "/y"}]}, 5, RULES)

    assert read(part) == RULES.choose


def test_a_document_has_its_text_as_caption_and_says_what_must_be_handed_over() -> None:
    [part] = parts({"text": "Here it is.", "attachment": {"id": "d1", "name": "R-2081.pdf"}}, 5, RULES)

    assert upload_of(part) == ("d1", "R-2081.pdf")
    assert with_media(part, "77") == {
        "type": "document",
        "document": {"filename": "R-2081.pdf", "caption": "Here it is.", "id": "77"},
    }


def test_a_text_too_long_for_a_caption_goes_before_its_document() -> None:
    before, part = parts({"text": "word " * 300, "attachment": {"id": "d1", "name": "a.pdf"}}, 5, RULES)

    assert read(before) == ("word " * 300).strip()
    assert "caption" not in part["document"]


def test_a_document_with_choices_goes_before_them() -> None:
    reply = {
        "text": "Anything else?",
        "attachment": {"id": "d1", "name": "a.pdf"},
        "buttons": [{"title": "No", "payload": "/n"}],
    }
    document, choice = parts(reply, 5, RULES)

    assert upload_of(document) and "caption" not in document["document"]
    assert read(choice) == "Anything else?"


def test_a_picture_is_shown_as_one() -> None:
    [part] = parts({"text": "Like this?", "attachment": {"id": "d1", "name": "shelf.JPG"}, "agent": "Marco"}, 5, RULES)

    assert with_media(part, "77") == {"type": "image", "image": {"caption": "Like this?", "id": "77"}}


def test_a_phone_number_is_asked_for_by_whatsapps_own_button() -> None:
    asked = {"text": "May I have your number?", "custom": {"ask": "contact"}}
    [part] = parts(asked, 5, RULES)
    contact, choice = parts({**asked, "buttons": [{"title": "No, thanks", "payload": "/Deny"}]}, 5, RULES)

    assert part == contact
    assert part["interactive"] == {
        "type": "request_contact_info",
        "action": {"name": "request_contact_info"},
        "body": {"text": "May I have your number?"},
    }
    assert read(choice) == RULES.choose_more


def test_nothing_to_see_is_nothing_to_send() -> None:
    assert parts({"text": " \u200b\n"}, 5, RULES) == []
    assert parts({"text": "", "custom": {"ask": "contact"}}, 5, RULES) == []


def test_a_cut_is_made_between_words_and_shown() -> None:
    assert cut("Blue alpine jacket, size M", 24) == "Blue alpine jacket…"
    assert cut("Blue", 24) == "Blue"
    assert cut("x" * 30, 24) == "x" * 23 + "…"
