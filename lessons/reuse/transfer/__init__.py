"""Checkpoint ``transfer``: a frozen backbone, a new head, and the training of the head alone."""

from lessons.declare import Checkpoint, Claim, Tier

CHECKPOINT = Checkpoint(
    id="transfer",
    title="A new head on a frozen backbone",
    task="""\
Write three functions in `transfer.py`. The docstrings there hold the contract.

- `prepare_for_feature_extraction(model, n_classes)`: freezes the backbone, which is everything
  but the last linear layer, and puts a new head in that layer's place. Returns the model.
- `head_optimizer(model, lr)`: an optimizer that holds the head's parameters alone.
- `train_head(model, batches, optimizer)`: one step a batch, one loss a step. Nothing in the
  backbone changes.

The checks hand you small networks that are built as torchvision builds its ResNets: torch.nn's
layers, the last one named `fc`, in train mode. A network of yours works the same way.
""",
    defines=("prepare_for_feature_extraction", "head_optimizer", "train_head"),
    claims=(
        Claim(
            id="pretrained-backbone",
            sentence="The backbone's tensors are the pretrained ones.",
            tier=Tier.T3,
            signature="every weight and running statistic is there, value for value",
        ),
        Claim(
            id="only-the-head-trains",
            sentence="Only a new head requires gradients.",
            tier=Tier.T3,
            signature="weight (n_classes, features) and bias (n_classes,), nothing else",
            needs=("pretrained-backbone",),
        ),
        Claim(
            id="head-on-features",
            sentence="The head turns the backbone's features into logits.",
            tier=Tier.T3,
            signature="with known weights in the head, logits and gradients agree",
            needs=("only-the-head-trains",),
        ),
        Claim(
            id="optimizer",
            sentence="The optimizer holds the head alone.",
            tier=Tier.T3,
            signature="the head's two tensors themselves, and the learning rate asked for",
            needs=("only-the-head-trains",),
        ),
        Claim(
            id="backbone-unchanged",
            sentence="Training the head changes nothing in the backbone.",
            tier=Tier.T2,
            signature="after three steps all is as before, running statistics included",
            needs=("optimizer",),
        ),
        Claim(
            id="training-steps",
            sentence="A training step changes the head as the reference's does.",
            tier=Tier.T2,
            signature="after one step and after three, head and losses agree",
            needs=("head-on-features",),
        ),
        Claim(
            id="learns",
            sentence="Accuracy on a new task rises above chance quickly.",
            tier=Tier.T2,
            signature="from about 25 % to more than 50 % of 400 coloured digits in 80 steps",
            needs=("optimizer", "backbone-unchanged", "training-steps"),
            trains=True,
        ),
    ),
    hints=(
        "A parameter learns when its `requires_grad` is True and an optimizer holds it. What is "
        "new requires gradients by itself. So: in which order do you freeze and replace?",
        "`model.requires_grad_(False)`, with the underscore, freezes every parameter that the "
        "model has at that moment. Then `model.fc = nn.Linear(model.fc.in_features, n_classes)`.",
        "For the optimizer, go through `model.parameters()` and keep those whose "
        "`requires_grad` is True.",
        "Running means and variances are no parameters. They move whenever a batch norm runs in "
        "train mode, frozen or not. Call `model.eval()` before the loop of `train_head`.",
        """\
All three in code:

```python
def prepare_for_feature_extraction(model, n_classes):
    model.requires_grad_(False)
    old = model.fc
    model.fc = nn.Linear(old.in_features, n_classes).to(old.weight)  # its type and device
    return model.eval()


def head_optimizer(model, lr):
    head = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.Adam(head, lr=lr)


def train_head(model, batches, optimizer):
    model.eval()
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
    seconds=180.0,  # CIFAR-10 with ImageNet's weights on a busy machine; else a few
)
