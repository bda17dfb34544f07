"""A linear readout that learns on the running stream: it first predicts, then sees the truth (prequential)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from streamsim.contracts import State, require, snapshot
from streamsim.evaluation import Pooled, Readout, Row
from streamsim.simulation import Instrument, Simulation, TickRecord

from .rows import Write, count, find, position


class OnlineProbe(Instrument):
    """Softmax regression per layer on what the layer does with the running stream, scored before it learns.

    Its numbers are no test accuracies and are never to be compared with those of offline probes: the features change
    while it learns, and within a fixation it has just been told the answer. Rows therefore also give the accuracy at
    first looks alone, the frames right after a saccade, where nothing was told.

    The step is normalised by the length of the input (NLMS), dW = rate (target - p) x / (1 + |x|^2), x standardised
    with its running mean and deviation, averaged over streams; streams whose label is -1 are left out. A layer
    counts at the ticks at which it acts.

    Args:
        window: ticks that a row averages over, at least 1.
        rate: size of a step, more than 0; 1 would correct a single linear unit at once.
        readout: how a layer's activity becomes features; coarse by default, for it is paid for at every tick.
        write: takes every row, e.g. into the run folder; may be set later.
        pathway: name of the pathway, by default the first.
    """

    def __init__(
        self,
        window: int = 100,
        *,
        rate: float = 0.5,
        readout: Readout = Pooled(256),
        write: Write | None = None,
        pathway: str | None = None,
    ) -> None:
        require(window >= 1, f"OnlineProbe.window must be at least 1 tick (got {window})")
        require(rate > 0, f"OnlineProbe.rate must be greater than 0 (got {rate})")
        self.window = window
        self.rate = rate
        self.readout = readout
        self.write = write
        self.pathway = pathway
        self.rows: list[Row] = []
        self._saccades = 0
        self._layers: State = {}

    @property
    def protocol(self) -> str:
        """How its numbers come about, in words."""
        return (
            "online (prequential) linear readout: predicts each frame of the stream, then learns from it; "
            f"normalised gradient step {self.rate:g}, running standardisation, {self.readout.protocol}, "
            f"windows of {self.window} ticks"
        )

    def watch(self, record: TickRecord) -> None:
        """Predict, score, learn; write a row at the end of a window."""
        if record.pathway is not find(record.simulation, self.pathway):
            return
        self._saccades += count(record.truth.saccade)
        classes = len(record.pathway.environment.classes)
        with torch.no_grad():
            for layer, activity in record.report.activity.items():
                self._follow(layer, activity, record, classes)
        if (record.glimpse.tick + 1) % self.window == 0:
            self._publish(record.simulation, record.glimpse.tick + 1, classes)

    def state(self) -> State:
        """Return what must survive a checkpoint."""
        return {"saccades": torch.tensor(self._saccades), "layers": snapshot(self._layers)}

    def restore(self, state: State) -> None:
        """Continue from what `state` returned; an empty state leaves everything as it is."""
        if state:
            self._saccades, self._layers = int(state["saccades"]), snapshot(state["layers"])

    def _follow(
        self, layer: str, activity: Float[Tensor, " streams *activity"], record: TickRecord, classes: int
    ) -> None:
        x = self.readout(activity.float())
        if layer not in self._layers:
            self._layers[layer] = fresh(x, classes)
        label = record.truth.label.to(x.device, non_blocking=True)
        first = record.truth.saccade.to(x.device, non_blocking=True)
        predict_then_learn(self._layers[layer], x, label, first, self.rate)

    def _publish(self, simulation: Simulation, tick: int, classes: int) -> None:
        where = position(simulation, find(simulation, self.pathway), tick, self._saccades)
        # in their order: a layer that seldom acts may have come later than those above it
        for layer in (name for name in find(simulation, self.pathway).agent.layers if name in self._layers):
            model = self._layers[layer]
            right, frames, right_first, firsts = model["score"].tolist()
            row = {
                **where,
                "probe": "online",
                "layer": layer,
                "accuracy": right / frames if frames else None,
                "accuracy_first_looks": right_first / firsts if firsts else None,
                "chance": 1 / classes,
                "protocol": self.protocol,
                "n_train": int(model["count"]),
                "n_test": int(frames),
                "wall": {},
            }
            model["score"].zero_()
            self.rows.append(row)
            if self.write is not None:
                self.write(row)


def fresh(x: Float[Tensor, "streams features"], classes: int) -> State:
    """Return a readout of features like *x* that has learned nothing."""
    width = x.shape[1]
    return {
        "weight": x.new_zeros(width, classes),
        "bias": x.new_zeros(classes),
        "mean": x.new_zeros(width),
        "spread": x.new_zeros(width),
        "count": x.new_zeros((), dtype=torch.int64),
        # right, frames, right at first looks, first looks: counted on the device, read at the end of a window
        "score": x.new_zeros(4, dtype=torch.int64),
    }


def predict_then_learn(
    model: State,
    x: Float[Tensor, "streams features"],
    label: Int[Tensor, " streams"],
    first: Tensor,
    rate: float,
) -> None:
    """Score the predictions for *x*, then change *model* in place; no value is brought to the CPU."""
    known = label >= 0
    watch_spread(model, x, known)
    x = (x - model["mean"]) / (model["spread"] / model["count"].clamp(min=1)).sqrt().clamp(min=1e-6)
    logits = x @ model["weight"] + model["bias"]
    right = logits.argmax(1) == label  # -1 is no class
    model["score"] += torch.stack((right.sum(), known.sum(), (right & first).sum(), (known & first).sum()))
    target = functional.one_hot(label.clamp(min=0), logits.shape[1])
    error = (target - logits.softmax(1)) * known[:, None] / known.sum().clamp(min=1)
    step = rate * error / (1 + x.square().sum(1, keepdim=True))
    model["weight"] += x.T @ step
    model["bias"] += step.sum(0)


def watch_spread(model: State, x: Float[Tensor, "streams features"], known: Tensor) -> None:
    """Update the running mean and summed squared deviations (Chan, Golub & LeVeque 1979) with the known streams."""
    n = known.sum()
    total = model["count"] + n
    share = n / total.clamp(min=1)
    mean = (x * known[:, None]).sum(0) / n.clamp(min=1)
    inside = ((x - mean).square() * known[:, None]).sum(0)
    gap = mean - model["mean"]
    model["spread"] += inside + gap.square() * model["count"] * share
    model["mean"] += gap * share
    model["count"] += n
