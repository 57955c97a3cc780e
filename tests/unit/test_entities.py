"""What is taken out of sentences, and what isn't, kind by kind."""

from __future__ import annotations

import time

import pytest
from rasa.shared.nlu.training_data.loading import load_data

from tests.extraction import Extractors, pairs
from tests.fakes.building import ROOT


@pytest.fixture(scope="module")
def extractors(tmp_path_factory: pytest.TempPathFactory) -> Extractors:
    """The extractors of config.yml, trained on data/nlu."""
    return Extractors(load_data(str(ROOT / "data" / "nlu")), tmp_path_factory.mktemp("extractors"))


def values(extractors: Extractors, text: str, *entities: str) -> list[tuple[str, str]]:
    """What was found of some entities, in order."""
    return [(name, value) for name, value in pairs(extractors.found(text)) if name in entities]


RECORDS = ("order_number", "invoice_number", "ticket_number", "sku", "phone", "code")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("where is 10023", "10023"),
        ("10061", "10061"),
        ("#10023 please", "#10023"),
        ("ORD-10023?", "ORD-10023"),
        ("ord10019 is late", "ord10019"),
        ("my order 12345678 hasn't come", "12345678"),
        ("status of AB-1234", "AB-1234"),
        ("order 113-8827-22", "113-8827-22"),
        ("order no 4471", "4471"),
        ("Order No. 4471, where is it?", "4471"),
        ("order: 4471", "4471"),
        ("order #4471", "#4471"),
        ("order#4471", "#4471"),
        ("#A1B2C3 hasn't shipped", "#A1B2C3"),
        ("order id A1B2C3", "A1B2C3"),
        ("order number is one zero zero two three", "one zero zero two three"),
        ("it's order one double oh two three", "one double oh two three"),
        ("my order number's 88-1204", "88-1204"),
        ("the PO is 77123-B", "77123-B"),
        ("purchase order 4500012345 please", "4500012345"),
        ("purchase 99812 never came", "99812"),
        ("ref 7781-K, where's my stuff", "7781-K"),
        ("order reference 7781", "7781"),
        ("confirmation number WX55021", "WX55021"),
        ("4471 is my order number", "4471"),
        ("order 2024 is late, the number is right", None),
        ("cancel order 482913", "482913"),
        ("order ending? no, the whole number is 20551", "20551"),
        ("(order 10023)", "10023"),
        ("I want to return order 10023.", "10023"),
        ("order numbr 10023", "10023"),
        ("order nummer: 10023!", "10023"),
        ("FD-20881 status", "FD-20881"),
        ("i ordered on order 55120 a lamp", "55120"),
        ("order 9175550163 shows nothing", "9175550163"),
        ("it's #88213", "#88213"),
        ("order 0010023", "0010023"),
        ("order # 10023", "# 10023"),
    ],
)
def test_an_order_number_is_known_by_its_form_or_the_word_before_it(
    extractors: Extractors, text: str, value: str | None
) -> None:
    found = values(extractors, text, *RECORDS)

    assert found == ([("order_number", value)] if value else [])


def test_all_numbers_of_a_list_are_taken(extractors: Extractors) -> None:
    found = values(extractors, "cancel orders 4471, 4472 and 4480 please", "order_number")

    assert found == [("order_number", "4471"), ("order_number", "4472"), ("order_number", "4480")]


