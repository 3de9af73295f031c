"""The learner's folder: their files are read, written and reset here, and never lost.

Whatever lies where a file should be (a folder, a pipe, 5 MB of weights) becomes one clear
sentence in a ``WorkspaceError``; a file is only ever replaced by a whole new one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from pathlib import Path
from typing import NamedTuple, NoReturn

from lessons.course import COURSE
from lessons.declare import Checkpoint
from tutor import paths
from tutor.starter import starter
from tutor.writing import put_new, sync_folder, why_not_written, write_beside

MAX_BYTES = 1_000_000
MAX_KEPT_BYTES = 100_000_000


class WorkspaceError(Exception):
    """Something about the learner's files; ``str()`` says what it is and what to do.

    kind: missing, not-a-file, too-large, not-text, no-permission, read-only, disk-full,
        no-workspace or system, for programs.
    """

    def __init__(self, message: str, kind: str = "system") -> None:
        super().__init__(message)
        self.kind = kind


class Source(NamedTuple):
    """A learner's file as it was at one moment."""

    path: Path
    data: bytes
    sha256: str

    @property
    def text(self) -> str:
        return self.data.decode("utf-8")


class Workspace:
    """A folder with the learner's files. Making the object touches nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = paths.state_folder(root)

    @staticmethod
    def find(directory: Path | None = None) -> Workspace:
        """The workspace at ``directory``; else the nearest above here; else ``~/cnntutor``."""
        if directory is not None:
            return Workspace(Path(os.path.abspath(os.path.expanduser(directory))))
        try:
            here = Path.cwd()
        except OSError:  # the current folder was deleted
            here = None
        if here is not None:
            for folder in (here, *here.parents):
                if paths.state_folder(folder).is_dir():
                    return Workspace(folder)
        home = paths.home_workspace()
        if home is None:
            raise WorkspaceError(
                "Your home folder is not known here (HOME is not set). "
                "Name a folder: --workspace DIR.",
                "no-workspace",
            )
        return Workspace(home)

    def exists(self) -> bool:
        return self.state.is_dir()

    def file_of(self, checkpoint: Checkpoint) -> Path:
        return self.root / checkpoint.filename

    def create(self) -> list[Path]:
        """Make the folders, and the starters that are missing; return the files written."""
        if self.root == paths.home_workspace() and not self.root.parent.is_dir():
            raise WorkspaceError(
                f"Your home folder {self.root.parent} does not exist. "
                "Name another place: cnntutor init DIR.",
                "no-workspace",
            )
        self._make_folder(self.root, 0o777)
        self._make_folder(self.state, 0o700)
        written = []
        for checkpoint in COURSE.checkpoints:
            path = self.file_of(checkpoint)
            if not os.path.lexists(path) and self._write_whole(
                path, starter(checkpoint).encode(), new=True
            ):
                written.append(path)
            if self.base(checkpoint) is None:
                self._note_starter(checkpoint)
        return written

    def base(self, checkpoint: Checkpoint) -> str | None:
        """The starter that the learner's file began with, as far as that is known."""
        try:
            return self._base_of(checkpoint).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None  # then there is no telling what changed, and nothing else is lost

    def read(self, checkpoint: Checkpoint) -> Source:
        """The learner's file, if it is a text file of at most 1 MB."""
        path = self.file_of(checkpoint)
        try:
            self._need_regular(path, os.stat(path))
            # Without blocking, should a pipe have come in its place since.
            with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                found = os.fstat(file.fileno())
                self._need_regular(path, found)
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            self._tell_missing(path)
        except OSError as error:
            raise _reading(path, error) from error
        if len(data) > MAX_BYTES:
            megabytes = max(found.st_size, len(data)) / 1e6
            raise WorkspaceError(
                f"{path} has {megabytes:.1f} MB; code that fits a checkpoint has at most 1 MB. "
                "Move data out of the file, then check again.",
                "too-large",
            )
        _need_text(path, data)
        return Source(path, data, hashlib.sha256(data).hexdigest())

    def write(self, checkpoint: Checkpoint, text: str) -> Source:
        """Save the learner's file in one step: it holds the old text or the new, never a part."""
        path = self.file_of(checkpoint)
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            line = text.count("\n", 0, error.start) + 1
            raise WorkspaceError(
                f"Line {line} holds a character that no file can hold as UTF-8: delete it, "
                f"then save {path.name} again.",
                "not-text",
            ) from error
        if not self.root.is_dir():
            self._tell_missing(path)
        self._write_whole(path, data)
        return Source(path, data, hashlib.sha256(data).hexdigest())

    def reset(self, checkpoint: Checkpoint) -> Path | None:
        """Put the starter back; return where the learner's file is kept (None: there was none)."""
        path = self.file_of(checkpoint)
        if not self.root.is_dir():
            self._tell_missing(path)
        try:
            kept = self._keep(path)
        except FileNotFoundError:
            kept = None
        except OSError as error:
            raise _reading(path, error) from error
        self._write_whole(path, starter(checkpoint).encode())
        self._note_starter(checkpoint)
        return kept

    def stamp(self, checkpoint: Checkpoint) -> tuple[int, int, int] | None:
        """What changes when the file does, at the price of one ``stat``; None: no file."""
        try:
            found = os.stat(self.file_of(checkpoint))
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    # --- how it is done ----------------------------------------------------------------------

    def _base_of(self, checkpoint: Checkpoint) -> Path:
        return paths.starters_folder(self.root) / checkpoint.filename

    def note_starter(self, checkpoint: Checkpoint) -> None:
        """Take today's starter as the one that the learner's file began with."""
        self._make_folder(paths.starters_folder(self.root), 0o700)
        self._write_whole(self._base_of(checkpoint), starter(checkpoint).encode())

    def _note_starter(self, checkpoint: Checkpoint) -> None:
        try:
            self.note_starter(checkpoint)
        except WorkspaceError:
            return  # where nothing can be written, that is told where the learner's own file is

    def _keep(self, path: Path) -> Path:
        """Copy the file aside, whatever its size or content."""
        found = os.stat(path)
        self._need_regular(path, found)
        if found.st_size > MAX_KEPT_BYTES:
            raise WorkspaceError(
                f"{path} has {found.st_size / 1e6:.0f} MB, too much to keep a copy of. Move it "
                "away; `cnntutor init` then writes the starter there.",
                "too-large",
            )
        data = path.read_bytes()
        folder = paths.kept_folder(self.root)
        self._make_folder(self.state, 0o700)
        self._make_folder(folder, 0o700)
        when = time.strftime("%Y%m%d-%H%M%S")
        stem = f"{path.stem}-{when}-{hashlib.sha256(data).hexdigest()[:8]}"
        copy = folder / f"{stem}{path.suffix}"
        number = 1
        while not self._write_whole(copy, data, new=True):
            number += 1
            copy = folder / f"{stem}-{number}{path.suffix}"
        return copy

    def _make_folder(self, folder: Path, mode: int) -> None:
        try:
            folder.mkdir(mode=mode, parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            blocking = next(p for p in (folder, *folder.parents) if os.path.lexists(p))
            raise WorkspaceError(
                f"{blocking} is not a folder, so no workspace can be there. "
                "Move it away, or name another place: --workspace DIR.",
                "no-workspace",
            ) from error
        except OSError as error:
            raise _writing(folder, error) from error

    def _write_whole(self, path: Path, data: bytes, *, new: bool = False) -> bool:
        """Write beside the file, flush to the disk, put in its place; keep mode and symlinks.

        With ``new`` a file that another session put there meanwhile stays; False tells of it.
        """
        mode = None
        try:
            found = os.stat(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise _reading(path, error) from error
        else:
            self._need_regular(path, found)
            mode = stat.S_IMODE(found.st_mode)
        target = Path(os.path.realpath(path))
        try:
            part = write_beside(target, data, mode)
            try:
                if new:
                    put_new(part, target)
                else:
                    os.replace(part, target)
            finally:
                part.unlink(missing_ok=True)
        except FileExistsError:
            return False
        except OSError as error:
            raise _writing(path, error) from error
        sync_folder(target.parent)
        return True

    def _need_regular(self, path: Path, found: os.stat_result) -> None:
        if stat.S_ISREG(found.st_mode):
            return
        kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
        kind = kinds.get(stat.S_IFMT(found.st_mode), "a device")
        raise WorkspaceError(
            f"{path} is {kind}, not a file. Move it away; `cnntutor init` then writes the "
            "starter there.",
            "not-a-file",
        )

    def _tell_missing(self, path: Path) -> NoReturn:
        if not os.path.lexists(self.root):
            raise WorkspaceError(
                f"There is no workspace at {self.root}. Make it with `cnntutor init`, or name "
                "another with --workspace DIR.",
                "no-workspace",
            )
        if not self.root.is_dir():
            raise WorkspaceError(
                f"{self.root} is a file, and a workspace is a folder. "
                "Name another with --workspace DIR.",
                "no-workspace",
            )
        if path.is_symlink():
            raise WorkspaceError(
                f"{path} is a link to {os.readlink(path)}, which does not exist. Mend the link, "
                "or delete it; `cnntutor init` then writes the starter there.",
                "missing",
            )
        raise WorkspaceError(
            f"There is no {path.name} in {self.root}. `cnntutor init` writes the starter there.",
            "missing",
        )


def _need_text(path: Path, data: bytes) -> None:
    if b"\0" in data:
        raise WorkspaceError(
            f"{path} is a binary file (it holds null bytes), not Python. Put your code back, or "
            f"start anew with `cnntutor reset {path.stem}`, which keeps a copy of it.",
            "not-text",
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WorkspaceError(
            f"{path} is not UTF-8 text: line {line} holds the byte 0x{data[error.start]:02x}. "
            "Save it as UTF-8 in your editor, then check again.",
            "not-text",
        ) from error


def _reading(path: Path, error: OSError) -> WorkspaceError:
    if error.errno in (errno.EACCES, errno.EPERM):
        return WorkspaceError(
            f"{path} can't be read: you lack the permission. `chmod u+r {path.name}` there "
            "gives it back, if the file is yours.",
            "no-permission",
        )
    if error.errno == errno.ELOOP:
        return WorkspaceError(
            f"{path} is a link that leads back to itself. Delete it; `cnntutor init` then writes "
            "the starter there.",
            "not-a-file",
        )
    if error.errno == errno.ENOTDIR:
        return WorkspaceError(
            f"{path} can't be read: {path.parent} is not a folder. "
            "Name another workspace with --workspace DIR.",
            "no-workspace",
        )
    return WorkspaceError(f"{path} can't be read: {error.strerror}.", "system")


def _writing(path: Path, error: OSError) -> WorkspaceError:
    kind, what = why_not_written(error)
    return WorkspaceError(f"{path} can't be written: {what} What was there is unchanged.", kind)
