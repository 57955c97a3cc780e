"""Every action by itself: what it says, what it remembers, and that it always says something."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

import pytest
from rasa.core.nlg.interpolator import interpolate_text
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.utils import all_subclasses
from ruamel.yaml import YAML

import actions
from actions.base import ASK_FOR_PROOF, Action
from actions.cancelling import CancelOrder
from actions.greeting import Greet
from actions.identity import AskForProof, ChooseAccount, Identify
from actions.leads import CaptureLead
from actions.orders import TrackOrder, TrackThatOrder
from actions.replies import Reply
from actions.smalltalk import BotChallenge, DefaultFallback, Faq, NotUnderstood, SmallTalk, Stop
from actions.tasks import Continue, Keep, Task
from actions.tickets import TicketStatus
from actions.turn import LISTEN, Turn
from middleware import store
from middleware.errors import (
    Conflict,
    FrontdeskError,
    Malformed,
    NotAllowed,
    NotFound,
    Reason,
    Rejected,
    ShutOut,
    Unavailable,
    Unknown,
)
from middleware.identity import Proof
from middleware.records import Customer, Order, OrderStatus
from middleware.settings import Operation
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import (
    ADA,
    ADA_EMAIL,
    ADA_PHONE,
    ADAS_ACCOUNT,
    KNOWN,
    NOW,
    ROOT,
    Bench,
    ago,
    line,
    order,
    shipment,
    ticket,
)

MakeBench = Callable[..., Bench]

TODAY = NOW.date()
STRANGER = Proof()

BLUE_JACKET = line("alpine jacket", options={"colour": "blue", "size": "M"})
BENS_ORDER = replace(order("6001"), customer_number="1002")


@lru_cache(maxsize=1)
def domain() -> Any:
    """domain.yml."""
    return YAML(typ="safe").load((ROOT / "domain.yml").read_text(encoding="utf-8"))


def every_action() -> list[type[Action]]:
    """The classes of all actions of the package `actions`."""
    for module in pkgutil.iter_modules(actions.__path__):
        importlib.import_module(f"actions.{module.name}")
    found = [
        one for one in all_subclasses(Action) if one.__module__.startswith("actions.") and not inspect.isabstract(one)
    ]
    return sorted(found, key=lambda one: str(one.__name__))


@dataclass
class Said:
    """What an action answered.

    Attributes:
        texts: As the customer reads them, in every variant of the first response, and so on.
        second: The customer's second want, put as a message of its own.
    """

    responses: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)
    then: str = LISTEN
    second: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        """All that was said, in its first variants."""
        return "\n".join(self.texts)


def rendered(message: Mapping[str, Any]) -> str:
    """A message as Rasa renders it; fails where a reply isn't as it must be."""
    name = message["response"]
    assert name in domain()["responses"], f"domain.yml has no response {name}"
    sources = message["sources"]
    texts = []
    for variant in domain()["responses"][name]:
        placeholders = re.findall(r"\{(\w+)\}", variant["text"])
        missing = [one for one in placeholders if one not in message]
        assert not missing, f"{name}: nothing fills {missing}"
        assert all(sources.get(one) for one in placeholders), f"{name}: unknown where a fill came from: {sources}"
        texts.append(interpolate_text(variant["text"], dict(message)))
        assert not re.search(r"\{\w+\}|\bNone\b", texts[-1]), f"{name}: {texts[-1]!r}"
        for button in (*variant.get("buttons", ()), *message["buttons"]):
            assert button["title"]
            assert_understood(button["payload"])
    return texts[0]


def assert_understood(payload: str) -> None:
    """Fails unless Rasa knows the intent and the entities of a button's payload."""
    match = re.fullmatch(r"/(\w+)(\{.*\})?", payload)
    assert match, payload
    assert match[1] in domain()["intents"], payload
    assert set(json.loads(match[2] or "{}")) <= set(domain()["entities"]), payload


async def ask(
    desk: Bench,
    action: Action | type[Action],
    text: str = "hello",
    *,
    intent: str = "Greet",
    proof: Proof = KNOWN,
    slots: Mapping[str, Any] | None = None,
    entities: Mapping[str, str] | None = None,
    message: Mapping[str, Any] | None = None,
    events: Sequence[Mapping[str, Any]] = (),
    turn_id: str | None = None,
    after: str = LISTEN,
    conversation: str = "rest:one",
) -> Said:
    """Runs an action as the action server does, in an open turn; `after` is the action that ran before it."""
    turn = await desk.open_turn(proof, text) if turn_id is None else None
    latest = {
        "text": text,
        "intent": {"name": intent, "confidence": 0.9},
        "entities": [{"entity": name, "value": value} for name, value in (entities or {}).items()],
        "metadata": {"turn": turn.id if turn else turn_id},
        **(message or {}),
    }
    known = {name: None for name in domain()["slots"]} | dict(slots or {})
    tracker = Tracker(conversation, known, latest, [dict(one) for one in events], False, None, {}, after)
    dispatcher = CollectingDispatcher()
    made = action(desk.middleware) if isinstance(action, type) else action

    result = await made.run(dispatcher, tracker, domain())

    second = result.pop() if result[-1]["event"] == "user" else None
    said = Said(then=result[-1]["name"], second=second)
    assert dispatcher.messages or said.then != LISTEN, f"{made.name()} said nothing"
    for one in dispatcher.messages:
        json.dumps(one)  # it goes over HTTP
        said.responses.append(one["response"])
        said.texts.append(rendered(one))
        said.buttons += [(button["title"], button["payload"]) for button in one["buttons"]]
    said.slots = {event["name"]: event["value"] for event in result if event["event"] == "slot"}
    for name, value in said.slots.items():
        allowed = domain()["slots"][name].get("values", [value])
        assert value is None or value in allowed, f"domain.yml: the slot {name} can't be {value!r}"
    return said


def desk_with(bench: MakeBench, *orders: Order, **deadlines: float) -> Bench:
    """Ada in both systems, with these orders."""
    return bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], orders), **deadlines)


# Names


def test_domain_and_code_name_the_same_actions() -> None:
    assert sorted(one().name() for one in every_action()) == sorted(domain()["actions"])


@pytest.mark.parametrize("action", every_action(), ids=lambda one: one.__name__)
def test_an_action_sets_a_topic_that_domain_yml_has(action: type[Action]) -> None:
    assert action.topic is None or action.topic in domain()["slots"]["topic"]["values"]


# Greeting


async def test_a_known_customer_is_greeted_by_name(bench: MakeBench) -> None:
    said = await ask(bench(FakeCrm([ADA])), Greet)

    assert said.responses == ["utter_greet_by_name"]
    assert said.text.startswith("Welcome back, Ada.")
    assert said.slots == {"question": None, "topic": "greeting"}


async def test_an_open_ticket_is_named_in_the_greeting(bench: MakeBench) -> None:
    crm = FakeCrm([ADA], [ticket("T-7", opened=4), ticket("T-6", opened=9), ticket("T-5", opened=1, is_open=False)])

    said = await ask(bench(crm), Greet)

    assert "an open ticket about your torn zip (T-7, opened on Saturday)" in said.text
    assert [title for title, _ in said.buttons] == ["About that", "Something else"]
    assert said.slots["question"] == "about_ticket"


async def test_a_stranger_is_greeted_plainly_and_no_system_is_asked(bench: MakeBench) -> None:
    desk = bench(FakeCrm([ADA]))

    said = await ask(desk, Greet, proof=STRANGER)

    assert said.responses == ["utter_greet"]
    assert not desk.crm.calls


@pytest.mark.parametrize("people", [[], [ADA, replace(ADA, id="102", first_name="Ben")]], ids=["nobody", "several"])
async def test_whoever_is_not_one_person_is_greeted_plainly(bench: MakeBench, people: list[Any]) -> None:
    assert (await ask(bench(FakeCrm(people)), Greet)).responses == ["utter_greet"]


