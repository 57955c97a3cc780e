"""What can be sent back and until when, and that a return is announced once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from middleware.errors import NotFound, Unavailable, Unknown
from middleware.quantities import Trouble
from middleware.records import Address, Order, OrderStatus, Return, ReturnReason, ReturnStatus
from middleware.return_answers import is_mere_yes, is_quantity, is_yes_and_more, quantity_in
from middleware.return_items import LONGEST_WORDS, Item, Meant, Proposed, Verdict
from middleware.return_reasons import reason_in
from tests.fakes.back_office import FakeErp
from tests.fakes.building import ADAS_ACCOUNT, KNOWN, Bench, ago, line, order, returned, shipment

MakeBench = Callable[..., Bench]

LOS_ANGELES = Address(city="Los Angeles", state="CA", country="US", postcode="90012")
NEWARK = Address(city="Newark", state="NJ", country="US", postcode="07102")
ATLANTIS = Address(city="Atlantis", country="US")

BLUE = line("alpine jacket", options={"colour": "blue", "size": "M"})
RED = line("alpine jacket", "2", options={"colour": "red", "size": "L"})
LAMPS = line("head lamp", quantity=Decimal(2))
JACKETS = order("5001", OrderStatus.DELIVERED, placed=9, lines=(BLUE, RED))
TWO_LAMPS = order("5002", OrderStatus.DELIVERED, placed=4, lines=(LAMPS,))
SHIPPED = order("5003", OrderStatus.SHIPPED, placed=2, lines=(line("two-person tent"),))
BENS = replace(order("6001", OrderStatus.DELIVERED), customer_number="1002")


def desk_with(bench: MakeBench, *orders: Order, returns: tuple[Return, ...] = (), **more: Any) -> Bench:
    return bench(erp=FakeErp([ADAS_ACCOUNT], [*orders, BENS], returns=returns), **more)


async def meant(desk: Bench, text: str = "", **more: Any) -> Meant:
    return await desk.middleware.returns.meant(await desk.who(KNOWN), text, **more)


async def the_item(desk: Bench, text: str = "") -> Item:
    [item] = (await meant(desk, text)).items
    return item


def keys(found: Meant) -> list[str]:
    return [item.key for item in found.items]


# Until when

DAY = timedelta(days=1)


def delivered(at: datetime, address: Address, **fields: Any) -> Order:
    return order("5001", OrderStatus.DELIVERED, delivered_at=at, placed_at=at - 2 * DAY, address=address, **fields)


@pytest.mark.parametrize(
    ("at", "address", "arrived_on"),
    [
        # half past eleven at night in Los Angeles is the next day in London and in New York
        (datetime(2026, 3, 2, 7, 30, tzinfo=timezone.utc), LOS_ANGELES, date(2026, 3, 1)),
        (datetime(2026, 3, 2, 7, 59, 59, tzinfo=timezone.utc), LOS_ANGELES, date(2026, 3, 1)),
        (datetime(2026, 3, 2, 8, 0, tzinfo=timezone.utc), LOS_ANGELES, date(2026, 3, 2)),
        (datetime(2026, 3, 2, 7, 30, tzinfo=timezone.utc), NEWARK, date(2026, 3, 2)),
        (datetime(2026, 3, 2, 4, 59, tzinfo=timezone.utc), NEWARK, date(2026, 3, 1)),
        # where the place isn't known, the company's zone counts
        (datetime(2026, 3, 2, 4, 59, tzinfo=timezone.utc), ATLANTIS, date(2026, 3, 1)),
        (datetime(2026, 3, 2, 5, 0, tzinfo=timezone.utc), Address(), date(2026, 3, 2)),
    ],
)
async def test_the_days_are_counted_from_the_day_of_the_delivery_where_the_customer_is(
    bench: MakeBench, at: datetime, address: Address, arrived_on: date
) -> None:
    item = await the_item(desk_with(bench, delivered(at, address)))

    assert item.arrived_on == arrived_on
    assert item.last_day == arrived_on + 30 * DAY


@pytest.mark.parametrize(
    ("address", "last_minute"),
    [
        # the last day is Tuesday, 31 March: summer time has begun by then
        (NEWARK, datetime(2026, 4, 1, 3, 59, 59, tzinfo=timezone.utc)),
        (LOS_ANGELES, datetime(2026, 4, 1, 6, 59, 59, tzinfo=timezone.utc)),
    ],
)
async def test_the_whole_last_day_counts_where_the_customer_is(
    bench: MakeBench, address: Address, last_minute: datetime
) -> None:
    desk = desk_with(bench, delivered(datetime(2026, 3, 1, 20, tzinfo=timezone.utc), address), now=last_minute)

    assert (await the_item(desk)).last_day == date(2026, 3, 31)
    assert (await the_item(desk)).verdict is Verdict.RETURNABLE
    desk.clock.advance(timedelta(seconds=1))
    assert (await the_item(desk)).verdict is Verdict.OVER


async def test_the_last_day_ends_an_hour_later_by_the_sun_when_the_clocks_go_back(bench: MakeBench) -> None:
    # given a last day, Sunday, 1 November, that has 25 hours in New York
    at = datetime(2026, 10, 2, 15, tzinfo=timezone.utc)
    desk = desk_with(bench, delivered(at, NEWARK), now=datetime(2026, 11, 2, 4, 59, tzinfo=timezone.utc))

    assert (await the_item(desk)).last_day == date(2026, 11, 1)
    assert (await the_item(desk)).verdict is Verdict.RETURNABLE
    desk.clock.advance(timedelta(minutes=1))
    assert (await the_item(desk)).verdict is Verdict.OVER


@pytest.mark.parametrize(
    ("category", "days", "verdict"),
    [
        ("clothing", 30, Verdict.RETURNABLE),
        ("", 30, Verdict.RETURNABLE),
        ("electronics", 14, Verdict.OVER),
        ("clearance", None, Verdict.FINAL_SALE),
    ],
)
async def test_the_category_says_how_many_days_there_are(
    bench: MakeBench, category: str, days: int | None, verdict: Verdict
) -> None:
    one = order("5001", OrderStatus.DELIVERED, placed=22, lines=(line(category=category),))
    desk = desk_with(bench, one)

    item = await the_item(desk)

    assert item.verdict is verdict
    assert item.last_day == (days and ago(20).date() + days * DAY)
    assert desk.middleware.returns.days(category) == days


# What has arrived, and what of it is left


async def test_what_is_on_its_way_has_not_arrived(bench: MakeBench) -> None:
    item = await the_item(desk_with(bench, SHIPPED))

    assert (item.verdict, item.arrived, item.last_day) == (Verdict.NOT_ARRIVED, 0, None)


async def test_of_a_line_in_parts_the_units_that_arrived_can_go_back_counted_from_the_last(bench: MakeBench) -> None:
    parcels = (
        shipment({"1": 3}, delivered_at=ago(8)),
        shipment({"1": 2}, id="p2", delivered_at=ago(3)),
        shipment({"1": 1}, id="p3"),
    )
    pegs = line("tent peg", quantity=Decimal(6), status=OrderStatus.PARTLY_SHIPPED)
    desk = desk_with(bench, order("5001", OrderStatus.PARTLY_SHIPPED, placed=9, lines=(pegs,), shipments=parcels))

    item = await the_item(desk)

    assert (item.arrived, item.left, item.arrived_on) == (5, 5, ago(3).date())


async def test_a_line_that_arrived_on_a_day_that_the_erp_does_not_say_has_no_window(bench: MakeBench) -> None:
    item = await the_item(desk_with(bench, order("5001", OrderStatus.DELIVERED, delivered_at=None)))

    assert (item.verdict, item.arrived_on, item.last_day) == (Verdict.NO_DAY, None, None)


@pytest.mark.parametrize(
    ("status", "left", "verdict"),
    [
        (ReturnStatus.ANNOUNCED, 1, Verdict.RETURNABLE),
        (ReturnStatus.REFUNDED, 1, Verdict.RETURNABLE),
        (ReturnStatus.REJECTED, 2, Verdict.RETURNABLE),
    ],
)
async def test_units_that_are_on_a_return_are_used_up_unless_it_was_refused(
    bench: MakeBench, status: ReturnStatus, left: int, verdict: Verdict
) -> None:
    item = await the_item(desk_with(bench, TWO_LAMPS, returns=(returned(of=TWO_LAMPS, status=status),)))

    assert (item.left, item.verdict) == (left, verdict)
    assert [one.number for one in item.returns] == ["R-2000"]
    assert len(item.accepted) == (status is not ReturnStatus.REJECTED)


async def test_what_is_wholly_on_returns_is_used_up_however_long_ago_it_came(bench: MakeBench) -> None:
    old = order("5001", OrderStatus.DELIVERED, placed=90)

    item = await the_item(desk_with(bench, old, returns=(returned(of=old),)))

    assert item.verdict is Verdict.USED_UP


@pytest.mark.parametrize("of", ["order", "line"])
async def test_what_came_back_without_us_is_used_up(bench: MakeBench, of: str) -> None:
    gone = OrderStatus.RETURNED
    one = order("5001", gone) if of == "order" else order("5001", OrderStatus.DELIVERED, lines=(line(status=gone),))

    assert (await the_item(desk_with(bench, one))).verdict is Verdict.USED_UP


# Which one


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("can I still return the blue jacket I bought on Monday", ["5001/1"]),
        ("the red one", ["5001/2"]),
        ("my jacket", ["5001/1", "5001/2"]),
        ("send back the lamps", ["5002/1"]),
        ("everything from order 5002", ["5002/1"]),
        ("order #5001, the L", ["5001/2"]),
        ("sku 1 of 5001", ["5001/1"]),
        ("i want to return something", ["5002/1", "5001/1", "5001/2"]),
        ("what came yesterday", ["5002/1"]),
    ],
)
async def test_the_words_say_which_item_is_meant(bench: MakeBench, text: str, found: list[str]) -> None:
    desk = desk_with(bench, replace(JACKETS, placed_at=ago(9)), replace(TWO_LAMPS, delivered_at=ago(1)))

    assert keys(await meant(desk, text)) == found


async def test_the_place_in_the_list_says_which(bench: MakeBench) -> None:
    desk = desk_with(bench, JACKETS, TWO_LAMPS)

    assert keys(await meant(desk, "the second one", offered=["5002/1", "5001/2"])) == ["5001/2"]


@pytest.mark.parametrize("sku", ["BLU-JKT-M", "blu jkt m", "blujktm"])
async def test_an_sku_says_which_however_it_is_written(bench: MakeBench, sku: str) -> None:
    lines = (replace(BLUE, sku="BLU-JKT-M"), replace(RED, sku="RED-JKT-L"))
    desk = desk_with(bench, replace(JACKETS, lines=lines))

    assert keys(await meant(desk, f"return {sku} please")) == ["5001/1"]
    assert keys(await meant(desk, "", sku=sku)) == ["5001/1"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("I want to send it back", ["5001/1", "5001/2"]), ("yes", ["5001/1", "5001/2"]), ("", ["5001/1", "5001/2"])],
)
async def test_it_is_of_the_order_last_spoken_of(bench: MakeBench, text: str, found: list[str]) -> None:
    assert keys(await meant(desk_with(bench, JACKETS, TWO_LAMPS), text, spoken_of="5001")) == found


async def test_something_is_not_of_an_order_that_has_nothing_to_send_back(bench: MakeBench) -> None:
    desk = desk_with(bench, TWO_LAMPS, SHIPPED)

    assert keys(await meant(desk, "I want to return something", spoken_of="5003")) == ["5002/1"]
    assert keys(await meant(desk, "can it go back?", spoken_of="5003")) == ["5003/1"]


async def test_what_can_be_sent_back_comes_before_what_cannot(bench: MakeBench) -> None:
    old = order("4001", OrderStatus.DELIVERED, placed=90, lines=(replace(BLUE, id="7"),))
    coming = order("5009", OrderStatus.SHIPPED, placed=1, lines=(BLUE,))

    assert keys(await meant(desk_with(bench, old, JACKETS, coming), "the blue jacket")) == ["5001/1"]
    assert keys(await meant(desk_with(bench, old, coming), "the blue jacket")) == ["4001/7"]


async def test_two_lines_of_one_article_in_one_order_are_not_asked_apart(bench: MakeBench) -> None:
    twice = replace(JACKETS, lines=(BLUE, replace(BLUE, id="2")))

    assert keys(await meant(desk_with(bench, twice), "the jacket")) == ["5001/1"]


async def test_an_order_older_than_the_look_back_is_found_by_its_number(bench: MakeBench) -> None:
    old = order("4001", OrderStatus.DELIVERED, placed=300)

    found = await meant(desk_with(bench, old, JACKETS), "return ord-4001", number="ord-4001")

    assert keys(found) == ["4001/1"]


@pytest.mark.parametrize("number", ["6001", "9999"])
async def test_anothers_order_and_none_are_not_found(bench: MakeBench, number: str) -> None:
    with pytest.raises(NotFound):
        await meant(desk_with(bench, JACKETS), f"return order {number}", number=number)


async def test_a_cancelled_order_has_nothing_to_send_back(bench: MakeBench) -> None:
    gone = order("5004", OrderStatus.CANCELLED)
    desk = desk_with(bench, gone, JACKETS)

    assert await meant(desk, "return 5004", number="5004") == Meant(items=(), named=True, cancelled=gone)
    assert keys(await meant(desk)) == ["5001/1", "5001/2"]


async def test_a_day_on_which_nothing_was_bought_finds_nothing(bench: MakeBench) -> None:
    assert await meant(desk_with(bench, JACKETS), "the jacket from 14 November") == Meant(items=(), named=True)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("the red one", True),
        ("no, the lamps", True),
        ("5001", True),
        ("the second one", True),
        ("", False),
        ("cancel the red one", False),
        ("where is order 5001?", False),
        ("what colours do you have?", False),
        ("it is broken", False),
    ],
)
async def test_only_words_that_say_nothing_else_are_a_choice(bench: MakeBench, text: str, is_one: bool) -> None:
    desk = desk_with(bench, JACKETS, TWO_LAMPS)

    assert await desk.middleware.returns.is_choice(await desk.who(KNOWN), text, ["5001/1", "5001/2"]) is is_one


# The announcement


async def proposed(desk: Bench, quantity: int = 1, text: str = "") -> Proposed:
    return await desk.middleware.returns.propose(await desk.who(KNOWN), await the_item(desk, text), Decimal(quantity))


async def test_a_return_is_announced_once_whatever_reason_comes_with_the_yes(bench: MakeBench) -> None:
    # given
    desk = desk_with(bench, TWO_LAMPS)
    offer = await proposed(desk, 2)
    who = await desk.who(KNOWN)

    # when
    first = await desk.middleware.returns.confirm(
        who, offer.key, replace(offer.announcement, reason=ReturnReason.DAMAGED, words="it flickers")
    )
    again = await desk.middleware.returns.confirm(who, offer.key, offer.announcement)

    # then
    assert isinstance(first, Return)
    assert again == first
    assert (first.reason, first.return_by) == (ReturnReason.DAMAGED, ago(2).date() + 30 * DAY)
    assert [(part.id, part.quantity) for part in first.lines] == [("1", 2)]
    assert desk.erp.returns == [first]


async def test_what_is_kept_until_the_yes_gives_the_same_announcement(bench: MakeBench) -> None:
    offer = await proposed(desk_with(bench, TWO_LAMPS), 2)

    assert type(offer.announcement).again(offer.kept) == offer.announcement


async def test_the_customers_words_are_cut(bench: MakeBench) -> None:
    heard: list[str] = []

    class Listening(FakeErp):
        def create_return(self, *given: Any, words: str, **more: Any) -> Return:
            heard.append(words)
            return super().create_return(*given, words=words, **more)

    desk = bench(erp=Listening([ADAS_ACCOUNT], [TWO_LAMPS]))
    offer = await proposed(desk)

    await desk.middleware.returns.confirm(
        await desk.who(KNOWN), offer.key, replace(offer.announcement, words="long " * 1000)
    )

    assert [len(words) for words in heard] == [LONGEST_WORDS]


async def test_an_answer_that_was_lost_is_looked_up(bench: MakeBench) -> None:
    # given
    desk = desk_with(bench, TWO_LAMPS)
    offer = await proposed(desk)
    who = await desk.who(KNOWN)
    assert not await desk.middleware.returns.was_begun(offer.key)
    desk.erp.fail(Unknown("lost"), late=True, only="create_return")

    # when
    with pytest.raises(Unknown):
        await desk.middleware.returns.confirm(who, offer.key, offer.announcement)
    desk.erp.recover()
    assert await desk.middleware.returns.was_begun(offer.key)
    made = await desk.middleware.returns.confirm(who, offer.key, offer.announcement)

    # then
    assert [made] == desk.erp.returns


async def test_where_the_erp_refuses_the_item_says_itself_how_it_stands(bench: MakeBench) -> None:
    # given two conversations that were offered the same
    desk = desk_with(bench, TWO_LAMPS)
    who = await desk.who(KNOWN)
    one, other = await proposed(desk, 2), await proposed(desk, 2)

    # when
    made = await desk.middleware.returns.confirm(who, one.key, one.announcement)
    refused = await desk.middleware.returns.confirm(who, other.key, other.announcement)

    # then
    assert isinstance(refused, Item)
    assert refused.verdict is Verdict.USED_UP
    assert list(refused.returns) == desk.erp.returns == [made]


async def test_a_yes_after_the_last_day_announces_nothing(bench: MakeBench) -> None:
    desk = desk_with(bench, TWO_LAMPS)
    offer = await proposed(desk)
    desk.clock.now = offer.announcement.ends

    refused = await desk.middleware.returns.confirm(await desk.who(KNOWN), offer.key, offer.announcement)

    assert isinstance(refused, Item)
    assert refused.verdict is Verdict.OVER
    assert not desk.erp.returns


async def test_a_line_that_is_gone_is_not_found(bench: MakeBench) -> None:
    with pytest.raises(NotFound):
        await desk_with(bench, TWO_LAMPS).middleware.returns.item(await desk_with(bench).who(KNOWN), "6001/1")


# The label


async def test_the_label_is_kept_and_the_same_return_gives_the_same(bench: MakeBench) -> None:
    desk = desk_with(bench, TWO_LAMPS)
    who = await desk.who(KNOWN)
    offer = await proposed(desk)
    made = await desk.middleware.returns.confirm(who, offer.key, offer.announcement)
    assert isinstance(made, Return)

    one = await desk.middleware.returns.label(who, made)
    other = await desk.middleware.returns.label(who, made)

    assert one and other
    assert (one.kind, one.object, one.name) == ("label", made.number, f"return-label-{made.number}.pdf")
    files = [await fetched(desk, kept.id, kept.name) for kept in (one, other)]
    assert files[0] == files[1]
    assert files[0].startswith(b"%PDF")


async def fetched(desk: Bench, document_id: str, name: str) -> bytes:
    link = desk.middleware.documents.link(document_id, name, "rest:one", "rest")
    _, content = await desk.middleware.documents.fetch(link.split("/")[-2], name)
    return content


@pytest.mark.parametrize("trouble", [Unavailable("down"), RuntimeError("a fault")])
async def test_a_label_that_cannot_be_made_raises_nothing(bench: MakeBench, trouble: Exception) -> None:
    desk = desk_with(bench, TWO_LAMPS)
    desk.erp.fail(trouble, only="order")

    assert await desk.middleware.returns.label(await desk.who(KNOWN), returned(of=TWO_LAMPS)) is None


async def test_a_label_that_cannot_be_drawn_raises_nothing(bench: MakeBench) -> None:
    desk = desk_with(bench, TWO_LAMPS)

    made = returned("R-\N{SNOWMAN}", of=TWO_LAMPS)

    assert await desk.middleware.returns.label(await desk.who(KNOWN), made) is None


# Which return


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("where is my refund", ["R-2002", "R-2001"]),
        ("r-2001?", ["R-2001"]),
        ("return number 2001", ["R-2001"]),
        ("the money for order 5002", ["R-2002"]),
        ("what about the jacket", ["R-2001"]),
        ("the money for the toaster", ["R-2002", "R-2001"]),
    ],
)
async def test_a_return_is_found_by_its_number_its_order_or_its_item(
    bench: MakeBench, text: str, found: list[str]
) -> None:
    returns = (returned("R-2001", of=JACKETS, announced=5), returned("R-2002", of=TWO_LAMPS))
    desk = desk_with(bench, JACKETS, TWO_LAMPS, returns=returns)

    told = await desk.middleware.returns.announced(await desk.who(KNOWN), text)

    assert [one.number for one in told] == found


# Words

REASONS = {
    ReturnReason.TOO_SMALL: ["it's too small", "way too tight", "I need a bigger one", "they run small"],
    ReturnReason.TOO_LARGE: ["Too big", "it is too long", "the sleeves are a bit too long", "need the smaller one"],
    ReturnReason.DAMAGED: [
        "they're broken",
        "it leaks",
        "the zip broke",
        "won't turn on",
        "has a hole",
        "it tore, torn",
    ],
    ReturnReason.WRONG_ITEM: ["wrong item", "that's not what I ordered", "you sent the wrong colour", "wrong one"],
    ReturnReason.NOT_AS_DESCRIBED: ["not as described", "nothing like the photo", "looks totally different"],
    ReturnReason.CHANGED_MIND: ["changed my mind", "I don't want it any more", "don't like the colour", "not needed"],
    ReturnReason.OTHER: ["it doesn't fit", "I'd rather not say", "no reason", "I ordered the wrong size"],
}


@pytest.mark.parametrize(("reason", "text"), [(one, text) for one, texts in REASONS.items() for text in texts])
def test_a_reason_is_found_in_a_customers_words(reason: ReturnReason, text: str) -> None:
    assert reason_in(text) is reason
    assert reason_in(f"Please take back the whole order, {text.upper()}!") is reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I want to send it back",
        "can I still return the blue jacket I bought on Tuesday?",
        "i've had it for a month, is that too long to return it",
        "it isn't broken",
        "until when?",
        "😀",
        "the whole order please",
    ],
)
def test_no_reason_is_found_where_there_is_none(text: str) -> None:
    assert reason_in(text) is None


def test_what_is_denied_is_no_reason_and_hides_none() -> None:
    assert reason_in("it's not broken, I just don't like it") is ReturnReason.CHANGED_MIND


@pytest.mark.parametrize(
    "text",
    [
        "yes please, it's too small",
        "yes, they're broken",
        "Yes make the label",
        "can you send me the label please",
        "the label please",
        "yes, both",
        "sure, all of them",
    ],
)
def test_a_yes_may_say_more(text: str) -> None:
    assert is_yes_and_more(text)
    assert not is_mere_yes(text) or "label" in text


@pytest.mark.parametrize(
    "text",
    ["yes", "no, it's too small", "ok but it's broken", "it's too small", "is the label free?", "yes?", "sure thing"],
)
def test_no_yes_is_read_into_anything_else(text: str) -> None:
    assert not is_yes_and_more(text)


@pytest.mark.parametrize("text", ["yes", "Yes please!", "ok, go ahead", "👍", "sure, thank you"])
def test_a_mere_yes_is_one(text: str) -> None:
    assert is_mere_yes(text)


@pytest.mark.parametrize(
    ("text", "entity", "said"),
    [
        ("only one of them", "one", Decimal(1)),
        ("make it 3", "", Decimal(3)),
        ("all 4", "4", Decimal(4)),
        ("all of them", "", Decimal(4)),
        ("both", "", Decimal(2)),
        ("send back both lamps", "", Decimal(2)),
        ("return all the lamps", "", Decimal(4)),
        ("return two of the four lamps", "", Decimal(2)),
        ("I want to return 3 head lamps", "3", Decimal(3)),
        ("one of my lamps is broken, return it", "", Decimal(1)),
        ("0", "", Trouble.ZERO),
        ("send back -5 lamps", "", Trouble.NEGATIVE),
        ("return 1.5 lamps", "", Trouble.FRACTION),
        ("a few", "", Trouble.VAGUE),
        ("return a few of the lamps", "", Trouble.VAGUE),
        ("10^9", "", Decimal(10**9)),
        ("the red one", "", None),
        ("I want to return the lamps", "", None),
        ("how many lamps can I return", "", None),
        ("send back what I bought 2 weeks ago", "", None),
        ("order 10023", "", None),
        ("", "", None),
        ("", "2", Decimal(2)),
    ],
)
def test_how_many_is_read_from_the_words(text: str, entity: str, said: Decimal | Trouble | None) -> None:
    assert quantity_in(text, entity, "head lamp", Decimal(4), ["10023"]) == said


@pytest.mark.parametrize("text", ["do you have 500 bottles", "where is 10023", "I need 2 days", "hello"])
def test_a_number_in_another_wish_is_none_of_pieces(text: str) -> None:
    assert not is_quantity(text, "head lamp")
