"""Checkpoint ``mlp``: a linear layer, a small network, a training pass, a measurement."""

from lessons.declare import Checkpoint, Claim, Tier

CHECKPOINT = Checkpoint(
    id="mlp",
    title="A small network and its training loop",
    task="""\
Write two classes and two functions in `mlp.py`. The docstrings there hold the contract.

- `Linear(in_features, out_features, bias=True)`: x W^T + b, for any leading dimensions.
  `weight` (out, in) and `bias` are each an `nn.Parameter`, uniform in +-1/sqrt(in_features).
- `SimpleMLP()`: (batch, 1, 28, 28) -> logits (batch, 10). Flatten, 784 -> 100, ReLU, 100 -> 10.
- `train(model, batches, optimizer)`: one pass, one optimizer step a batch, one loss a step.
- `accuracy(model, batches)`: the fraction that is right.

Build `Linear` yourself: `nn.Linear` is what yours is compared with. Inside `SimpleMLP`, name
things as you like.
""",
    defines=("Linear", "SimpleMLP", "train", "accuracy"),
    claims=(
        Claim(
            id="parameters",
            sentence="Parameters are registered under their names.",
            tier=Tier.T3,
            signature="weight (out, in) and bias (out,), or None: both nn.Parameter",
        ),
        Claim(
            id="initial-values",
            sentence="Initial values are uniform within +-1/sqrt(in_features).",
            tier=Tier.T1,
            signature="values spread evenly between the bounds, none outside",
            needs=("parameters",),
        ),
        Claim(
            id="linear-values",
            sentence="Linear is x W^T + b for any leading dimensions.",
            tier=Tier.T1,
            signature="(3,), (2, 3) and (4, 2, 3) inputs agree with the reference",
            needs=("parameters",),
        ),
        Claim(
            id="raw-scores",
            sentence="Logits are raw scores for 10 classes, not probabilities.",
            tier=Tier.T1,
            signature="(batch, 10), of any sign, rows that do not add up to 1",
        ),
        Claim(
            id="same-outputs",
            sentence="With the reference's weights the outputs agree.",
            tier=Tier.T3,
            signature="largest difference from the reference below 1e-9 in float64",
            needs=("linear-values", "raw-scores"),
        ),
        Claim(
            id="training-step",
            sentence="A training step changes the parameters as the reference's does.",
            tier=Tier.T2,
            signature="after each of three steps, parameters and losses agree",
        ),
        Claim(
            id="accuracy",
            sentence="Accuracy counts right, keeps the mode and builds no graph.",
            tier=Tier.T2,
            signature="right / all over unequal batches; mode as before; gradients off",
        ),
        Claim(
            id="learns",
            sentence="One pass over the digits lifts test accuracy above 85 %.",
            tier=Tier.T2,
            signature="from about 10 % to more than 85 % of 2,000 test digits",
            needs=("same-outputs", "training-step", "accuracy"),
            trains=True,
        ),
    ),
    hints=(
        "Begin with `Linear`. A tensor becomes a parameter of the module when you wrap it in "
        "`nn.Parameter` and assign it to `self` after `super().__init__()`.",
        "Draw the values with `torch.empty(shape).uniform_(-bound, bound)`, where `bound` is "
        "`in_features ** -0.5`. In `forward`, `x @ self.weight.T` works for any leading "
        "dimensions. Then add the bias, if there is one.",
        "`SimpleMLP.forward` flattens everything but the batch: `x.flatten(1)`. Then the first "
        "layer, ReLU, the second layer. No softmax: `F.cross_entropy` does that by itself.",
        "A step of training: logits, loss, `optimizer.zero_grad()`, `loss.backward()`, "
        "`optimizer.step()`, and `loss.item()` goes into the list. For `accuracy`: note "
        "`model.training`, call `model.eval()`, count under `torch.no_grad()`, put the mode back.",
        """\
The training step and the layer in code:

```python
class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        bound = in_features**-0.5
        weight = torch.empty(out_features, in_features)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))
        self.bias = None
        if bias:
            values = torch.empty(out_features)
            self.bias = nn.Parameter(values.uniform_(-bound, bound))

    def forward(self, x):
        x = x @ self.weight.T
        return x if self.bias is None else x + self.bias


def train(model, batches, optimizer):
    losses = []
    for images, labels in batches:
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
```
""",
    ),
    seconds=20.0,
)
