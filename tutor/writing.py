"""Files are written whole or not at all, and what a disk refuses is told in words."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path


def write_beside(target: Path, data: bytes, mode: int | None) -> Path:
    """Write a hidden file next to ``target``, flushed to the disk; nothing is left if it fails."""
    part = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        if mode is not None:
            os.fchmod(descriptor, mode)
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return part


def put_new(part: Path, target: Path) -> None:
    """Give the file its name unless the name is taken, which is a FileExistsError."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        os.rename(part, target)


def sync_folder(folder: Path) -> None:
    """Make a new name in the folder last through a power cut, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return  # not every system opens folders; the file itself is on the disk
    try:
        os.fsync(descriptor)
    except OSError:
        return  # nor does every file system flush them
    finally:
        os.close(descriptor)


def why_not_written(error: OSError) -> tuple[str, str]:
    """The kind of a failed write, and what to tell a person."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk-full", "the disk is full (or your quota is). Free some space, then try again."
    if error.errno == errno.EROFS:
        return (
            "read-only",
            "its file system is read-only. Work in a folder that you may write to: "
            "cnntutor init DIR.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            "no-permission",
            "you may not write there. Give yourself the permission (chmod u+w), or work in "
            "another folder: cnntutor init DIR.",
        )
    if error.errno == errno.ENOENT:
        return "no-workspace", "its folder is gone. Make it again: cnntutor init."
    return "system", f"{error.strerror}."
