"""The doctor: each ailment has a line of its own, in plain words, with what mends it."""

import json
import os
import tomllib
from pathlib import Path

import pytest

from lessons import holdings
from tutor import doctor, packages
from tutor.cli.run import run
from tutor.packages import Answer, Probe
from tutor.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]

NMS = """Traceback (most recent call last):
  File "<string>", line 2, in <module>
RuntimeError: operator torchvision::nms does not exist"""


# --- probes -----------------------------------------------------------------------------------


def test_a_probe_brings_back_what_was_printed():
    answer = Probe("print('chatter'); print('{\"version\": \"1\"}')").finish()
    assert answer == Answer({"version": "1"})


def test_a_probe_that_fails_brings_back_the_error():
    answer = Probe("import no_such_module").finish()
    assert answer.found is None
    assert "No module named 'no_such_module'" in answer.error


def test_a_probe_that_crashes_says_nothing_and_is_told_so():
    answer = Probe("import os; os._exit(9)").finish()
    assert "status 9" in answer.error


def test_a_probe_that_hangs_is_ended():
    probe = Probe("while True: pass")
    answer = probe.finish(seconds=0.2)
    assert "no answer" in answer.error
    assert probe._process.poll() is not None


def test_a_learners_torch_py_is_not_taken_for_torch(tmp_path, monkeypatch):
    (tmp_path / "torchvision.py").write_text("raise SystemExit('mine')")
    (tmp_path / "json.py").write_text("raise SystemExit('mine')")
    monkeypatch.chdir(tmp_path)
    assert Probe("import json; print(json.dumps({}))").finish() == Answer({})


# --- packages ---------------------------------------------------------------------------------


@pytest.fixture
def compiled(monkeypatch):
    monkeypatch.setattr(packages, "torch_bytecode", lambda: None)


def test_the_cpu_and_the_cuda_build_and_what_they_cost(compiled):
    cuda = {"version": "2.9.0", "cuda": "13.0", "available": False}
    (finding,) = packages.torch_findings(Answer(cuda))
    assert finding.mark == "ok"
    assert "CUDA 13.0 build" in finding.text
    assert "290 MB" in finding.text
    cpu = {"version": "2.9.0+cpu", "cuda": None, "available": False}
    (finding,) = packages.torch_findings(Answer(cpu))
    assert "CPU build" in finding.text
    assert "145 MB" in finding.text


def test_no_torch():
    (finding,) = packages.torch_findings(Answer(None, "No module named 'torch'"))
    assert (finding.mark, finding.text) == ("bad", "not installed")
    assert "-m pip install torch torchvision" in finding.mend


def test_a_torch_that_breaks():
    (finding,) = packages.torch_findings(Answer(None, "Traceback\nOSError: libcudart.so: missing"))
    assert finding.mark == "bad"
    assert "libcudart.so: missing" in finding.text
    assert "--force-reinstall" in finding.mend


def test_a_cpu_torch_beside_a_cuda_torchvision_in_plain_words():
    finding = packages.torchvision(Answer(None, NMS))
    assert finding.mark == "bad"
    assert "CPU build" in finding.text
    assert "CUDA build" in finding.text
    assert "torchvision::nms" in finding.text
    assert "-m pip install --upgrade --force-reinstall torch torchvision" in finding.mend


def test_other_faults_of_torchvision():
    assert packages.torchvision(Answer({"version": "0.29"})).mark == "ok"
    missing = packages.torchvision(Answer(None, "No module named 'torchvision'"))
    assert (missing.mark, missing.text) == ("bad", "not installed")
    assert "undefined symbol" in packages.torchvision(Answer(None, "x\nundefined symbol")).text


def test_byte_code_that_was_never_written(tmp_path, monkeypatch):
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(packages.sys.modules, "torch", raising=False)
    finding = packages.torch_bytecode()
    assert finding.mark == "warn"
    assert finding.mend.endswith(f"-m compileall -q {package}")


@pytest.mark.parametrize(
    ("version", "mark"),
    [("8.1.9", "bad"), ("8.2.0", "ok"), ("8.11", "ok"), ("9.0.0rc1", "bad"), ("8.2.8.dev1", "ok")],
)
def test_versions_that_the_tutor_was_built_for(monkeypatch, version, mark):
    monkeypatch.setattr(packages.importlib.metadata, "version", lambda name: version)
    finding = packages.supported("textual")
    assert finding.mark == mark
    if mark == "bad":
        assert '"textual>=8.2,<9"' in finding.mend


def test_the_doctor_and_the_installer_want_the_same_versions():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {}
    for dependency in project["dependencies"]:
        name, _, versions = dependency.partition(">=")
        wanted[name.partition("[")[0]] = versions
    for name, (least, below) in packages.SUPPORTED.items():
        assert wanted[name] == f"{least},<{below}"


# --- terminal ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "mark", "words"),
    [
        ({}, "warn", "not set"),
        ({"TERM": "dumb"}, "warn", "dumb"),
        ({"TERM": "xterm-256color"}, "ok", "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "ok", "16 million"),
        ({"TERM": "linux"}, "ok", "16 (linux)"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "ok", "NO_COLOR"),
    ],
)
def test_colours(environment, mark, words):
    finding = doctor.colours(environment)
    assert finding.mark == mark
    assert words in finding.text


