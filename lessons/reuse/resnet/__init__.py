"""Checkpoint ``resnet``: the whole network, so exact that trained weights fit, and their copy."""

from lessons.declare import Checkpoint, Claim, Tier

CHECKPOINT = Checkpoint(
    id="resnet",
    title="ResNet34 and its weights",
    task="""\
Write a class and a function in `resnet.py`. The docstrings there hold the contract.

- `ResNet34(n_blocks_per_group=[3, 4, 6, 3], out_features_per_group=[64, 128, 256, 512],
  first_strides_per_group=[1, 2, 2, 2], n_classes=1000)`: images (batch, 3, height, width) ->
  logits (batch, n_classes). Stem: 7x7 convolution with stride 2 and padding 3, batch norm,
  ReLU, 3x3 max pool with stride 2 and padding 1. Then the groups, average pool, linear layer.
- `copy_weights(mine, pretrained)`: copies every parameter and buffer by order of `state_dict`
  and returns `mine`. Where shapes or numbers of entries differ, it raises and changes nothing.

Use your own earlier pieces or those of `torch.nn`. Name things inside as you like: their order
is what counts. torchvision's ResNet34 is what yours is compared with.
""",
    defines=("ResNet34", "copy_weights"),
    claims=(
        Claim(
            id="state-dict",
            sentence="Its tensors come in torchvision's order and shapes.",
            tier=Tier.T3,
            signature="stem, groups and head agree row by row in three small networks",
        ),
        Claim(
            id="head",
            sentence="Any image of any batch gets one raw score a class.",
            tier=Tier.T1,
            signature="(batch, n_classes) for every image size, with nothing after the head",
            needs=("state-dict",),
        ),
        Claim(
            id="stem",
            sentence="The stem is convolution, batch norm, ReLU and max pool.",
            tier=Tier.T3,
            signature="group 1's first convolution gives the reference's map, odd sizes too",
            needs=("head",),
        ),
        Claim(
            id="groups",
            sentence="Each group strides once, in its first block.",
            tier=Tier.T2,
            signature="logits agree for four lists of strides, [1, 2, 2, 2] among them",
            needs=("stem",),
        ),
        Claim(
            id="eval-mode",
            sentence="In eval it computes what the reference does, and changes nothing.",
            tier=Tier.T3,
            signature="random running statistics: logits within 1e-9, buffers as before",
            needs=("groups",),
        ),
        Claim(
            id="train-mode",
            sentence="In train too: logits, running statistics and gradients agree.",
            tier=Tier.T3,
            signature="batch statistics used, running ones moved, a gradient everywhere",
            needs=("eval-mode",),
        ),
        Claim(
            id="copy-by-order",
            sentence="copy_weights copies every entry, buffers too, by order.",
            tier=Tier.T3,
            signature="first into first, whatever the names; `mine` itself comes back",
        ),
        Claim(
            id="copy-apart",
            sentence="After the copy the two share no memory.",
            tier=Tier.T2,
            signature="`pretrained` as before; changing one leaves the other alone",
            needs=("copy-by-order",),
        ),
        Claim(
            id="copy-refuses",
            sentence="copy_weights refuses what does not fit.",
            tier=Tier.T2,
            signature="an error for each of six mismatches, and `mine` as it was",
            needs=("copy-by-order",),
        ),
        Claim(
            id="default-size",
            sentence="With default arguments it is ResNet34 in full.",
            tier=Tier.T3,
            signature="218 entries, 21,797,672 parameters, each row as in torchvision",
            needs=("state-dict",),
            trains=True,  # as dear as a training: replay only its own mistakes
        ),
        Claim(
            id="parity",
            sentence="With copied weights it gives torchvision's logits.",
            tier=Tier.T3,
            signature="64x64 images in eval and train: logits within 1e-9 in float64",
            needs=("train-mode", "default-size", "copy-apart", "copy-refuses"),
        ),
        Claim(
            id="trained-weights",
            sentence="With a trained network's weights it sees what that one sees.",
            tier=Tier.T3,
            signature="the same probabilities for every image, of photographs where there are any",
            needs=("parity",),
            trains=True,  # it compares with the trained network itself, in its own type
        ),
    ),
    hints=(
        "Declare the layers in the order in which data flows: stem, groups, head. That is the "
        "order of `state_dict`, and `copy_weights` relies on it.",
        "A group is your `BlockGroup(n_blocks, in_feats, out_feats, first_stride)`. Go through "
        "the three lists together with `zip`. Each group's `in_feats` is the width of the one "
        "before; the first group gets the stem's. Keep the groups in `nn.Sequential`.",
        "The last map has any height and width, so average over both: `x.mean(dim=(2, 3))` gives "
        "(batch, channels). The linear layer comes last, with nothing behind it.",
        "For `copy_weights`: `mine.state_dict()` and `pretrained.state_dict()` are dictionaries "
        "in order. First compare the number of entries and all shapes, and raise a `ValueError` "
        "if they differ. Then make a dictionary of my names and their values for "
        "`mine.load_state_dict`, which copies values.",
        """\
Both in code:

```python
class ResNet34(nn.Module):
    def __init__(
        self,
        n_blocks_per_group=[3, 4, 6, 3],
        out_features_per_group=[64, 128, 256, 512],
        first_strides_per_group=[1, 2, 2, 2],
        n_classes=1000,
    ):
        super().__init__()
        feats = out_features_per_group[0]
        self.stem = nn.Sequential(
            Conv2d(3, feats, 7, stride=2, padding=3),
            BatchNorm2d(feats),
            nn.ReLU(),
            MaxPool2d(3, stride=2, padding=1),
        )
        self.groups = nn.Sequential()
        for n, out, stride in zip(
            n_blocks_per_group, out_features_per_group, first_strides_per_group
        ):
            self.groups.append(BlockGroup(n, feats, out, stride))
            feats = out
        self.head = nn.Sequential(AveragePool(), Linear(feats, n_classes))

    def forward(self, x):
        return self.head(self.groups(self.stem(x)))


def copy_weights(mine, pretrained):
    target, source = mine.state_dict(), pretrained.state_dict()
    shapes = [value.shape for value in target.values()]
    if shapes != [value.shape for value in source.values()]:
        raise ValueError("the two state_dicts do not fit")
    mine.load_state_dict(dict(zip(target, source.values())))
    return mine
```
""",
    ),
    seconds=120.0,  # ImageNet's weights on a busy machine; else a few
)
