"""What `rasa data validate` doesn't see: that every wish has examples and an answer, and that no text says too much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from ruamel.yaml import YAML

from actions.base import ASK_FOR_PROOF, SHOWS
from actions.words import Words
from middleware import addresses
from middleware.budgets import BudgetTrouble
from middleware.handoff_records import Reason
from middleware.headcounts import SizeTrouble
from middleware.invoices import Standing
from middleware.lead_words import Detail
from middleware.quantities import Trouble
from middleware.records import OrderStatus, ReturnReason
from middleware.return_items import Verdict
from middleware.wishes import Part
from tests.fakes.building import NOW, ROOT, project_settings

# Actions that go on for others: for action_hand_over, and for action_ticket_status.
GO_ON = {"action_leave_contact", "action_comment_ticket", "action_close_ticket"}
SAID_BY_NOBODY = {"Handed_Back", "Sent_Something"}  # intents that a channel puts in the place of a message
FEWEST_EXAMPLES = {"Out_Of_Scope": 100}
FEWEST_OTHERWISE = 20

TOPICS = {
    "greeting",
    "identity",
    "orders",
    "returns",
    "inventory",
    "invoices",
    "leads",
    "tickets",
    "handoff",
    "smalltalk",
}

REFUND_STATES = ["announced", "overdue", "received", "late", "refunded", "rejected"]
REFUND_STATES += [f"{one}_no_details" for one in ("announced", "received", "refunded")]

LEAD_LINES = [*(one.value for one in Detail), "place"]
LEAD_TROUBLES = [f"size_{one.value}" for one in SizeTrouble] + [f"budget_{one.value}" for one in BudgetTrouble]
LEAD_TROUBLES += ["name_too_long", "company_too_long", "email_without_dot", "email_malformed", "phone_malformed"]

ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]+\)|\{[^}]+\})")


def read(file: Path) -> Any:
    return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def domain() -> Any:
    return read(ROOT / "domain.yml")


def examples_in(folder: str) -> Iterator[tuple[str, str]]:
    """All examples in the files of a folder, as intent and text."""
    for file in sorted((ROOT / folder).rglob("*.yml")):
        for block in read(file).get("nlu", ()):
            for row in block.get("examples", "").splitlines():
                if row.startswith("- "):
                    yield block.get("intent", ""), row.removeprefix("- ").strip()


@lru_cache(maxsize=1)
def training_examples() -> tuple[tuple[str, str], ...]:
    return tuple((intent, text) for intent, text in examples_in("data/nlu") if intent)


@lru_cache(maxsize=1)
def rules() -> list[Any]:
    return [rule for file in sorted((ROOT / "data/rules").glob("*.yml")) for rule in read(file)["rules"]]


def steps_of_rules(kind: str) -> set[str]:
    """All intents or actions in the rules' steps."""
    return {step[kind] for rule in rules() for step in rule["steps"] if kind in step}


def plain(text: str) -> str:
    """An example as a customer would write it, whatever the case and the spaces."""
    return " ".join(ANNOTATION.sub(r"\1", text).casefold().split())


def texts() -> Iterator[tuple[str, str]]:
    """Everything that the assistant may say, by the name of its response."""
    for name, variants in domain()["responses"].items():
        for variant in variants:
            yield name, variant["text"]
            for button in variant.get("buttons", ()):
                yield name, button["title"]


# Intents


@pytest.mark.parametrize("intent", sorted({*domain()["intents"]} - SAID_BY_NOBODY))
def test_an_intent_has_enough_examples(intent: str) -> None:
    found = {text for name, text in training_examples() if name.partition("/")[0] == intent}

    assert len(found) >= FEWEST_EXAMPLES.get(intent, FEWEST_OTHERWISE)


@pytest.mark.parametrize("question", sorted({name for name, _ in training_examples() if "/" in name}))
def test_a_common_question_has_enough_examples_and_an_answer(question: str) -> None:
    found = {text for name, text in training_examples() if name == question}

    assert len(found) >= FEWEST_OTHERWISE
    assert f"utter_{question}" in domain()["responses"]


