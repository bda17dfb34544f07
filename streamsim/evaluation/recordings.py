"""Recordings side by side, tick by tick, in bounded memory: what probes look at where an agent needs a past."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from streamsim.contracts import Sequences, Stretch, generator_for

from .extractor import Extractor

ROOM = 2**24
"""Numbers that the frames of the recordings kept, and of those at hand, may each hold: 64 MiB."""

ALIKE = 1.25
"""Recordings lie side by side if the longest is at most so many times as long as the shortest."""

SPREAD = 4
"""Ticks are drawn from among at least so many times as many, that they may come from many recordings."""


class Shelf:
    """Fetches recordings one by one and keeps the first few, as many as there is room for: decoding takes long.

    Not those used last: recordings are gone through from the first to the last and then once more, so that each of them
    would have made room for others just before it is asked for again.

    Args:
        sequences: the recordings.
        room: numbers that the frames of those kept may hold, 0 to keep none.
    """

    def __init__(self, sequences: Sequences, room: int) -> None:
        self._sequences = sequences
        self._kept: dict[int, Stretch] = {}
        self._room = room

    def __call__(self, recording: int) -> Stretch:
        """Return one recording by itself."""
        if recording in self._kept:
            return self._kept[recording]
        found = self._sequences.fetch(torch.tensor([recording]))
        if found.frames.numel() <= self._room:
            self._room -= found.frames.numel()
            self._kept[recording] = found
        return found


@dataclass(frozen=True)
class Look:
    """Some examples at one tick.

    Attributes:
        place: number of each example.
        label: its class.
        frames: what is heard or seen.
        activity: the latest activity of all that has acted since the recordings began.
        acting: names of what acts at this very tick.
    """

    place: Int[Tensor, " examples"]
    label: Int[Tensor, " examples"]
    frames: Float[Tensor, " examples *shape"]
    activity: dict[str, Float[Tensor, " examples *activity"]]
    acting: frozenset[str]


def shuffled(count: int, most: int | None) -> list[int]:
    """Return at most *most* of *count* numbers in a random order, the same one at every call."""
    generator = generator_for(0, "labelled examples")
    return torch.randperm(count, generator=generator)[:most].tolist()


class Replay(ABC):
    """Examples taken from recordings."""

    shelf: Shelf
    chosen: list[int]
    count: int
    """At most so many examples, numbered from 0; those of recordings that cannot be read never turn up."""
    clusters: Int[Tensor, " examples"]
    """The recording that each example is of."""

    @abstractmethod
    def places(self, group: list[int], stretch: Stretch) -> Int[Tensor, "n ticks"]:
        """Return the number of the example at every tick of *stretch*, which is *group*, -1 where there is none."""

    def looks(self, extractor: Extractor, batch: int) -> Iterator[Look]:
        """Yield every tick with examples, at most *batch* recordings at a time."""
        for group, stretch in side_by_side(self.shelf, self.chosen, batch):
            yield from follow(extractor, stretch, self.places(group, stretch))


class Recordings(Replay):
    """Whole recordings are the examples, each at all its labelled ticks.

    Args:
        sequences: the recordings.
        most: at most so many of them, drawn at random, the same ones at every call; None for all.
    """

    def __init__(self, sequences: Sequences, most: int | None) -> None:
        self.shelf = Shelf(sequences, 0)  # each is asked for once
        self.chosen = shuffled(sequences.count, most)
        self.count = len(self.chosen)
        self.clusters = torch.tensor(self.chosen)
        self._number = {recording: i for i, recording in enumerate(self.chosen)}

    def places(self, group: list[int], stretch: Stretch) -> Int[Tensor, "n ticks"]:
        """See `Replay.places`."""
        numbers = torch.tensor([self._number[recording] for recording in group])[:, None]
        return torch.where(stretch.labels >= 0, numbers, -1)


class Ticks(Replay):
    """Single labelled ticks are the examples.

    They are drawn at random, the same ones at every call, from as few recordings as hold `SPREAD` times as many.

    Args:
        sequences: the recordings.
        most: at most so many recordings; None for all.
        count: so many ticks; None for all.
    """

    def __init__(self, sequences: Sequences, most: int | None, count: int | None) -> None:
        self.shelf = Shelf(sequences, ROOM)
        places = draw(self.shelf, shuffled(sequences.count, most), count)
        self._places = {recording: here for recording, here in places.items() if bool((here >= 0).any())}
        self.chosen = list(self._places)
        self.count = sum(int((here >= 0).sum()) for here in self._places.values())
        self.clusters = torch.empty(self.count, dtype=torch.int64)
        for recording, here in self._places.items():
            self.clusters[here[here >= 0]] = recording

    def places(self, group: list[int], stretch: Stretch) -> Int[Tensor, "n ticks"]:
        """See `Replay.places`."""
        return pad_sequence([self._places[recording] for recording in group], batch_first=True, padding_value=-1)


def draw(shelf: Shelf, chosen: Iterable[int], count: int | None) -> dict[int, Int[Tensor, " ticks"]]:
    """Return for every recording the example's number at every tick, -1 where there is none."""
    known: dict[int, Tensor] = {}
    total = 0
    for recording in chosen:
        known[recording] = shelf(recording).labels[0] >= 0
        total += int(known[recording].sum())
        if count is not None and total >= SPREAD * count:
            break
    drawn = torch.zeros(total, dtype=torch.bool)
    drawn[shuffled(total, count)] = True
    places = torch.where(drawn, drawn.cumsum(0) - 1, -1)
    parts = torch.split(places, [int(here.sum()) for here in known.values()])
    return {
        recording: torch.full(here.shape, -1).masked_scatter(here, part)
        for (recording, here), part in zip(known.items(), parts, strict=True)
    }


