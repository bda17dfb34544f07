"""What a plug-in must know: records, worlds, agents, errors, state and randomness. It imports nothing of ours."""

from .agent import Agent, Ledger, PairRecord, StepReport
from .environment import Baseline, Environment, OnDamaged
from .errors import (
    ConfigurationError,
    DataError,
    MemoryCapError,
    MissingSetting,
    RunFolderError,
    StreamsimError,
    UnknownSetting,
    nearest,
    normal,
    require,
    suggestion,
)
from .labelled import Labelled, Sequences, Split, Stretch
from .records import Glimpse, GroundTruth, Scene, Sensor, seconds
from .rng import derive, generator_from, generator_state
from .tree import State, digest, flatten, leaves, size_in_bytes, snapshot, transform, unflatten

__all__ = [
    "Agent",
    "Baseline",
    "ConfigurationError",
    "DataError",
    "Environment",
    "Glimpse",
    "GroundTruth",
    "Labelled",
    "Ledger",
    "MemoryCapError",
    "MissingSetting",
    "OnDamaged",
    "PairRecord",
    "RunFolderError",
    "Scene",
    "Sensor",
    "Sequences",
    "Split",
    "State",
    "StepReport",
    "StreamsimError",
    "Stretch",
    "UnknownSetting",
    "derive",
    "digest",
    "flatten",
    "generator_from",
    "generator_state",
    "leaves",
    "nearest",
    "normal",
    "require",
    "seconds",
    "size_in_bytes",
    "snapshot",
    "suggestion",
    "transform",
    "unflatten",
]