def test_what_nobody_says_has_no_examples_and_no_button() -> None:
    assert not SAID_BY_NOBODY & {name for name, _ in training_examples()}
    offered = {
        button["payload"] for one in domain()["responses"].values() for v in one for button in v.get("buttons", ())
    }
    assert not {f"/{intent}" for intent in SAID_BY_NOBODY} & offered


def test_every_example_is_of_an_intent_that_there_is() -> None:
    assert {name.partition("/")[0] for name, _ in training_examples()} <= set(domain()["intents"])


def test_no_example_belongs_to_two_intents() -> None:
    intents: dict[str, set[str]] = {}
    for intent, text in training_examples():
        intents.setdefault(plain(text), set()).add(intent)

    assert {text: found for text, found in intents.items() if len(found) > 1} == {}


def test_every_annotated_entity_is_one_that_there_is() -> None:
    found = {
        name
        for _, text in training_examples()
        for name in re.findall(r"\[[^\]]+\]\((\w+)\)|\"entity\": ?\"(\w+)\"", text)
        for name in name
        if name
    }

    assert found <= set(domain()["entities"])


@pytest.mark.parametrize("intent", [*domain()["intents"], "nlu_fallback"])
def test_an_intent_is_answered_whatever_was_said_before(intent: str) -> None:
    unconditional = [
        rule
        for rule in rules()
        if rule["steps"][0].get("intent") == intent and "condition" not in rule and len(rule["steps"]) > 1
    ]

    assert len(unconditional) == 1
    assert "action" in unconditional[0]["steps"][1]


def test_rules_speak_of_intents_that_there_are() -> None:
    assert steps_of_rules("intent") <= {*domain()["intents"], "nlu_fallback"}


def test_no_two_rules_have_one_name() -> None:
    names = [rule["rule"] for rule in rules()]

    assert sorted(names) == sorted(set(names))


def test_conditions_ask_for_values_that_slots_can_have() -> None:
    for rule in rules():
        for condition in rule.get("condition", ()):
            for asked in condition["slot_was_set"]:
                [(slot, value)] = asked.items()
                assert value in domain()["slots"][slot]["values"], rule["rule"]


# Responses and actions


def names_in_code() -> set[str]:
    """Names of responses in the code; where one is put together, its beginning."""
    files = (file for folder in ("actions", "channels", "middleware") for file in (ROOT / folder).glob("*.py"))
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    return set(re.findall(r"[\"'](utter_\w*)", code)) - {"utter_action"}  # that one is Rasa's own name for the name


def put_together() -> set[str]:
    """Names of responses that the code puts together of a beginning and something computed."""
    statuses = [one.value for one in OrderStatus]
    ends: dict[str, list[str]] = {
        "utter_order_": [*statuses, *(f"{one}_no_details" for one in statuses)],
        "utter_status_": statuses,
        "utter_suggest_": domain()["intents"],
        "utter_not_found_": domain()["slots"]["topic"]["values"],
        "utter_thing_": domain()["slots"]["topic"]["values"],
        "utter_address_": [one.value for one in addresses.Trouble],
        "utter_button_change_": [one.value for one in Part],
        "utter_stands_": [one.value for one in Standing],
        "utter_told_": [one.value for one in Standing],
        "utter_ask_": ["contact_again", "code_again"],
        "utter_reason_": [one.value for one in ReturnReason],
        "utter_return_not_": [one.value for one in Verdict],
        "utter_return_quantity_": [*(one.value for one in Trouble), "too_many"],
        "utter_stock_quantity_": [one.value for one in Trouble],
        "utter_ticket_": [f"{state}{more}" for state in ("open", "closed") for more in ("", "_with_comment")],
        "utter_lead_ask_": [one.value for one in Detail],
        "utter_lead_line_": LEAD_LINES,
        "utter_lead_trouble_": LEAD_TROUBLES,
        "utter_refund_": REFUND_STATES,
        "utter_part_refund_": REFUND_STATES,
        "utter_opening_": [one.value for one in Reason],
        "utter_beside_": SHOWS,
    }
    assert {name for name in names_in_code() if name.endswith("_")} == set(ends)
    return {begin + end for begin, computed in ends.items() for end in computed}


