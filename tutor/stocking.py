"""Puts files into a data folder: each under a name of its own until it is whole, then renamed.

A file that has its name is whole. The receipt is written last and says that all of them are.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from lessons.holdings import Receipt
from lessons.ladder import File, rung
from tutor.writing import sync_folder

HIDDEN = ".{name}.{key}.cnntutor-part"
LEFT_OVER = ".*.cnntutor-part"


class Altered(Exception):
    """A file's content is not what it was said to be."""


def store(folder: Path, file: File, content: Iterable[bytes]) -> None:
    """Write a file below the folder from its pieces, unless they turn out to be altered.

    Raises:
        Altered: size or SHA-256 differ; nothing is left of the file.
        OSError: it can't be written; likewise.
    """
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    hashing, size = hashlib.sha256(), 0
    with _new_part(target) as (descriptor, part):
        for piece in content:
            hashing.update(piece)
            size += len(piece)
            left = memoryview(piece)
            while left:
                left = left[os.write(descriptor, left) :]
        if size != file.size or f"sha256:{hashing.hexdigest()}" != file.digest:
            raise Altered(file.path)
        os.fsync(descriptor)
        os.replace(part, target)
    sync_folder(target.parent)


@contextmanager
def _new_part(target: Path) -> Iterator[tuple[int, Path]]:
    part = target.with_name(HIDDEN.format(name=target.name, key=secrets.token_hex(4)))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(part, flags, 0o644)
    try:
        yield descriptor, part
    finally:
        os.close(descriptor)
        part.unlink(missing_ok=True)  # it is gone already where it got its name


def write_receipt(folder: Path, receipt: Receipt) -> None:
    """Say that all the rung's files are there. Old parts of interrupted runs are cleared away."""
    content = msgspec.json.format(msgspec.json.encode(receipt), indent=1)
    path = rung(receipt.rung).receipt
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    store(folder, File(path, len(content), digest), [content])
    for file in receipt.files:
        for left in (folder / file.path).parent.glob(LEFT_OVER):
            left.unlink(missing_ok=True)
