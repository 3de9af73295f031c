"""Recall questions: each answer is proved by torch, none is given away, each link leads home."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from random import Random

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lessons import anchors, recall
from lessons.answers import BLANK, is_code, is_number, is_shape, order
from lessons.course import COURSE
from lessons.recall import Complete, Order, Predict, Tell, Unreadable, Which
from reference.batchnorm import BatchNorm2d
from reference.conv import Conv2d, MaxPool2d, conv_output_size
from reference.mlp import Linear, accuracy
from reference.residual import BlockGroup, ResidualBlock
from reference.resnet import ResNet34
from reference.transfer import prepare_for_feature_extraction

MOVES = [move.id for move in COURSE.parts]
QUESTIONS = {name: q for move in MOVES for name, q in recall.questions_of(move).items()}
SEEDS = range(12)


def of(kind: type) -> list[str]:
    return [name for name, question in QUESTIONS.items() if isinstance(question, kind)]


# --- the course's contract ----------------------------------------------------------------------


@pytest.mark.parametrize("move", MOVES)
def test_a_move_has_at_least_eight_questions_of_every_kind(move):
    questions = recall.questions_of(move)
    assert len(questions) >= 8
    kinds = {type(question) for question in questions.values()}
    assert kinds == {Predict, Order, Which, Complete, Tell}


def test_names_are_unique_and_speakable():
    for move in MOVES:
        ids = [name.partition("/")[2] for name in recall.questions_of(move)]
        module = __import__(f"lessons.{move}.recall", fromlist=["QUESTIONS"])
        assert len(ids) == len(module.QUESTIONS)
        assert all(each.replace("-", "").isalnum() and each.islower() for each in ids)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_repair_leads_to_a_section_or_a_lab(name):
    kind, _, lab = QUESTIONS[name].repair.partition(":")
    if kind == "lab":
        COURSE.lab(lab)
    else:
        assert anchors.find(QUESTIONS[name].repair).heading


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_shown_before_an_answer_holds_no_answer(name):
    question = QUESTIONS[name]
    for seed in SEEDS:
        asked = recall.ask(name, seed)
        public = asked.public()
        assert set(public) == {"ticket", "question", "kind", "text", "choices", "how"}
        told = " ".join((json.dumps(public) + asked.page() + repr(asked)).split())
        if asked._why:
            assert asked._why not in told
        for point in asked.points:
            assert point not in told
        assert asked._repair not in told
        if isinstance(question, Complete):
            code = rf"\b{re.escape(question.accepts[0])}\b"
            assert not re.search(code, told.replace(question.line, ""))


@pytest.mark.parametrize("name", [*of(Predict), *of(Which), *of(Order)])
def test_what_is_shown_changes_from_seed_to_seed_and_not_otherwise(name):
    assert recall.ask(name, 3).page() == recall.ask(name, 3).page()
    assert len({recall.ask(name, seed).page() for seed in range(40)}) > 2


def test_choices_stand_in_every_place():
    for name in of(Which):
        answers = {recall.ask(name, seed)._answer.partition(".")[0] for seed in range(80)}
        assert answers == {letter + number for letter in "ab" for number in "123"}


@pytest.mark.parametrize("name", of(Order))
def test_steps_are_never_shown_in_an_order_that_works(name):
    steps = len(QUESTIONS[name].steps)
    for seed in SEEDS:
        asked = recall.ask(name, seed)
        assert not asked.judge(" ".join(map(str, range(1, steps + 1)))).right
        assert asked.judge(asked._answer.splitlines()[0]).right


def test_an_order_that_works_as_well_is_right():
    asked = recall.ask("scaffold/step", 0)
    shown = {text: label for label, text in asked.choices}
    names = ["zero_grad", "model(images)", "cross_entropy", "backward", "optimizer.step"]
    label = {n: next(v for k, v in shown.items() if n in k) for n in names}
    assert asked.judge(" ".join(label[n] for n in names)).right
    names[0], names[-1] = names[-1], names[0]
    assert not asked.judge(" ".join(label[n] for n in names)).right


# --- proofs by torch ----------------------------------------------------------------------------


def biased_values(n: int, variance: float) -> torch.Tensor:
    """n values of that biased variance."""
    x = torch.arange(n, dtype=torch.float64)
    return (x - x.mean()) / x.std(unbiased=False) * math.sqrt(variance)


def a_values_mean_after(mode, momentum, old, batch):
    layer = BatchNorm2d(1, momentum=momentum)
    layer.running_mean.fill_(old)
    layer.train(mode == "train")
    layer(torch.tensor([batch - 5.0, batch + 5.0]).reshape(2, 1, 1, 1))
    return layer.running_mean.item()


def running_variance(n, biased):
    layer = BatchNorm2d(1, momentum=1.0).double()
    layer(biased_values(n, biased).reshape(n, 1, 1, 1))
    return layer.running_var.item()


def moved(stride, window, shift):
    """By how many pixels the map of one dot moves."""
    conv = Conv2d(1, 8, 5, stride=stride, padding=2)
    image = torch.zeros(2, 1, 96, 96)
    image[0, 0, 36, 36] = image[1, 0, 36, 36 + shift] = 1.0
    maps = MaxPool2d(window)(conv(image)).detach()
    moves = [
        by for by in range(8) if torch.equal(maps[0].roll(by, dims=-1), maps[1]) and maps.any()
    ]
    (only,) = moves
    return only


def small(blocks=(1, 1, 1, 1), channels=(2, 2, 2, 2), strides=(1, 2, 2, 2)):
    return ResNet34(list(blocks), list(channels), list(strides), n_classes=2)


def shape_after(model, batch, size, stop):
    """Shape of what comes out of the module of that name, with ResNet34's own channels."""
    shapes = {}
    hook = model.get_submodule(stop).register_forward_hook(
        lambda module, args, out: shapes.update({stop: out.shape})
    )
    with torch.no_grad():
        model.eval()(torch.zeros(batch, 3, size, size))
    hook.remove()
    return shapes[stop]


