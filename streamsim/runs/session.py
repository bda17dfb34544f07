"""One stretch of a run in its folder: from the start or the last checkpoint to the end, or to a signal."""

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from streamsim.config import Configuration, Experiment
from streamsim.contracts import RunFolderError, digest, labels_told, size_in_bytes
from streamsim.instruments import NaNGuard, ProgressBar, TensorBoard
from streamsim.simulation import Pathway, Simulation
from streamsim.storage import replace_file

from .checkpointing import Checkpoints, Contribution
from .default_instruments import FILES, RunInstruments, ticks_of
from .folder import RunFolder, explained
from .process import Interruption
from .revival import follow
from .rows import read_summary


@dataclass(frozen=True)
class Ending:
    """How a stretch ended.

    Attributes:
        finished: whether the run is complete.
        signal: the signal that ended it, or None.
    """

    finished: bool
    signal: int | None


class Course:
    """How far a run is, as each process that takes part in it sees it."""

    simulation: Simulation
    experiment: Experiment

    @property
    def left(self) -> int:
        """Ticks of the first pathway that are still to be run."""
        return max(0, self.experiment.ticks - self.simulation.ticks())

    @property
    def finished(self) -> bool:
        """Whether every pathway is at the end of the run."""
        return self.simulation.reached(self.experiment.ticks)


class Session(Course):
    """A simulation with everything that watches it in a run folder.

    Args:
        folder: where it lives, locked.
        configuration: what to run.
        simulation: built from it, before its first tick.
        console: where progress is shown.
        tensorboard: whether TensorBoard watches too.
    """

    def __init__(
        self,
        folder: RunFolder,
        configuration: Configuration,
        simulation: Simulation,
        console: Console,
        tensorboard: bool = False,
    ) -> None:
        self.folder = folder
        self.simulation = simulation
        self.experiment = configuration.experiment
        self.interruption = Interruption()
        self.instruments = RunInstruments(self.experiment, folder.path, console)
        guard = NaNGuard(others=self.instruments.looks)
        self.checkpoints = Checkpoints(folder.path, configuration, self.instruments.kept, guard, FILES)
        metrics = self.instruments.metrics
        views = [TensorBoard(folder.path / "tensorboard", metrics)] if tensorboard else []
        progress = ProgressBar(console, self.experiment.ticks, metrics, self.instruments.probes)
        simulation.instruments = [
            progress,
            guard,
            *self.instruments.kept.values(),
            *views,
            self.interruption,
            self.checkpoints,
        ]

    def recover(self) -> list[str]:
        """Continue from the newest whole checkpoint; return warnings."""
        return self.checkpoints.recover(self.simulation)

    @property
    def summarised(self) -> bool:
        """Whether the folder holds a summary, and it is of this very state."""
        present = self.simulation.digest()  # for which all processes are asked, whatever the summary
        try:
            told = read_summary(self.folder.path)
        except RunFolderError:
            return False
        return told.get("digest") == present and "pathways" in told

    def run(self) -> Ending:
        """Run to the end or to a signal, and save."""
        began = time.monotonic()
        with self.interruption, explained(self.folder.path), closing(self.instruments):
            self.simulation.run(self.left)
            self.checkpoints.save(self.simulation)
            if self.finished:
                self._summarise(time.monotonic() - began)
        return Ending(self.finished, self.interruption.signal)

    def _summarise(self, wall: float) -> None:
        simulation, state = self.simulation, self.simulation.whole()
        pathways = {p.name: facts(simulation, p) for p in simulation.pathways}
        summary = {
            "ticks": simulation.ticks(),
            "seconds": simulation.seconds,
            "streams": simulation.streams,
            "digest": digest(state),
            "state_bytes": size_in_bytes(state),
            "ledger": together(found["ledger"] for found in pathways.values()),
            "labels_told": sum(found["labels_told"] for found in pathways.values()),
            "damaged": sum(found["damaged"] for found in pathways.values()),
            "pathways": pathways,
            "wall": {"seconds_since_start_or_resume": wall},
        }
        replace_file(self.folder.path / "summary.json", json.dumps(summary, indent=2) + "\n")


class Companion(Course):
    """A process that shares the streams of a run; what it learns of them is saved and shown by the first process.

    Args:
        configuration: what to run.
        simulation: built from it, before its first tick.
    """

    def __init__(self, configuration: Configuration, simulation: Simulation) -> None:
        self.simulation = simulation
        self.experiment = configuration.experiment
        self.interruption = Interruption()
        guard = NaNGuard(others={name: ticks_of(self.experiment, name) for name in self.experiment.senses})
        self.contribution = Contribution(self.experiment.checkpoint_every, guard)
        simulation.instruments = [guard, self.interruption, self.contribution]

    def recover(self, folder: Path) -> None:
        """Continue from the checkpoint in *folder* with which the first process goes on."""
        self.contribution.saved = follow(folder, self.simulation)
        if self.finished:
            self.simulation.whole()  # for `Session.summarised`

    def run(self) -> Ending:
        """Run to the end or to a signal, as the first process does; see `Session.run`."""
        with self.interruption:
            self.simulation.run(self.left)
            self.contribution.save(self.simulation)
            if self.finished:
                self.simulation.whole()  # for the summary
        return Ending(self.finished, self.interruption.signal)


def facts(simulation: Simulation, pathway: Pathway) -> dict[str, Any]:
    """Return what the summary says of one pathway."""
    state = simulation.state[pathway.name]
    ledger = pathway.agent.ledger(state["agent"])
    return {
        "ticks": simulation.ticks(pathway),
        "ledger": ledger.roles,
        "remembered": ledger.short_term,
        "labels_told": labels_told(pathway.agent, simulation.streams),
        "damaged": pathway.environment.damaged(state["environment"]),
    }


def together(ledgers: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the bytes of all *ledgers* by role."""
    found: dict[str, int] = {}
    for role, size in (item for ledger in ledgers for item in ledger.items()):
        found[role] = found.get(role, 0) + size
    return found
