"""All leads as CSV: everything that was given stands there as text, and no spreadsheet runs any of it."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from middleware.leads import Enquiry
from middleware.leads_command import TITLES, as_csv, harmless, read
from middleware.records import Budget, Consent, Employee, Headcount
from tests.fakes.back_office import FakeCrm
from tests.fakes.building import NOW, ROOT, Bench, environment

MakeBench = Callable[..., Bench]

LUC = Employee(email="luc.tremblay@fernhill.example", name="Luc Tremblay")
CONSENT = Consent(words="May I store that?", at=NOW)
FULL = Enquiry(
    first_name="Zoë",
    last_name="O’Brien-Łukasz",
    company='Lodge "Zur Post", Ltd',
    email="zoe+leads@example.com",
    phone="+14165550123",
    size=Headcount(low=50, high=None),
    budget=Budget(low=Decimal("20000"), high=Decimal("30000.50"), currency="EUR"),
    wish="tents,\nand jackets",
    country="CA",
    state="ON",
    postcode="M5V 2T6",
)


async def keep(desk: Bench, *enquiries: Enquiry) -> None:
    """Keeps leads, without a CRM that hears of them."""
    desk.middleware.leads._patience = 0
    for place, enquiry in enumerate(enquiries):
        await desk.middleware.leads.keep(await desk.who(), enquiry, CONSENT, f"key-{place}")


async def rows(desk: Bench) -> list[dict[str, str]]:
    """What a reader of CSV reads."""
    text = as_csv(await desk.middleware.store.read(read))
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_everything_of_a_lead_stands_there(bench: MakeBench) -> None:
    desk = bench(FakeCrm(employees=[LUC]))
    await keep(desk, FULL, Enquiry())
    await desk.middleware.jobs.run_due()

    [full, empty] = await rows(desk)

    assert full == {
        "reference": "L-3001",
        "kept at": "2026-03-11T17:30:00+00:00",
        "state": "delivered",
        "first name": "Zoë",
        "last name": "O’Brien-Łukasz",
        "company": 'Lodge "Zur Post", Ltd',
        "e-mail": "zoe+leads@example.com",
        "phone": "'+14165550123",
        "people from": "50",
        "people to": "",
        "budget from": "20000",
        "budget to": "30000.50",
        "currency": "EUR",
        "wish": "tents,\nand jackets",
        "industry": "hospitality",
        "country": "CA",
        "state or province": "ON",
        "postcode": "M5V 2T6",
        "team": "",
        "picked": LUC.email,
        "CRM's record": "lead",
        "CRM's id": "LD-1001",
        "owner": LUC.email,
        "agreed to": "May I store that?",
        "agreed at": "2026-03-11T17:30:00+00:00",
    }
    assert {name: value for name, value in empty.items() if value} == {
        "reference": "L-3002",
        "kept at": "2026-03-11T17:30:00+00:00",
        "state": "kept",
        "picked": "sales@fernhill.example",
        "agreed to": "May I store that?",
        "agreed at": "2026-03-11T17:30:00+00:00",
    }


async def test_without_leads_there_are_the_titles(bench: MakeBench) -> None:
    assert as_csv(await bench().middleware.store.read(read)) == ",".join(TITLES) + "\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "=cmd()",
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "  =1+1",
        "\u00a0=1+1",
        "＝1+1",
        '="a";"b"',
        "-",
    ],
)
async def test_what_a_spreadsheet_would_run_is_text_in_every_cell(bench: MakeBench, text: str) -> None:
    desk = bench()
    everything = replace(
        FULL,
        first_name=text,
        last_name=text,
        company=text,
        email=text,
        phone=text,
        wish=text,
        state=text,
        postcode=text,
    )
    await keep(desk, everything)

    [row] = await rows(desk)

    assert list(row.values()).count(f"'{text}") == 8
    assert not [value for value in row.values() if value.lstrip().startswith(("=", "+", "-", "@", "＝"))]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Zoë",
        "<script>alert(1)</script>",
        "山田 太郎",
        "Олена Петренко",
        "محمد",
        "O'Brien",
        "'quoted",
        "x" * 200,
        "1-2",
    ],
)
async def test_everything_else_stays_as_it_is(bench: MakeBench, text: str) -> None:
    desk = bench()
    await keep(desk, replace(FULL, last_name=text))

    [row] = await rows(desk)

    assert harmless(text) == row["last name"] == text


async def test_the_command_writes_utf_8_whatever_the_terminal_speaks(bench: MakeBench) -> None:
    desk = bench()
    await keep(desk, replace(FULL, last_name="山田", first_name="half \ud800 a letter"))

    done = subprocess.run(
        [sys.executable, "-m", "middleware.leads_command"],
        cwd=ROOT,
        env=os.environ | environment(desk.url) | {"LC_ALL": "C", "PYTHONUTF8": "0"},
        capture_output=True,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    [row] = csv.DictReader(io.StringIO(done.stdout.decode("utf-8"), newline=""))
    assert (row["last name"], row["first name"]) == ("山田", "half ? a letter")


def test_the_command_fails_clearly() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "middleware.leads_command"],
        cwd=ROOT,
        env=os.environ | environment("sqlite:///nowhere/at.db") | {"DATABASE_URL": "nonsense"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert "DATABASE_URL is not a database address" in done.stderr
