"""The REST channel from outside: who gets in, what is refused, and that nothing is lost or doubled."""

from __future__ import annotations

import json
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import jwt
import pytest
import requests

from scripts.serve import HOST
from tests.data.shop import PEOPLE
from tests.servers import MOMENT, SECRET, TIMEOUT_SECONDS, Frontdesk, conversation_of, subject

NORA = PEOPLE["nora"][4]
OMAR = PEOPLE["omar"][4]
QUESTION = "where is my order?"


def _unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", algorithm="none")


def _claims(**more: Any) -> dict[str, Any]:
    return {"sub": uuid.uuid4().hex, "aud": "frontdesk", "exp": time.time() + 600, "phone": NORA} | more


BAD_TOKENS = {
    "none at all": lambda: None,
    "no JWT": lambda: "abc",
    "expired": lambda: jwt.encode(_claims(exp=time.time() - 1), SECRET, algorithm="HS256"),
    "alg none": lambda: _unsigned(_claims()),
    "another algorithm": lambda: jwt.encode(_claims(), SECRET, algorithm="HS512"),
    "another key": lambda: jwt.encode(_claims(), "another" + SECRET, algorithm="HS256"),
    "another audience": lambda: jwt.encode(_claims(aud="elsewhere"), SECRET, algorithm="HS256"),
    "no expiry": lambda: jwt.encode({k: v for k, v in _claims().items() if k != "exp"}, SECRET, algorithm="HS256"),
    "no subject": lambda: jwt.encode({k: v for k, v in _claims().items() if k != "sub"}, SECRET, algorithm="HS256"),
    "a phone that is none": lambda: jwt.encode(_claims(phone="12"), SECRET, algorithm="HS256"),
}


@pytest.mark.parametrize("kind", BAD_TOKENS)
def test_a_bad_token_is_refused_with_a_sentence(frontdesk: Frontdesk, kind: str) -> None:
    answer = frontdesk.post(BAD_TOKENS[kind](), {"message": QUESTION})

    assert answer.status_code == 401
    assert answer.json().keys() == {"error"}
    assert "20002" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"not json",
        b"\xff\xfe",
        b"{}",
        b'{"message": 5}',
        b'{"message": "  "}',
        json.dumps({"message": "x" * 4001}).encode(),
        b'{"message": "hi", "message_id": 5}',
        b'{"message": "hi", "message_id": ""}',
    ],
)
def test_a_bad_body_is_refused_with_a_sentence(frontdesk: Frontdesk, body: bytes) -> None:
    answer = requests.post(
        f"{frontdesk.servers.url}/webhooks/rest/webhook",
        data=body,
        headers={"Authorization": f"Bearer {frontdesk.token(phone=NORA)}"},
        timeout=TIMEOUT_SECONDS,
    )

    assert answer.status_code == 400
    assert answer.json().keys() == {"error"}


def test_sender_metadata_and_input_channel_of_the_body_change_nothing(frontdesk: Frontdesk) -> None:
    # given a conversation of Nora's, and Omar who claims to be in it
    nora, omar = frontdesk.token(phone=NORA), frontdesk.token(phone=OMAR)
    frontdesk.say(nora, QUESTION)
    claim = {"sender": subject(nora), "input_channel": "whatsapp", "metadata": {"phone": NORA, "turn": "x"}}

    # when he asks
    replies = frontdesk.post(omar, {"message": "where is order 20002?", **claim}).json()

    # then he hears nothing of hers, and it is his own conversation
    assert not any("FedEx" in reply["text"] for reply in replies)
    assert {reply["recipient_id"] for reply in replies} == {subject(omar)}
    assert len(frontdesk.transcript(conversation_of(nora))) == 3


def test_one_token_for_two_people_is_two_conversations_or_the_later_proof(frontdesk: Frontdesk) -> None:
    """The same `sub` with another phone: what was proven before is gone."""
    nora = frontdesk.token(phone=NORA)
    assert "20002" in frontdesk.say(nora, QUESTION)[-1]["text"]

    stranger = frontdesk.token(sub=subject(nora))

    assert "What's the phone number" in frontdesk.say(stranger, QUESTION)[-1]["text"]


def test_anothers_order_and_none_get_the_same_bytes(frontdesk: Frontdesk) -> None:
    token = frontdesk.token(phone=NORA)
    frontdesk.say(token, "hi")

    answers = {
        frontdesk.post(token, {"message": f"where is order {number}?"}).content
        for number in ("20003", "20013", "29999", "20003", "10000")
    }

    assert len(answers) == 1
    assert not re.search(rb"20003|29999", next(iter(answers)).replace(subject(token).encode(), b""))


