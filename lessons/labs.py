"""Labs: experiments that the learner steers with the keys and watches.

A lab is a folder of its move, ``lessons/<move>/<lab>/``: ``__init__.py`` declares it (``LAB``,
without torch) and ``lab.py`` holds ``run(bench)``, which runs in the worker. ``run`` is called
once with the first settings and again after each key; it draws through the bench and ends with
one sentence that its measurement supports. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from lessons.declare import Lab, Setting


class Bench(Protocol):
    """What a lab's ``run`` works with. Drawings of the same slot replace each other.

    settings: value of each control. seed: fixes every random number. memory: survives from one
    call of ``run`` to the next, for trained networks and the like. own: whether each of the
    lab's ``uses`` is the learner's own code (else it is the reference's).
    """

    settings: Mapping[str, Setting]
    seed: int
    memory: dict[str, Any]
    own: Mapping[str, bool]

    def piece(self, checkpoint_id: str) -> Any:
        """The module of one of the lab's ``uses``: ``bench.piece("conv").Conv2d``."""
        ...

    def words(self, slot: str, text: str) -> None:
        """A few lines of plain text."""
        ...

    def picture(
        self,
        slot: str,
        title: str,
        images: Any,
        *,
        signed: bool = False,
        captions: Sequence[str] = (),
        axes: bool = False,
        frames: Sequence[tuple[int, int, int, int]] = (),
    ) -> None:
        """Small images, a tensor (n, height, width), side by side. signed: values lie around
        zero. captions: one for each image. axes: number the rows and columns of one image, which
        is drawn as large as fits. frames: what to point out, one for each image: (top, left,
        height, width), all inside; a height of 0 for nothing."""
        ...

    def curves(
        self,
        slot: str,
        title: str,
        series: Mapping[str, Sequence[tuple[float, float]]],
        *,
        x: str,
        y: str,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
    ) -> None:
        """Lines through points (x, y), by name. Ranges are fixed so that only what is new is
        redrawn; while training, send at most some 20 updates a second."""
        ...

    def bars(
        self,
        slot: str,
        title: str,
        values: Mapping[str, float],
        *,
        unit: str = "",
        log: bool = False,
    ) -> None:
        """One bar a name. log: lengths by the logarithm (values above zero)."""
        ...

    def table(
        self,
        slot: str,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        marked: Sequence[int] = (),
    ) -> None:
        """Rows of text. marked: rows to point out."""
        ...

    def finding(self, sentence: str, figures: Mapping[str, float], *, proves: bool = True) -> None:
        """The one sentence that this run's measurement supports, with its figures.

        proves: whether it counts as evidence (a run with settings that show nothing does not).
        """
        ...

    def progress(self, done: int, of: int) -> None:
        """How far a long piece of work is, for the time that is left. Cheap: call it each step.

        A lab that trains without drawing calls it too, for every method of the bench is where a
        run that newer settings replace comes to its end.
        """
        ...


def find(lab_id: str) -> tuple[Lab, str]:
    """A lab and the name of the module that holds its ``run``. KeyError if there is none."""
    from lessons.course import COURSE  # here, as the course's declarations may import this module

    lab = COURSE.lab(lab_id)
    return lab, f"lessons.{COURSE.move_of_lab(lab_id).id}.{lab_id}.lab"
