"""Frozen features of labelled examples, computed a few at a time so that memory stays bounded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from streamsim.contracts import DataError, Labelled, Sequences, generator_for

from .extractor import Extractor
from .readout import Readout
from .recordings import Look, Recordings, Ticks

PIXELS = "pixels"

ALL = "all layers"

WIDEST = 2048
"""Single ticks are many: all layers side by side are left out there if they are wider than this."""


@dataclass(frozen=True)
class Table:
    """Features of labelled examples.

    Attributes:
        features: a row an example for everything there is to read, in order.
        labels: class of every example, on the CPU.
        clusters: number of the independent thing that every example is of, such as its recording, on the CPU.
    """

    features: dict[str, Float[Tensor, "examples features"]]
    labels: Int[Tensor, " examples"]
    clusters: Int[Tensor, " examples"]


class Filling:
    """Features that come bit by bit: a row is the mean of all that was added to it, 0 if nothing was.

    Args:
        count: how many rows.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._sums: dict[str, Tensor] = {}
        self._times: dict[str, Tensor] = {}

    def add(self, name: str, place: Int[Tensor, " some"], rows: Float[Tensor, "some features"]) -> None:
        """Add *rows* to the examples at *place*, each named once."""
        if name not in self._sums:
            self._sums[name] = rows.new_zeros(self.count, *rows.shape[1:])
            self._times[name] = rows.new_zeros(self.count, *[1] * (rows.dim() - 1))
        place = place.to(rows.device)
        self._sums[name][place] += rows
        self._times[name][place] += 1

    def means(self, names: tuple[str, ...]) -> dict[str, Float[Tensor, "count features"]]:
        """Return the rows of *names*, in this order, of which there was anything."""
        return {name: self._sums[name] / self._times[name].clamp(min=1) for name in names if name in self._sums}


def gather(
    extractor: Extractor,
    labelled: Labelled | Sequences,
    readout: Readout,
    *,
    count: int | None = None,
    single: int | None = None,
    batch: int = 256,
) -> Table:
    """Return the features of labelled examples.

    An example of many parts has the mean over its parts. A recording has the mean over the ticks at which a layer acts;
    where single ticks are the examples, a layer that does not act at every one counts with its latest activity, and
    with 0 before it first acts.

    Args:
        extractor: whose features.
        labelled: the examples.
        readout: how activity becomes features.
        count: most examples, or recordings, at least 1, the same ones at every call; None for all.
        single: most ticks, where these are the examples, at least 1; None for all.
        batch: most frames that are looked at at once, at least 1.

    Raises:
        DataError: no recording can be read.
    """
    if isinstance(labelled, Labelled):
        return _parts(extractor, labelled, choose(labelled, count), readout, batch)
    replay = Recordings(labelled, count) if labelled.pooled else Ticks(labelled, count, single)
    filling, labels = Filling(replay.count), torch.full((replay.count,), -1)
    for look in replay.looks(extractor, batch):
        labels[look.place] = look.label
        for name in look.acting if labelled.pooled else look.activity:
            filling.add(name, look.place, readout(look.activity[name].float()))
    seen = labels >= 0
    if not bool(seen.any()):
        raise DataError(f"none of {labelled.count} labelled recordings can be read: restore them, or probe nothing")
    features = {name: x[seen.to(x.device)] for name, x in filling.means(extractor.names).items()}
    return Table(features, labels[seen], replay.clusters[seen])


def together(table: Table, widest: int | None) -> Table:
    """Return *table* with all layers side by side, unless there is but one or they have more features than *widest*."""
    width = sum(x.shape[1] for x in table.features.values())
    if len(table.features) < 2 or (widest is not None and width > widest):
        return table
    return replace(table, features={**table.features, ALL: torch.cat(list(table.features.values()), 1)})


def looks(extractor: Extractor, labelled: Labelled | Sequences, count: int, batch: int) -> Iterator[Look]:
    """Yield single frames with the activity they cause: of *count* examples every part, of recordings *count* ticks."""
    if isinstance(labelled, Sequences):
        yield from Ticks(labelled, None, count).looks(extractor, batch)
        return
    chosen = choose(labelled, count)
    number = 0
    for some, parts, frames in batches(labelled, chosen, batch):
        activity = extractor.apart(frames.to(extractor.device))
        single = frames.flatten(0, 1)
        place = torch.arange(number, number + len(single))
        number += len(single)
        yield Look(place, labelled.labels[some].repeat_interleave(parts), single, activity, frozenset(activity))


def choose(labelled: Labelled, count: int | None) -> Int[Tensor, " chosen"]:
    """Return the indices of *count* examples with a known label (all if None), the same ones at every call."""
    known = torch.nonzero(labelled.labels >= 0)[:, 0]
    if count is None or count >= len(known):
        return known
    # shuffled: labelled data often lie sorted by class
    generator = generator_for(0, "labelled examples")
    return known[torch.randperm(len(known), generator=generator)[:count]].sort().values


def parts_of(labelled: Labelled) -> int:
    """Return how many parts an example has."""
    return labelled.fetch(choose(labelled, 1)).shape[1]


def batches(
    labelled: Labelled, chosen: Int[Tensor, " chosen"], batch: int
) -> Iterator[tuple[Int[Tensor, " some"], int, Float[Tensor, "some parts *shape"]]]:
    """Yield a few examples, how many parts each has, and their frames."""
    parts = parts_of(labelled)
    for some in torch.split(chosen, max(1, batch // parts)):
        yield some, parts, labelled.fetch(some)


def is_baseline(row: Mapping[str, Any]) -> bool:
    """Tell whether a row of a probe is about features that need no learning; older rows say so by their name only."""
    return bool(row.get("baseline", row["layer"] == PIXELS))


def is_layer(row: Mapping[str, Any]) -> bool:
    """Tell whether a row of a probe is about one layer of an agent."""
    return row["layer"] != ALL and not is_baseline(row)


def _parts(
    extractor: Extractor, labelled: Labelled, chosen: Int[Tensor, " chosen"], readout: Readout, batch: int
) -> Table:
    rows: dict[str, list[Tensor]] = {}
    for _, parts, frames in batches(labelled, chosen, batch):
        for name, activity in extractor.apart(frames.to(extractor.device)).items():
            rows.setdefault(name, []).append(_average(readout(activity.float()), parts))
    clusters = chosen if labelled.clusters is None else labelled.clusters[chosen]
    return Table({name: torch.cat(found) for name, found in rows.items()}, labelled.labels[chosen], clusters)


def _average(features: Float[Tensor, "frames features"], parts: int) -> Float[Tensor, "examples features"]:
    return features.reshape(len(features) // parts, parts, -1).mean(1)
