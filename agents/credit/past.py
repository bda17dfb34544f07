"""When remembered frames are credited."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import torch
from jaxtyping import Float, Int
from torch import Tensor

from streamsim.agents.layers import Layer, Parameters, Tape
from streamsim.contracts import Alone, Team

# For each lag that is remembered: the tape of that frame, and dLoss/dz of it that arrives now.
Arrivals = Mapping[int, tuple[Tape, Float[Tensor, " streams *out"]]]

# Group, predictor and stream of the pair in which each stream's own memory takes part, as an index.
Home: TypeAlias = tuple[Int[Tensor, "groups 1 1"], Int[Tensor, "predictors 1"], Int[Tensor, "groups 1 everyone"]]


class Credited(NamedTuple):
    """What is to be credited in a layer; see `Credit.assign`."""

    layer: Layer
    parameters: Parameters
    tape: Tape
    delta: Float[Tensor, " streams *out"]
    arrivals: Arrivals


class Credit(ABC):
    """Multiplies what arrives at a layer, for present and remembered frames, with what the layer did and saw then."""

    def assign_together(self, layers: Sequence[Credited], longest: int) -> list[Parameters]:
        """Return what `assign` returns for each of some layers; this is what a learner calls."""
        return [self.assign(*own, longest) for own in layers]

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
        return self.assign_together([Credited(layer, parameters, tape, delta, arrivals)], longest)[0]

    def assign_together(self, layers: Sequence[Credited], longest: int) -> list[Parameters]:
        """See `Credit.assign_together`."""
        for own in layers:
            own.tape["credit"] = own.delta.clone()
        remembered = [arrival for own in layers for arrival in own.arrivals.values()]
        # a frame that was seen while its layer did not learn gathers nothing
        gathering = [(then["credit"], arriving) for then, arriving in remembered if "credit" in then]
        if gathering:
            credits, arriving = (list(column) for column in zip(*gathering, strict=True))
            torch._foreach_add_(credits, arriving)  # pyright: ignore[reportPrivateImportUsage]
        return [_leaving(own, longest) for own in layers]


def _leaving(own: Credited, longest: int) -> Parameters:
    """Return the gradient of the frame that is forgotten."""
    leaving = own.arrivals[longest][0] if longest in own.arrivals else {}
    return own.layer.gradient(own.parameters, leaving, leaving["credit"]) if "credit" in leaving else {}


def home_of(owner: Int[Tensor, "groups predictors streams"]) -> Home:
    """Return where in the pairs each stream's own memory is: in every group exactly one stream uses it."""
    group, predictor = (torch.arange(n, device=owner.device) for n in owner.shape[:2])
    return group[:, None, None], predictor[:, None], owner[:, :1].argsort(-1)


def arrivals_of(
    past_delta: Float[Tensor, " groups predictors streams *out"],
    traced: Iterable[int],
    lags: Sequence[int | None],
    home: Home,
    team: Team = Alone(),
) -> dict[int, Float[Tensor, " streams *out"]]:
    """Return what arrives in a layer for remembered frames, by lag.

    Args:
        past_delta: dLoss/dz of these.
        traced: the lags of frames whose traces are remembered.
        lags: of the predictors.
        home: where in the pairs, of all streams, each stream's own memory is.
        team: the processes that see the other streams, which may own what is remembered here.
    """
    (arriving,) = team.gathered([past_delta], 2)
    own = dict(zip(lags, team.own(by_owner(arriving, home), 1), strict=True))
    return {lag: own[lag] for lag in traced}


def by_owner(delta: Float[Tensor, " groups predictors streams *out"], home: Home) -> Tensor:
    """Return the credit of every stream's own trace, (predictors, streams, *out), summed over the groups.

    The sum is a gather, which is deterministic on every device, and not a scatter.
    """
    return delta[home].sum(0)
