"""What is read of somebody's words who wants to buy, and what is wrong with it where it can't be meant so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware import names
from middleware.budgets import BudgetTrouble, budget_in, currency_of
from middleware.headcounts import SizeTrouble, size_in
from middleware.hold_words import names_a_hold, orders_a_hold
from middleware.lead_places import region_in
from middleware.lead_words import Asked, Detail, Said, read
from middleware.ranges import ranges
from middleware.records import Budget, Headcount


def said(text: str, detail: Detail | None = None, **more: Any) -> Said:
    """What is read of an answer."""
    entities = more.pop("entities", {})
    return read(text, Asked(detail=detail, country="US", entities=entities, ours="Fernhill Outfitters", **more))


# How many people


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("250", 250, 250),
        ("about 250", 250, 250),
        ("50-100", 50, 100),
        ("50 - 100", 50, 100),
        ("50 to 100 people", 50, 100),
        ("between 50 and 100", 50, 100),
        ("100-50", 50, 100),
        ("about a dozen", 12, 12),
        ("half a dozen", 6, 6),
        ("a couple hundred", 200, 200),
        ("a few dozen", 24, 120),
        ("hundreds of people", 200, 1000),
        ("two hundred and fifty", 250, 250),
        ("ten to fifteen", 10, 15),
        ("1,2k", 1200, 1200),
        ("1.2k", 1200, 1200),
        ("1 200", 1200, 1200),
        ("1'200", 1200, 1200),
        ("1,200 employees", 1200, 1200),
        ("over 500", 500, None),
        ("500+", 500, None),
        ("500 or more", 500, None),
        ("no less than 50", 50, None),
        ("fewer than 20", 1, 20),
        ("no more than 20", 1, 20),
        ("40 tops", 1, 40),
        ("just me", 1, 1),
        ("I'm self-employed", 1, 1),
        ("٢٥٠", 250, 250),
        ("we are 60 people", 60, 60),
    ],
)
def test_a_size_is_read_as_number_range_or_words(text: str, low: int, high: int | None) -> None:
    read = size_in(text, asked=True)

    assert read is not None
    assert read.size == Headcount(low=low, high=high)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("0", SizeTrouble.ZERO),
        ("zero", SizeTrouble.ZERO),
        ("-5", SizeTrouble.NEGATIVE),
        ("minus ten", SizeTrouble.NEGATIVE),
        ("2.5", SizeTrouble.FRACTION),
        ("99999999999", SizeTrouble.ABSURD),
        ("9" * 4000, SizeTrouble.ABSURD),
    ],
)
def test_a_size_that_no_company_has_is_named_for_what_it_is(text: str, trouble: SizeTrouble) -> None:
    read = size_in(text, asked=True)

    assert read is not None
    assert (read.size, read.trouble) == (None, trouble)


@pytest.mark.parametrize("text", ["Northgate Logistics, about 120 people, in Boston", "120 people. A quote please"])
def test_people_that_stand_by_themselves_are_the_companys(text: str) -> None:
    read = size_in(text, asked=False, opening=True)

    assert read and read.size == Headcount(low=120, high=120)


@pytest.mark.parametrize("text", ["best tent for 4 people", "60 fleeces please", "T-1042", "50%", "ISO9001"])
def test_nobody_counts_a_company_who_says_nothing_of_one(text: str) -> None:
    assert size_in(text, asked=False, opening=True) is None


@pytest.mark.parametrize("text", ["we're about 40 people in Boston, 60 fleeces", "40 employees", "a team of 40 people"])
def test_a_first_sentence_may_name_the_size(text: str) -> None:
    read = size_in(text, asked=False, opening=True)

    assert read is not None
    assert read.size == Headcount(low=40, high=40)


# What they mean to spend


@pytest.mark.parametrize(
    ("text", "low", "high", "currency"),
    [
        ("20k euros", 20_000, 20_000, "EUR"),
        ("20k", 20_000, 20_000, "USD"),
        ("$1.5m", 1_500_000, 1_500_000, "USD"),
        ("€20.000", 20_000, 20_000, "EUR"),
        ("20 000 EUR", 20_000, 20_000, "EUR"),
        ("EUR 5000", 5000, 5000, "EUR"),
        ("between 10 and 20 thousand dollars", 10_000, 20_000, "USD"),
        ("between $10k and $20k", 10_000, 20_000, "USD"),
        ("$10,000 to $20,000", 10_000, 20_000, "USD"),
        ("€5–10k", 5000, 10_000, "EUR"),
        ("50 grand", 50_000, 50_000, "USD"),
        ("£5k", 5000, 5000, "GBP"),
        ("200 quid", 200, 200, "GBP"),
        ("50 swiss francs", 50, 50, "CHF"),
        ("10-20k canadian dollars", 10_000, 20_000, "CAD"),
        ("C$ 20k", 20_000, 20_000, "CAD"),
        ("1 million yen", 1_000_000, 1_000_000, "JPY"),
        ("no more than 5k", 0, 5000, "USD"),
        ("up to $8,000", 0, 8000, "USD"),
        ("5k and up", 5000, None, "USD"),
        ("20k for 60 fleeces", 20_000, 20_000, "USD"),
    ],
)
def test_a_budget_is_read_with_its_currency(text: str, low: int, high: int | None, currency: str) -> None:
    read = budget_in(text, "US", asked=True)

    assert read is not None
    wanted = Budget(low=Decimal(low), high=None if high is None else Decimal(high), currency=currency)
    assert read.budget == wanted


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("0", BudgetTrouble.ZERO),
        ("-500", BudgetTrouble.NEGATIVE),
        ("12000000000000", BudgetTrouble.ABSURD),
        ("25 euro per head", BudgetTrouble.EACH),
        ("30 to 50 dollars each", BudgetTrouble.EACH),
    ],
)
def test_a_budget_that_can_not_be_meant_is_named_for_what_it_is(text: str, trouble: BudgetTrouble) -> None:
    read = budget_in(text, "US", asked=True)

    assert read is not None
    assert (read.budget, read.trouble) == (None, trouble)


def test_dollars_are_the_companys_own() -> None:
    read = budget_in("5k dollars", "CA", asked=True)

    assert read is not None
    assert read.budget == Budget(low=Decimal(5000), high=Decimal(5000), currency="CAD")
    assert (currency_of("GB"), currency_of("AQ")) == ("GBP", "USD")


@pytest.mark.parametrize("text", ["how much would twenty tents at $50 cost", "a quote for 60 fleeces"])
def test_a_price_is_no_budget(text: str) -> None:
    assert budget_in(text, "US", asked=False) is None


def test_what_stands_beside_the_word_is_the_budget() -> None:
    read = budget_in("budget 5k, need rucksacks for 60 kids", "US", asked=False)

    assert read is not None
    assert read.budget == Budget(low=Decimal(5000), high=Decimal(5000), currency="USD")


# Names


@pytest.mark.parametrize(
    ("text", "name", "parts"),
    [
        ("Priya", "Priya", ("Priya", "")),
        ("I'm Priya Raman", "Priya Raman", ("Priya", "Raman")),
        ("my name is Dr. Anne-Marie D'Arcy", "Dr. Anne-Marie D'Arcy", ("Anne-Marie", "D'Arcy")),
        ("Ms Raman", "Ms Raman", ("", "Raman")),
        ("Siobhán O'Brien-Smythe", "Siobhán O'Brien-Smythe", ("Siobhán", "O'Brien-Smythe")),
        ("李小龙", "李小龙", ("李小龙", "")),
        ("Мария Иванова", "Мария Иванова", ("Мария", "Иванова")),
        ("محمد علي", "محمد علي", ("محمد", "علي")),
        ("Zoë 🦊", "Zoë 🦊", ("Zoë", "🦊")),
        ("=cmd()", "=cmd()", ("=cmd()", "")),
        ("<script>alert(1)</script>", "<script>alert(1)</script>", ("<script>alert(1)</script>", "")),
        ("Ann\x00a", "Ann a", ("Ann", "a")),
        ("no, it's Prya", "Prya", ("Prya", "")),
        ("Priya here", "Priya", ("Priya", "")),
        ("n" * 200, "n" * 200, ("n" * 200, "")),
    ],
)
def test_a_name_is_kept_as_it_was_typed(text: str, name: str, parts: tuple[str, str]) -> None:
    found = said(text, Detail.NAME).name

    assert found == name
    assert names.parted(found) == parts


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "hello",
        "thanks a lot",
        "🦊🎈",
        "?!",
        "what's the capital of australia",
        "can you write me a poem",
        "I don't have the time for it now",
        "where is my order?",
        "",
    ],
)
def test_what_is_no_name_is_taken_for_none(text: str) -> None:
    assert said(text, Detail.NAME).name == ""


@pytest.mark.parametrize(
    ("text", "company"),
    [
        ("Northgate Logistics", "Northgate Logistics"),
        ("we're Northgate Logistics", "Northgate Logistics"),
        ("I work for Bank of America", "Bank of America"),
        ("The Home Depot", "The Home Depot"),
        ("ACME Inc.", "ACME Inc."),
        ("Smith, Jones & Co", "Smith, Jones & Co"),
        ("3M", "3M"),
        ("Skip Barber Racing", "Skip Barber Racing"),
        ("Northgate Logistics, 250 people", "Northgate Logistics"),
        ("Northgate Logistics in Boston", "Northgate Logistics"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    ],
)
def test_a_company_is_kept_as_it_was_typed(text: str, company: str) -> None:
    assert said(text, Detail.COMPANY).company == company


@pytest.mark.parametrize("detail", [Detail.NAME, Detail.COMPANY])
def test_what_is_too_long_is_said_so(detail: Detail) -> None:
    assert said("n" * 201, detail).trouble == f"{detail.value}_too_long"


def test_bare_words_are_no_name_where_they_want_something_else() -> None:
    assert said("any news about my ticket", Detail.NAME, free=False).name == ""


# E-mail and telephone


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("priya@northgate.example", "priya@northgate.example"),
        ("it's Priya+Sales@Northgate.EXAMPLE.", "priya+sales@northgate.example"),
        ("priya at northgate dot example", "priya@northgate.example"),
        ("müller@bücher.example", "müller@bücher.example"),
        ("not a@b.example but c@d.example", "c@d.example"),
        ("=cmd@formula.example", "=cmd@formula.example"),
    ],
)
def test_an_email_is_found_and_written_alike(text: str, email: str) -> None:
    assert said(text, Detail.EMAIL).email == email


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("priya@northgate", "email_without_dot"),
        ("a@@b.example", "email_malformed"),
        ("priya@", "email_malformed"),
        ("@northgate.example", "email_malformed"),
        ("12345678", "phone_malformed"),
    ],
)
def test_what_is_wrong_with_an_email_is_named(text: str, trouble: str) -> None:
    found = said(text, Detail.EMAIL)

    assert (found.email, found.trouble) == ("", trouble)


def test_a_phone_number_will_do_as_well() -> None:
    assert said("617 555 0142", Detail.EMAIL).phone == "+16175550142"
    assert said("+44 20 7946 0555", Detail.PHONE).phone == "+442079460555"
    assert said("12345", Detail.PHONE).trouble == "phone_malformed"
    assert said("250", Detail.SIZE).phone == ""


# Places


@pytest.mark.parametrize(
    ("text", "country", "state", "postcode"),
    [
        ("we're in Boston", "US", "MA", ""),
        ("near 02110", "US", "MA", "02110"),
        ("a shop in Ontario, Canada", "CA", "ON", ""),
        ("in Toronto", "CA", "ON", ""),
        ("based in Paris, France", "FR", "", ""),
        ("a firm in Massachusetts", "US", "MA", ""),
        ("in the UK", "GB", "", ""),
        ("we're in NJ", "US", "NJ", ""),
        ("in Atlanta, Georgia", "US", "GA", ""),
        ("we are in boston", "US", "MA", ""),
        ("Priya from Boston", "US", "MA", ""),
    ],
)
def test_a_place_that_is_named_is_taken(text: str, country: str, state: str, postcode: str) -> None:
    found = region_in(text, "US")

    assert found is not None
    assert (found.country, found.state, found.postcode) == (country, state, postcode)


@pytest.mark.parametrize("text", ["in bulk", "for mobile phones", "need it in orange", "from Phoenix Logistics", "in"])
def test_what_is_no_place_is_taken_for_none(text: str) -> None:
    assert region_in(text, "US", ["Phoenix Logistics"]) is None


# All at once, and corrections


def test_everything_may_be_said_in_one_sentence() -> None:
    text = (
        "Hi, I'm Priya Raman from Northgate Logistics in Boston, 250 employees, we'd like an offer for work jackets, "
        "budget about 20k euros, my e-mail is priya@northgate.example, phone +1 617 555 0142"
    )

    found = said(text, opening=True, entities={"person": "Priya Raman", "company": "Northgate Logistics"})

    assert (found.name, found.company, found.email) == ("Priya Raman", "Northgate Logistics", "priya@northgate.example")
    assert (found.size, found.phone) == (Headcount(low=250, high=250), "+16175550142")
    assert found.budget == Budget(low=Decimal(20_000), high=Decimal(20_000), currency="EUR")
    assert found.region is not None and found.region.state == "MA"


def test_a_list_answers_all_at_once() -> None:
    found = said("Priya Raman, Northgate Logistics, 250 people, priya@northgate.example, $20k", Detail.NAME)

    assert (found.name, found.company, found.email) == ("Priya Raman", "Northgate Logistics", "priya@northgate.example")
    assert found.size == Headcount(low=250, high=250)
    assert found.budget == Budget(low=Decimal(20_000), high=Decimal(20_000), currency="USD")


def test_the_company_may_stand_after_the_name() -> None:
    found = said("offer please, I'm Ola Nordmann, Fjord Rentals, 30 employees", opening=True)

    assert (found.name, found.company) == ("Ola Nordmann", "Fjord Rentals")
    assert said("I'm Ola Nordmann, Looking for tents, please", opening=True).company == ""


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("no, the e-mail is priya.raman@northgate.example", "email", "priya.raman@northgate.example"),
        ("no, the company is Northgate Freight", "company", "Northgate Freight"),
        ("actually we are 300 people", "size", Headcount(low=300, high=300)),
        ("no, 60 people", "size", Headcount(low=60, high=60)),
        ("make the budget 30k", "budget", Budget(low=Decimal(30_000), high=Decimal(30_000), currency="USD")),
        ("my name is spelled Prya", "name", "Prya"),
        ("my number is 617 555 0142", "phone", "+16175550142"),
    ],
)
def test_a_correction_is_read_whatever_was_asked(text: str, name: str, value: object) -> None:
    assert getattr(said(text), name) == value
    assert getattr(said(text, Detail.BUDGET), name) == value


def test_somebody_elses_name_is_not_the_customers() -> None:
    assert said("can I talk to Dana Whitfield", opening=True, entities={"person": "Dana Whitfield"}).name == ""


# Rather not


@pytest.mark.parametrize(
    "text",
    [
        "skip",
        "skip that please",
        "pass",
        "no",
        "nope",
        "I'd rather not say",
        "none of your business",
        "none of your damn business",
        "that's confidential",
        "we haven't decided yet",
        "no idea",
        "not sure yet",
        "it depends",
        "I won't give you that",
        "I don't have one",
        "-",
    ],
)
@pytest.mark.parametrize("detail", [Detail.NAME, Detail.COMPANY, Detail.SIZE, Detail.EMAIL, Detail.BUDGET])
def test_a_detail_may_be_kept_to_oneself(text: str, detail: Detail) -> None:
    found = said(text, detail)

    assert found.skips
    assert not found.details
    assert not found.refuses_all


@pytest.mark.parametrize("text", ["I don't want to tell you anything", "I won't give you any of that"])
def test_all_of_it_may_be_kept_to_oneself(text: str) -> None:
    assert said(text, Detail.NAME).refuses_all


@pytest.mark.parametrize(
    "text", ["it's just me", "no company", "I don't work for a company", "I'm self-employed", "private person"]
)
def test_somebody_may_speak_for_no_company(text: str) -> None:
    assert said(text, Detail.COMPANY).is_private


@pytest.mark.parametrize("text", ["why do you need that?", "why do you ask", "what is that for?"])
def test_somebody_may_ask_what_it_is_for(text: str) -> None:
    assert said(text, Detail.BUDGET).asks_why


# Orders of what is held


@pytest.mark.parametrize(
    "text",
    [
        "turn it into an order",
        "please turn H-5531 into an order",
        "I'd like to order what you hold for me",
        "convert my reservation into an order",
        "can I order the 500 you're holding?",
    ],
)
def test_a_hold_may_be_ordered(text: str) -> None:
    assert orders_a_hold(text)


@pytest.mark.parametrize("text", ["I'd like to place an order", "hold two of them", "change my order to medium"])
def test_other_orders_are_of_no_hold(text: str) -> None:
    assert not orders_a_hold(text)
    assert names_a_hold(text) == ("hold" in text)


# Anything


@given(st.text(), st.sampled_from([None, *Detail]), st.booleans())
def test_any_text_can_be_read(text: str, detail: Detail | None, opening: bool) -> None:
    found = said(text, detail, opening=opening)

    assert not any(one in found.name + found.company for one in "\x00\n\r\u202e")


@given(st.text(alphabet="0123456789.,'-–kmKM$€£ +%to and dozen hundred few over under people each budget\u00a0"))
def test_any_number_can_be_read(text: str) -> None:
    for one in ranges(text):
        assert one.least <= one.most
        assert 0 <= one.start < one.end <= len(text)
    size, budget = size_in(text, asked=True), budget_in(text, "US", asked=True)
    assert size is None or (size.size is None) != (size.trouble is None)
    assert budget is None or (budget.budget is None) != (budget.trouble is None)
    if size and size.size:
        assert size.size.low >= 1
        assert size.size.high is None or size.size.high >= size.size.low
