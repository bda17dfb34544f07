"""Layers against science.md section 2 written out as loops in float64, and against autograd."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from streamsim.agents import AveragePool, Conv, Hardtanh, Identity, LeakyReLU, Linear, MaxPool, NoPool, ReLU, Tanh
from streamsim.contracts.errors import ConfigurationError

from ..numbers import TOLERANCE, close, drawn

# rho and rho' of each activation, from the textbook and not from the library
RHO = {
    ReLU: (lambda a: max(0.0, a), lambda a: float(a > 0)),
    LeakyReLU: (lambda a: max(0.1 * a, a), lambda a: 1.0 if a > 0 else 0.1),
    Hardtanh: (lambda a: min(1.0, max(-1.0, a)), lambda a: float(-1 < a < 1)),
    Tanh: (math.tanh, lambda a: 1 - math.tanh(a) ** 2),
    Identity: (lambda a: a, lambda a: 1.0),
}
TORCH = {
    ReLU: F.relu,
    LeakyReLU: lambda a: F.leaky_relu(a, 0.1),
    Hardtanh: F.hardtanh,
    Tanh: torch.tanh,
    Identity: lambda a: a,
}
GEOMETRIES = [(3, 1, 1), (3, 2, 0), (2, 1, 0), (4, 3, 1)]  # kernel, stride, padding
POOLS = [NoPool(), MaxPool(2), MaxPool(3), AveragePool(2), AveragePool(3)]


def summed(layer, weight, bias, x):
    """a_j = b_j + sum over i of W_ji x_i, at every position."""
    x = np.pad(x, ((0, 0), (0, 0), (layer.padding,) * 2, (layer.padding,) * 2))
    side = (x.shape[2] - layer.kernel) // layer.stride + 1
    a = np.zeros((len(x), layer.channels, side, side))
    for n, j, p, q in np.ndindex(a.shape):
        top, left = p * layer.stride, q * layer.stride
        a[n, j, p, q] = bias[j]
        for i, u, v in np.ndindex(weight.shape[1:]):
            a[n, j, p, q] += weight[j, i, u, v] * x[n, i, top + u, left + v]
    return a, x


def shares(layer, a):
    """For every unit of the pooled map: which units of a it hears, with what share of its credit."""
    size, (n, maps, side, _) = layer.pool.size, a.shape
    for n_, j, p, q in np.ndindex(n, maps, side // size, side // size):
        window = [(n_, j, p * size + u, q * size + v) for u, v in product(range(size), repeat=2)]
        if isinstance(layer.pool, AveragePool):
            yield (n_, j, p, q), dict.fromkeys(window, 1 / size**2)
        else:
            yield (n_, j, p, q), {max(window, key=lambda unit: a[unit]): 1.0}


def naive(layer, weight, bias, x, delta):
    """Return z, dW_ji = sum of delta_j rho'(a_j) x_i and db_j = sum of delta_j rho'(a_j)."""
    weight, bias, x, delta = (t.numpy() for t in (weight, bias, x, delta))
    rho, slope = RHO[type(layer.activation)]
    a, x = summed(layer, weight, bias, x)
    z, dw, db = np.zeros_like(delta), np.zeros_like(weight), np.zeros_like(bias)
    for unit, heard in shares(layer, a):
        for n, j, p, q in heard:
            share, summed_input = heard[n, j, p, q], a[n, j, p, q]
            z[unit] += share * rho(summed_input)
            credit = share * delta[unit] * slope(summed_input)
            db[j] += credit
            for i, u, v in np.ndindex(weight.shape[1:]):
                dw[j, i, u, v] += credit * x[n, i, p * layer.stride + u, q * layer.stride + v]
    return tuple(torch.from_numpy(t) for t in (z, dw, db))


def twin(layer, weight, bias, x):
    """z with a graph, by PyTorch's ordinary operations; pooling comes after the nonlinearity."""
    z = TORCH[type(layer.activation)](F.conv2d(x, weight, bias, layer.stride, layer.padding))
    if isinstance(layer.pool, AveragePool):
        return F.avg_pool2d(z, layer.pool.size)
    return F.max_pool2d(z, layer.pool.size) if isinstance(layer.pool, MaxPool) else z


def lively(z, gradient):
    """Enough units are active, and every weight is credited: trap 2."""
    assert (z != 0).double().mean() > 0.2
    assert z.std() > 0.05
    assert (gradient != 0).double().mean() > 0.8


