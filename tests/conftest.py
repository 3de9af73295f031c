"""Settings for all tests: no example has a time limit, as machines differ, and each run tries the
same ones. ``--hypothesis-profile search`` looks for others, many.

On several cores a file's tests stay in one process, but for those marked ``apart``, or for an
``xdist_group`` of several files.
"""

import os
import random
import secrets
import signal

import pytest
from hypothesis import settings

settings.register_profile("cnntutor", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("cnntutor")


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "write the text snapshots of the screens anew"
    parser.addoption("--write-snapshots", action="store_true", help=told)
    told = "under how many seeds right answers are judged where that takes long (default: 4)"
    parser.addoption("--seeds", type=int, default=4, metavar="N", help=told)


def pytest_configure() -> None:
    """A run in the background may ignore Ctrl+c; what tests start would then ignore it too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """For ``-n auto``: one more than there are cores, as many tests wait for a process."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def seeds(request: pytest.FixtureRequest) -> range:
    """Seeds for what takes long; ``--seeds 20`` before a release."""
    return range(request.config.getoption("--seeds"))


@pytest.fixture(autouse=True)
def same_dice(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tutor draws by chance (questions, hunts) is the same in each run of a test."""
    monkeypatch.setattr(secrets, "randbelow", random.Random(request.node.nodeid).randrange)


@pytest.hookimpl(tryfirst=True)  # before xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    apart = [item for item in items if item.get_closest_marker("apart")]
    for item in items:
        if not any(item.get_closest_marker(name) for name in ("apart", "xdist_group")):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
    # xdist begins with the largest groups. Of what comes after them, real terminals take longest.
    items[:] = [item for item in items if item not in apart] + apart[::-1]
