"""Checkpoint ``transfer``: right answers pass whatever their style, wrong ones are named."""

import re
from pathlib import Path

import pytest
import torch

from lessons.anchors import sections
from lessons.declare import board_path
from lessons.instruments import PretrainedNetwork
from lessons.judging import lesson
from lessons.mistakes import mistakes_of, reference_namespace
from lessons.subject import Subject
from lessons.trial import Trial, run_claim
from lessons.workbench import Workbench

STYLES = sorted((Path(__file__).parent / "styles" / "transfer").glob("*.py"))
BOARD = board_path("reuse", "board.md").read_text("utf-8")


@pytest.mark.long
@pytest.mark.apart
@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_right_answers_pass_in_any_style(judge_source, path, seeds):
    source = path.read_text("utf-8")
    for seed in seeds:
        verdicts = judge_source("transfer", source, seed)
        refused = [
            (j.claim, j.observed, j.expected) for j in verdicts.values() if j.verdict != "passed"
        ]
        assert not refused, f"seed {seed}"


@pytest.mark.long
@pytest.mark.apart
@pytest.mark.parametrize("name", ["Adam", "SGD", "RMSprop", "Adagrad", "NAdam", "Adamax"])
def test_a_head_learns_by_a_wide_margin_with_any_usual_optimizer(name, seeds):
    for seed in seeds:
        namespace = reference_namespace("transfer")
        namespace["head_optimizer"] = lambda model, lr: getattr(torch.optim, name)(
            [p for p in model.parameters() if p.requires_grad], lr
        )
        curve: list[float] = []
        trial = Trial(
            Subject(Workbench(namespace).answer, seed),
            "learns",
            seed,
            on_loss=lambda *point, curve=curve: curve.append(point[-1]),
        )
        notes = run_claim(lesson("transfer").functions["learns"], trial)
        assert [note.value for note in notes if note.kind == "require"] == [True]
        assert curve[-1] > 0.7, f"seed {seed}"


PLAIN = (Path(__file__).parent / "styles" / "transfer" / "plain_fc.py").read_text("utf-8")
WRAPPER = (Path(__file__).parent / "styles" / "transfer" / "wrapper_no_grad.py").read_text("utf-8")

# The same mistakes as the course keeps, written in another way than the course does.
IN_PLAIN_WORDS = {
    ("pretrained-backbone", "nothing-returned"): ("    return model\n\n\ndef head", "\n\ndef head"),
    ("pretrained-backbone", "fresh-backbone"): (
        "    model.requires_grad_(False)",
        "    model = type(model)((model.bn1.num_features, model.fc.in_features))"
        ".requires_grad_(False)",
    ),
    ("only-the-head-trains", "nothing-frozen"): (
        "    model.requires_grad_(False)",
        "    for p in model.parameters(): p.require_grad = False",
    ),
    ("only-the-head-trains", "requires-grad-on-modules"): (
        "    model.requires_grad_(False)",
        "    model.requires_grad = False",
    ),
    ("only-the-head-trains", "head-replaced-before-freezing"): (
        "    model.eval()\n    return",
        "    for n, p in model.named_parameters(): p.requires_grad = n == 'fc'\n    return",
    ),
    ("only-the-head-trains", "only-convolutions-frozen"): (
        "    model.requires_grad_(False)",
        "    for p in model.parameters(): p.requires_grad = p.ndim != 4",
    ),
    ("only-the-head-trains", "features-fixed-at-512"): ("model.fc.in_features", "512"),
    ("only-the-head-trains", "head-on-the-old-head"): (
        "model.fc = nn.Linear(model.fc.in_features, n_classes)",
        "model.fc = nn.Sequential(model.fc, nn.Linear(model.fc.out_features, n_classes))",
    ),
    ("optimizer", "whole-model-in-the-optimizer"): (
        "torch.optim.Adam(model.fc.parameters(), lr=lr)",
        "torch.optim.SGD([*model.parameters()], lr=lr, momentum=0.9)",
    ),
    ("optimizer", "learning-rate-ignored"): (
        "model.fc.parameters(), lr=lr",
        "model.fc.parameters()",
    ),
    ("backbone-unchanged", "backbone-left-in-train-mode"): (
        "    model.eval()\n    losses",
        "    model.train()\n    losses",
    ),
    ("training-steps", "gradients-not-zeroed"): ("        optimizer.zero_grad()\n", ""),
    ("training-steps", "loss-with-graph"): ("loss.item()", "loss"),
    ("head-on-features", "head-beside-the-old-one"): ("model.fc = nn", "model.classifier = nn"),
    ("training-steps", "loss-by-batch-size"): ("loss.item()", "loss.item() / labels.numel()"),
    ("only-the-head-trains", "old-classes-as-features"): ("fc.in_features", "fc.out_features"),
    ("head-on-features", "average-pool-cut-off"): (
        "    model.fc = nn.Linear(model.fc.in_features, n_classes)\n",
        "    head = nn.Linear(model.fc.in_features, n_classes)\n"
        "    model = nn.Sequential(*list(model.children())[:-2], nn.Flatten(1), head)\n",
    ),
    ("optimizer", "layer-handed-over"): ("fc.parameters()", "fc.parameters"),
    ("training-steps", "arguments-swapped"): ("(model(images), labels)", "(labels, model(images))"),
    ("training-steps", "class-numbers-in-the-loss"): (
        "model(images)",
        "model(images).max(dim=1).indices",
    ),
    ("training-steps", "loss-made-and-not-called"): ("F.cross_entropy", "nn.CrossEntropyLoss"),
}


