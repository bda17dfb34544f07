"""How often what an agent took for the same or for another thing really was, and how old it was."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Int
from torch import Tensor

from streamsim.contracts import GroundTruth, PairRecord, State

COUNTS = (
    "positives",
    "positives_of_another_object",
    "positives_of_another_class",
    "age_of_positives",
    "negatives",
    "negatives_of_the_same_object",
    "negatives_of_the_same_class",
    "age_of_negatives",
)


class ObjectHistory:
    """What every stream really looked at during the last *depth* ticks, on the CPU, in constant memory."""

    def __init__(self, depth: int, streams: int) -> None:
        self.ticks = torch.full((depth,), -1)
        self.object_id = torch.zeros(depth, streams, dtype=torch.int64)
        self.label = torch.zeros(depth, streams, dtype=torch.int64)

    def add(self, tick: int, truth: GroundTruth) -> None:
        """Note the truth of a tick; it takes the place of the oldest."""
        slot = tick % len(self.ticks)
        # through numpy, which is several times faster than torch for a few numbers
        self.ticks.numpy()[slot] = tick
        self.object_id.numpy()[slot] = truth.object_id.numpy()
        self.label.numpy()[slot] = truth.label.numpy()

    def state(self) -> State:
        """Return all of it as tensors."""
        return {"ticks": self.ticks.clone(), "object_id": self.object_id.clone(), "label": self.label.clone()}

    def restore(self, state: State) -> None:
        """Continue from what `state` returned."""
        self.ticks, self.object_id, self.label = (state[k].clone() for k in ("ticks", "object_id", "label"))


@dataclass
class Tally:
    """Sums over the pairs that were compared, in the order of `COUNTS`; pairs older than the history are left out."""

    sums: Int[Tensor, " counts"] = field(default_factory=lambda: torch.zeros(len(COUNTS), dtype=torch.int64))

    def add(self, history: ObjectHistory, comparison: PairRecord, tick: int) -> None:
        """Count the pairs of *tick*, whose own truth is the last one in *history*."""
        pairs = (comparison.birth, comparison.stream, comparison.same, comparison.weight)
        birth, stream, same, weight = (x.cpu().numpy() for x in pairs)
        ticks, object_id, label = (x.numpy() for x in (history.ticks, history.object_id, history.label))
        slot, now = birth % len(ticks), tick % len(ticks)
        counted = (weight > 0) & (ticks[slot] == birth)
        other_object = object_id[slot, stream] != object_id[now]
        classes = label[slot, stream], label[now]
        known = (classes[0] >= 0) & (classes[1] >= 0)
        same_class, other_class = known & (classes[0] == classes[1]), known & (classes[0] != classes[1])
        positive, negative, age = counted & same, counted & ~same, tick - birth
        self.sums += torch.tensor(
            [
                positive.sum(),
                (positive & other_object).sum(),
                (positive & other_class).sum(),
                (age * positive).sum(),
                negative.sum(),
                (negative & ~other_object).sum(),
                (negative & same_class).sum(),
                (age * negative).sum(),
            ]
        )

    def rates(self) -> dict[str, float | int | None]:
        """Return shares of wrong pairs and mean ages in ticks; None where nothing was compared."""
        found: dict[str, int] = dict(zip(COUNTS, self.sums.tolist(), strict=True))
        kind = {name: name.split("_")[-1] if name.startswith("age") else name.split("_")[0] for name in COUNTS}
        return {name: found[name] if name == kind[name] else _ratio(found[name], found[kind[name]]) for name in COUNTS}


def collisions(history: ObjectHistory, comparison: PairRecord, tick: int) -> dict[str, float | int | None]:
    """Return shares of wrong pairs and mean ages of one tick."""
    tally = Tally()
    tally.add(history, comparison, tick)
    return tally.rates()


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
