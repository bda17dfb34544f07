"""Batch normalisation without a batch: every unit knows the usual mean and spread of its own summed input."""

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.contracts import require

from .base import Parameters, Tape


def pooled(mean: Float[Tensor, "groups units"], variance: Float[Tensor, "groups units"]) -> Tape:
    """Return mean and variance of all that was seen, from those in groups of equal size."""
    whole = mean.mean(0)
    return {"mean": whole, "variance": (variance + (mean - whole).square()).mean(0)}


class RunningNorm:
    """The running-statistics form of batch normalisation (Ioffe & Szegedy 2015): a' = (W x - m) / sqrt(v) + b.

    m and v are slow averages over time of the mean and variance of each map's summed input W x, over streams and
    positions. They count as constants for the gradient, so that nothing passes from one stream to another within a
    tick, and a single stream is as well defined as many. The bias comes after the normalisation; batch normalisation's
    gain is left out, for the next layer's weights can do what it does.

    Args:
        ticks: time constant of the averages, in frames that the layer sees.
        floor: smallest variance, in squared units of the summed input.
    """

    def __init__(self, ticks: float = 100.0, floor: float = 1e-5) -> None:
        require(ticks >= 1, f"RunningNorm.ticks must be at least 1 (got {ticks})")
        require(floor > 0, f"RunningNorm.floor must be positive (got {floor})")
        self.ticks = ticks
        self.floor = floor

    def reset(self, units: int) -> Parameters:
        """Return averages over nothing yet, which leave the summed input as it is."""
        return {"mass": torch.zeros(()), "mean": torch.zeros(units), "variance": torch.ones(units)}

    def scale(self, parameters: Parameters) -> Float[Tensor, " units"]:
        """Return 1 / sqrt(v)."""
        return (parameters["variance"] + self.floor).rsqrt()

    def folded(self, parameters: Parameters) -> Parameters:
        """Return weight and bias of the one linear map that sums and normalises; maps are then written only once."""
        scale = self.scale(parameters)
        weight = parameters["weight"]
        shift = -parameters["mean"] * scale
        bias = parameters["bias"] + shift if "bias" in parameters else shift
        return {"weight": weight * scale.view(-1, *[1] * (weight.ndim - 1)), "bias": bias}

    def frame_statistics(self, parameters: Parameters, preactivation: Float[Tensor, "n units *positions"]) -> Tape:
        """Return mean and variance of W x in this frame, told from the normalised *preactivation*."""
        own = preactivation.transpose(0, 1).flatten(1).to(parameters["mean"].dtype)
        variance, mean = torch.var_mean(own, 1, correction=0)
        scale = self.scale(parameters)
        bias = parameters.get("bias", 0.0)
        return {"mean": (mean - bias) / scale + parameters["mean"], "variance": variance / scale.square()}

    def update_statistics(self, parameters: Parameters, tape: Tape) -> Parameters:
        """Return the averages after a frame; the first one counts as all that was ever seen."""
        mass = parameters["mass"] * (1 - 1 / self.ticks) + 1
        moved = {n: torch.addcdiv(parameters[n], tape[n] - parameters[n], mass) for n in ("mean", "variance")}
        return {"mass": mass, **moved}
