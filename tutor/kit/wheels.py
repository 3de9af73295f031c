"""Gathers the wheels of cnntutor and of all that it needs, with pip, while there is a network."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlparse


class WheelsFailed(Exception):
    """pip could not gather the wheels; its last word is in the message."""


def gather(folder: Path, python: str = "", platforms: Sequence[str] = ()) -> list[Path]:
    """Put cnntutor's own wheel and those of its requirements into a folder.

    Args:
        folder: where they go; it should be empty.
        python: version ("3.12"), if not the one that runs.
        platforms: as pip names them ("manylinux_2_28_x86_64"), if not this machine's.

    Which registry is asked, pip's own settings tell (``PIP_INDEX_URL``, ``PIP_EXTRA_INDEX_URL``).
    """
    own = own_wheel(folder)
    command = ["download", "--only-binary=:all:", "--dest", str(folder)]
    if python:
        command += ["--python-version", python, "--implementation", "cp"]
    for name in platforms:
        for tag in tags_of(name):
            command += ["--platform", tag]
    try:
        _pip([*command, str(own)])
    except WheelsFailed as error:
        if foreign := [name for name in platforms if not _is_like_here(name)]:
            raise WheelsFailed(
                f"{error}. {foreign[0]} is another kind of machine than this one, and pip weighs "
                "what a package needs by the machine that it runs on: build the kit on one of that "
                "kind."
            ) from error
        raise
    return sorted(folder.glob("*.whl"))


def tags_of(platform: str) -> list[str]:
    """All platforms whose wheels run on one, which pip wants to be told one by one: of manylinux
    each older one, by both its names."""
    found = re.fullmatch(r"manylinux_2_(\d+)_(\w+)", platform)
    if found is None:
        return [platform]
    newest, machine = int(found[1]), found[2]
    named = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    tags = []
    for minor in range(newest, 4, -1):
        tags.append(f"manylinux_2_{minor}_{machine}")
        if minor in named:
            tags.append(f"{named[minor]}_{machine}")
    return tags


def _is_like_here(platform: str) -> bool:
    """Whether a platform is one of this machine's system and processor."""
    own = here()[1]
    machine = own.removeprefix("linux_") if own.startswith("linux") else own.rpartition("_")[2]
    return platform.endswith(machine) and ("linux" in platform) == own.startswith("linux")


def own_wheel(folder: Path) -> Path:
    """Build cnntutor's own wheel: of the folder that it runs from, or of what pip installed."""
    _pip(["wheel", "--no-deps", "--wheel-dir", str(folder), *_own_source()])
    return next(folder.glob("cnntutor-*.whl"))


def _own_source() -> list[str]:
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file():
        return [str(checkout)]
    distribution = importlib.metadata.distribution("cnntutor")
    told = distribution.read_text("direct_url.json")
    if told:
        url = json.loads(told)["url"]
        path = Path(unquote(urlparse(url).path))
        if url.startswith("file:") and path.exists():
            return [str(path)]
        if not url.startswith("file:"):
            return [f"cnntutor @ {url}"]
        raise WheelsFailed(
            f"cnntutor was installed from {path}, which is gone. Put its clone there again, or "
            "build the kit with the cnntutor of a clone: python -m tutor kit build."
        )
    return [f"cnntutor=={distribution.version}"]


def here() -> tuple[str, str]:
    """Python's version and the platform of this machine, as pip names them."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return version, sysconfig.get_platform().replace("-", "_").replace(".", "_")


def _pip(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    process = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, errors="replace", check=False
    )
    if process.returncode:
        said = [line for line in (process.stderr or process.stdout).splitlines() if line.strip()]
        errors = [line for line in said if line.lower().startswith("error")] or said[-1:]
        raise WheelsFailed("; ".join(errors) or f"pip ended with status {process.returncode}")
