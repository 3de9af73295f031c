"""One claim on trial: what a claim function writes down, and how it is weighed.

A claim is a short function ``claim(t: Trial)``. It drives ``t.subject`` and writes down what it
sees. It is run once on the learner's code and once on the reference; what it ``see``s must be
the same on both. When it fails, it is run on each of the course's mistakes as well, and a
mistake on which the same was seen is what happened to the learner.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
import torch
from torch import Tensor

from lessons.subject import Subject
from lessons.workbench import LearnerError, SeenTensor

Kind = Literal["see", "require", "trait", "error"]

# Relative tolerance by type; the absolute one is this times the largest value expected. Sums
# over some hundred float32 terms differ by about 1e-6 in another order; a mistake by 1e-2.
TOLERANCE = {"float32": 1e-4, "float64": 1e-9}


class Note(msgspec.Struct):
    """One thing written down during a trial.

    kind: see (must equal the reference's), require (must hold), trait (only tells mistakes
    apart), error (the code raised). case: the circumstances, such as ``{"stride": 2}``, by which
    ``lessons.probes`` finds out when it goes wrong.
    """

    kind: Kind
    name: str
    value: Any
    tolerance: float = 0.0
    observed: str = ""
    expected: str = ""
    case: dict[str, Any] = {}


class Curves(NamedTuple):
    """Lines through points (x, y), by name; each axis with its name and where it ends."""

    title: str
    series: dict[str, list[tuple[float, float]]]
    x: str
    y: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]


class Trial:
    """What a claim function works with.

    subject: the code on trial. seed: fixes every random input. dtype: the floating type of
    inputs and modules. on_loss, on_picture, on_table, on_curves: where what is to be drawn goes.
    """

    def __init__(
        self,
        subject: Subject,
        claim_id: str,
        seed: int = 0,
        dtype: str = "float32",
        on_loss: Callable[[int, int, float, float], None] | None = None,
        on_picture: Callable[[str, Tensor, bool], None] | None = None,
        on_table: Callable[[str, list[str], list[list[str]], list[int]], None] | None = None,
        on_curves: Callable[[Curves], None] | None = None,
    ) -> None:
        self.subject = subject
        self.dtype = dtype
        self.notes: list[Note] = []
        self.shown = ""
        self._generator = torch.Generator().manual_seed(zlib.crc32(f"{claim_id}/{seed}".encode()))
        self._on_loss, self._on_picture, self._on_table = on_loss, on_picture, on_table
        self._on_curves = on_curves

    # --- random inputs ------------------------------------------------------------------------

    @property
    def generator(self) -> torch.Generator:
        return self._generator

    def randn(self, *shape: int) -> Tensor:
        """Normal numbers, the same for the same claim and seed, in the trial's type."""
        values = torch.randn(*shape, generator=self._generator, dtype=torch.float64)
        return values.to(getattr(torch, self.dtype))

    def rand(self, *shape: int) -> Tensor:
        """Numbers from 0 to 1, likewise."""
        values = torch.rand(*shape, generator=self._generator, dtype=torch.float64)
        return values.to(getattr(torch, self.dtype))

    def randint(self, low: int, high: int, *shape: int) -> Tensor:
        """Whole numbers from ``low`` to ``high - 1``, int64."""
        return torch.randint(low, high, shape, generator=self._generator)

    # --- writing down -------------------------------------------------------------------------

    def see(
        self,
        name: str,
        value: Any,
        tolerance: float | None = None,
        case: dict[str, Any] | None = None,
    ) -> None:
        """Write down something that must be as the reference's is.

        value: a tensor, number, string, bool, None, or lists and dicts of them. tolerance:
        relative to the largest expected value; by default that of the trial's type.
        """
        if tolerance is None:
            tolerance = TOLERANCE[self.dtype]
        self.notes.append(Note("see", name, value, tolerance, case=case or {}))

    def require(
        self,
        name: str,
        holds: bool,
        observed: str,
        expected: str,
        case: dict[str, Any] | None = None,
    ) -> None:
        """Write down a condition that must hold, with the sentences for when it doesn't."""
        note = Note("require", name, bool(holds), 0.0, observed, expected, case or {})
        self.notes.append(note)

    def trait(self, name: str, value: Any, tolerance: float = 0.0) -> None:
        """Write down what tells mistakes apart but is not itself right or wrong."""
        self.notes.append(Note("trait", name, value, tolerance))

    def attempt(
        self,
        name: str,
        act: Callable[[], Any],
        expected: str = "no error",
        case: dict[str, Any] | None = None,
    ) -> Any:
        """Do something that must not raise; None when it does, and the trial goes on.

        What can't be judged (a name that is missing, a body not written yet) ends the trial.
        """
        try:
            return act()
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            self._raised(error, name, expected, case)
            return None

    def _raised(
        self, error: LearnerError, name: str, expected: str, case: dict[str, Any] | None = None
    ) -> None:
        where = f"{name}: " if name else ""
        self.notes.append(
            Note("error", name, error.kind, 0.0, f"{where}{error}", expected, case or {})
        )

    def show(self, sentence: str) -> None:
        """Say in figures what a passing run showed; it stands in the evidence matrix."""
        self.shown = sentence

    @property
    def draws(self) -> bool:
        """Whether anybody sees tables and sentences: not of the reference, nor of a mistake that
        is replayed."""
        return self._on_table is not None

    def loss(self, step: int, steps: int, loss: float, accuracy: float) -> None:
        """Send a point of the training curve."""
        if self._on_loss:
            self._on_loss(step, steps, loss, accuracy)

    def picture(self, title: str, images: Tensor, *, signed: bool = False) -> None:
        """Send small images (n, height, width) to be drawn."""
        if self._on_picture:
            self._on_picture(title, images, signed)

    def table(
        self, title: str, columns: list[str], rows: list[list[str]], marked: Sequence[int] = ()
    ) -> None:
        """Send a table of texts. ``marked``: rows that depart, which are shown as such."""
        if self._on_table:
            self._on_table(title, columns, rows, list(marked))

    def curves(self, curves: Curves) -> None:
        """Send lines to be drawn in one plot."""
        if self._on_curves:
            self._on_curves(curves)


