"""What layers send back along their inputs, against autograd."""

import pytest
import torch

from streamsim.agents import AveragePool, CausalConv, Conv, Hardtanh, Linear, MaxPool, NoPool, ReLU, RunningNorm, Window

from ..numbers import close, drawn

GEOMETRIES = [(3, 1, 1), (3, 2, 0), (2, 1, 0), (4, 3, 1)]  # kernel, stride, padding


def weights_of(layer, shape):
    return {key: w.double() for key, w in layer.parameters(shape, torch.Generator().manual_seed(0)).items()}


def sent_back(layer, weights, x, summed, through="weight"):
    """Hold dLoss/dx against autograd through the summed input alone: what arrives there is given."""
    arriving = drawn(*summed(weights, x).shape, seed=5)
    made = layer.input_gradient(weights, {"x": x}, arriving, weights[through])
    leaf = x.clone().requires_grad_()
    summed(weights | {"weight": weights[through]}, leaf).backward(arriving)
    assert leaf.grad.abs().max() > 0.1
    return made, leaf.grad


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_convolutions(geometry):
    layer = Conv(3, *geometry)
    weights = weights_of(layer, (2, 13, 13)) | {"feedback": drawn(3, 2, geometry[0], geometry[0], seed=7)}
    for through in ("weight", "feedback"):
        close(*sent_back(layer, weights, drawn(4, 2, 13, 13), layer.preactivation, through))


def test_convolutions_that_are_normalised():
    layer = Conv(3, norm=RunningNorm())
    weights = weights_of(layer, (2, 6, 6)) | {"variance": drawn(3, seed=3).exp(), "mean": drawn(3, seed=4)}
    close(*sent_back(layer, weights, drawn(4, 2, 6, 6), layer.preactivation))


def test_full_connections_give_the_shape_of_what_they_saw():
    layer = Linear(4)
    weights = weights_of(layer, (2, 3, 3))
    close(*sent_back(layer, weights, drawn(5, 2, 3, 3), layer.preactivation))


@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (5, 1), (3, 3)])
def test_convolutions_in_time_credit_present_columns_alone(kernel, stride):
    layer = CausalConv(3, kernel, stride)
    weights = weights_of(layer, (2, 12))
    heard = drawn(4, 2, layer.overlap + 12)
    made, expected = sent_back(layer, weights, heard, layer.preactivation)
    close(made, expected[..., layer.overlap :])
    assert made.shape == (4, 2, 12)


@pytest.mark.parametrize("pool", [NoPool(), MaxPool(2), MaxPool(3, 2), AveragePool(2)], ids=lambda p: type(p).__name__)
@pytest.mark.parametrize("activation", [ReLU(), Hardtanh()])
def test_credit_that_passes_a_layer_is_that_of_its_whole_map(pool, activation):
    """Through nonlinearity and pooling too; and the weight gradient is the one that the layer gives otherwise."""
    layer = Conv(3, pool=pool, activation=activation)
    weights, x = weights_of(layer, (2, 7, 7)), drawn(4, 2, 7, 7)
    tape = layer.forward(weights, x.clone())
    delta = drawn(*tape["z"].shape, seed=3)
    gradient, down = layer.passed(weights, tape, delta, weights["weight"])
    leaf = x.clone().requires_grad_()
    a = torch.nn.functional.conv2d(leaf, weights["weight"], weights["bias"], 1, 1)
    z = torch.relu(a) if isinstance(activation, ReLU) else torch.nn.functional.hardtanh(a)
    if isinstance(pool, MaxPool):
        z = torch.nn.functional.max_pool2d(z, pool.size, pool.stride)
    if isinstance(pool, AveragePool):
        z = torch.nn.functional.avg_pool2d(z, 2)
    z.backward(delta)
    close(down, leaf.grad)
    for key, own in layer.gradient(weights, tape, delta).items():
        close(gradient[key], own)
    untold, same = layer.passed(weights, tape, delta, None)
    assert same is delta
    close(untold["weight"], gradient["weight"])


def test_a_window_passes_nothing_on():
    layer = Window(Conv(3), 2)
    weights = weights_of(layer, (2, 6, 6))
    tape = layer.forward(weights, drawn(4, 4, 6, 6))
    assert not layer.conducts
    with pytest.raises(NotImplementedError, match="credit cannot pass through Window"):
        layer.passed(weights, tape, drawn(*tape["z"].shape), weights["weight"])
