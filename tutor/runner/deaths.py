"""What became of a process that ran a learner's code, in words."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

LINE_LOST = 74  # exit status of the subject's process when it can't reach the judge any more
HUNG_UP = (
    "the code closed or garbled the line that its results take; "
    "it must leave file descriptors above 2 alone"
)


def where_it_was(trace: Path, sources: Mapping[str, bytes]) -> str:
    """The innermost line of the learner's files in a traceback that ``faulthandler`` wrote.

    sources: what is in those files, by path. Empty when no line of theirs is there: the
    traceback says where the code was just before the time limit.
    """
    if not trace.exists():
        return ""
    files = {
        f'File "{path}", line '.encode("ascii", "backslashreplace").decode(): path
        for path in sources
    }
    for row in trace.read_text("ascii", "replace").splitlines():
        for named, path in files.items():
            _, found, rest = row.partition(named)
            number = rest.split(" ")[0]
            if found and number.isdigit():
                lines = sources[path].decode("utf-8", "replace").splitlines()
                line = lines[int(number) - 1].strip() if int(number) <= len(lines) else ""
                return f"{Path(path).name}, line {number}: `{line[:200]}`"
    return ""


def took_too_long(limit: float, where: str) -> str:
    """A check's time is up. where: what ``where_it_was`` said."""
    message = f"the check took longer than its limit of {limit:g} s"
    return f"{message}; it was then at {where}" if where else message


def told(status: int) -> tuple[str, str]:
    """An exit status as the kind of death and a sentence for the learner."""
    if os.WIFEXITED(status):
        code = os.WEXITSTATUS(status)
        if code == LINE_LOST:
            return "crash", HUNG_UP
        return "exit", f"the code ended its own process (exit status {code}); let it return instead"
    number = os.WTERMSIG(status)
    name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
    if number == signal.SIGKILL:
        return "memory", "the system killed the code's process, most likely for lack of memory"
    if number == signal.SIGXCPU:
        return "time-limit", "the code used more processor time than the check's limit"
    meaning = signal.strsignal(number) or "unknown"
    return "crash", f"the code crashed the Python that ran it ({name}: {meaning.lower()})"
