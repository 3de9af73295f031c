"""The command line with the real worker: from a wrong answer over its diagnosis to a pass."""

import json

import pytest

from lessons.declare import reference_path
from tutor.cli.run import run
from tutor.progress import Progress

pytestmark = pytest.mark.long


def check(capsys, workspace, *arguments):
    status = run(["check", "mlp", "--workspace", str(workspace.root), *arguments])
    return status, *capsys.readouterr()


def test_from_the_starter_to_a_pass(workspace, mlp, capsys):
    status, out, err = check(capsys, workspace)
    assert (status, err) == (1, "")
    assert "not written yet" in out

    answer = reference_path("mlp").read_text(encoding="utf-8")
    wrong = answer.replace("return self.linear2(x)", "return self.linear2(x).softmax(-1)")
    assert wrong != answer
    source = workspace.write(mlp, wrong)
    status, out, err = check(capsys, workspace, "--json", "--claim", "raw-scores")
    assert (status, err) == (1, "")
    result = json.loads(out)
    assert result["sha256"] == source.sha256
    (claim,) = [claim for claim in result["claims"] if claim["verdict"] == "failed"]
    assert claim["id"] == "raw-scores"
    assert claim["mistake"]
    assert run(["show", claim["repair"]]) == 0
    assert capsys.readouterr().out.startswith("## ")

    workspace.write(mlp, "def f(:\n")
    status, _, err = check(capsys, workspace)
    assert status == 3
    assert "syntax" in err
    assert err.count("\n") == 1

    workspace.write(mlp, answer)
    status, out, err = check(capsys, workspace)
    assert (status, err) == (0, "")
    assert "8 of 8 claims passed" in out
    assert Progress(workspace).passed(mlp)
