"""Images and labels in one ``.npz`` file: the form in which a kit carries a data set, or a part.

Four arrays of bytes: ``train_images``, ``train_labels``, ``test_images``, ``test_labels``; grey
images are (N, height, width), colour ones (N, height, width, 3). No pickle can be in it.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reference.data import Split, check_split, choose

NAMES = ("train_images", "train_labels", "test_images", "test_labels")


def pack(arrays: dict[str, np.ndarray], *, squeeze: bool = False) -> bytes:
    """Return the arrays as an ``.npz`` file whose bytes depend on nothing but the arrays.

    squeeze: compress them, as it pays for digits and not for photographs.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            npy = io.BytesIO()
            np.lib.format.write_array(npy, array, version=(1, 0), allow_pickle=False)
            # Without a date of its own an entry would carry the time of the run.
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED if squeeze else zipfile.ZIP_STORED
            entry.create_system = 3  # the same on every system
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, npy.getvalue(), compresslevel=9)
    return file.getvalue()


def packed(split: Split, path: str | Path, each: int | None = None) -> tuple[Tensor, Tensor]:
    """Return the images and labels of a packed file.

    Args:
        split: "train" or "test".
        path: the file.
        each: the first so many images of each class; None stands for all.

    Returns:
        images (N, channels, height, width), float32 from 0 to 1, and labels (N,), int64.

    Raises:
        ValueError: ``split`` is neither "train" nor "test", or the file holds something else.
        FileNotFoundError: the file is missing.
    """
    check_split(split)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise ValueError(f"{path} holds no packed images: install its kit again") from error
    fits = images.ndim == 3 or (images.ndim == 4 and images.shape[-1] == 3)
    if not (fits and images.dtype == labels.dtype == np.uint8 and labels.shape == images.shape[:1]):
        raise ValueError(f"{path} holds no packed images: install its kit again")
    if each is not None:
        chosen = choose(labels, each)
        images, labels = images[chosen], labels[chosen]
    pixels = torch.from_numpy(images)
    pixels = pixels.unsqueeze(1) if images.ndim == 3 else pixels.permute(0, 3, 1, 2)
    return pixels.float() / 255, torch.from_numpy(labels).long()
