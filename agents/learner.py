"""The learner: an encoder whose layers learn by a local rule from what short-term memory gives back."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim import Agent, Comparison, Glimpse, Ledger, Report, Sensor, State
from streamsim.errors import require
from streamsim.randomness import awaken, derive, seeded
from streamsim.tree import size_in_bytes, transform

from .calibration import Calibration
from .contrasts import Contrast, OwnMemory
from .credit import Credit, Prompt
from .encoder import Encoder, SmallEncoder
from .hinge import ContrastiveHinge
from .layers import Parameters, cast
from .memory import ShortTermMemory
from .metrics import QUANTITIES, summary
from .optimisers import Adam, Optimiser
from .recall import Recall, joined
from .retina import LocalContrast, Retina
from .rule import Lesson, Pairs, Rule
from .schedules import AllLayers, Schedule
from .tape import Tape
from .traces import by_owner, recorded, replayed, shifted
from .updates import Updates


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
        retina: what happens to a frame first; by default `LocalContrast`. The papers' is `Transparent`.
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
        self.updates = Updates(self.optimiser, self.rule.rate)
        self.schedule = schedule or AllLayers()
        self.calibration = calibration or Calibration()
        self.retina = retina or LocalContrast()
        self.credit = credit or Prompt()
        self.compute = torch.bfloat16 if bfloat16 else torch.float32
        self.lags = self._common_lags()

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
            contrast.admit(streams)
        shapes = self.encoder.shapes(sensor.shape)
        width = sum(self.rule.width(shape) for shape in shapes[1:])
        generator = torch.Generator().manual_seed(derive(seed, "weights"))
        weights: State = {"layers": {}, "rule": {}}
        for name, layer, below, above in zip(self.layers, self.encoder.layers, shapes, shapes[1:], strict=False):
            weights["layers"][name] = layer.parameters(below, generator)
            weights["rule"][name] = self.rule.parameters(above, len(self.lags), generator)
        weights = transform(lambda t: t.to(device), weights)
        state: State = weights | self.updates.reset(self._learnt(weights), len(self.layers))
        state |= {
            "memory": self.memory.reset(streams, width, derive(seed, "memory"), device),
            "generator": seeded(derive(seed, "contrasts")),
            "learning": torch.ones(len(self.layers), dtype=torch.bool),
        }
        if self.calibration.ticks:
            self.calibration.phase(0, len(self.layers))
            state["calibration"] = self.calibration.reset(len(self.layers), device)
        if self.rule.credits_past:
            state["traces"] = {}
        return state

    @torch.no_grad()
    def step(self, state: State, glimpse: Glimpse) -> tuple[State, Report]:
        """See `Agent.step`."""
        tapes = self._forward(state["layers"], glimpse.frame)
        readouts = [self.rule.read(state["rule"][n], tapes[n]["z"]) for n in self.layers]
        self.memory.notice(state["memory"], glimpse.saccade)
        recall = self._recall(state, glimpse)
        if glimpse.tick < self.calibration.ticks:
            rows = self._look(state, tapes, readouts, recall, glimpse.tick)
        else:
            rows = self._update(state, tapes, readouts, recall, glimpse.tick)
        self._remember(state, tapes, readouts, glimpse)
        if glimpse.tick <= self.memory.capacity:
            self.ledger(state).enforce()
        activity = {name: tape["z"] for name, tape in tapes.items()}
        return state, Report(rows, activity, comparison(recall))

    def _remember(self, state: State, tapes: dict[str, Tape], readouts: list[Tensor], glimpse: Glimpse) -> None:
        """Store this tick, unless weights were rescaled after it, which makes all that is remembered void."""
        if self.calibration.rescales(glimpse.tick, len(self.layers)):
            self.memory.forget(state["memory"])
            state.pop("traces", None)
            return
        self.memory.write(state["memory"], glimpse.tick, torch.cat(readouts, -1), glimpse.saccade)
        if self.rule.credits_past:
            state["traces"] = shifted(
                state.get("traces", {}), recorded(tapes[self.layers[0]]["x"], tapes), self._longest
            )

    @torch.no_grad()
    def features(self, state: State, frames: Float[Tensor, "n *shape"]) -> dict[str, Float[Tensor, "n *activity"]]:
        """See `Agent.features`."""
        return {name: tape["z"].float() for name, tape in self._forward(state["layers"], frames).items()}

    def ledger(self, state: State) -> Ledger:
        """See `Agent.ledger`."""
        roles = {
            "weights": ("layers", "rule"),
            "optimiser": ("optimiser",),
            "gradients": ("gradients",),
            "memory": ("memory",),
            "traces": ("traces",),
            "bookkeeping": ("generator", "learning", "updates", "calibration"),
        }
        held = {role: size_in_bytes({k: state[k] for k in keys if k in state}) for role, keys in roles.items()}
        return Ledger({role: size for role, size in held.items() if size}, self.memory.cap, ("memory", "traces"))

    def describe(self) -> str:
        """Return in words what is compared with what; every result names it."""
        return "; ".join(contrast.describe(self.memory) for contrast in self.contrasts)

    def filters(self, state: State) -> Tensor | None:
        """Return the weights of the first layer, (units, channels, height, width), if it has receptive fields."""
        weight: Tensor = state["layers"][self.layers[0]]["weight"]
        return weight if weight.ndim == 4 else None

    def alignments(self, state: State) -> Mapping[str, float]:
        """Return named angles in degrees between weights that theory says should align, per layer."""
        return {
            f"{name}: {what}": degrees
            for name in self.layers
            for what, degrees in self.rule.alignments(state["rule"][name]).items()
        }

    def _learnt(self, weights: State) -> State:
        """Return the weights that gradients change."""
        rules = {n: {k: w for k, w in own.items() if k in self.rule.learnt(own)} for n, own in weights["rule"].items()}
        return {"layers": weights["layers"], "rule": rules if self.rule.rate else {n: {} for n in rules}}

    @property
    def _longest(self) -> int:
        return max(lag or 0 for lag in self.lags)

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

    def _forward(self, layers: dict[str, Parameters], frame: Tensor) -> dict[str, Tape]:
        tapes: dict[str, Tape] = {}
        x = cast(self.retina.see(frame), self.compute)
        for name, layer in zip(self.layers, self.encoder.layers, strict=True):
            tapes[name] = layer.forward(layers[name], x)
            x = tapes[name]["z"]
        return tapes

    def _recall(self, state: State, glimpse: Glimpse) -> Recall:
        # nothing is remembered at tick 0, whose period cannot be told
        period = glimpse.seconds / glimpse.tick if glimpse.tick else 1.0
        generator = awaken(state["generator"])
        recall = joined(
            [c.recall(self.memory, state["memory"], glimpse.tick, period, generator) for c in self.contrasts]
        )
        state["generator"] = generator.get_state()
        return recall

    def _learn(
        self, state: State, tapes: dict[str, Tape], readouts: Sequence[Tensor], recall: Recall, layers: Sequence[int]
    ) -> list[Lesson]:
        """Return the lesson of each of *layers*."""
        sign = recall.sign
        pasts = torch.split(recall.past, widths(readouts), -1)
        return [
            self.rule.learn(
                state["rule"][self.layers[i]],
                Pairs(tapes[self.layers[i]]["z"], readouts[i], pasts[i], sign, recall.weight),
            )
            for i in layers
        ]

    def _update(
        self, state: State, tapes: dict[str, Tape], readouts: Sequence[Tensor], recall: Recall, tick: int
    ) -> Tensor:
        """Learn in the layers that the schedule chooses and return the metrics of all layers."""
        every, first = self.optimiser.every, self.calibration.ticks
        for name, readout in zip(self.layers, readouts, strict=True):
            state["rule"][name] |= self.rule.settled(state["rule"][name], readout)
        if (tick - first) % every == 0 and not self.schedule.steady:
            generator = awaken(state["generator"])
            chosen = self.schedule.active((tick - first) // every, len(self.layers), generator)
            state["learning"] = torch.tensor([i in chosen for i in range(len(self.layers))])
            state["generator"] = generator.get_state()
        learning = [i for i, learns in enumerate(state["learning"].tolist()) if learns]
        lessons = self._learn(state, tapes, readouts, recall, learning)
        names = [self.layers[i] for i in learning]
        past = self._past_tapes(state)
        gradients = {
            "layers": {
                n: self._credit(state, n, tapes[n], x, past, recall) for n, x in zip(names, lessons, strict=True)
            },
            "rule": {n: x.gradient for n, x in zip(names, lessons, strict=True)},
        }
        self.updates.apply(state, gradients, names, tick - first)
        rows = summary(lessons, recall)
        if len(learning) == len(self.layers):
            return rows
        table = rows.new_full((len(self.layers), len(QUANTITIES)), torch.nan)
        table[learning[0] : learning[-1] + 1] = rows
        return table

    def _past_tapes(self, state: State) -> dict[int, dict[str, Tape]]:
        """Return the tapes of each lag that is still remembered, by lag."""
        traces = state.get("traces", {})
        return {lag: replayed(traces[str(lag)], self.layers) for lag in self.lags if lag and str(lag) in traces}

    def _credit(
        self,
        state: State,
        name: str,
        tape: Tape,
        lesson: Lesson,
        past: dict[int, dict[str, Tape]],
        recall: Recall,
    ) -> Parameters:
        """Return the gradient of one layer's weights: from the present frame, and from traces if the rule asks."""
        layer = self.encoder.layers[self.layers.index(name)]
        if lesson.past_delta is None:
            return layer.gradient(state["layers"][name], tape, lesson.delta)
        owned = dict(zip(self.lags, by_owner(lesson.past_delta, recall.owner), strict=True))
        remembered = {lag: (tapes[name], owned[lag]) for lag, tapes in past.items()}
        return self.credit.assign(layer, state["layers"][name], tape, lesson.delta, remembered, self._longest)

    def _look(self, state: State, tapes: dict[str, Tape], readouts: list[Tensor], recall: Recall, tick: int) -> Tensor:
        """Calibrate without learning; *readouts* become those of the calibrated rule."""
        lessons = self._learn(state, tapes, readouts, recall, range(len(self.layers)))
        phase = self.calibration.phase(tick, len(self.layers))
        ends = self.calibration.ends(tick, len(self.layers))
        if phase < len(self.layers):
            name, layer = self.layers[phase], self.encoder.layers[phase]
            self.calibration.watch_drive(state["calibration"], layer.drive(state["layers"][name], tapes[name]["x"]))
            if ends:
                scaled = self.calibration.normalise(state["calibration"], layer, state["layers"][name])
                state["layers"][name] |= scaled
                state["calibration"]["scores"].zero_()
        else:
            self.calibration.watch_scores(state["calibration"], lessons, recall)
            if ends:
                self._scale_readouts(state, readouts)
        return summary(lessons, recall)

    def _scale_readouts(self, state: State, readouts: list[Tensor]) -> None:
        """Let the rule scale its read-outs, remembered ones too, to the scores that it met."""
        pasts = torch.split(state["memory"]["values"], widths(readouts), -1)
        for i, (name, (total, count)) in enumerate(zip(self.layers, state["calibration"]["scores"], strict=True)):
            factor = self.rule.calibrated(state["rule"][name], total / count.clamp_min(1))
            if factor is not None:
                state["rule"][name] |= self.rule.scaled(state["rule"][name], factor)
                readouts[i] = readouts[i] * factor
                pasts[i].mul_(factor)


def comparison(recall: Recall) -> Comparison:
    """Return what instruments may know of *recall*, pairs in one row."""
    return Comparison(*(t.flatten(0, 1) for t in (recall.birth, recall.owner, recall.same, recall.weight)))


def widths(readouts: Sequence[Float[Tensor, "streams _"]]) -> list[int]:
    """Return how many numbers each layer's read-out has."""
    return [readout.shape[1] for readout in readouts]
