"""What customers write and who they are stays out of the logs, when all is well and when something breaks."""

from __future__ import annotations

from tests.data.shop import PEOPLE
from tests.servers import Frontdesk

NORA = PEOPLE["nora"][4]
WORDS = "xylophone-marmalade"


def test_the_logs_hold_nothing_of_a_customer_and_no_secret(frontdesk: Frontdesk) -> None:
    # given a conversation, in which something breaks
    token = frontdesk.token(phone=NORA, email="nora@example.com")
    frontdesk.say(token, f"where is my order {WORDS} nora@example.com {NORA}")
    frontdesk.servers.stop("actions", at_once=True)
    try:
        frontdesk.say(token, f"where is my order {WORDS} again")
    finally:
        frontdesk.servers.start("actions")

    # then the logs tell of the fault, and of nothing else
    logs = "".join(frontdesk.servers.log(name).read_text() for name in ("actions", "rasa"))
    assert "action" in logs
    for secret in (WORDS, NORA, "nora@example.com", "20002", token, frontdesk.settings.action_token):
        assert secret not in logs


def test_the_logs_hold_neither_codes_nor_what_they_were_asked_for_with(frontdesk: Frontdesk) -> None:
    # given a stranger with a code
    token = frontdesk.token()
    frontdesk.say(token, "where is my order?")
    frontdesk.say(token, "sam@example.com")
    code = frontdesk.code(token)

    # when they type it, and it once more
    frontdesk.say(token, code)
    assert "isn't right" in frontdesk.say(token, code)[0]["text"]

    # then
    logs = "".join(frontdesk.servers.log(name).read_text() for name in ("actions", "rasa"))
    assert "sam@example.com" not in logs
    assert code not in logs
