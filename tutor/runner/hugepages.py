"""Makes forks cheap: the memory of a process that holds torch, gathered in huge pages.

A fork copies the table of all pages, some 95,000 small ones with torch; with huge ones it takes a
tenth of the time, in the parent and again when the child ends (``benchmarks/fork_cost.py``).
Pages that a fork changes are copied one small page at a time, as before.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator

from tutor.runner import containment

_SIZE = 2 << 20  # bytes of a huge page
_COLLAPSE = 25  # MADV_COLLAPSE, since Linux 6.1
_AT_ONCE = 4  # huge pages made between two looks at what else there is to do
_LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw.p \S+ \S+ 0\s*(\[heap\])?$")


def gather() -> Iterator[None]:
    """Gather this process's private memory, a few MB for each ``next``. It ends early, and
    without harm, where the system can't."""
    if not containment.LINUX:
        return
    libc = ctypes.CDLL(None)
    made = 0
    for first, end in _private():
        for start in range(-(-first // _SIZE) * _SIZE, end - _SIZE + 1, _SIZE):
            refused = libc.madvise(
                ctypes.c_void_p(start), ctypes.c_size_t(_SIZE), ctypes.c_int(_COLLAPSE)
            )
            if refused and made == 0:
                return  # an older kernel, or no huge page to be had
            made += not refused
            if made % _AT_ONCE == 0:
                yield


def _private() -> list[tuple[int, int]]:
    """Where memory lies that belongs to no file: from, to."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        found = [_LINE.match(line.rstrip()) for line in maps]
    places = [(int(match[1], 16), int(match[2], 16)) for match in found if match]
    # The largest first: the very first refusal then means that there is no such thing here.
    return sorted(places, key=lambda place: place[0] - place[1])
