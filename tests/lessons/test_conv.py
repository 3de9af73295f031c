"""Checkpoint ``conv``: right answers pass whatever their style, wrong ones are named."""

import re
from pathlib import Path

import pytest
import torch

from lessons.anchors import sections
from lessons.declare import board_path
from lessons.mistakes import mistakes_of
from reference import conv, data

STYLES = sorted((Path(__file__).parent / "styles" / "conv").glob("*.py"))
BASE = (Path(__file__).parent / "styles" / "conv" / "textbook.py").read_text("utf-8")


@pytest.mark.long
@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_right_answers_pass_in_any_style(judge_source, path):
    source = path.read_text("utf-8")
    for seed in range(20):
        verdicts = judge_source("conv", source, seed)
        refused = [
            (j.claim, j.observed, j.expected) for j in verdicts.values() if j.verdict != "passed"
        ]
        assert not refused, f"seed {seed}"


SIZE = "return span // stride + 1"
CONV = "return F.conv2d(x, self.weight, None, self.stride, self.padding)"
POOL = "return F.max_pool2d(x, self.kernel_size, self.stride, self.padding)"
MEAN = "return x.mean((2, 3))"
INIT = "(2 * torch.rand(out_channels, in_channels, kernel_size, kernel_size) - 1) * bound"
BOUND = "bound = 1 / (in_channels * kernel_size * kernel_size) ** 0.5"
REFUSAL = '    if span < 0:\n        raise ValueError("kernel larger than the padded input")\n'

# A max pool by hand: without padding, and in float32 whatever comes in.
LOOP = (
    "k, s = self.kernel_size, self.stride or self.kernel_size\n"
    "        h, w = ((side - k) // s + 1 for side in x.shape[2:])\n"
    "        out = torch.zeros(*x.shape[:2], h, w)\n"
    "        for i in range(h):\n"
    "            for j in range(w):\n"
    "                window = x[:, :, i * s : i * s + k, j * s : j * s + k]\n"
    "                out[:, :, i, j] = window.amax((2, 3))\n"
    "        return out"
)

