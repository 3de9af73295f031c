"""The learner's files: whatever is in their place is told in one sentence, and nothing is lost."""

import errno
import hashlib
import os
import socket
import stat
from pathlib import Path

import pytest

from lessons.course import COURSE
from tutor.starter import starter
from tutor.workspace import Workspace, WorkspaceError


def fail_with(number: int):
    def failing(*arguments, **more):
        raise OSError(number, os.strerror(number), str(arguments[0]))

    return failing


def told(function, *arguments) -> WorkspaceError:
    """The error; its message is one line, and names something to do."""
    with pytest.raises(WorkspaceError) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value


def leftovers(workspace: Workspace) -> list[str]:
    return [path.name for path in workspace.root.rglob("*.part")]


# --- where it is ------------------------------------------------------------------------------


def test_the_nearest_workspace_above_is_found(workspace, monkeypatch):
    below = workspace.root / "notes" / "today"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert Workspace.find(None).root == workspace.root


def test_without_one_it_is_in_the_home(home):
    found = Workspace.find(None)
    assert found.root == home / "cnntutor"
    assert not found.exists()


def test_a_given_folder_wins(workspace, monkeypatch, tmp_path):
    monkeypatch.chdir(workspace.root)
    assert Workspace.find(Path("../other")).root == tmp_path / "other"


def test_a_deleted_current_folder_is_no_matter(tmp_path, monkeypatch, home):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert Workspace.find(None).root == home / "cnntutor"


