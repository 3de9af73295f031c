"""Move 2: convolution and pooling bring locality back."""

from lessons.declare import Move
from lessons.locality.conv import CHECKPOINT as CONV
from lessons.locality.maps import LAB as MAPS
from lessons.locality.pooling import LAB as POOLING
from lessons.locality.shapes import LAB as SHAPES
from lessons.locality.shift import LAB as SHIFT

MOVE = Move(
    id="locality",
    title="Locality",
    why="Conv2d and pooling bring back locality: a shifted digit is still the same digit.",
    boards=("board.md", "cards.md"),
    checkpoints=(CONV,),
    labs=(SHIFT, SHAPES, POOLING, MAPS),
)
