"""Instruments read and never influence: a run with and without them ends in identical weights."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamsim.contracts import State

if TYPE_CHECKING:
    from streamsim.contracts import Glimpse, GroundTruth, StepReport

    from .pathway import Pathway
    from .simulation import Simulation


@dataclass(frozen=True, slots=True)
class TickRecord:
    """All that there is to see of one tick of one pathway.

    Attributes:
        simulation: the running simulation.
        pathway: the world, gaze and agent whose tick it was.
        glimpse: what the agent received.
        truth: what was really so.
        report: what the agent tells of it.
    """

    simulation: Simulation
    pathway: Pathway
    glimpse: Glimpse
    truth: GroundTruth
    report: StepReport


class Instrument(ABC):  # noqa: B024  every method has a sensible default
    """Something that watches a simulation. All methods may be left out.

    The order of calls is `start`, then `watch` after every tick, then `stop`, which is called even when a tick fails.
    A simulation that is continued is started again; what must be remembered across a checkpoint is the `state`.
    """

    def start(self, simulation: Simulation) -> None:
        """Prepare; the simulation stands before its next tick."""

    def watch(self, record: TickRecord) -> None:
        """Look at one tick; must not change anything it is shown."""

    def stop(self, simulation: Simulation) -> None:
        """Finish: flush what is pending, close what is open."""

    def state(self) -> State:
        """Return what must survive a checkpoint."""
        return {}

    def restore(self, state: State) -> None:
        """Continue from what `state` returned."""


@contextmanager
def watching(instrument: Instrument, simulation: Simulation) -> Iterator[None]:
    """Start *instrument*, and stop it however the run ends; an earlier error outlives one in stopping."""
    try:
        instrument.start(simulation)
        yield
    except BaseException as first:
        try:
            instrument.stop(simulation)
        except Exception as second:
            first.add_note(f"{type(instrument).__name__}.stop failed as well: {second!r}")
        raise
    instrument.stop(simulation)
