"""Credit that travels down through layers: error back-propagation, and its forms without weight transport."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.encoders import Encoder
from streamsim.agents.layers import Parameters, Tape
from streamsim.agents.rules import BackPropagation, Feedback, angle
from streamsim.contracts import Alone, State, Team, generator_for, require

from .past import Credit, DeferredCredit
from .space import Found, SpatialCredit


class Chain(SpatialCredit):
    """Layers form modules; a rule judges the uppermost layer of each, and credit travels down to its lowest.

    With delta_l = dLoss/dz_l and B = W, fixed random, or updated random feedback (Tang, Yang & Amit 2022, equations 9
    and 10): delta_(l-1) = B_l^T (delta_l rho'(a_l)), dW_l = (delta_l rho'(a_l)) x_l^T. It travels through one frame at
    a time, and never from one frame to another: memory is blocked. Remembered frames are credited through what layers
    did and saw then, and through the weights of now, if the rule credits them.

    Args:
        feedback: the weights through which credit travels; by default the layers' own (weight transport).
    """

    def __init__(self, feedback: Feedback = BackPropagation()) -> None:
        self.feedback = feedback
        self.adds = frozenset({"feedback"} if feedback.own_weights else ())
        self.learns = feedback.learns

    @abstractmethod
    def divided(self, names: Sequence[str]) -> list[Sequence[str]]:
        """Return the *names* of the layers of each module, bottom to top."""

    def judged(self, names: Sequence[str]) -> tuple[str, ...]:
        """See `SpatialCredit.judged`."""
        return tuple(module[-1] for module in self.divided(names))

    def reached(self, names: Sequence[str], judged: Sequence[str]) -> tuple[str, ...]:
        """See `SpatialCredit.reached`."""
        return tuple(name for module in self.divided(names) if module[-1] in judged for name in module)

    def validate(self, encoder: Encoder, credit: Credit, credits_past: bool) -> None:
        """See `SpatialCredit.validate`."""
        own = type(self).__name__
        layers = dict(zip(encoder.names, encoder.layers, strict=True))
        for module in self.divided(encoder.names):
            for name in module[1:]:
                kind = type(layers[name]).__name__
                require(
                    layers[name].conducts,
                    f"{own} credit cannot pass through {kind} ({name}), which acts at a pace of its own or keeps a "
                    "state: use Local credit",
                )
        require(
            not (credits_past and isinstance(credit, DeferredCredit)),
            f"{own} credit is given at once: leave credit at ImmediateCredit, or let the rule credit the present only",
        )

    def weights(self, encoder: Encoder, shapes: Sequence[tuple[int, ...]], seed: int) -> dict[str, Parameters]:
        """See `SpatialCredit.weights`: feedback is drawn as the weights of its layer are."""
        if not self.feedback.own_weights:
            return {}
        above = {name for module in self.divided(encoder.names) for name in module[1:]}
        return {
            name: {"feedback": layer.parameters(below, generator_for(seed, "feedback", name))["weight"]}
            for name, layer, below in zip(encoder.names, encoder.layers, shapes[:-1], strict=True)
            if name in above
        }

    def assign(self, found: Found, credit: Credit, kept: State, team: Team = Alone()) -> dict[str, Parameters]:
        """See `SpatialCredit.assign`."""
        total = dict(self._descend(found, found.tapes, found.deltas))
        for lag, deltas in found.arrivals.items():
            for name, gradient in self._descend(found, found.past[lag], deltas):
                total[name] = {key: total[name][key] + own for key, own in gradient.items()}
        return total

    def alignments(self, weights: Parameters) -> Mapping[str, float]:
        """Return the angle between the weights of a layer and its feedback."""
        return {"weight, feedback": angle(weights["weight"], weights["feedback"])} if "feedback" in weights else {}

    def _descend(
        self, found: Found, tapes: Mapping[str, Tape], deltas: Mapping[str, Float[Tensor, " streams *out"]]
    ) -> Iterator[tuple[str, Parameters]]:
        """Yield the gradients of every layer for one frame."""
        for module in self.divided(list(found.layers)):
            if module[-1] not in deltas:
                continue
            delta = deltas[module[-1]]
            for name in reversed(module):
                layer, weights, tape = found.layers[name], found.weights[name], tapes[name]
                through = self.feedback.weight(weights, "weight") if name != module[0] else None
                gradient, delta = layer.passed(weights, tape, delta, through)
                yield name, gradient | ({"feedback": gradient["weight"]} if self._learns(weights) else {})

    def _learns(self, weights: Parameters) -> bool:
        return self.learns and "feedback" in weights


class EndToEnd(Chain):
    """The rule judges the uppermost layer alone, and credit travels down to the first (E2E of Tang, Yang & Amit 2022).

    With CLAPP it is Hinge Loss CPC (Illing et al. 2021), with `InfoNCE` it is CPC (van den Oord et al. 2018).

    Args:
        feedback: as in `Chain`.
    """

    def divided(self, names: Sequence[str]) -> list[Sequence[str]]:
        """See `Chain.divided`."""
        return [names]


class Modules(Chain):
    """Neighbouring layers form modules of so many layers each (Löwe et al. 2019; Illing et al. 2021, appendix C).

    Args:
        sizes: layers of each module, bottom to top; together all layers.
        feedback: as in `Chain`.
    """

    def __init__(self, sizes: Sequence[int], feedback: Feedback = BackPropagation()) -> None:
        super().__init__(feedback)
        require(len(sizes) > 0 and min(sizes) >= 1, f"Modules.sizes must be 1 or more each (got {list(sizes)})")
        self.sizes = tuple(sizes)

    def divided(self, names: Sequence[str]) -> list[Sequence[str]]:
        """See `Chain.divided`."""
        ends = torch.tensor(self.sizes).cumsum(0).tolist()
        require(
            ends[-1] == len(names),
            f"Modules.sizes {list(self.sizes)} are of {ends[-1]} layers together, but there are {len(names)}",
        )
        return [names[end - size : end] for end, size in zip(ends, self.sizes, strict=True)]
