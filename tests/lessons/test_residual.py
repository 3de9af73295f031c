"""Checkpoint ``residual``: right answers pass whatever their style, wrong ones are named."""

from pathlib import Path

import pytest

STYLES = sorted((Path(__file__).parent / "styles" / "residual").glob("*.py"))


@pytest.mark.long
@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_right_answers_pass_in_any_style(judge_source, path, seeds):
    source = path.read_text("utf-8")
    for seed in seeds:
        verdicts = judge_source("residual", source, seed)
        refused = [
            (j.claim, j.observed, j.expected) for j in verdicts.values() if j.verdict != "passed"
        ]
        assert not refused, f"seed {seed}"


STYLE = Path(__file__).parent / "styles" / "residual"
BASE = (
    (STYLE / "torchvision_like.py")
    .read_text("utf-8")
    .replace("super(ResidualBlock, self)", "super()")
)

SUM = "        out += identity\n        return self.relu(out)"
CONDITION = "if stride != 1 or inplanes != planes:"
REST = "layers.append(ResidualBlock(inplanes, planes))"

# The same mistakes as the course keeps, written in another way than the course does.
OTHER_WORDS = {
    ("branches-add", "no-skip"): (SUM, "        return self.relu(out)"),
    ("branches-add", "branches-multiplied"): (SUM, "        return nn.ReLU()(identity * out)"),
    ("branches-add", "relu-before-the-sum"): (SUM, "        return identity + out.clamp(min=0)"),
    ("branches-add", "left-branch-ends-in-relu"): (SUM, f"        out = out.relu()\n{SUM}"),
    ("branches-add", "no-final-relu"): (SUM, "        return t.add(identity, out)"),
    ("branches-add", "input-changed-before-the-branches"): (
        "        identity = x\n",
        "        identity = x\n        x.relu_()\n",
    ),
    ("branches-add", "input-overwritten"): (
        "        out = self.bn2(out)\n",
        "        out = self.bn2(out)\n        x = identity = out * 1\n",
    ),
    ("eval-values", "no-relu-between"): (
        "        out = self.relu(out)\n        out",
        "        out",
    ),
    ("eval-values", "conv-relu-bn"): (
        "        out = self.bn1(out)\n        out = self.relu(out)\n",
        "        out = self.relu(out)\n        out = self.bn1(out)\n",
    ),
    ("eval-values", "stride-on-the-second"): (
        "self.conv2 = conv3x3(planes, planes)",
        "self.conv2 = conv3x3(planes, planes, stride); self.conv1.stride = (1, 1)",
    ),
    ("eval-values", "projection-not-strided"): ("planes, 1, stride, bias=", "planes, 1, bias="),
    ("projection", "projection-always"): (CONDITION, "if True:"),
    ("projection", "projection-never"): (CONDITION, "if False:"),
    ("projection", "projection-only-when-both"): (CONDITION, CONDITION.replace(" or ", " and ")),
    ("projection", "projection-by-stride-alone"): (CONDITION, "if stride > 1:"),
    ("projection", "projection-by-channels-alone"): (CONDITION, "if planes - inplanes:"),
    ("projection", "projection-without-batch-norm"): (
        "stride, bias=False), nn.BatchNorm2d(planes)",
        "stride, bias=False)",
    ),
    ("layers", "batch-norm-used-twice"): (
        "self.bn2 = nn.BatchNorm2d(planes)",
        "self.bn2 = self.bn1",
    ),
    ("layers", "layers-not-kept"): (
        "        self.conv1 = conv3x3(inplanes, planes, stride)\n",
        "        self = nn.Module()\n        self.conv1 = conv3x3(inplanes, planes, stride)\n",
    ),
    ("layers", "layers-made-in-forward"): (
        "class BlockGroup",
        """_Block = ResidualBlock


class ResidualBlock(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.sizes = sizes

    def forward(self, x):
        return _Block(*self.sizes).to(x.dtype).eval()(x)


class BlockGroup""",
    ),
    ("gradient-route", "shortcut-detached"): (
        "        out += identity\n",
        "        out += identity.data\n",
    ),
    ("gradient-route", "added-into-the-input"): (
        "        out += identity\n",
        "        identity += out\n        out = identity\n",
    ),
    ("group-blocks", "one-block-too-few"): ("range(1, n_blocks)", "range(n_blocks - 2)"),
    ("group-blocks", "one-block-too-many"): ("range(1, n_blocks)", "range(n_blocks)"),
    ("group-blocks", "blocks-in-a-list"): (
        "self.layer = nn.Sequential(*layers)",
        "self.layer = lambda x: nn.Sequential(*layers).to(x.dtype)(x)",
    ),
    ("group-blocks", "one-block-repeated"): (
        "for _ in range(1, n_blocks):\n            layers.append(ResidualBlock(inplanes, planes))",
        "layers += [ResidualBlock(inplanes, planes)] * (n_blocks - 1)",
    ),
    ("group-shape", "every-block-strided"): (REST, REST.replace("planes))", "planes, stride))")),
    ("group-shape", "group-missing-return"): ("return self.layer(x)", "self.layer(x)"),
    ("group-values", "only-the-first-block-runs"): (
        "return self.layer(x)",
        "return self.layer[0](x)",
    ),
    ("branches-add", "left-branch-alone"): (SUM, "        return out"),
    ("branches-add", "relu6-after-the-sum"): (
        SUM,
        "        return (out + identity).clamp(0, 6)",
    ),
    ("branches-add", "shortcut-halved"): (SUM, "        return self.relu(out + identity / 2)"),
    ("eval-values", "relu6-between"): (
        "        out = self.relu(out)\n        out",
        "        out = nn.ReLU6()(out)\n        out",
    ),
    ("layers", "projections-batch-norm-of-in-feats"): (
        "stride, bias=False), nn.BatchNorm2d(planes)",
        "stride, bias=False), nn.BatchNorm2d(inplanes)",
    ),
    ("layers", "projection-normalised-first"): (
        "nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes)",
        "nn.BatchNorm2d(inplanes), nn.Conv2d(inplanes, planes, 1, stride, bias=False)",
    ),
    ("branches-add", "none-called"): (
        "        if self.downsample is not None:\n            identity",
        "        identity",
    ),
    ("group-blocks", "list-not-unpacked"): ("nn.Sequential(*layers)", "nn.Sequential(layers)"),
}


