"""Wrong answers to checkpoint ``mlp``: how often ``train`` steps, and what it returns."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from lessons.mistakes import mistake
from reference import mlp


def _with(criterion=F.cross_entropy, keep=lambda loss, labels: loss.item(), steps=1):
    """A right loop but for the loss, for what is kept of it, or for the steps that it takes."""

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = criterion(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            for _ in range(steps):
                optimizer.step()
            losses.append(keep(loss, labels))
        return losses

    return train


@mistake(claim="training-step", repair="scaffold#one-training-step")
class backward_never:
    """Your parameters never change: `loss.backward()` is missing.

    It computes the gradients that `optimizer.step()` goes by. Without them the step does nothing.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class step_after_the_loop:
    """Your `train` takes a single step, after the loop.

    `optimizer.step()` stands one level too far to the left. Each batch gets a step of its own.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
        optimizer.step()
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class two_steps_a_batch:
    """Your loop takes two optimizer steps for each batch.

    `optimizer.step()` runs twice with the same gradients. Once is right.
    """

    train = _with(steps=2)


@mistake(claim="training-step", repair="scaffold#one-training-step")
class batches_gone_through_twice:
    """Your `train` goes through the batches twice.

    One call is one pass. Whoever wants more calls it again.
    """

    def train(model, batches, optimizer):
        first = mlp.train(model, batches, optimizer)
        return first + mlp.train(model, batches, optimizer)


@mistake(claim="training-step", repair="scaffold#one-training-step")
class trained_under_no_grad:
    """Your loss hangs on no graph, so there is nothing to go back through.

    The model ran under `torch.no_grad()`, or scores or loss were detached, or turned into class
    numbers by `argmax`. Leave that out: the loss needs the scores as the model gives them.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            with torch.no_grad():
                logits = model(images)
            loss = F.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class optimizer_of_its_own:
    """Your `train` never steps with the optimizer that it is given.

    It makes one of its own, or changes the weights by hand. Whoever calls it chose optimizer and
    learning rate with care.
    """

    def train(model, batches, optimizer):
        own = torch.optim.SGD(model.parameters(), lr=0.01)
        return mlp.train(model, batches, own)


@mistake(claim="training-step", repair="scaffold#what-cross-entropy-uses")
class log_softmax_forgotten:
    """Your loss is `F.nll_loss` of raw scores.

    That function expects log-probabilities, and on raw scores it only pushes the label's score
    up without end. Use `F.cross_entropy`, which takes the log-softmax first.
    """

    train = _with(F.nll_loss)


@mistake(claim="training-step", repair="scaffold#what-cross-entropy-uses")
class logarithm_left_out:
    """Your loss is `F.nll_loss` of probabilities: the logarithm is missing.

    That function expects log-probabilities. `F.cross_entropy(logits, labels)` takes softmax and
    logarithm by itself.
    """

    train = _with(lambda logits, labels: F.nll_loss(logits.softmax(1), labels))


@mistake(claim="training-step", repair="scaffold#what-cross-entropy-uses")
class arguments_swapped:
    """Your loss gets labels and scores in the wrong order.

    It is `F.cross_entropy(logits, labels)`: first what the model says, then what is right.
    """

    train = _with(lambda logits, labels: F.cross_entropy(labels, logits))


@mistake(claim="training-step", repair="scaffold#one-training-step")
class loss_times_batch_size:
    """Your list holds each loss times the size of its batch.

    That is right on the way to a mean over all images. Here each step's own loss is asked for.
    """

    train = _with(keep=lambda loss, labels: loss.item() * len(labels))


@mistake(claim="training-step", repair="scaffold#one-training-step")
class loss_by_batch_size:
    """Your list holds each loss divided by the size of its batch.

    `F.cross_entropy` is the mean over the batch already.
    """

    train = _with(keep=lambda loss, labels: loss.item() / len(labels))


@mistake(claim="training-step", repair="scaffold#one-training-step")
class losses_added_up:
    """Your list holds the sum of all losses so far, not each step's own.

    Append `loss.item()` as it is.
    """

    def train(model, batches, optimizer):
        losses = mlp.train(model, batches, optimizer)
        return [sum(losses[: i + 1]) for i in range(len(losses))]


@mistake(claim="training-step", repair="scaffold#one-training-step")
class mean_of_losses_so_far:
    """Your list holds the mean of all losses so far, not each step's own.

    Such a mean hides what the last steps did. Append `loss.item()` as it is.
    """

    def train(model, batches, optimizer):
        losses = mlp.train(model, batches, optimizer)
        return [sum(losses[: i + 1]) / (i + 1) for i in range(len(losses))]


@mistake(claim="training-step", repair="scaffold#one-training-step")
class list_begun_anew:
    """Your list of losses is begun anew with each batch, so only the last loss is left.

    Write `losses = []` once, above the loop.
    """

    def train(model, batches, optimizer):
        return mlp.train(model, batches, optimizer)[-1:]


@mistake(claim="training-step", repair="scaffold#one-training-step")
class mean_loss_only:
    """Your `train` returns one number, the mean of the losses, instead of a list of them.

    A curve needs one point a step: `losses.append(loss.item())` in the loop, and
    `return losses` after it.
    """

    def train(model, batches, optimizer):
        losses = mlp.train(model, batches, optimizer)
        return sum(losses) / len(losses)


@mistake(claim="training-step", repair="scaffold#one-training-step")
class last_loss_only:
    """Your `train` returns the last loss alone instead of a list of them all.

    A curve needs one point a step: `losses.append(loss.item())` in the loop, and
    `return losses` after it.
    """

    def train(model, batches, optimizer):
        return mlp.train(model, batches, optimizer)[-1]


@mistake(claim="training-step", repair="scaffold#one-training-step")
class item_not_called:
    """Your list holds the method `item` itself, not the numbers that it gives.

    The brackets are missing: `loss.item()` calls it.
    """

    train = _with(keep=lambda loss, labels: loss.item)
