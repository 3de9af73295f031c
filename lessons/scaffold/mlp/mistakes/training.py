"""Wrong answers to checkpoint ``mlp``: ``train``."""

from __future__ import annotations

import torch.nn.functional as F

from lessons.mistakes import mistake
from reference import mlp


@mistake(claim="training-step", repair="scaffold#one-training-step")
class gradients_not_zeroed:
    """Your gradients add up from step to step: they are never set to zero.

    `backward` adds to what is in `.grad` already. The first step is right, the second uses the
    gradients of two batches, and so on. Call `optimizer.zero_grad()` once a step.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class step_before_backward:
    """Your `optimizer.step()` comes before `loss.backward()`.

    The optimizer moves along the gradients that are there, and there are none yet. First
    `backward`, then `step`.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            optimizer.step()
            loss.backward()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class stale_gradients:
    """Your `optimizer.step()` uses the gradients of the batch before.

    It comes before this batch's `backward`, and nothing was zeroed in between. So the first step
    does nothing and every later one is a batch late.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.step()
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class step_never:
    """Your parameters never change: `optimizer.step()` is missing.

    `backward` only computes the gradients. It is the optimizer's step that uses them.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class zeroed_before_the_step:
    """Your gradients are set to zero between `backward` and `step`.

    So the step has nothing to go by. Zero them before `backward`, or after the step.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.zero_grad(set_to_none=False)
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#what-cross-entropy-uses")
class loss_on_probabilities:
    """Your loss is the cross-entropy of probabilities: softmax is taken twice.

    `F.cross_entropy` begins with a log-softmax. Hand it the logits as they are.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images).softmax(dim=1), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#what-cross-entropy-uses")
class loss_summed:
    """Your loss is the sum over the batch, not the mean.

    Then a larger batch takes larger steps. `F.cross_entropy` takes the mean by default.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels, reduction="sum")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#what-cross-entropy-uses")
class squared_error:
    """Your loss is the squared error against one-hot labels, not cross-entropy.

    It pulls every logit towards 0 or 1, right or wrong. Use `F.cross_entropy(logits, labels)`.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            logits = model(images)
            target = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
            loss = F.mse_loss(logits, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class loss_with_graph:
    """Your losses are tensors that still hang on their graph.

    Each keeps the whole forward run of its step in memory. `loss.item()` gives the bare number.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss)
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class loss_after_the_step:
    """Your losses are measured after the step, not before it.

    That costs a second forward run each time, and the list says how well the batch is known
    once it has been learned.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(F.cross_entropy(model(images), labels).item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class only_the_first_batch:
    """Your `train` stops after the first batch.

    If `return` stands inside the loop, move it one level to the left, so that it comes after the
    loop.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class nothing_returned:
    """Your `train` returns nothing.

    Collect one loss a step, `losses.append(loss.item())`, and end with `return losses`.
    """

    def train(model, batches, optimizer):
        mlp.train(model, batches, optimizer)
