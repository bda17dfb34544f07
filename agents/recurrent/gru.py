"""The GRU as a layer."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.agents.layers import Layer, Parameters, Tape, kept_where, uniform
from streamsim.contracts import require

from .cell import NAMES, cell
from .through_time import EProp, TemporalCredit


class GRU(Layer):
    """A gated recurrent layer (Cho et al. 2014, PyTorch's form) whose state is the context of CLAPP's uppermost loss.

    Its input is the layer below, averaged over the columns of a tick. State and traces begin anew with every fixation.

    Args:
        units: size of the state.
        through_time: how weights are credited; by default `EProp`.
        predicts_below: whether the state predicts the activity of the layer below, as in Illing et al. 2021, which then
            gets no gradient from it, or the state's own future.
    """

    recurrent = True

    def __init__(self, units: int = 256, through_time: TemporalCredit = EProp(), predicts_below: bool = True) -> None:
        require(units >= 1, f"GRU.units must be at least 1 (got {units})")
        self.units = units
        self.through_time = through_time
        self.predicts_below = predicts_below

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See `Layer.output_shape`."""
        return (self.units,)

    def parameters(self, shape: tuple[int, ...], generator: torch.Generator) -> Parameters:
        """Return weights in the layout of `torch.nn.GRU`, drawn from U(-b, b), b = 1 / sqrt(units), as it does."""
        rows = 3 * self.units
        shapes = ((rows, shape[0]), (rows, self.units), (rows,), (rows,))
        return {n: uniform(s, 1.0, self.units, generator) for n, s in zip(NAMES, shapes, strict=True)}

    def carried(self, shape: tuple[int, ...], streams: int, learning: bool = True) -> Parameters:
        """Return the state and what its credit needs."""
        kept = self.through_time.carried(shape[0], self.units, streams) if learning else {}
        return {"state": torch.zeros(streams, self.units), **kept}

    def advance(
        self,
        parameters: Parameters,
        carried: Parameters,
        x: Float[Tensor, " n *shape"],
        goes_on: Bool[Tensor, " n"],
        number: int,
    ) -> tuple[Parameters, Tape]:
        """See `Layer.advance`."""
        h, mean = kept_where(goes_on, carried["state"]), self._mean(x, parameters)
        z, gates = cell(parameters, mean, h)
        going = goes_on.to(h.dtype)[:, None]
        kept = self.through_time.advanced(carried, gates, mean, h, going) if len(carried) > 1 else {}
        return {"state": z, **kept}, {"x": x, "z": z, **kept}

    def forward(self, parameters: Parameters, x: Float[Tensor, " n *shape"]) -> Tape:
        """Return the tape of the first tick of a fixation, without what credit needs."""
        h = parameters["weight_hh"].new_zeros(len(x), self.units)
        return {"x": x, "z": cell(parameters, self._mean(x, parameters), h)[0]}

    def preactivation(self, parameters: Parameters, x: Float[Tensor, " n *shape"]) -> Float[Tensor, "n gates"]:
        """Return what the input alone drives the three gates with."""
        return F.linear(self._mean(x, parameters), parameters["weight_ih"], parameters["bias_ih"])

    def rescaled(
        self, parameters: Parameters, scale: Float[Tensor, " gates"], shift: Float[Tensor, " gates"]
    ) -> Parameters:
        """See `Layer.rescaled`."""
        weight, bias = parameters["weight_ih"] * scale[:, None], parameters["bias_ih"] * scale + shift
        return {**parameters, "weight_ih": weight, "bias_ih": bias}

    def gradients(self, parameters: Parameters, tapes: Sequence[Tape], deltas: Sequence[Tensor]) -> Parameters:
        """See `Layer.gradients`."""
        total = self._gradient(parameters, tapes[0], deltas[0])
        for tape, delta in zip(tapes[1:], deltas[1:], strict=True):
            for name, value in self._gradient(parameters, tape, delta).items():
                total[name] += value
        return total

    def _gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, "n units"]) -> Parameters:
        return self.through_time.gradient(parameters, tape, delta)

    def _mean(self, x: Float[Tensor, " n *shape"], parameters: Parameters) -> Float[Tensor, "n inputs"]:
        mean = x.flatten(2).mean(2) if x.ndim > 2 else x
        return mean.to(parameters["weight_ih"].dtype)
