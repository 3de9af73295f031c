"""What is installed, what works, and how to mend what does not.

Each finding is one line. What concerns torch and the other packages is in ``tutor.packages``.
"""

from __future__ import annotations

import importlib.util
import locale
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from lessons import holdings
from lessons.ladder import RUNGS
from tutor import paths
from tutor.packages import (
    PIP,
    PROBE_TORCH,
    PROBE_TORCHVISION,
    SUPPORTED,
    Finding,
    Probe,
    last_line,
    python,
    supported,
    torch_findings,
    torchvision,
)
from tutor.progress import Progress
from tutor.workspace import Workspace, WorkspaceError
from tutor.writing import why_not_written

COLUMNS, ROWS = 80, 24
ENOUGH_DISK = 50_000_000  # bytes; progress and kept files are small

PROBE_GUARDS = """
import json
from tutor.runner import containment, sandbox
namespace = containment.PidNamespace.enter()
held = sandbox.guards()
print(json.dumps({"pid_namespace": namespace is not None, "landlock_version":
                  sandbox.landlock_version(), **held}))
"""


def examine(directory: Path | None) -> Iterator[Finding]:
    """Every finding, as it is made; the slow ones are begun first and told in their turn."""
    torch_probe, torchvision_probe = Probe(PROBE_TORCH), Probe(PROBE_TORCHVISION)
    try:
        yield python()
        torch = torch_probe.finish()
        yield from torch_findings(torch)
        yield torchvision(torchvision_probe.finish())
    finally:
        torch_probe.stop()
        torchvision_probe.stop()
    for package in SUPPORTED:
        yield supported(package)
    yield terminal_size()
    yield colours(os.environ)
    yield encoding(sys.stdout.encoding or locale.getencoding())
    yield from workspace(directory)
    yield from data()
    yield from guards()


# --- the terminal -----------------------------------------------------------------------------


def terminal_size() -> Finding:
    for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
        try:
            columns, rows = os.get_terminal_size(stream.fileno() if stream else -1)
            break
        except (OSError, ValueError):
            continue
    else:
        text = "none here: the commands work, the tutor itself needs one"
        return Finding("terminal", "warn", text, "Open a terminal, then run cnntutor in it.")
    text = f"{columns}x{rows}"
    if columns < COLUMNS or rows < ROWS:
        text += f", and the tutor is drawn for {COLUMNS}x{ROWS}"
        return Finding("terminal", "warn", text, "Enlarge the window, or choose a smaller font.")
    return Finding("terminal", "ok", text)


def colours(environment: Mapping[str, str]) -> Finding:
    term = environment.get("TERM", "")
    if term in ("", "dumb"):
        return Finding(
            "colours",
            "warn",
            f"TERM is {term or 'not set'}: no colours, and the tutor itself can't be drawn",
            "Use the commands, or a terminal that sets TERM (such as xterm-256color).",
        )
    if environment.get("NO_COLOR"):
        return Finding("colours", "ok", "none, because NO_COLOR is set; nothing depends on them")
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return Finding("colours", "ok", f"16 million ({term})")
    if "256" in term or "direct" in term:
        mend = "For more, if your terminal has them: export COLORTERM=truecolor"
        return Finding("colours", "ok", f"256 ({term})", mend)
    return Finding("colours", "ok", f"16 ({term}); pictures are drawn with shades of signs")


def encoding(name: str) -> Finding:
    if name.lower().replace("-", "").replace("_", "") == "utf8":
        return Finding("encoding", "ok", name)
    return Finding(
        "encoding",
        "warn",
        f"{name}: signs beyond it are replaced by plain ones",
        "export LC_ALL=C.UTF-8",
    )


# --- the learner's folder ---------------------------------------------------------------------


def workspace(directory: Path | None) -> Iterator[Finding]:
    try:
        place = Workspace.find(directory)
    except WorkspaceError as error:
        yield Finding("workspace", "bad", str(error), "cnntutor init DIR")
        return
    if place.root.exists() and not place.root.is_dir():
        text = f"{place.root} is a file, and a workspace is a folder"
        yield Finding("workspace", "bad", text, "Name another: --workspace DIR")
        return
    if not place.exists():
        yield Finding("workspace", "warn", f"none at {place.root} yet", "cnntutor init")
        return
    problem = _try_writing(place.state)
    if problem is not None:
        yield Finding("workspace", "bad", f"{place.root}: {problem}", "cnntutor init DIR")
    else:
        free = shutil.disk_usage(place.root).free
        text = f"{place.root}, {_bytes(free)} free"
        if free < ENOUGH_DISK:
            yield Finding("workspace", "warn", text, "Free some space: progress may not fit.")
        else:
            yield Finding("workspace", "ok", text)
    yield progress(place)


