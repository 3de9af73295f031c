"""A data folder and a small kit for each test, and the command line."""

import numpy as np
import pytest

from lessons import holdings
from lessons.ladder import rung
from reference.packed import pack
from tests.desk.conftest import call  # noqa: F401 (a fixture)
from tutor.kit.building import as_packed_images, write


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where data goes; nobody's own folders take part."""
    place = tmp_path / "data"
    monkeypatch.setenv(holdings.VARIABLE, str(place))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return place


def small_arrays(side, colours=(), each=3):
    """Four arrays of a packed data set: ten classes, ``each`` images of them in both splits."""
    rng = np.random.RandomState(side)
    arrays = {}
    for split in ("train", "test"):
        labels = np.arange(10 * each, dtype=np.uint8) % 10
        images = rng.randint(0, 256, (len(labels), side, side, *colours)).astype(np.uint8)
        arrays |= {f"{split}_images": images, f"{split}_labels": labels}
    return arrays


@pytest.fixture
def kit(tmp_path):
    """A kit with a part of two data sets."""
    packed = []
    for name, arrays in (
        ("fashion-mnist", small_arrays(28)),
        ("cifar10", small_arrays(32, (3,))),
    ):
        path = tmp_path / f"{name}.npz"
        path.write_bytes(pack(arrays))
        packed.append(as_packed_images(rung(name), path, 3, "a test"))
    target = tmp_path / "room.kit"
    write(target, packed)
    return target