async def test_whoever_has_no_first_name_on_file_is_greeted_plainly(bench: MakeBench) -> None:
    assert (await ask(bench(FakeCrm([replace(ADA, first_name="")])), Greet)).responses == ["utter_greet"]


async def test_a_crm_that_hangs_holds_a_greeting_up_no_longer_than_its_deadline(bench: MakeBench) -> None:
    desk = bench(FakeCrm([ADA]), greeting=0.2)
    desk.crm.hang(60)

    begun = time.monotonic()
    said = await ask(desk, Greet)

    assert said.responses == ["utter_greet"]
    assert time.monotonic() - begun < 30


async def test_tickets_that_do_not_come_leave_the_name(bench: MakeBench) -> None:
    class WithoutTickets(FakeCrm):
        def open_tickets(self, contact_id: str) -> Sequence[Any]:
            raise Unavailable("down", system="crm")

    assert (await ask(bench(WithoutTickets([ADA])), Greet)).responses == ["utter_greet_by_name"]


@pytest.mark.parametrize("nonsense", [None, "nonsense", [None], 42])
async def test_a_crm_that_talks_nonsense_leaves_a_plain_greeting(bench: MakeBench, nonsense: Any) -> None:
    desk = bench(FakeCrm([ADA]))
    desk.crm.talk_nonsense(nonsense)

    assert (await ask(desk, Greet)).responses == ["utter_greet"]


# Orders

EVERY_STATUS = [
    (order("5001", OrderStatus.PLACED), "Your order 5001 (alpine jacket) from Sunday is in"),
    (order("5001", OrderStatus.PICKING), "is being picked in the warehouse right now. I have no arrival date"),
    (
        order("5001", OrderStatus.PACKED, expected_on=TODAY + timedelta(days=2)),
        "is packed and waits for the carrier. It should arrive on Friday, 13 March.",
    ),
    (
        order(
            "5001",
            OrderStatus.SHIPPED,
            shipments=(shipment({"1": 1}, carrier="UPS", tracking="1Z 9", expected_on=TODAY + timedelta(days=1)),),
        ),
        "was shipped with UPS on Monday, tracking 1Z 9. It should arrive on Thursday, 12 March.",
    ),
    (
        order("5001", OrderStatus.SHIPPED, shipments=(shipment({"1": 1}),)),
        "was shipped on Monday. I have no arrival date for it yet.",
    ),
    (order("5001", OrderStatus.SHIPPED), "is on its way. I have no arrival date for it yet."),
    (
        order("5001", OrderStatus.SHIPPED, shipments=(shipment({}, shipped_at=None, carrier="UPS", tracking="1Z 9"),)),
        "Your order 5001 (alpine jacket) was shipped with UPS, tracking 1Z 9. I have no arrival date for it yet.",
    ),
    (
        order("5001", OrderStatus.SHIPPED, shipments=(shipment({}, shipped_at=None),)),
        "Your order 5001 (alpine jacket) was shipped. I have no arrival date for it yet.",
    ),
    (
        order("5001", OrderStatus.SHIPPED, lines=(line("", options={"size": "M"}),)),
        "Your order 5001 (SKU-1, M) is on its way.",
    ),
    (
        order(
            "5001",
            OrderStatus.DELAYED,
            promised_on=TODAY - timedelta(days=1),
            expected_on=TODAY + timedelta(days=4),
        ),
        "is late: it was due on Tuesday. It should arrive on Sunday, 15 March.",
    ),
    (
        order("5001", OrderStatus.DELAYED, promised_on=TODAY - timedelta(days=1)),
        "is late: it was due on Tuesday. I have no arrival date for it yet.",
    ),
    (order("5001", OrderStatus.DELAYED), "I'm sorry, your order 5001 (alpine jacket) is late. I have no arrival date"),
    (
        order(
            "5001",
            OrderStatus.DUE,
            shipments=(shipment({}, shipped_at=ago(6), presumed_on=TODAY - timedelta(days=1), carrier="UPS"),),
        ),
        "was shipped with UPS on Thursday and should have arrived by Tuesday. If it hasn't, tell me",
    ),
    (order("5001", OrderStatus.DUE), "(alpine jacket) was sent and should have arrived. If it hasn't, tell me"),
    (order("5001", OrderStatus.DELIVERED), "arrived on Tuesday. Would you like to send something back?"),
    (order("5001", OrderStatus.DELIVERED, delivered_at=None), "has arrived. Would you like to send something back?"),
    (order("5001", OrderStatus.RETURNED), "Your order 5001 (alpine jacket) came back to us."),
    (order("5001", OrderStatus.CANCELLED), "was cancelled; nothing more will be sent."),
]


async def test_a_parcel_of_several_that_should_be_there_is_not_said_to_have_no_day(bench: MakeBench) -> None:
    gone = shipment({"1": 1}, shipped_at=ago(6), presumed_on=TODAY - timedelta(days=1))
    mine = order("5001", OrderStatus.PARTLY_SHIPPED, lines=(line("tent peg", quantity=2),), shipments=(gone,))

    said = await ask(desk_with(bench, mine), TrackOrder, "where is 5001?", entities={"order_number": "5001"})

    assert "1 × tent peg: shipped on Thursday. It should have arrived by Tuesday." in said.text


def test_every_status_but_the_partly_shipped_is_tried() -> None:
    assert {one.status for one, _ in EVERY_STATUS} | {OrderStatus.PARTLY_SHIPPED} == set(OrderStatus)


@pytest.mark.parametrize(("mine", "told"), EVERY_STATUS, ids=lambda one: getattr(one, "status", None))
async def test_an_order_is_told_by_its_status(bench: MakeBench, mine: Order, told: str) -> None:
    said = await ask(desk_with(bench, mine), TrackOrder, "where is 5001?", entities={"order_number": "5001"})

    assert told in said.text
    assert said.slots["order_number"] == "5001"
    assert said.slots["topic"] == "orders"
    assert said.slots["question"] == ("return_offer" if mine.status.is_there else None)


@pytest.mark.parametrize("status", list(OrderStatus))
async def test_an_order_of_which_the_erp_says_nothing_but_its_status_is_told(
    bench: MakeBench, status: OrderStatus
) -> None:
    bare = order("5001", status, lines=(), delivered_at=None)

    said = await ask(desk_with(bench, bare), TrackOrder, "where is it", entities={"order_number": "5001"})

    assert re.search(r"[Yy]our order 5001 (is|was|comes|has|came|from)\b", said.text)
    assert "()" not in said.text


async def test_orders_without_lines_are_listed_by_number_status_and_day(bench: MakeBench) -> None:
    one = order("5003", OrderStatus.PICKING, placed=2, lines=())
    other = order("5002", OrderStatus.DELAYED, placed=12)

    said = await ask(desk_with(bench, one, other), TrackOrder, "where is my stuff")

    assert [title for title, _ in said.buttons] == [
        "5003: being picked (from Monday)",
        "5002: alpine jacket, late (from Friday, 27 February)",
    ]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "The last order that arrived was 5001 (alpine jacket), on Thursday, 19 February. Is it about that one?"),
        ({"delivered_at": None}, "The last order that arrived was 5001 (alpine jacket). Is it about that one?"),
        ({"delivered_at": None, "lines": ()}, "The last order that arrived was 5001. Is it about that one?"),
    ],
)
async def test_the_last_order_is_offered_with_what_the_erp_says_of_it(
    bench: MakeBench, fields: dict[str, Any], told: str
) -> None:
    arrived = order("5001", OrderStatus.DELIVERED, placed=22, **fields)

    said = await ask(desk_with(bench, arrived), TrackOrder, "where is my order")

    assert told in said.text


