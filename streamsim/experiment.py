"""What an experiment is: a world, an agent, and how long they meet."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .agent import Agent
from .efference import EfferenceCopy
from .environment import Environment
from .errors import require
from .examination import Examination
from .gaze import Gaze, Hazard
from .instrument import Instrument
from .pathway import Pathway
from .simulation import Simulation


@dataclass(frozen=True)
class Experiment:
    """All that a run is made of; the command line sets every field by its dotted name.

    Args:
        environment: the world to look at.
        agent: who learns.
        gaze: when to saccade.
        efference: how the agent is told of its saccades.
        probes: what probes are asked before, during and after the run; null for no probes.
        streams: parallel streams; one is a strictly online learner.
        seed: the only source of randomness.
        device: where pixels and weights live: cpu, cuda or cuda:N.
        ticks: length of the run.
        metrics_every: ticks from one line of metrics to the next.
        probe_every: ticks from one probe to the next; 0 probes before and after the run only.
        online_probe_every: ticks that a score of the online probe covers; 0 for no online probe, which costs time at
            every tick.
        health: whether the health of learning is looked after, whenever there is a probe.
        film: whether the first and the last frames are kept.
        checkpoint_every: ticks from one checkpoint to the next; there is always one at the end.
        checkpoints_kept: how many of the latest checkpoints stay on disk.
    """

    environment: Environment
    agent: Agent
    gaze: Gaze = field(default_factory=Hazard)
    efference: EfferenceCopy = field(default_factory=EfferenceCopy)
    probes: Examination | None = field(default_factory=Examination)
    streams: int = 1
    seed: int = 0
    device: str = "cpu"
    ticks: int = 1000
    metrics_every: int = 10
    probe_every: int = 0
    online_probe_every: int = 0
    health: bool = True
    film: bool = True
    checkpoint_every: int = 500
    checkpoints_kept: int = 2

    def __post_init__(self) -> None:
        for name in ("streams", "ticks", "metrics_every", "checkpoint_every", "checkpoints_kept"):
            value = getattr(self, name)
            require(value >= 1, f"{name} must be at least 1 (got {value}): give --{name} 1 or more")
        for name in ("probe_every", "online_probe_every"):
            require(getattr(self, name) >= 0, f"{name} must be 0 or more ticks (got {getattr(self, name)})")
        require(0 <= self.seed < 2**63, f"seed must lie between 0 and 2^63 - 1 (got {self.seed})")

    def build(self, instruments: Sequence[Instrument] = ()) -> Simulation:
        """Return the simulation, before its first tick."""
        return Simulation(
            Pathway(self.environment, self.agent, self.gaze, self.efference),
            instruments=instruments,
            streams=self.streams,
            seed=self.seed,
            device=self.device,
        )
