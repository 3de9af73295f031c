"""The course: the moves in their order, and the concepts that run through them."""

from lessons import depth, extra, locality, reuse, scaffold
from lessons.chapter import CLAIMS
from lessons.declare import Concept, Course

COURSE = Course(
    version=1,
    moves=(scaffold.MOVE, locality.MOVE, depth.MOVE, reuse.MOVE),
    appendix=(extra.MOVE,),
    concepts=(
        Concept(
            id="module",
            title="nn.Module + nn.Parameter",
            board="scaffold#a-parameter-is-registered-by-its-module",
            leads_to=("baseline",),
            shown_by=("mlp/parameters",),
        ),
        Concept(
            id="logits",
            title="logits + cross-entropy",
            board="scaffold#what-cross-entropy-uses",
            leads_to=("baseline",),
            shown_by=("mlp/raw-scores", "mlp/training-step"),
        ),
        Concept(
            id="baseline",
            title="SimpleMLP baseline",
            board="scaffold#one-training-step",
            leads_to=("mismatch",),
            shown_by=("mlp",),
        ),
        Concept(
            id="mismatch",
            title="flat pixels mismatch images",
            board="scaffold#why-flat-pixels-will-trouble-us",
            leads_to=("conv",),
            shown_by=("lab:shift",),
        ),
        Concept(
            id="conv",
            title="Conv2d",
            board="locality#one-small-window-everywhere",
            leads_to=("pooling",),
            shown_by=("conv/parameters", "conv/conv-values", "conv/shifted-map"),
        ),
        Concept(
            id="pooling",
            title="pooling",
            board="locality#max-pooling-keeps-the-strongest",
            leads_to=("degrade",),
            shown_by=("conv/max-pool-values", "conv/average-pool"),
        ),
        Concept(
            id="degrade",
            title="deep stacks degrade",
            board="depth#a-route-for-the-gradient",
            leads_to=("residual",),
            shown_by=("lab:race",),
        ),
        Concept(
            id="residual",
            title="residual path + BatchNorm",
            board="depth#a-block-adds-to-what-it-was-given",
            leads_to=("resnet",),
            shown_by=("residual", "batchnorm"),
        ),
        Concept(
            id="resnet",
            title="ResNet34",
            board="reuse#the-plan-of-resnet34",
            leads_to=("parity",),
            shown_by=("resnet/train-mode", "resnet/default-size"),
        ),
        Concept(
            id="parity",
            title="pretrained parity",
            board="reuse#one-order-for-all",
            leads_to=("transfer",),
            shown_by=("resnet/parity",),
        ),
        Concept(
            id="transfer",
            title="feature extraction",
            board="reuse#a-backbone-and-a-head",
            shown_by=("transfer",),
        ),
    ),
    claims=CLAIMS,
    viewer="maps",
)