async def test_a_partial_shipment_is_told_line_by_line(bench: MakeBench) -> None:
    # given pegs in two parcels and more to come, and a lamp that waits
    partial = order(
        "5005",
        OrderStatus.PARTLY_SHIPPED,
        lines=(line("tent peg", "1", quantity=12), line("head lamp", "2")),
        expected_on=TODAY + timedelta(days=3),
        shipments=(
            shipment({"1": 8}, delivered_at=ago(1)),
            shipment({"1": 3}, id="p2", carrier="UPS", tracking="1Z 333", expected_on=TODAY + timedelta(days=1)),
        ),
    )

    # when
    said = await ask(desk_with(bench, partial), TrackOrder, "where is my order?")

    # then
    assert said.text.split("\n") == [
        "Your order 5005 comes in parts:",
        "• 8 × tent peg: arrived on Tuesday.",
        "• 3 × tent peg: shipped with UPS on Monday, tracking 1Z 333. It should arrive on Thursday, 12 March.",
        "• 1 × tent peg: not sent yet. It should arrive on Saturday, 14 March.",
        "• 1 × head lamp: not sent yet. It should arrive on Saturday, 14 March.",
    ]


async def test_a_partial_shipment_of_which_a_line_is_over_tells_only_the_rest(bench: MakeBench) -> None:
    # given a parcel without days, and lines that were cancelled, came back, and arrived
    partial = order(
        "5005",
        OrderStatus.PARTLY_SHIPPED,
        lines=(
            line("tent", "1", status=OrderStatus.SHIPPED),
            line("mug", "2", status=OrderStatus.CANCELLED),
            line("lamp", "3", status=OrderStatus.RETURNED),
            line("stove", "4", status=OrderStatus.DELIVERED),
        ),
        shipments=(shipment({"1": 1, "3": 1, "4": 1}, shipped_at=None, carrier="UPS"),),
    )

    # when
    said = await ask(desk_with(bench, partial), TrackOrder, "where is my order?")

    # then
    assert said.text.split("\n") == [
        "Your order 5005 comes in parts:",
        "• 1 × tent: shipped with UPS. I have no arrival date for it yet.",
        "• 1 × stove: has arrived.",
    ]


@pytest.mark.parametrize(
    ("lines", "sent"),
    [
        ([], {}),
        ([line("tent", status=OrderStatus.PARTLY_SHIPPED)], {}),
        ([line("tent", status=OrderStatus.PARTLY_SHIPPED), line("mug", "2")], {"2": 1}),
        ([line("tent", status=OrderStatus.RETURNED), line("mug", "2")], {"1": 1}),
    ],
    ids=["no lines", "nothing", "not of a line that was sent in part", "only what came back"],
)
async def test_of_a_partial_shipment_is_not_told_what_the_erp_does_not_say(
    bench: MakeBench, lines: list[Any], sent: dict[str, int]
) -> None:
    partial = order("5005", OrderStatus.PARTLY_SHIPPED, lines=tuple(lines), shipments=(shipment(sent),))

    said = await ask(desk_with(bench, partial), TrackOrder, "where is my order?")

    assert said.responses == ["utter_order_partly_shipped_no_details"]
    assert "comes in parts: some of it was sent, and the rest is still to come." in said.text


async def test_several_open_orders_are_listed_with_what_tells_them_apart(bench: MakeBench) -> None:
    # given
    late = order("5002", OrderStatus.DELAYED, placed=12, lines=(BLUE_JACKET,))
    desk = desk_with(bench, order("5003", OrderStatus.PICKING, placed=2, lines=(line("tent"), line("mug", "2"))), late)

    # when
    said = await ask(desk, TrackOrder, "where is my stuff")

    # then
    assert said.responses == ["utter_which_order"]
    assert said.buttons == [
        ("5003: tent and mug, being picked (from Monday)", '/Choose{"order_number": "5003"}'),
        ("5002: alpine jacket, blue, M, late (from Friday, 27 February)", '/Choose{"order_number": "5002"}'),
    ]
    assert said.slots == {"question": "which_order", "offered_orders": ["5003", "5002"], "topic": "orders"}


