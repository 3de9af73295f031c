"""``reference/batchnorm.py`` against ``torch.nn.BatchNorm2d``, in train and in eval."""

import copy

import pytest
import torch
from torch import nn

from reference.batchnorm import BatchNorm2d


def pair(**arguments):
    """Both layers with the same random scale, shift and running statistics, in float64."""
    torch.manual_seed(0)
    mine, theirs = BatchNorm2d(3, **arguments).double(), nn.BatchNorm2d(3, **arguments).double()
    assert list(mine.state_dict()) == list(theirs.state_dict())
    with torch.no_grad():
        for name, value in theirs.state_dict().items():
            assert value.equal(mine.state_dict()[name])
            assert value.shape == mine.state_dict()[name].shape
            if name != "num_batches_tracked":
                value.uniform_(0.5, 2)
    mine.load_state_dict(theirs.state_dict())
    return mine, theirs


def same_state(mine, theirs):
    for (name, value), (their_name, expected) in zip(
        mine.state_dict().items(), theirs.state_dict().items(), strict=True
    ):
        assert name == their_name
        assert value.dtype == expected.dtype
        torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("arguments", [{}, {"eps": 0.1, "momentum": 0.7}, {"momentum": 1.0}])
@pytest.mark.parametrize("shape", [(2, 3, 3, 4), (4, 3, 1, 1), (1, 3, 2, 5)])
def test_train_then_eval_equal_torch(arguments, shape):
    mine, theirs = pair(**arguments)
    for training in (True, True, False, True, False):
        mine.train(training)
        theirs.train(training)
        x = 3 * torch.randn(shape, dtype=torch.float64) + 2
        x_mine, x_theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
        out_mine, out_theirs = mine(x_mine), theirs(x_theirs)
        torch.testing.assert_close(out_mine, out_theirs)
        same_state(mine, theirs)
        # An uneven sum: a plain one has no gradient through the batch statistics.
        push = torch.randn(shape, dtype=torch.float64)
        out_mine.backward(push)
        out_theirs.backward(push)
        torch.testing.assert_close(x_mine.grad, x_theirs.grad)
        for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a.grad, b.grad)


def test_buffers_hold_no_graph_after_a_step():
    mine, _ = pair()
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    mine(x).sum().backward()
    assert not any(buffer.requires_grad for buffer in mine.buffers())
    mine = copy.deepcopy(mine).eval()
    for _ in range(2):
        mine(x).sum().backward()


def test_one_value_a_channel_is_refused_in_train_alone():
    mine, theirs = pair()
    x = torch.ones(1, 3, 1, 1, dtype=torch.float64)
    with pytest.raises(ValueError, match="more than one value a channel"):
        mine(x)
    same_state(mine, theirs)
    torch.testing.assert_close(mine.eval()(x), theirs.eval()(x))
