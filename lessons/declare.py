"""The words an author declares the course with. Nothing here imports torch.

A declaration says what there is: moves, checkpoints, claims, hints. The functions that check
a claim live apart from it (``claims.py`` beside the declaration, see ``lessons.trial``), so the
app can list the whole course without loading torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec


class Tier(StrEnum):
    """How strong the evidence for a claim must be."""

    T1 = "T1"  # observational: look
    T2 = "T2"  # interventional: change one thing, watch what follows
    T3 = "T3"  # structural: the structures must match exactly

    @property
    def word(self) -> str:
        return {"T1": "look", "T2": "intervene", "T3": "match"}[self.value]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One checked sentence about the learner's code.

    id: also names the function in the checkpoint's ``claims.py`` (``-`` becomes ``_``).
    sentence: what is claimed, as the learner reads it.
    signature: what a passing run looks like, in one line.
    needs: ids of claims that must pass first; else this one is "not reached".
    trains: the claim runs a whole training, so mistakes are only replayed if they name it.
    """

    id: str
    sentence: str
    tier: Tier
    signature: str
    needs: tuple[str, ...] = ()
    trains: bool = False


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of code that the learner writes in a file of their own.

    id: also the name of the reference's module and of the learner's file.
    task: what to write, in Markdown; short, the docstrings in the starter hold the contract.
    defines: top-level names the file must define.
    hints: from a nudge to code.
    seconds: time limit of one check, in seconds of wall clock, imports not included.
    """

    id: str
    title: str
    task: str
    defines: tuple[str, ...]
    claims: tuple[Claim, ...]
    hints: tuple[str, ...]
    seconds: float = 20.0

    @property
    def filename(self) -> str:
        return f"{self.id}.py"

    def claim(self, claim_id: str) -> Claim:
        return next(claim for claim in self.claims if claim.id == claim_id)


Setting = int | float | str | bool


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the learner can turn.

    choices: its values in order. start: the value at first. keys: the pair of keys that move
    it down and up the choices ("left right", "up down", or two letters), or "digits": the value
    is typed and sent with Enter, and ``start`` stands for "not typed yet"; when another control
    is turned, it goes back to that.
    needs: id of a control that must be on for this one to matter; "" for none.
    when: for each of these controls, the values with which this one matters. A control that does
    not matter itself (a view while there is none to choose) makes no such condition.
    keeps_answer: what was typed stays when it is turned, for it does not change what is right.
    within: id of a control on which it depends how many choices there are, and ``last``, for each
    of its values, the last of them.
    """

    id: str
    title: str
    choices: tuple[Setting, ...]
    start: Setting
    keys: str
    needs: str = ""
    when: Mapping[str, tuple[Setting, ...]] = {}
    keeps_answer: bool = False
    within: str = ""
    last: Mapping[Any, Setting] = {}

    @property
    def typed(self) -> bool:
        return self.keys == "digits"