@pytest.mark.parametrize(
    "text",
    [
        "I want to order 500 mugs",
        "can we order 1200 of those",
        "order 500 mugs",
        "order 12 more",
        "bought in 2023",
        "since 2024 nothing works",
        "hold H-5531 ends today",
        "return R-2081, where is my money",
        "my zip is 90210",
        "postcode 10115",
        "SW1A 1AA",
        "that costs 12000 dollars",
        "you charged me $10023",
        "10000 mAh power bank",
        "a 65 inch tv",
        "call me on 617-555-0142",
        "phone 07700 900461",
        "my account number is 20881",
        "tracking number 1Z999AA10123456784",
        "the card ending in 4471",
        "it's 10:30",
        "delivered on 12/05/2026",
        "apartment 20551",
        "we need 15000 pieces",
        "Windows 10 and covid-19",
        "24/7",
        "I live at 12345 Main Street",
        "about 10000 people",
        "iphone 15 and a ps5",
        "model AX3000",
        "3 to 5 days",
        "the 2nd one",
    ],
)
def test_other_numbers_are_no_records(extractors: Extractors, text: str) -> None:
    found = values(extractors, text, "order_number", "invoice_number", "ticket_number")

    assert found == []


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("INV-88213 please", "invoice_number", "INV-88213"),
        ("invoice 88213", "invoice_number", "88213"),
        ("invoice no. 2024-0017", "invoice_number", "2024-0017"),
        ("bill no. 5521 is wrong", "invoice_number", "5521"),
        ("the invoice number is 5521", "invoice_number", "5521"),
        ("receipt #5521", "invoice_number", "#5521"),
        ("invoice for 10023", "order_number", "10023"),
        ("final invoice on 10068", "order_number", "10068"),
        ("T-1042", "ticket_number", "T-1042"),
        ("case 4711", "ticket_number", "4711"),
        ("ticket no 1042?", "ticket_number", "1042"),
        ("complaint #4711", "ticket_number", "#4711"),
        ("my claim number is C-4711", "ticket_number", "C-4711"),
        ("support request 55120", "ticket_number", "55120"),
        ("code 482913", "code", "482913"),
        ("482913", "code", "482913"),
        ("the code is 039 417", "code", "039 417"),
        ("TRV-BTL-750 in stock?", "sku", "TRV-BTL-750"),
        ("trv-btl-750 in stock?", "sku", "trv-btl-750"),
        ("any BLU-JKT-M", "sku", "BLU-JKT-M"),
        ("HDL-400", "sku", "HDL-400"),
        ("how many rtr-ax3000", "sku", "rtr-ax3000"),
        ("item number 88412", "sku", "88412"),
        ("+1 617 555 0142", "phone", "+1 617 555 0142"),
        ("call me at 07700 900461", "phone", "07700 900461"),
        ("555-0178", "phone", "555-0178"),
        ("my number is 0176 5550 9921", "phone", "0176 5550 9921"),
        ("six one seven five five five zero one four two", "phone", "six one seven five five five zero one four two"),
    ],
)
def test_other_numbers_are_told_apart(extractors: Extractors, text: str, entity: str, value: str) -> None:
    assert values(extractors, text, *RECORDS) == [(entity, value)]


