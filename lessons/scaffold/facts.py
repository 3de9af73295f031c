"""What the pages of move 1 state, and the code that proves it (see ``lessons.facts``)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from lessons.facts import Facts, close, raises, shape, size
from reference.data import batches, digits
from reference.mlp import Linear, SimpleMLP, accuracy

FACTS = Facts()
prove, measured = FACTS.prove, FACTS.measured


@torch.enable_grad()
def _cut(zero: int) -> bool:
    x = torch.tensor([-1.0], requires_grad=True)
    y = F.relu(x)
    y.sum().backward()
    return y.item() == zero and x.grad is not None and float(x.grad) == 0


@torch.enable_grad()
def _push(high: float, softmax: bool) -> float:
    """How strongly a sure and wrong answer's right score is pushed up."""
    logits = torch.zeros(1, 10, dtype=torch.float64)
    logits[0, 3] = high
    logits.requires_grad_()
    F.cross_entropy(logits.softmax(1) if softmax else logits, torch.tensor([5])).backward()
    assert logits.grad is not None
    return round(-float(logits.grad[0, 5]), 5 if softmax else 2)


@torch.enable_grad()
def _adds_up() -> bool:
    """``backward`` adds to the gradient that is there."""
    x = torch.ones(1, requires_grad=True)
    (2 * x).sum().backward()
    (2 * x).sum().backward()
    return x.grad is not None and float(x.grad) == 4


@torch.enable_grad()
def _units_stay_equal() -> bool:
    model = SimpleMLP()
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.01)
    F.cross_entropy(model(IMAGES[:50]), LABELS[:50]).backward()
    gradient = model.linear1.weight.grad
    return gradient is not None and bool((gradient == gradient[0]).all())


IMAGES, LABELS = digits("test")
MODEL = SimpleMLP()

# --- images -------------------------------------------------------------------------------------

prove(
    "Somebody wrote this 5 by hand. A computer gets it as 28 rows of 28 numbers, from 0 (paper) "
    "to 1 (ink).",
    lambda *_: (int(LABELS[578]), *IMAGES.shape[2:], float(IMAGES.min()), float(IMAGES.max())),
)
prove(
    "One image is `(1, 28, 28)`: 1 channel (grey), 28 rows, 28 columns.",
    lambda *_: (*IMAGES[0].shape, *IMAGES[0].shape),
)
prove("`(batch, 1, 28, 28)`", lambda *_: shape(IMAGES[:7])[1:])
prove(
    "Dimension 0 counts the images. It stays as it is, and flattening begins at dimension 1.",
    lambda dim, start: shape(torch.ones(3, 1, 4, 5).flatten(start)) == (3, 20) and dim == 0,
)
prove("28 x 28 = 784 numbers", lambda rows, columns, _: IMAGES[0].numel())
prove(
    "x.flatten(1)  # (batch, 784)",
    lambda start, _: shape(IMAGES[:3].flatten(start))[1],
)
prove(
    "x.flatten()  # (batch * 784,)",
    lambda numbers: shape(IMAGES[:3].flatten()) == (3 * numbers,),
)
prove(
    "x.reshape(784, -1).T  # (batch, 784)     each row mixes images: wrong",
    lambda rows, rest, _: (
        shape(IMAGES[:3].reshape(rows, rest).T)[1] == rows
        and not torch.equal(IMAGES[:3].reshape(rows, rest).T, IMAGES[:3].flatten(1))
    ),
)

# --- layers -------------------------------------------------------------------------------------


def _layers() -> list[int]:
    return [parameter.numel() for parameter in MODEL.parameters()]


prove(
    "The first, 784 -> 100, has 78,400 weights and 100 biases. The second, 100 -> 10, has 1,000 "
    "and 10. That makes 79,510 numbers to learn.",
    lambda *_: (784, 100, *_layers()[:2], 100, 10, *_layers()[2:], size(MODEL)),
)
prove(
    "For all outputs at once, that is x W^T + b.",
    lambda: _linear_is_its_formula(),
)


def _linear_is_its_formula() -> bool:
    layer, x = Linear(3, 5), torch.randn(4, 2, 3)
    assert layer.bias is not None
    return torch.allclose(layer(x), x @ layer.weight.T + layer.bias)


prove("weight  # (out_features, in_features)", lambda: shape(Linear(3, 5).weight) == (5, 3))
prove(
    'self.weight = nn.Parameter(values)  # registered as "weight": it learns',
    lambda: "weight" in dict(Linear(3, 5).named_parameters()),
)
prove(
    "self.layers = [Linear(784, 100)]  # a plain list hides what is in it",
    lambda i, o: _hidden([Linear(i, o)]),
)


def _hidden(layers: list[nn.Module]) -> bool:
    module = nn.Module()
    module.layers = layers  # type: ignore[assignment]
    return not list(module.parameters())


prove(
    "equal weights would stay equal",
    lambda: _units_stay_equal(),
)