async def test_a_place_in_the_list_chooses_and_so_does_a_press(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5003", OrderStatus.PICKING, placed=2), order("5002", OrderStatus.PACKED, placed=9))
    listed = (await ask(desk, TrackOrder, "where is my stuff")).slots

    by_place = await ask(desk, TrackOrder, "the second one", slots=listed)
    by_press = await ask(
        desk, TrackOrder, '/Choose{"order_number": "5002"}', slots=listed, entities={"order_number": "5002"}
    )

    assert by_place.responses == by_press.responses == ["utter_order_packed"]
    assert by_place.slots["order_number"] == by_press.slots["order_number"] == "5002"


async def test_with_nothing_open_the_last_order_is_offered_and_told_on_a_yes(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001", OrderStatus.DELIVERED, placed=20))

    offered = await ask(desk, TrackOrder, "where is my order")
    told = await ask(desk, TrackThatOrder, "yes", slots=offered.slots)

    assert offered.responses == ["utter_no_open_order"]
    assert offered.slots["question"] == "last_order"
    assert told.responses == ["utter_order_delivered"]


async def test_the_order_in_a_slot_proves_nothing(bench: MakeBench) -> None:
    desk = bench(erp=FakeErp([ADAS_ACCOUNT], [BENS_ORDER]))

    said = await ask(desk, TrackThatOrder, "yes", slots={"order_number": BENS_ORDER.number})

    assert said.responses == ["utter_not_found"]


async def test_a_yes_without_an_order_behind_it_finds_the_orders(bench: MakeBench) -> None:
    assert (await ask(desk_with(bench), TrackThatOrder, "yes")).responses == ["utter_no_order"]


async def test_whoever_never_ordered_is_told_so(bench: MakeBench) -> None:
    assert (await ask(desk_with(bench), TrackOrder, "where is my order")).responses == ["utter_no_order"]


async def test_a_day_without_an_order_is_told_as_such(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001", placed=2))

    assert (await ask(desk, TrackOrder, "the one from saturday")).responses == ["utter_no_such_order"]


async def test_another_persons_order_and_none_are_answered_with_the_same_bytes(bench: MakeBench) -> None:
    desk = bench(erp=FakeErp([ADAS_ACCOUNT, Customer(number="1002", name="Ben")], [BENS_ORDER]))

    foreign = await ask(desk, TrackOrder, "where is 6001", entities={"order_number": "6001"})
    missing = await ask(desk, TrackOrder, "where is 9999", entities={"order_number": "9999"})

    assert foreign == missing
    assert foreign.responses == ["utter_not_found"]
    assert "6001" not in foreign.text


# Tickets


async def test_every_open_ticket_is_told_newest_first(bench: MakeBench) -> None:
    crm = FakeCrm([ADA], [ticket("T-6", opened=9), ticket("T-7", opened=4, comment="We have sent a new zip.")])

    said = await ask(bench(crm), TicketStatus)

    assert said.responses == ["utter_ticket_open_with_comment", "utter_ticket_open"]
    assert said.texts == [
        "Your ticket T-7 (torn zip) is open since Saturday. The last word on it, on Monday: “We have sent a new zip.”",
        "Your ticket T-6 (torn zip) is open since Monday, 2 March; nobody has written on it yet.",
    ]


async def test_whoever_has_no_open_ticket_is_told_so(bench: MakeBench) -> None:
    crm = FakeCrm([ADA], [ticket(is_open=False)])

    assert (await ask(bench(crm), TicketStatus)).responses == ["utter_no_open_ticket_person"]


@pytest.mark.parametrize("odd", ["{name}", "0[", "{0[x]}", "{", "}}", "%s", "\\n", "{ticket} 0[order]", "<b>", "🧥"])
async def test_whatever_stands_in_a_record_is_told_as_it_stands(bench: MakeBench, odd: str) -> None:
    crm = FakeCrm([ADA], [ticket("T-7", subject=f"my {odd}", comment=f"about {odd} then")])
    tracker_free = odd.replace("0[", "0 [")

    desk = bench(crm)
    turn = await desk.open_turn(KNOWN)
    dispatcher = CollectingDispatcher()
    tracker = Tracker("rest:one", {}, {"text": "hi", "metadata": {"turn": turn.id}}, [], False, None, {}, None)
    await TicketStatus(desk.middleware).run(dispatcher, tracker, domain())

    [message] = dispatcher.messages
    template = domain()["responses"][message["response"]][0]["text"]
    told = interpolate_text(template, dict(message))
    assert f"T-7 (my {tracker_free})" in told
    assert f"“about {tracker_free} then”" in told


# Cancelling an order


VERIFIED = Proof(email=ADA_EMAIL)


async def proposed(desk: Bench, number: str = "5001") -> Mapping[str, Any]:
    """The slots after the customer was asked whether to cancel."""
    said = await ask(desk, CancelOrder, "cancel it", proof=VERIFIED, entities={"order_number": number})
    assert said.responses == ["utter_confirm_cancel"]
    return said.slots


async def test_before_an_order_is_cancelled_a_yes_is_asked(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001", lines=(BLUE_JACKET,)))

    said = await ask(desk, CancelOrder, "please cancel my order", proof=VERIFIED)

    assert said.text == (
        "Your order 5001 (alpine jacket, blue, M) from Sunday isn't packed yet. Shall I cancel all of it?"
    )
    assert [title for title, _ in said.buttons] == ["Yes, cancel it", "No, keep it"]
    assert said.slots["question"] == "confirm"
    assert not desk.erp.changes


async def test_a_yes_cancels_it_and_says_so(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001", lines=(BLUE_JACKET,)))

    said = await ask(desk, CancelOrder, "yes", intent="Affirm", proof=VERIFIED, slots=await proposed(desk))

    assert said.text.startswith("Done: your order 5001 (alpine jacket, blue, M) is cancelled")
    assert desk.erp.order("5001").status is OrderStatus.CANCELLED


async def test_of_several_orders_one_is_chosen_before_it_is_cancelled(bench: MakeBench) -> None:
    said = await ask(desk_with(bench, order("5001"), order("5002")), CancelOrder, "cancel my order", proof=VERIFIED)

    assert said.responses == ["utter_which_order"]
    assert (said.slots["question"], said.slots["task"]["asks"]) == ("detail", "order")


@pytest.mark.parametrize(
    ("status", "response"),
    [
        (OrderStatus.PACKED, "utter_cancel_too_late"),
        (OrderStatus.SHIPPED, "utter_cancel_too_late"),
        (OrderStatus.DELIVERED, "utter_cancel_too_late_delivered"),
        (OrderStatus.CANCELLED, "utter_order_cancelled"),
    ],
)
async def test_an_order_that_cannot_be_cancelled_is_told_as_it_stands(
    bench: MakeBench, status: OrderStatus, response: str
) -> None:
    desk = desk_with(bench, order("5001", status))

    said = await ask(desk, CancelOrder, "cancel 5001", proof=VERIFIED, entities={"order_number": "5001"})

    assert said.responses == [response]


async def test_an_order_that_was_packed_meanwhile_is_told_to_be_too_late(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))
    slots = await proposed(desk)
    desk.erp.orders[0] = order("5001", OrderStatus.PACKED)

    said = await ask(desk, CancelOrder, "yes", intent="Affirm", proof=VERIFIED, slots=slots)

    assert said.responses == ["utter_cancel_too_late"]
    assert not desk.erp.changes


@pytest.mark.parametrize(
    ("error", "response"), [(Unavailable("x"), "utter_cannot_now"), (Unknown("x"), "utter_in_doubt")]
)
async def test_a_yes_that_failed_may_be_said_again(bench: MakeBench, error: Exception, response: str) -> None:
    desk = desk_with(bench, order("5001"))
    slots = await proposed(desk)
    desk.erp.fail(error, only="cancel_order")

    said = await ask(desk, CancelOrder, "yes", intent="Affirm", proof=VERIFIED, slots=slots)

    assert said.responses == [response]
    desk.erp.recover()
    again = await ask(desk, CancelOrder, "yes", intent="Affirm", proof=VERIFIED, slots={**slots, **said.slots})
    assert again.responses == ["utter_order_cancelled_now"]


async def test_a_fault_after_the_change_does_not_say_that_nothing_was_changed(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_with(bench, order("5001"))
    slots = await proposed(desk)
    monkeypatch.setattr("actions.cancelling.about", lambda *_: 1 / 0)

    said = await ask(desk, CancelOrder, "yes", intent="Affirm", proof=VERIFIED, slots=slots)

    assert desk.erp.changes
    assert said.responses == ["utter_broken_off"]
    assert said.slots["question"] == "confirm"


async def test_without_an_open_order_there_is_nothing_to_cancel(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001", OrderStatus.DELIVERED, placed=9))

    assert (await ask(desk, CancelOrder, "cancel my order", proof=VERIFIED)).responses == ["utter_nothing_to_cancel"]


# Who they are, and people


async def known_by(desk: Bench, action: type[Action], *texts: str, slots: Mapping[str, Any] | None = None) -> Said:
    """Says one thing after the other to an action as a stranger, with the slots that it leaves; jobs run between."""
    kept = dict(slots or {})
    said = Said()
    for text in texts:
        typed = text.replace("CODE", desk.post.code()) if "CODE" in text else text
        said = await ask(desk, action, typed, intent="Identify", proof=STRANGER, slots=kept)
        kept |= said.slots
        await desk.middleware.jobs.run_due()
    return said


async def test_a_stranger_is_asked_for_a_contact_and_what_was_asked_is_remembered(bench: MakeBench) -> None:
    # given
    desk = desk_with(bench, order("5001"))

    # when
    refused = await ask(
        desk,
        TrackOrder,
        "where is 5001?",
        intent="Order_Tracking",
        proof=STRANGER,
        entities={"order_number": "5001"},
        slots={"offered_orders": ["5001"], "topic": "smalltalk"},
    )
    asked = await ask(
        desk, AskForProof, "where is it?", proof=STRANGER, slots=refused.slots, after="action_track_order"
    )

    # then
    assert (refused.responses, refused.then) == ([], ASK_FOR_PROOF)
    assert refused.slots["wanted"] == {
        "action": "action_track_order",
        "text": "where is 5001?",
        "intent": "Order_Tracking",
        "entities": {"order_number": "5001"},
        "slots": {"offered_orders": ["5001"]},
    }
    assert asked.responses == ["utter_ask_contact"]
    assert asked.slots == {"question": "contact", "topic": "identity", "asked_again": False}


async def test_a_contact_that_was_said_with_the_question_is_not_asked_for(bench: MakeBench) -> None:
    desk = desk_with(bench)

    said = await ask(desk, AskForProof, "where is my order, i'm ada@example.com", proof=STRANGER)

    assert said.responses == ["utter_code_sent"]
    assert said.slots["contact"] == "ada@example.com"


@pytest.mark.parametrize("contact", ["ada@example.com", "+1 201 555 0110", "nobody@example.com", "+12015550199"])
async def test_whether_a_contact_is_on_file_makes_no_difference_to_the_reply(bench: MakeBench, contact: str) -> None:
    said = await ask(desk_with(bench), Identify, contact, intent="Identify", proof=STRANGER)

    assert said.responses == ["utter_code_sent"]
    assert (said.slots["question"], said.buttons) == ("code", [("Send another code", '/Identify{"resend": "yes"}')])
    assert contact not in said.text


async def test_after_the_code_the_action_that_was_wanted_answers(bench: MakeBench) -> None:
    # given what was wanted, and a code
    desk = desk_with(bench, order("5001"), order("5002"))
    wanted = {
        "action": "action_track_order",
        "text": "where is 5001?",
        "intent": "Order_Tracking",
        "entities": {"order_number": "5001"},
        "slots": {},
    }

    # when
    accepted = await known_by(desk, Identify, "ada@example.com", "it's CODE", slots={"wanted": wanted})
    told = await ask(
        desk, TrackOrder, "482913", intent="Identify", proof=STRANGER, slots={"wanted": wanted}, after="action_identify"
    )

    # then
    assert (accepted.responses, accepted.then) == ([], "action_track_order")
    assert accepted.slots["contact"] is None
    assert told.responses == ["utter_order_placed"]
    assert "5001" in told.text
    assert told.slots["wanted"] is None


async def test_a_new_question_is_not_taken_for_the_one_that_waits(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"), order("5002"))
    wanted = {"action": "action_track_order", "text": "", "entities": {"order_number": "5001"}, "slots": {}}

    said = await ask(
        desk, TrackOrder, "5002", entities={"order_number": "5002"}, slots={"wanted": {**wanted, "intent": "x"}}
    )

    assert "5002" in said.text
    assert "wanted" not in said.slots


async def test_a_code_without_a_question_before_it_is_thanked_for(bench: MakeBench) -> None:
    assert (await known_by(desk_with(bench), Identify, "ada@example.com", "CODE")).responses == ["utter_identified"]


async def test_a_known_customer_who_needs_more_is_sent_a_code_at_once(bench: MakeBench) -> None:
    # given
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [order("5001")]), levels={Operation.ORDER_STATUS: "verified"})
    refused = await ask(desk, TrackOrder, "where is it", intent="Order_Tracking")

    # when
    asked = await ask(desk, AskForProof, "where is it", slots=refused.slots, after="action_track_order")
    await desk.middleware.jobs.run_due()
    accepted = await ask(desk, Identify, desk.post.code(), slots={**refused.slots, **asked.slots})
    told = await ask(desk, TrackOrder, desk.post.code(), slots=refused.slots, after="action_identify")

    # then
    assert asked.responses == ["utter_code_to_be_sure"]
    assert accepted.then == "action_track_order"
    assert told.responses == ["utter_order_placed"]


async def test_half_an_hour_after_a_code_what_needs_verified_gets_another_one(bench: MakeBench) -> None:
    # given a stranger who proved an e-mail
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [order("5001")]), levels={Operation.ORDER_STATUS: "verified"})
    await known_by(desk, Identify, "ada@example.com", "CODE")
    desk.clock.advance(timedelta(minutes=31))

    # when
    refused = await ask(desk, TrackOrder, "where is it", proof=STRANGER)
    asked = await ask(desk, AskForProof, "where is it", proof=STRANGER, after="action_track_order")

    # then
    assert refused.then == ASK_FOR_PROOF
    assert asked.responses == ["utter_code_to_be_sure"]


async def test_a_wrong_code_may_be_typed_again_and_the_last_gets_an_offer(bench: MakeBench) -> None:
    desk = desk_with(bench)
    wrong = [await known_by(desk, Identify, "ada@example.com")]
    wrong += [await known_by(desk, Identify, f"{(int(desk.post.code()) + 1) % 1_000_000:06}") for _ in range(5)]

    assert [one.responses for one in wrong[1:]] == [["utter_code_wrong"]] * 4 + [["utter_code_spent"]]
    assert [one.slots["question"] for one in wrong[1:]] == ["code"] * 4 + ["another_code"]


async def test_a_code_when_none_is_open_is_answered_like_a_wrong_one(bench: MakeBench) -> None:
    assert (await known_by(desk_with(bench), Identify, "482913")).responses == ["utter_code_wrong"]


@pytest.mark.parametrize(
    ("intent", "entities"), [("Identify", {"resend": "again"}), ("nlu_fallback", {"resend": "again"}), ("Affirm", {})]
)
async def test_another_code_goes_where_the_first_went(
    bench: MakeBench, intent: str, entities: Mapping[str, str]
) -> None:
    desk = desk_with(bench)

    said = await ask(
        desk, Identify, "again", intent=intent, entities=entities, proof=STRANGER, slots={"contact": "ada@example.com"}
    )
    await desk.middleware.jobs.run_due()

    assert said.responses == ["utter_code_sent"]
    assert [mail.to for mail in desk.post.mails] == ["ada@example.com"]


async def test_too_many_codes_are_refused_with_the_people_who_can_help(bench: MakeBench) -> None:
    said = await known_by(desk_with(bench), Identify, *["ada@example.com"] * 4)

    assert said.responses == ["utter_too_many_codes"]
    assert "+1 973 555 0142" in said.text


@pytest.mark.parametrize("question", ["contact", "code"])
async def test_what_is_neither_contact_nor_code_gets_the_reason_and_then_a_person(
    bench: MakeBench, question: str
) -> None:
    desk = desk_with(bench)

    first = await ask(desk, Identify, "i'm Ada", proof=STRANGER, slots={"question": question})
    second = await ask(desk, Identify, "Ada!", proof=STRANGER, slots=first.slots)
    third = await ask(desk, Identify, "Ada!", proof=STRANGER, slots=second.slots)

    assert first.responses == third.responses == [f"utter_ask_{question}_again"]
    assert second.responses == ["utter_proof_way_out"]
    assert second.buttons == [("Talk to a person", "/Human_Handoff")]


async def test_a_name_proves_nothing(bench: MakeBench) -> None:
    said = await ask(desk_with(bench), Identify, "i'm Ada Lovett", proof=STRANGER)

    assert said.responses == ["utter_ask_contact_again"]
    assert said.slots["question"] == "contact"


@pytest.mark.parametrize("proof", [STRANGER, KNOWN])
async def test_what_hardly_looks_like_a_name_was_not_understood(bench: MakeBench, proof: Proof) -> None:
    unsure = {"intent": {"name": "Identify", "confidence": 0.4}}

    said = await ask(desk_with(bench), Identify, "ppwo xxmc", proof=proof, message=unsure)

    assert (said.responses, said.then) == ([], "action_not_understood")


@pytest.mark.parametrize(
    ("text", "proof"),
    [
        ("i'm Ada", KNOWN),
        ("my number is (201) 555-0110", KNOWN),
        ("ada@example.com", Proof(email="ada@example.com")),
        ("ben@example.com", Proof(customer_id="1001")),
    ],
)
async def test_whoever_is_known_already_is_told_so_and_the_question_stays(
    bench: MakeBench, text: str, proof: Proof
) -> None:
    said = await ask(desk_with(bench), Identify, text, proof=proof, slots={"question": "which_order"})

    assert said.responses == ["utter_known_already"]
    assert said.slots == {"question": "which_order", "topic": "identity"}


async def test_ones_own_number_again_while_a_code_is_asked_for_has_another_one_sent(bench: MakeBench) -> None:
    said = await ask(desk_with(bench), Identify, ADA_PHONE, slots={"question": "code"})

    assert said.responses == ["utter_code_sent"]


# Common questions, and what isn't understood


def selected(response: str | None) -> dict[str, Any]:
    """A message that was recognised as a common question."""
    return {"response_selector": {"faq": {"response": {"utter_action": response}}}}


@pytest.mark.parametrize("response", [name for name in domain()["responses"] if name.startswith("utter_faq/")])
async def test_a_common_question_is_answered_with_the_companys_facts(bench: MakeBench, response: str) -> None:
    said = await ask(bench(), Faq, intent="faq", proof=STRANGER, message=selected(response))

    assert said.responses == [response]


@pytest.mark.parametrize("message", [selected("utter_faq/gone"), selected(None), {"response_selector": {}}, {}])
async def test_a_common_question_without_an_answer_was_not_understood(
    bench: MakeBench, message: dict[str, Any]
) -> None:
    said = await ask(bench(), Faq, intent="faq", message=message)

    assert said.responses == ["utter_not_understood"]


async def test_a_stop_forgets_what_was_going_on(bench: MakeBench) -> None:
    said = await ask(bench(), Stop, slots={"question": "which_order", "offered_orders": ["1"], "order_number": "1"})

    assert said.responses == ["utter_stopped"]
    forgotten = dict.fromkeys(("question", "offered_orders", "order_number", "wanted", "later", "contact"))
    assert said.slots == {**forgotten, "topic": "smalltalk", "task": None}


# Tasks


@pytest.mark.parametrize("action", [BotChallenge, NotUnderstood, Greet, TicketStatus])
async def test_what_is_asked_in_between_is_answered_and_then_the_proposal_comes_again(
    bench: MakeBench, action: type[Action]
) -> None:
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [order("5001")]))
    slots = await proposed(desk)

    said = await ask(desk, action, "something else", intent="Help", proof=VERIFIED, slots=slots)

    assert said.responses[-2:] == ["utter_back_to_it", "utter_confirm_cancel"]
    assert said.buttons[-2:] == [("Yes, cancel it", "/Affirm"), ("No, keep it", "/Deny")]
    assert said.slots["question"] == "confirm"
    done = await ask(desk, CancelOrder, "yes", intent="Affirm", proof=VERIFIED, slots={**slots, **said.slots})
    assert done.responses == ["utter_order_cancelled_now"]


async def test_a_question_of_its_own_is_answered_before_the_proposal_comes_again(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"), order("5002"))
    slots = await proposed(desk)

    listed = await ask(desk, TrackOrder, "where is my stuff", proof=VERIFIED, slots=slots)
    told = await ask(
        desk, TrackOrder, "the second one", intent="Choose", proof=VERIFIED, slots={**slots, **listed.slots}
    )

    assert (listed.responses, listed.slots["question"]) == (["utter_which_order"], "which_order")
    assert told.responses == ["utter_order_placed", "utter_back_to_it", "utter_confirm_cancel"]
    assert told.slots["question"] == "confirm"


@pytest.mark.parametrize(("action", "intent"), [(Stop, "Stop"), (SmallTalk, "Goodbye"), (Keep, "Deny")])
async def test_what_ends_a_task_ends_it(bench: MakeBench, action: type[Action], intent: str) -> None:
    desk = desk_with(bench, order("5001"))

    said = await ask(desk, action, "enough", intent=intent, proof=VERIFIED, slots=await proposed(desk))

    assert (said.slots["task"], said.slots["question"]) == (None, None)


async def test_a_failure_in_between_leaves_no_yes_to_something_else(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))
    slots = await proposed(desk)
    desk.crm.fail(Unavailable("down"))

    said = await ask(desk, TicketStatus, "what about my ticket", proof=VERIFIED, slots=slots)

    assert said.responses == ["utter_cannot_now", "utter_back_to_it", "utter_confirm_cancel"]


async def test_what_is_not_understood_gets_the_proposal_again_and_then_the_ways_out(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))
    slots = dict(await proposed(desk))
    heard = []
    for _ in range(3):
        said = await ask(desk, CancelOrder, "gnarf", intent="nlu_fallback", proof=VERIFIED, slots=slots)
        slots |= said.slots
        heard.append(said.responses)

    assert heard[0] == ["utter_task_again", "utter_confirm_cancel"]
    assert heard[1] == heard[2] == ["utter_task_way_out", "utter_confirm_cancel"]
    assert [one["key"] for one in desk.rows(store.operations)] == [slots["task"]["proposal"]["key"]]


