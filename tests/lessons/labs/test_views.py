"""Lab ``views``: what it says of a view is what PyTorch makes of it, at every choice."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch

from lessons.extra.views import LAB, PLACES
from lessons.extra.views import lab as views

RUN = "lessons.extra.views.lab"


@pytest.fixture
def seen(bench):
    """The bench after one answer."""

    def answered(**settings):
        made = bench(LAB)
        made.answer(RUN, **settings)
        return made

    return answered


def lit(made):
    """The number in brackets in the strip, and that in the grid."""
    texts = [made.drawn[slot]["text"] for slot in ("memory", "grid")]
    return [int(text.partition("[")[2].partition("]")[0]) for text in texts]


@pytest.mark.parametrize("view", views.RECIPES)
def test_the_element_under_the_cursor_is_lit_in_both(seen, view):
    recipe = views.RECIPES[view]
    for row, column in itertools.product(range(recipe.rows), range(recipe.columns)):
        made = seen(view=view, row=row, column=column)
        right = int(torch.arange(PLACES).as_strided(recipe[:2], recipe[2:4])[row, column])
        assert lit(made) == [right, right]
        assert made.findings[-1].proves
        strip = made.drawn["strip"]["images"][0, 0]
        assert (strip == 1).nonzero().flatten().tolist() == list(range(3 * right, 3 * right + 3))
        cells = made.drawn["view"]["images"][0, ::2, :-1:2]
        assert (cells == 1).nonzero().tolist() == [[row, column]]


def test_every_view_of_ones_own_is_told_right_or_refused(seen):
    generator = torch.Generator().manual_seed(0)
    names = ("rows", "columns", "down", "right", "start")
    for _ in range(150):
        chosen = {
            name: LAB.control(name).choices[
                int(torch.randint(len(LAB.control(name).choices), (1,), generator=generator))
            ]
            for name in names
        }
        made = seen(own=True, row=7, column=7, **chosen)
        size = (chosen["rows"], chosen["columns"])
        strides = (chosen["down"], chosen["right"])
        try:
            view = torch.arange(PLACES).as_strided(size, strides, chosen["start"])
        except RuntimeError:
            assert "refuses" in made.findings[-1].sentence
            assert "grid" not in made.drawn
            continue
        assert lit(made) == [view[-1, -1]] * 2
        assert made.findings[-1].figures["numbers"] == len(view.unique())
        assert made.findings[-1].figures["times"] == view.flatten().bincount().max()


def test_a_prediction_is_hidden_then_answered(seen):
    hidden = seen(view="transposed", predict=True)
    assert "[?]" in hidden.drawn["grid"]["text"]
    assert "13" not in hidden.drawn["grid"]["text"]
    assert "[" not in hidden.drawn["memory"]["text"]
    assert not hidden.findings[-1].proves
    assert (
        "You said 13: right."
        in seen(view="transposed", predict=True, guess=13).drawn["rule"]["text"]
    )
    assert (
        "You said 4: it is 13."
        in seen(view="transposed", predict=True, guess=4).drawn["rule"]["text"]
    )


def test_windows_over_a_digit_cost_nothing(seen):
    made = seen(view="image", row=7, column=0)
    found = made.findings[-1]
    assert found.proves
    assert found.figures["elements"] == 24 * 24 * 25
    assert found.figures["copy"] == 57_600
    assert "3,136 bytes" in found.sentence
    assert (made.drawn["digit"]["images"][0, 23:28, 0:5] >= 0.4).all()


def test_a_conv2d_that_is_wrong_is_told(bench):
    wrong = SimpleNamespace(conv2d=lambda x, w: torch.zeros(1, 2, 24, 24) + 1)
    made = bench(LAB, view="image", own={"strides": True}, pieces={"strides": wrong})
    found = made.answer(RUN)
    assert not found.proves
    assert "look at strides.py" in found.sentence
