"""Probing an agent while it learns, always beside the same network before learning."""

from dataclasses import dataclass

import torch

from streamsim.contracts import State, digest
from streamsim.evaluation import (
    Controls,
    ProbeProtocol,
    ProbeResult,
    Row,
    Score,
    Scores,
    confusions,
    probe_baselines,
    probe_layers,
    scores_of,
    tabulate,
)
from streamsim.simulation import Instrument, Pathway, Simulation, TickRecord

from .rows import Write, count, find, nowhere, position
from .schedule import TickSchedule


@dataclass(frozen=True)
class Reference:
    """What needs no tick to be known.

    Attributes:
        drawn: results in the network as drawn.
        baselines: results in features that need no learning.
        digest: hash of what these depend on, as drawn.
    """

    drawn: list[ProbeResult]
    baselines: list[ProbeResult]
    digest: str


class ProbeSchedule(Instrument):
    """Probes one pathway's agent at given ticks; rows go to probes.jsonl and to `rows`.

    It probes too at the tick at which the agent has looked enough and begins to learn, whatever the schedule, for what
    is learnt is measured against the network as it is then; the row of that tick has "tick" equal to "looks".

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
        self._calibrated: Scores = {}

    def start(self, simulation: Simulation) -> None:
        """Probe the network as drawn if the run begins here."""
        pathway = find(simulation, self.pathway)
        if simulation.ticks(pathway) == 0 and self._last < 0 and self.schedule.due(0):
            self.probe(simulation)

    def watch(self, record: TickRecord) -> None:
        """Count saccades; probe at the ticks of its schedule, and at the one at which looking ends."""
        if record.pathway is not find(record.simulation, self.pathway):
            return
        self._saccades += count(record.truth.saccade)
        tick = record.glimpse.tick + 1
        if self.schedule.due(tick) or tick == record.pathway.agent.looks:
            self.probe(record.simulation)

    def state(self) -> State:
        """Return what must survive a checkpoint; what the seed draws is derived again from it."""
        calibrated: State = {}
        for (layer, probe), score in self._calibrated.items():
            calibrated.setdefault(layer, {})[probe] = {"right": score.right, "sizes": score.sizes}
        return {"saccades": torch.tensor(self._saccades), "last": torch.tensor(self._last), "calibrated": calibrated}

    def restore(self, state: State) -> None:
        """Continue from what `state` returned; an empty state leaves everything as it is."""
        if not state:
            return
        self._saccades, self._last = int(state["saccades"]), int(state["last"])
        self._calibrated = {
            (layer, probe): Score(kept["right"], kept["sizes"])
            for layer, probes in state.get("calibrated", {}).items()  # 0.1.0 knew none
            for probe, kept in probes.items()
        }

    def probe(self, simulation: Simulation) -> list[Row]:
        """Probe the agent as it is now; return the rows, which are written too.

        Raises:
            DataError: the world has no labels, or none of its labelled recordings can be read.
        """
        pathway = find(simulation, self.pathway)
        tick = self._last = simulation.ticks(pathway)
        reference = self._reference = self._reference or self._refer(simulation, pathway)
        now = self._judge(simulation, pathway, reference)
        if pathway.agent.looks and tick == pathway.agent.looks:
            self._calibrated = scores_of(now)
        drawn = scores_of(reference.drawn)
        controls = Controls(drawn, self._calibrated if pathway.agent.looks else drawn)
        where = position(simulation, pathway, tick, self._saccades)
        rows = [{**where, **row} for row in tabulate(now + reference.baselines, controls, pathway.agent)]
        self.rows += rows
        for row in rows:
            self.write(row)
        for row in confusions(now, pathway.environment.classes):
            self.confuse({**where, **row})
        return rows

    def _judge(self, simulation: Simulation, pathway: Pathway, reference: Reference) -> list[ProbeResult]:
        """Return the results of now, which are those of the network as drawn while that has not changed."""
        agent, state = pathway.agent, simulation.state[pathway.name]["agent"]
        if digest(agent.feature_state(state)) == reference.digest:
            return reference.drawn
        return probe_layers(agent, state, pathway.environment, self.protocol)

    def _refer(self, simulation: Simulation, pathway: Pathway) -> Reference:
        drawn = simulation.drawn(pathway)
        world = pathway.environment
        baselines = probe_baselines(world, self.protocol) if self.protocol.pixels else []
        results = probe_layers(pathway.agent, drawn, world, self.protocol)
        return Reference(results, baselines, digest(pathway.agent.feature_state(drawn)))
