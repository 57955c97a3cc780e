"""What all tests share."""

pytest_plugins = ["tests.postgres", "tests.redis_server", "tests.servers", "tests.model", "tests.fakes.fixtures"]
