"""Move 3: residual blocks and batch normalisation make a deep stack trainable."""

from lessons.declare import Move
from lessons.depth.batchnorm import CHECKPOINT as BATCHNORM
from lessons.depth.modes import LAB as MODES
from lessons.depth.race import LAB as RACE
from lessons.depth.residual import CHECKPOINT as RESIDUAL
from lessons.depth.route import LAB as ROUTE

MOVE = Move(
    id="depth",
    title="Depth",
    why="Residual blocks and batch norm make a deep stack trainable.",
    boards=("board.md", "cards.md"),
    checkpoints=(RESIDUAL, BATCHNORM),
    labs=(RACE, ROUTE, MODES),
)