# The same mistakes as the course keeps, written in another way than the course does.
OTHER_WORDS = {
    ("output-size", "stride-left-out"): (SIZE, "return span + 1"),
    ("output-size", "rounded-up"): (SIZE, "return -(-span // stride) + 1"),
    ("output-size", "rounded-to-nearest"): (SIZE, "return int(round(span / stride, 0)) + 1"),
    ("output-size", "first-place-forgotten"): (SIZE, "return int(span / stride)"),
    ("output-size", "a-whole-float"): (SIZE, "return span // float(stride) + 1.0"),
    ("output-size", "rounded-towards-zero"): (
        f"{REFUSAL}    {SIZE}",
        "    import math\n    return math.trunc(1.0 * span / stride) + 1",
    ),
    ("output-size", "refuses-an-exact-fit"): ("if span < 0:", "if not span > 0:"),
    ("output-size", "refuses-before-padding"): ("if span < 0:", "if size < kernel_size:"),
    ("output-size", "padding-left-out"): (" + 2 * padding - kernel_size", " - kernel_size"),
    ("output-size", "height-and-width"): (SIZE, "side = span // stride + 1; return [side, side]"),
    ("output-size", "size-not-returned"): (SIZE, "answer = span // stride + 1"),
    ("parameters", "plain-tensor"): ("self.weight = nn.Parameter(", "self.weight = ("),
    ("parameters", "weight-by-another-name"): ("self.weight = nn", "self.filters = nn"),
    ("parameters", "no-weight-kept"): ("self.weight = nn", "weight = nn"),
    ("parameters", "a-bias-as-well"): (
        f"        {CONV}",
        f"        {CONV} + self.bias.view(1, -1, 1, 1)\n\n"
        "    def __init__(self, *sizes, **named):\n"
        "        self.begin(*sizes, **named)\n"
        "        self.bias = nn.Parameter(torch.zeros(sizes[1]))\n\n"
        "    def begin(self, in_channels, out_channels, kernel_size, stride=1, padding=0):\n"
        "        super().__init__()\n"
        "        self.stride, self.padding = stride, padding\n"
        "        bound = (in_channels * kernel_size**2) ** -0.5\n"
        "        shape = (out_channels, in_channels, kernel_size, kernel_size)\n"
        "        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))",
    ),
    ("parameters", "module-not-begun"): (
        f"super().__init__()\n        {BOUND}",
        BOUND,
    ),
    ("parameters", "torchs-own-convolution"): (
        "class MaxPool2d",
        "class Conv2d(nn.Conv2d):\n"
        "    def __init__(self, *sizes, **named):\n"
        "        super().__init__(*sizes, **named, bias=False)\n\n\nclass MaxPool2d",
    ),
    ("initial-values", "kernel-side-not-area"): (
        BOUND,
        "bound = (in_channels * kernel_size) ** -0.5",
    ),
    ("initial-values", "divided-by-channels-only"): (
        BOUND,
        "bound = (1 / in_channels * kernel_size**2) ** 0.5",
    ),
    ("initial-values", "caret-for-power"): (
        BOUND,
        "bound = 1 / (in_channels * kernel_size ^ 2) ** 0.5",
    ),
    ("initial-values", "normal-values"): (
        INIT,
        "nn.init.normal_(torch.empty(out_channels, in_channels, kernel_size, kernel_size)) * bound",
    ),
    ("initial-values", "kaiming-default"): (
        INIT,
        "nn.init.kaiming_uniform_("
        "torch.empty(out_channels, in_channels, kernel_size, kernel_size))",
    ),
    ("initial-values", "fan-out"): (BOUND, "bound = 1 / (out_channels * kernel_size**2) ** 0.5"),
    ("initial-values", "only-the-shift-scaled"): (
        INIT,
        "torch.rand(out_channels, in_channels, kernel_size, kernel_size) * 2 - 1 * bound",
    ),
    ("conv-values", "stride-ignored"): (CONV, CONV.replace("self.stride", "1")),
    ("conv-values", "padding-ignored"): (CONV, CONV.replace(", self.padding", "")),
    ("conv-values", "stride-and-padding-swapped"): (
        CONV,
        CONV.replace("self.stride, self.padding", "self.padding, self.stride"),
    ),
    ("conv-values", "stride-in-the-place-of-bias"): (CONV, CONV.replace("None, ", "")),
    ("conv-values", "kernel-turned-over"): (
        CONV,
        CONV.replace("self.weight", "self.weight.rot90(2, (2, 3))"),
    ),
    ("conv-values", "kernel-transposed"): (CONV, CONV.replace("self.weight", "self.weight.mT")),
    ("conv-values", "weight-cut-off"): (
        CONV,
        CONV.replace("self.weight", "self.weight.detach()"),
    ),
    ("conv-values", "map-cut-off"): (CONV, f"with torch.no_grad():\n            {CONV}"),
    ("conv-values", "map-not-returned"): (CONV, CONV.removeprefix("return ")),
    ("shifted-map", "weight-renewed-in-forward"): (
        CONV,
        f"self.weight = nn.Parameter(torch.empty_like(self.weight).uniform_(-1, 1)); {CONV}",
    ),
    ("shifted-map", "weight-drawn-in-forward"): (
        CONV,
        CONV.replace("self.weight", "torch.randn(self.weight.shape).to(x.dtype)"),
    ),
    ("shifted-map", "stride-ignored"): (CONV, CONV.replace("self.stride", "1")),
    ("max-pool-values", "never-below-zero"): (POOL, f"{POOL}.relu()"),
    ("max-pool-values", "over-the-edge"): (POOL, POOL.replace(")", ", 1, True)")),
    ("max-pool-values", "places-as-well"): (POOL, POOL.replace(")", ", return_indices=True)")),
    ("max-pool-stride", "one-for-none"): (POOL, POOL.replace("self.stride", "self.stride or 1")),
    ("max-pool-padding", "padded-with-zeros"): (
        POOL,
        "p = nn.ZeroPad2d(self.padding)(x)\n"
        "        return F.max_pool2d(p, self.kernel_size, self.stride)",
    ),
    ("max-pool-padding", "padded-with-a-number"): (
        POOL,
        "p = nn.ConstantPad2d(self.padding, -99)(x)\n"
        "        return F.max_pool2d(p, self.kernel_size, self.stride)",
    ),
    ("average-pool", "ones-kept"): (MEAN, "return F.adaptive_avg_pool2d(x, (1, 1))"),
    ("average-pool", "averaged-over-images-too"): (MEAN, "return x.mean(-1).mean(-1).mean(0)"),
    ("average-pool", "averaged-over-channels"): (MEAN, "return x.sum(1) / x.shape[1]"),
    ("average-pool", "squeezed"): (MEAN, "return x.mean((2, 3), keepdim=True).squeeze()"),
    ("average-pool", "one-row-kept"): (MEAN, "return x.mean(-2)"),
    ("output-size", "kernel-not-subtracted"): (" + 2 * padding - kernel_size", " + 2 * padding"),
    ("parameters", "torchs-weight-borrowed"): (
        BOUND,
        "self.stride, self.padding = stride, padding\n"
        "        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, bias=False)\n"
        f"        self.weight = self.conv.weight\n        return\n        {BOUND}",
    ),
    ("initial-values", "few-values"): (
        INIT,
        "torch.empty(out_channels, in_channels, kernel_size, kernel_size).random_(-1, 2) * bound",
    ),
    ("initial-values", "twice-the-width"): ("bound = 1 /", "bound = 2 /"),
    ("max-pool-values", "window-always-two"): (POOL, POOL.replace("self.kernel_size", "2")),
    ("average-pool", "zeros-left-out"): (MEAN, "return x.sum((2, 3)) / x.ne(0).sum((2, 3))"),
    ("average-pool", "divided-by-49"): (MEAN, "return x.flatten(2).sum(2) / 7**2"),
    ("average-pool", "dimensions-without-brackets"): (MEAN, "return x.double().mean(-2, -1)"),
    ("average-pool", "dimension-not-there"): (MEAN, "return x.sum(2).mean(3) / x.shape[2]"),
    ("output-size", "padding-taken-away-and-refused"): (
        "size + 2 * padding - kernel_size",
        "size - padding - padding - kernel_size",
    ),
    ("max-pool-values", "one-maximum-for-all"): (
        POOL,
        LOOP.replace(".amax((2, 3))", ".max()").replace("torch.zeros", "x.new_zeros"),
    ),
    ("conv-values", "padding-of-one-by-default"): (
        "stride=1, padding=0):\n        super().__init__()\n        bound",
        "stride=1, padding=1):\n        super().__init__()\n        bound",
    ),
    ("conv-values", "stride-of-two-by-default"): (
        "stride=1, padding=0):\n        super().__init__()\n        bound",
        "stride=2, padding=0):\n        super().__init__()\n        bound",
    ),
    ("conv-values", "padding-before-stride"): (
        "kernel_size, stride=1, padding=0):\n        super().__init__()\n        bound",
        "kernel_size, padding=0, stride=1):\n        super().__init__()\n        bound",
    ),
    ("initial-values", "half-of-one-over-n"): (
        BOUND,
        "bound = (in_channels * kernel_size * kernel_size) ** -1 / 2",
    ),
    ("output-size", "one-added-twice"): (SIZE, "return 1 + (span + 1) // stride"),
}


