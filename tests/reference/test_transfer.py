"""``reference/transfer.py``: only the head changes, whoever wrote the backbone."""

import copy

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from reference.mlp import accuracy
from reference.resnet import ResNet34
from reference.transfer import head_optimizer, prepare_for_feature_extraction, train_head


def small_resnet():
    torch.manual_seed(0)
    return ResNet34([1, 1, 1, 1], [16, 16, 32, 32], n_classes=7)


@pytest.mark.parametrize("constructor", [small_resnet, resnet18])
def test_prepare_freezes_all_but_a_new_head(constructor):
    model = constructor().double()
    before = copy.deepcopy(model.state_dict())
    assert prepare_for_feature_extraction(model, 5) is model
    assert not any(module.training for module in model.modules())
    trainable = {name: p for name, p in model.named_parameters() if p.requires_grad}
    assert set(trainable) == {"fc.weight", "fc.bias"}
    assert trainable["fc.weight"].shape == (5, before["fc.weight"].shape[1])
    assert trainable["fc.weight"].dtype == torch.float64
    for name, value in model.state_dict().items():
        assert name in trainable or torch.equal(value, before[name])
    held = [p for group in head_optimizer(model, 0.25).param_groups for p in group["params"]]
    assert {id(p) for p in held} == {id(p) for p in trainable.values()}
    assert head_optimizer(model, 0.25).param_groups[0]["lr"] == 0.25


def test_prepare_finds_the_last_linear_layer_wherever_it_is():
    model = nn.Sequential(nn.Linear(6, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 3)), nn.Dropout())
    prepare_for_feature_extraction(model, 2)
    assert model(torch.zeros(5, 6)).shape == (5, 2)
    assert [p.requires_grad for p in model.parameters()] == [False, False, True, True]
    with pytest.raises(ValueError, match="no linear layer"):
        prepare_for_feature_extraction(nn.Sequential(nn.Conv2d(3, 4, 3)), 2)


@pytest.mark.parametrize("in_train_mode", [False, True])
def test_train_head_learns_and_leaves_the_backbone_alone(in_train_mode):
    model = prepare_for_feature_extraction(small_resnet(), 2).train(in_train_mode)
    backbone = {k: v.clone() for k, v in model.state_dict().items() if not k.startswith("fc")}
    labels = torch.arange(40) % 2
    images = torch.randn(40, 3, 32, 32) + 4 * labels[:, None, None, None]
    batches = list(zip(images.split(10), labels.split(10), strict=True)) * 15
    losses = train_head(model, batches, head_optimizer(model, 0.05))
    assert len(losses) == 60
    assert all(type(loss) is float for loss in losses)
    assert accuracy(model, batches[:4]) > 0.9
    for name, value in backbone.items():
        assert torch.equal(model.state_dict()[name], value), name
    assert all(p.grad is None for p in model.parameters() if not p.requires_grad)
