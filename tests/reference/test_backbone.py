"""The backbone that ships: whole, told by its card, and worth more than random features."""

import re

import pytest
import torch

from benchmarks import backbone as benchmark
from reference import backbone
from reference.data import digits
from reference.resnet import copy_weights


@pytest.fixture(scope="module")
def model():
    return backbone.pretrained_backbone()


@pytest.fixture(scope="module")
def shown():
    """A hundred canvases of test digits 0 to 4, and their labels."""
    images, labels = digits("test")
    images, labels = images[labels < 5][:100], labels[labels < 5][:100]
    return backbone.canvases(images, torch.Generator().manual_seed(5)), labels


def test_it_knows_its_own_task(model, shown):
    assert not model.training
    images, labels = shown
    with torch.no_grad():
        assert (model(images).argmax(1) == labels).double().mean() > 0.9


def test_its_file_is_small_and_its_card_is_true(model):
    assert backbone.BACKBONE_FILE.stat().st_size <= 3_000_000
    card = backbone.BACKBONE_FILE.with_name("CARD.md").read_text(encoding="utf-8")
    assert re.findall(r"[0-9a-f]{64}", card) == [backbone.BACKBONE_SHA256]
    assert f"{sum(p.numel() for p in model.parameters()):,} parameters" in card
    for told in ("CC BY-SA 3.0", "Yann LeCun", "MNIST", "seed 0"):
        assert told in card


def test_an_altered_file_is_refused(tmp_path, monkeypatch):
    altered = tmp_path / "quarter_resnet34.npz"
    content = bytearray(backbone.BACKBONE_FILE.read_bytes())
    content[1000] ^= 1
    altered.write_bytes(content)
    monkeypatch.setattr(backbone, "BACKBONE_FILE", altered)
    with pytest.raises(ValueError, match="damaged or altered: install cnntutor again"):
        backbone.pretrained_backbone()
    altered.unlink()
    with pytest.raises(FileNotFoundError, match="is missing"):
        backbone.pretrained_backbone()


def test_its_weights_go_where_copy_weights_puts_them(model, shown):
    mine = copy_weights(backbone.quarter_resnet34(), model).eval()
    with torch.no_grad():
        assert torch.equal(mine(shown[0][:4]), model(shown[0][:4]))


def test_a_canvas_holds_the_whole_digit_and_scraps_of_others():
    images = torch.rand(20, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    made = backbone.canvases(images, torch.Generator().manual_seed(1))
    again = backbone.canvases(images, torch.Generator().manual_seed(1))
    assert made.shape == (20, 3, 64, 64)
    assert torch.equal(made, again)
    assert torch.equal(made[:, 0], made[:, 2])
    assert not torch.equal(made, backbone.canvases(images, torch.Generator().manual_seed(2)))
    corners = set()
    for canvas, digit in zip(made[:, :1], images, strict=True):
        windows = canvas.unfold(1, 28, 1).unfold(2, 28, 1)  # (1, 37, 37, 28, 28)
        whole = (windows >= digit[:, None, None]).all(dim=(0, 3, 4)).nonzero().tolist()
        assert whole
        corners.add(tuple(whole[0]))
        assert ((canvas > 0).sum() - 28 * 28) <= backbone.SCRAPS * backbone.SCRAP**2
    assert len(corners) > 15


def test_features_are_what_the_head_is_given(model, shown):
    images = shown[0][:7]
    found = backbone.features(model, images, batch_size=3)
    assert found.shape == (7, 128)
    assert not found.requires_grad
    with torch.no_grad():
        torch.testing.assert_close(model.fc(found), model(images))


def test_settled_networks_normalise_the_images_they_were_settled_on():
    torch.manual_seed(0)
    images = torch.randn(60, 3, 64, 64)
    network = backbone.settle(backbone.quarter_resnet34(), images, batch_size=30)
    assert not network.training
    with torch.no_grad():
        maps = network.bn1(network.conv1(images))  # in eval mode, with its new statistics
    assert maps.mean(dim=(0, 2, 3)).abs().max() < 1e-3
    assert (maps.std(dim=(0, 2, 3)) - 1).abs().max() < 1e-2
    assert network.bn1.momentum == 0.1


def test_a_head_on_it_learns_what_a_head_on_random_features_does_not():
    """One seed of the benchmark, whose five seeds stand in docs/figures.md."""
    found = benchmark.measure(seed=0, each=50)
    for kind in ("raw", "standardised"):
        assert found[f"pretrained, {kind}"] - found[f"random, {kind}"] >= 0.4
