"""The servers tell whoever watches over them when their store is gone."""

from __future__ import annotations

from pathlib import Path

import requests
from sqlalchemy.engine.url import make_url

from tests.servers import TIMEOUT_SECONDS, Frontdesk

NO_STORE = {"status": "unavailable", "store": "no answer"}


def test_without_its_store_neither_server_is_well_and_with_it_both_are_again(frontdesk: Frontdesk) -> None:
    watched = (f"{frontdesk.servers.action_url}/health", f"{frontdesk.servers.url}/webhooks/rest/")
    assert [requests.get(url, timeout=TIMEOUT_SECONDS).json() for url in watched] == [{"status": "ok"}] * 2

    # given a database that was moved away
    database = Path(str(make_url(frontdesk.settings.database_url).database))
    away = database.with_suffix(".away")
    database.rename(away)
    try:
        # when they are asked
        answers = [requests.get(url, timeout=TIMEOUT_SECONDS) for url in watched]
    finally:
        away.replace(database)

    # then they say so, and recover by themselves
    assert [(one.status_code, one.json()) for one in answers] == [(503, NO_STORE)] * 2
    assert [requests.get(url, timeout=TIMEOUT_SECONDS).status_code for url in watched] == [200] * 2
