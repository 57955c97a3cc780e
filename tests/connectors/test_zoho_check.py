"""What is said of a Zoho CRM before customers are let in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy.engine import Engine

from middleware import connectors
from middleware.crm.zoho.settings import ZohoRules
from middleware.database import metadata, open_engine
from middleware.settings import CrmBackEnd
from tests.data.backoffice import backoffice
from tests.fakes.building import EMPLOYEES, NOW
from tests.fakes.stand_ins import settings_for
from tests.fakes.zoho import Zoho


@pytest.fixture
def zoho() -> Iterator[Zoho]:
    """A Zoho CRM that has everything."""
    with Zoho() as one:
        one.lay(backoffice(NOW))
        for employee in EMPLOYEES:
            one.crm.new_user(employee.email, employee.name)
        yield one


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """The store's database."""
    opened = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    metadata.create_all(opened)
    yield opened
    opened.dispose()


def found(zoho: Zoho, engine: Engine, **rules: Any) -> tuple[list[str], list[str]]:
    """What is good, and what isn't."""
    settings = settings_for(zoho)
    crm: CrmBackEnd = msgspec.structs.replace(settings.crm, zoho=msgspec.structs.replace(settings.crm.zoho, **rules))
    findings = list(connectors.check_crm(msgspec.structs.replace(settings, crm=crm), engine))
    return [one.text for one in findings if one.is_good], [one.text for one in findings if not one.is_good]


def test_a_zoho_that_has_everything_is_good(zoho: Zoho, engine: Engine) -> None:
    good, missing = found(zoho, engine)

    assert missing == []
    assert good[0] == "Zoho lets the assistant in as integration@fernhill.example."
    assert {f"{module} has all fields." for module in ("Leads", "Contacts", "Deals", "Cases")} <= set(good)
    assert good[-1].endswith("API credits are left today.")


def test_nothing_is_changed_there(zoho: Zoho, engine: Engine) -> None:
    found(zoho, engine)

    assert {one.path for one in zoho.requests if one.method != "GET"} == {"/oauth/v2/token", "/crm/v8/coql"}


@pytest.mark.parametrize(
    ("module", "field", "setting"),
    [
        ("Leads", "Budget", "crm.zoho.budget_field"),
        ("Leads", "Frontdesk_Key", "crm.zoho.key_field"),
        ("Contacts", "Segment", "crm.zoho.segment_field"),
        ("Contacts", "Mobile", "crm.zoho.phone_fields"),
        ("Deals", "Frontdesk_Key", "crm.zoho.key_field"),
        ("Cases", "Related_To", "crm.zoho.case_contact_field"),
    ],
)
def test_a_field_that_is_missing_is_named(zoho: Zoho, engine: Engine, module: str, field: str, setting: str) -> None:
    del zoho.crm.fields[module][field]

    _, missing = found(zoho, engine)

    assert any(text.startswith(module) and field in text and setting in text for text in missing)


def test_a_key_that_may_be_there_twice_is_named(zoho: Zoho, engine: Engine) -> None:
    zoho.crm.fields["Cases"]["Frontdesk_Key"] = replace(zoho.crm.fields["Cases"]["Frontdesk_Key"], is_unique=False)

    _, missing = found(zoho, engine)

    assert missing == [
        "Cases: Frontdesk_Key takes the same value twice; edit it there and tick “Do not allow duplicate values”."
    ]


@pytest.mark.parametrize(("field", "changes"), [("Frontdesk_Key", {"length": 20}), ("Consent", {"kind": "text"})])
def test_a_field_of_another_kind_is_named(zoho: Zoho, engine: Engine, field: str, changes: dict[str, Any]) -> None:
    zoho.crm.fields["Leads"][field] = replace(zoho.crm.fields["Leads"][field], **changes)

    _, missing = found(zoho, engine)

    assert len(missing) == 1 and f"Leads: {field} must be" in missing[0]


def test_choices_that_are_missing_are_named(zoho: Zoho, engine: Engine) -> None:
    _, missing = found(
        zoho, engine, deal_stage="Begun", case_closed_statuses=("Done",), industries={"hospitality": "Hotels"}
    )

    assert [text.partition(";")[0] for text in missing] == [
        "Leads: Industry has no choice “Hotels”",
        "Deals: Stage has no choice “Begun”",
        "Cases: Status has no choice “Done”",
    ]


def test_people_who_arent_users_are_named(zoho: Zoho, engine: Engine) -> None:
    _, missing = found(zoho, engine, nobody=("queue@desk.example",))

    assert any("queue@desk.example" in text and "crm.zoho.nobody" in text for text in missing)


@pytest.mark.parametrize("is_there", [True, False])
def test_an_assignment_rule_is_looked_for(zoho: Zoho, engine: Engine, is_there: bool) -> None:
    if is_there:
        zoho.crm.assignment_rules["77"] = zoho.crm.me

    good, missing = found(zoho, engine, lead_assignment_rule="77")

    assert any("assignment rule" in text for text in (good if is_there else missing))


def test_few_credits_are_said(zoho: Zoho, engine: Engine) -> None:
    zoho.credits = 200

    _, missing = found(zoho, engine)

    assert len(missing) == 1 and missing[0].endswith("API credits are left today.")


def test_a_token_without_a_scope_is_said(zoho: Zoho, engine: Engine) -> None:
    zoho.scopes = False

    assert "was made without a scope" in found(zoho, engine)[1][0]


def test_a_refresh_token_that_is_good_no_more_is_said(zoho: Zoho, engine: Engine) -> None:
    zoho.is_revoked = True

    good, missing = found(zoho, engine)

    assert good == []
    assert len(missing) == 1 and "ZOHO_REFRESH_TOKEN is good no more" in missing[0]


def test_a_module_that_isnt_there_is_said(zoho: Zoho, engine: Engine) -> None:
    del zoho.crm.fields["Cases"]

    assert any(text.startswith("Cases: ") for text in found(zoho, engine)[1])


def test_every_name_of_a_field_in_the_settings_is_said_by_its_setting() -> None:
    rules = ZohoRules(segment_field="Class")

    assert "crm.zoho.segment_field" in rules.missing("Account_Name.Class", "")
    assert "one of Zoho's own" in rules.missing("Last_Name", "")
