"""Wrong average pools."""

import torch.nn.functional as F

from lessons.mistakes import mistake
from reference import conv


def _pool(average):
    """An AveragePool whose forward run is ``average(x)``."""

    class AveragePool(conv.AveragePool):
        def forward(self, x):
            return average(x)

    return AveragePool


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class ones_kept:
    """Your average pool gives (batch, channels, 1, 1); (batch, channels) is asked for.

    The values are right. `keepdim=True` and `F.adaptive_avg_pool2d` keep the two dimensions of
    size 1. A linear layer after it wants (batch, channels): add `.flatten(1)`.
    """

    AveragePool = _pool(lambda x: x.mean((2, 3), keepdim=True))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class averaged_over_images_too:
    """Your average pool also averages over the images: one row for the whole batch.

    Dimension 0 counts the images, and each has an answer of its own. Average over dimensions
    2 and 3 only.
    """

    AveragePool = _pool(lambda x: x.mean((0, 2, 3)))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class every_image_the_same:
    """Your average pool gives every image the average of the whole batch.

    The shape is right, but an image's answer now depends on the others in its batch. Average
    over dimensions 2 and 3 only.
    """

    AveragePool = _pool(lambda x: x.mean((0, 2, 3)).expand(x.shape[:2]))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class averaged_over_images_only:
    """Your average pool averages over the images, and keeps the places.

    It should be the other way round: each image keeps its row, and the places (dimensions 2
    and 3) go.
    """

    AveragePool = _pool(lambda x: x.mean(0))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class one_row_kept:
    """Your average pool averages over the height only.

    The width is still there: (batch, channels, width). Average over dimensions 2 and 3.
    """

    AveragePool = _pool(lambda x: x.mean(2))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class one_column_kept:
    """Your average pool averages over the width only.

    The height is still there: (batch, channels, height). Average over dimensions 2 and 3.
    """

    AveragePool = _pool(lambda x: x.mean(3))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class averaged_over_channels:
    """Your average pool averages over the channels and keeps the places.

    It should be the other way round: one value for each channel. Average over dimensions 2
    and 3.
    """

    AveragePool = _pool(lambda x: x.mean(1))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class one_value_an_image:
    """Your average pool averages over the channels too: one value an image.

    Each channel looks for something else, so their averages are kept apart:
    (batch, channels). Average over dimensions 2 and 3 only.
    """

    AveragePool = _pool(lambda x: x.mean((1, 2, 3)))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class channels_and_rows:
    """Your average pool averages over channels and height: dimensions 1 and 2.

    Dimensions are counted from 0. Height and width are 2 and 3, or -2 and -1.
    """

    AveragePool = _pool(lambda x: x.mean((1, 2)))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class one_value_in_all:
    """Your average pool gives a single number for everything.

    `x.mean()` without dimensions averages over images and channels too. Say which ones go:
    `x.mean(dim=(2, 3))`.
    """

    AveragePool = _pool(lambda x: x.mean())


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class sum_not_average:
    """Your average pool adds the values up and does not divide.

    A larger map would then give larger answers. Divide by height * width, or use `mean`.
    """

    AveragePool = _pool(lambda x: x.sum((2, 3)))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class divided_by_the_height_twice:
    """Your average pool divides by height * height; the map is height * width.

    The two are the same only when the map is square.
    """

    AveragePool = _pool(lambda x: x.sum((2, 3)) / x.shape[2] ** 2)


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class divided_by_the_width_twice:
    """Your average pool divides by width * width; the map is height * width.

    The two are the same only when the map is square.
    """

    AveragePool = _pool(lambda x: x.sum((2, 3)) / x.shape[3] ** 2)


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class divided_by_one_less:
    """Your average pool divides by one less than the number of places.

    An average of n values is their sum divided by n.
    """

    AveragePool = _pool(lambda x: x.sum((2, 3)) / (x.shape[2] * x.shape[3] - 1))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class strongest_not_average:
    """Your average pool gives each channel's strongest value; its average is asked for.

    Use `mean` where your code has `amax` or a max pool.
    """

    AveragePool = _pool(lambda x: x.amax((2, 3)))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class median_not_average:
    """Your average pool gives each channel's median; its mean is asked for.

    `mean` is the sum of all values divided by their number.
    """

    AveragePool = _pool(lambda x: x.flatten(2).median(2).values)


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class squeezed:
    """Your average pool squeezes away every dimension of size 1, also batch and channels.

    With a single image the batch is gone, and the last batch of a data set may hold just one.
    Use `.flatten(1)`, or name the dimensions: `.squeeze((2, 3))`.
    """

    AveragePool = _pool(lambda x: F.adaptive_avg_pool2d(x, 1).squeeze())


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class only_maps_of_seven:
    """Your average pool takes windows of 7 x 7, whatever the map's size is.

    A ResNet's last map is 7 x 7 for images of 224 x 224, and of another size for all others.
    Average over all places there are.
    """

    AveragePool = _pool(lambda x: F.avg_pool2d(x, 7).flatten(1))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class flattened_not_averaged:
    """Your average pool lays the places in one row and averages nothing.

    `x.flatten(1)` gives (batch, channels * height * width). Average over height and width instead.
    """

    AveragePool = _pool(lambda x: x.flatten(1))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class centre_not_average:
    """Your average pool takes the value in the middle of each map.

    Then the answer depends on where something is. Average over all places.
    """

    AveragePool = _pool(lambda x: x[:, :, x.shape[2] // 2, x.shape[3] // 2])


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class channels_first:
    """Your average pool gives (channels, batch); it should be (batch, channels).

    The batch is always dimension 0.
    """

    AveragePool = _pool(lambda x: x.mean((2, 3)).T)


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class negative_values_left_out:
    """Your average pool leaves out what is negative.

    A ReLU has no place in it, and every place counts, whatever its value.
    """

    AveragePool = _pool(lambda x: x.clamp(min=0).mean((2, 3)))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class average_cut_off:
    """Your average pool lets no gradient through.

    `torch.no_grad()`, `.detach()` and `.data` cut it off. Then no layer before it would learn.
    """

    AveragePool = _pool(lambda x: x.detach().mean((2, 3)))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class average_not_returned:
    """The `forward` of your `AveragePool` returns nothing.

    A function without `return` gives None. Write `return x.mean(dim=(2, 3))`.
    """

    AveragePool = _pool(lambda x: None)


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class divided_by_49:
    """Your average pool divides by 49, whatever the map's size is.

    A map of 7x7 has 49 places, others have more or fewer. `mean(dim=(2, 3))` counts them.
    """

    AveragePool = _pool(lambda x: x.sum((2, 3)) / 49)


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class zeros_left_out:
    """Your average pool leaves out what is zero.

    Behind a ReLU many values are zero. They count as places: divide by height * width.
    """

    AveragePool = _pool(lambda x: x.sum((2, 3)) / (x != 0).sum((2, 3)).clamp(min=1))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class map_size_in_the_signature:
    """Your `AveragePool` can't be built without an argument.

    It is built as `AveragePool()`: the map tells its size by itself, in `forward`.
    """

    class AveragePool(conv.AveragePool):
        def __init__(self, size):
            super().__init__()


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class dimensions_without_brackets:
    """Your `mean` gets 2 and 3 as two arguments, and takes the second for `keepdim`.

    Put the two dimensions in brackets, so that they are one argument: `x.mean(dim=(2, 3))`.
    """

    AveragePool = _pool(lambda x: x.mean(2, 3))


@mistake(claim="average-pool", repair="locality#average-pooling-forgets-where")
class dimension_not_there:
    """Your average pool asks for a dimension that is not there.

    Dimensions are counted from 0: height and width are 2 and 3. And after `mean(2)` the height
    is gone, and the width is dimension 2. Take both at once: `x.mean(dim=(2, 3))`.
    """

    AveragePool = _pool(lambda x: x.mean(2).mean(3))
