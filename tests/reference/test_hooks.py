"""The finder on networks of PyTorch's own."""

import pytest
import torch
from torch import nn

from reference.hooks import find_first_nonfinite
from reference.resnet import ResNet34


def hooks_on(model):
    return sum(len(module._forward_hooks) for module in model.modules())


@pytest.mark.parametrize("place", ["bn1", "layer2.0.bn2", "layer4.2.bn1"])
def test_a_variance_below_zero_is_found_in_a_resnet34(place):
    model = ResNet34(n_classes=5).eval()
    assert find_first_nonfinite(model, torch.rand(1, 3, 32, 32)) is None
    model.get_submodule(place).running_var.fill_(-1)
    assert find_first_nonfinite(model, torch.rand(1, 3, 32, 32)) == place
    assert hooks_on(model) == 0


def test_a_recurrent_layers_packed_state():
    model = nn.Sequential(nn.Linear(3, 4), nn.LSTM(4, 5))
    model[1].weight_hh_l0.data.fill_(float("nan"))
    assert find_first_nonfinite(model, torch.rand(6, 2, 3)) == "1"


def test_the_model_itself_and_its_errors():
    class Log(nn.Module):
        def forward(self, x):
            return x.log()

    assert find_first_nonfinite(Log(), torch.zeros(2)) == ""
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(3, 4))
    with pytest.raises(RuntimeError):
        find_first_nonfinite(model, torch.rand(2, 3))
    assert hooks_on(model) == 0