@pytest.mark.parametrize(
    ("size", "mark"), [((80, 24), "ok"), ((79, 24), "warn"), ((80, 23), "warn")]
)
def test_terminal_size(monkeypatch, size, mark):
    monkeypatch.setattr(os, "get_terminal_size", lambda fd: os.terminal_size(size))
    assert doctor.terminal_size().mark == mark


def test_encoding():
    assert doctor.encoding("UTF-8").mark == "ok"
    assert "LC_ALL" in doctor.encoding("ANSI_X3.4-1968").mend


# --- workspace, data --------------------------------------------------------------------------


def marks_of(findings):
    return {finding.name: finding.mark for finding in findings}


def test_a_workspace_in_order(workspace):
    before = sorted(workspace.state.iterdir())
    assert marks_of(doctor.workspace(workspace.root)) == {"workspace": "ok", "progress": "ok"}
    assert sorted(workspace.state.iterdir()) == before  # the doctor leaves nothing behind


def test_no_workspace_yet():
    (finding,) = doctor.workspace(None)
    assert (finding.mark, finding.mend) == ("warn", "cnntutor init")


def test_a_file_in_its_place(tmp_path):
    (tmp_path / "file").write_text("")
    (finding,) = doctor.workspace(tmp_path / "file")
    assert finding.mark == "bad"


def test_a_read_only_workspace(workspace, monkeypatch):
    def read_only(path, flags, *more):
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(doctor.os, "open", read_only)
    found = list(doctor.workspace(workspace.root))
    assert found[0].mark == "bad"
    assert "read-only" in found[0].text


def test_damaged_progress_is_told(workspace):
    folder = workspace.state / "progress"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(b"garbage\n")
    first, later = (list(doctor.workspace(workspace.root))[1] for _ in range(2))
    assert first.mark == "warn"
    assert "corrupt" in first.text
    assert "1 damaged kept aside" in later.text


def test_what_ships_is_as_shipped():
    found = {finding.name: finding for finding in doctor.data()}
    assert [found[name].mark for name in ("digits", "backbone", "photographs")] == ["ok"] * 3


def test_altered_digits_are_told(monkeypatch):
    monkeypatch.setattr(holdings, "digest", lambda *_: "0" * 64)
    finding = next(iter(doctor.data()))
    assert (finding.name, finding.mark) == ("digits", "bad")
    assert "damaged or altered" in finding.text
    assert "install --force-reinstall" in finding.mend


def test_a_rung_in_part_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv(holdings.VARIABLE, str(tmp_path))
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "t10k-labels-idx1-ubyte").write_bytes(b"")
    found = {finding.name: finding for finding in doctor.data()}
    assert found["mnist"].mark == "warn"
    assert "in part" in found["mnist"].text
    assert "cnntutor data fetch mnist" in found["mnist"].mend


def test_guards_are_told_either_way(monkeypatch):
    assert [found.name for found in doctor.guards()] == ["guards", "writing", "network"]
    monkeypatch.setenv("CNNTUTOR_NO_NAMESPACES", "1")
    guards, writing, _ = doctor.guards()
    assert "no pid namespace" in guards.text
    assert "read-only mounts" not in writing.text


def test_guards_that_a_kernel_lacks_are_told(monkeypatch):
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    lacking = {"mounts": False, "landlock": False, "landlock_version": 0, "seccomp": False}
    writing, network = doctor.shut_in(lacking)
    assert (writing.mark, network.mark) == ("warn", "warn")
    assert "nothing here keeps" in writing.text
    old = {**lacking, "landlock": True, "landlock_version": 4}
    assert [found.mark for found in doctor.shut_in(old)] == ["ok", "ok"]


# --- the command ------------------------------------------------------------------------------


def findings(*marks):
    return lambda directory: (packages.Finding("x", mark, "text", "mend it") for mark in marks)


@pytest.mark.parametrize(("marks", "status"), [(["ok", "warn"], 0), (["ok", "bad"], 1)])
def test_the_exit_status_tells_whether_anything_is_bad(monkeypatch, capsys, marks, status):
    monkeypatch.setattr(doctor, "examine", findings(*marks))
    assert run(["doctor"]) == status
    assert "mend it" in capsys.readouterr().out
    assert run(["doctor", "--json"]) == status
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] == (status == 0)
    assert [finding["mark"] for finding in told["findings"]] == marks


def test_everything_is_looked_at(workspace):
    names = [finding.name for finding in doctor.examine(workspace.root)]
    for name in (
        *("python", "torch", "torchvision", "textual", "plotext", "terminal", "colours"),
        *(
            "encoding",
            "workspace",
            "progress",
            "digits",
            "more data",
            "guards",
            "writing",
            "network",
        ),
    ):
        assert name in names


def test_a_workspace_is_found_as_everywhere(workspace, monkeypatch):
    monkeypatch.chdir(workspace.root)
    assert str(Workspace.find(None).root) in next(iter(doctor.workspace(None))).text
