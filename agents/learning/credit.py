"""When remembered frames are credited."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Layer, Parameters, Tape


class Credit(ABC):
    """Turns what arrives at a layer, for present and remembered frames, into the gradient of its weights."""

    @abstractmethod
    def assign(
        self,
        layer: Layer,
        parameters: Parameters,
        tape: Tape,
        delta: Float[Tensor, " streams *out"],
        past: Mapping[int, tuple[Tape, Float[Tensor, " streams *out"]]],
        longest: int,
    ) -> Parameters:
        """Return dLoss/d(parameter); empty while there is none.

        Args:
            layer: whose weights.
            parameters: these weights.
            tape: of the present frame.
            delta: dLoss/dz of the present frame.
            past: for each lag that is remembered, the tape of that frame and dLoss/dz of it that arrives now.
            longest: the longest lag, after which a frame is forgotten.
        """


class ImmediateCredit(Credit):
    """Whatever arrives changes weights at once: equations 8 to 10 of Illing et al. 2021 to the letter.

    With retrodiction over L lags each tick needs 1 + L weight-gradient convolutions.
    """

    def assign(
        self,
        layer: Layer,
        parameters: Parameters,
        tape: Tape,
        delta: Float[Tensor, " streams *out"],
        past: Mapping[int, tuple[Tape, Float[Tensor, " streams *out"]]],
        longest: int,
    ) -> Parameters:
        """See `Credit.assign`."""
        tapes, deltas = zip((tape, delta), *past.values(), strict=True)
        return layer.gradients(parameters, tapes, deltas)


class DeferredCredit(Credit):
    """A frame is credited once, as its trace is forgotten, with all that has arrived for it by then.

    The trace of a frame collects the dendritic signals that are meant for it, its own prediction and every later
    retrodiction. The sum is that of `ImmediateCredit`; each part of it comes later, by at most the longest lag. A tick
    needs one weight-gradient convolution, however many lags there are. What is still gathering when a run ends, or
    when a schedule puts the layer to sleep, is lost.
    """

    def assign(
        self,
        layer: Layer,
        parameters: Parameters,
        tape: Tape,
        delta: Float[Tensor, " streams *out"],
        past: Mapping[int, tuple[Tape, Float[Tensor, " streams *out"]]],
        longest: int,
    ) -> Parameters:
        """See `Credit.assign`."""
        tape["credit"] = delta.clone()
        for remembered, arriving in past.values():
            # a frame that was seen while this layer did not learn gathers nothing
            if "credit" in remembered:
                remembered["credit"] += arriving
        leaving = past[longest][0] if longest in past else {}
        return layer.gradient(parameters, leaving, leaving["credit"]) if "credit" in leaving else {}
