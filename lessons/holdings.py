"""What of the data ladder lies on this machine, where, and whether it is whole. No torch.

Data folders, in the order in which they are searched: those that ``CNNTUTOR_DATA`` names, or else
the user's own and the machine's as the system lays them out; then torch's own cache of weights.
They may be read-only and shared. What is new goes into the first.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import platformdirs

from lessons.ladder import File, Rung

VARIABLE = "CNNTUTOR_DATA"

State = Literal["whole", "damaged", "in part", "absent"]

PIECE = 1 << 20  # bytes read at a time


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a fetch or a kit brought, written last, when every file was there and right.

    rung: its id. files: all of them, with their SHA-256. images: how many of each class and
    split, 0 for all. origin: where it came from, in words.
    """

    rung: str
    files: tuple[File, ...]
    images: int = 0
    origin: str = ""


class Holding(NamedTuple):
    """A rung as it lies in a folder. receipt: None where torchvision itself put it."""

    rung: Rung
    folder: Path
    files: tuple[File, ...]
    receipt: Receipt | None

    @property
    def packed(self) -> bool:
        """Whether it is a kit's packed images, and not the original files."""
        return self.files[0].path == self.rung.packed

    def path(self, file: File) -> Path:
        return self.folder / file.path


# --- where ------------------------------------------------------------------------------------


def data_folders(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """The folders that are searched, in order; none of them needs to exist."""
    named = [Path(p).expanduser() for p in environment.get(VARIABLE, "").split(os.pathsep) if p]
    if not named:
        named = [Path(platformdirs.user_data_dir("cnntutor", appauthor=False))]
        site = platformdirs.site_data_dir("cnntutor", appauthor=False, multipath=True)
        named += [Path(p) for p in site.split(os.pathsep)]
    return [*named, torch_hub(environment)]


def torch_hub(environment: Mapping[str, str] = os.environ) -> Path:
    """torch's own folder of weights, as ``torch.hub.get_dir`` has it."""
    cache = environment.get("XDG_CACHE_HOME") or "~/.cache"
    home = environment.get("TORCH_HOME") or os.path.join(cache, "torch")
    return Path(os.path.expanduser(home)) / "hub"


def own_folder() -> Path:
    """Where what is fetched or installed goes."""
    return data_folders()[0]


def folders_of(rung: Rung) -> list[Path]:
    """The folders that may hold a rung: what ships lies in the package, and nowhere else."""
    return [Path(str(resources.files("reference")))] if rung.ships else data_folders()


# --- what -------------------------------------------------------------------------------------


def find(rung: Rung) -> Holding | None:
    """The rung in the first folder that holds all its files in their full size, or None.

    This looks at sizes alone; ``check`` reads the files.
    """
    places = (h for folder in folders_of(rung) for h in _forms(rung, folder))
    return next((holding for holding in places if _full(holding)), None)


def _forms(rung: Rung, folder: Path) -> list[Holding]:
    """The forms in which a folder may hold the rung, the whole data set before a part of it."""
    receipt = read_receipt(rung, folder)
    original = [Holding(rung, folder, rung.files, None)]
    if receipt is None:
        return original
    received = Holding(rung, folder, receipt.files, receipt)
    return [*original, received] if received.packed else [received, *original]


def _full(holding: Holding) -> bool:
    return all(_size(holding.path(file)) == file.size for file in holding.files)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def read_receipt(rung: Rung, folder: Path) -> Receipt | None:
    """The receipt in that folder; None when there is none that can be used."""
    try:
        receipt = msgspec.json.decode((folder / rung.receipt).read_bytes(), type=Receipt)
    except (OSError, msgspec.DecodeError):
        return None
    allowed = {file.path for file in rung.files}
    paths = {file.path for file in receipt.files}
    if receipt.rung != rung.id or not (paths == allowed or paths == {rung.packed}):
        return None
    return receipt


class Report(NamedTuple):
    """What came of a look at a rung. problem: what is wrong, for a person; "" when nothing is."""

    rung: Rung
    state: State
    folder: Path | None = None
    problem: str = ""
    holding: Holding | None = None


def check(rung: Rung, ticking: Callable[[int], None] = lambda _: None) -> Report:
    """Read every file of a rung and tell whether it is whole.

    ticking: called with the number of bytes read, as they are read.
    """
    holding = find(rung)
    if holding is None:
        return _incomplete(rung)
    for file in holding.files:
        problem = _problem(holding.path(file), file, ticking)
        if problem:
            return Report(rung, "damaged", holding.folder, problem, holding)
    return Report(rung, "whole", holding.folder, "", holding)


def _incomplete(rung: Rung) -> Report:
    for folder in folders_of(rung):
        for holding in _forms(rung, folder):
            sizes = [_size(holding.path(file)) for file in holding.files]
            found = [size for size in sizes if size is not None]
            if not found:
                continue
            if len(found) < len(sizes):
                missing = holding.files[sizes.index(None)].path
                problem = f"{len(sizes) - len(found)} of {len(sizes)} files missing: {missing}"
                return Report(rung, "in part", folder, problem)
            pairs = zip(holding.files, sizes, strict=True)
            file, size = next(pair for pair in pairs if pair[1] != pair[0].size)
            problem = f"{holding.path(file)} has {size:,} bytes, expected {file.size:,}"
            return Report(rung, "damaged", folder, problem)
    return Report(rung, "absent")


def _problem(path: Path, file: File, ticking: Callable[[int], None]) -> str:
    """Why a file is not what it should be; "" when it is."""
    algorithm, _, wanted = file.digest.partition(":")
    if not wanted:
        return ""
    try:
        found = digest(path, algorithm, ticking)
    except OSError as error:
        return f"{path} can't be read: {error.strerror}"
    if not found.startswith(wanted):
        return f"{path} is damaged or altered ({algorithm} {found[:12]}, expected {wanted[:12]})"
    return ""


def digest(path: Path, algorithm: str, ticking: Callable[[int], None] = lambda _: None) -> str:
    """A file's checksum in hexadecimal digits."""
    hashing = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            hashing.update(piece)
            ticking(len(piece))
    return hashing.hexdigest()
