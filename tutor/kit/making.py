"""Makes a kit from what lies here: chooses the rungs, packs parts of them, gathers wheels."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from lessons import holdings
from lessons.holdings import Holding
from lessons.ladder import RUNGS, Rung
from tutor.kit import wheels
from tutor.kit.building import Packed, as_it_lies, as_packed_images, write
from tutor.kit.manifest import Manifest
from tutor.runner.client import worker_environment

Say = Callable[[str], None]


class NotMade(Exception):
    """Why a kit can't be made, for a person."""


def present() -> list[Rung]:
    """The rungs that lie here and do not ship anyway."""
    return [one for one in RUNGS if not one.ships and holdings.find(one) is not None]


def make(
    target: Path,
    rungs: Sequence[Rung],
    *,
    images: int = 0,
    with_wheels: bool = False,
    python: str = "",
    platforms: Sequence[str] = (),
    say: Say = lambda _: None,
) -> Manifest:
    """Make a kit. images: so many of each class and split instead of all; 0 for all.

    Raises:
        NotMade: a rung is not here or not whole, it can't be packed, or pip failed.
        OSError: the kit can't be written.
    """
    if target.is_dir():
        raise NotMade(f"{target} is a folder: name the file that the kit is to be.")
    held = [(one, _held(one)) for one in rungs]
    with tempfile.TemporaryDirectory(prefix="cnntutor-kit-") as scratch:
        packed = []
        for one, holding in held:
            say(f"{one.id}: checking" + (f" and taking {images} images a class" if images else ""))
            packed.append(_ready(one, holding, images, Path(scratch)))
        gathered: list[Path] = []
        if with_wheels:
            say("wheels: asking pip for cnntutor and all that it needs")
            folder = Path(scratch) / "wheels"
            folder.mkdir()
            try:
                gathered = wheels.gather(folder, python, platforms)
            except wheels.WheelsFailed as error:
                raise NotMade(f"pip can't gather the wheels: {error}") from error
        version, platform = wheels.here()
        say(f"writing {target}")
        try:
            return write(
                target, packed, gathered, python or version, ", ".join(platforms) or platform
            )
        except ValueError as error:
            raise NotMade(f"{error}.") from error


def _held(one: Rung) -> Holding:
    if one.ships:
        raise NotMade(f"{one.id} ships with the course, so no kit needs to carry it.")
    holding = holdings.find(one)
    if holding is None:
        report = holdings.check(one)
        why = f": {report.problem}" if report.problem else ""
        raise NotMade(f"{one.id} is {report.state}{why}. Get it: cnntutor data fetch {one.id}")
    return holding


def _ready(one: Rung, holding: Holding, images: int, scratch: Path) -> Packed:
    """The rung for the kit: as it lies, or a part of it in one packed file."""
    try:
        if not images or not one.packable:
            return as_it_lies(holding)
        report = holdings.check(one)
        if report.state != "whole":
            raise ValueError(f"{one.id} is {report.state}: {report.problem}")
    except ValueError as error:
        raise NotMade(f"{error}.") from error
    out = scratch / f"{one.id}.npz"
    form = "packed" if holding.packed else "original"
    command = [sys.executable, "-P", "-m", "tutor.runner.packer"]
    process = subprocess.run(
        [*command, one.id, str(holding.folder), form, str(images), str(out)],
        capture_output=True,
        text=True,
        errors="replace",
        env=worker_environment(),
        check=False,
    )
    if process.returncode or not out.is_file():
        said = (process.stderr.strip() or "no reason given").splitlines()[-1]
        raise NotMade(f"{one.id} can't be packed: {said}")
    origin = holding.receipt.origin if holding.receipt else "a folder of torchvision's"
    return as_packed_images(one, out, images, origin)