def projections(module):
    blocks = [m for m in module.modules() if isinstance(m, ResidualBlock)]
    return sum(isinstance(block.downsample, nn.Sequential) for block in blocks)


def counted_accuracy(first, second, right, right2):
    """The reference's measurement of a model that is right so often."""
    batches, model = [], nn.Identity()
    for size, good in ((first, right), (second, right2)):
        logits = F.one_hot(torch.tensor([0] * good + [1] * (size - good)), 2).float()
        batches.append((logits, torch.zeros(size, dtype=torch.long)))
    return accuracy(model, batches)


def named_layers(blocks):
    model = small(blocks)
    wide = [m for m in model.modules() if isinstance(m, Conv2d) and m.weight.shape[-1] > 1]
    return len(wide) + sum(isinstance(m, Linear) for m in model.modules())


def rows(convolutions, norms):
    layers = [Conv2d(1, 1, 3) for _ in range(convolutions)]
    layers += [BatchNorm2d(1) for _ in range(norms)]
    return len(nn.Sequential(*layers, Linear(2, 2)).state_dict())


def can_learn(features, classes):
    model = nn.Sequential(Conv2d(3, 4, 3), BatchNorm2d(4), Linear(features, 7))
    ready = prepare_for_feature_extraction(model, classes)
    return numbers(p for p in ready.parameters() if p.requires_grad)


def numbers(parameters):
    return sum(p.numel() for p in parameters)


