"""Saccades that several senses share: tiny simulations compared with literals, and what must hold for all."""

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamsim import (
    BernoulliSaccades,
    EfferenceCopy,
    FixedFixation,
    Instrument,
    Pathway,
    RandomFixation,
    ScriptedSaccades,
    Simulation,
)

from ..toys import LinearLearner, Paced


class Saccades(Instrument):
    """Notes when each pathway saccades and when its agent hears of it, in hundredths of a second."""

    def __init__(self):
        self.made, self.received = {}, {}

    def watch(self, record):
        now = record.glimpse.tick * record.pathway.period * 100
        for kept, bits in ((self.made, record.truth.saccade), (self.received, record.glimpse.saccade)):
            for stream, bit in enumerate(bits.tolist()):
                times = kept.setdefault((record.pathway.name, stream), [])
                if bit:
                    times.append(int(now) if now.denominator == 1 else now)


def sense(name, period, gaze, length=None, **parts):
    return Pathway(Paced(period, length), LinearLearner(), gaze, name=name, **parts)


def run(ticks, *senses, shared=True, streams=1, seed=0):
    """Return when each pathway saccaded in stream 0."""
    seen = Saccades()
    Simulation(*senses, instruments=[seen], streams=streams, seed=seed, shared_saccades=shared).run(ticks)
    return {name: times for (name, stream), times in seen.made.items() if stream == 0}


def test_a_saccade_of_the_first_reaches_the_second_at_the_same_time():
    made = run(4, sense("eye", "1/10", ScriptedSaccades([2])), sense("ear", "1/100", ScriptedSaccades([])))
    assert made == {"eye": [0, 20], "ear": [0, 20]}


def test_a_saccade_of_the_second_reaches_the_first_at_its_next_tick():
    made = run(5, sense("eye", "1/10", ScriptedSaccades([])), sense("ear", "1/100", ScriptedSaccades([13, 17, 30])))
    # at 0.3 s the eye has looked already when the ear turns
    assert made == {"eye": [0, 20, 40], "ear": [0, 13, 17, 30]}


def test_what_was_received_is_not_sent_on():
    eye, ear, nose = (
        sense(n, p, ScriptedSaccades(t))
        for n, p, t in (("eye", "1/10", []), ("ear", "1/100", [13]), ("nose", "1/20", []))
    )
    assert run(5, eye, ear, nose) == {"eye": [0, 20], "ear": [0, 13], "nose": [0, 15]}


def test_own_and_received_saccades_of_one_tick_are_one():
    made = run(4, sense("eye", "1/10", ScriptedSaccades([2])), sense("ear", "1/100", ScriptedSaccades([13])))
    assert made == {"eye": [0, 20], "ear": [0, 13]}


def test_the_end_of_an_utterance_turns_the_eye_and_the_end_of_a_clip_the_ear():
    made = run(7, sense("eye", "1/10", ScriptedSaccades([])), sense("ear", "1/100", ScriptedSaccades([]), length=25))
    assert made == {"eye": [0, 30, 60], "ear": [0, 25, 50]}
    made = run(6, sense("eye", "1/10", ScriptedSaccades([]), length=3), sense("ear", "1/100", ScriptedSaccades([])))
    assert made == {"eye": [0, 30], "ear": [0, 30]}


def test_without_sharing_each_sense_has_its_own():
    senses = sense("eye", "1/10", ScriptedSaccades([2])), sense("ear", "1/100", ScriptedSaccades([13]))
    assert run(4, *senses, shared=False) == {"eye": [0, 20], "ear": [0, 13]}
    assert run(
        4, sense("eye", "1/10", ScriptedSaccades([2])), sense("ear", "1/100", ScriptedSaccades([])), shared=False
    )["ear"] == [0]


def test_a_gaze_starts_a_new_fixation_where_another_sense_turned():
    made = run(
        6, sense("eye", "1/10", ScriptedSaccades([2])), sense("ear", "1/100", FixedFixation(25, staggered=False))
    )
    assert made == {"eye": [0, 20, 50], "ear": [0, 20, 45]}


