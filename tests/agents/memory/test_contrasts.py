"""What the present is compared with: pairs against plain lists."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamsim.agents import (
    CLAPP,
    FixationAnchor,
    LatestOwn,
    Learner,
    OwnMemory,
    OwnReservoir,
    PeerMemory,
    Recent,
    Reservoir,
    ShortTermMemory,
    TwoTier,
)
from streamsim.contracts.errors import ConfigurationError

from ..driving import CPU

STREAMS = 4
SACCADES = st.lists(st.lists(st.booleans(), min_size=STREAMS, max_size=STREAMS), min_size=1, max_size=20)


def recalls(contrast, memory, saccades, streams=STREAMS, seed=0):
    """Yield tick, the number of each stream's fixation at every tick so far, and what is recalled at that tick."""
    state, generator = memory.reset(streams, 1, 0, CPU), torch.Generator().manual_seed(seed)
    fixations = []
    for tick, row in enumerate(saccades):
        earlier = fixations[-1] if fixations else [0] * streams
        fixations.append([n + s for n, s in zip(earlier, row, strict=True)])
        state = memory.begin_fixations(state, torch.tensor(row))
        yield tick, fixations, contrast.recall(memory, state, tick, 0.1, generator)
        # the value tells tick and stream
        values = (100.0 * tick + torch.arange(streams))[:, None]
        memory.write(state, tick, values, torch.tensor(row))


def consistent(recall):
    """A pair that counts is what its stream laid down at its birth."""
    counts = recall.weight > 0
    expected = 100.0 * recall.birth + recall.owner
    assert torch.equal(recall.past[..., 0][counts], expected[counts])
    return counts


@given(
    saccades=SACCADES, lags=st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True), capacity=st.integers(6, 8)
)
def test_own_memory_is_the_streams_own_past_at_each_lag(saccades, lags, capacity):
    contrast = OwnMemory(lags, positive=0.5, negative=0.25)
    for tick, fixations, recall in recalls(contrast, ShortTermMemory(capacity), saccades):
        consistent(recall)
        assert recall.past.shape == (1, len(lags), STREAMS, 1)
        assert recall.lags == tuple(lags)
        for number, lag in enumerate(lags):
            for stream in range(STREAMS):
                weight = float(recall.weight[0, number, stream])
                if lag > tick:
                    assert weight == 0
                    continue
                same = fixations[tick][stream] == fixations[tick - lag][stream]
                assert bool(recall.same[0, number, stream]) == same
                assert weight == pytest.approx((0.5 if same else 0.25) / len(lags) / STREAMS)
                assert int(recall.birth[0, number, stream]) == tick - lag
                assert int(recall.owner[0, number, stream]) == stream


@given(
    saccades=SACCADES, count=st.integers(1, STREAMS - 1), lags=st.sampled_from([(1,), (2, 4)]), seed=st.integers(0, 9)
)
def test_peers_are_distinct_others_of_the_same_age(saccades, count, lags, seed):
    contrast = PeerMemory(count, lags, share=2.0)
    for tick, _, recall in recalls(contrast, ShortTermMemory(4), saccades, seed=seed):
        counts = consistent(recall)
        assert recall.past.shape == (count, len(lags), STREAMS, 1)
        assert not recall.same.any()
        assert (recall.owner != torch.arange(STREAMS)).all()
        for number, lag in enumerate(lags):
            assert counts[:, number].all() == counts[:, number].any() == (tick >= lag)
            for stream in range(STREAMS):
                assert len(set(recall.owner[:, number, stream].tolist())) == count
            if tick >= lag:
                assert (recall.birth[:, number] == tick - lag).all()
                assert torch.allclose(recall.weight[:, number], torch.tensor(2.0 / count / len(lags) / STREAMS))
        # every memory is used once per group, so that credit can be gathered and not scattered
        assert (recall.owner.sort(-1).values == torch.arange(STREAMS)).all()