class Lab(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment.

    id: also its folder's name. tier: what its evidence is worth. question: what is to be found
    out, in one sentence. task: what to try and what to watch, a few lines of Markdown. uses:
    checkpoints whose code it runs, the learner's own where they passed. seconds: wall-clock
    limit of one answer to the keys. rung: the data that it uses. earned_in: values of its control
    ``show`` with which a finding can count as evidence; empty where that is with any.
    """

    id: str
    title: str
    tier: Tier
    question: str
    task: str
    controls: tuple[Control, ...]
    uses: tuple[str, ...] = ()
    seconds: float = 60.0
    rung: str = "digits"
    earned_in: tuple[str, ...] = ()

    @property
    def start(self) -> dict[str, Setting]:
        """The settings at first."""
        return {control.id: control.start for control in self.controls}

    def control(self, control_id: str) -> Control:
        return next(control for control in self.controls if control.id == control_id)


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One of the four steps of the course, or a part of its appendix.

    id: also the name of the folder in ``lessons/`` that holds its boards and checkpoints.
    boards: Markdown files in that folder. labs: its experiments. Both in reading order.
    """

    id: str
    title: str
    why: str
    boards: tuple[str, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    labs: tuple[Lab, ...] = ()


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the concept chain.

    board: the section of a board that explains it, ``move#anchor``.
    leads_to: ids of the concepts that build on this one.
    shown_by: what lights the node: ``checkpoint``, ``checkpoint/claim``, or ``lab:id``.
    """

    id: str
    title: str
    board: str
    leads_to: tuple[str, ...] = ()
    shown_by: tuple[str, ...] = ()


class ChapterClaim(msgspec.Struct, frozen=True, kw_only=True):
    """One of the claims of the whole chapter, a row of the evidence matrix.

    tier: how strong its evidence must be. method: what is done to see it. signature: what is
    then seen. shown_by: what can show it: ``checkpoint/claim``, or ``lab:id``.
    """

    id: str
    sentence: str
    tier: Tier
    method: str
    signature: str
    shown_by: tuple[str, ...]


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """The whole course: moves in order, the chain of concepts that runs through them, and the
    claims that a learner's own runs are to show.

    appendix: what comes after the moves and is shown apart from them. Nothing ever requires it:
    where to go on, what is left and what counts as finished look at ``moves`` and ``required``.
    viewer: id of the lab that shows filters and feature maps, which a key of its own opens.
    """

    version: int
    moves: tuple[Move, ...]
    concepts: tuple[Concept, ...]
    claims: tuple[ChapterClaim, ...] = ()
    appendix: tuple[Move, ...] = ()
    viewer: str = ""

    @property
    def parts(self) -> tuple[Move, ...]:
        """The moves, then the appendix."""
        return self.moves + self.appendix

    def part(self, move_id: str) -> Move:
        """The move, or part of the appendix, of that id; KeyError tells which there are."""
        for move in self.parts:
            if move.id == move_id:
                return move
        known = ", ".join(move.id for move in self.parts)
        raise KeyError(f"no move '{move_id}'; there are: {known}")

    def number(self, move: Move) -> str:
        """What stands before a move's title: its number, "+" in the appendix."""
        return "+" if move in self.appendix else str(self.moves.index(move) + 1)

    @property
    def required(self) -> tuple[Checkpoint, ...]:
        """The checkpoints of the moves: what there is to pass."""
        return tuple(point for move in self.moves for point in move.checkpoints)

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Every checkpoint that can be opened, the appendix's last."""
        return tuple(point for move in self.parts for point in move.checkpoints)

    def checkpoint(self, checkpoint_id: str) -> Checkpoint:
        """The checkpoint of that id; KeyError (with the ids there are) if there is none."""
        for point in self.checkpoints:
            if point.id == checkpoint_id:
                return point
        known = ", ".join(point.id for point in self.checkpoints)
        raise KeyError(f"no checkpoint '{checkpoint_id}'; there are: {known}")

    @property
    def labs(self) -> tuple[Lab, ...]:
        return tuple(lab for move in self.parts for lab in move.labs)

    def lab(self, lab_id: str) -> Lab:
        """The lab of that id; KeyError (with the ids there are) if there is none."""
        for lab in self.labs:
            if lab.id == lab_id:
                return lab
        known = ", ".join(lab.id for lab in self.labs)
        raise KeyError(f"no lab '{lab_id}'; there are: {known or 'none yet'}")

    def move_of_lab(self, lab_id: str) -> Move:
        return next(move for move in self.parts if any(lab.id == lab_id for lab in move.labs))

    def move_of(self, checkpoint_id: str) -> Move:
        return next(
            move
            for move in self.parts
            if any(point.id == checkpoint_id for point in move.checkpoints)
        )


def board_path(move_id: str, filename: str) -> Path:
    """Where a board's Markdown file lies."""
    return Path(str(resources.files("lessons") / move_id / filename))


def reference_path(checkpoint_id: str) -> Path:
    """Where the reference answer of a checkpoint lies (found without importing it)."""
    return Path(str(resources.files("reference") / f"{checkpoint_id}.py"))


def listed(checkpoint_ids: list[str]) -> str:
    """Their files by name: ``mlp.py, conv.py and batchnorm.py``."""
    names = [f"{name}.py" for name in checkpoint_ids]
    return " and ".join([", ".join(names[:-1]), *names[-1:]] if names[1:] else names)
