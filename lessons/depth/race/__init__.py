"""Lab ``race``: a plain deep stack and its residual twin learn side by side."""

from lessons.declare import Control, Lab, Tier

LAB = Lab(
    id="race",
    title="Depth race",
    tier=Tier.T2,
    question="A deep stack, without and with shortcuts: which one learns, and why?",
    task="""\
Two stacks of layers start from the same values, see the same digits and take the same 250 steps.
One thing differs: each residual block of two layers adds its input to what it gives.

- Watch both losses, and the gradient that reaches each layer before the first step.
- Make the stack shallower, then turn batch norm on: how much do the shortcuts help now?
- With first values `He` they are larger. Without batch norm: where do the shortcuts hurt?
- `convolution`: 8 channels of 14 x 14, slower (34 layers: about a minute). Turn batch norm on.
- `last` shows the gradients after the last step.

Linear layers are 64 wide and learn by SGD (0.05), convolutions by Adam (0.001).
""",
    controls=(
        Control(id="depth", title="layers", choices=(6, 10, 20, 34), start=34, keys="left right"),
        Control(id="norm", title="batch norm", choices=(False, True), start=False, keys="down up"),
        Control(
            id="init", title="first values", choices=("default", "He"), start="default", keys="d h"
        ),
        Control(
            id="kind",
            title="kind",
            choices=("linear", "convolution"),
            start="linear",
            keys="K k",
        ),
        Control(
            id="step",
            title="gradients",
            choices=("first", "last"),
            start="first",
            keys="f l",
        ),
    ),
    uses=("mlp", "conv", "batchnorm"),
    seconds=600.0,
)
