"""A ParameterDict inside SimpleMLP, a deepcopy that is measured, one fixed seed."""
from __future__ import annotations
from copy import deepcopy
import torch as th
import torch.nn as nn
from typing import Sequence, Tuple, List


class Linear(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super(Linear, self).__init__()
        th.manual_seed(1234)
        bound = 1.0 / th.sqrt(th.tensor(float(in_features)))
        self.register_parameter("weight", nn.Parameter(th.empty((out_features, in_features))))
        self.register_parameter("bias", nn.Parameter(th.empty((out_features,))) if bias else None)
        for p in (self.weight, self.bias):
            if p is not None:
                nn.init.uniform_(p, -bound.item(), bound.item())

    def forward(self, input: th.Tensor) -> th.Tensor:
        result = th.nn.functional.linear(input, self.weight)
        if isinstance(self.bias, nn.Parameter):
            result = result.add(self.bias)
        return result


class SimpleMLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        hidden, out = Linear(784, 100), Linear(100, 10)
        self.p = nn.ParameterDict(
            {"w1": hidden.weight, "b1": hidden.bias, "w2": out.weight, "b2": out.bias}
        )

    def forward(self, x: th.Tensor) -> th.Tensor:
        x = th.einsum("bchw,ochw->bo", x, self.p["w1"].view(-1, 1, 28, 28)) + self.p.b1
        return th.einsum("bi,oi->bo", x * (x > 0), self.p["w2"]) + self.p["b2"]


def train(model: nn.Module, batches: Sequence[Tuple[th.Tensor, th.Tensor]], optimizer) -> List[float]:
    losses: List[float] = []
    for i in range(len(batches)):
        x, y = batches[i]
        for group in optimizer.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad.zero_()
        logits = model(x)
        loss = -(th.nn.functional.one_hot(y, logits.shape[-1]) * logits.log_softmax(-1)).sum(-1).mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach().cpu().numpy()))
    return losses


def accuracy(model: nn.Module, batches) -> float:
    copied = deepcopy(model).eval().requires_grad_(False)
    with th.inference_mode():
        hits = th.cat([(copied(x).argmax(1) == y) for x, y in batches])
    return hits.double().mean().item()
