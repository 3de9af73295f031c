"""Checkpoint ``mlp``: right answers pass whatever their style, wrong ones are named."""

from pathlib import Path

import pytest

STYLES = sorted((Path(__file__).parent / "styles" / "mlp").glob("*.py"))
FAST = (
    "parameters",
    "initial-values",
    "linear-values",
    "raw-scores",
    "same-outputs",
    "training-step",
    "accuracy",
)


@pytest.mark.long
@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_right_answers_pass_in_any_style(judge_source, path, seeds):
    source = path.read_text("utf-8")
    for seed in seeds:
        verdicts = judge_source("mlp", source, seed, () if seed == 0 else FAST)
        refused = [
            (j.claim, j.observed, j.expected) for j in verdicts.values() if j.verdict != "passed"
        ]
        assert not refused, f"seed {seed}"


BASE = (Path(__file__).parent / "styles" / "mlp" / "sequential_named.py").read_text("utf-8")

# The same mistakes as the course keeps, written in another way than the course does.
OTHER_WORDS = {
    ("raw-scores", "softmax-in-forward"): (
        "return self.net(x)",
        "z = self.net(x).exp(); return z / z.sum(-1, keepdim=True)",
    ),
    ("raw-scores", "batch-size-fixed"): (
        "return self.net(x)",
        "return self.net(x.view(32, 1, 28, 28))",
    ),
    ("same-outputs", "no-relu"): ("nn.ReLU(), ", ""),
    ("training-step", "gradients-not-zeroed"): ("        optimizer.zero_grad()\n", ""),
    ("training-step", "step-never"): ("        optimizer.step()\n", ""),
    ("training-step", "loss-with-graph"): ("float(loss)", "loss"),
    ("accuracy", "left-in-eval"): ("    model.train(was_training)\n", ""),
    ("accuracy", "accuracy-with-gradients"): ("with torch.no_grad():", "if True:"),
    ("initial-values", "not-scaled"): ("k = 1 / in_features**0.5", "k = 1"),
    ("initial-values", "scaled-by-in"): ("k = 1 / in_features**0.5", "k = 1 / in_features"),
    ("linear-values", "bias-never-added"): (
        "F.linear(x, self.weight, self.bias)",
        "F.linear(x, self.weight)",
    ),
    ("linear-values", "only-two-dimensions"): (
        "return F.linear(x, self.weight, self.bias)",
        "batch, width = x.shape; return F.linear(x, self.weight, self.bias)",
    ),
    ("parameters", "torchs-own-linear"): (
        "class SimpleMLP",
        "Linear = nn.Linear\n\n\nclass SimpleMLP",
    ),
    ("parameters", "torchs-linear-inside"): (
        "        k = 1 / in_features**0.5",
        "        self.layer = nn.Linear(in_features, out_features, bias)\n"
        "        self.weight, self.bias = self.layer.weight, self.layer.bias\n"
        "        return\n        k = 1 / in_features**0.5",
    ),
    ("parameters", "module-not-begun"): ("        super().__init__()\n        k =", "        k ="),
    ("parameters", "weight-that-never-learns"): (
        "* k)\n        if bias",
        "* k, requires_grad=False)\n        if bias",
    ),
    ("initial-values", "shifted-after-scaling-in-the-weight"): (
        "(torch.rand(out_features, in_features) * 2 - 1) * k",
        "torch.rand(out_features, in_features) * k * 2 - 1",
    ),
    ("linear-values", "weight-not-transposed"): (
        "F.linear(x, self.weight, self.bias)",
        "x @ self.weight + self.bias",
    ),
    ("linear-values", "weight-first"): (
        "F.linear(x, self.weight, self.bias)",
        "self.weight @ x + self.bias",
    ),
    ("linear-values", "weight-detached"): (
        "F.linear(x, self.weight, self.bias)",
        "F.linear(x, self.weight.detach(), self.bias)",
    ),
    ("linear-values", "input-detached"): (
        "F.linear(x, self.weight, self.bias)",
        "F.linear(x.data, self.weight, self.bias)",
    ),
    ("raw-scores", "not-flattened"): ("nn.Flatten(), ", ""),
    ("raw-scores", "flattened-from-dimension-0"): ("nn.Flatten()", "nn.Flatten(0)"),
    ("raw-scores", "scores-not-returned"): ("return self.net(x)", "self.net(x)"),
    ("raw-scores", "class-number-returned"): (
        "return self.net(x)",
        "return self.net(x).max(1).indices",
    ),
    ("raw-scores", "layers-not-kept"): ("self.net = nn.Sequential", "net = nn.Sequential"),
    ("same-outputs", "dropout-between"): ("nn.ReLU(), ", "nn.ReLU(), nn.Dropout(0.3), "),
    ("same-outputs", "gelu-between"): ("nn.ReLU()", "nn.GELU()"),
    ("same-outputs", "image-normalised"): (
        "return self.net(x)",
        "return self.net(x.sub(0.1307).div(0.3081))",
    ),
    ("same-outputs", "layers-made-in-forward"): (
        "return self.net(x)",
        "return nn.Sequential(nn.Flatten(), Linear(784, 10)).to(x.dtype)(x)",
    ),
    ("training-step", "backward-never"): ("        loss.backward()\n", ""),
    ("training-step", "arguments-swapped"): ("criterion(model(x), y)", "criterion(y, model(x))"),
    ("training-step", "trained-under-no-grad"): (
        "criterion(model(x), y)",
        "criterion(model(x).argmax(1).to(x.dtype), y.to(x.dtype))",
    ),
    ("training-step", "log-softmax-forgotten"): ("nn.CrossEntropyLoss()", "nn.NLLLoss()"),
    ("training-step", "loss-times-batch-size"): ("float(loss)", "float(loss) * len(y)"),
    ("training-step", "mean-loss-only"): ("return history", "return sum(history) / len(history)"),
    ("training-step", "item-not-called"): ("float(loss)", "loss.item"),
    ("accuracy", "returned-from-inside-the-loop"): (
        "seen += y.size(0)\n",
        "seen += y.size(0)\n            return hits / seen\n",
    ),
    ("accuracy", "whole-number-division"): ("return hits / seen", "return hits // seen"),
    ("accuracy", "fraction-not-returned"): ("return hits / seen", "print(hits / seen)"),
    ("accuracy", "measured-in-train-mode"): ("model.eval()", "model.train()"),
    ("accuracy", "argmax-of-the-whole-batch"): ("model(x).argmax(dim=1)", "torch.argmax(model(x))"),
    ("accuracy", "argmax-over-the-images"): ("model(x).argmax(dim=1)", "model(x).max(0)[1]"),
    ("accuracy", "scores-compared-with-labels"): (
        "(model(x).argmax(dim=1) == y)",
        "y.eq(model(x))",
    ),
    ("accuracy", "score-compared-with-label"): (
        "model(x).argmax(dim=1)",
        "torch.max(model(x), 1).values",
    ),
    ("same-outputs", "image-divided-by-255"): (
        "return self.net(x)",
        "return self.net(x * (1 / 255))",
    ),
    ("linear-values", "none-added"): (
        "F.linear(x, self.weight, self.bias)",
        "(x @ self.weight.T).add(self.bias)",
    ),
    ("parameters", "no-bias-argument"): (
        ", bias=True):\n        super().__init__()\n",
        "):\n        super().__init__()\n        bias = True\n",
    ),
    ("initial-values", "bound-of-784"): ("in_features**0.5", "784**0.5"),
    ("training-step", "list-begun-anew"): (
        "        optimizer.zero_grad()\n",
        "        history = []\n        optimizer.zero_grad()\n",
    ),
    ("initial-values", "half-of-one-over-in"): ("in_features**0.5", "in_features**1/2"),
    ("initial-values", "standard-uniform"): (
        "        if bias:",
        "        with torch.no_grad():\n            self.weight.uniform_()\n"
        "        if bias:\n            self.bias = nn.Parameter(torch.rand(out_features))\n"
        "            return\n        if bias:",
    ),
    ("linear-values", "multiplied-one-by-one"): (
        "F.linear(x, self.weight, self.bias)",
        "torch.mul(x, self.weight.T) + (0 if self.bias is None else self.bias)",
    ),
    ("raw-scores", "layer-sizes-swapped"): (
        "Linear(784, 100), nn.ReLU(), Linear(100, 10)",
        "Linear(100, 784), nn.ReLU(), Linear(10, 100)",
    ),
    ("raw-scores", "first-layer-lost"): (
        "return self.net(x)",
        "x = self.net[0](x); self.net[1](x); return self.net[3](x.relu())",
    ),
    ("raw-scores", "network-not-begun"): (
        "        super().__init__()\n        self.net =",
        "        self.net =",
    ),
    ("training-step", "logarithm-left-out"): (
        "criterion(model(x), y)",
        "-torch.softmax(model(x), 1)[range(len(y)), y].mean()",
    ),
}


