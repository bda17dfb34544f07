"""From compared pairs to changed weights: the fourth step of a tick."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from streamsim import State
from streamsim.agents.encoders import Encoder
from streamsim.agents.layers import Parameters, Tape
from streamsim.agents.memory import remembered
from streamsim.agents.rules import Outer, Rule
from streamsim.contracts import Alone, Team

from .comparison import Comparison
from .credit import Arrivals, Credit, Credited, ImmediateCredit, arrivals_of, home_of
from .metrics import Found, metrics
from .optimisers import Optimiser
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
        team: the processes that see the other streams.
    """

    def __init__(
        self,
        encoder: Encoder,
        rule: Rule,
        optimiser: Optimiser,
        schedule: Schedule,
        credit: Credit,
        team: Team = Alone(),
    ) -> None:
        self.rule = rule
        self.team = team
        self.names = encoder.names
        self.layers = dict(zip(encoder.names, encoder.layers, strict=True))
        self.every = optimiser.every
        self.updates = Updates(optimiser, rule.rate, encoder.names, team)
        self.schedule = schedule
        self.credit = credit

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
        found: list[Found] = []
        for compared in comparisons:
            group, recall = compared.group, compared.recall
            here = [name for name in group.names if name in names]
            if not here:
                continue
            parameters, batches = compared.parameters, compared.batches
            factors = self.rule.learn_together([parameters[name] for name in here], [batches[name] for name in here])
            past, home = {}, None
            if self.rule.credits_past:
                past = remembered(state.get("traces", {}).get(group.key, {}), group.names, recall.lags)
                home = home_of(recall.owner)
            credited: list[Credited] = []
            for name, own in zip(here, factors, strict=True):
                arrivals: Arrivals = {}
                if own.past_delta is not None and home is not None:
                    frames = {lag: then[name] for lag, then in past.items()}
                    arrivals = arrivals_of(own.past_delta, frames, recall.lags, home, self.team)
                credited.append(Credited(self.layers[name], state["layers"][name], tapes[name], own.delta, arrivals))
                products[name] = own.products
            credit = self.credit if self.rule.credits_past else _PRESENT
            gradients |= zip(here, credit.assign_together(credited, max(lag or 0 for lag in recall.lags)), strict=True)
            found.append(([self.names.index(name) for name in here], factors, recall))
        self.updates.apply(state, gradients, products, names, number)
        device = next(iter(state["rule"][self.names[0]].values())).device
        return Learned(metrics(len(self.names), found, device, self.team), learning)

    def _choose(self, learning: Tensor, number: int, generator: torch.Generator) -> Bool[Tensor, " layers"]:
        """Return the layers that the schedule lets learn until the next update."""
        if self.schedule.steady or number % self.every:
            return learning
        chosen = self.schedule.active(number, len(self.names), generator)
        return torch.tensor([i in chosen for i in range(len(self.names))])

    def _trainable(self, weights: State) -> State:
        """Return the weights that gradients change."""
        layers = {
            name: {k: w for k, w in weights["layers"][name].items() if k in layer.trainable(weights["layers"][name])}
            for name, layer in self.layers.items()
        }
        rules = weights["rule"].items()
        kept = {n: {k: w for k, w in own.items() if k in self.rule.trainable(own)} for n, own in rules}
        return {"layers": layers, "rule": kept if self.rule.rate else {n: {} for n in kept}}
