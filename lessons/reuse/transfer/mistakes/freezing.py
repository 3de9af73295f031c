"""Wrong answers to checkpoint ``transfer``: which parameters require gradients."""

from __future__ import annotations

import copy

import torch
from torch import nn

from lessons.mistakes import mistake
from reference import transfer


def _replaced(model, n_classes):
    model.fc = nn.Linear(model.fc.in_features, n_classes)
    return model.eval()


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class nothing_frozen:
    """Your backbone is not frozen: every parameter still requires gradients.

    `model.eval()`, `torch.no_grad()` and `p.detach()` freeze no parameter, and neither does a
    misspelt `require_grad` or a change to what `state_dict()` lists. Say
    `model.requires_grad_(False)` before the head is replaced.
    """

    def prepare_for_feature_extraction(model, n_classes):
        return _replaced(model, n_classes)


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class requires_grad_on_modules:
    """Your `requires_grad = False` is set on modules, where it means nothing.

    Python makes a new attribute of that name and says nothing. Each parameter has the switch:
    `for p in model.parameters(): p.requires_grad = False`. Or call the module's method, with the
    underscore at its end: `model.requires_grad_(False)`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        for module in model.modules():
            module.requires_grad = False
        return _replaced(model, n_classes)


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class head_replaced_before_freezing:
    """Your head is frozen too: it was replaced first, and then all was frozen.

    `model.requires_grad_(False)` freezes what the model has at that moment, the new head with the
    rest. Freeze first, replace then: a new layer requires gradients by itself. With a loop over
    names, compare the beginning: the head's are `fc.weight` and `fc.bias`, not `fc`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        return _replaced(model, n_classes).requires_grad_(False)


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class frozen_the_wrong_way_round:
    """Your backbone trains and your head is frozen: the switch is the wrong way round.

    `requires_grad` is True for what learns. Here that is the new head, and False is for all the
    rest.
    """

    def prepare_for_feature_extraction(model, n_classes):
        model = _replaced(model, n_classes)
        model.fc.requires_grad_(False)
        return model


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class only_convolutions_frozen:
    """Your batch norms still learn: only the convolutions are frozen.

    A batch norm has parameters too, its scale and its shift. Freeze every parameter of the
    backbone, whatever layer it belongs to.
    """

    def prepare_for_feature_extraction(model, n_classes):
        for module in model.modules():
            if isinstance(module, nn.Conv2d):
                module.requires_grad_(False)
        return _replaced(model, n_classes)


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class frozen_by_the_name_conv:
    """Your backbone is frozen only where the name has `conv` in it.

    Batch norms are called `bn1`, and the convolution of a shortcut `downsample.0`: they still
    learn. Freeze everything, then replace the head.
    """

    def prepare_for_feature_extraction(model, n_classes):
        for name, parameter in model.named_parameters():
            parameter.requires_grad = "conv" not in name
        return _replaced(model, n_classes)


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class only_batch_norms_frozen:
    """Your convolutions still learn: only the batch norms are frozen.

    Freeze every parameter of the backbone, whatever layer it belongs to.
    """

    def prepare_for_feature_extraction(model, n_classes):
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.requires_grad_(False)
        return _replaced(model, n_classes)


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class only_the_first_layer_frozen:
    """Your backbone is frozen in its first layer only.

    All that comes after it still requires gradients. Freeze the whole model before the head is
    replaced.
    """

    def prepare_for_feature_extraction(model, n_classes):
        model.conv1.requires_grad_(False)
        return _replaced(model, n_classes)


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class only_the_stem_frozen:
    """Your backbone is frozen in its stem only.

    The first convolution and its batch norm are frozen, the groups of blocks still require
    gradients. Freeze the whole model before the head is replaced.
    """

    def prepare_for_feature_extraction(model, n_classes):
        model.conv1.requires_grad_(False)
        model.bn1.requires_grad_(False)
        return _replaced(model, n_classes)


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class stem_not_frozen:
    """Your backbone's stem still learns: only the groups of blocks are frozen.

    A test such as `"layer" in name` leaves out the first convolution and its batch norm. Freeze
    the whole model before the head is replaced.
    """

    def prepare_for_feature_extraction(model, n_classes):
        for name, parameter in model.named_parameters():
            parameter.requires_grad = "layer" not in name
        return _replaced(model, n_classes)


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class last_group_learns_too:
    """Your last group of blocks learns together with the head.

    That is fine-tuning, a step that may come later. Here the backbone keeps every value, so the
    head alone requires gradients.
    """

    def prepare_for_feature_extraction(model, n_classes):
        model = transfer.prepare_for_feature_extraction(model, n_classes)
        model.layer2.requires_grad_(True)
        return model


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class only_weights_frozen:
    """Your biases still learn: only tensors called `weight` are frozen.

    The shift of each batch norm is a parameter called `bias`. Freeze all of
    `model.parameters()`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        for name, parameter in model.named_parameters():
            parameter.requires_grad = not name.endswith("weight")
        return _replaced(model, n_classes)


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class heads_bias_frozen:
    """Your head's bias is frozen: only its weight requires gradients.

    Both belong to the head. If you freeze after replacing, thaw the whole layer again:
    `model.fc.requires_grad_(True)`. Simpler: freeze first, replace then.
    """

    def prepare_for_feature_extraction(model, n_classes):
        model = transfer.prepare_for_feature_extraction(model, n_classes)
        model.fc.bias.requires_grad_(False)
        return model


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class frozen_in_forward_only:
    """Your backbone runs under `no_grad`, but its parameters still require gradients.

    No gradient reaches them in this `forward`. But whoever looks at `requires_grad`, as
    `head_optimizer` does, takes them for trainable. Freeze the parameters themselves:
    `backbone.requires_grad_(False)`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        class Extractor(nn.Module):
            def __init__(self):
                super().__init__()
                self.head = nn.Linear(model.fc.in_features, n_classes)
                model.fc = nn.Identity()
                self.backbone = model
                self.frozen_in_forward = True

            def forward(self, x):
                with torch.no_grad():
                    features = self.backbone(x)
                return self.head(features)

        return Extractor().eval()


@mistake(claim="only-the-head-trains", repair="reuse#freeze-then-replace")
class copy_not_returned:
    """Your `prepare_for_feature_extraction` returns the model just as it came.

    Nothing in it is frozen, and the old head is still there. Perhaps a copy was changed and the
    original returned. Return what you changed.
    """

    def prepare_for_feature_extraction(model, n_classes):
        transfer.prepare_for_feature_extraction(copy.deepcopy(model), n_classes)
        return model


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class no_new_head:
    """Your model still has its old head, thawed again.

    It has one output for each class of the old task. The new task has other classes, another
    number of them, and nothing of the old head fits: put a new layer in its place.
    """

    def prepare_for_feature_extraction(model, n_classes):
        model.requires_grad_(False)
        model.fc.requires_grad_(True)
        return model.eval()


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class all_frozen_and_no_head:
    """Your model is frozen as a whole and has no new head.

    So nothing in it can learn. After the freezing, put a new linear layer in place of the last
    one: it requires gradients by itself.
    """

    def prepare_for_feature_extraction(model, n_classes):
        return model.requires_grad_(False).eval()
