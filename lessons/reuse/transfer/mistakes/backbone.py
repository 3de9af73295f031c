"""Wrong answers to checkpoint ``transfer``: what becomes of the pretrained tensors."""

from __future__ import annotations

import torch
from torch import nn

from lessons.mistakes import mistake
from reference import transfer


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class nothing_returned:
    """Your `prepare_for_feature_extraction` has no `return`.

    It changes the model, but whoever writes `model = prepare_for_feature_extraction(model, 5)`
    gets None. End with `return model`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        transfer.prepare_for_feature_extraction(model, n_classes)


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class head_returned:
    """Your `prepare_for_feature_extraction` returns the head, not the model.

    The head alone maps features to logits. What is asked for maps images to logits: the backbone
    with the head on it. End with `return model`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        return transfer.prepare_for_feature_extraction(model, n_classes).fc


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class model_and_head_returned:
    """Your `prepare_for_feature_extraction` returns the model and the head, as a tuple.

    Only the model is asked for. Its head is found again by `requires_grad`: nothing else in the
    model has it.
    """

    def prepare_for_feature_extraction(model, n_classes):
        model = transfer.prepare_for_feature_extraction(model, n_classes)
        return model, model.fc


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class fresh_backbone:
    """Your model has a fresh backbone: none of the pretrained values is in it.

    What you return was built anew, with random values, and then frozen. Nothing can learn from
    that. Keep the model that is handed in, and replace its last layer only.
    """

    def prepare_for_feature_extraction(model, n_classes):
        for module in model.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
        return transfer.prepare_for_feature_extraction(model, n_classes)


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class parameters_copied_without_buffers:
    """Your model has the pretrained parameters, but not the running statistics.

    They are buffers: `model.parameters()` does not list them, `model.state_dict()` does. Either
    the parameters alone were copied into a new model, or the statistics were reset. Simplest is
    to keep the model that is handed in.
    """

    def prepare_for_feature_extraction(model, n_classes):
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
        return transfer.prepare_for_feature_extraction(model, n_classes)


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class batch_norms_reset:
    """Your batch norms are back at the values that they start with.

    Scale and shift are 1 and 0, running mean and variance 0 and 1, as in a new layer. They belong
    to what was learned. Leave `reset_parameters` alone, and make no new batch norms.
    """

    def prepare_for_feature_extraction(model, n_classes):
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
        return transfer.prepare_for_feature_extraction(model, n_classes)


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class statistics_switched_off:
    """Your batch norms have no running statistics any more.

    With None in their place a batch norm takes mean and variance from the batch even in eval
    mode, so an image's logits depend on the images beside it. Keep them: they are pretrained too.
    """

    def prepare_for_feature_extraction(model, n_classes):
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.track_running_stats = False
                module.running_mean = module.running_var = module.num_batches_tracked = None
        return transfer.prepare_for_feature_extraction(model, n_classes)


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class backbone_in_a_plain_list:
    """Your backbone runs, but your model does not know it as its part.

    It stands in a plain list or outside of the model, so `model.eval()`, `model.to(...)` and
    `state_dict()` pass it by. Assign it to `self` as a module, and freeze it instead of hiding it.
    """

    def prepare_for_feature_extraction(model, n_classes):
        class Hiding(nn.Module):
            def __init__(self):
                super().__init__()
                self.head = nn.Linear(model.fc.in_features, n_classes)
                model.fc = nn.Identity()
                self.backbone = [model.requires_grad_(False).eval()]

            def forward(self, x):
                return self.head(self.backbone[0](x))

        return Hiding()


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class last_group_cut_off:
    """Your model has lost the last group of the backbone.

    A slice such as `list(model.children())[:-3]` cuts off more than the head. Only the last
    layer, the linear one, is to be replaced: `model.fc = nn.Linear(...)`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        kept = list(model.children())[:-3]
        features = model.layer1[0].conv2.out_channels
        cut = nn.Sequential(*kept, nn.AdaptiveAvgPool2d(1), nn.Flatten()).requires_grad_(False)
        return nn.Sequential(cut, nn.Linear(features, n_classes)).eval()


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class backbone_set_to_zero:
    """Your backbone's weights are all 0.

    To freeze means to keep a value, not to erase it. `requires_grad_(False)` leaves the values
    alone.
    """

    def prepare_for_feature_extraction(model, n_classes):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.zero_()
        return transfer.prepare_for_feature_extraction(model, n_classes)


@mistake(claim="pretrained-backbone", repair="reuse#freeze-then-replace")
class all_weights_changed:
    """All of your backbone's weights have changed; its running statistics have not.

    Something draws them anew or works on them, such as an `init` over `model.parameters()`. What
    was learned on a large data set is in these values. `requires_grad_(False)` leaves them alone.
    """

    def prepare_for_feature_extraction(model, n_classes):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0.0, 0.02)
        return transfer.prepare_for_feature_extraction(model, n_classes)