@pytest.mark.parametrize("activation", [ReLU, LeakyReLU, Hardtanh, Tanh, Identity])
@pytest.mark.parametrize("pool", POOLS, ids=lambda p: f"{type(p).__name__}{p.size}")
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_convolutions_are_their_closed_form_and_their_autograd_twin(geometry, pool, activation):
    kernel, stride, padding = geometry
    layer = Conv(3, kernel, stride, padding, pool=pool, activation=activation())
    x, weight, bias = drawn(4, 2, 12, 12), drawn(3, 2, kernel, kernel, seed=1) / kernel / 3, drawn(3, seed=2) / 4
    parameters = {"weight": weight, "bias": bias}
    tape = layer.forward(parameters, x.clone())
    delta = drawn(*tape["z"].shape, seed=3)
    assert tape["z"].shape[1:] == layer.output_shape((2, 12, 12))
    z, dw, db = naive(layer, weight, bias, x, delta)
    gradient = layer.gradient(parameters, tape, delta)
    lively(z, dw)
    for actual, expected in ((tape["z"], z), (gradient["weight"], dw), (gradient["bias"], db)):
        close(actual, expected)
    leaves = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    graph = twin(layer, *leaves, x)
    close(tape["z"], graph.detach())
    for actual, expected in zip(
        (gradient["weight"], gradient["bias"]), torch.autograd.grad(graph, leaves, delta), strict=True
    ):
        close(actual, expected)


@pytest.mark.parametrize("activation", [ReLU, LeakyReLU, Hardtanh, Tanh, Identity])
def test_full_connections_are_their_closed_form_and_their_autograd_twin(activation):
    layer = Linear(4, activation=activation())
    x, weight, bias = drawn(5, 2, 3, 3), drawn(4, 18, seed=1) / 3, drawn(4, seed=2) / 3
    tape, delta = layer.forward({"weight": weight, "bias": bias}, x), drawn(5, 4, seed=3)
    gradient = layer.gradient({"weight": weight, "bias": bias}, tape, delta)
    rho, slope = RHO[activation]
    dw, db = torch.zeros_like(weight), torch.zeros_like(bias)
    for n, j in np.ndindex(5, 4):
        a = float(bias[j]) + sum(float(weight[j, i]) * float(x[n].flatten()[i]) for i in range(18))
        assert abs(float(tape["z"][n, j]) - rho(a)) < TOLERANCE
        db[j] += delta[n, j] * slope(a)
        for i in range(18):
            dw[j, i] += delta[n, j] * slope(a) * x[n].flatten()[i]
    lively(tape["z"], dw)
    close(gradient["weight"], dw)
    close(gradient["bias"], db)
    leaves = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    graph = TORCH[activation](F.linear(x.flatten(1), *leaves))
    for actual, expected in zip(
        (gradient["weight"], gradient["bias"]), torch.autograd.grad(graph, leaves, delta), strict=True
    ):
        close(actual, expected)


@pytest.mark.parametrize("pool", POOLS, ids=lambda p: f"{type(p).__name__}{p.size}")
def test_credit_that_is_the_same_at_all_positions_may_broadcast(pool):
    layer = Conv(3, pool=pool)
    parameters = {"weight": drawn(3, 2, 3, 3), "bias": drawn(3)}
    tape = layer.forward(parameters, drawn(2, 2, 7, 7))
    delta = drawn(2, 3, 1, 1)
    spread = layer.gradient(parameters, tape, delta.expand_as(tape["z"]).contiguous())
    for key, value in layer.gradient(parameters, tape, delta).items():
        close(value, spread[key])


def test_a_maximum_pool_credits_the_winner_only():
    layer = Conv(1, kernel=1, padding=0, pool=MaxPool(2), bias=False)
    x = torch.tensor([[[[1.0, 2.0], [4.0, 3.0]]]])
    tape = layer.forward({"weight": torch.ones(1, 1, 1, 1)}, x)
    assert tape["z"].item() == 4
    assert layer.gradient({"weight": torch.ones(1, 1, 1, 1)}, tape, torch.full((1, 1, 1, 1), 10.0)) == {"weight": 40}


@pytest.mark.parametrize(
    "layer", [Conv(3, pool=MaxPool(2)), Conv(40, pool=MaxPool(4)), Linear(3), Linear(3, bias=False)]
)
@pytest.mark.parametrize("frames", [1, 2, 4])
def test_several_frames_are_credited_with_the_sum(layer, frames):
    shape = (8, 8, 8)
    parameters = {name: t.double() for name, t in layer.parameters(shape, torch.Generator().manual_seed(1)).items()}
    tapes = [layer.forward(parameters, drawn(2, *shape, seed=seed)) for seed in range(frames)]
    deltas = [drawn(*tape["z"].shape, seed=9 + i) for i, tape in enumerate(tapes)]
    each = [layer.gradient(parameters, *pair) for pair in zip(tapes, deltas, strict=True)]
    for key, value in layer.gradients(parameters, tapes, deltas).items():
        close(value, sum(gradient[key] for gradient in each))


