"""The health of learning: rank and life of features, alignment of weights, wrong pairs and likeness of pairs."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from streamsim.contracts import DataError, Split, State, require
from streamsim.evaluation import ObjectHistory, Pooled, Readout, Row, Tally, survey
from streamsim.simulation import Instrument, Pathway, Simulation, TickRecord

from .rows import Write, count, find, position
from .schedule import TickSchedule


class Health(Instrument):
    """Looks after the health of one pathway's agent; rows go to health.jsonl and to `rows`.

    Args:
        schedule: when; by default before the first frame and every 1000 ticks.
        sample_every: ticks from one look at the pairs compared to the next, when the device is waited for; a prime,
            lest it beat with fixations of a fixed length.
        depth: ticks for which the truth is remembered, to judge pairs by; older pairs are left out.
        frames: labelled frames for ranks and dead units.
        readout: how a layer's activity becomes features.
        write: takes every row, e.g. into the run folder; may be set later.
        pathway: name of the pathway, by default the first.
    """

    def __init__(
        self,
        schedule: TickSchedule = TickSchedule(every=1000),
        *,
        sample_every: int = 11,
        depth: int = 512,
        frames: int = 256,
        readout: Readout = Pooled(),
        write: Write | None = None,
        pathway: str | None = None,
    ) -> None:
        for name, value in (("sample_every", sample_every), ("depth", depth)):
            require(value >= 1, f"Health.{name} must be at least 1 tick (got {value})")
        require(frames >= 2, f"Health.frames must be at least 2 (got {frames})")
        self.schedule = schedule
        self.sample_every = sample_every
        self.depth = depth
        self.frames = frames
        self.readout = readout
        self.write = write
        self.pathway = pathway
        self.rows: list[Row] = []
        self._history: ObjectHistory | None = None
        self._tally = Tally()
        self._likeness = torch.zeros(2, 1, 1, dtype=torch.float64)  # sums over ticks, and how many were known
        self._saccades = 0
        self._last = -1

    def start(self, simulation: Simulation) -> None:
        """Survey the network as drawn if the run begins here."""
        pathway = find(simulation, self.pathway)
        self._history = self._history or ObjectHistory(self.depth, simulation.streams)
        if simulation.ticks(pathway) == 0 and self._last < 0 and self.schedule.due(0):
            self._write_row(simulation, pathway, 0)

    def watch(self, record: TickRecord) -> None:
        """Remember the truth; look at the pairs now and then; survey the agent at the ticks of its schedule."""
        if record.pathway is not find(record.simulation, self.pathway) or self._history is None:
            return
        tick = record.glimpse.tick
        self._saccades += count(record.truth.saccade)
        self._history.add(tick, record.truth)
        if tick % self.sample_every == 0 and record.report.comparison is not None:
            self._tally.add(self._history, record.report.comparison, tick)
            if record.report.likeness is not None:
                alike = record.report.likeness().double().cpu()
                self._likeness = self._likeness + torch.stack((alike.nan_to_num(0.0), ~alike.isnan()))
        if self.schedule.due(tick + 1):
            self._write_row(record.simulation, record.pathway, tick + 1)

    def state(self) -> State:
        """Return what must survive a checkpoint."""
        counts = {"saccades": torch.tensor(self._saccades), "last": torch.tensor(self._last)}
        history = {} if self._history is None else {"history": self._history.state()}
        return {**counts, **history, "tally": self._tally.sums.clone(), "likeness": self._likeness.clone()}

    def restore(self, state: State) -> None:
        """Continue from what `state` returned; an empty state leaves everything as it is."""
        if not state:
            return
        self._saccades, self._last = int(state["saccades"]), int(state["last"])
        self._tally = Tally(state["tally"].clone())
        self._likeness = state.get("likeness", self._likeness).clone()  # runs of 0.1.0 have none
        if "history" in state:
            self._history = ObjectHistory(*state["history"]["object_id"].shape)
            self._history.restore(state["history"])

    def _write_row(self, simulation: Simulation, pathway: Pathway, tick: int) -> None:
        agent, state = pathway.agent, simulation.state[pathway.name]["agent"]
        row = {
            **position(simulation, pathway, tick, self._saccades),
            "layers": self._survey(pathway, state),
            "alignments": dict(agent.alignments(state)),
            "comparisons": self._tally.rates(),
            "likeness": likeness(agent.layers, self._likeness),
            "protocol": f"features of at most {self.frames} labelled test frames, {self.readout.protocol}; "
            f"pairs of 1 tick in {self.sample_every} since the row before, without those older than {self.depth} ticks",
        }
        self._tally, self._likeness, self._last = Tally(), torch.zeros_like(self._likeness), tick
        self.rows.append(row)
        if self.write is not None:
            self.write(row)

    def _survey(self, pathway: Pathway, state: State) -> dict[str, Row]:
        try:
            labelled = pathway.environment.labelled(Split.TEST)
        except DataError:
            return {}
        return survey(pathway.agent, state, labelled, self.frames, self.readout)


def likeness(layers: Sequence[str], sums: Tensor) -> Row:
    """Return the mean cosine of pairs of the same thing and of others for each layer, None where there were none."""
    means = (sums[0] / sums[1]).expand(len(layers), 2).tolist()
    known = [[None if math.isnan(x) else x for x in row] for row in means]
    return {name: dict(zip(("same", "other"), row, strict=True)) for name, row in zip(layers, known, strict=True)}
