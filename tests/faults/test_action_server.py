"""The action server dies and comes back while a customer writes."""

from __future__ import annotations

from tests.data.shop import PEOPLE
from tests.servers import Frontdesk

NORA = PEOPLE["nora"][4]
UNAVAILABLE = "Something isn't working on our side"


def test_without_the_action_server_a_clear_sentence_and_then_the_conversation_goes_on(frontdesk: Frontdesk) -> None:
    # given a conversation about an order
    token = frontdesk.token(phone=NORA)
    assert "20002" in frontdesk.say(token, "where is my duffel?")[-1]["text"]

    # when the action server is killed
    frontdesk.servers.stop("actions", at_once=True)
    try:
        during = frontdesk.say(token, "and the jacket?")
        small_talk = frontdesk.say(token, "thank you")
    finally:
        frontdesk.servers.start("actions")

    # then the customer hears so, whatever they say, and afterwards the thread isn't lost
    assert [UNAVAILABLE in reply["text"] for reply in (*during, *small_talk)] == [True, True]
    assert "20001" in frontdesk.say(token, "and the jacket?")[-1]["text"]


def test_a_new_conversation_without_the_action_server_hears_who_speaks_and_that_it_cannot(frontdesk: Frontdesk) -> None:
    frontdesk.servers.stop("actions", at_once=True)
    try:
        replies = frontdesk.say(frontdesk.token(phone=NORA), "hi")
    finally:
        frontdesk.servers.start("actions")

    assert "a bot" in replies[0]["text"]
    assert UNAVAILABLE in replies[1]["text"]
