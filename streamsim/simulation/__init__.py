"""The clock and what runs on it: gaze, order of frames, efference copy, pathways, instruments."""

from .devices import placed
from .efference import EfferenceCopy
from .gaze import BernoulliSaccades, FixedFixation, Gaze, RandomFixation, ScriptedSaccades
from .instrument import Instrument, TickRecord
from .intervention import Intervention
from .memory import in_words, physical, shortage
from .order import FrameOrder, InOrder, Seen, Shuffled
from .pathway import Pathway
from .simulation import Simulation
from .team import processes, rank, size

__all__ = [
    "BernoulliSaccades",
    "EfferenceCopy",
    "FixedFixation",
    "FrameOrder",
    "Gaze",
    "InOrder",
    "Instrument",
    "Intervention",
    "Pathway",
    "RandomFixation",
    "ScriptedSaccades",
    "Seen",
    "Shuffled",
    "Simulation",
    "TickRecord",
    "in_words",
    "physical",
    "placed",
    "processes",
    "rank",
    "shortage",
    "size",
]