@pytest.mark.parametrize(
    "text",
    [
        "OUT-OF-STOCK",
        "my T-SHIRT is torn",
        "e-reader",
        "wi-fi",
        "24-hour",
        "pre-order",
        "state-of-the-art",
        "2-in-1",
        "covid-19",
    ],
)
def test_hyphens_alone_make_no_article_code(extractors: Extractors, text: str) -> None:
    assert values(extractors, text, "sku") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to Jo.Hansen+shop@mail.example.co.uk.", ["Jo.Hansen+shop@mail.example.co.uk"]),
        ("<t.becker@mailbox.example>", ["t.becker@mailbox.example"]),
        ("a@b.io, c_d@e-f.example", ["a@b.io", "c_d@e-f.example"]),
        ("mail:sarah@example.com", ["sarah@example.com"]),
        ("it's o'brien@example.com", ["o'brien@example.com"]),
        ("SARAH@EXAMPLE.COM!", ["SARAH@EXAMPLE.COM"]),
        ("josé.müller@straße.example", ["josé.müller@straße.example"]),
        ("john dot smith at mail dot com", ["john dot smith at mail dot com"]),
        ("anna (at) mail (dot) com", ["anna (at) mail (dot) com"]),
        ("look at dot com shops", []),
        ("@fernhill where are you", []),
        ("meet me @ 5.pm", []),
    ],
)
def test_addresses_are_taken_whole(extractors: Extractors, text: str, expected: list[str]) -> None:
    assert [value for _, value in values(extractors, text, "email")] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it came last tuesday", ["last tuesday"]),
        ("bought on October 28, 2025", ["October 28, 2025"]),
        ("on the 3rd of november", ["the 3rd of november"]),
        ("12 March and nov 2nd", ["12 March", "nov 2nd"]),
        ("since the 14th", ["the 14th"]),
        ("two weeks ago", ["two weeks ago"]),
        ("a couple of days ago", ["a couple of days ago"]),
        ("in 3 weeks", ["in 3 weeks"]),
        ("delivered on 2026-03-04", ["2026-03-04"]),
        ("from 03/04/2026", ["03/04/2026"]),
        ("until the weekend", ["the weekend"]),
        ("this morning or tonight", ["this morning", "tonight"]),
        ("day after tomorrow", ["day after tomorrow"]),
        ("for Christmas Eve", ["Christmas Eve"]),
        ("invoices of Q3 2025", ["Q3 2025"]),
        ("I ordered in May", ["May"]),
        ("yesterday's parcel", ["yesterday's"]),
        ("fri 6 june", ["fri", "6 june"]),
        ("may I ask who marches on", []),
        ("the sun is out, I sat down", []),
        ("open on sundays", []),
        ("every friday", []),
        ("within 30 days", []),
        ("for two weeks", []),
        ("at 10 am", []),
        ("the second one", []),
        ("the 2nd order", []),
    ],
)
def test_days_and_periods_are_dates_and_durations_are_none(
    extractors: Extractors, text: str, expected: list[str]
) -> None:
    assert [value for _, value in values(extractors, text, "date")] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("you charged $64.90", [("amount", "$64.90")]),
        ("where are my 80 dollars", [("amount", "80 dollars")]),
        ("€1,120 is missing", [("amount", "€1,120")]),
        ("64,90 € back please", [("amount", "64,90 €")]),
        ("refund of 49.99", [("amount", "49.99")]),
        ("tents under 400 dollars", [("budget", "under 400 dollars")]),
        ("my budget is $5k", [("budget", "$5k")]),
        ("budget: 5000", [("budget", "5000")]),
        ("we can spend up to 2,000 euros", [("budget", "2,000 euros")]),
        ("150 euros max", [("budget", "150 euros")]),
        ("30 to 50 dollars each", [("budget", "30 to 50 dollars")]),
        ("we charged 2 lamps", []),
        ("5 pounds of flour? no, 5 kg", [("amount", "5 pounds")]),
    ],
)
def test_money_is_an_amount_or_a_budget(extractors: Extractors, text: str, expected: list[tuple[str, str]]) -> None:
    assert values(extractors, text, "amount", "budget") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two blue tents in L", [("quantity", "two"), ("colour", "blue"), ("product", "tents"), ("size", "L")]),
        ("3 x TRV-BTL-750", [("quantity", "3"), ("sku", "TRV-BTL-750")]),
        ("25 pairs of waterproof hiking boots", [("quantity", "25"), ("product", "waterproof hiking boots")]),
        ("a large tent", [("size", "large"), ("product", "tent")]),
        ("size 11 boots", [("size", "11"), ("product", "boots")]),
        ("the 750 ml bottle", [("size", "750 ml"), ("product", "bottle")]),
        ("a 4-person tent", [("size", "4-person"), ("product", "tent")]),
        ("make it 3 please", [("quantity", "3")]),
        ("qty 40", [("quantity", "40")]),
        ("the navy one in xl", [("colour", "navy"), ("size", "xl")]),
        ("the coat is too large", [("product", "coat")]),
        ("I'm sure it's fine, let's go", []),
        ("the green one", [("colour", "green")]),
        ("give me a minute, one second", []),
        ("a large order for a small company", []),
        ("it took 30 days", []),
        ("head torches and power banks", [("product", "head torches"), ("product", "power banks")]),
    ],
)
def test_goods_come_with_how_many_and_which(extractors: Extractors, text: str, expected: list[tuple[str, str]]) -> None:
    assert values(extractors, text, "quantity", "colour", "product", "size", "sku") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my name is Ines Caballero", [("person", "Ines Caballero")]),
        ("this is Tom Becker from Alder Foods Ltd", [("person", "Tom Becker"), ("company", "Alder Foods Ltd")]),
        ("Mrs Hargreaves", [("person", "Hargreaves")]),
        ("company name Copper Kettle Bakery", [("company", "Copper Kettle Bakery")]),
        ("we are a firm of 40 people", [("company_size", "40 people")]),
        ("250 employees", [("company_size", "250 employees")]),
        ("a tent for 4 people", []),
        ("Cancel My Order", []),
        ("do you ship to New Zealand", []),
        ("I'm Very Angry", []),
    ],
)
def test_people_and_companies_are_told_by_what_stands_around_them(
    extractors: Extractors, text: str, expected: list[tuple[str, str]]
) -> None:
    assert values(extractors, text, "person", "company", "company_size") == expected


def test_where_two_overlap_the_one_that_says_more_is_left(extractors: Extractors) -> None:
    found = pairs(extractors.found("order 9175550163 from sarah10023@example.com"))

    assert list(found) == [("order_number", "9175550163"), ("email", "sarah10023@example.com")]


@pytest.mark.parametrize("part", ["1", "1,", "0 ", "a-", "one ", "A & ", "order 10023 ", "to 1 to 2 ", "# 1 "])
def test_the_longest_message_takes_no_time(extractors: Extractors, part: str) -> None:
    began = time.process_time()

    extractors.found((part * 2000)[:2000])

    assert time.process_time() - began < 2