@pytest.mark.parametrize("action", [Continue, SmallTalk, TrackOrder])
async def test_an_answer_goes_to_the_task_whatever_it_was_taken_for(bench: MakeBench, action: type[Action]) -> None:
    desk = desk_with(bench, order("5001"), order("5002"))
    listed = await ask(desk, CancelOrder, "cancel my order", proof=VERIFIED)

    said = await ask(desk, action, "the second one", intent="Help", proof=VERIFIED, slots=listed.slots)

    assert (said.then, said.slots["question"]) == ("action_cancel_order", "detail")


@pytest.mark.parametrize(("begun", "response"), [(False, "utter_unavailable"), (True, "utter_broken_off")])
async def test_an_action_that_was_never_ended_is_answered_truthfully(
    bench: MakeBench, begun: bool, response: str
) -> None:
    desk = desk_with(bench, order("5001"))
    slots = await proposed(desk)
    turn = await desk.open_turn(VERIFIED, "yes")
    if begun:
        desk.edit(store.operations, state="started", started_at=NOW)

    said = await ask(desk, DefaultFallback, "yes", slots=slots, turn_id=turn.id, after="action_cancel_order")

    assert (said.responses, said.slots["question"]) == ([response], "confirm")


@pytest.mark.parametrize(
    ("action", "intent"), [(Faq, "faq"), (SmallTalk, "Out_Of_Scope"), (NotUnderstood, "nlu_fallback")]
)
@pytest.mark.parametrize("entities", [{"sku": "BLU-JKT-M"}, {"quantity": "500", "product": "bottles"}])
async def test_so_many_of_a_thing_without_a_wish_asks_for_stock(
    bench: MakeBench, action: type[Action], intent: str, entities: Mapping[str, str]
) -> None:
    said = await ask(bench(), action, "500 of them, ship to Boston", intent=intent, entities=entities)
    again = await ask(bench(), action, "500", intent=intent, entities=entities, after="action_check_stock")

    assert said.then == "action_check_stock"
    assert again.then == LISTEN