def test_a_home_that_does_not_exist(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    error = told(Workspace.find(None).create)
    assert "does not exist" in str(error)
    assert "init DIR" in str(error)
    assert not (tmp_path / "nowhere").exists()


def test_a_home_that_nobody_knows(monkeypatch):
    monkeypatch.setattr(Path, "home", fail_with_runtime_error)
    assert "--workspace DIR" in str(told(Workspace.find, None))


def fail_with_runtime_error():
    raise RuntimeError("no home")


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_workspace_path_that_is_a_file(tmp_path, place, mlp):
    (tmp_path / "file").write_text("not a folder")
    workspace = Workspace(tmp_path / place)
    assert "not a folder" in str(told(workspace.create))
    told(workspace.read, mlp)
    told(workspace.write, mlp, "x = 1\n")
    told(workspace.reset, mlp)
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_state_folder_that_is_a_file(tmp_path):
    (tmp_path / ".cnntutor").write_text("")
    assert ".cnntutor is not a folder" in str(told(Workspace(tmp_path).create))


# --- making it --------------------------------------------------------------------------------


def test_create_writes_the_starters_once(tmp_path, mlp):
    workspace = Workspace(tmp_path / "new" / "desk")
    assert workspace.create() == [workspace.file_of(point) for point in COURSE.checkpoints]
    assert workspace.read(mlp).text == starter(mlp)
    workspace.file_of(mlp).write_text("mine = 1\n")
    assert workspace.create() == []
    assert workspace.read(mlp).text == "mine = 1\n"
    assert stat.S_IMODE(workspace.state.stat().st_mode) == 0o700


@pytest.mark.parametrize("links", [True, False])
def test_create_never_overwrites_what_came_meanwhile(tmp_path, monkeypatch, mlp, links):
    workspace = Workspace(tmp_path / "desk")
    path = workspace.file_of(mlp)
    fsync = os.fsync

    def slow(descriptor):  # the learner saves while the starter is on its way
        path.write_text("mine = 1\n")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    if not links:
        monkeypatch.setattr(os, "link", fail_with(errno.EPERM))
    assert path not in workspace.create()
    assert path.read_text() == "mine = 1\n"
    assert leftovers(workspace) == []


def test_create_where_there_are_no_hard_links(tmp_path, monkeypatch, mlp):
    monkeypatch.setattr(os, "link", fail_with(errno.EPERM))
    workspace = Workspace(tmp_path / "desk")
    assert workspace.create() == [workspace.file_of(point) for point in COURSE.checkpoints]
    assert workspace.read(mlp).text == starter(mlp)
    assert leftovers(workspace) == []


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_create_where_nothing_can_be_written(tmp_path, monkeypatch, number):
    monkeypatch.setattr(Path, "mkdir", fail_with(number))
    error = told(Workspace(tmp_path / "desk").create)
    assert error.kind in ("read-only", "no-permission")
    assert "cnntutor init DIR" in str(error)


# --- reading ----------------------------------------------------------------------------------


def test_read_gives_bytes_and_their_hash(workspace, mlp):
    workspace.file_of(mlp).write_bytes(b"x = '\xc3\xa9'\r\n")
    source = workspace.read(mlp)
    assert source.data == b"x = '\xc3\xa9'\r\n"
    assert source.sha256 == hashlib.sha256(source.data).hexdigest()
    assert source.text == "x = 'é'\r\n"


def test_no_such_file(workspace, mlp):
    workspace.file_of(mlp).unlink()
    error = told(workspace.read, mlp)
    assert error.kind == "missing"
    assert "cnntutor init" in str(error)


def test_no_workspace(tmp_path, mlp):
    error = told(Workspace(tmp_path / "none").read, mlp)
    assert error.kind == "no-workspace"
    assert "cnntutor init" in str(error)


def test_ten_megabytes(workspace, mlp):
    workspace.file_of(mlp).write_bytes(b"#" * 10_000_000)
    error = told(workspace.read, mlp)
    assert error.kind == "too-large"
    assert "10.0 MB" in str(error)


def test_one_megabyte_is_still_read(workspace, mlp):
    workspace.file_of(mlp).write_bytes(b"#" * 1_000_000)
    assert len(workspace.read(mlp).data) == 1_000_000
    workspace.file_of(mlp).write_bytes(b"#" * 1_000_001)
    assert told(workspace.read, mlp).kind == "too-large"


def test_a_binary_file(workspace, mlp):
    workspace.file_of(mlp).write_bytes(b"\x7fELF\0\0\1")
    error = told(workspace.read, mlp)
    assert error.kind == "not-text"
    assert "binary" in str(error)


def test_a_file_in_another_encoding(workspace, mlp):
    workspace.file_of(mlp).write_bytes(b"x = 1\n# caf\xe9\n")
    assert "line 2 holds the byte 0xe9" in str(told(workspace.read, mlp))


def make_folder(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # a socket's path may have about 100 characters
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)
    os.fchdir(here)
    os.close(here)


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_dangling(path: Path) -> None:
    path.symlink_to("nowhere.py")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (make_folder, "is a folder"),
        (make_pipe, "is a named pipe"),
        (make_socket, "is a socket"),
        (make_device, "is a device"),
        (make_loop, "leads back to itself"),
    ],
)
def test_something_else_in_the_place_of_the_file(workspace, mlp, make, words):
    path = workspace.file_of(mlp)
    path.unlink()
    make(path)
    for function, arguments in (
        (workspace.read, (mlp,)),
        (workspace.write, (mlp, "x = 1\n")),
        (workspace.reset, (mlp,)),
    ):
        error = told(function, *arguments)
        assert error.kind == "not-a-file"
        assert words in str(error)
    assert os.path.lexists(path)
    assert leftovers(workspace) == []


def test_a_link_to_nowhere(workspace, mlp):
    workspace.file_of(mlp).unlink()
    make_dangling(workspace.file_of(mlp))
    assert "nowhere.py, which does not exist" in str(told(workspace.read, mlp))


def test_an_unreadable_file(workspace, mlp, monkeypatch):
    monkeypatch.setattr(os, "open", fail_with(errno.EACCES))
    error = told(workspace.read, mlp)
    assert error.kind == "no-permission"
    assert "chmod u+r" in str(error)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_for_real(workspace, mlp):
    workspace.file_of(mlp).chmod(0)
    assert told(workspace.read, mlp).kind == "no-permission"


# --- writing ----------------------------------------------------------------------------------


def test_write_replaces_whole_and_keeps_the_mode(workspace, mlp):
    path = workspace.file_of(mlp)
    path.chmod(0o640)
    source = workspace.write(mlp, "x = 'é'\n")
    assert path.read_bytes() == source.data == "x = 'é'\n".encode()
    assert workspace.read(mlp) == source
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert leftovers(workspace) == []


