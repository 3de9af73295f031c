"""The sum through a forward hook on the left branch; layers by setattr; own ReLU as Function."""
import torch
from torch import nn


class Rectify(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (x > 0)


relu = Rectify.apply


class ResidualBlock(nn.Module):
    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()
        plan = [("c", in_feats, 3, first_stride), ("d", out_feats, 3, 1)]
        if first_stride != 1 or in_feats != out_feats:
            plan.append(("p", in_feats, 1, first_stride))
        self.names = []
        for name, i, k, s in plan:
            setattr(self, name, nn.Conv2d(i, out_feats, k, s, k // 2, bias=None))
            setattr(self, name + "_bn", nn.BatchNorm2d(out_feats, eps=1e-5, momentum=0.1))
            self.names.append(name)
        last = getattr(self, "d_bn")
        last.register_forward_hook(lambda m, inputs, output: output + self._kept.pop())
        self._kept = []

    def forward(self, x):
        self._kept.append(self.p_bn(self.p(x)) if "p" in self.names else x)
        return relu(self.d_bn(self.d(relu(self.c_bn(self.c(x))))))


class BlockGroup(nn.Module):
    def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.chain = ResidualBlock(in_feats, out_feats, first_stride)
        for _ in range(1, n_blocks):
            self.chain = nn.Sequential(self.chain, ResidualBlock(out_feats, out_feats))

    def forward(self, x):
        return self.chain(x)
