"""What all tests share."""

pytest_plugins = ["tests.postgres", "tests.servers", "tests.model", "tests.fakes.fixtures"]
