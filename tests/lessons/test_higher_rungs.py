"""Evidence from the higher rungs: weights and photographs of the test's own making, laid where
ImageNet's and CIFAR-10's would lie."""

import hashlib
import pickle

import msgspec
import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10
from torchvision.models import resnet34

from lessons import holdings, ladder
from lessons.judging import lesson
from lessons.mistakes import reference_namespace
from lessons.reuse import real
from lessons.reuse.transfer import learning
from lessons.subject import Subject
from lessons.trial import Trial, failures, run_claim
from lessons.workbench import Workbench
from reference import data, imagenet
from reference.backbone import settle
from tutor.runner.packer import main as pack_part


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    place = tmp_path / "data"
    monkeypatch.setenv(holdings.VARIABLE, str(place))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return place


@pytest.fixture(scope="module")
def network():
    """A network of ResNet34's form with weights from a seed, whose blocks add nothing at first."""
    torch.manual_seed(0)
    made = resnet34()
    for name, parameter in made.named_parameters():
        if name.endswith("bn2.weight"):
            torch.nn.init.zeros_(parameter)
    return settle(made, torch.randn(8, 3, 32, 32))


@pytest.fixture(scope="module")
def saved(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "resnet34.pth"
    torch.save(network.state_dict(), path)
    return path


def in_place_of(monkeypatch, rung_id, files):
    """Let the ladder name these files for a rung."""
    rungs = tuple(
        msgspec.structs.replace(one, files=files) if one.id == rung_id else one
        for one in ladder.RUNGS
    )
    monkeypatch.setattr(ladder, "RUNGS", rungs)


@pytest.fixture
def weights(saved, folder, monkeypatch):
    path = folder / "checkpoints" / "resnet34.pth"
    path.parent.mkdir(parents=True)
    path.symlink_to(saved)
    digest = holdings.digest(saved, "sha256")[:8]
    file = ladder.File("checkpoints/resnet34.pth", saved.stat().st_size, f"sha256:{digest}")
    in_place_of(monkeypatch, "resnet34", (file,))
    return path


@pytest.fixture
def photographs(folder, monkeypatch):
    """CIFAR-10 as torchvision lays it: six small batches, whose classes differ in colour."""
    rng = np.random.RandomState(0)
    base = folder / CIFAR10.base_folder
    base.mkdir(parents=True)
    files, listed = [], {}
    for name in [name for name, _ in [*CIFAR10.train_list, *CIFAR10.test_list]]:
        labels = [int(one) for one in rng.permutation(np.arange(120) % 10)]
        pixels = rng.randint(0, 80, (120, 3, 1024))
        for image, label in zip(pixels, labels, strict=True):
            image[label % 3] += 17 * label
        content = {"data": pixels.reshape(120, 3072).astype(np.uint8), "labels": labels}
        (base / name).write_bytes(pickle.dumps(content))
    (base / CIFAR10.meta["filename"]).write_bytes(pickle.dumps({"label_names": list("abcdefghij")}))
    for path in sorted(base.iterdir()):
        content = path.read_bytes()
        listed[path.name] = hashlib.md5(content).hexdigest()
        relative = f"{CIFAR10.base_folder}/{path.name}"
        files.append(ladder.File(relative, len(content), f"md5:{listed[path.name]}"))
    for kind in ("train_list", "test_list"):
        monkeypatch.setattr(CIFAR10, kind, [[n, listed[n]] for n, _ in getattr(CIFAR10, kind)])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": listed["batches.meta"]})
    in_place_of(monkeypatch, "cifar10", tuple(files))
    return base


def on_trial(checkpoint, claim, namespace=None):
    """What a claim finds on the reference (or another namespace): failures, sentence, drawings."""
    answer = Workbench({**reference_namespace(checkpoint), **(namespace or {})}).answer
    drawn = []
    trial = Trial(
        Subject(answer, 0),
        claim,
        0,
        on_table=lambda *table: drawn.append(table),
        on_curves=drawn.append,
    )
    notes = run_claim(lesson(checkpoint).functions[claim], trial)
    return failures(notes, []), trial.shown, drawn


def test_without_weights_the_evidence_comes_from_what_ships():
    wrong, shown, ((title, _, rows, _),) = on_trial("resnet", "trained-weights")
    assert wrong == []
    assert "rung backbone" in shown
    assert "digits on canvases" in title
    assert rows[0][0] == "a 0"
    assert rows[0][1] == rows[0][2]
    assert learning.real_task() is None


def test_with_weights_resnet_is_compared_on_photographs(weights):
    wrong, shown, ((title, _, rows, _),) = on_trial("resnet", "trained-weights")
    assert wrong == []
    assert "rung resnet34" in shown
    assert "ImageNet's weights, photographs" in title
    assert [row[0] for row in rows if row[0]] == ["cat", "coffee", "rocket"]
    assert len(rows) == 15  # the five most probable of each


def test_a_network_that_sees_something_else_fails_there(weights):
    from reference.resnet import ResNet34

    class Mirrored(ResNet34):
        def forward(self, x):
            return super().forward(x.flip(3) * 0.5)

    wrong, _, _ = on_trial("resnet", "trained-weights", {"ResNet34": Mirrored})
    assert len(wrong) == 1
    assert "a probability differs by" in wrong[0].observed


def test_damaged_or_foreign_weights_are_not_used(weights, saved, tmp_path):
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 1
    weights.unlink()
    weights.write_bytes(content)
    assert real.imagenet_network() is None
    assert "rung backbone" in on_trial("resnet", "trained-weights")[1]
    with pytest.raises(ValueError, match="damaged or altered"):
        imagenet.imagenet_resnet34(weights, "b627a593")
    evil = tmp_path / "evil.pth"
    torch.save({"model": Evil()}, evil)
    with pytest.raises(ValueError, match="no file of tensors alone"):
        imagenet.imagenet_resnet34(evil, holdings.digest(evil, "sha256"))
    other = tmp_path / "other.pth"
    torch.save({"weight": torch.zeros(3)}, other)
    with pytest.raises(ValueError, match="holds no weights of a ResNet34"):
        imagenet.imagenet_resnet34(other, holdings.digest(other, "sha256"))
    assert not Evil.ran


class Evil:
    """A pickle that would run something."""

    ran = False

    def __reduce__(self):
        return (setattr, (Evil, "ran", True))


def test_cifar10_is_read_by_torchvision_after_its_integrity_check(photographs, folder):
    images, labels = data.cifar10("test", folder, each=3)
    assert images.shape == (30, 3, 32, 32)
    assert labels.bincount().tolist() == [3] * 10
    assert 0 <= images.min() < images.max() <= 1
    assert len(data.cifar10("train", folder)[1]) == 600
    assert real.cifar10("test", 2)[0].shape == (20, 3, 32, 32)
    path = photographs / "test_batch"
    content = path.read_bytes()
    path.write_bytes(content[:-10] + b"0123456789")
    with pytest.raises(RuntimeError, match="corrupted"):
        data.cifar10("test", folder)
    assert real.cifar10("test", 2) is None


def test_a_part_of_cifar10_is_packed_and_read_alike(photographs, folder, tmp_path):
    out = tmp_path / "part.npz"
    pack_part("cifar10", str(folder), "original", "4", str(out))
    from reference.packed import packed

    for split in ("train", "test"):
        images, labels = packed(split, out)
        expected, answers = data.cifar10(split, folder, each=4)
        assert torch.equal(labels, answers)
        torch.testing.assert_close(images, expected)


@pytest.mark.long
def test_with_weights_and_photographs_transfer_trains_on_them(weights, photographs, monkeypatch):
    monkeypatch.setattr(learning, "REAL_SIDE", 32)
    wrong, shown, (plot,) = on_trial("transfer", "learns")
    assert wrong == []
    assert "rungs resnet34 and cifar10" in shown
    assert plot.title.startswith("CIFAR-10")
    assert list(plot.series) == ["frozen pretrained", "frozen random", "chance"]
    pretrained, random, chance = plot.series.values()
    assert [step for step, _ in pretrained] == [step for step, _ in random] == [*range(0, 33, 4)]
    assert chance == [(0.0, 0.1), (32.0, 0.1)]
    low, high = plot.y_range
    assert all(low <= share <= high for line in plot.series.values() for _, share in line)
