"""What `make deliveries` shows, and how it has failed messages sent again."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from channels import whatsapp_form
from channels.whatsapp_errors import Failure
from middleware import deliveries_command, metrics
from middleware.errors import NotFound
from tests.fakes.building import ROOT, environment
from tests.fakes.fixtures import MakeBench
from tests.fakes.sending import ADA, Sending, lost, no

SECRET = "my number is 4711"


@pytest.fixture
async def ada(bench: MakeBench) -> Sending:
    sending = Sending(bench())
    await sending.hear(SECRET)
    return sending


async def overview(ada: Sending) -> str:
    return await ada.middleware.store.read(lambda c: deliveries_command.overview(c, ada.bench.clock))


async def retry(ada: Sending, which: str) -> str:
    return await ada.middleware.store.write(lambda c: deliveries_command.retry(c, which, ada.bench.clock))


async def some(ada: Sending) -> None:
    """One message that failed, one that is in doubt, one that was sent and one that was put off."""
    await ada.say(f"one {SECRET}", "two", "three", "four")
    put_off = [no(Failure.PAIR_RATE, 131056)]
    ada.client.outcomes.extend([no(Failure.UNDELIVERABLE, 131026), lost(), lost(), None, *put_off])
    await ada.run()
    await ada.run(after=5)


async def test_without_any_there_is_a_sentence(ada: Sending) -> None:
    assert await overview(ada) == "Nothing has been sent yet."


async def test_the_overview_counts_and_lists_what_is_in_trouble(ada: Sending) -> None:
    await some(ada)

    shown = await overview(ada)

    ids = [row["id"] for row in ada.parts()]
    assert shown.splitlines() == [
        "1 waiting, 1 failed, 1 doubtful, 1 sent.",
        "",
        "Requests whose answer was lost: 2. Sent once more because of it: 1.",
        "",
        "Failed, newest first:",
        "  id                                attempts  doubts  age  code    why",
        f"  {ids[0]}  1         0       5 s  131026  WhatsApp can't deliver to this customer: they have left it, "
        "use an old version, or don't want messages from us",
        "",
        "In doubt, and not sent again, newest first:",
        "  id                                attempts  doubts  age  code  why",
        f"  {ids[1]}  2         2       5 s",
        "",
        "Put off, newest first:",
        "  id                                attempts  doubts  age  code    why",
        f"  {ids[3]}  1         0       0 s  131056  Too many messages went to this customer in a short time",
    ]
    assert SECRET not in shown
    assert ADA not in shown


async def test_the_same_goes_to_prometheus(ada: Sending) -> None:
    await some(ada)

    text = (await metrics.exposition(ada.middleware.store)).decode()

    figures = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "deliver" in sample.name
    }
    assert figures == {
        ("frontdesk_deliveries", "waiting"): 1,
        ("frontdesk_deliveries", "sending"): 0,
        ("frontdesk_deliveries", "held"): 0,
        ("frontdesk_deliveries", "failed"): 1,
        ("frontdesk_deliveries", "doubtful"): 1,
        ("frontdesk_deliveries_put_off", "131056"): 1,
        ("frontdesk_delivery_doubts",): 2,
        ("frontdesk_delivery_repeats",): 1,
    }


async def test_what_failed_is_sent_again(ada: Sending) -> None:
    await some(ada)
    first, doubtful, *_ = (row["id"] for row in ada.parts())
    await ada.run(after=5)

    with pytest.raises(NotFound, match="There is no failed delivery"):
        await retry(ada, doubtful)
    assert await retry(ada, first) == "Deliveries waiting again: 1."
    await ada.run()

    assert ada.client.texts[-1] == f"one {SECRET}"
    assert set(ada.messages().values()) == {"sent"}


async def test_all_of_it_is_also_what_had_no_form(ada: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(whatsapp_form, "parts", broken)
        await ada.say("one", "two")
        await ada.run()
    assert ada.messages() == {"one": "failed", "two": "failed"}

    assert await retry(ada, "all") == "Deliveries waiting again: 2."
    await ada.run()

    assert ada.client.texts == ["one", "two"]
    assert await retry(ada, "all") == "Deliveries waiting again: 0."


def test_the_command_says_what_it_lacks(ada: Sending) -> None:
    given = {**os.environ, **environment(ada.bench.url)}
    command = [sys.executable, "-m", "middleware.deliveries_command"]

    shown = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=True)
    refused = subprocess.run([*command, "--retry", "x"], cwd=ROOT, env=given, capture_output=True, text=True)

    assert shown.stdout == "Nothing has been sent yet.\n"
    assert (refused.returncode, "There is no failed delivery 'x'" in refused.stderr) == (1, True)