def largest(inputs):
    """The bound of a layer's initial values, from very many of them."""
    return Linear(inputs, 2_000_000 // inputs).weight.abs().max().item()


FULL = ResNet34(n_classes=2)

PROOFS = {
    "scaffold/rows": lambda batch, channels, height, width: (
        torch.zeros(batch, channels, height, width).flatten(1).shape
    ),
    "scaffold/mlp-size": lambda inputs, hidden, classes: numbers(
        nn.Sequential(Linear(inputs, hidden), Linear(hidden, classes)).parameters()
    ),
    "scaffold/first-values": largest,
    "scaffold/no-idea": lambda classes: F.cross_entropy(
        torch.zeros(3, classes), torch.tensor([0, 1, 1])
    ).item(),
    "scaffold/two-batches": counted_accuracy,
    "locality/map-size": lambda size, kernel, stride, padding: conv_output_size(
        size, kernel, stride, padding
    ),
    "locality/map-shape": lambda batch, channels, maps, size, kernel, stride, padding: (
        Conv2d(channels, maps, kernel, stride, padding)(
            torch.zeros(batch, channels, size, size)
        ).shape
    ),
    "locality/weights": lambda channels, maps, kernel, size: numbers(
        Conv2d(channels, maps, kernel).parameters()
    ),
    "locality/one-output": lambda window, weight: F.conv2d(
        torch.tensor([[window]]).float(), torch.tensor([[weight]]).float()
    ).item(),
    "locality/at-the-edge": lambda value: MaxPool2d(2, padding=1)(
        torch.full((1, 1, 4, 4), float(value))
    )[0, 0, 0, 0].item(),
    "locality/map-moves": moved,
    "depth/running-mean": a_values_mean_after,
    "depth/running-variance": running_variance,
    "depth/over-how-many": lambda batch, channels, height, width: torch.zeros(
        batch, channels, height, width
    )[:, 0].numel(),
    "depth/what-learns": lambda channels: numbers(BatchNorm2d(channels).parameters()),
    "depth/block-shape": lambda batch, in_feats, out_feats, stride, size: (
        ResidualBlock(in_feats, out_feats, stride)(torch.zeros(batch, in_feats, size, size)).shape
    ),
    "depth/group-projects": lambda n_blocks, in_feats, out_feats, stride: projections(
        BlockGroup(n_blocks, in_feats, out_feats, stride)
    ),
    "reuse/name": named_layers,
    "reuse/stem-shape": lambda batch, size: shape_after(FULL, batch, size, "maxpool"),
    "reuse/last-map": lambda batch, size: shape_after(FULL, batch, size, "layer4"),
    "reuse/how-many-project": lambda channels, strides: projections(
        small(channels=channels, strides=strides)
    ),
    "reuse/entries": rows,
    "reuse/can-learn": can_learn,
    "extra/which-number": lambda start, down, right, i, j: (
        torch.arange(60).as_strided((4, 5), (down, right), start)[i, j].item()
    ),
    "extra/strides-after-turning": lambda rows, columns: torch.zeros(rows, columns).T.stride(),
    "extra/windows-of-a-row": lambda width, kernel, stride: (
        torch.zeros(width).unfold(0, kernel, stride).shape
    ),
    "extra/bytes-of-a-view": lambda side, kernel: (
        torch.zeros(side, side).unfold(0, kernel, 1).unfold(1, kernel, 1).contiguous().nbytes
    ),
}
SLOW = {"reuse/stem-shape": 1, "reuse/last-map": 1}  # seeds for networks that take long


def test_each_prediction_has_a_proof():
    assert set(PROOFS) == set(of(Predict))


@pytest.mark.parametrize("name", of(Predict))
def test_formula_agrees_with_torch(name):
    torch.manual_seed(0)
    question = QUESTIONS[name]
    for seed in range(SLOW.get(name, 25)):
        values = question.draw(Random(f"{name}@{seed}"))
        if name in SLOW:
            values = {"batch": 2, "size": values["size"]}
        proved = PROOFS[name](**values)
        right = question.formula(**values)
        if isinstance(right, tuple):
            assert right == tuple(proved), values
        else:
            assert right == pytest.approx(proved, abs=1e-4, rel=1e-4), values
        answer = recall.written(right)
        assert answer in question.why(**values, answer=answer) or name == "depth/group-projects"


@pytest.mark.parametrize("name", of(Predict))
def test_the_answer_as_it_is_told_is_right_and_another_is_not(name):
    for seed in SEEDS:
        asked = recall.ask(name, seed)
        assert asked.judge(asked._answer).right
        assert not asked.judge("7777777" if "(" not in asked._answer else "9 9 9").right


RUNS = {
    "scaffold/forward-line": (
        "def run(self, x):\n    {line}",
        lambda: (Linear(5, 3), torch.arange(10.0).reshape(2, 5)),
    ),
    "locality/handed-on": (
        "def run(self, x):\n    {line}",
        lambda: (Conv2d(1, 2, 3, stride=2, padding=1), torch.arange(64.0).reshape(1, 1, 8, 8)),
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_every_accepted_line_computes_what_the_reference_does(name):
    question = QUESTIONS[name]
    template, make = RUNS[name]
    torch.manual_seed(0)
    module, x = make()
    for filling in question.accepts:
        names = {"F": F, "torch": torch}
        exec(template.format(line=question.line.replace(BLANK, filling)), names)
        assert torch.equal(names["run"](module, x), module(x)), filling


def test_completed_lines_do_what_the_question_says():
    model = small()
    assert is_code("requires_grad_", QUESTIONS["reuse/freeze"].line, ["requires_grad_"])
    model.requires_grad_(False)
    assert not any(p.requires_grad for p in model.parameters())
    layer = nn.Module()
    layer.register_buffer("running_mean", torch.zeros(3))
    assert "running_mean" in layer.state_dict()
    assert not list(layer.parameters())


def test_fragments_that_are_right_do_what_the_reference_does_and_the_others_do_not():
    torch.manual_seed(0)
    x = torch.randn(3, 4, 5, 6)
    names = {"x": x}
    question = QUESTIONS["locality/mean-of-what"]
    exec(question.right, names)
    assert torch.equal(names["x"], x.mean(dim=(2, 3)))
    names = {"x": x}
    exec(question.wrong, names)
    assert names["x"].shape == (4,)

    question = QUESTIONS["depth/where-eps"]
    values = {"mean": x.mean(), "var": torch.tensor(1e-5), "eps": 1e-5, "torch": torch, "x": x}
    theirs = F.batch_norm(x[:, :1], x.mean()[None], torch.tensor([1e-5]), eps=1e-5)
    for code, agrees in ((question.right, True), (question.wrong, False)):
        names = dict(values)
        exec(code, names)
        assert torch.allclose(names["x"][:, :1], theirs) is agrees

    question = QUESTIONS["scaffold/list-of-layers"]
    for code, count in ((question.right, 79_510), (question.wrong, 0)):
        model = nn.Module()
        exec(code, {"self": model, "nn": nn, "Linear": Linear})
        assert numbers(model.parameters()) == count

    question = QUESTIONS["locality/left-out"]
    for code, stride in ((question.right, 3), (question.wrong, 1)):
        model = nn.Module()
        exec(code, {"self": model, "stride": None, "kernel_size": 3})
        assert model.stride == stride
    assert MaxPool2d(3).stride == 3

    question = QUESTIONS["depth/batch-mean"]
    for code, total in ((question.right, 0.0), (question.wrong, 360.0)):
        names = {"x": torch.randn(3, 4, 5, 6, requires_grad=True)}
        exec(code, names)
        (names["x"] - names["mean"][None, :, None, None]).sum().backward()
        assert names["x"].grad.sum().item() == pytest.approx(total, abs=1e-3)

    question = QUESTIONS["reuse/which-rows"]
    for code, has_buffers in ((question.right, True), (question.wrong, False)):
        names = {"mine": small(), "theirs": small()}
        exec(code, names)
        assert (len(list(names["pairs"])) == len(small().state_dict())) is has_buffers

    question = QUESTIONS["reuse/take-values"]
    for code, shared in ((question.right, False), (question.wrong, True)):
        a, b = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.ones(2))
        with torch.no_grad():
            exec(code, {"a": a, "b": b})
        assert torch.equal(a, b)
        assert (a.data_ptr() == b.data_ptr()) is shared


def test_the_network_in_order_is_one_that_runs():
    x = torch.zeros(2, 1, 28, 28)
    x = MaxPool2d(2)(Conv2d(1, 16, 5, padding=2)(x).relu())
    x = Conv2d(16, 32, 3, padding=1)(x).relu()
    assert x.shape == (2, 32, 14, 14)
    assert Linear(32, 10)(x.mean(dim=(2, 3))).shape == (2, 10)


# --- reading kindly -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["(2, 10)", "2x10", "2 10", "[2,10]", "2 X 10", "2 × 10", "torch.Size([2, 10])", " 2 , 10 ",
     "2 by 10", "(2, 5*2)", "shape = (2, 10)".removeprefix("shape ")],
)  # fmt: skip
def test_a_shape_in_many_forms(text):
    assert is_shape(text, (2, 10))
    assert not is_shape(text, (10, 2))
    assert not is_shape(text, (2, 10, 1))


