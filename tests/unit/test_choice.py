"""Which of several things the customer means, by their words."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.choice import Candidate, Choice, choose, same_number, says_more, size_of, words

TODAY = date(2026, 3, 11)  # a Wednesday


def candidate(key: str, *items: str, days: tuple[date, ...] = ()) -> Candidate:
    return Candidate(key=key, items=tuple(frozenset(words(item)) for item in items), days=days)


# Newest first.
TENT = candidate("10044", "two-person tent TNT-2P", days=(date(2026, 3, 10), date(2026, 3, 11)))  # Tuesday
BLUE = candidate("10031", "alpine jacket BLU-JKT-M blue M", "sun hat SND-HAT-L sand L", days=(date(2026, 3, 5),))
GREEN = candidate("10023", "alpine jacket GRN-JKT-S green S", days=(date(2026, 3, 2), date(2026, 3, 6)))  # Monday
BOOTS = candidate("10012", "hiking boots BRN-BOT-9 brown 9", days=(date(2025, 11, 14),))  # a Friday

ALL = (TENT, BLUE, GREEN, BOOTS)
EVERY_KEY = tuple(one.key for one in ALL)
LISTED = ("10044", "10031", "10023")


def chosen(text: str, offered: tuple[str, ...] = (), candidates: tuple[Candidate, ...] = ALL) -> Choice:
    return choose(text, candidates, today=TODAY, locale="en_US", offered=offered)


def keys(text: str, offered: tuple[str, ...] = ()) -> tuple[str, ...]:
    return chosen(text, offered).keys


# Numbers


@pytest.mark.parametrize("spelling", ["10023", "#10023", "ORD-10023", "ord 10023", "Ord10023", "0010023", "(10023)"])
def test_an_order_is_meant_by_its_number_in_every_spelling(spelling: str) -> None:
    choice = chosen(f"where is {spelling}, please?")

    assert choice == Choice(keys=("10023",), named=True)


@pytest.mark.parametrize("text", ["10023?", "10023.", "'10023'", "order: 10023", "is it 10023!"])
def test_punctuation_around_a_number_does_not_matter(text: str) -> None:
    assert keys(text) == ("10023",)


def test_two_numbers_mean_both_newest_first() -> None:
    assert keys("10023 and 10044") == ("10044", "10023")


def test_a_number_outweighs_everything_else_that_was_said() -> None:
    assert keys("the tent? no, 10023, the last one", offered=LISTED) == ("10023",)


def test_a_part_of_a_number_names_nothing() -> None:
    assert chosen("1002") == Choice(keys=EVERY_KEY, named=False)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10023", "#10023", True),
        ("ORD-10023", "10023", True),
        ("SO/10023", "so-10023", True),
        ("0010023", "10023", True),
        ("one zero zero two three", "10023", True),
        ("one double oh two three", "#10023", True),
        ("10023", "10024", False),
        ("one zero zero two four", "10023", False),
        ("10023", "100230", False),
        ("", "", False),
        ("#", "-", False),
        ("ORD", "ord", False),
    ],
)
def test_two_spellings_are_the_same_number_either_way_round(one: str, other: str, same: bool) -> None:
    assert same_number(one, other) is same
    assert same_number(other, one) is same


# Places in a list


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("the second one", "10031"),
        ("Second", "10031"),
        ("2", "10031"),
        ("number 2", "10031"),
        ("#2 please", "10031"),
        ("2nd", "10031"),
        ("the 2nd please, if you don't mind", "10031"),
        ("the first", "10044"),
        ("3rd one", "10023"),
        ("the last one", "10023"),
        ("the last of them", "10023"),
    ],
)
def test_a_place_counts_in_the_list_that_was_shown(text: str, key: str) -> None:
    assert chosen(text, offered=LISTED) == Choice(keys=(key,), named=True)


@pytest.mark.parametrize("text", ["the fifth one", "5", "0", "0th", "99", "²", "٢٢"])
def test_a_place_that_the_list_does_not_have_names_nothing(text: str) -> None:
    assert chosen(text, offered=LISTED) == Choice(keys=EVERY_KEY, named=False)


@pytest.mark.parametrize("text", ["the second one", "2", "2nd"])
def test_a_place_without_a_list_names_nothing(text: str) -> None:
    assert chosen(text) == Choice(keys=EVERY_KEY, named=False)


def test_a_place_of_something_that_is_gone_fits_nothing() -> None:
    assert chosen("the first one", offered=("99999", "10044")) == Choice(keys=(), named=True)


@pytest.mark.parametrize(
    "text",
    [
        "wait a second",
        "it was due last week, where is it",
        "for the last time, where is my stuff",
        "2 days ago",
        "in the second week",
        "it said the last 2 digits are wrong",
    ],
)
def test_words_of_order_that_choose_nothing_are_not_taken_for_places(text: str) -> None:
    assert not chosen(text, offered=LISTED).named


@pytest.mark.parametrize("text", ["the one from march 2nd", "the one from 2 March", "from the second of march"])
def test_the_day_in_a_date_is_no_place(text: str) -> None:
    assert keys(text, offered=("10044", "10031"))[0] != "10031"


def test_last_tuesday_is_a_day_and_no_place() -> None:
    assert keys("the one from last tuesday", offered=LISTED) == ("10044",)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("the newest", "10044"),
        ("my latest order", "10044"),
        ("the most recent one", "10044"),
        ("where is my last order", "10044"),
        ("the oldest one", "10012"),
        ("the earliest", "10012"),
        ("the newest jacket", "10031"),
        ("the oldest jacket", "10023"),
    ],
)
def test_the_newest_and_the_oldest_are_found_without_a_list(text: str, key: str) -> None:
    assert chosen(text) == Choice(keys=(key,), named=True)


def test_asking_for_the_latest_news_names_no_order() -> None:
    assert not chosen("what's the latest on my order?").named
    assert not chosen("any recent news").named


# Items


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the tent", ("10044",)),
        ("where are my boots", ("10012",)),
        ("the jacket", ("10031", "10023")),
        ("both jackets", ("10031", "10023")),
        ("the blue jacket", ("10031",)),
        ("the GREEN one", ("10023",)),
        ("where's my hat?", ("10031",)),
        ("jkt", ("10031", "10023")),
    ],
)
def test_an_item_is_meant_by_its_words_and_its_colour(text: str, found: tuple[str, ...]) -> None:
    assert chosen(text) == Choice(keys=found, named=True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the jaket", ("10031", "10023")),
        ("jakcet", ("10031", "10023")),
        ("my jackett", ("10031", "10023")),
        ("jackat", ("10031", "10023")),
        ("the tnet", ("10044",)),
        ("the bleu one", ("10031",)),
        ("grene", ("10023",)),
        ("hikng shoes", ("10012",)),
    ],
)
def test_an_item_is_found_with_a_slip_of_the_finger(text: str, found: tuple[str, ...]) -> None:
    assert keys(text) == found


@pytest.mark.parametrize("text", ["when was it sent", "it is coming from the store", "the packet", "i want it back"])
def test_another_word_that_looks_alike_is_no_item(text: str) -> None:
    shop = (candidate("1", "gas stove"), candidate("2", "two-person tent"), candidate("3", "alpine jacket, black"))

    assert not chosen(text, candidates=shop).named


def test_words_that_stand_in_every_sentence_are_no_items() -> None:
    pack = (candidate("1", "pack of the day with a lid"), candidate("2", "mug"))

    assert not chosen("what day will it come, and with whom of the two", candidates=pack).named


@pytest.mark.parametrize("text", ["M", "the M one", "size m", "the alpine jacket that i bought in size M please"])
def test_a_size_is_meant_where_it_stands_alone(text: str) -> None:
    assert keys(text) == ("10031",)


@pytest.mark.parametrize("text", ["i'm waiting for my order", "I m so tired of waiting for this", "what's up"])
def test_a_letter_inside_a_sentence_is_no_size(text: str) -> None:
    assert not chosen(text).named


def test_most_words_of_one_item_win() -> None:
    other = candidate("10045", "blue mug", "alpine map")

    assert chosen("the blue alpine jacket", candidates=(other, *ALL)).keys == ("10031",)


# Days


@pytest.mark.parametrize(
    "text", ["tuesday", "the one from Tuesday", "tue", "tues", "tuesdays", "teusday", "tusday", "on Tuesdy"]
)
def test_a_weekday_is_understood_in_full_short_or_misspelt(text: str) -> None:
    assert chosen(text) == Choice(keys=("10044",), named=True)


@pytest.mark.parametrize("text", ["thursday", "thurs", "thu", "thusday", "thrusday", "thurday"])
def test_thursday_is_not_taken_for_tuesday(text: str) -> None:
    assert keys(text) == ("10031",)


@pytest.mark.parametrize("text", ["the one i bought yesterday", "yesterdays", "yestreday"])
def test_yesterday_is_counted_from_today(text: str) -> None:
    assert keys(text) == ("10044",)


def test_today_means_what_belongs_to_today() -> None:
    assert keys("what came today") == ("10044",)


def test_today_names_nothing_where_nothing_belongs_to_today() -> None:
    assert not chosen("will it come today?", candidates=(BLUE, GREEN)).named


@pytest.mark.parametrize(
    "text",
    [
        "14 November",
        "Nov 14th",
        "nov. 14",
        "the 14th of Novmber",
        "November 14, 2025",
    ],
)
def test_a_date_is_understood_in_the_ways_people_write_it(text: str) -> None:
    assert keys(text) == ("10012",)


def test_sept_is_september() -> None:
    order = candidate("1", "mug", days=(date(2025, 9, 3),))

    assert chosen("sept 3rd", candidates=(order, *ALL)).keys == ("1",)


@pytest.mark.parametrize("text", ["may i ask where it is", "31 february", "november"])
def test_a_month_without_a_day_that_exists_fits_nothing_it_should_not(text: str) -> None:
    assert set(chosen(text).keys) in (set(), set(EVERY_KEY))


def test_the_day_that_people_go_by_comes_before_the_other_days() -> None:
    placed_friday = candidate("1", "mug", days=(date(2026, 3, 6),))

    assert chosen("friday", candidates=(placed_friday, GREEN)).keys == ("1",)
    assert chosen("friday", candidates=(TENT, GREEN)).keys == ("10023",)


def test_a_day_that_nothing_belongs_to_fits_nothing() -> None:
    assert chosen("the one from saturday") == Choice(keys=(), named=True)


def test_a_promised_day_counts_as_well() -> None:
    promised = candidate("1", "mug", days=(date(2026, 3, 5), date(2026, 3, 13)))

    assert chosen("it was promised for friday", candidates=(promised, TENT)).keys == ("1",)


def test_the_sun_hat_has_nothing_to_do_with_sunday() -> None:
    assert keys("where is my sun hat") == ("10031",)


def test_an_item_and_a_day_narrow_each_other_down() -> None:
    assert keys("the jacket from monday") == ("10023",)
    assert keys("the jacket from thursday") == ("10031",)
    assert chosen("the jacket from tuesday") == Choice(keys=(), named=True)


# Sizes and prices


def sized(key: str, item: str, size: str, worth: str) -> Candidate:
    return replace(candidate(key, item), size=size_of(size), worth=Decimal(worth))


LARGE, MEDIUM, MUG = (
    sized("1", "jacket L", "L", "90"),
    sized("2", "jacket M", "m", "120"),
    sized("3", "mug", "", "7.50"),
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("the big one", "1"),
        ("the smaller one", "2"),
        ("my largest", "1"),
        ("the cheap one", "1"),
        ("cheapest", "1"),
        ("the most expensive", "2"),
        ("the least expensive one", "1"),
        ("the big jacket", "1"),
    ],
)
def test_size_and_price_pick_among_things_that_have_them(text: str, key: str) -> None:
    assert chosen(text, candidates=(LARGE, MEDIUM)) == Choice(keys=(key,), named=True)


def test_what_has_no_common_size_is_big_by_what_it_costs() -> None:
    assert chosen("the big one", candidates=(LARGE, MEDIUM, MUG)).keys == ("2",)
    assert chosen("the small one", candidates=(LARGE, MEDIUM, MUG)).keys == ("3",)


def test_size_and_price_pick_from_the_list_that_was_shown() -> None:
    assert chosen("the cheapest", offered=("1", "2"), candidates=(LARGE, MEDIUM, MUG)).keys == ("1",)


@pytest.mark.parametrize("text", ["it is too big", "how cheap is shipping", "a big problem"])
def test_size_and_price_that_describe_something_else_pick_nothing(text: str) -> None:
    assert not chosen(text, candidates=(LARGE, MEDIUM)).named


def test_what_costs_the_same_or_nobody_knows_what_isnt_picked() -> None:
    assert not chosen("the cheapest", candidates=(LARGE, replace(MEDIUM, worth=Decimal("90.00")))).named
    assert not chosen("the cheapest", candidates=(LARGE, replace(MEDIUM, worth=None))).named


@pytest.mark.parametrize(
    ("option", "size"),
    [
        ("M", ("letters", Decimal(3))),
        ("750 ml", ("ml", Decimal(750))),
        ("4-person", ("person", Decimal(4))),
        ("9.5", ("", Decimal("9.5"))),
        ("blue", None),
        ("", None),
    ],
)
def test_a_size_has_a_scale_and_a_place_on_it(option: str, size: tuple[str, Decimal] | None) -> None:
    assert size_of(option) == size


# A choice and nothing else


@pytest.mark.parametrize(
    "text", ["the blue one", "M?", "2", "#10023", "my jacket from tuesday", "the cheapest please", "no, the green one"]
)
def test_an_answer_says_nothing_more(text: str) -> None:
    assert not says_more(text, ALL, "en_US")


@pytest.mark.parametrize(
    "text",
    ["cancel the blue one", "cancel 10023", "i want a tent", "where is the jacket", "not the blue one", "send 2"],
)
def test_a_wish_says_more(text: str) -> None:
    assert says_more(text, ALL, "en_US")


# Nothing, and anything


@pytest.mark.parametrize(
    "text", ["", "   ", "where is my order?", "hello", "???", "🧥", "ok thanks", "order status pls"]
)
def test_words_that_name_nothing_leave_everything(text: str) -> None:
    assert chosen(text) == Choice(keys=EVERY_KEY, named=False)


def test_nothing_is_chosen_from_nothing() -> None:
    assert chosen("the blue one", candidates=()).keys == ()
    assert chosen("the newest", candidates=()).keys == ()


EXTREMES = ["the", "big", "smaller", "cheapest", "least", "expensive", "tomorrow"]
ORDER_WORDS = ["second", "2nd", "2", "²", "last", "newest", "oldest", "of", "a", "14", "29", "#10023", "10044"]
ITEM_WORDS = ["blue", "m", "size", "jacket"]
DAY_WORDS = ["tuesday", "yesterday", "today", "may", "feb", "november"]
ODD_WORDS = ["", "'", "’", "ß", "İ", "\x00", "\ud800"]
PIECES = st.sampled_from(EXTREMES + ORDER_WORDS + ITEM_WORDS + DAY_WORDS + ODD_WORDS)
TEXTS = st.text() | st.lists(PIECES).map(" ".join)


@given(
    text=TEXTS,
    candidates=st.lists(st.sampled_from(ALL), unique_by=lambda one: one.key),
    offered=st.lists(st.sampled_from((*EVERY_KEY, "99999", ""))),
    today=st.dates(min_value=date(2, 1, 1), max_value=date(9998, 1, 1)),
    locale=st.sampled_from(["en_US", "en_GB", "de_DE", "ja_JP"]),
)
def test_any_text_chooses_some_of_the_candidates_in_their_order(
    text: str, candidates: list[Candidate], offered: list[str], today: date, locale: str
) -> None:
    choice = choose(text, candidates, today=today, locale=locale, offered=offered)

    remaining = iter([one.key for one in candidates])
    assert all(key in remaining for key in choice.keys)  # each is found behind the one before it
    assert choice.named or len(choice.keys) == len(candidates)


def test_the_longest_message_about_many_orders_takes_no_time() -> None:
    many = tuple(
        candidate(str(20000 + place), "alpine jacket blue M", "sun hat sand", f"boot {place}") for place in range(200)
    )

    begun = time.process_time()
    chosen("jackat blau saturdy the tentt " * 130, candidates=many)

    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("the 2 person one", "A"), ("2 person", "A"), ("the four person", "B"), ("2", "B"), ("the second", "B")],
)
def test_a_number_before_what_it_counts_is_no_place_in_the_list(text: str, wanted: str) -> None:
    tents = [
        Candidate(key=key, items=(frozenset({name, "person", "tent"}),), days=())
        for key, name in (("A", "two"), ("B", "four"))
    ]

    found = choose(text, tents, today=date(2026, 3, 11), locale="en_US", offered=["A", "B"])

    assert found.keys == (wanted,)
