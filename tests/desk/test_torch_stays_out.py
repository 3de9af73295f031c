"""What loads no torch, proved where alone it can be: in a fresh process, by ``sys.modules``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TORCH_FREE = [
    "tutor",
    "tutor.__main__",
    "tutor.cli.run",
    "tutor.cli.author",
    "tutor.cli.check",
    "tutor.cli.course",
    "tutor.cli.data",
    "tutor.cli.kit",
    "tutor.fetching",
    "tutor.kit.building",
    "tutor.kit.installing",
    "tutor.kit.making",
    "tutor.stocking",
    "tutor.cli.doctor",
    "tutor.cli.files",
    "tutor.cli.lab",
    "tutor.cli.recall",
    "tutor.cli.show",
    "tutor.checking",
    "tutor.doctor",
    "tutor.imports",
    "tutor.labbing",
    "tutor.marks",
    "tutor.packages",
    "tutor.paths",
    "tutor.progress",
    "tutor.recall",
    "tutor.starter",
    "tutor.workspace",
    "tutor.writing",
    "tutor.author",
    "tutor.app.app",
    "tutor.runner.client",
    "tutor.runner.protocol",
    "lessons.course",
    "lessons.anchors",
    "lessons.holdings",
    "lessons.recall",
]

REPORT = """
import sys
{do}
print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


def loaded_after(do: str) -> set[str]:
    """The top-level modules that a fresh process holds after it did that."""
    process = subprocess.run(
        [sys.executable, "-c", REPORT.format(do=do)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    return set(process.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("module", TORCH_FREE)
def test_importing_loads_no_torch(module):
    loaded = loaded_after(f"import {module}")
    assert module.partition(".")[0] in loaded
    assert not loaded & {"torch", "torchvision", "numpy"}


@pytest.mark.parametrize(
    "command",
    [
        ["--version"],
        ["--help"],
        ["init"],
        ["list"],
        ["list", "--json"],
        ["lab"],
        ["lab", "shapes", "--about"],
        ["status"],
        ["data"],
        ["recall", "--json"],
        ["show", "mlp"],
        ["hint", "mlp"],
        ["reset", "mlp"],
        ["settings"],
    ],
    ids=" ".join,
)
def test_commands_load_no_torch_and_only_what_they_need(command):
    if command[0] in ("hint", "recall", "reset"):
        loaded_after("from tutor.__main__ import main; main(['init'])")
    loaded = loaded_after(f"from tutor.__main__ import main; assert main({command}) == 0")
    assert "click" in loaded
    assert not loaded & {"torch", "torchvision", "numpy"}
    assert not loaded & {"textual", "plotext", "rich"}


def test_version_loads_no_course_either():
    loaded = loaded_after("from tutor.__main__ import main; assert main(['--version']) == 0")
    assert "lessons" not in loaded
