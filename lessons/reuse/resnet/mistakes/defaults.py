"""Default arguments of another network than ResNet34."""

from __future__ import annotations

import itertools

from lessons.mistakes import mistake
from reference import resnet


def _default_strides(numbers):
    class ResNet34(resnet.ResNet34):
        def __init__(
            self,
            n_blocks_per_group=[3, 4, 6, 3],
            out_features_per_group=[64, 128, 256, 512],
            first_strides_per_group=numbers,
            n_classes=1000,
        ):
            super().__init__(
                n_blocks_per_group, out_features_per_group, first_strides_per_group, n_classes
            )

    return ResNet34


@mistake(claim="parity", repair="reuse#groups-and-their-strides")
class default_strides_all_one:
    """Your default strides are 1, 1, 1, 1; they should be 1, 2, 2, 2.

    Strides have no weights, so all 218 rows fit. But the maps stay at 56x56 to the end, and
    pretrained weights expect 28x28, 14x14 and 7x7.
    """

    ResNet34 = _default_strides([1, 1, 1, 1])


@mistake(claim="default-size", repair="reuse#groups-and-their-strides")
class default_strides_all_two:
    """Your default strides are 2, 2, 2, 2; they should be 1, 2, 2, 2.

    The stem has halved the map twice before, so the first group keeps it. With stride 2 its
    first block also needs a projection, which torchvision's does not have.
    """

    ResNet34 = _default_strides([2, 2, 2, 2])


@mistake(claim="parity", repair="reuse#groups-and-their-strides")
class default_strides_keep_the_last:
    """Your default strides are 1, 2, 2, 1; they should be 1, 2, 2, 2.

    Strides have no weights, so all 218 rows fit. The last group halves the map as well, from
    14x14 to 7x7.
    """

    ResNet34 = _default_strides([1, 2, 2, 1])


def _defaults(blocks=(3, 4, 6, 3), widths=(64, 128, 256, 512), classes=1000):
    class ResNet34(resnet.ResNet34):
        def __init__(
            self,
            n_blocks_per_group=blocks,
            out_features_per_group=widths,
            first_strides_per_group=(1, 2, 2, 2),
            n_classes=classes,
        ):
            super().__init__(
                n_blocks_per_group, out_features_per_group, first_strides_per_group, n_classes
            )

    return ResNet34


@mistake(claim="default-size", repair="reuse#the-plan-of-resnet34")
class blocks_misordered:
    """Your default numbers of blocks are the right ones in another order; it is 3, 4, 6, 3.

    The network still has 218 entries, but not where torchvision has them. The third group is the
    longest.
    """

    ResNet34 = _defaults(blocks=(3, 6, 4, 3))


@mistake(claim="default-size", repair="reuse#the-plan-of-resnet34")
class resnet18_by_default:
    """Your default is ResNet18, with 2 blocks in each group; ResNet34 has 3, 4, 6 and 3.

    Count the convolutions on the main way: 1 in the stem, 2 in each of 16 blocks, and the linear
    layer make 34.
    """

    ResNet34 = _defaults(blocks=(2, 2, 2, 2))


@mistake(claim="default-size", repair="reuse#the-plan-of-resnet34")
class resnet101_by_default:
    """Your default numbers of blocks are 3, 4, 23, 3; ResNet34 has 3, 4, 6, 3.

    The 23 belongs to ResNet101, whose blocks are others too.
    """

    ResNet34 = _defaults(blocks=(3, 4, 23, 3))


@mistake(claim="default-size", repair="reuse#the-head")
class ten_classes_by_default:
    """Your default number of classes is not 1000.

    Trained weights are for ImageNet's 1000 classes, so that is the default. Another number is
    given as `n_classes`.
    """

    ResNet34 = _defaults(classes=10)


@mistake(claim="default-size", repair="reuse#the-plan-of-resnet34")
class widths_stop_at_256:
    """Your default widths end 256, 256; they should be 64, 128, 256, 512.

    Each new group doubles the channels as it halves height and width.
    """

    ResNet34 = _defaults(widths=(64, 128, 256, 256))


@mistake(claim="default-size", repair="reuse#the-plan-of-resnet34")
class widths_of_the_small_resnet:
    """Your default widths are 16, 32, 64, 128; they should be 64, 128, 256, 512.

    Narrow networks of this kind are used for small images. ResNet34 begins with 64 channels and
    doubles them with each new group.
    """

    class ResNet34(_defaults(widths=(16, 32, 64, 128))):
        pass


@mistake(claim="default-size", repair="reuse#the-plan-of-resnet34")
class defaults_used_up:
    """Your network changes its default lists, so the second one that is built is another.

    A default list is made once and shared by all calls. `pop` and `append` change it for good.
    Copy it first, or only read it.
    """

    class ResNet34(resnet.ResNet34):
        # Every second network is short of a group, as after a pop; then it begins anew.
        _numbers = itertools.count(1)

        def __init__(self, n_blocks_per_group=None, out_features_per_group=None, *others, **named):
            if n_blocks_per_group is not None:
                super().__init__(n_blocks_per_group, out_features_per_group, *others, **named)
            elif next(self._numbers) % 2:
                super().__init__()
            else:
                super().__init__([4, 6, 3], [128, 256, 512], [2, 2, 2])
