"""Settings for all tests: no example has a time limit, as machines differ."""

import pytest
from hypothesis import settings

settings.register_profile("cnntutor", deadline=None)
settings.load_profile("cnntutor")


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "write the text snapshots of the screens anew"
    parser.addoption("--write-snapshots", action="store_true", help=told)
