"""The packages that the tutor stands on: are they there, do they work, what do they cost?

torch and torchvision are imported by processes of their own, with a time limit: a broken one
can't take the doctor down, and the tutor itself stays without torch.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

Mark = Literal["ok", "warn", "bad"]

TIME_LIMIT = 120.0  # seconds for a process that only imports torch; a slow disk may need many

# At least the first, less than the second: as in pyproject.toml, which a test compares.
SUPPORTED = {"textual": ("8.2", "9"), "plotext": ("5.3.2", "6")}

PIP = f"{sys.executable} -m pip"

PROBE_TORCH = """
import json, torch
print(json.dumps({"version": torch.__version__, "cuda": torch.version.cuda,
                  "available": torch.cuda.is_available()}))
"""
PROBE_TORCHVISION = """
import json, torchvision
print(json.dumps({"version": torchvision.__version__}))
"""


class Finding(NamedTuple):
    """One line of the doctor's: what was looked at, how it is, and how to mend it if need be."""

    name: str
    mark: Mark
    text: str
    mend: str = ""


# --- processes that may fail ------------------------------------------------------------------


class Answer(NamedTuple):
    """What a probe printed, or why it could not."""

    found: dict | None
    error: str = ""


class Probe:
    """A Python of its own that runs a few lines and prints JSON."""

    def __init__(self, code: str, environment: Mapping[str, str] | None = None) -> None:
        # -P: a learner's folder may hold a torch.py, which must not be taken for torch.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment,
        )

    def finish(self, seconds: float = TIME_LIMIT) -> Answer:
        try:
            output, errors = self._process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            return Answer(None, f"no answer within {seconds:.0f} s")
        try:
            return Answer(json.loads(output.strip().splitlines()[-1]))
        except (ValueError, IndexError):
            said = errors.strip().splitlines()
            status = self._process.returncode
            return Answer(None, "\n".join(said) or f"it ended with status {status} and no word")

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


# --- Python and its packages ------------------------------------------------------------------


def python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    text = f"{version} ({sys.executable})"
    if sys.version_info < (3, 11):  # noqa: UP036 (someone may have forced the installation)
        return Finding("python", "bad", text, "Install Python 3.11 or newer, then cnntutor there.")
    return Finding("python", "ok", text)


def torch_findings(answer: Answer) -> Iterator[Finding]:
    if answer.found is None:
        mend = f"{PIP} install --upgrade --force-reinstall torch torchvision"
        if "No module named 'torch'" in answer.error:
            yield Finding("torch", "bad", "not installed", f"{PIP} install torch torchvision")
        else:
            yield Finding("torch", "bad", f"can't be imported: {last_line(answer.error)}", mend)
        return
    cuda = answer.found["cuda"]
    disk = _disk_of("torch")
    size = f"{disk / 1e9:.1f} GB on disk, " if disk else ""
    if cuda:
        device = "a GPU is there" if answer.found["available"] else "no GPU is in use"
        text = (
            f"{answer.found['version']}, CUDA {cuda} build, {size}about 290 MB of memory for each "
            f"open tutor ({device}; checks run on the CPU)"
        )
        yield Finding("torch", "ok", text)
    else:
        text = (
            f"{answer.found['version']}, CPU build, {size}about 145 MB of memory for each open "
            "tutor (the CUDA build takes 290)"
        )
        yield Finding("torch", "ok", text)
    bytecode = torch_bytecode()
    if bytecode is not None:
        yield bytecode


def torch_bytecode() -> Finding | None:
    """Whether torch was compiled when it was installed; if not, every start costs 2 s more."""
    spec = importlib.util.find_spec("torch")  # finds, does not import
    if spec is None or spec.origin is None:
        return None
    if Path(importlib.util.cache_from_source(spec.origin)).is_file():
        return None
    return Finding(
        "byte-code",
        "warn",
        "torch's files are not compiled, so each start takes about 2 s more",
        f"{sys.executable} -m compileall -q {Path(spec.origin).parent}",
    )


def torchvision(answer: Answer) -> Finding:
    if answer.found is not None:
        return Finding("torchvision", "ok", answer.found["version"])
    mend = f"{PIP} install --upgrade --force-reinstall torch torchvision"
    if "torchvision::nms" in answer.error:
        text = (
            "does not fit this torch: one is the CPU build, the other the CUDA build or of "
            'another release ("operator torchvision::nms does not exist")'
        )
        return Finding("torchvision", "bad", text, f"{mend}  (both at once, from one source)")
    if "No module named 'torchvision'" in answer.error:
        return Finding("torchvision", "bad", "not installed", f"{PIP} install torchvision")
    return Finding("torchvision", "bad", f"can't be imported: {last_line(answer.error)}", mend)


def supported(package: str) -> Finding:
    """Whether the version that is installed is one that the tutor was built for."""
    least, below = SUPPORTED[package]
    mend = f'{PIP} install "{package}>={least},<{below}"'
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return Finding(package, "bad", "not installed", mend)
    if _numbers(least) <= _numbers(version) < _numbers(below):
        return Finding(package, "ok", version)
    text = f"{version}, and the tutor needs at least {least} and less than {below}"
    return Finding(package, "bad", text, mend)


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match.group().split(".")) if match else ()


def _disk_of(package: str) -> int:
    """Bytes of the package's files and of the CUDA libraries beside it; 0 when not recorded."""
    total = 0
    for distribution in importlib.metadata.distributions():
        name = (distribution.metadata["Name"] or "").lower()
        if name in (package, "triton") or name.startswith(("nvidia-", "cuda-")):
            total += sum(file.size or 0 for file in distribution.files or ())
    return total


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"
