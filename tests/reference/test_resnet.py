"""``reference/resnet.py`` against torchvision's own constructors."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import resnet18, resnet34

from reference.resnet import ResNet34, copy_weights


@pytest.fixture(scope="module", params=[([3, 4, 6, 3], resnet34), ([2, 2, 2, 2], resnet18)])
def pair(request):
    """Both networks in float64 with the same weights, every running statistic randomised."""
    n_blocks, constructor = request.param
    torch.manual_seed(0)
    theirs = constructor().double()
    for name, value in theirs.state_dict().items():
        if name.endswith("num_batches_tracked"):
            value.fill_(5)
        elif value.ndim == 1:  # all that a batch norm holds, and the head's bias
            value.uniform_(0.5, 1.5)
    return copy_weights(ResNet34(n_blocks).double(), theirs), theirs


def test_state_dict_is_torchvisions(pair):
    mine, theirs = pair
    rows, expected = ([(k, v.shape) for k, v in m.state_dict().items()] for m in pair)
    assert rows == expected
    assert all(
        torch.equal(a, b) for a, b in zip(mine.parameters(), theirs.parameters(), strict=True)
    )
    assert all(torch.equal(a, b) for a, b in zip(mine.buffers(), theirs.buffers(), strict=True))


def test_the_default_has_the_counts_that_the_chapter_names():
    model = ResNet34()
    assert sum(parameter.numel() for parameter in model.parameters()) == 21_797_672
    assert len(model.state_dict()) == 218


@pytest.mark.parametrize("size", [(64, 64), (97, 70), (224, 224)])
def test_logits_equal_torchvisions_in_eval(pair, size):
    mine, theirs = (model.eval() for model in pair)
    x = torch.randn(2, 3, *size, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(mine(x), theirs(x))


def test_logits_statistics_and_gradients_equal_torchvisions_in_train(pair):
    mine, theirs = (copy.deepcopy(model).train() for model in pair)
    x, labels = torch.randn(3, 3, 64, 64, dtype=torch.float64), torch.tensor([1, 5, 999])
    for model in (mine, theirs):
        F.cross_entropy(model(x), labels).backward()
    for a, b in zip(mine.buffers(), theirs.buffers(), strict=True):
        torch.testing.assert_close(a, b)
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-5, atol=1e-9)


def test_other_groups_and_classes():
    model = ResNet34([1, 2], [8, 12], [1, 3], n_classes=5)
    assert model.conv1.weight.shape == (8, 3, 7, 7)
    assert model(torch.randn(2, 3, 40, 52)).shape == (2, 5)
    with pytest.raises(ValueError, match="zip"):
        ResNet34([1, 2], [8, 12], [1, 2, 2])


def test_model_can_be_copied_and_differentiated_after_a_training_step():
    model = ResNet34([1, 1, 1, 1], [4, 4, 8, 8], n_classes=3)
    x = torch.randn(4, 3, 32, 32)
    F.cross_entropy(model(x), torch.tensor([0, 1, 2, 0])).backward()
    clone = copy.deepcopy(model).eval()
    clone.zero_grad()
    seen = []
    for _ in range(2):
        clone(x).sum().backward()
        seen.append([parameter.grad.clone() for parameter in clone.parameters()])
    for once, twice in zip(*seen, strict=True):
        assert torch.allclose(2 * once, twice, rtol=1e-4, atol=1e-6)
    assert any(once.any() for once in seen[0])


def test_copy_weights_goes_by_order_and_shares_nothing():
    mine = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    theirs = nn.ModuleDict({"a": nn.Linear(3, 2), "b": nn.BatchNorm1d(2)})
    source = theirs.state_dict()
    source["b.running_mean"].fill_(4)
    assert copy_weights(mine, theirs) is mine
    source["b.running_mean"].fill_(5)
    assert mine.state_dict()["1.running_mean"].tolist() == [4, 4]
    assert torch.equal(mine.state_dict()["0.weight"], source["a.weight"])


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        (
            nn.Sequential(nn.Linear(3, 2), nn.Linear(5, 2)),
            r"row 2 .* 1.weight \(4, 2\), .*\(2, 5\)",
        ),
        (nn.Sequential(nn.Linear(3, 2)), r"row 2 .* 1.weight .* no entry left \(4 and 2 entries"),
        (
            nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 4), nn.PReLU()),
            r"row 4 .* mine has no entry left, pretrained has 2.weight \(1,\)",
        ),
    ],
)
def test_copy_weights_refuses_a_mismatch_and_changes_nothing(theirs, message):
    mine = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 4))
    before = copy.deepcopy(mine.state_dict())
    with pytest.raises(ValueError, match=message):
        copy_weights(mine, theirs)
    assert all(torch.equal(value, before[name]) for name, value in mine.state_dict().items())
