"""The nine claims of the chapter: the rows of the evidence matrix."""

from lessons.declare import ChapterClaim, Tier

CLAIMS = (
    ChapterClaim(
        id="logits",
        sentence="A classifier returns logits, not probabilities.",
        tier=Tier.T1,
        method="look at the scores of your own SimpleMLP",
        signature="any sign and size; rows that do not add up to 1",
        shown_by=("mlp/raw-scores",),
    ),
    ChapterClaim(
        id="flat-pixels",
        sentence="A network on flattened pixels does not suit shifted images.",
        tier=Tier.T1,
        method="shift the test digits and look at the accuracy of three networks",
        signature="the flat network falls off first",
        shown_by=("lab:shift",),
    ),
    ChapterClaim(
        id="locality",
        sentence="A convolution is local and shares its weights.",
        tier=Tier.T1,
        method="shift an image and look at your own layer's map",
        signature="the same map, shifted",
        shown_by=("conv/shifted-map", "lab:shift", "lab:maps"),
    ),
    ChapterClaim(
        id="max-pooling",
        sentence="Max pooling keeps the strongest response of each window.",
        tier=Tier.T1,
        method="look at which cell won each window",
        signature="the largest value of each window, and nothing of the others",
        shown_by=("conv/max-pool-values", "lab:pooling"),
    ),
    ChapterClaim(
        id="average-pooling",
        sentence="Average pooling has another role: one number a channel, at the end.",
        tier=Tier.T1,
        method="average the last maps over all places",
        signature="(batch, channels): how much, and no longer where",
        shown_by=("conv/average-pool", "lab:pooling"),
    ),
    ChapterClaim(
        id="residual-paths",
        sentence="Residual paths are about optimisation: they make a deep stack trainable.",
        tier=Tier.T2,
        method="train a deep stack with and without the skips, all else equal",
        signature="the plain stack stays near chance, its residual twin learns",
        shown_by=("lab:race",),
    ),
    ChapterClaim(
        id="two-modes",
        sentence="BatchNorm computes differently in train and in eval.",
        tier=Tier.T2,
        method="change the batch mates, then the mode, and watch one image's output",
        signature="train depends on the mates and moves the statistics, eval does neither",
        shown_by=("batchnorm/eval-values", "lab:modes"),
    ),
    ChapterClaim(
        id="exact-order",
        sentence="A faithful ResNet34 needs the exact order of its entries.",
        tier=Tier.T3,
        method="copy weights by order and compare every stage; then exchange two rows",
        signature="218 entries in torchvision's order: equal logits; exchanged: unequal ones",
        shown_by=("resnet/parity", "lab:parity"),
    ),
    ChapterClaim(
        id="frozen-features",
        sentence="Frozen pretrained features transfer to a new task.",
        tier=Tier.T2,
        method="train the same head on frozen pretrained and on frozen random features",
        signature="the pretrained features win; nothing in the backbone has changed",
        shown_by=("transfer/learns", "lab:features"),
    ),
)
