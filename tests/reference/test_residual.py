"""``reference/residual.py`` against torchvision's ``BasicBlock``."""

import pytest
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock

from reference.residual import BlockGroup, ResidualBlock


def torchvision_block(in_feats, out_feats, stride):
    downsample = None
    if stride != 1 or in_feats != out_feats:
        downsample = nn.Sequential(
            nn.Conv2d(in_feats, out_feats, 1, stride, bias=False), nn.BatchNorm2d(out_feats)
        )
    return BasicBlock(in_feats, out_feats, stride, downsample)


def randomise(model):
    """Give every batch norm a scale, a shift, statistics and a count unlike those at the start."""
    for name, value in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            value.fill_(5)
        elif value.ndim == 1:
            value.uniform_(0.5, 1.5)


def compare(mine, theirs, x):
    assert list(mine.state_dict()) == list(theirs.state_dict())
    randomise(theirs)
    mine.load_state_dict(theirs.state_dict())
    for training in (False, True):
        mine.train(training)
        theirs.train(training)
        torch.testing.assert_close(mine(x), theirs(x))
    for value, expected in zip(mine.buffers(), theirs.buffers(), strict=True):
        torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("first_stride", [1, 2, 3])
@pytest.mark.parametrize(("in_feats", "out_feats"), [(4, 4), (4, 6), (6, 4)])
def test_block_equals_torchvision(in_feats, out_feats, first_stride):
    torch.manual_seed(0)
    mine = ResidualBlock(in_feats, out_feats, first_stride).double()
    theirs = torchvision_block(in_feats, out_feats, first_stride).double()
    x = torch.randn(2, in_feats, 7, 10, dtype=torch.float64)
    compare(mine, theirs, x)
    out_sizes = [-(-size // first_stride) for size in (7, 10)]
    assert mine(x).shape == (2, out_feats, *out_sizes)


@pytest.mark.parametrize(
    ("n_blocks", "in_feats", "out_feats", "first_stride"),
    [(1, 4, 4, 1), (2, 4, 4, 2), (3, 4, 6, 2)],
)
def test_group_equals_torchvision(n_blocks, in_feats, out_feats, first_stride):
    torch.manual_seed(0)
    blocks = [torchvision_block(in_feats, out_feats, first_stride)]
    blocks += [torchvision_block(out_feats, out_feats, 1) for _ in range(n_blocks - 1)]
    mine = BlockGroup(n_blocks, in_feats, out_feats, first_stride).double()
    x = torch.randn(2, in_feats, 9, 6, dtype=torch.float64)
    compare(mine, nn.Sequential(*blocks).double(), x)


def test_gradient_passes_a_block_whose_left_branch_is_silent():
    block = ResidualBlock(3, 3)
    nn.init.zeros_(block.bn2.weight)
    x = torch.randn(2, 3, 4, 5, requires_grad=True)
    block(x).sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, (x > 0).float())
