"""What is read of WhatsApp's webhooks: everything in them, whatever form it has, and nothing that isn't there."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from channels.whatsapp_errors import reason
from channels.whatsapp_webhook import Reader, Webhook
from middleware.identity import Proof
from tests.fakes.building import NOW, SetClock
from tests.fakes.webhooks import (
    ADA,
    ADA_ID,
    ADA_NUMBER,
    ADAS,
    NUMBER_ID,
    all_recorded,
    message,
    text,
    webhook,
)

UNSUPPORTED = "(something that can't be shown here)"
GIVEN_UP, DOUBTED, STATUS, IGNORED = "given up", "doubted", "status", "ignored"


def read(*messages: Any, **more: Any) -> Webhook:
    return reader().read(webhook(*messages, **more))


def reader(longest: int = 4000) -> Reader:
    return Reader(NUMBER_ID, longest, SetClock())


def one(*messages: Any, **more: Any) -> Any:
    [received] = read(*messages, **more).received
    return received


def shown(reply: dict[str, Any]) -> tuple[str, str]:
    """The kind of a message, and what people read."""
    return reply.get("kind", ""), reply.get("words") or reply["text"]


# What others recorded

META, PYWA = "meta/examples_webhooks", "pywa/message"
RECORDED = {
    f"{META}/Text Message": ("", "Does it come in another color?"),
    f"{META}/Text Message with Context (Product Inquiry)": ("", "Is this still available?"),
    f"{META}/Text Message from Click to WhatsApp Ad": ("", "Hello! Can I get more info on this?"),
    f"{META}/Reaction Message": ("reaction", "(reacted with 👍)"),
    f"{META}/Image Message": ("image", "Taj Mahal"),
    f"{META}/Location Message": ("location", "101 Forest Ave, Palo Alto, CA 94301"),
    f"{META}/Contact Sharing Message": ("contacts", "+1 (983) 555-2319"),
    f"{META}/Unsupported Message": ("unsupported", UNSUPPORTED),
    f"{META}/Button Message": ("", "Unsubscribe"),
    f"{META}/Interactive List Reply Message": ("", "Priority Mail Express"),
    f"{META}/Interactive Button Reply Message": ("", "Cancel"),
    f"{META}/Order Message": ("order", "(an order: 2 × di9ozbzfi4, 1 × nqryix03ez)"),
    f"{META}/System Message": GIVEN_UP,
    "pywa/callback_button/button": ("", "title"),
    "pywa/callback_button/quick_reply": ("", "title"),
    "pywa/callback_button/quick_reply_without_context": ("", "title"),
    "pywa/callback_selection/callback": ("", "title"),
    "pywa/callback_selection/description": ("", "title"),
    "pywa/deleted_message/revoke": ("deleted", "(deleted by the customer)"),
    "pywa/edited_message/image": ("image", "Updated image caption"),
    f"{PYWA}/text": ("", "Body Text"),
    f"{PYWA}/image": ("image", "(a picture)"),
    f"{PYWA}/media_with_url": ("image", "(a picture)"),
    f"{PYWA}/video": ("video", "caption"),
    f"{PYWA}/document": ("document", "caption"),
    f"{PYWA}/audio": ("audio", "(an audio file)"),
    f"{PYWA}/voice": ("voice", "(a voice message)"),
    f"{PYWA}/static_sticker": ("sticker", "(a sticker)"),
    f"{PYWA}/animated_sticker": ("sticker", "(a sticker)"),
    f"{PYWA}/reaction": ("reaction", "(reacted with 😮)"),
    f"{PYWA}/current_location": ("location", "(a location: 12.25089, 43.90539)"),
    f"{PYWA}/chosen_location": ("location", "1 Hacker Way, Menlo Park, CA 94025"),
    f"{PYWA}/contacts": ("contacts", "+1 555-555-5555"),
    f"{PYWA}/order": ("order", "(an order: 3 × HAMBURGER, 2 × FRENCH_FRIES, 2 × SODA)"),
    f"{PYWA}/unsupported": ("unsupported", UNSUPPORTED),
    f"{PYWA}/unsupported_with_type": ("unsupported", UNSUPPORTED),
    f"{PYWA}/reply": ("", "replied text"),
    f"{PYWA}/forwarded": ("", "forwarded text"),
    f"{PYWA}/forwarded_many_times": ("", "text forwarded many times"),
    f"{PYWA}/interactive_message_with_err": ("unsupported", UNSUPPORTED),
    f"{PYWA}/referral": ("", "BODY"),
    "pywa/system/phone_number_change": GIVEN_UP,
    "pywa/system/identity_change": DOUBTED,
    **{f"pywa/message_status/{name}": STATUS for name in ("sent", "delivered", "read", "played", "failed")},
    "pywa/message_status/with_tracker": STATUS,
}
NUMBERS = {"whatsapp:16505551234": "+16505551234", f"whatsapp:{ADA_ID}": "+972987654321"}


@pytest.mark.parametrize("name", ["our own", *all_recorded()])
def test_what_others_recorded_is_taken_for_what_it_is(name: str) -> None:
    body = all_recorded().get(name) or webhook(text("hello"))
    expected = RECORDED.get(name, ("", "hello") if name == "our own" else IGNORED)

    found = reader().read(body)

    taken: list[Any] = [shown(received.reply) for received in found.received]
    taken += [GIVEN_UP if withdrawn.is_given_up else DOUBTED for withdrawn in found.withdrawn]
    taken += [STATUS] * len(found.statuses)
    assert taken == ([] if expected == IGNORED else [expected])
    assert found.left_out or taken
    if name != "our own":
        assert all(received.proof.phone == NUMBERS[received.conversation_id] for received in found.received)


# Everything in it


def test_every_entry_change_message_and_status_is_read() -> None:
    change = webhook(text("one"), text("two"), statuses=[status(), status(state="read")])["entry"][0]["changes"][0]
    body = {"entry": [{"changes": [change, change]}, {"changes": [change]}]}

    found = reader().read(body)

    assert [received.reply["text"] for received in found.received] == ["one", "two"] * 3
    assert [status.state for status in found.statuses] == ["sent", "read"] * 3


@pytest.mark.parametrize(
    "broken",
    [
        None,
        7,
        "text",
        [],
        {},
        {"id": "wamid.1", "type": "text"},
        {"from": ADA_NUMBER, "type": "text", "text": {"body": "no id"}},
        {"from": {"a": 1}, "id": ["x"], "type": {}, "timestamp": []},
        {"from": "x" * 1000, "id": "y" * 1000, "type": "z" * 1000},
        {"type": "system"},
        {"type": "system", "system": "changed", "from": ADA_NUMBER},
        {"type": "system", "system": {"type": "user_changed_number"}},
        message("edit", {}),
        message("edit", []),
        message("edit", {"original_message_id": "\n"}),
        message("revoke", "gone"),
        message("request_welcome"),
        text("in a group", group_id="Y2FwaV9ncm91cDox"),
    ],
)
def test_what_is_broken_or_not_for_us_keeps_nothing_else_from_being_read(broken: Any) -> None:
    found = read(text("before"), broken, text("after"), contacts=[ADA, 7, {"wa_id": []}, None])

    assert [received.reply["text"] for received in found.received] == ["before", "after"]


@pytest.mark.parametrize("body", [None, 1, "x", [], [[]], {}, {"entry": {}}, {"entry": [{"changes": [{"value": 1}]}]}])
def test_a_body_of_any_form_is_read(body: Any) -> None:
    found = reader().read(body)

    assert not found.received and not found.withdrawn and not found.statuses
    assert found.left_out


def test_what_is_said_to_another_number_is_not_ours() -> None:
    found = read(text("hello"), number_id="1122334455667")

    assert found.received == []
    assert dict(found.left_out) == {"another number's": 1}


@pytest.mark.parametrize(
    "field", ["smb_message_echoes", "account_update", "user_preferences", "groups", "x" * 99, None]
)
def test_other_fields_are_left_out_by_name(field: Any) -> None:
    found = read(text("hello"), field=field)

    assert found.received == []
    [name] = found.left_out
    assert name == f"field {field}" if field and len(field) < 40 else name == "field unknown"


def test_what_is_logged_names_nothing_of_the_customers(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    secret = "Ada's secret"
    odd = [{secret: secret}, message("system", {"type": secret}), {"type": secret, "id": secret}]

    found = read(*odd, errors=[{"code": 131000, "message": secret}, {"code": secret}], statuses=[{"status": secret}])
    found.tell_left_out()

    assert "error 131000 (1)" in caplog.text
    assert secret not in caplog.text


# Who wrote


def sender(told: dict[str, Any], contacts: list[Any]) -> tuple[str, str | None] | None:
    about = {"from": None, "from_user_id": None} | told
    received = read(text("hello", **about), contacts=contacts).received
    return (received[0].conversation_id, received[0].proof.phone) if received else None


BEN = {"wa_id": "12015550120", "user_id": "US.2"}
BOTH = {"from": ADA_NUMBER, "from_user_id": ADA_ID}


@pytest.mark.parametrize(
    ("told", "contacts", "known"),
    [
        (BOTH, [ADA], (ADAS, "+12015550110")),
        (BOTH, [], (ADAS, "+12015550110")),
        (BOTH, [BEN, ADA], (ADAS, "+12015550110")),
        ({"from": ADA_NUMBER}, [BEN, ADA], (ADAS, "+12015550110")),
        ({"from_user_id": ADA_ID}, [BEN, ADA], (ADAS, "+12015550110")),
        ({"from_user_id": ADA_ID}, [BEN], (ADAS, None)),
        ({"from_user_id": ADA_ID}, [{"user_id": ADA_ID}], (ADAS, None)),
        ({"from": ADA_NUMBER}, [{"wa_id": ADA_NUMBER}], (f"whatsapp:{ADA_NUMBER}", "+12015550110")),
        ({"from": ADA_NUMBER}, [BEN], (f"whatsapp:{ADA_NUMBER}", "+12015550110")),
        ({"from": int(ADA_NUMBER)}, [], (f"whatsapp:{ADA_NUMBER}", "+12015550110")),
        ({}, [ADA], (ADAS, "+12015550110")),
        ({}, [ADA, BEN], None),
        ({}, [], None),
        ({"from": "", "from_user_id": ""}, [], None),
        ({"from": "not a number", "from_user_id": "an id with spaces"}, [], None),
        ({"from_user_id": "12015550120"}, [], None),  # an id of digits would be somebody's number
        ({"from": "99999"}, [], ("whatsapp:99999", None)),
        ({"from": "١٢٠١٥٥٥٠١١٠"}, [], None),
    ],
)
def test_the_sender_is_whom_the_message_names(
    told: dict[str, Any], contacts: list[Any], known: tuple[str, str | None] | None
) -> None:
    assert sender(told, contacts) == known


def test_each_of_several_people_is_told_apart() -> None:
    bens = text("from Ben", **{"from": BEN["wa_id"], "from_user_id": None})

    found = read(bens, text("from Ada"), contacts=[ADA, BEN])

    assert [(one.conversation_id, one.reply["text"]) for one in found.received] == [
        ("whatsapp:US.2", "from Ben"),
        (ADAS, "from Ada"),
    ]


# What they wrote


@pytest.mark.parametrize(
    ("content", "reply"),
    [
        (text("  hi there \0 "), {"text": "hi there"}),
        (text("half an emoji \ud83d"), {"text": "half an emoji ?"}),
        (text(""), {"text": "", "words": UNSUPPORTED, "kind": "unsupported"}),
        (text(7), {"text": "7"}),  # type: ignore[arg-type]
        (text(["a"]), {"text": "", "words": UNSUPPORTED, "kind": "unsupported"}),  # type: ignore[arg-type]
        (message("hologram", {}), {"text": "", "words": UNSUPPORTED, "kind": "unsupported"}),
        (message("interactive", {"type": "nfm_reply"}), {"text": "", "words": UNSUPPORTED, "kind": "unsupported"}),
        (message("button", {"payload": "/Affirm", "text": "Yes"}), {"text": "Yes"}),
        (message("image", {}), {"text": "", "words": "(a picture)", "kind": "image"}),
        (message("image"), {"text": "", "words": "(a picture)", "kind": "image"}),
        (
            message("document", {"id": "9", "filename": "bill.pdf", "mime_type": "application/pdf"}),
            {
                "text": "",
                "words": "(a document: bill.pdf)",
                "kind": "document",
                "media": {"id": "9", "media_type": "application/pdf", "name": "bill.pdf"},
            },
        ),
        (
            message("audio", {"id": 9, "voice": True}),
            {
                "text": "",
                "words": "(a voice message)",
                "kind": "voice",
                "media": {"id": "9", "media_type": "", "name": ""},
            },
        ),
        (message("location", {"name": "the shop"}), {"text": "the shop", "kind": "location"}),
        (message("location", {"latitude": "x"}), {"text": "", "words": "(a location)", "kind": "location"}),
        (message("contacts", [{"emails": [{"email": "a@b.example"}]}]), {"text": "a@b.example", "kind": "contacts"}),
        (message("contacts", [{"name": {}}]), {"text": "", "words": "(a contact card)", "kind": "contacts"}),
        (message("order", {"product_items": "x"}), {"text": "", "words": "(an order)", "kind": "order"}),
        (
            message("order", {"product_items": [{"quantity": 2}]}),
            {"text": "", "words": "(an order: 2 × ?)", "kind": "order"},
        ),
    ],
)
def test_each_type_is_stored_as_what_it_says(content: Any, reply: dict[str, Any]) -> None:
    received = one(json.loads(json.dumps(content)))

    assert received.reply == reply
    assert received.needs_answer


def test_a_long_text_is_heard_in_part_and_read_in_full() -> None:
    [received] = reader(longest=10).read(webhook(text("0123456789 and more"))).received

    assert received.reply == {"text": "0123456789", "words": "0123456789 and more"}


def test_a_reaction_needs_no_answer() -> None:
    assert not one(message("reaction", {"emoji": "👍", "message_id": "wamid.1"})).needs_answer


@pytest.mark.parametrize("kind", ["button_reply", "list_reply"])
@pytest.mark.parametrize(
    ("given", "pressed"), [("12.0", (12, 0)), ("7.10", (7, 10)), ("7", None), ("a.b", None), ("9" * 20 + ".1", None)]
)
def test_a_button_is_known_by_the_message_that_it_stood_below(
    kind: str, given: str, pressed: tuple[int, int] | None
) -> None:
    received = one(message("interactive", {"type": kind, kind: {"id": given, "title": "Yes"}}))

    assert received.pressed == pressed
    assert received.reply == {"text": "Yes"}


def test_a_shared_card_proves_nothing() -> None:
    card = message("contacts", [{"phones": [{"phone": "+12015550199", "wa_id": "12015550199"}]}])

    assert one(card).proof == Proof(phone=f"+{ADA_NUMBER}")


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        (str(int(NOW.timestamp()) - 60), NOW - timedelta(minutes=1)),
        (int(NOW.timestamp()) - 60, NOW - timedelta(minutes=1)),
        (str(int(NOW.timestamp()) + 3600), NOW),
        (str(int(NOW.timestamp()) * 1000), NOW),
        ("9" * 15, NOW),
        ("1", datetime(1970, 1, 1, 0, 0, 1, tzinfo=timezone.utc)),
        ("0", None),
        ("-5", None),
        ("yesterday", None),
        ("9" * 400, None),
        (None, None),
        ([], None),
    ],
)
def test_a_message_was_written_when_it_says_but_never_later_than_now(stamp: Any, at: datetime | None) -> None:
    assert one(text("hello", timestamp=stamp)).written_at == at


def test_an_edit_replaces_what_it_names() -> None:
    edited = {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "no, two"}}}

    received = one(message("edit", edited))

    assert (received.replaces, received.reply) == ("wamid.1", {"text": "no, two"})
    assert received.needs_answer


def test_what_is_deleted_isnt_answered() -> None:
    received = one(message("revoke", {"original_message_id": "wamid.1"}))

    assert (received.replaces, received.reply["kind"]) == ("wamid.1", "deleted")
    assert not received.needs_answer


def test_a_given_up_number_is_the_old_one() -> None:
    changed = {"type": "user_changed_number", "wa_id": "12195555358", "body": "changed"}

    [withdrawn] = read(message("system", changed, from_user_id=None), contacts=None).withdrawn

    assert (withdrawn.phone, withdrawn.is_given_up, withdrawn.at) == (f"+{ADA_NUMBER}", True, NOW)


# How ours fared


def status(state: str = "sent", **more: Any) -> dict[str, Any]:
    return {"id": "wamid.ours", "status": state, "timestamp": str(int(NOW.timestamp()) - 5)} | more


@pytest.mark.parametrize(
    ("state", "known"),
    [("sent", "sent"), ("delivered", "delivered"), ("read", "read"), ("played", "read"), ("failed", "failed")],
)
def test_a_status_tells_how_a_message_of_ours_fared(state: str, known: str) -> None:
    [found] = read(statuses=[status(state, biz_opaque_callback_data="d1")]).statuses

    assert (found.external_id, found.delivery_id, found.state) == ("wamid.ours", "d1", known)
    assert found.at == NOW - timedelta(seconds=5)


def test_a_failure_has_its_code_and_its_reason_in_our_words_since_metas_may_repeat_the_customers() -> None:
    error = {"code": 131047, "title": "Re-engagement", "error_data": {"details": "to Ada Lovett, +1 201 555 0110"}}

    [found] = read(statuses=[status("failed", errors=[error])]).statuses

    assert (found.error_code, found.error) == ("131047", reason(131047))


@pytest.mark.parametrize(
    "odd", [{}, status("warning"), status(id=""), status(recipient_type="group"), status(id="x" * 500)]
)
def test_a_status_that_says_nothing_of_ours_is_left_out(odd: Any) -> None:
    found = read(statuses=[odd, status()])

    assert len(found.statuses) == 1
    assert found.left_out