def _try_writing(folder: Path) -> str | None:
    """Why no file can be made in the folder; None when one can."""
    trial = folder / f".doctor-{os.getpid()}"
    try:
        descriptor = os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, b"can this be written?\n")
        finally:
            os.close(descriptor)
            trial.unlink()
    except OSError as error:
        return why_not_written(error)[1]
    return None


def progress(place: Workspace) -> Finding:
    found = Progress(place)
    if found.notices:
        return Finding("progress", "warn", " ".join(found.notices))
    corrupt = paths.corrupt_folder(place.root)
    aside = sorted(corrupt.iterdir()) if corrupt.is_dir() else []
    if aside:
        text = f"readable; {len(aside)} damaged kept aside in {corrupt}"
        mend = "What can be read of them counts already. Delete them when you need them no more."
        return Finding("progress", "ok", text, mend)
    return Finding("progress", "ok", "readable")


# --- data and guards --------------------------------------------------------------------------


def data() -> Iterator[Finding]:
    """The rungs of the data ladder: what ships must be whole, of the rest what is there must be."""
    higher = []
    for one in RUNGS:
        report = holdings.check(one)
        size = sum(file.size for file in one.files)
        if one.ships and report.state == "whole":
            yield Finding(one.id, "ok", f"{_bytes(size)}, as shipped")
        elif one.ships:
            text = report.problem or f"{one.title}: not there"
            yield Finding(one.id, "bad", text, _reinstall())
        elif report.state == "whole":
            higher.append(one.id)
        elif report.state != "absent":
            mend = f"cnntutor data fetch {one.id}, or cnntutor kit install FILE"
            yield Finding(one.id, "warn", f"{report.state}: {report.problem}", mend)
    text = ", ".join(higher) or "none; what ships is enough for every lab and checkpoint"
    yield Finding("more data", "ok", text)


def guards() -> Iterator[Finding]:
    """What keeps a learner's code in its place on this machine, as the worker's side tells it."""
    if importlib.util.find_spec("tutor.runner.containment") is None:
        yield Finding("guards", "bad", "the worker's part is missing", _reinstall())
        return
    root = str(Path(__file__).resolve().parent.parent)
    answer = Probe(PROBE_GUARDS, {**os.environ, "PYTHONPATH": root}).finish()
    if answer.found is None:
        yield Finding("guards", "warn", f"can't be told: {last_line(answer.error)}")
    else:
        yield ending(answer.found)
        yield from shut_in(answer.found)


def ending(found: Mapping[str, int]) -> Finding:
    """Whether a check's end is sure to be the end of all that it started."""
    if found["pid_namespace"]:
        return Finding("guards", "ok", "pid namespace: ending a check ends all that it started")
    text = (
        "no pid namespace here: ending a check looks for what it started, and may miss what hides"
    )
    if sys.platform != "linux":
        return Finding("guards", "ok", text)
    return Finding("guards", "warn", text, "Whoever runs the machine can allow user namespaces.")


def shut_in(found: Mapping[str, int]) -> Iterator[Finding]:
    """Whether code that is checked is kept from the learner's files and from the network."""
    means = [
        *(["read-only mounts"] if found["mounts"] else []),
        *([f"Landlock {found['landlock_version']}"] if found["landlock"] else []),
    ]
    if means:
        text = f"{' and '.join(means)}: code that is checked writes in a folder of its own only"
        yield Finding("writing", "ok", text)
    else:
        text = "nothing here keeps code that is checked from changing your files"
        yield _weak("writing", text, "Linux 5.13 and newer have Landlock, which does.")
    if found["seccomp"]:
        yield Finding("network", "ok", "seccomp: code that is checked has none")
    elif found["landlock"] and found["landlock_version"] >= 4:
        yield Finding("network", "ok", "Landlock: code that is checked has no TCP")
    else:
        yield _weak("network", "nothing here keeps code that is checked from using it", "")


def _weak(name: str, text: str, mend: str) -> Finding:
    """A guard that Linux could have; elsewhere it is no fault of the machine's."""
    return Finding(name, "warn" if sys.platform == "linux" else "ok", text, mend)


def _reinstall() -> str:
    return f"{PIP} install --force-reinstall --no-deps cnntutor"


def _bytes(number: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number / 1e3:.0f} kB"
