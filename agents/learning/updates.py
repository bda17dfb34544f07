"""From the gradients of a tick to changed weights: at once, or averaged over some ticks."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.rules import Outer
from streamsim.contracts import State, transform

from .optimisers import Optimiser

# The two groups of weights: feed-forward ones, and those of the rule, which may have a learning rate of their own.
GROUPS = ("layers", "rule")

_TICKS = 16  # of outer products that are summed at once


class Updates:
    """Keeps what an optimiser remembers for every weight, and applies gradients.

    Args:
        optimiser: how gradients change weights, and how many ticks are averaged.
        rate: factor on the learning rate of the rule's weights; 0 leaves them as they are.
    """

    def __init__(self, optimiser: Optimiser, rate: float) -> None:
        self.optimiser = optimiser
        self.rates: dict[str, float] = dict(zip(GROUPS, (1.0, rate), strict=True))

    def reset(self, weights: State, layers: int) -> State:
        """Return the parts of a learner's state that belong to updates, for *weights* of so many layers."""
        kept = {
            group: {n: {k: self.optimiser.reset(w) for k, w in layer.items()} for n, layer in weights[group].items()}
            for group in GROUPS
        }
        state: State = {"optimiser": kept, "updates": torch.zeros(layers, dtype=torch.int64)}
        return state | ({"gradients": transform(torch.zeros_like, weights)} if self.optimiser.every > 1 else {})

    def hold(self, state: State, name: str, products: Mapping[str, Outer]) -> None:
        """Keep the rule's gradients for the layer called *name* that are outer products, and sum them now and then.

        A matrix product over the pairs of several ticks moves far fewer bytes than one a tick.
        """
        for key, product in products.items():
            held = state.setdefault("products", {}).setdefault(name, {}).setdefault(key, {})
            if not held:
                held |= {side: _room(factor) for side, factor in product._asdict().items()}
                held["count"] = torch.zeros((), dtype=torch.int64)
            pairs, count = product.left.shape[1], int(held["count"])
            for side, factor in product._asdict().items():
                held[side][:, count * pairs : (count + 1) * pairs] = factor
            held["count"] += 1
            if count + 1 == _TICKS:
                self._sum(held, state["gradients"]["rule"][name][key])

    def _sum(self, held: State, total: Float[Tensor, "predictors rows columns"]) -> None:
        """Add what is held of a weight's gradient to what was collected of it."""
        if int(held["count"]):
            filled = held["left"].shape[1] // _TICKS * int(held["count"])
            left, right = held["left"][:, :filled], held["right"][:, :filled]
            total.baddbmm_(left.transpose(1, 2), right, alpha=1 / self.optimiser.every)
            held["count"].zero_()

    def apply(self, state: State, gradients: State, names: Sequence[str], number: int) -> list[str]:
        """Change the weights of the layers called *names*, or collect gradients until enough ticks are averaged.

        Returns the names of the layers whose weights changed.

        Args:
            state: a learner's state, changed in place.
            gradients: group, layer and weight to gradient; what has none may be left out.
            names: the layers that learn.
            number: ticks that have been learnt from before this one.
        """
        every = self.optimiser.every
        if every > 1:
            for group, name, key in addresses(gradients):
                state["gradients"][group][name][key].add_(gradients[group][name][key], alpha=1 / every)
            if (number + 1) % every:
                return []
            for name, products in state.get("products", {}).items():
                for key, held in products.items():
                    self._sum(held, state["gradients"]["rule"][name][key])
            gradients = state["gradients"]
        acted = [name for name in names if any(name in gradients[group] for group in GROUPS)]
        for group in GROUPS:
            self._step(state, group, gradients[group], [name for name in acted if name in gradients[group]])
        if every > 1:
            state["gradients"] = transform(Tensor.zero_, gradients)
        return acted

    def _step(self, state: State, group: str, gradients: State, names: Sequence[str]) -> None:
        keys = [(n, k) for n in names for k in gradients[n]] if self.rates[group] else []
        if keys:
            weights = [state[group][n][k] for n, k in keys]
            kept = [branch(state, "optimiser", group, n, k) for n, k in keys]
            self.optimiser.step(weights, [gradients[n][k] for n, k in keys], kept, self.rates[group])


def _room(factor: Float[Tensor, "predictors pairs width"]) -> Float[Tensor, "predictors places width"]:
    """Return places for the factors of so many ticks."""
    predictors, pairs, width = factor.shape
    return factor.new_zeros(predictors, _TICKS * pairs, width)


def branch(state: State, *path: str) -> State:
    """Return the part of *state* at *path*, which is empty where a restored state has none."""
    for name in path:
        state = state.get(name, {})
    return state


def addresses(gradients: State) -> Iterator[tuple[str, str, str]]:
    """Yield group, layer and name of every gradient."""
    for group, layers in gradients.items():
        for name, weights in layers.items():
            for key in weights:
                yield group, name, key
