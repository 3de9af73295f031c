"""Images as tensors: the digits that ship with the course, and larger sets that lie on the disk.

Digits are (N, 1, 28, 28), float32 from 0 (paper) to 1 (ink); labels are (N,), int64, 0 to 9.
Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits"; how the subset was
made stands in ``digits/NOTICE.md``.
"""

import hashlib
import io
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

DIGITS_FILE = Path(__file__).parent / "digits" / "digits.npz"
DIGITS_SHA256 = "5e589f861b69ae5d372702617e1638767cc7930a0ef758dba218ba12d038a23d"

# MNIST's four original files, unpacked, as torchvision keeps them below its root folder.
FULL_MNIST_FOLDER = Path("MNIST", "raw")
FULL_MNIST_SHA256 = {
    "train": {
        "train-images-idx3-ubyte": (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
        ),
        "train-labels-idx1-ubyte": (
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
        ),
    },
    "test": {
        "t10k-images-idx3-ubyte": (
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
        ),
        "t10k-labels-idx1-ubyte": (
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
        ),
    },
}

Split = Literal["train", "test"]


def digits(split: Split) -> tuple[Tensor, Tensor]:
    """Return the digits that ship with the course: 8,000 to train on, 2,000 to test on.

    Each digit is there equally often, and neighbours are in no order of class.

    Returns:
        images (N, 1, 28, 28) and labels (N,), new tensors at each call.

    Raises:
        ValueError: ``split`` is neither "train" nor "test", or the file is not the one that was
            shipped.
        FileNotFoundError: the file is gone.
    """
    check_split(split)
    content = read_verified(DIGITS_FILE, DIGITS_SHA256, "install cnntutor again")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return to_tensors(arrays[f"{split}_images"], arrays[f"{split}_labels"])


def full_mnist(split: Split, root: str | Path) -> tuple[Tensor, Tensor]:
    """Return all of MNIST, 60,000 or 10,000 images, from a folder that already holds it.

    Args:
        split: "train" or "test".
        root: the folder that torchvision was given; the files lie in ``root/MNIST/raw``.
            Nothing is downloaded.

    Returns:
        images (N, 1, 28, 28) and labels (N,).

    Raises:
        ValueError: ``split`` is neither "train" nor "test", or a file is not MNIST's original.
        FileNotFoundError: a file is missing.
    """
    check_split(split)
    for name, sha256 in FULL_MNIST_SHA256[split].items():
        path = Path(root) / FULL_MNIST_FOLDER / name
        read_verified(path, sha256, "put MNIST's original file there")

    from torchvision.datasets import MNIST  # here, because only this function needs torchvision

    mnist = MNIST(root, train=split == "train", download=False)
    return to_tensors(mnist.data.numpy(), mnist.targets.numpy())


def fashion_mnist(split: Split, root: str | Path) -> tuple[Tensor, Tensor]:
    """Return Fashion-MNIST, 60,000 or 10,000 images, from a folder that already holds it.

    It has MNIST's form and ten kinds of clothing in place of the digits. Source: Xiao, Rasul and
    Vollgraf, "Fashion-MNIST" (arXiv:1708.07747).

    Args:
        split: "train" or "test".
        root: the folder that torchvision was given. Nothing is downloaded.

    Returns:
        images (N, 1, 28, 28) and labels (N,).

    Raises:
        ValueError: ``split`` is neither "train" nor "test".
        RuntimeError: a file is missing.
    """
    check_split(split)

    from torchvision.datasets import FashionMNIST

    clothing = FashionMNIST(root, train=split == "train", download=False)
    return to_tensors(clothing.data.numpy(), clothing.targets.numpy())


def cifar10(split: Split, root: str | Path, each: int | None = None) -> tuple[Tensor, Tensor]:
    """Return CIFAR-10, 50,000 or 10,000 photographs, from a folder that already holds it.

    torchvision compares every file with its checksum before it reads it: the files are pickles,
    and a pickle of a stranger's making could run anything. Source: Krizhevsky, "Learning multiple
    layers of features from tiny images" (2009).

    Args:
        split: "train" or "test".
        root: the folder that torchvision was given. Nothing is downloaded.
        each: the first so many images of each class; None stands for all.

    Returns:
        images (N, 3, 32, 32), float32 from 0 to 1, and labels (N,).

    Raises:
        ValueError: ``split`` is neither "train" nor "test".
        RuntimeError: a file is missing, or is not CIFAR-10's original.
    """
    check_split(split)

    from torchvision.datasets import CIFAR10

    photographs = CIFAR10(root, train=split == "train", download=False)
    pixels, labels = photographs.data, np.array(photographs.targets)
    if each is not None:
        chosen = choose(labels, each)
        pixels, labels = pixels[chosen], labels[chosen]
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255, torch.from_numpy(labels)


def batches(
    images: Tensor, labels: Tensor, batch_size: int, generator: torch.Generator | None = None
) -> list[tuple[Tensor, Tensor]]:
    """Cut a data set into batches; the last one is smaller when the sizes don't divide.

    Args:
        images: (N, ...).
        labels: (N,).
        batch_size: images in a batch, at least 1.
        generator: shuffles the data set first, images and labels together. Without it the order
            stays.

    Returns:
        Pairs of images (batch, ...) and labels (batch,). Each image is in exactly one of them.

    Raises:
        ValueError: there are not as many labels as images, or ``batch_size`` is below 1.
    """
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images and {len(labels)} labels: one label an image")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, and has to be at least 1")
    if generator is not None:
        order = torch.randperm(len(images), generator=generator)
        images, labels = images[order], labels[order]
    return list(zip(images.split(batch_size), labels.split(batch_size), strict=True))


def choose(labels: np.ndarray, each: int) -> np.ndarray:
    """Return the indices of the first ``each`` images of each class, in their order."""
    kept = [np.flatnonzero(labels == label)[:each] for label in np.unique(labels)]
    return np.sort(np.concatenate(kept))


def to_tensors(images: np.ndarray, labels: np.ndarray) -> tuple[Tensor, Tensor]:
    """Bring bytes (N, 28, 28) and labels (N,) into the form that this module serves."""
    pixels = torch.from_numpy(images).unsqueeze(1).float() / 255  # (N, 1, 28, 28), 0 to 1
    return pixels, torch.from_numpy(labels).long()


def read_verified(path: Path, sha256: str, remedy: str) -> bytes:
    """Return a file's content once its SHA-256 is the expected one."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: {remedy}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(
            f"{path} is damaged or altered: {remedy} "
            f"(SHA-256 is {found[:12]}…, expected {sha256[:12]}…)"
        )
    return content


def check_split(split: str) -> None:
    """Raise ValueError for a split that doesn't exist."""
    if split not in ("train", "test"):
        raise ValueError(f'split is "train" or "test", not {split!r}')
