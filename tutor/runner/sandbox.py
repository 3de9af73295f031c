"""No writing outside one folder, and no network, for the process that runs a learner's code.

Three means of Linux, none of which needs root or a package, each left out where the system lacks
it: a mount namespace in which everything but the folder is read-only, Landlock, and a seccomp
filter that refuses sockets. All hold for whatever the process starts, and none can be undone.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from tutor.runner import containment

ROOM = 256  # MB that the code may have in its folder, and as much in shared memory

_WRITABLE_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")

# linux/landlock.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_WRITE_FILE, _REFER, _TRUNCATE, _IOCTL_DEV = 1 << 1, 1 << 13, 1 << 14, 1 << 15
_CHANGES = _WRITE_FILE | sum(1 << bit for bit in range(4, 13))  # remove and make, of any kind
_TCP = 0b11  # bind, connect
_SCOPED = 0b11  # abstract sockets, signals: to processes outside

# linux/mount.h, linux/prctl.h, linux/sched.h
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_PRIVATE = 2, 4, 1 << 14, 1 << 18
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
_NEW_MOUNTS = 0x00020000
_NO_NEW_PRIVS, _SET_SECCOMP, _SECCOMP_FILTER = 38, 22, 2
_CAPABILITY_VERSION = 0x20080522

# By machine: its name in the audit log, and the numbers of capset, socket and io_uring_setup.
_MACHINES = {
    "x86_64": (0xC000003E, 126, 41, 425),
    "aarch64": (0xC00000B7, 91, 198, 425),
}


class Unavailable(Exception):
    """The system does not offer it."""


def close_in(folder: str) -> dict[str, bool]:
    """Let this process write nowhere but in ``folder``, which becomes its current folder.

    Returns which of the guards hold: ``mounts``, ``landlock``, ``seccomp``.
    """
    held = {}
    for name, guard in (
        ("mounts", _read_only_mounts),
        ("landlock", _landlock),
        ("seccomp", _without_sockets),
    ):
        try:
            guard(folder)
            held[name] = True
        except (Unavailable, OSError):
            held[name] = False
        os.chdir(folder)  # what is there now may be another mount
    return held


def _libc() -> ctypes.CDLL:
    if not containment.LINUX:
        raise Unavailable
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


# --- mounts -----------------------------------------------------------------------------------


def _read_only_mounts(folder: str) -> None:
    """A view of the files of our own: all read-only, the folder and shared memory new and small."""
    if os.environ.get("CNNTUTOR_NO_NAMESPACES"):
        raise Unavailable
    libc = _libc()
    _checked(libc.unshare(_NEW_MOUNTS))
    _checked(libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None))
    read_only = struct.pack("QQQQ", _MOUNT_ATTR_RDONLY, 0, 0, 0)
    call = (_MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, read_only, len(read_only))
    _checked(libc.syscall(*call))
    size = f"size={ROOM}m,nr_inodes=20k,mode=700".encode()
    for place in (folder, "/dev/shm"):
        if os.path.isdir(place):
            flags = _MS_NOSUID | _MS_NODEV
            _checked(libc.mount(b"scratch", os.fsencode(place), b"tmpfs", flags, size))
    _drop_capabilities(libc)


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up what would let us undo the mounts."""
    if platform.machine() in _MACHINES:
        header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
        _checked(libc.syscall(_MACHINES[platform.machine()][1], header, bytes(24)))


# --- Landlock ---------------------------------------------------------------------------------


def landlock_version() -> int:
    """The version of Landlock that the kernel offers; 0 for none."""
    try:
        return max(0, _libc().syscall(_CREATE_RULESET, None, 0, _VERSION))
    except Unavailable:
        return 0


def _landlock(folder: str) -> None:
    version = landlock_version()
    if version == 0:
        raise Unavailable
    libc = _libc()
    changes = _CHANGES
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        changes |= right if version >= since else 0
    net, scoped = _TCP if version >= 4 else 0, _SCOPED if version >= 6 else 0
    handled = struct.pack("QQQ", changes, net, scoped)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _checked(libc.syscall(_CREATE_RULESET, handled, size, 0))
    try:
        _allow(libc, rules, folder, changes)
        for device in _WRITABLE_DEVICES:
            if os.path.exists(device):
                _allow(libc, rules, device, changes & (_WRITE_FILE | _TRUNCATE | _IOCTL_DEV))
        if os.path.isdir("/dev/shm") and _is_ours("/dev/shm"):
            _allow(libc, rules, "/dev/shm", changes)
        containment.prctl(_NO_NEW_PRIVS, 1)
        _checked(libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, place)
        _checked(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0))
    finally:
        os.close(place)


def _is_ours(folder: str) -> bool:
    """Whether the folder is the small one that we mounted there."""
    with open("/proc/self/mounts", encoding="utf-8", errors="replace") as mounts:
        return f"scratch {folder} tmpfs " in mounts.read()


# --- seccomp ----------------------------------------------------------------------------------


def _without_sockets(folder: str) -> None:
    """Refuse every socket but one to a process of the same machine: "network is unreachable"."""
    if platform.machine() not in _MACHINES:
        raise Unavailable
    machine, _, socket, io_uring = _MACHINES[platform.machine()]
    allow, refuse = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06  # BPF_LD, BPF_JEQ, BPF_JGE, BPF_RET
    program = [
        (load, 0, 0, 4),  # the machine
        (equal, 0, 8, machine),
        (load, 0, 0, 0),  # the call's number
        (at_least, 6, 0, 0x40000000),  # x86_64's calls once more, under other numbers
        (equal, 5, 0, io_uring),
        (equal, 0, 2, socket),
        (load, 0, 0, 16),  # its first argument, the family
        (equal, 0, 1, 1),  # AF_UNIX
        (answer, 0, 0, allow),
        (answer, 0, 0, refuse | errno.ENETUNREACH),
        (answer, 0, 0, refuse | errno.ENOSYS),
    ]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    held = ctypes.create_string_buffer(code, len(code))
    listed = struct.pack("HP", len(program), ctypes.addressof(held))
    containment.prctl(_NO_NEW_PRIVS, 1)
    _checked(_libc().prctl(_SET_SECCOMP, _SECCOMP_FILTER, listed, 0, 0))


# --- words ------------------------------------------------------------------------------------


def hint(message: str) -> str:
    """What to add to the message of an error that one of these guards causes."""
    if any(f"[Errno {number}]" in message for number in (errno.EROFS, errno.EACCES)):
        return "; code that is checked may write in its own folder only, which is the current one"
    if any(f"[Errno {number}]" in message for number in (errno.ENETUNREACH, -2, -3)):
        return "; code that is checked has no network"
    return ""


def guards() -> dict[str, bool]:
    """Which of the guards hold on this machine. Closes in the process that asks: use it last."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            held = close_in(folder)
            os._exit(sum(1 << place for place, held in enumerate(held.values()) if held))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return {
            name: bool(status & 1 << place)
            for place, name in enumerate(("mounts", "landlock", "seccomp"))
        }
