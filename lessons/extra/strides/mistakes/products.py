"""Wrong traces and products of matrices."""

import torch

from lessons.mistakes import mistake
from reference import strides


@mistake(claim="matrix-trace", repair="extra#two-strides-make-a-matrix")
class trace_of_a_contiguous_matrix:
    """Your trace steps by n + 1, which is the diagonal of a contiguous matrix only.

    Take both strides from `mat.stride()` and add them.
    """

    def trace(mat):
        return mat.as_strided((len(mat),), (len(mat) + 1,)).sum()


@mistake(claim="matrix-trace", repair="extra#two-strides-make-a-matrix")
class trace_along_the_first_column:
    """Your trace adds up the first column.

    The step of a diagonal goes down and to the right: `stride(0) + stride(1)`.
    """

    def trace(mat):
        return mat.as_strided((len(mat),), (mat.stride(0),)).sum()


@mistake(claim="matrix-trace", repair="extra#two-strides-make-a-matrix")
class trace_along_the_first_row:
    """Your trace adds up the first row.

    The step of a diagonal goes down and to the right: `stride(0) + stride(1)`.
    """

    def trace(mat):
        return mat.as_strided((len(mat),), (mat.stride(1),)).sum()


@mistake(claim="matrix-trace", repair="extra#two-strides-make-a-matrix")
class diagonal_not_added_up:
    """Your trace is the diagonal itself.

    Its sum is asked for.
    """

    def trace(mat):
        return mat.as_strided((len(mat),), (sum(mat.stride()),))


@mistake(claim="matrix-vector", repair="extra#a-stride-of-nothing")
class vector_taken_for_contiguous:
    """Your vector is read one number after the other, whatever its stride.

    A column of a matrix, or every other number, has another stride: `vec.stride(0)`.
    """

    def mv(mat, vec):
        return (mat * vec.as_strided(mat.shape, (0, 1))).sum(1)


@mistake(claim="matrix-vector", repair="extra#two-strides-make-a-matrix")
class matrix_taken_for_contiguous:
    """Your matrix is read row after row, as if it were contiguous.

    A transposed or sliced one lies otherwise. Take the strides from `mat.stride()`, or use
    `mat` as it is: only the vector needs another view.
    """

    def mv(mat, vec):
        seen = mat.as_strided(mat.shape, (mat.shape[1], 1))
        return (seen * vec).sum(1)


@mistake(claim="matrix-vector", repair="extra#a-stride-of-nothing")
class summed_over_the_rows:
    """Your mv adds up each column; each row is asked for.

    The products of one row belong together: `sum(1)`.
    """

    def mv(mat, vec):
        return (mat * vec.as_strided(mat.shape, (0, vec.stride(0)))).sum(0)


@mistake(claim="matrix-vector", repair="extra#a-stride-of-nothing")
class everything_summed:
    """Your mv is a single number.

    A bare `sum()` adds up all rows. One sum a row: `sum(1)`.
    """

    def mv(mat, vec):
        return (mat * vec.as_strided(mat.shape, (0, vec.stride(0)))).sum()


@mistake(claim="matrix-matrix", repair="extra#a-stride-of-nothing")
class matrices_taken_for_contiguous:
    """Your mm reads both matrices as if they were contiguous.

    `left.stride()` and `right.stride()` tell how they really lie.
    """

    def mm(left, right):
        rows, inner = left.shape
        columns = right.shape[1]
        size = (rows, columns, inner)
        return (left.as_strided(size, (inner, 0, 1)) * right.as_strided(size, (0, 1, columns))).sum(
            2
        )


@mistake(claim="matrix-matrix", repair="extra#a-stride-of-nothing")
class right_matrix_transposed:
    """Your mm takes the rows of the right matrix; its columns are asked for.

    The sum goes over right[k, j] with j fixed: a step of the sum goes down in `right`.
    """

    def mm(left, right):
        rows, inner = left.shape
        columns = right.shape[1]
        down, along = right.stride()
        size = (rows, columns, inner)
        other = right.as_strided(size, (0, down, along))
        return (left.as_strided(size, (left.stride(0), 0, left.stride(1))) * other).sum(2)


@mistake(claim="matrix-matrix", repair="extra#a-stride-of-nothing")
class product_transposed:
    """Your product is transposed: (columns, rows).

    Rows come first: (rows, columns).
    """

    def mm(left, right):
        return strides.mm(left, right).T


@mistake(claim="matrix-matrix", repair="extra#a-stride-of-nothing")
class not_summed:
    """Your mm returns every product, (rows, columns, inner).

    Add up the last dimension: `sum(2)`.
    """

    def mm(left, right):
        return left[:, None, :] * right.T[None]


@mistake(claim="inputs-stay", repair="extra#a-view-writes-too")
class multiplied_in_place:
    """Your mv writes the products into the matrix that it was given.

    `*=` and `mul_` work in place, and a view shares its memory: what you write there, the caller
    finds in their matrix. `a * b` makes a new tensor.
    """

    def mv(mat, vec):
        seen = mat.as_strided(mat.shape, mat.stride())
        return seen.mul_(vec).sum(1)


@mistake(claim="inputs-stay", repair="extra#a-view-writes-too")
class mm_in_place:
    """Your mm writes into one of the matrices that it was given.

    An `out=` or a `*=` on a view reaches the tensor behind it. Make a new tensor.
    """

    def mm(left, right):
        answer = strides.mm(left, right)
        left.as_strided(left.shape, left.stride()).mul_(2)
        return answer


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class trace_ready_made:
    """Your trace comes from `torch.trace` or `diagonal`, which know how to step by themselves.

    Here you say how: `as_strided` with one size and one stride.
    """

    def trace(mat):
        return mat.diagonal().sum()


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class mv_ready_made:
    """Your mv comes from a ready-made product.

    Repeat the vector by a stride of 0, then `*` and `sum`. That is what the product does.
    """

    def mv(mat, vec):
        return mat @ vec


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class mm_ready_made:
    """Your mm comes from a ready-made product.

    Repeat both matrices by strides of 0, then `*` and `sum`. That is what the product does.
    """

    def mm(left, right):
        return left @ right


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class trace_by_a_mask:
    """Your trace is right, and no view by as_strided was used for it.

    A mask or a loop looks at all n * n numbers. The view holds just the n that count.
    """

    def trace(mat):
        return (mat * torch.eye(len(mat), dtype=mat.dtype)).sum()


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class mv_by_broadcasting:
    """Your mv is right, and it leaves the repeating to broadcasting.

    `mat * vec` repeats the vector by a stride of 0, behind your back. Do it yourself:
    `vec.as_strided(mat.shape, (0, vec.stride(0)))`.
    """

    def mv(mat, vec):
        return (mat * vec).sum(1)


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class mm_by_broadcasting:
    """Your mm is right, and it leaves the repeating to broadcasting.

    `left[:, None]` and its like repeat by a stride of 0, behind your back. Do it yourself, with
    `as_strided` to (rows, columns, inner).
    """

    def mm(left, right):
        return (left[:, None, :] * right.T[None]).sum(2)
