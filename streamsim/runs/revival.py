"""A run as its newest checkpoint left it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

import torch
from torch import Tensor

from streamsim.config import Configuration, complete, configure
from streamsim.contracts import (
    ConfigurationError,
    RunFolderError,
    State,
    StreamsimError,
    flatten,
    generator_from,
    shown,
)
from streamsim.simulation import Simulation, shortage
from streamsim.storage import Directory, fault

from . import checkpoint
from .folder import require_run
from .origin import careful

# Settings that may change between a checkpoint and its continuation: no state depends on them.
FREE = ("ticks", "checkpoint_every", "checkpoints_kept")


class Facts(TypedDict):
    """What is stored beside the state of a run: the settings it was made with, and the bytes of its files of rows."""

    configuration: dict[str, Any]
    lengths: dict[str, int]


def revive(folder: Path) -> tuple[Configuration, Simulation, checkpoint.Checkpoint, list[str]]:
    """Return the configuration of a run, its simulation at the newest whole checkpoint, that, and warnings of damage.

    Only reads, so it may look into a run that is going on.

    Raises:
        RunFolderError: *folder* holds no run, or no checkpoint that can be used: nothing is known of what was learnt.
        UntrustedError: it was made elsewhere and names code that is not known here; see `trusting`.
    """
    require_run(folder)
    with careful(folder):
        configuration = configure(folder / "config.yaml")
        simulation = configuration.experiment.build()
        found, warnings = newest_of(folder, configuration, simulation)
    if found is None:
        why = f" ({warnings[0]})" if warnings else ""
        raise RunFolderError(
            f"{folder} holds no whole checkpoint, so what was learnt is not known{why}: {way_on(folder)}"
        )
    return configuration, simulation, found, warnings


def way_on(folder: Path) -> str:
    """Return what to do about a run without a checkpoint."""
    if Directory(folder).holds("summary.json"):
        return "the run is finished, so restore its checkpoints from a copy, or start a new run"
    return f"run it until it is saved, with `streamsim resume {folder}`, or restore its checkpoints from a copy"


def newest_of(
    folder: Path, configuration: Configuration, simulation: Simulation
) -> tuple[checkpoint.Checkpoint | None, list[str]]:
    """Restore *simulation* from the newest whole checkpoint of a run and return it, with warnings about damage.

    Raises:
        RunFolderError: it was made with other settings, or does not fit the simulation.
    """
    place = Directory(folder).inside("checkpoints")
    found, warnings = checkpoint.newest(place, simulation.device, lambda facts: fault(facts, Facts))
    if found is None:
        return None, warnings
    refuse_other(folder, found.facts["configuration"], configuration.tree)
    with fitting(folder, found.tick):
        refuse_unlike(found, simulation)
        rehearse(configuration, found.state["simulation"])
        simulation.restore(found.state["simulation"])
    return found, warnings


def follow(folder: Path, simulation: Simulation) -> int:
    """Continue from the checkpoint of a run that the first process has chosen, and return its tick, -1 for none."""
    tick = simulation.team.told(-1)
    if tick >= 0:
        place = Directory(folder).inside("checkpoints").inside(checkpoint.name_of(tick))
        simulation.restore(checkpoint.load(place, simulation.device).state["simulation"])
    return tick


@contextmanager
def fitting(folder: Path, tick: int) -> Iterator[None]:
    """Turn whatever shows that a checkpoint, though it is whole, is not of this simulation into a sentence."""
    try:
        yield
    except StreamsimError:
        raise
    except Exception as error:
        place = folder / "checkpoints" / checkpoint.name_of(tick)
        if short := shortage(error):
            raise RunFolderError(f"checkpoint {place} cannot be tried before the run goes on: {short}") from error
        raise RunFolderError(
            f"checkpoint {place} is whole but does not fit the run ({type(error).__name__}: {error}): use the version "
            "of the code that it was made with, or move it out of the folder to go on from an older one"
        ) from error


def refuse_unlike(found: checkpoint.Checkpoint, simulation: Simulation) -> None:
    """Raise an error if *found*, by what is in it, cannot be of *simulation*."""
    if any(not isinstance(found.state.get(part), dict) for part in ("simulation", "instruments")):
        raise ValueError("it holds no state of a simulation and its instruments")
    kept, drawn = flatten(found.state["simulation"]), flatten(simulation.state)
    if found.state["simulation"].keys() != simulation.state.keys():
        raise ValueError(f"it has the senses {', '.join(found.state['simulation'])}")
    ticks = [int(kept[f"{name}.tick"]) for name in simulation.state]
    if min(ticks) < 0 or sum(ticks) != found.tick:
        raise ValueError(f"it is of tick {sum(ticks)}, not {found.tick}")
    for name in kept.keys() & drawn.keys():
        refuse_other_kind(name, kept[name], drawn[name])
    for pathway in simulation.pathways:
        state = found.state["simulation"][pathway.name]
        looks = int(state["tick"]) + pathway.order.ahead
        if wrong := pathway.environment.impossible(state["environment"], looks):
            raise ValueError(wrong)


def refuse_other_kind(name: str, kept: Tensor, drawn: Tensor) -> None:
    """Raise an error unless *kept* is a tensor of the kind that was *drawn*."""
    if (kept.dtype, kept.dim()) != (drawn.dtype, drawn.dim()):
        raise ValueError(f"{name} is {words_of(kept)} and not {words_of(drawn)}")
    if kept.dtype == torch.uint8 and kept.shape == drawn.shape == torch.get_rng_state().shape:
        generator_from(kept)  # which looks whether it is the state of one


def words_of(tensor: Tensor) -> str:
    """Return kind and shape of a tensor."""
    return f"{str(tensor.dtype).removeprefix('torch.')} of shape {tuple(tensor.shape)}"


def rehearse(configuration: Configuration, state: State) -> None:
    """Let a simulation of its own go on by a tick from *state*.

    Tensors may have grown, or may have been dropped, and numbers may be such as no run comes to; whether one can go
    on from them only the parts know.
    """
    trial = configuration.experiment.build()
    trial.instruments = []
    trial.restore(state)
    trial.run(1)


def refuse_other(folder: Path, saved: dict[str, Any], present: dict[str, Any]) -> None:
    """Raise `RunFolderError` if a checkpoint was made with other settings."""
    before, now = settings(today(saved)), settings(present)
    for name in sorted({*before, *now}):
        if name not in FREE and before.get(name) != now.get(name):
            old, new = shown(before.get(name)), shown(now.get(name))
            raise RunFolderError(
                f"the checkpoints in {folder} belong to another configuration: {name} was {old}, config.yaml says "
                f"{new}; undo the change or start a new run"
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
