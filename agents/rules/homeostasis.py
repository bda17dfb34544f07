"""Homeostasis: each unit knows its own usual activity and signals how far it is from it."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters
from streamsim.contracts import require


class Usual(NamedTuple):
    """What is usual of each unit.

    Attributes:
        mean: m, its mean activity.
        gain: 1 / s, s being the spread of its activity.
    """

    mean: Float[Tensor, " width"]
    gain: Float[Tensor, " width"]


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

    def update_statistics(self, traces: Parameters, now: Float[Tensor, "streams width"]) -> Parameters:
        """Return *traces* after this tick's read-outs."""
        kept = 1 - 1 / self.ticks
        mass = traces["mass"] * kept + 1
        mean = torch.addcdiv(traces["mean"], now.mean(0) - traces["mean"], mass)
        variance = traces["variance"]
        variance = torch.addcdiv(variance, (now - mean).square().mean(0) - variance, mass)
        return {"mass": mass, "mean": mean, "variance": variance}

    def usual(self, traces: Parameters) -> Usual:
        """Return what is usual of each unit."""
        return Usual(traces["mean"], (traces["variance"] + self.floor).rsqrt())
