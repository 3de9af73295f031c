"""Lab ``route``: which way the gradient takes back through a stack of residual blocks."""

from lessons.declare import Control, Lab, Tier

LAB = Lab(
    id="route",
    title="Gradient route",
    tier=Tier.T2,
    question="Through a residual block the gradient has two ways back: which one carries it far?",
    task="""\
A stack of `ResidualBlock`s, as they are before any training, looks at some digits. The gradient
of the loss goes back through them to the input.

- Cut the left branches: no gradient passes them any more. What comes through the shortcuts alone?
- Then cut the shortcuts instead (`skip`). What comes through the left branches alone?
- Change the number of blocks: which of the two depends on it?
- `input`: the gradient at the maps of a digit, where they enter the first block. `blocks`: its
  size block by block.

A cut stops the gradient only: all values, and so the loss, stay what they were. The two don't add
up to the whole: most ways back lead through some shortcuts and some left branches.
""",
    controls=(
        Control(
            id="cut",
            title="cut",
            choices=("nothing", "left", "skip"),
            start="nothing",
            keys="left right",
        ),
        Control(
            id="blocks", title="blocks", choices=(1, 2, 4, 8, 16, 24), start=16, keys="down up"
        ),
        Control(id="show", title="show", choices=("input", "blocks"), start="input", keys="V v"),
    ),
    uses=("residual",),
    seconds=30.0,
)
