"""``data``: the rungs of the data ladder, and fetching them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from lessons import holdings
from lessons.holdings import Report
from lessons.ladder import RUNGS, Rung, rung
from tutor.cli.frame import CouldNotRun, command, emit
from tutor.cli.text import say, wrapped

WORDS = {"whole": "there", "damaged": "damaged", "in part": "in part", "absent": "not there"}


def size(number: int) -> str:
    """Bytes as people read them."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if number >= factor:
            return f"{number / factor:.1f} {unit}"
    return f"{number / 1e3:.0f} kB"


def find_rung(name: str) -> Rung:
    try:
        return rung(name)
    except KeyError as error:
        raise click.UsageError(str(error.args[0])) from error


@click.group("data", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.pass_context
def data_command(ctx: click.Context, as_json: bool) -> int:
    """The data ladder: what each rung is for, where it lies, whether it is there and whole.

    `cnntutor data fetch NAME...` gets one; without a network, `cnntutor kit install FILE`.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    reports = []
    for one in RUNGS:
        report = holdings.check(one)
        reports.append(report)
        if not as_json:
            tell(report)
    if as_json:
        emit(
            {
                "folders": [str(folder) for folder in holdings.data_folders()],
                "rungs": [as_object(report) for report in reports],
            }
        )
        return 0
    say(wrapped(f"New data goes into {holdings.own_folder()} (set {holdings.VARIABLE} to change)."))
    return 0


def tell(report: Report) -> None:
    one = report.rung
    indent = " " * 15
    facts = f"{size(bytes_of(report))}, {one.licence}"
    say(wrapped(f"{one.title} ({facts})", f"{one.id:<14} ", indent))
    say(wrapped(f"for {one.use}", indent))
    mend = how_to_get(report)
    say(wrapped(state(report) + (f" -> {mend}" if mend else ""), indent))


def bytes_of(report: Report) -> int:
    """What it takes: on the disk where it is there, else to fetch."""
    if report.holding is not None:
        return sum(file.size for file in report.holding.files)
    return report.rung.download


def state(report: Report) -> str:
    if report.rung.ships and report.state == "whole":
        return "there: ships with the course"
    if report.state != "whole" or report.holding is None:
        return WORDS[report.state] + (f": {report.problem}" if report.problem else "")
    part = ""
    receipt = report.holding.receipt
    if receipt is not None and receipt.images:
        part = f"{receipt.images} images of each class and split, "
    elif any(not file.digest for file in report.holding.files):
        part = "in full size (its publisher names no checksum), "
    return f"there: {part}in {report.folder}"


def how_to_get(report: Report) -> str:
    if report.state == "whole":
        return ""
    if report.rung.ships:
        return f"{sys.executable} -m pip install --force-reinstall --no-deps cnntutor"
    return f"cnntutor data fetch {report.rung.id}"


def as_object(report: Report) -> dict[str, Any]:
    one, holding = report.rung, report.holding
    return {
        "id": one.id,
        "title": one.title,
        "use": one.use,
        "licence": one.licence,
        "source": one.source,
        "ships": one.ships,
        "bytes": bytes_of(report),
        "state": report.state,
        "folder": str(report.folder) if report.folder else None,
        "problem": report.problem,
        "images_per_class": holding.receipt.images if holding and holding.receipt else 0,
    }


@command("fetch", workspace=False)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=f"The data folder (default: the first of {holdings.VARIABLE}, else your own).",
)
def fetch_command(names: tuple[str, ...], folder: Path | None, as_json: bool) -> int:
    """Get rungs of the ladder from the internet, through torchvision.

    A fetch that was interrupted goes on where it was. Exit status: 0 done, 3 could not.
    """
    from tutor.fetching import FetchFailed, fetch

    wanted = [find_rung(name) for name in names]
    folder = (folder or holdings.own_folder()).expanduser().absolute()
    for one in wanted:
        report = holdings.check(one)
        if report.state == "whole":
            if not as_json:
                say(f"{one.id}: {state(report)}")
            continue
        if one.ships:
            raise CouldNotRun(f"{one.id} is {report.state}: {how_to_get(report)}")
        if not as_json:
            say(f"{one.id}: fetching {size(one.download)} into {folder}")
        line = Line(quiet=as_json)
        try:
            for progress in fetch(one, folder):
                line.show(*progress)
        except FetchFailed as error:
            line.end()
            if as_json:
                emit({"error": {"kind": error.kind, "message": error.message}})
            raise CouldNotRun(f"{one.id}: {error.message}") from error
        except OSError as error:
            raise CouldNotRun(f"{one.id}: the fetching process can't start: {error}") from error
        line.end()
        if not as_json:
            say(f"{one.id}: there and whole, in {folder}")
    if as_json:
        emit({"fetched": [as_object(holdings.check(one)) for one in wanted]})
    return 0


class Line:
    """How far a download is: one line that is written over, or one for each tenth."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet, self._live = quiet, sys.stderr.isatty()
        self._last, self._tenth, self._file = 0.0, -1, ""

    def show(self, file: str, done: int, of: int) -> None:
        if self._quiet:
            return
        share = f"{done / of:4.0%} of {size(of)}" if of else size(done)
        text = f"  {file}: {share}"
        if self._live:
            now = time.monotonic()
            if now - self._last > 0.5 or done == of:
                self._last = now
                click.echo(f"\r{text:<70}", nl=False, err=True)
        elif of:
            tenth = done * 10 // of
            if (file, tenth) != (self._file, self._tenth):
                self._file, self._tenth = file, tenth
                click.echo(text, err=True)

    def end(self) -> None:
        if self._live and self._last and not self._quiet:
            click.echo("", err=True)


data_command.add_command(fetch_command)
