"""A fully connected layer."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.contracts import require

from .base import FeedForward, Parameters, Tape
from .response import Activation, ReLU
from .tensors import uniform


class Linear(FeedForward):
    """A fully connected layer over the flattened input.

    Args:
        units: size of the output.
        activation: nonlinearity; by default ReLU.
        bias: whether units have a bias.
        gain: as in `Conv`.
    """

    conducts = True

    def __init__(self, units: int, activation: Activation = ReLU(), bias: bool = True, gain: float = 1.0) -> None:
        require(units >= 1, f"Linear.units must be at least 1 (got {units})")
        require(gain > 0, f"Linear.gain must be positive (got {gain})")
        self.units = units
        self.activation = activation
        self.bias = bias
        self.gain = gain

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See `Layer.output_shape`."""
        return (self.units,)

    def parameters(self, shape: tuple[int, ...], generator: torch.Generator) -> Parameters:
        """See `Layer.parameters`."""
        fan_in = math.prod(shape)
        weight = uniform((self.units, fan_in), self.gain, fan_in, generator)
        return {"weight": weight} | ({"bias": uniform((self.units,), 1.0, fan_in, generator)} if self.bias else {})

    def forward(self, parameters: Parameters, x: Float[Tensor, " n *shape"]) -> Tape:
        """See `Layer.forward`."""
        return {"x": x, "z": self.activation.apply_(self.preactivation(parameters, x))}

    def preactivation(self, parameters: Parameters, x: Float[Tensor, " n *shape"]) -> Float[Tensor, "n units"]:
        """See `Layer.preactivation`."""
        bias = parameters["bias"].to(x.dtype) if "bias" in parameters else None
        return F.linear(x.flatten(1), parameters["weight"].to(x.dtype), bias)

    def frame_gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, " n *out"]) -> Parameters:
        """See `FeedForward.frame_gradient`."""
        return self.hebbian(parameters, tape["x"], self.preactivation_gradient(tape, delta))

    def preactivation_gradient(self, tape: Tape, delta: Float[Tensor, "n units"]) -> Float[Tensor, "n units"]:
        """See `FeedForward.preactivation_gradient`."""
        return self.activation.backward(delta.to(tape["x"].dtype), tape["z"])

    def input_gradient(
        self,
        parameters: Parameters,
        tape: Tape,
        preactivation_gradient: Float[Tensor, "n units"],
        through: Float[Tensor, "units features"],
    ) -> Float[Tensor, " n *shape"]:
        """See `FeedForward.input_gradient`."""
        return (preactivation_gradient @ through.to(preactivation_gradient.dtype)).view_as(tape["x"])

    def hebbian(
        self, parameters: Parameters, x: Float[Tensor, " n *shape"], preactivation_gradient: Float[Tensor, "n units"]
    ) -> Parameters:
        """See `FeedForward.hebbian`."""
        master = parameters["weight"].dtype
        weight = (preactivation_gradient.T @ x.flatten(1)).to(master)
        return {"weight": weight} | ({"bias": preactivation_gradient.sum(0).to(master)} if self.bias else {})
