"""Every intent is answered in every state of the conversation: what is asked of the trained model, state by state."""

from __future__ import annotations

from itertools import product

import pytest
from rasa.core.agent import Agent
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from tests.model import DOMAIN

INTENTS = [*DOMAIN["intents"], "nlu_fallback"]
TOPICS = [None, *DOMAIN["slots"]["topic"]["values"]]
QUESTIONS = [None, *DOMAIN["slots"]["question"]["values"]]


def _next_action(agent: Agent, intent: str, topic: str | None, question: str | None) -> str:
    assert agent.domain
    tracker = DialogueStateTracker("somebody", agent.domain.slots)
    for event in (
        ActionExecuted("action_session_start"),
        SlotSet("topic", topic),
        SlotSet("question", question),
        ActionExecuted("action_listen"),
        UserUttered("…", {"name": intent, "confidence": 1.0}),
    ):
        tracker.update(event, agent.domain)
    prediction = agent.predict_next_with_tracker(tracker)
    assert prediction
    return str(max(prediction["scores"], key=lambda one: one["score"])["action"])


@pytest.mark.parametrize("intent", INTENTS)
def test_an_intent_is_answered_in_every_state(agent: Agent, intent: str) -> None:
    answers = {
        (topic, question): _next_action(agent, intent, topic, question)
        for topic, question in product(TOPICS, QUESTIONS)
    }

    unanswered = [state for state, action in answers.items() if action in ("action_default_fallback", "action_listen")]
    assert not unanswered


def test_a_yes_means_what_was_asked(agent: Agent) -> None:
    answers = {question: _next_action(agent, "Affirm", "orders", question) for question in QUESTIONS}

    assert answers == {
        None: "utter_yes_to_what",
        "which_account": "utter_yes_to_what",
        "contact": "utter_yes_to_what",
        "code": "utter_yes_to_what",
        "another_code": "action_identify",
        "about_ticket": "action_ticket_status",
        "which_order": "utter_yes_to_what",
        "last_order": "action_track_that_order",
        "return_offer": "action_offer_person",
        "which_to_cancel": "utter_yes_to_what",
        "cancel_order": "action_confirm_cancel",
    }


@pytest.mark.parametrize("intent", ["Choose", "Identify", "Out_Of_Scope", "nlu_fallback"])
def test_while_the_account_is_asked_for_whatever_may_be_its_name_is_taken_for_one(agent: Agent, intent: str) -> None:
    assert _next_action(agent, intent, "identity", "which_account") == "action_choose_account"