@pytest.mark.parametrize(("claim", "mistake"), OTHER_WORDS, ids=lambda value: value)
def test_a_wrong_answer_is_named_however_it_is_written(judge_source, claim, mistake):
    old, new = OTHER_WORDS[claim, mistake]
    assert BASE.count(old) == 1
    verdicts = judge_source("mlp", BASE.replace(old, new), claims=(claim,))
    assert verdicts[claim].verdict == "failed"
    assert verdicts[claim].mistake == mistake
    assert verdicts[claim].diagnosis
    assert verdicts[claim].repair.startswith("scaffold#")


def test_a_mistake_that_nobody_kept_is_told_by_what_it_does(judge_source):
    source = BASE.replace(
        "F.linear(x, self.weight, self.bias)", "3 * F.linear(x, self.weight, self.bias)"
    )
    judged = judge_source("mlp", source, claims=("linear-values",))["linear-values"]
    assert judged.verdict == "failed"
    assert judged.mistake is None
    assert "3 times" in judged.diagnosis


def test_what_does_not_fit_is_not_always_the_flatten(judge_source):
    source = BASE.replace("return self.net(x)", "return self.net[3](self.net(x))")
    judged = judge_source("mlp", source, claims=("raw-scores",))["raw-scores"]
    assert "1x10 and 100x10" in judged.observed
    assert "ten scores" in judged.expected
    assert judged.mistake is None


