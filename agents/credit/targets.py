"""Difference target propagation: layers are told what to do, and not how wrong they were."""

from collections.abc import Mapping, Sequence

from jaxtyping import Float
from torch import Tensor

from streamsim.agents.encoders import Encoder
from streamsim.agents.layers import Activation, Identity, Parameters, Tape
from streamsim.agents.optimisers import Adam, Optimiser
from streamsim.contracts import Alone, State, Team, generator_for, require

from .inverses import Inverse, inverse_of
from .past import Credit
from .space import Found, SpatialCredit


class DifferenceTargetPropagation(SpatialCredit):
    """Targets travel down through learnt inverses (Lee et al. 2015), past pooling too (Tang et al. 2021, Algorithm 1).

    With x_l = f_l(x_(l-1)) the activity of layer l = 1 to L, convolution and pooling together, g_l its inverse, and L
    the loss of one stream, a tick does the following, in this order:

        each g_l learns |g_l(x_l) - x_(l-1)|^2                                           l = L to 2   (line 11)
        t_L = x_L - eta dL/dx_L,     t_(l-1) = x_(l-1) + g_l(t_l) - g_l(x_l)             l = L to 2   (lines 15, 17)
        W_l learns |f_l(x_(l-1)) - t_l|^2 below the uppermost layer, and L in that                    (lines 21, 22)

    with the inputs x_(l-1) held constant; losses are averaged over streams. No weight is used twice: what comes down is
    an activity, and an update needs only what a layer saw, what it did, and what it should have done.

    Args:
        step: eta, how far the uppermost target lies down the gradient of a stream's loss; greater than 0.
        optimiser: of the inverses.
        steps: how often inverses learn from a frame, at least once.
        activation: nonlinearity of the inverses; by default none.
    """

    def __init__(
        self,
        step: float = 1.0,
        optimiser: Optimiser = Adam(1e-3),
        steps: int = 1,
        activation: Activation = Identity(),
    ) -> None:
        require(step > 0, f"DifferenceTargetPropagation.step must be greater than 0 (got {step})")
        require(steps >= 1, f"DifferenceTargetPropagation.steps must be at least 1 (got {steps})")
        require(
            optimiser.every == 1,
            "inverses learn at every tick: leave DifferenceTargetPropagation.optimiser.every at 1 "
            f"(got {optimiser.every})",
        )
        self.step = step
        self.optimiser = optimiser
        self.steps = steps
        self.activation = activation

    def judged(self, names: Sequence[str]) -> tuple[str, ...]:
        """See `SpatialCredit.judged`."""
        return (names[-1],)

    def reached(self, names: Sequence[str], judged: Sequence[str]) -> tuple[str, ...]:
        """See `SpatialCredit.reached`."""
        return tuple(names)

    def validate(self, encoder: Encoder, credit: Credit, credits_past: bool) -> None:
        """See `SpatialCredit.validate`."""
        require(
            len(encoder.layers) > 1,
            "difference target propagation has no layer below to give targets to: use EndToEnd, or more layers",
        )
        require(
            not credits_past,
            "difference target propagation gives targets to the present frame only: let the rule credit no remembered "
            "ones (retrodict false)",
        )

    def reset(self, encoder: Encoder, shapes: Sequence[tuple[int, ...]], seed: int) -> State:
        """See `SpatialCredit.reset`."""
        weights = {
            name: inverse_of(layer, shape, self.activation).parameters(generator_for(seed, "inverse", name))
            for name, layer, shape in zip(encoder.names[1:], encoder.layers[1:], shapes[1:-1], strict=True)
        }
        kept = {n: {key: self.optimiser.reset(w) for key, w in own.items()} for n, own in weights.items()}
        return {"inverses": weights, "optimiser": kept}

    def assign(self, found: Found, credit: Credit, kept: State, team: Team = Alone()) -> dict[str, Parameters]:
        """See `SpatialCredit.assign`."""
        names, tapes = list(found.layers), found.tapes
        streams = len(tapes[names[-1]]["z"]) * team.size
        inverses = {n: inverse_of(found.layers[n], tapes[n]["x"].shape[1:], self.activation) for n in names[1:]}
        for _ in range(self.steps):
            self._learn(inverses, tapes, kept, 1 / streams, team)
        delta = found.deltas[names[-1]].expand_as(tapes[names[-1]]["z"])
        wanted = self._differences(inverses, tapes, kept["inverses"], delta * streams)
        deltas = {name: difference * (-2 / streams) for name, difference in wanted.items()}
        deltas |= found.deltas
        return {n: found.layers[n].gradient(found.weights[n], tapes[n], deltas[n]) for n in names}

    def _learn(
        self, inverses: Mapping[str, Inverse], tapes: Mapping[str, Tape], kept: State, share: float, team: Team
    ) -> None:
        """Let every inverse learn to tell what its layer saw from what it did."""
        own, remembered = kept["inverses"], kept.get("optimiser", {})  # a restored state has no empty branches
        made = {n: g.gradient(own[n], tapes[n]["z"], tapes[n]["x"], share) for n, g in inverses.items()}
        places = [(name, key) for name, gradients in made.items() for key in gradients]
        gradients = team.summed([made[name][key] for name, key in places])
        memory = [remembered.get(name, {}).get(key, {}) for name, key in places]
        self.optimiser.step([own[name][key] for name, key in places], gradients, memory, 1.0)

    def _differences(
        self,
        inverses: Mapping[str, Inverse],
        tapes: Mapping[str, Tape],
        weights: Mapping[str, Parameters],
        error: Float[Tensor, " streams *out"],
    ) -> dict[str, Tensor]:
        """Return t_l - x_l of every layer, from the *error* dL/dx_L of each stream."""
        names = list(tapes)
        wanted = {names[-1]: -self.step * error}
        for below, name in reversed(list(zip(names, inverses, strict=False))):
            # one precision on both sides, or else roundings would be differences
            own, z = weights[name], tapes[name]["z"].to(wanted[name].dtype)
            wanted[below] = inverses[name].apply(own, z + wanted[name]) - inverses[name].apply(own, z)
        return wanted
