"""Asserts everywhere, calls the model twice on a batch, prints, a __main__ part, device by parameter."""
import torch, math
import torch.nn as nn
import torch.optim
from torch.nn.functional import relu, cross_entropy


class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        assert in_features > 0 and out_features > 0
        k = math.sqrt(1.0 / in_features)
        self.weight = nn.Parameter(torch.FloatTensor(out_features, in_features).uniform_(-k, k))
        self.bias = nn.Parameter(torch.FloatTensor(out_features).uniform_(-k, k)) if bias is True else None
        self.k = k

    def forward(self, x):
        assert x.shape[-1] == self.weight.shape[1], (x.shape, self.weight.shape)
        if self.bias is None:
            return torch.einsum("oi,...i->...o", self.weight, x)
        return torch.einsum("oi,...i->...o", self.weight, x) + self.bias

    def __repr__(self):
        return f"Linear(k={self.k:.3f})"


class SimpleMLP(nn.Module):
    def __init__(self, hidden=100, classes=10):
        super().__init__()
        self.a = Linear(in_features=784, out_features=hidden, bias=True)
        self.b = Linear(in_features=hidden, out_features=classes, bias=True)

    def forward(self, x, verbose=False):
        assert x.dim() == 4, x.shape
        b, c, h, w = x.shape
        x = x.view(b, c * h * w)
        return self.b(relu(self.a(x)))


def train(model, batches, optimizer):
    device = next(model.parameters()).device
    model.train()
    losses = []
    for step, (images, labels) in enumerate(batches, start=1):
        images, labels = images.to(device, non_blocking=True), labels.to(device)
        outputs = model(images)
        assert outputs.shape[0] == labels.shape[0]
        loss = cross_entropy(outputs, labels)
        optimizer.zero_grad(), loss.backward(), optimizer.step()
        losses.append(loss.item())
        if step % 50 == 0:
            print(f"step {step}: {sum(losses) / len(losses):.3f}")
    return losses


def accuracy(model, batches):
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    n_right = torch.zeros(1, device=device)
    n = 0
    with torch.no_grad():
        for images, labels in batches:
            images = images.to(device)
            assert torch.isfinite(model(images)).all()
            n_right += model(images).argmax(-1).eq(labels.to(device)).float().sum()
            n += labels.shape[0]
    if was_training:
        model.train()
    return float(n_right / n)


if __name__ == "__main__":
    print(SimpleMLP()(torch.zeros(2, 1, 28, 28)))
