"""What customers write and who they are stays out of the logs, when all is well and when something breaks."""

from __future__ import annotations

import json

from tests.data.shop import PEOPLE
from tests.servers import Frontdesk, conversation_of

NORA = PEOPLE["nora"][4]
WORDS = "xylophone-marmalade"
CODE = "417206"


def test_the_logs_hold_nothing_of_a_customer_and_no_secret(frontdesk: Frontdesk) -> None:
    # given a conversation, in which something breaks
    token = frontdesk.token(phone=NORA, email="nora@example.com")
    frontdesk.say(token, f"where is my order {WORDS} nora@example.com {NORA}")
    frontdesk.say(token, f"my code is {CODE}, my token {token}")
    frontdesk.say(token, "where is order 29999?")
    frontdesk.servers.stop("actions", at_once=True)
    try:
        frontdesk.say(token, f"where is my order {WORDS} again, {CODE}?")
    finally:
        frontdesk.servers.start("actions")

    # then the logs tell of the fault, and of nothing else
    logs = "".join(frontdesk.servers.log(name).read_text() for name in ("actions", "rasa"))
    assert "action_track_order refused" in logs
    secrets = (frontdesk.settings.action_token, frontdesk.settings.jwt_key, frontdesk.settings.codes_key)
    for secret in (WORDS, NORA, CODE, "nora@example.com", "20002", "29999", token, *secrets):
        assert secret not in logs


def test_each_line_of_the_action_server_is_json_and_those_of_a_turn_name_it(frontdesk: Frontdesk) -> None:
    # given a turn in which an action refuses
    frontdesk.say(frontdesk.token(), "where is my order?")

    # then all that was logged since its last start can be read by a machine
    written = frontdesk.servers.log("actions").read_text().splitlines()
    started = max(number for number, line in enumerate(written) if "Starting action endpoint server" in line)
    lines = [json.loads(line) for line in written[started:]]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)

    # and the refusal names its turn
    refusals = [line for line in lines if line["message"].startswith("action_track_order refused")]
    assert refusals[-1]["correlation_id"] in refusals[-1]["message"]


def test_the_logs_hold_neither_codes_nor_what_they_were_asked_for_with(frontdesk: Frontdesk) -> None:
    # given a stranger with a code
    token = frontdesk.token()
    frontdesk.say(token, "where is my order?")
    frontdesk.say(token, "sam@example.com")
    code = frontdesk.code(conversation_of(token))

    # when they type it, and it once more
    frontdesk.say(token, code)
    assert "isn't right" in frontdesk.say(token, code)[0]["text"]

    # then
    logs = "".join(frontdesk.servers.log(name).read_text() for name in ("actions", "rasa"))
    assert "sam@example.com" not in logs
    assert code not in logs
