"""Batch normalisation in its running-statistics form, and pools that overlap, against PyTorch in float64."""

import pytest
import torch
from torch.nn import functional as F

from streamsim.agents import Conv, MaxPool, RunningNorm, Tanh
from streamsim.contracts.errors import ConfigurationError

from ..numbers import TOLERANCE, drawn


def update_statistics(layer, shape=(3, 9, 9), frames=7):
    """Weights and averages after some frames, and the frames."""
    weights = {k: w.double() for k, w in layer.parameters(shape, torch.Generator().manual_seed(1)).items()}
    seen = [drawn(4, *shape, seed=10 + i) * (1 + i) + i for i in range(frames)]
    for x in seen:
        weights |= layer.update_statistics(weights, layer.forward(weights, x))
    return weights, seen


@pytest.mark.parametrize("bias", [True, False])
def test_it_is_pytorchs_batch_norm_that_evaluates(bias):
    layer = Conv(5, norm=RunningNorm(20), activation=Tanh(), bias=bias)
    weights, _ = update_statistics(layer)
    x, delta = drawn(4, 3, 9, 9, seed=2), drawn(4, 5, 9, 9, seed=3)
    leaves = {k: weights[k].clone().requires_grad_() for k in ("weight", "bias") if k in weights}
    summed = F.conv2d(x, leaves["weight"], None, padding=1)
    z = F.batch_norm(summed, weights["mean"], weights["variance"], None, leaves.get("bias"), False, 0.0, 1e-5).tanh()
    expected = torch.autograd.grad((z * delta).sum(), list(leaves.values()))
    tape = layer.forward(weights, x)
    assert float((tape["z"] - z.detach()).abs().max()) < TOLERANCE
    found = layer.gradient(weights, tape, delta)
    assert found.keys() == leaves.keys() == layer.trainable(weights)
    for key, value in zip(leaves, expected, strict=True):
        assert float(value.abs().max()) > 1e-2
        assert float((found[key] - value).abs().max()) < TOLERANCE


def test_averages_follow_what_is_summed_and_not_what_is_normalised():
    """Mean and variance of W x, weighted with (1 - 1/ticks) to the power of how long ago they were seen."""
    layer = Conv(5, norm=RunningNorm(4))
    weights, seen = update_statistics(layer)
    summed = [F.conv2d(x, weights["weight"], None, padding=1).transpose(0, 1).flatten(1) for x in seen]
    share = torch.tensor([0.75 ** (len(seen) - 1 - i) for i in range(len(seen))], dtype=torch.float64)
    for name, values in (("mean", [s.mean(1) for s in summed]), ("variance", [s.var(1, correction=0) for s in summed])):
        expected = (torch.stack(values) * share[:, None]).sum(0) / share.sum()
        assert float((weights[name] - expected).abs().max()) < TOLERANCE, name


def test_a_stream_does_not_depend_on_the_streams_beside_it():
    layer = Conv(5, norm=RunningNorm())
    weights, _ = update_statistics(layer)
    x = drawn(4, 3, 9, 9, seed=2)
    alone = torch.cat([layer.forward(weights, one[None])["z"] for one in x])
    assert float((alone - layer.forward(weights, x)["z"]).abs().max()) < TOLERANCE


@pytest.mark.parametrize(("size", "stride"), [(3, 2), (3, 1), (2, 3)])
def test_the_winner_of_several_windows_is_credited_for_each(size, stride):
    layer = Conv(4, pool=MaxPool(size, stride), gain=2.0)
    weights = {k: w.double() for k, w in layer.parameters((2, 9, 8), torch.Generator().manual_seed(1)).items()}
    x = drawn(3, 2, 9, 8, seed=2)
    leaves = {k: w.clone().requires_grad_() for k, w in weights.items()}
    z = F.max_pool2d(F.conv2d(x, leaves["weight"], leaves["bias"], padding=1).relu(), size, stride)
    delta = drawn(*z.shape, seed=3)
    tape = layer.forward(weights, x)
    assert tuple(z.shape[1:]) == layer.output_shape((2, 9, 8))
    assert float((tape["z"] - z.detach()).abs().max()) < TOLERANCE
    found = layer.gradient(weights, tape, delta)
    for key, value in zip(leaves, torch.autograd.grad((z * delta).sum(), list(leaves.values())), strict=True):
        assert float((found[key] - value).abs().max()) < TOLERANCE


@pytest.mark.parametrize(("settings", "sentence"), [({"ticks": 0.5}, "RunningNorm.ticks"), ({"floor": 0.0}, "floor")])
def test_settings_are_checked(settings, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        RunningNorm(**settings)
