"""Move 2: convolution and pooling bring locality back."""

from lessons.declare import Move
from lessons.locality.conv import CHECKPOINT as CONV

MOVE = Move(
    id="locality",
    title="Locality",
    why="Conv2d and pooling bring back locality: a shifted digit is still the same digit.",
    boards=("board.md",),
    checkpoints=(CONV,),
)
