"""The learner: an encoder whose layers learn by a local rule from what short-term memory gives back."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim import Agent, Glimpse, Ledger, Report, Sensor, State
from streamsim.errors import require
from streamsim.randomness import awaken, derive, seeded
from streamsim.tree import leaves, size_in_bytes, transform

from .calibration import Calibration
from .contrasts import Contrast, OwnMemory
from .credit import Credit, Prompt
from .encoder import Encoder, SmallEncoder
from .hinge import ContrastiveHinge
from .layers import cast
from .meeting import Meeting, comparison, table, widths
from .memory import ShortTermMemory
from .metrics import QUANTITIES, summary
from .optimisers import Adam, Optimiser
from .paces import Pace
from .recall import Recall, joined
from .retina import LocalContrast, Retina
from .rule import Lesson, Pairs, Rule
from .schedules import AllLayers, Schedule
from .tape import Parameters, Tape
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
        shapes, paces = self.encoder.shapes(sensor.shape), self.encoder.paces(sensor.shape)
        self._check(paces)
        generator = torch.Generator().manual_seed(derive(seed, "weights"))
        weights = transform(lambda t: t.to(device), self._drawn(shapes, generator))
        state: State = weights | self.updates.reset(self._learnt(weights), len(self.layers))
        state |= {
            "memory": {
                pace.key: self.memory.reset(
                    streams,
                    sum(self.rule.width(shapes[i + 1]) for i in pace.layers),
                    derive(seed, "memory", pace.key),
                    device,
                )
                for pace in paces
            },
            "generator": seeded(derive(seed, "contrasts")),
            "learning": torch.ones(len(self.layers), dtype=torch.bool),
        }
        if self.encoder.has_past:
            kept = self.encoder.carried(sensor.shape, streams)
            state["carried"] = transform(lambda t: t.to(device), kept)
            state["age"] = torch.zeros(streams, dtype=torch.int64, device=device)
        if self.calibration.ticks:
            self.calibration.admit(len(self.layers), paces[-1].every)
            state["calibration"] = self.calibration.reset(len(self.layers), device)
        if self.rule.credits_past:
            state["traces"] = {}
        return state

    @torch.no_grad()
    def step(self, state: State, glimpse: Glimpse) -> tuple[State, Report]:
        """See `Agent.step`."""
        tapes = self._forward(state, glimpse)
        met = [self._meet(state, pace, tapes, glimpse) for pace in self.encoder.paces(tuple(glimpse.frame.shape[1:]))]
        meetings = [meeting for meeting in met if meeting is not None]
        if glimpse.tick < self.calibration.ticks:
            rows = self._look(state, tapes, meetings, glimpse.tick)
        else:
            rows = self._update(state, tapes, meetings, glimpse.tick)
        self._settle(state, tapes)
        self._remember(state, tapes, meetings, glimpse)
        if glimpse.tick <= self.memory.capacity:
            self.ledger(state).enforce()
        activity = {name: tape["z"] for name, tape in tapes.items()}
        return state, Report(rows, activity, comparison(meetings))

    @torch.no_grad()
    def features(self, state: State, frames: Float[Tensor, "n *shape"]) -> dict[str, Float[Tensor, "n *activity"]]:
        """See `Agent.features`; each frame is the first one of a fixation."""
        return next(self.replay(state, frames[:, None]))

    @torch.no_grad()
    def replay(
        self, state: State, frames: Float[Tensor, "n ticks *shape"]
    ) -> Iterator[dict[str, Float[Tensor, "n *activity"]]]:
        """See `Agent.replay`."""
        carried: State = {}
        if self.encoder.has_past:
            # what was carried last tells device and precision
            of = next(tensor for _, tensor in leaves(state["carried"]))
            kept = self.encoder.carried(tuple(frames.shape[2:]), len(frames), learning=False)
            carried = transform(lambda t: t.to(of), kept)
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
        roles = {
            "weights": ("layers", "rule"),
            "optimiser": ("optimiser",),
            "gradients": ("gradients",),
            "memory": ("memory",),
            "traces": ("traces",),
            "windows": ("carried",),
            "bookkeeping": ("generator", "learning", "updates", "calibration", "age"),
        }
        held, known, total = {}, [], 0
        for role, keys in roles.items():
            known += [key for key in keys if key in state]
            # what two roles share counts for the first
            held[role] = size_in_bytes({key: state[key] for key in known}) - total
            total += held[role]
        return Ledger({r: size for r, size in held.items() if size}, self.memory.cap, ("memory", "traces", "windows"))

    def describe(self) -> str:
        """Return in words what is compared with what; every result names it."""
        return "; ".join(contrast.describe(self.memory) for contrast in self.contrasts)

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

    def _check(self, paces: Sequence[Pace]) -> None:
        """Raise `ConfigurationError` if the parts do not fit an encoder of these paces."""
        every, slowest = self.optimiser.every, paces[-1].every
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

    def _learnt(self, weights: State) -> State:
        """Return the weights that gradients change."""
        layers = {
            name: {k: w for k, w in weights["layers"][name].items() if k in layer.learnt(weights["layers"][name])}
            for name, layer in zip(self.layers, self.encoder.layers, strict=True)
        }
        rules = {n: {k: w for k, w in own.items() if k in self.rule.learnt(own)} for n, own in weights["rule"].items()}
        return {"layers": layers, "rule": rules if self.rule.rate else {n: {} for n in rules}}

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

    def _forward(self, state: State, glimpse: Glimpse) -> dict[str, Tape]:
        """Return the tapes of the layers that act, and keep what layers with a past keep."""
        x = cast(self.retina.see(glimpse.frame), self.compute)
        if not self.encoder.has_past:
            return self.encoder.forward(state["layers"], x)
        state["age"] = torch.where(glimpse.saccade, 0, state["age"] + 1)
        state["carried"], tapes = self.encoder.advance(state["layers"], state["carried"], x, state["age"], glimpse.tick)
        return tapes

    def _meet(self, state: State, pace: Pace, tapes: dict[str, Tape], glimpse: Glimpse) -> Meeting | None:
        """Return the present of the layers of a pace beside what they remember, or None if they do not act."""
        memory = state["memory"][pace.key]
        self.memory.notice(memory, glimpse.saccade, state["age"] >= pace.whole if pace.whole else None)
        if not pace.acts(glimpse.tick):
            return None
        names = [self.layers[i] for i in pace.layers]
        readouts = [self.rule.read(state["rule"][name], tapes[name]["z"]) for name in names]
        # nothing is remembered at tick 0, whose period cannot be told
        period = pace.every * glimpse.seconds / glimpse.tick if glimpse.tick else 1.0
        generator, number = awaken(state["generator"]), pace.number(glimpse.tick)
        recall = joined([c.recall(self.memory, memory, number, period, generator) for c in self.contrasts])
        state["generator"] = generator.get_state()
        return Meeting(pace, readouts, recall)

    def _remember(self, state: State, tapes: dict[str, Tape], meetings: Sequence[Meeting], glimpse: Glimpse) -> None:
        """Store this tick, unless weights were rescaled after it, which makes all that is remembered void."""
        if self.calibration.rescales(glimpse.tick, len(self.layers)):
            for memory in state["memory"].values():
                self.memory.forget(memory)
            state.pop("traces", None)
            return
        for pace, readouts, _ in meetings:
            number = pace.number(glimpse.tick)
            self.memory.write(state["memory"][pace.key], number, torch.cat(readouts, -1), glimpse.saccade)
            if self.rule.credits_past:
                own = recorded({self.layers[i]: tapes[self.layers[i]] for i in pace.layers})
                traces = state.setdefault("traces", {})
                traces[pace.key] = shifted(traces.get(pace.key, {}), own, self._longest)

    def _learn(self, state: State, tapes: dict[str, Tape], meeting: Meeting, layers: Sequence[int]) -> list[Lesson]:
        """Return the lesson of each of *layers*, which are some of the meeting's."""
        pace, readouts, recall = meeting
        sign = recall.sign
        pasts = torch.split(recall.past, widths(readouts), -1)
        own = dict(zip(pace.layers, zip(readouts, pasts, strict=True), strict=True))
        return [
            self.rule.learn(
                state["rule"][self.layers[i]],
                Pairs(tapes[self.layers[i]]["z"], *own[i], sign, recall.weight, self._target(state, i, own)),
            )
            for i in layers
        ]

    def _target(self, state: State, layer: int, own: dict[int, tuple[Tensor, Tensor]]) -> Tensor | None:
        """Return what a layer's past predicts if that is the layer below it."""
        if not self.encoder.layers[layer].predicts_below:
            return None
        return self.rule.seen(state["rule"][self.layers[layer - 1]], own[layer - 1][0])

    def _settle(self, state: State, tapes: dict[str, Tape]) -> None:
        """Let what layers know of their usual activity follow this frame."""
        for name, layer in zip(self.layers, self.encoder.layers, strict=True):
            if name in tapes:
                state["layers"][name] |= layer.settled(state["layers"][name], tapes[name])

    def _update(self, state: State, tapes: dict[str, Tape], meetings: Sequence[Meeting], tick: int) -> Tensor:
        """Learn in the layers that act and that the schedule chooses, and return the metrics of all layers."""
        number = tick - self.calibration.ticks
        self._choose(state, number)
        learning = [i for i, learns in enumerate(state["learning"].tolist()) if learns]
        gradients: State = {"layers": {}, "rule": {}}
        found = []
        for meeting in meetings:
            for i, readout in zip(meeting.pace.layers, meeting.readouts, strict=True):
                state["rule"][self.layers[i]] |= self.rule.settled(state["rule"][self.layers[i]], readout)
            here = [i for i in meeting.pace.layers if i in learning]
            if here:
                lessons = self._learn(state, tapes, meeting, here)
                self._gather(state, tapes, meeting, dict(zip(here, lessons, strict=True)), gradients)
                found.append((here, summary(lessons, meeting.recall)))
        self.updates.apply(state, gradients, [self.layers[i] for i in learning], number)
        return table(len(self.layers), found)

    def _choose(self, state: State, number: int) -> None:
        """Let the schedule choose the layers that learn until the next update."""
        every = self.optimiser.every
        if number % every == 0 and not self.schedule.steady:
            generator = awaken(state["generator"])
            chosen = self.schedule.active(number // every, len(self.layers), generator)
            state["learning"] = torch.tensor([i in chosen for i in range(len(self.layers))])
            state["generator"] = generator.get_state()

    def _gather(
        self, state: State, tapes: dict[str, Tape], meeting: Meeting, lessons: dict[int, Lesson], gradients: State
    ) -> None:
        """Add to *gradients* what the *lessons* of some layers amount to."""
        past = self._past_tapes(state, meeting.pace)
        for i, lesson in lessons.items():
            name = self.layers[i]
            gradients["layers"][name] = self._credit(state, i, tapes[name], lesson, past, meeting.recall)
            gradients["rule"][name] = lesson.gradient

    def _past_tapes(self, state: State, pace: Pace) -> dict[int, dict[str, Tape]]:
        """Return the tapes of each lag that is still remembered, by lag."""
        traces = state.get("traces", {}).get(pace.key, {})
        names = [self.layers[i] for i in pace.layers]
        return {lag: replayed(traces[str(lag)], names) for lag in self.lags if lag and str(lag) in traces}

    def _credit(
        self,
        state: State,
        number: int,
        tape: Tape,
        lesson: Lesson,
        past: dict[int, dict[str, Tape]],
        recall: Recall,
    ) -> Parameters:
        """Return the gradient of one layer's weights: from the present frame, and from traces if the rule asks."""
        name, layer = self.layers[number], self.encoder.layers[number]
        if lesson.past_delta is None:
            return layer.gradient(state["layers"][name], tape, lesson.delta)
        owned = dict(zip(self.lags, by_owner(lesson.past_delta, recall.owner), strict=True))
        remembered = {lag: (tapes[name], owned[lag]) for lag, tapes in past.items()}
        return self.credit.assign(layer, state["layers"][name], tape, lesson.delta, remembered, self._longest)

    def _look(self, state: State, tapes: dict[str, Tape], meetings: Sequence[Meeting], tick: int) -> Tensor:
        """Calibrate without learning; read-outs become those of the calibrated rule."""
        count, kept = len(self.layers), state["calibration"]
        phase, ends = self.calibration.phase(tick, count), self.calibration.ends(tick, count)
        found = []
        for meeting in meetings:
            lessons = self._learn(state, tapes, meeting, meeting.pace.layers)
            found.append((meeting.pace.layers, summary(lessons, meeting.recall)))
            if phase == count:
                self.calibration.watch_scores(kept, meeting.pace.layers, lessons, meeting.recall)
        if phase < count:
            self._look_at(state, tapes, phase, ends)
        elif ends:
            for meeting in meetings:
                self._scale_readouts(state, meeting)
        return table(count, found)

    def _look_at(self, state: State, tapes: dict[str, Tape], number: int, ends: bool) -> None:
        """Watch the summed input of one layer; at the end of its phase, bring it to mean 0 and variance 1."""
        name, layer, kept = self.layers[number], self.encoder.layers[number], state["calibration"]
        if name in tapes:
            self.calibration.watch_drive(kept, layer.drive(state["layers"][name], tapes[name]["x"]))
        if ends:
            state["layers"][name] |= self.calibration.normalise(kept, layer, state["layers"][name])
            kept["scores"].zero_()

    def _scale_readouts(self, state: State, meeting: Meeting) -> None:
        """Let the rule scale its read-outs, remembered ones too, to the scores that it met."""
        pace, readouts, _ = meeting
        pasts = torch.split(state["memory"][pace.key]["values"], widths(readouts), -1)
        for place, i in enumerate(pace.layers):
            total, count = state["calibration"]["scores"][i]
            rule = state["rule"][self.layers[i]]
            factor = self.rule.calibrated(rule, total / count.clamp_min(1))
            if factor is not None:
                rule |= self.rule.scaled(rule, factor)
                readouts[place] = readouts[place] * factor
                pasts[place].mul_(factor)
