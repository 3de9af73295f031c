"""The rungs of the ladder, and what is found of them on the disk."""

import hashlib
import shutil

import msgspec
import pytest

from lessons import holdings
from lessons.holdings import Receipt
from lessons.ladder import RUNGS, File, rung
from reference import backbone, data


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A data folder of the test's own, and nobody's torch cache."""
    place = tmp_path / "data"
    monkeypatch.setenv(holdings.VARIABLE, str(place))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return place


def test_the_ladder_says_what_torchvision_says():
    from torchvision.datasets import CIFAR10, MNIST, FashionMNIST
    from torchvision.models import ResNet34_Weights

    listed = [*CIFAR10.train_list, *CIFAR10.test_list]
    listed.append([CIFAR10.meta["filename"], CIFAR10.meta["md5"]])
    cifar = [(f"{CIFAR10.base_folder}/{name}", f"md5:{md5}") for name, md5 in listed]
    assert [(file.path, file.digest) for file in rung("cifar10").files] == cifar
    for rung_id, kind in (("mnist", MNIST), ("fashion-mnist", FashionMNIST)):
        names = [f"{kind.__name__}/raw/{name.removesuffix('.gz')}" for name, _ in kind.resources]
        assert [file.path for file in rung(rung_id).files] == names
    weights = ResNet34_Weights.IMAGENET1K_V1
    (file,) = rung("resnet34").files
    assert weights.url.endswith(file.path.rpartition("/")[2])
    assert f"-{file.digest.removeprefix('sha256:')}.pth" in weights.url
    assert file.size / 2**20 == pytest.approx(weights.meta["_file_size"], abs=0.01)


def test_the_ladder_knows_the_files_that_the_reference_reads():
    expected = {f"MNIST/raw/{n}": h for s in data.FULL_MNIST_SHA256.values() for n, h in s.items()}
    found = {f.path: f.digest.removeprefix("sha256:") for f in rung("mnist").files}
    assert found == expected
    assert rung("digits").files[0].digest == f"sha256:{data.DIGITS_SHA256}"
    assert rung("backbone").files[0].digest == f"sha256:{backbone.BACKBONE_SHA256}"


def test_what_ships_is_whole_and_the_rest_is_absent():
    states = {one.id: holdings.check(one).state for one in RUNGS}
    shipped = {one.id for one in RUNGS if one.ships}
    assert shipped == {"digits", "backbone", "photographs"}
    assert {i for i, state in states.items() if state == "whole"} == shipped
    assert {s for i, s in states.items() if i not in shipped} == {"absent"}


@pytest.fixture
def small(monkeypatch):
    """A rung whose files are small enough for a test."""
    contents = {"small/one": b"first", "small/two": b"second file"}
    files = tuple(
        File(path, len(content), f"md5:{hashlib.md5(content).hexdigest()}")
        for path, content in contents.items()
    )
    one = msgspec.structs.replace(rung("cifar10"), files=files)

    def lay(folder):
        for path, content in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)

    return one, lay


def test_files_that_torchvision_left_are_used_as_they_are(small, folder):
    one, lay = small
    lay(folder)
    report = holdings.check(one)
    assert (report.state, report.folder) == ("whole", folder)
    assert not report.holding.packed


def test_the_first_folder_that_holds_it_wins(small, folder, tmp_path, monkeypatch):
    one, lay = small
    lay(tmp_path / "shared")
    monkeypatch.setenv(holdings.VARIABLE, f"{folder}:{tmp_path / 'shared'}")
    assert holdings.check(one).folder == tmp_path / "shared"
    assert holdings.own_folder() == folder
    lay(folder)
    assert holdings.check(one).folder == folder


def test_damage_is_told_with_the_file(small, folder):
    one, lay = small
    lay(folder)
    (folder / "small/two").write_bytes(b"sekond file")
    report = holdings.check(one)
    assert report.state == "damaged"
    assert "small/two is damaged or altered" in report.problem
    (folder / "small/two").write_bytes(b"half")
    assert holdings.check(one).state == "damaged"
    assert holdings.find(one) is None
    (folder / "small/two").unlink()
    report = holdings.check(one)
    assert (report.state, report.problem) == ("in part", "1 of 2 files missing: small/two")
    shutil.rmtree(folder)
    assert holdings.check(one).state == "absent"


def test_torchs_own_cache_of_weights_is_looked_into(tmp_path, folder, monkeypatch):
    content = b"weights"
    file = File("checkpoints/w.pth", 7, f"sha256:{hashlib.sha256(content).hexdigest()[:8]}")
    one = msgspec.structs.replace(rung("resnet34"), files=(file,))
    path = tmp_path / "torch" / "hub" / "checkpoints" / "w.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert holdings.check(one).state == "whole"
    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert str(holdings.torch_hub()) == "/cache/torch/hub"


def test_without_the_variable_folders_follow_the_system(monkeypatch, tmp_path):
    monkeypatch.delenv(holdings.VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_DATA_DIRS", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    folders = holdings.data_folders()
    assert folders[:3] == [tmp_path / p / "cnntutor" for p in ("own", "a", "b")]


@pytest.mark.parametrize(
    "receipt",
    [
        b"not json",
        b'{"rung": "mnist", "files": []}',
        msgspec.json.encode(Receipt(rung="cifar10", files=(File("../../etc/passwd", 1, ""),))),
    ],
)
def test_a_receipt_that_makes_no_sense_counts_for_nothing(folder, receipt):
    (folder / "receipts").mkdir(parents=True)
    (folder / "receipts" / "cifar10.json").write_bytes(receipt)
    assert holdings.read_receipt(rung("cifar10"), folder) is None
    assert holdings.check(rung("cifar10")).state == "absent"


def test_an_unknown_rung_names_those_there_are():
    with pytest.raises(KeyError, match="there are: digits, backbone"):
        rung("imagenet")
