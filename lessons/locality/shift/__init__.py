"""Lab ``shift``: what a few pixels to the right do to three networks."""

from lessons.declare import Control, Lab, Tier

LAB = Lab(
    id="shift",
    title="Shift a digit",
    tier=Tier.T1,
    question="What becomes of a network's answer when the digit moves by some pixels?",
    task="""\
Move the digit to the right and watch, one view after the other.

- `vector`: which of the 784 inputs of a flat network change.
- `map`: what one filter makes of the digit, before and after.
- `logits`: what three trained networks say to the moved digit.
- `accuracy`: how many of the 2,000 test digits each gets right, at each shift.

The three networks are `SimpleMLP`, and twice the same three convolutions: with their last maps
flattened, and with each map averaged to one number. They are trained when they are first needed.
""",
    controls=(
        Control(
            id="shift",
            title="pixels to the right",
            choices=(0, 1, 2, 3, 4, 5, 6, 7, 8),
            start=4,
            keys="left right",
        ),
        Control(
            id="digit",
            title="digit",
            choices=(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
            start=5,
            keys="down up",
            when={"show": ("vector", "map", "logits")},
        ),
        Control(
            id="show",
            title="show",
            choices=("vector", "map", "logits", "accuracy"),
            start="vector",
            keys="V v",
        ),
    ),
    uses=("mlp", "conv"),
    seconds=120.0,
)
