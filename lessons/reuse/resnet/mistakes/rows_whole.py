"""What a network registers as a whole: nothing, twice, or in another order."""

from __future__ import annotations

import torch
from torch import nn

from lessons.mistakes import mistake
from lessons.reuse.resnet.mistakes.parts import Built, Parts
from reference import resnet
from reference.batchnorm import BatchNorm2d


@mistake(claim="state-dict", repair="reuse#the-plan-of-resnet34")
class torchvisions_own_network:
    """Your network is torchvision's, or has it inside.

    It would pass, and you would not know why. torchvision's network is what yours is compared
    with. Build yours from stem, groups and head. Your earlier pieces and all of `torch.nn` are
    there for it.
    """

    ResNet34 = type(
        "ResNet", (resnet.ResNet34,), {"__module__": "torchvision.models.resnet", "__doc__": None}
    )


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class nothing_registered:
    """Your network registers no tensor at all.

    Layers made in `forward`, or kept in local variables of `__init__`, belong to nobody: they
    are gone, or new and random, each time. Make every layer in `__init__` and assign it to
    `self`.
    """

    class ResNet34(nn.Module):
        def __init__(
            self,
            n_blocks_per_group=[3, 4, 6, 3],
            out_features_per_group=[64, 128, 256, 512],
            first_strides_per_group=[1, 2, 2, 2],
            n_classes=1000,
        ):
            super().__init__()
            self.arguments = (
                n_blocks_per_group,
                out_features_per_group,
                first_strides_per_group,
                n_classes,
            )

        def forward(self, x):
            return resnet.ResNet34(*self.arguments).to(x.dtype)(x)


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class groups_in_a_plain_list:
    """Your groups are not registered; stem and head are.

    A plain list, or a local variable, hides modules: `state_dict` and `parameters()` do not see
    them. Use `nn.Sequential` or `nn.ModuleList`, or one attribute of `self` for each group.
    """

    class ResNet34(Built):
        def make_groups(self):
            super().make_groups()
            self.hidden = [self._modules.pop(name) for name in self.group_names]

        def groups(self, x):
            for group in self.hidden:
                x = group.to(x.dtype)(x)
            return x


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class stem_convolution_not_registered:
    """Your stem's convolution is not registered; the stem's batch norm and all others are.

    Without `self.` it is a local variable. Then `state_dict` and `parameters()` do not see it.
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            super().make_stem(feats)
            self.hidden = [self._modules.pop("conv1")]

        def before_pool(self, x):
            return self.bn1(self.hidden[0].to(x.dtype)(x)).relu()


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class last_group_not_registered:
    """Your last group is not registered; all else is.

    A plain list, or a local variable, hides it: `state_dict` and `parameters()` do not see it.
    """

    class ResNet34(Built):
        def make_groups(self):
            super().make_groups()
            self.hidden = [self._modules.pop(self.group_names.pop())]

        def groups(self, x):
            return self.hidden[0].to(x.dtype)(super().groups(x))


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class stem_not_registered:
    """Your stem is not registered; groups and head are.

    Either its layers are in local variables or a plain list, or a second `super().__init__()`
    wiped them: it empties the register. Call it once, as the first line, and assign each layer
    to `self` after it.
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            super().make_stem(feats)
            self.hidden = [self._modules.pop(n) for n in ("conv1", "bn1", "maxpool")]

        def before_pool(self, x):
            conv, norm, _ = (layer.to(x.dtype) for layer in self.hidden)
            return norm(conv(x)).relu()

        def stem(self, x):
            return self.hidden[2](self.before_pool(x))


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class registered_twice:
    """Your groups are registered twice, so their rows come twice.

    A module in an `nn.ModuleList` and under an attribute of its own has two names, and
    `state_dict` lists both. Keep one of the two.
    """

    class ResNet34(Built):
        def make_groups(self):
            super().make_groups()
            self.all_groups = nn.ModuleList(self.get_submodule(n) for n in self.group_names)


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class head_declared_first:
    """Your linear layer is declared before the groups.

    `state_dict` lists layers in the order in which `__init__` assigns them, not in that of
    `forward`. Weights are copied by that order, so declare stem, groups, head.
    """

    class ResNet34(Built):
        def make_groups(self):
            self.make_head(self.widths[-1], self.n_classes)
            super().make_groups()

        def make_head(self, feats, n_classes):
            if "fc" not in self._modules:
                super().make_head(feats, n_classes)


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class head_declared_at_the_very_start:
    """Your linear layer is declared before the stem.

    `state_dict` lists layers in the order in which `__init__` assigns them, not in that of
    `forward`. Weights are copied by that order, so declare stem, groups, head.
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            self.make_head(self.widths[-1], self.n_classes)
            super().make_stem(feats)

        def make_head(self, feats, n_classes):
            if "fc" not in self._modules:
                super().make_head(feats, n_classes)


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class stem_declared_last:
    """Your stem is declared after the groups.

    `state_dict` lists layers in the order in which `__init__` assigns them, not in that of
    `forward`. Weights are copied by that order, so declare stem, groups, head.
    """

    class ResNet34(Built):
        def make_stem(self, feats):
            """Not yet."""

        def make_head(self, feats, n_classes):
            Built.make_stem(self, self.widths[0])
            super().make_head(feats, n_classes)


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class groups_declared_backwards:
    """Your groups are declared in reversed order, the last one first.

    `state_dict` lists them as they are assigned, so your fourth group would get the weights of
    the first. Declare them in the order in which data flows.
    """

    class ResNet34(Built):
        def make_groups(self):
            super().make_groups()
            for name in self.group_names[::-1]:
                self._modules[name] = self._modules.pop(name)


@mistake(claim="state-dict", repair="depth#what-a-batch-norm-layer-keeps")
class norms_hold_no_statistics:
    """Your batch norms have no running statistics: their buffers are missing.

    With `track_running_stats=False`, or statistics kept as plain tensors, `state_dict` lists
    weight and bias only. In eval, trained statistics are needed. Register `running_mean`,
    `running_var` and `num_batches_tracked` as buffers.
    """

    class ResNet34(resnet.ResNet34):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            for module in self.modules():
                if isinstance(module, BatchNorm2d):
                    for name in ("running_mean", "running_var", "num_batches_tracked"):
                        value = module._buffers.pop(name)
                        object.__setattr__(module, name, value)


@mistake(claim="state-dict", repair="depth#what-a-batch-norm-layer-keeps")
class norms_without_counter:
    """Your batch norms lack the counter `num_batches_tracked`.

    It is a buffer too, an int64 number of shape (), the fifth entry of each batch norm. Without
    it all rows behind stand one place too early.
    """

    class ResNet34(resnet.ResNet34):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            for module in self.modules():
                if isinstance(module, BatchNorm2d):
                    value = module._buffers.pop("num_batches_tracked")
                    object.__setattr__(module, "num_batches_tracked", value)


@mistake(claim="state-dict", repair="depth#what-a-batch-norm-layer-keeps")
class statistics_as_parameters:
    """Your batch norms hold their running statistics as parameters.

    Parameters are what an optimizer changes. Running statistics are observed, not learned:
    register them with `register_buffer`.
    """

    class ResNet34(Parts):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            for module in self.modules():
                if isinstance(module, BatchNorm2d):
                    for name in ("running_mean", "running_var"):
                        value = module._buffers.pop(name)
                        module.register_parameter(name, nn.Parameter(torch.clone(value)))
