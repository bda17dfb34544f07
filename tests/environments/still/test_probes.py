"""What can be read from real recordings without any agent, by the probes of phones, speakers and actions."""

import pytest

from streamsim.environments import UCF101, LibriSpeech, Speech, SpeechFolder
from streamsim.evaluation.probe import LinearProbe
from streamsim.evaluation.protocol import ProbeProtocol, probe_baselines
from streamsim.evaluation.readout import Averaged, Pooled

pytestmark = pytest.mark.realdata


def found(world, **settings):
    """Return what a linear probe finds, by name."""
    return {f.layer: f for f in probe_baselines(world, ProbeProtocol([LinearProbe()], **settings))}


def test_phones_of_single_ticks(recordings):
    known = found(Speech(SpeechFolder(recordings("aligned_speech"))), readout=Averaged(), ticks=3000)
    assert (known["MFCC"].n_train, known["MFCC"].n_test) == (3000, 1500)
    # 39.7 % of LibriSpeech in Illing et al. 2021
    assert 0.33 < known["MFCC"].accuracy < 0.48
    assert known["waveform"].accuracy < known["MFCC"].accuracy - 0.1


def test_speakers_of_whole_utterances(recordings):
    known = found(LibriSpeech(recordings("librispeech"), "test-other"), readout=Averaged())
    assert (known["MFCC"].n_train, known["MFCC"].n_test) == (60, 10)
    assert known["MFCC"].accuracy >= 0.7
    assert known["MFCC"].confusion.sum(1).tolist() == [1] * 10


def test_actions_of_whole_clips(ucf101):
    with pytest.warns(UserWarning, match="absent"):
        world = UCF101(str(ucf101), size=24, colour=False, probe_longest=9)
    known = found(world, readout=Pooled())
    assert (known["pixels"].n_train, known["pixels"].n_test) == (48, 18)
    assert known["pixels"].accuracy > 0.2