@pytest.mark.parametrize(("claim", "mistake"), OTHER_WORDS, ids=lambda value: value)
def test_a_wrong_answer_is_named_however_it_is_written(judge_source, claim, mistake):
    old, new = OTHER_WORDS[claim, mistake]
    assert BASE.count(old) == 1
    judged = judge_source("conv", BASE.replace(old, new), claims=(claim,))[claim]
    assert judged.verdict == "failed"
    assert judged.mistake == mistake
    assert judged.diagnosis
    assert judged.repair.startswith("locality#")


@pytest.mark.parametrize(
    "refusal",
    [
        "raise KeyError('no')",
        "return 0",
        "return -1",
        "return None",
        "assert False",
        "return 1 / 0",
    ],
)
def test_any_refusal_of_a_window_that_does_not_fit_is_right(judge_source, refusal):
    source = BASE.replace('raise ValueError("kernel larger than the padded input")', refusal)
    assert judge_source("conv", source, claims=("output-size",))["output-size"].verdict == "passed"


def test_a_positive_size_for_a_window_that_does_not_fit_is_wrong(judge_source):
    source = BASE.replace('raise ValueError("kernel larger than the padded input")', "return 1")
    judged = judge_source("conv", source, claims=("output-size",))["output-size"]
    assert judged.verdict == "failed"
    assert judged.mistake == "at-least-one"
    assert "does not fit" in judged.expected


