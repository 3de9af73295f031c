"""Checkpoint ``strides``: views by ``as_strided``, and what can be computed with them."""

from lessons.declare import Checkpoint, Claim, Tier

CHECKPOINT = Checkpoint(
    id="strides",
    title="Views and windows by as_strided",
    task="""\
Write seven functions in `strides.py`. The docstrings there hold the contract.

- `views(x)`: seven views of a matrix, each one call of `as_strided`. Predict what each holds,
  then check.
- `trace(mat)`, `mv(mat, vec)`, `mm(left, right)`: `as_strided`, `*` and `sum`, and nothing else
  that multiplies for you.
- `conv1d(x, weights, stride=1, padding=0)` and `conv2d`, whose `stride` and `padding` are
  numbers or pairs: like `F.conv1d` and `F.conv2d` without a bias.
- `maxpool2d(x, kernel_size, stride=None, padding=0)`: like `F.max_pool2d`.

Inputs may have any strides, so ask `x.stride()`. No ready-made convolution, pool or `unfold`; a
product such as `einsum` is welcome in the convolutions, and `F.pad` everywhere.
""",
    defines=("views", "trace", "mv", "mm", "conv1d", "conv2d", "maxpool2d"),
    claims=(
        Claim(
            id="seven-views",
            sentence="Seven views hold the right numbers, whatever the strides of x.",
            tier=Tier.T1,
            signature="sizes and values agree for matrices that are plain, transposed and sliced",
        ),
        Claim(
            id="nothing-copied",
            sentence="The views lie in the memory of x: no number is copied.",
            tier=Tier.T3,
            signature="seven views, all in the memory of x",
            needs=("seven-views",),
        ),
        Claim(
            id="matrix-trace",
            sentence="trace adds up the diagonal.",
            tier=Tier.T1,
            signature="agrees with torch.trace for any strides",
        ),
        Claim(
            id="matrix-vector",
            sentence="mv multiplies a matrix by a vector.",
            tier=Tier.T1,
            signature="agrees with torch.mv for any strides of both",
        ),
        Claim(
            id="matrix-matrix",
            sentence="mm multiplies two matrices.",
            tier=Tier.T1,
            signature="agrees with torch.mm for any strides of both",
        ),
        Claim(
            id="conv1d-values",
            sentence="conv1d agrees for every stride, padding, batch and layout.",
            tier=Tier.T1,
            signature="agrees with F.conv1d",
        ),
        Claim(
            id="conv2d-values",
            sentence="conv2d agrees for every stride, padding, batch and layout.",
            tier=Tier.T1,
            signature="agrees with F.conv2d; images and windows are not square",
        ),
        Claim(
            id="conv2d-pairs",
            sentence="stride and padding of conv2d may be pairs: down, then to the right.",
            tier=Tier.T1,
            signature="agrees with F.conv2d for pairs of two different numbers",
            needs=("conv2d-values",),
        ),
        Claim(
            id="pool-values",
            sentence="maxpool2d keeps the strongest value of each window.",
            tier=Tier.T1,
            signature="agrees with F.max_pool2d: numbers, pairs, None, any layout",
        ),
        Claim(
            id="pool-padding",
            sentence="What lies outside the image never wins.",
            tier=Tier.T2,
            signature="lower every pixel by 10,000: each maximum falls by 10,000",
            needs=("pool-values",),
        ),
        Claim(
            id="number-types",
            sentence="Every type of number works, whole numbers too.",
            tier=Tier.T1,
            signature="float64 to bfloat16, int64 and int32: values agree, and the type is kept",
            needs=("conv1d-values", "conv2d-values", "pool-values"),
        ),
        Claim(
            id="inputs-stay",
            sentence="Nothing is written into the inputs, which a view would reach.",
            tier=Tier.T2,
            signature="inputs compared before and after each call: unchanged",
        ),
        Claim(
            id="by-strides",
            sentence="The windows come from as_strided, and nothing ready-made does the work.",
            tier=Tier.T3,
            signature="as_strided seen in each function; no ready-made product, window or pool",
            needs=(
                "matrix-trace",
                "matrix-vector",
                "matrix-matrix",
                "conv1d-values",
                "conv2d-values",
                "pool-values",
            ),
        ),
    ),
    hints=(
        "Begin with `down, right = x.stride()`: how far it is in memory to the next row, and to "
        "the next column. Every stride that you write is a sum or a multiple of these. A stride "
        "of 0 stays where it is: the same numbers again.",
        "A diagonal goes one down and one to the right at each step. `as_strided` starts where x "
        "starts; to start elsewhere, hand it `x.storage_offset()` plus your steps.",
        "For `mv`, look at the vector as a matrix: strides `(0, vec.stride(0))`. For `mm`, look "
        "at both as (rows, columns, inner): `left` repeats along the columns, `right` along the "
        "rows. Then `*`, and `sum` over the last dimension.",
        "Windows of a row: size (places, kernel), strides (stride * s, s), with s the stride in "
        "memory; places are `(width - kernel) // stride + 1`. Batch and channels come first, "
        "with strides of their own. Pad first, and ask for the strides after that.",
        """\
The windows of an image in code:

```python
def pair(n):
    return (n, n) if isinstance(n, int) else n


def windows(x, kernel, step):
    b, c, h, w = x.shape
    sb, sc, sh, sw = x.stride()
    size = (
        b, c,
        (h - kernel[0]) // step[0] + 1,
        (w - kernel[1]) // step[1] + 1,
        *kernel,
    )
    return x.as_strided(
        size, (sb, sc, sh * step[0], sw * step[1], sh, sw)
    )


# in conv2d, p = pair(padding)
x = F.pad(x, (p[1], p[1], p[0], p[0]))
seen = windows(x, weights.shape[2:], pair(stride))
return torch.einsum("bchwij,ocij->bohw", seen, weights)

# in maxpool2d: pad with value=-torch.inf (whole numbers:
# torch.iinfo(x.dtype).min), then windows(...).amax((4, 5))
```
""",
    ),
    seconds=20.0,
)
