"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The same examples at each run, and none is too slow for a busy machine; `--hypothesis-profile=default` tries others.
settings.register_profile("frontdesk", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("frontdesk")

pytest_plugins = ["tests.postgres", "tests.redis_server", "tests.servers", "tests.model", "tests.fakes.fixtures"]