async def test_without_a_task_there_is_nothing_to_go_on_with(bench: MakeBench) -> None:
    assert (await ask(bench(), Continue, "yes", intent="Affirm")).responses == ["utter_what_else"]


async def test_a_task_that_suspended_another_gives_way_to_it_again(bench: MakeBench) -> None:
    class Inform(Task):
        suspends = True

        async def is_answer(self, turn: Turn) -> bool:
            return False

        async def go_on(self, turn: Turn, frame: Mapping[str, Any]) -> Reply:
            return self.ask(turn, frame, "order", "utter_which_order")

        async def confirmed(self, turn: Turn, frame: Mapping[str, Any]) -> Reply:
            raise AssertionError

    desk = desk_with(bench, order("5001"))
    slots = dict(await proposed(desk))

    asked = await ask(desk, Inform, "and what else is there", proof=VERIFIED, slots=slots)
    ended = await ask(desk, Keep, "no", intent="Deny", proof=VERIFIED, slots=slots | asked.slots)

    assert asked.responses == ["utter_which_order"]
    assert ended.responses == ["utter_kept", "utter_back_to_it", "utter_confirm_cancel"]
    assert ended.slots["task"]["action"] == "action_cancel_order"


async def test_whoever_asks_is_told_that_it_is_a_bot_and_the_question_stays(bench: MakeBench) -> None:
    said = await ask(bench(), BotChallenge, proof=STRANGER, slots={"question": "which_order"})

    assert said.text.startswith("Yes, I'm a bot: the Fernhill Outfitters assistant.")
    assert said.slots == {"question": "which_order"}


def ranked(*intents: tuple[str, float]) -> dict[str, Any]:
    """A message whose likeliest intents are these."""
    return {"intent_ranking": [{"name": name, "confidence": likely} for name, likely in intents]}


RANKING = ranked(("Affirm", 0.2), ("Ticket_Status", 0.18), ("Goodbye", 0.1), ("Help", 0.1), ("Human_Handoff", 0.05))


@pytest.mark.parametrize("action", [NotUnderstood, DefaultFallback])
async def test_what_was_not_understood_gets_the_two_likeliest_suggestions(
    bench: MakeBench, action: type[Action]
) -> None:
    said = await ask(bench(), action, "asdf", message=RANKING, slots={"question": "which_order"})

    assert said.responses == ["utter_not_understood"]
    assert said.buttons == [("How is my ticket?", "/Ticket_Status"), ("What can you do?", "/Help")]
    assert said.slots == {"question": "which_order"}


