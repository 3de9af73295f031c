"""The starter keeps the contract of the reference and gives none of its answers away."""

import ast
import types

import pytest

from lessons.declare import reference_path
from tutor.starter import starter, strip

DEFINES = {
    "mlp": ("Linear", "SimpleMLP", "train", "accuracy"),
    "conv": ("conv_output_size", "Conv2d", "MaxPool2d", "AveragePool"),
    "residual": ("ResidualBlock", "BlockGroup"),
    "batchnorm": ("BatchNorm2d",),
    "resnet": ("ResNet34", "copy_weights"),
    "transfer": ("prepare_for_feature_extraction", "head_optimizer", "train_head"),
}


def functions(tree: ast.AST, prefix: str = "") -> dict[str, ast.FunctionDef]:
    found = {}
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            found[prefix + node.name] = node
        elif isinstance(node, ast.ClassDef):
            found |= functions(node, f"{prefix}{node.name}.")
    return found


def docstrings(tree: ast.Module) -> dict[str, str | None]:
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return {
        name: ast.get_docstring(node, clean=False)
        for name, node in {"": tree, **classes, **functions(tree)}.items()
    }


@pytest.mark.parametrize("module", DEFINES)
def test_every_reference_becomes_a_starter(module):
    source = reference_path(module).read_text(encoding="utf-8")
    text = strip(source, DEFINES[module])
    before, after = ast.parse(source), ast.parse(text)
    assert docstrings(after) == docstrings(before)
    theirs, ours = functions(before), functions(after)
    assert ours.keys() == theirs.keys()
    for name, function in ours.items():
        assert ast.dump(function.args) == ast.dump(theirs[name].args), name
        assert ast.dump(function.returns) == ast.dump(theirs[name].returns), name
        *_, last = function.body
        assert ast.unparse(last) == f"raise NotImplementedError('write {name}')"
        assert len(function.body) == 2  # the docstring and the hole
    assert max(map(len, text.splitlines())) <= 100
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("module", DEFINES)
def test_a_starter_can_be_imported_beside_the_earlier_pieces(module):
    def load(name: str) -> types.ModuleType:
        source = strip(reference_path(name).read_text(encoding="utf-8"), DEFINES[name])
        namespace = types.ModuleType(name)

        def importing(wanted, *rest):
            return load(wanted) if wanted in DEFINES else __import__(wanted, *rest)

        vars(namespace)["__builtins__"] = {**__builtins__, "__import__": importing}
        exec(compile(source, f"{name}.py", "exec"), vars(namespace))
        return namespace

    loaded = load(module)
    for name in DEFINES[module]:
        assert hasattr(loaded, name)
    for name in ("torch", "F", "nn", "Tensor"):
        assert hasattr(loaded, name)


def test_the_residual_starter_imports_the_learners_own_pieces():
    text = strip(reference_path("residual").read_text(encoding="utf-8"), DEFINES["residual"])
    assert "from conv import Conv2d\n" in text
    assert "reference" not in text


def test_resnet_keeps_the_docstring_of_its_init_and_not_its_tools():
    text = strip(reference_path("resnet").read_text(encoding="utf-8"), DEFINES["resnet"])
    assert "n_blocks_per_group: number of residual blocks in each group." in text
    assert "zip_longest" not in text
    assert "from collections.abc import Sequence\n" in text


def test_class_level_annotations_stay():
    text = strip(reference_path("batchnorm").read_text(encoding="utf-8"), ("BatchNorm2d",))
    assert "    running_mean: Tensor\n" in text


ODD = '''\
from __future__ import annotations

import math
from dataclasses import dataclass

from reference.data import digits

EPS = 1e-5
SECRET = 42
Sizes = tuple[int, ...]


def _helper(x):
    return x * SECRET  # the answer


class Inherited(dict):
    """All of it is dict's."""


@dataclass
class Layer(dict):
    size: int
    secret: int = SECRET

    @property
    def half(self) -> float: return self.size / 2

    @staticmethod
    def make(sizes: Sizes, eps: float = EPS, f=lambda x: {1: x}) -> "Layer":
        # how it is done
        return Layer(_helper(sizes))

    def _private(self):
        return math.pi

    async def wait(self): "Say nothing."


if __name__ == "__main__":
    print(SECRET)
'''


def test_what_only_the_bodies_used_is_dropped_and_what_signatures_use_is_kept():
    text = strip(ODD, ("Layer", "Inherited"))
    tree = ast.parse(text)
    for gone in ("SECRET", "_helper", "_private", "math", "how it is done", "__main__", "digits"):
        assert gone not in text
    for kept in (
        "from __future__ import annotations",
        "from dataclasses import dataclass",
        "EPS = 1e-5",
        "Sizes = tuple[int, ...]",
        "@dataclass",
        "@property",
        "@staticmethod",
        "    size: int\n",
        "    def half(self) -> float:\n",
        'def make(sizes: Sizes, eps: float = EPS, f=lambda x: {1: x}) -> "Layer":',
        "Say nothing.",
    ):
        assert kept in text
    assert tree.body[0].module == "__future__"
    namespace: dict = {"__name__": "odd"}
    exec(compile(text.replace("@dataclass\n", ""), "odd.py", "exec"), namespace)
    with pytest.raises(NotImplementedError, match="write Inherited"):
        namespace["Inherited"]()
    with pytest.raises(NotImplementedError, match=r"write Layer\.make"):
        namespace["Layer"].make((1,))


def test_a_name_that_the_reference_lacks_is_told():
    with pytest.raises(ValueError, match="Conv3d"):
        strip(ODD, ("Layer", "Conv3d"))


def test_the_course_s_own_checkpoints_have_starters(mlp):
    text = starter(mlp)
    assert 'raise NotImplementedError("write Linear.__init__")' in text
    assert "F.relu" not in text
