"""The appendix: extra depth for who wants it. Nothing in it is ever required."""

from lessons.declare import Move
from lessons.extra.hooks import CHECKPOINT as HOOKS
from lessons.extra.nan import LAB as NAN
from lessons.extra.rungs import LAB as RUNGS
from lessons.extra.strides import CHECKPOINT as STRIDES
from lessons.extra.views import LAB as VIEWS

MOVE = Move(
    id="extra",
    title="Extra",
    why="Extra depth for who wants it: strides, the hunt for a NaN, larger data. Never required.",
    boards=("strides.md", "hooks.md", "datasets.md", "practice.md"),
    checkpoints=(STRIDES, HOOKS),
    labs=(VIEWS, NAN, RUNGS),
)