# Wrong answers that nobody kept, and what the probes say of them.
UNKNOWN = {
    "a map that is not square": (
        "average-pool",
        MEAN,
        "return F.avg_pool2d(x, x.shape[-1]).flatten(1)",
        "wrong only when the map is not square",
    ),
    "one channel only": (
        "conv-values",
        CONV,
        f"{CONV}.sum(1, keepdim=True)",
        "wrong only when out_channels is more than 1",
    ),
    "a factor": ("conv-values", CONV, CONV + " * 3", "3 times"),
    "a circumstance": (
        "conv-values",
        CONV,
        f"y = x[:, :, 1:] if self.stride == 3 else x\n        {CONV.replace('(x', '(y')}",
        "only when the stride is 3",
    ),
    "batch of one": (
        "average-pool",
        MEAN,
        "m = x.mean((2, 3))\n        return m if len(x) > 1 else m[0]",
        "only when the batch size is 1",
    ),
    "turned": ("average-pool", MEAN, f"{MEAN}.flip(1)", "reversed order along dimension 1"),
    "much padding": (
        "output-size",
        SIZE,
        "return span // stride + 1 + (padding > 1)",
        "only when the padding is more than 1",
    ),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_mistake_that_nobody_kept_is_told_by_what_it_does(judge_source, case):
    claim, old, new, told = UNKNOWN[case]
    assert BASE.count(old) == 1
    judged = judge_source("conv", BASE.replace(old, new), claims=(claim,))[claim]
    assert judged.verdict == "failed"
    assert judged.mistake is None
    assert told in judged.diagnosis


def test_where_the_map_went_is_told(judge_source):
    source = BASE.replace(CONV, CONV.replace("self.stride", "1"))
    judged = judge_source("conv", source, claims=("shifted-map",))["shifted-map"]
    assert "the digit moved 4 down and 6 right, the map moved 4 down and 6 right" in judged.observed
    assert judged.expected.startswith("a map that moves 2 down and 3 right")


def test_a_missing_name_is_told(judge_source):
    verdicts = judge_source("conv", "from torch import nn\n")
    assert all(j.verdict in ("failed", "not-reached") for j in verdicts.values())
    assert "conv.py defines no `conv_output_size`" in verdicts["output-size"].observed
    assert "conv.py defines no `AveragePool`" in verdicts["average-pool"].observed
    assert not any(j.mistake for j in verdicts.values())


def test_a_body_not_written_yet_is_told(judge_source):
    starter = (
        "def conv_output_size(size, kernel_size, stride=1, padding=0):\n"
        "    raise NotImplementedError('write conv_output_size')\n"
    )
    verdicts = judge_source("conv", f"{BASE}\n\n{starter}")
    assert verdicts["output-size"].observed == "not written yet: write conv_output_size"
    assert verdicts["output-size"].mistake is None
    assert verdicts["conv-values"].verdict == "passed"


def test_a_module_that_is_begun_twice_is_told(judge_source):
    last = "        self.stride, self.padding = stride, padding\n"
    source = BASE.replace(last, f"        super().__init__()\n{last}", 1)
    judged = judge_source("conv", source, claims=("parameters",))["parameters"]
    assert judged.mistake == "no-weight-kept"


def test_what_needs_a_failed_claim_is_not_reached_and_the_rest_is_judged(judge_source):
    verdicts = judge_source("conv", BASE.replace("self.weight = nn", "self.filters = nn"))
    assert verdicts["parameters"].verdict == "failed"
    assert {verdicts[c].verdict for c in ("initial-values", "conv-values", "shifted-map")} == {
        "not-reached"
    }
    assert verdicts["average-pool"].verdict == "passed"


def test_two_mistakes_at_once_are_not_taken_for_one(judge_source):
    source = BASE.replace(CONV, "return 2 * F.conv2d(x, self.weight, None, self.stride)")
    judged = judge_source("conv", source, claims=("conv-values",))["conv-values"]
    assert judged.verdict == "failed"
    assert judged.mistake is None
    assert judged.diagnosis


# --- the board -------------------------------------------------------------------------------

BOARD = board_path("locality", "board.md").read_text(encoding="utf-8")


def test_board_is_at_most_90_lines_and_its_blocks_fit_into_80_columns():
    assert len(BOARD.splitlines()) <= 90
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", BOARD, re.MULTILINE | re.DOTALL)
    assert max(len(line) for block in blocks for line in block.splitlines()) <= 76


def test_every_repair_link_finds_its_section():
    known = {f"locality#{anchor}" for anchor in sections(BOARD)}
    assert {mistake.repair for mistake in mistakes_of("lessons.locality.conv")} <= known


def test_the_maps_drawn_are_those_of_the_5_and_of_the_5_moved():
    drawn = re.findall(r"^```digit [^\n]*\n(.*?)^```", BOARD, re.MULTILINE | re.DOTALL)
    layer, pool = conv.Conv2d(1, 1, 3, padding=1), conv.MaxPool2d(2)
    five = data.digits("test")[0][578:579]
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([-1.0, 0.0, 1.0]).expand(3, 3))
        maps = [pool(layer(x).relu()) for x in (five, five.roll((-4, 4), (2, 3)))]
    for text, found in zip(drawn, maps, strict=True):
        levels = (found[0, 0] / 3 * 15).round().int().tolist()
        assert text.split() == ["".join(f"{level:x}" for level in row) for row in levels]


