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

    Who measures between two passes would train on in eval mode without knowing it. Note
    `model.training` before and set it again after.
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

    In a small last batch each image then counts for more than in a full one. Count what is
    right and what there is, and divide at the end.
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