def test_a_signature_without_self_is_no_bias_that_is_added(judge_source):
    source = BASE.replace(
        "def forward(self, x):\n        return F", "def forward(x):\n        return F"
    )
    judged = judge_source("mlp", source, claims=("linear-values",))["linear-values"]
    assert judged.mistake is None
    assert "`self`" in judged.diagnosis


def test_how_often_the_optimizer_steps_is_told(judge_source):
    source = BASE.replace(
        "for x, y in batches:\n        opt", "for x, y in [*batches] * 3:\n        opt"
    )
    judged = judge_source("mlp", source, claims=("training-step",))["training-step"]
    assert judged.observed == "for 1 batch, `optimizer.step()` was called 3 times"


def test_a_training_that_fails_after_something_else_says_what_comes_first(judge_source):
    source = BASE.replace("k = 1 / in_features**0.5", "k = 0")
    verdicts = judge_source("mlp", source)
    assert verdicts["initial-values"].mistake == "all-zero"
    assert "above first" in verdicts["learns"].diagnosis


def test_two_mistakes_at_once_are_not_taken_for_one(judge_source):
    source = BASE.replace("        optimizer.zero_grad()\n", "").replace("float(loss)", "loss")
    judged = judge_source("mlp", source, claims=("training-step",))["training-step"]
    assert judged.verdict == "failed"
    assert judged.mistake in ("gradients-not-zeroed", "loss-with-graph")
    assert "not all" in judged.why


def test_what_needs_a_failed_claim_is_not_reached(judge_source):
    verdicts = judge_source("mlp", BASE.replace("nn.ReLU(), ", ""))
    assert verdicts["same-outputs"].verdict == "failed"
    assert verdicts["learns"].verdict == "not-reached"
    assert verdicts["training-step"].verdict == "passed"


def test_a_missing_name_is_told(judge_source):
    verdicts = judge_source("mlp", "from torch import nn\n")
    assert all(j.verdict in ("failed", "not-reached") for j in verdicts.values())
    assert "mlp.py defines no `Linear`" in verdicts["parameters"].observed
    assert verdicts["parameters"].mistake is None


def test_a_body_not_written_yet_is_told(judge_source):
    starter = (
        "def train(model, batches, optimizer):\n    raise NotImplementedError('write train')\n"
    )
    source = f"{BASE}\n\n{starter}"
    verdicts = judge_source("mlp", source, claims=("training-step",))
    assert verdicts["training-step"].observed == "not written yet: write train"
    assert verdicts["training-step"].mistake is None


def test_a_wrong_signature_is_told(judge_source):
    source = BASE.replace(
        "def __init__(self, in_features, out_features, bias=True)",
        "def __init__(self, in_features)",
    ).replace("if bias:", "if False:")
    verdicts = judge_source("mlp", source, claims=("parameters",))
    assert verdicts["parameters"].verdict == "failed"
    assert "TypeError" in verdicts["parameters"].observed


def test_it_tells_for_how_many_images_it_goes_wrong(judge_source):
    source = BASE.replace("return self.net(x)", "return self.net(x) * (1.1 if len(x) > 1 else 1)")
    judged = judge_source("mlp", source, claims=("same-outputs",))["same-outputs"]
    assert judged.mistake is None
    assert "1.1 times" in judged.diagnosis
    assert "only when the batch size is more than 1" in judged.diagnosis


def test_what_torch_can_not_do_is_no_body_that_is_not_written(judge_source):
    source = BASE.replace("criterion(model(x), y)", "criterion(y, model(x))")
    judged = judge_source("mlp", source, claims=("training-step",))["training-step"]
    assert "not written yet" not in judged.observed
    assert "mlp.py, line" in judged.observed
