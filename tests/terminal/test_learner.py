"""The whole way of a learner through `mlp`, in a real terminal at 80x24."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lessons.declare import reference_path
from tests.terminal.ptykit import ROOT

RIGHT = reference_path("mlp").read_text("utf-8")
WRONG = RIGHT.replace("return self.linear2(x)", "return self.linear2(x).softmax(dim=1)")
pytestmark = pytest.mark.long


def cnntutor(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tutor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_from_a_fresh_workspace_to_a_pass(terminal, tmp_path):
    assert WRONG != RIGHT
    desk = tmp_path / "desk"
    assert cnntutor("init", str(desk)).returncode == 0
    app = terminal("--workspace", str(desk))
    app.wait("0 of 8 claims")

    app.press("n")  # the next step: checkpoint mlp
    app.wait("Write two classes and two functions")
    app.press("c")  # the starter as it is
    app.wait("failed: 0 of 8 claims passed")

    # A wrong answer, saved by another editor: noticed, checked, and told by its name.
    (desk / "mlp.py").write_text(WRONG)
    app.press("3")
    app.wait("Your output equals a network that ends in softmax.")
    shown = app.wait("failed: 5 of 8 claims passed")
    assert "Logits, not probabilities" in shown  # the repair link, by its heading
    app.press("b")
    app.wait("The ten outputs are called logits")
    app.press("q")
    app.wait("failed: 5 of 8 claims passed")

    (desk / "mlp.py").write_text(RIGHT)
    app.wait("passed: 8 of 8 claims passed")
    app.press("3")
    app.wait("step 250 of 250")
    app.press("q")
    app.wait("8 of 8 claims")
    app.press("q")
    assert app.ends() == 0

    status = cnntutor("status", "--workspace", str(desk), "--json")
    mlp = json.loads(status.stdout)["checkpoints"][0]
    assert mlp["state"] == "passed"


def test_typing_in_the_built_in_editor_saves_and_checks(terminal, tmp_path):
    desk = tmp_path / "desk"
    cnntutor("init", str(desk))
    app = terminal("--workspace", str(desk))
    app.wait("0 of 8 claims")
    app.press("n")
    app.wait("Write two classes")
    app.press("2")
    app.wait("ctrl+s save")
    app.press("q = 1 # check, hint, reset, matrix: letters are text here")
    app.wait("letters are text here")
    app.press("\x13")  # ctrl+s
    app.wait("could not run")
    text = (desk / "mlp.py").read_text()
    assert text.startswith('q = 1 # check, hint, reset, matrix: letters are text here"""Move 1')


def test_a_loop_that_swallows_everything_does_not_freeze_the_app(terminal, tmp_path):
    desk = tmp_path / "desk"
    cnntutor("init", str(desk))
    loop = "while True:\n    try:\n        pass\n    except BaseException:\n        pass\n"
    (desk / "mlp.py").write_text(loop)
    app = terminal("--workspace", str(desk))
    app.wait("0 of 8 claims")
    app.press("n")
    app.wait("Write two classes")
    app.press("c")
    app.press("h")  # hints open while the check runs
    app.wait("Begin with")
    (desk / "mlp.py").write_text(RIGHT)  # a save ends the check and starts another
    app.wait("passed: 8 of 8 claims passed")


def test_the_terminal_is_whole_after_sigterm(terminal, tmp_path):
    desk = tmp_path / "desk"
    app = terminal("--workspace", str(desk))
    app.wait("Scaffold")
    app.process.kill(15)
    app.ends()
    left = app.raw.rpartition(b"\x1b[?1049h")[2]  # since the alternate screen was entered
    for mode in (b"\x1b[?1049l", b"\x1b[?25h"):  # main screen, cursor shown
        assert mode in left
    for on, off in ((b"\x1b[?1000h", b"\x1b[?1000l"), (b"\x1b[?2004h", b"\x1b[?2004l")):
        assert app.raw.rfind(off) > app.raw.rfind(on) or on not in app.raw


@pytest.mark.parametrize("extra", [{}, {"TERM": "vt100", "NO_COLOR": "1"}], ids=str)
def test_home_fits_and_says_everything_without_colour(terminal, tmp_path, extra):
    app = terminal("--workspace", str(Path(tmp_path) / "desk"), **extra)
    text = app.wait("worker: ready")
    for word in ("Scaffold", "Locality", "Depth", "Reuse", "mlp", "not begun", "enter", "help"):
        assert word in text
    if "NO_COLOR" in extra:
        assert b"\x1b[38;" not in app.raw
        assert b"\x1b[48;" not in app.raw
