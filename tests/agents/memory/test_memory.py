"""Short-term memory against a list that anyone can read."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamsim.agents import (
    Encoder,
    FixationAnchor,
    LatestOwn,
    Learner,
    Linear,
    Recent,
    Reservoir,
    ShortTermMemory,
    TwoTier,
)
from streamsim.contracts.errors import ConfigurationError, MemoryCapError
from streamsim.contracts.tree import leaves, snapshot

from ..driving import CPU, drive, sensor

WIDTH = 3
SACCADES = st.lists(st.lists(st.booleans(), min_size=2, max_size=2), min_size=1, max_size=25)


def readout(tick, streams=2):
    """Numbers that tell tick and stream."""
    return (100.0 * tick + torch.arange(streams))[:, None].expand(streams, WIDTH)


def lived(memory, saccades, streams=2, seed=0):
    """Memory after so many ticks."""
    state = memory.reset(streams, WIDTH, seed, CPU)
    for tick, row in enumerate(saccades):
        saccade = torch.tensor(row)
        state = memory.begin_fixations(state, saccade)
        memory.write(state, tick, readout(tick, streams), saccade)
    return state


def contents(memory, state, stream):
    """What a stream remembers: birth, number of the fixation, value; oldest first."""
    slots = range(memory.capacity)
    held = [
        (int(state["birth"][s, stream]), int(state["fixation"][s, stream]), float(state["values"][s, stream, 0]))
        for s in slots
    ]
    return sorted(slot for slot in held if slot[0] >= 0)


def history(saccades, stream):
    """Every tick of a stream as (tick, fixation, value, whether the fixation began there)."""
    fixation, rows = 0, []
    for tick, row in enumerate(saccades):
        fixation += row[stream]
        rows.append((tick, fixation, 100.0 * tick + stream, row[stream]))
    return rows


@given(saccades=SACCADES, capacity=st.integers(1, 6))
def test_recent_frames_are_the_tail_of_the_list(saccades, capacity):
    memory = ShortTermMemory(capacity)
    state = lived(memory, saccades)
    assert len(state["values"]) == capacity
    for stream in range(2):
        assert contents(memory, state, stream) == [row[:3] for row in history(saccades, stream)[-capacity:]]


@given(saccades=SACCADES, capacity=st.integers(1, 6))
def test_anchors_are_the_first_frames_of_the_last_fixations(saccades, capacity):
    memory = ShortTermMemory(capacity, policy=FixationAnchor())
    state = lived(memory, saccades)
    for stream in range(2):
        anchors = [row[:3] for row in history(saccades, stream) if row[3]]
        assert contents(memory, state, stream) == anchors[-capacity:]


@given(saccades=SACCADES, capacity=st.integers(1, 6), seed=st.integers(0, 5))
def test_a_reservoir_is_part_of_the_list(saccades, capacity, seed):
    memory = ShortTermMemory(capacity, policy=Reservoir())
    state = lived(memory, saccades, seed=seed)
    for stream in range(2):
        kept, everything = contents(memory, state, stream), [row[:3] for row in history(saccades, stream)]
        assert len(kept) == min(capacity, len(saccades))
        assert set(kept) <= set(everything)


def test_a_reservoir_is_a_uniform_sample():
    """Chi-square over 12 equally likely births, 3 kept in each of 2,000 streams; 31.3 is its 0.1 % point."""
    memory, streams, ticks = ShortTermMemory(3, policy=Reservoir()), 2000, 12
    state = lived(memory, [[False] * streams] * ticks, streams)
    counts = torch.bincount(state["birth"][:3].flatten(), minlength=ticks).double()
    expected = 3 * streams / ticks
    assert counts.sum() == 3 * streams
    assert ((counts - expected) ** 2 / expected).sum() < 31.3


@given(saccades=SACCADES, recent=st.integers(1, 4), places=st.integers(1, 4), seed=st.integers(0, 5))
def test_two_tiers_are_the_tail_of_the_list_and_a_sample_of_what_came_before(saccades, recent, places, seed):
    memory = ShortTermMemory(recent + places, policy=TwoTier(recent))
    state = lived(memory, saccades, seed=seed)
    for stream in range(2):
        kept, everything = contents(memory, state, stream), [row[:3] for row in history(saccades, stream)]
        tail, before = everything[-recent:], everything[:-recent]
        assert kept[-len(tail) :] == tail
        assert set(kept[: -len(tail)]) <= set(before)
        assert len(kept) == len(tail) + min(places, len(before))


def test_the_second_tier_is_a_uniform_sample_of_what_left_the_first():
    memory, streams, ticks = ShortTermMemory(5, policy=TwoTier(2)), 2000, 14
    state = lived(memory, [[False] * streams] * ticks, streams)
    counts = torch.bincount(state["birth"][2:5].flatten(), minlength=12).double()
    expected = 3 * streams / 12
    assert len(counts) == 12 and counts.sum() == 3 * streams
    assert ((counts - expected) ** 2 / expected).sum() < 31.3


def test_a_second_tier_with_a_horizon_forgets_what_is_older():
    """Each place is written with 1 / 18 a tick, so that ages beyond the first tier are geometric with mean 17."""
    memory, streams = ShortTermMemory(5, policy=TwoTier(2, horizon=17)), 2000
    state = lived(memory, [[False] * streams] * 200, streams)
    ages = 197 - state["birth"][2:5].double()
    assert ages.min() == 0 and abs(float(ages.mean()) - 17) < 1.5
    assert abs(float((ages == 0).double().mean()) - 1 / 18) < 0.02


@pytest.mark.parametrize("policy", [Reservoir(), TwoTier(1)])
def test_a_sample_that_was_forgotten_fills_anew_at_once(policy):
    memory = ShortTermMemory(5, policy=policy)
    state = lived(memory, [[True, False]] * 50)
    memory.forget(state)
    for tick in range(50, 55):
        memory.write(state, tick, readout(tick), torch.zeros(2, dtype=torch.bool))
    assert [birth for birth, *_ in contents(memory, state, 0)] == [50, 51, 52, 53, 54]


def test_what_was_forgotten_does_not_move_to_the_second_tier():
    memory = ShortTermMemory(4, policy=TwoTier(2))
    state = lived(memory, [[True, False]] * 2)
    memory.forget(state)
    for tick in (2, 3):
        memory.write(state, tick, readout(tick), torch.zeros(2, dtype=torch.bool))
    assert [birth for birth, *_ in contents(memory, state, 0)] == [2, 3]


@pytest.mark.parametrize("policy", [Reservoir(), TwoTier(2)])
def test_what_is_not_whole_takes_the_place_of_nothing(policy):
    memory = ShortTermMemory(4, policy=policy)
    state = lived(memory, [[True, True]] * 6)
    sampled = slice(memory.ring, memory.capacity)
    before = state["birth"][sampled].clone()
    for tick in range(8, 40):
        asleep = torch.zeros(2, dtype=torch.bool)
        state = memory.begin_fixations(state, asleep, asleep)
        memory.write(state, tick, readout(tick), asleep)
        if tick == 9:
            before = state["birth"][sampled].clone()  # what was in the ring has left it
    assert torch.equal(state["birth"][sampled], before) and before.min() >= 0


@pytest.mark.parametrize("policy", [Recent(), FixationAnchor(), Reservoir(), TwoTier(1)])
def test_what_is_held_never_grows(policy):
    memory = ShortTermMemory(3, policy=policy)
    sizes = {sum(t.nbytes for _, t in leaves(lived(memory, [[True, False]] * ticks))) for ticks in (1, 3, 50)}
    assert len(sizes) == 1


@pytest.mark.parametrize(
    "changes", [{"noise": 0.5}, {"policy": Reservoir()}, {"noise": 0.5, "policy": Reservoir()}, {"policy": TwoTier(1)}]
)
def test_chance_comes_from_the_seed_alone(changes):
    one, same, other = (lived(ShortTermMemory(2, **changes), [[True] * 8] * 9, 8, seed) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for (_, a), (_, b) in zip(leaves(one), leaves(same), strict=True))
    assert not torch.equal(one["values"], other["values"])


def test_noise_has_the_given_deviation():
    memory = ShortTermMemory(1, noise=0.5)
    state = memory.reset(1000, WIDTH, 0, CPU)
    memory.write(state, 0, readout(0, 1000), torch.zeros(1000, dtype=torch.bool))
    error = state["values"][0] - readout(0, 1000)
    assert error.std().item() == pytest.approx(0.5, rel=0.05)
    assert abs(error.mean()) < 0.05
    assert not ShortTermMemory(1).reset(1, WIDTH, 0, CPU).keys() & {"generator"}


def test_writing_does_not_keep_hold_of_what_was_given():
    memory, values = ShortTermMemory(2), torch.ones(2, WIDTH)
    state = memory.reset(2, WIDTH, 0, CPU)
    memory.write(state, 0, values, torch.ones(2, dtype=torch.bool))
    values.zero_()
    assert state["values"][0].eq(1).all()


@pytest.mark.parametrize(
    ("life_time", "period", "ticks"), [(0.3, 0.1, 3), (0.35, 0.1, 3), (0.05, 0.1, 0), (1.0, 1 / 30, 30), (2.0, 0.5, 4)]
)
def test_life_time_is_in_seconds(life_time, period, ticks):
    assert ShortTermMemory(life_time=life_time).max_age(period) == ticks


def test_without_a_life_time_nothing_expires():
    assert ShortTermMemory().max_age(1e-6) > 2**60


def test_what_fades_shrinks_to_1_over_e_in_the_decay_time():
    memory, ages = ShortTermMemory(decay_time=2.0), torch.tensor([[0.0], [5.0], [20.0]])
    faded = memory.decayed(torch.ones(3, 2, WIDTH), ages, 0.1)
    for row, expected in zip(faded, (1.0, math.exp(-0.25), math.exp(-1.0)), strict=True):
        assert row.flatten().tolist() == pytest.approx([expected] * 2 * WIDTH)
    assert torch.equal(ShortTermMemory().decayed(faded, ages, 0.1), faded)


def test_what_was_forgotten_can_no_longer_be_read():
    memory = ShortTermMemory(4, policy=FixationAnchor())
    state = lived(memory, [[True, True]] * 3)
    contrast = LatestOwn(1, 2)
    generator = torch.Generator()
    assert contrast.recall(memory, snapshot(state), 3, 0.1, generator).weight.any()
    memory.forget(state)
    assert not contrast.recall(memory, state, 3, 0.1, generator).weight.any()


def learner(**memory):
    return Learner(Encoder([Linear(8)]), memory=ShortTermMemory(**memory))


def test_the_ledger_counts_what_the_tensors_occupy():
    agent = learner(capacity=4)
    state, _ = drive(agent, 6, 15)
    memory = sum(t.nbytes for _, t in leaves(state["memory"]))
    # four slots of 64 numbers, a birth and a fixation for each of six streams, their present fixation, and a count
    assert agent.ledger(state).roles["memory"] == memory == 4 * 6 * (64 * 4 + 8 + 8) + 6 * 8 + 8
    assert agent.ledger(state).total == sum(t.nbytes for _, t in leaves(state))


def test_more_than_the_cap_is_refused_in_one_sentence():
    agent = learner(capacity=4, cap=6583)
    with pytest.raises(MemoryCapError, match="short-term memory takes 6584 bytes but its cap is 6583: raise the cap"):
        drive(agent, 6, 2)
    drive(learner(capacity=4, cap=6584), 6, 8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"capacity": 0}, r"ShortTermMemory.capacity must be at least 1 slot \(got 0\)"),
        ({"life_time": 0.0}, r"life_time must be greater than 0 seconds \(got 0.0\)"),
        ({"decay_time": -1.0}, r"decay_time must be greater than 0 seconds \(got -1.0\)"),
        ({"noise": -1.0}, r"noise must not be negative \(got -1.0\)"),
        ({"policy": TwoTier(8)}, r"TwoTier.recent \(8\) must be less than ShortTermMemory.capacity \(8\): raise"),
        ({"cap": 0}, r"cap must be greater than 0 bytes \(got 0\)"),
    ],
)
def test_nonsense_is_refused(changes, message):
    with pytest.raises(ConfigurationError, match=message):
        ShortTermMemory(**changes)


def test_a_world_of_another_period_makes_memories_expire_sooner():
    contrast, memory = LatestOwn(1, 1), ShortTermMemory(4, life_time=0.25, policy=FixationAnchor())
    state = lived(memory, [[True, True], [False, False], [False, False], [False, False]])
    weights = [
        contrast.recall(memory, state, 4, float(sensor(period=Fraction(p)).period), torch.Generator()).weight.sum()
        for p in ("1/20", "1/10")
    ]
    assert weights[0] > 0 == weights[1]


def test_a_policy_needs_a_slot():
    with pytest.raises(ConfigurationError, match=r"TwoTier.recent must be at least 1 slot \(got 0\)"):
        TwoTier(0)
    with pytest.raises(ConfigurationError, match=r"TwoTier.horizon must be at least 3 frames, .* \(got 2\)"):
        ShortTermMemory(5, policy=TwoTier(2, 2))
