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
            leads_to=("baseline",),
            shown_by=("mlp/parameters",),
        ),
        Concept(
            id="logits",
            title="logits + cross-entropy",
            leads_to=("baseline",),
            shown_by=("mlp/raw-scores", "mlp/training-step"),
        ),
        Concept(
            id="baseline",
            title="SimpleMLP baseline",
            leads_to=("mismatch",),
            shown_by=("mlp",),
        ),
        Concept(
            id="mismatch",
            title="flat pixels mismatch images",
            leads_to=("conv",),
            shown_by=("conv/shifted-map",),
        ),
        Concept(
            id="conv",
            title="Conv2d",
            leads_to=("pooling",),
            shown_by=("conv/parameters", "conv/conv-values"),
        ),
        Concept(
            id="pooling",
            title="pooling",
            leads_to=("degrade",),
            shown_by=("conv/max-pool-values", "conv/average-pool"),
        ),
        Concept(
            id="degrade",
            title="deep stacks degrade",
            leads_to=("residual",),
            shown_by=("residual",),
        ),
        Concept(
            id="residual",
            title="residual path + BatchNorm",
            leads_to=("resnet",),
            shown_by=("residual", "batchnorm"),
        ),
        Concept(
            id="resnet",
            title="ResNet34",
            leads_to=("parity",),
            shown_by=("resnet/train-mode", "resnet/default-size"),
        ),
        Concept(
            id="parity",
            title="pretrained parity",
            leads_to=("transfer",),
            shown_by=("resnet/parity",),
        ),
        Concept(id="transfer", title="feature extraction", shown_by=("transfer",)),
    ),
    claims=CLAIMS,
    viewer="maps",
)
