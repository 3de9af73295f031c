"""Checkpoint ``resnet``: right answers pass whatever their style, wrong ones are named."""

import sys
import types
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import torch
from torchvision.models import resnet18, resnet34

from lessons.anchors import sections
from lessons.declare import board_path
from lessons.judging import judge
from lessons.mistakes import mistakes_of, reference_namespace
from lessons.proving import Findings
from lessons.values import network_values
from lessons.workbench import Workbench

STYLES = sorted((Path(__file__).parent / "styles" / "resnet").glob("*.py"))
LIGHT = (
    "state-dict",
    "head",
    "stem",
    "groups",
    "eval-mode",
    "train-mode",
    "copy-by-order",
    "copy-apart",
    "copy-refuses",
)
by_name = pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)


@pytest.mark.long
@pytest.mark.apart
@by_name
def test_right_answers_pass_in_any_style(judge_source, path, seeds):
    source = path.read_text("utf-8")
    for seed in seeds:
        verdicts = judge_source("resnet", source, seed, () if seed == 0 else LIGHT)
        refused = [
            (j.claim, j.observed, j.expected) for j in verdicts.values() if j.verdict != "passed"
        ]
        assert not refused, f"seed {seed}"


# --- against torchvision's own constructors ------------------------------------------------------


@contextmanager
def _module(path):
    """A style's file, imported; what it takes from earlier files is the reference's."""
    module = types.ModuleType(path.stem)
    names = ("mlp", "conv", "residual", "batchnorm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, path.stem, module)
        for name in names:
            piece = types.ModuleType(name)
            piece.__dict__.update(reference_namespace(name))
            patch.setitem(sys.modules, name, piece)
        exec(compile(path.read_text("utf-8"), path.name, "exec"), module.__dict__)
        yield module


def _randomised(model):
    state = model.state_dict()
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    model.load_state_dict(network_values(shapes, torch.Generator().manual_seed(1)))
    return model


@cache
def _theirs(constructor, kind, sizes):
    """torchvision's network, images, and its logits for them: by size, in eval and train mode."""
    theirs = _randomised(constructor().to(kind))
    running, dice = deepcopy(theirs), torch.Generator().manual_seed(2)
    seen = []
    for size in sizes:
        images = torch.randn(2 if size < 100 else 1, 3, size, size, dtype=kind, generator=dice)
        with torch.no_grad():
            seen += [(images, train, running.train(train)(images)) for train in (False, True)]
    return theirs, seen


@pytest.mark.long
@by_name
@pytest.mark.parametrize(
    ("constructor", "blocks", "sizes"),
    [(resnet34, [3, 4, 6, 3], (224, 64)), (resnet18, [2, 2, 2, 2], (64,))],
    ids=["resnet34", "resnet18"],
)
def test_copied_weights_give_torchvisions_logits(path, constructor, blocks, sizes):
    # One style is right in float32 alone, where rounding is 10^9 times coarser.
    kind, tolerance = torch.float64, 1e-12
    if path.stem.startswith("float32"):
        kind, tolerance = torch.float32, 1e-4
    theirs, seen = _theirs(constructor, kind, sizes)
    with _module(path) as module:
        mine = module.copy_weights(module.ResNet34(blocks).to(kind), theirs)
    for images, train, right in seen:
        with torch.no_grad():
            assert (mine.train(train)(images) - right).abs().max() <= tolerance * right.abs().max()


# --- wrong answers -------------------------------------------------------------------------------

BASE = (STYLES[0].parent / "torchvision_like.py").read_text("utf-8")
LENGTHS = next(line for line in BASE.splitlines(True) if "assert len(mydict)" in line)

# The same mistakes as the course keeps, written in another way than the course does.
OTHER_WORDS = {
    ("state-dict", "bias-in-the-stem"): ("stride=2, padding=3, bias=False", "stride=2, padding=3"),
    ("state-dict", "two-linear-layers"): (
        "self.fc = nn.Linear(planes[3], n_classes)",
        "self.fc = nn.Sequential(nn.Linear(planes[3], planes[3]), nn.Linear(planes[3], n_classes))",
    ),
    ("state-dict", "thousand-classes-fixed"): (
        "nn.Linear(planes[3], n_classes)",
        "nn.Linear(planes[3], 1000)",
    ),
    ("state-dict", "a-block-too-few"): (
        "for _ in range(1, blocks):",
        "for _ in range(1, blocks - 1):",
    ),
    ("state-dict", "projection-by-stride-alone"): (
        "if stride != 1 or self.inplanes != planes:",
        "if stride != 1:",
    ),
    ("state-dict", "every-group-projects"): (
        "if stride != 1 or self.inplanes != planes:",
        "if True:",
    ),
    ("state-dict", "groups-in-a-plain-list"): (
        "        self.avgpool = nn",
        "        self.gs = [self.layer1, self.layer2, self.layer3, self.layer4]\n"
        "        del self.layer1, self.layer2, self.layer3, self.layer4\n"
        "        self.avgpool = nn",
    ),
    ("state-dict", "stem-not-registered"): (
        "        layers, planes, strides",
        "        super(ResNet34, self).__init__()\n        layers, planes, strides",
    ),
    ("state-dict", "stem-declared-last"): (
        "        self.avgpool = nn",
        "        for name in ('conv1', 'bn1'):\n"
        "            self._modules[name] = self._modules.pop(name)\n"
        "        self.avgpool = nn",
    ),
    ("state-dict", "torchvisions-own-network"): (
        "def copy_weights",
        "import torchvision\n\n\nclass ResNet34(torchvision.models.ResNet):\n"
        "    def __init__(self, *lists):\n"
        "        super().__init__(torchvision.models.resnet.BasicBlock, [1, 1, 1, 1])\n\n\n"
        "def copy_weights",
    ),
    ("state-dict", "first-group-strides"): ("layers[0], strides[0])", "layers[0], 2)"),
    ("head", "block-returns-nothing"): ("        return self.relu(out)", "        self.relu(out)"),
    ("head", "module-list-called"): (
        "return nn.Sequential(*layers)",
        "return nn.ModuleList(layers)",
    ),
    ("groups", "relu-on-both-sides-of-the-sum"): (
        "out = self.bn2(self.conv2(out))",
        "out = self.relu(self.bn2(self.conv2(out)))",
    ),
    ("head", "softmax-at-the-end"): (
        "return self.fc(torch.flatten(self.avgpool(x), 1))",
        "return nn.Softmax(-1)(self.fc(torch.flatten(self.avgpool(x), 1)))",
    ),
    ("head", "squeezed"): ("torch.flatten(self.avgpool(x), 1)", "self.avgpool(x).squeeze()"),
    ("head", "flattened-without-pool"): (
        "torch.flatten(self.avgpool(x), 1)",
        "x.reshape(len(x), -1)",
    ),
    ("head", "max-pool-in-the-head"): ("AdaptiveAvgPool2d((1, 1))", "AdaptiveMaxPool2d(1)"),
    ("head", "pool-of-7x7-fixed"): ("nn.AdaptiveAvgPool2d((1, 1))", "nn.AvgPool2d(7)"),
    ("head", "return-forgotten"): (
        "return self.fc(torch.flatten",
        "self.fc(torch.flatten",
    ),
    ("stem", "no-max-pool"): (
        "self.maxpool(self.relu(self.bn1(self.conv1(x))))",
        "self.relu(self.bn1(self.conv1(x)))",
    ),
    ("stem", "pool-without-padding"): ("stride=2, padding=1)", "stride=2)"),
    ("stem", "no-relu-in-the-stem"): (
        "self.maxpool(self.relu(self.bn1(self.conv1(x))))",
        "self.maxpool(self.bn1(self.conv1(x)))",
    ),
    ("stem", "stem-norm-not-used"): (
        "self.maxpool(self.relu(self.bn1(self.conv1(x))))",
        "self.maxpool(self.conv1(x).relu())",
    ),
    ("groups", "strides-ignored"): (
        "[BasicBlock(self.inplanes, planes, stride, downsample)]",
        "[BasicBlock(self.inplanes, planes, 1, downsample)]\n"
        "        if downsample: downsample[0].stride = (1, 1)",
    ),
    ("groups", "stride-missing-in-the-projection"): (
        "kernel_size=1, stride=stride",
        "kernel_size=1, stride=1",
    ),
    ("groups", "identity-blocks-without-shortcut"): (
        "out += identity",
        "out += 0 if self.downsample is None else identity",
    ),
    ("groups", "stride-on-the-second-convolution"): (
        "        self.downsample = downsample",
        "        self.conv1.stride, self.conv2.stride = self.conv2.stride, self.conv1.stride\n"
        "        self.downsample = downsample",
    ),
    ("train-mode", "dropout-before-the-head"): (
        "torch.flatten(self.avgpool(x), 1)",
        "nn.functional.dropout(torch.flatten(self.avgpool(x), 1), 0.2, self.training)",
    ),
    ("train-mode", "features-detached"): (
        "torch.flatten(self.avgpool(x), 1)",
        "torch.flatten(self.avgpool(x), 1).data",
    ),
    ("copy-by-order", "by-name"): (
        "mine.load_state_dict(state_dict_to_load)",
        "mine.load_state_dict(pretraineddict)",
    ),
    ("copy-by-order", "by-name-if-there"): (
        "state_dict_to_load[mykey] = pretrainedvalue",
        "state_dict_to_load[mykey] = pretraineddict.get(mykey, myvalue)",
    ),
    ("copy-by-order", "filled-but-not-returned"): ("    return mine\n", ""),
    ("copy-by-order", "nothing-copied"): ("    mine.load_state_dict(state_dict_to_load)\n", ""),
    ("copy-apart", "memory-shared"): ("(state_dict_to_load)", "(state_dict_to_load, assign=True)"),
    ("copy-refuses", "entries-left-in-pretrained"): (LENGTHS, ""),
    ("copy-refuses", "half-copied"): ("assert myvalue.shape == pretrainedvalue.shape", "pass"),
    ("default-size", "blocks-misordered"): ("[3, 4, 6, 3]", "[3, 3, 4, 6]"),
    ("default-size", "ten-classes-by-default"): ("n_classes=1000", "n_classes=10"),
    ("parity", "default-strides-all-one"): ("[1, 2, 2, 2]", "[1, 1, 1, 1]"),
    ("state-dict", "stem-convolution-not-registered"): (
        "        self.conv1 = nn.Conv2d(3, 64",
        "        conv1 = nn.Conv2d(3, 64",
    ),
    ("groups", "a-group-in-the-middle-left-out"): ("self.layer3(self.layer2", "(self.layer2"),
    ("copy-refuses", "mismatches-of-shape-skipped"): (
        "assert myvalue.shape == pretrainedvalue.shape",
        "pretrainedvalue = pretrainedvalue if myvalue.shape == pretrainedvalue.shape else myvalue",
    ),
}


@pytest.mark.parametrize(("claim", "mistake"), OTHER_WORDS, ids=lambda value: value)
def test_a_wrong_answer_is_named_however_it_is_written(judge_source, claim, mistake):
    old, new = OTHER_WORDS[claim, mistake]
    assert BASE.count(old) == 1
    verdicts = judge_source("resnet", BASE.replace(old, new), claims=(claim,))
    assert verdicts[claim].verdict == "failed"
    assert verdicts[claim].mistake == mistake
    assert verdicts[claim].diagnosis
    assert verdicts[claim].repair.startswith(("reuse#", "depth#"))


def _replaced(*pairs):
    source = BASE
    for old, new in pairs:
        assert source.count(old) >= 1
        source = source.replace(old, new)
    return source


def test_a_mistake_that_nobody_kept_is_told_by_where_it_departs(judge_source):
    source = _replaced(("out += identity", "out += 2 * identity"))
    verdicts = judge_source("resnet", source)
    assert verdicts["stem"].verdict == "passed"
    judged = verdicts["groups"]
    assert judged.verdict == "failed"
    assert judged.mistake is None
    assert "the first stage that departs is block 1 of group 1" in judged.observed
    assert "`layer1.0` (BasicBlock)" in judged.observed
    assert "the largest difference is" in judged.observed
    assert "the sum and the last ReLU" in judged.expected
    assert verdicts["parity"].verdict == "not-reached"


def test_an_error_in_a_block_is_not_taken_for_one_in_the_head(judge_source):
    source = _replaced(("stride=stride, padding=1, bias", "stride=stride, bias"))
    judged = judge_source("resnet", source, claims=("head",))["head"]
    assert (judged.verdict, judged.mistake) == ("failed", None)
    assert "must match the size" in judged.observed
    assert judged.expected == "scores of shape (3, 7)"


def test_a_layer_that_is_not_called_is_told(judge_source):
    source = _replaced(("out = self.bn2(self.conv2(out))", "out = self.bn1(self.conv2(out))"))
    judged = judge_source("resnet", source, claims=("groups",))["groups"]
    assert (judged.verdict, judged.mistake) == ("failed", None)
    assert "your `layer1.0.bn2` was not called" in judged.observed


def test_a_circumstance_is_told(judge_source):
    source = _replaced(
        (
            "if self.downsample is not None:",
            "if self.conv1.stride[0] == 3: x = -x\n        if self.downsample is not None:",
        )
    )
    judged = judge_source("resnet", source, claims=("groups",))["groups"]
    assert judged.verdict == "failed"
    assert "only when the stride of group 3 is 3" in judged.diagnosis


def _table(source):
    """The table that a check of state-dict shows."""
    module = types.ModuleType("resnet")
    exec(compile(source, "resnet.py", "exec"), module.__dict__)
    findings = Findings()
    bench = Workbench(module.__dict__, "resnet.py")
    judge("resnet", bench.answer, claims=("state-dict",), show=findings)
    (table,) = findings.tables
    return table


def test_the_table_shows_where_rows_depart():
    source = _replaced(("stride=2, padding=3, bias=False", "stride=2, padding=3"))
    title, columns, rows, marked = _table(source)
    assert title.startswith("state_dict of ResNet34([2, 1, 3, 1]")
    assert columns == ["row", "expected", "shape", "yours", "shape", ""]
    assert marked == [1]
    assert rows[1] == ["", "-", "", "conv1.bias", "(64,)", "extra"]
    assert max(sum(len(cell) + 2 for cell in row) for row in rows) <= 80


def test_the_table_is_the_same_for_swapped_rows():
    source = _replaced(
        (
            "        self.avgpool = nn",
            "        self._modules['bn1'] = self._modules.pop('bn1')\n        self.avgpool = nn",
        )
    )
    *_, rows, marked = _table(source)
    assert {rows[number][-1] for number in marked} == {"swapped"}


def test_two_mistakes_at_once_are_not_taken_for_one(judge_source):
    source = _replaced(
        ("stride=2, padding=3, bias=False", "stride=2, padding=3"),
        ("nn.Linear(planes[3], n_classes)", "nn.Linear(planes[3], 1000)"),
    )
    judged = judge_source("resnet", source, claims=("state-dict",))["state-dict"]
    assert judged.verdict == "failed"
    assert judged.mistake in ("bias-in-the-stem", "thousand-classes-fixed")
    assert "not all" in judged.why


def test_torchvisions_network_inside_ones_own_is_refused_by_name(judge_source):
    source = _replaced(
        (
            "def copy_weights",
            "from torchvision.models import resnet34\n\n\nclass ResNet34(nn.Module):\n"
            "    def __init__(self, *lists):\n"
            "        super().__init__()\n"
            "        self.net = resnet34()\n\n\n"
            "def copy_weights",
        )
    )
    judged = judge_source("resnet", source, claims=("state-dict",))["state-dict"]
    assert judged.mistake == "torchvisions-own-network"
    assert judged.observed == "its part `net` is torchvision's ResNet"


def test_a_missing_name_and_a_body_not_written_are_told(judge_source):
    verdicts = judge_source(
        "resnet",
        "def copy_weights(a, b):\n    raise NotImplementedError('write copy_weights')\n",
    )
    assert "resnet.py defines no `ResNet34`" in verdicts["state-dict"].observed
    assert verdicts["state-dict"].mistake is None
    assert verdicts["copy-by-order"].observed == "not written yet: write copy_weights"
    assert verdicts["copy-by-order"].mistake is None
    assert verdicts["parity"].verdict == "not-reached"


def test_every_repair_link_finds_its_section():
    known = {
        f"{move}#{anchor}"
        for move in ("reuse", "depth")  # what a block computes is told in the move before
        for anchor in sections(board_path(move, "board.md").read_text(encoding="utf-8"))
    }
    assert {mistake.repair for mistake in mistakes_of("lessons.reuse.resnet")} <= known


def test_torchvisions_blocks_inside_ones_own_network_are_refused_by_name(judge_source):
    source = _replaced(
        ("class BasicBlock(nn.Module)", "class Unused(nn.Module)"),
        ("super(BasicBlock, self)", "super(Unused, self)"),
        ("import torch\n", "import torch\nfrom torchvision.models.resnet import BasicBlock\n"),
    )
    judged = judge_source("resnet", source, claims=("state-dict",))["state-dict"]
    assert judged.mistake == "torchvisions-own-network"
    assert judged.observed == "a part of `ResNet34` is torchvision's BasicBlock"