def test_neither_input_nor_credit_nor_weights_are_written_over():
    layer = Conv(3, pool=AveragePool(2))
    parameters = {"weight": drawn(3, 2, 3, 3), "bias": drawn(3)}
    x, delta = drawn(2, 2, 6, 6), drawn(2, 3, 3, 3)
    before = [t.clone() for t in (x, delta, *parameters.values())]
    tape = layer.forward(parameters, x)
    layer.gradient(parameters, tape, delta)
    assert all(torch.equal(a, b) for a, b in zip((x, delta, *parameters.values()), before, strict=True))


@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_first_weights_are_pytorchs_default_times_the_gain(gain):
    weights = Conv(64, gain=gain).parameters((16, 8, 8), torch.Generator().manual_seed(0))
    bound = 1 / math.sqrt(16 * 9)
    assert weights["weight"].shape == (64, 16, 3, 3)
    assert 0.99 * gain * bound < weights["weight"].abs().max() <= gain * bound
    assert abs(weights["weight"].mean()) < 0.02 * gain * bound
    assert 0.9 * bound < weights["bias"].abs().max() <= bound
    dense = Linear(64, gain=gain).parameters((4, 5, 5), torch.Generator().manual_seed(0))["weight"]
    assert dense.shape == (64, 100)
    assert 0.98 * gain / 10 < dense.abs().max() <= gain / 10


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv(0), r"Conv.channels must be at least 1 \(got 0\)"),
        (lambda: Conv(1, kernel=0), r"Conv.kernel must be at least 1 \(got 0\)"),
        (lambda: Conv(1, stride=0), r"Conv.stride must be at least 1 \(got 0\)"),
        (lambda: Conv(1, padding=-1), r"Conv.padding must not be negative \(got -1\)"),
        (lambda: Conv(1, gain=0.0), r"Conv.gain must be positive \(got 0.0\)"),
        (lambda: Linear(0), r"Linear.units must be at least 1 \(got 0\)"),
        (lambda: Linear(1, gain=-1.0), r"Linear.gain must be positive \(got -1.0\)"),
        (lambda: MaxPool(0), r"MaxPool.size must be at least 1 pixel \(got 0\)"),
        (lambda: Conv(1).output_shape((3,)), r"pictures of shape \(channels, height, width\) \(got \(3,\)\)"),
        (lambda: Conv(1, pool=MaxPool(4)).output_shape((1, 3, 3)), r"nothing is left of pictures of 3 x 3 pixels"),
    ],
)
def test_nonsense_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


@pytest.mark.parametrize(
    "layer", [Conv(3, stride=2, pool=AveragePool(2), activation=Identity()), Linear(3, Identity())]
)
def test_units_can_be_rescaled_and_shifted(layer):
    x = drawn(2, 2, 8, 8)
    parameters = {k: t.double() for k, t in layer.parameters((2, 8, 8), torch.Generator().manual_seed(1)).items()}
    scale, shift = torch.tensor([2.0, 0.5, 1.0]).double(), torch.tensor([0.0, 1.0, -3.0]).double()
    unit = (-1, *[1] * (layer.preactivation(parameters, x).ndim - 2))
    expected = layer.preactivation(parameters, x) * scale.view(unit) + shift.view(unit)
    close(layer.preactivation(layer.rescaled(parameters, scale, shift), x), expected)


@pytest.mark.parametrize("kernel, stride, padding", [(3, 1, 1), (3, 2, 0), (1, 1, 0), (5, 2, 2)])
def test_both_ways_to_a_convolutions_gradient_agree(kernel, stride, padding):
    """Many positions go through the library's convolution, few through a matrix product."""
    layer = Conv(6, kernel, stride, padding)
    generator = torch.Generator().manual_seed(0)
    parameters = {k: w.double() for k, w in layer.parameters((3, 9, 9), generator).items()}
    x = torch.rand(4, 3, 9, 9, dtype=torch.float64, generator=generator)
    arriving = torch.randn(layer.preactivation(parameters, x).shape, dtype=torch.float64, generator=generator)
    maps, patches = layer._from_maps(parameters, x, arriving), layer._from_patches(x, arriving)
    torch.testing.assert_close(maps, patches, rtol=1e-12, atol=1e-12)
    assert maps.abs().sum() > 1
