"""Which of the learner's files a piece of code stands on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def in_use(sources: Iterable[bytes], files: Mapping[str, bytes]) -> list[str]:
    """Names of the ``files`` that the code imports, directly or through one another."""
    used: list[str] = []
    todo = list(sources)
    while todo:
        source = todo.pop()
        for name, data in files.items():
            if name not in used and re.search(
                rb"\bimport\b.*\b%b\b|\bfrom\s+%b\b" % ((name.encode(),) * 2), source
            ):
                used.append(name)
                todo.append(data)
    return used
