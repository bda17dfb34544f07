"""streamsim: agents that learn online, one frame at a time, with local plasticity and a small short-term memory."""

from .agent import Agent, Comparison, Report
from .damage import OnDamaged
from .efference import EfferenceCopy
from .environment import Baseline, Environment, Labelled, Sequences, Split, Stretch
from .errors import ConfigurationError, DataError, MemoryCapError, RunFolderError, StreamsimError
from .gaze import FixedFixation, Gaze, Hazard, RandomFixation, Script
from .glimpse import Glimpse, Scene, Truth
from .instrument import Instrument, Moment
from .ledger import Ledger
from .pathway import Pathway
from .sensor import Sensor, seconds
from .simulation import Simulation
from .tree import State

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "Baseline",
    "Comparison",
    "ConfigurationError",
    "DataError",
    "EfferenceCopy",
    "Environment",
    "FixedFixation",
    "Gaze",
    "Glimpse",
    "Hazard",
    "Instrument",
    "Labelled",
    "Ledger",
    "MemoryCapError",
    "Moment",
    "OnDamaged",
    "Pathway",
    "RandomFixation",
    "Report",
    "RunFolderError",
    "Scene",
    "Script",
    "Sensor",
    "Sequences",
    "Simulation",
    "Split",
    "State",
    "StreamsimError",
    "Stretch",
    "Truth",
    "seconds",
]
