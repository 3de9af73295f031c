"""Move 1: a small network that returns logits, and the loop that trains it."""

from lessons.declare import Move
from lessons.scaffold.mlp import CHECKPOINT as MLP

MOVE = Move(
    id="scaffold",
    title="Scaffold",
    why="A small network, its logits and cross-entropy prove that the training loop works.",
    boards=("board.md", "cards.md"),
    checkpoints=(MLP,),
)