def side_by_side(shelf: Shelf, chosen: Iterable[int], batch: int) -> Iterator[tuple[list[int], Stretch]]:
    """Yield recordings that can be read, those of about the same length together, at most *batch* at a time."""
    pool: dict[int, Stretch] = {}
    held = 0
    for recording in chosen:
        stretch = shelf(recording)
        if bool((stretch.labels >= 0).any()):
            pool[recording] = stretch
            held += stretch.frames.numel()
        if held >= ROOM:
            yield from alike(pool, batch)
            pool, held = {}, 0
    yield from alike(pool, batch)


def alike(pool: dict[int, Stretch], batch: int) -> Iterator[tuple[list[int], Stretch]]:
    """Yield the recordings of *pool* in groups of about the same length."""
    length = {recording: stretch.labels.shape[1] for recording, stretch in pool.items()}
    group: list[int] = []
    for recording in sorted(pool, key=length.__getitem__):
        if group and (len(group) == batch or length[recording] > ALIKE * length[group[0]]):
            yield group, beside([pool[i] for i in group])
            group = []
        group.append(recording)
    if group:
        yield group, beside([pool[i] for i in group])


def beside(stretches: list[Stretch]) -> Stretch:
    """Return single recordings as one stretch as long as the longest of them."""
    frames = pad_sequence([stretch.frames[0] for stretch in stretches], batch_first=True)
    return Stretch(frames, pad_sequence([s.labels[0] for s in stretches], batch_first=True, padding_value=-1))


def follow(extractor: Extractor, stretch: Stretch, places: Int[Tensor, "n ticks"]) -> Iterator[Look]:
    """Yield every tick with examples; *places* numbers them, -1 where there is none."""
    left = int((places >= 0).sum())
    latest: dict[str, Tensor] = {}
    for tick, found in enumerate(extractor.follow(stretch.frames.to(extractor.device))):
        latest |= found
        rows = torch.nonzero(places[:, tick] >= 0)[:, 0]
        if len(rows):
            activity = {name: z[rows.to(z.device)] for name, z in latest.items()}
            place, label = places[rows, tick], stretch.labels[rows, tick]
            yield Look(place, label, stretch.frames[rows, tick], activity, frozenset(found))
        left -= len(rows)
        if left == 0:
            return