def test_peers_change_from_tick_to_tick_and_come_from_the_seed():
    saccades = [[True] * STREAMS] * 12
    drawn = [
        [recall.owner[0, 0, 0].item() for *_, recall in recalls(PeerMemory(1), ShortTermMemory(2), saccades, seed=seed)]
        for seed in (0, 0, 1)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert set(drawn[0]) == {1, 2, 3}


@given(
    saccades=SACCADES,
    policy=st.sampled_from([Recent(), FixationAnchor(), Reservoir()]),
    positives=st.integers(0, 2),
    negatives=st.integers(1, 3),
)
def test_own_past_takes_the_latest_of_this_fixation_and_of_earlier_ones(saccades, policy, positives, negatives):
    memory = ShortTermMemory(3, policy=policy)
    for tick, fixations, recall in recalls(LatestOwn(positives, negatives, share=3.0), memory, saccades):
        counts = consistent(recall)
        assert recall.past.shape == (positives + negatives, 1, STREAMS, 1)
        if tick == 0:
            assert not counts.any()
        for stream in range(STREAMS):
            chosen = {True: [], False: []}
            for pair in range(positives + negatives):
                if not counts[pair, 0, stream]:
                    continue
                birth, same = int(recall.birth[pair, 0, stream]), bool(recall.same[pair, 0, stream])
                assert 0 <= birth < tick
                assert int(recall.owner[pair, 0, stream]) == stream
                assert same == (fixations[birth][stream] == fixations[tick][stream])
                share = 1 / positives if same else 3 / negatives
                assert float(recall.weight[pair, 0, stream]) == pytest.approx(share / STREAMS)
                chosen[same].append(birth)
            assert len(set(chosen[True])) == len(chosen[True]) <= positives
            assert len(set(chosen[False])) == len(chosen[False]) <= negatives
            if isinstance(policy, Recent):
                held = range(max(0, tick - 3), tick)
                earlier = [t for t in held if fixations[t][stream] != fixations[tick][stream]]
                assert sorted(chosen[False]) == earlier[-negatives:]


@given(saccades=SACCADES, count=st.integers(1, 3), seed=st.integers(0, 9))
def test_older_memories_are_of_other_things_and_of_what_is_no_longer_recent(saccades, count, seed):
    memory = ShortTermMemory(6, policy=TwoTier(2))
    for tick, fixations, recall in recalls(OwnReservoir(count, (1, 2), share=3.0), memory, saccades, seed=seed):
        counts = consistent(recall)
        assert recall.past.shape == (count, 2, STREAMS, 1) and recall.lags == (1, 2)
        assert not recall.same.any() and (recall.owner == torch.arange(STREAMS)).all()
        assert torch.allclose(recall.weight[counts], torch.tensor(3.0 / count / 2 / STREAMS))
        assert counts.any() or tick <= 5 or len({tuple(row) for row in fixations}) < 6
        for group in range(count):
            for number in range(2):
                for stream in range(STREAMS):
                    birth, counted = int(recall.birth[group, number, stream]), bool(counts[group, number, stream])
                    if birth >= 0:
                        assert birth < tick - 2
                        assert counted == (fixations[birth][stream] != fixations[tick][stream])
                    assert birth >= 0 or not counted


def test_paired_older_memories_need_a_recent_one_of_the_present_thing_beside_them():
    memory = ShortTermMemory(6, policy=TwoTier(2))
    saccades = [[True] * STREAMS] * 12 + [[True, *[False] * (STREAMS - 1)]]
    for paired, first in ((False, True), (True, False)):
        *_, (_, _, last) = recalls(OwnReservoir(2, (1,), paired=paired), memory, saccades)
        assert (last.weight[..., 0] > 0).all() == first
        assert (last.weight[..., 1:] > 0).all()


def test_every_older_memory_is_drawn():
    memory = ShortTermMemory(6, policy=TwoTier(2))
    *_, (_, _, last) = recalls(OwnReservoir(40), memory, [[True] * STREAMS] * 7)
    assert set(last.birth[..., 0].flatten().tolist()) == {0, 1, 2, 3} and last.weight.all()


def test_older_memories_expire_and_fade():
    seen = [[True] * STREAMS] * 9
    lasting, fading = (
        ShortTermMemory(8, **how, policy=TwoTier(2)) for how in ({"life_time": 0.5}, {"decay_time": 0.2})
    )
    *_, (tick, _, last) = recalls(OwnReservoir(20), lasting, seen)
    assert torch.equal(last.weight > 0, tick - last.birth <= 5) and 0 < (last.weight > 0).float().mean() < 1
    (*_, (_, _, plain)), (*_, (_, _, faded)) = (
        recalls(OwnReservoir(20), memory, seen) for memory in (ShortTermMemory(8, policy=TwoTier(2)), fading)
    )
    ages = (tick - plain.birth)[..., None] * 0.1
    assert torch.allclose(faded.past, plain.past * torch.exp(-ages / 0.2))


@pytest.mark.parametrize(
    ("contrast", "memory"),
    [
        (OwnMemory((1, 2)), ShortTermMemory(4)),
        (PeerMemory(2, (1, 2)), ShortTermMemory(4)),
        (LatestOwn(1, 3), ShortTermMemory(4)),
        (OwnReservoir(1, (1, 2)), ShortTermMemory(4, policy=TwoTier(2))),
    ],
)
def test_nothing_is_remembered_at_the_first_tick(contrast, memory):
    _, _, first = next(recalls(contrast, memory, [[True] * STREAMS]))
    assert not first.weight.any()


@pytest.mark.parametrize("contrast", [OwnMemory((1, 3)), PeerMemory(2, (1, 3))])
def test_what_has_outlived_its_life_time_has_no_weight(contrast):
    memory = ShortTermMemory(4, life_time=0.2)
    *_, (_, _, last) = recalls(contrast, memory, [[False] * STREAMS] * 8)
    assert last.weight[:, 0].all()
    assert not last.weight[:, 1].any()


def test_what_is_remembered_fades_with_age():
    memory = ShortTermMemory(4, decay_time=0.1)
    plain, faded = (
        list(recalls(OwnMemory((1, 3)), m, [[False] * STREAMS] * 6))[-1][2] for m in (ShortTermMemory(4), memory)
    )
    ratio = (faded.past / plain.past)[0, :, 1:, 0]
    assert torch.allclose(ratio, torch.exp(torch.tensor([[-1.0], [-3.0]])), rtol=1e-5)


def test_lags_beyond_the_capacity_are_left_out():
    assert OwnMemory((1, 3, 9)).reach(ShortTermMemory(4)) == (1, 3)
    assert OwnMemory((1, 3, 9)).reach(ShortTermMemory(20, policy=TwoTier(4))) == (1, 3)
    assert Learner(contrasts=[OwnMemory((2, 8))], memory=ShortTermMemory(3)).lags == (2,)


@pytest.mark.parametrize("make", [OwnMemory, PeerMemory])
def test_it_is_an_error_if_no_lag_is_left(make):
    contrast = make(lags=(5, 6))
    with pytest.raises(
        ConfigurationError, match=r"lags \[5, 6\] all exceed ShortTermMemory.capacity \(4\).* to 5 or more"
    ):
        contrast.reach(ShortTermMemory(4))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OwnMemory(()), "OwnMemory.lags must be ages of at least 1 tick"),
        (lambda: OwnMemory((0,)), "OwnMemory.lags must be ages of at least 1 tick"),
        (lambda: OwnMemory((1, 1)), "OwnMemory.lags must differ"),
        (lambda: OwnMemory(positive=-1.0), "OwnMemory.positive must not be negative"),
        (lambda: OwnMemory(negative=-1.0), "OwnMemory.negative must not be negative"),
        (lambda: PeerMemory(0), "PeerMemory.count must be at least 1"),
        (lambda: PeerMemory(share=0.0), "PeerMemory.share must be positive"),
        (lambda: OwnReservoir(0), "OwnReservoir.count must be at least 1"),
        (lambda: OwnReservoir(share=0.0), "OwnReservoir.share must be positive"),
        (lambda: OwnReservoir().reach(ShortTermMemory()), "samples what is no longer recent: use the policy TwoTier"),
        (lambda: OwnReservoir().reach(ShortTermMemory(policy=Reservoir())), "use the policy TwoTier"),
        (
            lambda: OwnReservoir(1, (5,)).reach(ShortTermMemory(8, policy=TwoTier(4))),
            r"lags \[5\] all exceed the recent slots of its policy \(4\): raise that to 5 or more",
        ),
        (lambda: LatestOwn(-1, 1), "counts of 0 or more"),
        (lambda: LatestOwn(0, 0), "at least one positive or negative"),
        (lambda: LatestOwn(share=0.0), "LatestOwn.share must be positive"),
        (lambda: LatestOwn(1, 9).reach(ShortTermMemory(8)), "LatestOwn wants 9 memories but .* is 8"),
        (lambda: OwnMemory().reach(ShortTermMemory(policy=Reservoir())), "needs a memory of recent frames"),
        (lambda: PeerMemory(4).validate(4), r"needs more than 4 streams \(got 4\)"),
        (lambda: Learner(contrasts=[OwnMemory((1, 2)), PeerMemory(1)]), "must share their lags"),
        (lambda: Learner(rule=CLAPP(), contrasts=[LatestOwn()]), "CLAPP credits remembered frames and needs"),
    ],
)
def test_nonsense_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()
