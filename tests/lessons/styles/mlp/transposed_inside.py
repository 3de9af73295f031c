"""Its own layers inside SimpleMLP, with fields of other names and weights stored transposed."""

import torch
import torch.nn.functional as F
from torch import nn


class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        a = in_features**-0.5
        rand = torch.distributions.Uniform(-a, a)
        self.weight = nn.Parameter(rand.sample((out_features, in_features)))
        self.bias = nn.Parameter(rand.sample((out_features,))) if bias else None

    def forward(self, x):
        out = torch.tensordot(x, self.weight, dims=([-1], [1]))
        return out if self.bias is None else out.add_(self.bias)


class SimpleMLP(nn.Module):
    def __init__(self):
        super().__init__()
        for name, (n_in, n_out) in {"a": (784, 100), "b": (100, 10)}.items():
            bound = n_in**-0.5
            matrix = torch.empty(n_in, n_out).uniform_(-bound, bound)
            self.register_parameter(f"matrix_{name}", nn.Parameter(matrix))
            vector = torch.empty(n_out).uniform_(-bound, bound)
            self.register_parameter(f"vector_{name}", nn.Parameter(vector))

    def forward(self, x):
        x = x.squeeze(1).reshape(len(x), -1)
        x = torch.maximum(x @ self.matrix_a + self.vector_a, torch.tensor(0.0))
        return x @ self.matrix_b + self.vector_b


def train(model, batches, optimizer):
    out = []
    for images, labels in batches:
        logits = model(images)
        picked = logits.gather(1, labels[:, None]).squeeze(1)
        loss = (logits.logsumexp(1) - picked).mean()
        grads = torch.autograd.grad(loss, list(model.parameters()))
        for parameter, grad in zip(model.parameters(), grads):
            parameter.grad = grad
        optimizer.step()
        out.append(loss.item())
    return tuple(out)


class accuracy:
    """A class whose call makes a float: unusual, and right."""

    def __new__(cls, model, batches):
        mode = model.training
        with torch.no_grad():
            model.eval()
            pairs = [(F.one_hot(model(x).argmax(1), 10), F.one_hot(y, 10)) for x, y in batches]
        model.train(mode)
        right = sum(float((a * b).sum()) for a, b in pairs)
        return right / sum(len(a) for a, _ in pairs)
