"""Move 4: an exact ResNet34 takes pretrained weights and learns a new task."""

from lessons.declare import Move
from lessons.reuse.features import LAB as FEATURES
from lessons.reuse.parity import LAB as PARITY
from lessons.reuse.resnet import CHECKPOINT as RESNET
from lessons.reuse.transfer import CHECKPOINT as TRANSFER

MOVE = Move(
    id="reuse",
    title="Reuse",
    why="An exact ResNet34 takes trained weights, and a new head learns a new task.",
    boards=("board.md", "cards.md"),
    checkpoints=(RESNET, TRANSFER),
    labs=(PARITY, FEATURES),
)
