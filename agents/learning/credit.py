"""When remembered frames are credited."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor

from streamsim.agents.layers import Layer, Parameters, Tape
from streamsim.agents.memory import Recall
from streamsim.contracts import Alone, Team

# For each lag that is remembered: the tape of that frame, and dLoss/dz of it that arrives now.
Arrivals = Mapping[int, tuple[Tape, Float[Tensor, " streams *out"]]]


class Credit(ABC):
    """Multiplies what arrives at a layer, for present and remembered frames, with what the layer did and saw then."""

    def gradient(
        self,
        layer: Layer,
        parameters: Parameters,
        tape: Tape,
        delta: Float[Tensor, " streams *out"],
        past_delta: Float[Tensor, " groups predictors streams *out"],
        past: Mapping[int, Tape],
        recall: Recall,
        team: Team = Alone(),
    ) -> Parameters:
        """Return dLoss/d(parameter) of a layer; empty while there is none.

        Args:
            layer: whose weights.
            parameters: these weights.
            tape: of the present frame.
            delta: dLoss/dz of the present frame.
            past_delta: dLoss/dz of the remembered frames.
            past: the tape of each lag that is remembered.
            recall: the pairs, of all streams.
            team: the processes that see the other streams, which may own what is remembered here.
        """
        (arriving,) = team.gathered([past_delta], 2)
        own = dict(zip(recall.lags, team.own(by_owner(arriving, recall.owner), 1), strict=True))
        arrivals = {lag: (then, own[lag]) for lag, then in past.items()}
        return self.assign(layer, parameters, tape, delta, arrivals, max(lag or 0 for lag in recall.lags))

    @abstractmethod
    def assign(
        self,
        layer: Layer,
        parameters: Parameters,
        tape: Tape,
        delta: Float[Tensor, " streams *out"],
        arrivals: Arrivals,
        longest: int,
    ) -> Parameters:
        """Return dLoss/d(parameter); empty while there is none.

        Args:
            layer: whose weights.
            parameters: these weights.
            tape: of the present frame.
            delta: dLoss/dz of the present frame.
            arrivals: what arrives for remembered frames.
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
        arrivals: Arrivals,
        longest: int,
    ) -> Parameters:
        """See `Credit.assign`."""
        tapes, deltas = zip((tape, delta), *arrivals.values(), strict=True)
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
        arrivals: Arrivals,
        longest: int,
    ) -> Parameters:
        """See `Credit.assign`."""
        tape["credit"] = delta.clone()
        for then, arriving in arrivals.values():
            # a frame that was seen while this layer did not learn gathers nothing
            if "credit" in then:
                then["credit"] += arriving
        leaving = arrivals[longest][0] if longest in arrivals else {}
        return layer.gradient(parameters, leaving, leaving["credit"]) if "credit" in leaving else {}


def by_owner(
    delta: Float[Tensor, " groups predictors streams *out"], owner: Int[Tensor, "groups predictors streams"]
) -> Float[Tensor, " predictors streams *out"]:
    """Return the credit of every stream's own trace, summed over the groups.

    In every group each stream's memory is used by exactly one stream, so that the sum is a gather, which is
    deterministic on every device, and not a scatter.
    """
    if len(delta) == 1 and delta.shape[2] == 1:
        return delta[0]
    home = owner[:, 0].argsort(-1)
    return torch.stack([d[:, h] for d, h in zip(delta, home, strict=True)]).sum(0)
