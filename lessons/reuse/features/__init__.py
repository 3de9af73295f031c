"""Lab ``features``: the same head on a frozen trained backbone and on a frozen random one."""

from lessons.declare import Control, Lab, Tier

LAB = Lab(
    id="features",
    title="Frozen features",
    tier=Tier.T2,
    question="What is a backbone worth to a new task, if nothing in it may change?",
    task="""\
A ResNet34 of a quarter of the width has learned to find the digits 0 to 4 anywhere on a canvas. The
new task is 5 to 9, which it has never seen, with few labelled canvases.

- `race`: the same head, the same steps, on its frozen features and on those of a random network.
  Is it the numbers' size? Look at them standardised too (each feature with mean 0 and deviation
  1).
- `cache`: what it saves to compute a frozen backbone's features once, and in which mode that is
  right.
- `thaw`: the backbone's weights stay frozen, but it is left in train mode while it is shown new
  images. What has become of the digits 0 to 4? Choose what the new images look like.
""",
    controls=(
        Control(id="labels", title="labels a class", choices=(10, 50), start=50,
                keys="left right", when={"show": ("race", "cache")}),
        Control(id="scale", title="features", choices=("raw", "standardised"), start="raw",
                keys="S s", when={"show": ("race",)}),
        Control(id="looks", title="new images", choices=("alike", "faint", "negative"),
                start="negative", keys="N n", when={"show": ("thaw",)}),
        Control(id="show", title="show", choices=("race", "cache", "thaw"), start="race",
                keys="V v"),
    ),
    uses=("resnet", "transfer"),
    seconds=120.0,
    earned_in=("race",),
    rung="digits and the backbone that ships",
)  # fmt: skip
