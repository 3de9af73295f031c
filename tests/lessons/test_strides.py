"""Checkpoint ``strides``: right answers pass whatever their style, wrong ones are named."""

from pathlib import Path

import pytest

from lessons.course import COURSE
from lessons.mistakes import mistakes_of

STYLES = sorted((Path(__file__).parent / "styles" / "strides").glob("*.py"))
BASE = (Path(__file__).parent / "styles" / "strides" / "textbook.py").read_text("utf-8")


def test_there_are_at_least_six_styles_and_ten_mistakes():
    assert len(STYLES) >= 6
    assert len(mistakes_of("lessons.extra.strides")) >= 10


@pytest.mark.long
@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_right_answers_pass_in_any_style(judge_source, path):
    source = path.read_text("utf-8")
    for seed in range(20):
        verdicts = judge_source("strides", source, seed)
        refused = [
            (j.claim, j.observed, j.expected) for j in verdicts.values() if j.verdict != "passed"
        ]
        assert not refused, f"seed {seed}"


VIEWS = "sb, sc, sh, sw = x.stride()"
POOLED = 'lowest = float("-inf") if x.is_floating_point() else torch.iinfo(x.dtype).min'
ONE_D = (
    "windows = x.as_strided((x.shape[0], x.shape[1], places, kernel), (sb, sc, sw * stride, sw))"
)
PRODUCT = "return (mat * vec.as_strided(mat.shape, (0, vec.stride(0)))).sum(1)"
TRACE = "return mat.as_strided((mat.shape[0],), (sum(mat.stride()),)).sum()"
CONV = "    p = pair(padding)\n    x = F.pad(x, (p[1], p[1], p[0], p[0]))\n    return torch.einsum"

# The same mistakes as the course keeps, written in another way than the course does.
OTHER_WORDS = {
    ("matrix-trace", "trace-of-a-contiguous-matrix"): (
        TRACE,
        "n = mat.size(0); return torch.as_strided(mat, [n], [1 + mat.size(1)]).sum(0)",
    ),
    ("matrix-vector", "vector-taken-for-contiguous"): (
        PRODUCT,
        "return torch.sum(torch.as_strided(vec, (len(mat), len(vec)), (0, 1)) * mat, 1)",
    ),
    ("inputs-stay", "multiplied-in-place"): (
        PRODUCT,
        "mat *= vec.as_strided(mat.shape, (0, vec.stride(0))); return mat.sum(1)",
    ),
    ("conv1d-values", "one-window-too-few"): (
        "places = (x.shape[2] - kernel) // stride + 1",
        "places = (x.shape[2] - kernel) // stride",
    ),
    ("conv1d-values", "batch-stride-forgotten"): (ONE_D, ONE_D.replace("(sb,", "(0,")),
    ("conv1d-values", "stride-counted-but-not-taken"): (ONE_D, ONE_D.replace(" * stride", "")),
    ("conv1d-values", "written-through-an-overlapping-view"): (
        'return torch.einsum("bcwk,ock->bow", windows, weights)',
        "return torch.stack([windows.mul_(k.unsqueeze(1)).sum((-1, 1)) for k in weights], dim=1)",
    ),
    ("conv2d-values", "height-and-width-strides-swapped"): (
        "sw * stride[1], sh, sw)",
        "sw * stride[1], sw, sh)",
    ),
    ("conv2d-pairs", "padding-pair-swapped"): (
        CONV,
        CONV.replace("(p[1], p[1], p[0], p[0])", "p[:1] * 2 + p[1:] * 2"),
    ),
    ("pool-padding", "padded-by-zero"): (POOLED, "lowest = torch.iinfo(torch.int64).max * 0"),
    ("number-types", "minus-infinity-for-whole-numbers"): (POOLED, 'lowest = float("-inf")'),
    ("by-strides", "trace-ready-made"): (TRACE, "return torch.trace(mat)"),
    ("by-strides", "mv-ready-made"): (PRODUCT, 'return torch.einsum("ij,j->i", mat, vec)'),
    ("by-strides", "mv-by-broadcasting"): (PRODUCT, "return (mat * vec[None]).sum(1)"),
    ("by-strides", "conv2d-ready-made"): (
        CONV,
        CONV.replace("    return", "    return torch.conv2d(x, weights, None, stride)\n    return"),
    ),
    ("by-strides", "pool-ready-made"): (
        "k, p = pair(kernel_size), pair(padding)",
        "return torch.nn.MaxPool2d(kernel_size, stride, padding)(x)\n"
        "    k, p = pair(kernel_size), pair(padding)",
    ),
    ("nothing-copied", "repeated-by-copying"): (
        '"repeated": x.as_strided((3, columns), (0, right))',
        '"repeated": torch.stack([x[0]] * 3)',
    ),
}


@pytest.mark.parametrize(("claim", "mistake"), OTHER_WORDS, ids=lambda value: value)
def test_a_wrong_answer_is_named_however_it_is_written(judge_source, claim, mistake):
    old, new = OTHER_WORDS[claim, mistake]
    assert BASE.count(old) == 1
    judged = judge_source("strides", BASE.replace(old, new), claims=(claim,))[claim]
    assert judged.verdict == "failed"
    assert judged.mistake == mistake
    assert judged.repair.startswith("extra#")


def test_the_rule_is_told_kindly_and_costs_nothing_else(judge_source):
    old, new = OTHER_WORDS["by-strides", "conv2d-ready-made"]
    verdicts = judge_source("strides", BASE.replace(old, new))
    assert [j.claim for j in verdicts.values() if j.verdict != "passed"] == ["by-strides"]
    judged = verdicts["by-strides"]
    assert "the values of conv2d are right" in judged.observed
    assert "a ready-made convolution" in judged.observed
    assert "as_strided" in judged.expected


def test_where_it_goes_wrong_is_told(judge_source):
    source = BASE.replace(VIEWS, "sb, sc, sh, sw = x.contiguous().stride()")
    judged = judge_source("strides", source, claims=("conv2d-values",))["conv2d-values"]
    assert judged.verdict == "failed"
    assert "transposed" in judged.observed
    assert judged.mistake == "padded-images-taken-for-contiguous"


def test_a_function_not_written_yet_costs_only_its_own_claims(judge_source):
    source = BASE.replace(
        "    x = F.pad(x, (padding, padding))", "    raise NotImplementedError('write conv1d')", 1
    )
    verdicts = judge_source("strides", source)
    assert verdicts["conv1d-values"].observed == "not written yet: write conv1d"
    assert verdicts["conv2d-values"].verdict == "passed"
    assert verdicts["pool-padding"].verdict == "passed"


ODD = (
    "None",
    "torch.zeros(())",
    "y.to(torch.complex64)",
    "[y]",
    "y[None]",
    "y.to_sparse()",
    "3",
    "'x'",
    "y.numpy()",
)


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_answer_is_refused_and_the_judging_goes_on(judge_source, odd):
    source = BASE.replace(PRODUCT, PRODUCT.replace("return", "y =") + f"\n    return {odd}")
    source = source.replace(TRACE, TRACE.replace("return", "y =") + f"\n    return {odd}")
    verdicts = judge_source("strides", source)
    assert verdicts["matrix-vector"].verdict == "failed"
    assert 0 < len(verdicts["matrix-vector"].observed) < 300
    assert verdicts["conv2d-values"].verdict == "passed"


def test_nothing_requires_the_checkpoint():
    assert COURSE.checkpoint("strides") not in COURSE.required
