"""Lines that instruments write: where in a run something was measured."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from jaxtyping import Bool
from torch import Tensor

from .errors import ConfigurationError

if TYPE_CHECKING:
    from .pathway import Pathway
    from .simulation import Simulation

Row: TypeAlias = dict[str, Any]
"""One line of a JSON lines file."""

Write: TypeAlias = Callable[[Row], None]
"""Appends one line to a file of the run folder."""


def nowhere(row: Row) -> None:
    """Forget a row that nobody wants."""


def find(simulation: "Simulation", name: str | None) -> "Pathway":
    """Return the pathway called *name*, by default the first.

    Raises:
        ConfigurationError: the simulation has no such pathway.
    """
    for pathway in simulation.pathways:
        if name in {None, pathway.name}:
            return pathway
    names = [pathway.name for pathway in simulation.pathways]
    raise ConfigurationError(f"no pathway is called {name!r}: this simulation has {names}")


def lasting(ticks: int, period: Fraction, own: Fraction) -> int:
    """Return how many ticks of *own* seconds it takes to pass *ticks* ticks of *period* seconds, at least 1."""
    return max(1, ceil(ticks * period / own))


def count(flags: Bool[Tensor, "streams"]) -> int:
    """Return how many of a few *flags* on the CPU are set; numpy is several times faster here than torch."""
    return int(np.count_nonzero(flags.numpy()))


def position(simulation: "Simulation", pathway: "Pathway", tick: int, saccades: int) -> Row:
    """Return where a run stands after *tick* ticks, on every axis that a curve may be drawn against."""
    return {
        "tick": tick,
        "frames": tick * simulation.streams,
        "saccades": saccades,
        "seconds": float(tick * pathway.period),
        "pathway": pathway.name,
    }
