"""What of a map is averaged: the grid of CLAPP++, and the way back from it."""

import pytest
import torch
from torch.nn import functional as F

from streamsim.agents import CLAPP, ContrastBatch, CosineCLAPP, VGG6Encoder
from streamsim.contracts import ConfigurationError

from ..numbers import close, drawn

MAPS = (128, 256, 256, 512, 1024, 1024)


def test_8192_features_are_the_kernels_of_clapp_plus_plus():
    shapes = VGG6Encoder().shapes((1, 96, 96))[1:]
    assert tuple(shape[0] for shape in shapes) == MAPS
    rule = CLAPP(features=8192)
    widths = [rule.width(shape) for shape in shapes]
    grids = [round((width / shape[0]) ** 0.5) for width, shape in zip(widths, shapes, strict=True)]
    assert [shape[1] // grid for shape, grid in zip(shapes, grids, strict=True)] == [12, 12, 12, 6, 6, 3]
    assert widths == [8192, 4096, 4096, 8192, 4096, 4096]


@pytest.mark.parametrize(("features", "kernel"), [(3, 6), (12, 3), (26, 3), (27, 2), (108, 1)])
def test_a_read_out_is_an_average_pool_laid_flat(features, kernel):
    rule, z = CLAPP(features=features, retrodict=False), drawn(4, 3, 6, 6)
    expected = F.avg_pool2d(z, kernel).flatten(1)
    close(rule.read({"pred": z}, z), expected)
    assert rule.width((3, 6, 6)) == expected.shape[1]


def test_the_way_back_is_the_gradient_of_the_way_there():
    rule, generator = CLAPP(features=12, retrodict=False), torch.Generator().manual_seed(3)
    parameters = {name: w.double() for name, w in rule.parameters((3, 4, 6), 2, generator).items()}
    z, past = drawn(5, 3, 4, 6, seed=1).requires_grad_(), drawn(2, 2, 5, 12, seed=2)
    now, sign = rule.read(parameters, z), drawn(2, 2, 5, seed=4).sign()
    delta = rule.learn(parameters, ContrastBatch(z.detach(), now.detach(), past, sign, sign.abs())).delta
    flat = rule.learn(parameters, ContrastBatch(now.detach(), now.detach(), past, sign, sign.abs())).delta
    (expected,) = torch.autograd.grad((now * flat).sum(), z)
    close(delta, expected)
    assert delta.abs().max() > 0.01


def test_layers_without_maps_have_one_number_a_unit():
    for rule in (CLAPP(features=8), CLAPP(grid=2)):
        assert rule.width((16,)) == 16
        assert rule.width((16, 40)) == 16


def test_grids_that_do_not_fit_are_refused():
    with pytest.raises(ConfigurationError, match=r"CLAPP\.grid \(4\) must divide .* \(got \(6, 6\)\)"):
        CLAPP(grid=4).width((3, 6, 6))
    with pytest.raises(ConfigurationError, match=r"CosineCLAPP\.features \(2\) must be .*raise it to 3 or more"):
        CosineCLAPP(features=2).width((3, 6, 6))
    with pytest.raises(ConfigurationError, match=r"CLAPP\.features chooses the grid .*leave out CLAPP\.grid \(got 2\)"):
        CLAPP(grid=2, features=8)
    with pytest.raises(ConfigurationError, match=r"CLAPP\.features must be at least 1 \(got 0\)"):
        CLAPP(features=0)
