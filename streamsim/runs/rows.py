"""What the files of a run hold, as types: they are read back only if they are such as a run writes, of any version."""

from pathlib import Path
from typing import Any, NotRequired, TypedDict

from streamsim.evaluation import Row
from streamsim.instruments import parsed_row, read_rows
from streamsim.storage import Directory, fault

MOST_CLASSES = 4096
"""A table of confusions has the square of this many cells at most."""


class Place(TypedDict):
    """Where in a run something was measured."""

    tick: int
    seconds: float
    saccades: int
    pathway: NotRequired[str]


class MetricsRow(Place):
    """A line of metrics.jsonl."""

    layers: dict[str, dict[str, float | None]]
    wall: NotRequired[dict[str, float]]


class AnyProbeRow(Place):
    """What lines of all probes hold."""

    frames: int
    probe: str
    layer: str
    chance: float
    protocol: str
    n_train: int
    n_test: int
    baseline: NotRequired[bool]
    pairs: NotRequired[str | None]
    order: NotRequired[str]
    examples: NotRequired[str]


class OnlineRow(AnyProbeRow):
    """A line of the probe that learns on the running stream."""

    accuracy: float | None
    accuracy_first_looks: NotRequired[float | None]


class ProbeRow(AnyProbeRow):
    """A line of another probe."""

    accuracy: float
    drawn: float | None
    calibrated: float | None
    error: float | None
    gain_error: float | None
    ceiling: bool
    looks: int
    n_clusters: int


class FormerProbeRow(AnyProbeRow):
    """A line of a probe of 0.1.0."""

    accuracy: float
    untrained: NotRequired[float | None]


class LayerHealth(TypedDict):
    """The richness of one layer's features."""

    effective_rank: float | None
    participation_ratio: float | None
    dead_units: int
    units: int


class Comparisons(TypedDict):
    """What was compared with what."""

    positives: int
    negatives: int
    positives_of_another_object: float | None
    negatives_of_the_same_object: float | None
    negatives_of_the_same_class: float | None
    age_of_positives: float | None
    age_of_negatives: float | None


class HealthRow(Place):
    """A line of health.jsonl; runs of 0.1.0 knew no likeness."""

    layers: dict[str, LayerHealth]
    alignments: dict[str, float | None]
    comparisons: Comparisons
    likeness: NotRequired[dict[str, dict[str, float | None]]]
    protocol: str


class ConfusionRow(Place):
    """A line of confusions.jsonl."""

    frames: int
    probe: str
    layer: str
    best: bool
    accuracy: float
    n_test: int
    protocol: str
    classes: list[str]
    counts: list[list[int]]


class PathwaySummary(TypedDict, total=False):
    """What a summary says of one pathway."""

    ticks: int
    ledger: dict[str, int]
    remembered: int
    labels_told: int
    damaged: int


class Summary(PathwaySummary, total=False):
    """What summary.json holds; each version knew more."""

    digest: str
    pathways: dict[str, PathwaySummary]


class Provenance(TypedDict, total=False):
    """What provenance.json holds."""

    source: str | None
    command: list[str]
    packages: dict[str, str | None]
    git: dict[str, Any] | None
    device: str | None
    threads: int


def read_metrics(folder: Path) -> list[Row]:
    """Return the lines of a run's metrics.

    Raises:
        RunFolderError: one of them is damaged; likewise of the functions below.
    """
    return read_rows(folder / "metrics.jsonl", lambda row: fault(row, MetricsRow))


def read_probes(folder: Path) -> list[Row]:
    """Return the lines of a run's probes as they are written now."""
    return [of_today(row) for row in read_rows(folder / "probes.jsonl", wrong_in_probe)]


def read_health(folder: Path) -> list[Row]:
    """Return the lines of a run's health."""
    return read_rows(folder / "health.jsonl", lambda row: fault(row, HealthRow))


def read_confusions(folder: Path) -> list[Row]:
    """Return the lines of what a run's probes confuse."""
    return read_rows(folder / "confusions.jsonl", wrong_in_confusions)


def read_summary(folder: Path) -> Row:
    """Return the summary of a run, empty if there is none."""
    return read_object(folder, "summary.json", Summary)


def read_provenance(folder: Path) -> Row:
    """Return the provenance of a run, empty if there is none."""
    return read_object(folder, "provenance.json", Provenance)


def read_object(folder: Path, name: str, kind: Any) -> Row:  # noqa: ANN401  a TypedDict
    """Return the JSON object in the file *name*, which is of a *kind*; empty if there is none."""
    text = Directory(folder).read(name)
    return {} if text is None else parsed_row(text, str(folder / name), lambda row: fault(row, kind))


def wrong_in_probe(row: Row) -> str:
    """Return what is wrong with a line of probes.jsonl."""
    if row.get("probe") == "online":
        return fault(row, OnlineRow)
    return fault(row, ProbeRow if "calibrated" in row else FormerProbeRow)


def wrong_in_confusions(row: Row) -> str:
    """Return what is wrong with a line of confusions.jsonl."""
    if wrong := fault(row, ConfusionRow):
        return wrong
    classes = len(row["classes"])
    if not 1 <= classes <= MOST_CLASSES:
        return f"classes must be 1 to {MOST_CLASSES} (got {classes})"
    for cell in row["counts"]:
        if len(cell) != 3 or not all(0 <= number < classes for number in cell[:2]) or cell[2] < 0:
            return f"counts must be a class, what it was taken for, and how often (got {cell[:4]} of {classes} classes)"
    return ""


def of_today(row: Row) -> Row:
    """Return a row of a probe as it is written now; 0.1.0 knew neither the calibrated network nor clusters."""
    if row["probe"] == "online" or "calibrated" in row:
        return row
    unknown = dict.fromkeys(("calibrated", "error", "gain_error"))
    known = {"drawn": row.get("untrained"), "ceiling": False, "looks": 0, "n_clusters": row["n_test"]}
    return {**row, **unknown, **known}