# --- answers of any kind ---------------------------------------------------------------------

ODD = (
    "torch.zeros(())",
    "torch.zeros(0, 3)",
    "torch.zeros(1, 4, 0, 5)",
    "y > 0",
    "y.long()",
    "y.to(torch.complex64)",
    "y.half()",
    "y[0]",
    "y[None]",
    "y * float('nan')",
    "[y]",
    "y.to_sparse()",
)


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_answer_is_refused_and_the_judging_goes_on(judge_source, odd):
    source = BASE
    for forward in (CONV, POOL, MEAN):
        source = source.replace(forward, f"{forward.replace('return', 'y =')}; return {odd}")
    source = source.replace(SIZE, "return torch.zeros(3)")
    verdicts = judge_source("conv", source)
    for claim in ("output-size", "conv-values", "max-pool-values", "average-pool"):
        assert verdicts[claim].verdict == "failed", claim
        assert verdicts[claim].observed
        assert len(verdicts[claim].observed) < 300
    assert verdicts["shifted-map"].verdict in ("passed", "failed")


def test_a_mistake_that_did_not_explain_its_own_claim_is_named_nowhere_else(judge_source):
    # The map of a shifted digit changes at the edge, as it does where ones are padded in.
    source = BASE.replace(CONV, CONV.replace("(x,", "(x - x.mean(),"))
    verdicts = judge_source("conv", source)
    assert verdicts["conv-values"].mistake is None
    assert (verdicts["shifted-map"].verdict, verdicts["shifted-map"].mistake) == ("failed", None)


def test_code_that_answers_in_float32_is_named_too(judge_source):
    verdicts = judge_source("conv", BASE.replace(POOL, LOOP))
    assert verdicts["max-pool-values"].verdict == "passed"
    assert verdicts["max-pool-padding"].mistake == "pool-padding-ignored"
