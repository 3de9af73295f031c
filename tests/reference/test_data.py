"""The digits that ship, the full MNIST on disk, and the script that makes the subset."""

import gzip
import hashlib
import re
import runpy
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from reference import data

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "build_digits.py"), run_name="build_digits")


@pytest.mark.parametrize(("split", "count"), [("train", 8000), ("test", 2000)])
def test_digits_are_balanced_images_between_0_and_1(split, count):
    images, labels = data.digits(split)
    assert images.shape == (count, 1, 28, 28)
    assert images.dtype == torch.float32
    assert labels.shape == (count,)
    assert labels.dtype == torch.int64
    assert images.min() == 0
    assert images.max() == 1
    assert labels.bincount().tolist() == [count // 10] * 10
    # Not sorted by class: any 500 in a row hold every digit.
    assert all(len(part.unique()) == 10 for part in labels.split(500))


def test_train_and_test_share_no_image():
    train, test = (data.digits(split)[0].flatten(1) for split in ("train", "test"))
    assert {row.numpy().tobytes() for row in train}.isdisjoint(
        row.numpy().tobytes() for row in test
    )


def test_digits_file_is_small_and_its_notice_is_true():
    assert data.DIGITS_FILE.stat().st_size < 2_000_000
    assert hashlib.sha256(data.DIGITS_FILE.read_bytes()).hexdigest() == data.DIGITS_SHA256
    notice = data.DIGITS_FILE.with_name("NOTICE.md").read_text(encoding="utf-8")
    assert "CC BY-SA 3.0" in notice
    assert "Yann LeCun" in notice
    sources = data.FULL_MNIST_SHA256["train"] | data.FULL_MNIST_SHA256["test"]
    assert set(re.findall(r"[0-9a-f]{64}", notice)) == {data.DIGITS_SHA256, *sources.values()}


def test_an_altered_digits_file_is_refused(tmp_path, monkeypatch):
    altered = tmp_path / "digits.npz"
    content = bytearray(data.DIGITS_FILE.read_bytes())
    content[1000] ^= 1
    altered.write_bytes(content)
    monkeypatch.setattr(data, "DIGITS_FILE", altered)
    with pytest.raises(ValueError, match="damaged or altered: install cnntutor again"):
        data.digits("train")
    altered.unlink()
    with pytest.raises(FileNotFoundError, match="is missing"):
        data.digits("train")


def test_an_unknown_split_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not 'valid'"):
        data.digits("valid")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not 'valid'"):
        data.full_mnist("valid", tmp_path)  # type: ignore[arg-type]


def test_batches_keep_the_order_without_a_generator():
    images, labels = torch.arange(20.0).reshape(10, 2), torch.arange(10)
    cut = data.batches(images, labels, 4)
    assert [len(part) for part, _ in cut] == [4, 4, 2]
    assert torch.equal(torch.cat([part for part, _ in cut]), images)
    assert torch.equal(torch.cat([part for _, part in cut]), labels)


def test_batches_shuffle_images_and_labels_together():
    labels = torch.arange(50)
    images = labels.float()[:, None]
    first, second, third = (
        data.batches(images, labels, 8, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    order = torch.cat([part for _, part in first])
    assert torch.equal(order.sort().values, labels)
    assert not torch.equal(order, labels)
    assert all(torch.equal(part[:, 0].long(), answers) for part, answers in first)
    assert torch.equal(order, torch.cat([part for _, part in second]))
    assert not torch.equal(order, torch.cat([part for _, part in third]))


def test_batches_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="one label an image"):
        data.batches(torch.zeros(3, 2), torch.zeros(4), 2)
    with pytest.raises(ValueError, match="at least 1"):
        data.batches(torch.zeros(3, 2), torch.zeros(3), 0)


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


@pytest.fixture
def idx_files() -> dict[str, bytes]:
    rng = np.random.RandomState(3)
    files = {}
    for prefix, count in (("train", 300), ("t10k", 150)):
        labels = rng.permutation(np.arange(count, dtype=np.uint8) % 10)
        images = rng.randint(0, 256, (count, 28, 28)).astype(np.uint8)
        images[:, 0, 0] = labels  # so that a test sees which label belongs to an image
        files[f"{prefix}-images-idx3-ubyte"] = idx(images)
        files[f"{prefix}-labels-idx1-ubyte"] = idx(labels)
    return files


def write_sources(files: dict[str, bytes], folder: Path) -> list[Path]:
    plain, packed, archive = folder / "plain", folder / "packed", folder / "mnist.tgz"
    plain.mkdir()
    packed.mkdir()
    for name, content in files.items():
        (plain / name).write_bytes(content)
        (packed / f"{name}.gz").write_bytes(gzip.compress(content))
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(plain, "package/data")
    return [plain, packed, archive]


def test_script_writes_the_same_bytes_from_every_source(idx_files, tmp_path):
    outputs = []
    for number, source in enumerate(write_sources(idx_files, tmp_path)):
        out = tmp_path / str(number)
        SCRIPT["main"]([str(source), "--train", "200", "--test", "100", "--out", str(out)])
        outputs.append(((out / "digits.npz").read_bytes(), (out / "NOTICE.md").read_bytes()))
    assert outputs[0] == outputs[1] == outputs[2]

    with np.load(tmp_path / "0" / "digits.npz") as arrays:
        for split, count in (("train", 200), ("test", 100)):
            images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
            assert images.shape == (count, 28, 28)
            assert images.dtype == labels.dtype == np.uint8
            assert np.bincount(labels).tolist() == [count // 10] * 10
            assert (images[:, 0, 0] == labels).all()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-images-idx3-ubyte", None, "does not hold train-images-idx3-ubyte"),
        ("train-images-idx3-ubyte", b"not a picture", "is not an IDX file"),
        ("t10k-labels-idx1-ubyte", idx(np.zeros(150, np.uint8)), "images of 1 are asked for"),
        ("t10k-labels-idx1-ubyte", idx(np.zeros(150, np.uint8))[:-1], "holds 149 values"),
    ],
)
def test_script_refuses_a_damaged_source(idx_files, tmp_path, name, content, message):
    source = write_sources(idx_files, tmp_path)[0]
    (source / name).unlink()
    if content is not None:
        (source / name).write_bytes(content)
    with pytest.raises(SystemExit, match=message):
        SCRIPT["main"]([str(source), "--train", "200", "--test", "100", "--out", str(tmp_path)])
    assert not (tmp_path / "digits.npz").exists()


def test_full_mnist_is_read_verified_and_never_downloaded(idx_files, tmp_path, monkeypatch):
    raw = tmp_path / data.FULL_MNIST_FOLDER
    raw.mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte is missing"):
        data.full_mnist("train", tmp_path)

    for name, content in idx_files.items():
        (raw / name).write_bytes(content)
    with pytest.raises(ValueError, match="damaged or altered"):
        data.full_mnist("train", tmp_path)

    hashes = {
        split: {name: hashlib.sha256(idx_files[name]).hexdigest() for name in names}
        for split, names in data.FULL_MNIST_SHA256.items()
    }
    monkeypatch.setattr(data, "FULL_MNIST_SHA256", hashes)
    splits: list[tuple[data.Split, int]] = [("train", 300), ("test", 150)]
    for split, count in splits:
        images, labels = data.full_mnist(split, tmp_path)
        assert images.shape == (count, 1, 28, 28)
        assert images.dtype == torch.float32
        assert torch.equal((images[:, 0, 0, 0] * 255).round().long(), labels)