@pytest.mark.parametrize(("claim", "mistake"), IN_PLAIN_WORDS, ids=lambda value: value)
def test_a_wrong_answer_is_named_however_it_is_written(judge_source, claim, mistake):
    old, new = IN_PLAIN_WORDS[claim, mistake]
    assert PLAIN.count(old) == 1
    verdicts = judge_source("transfer", PLAIN.replace(old, new), claims=(claim,))
    assert verdicts[claim].verdict == "failed"
    assert verdicts[claim].mistake == mistake
    assert verdicts[claim].repair.startswith("reuse#")


IN_A_WRAPPER = {
    ("backbone-unchanged", "backbone-left-in-train-mode"): ("    model.eval()\n", ""),
    ("only-the-head-trains", "frozen-in-forward-only"): ("p.requires_grad = False", "pass"),
    ("head-on-features", "softmax-in-the-head"): (
        "return self.classifier(features)",
        "return torch.softmax(self.classifier(features), -1)",
    ),
    ("head-on-features", "head-cut-off-from-learning"): (
        "        return self.classifier",
        "            return self.classifier",
    ),
    ("optimizer", "only-the-weight-held"): (
        "model.classifier.parameters()",
        "[model.classifier.weight]",
    ),
}


@pytest.mark.parametrize(("claim", "mistake"), IN_A_WRAPPER, ids=lambda value: value)
def test_a_wrong_answer_is_named_in_a_module_of_the_learners_own(judge_source, claim, mistake):
    old, new = IN_A_WRAPPER[claim, mistake]
    assert WRAPPER.count(old) == 1
    verdicts = judge_source("transfer", WRAPPER.replace(old, new), claims=(claim,))
    assert (verdicts[claim].verdict, verdicts[claim].mistake) == ("failed", mistake)


def test_the_trap_is_told_with_what_moved(judge_source):
    source = PLAIN.replace("    model.eval()\n", "")
    judged = judge_source("transfer", source)
    assert judged["only-the-head-trains"].verdict == "passed"
    trap = judged["backbone-unchanged"]
    assert "18 running statistics have changed: bn1.running_mean" in trap.observed
    assert "running statistics moved" in trap.diagnosis
    assert trap.repair == "reuse#frozen-is-not-eval"
    assert judged["training-steps"].mistake == trap.mistake
    assert judged["learns"].verdict == "not-reached"


