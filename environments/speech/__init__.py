"""Worlds of speech."""

from .corpus import Corpus, Utterance
from .folder import SpeechFolder
from .labels import Speakers, SpeechLabels
from .librispeech import LibriSpeech, LibriSpeechCorpus
from .phones import Phones, PhonesOrSpeakers
from .world import Speech

__all__ = [
    "Corpus",
    "LibriSpeech",
    "LibriSpeechCorpus",
    "Phones",
    "PhonesOrSpeakers",
    "Speakers",
    "Speech",
    "SpeechFolder",
    "SpeechLabels",
    "Utterance",
]
