"""What Rasa has said already in a turn whose server died before the answer was stored.

Rasa has written down then that it heard the message, and what it did about it. Heard again, a yes to a question would
be a yes to nothing.
"""

from __future__ import annotations

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import BotUttered, Event, UserUttered


async def say_again(agent: Agent, conversation_id: str, turn_id: str, channel: OutputChannel) -> bool:
    """Says what was said in a turn, if Rasa has heard its message.

    Returns:
        Whether it has.
    """
    tracker = await agent.tracker_store.retrieve(conversation_id)
    events = list(tracker.events) if tracker else []
    place = next((place for place, event in enumerate(events) if _is_of(event, turn_id)), None)
    if place is None:
        return False
    for event in events[place:]:
        if isinstance(event, BotUttered):
            await channel.send_response(conversation_id, event.message())
    return True


def _is_of(event: Event, turn_id: str) -> bool:
    return isinstance(event, UserUttered) and (event.metadata or {}).get("turn") == turn_id
