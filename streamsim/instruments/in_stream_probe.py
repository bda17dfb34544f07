"""Probes on what the stream has shown, to stand beside those on what it has not."""

from collections.abc import Mapping

import torch
from torch import Tensor

from streamsim.contracts import (
    Baseline,
    Environment,
    Labelled,
    Scene,
    Sensor,
    Sequences,
    Split,
    State,
    derive,
    generator_from,
    generator_state,
    require,
    snapshot,
)
from streamsim.evaluation import ProbeProtocol, Row, evaluate, parts_of
from streamsim.simulation import Instrument, Simulation, TickRecord

from .rows import Write, count, find, nowhere, position
from .schedule import TickSchedule

WHERE = "in-stream"


class InStreamProbe(Instrument):
    """Probes one pathway's agent on frames that it has learnt from: the in-stream score of one continuous stream.

    The probes are those of `ProbeSchedule`, and learn from the same half of the world's labelled data. They are tested
    on a uniform sample of the frames that the agent was shown (Vitter 1985, algorithm R), with their true labels.
    What it gains on these and not on the test half of `ProbeSchedule`, which is out of the stream, it knows of what it
    saw. The two are not equally hard, so that the network before learning stands beside either; the state of the
    calibrated one is kept for that.

    Args:
        schedule: when; never before the first frame.
        protocol: probes, readout and numbers of examples.
        examples: frames that are kept to test on, at least 1.
        write: takes every row, e.g. into the run folder; may be set later.
        pathway: name of the pathway, by default the first.
    """

    def __init__(
        self,
        schedule: TickSchedule = TickSchedule(every=1000),
        protocol: ProbeProtocol = ProbeProtocol(),
        examples: int = 1000,
        write: Write | None = None,
        pathway: str | None = None,
    ) -> None:
        require(examples >= 1, f"InStreamProbe.examples must be at least 1 frame (got {examples})")
        self.schedule = schedule
        self.protocol = protocol
        self.examples = examples
        self.write: Write = write or nowhere
        self.pathway = pathway
        self.rows: list[Row] = []
        self._saccades = 0
        self._kept: State = {}
        self._calibrated: State = {}

    def watch(self, record: TickRecord) -> None:
        """Keep some of the frames; probe at the ticks of its schedule."""
        if record.pathway is not find(record.simulation, self.pathway):
            return
        self._saccades += count(record.truth.saccade)
        self._kept = self._kept or self._nothing(record)
        self._keep(record)
        tick = record.glimpse.tick + 1
        if tick == record.pathway.agent.looks:
            self._calibrated = snapshot(record.simulation.state[record.pathway.name]["agent"])
        if self.schedule.due(tick):
            self._probe(record.simulation, tick)

    def state(self) -> State:
        """Return what must survive a checkpoint."""
        kept, calibrated = snapshot(self._kept), snapshot(self._calibrated)
        return {"saccades": torch.tensor(self._saccades), "kept": kept, "calibrated": calibrated}

    def restore(self, state: State) -> None:
        """Continue from what `state` returned; an empty state leaves everything as it is."""
        if state:
            self._saccades, self._kept = int(state["saccades"]), snapshot(state.get("kept", {}))
            self._calibrated = snapshot(state.get("calibrated", {}))

    def _nothing(self, record: TickRecord) -> State:
        seed = derive(record.simulation.seed, WHERE, record.pathway.name)
        return {
            "frames": record.glimpse.frame.new_zeros(self.examples, *record.glimpse.frame.shape[1:]),
            "labels": torch.full((self.examples,), -1),
            "fixations": torch.full((self.examples,), -1),
            "begun": torch.zeros(record.glimpse.frame.shape[0], dtype=torch.int64),
            "seen": torch.zeros((), dtype=torch.int64),
            "generator": generator_state(seed),
        }

    def _keep(self, record: TickRecord) -> None:
        frame, label = record.glimpse.frame, record.truth.label
        kept, generator = self._kept, generator_from(self._kept["generator"])
        kept["begun"] += record.truth.saccade
        fixation = kept["begun"] * len(label) + torch.arange(len(label))
        number = kept["seen"] + torch.arange(len(label))
        chance = torch.rand(len(label), generator=generator, dtype=torch.float64)
        place = torch.where(number < self.examples, number, (chance * (number + 1)).long())
        # one by one, for two streams may be given the same place
        for stream in torch.nonzero(place < self.examples)[:, 0].tolist():
            kept["frames"][int(place[stream])] = frame[stream]
            kept["labels"][place[stream]] = label[stream]
            kept["fixations"][place[stream]] = fixation[stream]
        kept["seen"] += len(label)
        kept["generator"] = generator.get_state()

    def _probe(self, simulation: Simulation, tick: int) -> None:
        if bool((self._kept["labels"] < 0).all()):
            return
        pathway = find(simulation, self.pathway)
        agent, drawn = simulation.state[pathway.name]["agent"], simulation.drawn(pathway)
        world = Shown(pathway.environment, self._kept)
        where = position(simulation, pathway, tick, self._saccades)
        for row in evaluate(pathway.agent, agent, world, self.protocol, drawn, self._calibrated or None):
            words = f"{row['protocol']}, tested on a sample of the frames that the stream has shown"
            told = {"probe": f"{row['probe']} {WHERE}", "examples": WHERE, "protocol": words}
            self.rows.append({**where, **row, **told})
            self.write(self.rows[-1])


class Shown(Environment):
    """A world whose test half is what a stream has shown.

    Args:
        world: all else is its.
        kept: frames and their labels, -1 where unknown.
    """

    def __init__(self, world: Environment, kept: State) -> None:
        self.world = world
        self.kept = kept

    @property
    def sensor(self) -> Sensor:
        """The world's."""
        return self.world.sensor

    @property
    def classes(self) -> tuple[str, ...]:
        """The world's."""
        return self.world.classes

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        """The world's."""
        return self.world.baselines

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """See `Environment.reset`: the world's."""
        return self.world.reset(streams, seed, device)

    def look(self, state: State, saccade: Tensor) -> tuple[State, Scene]:
        """See `Environment.look`: the world's."""
        return self.world.look(state, saccade)

    def labelled(self, split: Split) -> Labelled | Sequences:
        """See `Environment.labelled`."""
        if split is Split.TRAIN:
            return self.world.labelled(split)
        frames = self.kept["frames"]

        def fetch(chosen: Tensor) -> Tensor:
            found: Tensor = frames[chosen.to(frames.device)].cpu()[:, None]
            return found

        return Labelled(self.kept["labels"], fetch, self.kept["fixations"])


def labels_single_frames(world: Environment) -> bool:
    """Return whether labelled examples of *world* are what a stream shows in a tick, and so can be compared with it.

    Raises:
        DataError: the world has no labels.
    """
    examples = world.labelled(Split.TRAIN)
    return isinstance(examples, Labelled) and parts_of(examples) == 1
