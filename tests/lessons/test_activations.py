"""What stands in place of a ReLU is named by what it makes of single numbers."""

import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from lessons.activations import NUMBERS, is_relu, name_of

STYLES = Path(__file__).parent / "styles"
NAMES = {
    "GELU": F.gelu,
    "SiLU": F.silu,
    "tanh": torch.tanh,
    "no function": lambda x: x,
    "a leaky ReLU of slope 0.1": lambda x: F.leaky_relu(x, 0.1),
    "a ReLU times 2": lambda x: 2 * F.relu(x),
    "a ReLU that ends at 20": lambda x: x.clamp(0, 20),
    "": lambda x: F.relu(x - 1),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_known_by_its_values(name):
    made = NAMES[name](torch.tensor(NUMBERS, dtype=torch.float64))
    assert name_of(made) == name
    assert not is_relu(made)


@pytest.mark.parametrize(
    "relu", [F.relu, lambda x: x * (x > 0), lambda x: (x + x.abs()) / 2, lambda x: x.clamp(min=0)]
)
def test_a_relu_is_one_however_it_is_written(relu):
    for kind in (torch.float64, torch.float32):
        assert is_relu(relu(torch.tensor(NUMBERS, dtype=kind)))


SIMPLE = """
import torch, torch.nn.functional as F
from torch import nn
class SimpleMLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = Linear(784, 100), Linear(100, 10)
    def forward(self, x):
        h = self.one(x.flatten(1))
        return self.two(FUNCTION)
"""
BLOCK = """
import torch, torch.nn.functional as F
from torch import nn
class ResidualBlock(nn.Module):
    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.c1 = nn.Conv2d(in_feats, out_feats, 3, first_stride, 1, bias=False)
        self.b1 = nn.BatchNorm2d(out_feats)
        self.c2 = nn.Conv2d(out_feats, out_feats, 3, 1, 1, bias=False)
        self.b2 = nn.BatchNorm2d(out_feats)
        self.right = nn.Identity()
        if first_stride != 1 or in_feats != out_feats:
            self.right = nn.Sequential(
                nn.Conv2d(in_feats, out_feats, 1, first_stride, bias=False),
                nn.BatchNorm2d(out_feats),
            )
    def forward(self, x):
        h = self.b1(self.c1(x))
        h = self.b2(self.c2(INSIDE)) + self.right(x)
        return OUTSIDE
"""


@pytest.mark.parametrize(
    ("function", "seen"),
    [
        ("h.clamp(0, 20)", "a ReLU that ends at 20: 1000 becomes 20"),
        ("F.silu(h)", "SiLU: -1 becomes -0.2689"),
        ("F.relu(h - 1)", "another function: 1 becomes 0"),
    ],
)
def test_in_the_network(judge_source, function, seen):
    base = (STYLES / "mlp" / "sequential_named.py").read_text("utf-8")
    source = base + SIMPLE.replace("FUNCTION", function)
    verdict = judge_source("mlp", source, 0, ("same-outputs",))["same-outputs"]
    assert verdict.verdict == "failed"
    assert verdict.diagnosis.startswith("What stands between your two layers is not a ReLU.")
    assert verdict.observed == seen
    assert re.match(r"ReLU: -?\d+ becomes \d+$", verdict.expected)


@pytest.mark.parametrize(
    ("inside", "outside", "claim", "where", "seen"),
    [
        ("F.gelu(h)", "F.relu(h)", "eval-values", "between the two parts of the left branch",
         "GELU: -1 becomes -0.1587"),
        ("F.relu(h)", "F.elu(h)", "branches-add", "after the sum", "ELU: -8 becomes -0.9997"),
    ],
)  # fmt: skip
def test_in_a_block(judge_source, inside, outside, claim, where, seen):
    source = BLOCK.replace("INSIDE", inside).replace("OUTSIDE", outside)
    verdict = judge_source("residual", source, 0, (claim,))[claim]
    assert verdict.verdict == "failed"
    assert verdict.diagnosis == f"What stands {where} is not a ReLU. Use `F.relu` there."
    assert verdict.observed == seen
    right = source.replace(inside, "h * (h > 0)").replace(outside, "torch.maximum(h, 0 * h)")
    assert judge_source("residual", right, 0, (claim,))[claim].verdict == "passed"