async def test_of_two_things_that_are_equally_likely_the_customer_says_which(bench: MakeBench) -> None:
    close = ranked(("nlu_fallback", 0.3), ("Refund_Status", 0.44), ("Return_Request", 0.41), ("Help", 0.02))

    said = await ask(bench(), NotUnderstood, "my refund", message=close)

    assert said.responses == ["utter_which_of_two"]
    assert said.buttons == [("Where is my refund?", "/Refund_Status"), ("Send something back", "/Return_Request")]


@pytest.mark.parametrize(
    "message",
    [
        ranked(("nlu_fallback", 0.3), ("Refund_Status", 0.3), ("Return_Request", 0.1), ("Help", 0.02)),
        ranked(("nlu_fallback", 0.3), ("Refund_Status", 0.3), ("Out_Of_Scope", 0.29), ("Return_Request", 0.28)),
    ],
)
async def test_what_is_not_likely_or_not_among_the_topics_is_not_one_of_two(
    bench: MakeBench, message: dict[str, Any]
) -> None:
    assert (await ask(bench(), NotUnderstood, "hm", message=message)).responses == ["utter_not_understood"]


def two_wants(first: str, second: str) -> dict[str, Any]:
    """A message with two wants, as nlu/wants.py writes it."""
    wants = [{"text": text, "intent": {"name": text}, "entities": []} for text in (first, second)]
    return {"wants": wants}


async def test_a_second_want_follows_the_first_as_a_message_of_its_own(bench: MakeBench) -> None:
    said = await ask(bench(), Greet, message=two_wants("Greet", "Order_Tracking"))

    assert said.second is not None
    assert said.second["text"] == "Order_Tracking"
    assert said.second["parse_data"]["intent"] == {"name": "Order_Tracking"}
    assert said.slots["later"] is None


async def test_a_stop_drops_the_second_want(bench: MakeBench) -> None:
    assert (await ask(bench(), Stop, slots={"later": {"text": "faq"}})).second is None


async def test_a_second_want_waits_while_the_first_has_a_question_open(bench: MakeBench) -> None:
    said = await ask(
        bench(), BotChallenge, message=two_wants("Bot_Challenge", "faq"), slots={"question": "which_order"}
    )

    assert said.slots["later"]["text"] == "faq"
    assert said.then == LISTEN


@pytest.mark.parametrize("action", [NotUnderstood, DefaultFallback])
@pytest.mark.parametrize("before", ["action_not_understood", "action_default_fallback"])
async def test_the_second_time_in_a_row_a_person_is_named(bench: MakeBench, action: type[Action], before: str) -> None:
    events = [
        {"event": "user"},
        {"event": "action", "name": before},
        {"event": "bot"},
        {"event": "action", "name": "action_listen"},
        {"event": "user"},
    ]

    assert (await ask(bench(), action, "asdf", events=events)).responses == ["utter_not_understood_twice"]


async def test_something_understood_in_between_begins_again(bench: MakeBench) -> None:
    events = [
        {"event": "user"},
        {"event": "action", "name": "action_not_understood"},
        {"event": "action", "name": "action_listen"},
        {"event": "user"},
        {"event": "action", "name": "action_greet"},
        {"event": "action", "name": "action_listen"},
        {"event": "user"},
    ]

    assert (await ask(bench(), NotUnderstood, "asdf", events=events)).responses == ["utter_not_understood"]


# Several accounts


ACME = Customer(number="1004", name="Acme Rentals", phone=ADA.phone, contact_name="Ada Lovett")
BOREALIS = replace(ACME, number="1005", name="Borealis Tools")
OFFERED = [["1004", "Acme Rentals"], ["1005", "Borealis Tools"]]
ASKED = {"question": "which_account", "topic": "identity", "offered_accounts": OFFERED}


def desk_of_two_companies(bench: MakeBench) -> Bench:
    """Ada acts for two companies, of which the second has an order."""
    theirs = replace(order("5001", lines=(BLUE_JACKET,)), customer_number=BOREALIS.number)
    return bench(FakeCrm([ADA]), FakeErp([ACME, BOREALIS], [theirs]))


async def test_whoever_may_speak_for_several_accounts_is_asked_for_which(bench: MakeBench) -> None:
    said = await ask(desk_of_two_companies(bench), TrackOrder, "where is my order")

    assert said.responses == ["utter_which_account"]
    assert said.buttons == [
        ("Acme Rentals (1004)", '/Choose{"account": "1004"}'),
        ("Borealis Tools (1005)", '/Choose{"account": "1005"}'),
    ]
    assert {name: said.slots[name] for name in ASKED} == ASKED
    assert said.slots["wanted"]["action"] == "action_track_order"


@pytest.mark.parametrize(
    ("text", "entities"),
    [('/Choose{"account": "1005"}', {"account": "1005"}), ("the second one", {}), ("Borealis", {})],
)
async def test_the_account_is_chosen_and_then_it_is_its_orders(
    bench: MakeBench, text: str, entities: Mapping[str, str]
) -> None:
    desk = desk_of_two_companies(bench)

    said = await ask(desk, ChooseAccount, text, intent="Choose", slots=ASKED, entities=entities)
    then = await ask(desk, TrackOrder, "where is my order")

    assert said.text == "All right, it's about Borealis Tools from now on. What can I look up?"
    assert said.slots == {"question": None, "topic": "identity"}
    assert then.responses == ["utter_order_placed"]


async def test_a_choice_that_isnt_clear_is_asked_for_again(bench: MakeBench) -> None:
    said = await ask(desk_of_two_companies(bench), ChooseAccount, "both", intent="Choose", slots=ASKED)

    assert said.responses == ["utter_which_account"]
    assert said.slots == ASKED


async def test_after_the_choice_goes_on_what_was_asked_for(bench: MakeBench) -> None:
    # given
    desk = desk_of_two_companies(bench)
    turn = await desk.open_turn(KNOWN)
    slots = {**ASKED, "wanted": {"action": "action_track_order"}}
    tracker = Tracker("rest:one", slots, {"text": "2", "metadata": {"turn": turn.id}}, [], False, None, {}, None)
    dispatcher = CollectingDispatcher()

    # when
    events = await ChooseAccount(desk.middleware).run(dispatcher, tracker, domain())

    # then
    assert not dispatcher.messages
    assert events[-1] == {"event": "followup", "timestamp": None, "name": "action_track_order"}


async def test_a_choice_that_is_itself_what_was_asked_for_is_made_once(bench: MakeBench) -> None:
    slots = {**ASKED, "wanted": {"action": "action_choose_account"}}

    said = await ask(desk_of_two_companies(bench), ChooseAccount, "2", intent="Choose", slots=slots)

    assert said.responses == ["utter_account_chosen"]


async def test_a_choice_that_fails_can_be_tried_again(bench: MakeBench) -> None:
    desk = desk_of_two_companies(bench)
    desk.erp.fail(Unavailable("down", system="erp"))

    said = await ask(desk, ChooseAccount, "the first", intent="Choose", slots=ASKED)

    assert said.responses == ["utter_unavailable"]
    assert said.slots["question"] == "which_account"


# What goes wrong


class Wrong(Action):
    """An action that fails as it is told."""

    def __init__(self, middleware: Any, error: BaseException | None, topic: str | None) -> None:
        super().__init__(middleware)
        self._error = error
        self.topic = topic  # type: ignore[misc]

    async def answer(self, turn: Turn) -> Reply:
        """Fails."""
        if self._error is not None:
            raise self._error
        return Reply()


