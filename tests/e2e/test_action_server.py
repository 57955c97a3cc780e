"""The action server from outside: nobody gets in without the token, and it listens on loopback."""

from __future__ import annotations

import socket

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.data.shop import PEOPLE
from tests.servers import TIMEOUT_SECONDS, Frontdesk

NORA = PEOPLE["nora"][4]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "wrong"}])
def test_an_action_cannot_be_called_without_the_token(frontdesk: Frontdesk, header: dict[str, str]) -> None:
    body = {"next_action": "action_greet", "sender_id": "x", "tracker": {}, "domain": {}}

    answer = requests.post(
        f"{frontdesk.servers.action_url}/webhook", json=body, headers=header, timeout=TIMEOUT_SECONDS
    )

    assert answer.status_code == 401


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}])
def test_its_figures_cannot_be_read_without_the_token(frontdesk: Frontdesk, header: dict[str, str]) -> None:
    answer = requests.get(f"{frontdesk.servers.action_url}/metrics", headers=header, timeout=TIMEOUT_SECONDS)

    assert answer.status_code == 401
    assert "frontdesk" not in answer.text


def test_a_conversation_shows_in_its_figures(frontdesk: Frontdesk) -> None:
    before = _figure(frontdesk, "frontdesk_operations_total", operation="order_status", outcome="ok")

    frontdesk.say(frontdesk.token(phone=NORA), "where is my order?")

    after = _figure(frontdesk, "frontdesk_operations_total", operation="order_status", outcome="ok")
    assert after == before + 1


def _figure(frontdesk: Frontdesk, name: str, **labels: str) -> float:
    """What Prometheus reads under a name and some labels, all series together."""
    headers = {"Authorization": f"Bearer {frontdesk.settings.action_token}"}
    answer = requests.get(f"{frontdesk.servers.action_url}/metrics", headers=headers, timeout=TIMEOUT_SECONDS)
    assert answer.status_code == 200
    samples = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
    return sum(one.value for one in samples if one.name == name and labels.items() <= one.labels.items())


def test_its_health_is_open(frontdesk: Frontdesk) -> None:
    assert requests.get(f"{frontdesk.servers.action_url}/health", timeout=TIMEOUT_SECONDS).json() == {"status": "ok"}


def test_a_fault_echoes_nothing_of_the_request(frontdesk: Frontdesk) -> None:
    token = frontdesk.settings.action_token
    answer = requests.post(
        f"{frontdesk.servers.action_url}/webhook",
        data=b'{"tracker": "SECRET-OF-A-CUSTOMER"',
        headers={"Authorization": f"Bearer {token}"},
        timeout=TIMEOUT_SECONDS,
    )

    assert answer.status_code >= 400
    assert "SECRET" not in answer.text


@pytest.mark.parametrize("server", ["url", "action_url"])
def test_it_listens_on_loopback_alone(frontdesk: Frontdesk, server: str) -> None:
    port = int(getattr(frontdesk.servers, server).rsplit(":", 1)[1])
    own = socket.gethostbyname(socket.gethostname())
    if own.startswith("127."):
        own = "127.0.0.2"  # another loopback address: reached only by a server bound to all addresses

    with pytest.raises(OSError):
        socket.create_connection((own, port), timeout=2).close()