@pytest.mark.parametrize("name", domain()["responses"])
def test_a_response_is_said_by_somebody(name: str) -> None:
    asked = {f"utter_{intent}" for intent, _ in training_examples() if "/" in intent}

    assert name in steps_of_rules("action") | asked | names_in_code() | put_together()


def test_every_response_that_the_code_names_is_there() -> None:
    whole = {name for name in names_in_code() if not name.endswith("_")}

    assert whole <= set(domain()["responses"])


@pytest.mark.parametrize("status", list(OrderStatus))
def test_every_status_of_an_order_has_its_words(status: OrderStatus) -> None:
    assert {f"utter_order_{status.value}", f"utter_status_{status.value}"} <= set(domain()["responses"])


def test_every_action_of_the_rules_is_there() -> None:
    assert steps_of_rules("action") <= {*domain()["actions"], *domain()["responses"]}


@pytest.mark.parametrize("action", domain()["actions"])
def test_an_action_is_run_by_a_rule_or_by_the_base_of_all(action: str) -> None:
    assert action in steps_of_rules("action") or action in {"action_default_fallback", ASK_FOR_PROOF, *GO_ON}


# Texts


def names_of_days_and_months() -> set[str]:
    names = Locale.parse("en_US")
    return {
        name.casefold()
        for table in (names.days, names.months)
        for name in table["format"]["wide"].values()
        if name != "May"  # the word "may" is no month
    }


@pytest.mark.parametrize(("name", "text"), list(texts()))
def test_no_text_holds_a_digit_or_the_name_of_a_day_or_month(name: str, text: str) -> None:
    said = re.sub(r"\{\w+\}", "", text)

    assert not re.search(r"\d", said), name
    assert not names_of_days_and_months() & set(re.findall(r"\w+", said.casefold())), name


@pytest.mark.parametrize(("name", "text"), list(texts()))
def test_braces_in_a_text_are_placeholders_and_nothing_else(name: str, text: str) -> None:
    assert not re.search(r"[{}]", re.sub(r"\{[a-z_]+\}", "", text)), name


def test_no_placeholder_is_called_like_a_part_of_a_message() -> None:
    reserved = {"text", "image", "buttons", "attachment", "elements", "custom", "response", "metadata", "sources"}
    reserved |= {"template", "json_message", "tracker", "output_channel", "utter_action", "timestamp"}

    assert not reserved & {one for _, text in texts() for one in re.findall(r"\{(\w+)\}", text)}


@pytest.mark.parametrize("name", [name for name in domain()["responses"] if name.startswith("utter_faq/")])
def test_an_answer_to_a_common_question_needs_only_facts_of_the_company(name: str) -> None:
    known = project_settings()
    facts = {*known.faq, "return_days", *Words(known, NOW).team()}

    for variant in domain()["responses"][name]:
        assert set(re.findall(r"\{(\w+)\}", variant["text"])) <= facts


def test_every_fact_of_the_company_is_told_somewhere() -> None:
    told = {one for _, text in texts() for one in re.findall(r"\{(\w+)\}", text)}

    assert set(project_settings().faq) <= told


@pytest.mark.parametrize("name", domain()["responses"])
def test_the_buttons_of_a_response_are_understood(name: str) -> None:
    for variant in domain()["responses"][name]:
        for button in variant.get("buttons", ()):
            assert button["payload"].removeprefix("/") in domain()["intents"]


# Files


def test_no_training_example_stands_in_the_tests() -> None:
    trained = {plain(text) for _, text in training_examples()}
    held_out = [plain(text) for _, text in examples_in("tests/nlu")]

    assert held_out
    assert [text for text in held_out if text in trained] == []


@pytest.mark.parametrize("file", [file.relative_to(ROOT) for file in sorted((ROOT / "data").rglob("*.yml"))], ids=str)
def test_a_data_file_is_named_after_a_topic(file: Path) -> None:
    assert file.stem in TOPICS or file.name == "entities.yml"  # tables of words, whatever the topic
    assert file.parent.name in {"nlu", "rules", "stories"}
