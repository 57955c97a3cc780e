"""What the servers' environment is when they are started together."""

from __future__ import annotations

import pytest

from scripts import serve


@pytest.mark.parametrize(
    ("public_url", "said", "shows"),
    [
        ("http://127.0.0.1:5005", None, "1"),
        ("http://localhost:5005", None, "1"),
        ("http://127.0.0.1:5005", "0", "0"),
        ("https://chat.fernhill.example", None, None),
        ("https://chat.fernhill.example", "1", "1"),
    ],
)
def test_the_demo_shop_is_shown_on_ones_own_machine_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, public_url: str, said: str | None, shows: str | None
) -> None:
    env = {"PUBLIC_URL": public_url} | ({"WEBCHAT_DEMO": said} if said else {})
    monkeypatch.setattr(serve, "environment", lambda: dict(env))

    assert serve.settings(5005, 5055, 5056, {}).get("WEBCHAT_DEMO") == shows