def test_a_new_resnet34_in_place_of_the_model_is_a_fresh_backbone(judge_source):
    source = PLAIN.replace(
        "    model.requires_grad_(False)",
        "    from resnet import ResNet34\n    model = ResNet34().requires_grad_(False)",
    ).replace("model.fc.in_features", "512")
    judged = judge_source("transfer", source, claims=("pretrained-backbone",))
    assert judged["pretrained-backbone"].mistake == "fresh-backbone"


def test_a_mistake_that_nobody_kept_is_told_by_what_it_does(judge_source):
    source = PLAIN.replace("loss = F.cross_entropy", "loss = 0.5 * F.cross_entropy")
    judged = judge_source("transfer", source, claims=("training-steps",))["training-steps"]
    assert (judged.verdict, judged.mistake) == ("failed", None)
    assert "losses" in judged.observed or "head's weight" in judged.observed
    source = PLAIN.replace(
        "model.fc = nn.Linear(model.fc.in_features, n_classes)",
        "head = nn.Linear(model.fc.in_features, n_classes)\n"
        "    head.register_forward_hook(lambda m, x, y: 3 * y)\n    model.fc = head",
    )
    judged = judge_source("transfer", source, claims=("head-on-features",))["head-on-features"]
    assert (judged.verdict, judged.mistake) == ("failed", None)
    assert "3 times" in judged.diagnosis


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("for images, labels in", "for labels, images in", "but got input of size: [6]"),
        ("model(images)", "model.fc(images)", "shapes cannot be multiplied"),
    ],
)
def test_an_error_is_not_taken_for_another_one(judge_source, old, new, said):
    verdicts = judge_source("transfer", PLAIN.replace(old, new))
    for claim in ("backbone-unchanged", "training-steps"):
        assert (verdicts[claim].verdict, verdicts[claim].mistake) == ("failed", None)
        assert said in verdicts[claim].observed
        assert "train_head(model, batches, optimizer)" in verdicts[claim].expected


def test_missing_names_and_unwritten_bodies_are_told(judge_source):
    judged = judge_source("transfer", "import torch\n")["pretrained-backbone"]
    assert "transfer.py defines no `prepare_for_feature_extraction`" in judged.observed
    assert judged.mistake is None
    body = (
        "\n\ndef head_optimizer(model, lr):\n    raise NotImplementedError('write head_optimizer')"
    )
    verdicts = judge_source("transfer", PLAIN + body)
    assert verdicts["only-the-head-trains"].verdict == "passed"
    assert verdicts["optimizer"].observed == "not written yet: write head_optimizer"
    assert verdicts["optimizer"].mistake is None
    assert verdicts["training-steps"].verdict == "passed"


def test_an_error_in_the_learners_code_is_told_with_its_line(judge_source):
    judged = judge_source("transfer", PLAIN.replace("model.fc.in", "model.classifier.in"))
    assert "AttributeError" in judged["pretrained-backbone"].observed
    assert "transfer.py, line 10" in judged["pretrained-backbone"].observed


def test_the_network_that_is_handed_over_is_built_as_torchvision_builds_its_own():
    from torchvision.models.resnet import BasicBlock, ResNet

    theirs = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=7)
    mine = PretrainedNetwork((6, 9), 7)
    names = {name for name in theirs.state_dict() if "layer3" not in name and "layer4" not in name}
    assert set(mine.state_dict()) == names
    assert [n for n, _ in mine.named_children()][-2:] == ["avgpool", "fc"]
    chain = torch.nn.Sequential(*list(mine.children())[:-1], torch.nn.Flatten(), mine.fc).eval()
    x = torch.randn(2, 3, 14, 10)
    assert torch.equal(mine.eval()(x), chain(x))


def test_board_has_a_section_for_every_repair_link_and_fits_into_80_columns():
    known = {f"reuse#{anchor}" for anchor in sections(BOARD)}
    assert {mistake.repair for mistake in mistakes_of("lessons.reuse.transfer")} <= known
    assert len(BOARD.splitlines()) <= 100
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", BOARD, re.MULTILINE | re.DOTALL)
    assert max(len(line) for block in blocks for line in block.splitlines()) <= 76
