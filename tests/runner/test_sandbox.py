"""The guards by themselves, with each that this machine has and with each of them missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runner.conftest import ROOT
from tutor.runner import sandbox

TRIES = """
import json, multiprocessing, os, socket, subprocess, sys
from tutor.runner import containment, sandbox

def lacking(folder): raise sandbox.Unavailable
for name in sys.argv[2:]:
    setattr(sandbox, name, lacking)
namespace = containment.PidNamespace.enter()
folder, mine = sys.argv[1] + "/scratch", sys.argv[1] + "/mine"
if os.fork() == 0:
    found = {"held": sandbox.close_in(folder)}
    def tried(name, act):
        try: act(); found[name] = "done"
        except OSError as error: found[name] = f"{error}{sandbox.hint(str(error))}"
    def write(path): open(path, "w").write("so")
    tried("write", lambda: write(mine))
    tried("delete", lambda: os.unlink(mine))
    tried("rename", lambda: os.rename(mine, folder + "/mine"))
    tried("make", lambda: os.mkdir(sys.argv[1] + "/new"))
    tried("chmod", lambda: os.chmod(mine, 0))
    removed = subprocess.run(["rm", "-f", mine], stderr=subprocess.DEVNULL)
    found["rm"] = removed.returncode
    tried("read", lambda: open(mine).read())
    tried("null", lambda: write("/dev/null"))
    tried("here", lambda: write("here"))
    tried("internet", lambda: socket.socket().connect(("127.0.0.1", 9)))
    tried("names", lambda: socket.getaddrinfo("example.org", 80))
    tried("pair", lambda: socket.socketpair())
    tried("signal", lambda: os.kill(int(os.environ["OUTSIDE"]), 0))
    print(json.dumps(found), flush=True)
    os._exit(0)
os.wait()
"""


def tried(folder: Path, *lacking: str, **environment: str) -> dict:
    (folder / "scratch").mkdir()
    (folder / "mine").write_text("mine")
    done = subprocess.run(
        [sys.executable, "-c", TRIES, str(folder), *lacking],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OUTSIDE": str(os.getpid()), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def need(found: dict, *guards: str) -> None:
    missing = [guard for guard in guards if not found["held"][guard]]
    if missing:
        pytest.skip(f"this machine has no {missing}")


@pytest.mark.parametrize(
    ("lacking", "holds"),
    [
        ((), "mounts"),
        (("_landlock",), "mounts"),
        (("_read_only_mounts",), "landlock"),
    ],
    ids=["all", "no Landlock", "no mounts"],
)
def test_files_outside_are_read_but_never_changed(tmp_path, lacking, holds) -> None:
    found = tried(tmp_path, *lacking)
    need(found, holds)
    for what in ("write", "delete", "rename", "make"):
        assert "may write in its own folder only" in found[what] or "cross-device" in found[what]
    assert found["rm"] != 0
    assert found["chmod"] != "done" or holds == "landlock"  # which knows no permissions
    assert (tmp_path / "mine").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "scratch"]
    assert [found[what] for what in ("read", "null", "here")] == ["done"] * 3


def test_there_is_no_network(tmp_path) -> None:
    found = tried(tmp_path)
    need(found, "seccomp")
    assert "code that is checked has no network" in found["internet"]
    assert "code that is checked has no network" in found["names"]
    assert found["pair"] == "done"


def test_landlock_alone_keeps_from_tcp_and_from_signals(tmp_path) -> None:
    found = tried(tmp_path, "_without_sockets", CNNTUTOR_NO_NAMESPACES="1")
    need(found, "landlock")
    if sandbox.landlock_version() < 6:
        pytest.skip("this kernel's Landlock is older")
    assert found["held"] == {"mounts": False, "landlock": True, "seccomp": False}
    assert "Permission denied" in found["internet"]
    assert "not permitted" in found["signal"]


def test_where_nothing_is_to_be_had_code_runs_all_the_same(tmp_path) -> None:
    found = tried(tmp_path, "_read_only_mounts", "_landlock", "_without_sockets")
    assert found["held"] == {"mounts": False, "landlock": False, "seccomp": False}
    assert found["here"] == "done"
