"""Probing an agent while it learns, always beside the same network before learning."""

from dataclasses import dataclass

import torch

from streamsim.contracts import State, digest
from streamsim.evaluation import (
    ProbeProtocol,
    ProbeResult,
    Row,
    confusions,
    probe_baselines,
    probe_layers,
    tabulate,
)
from streamsim.simulation import Instrument, Pathway, Simulation, TickRecord

from .rows import Write, count, find, nowhere, position
from .schedule import TickSchedule


@dataclass(frozen=True)
class Reference:
    """What learning is measured against.

    Attributes:
        untrained: results in the network before learning.
        baselines: results in features that need no learning.
        digest: hash of the untrained state.
    """

    untrained: list[ProbeResult]
    baselines: list[ProbeResult]
    digest: str


class ProbeSchedule(Instrument):
    """Probes one pathway's agent at given ticks; rows go to probes.jsonl and to `rows`.

    Args:
        schedule: when; by default before the first frame and every 1000 ticks.
        protocol: probes, readout and numbers of examples.
        write: takes every row, e.g. into the run folder; may be set later.
        pathway: name of the pathway, by default the first.
        confuse: takes what the first probe confuses, a row for the uppermost and for the best layer.
    """

    def __init__(
        self,
        schedule: TickSchedule = TickSchedule(every=1000),
        protocol: ProbeProtocol = ProbeProtocol(),
        write: Write | None = None,
        pathway: str | None = None,
        confuse: Write | None = None,
    ) -> None:
        self.schedule = schedule
        self.protocol = protocol
        self.write: Write = write or nowhere
        self.pathway = pathway
        self.confuse: Write = confuse or nowhere
        self.rows: list[Row] = []
        self._saccades = 0
        self._last = -1
        self._reference: Reference | None = None

    def start(self, simulation: Simulation) -> None:
        """Probe the untrained network if the run begins here."""
        pathway = find(simulation, self.pathway)
        if simulation.ticks(pathway) == 0 and self._last < 0 and self.schedule.due(0):
            self._probe(simulation, pathway, 0)

    def watch(self, record: TickRecord) -> None:
        """Count saccades; probe at the ticks of its schedule."""
        if record.pathway is not find(record.simulation, self.pathway):
            return
        self._saccades += count(record.truth.saccade)
        if self.schedule.due(record.glimpse.tick + 1):
            self._probe(record.simulation, record.pathway, record.glimpse.tick + 1)

    def state(self) -> State:
        """Return what must survive a checkpoint; the reference is derived again from the seed."""
        return {"saccades": torch.tensor(self._saccades), "last": torch.tensor(self._last)}

    def restore(self, state: State) -> None:
        """Continue from what `state` returned; an empty state leaves everything as it is."""
        if state:
            self._saccades, self._last = int(state["saccades"]), int(state["last"])

    def _probe(self, simulation: Simulation, pathway: Pathway, tick: int) -> None:
        reference = self._reference = self._reference or self._refer(simulation, pathway)
        agent = simulation.state[pathway.name]["agent"]
        learned = tick > 0 or digest(agent) != reference.digest
        now = probe_layers(pathway.agent, agent, pathway.environment, self.protocol) if learned else reference.untrained
        self._last = tick
        where = position(simulation, pathway, tick, self._saccades)
        known = reference.baselines
        for row in tabulate(now + known, reference.untrained + known, pathway.environment, pathway.agent):
            self.rows.append({**where, **row})
            self.write(self.rows[-1])
        for row in confusions(now, pathway.environment.classes):
            self.confuse({**where, **row})

    def _refer(self, simulation: Simulation, pathway: Pathway) -> Reference:
        agent = simulation.untrained(pathway)
        world = pathway.environment
        baselines = probe_baselines(world, self.protocol) if self.protocol.pixels else []
        return Reference(probe_layers(pathway.agent, agent, world, self.protocol), baselines, digest(agent))