@pytest.mark.parametrize(("claim", "mistake"), OTHER_WORDS, ids=lambda value: value)
def test_a_wrong_answer_is_named_however_it_is_written(judge_source, claim, mistake):
    old, new = OTHER_WORDS[claim, mistake]
    assert BASE.count(old) == 1
    verdicts = judge_source("residual", BASE.replace(old, new), claims=(claim,))
    assert verdicts[claim].verdict == "failed"
    assert verdicts[claim].mistake == mistake
    assert verdicts[claim].diagnosis
    assert verdicts[claim].repair.startswith("depth#")


RIGHT_FIRST = (STYLE / "left_and_right.py").read_text("utf-8")


def test_a_wrong_order_is_no_reason_to_refuse_anything_else(judge_source):
    left, rest = RIGHT_FIRST.split("        self.left = ", 1)
    body, after = rest.split("        if first_stride", 1)
    condition, after = after.split("        self.relu =", 1)
    source = (
        f"{left}        if first_stride{condition}        self.left = {body}"
        f"        self.relu ={after}"
    )
    verdicts = judge_source("residual", source)
    failed = {j.claim: j.mistake for j in verdicts.values() if j.verdict != "passed"}
    assert failed == {"order": "right-branch-first"}


def test_a_mistake_that_nobody_kept_is_told_by_what_it_does(judge_source):
    source = BASE.replace(SUM, "        return 3 * self.relu(out + identity)")
    judged = judge_source("residual", source, claims=("eval-values",))["eval-values"]
    assert judged.verdict == "failed"
    assert judged.mistake is None
    assert "3 times" in judged.diagnosis


