"""Lab ``rungs``: sizes, images and accuracy of what is here; what is absent is told."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch

from lessons import holdings, ladder
from lessons.extra.rungs import LAB
from lessons.extra.rungs import lab as rungs
from lessons.extra.rungs.holding import RUNGS, here
from reference.packed import pack

RUN = "lessons.extra.rungs.lab"


@pytest.fixture
def nothing(tmp_path, monkeypatch):
    """A machine with what ships and nothing else."""
    monkeypatch.setenv("CNNTUTOR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


@pytest.fixture
def photographs(nothing, tmp_path):
    """Photographs of a kit's form, whose classes a model can tell by their colours."""
    draw = np.random.default_rng(0)
    arrays = {}
    for split, each in (("train", 12), ("test", 6)):
        labels = np.repeat(np.arange(10, dtype=np.uint8), each)
        colours = draw.integers(0, 200, (10, 1, 1, 3))
        images = colours[labels] + draw.integers(0, 50, (len(labels), 32, 32, 3))
        arrays |= {f"{split}_images": images.astype(np.uint8), f"{split}_labels": labels}
    cifar = ladder.rung("cifar10")
    folder = tmp_path / "data"
    content = pack(arrays)
    for path in (folder / cifar.packed, folder / cifar.receipt):
        path.parent.mkdir(parents=True, exist_ok=True)
    (folder / cifar.packed).write_bytes(content)
    file = ladder.File(cifar.packed, len(content))
    receipt = holdings.Receipt(rung=cifar.id, files=(file,), images=12)

    (folder / cifar.receipt).write_bytes(msgspec.json.encode(receipt))


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Fewer images and passes than the lab takes: what is tested is not how well they learn."""
    monkeypatch.setattr(rungs, "EACH", 30)
    monkeypatch.setattr(rungs, "EACH_TESTED", 10)
    monkeypatch.setattr(rungs, "PASSES", 2)


def test_the_ladder_tells_what_is_absent(bench, nothing):
    made = bench(LAB)
    found = made.answer(RUN)
    assert [row[-1] for row in made.drawn["sizes"]["rows"]] == [
        "here",
        "absent",
        "absent",
        "absent",
    ]
    assert "784 numbers" in found.sentence
    for name in ("cifar10", "imagenet"):
        for show in ("images", "accuracy"):
            absent = made.answer(RUN, rung=name, show=show)
            assert not absent.proves
            assert "cnntutor data fetch" in made.drawn["how"]["text"]


def test_an_image_of_imagenet_is_told_in_numbers(bench, nothing):
    found = bench(LAB, rung="imagenet").answer(RUN)
    assert "150,528 numbers, 192 times a digit's" in found.sentence
    assert "150,528,000 weights" in found.sentence


def test_images_and_accuracy_of_the_digits(bench, nothing):
    made = bench(LAB, show="images", image=3)
    made.answer(RUN)
    assert made.drawn["images"]["images"].shape == (2, 28, 28)
    found = made.answer(RUN, show="accuracy")
    assert found.proves
    assert found.figures["images"] == 300
    assert found.figures["linear"] > 30
    assert list(made.drawn["right"]["values"]) == ["Digits, linear", "Digits, small network"]
    assert made.steps[-1][1] > 10
    again = made.answer(RUN)
    assert again.figures == found.figures


def test_photographs_of_a_kit_are_looked_at_and_learned(bench, photographs):
    assert here("cifar10")
    made = bench(LAB, rung="cifar10", show="images", image=2)
    made.answer(RUN)
    grey, red = made.drawn["images"]["images"]
    assert grey.shape == (28, 28)
    assert not torch.equal(grey, red)
    found = made.answer(RUN, show="accuracy")
    assert found.proves
    assert found.sentence.startswith("CIFAR-10: after 2 passes over 120 images")
    assert list(made.drawn["right"]["values"]) == ["CIFAR-10, linear", "CIFAR-10, small network"]
    assert "CIFAR-10" not in made.drawn["missing"]["text"]


def test_facts_are_those_of_the_ladder():
    assert {name for name in RUNGS if name != "imagenet"} <= {one.id for one in ladder.RUNGS}
