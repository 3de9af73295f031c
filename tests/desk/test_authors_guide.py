"""The course author's guide, followed to the letter: each file written, each command run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "authors.md").read_text("utf-8")

# In the order of the page: a file to write, commands to run, or what the last of them says.
STEP = re.compile(
    r"^In `(?P<path>[^`]+)`:\n\n```\w+\n(?P<content>.*?)^```$"
    r"|^```sh\n(?P<commands>.*?)^```$"
    r"|^```text\n(?P<said>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture
def copy(tmp_path):
    """A copy of the repository, with the tutor installed from it."""
    top = tmp_path / "copy"
    top.mkdir()
    for name in ("tutor", "lessons", "reference", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, top / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, top / name)
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "cnntutor"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tutor "$@"\n')
    script.chmod(0o755)
    return top


def run(copy: Path, command: str) -> str:
    home = copy.parent / "home"
    home.mkdir(exist_ok=True)
    programs = Path(sys.executable).parent
    environment = {
        "PATH": f"{copy.parent / 'bin'}{os.pathsep}{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(copy),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.long
def test_the_guide_leads_to_a_checkpoint_that_is_proved(copy):
    said, files, commands = "", 0, 0
    for step in STEP.finditer(GUIDE):
        if step["path"]:
            path = copy / step["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step["content"], encoding="utf-8")
            files += 1
        elif step["commands"]:
            said = run(copy, step["commands"])
            commands += 1
        else:
            assert said.startswith(step["said"])
    assert (files, commands) == (7, 5)
    assert "find_first_nonfinite" in said  # the task, at the end


def test_every_block_of_the_guide_is_a_step():
    blocks = GUIDE.count("\n```") // 2
    assert len(list(STEP.finditer(GUIDE))) == blocks


def test_the_guides_code_is_in_the_houses_style(tmp_path):
    for number, step in enumerate(STEP.finditer(GUIDE)):
        if step["path"] and step["path"].endswith(".py"):
            (tmp_path / f"step_{number}.py").write_text(step["content"], encoding="utf-8")
    ruff = shutil.which("ruff") or pytest.skip("ruff is not installed")
    config = ["--config", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [ruff, "format", "--check", *config, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
