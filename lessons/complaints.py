"""Which of the well-known complaints an error is: what tells two mistakes that both raise apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lessons.trial import Trial
from lessons.workbench import LearnerError

# What an error says, and how it is called here. Several ways to write the same mistake raise in
# several ways, so that what means the same has one name.
_COMPLAINTS = (
    ("before Module.__init__", "module not begun"),
    ("gave None", "nothing returned"),
    ("NoneType", "nothing returned"),
    ("gave a tuple", "a tuple"),
    ("gave a list", "a list"),
    ("has no attribute", "a name is not there"),
    ("positional argument", "arguments"),
    ("keyword argument", "arguments"),
    ("does not require grad", "no graph"),
    ("leaf Variable", "a parameter in place"),
    ("key(s) in state_dict", "names"),
    ("[ModuleList] is missing", "a list called"),
    ("implemented for 'Long'", "whole numbers"),
    ("class probabilities", "whole numbers as scores"),
    ("Boolean value of Tensor", "a tensor as a switch"),
    ("is not iterable", "no list"),
    ("inplace operation", "in place"),
    ("mat1 and mat2", "sizes of a product"),
    ("size mismatch", "sizes of a product"),
    ("channels, but got", "channels"),
    ("must match the size", "sizes of a sum"),
    ("stack expects", "sizes of a sum"),
    ("not broadcastable", "sizes of a sum"),
)


def complaint(error: LearnerError) -> str:
    """The error in a word or two; "another" if it is none of those that are known."""
    return next((name for words, name in _COMPLAINTS if words in str(error)), "another")


def listen(t: Trial, name: str, act: Callable[[], Any], expected: str = "") -> Any:
    """Do something; if it raises, write down as a trait which complaint it was, and raise.

    expected: what should have come instead of the error, in words.
    """
    try:
        return act()
    except LearnerError as error:
        error.expected = expected or error.expected
        t.trait(f"{name}: complaint", complaint(error))
        raise