# Kinds of error after which there is nothing to compare with a mistake.
UNJUDGED = ("missing", "unwritten", "MemoryError", "SystemExit", "KeyboardInterrupt")

_INSTEAD = {
    "missing": "that name, defined at the top level of your file",
    "unwritten": "your own code there, as the docstring says",
}

ClaimFunction = Callable[[Trial], None]


def run_claim(claim: ClaimFunction, trial: Trial) -> list[Note]:
    """Run a claim; an error of the code on trial ends it and is written down."""
    try:
        claim(trial)
    except LearnerError as error:
        trial._raised(error, "", _INSTEAD.get(error.kind, error.expected))
    return trial.notes


class Failure(msgspec.Struct):
    """The first thing in a trial that is not as it should be."""

    note: Note
    observed: str
    expected: str
    reference: Any = None


def departing(notes: Sequence[Note], reference: Sequence[Note]) -> Iterator[Note]:
    """Every note that is not as it should be, in the order it was written down."""
    right = {note.name: note.value for note in reference if note.kind == "see"}
    for note in notes:
        if note.kind == "see":
            wrong = note.name in right and not same(note.value, right[note.name], note.tolerance)
        else:
            wrong = note.kind == "error" or (note.kind == "require" and not note.value)
        if wrong:
            yield note


def failures(notes: Sequence[Note], reference: Sequence[Note]) -> list[Failure]:
    """Everything in ``notes`` that is wrong, with the words for it."""
    right = {note.name: note.value for note in reference if note.kind == "see"}
    found = []
    for note in departing(notes, reference):
        if note.kind == "see":
            seen, wanted = tell_difference(note.name, note.value, right[note.name])
            found.append(Failure(note, seen, wanted, right[note.name]))
        else:
            found.append(Failure(note, note.observed, note.expected))
    return found


