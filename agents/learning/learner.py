"""The learner: an encoder whose layers learn by a local rule from what short-term memory gives back."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim import Agent, Glimpse, Ledger, Sensor, State, StepReport
from streamsim.agents.encoders import Encoder, GlobalContrastNorm, Percept, Perception, Retina, SmallEncoder
from streamsim.agents.memory import (
    Contrast,
    OwnMemory,
    PresentOnly,
    Recollection,
    Recollector,
    ShortTermMemory,
    shifted,
)
from streamsim.agents.rules import ContrastiveHinge, Rule
from streamsim.contracts import Alone, Team, derive, generator_from, generator_state, transform

from .calibration import Calibrated, Calibration, Calibrator
from .comparison import Comparer, Comparison
from .credit import Credit, ImmediateCredit
from .ledger import ledger
from .metrics import QUANTITIES
from .optimisers import Adam, Optimiser
from .plasticity import Learned, Plasticity
from .schedules import AllLayers, Schedule
from .validation import require_layers_fit, require_updates_fit, shared_lags, unlooked, unused

Outcome = Learned | Calibrated


class Learner(Agent):
    """Learns layer by layer, online, from the frame of a tick and from what its short-term memory still holds.

    At every tick: the frame passes through all layers; each layer's read-out is compared with remembered read-outs;
    the rule turns each comparison into a local gradient; the optimiser changes the weights; memory stores the present
    read-outs as they were *before* the update. Layers exchange activity upwards and nothing downwards.

    Parts hold no state, so that learners may share them; a part is not changed once it is made.

    Args:
        encoder: the layers; by default `SmallEncoder`.
        rule: how they learn; by default `ContrastiveHinge`.
        memory: the slots of the past; by default eight recent frames.
        contrasts: which memories the present is compared with; by default a stream's own past at lags 1, 2, 4 and 8,
            the strictest learner; `PeerMemory` learns faster, but needs several streams. They and memory are of no
            account to a rule that needs no past, as `Supervised`.
        optimiser: from gradients to weights; by default `Adam`.
        schedule: which layers learn when; by default all of them at every tick.
        calibration: the first ticks, in which the agent only looks; by default ten ticks in which rules are calibrated.
        retina: what happens to a frame first; by default `GlobalContrastNorm`. The papers' is `Transparent`.
        credit: when remembered frames are credited, if the rule credits them; by default at once.
        bfloat16: compute activity and weight gradients in bfloat16; weights, read-outs and optimiser stay float32.
    """

    def __init__(
        self,
        encoder: Encoder = SmallEncoder(),
        rule: Rule = ContrastiveHinge(),
        memory: ShortTermMemory = ShortTermMemory(),
        contrasts: Sequence[Contrast] = (OwnMemory((1, 2, 4, 8), negative=1.5, balanced=True),),
        optimiser: Optimiser = Adam(3e-4),
        schedule: Schedule = AllLayers(),
        calibration: Calibration = Calibration(),
        retina: Retina = GlobalContrastNorm(),
        credit: Credit = ImmediateCredit(),
        bfloat16: bool = False,
    ) -> None:
        self.encoder = encoder
        self.rule = rule
        self.memory = memory
        self.contrasts = tuple(contrasts)
        self.optimiser = optimiser
        self.schedule = schedule
        self.calibration = calibration
        self.retina = retina
        self.credit = credit
        self.bfloat16 = bfloat16
        require_layers_fit(encoder, rule, calibration)
        self.looks = calibration.ticks
        self.taught = rule.taught
        self.lags = shared_lags(self.contrasts, memory, rule)
        self.longest = max(lag or 0 for lag in self.lags)
        self._put_together(Alone())

    def _put_together(self, team: Team) -> None:
        self.team = team
        compute = torch.bfloat16 if self.bfloat16 else torch.float32
        self.recollector = Recollector(self.memory, self.contrasts) if self.rule.needs_past else PresentOnly()
        self.perception = Perception(self.retina, self.encoder, compute, team)
        self.comparer = Comparer(self.encoder, self.rule, team)
        self.plasticity = Plasticity(self.encoder, self.rule, self.optimiser, self.schedule, self.credit, team)
        self.calibrator = Calibrator(self.encoder, self.rule, self.calibration, team)

    @property
    def layers(self) -> tuple[str, ...]:
        """See `Agent.layers`."""
        return self.encoder.names

    @property
    def quantities(self) -> tuple[str, ...]:
        """See `Agent.quantities`; scores are u (CLAPP) or distances (contrastive hinge)."""
        return QUANTITIES

    def reset(self, sensor: Sensor, streams: int, seed: int, device: torch.device) -> State:
        """See `Agent.reset`."""
        shapes, groups = self.encoder.shapes(sensor.shape), self.encoder.rate_groups(sensor.shape)
        require_updates_fit(self.optimiser, groups)
        weights = transform(lambda t: t.to(device), self._drawn(shapes, seed))
        state: State = weights | self.plasticity.reset(weights)
        state |= self.recollector.reset(groups, [self.rule.width(s) for s in shapes[1:]], streams, seed, device)
        state["generator"] = generator_state(derive(seed, "contrasts"))
        state |= self.perception.reset(sensor.shape, streams, device)
        if self.calibration.ticks:
            self.calibration.validate(len(self.layers), groups[-1].every)
            state["calibration"] = self.calibration.reset(len(self.layers), device)
        if self.rule.credits_past:
            state["traces"] = {}
        return state

    @torch.no_grad()
    def step(self, state: State, glimpse: Glimpse) -> tuple[State, StepReport]:
        """See `Agent.step`: perceive, recall, compare, learn (which changes weights), remember (all else)."""
        generator = generator_from(state["generator"])
        groups = self.encoder.rate_groups(tuple(glimpse.frame.shape[1:]))
        number = glimpse.tick - self.calibration.ticks
        percept = self.perception.perceive(state, glimpse)
        recollections = self.recollector.recall(state.get("memory", {}), groups, percept, glimpse, generator)
        comparisons = self.comparer.compare(state["rule"], percept.tapes, recollections, glimpse.label)
        if number >= 0:
            outcome: Outcome = self.plasticity.learn(state, percept.tapes, comparisons, number, generator)
        else:
            outcome = self.calibrator.look(state, percept.tapes, comparisons, glimpse.tick)
        self._remember(state, glimpse, percept, recollections, comparisons, outcome)
        state["generator"] = generator.get_state()
        # until all that memory and traces can hold is there
        if number <= (self.memory.capacity + self.longest + 1) * groups[-1].every:
            self.ledger(state).enforce()
        return state, StepReport(outcome.metrics, percept.activity, *self.comparer.told(comparisons))

    @torch.no_grad()
    def features(self, state: State, frames: Float[Tensor, " n *shape"]) -> dict[str, Float[Tensor, " n *activity"]]:
        """See `Agent.features`; each frame is held from the beginning of a fixation until every layer has acted."""
        slowest = self.encoder.rate_groups(tuple(frames.shape[1:]))[-1].every
        *_, found = self.replay(state, frames[:, None].expand(-1, slowest, *frames.shape[1:]))
        return found

    def replay(
        self, state: State, frames: Float[Tensor, "n ticks *shape"]
    ) -> Iterator[dict[str, Float[Tensor, " n *activity"]]]:
        """See `Agent.replay`."""
        return self.perception.replay(state, frames)

    def ledger(self, state: State) -> Ledger:
        """See `Agent.ledger`; of the whole team."""
        return ledger(state, self.encoder, self.memory.cap, self.team.size, bool(self.taught))

    def joined(self, team: Team) -> "Learner":
        """See `Agent.joined`: read-outs are known to all; what layers do, saw and carry, to one process each."""
        if team.size == self.team.size == 1:
            return self
        member = copy(self)
        member._put_together(team)
        return member

    def whole(self, state: State) -> State:
        """See `Agent.whole`."""
        return self.perception.whole(state)

    def share(self, state: State) -> State:
        """See `Agent.share`."""
        return self.perception.share(state)

    def describe(self) -> str:
        """Return in words what is compared with what; every result names it."""
        return self.recollector.describe()

    def advice(self) -> tuple[str, ...]:
        """See `Agent.advice`."""
        return (*self.rule.advice(), *unlooked(self.encoder, self.calibration), *unused(self.contrasts, self.rule))

    def title(self) -> str:
        """Return the name of the rule."""
        return type(self.rule).__name__

    def filters(self, state: State) -> Tensor | None:
        """Return the weights of the first layer, (units, channels, height, width), if it has receptive fields."""
        weight: Tensor = state["layers"][self.layers[0]].get("weight")
        return weight if weight is not None and weight.ndim == 4 else None

    def alignments(self, state: State) -> Mapping[str, float]:
        """Return named angles in degrees between weights that theory says should align, per layer."""
        return {
            f"{name}: {what}": degrees
            for name in self.layers
            for what, degrees in self.rule.alignments(state["rule"][name]).items()
        }

    def _drawn(self, shapes: Sequence[tuple[int, ...]], seed: int) -> State:
        """Return fresh weights of layers and rule; one seed draws the same layers whatever learns in them."""
        weights: State = {"layers": {}, "rule": {}}
        for name, layer, below, above in zip(self.layers, self.encoder.layers, shapes, shapes[1:], strict=False):
            own, heads = (torch.Generator().manual_seed(derive(seed, part, name)) for part in ("weights", "rule"))
            weights["layers"][name] = layer.parameters(below, own)
            other = (below,) if layer.predicts_below else ()
            weights["rule"][name] = self.rule.parameters(above, len(self.lags), heads, *other)
        return weights

    def _remember(
        self,
        state: State,
        glimpse: Glimpse,
        percept: Percept,
        recollections: Sequence[Recollection],
        comparisons: Sequence[Comparison],
        outcome: Outcome,
    ) -> None:
        """Write what the tick leaves behind besides changed weights; read-outs as they were before these changed."""
        if percept.age is not None:
            state |= {"carried": percept.carried, "age": percept.age}
        if self.rule.needs_past:
            state["memory"] = {recollection.group.key: recollection.memory for recollection in recollections}
        for comparison in comparisons:
            for name, statistics in comparison.statistics.items():
                state["rule"][name] |= statistics
        # without learning nothing that is probed changes once looking is over, running statistics included
        adapts = isinstance(outcome, Calibrated) or self.optimiser.learning_rate > 0
        for name, layer in zip(self.layers, self.encoder.layers, strict=True):
            if adapts and layer.keeps_statistics and name in percept.tapes:
                state["layers"][name] |= layer.update_statistics(state["layers"][name], percept.tapes[name])
        factors: Mapping[str, Tensor] = {}
        if isinstance(outcome, Calibrated):
            factors = outcome.factors
            self.calibrator.write(state, outcome, self.memory)
            if outcome.layers:
                return
        else:
            state["learning"] = outcome.learning
        acted = [recollection for recollection in recollections if recollection.recall is not None]
        for recollection, comparison in zip(acted, comparisons, strict=True):
            self.recollector.store(recollection, comparison.readouts, factors, percept, glimpse)
            if self.rule.credits_past:
                key, own = recollection.group.key, {name: percept.tapes[name] for name in comparison.readouts}
                traces = state.setdefault("traces", {})  # a restored state has no empty branches
                traces[key] = shifted(traces.get(key, {}), own, self.longest)
