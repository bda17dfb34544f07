"""When to saccade, against literals and lists."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamsim import BernoulliSaccades, ConfigurationError, FixedFixation, RandomFixation, ScriptedSaccades


def looked(gaze, ticks, streams=1, forced=None, seed=0):
    """Saccades, ticks x streams; *forced* maps a tick to the streams that the world forces."""
    state, rows = gaze.reset(streams, seed), []
    for tick in range(ticks):
        mask = torch.full((streams,), tick == 0)
        for stream in (forced or {}).get(tick, ()):
            mask[stream] = True
        state, saccade = gaze.decide(state, tick, mask)
        rows.append(saccade)
    return torch.stack(rows)


def ticks_of(saccades, stream=0):
    return saccades[:, stream].nonzero().flatten().tolist()


@given(p=st.floats(0, 1), seed=st.integers(0, 10**6))
def test_a_hazard_has_its_frequency(p, seed):
    saccades = looked(BernoulliSaccades(p), 41, 200, seed=seed)[1:].double()
    deviation = (p * (1 - p) / saccades.numel()) ** 0.5
    assert abs(saccades.mean() - p) <= 5 * deviation + 1e-12


def test_a_hazard_forgets_when_it_last_moved():
    """After a saccade the next one is as likely as ever."""
    saccades = looked(BernoulliSaccades(0.3), 200, 200)[1:]
    again = saccades[1:][saccades[:-1]].double().mean()
    assert again.item() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(("p", "expected"), [(0.0, [0]), (1.0, [0, 1, 2, 3])])
def test_certain_hazards(p, expected):
    assert ticks_of(looked(BernoulliSaccades(p), 4)) == expected


@pytest.mark.parametrize(("length", "expected"), [(1, [0, 1, 2, 3, 4, 5, 6]), (3, [0, 3, 6]), (7, [0])])
def test_fixed_fixations_have_their_length(length, expected):
    assert ticks_of(looked(FixedFixation(length, staggered=False), 7)) == expected


@given(length=st.integers(1, 9), seed=st.integers(0, 99))
def test_staggered_fixations_are_short_at_first_only(length, seed):
    saccades = looked(FixedFixation(length), 40, 5, seed=seed)
    for stream in range(5):
        times = ticks_of(saccades, stream)
        assert times[0] == 0
        assert 1 <= times[1] <= length
        assert {b - a for a, b in pairwise(times[1:])} <= {length}


def test_streams_are_staggered_evenly():
    firsts = [ticks_of(looked(FixedFixation(4), 9, 400), stream)[1] for stream in range(400)]
    assert all(70 < firsts.count(phase) < 130 for phase in (1, 2, 3, 4))


@pytest.mark.parametrize("staggered", [True, False])
def test_a_forced_saccade_starts_a_new_fixation(staggered):
    saccades = looked(FixedFixation(5, staggered), 20, 2, forced={7: [1]})
    times = ticks_of(saccades, 1)
    assert 7 in times
    assert [t for t in times if t > 7] == [12, 17]
    assert 7 not in ticks_of(looked(FixedFixation(5, staggered=False), 20, 2, forced={7: [1]}), 0)


def test_drawn_fixations_follow_their_weights():
    saccades = looked(RandomFixation((0, 1, 0, 3)), 400, 50)
    lengths = []
    for stream in range(50):
        times = ticks_of(saccades, stream)
        lengths += [b - a for a, b in pairwise(times)]
    assert set(lengths) == {2, 4}
    assert lengths.count(4) / len(lengths) == pytest.approx(0.75, abs=0.03)


def test_a_forced_saccade_starts_a_new_drawn_fixation():
    times = ticks_of(looked(RandomFixation((0, 0, 0, 1)), 15, forced={5: [0]}))
    assert times == [0, 4, 5, 9, 13]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (ScriptedSaccades([2, 5]), [0, 2, 5]),
        (ScriptedSaccades([0, 2], period=3), [0, 2, 3, 5, 6]),
        (ScriptedSaccades([]), [0]),
        (ScriptedSaccades([99]), [0]),
    ],
)
def test_a_script_is_kept_to(script, expected):
    assert ticks_of(looked(script, 8)) == expected


@given(data=st.data())
def test_forced_saccades_are_always_made(data):
    gaze = data.draw(
        st.sampled_from([BernoulliSaccades(0.1), FixedFixation(4), RandomFixation(), ScriptedSaccades([3])])
    )
    forced = data.draw(st.dictionaries(st.integers(0, 14), st.lists(st.integers(0, 2), max_size=3)))
    saccades = looked(gaze, 15, 3, forced)
    assert saccades[0].all()
    assert all(saccades[tick, stream] for tick, streams in forced.items() for stream in streams)


@pytest.mark.parametrize("gaze", [BernoulliSaccades(0.3), FixedFixation(4), RandomFixation()])
def test_chance_comes_from_the_seed_alone(gaze):
    torch.manual_seed(0)
    first = looked(gaze, 30, 20, seed=1)
    torch.manual_seed(5)
    assert torch.equal(first, looked(gaze, 30, 20, seed=1))
    assert not torch.equal(first, looked(gaze, 30, 20, seed=2))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BernoulliSaccades(1.5), r"BernoulliSaccades.saccade_probability must lie between 0 and 1 \(got 1.5\)"),
        (lambda: BernoulliSaccades(-0.1), r"\(got -0.1\)"),
        (lambda: FixedFixation(0), r"FixedFixation.length must be at least 1 tick \(got 0\)"),
        (lambda: RandomFixation(()), r"RandomFixation.weights must be non-negative with a positive sum \(got \[\]\)"),
        (lambda: RandomFixation((0, -1, 2)), "RandomFixation.weights"),
        (lambda: RandomFixation((0, 0)), "RandomFixation.weights"),
        (lambda: ScriptedSaccades([-1]), r"ScriptedSaccades.ticks must not be negative \(got \[-1\]\)"),
        (lambda: ScriptedSaccades([1], period=0), r"ScriptedSaccades.period must be at least 1 tick \(got 0\)"),
    ],
)
def test_nonsense_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()
