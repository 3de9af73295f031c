"""``reference/conv.py`` against ``torch.nn``, on maps that are not square."""

import itertools

import pytest
import torch
from torch import nn

from reference.conv import AveragePool, Conv2d, MaxPool2d, conv_output_size


def test_conv_output_size_is_the_size_that_torch_makes():
    for size, kernel_size, stride, padding in itertools.product(
        range(1, 10), range(1, 6), range(1, 5), range(3)
    ):
        if size + 2 * padding < kernel_size:
            with pytest.raises(ValueError, match="does not fit"):
                conv_output_size(size, kernel_size, stride, padding)
        else:
            weight = torch.zeros(1, 1, kernel_size)
            out = torch.conv1d(torch.zeros(1, 1, size), weight, None, stride, padding)
            found = conv_output_size(size, kernel_size, stride, padding)
            assert type(found) is int
            assert found == out.shape[-1]


@pytest.mark.parametrize(
    ("in_channels", "out_channels", "kernel_size", "stride", "padding"),
    [(1, 4, 3, 1, 0), (3, 5, 3, 2, 1), (4, 2, 5, 3, 2), (2, 6, 1, 2, 0), (3, 8, 7, 2, 3)],
)
def test_conv2d_equals_torch(in_channels, out_channels, kernel_size, stride, padding):
    torch.manual_seed(0)
    shape = (in_channels, out_channels, kernel_size, stride, padding)
    mine, theirs = Conv2d(*shape).double(), nn.Conv2d(*shape, bias=False).double()
    mine.load_state_dict(theirs.state_dict())
    x = torch.randn(2, in_channels, 13, 18, dtype=torch.float64)
    torch.testing.assert_close(mine(x), theirs(x))
    sizes = [conv_output_size(size, kernel_size, stride, padding) for size in (13, 18)]
    assert mine(x).shape == (2, out_channels, *sizes)


def test_conv2d_starts_uniform_within_its_bound():
    torch.manual_seed(0)
    values, bound = Conv2d(16, 50, 5).weight.detach(), (16 * 25) ** -0.5
    assert values.abs().max() <= bound
    quarters = torch.histc(values, 4, -bound, bound) / values.numel()
    torch.testing.assert_close(quarters, torch.full((4,), 0.25), atol=0.02, rtol=0)


@pytest.mark.parametrize(
    ("kernel_size", "stride", "padding"),
    [(2, None, 0), (3, None, 1), (3, 2, 1), (4, 1, 2), (2, 3, 0)],
)
def test_max_pool_equals_torch_on_negative_values_too(kernel_size, stride, padding):
    torch.manual_seed(0)
    x = -torch.rand(2, 3, 9, 14, dtype=torch.float64) - 1
    mine, theirs = (
        pool(kernel_size, stride=stride, padding=padding) for pool in (MaxPool2d, nn.MaxPool2d)
    )
    assert torch.equal(mine(x), theirs(x))


def test_average_pool_equals_torch():
    x = torch.randn(3, 5, 4, 7, dtype=torch.float64)
    torch.testing.assert_close(AveragePool()(x), nn.AdaptiveAvgPool2d(1)(x).flatten(1))
