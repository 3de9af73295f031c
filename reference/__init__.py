"""The chapter in plain PyTorch: from a small MLP to ResNet34 and a new head on its features.

Read in this order: ``mlp``, ``conv``, ``residual``, ``batchnorm``, ``resnet``, ``transfer``.
``data`` serves the handwritten digits that they learn from.
"""
