"""Comparing what was seen with what is right, and what the probes make of the difference."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lessons.probes import probe
from lessons.spread import tell_spread
from lessons.trial import Failure, Note, failures, same, tell_difference


def probed(seen, right, cases=()):
    note = Note("see", "output", seen)
    return probe([Failure(note, "", "", right)], [note, *cases])


RIGHT = torch.randn(4, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (RIGHT.transpose(1, 2), "dimensions 1 and 2 swapped"),
        (RIGHT.flip(2), "reversed order along dimension 2"),
        (RIGHT * -0.5, "-0.5 times"),
        (RIGHT + 2, "same amount, 2"),
        (RIGHT.relu(), "ReLU"),
        (RIGHT.softmax(-1), "softmax"),
        (torch.zeros_like(RIGHT), "zero"),
        (torch.full_like(RIGHT, math.nan), "nan"),
        (RIGHT + RIGHT[0], "same amounts"),
        (RIGHT.flatten(1), "in shape (4, 15)"),
    ],
)
def test_probes_name_a_simple_relation(seen, said):
    assert said in probed(seen, RIGHT)


def test_probes_say_nothing_when_there_is_nothing_to_say():
    other = torch.randn(4, 3, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert probed(other, RIGHT) == ""


def test_probes_tell_when_it_goes_wrong():
    bad = Note("see", "stride 2", RIGHT, case={"the stride": 2, "the padding": 1})
    good = [
        Note("see", "stride 1", RIGHT, case={"the stride": 1, "the padding": 1}),
        Note("see", "no padding", RIGHT, case={"the stride": 1, "the padding": 0}),
    ]
    other = RIGHT.sin() + RIGHT.cos()
    assert probe([Failure(bad, "", "", other)], [bad, *good]) == (
        "It goes wrong only when the stride is 2."
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            'NotImplementedError: Module [Linear] is missing the required "forward" function',
            "misspelled",
        ),
        ("NameError: name 'F' is not defined (mlp.py, line 3)", "import that brings `F`"),
        ("NameError: name 'stride' is not defined (conv.py, line 3)", "`self.stride`"),
        ("AttributeError: 'Conv2d' object has no attribute 'stride'", "`self.stride = ...`"),
        ("AttributeError: module 'torch.nn' has no attribute 'Relu'", "capitals count"),
        (
            "TypeError: mlp.Linear.__init__() got an unexpected keyword argument 'bias'",
            "`bias=...`",
        ),
        (
            "TypeError: conv.Conv2d.__init__() missing 2 required positional arguments: 'a', 'b'",
            "`Conv2d` is called without 'a', 'b'",
        ),
        ("TypeError: f() missing 1 required positional argument: 'a' (mlp.py, line 3)", "of yours"),
        ("TypeError: Conv2d.forward() takes 1 positional argument but 2 were given", "`self`"),
        (
            "TypeError: unsupported operand type(s) for @: 'ReLU' and 'Tensor' (mlp.py, line 3)",
            "`F`",
        ),
        ("TypeError: linear(): argument 'input' (position 1) must be Tensor, not ReLU", "`F`"),
        ("TypeError: Linear.__init__() takes 1 positional argument but 3 were given", "`super()"),
        ("TypeError: 'type' object does not support the context manager protocol", "no_grad()"),
        ("TypeError: 'module' object is not callable (mlp.py, line 3)", "`nn.Parameter`"),
        ("TypeError: relu(): must be Tensor, not torch.return_types.max", "Take one"),
        ("RuntimeError: grad can be implicitly created only for scalar outputs", "mean"),
        ("RuntimeError: shape '[-1, 784]' is invalid for input of size 80", "`flatten(1)`"),
        ("TypeError: 'float' object is not iterable (mlp.py, line 3)", "append"),
        ("AttributeError: 'float' object has no attribute 'backward'", "loss itself"),
        ("UnboundLocalError: cannot access local variable 'total' where it is", "`total` is used"),
        ("RuntimeError: Boolean value of Tensor with more than one value is", "`F.cross_entropy`"),
        ("AttributeError: 'list' object has no attribute 'dataset'", "Count the images"),
        ("MaxPool2d.forward gave a MaxPool2d, not a tensor", "`F`"),
        ("SimpleMLP.forward gave a Banana, not a tensor", ""),
        ("TypeError: linear(): argument 'input' (position 1) must be Tensor, not NoneType", ""),
        ("AttributeError: 'Tensor' object has no attribute 'flaten'", ""),
    ],
)
def test_probes_say_what_an_error_means(error, said):
    note = Note("error", "output", error.split(":")[0])
    told = probe([Failure(note, error, "no error")], [note])
    assert said in told
    assert bool(said) == bool(told)


def test_nan_differs_from_numbers_and_equals_nan():
    nan = torch.tensor([1.0, math.nan])
    assert same(nan, nan.clone(), 1e-6)
    assert not same(nan, torch.tensor([1.0, 2.0]), 1e-6)
    assert not same(torch.tensor([1.0, math.inf]), torch.tensor([1.0, -math.inf]), 1e-6)


def test_shape_and_type_are_part_of_a_value():
    assert not same(torch.ones(2, 1), torch.ones(2), 1e-6)
    assert not same(True, 1, 1e-6)
    assert not same(torch.ones(()), 1.0, 1e-6)
    assert not same(None, torch.ones(1), 1e-6)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 0.5))
def test_tolerance_is_relative_to_the_largest_expected_value(value, beyond):
    right = torch.tensor([value, 1.0], dtype=torch.float64)
    scale = max(abs(value), 1.0)
    assert same(right + 0.9e-4 * scale, right, 1e-4)
    assert not same(right + (1 + beyond) * 1e-4 * scale, right, 1e-4)


def test_the_worst_place_is_told():
    seen = RIGHT.clone()
    seen[2, 1, 3] += 7
    observed, expected = tell_difference("logits", seen, RIGHT)
    assert "[2, 1, 3]" in observed
    assert f"{RIGHT[2, 1, 3].item():.4g}" in expected


def test_failures_keep_their_order():
    reference = [Note("see", "a", 1.0), Note("see", "b", 2.0)]
    notes = [Note("require", "c", False), Note("see", "b", 3.0), Note("see", "a", 1.0)]
    assert [failure.note.name for failure in failures(notes, reference)] == ["c", "b"]


@pytest.mark.parametrize("seed", range(20))
def test_spreads_are_told_apart(seed):
    g = torch.Generator().manual_seed(seed)
    u = torch.rand(3000, generator=g, dtype=torch.float64) * 2 - 1
    assert tell_spread(u).kind == "uniform"
    assert tell_spread(u).side == "around zero"
    assert tell_spread(u + 1).side == "positive"
    assert tell_spread(torch.randn(3000, generator=g)).kind == "normal"
    assert tell_spread(u.sign()).kind == "two-point"
    assert tell_spread(torch.ones(9)).kind == "constant"
    assert tell_spread(u / 0 * 0).kind == "nan"
    assert tell_spread(u**3).kind == "other"