@pytest.mark.parametrize("text", ["(8, 1,000)", "8x1000", "8 1000", "(8, 1000)", "8,1000"])
def test_a_shape_with_a_thousand(text):
    assert is_shape(text, (8, 1000))


@pytest.mark.parametrize(
    "text",
    ["79510", "79,510", "79 510", "79_510", "79.510,0".replace(".", ""), "784*100 + 100 + 1010",
     "= 79510", "28*28*100+100+100*10+10 = 79510", "about 79,510 numbers", "`79510`", "79510.0",
     "785 x 100 + 1010"],
)  # fmt: skip
def test_a_whole_number_in_many_forms(text):
    assert is_number(text, 79510)
    assert not is_number(text, 79511)


@pytest.mark.parametrize("text", ["0.05", ".05", "1/20", "0,05", "5 %", "5e-2", "1/sqrt(400)",
                                  "400**-0.5", "400^-0.5", "bound = 1/20", "1/√400"])  # fmt: skip
def test_a_fraction_in_many_forms(text):
    assert is_number(text, 0.05, 0.0005)
    assert not is_number(text, 0.5, 0.0005)


@pytest.mark.parametrize("text", ["2.3", "ln 10", "ln(10)", "-ln 0.1", "-ln(1/10)", "log 10",
                                  "2,3", "-log(0.1)", "2.303", "math.log(10)"])  # fmt: skip
def test_a_logarithm_in_many_forms(text):
    assert is_number(text, math.log(10), 0.05)


