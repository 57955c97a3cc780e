"""Speaks with a running action server as Rasa does: an action, a tracker, and the slots that came of it."""

from __future__ import annotations

from typing import Any

import requests

from tests.model import DOMAIN

TIMEOUT_SECONDS = 60


class Caller:
    """One conversation, as Rasa would lead it.

    Args:
        conversation_id: As the channel names it.
        token: What the action server wants to be shown.
    """

    def __init__(self, conversation_id: str, token: str) -> None:
        self._conversation_id = conversation_id
        self._token = token
        self._slots: dict[str, Any] = {name: None for name in DOMAIN["slots"]}

    def slot(self, name: str) -> Any:
        """The value of a slot."""
        return self._slots[name]

    def run(self, url: str, action: str, turn_id: str, text: str, intent: str) -> list[dict[str, Any]]:
        """Has an action answer a message in a turn that is open, and keeps the slots that it sets.

        Args:
            url: Of the action server.

        Returns:
            The responses, as the action server gives them to Rasa.
        """
        message = {"text": text, "intent": {"name": intent, "confidence": 0.99}, "entities": []}
        tracker = {
            "sender_id": self._conversation_id,
            "slots": self._slots,
            "latest_message": message | {"metadata": {"turn": turn_id}},
            "latest_event_time": 0.0,
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": "action_listen",
        }
        body = {"next_action": action, "sender_id": self._conversation_id, "tracker": tracker, "domain": DOMAIN}
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = requests.post(f"{url}/webhook", json=body, headers=headers, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        given = answer.json()
        self._slots |= {event["name"]: event["value"] for event in given["events"] if event["event"] == "slot"}
        responses: list[dict[str, Any]] = given["responses"]
        return responses
