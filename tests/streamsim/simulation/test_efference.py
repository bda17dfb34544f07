"""The efference copy: late, missing and false bits, against lists."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamsim import ConfigurationError, EfferenceCopy

MASKS = st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=20)


def relayed(efference, saccades, seed=0):
    saccades = torch.as_tensor(saccades)
    state, rows = efference.reset(saccades.shape[1], seed), []
    for saccade in saccades:
        before = saccade.clone()
        state, received = efference.relay(state, saccade)
        assert torch.equal(saccade, before)
        rows.append(received)
    return torch.stack(rows)


@given(saccades=MASKS)
def test_by_default_it_is_perfect(saccades):
    assert relayed(EfferenceCopy(), saccades).tolist() == saccades


@given(saccades=MASKS, latency=st.integers(0, 6))
def test_a_late_copy_comes_so_many_ticks_later(saccades, latency):
    expected = ([[False] * 3] * latency + saccades)[: len(saccades)]
    assert relayed(EfferenceCopy(latency), saccades).tolist() == expected


@pytest.mark.parametrize(("miss", "alarm"), [(0.3, 0.0), (0.0, 0.2), (0.25, 0.1), (1.0, 0.0), (0.0, 1.0)])
@pytest.mark.parametrize("latency", [0, 2])
def test_misses_and_false_alarms_have_their_rates(miss, alarm, latency):
    saccades = torch.rand(400, 100, generator=torch.Generator().manual_seed(3)) < 0.4
    received = relayed(EfferenceCopy(latency, miss, alarm), saccades)[latency:]
    saccades = saccades[: len(received)]
    assert (~received)[saccades].double().mean().item() == pytest.approx(miss, abs=0.02)
    assert received[~saccades].double().mean().item() == pytest.approx(alarm, abs=0.02)


def test_chance_comes_from_the_seed_alone():
    saccades = torch.ones(50, 10, dtype=torch.bool)
    one, same, other = (relayed(EfferenceCopy(miss_rate=0.5), saccades, seed) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latency": -1}, r"EfferenceCopy.latency must be 0 or more ticks \(got -1\)"),
        ({"miss_rate": 1.1}, r"EfferenceCopy.miss_rate must lie between 0 and 1 \(got 1.1\)"),
        ({"false_alarm_rate": -0.1}, r"EfferenceCopy.false_alarm_rate must lie between 0 and 1 \(got -0.1\)"),
    ],
)
def test_nonsense_is_refused(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        EfferenceCopy(**settings)