measured("zeros everywhere is at 10 % after a whole pass", "after one pass from zeros")
prove("`bound = in_features ** -0.5`", lambda power: close(4.0**power, 0.5))
prove(
    "That is 1/28 = 0.036 for 784 inputs and 0.1 for 100.",
    lambda *_: (1, 28, _bound(784), 784, _bound(100), 100),
)


def _bound(inputs: int) -> float:
    """The largest initial value of many, to the digits that the page shows."""
    largest = float(Linear(inputs, 2000).weight.detach().abs().max())
    assert largest <= inputs**-0.5
    return round(largest, 4)


prove(
    "`torch.rand` gives 0 to 1, so shift first and scale then: "
    "`(2 * torch.rand(shape) - 1) * bound`",
    lambda low, high, twice, one: (
        (twice * torch.zeros(()) - one) == -1 and (twice * torch.ones(()) - one) == 1
    ),
)
prove(
    "ReLU keeps a positive number and makes a negative one 0.",
    lambda zero: F.relu(torch.tensor([2.0, -3.0])).tolist() == [2, zero],
)
prove(
    "(batch, 784) -> (batch, 100) -> (batch, 10)",
    lambda *_: (
        IMAGES[:2].flatten(1).shape[1],
        MODEL.linear1(IMAGES[:2].flatten(1)).shape[1],
        MODEL(IMAGES[:2]).shape[1],
    ),
)
prove(
    "a single layer, 784 -> 10, with the same outputs",
    lambda i, o: _one_in_disguise(i, o),
)


def _one_in_disguise(inputs: int, outputs: int) -> bool:
    first, second = Linear(inputs, 100).double(), Linear(100, outputs).double()
    x = torch.randn(4, inputs, dtype=torch.float64)
    assert first.bias is not None
    assert second.bias is not None
    weight = second.weight @ first.weight
    bias = second.weight @ first.bias + second.bias
    return torch.allclose(second(first(x)), x @ weight.T + bias, atol=1e-12)


measured("89.9 % right instead of 91.0 % after a pass", "no ReLU", "the reference")
prove("a score that it cuts to 0 learns nothing", lambda zero: _cut(zero))
measured("That network is at 65 %.", "ReLU after the logits")


# --- scores and the loss ------------------------------------------------------------------------

LOGITS = (-0.5, -3.2, -3.5, 2.2, -4.7, 3.2, -5.5, -2.1, 0.6, 0.3)


def _softmax(*said: float) -> bool:
    """The table of the page: digits, logits, softmax. Logits are rounded there."""
    places, logits, shares = said[:10], said[10:20], said[20:30]
    right = torch.tensor(logits).softmax(0).tolist()
    return (
        places == tuple(range(10))
        and logits == LOGITS
        and all(abs(a - b) < 0.011 for a, b in zip(shares, right, strict=True))
    )


prove(
    "digit       0     1     2     3     4     5     6     7     8     9 "
    "logit    -0.5  -3.2  -3.5   2.2  -4.7   3.2  -5.5  -2.1   0.6   0.3 "
    "softmax  0.02  0.00  0.00  0.24  0.00  0.66  0.00  0.00  0.05  0.04",
    _softmax,
)
prove("for the 5 above", lambda five: max(range(10), key=LOGITS.__getitem__) == five)
prove("all add up to 1", lambda one: close(float(torch.tensor(LOGITS).softmax(0).sum()), one, 1e-6))
prove(
    "`F.cross_entropy(logits, labels)` takes logits (batch, 10) and labels (batch,), which are "
    "whole numbers from 0 to 9",
    lambda classes, low, high: (
        shape(MODEL(IMAGES[:2])) == (2, classes) and (LABELS.min(), LABELS.max()) == (low, high)
    ),
)
prove(
    "Our 5 costs -ln 0.656 = 0.42. Were it labelled 3, it would cost -ln 0.237 = 1.44.",
    lambda five, sure, cost, three, less, other: (
        close(-math.log(sure), cost, 0.01)
        and close(-math.log(less), other, 0.01)
        and abs(_share(five) - sure) < 0.01
        and abs(_share(three) - less) < 0.01
    ),
)


def _share(digit: int) -> float:
    return float(torch.tensor(LOGITS).softmax(0)[digit])


def _guess(classes: int) -> float:
    """The loss of a network that gives each class the same score."""
    return F.cross_entropy(torch.zeros(3, classes), torch.arange(3) % classes).item()


prove(
    "gives each digit 0.1, and -ln 0.1 = 2.303.",
    lambda share, *_: _guess(round(1 / share)),
)
measured("20 of ours began between 2.29 and 2.32", "loss at the start")
prove(
    "A softmax of your own before it squeezes the scores into 0 to 1.",
    lambda low, high: bool(
        ((s := MODEL(IMAGES[:9]).softmax(1)) >= low).all() and (s <= high).all()
    ),
)
prove("even a perfect answer costs 1.46", lambda _: _twice(0))
prove(
    "(logit 10 for a wrong digit, 0 for the rest) is pushed towards the label with 0.00005 "
    "instead of 1.",
    lambda ten, zero, *_: (_push(ten, True), _push(ten, False)),
)


