"""Rows of stem and head that are missing, extra or misshapen."""

from __future__ import annotations

from torch import nn

from lessons.mistakes import mistake
from lessons.reuse.resnet.mistakes.parts import Built, blocks_of, with_bias
from reference.batchnorm import BatchNorm2d
from reference.conv import AveragePool, Conv2d, MaxPool2d
from reference.mlp import Linear


@mistake(claim="state-dict", repair="reuse#the-stem")
class bias_in_the_stem:
    """Your stem's convolution has a bias.

    `nn.Conv2d` has one unless you say `bias=False`. The batch norm behind it subtracts the mean,
    and a bias with it, so torchvision's has none and there is no weight to copy into yours.
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            super().make_stem(feats)
            self.conv1 = with_bias(self.conv1)


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class bias_in_every_convolution:
    """Every convolution of yours has a bias.

    `nn.Conv2d` has one unless you say `bias=False`. A batch norm follows each, subtracts the
    mean, and a bias with it, so torchvision's convolutions have none.
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            super().make_stem(feats)
            self.conv1 = with_bias(self.conv1)

        def make_groups(self):
            super().make_groups()
            for block in blocks_of(self):
                block.conv1, block.conv2 = with_bias(block.conv1), with_bias(block.conv2)
                if not isinstance(block.downsample, nn.Identity):
                    block.downsample[0] = with_bias(block.downsample[0])


@mistake(claim="state-dict", repair="reuse#the-stem")
class stem_without_norm:
    """Your stem has no batch norm.

    Between the 7x7 convolution and the ReLU stands a batch norm, with five entries in
    `state_dict`: weight, bias, running mean, running variance, counter.
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            self.conv1 = Conv2d(3, feats, 7, stride=2, padding=3)
            self.maxpool = MaxPool2d(3, stride=2, padding=1)

        def before_pool(self, x):
            return self.conv1(x).relu()


@mistake(claim="state-dict", repair="reuse#the-stem")
class stem_norm_declared_first:
    """Your stem's batch norm is declared before its convolution.

    Data meets the convolution first. `state_dict` follows the order of declaration, so the
    convolution's weight has to be row 0.
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            self.bn1 = BatchNorm2d(feats)
            self.conv1 = Conv2d(3, feats, 7, stride=2, padding=3)
            self.maxpool = MaxPool2d(3, stride=2, padding=1)


@mistake(claim="state-dict", repair="reuse#the-stem")
class stem_of_3x3:
    """Your stem's convolution has 3x3 windows; it should have 7x7.

    The weight of the first layer is (64, 3, 7, 7): 64 channels out, 3 in, windows of 7x7. Only
    the blocks use 3x3.
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            super().make_stem(feats)
            self.conv1 = Conv2d(3, feats, 3, stride=2, padding=1)


@mistake(claim="state-dict", repair="reuse#the-stem")
class stem_for_grey_images:
    """Your stem takes images of one channel; it should take three.

    The digits were grey, (batch, 1, 28, 28). Now images have red, green and blue, so the first
    weight is (64, 3, 7, 7).
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            super().make_stem(feats)
            self.conv1 = Conv2d(1, feats, 7, stride=2, padding=3)


@mistake(claim="state-dict", repair="reuse#the-stem")
class two_convolutions_in_the_stem:
    """Your stem has a second convolution and batch norm.

    One 7x7 convolution with its batch norm is all that stands before the max pool. The 3x3
    convolutions begin in the first group.
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            self.conv1 = nn.Sequential(
                Conv2d(3, feats, 7, stride=2, padding=3),
                BatchNorm2d(feats),
                nn.ReLU(),
                Conv2d(feats, feats, 3, padding=1),
            )
            self.bn1 = BatchNorm2d(feats)
            self.maxpool = MaxPool2d(3, stride=2, padding=1)


@mistake(claim="state-dict", repair="reuse#the-head")
class two_linear_layers:
    """Your head has two linear layers; there should be one.

    The features go through one linear layer, (n_classes, 512) and its bias, and that is all.
    Weights for another layer don't exist.
    """

    class ResNet34(Built):
        def make_head(self, feats, n_classes):
            self.avgpool = AveragePool()
            self.fc = nn.Sequential(Linear(feats, feats), nn.ReLU(), Linear(feats, n_classes))


@mistake(claim="state-dict", repair="reuse#the-head")
class imagenet_head_and_another:
    """Your head has a linear layer to 1000 classes, and another one behind it.

    One linear layer maps the features to `n_classes` scores. There are 1000 of them for ImageNet
    because that is the default of `n_classes`.
    """

    class ResNet34(Built):
        def make_head(self, feats, n_classes):
            self.avgpool = AveragePool()
            self.fc = nn.Sequential(Linear(feats, 1000), Linear(1000, n_classes))


@mistake(claim="state-dict", repair="reuse#the-head")
class head_without_bias:
    """Your linear layer has no bias.

    Only the convolutions go without, because a batch norm follows them. Behind the head nothing
    follows, and its bias of shape (n_classes,) is the last row of `state_dict`.
    """

    class ResNet34(Built):
        def make_head(self, feats, n_classes):
            self.avgpool = AveragePool()
            self.fc = Linear(feats, n_classes, bias=False)


@mistake(claim="state-dict", repair="reuse#the-head")
class thousand_classes_fixed:
    """Your head has 1000 classes whatever `n_classes` says.

    1000 is only the default, the number of ImageNet's classes. Use `n_classes` for the linear
    layer: later you will want 10.
    """

    class ResNet34(Built):
        def make_head(self, feats, n_classes):
            super().make_head(feats, 1000)


@mistake(claim="state-dict", repair="reuse#the-head")
class head_of_512_fixed:
    """Your linear layer takes 512 features whatever the last group gives.

    512 is the default width of the last group. Use `out_features_per_group[-1]`, so that other
    widths work too.
    """

    class ResNet34(Built):
        def make_head(self, feats, n_classes):
            super().make_head(512, n_classes)


@mistake(claim="state-dict", repair="reuse#the-head")
class head_for_flattened_maps:
    """Your linear layer takes every place of the last map, 7x7 of them, for each channel.

    That comes of flattening without an average pool. Average each channel over its map first;
    then the layer takes one number a channel, 512 in ResNet34, for any image size.
    """

    class ResNet34(Built):
        def make_head(self, feats, n_classes):
            self.fc = Linear(feats * 49, n_classes)

        def head(self, x):
            return self.fc(x.flatten(1))


@mistake(claim="state-dict", repair="reuse#the-head")
class norm_before_the_head:
    """Your network has one batch norm too many, between the groups and the head.

    Each block ends with its own batch norms, sum and ReLU. After the last group only the average
    pool and the linear layer follow.
    """

    class ResNet34(Built):
        def make_head(self, feats, n_classes):
            self.bn_last = BatchNorm2d(feats)
            super().make_head(feats, n_classes)

        def head(self, x):
            return super().head(self.bn_last(x))


@mistake(claim="state-dict", repair="reuse#the-head")
class no_head:
    """Your network ends with its features: there is no linear layer.

    After the average pool an image is (channels,) numbers. A linear layer turns them into
    `n_classes` scores.
    """

    class ResNet34(Built):
        def make_head(self, feats, n_classes):
            self.avgpool = AveragePool()

        def head(self, x):
            return self.avgpool(x)
