"""Probes find what is there, nothing where there is nothing, and say how."""

import pytest
import torch

from streamsim.contracts.errors import ConfigurationError
from streamsim.evaluation.probe import LinearProbe, NearestNeighbours, standardise
from streamsim.evaluation.readout import Averaged, Flattened, Pooled, finest_grid

PROBES = [LinearProbe(), NearestNeighbours()]


def clusters(n: int, seed: int, spread: float = 0.1):
    """Return points around the corners of a triangle in a plane of an eight-dimensional space."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3
    return torch.eye(3, 8)[labels] + spread * torch.randn(n, 8, generator=generator), labels


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.name)
def test_separable_classes_are_found(probe):
    outcome = probe.probe_layers(*clusters(90, 0), *clusters(60, 1), classes=3)
    assert outcome.accuracy == 1.0
    assert outcome.predictions.tolist() == clusters(60, 1)[1].tolist()


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.name)
def test_shuffled_labels_leave_chance(probe):
    x, labels = clusters(600, 0)
    shuffled = labels[torch.randperm(600, generator=torch.Generator().manual_seed(0))]
    outcome = probe.probe_layers(x, shuffled, *clusters(600, 1), classes=3)
    assert outcome.accuracy == pytest.approx(1 / 3, abs=0.12)


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.name)
def test_scale_and_offset_of_a_feature_do_not_matter(probe):
    (x, labels), (y, truth) = clusters(90, 0, 0.5), clusters(60, 1, 0.5)
    scale, offset = torch.logspace(-3, 3, 8), torch.linspace(-5, 5, 8)
    plain = probe.probe_layers(x, labels, y, truth, 3)
    warped = probe.probe_layers(x * scale + offset, labels, y * scale + offset, truth, 3)
    assert (warped.predictions == plain.predictions).float().mean() > 0.95


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.name)
def test_probing_twice_gives_the_same_and_leaves_the_features_alone(probe):
    data = (*clusters(90, 0, 1.0), *clusters(60, 1, 1.0))
    before = [tensor.clone() for tensor in data]
    first, second = probe.probe_layers(*data, 3), probe.probe_layers(*data, 3)
    assert first.predictions.equal(second.predictions)
    assert all(a.equal(b) for a, b in zip(data, before, strict=True))


def test_linear_probe_finds_the_minimum():
    x, labels, _ = standardise(*clusters(90, 0, 1.0), torch.zeros(1, 8))
    probe = LinearProbe(weight_decay=0.1, iterations=200)
    weight, bias = probe._fit(x.double(), labels, 3)
    residual = torch.softmax(x.double() @ weight + bias, 1) - torch.eye(3, dtype=torch.float64)[labels]
    assert (x.double().T @ residual / 90 + 0.1 * weight).abs().max() < 1e-4
    assert residual.mean(0).abs().max() < 1e-4


def test_linear_probe_works_where_gradients_are_off():
    with torch.no_grad():
        assert LinearProbe().probe_layers(*clusters(90, 0), *clusters(60, 1), classes=3).accuracy == 1.0


def test_a_tie_goes_to_the_nearer_neighbours():
    train = torch.tensor([[1.0, 1.0], [1.0, 0.5], [-1.0, -1.0], [-1.0, -0.5]])
    labels = torch.tensor([1, 0, 0, 1])
    predictions = NearestNeighbours(2).predict(train, labels, torch.tensor([[1.0, 0.9], [-1.0, -0.6]]), 2)
    assert predictions.tolist() == [1, 1]


def test_constant_features_are_ignored():
    train = torch.tensor([[1.0, 0.1], [3.0, 0.1]])
    x, _, y = standardise(train, torch.tensor([0, 1]), torch.tensor([[5.0, 0.2]]))
    assert x.tolist() == [[-1.0, 0.0], [1.0, 0.0]]
    assert y.tolist() == [[3.0, 0.0]]


def test_readouts_of_a_known_picture():
    picture = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert Flattened()(picture).tolist() == [list(range(16))]
    assert Averaged()(picture).tolist() == [[7.5]]
    assert Pooled(4)(picture).tolist() == [[2.5, 4.5, 10.5, 12.5]]
    assert Pooled(16)(picture).tolist() == [list(range(16))]


@pytest.mark.parametrize(
    ("shape", "features"),
    [((8, 32, 32), 968), ((2000, 4, 4), 2000), ((64, 100), 1024), ((4, 9, 8, 8), 1008), ((2048,), 2048)],
)
def test_pooled_stays_within_its_limit_where_it_can(shape, features):
    assert Pooled(1024)(torch.zeros(2, *shape)).shape == (2, features)


def test_finest_grid():
    assert finest_grid((32, 32), 128) == (11, 11)
    assert finest_grid((1, 100), 10) == (1, 10)
    assert finest_grid((4, 4), 16) == (4, 4)


def test_protocols_name_their_settings():
    assert "weight decay 0.5" in LinearProbe(0.5).protocol
    assert "7 nearest" in NearestNeighbours(7).protocol
    assert "1024" in Pooled().protocol


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: LinearProbe(-1), "LinearProbe.weight_decay must be 0 or more"),
        (lambda: LinearProbe(1, 0), "LinearProbe.iterations must be at least 1"),
        (lambda: NearestNeighbours(0), "NearestNeighbours.neighbours must be at least 1"),
        (lambda: Pooled(0), "Pooled.limit must be at least 1"),
    ],
)
def test_values_out_of_range_are_refused(make, words):
    with pytest.raises(ConfigurationError, match=words):
        make()