def _twice(label: int) -> float:
    """The loss of a sure and right answer after two softmaxes."""
    sure = torch.full((1, 10), -1000.0)
    sure[0, label] = 1000.0
    return F.cross_entropy(sure.softmax(1), torch.tensor([label])).item()


measured(
    "(`SGD`, learning rate 0.1, batches of 16) one pass then reaches 78.5 % instead of 89.8 %",
    "SGD | 0.1 | 16",
    "softmax before cross-entropy",
    "the reference",
)
prove(
    "A log-softmax of your own changes no loss at all",
    lambda: close(
        float(F.cross_entropy(MODEL(IMAGES[:99]), LABELS[:99])),
        float(F.cross_entropy(MODEL(IMAGES[:99]).log_softmax(1), LABELS[:99])),
        1e-5,
    ),
)

# --- training and measuring ---------------------------------------------------------------------

measured(
    "If you never zero them, a pass ends at 65 % instead of 91 %.",
    "gradients never zeroed",
    "the reference",
)
prove("`step` before `backward` has only old gradients", lambda: _adds_up())


prove(
    "8,000 digits in batches of 32 are 250 steps",
    lambda _, size, steps: (
        len(digits("train")[0]),
        size,
        sum(1 for _ in batches(*digits("train"), size, torch.Generator())),
    ),
)
prove(
    "`model(images).argmax(1)`, shape (batch,)",
    lambda dim: shape(MODEL(IMAGES[:7]).argmax(dim)) == (7,),
)
prove(
    "With 3 of 4 right and then 0 of 1, accuracy is 3/5 = 0.6, though the mean of 0.75 and 0 is "
    "0.375.",
    lambda r1, n1, r2, n2, *_: (
        r1 + r2,
        n1 + n2,
        _accuracy((r1, n1), (r2, n2)),
        r1 / n1,
        r2 / n2,
        (r1 / n1 + r2 / n2) / 2,
    ),
)


def _accuracy(*parts: tuple[int, int]) -> float:
    """Of batches with so many right answers of so many."""
    found = []
    for right, count in parts:
        scores = torch.eye(10)[torch.arange(count) % 10]
        labels = torch.arange(count) % 10
        labels[right:] = (labels[right:] + 1) % 10
        found.append((scores, labels))
    return accuracy(nn.Identity(), found)


measured(
    "guessing gets 10 % of them, a network after one pass 91 %",
    "accuracy before",
    "after one pass |",
)
measured("such a figure is the middle one of 20 trainings", "after one pass |")
prove("Shuffle the 784 pixels", lambda pixels: IMAGES[0].numel() == pixels)
measured("yet the network learns them just as well: 91 %", "with the pixels shuffled")
measured(
    "So move the 5 above one pixel to the right. To you it is the same 5, but 39 of its numbers "
    "change by more than half. We trained 20 networks. All of them called it a 5 before, and all "
    "of them call it a 3 now.",
    "the 5 drawn on the board",
    "the same moved right by 1 pixel",
)
prove("39 of its numbers change by more than half", lambda _: _changed())
measured(
    "a move to the right by 1, 2, 3 and 4 pixels leaves 86.9, 66.5, 43.6 and 23.2 % right",
    "test digits moved right",
)


def _changed() -> int:
    image = IMAGES[578, 0]
    moved = torch.zeros_like(image)
    moved[:, 1:] = image[:, :-1]
    return int(((moved - image).abs() > 0.5).sum())


# --- the cards ----------------------------------------------------------------------------------

prove("logits.argmax(1)  # (batch,)", lambda dim: shape(MODEL(IMAGES[:7]).argmax(dim)) == (7,))
prove(
    '"cannot assign parameters before Module.__init__() call"',
    lambda: raises(_Late, "cannot assign parameters before Module.__init__() call"),
)
prove(
    "because both in one step are exact where two steps would round to 0",
    lambda zero: (
        float(torch.tensor([-200.0, 0.0]).softmax(0)[0]) == zero
        and math.isfinite(float(torch.tensor([-200.0, 0.0]).log_softmax(0)[0]))
    ),
)
prove("their sum is not 1", lambda one: not close(float(MODEL(IMAGES[:1]).sum()), one, 1e-3))
prove("An untrained network of 10 classes has a loss near ln 10 = 2.303", lambda n, *_: _guess(n))
prove("stays above 1.46: a softmax of your own", lambda _: _twice(0))
prove("Loss far above 2.3 at the start", lambda _: _guess(10))
prove("Loss at 2.30 for good", lambda _: _guess(10))


class _Late(nn.Module):
    def __init__(self) -> None:
        self.weight = nn.Parameter(torch.ones(1))
