"""What tests of the pytest plugin need: pytest's own fixture for plugins."""

pytest_plugins = ["pytester"]