def test_it_is_told_how_often_each_branch_counts(judge_source):
    source = BASE.replace(SUM, "        return self.relu(0.1 * out + identity)")
    judged = judge_source("residual", source, claims=("branches-add",))["branches-add"]
    assert judged.mistake is None
    assert judged.observed == "ResidualBlock(6, 6): the output fits relu(0.1 * left + 1 * right)"
    assert judged.expected == "relu(left + right)"
    assert not judged.diagnosis


def test_the_circumstance_in_which_it_goes_wrong_is_told(judge_source):
    source = BASE.replace(
        "            identity = self.downsample(x)\n",
        "            identity = 1.5 * self.downsample(x)\n",
    )
    judged = judge_source("residual", source, claims=("eval-values",))["eval-values"]
    assert judged.mistake is None
    assert "only when the shortcut is the projection" in judged.diagnosis


def test_two_mistakes_at_once_are_not_taken_for_one(judge_source):
    source = BASE.replace(SUM, "        return out + identity").replace(
        "        out = self.relu(out)\n        out", "        out"
    )
    verdicts = judge_source("residual", source, claims=("branches-add", "eval-values"))
    assert verdicts["branches-add"].mistake == "no-final-relu"
    assert verdicts["eval-values"].verdict == "failed"
    assert verdicts["eval-values"].mistake is None


def test_a_misspelt_layer_is_told_by_pythons_own_words(judge_source):
    source = BASE.replace("self.relu = nn.ReLU(inplace=True)", "self.relu = nn.Relu()")
    judged = judge_source("residual", source, claims=("layers",))["layers"]
    assert judged.verdict == "failed"
    assert "has no attribute 'Relu'" in judged.observed
    assert "residual.py, line" in judged.observed
    assert judged.mistake is None


def test_a_missing_name_is_told(judge_source):
    verdicts = judge_source("residual", "from torch import nn\n")
    assert "residual.py defines no `ResidualBlock`" in verdicts["layers"].observed
    assert verdicts["layers"].mistake is None


def test_a_group_not_written_yet_leaves_the_block_judged(judge_source):
    source = BASE.split("class BlockGroup")[0] + (
        "class BlockGroup(nn.Sequential):\n"
        "    def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):\n"
        "        raise NotImplementedError('write __init__')\n"
    )
    verdicts = judge_source("residual", source)
    assert verdicts["gradient-route"].verdict == "passed"
    assert verdicts["group-blocks"].observed == "not written yet: write __init__"
    assert verdicts["group-blocks"].mistake is None
    assert verdicts["group-values"].verdict == "not-reached"


def test_torchvisions_own_block_is_not_taken_for_the_learners(judge_source):
    source = BASE.replace(
        "class BlockGroup",
        "from torchvision.models.resnet import BasicBlock\n\n\n"
        "class ResidualBlock(BasicBlock):\n    pass\n\n\nclass BlockGroup",
    )
    judged = judge_source("residual", source, claims=("layers",))["layers"]
    assert judged.verdict == "failed"
    assert "torchvision" in judged.observed


def test_torchvisions_block_inside_ones_own_is_refused(judge_source):
    source = (
        "from torch import nn\nfrom torchvision.models.resnet import BasicBlock\n\n\n"
        "class ResidualBlock(nn.Module):\n    def __init__(self, i, o, s=1):\n"
        "        super().__init__()\n        self.block = BasicBlock(i, o, s)\n\n"
        "    def forward(self, x):\n        return self.block(x)\n"
    )
    judged = judge_source("residual", source, claims=("layers",))["layers"]
    assert judged.verdict == "failed"
    assert "has inside it torchvision's block" in judged.observed


def test_it_tells_that_it_goes_wrong_in_train_mode_only(judge_source):
    source = BASE.replace("return self.layer(x)", "self.eval(); return self.layer(x)")
    judged = judge_source("residual", source, claims=("group-values",))["group-values"]
    assert judged.mistake is None
    assert judged.diagnosis == "It goes wrong only when the mode is train."


def test_frozen_weights_are_not_named_where_the_shortcut_is_missing(judge_source):
    source = BASE.replace("out += identity", "out = out if self.training else out + identity")
    judged = judge_source("residual", source, claims=("gradient-route",))["gradient-route"]
    assert judged.verdict == "failed"
    assert judged.mistake != "projection-frozen"
