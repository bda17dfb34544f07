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
    UntrustedError,
    nearest,
    normal,
    one_line,
    require,
    suggestion,
    visible,
)
from .labelled import Labelled, Sequences, Split, Stretch
from .records import Glimpse, GroundTruth, Scene, Sensor, seconds
from .rng import derive, generator_from, generator_state
from .tree import State, digest, flatten, leaves, size_in_bytes, snapshot, transform, unflatten
from .trust import imports_limited, package_of, require_importable, require_place, trusting

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
    "UntrustedError",
    "derive",
    "digest",
    "flatten",
    "generator_from",
    "generator_state",
    "imports_limited",
    "leaves",
    "nearest",
    "normal",
    "one_line",
    "package_of",
    "require",
    "require_importable",
    "require_place",
    "seconds",
    "size_in_bytes",
    "snapshot",
    "suggestion",
    "transform",
    "trusting",
    "unflatten",
    "visible",
]
