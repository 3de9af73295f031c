"""Wrong views of a matrix."""

from lessons.mistakes import mistake
from reference import strides


def _with(name, view):
    """``views`` with ``view(x)`` in the place of one of the seven."""

    def views(x):
        return {**strides.views(x), name: view(x)}

    return views


@mistake(claim="seven-views", repair="extra#two-strides-make-a-matrix")
class contiguous_views:
    """Your strides are those of a contiguous matrix: one to the right, `columns` down.

    A transposed or sliced matrix has others, and then you read the wrong numbers. Ask
    `x.stride()`.
    """

    def views(x):
        rows, columns = x.shape
        at = x.storage_offset()
        return {
            "column": x.as_strided((rows,), (columns,), at + 1),
            "transposed": x.as_strided((columns, rows), (1, columns)),
            "diagonal": x.as_strided((min(rows, columns),), (columns + 1,)),
            "every other": x.as_strided(((columns + 1) // 2,), (2,)),
            "repeated": x.as_strided((3, columns), (0, 1)),
            "pairs": x.as_strided((rows, columns - 1, 2), (columns, 1, 1)),
            "patches": x.as_strided((rows - 1, columns - 1, 2, 2), (columns, 1, columns, 1)),
        }


@mistake(claim="seven-views", repair="extra#where-a-view-starts")
class column_from_the_beginning:
    """Your column is the first one; the second is asked for.

    A view starts where x starts unless you say otherwise. Hand `as_strided` an offset: where x
    starts in memory, and one step to the right.
    """

    views = _with("column", lambda x: x.as_strided((x.shape[0],), (x.stride(0),)))


@mistake(claim="seven-views", repair="extra#where-a-view-starts")
class offset_from_the_memorys_beginning:
    """Your column starts at the beginning of the memory, not at the beginning of x.

    A slice starts somewhere in the middle. The offset of `as_strided` counts from the beginning
    of the memory, so add `x.storage_offset()`.
    """

    views = _with("column", lambda x: x.as_strided((x.shape[0],), (x.stride(0),), x.stride(1)))


@mistake(claim="seven-views", repair="extra#two-strides-make-a-matrix")
class size_turned_but_not_the_strides:
    """Your transposed view has its size turned over, and the strides as they were.

    A step down in the new matrix is a step to the right in the old one: turn the strides over
    too.
    """

    views = _with("transposed", lambda x: x.as_strided((x.shape[1], x.shape[0]), (x.shape[0], 1)))


@mistake(claim="seven-views", repair="extra#two-strides-make-a-matrix")
class diagonal_straight_down:
    """Your diagonal goes straight down: it is the first column.

    Each step goes one down and one to the right, so its stride is the sum of both.
    """

    views = _with("diagonal", lambda x: x.as_strided((min(x.shape),), (x.stride(0),)))


@mistake(claim="seven-views", repair="extra#two-strides-make-a-matrix")
class diagonal_as_long_as_the_rows:
    """Your diagonal has as many numbers as x has rows, whatever the columns.

    It ends at the edge that comes first: the smaller of rows and columns.
    """

    views = _with("diagonal", lambda x: x.as_strided((x.shape[0],), (sum(x.stride()),)))


@mistake(claim="seven-views", repair="extra#two-strides-make-a-matrix")
class half_of_an_odd_row_rounded_down:
    """In a row of odd length your view of every other number leaves out the last.

    Of five numbers, those at 0, 2 and 4 are every other: three. Round up.
    """

    views = _with("every other", lambda x: x[0].as_strided((x.shape[1] // 2,), (2 * x.stride(1),)))


@mistake(claim="seven-views", repair="extra#a-stride-of-nothing")
class repeated_three_rows:
    """Your repeated row is the first three rows.

    To see the same row again, do not move: the stride down is 0.
    """

    views = _with("repeated", lambda x: x.as_strided((3, x.shape[1]), x.stride()))


@mistake(claim="seven-views", repair="extra#windows-that-slide")
class pairs_side_by_side:
    """Your pairs do not overlap: each starts where the one before it ends.

    Each number has a right neighbour, so the next pair starts one step on, not two.
    """

    views = _with(
        "pairs",
        lambda x: x.as_strided(
            (x.shape[0], x.shape[1] // 2, 2), (x.stride(0), 2 * x.stride(1), x.stride(1))
        ),
    )


@mistake(claim="seven-views", repair="extra#windows-that-slide")
class one_pair_too_many:
    """Your last pair hangs over the end of its row.

    In a row of n there are n - 1 pairs. `as_strided` does not know of rows: it reads on into
    the next one, or out of the memory.
    """

    views = _with(
        "pairs",
        lambda x: x.as_strided((x.shape[0], x.shape[1], 2), (*x.stride(), x.stride(1))),
    )


@mistake(claim="seven-views", repair="extra#windows-that-slide")
class patches_turned:
    """Inside your patches rows and columns have changed places.

    The last two strides walk inside a patch: down first, then to the right, as in x.
    """

    views = _with(
        "patches",
        lambda x: x.as_strided(
            (x.shape[0] - 1, x.shape[1] - 1, 2, 2), (*x.stride(), x.stride(1), x.stride(0))
        ),
    )


@mistake(claim="nothing-copied", repair="extra#nothing-is-copied")
class all_views_copied:
    """None of your views lies in the memory of x.

    `contiguous()`, `clone()` and indexing by lists copy, and so does `as_strided` of a copy.
    Call `x.as_strided` itself, and return what it gives.
    """

    def views(x):
        return {name: view.clone() for name, view in strides.views(x).items()}


@mistake(claim="nothing-copied", repair="extra#nothing-is-copied")
class repeated_by_copying:
    """Your repeated row is three copies.

    A stride of 0 shows the same memory three times: no copy is needed.
    """

    views = _with("repeated", lambda x: x[0].repeat(3, 1))


@mistake(claim="nothing-copied", repair="extra#nothing-is-copied")
class contiguous_before_the_views:
    """Your views look at a copy whenever x is not contiguous.

    `x.contiguous()` copies a transposed or a sliced x into new memory, and the views lie there. Ask
    `x.stride()` and `x.storage_offset()`: then any x will do as it is.
    """

    def views(x):
        return strides.views(x.contiguous())


@mistake(claim="by-strides", repair="extra#two-strides-make-a-matrix")
class views_by_slicing:
    """Your seven views come from slicing and its relatives, not from `as_strided`.

    They are right. Here the point is to say for yourself what slicing works out for you: a size, a
    stride for each dimension, and where to start.
    """

    def views(x):
        return {
            "column": x[:, 1],
            "transposed": x.T,
            "diagonal": x.diagonal(),
            "every other": x[0, ::2],
            "repeated": x[:1].expand(3, x.shape[1]),
            "pairs": x.unfold(1, 2, 1),
            "patches": x.unfold(0, 2, 1).unfold(1, 2, 1),
        }
