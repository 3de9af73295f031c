"""Settings for all tests: no example has a time limit, as machines differ.

On several cores a file's tests stay in one process, but for those marked ``apart``.
"""

import pytest
from hypothesis import settings

settings.register_profile("cnntutor", deadline=None)
settings.load_profile("cnntutor")


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "write the text snapshots of the screens anew"
    parser.addoption("--write-snapshots", action="store_true", help=told)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("apart") is None:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
