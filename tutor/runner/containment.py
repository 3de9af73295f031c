"""Keeps a process, and all that it starts, within bounds; ends them when they are done.

Linux gives the strong means (a pid namespace, a subreaper, a parent-death signal). Elsewhere
what it lacks is left out, and ending a tree relies on who is whose child.
"""

from __future__ import annotations

import ctypes
import errno
import itertools
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Collection

LINUX = sys.platform == "linux"
READY = "cnntutor-ready"  # what a judge is called while it waits for a check

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000

_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


def become_subreaper() -> None:
    """Orphans among our descendants become our children, so that none is lost sight of."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when ``parent``, who started it, ends."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # A parent outside our pid namespace shows as 0.
    if os.getppid() not in (parent, 0):
        os._exit(1)  # it ended before we asked


def end_with(parent: int) -> None:
    """Make this process one that ends with its parent, and that sees all it starts end."""
    die_with_parent(parent)
    become_subreaper()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def name_this(name: str) -> None:
    """Let ``ps`` and ``top`` show this process under a name of at most 15 letters, on Linux."""
    prctl(_PR_SET_NAME, name.encode("ascii"))


def prctl(option: int, value: int | bytes) -> None:
    if _libc is not None and _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}, {value!r}): {os.strerror(number)}")


class PidNamespace:
    """A pid namespace of our own. What we fork from now on lives and dies in it.

    Its first process is an idle ``cat``: it ends when we do, however we end, as only we hold the
    other side of its input; with it the kernel kills everything in the namespace. ``cat`` and not
    a fork of ours, because a fork of a process that holds torch costs 15 ms, and ``cat`` 2 ms.
    """

    def __init__(self, keeper: subprocess.Popen[bytes]) -> None:
        self._keeper = keeper

    @classmethod
    def enter(cls) -> PidNamespace | None:
        """None where the system does not let us have one. The caller must have one thread only,
        and can start none afterwards."""
        keeper = shutil.which("cat")
        if _libc is None or keeper is None or os.environ.get("CNNTUTOR_NO_NAMESPACES"):
            return None
        user, group = os.getuid(), os.getgid()
        if _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWPID) != 0:
            return None
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
        return cls(
            subprocess.Popen(
                [keeper],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        )


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def watch(pid: int) -> int | None:
    """A descriptor that becomes readable when a child ends. None where there is no such thing."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def limit(memory: int, cpu_seconds: int, file_size: int) -> None:
    """Bound this process: ``memory`` bytes above what it has now, seconds of CPU above what it
    used so far, the size of any file it writes; no core dumps."""
    import resource

    limit_cpu(cpu_seconds)
    _bound(resource.RLIMIT_FSIZE, file_size)
    _bound(resource.RLIMIT_NOFILE, 1024)
    _bound(resource.RLIMIT_CORE, 0)
    # Data, not address space: a CUDA build of torch maps gigabytes that it never touches.
    if (data := _data_size()) is not None:
        _bound(resource.RLIMIT_DATA, data + memory)


def limit_cpu(seconds: int) -> None:
    """Bound this process's CPU time: ``seconds`` above what it used so far."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + seconds)


def limit_processes() -> None:
    """Let no more than about 300 processes be in our pid namespace, where there is one.

    Two ways, of which one or the other works: newer kernels take a bound for the namespace
    (and 301 is the least), and others count a user's processes for each user namespace, but not
    root's.
    """
    import resource

    if not LINUX or _read("/proc/self/uid_map").split()[2:] != ["1"]:
        return  # no user namespace of our own: all that the learner runs would be counted
    try:
        _write("/proc/sys/kernel/pid_max", "301")
    except OSError:
        _bound(resource.RLIMIT_NPROC, 300)


def _read(path: str) -> str:
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


def _bound(what: int, bound: int) -> None:
    import resource

    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (bound if hard == resource.RLIM_INFINITY else min(bound, hard), hard))


def _data_size() -> int | None:
    """Bytes of private writable memory, as RLIMIT_DATA counts them. None where nobody says."""
    if not LINUX:
        return None
    with open("/proc/self/status", "rb") as file:
        for line in file:
            if line.startswith(b"VmData:"):
                return int(line.split()[1]) * 1024
    return None


def close_all_but(keep: Collection[int]) -> None:
    """Close every file descriptor that is not in ``keep``."""
    folder = "/proc/self/fd" if LINUX else "/dev/fd"
    for name in os.listdir(folder):
        if int(name) not in keep:
            try:
                os.close(int(name))
            except OSError as error:
                if error.errno != errno.EBADF:  # the listing's own descriptor is closed by now
                    raise


def kill_descendants(keep: Collection[int] = ()) -> None:
    """Kill all descendants of this process, and return when they are gone and reaped.

    keep: children to leave alone, with what is theirs. Repeats until nothing is left, as one of
    them may start another at any moment; as a subreaper we inherit every orphan, so each pass
    sees all. A pid namespace that is among them falls as a whole.
    """
    pause = 0.001
    while (children := _reap(keep)) is not None:
        for pid in _descendants(children, keep):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it ended meanwhile
        if children:
            _wait_for_one(children, pause)
            pause = min(2 * pause, 0.02)  # a large family takes its time to die; let it


def _wait_for_one(children: Collection[int], seconds: float) -> None:
    """Wait that long, or until one of the children ends where the system tells."""
    told = [watch(pid) for pid in itertools.islice(children, 64)]
    watched = [descriptor for descriptor in told if descriptor is not None]
    select.select(watched, [], [], seconds)
    for descriptor in watched:
        os.close(descriptor)


def _reap(keep: Collection[int]) -> set[int] | None:
    """Take leave of children that ended. Those still there, None when there were none at all.

    An empty set says: look again, for a child that ended may have left us its own children.
    """
    if LINUX:
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return None  # the kernel says so: no need to look
    left, ended = set(), False
    me = os.getpid()
    for pid in family_tree()(me):
        if pid in keep:
            continue
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                left.add(pid)
            else:
                ended = True
        except ChildProcessError:
            continue  # ``ps`` itself
    if left or ended:
        return left
    # The kernel's own list of children may lack one while others end (proc_tid_children(5)).
    missed = {pid for pid, parent in processes().items() if parent == me} if LINUX else set()
    return missed.difference(keep) or None


def _descendants(roots: Collection[int], keep: Collection[int]) -> list[int]:
    """The roots and all that descends from them, but nothing at or below ``keep``."""
    children = family_tree()
    found, todo = [], list(roots)
    while todo:
        pid = todo.pop()
        if pid not in keep:
            found.append(pid)
            todo += children(pid)
    return found


def family_tree() -> Callable[[int], list[int]]:
    """A function that tells a process's children.

    Linux mostly lists them for each thread, which is a look at one process; else it is a look at
    all that run on the machine, taken now.
    """
    if LINUX and os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
        return _listed_children
    children: dict[int, list[int]] = {}
    for pid, parent in processes().items():
        children.setdefault(parent, []).append(pid)
    return lambda pid: children.get(pid, [])


def _listed_children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    except (FileNotFoundError, ProcessLookupError):
        pass  # it ended meanwhile; its children, if it left any, are somebody else's by now
    return found


def processes() -> dict[int, int]:
    """Every process's parent, by process id."""
    if not LINUX:
        rows = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        ).stdout
        return {int(pid): int(parent) for pid, parent in map(str.split, rows.splitlines())}
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    # The second field, the command's name, may hold spaces and brackets.
                    rest = file.read().rpartition(b")")[2]
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended between the listing and the look
            parents[int(name)] = int(rest.split()[1])
    return parents