@pytest.mark.parametrize("text", ["-3", "−3", " - 3", "minus infinity loses: -3"])
def test_a_negative_number(text):
    assert is_number(text, -3)
    assert not is_number(text, 3)


@pytest.mark.parametrize(
    "text", ["", "abc", "12 or 13", "()", "9**9**9**9", "1/0", "print()", "__import__('os')"]
)
def test_what_holds_no_single_number_is_unreadable(text):
    with pytest.raises(Unreadable):
        is_number(text, 12)


def test_an_order_may_be_written_with_anything_between():
    for text in ("312", "3 1 2", "3,1,2", "3 > 1 > 2", "3-1-2", "3. 1. 2."):
        assert order(text, 3) == (2, 0, 1)
    for text in ("31", "3 1 1", "3 1 2 4", "abc", ""):
        with pytest.raises(Unreadable):
            order(text, 3)


def test_a_choice_may_be_written_in_many_ways():
    asked = recall.ask("depth/where-eps", 3)
    letter, number = asked._answer[0], asked._answer[1]
    for text in (
        f"{letter}{number}",
        f"{letter.upper()} {number}",
        f"{number}, {letter}",
        f"code {letter} because {number}",
        asked._answer,
    ):
        assert asked.judge(text).right
    for text in (letter, number, f"c{number}", f"{letter}9", "?!"):
        with pytest.raises(Unreadable):
            asked.judge(text)


def test_a_line_of_code_in_many_forms():
    question = QUESTIONS["locality/handed-on"]
    right = (
        "stride=self.stride, padding=self.padding",
        "padding = self.padding,stride = self.stride",
        "return F.conv2d(x, self.weight, padding=self.padding, stride=self.stride)",
        "Stride=self.stride, Padding=self.padding  # both",
        "stride=self.stride, padding=self.padding)",
        "`stride=self.stride, padding=self.padding`",
    )
    for text in right:
        assert is_code(text, question.line, question.accepts), text
    for text in ("stride=self.stride", "self.stride, self.padding", "stride=1, padding=0"):
        assert not is_code(text, question.line, question.accepts), text
    for text in ("stride=", ")", "stride self"):
        with pytest.raises(Unreadable):
            is_code(text, question.line, question.accepts)
    question = QUESTIONS["scaffold/forward-line"]
    for text in ("T", ".T", "t()", "self.weight.T", "transpose( 0,1 )", "transpose(-1, -2)"):
        assert is_code(text, question.line, question.accepts), text
    for text in ("weight", "T.T", "transpose(0, 0)"):
        assert not is_code(text, question.line, question.accepts), text
    question = QUESTIONS["reuse/freeze"]
    for text in ("requires_grad_", "requires_grad_(False)", "model.requires_grad_(False)"):
        assert is_code(text, question.line, question.accepts), text
    for text in ("requires_grad", "train", "model.requires_grad_(True)"):
        assert not is_code(text, question.line, question.accepts), text
    question = QUESTIONS["depth/not-learned"]
    for text in (
        "register_buffer",
        "register_buffer(",
        "self.register_buffer('running_mean', torch.zeros(num_features))",
    ):
        assert is_code(text, question.line, question.accepts), text
    assert not is_code("register_parameter", question.line, question.accepts)


@given(st.sampled_from(sorted(set(QUESTIONS) - set(of(Tell)))), st.text(max_size=40))
def test_no_text_ends_the_program_or_is_run(name, text):
    with suppress(Unreadable):
        assert recall.ask(name, 5).judge(text).answer


some_sizes = st.lists(st.integers(1, 2000), min_size=2, max_size=4)


@given(some_sizes, st.sampled_from([", ", "x", " ", ","]))
def test_every_shape_is_read_back(sizes, between):
    assert is_shape(between.join(map(str, sizes)), sizes)


def test_a_told_answer_is_right_with_all_its_points_only():
    asked = recall.ask("scaffold/no-softmax", 1)
    every = set(range(1, len(asked.points) + 1))
    assert asked.judge_points(every).right
    assert not asked.judge_points(every - {2}).right
    assert not asked.judge_points(set()).right


def test_tickets():
    asked = recall.ask("scaffold/rows", 12)
    assert recall.from_ticket(asked.ticket).page() == asked.page()
    for ticket in ("", "scaffold/rows", "scaffold/rows@", "scaffold/rows@x", "scaffold/none@1",
                   "nowhere/rows@1", "scaffold@1", "scaffold/rows@" + "9" * 30):  # fmt: skip
        with pytest.raises(LookupError):
            recall.from_ticket(ticket)
