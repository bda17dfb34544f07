"""Which layers a rule judges, and how what it finds in them reaches the layers below."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from streamsim.agents.encoders import Encoder
from streamsim.agents.layers import Layer, Parameters, Tape
from streamsim.contracts import Alone, State, Team

from .past import Credit, Credited


class Found(NamedTuple):
    """What a rule found in layers that it judges and that act together, with what is needed to credit all.

    Attributes:
        layers: all, by name, bottom to top.
        weights: of each.
        tapes: of those that act, of the present frame.
        deltas: dLoss/dz of the present frame, in the layers that are judged.
        past: tapes of the remembered frames by lag, if the rule credits them.
        arrivals: dLoss/dz of the remembered frames by lag, in the layers that are judged.
        longest: the longest lag, after which a frame is forgotten.
    """

    layers: Mapping[str, Layer]
    weights: Mapping[str, Parameters]
    tapes: Mapping[str, Tape]
    deltas: Mapping[str, Float[Tensor, " streams *out"]]
    past: Mapping[int, Mapping[str, Tape]]
    arrivals: Mapping[int, Mapping[str, Tensor]]
    longest: int


class SpatialCredit(ABC):
    """Says which layers a rule judges, and credits the weights of all layers for what it finds in these.

    Attributes:
        adds: names of weights that it adds to those of layers.
        learns: whether gradients change these.
    """

    adds: frozenset[str] = frozenset()
    learns: bool = False

    @abstractmethod
    def judged(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return which of the layers of these *names*, bottom to top, the rule compares with their past."""

    @abstractmethod
    def reached(self, names: Sequence[str], judged: Sequence[str]) -> tuple[str, ...]:
        """Return which of the layers of these *names*, bottom to top, are credited for what *judged* ones found."""

    def validate(self, encoder: Encoder, credit: Credit, credits_past: bool) -> None:
        """Raise `ConfigurationError` unless *encoder* can be credited so.

        Args:
            encoder: the layers.
            credit: when remembered frames are credited.
            credits_past: whether they are.
        """

    def weights(self, encoder: Encoder, shapes: Sequence[tuple[int, ...]], seed: int) -> dict[str, Parameters]:
        """Return the weights that it adds to those of each layer, freshly drawn; see `adds`.

        Args:
            encoder: the layers.
            shapes: of the input of every layer, and last of the output of the uppermost.
            seed: of the draws.
        """
        return {}

    def reset(self, encoder: Encoder, shapes: Sequence[tuple[int, ...]], seed: int) -> State:
        """Return what it keeps besides, before the first tick; arguments as for `weights`."""
        return {}

    @abstractmethod
    def assign(self, found: Found, credit: Credit, kept: State, team: Team = Alone()) -> dict[str, Parameters]:
        """Return dLoss/d(weight) of every layer that is credited at this tick.

        Args:
            found: what the rule found.
            credit: when remembered frames are credited.
            kept: what `reset` returned, changed in place.
            team: the processes that see the other streams.
        """

    def alignments(self, weights: Parameters) -> Mapping[str, float]:
        """Return named angles in degrees between weights of a layer that theory says should align."""
        return {}


class Local(SpatialCredit):
    """Every layer is judged by itself, and credited for nothing else: nothing travels downwards between layers."""

    def judged(self, names: Sequence[str]) -> tuple[str, ...]:
        """See `SpatialCredit.judged`."""
        return tuple(names)

    def reached(self, names: Sequence[str], judged: Sequence[str]) -> tuple[str, ...]:
        """See `SpatialCredit.reached`."""
        return tuple(judged)

    def assign(self, found: Found, credit: Credit, kept: State, team: Team = Alone()) -> dict[str, Parameters]:
        """See `SpatialCredit.assign`."""
        credited = [
            Credited(
                found.layers[name],
                found.weights[name],
                found.tapes[name],
                delta,
                {lag: (found.past[lag][name], own[name]) for lag, own in found.arrivals.items() if name in own},
            )
            for name, delta in found.deltas.items()
        ]
        return dict(zip(found.deltas, credit.assign_together(credited, found.longest), strict=True))
