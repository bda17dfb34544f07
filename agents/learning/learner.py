"""The learner: an encoder whose layers learn by a local rule from what short-term memory gives back."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim import Agent, Glimpse, Ledger, Sensor, State, StepReport
from streamsim.agents.credit import Credit, ImmediateCredit, Local, SpatialCredit
from streamsim.agents.encoders import Encoder, GlobalContrastNorm, Perception, Retina, SmallEncoder
from streamsim.agents.memory import Contrast, OwnMemory, PresentOnly, Recollector, ShortTermMemory
from streamsim.agents.optimisers import Adam, Optimiser
from streamsim.agents.predictive import Context, OwnLayer
from streamsim.agents.rules import ContrastiveHinge, Rule
from streamsim.contracts import Alone, Team, derive, generator_from, generator_state, transform

from .calibration import Calibration, Calibrator
from .comparison import Comparer
from .ledger import ledger
from .metrics import QUANTITIES
from .plasticity import Plasticity
from .remembering import Outcome, Remembrance
from .schedules import AllLayers, Schedule
from .validation import (
    require_context_fits,
    require_credit_fits,
    require_layers_fit,
    require_updates_fit,
    shared_lags,
    unlooked,
    unused,
)
from .weights import alignments, drawn


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
        spatial_credit: which layers the rule judges, and how credit reaches those below; by default `Local`, every
            layer by itself.
        bfloat16: compute activity and weight gradients in bfloat16; weights, read-outs and optimiser stay float32.
        context: whose past predicts a layer; by default its own.
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
        spatial_credit: SpatialCredit = Local(),
        bfloat16: bool = False,
        context: Context = OwnLayer(),
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
        self.spatial_credit = spatial_credit
        self.bfloat16 = bfloat16
        self.context = context
        require_layers_fit(encoder, rule, calibration)
        self.judged = spatial_credit.judged(encoder.names)
        require_credit_fits(encoder, rule, schedule, credit, spatial_credit)
        require_context_fits(context, encoder, rule, self.judged)
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
        self.comparer = Comparer(self.encoder, self.rule, team, self.context, self.judged)
        self.plasticity = Plasticity(
            self.encoder, self.rule, self.optimiser, self.schedule, self.credit, self.spatial_credit, team
        )
        self.calibrator = Calibrator(self.encoder, self.rule, self.calibration, team)
        self.remembrance = Remembrance(
            self.encoder,
            self.rule,
            self.memory,
            self.recollector,
            self.calibrator,
            self.spatial_credit,
            self.optimiser.learning_rate > 0,
            self.longest,
        )

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
        encoder, spatial = self.encoder, self.spatial_credit
        shapes, groups = encoder.shapes(sensor.shape), encoder.rate_groups(sensor.shape, self.judged)
        require_updates_fit(self.optimiser, groups)
        self.comparer.validate(groups)
        weights = transform(
            lambda t: t.to(device), drawn(encoder, self.comparer, spatial, shapes, len(self.lags), seed)
        )
        state: State = weights | self.plasticity.reset(weights)
        if space := spatial.reset(encoder, shapes, seed):
            state["space"] = transform(lambda t: t.to(device), space)
        state |= self.recollector.reset(groups, self.comparer.widths(shapes), streams, seed, device)
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
        groups = self.encoder.rate_groups(tuple(glimpse.frame.shape[1:]), self.judged)
        number = glimpse.tick - self.calibration.ticks
        percept = self.perception.perceive(state, glimpse)
        recollections = self.recollector.recall(state.get("memory", {}), groups, percept, glimpse, generator)
        comparisons = self.comparer.compare(state["rule"], percept.tapes, recollections, glimpse.label)
        if number >= 0:
            outcome: Outcome = self.plasticity.learn(state, percept.tapes, comparisons, number, generator)
        else:
            outcome = self.calibrator.look(state, percept.tapes, comparisons, glimpse.tick)
        self.remembrance.remember(state, glimpse, percept, recollections, comparisons, outcome)
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

    def feature_state(self, state: State) -> State:
        """See `Agent.feature_state`: the weights of layers."""
        return {"layers": state["layers"]}

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
        return "; ".join(filter(None, (self.recollector.describe(), self.context.describe())))

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
        return alignments(self.encoder, self.rule, self.spatial_credit, state)
