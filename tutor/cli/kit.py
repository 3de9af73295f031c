"""``kit``: one file that carries data, weights and wheels into a room without internet."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lessons import holdings
from tutor.cli.data import find_rung, size
from tutor.cli.frame import CouldNotRun, command, emit
from tutor.cli.text import say, wrapped
from tutor.kit.manifest import Item, Manifest

FILE = click.Path(path_type=Path)


@click.group("kit")
def kit_command() -> None:
    """One file that carries data, weights and wheels into a room without internet."""


def refusing(function: Callable[..., int]) -> Callable[..., int]:
    """A kit that won't be used, or a disk that can't be written, is one line and status 3."""
    import functools

    @functools.wraps(function)
    def guarded(**options: Any) -> int:
        from tutor.kit.making import NotMade
        from tutor.kit.opening import KitRefused
        from tutor.writing import why_not_written

        try:
            return function(**options)
        except KitRefused as error:
            kind, message = error.kind, str(error)
        except NotMade as error:
            kind, message = "not-made", str(error)
        except BrokenPipeError:
            raise
        except OSError as error:
            kind, why = why_not_written(error)
            message = f"{error.filename}: {why}" if error.filename else why
        if options["as_json"]:
            emit({"error": {"kind": kind, "message": message}})
        raise CouldNotRun(message)

    return guarded


@command("build", workspace=False)
@click.argument("out", type=FILE, metavar="OUT.kit")
@click.option(
    "--with", "names", multiple=True, metavar="NAME", help="A rung; repeatable (default: all here)."
)
@click.option(
    "--images",
    type=click.IntRange(min=1),
    metavar="N",
    help="Of data sets, take N images of each class and split.",
)
@click.option("--wheels", is_flag=True, help="Add the wheels of cnntutor and all it needs (pip).")
@click.option("--python", metavar="3.12", default="", help="The room's Python, for the wheels.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    metavar="NAME",
    help="The room's platform as pip names it (manylinux_2_28_x86_64); repeatable.",
)
@refusing
def build(
    out: Path,
    names: tuple[str, ...],
    images: int | None,
    wheels: bool,
    python: str,
    platforms: tuple[str, ...],
    as_json: bool,
) -> int:
    """Make a kit out of what lies on this machine (see `cnntutor data`)."""
    from tutor.kit import making

    rungs = [find_rung(name) for name in dict.fromkeys(names)] or making.present()
    if not rungs and not wheels:
        raise CouldNotRun(
            "nothing lies here that a kit could carry. Get something: cnntutor data fetch NAME"
        )
    if (python or platforms) and not wheels:
        raise click.UsageError("--python and --platform are for --wheels")
    made = making.make(
        out.expanduser().absolute(),
        rungs,
        images=images or 0,
        with_wheels=wheels,
        python=python,
        platforms=platforms,
        say=lambda text: None if as_json else say(text),
    )
    if as_json:
        emit(as_object(out, made))
    else:
        tell(out, made)
    return 0


@command("list", workspace=False)
@click.argument("file", type=FILE)
@refusing
def list_command(file: Path, as_json: bool) -> int:
    """What a kit says that it holds; its content is not read (see `verify`)."""
    from tutor.kit.opening import Kit

    with Kit(file) as kit:
        emit(as_object(file, kit.manifest)) if as_json else tell(file, kit.manifest)
    return 0


@command("verify", workspace=False)
@click.argument("file", type=FILE)
@refusing
def verify(file: Path, as_json: bool) -> int:
    """Read all of a kit and compare it with its checksums. Nothing is written."""
    from tutor.kit.opening import Kit

    with Kit(file) as kit:
        kit.verify(Ticker("verified", _total(kit.manifest), quiet=as_json))
        if as_json:
            emit({"whole": True, **as_object(file, kit.manifest)})
        else:
            say(f"{file} is whole: {len(kit.manifest.members())} files, every checksum agrees")
    return 0


@command("install", workspace=False)
@click.argument("file", type=FILE)
@click.option(
    "--to",
    "folder",
    type=FILE,
    metavar="DIR",
    help=f"The data folder (default: the first of {holdings.VARIABLE}, else your own).",
)
@click.option("--only", "names", multiple=True, metavar="NAME", help="A rung; repeatable.")
@refusing
def install(file: Path, folder: Path | None, names: tuple[str, ...], as_json: bool) -> int:
    """Verify a kit, then put its data where cnntutor finds it. Can be run again at any time."""
    from tutor.kit import installing
    from tutor.kit.opening import Kit

    folder = (folder or holdings.own_folder()).expanduser().absolute()
    with Kit(file) as kit:
        ticker = Ticker("verified", _total(kit.manifest), quiet=as_json)
        written = installing.install(kit, folder, names, ticker)
        items = installing.chosen(kit, names)
    if as_json:
        emit({"folder": str(folder), "written": written, "rungs": [item.rung for item in items]})
        return 0
    for item in items:
        say(f"{item.rung}: there and whole, {told(item)}")
    if not items:
        say("This kit holds wheels alone: its README.txt tells how to install them.")
    say(wrapped(f"{written} files written into {folder}."))
    if folder not in holdings.data_folders():
        say(wrapped(f"So that cnntutor looks there: export {holdings.VARIABLE}={folder}"))
    return 0


for _one in (build, install, list_command, verify):
    kit_command.add_command(_one)


# --- telling ----------------------------------------------------------------------------------


def told(item: Item) -> str:
    part = f"{item.images} images of each class and split, " if item.images else ""
    return f"{part}{size(item.size)}"


def tell(file: Path, made: Manifest) -> None:
    say(wrapped(f"{file}: {size(_total(made))}, made {made.made} by {made.made_by}"))
    for item in made.items:
        say(wrapped(f"{item.title} ({told(item)})", f"  {item.rung:<14} "))
        say(wrapped(f"{item.source}; licence: {item.licence}; from {item.origin}", " " * 17))
    if made.wheels is not None:
        text = f"{len(made.wheels.files)} wheels ({size(made.wheels.size)})"
        say(
            wrapped(
                f"{text}: Python {made.wheels.python}, {made.wheels.platform}", "  wheels         "
            )
        )


def as_object(file: Path, made: Manifest) -> dict[str, Any]:
    return {
        "file": str(file),
        "format": made.format,
        "made_by": made.made_by,
        "made": made.made,
        "rungs": [
            {
                "id": item.rung,
                "bytes": item.size,
                "images_per_class": item.images,
                "licence": item.licence,
                "origin": item.origin,
                "files": [
                    {"path": f.path, "bytes": f.size, "digest": f.digest} for f in item.files
                ],
            }
            for item in made.items
        ],
        "wheels": None
        if made.wheels is None
        else {
            "python": made.wheels.python,
            "platform": made.wheels.platform,
            "files": [f.path.removeprefix("wheels/") for f in made.wheels.files],
            "bytes": made.wheels.size,
        },
    }


def _total(made: Manifest) -> int:
    return sum(file.size for file in made.members().values())


class Ticker:
    """Called with the bytes done; on a terminal it shows each tenth of something large."""

    def __init__(self, word: str, of: int, *, quiet: bool) -> None:
        self._word, self._of, self._done, self._tenth = word, of, 0, 0
        self._quiet = quiet or of < 50_000_000 or not sys.stderr.isatty()

    def __call__(self, number: int) -> None:
        self._done += number
        tenth = self._done * 10 // self._of if self._of else 10
        if not self._quiet and tenth > self._tenth:
            self._tenth = tenth
            click.echo(f"\r  {self._word} {tenth * 10} %", nl=tenth >= 10, err=True)
