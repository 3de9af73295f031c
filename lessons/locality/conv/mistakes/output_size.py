"""Wrong sizes of a map."""

import math

from lessons.mistakes import mistake
from reference import conv


def _size(formula):
    """A function that answers by ``formula(size, kernel, stride, padding)``.

    It refuses what does not fit, as the reference does, so that each mistake gets only one thing
    wrong.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        conv.conv_output_size(size, kernel_size, stride, padding)
        return formula(size, kernel_size, stride, padding)

    return conv_output_size


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class stride_left_out:
    """Your size ignores the stride.

    With stride 2 the window takes every second place only. Divide the length of the way,
    size + 2 * padding - kernel_size, by the stride.
    """

    conv_output_size = _size(lambda size, k, stride, p: (size + 2 * p - k) + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class padding_left_out:
    """Your size ignores the padding.

    Padding makes the image larger before the window moves over it: by 2 * padding pixels.
    """

    conv_output_size = _size(lambda size, k, stride, p: (size - k) // stride + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class stride_and_padding_left_out:
    """Your size is size - kernel_size + 1: it knows neither stride nor padding.

    That is right for stride 1 without padding. Add 2 * padding to the size, and divide the way
    by the stride.
    """

    conv_output_size = _size(lambda size, k, stride, p: size - k + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class padding_at_one_end:
    """Your size counts the padding once; it is added at both ends.

    An image of 28 pixels with padding 2 is 2 + 28 + 2 = 32 pixels long.
    """

    conv_output_size = _size(lambda size, k, stride, p: (size + p - k) // stride + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class padding_taken_away:
    """Your size takes the padding away from the image instead of adding it.

    Padding adds pixels at both ends: size + 2 * padding.
    """

    conv_output_size = _size(lambda size, k, stride, p: (size - 2 * p - k) // stride + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class padding_taken_away_and_refused:
    """Your size takes the padding away from the image instead of adding it.

    Padding adds pixels at both ends: size + 2 * padding. So yours also refuses windows that fit.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        return conv.conv_output_size(size - 2 * padding, kernel_size, stride)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class rounded_up:
    """Your size is rounded up where the steps do not come out even.

    A last step that would take the window past the edge is not made. Round down: `//`.
    """

    conv_output_size = _size(lambda size, k, stride, p: math.ceil((size + 2 * p - k) / stride) + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class rounded_to_nearest:
    """Your size is rounded to the nearest number where the steps do not come out even.

    Two thirds of a step are no step: the window would hang over the edge. Round down: `//`.
    """

    conv_output_size = _size(lambda size, k, stride, p: round((size + 2 * p - k) / stride) + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class rounded_towards_zero:
    """Your size is 1 for some windows that do not fit.

    `int` cuts off towards zero: `int(-0.5)` is 0, and the 1 that is added makes it a place.
    `//` rounds down: `-1 // 2` is -1. Better still, raise `ValueError` when the window is
    larger than the padded image.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        return int((size + 2 * padding - kernel_size) / stride) + 1


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class at_least_one:
    """Your size is never less than 1, even where the window fits nowhere.

    A window larger than the padded image has no place at all. Raise `ValueError`.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        return max(1, (size + 2 * padding - kernel_size) // stride + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class first_place_forgotten:
    """Your size is 1 too small: it counts the steps, not the places.

    The place where the window starts counts as well. Three steps visit four places: add 1.
    """

    conv_output_size = _size(lambda size, k, stride, p: (size + 2 * p - k) // stride)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class one_added_before_dividing:
    """Your size adds the 1 before it divides by the stride.

    Divide first, so that steps are counted, and add 1 for the place where the window starts:
    `(size + 2 * padding - kernel_size) // stride + 1`.
    """

    conv_output_size = _size(lambda size, k, stride, p: (size + 2 * p - k + 1) // stride)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class brackets_left_out:
    """Your size divides only the kernel by the stride.

    `//` binds before `-`: in `a - b // c` only b is divided. Put brackets around the way:
    `(size + 2 * padding - kernel_size) // stride + 1`.
    """

    conv_output_size = _size(lambda size, k, stride, p: size + 2 * p - k // stride + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class not_rounded:
    """Your size is not rounded: there are halves and thirds of places in it.

    `/` divides exactly and always gives a float. `//` rounds down, and gives an int.
    """

    conv_output_size = _size(lambda size, k, stride, p: (size + 2 * p - k) / stride + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class a_whole_float:
    """Your size has the right value, but it is a float: 24.0 instead of 24.

    A shape is made of ints; `torch.empty(24.0)` raises. `//` between ints gives an int, and so
    does `math.floor`. `np.floor` and `torch.floor` do not.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        return float(conv.conv_output_size(size, kernel_size, stride, padding))


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class same_whatever_the_kernel:
    """Your size is the image's size divided by the stride, whatever kernel and padding are.

    That is the size only when the padding is chosen to make it so. Here the padding is given:
    `(size + 2 * padding - kernel_size) // stride + 1`.
    """

    conv_output_size = _size(lambda size, k, stride, p: math.ceil(size / stride))


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class the_way_back:
    """Your size is that of a transposed convolution, which goes the other way.

    `(size - 1) * stride - 2 * padding + kernel_size` finds the image's size from the map's.
    """

    conv_output_size = _size(lambda size, k, stride, p: (size - 1) * stride - 2 * p + k)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class arguments_in_another_order:
    """Your size takes the stride for the padding and the padding for the stride.

    The order is `size, kernel_size, stride, padding`. Without padding, yours divides by 0.
    """

    conv_output_size = _size(lambda size, k, stride, p: (size + 2 * stride - k) // p + 1)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class refuses_before_padding:
    """Your function refuses images that fit once they are padded.

    Compare the window with the padded image: `size + 2 * padding < kernel_size`.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        if size < kernel_size:
            raise ValueError(f"a window of {kernel_size} does not fit into {size} pixels")
        return conv.conv_output_size(size, kernel_size, stride, padding)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class refuses_an_exact_fit:
    """Your function refuses a window that fits exactly once.

    A window as large as the padded image has one place. Refuse it only when it is larger:
    `<`, not `<=`.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        if size + 2 * padding <= kernel_size:
            raise ValueError(f"a window of {kernel_size} does not fit into {size} pixels")
        return conv.conv_output_size(size, kernel_size, stride, padding)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class refuses_uneven_steps:
    """Your function refuses sizes at which the steps do not come out even.

    They are allowed. The rest at the far end is simply not visited: round down.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        if (size + 2 * padding - kernel_size) % stride:
            raise ValueError("the steps do not come out even")
        return conv.conv_output_size(size, kernel_size, stride, padding)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class height_and_width:
    """Your function returns a pair; one number is asked for.

    It is called once for the height and once for the width.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        side = conv.conv_output_size(size, kernel_size, stride, padding)
        return side, side


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class size_not_returned:
    """Your `conv_output_size` returns nothing.

    A function without `return` gives None. End it with `return`.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        conv.conv_output_size(size, kernel_size, stride, padding)


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class kernel_not_subtracted:
    """Your size leaves the kernel out: it counts every pixel as a place.

    The whole window has to fit, so the last place is `kernel_size` before the end.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        return (size + 2 * padding) // stride + 1


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class padding_counted_four_times:
    """Your size counts the padding four times; it is added at both ends, so twice.

    An image of 28 pixels with padding 2 is 32 pixels wide.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        return (size + 4 * padding - kernel_size) // stride + 1


@mistake(claim="output-size", repair="locality#how-large-the-map-is")
class one_added_twice:
    """Your size adds 1 twice: before it divides by the stride, and after.

    `size + 2 * padding - kernel_size` is how far the window can move. Divide that by the stride,
    and then add 1 for the start.
    """

    conv_output_size = _size(lambda size, k, stride, p: (size + 2 * p - k + 1) // stride + 1)
