"""Metrics: what agents report of themselves, averaged over some ticks, as JSON lines."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from streamsim.contracts import State, require
from streamsim.simulation import Instrument, Pathway, Simulation, TickRecord

from .rows import JsonLines, lasting


@dataclass
class Pending:
    """Reports that wait for their line."""

    rows: list[Float[Tensor, "layers quantities"]] = field(default_factory=list)
    saccades: list[Bool[Tensor, " streams"]] = field(default_factory=list)
    count: int = 0


@dataclass
class LineInterval:
    """How many ticks go into a line, and when the last one was written."""

    every: int
    since: float


class Metrics(Instrument):
    """Writes the mean of every quantity of every layer over the last *every* ticks, for every pathway.

    A tick costs two appends to lists and no tensor operation: reports are never written afterwards, so keeping them is
    safe, and the device is waited for only when a line is due. What depends on the machine's speed is under "wall".

    Args:
        path: the JSON-lines file.
        every: ticks of the first pathway from one line to the next; the others take as long.

    Attributes:
        last: the line written last.
        latest: the last line of every pathway, by name.
    """

    def __init__(self, path: Path, every: int = 10) -> None:
        require(every >= 1, f"Metrics.every must be at least 1 tick (got {every})")
        self.every = every
        self.last: dict[str, Any] = {}
        self.latest: dict[str, dict[str, Any]] = {}
        self._lines = JsonLines(path)
        self._pending: dict[str, Pending] = {}
        self._intervals: dict[str, LineInterval] = {}
        self._began = time.monotonic()

    def start(self, simulation: Simulation) -> None:
        """See `Instrument.start`."""
        self._began = time.monotonic()
        for pathway in simulation.pathways:
            self._pending.setdefault(pathway.name, Pending())
            every = lasting(self.every, simulation.pathways[0].period, pathway.period)
            self._intervals[pathway.name] = LineInterval(every, self._began)

    def watch(self, record: TickRecord) -> None:
        """See `Instrument.watch`."""
        pending = self._pending[record.pathway.name]
        pending.rows.append(record.report.metrics)
        pending.saccades.append(record.truth.saccade)
        if len(pending.rows) == self._intervals[record.pathway.name].every:
            self._drain(record.pathway, record.glimpse.tick + 1, pending)

    def stop(self, simulation: Simulation) -> None:
        """See `Instrument.stop`."""
        self._lines.close()

    def state(self) -> State:
        """See `Instrument.state`."""
        return {
            name: {
                "rows": stacked(pending.rows),
                "saccades": stacked(pending.saccades),
                "count": torch.tensor(pending.count),
            }
            for name, pending in self._pending.items()
        }

    def restore(self, state: State) -> None:
        """See `Instrument.restore`."""
        self._pending = {
            name: Pending(list(s["rows"]), list(s["saccades"]), int(s["count"])) for name, s in state.items()
        }

    def _drain(self, pathway: Pathway, tick: int, pending: Pending) -> None:
        means = torch.stack(pending.rows).double().nanmean(0).tolist()
        pending.count += int(torch.stack(pending.saccades).sum())
        now, interval = time.monotonic(), self._intervals[pathway.name]
        agent = pathway.agent
        self.last = self.latest[pathway.name] = {
            "tick": tick,
            "seconds": float(tick * pathway.period),
            "saccades": pending.count,
            "pathway": pathway.name,
            "layers": {
                n: dict(zip(agent.quantities, m, strict=True)) for n, m in zip(agent.layers, means, strict=True)
            },
            "wall": {
                "elapsed": now - self._began,
                "ticks_per_second": interval.every / max(now - interval.since, 1e-9),
            },
        }
        self._lines.write(self.last)
        interval.since = now
        pending.rows.clear()
        pending.saccades.clear()


def stacked(tensors: list[Tensor]) -> Tensor:
    """Return *tensors* on a new first axis, which may be empty."""
    return torch.stack(tensors) if tensors else torch.empty(0)
