"""The way torchvision writes it: in-place ReLU and sum, a shortcut that may be None."""
import torch as t
from torch import nn


def conv3x3(a, b, stride=1):
    return nn.Conv2d(a, b, kernel_size=3, stride=stride, padding=1, bias=False)


class ResidualBlock(nn.Module):
    def __init__(self, inplanes, planes, stride=1):
        super(ResidualBlock, self).__init__()
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride != 1 or inplanes != planes:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes)
            )

    def forward(self, x: t.Tensor) -> t.Tensor:
        identity = x
        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)
        out = self.conv2(out)
        out = self.bn2(out)
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class BlockGroup(nn.Module):
    def __init__(self, n_blocks, inplanes, planes, stride=1):
        super(BlockGroup, self).__init__()
        layers = []
        layers.append(ResidualBlock(inplanes, planes, stride))
        inplanes = planes
        for _ in range(1, n_blocks):
            layers.append(ResidualBlock(inplanes, planes))
        self.layer = nn.Sequential(*layers)

    def forward(self, x):
        return self.layer(x)
