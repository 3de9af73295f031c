"""Checkpoint ``batchnorm``: right answers pass whatever their style, wrong ones are named."""

from pathlib import Path

import pytest
from torch import nn

from lessons.judging import lesson
from lessons.subject import Subject
from lessons.trial import Trial, failures, run_claim
from lessons.workbench import Workbench

STYLES = sorted((Path(__file__).parent / "styles" / "batchnorm").glob("*.py"))


@pytest.mark.long
@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_right_answers_pass_in_any_style(judge_source, path):
    source = path.read_text("utf-8")
    for seed in range(20):
        verdicts = judge_source("batchnorm", source, seed)
        refused = [
            (j.claim, j.observed, j.expected) for j in verdicts.values() if j.verdict != "passed"
        ]
        assert not refused, f"seed {seed}"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("claim", lesson("batchnorm").checkpoint.claims, ids=lambda c: c.id)
def test_the_claims_ask_for_what_torch_does(claim, seed):
    it = lesson("batchnorm")
    answer = Workbench({"BatchNorm2d": nn.BatchNorm2d}).answer
    trial = Trial(Subject(answer, seed, "float64"), claim.id, seed, "float64")
    seen = run_claim(it.functions[claim.id], trial)
    wrong = failures(seen, it.notes("reference", claim, seed, "float64"))
    names = [failure.note.name for failure in wrong]
    assert names == (["your own layer"] if claim.id == "state" else [])


def styled(name: str, *changes: tuple[str, str]) -> str:
    """A right answer with some of its text replaced."""
    path = Path(__file__).parent / "styles" / "batchnorm" / f"{name}.py"
    source = path.read_text("utf-8")
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


KEEPDIM, IN_PLACE, SQUARES = "keepdim_reassigned", "in_place_arithmetic", "mean_of_squares"
TYPED, LAST, FUNCTION = "typed_in_place", "inference_mode_reassigned", "functional"

