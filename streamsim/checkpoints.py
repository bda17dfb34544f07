"""When a run is saved, and how it comes back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import checkpoint, json_lines
from .configuration import Configuration, configure
from .errors import RunFolderError
from .instrument import Instrument, Moment
from .run_folder import explained, require_run
from .sentinel import Sentinel
from .simulation import Simulation

# Settings that may change between a checkpoint and its continuation: no state depends on them.
FREE = ("ticks", "checkpoint_every", "checkpoints_kept")


class Checkpoints(Instrument):
    """Saves the simulation and what its instruments remember; must be the last to watch a tick.

    Args:
        folder: the run folder.
        configuration: of the run; checkpoints are good for it only.
        instruments: by name, whose state is saved too.
        sentinel: asked before every save; the one that watches the run, for only it has seen the frames.
    """

    def __init__(
        self, folder: Path, configuration: Configuration, instruments: Mapping[str, Instrument], sentinel: Sentinel
    ) -> None:
        self.folder = folder
        self.configuration = configuration
        self.instruments = dict(instruments)
        self._sentinel = sentinel
        self._saved = -1

    def watch(self, moment: Moment) -> None:
        """See `Instrument.watch`."""
        first = moment.simulation.pathways[0]
        if moment.pathway is first and (moment.glimpse.tick + 1) % self.configuration.experiment.checkpoint_every == 0:
            self.save(moment.simulation)

    def save(self, simulation: Simulation) -> None:
        """Save, unless this tick is saved already.

        Raises:
            StreamsimError: the state is not worth saving, because it or a frame before it is not finite.
            RunFolderError: it cannot be written, e.g. because the disk is full; what was saved before is untouched.
        """
        # of all pathways: one that goes on after the last tick of the first must not be taken for saved
        tick = sum(simulation.ticks(p) for p in simulation.pathways)
        if tick == self._saved:
            return
        self._sentinel.inspect(simulation)
        state = {"simulation": simulation.state, "instruments": {n: i.state() for n, i in self.instruments.items()}}
        with explained(self.folder):
            facts = {"configuration": self.configuration.tree, "lengths": json_lines.lengths(self.folder)}
            checkpoint.save(self.folder / "checkpoints", tick, state, facts)
            checkpoint.prune(self.folder / "checkpoints", self.configuration.experiment.checkpoints_kept)
        self._saved = tick

    def recover(self, simulation: Simulation) -> list[str]:
        """Continue from the newest whole checkpoint, or from the start; return a warning for each damaged one.

        Raises:
            RunFolderError: the checkpoint belongs to another configuration.
        """
        found, warnings = newest_of(self.folder, self.configuration, simulation)
        if found is not None:
            for name, instrument in self.instruments.items():
                instrument.restore(found.state["instruments"].get(name, {}))
            self._saved = found.tick
        checkpoint.set_aside(self.folder / "checkpoints", found.tick if found else -1)
        json_lines.rewind(self.folder, found.facts["lengths"] if found else {})
        return warnings


def revive(folder: Path) -> tuple[Configuration, Simulation, checkpoint.Checkpoint | None, list[str]]:
    """Return the configuration of a run, its simulation at the newest whole checkpoint, that, and warnings of damage.

    Only reads, so it may look into a run that is going on.

    Raises:
        RunFolderError: *folder* holds no run.
    """
    require_run(folder)
    configuration = configure(folder / "config.yaml")
    simulation = configuration.experiment.build()
    found, warnings = newest_of(folder, configuration, simulation)
    return configuration, simulation, found, warnings


def newest_of(
    folder: Path, configuration: Configuration, simulation: Simulation
) -> tuple[checkpoint.Checkpoint | None, list[str]]:
    """Restore *simulation* from the newest whole checkpoint of a run and return it, with warnings about damage."""
    found, warnings = checkpoint.newest(folder / "checkpoints", simulation.device)
    if found is None:
        return None, warnings
    refuse_other(folder, found.facts["configuration"], configuration.tree)
    simulation.restore(found.state["simulation"])
    return found, warnings


def refuse_other(folder: Path, saved: dict[str, Any], present: dict[str, Any]) -> None:
    """Raise `RunFolderError` if a checkpoint was made with other settings."""
    before, now = settings(saved), settings(present)
    for name in sorted({*before, *now}):
        if name not in FREE and before.get(name) != now.get(name):
            raise RunFolderError(
                f"the checkpoints in {folder} belong to another configuration: {name} was {before.get(name)!r}, "
                f"config.yaml says {now.get(name)!r}; undo the change or start a new run"
            )


def settings(node: Any, name: str = "") -> dict[str, Any]:  # noqa: ANN401  settings may be anything
    """Return every single setting in *node* by its dotted name, as the command line spells it."""
    if not isinstance(node, dict) and not (isinstance(node, list) and any(isinstance(n, dict) for n in node)):
        return {name: node}
    found: dict[str, Any] = {}
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        found |= settings(value, name if key == "init_args" else f"{name}.{key}".lstrip("."))
    return found
