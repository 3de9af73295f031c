"""Wrong answers to checkpoint ``mlp``: ``accuracy``."""

from __future__ import annotations

import torch

from lessons.mistakes import mistake


def _count(model, batches):
    right = [int((model(images).argmax(1) == labels).sum()) for images, labels in batches]
    return right, [len(labels) for _, labels in batches]


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class accuracy_with_gradients:
    """Your measurement runs with gradients on.

    Each batch builds a graph that nobody uses: more memory, more time. Put it under
    `with torch.no_grad():`.
    """

    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, sizes = _count(model, batches)
        model.train(was)
        return sum(right) / sum(sizes)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class left_in_eval:
    """Your measurement leaves the model in eval mode.

    If you measure between two passes, the second one trains in eval mode, and nothing tells
    you. Keep `was = model.training` before, and call `model.train(was)` after.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        model.eval()
        right, sizes = _count(model, batches)
        return sum(right) / sum(sizes)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class left_in_train:
    """Your measurement leaves the model in train mode, even if it came in eval mode.

    A call to `model.train()` at the end does that. Put back the mode that was there before:
    `model.train(was_training)`.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        model.eval()
        right, sizes = _count(model, batches)
        model.train()
        return sum(right) / sum(sizes)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class mean_of_batch_means:
    """Your accuracy is the mean of the batches' accuracies.

    In a small last batch each image then counts for more than in a full one. Count the images
    that are right, and all images, and divide once, after the loop.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, sizes = _count(model, batches)
        model.train(was)
        return sum(r / n for r, n in zip(right, sizes, strict=True)) / len(sizes)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class only_the_last_batch:
    """Your accuracy is that of the last batch alone.

    The counts are set anew for each batch. Begin with zero before the loop and add.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, sizes = _count(model, batches)
        model.train(was)
        return right[-1] / sizes[-1]


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class percent:
    """Your accuracy is in percent.

    A fraction is asked for, from 0 to 1. Leave the factor of 100 to whoever prints it.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, sizes = _count(model, batches)
        model.train(was)
        return 100 * sum(right) / sum(sizes)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class count_not_fraction:
    """Your accuracy is the number of right answers, not their share.

    Divide by the number of images.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, _ = _count(model, batches)
        model.train(was)
        return sum(right)


def _share(made_of):
    """An accuracy made of (right, sizes) in another way; the rest is right."""

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, sizes = _count(model, batches)
        model.train(was)
        return made_of(right, sizes)

    return accuracy


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class divided_by_the_batches:
    """Your accuracy is the number of right answers divided by the number of batches.

    Divide by the number of images: add up `len(labels)` as you go.
    """

    accuracy = _share(lambda right, sizes: sum(right) / len(sizes))


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class error_rate:
    """Your accuracy is the share of images that are wrong.

    Count where the prediction equals the label.
    """

    accuracy = _share(lambda right, sizes: 1 - sum(right) / sum(sizes))


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class whole_number_division:
    """Your accuracy is divided by `//`, which rounds it down to 0.

    `/` gives a fraction.
    """

    accuracy = _share(lambda right, sizes: sum(right) // sum(sizes))


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class rounded:
    """Your accuracy is rounded to two digits.

    Leave rounding to whoever prints it: among 10,000 images, one image is 0.0001.
    """

    accuracy = _share(lambda right, sizes: round(sum(right) / sum(sizes), 2))


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class first_batch_size_for_all:
    """Your accuracy takes every batch to be as large as the first.

    The last one is often smaller. Add up `len(labels)` as you go.
    """

    accuracy = _share(lambda right, sizes: sum(right) / (sizes[0] * len(sizes)))


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class fraction_not_returned:
    """Your `accuracy` returns nothing.

    Printing is not enough: end with `return right / total`.
    """

    accuracy = _share(lambda right, sizes: None)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class returned_from_inside_the_loop:
    """Your `accuracy` stops after the first batch.

    If `return` stands inside the loop, move it one level to the left, so that it comes after the
    loop. The mode is then put back too.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        model.eval()
        right, sizes = _count(model, batches[:1])
        return right[0] / sizes[0]


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class lowest_score_taken:
    """Your accuracy counts where the lowest score is the label's.

    The highest score is the prediction: `argmax(dim=1)`.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right = [int((model(images).argmin(1) == labels).sum()) for images, labels in batches]
        model.train(was)
        return sum(right) / sum(len(labels) for _, labels in batches)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class measured_in_train_mode:
    """Your measurement puts the model into train mode.

    Dropout and batch norm, later on, compute something else there. Measure after `model.eval()`.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.train()
        right, sizes = _count(model, batches)
        model.train(was)
        return sum(right) / sum(sizes)


def _compared(predicted):
    """An accuracy that compares ``predicted(logits)`` with the labels; the rest is right."""

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right = total = 0
        for images, labels in batches:
            right += int((predicted(model(images)) == labels).sum())
            total += len(labels)
        model.train(was)
        return right / total

    return accuracy


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class argmax_of_the_whole_batch:
    """Your `argmax` has no dimension, so it looks for the highest score of the whole batch.

    Each image has a highest score of its own. Dimension 1 holds the classes:
    `model(images).argmax(1)`, shape (batch,).
    """

    accuracy = _compared(lambda logits: logits.argmax())


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class argmax_over_the_images:
    """Your `argmax` goes along dimension 0, which holds the images.

    Dimension 1 holds the classes: `model(images).argmax(1)`, shape (batch,).
    """

    accuracy = _compared(lambda logits: logits.argmax(0))


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class scores_compared_with_labels:
    """Your `accuracy` compares all the scores with the labels.

    A label is one number an image, and so is the answer: `model(images).argmax(1)`, the place
    of the highest score.
    """

    accuracy = _compared(lambda logits: logits)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class score_compared_with_label:
    """Your `accuracy` compares the highest score itself with the label.

    What counts is the place where it stands: `model(images).argmax(1)`. `max(1)` gives both, the
    scores first and then their places.
    """

    accuracy = _compared(lambda logits: logits.amax(1))