def closeness(notes: Sequence[Note], reference: Sequence[Note]) -> str:
    """How close the tensors in ``notes`` come to the reference's, as a sentence; or nothing."""
    right = {note.name: note.value for note in reference if note.kind == "see"}
    pairs = [
        (_bare(note.value), _bare(right[note.name]))
        for note in notes
        if note.kind == "see" and note.name in right
    ]
    gaps = [
        (seen.to(torch.float64) - wanted.to(torch.float64)).abs().nan_to_num(0.0).max().item()
        for seen, wanted in pairs
        if isinstance(seen, Tensor) and isinstance(wanted, Tensor) and seen.numel()
    ]
    if not gaps:
        return ""
    compared = f"{len(gaps)} tensor{'s' * (len(gaps) > 1)} compared"
    return f"{compared}, largest difference from the reference {max(gaps):.1g}"


def _bare(value: Any) -> Any:
    return value.tensor if isinstance(value, SeenTensor) else value


def same(a: Any, b: Any, tolerance: float) -> bool:
    """Equal values; numbers and tensors within ``tolerance`` of the largest in ``b``."""
    a, b = _bare(a), _bare(b)
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        if not (isinstance(a, Tensor) and isinstance(b, Tensor)) or a.shape != b.shape:
            return False
        return _tensors_same(a, b, tolerance)
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        return a == b or abs(a - b) <= tolerance * max(abs(b), 1e-12)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k], tolerance) for k in a)
    return bool(a == b)


def _tensors_same(a: Tensor, b: Tensor, tolerance: float) -> bool:
    if a.numel() == 0:
        return True
    a, b = a.to(torch.float64), b.to(torch.float64)
    finite = b.isfinite()
    if not torch.equal(a.isfinite(), finite):
        return False
    if not finite.all():
        if not torch.equal(a[~finite].nan_to_num(nan=7.0), b[~finite].nan_to_num(nan=7.0)):
            return False
        if not finite.any():
            return True
        a, b = a[finite], b[finite]
    return (a - b).abs().max().item() <= tolerance * max(b.abs().max().item(), 1e-12)


def tell_difference(name: str, seen: Any, right: Any) -> tuple[str, str]:
    """What was seen and what was expected, a sentence each."""
    seen, right = _bare(seen), _bare(right)
    if isinstance(seen, Tensor) and isinstance(right, Tensor):
        if seen.shape != right.shape:
            return f"{name}: shape {tuple(seen.shape)}", f"shape {tuple(right.shape)}"
        if not seen.isfinite().all() and right.isfinite().all():
            bad = int((~seen.isfinite()).sum())
            return f"{name}: {bad} of {seen.numel()} values are nan or inf", "finite values"
        gap = (seen.to(torch.float64) - right.to(torch.float64)).abs().nan_to_num(nan=math.inf)
        worst = int(gap.flatten().argmax())
        at = tuple(int(i) for i in torch.unravel_index(torch.tensor(worst), gap.shape))
        mine, theirs = seen.flatten()[worst].item(), right.flatten()[worst].item()
        place = f" at {list(at)}" if at else ""
        told, wanted = _apart(mine, theirs)
        return f"{name}: {told}{place}", f"{wanted} there" if at else wanted
    if isinstance(seen, str) and not isinstance(right, str):
        return f"{name}: the text {seen!r}", plain(right)
    return f"{name}: {plain(seen)}", plain(right)


def _apart(a: float, b: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see that they differ."""
    for digits in (4, 7, 10):
        if f"{a:.{digits}g}" != f"{b:.{digits}g}":
            break
    return f"{a:.{digits}g}", f"{b:.{digits}g}"


def plain(value: Any) -> str:
    """A short text of a value for a sentence."""
    value = _bare(value)
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple) and all(
        isinstance(v, int | float | SeenTensor) for v in value
    ):
        return "[" + ", ".join(plain(v) for v in value[:8]) + (", ..." * (len(value) > 8)) + "]"
    return str(value)
