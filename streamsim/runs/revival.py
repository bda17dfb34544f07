"""A run as its newest checkpoint left it."""

from pathlib import Path
from typing import Any

from streamsim.config import Configuration, complete, configure
from streamsim.contracts import ConfigurationError, RunFolderError
from streamsim.simulation import Simulation

from . import checkpoint
from .folder import require_run
from .origin import careful

# Settings that may change between a checkpoint and its continuation: no state depends on them.
FREE = ("ticks", "checkpoint_every", "checkpoints_kept")


def revive(folder: Path) -> tuple[Configuration, Simulation, checkpoint.Checkpoint | None, list[str]]:
    """Return the configuration of a run, its simulation at the newest whole checkpoint, that, and warnings of damage.

    Only reads, so it may look into a run that is going on.

    Raises:
        RunFolderError: *folder* holds no run.
        UntrustedError: it was made elsewhere and names code that is not known here; see `trusting`.
    """
    require_run(folder)
    with careful(folder):
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
    before, now = settings(today(saved)), settings(present)
    for name in sorted({*before, *now}):
        if name not in FREE and before.get(name) != now.get(name):
            raise RunFolderError(
                f"the checkpoints in {folder} belong to another configuration: {name} was {before.get(name)!r}, "
                f"config.yaml says {now.get(name)!r}; undo the change or start a new run"
            )


def today(saved: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a checkpoint as they are spelt now, whatever version wrote it."""
    try:
        return complete(saved)
    except ConfigurationError:  # a class is gone that config.yaml no longer names
        return saved


def settings(node: Any, name: str = "") -> dict[str, Any]:  # noqa: ANN401  settings may be anything
    """Return every single setting in *node* by its dotted name, as the command line spells it."""
    if not isinstance(node, dict) and not (isinstance(node, list) and any(isinstance(n, dict) for n in node)):
        return {name: node}
    found: dict[str, Any] = {}
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        found |= settings(value, name if key == "init_args" else f"{name}.{key}".lstrip("."))
    return found