def test_write_goes_through_a_link(workspace, mlp, tmp_path):
    elsewhere = tmp_path / "dotfiles.py"
    elsewhere.write_text("old = 1\n")
    path = workspace.file_of(mlp)
    path.unlink()
    path.symlink_to(elsewhere)
    workspace.write(mlp, "new = 1\n")
    assert path.is_symlink()
    assert elsewhere.read_text() == "new = 1\n"


@pytest.mark.parametrize(
    ("number", "kind", "advice"),
    [
        (errno.ENOSPC, "disk-full", "Free some space"),
        (errno.EDQUOT, "disk-full", "quota"),
        (errno.EROFS, "read-only", "cnntutor init DIR"),
        (errno.EIO, "system", "unchanged"),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_disk_that_takes_no_more(workspace, mlp, monkeypatch, number, kind, advice, call):
    before = workspace.read(mlp)
    with monkeypatch.context() as broken:
        broken.setattr(os, call, fail_with(number))
        error = told(workspace.write, mlp, "new = 1\n")
    assert error.kind == kind
    assert advice in str(error)
    assert workspace.read(mlp) == before
    assert leftovers(workspace) == []


def test_a_read_only_workspace(workspace, mlp, monkeypatch):
    before = workspace.read(mlp)
    with monkeypatch.context() as broken:
        broken.setattr(os, "open", fail_with(errno.EROFS))
        assert told(workspace.write, mlp, "new = 1\n").kind == "read-only"
        assert told(workspace.reset, mlp).kind == "read-only"
    assert workspace.read(mlp) == before


def test_a_character_that_is_none(workspace, mlp):
    before = workspace.read(mlp)
    assert "Line 2" in str(told(workspace.write, mlp, "x = 1\ny = '\udc80'\n"))
    assert workspace.read(mlp) == before


def test_write_says_when_the_workspace_is_gone(tmp_path, mlp):
    assert told(Workspace(tmp_path / "gone").write, mlp, "x\n").kind == "no-workspace"


# --- reset ------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"mine = 1\n", b"", b"\0\xff" * 9, b"#" * 2_000_000])
def test_reset_keeps_the_learners_file_whatever_it_holds(workspace, mlp, content):
    workspace.file_of(mlp).write_bytes(content)
    kept = workspace.reset(mlp)
    assert kept.parent == workspace.state / "kept"
    assert kept.name.startswith("mlp-")
    assert kept.suffix == ".py"
    assert kept.read_bytes() == content
    assert workspace.read(mlp).text == starter(mlp)


def test_two_resets_in_one_second_keep_two_files(workspace, mlp):
    kept = set()
    for _ in range(3):
        workspace.file_of(mlp).write_text("mine = 1\n")
        kept.add(workspace.reset(mlp))
    assert len(kept) == 3


def test_reset_without_a_file_writes_the_starter(workspace, mlp):
    workspace.file_of(mlp).unlink()
    assert workspace.reset(mlp) is None
    assert workspace.read(mlp).text == starter(mlp)


def test_reset_touches_nothing_when_no_copy_can_be_kept(workspace, mlp, monkeypatch):
    workspace.file_of(mlp).write_text("mine = 1\n")
    with monkeypatch.context() as broken:
        broken.setattr(os, "write", fail_with(errno.ENOSPC))
        assert told(workspace.reset, mlp).kind == "disk-full"
    assert workspace.read(mlp).text == "mine = 1\n"


# --- stamp ------------------------------------------------------------------------------------


def test_the_stamp_changes_with_every_way_of_saving(workspace, mlp, tmp_path):
    path = workspace.file_of(mlp)
    stamps = [workspace.stamp(mlp)]
    workspace.write(mlp, "x = 1\n")
    stamps.append(workspace.stamp(mlp))
    other = tmp_path / "other.py"
    other.write_text("x = 2\n")
    other.replace(path)  # as editors do that write aside and rename
    stamps.append(workspace.stamp(mlp))
    path.unlink()
    stamps.append(workspace.stamp(mlp))
    assert stamps[-1] is None
    assert len(set(stamps)) == 4
