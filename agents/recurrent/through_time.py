"""How a recurrent layer is credited for what it did at earlier ticks."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters
from streamsim.contracts import require

from . import bptt, eprop
from .cell import Gates


class TemporalCredit(ABC):
    """How credit for a recurrent layer's state reaches weights by way of earlier ticks."""

    @abstractmethod
    def carried(self, inputs: int, units: int, streams: int) -> Parameters:
        """Return what is kept from tick to tick: zeros, streams first."""

    @abstractmethod
    def advanced(
        self,
        carried: Parameters,
        gates: Gates,
        x: Float[Tensor, "n inputs"],
        h: Float[Tensor, "n units"],
        goes_on: Float[Tensor, "n 1"],
    ) -> Parameters:
        """Return what is kept after a tick with input *x* and former state *h*; *goes_on* as in `eprop.advanced`."""

    @abstractmethod
    def gradient(self, parameters: Parameters, kept: Parameters, delta: Float[Tensor, "n units"]) -> Parameters:
        """Return dLoss/d(weight) for *delta* = dLoss/dh at the tick after which *kept* was kept."""


class EProp(TemporalCredit):
    """Eligibility traces that run forward in time (Illing et al. 2021, equations 20 to 23): local and causal.

    3 units (inputs + units + 2) numbers a stream, whatever the length of a fixation.
    """

    def carried(self, inputs: int, units: int, streams: int) -> Parameters:
        """See `TemporalCredit.carried`."""
        return eprop.blank(inputs, units, streams)

    def advanced(
        self,
        carried: Parameters,
        gates: Gates,
        x: Float[Tensor, "n inputs"],
        h: Float[Tensor, "n units"],
        goes_on: Float[Tensor, "n 1"],
    ) -> Parameters:
        """See `TemporalCredit.advanced`."""
        return eprop.advanced(carried, gates, x, h, goes_on)

    def gradient(self, parameters: Parameters, kept: Parameters, delta: Float[Tensor, "n units"]) -> Parameters:
        """See `TemporalCredit.gradient`."""
        return eprop.credited(kept, delta)


class TruncatedBPTT(TemporalCredit):
    """Back-propagation through the last ticks: neither local nor causal, a baseline to compare e-prop with.

    Args:
        ticks: how many ticks are kept and gone back, at least 1.
    """

    def __init__(self, ticks: int = 20) -> None:
        require(ticks >= 1, f"TruncatedBPTT.ticks must be at least 1 (got {ticks})")
        self.ticks = ticks

    def carried(self, inputs: int, units: int, streams: int) -> Parameters:
        """See `TemporalCredit.carried`."""
        return bptt.blank(inputs, units, streams, self.ticks)

    def advanced(
        self,
        carried: Parameters,
        gates: Gates,
        x: Float[Tensor, "n inputs"],
        h: Float[Tensor, "n units"],
        goes_on: Float[Tensor, "n 1"],
    ) -> Parameters:
        """See `TemporalCredit.advanced`."""
        return bptt.advanced(carried, gates, x, h, goes_on)

    def gradient(self, parameters: Parameters, kept: Parameters, delta: Float[Tensor, "n units"]) -> Parameters:
        """See `TemporalCredit.gradient`."""
        return bptt.credited(parameters, kept, delta)
