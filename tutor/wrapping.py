"""Where a line must not be broken: a number keeps its %, in the app and on the command line."""

from __future__ import annotations

import re

HELD = "\ue000"  # stands for such a space: Rich and textwrap break lines at a no-break space


def hold(text: str) -> str:
    """The text with signs where a space is not to be broken; ``release`` puts spaces back."""
    return re.sub(r"(?<=\d) (?=%)", HELD, text)


def release(text: str) -> str:
    """The text as ``hold`` was given it."""
    return text.replace(HELD, " ")