def test_the_efference_copy_tells_of_shared_saccades_as_of_others():
    seen = Saccades()
    ear = sense("ear", "1/100", ScriptedSaccades([]), efference=EfferenceCopy(latency=2))
    Simulation(sense("eye", "1/10", ScriptedSaccades([1])), ear, instruments=[seen], shared_saccades=True).run(2)
    assert seen.received == {("eye", 0): [0, 10], ("ear", 0): [2, 12]}


def test_streams_share_with_the_stream_of_their_number():
    seen = Saccades()
    senses = sense("eye", "1/10", BernoulliSaccades(0.3)), sense("ear", "1/100", ScriptedSaccades([]))
    Simulation(*senses, instruments=[seen], streams=3, shared_saccades=True).run(9)
    assert len({tuple(seen.made["eye", stream]) for stream in range(3)}) > 1
    assert all(seen.made["eye", stream] == seen.made["ear", stream] for stream in range(3))


GAZES = st.sampled_from(
    [
        BernoulliSaccades(0.1),
        BernoulliSaccades(0.02),
        FixedFixation(7),
        RandomFixation(),
        ScriptedSaccades([2, 9, 11]),
        ScriptedSaccades([]),
    ]
)
PERIODS = st.sampled_from(["1/10", "1/100", "3/100", "1/30"])
SENSES = st.lists(st.tuples(PERIODS, GAZES, st.sampled_from([None, 4, 9])), min_size=2, max_size=3)


def built(parts, instruments=(), seed=0):
    pathways = [sense(f"sense{i}", p, gaze, length) for i, (p, gaze, length) in enumerate(parts)]
    return Simulation(*pathways, instruments=instruments, streams=2, seed=seed, shared_saccades=True)


@given(parts=SENSES, seed=st.integers(0, 99))
def test_fixations_of_all_senses_begin_together_up_to_the_slowest_period(parts, seed):
    seen = Saccades()
    simulation = built(parts, [seen], seed)
    simulation.run(6)
    slowest = max(p.period for p in simulation.pathways) * 100
    end = min(simulation.ticks(p) * p.period for p in simulation.pathways) * 100
    for (_, stream), times in seen.made.items():
        for other in simulation.pathways:
            others = seen.made[other.name, stream]
            assert all(any(abs(a - b) <= slowest for b in others) for a in times if a + slowest < end)


@given(parts=SENSES, seed=st.integers(0, 99), cut=st.integers(1, 60))
def test_a_run_interrupted_anywhere_continues_identically(parts, seed, cut):
    whole = built(parts, seed=seed)
    whole.run(8)

    class Stop(Instrument):
        left = cut

        def watch(self, record):
            self.left -= 1
            if self.left == 0:
                record.simulation.stop()

    first, second = built(parts, [Stop()], seed), built(parts, seed=seed)
    first.run(8)
    second.restore(first.snapshot())
    second.run(8 - second.ticks())
    assert second.digest() == whole.digest()
    assert second.reached(8)


def test_a_run_has_reached_its_end_when_all_senses_have():
    senses = [sense(n, p, ScriptedSaccades([])) for n, p in (("eye", "1/10"), ("ear", "1/100"))]

    class Stop(Instrument):
        def watch(self, record):
            if (record.pathway.name, record.glimpse.tick) == ("ear", 25):
                record.simulation.stop()

    simulation = Simulation(*senses, instruments=[Stop()])
    simulation.run(3)
    assert (simulation.ticks(), simulation.reached(3), simulation.reached(2)) == (3, False, True)
    simulation.instruments.clear()
    simulation.run(0)
    assert [simulation.ticks(p) for p in simulation.pathways] == [3, 30]
    assert simulation.reached(3)
    assert simulation.seconds == pytest.approx(float(Fraction(3, 10)))


def test_told_bits_are_state_and_cost_nothing_unless_shared():
    senses = [sense(n, p, ScriptedSaccades([])) for n, p in (("eye", "1/10"), ("ear", "1/100"))]
    assert "told" not in Simulation(*senses).state["eye"]
    assert torch.equal(Simulation(*senses, streams=2, shared_saccades=True).state["ear"]["told"], torch.zeros(2).bool())
