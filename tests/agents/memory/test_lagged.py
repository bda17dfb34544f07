"""How pairs of fixed lags weigh, and whence negatives come: four streams, of which some saccade at the last tick."""

import pytest
import torch

from streamsim.agents import OwnMemory, PeerMemory, ShortTermMemory
from streamsim.agents.memory.lagged import share
from streamsim.contracts.errors import ConfigurationError

from ..driving import CPU

LATE = [True, False, False, False]  # the first stream sees another thing at the last tick


def recalled(contrast, saccade, streams=4):
    """Return what is recalled at tick 1."""
    memory = ShortTermMemory(2)
    state, generator = memory.reset(streams, 1, 0, CPU), torch.Generator().manual_seed(0)
    begun = torch.ones(streams, dtype=torch.bool)
    state = memory.begin_fixations(state, begun)
    memory.write(state, 0, torch.arange(streams)[:, None].float(), begun)
    state = memory.begin_fixations(state, torch.tensor(saccade))
    return contrast.recall(memory, state, 1, 0.1, generator)


@pytest.mark.parametrize(
    ("balanced", "weights"), [(False, [0.25, 0.25, 0.25, 0.25]), (True, [1.0, 1 / 3, 1 / 3, 1 / 3])]
)
def test_balanced_pairs_of_a_kind_weigh_as_if_every_stream_had_one(balanced, weights):
    recall = recalled(OwnMemory((1,), balanced=balanced), LATE)
    assert recall.same.flatten().tolist() == [False, True, True, True]
    assert torch.allclose(recall.weight.flatten(), torch.tensor(weights))


@pytest.mark.parametrize(("paired", "weights"), [(False, [0.25] * 4), (True, [0.0, 0.25, 0.25, 0.25])])
def test_paired_negatives_need_a_positive_beside_them(paired, weights):
    recall = recalled(PeerMemory(1, (1,), paired=paired), LATE)
    assert not recall.same.any() and recall.weight.flatten().tolist() == weights


def test_negatives_come_from_another_group():
    recall = recalled(PeerMemory(2, (1,), group=2), [False] * 6, streams=6)
    groups = torch.arange(6) // 2
    assert (recall.owner.flatten(0, 1) // 2 != groups).all()
    assert torch.equal(recall.past[..., 0], recall.owner.float())


def test_a_single_stream_is_balanced_by_what_its_saccade_rate_lets_expect():
    lags, ticks = (1, 2, 4, 8), 4000
    memory, generator = ShortTermMemory(8), torch.Generator().manual_seed(0)
    contrast = OwnMemory(lags, balanced=True, expected=True)
    state, sums = memory.reset(1, 1, 0, CPU), torch.zeros(2, 4)
    for tick in range(ticks):
        saccade = torch.rand(1, generator=generator) < 0.17
        state = memory.begin_fixations(state, saccade)
        recall = contrast.recall(memory, state, tick, 0.1, generator)
        same = recall.same[0, :, 0]
        sums += recall.weight[0, :, 0] * torch.stack((same, ~same))
        memory.write(state, tick, torch.zeros(1, 1), saccade)
    assert torch.allclose(sums * len(lags) / ticks, torch.ones(2, 4), atol=0.1)


def test_expected_shares_count_the_ticks_between_two_activities_of_a_slow_layer():
    memory, contrast = ShortTermMemory(4), OwnMemory((1,), balanced=True, expected=True)
    state = memory.reset(1, 1, 0, CPU)
    for tick in range(90):  # a saccade at every third tick, a layer that acts at every ninth
        state = memory.begin_fixations(state, torch.tensor([tick % 3 == 0]))
        if tick % 9 == 8:
            last = contrast.recall(memory, state, tick // 9, 0.9, torch.Generator())
            memory.write(state, tick // 9, torch.zeros(1, 1), torch.tensor([True]))
    assert not last.same.any()
    assert float(last.weight) == pytest.approx(1 / (1 - (2 / 3) ** 9))


def test_expected_shares_of_pairs_of_a_kind():
    same = torch.tensor([[True, False], [True, False]])
    found = share(same, (1, 3), torch.tensor(0.5))
    assert torch.allclose(found, torch.tensor([[0.5, 0.5], [0.125, 0.875]]))
    assert share(same, (1, 3), torch.tensor(1.0)).tolist() == [[1.0, pytest.approx(0.02)], [1.0, pytest.approx(0.02)]]


def test_what_is_to_be_expected_is_a_way_to_balance():
    with pytest.raises(ConfigurationError, match=r"OwnMemory.expected says how to balance: set balanced to true"):
        OwnMemory(expected=True)
