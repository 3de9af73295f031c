"""``reference/mlp.py`` against ``torch.nn`` and against numbers worked out by hand."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from reference import data
from reference.mlp import Linear, SimpleMLP, accuracy, train


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("leading", [(), (5,), (2, 3), (0,)])
def test_linear_equals_torch(bias, leading):
    torch.manual_seed(0)
    mine, theirs = Linear(7, 4, bias).double(), nn.Linear(7, 4, bias).double()
    mine.load_state_dict(theirs.state_dict())
    assert list(mine.state_dict()) == list(theirs.state_dict())
    x = torch.randn(*leading, 7, dtype=torch.float64)
    torch.testing.assert_close(mine(x), theirs(x))
    assert bias or mine.bias is None


def test_linear_starts_uniform_within_its_bound():
    torch.manual_seed(0)
    layer, bound = Linear(400, 250), 1 / math.sqrt(400)
    assert layer.bias is not None
    for values in (layer.weight, layer.bias):
        assert values.abs().max() <= bound
        quarters = torch.histc(values.detach(), 4, -bound, bound) / values.numel()
        torch.testing.assert_close(quarters, torch.full((4,), 0.25), atol=0.09, rtol=0)


def test_simple_mlp_equals_the_same_layers_in_torch():
    torch.manual_seed(0)
    mine = SimpleMLP().double()
    theirs = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
    theirs.double().load_state_dict(
        dict(zip(theirs.state_dict(), mine.state_dict().values(), strict=True))
    )
    for batch in (1, 6):
        x = torch.randn(batch, 1, 28, 28, dtype=torch.float64)
        torch.testing.assert_close(mine(x), theirs(x))


def test_train_takes_the_steps_that_torch_takes():
    torch.manual_seed(0)
    mine = SimpleMLP().double()
    theirs = copy.deepcopy(mine)
    batches = [(torch.rand(n, 1, 28, 28).double(), torch.randint(10, (n,))) for n in (4, 3, 5)]
    losses = train(mine, batches, torch.optim.SGD(mine.parameters(), lr=0.1, momentum=0.9))

    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    for (images, labels), loss in zip(batches, losses, strict=True):
        optimizer.zero_grad()
        expected = F.cross_entropy(theirs(images), labels)
        expected.backward()
        optimizer.step()
        assert type(loss) is float
        assert loss == expected.item()
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)


class FirstPixels(nn.Module):
    """Ten logits that are simply the image's first ten pixels."""

    def forward(self, x):
        assert not self.training
        assert not torch.is_grad_enabled()
        return x.flatten(1)[:, :10]


def test_accuracy_counts_images_not_batches():
    images = F.one_hot(torch.tensor([1, 2, 3, 4, 5]), 784).float().reshape(5, 1, 28, 28)
    labels = torch.tensor([1, 2, 3, 0, 0])
    value = accuracy(FirstPixels(), data.batches(images, labels, 4))
    assert type(value) is float
    assert value == 0.6


def test_accuracy_restores_every_mode_even_after_an_error():
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.BatchNorm2d(1), FirstPixels()))
    model[1].eval()
    modes = [module.training for module in model.modules()]
    batch = (torch.rand(3, 1, 28, 28), torch.zeros(3, dtype=torch.int64))
    accuracy(model, [batch])
    assert [module.training for module in model.modules()] == modes
    with pytest.raises(RuntimeError):
        accuracy(model, [batch, (torch.rand(3, 2, 28, 28), batch[1])])
    assert [module.training for module in model.modules()] == modes


def test_one_pass_over_the_digits_is_enough_for_85_percent():
    torch.manual_seed(0)
    model = SimpleMLP()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    losses = train(model, data.batches(*data.digits("train"), 32), optimizer)
    assert len(losses) == 250
    assert losses[0] == pytest.approx(math.log(10), abs=0.2)
    assert accuracy(model, data.batches(*data.digits("test"), 500)) > 0.85
