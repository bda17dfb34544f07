"""What came of the rows of a published table, as numbers that can be shown."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Spread(NamedTuple):
    """A mean over seeds.

    Attributes:
        mean: of all.
        deviation: their standard deviation (n - 1); None for one seed.
        seeds: how many.
    """

    mean: float
    deviation: float | None
    seeds: int

    def text(self) -> str:
        """Return it with one decimal, as 67.8 plus or minus 0.4."""
        more = "" if self.deviation is None else f" \N{PLUS-MINUS SIGN} {self.deviation:.1f}"
        return f"{self.mean:.1f}{more}"


def spread(values: Sequence[float]) -> Spread | None:
    """Return the mean of *values*, one a seed, with their standard deviation; None if there are none."""
    if not values:
        return None
    return Spread(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None, len(values))


@dataclass(frozen=True)
class RowResult:
    """What came of one row, all accuracies in percent.

    Attributes:
        name: of the row.
        label: what the paper calls it.
        group: the heading it stands under.
        published: the published accuracy; None if there is none.
        layers: accuracy by layer from bottom to top, one number a seed; the last layer is the one that is compared.
        calibrated: of the last layer, before it learnt; none where that is not known.
        drawn: of the last layer, as its seed drew it; none where that is not known.
        loss: mean over seeds, and over the layers that were learning, by frames seen.
        frames: that all streams have shown, at the last evaluation.
        streams: in parallel.
        n_train: labelled examples that the probe learnt from.
        n_test: other examples that it was tested on.
        chance: what always naming the commonest class reaches.
        protocol: how the probe came to its number.
        data: what was really looked at.
        stand_in: whether that is not what the paper used.
        note: what differs from the paper, beyond what differs in all rows.
    """

    name: str
    label: str
    group: str
    published: float | None
    layers: Mapping[str, Sequence[float]]
    calibrated: Sequence[float]
    drawn: Sequence[float]
    loss: Mapping[float, float]
    frames: float
    streams: int
    n_train: int
    n_test: int
    chance: float
    protocol: str
    data: str
    stand_in: bool
    note: str = ""

    @property
    def layer(self) -> str:
        """The layer that is compared."""
        return list(self.layers)[-1]

    @property
    def reproduced(self) -> Spread:
        """What was reached in it."""
        found = spread(self.layers[self.layer])
        assert found is not None, "a row has a result"
        return found

    @property
    def difference(self) -> float | None:
        """What was reached less what was published, in points; None on data that stand in for those of the paper."""
        return None if self.published is None or self.stand_in else self.reproduced.mean - self.published


@dataclass(frozen=True)
class Reproduction:
    """What came of a table.

    Attributes:
        name: of the table.
        title: what it is, in a line.
        source: the paper and the table in it.
        metric: what its numbers are.
        scale: how much was computed.
        rows: those of which a cell is finished, in the order of the table.
        missing: labels of rows that were asked for and of which none is.
        notes: what differs from the paper in all rows.
        figures: what the paper calls its figures, by what they show.
    """

    name: str
    title: str
    source: str
    metric: str
    scale: str
    rows: Sequence[RowResult]
    missing: Sequence[str] = ()
    notes: Sequence[str] = ()
    figures: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """How many rows there are, and on which data."""
        total = len(self.rows) + len(self.missing)
        standing = sum(row.stand_in for row in self.rows)
        where = f", {standing} of them on data that stand in for the paper's" if standing else ""
        return f"{self.title}: {len(self.rows)} of {total} rows at the scale {self.scale}{where}."

    @property
    def groups(self) -> dict[str, list[RowResult]]:
        """The rows under each heading."""
        found: dict[str, list[RowResult]] = {}
        for row in self.rows:
            found.setdefault(row.group, []).append(row)
        return found
