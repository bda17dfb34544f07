"""Eye and ear on one clock, on genuine recordings: exact resume in the middle of a clip and of an utterance."""

from fractions import Fraction

import pytest

from streamsim import BernoulliSaccades, FixedFixation, Instrument, Pathway, ScriptedSaccades, Simulation
from streamsim.environments import UCF101, Speech, SpeechFolder

from ...streamsim.toys import LinearLearner


class Begun(Instrument):
    """Notes when fixations of the first stream begin, in seconds."""

    def __init__(self):
        self.times = {"eye": [], "ear": []}

    def watch(self, record):
        if record.truth.saccade[0]:
            self.times[record.pathway.name].append(record.glimpse.tick * record.pathway.period)


def simulation(clips, speech, gaze, seed=0, shared=True):
    """Both senses, made anew from the files."""
    eye = Pathway(UCF101(str(clips), size=8, colour=False, longest=9), LinearLearner(), ScriptedSaccades([]))
    ear = Pathway(Speech(SpeechFolder(str(speech))), LinearLearner(0.001), gaze, name="ear")
    return Simulation(eye, ear, streams=2, seed=seed, shared_saccades=shared)


@pytest.mark.realdata
@pytest.mark.filterwarnings("ignore:.*clips in the lists of UCF-101 are absent")
@pytest.mark.parametrize(
    ("shared", "gaze"), [(True, FixedFixation(64)), (True, BernoulliSaccades(0.01)), (False, ScriptedSaccades([]))]
)
def test_a_run_interrupted_in_a_clip_and_in_an_utterance_continues_identically(ucf101, recordings, shared, gaze):
    speech = recordings("aligned_speech")
    whole, first, rest = (simulation(ucf101, speech, gaze, seed, shared) for seed in (0, 0, 5))
    begun = Begun()
    whole.instruments.append(begun)
    whole.run(23)
    first.run(14)
    rest.run(3)
    rest.restore(first.snapshot())
    assert rest.ticks(rest.pathways[1]) == 140
    # both senses are in the middle of something
    assert all(Fraction(14, 10) not in times for times in begun.times.values())
    rest.run(9)
    assert rest.digest() == whole.digest()
    eye, ear = (begun.times[name] for name in ("eye", "ear"))
    apart = max(min(abs(a - b) for b in ear) for a in eye)
    assert len(eye) > 2
    assert (apart <= Fraction(1, 10)) == shared