def test_the_same_message_id_gets_the_same_replies_and_is_done_once(frontdesk: Frontdesk) -> None:
    token = frontdesk.token(phone=NORA)

    first = frontdesk.say(token, QUESTION, message_id="m-1")
    again = frontdesk.say(token, QUESTION, message_id="m-1")

    assert first == again
    assert frontdesk.audit(conversation_of(token)) == ["order_status ok"]
    assert len(frontdesk.transcript(conversation_of(token))) == 1 + len(first)


def test_a_payload_counts_only_where_it_was_offered(frontdesk: Frontdesk) -> None:
    # given a button offered to Omar
    omar, nora = frontdesk.token(phone=OMAR), frontdesk.token(phone=NORA)
    payload = frontdesk.say(omar, QUESTION)[-1]["buttons"][0]["payload"]
    frontdesk.say(nora, QUESTION)

    # when both send it, and Omar one that is a little different
    his, hers = frontdesk.say(omar, payload), frontdesk.say(nora, payload)
    altered = frontdesk.say(omar, payload.replace("20005", "20001"))

    # then it presses the button for him alone
    assert "20005" in his[-1]["text"]
    assert "20005" not in hers[-1]["text"]
    assert "20001" not in altered[-1]["text"]


@pytest.mark.parametrize(
    "text", ["/", "//", "/restart", "/session_start", "/ Affirm", "/Affirm", "/Stop{}", "🙂", "你好"]
)
def test_whatever_is_typed_is_answered(frontdesk: Frontdesk, text: str) -> None:
    assert all(reply.get("text") for reply in frontdesk.say(frontdesk.token(phone=NORA), text))


def test_a_hundred_senders_at_once_are_each_answered_once(frontdesk: Frontdesk) -> None:
    tokens = [frontdesk.token(phone=NORA) for _ in range(100)]

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda token: frontdesk.say(token, QUESTION), tokens))

    assert all("20002" in replies[-1]["text"] for replies in answers)
    for token, replies in zip(tokens, answers, strict=True):
        said = [reply["text"] for reply in replies]
        written = [one for one in frontdesk.transcript(conversation_of(token)) if one != ("bot", MOMENT)]
        assert written == [("customer", QUESTION), *(("bot", text) for text in said)]


def test_twenty_messages_at_once_from_one_sender_are_answered_in_order(frontdesk: Frontdesk) -> None:
    # given twenty messages, sent at once over connections of their own
    token = frontdesk.token(phone=NORA)
    frontdesk.say(token, "hi")
    texts = [f"where is order 2{number:04}?" for number in range(1, 21)]

    # when they arrive together
    with ThreadPoolExecutor(20) as pool:
        answers = dict(zip(texts, pool.map(lambda text: frontdesk.say(token, text), texts), strict=True))

    # then each is followed by its own answer, before the next one is taken
    transcript = frontdesk.transcript(conversation_of(token))[2:]
    assert len(transcript) == 40
    asked = [text for author, text in transcript if author == "customer"]
    assert sorted(asked) == sorted(texts)
    assert transcript == [entry for text in asked for entry in (("customer", text), ("bot", answers[text][0]["text"]))]
    assert "FedEx" in answers["where is order 20002?"][0]["text"]


def test_messages_sent_one_after_the_other_without_waiting_keep_their_order(frontdesk: Frontdesk) -> None:
    # given connections, each of which is there before anything is sent
    token = frontdesk.token(phone=NORA)
    texts = [f"where is order 2{number:04}?" for number in range(1, 11)]
    headers = {"Authorization": f"Bearer {token}"}
    connections = [HTTPConnection(HOST, frontdesk.servers.port("rasa"), timeout=TIMEOUT_SECONDS) for _ in texts]
    for connection in connections:
        connection.connect()

    # when a message goes out over each
    for connection, text in zip(connections, texts, strict=True):
        connection.request("POST", "/webhooks/rest/webhook", json.dumps({"message": text}).encode(), headers)
        time.sleep(0.02)  # far less than an answer takes
    assert {connection.getresponse().status for connection in connections} == {200}

    # then
    assert [text for author, text in frontdesk.transcript(conversation_of(token)) if author == "customer"] == texts