# The same mistakes as the course keeps, written in another way than the course does.
OTHER_WORDS = {
    ("state", "torchs-own"): (
        KEEPDIM,
        ("class BatchNorm2d(nn.Module)", "BatchNorm2d = nn.BatchNorm2d\n\n\nclass Mine(nn.Module)"),
    ),
    ("state", "counter-missing"): (
        TYPED,
        ('            ("num_batches_tracked", t.zeros((), dtype=t.long)),\n', ""),
        ("        self.num_batches_tracked.add_(1)\n", ""),
    ),
    ("state", "counter-in-a-list"): (
        IN_PLACE,
        ("torch.LongTensor([0]).squeeze()", "torch.LongTensor([0])"),
    ),
    ("state", "settings-as-buffers"): (
        KEEPDIM,
        ("self.eps = eps", 'self.register_buffer("eps", torch.tensor(eps))'),
    ),
    ("initial-values", "affine-never-set"): (
        SQUARES,
        ("nn.init.ones_(self.weight)", ""),
        ("nn.init.zeros_(self.bias)", ""),
    ),
    ("train-values", "unbiased-in-forward"): (
        KEEPDIM,
        (", keepdim=True, unbiased=False", ", keepdim=True"),
    ),
    ("train-values", "eps-outside-the-root"): (
        IN_PLACE,
        ("sigma2.add(self.eps).sqrt()", "sigma2.sqrt().add(self.eps)"),
    ),
    ("train-values", "eps-fixed"): (FUNCTION, ("eps=self.eps", "eps=1e-5")),
    ("train-values", "root-missing"): (SQUARES, ("** -0.5", "** -1")),
    ("train-values", "modes-swapped"): (KEEPDIM, ("if self.training", "if not self.training")),
    ("train-values", "always-as-in-eval"): (KEEPDIM, ("if self.training", "if False")),
    ("train-values", "affine-never-used"): (
        FUNCTION,
        ("self.weight,\n            self.bias,", "None,\n            None,"),
    ),
    ("train-values", "nothing-returned"): (KEEPDIM, ("return x_norm", "x_norm")),
    ("running-statistics", "biased-running-variance"): (
        KEEPDIM,
        ("torch.var(x, dim=(0, 2, 3))", "var.flatten()"),
    ),
    ("running-statistics", "running-std"): (
        KEEPDIM,
        ("torch.var(x, dim=(0, 2, 3))", "torch.std(x, dim=(0, 2, 3))"),
    ),
    ("running-statistics", "momentum-reversed"): (
        FUNCTION,
        ("momentum=self.momentum", "momentum=1 - self.momentum"),
    ),
    ("running-statistics", "momentum-reversed-for-the-variance"): (
        TYPED,
        ("(count / (count - 1)), self.momentum", "(count / (count - 1)), 1 - self.momentum"),
    ),
    ("running-statistics", "never-updated"): (
        LAST,
        ("self.running_mean = (1 - m)", "running_mean = (1 - m)"),
        ("self.running_var = (1 - m)", "running_var = (1 - m)"),
    ),
    ("running-statistics", "shape-spread-out"): (
        KEEPDIM,
        (".squeeze((0, 2, 3))", ""),
        ("torch.var(x, dim=(0, 2, 3))", "torch.var(x, dim=(0, 2, 3), keepdim=True)"),
    ),
    ("counter", "images-counted"): (KEEPDIM, ("tracked + 1", "tracked + len(x)")),
    ("eval-values", "mode-ignored"): (KEEPDIM, ("if self.training", "if True")),
    ("eval-values", "not-reshaped-in-eval"): (
        KEEPDIM,
        ("self.running_mean.reshape(1, -1, 1, 1)", "self.running_mean"),
        ("self.running_var.reshape(1, -1, 1, 1)", "self.running_var"),
    ),
    ("eval-changes-nothing", "counted-in-eval"): (
        FUNCTION,
        ("        if self.training:\n            self", "        self"),
    ),
    ("gradients", "statistics-detached"): (
        SQUARES,
        ("- m**2\n", "- m**2\n            m, v = m.detach(), v.data\n"),
    ),
    ("gradients", "changed-in-place"): (IN_PLACE, ("x.clone()", "x")),
    ("no-graph", "buffers-with-graph"): (LAST, ("with t.inference_mode():", "if True:")),
    ("no-graph", "batch-kept-on-self"): (
        KEEPDIM,
        ("        x_norm = (x", "        self.last = mean\n        x_norm = (x"),
    ),
    ("state", "torchs-tensors-borrowed"): (
        KEEPDIM,
        (
            "        self.num_features = num_features\n",
            "        self.norm = nn.BatchNorm2d(num_features)\n        self.num_features = 1\n"
            "        for name, value in self.norm._buffers.items():\n"
            "            self.register_buffer(name, value)\n"
            "        self.weight, self.bias = self.norm.weight, self.norm.bias\n        return\n",
        ),
    ),
    ("eval-values", "batch-statistics-until-trained"): (
        KEEPDIM,
        ("if self.training:", "if self.training or not self.num_batches_tracked:"),
    ),
    ("counter", "counter-becomes-a-float"): (KEEPDIM, ("tracked + 1", "tracked + 1.0")),
    ("train-values", "brackets-missing"): (
        KEEPDIM,
        (
            "x_norm = (x - mean) / torch.sqrt(var + self.eps)",
            "x_norm = mean / torch.sqrt(var + self.eps)",
        ),
        ("return x_norm * self.weight", "return x - x_norm * self.weight"),
    ),
    ("train-values", "std-for-variance"): (
        KEEPDIM,
        ("torch.var(x, dim=(0, 2, 3), keepdim", "torch.std(x, dim=(0, 2, 3), keepdim"),
        ("unbiased = torch.var(x, dim=(0, 2, 3))", "unbiased = var.flatten() * 24 / 23"),
    ),
}


@pytest.mark.parametrize(("claim", "mistake"), OTHER_WORDS, ids=lambda value: value)
def test_a_wrong_answer_is_named_however_it_is_written(judge_source, claim, mistake):
    verdicts = judge_source("batchnorm", styled(*OTHER_WORDS[claim, mistake]), claims=(claim,))
    assert verdicts[claim].verdict == "failed"
    assert verdicts[claim].mistake == mistake
    assert verdicts[claim].diagnosis
    assert verdicts[claim].repair.startswith("depth#")


def test_in_place_updates_with_gradients_on_keep_a_graph_too(judge_source):
    source = styled(IN_PLACE, ("with torch.no_grad():", "if True:"))
    judged = judge_source("batchnorm", source, claims=("no-graph",))["no-graph"]
    assert judged.mistake == "buffers-with-graph"


def test_a_factor_that_nobody_kept_is_told(judge_source):
    source = styled(KEEPDIM, ("return x_norm", "return 3 * x_norm"))
    source = source.replace("+ self.bias", "+ 3 * self.bias")
    judged = judge_source("batchnorm", source, claims=("train-values",))["train-values"]
    assert judged.verdict == "failed"
    assert judged.mistake is None
    assert "3 times" in judged.diagnosis


def test_a_share_that_nobody_kept_is_told(judge_source):
    source = styled(TYPED, ("lerp_(mean, self.momentum)", "lerp_(mean, self.momentum / 2)"))
    judged = judge_source("batchnorm", source, claims=("running-statistics",))["running-statistics"]
    assert judged.mistake is None
    assert "0.950 of the old value + 0.050 of the batch's mean" in judged.observed
    assert "0.9 of the old value + 0.1 of the batch's mean" in judged.expected


