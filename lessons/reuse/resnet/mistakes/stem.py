"""What goes wrong between the image and the first group."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from lessons.mistakes import mistake
from lessons.reuse.resnet.mistakes.parts import Parts


def _stem_conv(**settings):
    """A network whose first convolution has other settings."""

    class ResNet34(Parts):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            for name, value in settings.items():
                setattr(self.conv1, name, value)

    return ResNet34


def _pool(pool):
    """A network with another max pool in its stem."""

    class ResNet34(Parts):
        def stem(self, x):
            return pool(self.before_pool(x))

    return ResNet34


@mistake(claim="stem", repair="reuse#the-stem")
class stem_without_stride:
    """Your stem's convolution has stride 1; it should have 2.

    The stem halves height and width twice: once by the convolution, once by the max pool. A
    224x224 image then is 56x56 in the first group.
    """

    ResNet34 = _stem_conv(stride=1)


@mistake(claim="stem", repair="reuse#the-stem")
class stem_without_padding:
    """Your stem's convolution has no padding; it should have 3.

    A window of 7 reaches 3 pixels beyond its middle. With padding 3 it can stand on every pixel,
    the edge included: 224x224 gives 112x112.
    """

    ResNet34 = _stem_conv(padding=0)


@mistake(claim="stem", repair="reuse#the-stem")
class stem_padding_1:
    """Your stem's convolution has padding 1; it should have 3.

    Padding 1 belongs to 3x3 windows. A window of 7 reaches 3 pixels beyond its middle.
    """

    ResNet34 = _stem_conv(padding=1)


@mistake(claim="stem", repair="reuse#the-stem")
class stem_padding_2:
    """Your stem's convolution has padding 2; it should have 3.

    A window of 7 reaches 3 pixels beyond its middle, (7 - 1) / 2.
    """

    ResNet34 = _stem_conv(padding=2)


@mistake(claim="stem", repair="reuse#the-stem")
class no_max_pool:
    """Your stem has no max pool.

    It has no weights, so no row of `state_dict` tells. After ReLU, a 3x3 max pool with stride 2
    and padding 1 halves the map again.
    """

    ResNet34 = _pool(lambda x: x)


@mistake(claim="stem", repair="reuse#the-stem")
class pool_without_padding:
    """Your max pool has no padding; it should have 1.

    Without it the windows start at the edge instead of one pixel before, so all of them are
    shifted. torchvision's is `MaxPool2d(3, stride=2, padding=1)`.
    """

    ResNet34 = _pool(lambda x: F.max_pool2d(x, 3, 2, 0))


@mistake(claim="stem", repair="reuse#the-stem")
class pool_stride_3:
    """Your max pool has stride 3; it should have 2.

    Without a stride of its own a pool takes that of its window, 3. Say `stride=2`: the windows
    then overlap by one pixel.
    """

    ResNet34 = _pool(lambda x: F.max_pool2d(x, 3, padding=1))


@mistake(claim="stem", repair="reuse#the-stem")
class pool_stride_1:
    """Your max pool has stride 1; it should have 2.

    With stride 1 the map keeps its size. The stem halves it a second time here.
    """

    ResNet34 = _pool(lambda x: F.max_pool2d(x, 3, 1, 1))


@mistake(claim="stem", repair="reuse#the-stem")
class pool_of_2x2:
    """Your max pool has 2x2 windows; it should have 3x3, with stride 2 and padding 1.

    Both halve an even size, so shapes don't tell. The values do, and an odd size as well.
    """

    ResNet34 = _pool(lambda x: F.max_pool2d(x, 2, 2))


@mistake(claim="stem", repair="reuse#the-stem")
class pool_rounds_up:
    """Your max pool rounds its size up (`ceil_mode=True`); it should round down.

    A last window that does not fit into the padded map is left out. You notice it only for some
    image sizes.
    """

    ResNet34 = _pool(lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True))


@mistake(claim="stem", repair="reuse#the-stem")
class average_instead_of_max_pool:
    """Your stem averages where it should take the maximum.

    The stem's pool keeps the strongest value in each 3x3 window. The average pool comes at the
    end, before the linear layer.
    """

    ResNet34 = _pool(lambda x: F.avg_pool2d(x, 3, 2, 1))


@mistake(claim="stem", repair="reuse#the-stem")
class pooled_twice:
    """Your stem applies the max pool twice.

    Look for one inside the stem and another one in `forward`. One halves 112x112 to 56x56, and
    that is what the first group gets.
    """

    ResNet34 = _pool(lambda x: F.max_pool2d(F.max_pool2d(x, 3, 2, 1), 3, 2, 1))


@mistake(claim="stem", repair="reuse#the-stem")
class no_relu_in_the_stem:
    """Your stem has no ReLU.

    It goes convolution, batch norm, ReLU, max pool. Without ReLU negative values reach the first
    group, which pretrained weights have never seen.
    """

    class ResNet34(Parts):
        def before_pool(self, x):
            return self.bn1(self.conv1(x))


@mistake(claim="stem", repair="reuse#the-stem")
class relu_before_norm_in_the_stem:
    """Your stem applies ReLU before the batch norm.

    It goes convolution, batch norm, ReLU, max pool: first centre and scale, then cut.
    """

    class ResNet34(Parts):
        def before_pool(self, x):
            return self.bn1(self.conv1(x).relu())


@mistake(claim="stem", repair="reuse#the-stem")
class relu_on_both_sides_in_the_stem:
    """Your stem applies ReLU before the batch norm as well as after it.

    One ReLU is enough: convolution, batch norm, ReLU, max pool.
    """

    class ResNet34(Parts):
        def before_pool(self, x):
            return self.bn1(self.conv1(x).relu()).relu()


@mistake(claim="stem", repair="reuse#the-stem")
class stem_norm_not_used:
    """Your stem has a batch norm and does not use it.

    It is there in `__init__`, so `state_dict` looks right. Call it in `forward`, between the
    convolution and ReLU.
    """

    class ResNet34(Parts):
        def before_pool(self, x):
            return self.conv1(x).relu()


@mistake(claim="stem", repair="reuse#the-stem")
class pool_before_norm:
    """Your stem pools before the batch norm.

    A batch norm may turn signs around, and then the strongest value before is the weakest one
    after it. It goes convolution, batch norm, ReLU, max pool.
    """

    class ResNet34(Parts):
        def stem(self, x):
            return self.bn1(self.maxpool(self.conv1(x))).relu()


@mistake(claim="stem", repair="reuse#the-stem")
class image_normalised_inside:
    """Your network normalises the image with ImageNet's mean and deviation by itself.

    torchvision's weights want normalised images, but that is done to the data, before the
    network. Done twice, every value is off. Leave it out of `forward`.
    """

    class ResNet34(Parts):
        def stem(self, x):
            mean = torch.tensor([0.485, 0.456, 0.406], dtype=x.dtype)[:, None, None]
            deviation = torch.tensor([0.229, 0.224, 0.225], dtype=x.dtype)[:, None, None]
            return super().stem((x - mean) / deviation)


@mistake(claim="stem", repair="reuse#the-stem")
class image_divided_by_255:
    """Your network divides the image by 255.

    Whoever loads the images brings them to 0 to 1. Done again in `forward`, they are nearly
    black.
    """

    class ResNet34(Parts):
        def stem(self, x):
            return super().stem(x / 255)
