"""Views by ``as_strided``, held to indexing; products, convolutions and pools, held to PyTorch."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from reference import strides

LAYOUTS = {
    "plain": lambda x: x,
    "transposed": lambda x: (
        x.permute(*reversed(range(x.ndim))).contiguous().permute(*reversed(range(x.ndim)))
    ),
    "sliced": lambda x: torch.cat([x, x], -1)[..., : x.shape[-1]],
}


@pytest.fixture(params=LAYOUTS)
def laid(request):
    return LAYOUTS[request.param]


@pytest.mark.parametrize("shape", [(2, 3), (4, 6), (5, 3)])
def test_views_hold_what_their_names_say_and_share_memory(laid, shape):
    x = laid(torch.randn(*shape))
    seen = strides.views(x)
    assert torch.equal(seen["column"], x[:, 1])
    assert torch.equal(seen["transposed"], x.T)
    assert torch.equal(seen["diagonal"], x.diagonal())
    assert torch.equal(seen["every other"], x[0, ::2])
    assert torch.equal(seen["repeated"], x[:1].repeat(3, 1))
    assert torch.equal(seen["pairs"], x.unfold(1, 2, 1))
    assert torch.equal(seen["patches"], x.unfold(0, 2, 1).unfold(1, 2, 1))
    memory = x.untyped_storage().data_ptr()
    assert {view.untyped_storage().data_ptr() for view in seen.values()} == {memory}


def test_products(laid):
    a, b, v = (laid(torch.randn(*s, dtype=torch.float64)) for s in ((4, 6), (6, 3), (6,)))
    torch.testing.assert_close(strides.mv(a, v), a @ v)
    torch.testing.assert_close(strides.mm(a, b), a @ b)
    square = laid(torch.randn(5, 5))
    torch.testing.assert_close(strides.trace(square), torch.trace(square))


SIZES = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(4, 9), st.integers(4, 9))
PAIRS = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)))
PADS = st.one_of(st.integers(0, 2), st.tuples(st.integers(0, 2), st.integers(0, 2)))


@given(
    SIZES,
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    PAIRS,
    PADS,
    st.sampled_from(list(LAYOUTS)),
)
def test_convolution_of_images_is_torchs(size, kernel, stride, padding, layout):
    x = LAYOUTS[layout](torch.randn(size, dtype=torch.float64))
    weights = torch.randn(2, size[1], *kernel, dtype=torch.float64)
    torch.testing.assert_close(
        strides.conv2d(x, weights, stride, padding), F.conv2d(x, weights, None, stride, padding)
    )
    row, kernels = x[:, :, 0], weights[:, :, 0]
    step, pad = (n if isinstance(n, int) else n[0] for n in (stride, padding))
    torch.testing.assert_close(
        strides.conv1d(row, kernels, step, pad), F.conv1d(row, kernels, None, step, pad)
    )


@given(SIZES, PAIRS, st.one_of(st.none(), PAIRS), st.booleans(), st.sampled_from(list(LAYOUTS)))
def test_pool_is_torchs(size, kernel, stride, padded, layout):
    x = LAYOUTS[layout](torch.randn(size))
    pad = (
        tuple(k // 2 for k in ((kernel, kernel) if isinstance(kernel, int) else kernel))
        if padded
        else 0
    )
    assert torch.equal(
        strides.maxpool2d(x, kernel, stride, pad), F.max_pool2d(x, kernel, stride, pad)
    )


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8]
)
def test_number_types(dtype):
    x = torch.randint(0, 4, (2, 2, 6, 7)).to(dtype)
    low = x if dtype is torch.uint8 else x - 5
    w = torch.randint(0, 3, (3, 2, 3, 2)).to(dtype)
    assert torch.equal(strides.conv2d(x, w).to(dtype), F.conv2d(x, w))
    assert torch.equal(strides.maxpool2d(low, 3, 2, 1), F.max_pool2d(low, 3, 2, 1))
