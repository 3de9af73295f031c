"""Wrong answers to checkpoint ``transfer``: the new head, and what it is put on."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import transfer


def _with_head(model, head):
    model.requires_grad_(False)
    model.fc = head
    return model.eval()


def _followed_by(function):
    """A ``prepare_for_feature_extraction`` whose logits go through one more function."""

    def prepare_for_feature_extraction(model, n_classes):
        class Head(nn.Linear):
            def forward(self, x):
                return function(super().forward(x))

        return _with_head(model, Head(model.fc.in_features, n_classes))

    return prepare_for_feature_extraction


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class head_on_the_old_head:
    """Your new head stands on top of the old one.

    It gets the scores for the old classes, (batch, old classes), instead of the backbone's
    features. Put it in the old head's place: `model.fc = nn.Linear(model.fc.in_features, ...)`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        old = model.requires_grad_(False).eval()
        return nn.Sequential(old, nn.Linear(model.fc.out_features, n_classes))


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class old_classes_as_features:
    """Your head expects as many features as there were old classes.

    The old head's `out_features` is what came out of it, its scores. The new head takes its
    place and sees what went in: `nn.Linear(model.fc.in_features, n_classes)`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        return _with_head(model, nn.Linear(model.fc.out_features, n_classes))


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class sizes_swapped:
    """Your head has its two sizes the wrong way round.

    `nn.Linear` takes what comes in first, then what goes out: `nn.Linear(features, n_classes)`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        return _with_head(model, nn.Linear(n_classes, model.fc.in_features))


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class features_fixed_at_512:
    """Your head expects 512 features from any backbone.

    ResNet34 has 512. Others have more or fewer: ask the old head, `model.fc.in_features`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        return _with_head(model, nn.Linear(512, n_classes))


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class ten_classes_always:
    """Your head has ten outputs, whatever `n_classes` is.

    The new task says how many classes it has: `nn.Linear(features, n_classes)`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        return _with_head(model, nn.Linear(model.fc.in_features, 10))


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class as_many_classes_as_before:
    """Your new head has as many outputs as the old one.

    The new task says how many classes it has: `nn.Linear(features, n_classes)`, not
    `model.fc.out_features`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        return _with_head(model, nn.Linear(model.fc.in_features, model.fc.out_features))


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class head_without_bias:
    """Your head has no bias.

    The bias lets a class be likelier than others before anything is seen. The contract asks for
    weight and bias, as `nn.Linear(features, n_classes)` has them.
    """

    def prepare_for_feature_extraction(model, n_classes):
        return _with_head(model, nn.Linear(model.fc.in_features, n_classes, bias=False))


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class head_of_two_layers:
    """Your head has two linear layers where one is asked for.

    That can work, but it is another model. Here the features have to be good enough that a
    single layer can tell the classes apart.
    """

    def prepare_for_feature_extraction(model, n_classes):
        n = model.fc.in_features
        return _with_head(model, nn.Sequential(nn.Linear(n, n), nn.ReLU(), nn.Linear(n, n_classes)))


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class head_never_filled:
    """Your head's values were never set: they are whatever lay in memory.

    `torch.empty` only takes up room. Use `nn.Linear`, which fills its tensors, or draw the
    values as your own `Linear` does.
    """

    def prepare_for_feature_extraction(model, n_classes):
        head = nn.Linear(model.fc.in_features, n_classes)
        head.weight = nn.Parameter(torch.empty_like(head.weight))
        head.bias = nn.Parameter(torch.empty_like(head.bias))
        return _with_head(model, head)


@mistake(claim="head-on-features", repair="reuse#what-the-new-head-sees")
class softmax_in_the_head:
    """Your head ends in a softmax.

    `F.cross_entropy` takes the log-softmax by itself. Return raw scores, as the old head did.
    """

    prepare_for_feature_extraction = _followed_by(lambda x: x.softmax(dim=1))


@mistake(claim="head-on-features", repair="reuse#what-the-new-head-sees")
class log_softmax_in_the_head:
    """Your head ends in a log-softmax.

    `F.cross_entropy` takes it by itself. Return raw scores, as the old head did.
    """

    prepare_for_feature_extraction = _followed_by(lambda x: x.log_softmax(dim=1))


@mistake(claim="head-on-features", repair="reuse#what-the-new-head-sees")
class relu_after_the_head:
    """Your head ends in a ReLU.

    It cuts every negative score to 0, and a score that is cut learns nothing from that image.
    Return raw scores, of any sign.
    """

    prepare_for_feature_extraction = _followed_by(F.relu)


@mistake(claim="head-on-features", repair="reuse#what-the-new-head-sees")
class sigmoid_in_the_head:
    """Your head ends in a sigmoid.

    Separate probabilities are no scores for one choice of several. Return raw scores.
    """

    prepare_for_feature_extraction = _followed_by(torch.sigmoid)


@mistake(claim="head-on-features", repair="reuse#what-the-new-head-sees")
class max_pool_before_the_head:
    """Your new head gets the maximum of each map; it should get the mean.

    The backbone has learned with its average pool, which is a part of it. Take the features
    behind that pool, and the new layer sees what the old one saw.
    """

    def prepare_for_feature_extraction(model, n_classes):
        model.avgpool = nn.AdaptiveMaxPool2d(1)
        return transfer.prepare_for_feature_extraction(model, n_classes)


@mistake(claim="head-on-features", repair="reuse#what-the-new-head-sees")
class not_flattened:
    """Your head gets maps (batch, features, 1, 1), not rows (batch, features).

    In torchvision's networks the flattening stands in `forward`, so a list of `children()`
    does not hold it. Replace `model.fc` and keep the model, or put `nn.Flatten()` before the head.
    """

    def prepare_for_feature_extraction(model, n_classes):
        head = nn.Linear(model.fc.in_features, n_classes)
        return nn.Sequential(*list(model.requires_grad_(False).children())[:-1], head).eval()


@mistake(claim="head-on-features", repair="reuse#what-the-new-head-sees")
class average_pool_cut_off:
    """Your backbone has lost its average pool, so the head gets every place of the maps.

    `list(model.children())[:-2]` cuts off the pool with the head. Cut off one, `[:-1]`, or
    replace `model.fc` and keep the model.
    """

    def prepare_for_feature_extraction(model, n_classes):
        head = nn.Linear(model.fc.in_features, n_classes)
        parts = list(model.requires_grad_(False).children())[:-2]
        return nn.Sequential(*parts, nn.Flatten(), head).eval()


@mistake(claim="head-on-features", repair="reuse#what-the-new-head-sees")
class batch_squeezed_away:
    """Your logits lose the batch dimension when there is one image only.

    `squeeze()` takes away every dimension of size 1, the batch's too. Use `flatten(1)`, which
    leaves dimension 0 alone.
    """

    def prepare_for_feature_extraction(model, n_classes):
        class Squeezing(nn.Module):
            def __init__(self):
                super().__init__()
                self.head = nn.Linear(model.fc.in_features, n_classes)
                parts = list(model.requires_grad_(False).children())[:-1]
                self.backbone = nn.Sequential(*parts)

            def forward(self, x):
                return self.head(self.backbone(x).squeeze())

        return Squeezing().eval()


@mistake(claim="head-on-features", repair="reuse#what-the-new-head-sees")
class head_cut_off_from_learning:
    """Your head gets no gradient: the whole `forward` runs under `no_grad`.

    Only the backbone may run like that. Compute the features under `torch.no_grad()`, and the
    head outside of it.
    """

    def prepare_for_feature_extraction(model, n_classes):
        model = transfer.prepare_for_feature_extraction(model, n_classes)
        model.forward = torch.no_grad()(model.forward)
        return model


@mistake(claim="head-on-features", repair="reuse#freeze-then-replace")
class head_beside_the_old_one:
    """Your new head stands beside the old one, and `forward` never runs it.

    A new attribute, such as `model.classifier`, changes nothing: `forward` still ends in
    `model.fc`. Give that name the new head: `model.fc = nn.Linear(...)`.
    """

    def prepare_for_feature_extraction(model, n_classes):
        model.requires_grad_(False)
        model.classifier = nn.Linear(model.fc.in_features, n_classes)
        return model.eval()


@mistake(claim="only-the-head-trains", repair="reuse#what-the-new-head-sees")
class batch_norm_in_the_head:
    """Your head has a batch norm before its linear layer.

    One linear layer is asked for. The features come averaged from normalised maps already.
    """

    def prepare_for_feature_extraction(model, n_classes):
        features = model.fc.in_features
        head = nn.Sequential(nn.BatchNorm1d(features), nn.Linear(features, n_classes))
        return _with_head(model, head)
