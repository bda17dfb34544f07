"""The learner: an encoder whose layers learn by a local rule from what short-term memory gives back."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.encoders import Encoder, GlobalContrastNorm, RateGroup, Retina, SmallEncoder
from streamsim.agents.layers import Tape, cast
from streamsim.agents.memory import Contrast, OwnMemory, ShortTermMemory, joined, recorded, shifted
from streamsim.agents.rules import ContrastiveHinge, Rule
from streamsim.contracts import (
    Agent,
    Glimpse,
    Ledger,
    Sensor,
    State,
    StepReport,
    derive,
    generator_from,
    generator_state,
    require,
    size_in_bytes,
    transform,
)

from .calibration import Calibration, Calibrator
from .comparison import Meeting, Teaching, comparison
from .credit import Credit, ImmediateCredit
from .metrics import QUANTITIES
from .optimisers import Adam, Optimiser
from .plasticity import Plasticity
from .schedules import AllLayers, Schedule

ROLES = {
    "weights": ("layers", "rule"),
    "optimiser": ("optimiser",),
    "gradients": ("gradients", "products"),
    "memory": ("memory",),
    "traces": ("traces",),
    "bookkeeping": ("generator", "learning", "updates", "calibration", "age"),
}


class Learner(Agent):
    """Learns layer by layer, online, from the frame of a tick and from what its short-term memory still holds.

    At every tick: the frame passes through all layers; each layer's read-out is compared with remembered read-outs;
    the rule turns each comparison into a local gradient; the optimiser changes the weights; memory stores the present
    read-outs as they were *before* the update. Layers exchange activity upwards and nothing downwards.

    Args:
        encoder: the layers; by default `SmallEncoder`.
        rule: how they learn; by default `ContrastiveHinge`.
        memory: the slots of the past; by default eight recent frames.
        contrasts: which memories the present is compared with; by default a stream's own past at lags 1, 2, 4 and 8,
            the strictest learner; `PeerMemory` learns faster, but needs several streams.
        optimiser: from gradients to weights; by default `Adam`.
        schedule: which layers learn when; by default all of them at every tick.
        calibration: the first ticks, in which the agent only looks; by default ten ticks in which rules are calibrated.
        retina: what happens to a frame first; by default `GlobalContrastNorm`. The papers' is `Transparent`.
        credit: when remembered frames are credited, if the rule credits them; by default at once.
        bfloat16: compute activity and weight gradients in bfloat16; weights, read-outs and optimiser stay float32.
    """

    def __init__(
        self,
        encoder: Encoder | None = None,
        rule: Rule | None = None,
        memory: ShortTermMemory | None = None,
        contrasts: Sequence[Contrast] | None = None,
        optimiser: Optimiser | None = None,
        schedule: Schedule | None = None,
        calibration: Calibration | None = None,
        retina: Retina | None = None,
        credit: Credit | None = None,
        bfloat16: bool = False,
    ) -> None:
        self.encoder = encoder or SmallEncoder()
        self.rule = rule or ContrastiveHinge()
        self.memory = memory or ShortTermMemory()
        self.contrasts = tuple(contrasts or (OwnMemory((1, 2, 4, 8), negative=1.5, balanced=True),))
        self.optimiser = optimiser or Adam(3e-4)
        self.schedule = schedule or AllLayers()
        self.calibration = calibration or Calibration()
        self.retina = retina or GlobalContrastNorm()
        self.credit = credit or ImmediateCredit()
        self.compute = torch.bfloat16 if bfloat16 else torch.float32
        self.lags = self._common_lags()
        teaching = Teaching(self.encoder, self.rule, factored=self.optimiser.every > 1)
        self.plasticity = Plasticity(teaching, self.lags, self.optimiser, self.schedule, self.credit)
        self.looking = Calibrator(teaching, self.calibration)

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
        for contrast in self.contrasts:
            contrast.validate(streams)
        shapes, rate_groups = self.encoder.shapes(sensor.shape), self.encoder.rate_groups(sensor.shape)
        self._check(rate_groups)
        generator = torch.Generator().manual_seed(derive(seed, "weights"))
        weights = transform(lambda t: t.to(device), self._drawn(shapes, generator))
        state: State = weights | self.plasticity.reset(weights)
        state |= {
            "memory": {
                group.key: self.memory.reset(
                    streams,
                    sum(self.rule.width(shapes[i + 1]) for i in group.layers),
                    derive(seed, "memory", group.key),
                    device,
                )
                for group in rate_groups
            },
            "generator": generator_state(derive(seed, "contrasts")),
        }
        if self.encoder.has_past:
            kept = self.encoder.carried(sensor.shape, streams)
            state["carried"] = transform(lambda t: t.to(device), kept)
            state["age"] = torch.full((streams,), -1, device=device)
        if self.calibration.ticks:
            self.calibration.validate(len(self.layers), rate_groups[-1].every)
            state["calibration"] = self.calibration.reset(len(self.layers), device)
        if self.rule.credits_past:
            state["traces"] = {}
        return state

    @torch.no_grad()
    def step(self, state: State, glimpse: Glimpse) -> tuple[State, StepReport]:
        """See `Agent.step`."""
        tapes = self._forward(state, glimpse)
        rate_groups = self.encoder.rate_groups(tuple(glimpse.frame.shape[1:]))
        met = [self._meet(state, group, tapes, glimpse) for group in rate_groups]
        meetings = [meeting for meeting in met if meeting is not None]
        if glimpse.tick < self.calibration.ticks:
            rows = self.looking.look(state, tapes, meetings, glimpse.tick)
        else:
            rows = self.plasticity.change(state, tapes, meetings, glimpse.tick - self.calibration.ticks)
        self._settle(state, tapes)
        self._remember(state, tapes, meetings, glimpse)
        if glimpse.tick <= (self.memory.capacity + 1) * rate_groups[-1].every:
            self.ledger(state).enforce()
        activity = {name: tape["z"] for name, tape in tapes.items()}
        return state, StepReport(rows, activity, comparison(meetings))

    @torch.no_grad()
    def features(self, state: State, frames: Float[Tensor, " n *shape"]) -> dict[str, Float[Tensor, " n *activity"]]:
        """See `Agent.features`; each frame is held from the beginning of a fixation until every layer has acted."""
        slowest = self.encoder.rate_groups(tuple(frames.shape[1:]))[-1].every
        *_, found = self.replay(state, frames[:, None].expand(-1, slowest, *frames.shape[1:]))
        return found

    @torch.no_grad()
    def replay(
        self, state: State, frames: Float[Tensor, "n ticks *shape"]
    ) -> Iterator[dict[str, Float[Tensor, " n *activity"]]]:
        """See `Agent.replay`."""
        carried = self._silence(state, frames) if self.encoder.has_past else {}
        for tick, frame in enumerate(frames.unbind(1)):
            x = cast(self.retina.see(frame), self.compute)
            if self.encoder.has_past:
                age = torch.full((len(frame),), tick, device=frame.device)
                carried, tapes = self.encoder.advance(state["layers"], carried, x, age, tick)
            else:
                tapes = self.encoder.forward(state["layers"], x)
            yield {name: tape["z"].float() for name, tape in tapes.items()}

    def ledger(self, state: State) -> Ledger:
        """See `Agent.ledger`."""
        roles = {role: {key: state[key] for key in keys if key in state} for role, keys in ROLES.items()}
        carried = state.get("carried", {})
        for name, layer in zip(self.layers, self.encoder.layers, strict=True):
            if name in carried:
                roles.setdefault("recurrent" if layer.recurrent else "windows", {})[name] = carried[name]
        held: dict[str, int] = {}
        for role in roles:
            # what two roles share counts for the first
            held[role] = size_in_bytes({r: roles[r] for r in (*held, role)}) - sum(held.values())
        short_term = ("memory", "traces", "windows", "recurrent")
        return Ledger({role: size for role, size in held.items() if size}, self.memory.cap, short_term)

    def describe(self) -> str:
        """Return in words what is compared with what; every result names it."""
        return "; ".join(contrast.describe(self.memory) for contrast in self.contrasts)

    def advice(self) -> tuple[str, ...]:
        """See `Agent.advice`."""
        return self.rule.advice()

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

    def _silence(self, state: State, frames: Float[Tensor, "n ticks *shape"]) -> State:
        """Return what layers keep before the first of *frames*, with the precision and device of the state."""
        kept = self.encoder.carried(tuple(frames.shape[2:]), len(frames), learning=False)
        own = state["carried"]
        return {name: {key: t.to(own[name][key]) for key, t in layer.items()} for name, layer in kept.items()}

    def _drawn(self, shapes: Sequence[tuple[int, ...]], generator: torch.Generator) -> State:
        """Return fresh weights of layers and rule."""
        weights: State = {"layers": {}, "rule": {}}
        predictors = len(self.lags)
        for i, (name, layer) in enumerate(zip(self.layers, self.encoder.layers, strict=True)):
            below, above = shapes[i], shapes[i + 1]
            weights["layers"][name] = layer.parameters(below, generator)
            other = (below,) if layer.predicts_below else ()
            weights["rule"][name] = self.rule.parameters(above, predictors, generator, *other)
        return weights

    def _check(self, rate_groups: Sequence[RateGroup]) -> None:
        """Raise `ConfigurationError` if the parts do not fit an encoder of these rate_groups."""
        every, slowest = self.optimiser.every, rate_groups[-1].every
        name = type(self.rule).__name__
        below = any(layer.predicts_below for layer in self.encoder.layers)
        require(
            self.rule.predicts or not below,
            f"{name} cannot predict the layer below: set predicts_below to false or use CLAPP",
        )
        require(
            every == 1 or every % slowest == 0,
            f"Optimiser.every must be 1 or a multiple of {slowest}, the ticks from one activity of the slowest layer "
            f"to the next (got {every})",
        )
        rescalable = all(layer.rescalable for layer in self.encoder.layers)
        require(
            rescalable or not self.calibration.drive,
            "Calibration.drive cannot scale layers that are normalised: leave out the one or the other",
        )

    def _common_lags(self) -> tuple[int | None, ...]:
        all_lags = {contrast.lags(self.memory) for contrast in self.contrasts}
        require(len(all_lags) == 1, f"Learner.contrasts must share their lags (got {sorted(map(str, all_lags))})")
        (lags,) = all_lags
        require(
            not self.rule.credits_past or None not in lags,
            f"{type(self.rule).__name__} credits remembered frames and needs contrasts of fixed lags: "
            "use OwnMemory or PeerMemory, or turn retrodiction off",
        )
        return lags

    def _forward(self, state: State, glimpse: Glimpse) -> dict[str, Tape]:
        """Return the tapes of the layers that act, and keep what layers with a past keep."""
        x = cast(self.retina.see(glimpse.frame), self.compute)
        if not self.encoder.has_past:
            return self.encoder.forward(state["layers"], x)
        state["age"] = torch.where(glimpse.saccade, 0, state["age"] + 1)
        state["carried"], tapes = self.encoder.advance(state["layers"], state["carried"], x, state["age"], glimpse.tick)
        return tapes

    def _meet(self, state: State, group: RateGroup, tapes: dict[str, Tape], glimpse: Glimpse) -> Meeting | None:
        """Return the present of the layers of a pace beside what they remember, or None if they do not act."""
        memory = state["memory"][group.key]
        self.memory.begin_fixations(
            memory, glimpse.saccade, state["age"] >= group.receptive_ticks if group.receptive_ticks else None
        )
        if not group.acts(glimpse.tick):
            return None
        names = [self.layers[i] for i in group.layers]
        readouts = [self.rule.read(state["rule"][name], tapes[name]["z"]) for name in names]
        # nothing is remembered at tick 0, whose period cannot be told
        period = group.every * glimpse.seconds / glimpse.tick if glimpse.tick else 1.0
        generator, number = generator_from(state["generator"]), group.number(glimpse.tick)
        recall = joined([c.recall(self.memory, memory, number, period, generator) for c in self.contrasts])
        state["generator"] = generator.get_state()
        return Meeting(group, readouts, recall)

    def _remember(self, state: State, tapes: dict[str, Tape], meetings: Sequence[Meeting], glimpse: Glimpse) -> None:
        """Store this tick, unless weights were rescaled after it, which makes all that is remembered void."""
        if self.calibration.rescales(glimpse.tick, len(self.layers)):
            for memory in state["memory"].values():
                self.memory.forget(memory)
            state.pop("traces", None)
            if "age" in state:
                state["age"].fill_(-1)  # what layers carry is void, too: all begin anew with the next frame
            return
        for group, readouts, _ in meetings:
            number = group.number(glimpse.tick)
            began = glimpse.saccade
            if "age" in state:  # the first activity that is all of its fixation
                began = (state["age"] >= group.receptive_ticks) & (state["age"] < group.receptive_ticks + group.every)
            self.memory.write(state["memory"][group.key], number, torch.cat(readouts, -1), began)
            if self.rule.credits_past:
                own = recorded({self.layers[i]: tapes[self.layers[i]] for i in group.layers})
                traces = state.setdefault("traces", {})
                traces[group.key] = shifted(traces.get(group.key, {}), own, self.plasticity.longest)

    def _settle(self, state: State, tapes: dict[str, Tape]) -> None:
        """Let what layers know of their usual activity follow this frame."""
        for name, layer in zip(self.layers, self.encoder.layers, strict=True):
            if name in tapes:
                state["layers"][name] |= layer.update_statistics(state["layers"][name], tapes[name])
