"""When a run is saved, and how it comes back."""

from collections.abc import Collection, Mapping
from pathlib import Path

from streamsim.config import Configuration
from streamsim.contracts import RunFolderError, State
from streamsim.instruments import NaNGuard, file_lengths, rewind_files
from streamsim.simulation import Instrument, Simulation, TickRecord
from streamsim.storage import Directory

from . import checkpoint
from .folder import explained
from .revival import fitting, newest_of, way_on
from .rows import read_metrics


class Contribution(Instrument):
    """What every process of a team does for a checkpoint: it hands over what it keeps of its own streams.

    It must be the last to watch a tick.

    Args:
        every: ticks of the first pathway from one checkpoint to the next.
        guard: asked before; the one that watches the run, for only it has seen the frames.
    """

    def __init__(self, every: int, guard: NaNGuard) -> None:
        self.every = every
        self.saved = -1
        self._guard = guard

    def watch(self, record: TickRecord) -> None:
        """See `Instrument.watch`."""
        first = record.simulation.pathways[0]
        if record.pathway is first and (record.glimpse.tick + 1) % self.every == 0:
            self.save(record.simulation)

    def save(self, simulation: Simulation) -> None:
        """Save, unless this tick is saved already.

        Raises:
            StreamsimError: the state is not worth saving, because it or a frame before it is not finite.
            RunFolderError: it cannot be written, e.g. because the disk is full; what was saved before is untouched.
        """
        # of all pathways: one that goes on after the last tick of the first must not be taken for saved
        tick = sum(simulation.ticks(p) for p in simulation.pathways)
        if tick == self.saved:
            return
        self._guard.inspect(simulation)
        self._keep(tick, simulation.whole())
        self.saved = tick

    def _keep(self, tick: int, state: State) -> None:
        """Write down the *state* of all streams; only one process does."""


class Checkpoints(Contribution):
    """Saves the simulation and what its instruments remember; must be the last to watch a tick.

    Args:
        folder: the run folder.
        configuration: of the run; checkpoints are good for it only.
        instruments: by name, whose state is saved too.
        guard: as for `Contribution`.
        files: names of the files of rows that the run writes, which go back with it to a checkpoint.
    """

    def __init__(
        self,
        folder: Path,
        configuration: Configuration,
        instruments: Mapping[str, Instrument],
        guard: NaNGuard,
        files: Collection[str],
    ) -> None:
        super().__init__(configuration.experiment.checkpoint_every, guard)
        self.folder = folder
        self.files = files
        self.configuration = configuration
        self.instruments = dict(instruments)

    def _keep(self, tick: int, state: State) -> None:
        state = {"simulation": state, "instruments": {n: i.state() for n, i in self.instruments.items()}}
        with explained(self.folder):
            lengths = file_lengths(self.folder, self.files)
            facts = {"configuration": self.configuration.tree, "lengths": lengths}
            place = Directory(self.folder).inside("checkpoints")
            checkpoint.save(place, tick, state, facts)
            checkpoint.prune(place, self.configuration.experiment.checkpoints_kept, tick)

    def recover(self, simulation: Simulation) -> list[str]:
        """Continue from the newest whole checkpoint, or from the start; return a warning for each damaged one.

        Raises:
            RunFolderError: the checkpoint belongs to another configuration or does not fit the simulation, the run is
                finished and none is left, or the folder cannot be written.
        """
        found, warnings = newest_of(self.folder, self.configuration, simulation)
        if found is None:
            warnings += self._starting_anew(warnings)
        else:
            with fitting(self.folder, found.tick):
                for name, instrument in self.instruments.items():
                    instrument.restore(found.state["instruments"].get(name, {}))
            self.saved = found.tick
        with explained(self.folder):
            checkpoint.set_aside(Directory(self.folder).inside("checkpoints"), found.tick if found else -1)
            rewind_files(self.folder, self.files, found.facts["lengths"] if found else {})
        simulation.team.told(self.saved)
        return warnings

    def _starting_anew(self, damaged: list[str]) -> list[str]:
        """Return what to say of a run of which no checkpoint is left, if it ever had any."""
        if Directory(self.folder).holds("summary.json"):
            raise RunFolderError(
                f"{self.folder} holds no whole checkpoint, and to begin anew would undo its results: "
                f"{way_on(self.folder)}"
            )
        first, every = next(iter(self.configuration.experiment.senses)), self.configuration.experiment.checkpoint_every
        ticks = [row["tick"] for row in read_metrics(self.folder) if row.get("pathway", first) == first]
        # after so many it had been saved
        gone = damaged or max(ticks, default=0) > every
        return ["no whole checkpoint is left, so the run starts anew"] if gone else []
