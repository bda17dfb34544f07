"""The GRU with e-prop as a `torch.nn` module, for use outside this package's learners."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from streamsim.agents.layers import Parameters
from streamsim.contracts import require

from . import eprop
from .cell import NAMES, cell


class EPropGRU(nn.Module):
    """A GRU that is fed one tick at a time and whose gradients run forward in time (Illing et al. 2021, [20] to [23]).

    Weights have the names and the layout of `torch.nn.GRU` with one layer. No graph is built; what a tick needs of all
    earlier ones lies in the state, 3 units (inputs + units + 2) + units numbers a stream, whatever the length:

        gru = EPropGRU(40, 256)
        optimiser = torch.optim.Adam(gru.parameters(), 2e-4)
        state = gru.begin(streams=8)
        for frame in frames:                          # (8, 40)
            state = gru(frame, state)
            gru.credit(state, dloss_dh(state["h"]))   # adds to .grad, now or, with a kept state, later
            optimiser.step(), optimiser.zero_grad()

    A state is never written into, so that one that is kept can be credited later. To begin anew in some streams, give
    `forward` their mask.

    Args:
        input_size: numbers per frame, at least 1.
        hidden_size: units, at least 1.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
            require(size >= 1, f"EPropGRU.{name} must be at least 1 (got {size})")
        self.input_size = input_size
        self.hidden_size = hidden_size
        like = nn.GRU(input_size, hidden_size)
        for name in NAMES:
            setattr(self, f"{name}_l0", getattr(like, f"{name}_l0"))

    def begin(self, streams: int) -> Parameters:
        """Return the state of *streams* streams before their first frame."""
        weight = self._weights()["weight_hh"]
        traces = eprop.blank(self.input_size, self.hidden_size, streams)
        return {name: t.to(weight) for name, t in traces.items()} | {"h": weight.new_zeros(streams, self.hidden_size)}

    @torch.no_grad()
    def forward(self, frame: Float[Tensor, "n inputs"], state: Parameters, begins: Tensor | None = None) -> Parameters:
        """Return the state after *frame*; its "h" is the output, (n, units).

        Args:
            frame: one frame of every stream.
            state: as `begin` or `forward` returned it.
            begins: mask of the streams in which *frame* is the first of something new; by default none.
        """
        h = state["h"]
        goes_on = h.new_ones(len(h), 1) if begins is None else (~begins).to(h.dtype)[:, None]
        h = h * goes_on
        now, gates = cell(self._weights(), frame, h)
        return {"h": now, **eprop.advanced(state, gates, frame, h, goes_on)}

    @torch.no_grad()
    def credit(self, state: Parameters, signal: Float[Tensor, "n units"]) -> None:
        """Add to every weight's `.grad` what the learning *signal* dLoss/dh at the tick of *state* makes of it."""
        for name, gradient in eprop.credited(state, signal).items():
            weight = getattr(self, f"{name}_l0")
            weight.grad = gradient if weight.grad is None else weight.grad + gradient

    def _weights(self) -> Parameters:
        return {name: getattr(self, f"{name}_l0") for name in NAMES}
