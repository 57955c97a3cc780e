"""Floods and large bodies over HTTP: one polite word, then refusals, and none of it reaches Rasa or the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import requests

from middleware import store
from tests.data.shop import PEOPLE
from tests.fakes.channel import ADDRESS, Channel
from tests.fakes.rasa import by_the_channel
from tests.servers import MESSAGES_A_MINUTE, TIMEOUT_SECONDS, Frontdesk

Serve = Callable[..., AbstractAsyncContextManager[Channel]]
MINUTE = timedelta(minutes=1)
TOO_FAST = by_the_channel("utter_too_fast")["text"]


async def test_a_flood_hears_one_polite_sentence_and_then_nothing(serve: Serve) -> None:
    async with serve(sender="3/minute") as channel:
        # given as many messages as may come
        for _ in range(3):
            assert (await channel.post("nora")).texts[-1] == "you said hi"

        # when more come
        first, *further = [await channel.post("nora") for _ in range(4)]

        # then one is answered, and the others are refused, without words
        assert (first.status, first.body) == (200, [{"recipient_id": "nora", "text": TOO_FAST}])
        assert {one.status for one in further} == {429}
        assert all(one.body.keys() == {"error"} and one.headers["Retry-After"] == "60" for one in further)

        # and none of them reached Rasa or the store
        assert len(channel.rasa.heard) == 3
        assert [row["author"] for row in channel.desk.rows(store.messages)].count("customer") == 3
        assert TOO_FAST not in (await channel.messages("nora")).texts


async def test_after_a_while_the_same_sender_is_heard_again(serve: Serve) -> None:
    async with serve(sender="1/minute") as channel:
        await channel.post("nora")
        assert (await channel.post("nora", message_id="m1")).texts == [TOO_FAST]

        channel.desk.clock.advance(MINUTE)

        assert (await channel.post("nora", message_id="m1")).texts == ["you said hi"]


async def test_a_flood_in_one_conversation_holds_up_no_other(serve: Serve) -> None:
    async with serve(sender="1/minute") as channel:
        await asyncio.gather(*(channel.post("nora") for _ in range(10)))

        assert (await channel.post("omar")).texts[-1] == "you said hi"


async def test_a_repeat_of_an_answered_message_counts_as_well(serve: Serve) -> None:
    async with serve(sender="2/minute") as channel:
        first, again, third = [await channel.post("nora", message_id="m1") for _ in range(3)]

        assert first.body == again.body
        assert third.texts == [TOO_FAST]


async def test_bad_tokens_cannot_be_tried_without_bound_nor_a_good_one_after_them(serve: Serve) -> None:
    async with serve(address="5/minute") as channel:
        # when tokens are tried out
        statuses = []
        for number in range(7):
            header = {"Authorization": f"Bearer {number}"}
            async with channel.client.post(f"{ADDRESS}/webhook", data=b"{}", headers=header) as answer:
                statuses.append(answer.status)

        # then they are soon not looked at, and neither are good ones, for messages and for polls
        assert statuses == [401] * 5 + [429] * 2
        for refused in (await channel.post("nora"), await channel.messages("nora")):
            assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
        channel.desk.clock.advance(MINUTE)
        assert (await channel.post("nora")).status == 200


async def test_polls_with_bad_tokens_count_for_their_address(serve: Serve) -> None:
    async with serve(address="2/minute") as channel:
        for status in (401, 401, 429):
            async with channel.client.get(f"{ADDRESS}/messages", headers={"Authorization": "Bearer x"}) as answer:
                assert answer.status == status


async def test_an_address_is_made_up_by_nobody_but_named_by_a_trusted_proxy(serve: Serve) -> None:
    async with serve(address="1/minute") as channel:
        await channel.post("nora", **{"X-Forwarded-For": "198.51.100.1"})
        assert (await channel.post("omar", **{"X-Forwarded-For": "198.51.100.2"})).status == 429

    async with serve(address="1/minute", proxies=("127.0.0.1",)) as channel:
        await channel.post("nora", **{"X-Forwarded-For": "198.51.100.1"})
        assert (await channel.post("omar", **{"X-Forwarded-For": "198.51.100.2"})).status == 200
        assert (await channel.post("omar", **{"X-Forwarded-For": "203.0.113.9, 198.51.100.2"})).status == 429


async def told(channel: Channel, *head: str, body: bytes = b"") -> bytes:
    """All that comes back to a request, until the server hangs up; what is sent of its body is the test's."""
    url = channel.client._base_url
    assert url is not None
    reader, writer = await asyncio.open_connection(url.host, url.port)
    lines = [f"POST {ADDRESS}/webhook HTTP/1.1", "Host: frontdesk", *head, "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    answer = await asyncio.wait_for(reader.read(), TIMEOUT_SECONDS)
    writer.close()
    return answer


async def test_a_body_too_large_is_refused_by_its_announced_length_without_being_read(serve: Serve) -> None:
    async with serve() as channel:
        token = f"Authorization: {channel.headers('nora')['Authorization']}"
        answer = await told(channel, token, "Content-Length: 1001")

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"the body is larger than 1000 bytes" in answer


async def test_a_body_in_parts_is_refused_as_soon_as_it_is_too_large(serve: Serve) -> None:
    async with serve() as channel:
        token = f"Authorization: {channel.headers('nora')['Authorization']}"
        answer = await told(channel, token, "Transfer-Encoding: chunked", body=b"1f4\r\n" + b"x" * 500 + b"\r\n1f5\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"the body is larger than 1000 bytes" in answer


async def test_a_stranger_cannot_have_a_large_body_read_either(serve: Serve) -> None:
    async with serve() as channel:
        assert (await told(channel, "Content-Length: 1000000000")).startswith(b"HTTP/1.1 401 ")


async def test_parts_that_are_none_are_refused_with_a_sentence(serve: Serve) -> None:
    async with serve() as channel:
        token = f"Authorization: {channel.headers('nora')['Authorization']}"
        answer = await told(channel, token, "Transfer-Encoding: chunked", body=b"zz\r\nhello\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"error"' in answer


async def test_a_body_of_just_the_largest_size_is_read(serve: Serve) -> None:
    async with serve() as channel:
        body = b'{"message": "hi", "padding": ""}'
        body = body.replace(b'""', b'"' + b"x" * (1000 - len(body)) + b'"')
        async with channel.client.post(f"{ADDRESS}/webhook", data=body, headers=channel.headers("nora")) as answer:
            assert (len(body), answer.status) == (1000, 200)


# The whole system


def test_the_companys_own_limits_hold(frontdesk: Frontdesk) -> None:
    # given as many messages as may come, which are one and the same
    token = frontdesk.token(phone=PEOPLE["nora"][4])
    with ThreadPoolExecutor(8) as pool:  # so that they take far less than a minute on any machine
        list(pool.map(lambda _: frontdesk.say(token, "thank you", message_id="m1"), range(MESSAGES_A_MINUTE)))

    # when
    first, second = (frontdesk.post(token, {"message": "thank you", "message_id": "m1"}) for _ in range(2))

    # then
    assert "faster than I can read" in first.json()[0]["text"]
    assert (second.status_code, second.json().keys()) == (429, {"error"})
    assert int(second.headers["Retry-After"]) >= 1


def test_a_large_body_is_refused_with_a_sentence(frontdesk: Frontdesk) -> None:
    answer = requests.post(
        f"{frontdesk.servers.url}{ADDRESS}/webhook",
        data=b"x" * 70_000,
        headers={"Authorization": f"Bearer {frontdesk.token()}"},
        timeout=TIMEOUT_SECONDS,
    )

    assert answer.status_code == 413
    assert answer.json() == {"error": "the body is larger than 65536 bytes"}
