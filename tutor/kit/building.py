"""Builds a kit out of what lies on this machine: whole files only, checked as they are copied."""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from lessons import holdings
from lessons.holdings import Holding
from lessons.ladder import File, Rung
from tutor import __version__
from tutor.kit import manifest
from tutor.kit.manifest import Item, Manifest, Wheels
from tutor.writing import sync_folder

PIECE = 1 << 20
DATE = (1980, 1, 1, 0, 0, 0)  # a member's own; the kit's stands in the manifest


class Source(NamedTuple):
    """A file that goes into a kit: where it lies, and what it is there."""

    path: Path
    file: File


class Packed(NamedTuple):
    """A rung with its files, ready to go into a kit."""

    item: Item
    sources: tuple[Source, ...]


README = """\
A kit for cnntutor, a tutor for convolutional networks in the terminal.

What is in it, with sizes, licences and checksums, stands in kit.json.
{wheels}
Data goes where cnntutor finds it:

    cnntutor kit install {name}
"""
WHEELS = """
Without a network, with Python {python} on {platform}:

    python3 -m zipfile -e {name} kit
    python3 -m venv venv
    venv/bin/python -m pip install --no-index --find-links kit/wheels cnntutor
    . venv/bin/activate
"""


def as_it_lies(holding: Holding, ticking: Callable[[int], None] = lambda _: None) -> Packed:
    """A rung's files as they lie on this machine. ValueError for one that is not whole."""
    report = holdings.check(holding.rung, ticking)
    if report.state != "whole" or report.holding is None:
        raise ValueError(f"{holding.rung.id} is {report.state}: {report.problem}")
    holding = report.holding
    sources = []
    for file in holding.files:
        digest = file.digest
        if len(digest) != len("sha256:") + 64:
            digest = f"sha256:{holdings.digest(holding.path(file), 'sha256', ticking)}"
        sources.append(Source(holding.path(file), File(file.path, file.size, digest)))
    images = holding.receipt.images if holding.receipt else 0
    origin = holding.receipt.origin if holding.receipt else "a folder of torchvision's"
    return Packed(item_of(holding.rung, sources, images, origin), tuple(sources))


def as_packed_images(rung: Rung, path: Path, images: int, origin: str) -> Packed:
    """A rung as one file of packed images (``reference.packed``)."""
    digest = f"sha256:{holdings.digest(path, 'sha256')}"
    source = Source(path, File(rung.packed, path.stat().st_size, digest))
    return Packed(item_of(rung, [source], images, origin), (source,))


def item_of(rung: Rung, sources: Sequence[Source], images: int, origin: str) -> Item:
    return Item(
        rung=rung.id,
        title=rung.title,
        licence=rung.licence,
        source=rung.source,
        files=tuple(source.file for source in sources),
        images=images,
        origin=origin,
    )


def write(
    target: Path,
    rungs: Sequence[Packed],
    wheels: Sequence[Path] = (),
    python: str = "",
    platform: str = "",
    ticking: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Write a kit: under another name until it is whole, then under its own.

    Raises:
        ValueError: a file is no longer what it was when it was checked.
        OSError: the kit can't be written; nothing is left of it.
    """
    sources = {f"data/{s.file.path}": s for packed in rungs for s in packed.sources}
    gathered = []
    for path in sorted(wheels):
        digest = f"sha256:{holdings.digest(path, 'sha256', ticking)}"
        source = Source(path, File(f"wheels/{path.name}", path.stat().st_size, digest))
        sources[source.file.path] = source
        gathered.append(source.file)
    told = WHEELS.format(name=target.name, python=python, platform=platform) if gathered else ""
    readme = README.format(name=target.name, wheels=told).encode()
    made = Manifest(
        format=manifest.FORMAT,
        made_by=f"cnntutor {__version__}",
        made=datetime.now(UTC).strftime("%Y-%m-%d"),
        items=tuple(packed.item for packed in rungs),
        wheels=Wheels(python=python, platform=platform, files=tuple(gathered))
        if gathered
        else None,
        readme=File(manifest.README, len(readme), f"sha256:{hashlib.sha256(readme).hexdigest()}"),
    )
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                content = msgspec.json.format(msgspec.json.encode(made), indent=1)
                archive.writestr(_member(manifest.NAME), content)
                archive.writestr(_member(manifest.README), readme)
                for name, source in sources.items():
                    with archive.open(_member(name, source.file.size), "w") as member:
                        for piece in _pieces(source):
                            member.write(piece)
                            ticking(len(piece))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(target.parent)
    return made


def _member(name: str, size: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=DATE)
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    info.file_size = size  # so that a large one gets room for its size
    return info


def _pieces(source: Source) -> Iterator[bytes]:
    hashing, size = hashlib.sha256(), 0
    with source.path.open("rb") as file:
        while piece := file.read(PIECE):
            hashing.update(piece)
            size += len(piece)
            yield piece
    if size != source.file.size or f"sha256:{hashing.hexdigest()}" != source.file.digest:
        raise ValueError(f"{source.path} changed while the kit was built: build it again")
