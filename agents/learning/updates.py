"""From the gradients of a tick to changed weights: at once, or averaged over some ticks."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters
from streamsim.agents.optimisers import Optimiser
from streamsim.agents.rules import Outer
from streamsim.contracts import Alone, State, Team, leaves, transform

# The two groups of weights: feed-forward ones, and those of the rule, which may have a learning rate of their own.
GROUPS = ("layers", "rule")

_TICKS = 16  # whose factors are multiplied at once
_MOST = 2**21  # numbers a predictor that may wait for it


class Updates:
    """Keeps what an optimiser remembers for every weight, and changes weights.

    Args:
        optimiser: how gradients change weights, and how many ticks are averaged.
        rate: factor on the learning rate of the rule's weights; 0 leaves them as they are.
        names: of the layers, bottom to top.
        team: the processes that see the other streams; gradients are summed over them.
    """

    def __init__(self, optimiser: Optimiser, rate: float, names: Sequence[str], team: Team = Alone()) -> None:
        self.names = tuple(names)
        self.optimiser = optimiser
        self.team = team
        self.every = optimiser.every
        self.rates: dict[str, float] = dict(zip(GROUPS, (1.0, rate), strict=True))

    def reset(self, weights: State) -> State:
        """Return the parts of a learner's state that belong to updates, for trainable *weights*."""
        kept = {
            group: {n: {k: self.optimiser.reset(w) for k, w in layer.items()} for n, layer in weights[group].items()}
            for group in GROUPS
        }
        state: State = {"optimiser": kept, "updates": torch.zeros(len(self.names), dtype=torch.int64)}
        return state | ({"gradients": transform(torch.zeros_like, weights)} if self.every > 1 else {})

    def apply(
        self,
        state: State,
        gradients: Mapping[str, Parameters],
        products: Mapping[str, Mapping[str, Outer]],
        names: Sequence[str],
        number: int,
    ) -> None:
        """Change weights, or collect gradients until enough ticks are averaged.

        Args:
            state: a learner's, changed in place.
            gradients: of the weights of the layers that act and learn, by layer and weight.
            products: factors of the gradients of the rule's weights for these layers, by layer and weight.
            names: the layers that learn, whether they act or not.
            number: ticks that have been learnt from before this one.
        """
        if self.every == 1:
            self._change(state, self._summed(state, gradients, products), list(gradients))
            return
        self._settle(state)
        if self.team.size > 1:
            for group, found in self._summed(state, gradients, products).items():
                self._add(state["gradients"].get(group, {}), found)  # a restored state has no empty branches
        else:
            self._collect(state, gradients, products)
        if (number + 1) % self.every == 0:
            for name, waiting in state.get("factors", {}).items():
                for key, held in waiting.items():
                    self._sum(held, state["gradients"]["rule"][name][key])
            self._change(state, state["gradients"], names)
            torch._foreach_zero_([total for _, total in leaves(state["gradients"])])  # pyright: ignore[reportPrivateImportUsage]

    def _summed(
        self, state: State, gradients: Mapping[str, Parameters], products: Mapping[str, Mapping[str, Outer]]
    ) -> dict[str, dict[str, Parameters]]:
        """Return the gradients of all weights, over the streams of the whole team."""
        multiplied = {n: _dense(own, state["rule"][n]) for n, own in products.items()} if self.rates["rule"] else {}
        dense = {"layers": dict(gradients), "rule": multiplied}
        places = dict(leaves(dense)) if self.team.size > 1 else {}
        for place, total in zip(places, self.team.summed(list(places.values())), strict=True):
            group, name, key = place.split(".")
            dense[group][name][key] = total
        return dense

    def _change(self, state: State, gradients: Mapping[str, Mapping[str, Parameters]], names: Sequence[str]) -> None:
        """Change the weights of the layers called *names*, groups of one learning rate at once."""
        for rate in sorted(set(self.rates.values()) - {0.0}, reverse=True):
            places = [
                (group, name, key)
                for group in GROUPS
                if self.rates[group] == rate
                for name in names
                for key in gradients.get(group, {}).get(name, {})  # a restored state has no empty branches
            ]
            if places:
                weights = [state[group][name][key] for group, name, key in places]
                optimiser = state.get("optimiser", {})
                kept = [optimiser.get(group, {}).get(name, {}).get(key, {}) for group, name, key in places]
                self.optimiser.step(weights, [gradients[g][n][k] for g, n, k in places], kept, rate)
        state["updates"] += torch.tensor([name in names for name in self.names])

    def _collect(
        self, state: State, gradients: Mapping[str, Parameters], products: Mapping[str, Mapping[str, Outer]]
    ) -> None:
        """Add the gradients of a tick to those collected, but let factors wait to be multiplied where these are few."""
        self._add(state["gradients"]["layers"], gradients)
        few: list[tuple[State, Outer, Tensor]] = []
        for name, factors in products.items():
            for key, total in state["gradients"].get("rule", {}).get(name, {}).items():
                left, right = factors[key]
                if _TICKS * left.shape[-2] * (left.shape[-1] + right.shape[-1]) > _MOST:
                    total.add_((left.mT @ right).view_as(total), alpha=1 / self.every)
                else:
                    few.append((_held(state, name, key, factors[key]), factors[key], total))
        if few:
            self._hold(few)

    def _settle(self, state: State) -> None:
        """Multiply factors that wait in an earlier checkpoint, in which the ticks of a predictor lie together."""
        for name, waiting in state.pop("products", {}).items():
            for key, held in waiting.items():
                pairs = int(held["count"]) * (held["left"].shape[-2] // _TICKS)
                left, right = (held[side][..., :pairs, :] for side in Outer._fields)
                total = state["gradients"]["rule"][name][key]
                total.add_((left.mT @ right).view_as(total), alpha=1 / self.every)

    def _add(self, collected: State, gradients: Mapping[str, Parameters]) -> None:
        places = [(name, key) for name, own in gradients.items() for key in own if key in collected.get(name, {})]
        if places:
            totals = [collected[name][key] for name, key in places]
            found = [gradients[name][key] for name, key in places]
            torch._foreach_add_(totals, found, alpha=1 / self.every)  # pyright: ignore[reportPrivateImportUsage]

    def _hold(self, few: Sequence[tuple[State, Outer, Tensor]]) -> None:
        """Keep factors of some weights, and multiply them now and then.

        A matrix product over the pairs of several ticks moves far fewer bytes than one a tick.

        Args:
            few: what waits of each weight's gradient, its factors at this tick, and what was collected of it.
        """
        places = [held[side][int(held["count"])] for held, *_ in few for side in Outer._fields]
        factors = [factor.contiguous() for _, product, _ in few for factor in product]
        torch._foreach_copy_(places, factors)  # pyright: ignore[reportPrivateImportUsage]
        for held, _, total in few:
            held["count"] += 1
            if int(held["count"]) == _TICKS:
                self._sum(held, total)

    def _sum(self, held: State, total: Float[Tensor, "*predictors rows columns"]) -> None:
        """Add what waits of a weight's gradient to what was collected of it."""
        count = int(held["count"])
        if count:
            # all pairs of a predictor one after the other
            left, right = (held[side][:count].movedim(0, -3).flatten(-3, -2) for side in Outer._fields)
            if total.ndim == 3:
                left, right = (factor.expand(len(total), -1, -1) for factor in (left, right))
                total.baddbmm_(left.mT, right, alpha=1 / self.every)
            else:
                total.add_((left.mT @ right).view_as(total), alpha=1 / self.every)
            held["count"].zero_()


def _dense(products: Mapping[str, Outer], weights: Parameters) -> Parameters:
    """Return the gradients whose factors are *products*; factors that serve several weights are multiplied once."""
    done: dict[int, Tensor] = {}
    for product in products.values():
        if id(product) not in done:
            done[id(product)] = product.left.mT @ product.right
    return {key: done[id(product)].view_as(weights[key]) for key, product in products.items()}


def _held(state: State, name: str, key: str, product: Outer) -> State:
    """Return what waits of a weight's gradient, with room for the factors of so many ticks."""
    held: State = state.setdefault("factors", {}).setdefault(name, {}).setdefault(key, {})
    if not held:
        held |= {side: factor.new_zeros(_TICKS, *factor.shape) for side, factor in product._asdict().items()}
        held["count"] = torch.zeros((), dtype=torch.int64)
    return held
