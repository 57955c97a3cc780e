"""Meta is asked within a time, shown the token alone, and understood when it says no."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from channels import whatsapp_client, whatsapp_errors
from channels.whatsapp_client import Recipient, TooLarge, WhatsAppClient
from channels.whatsapp_errors import Failure, NotNow, Refused, failure_of, reason, seconds_to_wait
from middleware.errors import FrontdeskError, Malformed, NotFound, Unknown
from tests.fakes.whatsapp import Media, Person, WhatsApp
from tests.recorded import recorded

HELLO = {"type": "text", "text": {"body": "Hello from the shop"}}
PDF = b"%PDF-1.4\n%%EOF"


@pytest.fixture
def meta() -> Iterator[WhatsApp]:
    with WhatsApp() as meta:
        yield meta


@pytest.fixture
def sarah(meta: WhatsApp) -> Person:
    sarah = meta.person("Sarah")
    meta.opens_window(sarah)
    return sarah


@pytest.fixture
async def client(meta: WhatsApp) -> AsyncIterator[WhatsAppClient]:
    client = WhatsAppClient(meta.account)
    yield client
    await client.close()


def by_phone(person: Person) -> Recipient:
    return Recipient(phone=person.phone, user_id=person.user_id)


async def test_a_message_goes_to_the_phone_number_and_says_whose_delivery_it_is(
    client: WhatsAppClient, meta: WhatsApp, sarah: Person
) -> None:
    sent_id = await client.send(by_phone(sarah), HELLO, "d-1")

    [sent] = meta.sent_to(sarah)
    assert sent.id == sent_id
    assert sent.payload == {
        **HELLO,
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": sarah.phone,
        "biz_opaque_callback_data": "d-1",
    }


async def test_without_a_phone_number_it_goes_to_the_scoped_id(
    client: WhatsAppClient, meta: WhatsApp, sarah: Person
) -> None:
    await client.send(Recipient(user_id=sarah.user_id), HELLO, "d-1")

    [sent] = meta.sent_to(sarah)
    assert sent.payload["recipient"] == sarah.user_id and "to" not in sent.payload


async def test_nobody_is_no_recipient(client: WhatsAppClient) -> None:
    with pytest.raises(ValueError):
        await client.send(Recipient(), HELLO, "d-1")


@pytest.mark.parametrize(
    ("code", "error", "failure"),
    [
        (131047, Refused, Failure.WINDOW),
        (131026, Refused, Failure.UNDELIVERABLE),
        (131056, NotNow, Failure.PAIR_RATE),
        (130429, NotNow, Failure.THROTTLED),
        (190, NotNow, Failure.ACCESS),
        (0, NotNow, Failure.ACCESS),
        (250, NotNow, Failure.ACCESS),
        (131053, Refused, Failure.MEDIA),
        (131009, Refused, Failure.WRONG),
        (131016, NotNow, Failure.TEMPORARY),
    ],
)
async def test_each_class_of_error_is_told_apart(
    client: WhatsAppClient, meta: WhatsApp, sarah: Person, code: int, error: type[FrontdeskError], failure: Failure
) -> None:
    meta.fail_next(code)

    with pytest.raises(error) as raised:
        await client.send(by_phone(sarah), HELLO, "d-1")

    assert isinstance(raised.value, Refused | NotNow)
    assert raised.value.failure is failure
    assert (raised.value.system, raised.value.operation, raised.value.status) == ("whatsapp", "send", str(code))
    assert raised.value.request_id
    assert meta.sent == []


def codes() -> list[int]:
    told: Any = recorded("whatsapp/pywa/error_codes.derived.json")
    every = [entry["codes"] for entry in told]
    return sorted({code for one in every for code in (range(200, 300) if isinstance(one, str) else one)})


def test_each_code_that_others_know_has_a_class_and_words() -> None:
    assert [code for code in codes() if not whatsapp_errors.is_known(code)] == []
    assert all(reason(code).endswith(".") for code in codes())


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, Failure.WRONG),
        (401, Failure.ACCESS),
        (403, Failure.ACCESS),
        (429, Failure.THROTTLED),
        (500, Failure.TEMPORARY),
    ],
)
def test_a_code_that_nobody_knows_is_judged_by_its_status(status: int, failure: Failure) -> None:
    assert failure_of(987654, status) is failure


def test_waits_grow_as_meta_asks_and_have_an_end() -> None:
    assert [seconds_to_wait(Failure.PAIR_RATE, attempt) for attempt in (1, 2, 3)] == [4, 16, 64]
    assert seconds_to_wait(Failure.PAIR_RATE, 50) == seconds_to_wait(Failure.ACCESS, 50) == 3600
    assert all(seconds_to_wait(failure, 1) > 0 for failure in Failure)


async def test_an_answer_that_is_lost_leaves_it_in_doubt(client: WhatsAppClient, meta: WhatsApp, sarah: Person) -> None:
    meta.drop_answers()

    with pytest.raises(Unknown):
        await client.send(by_phone(sarah), HELLO, "d-1")

    assert len(meta.sent_to(sarah)) == 1
    await client.send(by_phone(sarah), HELLO, "d-1")
    assert [sent.delivery for sent in meta.duplicates] == ["d-1"]


async def test_an_answer_that_comes_too_late_leaves_it_in_doubt(
    client: WhatsAppClient, meta: WhatsApp, sarah: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatsapp_client, "SEND_SECONDS", 0.2)
    meta.hang(30.0)

    with pytest.raises(Unknown):
        await client.send(by_phone(sarah), HELLO, "d-1")


async def test_a_server_that_cant_be_reached_was_certainly_not_asked(meta: WhatsApp) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}/v23.0"
        client = WhatsAppClient(msgspec.structs.replace(meta.account, api=nowhere))
        with pytest.raises(NotNow) as raised:
            await client.send(Recipient(phone="15551230001"), HELLO, "d-1")
        await client.close()

    assert raised.value.failure is Failure.TEMPORARY


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (502, b"<html>Bad gateway</html>", Unknown),
        (500, b"", Unknown),
        (200, b"<html>", Unknown),
        (200, b"[]", Unknown),
        (200, b'{"messages": []}', Unknown),
        (503, b"<html>Service unavailable</html>", NotNow),
        (429, b"", NotNow),
        (404, b"<html>", NotNow),
        (407, b"<html>", NotNow),
    ],
)
async def test_what_doesnt_come_from_meta_is_no_answer_of_theirs(
    client: WhatsAppClient, meta: WhatsApp, sarah: Person, status: int, body: bytes, error: type[FrontdeskError]
) -> None:
    meta.answer_next(status, body=body)

    with pytest.raises(error):
        await client.send(by_phone(sarah), HELLO, "d-1")


async def test_a_redirect_isnt_followed_and_no_token_goes_there(
    client: WhatsAppClient, meta: WhatsApp, sarah: Person
) -> None:
    with WhatsApp(token=meta.token) as elsewhere:
        for status in (302, 307, 308):
            meta.answer_next(status, {"Location": f"{elsewhere.account.api}/{meta.phone_number_id}/messages"})
            with pytest.raises(NotNow) as raised:
                await client.send(by_phone(sarah), HELLO, "d-1")
            assert raised.value.failure is Failure.ACCESS

        assert elsewhere.authorisations == []


async def test_a_document_is_handed_over_and_sent_by_its_id(
    client: WhatsAppClient, meta: WhatsApp, sarah: Person
) -> None:
    media_id = await client.upload(PDF, "R-2081.pdf", "application/pdf")
    await client.send(by_phone(sarah), {"type": "document", "document": {"id": media_id, "filename": "a.pdf"}}, "d-1")

    assert meta.media[media_id].content == PDF
    assert meta.media[media_id].media_type == "application/pdf"


async def test_an_upload_whose_answer_is_lost_is_never_in_doubt(client: WhatsAppClient, meta: WhatsApp) -> None:
    meta.drop_answers()

    with pytest.raises(NotNow):
        await client.upload(PDF, "R-2081.pdf", "application/pdf")


async def test_an_upload_without_an_id_makes_no_sense(client: WhatsAppClient, meta: WhatsApp) -> None:
    meta.answer_next(200, body=b'{"id": "../x"}')

    with pytest.raises(Malformed):
        await client.upload(PDF, "R-2081.pdf", "application/pdf")


async def test_media_is_fetched_with_its_type(client: WhatsAppClient, meta: WhatsApp) -> None:
    meta.media["77"] = _media(b"OggS....", "audio/ogg; codecs=opus")

    assert await client.media("77", 100) == (b"OggS....", "audio/ogg")
    assert [shown for _, shown in meta.authorisations] == [f"Bearer {meta.token}"] * 2


async def test_media_that_is_too_large_isnt_fetched(client: WhatsAppClient, meta: WhatsApp) -> None:
    meta.media["77"] = _media(b"x" * 101)

    with pytest.raises(TooLarge):
        await client.media("77", 100)

    assert len(meta.authorisations) == 1


async def test_media_that_lies_about_its_size_isnt_read_to_its_end(client: WhatsAppClient, meta: WhatsApp) -> None:
    meta.media["77"] = _media(b"x" * 1_000_000)
    about = meta.about_media("77") | {"file_size": 5}
    meta.answer_next(200, body=msgspec.json.encode(about))

    with pytest.raises(TooLarge):
        await client.media("77", 100_000)


async def test_media_that_meta_doesnt_have_is_not_found(client: WhatsAppClient, meta: WhatsApp) -> None:
    with pytest.raises(NotFound):
        await client.media("77", 100)
    meta.media["77"] = _media(b"x")
    meta.fail_next(131052)
    with pytest.raises(NotFound):
        await client.media("77", 100)


@pytest.mark.parametrize(("status", "error"), [(404, NotFound), (302, Malformed), (401, NotNow), (500, NotNow)])
async def test_a_download_that_fails_is_judged(
    client: WhatsAppClient, meta: WhatsApp, status: int, error: type[FrontdeskError]
) -> None:
    meta.media["77"] = _media(b"x")
    meta.answer_next(200, body=msgspec.json.encode(meta.about_media("77")))
    meta.answer_next(status, {"Location": "https://evil.example/"})

    with pytest.raises(error):
        await client.media("77", 100)


@pytest.mark.parametrize("media_id", ["../106540352242922/messages", "77/..", "", "7 7", "77?x=1", "77#", "x" * 129])
async def test_an_id_that_would_lead_elsewhere_isnt_asked_for(
    client: WhatsAppClient, meta: WhatsApp, media_id: str
) -> None:
    with pytest.raises(Malformed):
        await client.media(media_id, 100)

    assert meta.authorisations == []


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/whatsapp_business/attachments/?mid=77",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "https://fbsbx.com/x",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://user@lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com@evil.example/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1:1/x",
        "ftp://lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "//lookaside.fbsbx.com/x",
        "https://[::1/x",
        "",
    ],
)
async def test_the_token_goes_to_metas_hosts_alone(client: WhatsAppClient, meta: WhatsApp, address: str) -> None:
    meta.media["77"] = _media(b"x")
    meta.media_address = address or " "

    with pytest.raises(Malformed):
        await client.media("77", 100)

    assert [path for path, _ in meta.authorisations] == [f"/{meta.version}/77"]


@pytest.mark.parametrize(
    "address",
    [
        "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=133&ext=17&hash=ARnLFz",
        "https://mmg.whatsapp.net/d/f/abc.enc",
        "https://scontent.facebook.com/x",
    ],
)
def test_metas_own_hosts_are_trusted_with_it(meta: WhatsApp, address: str) -> None:
    assert str(WhatsAppClient(meta.account)._trusted(address)) == address


async def test_a_message_is_shown_as_seen_with_typing(client: WhatsAppClient, meta: WhatsApp, sarah: Person) -> None:
    written = meta.message(sarah, "text", {"body": "hi"})["id"]

    await client.seen_and_typing(written)

    assert meta.seen == [written]


async def test_whether_it_is_shown_as_seen_troubles_nobody(
    client: WhatsAppClient, meta: WhatsApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatsapp_client, "SEEN_SECONDS", 0.2)
    await client.seen_and_typing("wamid.unknown")
    meta.refuse_all(190)
    await client.seen_and_typing("wamid.unknown")
    meta.refuse_all(None)
    meta.hang(30.0)
    await client.seen_and_typing("wamid.unknown")

    assert meta.seen == []


async def test_many_at_once_all_arrive(client: WhatsAppClient, meta: WhatsApp) -> None:
    people = [meta.person(f"P{number}") for number in range(70)]
    for person in people:
        meta.opens_window(person)

    await asyncio.gather(*(client.send(by_phone(one), HELLO, f"d-{one.phone}") for one in people))

    assert sorted(sent.to.phone for sent in meta.sent) == sorted(one.phone for one in people)


async def test_neither_the_token_nor_the_customer_stands_in_logs_or_errors(
    client: WhatsAppClient, meta: WhatsApp, sarah: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors = []
    for trouble in (
        lambda: meta.fail_next(131009),
        meta.drop_answers,
        lambda: meta.answer_next(500, body=b"Hello from"),
    ):
        trouble()
        with pytest.raises(FrontdeskError) as raised:
            await client.send(by_phone(sarah), HELLO, "d-1")
        errors.append(f"{raised.value!r} {vars(raised.value)}")
    meta.fail_next(131009)
    await client.seen_and_typing("wamid.HBgL" + sarah.phone)

    for secret in (meta.token, sarah.phone, sarah.user_id, "Hello from"):
        assert secret not in caplog.text + "".join(errors)


def _media(content: bytes, media_type: str = "image/jpeg") -> Media:
    return Media(content=content, media_type=media_type)
