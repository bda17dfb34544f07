"""Homeostasis: each unit knows its own usual activity and signals how far it is from it."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters
from streamsim.agents.rules import SideBySide
from streamsim.contracts import require


class Usual(NamedTuple):
    """What is usual of each unit.

    Attributes:
        mean: m, its mean activity.
        gain: 1 / s, s being the spread of its activity.
    """

    mean: Float[Tensor, " units"]
    gain: Float[Tensor, " units"]


class Homeostasis:
    """Read-outs as deviations from a slow trace of their own mean, in units of a slow trace of their own spread.

    Each unit keeps three numbers, shared by all streams: x' = (x - m) / s, with m and s running averages of its own
    activity. Rectified activity is never negative, so that without it any two scores share a large common part, the
    product of two means, and a rule that wants positive scores in fixations and negative ones after saccades can only
    trade one against the other: it silences units instead of teaching them.

    Args:
        ticks: time constant of the traces.
        floor: smallest variance, in squared units of the read-out, so that silent units stay silent.
    """

    knobs = frozenset({"ticks"})

    def __init__(self, ticks: float = 100.0, floor: float = 1e-4) -> None:
        require(ticks >= 1, f"Homeostasis.ticks must be at least 1 (got {ticks})")
        require(floor > 0, f"Homeostasis.floor must be positive (got {floor})")
        self.ticks = ticks
        self.floor = floor

    names = frozenset({"mass", "mean", "variance"})
    """Of the traces."""

    def reset(self, width: int) -> Parameters:
        """Return traces of nothing yet; mass is the number of ticks that they effectively average over."""
        return {"mass": torch.zeros(()), "mean": torch.zeros(width), "variance": torch.zeros(width)}

    def update_statistics(
        self, traces: Sequence[Parameters], now: Sequence[Float[Tensor, "streams _"]]
    ) -> list[Parameters]:
        """Return the *traces* of some layers after this tick's read-outs."""
        layers = SideBySide(tuple(readout.shape[-1] for readout in now))
        readouts = torch.cat(list(now), -1)
        mass = torch.stack([own["mass"] for own in traces]) * (1 - 1 / self.ticks) + 1
        mean, variance = (torch.cat([own[name] for own in traces]) for name in ("mean", "variance"))
        averaged = layers.spread(mass)
        mean = torch.addcdiv(mean, readouts.mean(0) - mean, averaged)
        variance = torch.addcdiv(variance, (readouts - mean).square().mean(0) - variance, averaged)
        moved = zip(mass, layers.split(mean), layers.split(variance), strict=True)
        return [{"mass": own, "mean": usual, "variance": spread} for own, usual, spread in moved]

    def usual(self, traces: Sequence[Parameters]) -> Usual:
        """Return what is usual of each unit of some layers side by side."""
        mean, variance = (torch.cat([own[name] for own in traces]) for name in ("mean", "variance"))
        return Usual(mean, (variance + self.floor).rsqrt())
