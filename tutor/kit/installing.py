"""Installs a kit's data into a data folder: all is verified first, then each file is put in place.

An installation that was interrupted is run again: what is whole stays, the rest is written.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from lessons import holdings
from lessons.holdings import Receipt
from lessons.ladder import File, rung
from tutor.kit.manifest import Item
from tutor.kit.opening import Kit, KitRefused, Ticking
from tutor.stocking import Altered, store, write_receipt

SPARE = 10_000_000  # bytes to be left free


def chosen(kit: Kit, names: Collection[str]) -> list[Item]:
    """The items asked for, or all. KitRefused for one that the kit does not hold."""
    items = {item.rung: item for item in kit.manifest.items}
    for name in names:
        if name not in items:
            held = ", ".join(items) or "no data"
            raise KitRefused("absent", f"{kit.path} holds {held}, and no {name}.")
    return [item for item in kit.manifest.items if not names or item.rung in names]


def missing(items: list[Item], folder: Path) -> list[tuple[Item, File]]:
    """The files that the folder does not hold as the kit does."""
    return [(item, file) for item in items for file in item.files if not _there(folder, file)]


def _there(folder: Path, file: File) -> bool:
    path = folder / file.path
    try:
        if not path.is_file() or path.stat().st_size != file.size:
            return False
        return f"sha256:{holdings.digest(path, 'sha256')}" == file.digest
    except OSError:
        return False


def install(
    kit: Kit, folder: Path, names: Collection[str] = (), ticking: Ticking = lambda _: None
) -> int:
    """Verify the whole kit, then bring its data, or the rungs named, into the folder.

    Returns:
        How many files were written; those that lay there whole were not.

    Raises:
        KitRefused: the kit is not one to trust, or does not fit on the disk. Nothing is written.
        OSError: the folder can't be written; files that have their names are whole all the same.
    """
    items = chosen(kit, names)
    kit.verify(ticking)
    todo = missing(items, folder)
    needed = sum(file.size for _, file in todo) + SPARE
    free = shutil.disk_usage(_existing(folder)).free
    if todo and free < needed:
        raise KitRefused(
            "disk-full",
            f"{folder} has {free / 1e6:,.0f} MB free, and this takes {needed / 1e6:,.0f} MB.",
        )
    for _, file in todo:
        try:
            store(folder, file, kit.pieces(f"data/{file.path}"))
        except Altered as error:
            raise KitRefused(
                "altered", f"{kit.path} changed while it was read: {error} differs. Copy it again."
            ) from error
    for item in items:
        receipt = Receipt(
            rung=item.rung, files=item.files, images=item.images, origin=f"a kit: {item.origin}"
        )
        if holdings.read_receipt(rung(item.rung), folder) != receipt:
            write_receipt(folder, receipt)
    return len(todo)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(place for place in [folder, *folder.parents] if place.exists())
