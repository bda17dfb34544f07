"""The clock and what runs on it: gaze, efference copy, pathways, instruments."""

from .efference import EfferenceCopy
from .gaze import BernoulliSaccades, FixedFixation, Gaze, RandomFixation, ScriptedSaccades
from .instrument import Instrument, TickRecord
from .pathway import Pathway
from .simulation import Simulation

__all__ = [
    "BernoulliSaccades",
    "EfferenceCopy",
    "FixedFixation",
    "Gaze",
    "Instrument",
    "Pathway",
    "RandomFixation",
    "ScriptedSaccades",
    "Simulation",
    "TickRecord",
]
