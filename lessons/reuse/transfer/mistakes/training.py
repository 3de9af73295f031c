"""Wrong answers to checkpoint ``transfer``: the steps of ``train_head``."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import transfer


def _loop(step, before=None):
    """A ``train_head`` that does ``step(model, images, labels, optimizer)`` for each batch and
    keeps what it returns."""

    def train_head(model, batches, optimizer):
        model.eval()
        if before is not None:
            before(model)
        return [step(model, images, labels, optimizer) for images, labels in batches]

    return train_head


def _with_loss(criterion, keep=lambda loss: loss.item()):
    """A right step with another loss, or with another thing kept of it."""

    def step(model, images, labels, optimizer):
        loss = criterion(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return keep(loss)

    return _loop(step)


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class gradients_not_zeroed:
    """Your gradients add up from step to step: they are never set to zero.

    `backward` adds to what is in `.grad` already. The first step is right, the second uses the
    gradients of two batches, and so on. Call `optimizer.zero_grad()` once a step, with its
    brackets.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class step_never:
    """Your head never changes: `optimizer.step()` is missing.

    `backward` only computes the gradients. It is the optimizer's step that uses them. Without
    its brackets, `optimizer.step` is named but not called.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
        return losses


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class backward_never:
    """Your head never changes: `loss.backward()` is missing.

    It computes the gradients that `optimizer.step()` goes by. Without them the step does nothing.
    Without its brackets, `loss.backward` is named but not called.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class zeroed_before_the_step:
    """Your gradients are set to zero between `backward` and `step`.

    So the step has nothing to go by. Zero them before `backward`, or after the step.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.zero_grad()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class stale_gradients:
    """Your `optimizer.step()` uses the gradients of the batch before.

    It comes before this batch's `backward`, and nothing was zeroed in between. So the first step
    does nothing and every later one is a batch late. The order is `zero_grad`, `backward`, `step`.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.step()
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
        return losses


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class loss_on_probabilities:
    """Your loss is the cross-entropy of probabilities: softmax is taken twice.

    `F.cross_entropy` begins with a log-softmax. Hand it the logits as they are.
    """

    train_head = _with_loss(lambda logits, y: F.cross_entropy(logits.softmax(1), y))


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class loss_summed:
    """Your loss is the sum over the batch, not the mean.

    Then a larger batch takes larger steps. `F.cross_entropy` takes the mean by default.
    """

    train_head = _with_loss(lambda logits, y: F.cross_entropy(logits, y, reduction="sum"))


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class log_softmax_forgotten:
    """Your loss is `F.nll_loss` of raw scores.

    That function expects log-probabilities, and on raw scores it only pushes the label's score
    up without end. Use `F.cross_entropy`, which takes the log-softmax first.
    """

    train_head = _with_loss(F.nll_loss)


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class squared_error:
    """Your loss is the squared error against one-hot labels, not cross-entropy.

    It pulls every score towards 0 or 1, right or wrong. Use `F.cross_entropy(logits, labels)`.
    """

    train_head = _with_loss(
        lambda logits, y: F.mse_loss(logits, F.one_hot(y, logits.shape[1]).to(logits.dtype))
    )


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class arguments_swapped:
    """Your loss gets labels and logits in the wrong order.

    It is `F.cross_entropy(logits, labels)`: first what the model says, then what is right.
    """

    train_head = _with_loss(lambda logits, y: F.cross_entropy(y, logits))


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class class_numbers_in_the_loss:
    """Your loss gets class numbers where it needs the logits.

    `argmax` says which score is the highest and drops the scores. No gradient goes back through
    it. Hand over all scores: `F.cross_entropy(logits, labels)`.
    """

    train_head = _with_loss(lambda logits, y: F.cross_entropy(logits.argmax(1), y))


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class loss_made_and_not_called:
    """Your loss is made with the logits, not called with them.

    `nn.CrossEntropyLoss(...)` makes a loss and takes its settings. Call what it makes:
    `nn.CrossEntropyLoss()(logits, labels)`. Or use the function `F.cross_entropy`.
    """

    train_head = _with_loss(nn.CrossEntropyLoss)


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class loss_with_graph:
    """Your losses are tensors that still hang on their graph.

    So each keeps in memory all that its step computed. `loss.item()` gives the bare number.
    """

    train_head = _with_loss(F.cross_entropy, keep=lambda loss: loss)


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class loss_after_the_step:
    """Your losses are measured after the step, not before it.

    That costs a second forward run each time, and the list says how well the batch is known
    once it has been learned. Keep the loss that `backward` was called on.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(F.cross_entropy(model(images), labels).item())
        return losses


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class only_the_first_batch:
    """Your `train_head` stops after the first batch: `return` stands inside the loop.

    Move it one level to the left, so that it comes after the loop.
    """

    def train_head(model, batches, optimizer):
        return transfer.train_head(model, batches[:1], optimizer)


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class losses_not_returned:
    """Your `train_head` trains, but it returns nothing.

    Collect one loss a step, `losses.append(loss.item())`, and end with `return losses`.
    """

    def train_head(model, batches, optimizer):
        transfer.train_head(model, batches, optimizer)


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class last_loss_only:
    """Your `train_head` returns one number instead of a list of losses.

    A curve needs one point a step: `losses.append(loss.item())` in the loop, and
    `return losses` after it.
    """

    def train_head(model, batches, optimizer):
        return transfer.train_head(model, batches, optimizer)[-1]


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class mean_of_losses_so_far:
    """Your list holds the mean of all losses so far, not each step's own.

    Such a mean hides what the last steps did. Append `loss.item()` as it is.
    """

    def train_head(model, batches, optimizer):
        losses = transfer.train_head(model, batches, optimizer)
        return [sum(losses[: i + 1]) / (i + 1) for i in range(len(losses))]


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class optimizer_of_its_own:
    """Your `train_head` makes an optimizer of its own and leaves the given one unused.

    Whoever calls it chose optimizer and learning rate with care. Use `optimizer.zero_grad()` and
    `optimizer.step()` of the one that comes in.
    """

    def train_head(model, batches, optimizer):
        return transfer.train_head(model, batches, transfer.head_optimizer(model, 1e-3))


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class trained_under_no_grad:
    """Your head runs under `torch.no_grad()`, so there is no graph to go back through.

    Or its logits were detached, or turned into class numbers by `argmax`. The frozen backbone
    builds no graph anyway, and the head needs one: leave `no_grad` away, or put only the features
    under it.
    """

    def train_head(model, batches, optimizer):
        model.eval()
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


@mistake(claim="training-steps", repair="reuse#freeze-then-replace")
class head_frozen_too:
    """Your `train_head` freezes the head too, so nothing is left to learn.

    `model.requires_grad_(False)` reaches the head as well. The backbone is frozen already:
    `prepare_for_feature_extraction` did that.
    """

    def train_head(model, batches, optimizer):
        model.requires_grad_(False)
        return transfer.train_head(model, batches, optimizer)


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class item_not_called:
    """Your list holds the method `item` itself, not the numbers that it gives.

    The brackets are missing: `loss.item()` calls it.
    """

    train_head = _with_loss(F.cross_entropy, keep=lambda loss: loss.item)


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class batches_gone_through_twice:
    """Your `train_head` goes through the batches twice.

    One call is one pass. Whoever wants more calls it again.
    """

    def train_head(model, batches, optimizer):
        first = transfer.train_head(model, batches, optimizer)
        return first + transfer.train_head(model, batches, optimizer)


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class two_steps_a_batch:
    """Your loop takes two optimizer steps for each batch.

    `optimizer.step()` stands there twice, with the same gradients. Once is right.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class labels_smoothed:
    """Your loss smooths the labels by 0.1.

    A tenth of each label is spread over all classes then. That can help, but it is another
    loss: call `F.cross_entropy(logits, labels)` without `label_smoothing`.
    """

    train_head = _with_loss(lambda logits, y: F.cross_entropy(logits, y, label_smoothing=0.1))


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class step_after_the_loop:
    """Your `train_head` takes a single step, after the loop.

    `optimizer.step()` stands one level too far to the left. Each batch gets a step of its own.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
        optimizer.step()
        return losses


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class loss_by_batch_size:
    """Your list holds each loss divided by the size of its batch.

    `F.cross_entropy` is the mean over the batch already.
    """

    def train_head(model, batches, optimizer):
        losses = transfer.train_head(model, batches, optimizer)
        return [loss / len(labels) for loss, (_, labels) in zip(losses, batches, strict=True)]


@mistake(claim="training-steps", repair="reuse#a-step-for-the-head")
class mean_loss_only:
    """Your `train_head` returns one number, the mean of the losses, instead of a list of them.

    A curve needs one point a step: `losses.append(loss.item())` in the loop, and
    `return losses` after it.
    """

    def train_head(model, batches, optimizer):
        losses = transfer.train_head(model, batches, optimizer)
        return sum(losses) / len(losses)
