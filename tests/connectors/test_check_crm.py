"""`make check-crm`, with each CRM's stand-in: it says whether all is there, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from middleware import check_command, store
from middleware.settings import Settings
from tests.connectors.conftest import NOW
from tests.data.backoffice import backoffice
from tests.fakes.stand_in import StandIn
from tests.fakes.stand_ins import STAND_INS, settings_for

OWNERS = ("dana@fernhill.example", "omar@fernhill.example")


@pytest.fixture(params=list(STAND_INS))
def stand_in(request: pytest.FixtureRequest) -> Iterator[StandIn]:
    """Each CRM in turn, where both who may get leads are known."""
    data = backoffice(NOW)
    data.employees.extend({"email": email, "name": email, "is_active": True} for email in OWNERS)
    with STAND_INS[request.param]() as one:
        one.lay(data)
        yield one


@pytest.fixture
def known(stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that the command finds."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store.migrate(url)
    settings = settings_for(stand_in)
    leads = msgspec.structs.replace(settings.leads, fallback=OWNERS[0], teams={"all": OWNERS}, territories=())
    known = msgspec.structs.replace(settings, database_url=url, leads=leads)
    if known.crm.system == "salesforce":  # where fields of one's own end in __c
        identity = msgspec.structs.replace(known.identity, erp_number_field="ERP_Number__c")
        known = msgspec.structs.replace(known, identity=identity)
    monkeypatch.setattr(check_command.settings, "load", lambda: known)
    return known


def test_of_a_crm_that_has_everything_it_says_so(known: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = check_command.main("crm")

    said = capsys.readouterr().out
    assert (outcome, "missing" in said) == (0, False), said
    assert said.startswith(f"The CRM is {known.crm.system}.\n")
    assert said.endswith("It was asked for all 2 people who may get leads.\nAll is there.\n")


def test_of_somebody_who_may_get_leads_and_isnt_there_it_says_who_and_the_mend(
    known: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leads = msgspec.structs.replace(known.leads, fallback="nobody@fernhill.example")
    monkeypatch.setattr(check_command.settings, "load", lambda: msgspec.structs.replace(known, leads=leads))

    assert check_command.main("crm") == 1

    said = capsys.readouterr().out
    assert "missing  nobody@fernhill.example, who may get leads, isn't known there: make them a user there" in said


def test_of_a_crm_that_lets_nobody_in_it_says_what_to_look_at(
    known: Settings, stand_in: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.faults.always("locked")

    assert check_command.main("crm") == 1

    said = capsys.readouterr().out
    named = {"salesforce": "the rights of our app", "hubspot": "HUBSPOT_TOKEN", "zoho": "ZOHO_REFRESH_TOKEN"}
    assert named[known.crm.system] in said, said


def test_nothing_of_a_customer_is_said(known: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    check_command.main("crm")

    assert "example.com" not in capsys.readouterr().out
