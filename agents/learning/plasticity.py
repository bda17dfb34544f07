"""From compared pairs to changed weights: the fourth step of a tick."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from streamsim import State
from streamsim.agents.credit import Credit, Found, ImmediateCredit, SpatialCredit, arrivals_of, home_of
from streamsim.agents.encoders import Encoder
from streamsim.agents.layers import Layer, Parameters, Tape
from streamsim.agents.memory import remembered
from streamsim.agents.optimisers import Optimiser
from streamsim.agents.rules import Outer, Rule, RuleFactors
from streamsim.contracts import Alone, Team

from .comparison import Comparison
from .metrics import Summed, metrics
from .schedules import Schedule
from .updates import Updates

_PRESENT = ImmediateCredit()  # of rules that credit nothing else


class Learned(NamedTuple):
    """What learning tells of a tick, besides the changed weights.

    Attributes:
        metrics: of all layers.
        learning: the layers that the schedule lets learn until the next update.
    """

    metrics: Float[Tensor, "layers quantities"]
    learning: Bool[Tensor, " layers"]


class Plasticity:
    """Changes the weights of an encoder and of its rule.

    Args:
        encoder: the layers.
        rule: gives the factors of their gradients.
        optimiser: from gradients to weights.
        schedule: which layers learn when.
        credit: when remembered frames are credited.
        spatial: which layers the rule judges, and how the others are credited.
        team: the processes that see the other streams.
    """

    def __init__(
        self,
        encoder: Encoder,
        rule: Rule,
        optimiser: Optimiser,
        schedule: Schedule,
        credit: Credit,
        spatial: SpatialCredit,
        team: Team = Alone(),
    ) -> None:
        self.rule = rule
        self.team = team
        self.names = encoder.names
        self.layers = dict(zip(encoder.names, encoder.layers, strict=True))
        self.every = optimiser.every
        self.updates = Updates(optimiser, rule.rate, encoder.names, team)
        self.schedule = schedule
        self.credit = credit if rule.credits_past else _PRESENT
        self.spatial = spatial

    def reset(self, weights: State) -> State:
        """Return the parts of a learner's state that belong to learning, for these *weights*."""
        state = self.updates.reset(self._trainable(weights))
        return state | {"learning": torch.ones(len(self.names), dtype=torch.bool)}

    def learn(
        self,
        state: State,
        tapes: Mapping[str, Tape],
        comparisons: Sequence[Comparison],
        number: int,
        generator: torch.Generator,
    ) -> Learned:
        """Learn in the layers that act and that the schedule chooses.

        Args:
            state: a learner's; its weights, and what belongs to their updates, are changed in place.
            tapes: of the layers that act.
            comparisons: of these layers with their past.
            number: ticks that have been learnt from before this one.
            generator: for the schedule, on the CPU.
        """
        learning = self._choose(state["learning"], number, generator)
        names = [name for name, learns in zip(self.names, learning.tolist(), strict=True) if learns]
        gradients: dict[str, Parameters] = {}
        products: dict[str, Mapping[str, Outer]] = {}
        found: list[Summed] = []
        for compared in comparisons:
            group, recall = compared.group, compared.recall
            here = [name for name in group.names if name in names]
            if not here:
                continue
            parameters, batches = compared.parameters, compared.batches
            factors = self.rule.learn_together([parameters[name] for name in here], [batches[name] for name in here])
            made = dict(zip(here, factors, strict=True))
            gradients |= self._credited(state, tapes, compared, made)
            products |= {name: own.products for name, own in made.items()}
            found.append(([self.names.index(name) for name in here], factors, recall))
        self.updates.apply(state, gradients, products, names, number)
        device = next(iter(state["layers"][self.names[0]].values())).device
        return Learned(metrics(len(self.names), found, device, self.team), learning)

    def _credited(
        self, state: State, tapes: Mapping[str, Tape], compared: Comparison, made: Mapping[str, RuleFactors]
    ) -> dict[str, Parameters]:
        """Return the gradients of the weights of all layers that are credited for what the rule *made* of some."""
        recall, traces = compared.recall, state.get("traces", {}).get(compared.group.key, {})
        past: dict[int, dict[str, Tape]] = {}
        arrivals: dict[int, dict[str, Tensor]] = {}
        if self.rule.credits_past:
            past = remembered(traces, self.spatial.reached(self.names, compared.group.names), recall.lags)
            home = home_of(recall.owner)
            for name, own in made.items():
                if own.past_delta is not None:
                    for lag, delta in arrivals_of(own.past_delta, past, recall.lags, home, self.team).items():
                        arrivals.setdefault(lag, {})[name] = delta
        deltas = {name: own.delta for name, own in made.items()}
        longest = max(lag or 0 for lag in recall.lags)
        found = Found(self.layers, state["layers"], tapes, deltas, past, arrivals, longest)
        return self.spatial.assign(found, self.credit, state.get("space", {}), self.team)

    def _choose(self, learning: Tensor, number: int, generator: torch.Generator) -> Bool[Tensor, " layers"]:
        """Return the layers that the schedule lets learn until the next update."""
        if self.schedule.steady or number % self.every:
            return learning
        chosen = self.schedule.active(number, len(self.names), generator)
        return torch.tensor([i in chosen for i in range(len(self.names))])

    def _trainable(self, weights: State) -> State:
        """Return the weights that gradients change."""
        layers = {name: self._trainable_of(layer, weights["layers"][name]) for name, layer in self.layers.items()}
        rules = weights["rule"].items()
        kept = {n: {k: w for k, w in own.items() if k in self.rule.trainable(own)} for n, own in rules}
        return {"layers": layers, "rule": kept if self.rule.rate else {n: {} for n in kept}}

    def _trainable_of(self, layer: Layer, weights: Parameters) -> Parameters:
        """Return those of the *weights* of a layer that gradients change."""
        own = {key: weight for key, weight in weights.items() if key not in self.spatial.adds}
        kept = layer.trainable(own) | (self.spatial.adds if self.spatial.learns else frozenset())
        return {key: weight for key, weight in weights.items() if key in kept}