def test_another_default_eps_is_told(judge_source):
    source = styled(KEEPDIM, ("eps=1e-05", "eps=1e-3"))
    judged = judge_source("batchnorm", source, claims=("train-values",))["train-values"]
    assert judged.observed == "built without eps, the layer's output fits eps = 0.001"


def test_another_default_momentum_is_told(judge_source):
    source = styled(KEEPDIM, ("momentum=0.1", "momentum=0.01"))
    judged = judge_source("batchnorm", source, claims=("running-statistics",))["running-statistics"]
    assert "0.990 of the old value + 0.010 of the batch's mean" in judged.observed


def test_shares_are_told_with_as_many_digits_as_it_takes(judge_source):
    source = styled(
        KEEPDIM,
        ("unbiased = torch.var(x, dim=(0, 2, 3))", "unbiased = 1.0002 * torch.var(x, (0, 2, 3))"),
    )
    judged = judge_source("batchnorm", source, claims=("running-statistics",))["running-statistics"]
    assert "0.90000 of the old value + 0.10002 of the batch's" in judged.observed


def test_a_misspelt_name_is_told_as_a_missing_one(judge_source):
    source = styled(KEEPDIM, ('register_buffer("running_mean"', 'register_buffer("runing_mean"'))
    judged = judge_source("batchnorm", source, claims=("state",))["state"]
    assert judged.mistake is None
    assert judged.observed.startswith("no `running_mean`; there is `weight`, `bias`, `runing_mean`")


def test_an_input_given_back_is_not_taken_for_another_eps(judge_source):
    source = styled(
        KEEPDIM, ("    def forward(self, x):", "    def forward(self, x):\n        return x")
    )
    judged = judge_source("batchnorm", source, claims=("train-values",))["train-values"]
    assert judged.observed.startswith("with weight 1 and bias 0, the output's channels have mean")


def test_two_mistakes_in_two_claims_get_their_own_names(judge_source):
    source = styled(
        KEEPDIM,
        ("torch.sqrt(var + self.eps)", "(torch.sqrt(var) + self.eps)"),
        ("torch.var(x, dim=(0, 2, 3))", "var.flatten()"),
    )
    verdicts = judge_source("batchnorm", source)
    assert verdicts["train-values"].mistake == "eps-outside-the-root"
    assert verdicts["running-statistics"].mistake == "biased-running-variance"


def test_a_wrong_eval_leaves_train_alone(judge_source):
    verdicts = judge_source("batchnorm", styled(KEEPDIM, ("if self.training", "if True")))
    passed = [name for name, judged in verdicts.items() if judged.verdict == "passed"]
    assert passed == [
        "state",
        "initial-values",
        "train-values",
        "running-statistics",
        "counter",
        "no-graph",
    ]


def test_nothing_is_reached_without_the_state(judge_source):
    source = styled(IN_PLACE, ("torch.LongTensor([0]).squeeze()", "torch.LongTensor([0])"))
    verdicts = judge_source("batchnorm", source)
    assert verdicts.pop("state").verdict == "failed"
    assert {judged.verdict for judged in verdicts.values()} == {"not-reached"}


def test_a_type_that_is_fixed_to_float32_is_no_mistake(judge_source):
    source = styled(KEEPDIM, ("return x_norm", "x_norm = x_norm.float()\n        return x_norm"))
    verdicts = judge_source("batchnorm", source)
    assert {judged.verdict for judged in verdicts.values()} == {"passed"}


def test_a_missing_name_is_told(judge_source):
    verdicts = judge_source("batchnorm", "from torch import nn\n")
    assert "batchnorm.py defines no `BatchNorm2d`" in verdicts["state"].observed
    assert verdicts["state"].mistake is None


def test_a_body_not_written_yet_is_told(judge_source):
    verdicts = judge_source(
        "batchnorm",
        styled(KEEPDIM, ("if self.training:", "raise NotImplementedError\n        if True:")),
    )
    assert verdicts["state"].verdict == "passed"
    assert verdicts["train-values"].observed == "not written yet"
    assert verdicts["train-values"].mistake is None


def test_buffers_that_are_lost_on_the_way_are_told(judge_source):
    source = styled(
        KEEPDIM,
        ("        x_norm = (x", "        self.running_var = None\n        x_norm = (x"),
    )
    judged = judge_source("batchnorm", source, claims=("running-statistics",))["running-statistics"]
    assert judged.verdict == "failed"
    assert "lost its `running_var`" in judged.observed


def test_a_function_that_makes_torchs_layer_is_torchs_layer(judge_source):
    source = (
        "from torch import nn\n\n\ndef BatchNorm2d(*a, **k):\n    return nn.BatchNorm2d(*a, **k)\n"
    )
    judged = judge_source("batchnorm", source, claims=("state",))["state"]
    assert judged.mistake == "torchs-own"
