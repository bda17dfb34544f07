"""Probing an agent while it learns and afterwards, always beside the same network before learning."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import torch

from .agent import Agent
from .checkpoints import revive
from .confusion import confusions
from .environment import Environment
from .errors import DataError
from .examination import Examination, Finding, examine, examine_baselines
from .instrument import Instrument, Moment
from .occasions import Occasions
from .pathway import Pathway
from .rows import Row, Write, count, find, nowhere, position
from .simulation import Simulation
from .tree import State, digest


def evaluate(
    agent: Agent,
    state: State,
    environment: Environment,
    examination: Examination | None = None,
    untrained: State | None = None,
) -> list[Row]:
    """Return one row per layer and probe: bottom to top, all layers together, then what needs no learning.

    Args:
        agent: who is examined; it does not learn, and its state is not touched.
        state: its state.
        environment: gives the labelled frames.
        examination: probes, readout and numbers of examples.
        untrained: its state before learning, examined in the same way and put beside it.

    Raises:
        DataError: the world has no labels, or no labelled recording can be read.
    """
    examination = examination or Examination()
    earlier = [] if untrained is None else examine(agent, untrained, environment, examination)
    baselines = examine_baselines(environment, examination) if examination.pixels else []
    now = examine(agent, state, environment, examination)
    return tabulate(now + baselines, earlier + baselines, environment, agent)


def tabulate(findings: list[Finding], untrained: list[Finding], environment: Environment, agent: Agent) -> list[Row]:
    """Return *findings* as rows beside those before learning and blind guessing (one in the number of classes).

    Every row names what *agent* compares with what while it learns, if it can say so (`describe`).
    """
    before = {(f.layer, f.probe): f.accuracy for f in untrained}
    return [
        {
            "probe": finding.probe,
            "layer": finding.layer,
            "baseline": finding.baseline,
            "accuracy": finding.accuracy,
            "untrained": before.get((finding.layer, finding.probe)),
            "chance": 1 / len(environment.classes),
            "protocol": finding.protocol,
            "pairs": agent.describe(),
            "n_train": finding.n_train,
            "n_test": finding.n_test,
            "wall": finding.wall,
        }
        for finding in findings
    ]


def untrained_state(pathway: Pathway, streams: int, seed: int, device: torch.device) -> State:
    """Return the agent's state before its first tick, derived again from the seed."""
    agent: State = pathway.reset(streams, seed, device)["agent"]
    return agent


@dataclass(frozen=True)
class Reference:
    """What learning is measured against.

    Attributes:
        untrained: findings in the network before learning.
        baselines: findings in features that need no learning.
        digest: hash of the untrained state.
    """

    untrained: list[Finding]
    baselines: list[Finding]
    digest: str


class ProbeSchedule(Instrument):
    """Probes one pathway's agent on given occasions; rows go to probes.jsonl and to `rows`.

    Args:
        occasions: when; by default before the first frame and every 1000 ticks.
        examination: probes, readout and numbers of examples.
        write: takes every row, e.g. into the run folder; may be set later.
        pathway: name of the pathway, by default the first.
        confuse: takes what the first probe confuses, a row for the uppermost and for the best layer.
    """

    def __init__(
        self,
        occasions: Occasions | None = None,
        examination: Examination | None = None,
        write: Write | None = None,
        pathway: str | None = None,
        confuse: Write | None = None,
    ) -> None:
        self.occasions = occasions or Occasions(every=1000)
        self.examination = examination or Examination()
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
        if simulation.ticks(pathway) == 0 and self._last < 0 and self.occasions.due(0):
            self._probe(simulation, pathway, 0)

    def watch(self, moment: Moment) -> None:
        """Count saccades; probe on an occasion."""
        if moment.pathway is not find(moment.simulation, self.pathway):
            return
        self._saccades += count(moment.truth.saccade)
        if self.occasions.due(moment.glimpse.tick + 1):
            self._probe(moment.simulation, moment.pathway, moment.glimpse.tick + 1)

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
        now = examine(pathway.agent, agent, pathway.environment, self.examination) if learned else reference.untrained
        self._last = tick
        where = position(simulation, pathway, tick, self._saccades)
        known = reference.baselines
        for row in tabulate(now + known, reference.untrained + known, pathway.environment, pathway.agent):
            self.rows.append({**where, **row})
            self.write(self.rows[-1])
        for row in confusions(now, pathway.environment.classes):
            self.confuse({**where, **row})

    def _refer(self, simulation: Simulation, pathway: Pathway) -> Reference:
        agent = untrained_state(pathway, simulation.streams, simulation.seed, simulation.device)
        world = pathway.environment
        baselines = examine_baselines(world, self.examination) if self.examination.pixels else []
        return Reference(examine(pathway.agent, agent, world, self.examination), baselines, digest(agent))


def probe_run(folder: Path) -> list[Row]:
    """Return the probes of a run as its newest checkpoint left it; nothing is written.

    Raises:
        RunFolderError: *folder* holds no run.
        DataError: its only world has no labels; of several, those without are passed over with a warning.
    """
    configuration, simulation, found, damaged = revive(folder)
    for sentence in damaged:
        warnings.warn(sentence, stacklevel=2)
    examination = configuration.experiment.probes or Examination()
    kept = found.state["instruments"] if found else {}
    rows: list[Row] = []
    for pathway in simulation.pathways:
        try:
            rows += probe_pathway(simulation, pathway, examination, kept)
        except DataError as error:
            if len(simulation.pathways) == 1:
                raise
            warnings.warn(f"no probes of {pathway.name}: {error}", stacklevel=2)
    return rows


def probe_pathway(simulation: Simulation, pathway: Pathway, examination: Examination, kept: State) -> list[Row]:
    """Return the probes of one pathway; *kept* is what instruments remember of it, by name."""
    untrained = untrained_state(pathway, simulation.streams, simulation.seed, simulation.device)
    agent = simulation.state[pathway.name]["agent"]
    rows = evaluate(pathway.agent, agent, pathway.environment, examination, untrained)
    schedule = kept.get("ProbeSchedule" if len(simulation.pathways) == 1 else f"ProbeSchedule.{pathway.name}", {})
    where = position(simulation, pathway, simulation.ticks(pathway), int(schedule.get("saccades", 0)))
    return [{**where, **row} for row in rows]
