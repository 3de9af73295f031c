"""Checkpoint ``hooks``: right answers pass whatever their style, wrong ones are named."""

from pathlib import Path

import pytest

from lessons.course import COURSE
from lessons.mistakes import mistakes_of

STYLES = sorted((Path(__file__).parent / "styles" / "hooks").glob("*.py"))
BASE = (Path(__file__).parent / "styles" / "hooks" / "textbook.py").read_text("utf-8")


def test_there_are_at_least_six_styles_and_ten_mistakes():
    assert len(STYLES) >= 6
    assert len(mistakes_of("lessons.extra.hooks")) >= 10


@pytest.mark.long
@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_right_answers_pass_in_any_style(judge_source, path, seeds):
    source = path.read_text("utf-8")
    for seed in seeds:
        verdicts = judge_source("hooks", source, seed)
        refused = [
            (j.claim, j.observed, j.expected) for j in verdicts.values() if j.verdict != "passed"
        ]
        assert not refused, f"seed {seed}"


LOOK = "if not all(torch.isfinite(t).all() for t in tensors(output)):"
ALL = "for name, m in model.named_modules()]"
RUN = """\
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
"""
ANSWER = "return found[0] if found else None"

# The same mistakes as the course keeps, written in another way than the course does.
OTHER_WORDS = {
    ("finds-it", "nan-only"): (LOOK, "if any(torch.isnan(t).any() for t in tensors(output)):"),
    ("finds-it", "only-if-all-is-broken"): (
        LOOK,
        "if all((~torch.isfinite(t)).all() for t in tensors(output)) and tensors(output):",
    ),
    ("finds-it", "last-instead-of-first"): (ANSWER, "return found.pop() if found else None"),
    ("finds-it", "type-instead-of-name"): (
        "found.append(name)",
        "found.append(module.__class__.__name__)",
    ),
    ("finds-it", "the-last-name-for-all"): (
        "found.append(name)",
        "found.append([n for n, _ in model.named_modules()][-1])",
    ),
    ("finds-it", "model-not-run"): ("        model(x)\n", "        pass\n"),
    ("finds-it", "in-the-order-of-the-list"): (
        ANSWER,
        "return min(found, key=[n for n, _ in model.named_modules()].index, default=None)",
    ),
    ("large-values", "sum-instead-of-every-number"): (
        LOOK,
        "if not all(torch.isfinite(torch.sum(t)) for t in tensors(output)):",
    ),
    ("modules-inside", "empty-name-taken-for-nothing"): (
        ANSWER,
        "name = found[0] if found else ''\n    if not name:\n        return None\n    return name",
    ),
    ("modules-inside", "leaves-only"): (
        ALL,
        "for name, m in model.named_modules() if len(m._modules) == 0]",
    ),
    ("packed-outputs", "dicts-skipped"): ("if isinstance(output, dict):", "if False:"),
    ("packed-outputs", "packed-outputs-skipped"): (
        "if isinstance(output, (list, tuple)):",
        "if isinstance(output, set):",
    ),
    ("hooks-removed", "removed-if-all-goes-well"): (
        RUN,
        "    model(x)\n    [handle.remove() for handle in handles]\n",
    ),
    ("hooks-removed", "hooks-never-removed"): (RUN, "    model(x)\n"),
    ("errors-go-on", "errors-swallowed"): (
        "    finally:\n",
        "    except ValueError:\n        return None\n    finally:\n",
    ),
    ("left-alone", "left-in-eval-mode"): (
        "    try:\n",
        "    for m in model.modules():\n        m.training = False\n    try:\n",
    ),
    ("left-alone", "other-hooks-cleared"): (
        "            handle.remove()\n",
        "            handle.remove()\n        for m in model.modules():\n"
        "            while m._forward_hooks:\n                m._forward_hooks.popitem()\n",
    ),
}


@pytest.mark.parametrize(("claim", "mistake"), OTHER_WORDS, ids=lambda value: value)
def test_a_wrong_answer_is_named_however_it_is_written(judge_source, claim, mistake):
    old, new = OTHER_WORDS[claim, mistake]
    assert BASE.count(old) == 1
    judged = judge_source("hooks", BASE.replace(old, new), claims=(claim,))[claim]
    assert judged.verdict == "failed"
    assert judged.mistake == mistake
    assert judged.repair.startswith("extra#")


def test_hooks_that_are_left_are_counted(judge_source):
    judged = judge_source("hooks", BASE.replace(RUN, "    model(x)\n"))["hooks-removed"]
    assert "hooks are left on the model" in judged.observed


@pytest.mark.parametrize("odd", ["3", "[found]", "model", "torch.zeros(2)", "b'stem'", "('stem',)"])
def test_an_odd_answer_is_refused_and_the_judging_goes_on(judge_source, odd):
    verdicts = judge_source("hooks", BASE.replace(ANSWER, f"return {odd}"))
    assert verdicts["finds-it"].verdict == "failed"
    assert 0 < len(verdicts["finds-it"].observed) < 300
    assert verdicts["hooks-removed"].verdict == "passed"


def test_a_body_not_written_yet_is_told(judge_source):
    source = "def find_first_nonfinite(model, x):\n    raise NotImplementedError('write it')\n"
    verdicts = judge_source("hooks", source)
    assert verdicts["finds-it"].observed == "not written yet: write it"
    assert not any(j.verdict == "passed" for j in verdicts.values())


def test_nothing_requires_the_checkpoint():
    assert COURSE.checkpoint("hooks") not in COURSE.required