ERRORS: list[tuple[BaseException | None, str | None, str]] = [
    (Unavailable("x", system="erp"), "orders", "utter_cannot_now"),
    (Unavailable("x", system="crm"), "tickets", "utter_cannot_now"),
    (Unavailable("x", system="store"), "greeting", "utter_unavailable"),
    (Unavailable("x"), None, "utter_unavailable"),
    (ShutOut("x", system="erp"), "orders", "utter_cannot_now"),
    (Malformed("x"), "orders", "utter_cannot_now"),
    (Rejected("x"), "orders", "utter_cannot_now"),
    (Unknown("x"), "orders", "utter_in_doubt"),
    (Conflict("x"), "orders", "utter_changed_meanwhile"),
    (FrontdeskError("x"), "orders", "utter_cannot_now"),
    (NotFound("x"), "orders", "utter_not_found"),
    (NotAllowed("x", reason=Reason.NO_PARTY), "tickets", "utter_not_on_file"),
    (NotAllowed("x", reason=Reason.AMBIGUOUS), None, "utter_several_on_file"),
    (NotAllowed("x", reason=Reason.WHICH_ACCOUNT), None, "utter_which_account"),
    (ValueError("x"), "orders", "utter_unavailable"),
    (KeyError("utter_gone"), None, "utter_unavailable"),
    (RecursionError(), None, "utter_unavailable"),
    (None, "orders", "utter_unavailable"),
]


@pytest.mark.parametrize(
    ("error", "topic", "response"),
    ERRORS,
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else str(one),
)
async def test_every_error_becomes_a_sentence(
    bench: MakeBench, error: BaseException | None, topic: str | None, response: str
) -> None:
    desk = bench()

    said = await ask(desk, Wrong(desk.middleware, error, topic))

    assert said.responses == [response]


def test_every_reason_and_every_error_is_tried() -> None:
    errors = [error for error, _, _ in ERRORS]
    ours = {one for one in all_subclasses(FrontdeskError) if one.__module__ == "middleware.errors"}

    assert {type(one) for one in errors} >= {one for one in ours if one.__name__ != "Misconfigured"}
    assert {one.reason for one in errors if isinstance(one, NotAllowed)} | {Reason.LEVEL} == set(Reason)


@pytest.mark.parametrize(("action", "response"), [(TrackOrder, "your orders"), (TicketStatus, "your tickets")])
async def test_a_system_that_is_down_is_told_with_what_cannot_be_looked_up(
    bench: MakeBench, action: type[Action], response: str
) -> None:
    desk = desk_with(bench)
    desk.crm.fail(Unavailable("down", system="crm"))
    desk.erp.fail(Unavailable("down", system="erp"))

    said = await ask(desk, action)

    assert said.responses == ["utter_cannot_now"]
    assert f"I can't look up {response} right now" in said.text


@pytest.mark.parametrize(
    "trouble",
    [ValueError("x"), None, "nonsense", 42, [None], object()],
    ids=["an error", "None", "a text", "a number", "a list", "an object"],
)
@pytest.mark.parametrize("action", every_action(), ids=lambda one: one.__name__)
async def test_no_action_raises_or_is_silent_whatever_the_systems_do(
    bench: MakeBench, action: type[Action], trouble: Any
) -> None:
    desk = desk_with(bench)
    for system in (desk.crm, desk.erp):
        system.fail(trouble) if isinstance(trouble, Exception) else system.talk_nonsense(trouble)

    said = await ask(desk, action, entities={"order_number": "5001"}, proof=Proof(phone=ADA_PHONE, email=ADA_EMAIL))

    assert len(said.responses) == 1


@pytest.mark.parametrize("action", every_action(), ids=lambda one: one.__name__)
async def test_no_action_raises_or_is_silent_when_the_store_is_lost(bench: MakeBench, action: type[Action]) -> None:
    desk = desk_with(bench)
    desk.lose(store.messages)

    assert (await ask(desk, action, turn_id="0" * 32)).responses == ["utter_unavailable"]


@pytest.mark.parametrize("action", [TrackOrder, TrackThatOrder, TicketStatus, AskForProof, Identify])
@pytest.mark.parametrize("turn_id", ["", "0" * 32])
async def test_outside_of_an_open_turn_everyone_is_a_stranger(
    bench: MakeBench, action: type[Action], turn_id: str
) -> None:
    desk = desk_with(bench, order("5001"))
    await desk.open_turn(KNOWN)

    said = await ask(desk, action, "ada@example.com", turn_id=turn_id)

    assert said.responses == ["utter_who_are_you"]
    assert "wanted" not in said.slots
    assert not desk.crm.calls and not desk.erp.calls


@pytest.mark.parametrize("action", [TrackOrder, TicketStatus])
async def test_whoever_is_not_on_file_or_not_alone_is_told_so(bench: MakeBench, action: type[Action]) -> None:
    nobody = bench(FakeCrm(), FakeErp())
    several = bench(FakeCrm([ADA, replace(ADA, id="9")]), FakeErp([ADAS_ACCOUNT, replace(ADAS_ACCOUNT, number="9")]))

    assert (await ask(nobody, action)).responses == ["utter_not_on_file"]
    assert (await ask(several, action)).responses == ["utter_several_on_file"]


# What was asked last


LISTED = {"question": "which_order", "topic": "orders", "offered_orders": ["5003", "5002"]}
JACKETS = (
    order("5003", lines=[line("alpine jacket", options={"colour": "red", "size": "L"})]),
    order("5002", lines=[BLUE_JACKET]),
)


@pytest.mark.parametrize("action", [CaptureLead, SmallTalk, NotUnderstood, Identify, Faq])
async def test_a_choice_from_an_open_list_wins_over_what_it_looks_like(bench: MakeBench, action: type[Action]) -> None:
    said = await ask(desk_with(bench, *JACKETS), action, "the smaller one", intent="Lead_Capture", slots=LISTED)

    assert (said.responses, said.then, said.slots["question"]) == ([], "action_track_order", "which_order")


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("do you have the blue one in stock", LISTED),
        ("the smaller one", {**LISTED, "question": None}),
        ("the smaller one", {**LISTED, "question": "return_offer"}),
        ("the green one", LISTED),
    ],
)
async def test_a_wish_of_its_own_is_no_choice(bench: MakeBench, text: str, slots: Mapping[str, Any]) -> None:
    said = await ask(desk_with(bench, *JACKETS), CaptureLead, text, intent="Lead_Capture", slots=slots)

    assert said.responses == ["utter_lead_begin_advice"]


async def test_what_can_not_be_looked_up_is_no_choice(bench: MakeBench) -> None:
    desk = desk_with(bench, *JACKETS)
    desk.erp.fail(Unavailable("down"))

    said = await ask(desk, CaptureLead, "the smaller one", intent="Lead_Capture", slots=LISTED)

    assert said.responses == ["utter_lead_begin_advice"]


async def test_an_action_that_goes_on_for_another_one_looks_for_no_choice(bench: MakeBench) -> None:
    said = await ask(
        desk_with(bench, *JACKETS), SmallTalk, "the red one", intent="Choose", slots=LISTED, after="action_stop"
    )

    assert said.responses == ["utter_choose_what"]


async def test_whoever_asks_again_instead_of_giving_a_contact_hears_why_it_is_needed(bench: MakeBench) -> None:
    desk = desk_with(bench)

    first = await ask(desk, AskForProof, "where is my order", proof=STRANGER)
    again = await ask(desk, TrackOrder, "where is my order", proof=STRANGER, slots=first.slots)
    told = await ask(desk, AskForProof, "where is it", proof=STRANGER, slots={**first.slots, **again.slots})

    assert first.responses == ["utter_ask_contact"]
    assert told.responses == ["utter_ask_contact_again"]


async def test_a_yes_while_a_code_is_asked_for_sends_no_other(bench: MakeBench) -> None:
    slots = {"question": "code", "contact": "ada@example.com"}

    said = await ask(desk_with(bench), Identify, "yes", intent="Affirm", proof=STRANGER, slots=slots)

    assert said.responses == ["utter_ask_code_again"]
